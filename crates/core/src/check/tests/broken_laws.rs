//! Tests of the laws, on examples and on generated documents.

use super::*;
use crate::{
    compare::{Place, run},
    pack::{Diagnostic, Part, Resource},
};
use std::collections::BTreeSet;

fn embedded() -> (Laws, Place) {
    let pack = Arc::new(Pack::embedded().unwrap());
    let earnings = pack
        .operations
        .iter()
        .position(|operation| operation.to_string() == "GET /referrals/businesses/earnings");
    let place = Place::new(crate::pack::OperationId(earnings.unwrap()), Part::Response);
    (Laws::new(pack), place)
}

#[test]
fn only_what_is_reported_lost_is_excused() {
    let (laws, place) = embedded();
    let [old, new] = ["2025-01-01", "2026-07-01"].map(|text| text.parse().unwrap());
    for (document, from, to) in [
        // Fees have no place in the newer version; its other resources none in the older.
        (
            r#"{"data":[{"receipt":{"amount_after_fees":19.12,"receipt_fees":[{"raw_amount":0.88}],"x":1}}]}"#,
            old,
            new,
        ),
        (
            r#"{"data":[{"resource":{"object":"invoice"},"product":null},{"resource":{"object":"receipt"}}]}"#,
            new,
            old,
        ),
        (r#"{"data":[{"currency":"eur"},{"payout_percentage":"30","amount":[]}]}"#, old, new),
        (r#"{"data":[{"commission_amount_usd":0.60,"payout_percentage":0.33333}]}"#, new, old),
    ] {
        laws.all(place, from, to, document).unwrap_or_else(|broken| panic!("{broken}"));
    }
    let broken = laws.all(place, old, new, r#"{"data":[{"product":null,"currency":"eur"}]}"#).unwrap_err();
    assert_eq!((broken.law, broken.law.number()), (Law::OldNewOld, 3));
    assert_eq!(broken.difference.as_deref(), Some("$.data[*].product: expected null, got nothing"));
    let broken = laws.all(place, new, old, r#"{"data":[{"amount":1,"currency":"usd"}]}"#).unwrap_err();
    assert_eq!(broken.law.number(), 4, "{broken}");
}

/// An old document may leave a field out. That it comes back as what the newer version implies is no loss, and breaks
/// no law; that it comes back as anything that somebody made up is reported.
#[test]
fn row_14_1l_absence_comes_back_as_what_is_known() {
    let (laws, place) = embedded();
    let [old, new] = ["2025-01-01", "2026-07-01"].map(|text| text.parse().unwrap());
    for document in [r#"{"data":[{}]}"#, r#"{"data":[{"amount":1},{"currency":"usd","amount":2}]}"#] {
        laws.all(place, old, new, document).unwrap_or_else(|broken| panic!("{broken}"));
        let there = laws.translations().translate(place, old, new, document).unwrap();
        let back = laws.translations().translate(place, new, old, &there.output).unwrap();
        assert_eq!((there.losses.to_string(), back.losses.to_string()), (String::new(), String::new()));
        assert!(back.output.contains(r#""currency":"usd""#), "{}", back.output);
    }
    // Beside a value that is lost, and reported once.
    for document in
        [r#"{"data":[{},{"currency":null}]}"#, r#"{"data":[{"currency":"eur"},{},{"currency":1}]}"#]
    {
        laws.all(place, old, new, document).unwrap_or_else(|broken| panic!("{broken}"));
    }
    let document = r#"{"data":[{"receipt":{}}]}"#;
    laws.all(place, old, new, document).unwrap_or_else(|broken| panic!("{broken}"));
    let there = laws.translations().translate(place, old, new, document).unwrap();
    assert!(there.losses.is_empty(), "{}", there.losses);
    let back = laws.translations().translate(place, new, old, &there.output).unwrap();
    assert_eq!(back.losses.to_string(), "receipt.amount_after_fees=made-up, receipt.receipt_fees=made-up");
}

/// The laws of a pack of two versions with these steps between them, and its place.
fn of_steps(steps: &str) -> (Laws, Place) {
    let folder = tempfile::tempdir().unwrap();
    let api = "name = 'x'\ntitle = 'X'\nheader = 'V'\ndefault_version = '2025-01-01'\nbase_path = ''\n\
               operations = ['GET /a']\n\
               resource.A.found = [{ in = 'GET /a', part = 'response', at = '$' }]\n";
    let older = "version = '2025-01-01'\ntitle = 'T'\n";
    let newer = format!(
        "version = '2025-01-02'\ntitle = 'T'\n[[change]]\nname = 'Change'\nwhy = 'W'\nresource = 'A'\n\
         steps = [{steps}]\n"
    );
    for (name, text) in [("api", api), ("2025-01-01", older), ("2025-01-02", &newer)] {
        fs::write(folder.path().join(format!("{name}.toml")), text).unwrap();
    }
    let pack = Pack::load(folder.path()).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    let place = Place::new(pack.find("GET /a").unwrap(), Part::Response);
    (Laws::new(Arc::new(pack)), place)
}

/// Whatever a document has in the place of a group or of an anchor: the laws hold, or it is told what is lost.
#[test]
fn odd_groups_and_anchors_break_no_law() {
    let [old, new] = ["2025-01-01", "2025-01-02"].map(|text| text.parse().unwrap());
    let hoist = "{ move = 'meta.note', to = 'note' }";
    let copy = "{ add = 'b', copy = 'a' }";
    let converted = "{ convert = 'a', as = 'number -> decimal' }, { add = 'b', copy = 'a' }";
    let implied = "{ ref = 'c', from = 'id', implied = '{\"object\":\"company\"}', implied_by = 'the name' }";
    for (steps, from, to, document) in [
        (hoist, new, old, r#"{"note":"","meta":{}}"#),
        (hoist, new, old, r#"{"note":"","meta":{"z":1}}"#),
        (hoist, old, new, r#"{"meta":null}"#),
        (hoist, old, new, r#"{"meta":{}}"#),
        (copy, old, new, r#"{"a":{"x":{"y":1}}}"#),
        (copy, old, new, r#"{"a":[{"x":1},{"x":2}]}"#),
        (converted, old, new, r#"{"a":{"x":{"y":1}}}"#),
        (implied, new, old, r#"{"c":{"id":"x"}}"#),
        (implied, new, old, r#"{"c":{"id":"x","object":"user"}}"#),
        (implied, old, new, r#"{"c":"x"}"#),
    ] {
        let (laws, place) = of_steps(steps);
        laws.all(place, from, to, document).unwrap_or_else(|broken| panic!("{broken}"));
    }
}

#[test]
fn places_say_how_documents_are_written() {
    let pack = Pack::embedded().unwrap();
    let parameters: Vec<&Resource> =
        pack.resources.iter().filter(|resource| resource.name == "UserParameters").collect();
    let places = |is_pairs| {
        parameters[0]
            .found
            .iter()
            .filter_map(move |found| documents::place(found, is_pairs))
            .collect::<Vec<_>>()
    };
    assert_eq!((places(true).len(), places(false).len()), (7, 2));
    assert!(places(true).iter().all(|place| place.is_pairs()));
}

/// The built-in pack's laws on a translator with a mistake in it, and the mistakes that are reported.
fn with_mistake(engine: crate::compare::Engine) -> Vec<(Option<String>, String)> {
    let laws = Laws::with_engine(Arc::new(Pack::embedded().unwrap()), engine);
    let mut findings = Findings::new(&laws, BTreeSet::new());
    generated::check(&laws, Trials { cases: 100, seed: 1 }, &mut findings);
    let told = |note: Diagnostic| (note.hint, format!("{}: {}", note.message, note.label));
    findings.into_notes().into_iter().map(told).collect()
}

type Answer = Result<crate::translate::Translated<Vec<u8>>, crate::translate::Untranslatable>;

/// A translation, with its output changed.
fn changed(
    plan: &crate::plan::Plan,
    place: Place,
    document: &[u8],
    change: impl Fn(String) -> String,
) -> Answer {
    let mut translated = run(plan, place, document)?;
    translated.output = change(String::from_utf8(translated.output).unwrap()).into_bytes();
    Ok(translated)
}

/// Asserts that a law is among the mistakes, and returns what is said of it first.
#[track_caller]
fn told(mistakes: &[(Option<String>, String)], law: &str) -> String {
    let told = mistakes.iter().find(|(_, message)| message.starts_with(law));
    told.unwrap_or_else(|| panic!("{mistakes:#?}")).0.clone().unwrap()
}

#[test]
fn a_panic_is_a_broken_law_with_a_small_document_and_its_step() {
    // One of a number with an exponent, once there are three steps.
    let mistakes = with_mistake(|plan, place, document| {
        let referrals = plan.steps() >= 3 && place.part == Part::Response;
        assert!(!(referrals && document.windows(2).any(|text| text == b"1e")), "no exponents");
        run(plan, place, document)
    });
    let hint = told(&mistakes, "law 7");
    let lines: Vec<&str> = hint.lines().collect();
    assert!(lines[0].starts_with("to blame: `"), "{hint}");
    assert!(lines[1].starts_with("input    ") && lines[1].len() < 60, "{hint}");
    assert!(
        lines[3].contains("a panic at crates/core/src/check/tests/broken_laws.rs:")
            && lines[3].ends_with(": no exponents"),
        "{hint}"
    );
    assert!(mistakes.iter().all(|(_, message)| message.starts_with("law 7")), "{mistakes:#?}");
}

#[test]
fn every_law_is_tried() {
    let mistakes = with_mistake(|plan, place, document| {
        changed(plan, place, document, |text| if plan.is_empty() { text + " " } else { text })
    });
    told(&mistakes, "law 1");
    let mistakes = with_mistake(|plan, place, document| {
        changed(plan, place, document, |text| if plan.steps() > 4 { text + " " } else { text })
    });
    told(&mistakes, "law 2");
    let mistakes = with_mistake(|plan, place, document| {
        changed(plan, place, document, |text| match plan.is_empty() {
            false => text.replace("\"title\":", "\"titel\":"),
            true => text,
        })
    });
    assert!(told(&mistakes, "law 3").contains("title") && told(&mistakes, "law 4").contains("title"));
    let mistakes = with_mistake(|plan, place, document| {
        changed(plan, place, document, |text| if plan.is_empty() { text } else { text.replace("\\/", "/") })
    });
    told(&mistakes, "law 5");
    let mistakes = with_mistake(|plan, place, document| {
        changed(plan, place, document, |text| if plan.is_empty() { text } else { rounded_numbers(text) })
    });
    told(&mistakes, "law 6");
}

/// The text with its first long number as binary floating point has it.
fn rounded_numbers(text: String) -> String {
    let is_long = |text: &&str| text.len() > 17 && text.bytes().all(|byte| b"0123456789.".contains(&byte));
    let Some(long) = text.split(['"', ':', ',', '}', ' ']).find(is_long).map(ToOwned::to_owned) else {
        return text;
    };
    let rounded = long.parse::<f64>().unwrap().to_string();
    text.replacen(&long, &rounded, 1)
}

#[test]
fn the_same_seed_makes_the_same_documents() {
    fn texts(seed: u64) -> Vec<String> {
        let mut rng = fastrand::Rng::with_seed(seed);
        let names = values::Names { foreign: &["a"], unknown: &["x".to_owned()] };
        let mut text =
            || draft::Draft::Json(values::value(&mut rng, names, 3), values::gaps(&mut rng)).text();
        (0..50).map(|_| text()).collect()
    }
    assert_eq!(texts(7), texts(7));
    assert_ne!(texts(7), texts(8));
}
