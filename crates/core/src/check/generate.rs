//! Documents that are made up: as a resource's shape says, with what is rare and allowed.

use super::{
    draft::{Draft, Node},
    shape::{Missing, Shape},
    unknown::Unknown,
    values::{self, Names, chosen},
};
use crate::json::{Hop, number};
use fastrand::Rng;

/// The properties of the next document.
pub(super) struct Recipe<'r> {
    pub(super) shape: &'r Shape,
    /// Fields that are not as usual, by their paths.
    pub(super) missing: Vec<(&'r [String], Missing)>,
    /// True if all else may be unusual as well: missing members, values of other types, several elements.
    pub(super) is_odd: bool,
    /// Names of other versions, to be put anywhere; none for documents of their own version.
    pub(super) foreign: &'r [&'r str],
    /// Names that no version has.
    pub(super) unknown: &'r Unknown,
}

impl<'r> Recipe<'r> {
    fn names(&self) -> Names<'r> {
        Names { foreign: self.foreign, unknown: &self.unknown.members }
    }
}

/// Makes documents up.
pub(super) struct Generator<'r> {
    pub(super) rng: &'r mut Rng,
    pub(super) recipe: Recipe<'r>,
}

impl Generator<'_> {
    /// A body in which resources stand at the path.
    pub(super) fn body(&mut self, path: &[Hop]) -> Draft {
        Draft::Json(self.at(path), values::gaps(self.rng))
    }

    fn at(&mut self, path: &[Hop]) -> Node {
        match path.split_first() {
            None => self.object(self.recipe.shape, &mut Vec::new()),
            Some((Hop::Elements, inner)) => {
                let most = if self.recipe.is_odd { 4 } else { 2 };
                let count = if self.once_in(10) { 0 } else { self.rng.usize(1..most) };
                let mut element = || match self.recipe.is_odd && self.rng.u8(0..10) == 0 {
                    true => values::value(self.rng, self.recipe.names(), 2),
                    false => self.at(inner),
                };
                Node::List((0..count).map(|_| element()).collect())
            }
            Some((Hop::Member(name), inner)) => {
                let mut members = vec![(values::key(self.rng, name.text()), self.at(inner))];
                self.add_unknown(&mut members);
                Node::Object(members)
            }
        }
    }

    fn object(&mut self, shape: &Shape, path: &mut Vec<String>) -> Node {
        let mut members = Vec::new();
        for (name, inner) in &shape.members {
            path.push(name.clone());
            let value = match self.missing(path) {
                Some(Missing::Absent) => None,
                Some(Missing::Null) => Some(Node::Scalar("null".into())),
                None => Some(self.like(inner, path)),
            };
            path.pop();
            members.extend(value.map(|value| (values::key(self.rng, name), value)));
        }
        self.add_unknown(&mut members);
        Node::Object(members)
    }

    fn missing(&mut self, path: &[String]) -> Option<Missing> {
        let asked = self.recipe.missing.iter().find(|(field, _)| *field == path);
        match asked {
            Some((_, missing)) => Some(*missing),
            None if !self.recipe.is_odd => None,
            None => match self.rng.u8(0..10) {
                0 | 1 => Some(Missing::Absent),
                2 => Some(Missing::Null),
                _ => None,
            },
        }
    }

    /// A value as the examples have it there.
    fn like(&mut self, shape: &Shape, path: &mut Vec<String>) -> Node {
        if self.recipe.is_odd && self.once_in(8) {
            return values::value(self.rng, self.recipe.names(), 3);
        }
        if !shape.members.is_empty() {
            return self.object(shape, path);
        }
        if let Some(elements) = &shape.elements {
            // What is in arrays is not named by any field: its own paths begin anew.
            let count = self.rng.usize(0..3);
            return Node::List((0..count).map(|_| self.like(elements, &mut vec!["[*]".into()])).collect());
        }
        let usual: Vec<&String> = shape.scalars.iter().filter(|text| *text != "null").collect();
        let usual = match usual[..] {
            [] => values::scalar(self.rng),
            _ => (*chosen(self.rng, &usual)).clone(),
        };
        match usual.strip_prefix('"').and_then(|text| text.strip_suffix('"')) {
            None if number::is_number(usual.as_bytes()) && self.rng.bool() => {
                Node::Scalar(values::number(self.rng))
            }
            Some(text) if number::is_number(text.as_bytes()) && self.rng.bool() => {
                Node::Scalar(format!("\"{}\"", values::number(self.rng)))
            }
            _ => Node::Scalar(usual),
        }
    }

    /// Members that no version names, in any place; and where they are asked for, those that other versions name.
    fn add_unknown(&mut self, members: &mut Vec<(String, Node)>) {
        let count = if self.once_in(2) { 0 } else { self.rng.usize(1..3) };
        for _ in 0..count {
            let names = self.recipe.names();
            let member = (values::name(self.rng, names), values::value(self.rng, names, 3));
            members.insert(self.rng.usize(0..=members.len()), member);
        }
        if self.recipe.is_odd && self.rng.bool() {
            self.rng.shuffle(members);
        }
    }

    /// The pairs of a query or a form.
    pub(super) fn pairs(&mut self) -> Draft {
        let mut pairs = Vec::new();
        for (name, values) in &self.recipe.shape.members {
            match self.missing(std::slice::from_ref(name)) {
                Some(Missing::Absent) => continue,
                // Pairs have no null: a name alone, or without a value.
                Some(Missing::Null) => pairs.push(format!("{name}{}", chosen(self.rng, &["", "="]))),
                None => {
                    let value = match values.scalars.is_empty() || self.once_in(4) {
                        true => *chosen(self.rng, &ODD_VALUES),
                        false => chosen(self.rng, &values.scalars).as_str(),
                    };
                    pairs.push(format!("{}={value}", self.spelled(name)));
                    if self.recipe.is_odd && self.once_in(3) {
                        pairs.push(format!("{}={}", self.spelled(name), chosen(self.rng, &ODD_VALUES)));
                    }
                }
            }
        }
        for name in self.recipe.foreign {
            if self.once_in(4) {
                pairs.push(format!("{}={}", self.spelled(name), chosen(self.rng, &ODD_VALUES)));
            }
        }
        for _ in 0..self.rng.usize(0..3) {
            let pair = chosen(self.rng, &self.recipe.unknown.pairs).clone();
            pairs.insert(self.rng.usize(0..=pairs.len()), pair);
        }
        Draft::Pairs(pairs)
    }

    /// A name as queries may spell it.
    fn spelled(&mut self, name: &str) -> String {
        match self.rng.u8(0..6) {
            0 => name.replace('_', "%5F"),
            1 if self.recipe.is_odd && !name.contains('[') => format!("{name}[]"),
            2 if self.recipe.is_odd && !name.contains('[') => format!("{name}%5B%5D"),
            3 if name.is_ascii() && !name.is_empty() => format!("%{:02x}{}", name.as_bytes()[0], &name[1..]),
            _ => name.to_owned(),
        }
    }

    fn once_in(&mut self, times: u8) -> bool {
        self.rng.u8(0..times) == 0
    }
}

/// Values that a careless decoder changes.
const ODD_VALUES: [&str; 8] = ["", "a+b%26c", "%zz", "%41", "é", "x=y", "null", "1e3"];
