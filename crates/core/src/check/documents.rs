//! Documents to try the laws on: a pack's examples at every version, together, and with every value replaced.

use super::{draft::split_pairs, laws::Laws, same::difference};
use crate::{
    compare::Place,
    form,
    json::Hop,
    pack::{Example, Found, Location, Pack, Part, Resource},
    version::Version,
};
use serde_json::{Map, Value};

/// A document of a resource at one version.
#[derive(Debug, Clone)]
pub(super) struct Document<'p> {
    pub(super) version: Version,
    /// A JSON object, or pairs.
    pub(super) text: String,
    /// The example that it comes from.
    pub(super) at: &'p Location,
}

/// Returns the place for an example of a kind: JSON in bodies, pairs in queries and in forms.
pub(super) fn place(found: &Found, is_pairs: bool) -> Option<Place> {
    match (found.part, is_pairs) {
        (Part::Query, true)
        | (Part::Body | Part::Response | Part::Request | Part::Answer | Part::Errors(_), false) => {
            Some(Place::new(found.operation, found.part))
        }
        (Part::Body, true) => Some(Place::form(found.operation)),
        (Part::Response | Part::Request | Part::Answer | Part::Errors(_), true) | (Part::Query, false) => {
            None
        }
    }
}

/// A body in which the object is at the path; twice in every array.
pub(super) fn wrap(path: &[Hop], object: &str) -> String {
    path.iter().rev().fold(object.to_owned(), |inner, hop| match hop {
        Hop::Elements => format!("[{inner},{inner}]"),
        Hop::Member(name) => format!("{{{}:{inner}}}", String::from_utf8_lossy(name.quoted())),
    })
}

/// The places of a resource in which documents of a kind are tried, each with the path to it. Of a whole message that is
/// the first one: other steps may run on the messages of other operations.
pub(super) fn places(resource: &Resource, is_pairs: bool) -> impl Iterator<Item = (Place, &[Hop])> {
    let found = resource.found.iter().take(if resource.is_message() { 1 } else { usize::MAX });
    found.filter_map(move |found| Some((place(found, is_pairs)?, &*found.path)))
}

/// The whole document of a place in which the resource is at the path.
pub(super) fn wrapped(place: Place, path: &[Hop], text: &str) -> String {
    if place.is_pairs() { wrap_pairs(path, text) } else { wrap(path, text) }
}

/// The resource in the whole document of a place.
pub(super) fn unwrapped(place: Place, path: &[Hop], document: &str) -> Option<String> {
    match place.is_pairs() {
        true => unwrap_pairs(path, document),
        false => unwrap(path, document).map(|value| value.to_string()),
    }
}

/// Pairs that stand at the path; twice in every list.
fn wrap_pairs(path: &[Hop], text: &str) -> String {
    let mut places: Vec<Vec<String>> = vec![Vec::new()];
    for hop in path {
        let steps = match hop {
            Hop::Member(name) => vec![form::encode(name.text())],
            Hop::Elements => vec!["0".to_owned(), "1".to_owned()],
        };
        let behind = |place: Vec<String>| {
            let on = |step: &String| place.iter().chain([step]).cloned().collect::<Vec<_>>();
            steps.iter().map(on).collect::<Vec<_>>()
        };
        places = places.into_iter().flat_map(behind).collect();
    }
    let pairs = split_pairs(text);
    let all = places.iter().flat_map(|place| pairs.iter().map(|pair| pair_at(place, pair)));
    all.collect::<Vec<_>>().join("&")
}

/// A pair at the end of these steps. What is no pair stays.
pub(super) fn pair_at(place: &[String], pair: &str) -> String {
    let (name, value) = pair.split_at(pair.find('=').unwrap_or(pair.len()));
    let pieces = form::pieces(name, true);
    if name.is_empty() || place.is_empty() {
        return pair.to_owned();
    }
    let mut steps = place.iter().map(String::as_str).chain(pieces);
    let first = steps.next().unwrap_or_default().to_owned();
    let name = steps.fold(first, |name, step| match step.starts_with('[') || step.starts_with('%') {
        true => name + step,
        false => format!("{name}[{step}]"),
    });
    name + value
}

