//! A `tower` layer that translates in process, for servers that own their API.
//!
//! | file | is |
//! |---|---|
//! | `body` | the bodies of requests and answers: passed on, or read whole and replaced |
//! | `up` | a request as the inner service gets it |
//! | `down` | an answer as the client gets it |

mod body;
mod down;
mod up;

pub use body::TranslateBody;

use crate::{
    clock::Clock,
    coding::Decoding,
    exchange::{Exchanges, OwnAnswer, Refusal},
    fields::{REQUEST_ID, kept_request_id},
    outcome::{Answered, Outcome},
    pin::Pinned,
    policy::{Policy, PolicyError},
};
use body::BoxError;
use bytes::Bytes;
use dateline_core::pack::Pack;
use http::{HeaderValue, Method, Request, Response, Version, header::CONNECTION};
use http_body::Body;
use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};
use tower_layer::Layer;
use tower_service::Service;

/// The largest bodies that the layer reads whole, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The largest request body that is translated. A larger one is answered 413.
    pub request_bytes: u64,
    /// The largest answer that is translated. A larger one is answered 502.
    pub response_bytes: u64,
    /// The largest error that is told in the client's names. A larger one passes as it is.
    pub error_bytes: u64,
}

impl Default for Limits {
    /// 8 MiB for requests and answers, 64 KiB for errors.
    fn default() -> Self {
        Limits { request_bytes: 8 << 20, response_bytes: 8 << 20, error_bytes: 64 << 10 }
    }
}

/// A layer that lets clients of every version of an API speak to a service of one version.
///
/// See [the crate's documentation](crate) for an example.
#[derive(Debug, Clone)]
pub struct TranslateLayer {
    shared: Shared,
}

/// The parts that all requests share.
#[derive(Debug, Clone)]
struct Shared {
    exchanges: Arc<Exchanges>,
    limits: Limits,
}

impl TranslateLayer {
    /// Makes a layer for the API that a pack describes.
    ///
    /// The inner service speaks one version: the pack's newest, or the one that [`Policy::upstream`] names.
    ///
    /// # Errors
    /// [`PolicyError`] where the policy names a version that the pack does not have, or the pack's version header cannot
    /// be a field.
    pub fn new(pack: impl Into<Arc<Pack>>, policy: &Policy) -> Result<Self, PolicyError> {
        TranslateLayer::with_clock(pack, policy, Clock::system())
    }

    /// Makes a layer by another clock than the system's: a version is retired when that says so.
    ///
    /// # Errors
    /// As [`TranslateLayer::new`].
    pub fn with_clock(
        pack: impl Into<Arc<Pack>>,
        policy: &Policy,
        clock: Clock,
    ) -> Result<Self, PolicyError> {
        let exchanges = Arc::new(Exchanges::new(pack.into(), policy, Decoding::Unsupported, None, clock)?);
        Ok(TranslateLayer { shared: Shared { exchanges, limits: Limits::default() } })
    }

    /// Sets other limits.
    #[must_use]
    pub fn with_limits(self, limits: Limits) -> Self {
        TranslateLayer { shared: Shared { limits, ..self.shared } }
    }
}

impl<S> Layer<S> for TranslateLayer {
    type Service = Translate<S>;

    fn layer(&self, inner: S) -> Translate<S> {
        Translate { inner, shared: self.shared.clone() }
    }
}

/// A service behind a [`TranslateLayer`].
#[derive(Debug, Clone)]
pub struct Translate<S> {
    inner: S,
    shared: Shared,
}

impl<S, ReqBody, ResBody> Service<Request<ReqBody>> for Translate<S>
where
    S: Service<Request<TranslateBody<ReqBody>>, Response = Response<ResBody>> + Clone + Send + 'static,
    S::Future: Send,
    ReqBody: Body<Data = Bytes> + Send + 'static,
    ReqBody::Error: Into<BoxError>,
    ResBody: Body<Data = Bytes> + Send + 'static,
    ResBody::Error: Into<BoxError>,
{
    type Response = Response<TranslateBody<ResBody>>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<ReqBody>) -> Self::Future {
        // The clone takes the place of the service that is ready.
        let clone = self.inner.clone();
        let inner = std::mem::replace(&mut self.inner, clone);
        let shared = self.shared.clone();
        Box::pin(async move { shared.handle(request, inner).await })
    }
}

