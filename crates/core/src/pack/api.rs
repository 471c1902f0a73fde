//! Reading `api.toml`: what the API is, and where its resources are found.

use super::{ErrorShape, Found, Operation, OperationId, Pack, Part, Resource, errors, holds, keys};
use crate::{
    authored::{Code, Diagnostic, Location, Source, Table, Text, did_you_mean, path, wrong_type},
    version::Version,
};
use std::sync::Arc;
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

/// A pack of nothing, to go on with where `api.toml` cannot be read.
pub(super) fn empty() -> Pack {
    let default_version = Version::EARLIEST;
    let (name, title, header, base_path, digest) = Default::default();
    let (operations, resources, modules) = Default::default();
    let (origin, errors, warnings) = (None, None, Vec::new());
    Pack {
        name,
        title,
        origin,
        header,
        default_version,
        base_path,
        errors,
        operations,
        resources,
        modules,
        digest,
        warnings,
    }
}

/// Reads what there is; mistakes are noted.
pub(super) fn read(source: &Arc<Source>, notes: &mut Vec<Diagnostic>) -> Pack {
    let mut pack = empty();
    let Some(root) = parse(source, notes) else { return pack };
    let mut table = Table::root(source, &root, &keys::API);
    pack.name = table.required("name", notes).map(|text| text.text.into()).unwrap_or_default();
    pack.title = table.required("title", notes).map(|text| text.text.into()).unwrap_or_default();
    pack.origin = table.string("origin", notes).map(|text| text.text.into());
    pack.header = table.required("header", notes).map(|text| header(&text, notes)).unwrap_or_default();
    pack.base_path =
        table.required("base_path", notes).map(|text| base_path(&text, notes)).unwrap_or_default();
    let key = table.renamed("default_version", notes);
    if let Some(version) = table.required(key, notes).and_then(|text| version(&text, notes)) {
        pack.default_version = version;
    }
    pack.errors = error_shape(source, &mut table, notes);
    operations(source, &mut table, &mut pack, notes);
    resources(source, &mut table, &mut pack, notes);
    table.finish(notes);
    pack
}

/// The file's table, with every mistake in its TOML noted.
pub(super) fn parse<'t>(
    source: &'t Arc<Source>,
    notes: &mut Vec<Diagnostic>,
) -> Option<Spanned<DeTable<'t>>> {
    let (table, errors) = DeTable::parse_recoverable(&source.text);
    let sound = errors.is_empty();
    notes.extend(errors.into_iter().map(|error| {
        let at = Location::new(source, error.span().unwrap_or(0..0));
        Diagnostic::new(Code::Syntax, &at, format!("not TOML: {}", error.message())).label("here")
    }));
    sound.then_some(table)
}

/// A version, or a note that it is none.
pub(super) fn version(text: &Text<'_>, notes: &mut Vec<Diagnostic>) -> Option<Version> {
    let parsed = text.text.parse();
    parsed
        .map_err(|error| {
            let message = format!("`{}` is not a version", text.text);
            notes.push(Diagnostic::new(Code::BadValue, &text.at, message).label(format!("{error}")));
        })
        .ok()
}

fn header(text: &Text<'_>, notes: &mut Vec<Diagnostic>) -> String {
    // RFC 9110, section 5.6.2: a field name is a token.
    let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if text.text.is_empty() || !text.text.bytes().all(token) {
        let message = format!("`{}` is not the name of a header", text.text);
        notes.push(
            Diagnostic::new(Code::BadValue, &text.at, message)
                .label("letters, digits and hyphens belong here"),
        );
    }
    text.text.into()
}

fn base_path(text: &Text<'_>, notes: &mut Vec<Diagnostic>) -> String {
    let sound = text.text.is_empty() || (text.text.starts_with('/') && !text.text.ends_with('/'));
    if !sound || text.text.contains(['%', '?', '#', '{']) || text.text.contains("//") {
        let message = format!("`{}` is not a base path", text.text);
        let hint = "it is plain text such as `/api/v1`, without a slash at its end; `\"\"` is the root";
        notes.push(Diagnostic::new(Code::BadValue, &text.at, message).label("not a base path").hint(hint));
    }
    text.text.into()
}

fn error_shape(
    source: &Arc<Source>,
    table: &mut Table<'_>,
    notes: &mut Vec<Diagnostic>,
) -> Option<ErrorShape> {
    let mut table = Table::of(source, table.value("errors")?, &keys::ERRORS, notes)?;
    let shape = errors::read(&mut table, notes);
    table.finish(notes);
    shape
}

