//! The operator's own listener: is the gateway alive, is it ready?

use super::{handler::Handler, listener};
use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::{convert::Infallible, sync::Arc};
use tokio::{net::TcpListener, task::JoinSet};

/// Answers until it is dropped.
pub(crate) async fn serve(listener: TcpListener, handler: Arc<Handler>) {
    let mut connections = JoinSet::new();
    loop {
        let (stream, _) = listener::accept(&listener).await;
        while connections.try_join_next().is_some() {}
        let handler = Arc::clone(&handler);
        connections.spawn(async move {
            let answer = |request| {
                let answer = answer(&request, handler.life.is_ready());
                async { Ok::<_, Infallible>(answer) }
            };
            let mut server = http1::Builder::new();
            server.timer(TokioTimer::new()).header_read_timeout(handler.timeouts.request_head);
            // Whoever asked has left; there is nobody to tell.
            let _ = server.serve_connection(TokioIo::new(stream), service_fn(answer)).await;
        });
    }
}

/// `/healthz` is 200 while the process answers; `/readyz` turns 503 when it drains.
fn answer<B>(request: &Request<B>, ready: bool) -> Response<Full<Bytes>> {
    let read = matches!(*request.method(), Method::GET | Method::HEAD);
    let (status, text) = match request.uri().path() {
        "/healthz" if read => (StatusCode::OK, "ok\n"),
        "/readyz" if read && ready => (StatusCode::OK, "ready\n"),
        "/readyz" if read => (StatusCode::SERVICE_UNAVAILABLE, "draining\n"),
        _ => (StatusCode::NOT_FOUND, "not found\n"),
    };
    let mut answer = Response::new(Full::new(Bytes::from_static(text.as_bytes())));
    *answer.status_mut() = status;
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(method: Method, path: &str, ready: bool) -> u16 {
        let request = Request::builder().method(method).uri(path).body(()).unwrap();
        answer(&request, ready).status().as_u16()
    }

    #[test]
    fn alive_is_not_ready() {
        assert_eq!(status(Method::GET, "/healthz", true), 200);
        assert_eq!(status(Method::HEAD, "/readyz", true), 200);
        assert_eq!(status(Method::GET, "/healthz", false), 200);
        assert_eq!(status(Method::GET, "/readyz", false), 503);
    }

    #[test]
    fn there_is_nothing_else() {
        for (method, path) in [(Method::POST, "/healthz"), (Method::GET, "/"), (Method::GET, "/healthz/x")] {
            assert_eq!(status(method, path, true), 404);
        }
    }
}
