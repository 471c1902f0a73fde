//! Writing a value in another form. `None` everywhere means: not ordinary, ask the steps.

use super::{Form, pieces::copy};
use crate::{
    json::{digits, number},
    step::{Conversion, Meaning, Scalar, WordMap},
};
use std::{borrow::Cow, ops::Range};

impl Form {
    /// Writes the JSON value that is in a text in this form.
    #[inline(always)]
    pub(super) fn write(&self, text: &[u8], span: Range<usize>, out: &mut Vec<u8>) -> Option<()> {
        let value = &text[span.clone()];
        match self {
            Form::Same => copy(text, span, out),
            Form::Converted(_) if value == b"null" => out.extend_from_slice(b"null"),
            Form::Converted(Conversion::NumberToDecimal) => match digits::plain(text, span.start) {
                Some(plain) => {
                    out.push(b'"');
                    copy(text, span, out);
                    out.extend_from_slice(match plain.decimals {
                        None => b".00\"",
                        Some(1) => b"0\"",
                        Some(_) => b"\"",
                    });
                }
                None => out.extend_from_slice(&Conversion::NumberToDecimal.apply(&Cow::Borrowed(value))?),
            },
            Form::Converted(Conversion::DecimalToNumber) => {
                if !is_money(text, span.clone()) && !is_decimal(text, span.clone()) {
                    let inner = value.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
                    number::has_decimal(inner).then_some(())?;
                }
                copy(text, span.start + 1..span.end - 1, out);
            }
            Form::Converted(_) | Form::Mapped(_) => self.write_rare(value, out)?,
        }
        Some(())
    }

    /// Writes a value in a form that is no copy of its text. It is apart, since the copies are in the innermost loop.
    #[inline(never)]
    fn write_rare(&self, value: &[u8], out: &mut Vec<u8>) -> Option<()> {
        match self {
            Form::Same => out.extend_from_slice(value),
            Form::Converted(conversion) => {
                let converted = conversion.apply(&Cow::Borrowed(value))?;
                // A loss is for the steps to report.
                if conversion.loses(value) {
                    return None;
                }
                out.extend_from_slice(&converted);
            }
            Form::Mapped(words) => {
                // A value that is lost or odd, or one with escapes, is not ordinary.
                if value.contains(&b'\\') {
                    return None;
                }
                let is = |word: &Scalar| *word.json() == *value;
                match words.meaning(WordMap::may_be_any(value), is) {
                    Meaning::Word(word) => out.extend_from_slice(word.json()),
                    Meaning::Same => out.extend_from_slice(value),
                    Meaning::InPlace(_) | Meaning::Alien => return None,
                }
            }
        }
        Some(())
    }
}

/// Tells whether the value at a place is a string with a short number that is neither negative nor written with an
/// exponent.
fn is_decimal(text: &[u8], span: Range<usize>) -> bool {
    text[span.start] == b'"'
        && digits::plain(text, span.start + 1).is_some_and(|plain| plain.end + 1 == span.end)
}

/// Tells whether the value at a place is a decimal string in the canonical form of money.
#[inline(always)]
pub(super) fn is_money(text: &[u8], span: Range<usize>) -> bool {
    // What begins with a quote ends with one.
    text[span.start] == b'"' && span.len() > 2 && digits::has_cents(text, span.start + 1, span.len() - 2)
}
