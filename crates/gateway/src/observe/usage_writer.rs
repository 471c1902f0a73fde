//! Keeps what the stats count in the usage file, on a thread of its own.
//!
//! Every `usage.flush`, and at midnight UTC, it takes what was counted since it last looked, and adds it to the file.
//! Whatever is wrong with the file is told in the log once, and in [`Usage::status`]; counts wait in memory meanwhile,
//! and requests notice nothing.
//!
//! Unnamed clients are named with the secret in the file. Until it is known, because the previous process still drains
//! and holds the file, they are counted among the others: a name made with another secret would stay in the file
//! forever and belong to no client.

use crate::{
    base::lock::Locked,
    base::worker::{Next, Worker},
    config,
    observe::{
        stats::{Client, Row, Stats},
        usage::{Batch, BatchId, Count, File, FileError, KEPT, Line, Owner, Pending, Report, Use, names},
    },
};
use dateline_core::day::Day;
use dateline_http::clock::Clock;
use serde_json::{Value, json};
use std::{
    hash::{BuildHasher, RandomState},
    io,
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Duration,
};

/// The time that opening the file may delay the first request, whose client gets a name from it.
const OPENING: Duration = Duration::from_secs(1);

/// The time that the last write may delay the end of the process.
const CLOSING: Duration = Duration::from_secs(5);

/// The usage file of a process, and what waits for it.
#[derive(Debug)]
pub(crate) struct Usage {
    path: PathBuf,
    flush: Duration,
    stats: Arc<Stats>,
    clock: Clock,
    kept: Mutex<StoreState>,
}

#[derive(Debug)]
struct StoreState {
    file: Option<Arc<File>>,
    /// The secret of the file, once it is known.
    secret: Option<[u8; 32]>,
    /// The counts that are not in a batch yet.
    pending: Pending,
    /// The batch that is being written, or that could not be written. It is tried again unchanged, under its id.
    batch: Option<Arc<Batch>>,
    next: BatchId,
    /// The day up to which the stats were read.
    looked: Day,
    state: FileState,
}

/// Counts, in no order.
#[derive(Debug, Default)]
struct Rows {
    rows: Vec<(Use, Count)>,
    /// The time at which the oldest count in the file began, or an earlier one.
    first_seen: Option<u64>,
}

/// The recent usage that a verdict rests on.
#[derive(Debug)]
pub(crate) struct RecentUse {
    /// The usage by client, version and operation.
    pub(crate) lines: Vec<Line>,
    /// The start of the records in Unix seconds, or `None` if the file is empty.
    pub(crate) first_seen: Option<u64>,
    /// The reason why the contents of the file are missing here.
    pub(crate) problem: Option<String>,
}

/// The state of the usage file.
#[derive(Debug, Clone, PartialEq, Eq)]
enum FileState {
    /// The file was not opened yet.
    Opening,
    /// The file is open, and all counts are written.
    Open,
    /// The file is held by another process.
    Waiting,
    /// The file cannot be used.
    Failing(String),
}

impl Usage {
    /// Creates the store as configured, or returns `None` if usage is off.
    pub(crate) fn new(config: &config::Usage, stats: Arc<Stats>, clock: Clock) -> Option<Arc<Self>> {
        let kept = StoreState {
            file: None,
            secret: None,
            pending: Pending::default(),
            batch: None,
            next: BatchId { writer: RandomState::new().hash_one(std::process::id()), number: 1 },
            looked: Day::of(clock.now()),
            state: FileState::Opening,
        };
        let (path, flush) = (config.file.clone()?, config.flush);
        Some(Arc::new(Usage { path, flush, stats, clock, kept: Mutex::new(kept) }))
    }

    /// Describes the file and its state for the operator.
    pub(crate) fn status(&self) -> Value {
        let kept = self.kept.locked();
        let (state, problem) = match &kept.state {
            FileState::Opening => ("opening", None),
            FileState::Open => ("open", None),
            FileState::Waiting => ("waiting", Some("another process holds the file".to_owned())),
            FileState::Failing(problem) => ("failing", Some(problem.clone())),
        };
        let (file, rows) = (self.path.display().to_string(), kept.unwritten());
        json!({ "state": state, "problem": problem, "file": file, "unwritten_rows": rows })
    }

    /// Tells metrics whether the file is written to, and how many rows wait for it.
    pub(crate) fn health(&self) -> (bool, usize) {
        let kept = self.kept.locked();
        (kept.state == FileState::Open, kept.unwritten())
    }

