use super::*;
use crate::config::Sample;
use proptest::prelude::*;
use std::time::Duration;

/// Reads text as it comes from the environment.
fn read<F: Form>(form: F, text: &str) -> Option<F::Value> {
    form.read(&Raw { value: &Value::from(text), untyped: true }).ok()
}

/// Reads a value as it stands in a file.
fn in_file<F: Form>(form: F, value: impl Into<Value>) -> Option<F::Value> {
    form.read(&Raw { value: &value.into(), untyped: false }).ok()
}

#[test]
fn takes_only_origins() {
    for (written, usable) in [
        ("http://localhost:3000", "http://localhost:3000"),
        ("https://api.example.com/", "https://api.example.com"),
        ("HTTPS://Api.Example.com", "https://api.example.com"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ] {
        assert_eq!(read(ORIGIN, written).as_deref(), Some(usable));
    }
    for authority in
        ["", "/", ":80", "a:", "a:0", "a:65536", "a:http", "[::1", "a b", "a?x", "a#x", "a/v1", "u@a"]
    {
        assert_eq!(read(ORIGIN, &format!("http://{authority}")), None, "{authority:?}");
    }
    for text in ["", "api.example.com", "//api.example.com", " http://a", "unix://a"] {
        assert_eq!(read(ORIGIN, text), None, "{text:?}");
    }
}

#[test]
fn takes_only_collectors() {
    for text in ["http://127.0.0.1:4317", "https://otlp.example.com/otlp"] {
        assert_eq!(read(COLLECTOR, text).as_deref(), Some(text));
    }
    for text in ["", "127.0.0.1:4317", "/v1", "http://me:key@a", "http://a?key=b", "http://a#b", "ftp://a"] {
        assert_eq!(read(COLLECTOR, text), None, "{text:?}");
    }
}

#[test]
fn takes_only_networks() {
    let networks = |text| read(NETWORKS, text).map(|networks| format!("{networks:?}"));
    assert_eq!(
        networks("10.0.0.0/8, fd00::/8,192.0.2.1"),
        Some("[10.0.0.0/8, fd00::/8, 192.0.2.1/32]".into())
    );
    assert_eq!(networks("").as_deref(), Some("[]"));
    for text in ["10.0.0.0/33", "localhost", "10.0.0/8", "*", "10.0.0.1:80"] {
        assert_eq!(networks(text), None, "{text:?}");
    }
    assert_eq!(in_file(NETWORKS, vec!["127.0.0.1/8"]).unwrap().len(), 1);
    assert_eq!(in_file(NETWORKS, "10.0.0.0/8"), None, "in a file it is an array");
    assert_eq!(in_file(NETWORKS, vec![1]), None);
}

#[test]
fn takes_only_paths_into_documents() {
    assert_eq!(read(REDACTED, "$.a, $..b"), crate::config::Paths::parse(&["$.a", "$..b"]).ok());
    assert_eq!(read(REDACTED, ""), Some(Default::default()));
    assert_eq!(read(REDACTED, "a"), None);
    assert!(in_file(REDACTED, vec!["$.data[*].name"]).is_some());
    for value in [Value::from("$.a"), Value::from(vec![1]), Value::from(vec!["$.a[0]"])] {
        assert!(in_file(REDACTED, value.clone()).is_none(), "{value:?}");
    }
    let count = |text| read(IGNORED, text).map(|ignored| ignored.patterns().len());
    assert_eq!((count("$.data[*].updated_at, $.page_info"), count("")), (Some(2), Some(0)));
    for text in ["updated_at", "$..id", "$.data[0]"] {
        assert_eq!(count(text), None, "{text}");
    }
}

#[test]
fn takes_only_plain_prefixes_and_hosts() {
    for text in
        ["", "/", "legacy", "/legacy/", "//a", "/a//b", "/a/../b", "/./a", "/a%2Fb", "/a?b", "/a b", "/é"]
    {
        assert_eq!(read(PATH_PREFIX, text), None, "{text:?}");
    }
    assert_eq!(read(PATH_PREFIX, "/legacy/v1.0").as_deref(), Some("/legacy/v1.0"));
    for text in ["", "a:80", "u@a", "http://a", "a/b", "a b", "é.example.com"] {
        assert_eq!(read(HOST, text), None, "{text:?}");
    }
    assert_eq!(read(HOST, "[::1]").as_deref(), Some("[::1]"));
}

#[test]
fn takes_only_sizes_and_numbers() {
    assert_eq!(read(Size::ANY, "12"), Some(12));
    assert_eq!(read(Size::ANY, "3 KiB"), Some(3072));
    assert_eq!(read(Size::ANY, "1GiB"), Some(1 << 30));
    for text in ["", "0", "MiB", "8MB", "8mib", "-1", "1.5MiB", "+1", "99999999999GiB", "8MiB "] {
        assert_eq!(read(Size::ANY, text), None, "{text:?}");
    }
    assert_eq!((read(Size::HEAD, "32KiB"), read(Size::WINDOW, "64KiB")), (Some(32 << 10), Some(64 << 10)));
    for (size, window_too) in [("1B", true), ("1GiB", false), ("2GiB", true), ("", true)] {
        assert_eq!(read(Size::HEAD, size), None, "{size:?}");
        assert_eq!(read(Size::WINDOW, size).is_none(), window_too, "{size:?}");
    }
    assert_eq!((read(Whole(21u32, 64), "21"), read(Whole(21u32, 64), "64")), (Some(21), Some(64)));
    assert_eq!((read(Whole(1, u64::MAX), "100"), in_file(Whole(1, u64::MAX), 100)), (Some(100), Some(100)));
    for text in ["", "0", "-1", "1.5", "1KiB", "20", "65", "100:1", "10x"] {
        assert_eq!(read(Whole(21u32, 64), text), None, "{text:?}");
    }
}

#[test]
fn takes_only_times_and_shares() {
    assert_eq!(read(Time, "250ms"), Some(Duration::from_millis(250)));
    assert_eq!(read(Time, "24h"), Some(Duration::from_secs(86_400)));
    for text in ["", "5", "s", "0ms", "-5s", "1.5s", "25h", "1d", "18446744073709551615h", "5s ", "off"] {
        assert_eq!(read(Time, text), None, "{text:?}");
    }
    assert_eq!(read(OrOff(Time), "off"), Some(None));
    assert_eq!((read(Days, "0h"), read(Days, "366d")), (Some(Duration::ZERO), None));
    assert_eq!(
        (read(Fraction, "0.25"), in_file(Fraction, 0.25)),
        (Sample::parse("0.25"), Sample::parse("0.25"))
    );
    for text in ["", ".5", "1.", "1.000001", "2", "-1", "0.0000001", "50%", "1e-2", "NaN"] {
        assert_eq!(read(Fraction, text), None, "{text:?}");
    }
}

/// A value that is written is read again as the same.
fn comes_back<F: Write>(form: F, value: F::Value)
where
    F::Value: std::fmt::Debug + PartialEq,
{
    let written = form.write(&value);
    let toml: toml::Table = format!("key = {written}").parse().unwrap();
    let read = match &toml["key"] {
        toml::Value::Integer(number) => in_file(form, *number),
        toml::Value::Float(number) => in_file(form, *number),
        toml::Value::String(text) => in_file(form, text.as_str()),
        other => panic!("{other}"),
    };
    assert_eq!(read, Some(value), "{written}");
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(size in 1..=u64::MAX / 2, milliseconds in 1..=86_400_000u64, hours in 0..=8760u64) {
        comes_back(Size::ANY, size);
        comes_back(Time, Duration::from_millis(milliseconds));
        comes_back(Days, Duration::from_secs(hours * 3600));
        comes_back(OrOff(Time), None);
    }
}
