//! A version in a query.

use super::Text;
use percent_encoding::percent_decode_str;
use std::{borrow::Cow, ops::Range};

/// The value of a parameter, where it stands in a query once.
///
/// Some servers cut a query at `;` as well, read names in any case, or take `name[]` for `name`. A parameter that only
/// those would find is told as one of several.
pub(super) fn read<'q>(query: &'q str, name: &str) -> Option<Text<'q>> {
    let mut found = pairs(query).filter(|pair| is(pair.name(query), name));
    let first = found.next();
    let exact = usize::from(first.is_some()) + found.count();
    let lenient = query.split(['&', ';']).filter(|pair| is_alike(pair, name)).count();
    match first {
        None if lenient == 0 => None,
        Some(pair) if exact == 1 && lenient == 1 => Some(Text::One(pair.value(query))),
        _ => Some(Text::Several),
    }
}

/// The query with another version in place of the parameter's value, or with the parameter behind it if `adds`; `None`
/// where it stays as it is.
pub(super) fn with(query: Option<&str>, name: &str, version: &str, adds: bool) -> Option<String> {
    let text = query.unwrap_or_default();
    match pairs(text).find(|pair| is(pair.name(text), name)) {
        Some(pair) => replaced(text, &pair, version),
        None if !adds => None,
        None if text.is_empty() => Some(format!("{name}={version}")),
        None => Some(format!("{text}&{name}={version}")),
    }
}

/// The query with version `to` where the parameter has `from`; `None` where it has not.
pub(super) fn turned(query: &str, name: &str, from: &str, to: &str) -> Option<String> {
    let is_from = |pair: &Pair| is(pair.name(query), name) && *pair.value(query) == *from.as_bytes();
    replaced(query, &pairs(query).find(is_from)?, to)
}

fn replaced(query: &str, pair: &Pair, version: &str) -> Option<String> {
    if *pair.value(query) == *version.as_bytes() {
        return None;
    }
    let (before, behind) = (&query[..pair.name.end], &query[pair.all.end..]);
    Some(format!("{before}={version}{behind}"))
}

/// A parameter of a query.
struct Pair {
    all: Range<usize>,
    name: Range<usize>,
}

impl Pair {
    fn name<'q>(&self, query: &'q str) -> &'q str {
        &query[self.name.clone()]
    }

    /// The decoded value; empty where there is none.
    fn value<'q>(&self, query: &'q str) -> Cow<'q, [u8]> {
        let value = &query[self.name.end..self.all.end];
        decoded(value.strip_prefix('=').unwrap_or(value))
    }
}

fn pairs(query: &str) -> impl Iterator<Item = Pair> {
    let mut at = 0;
    query.split('&').map(move |pair| {
        let all = at..at + pair.len();
        at = all.end + 1;
        let name = all.start..all.start + pair.find('=').unwrap_or(pair.len());
        Pair { all, name }
    })
}

fn is(encoded: &str, name: &str) -> bool {
    *decoded(encoded) == *name.as_bytes()
}

fn is_alike(pair: &str, name: &str) -> bool {
    let encoded = &pair[..pair.find('=').unwrap_or(pair.len())];
    // Nearly every other name is longer or shorter, whatever is encoded in it.
    if encoded.len() < name.len() {
        return false;
    }
    let decoded = decoded(encoded);
    let base = decoded.split(|byte| *byte == b'[').next().unwrap_or_default();
    base.trim_ascii().eq_ignore_ascii_case(name.as_bytes())
}

/// A part of a query as servers read it (URL Standard, 5.1).
fn decoded(encoded: &str) -> Cow<'_, [u8]> {
    if !encoded.contains('+') {
        return percent_decode_str(encoded).into();
    }
    let spaced = encoded.replace('+', " ");
    Cow::Owned(percent_decode_str(&spaced).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NAME: &str = "api-version";

    fn text(query: &str) -> Option<String> {
        read(query, NAME).map(|text| match text {
            Text::One(text) => String::from_utf8_lossy(&text).into_owned(),
            Text::InPath(..) | Text::Several => "several".to_owned(),
        })
    }

    #[test]
    fn one_parameter_is_the_version() {
        for (query, version) in [
            ("api-version=2024-10", "2024-10"),
            ("a=1&api-version=2024-10&b", "2024-10"),
            ("api%2Dversion=2024%2D10", "2024-10"),
            ("api-version=", ""),
            ("api-version", ""),
            ("api-version=a+b", "a b"),
        ] {
            assert_eq!(text(query).as_deref(), Some(version), "{query}");
        }
        for none in ["", "a=api-version", "api_version=1", "x-api-version=1", "api-versions=1"] {
            assert_eq!(text(none), None, "{none}");
        }
    }

    #[test]
    fn what_servers_read_differently_is_no_version() {
        for odd in [
            "api-version=1&api-version=1",
            "api-version=1&Api-Version=2",
            "API-VERSION=1",
            "a=1;api-version=1",
            "api-version=1;api-version=2",
            "api-version[]=1",
            "api-version%5B0%5D=1",
            "+api-version=1",
        ] {
            assert_eq!(text(odd).as_deref(), Some("several"), "{odd}");
        }
    }

    #[test]
    fn the_value_is_replaced_where_it_stands() {
        let with = |query: &str| with(Some(query), NAME, "2025-07", false);
        assert_eq!(with("a=%20&api%2Dversion=2024-10&b&").unwrap(), "a=%20&api%2Dversion=2025-07&b&");
        assert_eq!(with("api-version").unwrap(), "api-version=2025-07");
        assert_eq!(with("api-version=2025%2D07").or(with("a=1")), None);
        assert_eq!(super::with(Some("a=1"), NAME, "2025-07", true).unwrap(), "a=1&api-version=2025-07");
        assert_eq!(super::with(None, NAME, "2025-07", true).unwrap(), "api-version=2025-07");
        let turned = |query: &str| turned(query, NAME, "2025-07", "2024-10");
        assert_eq!(turned("page=2&api-version=2025-07").unwrap(), "page=2&api-version=2024-10");
        assert_eq!(turned("page=2&api-version=2025-04").or(turned("page=2")), None);
    }

    proptest! {
        #[test]
        fn any_query_is_answered(query in "(api-version|API|=|&|;|%2D|%|\\+|\\[|é|1){0,12}") {
            let _ = read(&query, NAME);
            if let Some(new) = with(Some(&query), NAME, "v", true) {
                prop_assert_eq!(pairs(&new).filter(|pair| is(pair.name(&new), NAME)).count().max(1),
                    pairs(&query).filter(|pair| is(pair.name(&query), NAME)).count().max(1));
            }
        }
    }
}
