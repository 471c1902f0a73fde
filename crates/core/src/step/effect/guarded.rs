//! Effects that run only on objects for which a guard holds.

use super::Effect;
use crate::{
    form::Pairs,
    json::{Field, Object},
    step::{
        LossKind, Losses,
        guard::{Guard, Verdict},
    },
};

/// Effects and their guard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct GuardedEffects {
    /// The guard, which reads the object before the effects run.
    pub(crate) guard: Guard,
    /// The guard that the way back reads, where it is another one. It must hold afterwards if the effects have run, and
    /// must not if they have not: otherwise the way back would not give the object again, and that is a loss.
    pub(crate) back: Option<Guard>,
    /// The effects in the order in which they run.
    pub(crate) effects: Vec<Effect>,
}

impl GuardedEffects {
    /// Every field that one of the guards reads.
    pub(crate) fn read(&self) -> Vec<Field> {
        let back = self.back.iter().flat_map(Guard::fields);
        self.guard.fields().chain(back).cloned().collect()
    }

    /// The fields that are lost where the two guards decide differently.
    pub(crate) fn told(&self) -> Vec<Field> {
        let mut told = Vec::new();
        for field in self.read().into_iter().chain(self.effects.iter().flat_map(Effect::changed).cloned()) {
            if !told.contains(&field) {
                told.push(field);
            }
        }
        told
    }

    #[cold]
    fn disagree(&self, losses: &mut Losses) {
        self.told().iter().for_each(|field| losses.report(LossKind::Unconverted, field));
    }

    /// Tells whether guards and effects are of parameters of the first level.
    pub(super) fn is_flat(&self) -> bool {
        let mut guards = [Some(&self.guard), self.back.as_ref()].into_iter().flatten();
        guards.all(Guard::fits_parameters) && self.effects.iter().all(Effect::is_flat)
    }

    /// Tells whether the effects run on an object.
    pub(crate) fn enter(&self, object: &mut Object<'_>, losses: &mut Losses) -> bool {
        if let Some(field) = self.guard.several(object) {
            losses.report_refused(LossKind::Unconverted, field);
            return false;
        }
        let holds = self.guard.holds(object);
        if !holds && self.back.as_ref().is_some_and(|back| back.holds(object)) {
            self.disagree(losses);
        }
        holds
    }

    /// Notes, after the effects have run, where the way back would not take them back.
    pub(crate) fn leave(&self, object: &mut Object<'_>, losses: &mut Losses) {
        if self.back.as_ref().is_some_and(|back| !back.holds(object)) {
            self.disagree(losses);
        }
    }

    /// Tells whether the effects run on parameters. Where one of them decides nothing, the request is not sent.
    pub(crate) fn enter_pairs(&self, pairs: &Pairs<'_>, losses: &mut Losses) -> bool {
        match self.guard.of_parameters(pairs) {
            Verdict::Holds => true,
            Verdict::HoldsNot => {
                let back = self.back.as_ref().map(|back| back.of_parameters(pairs));
                if back == Some(Verdict::Holds) {
                    self.disagree(losses);
                }
                false
            }
            Verdict::Several(field) => {
                losses.report_refused(LossKind::Unconverted, field);
                false
            }
        }
    }

    /// Notes, after the effects have run on parameters, where the way back would not take them back.
    pub(crate) fn leave_pairs(&self, pairs: &Pairs<'_>, losses: &mut Losses) {
        if self.back.as_ref().is_some_and(|back| back.of_parameters(pairs) != Verdict::Holds) {
            self.disagree(losses);
        }
    }
}

/// Runs the effects on an object for which the guard holds.
#[inline(never)]
pub(super) fn run<'a>(guarded: &'a GuardedEffects, object: &mut Object<'a>, losses: &mut Losses) {
    if guarded.enter(object, losses) {
        guarded.effects.iter().for_each(|effect| effect.run(object, losses));
        guarded.leave(object, losses);
    }
}

/// Runs the effects on parameters for which the guard holds.
#[inline(never)]
pub(super) fn run_on_pairs<'a>(guarded: &'a GuardedEffects, pairs: &mut Pairs<'a>, losses: &mut Losses) {
    if guarded.enter_pairs(pairs, losses) {
        guarded.effects.iter().for_each(|effect| effect.run_on_pairs(pairs, losses));
        guarded.leave_pairs(pairs, losses);
    }
}
