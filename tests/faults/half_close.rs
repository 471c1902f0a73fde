//! Row 1e: who sends no more may still read, and who is gone is noticed.

use super::support::{
    Ask, Authority, End, Endpoint, Frames, Gateway, MOMENT, Process, Upstream, answer, ask, get, json, until,
    within,
};
use std::sync::Arc;
use tokio::sync::{Notify, Semaphore};

const PLAN: &str = "/api/v1/plans/plan_x";
const PLANS: &str = "/api/v1/plans";
const OLD: &str = "2025-01-01";
const NEW: &str = "2026-07-01";

/// An upstream that answers each request when it is let.
async fn waiting(answer: Vec<u8>) -> (Upstream, Arc<Semaphore>) {
    let gate = Arc::new(Semaphore::new(0));
    let upstream = Upstream::scripted_with(
        (Arc::clone(&gate), answer),
        move |mut connection, (gate, answer)| async move {
            loop {
                connection.next().await?;
                gate.acquire().await.ok()?.forget();
                connection.send(&answer).await;
            }
        },
    )
    .await;
    (upstream, gate)
}

/// An upstream that answers nothing, and says when its request is given up.
async fn given_up() -> (Upstream, Arc<Notify>) {
    let ended = Arc::new(Notify::new());
    let upstream = Upstream::scripted_with(Arc::clone(&ended), move |mut connection, end| async move {
        connection.next().await?;
        connection.ended().await;
        end.notify_one();
        None
    })
    .await;
    (upstream, ended)
}

