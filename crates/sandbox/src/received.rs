//! Requests that the sandbox received, for tests to inspect.

use std::fmt;

use bytes::Bytes;
use hyper::{HeaderMap, Method, Request};

/// One request as it arrived. Its `Debug` form shows neither header values, nor the query, nor the body.
#[derive(Clone)]
pub struct Received {
    /// The method.
    pub method: Method,
    /// Path and query, as they were spelled.
    pub path_and_query: String,
    /// Every header, `Authorization` included.
    pub headers: HeaderMap,
    /// The body's bytes; empty where the body was larger than [`MAX_BODY`](super::MAX_BODY).
    pub body: Bytes,
}

impl Received {
    pub(super) fn of(request: &Request<Bytes>) -> Self {
        let uri = request.uri();
        let body = request.body();
        Self {
            method: request.method().clone(),
            path_and_query: uri
                .path_and_query()
                .map_or_else(|| uri.path(), |whole| whole.as_str())
                .to_owned(),
            headers: request.headers().clone(),
            body: if body.len() > super::MAX_BODY { Bytes::new() } else { body.clone() },
        }
    }
}

impl fmt::Debug for Received {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Received")
            .field("method", &self.method)
            .field("path", &self.path_and_query.split('?').next().unwrap_or_default())
            .field("headers", &self.headers.keys().map(|name| name.as_str()).collect::<Vec<_>>())
            .field("body_len", &self.body.len())
            .finish()
    }
}
