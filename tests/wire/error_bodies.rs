//! Bodies of the upstream's errors, whose codes and fields change from version to version.

use super::support::{Ask, Gateway, Message, Protocol, Upstream, answer, ask, get, refusing, strict, v};
use crate::common::{pack, program};
use dateline_http::{TranslateBody, TranslateLayer, policy::Policy};
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use std::convert::Infallible;
use tower::{Layer, ServiceExt, service_fn};

const API: &str = r#"
operations = ["GET /plain", "POST /charges"]
[resource.Charge]
found = [{ in = "POST /charges", part = "body", at = "$" }]
[resource.Error]
found = [{ in = "*", part = "errors", status = "4xx", at = "$.error" }]
[resource.Declined]
found = [{ in = "POST /charges", part = "errors", status = "402", at = "$.card" }]
"#;

const CHANGES: &str = r#"
[[change]]
name = "Call the account a company"
why = "As everywhere."
resource = "Charge"
steps = [{ move = "account", to = "company" }]
[[change]]
name = "Give errors other codes"
why = "They are shorter."
resource = "Error"
steps = [{ move = "code", to = "type" }, { map = "type", values = { card_declined = "declined" }, down_rest = '"failed"' }]
[[change]]
name = "Say why a card was declined"
why = "Clients asked for it."
resource = "Declined"
steps = [{ move = "why", to = "reason" }]
"#;

const JSON: &str = "content-type: application/json";
const CAME: &str = r#"{"error":{"type":"declined","param":"company","message":"The `company` has no card."},"card":{"reason":"lost"}}"#;
const TOLD: &str = r#"{"error":{"code":"card_declined","param":"account","message":"The `account` has no card."},"card":{"why":"lost"}}"#;

fn charge() -> Ask {
    charge_at("2025-01-01")
}

fn charge_at(version: &str) -> Ask {
    ask("POST", "/v1/charges").json(r#"{"account":"a_1"}"#).with("shop-version", version)
}

async fn gateway(came: Vec<u8>) -> Gateway {
    let upstream = Upstream::answers(came).await;
    let pack = pack::shop(API, ("2026-01-01", CHANGES));
    Gateway::of_pack(pack, &upstream, |config| {
        config.upstream.version = Some(v("2026-01-01"));
        refusing(config);
    })
    .await
}

#[tokio::test]
async fn a_client_reads_the_codes_and_the_names_of_its_version() {
    let chunked = format!(
        "HTTP/1.1 402 Payment Required\r\n{JSON}\r\ntransfer-encoding: chunked\r\n\r\n{:x}\r\n{}\r\n{:x}\r\n{}\r\n0\r\n\r\n",
        30,
        &CAME[..30],
        CAME.len() - 30,
        &CAME[30..]
    );
    for came in [answer("402 Payment Required", &[JSON, "etag: \"1\""], CAME), chunked.into_bytes()] {
        let gateway = gateway(came).await;
        for protocol in Protocol::ALL {
            for ask in [charge(), strict(charge())] {
                let told = gateway.receive(protocol, &ask).await.expect("a response");
                assert_eq!((told.status(), told.text()), (402, TOLD), "{protocol:?}");
                assert_eq!(told.field("shop-version"), Some("2025-01-01"));
                assert_eq!((told.field("etag"), told.field("dateline-loss")), (None, None));
            }
            let newer = charge_at("2026-01-01");
            let same = gateway.receive(protocol, &newer).await.expect("a response");
            assert_eq!((same.text(), same.field("shop-version")), (CAME, Some("2026-01-01")));
        }
    }
}

#[tokio::test]
async fn only_errors_of_the_status_change() {
    let plain = |query: &str| get(&format!("/v1/plain{query}")).with("shop-version", "2025-01-01");
    let other = r#"{"error":{"type":"new_one"},"card":{"reason":"lost"}}"#;
    for (status, told, lost) in [
        ("404 Not Found", r#"{"error":{"code":"failed"},"card":{"reason":"lost"}}"#, Some("type=dropped")),
        ("500 Internal Server Error", other, None),
        ("200 OK", other, None),
    ] {
        let gateway = gateway(answer(status, &[JSON], other)).await;
        let answered = gateway.send(plain("")).await;
        assert_eq!((answered.text(), answered.field("dateline-loss")), (told, lost), "{status}");
    }
    // What is no JSON, or is broken, is no error of the API.
    for (field, came) in [("content-type: text/html", other), (JSON, "{\"error\":"), (JSON, "")] {
        let gateway = gateway(answer("404 Not Found", &[field], came)).await;
        assert_eq!(gateway.send(plain("")).await.text(), came);
    }
}

#[tokio::test]
async fn a_layer_translates_errors_as_the_gateway_does() {
    let inner = service_fn(|_: Request<TranslateBody<Full<Bytes>>>| async {
        let answer = Response::builder().status(402).header("content-type", "application/json");
        Ok::<_, Infallible>(answer.body(Full::new(Bytes::from_static(CAME.as_bytes()))).expect("an answer"))
    });
    let pack = pack::shop(API, ("2026-01-01", CHANGES));
    let layer = TranslateLayer::new(pack, &Policy::default()).expect("they fit");
    let answer = layer.layer(inner).oneshot(charge().request()).await.expect("no error");
    let (head, body) = answer.into_parts();
    let body = body.collect().await.expect("nothing breaks off").to_bytes();
    let answer = Message::of_parts(Response::from_parts(head, body));
    assert_eq!((answer.status(), answer.text()), (402, TOLD));
    assert_eq!(answer.field("content-length"), Some(&*TOLD.len().to_string()));
}

#[test]
fn commands_show_what_becomes_of_errors() {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in pack::shop_files(API, ("2026-01-01", CHANGES)) {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let pack = folder.path().to_str().unwrap();
    let versions = ["--pack", pack, "--operation", "POST /charges"];
    let explained = [&["explain", "--from", "2025-01-01", "--to", "2026-01-01"][..], &versions].concat();
    let explained = program::ran(&mut program::dateline(&explained)).output;
    for part in
        ["error 400 to 401 $.error", "error 402 $.card", "error 403 to 499 $.error", "move type to code"]
    {
        assert!(explained.contains(part), "{part}: {explained}");
    }
    let input = folder.path().join("error.json");
    std::fs::write(&input, r#"{"error":{"type":"declined"},"card":{"reason":"lost"}}"#).unwrap();
    let down =
        ["translate", "--side", "response", "--from", "2026-01-01", "--to", "2025-01-01", "--status", "402"];
    let mut translate = program::dateline(&[&down[..], &versions].concat());
    let ran = program::ran(translate.stdin(std::fs::File::open(input).unwrap()));
    assert_eq!(ran.output, r#"{"error":{"code":"card_declined"},"card":{"why":"lost"}}"#, "{}", ran.notes);
}
