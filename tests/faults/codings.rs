//! Content codings on translated operations: the client gets the coding that it asked for, and nothing that is broken,
//! cut short or blown up looks whole.

use super::support::{Ask, Connection, Gateway, Message, Protocol, Upstream, ask, get, json, within};
use http_body_util::BodyExt;
use std::{
    io::{Read, Write},
    sync::Arc,
};
use tokio::sync::Notify;

const PLANS: &str = "/api/v1/plans";
const NEW: &str = r#"{"data":[{"id":"plan_1","account":{"id":"biz_x"}},{"id":"plan_2","account":null}]}"#;
const OLD: &str = r#"{"data":[{"id":"plan_1","company":{"id":"biz_x"}},{"id":"plan_2","company":null}]}"#;
const CODINGS: [&str; 3] = ["gzip", "br", "zstd"];

/// A body in a list of codings, made with the libraries' own writers.
fn coded(codings: &str, body: &[u8]) -> Vec<u8> {
    codings.split(',').map(str::trim).fold(body.to_vec(), |body, coding| match coding {
        "gzip" | "x-gzip" => {
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
            encoder.write_all(&body).unwrap();
            encoder.finish().unwrap()
        }
        "br" => {
            let mut made = Vec::new();
            brotli::CompressorReader::new(&body[..], 4096, 9, 22).read_to_end(&mut made).unwrap();
            made
        }
        "zstd" => zstd::encode_all(&body[..], 9).unwrap(),
        "" | "identity" => body,
        other => panic!("{other}"),
    })
}

/// The text of a body in one coding.
fn plain(coding: Option<&str>, body: &[u8]) -> String {
    let mut text = String::new();
    match coding {
        None => return String::from_utf8(body.to_vec()).unwrap(),
        Some("gzip") => flate2::read::GzDecoder::new(body).read_to_string(&mut text).unwrap(),
        Some("br") => brotli::Decompressor::new(body, 4096).read_to_string(&mut text).unwrap(),
        Some("zstd") => zstd::Decoder::new(body).unwrap().read_to_string(&mut text).unwrap(),
        Some(other) => panic!("{other}"),
    };
    text
}

/// A `200` in JSON in these codings.
fn head(codings: &str) -> String {
    format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-encoding: {codings}\r\n")
}

/// The same with a body, with a length or in chunks of `size`.
fn answered(codings: &str, body: &[u8], size: Option<usize>) -> Vec<u8> {
    let mut answer = head(codings).into_bytes();
    match size {
        None => {
            answer.extend(format!("content-length: {}\r\n\r\n", body.len()).bytes());
            answer.extend_from_slice(body);
        }
        Some(size) => {
            answer.extend(b"transfer-encoding: chunked\r\n\r\n");
            body.chunks(size).for_each(|part| answer.extend(chunk(part)));
            answer.extend(b"0\r\n\r\n");
        }
    }
    answer
}

