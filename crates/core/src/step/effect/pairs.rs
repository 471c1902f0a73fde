//! Effects on the parameters of a query or a form on its first level.

use super::{Effect, Made, guarded, make};
use crate::{
    form::Pairs,
    json::Field,
    step::{LossKind, Losses},
};

impl Effect {
    /// Tells whether the effect is one on parameters of the first level, which have no levels and no types.
    pub(crate) fn is_flat(&self) -> bool {
        let is_flat = |field: &Field| field.names().len() == 1;
        match self {
            Effect::Relocate { from, to } => is_flat(from) && is_flat(to),
            Effect::Reform { field, form, .. } => is_flat(field) && form.is_flat(),
            Effect::Make { field, made } => is_flat(field) && made.parameter().is_some(),
            Effect::Remove { field, made } => {
                is_flat(field) && (*made == Made::Nothing || made.parameter().is_some())
            }
            Effect::Widen { .. }
            | Effect::Narrow { .. }
            | Effect::Tag(_)
            | Effect::Untag(_)
            | Effect::Elements(_) => false,
            Effect::Joint(joint) => joint.fits_parameters(),
            Effect::Guarded(guarded) => guarded.is_flat(),
        }
    }

    /// Runs the effect on a query or a form. One that is not [flat](Effect::is_flat) does nothing: that runs on the
    /// document of the pairs.
    pub(crate) fn run_on_pairs<'a>(&'a self, pairs: &mut Pairs<'a>, losses: &mut Losses) {
        match self {
            Effect::Relocate { from, to } => {
                let (Some((_, from)), Some((_, name))) = (from.split(), to.split()) else { return };
                if pairs.contains(from) {
                    if pairs.remove(name) {
                        losses.report(LossKind::Dropped, to);
                    }
                    pairs.rename(from, name);
                }
            }
            Effect::Reform { field, form, told } => form.reform_parameters((field, told), pairs, losses),
            Effect::Make { field, made } => make::make_pair(field, made, pairs, losses),
            Effect::Remove { field, made } => make::remove_pair(field, made, pairs, losses),
            Effect::Joint(joint) => joint.run_on_pairs(pairs, losses),
            Effect::Widen { .. }
            | Effect::Narrow { .. }
            | Effect::Tag(_)
            | Effect::Untag(_)
            | Effect::Elements(_) => {}
            Effect::Guarded(guarded) => guarded::run_on_pairs(guarded, pairs, losses),
        }
    }
}
