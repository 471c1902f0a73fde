//! The upstream: pooled connections, timeouts, and the rule that nothing is sent twice.
//!
//! | file | is |
//! |---|---|
//! | `dial` | how a connection is made: name service, TCP, proxy, TLS |
//! | `pool` | connections that wait for their next request |
//! | `connection` | one connection and the exchange on it |
//! | `turn` | whose turn it is, whether a byte was written, how far the answer's head is |
//! | `noted` | the bytes of a connection, on their way to and from the client library |
//! | `plain` | the heads of answers that the client library reads |
//! | `head` | the head of an answer: what is made of one that is not as it should be |
//! | `framing` | where an answer ends |
//! | `answer` | its body, which gives the connection back |

mod answer;
mod connection;
mod dial;
mod framing;
mod head;
mod noted;
mod plain;
mod pool;
mod turn;

pub(crate) use answer::Answer;
pub(crate) use head::LeftOut;

use super::{
    body::{BodyError, up::UpBody},
    cors::CrossOrigins,
    error::{Error, chain},
    loops::{NextHop, Outgoing},
};
use crate::{
    base::pem::TlsError,
    config::Config,
    observe::stats::{PoolCounts, more},
};
use connection::{Connection, Failure};
use dateline_http::{
    exchange::Refusal,
    origin::{Origin, OriginError},
    outcome::Outcome,
};
use dial::{Dial, Names};
use head::{HeadFault, HeadLimits};
use http::{HeaderValue, Method, Request, Response, StatusCode, header, request::Parts};
use http_body::Body;
use hyper::body::Incoming;
use hyper_util::client::proxy::matcher::Matcher;
use pool::{Pool, ReuseLimits};
use std::{
    sync::{Arc, atomic::Ordering::Relaxed},
    time::{Duration, Instant},
};
use turn::Cut;

/// The number of new connections for a request whose connection the upstream closes before it takes anything.
const NEW_CONNECTIONS: u32 = 2;

/// A reason why the configured upstream cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum UpstreamError {
    /// The upstream is not configured.
    #[error("upstream.url is not set, and the pack names no origin")]
    Unset,
    /// `upstream.url` is not an origin.
    #[error("upstream.url must be an origin, such as https://api.example.com")]
    Url,
    /// A file that TLS needs cannot be used.
    #[error(transparent)]
    File(#[from] TlsError),
    /// The environment names a proxy of another kind.
    #[error(
        "HTTPS_PROXY must name an http:// proxy. Others are not supported; NO_PROXY takes the upstream out"
    )]
    Proxy,
    /// The TLS library refused its own defaults.
    #[error("TLS: {0}")]
    Tls(#[from] rustls::Error),
}

impl From<OriginError> for UpstreamError {
    fn from(OriginError: OriginError) -> Self {
        UpstreamError::Url
    }
}

/// The one upstream.
#[derive(Debug)]
pub(crate) struct Upstream {
    dial: Dial,
    pool: Arc<Pool>,
    counts: Arc<PoolCounts>,
    origin: Origin,
    first_byte: Duration,
    /// The registry of connections to the upstream.
    outgoing: Arc<Outgoing>,
    beyond: NextHop,
    heads: HeadLimits,
    /// The CORS headers that the upstream sent.
    origins: CrossOrigins,
}

/// Checks that an upstream can be reached as configured, as far as that is known without a connection.
///
/// # Errors
/// [`UpstreamError`].
pub(crate) fn usable(config: &Config, origin: &Origin) -> Result<(), UpstreamError> {
    Upstream::new(config, origin, Arc::default()).map(drop)
}

impl Upstream {
    /// An upstream reached as the configuration and the proxies of the environment say.
    pub(crate) fn new(
        config: &Config,
        origin: &Origin,
        counts: Arc<PoolCounts>,
    ) -> Result<Self, UpstreamError> {
        Self::through(config, origin, counts, &Matcher::from_env(), dial::system_names())
    }

