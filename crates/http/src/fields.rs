//! The names of the header fields that Dateline reads and writes, and the values that they may have.

use http::{HeaderMap, HeaderName, HeaderValue};

/// `Dateline-Upstream-Version`: the version that the upstream was asked for.
pub const UPSTREAM_VERSION: HeaderName = HeaderName::from_static("dateline-upstream-version");
/// `Dateline-Loss`: what a finished translation lost.
pub const LOSS: HeaderName = HeaderName::from_static("dateline-loss");
/// `Dateline-Request`: on the answer to a request whose body went up as it came, although it has a plan.
pub const REQUEST: HeaderName = HeaderName::from_static("dateline-request");
/// `Dateline-Outcome`: what is known of the upstream, on errors of Dateline's own.
pub const OUTCOME: HeaderName = HeaderName::from_static("dateline-outcome");
/// `Dateline-Upstream-Request-Id`: the upstream's own `X-Request-Id`, which its support asks for.
pub const UPSTREAM_REQUEST_ID: HeaderName = HeaderName::from_static("dateline-upstream-request-id");
/// `Dateline-Hops`: the ids of the gateways that a request has passed, in their order. Each is made up by its process.
pub const HOPS: HeaderName = HeaderName::from_static("dateline-hops");
/// `X-Request-Id`.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// `Idempotency-Key`.
pub const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// `traceparent` (W3C Trace Context).
pub const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
/// `tracestate` (W3C Trace Context). Nothing of it is read: it is others'.
pub const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");

/// Returns the value of a field that is in a head exactly once.
pub fn only<'r>(headers: &'r HeaderMap, name: &HeaderName) -> Option<&'r HeaderValue> {
    let mut values = headers.get_all(name).iter();
    values.next().filter(|_| values.next().is_none())
}

/// Returns a client's `X-Request-Id` if it is fit to be kept.
pub fn kept_request_id(headers: &HeaderMap) -> Option<&HeaderValue> {
    only(headers, &REQUEST_ID).filter(|id| fit_request_id(id))
}

/// Returns whether an `X-Request-Id` is fit to be told: visible ASCII (RFC 9110, 5.5), not long.
pub fn fit_request_id(id: &HeaderValue) -> bool {
    let id = id.as_bytes();
    (1..=128).contains(&id.len()) && id.iter().all(u8::is_ascii_graphic)
}
