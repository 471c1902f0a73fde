//! The tree refuses what no document fits, and takes what one does.

use super::{oldest::Needed, *};
use crate::{
    json::Name,
    plan::random::{documents, step},
    step::{Direction, LossKind, Step, shape, test::parse},
};
use proptest::prelude::*;
use serde_json::{Map, Value};

/// Follows steps, a version each; what is said of the first that is refused.
fn refused(versions: &[&str]) -> Option<String> {
    let mut tree = FieldTree::new();
    for (number, text) in versions.iter().enumerate() {
        tree.enter(format!("2025-01-{:02}", number + 2).parse().unwrap());
        for step in parse(text).unwrap_or_else(|| panic!("{text}")) {
            for effect in step.effects(Direction::Up) {
                if let Err(conflict) = tree.follow(&effect) {
                    return Some(format!("{} {}", conflict.code, conflict.message));
                }
            }
        }
    }
    None
}

fn moved(from: &str, to: &str) -> String {
    format!("move = '{from}'\nto = '{to}'")
}

#[track_caller]
fn check(versions: &[String], said: Option<&str>) {
    let versions: Vec<&str> = versions.iter().map(String::as_str).collect();
    assert_eq!(refused(&versions).as_deref(), said, "{versions:#?}");
}

#[test]
fn what_a_value_was_put_into_goes_with_it() {
    let (wrap, hoist) = (moved("plan", "plan.id"), moved("plan.id", "pid"));
    check(&[wrap.clone(), hoist.clone(), moved("x", "plan")], None);
    check(
        &[wrap.clone(), hoist.clone(), wrap.clone()],
        Some("P09 plan can match nothing: plan is gone with what was moved to pid by 2025-01-03"),
    );
    check(
        &[wrap.clone(), moved("x", "plan")],
        Some("P08 plan is there already: a rule of 2025-01-02 names it"),
    );
    check(&[wrap.clone(), moved("x", "plan.name"), hoist], None);
    check(
        &[wrap, moved("plan.name", "name")],
        Some("P09 plan.name can match nothing: plan has no `name`, says a rule of 2025-01-02"),
    );
}

/// An amount of an unknown unit stays. No other version may take it for one that has changed.
#[test]
fn an_amount_is_given_one_unit() {
    let scale = |scaling: &str| format!("scale = 'a'\nas = '{scaling}'\nby = 'c'\nin = 'decimals'");
    let (up, down) = ("number -> minor", "minor -> number");
    for (first, second) in
        [(up, down), (down, up), (up, up), (up, "minor -> decimal"), (down, "decimal -> minor")]
    {
        let said = refused(&[&scale(first), &scale(second)]).unwrap_or_default();
        assert!(
            said.starts_with(&format!("P08 a is given another unit by `{second}` after `{first}`")),
            "{said}"
        );
    }
    let (to_minor, to_decimal) = (scale("decimal -> minor"), scale("minor -> decimal"));
    check(&[to_minor.clone(), to_decimal.clone()], None);
    check(&[to_decimal.clone(), to_minor.clone()], None);
    assert!(refused(&[&to_minor, &to_decimal, &to_minor]).is_some(), "the first may have left it");
    let guarded = format!("{}\nwhen = {{ b = 'x' }}", scale(up));
    for second in [scale(down), guarded.clone(), "convert = 'a'\nas = 'number * 0.01'".into()] {
        assert!(refused(&[&guarded, &second]).is_some(), "{second}");
    }
    check(
        &[scale(up), moved("a", "b"), scale(up)],
        Some("P09 a can match nothing: a is moved to b by 2025-01-03"),
    );
    assert!(refused(&[&scale(up), &moved("a", "b"), &scale(up).replace("'a'", "'b'")]).is_some());
    check(&[scale(up), "convert = 'a'\nas = 'number -> string'".into()], None);
}

