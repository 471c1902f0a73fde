//! Requests that the gateway refuses: the upstream sees nothing of them.

use super::support::{Ask, Gateway, Message, Upstream, ask, get, json};

const PLANS: &str = "/api/v1/plans";

/// Returns the answer of a gateway with small limits. The upstream must not be asked.
async fn refused(sent: Ask) -> Message {
    let upstream = Upstream::answers(json("{}")).await;
    let gateway = Gateway::configured(&upstream, |config| config.limits.request_bytes = 100).await;
    let answer = gateway.send(sent).await;
    assert_eq!(upstream.connections(), 0, "the upstream was asked");
    assert_eq!(answer.field("dateline-outcome"), Some("not_sent"));
    assert_eq!(answer.field("api-version-date"), Some("2025-01-01"));
    answer
}

#[tokio::test]
async fn json_that_does_not_fit() {
    let deep = format!("{}{}", "[".repeat(70), "]".repeat(70).as_str().get(..29).unwrap());
    for (body, code) in [
        ("{", "json_invalid"),
        ("{}x", "json_invalid"),
        ("\u{feff}{}", "json_invalid"),
        (" ", "json_invalid"),
        (r#"{"a":NaN}"#, "json_invalid"),
        (r#"{"a":1,}"#, "json_invalid"),
        ("\"\\x\"", "json_invalid"),
        (r#"{"company_id":1,"b":2,"company_id":3}"#, "duplicate_key"),
        (r#"{"company_id":1,"com\u0070any_id":3}"#, "duplicate_key"),
        (deep.as_str(), "json_depth"),
    ] {
        let answer = refused(ask("POST", PLANS).json(body)).await;
        assert_eq!(answer.error(), (400, code.to_owned()), "{body}");
    }
    let answer =
        refused(ask("POST", PLANS).with("content-type", "application/json").body(b"{\"a\":\"\xff\"}")).await;
    assert_eq!(answer.error(), (400, "json_invalid".to_owned()));
}

#[tokio::test]
async fn a_body_over_the_limit() {
    let long = format!(r#"{{"a":"{}"}}"#, "x".repeat(100));
    let answer = refused(ask("POST", PLANS).json(&long)).await;
    assert_eq!(answer.error(), (413, "request_too_large".to_owned()));
    assert!(answer.error_message().contains("100 bytes"));
    let chunked =
        ask("POST", PLANS).with("content-type", "application/json").with("transfer-encoding", "chunked");
    let mut bytes = chunked.bytes();
    bytes.extend(format!("{:x}\r\n{long}\r\n0\r\n\r\n", long.len()).bytes());
    let upstream = Upstream::answers(json("{}")).await;
    let gateway = Gateway::configured(&upstream, |config| config.limits.request_bytes = 100).await;
    assert_eq!(gateway.send_raw(bytes).await.error().0, 413);
    assert_eq!(upstream.connections(), 0);
    let passed = gateway.send(ask("POST", PLANS).json(&long).pin("2026-07-01")).await;
    assert_eq!(passed.status(), 200, "the limit is on what is translated");
}

#[tokio::test]
async fn a_coding_that_hides_the_body() {
    let coded = |coding| ask("POST", PLANS).json("{}").with("content-encoding", coding);
    for coding in ["deflate", "x", "identity, compress", "gzip, gzip, gzip"] {
        let answer = refused(coded(coding)).await;
        assert_eq!(answer.error(), (415, "unsupported_content_encoding".to_owned()));
        assert_eq!(answer.field("accept-encoding"), Some("gzip, br, zstd"));
    }
    let upstream = Upstream::answers(json("{}")).await;
    let gateway = Gateway::before(&upstream).await;
    assert_eq!(gateway.send(coded("identity")).await.status(), 200);
    assert_eq!(gateway.send(coded("deflate").pin("2026-07-01")).await.status(), 200, "it passes");
    assert_eq!(upstream.requests()[1].field("content-encoding"), Some("deflate"));
}

#[tokio::test]
async fn forms_that_are_no_text() {
    let form = ask("POST", PLANS).with("content-type", "application/x-www-form-urlencoded").body(b"a=\xff");
    assert_eq!(refused(form).await.error(), (400, "form_invalid".to_owned()));
}

#[tokio::test]
async fn a_body_that_ends_early_or_stalls() {
    let upstream = Upstream::answers(json("{}")).await;
    let gateway = Gateway::configured(&upstream, |config| {
        config.timeouts.request_body_idle = std::time::Duration::from_millis(100);
    })
    .await;
    let stalls = "POST /api/v1/plans HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{";
    assert_eq!(gateway.send_raw(stalls).await.error(), (408, "request_timeout".to_owned()));
    let malformed = "POST /api/v1/plans HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\
        Transfer-Encoding: chunked\r\n\r\nZZ\r\n{}\r\n0\r\n\r\n";
    assert_eq!(gateway.send_raw(malformed).await.error(), (400, "bad_body".to_owned()));
    assert_eq!(upstream.connections(), 0);
}

#[tokio::test]
async fn other_bodies_pass_whatever_they_are() {
    let upstream = Upstream::answers(json("{}")).await;
    let gateway = Gateway::before(&upstream).await;
    // Where nothing is translated: `row_14_1c` has what becomes of them where something is.
    for media in ["text/plain", "multipart/form-data; boundary=x", "application/jsonl"] {
        let sent = ask("POST", PLANS).pin("2026-07-01").with("content-type", media).body("{company_id");
        assert_eq!(gateway.send(sent).await.status(), 200, "{media}");
        assert_eq!(upstream.requests().pop().unwrap().text(), "{company_id");
    }
    let empty = ask("POST", PLANS).json("").with("content-length", "0");
    assert_eq!(gateway.send(empty).await.status(), 200, "an empty body is none");
    assert_eq!(upstream.requests().pop().unwrap().field("content-length"), Some("0"));
}

#[tokio::test]
async fn an_error_has_the_form_of_the_apis_own_and_says_nothing_of_the_inside() {
    let answer = refused(ask("POST", PLANS).json("{\"secret\":nope}").with("x-request-id", "r-1")).await;
    let message = answer.error_message();
    assert!(!message.contains("secret") && !message.contains("nope"), "{message}");
    assert_eq!(answer.json()["error"]["request_id"], "r-1");

    let upstream = Upstream::absent().await;
    let gateway = Gateway::before(&upstream).await;
    let answer = gateway.send(get(PLANS)).await;
    assert_eq!(answer.error(), (502, "upstream_unreachable".to_owned()));
    assert_eq!(answer.field("dateline-outcome"), Some("not_sent"));
    let text = format!("{}{}", answer.head_text(), answer.text());
    for inside in ["127.0.0.1", upstream.url.rsplit(':').next().unwrap(), "refused", "hyper", "os error"] {
        assert!(!text.contains(inside), "{inside}: {text}");
    }
}
