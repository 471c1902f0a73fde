//! Statistics of requests and answers, counted without a lock: one ledger a process, kept over reloads.
//!
//! A request is counted by [`Ledger::tell`] when its record is dropped. Its series is found in maps that never change:
//! a new series is put into a copy, which then replaces the map. Only that is done under a lock. Readers are `/metrics`
//! and the admin page, by [`Ledger::snapshot`], and the usage store, by [`Ledger::take`].
//!
//! | file | is |
//! |---|---|
//! | `client` | whose request it is, and how a credential is told apart without being kept |
//! | `series` | what requests are told apart by, and their counts |
//! | `accounts` | the series of every client, and how clients come and go |
//! | `operation` | time and bytes by operation |
//! | `recordings` | exchanges that were recorded, and those that were not |
//! | `histogram` | durations in buckets |
//! | `unasked` | operations of the pack that nobody has asked for, while others were answered |
//! | `totals` | what is counted beside requests: connections, reloads |
//! | `snapshot` | what readers get |
//!
//! Everything is bounded, whatever clients send: see [`accounts::UNNAMED`] and [`accounts::SERIES`]. No path, no header
//! and no credential is kept.

mod accounts;
mod client;
mod histogram;
mod operation;
mod recordings;
mod series;
mod snapshot;
mod totals;
mod unasked;

pub(crate) use client::{Called, Client, Credential};
pub(crate) use operation::Translation;
pub(crate) use recordings::{RecordingCounts, Unrecorded};
pub(crate) use series::{OTHER, PinSource, SeriesKey, Spoken, Status};
#[cfg(test)]
pub(crate) use snapshot::LossRow;
pub(crate) use snapshot::{OperationRow, Row, Snapshot, Times, WorkRow};
pub(crate) use totals::{ConnectionCounts, OtherVersions, PoolCounts, ReloadResults, more};

use crate::base::lock::Locked;
use accounts::{Account, Accounts, Books, UNNAMED};
use arc_swap::ArcSwap;
use client::{Apart, Naming};
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
use unasked::Strays;

/// A map with a fast hasher. Its keys are bounded, or hashed with a secret.
type Map<K, V> = HashMap<K, V, foldhash::fast::RandomState>;

