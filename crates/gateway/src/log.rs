//! Sets up tracing: what is logged, in which form, where to.
//!
//! Everything goes to standard output, where nginx and Envoy send a container's access log: one stream, in order,
//! for whatever collects it. What a command says for itself before or instead of serving goes to standard error.
//!
//! In JSON an event's own fields stand beside `timestamp`, `level` and `target`, so that they can be queried by
//! name, and the fields of its innermost span in `span`.
//!
//! Only the program's own events are written, whatever the filter says, and of a panic only what holds no data: see
//! `docs/security.md`.
//!
//! Lines are written by a thread of their own: see [`Flush`].

mod filter;
mod json;
mod lines;
mod panics;
mod queue;

pub use filter::{CurrentFilter, Filter, FilterError, Then};
pub use queue::{Flush, dropped_lines};

use std::{env, io, io::IsTerminal};

use tracing::{Metadata, Subscriber};
use tracing_subscriber::{
    Registry,
    filter::filter_fn,
    fmt,
    fmt::{MakeWriter, format::JsonFields},
    layer::SubscriberExt,
};

use crate::config::{Log, LogFormat};
use json::Json;

/// Wins over `log.filter`: the name that every Rust program has for it.
const VARIABLE: &str = "RUST_LOG";

/// A reason why the log cannot start. The text is for the operator.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The filter does not parse.
    #[error("{key}: {source}")]
    Filter {
        /// The name of the setting: `log.filter` or `RUST_LOG`.
        key: &'static str,
        /// The fault in its text.
        source: FilterError,
    },
    /// A subscriber is installed already.
    #[error("the log is set up already")]
    Twice,
    /// Standard output cannot be used.
    #[error("standard output cannot be used for the log")]
    Output(#[source] io::Error),
    /// The thread that writes it does not start.
    #[error("the log's thread does not start")]
    Thread(#[source] io::Error),
}

/// Sends the events of this process to standard output from now on, until what is returned first is dropped. The other
/// is by what the filter is changed.
///
/// Nobody waits for who reads standard output. Where it is not read as fast as events come, or cannot be written, events
/// are dropped, and as soon as there is room an event says how many; those at `WARN` and `ERROR` and those with a field
/// named `error` are the last to find no room.
///
/// # Errors
/// [`LogError`] where `RUST_LOG` or the configured filter does not parse, where no thread starts, and on a second
/// call.
pub fn init(log: &Log) -> Result<(Flush, Filter), LogError> {
    let terminal = io::stdout().is_terminal();
    let variable = env::var(VARIABLE).ok();
    let out = standard_output().map_err(LogError::Output)?;
    let (queue, flush) = queue::start(out, tell_dropped).map_err(LogError::Thread)?;
    let filter = filter(log, variable.as_deref())?;
    let subscriber = subscriber(log.format, &filter, terminal, queue);
    tracing::subscriber::set_global_default(subscriber).map_err(|_| LogError::Twice)?;
    panics::log();
    Ok((flush, filter))
}

/// Standard output without the buffer and the lock of [`io::stdout`]: what was written is known to the byte, and a reader
/// that stands still holds up nobody else who writes there.
#[cfg(unix)]
fn standard_output() -> io::Result<std::fs::File> {
    use std::os::fd::AsFd;
    Ok(io::stdout().as_fd().try_clone_to_owned()?.into())
}

#[cfg(not(unix))]
fn standard_output() -> io::Result<io::Stdout> {
    Ok(io::stdout())
}

fn tell_dropped(lines: u64, error: Option<&io::Error>) {
    match error {
        None => {
            tracing::warn!(target: "dateline::log", lines, "lines of the log were dropped: it was not read in time")
        }
        Some(error) => {
            tracing::error!(target: "dateline::log", lines, error = %error, "lines of the log were dropped: they could not be written")
        }
    }
}

fn filter(log: &Log, variable: Option<&str>) -> Result<Filter, LogError> {
    let wrong = |key| move |error: FilterError| LogError::Filter { key, source: error };
    match variable {
        Some(text) if !text.is_empty() => {
            Filter::new(text).map(Filter::by_environment).map_err(wrong(VARIABLE))
        }
        _ => Filter::new(&log.filter).map_err(wrong("log.filter")),
    }
}

fn subscriber<W>(
    format: LogFormat,
    filter: &Filter,
    terminal: bool,
    writer: W,
) -> Box<dyn Subscriber + Send + Sync>
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let pretty = match format {
        LogFormat::Auto => terminal,
        LogFormat::Pretty => true,
        LogFormat::Json => false,
    };
    let lines = fmt::layer().with_writer(writer).with_ansi(pretty && terminal);
    // The last one is asked first.
    match pretty {
        true => {
            let lines = lines.compact().with_target(false);
            Box::new(Registry::default().with(lines).with(filter.layer()).with(filter_fn(is_own)))
        }
        false => {
            let lines = lines.fmt_fields(JsonFields::new()).event_format(Json);
            Box::new(Registry::default().with(lines).with(filter.layer()).with(filter_fn(is_own)))
        }
    }
}

