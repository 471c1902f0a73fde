//! The findings of a check: for each resource the first break of each law, made small, with the step to blame.

use super::{
    blame,
    draft::Draft,
    law::{Broken, Law},
    laws::Laws,
    outdated::{Outdated, outdated},
    shrink,
};
use crate::{
    compare::Place,
    pack::{Authored, Code, Diagnostic, Location, Part},
    step::Direction,
};
use std::collections::BTreeSet;

/// The broken laws of a pack.
pub(super) struct Findings<'l> {
    laws: &'l Laws,
    /// The resources with examples that are wrong: laws that their documents break follow from that.
    mistaken: BTreeSet<usize>,
    known: Vec<(Option<usize>, Law)>,
    notes: Vec<Diagnostic>,
}

impl<'l> Findings<'l> {
    pub(super) fn new(laws: &'l Laws, mistaken: BTreeSet<usize>) -> Self {
        Findings { laws, mistaken, known: Vec::new(), notes: Vec::new() }
    }

    /// Tells whether the laws of a resource are not tried.
    pub(super) fn skips(&self, resource: usize) -> bool {
        self.mistaken.contains(&resource)
    }

    /// Notes a break, unless there is one of the same law for the same resource: what breaks it once breaks it often.
    /// `draft` is the document before it was text, `example` where it comes from.
    pub(super) fn add(
        &mut self,
        resource: Option<usize>,
        place: Place,
        broken: Box<Broken>,
        draft: Option<Draft>,
        example: Option<&Location>,
    ) {
        let key = (resource, broken.law);
        if self.known.contains(&key) {
            return;
        }
        self.known.push(key);
        let broken = shrink::shrunk(self.laws, place, broken, draft);
        let blamed = blame::blamed(self.laws, place, &broken);
        let outdated = resource.and_then(|resource| outdated(self.laws.pack(), resource));
        let note = match (&outdated, blamed) {
            (Some(outdated), Some(_)) => of_example(outdated, &broken),
            _ => of_step(blamed, example, &broken),
        };
        let Broken { operation, part, input, expected, got, .. } = *broken;
        let form = if place.is_pairs() && place.part == Part::Body { " as a form" } else { "" };
        let documents =
            format!("input    {input}\nexpected {expected}\ngot      {got}\nin {operation}, {part}{form}");
        let hint = format!("{}\n{documents}", note.hint.as_deref().unwrap_or_default());
        self.notes.push(note.hint(hint));
    }

    pub(super) fn into_notes(self) -> Vec<Diagnostic> {
        self.notes
    }
}

/// A note on a step that breaks a law.
fn of_step(blamed: Option<&Authored>, example: Option<&Location>, broken: &Broken) -> Diagnostic {
    let Broken { law, from, to, difference, .. } = broken;
    let message = format!("{law}: broken between {from} and {to}");
    let blame = blamed.map(|authored| authored.step.describe(Direction::Up));
    let blame = match blame {
        Some(step) => format!("to blame: `{step}`; with the steps before it alone the law holds"),
        None => "no step is to blame: it breaks without any".into(),
    };
    let note = match blamed.map(|authored| &authored.at).or(example) {
        Some(at) => Diagnostic::new(Code::Law, at, message),
        None => Diagnostic::without_place(Code::Law, message),
    };
    note.label(difference.as_deref().unwrap_or("broken here")).hint(blame)
}

/// A note on an example that breaks a law of a sound step.
fn of_example(outdated: &Outdated<'_>, broken: &Broken) -> Diagnostic {
    let Outdated { example, side, version, field, now } = outdated;
    let Broken { law, from, to, .. } = broken;
    let message = format!("{law}: broken between {from} and {to} by an example");
    let label = format!("`{side}` is of {version} and shows `{field}`, which is {now}");
    Diagnostic::new(Code::Law, &example.at, message)
        .label(label)
        .hint(format!("write the example with the names that {version} has: `{field}` is {now}"))
}
