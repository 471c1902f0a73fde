//! One pass over an object: the steps on it, module after module, by a fold where there is one.

use super::{
    collect::{Lowered, Run},
    fold::{Fold, NumberedFold, Templates},
};
use crate::{
    form::Pairs,
    json::{Fault, FaultKind, KeptTexts, Name, Object, Scanner, Shape},
    step::{self, Cause, Effect, Losses, PossibleLoss, Renamed},
    version::Version,
};
use std::sync::Arc;

/// The steps that run on an object, and the shape that is opened for them.
#[derive(Debug)]
pub(super) struct Pass {
    /// The number of the pass in its plan.
    number: usize,
    /// The changes of each module, in the order in which they run.
    modules: Vec<ModuleSteps>,
    shape: Shape,
    /// The same in one go, for ordinary objects; where it can be said so.
    pub(super) fold: Option<Arc<Fold>>,
}

/// The changes of one module, each with its steps.
#[derive(Debug)]
struct ModuleSteps {
    changes: Vec<Caused>,
    /// The names of the module alone: a key that it names must not be repeated in what it gets.
    shape: Shape,
}

/// The steps of a change, in the order in which they run.
#[derive(Debug, Clone)]
pub(crate) struct Caused {
    /// The change that the steps belong to, or `None` for steps without a pack.
    pub(super) cause: Option<Arc<Cause>>,
    pub(super) effects: Vec<Effect>,
    /// The number of steps that the effects come from.
    pub(super) steps: usize,
}

impl Caused {
    fn new(version: Version, Lowered { change, steps, effects }: Lowered<'_>) -> Self {
        let cause = Cause { version, change: change.name.as_str().into() };
        Caused { cause: Some(Arc::new(cause)), effects, steps: steps.len() }
    }
}

impl Pass {
    pub(super) fn new(runs: Vec<Run<'_>>, number: usize) -> Pass {
        Pass { number, ..Pass::of(Pass::modules(runs)) }
    }

    /// The pass of these steps, without a fold.
    pub(super) fn by_steps(runs: Vec<Run<'_>>, number: usize) -> Pass {
        Pass { number, ..Pass::unfolded(Pass::modules(runs)) }
    }