/// Tells whether an event or a span is the program's own. Those of libraries are never written, whatever the filter
/// says: h2 quotes fields with their values, and other libraries may quote more in a later version.
fn is_own(event: &Metadata<'_>) -> bool {
    let rest = event.target().strip_prefix("dateline");
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use tracing::{debug, info, info_span, subscriber::with_default};

    use super::*;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// Writes an event inside a span to a log, and returns the lines.
    fn logged(filter: &str, format: LogFormat, variable: Option<&str>, terminal: bool) -> String {
        let lines = Lines::default();
        let writer = lines.clone();
        let filter =
            super::filter(&Log { filter: filter.into(), format, fields: Default::default() }, variable)
                .unwrap();
        with_default(subscriber(format, &filter, terminal, move || writer.clone()), || {
            let _span = info_span!(target: "dateline::log", "request", id = "r1").entered();
            info!(target: "dateline::log", status = 200, "answered");
            debug!(target: "dateline::log", r#type = ?"a\\\n\u{1}é", under = -1, "detail");
        });
        String::from_utf8(lines.0.lock().unwrap().clone()).unwrap()
    }

    #[test]
    fn writes_json_off_a_terminal() {
        let line = logged("info", LogFormat::Auto, None, false);
        let event: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!((&event["status"], &event["message"]), (&200.into(), &"answered".into()));
        assert_eq!((&event["span"]["id"], &event["level"]), (&"r1".into(), &"INFO".into()));
        let lines = logged("debug", LogFormat::Json, None, true);
        let event: serde_json::Value = serde_json::from_str(lines.lines().nth(1).unwrap()).unwrap();
        assert_eq!((&event["type"], &event["under"]), (&r#""a\\\n\u{1}é""#.into(), &(-1).into()), "{lines}");
    }

    #[test]
    fn writes_for_people_on_a_terminal() {
        let line = logged("info", LogFormat::Auto, None, true);
        assert!(line.contains("answered") && line.contains('\x1b') && line.lines().count() == 1, "{line:?}");
        let line = logged("info", LogFormat::Pretty, None, false);
        assert!(line.trim_end().ends_with("request: answered status=200 id=\"r1\""), "{line:?}");
        assert!(!line.contains('\x1b'), "{line:?}");
    }

    #[test]
    fn takes_the_filter_from_the_variable_first() {
        assert_eq!(logged("debug", LogFormat::Json, None, false).lines().count(), 2);
        assert_eq!(logged("debug", LogFormat::Json, Some("info"), false).lines().count(), 1);
        assert_eq!(logged("debug", LogFormat::Json, Some(""), false).lines().count(), 2);
    }

    #[test]
    fn libraries_have_no_say() {
        use tracing::{Level, event, trace_span};
        let lines = Arc::new(Mutex::new(Vec::new()));
        let filter = Filter::new("trace,h2=trace").unwrap();
        let writer = Arc::clone(&lines);
        let writer = move || Lines(Arc::clone(&writer));
        with_default(subscriber(LogFormat::Json, &filter, false, writer), || {
            let _span = trace_span!(target: "h2::proto", "frame", secret = "s3").entered();
            event!(target: "h2::codec", Level::TRACE, "s3");
            event!(target: "hyper", Level::ERROR, "s3");
            event!(target: "dateline_of_another", Level::ERROR, "s3");
            tracing::trace!(target: "dateline::log", "own");
        });
        let text = String::from_utf8(lines.lock().unwrap().clone()).unwrap();
        assert!(text.lines().count() == 1 && text.contains("own") && !text.contains("s3"), "{text}");
    }

    #[test]
    fn names_the_place_of_a_bad_filter() {
        let log = Log { filter: "info,dateline=loud".into(), ..crate::config::Config::default().log };
        let error = |variable| filter(&log, variable).unwrap_err().to_string();
        let (key, text) = (error(None), error(Some("a=b=c")));
        assert!(key.starts_with("log.filter: \"info,dateline=loud\" is not a filter: "), "{key}");
        assert!(text.starts_with("RUST_LOG: \"a=b=c\" is not a filter: "), "{text}");
        assert!(error(Some("é=info")).contains("ASCII"));
    }

    #[test]
    fn another_filter_holds_at_once() {
        let lines = Lines::default();
        let writer = lines.clone();
        let filter = Filter::new("info").unwrap();
        let count = || lines.0.lock().unwrap().split(|byte| *byte == b'\n').count() - 1;
        let log = || {
            debug!(target: "dateline::log", "detail");
            info!(target: "dateline::log", "answered");
        };
        let subscriber = subscriber(LogFormat::Json, &filter, false, move || writer.clone());
        let dispatch = tracing::Dispatch::new(subscriber);
        tracing::dispatcher::with_default(&dispatch, || {
            log();
            assert_eq!(count(), 1);
            // Each change is an event, too.
            filter.set("debug").unwrap();
            log();
            assert_eq!(count(), 4);
            filter.set("error").unwrap();
            log();
            assert_eq!(count(), 4);
            filter.set("off,dateline::log=debug").unwrap();
            std::thread::scope(|scope| {
                let another = || tracing::dispatcher::with_default(&dispatch, log);
                scope.spawn(another).join().unwrap();
            });
            assert_eq!(count(), 7);
        });
    }
}
