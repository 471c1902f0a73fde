//! Members that no pack names, with bytes that are easily changed: put into a document, and looked for afterwards.

use super::draft::split_pairs;
use crate::{
    compare::Place,
    json::{Hop, Name},
    pack::BODY,
};
use serde_json::{Map, Value};

/// A document with odd members in it.
pub(super) struct Dressed {
    pub(super) text: String,
    pub(super) odds: Vec<Odd>,
}

/// One odd member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Odd {
    /// The text of the member, key included.
    pub(super) text: String,
    /// The object that it is in; an element of an array is any element.
    pub(super) path: Vec<Hop>,
    /// The number of the object.
    object: usize,
}

/// The document of a place with an odd member before each member of each object, and one at the end; `None` if it is not
/// JSON. `word` is a word that no name of the pack begins with.
pub(super) fn dressed(place: Place, document: &str, word: &str) -> Option<Dressed> {
    if place.is_pairs() {
        return Some(pairs(document, word));
    }
    let value: Value = serde_json::from_str(document).ok()?;
    let mut dressing = Dressing { word, odds: Vec::new(), objects: 0, path: Vec::new(), text: String::new() };
    match place.part.is_whole() {
        true => dressing.message(value.as_object()?),
        false => dressing.value(&value),
    }
    Some(Dressed { text: dressing.text, odds: dressing.odds })
}

/// The start of the key of an odd member, and of the name of an odd pair. A number follows.
fn beginnings(word: &str) -> [String; 2] {
    [format!("\"{word}\\u002d"), format!("x%5f{word}")]
}

/// Writes a document down, with odd members in it.
struct Dressing<'w> {
    word: &'w str,
    odds: Vec<Odd>,
    objects: usize,
    path: Vec<Hop>,
    text: String,
}

impl Dressing<'_> {
    /// Writes a whole message, with odd members in the objects of its body. Its other places have text alone.
    fn message(&mut self, places: &Map<String, Value>) {
        self.text.push('{');
        for (index, (key, value)) in places.iter().enumerate() {
            self.text.push_str(if index > 0 { "," } else { "" });
            let name = Name::new(key);
            self.text.push_str(&String::from_utf8_lossy(name.quoted()));
            self.text.push(':');
            if key == BODY {
                self.path.push(Hop::Member(name));
                self.value(value);
                self.path.pop();
            } else {
                self.text.push_str(&value.to_string());
            }
        }
        self.text.push('}');
    }

    fn value(&mut self, value: &Value) {
        match value {
            Value::Array(elements) => {
                self.path.push(Hop::Elements);
                self.text.push('[');
                for (index, element) in elements.iter().enumerate() {
                    self.text.push_str(if index > 0 { "," } else { "" });
                    self.value(element);
                }
                self.text.push(']');
                self.path.pop();
            }
            Value::Object(members) => {
                let object = self.objects;
                self.objects += 1;
                self.text.push('{');
                for (key, value) in members {
                    self.odd(object);
                    let name = Name::new(key);
                    self.text.push(',');
                    self.text.push_str(&String::from_utf8_lossy(name.quoted()));
                    self.text.push(':');
                    self.path.push(Hop::Member(name));
                    self.value(value);
                    self.path.pop();
                    self.text.push(',');
                }
                self.odd(object);
                self.text.push('}');
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                self.text.push_str(&value.to_string());
            }
        }
    }

    /// Writes an odd member, and notes it.
    fn odd(&mut self, object: usize) {
        let text = format!(
            "{}{} \\/\" : {{ \"a\" : 1.10,\"a\":[-0.0E+01 , \"\\ud83d\\ude00\\/\\u0000\", \
             123456789012345678901234567890.10],\"\":{{ }} }}",
            beginnings(self.word)[0],
            self.odds.len()
        );
        self.text.push_str(&text);
        self.odds.push(Odd { text, path: self.path.clone(), object });
    }
}

