//! Random packs of resources that hold each other, and random documents of theirs: the laws, and every other way to the
//! same translation.

mod document;
mod draw;
mod model;
mod oracle;
mod rig;

use super::run::{Carried, Lost, Side, carry_by};
use bytes::Bytes;
use dateline_core::{
    compare::{Place, across::Crossing},
    form,
    pack::Part,
    plan::explain,
    step::LossKind,
    translate::ResponseStream,
};
use document::{Fit, document};
use draw::Draw;
use model::Model;
use proptest::{
    prelude::*,
    strategy::ValueTree,
    test_runner::{TestCaseError, TestRunner},
};
use rig::{Rig, version};
use serde_json::Value;
use std::sync::Arc;

type Tested = Result<(), TestCaseError>;

fn value(text: &[u8]) -> Value {
    serde_json::from_slice(text).unwrap()
}

fn text(output: &[u8]) -> String {
    String::from_utf8_lossy(output).into_owned()
}

/// Takes a document from one version to another by way of each between.
fn stepwise(rig: &Rig, from: usize, to: usize, body: &str) -> Result<Carried, &'static str> {
    let mut carried = Carried { output: body.as_bytes().to_vec(), lost: Lost::new() };
    let mut at = from;
    while at != to {
        let next = if at < to { at + 1 } else { at - 1 };
        let one = rig.response("GET /a", at, next, &carried.output).map_err(|error| error.code())?;
        one.lost.into_iter().for_each(|(key, count)| *carried.lost.entry(key).or_default() += count);
        carried.output = one.output;
        at = next;
    }
    Ok(carried)
}

/// Law 2, and the other ways to the same: a request's body, a list, pieces.
fn ways(rig: &Rig, from: usize, to: usize, body: &str, cuts: &mut Draw<'_>) -> Tested {
    let direct = rig.response("GET /a", from, to, body.as_bytes());
    let told = format!("{from} -> {to} of {body}\n{}", rig.text());
    let by_steps = stepwise(rig, from, to, body);
    let code = direct.as_ref().err().map(|error| error.code());
    prop_assert_eq!(code, by_steps.as_ref().err().copied(), "direct and by steps: {}", &told);
    let request = carry_by(&rig.plan("POST /a", from, to), Side::Json, body.as_bytes());
    prop_assert_eq!(code, request.as_ref().err().map(|error| error.code()), "a request: {}", &told);
    let Ok(direct) = direct else { return Ok(()) };
    let (by_steps, request) = (by_steps.unwrap(), request.unwrap());
    prop_assert_eq!(text(&by_steps.output), text(&direct.output), "by steps: {}", &told);
    prop_assert_eq!(&by_steps.lost, &direct.lost, "losses by steps: {}", &told);
    prop_assert_eq!(text(&request.output), text(&direct.output), "a request: {}", &told);
    prop_assert_eq!(&request.lost, &direct.lost, "losses of a request: {}", &told);
    let list = format!("{{\"data\":[{body}, {body}],\"more\":1}}");
    let listed = rig.response("GET /as", from, to, list.as_bytes()).unwrap();
    let expected = format!("{{\"data\":[{0}, {0}],\"more\":1}}", text(&direct.output));
    prop_assert_eq!(text(&listed.output), expected, "a list: {}", &told);
    let bytes = Bytes::from(list);
    for _ in 0..3 {
        let mut stream = ResponseStream::new(Arc::new(rig.plan("GET /as", to, from)), 1 << 20);
        let (mut output, mut rest) = (Vec::new(), bytes.clone());
        while !rest.is_empty() {
            let piece = rest.split_to(rest.len().min(1 + cuts.below(24)));
            output.extend(stream.feed(&piece).unwrap());
        }
        let losses = stream.finish().unwrap();
        prop_assert_eq!(text(&output.concat()), text(&listed.output), "in pieces: {}", &told);
        let mut lost = Lost::new();
        losses
            .iter()
            .for_each(|one| *lost.entry((one.kind, one.field.to_string())).or_default() += one.count);
        prop_assert_eq!(&lost, &listed.lost, "losses in pieces: {}", &told);
    }
    declared(rig, from, to, &direct, &told)
}