    fn modules(runs: Vec<Run<'_>>) -> Vec<Vec<Caused>> {
        let of_run = |Run { version, changes, .. }: Run<'_>| {
            changes.into_iter().map(|change| Caused::new(version, change)).collect()
        };
        runs.into_iter().map(of_run).collect()
    }

    /// The pass of these steps: one list a module, each in the order in which it runs.
    pub(super) fn of(modules: Vec<Vec<Caused>>) -> Pass {
        let shape = step::shape(modules.iter().flatten().flat_map(|change| &change.effects));
        let fold = Fold::new(&modules, &shape).map(Arc::new);
        Pass { fold, ..Pass::unfolded(modules) }
    }

    /// The pass of these steps with a number, with a fold or without.
    #[cfg(test)]
    pub(super) fn numbered(modules: Vec<Vec<Caused>>, number: usize, folds: bool) -> Pass {
        let pass = if folds { Pass::of } else { Pass::unfolded };
        Pass { number, ..pass(modules) }
    }

    fn unfolded(modules: Vec<Vec<Caused>>) -> Pass {
        let shape = step::shape(modules.iter().flatten().flat_map(|change| &change.effects));
        let of_module = |changes: Vec<Caused>| {
            let shape = step::shape(changes.iter().flat_map(|change| &change.effects));
            ModuleSteps { changes, shape }
        };
        let modules = modules.into_iter().map(of_module).collect();
        Pass { number: 0, modules, shape, fold: None }
    }

    /// The fold with its number, if there is one.
    pub(super) fn numbered_fold(&self) -> Option<NumberedFold> {
        self.fold.clone().map(|fold| NumberedFold { number: self.number, fold })
    }

    /// Returns the number of steps.
    pub(super) fn steps(&self) -> usize {
        self.changes().map(|change| change.steps).sum()
    }

    /// Every change, in the order in which they run.
    pub(super) fn changes(&self) -> impl Iterator<Item = &Caused> {
        self.modules.iter().flat_map(|module| &module.changes)
    }

    /// Every effect, in the order in which they run.
    pub(super) fn each(&self) -> impl Iterator<Item = &Effect> {
        self.changes().flat_map(|change| &change.effects)
    }

    /// Every loss that happens to any object of the version that the steps begin at, whatever its members are.
    pub(super) fn certain_losses<'e>(effects: impl Iterator<Item = &'e Effect>) -> Vec<PossibleLoss> {
        let mut made: Vec<&Name> = Vec::new();
        let mut certain = Vec::new();
        for effect in effects {
            // What an earlier effect has put there is not made again.
            if effect.is_certain_loss() && effect.makes().iter().all(|name| !made.contains(name)) {
                certain.extend(effect.losses());
            }
            made.extend(effect.makes());
        }
        certain
    }

    /// Tells whether a text is a JSON object with a field that a step names.
    pub(super) fn names_in(&self, text: &[u8]) -> bool {
        let mut scanner = Scanner::new(text);
        if scanner.peek() != b'{' {
            return false;
        }
        match Object::read(&mut scanner, &self.shape) {
            Ok(object) => object.members.iter().any(|member| self.shape.get(member.name()).is_some()),
            Err(Fault { kind, .. }) => matches!(kind, FaultKind::Repeated(_)),
        }
    }

    /// Reads an object as far as any module opens it. It may repeat keys that only a later module names: an earlier one may
    /// leave them out.
    fn read<'t>(&self, scanner: &mut Scanner<'t>) -> Result<Object<'t>, Fault> {
        let first = self.modules.first().map_or(Shape::none(), |module| &module.shape);
        Object::read_once(scanner, &self.shape, first)
    }

    /// Rewrites the object that `text` begins with; returns its length.
    #[inline(always)]
    pub(super) fn rewrite(
        &self,
        templates: &mut Templates,
        text: &[u8],
        depth: u32,
        out: &mut Vec<u8>,
        losses: &mut Losses,
    ) -> Result<usize, Fault> {
        let by_fold =
            self.fold.as_ref().and_then(|fold| templates.rewrite((self.number, fold), text, depth, out));
        match by_fold {
            Some(length) => Ok(length),
            None => self.rewrite_by_steps(text, depth, out, losses),
        }
    }

    /// Runs the steps of the pass one after another. This defines its meaning.
    #[inline(never)]
    pub(super) fn rewrite_by_steps(
        &self,
        text: &[u8],
        depth: u32,
        out: &mut Vec<u8>,
        losses: &mut Losses,
    ) -> Result<usize, Fault> {
        let (mut scanner, kept) = (Scanner::inside(text, depth), KeptTexts::default());
        let mut object = self.read(&mut scanner)?;
        for (number, ModuleSteps { changes, shape }) in self.modules.iter().enumerate() {
            // Each module sees what the one before it left, as if it had been written out and read again.
            object.settle_written(&kept);
            if number > 0 {
                object.check(shape, text)?;
            }
            for Caused { cause, effects, .. } in changes {
                let mut lost = Losses::default();
                effects.iter().for_each(|effect| effect.run(&mut object, &mut lost));
                losses.extend_from(cause.as_ref(), lost);
            }
        }
        object.write(out);
        Ok(scanner.position())
    }

    /// Runs the pass on a query or a form, and returns the names that it changes there.
    pub(super) fn renamed_pairs<'a>(&'a self, pairs: &mut Pairs<'a>) -> Renamed {
        let (mut renamed, mut lost) = (Renamed::default(), Losses::default());
        for effect in self.each() {
            renamed.note_pairs(effect, pairs);
            effect.run_on_pairs(pairs, &mut lost);
        }
        renamed
    }

    /// Returns the names that the pass changes in the object that `text` begins with, and the object's length.
    /// `others` are the names changed elsewhere in the same request.
    ///
    /// # Errors
    /// It is not JSON, or repeats a key that a step names.
    pub(super) fn renamed(
        &self,
        text: &[u8],
        depth: u32,
        others: &Renamed,
    ) -> Result<(Renamed, usize), Fault> {
        let (mut scanner, kept) = (Scanner::inside(text, depth), KeptTexts::default());
        let mut object = self.read(&mut scanner)?;
        let mut renamed = Renamed::default();
        let before = object.clone();
        for module in &self.modules {
            object.settle_written(&kept);
            for effect in module.changes.iter().flat_map(|change| &change.effects) {
                renamed.note(effect, &mut object);
                effect.run(&mut object, &mut Losses::default());
            }
        }
        renamed.note_own(others, |name| before.get(name).is_some());
        Ok((renamed, scanner.position()))
    }

    /// Runs the pass on a query or a form.
    pub(super) fn run_on_pairs<'a>(&'a self, pairs: &mut Pairs<'a>, losses: &mut Losses) {
        for Caused { cause, effects, .. } in self.changes() {
            let mut lost = Losses::default();
            effects.iter().for_each(|effect| effect.run_on_pairs(pairs, &mut lost));
            losses.extend_from(cause.as_ref(), lost);
        }
    }
}
