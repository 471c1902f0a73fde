//! Runs a translation and checks, every time, that what it lost was declared.

use dateline_core::{
    Version,
    pack::{OperationId, Pack, Part},
    plan::{Plan, Plans, explain},
    step::LossKind,
    translate::{self, Media, Untranslatable},
};
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::{Arc, LazyLock},
};

/// The versions by their number, which is how the tests name them.
pub(super) const VERSIONS: [&str; 5] = ["2025-01-01", "2026-06-08", "2026-06-09", "2026-06-20", "2026-07-01"];

/// A piece of text of an exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Side {
    Query,
    Json,
    Form,
    Response,
}

impl Side {
    pub(super) fn is_json(self) -> bool {
        matches!(self, Side::Json | Side::Response)
    }

    pub(super) fn part(self) -> Part {
        match self {
            Side::Query => Part::Query,
            Side::Json | Side::Form => Part::Body,
            Side::Response => Part::Response,
        }
    }
}

/// The losses: kind and field, with the number of objects.
pub(super) type Lost = BTreeMap<(LossKind, String), u64>;

/// The result of a translation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Carried {
    pub(super) output: Vec<u8>,
    pub(super) lost: Lost,
}

impl Carried {
    pub(super) fn text(&self) -> &str {
        std::str::from_utf8(&self.output).expect("translated text is UTF-8")
    }
}

type Declared = HashMap<(OperationId, u8, usize, usize), HashSet<(LossKind, String)>>;

static PACK: LazyLock<Arc<Pack>> = LazyLock::new(|| Arc::new(Pack::embedded().unwrap()));
static PLANS: LazyLock<Plans> = LazyLock::new(|| Plans::new(PACK.clone()));
static DECLARED: LazyLock<Declared> = LazyLock::new(declared);

pub(super) fn pack() -> &'static Pack {
    &PACK
}

pub(super) fn version(number: usize) -> Version {
    VERSIONS[number].parse().unwrap()
}

/// Every ordered pair of versions, equal ones included.
pub(super) fn pairs() -> impl Iterator<Item = (usize, usize)> {
    (0..VERSIONS.len()).flat_map(|from| (0..VERSIONS.len()).map(move |to| (from, to)))
}

/// The operation with this template.
pub(super) fn operation(template: &str) -> OperationId {
    pack().find(template).expect("the pack names the operation")
}

/// The plan on which text of this side goes from one version to another.
pub(super) fn plan(template: &str, part: Part, from: usize, to: usize) -> &'static Plan {
    let (client, upstream) = if part == Part::Response { (to, from) } else { (from, to) };
    PLANS.get(operation(template), version(client), version(upstream)).unwrap()
}

/// Translates text of one version into another.
pub(super) fn carry(
    template: &str,
    side: Side,
    from: usize,
    to: usize,
    text: &[u8],
) -> Result<Carried, Untranslatable> {
    let plan = plan(template, side.part(), from, to);
    let carried = carry_by(plan, side, text)?;
    let declared = &DECLARED[&(operation(template), number(side.part()), from, to)];
    for lost in carried.lost.keys() {
        assert!(declared.contains(lost), "{template} {side:?} {from} -> {to}: {lost:?} is not declared");
    }
    Ok(carried)
}

/// Translates text by this plan.
pub(super) fn carry_by(plan: &Plan, side: Side, text: &[u8]) -> Result<Carried, Untranslatable> {
    let translated = match side {
        Side::Query => {
            let query = translate::query(plan, std::str::from_utf8(text).expect("queries are text"));
            translate::Translated { output: query.output.into_bytes(), losses: query.losses }
        }
        Side::Json => translate::request_body(plan, Media::Json, text)?,
        Side::Form => translate::request_body(plan, Media::Form, text)?,
        Side::Response => translate::response_body(plan, text)?,
    };
    let mut lost = Lost::new();
    for one in translated.losses.iter() {
        *lost.entry((one.kind, one.field.to_string())).or_default() += one.count;
    }
    Ok(Carried { output: translated.output, lost })
}

/// The number of a part among all.
fn number(part: Part) -> u8 {
    (0..).zip(Part::ALL).find(|(_, known)| *known == part).map_or(u8::MAX, |(number, _)| number)
}

fn declared() -> Declared {
    let mut declared = Declared::new();
    for id in pack().operation_ids() {
        for part in [Part::Query, Part::Body, Part::Response] {
            for (from, to) in pairs() {
                let explained = explain(pack(), id, &[part], version(from), version(to));
                let of_steps = explained.places.iter().flat_map(|place| &place.losses);
                let of_steps = of_steps.map(|(_, loss)| (loss.kind, loss.field.to_string()));
                // And what stands in each place may be no object.
                let of_places = explained.places.iter().filter(|place| !place.path.is_empty());
                let of_places = of_places.map(|place| (LossKind::Unconverted, place.path.clone()));
                declared.insert((id, number(part), from, to), of_steps.chain(of_places).collect());
            }
        }
    }
    declared
}
