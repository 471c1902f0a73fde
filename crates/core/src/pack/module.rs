//! Reading the file of one version.

use super::{
    Authored, Change, Example, Module, Pack, Part,
    api::{operation, parse, part, version},
    keys::{CHANGE, EXAMPLE, MODULE},
};
use crate::{
    authored::{Code, Diagnostic, Location, Source, Table, did_you_mean},
    step,
};
use std::sync::Arc;

/// Reads a version's file; `None` where not even its version can be read.
pub(super) fn read(source: &Arc<Source>, pack: &Pack, notes: &mut Vec<Diagnostic>) -> Option<Module> {
    let root = parse(source, notes)?;
    let mut table = Table::root(source, &root, &MODULE);
    let title = table.required("title", notes).map(|text| text.text.to_owned()).unwrap_or_default();
    let written = table.required("version", notes);
    let version = written.as_ref().and_then(|text| version(text, notes));
    if let (Some(text), Some(version)) = (&written, version)
        && version.to_string() != source.stem()
    {
        let message = format!("version {version} is in a file of another name");
        let hint = format!("call the file {version}.toml");
        notes.push(Diagnostic::new(Code::File, &text.at, message).label("not the file's name").hint(hint));
    }
    let mut changes = Vec::new();
    for value in table.array("change", notes).into_iter().flatten() {
        let Some(mut table) = Table::of(source, value, &CHANGE, notes) else { continue };
        changes.extend(change(source, &mut table, pack, notes));
        table.finish(notes);
    }
    table.finish(notes);
    Some(Module { version: version?, title, changes })
}

fn change(
    source: &Arc<Source>,
    table: &mut Table<'_>,
    pack: &Pack,
    notes: &mut Vec<Diagnostic>,
) -> Option<Change> {
    let name = table.required("name", notes).map(|text| text.text.to_owned());
    let why = table.required("why", notes).map(|text| text.text.to_owned());
    let about = table.required("resource", notes);
    let at = about.as_ref().map_or_else(|| table.at(), |text| text.at.clone());
    let resource = about.and_then(|text| {
        let index = pack.resources.iter().position(|resource| resource.name == text.text);
        if index.is_none() {
            let message = format!("`{}` is not a resource of api.toml", text.text);
            let known = pack.resources.iter().map(|resource| &*resource.name);
            let mut note = Diagnostic::new(Code::UnknownName, &text.at, message).label("not a resource");
            note.hint = did_you_mean(text.text, known);
            notes.push(note);
        }
        index
    });
    let mut read = Vec::new();
    if !table.has("steps") {
        let message = "a change has no `steps`";
        notes.push(Diagnostic::new(Code::MissingKey, &at, message).label("`steps` is missing"));
    }
    let steps = table.array("steps", notes);
    if steps.is_some_and(|steps| steps.is_empty()) {
        let message = "a change without steps changes nothing";
        notes.push(Diagnostic::new(Code::MatchesNothing, &at, message).label("this change"));
    }
    for value in steps.into_iter().flatten() {
        let Some(mut table) = Table::of(source, value, &step::TABLE, notes) else { continue };
        let at = table.at();
        let steps = step::read(&mut table, notes).into_iter();
        read.extend(steps.map(|step| Authored { step, at: at.clone() }));
        table.finish(notes);
    }
    let mut examples = Vec::new();
    for value in table.array("example", notes).into_iter().flatten() {
        let Some(mut table) = Table::of(source, value, &EXAMPLE, notes) else { continue };
        examples.extend(example(source, &mut table, pack, notes));
        table.finish(notes);
    }
    Some(Change { name: name?, why: why?, resource: resource?, steps: read, examples, at })
}

fn example(
    source: &Arc<Source>,
    table: &mut Table<'_>,
    pack: &Pack,
    notes: &mut Vec<Diagnostic>,
) -> Option<Example> {
    let operations: Vec<_> =
        table.strings("in", notes).iter().filter_map(|text| operation(text, pack, notes)).collect();
    let part = table.string("part", notes).map(|text| part(&text, notes));
    let mut loses = |key| table.string(key, notes).map(|text| text.text.to_owned());
    let (up_loses, down_loses) = (loses("up_loses"), loses("down_loses"));
    let (old, new) = (table.required("old", notes), table.required("new", notes));
    let (old, new) = (old?, new?);
    let at = Location::new(source, old.at.span);
    let part = match part {
        Some(part) => part?,
        None if old.text.trim_start().starts_with('{') => Part::Response,
        None => Part::Query,
    };
    let whole = operations.into_iter().map(|operation| (operation, part)).collect();
    Some(Example { old: old.text.into(), new: new.text.into(), whole, up_loses, down_loses, at })
}
