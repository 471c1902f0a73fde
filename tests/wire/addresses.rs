//! Operations whose address changes: a request is found by its client's version, goes to the address of the upstream's,
//! and is never sent in hope where there is none.

use super::support::{
    Ask, Gateway, Message, Protocol, Upstream, answer, ask, get, json, known_client, until, v,
};
use crate::common::{pack, program};
use bytes::Bytes;
use dateline_gateway::{
    Config,
    config::{Sample, Verify},
};
use dateline_http::{
    TranslateLayer,
    policy::{Client, Match, ServedVersions, UntranslatableBody},
};
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use std::{
    convert::Infallible,
    sync::{Arc, Mutex},
};
use tower::{Layer, ServiceExt, service_fn};

const API: &str = r#"
operations = ["GET /disputes/{id}", "GET /things/stats", "GET /plain/{id}"]
[operation.update_evidence]
"2025-01-01" = "POST /disputes/{id}/update_evidence"
"2026-01-01" = "PATCH /disputes/{id}"
[operation.read]
"2025-01-01" = "GET /orders/{id}"
"2026-01-01" = "GET /things/{id}"
[operation.search]
"2025-01-01" = "GET /search"
"2026-01-01" = "POST /search"
[operation.ad_report]
"2025-01-01" = "GET /ad_reports/{id}"
"2026-01-01" = { gone = "Ask /stats/ad_delivery instead." }
[operation.forecast]
"2026-01-01" = "GET /forecasts/{id}"
[resource.Evidence]
found = [{ in = "update_evidence", part = "body", at = "$" }]
[resource.Thing]
found = [{ in = "GET /things/{id}", part = "response", at = "$" }, { in = "read", part = "query" }]
"#;

const CHANGES: &str = r#"
[[change]]
name = "Call the text a note"
why = "As everywhere."
resource = "Evidence"
steps = [{ move = "text", to = "note" }]
[[change]]
name = "Call the company an account"
why = "As everywhere."
resource = "Thing"
steps = [{ move = "company", to = "account" }]
"#;

fn shop() -> Arc<dateline_core::pack::Pack> {
    pack::shop(API, ("2026-01-01", CHANGES))
}

/// A gateway before an upstream at this version.
async fn gateway(version: &str, body: &str, change: impl FnOnce(&mut Config)) -> (Upstream, Gateway) {
    let upstream = Upstream::answers(json(body)).await;
    let gateway = Gateway::of_pack(shop(), &upstream, |config| {
        config.upstream.version = Some(v(version));
        change(config);
    })
    .await;
    (upstream, gateway)
}

const OLD: &str = "2025-01-01";
const NEW: &str = "2026-01-01";

fn at(version: &str, ask: Ask) -> Ask {
    ask.with("shop-version", version)
}

/// The status, the error type, and the outcome.
fn refusal(message: &Message) -> (u16, String, Option<&str>) {
    let code = message.json()["error"]["type"].as_str().unwrap_or_default().to_owned();
    (message.status(), code, message.field("dateline-outcome"))
}

fn refused(status: u16, code: &str) -> (u16, String, Option<&'static str>) {
    (status, code.to_owned(), Some("not_sent"))
}

