//! What is told of a check: the log event, and a line in a file.

use super::{
    Outcome, Verdict,
    results::{Place, places, shape},
};
use crate::{compare::kind, day::Day, gateway::ledger::more};
use serde_json::{Value, json};
use std::{
    fs::OpenOptions,
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// The target of the events.
const TARGET: &str = "dateline::verify";

/// So many places are named in one event.
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
            "a translated answer is not what the upstream says at the client's version"
        ),
        Outcome::Failed(failure) => tracing::debug!(
            target: TARGET, operation, pin, upstream_version, result, cause = %failure, requests, request_id,
            "an answer could not be verified"
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
fn named(places: &[Place]) -> String {
    let mut named: Vec<String> = places
        .iter()
        .take(NAMED)
        .map(|Place { pattern, native, translated }| match *native {
            "status" => pattern.clone(),
            _ => format!("{pattern} (native {native}, translated {translated})"),
        })
        .collect();
    if let Some(more) = places.len().checked_sub(NAMED).filter(|more| *more > 0) {
        named.push(format!("{more} more"));
    }
    named.join(", ")
}

/// The file of the checks that did not agree.
#[derive(Debug, Default)]
pub(super) struct Reports {
    failing: Arc<AtomicBool>,
    unwritten: Arc<AtomicU64>,
}

impl Reports {
    /// Adds a line, where the check did not agree. What goes wrong is told once, until it works again.
    ///
    /// The file is opened for each: there are few, and whoever turns logs over has nobody to tell.
    pub(super) async fn write(&self, file: &Path, verdict: &Verdict, request_id: &str, values: bool) {
        let Some(line) = line(verdict, request_id, values) else { return };
        let path = PathBuf::from(file);
        let written = tokio::task::spawn_blocking(move || append(&path, &line)).await;
        match written.unwrap_or_else(|error| Err(io::Error::other(error))) {
            Ok(()) if self.failing.swap(false, Relaxed) => {
                let unwritten = self.unwritten.swap(0, Relaxed);
                tracing::info!(target: TARGET, unwritten, "verify.file is written to again");
            }
            Ok(()) => {}
            Err(error) => {
                more(&self.unwritten);
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
}

/// Adds to the file, which is its owner's alone where it is new.
fn append(path: &Path, line: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    // One write, so that another process's lines stay whole beside it.
    options.open(path)?.write_all(line.as_bytes())
}

/// The line of a check that did not agree.
fn line(verdict: &Verdict, request_id: &str, values: bool) -> Option<String> {
    let mut object = json!({
        "time": now(),
        "operation": verdict.operation.as_deref(),
        "pin": verdict.pin.map(|pin| pin.to_string()),
        "upstream_version": verdict.upstream.map(|version| version.to_string()),
        "result": verdict.outcome.as_str(),
        "request_id": request_id,
        "requests": verdict.requests,
    });
    match &verdict.outcome {
        Outcome::Agreed { .. } | Outcome::Untranslated => return None,
        Outcome::Differed { differences } => {
            let told = differences.iter().map(|difference| {
                let shown = shape(&difference.path);
                let (native, translated) = (difference.expected.as_ref(), difference.got.as_ref());
                let mut told = json!({
                    "path": shown.to_string(),
                    "native": kind(native),
                    "translated": kind(translated),
                });
                if values {
                    let value = |value: Option<&Value>| value.cloned().unwrap_or(Value::Null);
                    told["path"] = difference.path.to_string().into();
                    told["native_value"] = value(native);
                    told["translated_value"] = value(translated);
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
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let second = seconds % Day::SECONDS;
    format!("{}T{:02}:{:02}:{:02}Z", Day::of(seconds), second / 3600, second / 60 % 60, second % 60)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        compare::{At, Difference},
        gateway::verify::Failure,
        json::Name,
    };

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
        assert_eq!(read(Outcome::Failed(Failure::Allowance), false)["cause"], "allowance");
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
        assert_eq!(reports.unwritten.load(Relaxed), 1);
        for _ in 0..2 {
            reports.write(&file, &verdict(differed()), "req-1", false).await;
        }
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(std::fs::read_to_string(&file).unwrap().lines().count(), 2);
    }
}
