//! Reading `api.toml`: what the API is, and where its resources are found.

use super::{
    ErrorStatuses, Found, OperationId, Pack, Part, Resource, UnknownPin, error_places, errors, holds, keys,
    operations, statuses, version_place,
    versions::{self, VersionNotes},
};
use crate::{
    authored::{Code, Diagnostic, Location, Source, Table, Text, did_you_mean, path},
    step::Lookups,
    version::{Scheme, Version},
};
use std::sync::Arc;
use toml::{Spanned, de::DeTable};

/// A pack of nothing, to go on with where `api.toml` cannot be read.
pub(super) fn empty() -> Pack {
    let default_version = Version::UNREAD;
    let (name, title, base_path, digest) = Default::default();
    let (operations, resources, modules, version_places) = Default::default();
    let (origin, errors, warnings) = (None, None, Vec::new());
    Pack {
        name,
        title,
        origin,
        version_places,
        scheme: Scheme::default(),
        aliases: Vec::new(),
        unknown: UnknownPin::default(),
        default_version,
        base_path,
        errors,
        error_places: Arc::default(),
        operations,
        lookups: Lookups::default(),
        resources,
        modules,
        opaque: Vec::new(),
        digest,
        warnings,
    }
}

/// The parts of `api.toml` that need more than that file to be checked.
#[derive(Default)]
pub(super) struct ApiNotes {
    /// The place of the default version.
    pub(super) default: Option<Location>,
    pub(super) versions: VersionNotes,
}

/// Reads what there is; mistakes are noted.
pub(super) fn read(source: &Arc<Source>, notes: &mut Vec<Diagnostic>) -> (Pack, ApiNotes) {
    let mut pack = empty();
    let mut told = ApiNotes::default();
    let Some(root) = parse(source, notes) else {
        told.versions = VersionNotes::broken();
        return (pack, told);
    };
    let mut table = Table::root(source, &root, &keys::API);
    pack.name = table.required("name", notes).map(|text| text.text.into()).unwrap_or_default();
    pack.title = table.required("title", notes).map(|text| text.text.into()).unwrap_or_default();
    pack.origin = table.string("origin", notes).map(|text| text.text.into());
    pack.base_path =
        table.required("base_path", notes).map(|text| base_path(&text, notes)).unwrap_or_default();
    told.versions = versions(source, &mut table, &mut pack, notes);
    let scheme = (!told.versions.scheme_is_broken).then_some(&pack.scheme);
    let key = table.renamed("default_version", notes);
    let default = table.required(key, notes);
    match default.as_ref().map(|text| versions::version(text, scheme, notes)) {
        Some(Some(version)) => pack.default_version = version,
        // Where the scheme does not fit here, it fits nowhere.
        Some(None) => told.versions.scheme_is_broken = true,
        None => {}
    }
    errors_of(source, &mut table, &mut pack, notes);
    let before = notes.len();
    operations::read(source, &mut table, &mut pack, told.versions.scheme_is_broken, notes);
    let are_known = table.must_have("operations") && notes.len() == before;
    pack.lookups = Lookups::read(&mut table, notes);
    let mut of_resources = Vec::new();
    resources(source, &mut table, &mut pack, &mut of_resources);
    // An operation that could not be read is missed wherever it is named.
    notes.extend(of_resources.into_iter().filter(|note| are_known || note.code != Code::UnknownName));
    table.finish(|key| keys::elsewhere(&keys::API, key), notes);
    told.default = default.map(|text| text.at);
    (pack, told)
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
        let hint = "look here and just before it: a quote, a comma or a bracket is missing or too many, or a key stands twice";
        Diagnostic::new(Code::Syntax, &at, format!("not TOML: {}", error.message())).label("here").hint(hint)
    }));
    sound.then_some(table)
}

/// Reads `[versions]`, and `header`, the short form of a place in it.
fn versions(
    source: &Arc<Source>,
    table: &mut Table<'_>,
    pack: &mut Pack,
    notes: &mut Vec<Diagnostic>,
) -> VersionNotes {
    let value = table.value("versions");
    let mut of_versions = value.and_then(|value| Table::of(source, value, &keys::VERSIONS, notes));
    let base_path = &pack.base_path;
    pack.version_places = version_place::places(source, table, of_versions.as_mut(), base_path, notes);
    let Some(mut table) = of_versions else {
        return if value.is_some() { VersionNotes::broken() } else { VersionNotes::default() };
    };
    let told = versions::read(source, &mut table, pack, notes);
    table.finish(|key| keys::elsewhere(&keys::API, key), notes);
    told
}

/// Reads the base path; one that is none is noted, and is empty for what follows.
fn base_path(text: &Text<'_>, notes: &mut Vec<Diagnostic>) -> String {
    let (text, at) = (text.text, &text.at);
    let is_sound = text.is_empty() || (text.starts_with('/') && !text.ends_with('/'));
    if is_sound && !text.contains(['%', '?', '#', '{']) && !text.contains("//") {
        return text.into();
    }
    let message = format!("`{text}` is not a base path");
    let hint = "it is plain text such as `/api/v1`, without a slash at its end; `\"\"` is the root";
    notes.push(Diagnostic::new(Code::BadValue, at, message).label("not a base path").hint(hint));
    String::new()
}

