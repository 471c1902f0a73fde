//! The cases of JSONTestSuite (`test_parsing`), which are kept outside the repository, beside it: `../shared/json-suite`.
//! `DATELINE_SHARED` names another folder in place of `../shared`.
//!
//! Every case stands in every place, in both directions, and comes whole and in two chunks.

use super::{
    run::{Side, carry, operation, pack, version},
    value::{Decimal, Json},
};
use bytes::Bytes;
use dateline_core::{plan::Plan, translate::ResponseStream};
use std::{
    env, fs,
    path::{Path, PathBuf},
    sync::Arc,
};

/// A case's name, and its text.
type Case = (String, Vec<u8>);

fn cases() -> Option<Vec<Case>> {
    let shared = env::var_os("DATELINE_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"), PathBuf::from);
    let entries = fs::read_dir(shared.join("json-suite/test_parsing")).ok()?;
    let mut cases: Vec<Case> = entries
        .map(|entry| {
            let path = entry.unwrap().path();
            (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read(&path).unwrap())
        })
        .collect();
    cases.sort();
    Some(cases)
}

/// The place of a case: at the `@` of a text, in one direction.
struct Place {
    operation: &'static str,
    side: Side,
    /// Numbers of versions.
    way: (usize, usize),
    text: &'static str,
    /// The power of ten that a number at this place is multiplied by, if it is converted.
    converts: Option<i64>,
}

const UP: (usize, usize) = (0, 4);
const DOWN: (usize, usize) = (4, 0);

