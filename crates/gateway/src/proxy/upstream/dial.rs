//! Connections to the upstream: TCP, through a proxy if the environment names one, then TLS.

use super::UpstreamError;
use crate::{base::pem::PemFile, config, proxy::body::BoxError};
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
use std::{net::SocketAddr, sync::Arc, time::Duration};
use tokio::net::TcpStream;
use tower::{ServiceExt, timeout::Timeout, util::BoxCloneSyncService};

/// Makes connections; the timeout is over all of name service, TCP, proxy and TLS.
#[derive(Debug)]
pub(super) struct Dial(BoxCloneSyncService<Uri, UpstreamStream, BoxError>);

/// The bytes of a connection that stands.
pub(super) type UpstreamStream = MaybeHttpsStream<TokioIo<TcpStream>>;

impl Dial {
    /// A new connection, to whatever addresses the name has now: each in turn until one answers.
    ///
    /// # Errors
    /// There is none.
    pub(super) async fn connect(&self, origin: &Uri) -> Result<UpstreamStream, BoxError> {
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

/// Prepares connections to one upstream.
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
        .with_tls_config(tls(config)?)
        .https_or_http()
        .enable_http1()
        .wrap_connector(dial);
    Ok(Dial(BoxCloneSyncService::new(Timeout::new(https, timeout))))
}

/// Mozilla's roots, and those of a PEM file beside them; the certificate that the upstream knows the gateway by, where
/// there is one. The provider is named, since a process default may be none.
fn tls(config: &config::Upstream) -> Result<ClientConfig, UpstreamError> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    if let Some(path) = &config.ca_file {
        let file = PemFile::read("upstream.ca_file", path)?;
        for certificate in file.certificates()? {
            roots.add(certificate).map_err(|error| file.wrong(error))?;
        }
    }
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions()?.with_root_certificates(roots);
    let (Some(cert), Some(key)) = (&config.client_cert, &config.client_key) else {
        return Ok(builder.with_no_client_auth());
    };
    let cert = PemFile::read("upstream.client_cert", cert)?;
    let key = PemFile::read("upstream.client_key", key)?;
    let made = builder.with_client_auth_cert(cert.certificates()?, key.private_key()?);
    Ok(made.map_err(|error| match error {
        rustls::Error::InconsistentKeys(_) => {
            key.wrong("it is not the key of the certificate in upstream.client_cert")
        }
        rustls::Error::General(_) => key.wrong(error),
        _ => cert.wrong(error),
    })?)
}
