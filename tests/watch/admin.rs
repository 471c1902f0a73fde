//! Tests of access to the admin listener, and of what a browser may do with its answers.

use super::support::{Endpoint, Gateway, Message, Upstream, json};
use dateline_http::policy::bearer_sha256;
use std::net::{IpAddr, SocketAddr, UdpSocket};

const TOKEN: &str = "a long random token";
/// `operator:a long random token`.
const BASIC: &str = "Basic b3BlcmF0b3I6YSBsb25nIHJhbmRvbSB0b2tlbg==";

async fn gateway(token: Option<&str>) -> Gateway {
    gateway_at("127.0.0.1:0", token).await
}

async fn gateway_at(address: &str, token: Option<&str>) -> Gateway {
    let upstream = Upstream::answers(json("{}")).await;
    let hash = token.map(|token| bearer_sha256(token.as_bytes()));
    Gateway::reached_at(address, &upstream, |config| config.admin.token_sha256 = hash).await
}

async fn ask(to: Endpoint, method: &str, path: &str, fields: &[(&str, &str)]) -> Message {
    let fields: String = fields.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let mut wire = to.connect().await;
    wire.send(format!("{method} {path} HTTP/1.1\r\n{fields}connection: close\r\n\r\n")).await;
    wire.answer().await
}

#[tokio::test]
async fn this_machine_asks_at_an_address_of_its_own() {
    let gateway = gateway(None).await;
    let admin = gateway.operator();
    for host in
        ["localhost", "LOCALHOST:9090", "127.0.0.1", "127.8.0.1:1", "[::1]:9090", "[::ffff:127.0.0.1]"]
    {
        assert_eq!(ask(admin, "GET", "/reloads", &[("host", host)]).await.status(), 200, "{host}");
    }
    for host in [
        "evil.example",
        "evil.example:9090",
        "localhost.evil.example",
        "192.0.2.1",
        "0.0.0.0",
        "127.0.0.1.nip.io",
        "",
    ] {
        let answer = ask(admin, "GET", "/reloads", &[("host", host)]).await;
        assert_eq!(answer.status(), 403, "{host}");
        assert!(answer.text().contains("localhost"), "it says what to do: {}", answer.text());
    }
    assert_eq!(ask(admin, "GET", "/reloads", &[]).await.status(), 403, "no host");
    let twice = ask(admin, "GET", "/reloads", &[("host", "localhost"), ("host", "localhost")]).await;
    assert_ne!(twice.status(), 200);
    let absolute = ask(admin, "GET", "http://evil.example/reloads", &[("host", "localhost")]).await;
    assert_eq!(absolute.status(), 403);
}

#[tokio::test]
async fn with_a_token_configured_everyone_shows_it() {
    let gateway = gateway(Some(TOKEN)).await;
    let admin = gateway.operator();
    let bearer = format!("Bearer {TOKEN}");
    for (shown, status) in [
        (&[][..], 401),
        (&[("authorization", "Bearer another")][..], 401),
        (&[("authorization", "Bearer ")][..], 401),
        (&[("authorization", TOKEN)][..], 401),
        (&[("authorization", "Basic !")][..], 401),
        (&[("authorization", "Basic b3BlcmF0b3I6")][..], 401),
        (&[("authorization", bearer.as_str()), ("authorization", bearer.as_str())][..], 401),
        (&[("authorization", bearer.as_str())][..], 200),
        (&[("authorization", BASIC)][..], 200),
    ] {
        for host in ["localhost", "admin.example.com"] {
            let fields = [&[("host", host)], shown].concat();
            let answer = ask(admin, "GET", "/reloads", &fields).await;
            assert_eq!(answer.status(), status, "{host} {shown:?}");
            assert!(!answer.text().contains(TOKEN));
        }
    }
    let refused = ask(admin, "GET", "/nothing", &[("host", "localhost")]).await;
    assert_eq!(refused.status(), 401, "what there is, is not told either");
    let challenges: Vec<&str> = refused.all("www-authenticate");
    assert_eq!(challenges, ["Bearer realm=\"dateline\"", "Basic realm=\"dateline\", charset=\"UTF-8\""]);
}

