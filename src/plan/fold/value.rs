//! Writing a value in another form. `None` everywhere means: not ordinary, ask the steps.

use super::Form;
use crate::{json::number, step::Conversion};
use std::borrow::Cow;

impl Form {
    /// Writes a JSON value in this form.
    #[inline]
    pub(super) fn write(&self, value: &[u8], out: &mut Vec<u8>) -> Option<()> {
        match self {
            Form::Same => out.extend_from_slice(value),
            Form::Converted(_) if value == b"null" => out.extend_from_slice(value),
            Form::Converted(Conversion::NumberToDecimal) => match plain_decimals(value) {
                Some(decimals) => {
                    out.push(b'"');
                    out.extend_from_slice(value);
                    out.extend_from_slice(match decimals {
                        None => b".00",
                        Some(1) => b"0",
                        Some(_) => b"",
                    });
                    out.push(b'"');
                }
                None => out.extend_from_slice(&Conversion::NumberToDecimal.apply(&Cow::Borrowed(value))?),
            },
            Form::Converted(Conversion::DecimalToNumber) => {
                let inner = value.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
                if plain_decimals(inner).is_none() && !number::has_decimal(inner) {
                    return None;
                }
                out.extend_from_slice(inner);
            }
            Form::Converted(conversion) => out.extend_from_slice(&conversion.apply(&Cow::Borrowed(value))?),
            Form::Mapped(values) => {
                // A value that only the other version has, or one with escapes, is not ordinary.
                if value.contains(&b'\\') {
                    return None;
                }
                let mapped = values.iter().find(|(source, _)| **source == *value);
                if mapped.is_none() && values.iter().any(|(_, target)| **target == *value) {
                    return None;
                }
                out.extend_from_slice(mapped.map_or(value, |(_, target)| target));
            }
        }
        Some(())
    }
}

/// How many decimals a short number has that is neither negative nor written with an exponent; `Some(None)` without a
/// point. `None` for anything else.
#[inline]
fn plain_decimals(text: &[u8]) -> Option<Option<usize>> {
    let whole = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if whole == 0 || text.len() > 40 || (whole > 1 && text[0] == b'0') {
        return None;
    }
    match &text[whole..] {
        [] => Some(None),
        [b'.', fraction @ ..] if !fraction.is_empty() && fraction.iter().all(u8::is_ascii_digit) => {
            Some(Some(fraction.len()))
        }
        _ => None,
    }
}

/// Whether both are decimal strings in the canonical form of money, which are the same only byte for byte.
#[inline]
pub(super) fn both_money(one: &[u8], other: &[u8]) -> bool {
    let money = |text: &[u8]| {
        let inner = text.strip_prefix(b"\"").and_then(|text| text.strip_suffix(b"\""));
        inner.and_then(plain_decimals) == Some(Some(2))
    };
    money(one) && money(other)
}
