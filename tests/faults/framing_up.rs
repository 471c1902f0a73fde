//! Tests of where a request ends: one request in is at most one upstream, and bytes after a doubtful one are never
//! served.

use super::support::{
    Connection, Fate, Frames, Gateway, Message, Upstream,
    frames::{DATA, END_STREAM},
    json,
};

const PLANS: &str = "/api/v1/plans";
/// Versions at which the body of a `POST` to [`PLANS`] is translated, and at which it passes.
const TRANSLATED: &str = "2025-01-01";
const PASSED: &str = "2026-07-01";

/// A request that must never reach the upstream, behind another one.
const SMUGGLED: &str = "DELETE /api/v1/plans/smuggled HTTP/1.1\r\nHost: x\r\n\r\n";

/// A write with these fields, its length or coding among them.
fn write(pin: &str, fields: &str, body: &str) -> String {
    format!(
        "POST {PLANS} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nApi-Version-Date: {pin}\r\n\
         {fields}\r\n{body}"
    )
}

/// Sends bytes and then another request. Returns the first answer, after which the connection must have ended, and
/// every request that the upstream got.
async fn closed_after(bytes: impl AsRef<[u8]>) -> (Message, Vec<Message>) {
    let upstream = Upstream::answers(json("{}")).await;
    let gateway = Gateway::before(&upstream).await;
    let mut client = gateway.connect().await;
    client.send([bytes.as_ref(), SMUGGLED.as_bytes()].concat()).await;
    let answer = client.answer().await;
    let rest = client.rest().await;
    assert!(rest.is_empty(), "served after {}: {}", answer.start, rest.escape_ascii());
    let requests = upstream.requests();
    assert!(requests.iter().all(|request| !request.raw_text().contains("smuggled")));
    (answer, requests)
}

/// The same, where the gateway answers with an error of its own before anything is sent.
async fn refused(bytes: impl AsRef<[u8]>) -> (u16, String) {
    let (answer, requests) = closed_after(bytes).await;
    assert_eq!((requests.len(), answer.field("dateline-outcome")), (0, Some("not_sent")));
    answer.error()
}

/// The same, where the HTTP library answers, which says nothing but the status.
async fn refused_at_the_door(bytes: impl AsRef<[u8]>) {
    let (answer, requests) = closed_after(bytes.as_ref()).await;
    let sent = bytes.as_ref().escape_ascii();
    assert_eq!((answer.status(), answer.text(), requests.len()), (400, "", 0), "{sent}");
}

