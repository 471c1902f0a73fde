//! The laws, tried on everything that the examples yield.

use super::{
    documents::{Document, documents, mutants, places, wrapped},
    findings::Findings,
    laws::{Held, Laws},
    odd,
};
use crate::{compare::Place, json::Hop, pack::Module, version::Version};

pub(super) fn check(laws: &Laws, findings: &mut Findings<'_>) {
    for resource in
        (0..laws.pack().resources.len()).filter(|resource| !findings.skips(*resource)).collect::<Vec<_>>()
    {
        for is_pairs in [false, true] {
            let documents = documents(laws, laws.pack(), resource, is_pairs);
            let sweep = Sweep { laws, resource, is_pairs, documents: &documents };
            let mut tried = |held: Held, place: Place, document: &Document<'_>| {
                if let Err(broken) = held {
                    findings.add(Some(resource), place, broken, None, Some(document.at));
                }
            };
            sweep.everywhere(&mut tried);
            sweep.with_strangers(&mut tried);
        }
    }
}

/// The documents of a resource that are written in the same way.
struct Sweep<'d, 'p> {
    laws: &'d Laws,
    resource: usize,
    is_pairs: bool,
    documents: &'d [Document<'p>],
}

impl<'d, 'p> Sweep<'d, 'p> {
    /// Every document at every place of the resource, to every version.
    fn everywhere(&self, tried: &mut dyn FnMut(Held, Place, &Document<'p>)) {
        for (place, path) in self.places() {
            for document in self.documents {
                let (from, text) = (document.version, wrapped(place, path, &document.text));
                for to in self.laws.pack().versions() {
                    let held = match self.laws.translations().changes(place, from, to) {
                        true => self.laws.all(place, from, to, &text),
                        // The other laws follow from this one.
                        false => self.laws.passes(place, from, to, &text),
                    };
                    tried(held, place, document);
                }
            }
        }
    }

    /// The fullest document of each version with one value after the other replaced or left out, and with members that
    /// nobody knows, between every two versions that differ in the resource.
    fn with_strangers(&self, tried: &mut dyn FnMut(Held, Place, &Document<'p>)) {
        let Some((place, path)) = self.places().min_by_key(|(_, path)| path.len()) else { return };
        let versions = self.versions();
        for from in &versions {
            let of_version = self.documents.iter().filter(|document| document.version == *from);
            let Some(document) = of_version.max_by_key(|document| document.text.len()) else { continue };
            let unknown = self.laws.unknown();
            let dressed = odd::dressed(place, &document.text, &unknown.odd);
            let mutants = mutants(&document.text, self.is_pairs, &unknown.id).into_iter();
            for mutant in mutants.chain(dressed.map(|dressed| dressed.text)) {
                let text = wrapped(place, path, &mutant);
                for to in versions.iter().filter(|to| *to != from) {
                    let held = self
                        .laws
                        .on_anything(place, *from, *to, &text)
                        .and_then(|()| self.laws.round_trip(place, *from, *to, &text));
                    tried(held, place, document);
                }
            }
        }
    }

    /// Returns the places of such documents.
    fn places(&self) -> impl Iterator<Item = (Place, &'d [Hop])> + use<'d, 'p> {
        places(&self.laws.pack().resources[self.resource], self.is_pairs)
    }

    /// The oldest version, and those that change the resource.
    fn versions(&self) -> Vec<Version> {
        let here = self.laws.pack().with_held(self.resource);
        let changes = |module: &Module| module.changes.iter().any(|change| here.contains(&change.resource));
        let modules = self.laws.pack().modules.iter().enumerate();
        modules
            .filter(|(index, module)| *index == 0 || changes(module))
            .map(|(_, module)| module.version)
            .collect()
    }
}
