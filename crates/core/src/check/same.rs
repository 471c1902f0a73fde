//! The comparison of two documents by value, for laws and examples.

use super::draft::split_pairs;
use crate::{
    compare::{Allows, At, Difference, Excuse, Path, Place, Rules, Strings, walk},
    form,
    json::{Hop, Name},
    pack::{HEADER, PATH, QUERY},
};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};
use std::borrow::Cow;

/// The first difference of two documents of a place, by value: numbers and decimal strings have the same value whatever their form. An
/// excused field may differ, or be absent, in as many objects as the excuse counts. A text that cannot be read differs
/// from every other.
pub(super) fn difference(place: Place, expected: &str, got: &str, excuses: &[Excuse]) -> Option<Difference> {
    match place.is_pairs() {
        true => pairs(expected, got, excuses),
        false => json(place, (expected, got), excuses, Strings::ByValue),
    }
}

/// The first difference of what came from what is written: numbers count by value, strings letter by letter. `"7"` is not
/// `"7.00"` to a client that reads it.
pub(super) fn difference_as_written(place: Place, expected: &str, got: &str) -> Option<Difference> {
    match place.is_pairs() {
        true => pairs(expected, got, &[]),
        false => json(place, (expected, got), &[], Strings::AsText),
    }
}

fn json(
    place: Place,
    (expected, got): (&str, &str),
    excuses: &[Excuse],
    strings: Strings,
) -> Option<Difference> {
    if expected == got {
        return None;
    }
    let read = |text: &str| read(text).map(|value| with_full_places(place, value));
    let (Some(expected), Some(got)) = (read(expected), read(got)) else {
        let text = |text: &str| Some(Value::String(text.to_owned()));
        return Some(Difference { path: Path::default(), expected: text(expected), got: text(got) });
    };
    let excuses: Cow<'_, [Excuse]> = match place.part.is_whole() {
        true => excuses.iter().map(lowered).collect(),
        false => excuses.into(),
    };
    let rules = Rules { excuses: &excuses, promised: None, ignored: &[], strings, limit: 1 };
    walk(&expected, &got, rules).differences.into_iter().next()
}

/// An excuse with the name of its header field in lower case.
fn lowered(excuse: &Excuse) -> Excuse {
    let mut excuse = excuse.clone();
    if let [Hop::Member(place), Hop::Member(name), ..] = &mut excuse.path[..]
        && place.text() == HEADER
    {
        *name = Name::new(&name.text().to_ascii_lowercase());
    }
    excuse
}

/// A message without its empty places, since a request with no parameters is one without a query; and with the names of
/// its header fields in lower case.
fn with_full_places(place: Place, mut message: Value) -> Value {
    if let Some(places) = message.as_object_mut().filter(|_| place.part.is_whole()) {
        for name in [PATH, QUERY, HEADER] {
            let named = places.get_mut(name).filter(|_| name == HEADER);
            if let Some(fields) = named.and_then(Value::as_object_mut) {
                *fields = std::mem::take(fields)
                    .into_iter()
                    .map(|(name, value)| (name.to_ascii_lowercase(), value))
                    .collect();
            }
            if places.get(name).and_then(Value::as_object).is_some_and(Map::is_empty) {
                places.shift_remove(name);
            }
        }
    }
    message
}

/// A text as JSON, numbers as they are written; `None` if it is not one.
pub(super) fn read(text: &str) -> Option<Value> {
    serde_json::from_str(text).ok()
}

/// The first pair that differs in two queries or forms: decoded, those of one name in their order, and those with an excused
/// name left out. The order of the names says nothing, as that of an object's members.
fn pairs(expected: &str, got: &str, excuses: &[Excuse]) -> Option<Difference> {
    let texts = [expected, got];
    let read = |text: &str| -> Vec<(String, String)> {
        let pairs = split_pairs(text).into_iter().map(|pair| {
            let name = decoded(pair.split('=').next().unwrap_or_default());
            (name.split('[').next().unwrap_or_default().to_owned(), decoded(pair))
        });
        // Nothing between two `&` is no pair.
        pairs.filter(|(_, pair)| !pair.is_empty()).collect()
    };
    let (mut expected, mut got) = (read(expected), read(got));
    let names: Vec<String> = expected.iter().map(|(name, _)| name.clone()).collect();
    for pairs in [&mut expected, &mut got] {
        pairs.retain(|(name, _)| !excuses.iter().any(|excuse| excuse.is_of(name, names.contains(name))));
        pairs.sort_by(|(one, _), (other, _)| one.cmp(other));
    }
    let same =
        expected.iter().zip(&got).take_while(|(expected, got)| is_same_pair(&expected.1, &got.1)).count();
    if same == expected.len() && same == got.len() {
        return None;
    }
    if expected.iter().chain(&got).any(|(_, pair)| has_levels(pair)) {
        return difference_in_levels(texts, excuses);
    }
    let at = |pairs: &[(String, String)]| pairs.get(same).cloned();
    let (expected, got) = (at(&expected), at(&got));
    let name = expected.as_ref().or(got.as_ref()).map(|(name, _)| At::Member(Name::new(name)));
    let pair = |pair: Option<(String, String)>| pair.map(|(_, pair)| Value::String(pair));
    Some(Difference { path: name.into_iter().collect(), expected: pair(expected), got: pair(got) })
}

