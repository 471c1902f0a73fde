use super::*;
use crate::policy::UnknownPin;
use http::HeaderValue;
use proptest::prelude::*;

const KEY: &[u8] = b"Bearer apik_legacy";

fn v(text: &str) -> Version {
    text.parse().unwrap()
}

fn client(name: &str, pin: Option<&str>, matcher: Match) -> Client {
    Client {
        name: name.to_owned(),
        pin: pin.map(v),
        matcher,
        upstream_version: None,
        losses: Default::default(),
    }
}

fn policy(clients: Vec<Client>) -> Pins {
    let policy = Pins {
        places: Arc::new(Places::header("Api-Version-Date")),
        labels: Labels::of_dates(&["2025-01-01", "2026-06-09", "2026-07-01"].map(v), UnknownPin::Refuse),
        supported: ["2025-01-01", "2026-06-09", "2026-07-01"].map(v).to_vec(),
        default: Pinned::Known(v("2025-01-01")),
        serves: ServedVersions::default(),
        upstream: v("2026-07-01"),
        clients,
        bearers: HashMap::new(),
        hosts: HashMap::new(),
        prefixes: Vec::new(),
    };
    policy.indexed()
}

/// Resolves a request with these values of the version header.
fn resolve<'p>(policy: &'p Pins, sent: &[&[u8]], identity: RequestIdentity<'_>) -> Result<Pin<'p>, PinError> {
    let mut headers = HeaderMap::new();
    for value in sent {
        headers.append("api-version-date", HeaderValue::from_bytes(value).unwrap());
    }
    policy.resolve(&headers, None, identity)
}

fn bearer() -> Match {
    Match::Bearer(bearer_sha256(b"apik_legacy"))
}

fn name<'p>(policy: &'p Pins, identity: RequestIdentity<'_>) -> Option<&'p str> {
    resolve(policy, &[], identity).unwrap().client.map(|client| client.name.as_str())
}

#[test]
fn header_then_client_then_default() {
    let policy = policy(vec![client("cron", Some("2026-06-09"), bearer())]);
    let keyed = RequestIdentity { authorization: Some(KEY), ..RequestIdentity::default() };

    let pin = resolve(&policy, &[b"2026-07-01".as_slice()], keyed).unwrap();
    assert_eq!((pin.pinned, pin.source), (Pinned::Known(v("2026-07-01")), Source::Header));
    assert!(pin.by_key() && pin.between().is_none());

    let pin = resolve(&policy, &[], keyed).unwrap();
    assert_eq!((pin.pinned, pin.source), (Pinned::Known(v("2026-06-09")), Source::Client));
    assert_eq!(pin.between(), Some((v("2026-06-09"), v("2026-07-01"))));

    let pin = resolve(&policy, &[], RequestIdentity::default()).unwrap();
    assert_eq!((pin.pinned, pin.source), (Pinned::Known(v("2025-01-01")), Source::Default));
    assert!(pin.client.is_none() && !pin.by_key());
}

#[test]
fn only_the_exact_text_of_a_supported_version_will_do() {
    let policy = policy(Vec::new());
    for sent in ["", " ", "2026-07-02", "2026-7-1", "2026-07-01 ", "latest", "2026-07-01, 2026-07-01"] {
        let error = resolve(&policy, &[sent.as_bytes()], RequestIdentity::default()).unwrap_err();
        assert_eq!(error.code(), "unsupported_api_version", "{sent:?}");
    }
    let error = resolve(&policy, &[b"2026-02-30".as_slice()], RequestIdentity::default()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "Api-Version-Date is not a supported version. \
         Supported versions: 2025-01-01, 2026-06-09, 2026-07-01"
    );
}

#[test]
fn a_repeated_header_is_refused_even_with_equal_values() {
    let twice = [b"2026-07-01".as_slice(), b"2026-07-01"];
    let error = resolve(&policy(Vec::new()), &twice, RequestIdentity::default()).unwrap_err();
    assert_eq!(error.code(), "duplicate_header");
}

