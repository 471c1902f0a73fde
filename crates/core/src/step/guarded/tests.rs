use super::super::{Losses, shape, test::parse};
use super::*;
use crate::{
    json::{Object, Scanner},
    plan::random::{documents, step},
    step::LossKind,
};
use proptest::prelude::*;

/// A document after an effect, its losses, and whether a guard holds for it.
fn run(effect: &Effect, document: &str) -> Option<(String, Losses)> {
    let shape = shape([effect]);
    let mut object = Object::read(&mut Scanner::new(document.as_bytes()), &shape).ok()?;
    object.settle();
    let (mut losses, mut out) = (Losses::default(), Vec::new());
    effect.run(&mut object, &mut losses);
    object.write(&mut out);
    Some((String::from_utf8(out).unwrap(), losses))
}

fn holds(guard: &Guard, document: &str) -> Option<bool> {
    let mut shape = crate::json::Shape::default();
    guard.fields().for_each(|field| shape.insert(field));
    let mut object = Object::read(&mut Scanner::new(document.as_bytes()), &shape).ok()?;
    Some(guard.holds(&mut object))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, max_local_rejects: 400_000, ..ProptestConfig::default() })]

    /// Whatever the object, both directions decide alike, or say what is lost; and where the guard does not hold, nothing
    /// changes.
    #[test]
    fn the_way_back_takes_back_what_has_run_and_nothing_else(
        steps in step().prop_filter("a guard", |steps| matches!(steps[..], [Step::Guarded(_)])),
        up in any::<bool>(),
        documents in documents(),
    ) {
        let direction = if up { Direction::Up } else { Direction::Down };
        for (effect, document) in
            documents.iter().flat_map(|document| steps[0].effects(direction).into_iter().map(move |effect| (effect, document)))
        {
            let Effect::Guarded(guarded) = &effect else { panic!("{effect:?}") };
            let Some((after, losses)) = run(&effect, document) else { continue };
            let Some(has_run) = holds(&guarded.guard, document) else { continue };
            if !has_run {
                prop_assert_eq!(&after, document);
            }
            let back = guarded.back.as_ref().unwrap_or(&guarded.guard);
            let Some(is_taken_back) = holds(back, &after) else { continue };
            if has_run != is_taken_back {
                for told in guarded.told() {
                    let is_it = |kind, field: &str| kind == LossKind::Unconverted && *field == *told.shared_text();
                    let mut lost = losses.iter();
                    prop_assert!(lost.any(|lost| is_it(lost.kind, &lost.field)), "{} of {} {:?}", told, document, effect);
                }
            }
        }
    }
}

