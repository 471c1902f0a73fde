//! Money moves once: what may be sent again, and what never is.

use super::support::{Connection, End, Gateway, Upstream, ask};

const PLANS: &str = "/api/v1/plans";

#[tokio::test]
async fn row_40_a_write_is_carried_out_at_most_once() {
    for end in [End::Close, End::Rst] {
        let upstream = Upstream::scripted(move |mut connection: Connection| async move {
            connection.next().await?;
            connection.end(end).await
        })
        .await;
        let gateway = Gateway::before(&upstream).await;
        let write = ask("POST", PLANS).json("{}").with("idempotency-key", "key-1");
        let answer = gateway.send(write).await;
        assert_eq!(answer.error(), (502, "upstream_failed".to_owned()), "{end:?}");
        assert_eq!(answer.field("dateline-outcome"), Some("unknown"), "{end:?}");
        assert_eq!(upstream.executions("key-1"), 1, "{end:?}");
    }
}
