//! Values that a pack names: strings, numbers, booleans and null, and the empty list and object.

use crate::json::{Scanner, quoted, unescape};
use std::{fmt, sync::Arc};

/// A scalar that a pack names: its JSON text, and its plain text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scalar {
    json: Arc<[u8]>,
    text: Arc<str>,
}

impl Scalar {
    /// The string with this plain text.
    pub fn string(text: &str) -> Scalar {
        Scalar { json: quoted(text).into_bytes().into(), text: text.into() }
    }

    /// The scalar that a text of JSON is; `None` for a list, an object, and what is no JSON.
    ///
    /// ```
    /// use dateline_core::step::Scalar;
    ///
    /// assert_eq!(Scalar::read(r#""a\u0062""#), Some(Scalar::string("ab")));
    /// assert_eq!(Scalar::read("1.10").unwrap().text(), "1.10");
    /// assert_eq!(Scalar::read("[1]"), None);
    /// ```
    pub fn read(text: &str) -> Option<Scalar> {
        let mut scanner = Scanner::new(text.as_bytes());
        let value = scanner.value().ok()?;
        scanner.end().ok()?;
        match value.first()? {
            b'{' | b'[' => None,
            b'"' => unescape(value).map(|text| Scalar::string(&text)),
            _ => Some(Scalar { json: value.into(), text: std::str::from_utf8(value).ok()?.into() }),
        }
    }

    /// The scalar that a text of JSON is, or the empty list or object, which stand for nothing as null does.
    ///
    /// ```
    /// use dateline_core::step::Scalar;
    ///
    /// assert_eq!(Scalar::read_or_empty("{ }").unwrap().text(), "{}");
    /// assert_eq!(Scalar::read_or_empty("[1]"), None);
    /// ```
    pub fn read_or_empty(text: &str) -> Option<Scalar> {
        let empty = empty(text.as_bytes());
        empty
            .map(|text| Scalar { json: text.as_bytes().into(), text: text.into() })
            .or_else(|| Scalar::read(text))
    }

    /// The JSON text.
    pub fn json(&self) -> &[u8] {
        &self.json
    }

    /// The text as a parameter has it: that of a string without its quotes.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text of the scalar as a string, as a form has it.
    pub(crate) fn for_forms(&self) -> Scalar {
        Scalar::string(&self.text)
    }

    /// Tells whether it is a string.
    pub fn is_string(&self) -> bool {
        self.json.first() == Some(&b'"')
    }

    /// Tells whether it is `null`.
    pub fn is_null(&self) -> bool {
        *self.json == *b"null"
    }

    /// Tells whether it is the empty list or object.
    pub fn is_empty_container(&self) -> bool {
        matches!(*self.json, [b'[' | b'{', ..])
    }

    /// Tells whether a JSON text is this scalar: a string however it is written, and any other by its text. `1.10` is not
    /// `1.1`.
    pub(crate) fn is(&self, value: &[u8]) -> bool {
        *self.json == *value
            || (self.is_empty_container() && empty(value).is_some_and(|text| *text.as_bytes() == *self.json))
            || (self.is_string()
                && value.first() == Some(&b'"')
                && value.contains(&b'\\')
                && unescape(value).is_some_and(|text| text == *self.text))
    }
}

/// The text of an empty list or object, however it is written.
fn empty(text: &[u8]) -> Option<&'static str> {
    match text.trim_ascii() {
        [b'{', inside @ .., b'}'] if inside.trim_ascii().is_empty() => Some("{}"),
        [b'[', inside @ .., b']'] if inside.trim_ascii().is_empty() => Some("[]"),
        _ => None,
    }
}

/// `canceled`, `true`, `"true"`: a string without its quotes, unless it could be taken for another scalar then.
impl fmt::Display for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.is_string() && (self.text.is_empty() || Scalar::read(&self.text).is_some()) {
            true => f.write_str(&quoted(&self.text)),
            false => f.write_str(&self.text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_string_is_its_text_and_a_number_its_digits() {
        let is = |scalar: &str, value: &str| Scalar::read(scalar).unwrap().is(value.as_bytes());
        assert!(
            is("\"a\"", "\"\\u0061\"") && is("\"\\/\"", "\"/\"") && is("1.10", "1.10") && is("null", "null")
        );
        for (scalar, value) in
            [("1.1", "1.10"), ("\"1.1\"", "\"1.10\""), ("\"1\"", "1"), ("\"null\"", "null"), ("1", "1e0")]
        {
            assert!(!is(scalar, value), "{scalar} {value}");
        }
        for text in ["", "{}", "[]", "a", "1 2", "\"\\ud800\""] {
            assert_eq!(Scalar::read(text), None, "{text}");
        }
    }

    #[test]
    fn an_empty_container_is_itself_however_it_is_written() {
        let is = |word: &str, value: &str| Scalar::read_or_empty(word).unwrap().is(value.as_bytes());
        assert!(is("{}", "{ \n}") && is("[ ]", "[]") && is("null", "null"));
        assert!(!is("{}", "[]") && !is("{}", "{\"a\":1}") && !is("[]", "null") && !is("\"{}\"", "{}"));
    }

    #[test]
    fn what_is_displayed_is_clear() {
        for (json, shown) in [
            ("\"a b\"", "a b"),
            ("\"true\"", "\"true\""),
            ("true", "true"),
            ("\"\"", "\"\""),
            ("\"1.0\"", "\"1.0\""),
        ] {
            assert_eq!(Scalar::read(json).unwrap().to_string(), shown);
        }
    }
}
