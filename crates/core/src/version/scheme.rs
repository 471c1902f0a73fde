//! The schemes by which APIs name their versions, and the order that each gives them.

use super::Version;
use time::Month;

/// The way in which an API names its versions. It is their order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Scheme {
    /// A day of the calendar, `2026-07-08`, or a later version of the same day, `2026-07-08-2`. The counter is a number.
    #[default]
    Date,
    /// A month of the calendar: `2026-07`.
    Month,
    /// Numbers with dots between them, with or without a `v` before them: `v68`, `2.14`. They compare as numbers.
    Number,
    /// Any labels, in the order of this list.
    Listed(Vec<Version>),
}

/// The place of a version among all that a scheme fits: the smaller, the older.
///
/// Two labels of one rank are one version, written in two ways: `v2` and `2.0`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rank([u32; PARTS]);

/// The most numbers that a rank has.
const PARTS: usize = 4;

/// The scheme does not fit a label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Misfit {
    /// The label is no date.
    #[error("a date is YYYY-MM-DD, and a later version of that day YYYY-MM-DD-N, with N from 1")]
    Date,
    /// The label is no month.
    #[error("a month is YYYY-MM")]
    Month,
    /// The label has the right form, but the calendar has no such day or month.
    #[error("the calendar has no such day")]
    NotInCalendar,
    /// The label is no number.
    #[error(
        "a number is up to {PARTS} numbers of up to nine digits with dots between them, and may begin with `v`"
    )]
    Number,
    /// The label is not in the list.
    #[error("the list does not have it")]
    NotListed,
}

impl Scheme {
    /// The word that a pack has for it.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Scheme::Date => "date",
            Scheme::Month => "month",
            Scheme::Number => "number",
            Scheme::Listed(_) => "listed",
        }
    }

    /// The rank of a version.
    ///
    /// ```
    /// use dateline_core::version::Scheme;
    ///
    /// let older = Scheme::Number.rank("v9".parse()?)?;
    /// let newer = Scheme::Number.rank("v68".parse()?)?;
    /// assert!(older < newer);
    /// assert!(Scheme::Date.rank("v68".parse()?).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Misfit`] where the scheme does not fit the label.
    pub fn rank(&self, version: Version) -> Result<Rank, Misfit> {
        let label = version.as_str();
        match self {
            Scheme::Date => date(label),
            Scheme::Month => month(label),
            Scheme::Number => numbers(label),
            Scheme::Listed(list) => {
                let at = list.iter().position(|listed| *listed == version).ok_or(Misfit::NotListed)?;
                Ok(Rank([u32::try_from(at).unwrap_or(u32::MAX), 0, 0, 0]))
            }
        }
    }

    /// Reads a label that the scheme fits; `None` for any other text. That may be anything, a key included.
    ///
    /// ```
    /// use dateline_core::version::Scheme;
    ///
    /// assert!(Scheme::Date.read(b"2026-07-01").is_some());
    /// assert_eq!(Scheme::Date.read(b"sk_live_1234"), None);
    /// ```
    pub fn read(&self, label: &[u8]) -> Option<Version> {
        let version = str::from_utf8(label).ok()?.parse().ok()?;
        self.rank(version).is_ok().then_some(version)
    }
}

fn date(label: &str) -> Result<Rank, Misfit> {
    let (date, counter) = match label.split_at_checked(10).ok_or(Misfit::Date)? {
        (date, "") => (date, 0),
        (date, rest) => {
            let digits = rest.strip_prefix('-').filter(|digits| !digits.starts_with('0'));
            (date, digits.and_then(number).ok_or(Misfit::Date)?)
        }
    };
    let parts = date.split_at(7);
    let day = parts.1.strip_prefix('-').and_then(number).ok_or(Misfit::Date)?;
    let (year, month) = year_and_month(parts.0).ok_or(Misfit::Date)?;
    if day < 1 || days_in(year, month).is_none_or(|last| day > last) {
        return Err(Misfit::NotInCalendar);
    }
    Ok(Rank([year, month, day, counter]))
}

fn month(label: &str) -> Result<Rank, Misfit> {
    let (year, month) = year_and_month(label).ok_or(Misfit::Month)?;
    days_in(year, month).map(|_| Rank([year, month, 0, 0])).ok_or(Misfit::NotInCalendar)
}

