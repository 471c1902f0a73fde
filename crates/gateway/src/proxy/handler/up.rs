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
        BodyFormat, Exchange, OriginalBody, RequestText,
        hop::{self, Arrival},
        integrity_fields,
    },
    outcome::Outcome,
};
use http::{HeaderValue, Method, Request, header, request, uri::PathAndQuery};
use http_body::Body;
use std::time::Instant;

/// The body of a request in the upstream's version.
pub(super) struct Up {
    pub(super) body: UpBody,
    /// The length, if it is another one than the client sent.
    length: Option<usize>,
    /// The losses of its translation.
    pub(super) losses: Losses,
    /// The client's own body, for errors in the client's words.
    pub(super) asked: Option<OriginalBody>,
}

impl Up {
    /// A body that goes up as it came.
    fn same(body: UpBody) -> Self {
        Up { body, length: None, losses: Losses::default(), asked: None }
    }
}

impl Handler {
    /// The body of a request as the upstream gets it.
    pub(super) async fn up(
        &self,
        exchange: &Exchange<'_>,
        head: &request::Parts,
        body: IncomingBody,
        log: &mut RequestLog,
    ) -> Result<Up, Error> {
        let empty = body.is_end_stream();
        let format = exchange.request_body(&head.headers, empty)?;
        if empty {
            log.watches().request().end();
            return Ok(Up::same(UpBody::empty()));
        }
        let Timeouts { request_body_idle, request_body, .. } = self.timeouts;
        let mut body = IdleTimeout::new(body, request_body_idle, log.request_bytes());
        body.limit_pauses(request_body);
        body.tap(log.watches().request());
        match format {
            // Apart: it is large, and most requests have no body that is read.
            Some(format) => Box::pin(self.read(exchange, format, body, log)).await,
            None => Ok(Up::same(UpBody::Stream(Box::new(body)))),
        }
    }

    /// The head of a request as the upstream gets it. The client's is left without its fields.
    pub(super) fn up_head(
        &self,
        exchange: &Exchange<'_>,
        head: &mut request::Parts,
        (method, target): (Method, PathAndQuery),
        up: &Up,
        log: &mut RequestLog,
    ) -> request::Parts {
        if up.length.is_some() {
            log.unsigned(integrity_fields(&head.headers));
        }
        let arrival = Arrival {
            peer: head.extensions.get().copied(),
            host: hop::asked_host(&head.uri, &head.headers),
            version: head.version,
        };
        let (mut sent, ()) = Request::new(()).into_parts();
        sent.method = method;
        sent.uri = target.into();
        sent.headers = exchange.request_headers(std::mem::take(&mut head.headers), arrival, up.length);
        if defines_a_body(&sent.method) && up.body.is_end_stream() {
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
        BodyFormat { media, codings }: BodyFormat,
        body: IdleTimeout<IncomingBody>,
        log: &mut RequestLog,
    ) -> Result<Up, Error> {
        let mut share = self.budget.share();
        let body = Source::new(body, codings, self.limits.max_decompression_ratio);
        let body = collect(body, self.limits.request_bytes, &mut share).await.map_err(refuse_request)?;
        let decoded = (!codings.is_plain()).then_some(body.len());
        let whole = |body| Up { length: decoded, ..Up::same(UpBody::whole(body)) };
        if body.is_empty() {
            return Ok(whole(body));
        }
        let begun = Instant::now();
        let text = exchange.request_text(media, &body);
        if exchange.translates_requests() {
            log.request_translated(Translation::since(begun, body.len()));
        }
        let (output, losses, asked) = match text? {
            RequestText::Translated(output, losses) => (output, losses, self.kept(media, body.clone())),
            RequestText::Untranslated(why, output, losses) => {
                log.untranslated(why);
                (output, losses, None)
            }
            RequestText::Same => (None, Losses::default(), None),
        };
        let Some(output) = output else { return Ok(Up { losses, asked, ..whole(share.bind(body)) }) };
        let length = output.len();
        share.keep(length).map_err(|full| overloaded(full, Outcome::NotSent))?;
        let body = UpBody::whole(share.bind(output.into()));
        Ok(Up { body, length: Some(length), losses, asked })
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

/// Tells whether a method gives its body a meaning, so that a request without a body has to say so (RFC 9110, 8.6).
fn defines_a_body(method: &Method) -> bool {
    matches!(*method, Method::POST | Method::PUT | Method::PATCH)
}