#[test]
fn the_elements_of_a_list_have_fields_of_their_own() {
    let (renamed, single) = (moved("items[*].a", "items[*].b"), "as_list = 'items'\nin = 'older'".to_owned());
    check(&[renamed.clone(), single.clone(), moved("items.b", "items.c")], None);
    check(
        &[renamed.clone(), single, moved("items.a", "items.c")],
        Some("P09 items.a can match nothing: items.a is moved to items.b by 2025-01-02"),
    );
    check(
        &[renamed.clone(), moved("items", "lines"), moved("lines[*].a", "lines[*].c")],
        Some("P09 lines.a can match nothing: lines.a is moved to items.b by 2025-01-02"),
    );
    check(
        &[renamed.clone(), moved("items.b", "c")],
        Some("P09 items.b can match nothing: items is no object, says a rule of 2025-01-02"),
    );
    let add = "add = 'discounts[*].kind'\nvalue = '\"once\"'".to_owned();
    check(&[moved("coupon", "discounts.coupon"), "as_list = 'discounts'".to_owned(), add], None);
}

#[test]
fn a_value_becomes_an_object_once_and_an_object_a_value_once() {
    let (wrap, unwrap) = (moved("plan", "plan.id"), moved("plan.id", "plan"));
    let object = "P08 plan is an object: a rule of 2025-01-02 names what is in it";
    check(&[wrap.clone(), wrap.clone()], Some(object));
    check(&[wrap.clone(), unwrap.clone(), wrap.clone()], None);
    let add = "add = 'plan.id'\nvalue = '1'\nbeside = 'plan.name'".to_owned();
    check(&[add, wrap.clone()], Some(object));
    check(
        &[unwrap.clone(), moved("plan.name", "name")],
        Some("P09 plan.name can match nothing: plan is no object, says a rule of 2025-01-02"),
    );
    check(&[moved("plan.name", "name"), unwrap.clone()], None);
    check(
        &[unwrap.clone(), unwrap],
        Some("P09 plan.id can match nothing: plan is no object, says a rule of 2025-01-02"),
    );
    check(
        &[moved("g.x", "x"), "convert = 'g'\nas = 'number * 10'".into()],
        Some("P08 g is an object: a rule of 2025-01-02 names what is in it"),
    );
    check(
        &["convert = 'g'\nas = 'number * 10'".into(), moved("x", "g.x")],
        Some("P08 g.x has no place: g is no object, says a rule of 2025-01-02"),
    );
}

#[test]
fn a_group_may_come_again_and_have_other_members() {
    check(&[moved("g", "h"), moved("x", "g.x"), moved("g.x", "y")], None);
    check(
        &[moved("g", "h"), moved("x", "g.x"), moved("g.z", "z")],
        Some("P09 g.z can match nothing: g has no `z`, says a rule of 2025-01-03"),
    );
    check(&[moved("x", "g.x"), moved("g.z", "z"), moved("g", "h"), moved("h.w", "w")], None);
    check(
        &["drop = 'g'\nrestore = '1'".into(), moved("g.z", "z")],
        Some("P09 g.z can match nothing: g is dropped by 2025-01-02"),
    );
    check(
        &["drop = 'g.x'\nrestore = '1'".into(), moved("x", "g")],
        Some("P08 g is there already: a rule of 2025-01-02 names it"),
    );
}

#[test]
fn a_value_has_one_form_at_a_time() {
    let convert = |field: &str, how: &str| format!("convert = '{field}'\nas = '{how}'");
    let copy = "add = 'b'\ncopy = 'a'".to_owned();
    let (up, down) = ("number -> decimal", "decimal -> number");
    check(&[convert("a", up), moved("a", "b"), convert("b", down)], None);
    check(
        &[convert("a", up), convert("a", "number * 10")],
        Some("P08 a is converted `number * 10` after `number -> decimal`"),
    );
    check(&[copy.clone(), convert("a", up), convert("b", "number * 10")], None);
    check(
        &[copy.clone(), convert("a", up), convert("b", down)],
        Some("P08 b is converted `decimal -> number`, and a copy of it from another form"),
    );
    check(
        &[copy, moved("a", "a.id"), moved("b.x", "x")],
        Some("P09 b.x can match nothing: b is no object, says a rule of 2025-01-02"),
    );
    let add = "add = 'b'\nvalue = '\"1.00\"'\nbeside = 'a'".to_owned();
    check(&[add.clone(), convert("b", down), convert("b", up)], None);
    check(&[add, convert("b", up)], Some("P08 b has no other form: a rule writes \"1.00\" there"));
}

