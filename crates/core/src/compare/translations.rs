//! A pack's translations as they are looked at: from any version to any other, with panics caught.

use super::{Place, caught::caught};
use crate::{
    pack::{Pack, Part},
    plan::{Plan, Plans},
    step::{Direction, Losses},
    translate::{self, Translated, Untranslatable},
    version::Version,
};
use std::sync::Arc;

/// A function that runs a plan on a document.
pub(crate) type Engine = fn(&Plan, Place, &[u8]) -> Result<Translated<Vec<u8>>, Untranslatable>;

/// A reason why a document has no translation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoTranslation {
    /// The document does not fit the plan.
    #[error(transparent)]
    Unfit(#[from] Untranslatable),
    /// The translation panicked. It never should (law 7).
    #[error("{0}")]
    Panic(String),
}

/// The translations of a pack, from any version to any other, at any place.
#[derive(Debug)]
pub struct Translations {
    pack: Arc<Pack>,
    plans: Plans,
    engine: Engine,
}

impl Translations {
    /// The translations of a pack.
    pub fn new(pack: Arc<Pack>) -> Self {
        Self::with_engine(pack, run)
    }

    /// Creates translations of a pack whose plans are run by another engine.
    pub(crate) fn with_engine(pack: Arc<Pack>, engine: Engine) -> Self {
        Translations { plans: Plans::new(pack.clone()), pack, engine }
    }

    /// Creates translations of another pack on the same engine.
    pub(crate) fn of_another(&self, pack: Pack) -> Self {
        Self::with_engine(Arc::new(pack), self.engine)
    }

    /// The pack.
    pub fn pack(&self) -> &Pack {
        &self.pack
    }

    /// The versions between two others, in the order in which a translation passes them.
    pub fn between(&self, from: Version, to: Version) -> Vec<Version> {
        let crossed = self.pack.modules_between(from, to).iter().map(|module| module.version);
        // The last one is the newer of the two.
        let mut between: Vec<Version> =
            crossed.filter(|version| *version != from && *version != to).collect();
        if self.pack.direction(from, to) == Direction::Down {
            between.reverse();
        }
        between
    }

    /// Translates a document of one version to another; versions that the pack does not know change nothing.
    ///
    /// # Errors
    /// The document does not fit, or the translation panicked.
    pub fn translate(
        &self,
        place: Place,
        from: Version,
        to: Version,
        document: &str,
    ) -> Result<Translated<String>, NoTranslation> {
        let translated = self.bytes(place, from, to, document.as_bytes())?;
        let output = String::from_utf8_lossy(&translated.output).into_owned();
        Ok(Translated { output, losses: translated.losses })
    }

    pub(crate) fn bytes(
        &self,
        place: Place,
        from: Version,
        to: Version,
        document: &[u8],
    ) -> Result<Translated<Vec<u8>>, NoTranslation> {
        let Some(plan) = self.plan(place, from, to) else {
            return Ok(Translated { output: document.to_vec(), losses: Losses::default() });
        };
        let translated = caught(|| (self.engine)(plan, place, document)).map_err(NoTranslation::Panic)?;
        translated.map_err(NoTranslation::Unfit)
    }

    pub(crate) fn plan(&self, place: Place, from: Version, to: Version) -> Option<&Arc<Plan>> {
        match place.part {
            Part::Query | Part::Body | Part::Request => self.plans.get(place.operation, from, to),
            Part::Response | Part::Answer | Part::Errors(_) => self.plans.get(place.operation, to, from),
        }
    }

    /// Tells whether the pack changes anything at the place between the versions.
    pub fn changes(&self, place: Place, from: Version, to: Version) -> bool {
        self.plan(place, from, to).is_some_and(|plan| match place.part {
            Part::Query => plan.translates_query(),
            Part::Body => plan.body.is_some(),
            Part::Response => plan.response.is_some(),
            Part::Errors(statuses) => plan.translates_error(statuses.first),
            Part::Request | Part::Answer => plan.message(place.part).is_some(),
        })
    }
}

/// Runs the plan with the translator of the gateway.
pub(crate) fn run(plan: &Plan, place: Place, document: &[u8]) -> Result<Translated<Vec<u8>>, Untranslatable> {
    match place.part {
        Part::Query => {
            let query = str::from_utf8(document).map_err(|_| Untranslatable::FormNotText)?;
            let Translated { output, losses } = translate::query(plan, query);
            Ok(Translated { output: output.into_bytes(), losses })
        }
        Part::Body => translate::request_body(plan, place.media, document),
        Part::Response => translate::response_body(plan, document),
        Part::Errors(statuses) => translate::error_body(plan, statuses.first, document),
        Part::Request | Part::Answer => translate::message_document(plan, place.part, document),
    }
}
