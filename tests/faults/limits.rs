//! Row 21, and what is over a limit of the gateway's: told so, while others are served.

use super::support::{End, Gateway, Message, Upstream, answer, ask, get, json, until};
use std::{sync::Arc, time::Duration};
use tokio::sync::Notify;

const PLAN: &str = "/api/v1/plans/plan_x";

fn status(head: &[u8]) -> Option<u16> {
    String::from_utf8_lossy(head).split(' ').nth(1)?.parse().ok()
}

#[tokio::test]
async fn row_21_heads_over_the_limits_are_refused_and_those_under_them_are_not() {
    let upstream = Upstream::answers(json("{}")).await;
    let gateway = Gateway::before(&upstream).await;
    let many = |count: usize| (0..count).map(|number| format!("x-{number}: y\r\n")).collect::<String>();
    let long = |length: usize| format!("x-long: {}\r\n", "v".repeat(length));
    let target = |length: usize| format!("{PLAN}?a={}", "b".repeat(length - PLAN.len() - 3));
    // Host and Connection stand there, too.
    for (target, more, told) in [
        (PLAN.to_owned(), many(98), 200),
        (PLAN.to_owned(), many(99), 431),
        (PLAN.to_owned(), long(31 << 10), 200),
        (PLAN.to_owned(), long(33 << 10), 431),
        (PLAN.to_owned(), long(500_000), 431),
        (target(8 << 10), String::new(), 200),
        (target((8 << 10) + 1), String::new(), 414),
        (target(70_000), String::new(), 414),
    ] {
        let mut client = gateway.connect().await;
        client.send(format!("GET {target} HTTP/1.1\r\nhost: x\r\n{more}connection: close\r\n\r\n")).await;
        let came = client.rest().await;
        let expected = if told == 414 { [Some(414), Some(431)] } else { [Some(told); 2] };
        assert!(expected.contains(&status(&came)), "{told}: {} {}", target.len(), more.len());
    }
    assert_eq!(upstream.count(), 3);
    // Where it is the gateway that refuses, it says so in its own words.
    let refused = gateway.send(get(&target(9000))).await;
    assert_eq!(refused.error(), (414, "uri_too_long".to_owned()));
    assert_eq!(refused.field("dateline-outcome"), Some("not_sent"));
}

#[tokio::test]
async fn row_21_the_same_holds_over_http2() {
    let upstream = Upstream::answers(json("{}")).await;
    let gateway = Gateway::before(&upstream).await;
    let many = |count: usize| (0..count).fold(get(PLAN), |ask, number| ask.with(&format!("x-{number}"), "y"));
    assert_eq!(gateway.send_h2(many(99)).await.status(), 200);
    assert_eq!(gateway.send_h2(many(100)).await.error(), (431, "too_many_headers".to_owned()));
    assert_eq!(gateway.send_h2(get(PLAN).with("x-long", &"v".repeat(30_000))).await.status(), 200);
    let large = gateway.h2().await.try_whole(&get(PLAN).with("x-long", &"v".repeat(40_000))).await;
    assert!(large.is_none_or(|answer| answer.status() == 431));
    let long = format!("{PLAN}?a={}", "b".repeat(9000));
    assert_eq!(gateway.send_h2(get(&long)).await.error(), (414, "uri_too_long".to_owned()));
    assert_eq!(upstream.count(), 2);
}

/// An upstream whose answers begin at once, and end when they are told to.
async fn halting() -> (Upstream, Arc<Notify>) {
    let go_on = Arc::new(Notify::new());
    let upstream = Upstream::scripted_with(Arc::clone(&go_on), move |mut connection, gate| async move {
        connection.next().await?;
        connection.send("HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 4\r\n\r\nab").await;
        gate.notified().await;
        connection.send("cd").await;
        None
    })
    .await;
    (upstream, go_on)
}

fn overloaded(answer: &Message) {
    assert_eq!(answer.error(), (503, "overloaded".to_owned()));
    assert_eq!(answer.field("retry-after"), Some("1"));
    assert_eq!(answer.field("dateline-outcome"), Some("not_sent"));
}

