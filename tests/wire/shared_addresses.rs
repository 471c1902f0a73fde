//! Operations that share an address: the body of a request says which of them it is for.

use super::support::{Ask, Gateway, Message, Protocol, Upstream, ask, json, v};
use crate::common::pack;
use bytes::Bytes;
use dateline_core::{pack::Pack, translate::Media};
use dateline_http::{
    TranslateBody, TranslateLayer, clock::Clock, coding::Decoding, exchange::Exchanges, policy::Policy,
};
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use std::{
    convert::Infallible,
    sync::{Arc, Mutex},
};
use tower::{Layer, ServiceExt, service_fn};

const OLD: &str = "2025-01-01";
const NEW: &str = "2026-01-01";

/// `uncancel` becomes one of the updates; a `PATCH` of a promo code becomes one of two operations.
const API: &str = r#"
operations = []
[operation.update]
"2025-01-01" = "PATCH /memberships/{id}"
[operation.uncancel]
"2025-01-01" = "POST /memberships/{id}/uncancel"
"2026-01-01" = { at = "PATCH /memberships/{id}", body = '{"cancel_at_period_end":false}' }
[operation.activate]
"2025-01-01" = { at = "PATCH /codes/{id}", body = '{"status":"active"}' }
"2026-01-01" = "POST /codes/{id}/activate"
[operation.deactivate]
"2025-01-01" = { at = "PATCH /codes/{id}", body = '{"status":"inactive"}' }
"2026-01-01" = "POST /codes/{id}/deactivate"
[resource.Membership]
found = [{ in = "update", part = "body", at = "$" }, { in = "uncancel", part = "response", at = "$" }]
"#;

const CHANGES: &str = r#"
[[change]]
name = "Call the note a remark"
why = "As everywhere."
resource = "Membership"
steps = [{ move = "note", to = "remark" }]
"#;

fn shop() -> Arc<Pack> {
    pack::shop(API, (NEW, CHANGES))
}

async fn gateway(version: &str, body: &str) -> (Upstream, Gateway) {
    let upstream = Upstream::answers(json(body)).await;
    let gateway =
        Gateway::of_pack(shop(), &upstream, |config| config.upstream.version = Some(v(version))).await;
    (upstream, gateway)
}

fn at(version: &str, ask: Ask) -> Ask {
    ask.with("shop-version", version)
}

fn kind(message: &Message) -> (u16, String, Option<&str>) {
    let code = message.json()["error"]["type"].as_str().unwrap_or_default().to_owned();
    (message.status(), code, message.field("dateline-outcome"))
}

