//! Steps with a guard: the wire has what the guard says of each object, of each request, and nothing is guessed.

use super::support::{Ask, Gateway, Upstream, ask, get, json, v};
use crate::common::pack;

const API: &str = r#"
operations = ["GET /payments", "POST /payments"]
[resource.Payment]
found = [
  { in = "GET /payments", part = "response", at = "$.data[*]" },
  { in = "POST /payments", part = "response", at = "$" },
  { in = "POST /payments", part = "body", at = "$" },
]
[resource.PaymentFilter]
found = [{ in = "GET /payments", part = "query" }]
"#;

const CHANGES: &str = r#"
[[change]]
name = "Say of what the last four digits are"
why = "Accounts have digits, too."
resource = "Payment"
steps = [
  { move = "last4", to = "card_last4", when = { type = "card" } },
  { move = "last4", to = "account_last4", when = { type = ["bank", "sepa"] } },
]
[[change]]
name = "Give cards their own fields"
why = "Only cards have them."
resource = "Payment"
when = { kind = "card" }
steps = [
  { move = "kind", to = "type" },
  { convert = "fee", as = "number -> decimal" },
]
[[change]]
name = "Filter by digits"
why = "Accounts have digits, too."
resource = "PaymentFilter"
steps = [{ move = "last4", to = "card_last4", when = { type = "card" } }]
"#;

async fn gateway(answer: &str) -> (Upstream, Gateway) {
    let upstream = Upstream::answers(json(answer)).await;
    let pack = pack::shop(API, ("2026-01-01", CHANGES));
    let gateway =
        Gateway::of_pack(pack, &upstream, |config| config.upstream.version = Some(v("2026-01-01"))).await;
    (upstream, gateway)
}

fn old(ask: Ask) -> Ask {
    ask.with("shop-version", "2025-01-01")
}

#[tokio::test]
async fn each_object_of_an_answer_is_what_its_own_fields_say() {
    let (_upstream, gateway) = gateway(
        r#"{"data":[{"type":"bank","account_last4":"1"},{"type":"\u0073epa","account_last4":"2"},{"account_last4":"3"},{"type":7,"card_last4":"4"}]}"#,
    )
    .await;
    let answer = gateway.send(old(get("/v1/payments"))).await;
    assert_eq!(
        answer.text(),
        r#"{"data":[{"type":"bank","last4":"1"},{"type":"\u0073epa","last4":"2"},{"account_last4":"3"},{"type":7,"card_last4":"4"}]}"#
    );
    assert_eq!(answer.field("dateline-loss"), None);
}

#[tokio::test]
async fn the_guard_of_a_change_reads_what_each_side_has() {
    let (upstream, gateway) = gateway(r#"{"type":"card","fee":"2.50","card_last4":"4"}"#).await;
    let answer = gateway.send(old(ask("POST", "/v1/payments").json(r#"{"kind":"card","fee":1}"#))).await;
    assert_eq!(upstream.requests()[0].text(), r#"{"type":"card","fee":"1.00"}"#);
    // The inverse of the second change runs first: the first one reads an object that has no type then.
    assert_eq!(answer.text(), r#"{"kind":"card","fee":2.50,"card_last4":"4"}"#);
    gateway.send(old(ask("POST", "/v1/payments").json(r#"{"kind":"bank","fee":1}"#))).await;
    assert_eq!(upstream.requests()[1].text(), r#"{"kind":"bank","fee":1}"#);
}

#[tokio::test]
async fn a_parameter_that_stands_several_times_decides_nothing() {
    let (upstream, gateway) = gateway(r#"{"data":[]}"#).await;
    for (query, sent) in [
        ("type=card&last4=1", "type=card&card_last4=1"),
        ("last4=1&type=c%61rd", "card_last4=1&type=c%61rd"),
        ("type=bank&last4=1", "type=bank&last4=1"),
        ("last4=1", "last4=1"),
    ] {
        gateway.send(old(get(&format!("/v1/payments?{query}")))).await;
        let requests = upstream.requests();
        let head = requests.last().expect("a request").head_text();
        assert!(head.contains(&format!("/v1/payments?{sent} ")), "{query}: {head}");
    }
    let count = upstream.requests().len();
    for query in ["type=card&type=bank&last4=1", "type[]=card&last4=1"] {
        let answer = gateway.send(old(get(&format!("/v1/payments?{query}")))).await;
        assert_eq!((answer.status(), answer.field("dateline-outcome")), (400, Some("not_sent")), "{query}");
    }
    assert_eq!(upstream.requests().len(), count, "nothing is sent in hope");
}

/// A guard of a whole request reads any place of it.
#[tokio::test]
async fn a_whole_request_is_what_one_of_its_places_says() {
    const CHANGES: &str = r#"
[[change]]
name = "Take the account into the body"
why = "Bodies are for content."
operation = "POST /payments"
part = "request"
when = { "body.kind" = ["card", "bank"], "query.mode" = { not = "test" } }
steps = [{ move = "header.X-Company", to = "body.account" }]
"#;
    let upstream = Upstream::answers(json("{}")).await;
    let pack = pack::shop("operations = [\"POST /payments\"]\n", ("2026-01-01", CHANGES));
    let gateway =
        Gateway::of_pack(pack, &upstream, |config| config.upstream.version = Some(v("2026-01-01"))).await;
    for (query, body, sent, header) in [
        ("mode=live", r#"{"kind":"card"}"#, r#"{"kind":"card","account":"co_1"}"#, None),
        ("mode=test", r#"{"kind":"card"}"#, r#"{"kind":"card"}"#, Some("co_1")),
        ("mode=live", r#"{"kind":"cash"}"#, r#"{"kind":"cash"}"#, Some("co_1")),
        ("", r#"{"kind":"bank"}"#, r#"{"kind":"bank"}"#, Some("co_1")),
    ] {
        let ask = ask("POST", &format!("/v1/payments?{query}")).json(body).with("x-company", "co_1");
        gateway.send(old(ask)).await;
        let requests = upstream.requests();
        let last = requests.last().expect("a request");
        assert_eq!((last.text(), last.field("x-company")), (sent, header), "{query} {body}");
    }
}
