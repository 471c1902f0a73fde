//! The parameters of paths: where the addresses of an operation have different ones, the changes of its request must say
//! where each comes from and where it goes.

use super::{Change, Operation, OperationId, PATH, Pack, Part};
use crate::{
    authored::{Code, Diagnostic, Location},
    json::Field,
    step::{Direction, Effect},
};
use std::collections::BTreeSet;

/// Notes every operation whose requests could not be sent to its other addresses: a parameter is missing there, or one is
/// left over.
pub(super) fn check(pack: &Pack, notes: &mut Vec<Diagnostic>) {
    for id in pack.operation_ids() {
        for module in 1..pack.modules.len() {
            if let Some(note) = between(pack, id, module) {
                notes.push(note);
            }
        }
        copied_in_responses(pack, id, notes);
    }
}

/// A move of a parameter of the path, in the direction to the newer version.
struct PathMove<'p> {
    from: Option<String>,
    to: Option<String>,
    at: &'p Location,
}

/// The changes of an operation's request, or of the response to it, in a module.
fn changes(pack: &Pack, id: OperationId, part: Part, module: usize) -> impl Iterator<Item = &Change> {
    let is_of = move |change: &&Change| {
        let found = &pack.resources[change.resource].found;
        found.iter().any(|found| found.operation == id && found.part == part)
    };
    pack.modules[module].changes.iter().filter(is_of)
}

/// The name of the parameter that a field is; `None` for a field of another place.
fn parameter(field: &Field) -> Option<String> {
    match field.names() {
        [place, name] if place.text() == PATH => Some(name.text().to_owned()),
        _ => None,
    }
}

fn moves(pack: &Pack, id: OperationId, module: usize) -> Vec<PathMove<'_>> {
    let steps = changes(pack, id, Part::Request, module).flat_map(|change| &change.steps);
    let of_step = steps.flat_map(|authored| {
        let effects = authored.step.effects(Direction::Up);
        let moved = effects.iter().filter_map(Effect::moves).map(|(from, to)| PathMove {
            from: parameter(from),
            to: parameter(to),
            at: &authored.at,
        });
        moved.collect::<Vec<_>>()
    });
    of_step.filter(|moved| moved.from.is_some() || moved.to.is_some()).collect()
}

/// Follows the parameters of an operation's path from one version to the next.
fn between(pack: &Pack, id: OperationId, module: usize) -> Option<Diagnostic> {
    let operation = pack.operation(id);
    let (older, newer) = (operation.last_address(module - 1)?, operation.last_address(module)?);
    let mut now: BTreeSet<&str> = older.parameters().collect();
    let moves = moves(pack, id, module);
    for PathMove { from, to, at } in &moves {
        if let Some(name) = from.as_deref().filter(|name| !now.remove(name)) {
            let message = format!("`path.{name}` can match nothing: `{older}` has no such parameter");
            let hint = "name a parameter of the older version's address on the left, and one of the newer version's on \
                        the right";
            return Some(Diagnostic::new(Code::MatchesNothing, at, message).label("this step").hint(hint));
        }
        if let Some(name) = to.as_deref().filter(|name| !now.insert(name)) {
            let message = format!("`path.{name}` is filled in twice");
            let hint = "a parameter of the path has one value: move the other one away first";
            return Some(Diagnostic::new(Code::Contradiction, at, message).label("this step").hint(hint));
        }
    }
    let wanted: BTreeSet<&str> = newer.parameters().collect();
    let missing = wanted.difference(&now).next();
    let name = missing.or_else(|| now.difference(&wanted).next())?;
    // A step that moves it where its address has no room for it is where the mistake is.
    let by_step = moves.iter().find(|moved| {
        let side = if missing.is_some() { &moved.from } else { &moved.to };
        side.as_deref() == Some(*name)
    });
    if let Some(PathMove { at, .. }) = by_step {
        let message = match missing.is_some() {
            true => format!("`path.{name}` moves away, and `{newer}` still has it"),
            false => format!("`path.{name}` has no place in `{newer}`"),
        };
        let hint = "the parameters of the newer address are those of the older one that no step moves away, and those \
                    that steps move into the path";
        return Some(Diagnostic::new(Code::Contradiction, at, message).label("this step").hint(hint));
    }
    Some(unfilled(operation, name, module))
}

/// A note on a parameter that an address of an operation has and the other one has not, and that no step moves.
fn unfilled(operation: &Operation, name: &str, module: usize) -> Diagnostic {
    let has = |address: &super::Address| address.parameters().any(|known| known == name);
    let mut two = [operation.last_address(module - 1), operation.last_address(module)].into_iter().flatten();
    let (one, other) = (two.next(), two.next());
    let (with, without) = if one.is_some_and(has) { (one, other) } else { (other, one) };
    let text = |address: Option<&super::Address>| address.map(ToString::to_string).unwrap_or_default();
    let (with, without) = (text(with), text(without));
    let message = format!("`{{{name}}}` stands in `{with}`, and not in `{without}`");
    let hint = format!(
        "each request goes from one to the other: write the same name in both if they mean the same; if it stands \
         elsewhere in the other version, move it in a change of the operation with `part = \"request\"`: \
         `{{ move = \"path.{name}\", to = \"body.{name}\" }}`"
    );
    let at = operation.dates().iter().find(|dated| dated.module == module);
    let at = at.or(operation.dates().first()).map(|dated| &dated.at);
    // An operation without dates has one address, whose parameters only steps can change.
    let note = match at {
        Some(at) => Diagnostic::new(Code::Contradiction, at, message),
        None => Diagnostic::without_place(Code::Contradiction, message),
    };
    note.label("nothing fills it in").hint(hint)
}

/// The parameters of an operation's path that its changes move or give another value.
pub(super) fn changed(pack: &Pack, id: OperationId) -> BTreeSet<String> {
    let changes = (1..pack.modules.len()).flat_map(|module| changes(pack, id, Part::Request, module));
    let steps = changes.flat_map(|change| &change.steps);
    let effects = steps.flat_map(|authored| authored.step.effects(Direction::Up));
    effects
        .flat_map(|effect| effect.changed().into_iter().filter_map(parameter).collect::<Vec<_>>())
        .collect()
}

/// Notes steps of responses that copy a parameter which changes: a response knows the path that its client has asked for,
/// and not that of each version.
fn copied_in_responses(pack: &Pack, id: OperationId, notes: &mut Vec<Diagnostic>) {
    let changed = changed(pack, id);
    if changed.is_empty() {
        return;
    }
    for authored in (1..pack.modules.len())
        .flat_map(|module| changes(pack, id, Part::Answer, module))
        .flat_map(|change| &change.steps)
    {
        let effects = authored.step.effects(Direction::Up);
        let mut named = effects.iter().flat_map(Effect::fields).filter_map(|field| parameter(&field));
        if let Some(name) = named.find(|name| changed.contains(name)) {
            let message =
                format!("`path.{name}` is another one at each version: a change of the request moves it");
            let hint = "a response knows the path that its client has asked for: copy a parameter that stays";
            notes.push(
                Diagnostic::new(Code::Unsupported, &authored.at, message).label("this step").hint(hint),
            );
        }
    }
}
