//! Cross-origin access (CORS) to the gateway's own errors, and to the fields that it adds to a head.

use super::{Exchanges, facts::Facts};
use crate::fields::{LOSS, OUTCOME, REQUEST_ID, UPSTREAM_REQUEST_ID, UPSTREAM_VERSION};
use http::{HeaderMap, HeaderName, HeaderValue, header};

/// The fields that the gateway adds.
const ADDED: [HeaderName; 5] = [OUTCOME, LOSS, REQUEST_ID, UPSTREAM_REQUEST_ID, UPSTREAM_VERSION];

impl Exchanges {
    /// Lets the page that asked read an error that is made here, as far as the upstream has let it read an answer (it has
    /// `said` so), or the configuration does.
    pub fn let_read(
        &self,
        headers: &mut HeaderMap,
        origin: &HeaderValue,
        said: Option<&[(HeaderName, HeaderValue)]>,
    ) {
        let Some(hop) = &self.facts.hop else { return };
        if let Some(said) = said {
            for (name, value) in said {
                headers.append(name, value.clone());
            }
        } else if hop.origins.contains(origin) {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        }
        self.facts.add_vary(headers, &[header::ORIGIN]);
        self.facts.expose(headers);
    }
}

impl Facts {
    /// Lets a page that may read an answer read what the gateway adds to it, if that is configured.
    pub(super) fn expose(&self, headers: &mut HeaderMap) {
        let exposes = self.hop.as_ref().is_some_and(|hop| hop.exposes);
        if !exposes || !headers.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN) {
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
