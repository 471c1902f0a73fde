//! Snapshots: the counts as plain values, in a fixed order.

use super::{Client, ClientCounts, Outcome, Registry, SeriesKey, Stats, VersionLabel, series::LossCount};
use crate::base::lock::Locked;
use dateline_core::step::{Cause, LossKind};
use dateline_http::clock::unix;
use serde::{Serialize, Serializer};
use serde_json::json;
use std::{
    sync::{Arc, atomic::Ordering::Relaxed},
    time::{Duration, SystemTime},
};

/// The counts since the process began.
#[derive(Debug)]
pub(crate) struct Snapshot {
    /// The time of the snapshot, in Unix seconds.
    pub(crate) at: u64,
    /// The time at which counting began, in Unix seconds.
    pub(crate) since: u64,
    /// The requests in order of client and key, without repetition.
    pub(crate) requests: Vec<Row>,
    /// The losses in order, without repetition.
    pub(crate) losses: Vec<LossRow>,
    /// Times and sizes in order of operation. The entry for paths outside the pack comes first.
    pub(crate) operations: Vec<OperationRow>,
    /// The errors that were answered in place of the upstream, or that broke an answer off.
    pub(crate) errors: Vec<ErrorRow>,
}

/// Requests of one client under one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) client: Client,
    pub(crate) key: SeriesKey,
    pub(crate) count: u64,
    /// The time at which the last request ended, in Unix seconds.
    pub(crate) last_seen: u64,
}

/// Values that were lost in the requests or answers of one client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct LossRow {
    pub(crate) client: Client,
    /// The template of the operation.
    pub(crate) operation: Option<Arc<str>>,
    pub(crate) pin: VersionLabel,
    /// The field's name in the version that has it, from the pack.
    pub(crate) field: Arc<str>,
    pub(crate) kind: LossKind,
    /// The change that loses it, or `None` if there was no room for it.
    #[serde(flatten, serialize_with = "module_and_change")]
    pub(crate) cause: Option<Arc<Cause>>,
    /// The number of objects with this loss.
    pub(crate) count: u64,
}

/// Writes a cause as members of its loss. They are `null` where it is not known.
fn module_and_change<S: Serializer>(cause: &Option<Arc<Cause>>, serializer: S) -> Result<S::Ok, S::Error> {
    let cause = cause.as_ref();
    json!({ "module": cause.map(|it| it.version), "change": cause.map(|it| &*it.change) })
        .serialize(serializer)
}

/// Time and bytes of one operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OperationRow {
    /// The path template, or `None` for all paths that are not in the pack.
    pub(crate) operation: Option<Arc<str>>,
    /// The times from a request's head to the end of its answer.
    pub(crate) took: Times,
    /// The times from the end of the request's translation to the head of the upstream's answer.
    pub(crate) upstream: Times,
    /// The times to the last byte of the upstream's answer.
    pub(crate) upstream_total: Times,
    /// The sizes of the bodies on the wire.
    pub(crate) request_bytes: u64,
    pub(crate) response_bytes: u64,
    /// The bodies of requests that were translated.
    pub(crate) request: WorkRow,
    /// The bodies of answers that were translated.
    pub(crate) response: WorkRow,
}

/// Bodies that were translated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WorkRow {
    pub(crate) time: Times,
    /// The size of the bodies before their translation, without content coding.
    pub(crate) bytes: u64,
}

/// Durations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Times {
    pub(crate) count: u64,
    pub(crate) sum: Duration,
    /// The number of durations in each bucket: above the bound before it, up to its own. Durations above all bounds are
    /// only in `count`.
    pub(crate) buckets: Vec<(Duration, u64)>,
}

/// The number of errors of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ErrorRow {
    /// The `error.type` that the client and the log see.
    pub(crate) code: &'static str,
    /// The possible effect of those requests on the upstream.
    pub(crate) outcome: Outcome,
    pub(crate) count: u64,
}

impl Row {
    fn of(client: &Client, key: &SeriesKey, count: u64, last_seen: u64) -> Self {
        Row { client: client.clone(), key: key.clone(), count, last_seen }
    }

