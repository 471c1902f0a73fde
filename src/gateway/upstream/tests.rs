use super::*;
use crate::{
    config,
    gateway::body::{Count, Timed, collect},
};
use bytes::Bytes;
use std::sync::{Arc, Mutex};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

const SOON: Duration = Duration::from_millis(60);
const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

/// What a connection does with the text of a request; nothing: it is closed.
type Script = fn(usize) -> Option<&'static str>;

/// A server that answers its nth request as a script says and keeps what it was sent.
async fn server(script: Script) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let seen = Arc::new(Mutex::new(Vec::new()));
    let requests = Arc::clone(&seen);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(answer(stream, script, Arc::clone(&requests)));
        }
    });
    (url, seen)
}

async fn answer(mut stream: TcpStream, script: Script, seen: Arc<Mutex<Vec<String>>>) {
    let mut buffer = vec![0; 4096];
    while let Ok(length @ 1..) = stream.read(&mut buffer).await {
        let number = {
            let mut seen = seen.lock().unwrap();
            seen.push(String::from_utf8_lossy(&buffer[..length]).into_owned());
            seen.len()
        };
        match script(number) {
            Some("") => tokio::time::sleep(SOON * 20).await,
            Some(text) => stream.write_all(text.as_bytes()).await.unwrap(),
            None => return,
        }
    }
}

const HTTPS: &str = "https://api.example.com";

fn config() -> Config {
    let defaults = Config::default();
    Config {
        timeouts: config::Timeouts { connect: SOON, upstream_first_byte: SOON, ..defaults.timeouts },
        ..defaults
    }
}

fn upstream(url: &str) -> Upstream {
    configured(&config(), url)
}

fn configured(config: &Config, url: &str) -> Upstream {
    Upstream::through(config, url, &Matcher::builder().build(), dial::system_names()).unwrap()
}

async fn send(upstream: &Upstream, method: Method, body: &'static str) -> Result<Response<Answer>, Error> {
    let uri = "/api/v1/plans?first=%31&a[]=b";
    let request = Request::builder().method(method).uri(uri).header("host", "api.example.com");
    let (head, ()) = request.body(()).unwrap().into_parts();
    upstream.send(head, Carried::whole(body)).await
}

async fn read(answer: Response<Answer>) -> Bytes {
    collect(Timed::new(answer.into_body(), SOON, Count::default()), 100).await.unwrap()
}

#[tokio::test]
async fn what_is_sent_arrives_as_it_is() {
    let (url, seen) = server(|_| Some(OK)).await;
    let answer = send(&upstream(&url), Method::POST, "{}").await.unwrap();
    assert_eq!(read(answer).await, "ok");
    assert_eq!(
        seen.lock().unwrap()[0],
        "POST /api/v1/plans?first=%31&a[]=b HTTP/1.1\r\nhost: api.example.com\r\ncontent-length: 2\r\n\r\n{}"
    );
}

#[tokio::test]
async fn connections_are_used_again() {
    let (url, seen) = server(|_| Some(OK)).await;
    let upstream = upstream(&url);
    for _ in 0..3 {
        let answer = send(&upstream, Method::GET, "").await.unwrap();
        read(answer).await;
    }
    assert_eq!(seen.lock().unwrap().len(), 3);
}

#[tokio::test]
async fn a_refused_connection_is_unreachable() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let error = send(&upstream(&url), Method::POST, "{}").await.unwrap_err();
    assert!(matches!(error, Error::Unreachable(_)), "{error:?}");
}

#[tokio::test]
async fn silence_is_a_timeout_and_is_not_sent_again() {
    let (url, seen) = server(|_| Some("")).await;
    let error = send(&upstream(&url), Method::GET, "").await.unwrap_err();
    assert!(matches!(error, Error::UpstreamTimeout), "{error:?}");
    assert_eq!(seen.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn row_40_nothing_is_sent_again_that_may_have_arrived() {
    for method in [Method::POST, Method::GET] {
        let (url, seen) = server(|number| (number > 1).then_some(OK)).await;
        let error = send(&upstream(&url), method, "").await.unwrap_err();
        assert!(matches!(error, Error::UpstreamFailed(_)), "{error:?}");
        assert_eq!(seen.lock().unwrap().len(), 1);
    }
}

#[tokio::test]
async fn a_silent_tls_handshake_ends_with_the_connect_timeout() {
    let (url, _) = server(|_| Some("")).await;
    let error = send(&upstream(&url.replace("http:", "https:")), Method::POST, "{}").await.unwrap_err();
    assert!(matches!(error, Error::Unreachable(_)), "{error:?}");
}

#[tokio::test]
async fn an_https_upstream_is_reached_through_the_proxy() {
    let (proxy, seen) = server(|_| Some("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")).await;
    let proxies = Matcher::builder().https(proxy.replace("//", "//user:pass@")).no("localhost").build();
    let upstream = Upstream::through(&config(), HTTPS, &proxies, dial::system_names()).unwrap();
    let error = send(&upstream, Method::POST, "{}").await.unwrap_err();
    assert!(error.cause().is_some_and(|cause| !cause.contains("pass")), "{error:?}");
    let connect = seen.lock().unwrap()[0].clone();
    assert!(connect.starts_with("CONNECT api.example.com:443 HTTP/1.1\r\n"), "{connect}");
    assert!(connect.contains("Proxy-Authorization: Basic dXNlcjpwYXNz\r\n"), "{connect}");
}

#[test]
fn what_cannot_be_used_is_said_at_the_start() {
    let error = |config: &Config, url: &str, proxies: Matcher| {
        Upstream::through(config, url, &proxies, dial::system_names()).unwrap_err().to_string()
    };
    let none = || Matcher::builder().build();
    assert!(error(&config(), "api.example.com", none()).starts_with("upstream.url"));
    let socks = Matcher::builder().https("socks5://127.0.0.1:1080").build();
    assert!(error(&config(), HTTPS, socks).contains("HTTPS_PROXY"));

    let mut with_file = config();
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ca.pem");
    with_file.upstream.ca_file = Some(path.clone());
    assert!(error(&with_file, HTTPS, none()).contains("ca.pem"));
    std::fs::write(path, "no certificate").unwrap();
    assert!(error(&with_file, HTTPS, none()).ends_with("it holds no certificate"));
}
