//! The rules on one text: a string, a key, a decoded segment or value.

use super::{
    rules::{AT, JWT, LOCAL, NAMES, PREFIXES, SCHEMES, SHORT},
    stand_in::StandIns,
};
use base64::{
    Engine as _,
    prelude::{BASE64_STANDARD_NO_PAD as STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD as URL_SAFE_NO_PAD},
};
use percent_encoding::percent_decode_str;
use std::ops::Range;

/// The number of times that percent-encoding is decoded: `%252540` is an `@`, too.
const ENCODED: usize = 4;

/// A part of a text that is not kept.
#[derive(Debug, PartialEq, Eq)]
struct Found {
    at: Range<usize>,
    is_email: bool,
}

/// Tells whether a value with this name is a secret, whatever it looks like.
pub(super) fn names_a_secret(name: &str) -> bool {
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase();
    NAMES.iter().any(|end| plain.ends_with(end))
}

/// The text without what is not kept; `None` if all of it is. `own` are the request's credentials.
pub(super) fn redacted(text: &str, own: &[String], stand_ins: &StandIns) -> Option<String> {
    if !text.contains('%') {
        return replaced(text, own, stand_ins);
    }
    let mut readings = vec![text.to_owned()];
    while let Some(last) = readings.last().filter(|_| readings.len() <= ENCODED) {
        let decoded = percent_decode_str(last).decode_utf8_lossy().into_owned();
        if decoded == *last {
            break;
        }
        readings.push(decoded);
    }
    // What is found in an encoded text is replaced in the text without that encoding: a key does not end at a `%`.
    readings.iter().rev().find_map(|reading| replaced(reading, own, stand_ins))
}

fn replaced(text: &str, own: &[String], stand_ins: &StandIns) -> Option<String> {
    let found = find(text, own);
    if found.is_empty() {
        return None;
    }
    let (mut out, mut end) = (String::with_capacity(text.len()), 0);
    for Found { at, is_email } in found {
        out.push_str(&text[end..at.start]);
        let value = &text[at.clone()];
        match is_email {
            // However its `@` is written.
            true => out.push_str(
                &stand_ins.email(&AT.iter().fold(value.to_owned(), |text, at| text.replace(at, "@"))),
            ),
            false => out.push_str(&stand_ins.text(value)),
        }
        end = at.end;
    }
    Some(out + &text[end..])
}

/// Finds the parts of a text that are not kept, in order and without overlaps.
fn find(text: &str, own: &[String]) -> Vec<Found> {
    let lower = text.to_ascii_lowercase();
    let mut found = Vec::new();
    let mut add = |at: Range<usize>, is_email| found.push(Found { at, is_email });
    for secret in own.iter().filter(|secret| secret.len() >= SHORT || *secret == text) {
        text.match_indices(secret.as_str()).for_each(|(at, _)| add(at..at + secret.len(), false));
    }
    for sign in AT {
        for (at, _) in lower.match_indices(sign) {
            if let Some(address) = address(text, at..at + sign.len()) {
                add(address, true);
            }
        }
    }
    for (at, _) in text.match_indices(JWT) {
        let end = at + run(&text[at..], |letter| letter.is_ascii_alphanumeric() || "-_.=".contains(letter));
        if text[at..end].contains('.') {
            add(at..end, false);
        }
    }
    for (prefix, least) in PREFIXES {
        let in_any_case = !prefix.bytes().any(|byte| byte.is_ascii_uppercase());
        for (at, _) in if in_any_case { &lower } else { text }.match_indices(prefix) {
            let goes_on = text[..at].ends_with(|letter: char| letter.is_ascii_alphanumeric());
            let is_key = |letter: char| letter.is_ascii_alphanumeric() || "-_.~+/=".contains(letter);
            let end = at + run(&text[at..], is_key);
            if !goes_on && end >= at + prefix.len() + least {
                add(at..end, false);
            }
        }
    }
    for (scheme, is_base64) in SCHEMES {
        for (at, _) in lower.match_indices(scheme) {
            let start = at + scheme.len();
            let space = run(&text[start..], |letter| letter.is_whitespace() || letter == '+');
            let start = start + space;
            let is_key = |letter: char| match is_base64 {
                true => letter.is_ascii_alphanumeric() || "-_+/=".contains(letter),
                false => !letter.is_whitespace() && !"\"',;<>()[]{}\\&".contains(letter),
            };
            let length = run(&text[start..], is_key);
            if space > 0 && length > 0 && (!is_base64 || is_name_and_password(&text[start..start + length])) {
                add(start..start + length, false);
            }
        }
    }
    for (at, _) in text.match_indices('=') {
        let name = &text[at
            - run_back(&text[..at], |letter| letter.is_ascii_alphanumeric() || "-_.[]".contains(letter))
            ..at];
        let start = at + 1;
        let length = run(&text[start..], |letter| !letter.is_whitespace() && !"\"'&;,<>".contains(letter));
        if length > 0 && names_a_secret(name) {
            add(start..start + length, false);
        }
    }
    merged(found)
}

