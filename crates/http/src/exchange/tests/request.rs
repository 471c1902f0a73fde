//! Heads on their way up.

use super::*;

#[test]
fn a_request_that_passes_keeps_its_fields_in_order() {
    let came = map(&[
        ("user-agent", "sdk"),
        ("host", "gateway.example"),
        ("connection", "keep-alive, x-once"),
        ("x-once", "1"),
        ("authorization", "Bearer k"),
        ("accept-encoding", "gzip"),
        ("keep-alive", "timeout=5"),
        ("te", "trailers"),
        ("expect", "100-continue"),
        ("content-length", "3"),
        ("digest", "d"),
        ("range", "bytes=0-1"),
        ("if-none-match", "\"a\""),
        ("x-forwarded-for", "198.51.100.1"),
        ("via", "1.1 edge"),
        ("api-version-date", "2025-01-01"),
        ("idempotency-key", "i"),
    ]);
    assert_eq!(
        up(&exchange(&facts(), NONE), &came, None),
        [
            "user-agent: sdk",
            "host: api.example.com",
            "authorization: Bearer k",
            "accept-encoding: gzip",
            "content-length: 3",
            "digest: d",
            "range: bytes=0-1",
            "if-none-match: \"a\"",
            "api-version-date: 2026-07-01",
            "idempotency-key: i",
        ]
    );
}

#[test]
fn a_translated_request_says_what_it_is_now() {
    let came = map(&[
        ("content-length", "3"),
        ("content-md5", "m"),
        ("content-digest", "d"),
        ("accept-encoding", "gzip"),
        ("range", "bytes=0-1"),
        ("if-range", "\"a\""),
        ("if-modified-since", "then"),
        ("if-none-match", "W/\"a.dl-2025-01-01-f1-s\", \"b\""),
        ("if-none-match", "W/\"c.dl-2025-01-01-f1-w\""),
        ("if-match", "\"b\""),
    ]);
    assert_eq!(
        up(&exchange(&facts(), ALL), &came, Some(12)),
        [
            "content-length: 12",
            "accept-encoding: identity",
            "if-none-match: \"a\", W/\"c\"",
            "if-match: \"dl-none\"",
            "host: api.example.com",
            "api-version-date: 2026-07-01",
        ]
    );
    let foreign = map(&[("if-none-match", "\"b\"")]);
    assert!(!up(&exchange(&facts(), ALL), &foreign, None).iter().any(|line| line.starts_with("if-")));
}

#[test]
fn the_version_that_goes_up_depends_on_the_pin() {
    let facts = facts();
    let at = |pinned| Exchange { pin: pin(pinned, None), ..exchange(&facts, NONE) };
    let sent = map(&[("api-version-date", "2026-10-15-1")]);
    assert!(
        up(&at(Pinned::Unknown(Some(v("2026-10-15-1")))), &sent, None)
            .contains(&"api-version-date: 2026-10-15-1".into())
    );
    let sent = map(&[("api-version-date", "2024-09-30.acacia")]);
    assert!(
        up(&at(Pinned::Unknown(None)), &sent, None).contains(&"api-version-date: 2024-09-30.acacia".into())
    );
    assert_eq!(up(&at(Pinned::Upstream), &HeaderMap::new(), None), ["host: api.example.com"]);
    assert!(
        up(&at(Pinned::Known(v("2026-06-09"))), &HeaderMap::new(), None)
            .contains(&"api-version-date: 2026-07-01".into())
    );
}

#[test]
fn the_way_is_told_where_configured() {
    let facts = Facts { hop: Some(Hop { forwarded: true, ..hop() }), ..facts() };
    let fields =
        up(&exchange(&facts, NONE), &map(&[("forwarded", "for=x"), ("x-forwarded-port", "1")]), None);
    assert_eq!(
        fields,
        [
            "host: api.example.com",
            "x-forwarded-for: 192.0.2.7",
            "x-forwarded-proto: http",
            "via: 1.1 dateline",
            "api-version-date: 2026-07-01",
        ]
    );
}

#[test]
fn split_cookies_are_one() {
    let came = map(&[("cookie", "a=1"), ("cookie", "b=2")]);
    assert!(up(&exchange(&facts(), NONE), &came, None).contains(&"cookie: a=1; b=2".to_owned()));
}

#[test]
fn a_target_loses_only_the_prefix() {
    let facts = facts();
    let target = |uri: &str, prefix: usize| {
        let mut exchange = exchange(&facts, NONE);
        exchange.pin.prefix = prefix;
        exchange.target(&uri.parse().unwrap(), &mut HeaderMap::new()).unwrap().0.to_string()
    };
    let odd = "/api/v1//pl%61ns/%2e./x?a=%20&&a[]=b+c&";
    assert_eq!(target(odd, 0), odd);
    assert_eq!(target("/old/api/v1/plans?first=2", 4), "/api/v1/plans?first=2");
    assert_eq!(target("/old", 4), "/");
}

