//! TLS on the listener: who is let in, in which protocol, and with which certificate from now on.

use super::support::{Authority, Gateway, Http2, Process, Upstream, get, json};
use dateline_gateway::Config;
use std::{path::PathBuf, sync::Arc};

const PLAN: &str = "/api/v1/plans/plan_x";

/// Lets the gateway speak TLS with a certificate of this authority.
fn with(authority: &Authority) -> impl Fn(&mut Config) + use<> {
    let (cert, key) = authority.files("localhost");
    move |config| {
        config.listen.tls_cert = Some(cert.clone());
        config.listen.tls_key = Some(key.clone());
    }
}

#[tokio::test]
async fn tls_carries_what_alpn_agrees_on() {
    let upstream = Upstream::answers(json(r#"{"account":null}"#)).await;
    let authority = Authority::new();
    let gateway = Gateway::configured(&upstream, |config| {
        with(&authority)(config);
        config.upstream.forwarded = true;
    })
    .await;
    for protocols in [&["http/1.1"][..], &["http/1.0"], &[]] {
        let mut client = gateway.tls(&authority.client(protocols, None)).await.unwrap();
        client.send(get(PLAN).bytes()).await;
        assert_eq!(client.answer().await.text(), r#"{"company":null}"#);
    }
    let stream = gateway.tls_stream(&authority.client(&["h2", "http/1.1"], None)).await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(b"h2".as_slice()));
    let (head, body) = Http2::over(stream).await.whole(get(PLAN)).await;
    assert_eq!((head.status.as_u16(), &body[..]), (200, br#"{"company":null}"#.as_slice()));
    for request in upstream.requests() {
        assert_eq!(request.field("x-forwarded-proto"), Some("https"));
    }
    assert_eq!(upstream.count(), 4);
}

#[tokio::test]
async fn tls_is_not_mixed_with_cleartext_or_other_protocols() {
    let upstream = Upstream::answers(json("{}")).await;
    let authority = Authority::new();
    let gateway = Gateway::configured(&upstream, with(&authority)).await;
    let mut cleartext = gateway.connect().await;
    cleartext.send(get(PLAN).bytes()).await;
    let answered = String::from_utf8_lossy(&cleartext.rest().await).into_owned();
    assert!(!answered.contains("HTTP/"), "{answered}");
    assert!(gateway.tls_stream(&authority.client(&["spdy/3"], None)).await.is_err(), "nothing in common");
    // What ALPN agreed on holds, whatever the first bytes look like.
    let mut client = gateway.tls(&authority.client(&["http/1.1"], None)).await.unwrap();
    client.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await;
    let answered = String::from_utf8_lossy(&client.rest().await).into_owned();
    assert!(answered.is_empty() || answered.starts_with("HTTP/1.1 4"), "{answered}");
    assert_eq!(upstream.count(), 0);
}

#[tokio::test]
async fn tls_lets_in_only_clients_with_a_certificate_where_one_is_demanded() {
    let upstream = Upstream::answers(json("{}")).await;
    let (authority, partners, strangers) = (Authority::new(), Authority::new(), Authority::new());
    let gateway = Gateway::configured(&upstream, |config| {
        with(&authority)(config);
        config.listen.client_ca = Some(partners.file());
    })
    .await;
    for (known_by, status) in [(None, None), (Some(&strangers), None), (Some(&partners), Some(200))] {
        // In TLS 1.3 a client hears of it only when it reads (RFC 8446, 4.4.2).
        let answer = match gateway.tls(&authority.client(&[], known_by)).await {
            Err(_) => None,
            Ok(mut client) => {
                client.send(get(PLAN).with("connection", "close").bytes()).await;
                String::from_utf8_lossy(&client.rest().await).split(' ').nth(1).map(str::to_owned)
            }
        };
        assert_eq!(answer.and_then(|status| status.parse::<u16>().ok()), status);
    }
    assert_eq!(upstream.count(), 1);
}

/// The certificate that a client is shown.
async fn shown(gateway: &Gateway, authority: &Authority) -> Option<Vec<u8>> {
    let stream = gateway.tls_stream(&authority.client(&[], None)).await.ok()?;
    stream.get_ref().1.peer_certificates().map(|chain| chain[0].to_vec())
}

#[tokio::test]
async fn tls_files_are_replaced_by_a_reload_and_bad_ones_are_not() {
    let upstream = Upstream::answers(json(r#"{"account":null}"#)).await;
    let authority = Authority::new();
    let mut config = None;
    let gateway = Gateway::configured(&upstream, |of_gateway| {
        with(&authority)(of_gateway);
        config = Some(of_gateway.clone());
    })
    .await;
    let config = config.unwrap();
    let reload = || {
        let pack = dateline_core::pack::Pack::embedded().expect("it loads");
        gateway.reloads().reload(Ok::<_, String>((config.clone(), pack))).is_some()
    };
    let first = shown(&gateway, &authority).await.unwrap();
    let mut client = gateway.tls(&authority.client(&[], None)).await.unwrap();

    let (cert, _) = authority.files("localhost");
    assert_eq!(shown(&gateway, &authority).await.unwrap(), first, "not before it is told");
    assert!(reload());
    let second = shown(&gateway, &authority).await.unwrap();
    assert_ne!(second, first);

    std::fs::write(cert, "-----BEGIN CERTIFICATE-----\nno\n-----END CERTIFICATE-----\n").unwrap();
    assert!(!reload());
    assert_eq!(shown(&gateway, &authority).await.unwrap(), second);

    client.send(get(PLAN).bytes()).await;
    assert_eq!(client.answer().await.text(), r#"{"company":null}"#, "the old connection lives on");
}

#[tokio::test]
async fn tls_files_that_are_wrong_at_the_start_are_named() {
    let upstream = Upstream::absent().await;
    let (authority, other) = (Authority::new(), Authority::new());
    let (cert, key) = authority.files("localhost");
    let (_, other_key) = other.files("localhost");
    let started = |cert: &PathBuf, key: &PathBuf| {
        let mut config = Config::default();
        config.upstream.url = Some(upstream.url.clone());
        config.listen.tls_cert = Some(cert.clone());
        config.listen.tls_key = Some(key.clone());
        let pack = Arc::new(dateline_core::pack::Pack::embedded().expect("it loads"));
        dateline_gateway::Gateway::new(Arc::new(config), pack).map(|_| ()).map_err(|error| error.to_string())
    };
    assert_eq!(started(&cert, &key), Ok(()));
    let told = started(&cert, &other_key).unwrap_err();
    assert_eq!(
        told,
        format!(
            "the configuration has a mistake:\n  listen.tls_key: {}: it is not the key of the certificate in listen.tls_cert",
            other_key.display()
        )
    );
    let told = started(&key, &key).unwrap_err();
    let expected = format!("listen.tls_cert: {}: it holds no certificate in PEM", key.display());
    assert!(told.ends_with(&expected), "{told}");
}

#[tokio::test]
async fn tls_is_configured_as_an_operator_does() {
    let upstream = Upstream::answers(json(r#"{"account":null}"#)).await;
    let authority = Authority::new();
    let (cert, key) = authority.files("localhost");
    let files = [
        ("DATELINE_LISTEN__TLS_CERT", cert.to_str().unwrap()),
        ("DATELINE_LISTEN__TLS_KEY", key.to_str().unwrap()),
    ];
    let gateway = Process::before(&upstream, &files).await;
    let mut client = gateway.tls(&authority.client(&["http/1.1"], None)).await.unwrap();
    client.send(get(PLAN).bytes()).await;
    assert_eq!(client.answer().await.text(), r#"{"company":null}"#);
}

#[tokio::test]
async fn tls_to_the_upstream_shows_a_certificate_where_one_is_configured() {
    let authority = Authority::new();
    let upstream = Upstream::scripted_tls(
        "localhost",
        authority.demanding_server("localhost"),
        |mut connection| async move {
            connection.next().await?;
            connection.send(json("{}")).await;
            Some(())
        },
    )
    .await;
    let ca = authority.file();
    let trusting = Gateway::configured(&upstream, |config| config.upstream.ca_file = Some(ca.clone())).await;
    let answer = trusting.send(get("/api/v1/plans/plan_x")).await;
    assert_eq!(answer.status(), 502, "the upstream refuses whom it does not know");
    assert_eq!(upstream.count(), 0);
    let (cert, key) = authority.files("gateway.test");
    let known = Gateway::configured(&upstream, |config| {
        config.upstream.ca_file = Some(ca);
        config.upstream.client_cert = Some(cert);
        config.upstream.client_key = Some(key);
    })
    .await;
    assert_eq!(known.send(get("/api/v1/plans/plan_x")).await.text(), "{}");
}
