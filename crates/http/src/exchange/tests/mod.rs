mod decoding;
mod request;
mod response;

use super::{
    hop::{Arrival, Peer},
    *,
};
use crate::{
    coding::{Coding, Codings, Decoding},
    pin::Source,
    places::Places,
    policy::{Client, Match, MethodOverride, OtherVersion, UntranslatableBody},
};
use bytes::Bytes;
use dateline_core::{
    pack::Pack,
    translate::{Media, Untranslatable},
    version::{Scheme, VersionMap},
};
use http::{StatusCode, header};
use std::sync::LazyLock;

const ALL: Work =
    Work { query: true, moves_request: false, request_body: true, response: true, errors: true };
const NONE: Work =
    Work { query: false, moves_request: false, request_body: false, response: false, errors: false };

fn v(text: &str) -> Version {
    text.parse().unwrap()
}

fn hop() -> Hop {
    Hop {
        upstream: "https://api.example.com".parse().unwrap(),
        public: None,
        forwarded: false,
        trusted: Vec::new(),
        origins: Vec::new(),
        exposes: false,
    }
}

fn facts() -> Facts {
    Facts {
        places: Arc::new(Places::header("Api-Version-Date")),
        loss_header: true,
        error_names: true,
        other_version: OtherVersion::Refuse,
        method_override: MethodOverride::Refuse,
        untranslatable: UntranslatableBody::Refuse,
        decoding: Decoding::Supported,
        vary: vec![HeaderName::from_static("api-version-date")],
        hop: Some(hop()),
        urls: UrlRewrites::new(Some(&hop().upstream), None),
        scheme: Scheme::Date,
        aliases: VersionMap::from_iter([]),
        texts: VersionMap::from_iter([]),
        retirements: Retirements::default(),
    }
}

fn pin(pinned: Pinned, client: Option<&Client>) -> Pin<'_> {
    Pin { pinned, source: Source::Header, client, upstream: v("2026-07-01"), prefix: 0, segment: None }
}

/// An exchange between 2025-01-01 and 2026-07-01 that translates what `work` says.
fn exchange(facts: &Facts, work: Work) -> Exchange<'_> {
    let pin = pin(Pinned::Known(v("2025-01-01")), None);
    let tags = work.response.then(|| Tags::new(v("2025-01-01"), "f1"));
    static LIST: LazyLock<Arc<str>> = LazyLock::new(|| "GET /plans".into());
    static PACK: LazyLock<Pack> = LazyLock::new(|| Pack::embedded().expect("it is tested"));
    Exchange {
        id: None,
        rivals: None,
        is_open: false,
        others_up: Box::default(),
        pack: &PACK,
        parameters: Vec::new(),
        pin,
        operation: Some(&*LIST),
        plan: None,
        work,
        tags,
        accepts: Accepts::default(),
        stated: StatedVersion::AsAsked,
        unsaid: Unsaid::Told(Default::default()),
        missing: None,
        addresses: None,
        otherwise: Vec::new(),
        facts,
    }
}

pub(super) fn map(fields: &[(&'static str, &'static str)]) -> HeaderMap {
    let field = |(name, value): &(&'static str, &'static str)| {
        (HeaderName::from_static(name), HeaderValue::from_static(value))
    };
    fields.iter().map(field).collect()
}

/// Fields as lines, in order.
fn lines(headers: &HeaderMap) -> Vec<String> {
    headers.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect()
}

fn up(exchange: &Exchange<'_>, came: &HeaderMap, translated: Option<usize>) -> Vec<String> {
    let peer = Some(Peer { address: [192, 0, 2, 7].into(), tls: false });
    let arrival = Arrival { peer, host: None, version: http::Version::HTTP_11 };
    lines(&exchange.request_headers(came.clone(), arrival, translated))
}

fn down(
    exchange: &Exchange<'_>,
    came: &[(&'static str, &'static str)],
    status: u16,
    treatment: Treatment,
) -> Vec<String> {
    let length = (treatment == Treatment::Translate).then_some(7);
    let status = StatusCode::from_u16(status).unwrap();
    lines(&exchange.response_headers(map(came), status, treatment, length, None, None))
}