/// Whatever is lost was announced, by the plan and by its explanation.
fn declared(rig: &Rig, from: usize, to: usize, carried: &Carried, told: &str) -> Tested {
    let plan = rig.plan("GET /a", to, from);
    let operation = rig.pack.find("GET /a").unwrap();
    let explained = explain(&rig.pack, operation, &[Part::Response], version(from), version(to));
    for (kind, field) in carried.lost.keys() {
        let mut possible = plan.possible_response_losses().iter();
        // Deeper levels of a resource that holds itself are not announced one by one.
        let comes_again = rig.names(field).iter().any(|name| field.matches(&**name).count() > 1);
        prop_assert!(
            comes_again || possible.any(|lost| lost.kind == *kind && lost.field.to_string() == *field),
            "the plan does not announce {field} {kind}: {told}"
        );
        let is_misplaced = |path: &str| *kind == LossKind::Unconverted && path == field;
        prop_assert!(
            explained.places.iter().any(|place| {
                let mut losses = place.losses.iter();
                is_misplaced(&place.path)
                    || losses.any(|(_, loss)| loss.kind == *kind && loss.field.to_string() == **field)
            }),
            "the explanation does not name {field} {kind}: {told}"
        );
    }
    Ok(())
}

/// The translation is the one that is put together from those of single resources.
fn as_put_together(rig: &Rig, from: usize, to: usize, body: &str) -> Tested {
    let direct = rig.response("GET /a", from, to, body.as_bytes()).unwrap();
    let (mut expected, mut lost, mut at) = (value(body.as_bytes()), Lost::new(), from);
    while at != to {
        let up = at < to;
        let number = if up { at + 1 } else { at };
        expected = oracle::over(rig, number, up, 0, &expected, &mut lost);
        at = if up { at + 1 } else { at - 1 };
    }
    let mut told: Lost = direct.lost;
    told.retain(|(_, field), _| !field.starts_with('$'));
    lost.retain(|(_, field), _| !field.starts_with('$'));
    prop_assert_eq!(value(&direct.output), expected, "{} -> {} of {}\n{}", from, to, body, rig.text());
    prop_assert_eq!(told, lost, "losses: {} -> {} of {}\n{}", from, to, body, rig.text());
    Ok(())
}

/// Tells whether a value is the one that was sent. An added field is null beside a null, also where it was absent.
fn came_back(sent: &Value, back: &Value) -> bool {
    match (sent, back) {
        (Value::Object(sent), Value::Object(back)) => {
            let kept =
                sent.iter().all(|(name, value)| back.get(name).is_some_and(|own| came_back(value, own)));
            kept && back.iter().all(|(name, value)| sent.contains_key(name) || value.is_null())
        }
        (Value::Array(sent), Value::Array(back)) => {
            sent.len() == back.len() && sent.iter().zip(back).all(|(sent, back)| came_back(sent, back))
        }
        _ => sent == back,
    }
}

/// Laws 3 and 4: there and back is the same, where no loss is told.
fn back(rig: &Rig, from: usize, to: usize, body: &str) -> Tested {
    let there = rig.response("GET /a", from, to, body.as_bytes()).unwrap();
    let back = rig.response("GET /a", to, from, &there.output).unwrap();
    if there.lost.is_empty() && back.lost.is_empty() {
        prop_assert!(
            came_back(&value(body.as_bytes()), &value(&back.output)),
            "{from} -> {to} and back of {body}, by way of {}: {}\n{}",
            text(&there.output),
            text(&back.output),
            rig.text()
        );
    }
    Ok(())
}

