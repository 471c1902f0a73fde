//! Pairs of forms of the same value, and the exact arithmetic between them, on text.

use super::Direction;
use crate::json::{
    instant::{self, EpochUnit, Instant},
    number,
};
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
    /// Whole units since 1970 to a text of RFC 3339: `1780315200` -> `"2026-06-01T12:00:00Z"`.
    EpochToText(EpochUnit),
    /// A text of RFC 3339 to whole units since 1970.
    TextToEpoch(EpochUnit),
    /// A string with a JSON number in it to that number, digit for digit: `"7.0"` -> `7.0`.
    StringToNumber,
    /// A JSON number to a string with the same digits: `7.0` -> `"7.0"`.
    NumberToString,
    /// `"true"` to `true`, and `"false"` to `false`.
    StringToBoolean,
    /// `true` to `"true"`, and `false` to `"false"`.
    BooleanToString,
}

/// A conversion and the one back, as the reference tells them.
#[derive(Debug, Clone, Copy)]
pub struct ConversionFacts {
    /// The conversion as a pack writes it.
    pub written: &'static str,
    /// The one back, which a pack can write as well.
    pub back: &'static str,
    /// A value in its older and in its newer form.
    pub example: (&'static str, &'static str),
    /// The values that it takes on each side, and what it can lose.
    pub about: &'static str,
}

/// Every conversion, in the order of the reference.
pub const CONVERSIONS: &[ConversionFacts] = &[
    ConversionFacts {
        written: "number -> decimal",
        back: "decimal -> number",
        example: ("12.5", "\"12.50\""),
        about: "a number, and a string with at least two decimals; the digits stay",
    },
    ConversionFacts {
        written: "number * 0.01",
        back: "number * 100",
        example: ("12.5", "0.125"),
        about: "two numbers; any power of ten",
    },
    ConversionFacts {
        written: "epoch -> rfc3339",
        back: "rfc3339 -> epoch",
        example: ("1780315200", "\"2026-06-01T12:00:00Z\""),
        about: "whole seconds since 1970, and a text of RFC 3339, both in the years 0000 to 9999. A number with a \
                fraction and a leap second are `unconverted`. Of a text, a fraction of a second and an offset from UTC \
                are `dropped`",
    },
    ConversionFacts {
        written: "epoch_ms -> rfc3339",
        back: "rfc3339 -> epoch_ms",
        example: ("1780315200250", "\"2026-06-01T12:00:00.250Z\""),
        about: "the same with whole milliseconds",
    },
    ConversionFacts {
        written: "string -> number",
        back: "number -> string",
        example: ("\"7.0\"", "7.0"),
        about: "a number in a string and as itself, digit for digit",
    },
    ConversionFacts {
        written: "string -> boolean",
        back: "boolean -> string",
        example: ("\"true\"", "true"),
        about: "`\"true\"` and `true`, `\"false\"` and `false`, and nothing else",
    },
];

