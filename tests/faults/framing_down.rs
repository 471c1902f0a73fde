//! Tests of where an answer ends: none of it is left out, and no byte behind it reaches a client.

use super::support::{Connection, Gateway, Upstream, get, json, until};
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

const PLAN: &str = "/api/v1/plans/plan_x";

#[tokio::test]
async fn row_38_bytes_behind_an_answer_end_the_connection() {
    let ended = Arc::new(AtomicUsize::new(0));
    let upstream = Upstream::scripted_with(Arc::clone(&ended), move |mut connection, count| async move {
        connection.next().await?;
        connection.send([json("{}"), json(r#"{"poison":1}"#)].concat()).await;
        assert!(connection.ended().await.is_empty());
        count.fetch_add(1, Ordering::Relaxed);
        Some(())
    })
    .await;
    let gateway = Gateway::before(&upstream).await;
    for number in 1..=3 {
        assert_eq!(gateway.send(get(PLAN).pin("2026-07-01")).await.text(), "{}");
        until("the connection is ended", || ended.load(Ordering::Relaxed) == number).await;
    }
    assert_eq!(upstream.connections(), 3);
}

#[tokio::test]
async fn row_37_an_answer_in_pieces_is_whole() {
    for pin in ["2025-01-01", "2026-07-01"] {
        let upstream = Upstream::scripted(|mut connection: Connection| async move {
            connection.next().await?;
            connection.send_in_pieces(json(r#"{"title":"Gold"}"#), 3).await;
            Some(())
        })
        .await;
        let gateway = Gateway::before(&upstream).await;
        assert_eq!(gateway.send(get(PLAN).pin(pin)).await.text(), r#"{"title":"Gold"}"#);
    }
}
