//! The laws of a pack, each as a function of a document and two versions.

use super::{
    digits,
    law::{Broken, Law},
    odd::{self, Dressed},
    same::difference,
    unknown::Unknown,
};
use crate::{
    compare::{Excuse, NoTranslation, Place, Translations, copied, excuses, strangers},
    json::{Hop, Paths},
    pack::{Pack, Part},
    plan::{FormProgram, Program},
    step::{Aggregate, Direction, Effect, Joint, Losses, Made, Parted, PossibleLoss, ValueSource},
    translate::{Translated, Untranslatable},
    version::Version,
};
use std::sync::Arc;

/// The laws for one pack.
///
/// A document that does not fit its version at all is nobody's: the laws other than [`Laws::total`] hold for it.
/// Documents are text, and are given back in [`Broken`]; they are examples or generated, never a client's.
///
/// ```
/// use dateline_core::{check::Laws, compare::Place, pack::{Pack, Part}};
/// use std::sync::Arc;
///
/// let pack = Arc::new(Pack::embedded()?);
/// let plans = pack.find("GET /plans").unwrap();
/// let laws = Laws::new(pack);
/// let document = r#"{"data":[{"company":null,"initial_price":9007199254740993.10}]}"#;
/// laws.all(Place::new(plans, Part::Response), "2025-01-01".parse()?, "2026-07-01".parse()?, document)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Laws {
    translations: Translations,
    /// The JSON texts that the pack puts into documents.
    values: Vec<Arc<[u8]>>,
    /// The places of the values that the pack adds up, for each sum.
    sums: Vec<Vec<ValueSource>>,
    unknown: Arc<Unknown>,
}

/// The law that was tried holds, or here is why not.
pub type Held = Result<(), Box<Broken>>;

impl Laws {
    /// The laws for a pack.
    pub fn new(pack: Arc<Pack>) -> Self {
        let unknown = Unknown::of(&pack).into();
        let (values, sums) = (values(&pack), sums(&pack));
        Laws { values, sums, unknown, translations: Translations::new(apart(pack)) }
    }

    /// The laws for a pack whose plans are run by something else.
    #[cfg(test)]
    pub(super) fn with_engine(pack: Arc<Pack>, engine: crate::compare::Engine) -> Self {
        let unknown = Unknown::of(&pack).into();
        let (values, sums) = (values(&pack), sums(&pack));
        Laws { values, sums, unknown, translations: Translations::with_engine(apart(pack), engine) }
    }

    /// The laws for the same pack with fewer steps, on the same engine.
    pub(super) fn of_another(&self, pack: Pack) -> Self {
        let unknown = self.unknown.clone();
        let (values, sums) = (values(&pack), sums(&pack));
        Laws { values, sums, unknown, translations: self.translations.of_another(pack) }
    }

    /// Names that the pack does not have.
    pub(super) fn unknown(&self) -> &Unknown {
        &self.unknown
    }

    /// The pack.
    pub fn pack(&self) -> &Pack {
        self.translations.pack()
    }

    /// Returns the translations that the laws are tested on.
    pub fn translations(&self) -> &Translations {
        &self.translations
    }

    /// The translation, for a law: a panic breaks law 7, whichever was tried.
    fn tried(
        &self,
        place: Place,
        from: Version,
        to: Version,
        document: &str,
    ) -> Result<Result<Translated<String>, Untranslatable>, Box<Broken>> {
        match self.translations.translate(place, from, to, document) {
            Ok(translated) => Ok(Ok(translated)),
            Err(NoTranslation::Unfit(problem)) => Ok(Err(problem)),
            Err(NoTranslation::Panic(said)) => {
                let trial = self.trial(Law::Total, place, from, to, document);
                Err(trial.broken("a translation or an error".into(), said, None))
            }
        }
    }

    /// Every law, for one document of the version `from`.
    ///
    /// # Errors
    /// The first law that does not hold.
    pub fn all(&self, place: Place, from: Version, to: Version, document: &str) -> Held {
        self.passes(place, from, from, document)?;
        self.on_anything(place, from, to, document)?;
        self.round_trip(place, from, to, document)?;
        self.untouched(place, from, to, document)
    }

