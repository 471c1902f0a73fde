//! Row 14.1k: a page of another origin can read the gateway's own errors as far as it can read the API's answers.

use super::support::{Gateway, Message, Protocol, Upstream, answer, ask, get, json};
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering::Relaxed},
};

const PLAN: &str = "/api/v1/plans/plan_x";
const APP: &str = "https://app.example";
const ALLOW: &str = "access-control-allow-origin";
const CREDENTIALS: &str = "access-control-allow-credentials";
const EXPOSE: &str = "access-control-expose-headers";

/// An upstream that lets one origin read its answers, until it is told to do so no more.
async fn allowing() -> (Upstream, Arc<AtomicBool>) {
    let allows = Arc::new(AtomicBool::new(true));
    let upstream = Upstream::scripted_with(Arc::clone(&allows), move |mut connection, still| async move {
        loop {
            let request = connection.next().await?;
            let allowed = still.load(Relaxed) && request.field("origin") == Some(APP);
            let fields: &[&str] = match allowed {
                true => &[
                    "content-type: application/json",
                    "access-control-allow-origin: https://app.example",
                    "access-control-allow-credentials: true",
                    "access-control-expose-headers: X-Total",
                    "vary: Origin",
                ],
                false => &["content-type: application/json", "vary: Origin"],
            };
            connection.send(answer("200 OK", fields, "{}")).await;
        }
    })
    .await;
    (upstream, allows)
}

/// Returns the CORS headers of an error that the gateway itself answers.
fn readable(got: &Message) -> [Option<&str>; 3] {
    assert_eq!(got.error(), (400, "unsupported_api_version".to_owned()));
    [ALLOW, CREDENTIALS, EXPOSE].map(|name| got.field(name))
}

fn wrong() -> super::support::Ask {
    get(PLAN).pin("1999-01-01")
}

#[tokio::test]
async fn row_14_1k_what_the_upstream_said_to_an_origin_is_repeated_on_errors() {
    let (upstream, _) = allowing().await;
    let gateway = Gateway::before(&upstream).await;
    for protocol in Protocol::ALL {
        let first =
            gateway.receive(protocol, &wrong().with("origin", "https://other.example")).await.unwrap();
        assert_eq!(readable(&first), [None; 3], "nothing is known of it");
        gateway.receive(protocol, &get(PLAN).with("origin", APP)).await.unwrap();
        gateway.receive(protocol, &get(PLAN).with("origin", "https://other.example")).await.unwrap();
        let got = gateway.receive(protocol, &wrong().with("origin", APP)).await.unwrap();
        assert_eq!(readable(&got), [Some(APP), Some("true"), Some("X-Total")], "{protocol:?}");
        assert!(got.all("vary").iter().any(|names| names.eq_ignore_ascii_case("origin")), "{protocol:?}");
        for origin in ["https://other.example", "https://APP.example", "null", "https://app.example:444"] {
            let other = gateway.receive(protocol, &wrong().with("origin", origin)).await.unwrap();
            assert_eq!(readable(&other), [None; 3], "{origin} {protocol:?}");
        }
        let plain = gateway.receive(protocol, &wrong()).await.unwrap();
        assert_eq!(readable(&plain), [None; 3], "no page asks");
    }
    let twice = gateway.send(wrong().with("origin", APP).with("origin", APP)).await;
    assert_eq!(readable(&twice), [None; 3]);
}

#[tokio::test]
async fn row_14_1k_an_origin_that_may_read_no_more_reads_no_errors() {
    let (upstream, allows) = allowing().await;
    let gateway = Gateway::before(&upstream).await;
    gateway.send(get(PLAN).with("origin", APP)).await;
    assert_eq!(readable(&gateway.send(wrong().with("origin", APP)).await)[0], Some(APP));
    allows.store(false, Relaxed);
    gateway.send(get(PLAN).with("origin", APP)).await;
    assert_eq!(readable(&gateway.send(wrong().with("origin", APP)).await), [None; 3]);
}

#[tokio::test]
async fn row_14_1k_preflights_are_the_upstreams_and_errors_after_them_can_be_read() {
    let preflight = answer(
        "204 No Content",
        &[
            "access-control-allow-origin: https://app.example",
            "access-control-allow-methods: PATCH",
            "x-theirs: 1",
        ],
        "",
    );
    let upstream = Upstream::answers(preflight).await;
    let gateway = Gateway::before(&upstream).await;
    let asked = ask("OPTIONS", PLAN)
        .without("authorization")
        .with("origin", APP)
        .with("access-control-request-method", "PATCH");
    let got = gateway.send(asked).await;
    assert_eq!((got.status(), got.field(ALLOW), got.field("x-theirs")), (204, Some(APP), Some("1")));
    assert_eq!(got.field("access-control-allow-methods"), Some("PATCH"));
    assert_eq!(readable(&gateway.send(wrong().with("origin", APP)).await), [Some(APP), None, None]);
}

#[tokio::test]
async fn row_14_1k_configured_origins_read_errors_from_the_first_on() {
    let upstream = Upstream::absent().await;
    let gateway = Gateway::configured(&upstream, |config| {
        config.responses.cors_origins = vec![APP.to_owned()];
    })
    .await;
    let got = gateway.send(get(PLAN).with("origin", APP)).await;
    assert_eq!(got.error(), (502, "upstream_unreachable".to_owned()));
    assert_eq!([ALLOW, CREDENTIALS, EXPOSE].map(|name| got.field(name)), [Some(APP), None, None]);
    let other = gateway.send(get(PLAN).with("origin", "https://other.example")).await;
    assert_eq!(other.field(ALLOW), None);
}

#[tokio::test]
async fn row_14_1k_the_gateways_own_fields_are_exposed_as_far_as_configured() {
    let (upstream, _) = allowing().await;
    let gateway = Gateway::configured(&upstream, |config| config.responses.cors_expose = true).await;
    let got = gateway.send(get(PLAN).with("origin", APP)).await;
    assert_eq!(got.all(EXPOSE), ["X-Total", "x-request-id", "dateline-upstream-version"]);
    let got = gateway.send(wrong().with("origin", APP)).await;
    assert_eq!(got.all(EXPOSE), ["X-Total", "dateline-outcome", "x-request-id"]);
    let other = gateway.send(get(PLAN).with("origin", "https://other.example")).await;
    assert_eq!(other.field(EXPOSE), None);
    let upstream = Upstream::answers(json("{}")).await;
    let gateway = Gateway::configured(&upstream, |config| config.responses.cors_expose = true).await;
    assert_eq!(gateway.send(get(PLAN).with("origin", APP)).await.field(EXPOSE), None, "who may not read it");
}