    /// Returns the usage up to this moment. It reads the file, so it must not run on a thread that serves.
    ///
    /// # Errors
    /// An error if the file cannot be read.
    pub(crate) fn report(&self, since: Day) -> Result<Report, FileError> {
        let Rows { rows, .. } = self.rows(Day::numbered(0))?;
        let names = self.kept.locked().secret.as_ref().map(names);
        Ok(Report::new(rows, since, Day::of(self.clock.now())).named_by(names))
    }

    /// Returns the usage since a day, the start of the records, and any problem with the file. It reads the file, so it
    /// must not run on a thread that serves.
    pub(crate) fn recent(&self, since: Day) -> RecentUse {
        let mut problem = match &self.kept.locked().state {
            FileState::Opening => Some("it is not open yet".to_owned()),
            FileState::Open => None,
            FileState::Waiting => Some("another process holds it".to_owned()),
            FileState::Failing(problem) => Some(problem.clone()),
        };
        let Rows { rows, first_seen } = self.rows(since).unwrap_or_else(|error| {
            problem = Some(error.to_string());
            Rows::default()
        });
        let report = Report::new(rows, since, Day::of(self.clock.now()));
        RecentUse { lines: report.lines, first_seen, problem }
    }

    fn rows(&self, from: Day) -> Result<Rows, FileError> {
        self.look();
        let (file, batch, mut rows) = {
            let kept = self.kept.locked();
            let rows = kept.pending.rows().map(|(used, count)| (used.clone(), *count)).collect::<Vec<_>>();
            (kept.file.clone(), kept.batch.clone(), rows)
        };
        let (mut written, mut first_seen) = (None, None);
        if let Some(file) = file {
            let there = file.read_from(from)?;
            rows.extend(there.rows);
            (written, first_seen) = (there.last, there.first_seen);
        }
        if let Some(batch) = batch.filter(|batch| written != Some(batch.id.bytes())) {
            rows.extend(batch.rows.iter().map(|(used, count)| (used.clone(), *count)));
        }
        Ok(Rows { rows, first_seen })
    }

    /// Takes what was counted since the last look. It is of the day of that look: midnight is one.
    fn look(&self) {
        let mut kept = self.kept.locked();
        kept.look(&self.stats, Day::of(self.clock.now()));
    }

    /// One turn: look, open, write.
    fn turn(&self) {
        self.look();
        let gone = self.kept.locked().file.as_ref().is_some_and(|file| !file.is_in_place());
        if gone {
            tracing::warn!(target: "dateline::gateway::usage", file = %self.path.display(), "the usage file is gone: what was in it is lost, a new one begins");
            self.kept.locked().file = None;
        }
        let result = self.open().and_then(|file| self.write(&file));
        if let Err(error) = result {
            self.failed(&error);
        } else if let before @ (FileState::Waiting | FileState::Failing(_) | FileState::Opening) =
            std::mem::replace(&mut self.kept.locked().state, FileState::Open)
            && before != FileState::Opening
        {
            tracing::info!(target: "dateline::gateway::usage", file = %self.path.display(), "usage is kept again");
        }
    }

    fn open(&self) -> Result<Arc<File>, FileError> {
        let secret = {
            let kept = self.kept.locked();
            if let Some(file) = &kept.file {
                return Ok(Arc::clone(file));
            }
            kept.secret
        };
        let file = Arc::new(File::open(&self.path, secret)?);
        let mut kept = self.kept.locked();
        if kept.secret != Some(*file.secret()) {
            // What was counted so far is nobody's by the names of this file.
            let today = Day::of(self.clock.now());
            kept.secret = None;
            kept.look(&self.stats, today);
            self.stats.set_naming_secret(file.secret());
            kept.look(&self.stats, today);
            kept.secret = Some(*file.secret());
            if kept.state != FileState::Opening {
                tracing::warn!(target: "dateline::gateway::usage",
                    file = %self.path.display(),
                    "clients without a configured name have other names from now on: those of the usage file"
                );
            }
        }
        kept.file = Some(Arc::clone(&file));
        Ok(file)
    }

    fn write(&self, file: &File) -> Result<(), FileError> {
        let batch = {
            let mut kept = self.kept.locked();
            if kept.batch.is_none() {
                let id = kept.next;
                kept.batch = kept.pending.freeze(id).map(Arc::new);
                kept.next.number += 1;
            }
            kept.batch.clone()
        };
        if let Some(batch) = batch {
            file.add(&batch, Day::of(self.clock.now()))?;
            self.kept.locked().batch = None;
        }
        Ok(())
    }

