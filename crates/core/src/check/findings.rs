//! The findings of a check: for each resource the first break of each law, made small, with the step to blame.

use super::{
    blame,
    draft::Draft,
    law::{Broken, Law},
    laws::Laws,
    shrink,
};
use crate::{
    compare::Place,
    pack::{Code, Diagnostic, Location},
};

/// The broken laws of a pack.
pub(super) struct Findings<'l> {
    laws: &'l Laws,
    known: Vec<(Option<usize>, Law)>,
    notes: Vec<Diagnostic>,
}

impl<'l> Findings<'l> {
    pub(super) fn new(laws: &'l Laws) -> Self {
        Findings { laws, known: Vec::new(), notes: Vec::new() }
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
        let Broken { law, operation, part, from, to, input, expected, got, difference } = *broken;
        let message = format!("{law}: broken between {from} and {to}");
        let blame = blamed.map(|authored| authored.step.describe(crate::step::Direction::Up));
        let blame = match blame {
            Some(step) => format!("to blame: `{step}`; with the steps before it alone the law holds"),
            None => "no step is to blame: it breaks without any".into(),
        };
        let form = if place.is_pairs() && place.part == crate::pack::Part::Body { " as a form" } else { "" };
        let hint = format!(
            "{blame}\ninput    {input}\nexpected {expected}\ngot      {got}\nin {operation}, {part}{form}"
        );
        let note = match blamed.map(|authored| &authored.at).or(example) {
            Some(at) => Diagnostic::new(Code::Law, at, message),
            None => Diagnostic::without_place(Code::Law, message),
        };
        let label = difference.unwrap_or_else(|| "broken here".into());
        self.notes.push(note.label(label).hint(hint));
    }

    pub(super) fn into_notes(self) -> Vec<Diagnostic> {
        self.notes
    }
}
