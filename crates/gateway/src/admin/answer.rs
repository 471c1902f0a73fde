//! An answer of the operator's listener.

use crate::observe::metrics;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response, StatusCode, header};
use http_body_util::Full;
use serde::Serialize;

/// The strictest policy: nothing may be loaded, framed or run. A page allows itself what it needs.
const NOTHING: &str = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// An answer, ready to be sent.
#[derive(Debug)]
pub(super) struct Answer {
    status: StatusCode,
    media: &'static str,
    body: Bytes,
    /// The value of `Content-Security-Policy`: what a browser may do with the answer.
    policy: HeaderValue,
    fields: Vec<(HeaderName, HeaderValue)>,
}

impl Answer {
    fn new(status: StatusCode, media: &'static str, body: Bytes) -> Self {
        let policy = HeaderValue::from_static(NOTHING);
        Answer { status, media, body, policy, fields: Vec::new() }
    }

    /// Text for people.
    pub(super) fn text(status: StatusCode, text: impl Into<String>) -> Self {
        Answer::new(status, "text/plain; charset=utf-8", text.into().into())
    }

    /// Creates an answer with a JSON document on one line.
    pub(super) fn json(value: &impl Serialize) -> Self {
        match serde_json::to_string(value) {
            Ok(text) => Answer::new(StatusCode::OK, "application/json", (text + "\n").into()),
            Err(error) => {
                tracing::error!(target: "dateline::gateway::admin", error = %error, "a response of the admin API cannot be written as JSON");
                Answer::text(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "this cannot be written as JSON: see the log\n",
                )
            }
        }
    }

    /// Creates an answer in Prometheus' text format.
    pub(super) fn metrics(text: String) -> Self {
        Answer::new(StatusCode::OK, metrics::MEDIA, text.into())
    }

    /// A page for people, which says itself what a browser may do with it.
    pub(super) fn html(page: String) -> Self {
        Answer::new(StatusCode::OK, "text/html; charset=utf-8", page.into())
    }

    /// Replaces the value of `Content-Security-Policy`.
    pub(super) fn allowing(mut self, policy: HeaderValue) -> Self {
        self.policy = policy;
        self
    }

    /// Replaces the status.
    pub(super) fn at(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// Adds a header.
    pub(super) fn with(mut self, name: HeaderName, value: &'static str) -> Self {
        self.fields.push((name, HeaderValue::from_static(value)));
        self
    }

    /// The answer as it is sent: no cache keeps it, no other site can use it.
    pub(super) fn into_response(self) -> Response<Full<Bytes>> {
        let mut response = Response::new(Full::new(self.body));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        for (name, value) in self.fields {
            headers.append(name, value);
        }
        headers.insert(header::CONTENT_SECURITY_POLICY, self.policy);
        for (name, value) in [
            (header::CONTENT_TYPE, self.media),
            (header::CACHE_CONTROL, "no-store"),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (header::REFERRER_POLICY, "no-referrer"),
            (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
            (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
        response
    }
}
