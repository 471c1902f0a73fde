//! One `GET`, read both ways through the gateway's own parts.

use super::verdict::{Failure, Way};
use crate::{
    base::{budget::Budget, random::random},
    config::Timeouts,
    proxy::{
        body::{BodyError, CollectError, Count, IdleTimeout, collect, up::UpBody},
        body_error::refuse_response,
        coding::{Codings, Source},
        translated::{ReadUntil, Translated, TranslatedStart},
        upstream::{Answer, LeftOut, Upstream},
    },
};
use bytes::Bytes;
use dateline_core::translate::ResponseStream;
use dateline_http::{
    exchange::{
        Exchange, Exchanges, Refusal, StatedVersion, Treatment,
        hop::{self, Arrival, Peer},
        reading,
    },
    fields::REQUEST_ID,
    pin::Pinned,
};
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, header, request::Parts, response};
use http_body::Body;
use http_body_util::Full;
use std::{fmt, sync::Arc, time::Duration};
use tokio::time::timeout;

/// The head of a `GET` to be read again. Holds the client's credentials: it lives for as long as its check does.
pub(super) struct Head(Parts);

impl Head {
    /// Keeps the parts of a client's request that are sent again.
    pub(super) fn of(head: &Parts) -> Self {
        let (mut own, ()) = Request::new(()).into_parts();
        own.uri = head.uri.clone();
        own.version = head.version;
        own.headers = reading(&head.headers);
        if let Some(peer) = head.extensions.get::<Peer>() {
            own.extensions.insert(*peer);
        }
        Head(own)
    }

    pub(super) fn parts(&self) -> &Parts {
        &self.0
    }
}

/// Hides the contents, which must not be logged.
impl fmt::Debug for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Head")
    }
}

/// An answer that was read whole.
#[derive(Debug, Clone)]
pub(super) struct Read {
    pub(super) status: StatusCode,
    /// The body without content codings.
    pub(super) body: Bytes,
}

/// The parts of the gateway that a reading goes through.
#[derive(Debug)]
pub(super) struct ReadPaths {
    pub(super) exchanges: Arc<Exchanges>,
    pub(super) upstream: Arc<Upstream>,
    pub(super) budget: Arc<Budget>,
    pub(super) timeouts: Timeouts,
    /// The most bytes of an answer, and of an object in it.
    pub(super) bytes: u64,
    pub(super) object_bytes: u64,
    pub(super) decoded_ratio: u64,
    /// The time limit for one reading, from its first byte to its last.
    pub(super) patience: Duration,
}

impl ReadPaths {
    /// Reads an answer one way.
    pub(super) async fn read(&self, exchange: &Exchange<'_>, head: &Head, way: Way) -> Result<Read, Failure> {
        let reading = async {
            let (target, headers) = self.request(exchange, head, way)?;
            let (mut up, ()) = Request::new(()).into_parts();
            up.uri = target;
            up.headers = headers;
            let answer = self.upstream.send(up, UpBody::empty()).await;
            let (came, body) = answer.map_err(|error| Failure::of(&error, way))?.into_parts();
            if says_nothing(came.status) {
                let (status, retry_after) = (came.status.as_u16(), retry_after(&came.headers));
                return Err(Failure::Upstream { way, status, retry_after });
            }
            let asked = match (way, exchange.pin.pinned) {
                (Way::Native, Pinned::Known(pin)) => pin,
                _ => exchange.pin.upstream,
            };
            let left_out: Option<&Arc<LeftOut>> = came.extensions.get();
            let stated = exchange.stated_to(
                asked,
                &came.headers,
                left_out.is_some_and(|left_out| left_out.has_any(self.exchanges.version_headers())),
            );
            if stated != StatedVersion::AsAsked {
                return Err(Failure::of(&Refusal::OtherVersion(stated).into(), way));
            }
            let body = IdleTimeout::new(body, self.timeouts.response_body_idle, Count::default());
            let body = match way {
                Way::Native => self.plain(&came.headers, body, way).await?,
                Way::Translated => {
                    let (status, body) = self.translated(exchange, came, body).await?;
                    return Ok(Read { status, body });
                }
            };
            Ok(Read { status: came.status, body })
        };
        timeout(self.patience, reading).await.unwrap_or(Err(Failure::Overdue(way)))
    }