fn errors_of(source: &Arc<Source>, table: &mut Table<'_>, pack: &mut Pack, notes: &mut Vec<Diagnostic>) {
    let value = table.value("errors");
    let Some(mut table) = value.and_then(|value| Table::of(source, value, &keys::ERRORS, notes)) else {
        return;
    };
    pack.errors = errors::read(&mut table, notes);
    pack.error_places = Arc::new(error_places::read(&mut table, notes).unwrap_or_default());
    table.finish(|key| keys::elsewhere(&keys::API, key), notes);
}

fn resources(source: &Arc<Source>, table: &mut Table<'_>, pack: &mut Pack, notes: &mut Vec<Diagnostic>) {
    let Some(resources) = table.value("resource").and_then(|value| table.inner(value, "`resource`", notes))
    else {
        return;
    };
    let mut held = Vec::new();
    for (name, value) in resources.names() {
        let Some(mut table) = Table::of(source, value, &keys::RESOURCE, notes) else { continue };
        let (mut found, before) = (Vec::new(), notes.len());
        for place in table.array("found", notes).into_iter().flatten() {
            let Some(mut place) = Table::of(source, place, &keys::PLACE, notes) else { continue };
            let read = self::found(&mut place, pack, notes);
            if read.iter().any(|read| found.contains(read)) {
                let message = format!("`{}` is found here twice", name.text);
                let note = Diagnostic::new(Code::Repeated, &place.at(), message).label("stands twice");
                notes.push(note.hint("leave one of the two out"));
            }
            found.extend(read);
            place.finish(|key| keys::elsewhere(&keys::API, key), notes);
        }
        // A place that could not be read is one all the same.
        let is_found = !found.is_empty() || notes.len() > before;
        held.push((holds::read(&mut table, notes), is_found));
        table.finish(|key| keys::elsewhere(&keys::API, key), notes);
        let (holds, held) = (Vec::new(), Vec::new());
        pack.resources.push(Resource { name: name.text.into(), found, holds, held, at: name.at });
    }
    statuses::cut(&mut pack.resources);
    for (holder, (named, _)) in held.iter().enumerate() {
        holds::resolve(pack, holder, named, notes);
    }
    for (index, (_, is_found)) in held.iter().enumerate() {
        let is_held =
            pack.resources.iter().flat_map(|holder| &holder.holds).any(|held| held.resource == index);
        if !is_found && !is_held {
            let Resource { name, at, .. } = &pack.resources[index];
            let message = format!("the resource `{name}` is found nowhere");
            let hint = "say where it stands: `found = [{ in = \"GET /orders\", part = \"response\", at = \"$.data[*]\" }]`; \
                        or, for one that stands inside another, in that one: `holds = { \"items[*]\" = \"Item\" }`";
            notes.push(Diagnostic::new(Code::MatchesNothing, at, message).label("no place").hint(hint));
        }
    }
}

/// Reads a place: one, or for errors one for each operation and each range of statuses.
fn found(table: &mut Table<'_>, pack: &Pack, notes: &mut Vec<Diagnostic>) -> Vec<Found> {
    let listed = table.required("in", notes);
    let part = table.required("part", notes).and_then(|text| part(&text, notes));
    let is_of_errors = part.is_some_and(|part| part.errors().is_some());
    let operations: Vec<OperationId> = match listed {
        Some(text) if text.text == "*" && (is_of_errors || part.is_none()) => pack.operation_ids().collect(),
        Some(text) if text.text == "*" => {
            let note =
                Diagnostic::new(Code::UnknownName, &text.at, "`*` is every operation, for errors only");
            notes.push(
                note.label("not for this part").hint("name the operation; `*` is for `part = \"errors\"`"),
            );
            Vec::new()
        }
        Some(text) => operations::named(&text, pack, notes).into_iter().collect(),
        None => Vec::new(),
    };
    let statuses = statuses::read(table, part, notes);
    let at = match part {
        // Parameters are mostly the resource themselves; `filter[status]` is at `$.filter`.
        Some(Part::Query) => match table.string("at", notes) {
            Some(text) => path(&text, notes),
            None => Some(Vec::new()),
        },
        Some(Part::Body | Part::Response | Part::Request | Part::Answer | Part::Errors(_)) | None => {
            table.required("at", notes).and_then(|text| path(&text, notes))
        }
    };
    let (Some(part), Some(path)) = (part, at) else { return Vec::new() };
    let at_each = |operation: OperationId| {
        let parts = match is_of_errors {
            true => statuses.iter().copied().map(Part::Errors).collect(),
            false => vec![part],
        };
        let path = path.clone();
        parts.into_iter().map(move |part| Found { operation, part, path: path.clone(), during: None })
    };
    operations.into_iter().flat_map(at_each).collect()
}

/// A part of an exchange, or a note that it is none.
pub(super) fn part(text: &Text<'_>, notes: &mut Vec<Diagnostic>) -> Option<Part> {
    let parts = [Part::Query, Part::Body, Part::Response, Part::Errors(ErrorStatuses::ALL)];
    let part = parts.into_iter().find(|part| part.name() == text.text);
    if part.is_none() {
        let message = format!("`{}` is not a part of an exchange", text.text);
        let label = "`query`, `body`, `response` or `errors` belongs here";
        let mut note = Diagnostic::new(Code::BadValue, &text.at, message).label(label);
        note.hint = did_you_mean(text.text, parts.into_iter().map(Part::name));
        notes.push(note);
    }
    part
}
