//! The effects of a whole change: what its steps have to know of each other.

use super::{Effect, Made, ValueForm};
use crate::{
    json::Field,
    step::{Direction, Step},
};

/// The effects of the steps of one change, which are given in the order in which they run.
pub(crate) fn lower(direction: Direction, steps: &[&Step]) -> Vec<Effect> {
    let mut effects: Vec<Effect> = steps.iter().flat_map(|step| step.effects(direction)).collect();
    for at in 0..effects.len() {
        let (before, rest) = effects.split_at_mut(at + 1);
        match &mut before[at] {
            Effect::Remove { made: Made::Beside { anchor, anchor_form, .. }, .. } => {
                let form = rest.iter().find_map(|effect| reform(effect, anchor));
                *anchor_form = form.map(|form| Box::new(form.clone()));
            }
            Effect::Make { .. }
            | Effect::Remove { made: Made::Nothing | Made::Constant { .. } | Made::Default { .. }, .. }
            | Effect::Relocate { .. }
            | Effect::Reform { .. }
            | Effect::Widen { .. }
            | Effect::Narrow { .. }
            | Effect::Tag(_)
            | Effect::Untag(_)
            | Effect::Joint(_) => {}
        }
    }
    reform_before_moving(&mut effects);
    effects
}

/// Has a value that moves and gets another form get its form first, under the name that it comes with.
///
/// Behind the move its new name could be that of a value which never moved: one that the document had under the other
/// version's name. That one stays as it is.
fn reform_before_moving(effects: &mut [Effect]) {
    for at in 1..effects.len() {
        let (before, rest) = effects.split_at_mut(at);
        let (Some(moving), Some(Effect::Reform { field, .. })) = (before.last(), rest.first_mut()) else {
            continue;
        };
        if let Some((from, to)) = moving.moves()
            && to == field
        {
            *field = from.clone();
            effects.swap(at - 1, at);
        }
    }
}

/// The form that an effect gives the value of a field.
fn reform<'e>(effect: &'e Effect, of: &Field) -> Option<&'e ValueForm> {
    match effect {
        Effect::Reform { field, form, .. } => (field == of).then_some(form),
        Effect::Relocate { .. }
        | Effect::Make { .. }
        | Effect::Remove { .. }
        | Effect::Widen { .. }
        | Effect::Narrow { .. }
        | Effect::Tag(_)
        | Effect::Untag(_)
        | Effect::Joint(_) => None,
    }
}
