//! The laws of a pack, each as a function of a document and two versions.
//!
//! Law 6, that decimal text never becomes a binary floating point number, needs no function of its own: give the
//! others documents with more digits than such a number has.

use super::{
    compare::{self, Difference},
    excuse::{Excuse, excuses},
    law::{Broken, Law, Place},
    odd::{self, Dressed},
};
use crate::{
    Version,
    json::Hop,
    pack::{Pack, Part},
    plan::{Plan, Plans, Program},
    step::Losses,
    translate::{self, Translated, Untranslatable},
};
use std::{panic, sync::Arc};

/// The laws for one pack.
///
/// A document that does not fit its version at all is nobody's: the laws other than [`Laws::total`] hold for it.
/// Documents are text, and are given back in [`Broken`]; they are examples or generated, never a client's.
///
/// ```
/// use dateline::{check::{Laws, Place}, pack::{Pack, Part}};
/// use std::sync::Arc;
///
/// let pack = Arc::new(Pack::embedded()?);
/// let plans = pack.operation_ids().find(|id| pack.operation(*id).to_string() == "GET /plans").unwrap();
/// let laws = Laws::new(pack);
/// let document = r#"{"data":[{"company":null,"initial_price":9007199254740993.10}]}"#;
/// laws.all(Place::new(plans, Part::Response), "2025-01-01".parse()?, "2026-07-01".parse()?, document)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Laws {
    pack: Arc<Pack>,
    plans: Plans,
}

/// The law that was tried holds, or here is why not.
pub type Held = Result<(), Box<Broken>>;

impl Laws {
    /// The laws for a pack.
    pub fn new(pack: Arc<Pack>) -> Self {
        Laws { plans: Plans::new(pack.clone()), pack }
    }

    /// The pack.
    pub fn pack(&self) -> &Pack {
        &self.pack
    }

    /// The versions between two others, in the order in which a translation passes them.
    pub fn between(&self, from: Version, to: Version) -> Vec<Version> {
        let (older, newer) = (from.min(to), from.max(to));
        let mut between: Vec<Version> =
            self.pack.versions().filter(|version| older < *version && *version < newer).collect();
        if from > to {
            between.reverse();
        }
        between
    }

    /// Translates a document of one version to another; versions that the pack does not know change nothing.
    ///
    /// # Errors
    /// The document does not fit.
    pub fn translate(
        &self,
        place: Place,
        from: Version,
        to: Version,
        document: &str,
    ) -> Result<Translated<String>, Untranslatable> {
        let translated = self.bytes(place, from, to, document.as_bytes())?;
        let output = String::from_utf8_lossy(&translated.output).into_owned();
        Ok(Translated { output, losses: translated.losses })
    }

    fn bytes(
        &self,
        place: Place,
        from: Version,
        to: Version,
        document: &[u8],
    ) -> Result<Translated<Vec<u8>>, Untranslatable> {
        let Some(plan) = self.plan(place, from, to) else {
            return Ok(Translated { output: document.to_vec(), losses: Losses::default() });
        };
        match place.part {
            Part::Query => {
                let query = str::from_utf8(document).map_err(|_| Untranslatable::FormNotText)?;
                let Translated { output, losses } = translate::query(plan, query);
                Ok(Translated { output: output.into_bytes(), losses })
            }
            Part::Body => translate::request_body(plan, place.media, document),
            Part::Response => translate::response_body(plan, document),
        }
    }

    fn plan(&self, place: Place, from: Version, to: Version) -> Option<&Arc<Plan>> {
        match place.part {
            Part::Query | Part::Body => self.plans.get(place.operation, from, to),
            Part::Response => self.plans.get(place.operation, to, from),
        }
    }

    /// Every law, for one document.
    ///
    /// # Errors
    /// The first law that does not hold.
    pub fn all(&self, place: Place, from: Version, to: Version, document: &str) -> Held {
        self.total(place, from, to, document.as_bytes())?;
        self.passes(place, from, from, document)?;
        self.passes(place, from, to, document)?;
        self.path_independence(place, from, to, document)?;
        self.round_trip(place, from, to, document)?;
        self.untouched(place, from, to, document)
    }

