//! Decimal arithmetic on text. Nothing here is ever a binary floating point number.

use std::cmp::Ordering;

/// The most digits that a number may have when it is written out without an exponent.
pub const MAX_DIGITS: usize = 128;

/// Tells whether the text is a number by JSON's grammar (RFC 8259, section 6).
pub fn is_number(text: &[u8]) -> bool {
    Decimal::read(text).is_some()
}

/// A number as a decimal text with at least two decimals, its digits kept: `120.5` -> `120.50`, `1e3` -> `1000.00`.
///
/// `None` if the text is not a JSON number or has more than [`MAX_DIGITS`] digits when it is written out.
///
/// ```
/// use dateline_core::json::number::to_decimal;
///
/// assert_eq!(to_decimal(b"0.125").as_deref(), Some("0.125"));
/// assert_eq!(to_decimal(b"-0").as_deref(), Some("0.00"));
/// assert_eq!(to_decimal(b"1e999999999"), None);
/// ```
pub fn to_decimal(text: &[u8]) -> Option<String> {
    Decimal::read(text)?.bounded().map(|decimal| decimal.plain(2))
}

/// Tells whether [`to_decimal`] can write this number.
pub fn has_decimal(text: &[u8]) -> bool {
    Decimal::read(text).is_some_and(|decimal| decimal.bounded().is_some())
}

/// A number times a power of ten, exactly, in its shortest form without an exponent: `12.5` by -2 -> `0.125`.
///
/// `None` if the text is not a JSON number, or it or the result has more than [`MAX_DIGITS`] digits.
pub fn scale(text: &[u8], power: i32) -> Option<String> {
    let mut decimal = Decimal::read(text)?.bounded()?;
    decimal.point += i64::from(power);
    decimal.bounded().map(|decimal| decimal.plain(0))
}

/// An amount in its smallest unit, which has so many decimals: `12.5` by 2 -> `1250`. `None` where it does not fit.
pub fn to_minor(text: &[u8], decimals: u32) -> Option<String> {
    scale(text, i32::try_from(decimals).ok()?).filter(|minor| !minor.contains('.'))
}

/// An amount of smallest units, of which so many decimals make one, with all these decimals: `1250` by 2 -> `12.50`. `None`
/// where it is not whole.
pub fn to_major(text: &[u8], decimals: u32) -> Option<String> {
    let whole = Decimal::read(text)?.bounded()?;
    if whole.plain(0).contains('.') {
        return None;
    }
    let major = Decimal { point: whole.point - i64::from(decimals), ..whole };
    // A whole number has no digits behind its unit but zeros, which the exponent may have written.
    let digits = usize::try_from(decimals).ok()?;
    let plain = major.bounded()?.plain(digits);
    let written = plain.split_once('.').map_or(plain.len(), |(whole, _)| whole.len() + 1 + digits);
    Some(if digits > 0 { plain[..written].to_owned() } else { plain })
}

/// Tells whether two JSON numbers have the same value, whatever their exponents.
pub fn equal(left: &[u8], right: &[u8]) -> bool {
    match (Decimal::read(left), Decimal::read(right)) {
        (Some(left), Some(right)) => left.significant() == right.significant(),
        _ => false,
    }
}

/// Compares two JSON numbers by their values; `None` where one is none.
pub fn compare(left: &[u8], right: &[u8]) -> Option<Ordering> {
    let (left, right) = (Decimal::read(left)?.significant(), Decimal::read(right)?.significant());
    let magnitude = |(_, digits, point): &(bool, Vec<u8>, i64)| {
        // Zero has no first digit: it is less than anything else.
        (!digits.is_empty(), *point, digits.clone())
    };
    Some(match (left.0, right.0) {
        (false, false) => magnitude(&left).cmp(&magnitude(&right)),
        (true, true) => magnitude(&right).cmp(&magnitude(&left)),
        (true, false) => Ordering::Less,
        (false, true) => Ordering::Greater,
    })
}

