//! Fields that follow from another field, wherever that stands in the resource: copies, and values of a lookup table.

use super::ValueForm;
use crate::{
    json::{Field, Object, Value, same},
    step::{Lookup, LossKind, Losses},
};
use std::sync::Arc;

/// The value of a field that follows from another one. Where that is absent, so is this.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Derived {
    /// The field that it follows from.
    pub(crate) anchor: Field,
    /// The table that has the value; a copy without one.
    pub(crate) lookup: Option<Lookup>,
    /// The reason why the version that has no such field means this value. Without one the value is made up.
    pub(crate) implied_by: Option<String>,
    /// The form that the same change gives the other field afterwards, where this one is removed.
    pub(crate) anchor_form: Option<ValueForm>,
}

/// The outcome of looking at the other field.
enum Follows<'a> {
    /// It is absent.
    Nothing,
    /// The value, and whether it is made up.
    Value(Value<'a>, bool),
    /// No value follows from it.
    Odd,
}

impl Derived {
    fn follows<'a>(&'a self, object: &mut Object<'a>) -> Follows<'a> {
        let Some(anchor) = object.at(&self.anchor) else { return Follows::Nothing };
        let is_made_up = self.implied_by.is_none();
        let Some(lookup) = &self.lookup else {
            return Follows::Value(anchor.value.clone(), is_made_up && !anchor.value.is_null());
        };
        match lookup.rows.get(&anchor.value.to_text()) {
            Some(value) => Follows::Value(Value::text(value.json()), is_made_up),
            // Nothing is claimed that the document does not say.
            None if anchor.value.is_null() => Follows::Value(Value::text(b"null"), false),
            None => match &lookup.rest {
                Some(rest) => Follows::Value(Value::text(rest.json()), true),
                None => Follows::Odd,
            },
        }
    }

    /// The JSON texts that it puts into documents.
    pub(crate) fn texts(&self) -> Vec<Arc<[u8]>> {
        let values = self
            .lookup
            .iter()
            .flat_map(|lookup| lookup.rows.iter().map(|(_, value)| value).chain(&lookup.rest));
        values.map(|value| value.json().into()).collect()
    }

    /// Tells whether the change leaves the other field a value that the way back restores.
    fn anchor_comes_back(&self, object: &mut Object<'_>) -> bool {
        match (&self.anchor_form, object.at(&self.anchor)) {
            (Some(form), Some(anchor)) => form.reform(&anchor.value.to_text()).comes_back(),
            _ => true,
        }
    }
}

/// Makes a field where it is absent and its container is there.
pub(super) fn make<'a>(field: &'a Field, derived: &'a Derived, object: &mut Object<'a>, losses: &mut Losses) {
    let Some((containers, name)) = field.split() else { return };
    if object.descend(containers).is_none_or(|level| level.get(name).is_some()) {
        return;
    }
    match derived.follows(object) {
        Follows::Nothing => {}
        Follows::Odd => losses.report(LossKind::Unconverted, field),
        Follows::Value(value, is_made_up) => {
            if is_made_up {
                losses.report(LossKind::MadeUp, field);
            }
            if let Some(level) = object.descend(containers) {
                level.push(name, value);
            }
        }
    }
}

/// Removes a field. That is no loss where the way back makes the same value. Its container stays, even empty, since the
/// way back makes the field only where that is.
pub(super) fn remove<'a>(
    field: &'a Field,
    derived: &'a Derived,
    object: &mut Object<'a>,
    losses: &mut Losses,
) {
    let Some((containers, name)) = field.split() else { return };
    let Some(taken) = object.descend(containers).and_then(|level| level.take(name)) else { return };
    let comes_back = match derived.follows(object) {
        Follows::Value(value, _) => {
            same(&value.to_text(), &taken.value.to_text()) && derived.anchor_comes_back(object)
        }
        Follows::Nothing | Follows::Odd => false,
    };
    if !comes_back {
        losses.report(LossKind::Dropped, field);
    }
}
