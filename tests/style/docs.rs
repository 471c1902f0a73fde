//! Doc comments that begin with a fragment ("What is counted …") or with another subject than the item ("Nothing is …").

use super::Offender;
use super::source::{DocLine, Source};

/// First words of a fragment: the item that the line belongs to is neither its subject nor named by it.
const FRAGMENTS: &[&str] = &[
    "About",
    "Above",
    "After",
    "Against",
    "Among",
    "As",
    "At",
    "Because",
    "Before",
    "Behind",
    "Below",
    "Beside",
    "Besides",
    "Between",
    "Both",
    "By",
    "Down",
    "During",
    "For",
    "From",
    "How",
    "However",
    "If",
    "In",
    "Inside",
    "Into",
    "Like",
    "None",
    "Not",
    "Of",
    "Off",
    "On",
    "Out",
    "Outside",
    "Over",
    "Since",
    "Than",
    "That",
    "Though",
    "Through",
    "To",
    "Toward",
    "Towards",
    "Under",
    "Unless",
    "Until",
    "Up",
    "What",
    "Whatever",
    "When",
    "Whence",
    "Whenever",
    "Where",
    "Wherever",
    "Whether",
    "Which",
    "Whichever",
    "While",
    "Who",
    "Whoever",
    "Whom",
    "Whose",
    "Why",
    "With",
    "Within",
    "Without",
];

/// First words of a sentence about something else than the item.
const OTHER_SUBJECTS: &[&str] = &[
    "Always",
    "Another",
    "Anybody",
    "Anything",
    "Else",
    "Ever",
    "Everybody",
    "Everything",
    "Here",
    "It",
    "Its",
    "Less",
    "More",
    "Never",
    "Nobody",
    "Nothing",
    "Now",
    "Nowhere",
    "Once",
    "So",
    "Somebody",
    "Someone",
    "Something",
    "Somewhere",
    "Such",
    "Their",
    "Then",
    "There",
    "These",
    "They",
    "Those",
    "Too",
];

/// The first line of each doc comment.
pub(super) fn first_lines(source: &Source) -> impl Iterator<Item = &DocLine> {
    let continues = |at: usize| {
        let (before, line) = (&source.docs[at - 1], &source.docs[at]);
        before.line + 1 == line.line && before.inner == line.inner
    };
    (0..source.docs.len()).filter(move |at| *at == 0 || !continues(*at)).map(|at| &source.docs[at])
}

pub(super) fn fragments(source: &Source) -> impl Iterator<Item = Offender> {
    first_lines(source).filter(|doc| is_fragment(&doc.text)).map(|doc| Offender {
        file: source.path.clone(),
        line: doc.line,
        why: doc.text.clone(),
    })
}

fn is_fragment(line: &str) -> bool {
    let word = line.split(|c: char| c.is_whitespace() || ",.:;".contains(c)).next().unwrap_or_default();
    FRAGMENTS.contains(&word) || OTHER_SUBJECTS.contains(&word)
}
