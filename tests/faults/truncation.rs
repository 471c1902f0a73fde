//! An upstream that breaks off: what is not complete never looks complete.

use super::support::{Authority, Connection, End, Gateway, HEAD, Message, Protocol, Upstream, chunked, get};
use dateline_gateway::Config;
use std::sync::Arc;
use tokio::sync::Notify;

const PLAN: &str = "/api/v1/plans/plan_x";
const OLD: &str = "2025-01-01";
const NEW: &str = "2026-07-01";
const BODY: &str = r#"{"id":"plan_x","account":{"id":"biz_x"},"title":"Gold"}"#;

fn with_length() -> String {
    format!("{HEAD}content-length: {}\r\n\r\n{BODY}", BODY.len())
}

fn in_chunks() -> String {
    let (one, two) = BODY.split_at(20);
    String::from_utf8(chunked(HEAD, [one, two])).unwrap()
}

fn until_the_end() -> String {
    format!("{HEAD}\r\n{BODY}")
}

/// Cuts an answer before every byte of it. Clients must never take the rest for a whole answer, but get an error of the
/// gateway.
async fn never_complete(answer: String, end: End, pin: &str) {
    never_complete_with(answer, end, pin, |_| {}).await;
}

/// The same with another configuration.
async fn never_complete_with(answer: String, end: End, pin: &str, change: impl FnOnce(&mut Config)) {
    let length = answer.len();
    let upstream = Upstream::cutting(answer, end).await;
    let gateway = Gateway::configured(&upstream, change).await;
    let with = async |protocol| {
        for at in 0..length {
            let ask = get(PLAN).pin(pin).with("x-cut", &at.to_string());
            if let Some(received) = gateway.receive(protocol, &ask).await {
                refused(&received, &format!("{protocol:?} {end:?} cut at {at}"));
            }
        }
    };
    tokio::join!(with(Protocol::Http10), with(Protocol::Http11), with(Protocol::Http2));
}

fn refused(received: &Message, case: &str) {
    let (status, code) = received.error();
    assert_eq!(status, 502, "{case}");
    let outcome = received.field("dateline-outcome").expect("an outcome");
    assert!(
        matches!(
            (code.as_str(), outcome),
            ("upstream_failed", "unknown")
                | ("upstream_truncated" | "upstream_framing" | "upstream_head", "responded")
        ),
        "{case}: {code} {outcome}"
    );
}

#[tokio::test]
async fn row_35_a_passed_answer_with_a_length_is_never_complete_when_it_was_cut() {
    tokio::join!(never_complete(with_length(), End::Fin, NEW), never_complete(with_length(), End::Rst, NEW));
}

#[tokio::test]
async fn row_35_a_passed_answer_in_chunks_is_never_complete_when_it_was_cut() {
    tokio::join!(never_complete(in_chunks(), End::Fin, NEW), never_complete(in_chunks(), End::Rst, NEW));
}

#[tokio::test]
async fn row_35_a_translated_answer_with_a_length_is_never_complete_when_it_was_cut() {
    tokio::join!(never_complete(with_length(), End::Fin, OLD), never_complete(with_length(), End::Rst, OLD));
}

#[tokio::test]
async fn row_35_a_translated_answer_in_chunks_is_never_complete_when_it_was_cut() {
    tokio::join!(never_complete(in_chunks(), End::Fin, OLD), never_complete(in_chunks(), End::Rst, OLD));
}

#[tokio::test]
async fn row_35_an_answer_that_is_not_held_back_is_never_complete_when_it_was_cut() {
    let little = |config: &mut Config| config.limits.buffer_bytes = 8;
    tokio::join!(
        never_complete_with(with_length(), End::Fin, OLD, little),
        never_complete_with(in_chunks(), End::Rst, OLD, little)
    );
}

#[tokio::test]
async fn row_36_json_that_ends_with_the_connection_must_be_whole() {
    for pin in [OLD, NEW] {
        tokio::join!(
            never_complete(until_the_end(), End::Fin, pin),
            never_complete(until_the_end().replace("HTTP/1.1", "HTTP/1.0"), End::Rst, pin)
        );
    }
}

