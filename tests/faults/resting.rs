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
    let inside = secure.tls(&authority.client(&["http/1.1"], None)).await.unwrap();
    let served = [plain.connect().await, inside].map(|client| tokio::spawn(serves_on(client)));
    for served in served {
        served.await.unwrap();
    }
}

/// Requests before and after rests: in one piece, in small ones, several at once, over the buffer that ends a rest; a half
/// close at the end.
async fn serves_on(mut client: Wire) {
    let write = ask("POST", PLANS).pin(OLD).json(r#"{"company_id":"biz_x"}"#).bytes();
    let read = get(PLAN).pin(NEW).bytes();
    let long = get(PLAN).pin(OLD).with("x-long", &"x".repeat(3000)).bytes();
    let (old, new) = (r#"{"company":null}"#, r#"{"account":null}"#);
    for (bytes, size, answers) in [
        (write.clone(), 9999, vec![old]),
        ([&read[..], &write, &long].concat(), 9999, vec![new, old, old]),
        (write.clone(), 20, vec![old]),
        (long.clone(), 1024, vec![old]),
    ] {
        client.send_in_pieces(&bytes, size).await;
        for text in answers {
            assert_eq!(client.answer().await.text(), text);
        }
        tokio::time::sleep(REST).await;
    }
    // The beginning of a head rests nowhere.
    let (beginning, end) = read.split_at(30);
    client.send([&read[..], beginning].concat()).await;
    assert_eq!(client.answer().await.text(), new);
    tokio::time::sleep(REST).await;
    client.send(end).await;
    assert_eq!(client.answer().await.text(), new);
    tokio::time::sleep(REST).await;
    client.send(&write).await;
    client.finish_sending().await;
    assert_eq!(client.answer().await.text(), old);
    assert!(client.rest().await.is_empty());
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
    let hidden = get("/api/v1/hidden").pin(NEW).bytes();
    for framing in [format!("content-length: {}", 10 + hidden.len()), "transfer-encoding: chunked".to_owned()]
    {
        let chunked = framing.starts_with('t');
        let mut client = gateway.connect().await;
        let head =
            format!("POST {PLANS} HTTP/1.1\r\nhost: x\r\napi-version-date: {NEW}\r\n{framing}\r\n\r\n");
        client.send(head).await;
        client.send(if chunked { "a\r\nfirst half\r\n" } else { "first half" }).await;
        assert_eq!(client.answer().await.status(), 200, "{framing}");
        tokio::time::sleep(REST).await;
        client.send(&hidden).await;
        let rest = client.rest().await;
        assert!(rest.is_empty(), "{framing}: {}", rest.escape_ascii());
    }
    assert!(upstream.requests().is_empty(), "no whole request");
    assert_eq!(upstream.connections(), 2);
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
    // In waves: what the first has let go of is what the next takes.
    let mut resident = Vec::new();
    for _ in 0..4 {
        for _ in 0..CONNECTIONS {
            let mut client = gateway.connect().await;
            client.send(get(PLAN).bytes()).await;
            assert_eq!(client.answer().await.status(), 200);
            clients.push(client);
        }
        tokio::time::sleep(REST).await;
        resident.push(gateway.resident());
    }
    let each = (resident[3] - resident[0]) / (3 * CONNECTIONS);
    println!("{each} bytes for each connection more");
    assert!(each < 8 << 10, "{each} bytes for each connection more: {resident:?}");
    until("they still serve", || clients.len() == 4 * CONNECTIONS).await;
    for client in &mut clients {
        client.send(get(PLAN).bytes()).await;
        assert_eq!(client.answer().await.status(), 200);
    }
}
