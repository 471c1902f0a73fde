//! Tests of inexact translations: they are reported, or refused for a client that accepts no made-up values.

use super::support::{
    End, Gateway, HEAD, Message, Protocol, Upstream, answer, ask, chunked, get, json, refusing, strict, v,
};
use crate::common::pack;
use dateline_core::pack::Pack;
use dateline_gateway::Config;
use std::sync::Arc;

const REFERRAL: &str = "/api/v1/referrals/businesses/bref_x";
const REFERRALS: &str = "/api/v1/referrals/businesses";
const USER: &str = "/api/v1/users/user_x";

/// An answer at 2026-07-01 for which an older client gets a `referred_by_account_id` that is made up.
const MADE_UP: &str =
    r#"{"id":"bref_x","volume_usd":{"attributed":"1.00","settled":"1.00","awaiting_settlement":"0.00"}}"#;
/// The same with one amount that is none.
const UNCONVERTED: &str = r#"{"referred_by_account_id":null,"earnings_usd":{"total":"much"}}"#;
/// The same with nothing but what an older client has no place for.
const DROPPED: &str = r#"{"referred_by_account_id":null,"volume_usd":{"attributed":"1.00","settled":"0.50","awaiting_settlement":"0.50"}}"#;

fn list_of(element: &str, count: usize) -> String {
    format!(r#"{{"data":[{}]}}"#, vec![element; count].join(","))
}

/// Returns the error type of an answer with another error format than the API's.
fn kind(answer: &Message) -> String {
    answer.json()["error"]["type"].as_str().expect("a type").to_owned()
}

#[tokio::test]
async fn an_answer_that_says_what_nobody_said_is_refused_to_who_refuses_it() {
    let upstream = Upstream::answers(json(MADE_UP)).await;
    let gateway = Gateway::configured(&upstream, refusing).await;
    let told = gateway.send(get(REFERRAL)).await;
    assert_eq!(told.status(), 200);
    assert!(told.field("dateline-loss").unwrap().contains("referred_by_account_id=made-up"));

    let refused = gateway.send(strict(get(REFERRAL))).await;
    assert_eq!(refused.error(), (502, "translation_would_lose".to_owned()));
    assert_eq!(refused.field("dateline-outcome"), Some("responded"));
    assert_eq!((refused.field("dateline-loss"), refused.field("etag")), (None, None));
    assert_eq!(
        refused.error_message(),
        "The upstream's response cannot be translated to version 2025-01-01 without a loss: referred_by_account_id would be \
         made-up. Send Api-Version-Date: 2026-07-01 and speak that version. This client has losses refused; an operator \
         can have them reported instead. The upstream answered 200"
    );
    let native = gateway.send(strict(get(REFERRAL)).pin("2026-07-01")).await;
    assert_eq!((native.status(), native.text()), (200, MADE_UP));

    let metrics = gateway.admin("/metrics").await;
    let error = r#"dateline_errors_total{type="translation_would_lose",outcome="responded"} 1"#;
    assert!(metrics.text().contains(error), "{}", metrics.text());
    let lost = |client: &str| {
        let client = format!("client=\"{client}\"");
        metrics
            .text()
            .lines()
            .any(|line| line.starts_with("dateline_losses_total{") && line.contains(&client))
    };
    assert!(lost("unnamed") && !lost("strict"), "what was refused was not lost: {}", metrics.text());
}

#[tokio::test]
async fn an_amount_that_is_none_is_refused_and_what_has_no_place_is_not() {
    let upstream = Upstream::answers(json(UNCONVERTED)).await;
    let gateway = Gateway::configured(&upstream, refusing).await;
    let refused = gateway.send(strict(get(REFERRAL))).await;
    assert_eq!(refused.error(), (502, "translation_would_lose".to_owned()));
    assert!(
        refused.error_message().contains(": earnings_usd.total would be unconverted. "),
        "{}",
        refused.error_message()
    );

    let upstream = Upstream::answers(json(DROPPED)).await;
    let gateway = Gateway::configured(&upstream, refusing).await;
    let answer = gateway.send(strict(get(REFERRAL))).await;
    let losses = "volume_usd.awaiting_settlement=dropped, volume_usd.settled=dropped";
    assert_eq!((answer.status(), answer.field("dateline-loss")), (200, Some(losses)), "{}", answer.text());
}

#[tokio::test]
async fn a_list_is_judged_whole_before_any_of_it_is_told() {
    let small = |config: &mut Config| {
        config.limits.buffer_bytes = 100;
        refusing(config);
    };
    let (good, bad) = (list_of(DROPPED, 9), list_of(MADE_UP, 1));
    let late = format!("{},{}", &good[..good.len() - 2], &bad[9..]);
    let cut = late.len() / 2;
    for came in [json(&late), chunked(HEAD, [&late[..cut], &late[cut..]])] {
        let upstream = Upstream::answers(came).await;
        let gateway = Gateway::configured(&upstream, small).await;
        let told = gateway.send(get(REFERRALS)).await;
        let possible = "referred_by_account_id=made-up;possible";
        assert!(told.field("dateline-loss").unwrap().contains(possible), "{}", told.head_text());
        for protocol in Protocol::ALL {
            let refused = gateway.receive(protocol, &strict(get(REFERRALS))).await.expect("whole");
            assert_eq!(refused.error(), (502, "translation_would_lose".to_owned()), "{protocol:?}");
        }
    }

    let upstream = Upstream::answers(chunked(HEAD, [&good[..cut], &good[cut..]])).await;
    let answer = Gateway::configured(&upstream, small).await.send(strict(get(REFERRALS))).await;
    assert_eq!((answer.status(), answer.json()["data"].as_array().unwrap().len()), (200, 9));
    assert_eq!(answer.field("content-length"), Some(answer.body.len().to_string().as_str()));
    assert!(!answer.field("dateline-loss").unwrap().contains("possible"));

    let tiny = |config: &mut Config| {
        small(config);
        config.limits.object_bytes = 200;
    };
    let over = Gateway::configured(&upstream, tiny).await.send(strict(get(REFERRALS))).await;
    assert_eq!(over.error(), (502, "response_too_large".to_owned()));
    assert_eq!(over.field("dateline-outcome"), Some("responded"));
    assert!(
        over.error_message().contains("over the limit of 200 bytes. Ask for less"),
        "{}",
        over.error_message()
    );
}

#[tokio::test]
async fn nothing_is_held_back_where_nothing_can_be_made_up() {
    let list = list_of(r#"{"id":"plan_x","account":null}"#, 9);
    let upstream = Upstream::answers(chunked(HEAD, [&list[..100], &list[100..]])).await;
    let small = |config: &mut Config| {
        config.limits.buffer_bytes = 50;
        config.limits.object_bytes = 100;
        refusing(config);
    };
    let answer = Gateway::configured(&upstream, small).await.send(strict(get("/api/v1/plans"))).await;
    assert_eq!(
        (answer.status(), answer.field("content-length")),
        (200, None),
        "over every limit, as it comes"
    );
}

#[tokio::test]
async fn a_compressed_answer_is_judged_too_and_what_broke_off_is_no_loss() {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    std::io::Write::write_all(&mut encoder, MADE_UP.as_bytes()).unwrap();
    let body = encoder.finish().unwrap();
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    let upstream = Upstream::answers([head.as_bytes(), &body].concat()).await;
    let gateway = Gateway::configured(&upstream, refusing).await;
    let refused = gateway.send(strict(get(REFERRAL)).with("accept-encoding", "gzip")).await;
    assert_eq!(refused.error(), (502, "translation_would_lose".to_owned()));
    assert_eq!(refused.field("content-encoding"), None);

    let upstream = Upstream::scripted(|mut connection| async move {
        connection.next().await?;
        let came = json(MADE_UP);
        let at = came.len() - 5;
        connection.cut(came, at, End::Close).await
    })
    .await;
    let cut = Gateway::configured(&upstream, refusing).await.send(strict(get(REFERRAL))).await;
    assert_eq!(cut.error(), (502, "upstream_truncated".to_owned()));
}

#[tokio::test]
async fn what_is_no_translated_body_is_never_refused() {
    let upstream = Upstream::answers(answer("200 OK", &["content-type: application/json"], "")).await;
    let gateway = Gateway::configured(&upstream, refusing).await;
    assert_eq!(gateway.send(strict(get(REFERRAL))).await.status(), 200);

    for (status, fields, body) in [
        ("304 Not Modified", &["etag: \"x\""][..], ""),
        ("204 No Content", &[], ""),
        (
            "404 Not Found",
            &["content-type: application/json"],
            r#"{"error":{"type":"not_found","message":"No."}}"#,
        ),
        ("200 OK", &["content-type: text/csv"], "id\nbref_x\n"),
    ] {
        let upstream = Upstream::answers(answer(status, fields, body)).await;
        let gateway = Gateway::configured(&upstream, refusing).await;
        let told = gateway.send(strict(get(REFERRAL))).await;
        assert_eq!((told.status().to_string().as_str(), told.text()), (&status[..3], body));
    }
}

#[tokio::test]
async fn a_head_without_a_body_says_what_may_be_lost() {
    let upstream = Upstream::answers(
        b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 90\r\n\r\n".as_slice(),
    )
    .await;
    let gateway = Gateway::configured(&upstream, refusing).await;
    for ask in [ask("HEAD", REFERRAL), strict(ask("HEAD", REFERRAL))] {
        let mut client = gateway.connect().await;
        client.send(ask.bytes()).await;
        let head = client.through("\r\n\r\n").await;
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
        assert!(head.contains("referred_by_account_id=made-up;possible"), "{head}");
        assert!(!head.contains("content-length"), "{head}");
    }
}

#[tokio::test]
async fn a_request_that_would_lose_something_is_not_sent() {
    let upstream = Upstream::answers(json("{}")).await;
    let gateway = Gateway::configured(&upstream, refusing).await;
    let both = format!("{USER}?company_id=biz_x&account_id=biz_y");
    let order = "/api/v1/referrals/businesses?order=volume_usd";
    for (refused, loss) in [
        (get(&both), "account_id would be dropped"),
        (ask("HEAD", &both), ""),
        (ask("PATCH", &both).json("{}"), "account_id would be dropped"),
        (
            ask("PATCH", USER).json(r#"{"company_id":"biz_x","account_id":"biz_y"}"#),
            "account_id would be dropped",
        ),
        (ask("PATCH", USER).form("company_id=biz_x&account_id=biz_y"), "account_id would be dropped"),
        (get(order), "order would be unconverted"),
    ] {
        let answer = gateway.send(strict(refused.clone())).await;
        assert_eq!(
            (answer.status(), answer.field("dateline-outcome")),
            (400, Some("not_sent")),
            "{refused:?}"
        );
        if refused.method != "HEAD" {
            assert_eq!(answer.error(), (400, "translation_would_lose".to_owned()));
            let text = answer.error_message();
            assert!(
                text.contains(loss) && text.contains("Nothing was sent") && !text.contains("biz_"),
                "{text}"
            );
        }
    }
    assert_eq!(upstream.count(), 0);
    // The connection is good for what loses nothing.
    let mut client = gateway.connect().await;
    client.send(strict(get(&both)).bytes()).await;
    assert_eq!(client.answer().await.status(), 400);
    client.send(strict(get(&format!("{USER}?company_id=biz_x"))).bytes()).await;
    assert_eq!(client.answer().await.status(), 200);
    assert_eq!(upstream.only().start, format!("GET {USER}?account_id=biz_x HTTP/1.1"));
    assert_eq!(gateway.send(get(&both)).await.field("dateline-loss"), Some("account_id=dropped"));
}

/// A pack in which the answer to a write is certain to lose something, or only may.
fn shop() -> Arc<Pack> {
    pack::shop(
        "origin = \"https://api.example.com\"\n\
         operations = [\"POST /orders\", \"GET /orders/{id}\", \"POST /refunds\", \"POST /items\"]\n\
         [resource.Order]\nfound = [{ in = \"POST /orders\", part = \"response\", at = \"$\" }, \
         { in = \"GET /orders/{id}\", part = \"response\", at = \"$\" }]\n\
         [resource.Refund]\nfound = [{ in = \"POST /refunds\", part = \"response\", at = \"$\" }]\n\
         [resource.Item]\nfound = [{ in = \"POST /items\", part = \"response\", at = \"$.data[*]\" }]\n",
        (
            "2026-01-01",
            "[[change]]\nname = \"Drop the fee\"\nwhy = \"w\"\nresource = \"Order\"\n\
             steps = [{ drop = \"fee\", restore = '0' }]\n\
             [[change]]\nname = \"Drop the fee of a refund's parts\"\nwhy = \"w\"\nresource = \"Refund\"\n\
             steps = [{ drop = \"part.fee\", restore = '0' }, { drop = \"currency\", restore = '\"usd\"', implied_by = \"k\" }]\n\
             [[change]]\nname = \"Drop the fee of items\"\nwhy = \"w\"\nresource = \"Item\"\n\
             steps = [{ drop = \"fee\", restore = '0' }]\n",
        ),
    )
}

#[tokio::test]
async fn a_write_is_refused_before_it_is_sent_or_never() {
    let mut upstream = Upstream::answers(json(r#"{"id":"o_1","part":{},"data":[{}]}"#)).await;
    upstream.version = v("2026-01-01");
    let gateway = Gateway::of_pack(shop(), &upstream, refusing).await;
    let refused = gateway.send(strict(ask("POST", "/v1/orders")).json("{}")).await;
    assert_eq!((refused.status(), kind(&refused).as_str()), (400, "translation_would_lose"));
    assert_eq!((refused.field("dateline-outcome"), upstream.count()), (Some("not_sent"), 0));
    assert!(refused.error_message().starts_with("No response to the request can be translated to version 2025-01-01 without a loss: fee would be made-up. Nothing was sent. Send Shop-Version: 2026-01-01"), "{}", refused.error_message());

    for (path, loss) in [("/v1/refunds", "part.fee=made-up"), ("/v1/items", "fee=made-up")] {
        let told = gateway.send(strict(ask("POST", path)).json("{}")).await;
        assert_eq!(
            (told.status(), told.field("dateline-loss")),
            (200, Some(loss)),
            "{path}: {}",
            told.text()
        );
    }
    let told = gateway.send(ask("POST", "/v1/orders").json("{}")).await;
    assert_eq!((told.status(), told.field("dateline-loss")), (200, Some("fee=made-up")));
    let read = gateway.send(strict(get("/v1/orders/o_1"))).await;
    assert_eq!((read.status(), kind(&read).as_str()), (502, "translation_would_lose"));
}

#[tokio::test]
async fn a_refused_answer_gives_back_what_it_kept() {
    let large = list_of(MADE_UP, 2_000);
    let upstream = Upstream::answers(json(&large)).await;
    let roomy = |config: &mut Config| {
        config.limits.memory_bytes = 1 << 20;
        refusing(config);
    };
    let gateway = Gateway::configured(&upstream, roomy).await;
    for _ in 0..6 {
        let refused = gateway.send(strict(get(REFERRALS))).await;
        assert_eq!(refused.error(), (502, "translation_would_lose".to_owned()));
    }
    let full = |config: &mut Config| {
        config.limits.memory_bytes = 32 << 10;
        refusing(config);
    };
    let over = Gateway::configured(&upstream, full).await.send(strict(get(REFERRALS))).await;
    assert_eq!(over.error(), (502, "overloaded".to_owned()));
    assert_eq!(over.field("dateline-outcome"), Some("responded"));
}

#[tokio::test]
async fn clients_are_not_told_where_they_need_not_be() {
    let upstream = Upstream::answers(json(MADE_UP)).await;
    let quiet = |config: &mut Config| {
        config.responses.loss_header = false;
        config.limits.buffer_bytes = 20;
        refusing(config);
    };
    let gateway = Gateway::configured(&upstream, quiet).await;
    let answer = gateway.send(get(REFERRAL)).await;
    assert_eq!((answer.status(), answer.field("dateline-loss")), (200, None));
    let refused = gateway.send(strict(get(REFERRAL))).await;
    assert_eq!(refused.error(), (502, "translation_would_lose".to_owned()));
    let metrics = gateway.admin("/metrics").await;
    assert!(
        metrics.text().contains("field=\"referred_by_account_id\",kind=\"made-up\""),
        "counted all the same"
    );
}
