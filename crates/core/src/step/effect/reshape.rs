//! Values that become objects in their own place, and objects that become the value of one of their members.

use super::MadeMember;
use crate::{
    json::{Field, Member, Name, Object, Value, same, unescape},
    step::{LossKind, Losses},
};

/// Puts a value into an object in its own place. Null stays null: where nothing is, no object is either. What is an
/// object already keeps its text.
pub(super) fn widen<'a>(
    from: &Field,
    to: &'a Field,
    members: &'a [MadeMember],
    object: &mut Object<'a>,
    losses: &mut Losses,
) {
    let Some(member) = object.at(from).filter(|member| !member.value.is_null()) else { return };
    if member.value.is_object() {
        return stay(member, from, losses);
    }
    for name in to.names().iter().skip(from.names().len()).rev() {
        let mut inside = Object::default();
        inside.push(name, std::mem::replace(&mut member.value, Value::text(b"null")));
        inside.members.iter_mut().for_each(|inner| inner.unconverted = member.unconverted);
        member.value = Value::Object(inside);
    }
    let Some(inside) = member.value.open() else { return };
    for MadeMember { name, text, implied_by } in members {
        inside.push(name, Value::text(text));
        if implied_by.is_none() {
            losses.report(LossKind::MadeUp, &from.member(name));
        }
    }
}

/// Puts the value of one member in the place of its object. The other members go: that is a loss unless the way back
/// makes the same values. An object without the member keeps its text.
pub(super) fn narrow<'a>(
    from: &Field,
    to: &Field,
    members: &[MadeMember],
    object: &mut Object<'a>,
    losses: &mut Losses,
) {
    let Some(member) = object.at(to).filter(|member| !member.value.is_null()) else { return };
    let names = from.names().get(to.names().len()..).unwrap_or_default();
    if !leads_to_value(&mut member.value, names) {
        return stay(member, to, losses);
    }
    let mut is_lost = false;
    for (depth, name) in names.iter().enumerate() {
        let Some(inside) = member.value.open() else { return };
        let Some(kept) = inside.take(name) else { return };
        for other in inside.members.drain(..) {
            let is_it = |made: &&MadeMember| depth == 0 && made.name.text().as_bytes() == other.name();
            match members.iter().find(is_it) {
                Some(made) if is_member_made(&other.value.to_text(), &made.text) => {}
                Some(made) => losses.report(LossKind::Dropped, &to.member(&made.name)),
                None => is_lost = true,
            }
        }
        member.unconverted |= kept.unconverted;
        member.value = kept.value;
    }
    // The way back makes no object of null.
    if is_lost || member.value.is_null() {
        losses.report(LossKind::Dropped, to);
    }
}

/// Tells whether the way back makes the same value of a member. A text that reads as a decimal is no number: `"1.10"` is not `"1.1"`.
pub(crate) fn is_member_made(value: &[u8], made: &[u8]) -> bool {
    match (unescape(value), unescape(made)) {
        (Some(value), Some(made)) => value == made,
        _ => same(value, made),
    }
}

/// Leaves a value that has no form in the other version as it is.
fn stay(member: &mut Member<'_>, field: &Field, losses: &mut Losses) {
    member.unconverted = true;
    losses.report(LossKind::Unconverted, field);
}

/// Tells whether the names lead to a value that is no object.
fn leads_to_value(value: &mut Value<'_>, names: &[Name]) -> bool {
    match names.split_first() {
        None => !value.is_object(),
        Some((name, rest)) => value
            .open()
            .and_then(|object| object.get_mut(name))
            .is_some_and(|member| leads_to_value(&mut member.value, rest)),
    }
}