#[tokio::test]
async fn a_request_goes_to_the_address_of_the_upstreams_version() {
    let (upstream, gateway) = gateway(NEW, r#"{"id":"d_1"}"#, |_| {}).await;
    for protocol in Protocol::ALL {
        let before = upstream.count();
        let write =
            at(OLD, ask("POST", "/v1/disputes/d%2f1;x/update_evidence/?a=%20&&b").json(r#"{"text":"a"}"#));
        let answer = gateway.receive(protocol, &write).await.expect("a response");
        assert_eq!((answer.status(), answer.text()), (200, r#"{"id":"d_1"}"#));
        let sent = &upstream.requests()[before];
        assert_eq!(sent.start, "PATCH /v1/disputes/d%2f1;x/?a=%20&&b HTTP/1.1");
        assert_eq!((sent.text(), sent.field("shop-version")), (r#"{"note":"a"}"#, Some(NEW)));
    }
}

/// What cannot be translated may pass as it came, if that is configured; its address is the upstream's all the same.
#[tokio::test]
async fn a_body_that_passes_untranslated_goes_to_the_address_of_the_upstreams_version() {
    const MESSAGE: &str = r#"
[[change]]
name = "Repeat the key in the body"
why = "Proxies drop fields."
operation = "update_evidence"
part = "request"
steps = [{ move = "header.X-Source", to = "body.source" }]
"#;
    let upstream = Upstream::answers(json("{}")).await;
    let pack = pack::shop(API, (NEW, &format!("{CHANGES}{MESSAGE}")));
    let gateway = Gateway::of_pack(pack, &upstream, |config| {
        config.upstream.version = Some(v(NEW));
        config.requests.untranslatable = UntranslatableBody::Pass;
    })
    .await;
    for (body, sent) in [(r#"{"text":"a"}"#, r#"{"source":"app","note":"a"}"#), ("[1]", "[1]")] {
        let before = upstream.count();
        let write = ask("POST", "/v1/disputes/d_1/update_evidence").with("x-source", "app").json(body);
        assert_eq!(gateway.send(at(OLD, write)).await.status(), 200, "{body}");
        let came = &upstream.requests()[before];
        assert_eq!(came.start, "PATCH /v1/disputes/d_1 HTTP/1.1", "{body}");
        let (came, sent): (serde_json::Value, serde_json::Value) =
            (came.json(), serde_json::from_str(sent).unwrap());
        assert_eq!(came, sent);
    }
}

#[tokio::test]
async fn a_newer_client_goes_to_the_address_of_an_older_upstream() {
    let (upstream, gateway) = gateway(OLD, r#"{"company":"biz_1"}"#, |_| {}).await;
    let write = at(NEW, ask("PATCH", "/v1/disputes/d_1").json(r#"{"note":"a"}"#));
    assert_eq!(gateway.send(write).await.status(), 200);
    let read = gateway.send(at(NEW, get("/%761/things/t_1?account=biz_1"))).await;
    assert_eq!(read.text(), r#"{"account":"biz_1"}"#);
    let head = gateway.send(at(NEW, ask("HEAD", "/v1/things/t_1"))).await;
    assert_eq!(head.status(), 200);
    let starts: Vec<String> = upstream.requests().iter().map(|request| request.start.clone()).collect();
    assert_eq!(
        starts,
        [
            "POST /v1/disputes/d_1/update_evidence HTTP/1.1",
            "GET /%761/orders/t_1?company=biz_1 HTTP/1.1",
            "HEAD /v1/orders/t_1 HTTP/1.1"
        ]
    );
    assert_eq!(upstream.requests()[0].text(), r#"{"text":"a"}"#);
}

#[tokio::test]
async fn what_does_not_move_passes_byte_for_byte() {
    let (upstream, gateway) = gateway(NEW, "{}", |_| {}).await;
    let paths = ["/v1/plain/a%2Fb/?x=%20&&", "/v1/disputes/d_1", "/v1//x/../y;z?q", "/v1/unknown"];
    for path in paths {
        assert_eq!(gateway.send(at(OLD, get(path))).await.status(), 200, "{path}");
    }
    let starts: Vec<String> = upstream.requests().iter().map(|request| request.start.clone()).collect();
    assert_eq!(starts, paths.map(|path| format!("GET {path} HTTP/1.1")));
}

#[tokio::test]
async fn a_clients_prefix_is_taken_off_before_the_path_is_rendered() {
    let (upstream, gateway) = gateway(NEW, "{}", |config| {
        config.clients = vec![Client {
            pin: Some(v(OLD)),
            ..known_client("legacy", None, Match::PathPrefix("/legacy".into()))
        }];
    })
    .await;
    assert_eq!(gateway.send(get("/legacy/v1/orders/o_1/")).await.status(), 200);
    assert_eq!(upstream.only().start, "GET /v1/things/o_1/ HTTP/1.1");
}

#[tokio::test]
async fn what_the_upstream_does_not_have_is_refused_before_anything_is_sent() {
    let (upstream, newer) = gateway(NEW, "{}", |_| {}).await;
    for protocol in Protocol::ALL {
        let gone = newer.receive(protocol, &at(OLD, get("/v1/ad_reports/r_1"))).await.expect("a response");
        assert_eq!(refusal(&gone), refused(410, "operation_gone"));
        for part in ["GET /ad_reports/{id}", NEW, "Ask /stats/ad_delivery instead."] {
            assert!(gone.text().contains(part), "{}", gone.text());
        }
        assert!(!gone.text().contains("r_1"), "{}", gone.text());
    }
    let head = newer.send(at(OLD, ask("HEAD", "/v1/ad_reports/r_1"))).await;
    assert_eq!((head.status(), head.field("dateline-outcome")), (410, Some("not_sent")));
    assert_eq!(upstream.count(), 0);

    let (upstream, older) = gateway(OLD, "{}", |_| {}).await;
    let not_yet = older.send(at(NEW, get("/v1/forecasts/f_1"))).await;
    assert_eq!(refusal(&not_yet), refused(404, "operation_not_yet"));
    assert!(not_yet.text().contains("the upstream still speaks version 2025-01-01"), "{}", not_yet.text());
    assert_eq!(upstream.count(), 0);
}

/// The client's version has nothing there. To pass it on would give it what only another version has.
#[tokio::test]
async fn what_only_the_upstreams_version_has_at_a_path_is_refused() {
    let (upstream, newer) = gateway(NEW, "{}", |_| {}).await;
    for (method, path, status, code, told) in [
        ("GET", "/v1/forecasts/f_1", 404, "operation_not_yet", "Move to version 2026-01-01 or newer"),
        ("PATCH", "/v1/disputes/d_1", 404, "operation_moved", "POST /disputes/{id}/update_evidence"),
        ("GET", "/v1/things/t_1", 404, "operation_moved", "GET /orders/{id}"),
    ] {
        let answer = newer.send(at(OLD, ask(method, path))).await;
        assert_eq!(refusal(&answer), refused(status, code), "{path}");
        assert!(answer.text().contains(told), "{}", answer.text());
    }
    assert_eq!(upstream.count(), 0);
    let (upstream, older) = gateway(OLD, "{}", |_| {}).await;
    let gone = older.send(at(NEW, get("/v1/ad_reports/r_1"))).await;
    assert_eq!(refusal(&gone), refused(410, "operation_gone"));
    assert!(gone.text().contains("Ask /stats/ad_delivery instead."), "{}", gone.text());
    assert_eq!(upstream.count(), 0);
}

#[tokio::test]
async fn what_the_upstream_serves_is_asked_natively() {
    let (upstream, gateway) = gateway(NEW, "{}", |config| config.upstream.serves = ServedVersions::All).await;
    for path in ["/v1/ad_reports/r_1", "/v1/forecasts/f_1"] {
        assert_eq!(gateway.send(at(OLD, get(path))).await.status(), 200, "{path}");
    }
    // What is there at both versions is translated.
    assert_eq!(gateway.send(at(OLD, get("/v1/orders/o_1"))).await.status(), 200);
    let sent: Vec<_> = upstream
        .requests()
        .iter()
        .map(|sent| (sent.start.clone(), sent.field("shop-version").map(str::to_owned).unwrap_or_default()))
        .collect();
    let expected = [("/v1/ad_reports/r_1", OLD), ("/v1/forecasts/f_1", OLD), ("/v1/things/o_1", NEW)];
    assert_eq!(sent, expected.map(|(path, version)| (format!("GET {path} HTTP/1.1"), version.to_owned())));
}

/// A parameter that reads like a word of another address, and paths that servers read in several ways.
#[tokio::test]
async fn a_path_that_would_be_another_operations_at_the_upstream_is_refused() {
    let (upstream, gateway) = gateway(NEW, "{}", |_| {}).await;
    for path in [
        "/v1/orders/stats",
        "/v1/orders/%73tats",
        "/v1/orders/x%2F..%2Fstats",
        "/v1/orders//o_1",
        "/v1/x/../orders/o_1",
        "/v1/orders/o_1;/../stats",
    ] {
        let answer = gateway.send(at(OLD, get(path))).await;
        assert_eq!(refusal(&answer), refused(400, "ambiguous_path"), "{path}");
    }
    for method in ["PATCH", "DELETE"] {
        let write = ask("POST", "/v1/disputes/d_1/update_evidence").with("x-http-method-override", method);
        let answer = gateway.send(at(OLD, write.json("{}"))).await;
        assert_eq!(refusal(&answer), refused(400, "ambiguous_method"), "{method}");
    }
    assert_eq!(upstream.count(), 0);
}

#[tokio::test]
async fn there_is_no_head_of_what_the_upstream_is_not_asked_with_get() {
    let (upstream, gateway) = gateway(NEW, "{}", |_| {}).await;
    let head = gateway.send(at(OLD, ask("HEAD", "/v1/search?q=a"))).await;
    assert_eq!((head.status(), head.field("allow")), (405, Some("GET")));
    assert_eq!(upstream.count(), 0);
    assert_eq!(gateway.send(at(OLD, get("/v1/search?q=a"))).await.status(), 200);
    assert_eq!(upstream.only().start, "POST /v1/search?q=a HTTP/1.1");
}

#[tokio::test]
async fn references_in_an_answer_are_those_of_the_clients_version() {
    let fields = [
        "location: /v1/things/t_1?a=b#c",
        "content-location: /v1/plain/t_1",
        "link: </v1/things/t_2>; rel=\"next\", </v1/things/stats>; rel=\"x\", <https://other.example/v1/things/t_3>",
    ];
    let upstream = Upstream::answers(answer("201 Created", &fields, "")).await;
    let gateway = Gateway::of_pack(shop(), &upstream, |config| config.upstream.version = Some(v(NEW))).await;
    let answer = gateway.send(at(OLD, ask("POST", "/v1/disputes/d_1/update_evidence"))).await;
    let told = ["location", "content-location", "link"].map(|name| answer.field(name).unwrap_or_default());
    assert_eq!(
        told,
        [
            "/v1/orders/t_1?a=b#c",
            "/v1/plain/t_1",
            "</v1/orders/t_2>; rel=\"next\", </v1/things/stats>; rel=\"x\", <https://other.example/v1/things/t_3>"
        ]
    );
    let same = gateway.send(at(NEW, ask("PATCH", "/v1/disputes/d_1"))).await;
    assert_eq!(same.field("location"), Some("/v1/things/t_1?a=b#c"));
}

/// A browser asks whether a page may send a request, and says no version.
#[tokio::test]
async fn a_preflight_goes_where_the_request_itself_would_go() {
    let fields = ["access-control-allow-origin: https://page.example", "access-control-allow-methods: PATCH"];
    let upstream = Upstream::answers(answer("204 No Content", &fields, "")).await;
    let gateway = Gateway::of_pack(shop(), &upstream, |config| config.upstream.version = Some(v(NEW))).await;
    let preflight = |path: &str, method: &str| {
        let asks = ask("OPTIONS", path).with("origin", "https://page.example");
        asks.with("access-control-request-method", method)
    };
    let answer = gateway.send(preflight("/v1/disputes/d_1/update_evidence", "POST")).await;
    assert_eq!(answer.all("access-control-allow-methods"), ["PATCH", "POST"]);
    let sent = upstream.only();
    assert_eq!(sent.start, "OPTIONS /v1/disputes/d_1 HTTP/1.1");
    assert_eq!(sent.field("access-control-request-method"), Some("PATCH"));
    // What does not move, and what is there at no version, passes as it came.
    for path in ["/v1/plain/p_1", "/v1/disputes/d_1", "/v1/ad_reports/r_1", "/v1/x"] {
        let before = upstream.count();
        let answer = gateway.send(preflight(path, "GET")).await;
        assert_eq!(answer.all("access-control-allow-methods"), ["PATCH"], "{path}");
        let sent = &upstream.requests()[before];
        assert_eq!(sent.start, format!("OPTIONS {path} HTTP/1.1"));
        assert_eq!(sent.field("access-control-request-method"), Some("GET"));
    }
}

#[tokio::test]
async fn an_operation_is_known_by_its_name() {
    let (_, gateway) = gateway(NEW, r#"{"account":"a"}"#, |_| {}).await;
    gateway.send(at(OLD, get("/v1/orders/o_1"))).await;
    gateway.send(at(OLD, get("/v1/plain/p_1"))).await;
    let metrics = gateway.admin("/metrics").await;
    for operation in ["read", "GET /plain/{id}"] {
        assert!(metrics.text().contains(&format!("operation=\"{operation}\"")), "{operation}");
    }
}

/// Both readings of an operation that moves are sent: at the client's address natively, and at the upstream's.
#[tokio::test]
async fn an_operation_that_moves_is_verified_at_both_addresses() {
    let (upstream, gateway) = gateway(NEW, r#"{"account":"a"}"#, |config| {
        config.verify = Verify { sample: Sample::ALL, ..Verify::default() };
    })
    .await;
    // One that is a POST at the upstream is read by no check.
    gateway.send(at(OLD, get("/v1/search?q=a"))).await;
    gateway.send(at(OLD, get("/v1/orders/o_1"))).await;
    let native = |message: &Message| {
        let is_check = message.field("x-request-id").is_some_and(|id| id.starts_with("dateline-verify-"));
        is_check
            && message.start == "GET /v1/orders/o_1 HTTP/1.1"
            && message.field("shop-version") == Some(OLD)
    };
    until("it is read natively", || upstream.requests().iter().any(native)).await;
    let checks = upstream.requests().into_iter().filter(|message| message.start.contains("/search"));
    assert_eq!(checks.count(), 1);
}

#[tokio::test]
async fn a_service_in_process_gets_the_address_of_its_version() {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&asked);
    let service = service_fn(move |request: Request<dateline_http::TranslateBody<Full<Bytes>>>| {
        let seen = Arc::clone(&seen);
        async move {
            seen.lock().unwrap().push(format!("{} {}", request.method(), request.uri()));
            Ok::<_, Infallible>(Response::new(Full::new(Bytes::from_static(b"{}"))))
        }
    });
    let layer = TranslateLayer::new(shop(), &Config::default().policy()).unwrap();
    let service = layer.layer(service);
    let ask = |method: &str, uri: &str| {
        let request = Request::builder().method(method).uri(uri).header("shop-version", OLD);
        let service = service.clone();
        let request = request.body(Full::new(Bytes::new())).unwrap();
        async move {
            let answer = service.oneshot(request).await.unwrap();
            let status = answer.status().as_u16();
            let body = answer.into_body().collect().await.unwrap_or_else(|_| panic!("a body")).to_bytes();
            (status, String::from_utf8(body.to_vec()).unwrap())
        }
    };
    assert_eq!(ask("POST", "/v1/disputes/d_1/update_evidence?a=b").await.0, 200);
    let (status, gone) = ask("GET", "/v1/ad_reports/r_1").await;
    assert!(status == 410 && gone.contains("operation_gone"), "{status} {gone}");
    assert_eq!(*asked.lock().unwrap(), ["PATCH /v1/disputes/d_1?a=b"]);
}

#[test]
fn commands_know_an_operation_by_its_name_and_by_each_of_its_addresses() {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in pack::shop_files(API, (NEW, CHANGES)) {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let pack = folder.path().to_str().unwrap();
    for operation in ["read", "GET /orders/{id}", "GET /things/{id}", "GET /v1/orders/o_1"] {
        let explain = ["explain", "--operation", operation, "--from", OLD, "--to", NEW, "--pack", pack];
        let explained = program::ran(&mut program::dateline(&explain));
        assert_eq!(explained.code, Some(0), "{operation}: {}", explained.notes);
        for part in ["read", "GET /orders/{id}", "GET /things/{id}", "Call the company an account"] {
            assert!(explained.output.contains(part), "{part}: {}", explained.output);
        }
    }
    let gone = ["explain", "--operation", "ad_report", "--from", OLD, "--to", NEW, "--pack", pack];
    let gone = program::ran(&mut program::dateline(&gone)).output;
    assert!(gone.contains("gone since 2026-01-01: Ask /stats/ad_delivery instead."), "{gone}");
    assert!(gone.contains("A request is refused") && !gone.contains("byte for byte"), "{gone}");
    let listed = program::ran(&mut program::dateline(&["versions", "--pack", pack])).output;
    for part in
        ["POST /disputes/{id}/update_evidence moves to PATCH /disputes/{id}", "GET /ad_reports/{id} is gone"]
    {
        assert!(listed.contains(part), "{part}: {listed}");
    }
}
