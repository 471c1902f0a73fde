//! The elements of a list.

use super::Scanner;
use std::ops::Range;

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
}
