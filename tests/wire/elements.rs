//! Steps on the elements of lists: what the wire has of each, and what is copied into them from around the list.

use super::support::{Ask, Gateway, Upstream, ask, get, json, v};
use crate::common::pack;
use dateline_core::check::{Trials, check};

const API: &str = r#"
operations = ["GET /orders/{id}", "POST /orders", "PATCH /orders/{id}"]
[resource.Order]
found = [
  { in = "GET /orders/{id}", part = "response", at = "$" },
  { in = "POST /orders", part = "response", at = "$" },
  { in = "POST /orders", part = "body", at = "$" },
  { in = "PATCH /orders/{id}", part = "body", at = "$" },
]
holds = { "lines[*]" = "Line" }
[resource.Line]
"#;

const CHANGES: &str = r#"
[[change]]
name = "Write the price of an item with its currency"
why = "An amount without a currency is none."
resource = "Order"
steps = [
  { move = "items[*].cost", to = "items[*].price.amount", as = "number -> decimal" },
  { add = "items[*].price.currency", copy = "currency", implied_by = "the order has one currency" },
  { ref = "options[*]", from = "text", members = '{"language":null}' },
  { add = "lines[*].total.currency", copy = "currency", implied_by = "the order has one currency" },
]
[[change.example]]
in = ["GET /orders/{id}", "POST /orders"]
old = '{"items":[{"cost":12.5},{"cost":7}],"currency":"usd","options":["gift"],"lines":[{"total":3}]}'
new = '{"items":[{"price":{"amount":"12.50","currency":"usd"}},{"price":{"amount":"7.00","currency":"usd"}}],"currency":"usd","options":[{"text":"gift","language":null}],"lines":[{"total":{"amount":3,"currency":"usd"}}]}'
up_loses = "options.language=made-up"
down_loses = ""
[[change.example]]
in = ["POST /orders", "PATCH /orders/{id}"]
part = "body"
old = '{"items":[{"cost":12.5},{"cost":7}],"currency":"usd","options":["gift"],"lines":[{"total":3}]}'
new = '{"items":[{"price":{"amount":"12.50","currency":"usd"}},{"price":{"amount":"7.00","currency":"usd"}}],"currency":"usd","options":[{"text":"gift","language":null}],"lines":[{"total":{"amount":3,"currency":"usd"}}]}'
up_loses = "options.language=made-up"
down_loses = ""
[[change]]
name = "Put the total of a line into an object"
why = "It has a currency."
resource = "Line"
steps = [{ move = "total", to = "total.amount" }]
[[change.example]]
old = '{"total":3}'
new = '{"total":{"amount":3}}'
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

#[test]
fn the_pack_keeps_the_laws() {
    let pack = pack::shop(API, ("2026-01-01", CHANGES));
    if let Some(mistakes) = check(&pack, Trials { cases: 300, seed: 1 }).mistakes {
        panic!("{mistakes}");
    }
}

#[tokio::test]
async fn each_element_of_an_answer_changes_and_what_is_copied_goes() {
    let (_upstream, gateway) = gateway(
        r#"{ "items": [ {"id":1 , "price":{"amount":"12.50","currency":"usd"}} , {"price":{"amount":"x","currency":"eur"}}, null ], "currency":"usd", "options":[{"text":"gift","language":"de"}],"lines":[{"total":{"amount":3,"currency":"usd"}},"l_2"]}"#,
    )
    .await;
    let answer = gateway.send(old(get("/v1/orders/o_1"))).await;
    assert_eq!(
        answer.text(),
        r#"{ "items": [ {"id":1 , "cost":12.50} , {"cost":"x"}, null ], "currency":"usd", "options":["gift"],"lines":[{"total":3},"l_2"]}"#
    );
    // The second item has another currency, and `"x"` is no decimal.
    let lost = answer.field("dateline-loss").unwrap();
    for loss in ["items.price.currency=dropped", "items.price.amount=unconverted", "options.language=dropped"]
    {
        assert!(lost.contains(loss), "{loss}: {lost}");
    }
}

#[tokio::test]
async fn the_currency_comes_after_the_items_that_it_is_copied_into() {
    let (upstream, gateway) = gateway("{}").await;
    let body =
        r#"{"items":[{"cost":12.5},{"cost":7}],"options":["gift"],"lines":[{"total":3}],"currency":"usd"}"#;
    gateway.send(old(ask("POST", "/v1/orders").json(body))).await;
    assert_eq!(
        upstream.requests()[0].text(),
        r#"{"items":[{"price":{"amount":"12.50","currency":"usd"}},{"price":{"amount":"7.00","currency":"usd"}}],"options":[{"text":"gift","language":null}],"lines":[{"total":{"amount":3,"currency":"usd"}}],"currency":"usd"}"#
    );
}

#[tokio::test]
async fn the_elements_of_a_form_are_elements() {
    let (upstream, gateway) = gateway("{}").await;
    let form = "items[0][cost]=12.5&items[1][cost]=7&currency=usd&options[]=gift";
    gateway.send(old(ask("POST", "/v1/orders").form(form))).await;
    let sent = upstream.requests()[0].text().to_owned();
    for pair in [
        "items[0][price][amount]=12.50",
        "items[0][price][currency]=usd",
        "items[1][price][amount]=7.00",
        "items[1][price][currency]=usd",
        "currency=usd",
    ] {
        assert!(sent.split('&').any(|sent| sent == pair), "{pair}: {sent}");
    }
    assert!(sent.contains("[text]=gift"), "{sent}");
}

#[tokio::test]
async fn a_patch_names_an_element_by_its_number() {
    let (upstream, gateway) = gateway("{}").await;
    let patch = |path: &str| {
        let body = format!(r#"[{{"op":"replace","path":"{path}","value":1}}]"#);
        let patch = ask("PATCH", "/v1/orders/o_1").with("content-type", "application/json-patch+json");
        old(patch.body(body))
    };
    assert_eq!(gateway.send(patch("/items/0/cost")).await.status(), 400);
    assert_eq!(gateway.send(patch("/items/0/name")).await.status(), 200);
    assert_eq!(upstream.requests()[0].text(), r#"[{"op":"replace","path":"/items/0/name","value":1}]"#);
}

#[tokio::test]
async fn an_element_with_a_key_twice_is_not_sent() {
    let (upstream, gateway) = gateway("{}").await;
    let body = r#"{"items":[{"cost":1,"cost":2}],"currency":"usd"}"#;
    assert_eq!(gateway.send(old(ask("POST", "/v1/orders").json(body))).await.status(), 400);
    assert_eq!(upstream.requests().len(), 0);
}
