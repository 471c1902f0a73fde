//! Values and spellings that are rare and allowed.

use super::draft::Node;
use crate::json::quoted;
use fastrand::Rng;

/// Numbers that a careless reader changes.
const NUMBERS: [&str; 16] = [
    "-0",
    "0",
    "0.0",
    "-0.00",
    "1.10",
    "1e3",
    "1E+3",
    "1E400",
    "1e999999999",
    "1e-999999999",
    "123456789012345678901234567890.12",
    "9007199254740993",
    "-0.0000000000000000000000000000001",
    "100",
    "33.333",
    "0.005",
];

/// Scalars of other types; strings that look like something else.
const SCALARS: [&str; 18] = [
    "null",
    "true",
    "false",
    "\"\"",
    "\"usd\"",
    "\"120.50\"",
    "\"-0.125\"",
    "\" 1\"",
    "\"1e3\"",
    "\"\\u0031\"",
    "\"\\\\\\\"\\/\"",
    "\"\\uD83D\\uDD28 \u{1f528}\"",
    "\"\u{2028}\u{7f}\\u0000\"",
    "\"a word\"",
    "\"true\"",
    "\"2026-02-28T23:59:60Z\"",
    "\"2026-06-01T12:00:00.250Z\"",
    "\"0000-01-01T00:30:00+01:00\"",
];

/// White space for the gaps of a document, to be used in turn.
const GAPS: [&[&str]; 5] = [&[], &[" "], &["\n  ", "", " ", ""], &["\t", "\r\n", ""], &["", "", " \n "]];

pub(super) fn number(rng: &mut Rng) -> String {
    let digits = |rng: &mut Rng, most: usize| -> String {
        let count = rng.usize(1..=most);
        (0..count).map(|_| rng.digit(10)).collect()
    };
    let whole = |rng: &mut Rng, most: usize| {
        let digits = digits(rng, most);
        let trimmed = digits.trim_start_matches('0');
        if trimmed.is_empty() { "0".to_owned() } else { trimmed.to_owned() }
    };
    match rng.u8(0..10) {
        0..4 => format!("{}.{}", whole(rng, 5), digits(rng, 3)),
        4 => whole(rng, 5),
        5 => format!("-{}.{}", whole(rng, 40), digits(rng, 40)),
        6 => format!("{}e{}{}", whole(rng, 6), if rng.bool() { "-" } else { "" }, rng.u16(0..200)),
        7 if rng.bool() => whole(rng, 200),
        _ => (*chosen(rng, &NUMBERS)).to_owned(),
    }
}

pub(super) fn scalar(rng: &mut Rng) -> String {
    if rng.u8(0..3) == 0 { number(rng) } else { (*chosen(rng, &SCALARS)).to_owned() }
}

/// The names that members of made-up objects may have.
#[derive(Clone, Copy)]
pub(super) struct Names<'n> {
    /// Names of any version of the pack; they are none for documents of their own version.
    pub(super) foreign: &'n [&'n str],
    /// Names that the pack does not have; at least one.
    pub(super) unknown: &'n [String],
}

/// Any value, a few levels deep.
pub(super) fn value(rng: &mut Rng, names: Names<'_>, levels: u8) -> Node {
    match rng.u8(0..6) {
        0 if levels > 0 => Node::List((0..rng.u8(0..4)).map(|_| value(rng, names, levels - 1)).collect()),
        1 | 2 if levels > 0 => {
            let member = |rng: &mut Rng| (name(rng, names), value(rng, names, levels - 1));
            Node::Object((0..rng.u8(0..4)).map(|_| member(rng)).collect())
        }
        3 if levels > 2 && rng.u8(0..8) == 0 => {
            let inside = Node::Object(vec![(name(rng, names), Node::Scalar(number(rng)))]);
            (0..40).fold(inside, |inner, _| Node::List(vec![inner]))
        }
        _ => Node::Scalar(scalar(rng)),
    }
}

/// The key of a member.
pub(super) fn name(rng: &mut Rng, Names { foreign, unknown }: Names<'_>) -> String {
    let name = match foreign {
        [_, ..] if rng.bool() => chosen(rng, foreign),
        _ => chosen(rng, unknown).as_str(),
    };
    key(rng, name)
}

/// A key as documents may spell it.
pub(super) fn key(rng: &mut Rng, name: &str) -> String {
    let plain = quoted(name);
    match name.char_indices().nth(rng.usize(0..12)) {
        Some((at, escaped)) if escaped.is_ascii_alphanumeric() && rng.u8(0..8) == 0 => {
            let (before, rest) = name.split_at(at);
            let [before, rest] = [before, &rest[1..]].map(quoted);
            format!("{}\\u{:04x}{}", &before[..before.len() - 1], escaped as u32, &rest[1..])
        }
        _ => plain,
    }
}

pub(super) fn gaps(rng: &mut Rng) -> Vec<&'static str> {
    chosen(rng, &GAPS).to_vec()
}

/// One of a list that is not empty.
pub(super) fn chosen<'l, T>(rng: &mut Rng, list: &'l [T]) -> &'l T {
    &list[rng.usize(0..list.len())]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::number::is_number;

    #[test]
    fn all_of_it_is_json() {
        let mut rng = Rng::with_seed(1);
        let mut deepest = 0;
        let names = Names { foreign: &["company"], unknown: &["x".to_owned(), "\u{e9}".to_owned()] };
        for _ in 0..2000 {
            let text = number(&mut rng);
            assert!(is_number(text.as_bytes()), "{text}");
            let text = super::super::draft::Draft::Json(value(&mut rng, names, 3), gaps(&mut rng)).text();
            assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok(), "{text}");
            deepest = deepest.max(text.matches('[').count());
        }
        assert!(deepest >= 40);
        let keys: std::collections::BTreeSet<String> = (0..2000).map(|_| key(&mut rng, "ab")).collect();
        assert_eq!(keys.into_iter().collect::<Vec<_>>(), ["\"\\u0061b\"", "\"a\\u0062\"", "\"ab\""]);
    }
}
