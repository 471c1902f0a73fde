//! All the places where two JSON documents differ.

use super::{At, Comparison, Difference, Excuse, Path};
use crate::json::{Hop, Name, instant::Instant, number};
use serde_json::{Map, Value};

/// The rules for a comparison: values that count as equal, and differences that are allowed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules<'r> {
    pub(crate) excuses: &'r [Excuse],
    /// The document that excused fields must agree with. Without it they may hold any value.
    pub(crate) promised: Option<&'r Value>,
    pub(crate) ignored: &'r [Vec<Hop>],
    pub(crate) strings: Strings,
    /// The number of differences after which the search ends.
    pub(crate) limit: usize,
}

/// The rule for comparing two strings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Strings {
    /// The strings must have the same text.
    AsText,
    /// The strings may also be numbers of the same value, or the same instant: they have been converted and converted back.
    ByValue,
}

/// Compares two documents.
pub(crate) fn walk(expected: &Value, got: &Value, rules: Rules<'_>) -> Comparison {
    let mut walk = Comparer {
        left: rules.excuses.iter().map(|excuse| excuse.count).collect(),
        rules,
        path: Path::default(),
        found: Comparison::default(),
    };
    let excused = rules.excuses.iter().enumerate().map(|(index, excuse)| (May::Differ(index), &*excuse.path));
    let ignored = rules.ignored.iter().map(|path| (May::Ignore, &**path));
    let patterns: Vec<Pattern<'_>> = excused.chain(ignored).collect();
    walk.compare(Three { expected: Some(expected), got: Some(got), promised: rules.promised }, &patterns);
    walk.found
}

/// The permission at the end of a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum May {
    /// Excused, by the index of the excuse.
    Differ(usize),
    Ignore,
}

/// The rest of a pattern from the current position of the walk.
type Pattern<'r> = (May, &'r [Hop]);

/// The values at one place; nothing where none stands.
#[derive(Debug, Clone, Copy)]
struct Three<'v> {
    expected: Option<&'v Value>,
    got: Option<&'v Value>,
    promised: Option<&'v Value>,
}

impl<'v> Three<'v> {
    fn member(self, key: &str) -> Self {
        self.map(|value| value.get(key))
    }

    fn element(self, index: usize) -> Self {
        self.map(|value| value.as_array().and_then(|elements| elements.get(index)))
    }

    fn map(self, inner: impl Fn(&'v Value) -> Option<&'v Value>) -> Self {
        let Three { expected, got, promised } = self;
        Three {
            expected: expected.and_then(&inner),
            got: got.and_then(&inner),
            promised: promised.and_then(&inner),
        }
    }

    /// The members of either, each once.
    fn keys(self) -> impl Iterator<Item = &'v String> {
        let keys =
            |value: Option<&'v Value>| value.and_then(Value::as_object).into_iter().flat_map(Map::keys);
        let known = self.expected.and_then(Value::as_object);
        let new = move |key: &&String| known.is_none_or(|known| !known.contains_key(*key));
        keys(self.expected).chain(keys(self.got).filter(new))
    }
}

struct Comparer<'r> {
    rules: Rules<'r>,
    /// The number of differences that each excuse still covers.
    left: Vec<u64>,
    path: Path,
    found: Comparison,
}

