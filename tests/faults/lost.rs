//! Losses that are told: what was there and is gone, or stayed in a form that its version does not know.

use super::support::{Gateway, HEAD, Protocol, Upstream, ask, chunked, get, json, refusing, strict, v};
use crate::common::pack;
use dateline_core::pack::Pack;
use dateline_gateway::Config;
use std::sync::Arc;

const REFERRAL: &str = "/api/v1/referrals/businesses/bref_x";

/// The newer version has no fee in the body of an order, and a tax beside its total.
fn shop() -> Arc<Pack> {
    pack::shop(
        "operations = [\"POST /orders\"]\n\
         [resource.Order]\nfound = [{ in = \"POST /orders\", part = \"body\", at = \"$\" }]\n",
        (
            "2026-01-01",
            "[[change]]\nname = \"Drop the fee\"\nwhy = \"w\"\nresource = \"Order\"\n\
             steps = [{ drop = \"fee\", restore = '0', implied_by = \"k\" }, \
             { add = \"tax\", value = '\"0.00\"', beside = \"total\" }]\n",
        ),
    )
}

#[tokio::test]
async fn row_14_1l_a_client_that_sends_nothing_loses_nothing() {
    let order =
        |version: &str, body: &str| ask("POST", "/v1/orders").with("shop-version", version).json(body);
    for (upstream_is_at, client_is_at, nothing, sent, something, loss) in [
        ("2026-01-01", "2025-01-01", r#"{"id":1}"#, r#"{"id":1}"#, r#"{"id":1,"fee":5}"#, "fee"),
        (
            "2025-01-01",
            "2026-01-01",
            r#"{"total":1}"#,
            r#"{"total":1,"fee":0}"#,
            r#"{"total":1,"tax":"2"}"#,
            "tax",
        ),
    ] {
        let mut upstream = Upstream::answers(json("{}")).await;
        upstream.version = v(upstream_is_at);
        let gateway = Gateway::of_pack(shop(), &upstream, refusing).await;
        for ask in [order(client_is_at, nothing), strict(order(client_is_at, nothing))] {
            let answer = gateway.send(ask).await;
            assert_eq!((answer.status(), answer.field("dateline-loss")), (200, None), "{}", answer.text());
        }
        assert!(upstream.requests().iter().all(|request| request.text() == sent), "{sent}");
        let seen = upstream.count();

        let told = gateway.send(order(client_is_at, something)).await;
        assert_eq!(told.field("dateline-loss"), Some(format!("{loss}=dropped").as_str()));
        let refused = gateway.send(strict(order(client_is_at, something))).await;
        assert_eq!((refused.status(), upstream.count()), (400, seen + 1), "{}", refused.text());
        let text = refused.error_message();
        let advice = format!("{loss} would be dropped. Nothing was sent. Leave out what would be lost");
        assert!(text.contains(&advice), "{text}");
    }
    // An answer in which a field never stood has not lost it, either.
    let mut upstream = Upstream::answers(json(r#"{"id":"bref_x","referred_by_account_id":null}"#)).await;
    upstream.version = v("2025-01-01");
    let gateway = Gateway::before(&upstream).await;
    let answer = gateway.send(get(REFERRAL).pin("2026-07-01")).await;
    assert_eq!(
        (answer.status(), answer.text(), answer.field("dateline-loss")),
        (200, r#"{"id":"bref_x"}"#, None)
    );
}

#[tokio::test]
async fn row_14_1d_what_is_no_object_where_one_is_translated_is_told_and_refused() {
    let old = r#"{"company":1}"#;
    for (path, body, place) in [
        ("/api/v1/plans/plan_x", format!("[{old}]"), "$"),
        ("/api/v1/plans/plan_x", "\"plan\"".to_owned(), "$"),
        ("/api/v1/plans", format!("[{old}]"), "$.data[*]"),
        ("/api/v1/plans", format!(r#"{{"data":{old}}}"#), "$.data[*]"),
        ("/api/v1/plans", r#"{"data":[{"account":1},[7]]}"#.to_owned(), "$.data[*]"),
    ] {
        let upstream = Upstream::answers(json(&body)).await;
        let gateway = Gateway::configured(&upstream, refusing).await;
        for protocol in Protocol::ALL {
            let told = gateway.receive(protocol, &get(path)).await.expect("whole");
            let loss = format!("{place}=unconverted");
            assert_eq!((told.status(), told.field("dateline-loss")), (200, Some(loss.as_str())), "{body}");
            let refused = gateway.receive(protocol, &strict(get(path))).await.expect("whole");
            assert_eq!(refused.error(), (502, "translation_would_lose".to_owned()), "{body}");
            assert_eq!(refused.field("dateline-outcome"), Some("responded"));
            let text = refused.error_message();
            assert!(text.contains(&format!("without a loss: {place} would be unconverted. Send ")), "{text}");
            // What a write has lost is told: it was carried out.
            if path.ends_with("plan_x") {
                let write = strict(ask("PATCH", path)).json("{}");
                let told = gateway.receive(protocol, &write).await.expect("whole");
                assert_eq!(
                    (told.status(), told.field("dateline-loss")),
                    (200, Some(loss.as_str())),
                    "{body}"
                );
            }
        }
        let metrics = gateway.admin("/metrics").await;
        let counted = format!(r#"change="Rename company to account",field="{place}",kind="unconverted""#);
        assert!(metrics.text().contains(&counted), "{}", metrics.text());
    }
    for (path, body) in [
        ("/api/v1/plans/plan_x", "null"),
        ("/api/v1/plans", r#"{"data":[]}"#),
        ("/api/v1/plans", r#"{"data":null}"#),
        ("/api/v1/plans", r#"{"data":[null]}"#),
        ("/api/v1/plans", "{}"),
    ] {
        let upstream = Upstream::answers(json(body)).await;
        let gateway = Gateway::configured(&upstream, refusing).await;
        let answer = gateway.send(strict(get(path))).await;
        assert_eq!((answer.status(), answer.text(), answer.field("dateline-loss")), (200, body, None));
    }
}

#[tokio::test]
async fn row_14_1d_a_streamed_answer_says_what_may_be_and_breaks_off_for_who_refuses() {
    let small = |config: &mut Config| {
        config.limits.buffer_bytes = 50;
        config.limits.object_bytes = 100;
        refusing(config);
    };
    let list = format!("{{\"data\":[{}", [r#"{"id":"plan_x","account":null}"#; 9].join(","));
    let upstream = Upstream::answers(chunked(HEAD, [&list[..100], &list[100..], ",[1]]}"])).await;
    let gateway = Gateway::configured(&upstream, small).await;
    let told = gateway.send(get("/api/v1/plans")).await;
    let possible = "$.data[*]=unconverted;possible";
    assert!(told.field("dateline-loss").unwrap().contains(possible), "{}", told.head_text());
    assert!(told.text().ends_with(",[1]]}"), "{}", told.text());
    for protocol in [Protocol::Http11, Protocol::Http2] {
        let strict = strict(get("/api/v1/plans"));
        assert!(gateway.receive(protocol, &strict).await.is_none(), "{protocol:?}: not whole");
    }
    let metrics = gateway.admin("/metrics").await;
    let error = r#"dateline_errors_total{type="translation_would_lose",outcome="responded"} 2"#;
    assert!(metrics.text().contains(error), "{}", metrics.text());
}
