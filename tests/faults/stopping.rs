//! Stopping: what is under way comes to its end, and nothing new begins (row 47).

use super::support::{Gateway, MOMENT, Process, Upstream, ask, get, json, until};
use http_body_util::BodyExt;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::sync::Notify;

const PLAN: &str = "/api/v1/plans/plan_x";

/// An upstream that answers as soon as it is told to.
async fn slow() -> (Upstream, Arc<Notify>) {
    Upstream::gated(json(r#"{"account":null}"#)).await
}

#[tokio::test]
async fn row_47_what_is_under_way_finishes_and_nothing_new_begins() {
    let (upstream, go_on) = slow().await;
    let mut gateway = Gateway::before(&upstream).await;
    assert_eq!(gateway.admin("/readyz").await.status(), 200);
    let mut client = gateway.connect().await;
    client.send(get(PLAN).bytes()).await;
    let mut other = gateway.h2().await;
    let (other, ()) = tokio::join!(other.ask(ask("PATCH", PLAN).json("{}").request()), async {
        until("both are under way", || upstream.count() == 2).await;
        gateway.stop();
        tokio::time::sleep(MOMENT).await;
        assert_eq!(gateway.admin("/readyz").await.status(), 503);
        assert_eq!(gateway.admin("/healthz").await.status(), 200);
        assert!(gateway.try_connect().await.is_err(), "new connections are refused");
        go_on.notify_one();
        go_on.notify_one();
        tokio::time::sleep(MOMENT).await;
        go_on.notify_one();
    });
    let answer = client.answer().await;
    assert_eq!((answer.text(), answer.field("connection")), (r#"{"company":null}"#, Some("close")));
    assert_eq!(other.into_body().collect().await.unwrap().to_bytes(), r#"{"company":null}"#);
    gateway.stopped().await;
    assert!(client.rest().await.is_empty());
}

#[tokio::test]
async fn row_47_connections_without_a_request_do_not_hold_it_up() {
    let upstream = Upstream::answers(json("{}")).await;
    let mut gateway = Gateway::before(&upstream).await;
    let mut silent = gateway.connect().await;
    let mut kept = gateway.connect().await;
    kept.send(get(PLAN).bytes()).await;
    assert_eq!(kept.answer().await.status(), 200);
    let mut two = gateway.h2().await;
    assert_eq!(two.ask(get(PLAN).request()).await.status(), 200);
    tokio::time::sleep(MOMENT).await;
    let stopped = Instant::now();
    gateway.stop();
    gateway.stopped().await;
    assert!(stopped.elapsed() < Duration::from_secs(3), "{:?}", stopped.elapsed());
    assert!(silent.rest().await.is_empty() && kept.rest().await.is_empty());
}

#[tokio::test]
async fn row_47_a_write_whose_client_has_left_finishes_too() {
    let (upstream, go_on) = slow().await;
    let mut gateway = Gateway::before(&upstream).await;
    let mut client = gateway.connect().await;
    client.send(ask("PATCH", PLAN).json("{}").bytes()).await;
    until("it is under way", || upstream.count() == 1).await;
    drop(client);
    tokio::time::sleep(MOMENT).await;
    gateway.stop();
    let stopped = tokio::spawn(gateway.stopped());
    tokio::time::sleep(MOMENT).await;
    assert!(!stopped.is_finished(), "it waits for the write");
    go_on.notify_one();
    stopped.await.unwrap();
}

#[tokio::test]
async fn row_47_at_the_deadline_the_rest_is_broken_off() {
    let (upstream, _go_on) = slow().await;
    let mut gateway =
        Gateway::configured(&upstream, |config| config.timeouts.drain = Duration::from_millis(100)).await;
    let mut clients = [gateway.connect().await, gateway.connect().await];
    clients[0].send(get(PLAN).bytes()).await;
    clients[1].send(ask("PATCH", PLAN).json("{}").bytes()).await;
    until("both are under way", || upstream.count() == 2).await;
    gateway.stop();
    gateway.stopped().await;
    for client in &mut clients {
        let rest = String::from_utf8(client.rest().await).unwrap();
        assert!(!rest.starts_with("HTTP/1.1 2"), "{rest}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn row_47_a_signal_drains_the_process() {
    let (upstream, go_on) = slow().await;
    let process = Process::before(&upstream, &[]).await;
    let mut client = process.connect().await;
    client.send(get(PLAN).bytes()).await;
    until("it is under way", || upstream.count() == 1).await;
    process.terminate();
    until("it drains", || process.written().contains("draining")).await;
    go_on.notify_one();
    assert_eq!(client.answer().await.text(), r#"{"company":null}"#);
    assert!(process.ended().await.success());
}

#[cfg(unix)]
#[tokio::test]
async fn row_47_at_the_deadline_the_log_says_how_many_are_broken_off() {
    let (upstream, _go_on) = slow().await;
    let process = Process::before(&upstream, &[("DATELINE_TIMEOUTS__DRAIN", "100ms")]).await;
    let mut clients = [process.connect().await, process.connect().await];
    clients[0].send(get(PLAN).bytes()).await;
    clients[1].send(ask("PATCH", PLAN).json("{}").bytes()).await;
    until("both are under way", || upstream.count() == 2).await;
    process.terminate();
    let event = process.events(1, |event| event["broken_off"].is_u64()).await.remove(0);
    assert_eq!((&event["broken_off"], &event["level"]), (&2.into(), &"WARN".into()), "{event}");
    assert!(process.ended().await.success());
}