/// The sum of two JSON numbers, exactly, with the decimals of the one that has more: `0.1` and `2.50` -> `2.60`.
///
/// `None` if one is no JSON number, or it or the sum has more than [`MAX_DIGITS`] digits.
///
/// ```
/// use dateline_core::json::number::sum;
///
/// assert_eq!(sum(b"0.1", b"2.50").as_deref(), Some("2.60"));
/// assert_eq!(sum(b"9007199254740993", b"-1e0").as_deref(), Some("9007199254740992"));
/// ```
pub fn sum(left: &[u8], right: &[u8]) -> Option<String> {
    let (left, right) = (Decimal::read(left)?.bounded()?, Decimal::read(right)?.bounded()?);
    let decimals = left.decimals().max(right.decimals());
    let digits = |number: &Decimal<'_>| -> Vec<u8> {
        let plain = number.plain(decimals);
        plain.bytes().rev().filter(u8::is_ascii_digit).map(|digit| digit - b'0').collect()
    };
    let (mut one, mut other) = (digits(&left), digits(&right));
    let width = one.len().max(other.len()) + 1;
    [&mut one, &mut other].into_iter().for_each(|digits| digits.resize(width, 0));
    let is_negative = |number: &Decimal<'_>| number.negative;
    let (sum, negative) = match (is_negative(&left), is_negative(&right)) {
        (one_is, other_is) if one_is == other_is => (added(&one, &other), one_is),
        (one_is, other_is) => match one.iter().rev().cmp(other.iter().rev()) {
            Ordering::Less => (subtracted(&other, &one), other_is),
            Ordering::Equal | Ordering::Greater => (subtracted(&one, &other), one_is),
        },
    };
    let mut text: String = sum.iter().rev().map(|digit| char::from(digit + b'0')).collect();
    if decimals > 0 {
        text.insert(text.len() - decimals, '.');
    }
    let text = match text.trim_start_matches('0') {
        plain if plain.is_empty() || plain.starts_with('.') => format!("0{plain}"),
        plain => plain.to_owned(),
    };
    let sign =
        if negative && text.bytes().any(|byte| byte.is_ascii_digit() && byte != b'0') { "-" } else { "" };
    let text = format!("{sign}{text}");
    Decimal::read(text.as_bytes())?.bounded().is_some().then_some(text)
}

/// The sum of two numbers of as many digits, the last digit first.
fn added(one: &[u8], other: &[u8]) -> Vec<u8> {
    let mut carry = 0;
    let mut digit = |(one, other): (&u8, &u8)| {
        let sum = one + other + carry;
        carry = sum / 10;
        sum % 10
    };
    one.iter().zip(other).map(&mut digit).collect()
}

/// The difference of two numbers of as many digits, the last digit first; the second is not the greater one.
fn subtracted(one: &[u8], other: &[u8]) -> Vec<u8> {
    let mut borrowed = 0;
    let mut digit = |(one, other): (&u8, &u8)| {
        let less = other + borrowed;
        borrowed = u8::from(*one < less);
        one + borrowed * 10 - less
    };
    one.iter().zip(other).map(&mut digit).collect()
}

/// `0.<digits> * 10^point`, negative or not; `digits` is the text before and behind the decimal point.
#[derive(Debug)]
struct Decimal<'a> {
    negative: bool,
    whole: &'a [u8],
    fraction: &'a [u8],
    point: i64,
}

impl<'a> Decimal<'a> {
    fn read(text: &'a [u8]) -> Option<Self> {
        let (negative, rest) = match text {
            [b'-', rest @ ..] => (true, rest),
            _ => (false, text),
        };
        let (whole, rest) = digits(rest)?;
        if whole.len() > 1 && whole[0] == b'0' {
            return None;
        }
        let (fraction, rest) = match rest {
            [b'.', rest @ ..] => digits(rest)?,
            _ => (&[][..], rest),
        };
        let exponent = match rest {
            [] => 0,
            [b'e' | b'E', b'-', rest @ ..] => -exponent(rest)?,
            [b'e' | b'E', b'+', rest @ ..] | [b'e' | b'E', rest @ ..] => exponent(rest)?,
            _ => return None,
        };
        Some(Decimal { negative, whole, fraction, point: whole.len() as i64 + exponent })
    }

    fn digits(&self) -> impl DoubleEndedIterator<Item = u8> + Clone + '_ {
        self.whole.iter().chain(self.fraction).copied()
    }

    /// Itself, if it can be written out within [`MAX_DIGITS`]. Two zeros that end a fraction do not count, so that
    /// padding to two decimals never makes a number too long to come back.
    fn bounded(self) -> Option<Self> {
        let all = (self.whole.len() + self.fraction.len()) as i64;
        let zeros = self.digits().rev().take(2).take_while(|digit| *digit == b'0').count() as i64;
        let written = self.point.max(1) + (all - zeros - self.point).max(0);
        (written <= MAX_DIGITS as i64).then_some(self)
    }

    /// Written out, with at least `decimals` decimals where that is more than 0, else in the shortest form.
    fn plain(&self, decimals: usize) -> String {
        let count = self.whole.len() + self.fraction.len();
        let point = usize::try_from(self.point).unwrap_or(0);
        let zeros_before = usize::try_from(-self.point).unwrap_or(0);
        let mut whole: String = self.digits().map(char::from).take(point).collect();
        whole.extend(std::iter::repeat_n('0', point.saturating_sub(count)));
        let mut fraction: String = "0".repeat(zeros_before);
        fraction.extend(self.digits().map(char::from).skip(point));
        if decimals == 0 {
            fraction.truncate(fraction.trim_end_matches('0').len());
        }
        while fraction.len() < decimals {
            fraction.push('0');
        }
        let whole = whole.trim_start_matches('0');
        let zero = whole.is_empty() && fraction.bytes().all(|digit| digit == b'0');
        let sign = if self.negative && !zero { "-" } else { "" };
        let whole = if whole.is_empty() { "0" } else { whole };
        let dot = if fraction.is_empty() { "" } else { "." };
        format!("{sign}{whole}{dot}{fraction}")
    }

    /// The number of decimals that it is written with.
    fn decimals(&self) -> usize {
        let all = (self.whole.len() + self.fraction.len()) as i64;
        usize::try_from(all - self.point).unwrap_or(0)
    }

    /// Sign, digits without leading and trailing zeros, and the place of the first digit: equal where the value is.
    fn significant(&self) -> (bool, Vec<u8>, i64) {
        let zeros = self.digits().take_while(|digit| *digit == b'0').count();
        let mut digits: Vec<u8> = self.digits().skip(zeros).collect();
        while digits.last() == Some(&b'0') {
            digits.pop();
        }
        if digits.is_empty() {
            (false, digits, 0)
        } else {
            (self.negative, digits, self.point - zeros as i64)
        }
    }
}