fn chunk(bytes: &[u8]) -> Vec<u8> {
    [format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat()
}

async fn receive(gateway: &Gateway, protocol: Protocol, ask: &Ask) -> Message {
    gateway.receive(protocol, ask).await.expect("a whole answer")
}

#[tokio::test]
async fn an_answer_has_the_coding_that_the_client_asked_for() {
    for (accepted, asked, used, expected) in [
        (Some("gzip, deflate, br, zstd"), "gzip, br, zstd", "gzip", Some("gzip")),
        (Some("gzip, deflate, br, zstd"), "gzip, br, zstd", "br", Some("br")),
        (Some("gzip, deflate, br, zstd"), "gzip, br, zstd", "zstd", Some("zstd")),
        (Some("gzip, deflate, br, zstd"), "gzip, br, zstd", "", None),
        (Some("gzip;q=0.5, br;q=0"), "gzip;q=0.5", "X-Gzip", Some("gzip")),
        (Some("deflate"), "identity", "identity", None),
        // The upstream does not do what it is asked.
        (None, "identity", "gzip", None),
        (Some("gzip"), "gzip", "br", None),
        (Some("gzip"), "gzip", "gzip, gzip", Some("gzip")),
        (Some("gzip, br"), "gzip, br", "gzip, br", Some("br")),
        (Some("br, identity;q=0"), "br", "gzip", Some("br")),
    ] {
        let case = format!("{accepted:?} {used}");
        let body = coded(&used.to_lowercase(), NEW.as_bytes());
        for size in [None, Some(7)] {
            let upstream = Upstream::answers(answered(used, &body, size)).await;
            let gateway = Gateway::before(&upstream).await;
            for protocol in Protocol::ALL {
                let ask = get(PLANS);
                let ask = accepted.iter().fold(ask, |ask, accepted| ask.with("accept-encoding", accepted));
                let answer = receive(&gateway, protocol, &ask).await;
                let sent = upstream.requests().pop().unwrap();
                assert_eq!(sent.field("accept-encoding"), Some(asked), "{case}");
                assert_eq!((answer.status(), answer.field("content-encoding")), (200, expected), "{case}");
                assert_eq!(plain(expected, &answer.body), OLD, "{case}");
                let length = answer.body.len().to_string();
                assert_eq!(answer.field("content-length"), Some(length.as_str()), "{case}");
                assert_eq!(answer.all("vary"), ["api-version-date", "accept-encoding"], "{case}");
            }
        }
    }
}

#[tokio::test]
async fn row_44_a_recoded_answer_has_its_own_tag_and_no_digest() {
    for coding in CODINGS {
        let fields = "etag: \"v1\"\r\ncontent-digest: d\r\naccept-ranges: bytes\r\nvary: Accept-Encoding\r\n";
        let body = coded(coding, NEW.as_bytes());
        let answer = format!("{}{fields}content-length: {}\r\n\r\n", head(coding), body.len());
        let upstream = Upstream::answers([answer.as_bytes(), &body].concat()).await;
        let gateway = Gateway::before(&upstream).await;
        let ask = get(PLANS).with("accept-encoding", coding);
        let answer = gateway.send(ask.clone()).await;
        assert_eq!(answer.all("vary"), ["Accept-Encoding", "api-version-date"]);
        let tag = answer.field("etag").unwrap();
        assert!(tag.starts_with("W/\"v1.dl-2025-01-01-"), "{tag}");
        assert_eq!((answer.field("content-digest"), answer.field("accept-ranges")), (None, None));
        gateway.send(ask.with("if-none-match", tag)).await;
        assert_eq!(upstream.requests()[1].field("if-none-match"), Some("\"v1\""));
    }
}

#[tokio::test]
async fn row_44_head_has_the_coding_of_get() {
    for (used, accepted, expected) in [
        ("gzip", "gzip", Some("gzip")),
        ("x-gzip", "gzip", Some("gzip")),
        ("gzip", "br", None),
        ("", "br", None),
    ] {
        let upstream = Upstream::answers(format!("{}content-length: 99\r\n\r\n", head(used))).await;
        let gateway = Gateway::before(&upstream).await;
        let answer = gateway.send(ask("HEAD", PLANS).with("accept-encoding", accepted)).await;
        assert_eq!((answer.status(), answer.field("content-encoding")), (200, expected), "{used} {accepted}");
        assert_eq!(answer.field("content-length"), None);
        assert_eq!(answer.all("vary"), ["api-version-date", "accept-encoding"]);
        assert_eq!(upstream.only().field("accept-encoding"), Some(accepted));
    }
    let upstream = Upstream::answers(format!("{}content-length: 99\r\n\r\n", head("deflate"))).await;
    let gateway = Gateway::before(&upstream).await;
    assert_eq!(gateway.send(ask("HEAD", PLANS)).await.status(), 502, "as GET");
}

#[tokio::test]
async fn an_answer_without_a_byte_has_no_coding() {
    for coding in CODINGS {
        for body in [Vec::new(), coded(coding, b"")] {
            let upstream = Upstream::answers(answered(coding, &body, Some(9))).await;
            let gateway = Gateway::before(&upstream).await;
            let answer = gateway.send(get(PLANS).with("accept-encoding", coding)).await;
            assert_eq!((answer.status(), answer.body.len()), (200, 0));
            assert_eq!((answer.field("content-encoding"), answer.field("content-length")), (None, Some("0")));
        }
    }
}

/// Undoes a coding as its bytes come.
enum Reader {
    Gzip(Box<flate2::write::GzDecoder<Vec<u8>>>),
    Brotli(Box<brotli::DecompressorWriter<Vec<u8>>>),
    Zstd(zstd::stream::write::Decoder<'static, Vec<u8>>),
}

impl Reader {
    fn of(coding: &str) -> Self {
        match coding {
            "gzip" => Reader::Gzip(Box::new(flate2::write::GzDecoder::new(Vec::new()))),
            "br" => Reader::Brotli(Box::new(brotli::DecompressorWriter::new(Vec::new(), 4096))),
            _ => Reader::Zstd(zstd::stream::write::Decoder::new(Vec::new()).unwrap()),
        }
    }

    /// All that can be read so far.
    fn read(&mut self, bytes: &[u8]) -> String {
        let text = match self {
            Reader::Gzip(decoder) => {
                decoder.write_all(bytes).unwrap();
                decoder.flush().unwrap();
                decoder.get_ref()
            }
            Reader::Brotli(decoder) => {
                decoder.write_all(bytes).unwrap();
                decoder.get_ref()
            }
            Reader::Zstd(decoder) => {
                decoder.write_all(bytes).unwrap();
                decoder.flush().unwrap();
                decoder.get_ref()
            }
        };
        String::from_utf8(text.clone()).unwrap()
    }
}

/// Lets out what a coding has, piece by piece.
fn flushed(coding: &str, pieces: &[&str]) -> Vec<Vec<u8>> {
    fn each<W: Write>(mut writer: W, pieces: &[&str], made: impl Fn(&mut W) -> Vec<u8>) -> (W, Vec<Vec<u8>>) {
        let flushed = pieces.iter().map(|piece| {
            writer.write_all(piece.as_bytes()).unwrap();
            writer.flush().unwrap();
            made(&mut writer)
        });
        let flushed = flushed.collect();
        (writer, flushed)
    }
    let take = |made: &mut Vec<u8>| std::mem::take(made);
    let (mut flushed, last) = match coding {
        "gzip" => {
            let encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            let (encoder, flushed) = each(encoder, pieces, |encoder| take(encoder.get_mut()));
            (flushed, encoder.finish().unwrap())
        }
        "br" => {
            let encoder = brotli::CompressorWriter::new(Vec::new(), 4096, 5, 22);
            let (encoder, flushed) = each(encoder, pieces, |encoder| take(encoder.get_mut()));
            (flushed, encoder.into_inner())
        }
        _ => {
            let encoder = zstd::Encoder::new(Vec::new(), 3).unwrap();
            let (encoder, flushed) = each(encoder, pieces, |encoder| take(encoder.get_mut()));
            (flushed, encoder.finish().unwrap())
        }
    };
    flushed.push(last);
    flushed
}

#[tokio::test]
async fn a_coded_trickle_is_not_held_back() {
    for coding in CODINGS {
        let seen = Arc::new(Notify::new());
        let elements = [r#"{"data":[{"account":1}"#, r#",{"account":2}"#, r#",{"account":3}]}"#];
        let pieces = flushed(coding, &elements);
        let go_on = Arc::clone(&seen);
        let upstream = Upstream::scripted(move |mut connection: Connection| {
            let (pieces, go_on) = (pieces.clone(), Arc::clone(&go_on));
            async move {
                connection.next().await?;
                connection.send(format!("{}transfer-encoding: chunked\r\n\r\n", head(coding))).await;
                for piece in pieces {
                    connection.send(chunk(&piece)).await;
                    go_on.notified().await;
                }
                connection.send("0\r\n\r\n").await;
                None
            }
        })
        .await;
        let gateway = Gateway::before(&upstream).await;
        let mut client = gateway.h2().await;
        let answer = client.ask(get(PLANS).with("accept-encoding", coding).request()).await;
        assert_eq!(answer.headers()["content-encoding"], coding);
        let (mut body, mut reader) = (answer.into_body(), Reader::of(coding));
        for expected in [
            r#"{"data":[{"company":1}"#,
            r#"{"data":[{"company":1},{"company":2}"#,
            r#"{"data":[{"company":1},{"company":2},{"company":3}]}"#,
        ] {
            // The upstream sends the next element only when this one has come.
            let mut text = String::new();
            while text.trim_end_matches(',') != expected {
                let frame = within("what was flushed", body.frame()).await.unwrap().unwrap();
                text = reader.read(&frame.into_data().unwrap());
            }
            seen.notify_one();
        }
        seen.notify_one();
        while let Some(frame) = within("the end", body.frame()).await {
            reader.read(&frame.unwrap().into_data().unwrap());
        }
    }
}

#[tokio::test]
async fn a_long_coded_answer_streams_and_is_the_same_text() {
    let element = |number| format!(r#"{{"id":"plan_{number}","account":{{"n":{number}}}}}"#);
    let list = |count| format!(r#"{{"data":[{}]}}"#, (0..count).map(element).collect::<Vec<_>>().join(","));
    let body = list(20_000);
    assert!(body.len() > 700_000);
    for coding in CODINGS {
        let upstream = Upstream::answers(answered(coding, &coded(coding, body.as_bytes()), Some(5000))).await;
        let gateway = Gateway::before(&upstream).await;
        for protocol in [Protocol::Http11, Protocol::Http2] {
            let answer = receive(&gateway, protocol, &get(PLANS).with("accept-encoding", coding)).await;
            assert_eq!(
                (answer.field("content-encoding"), answer.field("content-length")),
                (Some(coding), None)
            );
            assert!(plain(Some(coding), &answer.body) == body.replace("account", "company"), "{coding}");
            assert!(answer.body.len() < body.len() / 4, "{coding}: {}", answer.body.len());
        }
        let answer = receive(&gateway, Protocol::Http11, &get(PLANS)).await;
        assert!(plain(None, &answer.body) == body.replace("account", "company"), "{coding}");
    }
}

#[tokio::test]
async fn row_33_a_compressed_request_is_translated_and_sent_plain() {
    let (sent, expected) = (r#"{"company_id":"biz_x","title":"a"}"#, r#"{"account_id":"biz_x","title":"a"}"#);
    let upstream = Upstream::answers(json("{}")).await;
    let gateway = Gateway::before(&upstream).await;
    for codings in
        ["gzip", "x-gzip", "br", "zstd", "gzip, br", "zstd,gzip", "gzip, identity, gzip", "identity", ""]
    {
        for (media, sent, expected) in [
            ("application/json", sent, expected),
            ("application/x-www-form-urlencoded", "company_id=biz_x&title=a", "account_id=biz_x&title=a"),
        ] {
            let body = coded(codings, sent.as_bytes());
            let ask = ask("POST", PLANS).with("content-type", media).with("content-encoding", codings);
            let ask = ask.with("digest", "d").body(body);
            for protocol in Protocol::ALL {
                let answer = receive(&gateway, protocol, &ask).await;
                assert_eq!(answer.status(), 200, "{codings}: {}", answer.text());
                let got = upstream.requests().pop().unwrap();
                assert_eq!((got.text(), got.field("content-encoding")), (expected, None), "{codings}");
                assert_eq!((got.field("digest"), got.all("transfer-encoding")), (None, vec![]), "{codings}");
            }
            let head = String::from_utf8(ask.clone().body("").bytes()).unwrap();
            let mut bytes = head.replace("\r\n\r\n", "\r\ntransfer-encoding: chunked\r\n\r\n").into_bytes();
            ask.body.chunks(3).for_each(|part| bytes.extend(chunk(part)));
            bytes.extend(b"0\r\n\r\n");
            assert_eq!(gateway.send_raw(bytes).await.status(), 200);
            assert_eq!(upstream.requests().pop().unwrap().text(), expected, "{codings} in chunks");
        }
    }
}

#[tokio::test]
async fn row_33_a_compressed_request_of_nothing_is_none() {
    let upstream = Upstream::answers(json("{}")).await;
    let gateway = Gateway::before(&upstream).await;
    for coding in CODINGS {
        let ask = ask("POST", PLANS).json("").with("content-encoding", coding).body(coded(coding, b""));
        assert_eq!(gateway.send(ask).await.status(), 200);
        let got = upstream.requests().pop().unwrap();
        assert_eq!(
            (got.body.len(), got.field("content-encoding"), got.field("content-length")),
            (0, None, Some("0"))
        );
    }
}

/// A request that is refused before anything is sent.
async fn refused(ask: &Ask, expected: (u16, &str)) {
    let upstream = Upstream::answers(json("{}")).await;
    let gateway = Gateway::configured(&upstream, |config| config.limits.request_bytes = 1000).await;
    for protocol in Protocol::ALL {
        let answer = receive(&gateway, protocol, ask).await;
        assert_eq!(answer.error(), (expected.0, expected.1.to_owned()), "{protocol:?}");
        assert_eq!(answer.field("dateline-outcome"), Some("not_sent"));
        if expected.0 == 415 {
            assert_eq!(answer.field("accept-encoding"), Some("gzip, br, zstd"), "RFC 9110, 15.5.16");
        }
    }
    assert_eq!(upstream.connections(), 0);
}

#[tokio::test]
async fn row_33_an_unknown_coding_is_refused() {
    for codings in
        ["deflate", "compress", "x", "gzip, x", "deflate, gzip", "gzip,gzip,gzip", "gzip;q=1", "dcb"]
    {
        let ask = ask("POST", PLANS).json("{}").with("content-encoding", codings);
        refused(&ask, (415, "unsupported_content_encoding")).await;
    }
}

#[tokio::test]
async fn row_33_a_request_that_is_not_what_its_coding_says_is_refused() {
    for coding in CODINGS {
        let body = coded(coding, br#"{"company_id":"biz_x"}"#);
        let other = if coding == "gzip" { "zstd" } else { "gzip" };
        for wrong in [
            &body[..body.len() - 1],
            &body[..1],
            &[&body[..], b"x"].concat(),
            &[&body[..], &[0; 512]].concat(),
            &coded(other, b"{}"),
            b"{}",
        ] {
            let ask = ask("POST", PLANS).json("").with("content-encoding", coding).body(wrong);
            refused(&ask, (400, "bad_body")).await;
        }
    }
}

#[tokio::test]
async fn row_33_the_limits_of_a_request_are_on_what_it_says() {
    let sized = |length: usize| format!(r#"{{"title":"{}"}}"#, "x".repeat(length - 12));
    let large = "0".repeat(8 << 20);
    for coding in CODINGS {
        let sent = |body: &str| {
            ask("POST", PLANS).json("").with("content-encoding", coding).body(coded(coding, body.as_bytes()))
        };
        for body in [&sized(1001), &sized(100_000), &large] {
            refused(&sent(body), (413, "request_too_large")).await;
        }
        let upstream = Upstream::answers(json("{}")).await;
        let gateway = Gateway::configured(&upstream, |config| config.limits.request_bytes = 1000).await;
        assert_eq!(gateway.send(sent(&sized(1000))).await.status(), 200);
        let unlimited = |config: &mut dateline::Config| config.limits.request_bytes = 1 << 30;
        let gateway = Gateway::configured(&upstream, unlimited).await;
        let answer = gateway.send(sent(&large)).await;
        assert_eq!(answer.error(), (413, "request_too_large".to_owned()), "it grows too much");
        assert!(answer.error_message().contains("over 100 times its size"), "{}", answer.error_message());
    }
}

#[tokio::test]
async fn row_33_what_passes_keeps_its_coding() {
    let odd = b"\x1f\x8bno gzip at all\xff";
    for (codings, body) in
        [("gzip", coded("gzip", NEW.as_bytes())), ("br", odd.to_vec()), ("x, deflate", odd.to_vec())]
    {
        let upstream = Upstream::answers(answered(codings, &body, None)).await;
        let gateway = Gateway::before(&upstream).await;
        for sent in [ask("POST", PLANS).pin("2026-07-01"), ask("POST", "/api/v2/none")] {
            let sent = sent.json("").body(body.clone()).with("content-encoding", codings);
            let answer = gateway.send(sent.with("accept-encoding", "x;q=0.1 ,gzip")).await;
            let got = upstream.requests().pop().unwrap();
            assert!(got.body == body && answer.body == body);
            assert_eq!(got.field("content-encoding"), Some(codings));
            assert_eq!(got.field("accept-encoding"), Some("x;q=0.1 ,gzip"));
            assert_eq!(answer.field("content-encoding"), Some(codings));
            assert_eq!(answer.field("vary"), Some("api-version-date"));
        }
    }
}

#[tokio::test]
async fn row_34_a_bomb_is_stopped() {
    for coding in CODINGS {
        let bomb =
            |what: &str| coded(coding, format!(r#"{{"data":["{}"]}}"#, what.repeat(8 << 20)).as_bytes());
        let upstream = Upstream::answers(answered(coding, &bomb("0"), Some(4000))).await;
        for sent in ["gzip, br, zstd", ""] {
            let ask = get(PLANS).with("accept-encoding", sent);
            // All of it is read before the head is sent, or nearly nothing.
            let whole = |config: &mut dateline::Config| {
                (config.limits.buffer_bytes, config.limits.object_bytes) = (1 << 30, 1 << 30);
            };
            let gateway = Gateway::configured(&upstream, whole).await;
            for protocol in Protocol::ALL {
                let answer = receive(&gateway, protocol, &ask).await;
                assert_eq!(answer.error(), (502, "response_too_large".to_owned()));
                assert_eq!(answer.field("dateline-outcome"), Some("responded"));
            }
            let gateway = Gateway::before(&upstream).await;
            for protocol in [Protocol::Http11, Protocol::Http2] {
                assert!(gateway.receive(protocol, &ask).await.is_none(), "{protocol:?} {coding}");
            }
            let answer = receive(&gateway, Protocol::Http10, &ask).await;
            assert_eq!(answer.error(), (502, "response_too_large".to_owned()));
        }
        let generous = |config: &mut dateline::Config| config.limits.decoded_ratio = 1 << 40;
        let gateway = Gateway::configured(&upstream, generous).await;
        assert_eq!(receive(&gateway, Protocol::Http11, &get(PLANS)).await.body.len(), (8 << 20) + 13);
    }
}

#[tokio::test]
async fn row_34_an_object_is_limited_as_it_is_decoded() {
    for coding in CODINGS {
        let body = format!(r#"{{"data":[{{"id":"{}"}}]}}"#, "x".repeat(100_000));
        let upstream = Upstream::answers(answered(coding, &coded(coding, body.as_bytes()), None)).await;
        let gateway = Gateway::configured(&upstream, |config| {
            (config.limits.buffer_bytes, config.limits.object_bytes) = (1 << 20, 50_000);
        })
        .await;
        let answer = gateway.send(get(PLANS)).await;
        assert_eq!(answer.error(), (502, "response_too_large".to_owned()));
    }
}

/// What a client gets of an answer, finished before its head is sent, and streamed: an error, or nothing whole.
async fn never_whole(codings: &str, body: &[u8]) {
    for size in [None, Some(11)] {
        let upstream = Upstream::answers(answered(codings, body, size)).await;
        for buffer in [64 << 10, 1] {
            let gateway = Gateway::configured(&upstream, |config| config.limits.buffer_bytes = buffer).await;
            for protocol in Protocol::ALL {
                for accepted in ["gzip, br, zstd", ""] {
                    let ask = get(PLANS).with("accept-encoding", accepted);
                    let Some(answer) = gateway.receive(protocol, &ask).await else { continue };
                    let (status, code) = answer.error();
                    let known = ["response_untranslatable", "upstream_truncated"].contains(&code.as_str());
                    assert!(status == 502 && known, "{codings} {status} {code}");
                    assert_eq!(answer.field("dateline-outcome"), Some("responded"));
                }
            }
        }
    }
}

#[tokio::test]
async fn row_34_a_coding_that_is_cut_short_is_never_whole() {
    for codings in ["gzip", "br", "zstd", "gzip, br"] {
        let body = coded(codings, NEW.as_bytes());
        // Some are enough here: the decoder's own tests cut at every byte.
        for end in [1, 2, 9, body.len() / 2, body.len() - 8, body.len() - 2, body.len() - 1] {
            never_whole(codings, &body[..end]).await;
        }
    }
}

#[tokio::test]
async fn row_34_what_is_not_what_its_coding_says_is_never_whole() {
    for coding in CODINGS {
        let body = coded(coding, NEW.as_bytes());
        let mut odd = body.clone();
        odd[0] ^= 0x55;
        for wrong in [odd, [&body[..], b"x"].concat(), [&body[..], &[0; 9]].concat(), NEW.as_bytes().to_vec()]
        {
            never_whole(coding, &wrong).await;
        }
        never_whole("deflate", &body).await;
        never_whole("gzip, x", &body).await;
        // Whole, and no JSON.
        never_whole(coding, &coded(coding, &NEW.as_bytes()[..NEW.len() - 1])).await;
        never_whole(coding, &coded(coding, format!("{NEW}{{}}").as_bytes())).await;
    }
}
