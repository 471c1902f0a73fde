//! The optional fields of the access log (`log.fields`): client address, path, user agent.
//!
//! Off unless configured. Path and user agent go through the rules of recordings first: keys, the request's own
//! credentials and e-mail addresses have stand-ins, the same for the same value while the process runs. A query is never
//! written, neither its names nor its values.

use crate::{
    base::redact::{self, NoRandomness, Redaction},
    config::{LogFields, Paths},
};
use dateline_http::exchange::{Exchanges, hop::Peer};
use http::{header, request::Parts};
use std::{net::IpAddr, sync::Arc};

/// The most that is written of a path or a user agent, in characters.
const LONGEST: usize = 512;

/// The configured fields, and the rules that redact their values.
#[derive(Debug)]
pub(crate) struct Access {
    fields: LogFields,
    redaction: Arc<Redaction>,
}

/// The values of the configured fields for one request.
#[derive(Debug)]
pub(crate) struct AccessFields {
    pub(super) peer: Option<IpAddr>,
    pub(super) path: Option<String>,
    pub(super) user_agent: Option<String>,
}

impl Access {
    /// Creates the writer of the configured fields, or returns `None` if there are none. A reload keeps the stand-ins
    /// of `before`.
    ///
    /// # Errors
    /// The system has no randomness.
    pub(crate) fn new(fields: LogFields, before: Option<&Access>) -> Result<Option<Self>, NoRandomness> {
        if fields == LogFields::default() {
            return Ok(None);
        }
        let redaction = match before {
            Some(before) => Arc::clone(&before.redaction),
            None => Arc::new(Redaction::new(Paths::default())?),
        };
        Ok(Some(Access { fields, redaction }))
    }

    /// Tells whether the address of clients is written.
    pub(crate) fn needs_peer(&self) -> bool {
        self.fields.peer
    }

    /// Returns the values to write for a request.
    pub(crate) fn see(&self, exchanges: &Exchanges, head: &Parts) -> Box<AccessFields> {
        let Parts { uri, headers, .. } = head;
        let peer: Option<Peer> = head.extensions.get().copied();
        let LogFields { peer: has_peer, path, user_agent: has_agent } = self.fields;
        // A key may stand at the place of a version.
        let has_path = path && exchanges.has_clear_path(head);
        let own = if has_path || has_agent { redact::of_request(headers) } else { Vec::new() };
        let agent = headers.get(header::USER_AGENT).filter(|_| has_agent);
        let agent = agent.map(|agent| String::from_utf8_lossy(agent.as_bytes()));
        Box::new(AccessFields {
            peer: peer.filter(|_| has_peer).map(|peer| exchanges.client_address(peer, headers)),
            path: has_path.then(|| cut(self.redaction.path(uri.path(), &own))),
            user_agent: agent
                .map(|agent| cut(self.redaction.text(&agent, &own).unwrap_or_else(|| agent.into_owned()))),
        })
    }
}

/// Cuts a text to the length that fits in a line of the log. It is cut after redaction, so that half a key is not
/// mistaken for something else.
fn cut(mut text: String) -> String {
    if let Some((end, _)) = text.char_indices().nth(LONGEST) {
        text.truncate(end);
        text.push('\u{2026}');
    }
    text
}