/// Tells whether the name of a pair has something in brackets.
fn has_levels(pair: &str) -> bool {
    let name = pair.split('=').next().unwrap_or_default();
    name.split_once('[').is_some_and(|(_, rest)| !rest.starts_with(']') || rest.contains('['))
}

/// The first difference of the documents that two queries or forms are.
fn difference_in_levels([expected, got]: [&str; 2], excuses: &[Excuse]) -> Option<Difference> {
    let rules = Rules { excuses, promised: None, ignored: &[], strings: Strings::ByValue, limit: 1 };
    let (mut expected, mut got) = (form::value(expected), form::value(got));
    let first = walk(&expected, &got, rules).differences.into_iter().next()?;
    // What an object lost with its last field is gone with it.
    for excuse in excuses.iter().filter(|excuse| excuse.allows == Allows::AnyChange) {
        [&mut expected, &mut got].into_iter().for_each(|value| _ = take(value, &excuse.path));
    }
    walk(&expected, &got, rules).differences.into_iter().next().map(|_| first)
}

/// Takes a field out of a document, and every list and object that this empties; whether it was the document itself.
fn take(value: &mut Value, path: &[Hop]) -> bool {
    let Some((hop, rest)) = path.split_first() else { return true };
    match (hop, value) {
        (Hop::Member(name), Value::Object(members)) => {
            let is_gone = members.get_mut(name.text()).is_some_and(|inner| take(inner, rest));
            if is_gone {
                members.shift_remove(name.text());
            }
            is_gone && members.is_empty()
        }
        (Hop::Elements, Value::Array(elements)) => {
            let before = elements.len();
            elements.retain_mut(|element| !take(element, rest));
            elements.is_empty() && before > 0
        }
        (Hop::Member(_) | Hop::Elements, _) => false,
    }
}

/// Tells whether two pairs are the same: by value, as members are.
fn is_same_pair(expected: &str, got: &str) -> bool {
    let value = |text: &str| Value::String(text.to_owned());
    let is_same = |expected: &str, got: &str| {
        let rules = Rules { excuses: &[], promised: None, ignored: &[], strings: Strings::ByValue, limit: 1 };
        walk(&value(expected), &value(got), rules).differences.is_empty()
    };
    match (expected.split_once('='), got.split_once('=')) {
        (Some((name, expected)), Some((also, got))) => name == also && is_same(expected, got),
        _ => expected == got,
    }
}

