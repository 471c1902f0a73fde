//! A calendar day in UTC.

use std::{fmt, str::FromStr};

use time::{Date, Month};

/// A day in UTC, from 1970 on: from midnight to the next one. Days order as they come.
///
/// ```
/// use dateline_core::day::Day;
///
/// let day: Day = "2026-12-01".parse()?;
/// assert_eq!(day.start(), 1_796_083_200);
/// assert_eq!(Day::of(day.start() + 86_399), day);
/// assert_eq!(day.back(30).to_string(), "2026-11-01");
/// # Ok::<(), dateline_core::day::NotADay>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(u32);

/// The text is no day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotADay {
    /// The text does not have the form `YYYY-MM-DD`.
    #[error("a day is written YYYY-MM-DD")]
    Form,
    /// The form is right, but the calendar has no such day, or it is before 1970.
    #[error("the calendar has no such day from 1970 on")]
    NoSuchDay,
}

/// The Julian day of 1970-01-01.
const EPOCH: i32 = 2_440_588;
/// 9999-12-31.
const LAST: u32 = 2_932_896;

impl Day {
    /// Seconds in a day: UTC as computers count it has no leap seconds.
    pub const SECONDS: u64 = 86_400;

    /// The day in which a second since 1970 lies.
    #[must_use]
    pub fn of(seconds: u64) -> Day {
        Day(u32::try_from(seconds / Day::SECONDS).unwrap_or(LAST).min(LAST))
    }

    /// The day with this number, 0 for 1970-01-01.
    #[must_use]
    pub fn numbered(number: u32) -> Day {
        Day(number.min(LAST))
    }

    /// Days since 1970-01-01.
    #[must_use]
    pub fn number(self) -> u32 {
        self.0
    }

    /// Returns the day's first second, in seconds since 1970.
    #[must_use]
    pub fn start(self) -> u64 {
        u64::from(self.0) * Day::SECONDS
    }

    /// Returns the day that is `days` earlier, but never one before 1970.
    #[must_use]
    pub fn back(self, days: u32) -> Day {
        Day(self.0.saturating_sub(days))
    }
}

impl FromStr for Day {
    type Err = NotADay;

    /// Reads exactly the form that [`Day`] displays.
    ///
    /// # Errors
    /// [`NotADay`] where the text has another form or names no day.
    fn from_str(text: &str) -> Result<Self, NotADay> {
        let digits = |from: usize, to: usize| {
            let digits = text.get(from..to).filter(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
            digits.and_then(|digits| digits.parse::<u16>().ok()).ok_or(NotADay::Form)
        };
        let bytes = text.as_bytes();
        if bytes.len() != 10 || bytes[4] != b'-' || bytes[7] != b'-' {
            return Err(NotADay::Form);
        }
        let (year, month, day) = (digits(0, 4)?, digits(5, 7)?, digits(8, 10)?);
        let (month, day) = (u8::try_from(month).unwrap_or(0), u8::try_from(day).unwrap_or(0));
        Month::try_from(month)
            .and_then(|month| Date::from_calendar_date(year.into(), month, day))
            .ok()
            .and_then(|date| u32::try_from(date.to_julian_day() - EPOCH).ok())
            .map(Day)
            .ok_or(NotADay::NoSuchDay)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let julian = i32::try_from(self.0).map_err(|_| fmt::Error)? + EPOCH;
        let date = Date::from_julian_day(julian).map_err(|_| fmt::Error)?;
        f.pad(&format!("{:04}-{:02}-{:02}", date.year(), u8::from(date.month()), date.day()))
    }
}

impl fmt::Debug for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_numbered_from_1970() {
        for (text, number) in
            [("1970-01-01", 0), ("2000-03-01", 11_017), ("2024-02-29", 19_782), ("9999-12-31", LAST)]
        {
            let day: Day = text.parse().unwrap();
            assert_eq!((day.number(), day.to_string()), (number, text.to_owned()));
            assert_eq!((Day::of(day.start()), Day::of(day.start() + 86_399)), (day, day));
        }
        assert_eq!(Day::of(u64::MAX).to_string(), "9999-12-31");
        assert_eq!(Day::of(0).back(1), Day::of(0));
    }

    #[test]
    fn takes_only_real_days_in_its_own_form() {
        for text in ["2026-02-29", "2026-13-01", "2026-00-10", "2026-04-31", "1969-12-31"] {
            assert_eq!(text.parse::<Day>(), Err(NotADay::NoSuchDay), "{text}");
        }
        for text in
            ["", "2026-7-1", "2026/07/01", "+026-07-01", "2026-07-01-1", "2026-07-01T00:00:00Z", "２026-07-0"]
        {
            assert_eq!(text.parse::<Day>(), Err(NotADay::Form), "{text}");
        }
    }
}
