//! Rows 24 and 25: clients that are slow, silent, or take nothing.

use super::support::{
    Authority, End, Fate, Frames, Gateway, Http2, Upstream, Wire, ask,
    frames::{GOAWAY, HEADERS, RST_STREAM, SETTINGS},
    get, json, until,
};
use dateline_gateway::Config;
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    time::{Duration, Instant},
};

const PLAN: &str = "/api/v1/plans/plan_x";
const SOON: Duration = Duration::from_millis(150);

/// A gateway on which these timeouts are short.
async fn gateway(upstream: &Upstream, change: impl Fn(&mut Config)) -> Gateway {
    Gateway::configured(upstream, change).await
}

fn fields<'a>(method: &'a str, path: &'a str) -> [(&'a str, &'a str); 5] {
    [
        (":method", method),
        (":scheme", "http"),
        (":authority", "x"),
        (":path", path),
        ("authorization", "Bearer test"),
    ]
}

#[tokio::test]
async fn row_24_a_silent_connection_is_closed() {
    let upstream = Upstream::absent().await;
    let gateway = gateway(&upstream, |config| config.timeouts.handshake = SOON).await;
    let began = Instant::now();
    let mut silent = gateway.connect().await;
    let mut half_a_preface = gateway.connect().await;
    half_a_preface.send("PRI * HTTP/2.0\r\n").await;
    assert!(silent.rest().await.is_empty() && half_a_preface.rest().await.is_empty());
    assert!(began.elapsed() >= SOON);
}

#[tokio::test]
async fn row_24_a_tls_handshake_that_stands_still_is_closed() {
    let upstream = Upstream::absent().await;
    let authority = Authority::new();
    let (cert, key) = authority.files("localhost");
    let gateway = gateway(&upstream, |config| {
        (config.listen.tls_cert, config.listen.tls_key) = (Some(cert.clone()), Some(key.clone()));
        config.timeouts.handshake = SOON;
    })
    .await;
    let mut silent = gateway.connect().await;
    let mut begun = gateway.connect().await;
    begun.send([0x16, 0x03, 0x01, 0x02]).await;
    // And one that has made its handshake and then says nothing.
    let mut made = gateway.tls(&authority.client(&["h2"], None)).await.unwrap();
    silent.rest().await;
    begun.rest().await;
    made.rest().await;
}

#[tokio::test]
async fn row_24_http2_and_then_silence_is_closed() {
    let upstream = Upstream::absent().await;
    let gateway = gateway(&upstream, |config| config.timeouts.request_head = SOON).await;
    // Without settings; with settings; with the beginning of a head; with pings for ever.
    let mut preface = gateway.connect().await;
    preface.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await;
    let mut settled = Frames::to(&gateway).await;
    let mut headed = Frames::to(&gateway).await;
    headed.send(HEADERS, 0, 1, [0]).await;
    let mut lively = Frames::to(&gateway).await;
    preface.rest().await;
    assert_eq!(settled.fate(1).await, Fate::Away(0));
    assert_ne!(headed.fate(1).await, Fate::Answered);
    let began = Instant::now();
    while lively.next().await.is_some_and(|frame| frame.kind != GOAWAY) {
        lively.send(6, 0, 0, [0; 8]).await;
        assert!(began.elapsed() < Duration::from_secs(5), "pings are no request");
    }
}

/// Sends a head byte by byte for as long as the gateway takes it, which is not long.
async fn drips_a_head(mut client: Wire) {
    let began = Instant::now();
    client.send("GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ").await;
    while client.try_send("x").await {
        assert!(began.elapsed() < Duration::from_secs(5), "a head may take {SOON:?}");
        tokio::time::sleep(SOON / 10).await;
    }
    assert!(client.rest().await.is_empty());
}

#[tokio::test]
async fn row_24_a_slow_head_is_closed() {
    let upstream = Upstream::answers(json("{}")).await;
    let gateway = gateway(&upstream, |config| config.timeouts.request_head = SOON).await;
    let mut client = gateway.connect().await;
    // Neither the first request of a connection nor a later one may take its time.
    client.send(get(PLAN).bytes()).await;
    assert_eq!(client.answer().await.status(), 200);
    tokio::time::sleep(SOON * 2).await;
    let fresh = gateway.connect().await;
    tokio::join!(drips_a_head(client), drips_a_head(fresh));
    assert_eq!(upstream.count(), 1);
}

