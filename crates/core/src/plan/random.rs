//! Steps and documents for the tests of plans: steps of every kind that the table of kinds lists, written in every way
//! that it says.

use crate::step::{
    CONVERSIONS, Direction, Effect, GUARDED, Holds, KINDS, Key, KindFacts, Step, Usage, test::parse,
};
use proptest::{
    prelude::*,
    strategy::{Union, ValueTree},
    test_runner::TestRunner,
};
use std::collections::BTreeSet;

const NAMES: [&str; 6] = ["a", "b", "c", "g", "h", "object"];

/// The values that a key may have, as TOML.
fn values(key: Key) -> BoxedStrategy<String> {
    let name = || prop::sample::select(&NAMES[..]);
    let texts = |texts: &'static [&'static str]| prop::sample::select(texts).prop_map(str::to_owned).boxed();
    match key.holds {
        Holds::Field => prop_oneof![
            2 => name().prop_map(|name| format!("'{name}'")),
            1 => (name(), name()).prop_map(|(one, other)| format!("'{one}.{other}'")),
            1 => name().prop_map(|name| format!("'{name}[*]'")),
            2 => name().prop_map(|name| format!("'h[*].{name}'"))
        ]
        .boxed(),
        Holds::Conversion => {
            let written = CONVERSIONS.iter().flat_map(|facts| [facts.written, facts.back]);
            let more = ["number -> decimal", "decimal -> number", "number * 0.01"];
            let written: Vec<String> = written.chain(more).map(|written| format!("'{written}'")).collect();
            prop::sample::select(written).boxed()
        }
        Holds::Json => texts(&["'null'", "'{\"z1\":1}'", "'\"x\"'", "'\"1.00\"'", "'[]'", "'0'", "'\"0\"'"]),
        Holds::Name => texts(&["'object'"]),
        Holds::Text => texts(&["'x'"]),
        Holds::Why => texts(&["'known'"]),
        Holds::Words if key.name == "values" => texts(&["{ x = 'y' }", "[['1', '\"x\"'], ['null', 'true']]"]),
        Holds::Words => texts(&["{ z = 'x' }"]),
        Holds::Side => texts(&["'older'", "'newer'"]),
        Holds::Flag => texts(&["true", "false"]),
        Holds::Separator => texts(&["','"]),
        Holds::Fields => texts(&["['a', 'b']", "['b', 'c']", "['c', 'object']", "['g.a', 'g.b']"]),
        Holds::Rows if key.name == "rows" => texts(&[
            "[['\"x\", 1', '\"y\", null'], ['\"x\", absent', '1, true']]",
            "[['\"x\", \"y\"', '\"y\", \"x\"'], ['null, 1', 'absent, 0.5']]",
        ]),
        Holds::Rows => texts(&["[['\"1.00\", any', '\"y\", null']]", "[['any, true', 'absent, absent']]"]),
        Holds::Lookup => texts(&["'decimals'"]),
        Holds::Scaling => {
            texts(&["'decimal -> minor'", "'minor -> decimal'", "'number -> minor'", "'minor -> number'"])
        }
        Holds::Sources => {
            texts(&["['a', 'b']", "['b', 'g.a', 'c']", "'a[*]'", "'b[*].z1'", "['c[*]', 'g.b']", "'g.a[*]'"])
        }
        Holds::Aggregate => texts(&["'min'", "'max'", "'sum'", "'first'", "'join'"]),
        Holds::Tuple => texts(&["'\"x\", 1'", "'absent, null'"]),
        Holds::Guard => texts(&[
            "{ a = 'x' }",
            "{ b = ['x', 1] }",
            "{ c = { is = 'null' } }",
            "{ g = { is = 'object' } }",
            "{ a = { is = ['string', 'number'] } }",
            "{ b = { not = 'x' } }",
            "{ 'g.a' = ['x', 'y', 1.0] }",
            "{ h = { is = 'absent' } }",
            "{ c = true, a = { not = { is = 'null' } } }",
            "{ 'h[*].a' = ['x', 1] }",
        ]),
    }
}

/// A step of one kind as a pack has it, a line a key, as the table of kinds says that it is written.
fn text_of(kind: &'static KindFacts) -> impl Strategy<Value = String> {
    let lines = |keys: &'static [Key]| {
        let lines = keys.iter().map(|key| values(*key).prop_map(|value| format!("{} = {value}\n", key.name)));
        lines.collect::<Vec<_>>().prop_map(|lines| lines.concat())
    };
    let usages = kind.usages.iter().filter(|usage| !usage.is_option).map(|usage| lines(usage.keys).boxed());
    let options = kind.usages.iter().filter(|usage| usage.is_option).chain(GUARDED.usages);
    // Few guards do not follow from the older version's.
    let weight = |usage: &Usage| if usage.keys[0].name == "when_new" { 0.05 } else { 0.3 };
    let options = options.map(|usage| prop::option::weighted(weight(usage), lines(usage.keys)));
    let written = (Union::new(usages), options.collect::<Vec<_>>());
    written.prop_map(|(usage, options)| {
        let all = usage + &options.into_iter().flatten().collect::<String>();
        // An option may name a key that the usage has already.
        let mut keys = BTreeSet::new();
        let once = all.lines().filter(|line| keys.insert(line.split(' ').next()));
        once.map(|line| format!("{line}\n")).collect()
    })
}

