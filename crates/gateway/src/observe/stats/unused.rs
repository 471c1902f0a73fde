//! The operations of the pack without any request, while other paths were answered: a sign that the pack has other
//! paths than the API.

use super::{RequestSample, Stats};
use crate::base::lock::Locked;
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::Relaxed},
};

/// The number of answers to paths outside the pack that can be no accident.
const FIRST: u64 = 10;

/// The state of the search for operations that nobody uses.
#[derive(Debug, Default)]
pub(super) struct UnusedOperations {
    /// Successful answers to requests of no operation of the pack.
    answered: AtomicU64,
    /// The operations of the pack that is in force.
    pack: arc_swap::ArcSwap<Vec<Arc<str>>>,
}

/// The operations without any request, to be logged.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct UnusedReport {
    /// The number of requests outside the pack's operations that were answered.
    pub(crate) answered: u64,
    /// The operations in the order of the pack.
    pub(crate) operations: Vec<Arc<str>>,
    /// The number of operations in the pack.
    pub(crate) of: usize,
}

impl UnusedReport {
    /// Some of them, as text.
    pub(crate) fn some(&self) -> String {
        const SHOWN: usize = 5;
        let mut text = self.operations.iter().take(SHOWN).map(|name| &**name).collect::<Vec<_>>().join(", ");
        if self.operations.len() > SHOWN {
            text.push_str(", …");
        }
        text
    }
}

impl Stats {
    /// Takes the operations of the pack that is in force from now on.
    pub(crate) fn set_operations(&self, templates: &[Arc<str>]) {
        self.unused.pack.store(Arc::new(templates.to_vec()));
    }

    /// Counts a request outside the pack. The operations without requests are logged at the tenth such request, the
    /// hundredth, and so on: at once, and rarely again.
    pub(crate) fn count_outside(&self, sample: &RequestSample<'_>) -> Option<UnusedReport> {
        let is_answered = sample.upstream_status.is_some_and(|status| status.is_success());
        if sample.operation.is_some() || !is_answered {
            return None;
        }
        let answered = self.unused.answered.fetch_add(1, Relaxed) + 1;
        let is_time = answered >= FIRST && 10u64.pow(answered.ilog10()) == answered;
        let (operations, of) = is_time.then(|| self.unused())?;
        (!operations.is_empty()).then_some(UnusedReport { answered, operations, of })
    }

    /// Returns the number of the pack's operations without any request, if requests outside the pack were answered
    /// meanwhile.
    pub(crate) fn unused_operations(&self) -> usize {
        match self.unused.answered.load(Relaxed) {
            0 => 0,
            _ => self.unused().0.len(),
        }
    }

    /// Returns the operations without any request, and their number. It returns none if more operations are used than
    /// can be counted separately.
    fn unused(&self) -> (Vec<Arc<str>>, usize) {
        let pack = self.unused.pack.load();
        let registry = self.registry.locked();
        let is_new = |template: &&Arc<str>| !registry.operations.contains_key(&Some(Arc::clone(template)));
        let unused = match registry.tells_all_apart() {
            true => pack.iter().filter(is_new).cloned().collect(),
            false => Vec::new(),
        };
        (unused, pack.len())
    }
}
