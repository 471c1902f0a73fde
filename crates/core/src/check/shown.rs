//! Documents to show somebody what a pack does: its examples, joined, at any version and place.

use super::{
    documents::{documents, place, wrapped},
    laws::Laws,
};
use crate::{compare::Place, json::Hop, pack::Pack, version::Version};
use serde_json::{Map, Value};
use std::sync::Arc;

/// The documents that a pack's examples make. Nothing in them is of any client.
///
/// ```
/// use dateline_core::{check::Examples, compare::Place, pack::{Pack, Part}};
/// use std::sync::Arc;
///
/// let pack = Arc::new(Pack::embedded()?);
/// let plan = pack.find("GET /users").unwrap();
/// let query = Examples::new(pack).at(Place::new(plan, Part::Query), "2025-01-01".parse()?);
/// assert_eq!(query, ["company_id=biz_x"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Examples {
    laws: Laws,
}

impl Examples {
    /// Collects the examples of a pack.
    pub fn new(pack: Arc<Pack>) -> Self {
        Examples { laws: Laws::new(pack) }
    }

    /// The pack.
    pub fn pack(&self) -> &Pack {
        self.laws.pack()
    }

    /// Documents of a version at a place: one body with everything in it that examples have, or a query for each set of
    /// parameters. None where the pack has no example.
    pub fn at(&self, at: Place, version: Version) -> Vec<String> {
        let pack = self.pack();
        let mut texts = Vec::new();
        let mut body: Option<Value> = None;
        for (resource, found) in pack.found_in(at.operation, at.part) {
            if place(found, at.is_pairs()).is_none() {
                continue;
            }
            let documents = documents(&self.laws, pack, resource, at.is_pairs());
            let here = documents.into_iter().filter(|document| document.version == version);
            if at.is_pairs() {
                texts.extend(here.map(|document| wrapped(at, &found.path, &document.text)));
                continue;
            }
            let fullest = here.max_by_key(|document| document.text.len());
            let object = fullest.and_then(|document| serde_json::from_str(&document.text).ok());
            let Some(object) = object else { continue };
            join(body.get_or_insert_default(), standing(&found.path, object));
        }
        texts.extend(body.map(|body| body.to_string()));
        texts
    }
}

/// A body in which the object is at the path, once in every array.
fn standing(path: &[Hop], object: Value) -> Value {
    path.iter().rev().fold(object, |inner, hop| match hop {
        Hop::Elements => Value::Array(vec![inner]),
        Hop::Member(name) => Value::Object(Map::from_iter([(name.text().to_owned(), inner)])),
    })
}

/// Puts what another body has into one: where both have a value, the first one's stays.
fn join(body: &mut Value, other: Value) {
    match (body, other) {
        (Value::Object(members), Value::Object(others)) => {
            for (name, other) in others {
                join(members.entry(name).or_insert(Value::Null), other);
            }
        }
        (Value::Array(elements), Value::Array(others)) => {
            elements.iter_mut().zip(others).for_each(|(element, other)| join(element, other));
        }
        (body @ Value::Null, other) => *body = other,
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pack::Part;

    fn example(operation: &str, part: Part, version: &str) -> Vec<String> {
        let pack = Arc::new(Pack::embedded().unwrap());
        let id = pack.find(operation).unwrap();
        Examples::new(pack).at(Place::new(id, part), version.parse().unwrap())
    }

    #[test]
    fn examples_stand_where_the_operation_has_them() {
        let list = example("GET /plans", Part::Response, "2026-07-01");
        assert_eq!(list.len(), 1);
        assert!(list[0].starts_with(r#"{"data":[{"id":"plan_x","#) && list[0].contains(r#""account":{"#));
        let orders = example("GET /referrals/businesses", Part::Query, "2026-07-01");
        assert_eq!(orders, ["order=volume_usd&direction=desc", "order=earnings_usd"]);
        assert_eq!(example("POST /plans", Part::Body, "2025-01-01").len(), 1);
        assert!(example("POST /referrals/partners", Part::Response, "2025-01-01").is_empty());
    }

    #[test]
    fn resources_share_a_body() {
        let mut body = serde_json::json!({"data": [{"a": 1}], "b": 2});
        join(&mut body, serde_json::json!({"data": [{"a": 3, "c": 4}, 5], "d": 6}));
        assert_eq!(body, serde_json::json!({"data": [{"a": 1, "c": 4}], "b": 2, "d": 6}));
    }
}
