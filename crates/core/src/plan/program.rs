//! A program: what runs on every object at one place, and on the objects that it holds.

use super::{
    collect::{Place, Run},
    fold::{Fold, NumberedFold},
    nesting::{Leg, NestedPlace, nest},
    pass::Pass,
    rewriter::{LegText, Rewriter},
};
use crate::{
    json::{Fault, Hop, Paths, Scanner, Walk},
    pack::{Found, OperationId, Pack, Part},
    step::{Effect, Losses, PossibleLoss, Renamed},
};
use std::sync::Arc;

/// Everything that runs on the objects found at one place, in order.
#[derive(Debug)]
pub struct Program {
    /// The path from the document's root.
    pub(super) path: Vec<Hop>,
    pub(super) legs: Vec<ProgramLeg>,
    /// All legs in one go, for ordinary objects; where there are several and it can be said so.
    pub(super) whole: Option<NumberedFold>,
}

/// A part of a program.
#[derive(Debug)]
pub(super) enum ProgramLeg {
    /// The steps on the object itself.
    Own(Pass),
    /// The programs of the objects inside it, by their paths from it.
    Inside(Paths<Program>),
}

/// Makes the programs of an operation's part.
pub(super) struct Maker<'p> {
    /// Every place of a resource in the part, whatever changes there: the pack says where an object must be.
    pub(super) found: Vec<&'p Found>,
    /// The number of passes, and of folds of several, so far.
    pub(super) passes: usize,
    /// True if passes are folded where they can be.
    pub(super) folds: bool,
    /// True if the document is that of a form, in which an empty text says that there is nothing.
    pub(super) is_of_form: bool,
}

/// Returns the programs of these places of a part; `None` where nothing changes.
pub(super) fn programs(
    pack: &Pack,
    operation: OperationId,
    part: Part,
    places: Vec<Place<'_>>,
) -> Option<Paths<Program>> {
    let found = || pack.found_in(operation, part).map(|(_, found)| found).collect();
    (!places.is_empty())
        .then(|| Maker { found: found(), passes: 0, folds: true, is_of_form: false }.programs(places))
}

impl Maker<'_> {
    /// Returns the programs of these places.
    pub(super) fn programs(&mut self, places: Vec<Place<'_>>) -> Paths<Program> {
        self.paths(&[], nest(places))
    }

    /// Returns the programs of places inside an object.
    fn paths(&mut self, outer: &[Hop], sites: Vec<NestedPlace<'_>>) -> Paths<Program> {
        let mut paths = Paths::default();
        if self.is_of_form {
            paths.take_empty_texts();
        }
        for NestedPlace { path, legs } in sites {
            let program = self.program([outer, &path].concat(), legs);
            *paths.entry(&path) = Some(program);
        }
        for found in &self.found {
            let Some(path) = found.path.strip_prefix(outer) else { continue };
            paths.allow(path);
            if found.during.is_some() {
                // In the place of an object that is held, an API may give its id alone.
                paths.allow_scalar(path);
            }
        }
        paths
    }

    fn program(&mut self, path: Vec<Hop>, legs: Vec<Leg<'_>>) -> Program {
        let leg = |leg| match leg {
            Leg::Own(runs) => {
                self.passes += 1;
                let pass = if self.folds { Pass::new } else { Pass::by_steps };
                ProgramLeg::Own(pass(runs, self.passes - 1))
            }
            Leg::Inside(sites) => ProgramLeg::Inside(self.paths(&path, sites)),
        };
        let legs = legs.into_iter().map(leg).collect::<Vec<_>>();
        let whole = if self.folds { self.whole(&legs) } else { None };
        Program { path, legs, whole }
    }

    /// Folds the legs of a program with objects inside, if those come first and only once.
    pub(super) fn whole(&mut self, legs: &[ProgramLeg]) -> Option<NumberedFold> {
        let (paths, own) = match legs {
            [ProgramLeg::Inside(paths)] => (paths, None),
            [ProgramLeg::Inside(paths), ProgramLeg::Own(pass)] => (paths, Some(pass.fold.as_deref()?)),
            _ => return None,
        };
        let fold = Fold::holding(own, &paths.branch(), &Program::fold, &mut self.passes)?;
        self.passes += 1;
        Some(NumberedFold { number: self.passes - 1, fold: Arc::new(fold) })
    }
}

impl Program {
    /// The program of the steps of one version on a whole document.
    pub(super) fn of_run(run: Run<'_>) -> Program {
        Program { path: Vec::new(), legs: vec![ProgramLeg::Own(Pass::new(vec![run], 0))], whole: None }
    }

    /// The program of these steps: one list a module, each in the order in which it runs.
    #[cfg(test)]
    pub(super) fn of(modules: Vec<Vec<super::pass::Caused>>) -> Program {
        Program { path: Vec::new(), legs: vec![ProgramLeg::Own(Pass::of(modules))], whole: None }
    }

    /// The fold of all that the program does.
    fn fold(&self) -> Option<NumberedFold> {
        match &self.legs[..] {
            [ProgramLeg::Own(pass)] => pass.numbered_fold(),
            _ => self.whole.clone(),
        }
    }