#[tokio::test]
async fn row_24_a_slow_body_is_a_408_and_the_end() {
    let upstream = Upstream::answers(json("{}")).await;
    let gateway = gateway(&upstream, |config| config.timeouts.request_body_idle = SOON).await;
    // Read whole before the upstream is asked; passed on as it comes.
    for (path, outcome) in [("/api/v1/plans", "not_sent"), ("/api/v1/files", "unknown")] {
        let mut client = gateway.connect().await;
        client
            .send(format!(
                "POST {path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{{"
            ))
            .await;
        let answer = client.answer().await;
        assert_eq!(answer.error(), (408, "request_timeout".to_owned()));
        assert_eq!(answer.field("connection"), Some("close"));
        assert_eq!(answer.field("dateline-outcome"), Some(outcome));
        assert!(client.rest().await.is_empty());

        let mut client = Frames::to(&gateway).await;
        let head = [fields("POST", path).as_slice(), &[("content-type", "application/json")]].concat();
        client.head(1, &head, false).await;
        assert_eq!(client.fate(1).await, Fate::Answered);
        while client.next().await.is_some_and(|frame| frame.kind != RST_STREAM) {}
    }
    assert_eq!(upstream.count(), 0, "no whole request");
}

#[tokio::test]
async fn row_24_a_body_that_drips_is_a_408_and_the_end() {
    let upstream = Upstream::answers(json("{}")).await;
    let gateway = gateway(&upstream, |config| config.timeouts.request_body = SOON).await;
    let mut client = gateway.connect().await;
    let head = "POST /api/v1/plans HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n";
    client.send(head).await;
    for byte in [b'a'; 20] {
        client.send([byte]).await;
        tokio::time::sleep(SOON / 10).await;
    }
    assert_eq!(client.answer().await.error(), (408, "request_timeout".to_owned()));
    assert!(client.rest().await.is_empty());
    assert_eq!(upstream.connections(), 0);
}

#[tokio::test]
async fn row_24_an_idle_connection_is_closed_and_a_busy_one_is_not() {
    let upstream = Upstream::answers(json("{}")).await;
    let gateway = gateway(&upstream, |config| config.timeouts.keep_alive = SOON * 4).await;
    let mut client = gateway.connect().await;
    let mut two = Frames::to(&gateway).await;
    let began = Instant::now();
    for stream in [1, 3, 5, 7, 9] {
        client.send(get(PLAN).bytes()).await;
        assert_eq!(client.answer().await.status(), 200);
        two.head(stream, &fields("GET", PLAN), true).await;
        assert_eq!(two.fate(stream).await, Fate::Answered);
        tokio::time::sleep(SOON).await;
    }
    assert!(began.elapsed() > SOON * 4, "for longer than an idle one is kept");
    assert!(client.rest().await.is_empty());
    assert_eq!(two.fate(11).await, Fate::Away(0));
}

#[tokio::test]
async fn row_24_a_connection_ends_with_its_last_request() {
    let upstream = Upstream::answers(json("{}")).await;
    let gateway = gateway(&upstream, |config| config.limits.connection_requests = 3).await;
    let mut client = gateway.connect().await;
    client.send(get(PLAN).bytes().repeat(5)).await;
    for last in [None, None, Some("close")] {
        assert_eq!(client.answer().await.field("connection"), last);
    }
    assert!(client.rest().await.is_empty());
    assert_eq!(upstream.count(), 3, "what follows is not served");

    let mut client = Frames::to(&gateway).await;
    for stream in [1, 3, 5] {
        client.head(stream, &fields("GET", PLAN), true).await;
    }
    let mut kinds = Vec::new();
    while let Some(frame) = client.next().await {
        // A peer that plays along: settings and the ping that comes with GOAWAY are acknowledged.
        if matches!(frame.kind, SETTINGS | 6) && frame.flags & 1 == 0 {
            let payload = if frame.kind == 6 { frame.payload.clone() } else { Vec::new() };
            client.send(frame.kind, 1, 0, payload).await;
        }
        kinds.push(frame.kind);
    }
    assert_eq!(kinds.iter().filter(|kind| **kind == HEADERS).count(), 3, "{kinds:?}");
    assert!(kinds.contains(&GOAWAY), "{kinds:?}");
}

#[tokio::test]
async fn row_24_a_client_that_does_not_hear_goaway_is_broken_off() {
    let upstream = Upstream::answers(json("{}")).await;
    let gateway = gateway(&upstream, |config| {
        (config.limits.connection_requests, config.limits.streams) = (3, 5);
    })
    .await;
    let mut client = Frames::to(&gateway).await;
    let mut answered = 0;
    for stream in (1..200).step_by(2) {
        client.head(stream, &fields("GET", PLAN), true).await;
        match client.fate(stream).await {
            Fate::Answered => answered += 1,
            // The first one, and then the last.
            Fate::Away(0) if answered < 4 => {}
            Fate::Away(_) | Fate::Closed => break,
            fate => panic!("{fate:?}"),
        }
    }
    while client.next().await.is_some() {}
    assert!(upstream.count() <= 10, "{answered} {}", upstream.count());
}

