//! The same `GET` asked for in another way than its client did: again, or natively, in the client's own version.
//!
//! Checks against the upstream only read. So nothing goes along that makes more of the request than a reading of the
//! whole representation.

use super::{Exchange, hop::Arrival, integrity::DIGESTS, method_override};
use crate::{
    fields::{IDEMPOTENCY_KEY, REQUEST_ID, TRACEPARENT, TRACESTATE},
    pin::Pinned,
};
use dateline_core::Version;
use http::{HeaderMap, HeaderName, HeaderValue, Uri, header};

/// Conditions, parts and bodies; and what belongs to the client's own request and to no other.
const OF_THE_REQUEST: [HeaderName; 15] = [
    header::IF_NONE_MATCH,
    header::IF_MATCH,
    header::IF_MODIFIED_SINCE,
    header::IF_UNMODIFIED_SINCE,
    header::RANGE,
    header::IF_RANGE,
    header::EXPECT,
    header::TRANSFER_ENCODING,
    header::CACHE_CONTROL,
    header::PRAGMA,
    IDEMPOTENCY_KEY,
    HeaderName::from_static("prefer"),
    REQUEST_ID,
    TRACEPARENT,
    TRACESTATE,
];

/// Tells whether a `GET` may be sent again: it does not ask for another method, as some frameworks allow.
pub fn is_only_a_reading(uri: &Uri, headers: &HeaderMap) -> bool {
    method_override::in_head(uri, headers).next().is_none()
}

/// The fields of a request that ask for the whole representation, now and without a coding.
pub fn reading(headers: &HeaderMap) -> HeaderMap {
    let stays = |name: &HeaderName| {
        let is_of_a_body = name.as_str().starts_with("content-") || DIGESTS.contains(name);
        !is_of_a_body && !OF_THE_REQUEST.contains(name)
    };
    let mut reading = HeaderMap::with_capacity(headers.len() + 2);
    for (name, value) in headers.iter().filter(|(name, _)| stays(name)) {
        let mut value = value.clone();
        // Most of them are nobody's business; so none is ever shown.
        value.set_sensitive(true);
        reading.append(name, value);
    }
    // A cache on the way may know one version as it is and the other as it was.
    reading.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    reading.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    reading
}

impl Exchange<'_> {
    /// The fields that an upstream of the client's version gets: those of [`Exchange::request_headers`], and the
    /// client's version.
    pub fn native_headers(&self, came: HeaderMap, arrival: Arrival) -> HeaderMap {
        let mut headers = self.request_headers(came, arrival, None);
        if let Some(text) = self.native().and_then(|version| self.facts.text(version)) {
            self.facts.places.ask(&mut headers, text, self.pin.source.is_said());
        }
        headers
    }

    /// The version that an upstream of the client's version is told.
    pub(super) fn native(&self) -> Option<Version> {
        match self.pin.pinned {
            Pinned::Known(version) => Some(version),
            Pinned::Unknown(_) | Pinned::Upstream => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_asks_for_another_method_is_no_reading() {
        let is = |uri: &str, name: &'static str| {
            let fields =
                HeaderMap::from_iter([(HeaderName::from_static(name), HeaderValue::from_static("DELETE"))]);
            is_only_a_reading(&uri.parse().unwrap(), &fields)
        };
        assert!(is("/plans?method=card&first=1", "x-own"));
        for name in ["x-http-method-override", "x-http-method", "x-method-override"] {
            assert!(!is("/plans", name), "{name}");
        }
        for query in ["_method=DELETE", "a=1&%5Fmethod=delete"] {
            assert!(!is(&format!("/plans?{query}"), "x-own"), "{query}");
        }
    }

    #[test]
    fn what_is_read_again_is_read_whole_and_changes_nothing() {
        let fields = [
            ("authorization", "Bearer key"),
            ("if-none-match", "\"a\""),
            ("range", "bytes=0-1"),
            ("idempotency-key", "key-1"),
            ("x-request-id", "mine"),
            ("traceparent", "00-1-2-01"),
            ("content-length", "0"),
            ("content-digest", "x"),
            ("accept-encoding", "br"),
            ("x-own", "1"),
            ("x-own", "2"),
        ];
        let headers: HeaderMap = fields
            .into_iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect();
        let reading = reading(&headers);
        let mut names: Vec<_> = reading.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        assert_eq!(names, ["accept-encoding", "authorization", "cache-control", "x-own", "x-own"]);
        assert!(!format!("{reading:?}").contains("Bearer"), "{reading:?}");
    }
}
