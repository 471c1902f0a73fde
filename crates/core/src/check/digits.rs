//! Law 6: decimal text is never turned into binary floating point.
//!
//! A translation moves a number's decimal point, and writes it with zeros or without; the digits between the zeros
//! stay. The digits of a sum are new; they are those of the exact sum. A detour through binary floating point would change them as soon as there are more than it can hold.

use super::same::read;
use crate::{
    json::{
        Hop, Name,
        instant::{EpochUnit, Instant},
        number,
    },
    step::ValueSource,
};
use serde_json::Value;
use std::collections::BTreeSet;

/// A number of the output whose digits stand neither in the input nor in what the pack itself puts into documents.
pub(super) fn invented<'t>(
    input: &str,
    pack: impl Iterator<Item = &'t [u8]>,
    output: &str,
) -> Option<String> {
    let mut known = BTreeSet::new();
    let mut note = |text: &str| _ = known.insert(significant(text));
    let input = read(input)?;
    numbers(&input, &mut note);
    epochs(&input, &mut note);
    pack.filter_map(|text| serde_json::from_slice(text).ok()).for_each(|value| numbers(&value, &mut note));
    let mut invented = None;
    numbers(&read(output)?, &mut |text| {
        if invented.is_none() && !known.contains(&significant(text)) {
            invented = Some(text.to_owned());
        }
    });
    invented
}

/// The sums that may be computed of a document, as JSON texts: of each object that has these fields.
pub(super) fn sums(document: &str, sources: &[Vec<ValueSource>]) -> Vec<Vec<u8>> {
    let mut sums = Vec::new();
    if let Some(document) = read(document) {
        sums_of(&document, sources, &mut sums);
    }
    sums
}

fn sums_of(value: &Value, sources: &[Vec<ValueSource>], sums: &mut Vec<Vec<u8>>) {
    match value {
        Value::Object(members) => {
            for fields in sources {
                let mut found = Vec::new();
                for source in fields {
                    let names = source.field.names().iter().map(Name::text);
                    let at = names.into_iter().try_fold(value, |value, name| value.get(name));
                    at.into_iter().for_each(|value| behind(value, &source.inside, &mut found));
                }
                let zero = Some(String::from("0"));
                let sum = found.iter().fold(zero, |sum, own| number::sum(sum?.as_bytes(), own.as_bytes()));
                sums.extend(sum.map(String::into_bytes));
            }
            members.values().for_each(|member| sums_of(member, sources, sums));
        }
        Value::Array(elements) => elements.iter().for_each(|element| sums_of(element, sources, sums)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The texts of the numbers behind a path.
fn behind(value: &Value, path: &[Hop], found: &mut Vec<String>) {
    match (path.split_first(), value) {
        (None, Value::Number(number)) => found.push(number.as_str().to_owned()),
        (None, Value::String(text)) => found.push(text.clone()),
        (Some((Hop::Elements, rest)), Value::Array(elements)) => {
            elements.iter().for_each(|element| behind(element, rest, found));
        }
        (Some((Hop::Member(name), rest)), Value::Object(members)) => {
            members.get(name.text()).into_iter().for_each(|member| behind(member, rest, found));
        }
        _ => {}
    }
}

/// Every number of a value, and every string that is one.
fn numbers(value: &Value, found: &mut dyn FnMut(&str)) {
    match value {
        Value::Number(number) => found(number.as_str()),
        Value::String(text) if number::is_number(text.as_bytes()) => found(text),
        Value::Array(elements) => elements.iter().for_each(|element| numbers(element, found)),
        Value::Object(members) => members.values().for_each(|member| numbers(member, found)),
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}

/// The numbers that the instants of a value are since 1970.
fn epochs(value: &Value, found: &mut dyn FnMut(&str)) {
    match value {
        Value::String(text) => {
            let instant = Instant::read(text.as_bytes());
            let epochs = instant.map(|instant| {
                [EpochUnit::Seconds, EpochUnit::Milliseconds].map(|unit| instant.epoch(unit).to_string())
            });
            epochs.iter().flatten().for_each(|epoch| found(epoch));
        }
        Value::Array(elements) => elements.iter().for_each(|element| epochs(element, found)),
        Value::Object(members) => members.values().for_each(|member| epochs(member, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The digits of a number without zeros around them: `-0.0120e3` has `12`.
fn significant(number: &str) -> String {
    let digits = number.split(['e', 'E']).next().unwrap_or_default();
    let digits: String = digits.chars().filter(char::is_ascii_digit).collect();
    digits.trim_matches('0').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(input: &str, output: &str) -> Option<String> {
        invented(input, [&b"\"0.25\""[..]].into_iter(), output)
    }

    #[test]
    fn the_point_and_zeros_are_free_and_digits_are_not() {
        let long = "123456789012345678901234567890.12";
        for (input, output) in [
            (r#"{"a":12.50}"#, r#"{"b":"0.1250","c":125e-7,"d":"x9"}"#.to_owned()),
            (r#"{"a":-0}"#, r#"{"b":["0.00","0.25"]}"#.into()),
            (&*format!("[{long}]"), format!("[\"{long}\"]")),
            ("not JSON", "1".into()),
        ] {
            assert_eq!(check(input, &output), None, "{input} {output}");
        }
        let rounded = format!("{:?}", long.parse::<f64>().unwrap());
        assert!(check(&format!("[{long}]"), &format!("[{rounded}]")).is_some());
        let instant = r#"{"a":"2026-06-01T12:00:00.25Z"}"#;
        assert_eq!(check(instant, r#"{"a":1780315200,"b":1780315200250}"#), None);
        assert!(check(instant, r#"{"a":1780315201}"#).is_some());
        assert_eq!(check(r#"{"a":12.5}"#, r#"{"a":12.5,"b":"0.3"}"#).as_deref(), Some("0.3"));
    }
}
