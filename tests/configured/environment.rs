//! Tests of the environment: its settings have the same forms as the file's.

use super::support::{Process, Upstream, get, json};
use dateline_gateway::{Config, config::report};

/// Every key that holds a list, with two items of it.
const LISTS: [(&str, [&str; 2]); 6] = [
    ("listen.trusted_proxies", ["10.0.0.0/8", "fd00::/8"]),
    ("upstream.serves", ["2025-01-01", "2026-06-09"]),
    ("responses.cors_origins", ["https://app.example.com", "http://localhost:3000"]),
    ("log.fields", ["peer", "path"]),
    ("record.redact", ["$.data[*].name", "$..phone"]),
    ("verify.ignore", ["$.data[*].updated_at", "$.page_info"]),
];

/// The keys whose default is an empty array.
fn list_keys() -> Vec<String> {
    let mut table = "";
    let mut keys = Vec::new();
    for line in include_str!("../../config/dateline.toml").lines() {
        if let Some(name) = line.strip_prefix('[') {
            table = name.trim_end_matches(']');
        } else if let Some((key, _)) = line.split_once(" = []").filter(|(key, _)| !key.contains(' ')) {
            keys.push(format!("{table}.{key}"));
        }
    }
    keys
}

fn variable(key: &str) -> String {
    format!("DATELINE_{}", key.to_uppercase().replace('.', "__"))
}

/// The configuration with one variable; what else it was made of is left out.
fn loaded(key: &str, value: &str) -> Result<Config, String> {
    let loaded = Config::load_from(None, [(variable(key), value)]);
    let (mut config, _) = loaded.map_err(|mistakes| report(&mistakes))?;
    config.origins = Default::default();
    Ok(config)
}

#[test]
fn row_14_2h_every_list_takes_tomls_form_and_commas_and_says_so() {
    assert_eq!(LISTS.map(|(key, _)| key.to_owned()).to_vec(), list_keys());
    for (key, [one, other]) in LISTS {
        let array = loaded(key, &format!("[{one:?}, {other:?}]")).unwrap();
        assert_ne!(array, loaded(key, "").unwrap(), "{key}");
        for form in [format!("['{one}','{other}',]"), format!("{one},{other}"), format!("{one}, {other}")] {
            assert_eq!(loaded(key, &form).as_ref(), Ok(&array), "{key}: {form}");
        }
        assert_eq!(loaded(key, &format!("[{one:?}]")), loaded(key, one), "{key}");
        assert_eq!(loaded(key, "[]"), loaded(key, ""), "{key}");
        // Whatever is proposed is taken.
        for wrong in ["o d d", "[o d d]", "[\"odd\"", "[1]"] {
            let told = loaded(key, wrong).unwrap_err();
            let (_, proposed) = told.split_once(" such as ").unwrap_or_else(|| panic!("{told}"));
            let (array, commas) = proposed.split_once(" or ").unwrap_or_else(|| panic!("{told}"));
            assert_eq!(loaded(key, array), loaded(key, commas), "{told}");
            assert!(loaded(key, array).is_ok(), "{told}");
        }
    }
}

#[test]
fn row_14_2h_quotes_that_no_shell_took_off_are_no_part_of_a_value() {
    for (key, value) in [
        ("listen.address", "127.0.0.1:8081"),
        ("upstream.url", "https://api.example.com"),
        ("pins.default", "2025-01-01"),
        ("timeouts.response_body_idle", "5s"),
        ("limits.request_bytes", "8MiB"),
        ("log.format", "json"),
    ] {
        let plain = loaded(key, value).unwrap();
        assert_eq!(loaded(key, &format!("{value:?}")), Ok(plain.clone()), "{key}");
        assert_eq!(loaded(key, &format!("'{value}'")), Ok(plain), "{key}");
    }
    assert!(loaded("listen.address", "[::1]:8081").is_ok(), "an address is no array");
}

#[tokio::test]
async fn row_14_2h_a_gateway_starts_with_an_array_in_its_environment() {
    let upstream = Upstream::answers(json("{}")).await;
    let peers = ("DATELINE_LISTEN__TRUSTED_PROXIES", "[\"127.0.0.0/8\", \"::1\"]");
    let gateway = Process::before(&upstream, &[peers, ("DATELINE_UPSTREAM__FORWARDED", "true")]).await;
    let ask = get("/api/v1/plans/plan_x").with("x-forwarded-for", "192.0.2.1");
    assert_eq!(gateway.send(ask).await.status(), 200);
    let sent = upstream.only();
    assert_eq!(sent.all("x-forwarded-for"), ["192.0.2.1", "127.0.0.1"], "the peer is believed");
}
