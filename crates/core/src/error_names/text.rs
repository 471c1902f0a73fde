//! Words put into a JSON string, of which nothing else changes.

use super::{Word, Words, boundary::Around};
use crate::json::quoted;

/// A message over so many bytes is no sentence about a parameter, and stays: looking at it would take longer than anybody
/// should have to wait.
const LONGEST: usize = 4 << 10;

impl Words {
    /// A JSON string with the client's words in place of the upstream's, or nothing if there are none, or where it
    /// is no string. What the words were is added to `changed`.
    pub(super) fn in_string(&self, string: &[u8], changed: &mut Vec<String>) -> Option<Vec<u8>> {
        let (text, places) = Some(string).filter(|string| string.len() <= LONGEST).and_then(unescaped)?;
        let mut out = Vec::new();
        let (mut at, mut copied) = (0, 0);
        while at < text.len() {
            match self.word_at(&text, at) {
                Some(word) => {
                    out.extend_from_slice(string.get(copied..*places.get(at)?)?);
                    out.extend_from_slice(&inner(&word.client));
                    changed.push(word.told());
                    at += word.upstream.len();
                    copied = *places.get(at)?;
                }
                None => at += text.get(at..)?.chars().next().map_or(1, char::len_utf8),
            }
        }
        (copied > 0).then(|| {
            out.extend_from_slice(string.get(copied..).unwrap_or_default());
            out
        })
    }

    fn word_at(&self, text: &str, at: usize) -> Option<&Word> {
        let rest = text.get(at..)?;
        self.words.iter().find(|word| {
            rest.starts_with(&word.upstream) && Around::new(text, at, word.upstream.len()).is_word(word)
        })
    }
}

/// A text as JSON has it between quotes.
fn inner(text: &str) -> Vec<u8> {
    let quoted = quoted(text).into_bytes();
    quoted.get(1..quoted.len() - 1).unwrap_or_default().to_vec()
}

/// The plain text of a JSON string, and for each of its bytes, and for its end, where that is in the string. A lone
/// surrogate, which has no text, is U+FFFD.
fn unescaped(string: &[u8]) -> Option<(String, Vec<usize>)> {
    let source = std::str::from_utf8(string).ok()?.strip_prefix('"')?.strip_suffix('"')?;
    let (mut text, mut places) = (String::new(), Vec::new());
    let mut at = 0;
    while let Some(first) = source.get(at..)?.chars().next() {
        let (letter, length) = match first {
            '\\' => escape(source.get(at..)?)?,
            letter => (letter, letter.len_utf8()),
        };
        text.push(letter);
        // Of a letter of several bytes only the first is asked for.
        places.resize(text.len(), at + 1);
        at += length;
    }
    places.push(at + 1);
    Some((text, places))
}

/// The letter that an escape stands for, and the escape's length.
fn escape(text: &str) -> Option<(char, usize)> {
    let unit = |at: usize| text.get(at..at + 4).and_then(|digits| u32::from_str_radix(digits, 16).ok());
    Some(match text.as_bytes().get(1)? {
        b'n' => ('\n', 2),
        b't' => ('\t', 2),
        b'r' => ('\r', 2),
        b'b' => ('\u{8}', 2),
        b'f' => ('\u{c}', 2),
        b'u' => {
            let high = unit(2)?;
            let low = text.get(6..8).filter(|escape| *escape == "\\u").and_then(|_| unit(8));
            match (high, low) {
                (0xd800..0xdc00, Some(low @ 0xdc00..0xe000)) => {
                    let scalar = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
                    (char::from_u32(scalar).unwrap_or(char::REPLACEMENT_CHARACTER), 12)
                }
                _ => (char::from_u32(high).unwrap_or(char::REPLACEMENT_CHARACTER), 6),
            }
        }
        other => (char::from(*other), 2),
    })
}