    /// The passes on the object itself.
    pub(super) fn own(&self) -> impl Iterator<Item = &Pass> {
        self.legs.iter().filter_map(|leg| match leg {
            ProgramLeg::Own(pass) => Some(pass),
            ProgramLeg::Inside(_) => None,
        })
    }

    /// The programs of the objects inside it.
    fn inside(&self) -> impl Iterator<Item = &Paths<Program>> {
        self.legs.iter().filter_map(|leg| match leg {
            ProgramLeg::Inside(paths) => Some(paths),
            ProgramLeg::Own(_) => None,
        })
    }

    /// The program and those of the objects inside.
    pub(super) fn all(&self) -> Vec<&Program> {
        let inside = self.inside().flat_map(Paths::targets).flat_map(Program::all);
        std::iter::once(self).chain(inside).collect()
    }

    /// Every place that it changes, each with its path from the document's root: its own and those inside.
    pub(super) fn places(&self) -> Vec<&[Hop]> {
        let inside = self.inside().flat_map(Paths::targets).flat_map(Program::places);
        std::iter::once(&*self.path).chain(inside).collect()
    }

    /// Every effect on the object itself, in the order in which they run.
    fn each(&self) -> impl Iterator<Item = &Effect> {
        self.own().flat_map(Pass::each)
    }

    /// Every pass, also on objects inside.
    pub(super) fn passes(&self) -> Vec<&Pass> {
        let inside = self.inside().flat_map(Paths::targets).flat_map(Program::passes);
        self.own().chain(inside).collect()
    }

    /// Returns the number of steps.
    pub fn steps(&self) -> usize {
        self.passes().into_iter().map(Pass::steps).sum()
    }

    /// Every loss that a step can cause. A field is named from the object of its own resource.
    pub fn losses(&self) -> impl Iterator<Item = PossibleLoss> + '_ {
        self.passes().into_iter().flat_map(Pass::each).flat_map(Effect::losses)
    }

    /// Every loss that happens to any object of the version that the steps begin at, whatever its members are. Objects
    /// inside may be absent.
    pub fn certain_losses(&self) -> Vec<PossibleLoss> {
        Pass::certain_losses(self.each())
    }

    /// Reports that the objects at this path are none, so many times: each change that would be made to them, once.
    pub(crate) fn report_misplaced(&self, path: &[Hop], count: u64, losses: &mut Losses) {
        let path = Hop::display(path).into();
        for change in self.passes().into_iter().flat_map(Pass::changes) {
            losses.report_misplaced(&path, change.cause.as_ref(), count);
        }
    }

    /// Runs the program on a pointer, as its tokens, into the object that it is for; whether every step can be said of
    /// it. See [`Effect::run_on_pointer`].
    pub(crate) fn run_on_pointer(&self, pointer: &mut [String], has_value: bool) -> bool {
        self.legs.iter().all(|leg| match leg {
            ProgramLeg::Own(pass) => pass.each().all(|effect| effect.run_on_pointer(pointer, has_value)),
            ProgramLeg::Inside(paths) => run_on_pointer(paths, pointer, has_value),
        })
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
        if let [ProgramLeg::Own(pass)] = &self.legs[..] {
            return pass.renamed(text, depth, others);
        }
        let mut scanner = Scanner::inside(text, depth);
        scanner.value()?;
        let (mut all, mut rewriter) = (Renamed::default(), Rewriter::default());
        let mut current: Option<Vec<u8>> = None;
        for leg in &self.legs {
            let own = LegText::new(&text[..scanner.position()], current.as_deref(), depth);
            all.extend(own.fault(leg.renamed(&own, others))?);
            let mut next = Vec::new();
            own.fault(rewriter.leg(self, leg, &own, &mut next))?;
            current = Some(next);
        }
        Ok((all, scanner.position()))
    }
}

impl ProgramLeg {
    /// Returns the names that the leg changes in an object.
    fn renamed(
        &self,
        &LegText { text, depth, .. }: &LegText<'_>,
        others: &Renamed,
    ) -> Result<Renamed, Fault> {
        match self {
            ProgramLeg::Own(pass) => pass.renamed(text, depth, others).map(|(renamed, _)| renamed),
            ProgramLeg::Inside(paths) => {
                let mut inside = Renamed::default();
                Walk::whole(text, paths, |program: &Program, text, inner, _| {
                    let (renamed, length) = program.renamed(text, depth + inner, others)?;
                    inside.extend(renamed);
                    Ok(length)
                })?;
                Ok(inside)
            }
        }
    }
}

/// Runs the programs of objects inside on a pointer into the outer one.
fn run_on_pointer(paths: &Paths<Program>, pointer: &mut [String], has_value: bool) -> bool {
    paths.each().all(|(path, program)| {
        if !path.iter().zip(pointer.iter()).all(|(hop, token)| hop.leads_to(token)) {
            return true;
        }
        match pointer.get_mut(path.len()..) {
            Some(inner) if !inner.is_empty() => program.run_on_pointer(inner, has_value),
            // Its value is such an object, or has some inside.
            Some(_) | None => !has_value,
        }
    })
}
