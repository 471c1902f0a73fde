//! The laws on queries and form bodies.

use super::{
    facts::{Form, Kind, PLACES, Place},
    laws::{cases, sum},
    run::{Carried, Lost, VERSIONS, carry},
};
use dateline_core::step::LossKind;
use proptest::{prelude::*, sample::select};

#[derive(Debug, Clone)]
struct Pairs {
    place: Place,
    version: usize,
    text: String,
}

/// Queries and forms in every spelling, with names of both versions where `mixed`.
fn pairs(mixed: bool) -> impl Strategy<Value = Pairs> {
    let places: Vec<Place> = PLACES.into_iter().filter(|place| !place.side.is_json()).collect();
    (select(places), 0..VERSIONS.len()).prop_flat_map(move |(place, version)| {
        let fact = place.kind.facts()[0];
        let (own, other) = fact.names(version);
        let (sort, other_sort) = if version < fact.since {
            ("processing_volume", "volume_usd")
        } else {
            ("volume_usd", "processing_volume")
        };
        let mut names = spellings(own);
        names.extend(
            ["x", "plan_types[]", "x[company_id]", "Company_id", "%ff", "", "company_ids", "[account_id]"]
                .map(String::from),
        );
        let mut values = vec!["biz_x", "", "%ff", "a+b%20c", "a=b", "%5b%5D", "created_at", sort, sort];
        if mixed {
            names.extend(spellings(other));
            values.push(other_sort);
        }
        let value =
            prop_oneof![1 => Just(String::new()), 6 => select(values).prop_map(|value| format!("={value}"))];
        let pair = (select(names), value).prop_map(|(name, value)| name + &value);
        prop::collection::vec(prop_oneof![12 => pair, 1 => Just(String::new())], 0..6)
            .prop_map(move |pairs| Pairs { place, version, text: pairs.join("&") })
    })
}

fn spellings(name: &str) -> Vec<String> {
    let escaped = name.replace('_', "%5F");
    let first = format!("%{:02x}{}", name.as_bytes()[0], &name[1..]);
    ["", "[]", "%5B%5D", "[0]"].iter().map(|end| format!("{name}{end}")).chain([escaped, first]).collect()
}

/// Decoded name up to a bracket, what follows it, and the value's text.
fn read(text: &str) -> Vec<(String, String, Option<String>)> {
    let read = |pair: &str| {
        let (name, value) = pair.split_once('=').map_or((pair, None), |(name, value)| (name, Some(value)));
        let lower = name.to_ascii_lowercase();
        let at = [lower.find('['), lower.find("%5b")].into_iter().flatten().min().unwrap_or(name.len());
        (decode(&name[..at]), name[at..].to_owned(), value.map(str::to_owned))
    };
    text.split('&').map(read).collect()
}

fn decode(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let hex = after.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        match (first, hex.and_then(|hex| u8::from_str_radix(hex, 16).ok())) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            (b'+', _) => {
                bytes.push(b' ');
                rest = after;
            }
            (byte, _) => {
                bytes.push(*byte);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn go(pairs: &Pairs, from: usize, to: usize, text: &str) -> Carried {
    carry(pairs.place.operation, pairs.place.side, from, to, text.as_bytes()).unwrap()
}

fn lost(lost: &Lost, kind: LossKind, field: &str) -> bool {
    lost.contains_key(&(kind, field.to_owned()))
}

proptest! {
    #![proptest_config(cases(1000))]

    #[test]
    fn the_way_does_not_matter_to_parameters(pairs in pairs(true)) {
        let from = pairs.version;
        for to in 0..VERSIONS.len() {
            let direct = go(&pairs, from, to, &pairs.text);
            prop_assert_eq!(&direct, &go(&pairs, from, to, &pairs.text));
            for between in from.min(to) + 1..from.max(to) {
                let first = go(&pairs, from, between, &pairs.text);
                let second = go(&pairs, between, to, first.text());
                prop_assert_eq!(direct.text(), second.text());
                prop_assert_eq!(&direct.lost, &sum(&first.lost, &second.lost));
            }
        }
    }

    #[test]
    fn parameters_come_back_as_they_were(pairs in pairs(false)) {
        let from = pairs.version;
        for to in 0..VERSIONS.len() {
            let there = go(&pairs, from, to, &pairs.text);
            let back = go(&pairs, to, from, there.text());
            prop_assert!(sum(&there.lost, &back.lost).is_empty());
            prop_assert_eq!(read(&pairs.text), read(back.text()), "by {}", there.text());
        }
    }

    /// Names and values that no step names keep their text; of the others, exactly what was promised changes.
    #[test]
    fn each_pair_is_renamed_mapped_dropped_or_kept(pairs in pairs(true)) {
        let from = pairs.version;
        for to in 0..VERSIONS.len() {
            let carried = go(&pairs, from, to, &pairs.text);
            let Some(fact) = pairs.place.kind.facts_between(from, to).next() else {
                prop_assert_eq!(carried.text(), &pairs.text);
                continue;
            };
            let ((own, other), sorting) = (fact.names(from), fact.form == Form::Sorting);
            let texts: Vec<&str> = pairs.text.split('&').collect();
            let names: Vec<String> = read(&pairs.text).into_iter().map(|(name, ..)| name).collect();
            let stands = names.iter().any(|name| name == own);
            let replaced = !sorting && stands && names.iter().any(|name| name == other);
            let mut expected = Vec::new();
            for (text, name) in texts.iter().zip(&names) {
                let (head, value) = text.split_once('=').map_or((*text, None), |(head, value)| (head, Some(value)));
                match value {
                    _ if name != own && (name != other || !replaced) => expected.push((*text).to_owned()),
                    _ if name != own => {}
                    Some(value) if sorting => {
                        let sorts = [("processing_volume", "volume_usd"), ("total_earnings", "earnings_usd")];
                        let sort = sorts.iter().find_map(|(old, new)| match from < to {
                            true => (*old == value).then_some(new),
                            false => (*new == value).then_some(old),
                        });
                        expected.push(format!("{head}={}", sort.unwrap_or(&value)));
                    }
                    _ if sorting => expected.push((*text).to_owned()),
                    value => {
                        let lower = head.to_ascii_lowercase();
                        let at = [lower.find('['), lower.find("%5b")].into_iter().flatten().min().unwrap_or(head.len());
                        let value = value.map(|value| format!("={value}")).unwrap_or_default();
                        expected.push(format!("{other}{}{value}", &head[at..]));
                    }
                }
            }
            prop_assert_eq!(carried.text(), expected.join("&"));
            prop_assert_eq!(lost(&carried.lost, LossKind::Dropped, other), replaced);
            if pairs.place.kind != Kind::ReferralParameters {
                prop_assert_eq!(carried.lost.len(), usize::from(replaced));
            }
        }
    }
}
