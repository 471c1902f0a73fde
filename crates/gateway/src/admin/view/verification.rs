//! Results of live verification: translated answers compared with the upstream's own.

use crate::{
    config::{Config, Sample},
    verify::{LiveState, Pair, PlaceCounts},
};
use dateline_core::version::ByLabel;
use serde::{Serialize, Serializer};
use serde_json::{Number, json};
use std::{cmp::Reverse, collections::BTreeMap, sync::Arc};

/// The results of live verification so far.
#[derive(Debug, Default, Serialize)]
pub(in super::super) struct Verification {
    /// The share of traffic that is verified, or `None` if nothing is verified.
    #[serde(serialize_with = "sample")]
    pub(in super::super) sample: Option<Sample>,
    /// The results by operation and pair of versions.
    #[serde(rename = "checks", serialize_with = "checks")]
    pub(in super::super) pairs: BTreeMap<Pair, Checks>,
    /// Places that differ, the last seen first.
    #[serde(rename = "differences")]
    pub(in super::super) places: Vec<PlaceView>,
    /// The number of failed checks by reason.
    pub(in super::super) failures: BTreeMap<&'static str, u64>,
    /// The number of sampled answers that were not checked, by reason.
    pub(in super::super) skipped: BTreeMap<&'static str, u64>,
    /// Requests that the upstream was sent.
    pub(in super::super) requests: u64,
    /// The time at which the last check ended, in seconds since 1970.
    pub(in super::super) last: Option<u64>,
}

/// Checks by what they came to.
pub(in super::super) type Checks = BTreeMap<&'static str, u64>;

/// Writes a sample as a number; 0 where nothing is verified.
fn sample<S: Serializer>(sample: &Option<Sample>, serializer: S) -> Result<S::Ok, S::Error> {
    let number = sample.and_then(|sample| sample.to_string().parse::<Number>().ok());
    number.unwrap_or_else(|| 0.into()).serialize(serializer)
}

/// Writes checks as a list, one entry for each pair and result.
fn checks<S: Serializer>(pairs: &BTreeMap<Pair, Checks>, serializer: S) -> Result<S::Ok, S::Error> {
    let entries = |(pair, checks): (&Pair, &Checks)| {
        let Pair { operation, pin, upstream } = pair.clone();
        let entry = move |(result, count): (&&str, &u64)| json!({ "operation": operation, "pin": pin, "upstream_version": upstream, "result": result, "count": count });
        checks.iter().map(entry).collect::<Vec<_>>()
    };
    serializer.collect_seq(pairs.iter().flat_map(entries))
}

/// A place that differs.
#[derive(Debug, Serialize)]
pub(in super::super) struct PlaceView {
    pub(in super::super) operation: Arc<str>,
    pub(in super::super) pin: dateline_core::Version,
    /// `$.data[*].volume_usd.settled`, or `status`.
    pub(in super::super) path: String,
    #[serde(flatten)]
    pub(in super::super) seen: PlaceCounts,
}

impl Verification {
    pub(in super::super) fn of(state: &LiveState, config: &Config) -> Self {
        let told = state.results.so_far();
        let mut pairs: BTreeMap<Pair, Checks> = BTreeMap::new();
        for ((pair, result), count) in told.verdicts.into_iter().filter(|(_, count)| *count > 0) {
            pairs.entry(pair).or_default().insert(result, count);
        }
        let place = |((operation, ByLabel(pin), path), seen): ((_, _, _), PlaceCounts)| PlaceView {
            operation,
            pin,
            path,
            seen,
        };
        let mut places: Vec<PlaceView> = told.places.into_iter().map(place).collect();
        places.sort_by_key(|place| Reverse(place.seen.last));
        Verification {
            sample: Some(config.verify.sample).filter(|sample| *sample != Sample::NONE),
            pairs,
            places,
            failures: told.failures,
            skipped: state.results.skipped().collect(),
            requests: state.requests(),
            last: told.last,
        }
    }

    /// Returns the number of checks with this result.
    pub(in super::super) fn count(&self, result: &str) -> u64 {
        self.pairs.values().filter_map(|checks| checks.get(result)).sum()
    }
}
