use super::*;
use io::Write as _;
use std::sync::Mutex;
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
    let dispatch = Arc::new(std::sync::OnceLock::<Dispatch>::new());
    let telling = Arc::clone(&dispatch);
    let tell = move |count| with_default(telling.get().unwrap(), || warn!(count, "lines dropped"));
    let (queue, flush) = bounded(lines, reader.clone(), tell).unwrap();
    let format = tracing_subscriber::fmt().without_time().with_target(false).with_ansi(false);
    dispatch.set(Dispatch::new(format.with_writer(queue).finish())).unwrap();
    (dispatch.get().unwrap().clone(), flush)
}

#[test]
fn everything_is_written_in_order_when_it_ends() {
    let reader = Reader::default();
    let (dispatch, flush) = log(LINES, &reader);
    with_default(&dispatch, || (0..1000).for_each(|count| info!(count)));
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
    with_default(&dispatch, || info!("alone"));
    let written = (0..400).any(|_| {
        thread::sleep(GATHER);
        !reader.lines().is_empty()
    });
    assert!(written);
}

#[test]
fn a_full_queue_drops_and_counts_what_nobody_has_to_act_on() {
    let reader = Reader::default();
    let closed = reader.gate.lock().unwrap();
    let (dispatch, flush) = log(8, &reader);
    let flooding = thread::spawn(move || {
        with_default(&dispatch, || {
            (0..1000).for_each(|_| info!("flood"));
            // These wait for the reader.
            info!(error = "upstream_timeout", "kept");
            (0..20).for_each(|_| warn!("kept"));
        });
    });
    thread::sleep(GATHER * 10);
    assert!(!flooding.is_finished(), "a line that is kept waits");
    drop(closed);
    flooding.join().unwrap();
    drop(flush);
    let lines = reader.lines();
    let count = |part: &str| lines.iter().filter(|line| line.contains(part)).count();
    assert_eq!(count("kept"), 21);
    let told = |line: &String| line.rsplit_once("lines dropped count=")?.1.parse::<usize>().ok();
    let dropped: usize = lines.iter().filter_map(told).sum();
    assert!(dropped > 900, "{dropped}");
    assert_eq!(count("flood") + dropped, 1000);
    assert!(dropped_lines() >= dropped as u64, "those of other tests are among them");
}

#[test]
fn an_end_does_not_wait_for_ever_for_a_reader() {
    let reader = Reader::default();
    let _closed = reader.gate.lock().unwrap();
    let (dispatch, flush) = log(8, &reader);
    with_default(&dispatch, || info!("never read"));
    drop(flush);
    assert!(reader.read.lock().unwrap().is_empty());
}

#[test]
fn the_writing_thread_never_waits_for_itself() {
    let (sender, _receiver) = mpsc::sync_channel(0);
    let queue = Queue { lines: sender, shared: Arc::default(), writer: thread::current() };
    let text = own(|| queue.make_writer().write_all(b"told\n").unwrap());
    assert_eq!(text, b"told\n");
}
