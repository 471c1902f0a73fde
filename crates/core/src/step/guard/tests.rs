use super::*;
use crate::{
    authored::{Diagnostic, Source, Table, TableShape},
    json::Scanner,
    step::{Direction, Effect, lower, test::parse},
};
use std::sync::Arc;
use toml::de::DeTable;

/// Reads the conditions of a guard; its mistakes as text where it has some.
fn guard(conditions: &str) -> Result<Guard, String> {
    let source = Arc::new(Source { name: "a step".into(), text: format!("when = {conditions}") });
    let root = DeTable::parse(&source.text).unwrap();
    let shape = TableShape { what: "a step", keys: &[] };
    let mut notes: Vec<Diagnostic> = Vec::new();
    let read = read(&mut Table::root(&source, &root, &shape), false, &mut notes);
    match (read, notes.first()) {
        (Some(written), None) => Ok(written.older),
        (_, Some(note)) => Err(format!("{} {}", note.code, note.message)),
        (None, None) => panic!("{conditions}: neither a guard nor a mistake"),
    }
}

fn holds(conditions: &str, document: &str) -> bool {
    let guard = guard(conditions).unwrap();
    let mut shape = crate::json::Shape::default();
    guard.fields().for_each(|field| shape.insert(field));
    let mut object = Object::read(&mut Scanner::new(document.as_bytes()), &shape).unwrap();
    guard.holds(&mut object)
}

