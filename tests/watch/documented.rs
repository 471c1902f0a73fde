//! Every metric and every error that alerts and documents name is there.

use std::collections::BTreeSet;

const ALERTS: &str = include_str!("../../deploy/prometheus/alerts.yaml");
const METRICS: &str = include_str!("../../docs/metrics.md");
const OPERATIONS: &str = include_str!("../../docs/operations.md");
const ERRORS: &str = include_str!("../../docs/errors.md");

/// The words of a text that begin with `start`.
fn words<'t>(text: &'t str, start: &str) -> BTreeSet<&'t str> {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    text.split(|letter| !is_part(letter)).filter(|word| word.starts_with(start)).collect()
}

#[test]
fn alerts_and_operations_name_metrics_that_there_are() {
    let known = words(METRICS, "dateline_");
    let named: BTreeSet<_> =
        words(ALERTS, "dateline_").union(&words(OPERATIONS, "dateline_")).copied().collect();
    assert!(named.len() > 10, "{named:?}");
    assert_eq!(named.difference(&known).collect::<Vec<_>>(), Vec::<&&str>::new());
}

#[test]
fn alerts_name_errors_that_there_are() {
    let types = ALERTS.split("type=").skip(1).filter_map(|rest| rest.split('"').nth(1));
    let named: BTreeSet<&str> = types.flat_map(|types| types.split('|')).collect();
    assert!(named.len() > 4, "{named:?}");
    for name in named {
        let begins = name.strip_suffix(".*").unwrap_or(name);
        assert!(!words(ERRORS, begins).is_empty(), "{name} is documented nowhere");
    }
}

#[test]
fn operations_explain_every_alert() {
    let alerts = ALERTS.lines().filter_map(|line| line.trim().strip_prefix("- alert: "));
    let missing: Vec<&str> = alerts.filter(|alert| !OPERATIONS.contains(&format!("`{alert}`"))).collect();
    assert_eq!(missing, Vec::<&str>::new());
}
