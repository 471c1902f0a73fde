//! The exact bytes that go upstream, as data: `golden/requests.toml`.

use super::run::{Side, VERSIONS, carry};
use toml::{Table, Value};

#[test]
fn requests_go_upstream_with_these_bytes() {
    let table: Table = include_str!("golden/requests.toml").parse().unwrap();
    let cases = table["case"].as_array().unwrap();
    for case in cases {
        let text =
            |key: &str| case.get(key).and_then(Value::as_str).unwrap_or_else(|| panic!("{key}: {case}"));
        let name = text("name");
        let side = match text("side") {
            "query" => Side::Query,
            "json" => Side::Json,
            "form" => Side::Form,
            other => panic!("{name}: {other} is no side"),
        };
        let (from, to) = match text("from") {
            "old" => (0, VERSIONS.len() - 1),
            "new" => (VERSIONS.len() - 1, 0),
            other => panic!("{name}: {other} is neither old nor new"),
        };
        let carried = carry(text("operation"), side, from, to, text("sent").as_bytes()).unwrap();
        assert_eq!(carried.text(), text("upstream"), "{name}");
        // The same version on both sides, and the same request again: the same bytes.
        let unchanged = carry(text("operation"), side, from, from, text("sent").as_bytes()).unwrap();
        assert_eq!(unchanged.text(), text("sent"), "{name}");
        let again = carry(text("operation"), side, from, to, text("sent").as_bytes()).unwrap();
        assert_eq!(again, carried, "{name}");
    }
    assert!(cases.len() > 20);
}
