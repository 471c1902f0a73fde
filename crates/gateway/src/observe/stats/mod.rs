//! Stats: counts of requests and answers, made without a lock. A process has one [`Stats`], kept over reloads.
//!
//! A request is counted by [`Stats::count_request`] when its log is dropped. Its series is found in maps that never change:
//! a new series is put into a copy, which then replaces the map. Only that is done under a lock. Readers are `/metrics`
//! and the admin page, by [`Stats::snapshot`], and the usage store, by [`Stats::take`].
//!
//! | file | is |
//! |---|---|
//! | `client` | whose request it is, and how a credential is told apart without being kept |
//! | `series` | what requests are told apart by, and their counts |
//! | `client_table` | the series of every client, and how clients come and go |
//! | `operation` | time and bytes by operation |
//! | `captures` | exchanges that were captured, and those that were not |
//! | `histogram` | durations in buckets |
//! | `unused` | operations of the pack that nobody has asked for, while others were answered |
//! | `totals` | what is counted beside requests: connections, reloads |
//! | `snapshot` | what readers get |
//!
//! Everything is bounded, whatever clients send: see [`client_table::UNNAMED`] and [`client_table::SERIES`]. No path, no header
//! and no credential is kept.

mod captures;
mod client;
mod client_table;
mod histogram;
mod operation;
mod series;
mod snapshot;
mod totals;
mod unused;

pub(crate) use captures::{CaptureCounts, NotCaptured};
pub(crate) use client::{Client, Credential, LoggedClient};
pub(crate) use operation::Translation;
pub(crate) use series::{OTHER, PinSource, SeriesKey, Status, VersionLabel};
pub(crate) use snapshot::{LossRow, OperationRow, Row, Snapshot, Times, WorkRow};
pub(crate) use totals::{ConnectionCounts, OtherVersions, PoolCounts, ReloadResults, more};

use crate::base::lock::Locked;
use arc_swap::ArcSwap;
use client::{CredentialHasher, Naming};
use client_table::{ClientCounts, ClientTable, Registry, UNNAMED};
use dateline_core::{Version, step::Losses};
use dateline_http::{
    clock::unix,
    outcome::Outcome,
    pin::{Pinned, Source},
};
use http::StatusCode;
use series::Series;
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed},
    },
    time::{Duration, SystemTime},
};
use unused::UnusedOperations;

/// A map with a fast hasher. Its keys are bounded, or hashed with a secret.
type Map<K, V> = HashMap<K, V, foldhash::fast::RandomState>;

