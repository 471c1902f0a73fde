//! The search for the step of a pack that breaks a law.
//!
//! The steps on the way are put back one after another, in the order in which they run: the one with which the law
//! breaks is to blame. Without any it must hold, or it is not the pack that breaks it.

use super::{law::Broken, laws::Laws};
use crate::{
    compare::Place,
    pack::{Authored, Pack},
    step::Direction,
};

/// The step to blame; `None` if it is not the pack's fault.
pub(super) fn blamed<'l>(laws: &'l Laws, place: Place, broken: &Broken) -> Option<&'l Authored> {
    let Broken { law, from, to, input, .. } = broken;
    let breaks = |pack: Pack| laws.of_another(pack).hold(*law, place, *from, *to, input).is_err();
    let steps = way(laws.pack(), place, broken);
    if breaks(with(laws.pack(), &steps, 0)) {
        return None;
    }
    let count = (1..=steps.len()).find(|count| breaks(with(laws.pack(), &steps, *count)))?;
    let [module, change, step] = *steps.get(count - 1)?;
    laws.pack().modules.get(module)?.changes.get(change)?.steps.get(step)
}

/// A step by its module, its change and its own index.
type Index = [usize; 3];

/// The steps at the place between the versions, in the order in which they run.
fn way(pack: &Pack, place: Place, Broken { from, to, .. }: &Broken) -> Vec<Index> {
    let resources: Vec<usize> =
        pack.found_in(place.operation, place.part).map(|(resource, _)| resource).collect();
    let mut steps = Vec::new();
    for module in pack.crossed(*from, *to) {
        let changes = pack.modules[module].changes.iter().enumerate();
        for (change, of) in changes.filter(|(_, of)| resources.contains(&of.resource)) {
            steps.extend((0..of.steps.len()).map(|step| [module, change, step]));
        }
    }
    if pack.direction(*from, *to) == Direction::Down {
        steps.reverse();
    }
    steps
}

/// The pack with only the first of these steps.
fn with(pack: &Pack, steps: &[Index], count: usize) -> Pack {
    let mut pack = pack.clone();
    let mut gone: Vec<Index> = steps[count..].to_vec();
    // From behind, so that the indices of the others stay.
    gone.sort();
    for [module, change, step] in gone.into_iter().rev() {
        pack.modules[module].changes[change].steps.remove(step);
    }
    // What a step has moved stands elsewhere without it.
    pack.place_held();
    pack
}
