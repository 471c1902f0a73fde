//! Tests of the version of a request, and of what the upstream and the client are told about it.

use super::support::{Gateway, Upstream, ask, get, json, known_client, v};
use dateline_gateway::config::Config;
use dateline_http::policy::{Client, DefaultPin, Match, UnknownPin, bearer_sha256};

const PLAN: &str = "/api/v1/plans/plan_x";
const NEW: &str = r#"{"id":"plan_x","account":{"id":"biz_x"}}"#;
const OLD: &str = r#"{"id":"plan_x","company":{"id":"biz_x"}}"#;

fn billing(config: &mut Config) {
    let bearer = Match::Bearer(bearer_sha256(b"key_billing"));
    config.clients = vec![
        known_client("billing", Some("2026-06-09"), bearer),
        known_client("legacy-host", Some("2025-01-01"), Match::Host("legacy.example.com".to_owned())),
        known_client("legacy-path", Some("2025-01-01"), Match::PathPrefix("/legacy".to_owned())),
    ];
    config.pins.default = DefaultPin::Version(v("2026-07-01"));
}

#[tokio::test]
async fn the_header_says_the_version_and_the_upstream_sees_its_own() {
    let upstream = Upstream::answers(json(NEW)).await;
    let gateway = Gateway::before(&upstream).await;
    for (pin, body) in [("2025-01-01", OLD), ("2026-06-08", OLD), ("2026-06-09", NEW), ("2026-07-01", NEW)] {
        let answer = gateway.send(get(PLAN).pin(pin)).await;
        assert_eq!((answer.status(), answer.text()), (200, body), "{pin}");
        assert_eq!(answer.field("api-version-date"), Some(pin));
        assert_eq!(answer.field("dateline-upstream-version"), Some("2026-07-01"));
        let vary = ["api-version-date", "accept-encoding"];
        assert_eq!(answer.all("vary"), vary[..if body == OLD { 2 } else { 1 }]);
    }
    for request in upstream.requests() {
        assert_eq!(request.field("api-version-date"), Some("2026-07-01"));
    }
}

#[tokio::test]
async fn without_a_header_the_packs_default_holds() {
    let upstream = Upstream::answers(json(NEW)).await;
    let gateway = Gateway::before(&upstream).await;
    let answer = gateway.send(get(PLAN)).await;
    assert_eq!((answer.text(), answer.field("api-version-date")), (OLD, Some("2025-01-01")));
    let answer = gateway.send_h2(get(PLAN)).await;
    assert_eq!((answer.text(), answer.field("api-version-date")), (OLD, Some("2025-01-01")));
}

#[tokio::test]
async fn a_configured_default_holds_for_everyone_else() {
    let upstream = Upstream::answers(json(NEW)).await;
    let gateway = Gateway::configured(&upstream, billing).await;
    let answer = gateway.send(get(PLAN)).await;
    assert_eq!((answer.text(), answer.field("api-version-date")), (NEW, Some("2026-07-01")));
}

#[tokio::test]
async fn a_client_is_known_by_its_key() {
    let upstream = Upstream::answers(json(NEW)).await;
    let gateway = Gateway::configured(&upstream, billing).await;
    let keyed = || get(PLAN).without("authorization").with("Authorization", "bearer  key_billing");
    let answer = gateway.send(keyed()).await;
    assert_eq!((answer.text(), answer.field("api-version-date")), (NEW, Some("2026-06-09")));
    assert_eq!(answer.field("cache-control"), Some("private"));
    assert_eq!(answer.all("vary"), ["api-version-date", "authorization"]);
    assert_eq!(upstream.only().field("authorization"), Some("bearer  key_billing"));
    let answer = gateway.send(keyed().pin("2025-01-01")).await;
    assert_eq!((answer.text(), answer.field("api-version-date")), (OLD, Some("2025-01-01")), "header first");
    let answer = gateway.send(get(PLAN)).await;
    assert_eq!(answer.field("cache-control"), None, "another key");
    assert_eq!(answer.all("vary"), ["api-version-date", "authorization"]);
}

#[tokio::test]
async fn a_client_is_known_by_its_host() {
    let upstream = Upstream::answers(json(NEW)).await;
    let gateway = Gateway::configured(&upstream, billing).await;
    for host in ["legacy.example.com", "LEGACY.example.com:8080"] {
        assert_eq!(gateway.send(get(PLAN).host(host)).await.text(), OLD, "{host}");
        assert_eq!(gateway.send_h2(get(PLAN).host(host)).await.text(), OLD, "{host} in :authority");
    }
    assert_eq!(gateway.send(get(PLAN).host("example.com")).await.text(), NEW);
}

#[tokio::test]
async fn a_client_is_known_by_its_path_which_the_upstream_does_not_see() {
    let upstream = Upstream::answers(json(NEW)).await;
    let gateway = Gateway::configured(&upstream, billing).await;
    assert_eq!(gateway.send(get("/legacy/api/v1/plans/plan_x?a=%20b")).await.text(), OLD);
    assert_eq!(upstream.only().start, "GET /api/v1/plans/plan_x?a=%20b HTTP/1.1");
    assert_eq!(gateway.send(get("/legacyx/api/v1/plans/plan_x")).await.text(), NEW);
    assert_eq!(upstream.requests()[1].start, "GET /legacyx/api/v1/plans/plan_x HTTP/1.1");
}

