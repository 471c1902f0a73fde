//! Packs that say something wrong must not pass.

use super::*;
use crate::{
    compare::{Place, run},
    pack::{Diagnostic, Part, Resource},
};
use std::{fs, path::Path};

/// The built-in pack with one text in one of its files replaced, and the folder that it was in.
#[track_caller]
fn edited(file: &str, text: &str, replacement: &str) -> (Arc<Pack>, String) {
    let built_in = Path::new(env!("CARGO_MANIFEST_DIR")).join("transforms/whop");
    let folder = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(built_in).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, folder.path().join(path.file_name().unwrap())).unwrap();
    }
    let path = folder.path().join(file);
    let authored = fs::read_to_string(&path).unwrap();
    assert!(authored.contains(text), "{text}");
    fs::write(&path, authored.replacen(text, replacement, 1)).unwrap();
    let pack = Pack::load(folder.path()).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    (Arc::new(pack), folder.path().display().to_string())
}

/// The whole report, and its line.
#[track_caller]
fn report(file: &str, text: &str, replacement: &str) -> (String, String) {
    let (pack, folder) = edited(file, text, replacement);
    let report = check(&pack, Trials { cases: 30, seed: 1 });
    let line = report.to_string();
    let mistakes = report.mistakes.map(|mistakes| mistakes.to_string()).unwrap_or_default();
    (mistakes.replace(&folder, "whop"), line)
}

/// Asserts what is said first about the examples.
#[track_caller]
fn check_broken(file: &str, text: &str, replacement: &str, said: &[&str]) {
    let (pack, _) = edited(file, text, replacement);
    let mut notes = Vec::new();
    examples::check(&Laws::new(pack), &mut notes);
    let mistakes = Diagnostics::new(notes).expect("a mistake").to_string();
    let first = mistakes.split("\n\nerror[").next().unwrap();
    for said in [&[file][..], said].concat() {
        assert!(first.contains(said), "{said}\n{mistakes}");
    }
}

