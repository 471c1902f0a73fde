use super::define::{ALL, Kind, LABELS};
use crate::base::generated::is_generated;
use std::{collections::BTreeSet, fmt::Write};

const FILE: &str = "docs/metrics.md";

const HEAD: &str = "\
# Metrics

Generated from the code by `UPDATE=1 cargo test --lib metrics`; a test compares it. Do not edit.

`GET /metrics` on the admin listener (`admin.address`) answers in Prometheus' text format 0.0.4. Without
`admin.token_sha256` only this machine may ask, and needs no token. With it, everyone sends the token:

```yaml
scrape_configs:
  - job_name: dateline
    authorization: { credentials: TOKEN }
    static_configs: [{ targets: [\"10.1.2.3:9090\"] }]
```

Counters count from the start of the process and are kept over reloads. A metric with labels exists from its first
value on. No label has text that a client chose: no path, no key, no header value. A client without a configured name
has a line of its own on the admin page only. There are at most 20,000 combinations of labels; beyond that,
requests are counted with `other` in every label except `client`.
";

#[test]
fn the_documentation_is_that_of_the_code() {
    is_generated(FILE, &render(), "metrics");
}

fn render() -> String {
    let mut text = String::from(HEAD);
    text.push_str("\n## What there is\n\n| name | type | unit | labels | meaning |\n|---|---|---|---|---|\n");
    for definition in ALL {
        let labels: Vec<_> = definition.labels.iter().map(|label| format!("`{label}`")).collect();
        let kind = format!("{:?}", definition.kind).to_lowercase();
        let (name, unit, help) = (definition.name, definition.unit, definition.help);
        writeln!(text, "| `{name}` | {kind} | {unit} | {} | {help}. |", labels.join(", ")).unwrap();
    }
    text.push_str("\n## Labels\n\n| label | values |\n|---|---|\n");
    for (label, values) in LABELS {
        writeln!(text, "| `{label}` | {values} |").unwrap();
    }
    text
}

/// Prometheus' own rules for names, and what its linter asks for.
#[test]
fn names_are_as_prometheus_has_them() {
    let names: BTreeSet<_> = ALL.iter().map(|definition| definition.name).collect();
    assert_eq!(names.len(), ALL.len());
    for definition in ALL {
        let name = definition.name;
        assert!(name.starts_with("dateline_") || name.starts_with("process_"), "{name}");
        assert!(name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{name}");
        assert_eq!(name.ends_with("_total"), definition.kind == Kind::Counter, "{name}");
        let base = name.trim_end_matches("_total");
        for unit in ["seconds", "bytes"] {
            assert_eq!(base.ends_with(unit), definition.unit == unit, "{name}: {}", definition.unit);
        }
        assert!(!definition.help.is_empty() && !definition.help.ends_with('.'), "{name}");
    }
}

#[test]
fn every_label_is_explained_and_in_use() {
    let used: BTreeSet<_> = ALL.iter().flat_map(|definition| definition.labels).copied().collect();
    let explained: BTreeSet<_> = LABELS.iter().map(|(label, _)| *label).collect();
    assert_eq!((used, LABELS.len()), (explained.clone(), explained.len()));
}