impl Comparer<'_> {
    fn compare(&mut self, three: Three<'_>, patterns: &[Pattern<'_>]) {
        if self.found.differences.len() >= self.rules.limit {
            return;
        }
        let so_far = (self.found.differences.len(), self.found.excused.len(), self.found.ignored);
        let inside = patterns.iter().any(|(_, hops)| matches!(hops.first(), Some(Hop::Member(_))));
        match (three.expected, three.got) {
            (Some(Value::Array(expected)), Some(Value::Array(got))) if expected.len() == got.len() => {
                let patterns = advance(patterns, &Hop::Elements);
                for index in 0..expected.len() {
                    self.step(At::Element(index), three.element(index), &patterns);
                }
            }
            (Some(Value::Object(_)), Some(Value::Object(_))) => self.members(three, patterns),
            // A group whose members are all excused may be gone with them.
            (Some(Value::Object(_)), None) | (None, Some(Value::Object(_))) if inside => {
                self.members(three, patterns);
            }
            (None, None) => {}
            (Some(expected), Some(got)) if is_same_scalar(expected, got, self.rules.strings) => {}
            (expected, got) => {
                let difference =
                    Difference { path: self.path.clone(), expected: expected.cloned(), got: got.cloned() };
                self.found.differences.push(difference);
            }
        }
        if self.found.differences.len() > so_far.0 {
            self.forgive(three, patterns, so_far);
        }
    }

    fn members(&mut self, three: Three<'_>, patterns: &[Pattern<'_>]) {
        for key in three.keys() {
            let name = Name::new(key);
            let patterns = advance(patterns, &Hop::Member(name.clone()));
            self.step(At::Member(name), three.member(key), &patterns);
        }
    }

    fn step(&mut self, at: At, three: Three<'_>, patterns: &[Pattern<'_>]) {
        self.path.push(at);
        self.compare(three, patterns);
        self.path.pop();
    }

    /// Takes back what was found at and below this place, where it may be so.
    fn forgive(&mut self, three: Three<'_>, patterns: &[Pattern<'_>], so_far: (usize, usize, u64)) {
        let here = || patterns.iter().filter(|(_, hops)| hops.is_empty()).map(|(may, _)| *may);
        let (differences, excused, ignored) = so_far;
        if here().any(|may| may == May::Ignore) {
            self.found.differences.truncate(differences);
            self.found.excused.truncate(excused);
            self.found.ignored = ignored + 1;
            return;
        }
        let keeps = || match self.rules.promised {
            None => true,
            Some(_) => is_same(three.promised, three.got, self.rules.strings),
        };
        // The same values in another form are no loss, and would use up the excuse of one.
        let is_reformed = || is_same(three.expected, three.got, Strings::ByValue);
        let may_differ = |index: usize| {
            let allows = self.rules.excuses.get(index).map(|excuse| excuse.allows);
            allows.is_some_and(|allows| allows.covers(three.expected, three.got))
                && self.left.get(index).is_some_and(|left| *left > 0)
                && !is_reformed()
        };
        let excuse = here().find_map(|may| match may {
            May::Differ(index) => may_differ(index).then_some(index),
            May::Ignore => None,
        });
        if let Some(left) = excuse.filter(|_| keeps()).and_then(|index| self.left.get_mut(index)) {
            *left -= 1;
            self.found.differences.truncate(differences);
            self.found.excused.truncate(excused);
            self.found.excused.push(self.path.clone());
        }
    }
}

fn advance<'r>(patterns: &[Pattern<'r>], hop: &Hop) -> Vec<Pattern<'r>> {
    let next = |(may, hops): &Pattern<'r>| match hops.split_first() {
        Some((first, rest)) if first == hop => Some((*may, rest)),
        // The name of a lost field says nothing of a list that one of the versions has on the way to it.
        Some((Hop::Member(_), _)) if *hop == Hop::Elements && matches!(may, May::Differ(_)) => {
            Some((*may, *hops))
        }
        _ => None,
    };
    patterns.iter().filter_map(next).collect()
}

/// Tells whether two values are equal in every part.
fn is_same(expected: Option<&Value>, got: Option<&Value>, strings: Strings) -> bool {
    let rules = Rules { excuses: &[], promised: None, ignored: &[], strings, limit: 1 };
    match (expected, got) {
        (Some(expected), Some(got)) => walk(expected, got, rules).differences.is_empty(),
        (expected, got) => expected.is_none() && got.is_none(),
    }
}

fn is_same_scalar(expected: &Value, got: &Value, strings: Strings) -> bool {
    match (expected, got) {
        (Value::Number(expected), Value::Number(got)) => {
            number::equal(expected.as_str().as_bytes(), got.as_str().as_bytes())
        }
        (Value::String(expected), Value::String(got)) => {
            let by_value = || {
                let (expected, got) = (expected.as_bytes(), got.as_bytes());
                let instants = Instant::read(expected).zip(Instant::read(got));
                number::equal(expected, got) || instants.is_some_and(|(one, other)| one.is_same(&other))
            };
            expected == got || (strings == Strings::ByValue && by_value())
        }
        (Value::Null | Value::Bool(_), _) => expected == got,
        _ => false,
    }
}
