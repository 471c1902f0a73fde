//! A request to the admin listener, once it is admitted.

use bytes::Bytes;
use dateline_core::{form::Pairs, json::Name};

/// A request of somebody who may ask.
#[derive(Debug)]
pub(super) struct AdminRequest {
    /// The query without its `?`; empty if there is none.
    pub(super) query: String,
    /// The new value of what is to be changed; empty for requests that only read.
    pub(super) body: Bytes,
}

impl AdminRequest {
    /// The value of the query's first parameter with this name.
    pub(super) fn parameter(&self, name: &str) -> Option<String> {
        Pairs::parse(&self.query).values(&Name::new(name)).next().map(|value| value.decoded())
    }
}
