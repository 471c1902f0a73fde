//! Duration of operations.

use crate::observe::stats::{OperationRow, Snapshot, Times};
use serde::{Serialize, Serializer};
use std::{cmp::Reverse, sync::Arc, time::Duration};

/// One operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(in super::super) struct OperationView {
    /// The path template, or `None` for all paths that are not in the pack.
    pub(in super::super) operation: Option<Arc<str>>,
    pub(in super::super) requests: u64,
    /// The time to the head of the upstream's answer.
    pub(in super::super) upstream: Durations,
    /// The time to translate one body, of a request or of an answer.
    pub(in super::super) translation: Durations,
    /// The size of request bodies on the wire.
    pub(in super::super) request_bytes: u64,
    pub(in super::super) response_bytes: u64,
}

/// Durations, in short.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(in super::super) struct Durations {
    /// The number of durations. If it is zero, the other fields mean nothing.
    pub(in super::super) count: u64,
    #[serde(rename = "mean_us", serialize_with = "microseconds")]
    pub(in super::super) mean: Option<Duration>,
    /// The bound of the histogram that half of them are not above; nothing where that is above all bounds.
    #[serde(rename = "p50_us", serialize_with = "microseconds")]
    pub(in super::super) p50: Option<Duration>,
    /// The same of 99 in a hundred.
    #[serde(rename = "p99_us", serialize_with = "microseconds")]
    pub(in super::super) p99: Option<Duration>,
}

fn microseconds<S: Serializer>(time: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
    time.map(|time| u64::try_from(time.as_micros()).unwrap_or(u64::MAX)).serialize(serializer)
}

impl From<&Times> for Durations {
    fn from(times: &Times) -> Self {
        Durations { count: times.count, p50: times.within(500), p99: times.within(990), mean: times.mean() }
    }
}

pub(super) fn view(snapshot: &Snapshot) -> Vec<OperationView> {
    let mut operations: Vec<OperationView> = snapshot.operations.iter().map(operation).collect();
    // What is above all bounds is slowest.
    let slowest = |share: &Durations| (share.count > 0).then(|| share.p99.unwrap_or(Duration::MAX));
    operations.retain(|operation| operation.requests > 0);
    operations.sort_by_key(|operation| Reverse((slowest(&operation.upstream), operation.upstream.mean)));
    operations
}

fn operation(row: &OperationRow) -> OperationView {
    OperationView {
        operation: row.operation.clone(),
        requests: row.took.count,
        upstream: (&row.upstream).into(),
        translation: (&both(&row.request.time, &row.response.time)).into(),
        request_bytes: row.request_bytes,
        response_bytes: row.response_bytes,
    }
}

/// The durations of both, which are in the same buckets.
fn both(one: &Times, other: &Times) -> Times {
    let buckets = one.buckets.iter().zip(&other.buckets);
    Times {
        count: one.count + other.count,
        sum: one.sum + other.sum,
        buckets: buckets.map(|((bound, one), (_, other))| (*bound, one + other)).collect(),
    }
}
