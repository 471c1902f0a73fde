//! Answers that nothing but the end of their connection ends, in any coding: what was cut never looks complete.

use super::{
    codings::{CODINGS, coded},
    support::{End, Gateway, Message, Protocol, Upstream, get},
};

const OLD: &str = "2025-01-01";
const NEW: &str = "2026-07-01";
const BODY: &str = r#"{"id":"plan_x","account":{"id":"biz_x"},"title":"Gold"}"#;

/// An answer without a length.
fn unframed(start: &str, media: &str, coding: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("{start}\r\ncontent-type: {media}\r\ncontent-encoding: {coding}\r\n\r\n");
    [head.as_bytes(), body].concat()
}

async fn received(
    gateway: &Gateway,
    protocol: Protocol,
    path: &str,
    pin: &str,
    cut: usize,
) -> Option<Message> {
    let ask = get(path).pin(pin).with("x-cut", &cut.to_string()).with("accept-encoding", "gzip, br, zstd");
    gateway.receive(protocol, &ask).await
}

fn refused(received: &Message, case: &str) {
    let (status, code) = received.error();
    assert!(status == 502 && code == "upstream_truncated", "{case}: {status} {code}");
    assert_eq!(received.field("dateline-outcome"), Some("responded"), "{case}");
}

/// Returns the positions at which to cut a body after its head.
fn cuts(head: usize, body: usize) -> [usize; 7] {
    [0, 1, 9, body / 2, body - 9, body - 2, body - 1].map(|at| head + at)
}

const PATHS: [(&str, &str); 4] = [
    ("/api/v1/plans/plan_x", NEW),
    ("/api/v1/plans/plan_x", OLD),
    // No operation of the pack's.
    ("/api/v1/unknown", OLD),
    // An operation whose answers have no plan.
    ("/api/v1/users/me", OLD),
];

#[tokio::test]
async fn row_14_1b_coded_json_that_ends_with_its_connection_must_be_whole() {
    for coding in ["gzip", "br", "zstd", "gzip, br"] {
        let body = coded(coding, BODY.as_bytes());
        for start in ["HTTP/1.1 200 OK", "HTTP/1.0 422 Unprocessable Content"] {
            let answer = unframed(start, "application/json", coding, &body);
            let head = answer.len() - body.len();
            let upstream = Upstream::cutting(answer.clone(), End::Close).await;
            let gateway = Gateway::before(&upstream).await;
            for (path, pin) in PATHS {
                for protocol in Protocol::ALL {
                    for cut in cuts(head, body.len()) {
                        let case = format!("{coding} {start} {path} {pin} {protocol:?} cut at {cut}");
                        if let Some(received) = received(&gateway, protocol, path, pin, cut).await {
                            refused(&received, &case);
                        }
                    }
                    if pin == OLD && path.ends_with("plan_x") && start.ends_with("OK") {
                        continue;
                    }
                    let whole =
                        received(&gateway, protocol, path, pin, answer.len()).await.expect("an answer");
                    assert_eq!(whole.body, body, "byte for byte: {coding} {start} {path} {pin} {protocol:?}");
                    assert_eq!(whole.field("content-encoding"), Some(coding));
                    assert_eq!(whole.field("content-length"), Some(&*body.len().to_string()));
                }
            }
        }
    }
}

#[tokio::test]
async fn row_14_1b_a_whole_coding_of_json_that_is_not_is_not_whole() {
    for coding in CODINGS {
        for text in [&BODY[..BODY.len() - 1], "", " ", "nope"] {
            let answer = unframed(
                "HTTP/1.1 200 OK",
                "application/problem+json",
                coding,
                &coded(coding, text.as_bytes()),
            );
            let upstream = Upstream::cutting(answer.clone(), End::Close).await;
            let gateway = Gateway::before(&upstream).await;
            for protocol in Protocol::ALL {
                let case = format!("{coding} {text:?} {protocol:?}");
                let received = received(&gateway, protocol, "/api/v1/users/me", NEW, answer.len()).await;
                if let Some(received) = received {
                    refused(&received, &case);
                }
            }
        }
    }
}