/// A move of a value into an object in its own place, or out of one.
fn reshaping() -> impl Strategy<Value = Vec<Step>> {
    let names = prop::collection::vec(prop::sample::select(&NAMES[..]), 2..4);
    (names, 1..3_usize, any::<bool>()).prop_filter_map("a pack refuses these", |(names, cut, wraps)| {
        let (outer, inner) = (names[..cut.min(names.len() - 1)].join("."), names.join("."));
        let (from, to) = if wraps { (outer, inner) } else { (inner, outer) };
        parse(&format!("move = '{from}'\nto = '{to}'"))
    })
}

/// A step of any kind, which may stand for several.
pub(crate) fn step() -> impl Strategy<Value = Vec<Step>> {
    let weight = |kind: &KindFacts| if kind.key == "move" { 6 } else { 2 };
    let of_kind = |kind| text_of(kind).prop_filter_map("a pack refuses these", |text| parse(&text)).boxed();
    let kinds = KINDS.iter().map(|kind| (weight(kind), of_kind(kind)));
    Union::new_weighted(kinds.chain([(3, reshaping().boxed())]).collect())
}

fn value() -> impl Strategy<Value = String> {
    let scalar = prop::sample::select(
        &[
            "null",
            "1",
            "0.5",
            "120.50",
            "\"1.00\"",
            "\"x\"",
            "\"y\"",
            "\"\\u0078\"",
            "\"usd\"",
            "[1]",
            "[2.50,1]",
            "[\"1.00\",\"x\"]",
            "[{\"z1\":7},{\"z1\":0.5}]",
            "[]",
            "-0",
            "1e3",
            "\"7\"",
            "true",
            "\"false\"",
            "1780315200",
            "\"2026-06-01T12:00:00Z\"",
            "\"2026-06-01T12:00:00.25Z\"",
        ][..],
    );
    let scalar = scalar.prop_map(str::to_owned).boxed();
    let member = (prop::sample::select(&NAMES[..]), scalar.clone());
    let object = prop::collection::vec(member, 0..4).prop_map(|members| object(&members)).boxed();
    let element = prop_oneof![1 => scalar.clone(), 2 => object.clone()];
    let list = prop::collection::vec(element, 0..4).prop_map(|elements| format!("[{}]", elements.join(", ")));
    prop_oneof![3 => scalar, 1 => object, 1 => list]
}

/// White space is in some places of some objects.
fn object(members: &[(&str, String)]) -> String {
    let spaced = |(index, (name, value)): (usize, &(&str, String))| match (index + value.len()) % 11 {
        3 => format!("\"{name}\":\n{value}"),
        5 => format!(" \"{name}\":{value}"),
        7 => format!("\"{name}\" :{value}"),
        9 => format!("\"{name}\":{value} "),
        _ => format!("\"{name}\":{value}"),
    };
    let members: Vec<String> = members.iter().enumerate().map(spaced).collect();
    format!("{{{}}}", members.join(","))
}

fn member_name() -> impl Strategy<Value = &'static str> {
    prop::sample::select(&["a", "b", "c", "g", "h", "object", "z1", "z2"][..])
}

/// Some documents, and of each another one with the same members and other values.
pub(crate) fn documents() -> impl Strategy<Value = Vec<String>> {
    let alike =
        prop::collection::vec((member_name(), value(), value(), any::<bool>()), 0..8).prop_map(|members| {
            let pick = |other: bool| {
                let members = members.iter().map(|(name, one, two, varies)| {
                    (*name, if other && *varies { two.clone() } else { one.clone() })
                });
                object(&members.collect::<Vec<_>>())
            };
            [pick(false), pick(true), pick(false)]
        });
    prop::collection::vec(alike, 3).prop_map(|documents| documents.concat())
}

/// A kind that the generator does not draw would be tried by no law.
#[test]
fn steps_of_every_kind_are_drawn_in_every_way() {
    let mut runner = TestRunner::deterministic();
    let mut is_new = false;
    for kind in KINDS {
        let mut written = BTreeSet::new();
        for _ in 0..400 {
            let text = text_of(kind).new_tree(&mut runner).unwrap().current();
            if parse(&text).is_some() {
                written.extend(text.lines().filter_map(|line| Some(line.split_once(" = ")?.0.to_owned())));
            }
        }
        let keys = kind.keys().chain(GUARDED.keys()).map(|key| key.name);
        // That a guard does not follow is rare, and a matter of a few kinds.
        let missing: Vec<&str> =
            keys.filter(|name| *name != "when_new" && !written.contains(*name)).collect();
        assert!(missing.is_empty(), "{}: {missing:?} of {written:?}", kind.key);
        is_new |= written.contains("when_new");
    }
    assert!(is_new, "a guard that does not follow is drawn");
    let mut shapes = BTreeSet::new();
    for _ in 0..400 {
        let steps = step().new_tree(&mut runner).unwrap().current();
        shapes.extend(steps.iter().flat_map(|step| step.effects(Direction::Up)).filter_map(|effect| {
            matches!(effect, Effect::Widen { .. } | Effect::Narrow { .. })
                .then(|| format!("{effect:?}")[..5].to_owned())
        }));
    }
    assert_eq!(shapes.len(), 2, "values are put into objects and taken out");
}
