//! Fields that a client may not send, may not send twice, or is not believed in.

use super::support::{Ask, Fate, Frames, Gateway, Message, Protocol, Upstream, ask, get, json, until};
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

pub(super) const PLAN: &str = "/api/v1/plans/plan_x";

/// A gateway that must not ask its upstream.
pub(super) async fn before_nobody() -> (Upstream, Gateway) {
    let upstream = Upstream::answers(json("{}")).await;
    let gateway = Gateway::before(&upstream).await;
    (upstream, gateway)
}

/// Sends a request over every protocol. Each must be answered with an error before the upstream is asked.
async fn refused(sent: Ask) -> (u16, String) {
    let (upstream, gateway) = before_nobody().await;
    let mut errors = Vec::new();
    for protocol in Protocol::ALL {
        let answer = gateway.receive(protocol, &sent).await.expect("an answer");
        assert_eq!(answer.field("dateline-outcome"), Some("not_sent"), "{protocol:?}");
        errors.push(answer.error());
    }
    assert_eq!(upstream.connections(), 0);
    errors.dedup();
    assert_eq!(errors.len(), 1, "{errors:?}");
    errors.remove(0)
}

/// Status and type of the answer to bytes, after which the connection must have ended.
pub(super) async fn refused_and_closed(bytes: &str) -> (u16, String) {
    let (upstream, gateway) = before_nobody().await;
    let mut client = gateway.connect().await;
    client.send(format!("{bytes}GET /next HTTP/1.1\r\nHost: x\r\n\r\n")).await;
    let answer = client.answer().await;
    assert!(client.rest().await.is_empty(), "{bytes}");
    assert_eq!((upstream.connections(), answer.field("connection")), (0, Some("close")), "{bytes}");
    answer.error()
}

pub(super) fn e400(code: &str) -> (u16, String) {
    (400, code.to_owned())
}

#[tokio::test]
async fn row_12_what_cannot_be_expected_is_refused() {
    for expected in ["y, 100-continue", "y 100-continue", "x", "100-continue, 100-continue"] {
        let answer = refused(ask("POST", "/api/v1/plans").json("{}").with("expect", expected)).await;
        assert_eq!(answer, (417, "expectation_failed".to_owned()), "{expected}");
    }
}

#[tokio::test]
async fn row_12_a_continue_is_asked_for_only_where_the_body_is_wanted() {
    let (upstream, gateway) = before_nobody().await;
    let sent = ask("POST", "/api/v1/plans").json("{}").with("expect", "100-Continue").pin("never").bytes();
    let mut client = gateway.connect().await;
    client.send(&sent[..sent.len() - 2]).await;
    assert_eq!(client.answer().await.error().0, 400, "no 100 before it");
    // The body that was not asked for is no request.
    client.send("GET /smuggled HTTP/1.1\r\nhost: x\r\n\r\n").await;
    assert!(client.rest().await.is_empty());
    assert_eq!(upstream.connections(), 0);

    let wanted = ask("POST", "/api/v1/plans").json("{}").with("expect", "100-continue").bytes();
    let mut client = gateway.connect().await;
    client.send(&wanted[..wanted.len() - 2]).await;
    assert_eq!(client.answer().await.status(), 100);
    client.send("{}").await;
    assert_eq!(client.answer().await.status(), 200);
    assert_eq!(upstream.only().field("expect"), None);
}

#[tokio::test]
async fn row_14_connection_cannot_take_out_what_the_api_must_see() {
    let (upstream, gateway) = before_nobody().await;
    for name in [
        "Authorization",
        "idempotency-key",
        "API-VERSION-DATE",
        "Content-Type",
        "content-encoding",
        "If-Match",
    ] {
        for pin in ["2025-01-01", "2026-07-01"] {
            let sent = ask("POST", "/api/v1/plans").json("{}").pin(pin).with("idempotency-key", "i");
            for value in [format!("close, {name}"), format!("{name},keep-alive"), name.to_owned()] {
                let answer = gateway.send(sent.clone().with("connection", &value)).await;
                assert_eq!(answer.error(), e400("nominated_header"), "{value}");
            }
            let split = sent.with("connection", "keep-alive").with("connection", name);
            assert_eq!(gateway.send(split).await.error(), e400("nominated_header"));
        }
    }
    assert_eq!(upstream.connections(), 0);
}

#[tokio::test]
async fn row_14_what_connection_names_otherwise_ends_here() {
    let (upstream, gateway) = before_nobody().await;
    let sent = get(PLAN).with("connection", "X-One, close, , x-two").with("x-one", "1").with("x-two", "2");
    assert_eq!(gateway.send(sent.with("x-three", "3")).await.status(), 200);
    let request = upstream.only();
    assert_eq!((request.field("x-one"), request.field("x-two")), (None, None));
    assert_eq!(request.field("x-three"), Some("3"));
}

#[tokio::test]
async fn row_14_http2_knows_no_connection_fields() {
    let (upstream, gateway) = before_nobody().await;
    for field in [("connection", "authorization"), ("transfer-encoding", "chunked"), ("te", "gzip")] {
        let mut client = Frames::to(&gateway).await;
        client.head(1, &[H2, &[field]].concat(), true).await;
        assert!(matches!(client.fate(1).await, Fate::Reset(_)), "{field:?}");
    }
    assert_eq!(upstream.connections(), 0);
}

/// The fields of a `GET` of [`PLAN`] over HTTP/2.
pub(super) const H2: &[(&str, &str)] =
    &[(":method", "GET"), (":scheme", "http"), (":path", PLAN), (":authority", "gateway.test")];

