//! Checking the versions against each other: rules that contradict, and rules that can match nothing.
//!
//! For every place where resources stand, the steps of all versions are followed in order, on the fields that a document
//! has by then.

use super::{
    Authored, Module, Pack, Part,
    fields::{Conflict, FieldTree},
};
use crate::{
    authored::{Code, Diagnostic},
    json::Hop,
    step::Direction,
    version::Version,
};

/// Notes every mistake that shows only when versions are seen together.
pub(super) fn check(pack: &Pack, notes: &mut Vec<Diagnostic>) {
    versions(pack, notes);
    for operation in pack.operation_ids() {
        for part in [Part::Query, Part::Body, Part::Response] {
            let mut paths: Vec<&Vec<Hop>> =
                pack.found_in(operation, part).map(|(_, found)| &found.path).collect();
            paths.sort_by_key(|path| path.len());
            paths.dedup();
            for path in &paths {
                let resources: Vec<usize> = pack
                    .found_in(operation, part)
                    .filter(|(_, found)| found.path == **path)
                    .map(|(resource, _)| resource)
                    .collect();
                // One that `holds` puts there is meant to be inside.
                let by_itself: Vec<&Vec<Hop>> = resources
                    .iter()
                    .flat_map(|resource| &pack.resources[*resource].found)
                    .filter(|found| found.operation == operation && found.part == part)
                    .map(|found| &found.path)
                    .collect();
                let is_inside = by_itself.contains(path)
                    && paths.iter().any(|outer| outer.len() < path.len() && path.starts_with(outer));
                follow(pack, &resources, part, is_inside, notes);
            }
        }
    }
    // A resource stands in several places; a mistake in its steps is one mistake.
    let mut seen = Vec::new();
    notes.retain(|note| {
        let key = (note.message.clone(), format!("{:?}", note.at));
        let new = !seen.contains(&key);
        seen.push(key);
        new
    });
}

fn versions(pack: &Pack, notes: &mut Vec<Diagnostic>) {
    for pair in pack.modules.windows(2).filter(|pair| pair[0].version == pair[1].version) {
        let message = format!("version {} stands in two files", pair[0].version);
        notes.push(Diagnostic::without_place(Code::Repeated, message));
    }
    match pack.modules.first() {
        None => {
            let hint = "add a file for the oldest one, with its version and title";
            notes.push(Diagnostic::without_place(Code::File, "the pack has no versions").hint(hint));
        }
        Some(Module { version, changes, .. }) => {
            for change in changes {
                let message = format!("{version} is the oldest version: nothing is there to change from");
                notes.push(Diagnostic::new(Code::MatchesNothing, &change.at, message).label("this change"));
            }
        }
    }
    if !pack.modules.is_empty()
        && pack.default_version != Version::EARLIEST
        && !pack.supports(pack.default_version)
    {
        let message =
            format!("requests without a header get {}, which no file describes", pack.default_version);
        notes.push(
            Diagnostic::without_place(Code::UnknownName, message).hint("see `default_version` in api.toml"),
        );
    }
}

/// Follows the steps on one place through all versions.
fn follow(pack: &Pack, resources: &[usize], part: Part, is_inside: bool, notes: &mut Vec<Diagnostic>) {
    let mut fields = FieldTree::new();
    for module in &pack.modules {
        fields.enter(module.version);
        for change in module.changes.iter().filter(|change| resources.contains(&change.resource)) {
            if is_inside {
                let resource = &pack.resources[change.resource].name;
                let message = format!("`{resource}` stands inside another resource of the same operation");
                let hint = "say in the outer one that it holds this one: holds = { \"items[*]\" = \"Item\" }";
                notes.push(
                    Diagnostic::new(Code::Unsupported, &change.at, message).label("this change").hint(hint),
                );
            }
            for Authored { step, at } in &change.steps {
                if part == Part::Query && !step.fits_parameters() {
                    let message = format!("a query cannot do this: {}", step.describe(Direction::Up));
                    let hint =
                        "parameters can be moved from name to name, and their values mapped and converted";
                    notes.push(
                        Diagnostic::new(Code::NotForParameters, at, message).label("this step").hint(hint),
                    );
                }
                for effect in step.effects(Direction::Up) {
                    if let Err(Conflict { code, message, label }) = fields.follow(&effect) {
                        notes.push(Diagnostic::new(code, at, message).label(label));
                    }
                }
            }
        }
    }
}
