//! Operations that the pack does not know, and operations that nobody asks for: a pack that says another path than the
//! API has must not go unnoticed.

use super::support::{Gateway, Process, Protocol, Upstream, ask, get, json};
use crate::common::pack;
use std::fs;

const PLAN: &str = r#"{"id":"plan_x","account":null}"#;

#[tokio::test]
async fn row_14_2d_an_operation_that_the_pack_does_not_know_is_labelled_with_the_version_asked_for() {
    let upstream = Upstream::answers(json(PLAN)).await;
    let gateway = Gateway::before(&upstream).await;
    let labels = |answer: &super::support::Message| {
        ["api-version-date", "dateline-upstream-version"].map(|name| answer.field(name).map(str::to_owned))
    };
    let label = |pin: &str| Some(pin.to_owned());
    for protocol in Protocol::ALL {
        for pin in ["2025-01-01", "2026-06-08", "2026-07-01"] {
            // It passes as it came, so it is in the upstream's version whatever the client speaks.
            let answer =
                gateway.receive(protocol, &get("/api/v1/payments/pay_x").pin(pin)).await.expect("whole");
            assert_eq!(answer.text(), PLAN);
            assert_eq!(labels(&answer), [label("2026-07-01"), label("2026-07-01")], "{protocol:?} {pin}");
            let answer = gateway.receive(protocol, &ask("POST", "/v2/x").pin(pin)).await.expect("whole");
            assert_eq!(labels(&answer), [label("2026-07-01"), label("2026-07-01")], "{protocol:?} {pin}");
            let answer =
                gateway.receive(protocol, &get("/api/v1/plans/plan_x").pin(pin)).await.expect("whole");
            assert_eq!(labels(&answer), [label(pin), label("2026-07-01")], "{protocol:?} {pin}");
        }
    }
    assert!(
        upstream.requests().iter().all(|request| request.field("api-version-date") == Some("2026-07-01"))
    );
}

/// The pack is right but for its base path, so nothing is translated: the log says so at the tenth such answer.
#[tokio::test]
async fn row_14_2d_operations_that_never_match_are_told_in_the_log_and_counted() {
    const SAYS: &str = "requests of no operation of the pack are answered";
    let folder = tempfile::tempdir().unwrap();
    let api = "operations = [\"GET /orders\", \"GET /orders/{id}\"]\n\
               [resource.Order]\nfound = [{ in = \"GET /orders/{id}\", part = \"response\", at = \"$\" }]\n";
    for (name, text) in pack::shop_files(api, pack::SUM) {
        let elsewhere = text.replace("\"/v1\"", "\"/v2\"").replace("Shop-Version", "Api-Version-Date");
        fs::write(folder.path().join(name), elsewhere).unwrap();
    }
    let upstream = Upstream::answers(json(r#"{"sum":1}"#)).await;
    let pack = folder.path().to_str().unwrap();
    let gateway = Process::before(&upstream, &[("DATELINE_TRANSFORMS__PATH", pack)]).await;
    let told = |line: &serde_json::Value| line["message"].as_str().is_some_and(|text| text.starts_with(SAYS));
    for _ in 0..9 {
        gateway.send(get("/v1/orders/o_1")).await;
    }
    gateway.requests(9).await;
    assert!(!gateway.written().contains(SAYS), "{}", gateway.written());
    gateway.send(get("/v1/orders/o_1")).await;
    let line = &gateway.events(1, told).await[0];
    assert_eq!(
        (&line["level"], &line["answered"], &line["of"]),
        (&"WARN".into(), &10.into(), &2.into()),
        "{line}"
    );
    assert_eq!(
        (&line["never_asked"], &line["operations"]),
        (&2.into(), &"GET /orders, GET /orders/{id}".into())
    );
    assert!(!gateway.written().contains("o_1"), "no path of a client's");

    let upstream = Upstream::answers(json(r#"{"sum":1}"#)).await;
    let gateway = Gateway::before(&upstream).await;
    let unasked = async |gateway: &Gateway| {
        gateway.operator().metric("dateline_unasked_operations").await.expect("a value") as usize
    };
    assert_eq!(unasked(&gateway).await, 0, "nothing is known yet");
    gateway.send(get("/api/v1/plans/plan_x")).await;
    assert_eq!(unasked(&gateway).await, 0, "whoever asks asks for operations of the pack");
    gateway.send(get("/api/v1/payments")).await;
    let all = super::support::pack().operations.len();
    assert_eq!(unasked(&gateway).await, all - 1);
    gateway.send(get("/api/v1/users/me")).await;
    assert_eq!(unasked(&gateway).await, all - 2);
}
