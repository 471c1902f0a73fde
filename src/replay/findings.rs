//! What a replay finds, told once for all the exchanges in which it is the same.

use crate::{
    compare::{across::FieldChange, kind},
    pack::Part,
    step::LossKind,
};
use serde_json::Value;
use std::sync::Arc;

/// Something that is different, or lost, or cannot be translated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Where.
    pub part: Part,
    /// What.
    pub what: What,
    /// In how many exchanges.
    pub exchanges: u64,
    /// The file of one of them.
    pub example: String,
}

/// What is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// A field is another in the other version.
    Field(FieldChange),
    /// A value is another with the other pack; `None` where there is none.
    Value {
        /// Its place: elements of a list are alike.
        path: String,
        /// With the pack in force.
        old: Option<Value>,
        /// With the other one.
        new: Option<Value>,
    },
    /// The same values in other bytes: the upstream compares a write that is sent again byte by byte.
    Bytes,
    /// A loss, in one of two translations or in both.
    Loss {
        /// The field, as the pack names it.
        field: Arc<str>,
        /// What happens to its value.
        kind: LossKind,
        /// As things are.
        before: bool,
        /// As they would be.
        after: bool,
    },
    /// It cannot be translated.
    Fails {
        /// Why, as things are.
        before: Option<String>,
        /// Why, as they would be.
        after: Option<String>,
    },
}

impl What {
    /// Takes in what was found elsewhere, where it is the same; tells whether it is.
    fn take_in(&mut self, other: &What) -> bool {
        match (self, other) {
            (What::Field(own), What::Field(other)) => own.take_in(other),
            (What::Value { path, old, new }, What::Value { path: at, old: was, new: is }) => {
                path == at
                    && (kind(old.as_ref()), kind(new.as_ref())) == (kind(was.as_ref()), kind(is.as_ref()))
            }
            (own, other) => own == other,
        }
    }

    /// Whether the translation fails.
    pub fn fails(&self) -> bool {
        matches!(self, What::Fails { .. })
    }
}

/// What was found so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Findings(Vec<Finding>);

impl Findings {
    /// Every one, in the order in which they were found.
    pub fn iter(&self) -> impl Iterator<Item = &Finding> {
        self.0.iter()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Something in one exchange, where `example` is kept.
    pub(super) fn note(&mut self, part: Part, what: What, example: &str) {
        self.add(Finding { part, what, exchanges: 1, example: example.to_owned() }, 0);
    }

    /// Everything that was found in another exchange.
    pub(super) fn extend(&mut self, other: Findings) {
        other.0.into_iter().for_each(|finding| self.add(finding, 1));
    }

    fn add(&mut self, finding: Finding, exchanges: u64) {
        let mut own = self.0.iter_mut().filter(|own| own.part == finding.part);
        match own.find_map(|own| own.what.take_in(&finding.what).then_some(own)) {
            Some(own) => own.exchanges += exchanges,
            None => self.0.push(finding),
        }
    }
}
