//! Values that move between the path and the other places of a request, over both protocols and in process.

use super::support::{Ask, Gateway, Protocol, Upstream, answer, ask, get, json, v};
use crate::common::pack;
use bytes::Bytes;
use dateline_core::pack::Pack;
use dateline_http::{TranslateBody, TranslateLayer, policy::Policy};
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use std::{
    convert::Infallible,
    sync::{Arc, Mutex},
};
use tower::{Layer, ServiceExt, service_fn};

const OLD: &str = "2025-01-01";
const NEW: &str = "2026-01-01";

const API: &str = r#"
operations = ["GET /keys/stats", "GET /reports/{kind}/{day}"]
[operation.create_key]
"2025-01-01" = "POST /companies/{id}/api_keys/{kind}"
"2026-01-01" = "POST /api_keys/{kind}"
[operation.read_key]
"2025-01-01" = "GET /key"
"2026-01-01" = "GET /keys/{key_id}"
"#;

const CHANGES: &str = r#"
[[change]]
name = "Name the company in the body"
why = "One address creates all keys."
operation = "create_key"
part = "request"
steps = [{ move = "path.id", to = "body.resource_id" }]
[[change]]
name = "Name the key in the path"
why = "Paths name things."
operation = "read_key"
part = "request"
steps = [{ move = "query.id", to = "path.key_id" }]
[[change]]
name = "Call the kinds of reports by the words of the API"
why = "One word for one thing."
operation = "GET /reports/{kind}/{day}"
part = "request"
steps = [{ map = "path.kind", values = { payouts = "withdrawals", "a/b" = "c d" } }]
"#;

fn shop() -> Arc<Pack> {
    pack::shop(API, (NEW, CHANGES))
}

async fn gateway(version: &str) -> (Upstream, Gateway) {
    let upstream = Upstream::answers(json("{}")).await;
    let gateway =
        Gateway::of_pack(shop(), &upstream, |config| config.upstream.version = Some(v(version))).await;
    (upstream, gateway)
}

fn at(version: &str, ask: Ask) -> Ask {
    ask.with("shop-version", version)
}