/// The number of errors of each kind that were answered, or that broke an answer off.
type Errors = Map<(&'static str, Outcome), Arc<AtomicU64>>;

/// All counts of the process.
#[derive(Debug)]
pub(crate) struct Stats {
    clients: ArcSwap<ClientTable>,
    /// Requests without a credential, or with one that the upstream has not accepted.
    anonymous: ClientCounts,
    /// Clients without room of their own, and those that have made room.
    others: ClientCounts,
    hasher: CredentialHasher,
    /// The names of unnamed clients. Replaced under the lock of `registry`.
    naming: ArcSwap<Naming>,
    /// The time, in Unix seconds, before which no client is idle long enough to make room.
    full_until: AtomicU64,
    /// The numbers of series: those of unnamed clients, and all others.
    unnamed_series: AtomicUsize,
    other_series: AtomicUsize,
    errors: ArcSwap<Errors>,
    unused: UnusedOperations,
    /// The counts that need a lock: for new entries, and for readers.
    registry: Mutex<Registry>,
    /// The time at which counting began.
    pub(crate) started: SystemTime,
    pub(crate) connections: ConnectionCounts,
    pub(crate) pool: Arc<PoolCounts>,
    pub(crate) other_versions: OtherVersions,
    pub(crate) captures: Arc<CaptureCounts>,
    /// Requests whose body went up untranslated, although it has a plan.
    pub(crate) untranslated: AtomicU64,
}

/// One finished request, as the statistics count it.
#[derive(Debug)]
pub(crate) struct RequestSample<'r> {
    /// The name of the configured client.
    pub(crate) client: Option<&'r str>,
    pub(crate) credential: Option<&'r Credential>,
    /// The template of the operation, where the pack has it.
    pub(crate) operation: Option<Arc<str>>,
    /// The client's version with its source, and the upstream's version.
    pub(crate) pinned: Option<(Pinned, Source, Version)>,
    /// The status that the client got.
    pub(crate) status: Option<StatusCode>,
    /// The status that the upstream answered.
    pub(crate) upstream_status: Option<StatusCode>,
    /// The error, by its `error.type`.
    pub(crate) error: Option<(&'static str, Outcome)>,
    pub(crate) losses: &'r Losses,
    /// The time from the request's head to the end of the answer.
    pub(crate) took: Duration,
    /// The time to the head of the upstream's answer.
    pub(crate) upstream: Option<Duration>,
    /// The time to the last byte of the upstream's answer, if that came.
    pub(crate) upstream_total: Option<Duration>,
    /// The sizes of the bodies on the wire.
    pub(crate) request_bytes: u64,
    pub(crate) response_bytes: u64,
    /// The effort to translate the bodies, if they were translated.
    pub(crate) request: Option<Translation>,
    pub(crate) response: Option<Translation>,
}

impl Stats {
    /// Creates stats without counts.
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Stats {
            clients: ArcSwap::default(),
            anonymous: ClientCounts::new(Client::Anonymous),
            others: ClientCounts::new(Client::Others),
            hasher: CredentialHasher::new(),
            naming: ArcSwap::default(),
            full_until: AtomicU64::new(0),
            unnamed_series: AtomicUsize::new(0),
            other_series: AtomicUsize::new(0),
            errors: ArcSwap::default(),
            unused: UnusedOperations::default(),
            registry: Mutex::default(),
            started: SystemTime::now(),
            connections: ConnectionCounts::default(),
            captures: Arc::default(),
            untranslated: AtomicU64::new(0),
            pool: Arc::default(),
            other_versions: OtherVersions::default(),
        })
    }

    /// Counts a finished request. Returns the name of its client, as the admin page shows it or will show it, if the
    /// client has no configured name and has shown a credential.
    pub(crate) fn count_request(&self, sample: RequestSample<'_>) -> Option<LoggedClient> {
        self.count_request_at(sample, unix(SystemTime::now()))
    }

    fn count_request_at(&self, mut sample: RequestSample<'_>, now: u64) -> Option<LoggedClient> {
        let key = SeriesKey::new(sample.operation.take(), sample.pinned, sample.status);
        if let Some((code, outcome)) = sample.error {
            self.count_error(code, outcome);
        }
        let clients = self.clients.load();
        if let Some(name) = sample.client {
            match clients.named.get(name) {
                Some(client_counts) => self.count(client_counts, key, &sample, now),
                None => self.count(&self.add_named(name), key, &sample, now),
            }
            return None;
        }
        let Some(credential) = sample.credential else {
            self.count(&self.anonymous, key, &sample, now);
            return None;
        };
        let refused =
            matches!(sample.upstream_status, Some(StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN));
        let mark = self.hasher.mark(credential);
        if let Some(client_counts) = clients.unnamed.get(&mark) {
            self.count(if refused { &self.anonymous } else { client_counts }, key, &sample, now);
            return LoggedClient::of(&client_counts.client, true);
        }
        // Clients can make up keys, and failed answers may come before anyone looks at the keys.
        let accepts = |status: StatusCode| status.is_success() || status.is_redirection();
        let accepted = sample.upstream_status.is_some_and(accepts);
        let client = match accepted.then(|| self.add_unnamed(mark, credential, now)) {
            None => {
                self.count(&self.anonymous, key, &sample, now);
                self.naming.load().name(credential)
            }
            Some(Some(client_counts)) => {
                self.count(&client_counts, key, &sample, now);
                client_counts.client.clone()
            }
            Some(None) => {
                self.count(&self.others, key, &sample, now);
                self.naming.load().name(credential)
            }
        };
        LoggedClient::of(&client, accepted)
    }

    fn count(&self, client_counts: &ClientCounts, key: SeriesKey, sample: &RequestSample<'_>, now: u64) {
        if let Some(series) = client_counts.series.load().get(&key) {
            return self.add(series, sample, now);
        }
        if self.is_full(client_counts) {
            if client_counts.is_unnamed() {
                return self.count(&self.others, key, sample, now);
            }
            if key != SeriesKey::other() {
                return self.count(client_counts, SeriesKey::other(), sample, now);
            }
        }
        let series = self.open(&mut self.registry.locked(), client_counts, key);
        self.add(&series, sample, now);
    }

    fn add(&self, series: &Series, sample: &RequestSample<'_>, now: u64) {
        series.add(now);
        if !sample.losses.is_empty() {
            let new_losses = series.lose(sample.losses);
            if !new_losses.is_empty() {
                series.lose_new(&new_losses, &self.registry.locked());
            }
        }
        series.operation.add(sample);
    }

    /// Returns the client that a finished request is counted for. A client without a configured name is anonymous until
    /// the upstream has accepted its credential.
    pub(crate) fn client_of(&self, name: Option<&str>, credential: Option<&Credential>) -> Client {
        let clients = self.clients.load();
        let known = match (name, credential) {
            (Some(name), _) => return Client::Named(name.into()),
            (None, Some(credential)) => clients.unnamed.get(&self.hasher.mark(credential)),
            (None, None) => None,
        };
        let is_crowded = credential.is_some() && clients.unnamed.len() >= UNNAMED;
        match known {
            Some(client_counts) => client_counts.client.clone(),
            None if is_crowded => Client::Others,
            None => Client::Anonymous,
        }
    }

    /// Counts an error that was answered, or that broke an answer off.
    pub(crate) fn count_error(&self, code: &'static str, outcome: Outcome) {
        if let Some(count) = self.errors.load().get(&(code, outcome)) {
            count.fetch_add(1, Relaxed);
            return;
        }
        let _registry = self.registry.locked();
        let mut errors = Errors::clone(&self.errors.load());
        errors.entry((code, outcome)).or_default().fetch_add(1, Relaxed);
        self.errors.store(Arc::new(errors));
    }

    /// Returns the number of unnamed clients that are counted separately, and the number of all series.
    pub(crate) fn sizes(&self) -> (usize, usize) {
        let series = self.unnamed_series.load(Relaxed) + self.other_series.load(Relaxed);
        (self.clients.load().unnamed.len(), series)
    }
}

#[cfg(test)]
mod tests;