/// The query or form with an odd pair before each pair, and one at the end.
fn pairs(document: &str, word: &str) -> Dressed {
    let beginning = &beginnings(word)[1];
    let odd = |number: usize| Odd {
        text: format!("{beginning}{number}%5b+]=%zz+%41=é"),
        path: Vec::new(),
        object: 0,
    };
    let pairs = split_pairs(document);
    let odds: Vec<Odd> = (0..=pairs.len()).map(odd).collect();
    let mut text: String =
        odds.iter().zip(pairs).map(|(odd, pair)| format!("{}&{pair}&", odd.text)).collect();
    text.extend(odds.last().map(|odd| &*odd.text));
    Dressed { text, odds }
}

/// Returns the odd members that are not in the text exactly once, and behind the ones before them in their object. What is
/// copied may be there more than once.
pub(super) fn missing<'o>(
    odds: &'o [Odd],
    text: &str,
    word: &str,
    is_copied: impl Fn(&[Hop]) -> bool,
) -> Vec<&'o Odd> {
    let mut found: Vec<Vec<usize>> = vec![Vec::new(); odds.len()];
    for beginning in beginnings(word) {
        for (at, _) in text.match_indices(&beginning) {
            let digits = text[at + beginning.len()..].split(|digit: char| !digit.is_ascii_digit()).next();
            let number: Option<usize> = digits.and_then(|digits| digits.parse().ok());
            let odd = number.and_then(|number| Some((odds.get(number)?, found.get_mut(number)?)));
            if let Some((odd, found)) = odd
                && text[at..].starts_with(&odd.text)
            {
                found.push(at);
            }
        }
    }
    let mut missing = Vec::new();
    let mut last: Vec<usize> = Vec::new();
    for (odd, found) in odds.iter().zip(found) {
        last.resize(last.len().max(odd.object + 1), 0);
        let place = found.iter().find(|at| **at >= last[odd.object]);
        match place {
            Some(at) if found.len() == 1 || is_copied(&odd.path) => last[odd.object] = *at,
            _ => missing.push(odd),
        }
    }
    missing
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pack::{OperationId, Part};

    fn body() -> Place {
        Place::new(OperationId(0), Part::Body)
    }

    #[test]
    fn every_object_is_dressed_and_stays_json() {
        let Dressed { text, odds } = dressed(body(), r#"{"a":{"b":1.10},"c":[{},2]}"#, "odd").unwrap();
        assert!(serde_json::from_str::<Value>(&text).is_ok(), "{text}");
        let paths: Vec<String> = odds.iter().map(|odd| Hop::display(&odd.path)).collect();
        assert_eq!(paths, ["$", "$.a", "$.a", "$", "$.c[*]", "$"]);
        assert!(missing(&odds, &text, "odd", |_| false).is_empty());
        assert!(text.contains("\"b\":1.10"), "{text}");
    }

    #[test]
    fn what_changed_is_missed() {
        let missing = |odds: &[Odd], text: &str| missing(odds, text, "odd", |_| false).len();
        let Dressed { text, odds } = dressed(body(), r#"{"a":1,"b":2}"#, "odd").unwrap();
        assert_eq!(missing(&odds, &text.replacen("1.10", "1.1", 1)), 1, "a digit");
        assert_eq!(missing(&odds, &text.replacen(" : ", ":", 1)), 1, "white space");
        assert_eq!(missing(&odds, &text.replacen("\\/", "/", 1)), 1, "an escape");
        let twice = format!("{text}{text}");
        assert_eq!(missing(&odds, &twice), 3, "twice");
        assert!(super::missing(&odds, &twice, "odd", |_| true).is_empty(), "copied");
        let swapped =
            text.replace("u002d0", "u002dx").replace("u002d1", "u002d0").replace("u002dx", "u002d1");
        assert_eq!(missing(&odds, &swapped), 1, "the order");
        let Dressed { text, odds } = dressed(Place::form(OperationId(0)), "a=1&b", "odd").unwrap();
        assert_eq!((odds.len(), missing(&odds, &text)), (3, 0));
        assert_eq!(missing(&odds, &text.replacen("%5f", "_", 1)), 1);
    }
}