#[test]
fn a_scale_that_is_off_by_ten() {
    let (mistakes, line) = report("2026-06-20.toml", "number * 0.01", "number * 0.1");
    insta::assert_snapshot!(mistakes, @r#"
    error[P14]: an example of "Express earnings in US dollars" does not go up to 2026-06-20 as it is written
      --> whop/2026-06-20.toml:63:7
       |
    63 | old = '{"id":"bre_x","amount":0.60,"base_amount":20.00,"currency":"usd","payout_percentage":12.5,"receipt":{"id":"rcpt_x","currency":"usd"}}'
       |       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ payout_percentage: expected 0.125, got 1.25
       |
       = help: payout_percentage is named by `convert payout_percentage: number * 0.1`
               input    {"id":"bre_x","amount":0.60,"base_amount":20.00,"currency":"usd","payout_percentage":12.5,"receipt":{"id":"rcpt_x","currency":"usd"}}
               expected {"id":"bre_x","commission_amount_usd":"0.60","transaction_amount_usd":"20.00","payout_percentage":0.125,"receipt":{"id":"rcpt_x","currency":"usd"}}
               got      {"id":"bre_x","commission_amount_usd":"0.60","transaction_amount_usd":"20.00","payout_percentage":1.25,"receipt":{"id":"rcpt_x","currency":"usd"}}
               in GET /referrals/businesses/earnings, response

    error[P14]: an example of "Express earnings in US dollars" does not come down to 2026-06-09 as it is written
      --> whop/2026-06-20.toml:63:7
       |
    63 | old = '{"id":"bre_x","amount":0.60,"base_amount":20.00,"currency":"usd","payout_percentage":12.5,"receipt":{"id":"rcpt_x","currency":"usd"}}'
       |       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ payout_percentage: expected 12.5, got 1.25
       |
       = help: payout_percentage is named by `convert payout_percentage: number * 0.1`
               input    {"id":"bre_x","commission_amount_usd":"0.60","transaction_amount_usd":"20.00","payout_percentage":0.125,"receipt":{"id":"rcpt_x","currency":"usd"}}
               expected {"id":"bre_x","amount":0.60,"base_amount":20.00,"currency":"usd","payout_percentage":12.5,"receipt":{"id":"rcpt_x","currency":"usd"}}
               got      {"id":"bre_x","amount":0.60,"base_amount":20.00,"payout_percentage":1.25,"receipt":{"id":"rcpt_x","currency":"usd"},"currency":"usd"}
               in GET /referrals/businesses/earnings, response
    "#);
    assert_eq!(
        line,
        "whop: 5 versions, 16 operations, 8 changes, 19 examples, 25 pairs x 16 operations, 30 generated documents (seed 1): 2 mistakes"
    );
}

#[test]
fn a_swapped_field() {
    check_broken(
        "2026-06-20.toml",
        "{ move = \"total_earnings\", to = \"earnings_usd.total\", as = \"number -> decimal\" },\n  \
         { move = \"pending_payout\", to = \"earnings_usd.pending\", as",
        "{ move = \"total_earnings\", to = \"earnings_usd.pending\", as = \"number -> decimal\" },\n  \
         { move = \"pending_payout\", to = \"earnings_usd.total\", as",
        &[
            "earnings_usd.total: expected \"165.75\", got \"45.25\"",
            "`move pending_payout to earnings_usd.total`",
        ],
    );
}

#[test]
fn a_step_that_is_missing() {
    check_broken(
        "2026-06-20.toml",
        "  { drop = \"referred_by_account_id\", restore = 'null' },\n",
        "",
        &[
            "referred_by_account_id: expected nothing, got null",
            "no step of 2026-06-20 names referred_by_account_id",
        ],
    );
    check_broken(
        "2026-07-01.toml",
        "  { tag = \"resource\", with = \"object\", value = \"receipt\" },\n",
        "",
        &["resource.object: expected \"receipt\", got nothing", "`move receipt to resource`"],
    );
}

#[test]
fn a_value_that_is_made_up_wrongly() {
    check_broken(
        "2026-06-20.toml",
        "value = '\"0.00\"'",
        "value = '\"1.00\"'",
        &["volume_usd.awaiting_settlement: expected \"0.00\", got \"1.00\"", "does not go up to 2026-06-20"],
    );
    check_broken(
        "2026-07-01.toml",
        "restore = '[]'",
        "restore = 'null'",
        &["loses something else going up", "expected \"\", got \"receipt.receipt_fees=dropped\""],
    );
}

#[test]
fn a_parameter_with_another_name() {
    check_broken(
        "2026-06-08.toml",
        "{ move = \"company_id\", to = \"account_id\" }",
        "{ move = \"company_id\", to = \"accounts_id\" }",
        &["account_id: expected \"account_id=biz_x\", got \"accounts_id=biz_x\"", "in GET /users, query"],
    );
    check_broken(
        "2026-06-20.toml",
        "total_earnings = \"earnings_usd\" }",
        "total_earning = \"earnings_usd\" }",
        &["order: expected \"order=earnings_usd\", got \"order=total_earnings\"", "`map values of order:"],
    );
}

#[test]
fn an_example_that_is_wrong_itself() {
    let rename = "old = 'company_id=biz_x'\n";
    check_broken(
        "2026-06-08.toml",
        rename,
        "old = '{\"company_id\":\"biz_x\"}'\n",
        &["one side is a JSON object"],
    );
    let body = "old = '{\"name\":\"Ada\",\"company_id\":\"biz_x\"}'";
    check_broken("2026-06-08.toml", body, "old = '{\"name\":\"Ada\",}'", &["`old` is not JSON: "]);
    let twice = "old = '{\"name\":\"Ada\",\"company_id\":1,\"company_id\":\"biz_x\"}'";
    check_broken("2026-06-08.toml", body, twice, &["the key `company_id` stands twice"]);
    let plan = "old = '{\"id\":\"plan_x\",\"company\":null}'\nnew = '{\"id\":\"plan_x\",\"account\":null}'";
    check_broken(
        "2026-06-09.toml",
        plan,
        "old = 'company=1'\nnew = 'account=1'",
        &["it is a query, and `Plan` stands in bodies only"],
    );
}

#[test]
fn a_change_without_an_example() {
    let (file, text) = (
        "2026-06-20.toml",
        "[[change.example]]\nin = \"GET /referrals/businesses\"\nold = 'order=processing_volume&direction=desc'\nnew = 'order=volume_usd&direction=desc'\n[[change.example]]\nold = 'order=total_earnings'\nnew = 'order=earnings_usd'\n",
    );
    check_broken(file, text, "", &["error[P03]: the change \"Sort referrals by the groups\" has no example"]);
}

/// A member of the newer version in an older document is no part of it: it would not come back.
#[test]
fn a_law_that_an_example_breaks() {
    let text = "old = '{\"id\":\"plan_x\",\"company\":null}'\nnew = '{\"id\":\"plan_x\",\"account\":null}'";
    let replacement =
        "old = '{\"id\":\"plan_x\",\"account\":null}'\nnew = '{\"id\":\"plan_x\",\"account\":null}'";
    let (mistakes, _) = report("2026-06-09.toml", text, replacement);
    assert!(
        mistakes.contains("error[P14]: an example of \"Rename company to account\" does not come down"),
        "{mistakes}"
    );
    assert!(mistakes.contains("error[P15]: law 3, old -> new -> old gives the document back"), "{mistakes}");
    assert!(mistakes.contains("$.data[*].account: expected null, got nothing"), "{mistakes}");
}

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
    let mut findings = Findings::new(&laws);
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
        lines[3].contains("a panic at src/check/tests.rs:") && lines[3].ends_with(": no exponents"),
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
        let mut text =
            || draft::Draft::Json(values::value(&mut rng, &["a"], 3), values::gaps(&mut rng)).text();
        (0..50).map(|_| text()).collect()
    }
    assert_eq!(texts(7), texts(7));
    assert_ne!(texts(7), texts(8));
}

