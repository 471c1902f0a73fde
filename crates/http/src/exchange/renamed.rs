//! The words of a client for what its request had renamed, where the upstream has answered with an error.

use super::{Exchange, Exchanges, media};
use bytes::Bytes;
use dateline_core::{error_names::Words, translate::Media};
use http::{request, response};

/// A request's body as the client sent it, decoded.
pub type OriginalBody = (Media, Bytes);

impl Exchanges {
    /// Tells whether errors are rewritten in the client's words at all.
    pub fn tells_in_own_words(&self) -> bool {
        self.facts.error_names
    }
}

impl Exchange<'_> {
    /// Returns the words for an error of the upstream. It is `None` if the answer is not an error in JSON that
    /// can be read, or if nothing of the request was renamed.
    pub fn words(
        &self,
        head: &request::Parts,
        asked: Option<OriginalBody>,
        came: &response::Parts,
    ) -> Option<Words> {
        let is_error = came.status.is_client_error() || came.status.is_server_error();
        let renames = self.work.query || self.work.request_body || self.work.moves_request;
        if !is_error || !renames || !self.facts.error_names || !media::is_json(&came.headers) {
            return None;
        }
        self.facts.codings(&came.headers)?;
        let body = asked.as_ref().map(|(media, body)| (*media, &body[..]));
        let (plan, query) = (self.plan?, head.uri.query());
        let words = match self.work.moves_request {
            true => Words::of_message(plan, query, body),
            false => Words::of(plan, query, body),
        };
        Some(words).filter(|words| !words.is_empty())
    }

    /// Adds the translation of an error's body, if the pack says that errors with this status change. To be asked when the
    /// version of the answer is known.
    pub fn error_words(&self, words: Option<Words>, came: &response::Parts) -> Option<Words> {
        let Some(plan) = self.plan.filter(|_| self.work.errors) else { return words };
        let status = came.status.as_u16();
        let is_read = media::is_json(&came.headers) && self.facts.codings(&came.headers).is_some();
        match is_read && plan.translates_error(status) {
            true => Some(words.unwrap_or_default().translating(plan.clone(), status)),
            false => words,
        }
    }
}
