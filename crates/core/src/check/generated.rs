//! The laws, tried on documents that are made up.
//!
//! Every resource is tried at every version that changes it. Documents of its shape are put at each of its places, in
//! each version until the next that changes it, and go to every other version. If nothing changes, any bytes must pass.

use super::{
    Trials,
    documents::{documents, places},
    draft::Draft,
    findings::Findings,
    generate::{Generator, Recipe},
    laws::Laws,
    shape::{Missing, Shape, combinations},
    unknown::Unknown,
    values::{self, Names},
};
use crate::{
    compare::Place,
    json::Hop,
    pack::{Pack, Part},
    version::Version,
};
use fastrand::Rng;
use std::collections::BTreeSet;

/// Tries as many documents as are asked for.
pub(super) fn check(laws: &Laws, trials: Trials, findings: &mut Findings<'_>) {
    let mut rng = Rng::with_seed(trials.seed);
    if trials.cases > 0 {
        passing(laws, &mut rng, findings);
    }
    let mut kinds = kinds(laws, trials.cases);
    kinds.retain(|kind| !findings.skips(kind.resource));
    let count = kinds.len();
    for case in 0..trials.cases {
        if let Some(kind) = kinds.get_mut(case % count.max(1)) {
            kind.try_one(laws, &mut rng, findings);
        }
    }
}

/// Checks that any bytes pass unchanged if the pack changes nothing.
fn passing(laws: &Laws, rng: &mut Rng, findings: &mut Findings<'_>) {
    let pack = laws.pack();
    let names = Names { foreign: &[], unknown: &laws.unknown().members };
    for operation in pack.operation_ids() {
        let part = |part| Place::new(operation, part);
        let errors = pack.error_parts(operation).into_iter().map(part);
        let places = [part(Part::Query), part(Part::Body), Place::form(operation), part(Part::Response)];
        for place in places.into_iter().chain(errors) {
            for (from, to) in pack.versions().flat_map(|from| pack.versions().map(move |to| (from, to))) {
                if !laws.translations().changes(place, from, to) {
                    let text = Draft::Json(values::value(rng, names, 2), values::gaps(rng)).text();
                    let held = laws.passes(place, from, to, &text);
                    held.err().into_iter().for_each(|broken| findings.add(None, place, broken, None, None));
                }
            }
        }
    }
}

/// Documents of one resource that look the same, in all versions in which they do.
struct Kind<'p> {
    resource: usize,
    is_pairs: bool,
    versions: Vec<Version>,
    places: Vec<(Place, &'p [Hop])>,
    shape: Shape,
    /// The fields of the shape that steps name.
    fields: Vec<Vec<String>>,
    combinations: Vec<Vec<(usize, Missing)>>,
    /// Every name in a step of the resource.
    names: Vec<String>,
    tried: usize,
}

fn kinds(laws: &Laws, cases: usize) -> Vec<Kind<'_>> {
    let pack = laws.pack();
    let mut kinds = Vec::new();
    for (resource, of) in pack.resources.iter().enumerate() {
        for is_pairs in [false, true] {
            let places: Vec<_> = places(of, is_pairs).collect();
            let documents = documents(laws, pack, resource, is_pairs);
            for versions in eras(pack, resource) {
                let here = documents.iter().filter(|document| versions.first() == Some(&document.version));
                let shape = Shape::of(here, is_pairs);
                let names = names(pack, resource);
                if places.is_empty() || shape == Shape::default() {
                    continue;
                }
                let fields = shape.fields(&names.iter().cloned().collect::<BTreeSet<_>>());
                let combinations = combinations(fields.len(), cases);
                let (places, tried) = (places.clone(), 0);
                kinds.push(Kind {
                    resource,
                    is_pairs,
                    versions,
                    places,
                    shape,
                    fields,
                    combinations,
                    names,
                    tried,
                });
            }
        }
    }
    kinds
}

