//! Whether two documents have the same values, and where they differ.

use super::excuse::Excuse;
use crate::json::{Hop, Name, number};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

/// The first place where two documents differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Difference {
    /// From the root of the document; an element of an array is any element.
    pub(super) path: Vec<Hop>,
    /// What should stand there, shown; `None` for nothing.
    expected: Option<String>,
    /// What stands there.
    got: Option<String>,
}

impl Difference {
    /// `$.data[*].a: expected 1, got nothing`, with the path as the caller shows it.
    pub(super) fn show(&self, path: &str) -> String {
        let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "nothing".into());
        format!("{path}: expected {}, got {}", text(&self.expected), text(&self.got))
    }
}

/// Compares two JSON texts by value: the order of keys is free, numbers and decimal strings have the same value
/// whatever their form. An excused field may differ, or be absent, in as many objects as the excuse counts.
///
/// # Errors
/// The first difference. A text that cannot be read differs from every other.
pub(super) fn json(expected: &str, got: &str, excuses: &[Excuse]) -> Result<(), Difference> {
    if expected == got {
        return Ok(());
    }
    let mut comparison =
        Comparison { left: excuses.iter().map(|excuse| excuse.count).collect(), path: Vec::new() };
    let patterns: Vec<Pattern<'_>> =
        excuses.iter().enumerate().map(|(index, excuse)| (index, &*excuse.path)).collect();
    match (read(expected), read(got)) {
        (Some(expected), Some(got)) => comparison.compare(Some(&expected), Some(&got), &patterns),
        _ => {
            let (expected, got) = (Some(expected.to_owned()), Some(got.to_owned()));
            Err(Difference { path: Vec::new(), expected, got })
        }
    }
}

/// A text as JSON, numbers as they are written; `None` where it is none.
pub(super) fn read(text: &str) -> Option<Value> {
    serde_json::from_str(text).ok()
}

/// An excuse, by its index, and what is left of its path from where the comparison is.
type Pattern<'e> = (usize, &'e [Hop]);

struct Comparison {
    /// How many differences each excuse still covers.
    left: Vec<u64>,
    path: Vec<Hop>,
}

impl Comparison {
    fn compare(
        &mut self,
        expected: Option<&Value>,
        got: Option<&Value>,
        patterns: &[Pattern<'_>],
    ) -> Result<(), Difference> {
        let inside = patterns.iter().any(|(_, hops)| matches!(hops.first(), Some(Hop::Member(_))));
        let compared = match (expected, got) {
            (Some(Value::Array(expected)), Some(Value::Array(got))) if expected.len() == got.len() => {
                let patterns = advance(patterns, &Hop::Elements);
                let mut both = expected.iter().zip(got);
                both.try_for_each(|(expected, got)| {
                    self.step(Hop::Elements, Some(expected), Some(got), &patterns)
                })
            }
            (Some(Value::Object(_)), Some(Value::Object(_))) => self.members(expected, got, patterns),
            // A group whose members are all excused may be gone with them.
            (Some(Value::Object(_)), None) | (None, Some(Value::Object(_))) if inside => {
                self.members(expected, got, patterns)
            }
            (None, None) => Ok(()),
            (Some(expected), Some(got)) if same_scalar(expected, got) => Ok(()),
            _ => Err(self.difference(expected, got)),
        };
        match compared {
            Err(_) if self.excused(patterns) => Ok(()),
            compared => compared,
        }
    }

    fn members(
        &mut self,
        expected: Option<&Value>,
        got: Option<&Value>,
        patterns: &[Pattern<'_>],
    ) -> Result<(), Difference> {
        let of_expected = expected.and_then(Value::as_object).into_iter().flat_map(Map::keys);
        let new = |key: &&String| member(expected, key).is_none();
        let of_got = got.and_then(Value::as_object).into_iter().flat_map(Map::keys).filter(new);
        of_expected.chain(of_got).try_for_each(|key| {
            let hop = Hop::Member(Name::new(key));
            let patterns = advance(patterns, &hop);
            self.step(hop, member(expected, key), member(got, key), &patterns)
        })
    }

    fn step(
        &mut self,
        hop: Hop,
        expected: Option<&Value>,
        got: Option<&Value>,
        patterns: &[Pattern<'_>],
    ) -> Result<(), Difference> {
        self.path.push(hop);
        let compared = self.compare(expected, got, patterns);
        self.path.pop();
        compared
    }

    fn excused(&mut self, patterns: &[Pattern<'_>]) -> bool {
        let here = patterns.iter().filter(|(_, hops)| hops.is_empty());
        let excuse = here.map(|(index, _)| *index).find(|index| self.left[*index] > 0);
        excuse.inspect(|index| self.left[*index] -= 1).is_some()
    }

    fn difference(&self, expected: Option<&Value>, got: Option<&Value>) -> Difference {
        let text = |value: Option<&Value>| value.map(Value::to_string);
        Difference { path: self.path.clone(), expected: text(expected), got: text(got) }
    }
}

fn member<'v>(value: Option<&'v Value>, key: &str) -> Option<&'v Value> {
    value.and_then(|value| value.get(key))
}

fn advance<'e>(patterns: &[Pattern<'e>], hop: &Hop) -> Vec<Pattern<'e>> {
    let next = |(index, hops): &Pattern<'e>| match hops.split_first() {
        Some((first, rest)) if first == hop => Some((*index, rest)),
        _ => None,
    };
    patterns.iter().filter_map(next).collect()
}

