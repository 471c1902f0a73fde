//! A program: the steps for one place, module after module.

use super::{
    collect::{Lowered, Run},
    fold::{Fold, Templates},
};
use crate::{
    form::Pairs,
    json::{Fault, FaultKind, Hop, Name, Object, Scanner, Shape},
    step::{self, Cause, Effect, Losses, PossibleLoss, Renamed},
    version::Version,
};
use std::sync::Arc;

/// The steps that run on every object found at one place, and the shape that is opened for them.
#[derive(Debug)]
pub struct Program {
    /// The number of the program in its plan.
    number: usize,
    /// The changes of each module, in the order in which they run.
    modules: Vec<ModuleSteps>,
    shape: Shape,
    /// The same in one pass, for ordinary objects; where it can be said so.
    pub(super) fold: Option<Fold>,
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

impl Program {
    pub(super) fn new(runs: Vec<Run<'_>>) -> Program {
        let of_run = |Run { version, changes, .. }: Run<'_>| {
            changes.into_iter().map(|change| Caused::new(version, change)).collect()
        };
        Program::of(runs.into_iter().map(of_run).collect())
    }

    /// The program of these steps: one list a module, each in the order in which it runs.
    pub(crate) fn of(modules: Vec<Vec<Caused>>) -> Program {
        let shape = step::shape(modules.iter().flatten().flat_map(|change| &change.effects));
        let fold = Fold::new(&modules, &shape);
        let of_module = |changes: Vec<Caused>| {
            let shape = step::shape(changes.iter().flat_map(|change| &change.effects));
            ModuleSteps { changes, shape }
        };
        let modules = modules.into_iter().map(of_module).collect();
        Program { number: 0, modules, shape, fold }
    }

    /// The same under its number in a plan.
    pub(super) fn numbered(self, number: usize) -> Program {
        Program { number, ..self }
    }

    /// Returns the number of steps.
    pub fn steps(&self) -> usize {
        self.changes().map(|change| change.steps).sum()
    }

    /// Every change, in the order in which they run.
    fn changes(&self) -> impl Iterator<Item = &Caused> {
        self.modules.iter().flat_map(|module| &module.changes)
    }

    /// Every step, in the order in which they run.
    fn each(&self) -> impl Iterator<Item = &Effect> {
        self.changes().flat_map(|change| &change.effects)
    }

    /// Every loss that a step can cause.
    pub fn losses(&self) -> impl Iterator<Item = PossibleLoss> + '_ {
        self.each().flat_map(Effect::losses)
    }

    /// Every loss that happens to any object of the version that the steps begin at, whatever its members are.
    pub fn certain_losses(&self) -> Vec<PossibleLoss> {
        let mut made: Vec<&Name> = Vec::new();
        let mut certain = Vec::new();
        for effect in self.each() {
            // What an earlier effect has put there is not made again.
            if effect.is_certain_loss() && effect.makes().is_none_or(|name| !made.contains(&name)) {
                certain.extend(effect.losses());
            }
            made.extend(effect.makes());
        }
        certain
    }

    /// Reports that the objects at this path are none, so many times: each change that would be made to them, once.
    pub(crate) fn report_misplaced(&self, path: &[Hop], count: u64, losses: &mut Losses) {
        let path = Hop::display(path).into();
        for Caused { cause, .. } in self.changes() {
            losses.report_misplaced(&path, cause.as_ref(), count);
        }
    }

    /// Tells whether every step works on `name=value` pairs.
    pub fn fits_parameters(&self) -> bool {
        self.each().all(Effect::fits_parameters)
    }

    /// Runs the program on a pointer, as its tokens, into the object that it is for; whether every step can be said of
    /// it. See [`Effect::run_on_pointer`].
    pub(crate) fn run_on_pointer(&self, pointer: &mut [String], has_value: bool) -> bool {
        self.each().all(|effect| effect.run_on_pointer(pointer, has_value))
    }

    /// Tells whether a text is a JSON object with a field that a step names.
    pub(crate) fn names_in(&self, text: &[u8]) -> bool {
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

    /// Runs the steps of the program one after another. This defines its meaning.
    pub(super) fn rewrite_by_steps(
        &self,
        text: &[u8],
        depth: u32,
        out: &mut Vec<u8>,
        losses: &mut Losses,
    ) -> Result<usize, Fault> {
        let mut scanner = Scanner::inside(text, depth);
        let mut object = self.read(&mut scanner)?;
        for (number, ModuleSteps { changes, shape }) in self.modules.iter().enumerate() {
            // Each module sees what the one before it left, as if it had been written out and read again.
            object.settle();
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

    /// Returns the names that the program changes in a query or a form.
    pub(crate) fn renamed_pairs(&self, pairs: Pairs<'_>) -> Renamed {
        let mut pairs = pairs;
        let (mut renamed, mut lost) = (Renamed::default(), Losses::default());
        for effect in self.each() {
            renamed.note_pairs(effect, &mut pairs);
            effect.run_on_pairs(&mut pairs, &mut lost);
        }
        renamed
    }

    /// Returns the names that the program changes in the object that `text` begins with, and the object's length.
    /// `others` are the names changed elsewhere in the same request.
    ///
    /// # Errors
    /// It is not JSON, or repeats a key that a step names.
    pub(crate) fn renamed(
        &self,
        text: &[u8],
        depth: u32,
        others: &Renamed,
    ) -> Result<(Renamed, usize), Fault> {
        let mut scanner = Scanner::inside(text, depth);
        let mut object = self.read(&mut scanner)?;
        let mut renamed = Renamed::default();
        let before = object.clone();
        for module in &self.modules {
            object.settle();
            for effect in module.changes.iter().flat_map(|change| &change.effects) {
                renamed.note(effect, &mut object);
                effect.run(&mut object, &mut Losses::default());
            }
        }
        renamed.note_own(others, |name| before.get(name).is_some());
        Ok((renamed, scanner.position()))
    }

    /// Runs the program on a query or a form.
    pub(crate) fn run_on_pairs<'a>(&'a self, pairs: &mut Pairs<'a>, losses: &mut Losses) {
        for Caused { cause, effects, .. } in self.changes() {
            let mut lost = Losses::default();
            effects.iter().for_each(|effect| effect.run_on_pairs(pairs, &mut lost));
            losses.extend_from(cause.as_ref(), lost);
        }
    }
}

/// The rewriter of the objects of one document. It adds up losses and remembers the objects that came before.
#[derive(Debug, Default)]
pub(crate) struct Rewriter {
    losses: Losses,
    templates: Templates,
}

impl Rewriter {
    /// Rewrites the object that `text` begins with and that stands `depth` levels deep in its document, by a program
    /// of the document's plan; returns its length.
    ///
    /// # Errors
    /// It is not JSON, or repeats a key that a step names. What was written to `out` is then of no use.
    pub(crate) fn rewrite(
        &mut self,
        program: &Program,
        text: &[u8],
        depth: u32,
        out: &mut Vec<u8>,
    ) -> Result<usize, Fault> {
        let Rewriter { losses, templates } = self;
        let by_fold = program
            .fold
            .as_ref()
            .and_then(|fold| templates.rewrite((program.number, fold), text, depth, out, losses));
        match by_fold {
            Some(length) => Ok(length),
            None => program.rewrite_by_steps(text, depth, out, losses),
        }
    }

    /// Returns the losses and resets them.
    pub(crate) fn losses(&mut self) -> Losses {
        self.templates.report(&mut self.losses);
        std::mem::take(&mut self.losses)
    }
}
