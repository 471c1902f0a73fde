//! Values that move between the places of a message, as Envoy is told of them.

use super::envoy::{Mutation, Part, Processor, Reply, body, of_head};
use crate::common::pack;
use dateline_core::pack::Pack;
use envoy_types::pb::envoy::service::ext_proc::v3::{CommonResponse, common_response::ResponseStatus};
use std::sync::Arc;

const API: &str = r#"
operations = ["POST /refunds", "DELETE /refunds/{id}"]
"#;

const CHANGES: &str = r#"
[[change]]
name = "Take the account from the query into the body"
why = "Bodies are for content."
operation = "POST /refunds"
part = "request"
steps = [
  { move = "query.account_id", to = "body.account_id" },
  { move = "header.X-Company", to = "header.X-Account" },
]
[[change]]
name = "Answer a created refund as created"
why = "It is."
operation = "POST /refunds"
part = "response"
steps = [{ map = "status", values = [['200', '201']] }]
[[change]]
name = "Answer a deleted refund with nothing"
why = "Nothing is left."
operation = "DELETE /refunds/{id}"
part = "response"
steps = [
  { map = "status", values = [['200', '204']] },
  { drop = "body", restore = '{"deleted":true}', implied_by = "it is deleted" },
]
"#;

const OLD: (&str, &str) = ("shop-version", "2025-01-01");
const JSON: (&str, &str) = ("content-type", "application/json");

async fn processor() -> Processor {
    let pack: Arc<Pack> = pack::shop(API, ("2026-01-01", CHANGES));
    Processor::of_pack(Arc::unwrap_or_clone(pack), |config| {
        config.upstream.version = Some("2026-01-01".parse().unwrap());
    })
    .await
}

/// The way in which Envoy goes on behind a head, and the body that the head gets.
fn replaced(reply: &Reply) -> (ResponseStatus, Option<Mutation>) {
    let (Reply::RequestHeaders(reply) | Reply::ResponseHeaders(reply)) = reply else { panic!("{reply:?}") };
    let CommonResponse { status, body_mutation, .. } = reply.response.clone().unwrap();
    (status.try_into().unwrap(), body_mutation.and_then(|body| body.mutation))
}

#[tokio::test]
async fn a_request_moves_its_values_and_an_answer_its_status() {
    let processor = processor().await;
    let mut stream = processor.stream().await.unwrap();
    let fields = [OLD, JSON, ("x-company", "co_1"), ("content-length", "12")];
    stream.request("POST", "/v1/refunds?account_id=biz_1&a=b", &fields, false).await;
    assert_eq!(stream.next().await.unwrap().unwrap().response, None, "the body is asked for first");
    stream.say(Part::RequestBody(body(r#"{"amount":1}"#, true))).await;
    let head = of_head(&stream.reply().await);
    for change in [":path: /v1/refunds?a=b", "x-account: co_1", "-x-company", "content-length: 33"] {
        assert!(head.iter().any(|told| told == change), "{change} is not in {head:?}");
    }
    assert_eq!(stream.pieces().await, r#"{"amount":1,"account_id":"biz_1"}"#);
    stream.answer("201", &[], true).await;
    let head = of_head(&stream.reply().await);
    assert!(head.iter().any(|told| told == ":status: 200"), "{head:?}");
}

#[tokio::test]
async fn a_body_that_comes_into_being_goes_with_the_head() {
    let processor = processor().await;
    let mut stream = processor.stream().await.unwrap();
    stream.request("POST", "/v1/refunds?account_id=biz_1", &[OLD], true).await;
    let reply = stream.reply().await;
    let made = Mutation::Body(br#"{"account_id":"biz_1"}"#.to_vec());
    assert_eq!(replaced(&reply), (ResponseStatus::ContinueAndReplace, Some(made)));
    let head = of_head(&reply);
    assert!(head.iter().any(|told| told == "content-type: application/json"), "{head:?}");

    let mut stream = processor.stream().await.unwrap();
    stream.request("DELETE", "/v1/refunds/r_1", &[OLD], true).await;
    assert_eq!(replaced(&stream.reply().await).0, ResponseStatus::Continue);
    stream.answer("204", &[], true).await;
    let reply = stream.reply().await;
    let made = Mutation::Body(br#"{"deleted":true}"#.to_vec());
    assert_eq!(replaced(&reply), (ResponseStatus::ContinueAndReplace, Some(made)));
    assert!(of_head(&reply).iter().any(|told| told == ":status: 200"));
}

/// The head of a request says no operation here, so Envoy's answer to it waits for the body.
#[tokio::test]
async fn the_body_says_which_operation_a_request_is_for() {
    const SHARED: &str = r#"
operations = []
[operation.update]
"2025-01-01" = "PATCH /memberships/{id}"
[operation.uncancel]
"2025-01-01" = { at = "PATCH /memberships/{id}", body = '{"cancel_at_period_end":false}' }
"2026-01-01" = "POST /uncancel"
"#;
    const MOVED: &str = r#"
[[change]]
name = "Name the membership in the query"
why = "One address for all."
operation = "uncancel"
part = "request"
steps = [{ move = "path.id", to = "query.id" }]
"#;
    let pack: Arc<Pack> = pack::shop(SHARED, ("2026-01-01", MOVED));
    let processor = Processor::of_pack(Arc::unwrap_or_clone(pack), |config| {
        config.upstream.version = Some("2026-01-01".parse().unwrap());
    })
    .await;
    let fields = [OLD, JSON, ("content-length", "30")];
    for (sent, changes, gone) in [
        (
            r#"{"cancel_at_period_end":false}"#,
            &[":method: POST", ":path: /v1/uncancel?id=m_1", "content-length: 0"][..],
            "",
        ),
        (r#"{"cancel_at_period_end":true }"#, &[][..], r#"{"cancel_at_period_end":true }"#),
    ] {
        let mut stream = processor.stream().await.unwrap();
        stream.request("PATCH", "/v1/memberships/m_1", &fields, false).await;
        assert_eq!(stream.next().await.unwrap().unwrap().response, None, "the body is asked for first");
        stream.say(Part::RequestBody(body(sent, true))).await;
        let head = of_head(&stream.reply().await);
        for change in changes {
            assert!(head.iter().any(|told| told == change), "{change} is not in {head:?}");
        }
        assert_eq!(head.iter().any(|told| told.starts_with(":path")), !changes.is_empty(), "{head:?}");
        assert_eq!(stream.pieces().await, gone);
    }
}
