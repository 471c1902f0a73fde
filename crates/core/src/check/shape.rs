//! The shape of a resource's documents at one version, as the pack's examples show it.

use super::{documents::Document, draft::split_pairs};
use serde_json::Value;
use std::collections::BTreeSet;

/// The shape of the values at one place of documents, as far as examples show it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Shape {
    /// The scalars that were seen, as JSON text; of pairs the values, as they are written.
    pub(super) scalars: Vec<String>,
    /// The members of all objects together.
    pub(super) members: Vec<(String, Shape)>,
    /// The shape of all elements of arrays.
    pub(super) elements: Option<Box<Shape>>,
}

impl Shape {
    /// The shape of some documents.
    pub(super) fn of<'d>(documents: impl Iterator<Item = &'d Document<'d>>, is_pairs: bool) -> Shape {
        let mut shape = Shape::default();
        for document in documents {
            if is_pairs {
                for pair in split_pairs(&document.text) {
                    let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                    shape.member(name).scalar(value);
                }
            } else if let Ok(value) = serde_json::from_str(&document.text) {
                shape.learn(&value);
            }
        }
        shape
    }

    fn learn(&mut self, value: &Value) {
        match value {
            Value::Object(members) => {
                members.iter().for_each(|(name, value)| self.member(name).learn(value));
            }
            Value::Array(elements) => {
                let shape = self.elements.get_or_insert_default();
                elements.iter().for_each(|element| shape.learn(element));
            }
            scalar => self.scalar(&scalar.to_string()),
        }
    }

    fn member(&mut self, name: &str) -> &mut Shape {
        let known = self.members.iter().position(|(known, _)| known == name);
        let index = known.unwrap_or_else(|| {
            self.members.push((name.into(), Shape::default()));
            self.members.len() - 1
        });
        &mut self.members[index].1
    }

    fn scalar(&mut self, text: &str) {
        if self.scalars.iter().all(|known| known != text) {
            self.scalars.push(text.into());
        }
    }

    /// The paths of the members that have one of the names, wherever they are.
    pub(super) fn fields(&self, names: &BTreeSet<String>) -> Vec<Vec<String>> {
        let mut fields = Vec::new();
        for (name, inner) in &self.members {
            if name.split(['[', ']']).any(|name| names.contains(name)) {
                fields.push(vec![name.clone()]);
            }
            fields.extend(inner.fields(names).into_iter().map(|mut path| {
                path.insert(0, name.clone());
                path
            }));
        }
        fields
    }
}

/// The way in which a field can be missing from a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Missing {
    Absent,
    Null,
}

/// The ways in which fields are absent or null, by how many are so at once: none, each one, each two, and so on, as far
/// as the bound goes.
pub(super) fn combinations(fields: usize, bound: usize) -> Vec<Vec<(usize, Missing)>> {
    let fields = fields.min(16);
    let mut combinations = Vec::new();
    for count in 0..=fields as u32 {
        for mask in (0..1_u32 << fields).filter(|mask| mask.count_ones() == count) {
            let chosen: Vec<usize> = (0..fields).filter(|field| mask & 1 << field != 0).collect();
            for nulls in 0..1_u32 << count {
                if combinations.len() == bound {
                    return combinations;
                }
                let missing =
                    |nth: usize| if nulls & 1 << nth != 0 { Missing::Null } else { Missing::Absent };
                combinations
                    .push(chosen.iter().enumerate().map(|(nth, field)| (*field, missing(nth))).collect());
            }
        }
    }
    combinations
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shape_has_what_any_example_has() {
        let mut shape = Shape::default();
        for text in [r#"{"a":1.10,"b":[{"c":null}]}"#, r#"{"a":null,"b":[{"d":"x"},{"a":2}]}"#] {
            shape.learn(&serde_json::from_str(text).unwrap());
        }
        assert_eq!(shape.members[0].1.scalars, ["1.10", "null"]);
        let elements = shape.members[1].1.elements.as_ref().unwrap();
        assert_eq!(elements.members.iter().map(|(name, _)| &**name).collect::<Vec<_>>(), ["c", "d", "a"]);
        assert_eq!(shape.fields(&["a".to_owned(), "c".to_owned()].into()), [["a"]]);
    }

    #[test]
    fn combinations_are_all_of_them_within_the_bound() {
        assert_eq!(combinations(0, 9), [vec![]]);
        let all = combinations(3, 1000);
        assert_eq!(all.len(), 27);
        assert!(all.iter().enumerate().all(|(index, one)| !all[..index].contains(one)));
        let ones = combinations(8, 17);
        assert!(ones[1..].iter().all(|one| one.len() == 1));
        assert_eq!(ones.len(), 17);
    }
}