    /// The file is opened again at the next turn, and what was to be written stays so.
    fn failed(&self, error: &FileError) {
        self.kept.locked().file = None;
        let mut text = error.to_string();
        if matches!(error, FileError::Damaged(_)) {
            // Without the lock, which metrics ask for: the disk may take its time.
            match File::put_aside(&self.path, Day::of(self.clock.now())) {
                Ok(aside) => {
                    let (file, aside) = (self.path.display(), aside.display());
                    return tracing::error!(target: "dateline::gateway::usage",
                        file = %file, aside = %aside, error = text,
                        "the usage file was put aside: a new one begins"
                    );
                }
                Err(error) => text = format!("{text}; it cannot be put aside: {error}"),
            }
        }
        let state = if matches!(error, FileError::Held) {
            FileState::Waiting
        } else {
            FileState::Failing(text.clone())
        };
        // Once for each thing that is wrong.
        if std::mem::replace(&mut self.kept.locked().state, state.clone()) == state {
            return;
        }
        let file = self.path.display();
        match state {
            FileState::Waiting => {
                tracing::info!(target: "dateline::gateway::usage", file = %file, "another process holds the usage file: waiting for it")
            }
            _ => {
                tracing::error!(target: "dateline::gateway::usage", file = %file, error = text, "usage is counted in memory only, until the file can be used")
            }
        }
    }

    /// Returns the time until the next look.
    fn pause(&self) -> Duration {
        let to_midnight = Day::SECONDS - self.clock.now() % Day::SECONDS;
        self.flush.min(Duration::from_secs(to_midnight))
    }
}

impl StoreState {
    fn unwritten(&self) -> usize {
        self.pending.rows().count() + self.batch.as_ref().map_or(0, |batch| batch.rows.len())
    }

    fn look(&mut self, stats: &Stats, today: Day) {
        let day = std::mem::replace(&mut self.looked, today);
        for row in stats.take() {
            let Row { client, key, count, last_seen } = row;
            let owner = match client {
                Client::Named(name) => Owner::Named(name.to_string()),
                Client::Unnamed(hash) if self.secret.is_some() => Owner::Unnamed(hash),
                Client::Unnamed(_) | Client::Others => Owner::Others,
                Client::Anonymous => Owner::Anonymous,
            };
            let version = key.pin.to_string().into();
            let operation = key.operation().to_owned().into();
            self.pending.add(Use { day, owner, version, operation }, Count { requests: count, last_seen });
        }
    }
}

/// The thread that keeps usage, for as long as this lives.
#[derive(Debug)]
pub(crate) struct UsageThread(Worker<Turn>);

/// The first turn, which opens the file.
#[derive(Debug)]
struct Turn;

impl UsageThread {
    /// Begins; and returns once the file was opened, or could not be, or that takes long.
    ///
    /// # Errors
    /// An error if no thread can be started.
    pub(crate) async fn start(usage: Arc<Usage>) -> io::Result<UsageThread> {
        let worker = Worker::start("usage", 1, move |mut turns| {
            while let Next::Item(Turn) | Next::Nothing = turns.next(Some(usage.pause())) {
                usage.turn();
            }
            usage.turn();
            usage.kept.locked().file = None;
        })?;
        // The queue is empty: there is room.
        let _ = worker.offer(Turn);
        worker.flush(OPENING).await;
        Ok(UsageThread(worker))
    }

    /// Writes what is left, and lets go of the file.
    pub(crate) async fn stop(self) {
        if !self.0.end_async(CLOSING).await {
            tracing::warn!(target: "dateline::gateway::usage", "the last usage could not be written in time: it is lost");
        }
    }
}

/// Returns the answer of `/api/usage`.
pub(crate) fn answer(usage: Option<&Usage>, clock: &Clock, since: Option<Day>) -> Value {
    let since = since.unwrap_or_else(|| Day::of(clock.now()).back(29));
    let Some(usage) = usage else {
        return json!({ "store": { "state": "off" }, "days": KEPT, "usage": null });
    };
    let (report, status) = (usage.report(since), usage.status());
    match report {
        Ok(report) => json!({ "store": status, "days": KEPT, "usage": report.to_json() }),
        Err(error) => json!({ "store": status, "days": KEPT, "usage": null, "error": error.to_string() }),
    }
}
