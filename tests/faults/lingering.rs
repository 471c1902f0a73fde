//! Row 10: a response that comes before its request is whole, and the connection that ends behind it.

use super::support::{Authority, Gateway, Upstream, Wire, json};
use dateline_gateway::Config;
use std::time::{Duration, Instant};

/// Heads of requests with a long body, and the status of the response that comes before the body has been read.
const EARLY: [(&str, &str, u16); 5] = [
    ("a version that is none", "POST /api/v1/plans HTTP/1.1\r\nhost: x\r\napi-version-date: never\r\n", 400),
    (
        "an underscore in a name",
        "POST /api/v1/plans HTTP/1.1\r\nhost: x\r\nx_y: 1\r\ncontent_length: 1\r\n",
        400,
    ),
    ("a head that is none", "POST /api/v1/plans HTTP/1.1\r\nhost: x\r\nno field\r\n", 400),
    (
        "a body over the limit",
        "POST /api/v1/plans HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n",
        413,
    ),
    ("an upstream that is not there", "POST /api/v1/widgets HTTP/1.0\r\nhost: x\r\n", 502),
];

const LENGTH: usize = 3_000_000;

/// Sends a head, reads the whole response and the end behind it, and sends the body then.
async fn early(mut client: Wire, head: &str) -> (u16, bool) {
    client.send(format!("{head}content-length: {LENGTH}\r\n\r\n")).await;
    client.send(vec![b'x'; 40_000]).await;
    let came = client.rest().await;
    assert!(!client.is_broken(), "{head}");
    let status = String::from_utf8_lossy(&came).split(' ').nth(1).and_then(|status| status.parse().ok());
    let mut taken = true;
    for piece in vec![b'x'; LENGTH - 40_000].chunks(100_000) {
        taken &= client.try_send(piece).await;
    }
    (status.unwrap_or_default(), taken)
}

#[tokio::test]
async fn row_10_a_client_that_still_sends_is_not_reset_behind_its_response() {
    let authority = Authority::new();
    let absent = Upstream::absent().await;
    let (cert, key) = authority.files("localhost");
    let cleartext = Gateway::before(&absent).await;
    let tls = Gateway::configured(&absent, |config| {
        (config.listen.tls_cert, config.listen.tls_key) = (Some(cert), Some(key));
    })
    .await;
    for (what, head, status) in EARLY {
        assert_eq!(early(cleartext.connect().await, head).await, (status, true), "{what}");
        let client = tls.tls(&authority.client(&["http/1.1"], None)).await.expect("a connection");
        // The end of TLS comes with the end of what the gateway sends, so the client may be told that it is over.
        assert_eq!(early(client, head).await.0, status, "{what}, TLS");
    }
}

#[tokio::test]
async fn row_10_a_connection_over_the_limit_is_not_reset_behind_its_response() {
    let upstream = Upstream::answers(json("{}")).await;
    let gateway = Gateway::configured(&upstream, |config| config.limits.connections = 1).await;
    let mut served = gateway.connect().await;
    served.send("GET /api/v1/widgets HTTP/1.1\r\nhost: x\r\n\r\n").await;
    assert_eq!(served.answer().await.status(), 200);
    assert_eq!(early(gateway.connect().await, EARLY[0].1).await, (503, true));
}

#[tokio::test]
async fn row_10_a_client_that_sends_no_more_of_its_body_is_let_go() {
    let upstream = Upstream::answers(json("{}")).await;
    let short = |config: &mut Config| config.timeouts.response_write = Duration::from_millis(300);
    let gateway = Gateway::configured(&upstream, short).await;
    let mut client = gateway.connect().await;
    let begun = Instant::now();
    client.send(format!("{}content-length: {LENGTH}\r\n\r\n", EARLY[0].1)).await;
    assert!(client.rest().await.starts_with(b"HTTP/1.1 400 "));
    // It keeps its side open, and is silent.
    let open = async || gateway.admin("/metrics").await.text().contains("\ndateline_connections 1\n");
    while open().await {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
}
