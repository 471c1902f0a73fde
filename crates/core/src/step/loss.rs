//! Losses: those that a translation can have, and those that it had.

use crate::{
    json::Field,
    version::{ByLabel, Version},
};
use std::{cmp::Ordering, fmt, sync::Arc};

/// The ways in which a translation is not exact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LossKind {
    /// A value was invented, because the other side does not say it.
    MadeUp,
    /// A value was left out, and its inverse would not restore it.
    Dropped,
    /// A value kept its text although the other side expects another form.
    Unconverted,
    /// A change that no step says lies between the two versions: what it concerns is as it was.
    Unsaid,
}

impl LossKind {
    /// The word for the kind.
    pub fn as_str(self) -> &'static str {
        match self {
            LossKind::MadeUp => "made-up",
            LossKind::Dropped => "dropped",
            LossKind::Unconverted => "unconverted",
            LossKind::Unsaid => "unsaid",
        }
    }
}

impl fmt::Display for LossKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A kind is its word in JSON, too.
impl serde::Serialize for LossKind {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The condition under which a step causes a loss.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum When {
    /// The step always causes the loss.
    Always,
    /// The field has a value that the way back would not restore.
    Differs,
    /// The value does not have the form that its version documents.
    Odd,
    /// The document also has a field of the other version.
    BothStand,
    /// The object that should have the field is null.
    Null,
    /// The guard of the step holds.
    Guarded,
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            When::Always => "always",
            When::Differs => "if the way back would not restore it",
            When::Odd => "if the value has an undocumented form",
            When::BothStand => "if the object also has a field of the other version",
            When::Null => "if it is null: what it would have is null then",
            When::Guarded => "always where the step runs",
        })
    }
}

/// A loss that a step declares.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PossibleLoss {
    /// The kind of loss.
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

/// The change that a step belongs to: what a loss comes from.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Cause {
    /// The version that brought the change.
    pub version: Version,
    /// The change, as its version calls it.
    pub change: Arc<str>,
}

/// The order in lists of losses: by the label of the version, then by the change.
impl Ord for Cause {
    fn cmp(&self, other: &Self) -> Ordering {
        ByLabel(self.version).cmp(&ByLabel(other.version)).then_with(|| self.change.cmp(&other.change))
    }
}

impl PartialOrd for Cause {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// A loss that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lost {
    /// The kind of loss.
    pub kind: LossKind,
    /// The field, `volume_usd.settled`: a name from the pack, never from the document. Of what is `misplaced` the path,
    /// `$.data[*]`.
    pub field: Arc<str>,
    /// True if the place holds a list or a scalar in place of an object that could be translated.
    pub misplaced: bool,
    /// True if a request must not be sent with it: the upstream would take it for another one.
    pub refused: bool,
    /// The change that caused the loss, or `None` if a step was run alone.
    pub cause: Option<Arc<Cause>>,
    /// The number of objects with this loss.
    pub count: u64,
}

/// The losses of one translation, ordered by field, kind and cause: the order does not depend on the document.
///
/// Displays as `volume_usd.settled=made-up, currency=dropped`, each field and kind once: names come from the pack, so it
/// is fit for headers and logs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Losses {
    lost: Vec<Lost>,
}

impl Losses {
    /// Tells whether there are no losses.
    pub fn is_empty(&self) -> bool {
        self.lost.is_empty()
    }

    /// Returns the losses.
    pub fn iter(&self) -> impl Iterator<Item = &Lost> {
        self.lost.iter()
    }

    /// One of each field and kind, whatever it comes from; the counts say nothing.
    pub fn distinct(&self) -> impl Iterator<Item = &Lost> {
        let differs = |at: usize, lost: &Lost| {
            let before = at.checked_sub(1).and_then(|before| self.lost.get(before));
            before.is_none_or(|before| (before.kind, &before.field) != (lost.kind, &lost.field))
        };
        self.lost.iter().enumerate().filter(move |(at, lost)| differs(*at, lost)).map(|(_, lost)| lost)
    }

    /// Returns the losses of places that hold nothing translatable: the value found there cannot be an object of this
    /// document.
    pub fn misplaced(&self) -> impl Iterator<Item = &Lost> {
        self.lost.iter().filter(|lost| lost.misplaced)
    }

    /// Returns only the losses of such places.
    #[must_use]
    pub fn only_misplaced(&self) -> Losses {
        Losses { lost: self.misplaced().cloned().collect() }
    }

    /// Returns the losses of other kinds than this one.
    #[must_use]
    pub fn without(&self, kind: LossKind) -> Losses {
        Losses { lost: self.lost.iter().filter(|lost| lost.kind != kind).cloned().collect() }
    }

