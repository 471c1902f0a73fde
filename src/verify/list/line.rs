//! One line of a list: a request target, `GET /path?query`, a URL, or a line of an access log that quotes the request.
//!
//! Access logs: the Common Log Format and what extends it (Apache, nginx, Traefik), Envoy's default format, HAProxy's and
//! those of load balancers have in common that the request line stands in them between quotes.

use std::borrow::Cow;

use super::Unreadable;

/// The kind of a line.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line<'l> {
    /// Blank, or a comment.
    Nothing,
    /// A line of an access log for a connection without a readable request.
    NoRequest,
    /// A method, and a target in origin form or absolute form (RFC 9112, 3.2).
    Request { method: Cow<'l, str>, target: Cow<'l, str> },
}

/// Reads a line.
///
/// # Errors
/// It is none of these.
pub(super) fn read(line: &str) -> Result<Line<'_>, Unreadable> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        return Ok(Line::Nothing);
    }
    let mut words = line.split_ascii_whitespace();
    let first = words.next().unwrap_or_default();
    if is_target(first) {
        return alone("GET", first, words);
    }
    if is_method(first)
        && let Some(target) = words.next().filter(|word| is_target(word))
    {
        return alone(first, target, words);
    }
    logged(line)
}

/// A request that a line holds and nothing else, but for the protocol.
fn alone<'l>(
    method: &'l str,
    target: &'l str,
    mut rest: std::str::SplitAsciiWhitespace<'l>,
) -> Result<Line<'l>, Unreadable> {
    let is_all = rest.next().is_none_or(is_protocol) && rest.next().is_none();
    match is_all {
        true => Ok(Line::Request { method: method.into(), target: target.into() }),
        false => Err(Unreadable::More),
    }
}

/// The first quoted text that is a request line.
fn logged(line: &str) -> Result<Line<'_>, Unreadable> {
    let mut rest = line;
    let mut any = false;
    while let Some((_, after)) = rest.split_once('"') {
        let Some(end) = closing(after) else { break };
        let quoted = &after[..end];
        any = true;
        rest = &after[end + 1..];
        let mut words = quoted.split(' ');
        if let (Some(method), Some(target), Some(protocol), None) =
            (words.next(), words.next(), words.next(), words.next())
            && is_method(method)
            && is_protocol(protocol)
        {
            return Ok(Line::Request { method: method.into(), target: unescaped(target) });
        }
    }
    // What a scanner sends, or nothing: `"-"`, `"\x16\x03\x01"`.
    match any && line.contains('[') {
        true => Ok(Line::NoRequest),
        false => Err(Unreadable::NotARequest),
    }
}

/// Returns the end of a quoted text that starts after its first quote.
fn closing(text: &str) -> Option<usize> {
    let mut escaped = false;
    text.bytes().position(|byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    })
}

/// The escapes of logs, `\"`, `\\` and `\xHH` (nginx and Apache), as a target has them: `%22`, `%5C`, `%HH`.
fn unescaped(text: &str) -> Cow<'_, str> {
    if !text.contains('\\') {
        return text.into();
    }
    let mut target = String::with_capacity(text.len() + 8);
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        target.push_str(before);
        let digits = after.strip_prefix('x').and_then(|after| after.get(..2));
        rest = match (digits.filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit())), after) {
            (Some(digits), _) => {
                target.push('%');
                target.push_str(digits);
                &after[3..]
            }
            (None, after) => {
                target.push_str(if after.starts_with('"') { "%22" } else { "%5C" });
                after.strip_prefix(['"', '\\']).unwrap_or(after)
            }
        };
    }
    target.push_str(rest);
    target.into()
}

fn is_target(word: &str) -> bool {
    let starts =
        |scheme: &str| word.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
    word.starts_with('/') || starts("http://") || starts("https://")
}

fn is_method(word: &str) -> bool {
    (3..=20).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'-')
}

fn is_protocol(word: &str) -> bool {
    let rest = word.strip_prefix("HTTP/").unwrap_or_default();
    !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
}