#[tokio::test]
async fn default_upstream_sends_no_header_and_translates_nothing() {
    let answer = super::support::answer(
        "200 OK",
        &["content-type: application/json", "api-version-date: 2026-10-14"],
        NEW,
    );
    let upstream = Upstream::answers(answer).await;
    let gateway = Gateway::configured(&upstream, |config| config.pins.default = DefaultPin::Upstream).await;
    let answer = gateway.send(get("/api/v1/plans?company_id=x").with("accept-encoding", "gzip")).await;
    assert_eq!((answer.text(), answer.field("api-version-date")), (NEW, Some("2026-10-14")));
    let request = upstream.only();
    assert_eq!(request.start, "GET /api/v1/plans?company_id=x HTTP/1.1");
    assert_eq!((request.field("api-version-date"), request.field("accept-encoding")), (None, Some("gzip")));
    let upstream = Upstream::answers(json(NEW)).await;
    let gateway = Gateway::configured(&upstream, |config| config.pins.default = DefaultPin::Upstream).await;
    let answer = gateway.send(get(PLAN).pin("2025-01-01")).await;
    assert_eq!((answer.text(), answer.field("api-version-date")), (OLD, Some("2025-01-01")));
}

#[tokio::test]
async fn an_unknown_version_is_refused_and_costs_the_upstream_nothing() {
    let upstream = Upstream::answers(json(NEW)).await;
    let gateway = Gateway::before(&upstream).await;
    for sent in
        ["2026-10-15-1", "", "latest", "2026-02-30", "2026-07-1", "2026-07-01,2026-07-01", "2026-07-01-0"]
    {
        for answer in [gateway.send(get(PLAN).pin(sent)).await, gateway.send_h2(get(PLAN).pin(sent)).await] {
            assert_eq!(answer.error(), (400, "unsupported_api_version".to_owned()), "{sent}");
            assert_eq!(
                answer.error_message(),
                "Api-Version-Date is not a supported version. Supported versions: \
                 2025-01-01, 2026-06-08, 2026-06-09, 2026-06-20, 2026-07-01"
            );
            assert_eq!(answer.field("api-version-date"), Some("2025-01-01"));
            assert_eq!(answer.field("dateline-outcome"), Some("not_sent"));
        }
    }
    assert_eq!(upstream.connections(), 0);
}

#[tokio::test]
async fn a_repeated_version_is_refused_and_costs_the_upstream_nothing() {
    let upstream = Upstream::answers(json(NEW)).await;
    for unknown in [UnknownPin::Refuse, UnknownPin::Pass] {
        let gateway = Gateway::configured(&upstream, |config| config.pins.unknown = Some(unknown)).await;
        let answer = gateway.send(get(PLAN).pin("2025-01-01").pin("2025-01-01")).await;
        assert_eq!(answer.error(), (400, "duplicate_header".to_owned()));
        assert!(answer.error_message().starts_with("Api-Version-Date was sent more than once"));
    }
    assert_eq!(upstream.connections(), 0);
}

#[tokio::test]
async fn an_unknown_version_passes_untouched_where_configured() {
    let upstream = Upstream::answers(json(NEW)).await;
    let gateway = Gateway::configured(&upstream, |config| config.pins.unknown = Some(UnknownPin::Pass)).await;
    let create = ask("POST", "/api/v1/plans?company_id=1").json(r#"{"company_id":"x"}"#);
    let answer = gateway.send(create.pin("2026-10-15-1")).await;
    assert_eq!((answer.status(), answer.text()), (200, NEW));
    assert_eq!(answer.field("api-version-date"), Some("2026-10-15-1"));
    assert_eq!(answer.field("dateline-upstream-version"), Some("2026-10-15-1"));
    let request = upstream.only();
    assert_eq!(request.start, "POST /api/v1/plans?company_id=1 HTTP/1.1");
    assert_eq!(
        (request.text(), request.field("api-version-date")),
        (r#"{"company_id":"x"}"#, Some("2026-10-15-1"))
    );
    let answer = gateway.send(get(PLAN).pin("2024-09-30.acacia")).await;
    assert_eq!((answer.status(), answer.text()), (200, NEW), "a name that is no date is one, too");
    assert_eq!((answer.field("api-version-date"), answer.field("dateline-upstream-version")), (None, None));
    assert_eq!(upstream.requests()[1].field("api-version-date"), Some("2024-09-30.acacia"));
    let answer = gateway.send(get(PLAN).pin("2026-07-01, 2026-07-01")).await;
    assert_eq!(answer.error().0, 400, "a list is no name");
    assert_eq!(upstream.count(), 2);
}

#[tokio::test]
async fn a_client_may_have_an_upstream_version_of_its_own() {
    let upstream = Upstream::answers(json(OLD)).await;
    let gateway = Gateway::configured(&upstream, |config| {
        let prefix = |name: &str, pin: Option<&str>| Client {
            upstream_version: Some(v("2025-01-01")),
            ..known_client(name, pin, Match::PathPrefix(format!("/{name}")))
        };
        config.clients = vec![prefix("bypass", Some("2025-01-01")), prefix("up", Some("2026-07-01"))];
    })
    .await;
    let bypass = gateway.send(get("/bypass/api/v1/plans/plan_x").with("accept-encoding", "br")).await;
    assert_eq!((bypass.text(), bypass.field("api-version-date")), (OLD, Some("2025-01-01")));
    assert_eq!(bypass.field("dateline-upstream-version"), Some("2025-01-01"));
    assert_eq!(upstream.only().field("accept-encoding"), Some("br"), "a bypass changes nothing");
    assert_eq!(upstream.only().field("api-version-date"), Some("2025-01-01"));
    let up = gateway.send(get("/up/api/v1/plans/plan_x")).await;
    assert_eq!((up.text(), up.field("api-version-date")), (NEW, Some("2026-07-01")));
    assert_eq!(upstream.requests()[1].field("api-version-date"), Some("2025-01-01"));
}
