//! Content codings of answers: the client gets the one that it asked for, as the answer comes.

use super::{
    codings::{CODINGS, NEW, OLD, PLANS, answered, coded, head, plain, receive},
    support::{Gateway, Protocol, Upstream, ask, chunk, get, within},
};
use http_body_util::BodyExt;
use std::{io::Write, sync::Arc};
use tokio::sync::Notify;

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
        let upstream = Upstream::scripted_with(
            (pieces, Arc::clone(&seen)),
            move |mut connection, (pieces, go_on)| async move {
                connection.next().await?;
                connection.send(format!("{}transfer-encoding: chunked\r\n\r\n", head(coding))).await;
                for piece in pieces {
                    connection.send(chunk(&piece)).await;
                    go_on.notified().await;
                }
                connection.send("0\r\n\r\n").await;
                None
            },
        )
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
