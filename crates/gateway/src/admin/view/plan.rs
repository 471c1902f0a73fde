//! The plan of an operation between two versions, with an example.

use dateline_core::{
    Version,
    pack::{Change, Pack},
    plan::Words,
};
use serde_json::Value;

/// A plan in words, and the changes that it is made of.
#[derive(Debug)]
pub(in super::super) struct PlanView<'p> {
    pub(in super::super) words: Words,
    /// The changes that touch the operation between the two versions, oldest first, each with the version that made it.
    pub(in super::super) changes: Vec<(Version, &'p Change)>,
}

/// A reason why there is no plan. The text is for the operator, and repeats nothing of the question.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(in super::super) enum NoPlan {
    #[error("the pack has no such operation: /api/history lists them")]
    Operation,
    #[error("the pack has no such version: /api/history lists them")]
    Version,
}

/// The plan for what was asked: an operation of the pack, a pin, and an upstream version where it is not the usual.
///
/// # Errors
/// The pack has no such thing.
pub(in super::super) fn view<'p>(
    pack: &'p Pack,
    operation: &str,
    pin: &str,
    upstream: Version,
) -> Result<PlanView<'p>, NoPlan> {
    let id = pack.find(operation).ok_or(NoPlan::Operation)?;
    let pin: Version = pin.parse().map_err(|_| NoPlan::Version)?;
    if !pack.supports(pin) || !pack.supports(upstream) {
        return Err(NoPlan::Version);
    }
    let words = Words::new(pack, id, pin, upstream);
    let touches = |change: &Change| {
        let resource = pack.resources.get(change.resource);
        resource.is_some_and(|resource| resource.places().any(|found| found.operation == id))
    };
    let modules = pack.modules_between(pin, upstream).iter();
    let changes = modules
        .flat_map(|module| module.changes.iter().map(|change| (module.version, change)))
        .filter(|(_, change)| touches(change));
    Ok(PlanView { words, changes: changes.collect() })
}

/// An example as people read it: JSON on lines of its own, a query a pair a line. Each line says whether the other side has
/// it too.
pub(in super::super) fn lines(text: &str, other: &str) -> Vec<(String, bool)> {
    let (text, other) = (pretty(text), pretty(other));
    let same = |line: &str| other.lines().any(|other| bare(other) == bare(line));
    text.lines().map(|line| (line.to_owned(), same(line))).collect()
}

/// Removes the comma at the end, which depends on the next line only.
fn bare(line: &str) -> &str {
    line.trim_end_matches(',')
}

fn pretty(text: &str) -> String {
    match serde_json::from_str::<Value>(text) {
        Ok(value) => serde_json::to_string_pretty(&value).unwrap_or_else(|_| text.to_owned()),
        Err(_) => text.replace('&', "\n& "),
    }
}