/// The pairs at the path, of the first element of a list.
fn unwrap_pairs(path: &[Hop], text: &str) -> Option<String> {
    let inner = |pair: &&str| -> Option<String> {
        let (name, value) = pair.split_at(pair.find('=').unwrap_or(pair.len()));
        let pieces = form::pieces(name, true);
        let is_at = path.iter().zip(&pieces).all(|(hop, piece)| match hop {
            Hop::Member(name) => form::decode(piece) == name.text(),
            Hop::Elements => *piece == "0",
        });
        let (first, rest) = pieces.get(path.len()..)?.split_first().filter(|_| is_at)?;
        Some(rest.iter().fold((*first).to_owned(), |name, step| format!("{name}[{step}]")) + value)
    };
    if path.is_empty() {
        return Some(text.to_owned());
    }
    let pairs: Vec<String> = split_pairs(text).iter().filter_map(inner).collect();
    (!pairs.is_empty()).then(|| pairs.join("&"))
}

/// The object at the path, the first of an array's.
pub(super) fn unwrap(path: &[Hop], body: &str) -> Option<Value> {
    let value: Value = serde_json::from_str(body).ok()?;
    let inside = path.iter().try_fold(&value, |value, hop| match hop {
        Hop::Elements => value.get(0),
        Hop::Member(name) => value.get(name.text()),
    });
    inside.cloned()
}

/// Every example of a resource, JSON or pairs, taken to every version; JSON objects also joined into full ones.
pub(super) fn documents<'p>(
    laws: &Laws,
    pack: &'p Pack,
    resource: usize,
    is_pairs: bool,
) -> Vec<Document<'p>> {
    let mut found = pack.resources[resource].found.iter();
    let Some((home, path)) = found.find_map(|found| Some((place(found, is_pairs)?, &found.path))) else {
        return Vec::new();
    };
    let authored = authored(pack, resource, is_pairs);
    let mut documents = Vec::new();
    for version in pack.versions() {
        let mut texts: Vec<(String, &Location)> = Vec::new();
        for Document { version: own, text, at } in &authored {
            let Some(text) = taken(laws, home, path, *own, version, text) else { continue };
            if texts.iter().all(|(known, _)| difference(home, known, &text, &[]).is_some()) {
                texts.push((text, at));
            }
        }
        if !is_pairs {
            texts.extend(joined(&texts));
        }
        documents.extend(texts.into_iter().map(|(text, at)| Document { version, text, at }));
    }
    documents
}

/// Collects both sides of every example.
fn authored(pack: &Pack, resource: usize, is_pairs: bool) -> Vec<Document<'_>> {
    let mut documents = Vec::new();
    for pair in pack.modules.windows(2) {
        let changes = pair[1].changes.iter().filter(|change| change.resource == resource);
        for example in changes.flat_map(|change| &change.examples) {
            if example.is_pairs != is_pairs {
                continue;
            }
            let sides = [(pair[0].version, &example.old), (pair[1].version, &example.new)];
            for (version, text) in sides {
                let text = alone(pack, resource, example, text);
                documents.extend(text.map(|text| Document { version, text, at: &example.at }));
            }
        }
    }
    documents
}

/// The resource in a side of an example, which is it alone or the whole of a body that it stands in.
pub(super) fn alone(pack: &Pack, resource: usize, example: &Example, text: &str) -> Option<String> {
    match example.whole.first() {
        Some((operation, part)) if !example.is_pairs => {
            let mut found = pack.found_in(*operation, *part).filter(|(known, _)| *known == resource);
            found.find_map(|(_, found)| unwrap(&found.path, text)).map(|value| value.to_string())
        }
        _ => Some(text.to_owned()),
    }
}

fn taken(laws: &Laws, home: Place, path: &[Hop], from: Version, to: Version, text: &str) -> Option<String> {
    if from == to {
        return Some(text.to_owned());
    }
    let translated = laws.translations().translate(home, from, to, &wrapped(home, path, text)).ok()?;
    unwrapped(home, path, &translated.output)
}

/// All objects in one, where two have a member the first one's; and the last one's.
fn joined<'p>(texts: &[(String, &'p Location)]) -> Vec<(String, &'p Location)> {
    let Some((_, at)) = texts.first() else { return Vec::new() };
    let objects: Vec<Map<String, Value>> =
        texts.iter().filter_map(|(text, _)| serde_json::from_str(text).ok()).collect();
    let join = |objects: &mut dyn Iterator<Item = &Map<String, Value>>| {
        let mut joined = Map::new();
        for (key, value) in objects.flatten() {
            joined.entry(key.clone()).or_insert_with(|| value.clone());
        }
        Value::Object(joined).to_string()
    };
    let mut both = vec![join(&mut objects.iter()), join(&mut objects.iter().rev())];
    both.dedup();
    both.retain(|text| texts.iter().all(|(known, _)| known != text));
    both.into_iter().map(|text| (text, *at)).collect()
}