/// A refusal, and the answer of the inner service where that was there already.
struct Refused {
    refusal: Refusal,
    answered: Option<Answered>,
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Refused { refusal, answered: None }
    }
}

impl Shared {
    /// Answers a request: with the inner service's answer in the client's version, or with a refusal.
    async fn handle<S, ReqBody, ResBody>(
        &self,
        request: Request<ReqBody>,
        mut inner: S,
    ) -> Result<Response<TranslateBody<ResBody>>, S::Error>
    where
        S: Service<Request<TranslateBody<ReqBody>>, Response = Response<ResBody>>,
        ReqBody: Body<Data = Bytes>,
        ReqBody::Error: Into<BoxError>,
        ResBody: Body<Data = Bytes>,
        ResBody::Error: Into<BoxError>,
    {
        let (mut head, body) = request.into_parts();
        if head.method == Method::CONNECT {
            // A tunnel, or a WebSocket over HTTP/2: it has no operation.
            let answer = inner.call(Request::from_parts(head, TranslateBody::passed(body))).await?;
            return Ok(answer.map(TranslateBody::passed));
        }
        let id = kept_request_id(&head.headers).cloned();
        let exchange = match self.exchanges.decide(&head) {
            Ok(exchange) => exchange,
            Err(refusal) => return Ok(self.refuse(refusal.into(), None, id, head.version)),
        };
        let pinned = Some(exchange.pin.pinned);
        let (exchange, body) = match self.admit(exchange, &head, body).await {
            Ok(admitted) => admitted,
            Err(refusal) => return Ok(self.refuse(refusal.into(), pinned, id, head.version)),
        };
        let (request, sent) = match self.up(&exchange, &mut head, body).await {
            Ok(up) => up,
            Err(refusal) => return Ok(self.refuse(refusal.into(), pinned, id, head.version)),
        };
        let answer = inner.call(request).await?;
        Ok(match self.down(exchange, &head, sent, answer).await {
            Ok(answer) => answer,
            Err(refused) => self.refuse(refused, pinned, id, head.version),
        })
    }

    /// Answers a request in the inner service's place, in the shape of the API's own errors.
    fn refuse<B>(
        &self,
        Refused { refusal, answered }: Refused,
        pinned: Option<Pinned>,
        id: Option<HeaderValue>,
        version: Version,
    ) -> Response<TranslateBody<B>> {
        let (mut verdict, mut message) = (refusal.verdict(), refusal.to_string());
        if let Some(answered) = &answered {
            verdict.outcome = Outcome::Responded;
            message = format!("{message}. {answered}");
        }
        let own = OwnAnswer {
            verdict,
            message,
            upstream_request_id: answered.as_ref().and_then(|answered| answered.request_id.as_ref()),
            advice: refusal.advice(),
        };
        let id = id.unwrap_or_else(new_id);
        let body = self.exchanges.own_body(&own, id.to_str().unwrap_or_default());
        let mut answer = Response::new(TranslateBody::whole(body.into()));
        *answer.status_mut() = own.verdict.status;
        *answer.headers_mut() = self.exchanges.own_headers(&own, pinned);
        answer.headers_mut().insert(REQUEST_ID, id);
        // Where a request ends cannot be trusted then. HTTP/2 has no such field, and ends a stream by itself.
        if refusal.closes() && version < Version::HTTP_2 {
            answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        answer.extensions_mut().insert(Arc::new(refusal));
        answer
    }
}

/// Makes an id for a request that has none.
fn new_id() -> HeaderValue {
    let id = uuid::Uuid::new_v4().to_string();
    HeaderValue::try_from(id).unwrap_or(HeaderValue::from_static("none"))
}

#[cfg(test)]
mod tests;
