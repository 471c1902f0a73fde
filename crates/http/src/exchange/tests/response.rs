//! Heads on their way down.

use super::*;
use crate::fields::LOSS;

#[test]
fn only_plain_json_successes_are_translated_down() {
    let facts = facts();
    let json = map(&[("content-type", "application/json")]);
    let html = map(&[("content-type", "text/html")]);
    let coded = map(&[("content-type", "application/json"), ("content-encoding", "gzip")]);
    let odd = map(&[("content-type", "application/json"), ("content-encoding", "compress")]);
    let treat = |work, method: Method, status: u16, headers: &HeaderMap, empty| {
        exchange(&facts, work).treatment(&method, StatusCode::from_u16(status).unwrap(), headers, empty)
    };
    assert_eq!(treat(ALL, Method::GET, 200, &json, false).unwrap(), Treatment::Translate);
    assert_eq!(treat(ALL, Method::POST, 201, &json, false).unwrap(), Treatment::Translate);
    assert_eq!(treat(ALL, Method::HEAD, 200, &json, true).unwrap(), Treatment::HeadOnly);
    assert_eq!(treat(ALL, Method::GET, 200, &html, false).unwrap(), Treatment::Foreign);
    assert_eq!(treat(ALL, Method::GET, 200, &HeaderMap::new(), false).unwrap(), Treatment::Foreign);
    for (status, empty) in [(204, true), (200, true), (404, false), (304, true), (500, false)] {
        assert_eq!(treat(ALL, Method::GET, status, &json, empty).unwrap(), Treatment::Pass, "{status}");
    }
    assert_eq!(treat(NONE, Method::GET, 206, &coded, false).unwrap(), Treatment::Pass);
    assert!(matches!(treat(ALL, Method::GET, 206, &json, false), Err(Refusal::UnexpectedPart)));
    assert_eq!(treat(ALL, Method::GET, 200, &coded, false).unwrap(), Treatment::Translate);
    assert_eq!(treat(ALL, Method::HEAD, 200, &coded, true).unwrap(), Treatment::HeadOnly);
    for method in [Method::GET, Method::HEAD] {
        assert!(matches!(treat(ALL, method, 200, &odd, false), Err(Refusal::ResponseCoding)));
    }
    assert_eq!(treat(NONE, Method::GET, 200, &odd, false).unwrap(), Treatment::Pass);
    assert_eq!(treat(ALL, Method::GET, 404, &odd, false).unwrap(), Treatment::Pass);
    assert!(matches!(treat(NONE, Method::GET, 101, &json, true), Err(Refusal::UnexpectedUpgrade)));
}

const ANSWER: [(&str, &str); 8] = [
    ("content-type", "application/json"),
    ("etag", "\"a\""),
    ("content-length", "9"),
    ("content-digest", "d"),
    ("accept-ranges", "bytes"),
    ("last-modified", "then"),
    ("connection", "close"),
    ("x-request-id", "theirs"),
];

#[test]
fn a_translated_answer_is_labelled_and_tagged() {
    assert_eq!(
        down(&exchange(&facts(), ALL), &ANSWER, 200, Treatment::Translate),
        [
            "content-type: application/json",
            "etag: W/\"a.dl-2025-01-01-f1-s\"",
            "content-length: 7",
            "last-modified: then",
            "x-request-id: theirs",
            "dateline-upstream-request-id: theirs",
            "api-version-date: 2025-01-01",
            "dateline-upstream-version: 2026-07-01",
            "vary: api-version-date",
            "vary: accept-encoding",
        ]
    );
    let head = down(&exchange(&facts(), ALL), &ANSWER, 200, Treatment::HeadOnly);
    assert!(head.contains(&"etag: W/\"a.dl-2025-01-01-f1-s\"".to_owned()));
    assert!(!head.iter().any(|line| line.starts_with("content-length")));
}

