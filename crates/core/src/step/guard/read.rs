//! Reading a guard: `when = { type = "card", "plan.kind" = ["a", "b"], note = { is = "absent" } }`.

use super::{Accepted, Condition, Guard, JsonType};
use crate::{
    authored::{Code, Diagnostic, Location, Table, did_you_mean, field, wrong_type},
    json::number,
    step::Scalar,
};
use toml::{Spanned, de::DeValue};

/// A guard as a pack writes it.
#[derive(Debug, Clone)]
pub(crate) struct WrittenGuard {
    /// The guard in the older version.
    pub(crate) older: Guard,
    /// The guard in the newer version, where it is written.
    pub(crate) newer: Option<(Guard, Location)>,
    pub(crate) at: Location,
}

/// Reads `when` and `when_new`; `None` where there is no guard, or a mistake in it.
///
/// The guard of one step may read elements of a list, where the step runs on those.
pub(crate) fn read(
    table: &mut Table<'_>,
    of_step: bool,
    notes: &mut Vec<Diagnostic>,
) -> Option<WrittenGuard> {
    let older = guard(table, "when", of_step, notes);
    let newer = guard(table, "when_new", of_step, notes);
    match (older, newer) {
        (Some((older, at)), newer) => Some(WrittenGuard { older, newer, at }),
        (None, Some((_, at))) if !table.has("when") => {
            let message = "`when_new` says what `when` is in the newer version, and there is no `when`";
            let note = Diagnostic::new(Code::BadValue, &at, message).label("this alone is no guard");
            notes.push(note.hint("write `when`: the newer version's guard follows from it"));
            None
        }
        (None, _) => None,
    }
}

fn guard(
    table: &mut Table<'_>,
    key: &'static str,
    of_step: bool,
    notes: &mut Vec<Diagnostic>,
) -> Option<(Guard, Location)> {
    let value = table.value(key)?;
    let at = table.place(value.span());
    let fields = table.inner(value, "a guard", notes)?;
    let (mut conditions, mut is_sound) = (Vec::new(), true);
    for (name, value) in fields.names() {
        let field = field(&name, of_step, notes);
        let accepts = accepted(&fields, value, notes);
        match (field, accepts) {
            (Some(field), Some((accepts, is_negated))) => {
                conditions.push(Condition { field, accepts, is_negated });
            }
            _ => is_sound = false,
        }
    }
    if is_sound && conditions.is_empty() {
        let message = format!("`{key}` names no field");
        let note = Diagnostic::new(Code::BadValue, &at, message).label("this guard");
        notes.push(note.hint("write a field and its value, as in `{ type = \"card\" }`; or leave it out"));
        return None;
    }
    is_sound.then(|| (Guard::new(conditions), at))
}

/// Reads the values that a field may have, and tells whether they are those that it must not have.
fn accepted(
    table: &Table<'_>,
    value: &Spanned<DeValue<'_>>,
    notes: &mut Vec<Diagnostic>,
) -> Option<(Vec<Accepted>, bool)> {
    if let DeValue::Table(entries) = value.get_ref()
        && let Some((_, inner)) = entries.iter().find(|(key, _)| key.get_ref() == "not")
    {
        if entries.len() > 1 {
            let at = table.place(value.span());
            let note = Diagnostic::new(Code::BadValue, &at, "a condition says one thing").label("two keys");
            notes.push(note.hint("write `is` or `not`"));
            return None;
        }
        return Some((values(table, inner, notes)?, true));
    }
    Some((values(table, value, notes)?, false))
}

/// Reads one value or a list of them.
fn values(
    table: &Table<'_>,
    value: &Spanned<DeValue<'_>>,
    notes: &mut Vec<Diagnostic>,
) -> Option<Vec<Accepted>> {
    let DeValue::Array(values) = value.get_ref() else { return one(table, value, notes) };
    if values.is_empty() {
        let at = table.place(value.span());
        let note = Diagnostic::new(Code::MatchesNothing, &at, "no value is in this list");
        notes.push(note.label("it can never hold").hint("write the values that the field may have"));
        return None;
    }
    let read: Vec<Option<Vec<Accepted>>> = values.iter().map(|value| one(table, value, notes)).collect();
    read.into_iter().collect::<Option<Vec<_>>>().map(|read| read.concat())
}

