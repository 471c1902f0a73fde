//! The way up: a request as the upstream gets it.

use super::{
    super::{
        body::{Carried, Timed, collect},
        coding::{Codings, Source},
        error::Error,
    },
    Handler,
};
use crate::{
    config::Timeouts,
    observe::stats::Translation,
    proxy::{
        body_error::{overloaded, refuse_request},
        incoming::Arriving,
        request_log::Record,
    },
};
use bytes::Bytes;
use dateline_core::{step::Losses, translate::Media};
use dateline_http::{
    exchange::{
        Asked, Exchange, RequestText,
        hop::{self, Arrival},
        seals_of,
    },
    outcome::Outcome,
};
use http::{HeaderValue, Method, Request, header, request};
use http_body::Body;
use std::time::Instant;

/// A request in the upstream's version.
pub(super) struct Up {
    pub(super) head: request::Parts,
    pub(super) body: Carried,
    /// What its translation has lost.
    pub(super) losses: Losses,
    /// The client's own body, for errors in the client's words.
    pub(super) asked: Option<Asked>,
}

impl Handler {
    /// The request as the upstream gets it.
    pub(super) async fn up(
        &self,
        exchange: &Exchange<'_>,
        head: &mut request::Parts,
        body: Arriving,
        record: &mut Record,
    ) -> Result<Up, Error> {
        let (target, mut losses) = exchange.target(&head.uri)?;
        let mut asked = None;
        let empty = body.is_end_stream();
        let media = exchange.request_body(&head.headers, empty)?;
        let Timeouts { request_body_idle, request_body, .. } = self.timeouts;
        let body = Timed::new(body, request_body_idle, record.request_bytes()).within(request_body);
        let body = record.watches().request(body);
        let (body, length) = match media {
            Some(kind) => self.read(exchange, kind, body, record, (&mut losses, &mut asked)).await?,
            None if empty => (Carried::empty(), None),
            None => (Carried::Stream(body), None),
        };
        if length.is_some() {
            record.unsigned(seals_of(&head.headers));
        }
        let arrival = Arrival {
            peer: head.extensions.get().copied(),
            host: hop::asked_host(&head.uri, &head.headers),
            version: head.version,
        };
        let (mut up, ()) = Request::new(()).into_parts();
        up.method = head.method.clone();
        up.uri = target.into();
        up.headers = exchange.request_headers(std::mem::take(&mut head.headers), arrival, length);
        if body.is_end_stream() && defines_a_body(&up.method) {
            // The client library says no length of nothing, and some servers answer 411 then.
            up.headers.entry(header::CONTENT_LENGTH).or_insert(HeaderValue::from_static("0"));
        }
        Ok(Up { head: up, body, losses, asked })
    }

    /// The body of a request that is read whole, as the upstream gets it, and its length where it is another one than
    /// the client sent.
    async fn read(
        &self,
        exchange: &Exchange<'_>,
        (media, codings): (Media, Codings),
        body: Timed<Arriving>,
        record: &mut Record,
        (losses, asked): (&mut Losses, &mut Option<Asked>),
    ) -> Result<(Carried, Option<usize>), Error> {
        let mut share = self.budget.share();
        let body = Source::new(body, codings, self.limits.max_decompression_ratio);
        let body = collect(body, self.limits.request_bytes, &mut share).await.map_err(refuse_request)?;
        let decoded = (!codings.is_plain()).then_some(body.len());
        if body.is_empty() {
            return Ok((Carried::whole(body), decoded));
        }
        let begun = Instant::now();
        let text = exchange.request_text(media, &body);
        if exchange.translates_requests() {
            record.request_translated(Translation::since(begun, body.len()));
        }
        let output = match text? {
            RequestText::Translated(output, lost) => {
                losses.extend(lost);
                *asked = self.kept(media, body.clone());
                output
            }
            RequestText::Untranslated(why, output, lost) => {
                record.untranslated(why);
                losses.extend(lost);
                output
            }
            RequestText::Same => None,
        };
        let Some(output) = output else { return Ok((Carried::whole(share.bind(body)), decoded)) };
        let length = output.len();
        share.keep(length).map_err(|full| overloaded(full, Outcome::NotSent))?;
        Ok((Carried::whole(share.bind(output.into())), Some(length)))
    }

    /// The client's own body, kept until the upstream has answered: its errors are told in the client's words then. What
    /// is large, or finds no room, is not kept.
    fn kept(&self, media: Media, body: Bytes) -> Option<Asked> {
        if !self.exchanges.tells_in_own_words() || body.len() as u64 > self.limits.buffer_bytes {
            return None;
        }
        let mut share = self.budget.share();
        share.keep(body.len()).ok()?;
        Some((media, share.bind(body)))
    }
}

/// Whether a method gives its body a meaning, so that a request without one says that it has none (RFC 9110, 8.6).
fn defines_a_body(method: &Method) -> bool {
    matches!(*method, Method::POST | Method::PUT | Method::PATCH)
}
