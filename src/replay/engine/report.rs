//! The report of a replay, by client and operation. In JSON its names are stable: `docs/record.md` describes them.

use super::{Findings, Question};
use dateline_core::{Version, version::ByLabel};
use dateline_gateway::capture::format::Exchange;
use serde::{Serialize, Serializer};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The report of a replay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ReplayReport {
    /// The version that was asked for.
    pub(crate) to: Option<Version>,
    /// The name and digest of the pack that was asked for.
    pub(crate) pack: Option<(String, String)>,
    /// The clients, by name and version.
    pub(crate) clients: BTreeMap<(String, ByLabel), ReplayedClient>,
    /// Files that hold no exchange, and why.
    pub(crate) unread: Vec<(String, String)>,
    /// Exchanges that say nothing about the question, by why.
    pub(crate) passed_over: BTreeMap<String, PassedOver>,
    values: bool,
}

/// Exchanges that say nothing about the question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PassedOver {
    /// The number of exchanges.
    pub(crate) exchanges: u64,
    /// The file of one of them.
    pub(crate) example: String,
}

/// One client at one version.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ReplayedClient {
    /// The operations, by their names in the recording.
    pub(crate) operations: BTreeMap<String, ReplayedOperation>,
}

/// One of its operations.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ReplayedOperation {
    /// The number of exchanges that were replayed.
    pub(crate) exchanges: u64,
    /// The number of them in which something was found.
    pub(crate) found_in: u64,
    /// The file of one of them.
    pub(crate) example: String,
    /// The findings.
    pub(crate) findings: Findings,
}

impl ReplayReport {
    /// An empty report. Values of documents are in it only where `values` says so.
    pub(super) fn new(question: &Question, values: bool) -> Self {
        let (to, pack) = match question {
            Question::Holds => (None, None),
            Question::Upgrade(to) => (Some(*to), None),
            Question::Pack(pack) => (None, Some((pack.name.clone(), pack.digest.to_string()))),
        };
        ReplayReport {
            to,
            pack,
            clients: BTreeMap::new(),
            unread: Vec::new(),
            passed_over: BTreeMap::new(),
            values,
        }
    }

    pub(super) fn add(&mut self, exchange: &Exchange, name: &str, found: Findings) {
        let Some(pin) = exchange.pin else { return };
        let client = self.clients.entry((exchange.client.clone(), ByLabel(pin))).or_default();
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

    /// Ends the report. Findings are told apart by their values, so these are removed only now.
    pub(super) fn finish(mut self) -> Self {
        if !self.values {
            let operations = self.clients.values_mut().flat_map(|client| client.operations.values_mut());
            operations.for_each(|operation| operation.findings.remove_values());
        }
        self
    }

    /// Iterates over every operation of every client.
    pub(crate) fn operations(&self) -> impl Iterator<Item = &ReplayedOperation> {
        self.clients.values().flat_map(|client| client.operations.values())
    }

    /// The number of exchanges that were replayed.
    pub(crate) fn exchanges(&self) -> u64 {
        self.operations().map(|operation| operation.exchanges).sum()
    }

    /// The number of exchanges in which something was found.
    pub(crate) fn found_in(&self) -> u64 {
        self.operations().map(|operation| operation.found_in).sum()
    }

    /// Tells whether anything cannot be translated.
    pub(crate) fn fails(&self) -> bool {
        self.operations().flat_map(|operation| operation.findings.iter()).any(|finding| finding.what.fails())
    }
}

impl Serialize for ReplayReport {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let operation = |(name, operation): (&String, &ReplayedOperation)| {
            let ReplayedOperation { exchanges, found_in, example, findings } = operation;
            json!({
                "operation": name, "exchanges": exchanges, "found_in": found_in, "example": example,
                "findings": findings,
            })
        };
        let clients = self.clients.iter().map(|((name, pin), client)| {
            let operations: Value = client.operations.iter().map(operation).collect();
            json!({ "client": name, "pin": pin, "operations": operations })
        });
        let passed_over = self.passed_over.iter().map(
            |(why, passed)| json!({ "why": why, "exchanges": passed.exchanges, "example": passed.example }),
        );
        let unread = self.unread.iter().map(|(file, why)| json!({ "file": file, "why": why }));
        json!({
            "to": self.to,
            "pack": self.pack.as_ref().map(|(name, digest)| json!({ "name": name, "digest": digest })),
            "exchanges": self.exchanges(),
            "found_in": self.found_in(),
            "clients": clients.collect::<Value>(),
            "passed_over": passed_over.collect::<Value>(),
            "not_read": unread.collect::<Value>(),
            "summary": self.summary(),
        })
        .serialize(serializer)
    }
}
