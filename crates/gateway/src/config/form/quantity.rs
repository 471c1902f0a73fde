//! The forms of numbers, sizes and times.

use std::{fmt::Display, time::Duration};

use figment::value::Value;
use serde_json::json;

use super::{Form, Raw, Write};

/// A whole number between two bounds.
pub(in crate::config) struct Whole<T>(pub(in crate::config) T, pub(in crate::config) T);

impl<T: TryFrom<u64> + Copy + Display + PartialOrd + Into<u64>> Form for Whole<T> {
    type Value = T;

    fn wanted(&self) -> String {
        match self.1.into() {
            u64::MAX => format!("a whole number from {}", self.0),
            _ => format!("a whole number from {} to {}", self.0, self.1),
        }
    }

    fn schema(&self) -> serde_json::Value {
        between(self.0.into(), self.1.into(), r"^\+?[0-9]+$")
    }

    fn read(&self, raw: &Raw<'_>) -> Result<T, String> {
        let wanted = self.wanted();
        let number = match raw.value {
            Value::Num(_, number) => number.to_i128().and_then(|number| u64::try_from(number).ok()),
            _ => raw.text(&wanted)?.parse().ok(),
        };
        let number = number.and_then(|number| T::try_from(number).ok());
        number.filter(|number| (self.0..=self.1).contains(number)).ok_or_else(|| format!("not {wanted}"))
    }
}

impl<T: TryFrom<u64> + Copy + Display + PartialOrd + Into<u64>> Write for Whole<T> {
    fn write(&self, value: &T) -> String {
        value.to_string()
    }
}

/// A number of bytes between two bounds, with or without a unit.
pub(in crate::config) struct Size<T>(pub(in crate::config) T, pub(in crate::config) T);

impl Size<u64> {
    /// Any size but zero, which would refuse every body and is no limit that anybody means.
    pub(in crate::config) const ANY: Self = Size(1, u64::MAX);
    /// The size of a head. Below it, ordinary clients fail; above it, it is no head.
    pub(in crate::config) const HEAD: Self = Size(1 << 10, 1 << 20);
}

impl Size<u32> {
    /// The size of a window of HTTP/2. Every peer may assume the least one before it is told otherwise (RFC 9113, 6.9.2).
    pub(in crate::config) const WINDOW: Self = Size(65_535, (1 << 31) - 1);
}

const SIZES: [(&str, u64); 5] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1), ("", 1)];

impl<T: TryFrom<u64> + Copy + PartialOrd + Into<u64>> Form for Size<T> {
    type Value = T;

    fn wanted(&self) -> String {
        match self.1.into() {
            u64::MAX => {
                format!("a number of bytes from {}, or text such as \"8MiB\" (KiB, MiB, GiB)", self.0.into())
            }
            _ => format!("a size from {} to {}", self.write(&self.0), self.write(&self.1)),
        }
    }

    fn schema(&self) -> serde_json::Value {
        between(self.0.into(), self.1.into(), &pattern(&SIZES))
    }

    fn read(&self, raw: &Raw<'_>) -> Result<T, String> {
        let wanted = self.wanted();
        let size = match raw.value {
            Value::Num(_, number) => number.to_i128().and_then(|bytes| u64::try_from(bytes).ok()),
            _ => quantity(raw.text(&wanted)?, &SIZES),
        };
        let size = size.and_then(|size| T::try_from(size).ok());
        size.filter(|size| (self.0..=self.1).contains(size)).ok_or_else(|| match self.1.into() {
            u64::MAX => format!("not a size: write {wanted}"),
            _ => format!("not {wanted}"),
        })
    }
}

impl<T: TryFrom<u64> + Copy + PartialOrd + Into<u64>> Write for Size<T> {
    fn write(&self, value: &T) -> String {
        written((*value).into(), &SIZES)
    }
}

/// A time over zero and at most a day, so that timers and sums of them stay in range.
pub(in crate::config) struct Time;