/// The number of errors of each kind that were answered, or that broke an answer off.
type Errors = Map<(&'static str, Outcome), Arc<AtomicU64>>;

/// All counts of the process.
#[derive(Debug)]
pub(crate) struct Ledger {
    accounts: ArcSwap<Accounts>,
    /// Requests without a credential, or with one that the upstream has not accepted.
    anonymous: Account,
    /// Clients without room of their own, and those that have made room.
    others: Account,
    apart: Apart,
    /// The names of unnamed clients. Replaced under the lock of `books`.
    naming: ArcSwap<Naming>,
    /// The time, in Unix seconds, before which no client is idle long enough to make room.
    full_until: AtomicU64,
    /// The numbers of series: those of unnamed clients, and all others.
    unnamed_series: AtomicUsize,
    other_series: AtomicUsize,
    errors: ArcSwap<Errors>,
    strays: Strays,
    /// The counts that need a lock: for new entries, and for readers.
    books: Mutex<Books>,
    /// The time at which counting began.
    pub(crate) started: SystemTime,
    pub(crate) connections: ConnectionCounts,
    pub(crate) pool: Arc<PoolCounts>,
    pub(crate) other_versions: OtherVersions,
    pub(crate) recordings: Arc<RecordingCounts>,
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

impl Ledger {
    /// Creates a ledger without counts.
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Ledger {
            accounts: ArcSwap::default(),
            anonymous: Account::new(Client::Anonymous),
            others: Account::new(Client::Others),
            apart: Apart::new(),
            naming: ArcSwap::default(),
            full_until: AtomicU64::new(0),
            unnamed_series: AtomicUsize::new(0),
            other_series: AtomicUsize::new(0),
            errors: ArcSwap::default(),
            strays: Strays::default(),
            books: Mutex::default(),
            started: SystemTime::now(),
            connections: ConnectionCounts::default(),
            recordings: Arc::default(),
            untranslated: AtomicU64::new(0),
            pool: Arc::default(),
            other_versions: OtherVersions::default(),
        })
    }

    /// Counts a finished request. Returns the name of its client, as the admin page shows it or will show it, if the
    /// client has no configured name and has shown a credential.
    pub(crate) fn tell(&self, told: RequestSample<'_>) -> Option<Called> {
        self.tell_at(told, unix(SystemTime::now()))
    }

    fn tell_at(&self, mut told: RequestSample<'_>, now: u64) -> Option<Called> {
        let key = SeriesKey::new(told.operation.take(), told.pinned, told.status);
        if let Some((code, outcome)) = told.error {
            self.fail(code, outcome);
        }
        let accounts = self.accounts.load();
        if let Some(name) = told.client {
            match accounts.named.get(name) {
                Some(account) => self.count(account, key, &told, now),
                None => self.count(&self.add_named(name), key, &told, now),
            }
            return None;
        }
        let Some(credential) = told.credential else {
            self.count(&self.anonymous, key, &told, now);
            return None;
        };
        let refused = matches!(told.upstream_status, Some(StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN));
        let mark = self.apart.mark(credential);
        if let Some(account) = accounts.unnamed.get(&mark) {
            self.count(if refused { &self.anonymous } else { account }, key, &told, now);
            return Called::of(&account.client, true);
        }
        // Clients can make up keys, and failed answers may come before anyone looks at the keys.
        let accepts = |status: StatusCode| status.is_success() || status.is_redirection();
        let accepted = told.upstream_status.is_some_and(accepts);
        let client = match accepted.then(|| self.add_unnamed(mark, credential, now)) {
            None => {
                self.count(&self.anonymous, key, &told, now);
                self.naming.load().name(credential)
            }
            Some(Some(account)) => {
                self.count(&account, key, &told, now);
                account.client.clone()
            }
            Some(None) => {
                self.count(&self.others, key, &told, now);
                self.naming.load().name(credential)
            }
        };
        Called::of(&client, accepted)
    }

    fn count(&self, account: &Account, key: SeriesKey, told: &RequestSample<'_>, now: u64) {
        if let Some(series) = account.series.load().get(&key) {
            return self.add(series, told, now);
        }
        if self.is_full(account) {
            if account.is_unnamed() {
                return self.count(&self.others, key, told, now);
            }
            if key != SeriesKey::other() {
                return self.count(account, SeriesKey::other(), told, now);
            }
        }
        let series = self.open(&mut self.books.locked(), account, key);
        self.add(&series, told, now);
    }

    fn add(&self, series: &Series, told: &RequestSample<'_>, now: u64) {
        series.add(now);
        if !told.losses.is_empty() && !series.lose(told.losses) {
            series.lose_new(told.losses, &self.books.locked());
        }
        series.operation.add(told);
    }

    /// Returns the client that a finished request is counted for. A client without a configured name is anonymous until
    /// the upstream has accepted its credential.
    pub(crate) fn whose(&self, name: Option<&str>, credential: Option<&Credential>) -> Client {
        let accounts = self.accounts.load();
        let known = match (name, credential) {
            (Some(name), _) => return Client::Named(name.into()),
            (None, Some(credential)) => accounts.unnamed.get(&self.apart.mark(credential)),
            (None, None) => None,
        };
        let is_crowded = credential.is_some() && accounts.unnamed.len() >= UNNAMED;
        match known {
            Some(account) => account.client.clone(),
            None if is_crowded => Client::Others,
            None => Client::Anonymous,
        }
    }

    /// Counts an error that was answered, or that broke an answer off.
    pub(crate) fn fail(&self, code: &'static str, outcome: Outcome) {
        if let Some(count) = self.errors.load().get(&(code, outcome)) {
            count.fetch_add(1, Relaxed);
            return;
        }
        let _books = self.books.locked();
        let mut errors = Errors::clone(&self.errors.load());
        errors.entry((code, outcome)).or_default().fetch_add(1, Relaxed);
        self.errors.store(Arc::new(errors));
    }

    /// Returns the number of unnamed clients that are counted separately, and the number of all series.
    pub(crate) fn told_apart(&self) -> (usize, usize) {
        let series = self.unnamed_series.load(Relaxed) + self.other_series.load(Relaxed);
        (self.accounts.load().unnamed.len(), series)
    }
}

#[cfg(test)]
mod tests;