#[test]
fn unknown_versions_pass_where_configured_whatever_their_names() {
    let labels = Labels::of_dates(&[v("2025-01-01")], UnknownPin::Pass);
    let policy = Pins { labels, ..policy(Vec::new()) };
    let pin = resolve(&policy, &[b"2026-10-15-1".as_slice()], RequestIdentity::default()).unwrap();
    assert_eq!(pin.pinned, Pinned::Unknown(Some(v("2026-10-15-1"))));
    assert_eq!(pin.between(), None);
    for name in ["latest", "2024-09-30.acacia", "v68", "2026-02-30", "2020-08-27; checkout_beta=v4", "2.14"] {
        let pin = resolve(&policy, &[name.as_bytes()], RequestIdentity::default()).unwrap();
        assert_eq!((pin.pinned, pin.between()), (Pinned::Unknown(None), None), "{name:?}");
    }
    for none in ["", " ", "2026-07-01, 2026-07-01", "\u{e9}", "a\tb"] {
        assert!(resolve(&policy, &[none.as_bytes()], RequestIdentity::default()).is_err(), "{none:?}");
    }
}

#[test]
fn the_upstream_may_be_the_default() {
    let policy = Pins { default: Pinned::Upstream, ..policy(Vec::new()) };
    let pin = resolve(&policy, &[], RequestIdentity::default()).unwrap();
    assert_eq!((pin.pinned, pin.between()), (Pinned::Upstream, None));
    assert_eq!(policy.fallback(), v("2026-07-01"));
}

#[test]
fn an_upstream_version_equal_to_the_pin_is_a_bypass() {
    let mut cron = client("cron", Some("2026-06-09"), bearer());
    cron.upstream_version = Some(v("2026-06-09"));
    let policy = policy(vec![cron]);
    let pin =
        resolve(&policy, &[], RequestIdentity { authorization: Some(KEY), ..RequestIdentity::default() })
            .unwrap();
    assert_eq!((pin.between(), pin.upstream), (None, v("2026-06-09")));
}

#[test]
fn bearer_beats_host_beats_prefix() {
    let policy = policy(vec![
        client("prefix", None, Match::PathPrefix("/legacy".to_owned())),
        client("host", None, Match::Host("legacy.example.com".to_owned())),
        client("bearer", None, bearer()),
    ]);
    let identity = RequestIdentity {
        authorization: Some(KEY),
        host: Some("LEGACY.example.com:8080"),
        path: "/legacy/x",
    };
    assert_eq!(name(&policy, identity), Some("bearer"));
    assert_eq!(
        resolve(&policy, &[], identity).unwrap().path("/legacy/x"),
        "/legacy/x",
        "another's prefix stays"
    );
    let identity = RequestIdentity { authorization: Some(b"Bearer other"), ..identity };
    assert_eq!(name(&policy, identity), Some("host"));
    let identity = RequestIdentity { host: Some("example.com"), ..identity };
    assert_eq!(name(&policy, identity), Some("prefix"));
    assert_eq!(resolve(&policy, &[], identity).unwrap().path("/legacy/x"), "/x");
}

#[test]
fn the_scheme_of_a_bearer_has_no_case_and_its_token_does() {
    let policy = policy(vec![client("cron", None, bearer())]);
    let by = |value: &'static str| {
        name(&policy, RequestIdentity { authorization: Some(value.as_bytes()), ..RequestIdentity::default() })
            .is_some()
    };
    assert!(by("Bearer apik_legacy") && by("bearer  apik_legacy ") && by("BEARER apik_legacy"));
    for other in [
        "Bearer APIK_LEGACY",
        "Bearerapik_legacy",
        "Basic apik_legacy",
        "apik_legacy",
        "Bearer",
        "Bearer ",
        "",
    ] {
        assert!(!by(other), "{other:?}");
    }
}

#[test]
fn prefixes_end_at_segments_and_the_longest_wins() {
    let prefix = |text: &str| Match::PathPrefix(text.to_owned());
    let policy =
        policy(vec![client("short", None, prefix("/legacy/")), client("long", None, prefix("/legacy/v0"))]);
    let at = |path: &'static str| {
        let pin = resolve(&policy, &[], RequestIdentity { path, ..RequestIdentity::default() }).unwrap();
        (pin.client.map(|client| client.name.as_str()), pin.path(path).into_owned())
    };
    assert_eq!(at("/legacy/api/v1/plans"), (Some("short"), "/api/v1/plans".to_owned()));
    assert_eq!(at("/legacy/v0/api/v1/plans"), (Some("long"), "/api/v1/plans".to_owned()));
    assert_eq!(at("/legacy"), (Some("short"), "/".to_owned()));
    assert_eq!(at("/legacy/"), (Some("short"), "/".to_owned()));
    assert_eq!(at("/legacyx/api"), (None, "/legacyx/api".to_owned()));
    assert_eq!(at("/api/legacy"), (None, "/api/legacy".to_owned()));
}