#[test]
fn a_whole_body_shows_where_its_resource_stands() {
    let place = |path: &str| format!("GET /plans\", part = \"response\", at = \"{path}\" }},");
    let list = "$.data[*].account: expected {\"id\":\"biz_x\"}, got nothing";
    for (wrong, said) in
        [("$.items[*]", "found at $.items[*], says api.toml"), ("$", "found at $, says api.toml")]
    {
        let (mistakes, _) = report("api.toml", &place("$.data[*]"), &place(wrong));
        assert!(mistakes.contains(list) && mistakes.contains(said), "{mistakes}");
    }
    let gone = format!("  {{ in = \"{}\n", place("$.data[*]"));
    let (mistakes, _) = report("api.toml", &gone, "");
    assert!(
        mistakes.contains(list) && mistakes.contains("`Plan` is found nowhere, says api.toml"),
        "{mistakes}"
    );
}

/// A place where the resource is not changes what stands there by the same name, and no example of the others tells.
#[test]
fn a_place_that_no_example_shows_is_a_mistake() {
    let referrals = "found = [{ in = \"GET /referrals/businesses\", part = \"query\" }";
    let plans = "  { in = \"GET /plans/{id}\", part = \"response\", at = \"$\" },\n";
    for (right, wrong, said) in [
        (
            referrals,
            ", { in = \"GET /plans\", part = \"query\" }",
            "`BusinessReferralParameters` is found in GET /plans (query), says api.toml",
        ),
        (
            plans,
            "  { in = \"GET /users\", part = \"response\", at = \"$.data[*]\" },\n",
            "`Plan` is found in GET /users (response at $.data[*]), says api.toml",
        ),
    ] {
        let (mistakes, _) = report("api.toml", right, &format!("{right}{wrong}"));
        assert!(mistakes.contains(said) && mistakes.contains("no example shows it there"), "{mistakes}");
    }
}

#[test]
fn what_an_example_says_is_lost_is_lost() {
    let known = ", known_by = \"the _usd suffix of the amounts\" },\n]\n[[change.example]]\nup_loses";
    check_broken(
        "2026-06-20.toml",
        known,
        " },\n]\n[[change.example]]\nup_loses",
        &["loses something else going down", "expected \"\", got \"currency=made-up\""],
    );
    check_broken(
        "2026-06-09.toml",
        "to = \"account\" }",
        "to = \"account\", as = \"number * 10\" }",
        &["is not converted going up", "account has another form than a step expects"],
    );
}