/// A document of the oldest version: what rules need, and what no rule has named from another one.
fn document(oldest: &Oldest, extra: &Value) -> Value {
    let mut document = Value::Object(Map::new());
    for (names, needed) in oldest.iter() {
        let value = match needed {
            Needed::Absent => continue,
            Needed::Any => "x".into(),
            Needed::Object => Value::Object(Map::new()),
            Needed::Value(None) => "y of none".into(),
            Needed::Value(Some(conversion)) => {
                let texts = ["0", "\"0\"", "\"0.00\"", "true", "\"true\"", "\"1970-01-01T00:00:00Z\""];
                let fits = |text: &&str| conversion.apply(&text.as_bytes().into()).is_some();
                serde_json::from_str(texts.iter().find(|text| fits(text)).unwrap()).unwrap()
            }
        };
        place(&mut document, names, value);
    }
    join(&mut document, extra, &[], oldest);
    document
}

fn place(document: &mut Value, names: &[Name], value: Value) {
    let Some((name, rest)) = names.split_first() else { return };
    if !document.is_object() {
        *document = Value::Object(Map::new());
    }
    let members = document.as_object_mut().unwrap();
    match rest {
        [] => _ = members.entry(name.text()).or_insert(value),
        rest => place(members.entry(name.text()).or_insert(Value::Null), rest, value),
    }
}

/// Adds the members of another document that rules do not need to be absent.
fn join(document: &mut Value, extra: &Value, names: &[Name], oldest: &Oldest) {
    let (Value::Object(members), Value::Object(extra)) = (document, extra) else { return };
    for (name, value) in extra {
        let names: Vec<Name> = names.iter().cloned().chain([Name::new(name)]).collect();
        if oldest.is_known(Some(&names)) || members.contains_key(name) {
            if let Some(known) = members.get_mut(name) {
                join(known, value, &names, oldest);
            }
        } else {
            members.insert(name.clone(), value.clone());
        }
    }
}

/// The effect on one document.
#[derive(Debug, PartialEq)]
enum OnDocument {
    /// It does nothing.
    Nothing,
    /// It does what it says.
    Clean,
    /// It takes the place of an empty object, of which nothing is lost.
    TakesEmpty,
    /// A value keeps its text, or replaces another one.
    Contradicts,
}

fn run(effect: &Effect, document: &mut Value) -> OnDocument {
    let text = document.to_string();
    let mut object = Object::read(&mut Scanner::new(text.as_bytes()), &shape([effect])).unwrap();
    object.settle();
    let (mut losses, mut out) = (Losses::default(), Vec::new());
    effect.run(&mut object, &mut losses);
    object.write(&mut out);
    let before = std::mem::replace(document, serde_json::from_slice(&out).unwrap());
    let is_target = |field: &str| effect.moves().is_some_and(|(_, to)| to.to_string() == field);
    let stood_empty = |field: &str| {
        let pointer = format!("/{}", field.replace('.', "/"));
        !is_target(field) && before.pointer(&pointer).and_then(Value::as_object).is_some_and(Map::is_empty)
    };
    let may_drop = match effect {
        Effect::Remove { .. } | Effect::Narrow { .. } | Effect::Untag(_) | Effect::Reform { .. } => true,
        Effect::Joint(_) => true,
        Effect::Relocate { .. } | Effect::Make { .. } | Effect::Widen { .. } | Effect::Tag(_) => false,
        Effect::Guarded(_) | Effect::Elements(_) => panic!("{effect:?} is none of all objects"),
    };
    let contradicts = losses.iter().any(|lost| match lost.kind {
        // Which words there are is not followed.
        LossKind::Unconverted => !matches!(effect, Effect::Reform { form: ValueForm::Mapped { .. }, .. }),
        LossKind::Dropped => !may_drop && !stood_empty(&lost.field),
        LossKind::MadeUp | LossKind::Unsaid => false,
    });
    let takes_empty = losses.iter().any(|lost| lost.kind == LossKind::Dropped && stood_empty(&lost.field));
    match contradicts {
        true => OnDocument::Contradicts,
        false if takes_empty => OnDocument::TakesEmpty,
        false if before == *document => OnDocument::Nothing,
        false => OnDocument::Clean,
    }
}