/// Reads a value, or a table that names types.
fn one(
    table: &Table<'_>,
    value: &Spanned<DeValue<'_>>,
    notes: &mut Vec<Diagnostic>,
) -> Option<Vec<Accepted>> {
    let at = table.place(value.span());
    let read = |text: &str| Scalar::read(text).map(|scalar| vec![Accepted::Value(scalar)]);
    match value.get_ref() {
        DeValue::String(text) => Some(vec![Accepted::Value(Scalar::string(text))]),
        DeValue::Boolean(flag) => read(if *flag { "true" } else { "false" }),
        DeValue::Integer(number) if number.radix() == 10 => of_number(number.as_str(), &at, notes),
        DeValue::Float(number) => of_number(number.as_str(), &at, notes),
        DeValue::Table(entries) => match entries.iter().collect::<Vec<_>>()[..] {
            [(key, words)] if key.get_ref() == "is" => types(table, words, notes),
            _ => {
                let keys: Vec<&str> = entries.iter().map(|(key, _)| key.get_ref().as_ref()).collect();
                let message = "a condition in braces has one key, `is` or `not`";
                let mut note = Diagnostic::new(Code::BadValue, &at, message).label("not a condition");
                note.hint = Some(match keys[..] {
                    [inner] if !["is", "not"].contains(&inner) => format!(
                        "write a nested field in quotes, as in `{{ \"plan.{inner}\" = \"a\" }}`; a type is `{{ is = \"object\" }}`"
                    ),
                    _ => "write the value itself, `{ is = \"object\" }` for a type, or `{ not = \"card\" }`"
                        .into(),
                });
                notes.push(note);
                None
            }
        },
        other => {
            let wanted = "a string, a number, true, false, or a list of them";
            let note = wrong_type(&at, "a value of a guard", wanted, other);
            notes.push(
                note.hint("a type is written as `{ is = \"object\" }`, and null as `{ is = \"null\" }`"),
            );
            None
        }
    }
}

/// Reads a number, which is written as in JSON.
fn of_number(text: &str, at: &Location, notes: &mut Vec<Diagnostic>) -> Option<Vec<Accepted>> {
    let text = text.trim_start_matches('+');
    if number::is_number(text.as_bytes()) {
        return Scalar::read(text).map(|scalar| vec![Accepted::Value(scalar)]);
    }
    let note = Diagnostic::new(Code::BadValue, at, format!("`{text}` is no number of JSON"));
    notes.push(note.label("no value has it").hint("write digits, as in `12.5`"));
    None
}

/// Reads the words for types.
fn types(
    table: &Table<'_>,
    words: &Spanned<DeValue<'_>>,
    notes: &mut Vec<Diagnostic>,
) -> Option<Vec<Accepted>> {
    let words: Vec<&Spanned<DeValue<'_>>> = match words.get_ref() {
        DeValue::Array(words) => words.iter().collect(),
        _ => vec![words],
    };
    let known = || JsonType::ALL.iter().map(|(_, word)| *word).chain(["absent"]);
    let mut read = Vec::new();
    for value in words {
        let word = table.text(value, "`is`", notes)?;
        let of_type = JsonType::ALL.iter().find(|(_, known)| *known == word.text);
        match of_type {
            Some((own, _)) => read.push(Accepted::Type(*own)),
            None if word.text == "absent" => read.push(Accepted::Absent),
            None => {
                let message = format!("`{}` is no type", word.text);
                let all: Vec<String> = known().map(|word| format!("`{word}`")).collect();
                let hint = did_you_mean(word.text, known()).unwrap_or_else(|| {
                    format!("the types are {}; a value stands without `is`", all.join(", "))
                });
                notes.push(Diagnostic::new(Code::BadValue, &word.at, message).label("not a type").hint(hint));
                return None;
            }
        }
    }
    if read.is_empty() {
        let at = table.at();
        notes.push(
            Diagnostic::new(Code::MatchesNothing, &at, "`is` names no type").label("it can never hold"),
        );
        return None;
    }
    Some(read)
}