#[tokio::test]
async fn row_36_whole_json_that_ends_with_the_connection_is_an_answer() {
    for answer in [until_the_end(), until_the_end().replace("HTTP/1.1", "HTTP/1.0")] {
        let upstream = Upstream::cutting(answer.clone(), End::Close).await;
        let gateway = Gateway::before(&upstream).await;
        for protocol in Protocol::ALL {
            for (pin, name) in [(OLD, "company"), (NEW, "account")] {
                let ask = get(PLAN).pin(pin).with("x-cut", &answer.len().to_string());
                if pin == NEW {
                    // What passes stays as it is, though it is read.
                    let coded = ask.clone().with("accept-encoding", "gzip");
                    let received = gateway.receive(protocol, &coded).await.expect("a whole answer");
                    assert_eq!((received.text(), received.field("content-encoding")), (BODY, None));
                }
                let received = gateway.receive(protocol, &ask).await.expect("a whole answer");
                assert_eq!(received.text(), BODY.replace("account", name), "{protocol:?} {pin}");
                let version = match protocol {
                    Protocol::Http10 => "HTTP/1.0 ",
                    Protocol::Http11 => "HTTP/1.1 ",
                    Protocol::Http2 => "HTTP/2.0 ",
                };
                assert!(received.start.starts_with(version), "{}", received.start);
            }
        }
    }
}

#[tokio::test]
async fn row_36_what_else_ends_with_the_connection_is_passed_on_so() {
    let upstream =
        Upstream::answers_and_closes("HTTP/1.0 200 OK\r\ncontent-type: text/csv\r\n\r\na,b\n1,").await;
    let gateway = Gateway::before(&upstream).await;
    for pin in [OLD, NEW] {
        for ask in [get(PLAN).pin(pin).bytes(), get(PLAN).pin(pin).bytes10()] {
            let mut client = gateway.connect().await;
            client.send(ask).await;
            let answer = String::from_utf8(client.rest().await).unwrap();
            let (head, body) = answer.split_once("\r\n\r\n").unwrap();
            assert_eq!(body, "a,b\n1,");
            assert!(head.starts_with("HTTP/1.0 200 OK") && head.contains("connection: close"), "{head}");
            assert!(!head.contains("content-length") && !head.contains("transfer-encoding"), "{head}");
        }
        let stream = gateway.receive(Protocol::Http2, &get(PLAN).pin(pin)).await.expect("an answer");
        assert_eq!((stream.text(), stream.field("content-length")), ("a,b\n1,", None));
    }
}

#[tokio::test]
async fn row_36_what_ends_with_a_reset_is_never_complete() {
    let csv = "HTTP/1.1 200 OK\r\ncontent-type: text/csv\r\n\r\na,b\n1,2\n".to_owned();
    tokio::join!(never_complete(csv.clone(), End::Rst, OLD), never_complete(csv.clone(), End::Rst, NEW));
    // Where the head has gone out before, too.
    let come = Arc::new(Notify::new());
    let upstream =
        Upstream::scripted_with((Arc::clone(&come), csv), move |mut connection, (gate, csv)| async move {
            connection.next().await?;
            connection.send(csv).await;
            gate.notified().await;
            connection.end(End::Rst).await
        })
        .await;
    let gateway = Gateway::before(&upstream).await;
    let mut client = gateway.connect().await;
    client.send(get(PLAN).pin(NEW).bytes()).await;
    let head = client.through("1,2\n").await;
    assert!(head.starts_with("HTTP/1.0 200"), "{head}");
    come.notify_one();
    assert!(client.rest().await.is_empty() && client.is_broken());
}

#[tokio::test]
async fn row_36_a_length_and_chunks_are_no_answer() {
    for fields in [
        "content-length: 3\r\ntransfer-encoding: chunked",
        "transfer-encoding: chunked\r\ncontent-length: 3",
        "transfer-encoding: chunked\r\ncontent-length: 5",
        "transfer-encoding: gzip, chunked",
        "transfer-encoding: chunked\r\ntransfer-encoding: chunked",
        "transfer-encoding: gzip",
        "transfer-encoding: identity",
    ] {
        let answer = format!("{HEAD}{fields}\r\n\r\n5\r\nhello\r\n0\r\n\r\n");
        let upstream = Upstream::answers(answer).await;
        let gateway = Gateway::before(&upstream).await;
        for (number, protocol) in Protocol::ALL.into_iter().enumerate() {
            for pin in [OLD, NEW] {
                let received = gateway.receive(protocol, &get(PLAN).pin(pin)).await.expect("an error");
                assert_eq!(received.error(), (502, "upstream_framing".to_owned()), "{fields}");
                assert_eq!(received.field("dateline-outcome"), Some("responded"));
            }
            assert_eq!(upstream.connections(), 2 * (number + 1), "a connection is dropped each time");
        }
    }
}