const TIMES: [(&str, u64); 4] = [("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)];

impl Form for Time {
    type Value = Duration;

    fn wanted(&self) -> String {
        "text such as \"250ms\", \"5s\", \"2m\" or \"1h\", at most 24h".to_owned()
    }

    fn schema(&self) -> serde_json::Value {
        json!({ "type": "string", "pattern": pattern(&TIMES) })
    }

    fn read(&self, raw: &Raw<'_>) -> Result<Duration, String> {
        let wanted = self.wanted();
        let text = raw.text(&wanted)?;
        quantity(text, &TIMES)
            .filter(|milliseconds| (1..=86_400_000).contains(milliseconds))
            .map(Duration::from_millis)
            .ok_or_else(|| format!("{text:?} is not a time: write {wanted}"))
    }
}

impl Write for Time {
    fn write(&self, value: &Duration) -> String {
        // Seconds are what everybody writes timeouts in, `300s` too.
        let [_, _, seconds_and_less @ ..] = &TIMES;
        written(u64::try_from(value.as_millis()).unwrap_or(u64::MAX), seconds_and_less)
    }
}

/// Whole hours or days, at most a year: for what is observed, not waited for.
pub(in crate::config) struct Days;

const DAYS: [(&str, u64); 2] = [("d", 86_400), ("h", 3600)];

impl Form for Days {
    type Value = Duration;

    fn wanted(&self) -> String {
        "text such as \"36h\" or \"30d\", from \"0h\" to \"365d\"".to_owned()
    }

    fn schema(&self) -> serde_json::Value {
        json!({ "type": "string", "pattern": pattern(&DAYS) })
    }

    fn read(&self, raw: &Raw<'_>) -> Result<Duration, String> {
        let wanted = self.wanted();
        let text = raw.text(&wanted)?;
        quantity(text, &DAYS)
            .filter(|seconds| *seconds <= 365 * 86_400)
            .map(Duration::from_secs)
            .ok_or_else(|| format!("{text:?} is no such time: write {wanted}"))
    }
}

impl Write for Days {
    fn write(&self, value: &Duration) -> String {
        written(value.as_secs(), &DAYS)
    }
}

/// A share of requests or traces.
pub(in crate::config) struct Fraction;

impl Form for Fraction {
    type Value = super::super::Sample;

    fn wanted(&self) -> String {
        "a number from 0 to 1 such as 0.01".to_owned()
    }

    fn schema(&self) -> serde_json::Value {
        json!({ "type": ["number", "string"], "minimum": 0, "maximum": 1 })
    }

    fn read(&self, raw: &Raw<'_>) -> Result<Self::Value, String> {
        let text = match raw.value {
            Value::Num(_, number) => match number.to_f64() {
                Some(number) => Some(number.to_string()),
                None => number.to_i128().map(|number| number.to_string()),
            },
            Value::String(_, text) => Some(text.clone()),
            _ => None,
        };
        let sample = text.and_then(|text| Self::Value::parse(&text));
        sample.ok_or_else(|| format!("not a share: write {}", self.wanted()))
    }
}

impl Write for Fraction {
    fn write(&self, value: &Self::Value) -> String {
        value.to_string()
    }
}

/// The schema of a whole number between two bounds, or of text that the pattern matches.
fn between(least: u64, most: u64, pattern: &str) -> serde_json::Value {
    let mut schema = json!({ "type": ["integer", "string"], "minimum": least, "pattern": pattern });
    // No integer of TOML is larger.
    if i64::try_from(most).is_ok() {
        schema["maximum"] = most.into();
    }
    schema
}

/// The regular expression of what [`quantity`] reads.
fn pattern(units: &[(&str, u64)]) -> String {
    let units: Vec<&str> = units.iter().map(|(unit, _)| *unit).collect();
    format!(r"^[0-9]+\s*({})$", units.join("|"))
}

/// Reads digits and a unit.
fn quantity(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let (digits, unit) = text.split_at(text.find(|char: char| !char.is_ascii_digit()).unwrap_or(text.len()));
    let (_, worth) = units.iter().find(|(name, _)| *name == unit.trim_start())?;
    digits.parse::<u64>().ok()?.checked_mul(*worth)
}

/// Writes a number in the largest unit that holds it whole, as TOML.
fn written(number: u64, units: &[(&str, u64)]) -> String {
    match units.iter().find(|(_, worth)| number.is_multiple_of(*worth)) {
        Some((unit, 1)) if *unit == "B" => number.to_string(),
        Some((unit, worth)) => format!("\"{}{unit}\"", number / worth),
        None => number.to_string(),
    }
}
