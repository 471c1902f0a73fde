//! The results of live verification so far. They hold operations, versions and the shapes of paths: no value, no id.

use super::{Outcome, Path, Verdict};
use crate::base::lock::Locked;
use crate::observe::stats::more;
use dateline_core::{
    compare::{At, Difference, report::DifferingPlace},
    json::Name,
    version::ByLabel,
};
use dateline_http::clock::Clock;
use serde::Serialize;
use std::{
    borrow::Cow,
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

/// The most differing places that are told apart; more are one, [`OTHER`].
const PLACES: usize = 500;

/// The name for a difference of two statuses, which are not values of a document.
pub(super) const STATUS: &str = "status";

/// The names of the results of a check.
const RESULTS: [&str; 4] = ["agreed", "differed", "unsettled", "failed"];

/// The name of the places that are not told apart.
pub(crate) const OTHER: &str = "other";

/// The reason why a sampled answer was not verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Skipped {
    /// `verify.requests_per_minute` is used up.
    RateLimit,
    /// `verify.concurrency` checks run.
    Busy,
    /// The upstream is left alone for a while.
    Backoff,
    /// The answer is over `verify.body_bytes`, or there was no room for it.
    TooLarge,
    /// The upstream answered at another version than it was asked for.
    OtherVersion,
}

impl Skipped {
    pub(crate) const ALL: [Skipped; 5] =
        [Skipped::RateLimit, Skipped::Busy, Skipped::Backoff, Skipped::TooLarge, Skipped::OtherVersion];

    /// The word for metrics.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Skipped::RateLimit => "budget",
            Skipped::Busy => "busy",
            Skipped::Backoff => "backoff",
            Skipped::TooLarge => "too_large",
            Skipped::OtherVersion => "other_version",
        }
    }
}

/// The results so far.
#[derive(Debug, Default)]
pub(crate) struct Results {
    skipped: [AtomicU64; Skipped::ALL.len()],
    /// Locked by the end of a check and by readers.
    told: Mutex<Tally>,
}

/// The results so far, for readers.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tally {
    /// Ends of checks, by what they were about.
    pub(crate) verdicts: BTreeMap<(Pair, &'static str), u64>,
    /// Places that differ.
    pub(crate) places: BTreeMap<(Arc<str>, ByLabel, String), PlaceCounts>,
    /// The number of failed checks, by reason.
    pub(crate) failures: BTreeMap<&'static str, u64>,
    /// The time of the last check, in seconds since 1970.
    pub(crate) last: Option<u64>,
}

/// The operation and the pair of versions that a check is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Pair {
    pub(crate) operation: Arc<str>,
    pub(crate) pin: ByLabel,
    pub(crate) upstream: ByLabel,
}

/// The counts of a place that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct PlaceCounts {
    /// The JSON types that stood there the last time.
    pub(crate) native: Cow<'static, str>,
    pub(crate) translated: Cow<'static, str>,
    /// The number of answers that differ there.
    pub(crate) answers: u64,
    /// The first time and the last one, in seconds since 1970.
    pub(crate) first: u64,
    pub(crate) last: u64,
}

impl Results {
    /// An answer that was drawn is not verified.
    pub(super) fn skip(&self, why: Skipped) {
        more(&self.skipped[why as usize]);
    }

    /// Returns the number of answers that were not verified, by reason.
    pub(crate) fn skipped(&self) -> impl Iterator<Item = (&'static str, u64)> {
        Skipped::ALL.into_iter().map(|why| (why.as_str(), self.skipped[why as usize].load(Relaxed)))
    }

    /// A check is over.
    pub(super) fn add(&self, verdict: &Verdict) {
        let now = Clock::system().now();
        let mut told = self.told.locked();
        told.last = Some(now);
        if let Outcome::Failed(failure) = &verdict.outcome {
            *told.failures.entry(failure.code()).or_default() += 1;
        }
        let (Some(operation), Some(pin), Some(upstream)) =
            (&verdict.operation, verdict.pin, verdict.upstream)
        else {
            return;
        };
        let pair = Pair { operation: Arc::clone(operation), pin: ByLabel(pin), upstream: ByLabel(upstream) };
        // A rate that begins at 1 has never grown: every result is there from the first on.
        for result in RESULTS {
            let count = told.verdicts.entry((pair.clone(), result)).or_default();
            *count += u64::from(result == verdict.outcome.as_str());
        }
        for DifferingPlace { path, expected: native, got: translated } in places(&verdict.outcome) {
            let mut key = (Arc::clone(operation), ByLabel(pin), path);
            if told.places.len() >= PLACES && !told.places.contains_key(&key) {
                key.2 = OTHER.to_owned();
            }
            let (answers, first) = told.places.get(&key).map_or((0, now), |seen| (seen.answers, seen.first));
            let seen = PlaceCounts { native, translated, answers: answers + 1, first, last: now };
            told.places.insert(key, seen);
        }
    }

    /// The results so far.
    pub(crate) fn so_far(&self) -> Tally {
        self.told.locked().clone()
    }
}

/// Every place that differs, once each, in the order of the paths.
pub(super) fn places(outcome: &Outcome) -> Vec<DifferingPlace> {
    let mut places: Vec<DifferingPlace> = match outcome {
        Outcome::Differed { differences } => differences.iter().map(place).collect(),
        Outcome::Statuses { .. } => {
            vec![DifferingPlace { path: STATUS.to_owned(), expected: STATUS.into(), got: STATUS.into() }]
        }
        Outcome::Agreed { .. } | Outcome::Unsettled { .. } | Outcome::Untranslated | Outcome::Failed(_) => {
            Vec::new()
        }
    };
    places.sort_by(|one, other| one.path.cmp(&other.path));
    places.dedup_by(|one, other| one.path == other.path);
    places
}

fn place(difference: &Difference) -> DifferingPlace {
    DifferingPlace { path: shape(&difference.path).pattern(), ..DifferingPlace::from(difference) }
}

/// A path without what may be somebody's data: a name that does not look like a field's is `?`. Maps are keyed by ids and
/// addresses.
pub(super) fn shape(path: &Path) -> Path {
    let is_a_fields = |name: &str| {
        let known = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
        let digits = name.bytes().filter(u8::is_ascii_digit).count();
        (1..=40).contains(&name.len()) && digits <= 4 && name.bytes().all(known)
    };
    let hop = |at: &At| match at {
        At::Member(name) if !is_a_fields(name.text()) => At::Member(Name::new("?")),
        at => at.clone(),
    };
    path.hops().iter().map(hop).collect()
}
