//! Instants, as RFC 3339 texts and as whole numbers since 1970. Nothing here is ever a binary floating point number.

use std::cmp::Ordering;
use time::{Date, Month};

/// An instant, as a text of RFC 3339 says it.
#[derive(Debug, Clone, Copy)]
pub struct Instant<'t> {
    /// Whole seconds since 1970, rounded towards the past.
    seconds: i64,
    /// The digits of the fraction of a second, without zeros at their end.
    fraction: &'t [u8],
    is_utc: bool,
}

/// The unit in which an epoch counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EpochUnit {
    /// Seconds since 1970.
    Seconds,
    /// Milliseconds since 1970.
    Milliseconds,
}

/// The first second of the year 0000.
const FIRST: i64 = -62_167_219_200;
/// The last second of the year 9999.
const LAST: i64 = 253_402_300_799;
/// Seconds in a day: UTC as computers count it has no leap seconds.
const DAY: i64 = 86_400;
/// The Julian day of 1970-01-01.
const EPOCH: i64 = 2_440_588;

impl<'t> Instant<'t> {
    /// Reads a text of RFC 3339, section 5.6: `2026-06-01T12:00:00Z`, with any fraction of a second and any offset.
    ///
    /// `None` for any other text, for a day that the calendar does not have, for a leap second, and for an instant
    /// outside the years 0000 to 9999.
    ///
    /// ```
    /// use dateline_core::json::instant::{EpochUnit, Instant};
    ///
    /// let instant = Instant::read(b"2026-06-01T14:00:00.25+02:00").unwrap();
    /// assert_eq!(instant.epoch(EpochUnit::Milliseconds), 1_780_315_200_250);
    /// assert!(Instant::read(b"2026-02-29T00:00:00Z").is_none());
    /// ```
    pub fn read(text: &'t [u8]) -> Option<Self> {
        let (date, rest) = text.split_at_checked(10)?;
        let [y0, y1, y2, y3, b'-', m0, m1, b'-', d0, d1] = date else { return None };
        let year = number(&[*y0, *y1, *y2, *y3])?;
        let month = Month::try_from(u8::try_from(number(&[*m0, *m1])?).ok()?).ok()?;
        let day = u8::try_from(number(&[*d0, *d1])?).ok()?;
        let date = Date::from_calendar_date(i32::try_from(year).ok()?, month, day).ok()?;
        let (time, rest) = rest.split_at_checked(9)?;
        let [b'T' | b't', h0, h1, b':', m0, m1, b':', s0, s1] = time else { return None };
        let clock = clock(&[*h0, *h1], &[*m0, *m1])?;
        let second = number(&[*s0, *s1]).filter(|second| *second < 60)?;
        let (fraction, rest) = match rest {
            [b'.', rest @ ..] => {
                let count = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
                (count > 0).then(|| rest.split_at(count))?
            }
            _ => (&[][..], rest),
        };
        let (offset, is_utc) = match rest {
            [b'Z' | b'z'] => (0, true),
            [sign @ (b'+' | b'-'), h0, h1, b':', m0, m1] => {
                let offset = self::clock(&[*h0, *h1], &[*m0, *m1])?;
                // `-00:00` says that the local time is not known.
                if *sign == b'+' { (offset, offset == 0) } else { (-offset, false) }
            }
            _ => return None,
        };
        let days = i64::from(date.to_julian_day()) - EPOCH;
        let seconds = days * DAY + clock + second - offset;
        let zeros = fraction.iter().rev().take_while(|digit| **digit == b'0').count();
        let fraction = &fraction[..fraction.len() - zeros];
        (FIRST..=LAST).contains(&seconds).then_some(Instant { seconds, fraction, is_utc })
    }

    /// The whole units since 1970, rounded towards the past.
    pub fn epoch(&self, unit: EpochUnit) -> i64 {
        match unit {
            EpochUnit::Seconds => self.seconds,
            EpochUnit::Milliseconds => {
                let digit = |at: usize| self.fraction.get(at).map_or(0, |digit| i64::from(digit - b'0'));
                self.seconds * 1000 + digit(0) * 100 + digit(1) * 10 + digit(2)
            }
        }
    }