/// The address around an `@`, which is at `sign`.
fn address(text: &str, sign: Range<usize>) -> Option<Range<usize>> {
    let (before, after) = (&text[..sign.start], &text[sign.end..]);
    let is_other = |letter: char| !letter.is_ascii() && !letter.is_whitespace() && letter != '\u{ff20}';
    let domain = match after.strip_prefix('[') {
        Some(literal) => literal.find(']').map_or(0, |at| at + 2),
        None => {
            let length = run(after, |letter| {
                letter.is_ascii_alphanumeric() || "-_.".contains(letter) || is_other(letter)
            });
            after[..length].trim_end_matches(['.', '-', '_']).len()
        }
    };
    let quoted =
        before.strip_suffix('"').map(|inner| before.len() - inner.rfind('"').unwrap_or(before.len()));
    let local = quoted.unwrap_or_else(|| {
        run_back(before, |letter| {
            letter.is_ascii_alphanumeric() || LOCAL.contains(letter) || is_other(letter)
        })
    });
    (domain > 0 && local > 0).then(|| sign.start - local..sign.end + domain)
}

/// Tells whether a text is a user name with a password, as `Basic` has it (RFC 7617, 2).
fn is_name_and_password(text: &str) -> bool {
    let text = text.trim_end_matches(['.', '=']);
    [STANDARD_NO_PAD.decode(text), URL_SAFE_NO_PAD.decode(text)]
        .into_iter()
        .flatten()
        .any(|bytes| bytes.contains(&b':'))
}

/// The bytes of the letters that a text begins with.
fn run(text: &str, is_in: impl Fn(char) -> bool) -> usize {
    text.find(|letter| !is_in(letter)).unwrap_or(text.len())
}

/// The bytes of the letters that a text ends with.
fn run_back(text: &str, is_in: impl Fn(char) -> bool) -> usize {
    text.len() - text.trim_end_matches(is_in).len()
}

fn merged(mut found: Vec<Found>) -> Vec<Found> {
    found.sort_by_key(|found| (found.at.start, std::cmp::Reverse(found.at.end)));
    let mut merged: Vec<Found> = Vec::with_capacity(found.len());
    for next in found {
        match merged.last_mut() {
            Some(last) if next.at.start < last.at.end => last.at.end = last.at.end.max(next.at.end),
            _ => merged.push(next),
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        let own = ["own-key-1".to_owned(), "tiny".to_owned()];
        let text = redacted(text, &own, &StandIns::of(&[7; 32])).unwrap_or_else(|| text.to_owned());
        let mut out = String::new();
        let mut rest = text.as_str();
        while let Some((before, after)) = rest.split_once("redacted-") {
            out += before;
            out += "R";
            rest = &after[12..];
        }
        out + rest
    }

    #[test]
    fn addresses_are_found_however_they_are_written() {
        for (text, kept) in [
            ("jane.doe+tag@mail.example.org", "R@example.com"),
            ("Jane <jane@example.org>, x", "Jane <R@example.com>, x"),
            ("mailto:jane@example.org.", "mailto:R@example.com."),
            ("jane%40example.org", "R@example.com"),
            ("x/jane%2540example.org/y", "x/R@example.com/y"),
            ("jane\\u0040example.org", "R@example.com"),
            ("jane&#64;example.org", "R@example.com"),
            ("jane\u{ff20}example.org", "R@example.com"),
            ("\"jane doe\"@example.org", "R@example.com"),
            ("用户@例子.广告 ok", "R@example.com ok"),
            ("jane@[192.0.2.1]!", "R@example.com!"),
            ("jane@localhost", "R@example.com"),
            ("a@b.c;d@e.f", "R@example.com;R@example.com"),
            ("https://x.test/u/jane@example.org?q=1", "https://x.test/u/R@example.com?q=1"),
            ("@handle, 5 @ 3, a @b", "@handle, 5 @ 3, a @b"),
        ] {
            assert_eq!(shown(text), kept, "{text}");
        }
    }

    #[test]
    fn keys_are_found_by_their_form() {
        for (text, kept) in [
            ("apik_AbC-1.x9", "R"),
            ("key: sk_live_51H, and", "key: R, and"),
            ("WHSEC_abc", "R"),
            ("(whsec_MfKQ9r8GKYqrTwjU+/=)", "(R)"),
            ("Authorization: Bearer abc.def", "Authorization: Bearer R"),
            ("bearer%20abc", "bearer R"),
            ("bearer+abc", "bearer+R"),
            ("Basic dTpw", "Basic R"),
            ("basic dTpwdw==, x", "basic R, x"),
            ("Basic membership, Asia/Tokyo", "Basic membership, Asia/Tokyo"),
            ("ASIAIOSFODNN7EXAMPLE", "R"),
            ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc", "R"),
            ("https://x.test/?client_secret=a%2Fb&z=1", "https://x.test/?client_secret=R&z=1"),
            ("access_token=abc", "access_token=R"),
            ("x own-key-1 y", "x R y"),
            ("tiny", "R"),
            ("tiny bit", "tiny bit"),
            (
                "risk_tests, task_live1, eyJust, plan_x, forbearance",
                "risk_tests, task_live1, eyJust, plan_x, forbearance",
            ),
            ("apik_", "apik_"),
            ("50% of 100%25", "50% of 100%25"),
        ] {
            assert_eq!(shown(text), kept, "{text}");
        }
    }

    #[test]
    fn names_of_secrets_are_one_in_any_spelling() {
        for name in
            ["password", "clientSecret", "X-Api-Key", "api_key", "refresh_token", "user[password]", "APIKEY"]
        {
            assert!(names_a_secret(name), "{name}");
        }
        for name in ["token_type", "keys", "id", "password_set", "secretary", ""] {
            assert!(!names_a_secret(name), "{name}");
        }
    }
}
