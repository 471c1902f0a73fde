//! What a translation can lose, and what it did lose.

use crate::json::Field;
use std::{fmt, sync::Arc};

/// The three ways in which a translation is not exact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LossKind {
    /// A value was invented, because the other side does not say it.
    MadeUp,
    /// A value was left out, and its inverse would not restore it.
    Dropped,
    /// A value kept its text although the other side expects another form.
    Unconverted,
}

impl fmt::Display for LossKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            LossKind::MadeUp => "made-up",
            LossKind::Dropped => "dropped",
            LossKind::Unconverted => "unconverted",
        })
    }
}

/// When a step causes a loss.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum When {
    /// Whenever the step runs.
    Always,
    /// Where the value differs from what the way back would restore, absence included.
    Differs,
    /// Where the value does not have the form that its version documents.
    Odd,
    /// Where the document has a field of the other version too.
    BothStand,
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            When::Always => "always",
            When::Differs => "where the way back would not restore it",
            When::Odd => "where the value has an undocumented form",
            When::BothStand => "where a field of the other version stands too",
        })
    }
}

/// A loss that a step declares.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PossibleLoss {
    /// What happens to the value.
    pub kind: LossKind,
    /// The field as the version that has it names it.
    pub field: Field,
    /// The circumstance.
    pub when: When,
}

impl PossibleLoss {
    pub(crate) fn new(kind: LossKind, field: &Field, when: When) -> Self {
        PossibleLoss { kind, field: field.clone(), when }
    }
}

/// A loss that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lost {
    /// What happened to the value.
    pub kind: LossKind,
    /// The field, `volume_usd.settled`: a name from the pack, never from the document.
    pub field: Arc<str>,
    /// In how many objects.
    pub count: u64,
}

/// The losses of one translation, ordered by field and kind: the order does not depend on the document.
///
/// Displays as `volume_usd.settled=made-up, currency=dropped`: names come from the pack, so it is fit for headers
/// and logs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Losses {
    lost: Vec<Lost>,
}

impl Losses {
    /// Whether nothing was lost.
    pub fn is_empty(&self) -> bool {
        self.lost.is_empty()
    }

    /// What was lost.
    pub fn iter(&self) -> impl Iterator<Item = &Lost> {
        self.lost.iter()
    }

    /// Those of other kinds than this one.
    #[must_use]
    pub fn without(&self, kind: LossKind) -> Losses {
        Losses { lost: self.lost.iter().filter(|lost| lost.kind != kind).cloned().collect() }
    }

    /// Adds what another part of the same exchange lost.
    pub fn extend(&mut self, other: Losses) {
        other.lost.into_iter().for_each(|lost| self.add(lost.kind, &lost.field, lost.count));
    }

    pub(crate) fn report(&mut self, kind: LossKind, field: &Field) {
        self.report_times(kind, field, 1);
    }

    /// Reports the same loss of so many objects.
    pub(crate) fn report_times(&mut self, kind: LossKind, field: &Field, count: u64) {
        self.add(kind, &field.shared_text(), count);
    }

    fn add(&mut self, kind: LossKind, field: &Arc<str>, count: u64) {
        if let Some(lost) = self.lost.iter_mut().find(|lost| lost.kind == kind && lost.field == *field) {
            lost.count += count;
            return;
        }
        let at = self.lost.partition_point(|lost| (&*lost.field, lost.kind) < (&**field, kind));
        self.lost.insert(at, Lost { kind, field: field.clone(), count });
    }
}

impl fmt::Display for Losses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, lost) in self.lost.iter().enumerate() {
            let comma = if index > 0 { ", " } else { "" };
            write!(f, "{comma}{}={}", lost.field, lost.kind)?;
        }
        Ok(())
    }
}
