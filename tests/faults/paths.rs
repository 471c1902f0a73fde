//! One path, one operation: for the gateway and for every server behind it.

use super::support::{Ask, Gateway, Protocol, Upstream, ask, get, json, known_client};
use dateline_gateway::config::Config;
use dateline_http::policy::Match;

/// Puts a client behind `/legacy`.
fn behind_a_prefix(config: &mut Config) {
    let pin = Some("2026-06-08");
    let matcher = Match::PathPrefix("/legacy".to_owned());
    config.clients = vec![known_client("c", pin, matcher)];
}

async fn gateway() -> (Upstream, Gateway) {
    let upstream = Upstream::answers(json("{}")).await;
    let gateway = Gateway::configured(&upstream, behind_a_prefix).await;
    (upstream, gateway)
}

/// Requests that another server would take for those of an operation that is translated.
async fn is_ambiguous(asks: impl IntoIterator<Item = Ask>) {
    let (upstream, gateway) = gateway().await;
    for sent in asks {
        for protocol in Protocol::ALL {
            let answer = gateway.receive(protocol, &sent).await.expect("an answer");
            let error = (400, "ambiguous_path".to_owned());
            assert_eq!(answer.error(), error, "{} {} {protocol:?}", sent.method, sent.target);
            assert_eq!(answer.field("dateline-outcome"), Some("not_sent"));
        }
    }
    assert_eq!(upstream.connections(), 0);
}

#[tokio::test]
async fn row_20_no_operation_is_reached_around_its_rules() {
    let reads = [
        "/api/v1//plans",
        "//api/v1/plans",
        "/api/v1/plans//",
        "/api/v1/./plans",
        "/api/v1/x/../plans",
        "/api/v1/x/%2e%2E/plans",
        "/api/v1/x/.%2e/plans",
        "/api/v1/x/..;a=b/plans",
        "/api/v1%2Fplans",
        "/api/v1/x%2f..%2fplans",
        "/api/v1\\plans",
        "/api/v1%5Cplans",
        "/api/v1/plans;a=b",
        "/api/v1/plans%3Ba",
        "/api/v1/plans%00",
        "/api/v1/plans%00.json",
        "/api/v1/users/../plans?company_id=x",
        "/api/v1/referrals/businesses/x%2Fearnings",
        "/api/v1/referrals/businesses/x/../earnings",
    ];
    is_ambiguous(reads.map(get)).await;
    let writes = ["/api/v1//plans", "/api/v1/plans/x/..", "/api/v1/plans%2F"];
    is_ambiguous(writes.map(|path| ask("POST", path).json(r#"{"company_id":"x"}"#))).await;
}

#[tokio::test]
async fn row_20_no_client_is_taken_for_another() {
    is_ambiguous(
        [
            "/legacy/../api/v1/plans",
            "/legacy/..%2fapi/v1/plans",
            "/x/../legacy/api/v1/plans",
            "//legacy/api/v1/plans",
            "/legacy%2Fapi/v1/plans",
            "/legacy;x/api/v1/plans",
            "/legacy\\api/v1/plans",
            "/legacy/..",
            "/legacy//api/v1/plans",
        ]
        .map(get),
    )
    .await;
}

#[tokio::test]
async fn row_20_what_no_rule_could_be_dodged_by_passes_as_it_came() {
    let (upstream, gateway) = gateway().await;
    let passes = async |sent: Ask, wanted: &str| {
        let target = sent.target.clone();
        let answer = gateway.send(sent).await;
        assert_eq!(answer.status(), 200, "{target}");
        let start = upstream.requests().pop().unwrap().start;
        assert_eq!(start.split(' ').nth(1), Some(wanted), "{target}");
    };
    for path in [
        // An id with anything in it is one segment.
        "/api/v1/plans/a%2Fb",
        "/api/v1/plans/a%5Cb%3Bc%20d",
        "/api/v1/users/user%40example.com;x=1",
        "/api/v1/plans/caf\u{e9}",
        "/api/v1/plans/caf%C3%A9/",
        "/api/v1/plans/..a",
        "/api/v1/plans/%252e%252e",
        "/api/v1/plans/100%",
        // Nobody's: the upstream makes of them what it will.
        "/",
        "//",
        "/api/v1/files//x",
        "/api/v1/files/a%2Fb",
        "/api/v1/files/x/../y",
        "/api/v1/files/a\\b;c",
        "/.well-known/openid-configuration",
        "/api/v2//plans",
    ] {
        passes(get(path), path).await;
        passes(get(&format!("{path}?a=//../%2F")), &format!("{path}?a=//../%2F")).await;
    }
    // Where nothing is translated, there is nothing to dodge.
    for path in ["/api/v1//plans", "/api/v1/x/../plans", "/api/v1/plans%2Fx"] {
        passes(get(path).pin("2026-07-01"), path).await;
    }
    passes(ask("DELETE", "/api/v1//plans/x"), "/api/v1//plans/x").await;
}

#[tokio::test]
async fn row_20_one_spelling_of_a_letter_is_as_good_as_another() {
    let (upstream, gateway) = gateway().await;
    for (sent, wanted, pin) in [
        ("/api/v1/%70lans?company_id=x", "/api/v1/%70lans?account_id=x", "2025-01-01"),
        ("/%6Cegacy/api/v1/plans?company_id=x", "/api/v1/plans?account_id=x", "2026-06-08"),
        // It is no operation of the pack, so it is in the version that the upstream was asked for.
        ("/legacy", "/", "2026-07-01"),
    ] {
        let answer = gateway.send(get(sent)).await;
        let start = upstream.requests().pop().unwrap().start;
        assert_eq!((answer.status(), start.split(' ').nth(1)), (200, Some(wanted)), "{sent}");
        assert_eq!(answer.field("api-version-date"), Some(pin), "{sent}");
    }
}
