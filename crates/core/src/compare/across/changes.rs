//! The changes of fields, listed once for all the places where the same happens.

use super::trace::{Fact, Names, Whence, element_number};
use crate::{
    json::{Hop, Name},
    step::{LossKind, Losses},
    version::Version,
};
use serde::Serialize;
use serde_json::Value;
use std::sync::Arc;

/// The name of each element of a list.
const ELEMENT: &str = "[*]";

/// The differences that a client would see in a document. Each is listed once for all the places where the same happens
/// to a field.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Seen {
    /// The changes, in the order in which the versions between bring them.
    pub changes: Vec<FieldChange>,
    /// The number of values that stay unchanged in their places.
    pub unchanged: u64,
    /// The losses of the translation, including those that are not visible because the field was missing.
    pub losses: Losses,
    /// The document in the other version; the last one, of several.
    pub output: String,
}

/// The change of one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldChange {
    /// The kind of change.
    pub kind: Kind,
    /// The path of its object in the document, `$.data[*]`, or `None` for the parameters of a query or a form.
    pub object: Option<String>,
    /// The names that lead to it from its object in the document; none for a field that is new.
    pub before: Option<Vec<String>>,
    /// The names in the other version, or `None` for a field that is removed.
    pub after: Option<Vec<String>>,
    /// An example of its values before and after.
    pub values: (Option<Value>, Option<Value>),
    /// The number of objects in which it happens; for parameters, the number of documents.
    pub places: u64,
    /// The changes of the pack that do it, in the order in which they do.
    pub by: Vec<Arc<Cause>>,
    /// The loss that the translation declares.
    pub loss: Option<LossKind>,
    /// The source of the value of a new field.
    pub source: Option<Source>,
}

/// A kind of change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// The same value under another name.
    Renamed,
    /// The same value in another container: put into a group, or taken out of one.
    Moved,
    /// The value in another form; its name or place may be another, too.
    Converted,
    /// A value of an enumeration under another name; its own name or place may be another, too.
    Mapped,
    /// The value as it was, although the other version expects another form.
    Unconverted,
    /// A field that the document does not have.
    Added,
    /// A discriminator that the document does not have: it says which kind of object it stands in.
    Tagged,
    /// A field that the other version does not have; or one that is null there, since its value has no form in it.
    Gone,
}

/// The source of the value of a new field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// The pack says it, whatever the document.
    Pack,
    /// A copy of the field with these names in the other version.
    CopyOf(Vec<String>),
    /// The pack says it and knows why it is right: this is why.
    Known(String),
}

/// A change of the pack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cause {
    /// The version that brings it.
    pub version: Version,
    /// The name that the changelog gives it.
    #[serde(rename = "change")]
    pub name: String,
    /// The reason for the change, for the API's users.
    pub why: String,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Kind; 8] = [
        Kind::Renamed,
        Kind::Moved,
        Kind::Converted,
        Kind::Mapped,
        Kind::Unconverted,
        Kind::Added,
        Kind::Tagged,
        Kind::Gone,
    ];

    /// The word for it, for programs: `renamed`.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Renamed => "renamed",
            Kind::Moved => "moved",
            Kind::Converted => "converted",
            Kind::Mapped => "mapped",
            Kind::Unconverted => "unconverted",
            Kind::Added => "added",
            Kind::Tagged => "tagged",
            Kind::Gone => "gone",
        }
    }

    /// Tells whether the changes of two values of the same field may be listed together: a null that only moves, and an
    /// amount that is converted.
    fn is_told_with(self, other: Kind) -> bool {
        let passes = |kind| matches!(kind, Kind::Renamed | Kind::Moved | Kind::Converted);
        self == other || passes(self) && passes(other)
    }
}

impl FieldChange {
    /// Returns the path of the field in the document, `$.data[*].currency`, or a parameter's name.
    pub fn path_before(&self) -> Option<String> {
        self.before.as_ref().map(|names| self.path(names))
    }

    /// Returns the path of the field in the other version.
    pub fn path_after(&self) -> Option<String> {
        self.after.as_ref().map(|names| self.path(names))
    }

    /// Takes in what happens elsewhere, where that is the same to the same field; tells whether it is.
    pub fn take_in(&mut self, other: &FieldChange) -> bool {
        if !told_together(self, other) {
            return false;
        }
        self.places += other.places;
        // A value says more than a null, and one that is converted more than one that is not.
        let says_more = |one: &FieldChange, other: &FieldChange| {
            (one.kind, has_value(one)) > (other.kind, has_value(other))
        };
        if says_more(other, self) {
            (self.kind, self.values) = (other.kind, other.values.clone());
        }
        true
    }

    pub(super) fn path(&self, names: &[String]) -> String {
        match &self.object {
            None => names.join("."),
            Some(object) => {
                let hop = |name: &String| match name == ELEMENT {
                    true => Hop::Elements,
                    false => Hop::Member(Name::new(name)),
                };
                let hops: Vec<Hop> = names.iter().map(hop).collect();
                format!("{object}{}", &Hop::display(&hops)[1..])
            }
        }
    }
}

impl Seen {
    /// Adds what is seen in another document of the same crossing.
    pub fn add(&mut self, other: Seen) {
        other.changes.into_iter().for_each(|change| self.note(change));
        self.unchanged += other.unchanged;
        self.losses.extend(other.losses);
        self.output = other.output;
    }

    pub(super) fn note_fact(&mut self, object: Option<&str>, fact: Fact, causes: &[Arc<Cause>]) {
        let source = fact.source.map(|source| match source {
            Whence::Pack => Source::Pack,
            Whence::CopyOf(names) => Source::CopyOf(each_element(names)),
            Whence::Known(why) => Source::Known(why),
        });
        self.note(FieldChange {
            kind: fact.kind,
            object: object.map(Into::into),
            before: fact.before.map(each_element),
            after: fact.after.map(each_element),
            values: (fact.old, fact.new),
            places: 1,
            by: fact.by.iter().filter_map(|by| causes.get(*by).cloned()).collect(),
            loss: fact.loss,
            source,
        });
    }

    fn note(&mut self, change: FieldChange) {
        if !self.changes.iter_mut().any(|known| known.take_in(&change)) {
            self.changes.push(change);
        }
    }
}

/// Names with those of elements alike: what happens to one happens to each.
fn each_element(names: Names) -> Names {
    let name = |name: String| if element_number(&name).is_some() { ELEMENT.to_owned() } else { name };
    names.into_iter().map(name).collect()
}

fn told_together(known: &FieldChange, other: &FieldChange) -> bool {
    let place = |change: &FieldChange| -> (Option<String>, Option<Names>, Option<Names>) {
        (change.object.clone(), change.before.clone(), change.after.clone())
    };
    // Every value of an enumeration that has another name is told.
    let values = known.kind != Kind::Mapped || known.values == other.values;
    known.kind.is_told_with(other.kind)
        && values
        && (known.loss, &known.source, &known.by) == (other.loss, &other.source, &other.by)
        && place(known) == place(other)
}

fn has_value(change: &FieldChange) -> bool {
    let (old, new) = &change.values;
    old.as_ref().or(new.as_ref()).is_some_and(|value| !value.is_null())
}