fn operations(source: &Arc<Source>, table: &mut Table<'_>, pack: &mut Pack, notes: &mut Vec<Diagnostic>) {
    for value in table.array("operations", notes).into_iter().flatten() {
        let at = Location::new(source, value.span());
        let DeValue::String(text) = value.get_ref() else {
            notes.push(wrong_type(&at, "an operation", "a string", value.get_ref()));
            continue;
        };
        match Operation::parse(text) {
            Ok(operation) if operation.repeats(&pack.base_path) => {
                let Operation { method, .. } = &operation;
                let base = &pack.base_path;
                let message = format!("`{operation}` begins with the base path");
                let label = format!("`{base}` is put before it");
                let below = operation.below(base);
                let written = match &below {
                    Some(below) => format!("write `{below}`; if"),
                    None => "if".to_owned(),
                };
                let hint = format!(
                    "`base_path` is put before every operation: this one is `{method} {base}{}`; {written} the API \
                     has that path, write `base_path = \"\"` and whole paths",
                    operation.path()
                );
                notes.push(Diagnostic::new(Code::BadValue, &at, message).label(label).hint(hint));
                // What is found in it is looked for under the name that it should have.
                pack.operations.extend(
                    below.filter(|below| !pack.operations.iter().any(|known| known.matches_the_same(below))),
                );
            }
            Ok(operation) if pack.operations.iter().any(|known| known.matches_the_same(&operation)) => {
                let message = format!("`{operation}` matches the same requests as an operation before it");
                notes.push(Diagnostic::new(Code::Repeated, &at, message).label("stands twice"));
            }
            Ok(operation) => pack.operations.push(operation),
            Err(problem) => {
                let message = format!("`{text}` is not an operation");
                notes.push(Diagnostic::new(Code::BadValue, &at, message).label(problem));
            }
        }
    }
}

fn resources(source: &Arc<Source>, table: &mut Table<'_>, pack: &mut Pack, notes: &mut Vec<Diagnostic>) {
    let Some(resources) = table.value("resource").and_then(|value| table.inner(value, "`resource`", notes))
    else {
        return;
    };
    let mut held = Vec::new();
    for (name, value) in resources.names() {
        let Some(mut table) = Table::of(source, value, &keys::RESOURCE, notes) else { continue };
        let mut found = Vec::new();
        for place in table.array("found", notes).into_iter().flatten() {
            let Some(mut place) = Table::of(source, place, &keys::PLACE, notes) else { continue };
            let read = self::found(&mut place, pack, notes);
            if let Some(read) = &read
                && found.contains(read)
            {
                let message = format!("`{}` is found here twice", name.text);
                notes.push(Diagnostic::new(Code::Repeated, &place.at(), message).label("stands twice"));
            }
            found.extend(read);
            place.finish(notes);
        }
        let is_found = !found.is_empty();
        held.push((holds::read(&mut table, notes), (name.at, is_found)));
        table.finish(notes);
        let (holds, held) = (Vec::new(), Vec::new());
        pack.resources.push(Resource { name: name.text.into(), found, holds, held });
    }
    for (holder, (named, _)) in held.iter().enumerate() {
        holds::resolve(pack, holder, named, notes);
    }
    for (index, (_, (at, is_found))) in held.iter().enumerate() {
        let is_held =
            pack.resources.iter().flat_map(|holder| &holder.holds).any(|held| held.resource == index);
        if !is_found && !is_held {
            let message = format!("the resource `{}` is found nowhere", pack.resources[index].name);
            let hint = "found = [{ in = \"GET /things\", part = \"response\", at = \"$.data[*]\" }]; or, for one that \
                        stands inside another: holds = { \"items[*]\" = \"Item\" } in that other";
            notes.push(Diagnostic::new(Code::MatchesNothing, at, message).label("no place").hint(hint));
        }
    }
}

fn found(table: &mut Table<'_>, pack: &Pack, notes: &mut Vec<Diagnostic>) -> Option<Found> {
    let operation = table.required("in", notes).and_then(|text| operation(&text, pack, notes));
    let part = table.required("part", notes).and_then(|text| part(&text, notes));
    let at = match part {
        Some(Part::Query) => {
            if let Some(text) = table.string("at", notes) {
                let message = "parameters of a query are at no path";
                notes.push(Diagnostic::new(Code::BadPath, &text.at, message).label("leave this out"));
            }
            Some(Vec::new())
        }
        Some(Part::Body | Part::Response) | None => {
            table.required("at", notes).and_then(|text| path(&text, notes))
        }
    };
    Some(Found { operation: operation?, part: part?, path: at?, during: None })
}

/// An operation that is listed, or a note that it is not.
pub(super) fn operation(text: &Text<'_>, pack: &Pack, notes: &mut Vec<Diagnostic>) -> Option<OperationId> {
    let known = pack.find(text.text);
    if known.is_none() {
        let names: Vec<String> = pack.operations.iter().map(ToString::to_string).collect();
        let message = format!("`{}` is not among the operations", text.text);
        let below = Operation::parse(text.text).ok().and_then(|written| written.below(&pack.base_path));
        let below = below.map(|below| below.to_string()).filter(|below| names.contains(below));
        let hint = below
            .map(|below| format!("`base_path` is put before it: write `{below}`"))
            .or_else(|| did_you_mean(text.text, names.iter().map(String::as_str)))
            .unwrap_or_else(|| "add it to `operations` at the top of the file".into());
        notes.push(Diagnostic::new(Code::UnknownName, &text.at, message).label("not listed").hint(hint));
    }
    known
}

/// A part of an exchange, or a note that it is none.
pub(super) fn part(text: &Text<'_>, notes: &mut Vec<Diagnostic>) -> Option<Part> {
    let part = [Part::Query, Part::Body, Part::Response].into_iter().find(|part| part.name() == text.text);
    if part.is_none() {
        let message = format!("`{}` is not a part of an exchange", text.text);
        let label = "`query`, `body` or `response` belongs here";
        notes.push(Diagnostic::new(Code::BadValue, &text.at, message).label(label));
    }
    part
}
