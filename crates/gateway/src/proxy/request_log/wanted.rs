//! The version that a refused request wanted, as far as it may be written: a key may stand in any header by mistake, so
//! only what has the form of a version is repeated.

use std::fmt::Write;

/// The most that is written of one, in characters.
const LONGEST: usize = 32;

/// Words that stand for a version with some APIs, or that a client sends whose variable is not set.
const WORDS: [&str; 15] = [
    "latest",
    "newest",
    "current",
    "default",
    "stable",
    "unstable",
    "next",
    "preview",
    "beta",
    "alpha",
    "today",
    "none",
    "null",
    "undefined",
    "unknown",
];

/// The text of a version header where it has the form of a version, up to what has it; how long it is otherwise.
pub(super) fn shown(sent: &[u8]) -> String {
    let text = std::str::from_utf8(sent).unwrap_or_default();
    if WORDS.iter().any(|word| text.eq_ignore_ascii_case(word)) {
        return text.to_owned();
    }
    let end = version(text).min(LONGEST);
    match text.get(..end) {
        Some("") | None => format!("not a version ({} bytes)", sent.len()),
        Some(version) if end == text.len() => version.to_owned(),
        Some(version) => {
            let mut cut = version.to_owned();
            // Writing to a string does not fail.
            let _ = write!(cut, "\u{2026}");
            cut
        }
    }
}

/// The bytes at the start of a text that have the form of a version: a date or a number such as `v2.1`, then at most two
/// short parts such as `-preview`. None where the rest goes on in letters or digits: that is something else.
fn version(text: &str) -> usize {
    let number = number(text);
    if number == 0 {
        return 0;
    }
    if is_day(&text[..number]) && begins_a_time(&text[number..]) {
        return number;
    }
    let mut end = number;
    for _ in 0..2 {
        match part(&text[end..]) {
            0 => break,
            length if ends(&text[end + length..]) => end += length,
            _ => break,
        }
    }
    if ends(&text[end..]) { end } else { 0 }
}

/// Tells whether a text continues with anything but a letter or a digit.
fn ends(rest: &str) -> bool {
    rest.chars().next().is_none_or(|letter| !letter.is_alphanumeric())
}

/// Tells whether a number is a whole date: only that may have a time behind it.
fn is_day(number: &str) -> bool {
    let digits = number.bytes().filter(u8::is_ascii_digit).count();
    digits == 8 && number.starts_with(['1', '2'])
}

fn begins_a_time(rest: &str) -> bool {
    rest.strip_prefix('T').is_some_and(|time| digits(time, 1) == 1)
}

/// The length of a date, with separators or without, or of up to four numbers of three digits each.
fn number(text: &str) -> usize {
    let date = digits(text, 8);
    if date == 8 && text.starts_with(['1', '2']) && is_month_and_day(&text[4..8]) {
        return date;
    }
    if digits(text, 5) == 4 && text.starts_with(['1', '2']) {
        let mut end = 4;
        for _ in 0..2 {
            if text[end..].starts_with(['-', '.', '_']) && digits(&text[end + 1..], 3) == 2 {
                end += 3;
            }
        }
        return end;
    }
    let prefix = usize::from(text.starts_with(['v', 'V']));
    let mut end = prefix;
    for at in 0..4 {
        let dot = usize::from(at > 0);
        if dot == 1 && !text[end..].starts_with('.') {
            break;
        }
        match digits(&text[end + dot..], 4) {
            length @ 1..=3 => end += dot + length,
            _ => break,
        }
    }
    if end > prefix { end } else { 0 }
}

fn is_month_and_day(text: &str) -> bool {
    let within = |text: Option<&str>, most: u32| {
        text.and_then(|text| text.parse::<u32>().ok()).is_some_and(|number| (1..=most).contains(&number))
    };
    within(text.get(..2), 12) && within(text.get(2..), 31)
}

/// Returns the number of digits at the start of a text, at most `most`.
fn digits(text: &str, most: usize) -> usize {
    text.bytes().take(most).take_while(u8::is_ascii_digit).count()
}

/// The length of a separator and a word of small letters, with two digits behind it at most, or a number of three.
fn part(text: &str) -> usize {
    let Some(rest) = text.strip_prefix(['-', '.', '_']) else { return 0 };
    let letters = rest.bytes().take(13).take_while(u8::is_ascii_lowercase).count();
    let length = match letters {
        0 => digits(rest, 4),
        13 => return 0,
        _ => letters + digits(&rest[letters..], 3),
    };
    let numbers = length - letters;
    let is_short = if letters == 0 { (1..=3).contains(&numbers) } else { numbers <= 2 };
    if is_short { 1 + length } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_looks_like_a_version_is_shown() {
        for text in [
            "2031-01-01",
            "2026-07-01-2",
            "20260701",
            "2026.07.01",
            "2026-07",
            "2026",
            "2024-10-28.acacia",
            "2025-01-01-preview",
            "2025-01-01.rc1",
            "1",
            "v2",
            "V2.1",
            "1.2.3",
            "1.0.0-beta.12",
            "latest",
            "undefined",
        ] {
            assert_eq!(shown(text.as_bytes()), text);
        }
        for (text, cut) in [
            ("2026-07-01T00:00:00Z", "2026-07-01\u{2026}"),
            ("2026-07-01, 2026-07-01", "2026-07-01\u{2026}"),
            ("2026-07-01;q=1", "2026-07-01\u{2026}"),
            ("2026/07/01", "2026\u{2026}"),
            ("2024-10-28.acacia.two.three", "2024-10-28.acacia.two\u{2026}"),
            ("100.100.100.100-abcdefghijkl-abcdefghijkl", "100.100.100.100-abcdefghijkl-abc\u{2026}"),
        ] {
            assert_eq!(shown(text.as_bytes()), cut, "{text}");
        }
    }

    #[test]
    fn what_may_be_a_key_is_not() {
        for text in [
            "",
            "nope",
            "hunter2",
            "sk_live_51H8",
            "apik_9Fxs",
            "canary_7",
            "Bearer abc",
            "550e8400-e29b-41d4-a716-446655440000",
            "4111111111111111",
            "4111-1111-1111-1111",
            "123456:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw",
            "2026sk_live_abc",
            "V0T0aAAA00AaA0A0",
            "2026T1abc",
            "2026-07T1abc",
            "v1.2.3T4",
            "2026-07-01sk_live_abc",
            "12345678",
            "99999999",
            "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc",
            "jane@example.org",
            "v",
            "v-",
            "\u{661}\u{662}",
        ] {
            assert_eq!(shown(text.as_bytes()), format!("not a version ({} bytes)", text.len()));
        }
        assert_eq!(shown(b"2026-07-01\xff"), "not a version (11 bytes)");
    }

    proptest! {
        #[test]
        fn nothing_long_is_repeated(sent in proptest::collection::vec(any::<u8>(), 0..80)) {
            let text = shown(&sent);
            prop_assert!(text.chars().count() <= LONGEST + 1, "{}", text);
            prop_assert!(!text.contains(char::is_control));
        }

        #[test]
        fn no_random_token_is_repeated(token in "[A-Za-z][A-Za-z0-9]{15,40}") {
            prop_assert!(shown(token.as_bytes()).starts_with("not a version"));
        }
    }
}