    /// Tells whether the whole units since 1970 say all of it: the text is in UTC and has no fraction of a unit.
    pub fn is_whole(&self, unit: EpochUnit) -> bool {
        let digits = match unit {
            EpochUnit::Seconds => 0,
            EpochUnit::Milliseconds => 3,
        };
        self.is_utc && self.fraction.len() <= digits
    }

    /// Tells whether two texts say the same in UTC, whatever the zeros and the letters that they are written with.
    pub fn is_same(&self, other: &Instant<'_>) -> bool {
        self.is_utc && other.is_utc && (self.seconds, self.fraction) == (other.seconds, other.fraction)
    }
}

/// Compares two instants, or two days (`2026-06-01`), by time; `None` where a text is neither, or one of each.
pub fn compare(left: &[u8], right: &[u8]) -> Option<Ordering> {
    let is_day = |text: &[u8]| text.len() == 10;
    if is_day(left) && is_day(right) {
        let known = |day: &[u8]| Instant::read(&[day, b"T00:00:00Z"].concat()).map(|instant| instant.seconds);
        return Some(known(left)?.cmp(&known(right)?));
    }
    let (left, right) = (Instant::read(left)?, Instant::read(right)?);
    Some((left.seconds, left.fraction).cmp(&(right.seconds, right.fraction)))
}

/// Writes the instant that is so many units after 1970 as a text of RFC 3339 in UTC. Milliseconds have three digits,
/// whatever they are. `None` outside the years 0000 to 9999.
///
/// ```
/// use dateline_core::json::instant::{EpochUnit, write};
///
/// assert_eq!(write(1_780_315_200, EpochUnit::Seconds).as_deref(), Some("2026-06-01T12:00:00Z"));
/// assert_eq!(write(-1, EpochUnit::Milliseconds).as_deref(), Some("1969-12-31T23:59:59.999Z"));
/// ```
pub fn write(epoch: i64, unit: EpochUnit) -> Option<String> {
    let (seconds, fraction) = match unit {
        EpochUnit::Seconds => (epoch, String::new()),
        EpochUnit::Milliseconds => (epoch.div_euclid(1000), format!(".{:03}", epoch.rem_euclid(1000))),
    };
    if !(FIRST..=LAST).contains(&seconds) {
        return None;
    }
    let day = i32::try_from(seconds.div_euclid(DAY) + EPOCH).ok()?;
    let (year, month, day) = Date::from_julian_day(day).ok()?.to_calendar_date();
    let second = seconds.rem_euclid(DAY);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    let month = u8::from(month);
    Some(format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}Z"))
}

/// Seconds since midnight, or of an offset.
fn clock(hour: &[u8], minute: &[u8]) -> Option<i64> {
    let hour = number(hour).filter(|hour| *hour < 24)?;
    let minute = number(minute).filter(|minute| *minute < 60)?;
    Some(hour * 3600 + minute * 60)
}

/// The number that a few digits make.
fn number(digits: &[u8]) -> Option<i64> {
    digits.iter().try_fold(0, |sum, digit| digit.is_ascii_digit().then(|| sum * 10 + i64::from(digit - b'0')))
}

#[cfg(test)]
mod tests {
    use super::{EpochUnit::*, *};
    use proptest::prelude::*;

    fn read(text: &str) -> Option<(i64, i64, bool, bool)> {
        let instant = Instant::read(text.as_bytes())?;
        let whole = |unit| instant.is_whole(unit);
        Some((instant.epoch(Seconds), instant.epoch(Milliseconds), whole(Seconds), whole(Milliseconds)))
    }

    #[test]
    fn instants_and_days_are_in_the_order_of_time() {
        for (left, right, order) in [
            ("2026-06-01T12:00:00Z", "2026-06-01T14:00:00+02:00", Ordering::Equal),
            ("2026-06-01T12:00:00Z", "2026-06-01T12:00:00.05Z", Ordering::Less),
            ("2026-06-01T12:00:00.5Z", "2026-06-01T12:00:00.25Z", Ordering::Greater),
            ("2026-06-01T23:00:00-05:00", "2026-06-02T00:00:00Z", Ordering::Greater),
            ("2026-06-01", "2026-05-31", Ordering::Greater),
        ] {
            assert_eq!(compare(left.as_bytes(), right.as_bytes()), Some(order), "{left} {right}");
        }
        for (left, right) in
            [("2026-06-01", "2026-06-01T00:00:00Z"), ("2026-02-30", "2026-02-01"), ("x", "x")]
        {
            assert_eq!(compare(left.as_bytes(), right.as_bytes()), None, "{left} {right}");
        }
    }

