//! A document on its way from one version to another: each of its objects, traced through the steps.

use super::{
    changes::{Cause, Seen},
    trace::{Done, Fact, Names, Trace, at},
};
use crate::{
    compare::{Place, translations},
    form::{self, Pairs},
    json::{Field, Hop, KeptTexts, Object, Scanner, Shape},
    pack::Pack,
    plan::{
        Plan, collect,
        nesting::{in_order, nest},
    },
    step::{self, Effect, ElementEffects, GuardedEffects, Losses},
    translate::{Translated, Untranslatable},
    version::Version,
};
use serde_json::{Map, Value};
use std::sync::Arc;

/// The way of documents of one place from a version to another, in either direction.
#[derive(Debug)]
pub struct Crossing {
    place: Place,
    plan: Plan,
    sites: Vec<Site>,
    causes: Vec<Arc<Cause>>,
    /// True if pairs are followed as the document that they are.
    is_nested: bool,
}

/// A path at which objects change, and the steps that run on each of them.
#[derive(Debug)]
struct Site {
    path: Vec<Hop>,
    shape: Shape,
    /// One list a version, of the steps and the number of the change that each is of.
    versions: Vec<Vec<(Effect, usize)>>,
}

impl Crossing {
    /// The way between two versions of the pack; versions that it does not know change nothing.
    pub fn new(pack: &Pack, place: Place, from: Version, to: Version) -> Self {
        let mut causes: Vec<Arc<Cause>> = Vec::new();
        let (client, upstream) = if place.part.is_of_response() { (to, from) } else { (from, to) };
        let plan = Plan::compile(pack, place.operation, client, upstream);
        let is_nested = place.is_pairs() && !plan.is_flat(place.part);
        let of_place = |effect: Effect| match is_nested {
            true => effect.for_forms().unwrap_or(effect),
            false => effect,
        };
        let places = collect::places(pack, place.operation, place.part, from, to);
        // An object that is held by another one may move with it.
        let places = in_order(nest(places));
        let sites = places.into_iter().map(|(path, runs)| {
            let mut versions = Vec::new();
            for run in runs {
                let mut effects = Vec::new();
                for collect::Lowered { change, effects: of_change, .. } in run.changes {
                    let (name, why) = (change.name.clone(), change.why.clone());
                    let cause = Cause { version: run.version, name, why };
                    let number = causes.iter().position(|known| **known == cause).unwrap_or(causes.len());
                    if number == causes.len() {
                        causes.push(Arc::new(cause));
                    }
                    effects.extend(of_change.into_iter().map(|effect| (of_place(effect), number)));
                }
                versions.push(effects);
            }
            let shape = step::shape(versions.iter().flatten().map(|(effect, _)| effect));
            Site { path, shape, versions }
        });
        let sites = sites.collect();
        Crossing { place, plan, sites, causes, is_nested }
    }

    /// Tells whether anything can change on the way.
    pub fn changes(&self) -> bool {
        !self.sites.is_empty()
    }

    /// Returns the differences that a client would see in a document of the first version.
    ///
    /// # Errors
    /// The document does not fit, as a translation says, or it is JSON that cannot be read as values.
    pub fn see(&self, document: &str) -> Result<Seen, Unseen> {
        let Translated { output, losses } = self.translate(document)?;
        let mut seen = Seen { output, losses, ..Seen::default() };
        if document.is_empty() {
            return Ok(seen);
        }
        let traced = self.trace(document).map_err(|problem| Unseen::Unreadable(problem.to_string()))?;
        debug_assert!(self.comes_to(&traced, &seen.output), "{document} -> {}", seen.output);
        seen.unchanged = leaves(&traced.before);
        for Found { site, object, facts, .. } in traced.found {
            seen.unchanged = seen.unchanged.saturating_sub(told(&object, &facts));
            let has_path = !self.place.is_pairs() || !site.path.is_empty();
            let site = has_path.then(|| Hop::display(&site.path));
            facts.into_iter().for_each(|fact| seen.note_fact(site.as_deref(), fact, &self.causes));
        }
        Ok(seen)
    }

    /// Returns the fields that stand under names which a step with a guard gives, in objects for which the guard holds: a
    /// document of the first version has them only where it does not.
    pub(crate) fn strangers(&self, document: &str) -> Vec<Field> {
        let found = self.trace(document).map(|traced| traced.found).unwrap_or_default();
        found.into_iter().flat_map(|found| found.strangers).collect()
    }

