//! Fillings: the value that a field gets where it is absent, because the version of the document does not have it.

use super::{
    Derived, Effect, Lookup, LookupRows, Lookups, Made,
    read::{json, required_field, scalar},
};
use crate::{
    authored::{Code, Diagnostic, Location, Table},
    json::Field,
};
use std::sync::Arc;

/// The value that a field gets where it is absent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Filling {
    /// The field is not filled in.
    Nothing,
    /// The same value in every object.
    Constant {
        /// The JSON text.
        text: Arc<[u8]>,
        /// The reason why the version without the field means this value. Without one, the value is made up.
        implied_by: Option<String>,
    },
    /// A value beside another field of the same container, and only where that stands.
    Beside {
        /// The other field.
        anchor: Field,
        /// The JSON text; `None` for a copy of the other field.
        text: Option<Arc<[u8]>>,
    },
    /// A value that follows from another field, wherever that stands.
    From {
        /// The other field.
        anchor: Field,
        /// The table that has the value; a copy of the other field without one.
        lookup: Option<Lookup>,
        /// The reason why the version without the field means this value. Without one, the value is made up.
        implied_by: Option<String>,
    },
}

impl Filling {
    /// The effect that fills the field in, if any does.
    pub(super) fn make(&self, field: &Field) -> Option<Effect> {
        let made = self.made();
        (made != Made::Nothing).then(|| Effect::Make { field: field.clone(), made })
    }

    /// The effect that removes the field.
    pub(super) fn remove(&self, field: &Field) -> Effect {
        Effect::Remove { field: field.clone(), made: self.made() }
    }

    fn made(&self) -> Made {
        match self {
            Filling::Nothing => Made::Nothing,
            Filling::Constant { text, implied_by } => {
                Made::Constant { text: text.clone(), implied_by: implied_by.clone() }
            }
            // The form that the anchor gets is for the whole change to say.
            Filling::Beside { anchor, text } => {
                Made::Beside { anchor: anchor.clone(), text: text.clone(), anchor_form: None }
            }
            Filling::From { anchor, lookup, implied_by } => {
                let (anchor, lookup, implied_by) = (anchor.clone(), lookup.clone(), implied_by.clone());
                Made::Derived(Box::new(Derived { anchor, lookup, implied_by, anchor_form: None }))
            }
        }
    }

    /// Reads a value that is the same in every object, under this key.
    pub(super) fn constant(
        table: &mut Table<'_>,
        key: &'static str,
        notes: &mut Vec<Diagnostic>,
    ) -> Option<Filling> {
        let text = table.required(key, notes).and_then(|text| json(&text, notes));
        let implied_by = implied_by(table, notes);
        Some(Filling::Constant { text: text?, implied_by })
    }

    /// Reads a value that follows from another field: a copy of it, or the value of a lookup table.
    pub(super) fn of_another(table: &mut Table<'_>, notes: &mut Vec<Diagnostic>) -> Option<Filling> {
        let key = if table.has("lookup") { "lookup" } else { "copy" };
        let anchor = required_field(table, key, notes);
        let lookup = match key {
            "lookup" => {
                let name = table.required("in", notes).map(|text| text.text.to_owned());
                let rest = scalar(table, "rest", notes);
                Some(name.zip(rest).map(|(name, rest)| Lookup { name, rows: LookupRows::default(), rest }))
            }
            _ => None,
        };
        let implied_by = implied_by(table, notes);
        let anchor = anchor?;
        let lookup = match lookup {
            Some(lookup) => Some(lookup?),
            None => None,
        };
        Some(match lookup.is_none() && implied_by.is_none() {
            true => Filling::Beside { anchor, text: None },
            false => Filling::From { anchor, lookup, implied_by },
        })
    }

    /// Finds the table of a lookup.
    pub(super) fn resolve(&mut self, lookups: &Lookups, at: &Location, notes: &mut Vec<Diagnostic>) {
        if let Filling::From { lookup: Some(lookup), .. } = self {
            lookup.resolve(lookups, at, notes);
        }
    }

    /// Notes a filling by a field that cannot say the value; tells whether there is none.
    pub(super) fn fits(&self, field: &Field, table: &Table<'_>, notes: &mut Vec<Diagnostic>) -> bool {
        let (message, hint) = match self {
            Filling::Beside { anchor, .. } if field == anchor => (
                format!("{field} is filled in beside itself"),
                "a value is filled in beside another field; a container is never made",
            ),
            Filling::Beside { anchor, text: None } | Filling::From { anchor, .. }
                if field.overlaps(anchor) =>
            {
                (
                    format!("{field} cannot follow from {anchor}: one is in the other"),
                    "name a field that stands by itself",
                )
            }
            Filling::Nothing | Filling::Constant { .. } | Filling::Beside { .. } | Filling::From { .. } => {
                return true;
            }
        };
        let note = Diagnostic::new(Code::BadValue, &table.at(), message);
        notes.push(note.label("this step").hint(hint));
        false
    }

    /// Describes in words how the field is filled in.
    pub(super) fn describe(&self, verb: &str, field: &Field) -> String {
        let why = |implied_by: &Option<String>| {
            implied_by.as_ref().map(|why| format!(": {why}")).unwrap_or_default()
        };
        match self {
            Filling::Nothing => format!("{verb} no {field}"),
            Filling::Constant { text, implied_by } => {
                let text = String::from_utf8_lossy(text);
                format!("{verb} {field} = {text} where absent{}", why(implied_by))
            }
            Filling::Beside { anchor, text: Some(text) } => {
                format!("{verb} {field} = {} beside {anchor}", String::from_utf8_lossy(text))
            }
            Filling::Beside { anchor, text: None } => format!("{verb} {field} as a copy of {anchor}"),
            Filling::From { anchor, lookup, implied_by } => {
                let why = why(implied_by);
                match lookup {
                    Some(lookup) => format!("{verb} {field} by {anchor} in {}{why}", lookup.describe()),
                    None => format!("{verb} {field} as a copy of {anchor}{why}"),
                }
            }
        }
    }
}

/// Reads the reason why the version without the field means its value.
fn implied_by(table: &mut Table<'_>, notes: &mut Vec<Diagnostic>) -> Option<String> {
    let key = table.renamed("implied_by", notes);
    table.string(key, notes).map(|text| text.text.to_owned())
}
