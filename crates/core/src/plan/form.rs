//! A plan on `name=value` pairs: a query, or the body of a form.
//!
//! Versions run one after another. One whose steps only name parameters of the first level runs on the pairs as they
//! are. Any other one runs on [their document](crate::form), as it runs on a body.

use super::{
    Program,
    collect::{Lowered, Place, Run},
    pass::{Caused, Pass},
    program::Maker,
    rewriter::Rewriter,
};
use crate::{
    form::Pairs,
    json::{Fault, Field, Hop, Output, Paths, Walk},
    pack::{OperationId, Pack, Part},
    step::{Direction, Effect, LossKind, Losses, Lost, PossibleLoss, Renamed, When},
};
use std::collections::BTreeSet;

/// Everything that runs on a query or a form, in order.
#[derive(Debug)]
pub(crate) struct FormProgram {
    parts: Vec<FormPart>,
    /// True for a body: nothing is done to an empty one.
    is_body: bool,
    /// True if a step makes a field that may be absent. No other one does anything where there is nothing.
    makes_fields: bool,
}

/// The steps of some versions.
#[derive(Debug)]
enum FormPart {
    /// Steps on parameters of the first level.
    Flat(Pass),
    /// The steps of one version on the document of the pairs.
    Nested(Paths<Program>),
}

impl FormProgram {
    /// The program of these places of a part; `None` where nothing changes, and where a step has no meaning in a form.
    pub(super) fn new(
        pack: &Pack,
        operation: OperationId,
        part: Part,
        places: &[Place<'_>],
    ) -> Option<FormProgram> {
        if places.is_empty() {
            return None;
        }
        let runs = || places.iter().flat_map(|(_, runs)| runs);
        let versions: BTreeSet<usize> = runs().map(|run| run.at).collect();
        let mut versions: Vec<usize> = versions.into_iter().collect();
        if runs().any(|run| run.direction == Direction::Down) {
            versions.reverse();
        }
        let (mut parts, mut flat) = (Vec::new(), Vec::new());
        for at in versions {
            let is_own = |run: &&Run<'_>| run.at == at;
            let here: Vec<Place<'_>> = places
                .iter()
                .filter_map(|(path, runs)| Some((path.clone(), vec![runs.iter().find(is_own)?.clone()])))
                .collect();
            match is_flat(&here) {
                true => flat.extend(here.into_iter().flat_map(|(_, runs)| runs)),
                false => {
                    let runs = std::mem::take(&mut flat);
                    parts.extend((!runs.is_empty()).then(|| FormPart::Flat(Pass::by_steps(runs, 0))));
                    let places: Option<Vec<Place<'_>>> = here.into_iter().map(for_forms).collect();
                    let found = pack.found_in(operation, part).map(|(_, found)| found).collect();
                    let mut maker = Maker { found, passes: 0, folds: false, is_of_form: true };
                    parts.push(FormPart::Nested(maker.programs(places?)));
                }
            }
        }
        parts.extend((!flat.is_empty()).then(|| FormPart::Flat(Pass::by_steps(flat, 0))));
        let mut passes = parts.iter().flat_map(FormPart::passes);
        let makes_fields = passes.any(|(_, pass)| pass.each().any(Effect::is_making));
        Some(FormProgram { parts, is_body: part == Part::Body, makes_fields })
    }

    /// Runs the program on pairs.
    ///
    /// # Errors
    /// The document of the pairs is too deep.
    pub(crate) fn run<'a>(&'a self, pairs: &mut Pairs<'a>, losses: &mut Losses) -> Result<(), Fault> {
        for part in &self.parts {
            let had_some = self.is_body && !pairs.is_empty();
            match part {
                FormPart::Flat(pass) => pass.run_on_pairs(pairs, losses),
                FormPart::Nested(paths) => {
                    let document = pairs.document();
                    let (json, mut lost) = rewrite_document(paths, &document.json)?;
                    let emptied = pairs.follow(&document, &json)?;
                    emptied.iter().for_each(|path| part.report_emptied(path, &mut lost));
                    losses.extend(lost);
                }
            }
            // Nothing is filled into a body that is empty.
            if had_some && pairs.is_empty() {
                part.report_emptied(&[], losses);
            }
        }
        Ok(())
    }

    /// Reports that none of the changes could be made.
    pub(crate) fn report_misplaced(&self, losses: &mut Losses) {
        for part in &self.parts {
            match part {
                FormPart::Flat(pass) => {
                    for change in pass.changes() {
                        losses.report_misplaced(&"$".into(), change.cause.as_ref(), 1);
                    }
                }
                FormPart::Nested(paths) => {
                    paths.targets().for_each(|program| program.report_misplaced(&[], 1, losses));
                }
            }
        }
    }

    /// Returns the number of steps.
    pub(crate) fn steps(&self) -> usize {
        self.passes().map(|(_, pass)| pass.steps()).sum()
    }

    /// Every loss that a step can cause.
    pub(crate) fn losses(&self) -> Vec<PossibleLoss> {
        self.passes().flat_map(|(_, pass)| pass.each()).flat_map(Effect::losses).collect()
    }

    /// Tells whether a step makes a field that may be absent. No other one does anything where there is nothing.
    pub(crate) fn makes_fields(&self) -> bool {
        self.makes_fields
    }

    /// Tells whether a guard reads the field with this name.
    pub(crate) fn asks(&self, field: &str) -> bool {
        self.passes().flat_map(|(_, pass)| pass.each()).any(|effect| asks(effect, field))
    }

