//! Tests of the load that verification may put on the upstream.

use super::*;
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::SeqCst},
};
use tokio::sync::Notify;

#[tokio::test]
async fn no_minute_has_more_requests_than_the_budget() {
    let upstream = upstream_of(r#"{"company":null}"#, r#"{"account":null}"#).await;
    let gateway = Gateway::configured(&upstream, |config| {
        everything(config);
        config.verify.requests_per_minute = 30;
    })
    .await;
    for _ in 0..60 {
        assert_eq!(gateway.send(get(PLAN).pin(OLD)).await.status(), 200);
        // A check keeps room for all that it may need while it runs.
        until("no check runs", || upstream.requests().iter().filter(|sent| is_a_checks(sent)).count() <= 30)
            .await;
    }
    within("all are told", async {
        while over(&told(&gateway).await) as f64 + metric(&gateway, "dateline_verify_skipped_total{").await
            < 60.0
        {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
    let checks = upstream.requests().iter().filter(|sent| is_a_checks(sent)).count();
    assert!((1..=30).contains(&checks), "{checks}");
    let skipped = metric(&gateway, "dateline_verify_skipped_total{reason=\"budget\"}").await;
    assert_eq!(skipped as usize + checks, 60);
}

#[tokio::test]
async fn no_more_checks_run_at_once_than_may_and_no_client_waits_for_one() {
    let (waiting, go_on) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
    let upstream = Upstream::scripted_with(
        (Arc::clone(&waiting), Arc::clone(&go_on)),
        move |mut connection, (waiting, go_on)| async move {
            loop {
                let request = connection.next().await?;
                if is_a_checks(&request) {
                    waiting.fetch_add(1, SeqCst);
                    go_on.notified().await;
                }
                connection.send(json(r#"{"account":null}"#)).await;
            }
        },
    )
    .await;
    let mut gateway = Gateway::configured(&upstream, |config| {
        everything(config);
        (config.verify.concurrency, config.verify.requests_per_minute) = (3, 1000);
    })
    .await;
    for _ in 0..10 {
        assert_eq!(gateway.send(get(PLAN).pin(OLD)).await.status(), 200);
    }
    let busy = "dateline_verify_skipped_total{reason=\"busy\"}";
    within("the others are skipped", async {
        while metric(&gateway, busy).await < 7.0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
    assert_eq!(waiting.load(SeqCst), 3);
    // They never get an answer, and the gateway does not wait for that.
    gateway.stop();
    let begun = std::time::Instant::now();
    gateway.stopped().await;
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    drop(go_on);
}

#[tokio::test]
async fn an_upstream_that_asks_to_be_left_alone_is() {
    let upstream = Upstream::scripted(|mut connection| async move {
        loop {
            let request = connection.next().await?;
            let refused = answer("429 Too Many Requests", &["retry-after: 30"], "");
            let answer = if is_a_checks(&request) { refused } else { json(r#"{"account":null}"#) };
            connection.send(answer).await;
        }
    })
    .await;
    let gateway = Gateway::configured(&upstream, everything).await;
    gateway.send(get(PLAN).pin(OLD)).await;
    let told = checked(&gateway, 1).await;
    assert_eq!(results(&told), [("GET /plans/{id}", "failed", 1)]);
    for _ in 0..5 {
        assert_eq!(gateway.send(get(PLAN).pin(OLD)).await.status(), 200);
    }
    assert_eq!(upstream.requests().iter().filter(|sent| is_a_checks(sent)).count(), 1);
    assert_eq!(metric(&gateway, "dateline_verify_skipped_total{reason=\"backoff\"}").await, 5.0);
}

/// Answers that the client did not get whole, and answers that are too large, are not verified.
#[tokio::test]
async fn what_is_not_whole_or_too_large_is_not_verified() {
    let long = format!(r#"{{"account":null,"x":"{}"}}"#, "y".repeat(5000));
    let (answers, cut) = (json(&long), json(&long));
    let upstream =
        Upstream::scripted_with((answers, cut), move |mut connection, (answers, cut)| async move {
            loop {
                let request = connection.next().await?;
                if request.start.contains("cut") {
                    return connection.cut(&cut, 3000, End::Close).await;
                }
                connection.send(&answers).await;
            }
        })
        .await;
    let gateway = Gateway::configured(&upstream, |config| {
        everything(config);
        config.verify.body_bytes = 4096;
    })
    .await;
    gateway.send(get(PLAN).pin(OLD)).await;
    let cut = gateway.send(get("/api/v1/plans/cut").pin(OLD)).await;
    assert_ne!(cut.status(), 200);
    within("it is told", async {
        while metric(&gateway, "dateline_verify_skipped_total{reason=\"too_large\"}").await < 1.0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
    assert_eq!(metric(&gateway, "dateline_verify_skipped_total{").await, 1.0);
    assert!(!upstream.requests().iter().any(is_a_checks));
    assert_eq!(over(&told(&gateway).await), 0);
}
