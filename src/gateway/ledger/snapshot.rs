//! What readers of the ledger get: plain values, in a fixed order.

use super::{Account, Books, Client, Key, Ledger, Outcome, Spoken, series::LossCount, unix};
use crate::step::{Cause, LossKind};
use std::{
    sync::{Arc, atomic::Ordering::Relaxed},
    time::{Duration, SystemTime},
};

/// Everything that was counted since the process began.
#[derive(Debug)]
pub(crate) struct Snapshot {
    /// When it was taken, as Unix time in seconds.
    pub(crate) at: u64,
    /// Since when it was counted, as Unix time in seconds.
    pub(crate) since: u64,
    /// Requests, ordered by client and key; a client and a key stand once.
    pub(crate) requests: Vec<Row>,
    /// What was lost, ordered; every combination stands once.
    pub(crate) losses: Vec<LossRow>,
    /// Time and bytes, ordered by operation, the one that the pack has not first.
    pub(crate) operations: Vec<OperationRow>,
    /// What was answered in the upstream's place, or broke an answer off.
    pub(crate) errors: Vec<ErrorRow>,
}

/// Requests of one client under one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) client: Client,
    pub(crate) key: Key,
    pub(crate) count: u64,
    /// When the last of them was over, as Unix time in seconds.
    pub(crate) last_seen: u64,
}

/// Values that were lost in the requests or answers of one client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LossRow {
    pub(crate) client: Client,
    /// The template of the operation.
    pub(crate) operation: Option<Arc<str>>,
    pub(crate) pin: Spoken,
    /// As the version that has it names it: a name of the pack.
    pub(crate) field: Arc<str>,
    pub(crate) kind: LossKind,
    /// The change that loses it; nothing where there was no room to tell it.
    pub(crate) cause: Option<Arc<Cause>>,
    /// In how many objects.
    pub(crate) count: u64,
}

/// Time and bytes of one operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OperationRow {
    /// Its template; nothing for everything that the pack has not.
    pub(crate) operation: Option<Arc<str>>,
    /// From the head of a request to the end of its answer.
    pub(crate) took: Times,
    /// From the end of the request's translation to the head of the upstream's answer.
    pub(crate) upstream: Times,
    /// To the last byte of it.
    pub(crate) upstream_total: Times,
    /// Of the bodies, as they were on the wire.
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
    /// Before they were translated, without their coding.
    pub(crate) bytes: u64,
}

/// Durations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Times {
    pub(crate) count: u64,
    pub(crate) sum: Duration,
    /// How many there are up to each bound and above the one before; what is above all bounds is in `count` only.
    pub(crate) buckets: Vec<(Duration, u64)>,
}

/// How often something went wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ErrorRow {
    /// The `error.type` that the client and the log see.
    pub(crate) code: &'static str,
    /// What the upstream can have done then.
    pub(crate) outcome: Outcome,
    pub(crate) count: u64,
}

impl Row {
    fn of(client: &Client, key: &Key, count: u64, last_seen: u64) -> Self {
        Row { client: client.clone(), key: key.clone(), count, last_seen }
    }

    /// In order, each client and key once: one that has made room and come back has been counted in two places.
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
    fn of(client: &Client, key: &Key, loss: &LossCount) -> Self {
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

    fn place(&self) -> (&Client, Option<&str>, Spoken, &str, LossKind, Option<&Cause>) {
        (&self.client, self.operation.as_deref(), self.pin, &self.field, self.kind, self.cause.as_deref())
    }

    /// In order, every combination once: series tell more apart.
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

impl Ledger {
    /// Everything that was counted so far. Not for the path of a request: it takes a millisecond or more.
    pub(crate) fn snapshot(&self) -> Snapshot {
        let (mut requests, mut losses) = (Vec::new(), Vec::new());
        let mut books = self.books();
        self.fold(&mut books);
        self.each(&books, |account| {
            for (key, series) in account.series.load().iter() {
                let client = &account.client;
                for loss in series.losses().iter() {
                    losses.push(LossRow::of(client, key, loss));
                }
                requests.push(Row::of(client, key, series.count(), series.last_seen()));
            }
        });
        let mut operations: Vec<_> = books.operations.values().map(|operation| operation.read()).collect();
        // Whoever has something new waits for this: what follows takes longer.
        drop(books);
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

    /// What was counted since this was called last, for the one reader that keeps it: the usage store. Rows without
    /// a new request are left out. What is taken is not given again, whatever becomes of it.
    pub(crate) fn take(&self) -> Vec<Row> {
        let mut rows = Vec::new();
        let mut books = self.books();
        self.fold(&mut books);
        self.each(&books, |account| {
            for (key, series) in account.series.load().iter() {
                let (last_seen, count) = (series.last_seen(), series.take(&books));
                if count > 0 {
                    rows.push(Row::of(&account.client, key, count, last_seen));
                }
            }
        });
        rows
    }

    fn each(&self, books: &Books, mut read: impl FnMut(&Account)) {
        read(&self.anonymous);
        read(&self.others);
        let accounts = self.accounts.load();
        accounts.named.values().chain(accounts.unnamed.values()).for_each(|account| read(account));
        books.retired.iter().for_each(|account| read(account));
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