/// The forms that a value has before and after a conversion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ScalarForm {
    Number,
    /// A string with a number in it.
    NumberText,
    /// A string of RFC 3339.
    TimeText,
    Boolean,
    /// A string with a boolean in it.
    BooleanText,
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
        Some(match text {
            "number -> decimal" => Conversion::NumberToDecimal,
            "decimal -> number" => Conversion::DecimalToNumber,
            "epoch -> rfc3339" => Conversion::EpochToText(EpochUnit::Seconds),
            "rfc3339 -> epoch" => Conversion::TextToEpoch(EpochUnit::Seconds),
            "epoch_ms -> rfc3339" => Conversion::EpochToText(EpochUnit::Milliseconds),
            "rfc3339 -> epoch_ms" => Conversion::TextToEpoch(EpochUnit::Milliseconds),
            "string -> number" => Conversion::StringToNumber,
            "number -> string" => Conversion::NumberToString,
            "string -> boolean" => Conversion::StringToBoolean,
            "boolean -> string" => Conversion::BooleanToString,
            _ => return scale(text),
        })
    }

    /// The conversion back.
    #[must_use]
    pub fn inverse(self) -> Self {
        match self {
            Conversion::NumberToDecimal => Conversion::DecimalToNumber,
            Conversion::DecimalToNumber => Conversion::NumberToDecimal,
            Conversion::Scale(power) => Conversion::Scale(-power),
            Conversion::EpochToText(unit) => Conversion::TextToEpoch(unit),
            Conversion::TextToEpoch(unit) => Conversion::EpochToText(unit),
            Conversion::StringToNumber => Conversion::NumberToString,
            Conversion::NumberToString => Conversion::StringToNumber,
            Conversion::StringToBoolean => Conversion::BooleanToString,
            Conversion::BooleanToString => Conversion::StringToBoolean,
        }
    }

    /// This conversion in the direction.
    pub(crate) fn towards(self, direction: Direction) -> Self {
        match direction {
            Direction::Up => self,
            Direction::Down => self.inverse(),
        }
    }

    /// Tells whether a value that another conversion has made has the form that this one converts from.
    pub(crate) fn follows(self, before: Conversion) -> bool {
        before.forms().1 == self.forms().0
    }

    /// Tells whether the converted value is a string that may be any word.
    pub(crate) fn gives_words(self) -> bool {
        matches!(self, Conversion::NumberToString | Conversion::BooleanToString)
    }

    /// The form that a value has before it is converted, and the one that it has afterwards.
    fn forms(self) -> (ScalarForm, ScalarForm) {
        match self {
            Conversion::NumberToDecimal | Conversion::NumberToString => {
                (ScalarForm::Number, ScalarForm::NumberText)
            }
            Conversion::DecimalToNumber | Conversion::StringToNumber => {
                (ScalarForm::NumberText, ScalarForm::Number)
            }
            Conversion::Scale(_) => (ScalarForm::Number, ScalarForm::Number),
            Conversion::EpochToText(_) => (ScalarForm::Number, ScalarForm::TimeText),
            Conversion::TextToEpoch(_) => (ScalarForm::TimeText, ScalarForm::Number),
            Conversion::StringToBoolean => (ScalarForm::BooleanText, ScalarForm::Boolean),
            Conversion::BooleanToString => (ScalarForm::Boolean, ScalarForm::BooleanText),
        }
    }

    /// The converted text of a JSON value that is not null; `None` where it does not have the form to convert from.
    pub fn apply<'a>(self, text: &Cow<'a, [u8]>) -> Option<Cow<'a, [u8]>> {
        match self {
            Conversion::NumberToDecimal => number::to_decimal(text).map(|decimal| quoted(decimal.as_bytes())),
            Conversion::DecimalToNumber => unquoted(text, number::has_decimal),
            Conversion::Scale(power) => number::scale(text, power).map(|text| Cow::Owned(text.into_bytes())),
            Conversion::EpochToText(unit) => {
                // A whole number has no point in its shortest form.
                let epoch = number::scale(text, 0)?.parse().ok()?;
                instant::write(epoch, unit).map(|text| quoted(text.as_bytes()))
            }
            Conversion::TextToEpoch(unit) => {
                let epoch = Instant::read(inside(text)?)?.epoch(unit);
                Some(Cow::Owned(epoch.to_string().into_bytes()))
            }
            Conversion::StringToNumber => unquoted(text, number::is_number),
            Conversion::NumberToString => number::is_number(text).then(|| quoted(text)),
            Conversion::StringToBoolean => unquoted(text, is_boolean),
            Conversion::BooleanToString => is_boolean(text).then(|| quoted(text)),
        }
    }

    /// The converted plain text of a parameter, which has no type: a string without its quotes. `None` where it does not
    /// have the form to convert from.
    pub(crate) fn apply_to_parameter(self, text: &str) -> Option<String> {
        let source = match self.forms().0 {
            ScalarForm::Number | ScalarForm::Boolean => text.as_bytes().to_vec(),
            // A text with a quote in it is of no form, and so is what comes of it here.
            ScalarForm::NumberText | ScalarForm::TimeText | ScalarForm::BooleanText => {
                format!("\"{text}\"").into_bytes()
            }
        };
        let converted = self.apply(&Cow::Owned(source))?;
        String::from_utf8(inside(&converted).unwrap_or(&converted).to_vec()).ok()
    }

    /// Tells whether it can leave out a part of a value.
    pub(crate) fn can_lose(self) -> bool {
        matches!(self, Conversion::TextToEpoch(_))
    }

    /// Tells whether it leaves out a part of this value, which the way back does not restore.
    pub(crate) fn loses(self, text: &[u8]) -> bool {
        match self {
            Conversion::TextToEpoch(unit) => {
                inside(text).and_then(Instant::read).is_some_and(|instant| !instant.is_whole(unit))
            }
            Conversion::NumberToDecimal
            | Conversion::DecimalToNumber
            | Conversion::Scale(_)
            | Conversion::EpochToText(_)
            | Conversion::StringToNumber
            | Conversion::NumberToString
            | Conversion::StringToBoolean
            | Conversion::BooleanToString => false,
        }
    }

    /// Does to the plain text of a parameter what [`Conversion::loses`] does to a value.
    pub(crate) fn loses_of_parameter(self, text: &str) -> bool {
        self.loses(format!("\"{text}\"").as_bytes())
    }
}

