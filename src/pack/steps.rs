//! Reading one step. A move that converts is read as two.

use super::{
    Authored, Code, Diagnostic, Location,
    path::field,
    source::Source,
    table::{Table, Text, wrong_type},
};
use crate::{
    form::Parts,
    json::{Field, Name, Scanner},
    step::{Add, Conversion, Convert, Drop, Fill, Map, Move, Step, Tag},
};
use std::sync::Arc;
use toml::de::DeValue;

/// The key that says which kind of step it is. Exactly one stands in a step.
const KINDS: [&str; 6] = ["move", "convert", "add", "drop", "tag", "map"];

/// Reads a step's table; what cannot be read is noted.
pub(super) fn read(
    source: &Arc<Source>,
    table: &mut Table<'_>,
    notes: &mut Vec<Diagnostic>,
) -> Vec<Authored> {
    let at = table.at();
    let kinds: Vec<&str> = KINDS.into_iter().filter(|kind| table.has(kind)).collect();
    let steps = match kinds[..] {
        ["move"] => moved(table, notes),
        ["convert"] => convert(table, notes).map(|step| vec![step]),
        ["add"] => add(table, notes).map(|step| vec![step]),
        ["drop"] => drop(table, notes).map(|step| vec![step]),
        ["tag"] => tag(table, notes).map(|step| vec![step]),
        ["map"] => map(source, table, notes).map(|step| vec![step]),
        _ => {
            KINDS.into_iter().for_each(|kind| _ = table.value(kind));
            let message = match kinds.len() {
                0 => "a step says what it does".to_owned(),
                _ => format!("a step does one thing, not {}", kinds.join(" and ")),
            };
            let hint = format!("begin it with one of {}", KINDS.join(", "));
            notes.push(Diagnostic::new(Code::BadValue, &at, message).label("this step").hint(hint));
            None
        }
    };
    let authored = |step| Authored { step, at: at.clone() };
    steps.into_iter().flatten().map(authored).collect()
}

fn required_field(table: &mut Table<'_>, key: &'static str, notes: &mut Vec<Diagnostic>) -> Option<Field> {
    table.required(key, notes).and_then(|text| field(&text, notes))
}

fn moved(table: &mut Table<'_>, notes: &mut Vec<Diagnostic>) -> Option<Vec<Step>> {
    let from = required_field(table, "move", notes);
    let to = required_field(table, "to", notes);
    let conversion = table.string("as", notes).map(|text| conversion(&text, notes));
    let (from, to) = (from?, to?);
    let problem = if from == to {
        Some("a field is moved onto itself")
    } else if from.is_inside(&to) || to.is_inside(&from) {
        Some("a field is moved into itself, or onto what it is in")
    } else {
        None
    };
    if let Some(problem) = problem {
        let code = if from == to { Code::MatchesNothing } else { Code::Unsupported };
        notes.push(
            Diagnostic::new(code, &table.at(), format!("{problem}: {from} to {to}")).label("this move"),
        );
        return None;
    }
    let convert = match conversion {
        Some(conversion) => Some(Step::Convert(Convert { field: to.clone(), conversion: conversion? })),
        None => None,
    };
    Some([Step::Move(Move { from, to })].into_iter().chain(convert).collect())
}

fn convert(table: &mut Table<'_>, notes: &mut Vec<Diagnostic>) -> Option<Step> {
    let field = required_field(table, "convert", notes);
    let conversion = table.required("as", notes).and_then(|text| conversion(&text, notes));
    Some(Step::Convert(Convert { field: field?, conversion: conversion? }))
}

fn conversion(text: &Text<'_>, notes: &mut Vec<Diagnostic>) -> Option<Conversion> {
    let conversion = Conversion::parse(text.text);
    if conversion.is_none() {
        let message = format!("`{}` is not a conversion", text.text);
        let hint = "write `number -> decimal`, `decimal -> number`, or `number * 0.01` with any power of ten";
        notes.push(Diagnostic::new(Code::BadValue, &text.at, message).label("unknown").hint(hint));
    }
    conversion
}

fn add(table: &mut Table<'_>, notes: &mut Vec<Diagnostic>) -> Option<Step> {
    let field = required_field(table, "add", notes);
    let (anchor, fill) = if table.has("copy") {
        (required_field(table, "copy", notes), Some(Fill::CopyOfAnchor))
    } else {
        let value = table.required("value", notes).and_then(|text| json(&text, notes));
        (required_field(table, "beside", notes), value.map(Fill::Value))
    };
    let (field, anchor, fill) = (field?, anchor?, fill?);
    let (Some((of_field, _)), Some((of_anchor, _))) = (field.split(), anchor.split()) else { return None };
    if of_field != of_anchor || field == anchor {
        let message = format!("{field} and {anchor} are not two fields of one object");
        let hint = "a field is added beside another; an add never makes a container";
        notes.push(Diagnostic::new(Code::BadValue, &table.at(), message).label("this add").hint(hint));
        return None;
    }
    Some(Step::Add(Add { field, fill, anchor, anchor_conversion: None }))
}

