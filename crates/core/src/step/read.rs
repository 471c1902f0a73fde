//! Reading a step: which kind it is, and what the readers of the kinds share.

use super::{
    CONVERSIONS, Conversion, Direction, KINDS, KindFacts, Scalar, Step, elements, guard, guarded::WrittenStep,
};
use crate::{
    alike::closest,
    authored::{Code, Diagnostic, Table, TableShape, Text, field},
    json::{Field, Scanner},
};
use std::sync::Arc;

/// The table of a step. Its keys are those of its kind.
pub(crate) const TABLE: TableShape = TableShape { what: "a step", keys: &[] };

/// Reads a step's table with its guard. What cannot be read is noted.
pub(crate) fn read(table: &mut Table<'_>, notes: &mut Vec<Diagnostic>) -> WrittenStep {
    let at = table.at();
    let (steps, lists) = steps(table, notes);
    let guard = guard::read(table, true, notes);
    WrittenStep { steps, guard, lists, at }
}

/// Reads the steps that a table stands for, and the lists whose elements they run on.
fn steps(table: &mut Table<'_>, notes: &mut Vec<Diagnostic>) -> (Vec<Step>, Vec<Field>) {
    let kinds: Vec<&KindFacts> = KINDS.iter().filter(|kind| table.has(kind.key)).collect();
    if let [kind] = kinds[..] {
        let steps = of_kind(kind, table, notes);
        let lists = if steps.is_empty() { Vec::new() } else { elements::read(kind, table, &steps, notes) };
        return (steps, lists);
    }
    let note = match &kinds[..] {
        [] => no_kind(table),
        several => {
            let keys: Vec<&str> = several.iter().map(|kind| kind.key).collect();
            let message = format!("a step does one thing, not {}", keys.join(" and "));
            let usages: Vec<String> = several.iter().map(|kind| kind.syntax()).collect();
            let hint = format!("write a step for each: {}", usages.join(", "));
            Diagnostic::new(Code::BadValue, &table.at(), message).label("this step").hint(hint)
        }
    };
    table.tell(note, notes);
    (Vec::new(), Vec::new())
}

/// Words that other languages have for the kinds.
const SYNONYMS: &[(&str, &str)] = &[
    ("rename", "move"),
    ("nest", "move"),
    ("remove", "drop"),
    ("delete", "drop"),
    ("cast", "convert"),
    ("enum", "map"),
    ("replace", "map"),
    ("tuples", "table"),
];

/// A note on a step that begins with no kind.
fn no_kind(table: &Table<'_>) -> Diagnostic {
    let kinds = || KINDS.iter().map(|kind| kind.key);
    for (key, at) in table.places() {
        let synonym = SYNONYMS.iter().find(|(word, _)| *word == key).map(|(_, kind)| *kind);
        if let Some(kind) = synonym.or_else(|| closest(key, kinds())) {
            let message = format!("a step has no key `{key}`");
            let hint = format!("did you mean `{kind}`?");
            return Diagnostic::new(Code::UnknownKey, &at, message).label("not a key here").hint(hint);
        }
    }
    let hint = format!(
        "begin it with one of {}; transforms/README.md has a table of changes and the step for each",
        kinds().collect::<Vec<_>>().join(", ")
    );
    Diagnostic::new(Code::BadValue, &table.at(), "a step says what it does").label("this step").hint(hint)
}

/// Reads the table of a step of this kind. Its keys are those that the reader asks for, which the usages of the kind list.
fn of_kind(kind: &KindFacts, table: &mut Table<'_>, notes: &mut Vec<Diagnostic>) -> Vec<Step> {
    for key in kind.keys() {
        key.was.into_iter().for_each(|was| table.rename(key.name, was));
    }
    table.written_as(kind.syntax());
    let steps = (kind.read)(table, notes);
    let is_listed = |name: &str| kind.keys().any(|key| key.name == name || key.was == Some(name));
    debug_assert!(
        table.known().iter().all(|name| is_listed(name)),
        "`{}` reads {:?}",
        kind.key,
        table.known()
    );
    steps.unwrap_or_else(|| {
        // The reader may have stopped at a mistake: what it had not come to yet is no second one.
        kind.keys().for_each(|key| table.know(key.name));
        Vec::new()
    })
}

/// Reads a field that must be there.
pub(super) fn required_field(
    table: &mut Table<'_>,
    key: &'static str,
    notes: &mut Vec<Diagnostic>,
) -> Option<Field> {
    table.required(key, notes).and_then(|text| field(&text, true, notes))
}

/// Reads fields that must be there: one, or several in brackets.
pub(super) fn fields(
    table: &mut Table<'_>,
    key: &'static str,
    notes: &mut Vec<Diagnostic>,
) -> Option<Vec<Field>> {
    if !table.must_have(key) {
        return None;
    }
    let (before, at) = (notes.len(), table.at());
    let texts = table.strings(key, notes);
    let fields: Vec<Field> = texts.iter().filter_map(|text| field(text, true, notes)).collect();
    if notes.len() == before && fields.is_empty() {
        let note = Diagnostic::new(Code::BadValue, &at, format!("`{key}` names no field")).label("this step");
        notes.push(note.hint(format!("write them in brackets: {key} = [\"status\", \"paused\"]")));
    }
    (notes.len() == before).then_some(fields)
}

/// Reads a field that must be there, and tells whether its elements are meant: `languages[*]`.
pub(super) fn required_elements(
    table: &mut Table<'_>,
    key: &'static str,
    notes: &mut Vec<Diagnostic>,
) -> Option<(Field, bool)> {
    let text = table.required(key, notes)?;
    match text.text.strip_suffix("[*]") {
        Some(list) => field(&Text { text: list, at: text.at }, true, notes).map(|field| (field, true)),
        None => field(&text, true, notes).map(|field| (field, false)),
    }
}

/// Reads which of the versions has the other form, or a field: the direction in which that comes. It is the newer one, unless
/// the step says so.
pub(super) fn side(table: &mut Table<'_>, notes: &mut Vec<Diagnostic>) -> Option<Direction> {
    let Some(text) = table.string("in", notes) else { return Some(Direction::Up) };
    match text.text {
        "newer" => Some(Direction::Up),
        "older" => Some(Direction::Down),
        other => {
            let message = format!("`{other}` is no version");
            let note = Diagnostic::new(Code::BadValue, &text.at, message);
            notes.push(note.label("`older` or `newer` belongs here"));
            None
        }
    }
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
            let is_word = !text.text.is_empty() && text.text.bytes().all(|byte| byte.is_ascii_alphanumeric());
            let hint = match is_word {
                true => format!("write '\"{}\"' for the text: values are JSON in single quotes", text.text),
                false => "values are JSON in single quotes: '\"usd\"', 'null', '[]', '0'".to_owned(),
            };
            notes.push(Diagnostic::new(Code::BadValue, &text.at, message).label("not JSON").hint(hint));
            None
        }
    }
}

/// Reads a scalar, written as JSON; `None` where there is a mistake.
pub(super) fn scalar(
    table: &mut Table<'_>,
    key: &'static str,
    notes: &mut Vec<Diagnostic>,
) -> Option<Option<Scalar>> {
    let Some(text) = table.string(key, notes) else { return Some(None) };
    let value = json(&text, notes)?;
    let scalar = std::str::from_utf8(&value).ok().and_then(Scalar::read);
    if scalar.is_none() {
        let message = format!("`{}` is no single value", text.text);
        let note = Diagnostic::new(Code::BadValue, &text.at, message).label("a list or an object");
        notes.push(note.hint("write a string, a number, a boolean or null"));
    }
    scalar.map(Some)
}
