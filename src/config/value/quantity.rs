//! Numbers, sizes and durations.

use super::{Raw, text};
use figment::value::Value;
use std::time::Duration;

/// A number of bytes, or text with a unit. Zero would refuse every body and is no limit that anybody means.
pub(in crate::config) fn bytes(raw: &Raw<'_>) -> Result<u64, String> {
    let wanted = "a number of bytes from 1, or text such as \"8MiB\" (KiB, MiB, GiB)";
    let bytes = match raw.value {
        Value::Num(_, number) => number.to_i128().and_then(|bytes| u64::try_from(bytes).ok()),
        _ => {
            let text = text(raw, wanted)?;
            quantity(text, &[("", 1), ("B", 1), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)])
        }
    };
    bytes.filter(|bytes| *bytes > 0).ok_or_else(|| format!("not a size: write {wanted}"))
}

/// How many, from 1.
pub(in crate::config) fn count(raw: &Raw<'_>) -> Result<u64, String> {
    let number = match raw.value {
        Value::Num(_, number) => number.to_i128().and_then(|count| u64::try_from(count).ok()),
        _ if raw.untyped => raw.value.as_str().and_then(|text| text.parse().ok()),
        _ => None,
    };
    number.filter(|count| *count > 0).ok_or_else(|| "not a count: write a whole number from 1".to_owned())
}

/// How many of something there may be.
pub(in crate::config) fn number(raw: &Raw<'_>) -> Result<u32, String> {
    number_within(raw, 1, 1_000_000)
}

/// How many fields a head may have. The parser keeps room for each of them.
pub(in crate::config) fn headers(raw: &Raw<'_>) -> Result<u32, String> {
    number_within(raw, 1, 1000)
}

/// How many fields the head of an answer may have: a map of them holds some ten thousand.
pub(in crate::config) fn response_headers(raw: &Raw<'_>) -> Result<u32, String> {
    number_within(raw, 1, 10_000)
}

fn number_within(raw: &Raw<'_>, least: u32, most: u32) -> Result<u32, String> {
    let wanted = format!("a whole number from {least} to {most}");
    let number = match raw.value {
        Value::Num(_, number) => number.to_i128().and_then(|number| u32::try_from(number).ok()),
        _ => text(raw, &wanted)?.parse().ok(),
    };
    number.filter(|number| (least..=most).contains(number)).ok_or_else(|| format!("not {wanted}"))
}

/// The size of a head. Below it, ordinary clients fail; above it, it is no head.
pub(in crate::config) fn head_bytes(raw: &Raw<'_>) -> Result<u64, String> {
    let within = |size: &u64| (1 << 10..=1 << 20).contains(size);
    bytes(raw).ok().filter(within).ok_or_else(|| "not a size from \"1KiB\" to \"1MiB\"".to_owned())
}

/// The size of a window: under the least that every peer may assume, HTTP/2 has no way to say so in time
/// (RFC 9113, 6.9.2).
pub(in crate::config) fn window(raw: &Raw<'_>) -> Result<u32, String> {
    let size = bytes(raw).ok().and_then(|size| u32::try_from(size).ok());
    let within = |size: &u32| (65_535..1 << 31).contains(size);
    size.filter(within).ok_or_else(|| "not a size from \"64KiB\" to under \"2GiB\"".to_owned())
}

/// Text with a unit, over zero and at most a day: timers and sums of them stay in range.
pub(in crate::config) fn duration(raw: &Raw<'_>) -> Result<Duration, String> {
    let wanted = "text such as \"250ms\", \"5s\", \"2m\" or \"1h\", at most 24h";
    let text = text(raw, wanted)?;
    quantity(text, &[("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000)])
        .filter(|milliseconds| (1..=86_400_000).contains(milliseconds))
        .map(Duration::from_millis)
        .ok_or_else(|| format!("{text:?} is not a time: write {wanted}"))
}

pub(in crate::config) fn duration_or_off(raw: &Raw<'_>) -> Result<Option<Duration>, String> {
    match raw.value {
        Value::String(_, text) if text == "off" => Ok(None),
        _ => duration(raw).map(Some).map_err(|problem| format!("{problem}, or \"off\"")),
    }
}

/// Whole hours or days, at most a year: for what is watched, not waited for.
pub(in crate::config) fn long_time(raw: &Raw<'_>) -> Result<Duration, String> {
    let wanted = "text such as \"36h\" or \"30d\", from \"0h\" to \"365d\"";
    let text = text(raw, wanted)?;
    quantity(text, &[("h", 3600), ("d", 86_400)])
        .filter(|seconds| *seconds <= 365 * 86_400)
        .map(Duration::from_secs)
        .ok_or_else(|| format!("{text:?} is no such time: write {wanted}"))
}

/// Digits and a unit, by what the unit is worth.
fn quantity(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let (digits, unit) = text.split_at(text.find(|char: char| !char.is_ascii_digit()).unwrap_or(text.len()));
    let (_, worth) = units.iter().find(|(name, _)| *name == unit.trim_start())?;
    digits.parse::<u64>().ok()?.checked_mul(*worth)
}
