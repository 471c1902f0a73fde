//! The elements of a list, and the members of an object whose keys are data.

use super::Scanner;
use std::ops::Range;

/// A part of a list or of an object, by its place in the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Span {
    /// The key of a member, quotes included.
    pub(crate) key: Option<Range<usize>>,
    /// The value.
    pub(crate) value: Range<usize>,
}

/// The members of the object that a JSON text is; `None` for any other value.
pub(crate) fn members(text: &[u8]) -> Option<Vec<Span>> {
    let mut scanner = Scanner::new(text);
    if text.first() != Some(&b'{') {
        return None;
    }
    scanner.open().ok()?;
    scanner.space();
    let mut spans = Vec::new();
    if scanner.close_empty() {
        return Some(spans);
    }
    loop {
        let start = scanner.position();
        scanner.key().ok()?;
        let key = Some(start..scanner.position());
        scanner.colon().ok()?;
        let start = scanner.position();
        scanner.value().ok()?;
        spans.push(Span { key, value: start..scanner.position() });
        scanner.space();
        if !scanner.more().ok()? {
            return Some(spans);
        }
        scanner.space();
    }
}

/// The spans of the elements of the list that a JSON text is; `None` for any other value.
pub(crate) fn elements(text: &[u8]) -> Option<Vec<Range<usize>>> {
    let mut scanner = Scanner::new(text);
    if !scanner.take(b'[') {
        return None;
    }
    scanner.space();
    let mut spans = Vec::new();
    if scanner.take(b']') {
        return Some(spans);
    }
    loop {
        scanner.space();
        let start = scanner.position();
        scanner.value().ok()?;
        spans.push(start..scanner.position());
        scanner.space();
        if scanner.take(b']') {
            return Some(spans);
        }
        if !scanner.take(b',') {
            return None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_element_is_found() {
        let of = |text: &str| {
            let spans = elements(text.as_bytes())?;
            Some(spans.into_iter().map(|span| text[span].to_owned()).collect::<Vec<_>>())
        };
        assert_eq!(of("[ ]"), Some(vec![]));
        assert_eq!(
            of(r#"[1 , "a,]" ,[2,3],{"a":[4]}, null]"#).unwrap(),
            ["1", "\"a,]\"", "[2,3]", r#"{"a":[4]}"#, "null"]
        );
        for other in ["1", "{}", "\"[]\"", "[1", "[1 2]"] {
            assert_eq!(of(other), None, "{other}");
        }
    }

    #[test]
    fn every_member_is_found() {
        let of = |text: &str| {
            let spans = members(text.as_bytes())?;
            let part = |span: Range<usize>| text[span].to_owned();
            Some(
                spans
                    .into_iter()
                    .map(|span| (span.key.map(part).unwrap(), part(span.value)))
                    .collect::<Vec<_>>(),
            )
        };
        let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        assert_eq!(of("{ }"), Some(vec![]));
        assert_eq!(
            of(r#"{ "a" : 1 ,"\u0062":{"c":[2]}, "d,":null }"#).unwrap(),
            [pair("\"a\"", "1"), pair(r#""\u0062""#, r#"{"c":[2]}"#), pair("\"d,\"", "null")]
        );
        for other in ["1", "[]", "{1}", "{\"a\"}", "{\"a\":1"] {
            assert_eq!(of(other), None, "{other}");
        }
    }
}
