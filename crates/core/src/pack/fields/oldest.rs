//! The fields of the oldest version, as far as the rules of later ones need them.

use crate::{json::Name, step::Conversion};
use std::collections::BTreeMap;

/// The fields of the oldest version by their names.
#[derive(Debug, Clone, Default)]
pub(super) struct Oldest(BTreeMap<Vec<Name>, Needed>);

/// The need that rules have of a field of the oldest version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Needed {
    /// The field is not there: a rule puts another into its place.
    Absent,
    /// The field is there.
    Any,
    /// The field is an object.
    Object,
    /// The field is no object, and may have to have the form that a conversion is from.
    Value(Option<Conversion>),
}

impl Oldest {
    /// Each field that rules need something of.
    #[cfg(test)]
    pub(super) fn iter(&self) -> impl Iterator<Item = (&[Name], Needed)> {
        self.0.iter().map(|(names, needed)| (&**names, *needed))
    }

    /// Tells whether rules need something of the field.
    pub(super) fn is_known(&self, origin: Option<&[Name]>) -> bool {
        origin.is_some_and(|origin| self.0.contains_key(origin))
    }

    /// Needs the field to be there. `false` if it must not be.
    pub(super) fn is_there(&mut self, origin: Option<&[Name]>) -> bool {
        self.needs(origin, |needed| *needed != Needed::Absent)
    }

    /// Needs the field to be absent; one that a rule has made is. `false` if it must be there.
    pub(super) fn is_absent(&mut self, origin: Option<&[Name]>) -> bool {
        let Some(origin) = origin else { return true };
        *self.0.entry(origin.to_vec()).or_insert(Needed::Absent) == Needed::Absent
    }

    /// Needs the field to be an object. `false` if it must be something else.
    pub(super) fn is_object(&mut self, origin: Option<&[Name]>) -> bool {
        self.needs(origin, |needed| {
            if *needed == Needed::Any {
                *needed = Needed::Object;
            }
            *needed == Needed::Object
        })
    }

    /// Needs the field to be no object, in the form that a conversion is from, if there is one. `false` if it must be
    /// something else.
    pub(super) fn is_value(&mut self, origin: Option<&[Name]>, next: Option<Conversion>) -> bool {
        self.needs(origin, |needed| {
            match needed {
                Needed::Any | Needed::Value(None) => *needed = Needed::Value(next),
                Needed::Value(Some(known)) => return next.is_none_or(|next| next.follows(known.inverse())),
                Needed::Absent | Needed::Object => return false,
            }
            true
        })
    }

    fn needs(&mut self, origin: Option<&[Name]>, is: impl FnOnce(&mut Needed) -> bool) -> bool {
        let Some(origin) = origin else { return true };
        is(self.0.entry(origin.to_vec()).or_insert(Needed::Any))
    }
}
