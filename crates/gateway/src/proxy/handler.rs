//! The life of a request, as a straight line.
//!
//! | file | is |
//! |---|---|
//! | `settle` | the body of a request that decides what becomes of it |
//! | `up` | the request as the upstream gets it |
//! | `down` | the body of the answer as the client gets it: one decision, and a function for each way of sending it |

mod down;
mod settle;
mod up;

use super::{
    body::down::DownBody,
    error::Error,
    loops::Looped,
    observer::{Observer, RequestFacts, Watches},
    upstream::{LeftOut, Upstream},
};
use crate::{
    base::{budget::Budget, lifecycle::Lifecycle},
    config::{Config, Limits, Timeouts},
    observe::{
        stats::{Credential, Stats},
        telemetry::Tracing,
    },
    proxy::{
        backend::Backend,
        incoming::IncomingBody,
        request_log::{Access, LoggedBody, RequestLog},
    },
};
use dateline_core::pack::Pack;
use dateline_http::{
    clock::Clock,
    coding::Decoding,
    exchange::{AnswerHead, Exchange, Exchanges, Hop, Refusal, StatedVersion, integrity_fields},
    fields::{HOPS, REQUEST},
    origin::Origin,
    pin::{PinError, Pinned},
    policy::PolicyError,
};
use down::{Down, UpstreamAnswer};
use http::{HeaderValue, Response, Version, header, request, response};
use http_body::Body;
use std::sync::Arc;
use up::Up;

/// The state that handles a request from its beginning to its end.
#[derive(Debug)]
pub(crate) struct Handler {
    pub(crate) exchanges: Arc<Exchanges>,
    pub(crate) upstream: Arc<Upstream>,
    pub(crate) lifecycle: Arc<Lifecycle>,
    pub(crate) budget: Arc<Budget>,
    pub(crate) stats: Arc<Stats>,
    pub(crate) tracing: Tracing,
    /// The observers of exchanges; mostly none.
    pub(crate) observers: Vec<Box<dyn Observer>>,
    /// The optional fields of the access log.
    pub(crate) access: Option<Access>,
    pub(crate) limits: Limits,
    pub(crate) timeouts: Timeouts,
}