    /// The same, whose connections are noted.
    #[must_use]
    pub(crate) fn noted_in(self, outgoing: &Arc<Outgoing>) -> Self {
        Upstream { outgoing: Arc::clone(outgoing), ..self }
    }

    /// Returns the knowledge of whether the upstream is a gateway itself.
    pub(crate) fn beyond(&self) -> &NextHop {
        &self.beyond
    }

    /// Returns the CORS headers that the upstream sent.
    pub(crate) fn origins(&self) -> &CrossOrigins {
        &self.origins
    }

    /// The origin that it is reached at.
    pub(crate) fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Returns the number of idle connections.
    pub(crate) fn idle(&self) -> usize {
        self.pool.len()
    }

    fn through(
        config: &Config,
        origin: &Origin,
        counts: Arc<PoolCounts>,
        proxies: &Matcher,
        names: Names,
    ) -> Result<Self, UpstreamError> {
        let (timeouts, limits) = (&config.timeouts, &config.limits);
        let bounds = ReuseLimits {
            count: usize::try_from(limits.upstream_idle_connections).unwrap_or(usize::MAX),
            idle: timeouts.upstream_idle,
            age: timeouts.upstream_max_age,
        };
        Ok(Upstream {
            dial: dial::dial(origin.uri(), &config.upstream, timeouts.connect, proxies, names)?,
            pool: Pool::new(bounds),
            counts,
            origin: origin.clone(),
            first_byte: timeouts.response_header,
            origins: CrossOrigins::default(),
            outgoing: Arc::default(),
            beyond: NextHop::default(),
            heads: HeadLimits {
                fields: limits.response_headers as usize,
                bytes: usize::try_from(limits.response_head_bytes).unwrap_or(usize::MAX),
            },
        })
    }

    /// Sends a request, whose target has neither scheme nor authority, and waits for the head of its answer.
    ///
    /// # Errors
    /// Nothing is sent again of which a byte was written, whatever the method. A connection that the upstream had
    /// ended before takes nothing, so another one is used then: each idle one, and a new one twice.
    pub(crate) fn send(
        &self,
        head: Parts,
        body: UpBody,
    ) -> impl Future<Output = Result<Response<Answer>, Error>> + Send {
        let mut request = Request::from_parts(head, body);
        send_chunked(&mut request);
        // Not an `async fn`: that would keep what it is given twice.
        async move {
            let method = request.method().clone();
            let mut fresh = 0;
            loop {
                let mut connection = match self.pool.take(Instant::now()) {
                    Some(connection) => {
                        more(&self.counts.reused);
                        connection
                    }
                    None => {
                        fresh += 1;
                        // Rare and large: it would make the future of every request so.
                        Box::pin(self.connect()).await?
                    }
                };
                match connection.exchange(request, self.first_byte).await {
                    // Nobody has seen the request but this gateway, which has refused it.
                    Ok(_) if connection.came_back() => return Err(Error::Looped),
                    Ok(answer) => {
                        self.beyond.look(&answer);
                        return self.answered(&method, answer, connection);
                    }
                    Err(Failure::Unsent(unsent, error)) if fresh < NEW_CONNECTIONS => {
                        tracing::debug!(target: "dateline::gateway::upstream", error = %error, "an upstream connection had ended");
                        more(&self.counts.retried);
                        request = *unsent;
                    }
                    Err(failure) => return Err(blame(failure)),
                }
            }
        }
    }

    async fn connect(&self) -> Result<Box<Connection>, Error> {
        let unreachable = |error: &(dyn std::error::Error + 'static)| {
            more(&self.counts.failed);
            Error::Unreachable(chain(error))
        };
        let stream = self.dial.connect(self.origin.uri()).await.map_err(|error| unreachable(&*error))?;
        let ends = self.outgoing.note(&stream);
        let connection = Connection::new(stream, ends, Instant::now(), self.heads).await;
        let connection = connection.map_err(|error| unreachable(&error))?;
        more(&self.counts.opened);
        Ok(Box::new(connection))
    }

