//! Members that no pack names, with bytes that are easily changed: put into a document, and looked for afterwards.

use crate::json::{Hop, Name};
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

/// The document with an odd member before each member of each object, and one at the end; `None` if it is not JSON.
pub(super) fn json(document: &str) -> Option<Dressed> {
    let value: Value = serde_json::from_str(document).ok()?;
    let mut dressing = Dressing::default();
    let marked = dressing.value(&value).to_string();
    let mut text = String::with_capacity(marked.len() * 4);
    for piece in marked.split(MARKER) {
        // Every piece but the first begins with a marker's number.
        let rest = piece.trim_start_matches(|digit: char| digit.is_ascii_digit());
        let number = piece[..piece.len() - rest.len()].parse().ok();
        match number.and_then(|number: usize| dressing.odds.get(number)).zip(rest.strip_prefix("\":null")) {
            Some((odd, rest)) => text.extend([&odd.text, rest]),
            None => text.push_str(piece),
        }
    }
    Some(Dressed { text, odds: dressing.odds })
}

/// The start of a placeholder for an odd member until the document is text: a member with this name and a number.
const MARKER: &str = "\"odd member of a check ";

/// The start of the key of an odd member, and of the name of an odd pair. A number follows.
const BEGINNINGS: [&str; 2] = ["\"odd\\u002d", "x%5fodd"];

#[derive(Default)]
struct Dressing {
    odds: Vec<Odd>,
    objects: usize,
    path: Vec<Hop>,
}

impl Dressing {
    fn value(&mut self, value: &Value) -> Value {
        match value {
            Value::Array(elements) => {
                self.path.push(Hop::Elements);
                let elements = elements.iter().map(|element| self.value(element)).collect();
                self.path.pop();
                Value::Array(elements)
            }
            Value::Object(members) => {
                let object = self.objects;
                self.objects += 1;
                let mut dressed = Map::new();
                for (key, value) in members {
                    dressed.insert(self.odd(object), Value::Null);
                    self.path.push(Hop::Member(Name::new(key)));
                    dressed.insert(key.clone(), self.value(value));
                    self.path.pop();
                }
                dressed.insert(self.odd(object), Value::Null);
                Value::Object(dressed)
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
        }
    }

    /// Notes an odd member; its marker's key stands in for it.
    fn odd(&mut self, object: usize) -> String {
        let number = self.odds.len();
        let text = format!(
            "{}{number} \\/\" : {{ \"a\" : 1.10,\"a\":[-0.0E+01 , \"\\ud83d\\ude00\\/\\u0000\", \
             123456789012345678901234567890.10],\"\":{{ }} }}",
            BEGINNINGS[0]
        );
        self.odds.push(Odd { text, path: self.path.clone(), object });
        format!("{}{number}", &MARKER[1..])
    }
}

/// The query or form with an odd pair before each pair, and one at the end.
pub(super) fn pairs(document: &str) -> Dressed {
    let odd = |number: usize| Odd {
        text: format!("{}{number}%5b+]=%zz+%41=é", BEGINNINGS[1]),
        path: Vec::new(),
        object: 0,
    };
    let pairs: Vec<&str> = document.split('&').collect();
    let odds: Vec<Odd> = (0..=pairs.len()).map(odd).collect();
    let mut text: String =
        odds.iter().zip(pairs).map(|(odd, pair)| format!("{}&{pair}&", odd.text)).collect();
    text.extend(odds.last().map(|odd| &*odd.text));
    Dressed { text, odds }
}

/// Returns the odd members that are not in the text exactly once, and behind the ones before them in their object. What is
/// copied may be there more than once.
pub(super) fn missing<'o>(odds: &'o [Odd], text: &str, is_copied: impl Fn(&[Hop]) -> bool) -> Vec<&'o Odd> {
    let mut found: Vec<Vec<usize>> = vec![Vec::new(); odds.len()];
    for beginning in BEGINNINGS {
        for (at, _) in text.match_indices(beginning) {
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

    #[test]
    fn every_object_is_dressed_and_stays_json() {
        let Dressed { text, odds } = json(r#"{"a":{"b":1.10},"c":[{},2]}"#).unwrap();
        assert!(serde_json::from_str::<Value>(&text).is_ok(), "{text}");
        let paths: Vec<String> = odds.iter().map(|odd| Hop::display(&odd.path)).collect();
        assert_eq!(paths, ["$", "$.a", "$.a", "$", "$.c[*]", "$"]);
        assert!(missing(&odds, &text, |_| false).is_empty());
        assert!(text.contains("\"b\":1.10"), "{text}");
    }

    #[test]
    fn what_changed_is_missed() {
        let Dressed { text, odds } = json(r#"{"a":1,"b":2}"#).unwrap();
        assert_eq!(missing(&odds, &text.replacen("1.10", "1.1", 1), |_| false).len(), 1, "a digit");
        assert_eq!(missing(&odds, &text.replacen(" : ", ":", 1), |_| false).len(), 1, "white space");
        assert_eq!(missing(&odds, &text.replacen("\\/", "/", 1), |_| false).len(), 1, "an escape");
        let twice = format!("{text}{text}");
        assert_eq!(missing(&odds, &twice, |_| false).len(), 3, "twice");
        assert_eq!(missing(&odds, &twice, |_| true).len(), 0, "copied");
        let swapped =
            text.replace("u002d0", "u002dx").replace("u002d1", "u002d0").replace("u002dx", "u002d1");
        assert_eq!(missing(&odds, &swapped, |_| false).len(), 1, "the order");
        let Dressed { text, odds } = pairs("a=1&b");
        assert_eq!((odds.len(), missing(&odds, &text, |_| false).len()), (3, 0));
        assert_eq!(missing(&odds, &text.replacen("%5f", "_", 1), |_| false).len(), 1);
    }
}
