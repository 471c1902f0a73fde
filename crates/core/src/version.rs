//! A dated version of an API and its order.

use std::{fmt, str::FromStr};

/// A dated API version: a calendar date, then a same-day counter.
///
/// Versions order by date, then by the counter as a number; a date without a counter comes first.
///
/// ```
/// use dateline_core::Version;
///
/// let first: Version = "2026-07-08".parse()?;
/// let second: Version = "2026-07-08-2".parse()?;
/// let tenth: Version = "2026-07-08-10".parse()?;
/// assert!(first < second && second < tenth);
/// assert_eq!(tenth.to_string(), "2026-07-08-10");
/// # Ok::<(), dateline_core::version::NotAVersion>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    year: u16,
    month: u8,
    day: u8,
    counter: u32,
}

impl Version {
    /// A number that no other version has, and never below 2^32.
    pub fn number(self) -> u64 {
        let day = u64::from(self.year) << 16 | u64::from(self.month) << 8 | u64::from(self.day);
        day << 32 | u64::from(self.counter)
    }

    /// A version before any that an API has.
    pub(crate) const EARLIEST: Version = Version { year: 0, month: 1, day: 1, counter: 0 };
}

/// The text is not a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAVersion {
    /// The text does not have the form `YYYY-MM-DD` or `YYYY-MM-DD-N`.
    #[error("a version is a date, YYYY-MM-DD, or a date and a counter from 1, YYYY-MM-DD-N")]
    Form,
    /// The form is right, but the calendar has no such day.
    #[error("the calendar has no such day")]
    NoSuchDay,
}

impl FromStr for Version {
    type Err = NotAVersion;

    /// Reads exactly the form that [`Version`] displays: nothing is trimmed, signed or padded.
    ///
    /// # Errors
    /// [`NotAVersion`] where the text has another form or names no calendar day.
    fn from_str(text: &str) -> Result<Self, NotAVersion> {
        let (date, counter) = match text.as_bytes() {
            bytes if !text.is_ascii() || bytes.len() < 10 => return Err(NotAVersion::Form),
            bytes if bytes.len() == 10 => (text, 0),
            _ => {
                let (date, rest) = text.split_at(10);
                let digits = rest.strip_prefix('-').ok_or(NotAVersion::Form)?;
                if digits.starts_with('0') {
                    return Err(NotAVersion::Form);
                }
                (date, number(digits)?)
            }
        };
        let bytes = date.as_bytes();
        if bytes[4] != b'-' || bytes[7] != b'-' {
            return Err(NotAVersion::Form);
        }
        let (year, month, day) = (number(&date[..4])?, number(&date[5..7])?, number(&date[8..])?);
        if !(1..=12).contains(&month) || day < 1 || day > days_in(year, month) {
            return Err(NotAVersion::NoSuchDay);
        }
        Ok(Version { year: year as u16, month: month as u8, day: day as u8, counter })
    }
}

/// Digits only: `str::parse` would take a sign.
fn number(digits: &str) -> Result<u32, NotAVersion> {
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(NotAVersion::Form);
    }
    digits.parse().map_err(|_| NotAVersion::Form)
}

fn days_in(year: u32, month: u32) -> u32 {
    match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// A version is its text in JSON, too.
impl serde::Serialize for Version {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Version { year, month, day, counter } = *self;
        let [thousands, hundreds] = digits(year / 100);
        let ([tens, ones], [month, more], [day, rest]) =
            (digits(year % 100), digits(month.into()), digits(day.into()));
        let date = [thousands, hundreds, tens, ones, b'-', month, more, b'-', day, rest];
        match std::str::from_utf8(&date) {
            Ok(date) if counter == 0 => f.pad(date),
            Ok(date) => f.pad(&format!("{date}-{counter}")),
            Err(_) => Err(fmt::Error),
        }
    }
}

/// Two decimal digits. Every request writes versions.
fn digits(number: u16) -> [u8; 2] {
    [b'0' + (number / 10 % 10) as u8, b'0' + (number % 10) as u8]
}

impl fmt::Debug for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn v(text: &str) -> Version {
        text.parse().unwrap()
    }

    #[test]
    fn orders_by_date_then_by_counter_as_a_number() {
        let ordered =
            ["2025-01-01", "2026-07-08", "2026-07-08-1", "2026-07-08-2", "2026-07-08-10", "2026-07-09"];
        assert!(ordered.map(v).is_sorted());
        assert_eq!(ordered.map(|text| v(text).to_string()), ordered);
    }

    #[test]
    fn takes_only_real_days() {
        assert_eq!("2026-02-29".parse::<Version>(), Err(NotAVersion::NoSuchDay));
        assert_eq!("1900-02-29".parse::<Version>(), Err(NotAVersion::NoSuchDay));
        assert_eq!("2026-13-01".parse::<Version>(), Err(NotAVersion::NoSuchDay));
        assert_eq!("2026-00-10".parse::<Version>(), Err(NotAVersion::NoSuchDay));
        assert_eq!("2026-04-31".parse::<Version>(), Err(NotAVersion::NoSuchDay));
        assert!("2024-02-29".parse::<Version>().is_ok());
        assert!("2000-02-29".parse::<Version>().is_ok());
    }

    #[test]
    fn takes_only_its_own_form() {
        for text in [
            "",
            "2026-7-1",
            " 2026-07-01",
            "2026-07-01 ",
            "2026-07-01-",
            "2026-07-01-0",
            "2026-07-01-01",
            "2026-07-01-+1",
            "2026/07/01",
            "+026-07-01",
            "2026-07-01-99999999999",
            "２026-07-0",
            "2026-07-01-1x",
        ] {
            assert_eq!(text.parse::<Version>(), Err(NotAVersion::Form), "{text:?}");
        }
    }
}
