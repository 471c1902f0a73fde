//! Figures and times as people read them.

use dateline_core::day::Day;
use maud::{Markup, html};
use std::time::Duration;

/// `12,345`.
pub(super) fn number(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 client`, `12,345 clients`.
pub(super) fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{} {}", number(count), if count == 1 { one } else { many })
}

/// `850 µs`, `2.5 ms`, `1.2 s`: three digits at most.
pub(super) fn duration(duration: Duration) -> String {
    let us = duration.as_micros();
    match us {
        0..1_000 => format!("{us} µs"),
        1_000..1_000_000 => format!("{} ms", tenths(us, 1_000)),
        _ => format!("{} s", tenths(us, 1_000_000)),
    }
}

/// `850 B`, `1.4 kB`, `20 MB`.
pub(super) fn bytes(bytes: u64) -> String {
    let bytes = u128::from(bytes);
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{} kB", tenths(bytes, 1_000)),
        1_000_000..1_000_000_000 => format!("{} MB", tenths(bytes, 1_000_000)),
        _ => format!("{} GB", tenths(bytes, 1_000_000_000)),
    }
}

/// Writes an amount in a unit, with a tenth unless that is zero.
fn tenths(amount: u128, unit: u128) -> String {
    let tenths = amount * 10 / unit;
    match tenths % 10 {
        0 => (tenths / 10).to_string(),
        _ if tenths >= 1_000 => (tenths / 10).to_string(),
        tenth => format!("{}.{tenth}", tenths / 10),
    }
}

/// `12 s`, `5 min`, `3 h`, `2 days`: one unit, which is the largest that fits.
pub(super) fn span(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min", seconds / 60),
        3_600..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", number(seconds / 86_400)),
    }
}

/// The same for a time that is still to pass, rounded up: `28 days`, never less than it takes.
pub(super) fn at_least(seconds: u64) -> String {
    let unit = match seconds {
        0..60 => 1,
        60..3_600 => 60,
        3_600..172_800 => 3_600,
        _ => 86_400,
    };
    span(seconds.div_ceil(unit) * unit)
}

/// A moment, relative to now; the exact one for whoever points at it, and for programs.
pub(super) fn ago(now: u64, then: u64) -> Markup {
    let seconds = now.saturating_sub(then);
    let text = if seconds < 2 { "just now".to_owned() } else { format!("{} ago", span(seconds)) };
    html! { time datetime=(stamp(then)) title=(stamp(then)) { (text) } }
}

/// `2026-11-24T20:18:33Z` (RFC 3339).
pub(super) fn stamp(seconds: u64) -> String {
    let (day, second) = (Day::of(seconds), seconds % Day::SECONDS);
    format!("{day}T{:02}:{:02}:{:02}Z", second / 3_600, second / 60 % 60, second % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_grouped_and_short() {
        assert_eq!(["0", "999", "1,000", "12,345,678"], [0, 999, 1000, 12_345_678].map(number).as_slice());
        let of = |us| duration(Duration::from_micros(us));
        assert_eq!(
            ["0 µs", "999 µs", "1 ms", "2.5 ms", "250 ms", "1.2 s", "60 s"],
            [0, 999, 1000, 2500, 250_000, 1_234_567, 60_000_000].map(of).as_slice()
        );
        assert_eq!(["850 B", "1.4 kB", "123 MB"], [850, 1_449, 123_456_789].map(bytes).as_slice());
    }

    #[test]
    fn a_time_to_come_is_never_told_too_short() {
        let told = [0, 59, 61, 3_601, 172_799, 172_801, 30 * 86_400].map(at_least);
        assert_eq!(told, ["0 s", "59 s", "2 min", "2 h", "2 days", "3 days", "30 days"]);
    }

    #[test]
    fn moments_are_relative_and_exact() {
        assert_eq!(stamp(0), "1970-01-01T00:00:00Z");
        assert_eq!(stamp(951_782_400), "2000-02-29T00:00:00Z");
        assert_eq!(stamp(1_795_551_513), "2026-11-24T20:18:33Z");
        let text = |then| ago(1_000_000, then).into_string();
        assert_eq!(
            text(999_990),
            "<time datetime=\"1970-01-12T13:46:30Z\" title=\"1970-01-12T13:46:30Z\">10 s ago</time>"
        );
        for (then, words) in
            [(1_000_005, "just now"), (999_100, "15 min ago"), (990_000, "2 h ago"), (0, "11 days ago")]
        {
            assert!(text(then).contains(words), "{then}");
        }
    }
}