/// Law 2 of forms, which has no null: the way through each version; and that nothing panics.
fn forms(rig: &Rig, from: usize, to: usize, body: &str) -> Tested {
    let text = form::of_value(&value(body.as_bytes()));
    let go = |from, to, text: &[u8]| carry_by(&rig.plan("POST /a", from, to), Side::Form, text);
    let direct = go(from, to, text.as_bytes());
    let (mut carried, mut at) = (Carried { output: text.clone().into_bytes(), lost: Lost::new() }, from);
    let mut refused = false;
    while at != to && !refused {
        let next = if at < to { at + 1 } else { at - 1 };
        match go(at, next, &carried.output) {
            Ok(one) => {
                one.lost.into_iter().for_each(|(key, count)| *carried.lost.entry(key).or_default() += count);
                carried.output = one.output;
            }
            Err(_) => refused = true,
        }
        at = next;
    }
    let told = format!("{from} -> {to} of {text}\n{}", rig.text());
    match direct {
        Ok(direct) => {
            prop_assert!(!refused, "{}", told);
            prop_assert_eq!(self::text(&carried.output), self::text(&direct.output), "{}", &told);
            prop_assert_eq!(carried.lost, direct.lost, "{}", &told);
        }
        Err(error) => prop_assert!(refused, "{error}: {told}"),
    }
    let place = Place::form(rig.pack.find("POST /a").unwrap());
    let seen = Crossing::new(&rig.pack, place, version(from), version(to)).see(&text);
    prop_assert_eq!(seen.is_ok(), !refused, "{}", told);
    Ok(())
}

fn seen(rig: &Rig, from: usize, to: usize, body: &str) -> Tested {
    let place = Place::new(rig.pack.find("GET /a").unwrap(), Part::Response);
    let direct = rig.response("GET /a", from, to, body.as_bytes());
    let seen = Crossing::new(&rig.pack, place, version(from), version(to)).see(body);
    prop_assert_eq!(seen.is_ok(), direct.is_ok(), "seen: {} -> {} of {}\n{}", from, to, body, rig.text());
    if let (Ok(seen), Ok(direct)) = (seen, direct) {
        prop_assert_eq!(seen.output, text(&direct.output));
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, max_shrink_iters: 200, max_global_rejects: 100_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn resources_inside_resources_keep_the_laws(
        pack in prop::collection::vec(any::<u16>(), 0..160),
        tape in prop::collection::vec(any::<u16>(), 0..400),
    ) {
        let rig = match Rig::new(Model::draw(&mut Draw::new(&pack))) {
            Ok(rig) => rig,
            Err(_) => return Err(TestCaseError::reject("a pack refuses these")),
        };
        let mut draw = Draw::new(&tape);
        let newest = rig.model.states.len() - 1;
        for _ in 0..4 {
            let (from, to) = (draw.below(newest + 1), draw.below(newest + 1));
            let fit = if draw.once_in(3) { Fit::Odd } else { Fit::Whole };
            let body = document(&rig.model, from, 0, fit, &mut draw);
            ways(&rig, from, to, &body, &mut draw)?;
            forms(&rig, from, to, &body)?;
            if fit == Fit::Whole {
                seen(&rig, from, to, &body)?;
                as_put_together(&rig, from, to, &body)?;
                if !rig.model.reaches_in {
                    back(&rig, from, to, &body)?;
                }
            }
        }
    }
}

/// A pack with guards that is always refused would be tried by no law.
#[test]
fn packs_with_guards_are_drawn_and_taken() {
    let mut runner = TestRunner::deterministic();
    let tapes = prop::collection::vec(any::<u16>(), 60..160);
    let mut taken = [0; 2];
    for _ in 0..200 {
        let tape = tapes.new_tree(&mut runner).unwrap().current();
        let Ok(rig) = Rig::new(Model::draw(&mut Draw::new(&tape))) else { continue };
        for (count, is) in taken.iter_mut().zip(["is = 'string'", "is = 'object'"]) {
            *count += usize::from(rig.model.changes.iter().any(|text| text.contains(is)));
        }
    }
    assert!(
        taken.iter().all(|count| *count >= 5),
        "{taken:?} of 200 have a guard that holds, and one that does not"
    );
}
