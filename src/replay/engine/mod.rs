//! Captured exchanges, tried on translations: what would change for each client, with no network.
//!
//! | question | answer |
//! |---|---|
//! | [`Question::Holds`] | does the pack translate what was recorded, and what does it lose? |
//! | [`Question::Upgrade`] | what would a client have to send, and what would it get, at another version? |
//! | [`Question::Pack`] | what would the upstream and the client get with another pack? |
//!
//! | file | is |
//! |---|---|
//! | `exchange` | one exchange: its documents, and where they stand in a pack |
//! | `upgrade`, `packs` | the second question; the first and the third |
//! | `findings` | what is found, once for all exchanges in which it is the same |
//! | `report`, `words` | the report by client and operation; the same as text |
//!
//! All of them are questions to [`compare`](dateline_core::compare).

mod exchange;
mod findings;
mod packs;
mod report;
#[cfg(test)]
mod tests;
mod upgrade;
mod words;

pub(crate) use findings::{Finding, Findings, Values, What};
pub(crate) use report::{ReplayReport, ReplayedClient, ReplayedOperation};

use dateline_core::{
    Version,
    compare::{Translations, across::Crossing},
    pack::{Pack, Part},
    translate::Media,
};
use dateline_gateway::capture::format::{CaptureFile, Exchange};
use exchange::Documents;
use std::{collections::HashMap, sync::Arc};

/// The question to a recording.
#[derive(Debug, Clone)]
pub(crate) enum Question {
    /// Asks whether everything still translates.
    Holds,
    /// Asks for the differences at this version.
    Upgrade(Version),
    /// Asks for the differences with this pack.
    Pack(Arc<Pack>),
}

/// A replay under way.
#[derive(Debug)]
pub(crate) struct Replay<'p> {
    question: Question,
    pack: &'p Pack,
    in_force: Translations,
    other: Option<Translations>,
    crossings: HashMap<(usize, Part, bool, Version), Crossing>,
    report: ReplayReport,
}

impl<'p> Replay<'p> {
    /// A question to recordings, of the pack in force. The report shows values of documents only where `values` says so.
    pub(crate) fn new(pack: &'p Arc<Pack>, question: Question, values: bool) -> Self {
        let other = match &question {
            Question::Pack(other) => Some(Translations::new(Arc::clone(other))),
            Question::Holds | Question::Upgrade(_) => None,
        };
        let report = ReplayReport::new(&question, values);
        let in_force = Translations::new(Arc::clone(pack));
        Replay { question, pack, in_force, other, crossings: HashMap::new(), report }
    }

    /// Takes in one file.
    pub(crate) fn add(&mut self, recorded: CaptureFile) {
        match recorded.exchange {
            Ok(exchange) => self.exchange(&recorded.name, &exchange),
            Err(problem) => self.report.unread.push((recorded.name, problem.to_string())),
        }
    }

    fn exchange(&mut self, name: &str, exchange: &Exchange) {
        let pass_over = |report: &mut ReplayReport, why: String| report.pass_over(why, name);
        let (Some(pin), Some(upstream)) = (exchange.pin, exchange.upstream) else {
            return pass_over(&mut self.report, "the upstream was to decide on the version".to_owned());
        };
        for version in [pin, upstream] {
            if !self.pack.supports(version) {
                return pass_over(&mut self.report, format!("the pack has no version {version}"));
            }
        }
        let documents = Documents::of(exchange);
        let Some(operation) = documents.operation(self.pack) else {
            return pass_over(
                &mut self.report,
                format!("the pack has no operation `{}`", exchange.operation),
            );
        };
        let found = match (&self.question, &self.other) {
            (Question::Upgrade(to), _) => {
                let to = *to;
                self.upgrade(name, &documents, (operation, pin, upstream), to)
            }
            (_, other) => packs::compare(name, &documents, &self.in_force, other.as_ref(), (pin, upstream)),
        };
        self.report.add(exchange, name, found);
    }

    /// Ends the replay with its report.
    pub(crate) fn finish(self) -> ReplayReport {
        self.report.finish()
    }

    /// The way of documents from a client's version to the one that is asked for.
    fn crossing(&mut self, place: dateline_core::compare::Place, from: Version, to: Version) -> &Crossing {
        let key = (place.operation.0, place.part, place.media == Media::Form, from);
        let pack = self.pack;
        self.crossings.entry(key).or_insert_with(|| Crossing::new(pack, place, from, to))
    }
}