#[tokio::test]
async fn a_parameter_of_the_path_stands_in_the_body_of_the_upstreams_version() {
    let (upstream, gateway) = gateway(NEW).await;
    for (path, body, id) in [
        ("biz_1", r#"{"name":"x"}"#, r#"{"name":"x","resource_id":"biz_1"}"#),
        ("a%20%22b%c3%bc%2f%3b", "", r#"{"resource_id":"a \"bü/;"}"#),
        ("+%2B", "{}", r#"{"resource_id":"++"}"#),
    ] {
        for protocol in Protocol::ALL {
            let before = upstream.count();
            let sent = ask("POST", &format!("/v1/companies/{path}/api_keys/%73erver?a=1"));
            let sent = if body.is_empty() { sent } else { sent.json(body) };
            let answer = gateway.receive(protocol, &at(OLD, sent)).await.expect("an answer");
            assert_eq!(answer.status(), 200, "{path}: {}", answer.text());
            let came = &upstream.requests()[before];
            assert_eq!(
                came.start, "POST /v1/api_keys/%73erver?a=1 HTTP/1.1",
                "no other parameter is written anew"
            );
            assert_eq!((came.text(), came.field("content-type")), (id, Some("application/json")));
        }
    }
}

#[tokio::test]
async fn a_value_of_the_body_stands_in_the_path_of_an_older_upstream() {
    let (upstream, gateway) = gateway(OLD).await;
    for (body, path, rest) in [
        (r#"{"resource_id":"biz_1","name":"x"}"#, "biz_1", r#"{"name":"x"}"#),
        (r#"{"resource_id":"a b?#%+:@&ü~"}"#, "a%20b%3F%23%25%2B%3A%40%26%C3%BC~", ""),
        (r#"{"resource_id":17}"#, "17", ""),
    ] {
        let before = upstream.count();
        let answer = gateway.send(at(NEW, ask("POST", "/v1/api_keys/server").json(body))).await;
        assert_eq!(answer.status(), 200, "{body}: {}", answer.text());
        let came = &upstream.requests()[before];
        assert_eq!(came.start, format!("POST /v1/companies/{path}/api_keys/server HTTP/1.1"));
        assert_eq!(came.text(), rest);
    }
    // And what stood there comes back.
    let before = upstream.count();
    let answer = gateway.send(at(NEW, get("/v1/keys/k%201%26?a=b"))).await;
    assert_eq!(answer.status(), 200, "{}", answer.text());
    assert_eq!(upstream.requests()[before].start, "GET /v1/key?a=b&id=k%201%26 HTTP/1.1");
}

#[tokio::test]
async fn what_cannot_stand_in_a_path_is_refused_before_anything_is_sent() {
    let (upstream, gateway) = gateway(OLD).await;
    let bodies = [
        r#"{"name":"x"}"#,
        "{}",
        "",
        r#"{"resource_id":null}"#,
        r#"{"resource_id":""}"#,
        r#"{"resource_id":"."}"#,
        r#"{"resource_id":".."}"#,
        r#"{"resource_id":"a/b"}"#,
        r#"{"resource_id":"../a"}"#,
        r#"{"resource_id":"a\\b"}"#,
        r#"{"resource_id":"a;b"}"#,
        r#"{"resource_id":"a\nb"}"#,
        r#"{"resource_id":"a\u0000b"}"#,
        r#"{"resource_id":["a"]}"#,
        r#"{"resource_id":{"a":1}}"#,
    ];
    for body in bodies {
        let sent = ask("POST", "/v1/api_keys/server");
        let sent = if body.is_empty() { sent } else { sent.json(body) };
        let refused = gateway.send(at(NEW, sent)).await;
        let error = refused.json();
        assert_eq!(
            (refused.status(), error["error"]["type"].as_str()),
            (400, Some("unexpected_shape")),
            "{body}"
        );
        assert_eq!(refused.field("dateline-outcome"), Some("not_sent"));
        assert!(refused.error_message().contains("path.id"), "{error}");
    }
    assert_eq!(upstream.count(), 0);
}

#[tokio::test]
async fn a_value_is_never_taken_for_another_operation() {
    let (upstream, gateway) = gateway(NEW).await;
    for (target, code) in [
        ("/v1/key?id=stats", "ambiguous_path"),
        ("/v1/key?id=%73tats", "ambiguous_path"),
        ("/v1/key?id=a%2Fb", "unexpected_shape"),
        ("/v1/key?id=", "unexpected_shape"),
        ("/v1/key?id", "unexpected_shape"),
        ("/v1/key?id=a&id=b", "unexpected_shape"),
        ("/v1/key", "unexpected_shape"),
        ("/v1/companies/%ff/api_keys/server", "unexpected_shape"),
    ] {
        let method = if target.contains("api_keys") { "POST" } else { "GET" };
        let refused = gateway.send(at(OLD, ask(method, target))).await;
        assert_eq!(
            (refused.status(), refused.json()["error"]["type"].as_str()),
            (400, Some(code)),
            "{target}"
        );
    }
    assert_eq!(upstream.count(), 0);
    let answer = gateway.send(at(OLD, get("/v1/key?id=st%20ats&a=b"))).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(upstream.only().start, "GET /v1/keys/st%20ats?a=b HTTP/1.1");
}

/// A parameter may change although no operation has another address.
#[tokio::test]
async fn words_in_a_path_are_mapped() {
    let (upstream, gateway) = gateway(NEW).await;
    for (asked, sent) in [
        ("payouts/1;2", "withdrawals/1;2"),
        ("other/%7E", "other/%7E"),
        ("%70ayouts/%7E?q=payouts", "withdrawals/%7E?q=payouts"),
        ("o%74her/x/", "o%74her/x/"),
    ] {
        let before = upstream.count();
        assert_eq!(gateway.send(at(OLD, get(&format!("/v1/reports/{asked}")))).await.status(), 200);
        assert_eq!(upstream.requests()[before].start, format!("GET /v1/reports/{sent} HTTP/1.1"));
    }
    let (upstream, gateway) = self::gateway(OLD).await;
    assert_eq!(gateway.send(at(NEW, get("/v1/reports/withdrawals/x"))).await.status(), 200);
    assert_eq!(
        gateway.send(at(NEW, get("/v1/reports/c%20d/x"))).await.status(),
        400,
        "it has no form in a path"
    );
    assert_eq!(upstream.only().start, "GET /v1/reports/payouts/x HTTP/1.1");
}

/// A browser asks before it knows what the body will say.
#[tokio::test]
async fn a_preflight_without_the_parameter_goes_to_the_clients_path() {
    let (upstream, gateway) = gateway(OLD).await;
    let question = |path: &str| {
        ask("OPTIONS", path)
            .with("origin", "https://app.test")
            .with("access-control-request-method", "POST")
            .with("shop-version", NEW)
    };
    assert_eq!(gateway.send(question("/v1/api_keys/server")).await.status(), 200);
    assert_eq!(upstream.only().start, "OPTIONS /v1/api_keys/server HTTP/1.1");
}

#[tokio::test]
async fn a_layer_moves_parameters_as_the_gateway_does() {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let keep = asked.clone();
    let inner = service_fn(move |request: Request<TranslateBody<Full<Bytes>>>| {
        let keep = keep.clone();
        async move {
            let (head, body) = request.into_parts();
            let body = body.collect().await.expect("nothing breaks off").to_bytes();
            keep.lock().expect("no panic").push((head.uri.path().to_owned(), body));
            Ok::<_, Infallible>(Response::new(Full::new(Bytes::from_static(b"{}"))))
        }
    });
    let layer = TranslateLayer::new(shop(), &Policy::default()).expect("they fit");
    let sent = at(OLD, ask("POST", "/v1/companies/biz%201/api_keys/server").json(r#"{"name":"x"}"#));
    let answer = layer.layer(inner).oneshot(sent.request()).await.expect("no error");
    assert_eq!(answer.status(), 200);
    let asked = asked.lock().expect("no panic");
    assert_eq!(asked[0].0, "/v1/api_keys/server");
    assert_eq!(asked[0].1, r#"{"name":"x","resource_id":"biz 1"}"#);
}

/// Some APIs name a format at the end of a path.
#[tokio::test]
async fn a_parameter_may_have_text_around_it() {
    const API: &str = r#"
operations = ["GET /orders/count.json", "GET /plain/{id}"]
[operation.read]
"2025-01-01" = "GET /orders/{id}.json"
"2026-01-01" = "GET /v2/order-{id}"
[operation.page]
"2025-01-01" = "GET /orders/{page}"
"2026-01-01" = "GET /pages/{page}"
"#;
    let upstream = Upstream::answers(json("{}")).await;
    let gateway = Gateway::of_pack(pack::shop(API, (NEW, "")), &upstream, |config| {
        config.upstream.version = Some(v(NEW));
    })
    .await;
    for (asked, sent) in [
        ("/orders/450.json", "/v2/order-450"),
        ("/orders/a%20b~.json?x=.json", "/v2/order-a%20b~?x=.json"),
        ("/orders/a.json.json", "/v2/order-a.json"),
        ("/orders/count.json", "/orders/count.json"),
        ("/orders/450", "/pages/450"),
        ("/orders/.json", "/pages/.json"),
        ("/orders/450.xml", "/pages/450.xml"),
    ] {
        let before = upstream.count();
        let told = gateway.send(at(OLD, get(&format!("/v1{asked}")))).await;
        assert_eq!(told.status(), 200, "{asked}: {}", told.text());
        assert_eq!(upstream.requests()[before].start, format!("GET /v1{sent} HTTP/1.1"));
    }
    // A server that decodes first would take these for the other operation.
    let before = upstream.count();
    for asked in ["/orders/450%2Ejson", "/orders/450.jso%6e"] {
        let told = gateway.send(at(OLD, get(&format!("/v1{asked}")))).await;
        assert_eq!(told.json()["error"]["type"], "ambiguous_path", "{asked}");
    }
    assert_eq!(upstream.count(), before);
}

/// A link to an operation whose parameters change stays as it came: half of it would be of another version.
#[tokio::test]
async fn a_link_to_an_operation_whose_parameters_change_stays() {
    let link = "location: /v1/keys/k_1";
    let upstream =
        Upstream::answers(answer("201 Created", &["content-type: application/json", link], "{}")).await;
    let gateway = Gateway::of_pack(shop(), &upstream, |config| config.upstream.version = Some(v(NEW))).await;
    let told = gateway.send(at(OLD, ask("POST", "/v1/companies/biz_1/api_keys/server"))).await;
    assert_eq!((told.status(), told.field("location")), (201, Some("/v1/keys/k_1")));
}
