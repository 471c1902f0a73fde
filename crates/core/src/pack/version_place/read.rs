//! Reading the places from `api.toml`.

use super::{VersionPlace, VersionTemplate};
use crate::{
    authored::{Code, Diagnostic, Location, Source, Table, Text},
    pack::{header, keys},
};
use std::sync::Arc;

/// Reads where a request says its version: `header`, or `in` of `[versions]`. A pack has one of the two.
pub(in crate::pack) fn places(
    source: &Arc<Source>,
    table: &mut Table<'_>,
    versions: Option<&mut Table<'_>>,
    base_path: &str,
    notes: &mut Vec<Diagnostic>,
) -> Vec<VersionPlace> {
    let header = table.string("header", notes);
    let listed = versions.filter(|versions| versions.has("in"));
    match (header, listed) {
        (Some(header), None) => vec![VersionPlace::Header(header::read(&header, notes))],
        (header, Some(versions)) => {
            if let Some(header) = header {
                notes.push(said_twice(&header));
            }
            listed_places(source, versions, base_path, notes)
        }
        (None, None) => {
            // A header of another type is told already.
            table.must_have("header");
            Vec::new()
        }
    }
}

fn said_twice(header: &Text<'_>) -> Diagnostic {
    let message = "`header` and `in` of `[versions]` both say where the version stands";
    let hint = format!("leave `header` out, and write `{{ header = \"{}\" }}` into `in`", header.text);
    Diagnostic::new(Code::Contradiction, &header.at, message).label("one of the two").hint(hint)
}

fn listed_places(
    source: &Arc<Source>,
    versions: &mut Table<'_>,
    base_path: &str,
    notes: &mut Vec<Diagnostic>,
) -> Vec<VersionPlace> {
    let mut places: Vec<VersionPlace> = Vec::new();
    let Some(list) = versions.array("in", notes) else { return places };
    for value in list {
        let Some(mut table) = Table::of(source, value, &keys::VERSION_PLACE, notes) else { continue };
        let at = table.at();
        let read = place(&mut table, base_path, notes);
        table.finish(|key| keys::elsewhere(&keys::API, key), notes);
        let Some(read) = read else { continue };
        if let Some(note) = repeats(&read, &places, &at) {
            notes.push(note);
            continue;
        }
        places.push(read);
    }
    if list.is_empty() {
        let message = "`in` names no place";
        let hint = "write where a request says its version: `in = [{ header = \"Api-Version\" }]`";
        let at = versions.at();
        notes.push(Diagnostic::new(Code::MissingKey, &at, message).label("an empty list").hint(hint));
    }
    places
}

/// A note on a place that an earlier one is in the way of.
fn repeats(read: &VersionPlace, places: &[VersionPlace], at: &Location) -> Option<Diagnostic> {
    let is_same = |known: &VersionPlace| match (known, read) {
        (VersionPlace::Header(one), VersionPlace::Header(other)) => one.eq_ignore_ascii_case(other),
        // A path has one place for it.
        (VersionPlace::Path(_), VersionPlace::Path(_)) => true,
        (one, other) => one == other,
    };
    let known = places.iter().find(|known| is_same(known))?;
    let note = match (known, read) {
        (VersionPlace::Path(one), VersionPlace::Path(other)) if one != other => {
            let message = format!("the version stands at two places of the path, `{one}` and `{other}`");
            let hint = "keep one of the two: the other one cannot be told from a part of an operation";
            Diagnostic::new(Code::Contradiction, at, message).label("the second").hint(hint)
        }
        _ => {
            let message = format!("{known} is in the list twice");
            Diagnostic::new(Code::Repeated, at, message)
                .label("stands twice")
                .hint("leave one of the two out")
        }
    };
    Some(note)
}

/// Reads one place: a table with one key.
fn place(table: &mut Table<'_>, base_path: &str, notes: &mut Vec<Diagnostic>) -> Option<VersionPlace> {
    const USAGE: &str = "a place has one key: `{ header = \"Api-Version\" }`, `{ path = \"/api/{version}\" }`, \
                         `{ query = \"api-version\" }` or `{ media_type = \"application/vnd.shop.{version}+json\" }`";
    let kinds: Vec<&str> = table.known().iter().copied().filter(|kind| table.has(kind)).collect();
    if kinds.is_empty() && table.places().next().is_some() {
        // A misspelt key is told as one.
        return None;
    }
    if kinds.len() != 1 {
        let (message, label) = match kinds.is_empty() {
            true => ("the entry says no place", "no place"),
            false => ("the entry says several places", "several places"),
        };
        let hint = match kinds.is_empty() {
            true => USAGE.to_owned(),
            false => format!("write an entry for each, in the order in which they are looked at; {USAGE}"),
        };
        let note = Diagnostic::new(Code::BadValue, &table.at(), message).label(label).hint(hint);
        table.tell(note, notes);
        return None;
    }
    let known = notes.len();
    let place = if let Some(text) = table.string("header", notes) {
        VersionPlace::Header(header::read(&text, notes))
    } else if let Some(text) = table.string("path", notes) {
        VersionPlace::Path(path(&text, base_path, notes)?)
    } else if let Some(text) = table.string("query", notes) {
        VersionPlace::Query(parameter(&text, notes))
    } else {
        VersionPlace::MediaType(media_type(&table.string("media_type", notes)?, notes)?)
    };
    (notes.len() == known).then_some(place)
}

