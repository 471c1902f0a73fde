//! The gateway's own errors in the shape of the API's, so that its clients can read them.

use super::support::{Gateway, Message, Protocol, Upstream, answer, ask, get, json};
use crate::common::pack;
use dateline_core::pack::Pack;
use std::sync::Arc;

const SHAPE: &str = r#"{"error":{"code":"{type}","message":"{message}","id":"{request_id}","status":"{status:number}","sent":"{outcome}"}}"#;

/// A pack whose API tells errors in this shape.
fn shop(errors: &str) -> Arc<Pack> {
    let api = format!(
        "operations = [\"GET /orders\", \"POST /orders\"]\n{errors}\n\
         [resource.Order]\nfound = [{{ in = \"GET /orders\", part = \"response\", at = \"$\" }}, \
         {{ in = \"POST /orders\", part = \"body\", at = \"$\" }}]\n"
    );
    pack::shop(&api, pack::SUM)
}

/// Asserts that an error is in the shape, and says what it is otherwise told in the head.
#[track_caller]
fn is_shaped(answer: &Message, status: u16, code: &str) {
    let said = answer.json();
    let error = &said["error"];
    assert_eq!((answer.status(), error["code"].as_str()), (status, Some(code)), "{said}");
    assert_eq!(error["status"], status);
    assert_eq!(error["id"].as_str(), answer.field("x-request-id"));
    assert_eq!(error["sent"].as_str(), answer.field("dateline-outcome"));
    assert!(error["message"].as_str().is_some_and(|text| text.len() > 20), "{said}");
    assert_eq!(answer.field("content-type"), Some("application/vnd.shop+json"));
    assert_eq!(said.as_object().map(serde_json::Map::len), Some(1));
}

#[tokio::test]
async fn row_14_1m_errors_have_the_shape_that_the_pack_says() {
    let shape = format!("[errors]\nbody = '{SHAPE}'\ncontent_type = \"application/vnd.shop+json\"");
    let upstream = Upstream::answers(json("{")).await;
    let gateway = Gateway::of_pack(shop(&shape), &upstream, |_| {}).await;
    for protocol in Protocol::ALL {
        for (ask, status, code) in [
            (get("/v1/orders").with("shop-version", "2020-01-01"), 400, "unsupported_api_version"),
            (ask("POST", "/v1/orders").json(r#"{"total":1,"total":2}"#), 400, "duplicate_key"),
            (get("/v1//orders"), 400, "ambiguous_path"),
            (get("/v1/orders"), 502, "response_untranslatable"),
        ] {
            is_shaped(&gateway.receive(protocol, &ask).await.expect("whole"), status, code);
        }
    }
    // One connection too many is told in it, too.
    let gateway = Gateway::of_pack(shop(&shape), &upstream, |config| config.limits.connections = 1).await;
    let mut client = gateway.connect().await;
    client.send(get("/v1/orders").with("shop-version", "x").bytes()).await;
    is_shaped(&client.answer().await, 400, "unsupported_api_version");
    is_shaped(&gateway.send(get("/v1/orders")).await, 503, "overloaded");

    let absent = Upstream::absent().await;
    let gateway = Gateway::of_pack(shop(&shape), &absent, |_| {}).await;
    is_shaped(&gateway.send(get("/v1/orders")).await, 502, "upstream_unreachable");

    // What the upstream itself says is its own.
    let refusal = answer("404 Not Found", &["content-type: application/json"], "{\"mine\":1}");
    let upstream = Upstream::answers(refusal).await;
    let gateway = Gateway::of_pack(shop(&shape), &upstream, |_| {}).await;
    assert_eq!(gateway.send(get("/v1/orders")).await.text(), "{\"mine\":1}");
}

#[tokio::test]
async fn row_14_1m_without_a_shape_errors_are_as_they_were() {
    let upstream = Upstream::answers(json("{}")).await;
    let gateway = Gateway::of_pack(shop(""), &upstream, |_| {}).await;
    let answer = gateway.send(get("/v1/orders").with("shop-version", "x").with("x-request-id", "r")).await;
    assert_eq!(
        answer.text(),
        r#"{"error":{"type":"unsupported_api_version","message":"Shop-Version is not a supported version. Supported versions: 2025-01-01, 2026-07-01","request_id":"r"}}"#
    );
    assert_eq!(answer.field("content-type"), Some("application/json"));
}
