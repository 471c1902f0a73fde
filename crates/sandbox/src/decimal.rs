//! Amounts as decimal text: digits in, digits out, no binary floating point.

use std::cmp::Ordering;

/// The most digits, and the largest exponent, of an amount that a client may send.
const MAX_DIGITS: usize = 128;

/// A decimal number in shortest form: no zeros before the integer digits, none after the fraction digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Decimal {
    negative: bool,
    integer: String,
    fraction: String,
}

impl Decimal {
    /// Reads a number in JSON's grammar (RFC 8259, section 6); `None` if it has another form or too many digits.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (negative, rest) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (mantissa, exponent) = match rest.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, parse_exponent(exponent)?),
            None => (rest, 0),
        };
        let (integer, fraction) = match mantissa.split_once('.') {
            Some((integer, fraction)) => (integer, Some(fraction)),
            None => (mantissa, None),
        };
        let well_formed = is_digits(integer)
            && (integer == "0" || !integer.starts_with('0'))
            && fraction.is_none_or(is_digits)
            && mantissa.len() <= MAX_DIGITS;
        well_formed.then(|| {
            let number = Self { negative, integer: integer.into(), fraction: fraction.unwrap_or("").into() };
            number.shifted(exponent)
        })
    }

    /// An amount written in this crate; zero where it is no number.
    pub(super) fn of(text: &str) -> Self {
        Self::parse(text).unwrap_or(Self { negative: false, integer: "0".into(), fraction: String::new() })
    }

    /// Times ten to the `places`: the digits stay, the point moves.
    fn shifted(mut self, places: i32) -> Self {
        let by = places.unsigned_abs() as usize;
        if places < 0 {
            let padded = format!("{}{}", "0".repeat(by), self.integer);
            let (integer, moved) = padded.split_at(padded.len() - by);
            self.fraction = format!("{moved}{}", self.fraction);
            self.integer = integer.to_owned();
        } else {
            let padded = format!("{}{}", self.fraction, "0".repeat(by.saturating_sub(self.fraction.len())));
            let (moved, fraction) = padded.split_at(by);
            self.integer.push_str(moved);
            self.fraction = fraction.to_owned();
        }
        let integer = self.integer.trim_start_matches('0');
        self.integer = if integer.is_empty() { "0".into() } else { integer.into() };
        self.fraction.truncate(self.fraction.trim_end_matches('0').len());
        self.negative &= self.integer != "0" || !self.fraction.is_empty();
        self
    }

    /// The literal with at least `places` decimals.
    fn with_decimals(&self, places: usize) -> String {
        let sign = if self.negative { "-" } else { "" };
        let zeros = "0".repeat(places.saturating_sub(self.fraction.len()));
        let point = if self.fraction.is_empty() && zeros.is_empty() { "" } else { "." };
        format!("{sign}{}{point}{}{zeros}", self.integer, self.fraction)
    }

    /// A number literal in shortest form: `30`, `12.5`.
    pub(super) fn shortest(&self) -> String {
        self.with_decimals(0)
    }

    /// A number literal as encoders of floating-point amounts write it: `11050.0`, `120.5`.
    pub(super) fn number(&self) -> String {
        self.with_decimals(1)
    }

    /// The text of a decimal string: `11050.00`, `0.125`.
    pub(super) fn money(&self) -> String {
        self.with_decimals(2)
    }

    /// A percentage as the number literal of its fraction: 30 -> `0.3`, 33.333 -> `0.33333`.
    pub(super) fn fraction(&self) -> String {
        self.clone().shifted(-2).shortest()
    }

    pub(super) fn is_positive(&self) -> bool {
        !self.negative && (self.integer != "0" || !self.fraction.is_empty())
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        let magnitude =
            |number: &Self| (number.integer.len(), number.integer.clone(), number.fraction.clone());
        match (self.negative, other.negative) {
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
            (false, false) => magnitude(self).cmp(&magnitude(other)),
            (true, true) => magnitude(other).cmp(&magnitude(self)),
        }
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

fn parse_exponent(text: &str) -> Option<i32> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let size: i32 = is_digits(digits).then(|| digits.parse().ok())??;
    (size as usize <= MAX_DIGITS).then_some(if text.starts_with('-') { -size } else { size })
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_each_form() {
        let forms = |text| {
            let number = Decimal::parse(text).unwrap();
            [number.shortest(), number.number(), number.money(), number.fraction()]
        };
        assert_eq!(forms("30"), ["30", "30.0", "30.00", "0.3"]);
        assert_eq!(forms("12.50"), ["12.5", "12.5", "12.50", "0.125"]);
        assert_eq!(forms("33.333"), ["33.333", "33.333", "33.333", "0.33333"]);
        assert_eq!(forms("1e3"), ["1000", "1000.0", "1000.00", "10"]);
        assert_eq!(forms("1.25E-2"), ["0.0125", "0.0125", "0.0125", "0.000125"]);
        assert_eq!(forms("-0.0"), ["0", "0.0", "0.00", "0"]);
        assert_eq!(forms("-0.5"), ["-0.5", "-0.5", "-0.50", "-0.005"]);
    }

    #[test]
    fn takes_only_json_numbers() {
        for text in ["", "-", "01", ".5", "5.", "+1", "1e", "1e+", "1e999", "NaN", "0x1", "1 ", "１"] {
            assert_eq!(Decimal::parse(text), None, "{text:?}");
        }
        assert_eq!(Decimal::parse(&"9".repeat(MAX_DIGITS + 1)), None);
    }

    #[test]
    fn orders_by_value() {
        let ordered = ["-2", "-1.5", "0", "0.125", "6.9", "10", "123456789012345678901234567890.12"];
        assert!(ordered.map(Decimal::of).is_sorted());
    }
}