#[tokio::test]
async fn row_37_a_bad_head_or_a_bad_first_chunk_is_an_error() {
    let chunks = format!("{HEAD}transfer-encoding: chunked\r\n\r\n");
    let sure = ["SSH-2.0-x\r\n\r\n".to_owned(), "HTTP/1.1 2x0 OK\r\n\r\n".to_owned()];
    let lengths = ["-3", "+3", "3x", "3, 4", "99999999999999999999", ""];
    let lengths = lengths.map(|length| format!("{HEAD}content-length: {length}\r\n\r\n{{}}"));
    let twice = format!("{HEAD}content-length: 2\r\ncontent-length: 3\r\n\r\n{{}}");
    let old = format!("HTTP/1.0{}", chunks.strip_prefix("HTTP/1.1").unwrap());
    let large = format!("{HEAD}x: {}\r\n\r\n", "y".repeat(300_000));
    let bad = ["x", "-2", "0x2", "+2", "fffffffffffffffff"]
        .map(|size| format!("{chunks}{size}\r\n{{}}\r\n0\r\n\r\n"));
    let answers = sure.into_iter().chain(lengths).chain([twice, old, large]).chain(bad);
    for answer in answers {
        let upstream = Upstream::answers(answer.clone()).await;
        let gateway = Gateway::before(&upstream).await;
        for protocol in Protocol::ALL {
            for pin in [OLD, NEW] {
                let received = gateway.receive(protocol, &get(PLAN).pin(pin)).await;
                let received =
                    received.unwrap_or_else(|| panic!("{protocol:?} {pin}: no error for {answer:.300}"));
                refused(&received, &answer);
            }
        }
    }
}

#[tokio::test]
async fn row_36_the_same_length_twice_is_said_once() {
    for fields in ["content-length: 2\r\ncontent-length: 2", "content-length: 2, 2", "content-length: 02"] {
        let upstream = Upstream::answers(format!("HTTP/1.1 200 OK\r\n{fields}\r\n\r\n{{}}")).await;
        let gateway = Gateway::before(&upstream).await;
        for protocol in Protocol::ALL {
            let received = gateway.receive(protocol, &get(PLAN).pin(NEW)).await.expect("an answer");
            assert_eq!(received.text(), "{}", "{fields}");
            assert_eq!(received.field("content-length"), Some("2"), "{fields}");
        }
    }
}

#[tokio::test]
async fn row_36_over_tls_an_end_without_close_notify_is_none() {
    let authority = Authority::new();
    let csv = "HTTP/1.1 200 OK\r\ncontent-type: text/csv\r\n\r\na,b\n1,2\n";
    for answer in [csv.to_owned(), until_the_end()] {
        for end in [End::Close, End::Fin, End::Rst] {
            let came = answer.clone();
            let upstream = Upstream::scripted_tls(
                "localhost",
                authority.server("localhost"),
                move |mut connection: Connection| {
                    let came = came.clone();
                    async move {
                        connection.next().await?;
                        connection.cut(&came, came.len(), end).await
                    }
                },
            )
            .await;
            let file = authority.file();
            let gateway = Gateway::configured(&upstream, |config| config.upstream.ca_file = Some(file)).await;
            for protocol in Protocol::ALL {
                for pin in [OLD, NEW] {
                    let received = gateway.receive(protocol, &get(PLAN).pin(pin)).await;
                    let case = format!("{protocol:?} {pin} {end:?}");
                    match (received, end) {
                        (Some(whole), End::Close) => assert_eq!(whole.status(), 200, "{case}"),
                        (Some(error), _) => refused(&error, &case),
                        (None, End::Close) => panic!("{case}: broken off"),
                        (None, _) => {}
                    }
                }
            }
        }
    }
}
