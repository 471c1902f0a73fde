//! Fields of one connection, fields of the way, and what becomes of them.

use super::support::{Gateway, Upstream, answer, ask, get, json};

const PLAN: &str = "/api/v1/plans/plan_x";

#[tokio::test]
async fn a_connections_own_fields_end_at_the_gateway() {
    let fields = [
        "content-type: application/json",
        "Connection: keep-alive, X-Theirs",
        "X-Theirs: 1",
        "Keep-Alive: timeout=5",
        "Proxy-Authenticate: Basic",
        "Upgrade: h2c",
        "X-End: 1",
    ];
    let upstream = Upstream::answers(answer("200 OK", &fields, "{}")).await;
    let gateway = Gateway::before(&upstream).await;
    for pin in ["2025-01-01", "2026-07-01"] {
        let sent = get(PLAN)
            .pin(pin)
            .with("connection", "X-Ours, keep-alive")
            .with("connection", "x-too")
            .with("x-ours", "1")
            .with("x-too", "1")
            .with("keep-alive", "timeout=9")
            .with("proxy-authorization", "Basic x")
            .with("proxy-connection", "close")
            .with("te", "trailers")
            .with("upgrade", "websocket")
            .with("x-end", "1");
        let answer = gateway.send(sent).await;
        let request = upstream.requests().pop().unwrap();
        for name in [
            "connection",
            "x-ours",
            "x-too",
            "keep-alive",
            "proxy-authorization",
            "proxy-connection",
            "te",
            "upgrade",
        ] {
            assert_eq!(request.field(name), None, "{name} went up");
        }
        for name in ["connection", "x-theirs", "keep-alive", "proxy-authenticate", "upgrade"] {
            assert_eq!(answer.field(name), None, "{name} came down");
        }
        assert_eq!((request.field("x-end"), answer.field("x-end")), (Some("1"), Some("1")));
    }
}

#[tokio::test]
async fn a_third_party_does_not_learn_the_way() {
    let upstream = Upstream::answers(json("{}")).await;
    let gateway = Gateway::before(&upstream).await;
    let sent = get(PLAN)
        .with("via", "1.0 inner")
        .with("forwarded", "for=10.0.0.1")
        .with("x-forwarded-for", "10.0.0.1")
        .with("x-forwarded-host", "inner")
        .with("x-forwarded-proto", "https");
    let answer = gateway.send(sent).await;
    let head = upstream.only().head_text().to_lowercase();
    assert!(!head.contains("via") && !head.contains("forwarded") && !head.contains("gateway.test"), "{head}");
    assert_eq!(answer.field("via"), None);
}

#[tokio::test]
async fn the_authority_is_the_configured_one_whatever_is_asked_for() {
    let upstream = Upstream::answers(json("{}")).await;
    let gateway = Gateway::before(&upstream).await;
    gateway.send_raw("GET http://elsewhere.example/api/v1/plans/p?x HTTP/1.1\r\nHost: other\r\n\r\n").await;
    let request = upstream.only();
    assert_eq!(request.start, "GET /api/v1/plans/p?x HTTP/1.1");
    assert_eq!(request.field("host"), upstream.url.strip_prefix("http://"));
}

