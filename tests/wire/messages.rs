//! Values that move between the places of a message: query, header, body and status, over both protocols and in process.

use super::support::{Ask, Gateway, Message, Protocol, Upstream, answer, ask, get, refusing, strict, v};
use crate::common::pack;
use bytes::Bytes;
use dateline_http::{TranslateBody, TranslateLayer, policy::Policy};
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use std::{
    convert::Infallible,
    sync::{Arc, Mutex},
};
use tower::{Layer, ServiceExt, service_fn};

const API: &str = r#"
operations = ["GET /refunds", "POST /refunds", "DELETE /refunds/{id}", "GET /refunds/{id}"]
[resource.Refund]
found = [
  { in = "POST /refunds", part = "body", at = "$" },
  { in = "POST /refunds", part = "response", at = "$" },
  { in = "GET /refunds/{id}", part = "response", at = "$" },
]
"#;

const CHANGES: &str = r#"
[[change]]
name = "Call the amount a total"
why = "As everywhere."
resource = "Refund"
steps = [{ move = "amount", to = "total" }]
[[change]]
name = "Take the account from the query into the body"
why = "Bodies are for content."
operation = "POST /refunds"
part = "request"
steps = [
  { move = "query.account_id", to = "body.account_id" },
  { move = "query.limit", to = "body.max", as = "string -> number" },
  { move = "body.key", to = "header.Idempotency-Key" },
]
[[change]]
name = "Call the company an account"
why = "As everywhere."
operation = ["GET /refunds", "POST /refunds"]
part = "request"
steps = [{ move = "header.X-Company", to = "header.X-Account" }]
[[change]]
name = "Answer a created refund as created"
why = "It is."
operation = "POST /refunds"
part = "response"
steps = [{ map = "status", values = [['200', '201']] }, { move = "body.request", to = "header.X-Request" }]
[[change]]
name = "Call the count a total count"
why = "As everywhere."
operation = "GET /refunds/{id}"
part = "response"
steps = [{ move = "header.X-Count", to = "header.X-Total-Count" }]
[[change]]
name = "Answer a deleted refund with nothing"
why = "Nothing is left."
operation = "DELETE /refunds/{id}"
part = "response"
steps = [
  { map = "status", values = [['200', '204']] },
  { drop = "body", restore = '{"deleted":true}', implied_by = "it is deleted" },
  { drop = "header.X-Refund", copy = "path.id" },
]
"#;

const NEW: &str = "2026-01-01";

async fn gateway(upstream: &Upstream) -> Gateway {
    let pack = pack::shop(API, (NEW, CHANGES));
    Gateway::of_pack(pack, upstream, |config| {
        config.upstream.version = Some(v(NEW));
    })
    .await
}

fn old(ask: Ask) -> Ask {
    ask.with("shop-version", "2025-01-01")
}

fn post(target: &str, body: &str) -> Ask {
    old(ask("POST", target).json(body))
}

async fn created(fields: &[&str], body: &str) -> Upstream {
    Upstream::answers(answer("201 Created", &[&["content-type: application/json"], fields].concat(), body))
        .await
}

