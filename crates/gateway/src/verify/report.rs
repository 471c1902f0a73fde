//! The report of a check: a log event, and a line in a file.

use super::{
    Outcome, Verdict,
    live::Permit,
    results::{STATUS, places, shape},
};
use crate::observe::stats::more;
use dateline_core::{compare::report::DifferingPlace, day::Day};
use dateline_http::clock::Clock;
use serde_json::json;
use std::{
    fs::{self, OpenOptions},
    io::{self, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::time::timeout;

/// The target of the events.
const TARGET: &str = "dateline::verify";

/// The most places that one event names.
const NAMED: usize = 10;

/// Writes the event of a check: a warning where the two differ. No value is in it.
pub(super) fn log(verdict: &Verdict, request_id: &str) {
    let operation = verdict.operation.as_deref().unwrap_or("other");
    let pin = verdict.pin.map(tracing::field::display);
    let upstream_version = verdict.upstream.map(tracing::field::display);
    let (result, requests) = (verdict.outcome.as_str(), verdict.requests);
    match &verdict.outcome {
        Outcome::Differed { .. } | Outcome::Statuses { .. } => tracing::warn!(
            target: TARGET,
            operation,
            pin,
            upstream_version,
            result,
            differences = named(&places(&verdict.outcome)),
            requests,
            request_id,
            "a translated response is not what the upstream says at the client's version"
        ),
        Outcome::Failed(failure) => tracing::debug!(
            target: TARGET, operation, pin, upstream_version, result, cause = %failure, requests, request_id,
            "a response could not be verified"
        ),
        Outcome::Agreed { .. } | Outcome::Unsettled { .. } | Outcome::Untranslated => tracing::debug!(
            target: TARGET, operation, pin, upstream_version, result, requests, request_id, "verified"
        ),
    }
}

/// Tells that nothing is verified for a while.
pub(super) fn pause(verdict: &Verdict, pause: Duration) {
    if let Outcome::Failed(failure) = &verdict.outcome {
        tracing::info!(
            target: TARGET, cause = %failure, pause_s = pause.as_secs(), "the upstream is left alone by verification"
        );
    }
}

/// `$.data[*].volume (native string, translated number)`, and so on.
fn named(places: &[DifferingPlace]) -> String {
    let name = |place: &DifferingPlace| match &*place.expected {
        STATUS => place.path.clone(),
        _ => place.to_string(),
    };
    let mut named: Vec<String> = places.iter().take(NAMED).map(name).collect();
    if let Some(more) = places.len().checked_sub(NAMED).filter(|more| *more > 0) {
        named.push(format!("{more} more"));
    }
    named.join(", ")
}

/// The longest that a check waits for its line to be written. Meanwhile it is one of `verify.concurrency`.
const PATIENCE: Duration = Duration::from_secs(5);

/// Lines that may be on their way to the file at once: each has a thread until the file has taken it.
const UNDER_WAY: usize = 8;

/// The file of the checks that did not agree.
#[derive(Debug, Default)]
pub(super) struct Reports {
    failing: AtomicBool,
    /// Lines that were not written, all of them and since it last failed.
    unwritten: AtomicU64,
    untold: AtomicU64,
    under_way: Arc<AtomicUsize>,
}

/// The reason why a line was not written.
#[derive(Debug, thiserror::Error)]
enum Unwritten {
    #[error(transparent)]
    Failed(#[from] io::Error),
    #[error("it does not take what is written within {} s", PATIENCE.as_secs())]
    Stalled,
}

impl Reports {
    /// Adds a line, where the check did not agree. What goes wrong is told once, until it works again.
    ///
    /// The file is opened for each: there are few, and whoever turns logs over has nobody to tell.
    pub(super) async fn write(&self, file: &Path, verdict: &Verdict, request_id: &str, values: bool) {
        let Some(line) = line(verdict, request_id, values) else { return };
        match self.add(file.to_owned(), line).await {
            Ok(()) if self.failing.swap(false, Relaxed) => {
                let unwritten = self.untold.swap(0, Relaxed);
                tracing::info!(target: TARGET, unwritten, "verify.file is written to again");
            }
            Ok(()) => {}
            Err(error) => {
                more(&self.unwritten);
                more(&self.untold);
                if !self.failing.swap(true, Relaxed) {
                    tracing::warn!(
                        target: TARGET,
                        file = %file.display(),
                        error = %error,
                        "verify.file cannot be written to: what differs is in the log only"
                    );
                }
            }
        }
    }

    /// Returns the number of lines that were not written so far.
    pub(super) fn unwritten_lines(&self) -> u64 {
        self.unwritten.load(Relaxed)
    }

    async fn add(&self, file: PathBuf, line: String) -> Result<(), Unwritten> {
        let Some(turn) = Permit::of(&self.under_way, UNDER_WAY) else { return Err(Unwritten::Stalled) };
        let adding = tokio::task::spawn_blocking(move || {
            // Held for as long as the thread is, which may be longer than anybody waits.
            let _turn = turn;
            append(&file, &line)
        });
        match timeout(PATIENCE, adding).await {
            Ok(Ok(added)) => Ok(added?),
            Ok(Err(panicked)) => Err(io::Error::other(panicked).into()),
            Err(_) => Err(Unwritten::Stalled),
        }
    }
}

/// Adds a line to the file, which is its owner's alone where it is new. A part of a line that could not be written whole
/// is taken back, or else ended before the next.
fn append(path: &Path, line: &str) -> io::Result<()> {
    // A pipe would never be at its end, and never without a reader, where it is opened for both.
    let is_file = fs::metadata(path).map_or(true, |there| there.is_file());
    let mut options = OpenOptions::new();
    options.append(true).read(is_file).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    if !is_file {
        return file.write_all(line.as_bytes());
    }
    let before = file.seek(SeekFrom::End(0))?;
    let mut last = *b"\n";
    if before > 0 {
        file.seek(SeekFrom::End(-1))?;
        file.read_exact(&mut last)?;
    }
    let line = if last == *b"\n" { line.to_owned() } else { format!("\n{line}") };
    // One write where it goes well, so that another process's lines stay whole beside it.
    let written = file.write(line.as_bytes())?;
    let rest = file.write_all(&line.as_bytes()[written..]);
    if rest.is_err() && file.metadata()?.len() == before + written as u64 {
        // Nobody else has added anything behind it.
        file.set_len(before)?;
    }
    rest
}

/// The line of a check that did not agree.
fn line(verdict: &Verdict, request_id: &str, values: bool) -> Option<String> {
    let mut object = json!({
        "time": now(),
        "operation": verdict.operation,
        "pin": verdict.pin,
        "upstream_version": verdict.upstream,
        "result": verdict.outcome.as_str(),
        "request_id": request_id,
        "requests": verdict.requests,
    });
    match &verdict.outcome {
        Outcome::Agreed { .. } | Outcome::Untranslated => return None,
        Outcome::Differed { differences } => {
            let told = differences.iter().map(|difference| {
                let path = if values { difference.path.clone() } else { shape(&difference.path) };
                let place = DifferingPlace { path: path.to_string(), ..DifferingPlace::from(difference) };
                let mut told = json!(place);
                if values {
                    told["native_value"] = json!(difference.expected);
                    told["translated_value"] = json!(difference.got);
                }
                told
            });
            object["differences"] = told.collect();
        }
        Outcome::Statuses { native, translated } => {
            object["status"] = json!({ "native": native, "translated": translated });
        }
        Outcome::Unsettled { paths } => {
            object["paths"] = paths.iter().map(|path| shape(path).to_string()).collect();
        }
        Outcome::Failed(failure) => {
            object["cause"] = failure.code().into();
        }
    }
    Some(format!("{object}\n"))
}

/// RFC 3339, in UTC.
fn now() -> String {
    let seconds = Clock::system().now();
    let second = seconds % Day::SECONDS;
    format!("{}T{:02}:{:02}:{:02}Z", Day::of(seconds), second / 3600, second / 60 % 60, second % 60)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::Failure;
    use dateline_core::{
        compare::{At, Difference},
        json::Name,
    };
    use serde_json::Value;

    fn verdict(outcome: Outcome) -> Verdict {
        Verdict {
            operation: Some("GET /plans".into()),
            pin: Some("2025-01-01".parse().unwrap()),
            upstream: Some("2026-07-01".parse().unwrap()),
            outcome,
            requests: 21,
        }
    }

    fn differed() -> Outcome {
        let path = |name: &str| {
            let hops = [At::Member(Name::new("data")), At::Element(3), At::Member(Name::new(name))];
            hops.into_iter().collect()
        };
        let difference = |name, expected: Value| Difference {
            path: path(name),
            expected: Some(expected),
            got: Some("secret".into()),
        };
        let differences = vec![
            difference("jo@example.com", 1.into()),
            difference("price", Value::Null),
            difference("price", Value::Null),
        ];
        Outcome::Differed { differences }
    }

    fn read(outcome: Outcome, values: bool) -> Value {
        serde_json::from_str(&line(&verdict(outcome), "req-1", values).unwrap()).unwrap()
    }

    #[test]
    fn a_line_has_paths_and_types_and_values_only_where_they_are_asked_for() {
        let told = read(differed(), false);
        assert_eq!(told["differences"][1]["path"], "$.data[3].price");
        assert_eq!(told["differences"][1]["native"], "null");
        assert_eq!(told["differences"][1]["translated"], "string");
        let text = told.to_string();
        assert!(!text.contains("secret") && !text.contains("jo@"), "{text}");
        assert_eq!(read(differed(), true)["differences"][0]["native_value"], 1);
        assert_eq!(read(Outcome::Failed(Failure::RateLimit), false)["cause"], "allowance");
        let agreed = Outcome::Agreed { excused: Vec::new(), ignored: 0 };
        assert_eq!(line(&verdict(agreed), "req-1", true), None);
    }

    #[test]
    fn an_event_names_each_place_once() {
        let told = r#"$.data[*].price (native null, translated string), $.data[*]["?"] (native number, translated string)"#;
        assert_eq!(named(&places(&differed())), told);
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_new_file_is_its_owners_alone_and_one_that_cannot_be_written_harms_nobody() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("verify.jsonl");
        let reports = Reports::default();
        reports.write(&folder.path().join("none/file"), &verdict(differed()), "req-1", false).await;
        assert_eq!(reports.unwritten_lines(), 1);
        for _ in 0..2 {
            reports.write(&file, &verdict(differed()), "req-1", false).await;
        }
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_to_string(&file).unwrap().lines().count(), 2);
    }

    #[test]
    fn row_14_2c_a_line_of_the_verify_file_begins_on_its_own_line() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("verify.jsonl");
        append(&file, "{\"a\":1}\n").unwrap();
        // What another process left there when it was killed.
        OpenOptions::new().append(true).open(&file).unwrap().write_all(b"{\"hal").unwrap();
        append(&file, "{\"b\":2}\n").unwrap();
        append(&file, "{\"c\":3}\n").unwrap();
        let text = fs::read_to_string(&file).unwrap();
        assert_eq!(text, "{\"a\":1}\n{\"hal\n{\"b\":2}\n{\"c\":3}\n");
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn row_14_2c_a_verify_file_that_takes_nothing_holds_no_check_up() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&file).status().unwrap().success());
        let reports = Arc::new(Reports::default());
        // Nobody reads it, so opening it waits.
        let stuck: Vec<_> = (0..UNDER_WAY)
            .map(|_| {
                let (reports, file) = (Arc::clone(&reports), file.clone());
                tokio::spawn(async move { reports.write(&file, &verdict(differed()), "req-1", false).await })
            })
            .collect();
        while reports.under_way.load(Relaxed) < UNDER_WAY {
            tokio::task::yield_now().await;
        }
        reports.write(&file, &verdict(differed()), "req-1", false).await;
        assert_eq!(reports.unwritten_lines(), 1, "no more threads for it");
        for write in stuck {
            write.await.unwrap();
        }
        assert_eq!(reports.unwritten_lines(), UNDER_WAY as u64 + 1, "and nobody waits for ever");
        // Lets the threads go.
        let reading = std::thread::spawn(move || fs::read_to_string(&file).unwrap());
        while reports.under_way.load(Relaxed) > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        assert_eq!(reading.join().unwrap().lines().count(), UNDER_WAY);
    }
}
