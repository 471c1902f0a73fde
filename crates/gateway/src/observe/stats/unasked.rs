//! The operations of the pack without any request, while other paths were answered: a sign that the pack has other
//! paths than the API.

use super::{Ledger, RequestSample};
use crate::base::lock::Locked;
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::Relaxed},
};

/// The number of answers to paths outside the pack that can be no accident.
const FIRST: u64 = 10;

/// The state of the search for operations that nobody uses.
#[derive(Debug, Default)]
pub(super) struct Strays {
    /// Successful answers to requests of no operation of the pack.
    answered: AtomicU64,
    /// The operations of the pack that is in force.
    pack: arc_swap::ArcSwap<Vec<Arc<str>>>,
}

/// The operations without any request, to be logged.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Unasked {
    /// The number of requests outside the pack's operations that were answered.
    pub(crate) answered: u64,
    /// The operations in the order of the pack.
    pub(crate) operations: Vec<Arc<str>>,
    /// The number of operations in the pack.
    pub(crate) of: usize,
}

impl Unasked {
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

impl Ledger {
    /// Takes the operations of the pack that is in force from now on.
    pub(crate) fn knows(&self, templates: &[Arc<str>]) {
        self.strays.pack.store(Arc::new(templates.to_vec()));
    }

    /// Counts a request outside the pack. The operations without requests are logged at the tenth such request, the
    /// hundredth, and so on: at once, and rarely again.
    pub(crate) fn stray(&self, told: &RequestSample<'_>) -> Option<Unasked> {
        let is_answered = told.upstream_status.is_some_and(|status| status.is_success());
        if told.operation.is_some() || !is_answered {
            return None;
        }
        let answered = self.strays.answered.fetch_add(1, Relaxed) + 1;
        let is_time = answered >= FIRST && 10u64.pow(answered.ilog10()) == answered;
        let (operations, of) = is_time.then(|| self.unasked())?;
        (!operations.is_empty()).then_some(Unasked { answered, operations, of })
    }

    /// Returns the number of the pack's operations without any request, if requests outside the pack were answered
    /// meanwhile.
    pub(crate) fn unasked_meanwhile(&self) -> usize {
        match self.strays.answered.load(Relaxed) {
            0 => 0,
            _ => self.unasked().0.len(),
        }
    }

    /// Returns the operations without any request, and their number. It returns none if more operations are used than
    /// can be counted separately.
    fn unasked(&self) -> (Vec<Arc<str>>, usize) {
        let pack = self.strays.pack.load();
        let books = self.books.locked();
        let is_new = |template: &&Arc<str>| !books.operations.contains_key(&Some(Arc::clone(template)));
        let unasked = match books.tells_all_apart() {
            true => pack.iter().filter(is_new).cloned().collect(),
            false => Vec::new(),
        };
        (unasked, pack.len())
    }
}
