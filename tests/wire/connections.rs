//! Connections that carry more than one exchange.

use super::support::{Connection, Gateway, MOMENT, Upstream, answer, ask, get, json};

const PLAN: &str = "/api/v1/plans/plan_x";

#[tokio::test]
async fn a_connection_goes_on_after_answers_and_errors() {
    let upstream = Upstream::answers(json(r#"{"account":null}"#)).await;
    let gateway = Gateway::before(&upstream).await;
    let mut client = gateway.connect().await;
    for _ in 0..2 {
        client.send(get(PLAN).bytes()).await;
        assert_eq!(client.answer().await.text(), r#"{"company":null}"#);
        client.send(ask("POST", "/api/v1/plans").json("{").bytes()).await;
        assert_eq!(client.answer().await.error().0, 400);
        client.send(get(PLAN).pin("never").bytes()).await;
        assert_eq!(client.answer().await.error().0, 400);
    }
    assert_eq!((upstream.count(), upstream.connections()), (2, 1));
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_order() {
    let upstream = Upstream::answers(json(r#"{"account":null}"#)).await;
    let gateway = Gateway::before(&upstream).await;
    let mut client = gateway.connect().await;
    let asks =
        [get(PLAN), get(PLAN).pin("2026-07-01"), ask("PATCH", PLAN).json(r#"{"a":1}"#), get(PLAN).pin("x")];
    let bytes: Vec<u8> = asks.iter().flat_map(super::support::Ask::bytes).collect();
    client.send(bytes).await;
    assert_eq!(client.answer().await.text(), r#"{"company":null}"#);
    assert_eq!(client.answer().await.text(), r#"{"account":null}"#);
    assert_eq!(client.answer().await.text(), r#"{"company":null}"#);
    assert_eq!(client.answer().await.error().0, 400);
}

#[tokio::test]
async fn what_follows_an_answer_reaches_nobody() {
    let upstream = Upstream::scripted(|mut connection: Connection| async move {
        loop {
            connection.next().await?;
            let more = answer("200 OK", &[], "poison");
            connection.send([json("{}"), more].concat()).await;
        }
    })
    .await;
    let gateway = Gateway::before(&upstream).await;
    for pin in ["2025-01-01", "2026-07-01", "2025-01-01"] {
        assert_eq!(gateway.send(get(PLAN).pin(pin)).await.text(), "{}");
        tokio::time::sleep(MOMENT).await;
    }
    assert_eq!(upstream.connections(), 3);
}

#[tokio::test]
async fn an_error_is_labelled_with_the_clients_version() {
    let gone = Upstream::absent().await;
    let gateway = Gateway::before(&gone).await;
    for sent in [get(PLAN).pin("2026-06-08"), ask("POST", "/api/v1/plans").json("{").pin("2026-06-08")] {
        let answer = gateway.send(sent).await;
        assert!(matches!(answer.error().0, 400 | 502));
        assert_eq!(answer.field("api-version-date"), Some("2026-06-08"));
        assert_eq!(answer.field("vary"), Some("api-version-date"));
    }
}

#[tokio::test]
async fn many_streams_share_a_connection() {
    let upstream = Upstream::sandbox("2026-07-01").await;
    let gateway = Gateway::before(&upstream).await;
    let one = gateway.h2().await;
    let streams = (0..50).map(|number| {
        let mut one = one.clone();
        let (pin, name) = if number % 2 == 0 { ("2025-01-01", "company") } else { ("2026-07-01", "account") };
        tokio::spawn(async move {
            let (head, body) = one.whole(get("/api/v1/plans/plan_free").pin(pin)).await;
            assert_eq!(
                (head.status.as_u16(), &head.headers["api-version-date"]),
                (200, &pin.parse().unwrap())
            );
            let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
            assert_eq!(body[name]["id"], "biz_pickaxe");
        })
    });
    for stream in streams.collect::<Vec<_>>() {
        stream.await.unwrap();
    }
}
