//! Fields that a client may not send, may not send twice, or is not believed in.

use super::support::{Ask, Fate, Frames, Gateway, Message, Protocol, Upstream, ask, get, json};
use dateline::config::{Client, Match};

const PLAN: &str = "/api/v1/plans/plan_x";

/// A gateway that must not ask its upstream.
async fn before_nobody() -> (Upstream, Gateway) {
    let upstream = Upstream::answers(json("{}")).await;
    let gateway = Gateway::before(&upstream).await;
    (upstream, gateway)
}

/// What every protocol is answered, which must be an error before anything was sent.
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
async fn refused_and_closed(bytes: &str) -> (u16, String) {
    let (upstream, gateway) = before_nobody().await;
    let mut client = gateway.connect().await;
    client.send(format!("{bytes}GET /next HTTP/1.1\r\nHost: x\r\n\r\n")).await;
    let answer = client.answer().await;
    assert!(client.rest().await.is_empty(), "{bytes}");
    assert_eq!((upstream.connections(), answer.field("connection")), (0, Some("close")), "{bytes}");
    answer.error()
}

fn e400(code: &str) -> (u16, String) {
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
const H2: &[(&str, &str)] =
    &[(":method", "GET"), (":scheme", "http"), (":path", PLAN), (":authority", "gateway.test")];

#[tokio::test]
async fn row_15_a_request_names_one_host() {
    let head = |line: &str, hosts: &str| format!("{line}\r\n{hosts}\r\n");
    for hosts in [
        "",
        "Host:\r\n",
        "Host: a\r\nHost: a\r\n",
        "Host: a\r\nHost: b\r\n",
        "Host: a/b@c\r\n",
        "Host: user@a\r\n",
        "Host: a, b\u{e9}\r\n",
        "Host: a:port\r\n",
        "Host: a:1:2\r\n",
        "Host: a%2eb\r\n",
        "Host: [::1\r\n",
        "Host: http://a\r\n",
    ] {
        let error = refused_and_closed(&head(&format!("GET {PLAN} HTTP/1.1"), hosts)).await;
        assert_eq!(error, e400("invalid_host"), "{hosts}");
    }
    for line in ["GET http://u:p@a/x HTTP/1.1", "GET http://u@a/x HTTP/1.1"] {
        assert_eq!(refused_and_closed(&head(line, "Host: a\r\n")).await, e400("invalid_host"), "{line}");
    }
    for hosts in ["Host: a\r\nHost: a\r\n", "Host: a/b@c\r\n"] {
        assert_eq!(refused_and_closed(&head(&format!("GET {PLAN} HTTP/1.0"), hosts)).await.0, 400);
    }
    let (upstream, gateway) = before_nobody().await;
    assert_eq!(gateway.send_raw(head(&format!("GET {PLAN} HTTP/1.0"), "")).await.status(), 200);
    assert_eq!(upstream.only().field("host"), upstream.url.strip_prefix("http://"));
}

#[tokio::test]
async fn row_15_the_same_over_http2() {
    let (upstream, gateway) = before_nobody().await;
    let unnamed = &H2[..3];
    for hosts in [
        [].as_slice(),
        &[("host", "a"), ("host", "a")],
        &[(":authority", "gateway.test"), ("host", "other.test")],
        &[(":authority", "user@gateway.test")],
        &[(":authority", "a/b@c")],
    ] {
        let mut client = Frames::to(&gateway).await;
        client.head(1, &[unnamed, hosts].concat(), true).await;
        let fate = client.fate(1).await;
        assert!(matches!(fate, Fate::Answered | Fate::Reset(_)), "{hosts:?}: {fate:?}");
        assert_eq!(upstream.connections(), 0, "{hosts:?}");
    }
    for hosts in [
        [("host", "gateway.test")].as_slice(),
        &[(":authority", "gateway.test:80"), ("host", "GATEWAY.test:80")],
    ] {
        let mut client = Frames::to(&gateway).await;
        client.head(1, &[unnamed, hosts].concat(), true).await;
        assert_eq!(client.fate(1).await, Fate::Answered);
    }
    assert_eq!(upstream.count(), 2);
}

#[tokio::test]
async fn row_16_the_authority_is_the_configured_one() {
    let (upstream, gateway) = before_nobody().await;
    // Names that no resolver knows: asking one would fail, or take its time.
    for (line, wanted) in [
        ("GET http://nowhere.invalid/api/v1/plans/p?x HTTP/1.1", "GET /api/v1/plans/p?x HTTP/1.1"),
        ("GET https://nowhere.invalid:1/api/v1/plans/p HTTP/1.1", "GET /api/v1/plans/p HTTP/1.1"),
        ("GET http://nowhere.invalid HTTP/1.1", "GET / HTTP/1.1"),
        ("GET http://nowhere.invalid?x=1 HTTP/1.1", "GET /?x=1 HTTP/1.1"),
        ("GET http://127.0.0.1:1/x HTTP/1.1", "GET /x HTTP/1.1"),
    ] {
        let answer = gateway.send_raw(format!("{line}\r\nHost: nowhere.invalid\r\n\r\n")).await;
        let request = upstream.requests().pop().unwrap();
        assert_eq!((answer.status(), request.start.as_str()), (200, wanted), "{line}");
        assert_eq!(request.field("host"), upstream.url.strip_prefix("http://"), "{line}");
    }
}

#[tokio::test]
async fn row_16_other_targets_are_refused() {
    let tunnel = (405, "method_not_allowed".to_owned());
    for line in ["CONNECT nowhere.invalid:443 HTTP/1.1", "CONNECT 127.0.0.1:1 HTTP/1.1"] {
        assert_eq!(refused_and_closed(&format!("{line}\r\nHost: x\r\n\r\n")).await, tunnel, "{line}");
    }
    let (upstream, gateway) = before_nobody().await;
    for line in
        ["OPTIONS * HTTP/1.1", "GET ftp://nowhere.invalid/x HTTP/1.1", "GET file:///etc/passwd HTTP/1.1"]
    {
        let answer = gateway.send_raw(format!("{line}\r\nHost: x\r\n\r\n")).await;
        assert_eq!(answer.status(), 400, "{line}");
    }
    let mut client = Frames::to(&gateway).await;
    client.head(1, &[(":method", "CONNECT"), (":authority", "nowhere.invalid:443")], true).await;
    assert!(matches!(client.fate(1).await, Fate::Answered | Fate::Reset(_)));
    assert_eq!(upstream.connections(), 0);
}

/// A request that tells a way, to a host that clients know.
fn with_a_way() -> Ask {
    get(PLAN)
        .host("public.example.com:8443")
        .with("via", "1.0 edge")
        .with("forwarded", "for=192.0.2.9")
        .with("x-forwarded-for", "192.0.2.9")
        .with("x-forwarded-host", "told.example.com")
        .with("x-forwarded-proto", "https")
        .with("x-forwarded-port", "1")
        .with("x-end", "1")
}

#[tokio::test]
async fn row_17_a_stranger_is_not_believed() {
    let upstream = Upstream::answers(json("{}")).await;
    for trusted in ["192.0.2.0/24", "::/0"] {
        let gateway = Gateway::configured(&upstream, |config| {
            config.upstream.forwarded = true;
            config.listen.trusted_peers = vec![trusted.parse().unwrap()];
        })
        .await;
        gateway.send(with_a_way()).await;
        gateway.send_h2(with_a_way()).await;
    }
    let requests = upstream.requests();
    assert_eq!(requests.len(), 4);
    for (request, via) in requests.iter().zip(["1.1 dateline", "2 dateline"].iter().cycle()) {
        assert_eq!(request.field("x-forwarded-for"), Some("127.0.0.1"));
        assert_eq!(request.field("x-forwarded-host"), Some("public.example.com:8443"));
        assert_eq!(request.field("x-forwarded-proto"), Some("http"));
        assert_eq!(request.field("via"), Some(*via));
        assert_eq!((request.field("forwarded"), request.field("x-forwarded-port")), (None, None));
    }
}

#[tokio::test]
async fn row_17_a_configured_peer_is_believed() {
    let upstream = Upstream::answers(json("{}")).await;
    let gateway = Gateway::configured(&upstream, |config| {
        config.upstream.forwarded = true;
        config.listen.trusted_peers = vec!["127.0.0.0/8".parse().unwrap()];
    })
    .await;
    gateway.send(with_a_way()).await;
    let request = upstream.only();
    assert_eq!(request.all("x-forwarded-for"), ["192.0.2.9", "127.0.0.1"]);
    assert_eq!(request.field("x-forwarded-host"), Some("told.example.com"));
    assert_eq!(request.field("x-forwarded-proto"), Some("https"));
    assert_eq!(request.all("via"), ["1.0 edge", "1.1 dateline"]);
    assert_eq!((request.field("forwarded"), request.field("x-forwarded-port")), (None, None));
}

#[tokio::test]
async fn row_17_a_third_party_does_not_learn_the_way_whoever_tells_it() {
    let upstream = Upstream::answers(json("{}")).await;
    let trusted = Gateway::configured(&upstream, |config| {
        config.listen.trusted_peers = vec!["127.0.0.0/8".parse().unwrap()];
    })
    .await;
    trusted.send(with_a_way()).await;
    let head = upstream.only().head_text().to_lowercase();
    for told in ["forwarded", "via", "edge", "public.example", "told.example", "192.0.2.9"] {
        assert!(!head.contains(told), "{told}: {head}");
    }
}

#[tokio::test]
async fn row_17_a_forwarded_host_is_nobodys_pin() {
    let upstream = Upstream::answers(json("{}")).await;
    let gateway = Gateway::configured(&upstream, |config| {
        let matcher = Match::Host("told.example.com".to_owned());
        let pin = "2026-06-08".parse().ok();
        config.clients = vec![Client { name: "c".to_owned(), pin, matcher, upstream_version: None }];
    })
    .await;
    for (host, pin) in [
        ("public.example.com", "2025-01-01"),
        ("told.example.com", "2026-06-08"),
        ("TOLD.example.com.:80", "2026-06-08"),
    ] {
        let answer = gateway.send(with_a_way().host(host)).await;
        assert_eq!(answer.field("api-version-date"), Some(pin), "{host}");
    }
}

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
    assert_eq!(upstream.only().all("x-a"), ["1", "2"]);
}

/// What an error says: its status, its head and its body, without what differs from one to the next.
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