    /// A document before and after, and what became of the fields of each of its objects.
    pub(super) fn trace(&self, document: &str) -> Result<Traced<'_>, serde_json::Error> {
        let mut found = Vec::new();
        if self.place.is_pairs() && !self.is_nested {
            let kept = KeptTexts::default();
            let mut pairs = Pairs::parse(document);
            let before = pairs.value();
            for site in &self.sites {
                let object = pairs.value();
                let Followed { facts, strangers, after } = site.follow(&mut pairs, &kept, &object);
                found.push(Found { site, object, after, facts, strangers });
            }
            let after = pairs.value();
            return Ok(Traced { before, after, found });
        }
        let before = if self.is_nested { form::value(document) } else { serde_json::from_str(document)? };
        let mut after = before.clone();
        for site in &self.sites {
            each(&mut after, &site.path, &mut |value| {
                let object = value.clone();
                if let Some(Followed { facts, strangers, after }) = site.object(value) {
                    *value = after.clone();
                    found.push(Found { site, object, after, facts, strangers });
                }
            });
        }
        Ok(Traced { before, after, found })
    }

    /// Tells whether a document came out as the translation says.
    fn comes_to(&self, traced: &Traced<'_>, output: &str) -> bool {
        match self.place.is_pairs() {
            true if self.is_nested => same_pairs(&traced.after, &form::value(output)),
            true => Pairs::parse(output).value() == traced.after,
            false => serde_json::from_str(output).is_ok_and(|output: Value| output == traced.after),
        }
    }

    fn translate(&self, document: &str) -> Result<Translated<String>, Untranslatable> {
        let Translated { output, losses } = translations::run(&self.plan, self.place, document.as_bytes())?;
        Ok(Translated { output: String::from_utf8_lossy(&output).into_owned(), losses })
    }
}

/// Tells whether two documents are the same pairs: what is empty or null there is none.
fn same_pairs(one: &Value, other: &Value) -> bool {
    let [one, other] = [one, other].map(|value| form::value(&form::of_value(value)));
    one == other
}

/// A reason why a document cannot be compared.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unseen {
    /// The document has no translation.
    #[error(transparent)]
    Untranslatable(#[from] Untranslatable),
    /// The document is JSON that a gateway passes on as text, but that has no values, such as half of a surrogate pair.
    #[error("the document cannot be read: {0}")]
    Unreadable(String),
}

/// A document on both sides.
#[derive(Debug)]
pub(super) struct Traced<'c> {
    pub(super) before: Value,
    pub(super) after: Value,
    pub(super) found: Vec<Found<'c>>,
}

/// An object that was found in a document, or its parameters.
#[derive(Debug)]
pub(super) struct Found<'c> {
    site: &'c Site,
    /// The object before the translation.
    pub(super) object: Value,
    /// The object in the other version.
    #[cfg_attr(not(test), expect(dead_code, reason = "the tests hold the facts to it"))]
    pub(super) after: Value,
    pub(super) facts: Vec<Fact>,
    strangers: Vec<Field>,
}

/// An object in the other version, and how it came there.
struct Followed {
    facts: Vec<Fact>,
    strangers: Vec<Field>,
    after: Value,
}

impl Site {
    /// Takes an object to the other version. `None` where it is no object: that stays as it is.
    fn object(&self, value: &Value) -> Option<Followed> {
        let text = value.is_object().then(|| value.to_string())?;
        let kept = KeptTexts::default();
        let mut object = Object::read(&mut Scanner::new(text.as_bytes()), &self.shape).ok()?;
        Some(self.follow(&mut object, &kept, value))
    }

    /// Runs every step, and follows what it does.
    fn follow<'s>(
        &'s self,
        subject: &mut impl Subject<'s>,
        kept: &'s KeptTexts,
        document: &Value,
    ) -> Followed {
        let mut trace = Trace::new(document);
        let mut before = document.clone();
        for effects in &self.versions {
            subject.settle(kept);
            effects.iter().for_each(|(effect, by)| run(effect, *by, subject, &mut trace, &mut before));
        }
        let strangers = trace.strangers();
        Followed { facts: trace.facts(&before), strangers, after: before }
    }
}

/// Runs one effect, and follows what it does; `before` is what the subject is.
fn run<'s>(
    effect: &'s Effect,
    by: usize,
    subject: &mut impl Subject<'s>,
    trace: &mut Trace<'_>,
    before: &mut Value,
) {
    let mut lost = Losses::default();
    if let Effect::Guarded(guarded) = effect {
        if subject.enter(guarded, &mut lost) {
            for effect in &guarded.effects {
                trace.note_stranger(effect, before);
                run(effect, by, subject, trace, before);
            }
            subject.leave(guarded, &mut lost);
        }
    } else {
        if let Effect::Elements(each) = effect {
            subject.follow_elements(each, by, trace);
        }
        subject.run(effect, &mut lost);
    }
    let after = subject.value();
    trace.follow(effect, &Done { before, after: &after, lost: &lost, by });
    *before = after;
}

