//! Log lines on their way to a thread that writes them: what serves a request never waits for the log's reader.
//!
//! The queue is bounded. When it is full, lines that somebody may have to act on wait (see [`Queue`]); all others
//! are dropped and counted, and the count is told in the log.

use std::{
    cell::RefCell,
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
        mpsc::{self, Receiver, SyncSender, TrySendError},
    },
    thread::{self, Thread},
    time::Duration,
};

use tracing::{Level, Metadata};
use tracing_subscriber::fmt::MakeWriter;

/// Lines that wait to be written; about 2 MiB of requests' events.
const LINES: usize = 4096;

/// How long the thread lets lines gather while they keep coming: one wake-up and one write are for all of them.
const GATHER: Duration = Duration::from_millis(5);

/// How many bytes are gathered at most.
const BATCH: usize = 1 << 18;

/// How long the end of the process waits for a reader that does not read.
const FLUSH: Duration = Duration::from_secs(2);

/// Lines that were dropped since the process began.
static DROPPED: AtomicU64 = AtomicU64::new(0);

thread_local! {
    /// On the writing thread: the lines that it logs itself, which must not wait for it.
    static OWN: RefCell<Option<Vec<u8>>> = const { RefCell::new(None) };
}

/// Takes the lines. A line is kept, and waits where the queue is full, if its level is `WARN` or `ERROR` or its event
/// has a field named `error`: a request that did not end well has one, whatever its level.
#[derive(Debug, Clone)]
pub(super) struct Queue {
    lines: SyncSender<Vec<u8>>,
    shared: Arc<Shared>,
    writer: Thread,
}

/// Writes what is queued when it is dropped, which ends the log.
#[derive(Debug)]
#[must_use = "the log ends when this is dropped"]
pub struct Flush {
    queue: Queue,
    /// Disconnected when the thread has ended.
    ended: Receiver<()>,
}

#[derive(Debug, Default)]
struct Shared {
    dropped: AtomicU64,
    ending: AtomicBool,
}

/// Starts the thread. `tell` is run there to log how many lines were dropped.
///
/// # Errors
/// Where there can be no thread.
pub(super) fn start(
    out: impl io::Write + Send + 'static,
    tell: impl Fn(u64) + Send + 'static,
) -> io::Result<(Queue, Flush)> {
    bounded(LINES, out, tell)
}

fn bounded(
    lines: usize,
    out: impl io::Write + Send + 'static,
    tell: impl Fn(u64) + Send + 'static,
) -> io::Result<(Queue, Flush)> {
    let (sender, receiver) = mpsc::sync_channel(lines);
    let (end, ended) = mpsc::channel();
    let shared = Arc::new(Shared::default());
    let its_shared = Arc::clone(&shared);
    let thread = thread::Builder::new().name("log".to_owned()).spawn(move || {
        let _end: mpsc::Sender<()> = end;
        run(&receiver, &its_shared, out, tell);
    })?;
    let queue = Queue { lines: sender, shared, writer: thread.thread().clone() };
    Ok((queue.clone(), Flush { queue, ended }))
}

fn run(lines: &Receiver<Vec<u8>>, shared: &Shared, mut out: impl io::Write, tell: impl Fn(u64)) {
    let mut batch = Vec::new();
    let mut drained = true;
    loop {
        // While lines come there is always a next one soon, and nobody has to wake this thread for it.
        if drained && !shared.ending.load(Ordering::Acquire) {
            match lines.recv() {
                Ok(line) => batch.extend(line),
                Err(_) => return,
            }
            thread::park_timeout(GATHER);
        }
        while batch.len() < BATCH
            && let Ok(line) = lines.try_recv()
        {
            batch.extend(line);
        }
        drained = batch.len() < BATCH;
        if drained {
            let dropped = shared.dropped.swap(0, Ordering::Relaxed);
            if dropped > 0 {
                batch.extend(own(|| tell(dropped)));
            }
        }
        // An error of the log's reader has no place to be told.
        let _ = out.write_all(&batch).and_then(|()| out.flush());
        let nothing = batch.is_empty();
        batch.clear();
        if nothing && shared.ending.load(Ordering::Acquire) {
            return;
        }
    }
}

/// What this thread logs in `act`.
fn own(act: impl FnOnce()) -> Vec<u8> {
    OWN.set(Some(Vec::new()));
    act();
    OWN.take().unwrap_or_default()
}

/// How many lines were dropped since the process began.
pub fn dropped_lines() -> u64 {
    DROPPED.load(Ordering::Relaxed)
}

impl Queue {
    fn take(&self, line: &[u8], kept: bool) {
        let is_own = OWN.with_borrow_mut(|own| own.as_mut().map(|own| own.extend_from_slice(line)).is_some());
        if is_own {
            return;
        }
        match self.lines.try_send(line.to_vec()) {
            Ok(()) | Err(TrySendError::Disconnected(_)) => {}
            Err(TrySendError::Full(line)) => {
                self.writer.unpark();
                if kept {
                    let _ = self.lines.send(line);
                } else {
                    self.shared.dropped.fetch_add(1, Ordering::Relaxed);
                    DROPPED.fetch_add(1, Ordering::Relaxed);
                }
            }
        }
    }
}

impl Drop for Flush {
    fn drop(&mut self) {
        self.queue.shared.ending.store(true, Ordering::Release);
        // Wakes a thread that waits for a line; one that does not has lines, and sees the end after them.
        let _ = self.queue.lines.try_send(Vec::new());
        self.queue.writer.unpark();
        // Nothing is sent: the thread's end disconnects.
        let _ = self.ended.recv_timeout(FLUSH);
    }
}

/// One line, written at once: what formats it hands it over whole.
#[derive(Debug)]
pub(super) struct Line<'q> {
    queue: &'q Queue,
    kept: bool,
}

impl io::Write for Line<'_> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.queue.take(line, self.kept);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'q> MakeWriter<'q> for Queue {
    type Writer = Line<'q>;

    fn make_writer(&'q self) -> Line<'q> {
        Line { queue: self, kept: true }
    }

    fn make_writer_for(&'q self, event: &Metadata<'_>) -> Line<'q> {
        let kept = *event.level() <= Level::WARN || event.fields().field("error").is_some();
        Line { queue: self, kept }
    }
}

#[cfg(test)]
mod tests;