#[test]
fn row_14_1c_every_body_with_a_plan_is_read() {
    let facts = facts();
    let media = |work, fields: &[_], empty| exchange(&facts, work).request_body(&map(fields), empty);
    let plain = |media| Some(BodyFormat { media, codings: Codings::default() });
    let json = [("content-type", "application/json; charset=utf-8")];
    assert_eq!(media(ALL, &json, false).unwrap(), plain(Media::Json));
    assert_eq!(media(ALL, &json, true).unwrap(), None, "empty");
    assert_eq!(media(NONE, &json, false).unwrap(), None, "no plan");
    for (kind, read) in [
        ("multipart/form-data; boundary=x", Media::of(Some(b"multipart/form-data; boundary=x"))),
        ("application/json-patch+json", Media::JsonPatch),
        ("text/csv", Media::Other),
    ] {
        assert_eq!(media(ALL, &[("content-type", kind)], false).unwrap(), plain(read));
        assert_eq!(media(NONE, &[("content-type", kind)], false).unwrap(), None, "no plan");
    }
    assert_eq!(media(ALL, &[], false).unwrap(), plain(Media::Other));
    let coded = |coding| [("content-type", "application/json"), ("content-encoding", coding)];
    let BodyFormat { codings, .. } = media(ALL, &coded("br"), false).unwrap().unwrap();
    assert!(codings.outside_in().eq([Coding::Brotli]));
    assert!(matches!(media(ALL, &coded("deflate"), false), Err(Refusal::RequestCoding)));
    assert_eq!(media(NONE, &coded("deflate"), false).unwrap(), None);
}

/// The plan of one operation of a pack with this step, from its older version to its newer.
fn plan(operation: &str, part: &str, step: &str) -> Arc<Plan> {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: String| std::fs::write(folder.path().join(name), text).unwrap();
    write(
        "api.toml",
        format!(
            "name = 'x'\ntitle = 'X'\nheader = 'V'\ndefault_version = '2025-01-01'\nbase_path = ''\n\
             operations = ['{operation}']\nresource.A.found = [{{ in = '{operation}', {part} }}]\n"
        ),
    );
    write("2025-01-01.toml", "version = '2025-01-01'\ntitle = 'T'\n".into());
    write(
        "2025-01-02.toml",
        format!(
            "version = '2025-01-02'\ntitle = 'T'\n[[change]]\nname = 'Change'\nwhy = 'Why.'\nresource = 'A'\nsteps = [{step}]\n"
        ),
    );
    let pack = Pack::load(folder.path()).unwrap();
    Arc::new(Plan::compile(&pack, pack.find(operation).unwrap(), v("2025-01-01"), v("2025-01-02")))
}

#[test]
fn a_request_with_several_values_in_place_of_one_is_refused() {
    let (step, facts) = ("{ as_list = 'status', in = 'older', first = true }", facts());
    let query = plan("GET /a", "part = 'query'", step);
    let asks = Exchange { plan: Some(&query), ..exchange(&facts, ALL) };
    let target = |text: &str| {
        asks.target(&text.parse().unwrap(), &mut HeaderMap::new()).map(|(target, _)| target.to_string())
    };
    assert_eq!(target("/a?status[]=open&x=1").unwrap(), "/a?status=open&x=1");
    assert_eq!(target("/a").unwrap(), "/a");
    let refused = target("/a?status[]=open&status[]=closed").unwrap_err();
    assert!(matches!(refused, Refusal::RequestUntranslatable(Untranslatable::Several(_))), "{refused:?}");
    let body = plan("POST /a", "part = 'body', at = '$'", step);
    let writes = Exchange { plan: Some(&body), ..exchange(&facts, ALL) };
    let text = |text: &'static str| writes.request_text(Media::Json, &Bytes::from_static(text.as_bytes()));
    assert!(matches!(text(r#"{"status":["open"]}"#), Ok(RequestText::Translated(Some(_), _))));
    for several in [r#"{"status":["open","closed"]}"#, r#"{"status":[]}"#] {
        let refused = text(several).unwrap_err();
        assert!(matches!(refused, Refusal::RequestUntranslatable(Untranslatable::Several(_))), "{several}");
    }
}

#[test]
fn a_query_is_made_for_a_parameter_and_goes_without_one() {
    let facts = facts();
    for (step, from, to) in [
        ("{ add = 'account', value = '\"internal\"' }", "/a", "/a?account=internal"),
        ("{ default = 'capture', value = 'true' }", "/a?x", "/a?x&capture=true"),
        ("{ drop = 'network' }", "/a?network=x", "/a"),
        ("{ drop = 'network' }", "/a?", "/a?"),
    ] {
        let plan = plan("GET /a", "part = 'query'", step);
        let exchange = Exchange { plan: Some(&plan), ..exchange(&facts, ALL) };
        let (target, _) = exchange.target(&from.parse().unwrap(), &mut HeaderMap::new()).unwrap();
        assert_eq!(target.to_string(), to, "{step}");
    }
}
