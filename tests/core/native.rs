//! A translated answer, held to the native one: what a translation cannot know is excused, and nothing else is.

use super::{
    documents::{Document, Foreign, documents},
    laws::cases,
    run::{Side, VERSIONS, carry, operation, pack, version},
};
use dateline_core::compare::{At, Comparison, Ignored, Path, Translations};
use proptest::prelude::*;
use serde_json::Value;
use std::sync::{Arc, LazyLock};

static TRANSLATIONS: LazyLock<Translations> = LazyLock::new(|| Translations::new(Arc::new(pack().clone())));

/// Compares an answer with the document that the upstream answers natively.
fn compared(document: &Document, upstream: usize, got: &str) -> Comparison {
    let (client, upstream) = (version(document.version), version(upstream));
    let id = operation(document.place.operation);
    let ignored = Ignored::default();
    TRANSLATIONS.against_native(id, client, upstream, &document.text, got, &ignored).unwrap()
}

/// The native answer, as it would come by way of the upstream's version, or nothing if it does not fit its own.
fn through(document: &Document, upstream: usize) -> Option<String> {
    let (operation, side) = (document.place.operation, document.place.side);
    let there = carry(operation, side, document.version, upstream, document.text.as_bytes()).ok()?;
    let back = carry(operation, side, upstream, document.version, &there.output).unwrap();
    Some(back.text().to_owned())
}

/// Lone surrogates are JSON by its grammar, and text to no reader.
fn is_readable(document: &Document) -> bool {
    document.place.side == Side::Response && serde_json::from_str::<Value>(&document.text).is_ok()
}

fn is_decimal(value: Option<&Value>) -> Option<serde_json::Number> {
    serde_json::from_str(value?.as_str()?).ok()
}

/// Every number, string, truth value and null, with its path.
fn leaves(value: &Value, path: &mut Vec<At>, found: &mut Vec<Vec<At>>) {
    let mut inside = |at: At, value: &Value| {
        path.push(at);
        leaves(value, path, found);
        path.pop();
    };
    match value {
        Value::Array(elements) => {
            elements.iter().enumerate().for_each(|(index, value)| inside(At::Element(index), value));
        }
        Value::Object(members) => {
            members
                .iter()
                .for_each(|(key, value)| inside(At::Member(dateline_core::json::Name::new(key)), value));
        }
        _ => found.push(path.clone()),
    }
}

fn at<'v>(value: &'v mut Value, path: &[At]) -> &'v mut Value {
    path.iter().fold(value, |value, at| match at {
        At::Member(name) => &mut value[name.text()],
        At::Element(index) => &mut value[*index],
    })
}

/// Returns the value at a path, if there is such a place. A loss may have changed its parents.
fn stands<'v>(value: &'v Value, path: &[At]) -> Option<&'v Value> {
    path.iter().try_fold(value, |value, at| match at {
        At::Member(name) => value.get(name.text()),
        At::Element(index) => value.get(*index),
    })
}

fn altered(value: &Value) -> Value {
    match value {
        Value::Number(number) => {
            serde_json::from_str(&format!("1{}", number.as_str().trim_start_matches('-'))).unwrap()
        }
        Value::String(text) => format!("{text}.").into(),
        Value::Null => false.into(),
        Value::Bool(_) | Value::Array(_) | Value::Object(_) => Value::Null,
    }
}

proptest! {
    #![proptest_config(cases(80))]

    #[test]
    fn what_no_translation_can_know_is_excused(document in documents(Foreign::Beside)) {
        prop_assume!(is_readable(&document));
        for upstream in 0..VERSIONS.len() {
            let Some(got) = through(&document, upstream) else { continue };
            for difference in compared(&document, upstream, &got).differences {
                // It is known to be in US dollars, says the pack; where a document says otherwise, that is told.
                if difference.path.pattern().ends_with(".currency") {
                    prop_assert_eq!(difference.got, Some(Value::from("usd")));
                    continue;
                }
                // A decimal in another form is another text, and a difference that its client can see.
                let (expected, got) = (is_decimal(difference.expected.as_ref()), is_decimal(difference.got.as_ref()));
                prop_assert!(expected.is_some() && got.is_some(), "{} from {upstream}: {}", document.version, difference.show(&difference.path.to_string()));
            }
        }
    }

    #[test]
    fn whatever_else_differs_is_told_with_its_place(document in documents(Foreign::Beside), seed: proptest::sample::Index) {
        prop_assume!(is_readable(&document));
        for upstream in 0..VERSIONS.len() {
            let Some(text) = through(&document, upstream) else { continue };
            let mut got: Value = serde_json::from_str(&text).unwrap();
            let mut found = Vec::new();
            leaves(&got, &mut Vec::new(), &mut found);
            if found.is_empty() {
                continue;
            }
            let path = &found[seed.index(found.len())];
            let place = at(&mut got, path);
            *place = altered(place);
            let native: Value = serde_json::from_str(&document.text).unwrap();
            // What a loss would have changed can come to be what the upstream says.
            if stands(&native, path) == stands(&got, path) {
                continue;
            }
            let shown = Path::from_iter(path.iter().cloned()).to_string();
            let told = compared(&document, upstream, &got.to_string()).differences;
            prop_assert!(told.iter().any(|told| shown.starts_with(&told.path.to_string())), "{shown}: {told:?}");
        }
    }
}
