//! The yardstick: the same change as one would write it by hand, on a tree of `serde_json` values.
//!
//! It is spared what the engine does beside: it reports no losses, checks for no repeated keys, and takes numbers for
//! floating point.

use serde_json::{Map, Value, json};

pub(crate) fn translate(body: &[u8], one: impl Fn(&mut Map<String, Value>)) -> Vec<u8> {
    let mut document: Value = serde_json::from_slice(body).unwrap();
    for element in document["data"].as_array_mut().unwrap() {
        one(element.as_object_mut().unwrap());
    }
    serde_json::to_vec(&document).unwrap()
}

/// Takes a referral from 2026-07-01 to 2026-06-09.
pub(crate) fn down(referral: &mut Map<String, Value>) {
    if let Some(Value::Object(mut volume)) = referral.remove("volume_usd") {
        referral.insert("processing_volume".into(), number(volume.remove("attributed")));
    }
    if let Some(Value::Object(mut earnings)) = referral.remove("earnings_usd") {
        for (old, new) in EARNINGS {
            referral.insert(old.into(), number(earnings.remove(new)));
        }
    }
    referral.insert("currency".into(), json!("usd"));
    referral.insert("referred_by_account_id".into(), Value::Null);
}

/// Takes a referral from 2026-06-09 to 2026-07-01.
pub(crate) fn up(referral: &mut Map<String, Value>) {
    let volume = decimal(referral.remove("processing_volume"));
    let volume = json!({ "attributed": volume, "settled": volume, "awaiting_settlement": "0.00" });
    referral.insert("volume_usd".into(), volume);
    let earnings = EARNINGS.map(|(old, new)| (new.to_owned(), decimal(referral.remove(old))));
    referral.insert("earnings_usd".into(), Value::Object(earnings.into_iter().collect()));
    referral.remove("currency");
    referral.remove("referred_by_account_id");
}

const EARNINGS: [(&str, &str); 3] =
    [("total_earnings", "total"), ("pending_payout", "pending"), ("completed_payout", "completed")];

pub(crate) fn number(text: Option<Value>) -> Value {
    match text {
        Some(Value::String(text)) => text.parse::<f64>().map_or(Value::Null, Value::from),
        _ => Value::Null,
    }
}

pub(crate) fn decimal(number: Option<Value>) -> Value {
    number.as_ref().and_then(Value::as_f64).map_or(Value::Null, |number| format!("{number:.2}").into())
}

/// Both have done the same work: equal documents, decimals by value.
pub(crate) fn agree(engine: &[u8], dom: &[u8]) {
    let read = |text| by_value(serde_json::from_slice(text).unwrap());
    assert_eq!(read(engine), read(dom));
}

/// Numbers as floating point, whichever way they are written.
fn by_value(value: Value) -> Value {
    match value {
        Value::Array(values) => values.into_iter().map(by_value).collect(),
        Value::Object(map) => map.into_iter().map(|(key, value)| (key, by_value(value))).collect(),
        Value::Number(number) => number.as_f64().map_or(Value::Null, |number| json!(number)),
        other => other,
    }
}