fn decoded(text: &str) -> String {
    percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        compare::Allows,
        pack::{OperationId, Part},
    };

    fn body() -> Place {
        Place::new(OperationId(0), Part::Response)
    }

    fn excuse(path: &[&str], count: u64) -> Excuse {
        let hop = |name: &&str| match *name {
            "*" => Hop::Elements,
            name => Hop::Member(Name::new(name)),
        };
        Excuse { path: path.iter().map(hop).collect(), count, allows: Allows::AnyChange }
    }

    fn shown(difference: Option<Difference>) -> Option<String> {
        difference.map(|difference| difference.show(&difference.path.pattern()))
    }

    #[test]
    fn values_count_and_their_form_does_not() {
        for (left, right) in [
            (r#"{"a":1,"b":[2]}"#, r#"{ "b" : [2.0], "a" : 1e0 }"#),
            (r#""120.50""#, r#""120.5""#),
            (r#"{"a":"\u0061"}"#, r#"{"a":"a"}"#),
            ("\u{1}", "\u{1}"),
        ] {
            assert_eq!(shown(json(body(), (left, right), &[], Strings::ByValue)), None, "{left} {right}");
        }
        for (left, right, difference) in [
            (r#"{"a":1}"#, r#"{"a":"1"}"#, r#"$.a: expected 1, got "1""#),
            (r#"{"a":null}"#, "{}", "$.a: expected null, got nothing"),
            ("{}", r#"{"a":{}}"#, "$.a: expected nothing, got {}"),
            (r#"[{"b":1},{"b":2}]"#, r#"[{"b":1},{"b":3}]"#, "$[*].b: expected 2, got 3"),
            ("[1]", "[1,1]", "$: expected [1], got [1,1]"),
            ("[]", "x", "$: expected \"[]\", got \"x\""),
            ("9007199254740993", "9007199254740992", "$: expected 9007199254740993, got 9007199254740992"),
        ] {
            assert_eq!(
                shown(json(body(), (left, right), &[], Strings::ByValue)).as_deref(),
                Some(difference)
            );
        }
    }

    #[test]
    fn what_is_written_is_compared_letter_by_letter_in_strings() {
        let written = |left, right| shown(json(body(), (left, right), &[], Strings::AsText));
        assert_eq!(
            written(r#""120.50""#, r#""120.5""#).as_deref(),
            Some(r#"$: expected "120.50", got "120.5""#)
        );
        assert_eq!(written("120.50", "120.5"), None);
    }

    #[test]
    fn an_excuse_covers_its_field_as_often_as_it_counts() {
        let excuses = [excuse(&["*", "g", "x"], 1)];
        assert_eq!(
            json(body(), (r#"[{"g":{"x":1,"y":2}}]"#, r#"[{"g":{"y":2}}]"#), &excuses, Strings::ByValue),
            None
        );
        assert_eq!(
            json(body(), (r#"[{"g":{"x":1}}]"#, "[{}]"), &excuses, Strings::ByValue),
            None,
            "a group goes with its members"
        );
        for (left, right) in [
            (r#"[{"g":{"x":1,"y":2}}]"#, "[{}]"),
            (r#"[{"g":{"x":1}}]"#, r#"[{"g":null}]"#),
            (r#"[{"g":{"x":1}},{"g":{"x":1}}]"#, r#"[{"g":{"x":2}},{"g":{"x":2}}]"#),
            (r#"[{"x":1}]"#, "[{}]"),
        ] {
            assert!(json(body(), (left, right), &excuses, Strings::ByValue).is_some(), "{left} {right}");
        }
    }

    #[test]
    fn row_14_1l_what_stood_nowhere_may_be_filled_in_and_nothing_else() {
        let of = |allows| [Excuse { allows, ..excuse(&["*", "x"], u64::MAX) }];
        for (allows, filled) in [(Allows::Known, "\"usd\""), (Allows::Null, "null")] {
            let filled = format!(r#"[{{"x":{filled}}},{{"x":{filled}}}]"#);
            assert_eq!(json(body(), ("[{},{}]", &filled), &of(allows), Strings::ByValue), None);
            for stood in [r#"[{"x":1},{"x":1}]"#, r#"[{"x":{}},{}]"#] {
                assert!(json(body(), (stood, &filled), &of(allows), Strings::ByValue).is_some(), "{stood}");
                assert!(json(body(), (stood, "[{},{}]"), &of(allows), Strings::ByValue).is_some(), "{stood}");
            }
        }
        assert!(json(body(), ("[{}]", r#"[{"x":1}]"#), &of(Allows::Null), Strings::ByValue).is_some());
    }

    #[test]
    fn pairs_are_compared_decoded_and_those_of_a_name_in_order() {
        assert_eq!(pairs("a%5B%5D=x+y&b", "%61[]=x%20y&b", &[]), None);
        let (one, other) = ("a=12.5&b=2026-06-01T12:00:00Z", "a=12.50&b=2026-06-01T12:00:00.000Z");
        assert_eq!(pairs(one, other, &[]), None);
        let shown = |left, right| shown(pairs(left, right, &[])).unwrap();
        assert_eq!(pairs("a=1&b=2&a=3", "b=2&a=1&a=3", &[]), None);
        assert_eq!(shown("a=1&a=3", "a=3&a=1"), "$.a: expected \"a=1\", got \"a=3\"");
        assert_eq!(shown("a=1", "a=1&c"), "$.c: expected nothing, got \"c\"");
        assert_eq!(shown("", "a=1"), "$.a: expected nothing, got \"a=1\"");
        assert_eq!(pairs("", "", &[]), None);
        assert_eq!(pairs("a=1&b=2", "b=2&a[]=3", &[excuse(&["a"], 1)]), None);
    }
}