    /// Tells whether all of it runs on the pairs as they are.
    pub(crate) fn is_flat(&self) -> bool {
        self.parts.iter().all(|part| matches!(part, FormPart::Flat(_)))
    }

    /// Tells whether a text is a JSON object with a field that a step names.
    pub(crate) fn names_in(&self, text: &[u8]) -> bool {
        self.passes().any(|(_, pass)| pass.names_in(text))
    }

    /// Every pass, with the path of the objects that it runs on.
    fn passes(&self) -> impl Iterator<Item = (&[Hop], &Pass)> {
        self.parts.iter().flat_map(FormPart::passes)
    }

    /// Returns the names that the program changes in pairs. `others` are those changed elsewhere in the same request.
    pub(crate) fn renamed(&self, pairs: &Pairs<'_>, others: &Renamed) -> Renamed {
        let (mut pairs, mut all) = (pairs.clone(), Renamed::default());
        for part in &self.parts {
            match part {
                FormPart::Flat(pass) => {
                    all.follow(pass.renamed_pairs(&mut pairs));
                }
                FormPart::Nested(paths) => {
                    let document = pairs.document();
                    let note = |program: &Program, text: &[u8], depth: u32, _: &mut Vec<u8>| {
                        let (renamed, length) = program.renamed(text, depth, others)?;
                        all.follow(renamed);
                        Ok(length)
                    };
                    let noted = Walk::whole(&document.json, paths, note).is_ok();
                    let run = rewrite_document(paths, &document.json)
                        .and_then(|(json, _)| pairs.follow(&document, &json));
                    // It was translated, so neither fails.
                    if !noted || run.is_err() {
                        return Renamed::default();
                    }
                }
            }
        }
        all
    }
}

/// Tells whether the guard of an effect reads the field with this name.
fn asks(effect: &Effect, field: &str) -> bool {
    match effect {
        Effect::Guarded(guarded) => guarded.guard.fields().any(|own| *own.shared_text() == *field),
        Effect::Elements(each) => each.effects.iter().any(|effect| asks(effect, field)),
        _ => false,
    }
}

/// Runs programs on a whole document.
pub(crate) fn rewrite_document(paths: &Paths<Program>, text: &[u8]) -> Result<(Vec<u8>, Losses), Fault> {
    let (mut walk, mut out, mut rewriter) = (Walk::new(usize::MAX), Output::default(), Rewriter::default());
    let mut edit = |program: &Program, text: &[u8], depth, out: &mut Vec<u8>| {
        rewriter.rewrite(program, text, depth, out)
    };
    walk.feed(text, paths, &mut edit, &mut out)?;
    walk.finish(paths, edit)?;
    let mut losses = rewriter.losses();
    for (path, program, count) in walk.misplaced(paths) {
        program.report_misplaced(&path, count, &mut losses);
    }
    Ok((out.into_text(), losses))
}

impl FormPart {
    /// Reports what a list or an object lost with its last pair: nothing is left that the way back could fill in.
    #[cold]
    fn report_emptied(&self, path: &[Hop], losses: &mut Losses) {
        let is_at = |outer: &[Hop], field: &Field| {
            let names = field.names().iter().take(field.names().len() - 1).cloned().map(Hop::Member);
            outer.iter().cloned().chain(names).eq(path.iter().cloned())
        };
        let mut dropped = Vec::new();
        for (outer, pass) in self.passes() {
            for Caused { cause, effects, .. } in pass.changes() {
                for loss in effects.iter().flat_map(Effect::losses) {
                    if (loss.kind, loss.when) == (LossKind::Dropped, When::Differs) {
                        dropped.push((is_at(outer, &loss.field), loss.field, cause));
                    }
                }
            }
        }
        // It may have moved in the same version.
        let is_known = dropped.iter().any(|(is_at, ..)| *is_at);
        for (_, field, cause) in dropped.into_iter().filter(|(is_at, ..)| *is_at || !is_known) {
            let is_it = |lost: &Lost| lost.kind == LossKind::Dropped && *lost.field == *field.shared_text();
            if !losses.iter().any(is_it) {
                losses.report_times(LossKind::Dropped, &field, cause.as_ref(), 1);
            }
        }
    }

    /// Every pass, with the path of the objects that it runs on.
    fn passes(&self) -> Vec<(&[Hop], &Pass)> {
        match self {
            FormPart::Flat(pass) => vec![(&[], pass)],
            FormPart::Nested(paths) => {
                let programs = paths.targets().flat_map(Program::all);
                programs.flat_map(|program| program.own().map(|pass| (&*program.path, pass))).collect()
            }
        }
    }
}

/// Tells whether steps only name parameters of the first level.
fn is_flat(places: &[Place<'_>]) -> bool {
    let effects = |runs: &[Run<'_>]| {
        let mut changes = runs.iter().flat_map(|run| &run.changes);
        changes.all(|change| change.effects.iter().all(Effect::is_flat))
    };
    places.iter().all(|(path, runs)| path.is_empty() && effects(runs))
}

/// The same place in a document whose values are texts.
fn for_forms<'p>((path, runs): Place<'p>) -> Option<Place<'p>> {
    let change = |change: Lowered<'p>| {
        let effects = change.effects.iter().map(Effect::for_forms).collect::<Option<_>>()?;
        Some(Lowered { effects, ..change })
    };
    let run = |run: Run<'p>| {
        let changes = run.changes.iter().cloned().map(change).collect::<Option<_>>()?;
        Some(Run { changes, ..run })
    };
    Some((path, runs.into_iter().map(run).collect::<Option<_>>()?))
}
