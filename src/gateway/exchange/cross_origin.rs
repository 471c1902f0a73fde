//! What pages of other origins may read (CORS): of the gateway's own errors, and of what it adds to a head.

use super::{Exchanges, LOSS, OUTCOME, REQUEST_ID, UPSTREAM_REQUEST_ID, UPSTREAM_VERSION, facts::Facts};
use crate::gateway::cors::CrossOrigins;
use http::{HeaderMap, HeaderName, HeaderValue, header};

/// The fields that the gateway adds.
const ADDED: [HeaderName; 5] = [OUTCOME, LOSS, REQUEST_ID, UPSTREAM_REQUEST_ID, UPSTREAM_VERSION];

impl Exchanges {
    /// Lets the page that asked read an error of the gateway's own, as far as the upstream has let it read an answer,
    /// or the configuration does.
    pub(crate) fn let_read(
        &self,
        headers: &mut HeaderMap,
        origin: Option<&HeaderValue>,
        upstream: &CrossOrigins,
    ) {
        let Some(origin) = origin else { return };
        if let Some(said) = upstream.said_to(origin) {
            for (name, value) in said.iter() {
                headers.append(name, value.clone());
            }
        } else if self.facts.origins.contains(origin) {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        }
        self.facts.add_vary(headers, &[header::ORIGIN]);
        self.facts.expose(headers);
    }
}

impl Facts {
    /// Lets a page that may read an answer read what the gateway adds to it, where that is configured.
    pub(super) fn expose(&self, headers: &mut HeaderMap) {
        if !self.exposes || !headers.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN) {
            return;
        }
        for name in ADDED
            .into_iter()
            .filter(|name| *name == REQUEST_ID || headers.contains_key(name))
            .collect::<Vec<_>>()
        {
            headers.append(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from(name));
        }
    }
}