    /// Returns the losses but for those of values that were made up at this place, or inside it.
    #[must_use]
    pub(crate) fn without_made_up(self, place: &str) -> Losses {
        let is_there = |field: &str| {
            field.strip_prefix(place).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        let is_kept = |lost: &Lost| lost.kind != LossKind::MadeUp || !is_there(&lost.field);
        Losses { lost: self.lost.into_iter().filter(is_kept).collect() }
    }

    /// Adds what another part of the same exchange lost.
    pub fn extend(&mut self, other: Losses) {
        // Mostly only one part loses anything.
        if self.is_empty() {
            *self = other;
            return;
        }
        other.lost.into_iter().for_each(|lost| self.add(lost));
    }

    /// Adds what the steps of a change lost.
    pub(crate) fn extend_from(&mut self, cause: Option<&Arc<Cause>>, lost: Losses) {
        lost.lost.into_iter().for_each(|lost| self.add(Lost { cause: cause.cloned(), ..lost }));
    }

    /// Reports a loss at a field.
    pub fn report(&mut self, kind: LossKind, field: &Field) {
        self.report_times(kind, field, None, 1);
    }

    /// Reports a loss at a field with which a request must not be sent.
    pub(crate) fn report_refused(&mut self, kind: LossKind, field: &Field) {
        let field = field.shared_text();
        self.add(Lost { kind, field, misplaced: false, refused: true, cause: None, count: 1 });
    }

    /// Returns the losses with which a request must not be sent.
    pub fn refused(&self) -> impl Iterator<Item = &Lost> {
        self.lost.iter().filter(|lost| lost.refused)
    }

    /// Returns only those losses.
    #[must_use]
    pub fn only_refused(&self) -> Losses {
        Losses { lost: self.refused().cloned().collect() }
    }

    /// Reports that an unsaid change was crossed, by the name that it has as a loss.
    pub fn report_unsaid(&mut self, name: &str, cause: Cause) {
        let (field, cause) = (name.into(), Arc::new(cause));
        self.add(Lost {
            kind: LossKind::Unsaid,
            field,
            misplaced: false,
            refused: false,
            cause: Some(cause),
            count: 1,
        });
    }

    /// Reports the same loss of so many objects.
    pub fn report_times(&mut self, kind: LossKind, field: &Field, cause: Option<&Arc<Cause>>, count: u64) {
        let field = field.shared_text();
        self.add(Lost { kind, field, misplaced: false, refused: false, cause: cause.cloned(), count });
    }

    /// Reports that what stands at a path, so many times, is nothing that a change could be made to.
    pub(crate) fn report_misplaced(&mut self, path: &Arc<str>, cause: Option<&Arc<Cause>>, count: u64) {
        let kind = LossKind::Unconverted;
        self.add(Lost {
            kind,
            field: path.clone(),
            misplaced: true,
            refused: false,
            cause: cause.cloned(),
            count,
        });
    }

    fn add(&mut self, new: Lost) {
        let same = |lost: &&mut Lost| lost.place() == new.place();
        if let Some(lost) = self.lost.iter_mut().find(same) {
            lost.count += new.count;
            lost.refused |= new.refused;
            return;
        }
        let at = self.lost.partition_point(|lost| lost.place() < new.place());
        self.lost.insert(at, new);
    }
}

impl Lost {
    fn place(&self) -> (&str, bool, LossKind, Option<&Arc<Cause>>) {
        (&self.field, self.misplaced, self.kind, self.cause.as_ref())
    }
}

impl fmt::Display for Losses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Piece by piece: the log of every translated request has it, and `write!` costs several times as much.
        for (index, lost) in self.distinct().enumerate() {
            if index > 0 {
                f.write_str(", ")?;
            }
            f.write_str(&lost.field)?;
            f.write_str("=")?;
            f.write_str(lost.kind.as_str())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(change: &str, fields: &[&str]) -> Losses {
        let cause = Arc::new(Cause { version: "2026-07-01".parse().unwrap(), change: change.into() });
        let (mut losses, mut lost) = (Losses::default(), Losses::default());
        fields.iter().for_each(|field| lost.report(LossKind::Dropped, &Field::new([*field])));
        losses.extend_from(Some(&cause), lost);
        losses
    }

    #[test]
    fn what_two_changes_lose_is_counted_apart_and_told_once() {
        let mut losses = of("one", &["b", "a"]);
        losses.extend(of("two", &["b"]));
        losses.extend(of("one", &["b"]));
        let counts: Vec<_> = losses
            .iter()
            .map(|lost| (&*lost.field, lost.cause.as_ref().map(|cause| &*cause.change), lost.count))
            .collect();
        assert_eq!(counts, [("a", Some("one"), 1), ("b", Some("one"), 2), ("b", Some("two"), 1)]);
        assert_eq!(losses.to_string(), "a=dropped, b=dropped");
    }
}
