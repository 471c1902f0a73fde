//! The operator's own listener: is the gateway alive, is it ready?

use super::{listener, reload::Current};
use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use serde_json::Value;
use std::{convert::Infallible, sync::Arc};
use tokio::{net::TcpListener, task::JoinSet};

const TEXT: &str = "text/plain; charset=utf-8";
const JSON: &str = "application/json";

/// Connections at once; another waits until one has ended, which none that says nothing puts off for long.
const AT_ONCE: usize = 16;

/// Answers until it is dropped.
pub(crate) async fn serve(listener: TcpListener, current: Arc<Current>) {
    let mut connections = JoinSet::new();
    loop {
        let (stream, _) = listener::accept(&listener).await;
        while connections.try_join_next().is_some() {}
        if connections.len() >= AT_ONCE {
            connections.join_next().await;
        }
        let current = Arc::clone(&current);
        connections.spawn(async move {
            let handler = current.handler();
            let answer = |request| {
                let answer = answer(&request, handler.life.is_ready(), || current.status());
                async { Ok::<_, Infallible>(answer) }
            };
            let mut server = http1::Builder::new();
            server.timer(TokioTimer::new()).header_read_timeout(handler.timeouts.request_head);
            // Whoever asked has left; there is nobody to tell.
            let _ = server.serve_connection(TokioIo::new(stream), service_fn(answer)).await;
        });
    }
}

/// `/healthz` is 200 while the process answers; `/readyz` turns 503 when it drains; `/reloads` says which configuration
/// and pack are in force, and how the last reload went.
fn answer<B>(request: &Request<B>, ready: bool, reloads: impl FnOnce() -> Value) -> Response<Full<Bytes>> {
    let read = matches!(*request.method(), Method::GET | Method::HEAD);
    let (status, media, text) = match request.uri().path() {
        "/healthz" if read => (StatusCode::OK, TEXT, "ok\n".into()),
        "/readyz" if read && ready => (StatusCode::OK, TEXT, "ready\n".into()),
        "/readyz" if read => (StatusCode::SERVICE_UNAVAILABLE, TEXT, "draining\n".into()),
        "/reloads" if read => (StatusCode::OK, JSON, format!("{}\n", reloads()).into()),
        _ => (StatusCode::NOT_FOUND, TEXT, "not found\n".into()),
    };
    let mut answer = Response::new(Full::new(text));
    *answer.status_mut() = status;
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media));
    answer
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn status(method: Method, path: &str, ready: bool) -> u16 {
        let request = Request::builder().method(method).uri(path).body(()).unwrap();
        answer(&request, ready, || json!({})).status().as_u16()
    }

    #[test]
    fn alive_is_not_ready() {
        assert_eq!(status(Method::GET, "/healthz", true), 200);
        assert_eq!(status(Method::HEAD, "/readyz", true), 200);
        assert_eq!(status(Method::GET, "/healthz", false), 200);
        assert_eq!(status(Method::GET, "/reloads", false), 200);
        assert_eq!(status(Method::GET, "/readyz", false), 503);
    }

    #[test]
    fn there_is_nothing_else() {
        for (method, path) in [(Method::POST, "/healthz"), (Method::GET, "/"), (Method::GET, "/healthz/x")] {
            assert_eq!(status(method, path, true), 404);
        }
    }
}