    /// Whether the pack changes anything at the place between the versions.
    pub fn changes(&self, place: Place, from: Version, to: Version) -> bool {
        self.plan(place, from, to).is_some_and(|plan| match place.part {
            Part::Query => plan.translates_query(),
            Part::Body => plan.translates_request_body(),
            Part::Response => plan.translates_response(),
        })
    }

    /// Law 1: between equal versions there is no plan; and without a plan the bytes come out as they went in.
    ///
    /// # Errors
    /// It does not hold.
    pub fn passes(&self, place: Place, from: Version, to: Version, document: &str) -> Held {
        let changes = self.changes(place, from, to);
        if from != to && changes {
            return Ok(());
        }
        match self.translate(place, from, to, document) {
            Ok(same) if !changes && same.output == document && same.losses.is_empty() => Ok(()),
            other => {
                let trial = self.trial(Law::EqualVersions, place, from, to, document);
                Err(trial.broken(document.into(), shown(&other), None))
            }
        }
    }

    /// Law 2: the way through each version between the two gives what the straight way gives, byte for byte and
    /// losses included.
    ///
    /// # Errors
    /// It does not hold.
    pub fn path_independence(&self, place: Place, from: Version, to: Version, document: &str) -> Held {
        let between = self.between(from, to);
        if between.is_empty() {
            return Ok(());
        }
        let straight = self.translate(place, from, to, document);
        for via in between {
            let stepwise = self.translate(place, from, via, document).and_then(|first| {
                let mut second = self.translate(place, via, to, &first.output)?;
                let mut losses = first.losses;
                losses.extend(std::mem::take(&mut second.losses));
                Ok(Translated { losses, ..second })
            });
            let same = match (&straight, &stepwise) {
                (Ok(straight), Ok(stepwise)) => {
                    straight.output == stepwise.output && sorted(&straight.losses) == sorted(&stepwise.losses)
                }
                (Err(_), Err(_)) => true,
                _ => false,
            };
            if !same {
                let trial = self.trial(Law::PathIndependence, place, from, to, document);
                let way = format!("through {via}: {}", shown(&stepwise));
                return Err(trial.broken(shown(&straight), way, None));
            }
        }
        Ok(())
    }

    /// Laws 3 and 4: there and back gives the document's values again, except for fields that a step declares to lose
    /// and that were reported lost.
    ///
    /// # Errors
    /// It does not hold.
    pub fn round_trip(&self, place: Place, from: Version, to: Version, document: &str) -> Held {
        let law = if from <= to { Law::OldNewOld } else { Law::NewOldNew };
        let broken = |got: String, difference: Option<String>| {
            Err(self.trial(law, place, from, to, document).broken(document.into(), got, difference))
        };
        let Ok(there) = self.translate(place, from, to, document) else { return Ok(()) };
        let back = match self.translate(place, to, from, &there.output) {
            Ok(back) => back,
            Err(problem) => return broken(problem.to_string(), None),
        };
        for (from, to, losses) in [(from, to, &there.losses), (to, from, &back.losses)] {
            if let Some(undeclared) = self.undeclared(place, from, to, losses) {
                return broken(back.output, Some(format!("no step declares to lose {undeclared}")));
            }
        }
        let compare = if place.is_pairs() { compare::pairs } else { compare::json };
        if compare(document, &back.output, &[]).is_ok() {
            return Ok(());
        }
        let excuses = excuses(self, place, from, to, document, true);
        compare(document, &back.output, &excuses).or_else(|difference: Difference| {
            let shown = difference.show(&Hop::display(&difference.path));
            broken(format!("{} (by way of {})", back.output, there.output), Some(shown))
        })
    }

