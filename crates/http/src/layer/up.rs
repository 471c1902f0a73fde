//! The way up: a request as the inner service gets it.

use super::{
    Shared,
    body::{BoxError, RequestBody, TranslateBody, Unread, read_whole},
};
use crate::{
    exchange::{BodyFormat, Exchange, MovedRequest, OriginalBody, Refusal, RequestText, hop::Arrival},
    outcome::Outcome,
};
use bytes::Bytes;
use dateline_core::{step::Losses, translate::Media};
use http::{Request, Uri, request::Parts, uri::PathAndQuery};
use http_body::Body;

/// The parts of a request that its answer is told by.
#[derive(Default)]
pub(super) struct SentRequest {
    /// The client's own body, for errors in the client's names.
    pub(super) asked: Option<OriginalBody>,
    /// The losses of its translation.
    pub(super) losses: Losses,
    /// True if its body was passed on although the plan does not fit it.
    pub(super) is_untranslated: bool,
}

/// A body for the inner service, and its length where it is another one now.
type Up<B> = (TranslateBody<B>, Option<usize>);

impl Shared {
    /// Checks that the request may be sent. If its body decides that, the body is read.
    pub(super) async fn admit<'e, B>(
        &'e self,
        exchange: Exchange<'e>,
        head: &Parts,
        body: B,
    ) -> Result<(Exchange<'e>, RequestBody<B>), Refusal>
    where
        B: Body<Data = Bytes>,
        B::Error: Into<BoxError>,
    {
        self.exchanges.admit(&exchange)?;
        if !exchange.awaits_body() {
            return Ok((exchange, RequestBody::Unread(body)));
        }
        let BodyFormat { media, .. } = exchange.awaited_format(&head.headers)?;
        let body = self.read_request(RequestBody::Unread(body)).await?;
        let exchange = self.exchanges.settle(exchange, head, media, &body)?;
        Ok((exchange, RequestBody::Read(body)))
    }

    /// Makes the request that the inner service gets. The fields and the extensions of the head go with it.
    pub(super) async fn up<B>(
        &self,
        exchange: &Exchange<'_>,
        head: &mut Parts,
        body: RequestBody<B>,
    ) -> Result<(Request<TranslateBody<B>>, SentRequest), Refusal>
    where
        B: Body<Data = Bytes>,
        B::Error: Into<BoxError>,
    {
        let method = exchange.method(&head.method)?;
        let mut sent = SentRequest::default();
        let ((body, length), target) = match exchange.moves_request_body() {
            true => Box::pin(self.move_request(exchange, head, body, &mut sent)).await?,
            false => {
                let (target, losses) = exchange.target(&head.uri, &mut head.headers)?;
                sent.losses = losses;
                let body = match exchange.request_body(&head.headers, body.is_end_stream())? {
                    None => (body.passed(), None),
                    // It is plain: the layers around this one decode.
                    Some(BodyFormat { media, .. }) => {
                        self.translate_request(exchange, media, body, &mut sent).await?
                    }
                };
                (body, target)
            }
        };
        exchange.judge_request(&head.method, &sent.losses)?;
        let mut request = Request::new(body);
        *request.method_mut() = method;
        *request.version_mut() = head.version;
        *request.uri_mut() = with_target(&head.uri, target)?;
        let came = std::mem::take(&mut head.headers);
        *request.headers_mut() = exchange.request_headers(came, Arrival::default(), length);
        *request.extensions_mut() = std::mem::take(&mut head.extensions);
        Ok((request, sent))
    }

    /// Reads a request whole and moves its values.
    async fn move_request<B>(
        &self,
        exchange: &Exchange<'_>,
        head: &mut Parts,
        body: RequestBody<B>,
        sent: &mut SentRequest,
    ) -> Result<(Up<B>, PathAndQuery), Refusal>
    where
        B: Body<Data = Bytes>,
        B::Error: Into<BoxError>,
    {
        let format = exchange.request_body(&head.headers, body.is_end_stream())?;
        let body = self.read_request(body).await?;
        let media = format.map_or(Media::Other, |format| format.media);
        let moved = exchange.move_request(&head.uri, &mut head.headers, media, &body)?;
        let MovedRequest { target, body: output, losses, untranslated } = moved;
        sent.losses = losses;
        sent.is_untranslated = untranslated.is_some();
        if untranslated.is_none() {
            sent.asked = self.kept(media, &body);
        }
        Ok((made(output, body), target))
    }

    /// The client's own body, kept until the inner service has answered. A large one is not kept.
    fn kept(&self, media: Media, body: &Bytes) -> Option<OriginalBody> {
        let keeps = self.exchanges.tells_in_own_words() && body.len() as u64 <= self.limits.error_bytes;
        keeps.then(|| (media, body.clone()))
    }

    async fn read_request<B>(&self, body: RequestBody<B>) -> Result<Bytes, Refusal>
    where
        B: Body<Data = Bytes>,
        B::Error: Into<BoxError>,
    {
        let body = match body {
            RequestBody::Unread(body) => body,
            RequestBody::Read(bytes) => return Ok(bytes),
        };
        let limit = self.limits.request_bytes;
        read_whole(body, limit).await.map_err(|unread| match unread {
            Unread::TooLarge(_) => Refusal::RequestTooLarge { limit },
            Unread::Broken(cause) => Refusal::RequestBody { cause, outcome: Outcome::NotSent },
        })
    }

    async fn translate_request<B>(
        &self,
        exchange: &Exchange<'_>,
        media: Media,
        body: RequestBody<B>,
        sent: &mut SentRequest,
    ) -> Result<Up<B>, Refusal>
    where
        B: Body<Data = Bytes>,
        B::Error: Into<BoxError>,
    {
        let body = self.read_request(body).await?;
        if body.is_empty() {
            return Ok((TranslateBody::whole(body), None));
        }
        let output = match exchange.request_text(media, &body)? {
            RequestText::Translated(output, losses) => {
                sent.losses.extend(losses);
                sent.asked = self.kept(media, &body);
                output
            }
            RequestText::Untranslated(_, output, losses) => {
                sent.losses.extend(losses);
                sent.is_untranslated = true;
                output
            }
            RequestText::Same => None,
        };
        Ok(made(output, body))
    }
}

/// The body for the inner service: the output of the translation, or the client's own.
fn made<B>(output: Option<Vec<u8>>, body: Bytes) -> Up<B> {
    match output {
        Some(output) => {
            let length = output.len();
            (TranslateBody::whole(output.into()), Some(length))
        }
        None => (TranslateBody::whole(body), None),
    }
}

/// Puts another path and query into a URI.
fn with_target(uri: &Uri, target: PathAndQuery) -> Result<Uri, Refusal> {
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(target);
    // The error names no text of the target.
    Uri::from_parts(parts).map_err(|error| Refusal::Internal(error.to_string()))
}
