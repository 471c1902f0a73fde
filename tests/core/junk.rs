//! Law 7: whatever comes in, what comes out is an error or fits; nothing panics.

use super::{
    documents::{Document, Foreign, documents},
    facts::{PLACES, Place},
    laws::cases,
    run::{Side, carry, pairs, plan},
    value::{Json, Kind},
};
use proptest::{prelude::*, sample::Index, sample::select};

/// Tells whether `serde_json`, an independent reader, accepts this as JSON. Lone surrogates are fine, depth is not
/// unlimited.
pub(super) fn is_json(text: &[u8]) -> bool {
    std::str::from_utf8(text).is_ok() && serde_json::from_slice::<serde::de::IgnoredAny>(text).is_ok()
}

fn check(place: Place, from: usize, to: usize, text: &[u8]) {
    if place.side == Side::Query && std::str::from_utf8(text).is_err() {
        return;
    }
    let result = carry(place.operation, place.side, from, to, text);
    if plan(place.operation, place.side.part(), from, to).is_empty() {
        assert_eq!(result.unwrap().output, text);
        return;
    }
    match (place.side, result) {
        (Side::Query, result) => drop(result.unwrap()),
        (Side::Form, Ok(carried)) => assert!(std::str::from_utf8(&carried.output).is_ok()),
        // What begins like an object is no form.
        (Side::Form, Err(error)) => {
            assert!(
                ["form_invalid", "json_invalid", "json_depth", "duplicate_key"].contains(&error.code()),
                "{error}"
            );
        }
        (Side::Json | Side::Response, Ok(carried)) if text.is_empty() || !is_translated(place, from, to) => {
            assert_eq!(carried.output, text);
        }
        (Side::Json | Side::Response, Ok(carried)) => {
            assert!(is_json(text), "accepted: {}", String::from_utf8_lossy(text));
            assert!(is_json(&carried.output), "written: {}", String::from_utf8_lossy(&carried.output));
        }
        (Side::Json | Side::Response, Err(error)) => {
            let expected: &[&str] = if is_json(text) {
                &["duplicate_key", "json_depth"]
            } else {
                &["json_invalid", "duplicate_key", "json_depth"]
            };
            assert!(expected.contains(&error.code()), "{error}: {}", String::from_utf8_lossy(text));
        }
    }
}

/// Tells whether this side of the exchange has a plan. The operation may have one for another side only.
fn is_translated(place: Place, from: usize, to: usize) -> bool {
    place.kind.facts_between(from, to).next().is_some()
}

fn check_everywhere(text: &[u8]) {
    for place in PLACES {
        pairs().for_each(|(from, to)| check(place, from, to, text));
    }
}

/// Pieces of JSON and of forms in any order.
fn pieces() -> impl Strategy<Value = Vec<u8>> {
    let pieces = select(vec![
        "{",
        "}",
        "[",
        "]",
        ":",
        ",",
        "\"",
        "\\",
        "\\u0063",
        "\\ud800",
        "\"company\"",
        "\"data\"",
        "\"receipt\"",
        "\"volume_usd\"",
        "{\"attributed\":",
        "\"amount\":",
        "1",
        "-",
        "0",
        ".",
        "e",
        "null",
        "true",
        " ",
        "\n",
        "\u{feff}",
        "\u{0}",
        "=",
        "&",
        "%",
        "%5",
        "company_id",
    ]);
    prop::collection::vec(pieces, 0..24).prop_map(|pieces| pieces.concat().into_bytes())
}

/// Generates changes of a document at random places.
fn mutations() -> impl Strategy<Value = Vec<(Index, u8, u8)>> {
    let byte = prop_oneof![4 => select(b"{}[]:,\"\\0-e. nu".to_vec()), 1 => any::<u8>()];
    prop::collection::vec((any::<Index>(), 0..4u8, byte), 1..4)
}

fn mutate(text: &str, mutations: &[(Index, u8, u8)]) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    for (index, kind, byte) in mutations.iter().filter(|_| !text.is_empty()) {
        let at = index.index(bytes.len().max(1)).min(bytes.len().saturating_sub(1));
        match kind {
            _ if bytes.is_empty() => {}
            0 => bytes[at] = *byte,
            1 => bytes.insert(at, *byte),
            2 => drop(bytes.remove(at)),
            _ => bytes.truncate(at),
        }
    }
    bytes
}

