//! Money moves once: what may be sent again, and what never is.

use super::support::{
    Ask, Connection, End, Gateway, MOMENT, Process, Upstream, ask, get, json, until, within,
};
use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
};
use tokio::sync::Notify;

const PLANS: &str = "/api/v1/plans";
const OLD: &str = "2025-01-01";
const NEW: &str = "2026-07-01";

fn write(key: &str) -> Ask {
    ask("POST", PLANS).json(r#"{"company_id":"biz_x"}"#).with("idempotency-key", key)
}

#[tokio::test]
async fn row_40_a_write_is_carried_out_at_most_once() {
    for end in [End::Close, End::Rst] {
        let upstream = Upstream::scripted(move |mut connection: Connection| async move {
            connection.next().await?;
            connection.end(end).await
        })
        .await;
        let gateway = Gateway::before(&upstream).await;
        for (number, ask) in
            [write("key-1"), get(PLANS).with("idempotency-key", "key-2")].into_iter().enumerate()
        {
            let answer = gateway.send(ask).await;
            assert_eq!(answer.error(), (502, "upstream_failed".to_owned()), "{end:?}");
            assert_eq!(answer.field("dateline-outcome"), Some("unknown"), "{end:?}");
            assert_eq!(upstream.count(), number + 1, "{end:?}");
        }
        assert_eq!((upstream.executions("key-1"), upstream.executions("key-2")), (1, 1));
    }
}

#[tokio::test]
async fn row_40_a_connection_that_ended_while_idle_took_nothing() {
    for end in [End::Close, End::Rst] {
        let ended = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&ended);
        let upstream = Upstream::scripted_with(count, move |mut connection, count| async move {
            connection.next().await?;
            connection.send(json("{}")).await;
            // Not in one packet with the answer, or the connection would never be idle.
            tokio::time::sleep(MOMENT / 4).await;
            connection.end(end).await;
            count.fetch_add(1, Relaxed);
            None
        })
        .await;
        let gateway = Gateway::before(&upstream).await;
        for number in 1..=3 {
            let answer = gateway.send(write(&format!("key-{number}"))).await;
            assert_eq!(answer.status(), 200, "{end:?}: {}", answer.text());
            until("the connection is ended", || ended.load(Relaxed) == number).await;
            tokio::time::sleep(MOMENT).await;
        }
        assert_eq!((upstream.count(), upstream.connections()), (3, 3), "{end:?}");
    }
}

#[tokio::test]
async fn row_40_a_pooled_connection_that_took_a_byte_is_not_followed_by_another() {
    let upstream = Upstream::scripted(|mut connection: Connection| async move {
        connection.next().await?;
        connection.send(json("{}")).await;
        // Part of the next request, and no more.
        connection.through("POST").await;
        connection.end(End::Rst).await
    })
    .await;
    let gateway = Gateway::before(&upstream).await;
    assert_eq!(gateway.send(write("key-1")).await.status(), 200);
    let answer = gateway.send(write("key-2")).await;
    assert_eq!(answer.error(), (502, "upstream_failed".to_owned()));
    assert_eq!(answer.field("dateline-outcome"), Some("unknown"));
    assert_eq!(upstream.connections(), 1);
}

#[tokio::test]
async fn row_40_an_upstream_that_ends_every_connection_at_once_gets_two_at_most() {
    let upstream = Upstream::scripted(|connection: Connection| connection.end(End::Rst)).await;
    let gateway = Gateway::before(&upstream).await;
    for number in 0..20 {
        let before = upstream.connections();
        let answer = gateway.send(write(&format!("key-{number}"))).await;
        let outcome = answer.field("dateline-outcome").unwrap();
        assert_eq!(answer.error().0, 502);
        assert!(
            match upstream.connections() - before {
                1 => outcome == "unknown",
                2 => matches!(outcome, "unknown" | "not_sent"),
                _ => false,
            },
            "{outcome}: {} connections",
            upstream.connections() - before
        );
    }
    assert_eq!(upstream.count(), 0);
}

#[tokio::test]
async fn row_40_with_connections_dropped_at_random_nothing_is_doubled_and_nothing_is_lost() {
    let served = Arc::new(AtomicUsize::new(0));
    let upstream = Upstream::scripted_with(Arc::clone(&served), move |mut connection, count| async move {
        loop {
            connection.next().await?;
            match count.fetch_add(1, Relaxed) % 10 {
                // Carried out, and nobody is told.
                3 => return connection.end(End::Rst).await,
                // Told, and the connection ends.
                6 => return connection.cut(json("{}"), json("{}").len(), End::Close).await,
                _ => connection.send(json("{}")).await,
            }
        }
    })
    .await;
    let upstream = Arc::new(upstream);
    let gateway = Arc::new(Gateway::before(&upstream).await);
    let clients = (0..8).map(|client| {
        let (upstream, gateway) = (Arc::clone(&upstream), Arc::clone(&gateway));
        tokio::spawn(async move {
            for number in 0..25 {
                let key = format!("key-{client}-{number}");
                let answer = gateway.send(write(&key)).await;
                let executed = upstream.executions(&key);
                match answer.status() {
                    200 => assert_eq!(executed, 1, "{key}"),
                    _ => match answer.field("dateline-outcome") {
                        Some("not_sent") => assert_eq!(executed, 0, "{key}"),
                        Some("unknown") => assert!(executed <= 1, "{key}"),
                        other => panic!("{key}: {other:?} {}", answer.text()),
                    },
                }
            }
        })
    });
    for client in clients.collect::<Vec<_>>() {
        client.await.unwrap();
    }
    let lost = (0..8 * 25).map(|n| upstream.executions(&format!("key-{}-{}", n / 25, n % 25))).max();
    assert_eq!(lost, Some(1));
}

