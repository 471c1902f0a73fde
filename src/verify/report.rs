//! The report of a run: results by operation and pin, with equal differences reported once.

mod groups;
mod json;
mod text;

use std::collections::BTreeMap;

use dateline_core::{
    Version,
    compare::{Difference, report::DifferingPlace},
    version::ByLabel,
};
use dateline_gateway::verify::Outcome;
use groups::{Groups, Merge};
use serde::Serialize;

/// The largest number of different differences, failures and excuses that are kept. More are only counted.
const KEPT: usize = 1_000;

/// The report of a run, by number of operation, in the pack's order, and pin.
#[derive(Debug)]
pub(super) struct VerifyReport {
    about: About,
    results: BTreeMap<(usize, ByLabel), Counts>,
    differences: Groups<(usize, ByLabel, DifferingPlace), Differing>,
    failures: Groups<String, Failed>,
    excused: Groups<(usize, ByLabel, String), u64>,
    /// Requests that were not sent because the run was stopped.
    pub(super) not_asked: u64,
}

/// The subject of a report.
#[derive(Debug)]
pub(super) struct About {
    /// The source of the requests.
    pub(super) source: String,
    pub(super) requests: usize,
    pub(super) upstream: String,
    pub(super) upstream_version: Version,
    /// Every operation of the pack.
    pub(super) operations: Vec<String>,
    /// True if the values that differ are shown, and not only their types.
    pub(super) values: bool,
}

/// The numbers of requests, by result.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize)]
struct Counts {
    agreed: u64,
    differed: u64,
    failed: u64,
    refused: u64,
    unsettled: u64,
    passed: u64,
}

/// Equal differences: the number of fields and of requests, and an example with its request.
#[derive(Debug)]
struct Differing {
    fields: u64,
    requests: u64,
    target: String,
    example: Option<Difference>,
}

impl Merge for Differing {
    fn merge(&mut self, other: Self) {
        self.fields += other.fields;
        self.requests += other.requests;
        if other.requests > 0 && is_better(&other.target, &self.target) {
            (self.example, self.target) = (other.example, other.target);
        }
    }
}

/// Requests that failed for the same reason: their number, and one of them with its pin.
#[derive(Debug)]
struct Failed {
    requests: u64,
    target: String,
    pin: Version,
}

impl Merge for Failed {
    fn merge(&mut self, other: Self) {
        self.requests += other.requests;
        if is_better(&other.target, &self.target) {
            (self.target, self.pin) = (other.target, other.pin);
        }
    }
}

/// The result of a whole run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum RunResult {
    /// All that could be compared agrees, and at least one request was compared.
    Agreed,
    /// One or more responses differ.
    Differed,
    /// No response differs, but at least one could not be compared.
    Failed,
    /// No request was compared at all.
    NothingCompared,
}

impl VerifyReport {
    pub(super) fn new(about: About) -> Self {
        VerifyReport {
            about,
            results: BTreeMap::new(),
            differences: Groups::at_most(KEPT),
            failures: Groups::at_most(KEPT),
            excused: Groups::at_most(KEPT),
            not_asked: 0,
        }
    }

    /// Adds the outcome of a request: of which operation, by number, and at which pin.
    pub(super) fn add(&mut self, operation: usize, pin: Version, target: &str, outcome: Outcome) {
        let counts = self.results.entry((operation, ByLabel(pin))).or_default();
        match outcome {
            Outcome::Agreed { excused, .. } => {
                counts.agreed += 1;
                excused
                    .iter()
                    .for_each(|path| self.excused.add((operation, ByLabel(pin), path.pattern()), 1));
            }
            Outcome::Differed { differences } => {
                counts.differed += 1;
                self.differ(operation, pin, target, differences);
            }
            Outcome::Statuses { native, translated } => {
                counts.differed += 1;
                let (expected, got) = (native.to_string().into(), translated.to_string().into());
                let place = DifferingPlace { path: "status".to_owned(), expected, got };
                let differing =
                    Differing { fields: 1, requests: 1, target: target.to_owned(), example: None };
                self.differences.add((operation, ByLabel(pin), place), differing);
            }
            Outcome::Unsettled { .. } => counts.unsettled += 1,
            Outcome::Untranslated => counts.passed += 1,
            Outcome::Failed(failure) if failure.is_about_the_request() => counts.refused += 1,
            Outcome::Failed(failure) => {
                counts.failed += 1;
                let failed = Failed { requests: 1, target: target.to_owned(), pin };
                self.failures.add(failure.to_string(), failed);
            }
        }
    }

    fn differ(&mut self, operation: usize, pin: Version, target: &str, differences: Vec<Difference>) {
        let mut seen: Vec<DifferingPlace> = Vec::new();
        for difference in differences {
            let place = DifferingPlace::from(&difference);
            let is_first = !seen.contains(&place);
            if is_first {
                seen.push(place.clone());
            }
            let (target, example) = (target.to_owned(), Some(difference));
            let differing = Differing { fields: 1, requests: is_first.into(), target, example };
            self.differences.add((operation, ByLabel(pin), place), differing);
        }
    }

    /// Tells whether this many requests have failed before any had a result.
    pub(super) fn is_hopeless(&self, failures: u64) -> bool {
        let Counts { agreed, differed, failed, refused, unsettled, passed } = self.total();
        failed >= failures && agreed + refused + differed + unsettled + passed == 0
    }

    fn total(&self) -> Counts {
        self.results.values().fold(Counts::default(), |sum, counts| Counts {
            agreed: sum.agreed + counts.agreed,
            differed: sum.differed + counts.differed,
            failed: sum.failed + counts.failed,
            refused: sum.refused + counts.refused,
            unsettled: sum.unsettled + counts.unsettled,
            passed: sum.passed + counts.passed,
        })
    }

    /// The number of differences, failures and excuses over what is kept.
    fn left_out(&self) -> u64 {
        self.differences.left_out() + self.failures.left_out() + self.excused.left_out()
    }

    fn operation(&self, number: usize) -> &str {
        self.about.operations.get(number).map_or("", |name| name)
    }

    /// The result of the run.
    pub(super) fn result(&self) -> RunResult {
        let Counts { agreed, differed, failed, .. } = self.total();
        match (differed, failed + self.not_asked, agreed) {
            (1.., _, _) => RunResult::Differed,
            (0, 1.., _) => RunResult::Failed,
            // That both ways were refused does not say that an answer was translated.
            (0, 0, 0) => RunResult::NothingCompared,
            (0, 0, 1..) => RunResult::Agreed,
        }
    }
}

/// Tells whether a request is the better example. The shortest is, so that a report does not depend on the order of
/// responses.
fn is_better(target: &str, than: &str) -> bool {
    (target.len(), target) < (than.len(), than)
}

#[cfg(test)]
mod tests;
