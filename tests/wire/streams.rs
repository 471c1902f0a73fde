//! Bodies on their way: what passes is not held back, and who leaves takes only its own request along.

use super::support::{End, Gateway, HEAD, LIMIT, MOMENT, Upstream, ask, get, json, until};
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};
use tokio::sync::Notify;

const PLAN: &str = "/api/v1/plans/plan_x";

#[tokio::test]
async fn an_answer_that_passes_arrives_before_it_is_finished() {
    let go_on = Arc::new(Notify::new());
    let upstream = Upstream::scripted_with(Arc::clone(&go_on), move |mut connection, gate| async move {
        connection.next().await?;
        connection.send(format!("{HEAD}transfer-encoding: chunked\r\n\r\n5\r\nfirst\r\n")).await;
        gate.notified().await;
        connection.send("6\r\nsecond\r\n0\r\n\r\n").await;
        Some(())
    })
    .await;
    let gateway = Gateway::before(&upstream).await;
    let mut client = gateway.connect().await;
    client.send(get(PLAN).pin("2026-07-01").bytes()).await;
    client.through("first").await;
    go_on.notify_one();
    assert_eq!(client.through("0\r\n\r\n").await, "\r\n6\r\nsecond\r\n0\r\n\r\n");
}

#[tokio::test]
async fn a_request_that_passes_arrives_before_it_is_finished() {
    let upstream = Upstream::scripted(|mut connection| async move {
        connection.through("first").await;
        connection.send("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nearly").await;
        connection.through("second").await;
        Some(())
    })
    .await;
    let gateway = Gateway::before(&upstream).await;
    let mut client = gateway.connect().await;
    let head = ask("POST", PLAN).pin("2026-07-01").with("content-length", "11").bytes();
    client.send([&head, b"first".as_slice()].concat()).await;
    client.through("early").await;
    client.send("second").await;
}

#[tokio::test]
async fn what_passes_has_no_limit() {
    let large = vec![b'x'; 12 << 20];
    let came = [format!("{HEAD}content-length: {}\r\n\r\n", large.len()).as_bytes(), &large].concat();
    let upstream = Upstream::answers(came).await;
    let gateway = Gateway::before(&upstream).await;
    let sent = ask("POST", PLAN).with("content-type", "image/png").pin("2026-07-01").body(large.clone());
    let answer = gateway.send(sent).await;
    assert!(answer.body == large && upstream.only().body == large);
}

#[tokio::test]
async fn a_large_list_is_translated_whole() {
    let plan = |id: usize, name: &str| format!(r#"{{"id":"plan_{id}","{name}":{{"id":"biz"}},"n":1.0}}"#);
    let list = |name: &str| {
        let plans: Vec<String> = (0..60_000).map(|id| plan(id, name)).collect();
        format!(r#"{{"data":[{}]}}"#, plans.join(","))
    };
    let upstream = Upstream::answers(json(&list("account"))).await;
    let gateway = Gateway::before(&upstream).await;
    let answer = gateway.send(get("/api/v1/plans")).await;
    assert!(answer.text() == list("company"), "{}", &answer.text()[..200]);
}

/// An upstream that notices whether it is left before it answers, and a client that leaves.
async fn left_before_the_answer(pin: &str, method: &str, end: End) -> (bool, usize) {
    let left = Arc::new(AtomicBool::new(false));
    let answered = Arc::new(AtomicBool::new(false));
    let upstream = Upstream::scripted_with(
        (Arc::clone(&left), Arc::clone(&answered)),
        move |mut connection, (seen, done)| async move {
            let asked = connection.next().await?;
            // Where it is to be left, however late that comes.
            let patience = if asked.start.starts_with("GET") { LIMIT / 2 } else { MOMENT };
            let early = tokio::time::timeout(patience, connection.rest()).await.is_ok();
            seen.fetch_or(early, Ordering::Relaxed);
            connection.send(json("{}")).await;
            done.store(true, Ordering::Relaxed);
            connection.next().await?;
            connection.send(json("{}")).await;
            Some(())
        },
    )
    .await;
    let gateway = Gateway::before(&upstream).await;
    let mut client = gateway.connect().await;
    client.send(ask(method, PLAN).pin(pin).bytes()).await;
    until("the upstream has the request", || upstream.count() == 1).await;
    client.end(end).await;
    until("the upstream has answered", || answered.load(Ordering::Relaxed)).await;
    tokio::time::sleep(MOMENT).await;
    gateway.send(ask("PATCH", PLAN).pin(pin).json("{}")).await;
    (left.load(Ordering::Relaxed), upstream.connections())
}

#[tokio::test]
async fn a_client_that_leaves_does_not_cancel_its_write() {
    for (pin, end) in [("2025-01-01", End::Fin), ("2026-07-01", End::Fin), ("2026-07-01", End::Rst)] {
        let (left, connections) = left_before_the_answer(pin, "PATCH", end).await;
        assert!(!left, "{pin} {end:?}");
        assert_eq!(connections, 1, "the answer was read: its connection is used again");
    }
}

#[tokio::test]
async fn a_client_that_leaves_does_cancel_its_read() {
    // By a reset: FIN alone does not say that it reads no more.
    let (left, _) = left_before_the_answer("2025-01-01", "GET", End::Rst).await;
    assert!(left);
}

#[tokio::test]
async fn half_a_write_never_looks_whole() {
    let ended = Arc::new(Notify::new());
    let end = Arc::clone(&ended);
    let upstream = Upstream::scripted_with(end, move |mut connection, end| async move {
        let whole = connection.next().await;
        end.notify_one();
        whole.map(|_| ())
    })
    .await;
    let gateway = Gateway::before(&upstream).await;
    for framing in ["content-length: 9\r\n\r\nhalf", "transfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n"] {
        let mut client = gateway.connect().await;
        let head = format!("POST {PLAN} HTTP/1.1\r\nhost: x\r\napi-version-date: 2026-07-01\r\n");
        client.send(format!("{head}{framing}")).await;
        tokio::time::sleep(MOMENT).await;
        drop(client);
        super::support::within("the upstream sees the end", ended.notified()).await;
        assert_eq!(upstream.count(), 0, "{framing}");
    }
}