#[tokio::test]
async fn a_request_has_its_values_where_the_upstreams_version_has_them() {
    for protocol in Protocol::ALL {
        let upstream = created(&["x-request: r_1"], r#"{"total":1.10}"#).await;
        let gateway = gateway(&upstream).await;
        let sent =
            post("/v1/refunds?a=%41%FF&account_id=biz%201&limit=7&b", r#"{ "amount" : 1.10,"key":"k1" }"#)
                .with("x-company", "co_1");
        let answer = gateway.receive(protocol, &sent).await.expect("an answer");
        let asked = upstream.only();
        assert!(asked.start.starts_with("POST /v1/refunds?a=%41%FF&b "), "{}", asked.start);
        assert_eq!(asked.text(), r#"{ "total" : 1.10,"account_id":"biz 1","max":7 }"#);
        assert_eq!(asked.field("content-length"), Some(&*asked.body.len().to_string()));
        assert_eq!((asked.field("x-account"), asked.field("x-company")), (Some("co_1"), None));
        assert_eq!(asked.field("idempotency-key"), Some("k1"));
        assert_eq!((answer.status(), answer.text()), (200, r#"{"amount":1.10,"request":"r_1"}"#));
        assert_eq!(answer.field("x-request"), None);
        assert_eq!(answer.field("dateline-loss"), None);
    }
}

#[tokio::test]
async fn a_body_comes_into_being_and_goes() {
    for protocol in Protocol::ALL {
        let upstream = created(&[], "{}").await;
        let gateway = gateway(&upstream).await;
        let sent = old(ask("POST", "/v1/refunds?account_id=biz_1"));
        assert_eq!(gateway.receive(protocol, &sent).await.expect("an answer").status(), 200);
        let asked = upstream.only();
        assert!(asked.start.starts_with("POST /v1/refunds "), "{}", asked.start);
        assert_eq!(asked.text(), r#"{"account_id":"biz_1"}"#);
        let fields = ["content-type", "content-length"].map(|name| asked.field(name));
        assert_eq!(fields, [Some("application/json"), Some("22")]);
    }
    // A client of the newer version before an upstream of the older one.
    let upstream = Upstream::answers(answer("200 OK", &["content-type: application/json"], "{}")).await;
    let pack = pack::shop(API, (NEW, CHANGES));
    let gateway = Gateway::of_pack(pack, &upstream, |config| {
        config.upstream.version = Some(v("2025-01-01"));
    })
    .await;
    let sent = ask("POST", "/v1/refunds").json(r#"{"account_id":"a&b"}"#).with("shop-version", NEW);
    assert_eq!(gateway.send(sent).await.status(), 201);
    let asked = upstream.only();
    assert!(asked.start.starts_with("POST /v1/refunds?account_id=a%26b "), "{}", asked.start);
    assert_eq!(
        (asked.text(), asked.field("content-length"), asked.field("content-type")),
        ("", Some("0"), None)
    );
}

#[tokio::test]
async fn what_cannot_move_without_guessing_is_refused_before_anything_is_sent() {
    let upstream = created(&[], "{}").await;
    let gateway = gateway(&upstream).await;
    let json = r#"{"amount":1}"#;
    let form = old(ask("POST", "/v1/refunds?account_id=a").form("amount=1"));
    for (sent, code) in [
        (post("/v1/refunds?account_id=a&account_id=b", json), "unexpected_shape"),
        (post("/v1/refunds?account_id[]=a", json), "unexpected_shape"),
        (post("/v1/refunds?account_id", json), "unexpected_shape"),
        (post("/v1/refunds?account_id=biz%FF", json), "unexpected_shape"),
        (post("/v1/refunds?account_id=a", "[1]"), "unexpected_shape"),
        (post("/v1/refunds", r#"{"key":"a\nb: c"}"#), "unexpected_shape"),
        (post("/v1/refunds", r#"{"key":{"a":1}}"#), "unexpected_shape"),
        (post("/v1/refunds", json).with("x-company", "a").with("x-company", "b"), "unexpected_shape"),
        (post("/v1/refunds?account_id=a", r#"{"amount":"#), "json_invalid"),
        (post("/v1/refunds", r#"{"key":"k"}"#).with("connection", "idempotency-key"), "nominated_header"),
        (post("/v1/refunds", json).with("x_company", "a"), "ambiguous_header"),
        (form, "form_unsupported"),
    ] {
        let refused = gateway.send(sent).await;
        let error = refused.json();
        assert_eq!(error["error"]["type"].as_str(), Some(code), "{error}");
        assert_eq!(refused.field("dateline-outcome"), Some("not_sent"));
        assert!(!refused.text().contains("a\\nb"), "no value is told: {error}");
    }
    assert_eq!(upstream.count(), 0);
}

#[tokio::test]
async fn a_header_moves_alone_while_the_body_streams() {
    let upstream = Upstream::answers(answer(
        "200 OK",
        &["content-type: application/json", "x-total-count: 3", "etag: \"1\""],
        r#"{"total":1}"#,
    ))
    .await;
    let gateway = gateway(&upstream).await;
    let answer = gateway.send(old(get("/v1/refunds/r_1"))).await;
    assert_eq!((answer.text(), answer.field("x-count")), (r#"{"amount":1}"#, Some("3")));
    assert_eq!(answer.field("x-total-count"), None);
    let head = gateway.send(old(ask("HEAD", "/v1/refunds/r_1"))).await;
    assert_eq!((head.status(), head.field("x-count"), head.field("x-total-count")), (200, Some("3"), None));
}

#[tokio::test]
async fn an_answer_whose_header_would_lose_is_refused_and_can_be_found_at_the_upstream() {
    let fields =
        ["content-type: application/json", "x-total-count: 3", "x-total-count: 4", "x-request-id: theirs"];
    let upstream = Upstream::answers(answer("200 OK", &fields, r#"{"total":1}"#)).await;
    let pack = pack::shop(API, (NEW, CHANGES));
    let gateway = Gateway::of_pack(pack, &upstream, |config| {
        config.upstream.version = Some(v(NEW));
        refusing(config);
    })
    .await;
    let told = gateway.send(old(get("/v1/refunds/r_1"))).await;
    assert_eq!((told.status(), told.field("dateline-loss")), (200, Some("header.X-Total-Count=unconverted")));
    let refused = gateway.send(strict(old(get("/v1/refunds/r_1")))).await;
    let kind = refused.json()["error"]["type"].as_str().map(str::to_owned);
    assert_eq!((refused.status(), kind.as_deref()), (502, Some("translation_would_lose")));
    assert_eq!(refused.field("dateline-outcome"), Some("responded"));
    assert_eq!(refused.field("dateline-upstream-request-id"), Some("theirs"));
    let message = refused.error_message();
    assert!(message.contains("The upstream answered 200; its request id is theirs"), "{message}");
}

#[tokio::test]
async fn a_status_without_a_body_becomes_one_with_a_body() {
    for protocol in Protocol::ALL {
        let upstream = Upstream::answers(b"HTTP/1.1 204 No Content\r\n\r\n".to_vec()).await;
        let gateway = gateway(&upstream).await;
        let sent = old(ask("DELETE", "/v1/refunds/r%201"));
        let answer = gateway.receive(protocol, &sent).await.expect("an answer");
        assert_eq!((answer.status(), answer.text()), (200, r#"{"deleted":true}"#));
        assert_eq!(answer.field("content-type"), Some("application/json"));
        assert_eq!(answer.field("x-refund"), Some("r 1"), "of the path that the client asked for");
        assert_eq!(answer.field("dateline-loss"), Some("header.X-Refund=made-up"));
    }
    // And the reverse.
    let upstream =
        Upstream::answers(answer("200 OK", &["content-type: application/json"], r#"{"deleted":true}"#)).await;
    let pack = pack::shop(API, (NEW, CHANGES));
    let gateway = Gateway::of_pack(pack, &upstream, |config| {
        config.upstream.version = Some(v("2025-01-01"));
    })
    .await;
    for protocol in Protocol::ALL {
        let sent = ask("DELETE", "/v1/refunds/r_1").with("shop-version", NEW);
        let answer = gateway.receive(protocol, &sent).await.expect("an answer");
        assert_eq!((answer.status(), answer.text()), (204, ""));
        assert_eq!((answer.field("content-type"), answer.field("content-length")), (None, None));
    }
}

/// RFC 9110, 15.3.6 and 15.4.5: no step gives these a body.
#[tokio::test]
async fn a_status_without_a_body_gets_none() {
    for protocol in Protocol::ALL {
        for (status, line) in [(304, "304 Not Modified"), (205, "205 Reset Content")] {
            let upstream = Upstream::answers(
                format!("HTTP/1.1 {line}\r\nx-request: r_1\r\ncontent-length: 0\r\n\r\n").into_bytes(),
            )
            .await;
            let gateway = gateway(&upstream).await;
            let sent = post("/v1/refunds?account_id=a", r#"{"amount":1}"#);
            let answer = gateway.receive(protocol, &sent).await.expect("an answer");
            assert_eq!((answer.status(), answer.text()), (status, ""));
            let fields = ["x-request", "content-type", "dateline-loss"].map(|name| answer.field(name));
            assert_eq!(fields, [None, None, None], "{line}");
        }
    }
}

#[tokio::test]
async fn errors_keep_their_status_and_their_header() {
    let body = r#"{"error":{"message":"no"}}"#;
    let upstream = Upstream::answers(answer(
        "422 Unprocessable Entity",
        &["content-type: application/json", "x-request: r"],
        body,
    ))
    .await;
    let gateway = gateway(&upstream).await;
    let answer = gateway.send(post("/v1/refunds?account_id=a", "{}")).await;
    assert_eq!((answer.status(), answer.text(), answer.field("x-request")), (422, body, Some("r")));
}

#[tokio::test]
async fn an_error_names_a_moved_parameter_as_the_client_does() {
    let body = r#"{"error":{"message":"Invalid parameter: `account_id`, `max`.","param":"max"}}"#;
    let upstream =
        Upstream::answers(answer("400 Bad Request", &["content-type: application/json"], body)).await;
    let gateway = gateway(&upstream).await;
    let sent = post("/v1/refunds?account_id=a", r#"{"amount":1}"#);
    assert_eq!(gateway.send(sent).await.text(), body, "what the request did not have is not renamed");
    let sent = post("/v1/refunds?account_id=a&limit=7", r#"{"amount":1}"#);
    let told = body.replace("`max`", "`limit`").replace("\"max\"", "\"limit\"");
    assert_eq!(gateway.send(sent).await.text(), told);
}

#[tokio::test]
async fn lists_of_header_fields_name_them_as_the_client_does() {
    let fields = [
        "content-type: application/json",
        "x-total-count: 3",
        "vary: origin, X-Account",
        "access-control-expose-headers: X-Total-Count,etag",
    ];
    let upstream = Upstream::answers(answer("200 OK", &fields, r#"{"total":1}"#)).await;
    let gateway = gateway(&upstream).await;
    let one = gateway.send(old(get("/v1/refunds/r_1"))).await;
    assert_eq!(one.all("access-control-expose-headers"), ["x-count, etag"]);
    assert!(one.all("vary").contains(&"origin, X-Account"), "no request of this operation is renamed");
    let list = gateway.send(old(get("/v1/refunds"))).await;
    assert!(list.all("vary").contains(&"origin, x-company"), "{:?}", list.all("vary"));
}

#[tokio::test]
async fn a_layer_moves_values_as_the_gateway_does() {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let keep = asked.clone();
    let inner = service_fn(move |request: Request<TranslateBody<Full<Bytes>>>| {
        let keep = keep.clone();
        async move {
            let (head, body) = request.into_parts();
            let body = body.collect().await.expect("nothing breaks off").to_bytes();
            keep.lock().expect("no panic").push((head, body));
            let answer = Response::builder()
                .status(201)
                .header("content-type", "application/json")
                .header("x-request", "r_1")
                .body(Full::new(Bytes::from_static(br#"{"total":1}"#)));
            Ok::<_, Infallible>(answer.expect("an answer"))
        }
    });
    let layer = TranslateLayer::new(pack::shop(API, (NEW, CHANGES)), &Policy::default()).expect("they fit");
    let sent = post("/v1/refunds?account_id=biz_1", r#"{"amount":1}"#).with("x-company", "co_1");
    let answer = layer.layer(inner).oneshot(sent.request()).await.expect("no error");
    let (head, body) = answer.into_parts();
    let body = body.collect().await.expect("nothing breaks off").to_bytes();
    let answer = Message::of_parts(Response::from_parts(head, body));
    assert_eq!((answer.status(), answer.text()), (200, r#"{"amount":1,"request":"r_1"}"#));
    let asked = asked.lock().expect("no panic");
    let (head, body) = &asked[0];
    assert_eq!(head.uri.path_and_query().map(|target| target.as_str()), Some("/v1/refunds"));
    assert_eq!(head.headers.get("x-account").map(|value| value.as_bytes()), Some(&b"co_1"[..]));
    assert_eq!(*body, r#"{"total":1,"account_id":"biz_1"}"#);
}