#[tokio::test]
async fn row_14_1b_what_is_longer_than_what_is_held_is_broken_off_where_it_was_cut() {
    let list: Vec<String> =
        (0..20_000_u32).map(|number| (number.wrapping_mul(2_654_435_761)).to_string()).collect();
    let body = coded("gzip", format!("[{}]", list.join(",")).as_bytes());
    assert!(body.len() > 80_000);
    let answer = unframed("HTTP/1.1 200 OK", "application/json", "gzip", &body);
    let upstream = Upstream::cutting(answer.clone(), End::Close).await;
    let gateway = Gateway::configured(&upstream, |config| config.limits.buffer_bytes = 1000).await;
    for protocol in [Protocol::Http11, Protocol::Http2] {
        let cut = received(&gateway, protocol, "/api/v1/users/me", NEW, answer.len() - 1).await;
        if let Some(cut) = cut {
            refused(&cut, &format!("{protocol:?}"));
        }
        let whole = received(&gateway, protocol, "/api/v1/users/me", NEW, answer.len()).await;
        assert_eq!(whole.expect("an answer").body, body);
    }
}

/// Returns the answer to an HTTP/1 client: the start of its head, which has neither a length nor chunks, and the body
/// up to the end of the connection.
async fn ends_with_connection(gateway: &Gateway, ask: Vec<u8>) -> Option<(String, Vec<u8>)> {
    let mut client = gateway.connect().await;
    client.send(ask).await;
    let bytes = client.rest().await;
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    (!client.is_broken())
        .then(|| (String::from_utf8_lossy(&bytes[..end]).into_owned(), bytes[end..].to_vec()))
}

#[tokio::test]
async fn row_14_1b_what_else_is_coded_is_passed_on_as_it_ends_and_never_when_it_was_cut() {
    for coding in ["gzip", "br", "zstd", "br, gzip"] {
        let body = coded(coding, b"a,b\n1,2\n3,4\n");
        let answer = unframed("HTTP/1.1 200 OK", "text/csv", coding, &body);
        let head = answer.len() - body.len();
        let upstream = Upstream::cutting(answer.clone(), End::Close).await;
        let gateway = Gateway::before(&upstream).await;
        for pin in [OLD, NEW] {
            for protocol in Protocol::ALL {
                for cut in cuts(head, body.len()) {
                    let received = received(&gateway, protocol, "/api/v1/plans/plan_x", pin, cut).await;
                    if let Some(received) = received {
                        refused(&received, &format!("{coding} {pin} {protocol:?} cut at {cut}"));
                    }
                }
                let whole = received(&gateway, protocol, "/api/v1/plans/plan_x", pin, answer.len()).await;
                assert_eq!(whole.expect("an answer").body, body);
            }
        }
    }
}

#[tokio::test]
async fn row_14_1b_what_cannot_tell_whether_it_is_whole_never_gets_a_length() {
    let csv = b"a,b\n1,2\n".to_vec();
    for (start, media, coding, body) in [
        ("HTTP/1.1 200 OK", "application/json", "deflate", BODY.as_bytes().to_vec()),
        ("HTTP/1.1 200 OK", "application/json", "gzip, gzip, gzip", coded("gzip", BODY.as_bytes())),
        ("HTTP/1.1 200 OK", "text/csv", "identity", csv.clone()),
        ("HTTP/1.1 200 OK", "text/csv", "identity", Vec::new()),
        ("HTTP/1.1 200 OK", "text/csv", "gzip", coded("gzip", &csv)),
        // A part of JSON is no JSON.
        ("HTTP/1.1 206 Partial Content", "application/json", "identity", BODY.as_bytes()[..20].to_vec()),
    ] {
        let answer = unframed(start, media, coding, &body);
        let upstream = Upstream::cutting(answer.clone(), End::Close).await;
        let gateway = Gateway::before(&upstream).await;
        let ask = get("/api/v1/users/me").pin(NEW).with("x-cut", &answer.len().to_string());
        for bytes in [ask.bytes(), ask.bytes10()] {
            let (head, got) =
                ends_with_connection(&gateway, bytes).await.expect("an answer that ends in order");
            assert!(head.starts_with("HTTP/1.0 ") && head.contains("connection: close"), "{head}");
            assert!(!head.contains("content-length") && !head.contains("transfer-encoding"), "{head}");
            assert_eq!(got, body, "{start} {media} {coding}");
        }
        let stream = gateway.receive(Protocol::Http2, &ask).await.expect("an answer");
        assert_eq!((stream.body.clone(), stream.field("content-length")), (body, None), "{coding}");
    }
}
