//! Effects that several fields of an object have together: what becomes of one depends on the others.

use super::{
    parted::{self, Parted},
    scaled::{self, Scaled},
    tuples::{self, TupleMap},
};
use crate::{
    form::Pairs,
    json::{Field, Object},
    step::{Losses, PossibleLoss},
};
use std::sync::Arc;

/// An effect that several fields have together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Joint {
    /// The values of some fields become those of others by a table.
    Tuples(TupleMap),
    /// An amount gets another unit, by the value of another field.
    Scaled(Scaled),
    /// Amounts become their sum, or a sum becomes amounts.
    Parted(Parted),
}

impl Joint {
    pub(super) fn run<'a>(&'a self, object: &mut Object<'a>, losses: &mut Losses) {
        match self {
            Joint::Tuples(map) => tuples::run(map, object, losses),
            Joint::Scaled(scaled) => scaled::run(scaled, object, losses),
            Joint::Parted(parted) => parted::run(parted, object, losses),
        }
    }

    pub(super) fn run_on_pairs<'a>(&'a self, pairs: &mut Pairs<'a>, losses: &mut Losses) {
        match self {
            Joint::Tuples(map) => tuples::run_on_pairs(map, pairs, losses),
            Joint::Scaled(scaled) => scaled::run_on_pairs(scaled, pairs, losses),
            // Amounts are added up in the document of the pairs.
            Joint::Parted(_) => {}
        }
    }

    /// Tells whether it can be said of `name=value` pairs.
    pub(super) fn fits_parameters(&self) -> bool {
        match self {
            Joint::Tuples(map) => map.fits_parameters(),
            Joint::Scaled(scaled) => scaled.fits_parameters(),
            Joint::Parted(_) => false,
        }
    }

    /// The fields that have the values before it.
    pub(crate) fn sources(&self) -> &[Field] {
        match self {
            Joint::Tuples(map) => &map.from,
            Joint::Scaled(scaled) => &scaled.field,
            Joint::Parted(parted) => parted.sources(),
        }
    }

    /// The fields that have the values after it.
    pub(crate) fn targets(&self) -> &[Field] {
        match self {
            Joint::Tuples(map) => &map.to,
            Joint::Scaled(scaled) => &scaled.field,
            Joint::Parted(parted) => parted.targets(),
        }
    }

    /// The fields that it only looks at.
    pub(crate) fn looks_at(&self) -> &[Field] {
        match self {
            Joint::Tuples(_) | Joint::Parted(_) => &[],
            Joint::Scaled(scaled) => &scaled.by,
        }
    }

    /// The sources that are no targets: they go.
    pub(crate) fn going(&self) -> impl Iterator<Item = &Field> {
        self.sources().iter().filter(|field| !self.targets().contains(field))
    }

    /// The targets that are no sources: they are made.
    pub(crate) fn coming(&self) -> impl Iterator<Item = &Field> {
        self.targets().iter().filter(|field| !self.sources().contains(field))
    }

    /// The sources that go, each with the target that takes its place.
    pub(crate) fn renames(&self) -> impl Iterator<Item = (&Field, &Field)> {
        self.going().zip(self.coming())
    }

    /// The only source, and the only target, where it is another field.
    pub(crate) fn one_for_one(&self) -> Option<(&Field, &Field)> {
        match (self.sources(), self.targets()) {
            ([from], [to]) if from != to => Some((from, to)),
            _ => None,
        }
    }

    /// Every field that it names.
    pub(crate) fn fields(&self) -> Vec<Field> {
        self.sources().iter().chain(self.coming()).chain(self.looks_at()).cloned().collect()
    }

    pub(super) fn losses(&self) -> Vec<PossibleLoss> {
        match self {
            Joint::Tuples(map) => map.losses(),
            Joint::Scaled(scaled) => scaled.losses(),
            Joint::Parted(parted) => parted.losses(),
        }
    }

    /// The JSON texts that it puts into documents.
    pub(crate) fn texts(&self) -> Vec<Arc<[u8]>> {
        match self {
            Joint::Tuples(map) => map.texts(),
            Joint::Scaled(_) => Vec::new(),
            Joint::Parted(parted) => vec![parted.others.clone()],
        }
    }
}