#[tokio::test]
async fn row_42_a_write_that_is_fully_sent_is_finished_and_its_outcome_logged() {
    let (upstream, left) = Upstream::gated(json(r#"{"account":null}"#)).await;
    let gateway = Process::before(&upstream, &[]).await;
    for (number, pin) in [OLD, NEW].into_iter().enumerate() {
        let mut client = gateway.connect().await;
        client.send(write("key-1").pin(pin).bytes()).await;
        until("the upstream has the write", || upstream.count() == number + 1).await;
        drop(client);
        tokio::time::sleep(MOMENT).await;
        left.notify_one();
        let events = gateway.requests(number + 1).await;
        let event = &events[number];
        assert_eq!((&event["outcome"], &event["status"]), (&"responded".into(), &200.into()), "{event}");
        assert_eq!(event["method"], "POST", "{event}");
    }
    assert_eq!(upstream.executions("key-1"), 2, "once each");
}

#[tokio::test]
async fn row_42_a_write_that_is_sent_in_part_is_aborted() {
    let ended = Arc::new(Notify::new());
    let end = Arc::clone(&ended);
    let upstream = Upstream::scripted_with(end, move |mut connection, end| async move {
        assert!(connection.next().await.is_none(), "it looks whole");
        end.notify_one();
        None
    })
    .await;
    let gateway = Process::before(&upstream, &[]).await;
    for (number, framing) in
        ["content-length: 9\r\n\r\nhalf", "transfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n"]
            .into_iter()
            .enumerate()
    {
        let mut client = gateway.connect().await;
        client
            .send(format!("POST {PLANS} HTTP/1.1\r\nhost: x\r\napi-version-date: {NEW}\r\n{framing}"))
            .await;
        until("the upstream is reached", || upstream.connections() == number + 1).await;
        tokio::time::sleep(MOMENT).await;
        drop(client);
        within("the upstream sees the end", ended.notified()).await;
        let events = gateway.requests(number + 1).await;
        let event = &events[number];
        assert_eq!((&event["error"], &event["outcome"]), (&"bad_body".into(), &"unknown".into()), "{event}");
    }
    // What is translated is read whole before anything is sent.
    let mut client = gateway.connect().await;
    client.send(format!("POST {PLANS} HTTP/1.1\r\nhost: x\r\n{JSON}content-length: 9\r\n\r\n{{\"a\"")).await;
    tokio::time::sleep(MOMENT).await;
    drop(client);
    let events = gateway.requests(3).await;
    assert_eq!((&events[2]["error"], &events[2]["outcome"]), (&"bad_body".into(), &"not_sent".into()));
    assert_eq!((upstream.connections(), upstream.count()), (2, 0));
}

const JSON: &str = "content-type: application/json\r\n";

#[tokio::test]
async fn row_43_a_write_that_went_through_can_be_found() {
    for body in
        [r#"{"id":"plan_x","account":}"#, r#"{"account":1,"account":2}"#, "<html>", "{\"account\":\"\u{1}\"}"]
    {
        let came = format!(
            "HTTP/1.1 201 Created\r\n{JSON}x-request-id: req_up\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        let upstream = Upstream::answers(came).await;
        let gateway = Process::before(&upstream, &[]).await;
        let answer = gateway.send(write("key-1")).await;
        assert_eq!(answer.error(), (502, "response_untranslatable".to_owned()), "{body}");
        assert_eq!(answer.field("dateline-outcome"), Some("responded"));
        let message = answer.error_message();
        assert!(message.contains("201") && message.contains("req_up"), "{message}");
        assert_eq!(upstream.executions("key-1"), 1);
        let event = gateway.requests(1).await.remove(0);
        assert_eq!((&event["level"], &event["outcome"]), (&"ERROR".into(), &"responded".into()), "{event}");
        assert_eq!(
            (&event["error"], &event["upstream_status"]),
            (&"response_untranslatable".into(), &201.into())
        );
    }
}

#[tokio::test]
async fn row_43_what_cannot_be_translated_after_the_head_is_broken_off() {
    let come = Arc::new(AtomicBool::new(false));
    let upstream = Upstream::scripted_with(Arc::clone(&come), move |mut connection, came| async move {
        connection.next().await?;
        let filler = "x".repeat(200);
        let start = format!("HTTP/1.1 201 Created\r\n{JSON}transfer-encoding: chunked\r\n\r\n");
        // The object is whole, and translated: the head leaves with it. What follows is no JSON.
        connection.send(format!("{start}{:x}\r\n{{\"pad\":\"{filler}\"}}\r\n", filler.len() + 10)).await;
        until("the head has been sent", || came.load(Relaxed)).await;
        connection.send("5\r\n\"a\":}\r\n0\r\n\r\n").await;
        Some(())
    })
    .await;
    let gateway = Process::before(&upstream, &[("DATELINE_LIMITS__BUFFER_BYTES", "100")]).await;
    let mut client = gateway.connect().await;
    client.send(write("key-1").bytes()).await;
    assert!(client.through("\r\n\r\n").await.starts_with("HTTP/1.1 201"));
    come.store(true, Relaxed);
    let rest = String::from_utf8(within("the end", client.rest()).await).unwrap();
    assert!(!rest.ends_with("0\r\n\r\n"), "{rest}");
    assert_eq!(upstream.executions("key-1"), 1);
    let event = gateway.requests(1).await.remove(0);
    assert_eq!((&event["level"], &event["outcome"]), (&"ERROR".into(), &"responded".into()), "{event}");
    assert_eq!((&event["error"], &event["complete"]), (&"response_untranslatable".into(), &false.into()));
}

#[tokio::test]
async fn row_41_the_same_request_goes_up_with_the_same_bytes() {
    let upstream = Upstream::answers(json("{}")).await;
    let asks = [
        write("Key 1; \"two\"").with("x-other", "kept"),
        ask("PATCH", "/api/v1/plans/plan_x")
            .json("{ \"company_id\":1.0 ,\n\"b\":[1e3, \"\\u0041\"]}")
            .pin("2026-06-08"),
        get("/api/v1/plans?company_id=biz%5Fx&first=10&company_id=biz_y&after="),
        ask("POST", "/api/v1/plans").form("company_id=biz+x&title=%C3%A9"),
        ask("PATCH", "/api/v1/users/me?x=1").json(r#"{"company_id":"biz_x","name":"Ada"}"#),
        write("key-2").pin(NEW),
        ask("DELETE", "/api/v1/plans/plan_x").with("idempotency-key", "key-3"),
    ];
    // Twice on one connection to the upstream, and once more by another process.
    let mut sent = Vec::new();
    for _ in 0..2 {
        let gateway = Process::before(&upstream, &[]).await;
        for ask in asks.iter().chain(&asks) {
            assert_eq!(gateway.send(ask.clone()).await.status(), 200, "{ask:?}");
        }
    }
    sent.extend(upstream.requests().into_iter().map(|request| request.raw));
    assert_eq!(sent.len(), 4 * asks.len());
    for (number, bytes) in sent.iter().enumerate() {
        let first = &sent[number % asks.len()];
        assert_eq!(bytes.escape_ascii().to_string(), first.escape_ascii().to_string());
    }
    let host = upstream.url.strip_prefix("http://").unwrap();
    let golden = format!(
        "POST /api/v1/plans HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer test\r\ncontent-type: application/json\r\n\
         idempotency-key: Key 1; \"two\"\r\nx-other: kept\r\ncontent-length: 22\r\napi-version-date: {NEW}\r\n\r\n\
         {{\"account_id\":\"biz_x\"}}"
    );
    // Codings are the client's and the upstream's business, and no part of what a replay is known by.
    let text = String::from_utf8(sent[0].clone()).unwrap();
    let lines: Vec<&str> =
        text.split_inclusive("\r\n").filter(|line| !line.starts_with("accept-encoding")).collect();
    assert_eq!(lines.concat(), golden);
    let keyless =
        upstream.requests().iter().filter(|request| request.field("idempotency-key").is_none()).count();
    assert_eq!(keyless, 4 * 4, "no key is made up");
}

#[tokio::test]
async fn row_41_an_old_upstream_gets_the_same_bytes_twice() {
    // A client library that remembers whom it speaks to would turn to HTTP/1.0 itself.
    let upstream =
        Upstream::answers("HTTP/1.0 200 OK\r\nconnection: keep-alive\r\ncontent-length: 2\r\n\r\n{}").await;
    let gateway = Gateway::before(&upstream).await;
    for _ in 0..3 {
        assert_eq!(gateway.send(write("key-1")).await.status(), 200);
    }
    let sent = upstream.requests();
    assert!(sent.iter().all(|request| request.raw == sent[0].raw), "{}", sent[2].raw_text());
    assert!(sent[0].start.ends_with("HTTP/1.1"));
}