#[test]
fn an_answer_that_loses_no_field_keeps_their_order() {
    let came = [
        ("date", "d"),
        ("x-request-id", "r"),
        ("content-length", "9"),
        ("x-b", "1"),
        ("etag", "\"a\""),
        ("x-a", "2"),
    ];
    let order = |fields: Vec<String>| {
        fields.iter().map(|line| line.split(':').next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let facts = facts();
    let names = ["date", "x-request-id", "content-length", "x-b", "etag", "x-a"];
    assert_eq!(order(down(&exchange(&facts, ALL), &came, 200, Treatment::Translate))[..6], names);
    assert_eq!(order(down(&exchange(&facts, NONE), &came, 200, Treatment::Pass))[..6], names);
    let streamed = exchange(&facts, ALL).response_headers(
        map(&came),
        StatusCode::OK,
        Treatment::Translate,
        None,
        None,
        None,
    );
    assert_eq!(order(lines(&streamed))[..5], ["date", "x-request-id", "x-b", "etag", "x-a"]);
}

#[test]
fn a_tag_that_is_none_goes() {
    for tag in ["x", "\"x", "W/x"] {
        let fields =
            down(&exchange(&facts(), ALL), &[("etag", tag), ("x-a", "1")], 200, Treatment::Translate);
        assert!(!fields.iter().any(|field| field.starts_with("etag")), "{fields:?}");
    }
}

#[test]
fn a_translated_answer_says_what_it_is_in_now() {
    let facts = facts();
    let all = |sent: &'static str| {
        let accepts = Accepts::of(&map(&[("accept-encoding", sent)]));
        Exchange { accepts, ..exchange(&facts, ALL) }
    };
    let came = map(&[("content-encoding", "X-Gzip, br"), ("content-type", "application/json")]);
    let coding = |sent, treatment| {
        let exchange = all(sent);
        let (codings, coding) = exchange.codings(&came);
        assert!(codings.outside_in().eq([Coding::Brotli, Coding::Gzip]));
        let fields = exchange.response_headers(came.clone(), StatusCode::OK, treatment, None, coding, None);
        fields.get(header::CONTENT_ENCODING).map(|value| value.to_str().unwrap().to_owned())
    };
    for treatment in [Treatment::Translate, Treatment::HeadOnly] {
        assert_eq!(coding("gzip, br", treatment).as_deref(), Some("br"));
        assert_eq!(coding("gzip", treatment).as_deref(), Some("gzip"));
        assert_eq!(coding("zstd", treatment), None);
    }
    for treatment in [Treatment::Pass, Treatment::Foreign] {
        assert_eq!(coding("zstd", treatment).as_deref(), Some("X-Gzip, br"));
    }
    assert!(
        up(&all("br;q=0.5, *;q=0"), &map(&[("accept-encoding", "x")]), None)
            .contains(&"accept-encoding: br;q=0.5".into())
    );
    let coded = map(&[("content-encoding", "gzip"), ("content-type", "application/json")]);
    assert!(!up(&all(""), &coded, Some(3)).iter().any(|line| line.starts_with("content-encoding")));
    assert!(up(&all(""), &coded, None).contains(&"content-encoding: gzip".into()));
}

#[test]
fn an_answer_that_passes_keeps_its_fields() {
    let fields = down(&exchange(&facts(), NONE), &ANSWER, 200, Treatment::Pass);
    assert_eq!(
        fields[..6],
        ANSWER[..6].iter().map(|(name, value)| format!("{name}: {value}")).collect::<Vec<_>>()
    );
    assert!(fields.contains(&"api-version-date: 2025-01-01".to_owned()));
}

#[test]
fn a_304_gets_our_tag_and_an_error_keeps_its_own() {
    let facts = facts();
    let all = exchange(&facts, ALL);
    assert!(
        down(&all, &[("etag", "\"a\"")], 304, Treatment::Pass)
            .contains(&"etag: W/\"a.dl-2025-01-01-f1-s\"".into())
    );
    assert!(down(&all, &[("etag", "\"a\"")], 404, Treatment::Pass).contains(&"etag: \"a\"".into()));
}

#[test]
fn what_is_not_json_is_labelled_as_the_upstreams() {
    let fields = down(
        &exchange(&facts(), ALL),
        &[("content-type", "text/csv"), ("etag", "\"a\"")],
        200,
        Treatment::Foreign,
    );
    assert!(fields.contains(&"api-version-date: 2026-07-01".to_owned()), "{fields:?}");
    assert!(fields.contains(&"etag: \"a\"".to_owned()));
}

/// The version of such an answer is only known to the upstream that was asked for it.
#[test]
fn row_14_2d_what_no_operation_is_of_is_labelled_as_the_upstream_was_asked() {
    let (facts, asked) = (facts(), ["api-version-date: 2026-07-01", "dateline-upstream-version: 2026-07-01"]);
    let named = exchange(&facts, NONE);
    let at = |named: Exchange<'_>, status| down(&named, &[], status, Treatment::Pass);
    assert_eq!(at(named, 200)[0], "api-version-date: 2025-01-01", "the same in both versions");
    for status in [200, 204, 302, 304, 404, 500] {
        let unnamed = Exchange { operation: None, ..exchange(&facts, NONE) };
        assert_eq!(at(unnamed, status)[..2], asked, "{status}");
    }
    let at_upstreams = Pin { pinned: Pinned::Known(v("2026-07-01")), ..pin(Pinned::Upstream, None) };
    let unnamed = Exchange { operation: None, pin: at_upstreams, ..exchange(&facts, NONE) };
    assert_eq!(at(unnamed, 200)[..2], asked);
}

#[test]
fn an_unknown_version_is_labelled_as_the_upstream_says_else_as_the_client() {
    let facts = facts();
    let at = |pinned, came: &[_]| {
        let pin = pin(pinned, None);
        down(&Exchange { pin, ..exchange(&facts, NONE) }, came, 200, Treatment::Pass)
    };
    let unknown = Pinned::Unknown(Some(v("2026-10-15-1")));
    assert_eq!(
        at(unknown, &[])[..2],
        ["api-version-date: 2026-10-15-1", "dateline-upstream-version: 2026-10-15-1"]
    );
    let stated = [("api-version-date", "2026-10-14")];
    assert_eq!(
        at(unknown, &stated)[..2],
        ["api-version-date: 2026-10-14", "dateline-upstream-version: 2026-10-14"]
    );
    for named in [Pinned::Unknown(None), Pinned::Upstream] {
        assert_eq!(
            at(named, &stated)[..2],
            ["api-version-date: 2026-10-14", "dateline-upstream-version: 2026-10-14"]
        );
        assert_eq!(at(named, &[]), ["vary: api-version-date"]);
    }
}

#[test]
fn vary_gains_and_never_loses() {
    let facts =
        Facts { vary: vec![HeaderName::from_static("api-version-date"), header::AUTHORIZATION], ..facts() };
    let vary = |came: &'static str| {
        let fields = down(&exchange(&facts, NONE), &[("vary", came)], 200, Treatment::Pass);
        fields
            .into_iter()
            .filter_map(|line| Some(line.strip_prefix("vary: ")?.to_owned()))
            .collect::<Vec<_>>()
    };
    assert_eq!(vary("Origin, Accept"), ["Origin, Accept", "api-version-date", "authorization"]);
    assert_eq!(vary("accept, Api-Version-Date"), ["accept, Api-Version-Date", "authorization"]);
    assert_eq!(vary("*"), ["*"]);
}