impl Handler {
    /// Answers a request: with the upstream's answer in the client's version, or with an error. `origin` is that of the page
    /// that has asked, where a browser says one.
    ///
    /// A head is large, so it is lent on the whole way: what is moved into a future is copied there.
    pub(crate) async fn handle(
        &self,
        backend: &impl Backend,
        head: &mut request::Parts,
        body: IncomingBody,
        request_id: &str,
        origin: Option<&HeaderValue>,
    ) -> Response<LoggedBody> {
        let in_flight = self.lifecycle.begin(self.limits.max_concurrent_requests);
        let has_room = in_flight.is_some();
        let mut log = RequestLog::new(request_id, &head.method, in_flight, Arc::clone(&self.stats));
        log.traced(self.tracing.begin(head));
        log.shows(Credential::of(&head.headers));
        if let Some(access) = &self.access {
            log.saw(Some(access.see(&self.exchanges, head)));
        }
        let version = head.version;
        let answer = match has_room {
            true => self.exchange(backend, head, body, origin, &mut log).await,
            false => {
                log.undecided(self.exchanges.client(&head.uri, &head.headers), None);
                Err(Error::Busy)
            }
        };
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) => {
                log.failed(&error);
                self.refuse(&error, version, origin, &log)
            }
        };
        log.answered(answer.status(), answer.headers());
        answer.map(|body| LoggedBody::new(body, log))
    }

    async fn exchange(
        &self,
        backend: &impl Backend,
        head: &mut request::Parts,
        mut body: IncomingBody,
        origin: Option<&HeaderValue>,
        log: &mut RequestLog,
    ) -> Result<Response<DownBody>, Error> {
        let (hops, mut exchange) = match self.decide(head) {
            Ok(decided) => decided,
            Err(error) => {
                self.undecided(&error, head, log);
                return Err(error);
            }
        };
        log.decided(&exchange);
        self.exchanges.admit(&exchange)?;
        if exchange.awaits_body() {
            (exchange, body) = Box::pin(self.settle(exchange, head, body, log)).await?;
        }
        let seen = RequestFacts { request_id: log.request_id(), has_body: !body.is_end_stream() };
        let watches = Watches::begin(&self.observers, head, &exchange, seen);
        log.watch(watches);

        let method = exchange.method(&head.method)?;
        let Up { target, body, length, losses, asked } = self.up(&exchange, head, body, log).await?;
        let mut sent = self.up_head(&exchange, head, (method, target), (&body, length), log);
        exchange.judge_request(&head.method, &losses)?;
        log.lost(losses);
        if let Some(hops) = hops {
            sent.headers.insert(HOPS, hops);
        }

        log.sending();
        let answer = backend.send(sent, body, exchange.translates_answers()).await;
        log.upstream_took();

        let (mut came, body) = answer?.into_parts();
        log.responded();
        if let Some(origin) = origin {
            self.upstream.origins().learn(origin, &head.method, came.status, &came.headers);
        }
        let words = exchange.words(head, asked, &came);
        let left_out: Option<&Arc<LeftOut>> = came.extensions.get();
        log.left_out(left_out.cloned());
        let stated = exchange.stated(
            &came.headers,
            left_out.is_some_and(|left_out| left_out.has_any(self.exchanges.version_headers())),
        );
        if stated != StatedVersion::AsAsked {
            let answer = AnswerHead { head: &came, is_empty: body.is_end_stream() };
            exchange = self.as_answered(backend, exchange, stated, head, answer, log)?;
        }
        let words = exchange.error_words(words, &came);
        let answer = (&mut came.status, &mut came.headers);
        match exchange.move_answer_head(&head.method, answer) {
            Ok(losses) => losses.into_iter().for_each(|losses| log.lost(losses)),
            Err(refusal) => return Err(Error::from(refusal).after(came.status, &came.headers)),
        }
        let until = self.until(backend, head);
        match self.down(&exchange, head, UpstreamAnswer { head: &came, body, words }, until, log).await {
            Ok(down) => Ok(respond(&exchange, came, down, head.version, log)),
            Err(error) => Err(error.after(came.status, &came.headers)),
        }
    }

    /// Decides the exchange of a request, and the number of gateways it has passed if the upstream must know it.
    fn decide(&self, head: &request::Parts) -> Result<(Option<HeaderValue>, Exchange<'_>), Error> {
        if head.extensions.get::<Looped>().is_some() {
            return Err(Error::Looped);
        }
        let hops = self.upstream.beyond().hops(&head.headers)?;
        self.measure(head)?;
        Ok((hops, self.exchanges.decide(head)?))
    }

    /// The exchange as the upstream has answered it, where it says that it has spoken another version than it was asked
    /// for.
    fn as_answered<'e>(
        &'e self,
        backend: &impl Backend,
        exchange: Exchange<'e>,
        stated: StatedVersion,
        head: &request::Parts,
        came: AnswerHead<'_>,
        log: &mut RequestLog,
    ) -> Result<Exchange<'e>, Error> {
        let reads = backend.reads(exchange.translates_answers());
        let turned = self.exchanges.as_answered(exchange, head, came, stated, reads).map_err(Error::from);
        log.stated(stated, turned.as_ref().map(Exchange::is_unclear));
        turned.map_err(|error| error.after(came.head.status, &came.head.headers))
    }

    /// Notes facts for the log about a request that is refused before anything was decided.
    fn undecided(&self, error: &Error, head: &request::Parts, log: &mut RequestLog) {
        let is_unsupported = matches!(error, Error::Refused(Refusal::Pin(PinError::Unsupported { .. })));
        let wanted = if is_unsupported { self.exchanges.unsupported(head) } else { None };
        let client = self.exchanges.client(&head.uri, &head.headers);
        log.undecided(client, wanted.as_deref());
    }

    /// Tells whether handling a request needs the address of its connection.
    pub(crate) fn needs_peer(&self) -> bool {
        self.exchanges.sends_forwarding() || self.access.as_ref().is_some_and(Access::needs_peer)
    }

    /// Checks the sizes that the server has not: it measures the heads of HTTP/1 only, does not count the fields of
    /// HTTP/2, and never measures a URI.
    fn measure(&self, head: &request::Parts) -> Result<(), Error> {
        let Limits { uri_bytes, headers, .. } = self.limits;
        let length = head.uri.path_and_query().map_or(0, |target| target.as_str().len());
        if length as u64 > uri_bytes {
            return Err(Error::UriTooLong { limit: uri_bytes });
        }
        match head.headers.len() > headers as usize {
            true => Err(Error::TooManyFields { limit: headers }),
            false => Ok(()),
        }
    }

    fn refuse(
        &self,
        error: &Error,
        version: Version,
        origin: Option<&HeaderValue>,
        log: &RequestLog,
    ) -> Response<DownBody> {
        let own = self.own(error, log.request_id(), log.pinned(), origin);
        let mut answer = own.map(DownBody::whole);
        if error.closes() && version < Version::HTTP_2 {
            answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        answer
    }

    /// The answer of a handler that has panicked, or was broken off.
    pub(crate) fn broken(&self, request_id: &str, origin: Option<&HeaderValue>) -> Response<LoggedBody> {
        self.unhandled(&Refusal::Internal(String::new()).into(), request_id, origin)
    }

    /// The answer where there are too many connections.
    pub(crate) fn refused(&self, request_id: &str, origin: Option<&HeaderValue>) -> Response<LoggedBody> {
        self.stats.count_error(Error::Busy.code(), Error::Busy.outcome());
        self.unhandled(&Error::Busy, request_id, origin)
    }

    fn unhandled(
        &self,
        error: &Error,
        request_id: &str,
        origin: Option<&HeaderValue>,
    ) -> Response<LoggedBody> {
        self.own(error, request_id, None, origin).map(|body| LoggedBody::unlogged(DownBody::whole(body)))
    }

    /// The answer to an error of the gateway's own.
    fn own(
        &self,
        error: &Error,
        request_id: &str,
        pinned: Option<Pinned>,
        origin: Option<&HeaderValue>,
    ) -> Response<Vec<u8>> {
        let own = error.answer();
        let mut answer = Response::new(self.exchanges.own_body(&own, request_id));
        *answer.status_mut() = own.verdict.status;
        *answer.headers_mut() = self.exchanges.own_headers(&own, pinned);
        if let Some(origin) = origin {
            let said = self.upstream.origins().said_to(origin);
            self.exchanges.let_read(answer.headers_mut(), origin, said.as_deref());
        }
        answer
    }
}