#[test]
fn a_guard_reads_strings_decoded_and_numbers_by_value() {
    for (conditions, document) in [
        ("{ a = 'x' }", r#"{"a":"x"}"#),
        ("{ a = 'x' }", r#"{"\u0061":"\u0078"}"#),
        ("{ a = ['y', 'x'] }", r#"{"a":"x"}"#),
        ("{ a = 1 }", r#"{"a":1.0}"#),
        ("{ a = 1.50 }", r#"{"a":15e-1}"#),
        ("{ a = 9007199254740993 }", r#"{"a":9007199254740993}"#),
        ("{ a = 0 }", r#"{"a":-0}"#),
        ("{ a = true, b = false }", r#"{"a":true,"b":false}"#),
        ("{ 'a.b' = 'x' }", r#"{"a":{"b":"x"}}"#),
        ("{ a = { is = 'null' } }", r#"{"a":null}"#),
        ("{ a = { is = ['list', 'object'] } }", r#"{"a":[1]}"#),
        ("{ a = { is = 'object' }, 'a.b' = { is = 'absent' } }", r#"{"a":{"c":1}}"#),
        ("{ 'a.b' = { is = 'absent' } }", r#"{"a":"x"}"#),
        ("{ 'a.b' = { is = 'absent' } }", "{}"),
        ("{ a = ['x', { is = ['number', 'absent'] }] }", "{}"),
        ("{ a = { not = 'x' } }", r#"{"a":"y"}"#),
        ("{ a = { not = ['x', { is = 'null' }] } }", r#"{"a":{}}"#),
        ("{ a = { not = { is = 'absent' } } }", r#"{"a":null}"#),
    ] {
        assert!(holds(conditions, document), "{conditions} {document}");
    }
    for (conditions, document) in [
        ("{ a = 'x' }", r#"{"a":"X"}"#),
        ("{ a = 'x' }", r#"{"a":["x"]}"#),
        ("{ a = 'x' }", r#"{"a":null}"#),
        ("{ a = 'x' }", "{}"),
        ("{ a = '1' }", r#"{"a":1}"#),
        ("{ a = 1 }", r#"{"a":"1"}"#),
        ("{ a = 9007199254740993 }", r#"{"a":9007199254740992}"#),
        ("{ a = true }", r#"{"a":"true"}"#),
        ("{ a = 'x', b = 'y' }", r#"{"a":"x","b":"z"}"#),
        ("{ 'a.b' = 'x' }", r#"{"a":"x"}"#),
        ("{ a = { is = 'absent' } }", r#"{"a":null}"#),
        ("{ a = { is = 'number' } }", r#"{"a":"1"}"#),
        ("{ a = { not = 'x' } }", r#"{"a":"\u0078"}"#),
        ("{ a = { not = 'x' } }", "{}"),
    ] {
        assert!(!holds(conditions, document), "{conditions} {document}");
    }
}

#[test]
fn one_parameter_decides_and_several_do_not() {
    let verdict = |conditions: &str, query: &str| {
        let guard = guard(conditions).unwrap();
        match guard.of_parameters(&Pairs::parse(query)) {
            Verdict::Holds => "holds",
            Verdict::HoldsNot => "holds not",
            Verdict::Several(_) => "several",
        }
    };
    for (conditions, query, expected) in [
        ("{ a = 'x y' }", "b=1&a=x+%79", "holds"),
        ("{ a = 1 }", "a=1.0", "holds"),
        ("{ a = true }", "a=true", "holds"),
        ("{ a = '' }", "a", "holds"),
        ("{ a = 'x' }", "a=y", "holds not"),
        ("{ a = 'x' }", "b=x", "holds not"),
        ("{ a = 'x' }", "a=x&a=x", "several"),
        ("{ a = 'x' }", "a[]=x", "several"),
        ("{ b = 'x', a = 'x' }", "b=y&a[0]=x", "several"),
        ("{ a = { is = 'absent' } }", "b=1", "holds"),
        ("{ a = { not = 'x' } }", "a=y", "holds"),
        ("{ a = { not = 'x' } }", "", "holds not"),
    ] {
        assert_eq!(verdict(conditions, query), expected, "{conditions} {query}");
    }
    let fits = |conditions: &str| guard(conditions).unwrap().fits_parameters();
    assert!(fits("{ a = ['x', 1], b = { is = 'absent' } }"));
    assert!(!fits("{ 'a.b' = 'x' }") && !fits("{ a = { is = 'null' } }"));
}

#[test]
fn mistakes_of_a_guard_are_told() {
    for (conditions, mistake) in [
        ("{}", "P05 `when` names no field"),
        ("'card'", "P04 a guard is a table, not a string"),
        ("{ a = [] }", "P09 no value is in this list"),
        ("{ a = { is = [] } }", "P09 `is` names no type"),
        ("{ a = { is = 'strin' } }", "P05 `strin` is no type"),
        ("{ a = { is = 1 } }", "P04 `is` is a string, not an integer"),
        ("{ plan = { kind = 'a' } }", "P05 a condition in braces has one key, `is` or `not`"),
        ("{ a = { not = 'x', is = 'null' } }", "P05 a condition says one thing"),
        (
            "{ a = 2026-01-01 }",
            "P04 a value of a guard is a string, a number, true, false, or a list of them, not a datetime",
        ),
        ("{ a = inf }", "P05 `inf` is no number of JSON"),
        (
            "{ a = 0x1f }",
            "P04 a value of a guard is a string, a number, true, false, or a list of them, not an integer",
        ),
        (
            "{ 'a[0]' = 'x' }",
            "P07 `a[0]` is JSONPath that cannot be compiled: it selects one element by its index",
        ),
    ] {
        assert_eq!(guard(conditions).unwrap_err(), mistake, "{conditions}");
    }
}

#[test]
fn a_guard_is_told_in_words() {
    for (conditions, told) in [
        ("{ b = 'x', a = ['y', 1.50, true] }", r#"a is "y" or 1.50 or true and b is "x""#),
        (
            "{ a = { is = ['object', 'absent', 'null', 'list'] } }",
            "a is an object or absent or null or a list",
        ),
        ("{ 'a.b' = { not = ['x', 'y'] } }", r#"a.b is not "x" nor "y""#),
    ] {
        assert_eq!(guard(conditions).unwrap().to_string(), told);
    }
}

#[test]
fn guards_that_exclude_each_other_are_told_from_those_that_do_not() {
    let both = |one: &str, other: &str| guard(one).unwrap().may_hold_with(&guard(other).unwrap());
    for (one, other) in [
        ("{ a = 'x' }", "{ a = 'y' }"),
        ("{ a = ['x', 1] }", "{ a = [1.5, 'z'] }"),
        ("{ a = 'x', b = 'u' }", "{ a = 'x', b = 'v' }"),
        ("{ a = 'x' }", "{ a = { not = ['y', 'x'] } }"),
        ("{ a = 'x' }", "{ a = { is = 'number' } }"),
        ("{ a = 1 }", "{ a = { not = { is = 'number' } } }"),
        ("{ a = { is = 'absent' } }", "{ a = { not = 'x' } }"),
        ("{ a = 'x' }", "{ 'a.b' = 'y' }"),
        ("{ a = { is = 'absent' } }", "{ 'a.b.c' = 'y' }"),
    ] {
        assert!(!both(one, other) && !both(other, one), "{one} {other}");
    }
    for (one, other) in [
        ("{ a = 'x' }", "{ b = 'y' }"),
        ("{ a = ['x', 1] }", "{ a = 1.0 }"),
        ("{ a = 'x' }", "{ a = { is = 'string' } }"),
        ("{ a = { not = 'x' } }", "{ a = { not = 'y' } }"),
        ("{ a = { is = ['string', 'object'] } }", "{ 'a.b' = 'y' }"),
        ("{ a = 'x' }", "{ 'a.b' = { is = 'absent' } }"),
    ] {
        assert!(both(one, other) && both(other, one), "{one} {other}");
    }
    assert!(guard("{ a = 'x', 'a.b' = 'y' }").unwrap().never_holds());
    assert!(!guard("{ a = { is = 'object' }, 'a.b' = 'y' }").unwrap().never_holds());
}

#[test]
fn a_guard_follows_what_its_field_becomes() {
    let followed = |conditions: &str, step: &str| {
        let steps = parse(&step.replace(", ", "\n")).unwrap();
        let effects = lower(Direction::Up, &steps.iter().collect::<Vec<_>>());
        follow(&guard(conditions).unwrap(), &effects).map(|guard| guard.to_string()).ok()
    };
    for (conditions, step, newer) in [
        ("{ a = 'x' }", "move = 'a', to = 'b'", Some(r#"b is "x""#)),
        ("{ 'a.c' = 'x' }", "move = 'a', to = 'g.b'", Some(r#"g.b.c is "x""#)),
        ("{ a = 'x' }", "move = 'c', to = 'b'", Some(r#"a is "x""#)),
        ("{ a = { is = 'object' } }", "move = 'c', to = 'a.b'", Some("a is an object")),
        ("{ a = 'x' }", "move = 'c', to = 'a.b'", None),
        ("{ a = { is = 'object' } }", "move = 'a.b', to = 'c'", None),
        ("{ b = 'x' }", "move = 'a', to = 'b'", None),
        ("{ a = { is = 'absent' } }", "move = 'a', to = 'b'", None),
        ("{ a = ['x', 'z'] }", "map = 'a', values = { x = 'y' }", Some(r#"a is "y" or "z""#)),
        ("{ a = 'y' }", "map = 'a', values = { x = 'y' }", None),
        ("{ a = 'x' }", "map = 'a', up = { x = 'y' }", None),
        ("{ a = { is = 'string' } }", "map = 'a', values = { x = 'y' }", None),
        ("{ a = 12.5 }", "move = 'a', to = 'b', as = 'number -> decimal'", Some(r#"b is "12.50""#)),
        ("{ a = 'x' }", "convert = 'a', as = 'number -> decimal'", None),
        ("{ a = 'x' }", "as_list = 'a'", None),
        ("{ a = 'x' }", "add = 'b', value = '1'", Some(r#"a is "x""#)),
        ("{ a = { is = 'absent' } }", "add = 'a', value = '1'", None),
        ("{ a = 'x' }", "drop = 'a', restore = '1'", None),
        ("{ a = { is = 'object' } }", "drop = 'a.b', restore = '1'", Some("a is an object")),
        ("{ a = 'x' }", "move = 'a', to = 'a.id'", Some(r#"a.id is "x""#)),
        ("{ a = { is = ['string', 'null'] } }", "move = 'a', to = 'a.id'", None),
        ("{ 'a.id' = 'x' }", "ref = 'a', to = 'id'", Some(r#"a is "x""#)),
        ("{ a = { is = 'object' } }", "ref = 'a', to = 'id'", None),
        ("{ 'a.kind' = 'x' }", "ref = 'a', to = 'id'", None),
        ("{ 'a.object' = 'x' }", "tag = 'a', with = 'object', value = 'y'", None),
        ("{ 'a.kind' = 'x' }", "tag = 'a', with = 'object', value = 'y'", Some(r#"a.kind is "x""#)),
    ] {
        assert_eq!(followed(conditions, step).as_deref(), newer, "{conditions}: {step}");
    }
}

#[test]
fn effects_of_one_guard_ask_it_once() {
    let text = "move = 'a'\nto = 'b'\nas = 'number -> decimal'\nwhen = { t = 'x' }";
    let other = "drop = 'c'\nrestore = '1'\nwhen = { t = 'x' }";
    let steps = [parse(text).unwrap(), parse(other).unwrap()].concat();
    let effects = lower(Direction::Up, &steps.iter().collect::<Vec<_>>());
    let [Effect::Guarded(guarded)] = &effects[..] else { panic!("{effects:?}") };
    assert!(matches!(
        &guarded.effects[..],
        [Effect::Reform { .. }, Effect::Relocate { .. }, Effect::Remove { .. }]
    ));
}
