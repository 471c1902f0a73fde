//! Tests of the process's log: one event a request.

use super::support::{Process, Upstream, get};

#[tokio::test]
async fn one_event_a_request() {
    let upstream = Upstream::sandbox("2026-07-01").await;
    let gateway = Process::before(&upstream, &[]).await;
    let sent = get("/api/v1/referrals/businesses/bref_pickaxe?x=1").with("x-request-id", "r-1");
    let bytes =
        gateway.send(get("/api/v1/referrals/businesses/bref_pickaxe").with("x-request-id", "r-0")).await;
    gateway.send(sent).await;
    gateway.send(get("/api/v1/plans").pin("nope")).await;
    let events = gateway.requests(3).await;
    let event = &events[0];
    for (name, value) in [
        ("method", "GET"),
        ("operation", "GET /referrals/businesses/{id}"),
        ("pin", "2025-01-01"),
        ("pin_source", "default"),
        ("upstream_version", "2026-07-01"),
        ("response", "translated"),
        ("request_id", "r-0"),
    ] {
        assert_eq!(event[name], value, "{event}");
    }
    assert_eq!((&event["status"], &event["complete"]), (&200.into(), &true.into()), "{event}");
    assert_eq!(event["response_bytes"], bytes.body.len(), "{event}");
    assert!(event["steps"].as_u64().unwrap() > 0 && event["losses"].is_string(), "{event}");
    assert!(event["total_us"].as_u64() >= event["upstream_us"].as_u64(), "{event}");
    assert_eq!(events[1]["status"], 400, "{}", events[1]);
    assert_eq!((&events[2]["error"], &events[2]["status"]), (&"unsupported_api_version".into(), &400.into()));
    assert_eq!(events.len(), 3);
}