    /// The first loss that no step of the plan declares.
    pub(super) fn undeclared(
        &self,
        place: Place,
        from: Version,
        to: Version,
        losses: &Losses,
    ) -> Option<String> {
        let plan = self.plan(place, from, to)?;
        let programs: Vec<&Program> = match place.part {
            Part::Query => plan.query.iter().collect(),
            Part::Body => plan.body.iter().flat_map(|paths| paths.targets()).collect(),
            Part::Response => plan.response.iter().flat_map(|paths| paths.targets()).collect(),
        };
        let declared = |lost: &crate::step::Lost| {
            let mut possible = programs.iter().flat_map(|program| program.losses());
            possible.any(|loss| loss.kind == lost.kind && *loss.field.shared_text() == *lost.field)
        };
        losses.iter().find(|lost| !declared(lost)).map(|lost| format!("{} ({})", lost.field, lost.kind))
    }

    /// Law 5: members that no pack names, put into every object of the document, survive byte for byte and in their
    /// order, unless what they are in is reported lost. A document that is not JSON has no objects.
    ///
    /// # Errors
    /// It does not hold.
    pub fn untouched(&self, place: Place, from: Version, to: Version, document: &str) -> Held {
        let dressed = if place.is_pairs() { Some(odd::pairs(document)) } else { odd::json(document) };
        let Some(Dressed { text, odds }) = dressed else { return Ok(()) };
        let Ok(translated) = self.translate(place, from, to, &text) else { return Ok(()) };
        let missing = odd::missing(&odds, &translated.output);
        if missing.is_empty() {
            return Ok(());
        }
        let excuses = excuses(self, place, from, to, &text, false);
        let excused = |path: &[Hop]| excuses.iter().any(|excuse: &Excuse| excuse.covers(path));
        match missing.iter().find(|odd| !excused(&odd.path)) {
            None => Ok(()),
            Some(odd) => {
                let trial = self.trial(Law::Untouched, place, from, to, &text);
                let at = Hop::display(&odd.path);
                let expected = format!("{} once in {at}, in its place", odd.text);
                Err(trial.broken(expected, translated.output, None))
            }
        }
    }

    /// Law 7: whatever the bytes, a translation answers: with a document, or with an error.
    ///
    /// # Errors
    /// It panicked.
    pub fn total(&self, place: Place, from: Version, to: Version, document: &[u8]) -> Held {
        let translate = panic::AssertUnwindSafe(|| drop(self.bytes(place, from, to, document)));
        panic::catch_unwind(translate).map_err(|_| {
            let input = String::from_utf8_lossy(document);
            self.trial(Law::Total, place, from, to, &input).broken("an answer".into(), "a panic".into(), None)
        })
    }

    fn trial<'t>(&'t self, law: Law, place: Place, from: Version, to: Version, input: &'t str) -> Trial<'t> {
        Trial { laws: self, law, place, from, to, input }
    }
}

/// What a law is tried on.
struct Trial<'t> {
    laws: &'t Laws,
    law: Law,
    place: Place,
    from: Version,
    to: Version,
    input: &'t str,
}

impl Trial<'_> {
    fn broken(self, expected: String, got: String, difference: Option<String>) -> Box<Broken> {
        let Trial { laws, law, place, from, to, input } = self;
        let operation = laws.pack.operation(place.operation).to_string();
        let input = input.to_owned();
        Box::new(Broken { law, operation, part: place.part, from, to, input, expected, got, difference })
    }
}

/// In an order that does not depend on which object of a list came first.
fn sorted(losses: &Losses) -> Vec<String> {
    let mut lines: Vec<String> =
        losses.iter().map(|lost| format!("{}={} {}", lost.field, lost.kind, lost.count)).collect();
    lines.sort();
    lines
}

fn shown(result: &Result<Translated<String>, Untranslatable>) -> String {
    match result {
        Ok(Translated { output, losses }) if losses.is_empty() => output.clone(),
        Ok(Translated { output, losses }) => format!("{output} (lost: {})", sorted(losses).join(", ")),
        Err(problem) => problem.to_string(),
    }
}
