//! The laws that every translation obeys, on generated documents.

use super::{
    documents::{Document, Foreign, documents},
    facts::PLACES,
    returned::{Journey, unnamed},
    run::{Carried, Lost, Side, VERSIONS, carry, carry_by, operation, pack, pairs, plan, version},
    value::Json,
};
use dateline_core::{pack::Part, plan::Plan, translate::Untranslatable};
use proptest::{
    prelude::*,
    test_runner::{Config, FileFailurePersistence},
};

/// Sets the number of cases, unless `PROPTEST_CASES` sets it. Failures are kept beside the test.
pub(super) fn cases(count: u32) -> Config {
    let asked = std::env::var("PROPTEST_CASES").ok().and_then(|text| text.parse().ok());
    Config {
        cases: asked.unwrap_or(count),
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..Config::default()
    }
}

/// The objects of the resource in a document that is at its place.
pub(super) fn resources<'j, 'a>(document: &Document, json: &'j Json<'a>) -> Vec<&'j Json<'a>> {
    if !document.place.listed {
        return vec![json];
    }
    json.at("data").and_then(Json::elements).unwrap_or_default().iter().collect()
}

pub(super) fn sum(one: &Lost, other: &Lost) -> Lost {
    let mut sum = one.clone();
    other.iter().for_each(|(lost, count)| *sum.entry(lost.clone()).or_default() += count);
    sum
}

/// Whether a document comes to the same by two ways.
pub(super) fn agree(
    direct: &Result<Carried, Untranslatable>,
    both: &Result<Carried, Untranslatable>,
    ways: &str,
) -> Result<(), TestCaseError> {
    match (direct, both) {
        (Ok(direct), Ok(both)) => {
            prop_assert_eq!(direct.text(), both.text(), "{}", ways);
            prop_assert_eq!(&direct.lost, &both.lost, "{}", ways);
        }
        (Err(direct), Err(both)) => prop_assert_eq!(direct.code(), both.code()),
        _ => prop_assert!(false, "{}: {:?} but {:?}", ways, direct, both),
    }
    Ok(())
}

fn go(document: &Document, from: usize, to: usize, text: &[u8]) -> Result<Carried, Untranslatable> {
    carry(document.place.operation, document.place.side, from, to, text)
}

/// Law 1, and what no module names: no plan, and any bytes pass.
#[test]
fn where_nothing_changes_the_bytes_pass() {
    for id in pack().operation_ids() {
        let template = pack().operation(id).to_string();
        for part in [Part::Query, Part::Body, Part::Response] {
            let kind = PLACES
                .iter()
                .find(|place| place.operation == template && place.side.part() == part)
                .map(|place| place.kind);
            for (from, to) in pairs() {
                let changes = kind.is_some_and(|kind| kind.facts_between(from, to).next().is_some());
                let plan = plan(&template, part, from, to);
                let translates = match part {
                    Part::Query => plan.translates_query(),
                    Part::Body => plan.translates_request_body(),
                    Part::Response => plan.translates_response(),
                    Part::Request | Part::Answer => plan.moves(part),
                    Part::Errors(statuses) => plan.translates_error(statuses.first),
                };
                assert_eq!(translates, changes, "{template} {part} {from} -> {to}");
                assert!(from != to || (plan.is_empty() && plan.steps() == 0));
                let sides: &[Side] = match part {
                    Part::Query => &[Side::Query],
                    Part::Body => &[Side::Json, Side::Form],
                    Part::Response => &[Side::Response],
                    Part::Request | Part::Answer | Part::Errors(_) => &[],
                };
                for side in sides.iter().filter(|_| !changes) {
                    let junk: &[u8] = match side {
                        Side::Query => b"company_id=%ff&&account%5fid[]=+1&=",
                        _ => b"\xff\0{\"company\":1,\"company\":{]",
                    };
                    let carried = carry(&template, *side, from, to, junk).unwrap();
                    assert_eq!(carried.output, junk);
                    assert!(carried.lost.is_empty());
                }
            }
        }
    }
}

#[test]
fn every_operation_has_its_plan_from_the_facts() {
    for place in PLACES {
        assert!(!plan(place.operation, place.side.part(), 0, VERSIONS.len() - 1).is_empty(), "{place:?}");
    }
}