/// Reads the template of a path: the base path, or a part of it, with the version in it.
fn path(text: &Text<'_>, base_path: &str, notes: &mut Vec<Diagnostic>) -> Option<VersionTemplate> {
    let example = format!("{base_path}/{{version}}");
    let hint = format!("write the base path with the version in it, such as `{example}`");
    let mut refuse = |label: &str, hint: &str| {
        let message = format!("`{}` is not a path with the version in it", text.text);
        notes.push(Diagnostic::new(Code::BadValue, &text.at, message).label(label).hint(hint));
        None
    };
    let template = match VersionTemplate::parse(text.text) {
        Ok(template) => template,
        Err(problem) => return refuse(problem, &hint),
    };
    let is_plain = text.text.starts_with('/')
        && !text.text.ends_with('/')
        && !text.text.contains("//")
        && !text.text.contains(|char: char| "%?#;\\".contains(char) || char.is_whitespace());
    if !is_plain {
        return refuse("plain text, which begins with `/` and does not end with one", &hint);
    }
    let base = || base_path.split('/').filter(|segment| !segment.is_empty());
    let is_start = |segments: &[&str]| base().take(segments.len()).eq(segments.iter().copied());
    let before: Vec<&str> = template.segments_before().collect();
    if !is_start(&before) {
        return refuse(&format!("`base_path` is `{base_path}`, which does not begin so"), &hint);
    }
    let all: Vec<&str> = before.into_iter().chain(template.segments_after()).collect();
    if !is_start(&all) {
        let hint = format!(
            "`base_path` is the path without the version: write `base_path = \"/{}\"`, or `{example}` here",
            all.join("/")
        );
        return refuse(&format!("`base_path` is `{base_path}`, which does not go on so"), &hint);
    }
    Some(template)
}

/// Reads the name of a query parameter; one that cannot be one is noted.
fn parameter(text: &Text<'_>, notes: &mut Vec<Diagnostic>) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~$".contains(&byte);
    if text.text.is_empty() || !text.text.bytes().all(is_plain) {
        let message = format!("`{}` is not the name of a query parameter", text.text);
        let hint = "write the name alone, such as `api-version`: letters, digits and `-._~$`";
        notes.push(Diagnostic::new(Code::BadValue, &text.at, message).label("not a name").hint(hint));
    }
    text.text.to_owned()
}

/// Reads the template of a media type.
fn media_type(text: &Text<'_>, notes: &mut Vec<Diagnostic>) -> Option<VersionTemplate> {
    const HINT: &str = "write it such as `application/vnd.shop.{version}+json`";
    let mut refuse = |label: &str, hint: &str| {
        let message = format!("`{}` is not a media type with the version in it", text.text);
        notes.push(Diagnostic::new(Code::BadValue, &text.at, message).label(label).hint(hint));
        None
    };
    let template = match VersionTemplate::parse(text.text) {
        Ok(template) => template,
        Err(problem) => return refuse(problem, HINT),
    };
    // RFC 6838, section 4.2: names of types are made of these.
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&byte);
    let Some((kind, subtype)) = template.before.split_once('/') else {
        return refuse("the version stands behind the `/`", HINT);
    };
    if kind.is_empty() || !kind.bytes().chain(subtype.bytes()).chain(template.after.bytes()).all(is_name) {
        return refuse("a type, `/` and a subtype without parameters", HINT);
    }
    if subtype.is_empty() {
        let hint = "write a name of the API before the version: `application/problem+json` would be one with the version \
                    `problem`";
        return refuse("any other subtype would be a version", hint);
    }
    if !template.after.ends_with("+json") {
        let hint = "end it with `+json`: bodies of another type are not translated";
        return refuse("not a type of JSON", hint);
    }
    Some(template)
}
