//! Steps that look at several fields at once, on their way through the gateway.

use super::support::{Gateway, Upstream, ask, get, json, v};
use crate::common::pack;

/// A gateway that asks the upstream at 2026-01-01 with a pack whose newer version has these changes.
async fn gateway(api: &str, changes: &str, body: &str) -> (Upstream, Gateway) {
    let upstream = Upstream::answers(json(body)).await;
    let pack = pack::shop(api, ("2026-01-01", changes));
    let gateway =
        Gateway::of_pack(pack, &upstream, |config| config.upstream.version = Some(v("2026-01-01"))).await;
    (upstream, gateway)
}

const CASES: &str = r#"
operations = ["GET /cases", "POST /cases"]
[resource.Case]
found = [
  { in = "GET /cases", part = "response", at = "$.data[*]" },
  { in = "POST /cases", part = "body", at = "$" },
]
[resource.Cases]
found = [{ in = "GET /cases", part = "query" }]
"#;

const SPLIT: &str = r#"
[[change]]
name = "Split the status"
why = "An inquiry has the same stages."
resource = "Case"
steps = [
  { table = ["status"], to = ["status", "inquiry"], rows = [
    ['"warning_open"', '"open", true'], ['"open"', '"open", false'] ], down_rest = '"open"' },
]
[[change]]
name = "Split the filter"
why = "An inquiry has the same stages."
resource = "Cases"
steps = [
  { table = ["status"], to = ["state", "inquiry"], rows = [
    ['"warning_open"', '"open", true'], ['"open"', '"open", false'] ] },
]
"#;