/// Tells whether the rule has removed a field and the group that it stood in.
fn took_its_group(effect: &Effect, after: &Value) -> bool {
    let Effect::Remove { field, .. } = effect else { return false };
    let Some((group, _)) = field.split() else { return false };
    let at = group.iter().try_fold(after, |value, name| value.get(name.text()));
    at.is_none()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, max_global_rejects: 100_000, ..ProptestConfig::default() })]

    /// A history that is taken contradicts no document that has what the rules need. One that is refused does nothing to any document
    /// that the rules before it all do something to, or contradicts it.
    #[test]
    fn what_is_taken_fits_and_what_is_refused_does_not(
        steps in prop::collection::vec(step(), 1..9),
        extras in documents(),
    ) {
        let effects = steps.concat().into_iter().flat_map(|step: Step| step.effects(Direction::Up));
        // Whether a value is a list is not followed, nor what requests alone get, nor the values that maps and tables write.
        let is_of_lists = |effect: &Effect| {
            use ValueForm::{Each, Listed, Mapped, Single};
            match effect {
                Effect::Reform { form, .. } => matches!(form, Each(_) | Listed { .. } | Mapped { .. } | Single { .. }),
                Effect::Make { made: Made::Derived(derived), .. } => derived.lookup.is_some(),
                Effect::Make { made: Made::Computed(_), .. } => true,
                other => matches!(other, Effect::Joint(_)),
            }
        };
        // What runs on some objects only is followed on those alone.
        let is_of_some = |effect: &Effect| matches!(effect, Effect::Guarded(_) | Effect::Elements(_));
        let followed = |effect: &Effect| !is_of_lists(effect) && !effect.is_of_requests() && !is_of_some(effect);
        let effects: Vec<Effect> = effects.filter(followed).collect();
        let (mut tree, mut taken, mut refused) = (FieldTree::new(), Vec::new(), Vec::new());
        for effect in &effects {
            let before = tree.clone();
            match tree.follow(effect) {
                Ok(()) => taken.push(effect),
                Err(conflict) => {
                    tree = before.clone();
                    refused.push((before, taken.len(), effect, conflict));
                }
            }
        }
        let mut plain = document(&tree.oldest, &Value::Null);
        for effect in &taken {
            let before = plain.clone();
            prop_assert_ne!(run(effect, &mut plain), OnDocument::Contradicts, "{:?} of {:?} on {}", effect, taken, before);
        }
        for (tree, count, effect, conflict) in &refused {
            for extra in &extras {
                let Ok(extra) = serde_json::from_str(extra) else { continue };
                let first = document(&tree.oldest, &extra);
                let mut last = first.clone();
                // A document that a rule does nothing to does not have what it needs.
                let mut unfit = |effect: &&Effect| match run(effect, &mut last) {
                    OnDocument::Contradicts | OnDocument::TakesEmpty => true,
                    OnDocument::Nothing => !matches!(effect, Effect::Reform { .. }),
                    // A group goes with the last of its members, and the tree follows fields, not whole documents.
                    OnDocument::Clean => took_its_group(effect, &last),
                };
                if taken[..*count].iter().any(&mut unfit) {
                    continue;
                }
                let before = last.clone();
                prop_assert_ne!(
                    run(effect, &mut last), OnDocument::Clean,
                    "{:?} ({:?}) after {:?} on {} from {}", effect, conflict, &taken[..*count], before, first
                );
            }
        }
    }
}
