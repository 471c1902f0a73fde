//! What was found, by client and operation.

use super::{Findings, Question};
use crate::{Version, recording::Exchange};
use std::collections::BTreeMap;

/// What a replay came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The version that was asked for.
    pub to: Option<Version>,
    /// The name and digest of the pack that was asked for.
    pub pack: Option<(String, String)>,
    /// By name and version.
    pub clients: BTreeMap<(String, Version), Client>,
    /// Files that hold no exchange, and why.
    pub unread: Vec<(String, String)>,
    /// Exchanges that say nothing about the question, by why.
    pub passed_over: BTreeMap<String, PassedOver>,
}

/// Exchanges that say nothing about the question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PassedOver {
    /// How many.
    pub exchanges: u64,
    /// The file of one of them.
    pub example: String,
}

/// One client at one version.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Client {
    /// By their names in the recording.
    pub operations: BTreeMap<String, Operation>,
}

/// One of its operations.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Operation {
    /// How many were replayed.
    pub exchanges: u64,
    /// In how many something was found.
    pub found_in: u64,
    /// The file of one of them.
    pub example: String,
    /// What was found.
    pub findings: Findings,
}

impl Report {
    pub(super) fn new(question: &Question) -> Self {
        let (to, pack) = match question {
            Question::Holds => (None, None),
            Question::Upgrade(to) => (Some(*to), None),
            Question::Pack(pack) => (None, Some((pack.name.clone(), pack.digest.to_string()))),
        };
        Report { to, pack, clients: BTreeMap::new(), unread: Vec::new(), passed_over: BTreeMap::new() }
    }

    pub(super) fn add(&mut self, exchange: &Exchange, name: &str, found: Findings) {
        let Some(pin) = exchange.pin else { return };
        let client = self.clients.entry((exchange.client.clone(), pin)).or_default();
        let operation = client.operations.entry(exchange.operation.clone()).or_default();
        operation.exchanges += 1;
        if operation.example.is_empty() {
            name.clone_into(&mut operation.example);
        }
        operation.found_in += u64::from(!found.is_empty());
        operation.findings.extend(found);
    }

    pub(super) fn pass_over(&mut self, why: String, name: &str) {
        let passed =
            self.passed_over.entry(why).or_insert(PassedOver { exchanges: 0, example: name.to_owned() });
        passed.exchanges += 1;
    }

    /// Every operation of every client.
    pub fn operations(&self) -> impl Iterator<Item = &Operation> {
        self.clients.values().flat_map(|client| client.operations.values())
    }

    /// How many exchanges were replayed.
    pub fn exchanges(&self) -> u64 {
        self.operations().map(|operation| operation.exchanges).sum()
    }

    /// In how many of them something was found.
    pub fn found_in(&self) -> u64 {
        self.operations().map(|operation| operation.found_in).sum()
    }

    /// Whether something cannot be translated.
    pub fn fails(&self) -> bool {
        self.operations().flat_map(|operation| operation.findings.iter()).any(|finding| finding.what.fails())
    }
}
