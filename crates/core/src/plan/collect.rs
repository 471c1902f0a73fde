//! The steps between two versions, for each place of an operation.

use crate::{
    json::Hop,
    pack::{Change, Found, Module, OperationId, Pack, Part},
    step::{self, Direction, Effect, Step},
    version::Version,
};

/// A path in a part of an operation, and what runs there.
pub(crate) type Place<'p> = (Vec<Hop>, Vec<Run<'p>>);

/// The changes that one version makes at a place, in the order in which they are made.
#[derive(Clone)]
pub(crate) struct Run<'p> {
    pub(crate) version: Version,
    /// The version's place among the pack's.
    pub(crate) at: usize,
    pub(crate) direction: Direction,
    pub(crate) changes: Vec<Lowered<'p>>,
}

/// A change at a place: its steps and their effects, each in the order in which they run.
#[derive(Clone)]
pub(crate) struct Lowered<'p> {
    pub(crate) change: &'p Change,
    pub(crate) steps: Vec<&'p Step>,
    pub(crate) effects: Vec<Effect>,
}

/// The places of an operation's part that change between the versions, in the pack's order.
pub(crate) fn places(
    pack: &Pack,
    operation: OperationId,
    part: Part,
    from: Version,
    to: Version,
) -> Vec<Place<'_>> {
    let direction = pack.direction(from, to);
    let mut crossed: Vec<usize> = pack.crossed(from, to).collect();
    if direction == Direction::Down {
        crossed.reverse();
    }
    let all: Vec<(usize, &Found)> = pack.found_in(operation, part).collect();
    let mut paths: Vec<&Vec<Hop>> = Vec::new();
    for (_, found) in &all {
        if !paths.contains(&&found.path) {
            paths.push(&found.path);
        }
    }
    let mut places = Vec::new();
    for path in paths {
        let at_path = |module: usize| -> Vec<usize> {
            let here = all.iter().filter(|(_, found)| found.path == *path && found.is_there_for(module));
            here.map(|(resource, _)| *resource).collect()
        };
        let run = |at| run(pack, at, &at_path(at), part, direction);
        let runs: Vec<Run<'_>> =
            crossed.iter().copied().map(run).filter(|run| !run.changes.is_empty()).collect();
        if !runs.is_empty() {
            places.push((path.clone(), runs));
        }
    }
    places
}

/// The modules to apply, or to take off, in order.
pub(crate) fn between(pack: &Pack, from: Version, to: Version) -> Vec<&Module> {
    let crossed = pack.modules_between(from, to).iter();
    match pack.direction(from, to) {
        Direction::Up => crossed.collect(),
        Direction::Down => crossed.rev().collect(),
    }
}

/// Collects the changes of one version. Changes and their steps apply in the written order going up, in reverse going
/// down.
fn run<'p>(pack: &'p Pack, at: usize, resources: &[usize], part: Part, direction: Direction) -> Run<'p> {
    let module = &pack.modules[at];
    let lowered = |change: &'p Change| {
        let mut steps: Vec<&Step> = change.steps.iter().map(|authored| &authored.step).collect();
        if direction == Direction::Down {
            steps.reverse();
        }
        let mut effects = step::lower(direction, &steps);
        if part.is_of_response() {
            step::leave_requests_out(&mut effects);
        }
        Lowered { change, steps, effects }
    };
    let mut changes: Vec<_> =
        module.changes.iter().filter(|change| resources.contains(&change.resource)).map(lowered).collect();
    if direction == Direction::Down {
        changes.reverse();
    }
    Run { version: module.version, at, direction, changes }
}