#[tokio::test]
async fn health_is_told_to_everyone() {
    let gateway = gateway(Some(TOKEN)).await;
    for path in ["/healthz", "/readyz"] {
        let fields = [("host", "lb.example.com"), ("sec-fetch-site", "cross-site")];
        assert_eq!(ask(gateway.operator(), "GET", path, &fields).await.status(), 200);
        assert_eq!(ask(gateway.operator(), "POST", path, &fields).await.status(), 401);
    }
}

/// An address of this machine that is not loopback: where packets to elsewhere would leave from. None is sent.
fn other_address() -> Option<IpAddr> {
    let socket = UdpSocket::bind("0.0.0.0:0").ok()?;
    socket.connect("192.0.2.1:9").ok()?;
    socket.local_addr().ok().map(|address| address.ip()).filter(|address| !address.is_loopback())
}

#[tokio::test]
async fn another_machine_needs_the_token() {
    let Some(address) = other_address() else {
        return println!("SKIPPED: this machine has no address but loopback");
    };
    for (token, shown, status) in [
        (None, None, 403),
        (None, Some("Bearer a long random token"), 403),
        (Some(TOKEN), None, 401),
        (Some(TOKEN), Some("Bearer a long random token"), 200),
    ] {
        let gateway = gateway_at("0.0.0.0:0", token).await;
        let port = gateway.operator().0.port();
        let admin = Endpoint(SocketAddr::new(address, port));
        let host = format!("{address}:{port}");
        let fields: Vec<_> = [("host", host.as_str())]
            .into_iter()
            .chain(shown.map(|shown| ("authorization", shown)))
            .collect();
        let answer = ask(admin, "GET", "/reloads", &fields).await;
        assert_eq!(answer.status(), status, "{token:?} {shown:?}");
        assert!(status == 200 || answer.text().contains("admin.token_sha256"), "{}", answer.text());
        assert_eq!(ask(admin, "GET", "/healthz", &fields).await.status(), 200);
    }
}

#[tokio::test]
async fn another_site_gets_nothing_and_changes_nothing() {
    let gateway = gateway(None).await;
    let admin = gateway.operator();
    let from = |site, mode| [("host", "localhost"), ("sec-fetch-site", site), ("sec-fetch-mode", mode)];
    for (site, mode, status) in [
        ("none", "navigate", 200),
        ("same-origin", "cors", 200),
        ("cross-site", "navigate", 200),
        ("cross-site", "no-cors", 403),
        ("cross-site", "cors", 403),
        ("same-site", "no-cors", 403),
    ] {
        assert_eq!(ask(admin, "GET", "/reloads", &from(site, mode)).await.status(), status, "{site} {mode}");
    }
}

#[tokio::test]
async fn every_answer_keeps_a_browser_from_harm() {
    let gateway = gateway(None).await;
    for (method, path, host, status) in [
        ("GET", "/healthz", "localhost", 200),
        ("GET", "/reloads", "localhost", 200),
        ("GET", "/reloads", "evil.example", 403),
        ("GET", "/nothing", "localhost", 404),
        ("POST", "/reloads", "localhost", 405),
    ] {
        let answer = ask(gateway.operator(), method, path, &[("host", host)]).await;
        assert_eq!(answer.status(), status, "{method} {path}");
        for (name, value) in [
            ("cache-control", "no-store"),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-resource-policy", "same-origin"),
            ("cross-origin-opener-policy", "same-origin"),
        ] {
            assert_eq!(answer.field(name), Some(value), "{method} {path}");
        }
        let policy = answer.field("content-security-policy").unwrap();
        assert!(
            policy.starts_with("default-src 'none';") && policy.contains("frame-ancestors 'none'"),
            "{policy}"
        );
        assert_eq!(answer.field("access-control-allow-origin"), None);
    }
}
