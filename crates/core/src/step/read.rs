//! Reading a step: which kind it is, and what the readers of the kinds share.

use super::{CONVERSIONS, Conversion, KINDS, KindFacts, Step};
use crate::{
    authored::{Code, Diagnostic, Table, Text, field},
    json::{Field, Scanner},
};
use std::sync::Arc;

/// Reads a step's table. What cannot be read is noted.
pub(crate) fn read(table: &mut Table<'_>, notes: &mut Vec<Diagnostic>) -> Vec<Step> {
    let kinds: Vec<&KindFacts> = KINDS.iter().filter(|kind| table.has(kind.key)).collect();
    if let [kind] = kinds[..] {
        return (kind.read)(table, notes).unwrap_or_default();
    }
    KINDS.iter().for_each(|kind| _ = table.value(kind.key));
    let keys = |kinds: &mut dyn Iterator<Item = &KindFacts>, between: &str| {
        kinds.map(|kind| kind.key).collect::<Vec<_>>().join(between)
    };
    let message = match kinds.len() {
        0 => "a step says what it does".to_owned(),
        _ => format!("a step does one thing, not {}", keys(&mut kinds.into_iter(), " and ")),
    };
    let hint = format!("begin it with one of {}", keys(&mut KINDS.iter(), ", "));
    notes.push(Diagnostic::new(Code::BadValue, &table.at(), message).label("this step").hint(hint));
    Vec::new()
}

/// Reads a field that must be there.
pub(super) fn required_field(
    table: &mut Table<'_>,
    key: &'static str,
    notes: &mut Vec<Diagnostic>,
) -> Option<Field> {
    table.required(key, notes).and_then(|text| field(&text, notes))
}

/// Reads a conversion.
pub(super) fn conversion(text: &Text<'_>, notes: &mut Vec<Diagnostic>) -> Option<Conversion> {
    let conversion = Conversion::parse(text.text);
    if conversion.is_none() {
        let message = format!("`{}` is not a conversion", text.text);
        let written = CONVERSIONS.iter().flat_map(|facts| [facts.written, facts.back]);
        let written: Vec<String> = written.map(|written| format!("`{written}`")).collect();
        let hint = format!("write one of {}; a factor is any power of ten", written.join(", "));
        notes.push(Diagnostic::new(Code::BadValue, &text.at, message).label("unknown").hint(hint));
    }
    conversion
}

/// Reads a value that a step puts into a document, written as JSON.
pub(super) fn json(text: &Text<'_>, notes: &mut Vec<Diagnostic>) -> Option<Arc<[u8]>> {
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
