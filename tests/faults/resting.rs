//! Row 2i: a connection that waits costs little, is counted, and is none the worse for it.

use super::support::{Authority, Connection, Endpoint, Gateway, Upstream, Wire, ask, get, json, until};
use std::time::Duration;

const PLAN: &str = "/api/v1/plans/plan_x";
const PLANS: &str = "/api/v1/plans";
const OLD: &str = "2025-01-01";
const NEW: &str = "2026-07-01";

/// Long enough for a connection to rest, wherever it is in its rounds.
const REST: Duration = Duration::from_millis(3600);

#[tokio::test]
async fn row_14_2i_what_comes_after_a_rest_is_served_as_before() {
    let upstream = Upstream::answers(json(r#"{"account":null}"#)).await;
    let authority = Authority::new();
    let (cert, key) = authority.files("localhost");
    let plain = Gateway::before(&upstream).await;
    let secure = Gateway::configured(&upstream, |config| {
        (config.listen.tls_cert, config.listen.tls_key) = (Some(cert), Some(key));
    })
    .await;
    let tls = authority.client(&["http/1.1"], None);
    let mut served = Vec::new();
    for after_rests in After::ALL {
        served.push(tokio::spawn(serves_on(plain.connect().await, after_rests)));
        served.push(tokio::spawn(serves_on(secure.tls(&tls).await.unwrap(), after_rests)));
    }
    for served in served {
        served.await.unwrap();
    }
}

/// The requests that a connection gets after rests.
#[derive(Clone, Copy)]
enum After {
    /// Several at once, and then one in small pieces.
    ManyAndPieces,
    /// One over the buffer that ends a rest, and then another.
    LongAndNext,
    /// One whose head began with the request before, which rests nowhere; then one and a half close.
    BegunAndLast,
}

impl After {
    const ALL: [After; 3] = [After::ManyAndPieces, After::LongAndNext, After::BegunAndLast];
}

/// Requests before and after rests, on connections of their own: rests take their time.
async fn serves_on(mut client: Wire, after: After) {
    let write = ask("POST", PLANS).pin(OLD).json(r#"{"company_id":"biz_x"}"#).bytes();
    let read = get(PLAN).pin(NEW).bytes();
    let long = get(PLAN).pin(OLD).with("x-long", &"x".repeat(3000)).bytes();
    let (old, new) = (r#"{"company":null}"#, r#"{"account":null}"#);
    let many = [&read[..], &write, &long].concat();
    let rest = || tokio::time::sleep(REST);
    match after {
        After::ManyAndPieces => {
            exchanges(&mut client, &write, 9999, &[old]).await;
            rest().await;
            exchanges(&mut client, &many, 9999, &[new, old, old]).await;
            rest().await;
            exchanges(&mut client, &write, 20, &[old]).await;
        }
        After::LongAndNext => {
            exchanges(&mut client, &many, 9999, &[new, old, old]).await;
            rest().await;
            exchanges(&mut client, &long, 1024, &[old]).await;
            rest().await;
            exchanges(&mut client, &write, 9999, &[old]).await;
        }
        After::BegunAndLast => {
            let (beginning, end) = read.split_at(30);
            exchanges(&mut client, &[&read[..], beginning].concat(), 9999, &[new]).await;
            rest().await;
            exchanges(&mut client, end, 9999, &[new]).await;
            rest().await;
            client.send(&write).await;
            client.finish_sending().await;
            assert_eq!(client.answer().await.text(), old);
            assert!(client.rest().await.is_empty());
        }
    }
}

/// Sends bytes in pieces of a size and reads these answers.
async fn exchanges(client: &mut Wire, bytes: &[u8], size: usize, answers: &[&str]) {
    client.send_in_pieces(bytes, size).await;
    for text in answers {
        assert_eq!(client.answer().await.text(), *text);
    }
}

#[tokio::test]
async fn row_14_2i_a_rest_ends_with_the_time_that_a_connection_has() {
    let upstream = Upstream::answers(json("{}")).await;
    let gateway = Gateway::configured(&upstream, |config| {
        config.timeouts.keep_alive = REST + Duration::from_secs(1);
        config.timeouts.request_head = Duration::from_millis(300);
    })
    .await;
    let (mut idle, mut slow, mut gone) =
        (gateway.connect().await, gateway.connect().await, gateway.connect().await);
    for client in [&mut idle, &mut slow, &mut gone] {
        client.send(get(PLAN).bytes()).await;
        assert_eq!(client.answer().await.status(), 200);
    }
    tokio::time::sleep(REST).await;
    // One that begins a head and does not end it; one that says that it ends; one that says nothing.
    slow.send("GET / HTTP/1.1\r\n").await;
    gone.finish_sending().await;
    for mut client in [gone, slow, idle] {
        assert!(client.rest().await.is_empty() && !client.is_broken());
    }
}

#[tokio::test]
async fn row_14_2i_the_rest_of_a_body_is_never_read_as_a_request() {
    // An answer before the end of its request.
    let upstream = Upstream::scripted(|mut connection: Connection| async move {
        connection.through("first half").await;
        connection.send(json(r#"{"account":null}"#)).await;
        connection.ended().await;
        None
    })
    .await;
    let gateway = Gateway::before(&upstream).await;
    tokio::join!(hides_a_request(&gateway, false), hides_a_request(&gateway, true));
    assert!(upstream.requests().is_empty(), "no whole request");
    assert_eq!(upstream.connections(), 2);
}

/// Sends a request as the rest of a body whose request was answered, when the connection might rest.
async fn hides_a_request(gateway: &Gateway, chunked: bool) {
    let hidden = get("/api/v1/hidden").pin(NEW).bytes();
    let framing = match chunked {
        true => "transfer-encoding: chunked".to_owned(),
        false => format!("content-length: {}", 10 + hidden.len()),
    };
    let mut client = gateway.connect().await;
    let head = format!("POST {PLANS} HTTP/1.1\r\nhost: x\r\napi-version-date: {NEW}\r\n{framing}\r\n\r\n");
    client.send(head).await;
    client.send(if chunked { "a\r\nfirst half\r\n" } else { "first half" }).await;
    assert_eq!(client.answer().await.status(), 200, "{framing}");
    tokio::time::sleep(REST).await;
    client.send(&hidden).await;
    let rest = client.rest().await;
    assert!(rest.is_empty(), "{framing}: {}", rest.escape_ascii());
}

#[tokio::test]
async fn row_14_2i_connections_are_in_the_budget_and_leave_half_of_it() {
    let upstream = Upstream::answers(json("{}")).await;
    let gateway = Gateway::configured(&upstream, |config| config.limits.memory_bytes = 2 << 20).await;
    // Half of the budget, at 8 KiB each.
    let mut clients = Vec::new();
    for _ in 0..128 {
        clients.push(client(&gateway, 200).await);
    }
    assert_eq!(gateway.operator().metric("dateline_memory_kept_bytes").await, Some(1 << 20));
    client(&gateway, 503).await;
    let body = format!(r#"{{"company_id":"{}"}}"#, "x".repeat(400 << 10));
    clients[0].send(ask("POST", PLANS).json(&body).bytes()).await;
    assert_eq!(clients[0].answer().await.status(), 200, "the other half is for bodies");
    clients.clear();
    let mut kept = None;
    while kept != Some(0) {
        kept = gateway.operator().metric("dateline_memory_kept_bytes").await;
    }
    client(&gateway, 200).await;
}

async fn client(gateway: &Endpoint, status: u16) -> Wire {
    let mut client = gateway.connect().await;
    client.send(get(PLAN).bytes()).await;
    assert_eq!(client.answer().await.status(), status);
    client
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn row_14_2i_an_idle_connection_takes_less_than_it_is_counted_at() {
    const CONNECTIONS: usize = 300;
    let upstream = Upstream::answers(json(r#"{"account":null}"#)).await;
    let gateway = super::support::Process::before(&upstream, &[]).await;
    let mut clients = Vec::new();
    // In waves, each at rest before the next: what the first has let go of is what the next takes. An allocator rounds by
    // more than a wave, so the first is compared with the last alone.
    let mut before = 0;
    for wave in 0..4 {
        for _ in 0..CONNECTIONS {
            let mut client = gateway.connect().await;
            client.send(get(PLAN).bytes()).await;
            assert_eq!(client.answer().await.status(), 200);
            clients.push(client);
        }
        tokio::time::sleep(REST).await;
        if wave == 0 {
            before = gateway.resident();
        }
    }
    let most = before + 3 * CONNECTIONS * (8 << 10);
    until("a connection more takes less than 8 KiB", || gateway.resident() < most).await;
    for client in &mut clients {
        client.send(get(PLAN).bytes()).await;
        assert_eq!(client.answer().await.status(), 200);
    }
}