#[tokio::test]
async fn row_18_an_underscore_hides_no_field() {
    for name in [
        "Content_Length",
        "Api_Version_Date",
        "Api-Version_Date",
        "idempotency_key",
        "Transfer_Encoding",
        "Content_Type",
        "X_Forwarded_For",
        "If_Match",
    ] {
        let error = refused(ask("POST", "/api/v1/plans").json("{}").with(name, "1")).await;
        assert_eq!(error, e400("ambiguous_header"), "{name}");
    }
    let (upstream, gateway) = before_nobody().await;
    for name in ["x_custom", "_", "my_id"] {
        assert_eq!(gateway.send(get(PLAN).with(name, "1")).await.status(), 200, "{name} hides nothing");
        assert_eq!(upstream.requests().pop().unwrap().field(name), Some("1"));
    }
}

#[tokio::test]
async fn row_19_what_decides_stands_there_once() {
    let write = || ask("POST", "/api/v1/plans").json("{}").with("idempotency-key", "i").pin("2025-01-01");
    for (name, value) in [
        ("Authorization", "Bearer test"),
        ("authorization", "Bearer other"),
        ("Idempotency-Key", "i"),
        ("idempotency-key", "other"),
        ("Api-Version-Date", "2025-01-01"),
        ("api-version-date", "2026-07-01"),
        ("content-type", "application/x-www-form-urlencoded"),
    ] {
        assert_eq!(refused(write().with(name, value)).await, e400("duplicate_header"), "{name}: {value}");
    }
    let (upstream, gateway) = before_nobody().await;
    let lists = get(PLAN).with("accept", "a").with("accept", "b").with("x-a", "1").with("x-a", "2");
    assert_eq!(gateway.send(lists).await.status(), 200);
    let same_media = write().with("content-type", "application/json");
    assert_eq!(gateway.send(same_media).await.status(), 200, "twice the same leaves no doubt");
    assert_eq!(upstream.requests()[0].all("x-a"), ["1", "2"]);
}

/// Returns an error's status, head and body without the parts that differ from one to the next.
fn said(answer: &Message) -> String {
    format!("{}{}", answer.head_text(), answer.text())
}

#[tokio::test]
async fn row_45_no_refusal_repeats_what_was_sent() {
    const CANARY: &str = "apik_canary";
    let (_upstream, gateway) = before_nobody().await;
    let target = format!("/api/v1//plans?key={CANARY}");
    for sent in [
        get(PLAN).pin(CANARY),
        get(PLAN).with("authorization", CANARY),
        get(PLAN).with("content_length", CANARY),
        get(PLAN).with("expect", CANARY),
        get(PLAN).with("connection", &format!("authorization, {CANARY}")),
        get(PLAN).host(&format!("{CANARY}@x")),
        get(&target),
    ] {
        let mut client = gateway.connect().await;
        client.send(sent.bytes()).await;
        let answer = client.answer().await;
        assert!(matches!(answer.error().0, 400 | 417), "{}", answer.start);
        assert!(!said(&answer).contains("canary"), "{}", said(&answer));
    }
}

#[tokio::test]
async fn row_11_an_upgrade_is_not_asked_for() {
    let (upstream, gateway) = before_nobody().await;
    for pin in ["2025-01-01", "2026-07-01"] {
        for protocol in ["websocket", "h2c", "TLS/1.3"] {
            let sent = get(PLAN)
                .pin(pin)
                .with("connection", "Upgrade, HTTP2-Settings")
                .with("upgrade", protocol)
                .with("http2-settings", "AAMAAABkAAQAAP__");
            let mut client = gateway.connect().await;
            client.send(sent.bytes()).await;
            assert_eq!(client.answer().await.status(), 200);
            let request = upstream.requests().pop().unwrap();
            for name in ["upgrade", "connection", "http2-settings"] {
                assert_eq!(request.field(name), None, "{name}");
            }
            // It is still HTTP/1.1 on both sides.
            client.send(get(PLAN).pin(pin).bytes()).await;
            assert_eq!(client.answer().await.status(), 200);
        }
    }
    assert_eq!(upstream.connections(), 1);
}

#[tokio::test]
async fn row_11_a_switch_that_was_not_asked_for_is_an_error_and_ends_the_connection() {
    let ended = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&ended);
    let upstream = Upstream::scripted_with(count, move |mut connection, count| async move {
        connection.next().await?;
        let switch = "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n";
        // What follows must be nobody's answer.
        connection.send([switch.as_bytes(), &json(r#"{"poison":1}"#)].concat()).await;
        connection.ended().await;
        count.fetch_add(1, Ordering::Relaxed);
        Some(())
    })
    .await;
    let gateway = Gateway::before(&upstream).await;
    let asks = [get(PLAN), get(PLAN).pin("2026-07-01").with("connection", "upgrade").with("upgrade", "x")];
    let writes = [ask("POST", "/api/v1/plans").json("{}")];
    let mut number = 0;
    for sent in asks.iter().chain(&writes) {
        for protocol in Protocol::ALL {
            number += 1;
            let answer = gateway.receive(protocol, sent).await.expect("an answer");
            assert_eq!(answer.error(), (502, "upstream_failed".to_owned()), "{protocol:?}");
            assert_eq!(answer.field("dateline-outcome"), Some("responded"));
            assert!(answer.error_message().ends_with("The upstream answered 101"), "{}", answer.text());
            until("the connection is ended", || ended.load(Ordering::Relaxed) == number).await;
        }
    }
    assert_eq!((upstream.connections(), upstream.count()), (9, 9));
}