/// Makes the exchanges of a configuration and a pack, for a gateway to this upstream.
///
/// # Errors
/// [`PolicyError`] where the configuration and the pack do not fit. [`Config::check_versions`] says so better.
pub(crate) fn exchanges(
    config: &Config,
    pack: Arc<Pack>,
    upstream: &Origin,
    clock: Clock,
) -> Result<Exchanges, PolicyError> {
    let hop = Hop {
        upstream: upstream.clone(),
        public: config.listen.public_url.clone(),
        forwarded: config.upstream.forwarded,
        trusted: config.listen.trusted_proxies.clone(),
        origins: config.responses.cors_origins.iter().filter_map(|origin| origin.try_into().ok()).collect(),
        exposes: config.responses.cors_expose,
    };
    Exchanges::new(pack, &config.policy(), Decoding::Supported, Some(hop), clock)
}

/// The answer as the client gets it.
fn respond(
    exchange: &Exchange<'_>,
    came: response::Parts,
    down: Down,
    version: Version,
    log: &mut RequestLog,
) -> Response<DownBody> {
    let response::Parts { status, headers, .. } = came;
    let Down { body, treatment, length, coding, losses, moved, ends_with_connection } = down;
    let (status, headers) = moved.map_or((status, headers), |moved| *moved);
    if exchange.is_changed(status, treatment) {
        log.unsigned(integrity_fields(&headers));
    }
    let mut answer = Response::new(body);
    *answer.status_mut() = status;
    *answer.headers_mut() =
        exchange.response_headers(headers, status, treatment, length, coding, losses.as_deref());
    if log.is_untranslated() {
        answer.headers_mut().insert(REQUEST, HeaderValue::from_static("untranslated"));
    }
    if ends_with_connection && version < Version::HTTP_2 {
        // The server ends an answer with the connection in this version only. In chunks, its end would look
        // surer than it is.
        *answer.version_mut() = Version::HTTP_10;
        answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    answer
}