/// One or more digits, and what follows them.
fn digits(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let count = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    (count > 0).then(|| text.split_at(count))
}

/// An exponent's digits; what does not fit is as good as infinite.
fn exponent(text: &[u8]) -> Option<i64> {
    let (digits, []) = digits(text)? else { return None };
    let value = digits.iter().fold(0i64, |sum, digit| (sum * 10 + i64::from(digit - b'0')).min(1 << 40));
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn decimals_have_two_places_and_keep_their_digits() {
        for (number, decimal) in [
            ("120.50", "120.50"),
            ("120.5", "120.50"),
            ("11050", "11050.00"),
            ("0.125", "0.125"),
            ("1e3", "1000.00"),
            ("1E+3", "1000.00"),
            ("1.5e-3", "0.0015"),
            ("12.345e1", "123.45"),
            ("12.345e2", "1234.50"),
            ("-0", "0.00"),
            ("-0.000", "0.000"),
            ("-1.5", "-1.50"),
            ("0e5", "0.00"),
            ("5e-1", "0.50"),
            ("123456789012345678901234567890.1", "123456789012345678901234567890.10"),
        ] {
            assert_eq!(to_decimal(number.as_bytes()).as_deref(), Some(decimal), "{number}");
        }
    }

    #[test]
    fn what_is_no_number_is_not_guessed_at() {
        for text in
            ["", "-", "1.", ".5", "05", "+1", "1e", "1e+", "0x1", "NaN", "1 ", " 1", "1,5", "\"1\"", "--1"]
        {
            assert_eq!(to_decimal(text.as_bytes()), None, "{text:?}");
            assert!(!is_number(text.as_bytes()));
        }
    }

    #[test]
    fn long_numbers_cost_nothing() {
        assert_eq!(to_decimal(b"1e999999999"), None);
        assert_eq!(to_decimal(b"1e-999999999999999999999999"), None);
        let longest = "9".repeat(128);
        let decimal = to_decimal(longest.as_bytes()).unwrap();
        assert!(has_decimal(decimal.as_bytes()), "what was padded comes back");
        assert_eq!(to_decimal("9".repeat(129).as_bytes()), None);
        assert_eq!(to_decimal(format!("1.{}", "0".repeat(200)).as_bytes()), None);
        assert_eq!(to_decimal(b"1e127").map(|text| text.len()), Some(131));
        assert_eq!(to_decimal(b"1e128"), None);
    }

    #[test]
    fn scaling_is_exact_and_short() {
        for (number, power, scaled) in [
            ("30", -2, "0.3"),
            ("12.5", -2, "0.125"),
            ("33.333", -2, "0.33333"),
            ("0.33333", 2, "33.333"),
            ("0.3", 2, "30"),
            ("100", -2, "1"),
            ("0", -2, "0"),
            ("-0.0", 2, "0"),
            ("1e2", -2, "1"),
            ("5", -2, "0.05"),
            ("5", 2, "500"),
        ] {
            assert_eq!(scale(number.as_bytes(), power).as_deref(), Some(scaled), "{number}");
        }
    }

    #[test]
    fn amounts_have_a_unit() {
        for (major, decimals, minor, back) in [
            ("12.50", 2, "1250", "12.50"),
            ("12.5", 2, "1250", "12.50"),
            ("1e1", 2, "1000", "10.00"),
            ("-0.01", 2, "-1", "-0.01"),
            ("0", 2, "0", "0.00"),
            ("1250", 0, "1250", "1250"),
            ("1250.0", 0, "1250", "1250"),
            ("0.125", 3, "125", "0.125"),
            ("9007199254740993.01", 2, "900719925474099301", "9007199254740993.01"),
        ] {
            assert_eq!(to_minor(major.as_bytes(), decimals).as_deref(), Some(minor), "{major}");
            assert_eq!(to_major(minor.as_bytes(), decimals).as_deref(), Some(back), "{minor}");
        }
        assert_eq!(to_major(b"1250.0", 2).as_deref(), Some("12.50"));
        assert_eq!(to_major(b"1.25e3", 2).as_deref(), Some("12.50"));
        for (text, decimals) in [("12.505", 2), ("0.1", 0), ("x", 2), ("1e-400", 2), ("1e130", 2)] {
            assert_eq!(to_minor(text.as_bytes(), decimals), None, "{text}");
        }
        for text in ["12.5", "", "x", "1e200"] {
            assert_eq!(to_major(text.as_bytes(), 2), None, "{text}");
        }
    }

    #[test]
    fn sums_are_exact_and_keep_the_decimals() {
        for (left, right, expected) in [
            ("0.1", "0.2", "0.3"),
            ("10.00", "2.5", "12.50"),
            ("9007199254740993", "9007199254740993", "18014398509481986"),
            ("1", "-1.00", "0.00"),
            ("-0", "0", "0"),
            ("-2.50", "0.5", "-2.00"),
            ("99.99", "0.01", "100.00"),
            ("1e3", "1e-3", "1000.001"),
            ("-5", "-7", "-12"),
            ("3", "-10", "-7"),
            ("123456789012345678901234567890.12", "0.88", "123456789012345678901234567891.00"),
        ] {
            assert_eq!(sum(left.as_bytes(), right.as_bytes()).as_deref(), Some(expected), "{left} {right}");
            assert_eq!(sum(right.as_bytes(), left.as_bytes()).as_deref(), Some(expected), "{right} {left}");
        }
        for (left, right) in [("x", "1"), ("1", ""), ("1e200", "1"), ("1", "1e-200")] {
            assert_eq!(sum(left.as_bytes(), right.as_bytes()), None, "{left} {right}");
        }
        let longest = "9".repeat(128);
        assert_eq!(sum(longest.as_bytes(), b"1"), None);
        assert_eq!(sum(longest.as_bytes(), b"-1").map(|sum| sum.len()), Some(128));
    }

    proptest! {
        /// The sum is that of whole numbers of as many decimals, and the order is theirs.
        #[test]
        fn sums_and_the_order_are_those_of_whole_numbers(
            one in any::<i64>(), other in any::<i64>(), decimals in 0_usize..6, more in 0_usize..6,
        ) {
            let written = |whole: i128, decimals: usize| {
                let digits = format!("{:0width$}", whole.unsigned_abs(), width = decimals + 1);
                let (whole_digits, fraction) = digits.split_at(digits.len() - decimals);
                let (sign, dot) = (if whole < 0 { "-" } else { "" }, if decimals > 0 { "." } else { "" });
                format!("{sign}{whole_digits}{dot}{fraction}")
            };
            let power = |count: usize| 10_i128.pow(u32::try_from(count).unwrap());
            let scale = decimals.max(more);
            let (left, right) =
                (i128::from(one) * power(scale - decimals), i128::from(other) * power(scale - more));
            let texts = (written(one.into(), decimals), written(other.into(), more));
            let total = sum(texts.0.as_bytes(), texts.1.as_bytes());
            prop_assert_eq!(total, Some(written(left + right, scale)));
            prop_assert_eq!(compare(texts.0.as_bytes(), texts.1.as_bytes()), Some(left.cmp(&right)));
        }
    }

    #[test]
    fn values_compare_exactly() {
        let ascending =
            ["-1e3", "-100", "-0.5", "-1e-400", "0", "1e-400", "0.005", "0.05", "1", "9", "10", "1e9"];
        for (index, left) in ascending.iter().enumerate() {
            for (other, right) in ascending.iter().enumerate() {
                assert_eq!(
                    compare(left.as_bytes(), right.as_bytes()),
                    Some(index.cmp(&other)),
                    "{left} {right}"
                );
            }
        }
        assert_eq!(compare(b"1", b"x"), None);
        for (left, right) in
            [("1", "1.0"), ("1e2", "100"), ("0", "-0.0"), ("0.10", "1e-1"), ("120.50", "120.5")]
        {
            assert!(equal(left.as_bytes(), right.as_bytes()), "{left} {right}");
        }
        for (left, right) in [("1", "-1"), ("1", "10"), ("9007199254740993", "9007199254740992"), ("x", "x")]
        {
            assert!(!equal(left.as_bytes(), right.as_bytes()), "{left} {right}");
        }
    }
}
