//! The effects of a whole change: what its steps have to know of each other.

use super::{Effect, Made, ValueForm};
use crate::{
    json::Field,
    step::{Conversion, Direction, Step},
};

/// The effects of the steps of one change, which are given in the order in which they run.
pub(crate) fn lower(direction: Direction, steps: &[&Step]) -> Vec<Effect> {
    let up = steps.iter().flat_map(|step| step.effects(Direction::Up));
    let converted: Vec<(Field, Conversion)> = up.filter_map(conversion).collect();
    let mut effects: Vec<Effect> = steps.iter().flat_map(|step| step.effects(direction)).collect();
    for effect in &mut effects {
        match effect {
            Effect::Make { made: Made::Beside { anchor, anchor_conversion, .. }, .. }
            | Effect::Remove { made: Made::Beside { anchor, anchor_conversion, .. }, .. } => {
                let of_anchor = converted.iter().find(|(field, _)| field == anchor);
                *anchor_conversion = of_anchor.map(|(_, conversion)| *conversion);
            }
            Effect::Make { made: Made::Constant { .. }, .. }
            | Effect::Remove { made: Made::Constant { .. }, .. }
            | Effect::Relocate { .. }
            | Effect::Reform { .. }
            | Effect::Widen { .. }
            | Effect::Narrow { .. }
            | Effect::Tag(_)
            | Effect::Untag(_) => {}
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

/// The conversion that an effect is, and its field.
fn conversion(effect: Effect) -> Option<(Field, Conversion)> {
    match effect {
        Effect::Reform { field, form: ValueForm::Converted(conversion), .. } => Some((field, conversion)),
        Effect::Reform { form: ValueForm::Mapped { .. }, .. }
        | Effect::Relocate { .. }
        | Effect::Make { .. }
        | Effect::Remove { .. }
        | Effect::Widen { .. }
        | Effect::Narrow { .. }
        | Effect::Tag(_)
        | Effect::Untag(_) => None,
    }
}
