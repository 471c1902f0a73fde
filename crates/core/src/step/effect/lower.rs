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
    effects
}

/// The conversion that an effect is, and its field.
fn conversion(effect: Effect) -> Option<(Field, Conversion)> {
    match effect {
        Effect::Reform { field, form: ValueForm::Converted(conversion) } => Some((field, conversion)),
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
