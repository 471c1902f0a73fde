use std::time::Duration;

use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::oneshot,
    task::JoinHandle,
};

use super::*;
use crate::MAX_BODY;

async fn start() -> (Sandbox, TcpStream, oneshot::Sender<()>, JoinHandle<std::io::Result<()>>) {
    let sandbox = Sandbox::new(None).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let server = tokio::spawn(sandbox.clone().serve(listener, async move { drop(stopped.await) }));
    let stream = TcpStream::connect(address).await.unwrap();
    (sandbox, stream, stop, server)
}

fn patch(body: &str) -> Request<Full<Bytes>> {
    request(Method::PATCH, ApiVersion::Users, "/users/me?account_id=biz_x", (JSON, body)).map(Full::new)
}

#[tokio::test]
async fn speaks_http_1_and_stops_in_peace() {
    let (sandbox, stream, stop, server) = start().await;
    let (mut client, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    for method in [Method::GET, Method::HEAD] {
        let expected = sandbox.respond(request(method.clone(), ApiVersion::Users, "/plans", (JSON, "")));
        let request = request(method.clone(), ApiVersion::Users, "/plans", (JSON, "")).map(Full::new);
        let response = client.send_request(request).await.unwrap();
        for (name, value) in expected.headers() {
            assert_eq!(response.headers().get(name), Some(value), "{method} {name}");
        }
        assert_eq!(response.collect().await.unwrap().to_bytes(), expected.body());
    }
    let response = client.send_request(patch(r#"{"name":"A"}"#)).await.unwrap();
    assert_eq!(response.status(), 200);
    drop(response);
    let received = sandbox.received();
    let last = received.last().unwrap();
    assert_eq!(last.path_and_query, "/api/v1/users/me?account_id=biz_x");
    assert_eq!(last.body, r#"{"name":"A"}"#);

    stop.send(()).unwrap();
    tokio::time::timeout(Duration::from_secs(3), server).await.unwrap().unwrap().unwrap();
}

#[tokio::test]
async fn speaks_http_2_cleartext() {
    let (sandbox, stream, stop, server) = start().await;
    let (mut client, connection) =
        http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let request = Request::get("http://sandbox.test/api/v1/users/me?account_id=biz_x")
        .header("authorization", "Bearer test")
        .header("api-version-date", "2026-06-08")
        .body(Full::new(Bytes::new()))
        .unwrap();
    let response = client.send_request(request).await.unwrap();
    assert_eq!(response.status(), 200);
    let body = response.collect().await.unwrap().to_bytes();
    assert_eq!(body, get_text(ApiVersion::Users, "/users/me?account_id=biz_x"));
    assert_eq!(sandbox.received()[0].path_and_query, "/api/v1/users/me?account_id=biz_x");
    stop.send(()).unwrap();
    tokio::time::timeout(Duration::from_secs(3), server).await.unwrap().unwrap().unwrap();
}

#[tokio::test]
async fn refuses_a_body_over_the_limit_while_it_arrives() {
    let (sandbox, stream, _stop, _server) = start().await;
    let (mut client, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let response = client.send_request(patch(&"x".repeat(MAX_BODY + 1))).await.unwrap();
    assert_eq!(response.status(), 413);
    assert_eq!(response.headers()["api-version-date"], "2026-06-08");
    assert!(sandbox.received()[0].body.is_empty());
}
