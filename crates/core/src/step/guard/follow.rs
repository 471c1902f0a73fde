//! The guard on the other side of a step.
//!
//! Both directions must decide alike, or the way back would take a step back that never ran. So a guard is followed
//! through the effects of its step: a field that moves is read where it stands then, and a value that gets another name
//! is known by that. What takes the value away, or makes another one, has no guard on the other side.

use super::{Accepted, Condition, Guard, JsonType};
use crate::{
    json::Field,
    step::{Effect, Made, Scalar, ValueForm},
};
use std::borrow::Cow;

/// Follows a guard through effects, in the order in which they run.
///
/// # Errors
/// The field whose value is not told from others afterwards.
pub(crate) fn follow(guard: &Guard, effects: &[Effect]) -> Result<Guard, Field> {
    let conditions = guard.conditions().iter().map(|condition| {
        let mut condition = condition.clone();
        for effect in effects {
            let field = condition.field.clone();
            condition = follow_one(condition, effect).ok_or(field)?;
        }
        Ok(condition)
    });
    conditions.collect::<Result<_, _>>().map(Guard::new)
}

fn follow_one(condition: Condition, effect: &Effect) -> Option<Condition> {
    match effect {
        Effect::Relocate { from, to } => relocate(condition, from, to),
        Effect::Reform { field, form, .. } => reform(condition, field, form),
        Effect::Make { made: Made::Nothing, .. } => Some(condition),
        Effect::Make { field, .. } => make(condition, field),
        Effect::Remove { field, made } => remove(condition, field, made),
        Effect::Widen { from, to, .. } => widen(condition, from, to),
        Effect::Narrow { from, to, .. } => narrow(condition, from, to),
        // A tag takes the place of any other.
        Effect::Tag(tag) => {
            (!condition.field.is_at_or_inside(&tag.holder.member(&tag.name))).then_some(condition)
        }
        // An object of another kind becomes null.
        Effect::Untag(tag) => (!condition.field.overlaps(&tag.holder)).then_some(condition),
        // Values of one field may depend on those of others.
        Effect::Joint(joint) => {
            let is_changed = joint.fields().iter().any(|field| condition.field.overlaps(field));
            (!is_changed).then_some(condition)
        }
        Effect::Guarded(guarded) => {
            // The effects may run or not: only what they leave alone is known afterwards.
            let after = guarded.effects.iter().try_fold(condition.clone(), follow_one);
            after.filter(|after| *after == condition)
        }
        // A guard outside reads the list as a whole.
        Effect::Elements(each) => {
            let is_type = |accepted: &Accepted| matches!(accepted, Accepted::Type(_) | Accepted::Absent);
            let stays = condition.field == *each.list() && condition.accepts.iter().all(is_type);
            (stays || !condition.field.is_at_or_inside(each.list())).then_some(condition)
        }
    }
}

/// Tells whether the condition holds for objects only.
fn is_object(condition: &Condition) -> bool {
    !condition.is_negated && condition.accepts == [Accepted::Type(JsonType::Object)]
}

fn relocate(condition: Condition, from: &Field, to: &Field) -> Option<Condition> {
    let field = &condition.field;
    if let Some(moved) = field.before(to, from) {
        // What is missing moves nowhere, and another value may stand where it would be looked for.
        let stands = !condition.accepts_absent();
        return stands.then_some(Condition { field: moved, ..condition });
    }
    match () {
        // The container may go with its last member.
        () if from.is_inside(field) => None,
        () if field.is_at_or_inside(to) => None,
        () if to.is_inside(field) => is_object(&condition).then_some(condition),
        () => Some(condition),
    }
}

fn reform(condition: Condition, field: &Field, form: &ValueForm) -> Option<Condition> {
    if condition.field.is_inside(field) {
        return None;
    }
    if condition.field != *field {
        return Some(condition);
    }
    let accepts = condition.accepts.iter().map(|accepted| reformed(accepted, form));
    let accepts = accepts.collect::<Option<Vec<_>>>()?;
    Some(Condition { accepts, ..condition })
}

/// The value in its other form, if that is one that the way back turns into it again.
fn reformed(accepted: &Accepted, form: &ValueForm) -> Option<Accepted> {
    let text = match accepted {
        Accepted::Absent => return Some(Accepted::Absent),
        Accepted::Type(JsonType::Null) => b"null",
        Accepted::Type(_) => return None,
        Accepted::Value(scalar) | Accepted::Text(scalar) => scalar.json(),
    };
    let reformed = form.reform(&Cow::Borrowed(text));
    if !reformed.comes_back() || reformed.is_refused {
        return None;
    }
    let Some(new) = reformed.text else { return Some(accepted.clone()) };
    let scalar = Scalar::read(std::str::from_utf8(&new).ok()?)?;
    Some(if scalar.is_null() { Accepted::Type(JsonType::Null) } else { Accepted::Value(scalar) })
}

fn make(condition: Condition, field: &Field) -> Option<Condition> {
    // A field that is there stays, and what it is made in is an object before and after.
    let may_be_made = condition.field.is_at_or_inside(field) && condition.accepts_absent();
    (!may_be_made).then_some(condition)
}

fn remove(condition: Condition, field: &Field, made: &Made) -> Option<Condition> {
    if condition.field.is_at_or_inside(field) {
        return None;
    }
    // A container that this empties goes.
    let prunes = matches!(made, Made::Beside { .. }) && field.is_inside(&condition.field);
    (!prunes).then_some(condition)
}

fn widen(condition: Condition, from: &Field, to: &Field) -> Option<Condition> {
    let field = &condition.field;
    if field == from {
        // Null, an object and nothing stay what they are.
        let widens = |accepted: &Accepted| match accepted {
            Accepted::Value(_) | Accepted::Text(_) => true,
            Accepted::Type(own) => !matches!(own, JsonType::Null | JsonType::Object),
            Accepted::Absent => false,
        };
        let fits = !condition.is_negated && condition.accepts.iter().all(widens);
        return fits.then(|| Condition { field: to.clone(), ..condition });
    }
    (!field.is_inside(from)).then_some(condition)
}

fn narrow(condition: Condition, from: &Field, to: &Field) -> Option<Condition> {
    let field = &condition.field;
    if field == from {
        let is_value = |accepted: &Accepted| matches!(accepted, Accepted::Value(_));
        let fits = !condition.is_negated && condition.accepts.iter().all(is_value);
        return fits.then(|| Condition { field: to.clone(), ..condition });
    }
    (!field.is_at_or_inside(to)).then_some(condition)
}