/// The numbers of `YYYY-MM`.
fn year_and_month(text: &str) -> Option<(u32, u32)> {
    let (year, month) = text.split_at_checked(4)?;
    let month = month.strip_prefix('-').filter(|month| month.len() == 2)?;
    Some((number(year)?, number(month)?))
}

fn numbers(label: &str) -> Result<Rank, Misfit> {
    let mut rank = [0; PARTS];
    let mut parts = label.strip_prefix('v').unwrap_or(label).split('.');
    for (place, part) in rank.iter_mut().zip(&mut parts) {
        *place = number(part).filter(|_| part.len() <= 9).ok_or(Misfit::Number)?;
    }
    if parts.next().is_none() { Ok(Rank(rank)) } else { Err(Misfit::Number) }
}

/// Reads a number of digits only: `str::parse` would take a sign.
fn number(digits: &str) -> Option<u32> {
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
}

/// The number of days in a month, or `None` if the calendar has no such month.
fn days_in(year: u32, month: u32) -> Option<u32> {
    let month = Month::try_from(u8::try_from(month).ok()?).ok()?;
    Some(month.length(i32::try_from(year).ok()?).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rank(scheme: &Scheme, label: &str) -> Result<Rank, Misfit> {
        scheme.rank(label.parse().unwrap())
    }

    fn ascends(scheme: &Scheme, labels: &[&str]) {
        let ranks: Vec<Rank> = labels.iter().map(|label| rank(scheme, label).unwrap()).collect();
        assert!(ranks.is_sorted_by(|one, two| one < two), "{labels:?}: {ranks:?}");
    }

    #[test]
    fn dates_ascend_by_day_then_by_counter_as_a_number() {
        ascends(
            &Scheme::Date,
            &["2025-01-01", "2026-07-08", "2026-07-08-1", "2026-07-08-2", "2026-07-08-10", "2026-07-09"],
        );
    }

    #[test]
    fn a_date_is_a_real_day_in_its_own_form() {
        for label in
            ["2026-02-29", "1900-02-29", "2026-13-01", "2026-00-10", "2026-04-31", "2026-01-00", "2026-01-32"]
        {
            assert_eq!(rank(&Scheme::Date, label), Err(Misfit::NotInCalendar), "{label}");
        }
        for label in ["2024-02-29", "2000-02-29"] {
            assert!(rank(&Scheme::Date, label).is_ok(), "{label}");
        }
        for label in [
            "2026-7-1",
            "2026-07",
            "2026-07-01-",
            "2026-07-01-0",
            "2026-07-01-01",
            "2026-07-01-1x",
            "2026-07-01.1",
            "2026.07.01",
            "2026-07-1x",
            "2026-07-01-99999999999",
            "latest",
            "v68",
        ] {
            assert_eq!(rank(&Scheme::Date, label), Err(Misfit::Date), "{label}");
        }
    }

    #[test]
    fn a_month_is_a_year_and_a_real_month() {
        ascends(&Scheme::Month, &["2024-10", "2025-01", "2025-04", "2025-10"]);
        for label in ["2026-00", "2026-13"] {
            assert_eq!(rank(&Scheme::Month, label), Err(Misfit::NotInCalendar), "{label}");
        }
        for label in ["2026-7", "2026", "2026-07-01", "2026-007", "unstable", "202607", "2026.07"] {
            assert_eq!(rank(&Scheme::Month, label), Err(Misfit::Month), "{label}");
        }
    }

    #[test]
    fn numbers_ascend_part_by_part() {
        ascends(&Scheme::Number, &["0", "1", "v9", "10", "v68", "v68.0.1", "68.1", "999999999"]);
        ascends(&Scheme::Number, &["2.2", "2.14", "2.100", "3"]);
        for label in ["v", "vv1", "V1", "1.", "1..2", "v.1", "1.2.3.4.5", "1-2", "1234567890", "2x", "latest"]
        {
            assert_eq!(rank(&Scheme::Number, label), Err(Misfit::Number), "{label}");
        }
        assert_eq!(rank(&Scheme::Number, "v2"), rank(&Scheme::Number, "2.0"), "one version in two ways");
    }

    #[test]
    fn a_list_is_its_own_order() {
        let labels = ["2025-03-31.basil", "2024-09-30.acacia", "next"];
        let scheme = Scheme::Listed(labels.iter().map(|label| label.parse().unwrap()).collect());
        ascends(&scheme, &labels);
        assert_eq!(rank(&scheme, "2024-09-30"), Err(Misfit::NotListed));
    }
}