/// A read and a write, translated and passed on.
fn asks() -> [Ask; 4] {
    let write = || ask("POST", PLANS).json(r#"{"company_id":"biz_x"}"#);
    [get(PLAN).pin(OLD), get(PLAN).pin(NEW), write().pin(OLD), write().pin(NEW)]
}

fn body_of(ask: &Ask) -> &'static str {
    let old = ask.fields.iter().any(|(_, value)| value == OLD);
    if old { r#"{"company":null}"# } else { r#"{"account":null}"# }
}

#[tokio::test]
async fn row_14_1e_half_closed_client_gets_its_answer() {
    let (upstream, gate) = waiting(json(r#"{"account":null}"#)).await;
    let gateway = Process::before(&upstream, &[]).await;
    let mut sent = 0;
    for ask in asks() {
        for bytes in [ask.bytes(), ask.bytes10()] {
            for at_once in [true, false] {
                let mut client = gateway.connect().await;
                client.send(&bytes).await;
                sent += 1;
                if !at_once {
                    until("the upstream has the request", || upstream.count() == sent).await;
                }
                client.finish_sending().await;
                until("the upstream has the request", || upstream.count() == sent).await;
                tokio::time::sleep(MOMENT / 4).await;
                gate.add_permits(1);
                let answer = client.answer().await;
                assert_eq!((answer.status(), answer.text()), (200, body_of(&ask)), "{ask:?}");
                assert!(client.rest().await.is_empty() && !client.is_broken(), "and then it ends in order");
            }
        }
    }
    let events = gateway.requests(sent).await;
    assert!(events.iter().all(|event| event["status"] == 200 && event["complete"] == true), "{events:#?}");
}

#[tokio::test]
async fn row_14_1e_half_closed_client_gets_its_answer_inside_tls() {
    let (upstream, gate) = waiting(json(r#"{"account":null}"#)).await;
    let authority = Authority::new();
    let (cert, key) = authority.files("localhost");
    let gateway = Gateway::configured(&upstream, |config| {
        (config.listen.tls_cert, config.listen.tls_key) = (Some(cert), Some(key));
    })
    .await;
    let tls = authority.client(&["http/1.1"], None);
    let mut sent = 0;
    for ask in asks() {
        for says_so in [true, false] {
            let mut client = gateway.tls(&tls).await.unwrap();
            client.send(ask.bytes()).await;
            match says_so {
                true => client.finish_sending().await,
                false => client.finish_sending_tcp(),
            }
            sent += 1;
            until("the upstream has the request", || upstream.count() == sent).await;
            tokio::time::sleep(MOMENT / 4).await;
            gate.add_permits(1);
            assert_eq!(client.answer().await.text(), body_of(&ask), "{ask:?} {says_so}");
            assert!(client.rest().await.is_empty());
        }
    }
}

#[tokio::test]
async fn row_14_1e_what_was_pipelined_before_the_end_is_answered() {
    let (upstream, gate) = waiting(json(r#"{"account":null}"#)).await;
    let gateway = Gateway::before(&upstream).await;
    let all: Vec<u8> = asks().iter().flat_map(Ask::bytes).collect();
    // In one piece, and with an end that comes when the first is under way.
    for pieces in [all.len(), 700] {
        let mut client = gateway.connect().await;
        client.send_in_pieces(&all, pieces).await;
        client.finish_sending().await;
        gate.add_permits(asks().len());
        for ask in asks() {
            assert_eq!(client.answer().await.text(), body_of(&ask), "{ask:?}");
        }
        assert!(client.rest().await.is_empty());
    }
}

#[tokio::test]
async fn row_14_1e_a_long_answer_reaches_a_half_closed_client_whole() {
    let body = "x".repeat(12 << 20);
    let upstream = Upstream::answers(answer("200 OK", &["content-type: text/plain"], &body)).await;
    let gateway = Gateway::before(&upstream).await;
    let mut client = gateway.connect().await;
    client.send(get("/api/v1/files/large").bytes()).await;
    client.finish_sending().await;
    client.through("\r\n\r\n").await;
    tokio::time::sleep(MOMENT).await;
    assert_eq!(client.rest().await.len(), body.len());
}

#[tokio::test]
async fn row_14_1e_a_body_that_ends_too_early_is_told() {
    let upstream = Upstream::answers(json("{}")).await;
    let gateway = Gateway::before(&upstream).await;
    for kind in ["application/json", "text/plain"] {
        let mut client = gateway.connect().await;
        let head = format!("POST {PLANS} HTTP/1.1\r\nhost: x\r\ncontent-type: {kind}\r\n");
        client.send(format!("{head}content-length: 9\r\n\r\nhalf")).await;
        client.finish_sending().await;
        assert_eq!(client.answer().await.error(), (400, "bad_body".to_owned()), "{kind}");
        assert!(client.rest().await.is_empty());
    }
    assert_eq!(upstream.count(), 0, "no whole request");
}

#[tokio::test]
async fn row_14_1e_a_reset_ends_what_its_client_waits_for() {
    let (upstream, ended) = given_up().await;
    let gateway = Process::before(&upstream, &[]).await;
    // Also behind an end of sending, and behind another request that waits.
    let mut sent = 0;
    for (half, more) in [(false, ""), (true, ""), (false, "GET / HTTP/1.1\r\nhost: x\r\n\r\n")] {
        let mut client = gateway.connect().await;
        client.send(get(PLAN).bytes()).await;
        sent += 1;
        until("the upstream has the request", || upstream.count() == sent).await;
        client.send(more).await;
        if half {
            client.finish_sending().await;
        }
        tokio::time::sleep(MOMENT).await;
        client.end(End::Rst).await;
        within("the upstream sees the end", ended.notified()).await;
        let event = &gateway.requests(sent).await[sent - 1];
        assert_eq!((&event["complete"], event.get("status")), (&false.into(), None), "{event}");
    }
}

#[tokio::test]
async fn row_14_1e_a_client_that_is_gone_is_noticed_when_it_is_written_to() {
    let ended = Arc::new(Notify::new());
    let end = Arc::clone(&ended);
    let upstream = Upstream::scripted_with(end, move |mut connection, end| async move {
        connection.next().await?;
        connection.send("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").await;
        while connection.try_send("6\r\nevent\n\r\n").await {
            tokio::time::sleep(MOMENT / 8).await;
        }
        end.notify_one();
        None
    })
    .await;
    let gateway = Process::before(&upstream, &[]).await;
    let mut client = gateway.connect().await;
    client.send(get("/api/v1/events").bytes()).await;
    client.through("event\n").await;
    // It closes: by that, the end of its sending is all that can be seen.
    client.finish_sending().await;
    client.through("event\n").await;
    drop(client);
    within("the upstream sees the end", ended.notified()).await;
    let event = &gateway.requests(1).await[0];
    assert_eq!((&event["status"], &event["complete"]), (&200.into(), &false.into()), "{event}");
}

#[tokio::test]
async fn row_14_1e_the_log_tells_whether_an_answer_was_delivered() {
    for answer in [json(r#"{"account":null}"#), answer("204 No Content", &[], "")] {
        let (upstream, gate) = waiting(answer).await;
        let gateway = Process::before(&upstream, &[]).await;
        for (number, end) in [None, Some(End::Rst)].into_iter().enumerate() {
            let mut client = gateway.connect().await;
            client.send(ask("POST", PLANS).json("{}").bytes()).await;
            until("the upstream has the write", || upstream.count() == number + 1).await;
            if let Some(end) = end {
                client.end(end).await;
                tokio::time::sleep(MOMENT).await;
                gate.add_permits(1);
            } else {
                client.finish_sending().await;
                gate.add_permits(1);
                client.answer().await;
            }
            let event = &gateway.requests(number + 1).await[number];
            assert_eq!(event["outcome"], "responded", "{event}");
            assert_eq!(event["complete"], end.is_none(), "{event}");
        }
    }
}

#[tokio::test]
async fn row_14_1e_http2_ends_with_its_connection_and_its_writes_do_not() {
    let (upstream, gate) = waiting(json(r#"{"account":null}"#)).await;
    let gateway = Process::before(&upstream, &[]).await;
    let mut client = Frames::to(&gateway).await;
    let fields = [
        (":method", "POST"),
        (":scheme", "http"),
        (":authority", "x"),
        (":path", PLANS),
        ("content-type", "application/json"),
    ];
    client.head(1, &fields, false).await;
    client.send(0, 1, 1, "{}").await;
    until("the upstream has the write", || upstream.count() == 1).await;
    // Nothing but the connection could say what the client has to: windows, settings, pings.
    drop(client);
    tokio::time::sleep(MOMENT).await;
    gate.add_permits(1);
    let event = &gateway.requests(1).await[0];
    assert_eq!((&event["outcome"], &event["complete"]), (&"responded".into(), &false.into()), "{event}");
}

#[tokio::test]
async fn row_14_1e_an_operator_who_sends_no_more_is_answered() {
    let upstream = Upstream::sandbox(NEW).await;
    let gateway = Gateway::before(&upstream).await;
    let sandbox = Endpoint(upstream.url.trim_start_matches("http://").parse().unwrap());
    for (endpoint, path) in [(gateway.operator(), "/healthz"), (sandbox, "/api/v1/plans/plan_x")] {
        let mut client = endpoint.connect().await;
        client.send(get(path).bytes()).await;
        client.finish_sending().await;
        assert!(client.message(get(path).answer_kind()).await.is_some(), "{path}");
        assert!(client.rest().await.is_empty());
    }
}