    /// The answer, where it says clearly where it ends. The connection is closed where it does not.
    fn answered(
        &self,
        method: &Method,
        mut answer: Response<Incoming>,
        connection: Box<Connection>,
    ) -> Result<Response<Answer>, Error> {
        let status = answer.status();
        if let Some(left_out) = answer.extensions().get::<Arc<LeftOut>>() {
            self.counts.left_out.fetch_add(left_out.count() as u64, Relaxed);
        }
        let length = answer.body().size_hint().exact().filter(|_| framing::has_body(method, status));
        let ends_with_connection = framing::settle(method, status, answer.headers_mut(), length)
            .map_err(|error| Error::ResponseMisframed(error.to_string()).after(status, answer.headers()))?;
        Ok(answer.map(|body| match status {
            // An answer to another protocol is no idle connection.
            StatusCode::SWITCHING_PROTOCOLS => Answer::last(body, connection),
            _ => Answer::new(body, connection, &self.pool, ends_with_connection),
        }))
    }
}

/// A body of unknown length is sent in chunks with every method: the client library takes `GET` and `HEAD` for
/// requests without a body, and would leave it out.
fn send_chunked(request: &mut Request<UpBody>) {
    let unknown = !request.body().is_end_stream() && request.body().size_hint().exact().is_none();
    if unknown && !request.headers().contains_key(header::CONTENT_LENGTH) {
        request.headers_mut().insert(header::TRANSFER_ENCODING, HeaderValue::from_static("chunked"));
    }
}

/// Turns a failure into an error that says whose fault it is, and whether the upstream may have acted. An upstream that
/// has sent a status has.
fn blame(failure: Failure) -> Error {
    let (wrote, error, cut) = match failure {
        Failure::Refused(None) => {
            return Error::UpstreamFailed("a response before the request was sent".to_owned());
        }
        Failure::Refused(Some(cut)) => return cut_short(*cut, None),
        Failure::Overdue(None) => return Error::UpstreamTimeout,
        Failure::Overdue(Some(cut)) => return Error::ResponseStalled.after(cut.status, &cut.headers),
        Failure::Unsent(_, error) => (false, error, None),
        Failure::Failed { wrote, error, cut } => (wrote, error, cut),
    };
    let outcome = if wrote { Outcome::Unknown } else { Outcome::NotSent };
    let mut source: Option<&dyn std::error::Error> = Some(&error);
    while let Some(inner) = source {
        match inner.downcast_ref::<BodyError>() {
            Some(BodyError::Idle(_) | BodyError::Slow(_)) => return Error::RequestStalled { outcome },
            Some(_) => {
                return Refusal::RequestBody { cause: chain(&error), outcome }.into();
            }
            None => source = inner.source(),
        }
    }
    if let Some(cut) = cut {
        return cut_short(*cut, Some(&error));
    }
    match outcome {
        Outcome::NotSent => Error::Unreachable(chain(&error)),
        Outcome::Unknown | Outcome::Responded => Error::UpstreamFailed(chain(&error)),
    }
}

/// An answer of which the status came, and not more that could be used.
fn cut_short(cut: Cut, error: Option<&hyper::Error>) -> Error {
    let cause = error.map(|error| chain(error)).unwrap_or_default();
    let why = match &cut.fault {
        Some(fault @ HeadFault::Framing) => Error::ResponseMisframed(fault.to_string()),
        Some(fault) => Error::ResponseHead(fault.to_string()),
        // Of a head that is plain, or was read here, it can only be where the answer ends that is not to be read.
        None if error.is_some_and(hyper::Error::is_parse) => Error::ResponseMisframed(cause),
        None => Refusal::ResponseTruncated(cause).into(),
    };
    why.after(cut.status, &cut.headers)
}

#[cfg(test)]
mod tests;
