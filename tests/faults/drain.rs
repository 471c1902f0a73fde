//! Row 47: told to stop, the gateway finishes what is under way, and nothing that only waits holds it up.

use super::support::{Authority, Fate, Frames, Gateway, Process, Upstream, ask, get, json, until};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::sync::Notify;

const PLAN: &str = "/api/v1/plans/plan_x";

fn fields() -> [(&'static str, &'static str); 4] {
    [(":method", "GET"), (":scheme", "http"), (":authority", "x"), (":path", PLAN)]
}

/// An upstream that answers as soon as it is told to.
async fn slow() -> (Upstream, Arc<Notify>) {
    Upstream::gated(json("{}")).await
}

#[tokio::test]
async fn row_47_connections_that_only_wait_do_not_hold_it_up() {
    let upstream = Upstream::answers(json("{}")).await;
    let mut gateway = Gateway::before(&upstream).await;
    let (mut silent, mut half, mut kept) =
        (gateway.connect().await, gateway.connect().await, gateway.connect().await);
    half.send("GET / HTTP/1.1\r\nHo").await;
    kept.send(get(PLAN).bytes()).await;
    assert_eq!(kept.answer().await.status(), 200);
    // One that has settled, and one that has been served; neither answers the ping that comes with GOAWAY.
    let (mut settled, mut served) = (Frames::to(&gateway).await, Frames::to(&gateway).await);
    served.head(1, &fields(), true).await;
    assert_eq!(served.fate(1).await, Fate::Answered);
    assert_eq!(settled.next().await.unwrap().kind, 4);
    let stopped = Instant::now();
    gateway.stop();
    gateway.stopped().await;
    assert!(stopped.elapsed() < Duration::from_secs(12), "{:?}", stopped.elapsed());
    assert!(silent.rest().await.is_empty() && half.rest().await.is_empty() && kept.rest().await.is_empty());
    assert_eq!((settled.fate(1).await, served.fate(3).await), (Fate::Away(0), Fate::Away(0)));
}

#[tokio::test]
async fn row_47_tls_handshakes_do_not_hold_it_up() {
    let upstream = Upstream::answers(json("{}")).await;
    let authority = Authority::new();
    let (cert, key) = authority.files("localhost");
    let mut gateway = Gateway::configured(&upstream, |config| {
        (config.listen.tls_cert, config.listen.tls_key) = (Some(cert), Some(key));
    })
    .await;
    let mut silent = gateway.connect().await;
    let mut begun = gateway.connect().await;
    begun.send([0x16, 0x03, 0x01, 0x02]).await;
    let mut idle = gateway.tls(&authority.client(&["h2"], None)).await.unwrap();
    let mut kept = gateway.tls(&authority.client(&["http/1.1"], None)).await.unwrap();
    kept.send(get(PLAN).bytes()).await;
    assert_eq!(kept.answer().await.status(), 200);
    let stopped = Instant::now();
    gateway.stop();
    gateway.stopped().await;
    assert!(stopped.elapsed() < Duration::from_secs(9), "{:?}", stopped.elapsed());
    for client in [&mut silent, &mut begun, &mut idle, &mut kept] {
        client.rest().await;
    }
}

#[tokio::test]
async fn row_47_who_has_just_connected_is_served() {
    let upstream = Upstream::answers(json("{}")).await;
    let authority = Authority::new();
    let (cert, key) = authority.files("localhost");
    let drains = |gateway: &Gateway| {
        let address = gateway.0;
        until("it drains", move || std::net::TcpStream::connect(address).is_err())
    };
    // A second is what they have: where the machine is slower than that, it shows nothing.
    for _ in 0..20 {
        let mut plain = Gateway::before(&upstream).await;
        let mut tls = Gateway::configured(&upstream, |config| {
            (config.listen.tls_cert, config.listen.tls_key) = (Some(cert.clone()), Some(key.clone()));
        })
        .await;
        let connected = Instant::now();
        let (mut silent, mut half) = (plain.connect().await, plain.connect().await);
        let request = get(PLAN).bytes();
        let (head, rest) = request.split_at(20);
        half.send(head).await;
        let mut settled = Frames::to(&plain).await;
        let mut shaken = tls.tls(&authority.client(&["http/1.1"], None)).await.unwrap();
        plain.stop();
        tls.stop();
        drains(&plain).await;
        drains(&tls).await;
        let in_time = connected.elapsed() < Duration::from_millis(700);
        if in_time {
            silent.send(get(PLAN).bytes()).await;
            half.send(rest).await;
            settled.head(1, &fields(), true).await;
            shaken.send(get(PLAN).bytes()).await;
            for client in [&mut silent, &mut half, &mut shaken] {
                let answer = client.answer().await;
                assert_eq!((answer.status(), answer.field("connection")), (200, Some("close")));
            }
            // It is told at once that there will be no other.
            assert_eq!((settled.fate(1).await, settled.fate(1).await), (Fate::Away(0), Fate::Answered));
        }
        drop(settled);
        plain.stopped().await;
        tls.stopped().await;
        if in_time {
            return;
        }
    }
    panic!("never within a second");
}

