//! The way up: a request as the upstream gets it.

use super::{
    super::{
        body::{IdleTimeout, collect, up::UpBody},
        coding::Source,
        error::Error,
    },
    Handler,
};
use crate::{
    base::budget::Reservation,
    config::Timeouts,
    observe::stats::Translation,
    proxy::{
        body_error::{overloaded, refuse_request},
        incoming::IncomingBody,
        request_log::RequestLog,
    },
};
use bytes::Bytes;
use dateline_core::{step::Losses, translate::Media};
use dateline_http::{
    exchange::{
        BodyFormat, Exchange, MovedRequest, OriginalBody, RequestText,
        hop::{self, Arrival},
        integrity_fields,
    },
    outcome::Outcome,
};
use http::{HeaderValue, Method, Request, header, request, uri::PathAndQuery};
use http_body::Body;
use std::time::Instant;

/// The target and the body of a request in the upstream's version.
pub(super) struct Up {
    pub(super) target: PathAndQuery,
    pub(super) body: UpBody,
    /// The length, if it is another one than the client sent.
    pub(super) length: Option<usize>,
    /// The losses of the translation.
    pub(super) losses: Losses,
    /// The client's own body, for errors in the client's words.
    pub(super) asked: Option<OriginalBody>,
}

impl Up {
    /// A body that goes up as it came.
    fn same((target, losses): (PathAndQuery, Losses), body: UpBody) -> Self {
        Up { target, body, length: None, losses, asked: None }
    }
}

impl Handler {
    /// The target and the body of a request as the upstream gets it. Values that move change the client's head.
    pub(super) async fn up(
        &self,
        exchange: &Exchange<'_>,
        head: &mut request::Parts,
        body: IncomingBody,
        log: &mut RequestLog,
    ) -> Result<Up, Error> {
        let empty = body.is_end_stream();
        if exchange.moves_request_body() {
            return Box::pin(self.move_request(exchange, head, body, log)).await;
        }
        let target = exchange.target(&head.uri, &mut head.headers)?;
        let format = exchange.request_body(&head.headers, empty)?;
        if empty {
            log.watches().request().end();
            return Ok(Up::same(target, UpBody::empty()));
        }
        let body = self.timed(body, log);
        match format {
            // Apart: it is large, and most requests have no body that is read.
            Some(format) => Box::pin(self.read(exchange, target, format, body, log)).await,
            None => Ok(Up::same(target, UpBody::Stream(Box::new(body)))),
        }
    }

    /// The body of a request with its timeouts.
    fn timed(&self, body: IncomingBody, log: &mut RequestLog) -> IdleTimeout<IncomingBody> {
        let Timeouts { request_body_idle, request_body, .. } = self.timeouts;
        let mut body = IdleTimeout::new(body, request_body_idle, log.request_bytes());
        body.limit_pauses(request_body);
        body.tap(log.watches().request());
        body
    }

    /// The head of a request as the upstream gets it. The client's is left without its fields.
    pub(super) fn up_head(
        &self,
        exchange: &Exchange<'_>,
        head: &mut request::Parts,
        (method, target): (Method, PathAndQuery),
        (body, length): (&UpBody, Option<usize>),
        log: &mut RequestLog,
    ) -> request::Parts {
        if length.is_some() {
            log.unsigned(integrity_fields(&head.headers));
        }
        let arrival = Arrival {
            peer: head.extensions.get().copied(),
            host: match self.exchanges.sends_forwarding() {
                true => hop::asked_host(&head.uri, &head.headers),
                false => None,
            },
            version: head.version,
        };
        let (mut sent, ()) = Request::new(()).into_parts();
        sent.method = method;
        sent.uri = target.into();
        sent.headers = exchange.request_headers(std::mem::take(&mut head.headers), arrival, length);
        if defines_a_body(&sent.method) && body.is_end_stream() {
            // The client library says no length of nothing, and some servers answer 411 then.
            sent.headers.entry(header::CONTENT_LENGTH).or_insert(HeaderValue::from_static("0"));
        }
        log.trace().tell(&mut sent.headers);
        sent
    }