#[tokio::test]
async fn a_tunnel_is_refused() {
    let upstream = Upstream::answers(json("{}")).await;
    let gateway = Gateway::before(&upstream).await;
    let answer =
        gateway.send_raw("CONNECT api.example.com:443 HTTP/1.1\r\nHost: api.example.com:443\r\n\r\n").await;
    assert_eq!(answer.error(), (405, "method_not_allowed".to_owned()));
    let answer = gateway.send_raw("OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert_eq!(answer.error(), (400, "invalid_target".to_owned()));
    assert_eq!(upstream.connections(), 0);
}

#[tokio::test]
async fn codings_are_narrowed_only_where_an_answer_is_translated() {
    const SENT: &str = "gzip, deflate ,x;q=0.1";
    let upstream = Upstream::answers(json("{}")).await;
    let gateway = Gateway::before(&upstream).await;
    let cases = [
        (get(PLAN), "gzip"),
        (ask("PATCH", PLAN).json("{}"), "gzip"),
        (get(PLAN).pin("2026-06-09"), SENT),
        (ask("DELETE", PLAN), SENT),
        (get("/api/v1/users/me?company_id=x"), SENT),
        (ask("PATCH", "/api/v1/users/me").json(r#"{"company_id":"x"}"#), SENT),
        (get("/api/v2/plans"), SENT),
    ];
    for (sent, wanted) in cases {
        let case = format!("{} {}", sent.method, sent.target);
        gateway.send(sent.with("accept-encoding", SENT)).await;
        assert_eq!(upstream.requests().pop().unwrap().field("accept-encoding"), Some(wanted), "{case}");
    }
}

#[tokio::test]
async fn a_continue_is_answered_here() {
    let upstream = Upstream::answers(json("{}")).await;
    let gateway = Gateway::before(&upstream).await;
    for pin in ["2025-01-01", "2026-07-01"] {
        let mut client = gateway.connect().await;
        let head =
            ask("POST", "/api/v1/plans").pin(pin).json(r#"{"a":1}"#).with("expect", "100-continue").bytes();
        let body = head.len() - 7;
        client.send(&head[..body]).await;
        assert_eq!(client.answer().await.status(), 100);
        client.send(&head[body..]).await;
        assert_eq!(client.answer().await.status(), 200);
        let request = upstream.requests().pop().unwrap();
        assert_eq!((request.field("expect"), request.text()), (None, r#"{"a":1}"#));
    }
}

#[tokio::test]
async fn the_request_id_is_the_clients_or_ours_and_the_upstreams_is_told_apart() {
    let fields = ["content-type: application/json", "x-request-id: theirs"];
    let upstream = Upstream::answers(answer("200 OK", &fields, "{}")).await;
    let gateway = Gateway::before(&upstream).await;
    let kept = gateway.send(get(PLAN).with("x-request-id", "mine-1")).await;
    assert_eq!(kept.field("x-request-id"), Some("mine-1"));
    assert_eq!(kept.field("dateline-upstream-request-id"), Some("theirs"));
    assert_eq!(upstream.requests()[0].field("x-request-id"), Some("mine-1"));
    for unfit in ["", "a b", &"x".repeat(200)] {
        let made =
            gateway.send(get(PLAN).with("x-request-id", unfit).with("x-a", "1").with("x-b", "2")).await;
        assert_eq!(made.field("x-request-id").unwrap().len(), 36, "{unfit}");
        let request = upstream.requests().pop().unwrap();
        assert_eq!(request.field("x-request-id"), None);
        let at = |name: &str| request.fields.iter().position(|(known, _)| known == name).unwrap();
        assert!(at("authorization") < at("x-a") && at("x-a") < at("x-b"), "{}", request.head_text());
    }
}

#[tokio::test]
async fn what_a_request_lost_is_told() {
    let upstream = Upstream::answers(json("{}")).await;
    let gateway = Gateway::before(&upstream).await;
    let both = r#"{"account_id":"theirs","company_id":"ours"}"#;
    let body = gateway.send(ask("PATCH", "/api/v1/users/me").json(both)).await;
    assert_eq!(upstream.requests()[0].text(), r#"{"account_id":"ours"}"#);
    let query = gateway.send(get("/api/v1/users/me?account_id=theirs&company_id=ours&x")).await;
    assert_eq!(upstream.requests()[1].start, "GET /api/v1/users/me?account_id=ours&x HTTP/1.1");
    for answer in [body, query] {
        assert_eq!(answer.field("dateline-loss"), Some("account_id=dropped"), "{}", answer.head_text());
    }
}
