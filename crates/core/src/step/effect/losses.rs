//! The losses that an effect can have.

use super::{Effect, GuardedEffects, Made, relocate};
use crate::step::{LossKind, PossibleLoss, When};

impl Effect {
    /// The losses that the effect can cause, in the order in which it would report them.
    pub(crate) fn losses(&self) -> Vec<PossibleLoss> {
        let loss = PossibleLoss::new;
        match self {
            Effect::Relocate { from, to } => relocate::losses(from, to),
            Effect::Reform { form, told, .. } => {
                let odd = loss(LossKind::Unconverted, told, When::Odd);
                let dropped = form.can_lose().then(|| loss(LossKind::Dropped, told, When::Differs));
                [odd].into_iter().chain(dropped).collect()
            }
            Effect::Make {
                made: Made::Nothing | Made::Default { .. } | Made::Constant { implied_by: Some(_), .. },
                ..
            } => Vec::new(),
            Effect::Make { field, made: Made::Constant { .. } | Made::Beside { .. } } => {
                vec![loss(LossKind::MadeUp, field, When::Always)]
            }
            Effect::Make { field, made: Made::Derived(derived) } => {
                let is_made_up = derived.implied_by.is_none().then_some(When::Always);
                let has_rest = derived.lookup.as_ref().map(|lookup| lookup.rest.is_some());
                let made_up = is_made_up.or((has_rest == Some(true)).then_some(When::Odd));
                let odd = (has_rest == Some(false)).then(|| loss(LossKind::Unconverted, field, When::Odd));
                made_up.map(|when| loss(LossKind::MadeUp, field, when)).into_iter().chain(odd).collect()
            }
            Effect::Make { field, made: Made::Computed(computed) } => {
                let always = computed.implied_by.is_none().then_some(When::Always);
                let made_up = always.or(computed.rest.is_some().then_some(When::Odd));
                let odd = computed.rest.is_none().then(|| loss(LossKind::Unconverted, field, When::Odd));
                made_up.map(|when| loss(LossKind::MadeUp, field, when)).into_iter().chain(odd).collect()
            }
            Effect::Remove { field, .. } => vec![loss(LossKind::Dropped, field, When::Differs)],
            Effect::Widen { from, members, .. } => {
                let made = members.iter().filter(|member| member.implied_by.is_none());
                let made =
                    made.map(|member| loss(LossKind::MadeUp, &from.member(&member.name), When::Always));
                [loss(LossKind::Unconverted, from, When::Odd)].into_iter().chain(made).collect()
            }
            Effect::Narrow { to, members, .. } => {
                let members = members.iter().map(|member| to.member(&member.name));
                let dropped = members.chain([to.clone()]);
                let dropped = dropped.map(|field| loss(LossKind::Dropped, &field, When::Differs));
                [loss(LossKind::Unconverted, to, When::Odd)].into_iter().chain(dropped).collect()
            }
            Effect::Tag(tag) => vec![
                loss(LossKind::Unconverted, &tag.holder, When::Odd),
                loss(LossKind::Dropped, &tag.holder.member(&tag.name), When::BothStand),
            ],
            Effect::Untag(tag) => vec![
                loss(LossKind::Unconverted, &tag.holder, When::Odd),
                loss(LossKind::Dropped, &tag.holder, When::Differs),
            ],
            Effect::Joint(joint) => joint.losses(),
            Effect::Guarded(guarded) => guarded_losses(guarded),
            Effect::Elements(each) => each.losses(),
        }
    }

    /// Tells whether its loss is certain for every object in which the field is absent: nothing else that an object says can
    /// prevent it.
    pub(crate) fn is_certain_loss(&self) -> bool {
        match self {
            Effect::Make { field, made: Made::Constant { implied_by: None, .. } } => field.names().len() == 1,
            // Anchors may be absent or null, and values may have the form that their version documents.
            Effect::Make {
                made:
                    Made::Nothing
                    | Made::Default { .. }
                    | Made::Constant { implied_by: Some(_), .. }
                    | Made::Beside { .. }
                    | Made::Derived(_)
                    | Made::Computed(_),
                ..
            }
            | Effect::Relocate { .. }
            | Effect::Reform { .. }
            | Effect::Remove { .. }
            | Effect::Widen { .. }
            | Effect::Narrow { .. }
            | Effect::Tag(_)
            | Effect::Untag(_)
            | Effect::Joint(_)
            | Effect::Guarded(_)
            | Effect::Elements(_) => false,
        }
    }
}

fn guarded_losses(guarded: &GuardedEffects) -> Vec<PossibleLoss> {
    let of_effects = guarded.effects.iter().flat_map(Effect::losses).map(|loss| match loss.when {
        When::Always => PossibleLoss { when: When::Guarded, ..loss },
        _ => loss,
    });
    let told = if guarded.back.is_some() { guarded.told() } else { Vec::new() };
    let told = told.into_iter();
    let told = told.map(|field| PossibleLoss::new(LossKind::Unconverted, &field, When::BothStand));
    of_effects.chain(told).collect()
}
