//! The effects of a whole change: what its steps have to know of each other.

use super::{Effect, GuardedEffects, Made, ValueForm};
use crate::{
    json::Field,
    step::{Direction, Step},
};

/// The effects of the steps of one change, which are given in the order in which they run.
pub(crate) fn lower(direction: Direction, steps: &[&Step]) -> Vec<Effect> {
    let mut effects = joined(steps.iter().flat_map(|step| step.effects(direction)).collect());
    arrange(&mut effects, &[]);
    effects
}

/// Has effects that follow one another under the same guard run together, so that it is asked once, and those on the elements of
/// one list, so that it is gone through once. Effects do not change what their guard reads where both directions have the same.
fn joined(effects: Vec<Effect>) -> Vec<Effect> {
    let mut all: Vec<Effect> = Vec::new();
    for effect in effects {
        match (all.last_mut(), effect) {
            (Some(Effect::Guarded(last)), Effect::Guarded(next))
                if last.back.is_none() && next.back.is_none() && last.guard == next.guard =>
            {
                last.effects.extend(next.effects);
            }
            (Some(Effect::Elements(last)), Effect::Elements(next)) if last.is_beside(&next) => {
                last.effects = joined([std::mem::take(&mut last.effects), next.effects].concat());
            }
            (_, effect) => all.push(effect),
        }
    }
    all
}

/// Tells effects what they have to know of those that run after them. `later` are those behind the whole list.
fn arrange(effects: &mut [Effect], later: &[Effect]) {
    for at in 0..effects.len() {
        let (before, rest) = effects.split_at_mut(at + 1);
        match &mut before[at] {
            Effect::Remove { made: Made::Beside { anchor, anchor_form, .. }, .. } => {
                let form = rest.iter().chain(later).find_map(|effect| reform(effect, anchor));
                *anchor_form = form.map(|form| Box::new(form.clone()));
            }
            Effect::Guarded(guarded) => {
                let later: Vec<Effect> = rest.iter().chain(later).cloned().collect();
                arrange(&mut guarded.effects, &later);
            }
            Effect::Elements(each) => {
                let later: Vec<Effect> = rest.iter().chain(later).cloned().collect();
                arrange(&mut each.effects, &later);
                each.open();
            }
            Effect::Remove { made: Made::Derived(derived), .. } => {
                derived.anchor_form =
                    rest.iter().chain(later).find_map(|effect| reform(effect, &derived.anchor)).cloned();
            }
            Effect::Remove { made: Made::Computed(computed), .. } => {
                let forms = computed.from.iter().filter_map(|source| {
                    let form = rest.iter().chain(later).find_map(|effect| reform(effect, &source.field));
                    Some((source.field.clone(), form?.clone()))
                });
                computed.forms = forms.collect();
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
    reform_before_moving(effects);
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

/// The form that an effect gives the value of a field, wherever its guard holds.
fn reform<'e>(effect: &'e Effect, of: &Field) -> Option<&'e ValueForm> {
    match effect {
        Effect::Reform { field, form, .. } => (field == of).then_some(form),
        Effect::Guarded(guarded) => {
            let GuardedEffects { effects, .. } = &**guarded;
            effects.iter().find_map(|effect| reform(effect, of))
        }
        Effect::Elements(each) => each.effects.iter().find_map(|effect| reform(effect, of)),
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
