//! An answer, and the HTTP response that carries it.

use std::fmt::Write as _;

use bytes::Bytes;
use hyper::{
    HeaderMap, Method, Response, StatusCode,
    header::{self, HeaderValue},
};
use sha2::{Digest as _, Sha256};

use super::{VERSION_HEADER, error::Refusal, versions::ApiVersion};

/// Status and JSON text, before anything is known of HTTP.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    status: StatusCode,
    body: String,
    allow: Option<&'static str>,
    replayed: bool,
}

impl Answer {
    pub(super) fn ok(body: String) -> Self {
        Self { status: StatusCode::OK, body, allow: None, replayed: false }
    }

    /// The same answer, given to the same request sent again.
    pub(super) fn replay(&self) -> Self {
        Self { replayed: true, ..self.clone() }
    }

    /// The response, with an ETag (RFC 9110, section 8.8.3) on what can be read again; 304 where the client has it.
    pub(super) fn into_response(
        self,
        version: ApiVersion,
        method: &Method,
        asked: &HeaderMap,
    ) -> Response<Bytes> {
        let tag = (self.status == StatusCode::OK && matches!(*method, Method::GET | Method::HEAD))
            .then(|| etag(self.body.as_bytes()));
        let unchanged = tag.as_deref().is_some_and(|tag| has(asked, tag));
        let mut response = Response::new(Bytes::new());
        let headers = response.headers_mut();
        headers.insert(VERSION_HEADER, HeaderValue::from_static(version.date()));
        if let Some(Ok(tag)) = tag.map(HeaderValue::try_from) {
            headers.insert(header::ETAG, tag);
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(allow) = self.allow {
            headers.insert(header::ALLOW, HeaderValue::from_static(allow));
        }
        if self.replayed {
            headers.insert("idempotent-replayed", HeaderValue::from_static("true"));
        }
        if unchanged {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            return response;
        }
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(self.body.len()));
        *response.status_mut() = self.status;
        if method != Method::HEAD {
            *response.body_mut() = Bytes::from(self.body);
        }
        response
    }
}

impl From<&Refusal> for Answer {
    fn from(refusal: &Refusal) -> Self {
        let allow = match refusal {
            Refusal::NoSuchMethod { allow } => Some(*allow),
            _ => None,
        };
        Self { status: refusal.status(), body: refusal.body(), allow, replayed: false }
    }
}

/// A strong tag: the same bytes have the same one.
fn etag(body: &[u8]) -> String {
    let digest = Sha256::digest(body);
    let mut tag = String::from("\"");
    for byte in digest.iter().take(16) {
        let _ = write!(tag, "{byte:02x}");
    }
    tag.push('"');
    tag
}

/// Tells whether `If-None-Match` names the tag, by the weak comparison (RFC 9110, section 13.1.2).
fn has(asked: &HeaderMap, tag: &str) -> bool {
    asked
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .any(|named| named == "*" || named.strip_prefix("W/").unwrap_or(named) == tag)
}
