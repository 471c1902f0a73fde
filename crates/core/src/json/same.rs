//! Comparison of two texts by value.

use super::{Scanner, number};

/// Tells whether two valid JSON texts have the same value. White space and escapes do not matter; numbers and decimal
/// strings compare by value. Objects are the same only with their keys in the same order.
///
/// ```
/// use dateline_core::json::same;
///
/// assert!(same(br#"{"a": "1.50"}"#, br#"{"\u0061":"1.5"}"#));
/// assert!(!same(b"1", br#""1""#));
/// ```
pub fn same(left: &[u8], right: &[u8]) -> bool {
    left == right || tokens(left).is_some_and(|left| tokens(right).is_some_and(|right| left.eq(&right)))
}

#[derive(PartialEq)]
enum Token<'a> {
    Mark(u8),
    Number(Number<'a>),
    Text(String),
    DecimalText(Number<'a>),
    Literal(&'a [u8]),
}

struct Number<'a>(&'a [u8]);

impl PartialEq for Number<'_> {
    fn eq(&self, other: &Self) -> bool {
        number::equal(self.0, other.0)
    }
}

/// The tokens of a valid document; `None` if it is not valid after all.
fn tokens(text: &[u8]) -> Option<Vec<Token<'_>>> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_ascii_start();
    while let Some(first) = rest.first() {
        let length = match first {
            b'{' | b'}' | b'[' | b']' | b':' | b',' => {
                tokens.push(Token::Mark(*first));
                1
            }
            b'"' => {
                let string = Scanner::new(rest).key().ok()?;
                tokens.push(string_token(string)?);
                string.len()
            }
            _ => {
                let length =
                    rest.iter().position(|byte| b"{}[]:,\" \t\r\n".contains(byte)).unwrap_or(rest.len());
                let word = &rest[..length];
                tokens.push(if number::is_number(word) {
                    Token::Number(Number(word))
                } else {
                    Token::Literal(word)
                });
                length
            }
        };
        rest = rest[length..].trim_ascii_start();
    }
    Some(tokens)
}

fn string_token(string: &[u8]) -> Option<Token<'_>> {
    let inner = &string[1..string.len() - 1];
    if number::is_number(inner) {
        return Some(Token::DecimalText(Number(inner)));
    }
    // A lone surrogate has no text; such a string is the same only byte for byte.
    let text = unescape(string).unwrap_or_else(|| format!("\u{fffd}{}", String::from_utf8_lossy(inner)));
    Some(Token::Text(text))
}

/// The plain text of a JSON string with its quotes; `None` if an escape stands for no character.
pub fn unescape(string: &[u8]) -> Option<String> {
    serde_json::from_slice(string).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compares_values_not_spelling() {
        for (left, right) in [
            ("[]", "[ ]"),
            ("1.0", "1"),
            ("\"0\"", "\"0.00\""),
            ("\"a\\/b\"", "\"a/b\""),
            ("{\"a\":[1,null]}", "{ \"a\" : [ 1e0 , null ] }"),
            ("\"\\ud800\"", "\"\\ud800\""),
        ] {
            assert!(same(left.as_bytes(), right.as_bytes()), "{left} {right}");
        }
        for (left, right) in [
            ("null", "0"),
            ("\"1\"", "1"),
            ("\"USD\"", "\"usd\""),
            ("[1,2]", "[12]"),
            ("{\"a\":1}", "{\"b\":1}"),
            ("\"\\ud800\"", "\"\\ud801\""),
            ("[]", "{}"),
        ] {
            assert!(!same(left.as_bytes(), right.as_bytes()), "{left} {right}");
        }
    }
}
