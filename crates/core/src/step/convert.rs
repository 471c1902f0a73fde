//! `convert`: a value gets another form of the same value.
//!
//! The arithmetic is on text, exact in both directions. Null stays null. A value that does not have the form of its
//! version keeps its text and is reported: one odd field must not fail a call that works otherwise.

use super::{
    Direction, LossKind, Losses, PossibleLoss, Step, When,
    kind::{Holds, Kind, KindExample, Usage, key},
    read::{conversion, required_field},
};
use crate::{
    authored::{Diagnostic, Table},
    json::{Field, Object, Value, number},
};
use std::{borrow::Cow, fmt};

/// Converts the value of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Convert {
    /// The field, the same in both versions.
    pub field: Field,
    /// The conversion from the older form to the newer.
    pub conversion: Conversion,
}

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

impl Kind for Convert {
    const KEY: &'static str = "convert";

    const USAGES: &'static [Usage] = &[Usage {
        keys: &[key("convert", Holds::Field), key("as", Holds::Conversion)],
        is_option: false,
        up: "`F` is converted in its place",
        down: "the reverse",
        loses: "the same",
    }];

    const EXAMPLES: &'static [KindExample] = &[KindExample {
        steps: r#"{ convert = "price", as = "number -> decimal" },
            { convert = "share", as = "number * 0.01" }"#,
        old: r#"{"id":"o_1","price":12.5,"share":30}"#,
        new: r#"{"id":"o_1","price":"12.50","share":0.3}"#,
        loses: ("", ""),
    }];

    fn read(table: &mut Table<'_>, notes: &mut Vec<Diagnostic>) -> Option<Vec<Step>> {
        let field = required_field(table, "convert", notes);
        let conversion = table.required("as", notes).and_then(|text| conversion(&text, notes));
        Some(vec![Convert { field: field?, conversion: conversion? }.into()])
    }

    fn describe(&self, direction: Direction) -> String {
        format!("convert {}: {}", self.field, self.conversion.towards(direction))
    }
}

impl Convert {
    pub(super) fn run(&self, direction: Direction, object: &mut Object<'_>, losses: &mut Losses) {
        let Some((containers, name)) = self.field.split() else { return };
        let Some(member) = object.descend(containers).and_then(|level| level.get_mut(name)) else { return };
        if member.value.is_null() {
            return;
        }
        let converted = match &member.value {
            Value::Text(text) => self.conversion.towards(direction).apply(text),
            Value::Object(_) => None,
        };
        match converted {
            Some(text) => member.value = Value::Text(text),
            None => {
                member.unconverted = true;
                losses.report(LossKind::Unconverted, &self.field);
            }
        }
    }

    pub(super) fn losses(&self, _: Direction) -> Vec<PossibleLoss> {
        vec![PossibleLoss::new(LossKind::Unconverted, &self.field, When::Odd)]
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::{
            Step,
            test::{check, check_both, field},
        },
        *,
    };
    use Direction::{Down, Up};

    fn convert(conversion: Conversion) -> Vec<Step> {
        vec![Step::Convert(Convert { field: field("a"), conversion })]
    }

    #[test]
    fn decimals_go_both_ways() {
        let steps = convert(Conversion::NumberToDecimal);
        check_both(&steps, r#"{"a":120.50}"#, r#"{"a":"120.50"}"#);
        check_both(&steps, r#"{"a":null}"#, r#"{"a":null}"#);
        check_both(&steps, "{}", "{}");
        check(&steps, Up, r#"{"a":1e3}"#, r#"{"a":"1000.00"}"#, "");
        check(&steps, Down, r#"{"a":"1e3"}"#, r#"{"a":1e3}"#, "");
    }

    #[test]
    fn what_is_odd_keeps_its_text() {
        let steps = convert(Conversion::NumberToDecimal);
        for odd in [r#""120.50""#, "true", "[1]", "{\"b\":1}", "1e999999999", r#""""#] {
            let document = format!("{{\"a\":{odd}}}");
            check(&steps, Up, &document, &document, "a=unconverted");
        }
        for odd in ["120.5", r#""+1""#, r#"" 1""#, r#""1e999999999""#, r#""\u0031""#, r#""NaN""#] {
            let document = format!("{{\"a\":{odd}}}");
            check(&steps, Down, &document, &document, "a=unconverted");
        }
    }

    #[test]
    fn scaling_goes_both_ways() {
        let steps = convert(Conversion::Scale(-2));
        for (old, new) in [("30", "0.3"), ("12.5", "0.125"), ("33.333", "0.33333"), ("0", "0")] {
            check_both(&steps, &format!("{{\"a\":{old}}}"), &format!("{{\"a\":{new}}}"));
        }
        check(&steps, Up, r#"{"a":"30"}"#, r#"{"a":"30"}"#, "a=unconverted");
    }

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