#[tokio::test]
async fn row_01_chunks_win_over_a_length_and_end_the_connection() {
    const LENGTH: &str = "Content-Length: 4\r\n";
    const CHUNKED: &str = "Transfer-Encoding: chunked\r\n";
    for fields in [
        format!("{LENGTH}{CHUNKED}"),
        format!("{CHUNKED}{LENGTH}"),
        format!("{LENGTH}{CHUNKED}{LENGTH}"),
        format!("{LENGTH}X: 1\r\nTRANSFER-ENCODING: Chunked\r\n"),
    ] {
        for (pin, body) in [(TRANSLATED, r#"{"account_id":"x"}"#), (PASSED, r#"{"company_id":"x"}"#)] {
            let chunks = "12\r\n{\"company_id\":\"x\"}\r\n0\r\n\r\n";
            let (answer, requests) = closed_after(write(pin, &fields, chunks)).await;
            assert_eq!((answer.status(), requests.len()), (200, 1), "{fields}");
            assert_eq!(requests[0].text(), body);
            let framing = (requests[0].field("content-length"), requests[0].field("transfer-encoding"));
            assert!(matches!(framing, (Some("18"), None) | (None, Some("chunked"))), "{framing:?}");
        }
    }
}

#[tokio::test]
async fn row_01_a_length_that_covers_a_request_does_not_hide_it() {
    let fields = format!("Content-Length: {}\r\nTransfer-Encoding: chunked\r\n", SMUGGLED.len() + 5);
    for pin in [TRANSLATED, PASSED] {
        let (answer, requests) = closed_after(write(pin, &fields, "0\r\n\r\n")).await;
        assert_eq!((answer.status(), requests.len()), (200, 1));
        assert!(requests[0].body.is_empty());
    }
}

#[tokio::test]
async fn row_02_a_coding_beside_chunked_is_refused() {
    for coding in [
        "Transfer-Encoding: gzip, chunked\r\n",
        "Transfer-Encoding: chunked, chunked\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: identity, chunked\r\n",
        "Transfer-Encoding: , chunked\r\n",
    ] {
        for pin in [TRANSLATED, PASSED] {
            let error = refused(write(pin, coding, "2\r\n{}\r\n0\r\n\r\n")).await;
            assert_eq!(error, (400, "ambiguous_framing".to_owned()), "{coding}");
        }
    }
    for coding in ["chunked, gzip", "xchunked", "identity", "chunked;q=1", "\"chunked\""] {
        refused_at_the_door(write(PASSED, &format!("Transfer-Encoding: {coding}\r\n"), "0\r\n\r\n")).await;
    }
}

#[tokio::test]
async fn row_03_a_length_that_is_none_is_refused() {
    for lengths in [
        "Content-Length: 2\r\nContent-Length: 3\r\n",
        "Content-Length: 2, 2\r\n",
        "Content-Length: 2, 3\r\n",
        "Content-Length: +2\r\n",
        "Content-Length: -2\r\n",
        "Content-Length: 0x2\r\n",
        "Content-Length: 2.0\r\n",
        "Content-Length: 2 2\r\n",
        "Content-Length:\r\n",
        "Content-Length: 18446744073709551616\r\n",
        "Content-Length: 99999999999999999999999\r\n",
    ] {
        refused_at_the_door(write(PASSED, lengths, "{}")).await;
    }
}

#[tokio::test]
async fn row_03_a_length_that_http2_bears_out_is_the_only_one() {
    let upstream = Upstream::answers(json("{}")).await;
    let gateway = Gateway::before(&upstream).await;
    for pin in [TRANSLATED, PASSED] {
        for lengths in [["3", "3"], ["2", "3"], ["1", "1"], ["+2", "2"], ["", "2"]] {
            let mut client = Frames::to(&gateway).await;
            let mut head =
                [POST, &[("content-type", "application/json"), ("api-version-date", pin)]].concat();
            head.extend(lengths.map(|length| ("content-length", length)));
            client.head(1, &head, false).await;
            client.send(DATA, END_STREAM, 1, "{}").await;
            let fate = client.fate(1).await;
            assert!(matches!(fate, Fate::Reset(_) | Fate::Answered), "{lengths:?}: {fate:?}");
        }
        assert_eq!(upstream.count(), 0, "two lengths, or one that is not that of the data");
    }
    // Nor where both are right.
    let mut client = Frames::to(&gateway).await;
    client.head(1, &[POST, &[("content-length", "2"), ("content-length", "2")]].concat(), false).await;
    client.send(DATA, END_STREAM, 1, "{}").await;
    client.fate(1).await;
    assert_eq!(upstream.count(), 0);
}

/// The fields of a `POST` to [`PLANS`] over HTTP/2.
const POST: &[(&str, &str)] =
    &[(":method", "POST"), (":scheme", "http"), (":path", PLANS), (":authority", "gateway.test")];

#[tokio::test]
async fn row_04_bare_line_feeds_go_up_as_crlf() {
    let upstream = Upstream::answers(json("{}")).await;
    let gateway = Gateway::before(&upstream).await;
    let sent = "POST /api/v1/plans HTTP/1.1\nHost: x\nX-A: 1\nContent-Type: application/json\r\nContent-Length: 2\n\n{}";
    assert_eq!(gateway.send_raw(sent).await.status(), 200);
    let request = upstream.only();
    let text = request.raw_text();
    assert_eq!(text.matches('\n').count(), text.matches("\r\n").count(), "{text:?}");
    assert_eq!((request.field("x-a"), request.text()), (Some("1"), "{}"));
}

#[tokio::test]
async fn row_05_a_head_with_bytes_that_are_none_of_a_field_is_refused() {
    for field in [
        "X: a\rb",
        "X: a\0b",
        "X\0: a",
        "X: a\r\n b",
        "X: a\r\n\tb",
        " X: a",
        "X : a",
        "X\t: a",
        "X",
        ": a",
        "X(: a",
        "\u{e9}: a",
        "X: a\u{7f}",
        "Content-Length : 2",
        "Transfer-Encoding : chunked",
    ] {
        refused_at_the_door(write(PASSED, &format!("{field}\r\nContent-Length: 2\r\n"), "{}")).await;
    }
    refused_at_the_door("GET /a\0b HTTP/1.1\r\nHost: x\r\n\r\n").await;
    refused_at_the_door("GET /a b HTTP/1.1\r\nHost: x\r\n\r\n").await;
    refused_at_the_door("GET  /a HTTP/1.1\r\nHost: x\r\n\r\n").await;
}

/// Chunks with a size that is none, or other bytes than it says.
const ODD_CHUNKS: [&str; 8] = [
    "0x3\r\nabc\r\n0\r\n\r\n",
    "+3\r\nabc\r\n0\r\n\r\n",
    "-3\r\nabc\r\n0\r\n\r\n",
    "11111111111111111\r\nabc\r\n0\r\n\r\n",
    "3\r\nabcd\r\n0\r\n\r\n",
    "\r\n\r\n",
    "3\nabc\n0\n\n",
    "2\r\n{}\r\nz\r\n",
];

#[tokio::test]
async fn row_06_a_chunk_that_is_none_is_no_body() {
    for chunks in ODD_CHUNKS {
        let error = refused(write(TRANSLATED, "Transfer-Encoding: chunked\r\n", chunks)).await;
        assert_eq!(error, (400, "bad_body".to_owned()), "{chunks:?}");
    }
}

#[tokio::test]
async fn row_06_a_streamed_body_that_breaks_off_is_broken_off_upstream() {
    for chunks in ODD_CHUNKS {
        let upstream = Upstream::scripted(|mut connection: Connection| async move {
            // Never whole: it is answered by nobody.
            connection.next().await?;
            connection.send(json("{}")).await;
            Some(())
        })
        .await;
        let gateway = Gateway::before(&upstream).await;
        let mut client = gateway.connect().await;
        let sent = write(PASSED, "Transfer-Encoding: chunked\r\n", &format!("2\r\n{{}}\r\n{chunks}"));
        client.send(sent + SMUGGLED).await;
        let answer = client.answer().await;
        assert_eq!(answer.error(), (400, "bad_body".to_owned()), "{chunks:?}");
        assert!(client.rest().await.is_empty());
        assert_eq!(upstream.count(), 0, "{chunks:?}");
    }
}

#[tokio::test]
async fn row_07_chunk_extensions_end_here() {
    let chunks = "2;a=\"b;c\"\r\n{}\r\n0;last;x=1\r\n\r\n";
    let upstream = Upstream::answers(json("{}")).await;
    let gateway = Gateway::before(&upstream).await;
    for pin in [TRANSLATED, PASSED] {
        gateway.send_raw(write(pin, "Transfer-Encoding: chunked\r\n", chunks)).await;
        let request = upstream.requests().pop().unwrap();
        assert_eq!(request.text(), "{}");
        assert!(!request.raw_text().contains("last") && !request.raw_text().contains(';'), "{pin}");
    }
}

#[tokio::test]
async fn row_08_trailers_end_here() {
    let trailers =
        "Authorization: Bearer forged\r\nContent-Length: 99\r\nApi-Version-Date: 1999-01-01\r\nX-T: 1\r\n";
    let chunks = format!("2\r\n{{}}\r\n0\r\n{trailers}\r\n");
    let upstream = Upstream::answers(json("{}")).await;
    let gateway = Gateway::before(&upstream).await;
    for pin in [TRANSLATED, PASSED] {
        let fields = "Transfer-Encoding: chunked\r\nTE: trailers\r\nTrailer: authorization\r\n";
        assert_eq!(gateway.send_raw(write(pin, fields, &chunks)).await.status(), 200);

        let mut client = Frames::to(&gateway).await;
        let head =
            [POST, &[("content-type", "application/json"), ("api-version-date", pin), ("te", "trailers")]];
        client.head(1, &head.concat(), false).await;
        client.send(DATA, 0, 1, "{}").await;
        client.head(1, &[("authorization", "Bearer forged"), ("x-t", "1")], true).await;
        assert_eq!(client.fate(1).await, Fate::Answered);
    }
    let requests = upstream.requests();
    assert_eq!(requests.len(), 4);
    for request in requests {
        let text = request.raw_text().to_lowercase();
        assert!(!text.contains("forged") && !text.contains("x-t") && !text.contains("trailer"), "{text}");
        assert!(!text.contains(": 99") && !text.contains("1999"), "{text}");
        assert_eq!(request.text(), "{}");
    }
}

#[tokio::test]
async fn row_09_http_that_is_not_1_1_has_no_chunks() {
    let old = write(PASSED, "Transfer-Encoding: chunked\r\n", "2\r\n{}\r\n0\r\n\r\n");
    refused_at_the_door(old.replacen("HTTP/1.1", "HTTP/1.0", 1)).await;
    for version in ["HTTP/1.32", "HTTP/0.9", "HTTP/3.0", "HTTP/1", "http/1.1", "ICAP/1.0"] {
        refused_at_the_door(format!("GET {PLANS} {version}\r\nHost: x\r\n\r\n")).await;
    }
    refused_at_the_door(format!("GET {PLANS}\r\n\r\n")).await;
}

#[tokio::test]
async fn row_10_what_is_left_of_a_refused_body_is_never_a_request() {
    let upstream = Upstream::answers(json("{}")).await;
    let gateway = Gateway::configured(&upstream, |config| config.limits.request_bytes = 10).await;
    let next = "GET /next HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    let length = SMUGGLED.len();
    let chunks = format!("{length:x}\r\n{SMUGGLED}\r\n0\r\n\r\n");
    for sent in [
        // Over the limit, in a coding that is not known, at no version, and with an expectation that cannot be met.
        write(TRANSLATED, &format!("Content-Length: {length}\r\n"), SMUGGLED),
        write(TRANSLATED, &format!("Content-Length: {length}\r\nContent-Encoding: x\r\n"), SMUGGLED),
        write("never", &format!("Content-Length: {length}\r\n"), SMUGGLED),
        write(PASSED, &format!("Content-Length: {length}\r\nExpect: x\r\n"), SMUGGLED),
        write("never", "Transfer-Encoding: chunked\r\n", &chunks),
        write(TRANSLATED, "Transfer-Encoding: chunked\r\n", &chunks),
    ] {
        let mut client = gateway.connect().await;
        client.send(format!("{sent}{next}")).await;
        let error = client.answer().await.error();
        assert!(matches!(error.0, 400 | 413 | 415 | 417), "{error:?}: {sent}");
        // Either the rest was read and the next request is served, or the connection ended: nothing between.
        let rest = String::from_utf8(client.rest().await).unwrap();
        assert!(rest.is_empty() || rest.matches("HTTP/1.1 ").count() == 1, "{rest}");
    }
    assert!(upstream.requests().iter().all(|request| request.start.starts_with("GET /next")));
}
