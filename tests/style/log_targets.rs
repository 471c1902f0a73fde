//! The targets of log events: each event names one, and the page on tracing lists them all.

use super::source;
use std::collections::BTreeSet;

/// The macros that write an event or open a span.
const MACROS: [&str; 8] =
    ["event!(", "info_span!(", "debug_span!(", "error!(", "warn!(", "info!(", "debug!(", "trace!("];

/// Returns the targets that a file's events name, and the lines of those that name none.
///
/// Tests are not looked at. A file without `tracing` writes no events.
fn targets(text: &str) -> (BTreeSet<String>, Vec<usize>) {
    let code = text.split("#[cfg(test)]").next().unwrap_or(text);
    let mut named = BTreeSet::new();
    let mut without = Vec::new();
    if !code.contains("tracing") {
        return (named, without);
    }
    // Events that name the constant may stand in another file than it.
    let constant = code.split_once("const TARGET: &str = \"").and_then(|(_, rest)| rest.split('"').next());
    named.extend(constant.map(str::to_owned));
    for name in MACROS {
        for (at, _) in code.match_indices(name) {
            let line_start = code[..at].rfind('\n').map_or(0, |end| end + 1);
            let before = code[line_start..at].trim_start();
            let follows_a_name =
                code[..at].ends_with(|before: char| before.is_alphanumeric() || before == '_');
            if follows_a_name || before.starts_with("//") || before.contains("macro_rules!") {
                continue;
            }
            match code[at + name.len()..].trim_start().strip_prefix("target: ") {
                Some(rest) if rest.starts_with("TARGET") => {}
                Some(rest) => named.extend(rest.split('"').nth(1).map(str::to_owned)),
                // A macro of the file's own, which has the target in it.
                None if code.contains(&format!("macro_rules! {}", &name[..name.len() - 2])) => {}
                None => without.push(1 + code[..at].matches('\n').count()),
            }
        }
    }
    (named, without)
}

#[test]
fn every_event_names_its_target_and_every_target_is_documented() {
    let mut named = BTreeSet::new();
    let mut without = Vec::new();
    for file in source::of_the_crates().iter().filter(|file| !file.is_test()) {
        let (targets, lines) = targets(&file.text);
        named.extend(targets);
        without.extend(lines.iter().map(|line| format!("{}:{line}", file.path)));
    }
    // The target would be the module's path, which changes with the layout; and the filter drops what is not `dateline`.
    assert!(without.is_empty(), "events without `target: \"dateline::…\"`:\n{}", without.join("\n"));
    assert!(named.iter().all(|target| target.starts_with("dateline::")), "{named:?}");
    let page = include_str!("../../docs/tracing.md");
    let documented: BTreeSet<String> = page
        .lines()
        .filter_map(|line| line.strip_prefix("| `dateline::"))
        .filter_map(|rest| rest.split('`').next())
        .map(|rest| format!("dateline::{rest}"))
        .collect();
    assert_eq!(named, documented, "the table of targets in docs/tracing.md");
}

#[test]
fn an_event_without_a_target_is_noticed() {
    let text = "use tracing::info;\nfn f() {\n    info!(\"a\");\n    tracing::warn!(target: \"dateline::cli\", \"b\");\n}\n";
    let (named, without) = targets(text);
    assert_eq!((named, without), (BTreeSet::from(["dateline::cli".to_owned()]), vec![3]));
}
