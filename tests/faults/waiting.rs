//! An upstream that is not there, or does not come to an end.

use super::support::{
    Authority, Connection, End, Gateway, HEAD, Protocol, Upstream, ask, get, until, within,
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::sync::Barrier;

const PLANS: &str = "/api/v1/plans";
const PLAN: &str = "/api/v1/plans/plan_x";
const OLD: &str = "2025-01-01";
const NEW: &str = "2026-07-01";
const SOON: Duration = Duration::from_millis(100);

/// Returns the answer to a write that the upstream fails: status, type, outcome.
async fn outcome(gateway: &Gateway) -> (u16, String, String) {
    let answer = gateway.send(ask("POST", PLANS).json("{}")).await;
    let (status, code) = answer.error();
    (status, code, answer.field("dateline-outcome").expect("an outcome").to_owned())
}

fn not_sent() -> (u16, String, String) {
    (502, "upstream_unreachable".to_owned(), "not_sent".to_owned())
}

fn overdue(outcome: &str) -> (u16, String, String) {
    (504, "upstream_timeout".to_owned(), outcome.to_owned())
}

#[tokio::test]
async fn row_39_a_refused_connection_has_taken_nothing() {
    let upstream = Upstream::absent().await;
    assert_eq!(outcome(&Gateway::before(&upstream).await).await, not_sent());
}

#[tokio::test]
async fn row_39_a_bad_certificate_gets_nothing() {
    let (known, unknown) = (Authority::new(), Authority::new());
    for tls in [unknown.server("localhost"), known.server("other.example")] {
        let upstream = Upstream::scripted_tls("localhost", tls, |mut connection: Connection| async move {
            connection.next().await.map(|_| ())
        })
        .await;
        let file = known.file();
        let gateway = Gateway::configured(&upstream, |config| config.upstream.ca_file = Some(file)).await;
        assert_eq!(outcome(&gateway).await, not_sent());
        assert_eq!(upstream.count(), 0);
    }
}

#[tokio::test]
async fn row_39_a_handshake_that_hangs_has_taken_nothing() {
    let mut upstream = Upstream::scripted(|mut connection: Connection| async move {
        connection.ended().await;
        None
    })
    .await;
    upstream.url = upstream.url.replace("http:", "https:");
    let gateway = Gateway::configured(&upstream, |config| config.timeouts.connect = SOON).await;
    assert_eq!(outcome(&gateway).await, not_sent());
}

#[tokio::test]
async fn row_39_a_head_that_does_not_come_is_a_timeout() {
    for (begins, known) in
        [("", "unknown"), ("HTTP/1.1 20", "unknown"), ("HTTP/1.1 200 OK\r\ncontent-type: app", "responded")]
    {
        let upstream = Upstream::scripted(move |mut connection: Connection| async move {
            connection.next().await?;
            connection.send(begins).await;
            connection.ended().await;
            None
        })
        .await;
        let gateway = Gateway::configured(&upstream, |config| config.timeouts.response_header = SOON).await;
        assert_eq!(outcome(&gateway).await, overdue(known), "{begins}");
        assert_eq!(gateway.send(get(PLAN)).await.error(), (504, "upstream_timeout".to_owned()));
        assert_eq!(upstream.count(), 2, "once each");
    }
}

#[tokio::test]
async fn row_39_promises_do_not_put_off_a_head() {
    let upstream = Upstream::scripted(|mut connection: Connection| async move {
        connection.next().await?;
        loop {
            connection.send("HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n").await;
            tokio::time::sleep(SOON / 10).await;
        }
    })
    .await;
    let gateway = Gateway::configured(&upstream, |config| config.timeouts.response_header = SOON).await;
    assert_eq!(outcome(&gateway).await, overdue("unknown"));
}

#[tokio::test]
async fn row_39_an_upstream_that_takes_no_more_is_a_timeout() {
    let upstream = Upstream::scripted(|connection: Connection| async move {
        tokio::time::sleep(Duration::from_secs(30)).await;
        connection.end(End::Close).await
    })
    .await;
    let gateway = Gateway::configured(&upstream, |config| config.timeouts.response_header = SOON).await;
    let mut client = gateway.connect().await;
    let sent = ask("POST", PLANS).pin(NEW).body(vec![b'x'; 16 << 20]).bytes();
    client.send(sent).await;
    let answer = client.answer().await;
    assert_eq!(answer.error(), (504, "upstream_timeout".to_owned()));
    assert_eq!(answer.field("dateline-outcome"), Some("unknown"));
}

#[tokio::test]
async fn row_39_a_slow_client_is_not_the_upstreams_fault() {
    let upstream = Upstream::answers(format!("{HEAD}content-length: 2\r\n\r\n{{}}")).await;
    let gateway = Gateway::configured(&upstream, |config| config.timeouts.response_header = SOON * 10).await;
    let mut client = gateway.connect().await;
    client.send(ask("POST", PLANS).pin(NEW).with("content-length", "8").bytes()).await;
    for piece in ["ha", "lf", "ha", "lf"] {
        tokio::time::sleep(SOON * 4).await;
        client.send(piece).await;
    }
    assert_eq!(client.answer().await.text(), "{}");
}

#[tokio::test]
async fn row_39_a_body_that_stalls_is_an_error_or_broken_off() {
    let body = r#"{"id":"plan_x","account":null}"#;
    for framing in [
        format!("content-length: {}\r\n\r\n{}", body.len(), &body[..12]),
        format!("transfer-encoding: chunked\r\n\r\nc\r\n{}\r\n", &body[..12]),
        format!("\r\n{}", &body[..12]),
    ] {
        let came = format!("{HEAD}{framing}");
        let upstream = Upstream::scripted_with(came, move |mut connection, came| async move {
            connection.next().await?;
            connection.send(came).await;
            connection.ended().await;
            None
        })
        .await;
        let gateway =
            Gateway::configured(&upstream, |config| config.timeouts.response_body_idle = SOON).await;
        for protocol in Protocol::ALL {
            for pin in [OLD, NEW] {
                let received = within("an end", gateway.receive(protocol, &get(PLAN).pin(pin))).await;
                // Told where it could be; never whole.
                if let Some(error) = received {
                    assert_eq!(
                        error.error(),
                        (504, "upstream_timeout".to_owned()),
                        "{protocol:?} {pin} {framing}"
                    );
                    assert_eq!(error.field("dateline-outcome"), Some("responded"));
                }
            }
        }
    }
}

#[tokio::test]
async fn row_46_connections_have_a_maximum_age() {
    let answer = format!("{HEAD}content-length: 2\r\n\r\n{{}}");
    let upstream = Upstream::scripted_with(answer, move |mut connection, answer| async move {
        loop {
            connection.next().await?;
            tokio::time::sleep(SOON).await;
            connection.send(&answer).await;
        }
    })
    .await;
    let gateway =
        Gateway::configured(&upstream, |config| config.timeouts.upstream_max_age = SOON * 5 / 2).await;
    // The third is under way when the connection comes of age, and ends well.
    for _ in 0..6 {
        assert_eq!(gateway.send(get(PLAN)).await.text(), "{}");
    }
    let connections = upstream.connections();
    assert!((2..=6).contains(&connections), "{connections}");
}

#[tokio::test]
async fn row_46_connections_are_kept_for_a_time_and_so_many() {
    let ended = Arc::new(AtomicUsize::new(0));
    let (count, all) = (Arc::clone(&ended), Arc::new(Barrier::new(6)));
    let upstream = Upstream::scripted_with((count, all), move |mut connection, (count, all)| async move {
        connection.next().await?;
        all.wait().await;
        connection.send(format!("{HEAD}content-length: 2\r\n\r\n{{}}")).await;
        connection.ended().await;
        count.fetch_add(1, Relaxed);
        None
    })
    .await;
    let gateway = Gateway::configured(&upstream, |config| {
        config.timeouts.upstream_idle = SOON * 20;
        config.limits.upstream_idle_connections = 2;
    })
    .await;
    let at_once = (0..6).map(|_| {
        let client = *gateway;
        tokio::spawn(async move { client.send(get(PLAN)).await })
    });
    for answer in at_once.collect::<Vec<_>>() {
        assert_eq!(answer.await.unwrap().text(), "{}");
    }
    let closed = || ended.load(Relaxed);
    until("all but two are closed", || closed() >= 4).await;
    assert_eq!(closed(), 4);
    until("those are closed in their time", || closed() == 6).await;
}

#[tokio::test]
async fn row_47a_a_client_with_http_1_0_gets_a_length() {
    let body = r#"{"account":null}"#;
    let chunked = format!("{HEAD}transfer-encoding: chunked\r\n\r\n10\r\n{body}\r\n0\r\n\r\n");
    let upstream = Upstream::answers(chunked).await;
    let gateway = Gateway::configured(&upstream, |config| {
        config.limits.object_bytes = 16;
        config.limits.buffer_bytes = 16;
    })
    .await;
    for (pin, body) in [(OLD, r#"{"company":null}"#), (NEW, body)] {
        let mut client = gateway.connect().await;
        client.send(get(PLAN).pin(pin).bytes10()).await;
        let answer = client.answer().await;
        assert_eq!((answer.text(), answer.field("content-length")), (body, Some("16")));
        assert_eq!(answer.field("transfer-encoding"), None);
        assert!(client.rest().await.is_empty());
    }
}

#[tokio::test]
async fn row_47a_over_the_limit_a_client_with_http_1_0_gets_an_error() {
    let body = r#"{"account":null,"title":"a"}"#;
    let upstream = Upstream::scripted(move |mut connection: Connection| async move {
        connection.next().await?;
        connection.send(format!("{HEAD}transfer-encoding: chunked\r\n\r\n")).await;
        // Never at an end: the limit is all that ends it.
        connection.send(format!("{:x}\r\n{body}\r\n", body.len())).await;
        connection.ended().await;
        None
    })
    .await;
    let gateway = Gateway::configured(&upstream, |config| {
        config.limits.object_bytes = 20;
        config.limits.buffer_bytes = 20;
    })
    .await;
    for pin in [OLD, NEW] {
        let received = gateway.receive(Protocol::Http10, &get(PLAN).pin(pin)).await.expect("an error");
        assert_eq!(received.error(), (502, "response_too_large".to_owned()));
        assert_eq!(received.field("dateline-outcome"), Some("responded"));
    }
}