#[test]
fn a_value_that_becomes_one_that_the_guard_is_without_is_told() {
    let steps =
        parse("map = 'b'\nvalues = { a = 'a' }\nup_rest = '\"x\"'\nwhen = { b = { not = 'x' } }").unwrap();
    let effect = &steps[0].effects(Direction::Up)[0];
    let told = |document: &str| {
        let (after, losses) = run(effect, document).unwrap();
        (after, losses.iter().any(|lost| lost.kind == LossKind::Unconverted))
    };
    assert_eq!(told(r#"{"b":"y"}"#), (r#"{"b":"x"}"#.to_owned(), true));
    assert_eq!(told(r#"{"b":"a"}"#), (r#"{"b":"a"}"#.to_owned(), false));
    assert_eq!(told(r#"{"b":"x"}"#), (r#"{"b":"x"}"#.to_owned(), false));
}

/// The steps of a change under its guard, each with the guard before and after it; the mistakes where there are some.
fn change(when: &str, steps: &[&str]) -> Result<Vec<String>, Vec<String>> {
    use crate::authored::{Source, Table};
    use std::sync::Arc;
    use toml::de::DeTable;
    let mut notes = Vec::new();
    let table = |text: &str| Arc::new(Source { name: "a step".into(), text: text.into() });
    let guard = table(when);
    let root = DeTable::parse(&guard.text).unwrap();
    let guard =
        super::super::guard::read(&mut Table::root(&guard, &root, &super::super::TABLE), false, &mut notes);
    let mut written = Vec::new();
    for step in steps {
        let source = table(&format!("step = {{ {step} }}"));
        let root = DeTable::parse(&source.text).unwrap();
        let (_, value) = root.get_ref().iter().next().unwrap();
        let mut table = Table::of(&source, value, &super::super::TABLE, &mut notes).unwrap();
        written.push(super::super::read(&mut table, &mut notes));
    }
    let all = guard_all(guard.as_ref(), written, &mut notes);
    if !notes.is_empty() {
        return Err(notes.into_iter().map(|note| format!("{} {}", note.code, note.message)).collect());
    }
    let told = |step: &Step| match step {
        Step::Guarded(guarded) => {
            format!("{} -> {}", guarded.older, guarded.newer.as_ref().unwrap_or(&guarded.older))
        }
        _ => "always".to_owned(),
    };
    Ok(all.iter().map(|(step, _)| told(step)).collect())
}

#[test]
fn the_guard_of_a_change_is_that_of_each_step() {
    let card = "when = { type = 'card' }";
    assert_eq!(
        change(
            card,
            &[
                "move = 'a', to = 'b'",
                "move = 'type', to = 'kind'",
                "move = 'c', to = 'd', as = 'number -> decimal'"
            ]
        ),
        Ok(vec![
            r#"type is "card" -> type is "card""#.to_owned(),
            r#"type is "card" -> kind is "card""#.to_owned(),
            r#"kind is "card" -> kind is "card""#.to_owned(),
        ])
    );
    assert_eq!(
        change(card, &["drop = 'type', restore = '\"card\"'"]),
        Err(vec![
            "P08 this step changes type, which its guard reads: the way back could not tell where it has run"
                .to_owned()
        ])
    );
    let both = format!("{card}\nwhen_new = {{ card = {{ is = 'object' }} }}");
    let dropped = "drop = 'type', restore = '\"card\"'";
    assert_eq!(
        change(&both, &["move = 'a', to = 'b'", dropped, "move = 'details', to = 'card'"]),
        Ok(vec![
            r#"type is "card" -> type is "card""#.to_owned(),
            r#"type is "card" -> details is an object"#.to_owned(),
            "details is an object -> card is an object".to_owned(),
        ])
    );
    assert_eq!(
        change("when = { type = 'card' }\nwhen_new = { type = 'card' }", &["move = 'a', to = 'b'"]),
        Err(vec![r#"P05 `when_new` follows from `when`: it is where type is "card""#.to_owned()])
    );
    // The newer version may tell the objects by more than what follows.
    assert_eq!(
        change(
            "when = { type = 'card' }\nwhen_new = { type = 'card', b = { is = 'string' } }",
            &["move = 'a', to = 'b'"]
        ),
        Ok(vec![r#"type is "card" -> b is a string and type is "card""#.to_owned()])
    );
    assert_eq!(
        change(card, &["move = 'a', to = 'b', when_new = { x = 1 }"]),
        Err(vec![
            "P05 `when_new` says what `when` is in the newer version, and there is no `when`".to_owned()
        ])
    );
}

#[test]
fn guards_that_meet_or_never_hold_are_told() {
    let check = |when: &str, steps: &[&str], mistakes: &[&str]| {
        let told = change(when, steps).err().unwrap_or_default();
        assert_eq!(told, mistakes, "{steps:?}");
    };
    let step =
        |field: &str, to: &str, guard: &str| format!("move = '{field}', to = '{to}', when = {{ {guard} }}");
    check("", &[&step("a", "b", "t = 'x'"), &step("a", "c", "t = ['y', 'z']")], &[]);
    check("", &[&step("a", "b", "t = 'x'"), &step("b", "c", "t = 'x'")], &[]);
    check("", &[&step("a", "b", "t = 'x'"), &step("d", "c", "u = 'x'")], &[]);
    check(
        "",
        &[&step("a", "b", "t = 'x'"), "map = 't', values = { x = 'y' }", &step("a", "c", "t = 'x'")],
        &[],
    );
    check(
        "",
        &[&step("a", "b", "t = 'x'"), &step("a", "c", "u = 'x'")],
        &[r#"P08 two steps change a, and both guards can hold: t is "x"; and u is "x""#],
    );
    check(
        "",
        &[&step("a", "b", "t = 'x'"), "move = 't', to = 'u'", &step("a", "c", "u = ['x', 'y']")],
        &[r#"P08 two steps change a, and both guards can hold: u is "x"; and u is "x" or "y""#],
    );
    // The first takes `a` away, so the second cannot run on the same object.
    check("", &[&step("a", "b", "a = { is = 'number' }"), &step("a", "c", "a = { is = 'string' }")], &[]);
    let dropped = "drop = 'a', restore = 'null', when = { t = 'x' }";
    check("", &[dropped, &step("a", "c", "a = { is = 'string' }")], &[]);
    check(
        "",
        &[dropped, "move = 'z', to = 'a'", &step("a", "c", "a = { is = 'string' }")],
        &[r#"P08 two steps change a, and both guards can hold: t is "x"; and a is a string"#],
    );
    check(
        "when = { t = 'x' }",
        &[&step("a", "b", "t = 'y'")],
        &[r#"P09 no object is like this: t is "x" and t is "y""#],
    );
    check("when = { t = 'x' }", &[&step("a", "b", "u = 'y'"), &step("a", "c", "u = 'z'")], &[]);
}

#[test]
fn a_step_is_told_with_its_guard() {
    let steps = parse("move = 'kind'\nto = 'type'\nwhen = { kind = 'a' }").unwrap();
    assert_eq!(steps[0].describe(Direction::Up), r#"where kind is "a": move kind to type"#);
    assert_eq!(steps[0].describe(Direction::Down), r#"where type is "a": move type to kind"#);
}
