//! Fields that only one version has: they are made, and they go.

use super::{Made, ValueForm, computed, derive};
use crate::{
    form::Pairs,
    json::{Field, Member, Name, Object, Value, same},
    step::{LossKind, Losses, Scalar},
};
use std::borrow::Cow;

/// Makes a field where it is absent.
pub(super) fn make<'a>(field: &'a Field, made: &'a Made, object: &mut Object<'a>, losses: &mut Losses) {
    match made {
        Made::Derived(derived) => return derive::make(field, derived, object, losses),
        Made::Computed(computed) => return computed::make(field, computed, object, losses),
        Made::Nothing | Made::Constant { .. } | Made::Default { .. } | Made::Beside { .. } => {}
    }
    let Some((containers, name)) = field.split() else { return };
    let elsewhere = elsewhere(field, made, object);
    let Some(level) = object.descend(containers) else { return };
    match made {
        Made::Nothing | Made::Derived(_) | Made::Computed(_) => {}
        Made::Default { text } => {
            if level.get(name).is_none() {
                level.push(name, Value::text(text));
            }
        }
        Made::Constant { text, implied_by } => {
            if level.get(name).is_none() {
                level.push(name, Value::text(text));
                if implied_by.is_none() {
                    losses.report(LossKind::MadeUp, field);
                }
            }
        }
        Made::Beside { anchor, text, .. } => {
            let Some(anchor) = elsewhere.as_ref().or_else(|| beside(level, field, anchor)) else { return };
            if level.get(name).is_some() {
                return;
            }
            let value = match text {
                Some(text) if !anchor.value.is_null() && !anchor.unconverted => Value::text(text),
                _ => anchor.value.clone(),
            };
            if !value.is_null() {
                losses.report(LossKind::MadeUp, field);
            }
            level.push(name, value);
        }
    }
}

/// Removes a field. What did not stand there is not lost.
pub(super) fn remove<'a>(field: &'a Field, made: &'a Made, object: &mut Object<'a>, losses: &mut Losses) {
    match made {
        Made::Derived(derived) => return derive::remove(field, derived, object, losses),
        Made::Computed(computed) => return computed::remove(field, computed, object, losses),
        Made::Nothing | Made::Constant { .. } | Made::Default { .. } | Made::Beside { .. } => {}
    }
    let Some((containers, name)) = field.split() else { return };
    let elsewhere = elsewhere(field, made, object);
    let Some(level) = object.descend(containers) else { return };
    let Some(taken) = level.take(name) else { return };
    let comes_back = match made {
        Made::Nothing | Made::Default { .. } | Made::Derived(_) | Made::Computed(_) => false,
        Made::Constant { text, .. } => same(&taken.value.to_text(), text),
        Made::Beside { anchor, text, anchor_form } => elsewhere
            .as_ref()
            .or_else(|| beside(level, field, anchor))
            .is_some_and(|anchor| would_be_made(text.as_deref(), anchor_form.as_deref(), anchor, &taken)),
    };
    if !comes_back {
        losses.report(LossKind::Dropped, field);
    }
    match made {
        // The way back makes it only where its container is, so that stays, even empty.
        Made::Nothing
        | Made::Constant { .. }
        | Made::Default { .. }
        | Made::Derived(_)
        | Made::Computed(_) => {}
        Made::Beside { anchor, .. } if level.members.is_empty() && field.is_beside(anchor) => {
            remove_empty(object, containers)
        }
        Made::Beside { .. } => {}
    }
}

/// Makes a parameter where it is absent.
pub(super) fn make_pair<'a>(field: &'a Field, made: &'a Made, pairs: &mut Pairs<'a>, losses: &mut Losses) {
    let (Some((_, name)), Some(value)) = (field.split(), made.parameter()) else { return };
    if !pairs.contains(name) {
        pairs.push(name, value.text());
        if let Made::Constant { implied_by: None, .. } = made {
            losses.report(LossKind::MadeUp, field);
        }
    }
}

/// Removes a parameter. That is a loss unless it stood once, with the value that the way back makes.
pub(super) fn remove_pair(field: &Field, made: &Made, pairs: &mut Pairs<'_>, losses: &mut Losses) {
    let Some((_, name)) = field.split() else { return };
    let values: Vec<Option<String>> = pairs.values_of(name).collect();
    if pairs.remove(name) {
        let value = made.parameter();
        let comes_back =
            matches!(&values[..], [Some(text)] if value.is_some_and(|value| value.text() == text));
        if !comes_back {
            losses.report(LossKind::Dropped, field);
        }
    }
}

impl Made {
    /// The value that a parameter gets; `None` where it gets none.
    pub(super) fn parameter(&self) -> Option<Scalar> {
        match self {
            Made::Constant { text, .. } | Made::Default { text } => {
                std::str::from_utf8(text).ok().and_then(Scalar::read).filter(|value| !value.is_null())
            }
            Made::Nothing | Made::Beside { .. } | Made::Derived(_) | Made::Computed(_) => None,
        }
    }
}

/// The member beside which a field is made, where both are in one object.
fn beside<'o, 'a>(level: &'o Object<'a>, field: &Field, anchor: &Field) -> Option<&'o Member<'a>> {
    let (_, name) = anchor.split().filter(|_| field.is_beside(anchor))?;
    level.get(name)
}

/// The member beside which a field is made, where it is in another object.
#[inline]
fn elsewhere<'a>(field: &Field, made: &Made, object: &mut Object<'a>) -> Option<Member<'a>> {
    match made {
        Made::Beside { anchor, .. } if !field.is_beside(anchor) => object.at(anchor).cloned(),
        Made::Nothing
        | Made::Constant { .. }
        | Made::Default { .. }
        | Made::Beside { .. }
        | Made::Derived(_)
        | Made::Computed(_) => None,
    }
}

/// Tells whether the way back would make the same value beside this anchor.
fn would_be_made(
    text: Option<&[u8]>,
    anchor_form: Option<&ValueForm>,
    anchor: &Member<'_>,
    value: &Member<'_>,
) -> bool {
    let (anchor, value) = (anchor.value.to_text(), value.value.to_text());
    let is_null = *anchor == *b"null";
    if let Some(form) = anchor_form {
        // Beside an anchor that keeps its text a copy would be made, and what the anchor loses a copy would not have.
        let reformed = form.reform(&Cow::Borrowed(&*anchor));
        if (reformed.is_odd && form.conversion().is_some()) || (text.is_none() && !reformed.comes_back()) {
            return false;
        }
    }
    match text {
        Some(text) if !is_null => same(text, &value),
        _ => same(&anchor, &value),
    }
}

/// Removes the container that has become empty, and those that this empties.
fn remove_empty(object: &mut Object<'_>, containers: &[Name]) {
    if let Some((name, outer)) = containers.split_last()
        && let Some(level) = object.descend(outer)
    {
        level.take(name);
        if level.members.is_empty() {
            remove_empty(object, outer);
        }
    }
}
