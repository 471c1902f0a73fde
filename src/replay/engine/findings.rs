//! Findings of a replay. Those that are equal in several exchanges are kept once.

use dateline_core::{compare::across::FieldChange, pack::Part, step::LossKind};
use serde::Serialize;
use serde_json::Value;
use std::sync::Arc;

/// A difference, a loss, or a failed translation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finding {
    /// The part of the exchange that it is in.
    pub(crate) part: Part,
    /// The finding itself.
    pub(crate) what: What,
    /// The number of exchanges that it is in.
    pub(crate) exchanges: u64,
    /// The file of one of them.
    pub(crate) example: String,
}

/// A kind of finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "what", rename_all = "lowercase")]
pub(crate) enum What {
    /// A field is different in the other version.
    Field {
        /// The field. It has no values where none are to be shown.
        field: FieldChange,
        /// A description of the change, used if its values are not shown.
        #[serde(skip)]
        note: Option<String>,
    },
    /// A value is different with the other pack.
    Value {
        /// The pattern of its path: elements of a list are alike.
        path: String,
        /// The JSON types with the pack in force and with the other one.
        #[serde(skip)]
        kinds: (&'static str, &'static str),
        /// The values. They are absent where none are to be shown.
        #[serde(flatten)]
        values: Option<Values>,
    },
    /// The same values in other bytes: the upstream compares a write that is sent again byte by byte.
    Bytes,
    /// A loss, in one of two translations or in both.
    Loss {
        /// The field, as the pack names it.
        field: Arc<str>,
        /// The kind of loss.
        kind: LossKind,
        /// True if it happens now.
        before: bool,
        /// True if it would happen with the other version or pack.
        after: bool,
        /// True if there is another version or pack to compare with.
        #[serde(skip)]
        compared: bool,
    },
    /// The translation fails.
    #[serde(rename = "failure")]
    Fails {
        /// The reason why it fails now.
        before: Option<String>,
        /// The reason why it would fail with the other version or pack.
        after: Option<String>,
    },
}

/// One value with two packs; `None` where there is none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Values {
    /// The value with the pack in force.
    pub(crate) old: Option<Value>,
    /// The value with the other one.
    pub(crate) new: Option<Value>,
}

impl What {
    /// Takes in another finding if it is the same, and returns whether it is.
    fn take_in(&mut self, other: &What) -> bool {
        match (self, other) {
            (What::Field { field: own, .. }, What::Field { field: other, .. }) => own.take_in(other),
            (What::Value { path, kinds, .. }, What::Value { path: at, kinds: other, .. }) => {
                path == at && kinds == other
            }
            (own, other) => own == other,
        }
    }

    /// Tells whether the translation fails.
    pub(crate) fn fails(&self) -> bool {
        matches!(self, What::Fails { .. })
    }

    fn remove_values(&mut self) {
        match self {
            What::Field { field, note } => {
                *note = Some(field.note());
                field.values = (None, None);
            }
            What::Value { values, .. } => *values = None,
            What::Bytes | What::Loss { .. } | What::Fails { .. } => {}
        }
    }
}

/// The findings so far, in the order in which they were found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Findings(Vec<Finding>);

impl Findings {
    /// Iterates over the findings.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Finding> {
        self.0.iter()
    }

    /// Tells whether there are no findings.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Removes the values, so that only names, types and places are left.
    pub(super) fn remove_values(&mut self) {
        self.0.iter_mut().for_each(|finding| finding.what.remove_values());
    }

    /// Adds a finding of the exchange whose file is `example`.
    pub(super) fn note(&mut self, part: Part, what: What, example: &str) {
        self.add(Finding { part, what, exchanges: 1, example: example.to_owned() }, 0);
    }

    /// Adds the findings of another exchange.
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