    /// The body of a request that is read whole, as the upstream gets it.
    async fn read(
        &self,
        exchange: &Exchange<'_>,
        (target, mut losses): (PathAndQuery, Losses),
        BodyFormat { media, codings }: BodyFormat,
        body: IdleTimeout<IncomingBody>,
        log: &mut RequestLog,
    ) -> Result<Up, Error> {
        let mut share = self.budget.share();
        let body = Source::new(body, codings, self.limits.max_decompression_ratio);
        let body = collect(body, self.limits.request_bytes, &mut share).await.map_err(refuse_request)?;
        let decoded = (!codings.is_plain()).then_some(body.len());
        if body.is_empty() {
            return Ok(Up { length: decoded, ..Up::same((target, losses), UpBody::whole(body)) });
        }
        let begun = Instant::now();
        let text = exchange.request_text(media, &body);
        if exchange.translates_requests() {
            log.request_translated(Translation::since(begun, body.len()));
        }
        let (output, of_body, asked) = match text? {
            RequestText::Translated(output, losses) => (output, losses, self.kept(media, body.clone())),
            RequestText::Untranslated(why, output, losses) => {
                log.untranslated(why);
                (output, losses, None)
            }
            RequestText::Same => (None, Losses::default(), None),
        };
        losses.extend(of_body);
        let (body, length) = made(output, body, decoded, share)?;
        Ok(Up { target, body, length, losses, asked })
    }

    /// A request whose values move from or to its body, which is read whole, or from nothing to a body.
    async fn move_request(
        &self,
        exchange: &Exchange<'_>,
        head: &mut request::Parts,
        body: IncomingBody,
        log: &mut RequestLog,
    ) -> Result<Up, Error> {
        let mut share = self.budget.share();
        let format = exchange.request_body(&head.headers, body.is_end_stream())?;
        let (media, body, decoded) = match format {
            Some(BodyFormat { media, codings }) => {
                let body = Source::new(self.timed(body, log), codings, self.limits.max_decompression_ratio);
                let body =
                    collect(body, self.limits.request_bytes, &mut share).await.map_err(refuse_request)?;
                let decoded = (!codings.is_plain()).then_some(body.len());
                (media, body, decoded)
            }
            None => {
                log.watches().request().end();
                (Media::Other, Bytes::new(), None)
            }
        };
        let begun = Instant::now();
        let moved = exchange.move_request(&head.uri, &mut head.headers, media, &body);
        log.request_translated(Translation::since(begun, body.len()));
        let MovedRequest { target, body: output, losses, untranslated } = moved?;
        let asked = match untranslated {
            Some(why) => {
                log.untranslated(why);
                None
            }
            None => self.kept(media, body.clone()),
        };
        let (body, length) = made(output, body, decoded, share)?;
        Ok(Up { target, body, length, losses, asked })
    }

    /// The client's own body, kept until the upstream has answered: its errors are told in the client's words then. What
    /// is large, or finds no room, is not kept.
    fn kept(&self, media: Media, body: Bytes) -> Option<OriginalBody> {
        if !self.exchanges.tells_in_own_words() || body.len() as u64 > self.limits.buffer_bytes {
            return None;
        }
        let mut share = self.budget.share();
        share.keep(body.len()).ok()?;
        Some((media, share.bind(body)))
    }
}

/// The body that goes up, and its length if it is another one than the client sent: the output of the translation, or the
/// client's own body, which was `decoded` to that length if it was coded.
fn made(
    output: Option<Vec<u8>>,
    body: Bytes,
    decoded: Option<usize>,
    mut share: Reservation,
) -> Result<(UpBody, Option<usize>), Error> {
    let Some(output) = output else { return Ok((UpBody::whole(share.bind(body)), decoded)) };
    let length = output.len();
    share.keep(length).map_err(|full| overloaded(full, Outcome::NotSent))?;
    Ok((UpBody::whole(share.bind(output.into())), Some(length)))
}

/// Tells whether a method gives its body a meaning, so that a request without a body has to say so (RFC 9110, 8.6).
fn defines_a_body(method: &Method) -> bool {
    matches!(*method, Method::POST | Method::PUT | Method::PATCH)
}
