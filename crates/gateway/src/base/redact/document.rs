//! The rules on a JSON text: a walk over its tokens, so that what is kept keeps its bytes.

use super::{Redaction, text::names_a_secret};
use crate::config::PathPosition;
use dateline_core::json::{Fault, Scanner, number, quoted, unescape};

/// The depth to which JSON inside strings of JSON is read as JSON.
const NESTED: u8 = 3;

/// The position of a value.
#[derive(Debug, Clone)]
struct At<'p> {
    place: PathPosition<'p>,
    /// A configured path has led here, or above.
    is_configured: bool,
    /// A name on the way is that of a secret.
    is_secret: bool,
}

/// A walk over one text.
pub(super) struct Walk<'r> {
    pub(super) redaction: &'r Redaction,
    pub(super) own: &'r [String],
    /// A level is indented by so many spaces more; white space stays as it is if there is none.
    pub(super) indent: Option<usize>,
    /// The number of JSON strings that contain this text.
    pub(super) nested: u8,
}

impl Walk<'_> {
    /// The text without what is not kept.
    ///
    /// # Errors
    /// It is not JSON.
    pub(super) fn run(&self, text: &[u8]) -> Result<String, Fault> {
        let mut scanner = Scanner::new(text);
        let mut out = Vec::with_capacity(text.len() + text.len() / 4);
        let start = At { place: self.redaction.paths.start(), is_configured: false, is_secret: false };
        self.value(&mut scanner, &start, &mut out)?;
        scanner.end()?;
        // The scanner has seen that it is UTF-8.
        Ok(String::from_utf8_lossy(&out).into_owned())
    }

    /// Copies a value without its secrets. The recursion is at most as deep as the scanner allows,
    /// [`MAX_DEPTH`](dateline_core::json::MAX_DEPTH).
    fn value(&self, scanner: &mut Scanner<'_>, at: &At<'_>, out: &mut Vec<u8>) -> Result<(), Fault> {
        let is_configured = at.is_configured || at.place.is_end();
        let at = &At { is_configured, ..at.clone() };
        match scanner.peek() {
            open @ (b'{' | b'[') => {
                scanner.open()?;
                out.push(open);
                let space = scanner.space();
                if scanner.close_empty() {
                    out.push(if open == b'{' { b'}' } else { b']' });
                    return Ok(());
                }
                self.gap(space, scanner.depth(), out);
                loop {
                    self.item(scanner, at, open == b'{', out)?;
                    let space = scanner.space();
                    let more = scanner.more()?;
                    match more {
                        true => {
                            self.kept(space, out);
                            out.push(b',');
                            let space = scanner.space();
                            self.gap(space, scanner.depth(), out);
                        }
                        false => {
                            self.gap(space, scanner.depth(), out);
                            out.push(if open == b'{' { b'}' } else { b']' });
                            return Ok(());
                        }
                    }
                }
            }
            _ => {
                let value = scanner.value()?;
                self.scalar(value, at, out);
                Ok(())
            }
        }
    }

    /// A member of an object, or an element.
    fn item(
        &self,
        scanner: &mut Scanner<'_>,
        at: &At<'_>,
        is_member: bool,
        out: &mut Vec<u8>,
    ) -> Result<(), Fault> {
        let mut inner = at.clone();
        if is_member {
            let key = scanner.key()?;
            let name = plain(key);
            inner.place = at.place.below(Some(&name));
            inner.is_secret |= names_a_secret(&name);
            match self.redaction.text(&name, self.own) {
                Some(name) => out.extend_from_slice(quoted(&name).as_bytes()),
                None => out.extend_from_slice(key),
            }
            let colon = scanner.colon()?;
            match self.indent {
                Some(_) => out.extend_from_slice(b": "),
                None => out.extend_from_slice(colon),
            }
        } else {
            inner.place = at.place.below(None);
        }
        self.value(scanner, &inner, out)
    }

    fn scalar(&self, value: &[u8], at: &At<'_>, out: &mut Vec<u8>) {
        let stand_ins = &self.redaction.stand_ins;
        let own_number = || self.own.iter().any(|own| own.as_bytes() == value);
        match value.first() {
            Some(b'"') => match self.string(&plain(value), at) {
                Some(text) => out.extend_from_slice(quoted(&text).as_bytes()),
                None => out.extend_from_slice(value),
            },
            Some(b'-' | b'0'..=b'9') if at.is_configured || at.is_secret || own_number() => {
                out.extend_from_slice(stand_ins.number(&String::from_utf8_lossy(value)).as_bytes());
            }
            Some(b't' | b'f') if at.is_configured => out.extend_from_slice(b"false"),
            _ => out.extend_from_slice(value),
        }
    }

    /// A string that is not kept as it is.
    fn string(&self, text: &str, at: &At<'_>) -> Option<String> {
        if at.is_secret || at.is_configured {
            return self.redaction.whole(text, at.is_secret);
        }
        let is_json = self.nested < NESTED && text.trim_start().starts_with(['{', '[']);
        let inner = Walk { indent: None, nested: self.nested + 1, ..*self };
        match is_json.then(|| inner.run(text.as_bytes())) {
            Some(Ok(redacted)) => (redacted != text).then_some(redacted),
            _ => self.redaction.text(text, self.own),
        }
    }

    fn gap(&self, space: &[u8], depth: u32, out: &mut Vec<u8>) {
        match self.indent {
            Some(indent) => {
                out.push(b'\n');
                out.resize(out.len() + indent + 2 * depth as usize, b' ');
            }
            None => out.extend_from_slice(space),
        }
    }

    fn kept(&self, space: &[u8], out: &mut Vec<u8>) {
        if self.indent.is_none() {
            out.extend_from_slice(space);
        }
    }
}

/// The plain text of a JSON string; half of a surrogate pair stands for no character.
fn plain(string: &[u8]) -> String {
    if let Some(text) = unescape(string) {
        return text;
    }
    let text = String::from_utf8_lossy(string);
    let mut whole = String::with_capacity(text.len());
    let mut rest = &*text;
    while let Some(at) = rest.find('\\') {
        whole.push_str(&rest[..at]);
        // An escape is of ASCII, the scanner has seen to it.
        let is_surrogate = rest[at + 1..].starts_with(['u'])
            && rest[at + 2..].starts_with(['d', 'D'])
            && rest[at + 3..].starts_with(|digit: char| "89abcdefABCDEF".contains(digit));
        let length = match rest.as_bytes().get(at + 1) {
            Some(b'u') => 6,
            _ => 2,
        };
        let escape = rest.get(at..at + length).unwrap_or(&rest[at..]);
        whole.push_str(if is_surrogate { "\u{fffd}" } else { escape });
        rest = &rest[at + escape.len()..];
    }
    whole.push_str(rest);
    unescape(whole.as_bytes()).unwrap_or(whole)
}

/// Tells whether a text is a number by JSON's grammar.
pub(super) fn is_number(text: &str) -> bool {
    number::is_number(text.as_bytes())
}