/// The conversion `number * 0.01`, with any power of ten.
fn scale(text: &str) -> Option<Conversion> {
    let factor = text.strip_prefix("number * ")?;
    let zeros = |text: &str| text.bytes().all(|byte| byte == b'0');
    let power = match factor.strip_prefix("0.") {
        Some(places) => places.strip_suffix('1').filter(|text| zeros(text)).map(|_| -(places.len() as i32)),
        None => factor.strip_prefix('1').filter(|text| zeros(text)).map(|text| text.len() as i32),
    };
    power.filter(|power| *power != 0 && power.abs() <= 18).map(Conversion::Scale)
}

fn is_boolean(text: &[u8]) -> bool {
    matches!(text, b"true" | b"false")
}

/// A JSON string with this text, which needs no escapes.
fn quoted<'a>(text: &[u8]) -> Cow<'a, [u8]> {
    Cow::Owned([b"\"", text, b"\""].concat())
}

/// The text between the quotes of a JSON string, as it is written.
fn inside(text: &[u8]) -> Option<&[u8]> {
    text.strip_prefix(b"\"")?.strip_suffix(b"\"")
}

/// The text between the quotes, where it has the form.
fn unquoted<'a>(text: &Cow<'a, [u8]>, has_form: impl Fn(&[u8]) -> bool) -> Option<Cow<'a, [u8]>> {
    let inner = inside(text).filter(|inner| has_form(inner))?;
    Some(match text {
        Cow::Borrowed(text) => Cow::Borrowed(&text[1..text.len() - 1]),
        Cow::Owned(_) => Cow::Owned(inner.to_vec()),
    })
}

impl fmt::Display for Conversion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Conversion::NumberToDecimal => "number -> decimal",
            Conversion::DecimalToNumber => "decimal -> number",
            Conversion::EpochToText(EpochUnit::Seconds) => "epoch -> rfc3339",
            Conversion::TextToEpoch(EpochUnit::Seconds) => "rfc3339 -> epoch",
            Conversion::EpochToText(EpochUnit::Milliseconds) => "epoch_ms -> rfc3339",
            Conversion::TextToEpoch(EpochUnit::Milliseconds) => "rfc3339 -> epoch_ms",
            Conversion::StringToNumber => "string -> number",
            Conversion::NumberToString => "number -> string",
            Conversion::StringToBoolean => "string -> boolean",
            Conversion::BooleanToString => "boolean -> string",
            Conversion::Scale(power) => {
                let zeros = "0".repeat(power.unsigned_abs() as usize);
                return match power {
                    ..0 => write!(f, "number * 0.{}1", &zeros[1..]),
                    _ => write!(f, "number * 1{zeros}"),
                };
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_conversion_reads_back_what_it_displays() {
        let written = CONVERSIONS.iter().flat_map(|facts| [facts.written, facts.back]);
        for text in written.chain(["number * 0.1", "number * 1000"]) {
            let conversion = Conversion::parse(text).unwrap();
            assert_eq!(conversion.to_string(), text);
            assert_eq!(conversion.inverse().inverse(), conversion);
            assert!(conversion.inverse().follows(conversion), "{text}");
        }
        for text in ["number * 1", "number * 0.", "number * 0.10", "number*0.01", "epoch -> string", ""] {
            assert_eq!(Conversion::parse(text), None, "{text}");
        }
    }

    #[test]
    fn the_reference_has_every_conversion_and_shows_what_it_does() {
        for ConversionFacts { written, back, example: (old, new), .. } in CONVERSIONS {
            for (written, from, to) in [(written, old, new), (back, new, old)] {
                let conversion = Conversion::parse(written).unwrap();
                let made = conversion.apply(&Cow::Borrowed(from.as_bytes())).unwrap();
                assert_eq!(
                    std::str::from_utf8(&made).unwrap().replace("12.50", "12.5"),
                    to.replace("12.50", "12.5")
                );
                assert!(!conversion.loses(from.as_bytes()));
            }
        }
    }

    #[test]
    fn a_value_is_converted_from_the_form_that_it_has() {
        let follows = |next: &str, before: &str| {
            Conversion::parse(next).unwrap().follows(Conversion::parse(before).unwrap())
        };
        assert!(
            follows("number * 100", "rfc3339 -> epoch") && follows("string -> number", "number -> decimal")
        );
        for (next, before) in [
            ("number -> decimal", "number -> string"),
            ("decimal -> number", "epoch -> rfc3339"),
            ("rfc3339 -> epoch", "number -> string"),
            ("string -> boolean", "number -> string"),
        ] {
            assert!(!follows(next, before), "{next} after {before}");
        }
    }
}