    /// The laws that hold for a document of any version, and for what is no document at all.
    ///
    /// # Errors
    /// The first law that does not hold.
    pub fn on_anything(&self, place: Place, from: Version, to: Version, document: &str) -> Held {
        self.total(place, from, to, document.as_bytes())?;
        self.passes(place, from, to, document)?;
        self.path_independence(place, from, to, document)?;
        self.decimal(place, from, to, document)
    }

    /// One law, for one document.
    ///
    /// # Errors
    /// It does not hold, or a translation panicked, which breaks law 7.
    pub fn hold(&self, law: Law, place: Place, from: Version, to: Version, document: &str) -> Held {
        match law {
            Law::EqualVersions => self.passes(place, from, to, document),
            Law::PathIndependence => self.path_independence(place, from, to, document),
            Law::OldNewOld | Law::NewOldNew => self.round_trip(place, from, to, document),
            Law::Untouched => self.untouched(place, from, to, document),
            Law::Decimal => self.decimal(place, from, to, document),
            Law::Total => self.total(place, from, to, document.as_bytes()),
        }
    }

    /// Law 1: between equal versions there is no plan; and without a plan the bytes come out as they went in.
    ///
    /// # Errors
    /// It does not hold.
    pub fn passes(&self, place: Place, from: Version, to: Version, document: &str) -> Held {
        let changes = self.translations.changes(place, from, to);
        if from != to && changes {
            return Ok(());
        }
        match self.tried(place, from, to, document)? {
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
        let between = self.translations.between(from, to);
        if between.is_empty() {
            return Ok(());
        }
        let straight = self.tried(place, from, to, document)?;
        for via in between {
            let first = self.tried(place, from, via, document)?;
            let stepwise = match first {
                Ok(Translated { output, mut losses }) => self.tried(place, via, to, &output)?.map(|second| {
                    losses.extend(second.losses);
                    Translated { output: second.output, losses }
                }),
                unfit => unfit,
            };
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
        let law = match self.pack().direction(from, to) {
            Direction::Up => Law::OldNewOld,
            Direction::Down => Law::NewOldNew,
        };
        let broken = |got: String, difference: Option<String>| {
            Err(self.trial(law, place, from, to, document).broken(document.into(), got, difference))
        };
        let Ok(there) = self.tried(place, from, to, document)? else { return Ok(()) };
        let back = match self.tried(place, to, from, &there.output)? {
            Ok(back) => back,
            // What a form cannot say on the way back is refused, and not translated.
            Err(Untranslatable::FormNotTranslatable) => return Ok(()),
            Err(problem) => return broken(problem.to_string(), None),
        };
        for (from, to, losses) in [(from, to, &there.losses), (to, from, &back.losses)] {
            if let Some(undeclared) = self.undeclared(place, from, to, losses) {
                return broken(back.output, Some(format!("no step declares to lose {undeclared}")));
            }
        }
        if difference(place, document, &back.output, &[]).is_none() {
            return Ok(());
        }
        let mut excuses = excuses(&self.translations, place, from, to, document, true);
        excuses.extend(strangers(&self.translations, place, from, to, document));
        match difference(place, document, &back.output, &excuses) {
            None => Ok(()),
            Some(difference) => {
                let shown = difference.show(&difference.path.pattern());
                broken(format!("{} (by way of {})", back.output, there.output), Some(shown))
            }
        }
    }

    /// The first loss that no step of the plan declares.
    pub(super) fn undeclared(
        &self,
        place: Place,
        from: Version,
        to: Version,
        losses: &Losses,
    ) -> Option<String> {
        let plan = self.translations.plan(place, from, to)?;
        let of_body = |paths: &Paths<Program>| paths.targets().flat_map(Program::losses).collect();
        let mut possible: Vec<PossibleLoss> = match place.part {
            Part::Query => plan.query.as_ref().map(FormProgram::losses),
            Part::Body if place.is_pairs() => plan.form.as_ref().map(FormProgram::losses),
            Part::Body => plan.body.as_ref().map(of_body),
            Part::Response => plan.response.as_ref().map(of_body),
            Part::Errors(statuses) => plan.error(statuses.first).map(of_body),
            Part::Request | Part::Answer => None,
        }
        .unwrap_or_default();
        possible.extend(plan.message(place.part).into_iter().flat_map(|message| message.losses()));
        let declared = |lost: &crate::step::Lost| {
            let is_possible = possible
                .iter()
                .any(|loss| loss.kind == lost.kind && *loss.field.shared_text() == *lost.field);
            // A parameter that stands several times decides no guard.
            let asks = || match place.part {
                Part::Query => plan.query.as_ref().is_some_and(|program| program.asks(&lost.field)),
                Part::Body => plan.form.as_ref().is_some_and(|program| program.asks(&lost.field)),
                Part::Response | Part::Request | Part::Answer | Part::Errors(_) => false,
            };
            is_possible || (lost.refused && place.is_pairs() && asks())
        };
        // That no object is in a place is no step's doing.
        let by_steps = losses.iter().filter(|lost| !lost.misplaced);
        by_steps
            .into_iter()
            .find(|lost| !declared(lost))
            .map(|lost| format!("{} ({})", lost.field, lost.kind))
    }

    /// Law 5: members that no pack names, put into every object of the document, survive byte for byte and in their
    /// order, unless what they are in is reported lost. A document that is not JSON has no objects.
    ///
    /// # Errors
    /// It does not hold.
    pub fn untouched(&self, place: Place, from: Version, to: Version, document: &str) -> Held {
        let Some(Dressed { text, odds }) = odd::dressed(place, document, &self.unknown.odd) else {
            return Ok(());
        };
        let Ok(translated) = self.tried(place, from, to, &text)? else { return Ok(()) };
        // An odd value beside which another is made is copied with all that is in it.
        let copied = copied(&self.translations, place, (from, to), &translated.losses);
        let is_copied = |path: &[Hop]| copied.iter().any(|copied| path.starts_with(copied));
        let missing = odd::missing(&odds, &translated.output, &self.unknown.odd, is_copied);
        if missing.is_empty() {
            return Ok(());
        }
        let excuses = excuses(&self.translations, place, from, to, &text, false);
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

    /// Law 6: every number that comes out has the digits of one that went in, or of one that the pack puts in. A
    /// document that is not JSON has no numbers, only text.
    ///
    /// # Errors
    /// It does not hold.
    pub fn decimal(&self, place: Place, from: Version, to: Version, document: &str) -> Held {
        if place.is_pairs() {
            return Ok(());
        }
        let Ok(translated) = self.tried(place, from, to, document)? else { return Ok(()) };
        let sums = self.sums_on_the_way(place, from, to, document);
        let known = self.values.iter().map(AsRef::as_ref).chain(sums.iter().map(Vec::as_slice));
        match digits::invented(document, known, &translated.output) {
            None => Ok(()),
            Some(number) => {
                let trial = self.trial(Law::Decimal, place, from, to, document);
                let difference = format!("the digits of {number} stand nowhere in the document");
                Err(trial.broken("the digits that went in".into(), translated.output, Some(difference)))
            }
        }
    }

    /// The sums that the pack may compute of a document, and of what it becomes on the way.
    fn sums_on_the_way(&self, place: Place, from: Version, to: Version, document: &str) -> Vec<Vec<u8>> {
        if self.sums.is_empty() {
            return Vec::new();
        }
        let (mut sums, mut text, mut at) = (digits::sums(document, &self.sums), document.to_owned(), from);
        for next in self.translations.between(from, to).into_iter().chain([to]) {
            let Ok(translated) = self.translations.translate(place, at, next, &text) else { break };
            (text, at) = (translated.output, next);
            sums.extend(digits::sums(&text, &self.sums));
        }
        sums
    }

    /// Law 7: whatever the bytes, a translation answers: with a document, or with an error.
    ///
    /// # Errors
    /// It panicked.
    pub fn total(&self, place: Place, from: Version, to: Version, document: &[u8]) -> Held {
        match self.translations.bytes(place, from, to, document) {
            Err(NoTranslation::Panic(said)) => {
                let input = String::from_utf8_lossy(document);
                Err(self.trial(Law::Total, place, from, to, &input).broken(
                    "a translation or an error".into(),
                    said,
                    None,
                ))
            }
            Ok(_) | Err(NoTranslation::Unfit(_)) => Ok(()),
        }
    }

    fn trial<'t>(&'t self, law: Law, place: Place, from: Version, to: Version, input: &'t str) -> Trial<'t> {
        Trial { laws: self, law, place, from, to, input }
    }
}

/// The subject of one test of a law.
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
        let operation = laws.pack().operation(place.operation).to_string();
        let input = input.to_owned();
        Box::new(Broken { law, operation, part: place.part, from, to, input, expected, got, difference })
    }
}

/// The pack in which each resource can be tried alone.
fn apart(pack: Arc<Pack>) -> Arc<Pack> {
    match pack.resources.iter().any(|resource| resource.found.is_empty()) {
        true => Arc::new(pack.with_each_apart()),
        false => pack,
    }
}

/// The JSON texts that the steps of a pack put into documents, in either direction.
fn values(pack: &Pack) -> Vec<Arc<[u8]>> {
    effects(pack).flat_map(texts).collect()
}

/// The places of the values that the steps of a pack add up, for each sum.
fn sums(pack: &Pack) -> Vec<Vec<ValueSource>> {
    let each = effects(pack).collect::<Vec<_>>();
    let sums = each.iter().flat_map(Effect::flat).filter_map(|(effect, _)| match effect {
        Effect::Make { made: Made::Computed(computed), .. } if computed.how == Aggregate::Sum => {
            Some(computed.from.clone())
        }
        Effect::Joint(joint) => match &**joint {
            Joint::Parted(Parted { parts, adds: true, .. }) => {
                Some(parts.iter().map(ValueSource::of_field).collect())
            }
            Joint::Parted(_) | Joint::Tuples(_) | Joint::Scaled(_) => None,
        },
        _ => None,
    });
    sums.collect()
}

/// The effects of the steps of a pack, in either direction.
fn effects(pack: &Pack) -> impl Iterator<Item = Effect> {
    let changes = pack.modules.iter().flat_map(|module| &module.changes);
    changes.flat_map(|change| &change.steps).flat_map(|authored| {
        [Direction::Up, Direction::Down].into_iter().flat_map(|direction| authored.step.effects(direction))
    })
}

fn texts(effect: Effect) -> Vec<Arc<[u8]>> {
    match effect {
        Effect::Make {
            made: Made::Constant { text, .. } | Made::Default { text } | Made::Beside { text: Some(text), .. },
            ..
        } => {
            vec![text]
        }
        Effect::Make { made: Made::Derived(derived), .. } => derived.texts(),
        Effect::Make { made: Made::Computed(computed), .. } => computed.texts(),
        Effect::Reform { form, .. } => form.texts(),
        Effect::Widen { members, .. } => members.into_iter().map(|member| member.text).collect(),
        Effect::Tag(tag) => vec![tag.value.quoted().into()],
        Effect::Joint(joint) => joint.texts(),
        Effect::Guarded(guarded) => guarded.effects.into_iter().flat_map(texts).collect(),
        Effect::Elements(each) => each.effects.into_iter().flat_map(texts).collect(),
        Effect::Make { made: Made::Nothing | Made::Beside { text: None, .. }, .. }
        | Effect::Relocate { .. }
        | Effect::Remove { .. }
        | Effect::Narrow { .. }
        | Effect::Untag(_) => Vec::new(),
    }
}

/// Sorts the losses, so that the order of objects in a list does not matter.
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