#[test]
fn hosts_are_compared_without_port() {
    assert_eq!(without_port("example.com:8080"), "example.com");
    assert_eq!(without_port("[::1]:80"), "[::1]");
    assert_eq!(without_port("[::1]"), "[::1]");
    assert_eq!(without_port("example.com"), "example.com");
}

#[test]
fn every_configured_version_that_the_pack_lacks_is_named() {
    let mut cron = client("cron", Some("2026-01-01"), bearer());
    cron.upstream_version = Some(v("2026-01-02"));
    let upstream = Some(v("2030-01-01"));
    let policy = Policy { clients: vec![cron], upstream, ..Policy::default() };
    let error = Pins::new(&Pack::embedded().unwrap(), &policy).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the pack does not have 2030-01-01 (of upstream), 2026-01-01 (of client \"cron\"), 2026-01-02 (of client \
         \"cron\"). It has 2025-01-01, 2026-06-08, 2026-06-09, 2026-06-20, 2026-07-01"
    );
}

#[test]
fn the_closest_older_version_is_not_newer() {
    let months = [("2024-10", ""), ("2025-01", "unknown = true"), ("2025-04", "")];
    let months = labels_of("scheme = 'month'\nunknown = 'older'", &months);
    let (first, last) = (Pinned::Known(v("2024-10")), Pinned::Known(v("2025-04")));
    for (label, older) in [
        ("2024-09", None),
        ("2024-10", Some(first)),
        ("2024-12", Some(first)),
        ("2025-02", Some(Pinned::Unknown(Some(v("2025-01"))))),
        ("2031-01", Some(last)),
        ("unstable", None),
    ] {
        assert_eq!(months.read(label.as_bytes()), older, "{label}");
    }
    let numbers = labels_of("scheme = 'number'\nunknown = 'older'", &[("v1", ""), ("v2", "")]);
    assert_eq!(numbers.read(b"2.0"), Some(Pinned::Known(v("v2"))), "another way to write it");
}

/// The labels of a pack of these versions, oldest first, each a file with this behind its title.
fn labels_of(versions: &str, files: &[(&str, &str)]) -> Labels {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: String| {
        std::fs::write(folder.path().join(format!("{name}.toml")), text).unwrap();
    };
    let api = format!(
        "name = 'x'\ntitle = 'X'\nheader = 'V'\ndefault_version = '{}'\nbase_path = ''\noperations = ['GET /a']\n\
         [versions]\n{versions}\n",
        files[0].0
    );
    write("api", api);
    files
        .iter()
        .for_each(|(version, more)| write(version, format!("version = '{version}'\ntitle = 'T'\n{more}\n")));
    let pack = Pack::load(folder.path()).unwrap();
    Labels::new(&pack, pack.unknown)
}

proptest! {
    #[test]
    fn any_value_is_answered_in_printable_ascii(sent in prop::collection::vec(prop_oneof![0x20u8..0x7f, 0x80u8..], 0..200)) {
        let error = resolve(&policy(Vec::new()), &[sent.as_slice()], RequestIdentity::default()).unwrap_err();
        let text = error.to_string();
        prop_assert!(text.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{text}");
        prop_assert!(text.len() < 500);
    }

    #[test]
    fn a_stripped_path_is_still_a_path(path in "(/[a-z]{0,8}){0,4}") {
        let policy = policy(vec![client("c", None, Match::PathPrefix("/a".to_owned()))]);
        let pin = resolve(&policy, &[], RequestIdentity { path: &path, ..RequestIdentity::default() }).unwrap();
        prop_assert!(path.is_empty() || pin.path(&path).starts_with('/'));
    }
}
