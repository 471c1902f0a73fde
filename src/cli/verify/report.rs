//! What a run came to: counted by operation and pin, with equal differences told once.

mod json;
mod text;

pub(super) use json::json;
pub(super) use text::text;

use std::{borrow::Cow, collections::BTreeMap};

use crate::{
    Version,
    compare::{Difference, kind},
};

/// How many different differences, failures and excuses are kept; those behind are counted.
const KEPT: usize = 1_000;

/// What became of one request at one pin.
#[derive(Debug)]
pub(super) enum Outcome {
    /// What is translated is what the upstream answers natively; the patterns of the paths at which it differs as a
    /// declared loss promises.
    Agreed { excused: Vec<String> },
    /// Both were refused with the same status.
    Refused,
    /// It is not.
    Differed { differences: Vec<Difference> },
    /// The two statuses differ.
    Statuses { native: u16, translated: u16 },
    /// The data moved while it was read.
    Unsettled,
    /// Nothing can be said, and why.
    Failed(String),
    /// Nothing is translated.
    Passed,
}

/// What a run came to.
#[derive(Debug, Default)]
pub(super) struct Report {
    /// By operation, in the pack's order, and pin.
    counts: BTreeMap<(usize, Version), Counts>,
    differences: BTreeMap<(usize, Version, Kind), Group>,
    failures: BTreeMap<String, Failure>,
    excused: BTreeMap<(usize, Version, String), u64>,
    /// Differences, failures and excuses over what is kept.
    more: u64,
    /// Requests that were to be made and were not, since the run was stopped.
    pub(super) not_asked: u64,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Counts {
    agreed: u64,
    refused: u64,
    differed: u64,
    unsettled: u64,
    failed: u64,
    passed: u64,
}

/// Differences that are told as one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Kind {
    pattern: String,
    native: Cow<'static, str>,
    translated: Cow<'static, str>,
}

#[derive(Debug)]
struct Group {
    /// How many fields.
    fields: u64,
    requests: u64,
    /// One of them, and the request that it is of.
    example: Option<Difference>,
    target: String,
}

#[derive(Debug)]
struct Failure {
    requests: u64,
    /// One of them, and its pin.
    target: String,
    pin: Version,
}

/// Whether all is well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Everything that could be compared agrees, and something could.
    Agrees,
    /// Something differs.
    Differs,
    /// Nothing differs, and something could not be compared.
    Unknown,
    /// Nothing was compared at all.
    Nothing,
}

impl Report {
    /// Adds what became of a request: of which operation, at which pin.
    pub(super) fn add(&mut self, operation: usize, pin: Version, target: &str, outcome: Outcome) {
        let counts = self.counts.entry((operation, pin)).or_default();
        match outcome {
            Outcome::Agreed { excused } => {
                counts.agreed += 1;
                self.excuse(operation, pin, excused);
            }
            Outcome::Refused => counts.refused += 1,
            Outcome::Differed { differences } => {
                counts.differed += 1;
                self.differ(operation, pin, target, differences);
            }
            Outcome::Statuses { native, translated } => {
                counts.differed += 1;
                let kind = Kind {
                    pattern: "status".to_owned(),
                    native: native.to_string().into(),
                    translated: translated.to_string().into(),
                };
                self.group((operation, pin, kind), target, None, true);
            }
            Outcome::Unsettled => counts.unsettled += 1,
            Outcome::Failed(why) => {
                counts.failed += 1;
                let full = self.failures.len() >= KEPT;
                match self.failures.get_mut(&why) {
                    Some(failure) => {
                        failure.requests += 1;
                        if is_better(target, &failure.target) {
                            (failure.target, failure.pin) = (target.to_owned(), pin);
                        }
                    }
                    None if full => self.more += 1,
                    None => {
                        let failure = Failure { requests: 1, target: target.to_owned(), pin };
                        self.failures.insert(why, failure);
                    }
                }
            }
            Outcome::Passed => counts.passed += 1,
        }
    }

    fn excuse(&mut self, operation: usize, pin: Version, excused: Vec<String>) {
        for pattern in excused {
            let full = self.excused.len() >= KEPT;
            match self.excused.get_mut(&(operation, pin, pattern.clone())) {
                Some(count) => *count += 1,
                None if full => self.more += 1,
                None => _ = self.excused.insert((operation, pin, pattern), 1),
            }
        }
    }

    fn differ(&mut self, operation: usize, pin: Version, target: &str, differences: Vec<Difference>) {
        let mut seen: Vec<Kind> = Vec::new();
        for difference in differences {
            let kind = Kind {
                pattern: difference.path.pattern(),
                native: kind(difference.expected.as_ref()).into(),
                translated: kind(difference.got.as_ref()).into(),
            };
            let is_first = !seen.contains(&kind);
            self.group((operation, pin, kind.clone()), target, Some(difference), is_first);
            if is_first {
                seen.push(kind);
            }
        }
    }

    /// Counts a difference with those like it; `is_first` is whether it is the first of its kind in its request.
    fn group(
        &mut self,
        of: (usize, Version, Kind),
        target: &str,
        example: Option<Difference>,
        is_first: bool,
    ) {
        let full = self.differences.len() >= KEPT;
        match self.differences.get_mut(&of) {
            Some(group) => {
                group.fields += 1;
                group.requests += u64::from(is_first);
                if is_first && is_better(target, &group.target) {
                    (group.example, group.target) = (example, target.to_owned());
                }
            }
            None if full => self.more += 1,
            None => {
                let group = Group { fields: 1, requests: 1, example, target: target.to_owned() };
                self.differences.insert(of, group);
            }
        }
    }

    /// Whether so many have failed before anything had a result.
    pub(super) fn is_hopeless(&self, failures: u64) -> bool {
        let Counts { agreed, refused, differed, unsettled, failed, passed } = self.total();
        failed >= failures && agreed + refused + differed + unsettled + passed == 0
    }

    fn total(&self) -> Counts {
        self.counts.values().fold(Counts::default(), |sum, counts| Counts {
            agreed: sum.agreed + counts.agreed,
            refused: sum.refused + counts.refused,
            differed: sum.differed + counts.differed,
            unsettled: sum.unsettled + counts.unsettled,
            failed: sum.failed + counts.failed,
            passed: sum.passed + counts.passed,
        })
    }

    /// What all of it means.
    pub(super) fn verdict(&self) -> Verdict {
        let Counts { agreed, differed, failed, .. } = self.total();
        match (differed, failed + self.not_asked, agreed) {
            (1.., _, _) => Verdict::Differs,
            (0, 1.., _) => Verdict::Unknown,
            // That both ways were refused does not say that an answer was translated.
            (0, 0, 0) => Verdict::Nothing,
            (0, 0, 1..) => Verdict::Agrees,
        }
    }
}

/// `1 request`, `2 requests`
pub(super) fn counted(count: u64, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// Whether a request is the better example: the shortest is, so that a report is the same whatever was answered first.
fn is_better(target: &str, than: &str) -> bool {
    (target.len(), target) < (than.len(), than)
}

/// What a report is about.
#[derive(Debug)]
pub(super) struct About {
    /// Where the requests are from.
    pub(super) source: String,
    pub(super) requests: usize,
    pub(super) upstream: String,
    pub(super) upstream_version: Version,
    /// Every operation of the pack.
    pub(super) operations: Vec<String>,
    /// Show values, and not only what they are.
    pub(super) values: bool,
}

impl About {
    fn operation(&self, number: usize) -> &str {
        self.operations.get(number).map_or("", |name| name)
    }
}

#[cfg(test)]
mod tests;