/// The versions, cut before each that changes the resource or one inside it; none for a resource that never changes.
fn eras(pack: &Pack, resource: usize) -> Vec<Vec<Version>> {
    let mut eras: Vec<Vec<Version>> = Vec::new();
    let here = pack.with_held(resource);
    for module in &pack.modules {
        let changes = module.changes.iter().any(|change| here.contains(&change.resource));
        match eras.last_mut().filter(|_| !changes) {
            Some(era) => era.push(module.version),
            None => eras.push(vec![module.version]),
        }
    }
    if eras.len() > 1 { eras } else { Vec::new() }
}

fn names(pack: &Pack, resource: usize) -> Vec<String> {
    let here = pack.with_held(resource);
    let changes = pack.modules.iter().flat_map(|module| &module.changes);
    let steps = changes.filter(|change| here.contains(&change.resource)).flat_map(|change| &change.steps);
    let names: BTreeSet<String> = steps.flat_map(|authored| authored.step.names()).collect();
    names.into_iter().collect()
}

impl Kind<'_> {
    fn try_one(&mut self, laws: &Laws, rng: &mut Rng, findings: &mut Findings<'_>) {
        let Made { place, from, draft, text, is_foreign } = self.make(rng, laws.unknown());
        for to in laws.pack().versions() {
            let held = match laws.translations().changes(place, from, to) {
                false => laws.passes(place, from, to, &text),
                true if is_foreign => laws.on_anything(place, from, to, &text),
                true => laws.all(place, from, to, &text),
            };
            if let Err(broken) = held {
                findings.add(Some(self.resource), place, broken, draft.clone(), None);
            }
        }
    }

    fn make(&mut self, rng: &mut Rng, unknown: &Unknown) -> Made {
        let number = self.tried;
        self.tried += 1;
        let (place, path) = self.places[number % self.places.len()];
        let from = self.versions[number / self.places.len() % self.versions.len()];
        // Every other document goes through the combinations, while there are any; the rest is left to chance.
        let combination = self.combinations.get(number / 2).filter(|_| number.is_multiple_of(2));
        let is_odd = combination.is_none();
        let missing = combination.into_iter().flatten();
        let missing = missing.map(|(field, missing)| (&*self.fields[*field], *missing)).collect();
        let is_foreign = is_odd && rng.u8(0..4) == 0;
        let foreign: Vec<&str> = self.names.iter().map(|name| &**name).filter(|_| is_foreign).collect();
        let recipe = Recipe { shape: &self.shape, missing, is_odd, foreign: &foreign, unknown };
        let mut generator = Generator { rng, recipe };
        let draft = if self.is_pairs { generator.pairs().at(path) } else { generator.body(path) };
        let mut text = draft.text();
        let is_broken = is_foreign && rng.u8(0..4) == 0;
        if is_broken {
            damage(&mut text, rng);
        }
        Made { place, from, draft: (!is_broken).then_some(draft), text, is_foreign }
    }
}

/// A document that was made up.
struct Made {
    place: Place,
    from: Version,
    /// The draft that the text was written from, unless it was damaged since.
    draft: Option<Draft>,
    text: String,
    /// True if the document has names of other versions.
    is_foreign: bool,
}

/// Documents that are made up, with the place and the version of each.
#[cfg(test)]
pub(crate) fn made_up(
    pack: &std::sync::Arc<Pack>,
    Trials { cases, seed }: Trials,
) -> Vec<(Place, Version, String)> {
    let (laws, mut rng) = (Laws::new(pack.clone()), Rng::with_seed(seed));
    let mut kinds = kinds(&laws, cases);
    let count = kinds.len().max(1);
    let made = (0..cases)
        .filter_map(|case| kinds.get_mut(case % count).map(|kind| kind.make(&mut rng, laws.unknown())));
    made.map(|made| (made.place, made.from, made.text)).collect()
}

/// Cuts a text off, or puts something into it that hardly belongs there.
fn damage(text: &mut String, rng: &mut Rng) {
    let places: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
    let Some(at) = rng.choice(places) else { return };
    match rng.choice(["", "\"", "{", "]", ",", "\\u12", "\\ud800", "\u{0}", "1", ":"]) {
        Some("") | None => text.truncate(at),
        Some(piece) => text.insert_str(at, piece),
    }
}
