//! The upstream: pooled connections, timeouts, and sending again only where that is safe.

mod dial;
mod turn;

use super::{
    body::{BodyError, Carried},
    error::{Error, Outcome, chain},
};
use crate::config::Config;
use dial::Connector;
use http::{Method, Request, Response, Uri, request::Parts, uri::PathAndQuery};
use http_body::Body;
use hyper::body::Incoming;
use hyper_util::{
    client::{legacy::Client, proxy::matcher::Matcher},
    rt::{TokioExecutor, TokioTimer},
};
use std::{path::PathBuf, time::Duration};
use turn::Told;

/// How long an unused connection is kept. Under what servers keep theirs, so that few are found dead.
const POOL_IDLE: Duration = Duration::from_secs(30);

/// Why the configured upstream cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum UpstreamError {
    /// Nobody says where the upstream is.
    #[error("upstream.url is not set, and the pack names no origin")]
    Unset,
    /// `upstream.url` is not an origin.
    #[error("upstream.url must be an origin, such as https://api.example.com")]
    Url,
    /// The CA file cannot be used.
    #[error("upstream.ca_file {}: {reason}", .path.display())]
    CaFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The environment names a proxy of another kind.
    #[error(
        "HTTPS_PROXY must name an http:// proxy. Others are not supported; NO_PROXY takes the upstream out"
    )]
    Proxy,
    /// The TLS library refused its own defaults.
    #[error("TLS: {0}")]
    Tls(#[from] rustls::Error),
}

/// The one upstream.
#[derive(Debug)]
pub(crate) struct Upstream {
    client: Client<Connector, Told<Carried>>,
    origin: Uri,
    first_byte: Duration,
}

impl Upstream {
    /// An upstream reached as the configuration and the proxies of the environment say.
    pub(crate) fn new(config: &Config, url: &str) -> Result<Self, UpstreamError> {
        Self::through(config, url, &Matcher::from_env())
    }

    fn through(config: &Config, url: &str, proxies: &Matcher) -> Result<Self, UpstreamError> {
        let origin: Uri = url.parse().map_err(|_| UpstreamError::Url)?;
        if origin.scheme().is_none() || origin.authority().is_none() {
            return Err(UpstreamError::Url);
        }
        let connector = dial::connector(&origin, &config.upstream, config.timeouts.connect, proxies)?;
        let client = Client::builder(TokioExecutor::new())
            .retry_canceled_requests(false)
            .set_host(false)
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(POOL_IDLE)
            .build(connector);
        Ok(Upstream { client, origin, first_byte: config.timeouts.upstream_first_byte })
    }

    /// The upstream's URI of a target.
    pub(crate) fn uri(&self, target: PathAndQuery) -> Result<Uri, Error> {
        let mut parts = self.origin.clone().into_parts();
        parts.path_and_query = Some(target);
        Uri::from_parts(parts).map_err(|error| Error::Internal(error.to_string()))
    }

    /// Sends a request and waits for the head of its answer.
    ///
    /// A request without body and without effect (`GET`, `HEAD`, `OPTIONS`) is sent once more where its connection
    /// broke, since a pooled one may have been closed by the other side meanwhile. Anything else is sent once.
    pub(crate) async fn send(&self, head: Parts, body: Carried) -> Result<Response<Incoming>, Error> {
        if is_safe(&head.method) && body.is_end_stream() {
            let first = self.once(head.clone(), Carried::empty()).await;
            if !matches!(first, Err(Error::UpstreamFailed(_))) {
                return first;
            }
        }
        self.once(head, body).await
    }

    async fn once(&self, head: Parts, body: Carried) -> Result<Response<Incoming>, Error> {
        let (body, watch) = turn::told(body);
        tokio::select! {
            biased;
            answer = self.client.request(Request::from_parts(head, body)) => answer.map_err(|error| blame(&error)),
            () = watch.overdue(self.first_byte) => Err(Error::UpstreamTimeout),
        }
    }
}

/// Methods without effect (RFC 9110, 9.2.1), as far as they are in use.
pub(crate) fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// Whose fault it is that there is no answer.
fn blame(error: &hyper_util::client::legacy::Error) -> Error {
    if error.is_connect() {
        return Error::Unreachable(chain(error));
    }
    let mut source: Option<&dyn std::error::Error> = Some(error);
    while let Some(error) = source {
        match error.downcast_ref::<BodyError>() {
            Some(BodyError::Idle(_)) => return Error::RequestStalled { outcome: Outcome::Unknown },
            Some(BodyError::Broken(_) | BodyError::Untranslatable(_)) => {
                return Error::RequestBody { cause: chain(error), outcome: Outcome::Unknown };
            }
            None => source = error.source(),
        }
    }
    Error::UpstreamFailed(chain(error))
}

#[cfg(test)]
mod tests;
