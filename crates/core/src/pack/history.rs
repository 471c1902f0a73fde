//! Checking the versions against each other: rules that contradict, and rules that can match nothing.
//!
//! The steps of all versions are followed in order at every place where resources stand, on the fields that a document
//! has by then.

use super::{
    Authored, Change, OperationId, Pack, Part,
    fields::{Conflict, FieldTree},
    given_away::GivenAway,
};
use crate::{
    authored::{Code, Diagnostic},
    json::{Field, Hop},
    step::{self, Direction},
    version::Version,
};
use std::iter::repeat;

/// Notes every mistake that shows only when versions are seen together. Each file was read without one: what follows
/// from another mistake would lead away from it.
pub(super) fn check(pack: &Pack, notes: &mut Vec<Diagnostic>) {
    if let Some(oldest) = pack.modules.first() {
        let changes = oldest.changes.iter().map(|change| &change.at);
        for at in changes.chain(oldest.unsaid.iter().map(|unsaid| &unsaid.at)) {
            let message =
                format!("{} is the oldest version: nothing is there to change from", oldest.version);
            let hint =
                "add a file for the version before it, with `version` and `title`; or leave the change out";
            let note = Diagnostic::new(Code::MatchesNothing, at, message);
            notes.push(note.label("this change").hint(hint));
        }
    }
    for operation in pack.operation_ids() {
        for part in pack.parts(operation) {
            let mut paths: Vec<&Vec<Hop>> =
                pack.found_in(operation, part).map(|(_, found)| &found.path).collect();
            paths.sort_by_key(|path| path.len());
            paths.dedup();
            for path in &paths {
                let here = at(pack, operation, part, path);
                follow(pack, &here, part, notes);
                // One that `holds` puts there is meant to be inside.
                let by_itself = |resource: &usize| {
                    let mut found = pack.resources[*resource].found.iter();
                    found.any(|found| {
                        found.operation == operation && found.part == part && found.path == **path
                    })
                };
                let by_itself: Vec<usize> = here.into_iter().filter(by_itself).collect();
                let outer = paths.iter().filter(|outer| outer.len() < path.len() && path.starts_with(outer));
                let outer =
                    outer.flat_map(|outer| at(pack, operation, part, outer).into_iter().zip(repeat(*outer)));
                // Where the outer resource never changes, the inner one can.
                if let Some((outer, outer_path)) =
                    outer.into_iter().find(|(outer, _)| changes(pack, &[*outer]).next().is_some())
                {
                    nested(pack, &by_itself, outer, &path[outer_path.len()..], notes);
                }
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

/// The resources at a path of a part of an operation.
fn at(pack: &Pack, operation: OperationId, part: Part, path: &[Hop]) -> Vec<usize> {
    let found = pack.found_in(operation, part).filter(|(_, found)| found.path == *path);
    found.map(|(resource, _)| resource).collect()
}

/// The changes of some resources in every version, oldest first.
pub(super) fn changes<'p>(
    pack: &'p Pack,
    resources: &[usize],
) -> impl Iterator<Item = (Version, &'p Change)> {
    let changes = pack
        .modules
        .iter()
        .flat_map(|module| module.changes.iter().map(move |change| (module.version, change)));
    changes.filter(|(_, change)| resources.contains(&change.resource))
}

/// Notes changes of resources that are found inside another one that changes, which does not hold them.
fn nested(pack: &Pack, resources: &[usize], outer: usize, path: &[Hop], notes: &mut Vec<Diagnostic>) {
    let outer = &pack.resources[outer].name;
    let inside = Hop::display(path);
    let inside = inside.trim_start_matches(['$', '.']);
    for (_, change) in changes(pack, resources) {
        let resource = &pack.resources[change.resource].name;
        let message = format!("`{resource}` stands inside `{outer}`, which changes too and does not hold it");
        let hint = format!(
            "say in `{outer}` that it holds this one, and leave its place out: `holds = {{ \"{inside}\" = \"{resource}\" }}`"
        );
        let note = Diagnostic::new(Code::Unsupported, &change.at, message);
        notes.push(note.label("this change").hint(hint));
    }
}

/// Follows the steps on one place through all versions.
fn follow(pack: &Pack, resources: &[usize], part: Part, notes: &mut Vec<Diagnostic>) {
    let (mut fields, mut given_away) = (FieldTree::new(), GivenAway::default());
    for (version, change) in changes(pack, resources) {
        fields.enter(version);
        for Authored { step, at } in &change.steps {
            if part == Part::Query && !step.fits_parameters() {
                let message = format!("a query cannot do this: {}", step.describe(Direction::Up));
                let hint = "all values of a query are texts: null, `[]` and `{}` have no form there; to drop a parameter, leave `restore` out; \
                            a guard reads values or `{ is = \"absent\" }`";
                let note = Diagnostic::new(Code::NotForParameters, at, message);
                notes.push(note.label("this step").hint(hint));
            }
            for effect in step.effects(Direction::Up) {
                let resource = &pack.resources[change.resource];
                let mut parts = resource.found.iter().map(|found| found.part).peekable();
                let is_found = parts.peek().is_some();
                if effect.is_of_requests() && is_found && parts.all(Part::is_of_response) {
                    let message =
                        format!("`{}` stands in no request, and a default is one of requests", resource.name);
                    let note = Diagnostic::new(Code::MatchesNothing, at, message).label("this step");
                    notes.push(
                        note.hint("say the change of a resource that is found in a `body` or a `query`"),
                    );
                }
                if let Err(Conflict { code, message, label, hint }) = fields.follow(&effect) {
                    let now = effect.fields().iter().find_map(|field| given_away.now(field));
                    let hint = match now.filter(|_| code == Code::MatchesNothing) {
                        Some(now) => {
                            format!("write `{now}`: steps run one after another, oldest version first")
                        }
                        None => hint.to_owned(),
                    };
                    let [message, hint] = [message, hint].map(|text| step::with_brackets(&effect, &text));
                    notes.push(Diagnostic::new(code, at, message).label(label).hint(hint));
                }
                for (message, hint) in given_away.follow(version, &effect) {
                    let [message, hint] = [message, hint].map(|text| step::with_brackets(&effect, &text));
                    let note = Diagnostic::new(Code::MatchesNothing, at, message);
                    notes.push(note.label("this step").hint(hint));
                }
            }
        }
    }
    held(pack, resources, &mut fields, &given_away, notes);
}

/// Notes what `holds` names and the newest version no longer has.
fn held(
    pack: &Pack,
    resources: &[usize],
    fields: &mut FieldTree,
    given_away: &GivenAway,
    notes: &mut Vec<Diagnostic>,
) {
    for held in resources.iter().flat_map(|resource| &pack.resources[*resource].holds) {
        let members = held.path.iter().map_while(|hop| match hop {
            Hop::Member(name) => Some(name.text()),
            Hop::Elements => None,
        });
        let members: Vec<&str> = members.collect();
        if members.is_empty() {
            continue;
        }
        let field = Field::new(members);
        if let Err(Conflict { code: Code::MatchesNothing, message, .. }) = fields.needs(&field) {
            let hint = match given_away.now(&field) {
                Some(now) => format!("write `{now}`: `holds` says what the newest version has"),
                None => "leave it out: `holds` says what the newest version has".to_owned(),
            };
            let note = Diagnostic::new(Code::MatchesNothing, &held.at, message);
            notes.push(note.label("nothing stands there any more").hint(hint));
        }
    }
}