proptest! {
    #![proptest_config(cases(400))]

    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..48)) {
        check_everywhere(&bytes);
    }

    #[test]
    fn pieces_of_json(bytes in pieces()) {
        check_everywhere(&bytes);
    }
}

proptest! {
    #![proptest_config(cases(1000))]

    #[test]
    fn damaged_documents(document in documents(Foreign::Anywhere), mutations in mutations()) {
        let Document { place, version, text } = document;
        let damaged = mutate(&text, &mutations);
        pairs().filter(|(from, _)| *from == version).for_each(|(from, to)| check(place, from, to, &damaged));
    }
}

/// Documents as the API publishes them, with the number of a version that they are in.
const PUBLISHED: [(&str, usize, &str); 6] = [
    (
        "GET /plans/{id}",
        0,
        r#"{"id":"plan_x","currency":"usd","company":{"id":"biz_x","title":"P"},"initial_price":6.9,"metadata":{"company":"kept"}}"#,
    ),
    (
        "GET /plans",
        4,
        r#"{"data":[{"id":"plan_x","account":{"id":"biz_x","title":"P"},"product":null}],"page_info":{"end_cursor":null}}"#,
    ),
    (
        "GET /referrals/businesses/{id}",
        0,
        r#"{"object":"business_referral","id":"b","account":{"id":"biz_x"},"payout_percentage":0.3,"referred_by_account_id":null,"status":"active","currency":"usd","processing_volume":11050.00,"total_earnings":165.75,"pending_payout":45.25,"completed_payout":120.50}"#,
    ),
    (
        "GET /referrals/businesses/{id}",
        4,
        r#"{"account":{"id":"biz_x"},"earnings_usd":{"completed":"120.50","pending":"45.25","total":"165.75"},"id":"b","payout_percentage":0.3,"volume_usd":{"attributed":"11050.00","awaiting_settlement":"250.00","settled":"10800.00"}}"#,
    ),
    (
        "GET /referrals/businesses/earnings",
        0,
        r#"{"data":[{"object":"e","id":"b","access_pass":{"id":"prod_x"},"amount":0.60,"base_amount":20.00,"currency":"usd","payout_percentage":30,"receipt":{"id":"r","currency":"usd","amount_after_fees":19.12,"receipt_fees":[{"raw_amount":0.88}]}}],"page_info":{}}"#,
    ),
    (
        "GET /referrals/businesses/earnings",
        4,
        r#"{"data":[{"object":"e","id":"b","product":{"id":"prod_x"},"commission_amount_usd":"0.60","transaction_amount_usd":"20.00","payout_percentage":0.3,"resource":{"id":"r","object":"receipt"}}],"page_info":{}}"#,
    ),
];

/// Values that can replace any other.
const INSTEAD: [&str; 16] = [
    "null",
    "true",
    "0",
    "-0",
    "1e999999999",
    "\"\"",
    "\"1\"",
    "\"1e3\"",
    "\"\\ud800\"",
    "[]",
    "{}",
    "[[]]",
    "[{\"company\":1}]",
    "{\"id\":1,\"id\":2}",
    "{\"object\":null,\"attributed\":{}}",
    "{\"object\":\"receipt\",\"attributed\":\"x\"}",
];

/// Every value of every published document is replaced by every other kind of value.
#[test]
fn no_value_has_to_be_what_the_documentation_says() {
    for (operation, version, text) in PUBLISHED {
        let place =
            PLACES.into_iter().find(|place| place.operation == operation && place.side == Side::Response);
        let place = place.unwrap();
        let document = Json::read(text);
        let mut spans = Vec::new();
        collect(&document, &mut spans);
        for span in spans {
            let start = span.as_ptr() as usize - text.as_ptr() as usize;
            for instead in INSTEAD {
                let replaced = format!("{}{instead}{}", &text[..start], &text[start + span.len()..]);
                (0..5).for_each(|to| check(place, version, to, replaced.as_bytes()));
            }
        }
    }
}

fn collect<'a>(json: &Json<'a>, spans: &mut Vec<&'a str>) {
    spans.push(json.raw);
    match &json.kind {
        Kind::Array(elements) => elements.iter().for_each(|element| collect(element, spans)),
        Kind::Object(members) => members.iter().for_each(|member| collect(&member.value, spans)),
        Kind::Word | Kind::Number | Kind::Text(_) => {}
    }
}
