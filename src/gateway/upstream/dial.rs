//! How a connection to the upstream is made: TCP, through a proxy where the environment names one, then TLS.

use super::UpstreamError;
use crate::{config, gateway::body::BoxError};
use http::Uri;
use hyper_rustls::{HttpsConnectorBuilder, MaybeHttpsStream};
use hyper_util::{
    client::{
        legacy::connect::{
            HttpConnector,
            dns::{GaiResolver, Name},
            proxy::Tunnel,
        },
        proxy::matcher::Matcher,
    },
    rt::TokioIo,
};
use rustls::{ClientConfig, RootCertStore, crypto::ring};
use rustls_pki_types::{CertificateDer, pem::PemObject};
use std::{net::SocketAddr, path::Path, sync::Arc, time::Duration};
use tokio::net::TcpStream;
use tower::{ServiceExt, timeout::Timeout, util::BoxCloneSyncService};

/// Makes connections; the timeout is over all of name service, TCP, proxy and TLS.
#[derive(Debug)]
pub(super) struct Dial(BoxCloneSyncService<Uri, Stream, BoxError>);

/// The bytes of a connection that stands.
pub(super) type Stream = MaybeHttpsStream<TokioIo<TcpStream>>;

impl Dial {
    /// A new connection, to whatever addresses the name has now: each in turn until one answers.
    ///
    /// # Errors
    /// There is none.
    pub(super) async fn connect(&self, origin: &Uri) -> Result<Stream, BoxError> {
        self.0.clone().oneshot(origin.clone()).await
    }
}

/// A name service.
pub(super) type Names = BoxCloneSyncService<Name, std::vec::IntoIter<SocketAddr>, BoxError>;

/// The name service of the system, asked anew for every connection.
pub(super) fn system_names() -> Names {
    let names = GaiResolver::new().map_response(|found| found.collect::<Vec<_>>().into_iter());
    BoxCloneSyncService::new(names.map_err(BoxError::from))
}

/// How connections to one upstream are made.
///
/// `proxies` says which proxy an https upstream is reached through (`HTTPS_PROXY`, `NO_PROXY`): by `CONNECT`, so that
/// the proxy sees nothing but the host's name. An http upstream is reached directly.
pub(super) fn dial(
    url: &Uri,
    config: &config::Upstream,
    timeout: Duration,
    proxies: &Matcher,
    names: Names,
) -> Result<Dial, UpstreamError> {
    let mut tcp = HttpConnector::new_with_resolver(names);
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
    Ok(Dial(BoxCloneSyncService::new(Timeout::new(https, timeout))))
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
