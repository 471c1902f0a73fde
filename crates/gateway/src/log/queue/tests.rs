use super::*;
use io::Write as _;
use std::sync::{
    Mutex,
    atomic::{AtomicBool, Ordering},
};
use tracing::{Dispatch, dispatcher::with_default, info, warn};

/// A log whose reader reads only when it is let.
#[derive(Debug, Clone, Default)]
struct Reader {
    read: Arc<Mutex<Vec<u8>>>,
    /// Held while nothing is to be read.
    gate: Arc<Mutex<()>>,
}

impl io::Write for Reader {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let _open = self.gate.lock().unwrap();
        self.read.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Reader {
    fn lines(&self) -> Vec<String> {
        let text = String::from_utf8(self.read.lock().unwrap().clone()).unwrap();
        text.lines().map(str::to_owned).collect()
    }
}

/// A queue of `lines`, and what logs to it.
fn log(lines: usize, reader: &Reader) -> (Dispatch, Flush) {
    let dispatch = Arc::new(OnceLock::<Dispatch>::new());
    let telling = Arc::clone(&dispatch);
    let tell = move |count, _: Option<&io::Error>| {
        with_default(telling.get().unwrap(), || warn!(target: "dateline::log", count, "lines dropped"));
    };
    let (queue, flush) = bounded(lines, reader.clone(), tell).unwrap();
    let format = tracing_subscriber::fmt().without_time().with_target(false).with_ansi(false);
    dispatch.set(Dispatch::new(format.with_writer(queue).finish())).unwrap();
    (dispatch.get().unwrap().clone(), flush)
}

#[test]
fn everything_is_written_in_order_when_it_ends() {
    let reader = Reader::default();
    let (dispatch, flush) = log(LINES, &reader);
    with_default(&dispatch, || (0..1000).for_each(|count| info!(target: "dateline::log", count)));
    drop(flush);
    let lines = reader.lines();
    assert_eq!(lines.len(), 1000);
    let in_order = |(count, line): (usize, &String)| line.ends_with(&format!("count={count}"));
    assert!(lines.iter().enumerate().all(in_order));
}

#[test]
fn a_line_is_written_without_another_that_pushes_it() {
    let reader = Reader::default();
    let (dispatch, _flush) = log(LINES, &reader);
    with_default(&dispatch, || info!(target: "dateline::log", "alone"));
    let written = (0..400).any(|_| {
        thread::sleep(GATHER);
        !reader.lines().is_empty()
    });
    assert!(written);
}

#[test]
fn row_14_2c_nobody_waits_for_a_reader_and_what_is_dropped_is_told() {
    let reader = Reader::default();
    let closed = reader.gate.lock().unwrap();
    let (dispatch, flush) = log(8, &reader);
    let load = Arc::clone(&flush.0.load);
    // None of these waits: the reader reads when they are through.
    with_default(&dispatch, || {
        (0..1000).for_each(|_| info!(target: "dateline::log", "flood"));
        info!(target: "dateline::log", error = "upstream_timeout", "urgent");
        (0..20).for_each(|_| warn!(target: "dateline::log", "urgent"));
    });
    drop(closed);
    drop(flush);
    let lines = reader.lines();
    let count = |part: &str| lines.iter().filter(|line| line.contains(part)).count();
    assert!((1..=21).contains(&count("urgent")), "a flood leaves room for what is urgent: {lines:?}");
    let told = |line: &String| line.rsplit_once("lines dropped count=")?.1.parse::<usize>().ok();
    let dropped: usize = lines.iter().filter_map(told).sum();
    assert_eq!(count("flood") + count("urgent") + dropped, 1021);
    assert_eq!(load.dropped(), dropped as u64);
}

/// A stream that can be written to when it is let.
#[derive(Debug, Clone, Default)]
struct Disk {
    reader: Reader,
    full: Arc<AtomicBool>,
}

impl io::Write for Disk {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // Where it becomes full, it takes a part.
        let room = if self.full.load(Ordering::SeqCst) { 0 } else { bytes.len().min(100) };
        if room == 0 {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.reader.write(&bytes[..room])
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn row_14_2c_what_a_full_disk_does_not_take_is_told_when_there_is_room_without_another_line() {
    let disk = Disk::default();
    let dispatch = Arc::new(OnceLock::<Dispatch>::new());
    let telling = Arc::clone(&dispatch);
    let tell = move |count, error: Option<&io::Error>| {
        let full = error.is_some_and(|error| error.kind() == io::ErrorKind::StorageFull);
        with_default(telling.get().unwrap(), || warn!(target: "dateline::log", full, count, "lines dropped"));
    };
    let (queue, flush) = bounded(LINES, disk.clone(), tell).unwrap();
    let writer = Arc::clone(&queue.writer);
    let format = tracing_subscriber::fmt().without_time().with_target(false).with_ansi(false);
    dispatch.set(Dispatch::new(format.with_writer(queue).finish())).unwrap();
    disk.full.store(true, Ordering::SeqCst);
    with_default(dispatch.get().unwrap(), || {
        (0..30).for_each(|count| info!(target: "dateline::log", count, "lost"))
    });
    let wait = |holds: &dyn Fn() -> bool| {
        (0..2000).any(|_| {
            holds() || {
                thread::sleep(GATHER);
                false
            }
        })
    };
    assert!(wait(&|| writer.load.dropped() == 30), "they are counted");
    disk.full.store(false, Ordering::SeqCst);
    assert!(wait(&|| !disk.reader.lines().is_empty()), "and told, though nothing else is logged");
    drop(flush);
    assert_eq!(disk.reader.lines(), [" WARN lines dropped full=true count=30"], "once");
}

#[test]
fn an_end_does_not_wait_for_ever_for_a_reader() {
    let reader = Reader::default();
    let _closed = reader.gate.lock().unwrap();
    let (dispatch, flush) = log(8, &reader);
    with_default(&dispatch, || info!(target: "dateline::log", "never read"));
    drop(flush);
    assert!(reader.read.lock().unwrap().is_empty());
}

#[test]
fn the_writing_thread_never_waits_for_itself() {
    let writer = Arc::new(Worker::start("log", 0, drop).unwrap());
    let queue = Queue { writer, limit: 0 };
    let text = own(|| queue.make_writer().write_all(b"told\n").unwrap());
    assert_eq!(text, b"told\n");
}