#[tokio::test]
async fn row_47_what_is_under_way_finishes_and_its_connection_with_it() {
    let (upstream, go_on) = slow().await;
    let mut gateway = Gateway::before(&upstream).await;
    let mut client = gateway.connect().await;
    client.send([get(PLAN).bytes(), get(PLAN).bytes()].concat()).await;
    let mut two = Frames::to(&gateway).await;
    two.head(1, &fields(), true).await;
    until("both are under way", || upstream.count() == 2).await;
    gateway.stop();
    until("it drains", || {
        // Nobody is let in any more.
        std::net::TcpStream::connect(gateway.0).is_err()
    })
    .await;
    assert_eq!(gateway.admin("/readyz").await.status(), 503);
    go_on.notify_one();
    go_on.notify_one();
    let answer = client.answer().await;
    assert_eq!((answer.status(), answer.field("connection")), (200, Some("close")));
    let mut kinds = Vec::new();
    while let Some(frame) = two.next().await {
        if frame.kind == 6 && frame.flags & 1 == 0 {
            two.send(6, 1, 0, frame.payload.clone()).await;
        }
        kinds.push((frame.kind, frame.stream));
    }
    assert!(kinds.contains(&(7, 0)) && kinds.contains(&(1, 1)), "{kinds:?}");
    gateway.stopped().await;
    assert!(client.rest().await.is_empty(), "the pipelined one is not served");
    assert_eq!(upstream.count(), 2);
}

#[cfg(unix)]
#[tokio::test]
async fn row_47_at_the_deadline_it_breaks_off_and_says_how_many() {
    let (upstream, _go_on) = slow().await;
    let gateway = Process::before(&upstream, &[("DATELINE_TIMEOUTS__DRAIN", "200ms")]).await;
    let mut clients = Vec::new();
    for ask in [get(PLAN), ask("PATCH", PLAN).json("{}"), get(PLAN)] {
        let mut client = gateway.connect().await;
        client.send(ask.bytes()).await;
        clients.push(client);
    }
    until("all are under way", || upstream.count() == 3).await;
    gateway.terminate();
    until("it says so", || gateway.written().contains("\"broken_off\":3")).await;
    for client in &mut clients {
        let rest = String::from_utf8(client.rest().await).unwrap();
        assert!(!rest.starts_with("HTTP/1.1 2"), "{rest}");
    }
    assert!(gateway.ended().await.success());
}

#[tokio::test]
async fn row_47_what_ends_with_its_connection_is_reset_at_the_deadline() {
    let upstream = Upstream::scripted(|mut connection| async move {
        connection.next().await?;
        connection.send("HTTP/1.1 200 OK\r\ncontent-type: text/csv\r\n\r\na,b\n").await;
        connection.ended().await;
        None
    })
    .await;
    let mut gateway =
        Gateway::configured(&upstream, |config| config.timeouts.drain = Duration::from_millis(100)).await;
    let mut client = gateway.connect().await;
    client.send(get(PLAN).pin("2026-07-01").bytes()).await;
    client.through("a,b\n").await;
    gateway.stop();
    gateway.stopped().await;
    assert!(client.rest().await.is_empty() && client.is_broken(), "never an end that looks like one");
}

#[tokio::test]
async fn row_47_in_the_delay_it_serves_says_that_it_is_not_ready_and_ends_connections_with_their_answer() {
    let upstream = Upstream::answers(json("{}")).await;
    let mut gateway = Gateway::configured(&upstream, |config| {
        config.timeouts.shutdown_delay = Some(Duration::from_secs(4))
    })
    .await;
    let (mut kept, mut two) = (gateway.connect().await, Frames::to(&gateway).await);
    kept.send(get(PLAN).bytes()).await;
    assert_eq!(kept.answer().await.field("connection"), None);
    two.head(1, &fields(), true).await;
    assert_eq!(two.fate(1).await, Fate::Answered);
    assert_eq!(gateway.admin("/readyz").await.status(), 200);
    gateway.stop();
    while gateway.admin("/readyz").await.status() == 200 {
        tokio::task::yield_now().await;
    }
    assert_eq!(gateway.admin("/readyz").await.status(), 503);
    // Both the connection that there was and a new one are served, and end as announced.
    for mut client in [kept, gateway.connect().await] {
        client.send(get(PLAN).bytes()).await;
        let answer = client.answer().await;
        assert_eq!((answer.status(), answer.field("connection")), (200, Some("close")));
        assert!(client.rest().await.is_empty() && !client.is_broken());
    }
    two.head(3, &fields(), true).await;
    assert_eq!(two.fate(3).await, Fate::Answered);
    gateway.stopped().await;
    assert_eq!(upstream.count(), 5);
}
