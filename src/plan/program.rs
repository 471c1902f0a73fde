//! A program: the steps for one place, module after module.

use super::collect::Run;
use crate::{
    form::Pairs,
    json::{Fault, Object, Scanner, Shape},
    step::{Direction, Losses, Move, PossibleLoss, Step},
};

/// The steps that run on every object found at one place, and the shape that is opened for them.
#[derive(Debug)]
pub struct Program {
    direction: Direction,
    /// One list a module, each in the order in which it runs.
    modules: Vec<Vec<Step>>,
    shape: Shape,
}

impl Program {
    pub(super) fn new(runs: &[Run<'_>]) -> Program {
        let modules: Vec<Vec<Step>> = runs
            .iter()
            .map(|run| run.changes.iter().flat_map(|(_, steps)| steps).map(|step| (*step).clone()).collect())
            .collect();
        let direction = runs.first().map_or(Direction::Up, |run| run.direction);
        let shape = shape(modules.iter().flatten());
        Program { direction, modules, shape }
    }

    /// How many steps there are.
    pub fn steps(&self) -> usize {
        self.modules.iter().map(Vec::len).sum()
    }

    /// Every loss that a step can cause.
    pub fn losses(&self) -> impl Iterator<Item = PossibleLoss> + '_ {
        self.modules.iter().flatten().flat_map(|step| step.losses(self.direction))
    }

    /// Whether every step can be said of `name=value` pairs.
    pub fn fits_parameters(&self) -> bool {
        self.modules.iter().flatten().all(Step::fits_parameters)
    }

    /// Rewrites the object that `text` begins with and that stands `depth` levels deep in its document; returns its
    /// length.
    ///
    /// # Errors
    /// It is not JSON, or repeats a key that a step names. What was written to `out` is then of no use.
    pub(crate) fn rewrite(
        &self,
        text: &[u8],
        depth: u32,
        out: &mut Vec<u8>,
        losses: &mut Losses,
    ) -> Result<usize, Fault> {
        let mut scanner = Scanner::inside(text, depth);
        let mut object = Object::read(&mut scanner, &self.shape)?;
        for steps in &self.modules {
            // Each module sees what the one before it left, as if it had been written out and read again.
            object.settle();
            steps.iter().for_each(|step| step.run(self.direction, &mut object, losses));
        }
        object.write(out);
        Ok(scanner.position())
    }

    /// Runs the program on a query or a form.
    pub(crate) fn run_on_pairs<'a>(&'a self, pairs: &mut Pairs<'a>, losses: &mut Losses) {
        let steps = self.modules.iter().flatten();
        steps.for_each(|step| step.run_on_pairs(self.direction, pairs, losses));
    }
}

fn shape<'s>(steps: impl Iterator<Item = &'s Step> + Clone) -> Shape {
    let mut shape = Shape::default();
    steps.clone().for_each(|step| step.shape(&mut shape));
    // What a container is moved to is opened like what it was moved from. Chains need as many rounds as they are long.
    loop {
        let before = shape.clone();
        for step in steps.clone() {
            if let Step::Move(Move { from, to }) = step {
                shape.alias(from, to);
            }
        }
        if shape == before {
            return shape;
        }
    }
}
