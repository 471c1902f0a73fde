//! Forms and queries with brackets, and multipart forms, through the gateway.

use super::support::{Ask, Gateway, Protocol, Upstream, ask, get, json, v};
use crate::common::pack;

const API: &str = r#"
operations = ["POST /subscriptions", "GET /subscriptions"]
[resource.Subscription]
found = [
  { in = "POST /subscriptions", part = "body", at = "$" },
  { in = "POST /subscriptions", part = "response", at = "$" },
]
holds = { "items[*]" = "Item" }
[resource.Item]
[resource.Filter]
found = [{ in = "GET /subscriptions", part = "query", at = "$.filter" }]
"#;

const CHANGES: &str = r#"
[[change]]
name = "Call plans prices"
why = "A plan is a price."
resource = "Item"
steps = [{ move = "plan", to = "price" }]
[[change]]
name = "Take several discounts"
why = "Coupons are one kind of them."
resource = "Subscription"
steps = [{ move = "coupon", to = "discounts.coupon" }, { as_list = "discounts" }]
[[change]]
name = "Filter by state"
why = "As everywhere."
resource = "Filter"
steps = [{ move = "status", to = "state" }]
"#;

async fn gateway(upstream: &Upstream, speaks: &str) -> Gateway {
    let pack = pack::shop(API, ("2026-01-01", CHANGES));
    Gateway::of_pack(pack, upstream, |config| config.upstream.version = Some(v(speaks))).await
}

fn pinned(ask: Ask, version: &str) -> Ask {
    ask.with("shop-version", version)
}

const OLD: &str = "2025-01-01";
const NEW: &str = "2026-01-01";
const OLD_FORM: &str =
    "items[0][plan]=p%5F1&metadata[a%20b]=%zz&items[0][quantity]=2&coupon=A+b&expand[]=items.plan";
const NEW_FORM: &str = "items[0][price]=p%5F1&metadata[a%20b]=%zz&items[0][quantity]=2&discounts[0][coupon]=A+b&expand[]=items.plan";

#[tokio::test]
async fn a_form_with_brackets_goes_up_in_either_direction() {
    for protocol in Protocol::ALL {
        for (client, speaks, sent, wanted) in [(OLD, NEW, OLD_FORM, NEW_FORM), (NEW, OLD, NEW_FORM, OLD_FORM)]
        {
            let answer = match speaks {
                NEW => r#"{"items":[{"price":"p_1"}],"discounts":[{"coupon":"A"}]}"#,
                _ => r#"{"items":[{"plan":"p_1"}],"coupon":"A"}"#,
            };
            let upstream = Upstream::answers(json(answer)).await;
            let gateway = gateway(&upstream, speaks).await;
            let ask = pinned(ask("POST", "/v1/subscriptions").form(sent), client);
            let told = gateway.receive(protocol, &ask).await.expect("a response");
            let request = &upstream.requests()[0];
            assert_eq!(request.text(), wanted, "{client} -> {speaks}");
            assert_eq!(request.field("content-length"), Some(&*wanted.len().to_string()));
            assert_eq!(request.field("content-type"), Some("application/x-www-form-urlencoded"));
            let body = match client {
                OLD => r#"{"items":[{"plan":"p_1"}],"coupon":"A"}"#,
                _ => r#"{"items":[{"price":"p_1"}],"discounts":[{"coupon":"A"}]}"#,
            };
            assert_eq!((told.status(), told.text()), (200, body));
        }
    }
}

#[tokio::test]
async fn a_query_with_brackets_goes_up_and_what_cannot_be_said_is_refused() {
    let upstream = Upstream::answers(json("{}")).await;
    let gateway = gateway(&upstream, NEW).await;
    gateway.send(pinned(get("/v1/subscriptions?filter%5Bstatus%5D=a%2Fb&x[]=1&x[]=2"), OLD)).await;
    let target = upstream.requests()[0].head_text();
    assert!(target.starts_with("GET /v1/subscriptions?filter%5Bstate%5D=a%2Fb&x[]=1&x[]=2 "), "{target}");
    let several = "discounts[0][coupon]=a&discounts[1][coupon]=b";
    let older = Upstream::answers(json("{}")).await;
    let gateway = self::gateway(&older, OLD).await;
    let refused = gateway.send(pinned(ask("POST", "/v1/subscriptions").form(several), NEW)).await;
    assert_eq!((refused.status(), older.count()), (400, 0), "{}", refused.text());
    let deep = format!("/v1/subscriptions?filter=x&{}=1", "a".to_owned() + &"[b]".repeat(100));
    let refused = gateway.send(pinned(get(&deep), NEW)).await;
    assert_eq!((refused.status(), older.count()), (400, 0), "a filter that is none");
}

#[tokio::test]
async fn files_of_a_multipart_form_stay() {
    let upstream = Upstream::answers(json("{}")).await;
    let gateway = gateway(&upstream, NEW).await;
    let body = |plan: &str, coupon: &str| {
        format!(
            "--b\r\nContent-Disposition: form-data; name=\"items[0][{plan}]\"\r\n\r\np_1\r\n\
             --b\r\nContent-Disposition: form-data; name=\"items[0][photo]\"; filename=\"plan\"\r\n\
             Content-Type: image/png\r\n\r\n\u{0}plan\n\r\n\
             --b\r\nContent-Disposition: form-data; name=\"{coupon}\"\r\n\r\nA\r\n--b--\r\n"
        )
    };
    let ask = ask("POST", "/v1/subscriptions").body(body("plan", "coupon"));
    let ask = pinned(ask.with("content-type", "multipart/form-data; boundary=b"), OLD);
    assert_eq!(gateway.send(ask).await.status(), 200);
    assert_eq!(upstream.requests()[0].text(), body("price", "discounts[0][coupon]"));
}
