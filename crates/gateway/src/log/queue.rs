//! Log lines on their way to a thread that writes them: nothing that serves a request waits for the log's reader.
//!
//! The queue is bounded. Lines for which there is no room, and lines that cannot be written, are dropped and counted, and
//! the count is told in the log as soon as there is room again. A part of the queue is kept for lines that somebody may
//! have to act on (see [`Queue`]), so that a flood of others does not drown them.

use std::{
    cell::RefCell,
    io,
    sync::{Arc, OnceLock},
    thread,
    time::Duration,
};

use super::lines::{LeftOver, WholeLines};
use crate::base::worker::{Inbox, Load, Next, Worker};
use tracing::{Level, Metadata};
use tracing_subscriber::fmt::MakeWriter;

/// Lines that wait to be written; about 2 MiB of requests' events.
const LINES: usize = 4096;

/// The share of them that is kept for urgent ones.
const URGENT: usize = 4;

/// The interval between attempts to write what is left, if no line comes.
const AGAIN: Duration = Duration::from_secs(1);

/// The time for which lines may gather while more keep coming, so that one wake-up and one write serve all of them.
const GATHER: Duration = Duration::from_millis(5);

/// The most bytes that are gathered.
const BATCH: usize = 1 << 18;

/// The longest wait at the end of the process for a reader that does not read.
const FLUSH: Duration = Duration::from_secs(2);

/// The counters of the log of this process, which is the first that was started.
static LOAD: OnceLock<Arc<Load>> = OnceLock::new();

thread_local! {
    /// The lines that the writing thread logs itself. They must not wait for that thread.
    static OWN: RefCell<Option<Vec<u8>>> = const { RefCell::new(None) };
}

/// Takes the lines. A line is urgent if its level is `WARN` or `ERROR` or its event has a field named `error`: a request
/// that did not end well has one, whatever its level. Urgent ones find room if there is none for others any more.
#[derive(Debug, Clone)]
pub(super) struct Queue {
    writer: Arc<Worker<Vec<u8>>>,
    /// The largest number of lines in it.
    limit: usize,
}

/// Writes what is queued when it is dropped, which ends the log.
#[derive(Debug)]
#[must_use = "the log ends when this is dropped"]
pub struct Flush(Arc<Worker<Vec<u8>>>);

/// Starts the thread. `tell` is run there to log how many lines were dropped, and the last error of `out`, if that is why.
///
/// # Errors
/// An error if no thread can be started.
pub(super) fn start(
    out: impl io::Write + Send + 'static,
    tell: impl Fn(u64, Option<&io::Error>) + Send + 'static,
) -> io::Result<(Queue, Flush)> {
    let (queue, flush) = bounded(LINES, out, tell)?;
    let _ = LOAD.set(Arc::clone(&queue.writer.load));
    Ok((queue, flush))
}

fn bounded(
    limit: usize,
    out: impl io::Write + Send + 'static,
    tell: impl Fn(u64, Option<&io::Error>) + Send + 'static,
) -> io::Result<(Queue, Flush)> {
    let writer = Worker::start("log", limit, move |lines| {
        Writing { lines, limit, out: WholeLines::new(out), tell, told: 0, failed: None }.run();
    })?;
    let writer = Arc::new(writer);
    Ok((Queue { writer: Arc::clone(&writer), limit }, Flush(writer)))
}

/// The state of the writing thread.
struct Writing<W, T> {
    lines: Inbox<Vec<u8>>,
    limit: usize,
    out: WholeLines<W>,
    tell: T,
    /// The number of dropped lines that the log has reported already.
    told: u64,
    /// The last error of `out` that the log does not tell yet.
    failed: Option<io::Error>,
}

impl<W: io::Write, T: Fn(u64, Option<&io::Error>)> Writing<W, T> {
    fn run(mut self) {
        let mut batch = Vec::new();
        let mut drained = true;
        loop {
            // While lines come there is always a next one soon, and nobody has to wake this thread for it.
            if drained && !self.lines.load.is_ending() {
                // Where something is owed, that is tried again after a while.
                let owes = self.out.is_in_a_line() || self.owed() > 0;
                match self.lines.next(owes.then_some(AGAIN)) {
                    Next::Item(line) => batch.extend_from_slice(&line),
                    Next::Nothing => {}
                    Next::End if self.lines.load.is_ending() => {}
                    Next::End => return,
                }
                thread::park_timeout(GATHER);
            }
            while batch.len() < BATCH
                && let Next::Item(line) = self.lines.try_next()
            {
                batch.extend_from_slice(&line);
            }
            drained = batch.len() < BATCH;
            // By now others may wait, if there was no reader.
            if self.write(&batch) && self.lines.load.queued() <= self.limit / 2 {
                self.tell_dropped();
            }
            let nothing = batch.is_empty();
            batch.clear();
            if nothing && self.lines.load.is_ending() {
                return;
            }
        }
    }

    /// The number of dropped lines of which the log does not tell yet.
    fn owed(&self) -> u64 {
        self.lines.load.dropped() - self.told
    }

    /// Writes lines; whether all of them were.
    fn write(&mut self, lines: &[u8]) -> bool {
        let Err(LeftOver { lines, error }) = self.out.write(lines) else { return true };
        self.lines.load.count_dropped(lines);
        self.failed = Some(error);
        false
    }

    /// Tells how many lines were dropped, where that can be written.
    fn tell_dropped(&mut self) {
        let dropped = self.owed();
        if dropped == 0 {
            return;
        }
        let line = own(|| (self.tell)(dropped, self.failed.as_ref()));
        match self.out.write(&line) {
            // Nothing of it was written: it is told later.
            Err(LeftOver { lines: 1.., error }) => self.failed = Some(error),
            // Where it was begun, it is finished first of all.
            Ok(()) | Err(_) => {
                self.told += dropped;
                self.failed = None;
            }
        }
    }
}

/// Runs `act` and returns the lines that this thread logs in it.
fn own(act: impl FnOnce()) -> Vec<u8> {
    OWN.set(Some(Vec::new()));
    act();
    OWN.take().unwrap_or_default()
}

/// Returns the number of lines that were dropped since the process began.
pub fn dropped_lines() -> u64 {
    LOAD.get().map_or(0, |load| load.dropped())
}

impl Queue {
    fn take(&self, line: &[u8], urgent: bool) {
        let is_own = OWN.with_borrow_mut(|own| own.as_mut().map(|own| own.extend_from_slice(line)).is_some());
        if is_own {
            return;
        }
        let room = if urgent { self.limit } else { self.limit - self.limit / URGENT };
        if !self.writer.offer_below(room, || line.to_vec()) {
            self.writer.load.count_dropped(1);
            self.writer.unpark();
        }
    }
}

impl Drop for Flush {
    fn drop(&mut self) {
        self.0.end(FLUSH);
    }
}

/// One line, written at once: what formats it hands it over whole.
#[derive(Debug)]
pub(super) struct Line<'q> {
    queue: &'q Queue,
    urgent: bool,
}

impl io::Write for Line<'_> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.queue.take(line, self.urgent);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'q> MakeWriter<'q> for Queue {
    type Writer = Line<'q>;

    fn make_writer(&'q self) -> Line<'q> {
        Line { queue: self, urgent: true }
    }

    fn make_writer_for(&'q self, event: &Metadata<'_>) -> Line<'q> {
        let urgent = *event.level() <= Level::WARN || event.fields().field("error").is_some();
        Line { queue: self, urgent }
    }
}

#[cfg(test)]
mod tests;
