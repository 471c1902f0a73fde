//! Pairs of forms of the same value, and the exact arithmetic between them, on text.

use super::Direction;
use crate::json::number;
use std::{borrow::Cow, fmt};

/// A pair of forms, and how to get from one to the other. Each is the inverse of one in the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conversion {
    /// A JSON number to a string with at least two decimals: `120.5` -> `"120.50"`.
    NumberToDecimal,
    /// A string with a JSON number in it to that number: `"120.50"` -> `120.50`.
    DecimalToNumber,
    /// A number times ten to this power: `30` by -2 -> `0.3`.
    Scale(i32),
}

impl Conversion {
    /// The conversion as a pack writes it; `None` for any other text.
    ///
    /// ```
    /// use dateline_core::step::Conversion;
    ///
    /// assert_eq!(Conversion::parse("number -> decimal"), Some(Conversion::NumberToDecimal));
    /// assert_eq!(Conversion::parse("number * 0.01"), Some(Conversion::Scale(-2)));
    /// assert_eq!(Conversion::parse("number * 0.02"), None);
    /// ```
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "number -> decimal" => Some(Conversion::NumberToDecimal),
            "decimal -> number" => Some(Conversion::DecimalToNumber),
            _ => {
                let factor = text.strip_prefix("number * ")?;
                let zeros = |text: &str| text.bytes().all(|byte| byte == b'0');
                let power = match factor.strip_prefix("0.") {
                    Some(places) => {
                        places.strip_suffix('1').filter(|text| zeros(text)).map(|_| -(places.len() as i32))
                    }
                    None => factor.strip_prefix('1').filter(|text| zeros(text)).map(|text| text.len() as i32),
                };
                power.filter(|power| *power != 0 && power.abs() <= 18).map(Conversion::Scale)
            }
        }
    }

    /// The conversion back.
    #[must_use]
    pub fn inverse(self) -> Self {
        match self {
            Conversion::NumberToDecimal => Conversion::DecimalToNumber,
            Conversion::DecimalToNumber => Conversion::NumberToDecimal,
            Conversion::Scale(power) => Conversion::Scale(-power),
        }
    }

    /// This conversion in the direction.
    pub(crate) fn towards(self, direction: Direction) -> Self {
        match direction {
            Direction::Up => self,
            Direction::Down => self.inverse(),
        }
    }

    /// The converted text of a JSON value that is not null; `None` where it does not have the form to convert from.
    pub fn apply<'a>(self, text: &Cow<'a, [u8]>) -> Option<Cow<'a, [u8]>> {
        match self {
            Conversion::NumberToDecimal => {
                let decimal = number::to_decimal(text)?;
                Some(Cow::Owned(format!("\"{decimal}\"").into_bytes()))
            }
            Conversion::DecimalToNumber => {
                let inner = text.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
                if !number::has_decimal(inner) {
                    return None;
                }
                Some(match text {
                    Cow::Borrowed(text) => Cow::Borrowed(&text[1..text.len() - 1]),
                    Cow::Owned(_) => Cow::Owned(inner.to_vec()),
                })
            }
            Conversion::Scale(power) => number::scale(text, power).map(|text| Cow::Owned(text.into_bytes())),
        }
    }
}

impl fmt::Display for Conversion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Conversion::NumberToDecimal => f.write_str("number -> decimal"),
            Conversion::DecimalToNumber => f.write_str("decimal -> number"),
            Conversion::Scale(power) => {
                let zeros = "0".repeat(power.unsigned_abs() as usize);
                match power {
                    ..0 => write!(f, "number * 0.{}1", &zeros[1..]),
                    _ => write!(f, "number * 1{zeros}"),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_conversion_reads_back_what_it_displays() {
        for conversion in [
            Conversion::NumberToDecimal,
            Conversion::DecimalToNumber,
            Conversion::Scale(-2),
            Conversion::Scale(-1),
            Conversion::Scale(3),
        ] {
            assert_eq!(Conversion::parse(&conversion.to_string()), Some(conversion));
            assert_eq!(conversion.inverse().inverse(), conversion);
        }
        for text in ["number * 1", "number * 0.", "number * 0.10", "number*0.01", "number -> string", ""] {
            assert_eq!(Conversion::parse(text), None, "{text}");
        }
    }
}