fn places() -> Vec<Place> {
    let at = |operation, side, way, text, converts| Place { operation, side, way, text, converts };
    let (plan, plans, earnings) = ("GET /plans/{id}", "GET /plans", "GET /referrals/businesses/earnings");
    let mut places = Vec::new();
    for (way, field) in
        [(DOWN, r#"{"account":null, "x" : @ ,"account_id":1}"#), (UP, r#"{"company":null, "x" : @ ,"y":1}"#)]
    {
        let list = |text: &'static str, other| if way == DOWN { text } else { other };
        let response = |operation, text, converts| at(operation, Side::Response, way, text, converts);
        places.extend([
            response(plan, "@", None),
            response(plans, "@", None),
            response(plan, field, None),
            response(
                plans,
                list(
                    r#"{"data":[ {"account":1}, @ , {"account":[]}]}"#,
                    r#"{"data":[ {"company":1}, @ , {"company":[]}]}"#,
                ),
                None,
            ),
            response(
                plans,
                list(
                    r#"{"a" :@, "data":[{"account":1}] ,"b": @}"#,
                    r#"{"a" :@, "data":[{"company":1}] ,"b": @}"#,
                ),
                None,
            ),
            response(
                earnings,
                r#"{"data":[{"id":"a","payout_percentage": @ ,"z":[ 1 ]}]}"#,
                Some(if way == DOWN { 2 } else { -2 }),
            ),
            response(
                earnings,
                list(
                    r#"{"data":[{"id":"a","commission_amount_usd": @ ,"z":[ 1 ]}]}"#,
                    r#"{"data":[{"id":"a","amount": @ ,"z":[ 1 ]}]}"#,
                ),
                Some(0),
            ),
            at("POST /plans", Side::Json, way, "@", None),
            at(
                "POST /plans",
                Side::Json,
                way,
                list(r#"{"account_id":1, "x" : @ ,"y":2}"#, r#"{"company_id":1, "x" : @ ,"y":2}"#),
                None,
            ),
        ]);
    }
    places
}

impl Place {
    fn with(&self, case: &[u8]) -> Vec<u8> {
        let parts: Vec<&[u8]> = self.text.split('@').map(str::as_bytes).collect();
        parts.join(case)
    }

    fn carry(&self, document: &[u8]) -> Option<Vec<u8>> {
        let (from, to) = self.way;
        Some(carry(self.operation, self.side, from, to, document).ok()?.output)
    }

    /// Returns the text around a case in the other version.
    fn around(&self) -> Vec<Vec<u8>> {
        let kept = self.carry(&self.with(br#""keep""#)).expect("a string is a value");
        let kept = String::from_utf8(kept).expect("text");
        kept.split(r#""keep""#).map(|part| part.as_bytes().to_vec()).collect()
    }

    fn plan(&self) -> Arc<Plan> {
        let (upstream, client) = (version(self.way.0), version(self.way.1));
        Arc::new(Plan::compile(pack(), operation(self.operation), client, upstream))
    }
}

/// Translates a document in two chunks.
fn in_two(plan: &Arc<Plan>, document: &Bytes, at: usize) -> Option<Vec<u8>> {
    let mut stream = ResponseStream::new(Arc::clone(plan), 1 << 20);
    let mut output = stream.feed(&document.slice(..at)).ok()?;
    output.extend(stream.feed(&document.slice(at..)).ok()?);
    stream.finish().ok()?;
    Some(output.concat())
}

/// Tells whether a value is the result of translating a case: the case itself, or its converted number.
fn is_made_of(value: &[u8], case: &[u8], converts: Option<i64>) -> bool {
    let Some(power) = converts else { return value == case };
    let (value, case) = (value.trim_ascii(), case.trim_ascii());
    let decimal = |text: &[u8]| -> Option<Decimal> { Json::read(std::str::from_utf8(text).ok()?).decimal() };
    match decimal(case) {
        Some(number) => value == case || decimal(value) == Some(number.times(power)),
        None => value == case,
    }
}

/// The positions at which a document is cut in two: all of a short one, and of a long one its ends and some between.
fn cuts(length: usize) -> Vec<usize> {
    const ENDS: usize = 60;
    match length {
        0..=300 => (0..=length).collect(),
        _ => {
            let between = (ENDS..length - ENDS).step_by(length / 8);
            (0..ENDS).chain(between).chain(length - ENDS..=length).collect()
        }
    }
}

/// Tells whether a case must be accepted, or returns `None` if either is right.
fn must_be_taken(name: &str, case: &[u8]) -> bool {
    match &name[..2] {
        "y_" => true,
        "n_" => false,
        // What is not UTF-8 or nested too deep is refused, the rest passes as it is.
        "i_" => {
            let refused = std::str::from_utf8(case).is_err()
                || name.starts_with("i_structure_")
                || case.starts_with(&[0]);
            !refused
        }
        _ => panic!("{name} is no case"),
    }
}

#[test]
fn json_test_suite() {
    let Some(cases) = cases() else {
        println!("skipped: json-suite/test_parsing is neither in ../shared nor in DATELINE_SHARED");
        return;
    };
    let count = |prefix| cases.iter().filter(|(name, _)| name.starts_with(prefix)).count();
    assert!(count("y_") > 90 && count("n_") > 180 && count("i_") > 30, "the suite is not complete");
    let mut streamed = 0;
    for place in places() {
        let (around, plan) = (place.around(), place.plan());
        for (name, case) in &cases {
            let place_of = || format!("{name} in {} of {} {:?}", place.text, place.operation, place.way);
            let document = Bytes::from(place.with(case));
            let output = place.carry(&document);
            // No body at all passes as none.
            if document.is_empty() {
                assert_eq!(output.as_deref(), Some(&b""[..]));
                continue;
            }
            assert_eq!(output.is_some(), must_be_taken(name, case), "{}", place_of());
            if let Some(output) = &output {
                let [first, between @ .., last] = &around[..] else { panic!("no place") };
                let inner = output.strip_prefix(&first[..]).and_then(|rest| rest.strip_suffix(&last[..]));
                let inner = inner.unwrap_or_else(|| panic!("{}", place_of()));
                let right = match between {
                    [] => is_made_of(inner, case, place.converts),
                    between => inner == [case, &between[0], &case[..]].concat(),
                };
                assert!(right, "{}: {}", place_of(), output.escape_ascii());
            }
            if place.side == Side::Response {
                for at in cuts(document.len()) {
                    assert_eq!(in_two(&plan, &document, at), output, "{} cut at {at}", place_of());
                    streamed += 1;
                }
            }
        }
    }
    println!("{} cases, {streamed} streams of two chunks", cases.len());
}