/// Values that replace others: one of each type, digits that binary floating point cannot hold, and a string in the
/// form of a number. `ID` is a name that the pack does not move.
const STRANGERS: [&str; 6] = [
    "null",
    "9007199254740993.10000000000000000001",
    "\"a word\"",
    "\"-0.125\"",
    "[{\"ID\":1}]",
    "{\"ID\":1}",
];

/// The document with one value after the other replaced, and left out. `id` is the name of a member of an object that
/// replaces a value.
pub(super) fn mutants(document: &str, is_pairs: bool, id: &str) -> Vec<String> {
    if is_pairs {
        return pair_mutants(document);
    }
    let Ok(value) = serde_json::from_str::<Value>(document) else { return Vec::new() };
    let strangers: Vec<Value> =
        STRANGERS.iter().filter_map(|text| serde_json::from_str(&text.replace("ID", id)).ok()).collect();
    let mut mutants = Vec::new();
    mutate(&value, &strangers, &mut |mutant| mutants.push(mutant.to_string()));
    mutants
}

fn mutate(value: &Value, strangers: &[Value], found: &mut dyn FnMut(Value)) {
    match value {
        Value::Object(members) => {
            for (key, inner) in members {
                let with = |inner: Value| {
                    let mut members = members.clone();
                    members.insert(key.clone(), inner);
                    Value::Object(members)
                };
                strangers.iter().for_each(|stranger| found(with(stranger.clone())));
                mutate(inner, strangers, &mut |inner| found(with(inner)));
                let mut without = members.clone();
                without.shift_remove(key);
                found(Value::Object(without));
            }
        }
        Value::Array(elements) => {
            for (index, inner) in elements.iter().enumerate() {
                mutate(inner, strangers, &mut |inner| {
                    let mut elements = elements.clone();
                    elements[index] = inner;
                    found(Value::Array(elements));
                });
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn pair_mutants(document: &str) -> Vec<String> {
    let pairs = split_pairs(document);
    let mutant = |index: usize, pair: String| {
        let mut pairs: Vec<String> = pairs.iter().map(ToString::to_string).collect();
        pairs[index] = pair;
        pairs.join("&")
    };
    let of_pair = |(index, pair): (usize, &&str)| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let variants = [
            name.to_owned(),
            format!("{name}="),
            format!("{name}=%zz+"),
            format!("{name}[]={value}"),
            format!("{pair}&{name}=other&{pair}"),
            String::new(),
        ];
        variants.map(|pair| mutant(index, pair))
    };
    pairs.iter().enumerate().flat_map(of_pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::Name;

    #[test]
    fn objects_go_where_the_path_leads_and_come_back() {
        let path = [Hop::Member(Name::new("data")), Hop::Elements];
        let body = wrap(&path, r#"{"a": 1.10}"#);
        assert_eq!(body, r#"{"data":[{"a": 1.10},{"a": 1.10}]}"#);
        assert_eq!(unwrap(&path, &body).unwrap().to_string(), r#"{"a":1.10}"#);
        assert_eq!(unwrap(&path, "{}"), None);
    }

    #[test]
    fn every_value_is_replaced_and_left_out() {
        let mutants = mutants(r#"{"a":1,"b":[{"c":2}]}"#, false, "id");
        assert_eq!(mutants.len(), 3 * (STRANGERS.len() + 1));
        for mutant in [
            r#"{"a":null,"b":[{"c":2}]}"#,
            r#"{"a":1}"#,
            r#"{"a":1,"b":[{"c":9007199254740993.10000000000000000001}]}"#,
        ] {
            assert!(mutants.iter().any(|known| known == mutant), "{mutant}");
        }
        assert!(pair_mutants("a=1&b").contains(&"a=1&a=other&a=1&b".to_owned()));
    }

    #[test]
    fn examples_are_joined_into_full_documents() {
        let pack = std::sync::Arc::new(Pack::embedded().unwrap());
        let laws = Laws::new(pack.clone());
        let earning = pack.resources.iter().position(|one| one.name == "BusinessReferralEarning").unwrap();
        let oldest = pack.versions().next().unwrap();
        let documents = documents(&laws, &pack, earning, false);
        let full = documents.iter().filter(|document| document.version == oldest).any(|document| {
            [
                "\"amount\":0.60",
                "\"base_amount\":20",
                "\"receipt\":{",
                "\"access_pass\":{",
                "\"currency\":\"usd\"",
            ]
            .iter()
            .all(|member| document.text.contains(member))
        });
        assert!(full, "{documents:#?}");
    }
}
