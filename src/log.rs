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

mod json;
mod panics;
mod queue;

pub use queue::Flush;

use std::{env, io, io::IsTerminal};

use tracing::{Metadata, Subscriber};
use tracing_subscriber::{
    EnvFilter,
    filter::filter_fn,
    fmt,
    fmt::{MakeWriter, format::JsonFields},
    layer::SubscriberExt,
};

use crate::config::{Log, LogFormat};
use json::Json;

/// Wins over `log.filter`: the name that every Rust program has for it.
const VARIABLE: &str = "RUST_LOG";

/// Why there is no log. The text is for the operator.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The filter does not parse.
    #[error("{key}: not a filter: {problem}; write one such as \"info\" or \"info,dateline=debug\"")]
    Filter {
        /// Where it stands: `log.filter` or `RUST_LOG`.
        key: &'static str,
        /// What tracing says.
        problem: String,
    },
    /// There is a subscriber already.
    #[error("the log is set up already")]
    Twice,
    /// The thread that writes it does not start.
    #[error("the log's thread does not start")]
    Thread(#[source] io::Error),
}

/// Sends the events of this process to standard output from now on, until what is returned is dropped.
///
/// Where standard output is not read as fast as events come, those at `WARN` and `ERROR` and those with a field
/// named `error` wait, and others are dropped; an event says how many.
///
/// # Errors
/// [`LogError`] where `RUST_LOG` or the configured filter does not parse, where no thread starts, and on a second
/// call.
pub fn init(log: &Log) -> Result<Flush, LogError> {
    let terminal = io::stdout().is_terminal();
    let variable = env::var(VARIABLE).ok();
    let tell = |lines| tracing::warn!(lines, "the log was not read in time: lines were dropped");
    let (queue, flush) = queue::start(io::stdout(), tell).map_err(LogError::Thread)?;
    let subscriber = subscriber(log, variable.as_deref(), terminal, queue)?;
    tracing::subscriber::set_global_default(subscriber).map_err(|_| LogError::Twice)?;
    panics::log();
    Ok(flush)
}

fn subscriber<W>(
    log: &Log,
    variable: Option<&str>,
    terminal: bool,
    writer: W,
) -> Result<Box<dyn Subscriber + Send + Sync>, LogError>
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let (key, filter) = match variable {
        Some(filter) if !filter.is_empty() => (VARIABLE, filter),
        _ => ("log.filter", log.filter.as_str()),
    };
    let filter = EnvFilter::try_new(filter)
        .map_err(|problem| LogError::Filter { key, problem: problem.to_string() })?;
    let pretty = match log.format {
        LogFormat::Auto => terminal,
        LogFormat::Pretty => true,
        LogFormat::Json => false,
    };
    let builder = fmt().with_env_filter(filter).with_writer(writer).with_ansi(pretty && terminal);
    Ok(match pretty {
        true => Box::new(builder.compact().with_target(false).finish().with(filter_fn(is_own))),
        false => {
            let json = builder.fmt_fields(JsonFields::new()).event_format(Json);
            Box::new(json.finish().with(filter_fn(is_own)))
        }
    })
}

/// Whether an event or a span is the program's own. Those of libraries are never written, whatever the filter says:
/// h2 quotes fields with their values, and what others quote changes with their versions.
fn is_own(event: &Metadata<'_>) -> bool {
    let rest = event.target().strip_prefix(env!("CARGO_CRATE_NAME"));
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

    /// What an event and its span look like in the log.
    fn logged(filter: &str, format: LogFormat, variable: Option<&str>, terminal: bool) -> String {
        let lines = Lines::default();
        let writer = lines.clone();
        let log = Log { filter: filter.into(), format };
        let subscriber = subscriber(&log, variable, terminal, move || writer.clone()).unwrap();
        with_default(subscriber, || {
            let _span = info_span!("request", id = "r1").entered();
            info!(status = 200, "answered");
            debug!(r#type = ?"a\\\n\u{1}é", under = -1, "detail");
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
        let log = Log { filter: "trace,h2=trace".into(), format: LogFormat::Json };
        let writer = Arc::clone(&lines);
        let writer = move || Lines(Arc::clone(&writer));
        with_default(subscriber(&log, None, false, writer).unwrap(), || {
            let _span = trace_span!(target: "h2::proto", "frame", secret = "s3").entered();
            event!(target: "h2::codec", Level::TRACE, "s3");
            event!(target: "hyper", Level::ERROR, "s3");
            event!(target: "dateline_of_another", Level::ERROR, "s3");
            tracing::trace!("own");
        });
        let text = String::from_utf8(lines.lock().unwrap().clone()).unwrap();
        assert!(text.lines().count() == 1 && text.contains("own") && !text.contains("s3"), "{text}");
    }

    #[test]
    fn names_the_place_of_a_bad_filter() {
        let log = Log { filter: "info,dateline=loud".into(), format: LogFormat::Auto };
        let error = |variable| subscriber(&log, variable, false, io::sink).err().unwrap().to_string();
        assert!(error(None).starts_with("log.filter: not a filter: "), "{}", error(None));
        assert!(error(Some("a=b=c")).starts_with("RUST_LOG: not a filter: "), "{}", error(Some("a=b=c")));
    }
}
