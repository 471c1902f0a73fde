//! A smaller document that breaks the same law, between versions that are nearer to each other.

use super::{
    draft::Draft,
    law::{Broken, Law},
    laws::Laws,
};
use crate::compare::Place;

/// The most documents that are tried.
const TRIALS: usize = 3000;

/// Shrinks what broke a law. `draft` is the document before it was text; if there is none, the text is taken apart.
pub(super) fn shrunk(laws: &Laws, place: Place, broken: Box<Broken>, draft: Option<Draft>) -> Box<Broken> {
    let mut least = broken;
    let between = laws.translations().between(least.from, least.to);
    let nearer = between.into_iter().find_map(|to| tried(laws, place, &least, to, &least.input));
    least = nearer.unwrap_or(least);
    // A panic may have come later, from a document that was made of the first; law 5 makes one of each.
    let draft = draft.filter(|draft| least.law == Law::Untouched || draft.text() == least.input);
    let draft = draft.or_else(|| Draft::read(&least.input, place.is_pairs()));
    let Some(mut draft) = draft else { return least };
    let mut left = TRIALS;
    loop {
        let mut takes = |simpler: &Draft| {
            let Some(rest) = left.checked_sub(1) else { return false };
            left = rest;
            match tried(laws, place, &least, least.to, &simpler.text()) {
                Some(broken) => {
                    least = broken;
                    true
                }
                None => false,
            }
        };
        match draft.simpler(&mut takes) {
            Some(simpler) => draft = simpler,
            None => return least,
        }
    }
}

/// Returns the break of the same law by another document, or between closer versions.
fn tried(
    laws: &Laws,
    place: Place,
    broken: &Broken,
    to: crate::version::Version,
    document: &str,
) -> Option<Box<Broken>> {
    let held = laws.hold(broken.law, place, broken.from, to, document);
    held.err().filter(|new| new.law == broken.law)
}
