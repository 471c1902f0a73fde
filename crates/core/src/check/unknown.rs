//! Names for members and parameters that are made up, which must be none of the pack's own.
//!
//! A law says what becomes of members that nobody has written down. A pack may name anything, so that a list of names
//! that is fixed would some day have one of its own in it, and a sound pack would break the law.

use crate::{
    form::{self, Pairs},
    json::Field,
    pack::{Change, Pack},
    step::{Direction, Effect},
};
use serde_json::Value;
use std::collections::BTreeSet;

/// Names that an API may have beside those that a pack names.
const MEMBERS: [&str; 9] =
    ["x", "", "meta data", "é", "\u{1f528}", "\"quoted\"", "a.b", "$.data[*]", "line\nbreak"];

/// Pairs that no version names, and what is hardly a pair.
const PAIRS: [&str; 8] = ["x=1", "first=2", "", "=", "%zz=%", "a+b=+", "é=é", "x[company]=1"];

/// Names that neither a step of the pack nor an example has.
#[derive(Debug)]
pub(super) struct Unknown {
    /// Names of members.
    pub(super) members: Vec<String>,
    /// Pairs of a query or a form.
    pub(super) pairs: Vec<String>,
    /// The name of a member for objects that replace other values. It may be in examples, and no step moves it, adds it
    /// or removes it.
    pub(super) id: String,
    /// The word that the names of odd members begin with.
    pub(super) odd: String,
}

impl Unknown {
    /// The names that are free in a pack.
    pub(super) fn of(pack: &Pack) -> Self {
        let known = known(pack);
        let mut members: Vec<String> =
            MEMBERS.iter().filter(|name| !known.contains(**name)).map(ToString::to_string).collect();
        let is_free = |pair: &&&str| parameters(pair).is_disjoint(&known);
        let mut pairs: Vec<String> = PAIRS.iter().filter(is_free).map(ToString::to_string).collect();
        // However many names a pack has, something is unknown to it.
        let free = free("unknown", |name| known.contains(name));
        members.push(free.clone());
        pairs.push(free + "=1");
        let moved = moved(pack);
        let is_odd = |word: &str| {
            let beginnings = [format!("{word}-"), format!("x_{word}")];
            known.iter().any(|known| beginnings.iter().any(|beginning| known.starts_with(beginning)))
        };
        Unknown {
            members,
            pairs,
            id: self::free("id", |name| moved.contains(name)),
            odd: self::free("odd", is_odd),
        }
    }
}

/// The word, made longer until it is not taken.
fn free(word: &str, is_taken: impl Fn(&str) -> bool) -> String {
    let mut word = word.to_owned();
    while is_taken(&word) {
        word.push('x');
    }
    word
}

fn changes(pack: &Pack) -> impl Iterator<Item = &Change> {
    pack.modules.iter().flat_map(|module| &module.changes)
}

/// Every name in a step or an example of the pack.
fn known(pack: &Pack) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for change in changes(pack) {
        names.extend(change.steps.iter().flat_map(|authored| authored.step.names()));
        for text in change.examples.iter().flat_map(|example| [&example.old, &example.new]) {
            match serde_json::from_str(text) {
                Ok(value) => members(&value, &mut names),
                Err(_) => names.extend(parameters(text)),
            }
        }
    }
    names
}

/// The names of a query's or a form's pairs, as they match: decoded, and those in brackets, too.
fn parameters(text: &str) -> BTreeSet<String> {
    let pairs = Pairs::parse(text);
    let mut names = pairs.iter().map(|(name, _)| name).filter(|_| !text.is_empty()).collect();
    members(&form::value(text), &mut names);
    names
}

fn members(value: &Value, names: &mut BTreeSet<String>) {
    match value {
        Value::Object(object) => {
            for (name, value) in object {
                names.insert(name.clone());
                members(value, names);
            }
        }
        Value::Array(elements) => elements.iter().for_each(|element| members(element, names)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Every name in a field that a step moves, adds or removes.
fn moved(pack: &Pack) -> BTreeSet<String> {
    let steps = changes(pack).flat_map(|change| &change.steps);
    let effects = steps.flat_map(|authored| authored.step.effects(Direction::Up));
    let fields = |effect: Effect| -> Vec<Field> {
        let of = |effect: &Effect| match effect {
            Effect::Reform { .. } | Effect::Widen { .. } | Effect::Narrow { .. } => Vec::new(),
            other => other.fields(),
        };
        effect.flat().into_iter().flat_map(|(effect, _)| of(effect)).collect()
    };
    let names = effects.flat_map(fields).flat_map(|field| field.names().to_vec());
    names.map(|name| name.text().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_made_longer_until_it_is_free() {
        assert_eq!(free("id", |_| false), "id");
        assert_eq!(free("id", |word| word.len() < 4), "idxx");
    }
}
