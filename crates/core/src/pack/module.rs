//! Reading the file of one version.

use super::{
    Authored, Change, Example, Module, Pack, Part, Resource,
    api::{parse, part},
    exchange,
    keys::{CHANGE, EXAMPLE, MODULE, elsewhere},
    looks_like_json, operations, unsaid, versions,
};
use crate::{
    authored::{Code, Diagnostic, Location, Source, Table, Text, did_you_mean},
    step::{self, Direction},
    version::{Scheme, Version},
};
use std::sync::Arc;

/// The file of a version, as it is read.
pub(super) struct VersionFile {
    pub(super) module: Module,
    /// True if nobody knows what changed in the version.
    pub(super) is_opaque: bool,
    /// The place of the version.
    pub(super) at: Location,
}

/// Reads a version's file; `None` where not even its version can be read. Where the scheme of the versions is not known,
/// any version fits.
pub(super) fn read(
    source: &Arc<Source>,
    pack: &mut Pack,
    scheme: Option<&Scheme>,
    notes: &mut Vec<Diagnostic>,
) -> Option<VersionFile> {
    let root = parse(source, notes)?;
    let mut table = Table::root(source, &root, &MODULE);
    let title = table.required("title", notes).map(|text| text.text.to_owned()).unwrap_or_default();
    let written = table.required("version", notes);
    let version = written.as_ref().and_then(|text| versions::version(text, scheme, notes));
    if let (Some(text), Some(version)) = (&written, version)
        && version.to_string() != source.stem()
    {
        let message = format!("version {version} is in a file of another name");
        let hint = match source.stem().parse::<Version>() {
            Ok(named) => format!("write `version = \"{named}\"`, or call the file {version}.toml"),
            Err(_) => format!("call the file {version}.toml"),
        };
        notes.push(Diagnostic::new(Code::File, &text.at, message).label("not the file's name").hint(hint));
    }
    let mut changes: Vec<Change> = Vec::new();
    for value in table.array("change", notes).into_iter().flatten() {
        let Some(mut table) = Table::of(source, value, &CHANGE, notes) else { continue };
        if let Some(change) = change(source, &mut table, pack, notes) {
            let is_same = |known: &Change| known.name == change.name && known.resource == change.resource;
            if changes.iter().any(is_same) {
                let message = format!("two changes of one resource are named \"{}\"", change.name);
                let hint =
                    "leave one of the two out, or give it a name of its own: users know a change by its name";
                let note = Diagnostic::new(Code::Repeated, &change.at, message);
                notes.push(note.label("the second change").hint(hint));
            }
            changes.push(change);
        }
        table.finish(|key| elsewhere(&MODULE, key), notes);
    }
    let unsaid = unsaid::read_all(source, &mut table, pack, notes);
    let is_opaque = table.flag("unknown", notes);
    if is_opaque
        && let Some(at) =
            changes.iter().map(|change| &change.at).chain(unsaid.iter().map(|unsaid| &unsaid.at)).next()
    {
        let message = "nobody knows what changed in this version, and here is a change";
        let hint = "leave `unknown = true` out if these are all its changes; if they are not, leave them out";
        notes.push(Diagnostic::new(Code::Contradiction, at, message).label("this change").hint(hint));
    }
    table.finish(|key| elsewhere(&MODULE, key), notes);
    let module = Module { version: version?, title, changes, unsaid };
    Some(VersionFile { module, is_opaque, at: written?.at })
}

fn change(
    source: &Arc<Source>,
    table: &mut Table<'_>,
    pack: &mut Pack,
    notes: &mut Vec<Diagnostic>,
) -> Option<Change> {
    let name = table.required("name", notes).map(|text| text.text.to_owned());
    let why = table.required("why", notes).map(|text| text.text.to_owned());
    let (resource, at) = subject(table, pack, notes);
    let mut read = Vec::new();
    table.must_have("steps");
    let steps = table.array("steps", notes);
    if steps.is_some_and(|steps| steps.is_empty()) {
        let message = "a change without steps changes nothing";
        let hint = "write its steps, or leave the change out";
        notes.push(Diagnostic::new(Code::MatchesNothing, &at, message).label("this change").hint(hint));
    }
    for value in steps.into_iter().flatten() {
        let Some(mut table) = Table::of(source, value, &step::TABLE, notes) else { continue };
        let mut written = step::read(&mut table, notes);
        written.resolve(&pack.lookups, notes);
        read.push(written);
        table.finish(|key| elsewhere(&MODULE, key), notes);
    }
    let guard = step::read_guard(table, false, notes);
    let read = step::guard_all(guard.as_ref(), read, notes).into_iter();
    let steps: Vec<Authored> = read.map(|(step, at)| Authored { step, at }).collect();
    let message = resource.and_then(|index| pack.resources[index].found.first());
    let message = message.map(|found| found.part).filter(|part| part.is_whole());
    match (resource, message) {
        (Some(resource), Some(_)) => exchange::check(pack, resource, &steps, notes),
        (_, _) => check_anchors(&steps, notes),
    }
    let mut examples = Vec::new();
    for value in table.array("example", notes).into_iter().flatten() {
        let Some(mut table) = Table::of(source, value, &EXAMPLE, notes) else { continue };
        examples.extend(match message {
            Some(part) => exchange::example(source, &mut table, part, notes),
            None => example(source, &mut table, pack, notes),
        });
        table.finish(|key| elsewhere(&MODULE, key), notes);
    }
    Some(Change { name: name?, why: why?, resource: resource?, steps, examples, at })
}