fn drop(table: &mut Table<'_>, notes: &mut Vec<Diagnostic>) -> Option<Step> {
    let field = required_field(table, "drop", notes);
    let restore = table.required("restore", notes).and_then(|text| json(&text, notes));
    let known_by = table.string("known_by", notes).map(|text| text.text.to_owned());
    Some(Step::Drop(Drop { field: field?, restore: restore?, known_by }))
}

fn tag(table: &mut Table<'_>, notes: &mut Vec<Diagnostic>) -> Option<Step> {
    let field = required_field(table, "tag", notes);
    let name = table.required("with", notes).map(|text| Name::new(text.text));
    let value = table.required("value", notes).map(|text| Name::new(text.text));
    Some(Step::Tag(Tag { field: field?, name: name?, value: value? }))
}

fn map(source: &Arc<Source>, table: &mut Table<'_>, notes: &mut Vec<Diagnostic>) -> Option<Step> {
    let field = required_field(table, "map", notes);
    let Some(values) = table.value("values") else {
        let message = "a map has no `values`";
        notes.push(Diagnostic::new(Code::MissingKey, &table.at(), message).label("`values` is missing"));
        return None;
    };
    let mut pairs: Vec<(Name, Name)> = Vec::new();
    for (older, newer) in Table::of(source, values, "`values`", notes)?.names() {
        let at = Location { source: source.clone(), span: newer.span() };
        let DeValue::String(text) = newer.get_ref() else {
            notes.push(wrong_type(&at, "a value of an enumeration", "a string", newer.get_ref()));
            continue;
        };
        if pairs.iter().any(|(_, known)| known.text() == text) {
            let message = format!("two older values become `{text}`, and none could come back");
            notes.push(Diagnostic::new(Code::Contradiction, &at, message).label("stands twice"));
        }
        pairs.push((Name::new(older.text), Name::new(text)));
    }
    let parts = parts(table, notes);
    if let Some(value) = pairs.iter().flat_map(|(older, newer)| [older, newer]).find(|value| {
        let signed = parts.signs && value.text().starts_with(['-', '+']);
        signed || parts.list.is_some_and(|list| value.text().contains(list))
    }) {
        let message = format!("`{}` can match nothing: it has a sign or a separator in it", value.text());
        let label = "signs and separators stand around values";
        notes.push(Diagnostic::new(Code::MatchesNothing, &table.at(), message).label(label));
    }
    Some(Step::Map(Map { field: field?, values: pairs, parts }))
}

/// How the values of a map stand in a text: `signs = true`, `list = ","`.
fn parts(table: &mut Table<'_>, notes: &mut Vec<Diagnostic>) -> Parts {
    let signs = match table.value("signs").map(|value| (value.get_ref(), value.span())) {
        Some((DeValue::Boolean(signs), _)) => *signs,
        Some((other, span)) => {
            notes.push(wrong_type(&table.place(span), "`signs`", "true or false", other));
            false
        }
        None => false,
    };
    let separator = |text: &Text<'_>, notes: &mut Vec<Diagnostic>| {
        let mut letters = text.text.chars();
        match (letters.next(), letters.next()) {
            (Some(letter @ (',' | ';' | '|' | ':')), None) => Some(letter),
            _ => {
                let message = format!("`{}` does not stand between the values of a list", text.text);
                let label = "one of `,`, `;`, `|` and `:` belongs here";
                notes.push(Diagnostic::new(Code::BadValue, &text.at, message).label(label));
                None
            }
        }
    };
    let text = table.string("list", notes);
    let list = text.and_then(|text| separator(&text, notes));
    Parts { signs, list }
}

/// A value that a step puts into a document, written as JSON.
fn json(text: &Text<'_>, notes: &mut Vec<Diagnostic>) -> Option<Arc<[u8]>> {
    let bytes = text.text.as_bytes();
    let mut scanner = Scanner::new(bytes);
    let valid = scanner.value().and_then(|value| scanner.end().map(|()| value));
    match valid {
        Ok(value) => Some(value.into()),
        Err(fault) => {
            let message = format!("`{}` is not JSON: {fault}", text.text);
            let hint = "values are JSON in single quotes: '\"usd\"', 'null', '[]', '0'";
            notes.push(Diagnostic::new(Code::BadValue, &text.at, message).label("not JSON").hint(hint));
            None
        }
    }
}