#[test]
fn answers_to_clients_known_by_key_are_private() {
    let facts = facts();
    let client = Client {
        name: "c".to_owned(),
        pin: None,
        matcher: Match::Bearer([0; 32]),
        upstream_version: None,
        losses: Default::default(),
    };
    let pin = pin(Pinned::Known(v("2025-01-01")), Some(&client));
    let keyed = Exchange { pin, ..exchange(&facts, NONE) };
    let cached = |came: &[_]| {
        let fields = down(&keyed, came, 200, Treatment::Pass);
        fields.into_iter().find_map(|line| Some(line.strip_prefix("cache-control: ")?.to_owned())).unwrap()
    };
    assert_eq!(cached(&[]), "private");
    assert_eq!(cached(&[("cache-control", "public, max-age=60, s-maxage=9")]), "max-age=60, private");
    assert_eq!(cached(&[("cache-control", "max-age=60"), ("cache-control", "no-store")]), "max-age=60");
    assert_eq!(cached(&[("cache-control", "private=\"a, b\", max-age=1")]), "max-age=1, private");
}

#[test]
fn losses_are_told() {
    let headers = exchange(&facts(), ALL).response_headers(
        HeaderMap::new(),
        StatusCode::OK,
        Treatment::Translate,
        Some(2),
        None,
        Some("currency=dropped x2"),
    );
    assert_eq!(headers[LOSS], "currency=dropped x2");
}
