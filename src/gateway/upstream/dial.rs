//! How a connection to the upstream is made: TCP, through a proxy where the environment names one, then TLS.

use super::UpstreamError;
use crate::{config, gateway::body::BoxError};
use http::Uri;
use hyper_rustls::{HttpsConnectorBuilder, MaybeHttpsStream};
use hyper_util::{
    client::{
        legacy::connect::{HttpConnector, proxy::Tunnel},
        proxy::matcher::Matcher,
    },
    rt::TokioIo,
};
use rustls::{ClientConfig, RootCertStore, crypto::ring};
use rustls_pki_types::{CertificateDer, pem::PemObject};
use std::{
    path::Path,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};
use tokio::net::TcpStream;
use tower::{
    Service, ServiceExt,
    timeout::Timeout,
    util::{BoxCloneSyncService, Oneshot},
};

/// Makes connections; the timeout is over all of TCP, proxy and TLS.
///
/// The client clones its connector for every request, whether a connection is needed or not, so that is to be cheap.
#[derive(Debug, Clone)]
pub(super) struct Connector(Arc<Dial>);

type Dial = BoxCloneSyncService<Uri, Connection, BoxError>;
type Connection = MaybeHttpsStream<TokioIo<TcpStream>>;

impl Service<Uri> for Connector {
    type Response = Connection;
    type Error = BoxError;
    type Future = Oneshot<Dial, Uri>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, target: Uri) -> Self::Future {
        Dial::clone(&self.0).oneshot(target)
    }
}

/// The connector for one upstream.
///
/// `proxies` says which proxy an https upstream is reached through (`HTTPS_PROXY`, `NO_PROXY`): by `CONNECT`, so that
/// the proxy sees nothing but the host's name. An http upstream is reached directly.
pub(super) fn connector(
    url: &Uri,
    config: &config::Upstream,
    timeout: Duration,
    proxies: &Matcher,
) -> Result<Connector, UpstreamError> {
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    tcp.set_connect_timeout(Some(timeout));
    tcp.set_keepalive(Some(Duration::from_secs(60)));
    let proxy = proxies.intercept(url).filter(|_| url.scheme_str() == Some("https"));
    let dial = match proxy {
        None => BoxCloneSyncService::new(tcp.map_err(BoxError::from)),
        Some(proxy) if proxy.uri().scheme_str() == Some("http") => {
            let tunnel = Tunnel::new(proxy.uri().clone(), tcp);
            let tunnel = match proxy.basic_auth() {
                Some(auth) => tunnel.with_auth(auth.clone()),
                None => tunnel,
            };
            BoxCloneSyncService::new(tunnel.map_err(BoxError::from))
        }
        Some(_) => return Err(UpstreamError::Proxy),
    };
    let https = HttpsConnectorBuilder::new()
        .with_tls_config(tls(config.ca_file.as_deref())?)
        .https_or_http()
        .enable_http1()
        .wrap_connector(dial);
    Ok(Connector(Arc::new(BoxCloneSyncService::new(Timeout::new(https, timeout)))))
}

/// Mozilla's roots, and those of a PEM file beside them. The provider is named, since a process default may be none.
fn tls(ca_file: Option<&Path>) -> Result<ClientConfig, UpstreamError> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    if let Some(path) = ca_file {
        let unreadable = |reason: String| UpstreamError::CaFile { path: path.to_owned(), reason };
        let certificates =
            CertificateDer::pem_file_iter(path).map_err(|error| unreadable(error.to_string()))?;
        let known = roots.len();
        for certificate in certificates {
            let certificate = certificate.map_err(|error| unreadable(error.to_string()))?;
            roots.add(certificate).map_err(|error| unreadable(error.to_string()))?;
        }
        if roots.len() == known {
            return Err(unreadable("it holds no certificate".to_owned()));
        }
    }
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions()?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}