    #[test]
    fn every_form_of_an_instant_is_read() {
        for (text, seconds, milliseconds, in_seconds, in_milliseconds) in [
            ("1970-01-01T00:00:00Z", 0, 0, true, true),
            ("2026-06-01t12:00:00z", 1_780_315_200, 1_780_315_200_000, true, true),
            ("2026-06-01T12:00:00.000Z", 1_780_315_200, 1_780_315_200_000, true, true),
            ("2026-06-01T12:00:00.25+00:00", 1_780_315_200, 1_780_315_200_250, false, true),
            ("2026-06-01T12:00:00.0001Z", 1_780_315_200, 1_780_315_200_000, false, false),
            ("2026-06-01T14:00:00+02:00", 1_780_315_200, 1_780_315_200_000, false, false),
            ("2026-06-01T12:00:00-00:00", 1_780_315_200, 1_780_315_200_000, false, false),
            ("1969-12-31T23:59:59.5Z", -1, -500, false, true),
            ("0000-01-01T00:00:00Z", FIRST, FIRST * 1000, true, true),
            ("9999-12-31T23:59:59.999Z", LAST, LAST * 1000 + 999, false, true),
            ("2024-02-29T00:00:00Z", 1_709_164_800, 1_709_164_800_000, true, true),
        ] {
            assert_eq!(read(text), Some((seconds, milliseconds, in_seconds, in_milliseconds)), "{text}");
        }
    }

    #[test]
    fn what_is_no_instant_is_not_guessed_at() {
        for text in [
            "",
            "2026-06-01",
            "2026-06-01 12:00:00Z",
            "2026-06-01T12:00:00",
            "2026-06-01T12:00Z",
            "2026-06-01T12:00:00.Z",
            "2026-06-01T12:00:00,5Z",
            "2026-06-01T24:00:00Z",
            "2026-06-01T12:60:00Z",
            "2016-12-31T23:59:60Z",
            "2026-02-29T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026-00-01T00:00:00Z",
            "2026-06-00T00:00:00Z",
            "+026-06-01T12:00:00Z",
            "12026-06-01T12:00:00Z",
            "2026-06-01T12:00:00+0200",
            "2026-06-01T12:00:00+24:00",
            "2026-06-01T12:00:00ZZ",
            "2026-06-01T12:00:00Z ",
            "0000-01-01T00:00:00+00:01",
            "9999-12-31T23:59:59-00:01",
            "２026-06-01T12:00:00Z",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn the_years_end_on_both_sides() {
        assert_eq!(write(FIRST, Seconds).as_deref(), Some("0000-01-01T00:00:00Z"));
        assert_eq!(write(LAST, Seconds).as_deref(), Some("9999-12-31T23:59:59Z"));
        assert_eq!(write(FIRST * 1000, Milliseconds).as_deref(), Some("0000-01-01T00:00:00.000Z"));
        for (epoch, unit) in [
            (FIRST - 1, Seconds),
            (LAST + 1, Seconds),
            (FIRST * 1000 - 1, Milliseconds),
            (LAST * 1000 + 1000, Milliseconds),
            (i64::MAX, Seconds),
            (i64::MIN, Milliseconds),
        ] {
            assert_eq!(write(epoch, unit), None, "{epoch}");
        }
    }

    proptest! {
        #[test]
        fn every_whole_epoch_comes_back(seconds in FIRST..=LAST, milliseconds in 0..1000i64) {
            for (epoch, unit) in [(seconds, Seconds), (seconds * 1000 + milliseconds, Milliseconds)] {
                let text = write(epoch, unit).unwrap();
                let instant = Instant::read(text.as_bytes()).unwrap();
                prop_assert!(instant.is_whole(unit), "{}", text);
                prop_assert_eq!(instant.epoch(unit), epoch, "{}", text);
            }
        }

        #[test]
        fn any_text_is_read_or_not(text in "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{0,12})?(Z|[-+][0-9]{2}:[0-9]{2})") {
            if let Some(instant) = Instant::read(text.as_bytes()) {
                prop_assert!(write(instant.epoch(Milliseconds), Milliseconds).is_some());
            }
        }
    }
}
