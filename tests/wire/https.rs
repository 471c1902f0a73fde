//! An https upstream: whom the gateway trusts, and the proxy on the way.

use super::support::{Authority, Connection, Process, Upstream, get, json, within};
use tokio_rustls::TlsAcceptor;

const PLAN: &str = "/api/v1/plans/plan_x";

/// An upstream at `https://<host>:<port>`.
async fn upstream(host: &str, tls: TlsAcceptor) -> Upstream {
    Upstream::scripted_tls(host, tls, |mut connection: Connection| async move {
        loop {
            connection.next().await?;
            connection.send(json(r#"{"account":null}"#)).await;
        }
    })
    .await
}

#[tokio::test]
async fn a_configured_authority_is_trusted() {
    let authority = Authority::new();
    let upstream = upstream("localhost", authority.server("localhost")).await;
    let file = authority.file();
    let gateway = Process::before(&upstream, &[("DATELINE_UPSTREAM__CA_FILE", file.to_str().unwrap())]).await;
    let answer = gateway.send(get(PLAN)).await;
    assert_eq!((answer.status(), answer.text()), (200, r#"{"company":null}"#));
    assert_eq!(upstream.only().field("host"), upstream.url.strip_prefix("https://"));
}

#[tokio::test]
async fn an_unknown_authority_or_another_name_is_not() {
    let (known, unknown) = (Authority::new(), Authority::new());
    let file = known.file();
    for tls in [unknown.server("localhost"), known.server("other.example")] {
        let upstream = upstream("localhost", tls).await;
        let gateway =
            Process::before(&upstream, &[("DATELINE_UPSTREAM__CA_FILE", file.to_str().unwrap())]).await;
        let answer = gateway.send(get(PLAN)).await;
        assert_eq!(answer.error(), (502, "upstream_unreachable".to_owned()));
        assert_eq!(answer.field("dateline-outcome"), Some("not_sent"));
        assert!(!answer.text().contains("certificate") && !answer.text().contains("localhost"));
        assert_eq!(upstream.count(), 0);
        let event = gateway.requests(1).await.pop().unwrap();
        assert!(event["cause"].as_str().unwrap().contains("certificate"), "{event}");
    }
}

#[tokio::test]
async fn a_proxy_carries_what_it_cannot_read() {
    let authority = Authority::new();
    let mut upstream = upstream("api.example.test", authority.server("api.example.test")).await;
    let port = upstream.url.rsplit(':').next().unwrap().to_owned();
    let target = format!("127.0.0.1:{port}");
    let proxy = Upstream::scripted_with(target, move |mut connection, target| async move {
        connection.next().await?;
        connection.send("HTTP/1.1 200 Connection established\r\n\r\n").await;
        connection.into_wire().pipe(&target).await;
        Some(())
    })
    .await;
    upstream.url = "https://api.example.test".to_owned();
    let file = authority.file();
    let through = proxy.url.replace("//", "//user:pass@");
    let environment = [
        ("DATELINE_UPSTREAM__CA_FILE", file.to_str().unwrap()),
        ("HTTPS_PROXY", &through),
        ("NO_PROXY", "other.test"),
    ];
    let gateway = Process::before(&upstream, &environment).await;
    for _ in 0..2 {
        let answer = within("an answer through the proxy", gateway.send(get(PLAN))).await;
        assert_eq!((answer.status(), answer.text()), (200, r#"{"company":null}"#));
    }
    let connect = proxy.only();
    assert_eq!(connect.start, "CONNECT api.example.test:443 HTTP/1.1");
    assert_eq!(connect.field("proxy-authorization"), Some("Basic dXNlcjpwYXNz"));
    assert!(!connect.head_text().contains("Bearer") && !connect.head_text().contains("plans"));
    assert_eq!(upstream.count(), 2, "both over one tunnel");
    for request in upstream.requests() {
        assert_eq!(
            (request.field("host"), request.field("proxy-authorization")),
            (Some("api.example.test"), None)
        );
    }
    assert!(!gateway.written().contains("pass@"));
}

#[tokio::test]
async fn an_http_upstream_is_reached_directly() {
    let proxy = Upstream::absent().await;
    let upstream = Upstream::answers(json("{}")).await;
    let environment =
        [("HTTPS_PROXY", proxy.url.as_str()), ("HTTP_PROXY", &proxy.url), ("ALL_PROXY", &proxy.url)];
    let gateway = Process::before(&upstream, &environment).await;
    assert_eq!(gateway.send(get(PLAN)).await.status(), 200);
}