proptest! {
    #![proptest_config(cases(1000))]

    /// Law 2: whatever versions lie between, the bytes, the losses and the refusals are the same.
    #[test]
    fn the_way_does_not_matter(document in documents(Foreign::Anywhere)) {
        let from = document.version;
        for to in 0..VERSIONS.len() {
            let direct = go(&document, from, to, document.text.as_bytes());
            if let Ok(direct) = &direct {
                let back = go(&document, to, from, &direct.output);
                prop_assert!(back.is_ok(), "no key stands twice: {:?} in {}", back, direct.text());
            }
            for between in from.min(to) + 1..from.max(to) {
                let first = go(&document, from, between, document.text.as_bytes());
                let both = first.and_then(|first| {
                    let second = go(&document, between, to, &first.output)?;
                    Ok(Carried { output: second.output, lost: sum(&first.lost, &second.lost) })
                });
                agree(&direct, &both, &format!("{from} -> {between} -> {to}"))?;
            }
        }
    }

    /// Laws 3 and 4: there and back is the identity, but for what was reported.
    #[test]
    fn there_and_back_is_the_identity(document in documents(Foreign::Beside)) {
        let from = document.version;
        for to in 0..VERSIONS.len() {
            let Ok(there) = go(&document, from, to, document.text.as_bytes()) else { continue };
            let back = go(&document, to, from, &there.output);
            prop_assert!(back.is_ok(), "{:?} from {}", back, there.text());
            let back = back.unwrap();
            let lost = sum(&there.lost, &back.lost);
            let journey = Journey { kind: document.place.kind, from, to, lost: &lost };
            let (before, after) = (Json::read(&document.text), Json::read(back.text()));
            let (before, after) = (resources(&document, &before), resources(&document, &after));
            prop_assert_eq!(before.len(), after.len());
            for (before, after) in before.into_iter().zip(after) {
                let verdict = journey.check(before, after);
                prop_assert!(verdict.is_ok(), "{} -> {}: {:?} {:?}\n{}\n{}", from, to, verdict, lost, there.text(), after.raw);
            }
        }
    }

    /// Law 5: what no step names keeps its text and its order, in and around the resources.
    #[test]
    fn what_no_step_names_keeps_its_bytes(document in documents(Foreign::Beside)) {
        let from = document.version;
        let before = Json::read(&document.text);
        for to in 0..VERSIONS.len() {
            let Ok(carried) = go(&document, from, to, document.text.as_bytes()) else { continue };
            let after = Json::read(carried.text());
            let names: Vec<&str> = document.place.kind.facts_between(from, to)
                .flat_map(|fact| [fact.old, fact.new])
                .filter_map(|name| name.split('.').next())
                .collect();
            let objects = (resources(&document, &before), resources(&document, &after));
            for (before, after) in objects.0.iter().zip(&objects.1) {
                prop_assert_eq!(unnamed(before, &names), unnamed(after, &names));
                if before.members().is_none() || names.is_empty() {
                    prop_assert_eq!(before.raw, after.raw);
                }
                // What only gets another name keeps its value's text.
                for fact in document.place.kind.facts_between(from, to).filter(|fact| ["company", "access_pass", "company_id"].contains(&fact.old)) {
                    let ((own, _), (other, _)) = (fact.names(from), fact.names(to));
                    if let Some(value) = before.at(own) {
                        prop_assert_eq!(Some(value.raw), after.at(other).map(|value| value.raw));
                    }
                }
            }
            prop_assert_eq!(around(&document.text, &objects.0), around(carried.text(), &objects.1));
        }
    }

    /// The same input gives the same bytes, from this plan and from one that is compiled anew.
    #[test]
    fn the_same_input_gives_the_same_bytes(document in documents(Foreign::Anywhere)) {
        let (place, from) = (document.place, document.version);
        for to in 0..VERSIONS.len() {
            let first = go(&document, from, to, document.text.as_bytes());
            let (client, upstream) = if place.side == Side::Response { (to, from) } else { (from, to) };
            let fresh = Plan::compile(pack(), operation(place.operation), version(client), version(upstream));
            prop_assert_eq!(first, carry_by(&fresh, place.side, document.text.as_bytes()));
        }
    }
}

/// The document without its resources.
fn around(text: &str, resources: &[&Json<'_>]) -> String {
    let mut around = String::new();
    let mut at = 0;
    for resource in resources {
        let start = resource.raw.as_ptr() as usize - text.as_ptr() as usize;
        around.push_str(&text[at..start]);
        around.push('\u{0}');
        at = start + resource.raw.len();
    }
    around + &text[at..]
}