#[tokio::test]
async fn a_newer_request_is_the_older_operation_that_its_body_says() {
    for protocol in Protocol::ALL {
        let (upstream, gateway) = gateway(OLD, r#"{"id":"m_1","note":"x"}"#).await;
        for (body, start, sent) in [
            (r#"{"cancel_at_period_end":false}"#, "POST /v1/memberships/m%201/uncancel?a=b HTTP/1.1", ""),
            (
                " {\n\"cancel_at_period_\\u0065nd\" : false } ",
                "POST /v1/memberships/m%201/uncancel?a=b HTTP/1.1",
                "",
            ),
            (
                r#"{"cancel_at_period_end":false,"remark":"x"}"#,
                "PATCH /v1/memberships/m%201?a=b HTTP/1.1",
                r#"{"cancel_at_period_end":false,"note":"x"}"#,
            ),
            (
                r#"{"cancel_at_period_end":true}"#,
                "PATCH /v1/memberships/m%201?a=b HTTP/1.1",
                r#"{"cancel_at_period_end":true}"#,
            ),
            (r#"{"remark":"x"}"#, "PATCH /v1/memberships/m%201?a=b HTTP/1.1", r#"{"note":"x"}"#),
            ("{}", "PATCH /v1/memberships/m%201?a=b HTTP/1.1", "{}"),
        ] {
            let before = upstream.count();
            let write = at(NEW, ask("PATCH", "/v1/memberships/m%201?a=b").json(body));
            let told = gateway.receive(protocol, &write).await.expect("an answer");
            assert_eq!(told.status(), 200, "{body}: {}", told.text());
            let came = &upstream.requests()[before];
            assert_eq!((&*came.start, came.text()), (start, sent), "{body}");
            assert_eq!(came.field("content-length"), Some(&*sent.len().to_string()), "{body}");
            let is_uncancel = start.starts_with("POST");
            let wanted =
                if is_uncancel { r#"{"id":"m_1","remark":"x"}"# } else { r#"{"id":"m_1","note":"x"}"# };
            assert_eq!(told.text(), wanted, "the answer is that of the operation");
            assert_eq!(told.field("dateline-loss"), None, "{body}");
        }
    }
}

#[tokio::test]
async fn an_older_operation_says_in_the_body_what_it_is() {
    let (upstream, gateway) = gateway(NEW, "{}").await;
    for (sent, start, body) in [
        (
            ask("POST", "/v1/memberships/m_1/uncancel"),
            "PATCH /v1/memberships/m_1 HTTP/1.1",
            r#"{"cancel_at_period_end":false}"#,
        ),
        (
            ask("POST", "/v1/memberships/m_1/uncancel").json(r#"{ "why":"x" }"#),
            "PATCH /v1/memberships/m_1 HTTP/1.1",
            r#"{ "why":"x", "cancel_at_period_end":false }"#,
        ),
        (
            ask("PATCH", "/v1/memberships/m_1").json(r#"{"note":"x"}"#),
            "PATCH /v1/memberships/m_1 HTTP/1.1",
            r#"{"remark":"x"}"#,
        ),
        (
            ask("PATCH", "/v1/codes/c_1").json(r#"{"status":"active"}"#),
            "POST /v1/codes/c_1/activate HTTP/1.1",
            "",
        ),
        (
            ask("PATCH", "/v1/codes/c_1").json(r#"{"status":"inactive"}"#),
            "POST /v1/codes/c_1/deactivate HTTP/1.1",
            "",
        ),
    ] {
        let before = upstream.count();
        let told = gateway.send(at(OLD, sent)).await;
        assert_eq!((told.status(), told.field("dateline-loss")), (200, None), "{start}: {}", told.text());
        let came = &upstream.requests()[before];
        let field = (!body.is_empty()).then_some("application/json");
        assert_eq!((&*came.start, came.text(), came.field("content-type")), (start, body, field));
    }
    let (upstream, gateway) = self::gateway(OLD, "{}").await;
    let told = gateway.send(at(NEW, ask("POST", "/v1/codes/c_1/activate"))).await;
    assert_eq!(told.status(), 200, "{}", told.text());
    let came = upstream.only();
    assert_eq!((&*came.start, came.text()), ("PATCH /v1/codes/c_1 HTTP/1.1", r#"{"status":"active"}"#));
}

#[tokio::test]
async fn a_body_that_says_no_operation_is_refused_before_anything_is_sent() {
    let (upstream, gateway) = gateway(NEW, "{}").await;
    let patch = || at(OLD, ask("PATCH", "/v1/codes/c_1"));
    for (sent, code) in [
        (patch(), "operation_unclear"),
        (patch().json("{}"), "operation_unclear"),
        (patch().json(r#"{"status":"gone"}"#), "operation_unclear"),
        (patch().json(r#"{"status":"active","x":1}"#), "operation_unclear"),
        (patch().json(r#"{"status":"inactive","status":"active"}"#), "operation_unclear"),
        (patch().json(r#"{"status":"#), "operation_unclear"),
        (patch().form("status=active"), "form_unsupported"),
        (patch().form("status=active&x=1"), "operation_unclear"),
    ] {
        let refused = gateway.send(sent).await;
        assert_eq!(kind(&refused), (400, code.to_owned(), Some("not_sent")), "{}", refused.text());
        assert!(!refused.text().contains("gone"), "no value is told");
    }
    assert_eq!(upstream.count(), 0);
    // At one version on both sides the body makes no difference, and is not looked at.
    let (upstream, gateway) = self::gateway(OLD, "{}").await;
    assert_eq!(gateway.send(patch().form("status=gone")).await.status(), 200);
    assert_eq!(upstream.only().text(), "status=gone");
}

/// The upstream would take it for something else than its client has asked for.
#[tokio::test]
async fn a_body_that_is_another_operation_at_the_upstreams_version_is_refused() {
    let (upstream, gateway) = gateway(NEW, "{}").await;
    let patch = || at(OLD, ask("PATCH", "/v1/memberships/m_1"));
    for sent in
        [patch().json(r#"{"cancel_at_period_end":false}"#), patch().form("cancel_at_period_end=false")]
    {
        let refused = gateway.send(sent).await;
        assert_eq!(kind(&refused), (400, "operation_unclear".to_owned(), Some("not_sent")));
        assert!(refused.error_message().contains("uncancel"), "{}", refused.text());
    }
    assert_eq!(upstream.count(), 0);
    for sent in
        [patch().json(r#"{"cancel_at_period_end":true}"#), patch().form("cancel_at_period_end=0"), patch()]
    {
        let told = gateway.send(sent).await;
        assert_eq!(told.status(), 200, "{}", told.text());
    }
}

#[tokio::test]
async fn a_coded_body_is_read_and_goes_up_as_it_came_where_nothing_of_it_changes() {
    use flate2::{Compression, write::GzEncoder};
    use std::io::Write;
    let packed = |text: &str| {
        let mut coder = GzEncoder::new(Vec::new(), Compression::default());
        coder.write_all(text.as_bytes()).expect("memory");
        coder.finish().expect("memory")
    };
    let (upstream, gateway) = gateway(OLD, "{}").await;
    let write = |body: &[u8]| {
        let sent = ask("PATCH", "/v1/memberships/m_1").with("content-type", "application/json");
        at(NEW, sent.with("content-encoding", "gzip").body(body.to_vec()))
    };
    let told = gateway.send(write(&packed(r#"{"cancel_at_period_end":false}"#))).await;
    assert_eq!(told.status(), 200, "{}", told.text());
    let came = upstream.only();
    assert_eq!((&*came.start, came.text()), ("POST /v1/memberships/m_1/uncancel HTTP/1.1", ""));
    assert_eq!(gateway.send(write(b"no gzip")).await.status(), 400);
    assert_eq!(upstream.count(), 1);
}

#[tokio::test]
async fn an_operation_has_its_name_once_its_body_is_read() {
    let exchanges = Exchanges::new(shop(), &Policy::default(), Decoding::Supported, None, Clock::system());
    let exchanges = exchanges.expect("they fit");
    let head = |version: &str| at(version, ask("PATCH", "/v1/codes/c_1")).request().into_parts().0;
    let open = exchanges.decide(&head(OLD)).expect("an exchange");
    assert_eq!((open.awaits_body(), open.operation), (true, None));
    let settled =
        exchanges.settle(open, &head(OLD), Media::Json, br#"{"status":"active"}"#).expect("one of them");
    assert_eq!((settled.awaits_body(), settled.operation.map(|name| &**name)), (false, Some("activate")));
    let same = exchanges.decide(&head(NEW)).expect("an exchange");
    assert!(!same.awaits_body() && same.operation.is_none());
}

#[tokio::test]
async fn a_layer_reads_the_body_as_the_gateway_does() {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let keep = asked.clone();
    let inner = service_fn(move |request: Request<TranslateBody<Full<Bytes>>>| {
        let keep = keep.clone();
        async move {
            let (head, body) = request.into_parts();
            let body = body.collect().await.expect("nothing breaks off").to_bytes();
            keep.lock().expect("no panic").push(format!("{} {} {body:?}", head.method, head.uri.path()));
            Ok::<_, Infallible>(Response::new(Full::new(Bytes::from_static(b"{}"))))
        }
    });
    let layer = TranslateLayer::new(shop(), &Policy::default()).expect("they fit");
    let patch = |body: &str| at(OLD, ask("PATCH", "/v1/codes/c_1").json(body)).request();
    let answer = layer.layer(inner.clone()).oneshot(patch(r#"{"status":"active"}"#)).await.expect("no error");
    assert_eq!(answer.status(), 200);
    let refused = layer.layer(inner.clone()).oneshot(patch(r#"{"status":"x"}"#)).await.expect("no error");
    assert_eq!(refused.status(), 400);
    let plain = at(OLD, ask("PATCH", "/v1/memberships/m_1").json(r#"{"note":"x"}"#)).request();
    assert_eq!(layer.layer(inner).oneshot(plain).await.expect("no error").status(), 200);
    let asked = asked.lock().expect("no panic");
    let wanted = [r#"POST /v1/codes/c_1/activate b"""#, r#"PATCH /v1/memberships/m_1 b"{\"remark\":\"x\"}""#];
    assert_eq!(*asked, wanted);
}