/// The subject that steps run on.
trait Subject<'s> {
    fn run(&mut self, effect: &'s Effect, lost: &mut Losses);
    /// Tells whether the guard of some effects holds.
    fn enter(&mut self, guarded: &GuardedEffects, lost: &mut Losses) -> bool;
    /// Asks the guard of the way back once the effects have run.
    fn leave(&mut self, guarded: &GuardedEffects, lost: &mut Losses);
    /// Follows what effects will do to each element of a list.
    fn follow_elements(&mut self, each: &ElementEffects, by: usize, trace: &mut Trace<'_>);
    /// Prepares for the effects of another version.
    fn settle(&mut self, kept: &'s KeptTexts);
    /// Returns the value of the subject.
    fn value(&self) -> Value;
}

impl<'s> Subject<'s> for Object<'s> {
    fn run(&mut self, effect: &'s Effect, lost: &mut Losses) {
        effect.run(self, lost);
    }

    fn enter(&mut self, guarded: &GuardedEffects, lost: &mut Losses) -> bool {
        guarded.enter(self, lost)
    }

    fn leave(&mut self, guarded: &GuardedEffects, lost: &mut Losses) {
        guarded.leave(self, lost);
    }

    fn follow_elements(&mut self, each: &ElementEffects, by: usize, trace: &mut Trace<'_>) {
        let list = self.at(each.list()).map(|member| member.value.to_text().into_owned());
        let Some(list) = list else { return };
        each.each(self, &list, &mut Losses::default(), &mut |place, element, _| {
            trace.enter(&each.element, place.to_string());
            let mut before = element.value();
            each.effects.iter().for_each(|effect| run(effect, by, element, trace, &mut before));
            trace.leave();
        });
    }

    fn settle(&mut self, kept: &'s KeptTexts) {
        self.settle_written(kept);
    }

    fn value(&self) -> Value {
        let mut text = Vec::new();
        self.write(&mut text);
        serde_json::from_slice(&text).unwrap_or_default()
    }
}

impl<'s> Subject<'s> for Pairs<'s> {
    fn run(&mut self, effect: &'s Effect, lost: &mut Losses) {
        effect.run_on_pairs(self, lost);
    }

    fn enter(&mut self, guarded: &GuardedEffects, lost: &mut Losses) -> bool {
        guarded.enter_pairs(self, lost)
    }

    fn leave(&mut self, guarded: &GuardedEffects, lost: &mut Losses) {
        guarded.leave_pairs(self, lost);
    }

    /// Parameters of the first level have no elements to go into.
    fn follow_elements(&mut self, _: &ElementEffects, _: usize, _: &mut Trace<'_>) {}

    fn settle(&mut self, _: &'s KeptTexts) {}

    /// Parameters by their names: the value of one, a list of those that stand more than once.
    fn value(&self) -> Value {
        let mut parameters = Map::new();
        for (name, value) in self.iter().filter(|(name, value)| !name.is_empty() || value.is_some()) {
            let value = value.map_or(Value::Null, Value::String);
            match parameters.get_mut(&name) {
                None => _ = parameters.insert(name, value),
                Some(Value::Array(values)) => values.push(value),
                Some(one) => *one = Value::Array(vec![one.take(), value]),
            }
        }
        Value::Object(parameters)
    }
}

/// Calls `work` with everything that the path leads to, in the document's order.
fn each(value: &mut Value, path: &[Hop], work: &mut dyn FnMut(&mut Value)) {
    match (path.split_first(), value) {
        (None, value) => work(value),
        (Some((Hop::Elements, rest)), Value::Array(elements)) => {
            elements.iter_mut().for_each(|element| each(element, rest, work));
        }
        (Some((Hop::Member(name), rest)), Value::Object(members)) => {
            members.get_mut(name.text()).into_iter().for_each(|member| each(member, rest, work));
        }
        _ => {}
    }
}

/// Returns the number of an object's values with a recorded fact.
fn told(object: &Value, facts: &[Fact]) -> u64 {
    let told: Vec<&Names> = facts.iter().filter_map(|fact| fact.before.as_ref()).collect();
    let within = |names: &Names| {
        told.iter().any(|other| other.len() < names.len() && names.starts_with(other.as_slice()))
    };
    told.iter().filter(|names| !within(names)).filter_map(|names| at(object, names)).map(leaves).sum()
}

/// Returns the number of values within a value that hold no others.
fn leaves(value: &Value) -> u64 {
    match value {
        Value::Array(elements) if !elements.is_empty() => elements.iter().map(leaves).sum(),
        Value::Object(members) if !members.is_empty() => members.values().map(leaves).sum(),
        _ => 1,
    }
}