#[tokio::test]
async fn a_table_is_looked_up_both_ways() {
    let body = r#"{"data":[{"status":"open","inquiry":true},{"status":"won","inquiry":false}]}"#;
    let (upstream, gateway) = gateway(CASES, SPLIT, body).await;
    let listed = gateway.send(get("/v1/cases?k=1&status=warning_open")).await;
    assert_eq!(listed.text(), r#"{"data":[{"status":"warning_open"},{"status":"open"}]}"#);
    assert_eq!(listed.field("dateline-loss"), Some("status=dropped"));
    assert_eq!(upstream.requests()[0].start, "GET /v1/cases?k=1&state=open&inquiry=true HTTP/1.1");
    gateway.send(ask("POST", "/v1/cases").json(r#"{"status":"open"}"#)).await;
    assert_eq!(upstream.requests()[1].text(), r#"{"status":"open","inquiry":false}"#);
}

const PAYMENTS: &str = r#"
operations = ["GET /payments/{id}", "POST /payments"]
[lookup.decimals]
usd = 2
jpy = 0
[resource.Payment]
found = [{ in = "GET /payments/{id}", part = "response", at = "$" }]
[resource.NewPayment]
found = [{ in = "POST /payments", part = "body", at = "$" }]
"#;

const MONEY: &str = r#"
[[change]]
name = "Give amounts their currency"
why = "An amount says what it is of."
resource = "Payment"
steps = [
  { move = "total", to = "total.amount", as = "number -> decimal" },
  { add = "total.currency", copy = "currency", implied_by = "the currency of the payment" },
  { add = "total.decimals", lookup = "currency", in = "decimals", implied_by = "ISO 4217" },
]
[[change]]
name = "Take amounts in minor units"
why = "Cents are whole."
resource = "NewPayment"
steps = [{ scale = "amount", as = "decimal -> minor", by = "currency", in = "decimals" }]
"#;

#[tokio::test]
async fn money_becomes_a_number_again_and_digits_are_never_rounded() {
    let body = r#"{"currency":"usd","total":{"amount":"9007199254740993.10","currency":"usd","decimals":2}}"#;
    let (upstream, gateway) = gateway(PAYMENTS, MONEY, body).await;
    let answer = gateway.send(get("/v1/payments/p_1")).await;
    assert_eq!(answer.text(), r#"{"currency":"usd","total":9007199254740993.10}"#);
    assert_eq!(answer.field("dateline-loss"), None);
    for (body, up) in [
        (r#"{"amount":"12.50","currency":"usd"}"#, r#"{"amount":1250,"currency":"usd"}"#),
        (r#"{"amount":"1250","currency":"jpy"}"#, r#"{"amount":1250,"currency":"jpy"}"#),
    ] {
        gateway.send(ask("POST", "/v1/payments").json(body)).await;
        assert_eq!(upstream.requests().last().unwrap().text(), up);
    }
    // What stayed as it is would be read in the other unit.
    let sent = upstream.requests().len();
    for odd in [
        r#"{"amount":"12.505","currency":"usd"}"#,
        r#"{"amount":"3","currency":"USD"}"#,
        r#"{"amount":"3"}"#,
        r#"{"amount":3,"currency":"usd"}"#,
    ] {
        let refused = gateway.send(ask("POST", "/v1/payments").json(odd)).await;
        assert_eq!(refused.status(), 400, "{odd}: {}", refused.text());
    }
    assert_eq!(upstream.requests().len(), sent);
}

#[tokio::test]
async fn a_filter_that_no_row_has_is_refused() {
    let (upstream, gateway) = gateway(CASES, SPLIT, "{}").await;
    for odd in ["status=lost", "status=open&status=warning_open", "status[]=open"] {
        let refused = gateway.send(get(&format!("/v1/cases?{odd}"))).await;
        assert_eq!(refused.status(), 400, "{odd}: {}", refused.text());
        assert!(refused.text().contains("status"), "{}", refused.text());
    }
    assert!(upstream.requests().is_empty());
}

const SUBSCRIPTIONS: &str = r#"
operations = ["GET /subscriptions/{id}", "POST /invoices"]
[resource.Subscription]
found = [{ in = "GET /subscriptions/{id}", part = "response", at = "$" }]
[resource.Invoice]
found = [{ in = "POST /invoices", part = "body", at = "$" }]
"#;

const COMPUTED: &str = r#"
[[change]]
name = "Say the period of each item"
why = "Items may be billed at different times."
resource = "Subscription"
steps = [
  { compute = "ends_at", from = "items.data[*].ends_at", as = "min", in = "older", empty = 'null' },
  { compute = "tax", from = "taxes[*].amount", as = "sum", in = "older", implied_by = "it is all of them" },
]
[[change]]
name = "Say the total of an invoice"
why = "It is asked for."
resource = "Invoice"
steps = [{ compute = "total", from = ["net", "tax"], as = "sum", implied_by = "it is both" }]
"#;

#[tokio::test]
async fn a_field_is_computed_of_others_or_the_request_is_refused() {
    let body = r#"{"items":{"data":[{"ends_at":30}, {"ends_at":20}]},"taxes":[{"amount":"0.10"},{"amount":"9007199254740993.2"}]}"#;
    let (upstream, gateway) = gateway(SUBSCRIPTIONS, COMPUTED, body).await;
    let read = gateway.send(get("/v1/subscriptions/s_1")).await;
    let computed = r#","tax":"9007199254740993.30","ends_at":20}"#;
    assert_eq!(read.text(), format!("{}{computed}", &body[..body.len() - 1]));
    assert_eq!(read.field("dateline-loss"), Some("ends_at=made-up"));
    gateway.send(ask("POST", "/v1/invoices").json(r#"{"net":0.1,"tax":0.20}"#)).await;
    assert_eq!(upstream.requests()[1].text(), r#"{"net":0.1,"tax":0.20,"total":0.30}"#);
    let mixed = gateway.send(ask("POST", "/v1/invoices").json(r#"{"net":0.1,"tax":"0.20"}"#)).await;
    assert_eq!(mixed.status(), 400, "{}", mixed.text());
    assert!(mixed.text().contains("total"), "{}", mixed.text());
    assert_eq!(upstream.requests().len(), 2, "nothing is sent in hope");
}

const BALANCES: &str = r#"
operations = ["GET /balances", "POST /balances"]
[resource.Balance]
found = [
  { in = "GET /balances", part = "response", at = "$.data[*]" },
  { in = "POST /balances", part = "body", at = "$" },
]
"#;

const APART: &str = r#"
[[change]]
name = "Tell money in transit apart"
why = "It cannot be paid out."
resource = "Balance"
steps = [{ add_up = ["pending", "in_transit"], to = "pending", in = "older", others = '"0"' }]
"#;

#[tokio::test]
async fn amounts_are_added_up_and_the_whole_is_put_into_the_first() {
    let body = r#"{"data":[{"pending":"0.10","in_transit":"0.2"},{"pending":"5.00","in_transit":"0"}]}"#;
    let (upstream, gateway) = gateway(BALANCES, APART, body).await;
    let listed = gateway.send(get("/v1/balances")).await;
    assert_eq!(listed.text(), r#"{"data":[{"pending":"0.30"},{"pending":"5.00"}]}"#);
    assert_eq!(listed.field("dateline-loss"), Some("in_transit=dropped, pending=dropped"));
    gateway.send(ask("POST", "/v1/balances").json(r#"{"pending":"7.50"}"#)).await;
    assert_eq!(upstream.requests()[1].text(), r#"{"pending":"7.50","in_transit":"0"}"#);
    let number = gateway.send(ask("POST", "/v1/balances").json(r#"{"pending":7.5}"#)).await;
    assert_eq!((number.status(), upstream.requests().len()), (400, 2), "{}", number.text());
}
