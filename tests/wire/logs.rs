//! What the process writes: one event a request, and never a secret.

use super::support::{Process, Upstream, answer, ask, get, json};

/// HTTP/2's `PING` with the text "whatever", and the answer's start (RFC 9113, 6.7).
const PING: &str = "\0\0\x08\x06\0\0\0\0\0whatever";
const PONG: &str = "\0\0\x08\x06\x01\0\0\0\0whatever";

const CANARY: &str = "canary_7f3a";

async fn tracing(upstream: &Upstream) -> Process {
    Process::before(upstream, &[("DATELINE_LOG__FILTER", "trace"), ("DATELINE_PINS__UNKNOWN", "pass")]).await
}

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

/// Requests in which the secret stands everywhere that a client can put it.
#[tokio::test]
async fn a_secret_is_never_written() {
    let fields = ["content-type: application/json", "set-cookie: canary_7f3a", "x-request-id: canary_7f3a"];
    let upstream =
        Upstream::answers(answer("200 OK", &fields, r#"{"account":"canary_7f3a","x":canary_7f3a}"#)).await;
    let gateway = tracing(&upstream).await;
    let target = format!("/api/v1/plans?company_id={CANARY}&{CANARY}=1");
    for pin in ["2025-01-01", "2026-07-01", "2027-01-01", CANARY] {
        let sent = || {
            let sent = ask("POST", &target).pin(pin).json(&format!(r#"{{"company_id":"{CANARY}"}}"#));
            let sent = sent.without("authorization").with("authorization", &format!("Bearer {CANARY}"));
            sent.with("cookie", CANARY).with("x-other", CANARY).with("idempotency-key", CANARY).host(CANARY)
        };
        gateway.send(sent()).await;
        gateway.send_h2(sent()).await;
        gateway.send(sent().body(format!("{{{CANARY}"))).await;
        gateway.send(sent().with("content-encoding", CANARY)).await;
    }
    gateway.send(get(&format!("/{CANARY}"))).await;
    gateway.send(ask(CANARY, &format!("/api/v1/users/{CANARY}/access/{CANARY}"))).await;
    for bad in [
        format!("GET /api/v1/plans?{CANARY} {CANARY} HTTP/1.1\r\nHost: x\r\n\r\n"),
        format!("GET http://{CANARY}@[/{CANARY} HTTP/1.1\r\nHost: x\r\n\r\n"),
        format!("GET {CANARY} HTTP/1.1\r\nHost: x\r\n\r\n"),
        format!("CONNECT {CANARY}:443 HTTP/1.1\r\nHost: x\r\n\r\n"),
        format!("GET / HTTP/1.1\r\nHost: x\r\nAuthorization: {CANARY}\u{1}\r\n\r\n"),
        format!("GET / HTTP/1.1\r\n{CANARY} : x\r\n\r\n"),
        format!("POST / HTTP/1.1\r\nContent-Length: {CANARY}\r\n\r\n"),
        format!(
            "POST /api/v1/plans HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n{CANARY}\r\n"
        ),
        format!("{CANARY}\r\n\r\n"),
    ] {
        let mut client = gateway.connect().await;
        client.send(bad).await;
        client.answer().await;
    }
    gateway.requests(19).await;
    let written = gateway.written();
    assert!(written.contains("\"level\":\"TRACE\""), "the level is in force");
    let found: Vec<&str> = written.lines().filter(|line| line.contains(CANARY)).collect();
    assert!(found.is_empty(), "{found:#?}");
}

#[tokio::test]
async fn a_secret_in_a_malformed_http2_head_is_not_written() {
    let upstream = Upstream::answers(json("{}")).await;
    let gateway = tracing(&upstream).await;
    for head in [
        [(":method", "GET"), (":scheme", "http"), (":authority", "x"), (":path", "/a b?canary_7f3a")],
        [(":method", "GET"), (":scheme", "http"), (":authority", "canary_7f3a@["), (":path", "/")],
        [(":method", "GET"), (":scheme", "canary_7f3a!"), (":authority", "x"), (":path", "/")],
    ] {
        let mut client = gateway.connect().await;
        client.send(http2_request(&head)).await;
        // Behind the stream that the gateway refuses: it has been read when this is answered.
        client.send(PING).await;
        client.through(PONG).await;
    }
    gateway.send_h2(get("/api/v1/plans")).await;
    gateway.requests(1).await;
    let written = gateway.written();
    let found: Vec<&str> = written.lines().filter(|line| line.contains(CANARY)).collect();
    assert!(found.is_empty(), "{found:#?}");
}

/// Preface, settings, and one stream with these fields (RFC 9113, 3.4 and 6.2; RFC 7541, 6.2.2).
fn http2_request(fields: &[(&str, &str)]) -> Vec<u8> {
    let mut block = Vec::new();
    for (name, value) in fields {
        for part in [&[0, name.len() as u8], name.as_bytes(), &[value.len() as u8], value.as_bytes()] {
            block.extend_from_slice(part);
        }
    }
    let mut bytes = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0".to_vec();
    bytes.extend([0, 0, block.len() as u8, 1, 5, 0, 0, 0, 1]);
    bytes.extend(block);
    bytes
}
