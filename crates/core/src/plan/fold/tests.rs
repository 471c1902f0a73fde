//! A fold gives what the steps give, or nothing.

use super::Templates;
use crate::{
    pack::{Pack, Part},
    plan::{
        collect::places,
        pass::{Caused, Pass},
        random::{documents, step},
    },
    step::{Cause, Conversion, Direction, Effect, Losses, Made, Step, ValueForm, lower},
};
use proptest::prelude::*;
use std::sync::Arc;

/// Rewrites one object after another both ways; whether the fold answered, for each of them.
pub(super) fn agrees(program: &Pass, texts: &[impl AsRef<[u8]>]) -> Result<Vec<bool>, TestCaseError> {
    let Some(fold) = &program.fold else { return Ok(Vec::new()) };
    let (mut templates, mut folded_losses) = (Templates::default(), Losses::default());
    let mut stepped_losses = Losses::default();
    let mut ordinary = Vec::new();
    for text in texts {
        // Something follows it.
        let text = [text.as_ref(), b", \"".as_slice()].concat();
        let mut folded = b"before".to_vec();
        let length = templates.rewrite((0, fold), &text, 0, &mut folded);
        ordinary.push(length.is_some());
        let Some(length) = length else {
            prop_assert_eq!(folded, b"before");
            continue;
        };
        let mut stepped = b"before".to_vec();
        let by_steps = program.rewrite_by_steps(&text, 0, &mut stepped, &mut stepped_losses);
        prop_assert_eq!(by_steps, Ok(length));
        prop_assert_eq!(String::from_utf8(folded), String::from_utf8(stepped));
    }
    templates.report(&mut folded_losses);
    prop_assert_eq!(folded_losses, stepped_losses);
    Ok(ordinary)
}

/// Every program of the built-in pack that has resources or a JSON body.
fn programs() -> Vec<(String, Pass)> {
    let pack = Pack::embedded().unwrap();
    let versions: Vec<_> = pack.versions().collect();
    let mut programs = Vec::new();
    for operation in pack.operation_ids() {
        for (from, to) in versions.iter().flat_map(|from| versions.iter().map(move |to| (*from, *to))) {
            for part in [Part::Body, Part::Response] {
                for (_, runs) in places(&pack, operation, part, from, to) {
                    let name = format!("{} {part} {from} -> {to}", pack.operation(operation));
                    programs.push((name, Pass::new(runs, 0)));
                }
            }
        }
    }
    programs
}

#[test]
fn every_program_of_the_pack_is_folded() {
    for (name, program) in programs() {
        assert!(program.fold.is_some(), "{name}");
    }
}

#[test]
fn what_the_api_answers_is_ordinary() {
    let new = r#"{"account":{"id":"biz_x","logo_url":"https://cdn.whop.com/logo.png","route":"pickaxe","title":"é"},"created_at":"2026-06-01T12:00:00Z","earnings_usd":{"completed":"120.50","pending":"45.25","total":"165.75"},"id":"bref_x","object":"business_referral","payout_percentage":0.3,"status":"active","volume_usd":{"attributed":"11050.00","awaiting_settlement":"250.00","settled":"10800.00"}}"#;
    let earning = r#"{"id":"bre_x","commission_amount_usd":null,"transaction_amount_usd":"20.00","payout_percentage":0.125,"product":null,"resource":{"id":"rcpt_x","brand":"visa","object":"receipt"}}"#;
    let old = r#"{"object":"business_referral","id":"bref_x","currency":"usd","processing_volume":11050.0,"total_earnings":165.75,"pending_payout":45,"completed_payout":null,"referred_by_account_id":null}"#;
    for (name, program) in programs() {
        let text = match name.contains("businesses") {
            true if name.contains("earnings") => earning,
            true if name.ends_with("2026-07-01") || name.ends_with("-20") => old,
            true => new,
            false => r#"{"id":"plan_x","company":{"id":"biz_x"},"initial_price":6.9}"#,
        };
        let alien = name.contains("plans")
            && !name.ends_with("-20")
            && !name.ends_with("-09")
            && !name.ends_with("-07-01");
        let ordinary = agrees(&program, &[text]).unwrap() == [true];
        assert!(ordinary || alien || name.contains("earnings"), "{name}");
    }
}

fn anchored() -> impl Strategy<Value = Option<Conversion>> {
    prop_oneof![2 => Just(None), 1 => Just(Some(Conversion::DecimalToNumber))]
}

/// The effects of the steps of a module, each step a change of its own. Anchors may be converted by the same change.
pub(super) fn caused(direction: Direction, steps: Vec<(Vec<Step>, Option<Conversion>)>) -> Vec<Caused> {
    let one = |(number, (steps, conversion)): (usize, (Vec<Step>, Option<Conversion>))| {
        let cause =
            Cause { version: "2026-01-01".parse().unwrap(), change: format!("change {number}").into() };
        let mut steps: Vec<&Step> = steps.iter().collect();
        if direction == Direction::Down {
            steps.reverse();
        }
        let mut effects = lower(direction, &steps);
        for effect in &mut effects {
            if let Effect::Remove { made: Made::Beside { anchor_form, .. }, .. } = effect {
                *anchor_form = conversion.map(|conversion| Box::new(ValueForm::Converted(conversion)));
            }
        }
        Caused { cause: Some(Arc::new(cause)), effects, steps: steps.len() }
    };
    steps.into_iter().enumerate().map(one).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, max_global_rejects: 100_000, ..ProptestConfig::default() })]

    #[test]
    fn any_steps_on_any_object(
        modules in prop::collection::vec(prop::collection::vec((step(), anchored()), 1..5), 1..4),
        up in any::<bool>(),
        mut documents in documents(),
    ) {
        let direction = if up { Direction::Up } else { Direction::Down };
        let caused = |steps| caused(direction, steps);
        let program = Pass::of(modules.into_iter().map(caused).collect());
        agrees(&program, &documents)?;
        // Another document begins with what this one has left.
        documents.reverse();
        agrees(&program, &documents)?;
    }
}
