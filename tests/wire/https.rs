//! An https upstream: whom the gateway trusts, and the proxy on the way.

use super::support::{Connection, Process, Upstream, get, json, within};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls_pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use std::{path::PathBuf, sync::Arc};
use tempfile::TempDir;
use tokio_rustls::{
    TlsAcceptor,
    rustls::{ServerConfig, crypto::ring},
};

const PLAN: &str = "/api/v1/plans/plan_x";

/// A certificate authority and the file that says so.
struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    directory: TempDir,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("ca.pem"), issuer.pem()).unwrap();
        Authority { issuer, directory }
    }

    fn file(&self) -> PathBuf {
        self.directory.path().join("ca.pem")
    }

    /// A server's end with a certificate for this host.
    fn server(&self, host: &str) -> TlsAcceptor {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![host.to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .unwrap();
        TlsAcceptor::from(Arc::new(config))
    }
}

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
    let proxy = Upstream::scripted(move |mut connection: Connection| {
        let target = target.clone();
        async move {
            connection.next().await?;
            connection.send("HTTP/1.1 200 Connection established\r\n\r\n").await;
            connection.into_wire().pipe(&target).await;
            Some(())
        }
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