    fn request(
        &self,
        exchange: &Exchange<'_>,
        Head(head): &Head,
        way: Way,
    ) -> Result<(http::Uri, HeaderMap), Failure> {
        let arrival = Arrival {
            peer: head.extensions.get().copied(),
            host: hop::asked_host(&head.uri, &head.headers),
            version: head.version,
        };
        let mut came = head.headers.clone();
        let (target, mut headers) = match way {
            Way::Native => (exchange.native_target(&head.uri), exchange.native_headers(came, arrival)),
            Way::Translated => (
                exchange.target(&head.uri, &mut came).map(|(target, _)| target),
                exchange.request_headers(came, arrival, None),
            ),
        };
        // Whoever looks into the upstream's log sees whose doing it is.
        if let Ok(id) = HeaderValue::try_from(format!("dateline-verify-{:016x}", random())) {
            headers.insert(REQUEST_ID, id);
        }
        Ok((target.map_err(|error| Failure::of(&error.into(), way))?.into(), headers))
    }

    /// Makes the answer for the client as the handler does, but as a whole.
    async fn translated(
        &self,
        exchange: &Exchange<'_>,
        mut came: response::Parts,
        body: IdleTimeout<Answer>,
    ) -> Result<(StatusCode, Bytes), Failure> {
        const WAY: Way = Way::Translated;
        let failed_with = |error: Refusal| Failure::of(&error.into(), WAY);
        let head = (&mut came.status, &mut came.headers);
        exchange.move_answer_head(&Method::GET, head).map_err(failed_with)?;
        let (mut status, headers) = (came.status, &came.headers);
        let treatment =
            exchange.treatment(&Method::GET, status, headers, body.is_end_stream()).map_err(failed_with)?;
        let (codings, _) = exchange.codings(headers);
        let plan = match (exchange.plan, treatment) {
            (Some(plan), Treatment::Translate) => plan,
            (_, Treatment::Move) => {
                let body = self.plain(headers, body, WAY).await?;
                let moved = exchange.move_answer(&mut status, &mut headers.clone(), &body);
                return Ok((status, moved.map_err(failed_with)?.body));
            }
            (_, Treatment::Foreign) => return Err(Failure::NotJson(WAY)),
            _ => return Ok((status, self.plain(headers, body, WAY).await?)),
        };
        let object_bytes = usize::try_from(self.object_bytes).unwrap_or(usize::MAX);
        let stream = ResponseStream::new(Arc::clone(plan), object_bytes);
        let body = Source::new(body, codings, self.decoded_ratio);
        let until = ReadUntil::End { limit: self.bytes };
        match Translated::new(body, stream, None, self.budget.share()).begin(until).await {
            Ok(TranslatedStart::Whole { body, .. }) => Ok((status, body)),
            // It was to be read to its end.
            Ok(TranslatedStart::Stream(_)) => Err(Failure::TooLarge(WAY)),
            Err(error) => Err(failed(error, WAY)),
        }
    }

    async fn plain(
        &self,
        headers: &HeaderMap,
        body: IdleTimeout<Answer>,
        way: Way,
    ) -> Result<Bytes, Failure> {
        let codings = Codings::of(headers).ok_or(Failure::NotJson(way))?;
        self.whole(body, codings, way).await
    }

    /// A body that is there already, without its codings.
    pub(super) async fn decoded(&self, body: Bytes, codings: Codings, way: Way) -> Result<Bytes, Failure> {
        if codings.is_plain() {
            return Ok(body);
        }
        let body = IdleTimeout::new(Full::new(body), self.timeouts.response_body_idle, Count::default());
        self.whole(body, codings, way).await
    }

    async fn whole<B>(&self, body: IdleTimeout<B>, codings: Codings, way: Way) -> Result<Bytes, Failure>
    where
        IdleTimeout<B>: Body<Data = Bytes, Error = BodyError> + Unpin,
    {
        let mut share = self.budget.share();
        let body = Source::new(body, codings, self.decoded_ratio);
        let body = collect(body, self.bytes, &mut share).await.map_err(|error| failed(error, way))?;
        Ok(share.bind(body))
    }
}

/// Tells whether the status concerns something other than the request itself: the key, the version as a whole, or the
/// state of the upstream.
fn says_nothing(status: StatusCode) -> bool {
    const OF_SOMETHING_ELSE: [StatusCode; 4] = [
        StatusCode::UNAUTHORIZED,
        StatusCode::FORBIDDEN,
        StatusCode::PROXY_AUTHENTICATION_REQUIRED,
        StatusCode::GONE,
    ];
    status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error() || OF_SOMETHING_ELSE.contains(&status)
}

/// Returns the failure that the handler would answer with.
fn failed(error: CollectError, way: Way) -> Failure {
    Failure::of(&refuse_response(error), way)
}

/// `Retry-After` in seconds (RFC 9110, 10.2.3); a date is not looked at.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?;
    text.trim().parse().ok().map(Duration::from_secs)
}