fn same_scalar(expected: &Value, got: &Value) -> bool {
    match (expected, got) {
        (Value::Number(expected), Value::Number(got)) => {
            number::equal(expected.as_str().as_bytes(), got.as_str().as_bytes())
        }
        (Value::String(expected), Value::String(got)) => {
            expected == got || number::equal(expected.as_bytes(), got.as_bytes())
        }
        (Value::Null | Value::Bool(_), _) => expected == got,
        _ => false,
    }
}

/// Compares two queries or forms: the same decoded pairs in the same order, those with an excused name left out.
///
/// # Errors
/// The first pair that differs.
pub(super) fn pairs(expected: &str, got: &str, excuses: &[Excuse]) -> Result<(), Difference> {
    let read = |text: &str| -> Vec<(String, String)> {
        let pairs = text.split('&').map(|pair| {
            let name = decoded(pair.split('=').next().unwrap_or_default());
            (name.split('[').next().unwrap_or_default().to_owned(), decoded(pair))
        });
        pairs.filter(|(name, _)| !excuses.iter().any(|excuse| excuse.is_of(name))).collect()
    };
    let (expected, got) = (read(expected), read(got));
    if expected == got {
        return Ok(());
    }
    let same = expected.iter().zip(&got).take_while(|(expected, got)| expected == got).count();
    let at = |pairs: &[(String, String)]| pairs.get(same).cloned();
    let (expected, got) = (at(&expected), at(&got));
    let name = expected.as_ref().or(got.as_ref()).map(|(name, _)| Hop::Member(Name::new(name)));
    let pair = |pair: Option<(String, String)>| pair.map(|(_, pair)| pair);
    Err(Difference { path: name.into_iter().collect(), expected: pair(expected), got: pair(got) })
}

fn decoded(text: &str) -> String {
    percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn excuse(path: &[&str], count: u64) -> Excuse {
        let hop = |name: &&str| match *name {
            "*" => Hop::Elements,
            name => Hop::Member(Name::new(name)),
        };
        Excuse { path: path.iter().map(hop).collect(), count }
    }

    fn shown(compared: Result<(), Difference>) -> Result<(), String> {
        compared.map_err(|difference| difference.show(&Hop::display(&difference.path)))
    }

    #[test]
    fn values_count_and_their_form_does_not() {
        for (left, right) in [
            (r#"{"a":1,"b":[2]}"#, r#"{ "b" : [2.0], "a" : 1e0 }"#),
            (r#""120.50""#, r#""120.5""#),
            (r#"{"a":"\u0061"}"#, r#"{"a":"a"}"#),
            ("\u{1}", "\u{1}"),
        ] {
            assert_eq!(shown(json(left, right, &[])), Ok(()), "{left} {right}");
        }
        for (left, right, difference) in [
            (r#"{"a":1}"#, r#"{"a":"1"}"#, r#"$.a: expected 1, got "1""#),
            (r#"{"a":null}"#, "{}", "$.a: expected null, got nothing"),
            ("{}", r#"{"a":{}}"#, "$.a: expected nothing, got {}"),
            (r#"[{"b":1},{"b":2}]"#, r#"[{"b":1},{"b":3}]"#, "$[*].b: expected 2, got 3"),
            ("[1]", "[1,1]", "$: expected [1], got [1,1]"),
            ("[]", "x", "$: expected [], got x"),
            ("9007199254740993", "9007199254740992", "$: expected 9007199254740993, got 9007199254740992"),
        ] {
            assert_eq!(shown(json(left, right, &[])), Err(difference.into()));
        }
    }

    #[test]
    fn an_excuse_covers_its_field_as_often_as_it_counts() {
        let excuses = [excuse(&["*", "g", "x"], 1)];
        assert_eq!(json(r#"[{"g":{"x":1,"y":2}}]"#, r#"[{"g":{"y":2}}]"#, &excuses), Ok(()));
        assert_eq!(json(r#"[{"g":{"x":1}}]"#, "[{}]", &excuses), Ok(()), "a group goes with its members");
        for (left, right) in [
            (r#"[{"g":{"x":1,"y":2}}]"#, "[{}]"),
            (r#"[{"g":{"x":1}}]"#, r#"[{"g":null}]"#),
            (r#"[{"g":{"x":1}},{"g":{"x":1}}]"#, r#"[{"g":{"x":2}},{"g":{"x":2}}]"#),
            (r#"[{"x":1}]"#, "[{}]"),
        ] {
            assert!(json(left, right, &excuses).is_err(), "{left} {right}");
        }
    }

    #[test]
    fn pairs_are_compared_decoded_and_in_order() {
        assert_eq!(pairs("a%5B%5D=x+y&b", "%61[]=x%20y&b", &[]), Ok(()));
        assert_eq!(shown(pairs("a=1&b=2", "b=2&a=1", &[])), Err("$.a: expected a=1, got b=2".into()));
        assert_eq!(shown(pairs("a=1", "a=1&c", &[])), Err("$.c: expected nothing, got c".into()));
        assert_eq!(pairs("a=1&b=2", "b=2&a[]=3", &[excuse(&["a"], 1)]), Ok(()));
    }
}
