use super::*;
use crate::proxy::body::{BoxError, Count, IdleTimeout};
use bytes::Bytes;
use http_body_util::BodyExt;
use std::sync::{Arc, Mutex};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

const SOON: Duration = Duration::from_millis(60);
const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

/// The answer of a connection to the text of a request, or `None` to close it.
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

fn upstream(url: &str) -> Upstream {
    configured(&Config::default(), url)
}

/// An upstream with short timeouts.
fn impatient(url: &str) -> Upstream {
    let mut config = Config::default();
    (config.timeouts.connect, config.timeouts.response_header) = (SOON, SOON);
    configured(&config, url)
}

fn configured(config: &Config, url: &str) -> Upstream {
    Upstream::through(
        config,
        &url.parse().unwrap(),
        Arc::default(),
        &Matcher::builder().build(),
        dial::system_names(),
    )
    .unwrap()
}

async fn send(upstream: &Upstream, method: Method, body: &'static str) -> Result<Response<Answer>, Error> {
    let uri = "/api/v1/plans?first=%31&a[]=b";
    let request = Request::builder().method(method).uri(uri).header("host", "api.example.com");
    let (head, ()) = request.body(()).unwrap().into_parts();
    upstream.send(head, UpBody::whole(Bytes::from_static(body.as_bytes()))).await
}

async fn read(answer: Response<Answer>) -> Bytes {
    IdleTimeout::new(answer.into_body(), SOON * 20, Count::default()).collect().await.unwrap().to_bytes()
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
    let error = send(&impatient(&url), Method::GET, "").await.unwrap_err();
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
    let error = send(&impatient(&url.replace("http:", "https:")), Method::POST, "{}").await.unwrap_err();
    assert!(matches!(error, Error::Unreachable(_)), "{error:?}");
}

#[tokio::test]
async fn an_https_upstream_is_reached_through_the_proxy() {
    let (proxy, seen) = server(|_| Some("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")).await;
    let proxies = Matcher::builder().https(proxy.replace("//", "//user:pass@")).no("localhost").build();
    let upstream = Upstream::through(
        &Config::default(),
        &HTTPS.parse().unwrap(),
        Arc::default(),
        &proxies,
        dial::system_names(),
    )
    .unwrap();
    let error = send(&upstream, Method::POST, "{}").await.unwrap_err();
    assert!(error.cause().is_some_and(|cause| !cause.contains("pass")), "{error:?}");
    let connect = seen.lock().unwrap()[0].clone();
    assert!(connect.starts_with("CONNECT api.example.com:443 HTTP/1.1\r\n"), "{connect}");
    assert!(connect.contains("Proxy-Authorization: Basic dXNlcjpwYXNz\r\n"), "{connect}");
}

#[test]
fn what_cannot_be_used_is_said_at_the_start() {
    let error = |config: &Config, url: &str, proxies: Matcher| {
        let origin = match url.parse() {
            Ok(origin) => origin,
            Err(error) => return UpstreamError::from(error).to_string(),
        };
        Upstream::through(config, &origin, Arc::default(), &proxies, dial::system_names())
            .unwrap_err()
            .to_string()
    };
    let none = || Matcher::builder().build();
    assert!(error(&Config::default(), "api.example.com", none()).starts_with("upstream.url"));
    let socks = Matcher::builder().https("socks5://127.0.0.1:1080").build();
    assert!(error(&Config::default(), HTTPS, socks).contains("HTTPS_PROXY"));

    let mut with_file = Config::default();
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ca.pem");
    with_file.upstream.ca_file = Some(path.clone());
    assert!(error(&with_file, HTTPS, none()).contains("ca.pem"));
    std::fs::write(path, "no certificate").unwrap();
    assert!(error(&with_file, HTTPS, none()).ends_with("it holds no certificate in PEM"));
}

/// A server at an address of the loopback network that answers everything with its address.
async fn naming(address: &str, port: u16) -> (u16, Arc<Mutex<usize>>) {
    let listener = TcpListener::bind((address, port)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let connections = Arc::new(Mutex::new(0));
    let (count, text) =
        (Arc::clone(&connections), format!("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{address}"));
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            *count.lock().unwrap() += 1;
            let text = text.clone();
            tokio::spawn(async move {
                let mut buffer = vec![0; 4096];
                while let Ok(1..) = stream.read(&mut buffer).await {
                    stream.write_all(text.as_bytes()).await.unwrap();
                }
            });
        }
    });
    (port, connections)
}

/// A name service whose answer a test can change.
fn names(addresses: &Arc<Mutex<Vec<&'static str>>>) -> Names {
    let addresses = Arc::clone(addresses);
    Names::new(tower::service_fn(move |_| {
        let addresses = addresses.lock().unwrap().clone();
        std::future::ready(Ok::<_, BoxError>(
            addresses
                .into_iter()
                .map(|address| (address.parse::<std::net::IpAddr>().unwrap(), 0).into())
                .collect::<Vec<_>>()
                .into_iter(),
        ))
    }))
}

#[tokio::test]
async fn row_46_a_name_is_resolved_anew_when_a_connection_is_of_age() {
    let (port, first) = naming("127.0.0.1", 0).await;
    let (_, second) = naming("127.0.0.2", port).await;
    let addresses = Arc::new(Mutex::new(vec!["127.0.0.1"]));
    let mut config = Config::default();
    config.timeouts.upstream_max_age = SOON * 25;
    let url = format!("http://api.test:{port}");
    let upstream = Upstream::through(
        &config,
        &url.parse().unwrap(),
        Arc::default(),
        &Matcher::builder().build(),
        names(&addresses),
    )
    .unwrap();
    let ask = async || read(send(&upstream, Method::GET, "").await.unwrap()).await;
    assert_eq!(ask().await, "127.0.0.1");
    *addresses.lock().unwrap() = vec!["127.0.0.2"];
    assert_eq!(ask().await, "127.0.0.1", "the connection is young");
    tokio::time::sleep(SOON * 26).await;
    assert_eq!(ask().await, "127.0.0.2");
    assert_eq!((*first.lock().unwrap(), *second.lock().unwrap()), (1, 1));
}

#[tokio::test]
async fn row_46_an_address_that_is_dead_is_passed_over() {
    let (port, alive) = naming("127.0.0.2", 0).await;
    let addresses = Arc::new(Mutex::new(vec!["127.0.0.3", "127.0.0.2"]));
    let url = format!("http://api.test:{port}");
    let upstream = Upstream::through(
        &Config::default(),
        &url.parse().unwrap(),
        Arc::default(),
        &Matcher::builder().build(),
        names(&addresses),
    )
    .unwrap();
    let answer = send(&upstream, Method::POST, "{}").await.unwrap();
    assert_eq!(read(answer).await, "127.0.0.2");
    assert_eq!(*alive.lock().unwrap(), 1);
}