/// An upstream whose answer never ends, and whether it was let go.
async fn endless() -> (Upstream, Arc<AtomicBool>) {
    let freed = Arc::new(AtomicBool::new(false));
    let upstream = Upstream::scripted_with(Arc::clone(&freed), move |mut connection, noted| async move {
        let request = connection.next().await?;
        if request.start.contains("plan_x") {
            connection.send(json("{}")).await;
            return connection.end(End::Close).await;
        }
        connection.send("HTTP/1.1 200 OK\r\ncontent-length: 900000000\r\n\r\n").await;
        // Ends where the other side takes no more.
        connection.send(vec![b' '; 64 << 20]).await;
        noted.store(true, SeqCst);
        None
    })
    .await;
    (upstream, freed)
}

#[tokio::test]
async fn row_25_a_slow_reader_is_broken_off_and_the_upstream_freed() {
    let authority = Authority::new();
    let (cert, key) = authority.files("localhost");
    for tls in [false, true] {
        let (upstream, freed) = endless().await;
        let gateway = gateway(&upstream, |config| {
            config.timeouts.response_write = SOON * 2;
            if tls {
                (config.listen.tls_cert, config.listen.tls_key) = (Some(cert.clone()), Some(key.clone()));
            }
        })
        .await;
        let mut client = match tls {
            true => gateway.tls(&authority.client(&[], None)).await.unwrap(),
            false => gateway.connect().await,
        };
        client.send(get("/api/v1/files/large").bytes()).await;
        until("the upstream is freed", || freed.load(SeqCst)).await;
        let taken = client.rest().await.len();
        assert!(taken < 64 << 20, "an aborted transfer: {taken}");
    }
}

#[tokio::test]
async fn row_25_a_stream_without_a_window_is_reset_and_others_are_served() {
    let (upstream, freed) = endless().await;
    let gateway = gateway(&upstream, |config| config.timeouts.response_write = SOON * 2).await;
    let mut client = Frames::to(&gateway).await;
    // 64 KiB of window, and no more.
    client.head(1, &fields("GET", "/api/v1/files/large"), true).await;
    let mut got = 0;
    loop {
        let frame = client.next().await.expect("the connection lives on");
        match (frame.kind, frame.stream) {
            (0, 1) => got += frame.payload.len(),
            (RST_STREAM, 1) => break,
            _ => {}
        }
        assert!(!(frame.kind == 0 && frame.flags & 1 == 1), "never a complete answer");
    }
    assert_eq!(got, 65_535, "as much as there was room for");
    until("the upstream is freed", || freed.load(SeqCst)).await;
    // The window of the connection is used up, but a head needs none.
    client.head(3, &fields("GET", PLAN), true).await;
    assert_eq!(client.fate(3).await, Fate::Answered);
}

#[tokio::test]
async fn row_25_a_reader_that_pauses_is_no_slow_reader() {
    let body = "x".repeat(12 << 20);
    let whole = super::support::answer("200 OK", &["content-type: text/plain"], &body);
    let upstream = Upstream::answers(whole).await;
    let gateway = gateway(&upstream, |config| config.timeouts.response_write = Duration::from_secs(5)).await;
    let mut client = gateway.connect().await;
    client.send(get("/api/v1/files/large").with("connection", "close").bytes()).await;
    client.through("\r\n\r\n").await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(client.rest().await.len(), body.len());

    let stream = gateway.try_connect().await.unwrap();
    let (_, taken) = Http2::over(stream).await.whole(get("/api/v1/files/large")).await;
    assert_eq!(taken.len(), body.len(), "cut in pieces, and put together again");
}

#[tokio::test]
async fn row_24_a_slow_upstream_is_not_the_clients_fault() {
    let upstream = Upstream::scripted(|mut connection| async move {
        connection.next().await?;
        tokio::time::sleep(SOON * 4).await;
        connection.send(json("{}")).await;
        Some(())
    })
    .await;
    let gateway = gateway(&upstream, |config| {
        config.timeouts.handshake = SOON;
        config.timeouts.request_head = SOON;
        config.timeouts.keep_alive = SOON;
        config.timeouts.request_body_idle = SOON;
        config.timeouts.response_write = SOON;
    })
    .await;
    assert_eq!(gateway.send(get(PLAN)).await.status(), 200);
    assert_eq!(gateway.send(ask("POST", "/api/v1/plans").json("{}")).await.status(), 200);
    assert_eq!(gateway.send_h2(get(PLAN)).await.status(), 200);
}