#[tokio::test]
async fn row_32_exchanges_over_the_limit_are_refused_until_an_answer_has_ended() {
    let (upstream, go_on) = halting().await;
    let gateway = Gateway::configured(&upstream, |config| config.limits.max_concurrent_requests = 1).await;
    let mut client = gateway.connect().await;
    client.send(get("/api/v1/files/x").bytes()).await;
    client.through("ab").await;
    // The head is there, and the exchange is under way all the same.
    overloaded(&gateway.send(get(PLAN)).await);
    overloaded(&gateway.send(ask("POST", "/api/v1/plans").json("{}")).await);
    overloaded(&gateway.send_h2(get(PLAN)).await);
    assert_eq!(
        (gateway.admin("/readyz").await.status(), gateway.admin("/healthz").await.status()),
        (200, 200)
    );
    assert_eq!(upstream.count(), 1);

    go_on.notify_one();
    client.through("cd").await;
    let mut next = gateway.connect().await;
    next.send(get("/api/v1/files/x").bytes()).await;
    next.through("ab").await;
    // A client that is gone makes room, too.
    next.end(End::Rst).await;
    let room = async || {
        let mut client = gateway.connect().await;
        client.send(get("/api/v1/files/x").bytes()).await;
        client.through("\r\n").await.contains(" 200 ")
    };
    super::support::within("room", async {
        while !room().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
}

#[tokio::test]
async fn row_32_connections_over_the_limit_are_told_and_closed() {
    let upstream = Upstream::answers(json("{}")).await;
    let gateway = Gateway::configured(&upstream, |config| config.limits.connections = 2).await;
    let (mut one, mut two) = (gateway.connect().await, gateway.connect().await);
    for client in [&mut one, &mut two] {
        client.send(get(PLAN).bytes()).await;
        assert_eq!(client.answer().await.status(), 200);
    }
    for _ in 0..3 {
        let mut third = gateway.connect().await;
        third.send(get(PLAN).bytes()).await;
        let refused = third.answer().await;
        overloaded(&refused);
        assert_eq!(refused.field("connection"), Some("close"));
        assert!(third.rest().await.is_empty());
    }
    overloaded(&gateway.send_h2(get(PLAN)).await);
    // More than there is to be said for are closed without a word, and nobody waits for long.
    let mut crowd = Vec::new();
    for _ in 0..80 {
        crowd.push(gateway.connect().await);
    }
    for mut silent in crowd {
        assert!(silent.rest().await.is_empty());
    }
    assert_eq!(gateway.admin("/readyz").await.status(), 200);
    one.send(get(PLAN).bytes()).await;
    assert_eq!(one.answer().await.status(), 200, "who is there is served");
    assert_eq!(upstream.count(), 3);

    drop(one);
    drop(two);
    super::support::within("room", async { while gateway.send(get(PLAN)).await.status() != 200 {} }).await;
}

#[tokio::test]
async fn row_10_what_is_left_of_a_body_is_never_a_request() {
    let upstream = Upstream::answers(answer("200 OK", &["content-type: application/json"], "{}")).await;
    let gateway = Gateway::before(&upstream).await;
    let inner = String::from_utf8(ask("DELETE", PLAN).bytes()).unwrap();
    let head = |more: &str| {
        format!(
            "POST /api/v1/plans HTTP/1.1\r\nhost: x\r\napi-version-date: never\r\ncontent-type: text/plain\r\n{more}\r\n"
        )
    };
    let chunk = |text: &str| format!("{:x}\r\n{text}\r\n", text.len());
    let filler = "x".repeat(300_000);
    for (whole, rest) in [
        // In one with the head; behind the answer; more than is drained; in chunks; where it was asked for first.
        (format!("{}{inner}", head(&format!("content-length: {}\r\n", inner.len()))), String::new()),
        (head(&format!("content-length: {}\r\n", inner.len())), inner.clone()),
        (head(&format!("content-length: {}\r\n", filler.len() + inner.len())), format!("{filler}{inner}")),
        (head("transfer-encoding: chunked\r\n"), format!("{}{}0\r\n\r\n", chunk(&inner), chunk(&filler))),
        (head(&format!("content-length: {}\r\nexpect: 100-continue\r\n", inner.len())), inner.clone()),
    ] {
        let mut client = gateway.connect().await;
        client.send(&whole).await;
        let refused = client.answer().await;
        assert_eq!(refused.error(), (400, "unsupported_api_version".to_owned()));
        client.send(&rest).await;
        client.send(get(PLAN).with("connection", "close").bytes()).await;
        // Nothing more, or the answer to what was asked: never two.
        let came = String::from_utf8(client.rest().await).unwrap();
        let answers = came.matches("HTTP/1.1 ").count();
        assert!(answers <= 1 && !came.contains(" 400 "), "{came}");
    }
    until("all is read", || upstream.requests().iter().all(|request| request.start.starts_with("GET"))).await;
}