/// Reads what a change is of: a resource, or the whole message of an operation. Returns its index and where it is
/// written.
fn subject(table: &mut Table<'_>, pack: &mut Pack, notes: &mut Vec<Diagnostic>) -> (Option<usize>, Location) {
    if table.has("operation") {
        return (exchange::read(table, pack, notes), table.at());
    }
    if let Some(text) = table.string("part", notes) {
        let message = "`part` says which message of an operation changes, and this change names no operation";
        let hint = "name the operation, `operation = \"POST /orders\"`, or leave `part` out: a resource changes wherever \
                    it is found";
        let note = Diagnostic::new(Code::MissingKey, &text.at, message);
        notes.push(note.label("`operation` is missing").hint(hint));
    }
    let about = table.required("resource", notes);
    let at = about.as_ref().map_or_else(|| table.at(), |text| text.at.clone());
    let Some(text) = about else { return (None, at) };
    let is_it = |resource: &Resource| resource.name == text.text && !resource.is_message();
    let index = pack.resources.iter().position(is_it);
    if index.is_none() {
        let message = format!("`{}` is not a resource of api.toml", text.text);
        let declared = pack.resources.iter().filter(|resource| !resource.is_message());
        let known = declared.map(|resource| &*resource.name);
        let names = || known.clone().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let hint = did_you_mean(text.text, known.clone()).unwrap_or_else(|| {
            format!("its resources are {}; add this one to api.toml, or write one of them", names())
        });
        notes.push(Diagnostic::new(Code::UnknownName, &text.at, message).label("not a resource").hint(hint));
    }
    (index, at)
}

/// Notes steps that fill a field in beside one of another object, which only a change of a whole message can.
fn check_anchors(steps: &[Authored], notes: &mut Vec<Diagnostic>) {
    for Authored { step, at } in steps {
        if let Some((field, anchor)) = step.anchor_elsewhere() {
            let message = format!("{field} and {anchor} are not two fields of one object");
            let hint = "a value is filled in beside another field; a container is never made";
            notes.push(Diagnostic::new(Code::BadValue, at, message).label("this step").hint(hint));
        }
    }
}

fn example(
    source: &Arc<Source>,
    table: &mut Table<'_>,
    pack: &Pack,
    notes: &mut Vec<Diagnostic>,
) -> Option<Example> {
    let operations: Vec<_> =
        table.strings("in", notes).iter().filter_map(|text| operations::named(text, pack, notes)).collect();
    let part = table.string("part", notes).map(|text| part(&text, notes));
    let example = documents(source, table, notes)?;
    let is_json = looks_like_json(&example.old) || looks_like_json(&example.new);
    let part = match part {
        Some(part) => part?,
        None if is_json => Part::Response,
        None => Part::Query,
    };
    let is_pairs = match part {
        Part::Query => true,
        Part::Body => !is_json,
        Part::Response | Part::Request | Part::Answer | Part::Errors(_) => false,
    };
    // An example of errors is one of the first statuses at which any are found.
    let found = |operation| match part.errors() {
        Some(_) => pack.error_parts(operation).first().copied().unwrap_or(part),
        None => part,
    };
    let whole = operations.into_iter().map(|operation| (operation, found(operation))).collect();
    Some(Example { is_pairs, whole, ..example })
}

/// Reads the two documents of an example, with the direction that it shows and its losses.
pub(super) fn documents(
    source: &Arc<Source>,
    table: &mut Table<'_>,
    notes: &mut Vec<Diagnostic>,
) -> Option<Example> {
    let mut loses = |key| table.string(key, notes).map(|text| text.text.to_owned());
    let (up_loses, down_loses) = (loses("up_loses"), loses("down_loses"));
    let way = table.string("way", notes).map(|text| way(&text, notes));
    let (old, new) = (table.required("old", notes), table.required("new", notes));
    let (old, new) = (old?, new?);
    let at = Location::new(source, old.at.span);
    let way = match way {
        Some(way) => Some(way?),
        None => None,
    };
    let (old, new) = (old.text.into(), new.text.into());
    Some(Example { old, new, is_pairs: false, whole: Vec::new(), way, up_loses, down_loses, at })
}

/// Reads the only direction that an example shows.
fn way(text: &Text<'_>, notes: &mut Vec<Diagnostic>) -> Option<Direction> {
    match text.text {
        "up" => Some(Direction::Up),
        "down" => Some(Direction::Down),
        other => {
            let note = Diagnostic::new(Code::BadValue, &text.at, format!("`{other}` is no direction"));
            notes.push(note.label("`up` or `down` belongs here"));
            None
        }
    }
}
