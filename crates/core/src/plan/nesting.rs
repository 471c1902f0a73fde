//! Places inside other places: the order in which an object and the objects that it holds are changed.
//!
//! A version changes inner objects before outer ones going up, and after them coming down: both ways the outer object
//! is as its older version has it, and so is the path to what it holds. Where the two cannot get in each other's way,
//! all of an inner object's versions run at once.

use super::collect::{Place, Run};
use crate::{
    json::{Hop, Name},
    step::Direction,
};

/// A place that is inside no other one, and what runs there, in order.
pub(crate) struct NestedPlace<'p> {
    pub(crate) path: Vec<Hop>,
    pub(crate) legs: Vec<Leg<'p>>,
}

/// A part of what runs at a place.
pub(crate) enum Leg<'p> {
    /// The steps on the object itself.
    Own(Vec<Run<'p>>),
    /// The places of objects inside it, by their paths from it.
    Inside(Vec<NestedPlace<'p>>),
}

/// A leg whose inner places are not put in order yet.
enum UnorderedLeg<'p> {
    Own(Vec<Run<'p>>),
    Inside(Vec<Place<'p>>),
}

/// Puts places that may be inside each other in order.
pub(crate) fn nest(places: Vec<Place<'_>>) -> Vec<NestedPlace<'_>> {
    let paths: Vec<Vec<Hop>> = places.iter().map(|(path, _)| path.clone()).collect();
    let is_inside = |path: &[Hop], outer: &[Hop]| outer.len() < path.len() && path.starts_with(outer);
    let (mut outer, mut inner) = (Vec::new(), Vec::new());
    for place in places {
        match paths.iter().any(|other| is_inside(&place.0, other)) {
            true => inner.push(place),
            false => outer.push(place),
        }
    }
    let mut sites = Vec::new();
    for (path, runs) in outer {
        let inside: Vec<Place<'_>> = inner.extract_if(.., |(inner, _)| is_inside(inner, &path)).collect();
        let relative = inside.into_iter().map(|(inner, runs)| (inner[path.len()..].to_vec(), runs));
        let legs = legs(runs, relative.collect());
        sites.push(NestedPlace { path, legs });
    }
    sites
}

/// Puts sites in the order in which they run, each path as often as something runs there.
pub(crate) fn in_order(sites: Vec<NestedPlace<'_>>) -> Vec<Place<'_>> {
    let mut places = Vec::new();
    for NestedPlace { path, legs } in sites {
        for leg in legs {
            match leg {
                Leg::Own(runs) => places.push((path.clone(), runs)),
                Leg::Inside(sites) => {
                    let inside = in_order(sites).into_iter();
                    places.extend(inside.map(|(inner, runs)| ([&*path, &inner].concat(), runs)));
                }
            }
        }
    }
    places
}

fn legs<'p>(own: Vec<Run<'p>>, inside: Vec<Place<'p>>) -> Vec<Leg<'p>> {
    let direction = own.first().map_or(Direction::Up, |run| run.direction);
    let mut runs: Vec<(Option<Vec<Hop>>, Run<'p>)> = own.into_iter().map(|run| (None, run)).collect();
    for (path, inner) in inside {
        runs.extend(inner.into_iter().map(|run| (Some(path.clone()), run)));
    }
    // Of one version, the inner ones come first going up, and last coming down.
    match direction {
        Direction::Up => runs.sort_by_key(|(path, run)| (run.at, path.is_none())),
        Direction::Down => {
            runs.sort_by_key(|(path, run)| (std::cmp::Reverse(run.at), path.is_some()));
        }
    }
    let mut drafts: Vec<UnorderedLeg<'p>> = Vec::new();
    for (path, run) in runs {
        match path {
            None => add_own(&mut drafts, run),
            Some(path) => add_inside(&mut drafts, path, run),
        }
    }
    let leg = |draft| match draft {
        UnorderedLeg::Own(runs) => Leg::Own(runs),
        UnorderedLeg::Inside(places) => Leg::Inside(nest(places)),
    };
    drafts.into_iter().map(leg).collect()
}

fn add_own<'p>(drafts: &mut Vec<UnorderedLeg<'p>>, run: Run<'p>) {
    match drafts.last_mut() {
        Some(UnorderedLeg::Own(runs)) => runs.push(run),
        Some(UnorderedLeg::Inside(_)) | None => drafts.push(UnorderedLeg::Own(vec![run])),
    }
}

/// Adds the run of an inner object: before the outer object's last leg, if that neither names nor moves it.
fn add_inside<'p>(drafts: &mut Vec<UnorderedLeg<'p>>, path: Vec<Hop>, run: Run<'p>) {
    let at = match drafts.last() {
        Some(UnorderedLeg::Own(runs)) if runs.iter().all(|run| !names(run, &path)) => {
            let before = drafts.len() - 1;
            if before == 0 || matches!(drafts[before - 1], UnorderedLeg::Own(_)) {
                drafts.insert(before, UnorderedLeg::Inside(Vec::new()));
                before
            } else {
                before - 1
            }
        }
        Some(UnorderedLeg::Inside(_)) => drafts.len() - 1,
        Some(UnorderedLeg::Own(_)) | None => {
            drafts.push(UnorderedLeg::Inside(Vec::new()));
            drafts.len() - 1
        }
    };
    let Some(UnorderedLeg::Inside(places)) = drafts.get_mut(at) else { return };
    match places.iter_mut().find(|(known, _)| *known == path) {
        Some((_, runs)) => runs.push(run),
        None => places.push((path, vec![run])),
    }
}

/// Tells whether a run names the object at a path, what it is in, or what is in it.
fn names(run: &Run<'_>, path: &[Hop]) -> bool {
    let own: Vec<&Name> = path
        .iter()
        .map_while(|hop| match hop {
            Hop::Member(name) => Some(name),
            Hop::Elements => None,
        })
        .collect();
    let effects = run.changes.iter().flat_map(|change| &change.effects);
    effects
        .flat_map(|effect| effect.fields())
        .any(|field| field.names().iter().zip(&own).all(|(one, other)| one == *other))
}
