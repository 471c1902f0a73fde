//! Tests of the target of a request and the route it took: nothing that a client says about either decides anything.

use super::{
    headers::{H2, PLAN, before_nobody, e400, refused_and_closed},
    support::{Ask, Fate, Frames, Gateway, Upstream, get, json, known_client},
};
use dateline_http::policy::Match;

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
            config.listen.trusted_proxies = vec![trusted.parse().unwrap()];
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
        config.listen.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
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
        config.listen.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
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
        let pin = Some("2026-06-08");
        config.clients = vec![known_client("c", pin, matcher)];
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