    /// Sorts the rows and merges those of one client and key: a client that made room and came back was counted twice.
    fn ordered(mut rows: Vec<Self>) -> Vec<Self> {
        rows.sort_by(|one, other| (&one.client, &one.key).cmp(&(&other.client, &other.key)));
        rows.dedup_by(|row, kept| {
            let same = (&row.client, &row.key) == (&kept.client, &kept.key);
            if same {
                kept.count += row.count;
                kept.last_seen = kept.last_seen.max(row.last_seen);
            }
            same
        });
        rows
    }
}

impl LossRow {
    fn of(client: &Client, key: &SeriesKey, loss: &LossCount) -> Self {
        LossRow {
            client: client.clone(),
            operation: key.operation.clone(),
            pin: key.pin,
            field: Arc::clone(&loss.field),
            kind: loss.kind,
            cause: loss.cause.clone(),
            count: loss.count(),
        }
    }

    fn place(&self) -> (&Client, Option<&str>, VersionLabel, &str, LossKind, Option<&Cause>) {
        (&self.client, self.operation.as_deref(), self.pin, &self.field, self.kind, self.cause.as_deref())
    }

    /// Sorts the rows and merges equal ones, since series distinguish more than these rows.
    fn ordered(mut rows: Vec<Self>) -> Vec<Self> {
        rows.sort_by(|one, other| one.place().cmp(&other.place()));
        rows.dedup_by(|row, kept| {
            let same = row.place() == kept.place();
            if same {
                kept.count += row.count;
            }
            same
        });
        rows
    }
}

impl Stats {
    /// Returns all counts so far. It takes a millisecond or more, so it must stay off the path of a request.
    pub(crate) fn snapshot(&self) -> Snapshot {
        let (mut requests, mut losses) = (Vec::new(), Vec::new());
        let mut registry = self.registry.locked();
        self.merge_retired(&mut registry);
        self.each(&registry, |client_counts| {
            for (key, series) in client_counts.series.load().iter() {
                let client = &client_counts.client;
                for loss in series.losses().iter() {
                    losses.push(LossRow::of(client, key, loss));
                }
                requests.push(Row::of(client, key, series.count(), series.last_seen()));
            }
        });
        let mut operations: Vec<_> = registry.operations.values().map(|operation| operation.read()).collect();
        // Requests with a new series wait for this lock, and what follows takes longer.
        drop(registry);
        operations.sort_by(|one, other| one.operation.cmp(&other.operation));
        Snapshot {
            at: unix(SystemTime::now()),
            since: unix(self.started),
            requests: Row::ordered(requests),
            losses: LossRow::ordered(losses),
            operations,
            errors: self.errors(),
        }
    }

    /// Returns the counts since the last call, for their one reader, the usage store. Rows without a new request are
    /// left out. Counts that were taken are never returned again, whatever happens to them.
    pub(crate) fn take(&self) -> Vec<Row> {
        let mut rows = Vec::new();
        let mut registry = self.registry.locked();
        self.merge_retired(&mut registry);
        self.each(&registry, |client_counts| {
            for (key, series) in client_counts.series.load().iter() {
                let (last_seen, count) = (series.last_seen(), series.take(&registry));
                if count > 0 {
                    rows.push(Row::of(&client_counts.client, key, count, last_seen));
                }
            }
        });
        rows
    }

    fn each(&self, registry: &Registry, mut read: impl FnMut(&ClientCounts)) {
        read(&self.anonymous);
        read(&self.others);
        let clients = self.clients.load();
        clients.named.values().chain(clients.unnamed.values()).for_each(|client_counts| read(client_counts));
        registry.retired.iter().for_each(|client_counts| read(client_counts));
    }

    fn errors(&self) -> Vec<ErrorRow> {
        let errors = self.errors.load();
        let rows = errors.iter().map(|((code, outcome), count)| ErrorRow {
            code,
            outcome: *outcome,
            count: count.load(Relaxed),
        });
        let mut rows: Vec<_> = rows.collect();
        rows.sort_by_key(|row| (row.code, row.outcome.as_str()));
        rows
    }
}
