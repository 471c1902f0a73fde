//! Bodies in content codings, coded and decoded by the libraries' own writers and readers.

use super::support::{Ask, Gateway, HEAD, Message, Protocol, chunked};
use std::io::{Read, Write};

pub(super) const PLANS: &str = "/api/v1/plans";
pub(super) const NEW: &str =
    r#"{"data":[{"id":"plan_1","account":{"id":"biz_x"}},{"id":"plan_2","account":null}]}"#;
pub(super) const OLD: &str =
    r#"{"data":[{"id":"plan_1","company":{"id":"biz_x"}},{"id":"plan_2","company":null}]}"#;
pub(super) const CODINGS: [&str; 3] = ["gzip", "br", "zstd"];

/// A body in a list of codings, made with the libraries' own writers.
pub(super) fn coded(codings: &str, body: &[u8]) -> Vec<u8> {
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
pub(super) fn plain(coding: Option<&str>, body: &[u8]) -> String {
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
pub(super) fn head(codings: &str) -> String {
    format!("{HEAD}content-encoding: {codings}\r\n")
}

/// The same with a body, with a length or in chunks of `size`.
pub(super) fn answered(codings: &str, body: &[u8], size: Option<usize>) -> Vec<u8> {
    let head = head(codings);
    match size {
        None => [format!("{head}content-length: {}\r\n\r\n", body.len()).as_bytes(), body].concat(),
        Some(size) => chunked(&head, body.chunks(size)),
    }
}

pub(super) async fn receive(gateway: &Gateway, protocol: Protocol, ask: &Ask) -> Message {
    gateway.receive(protocol, ask).await.expect("a whole answer")
}
