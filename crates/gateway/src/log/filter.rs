//! The log filter, which can be changed while the program runs.
//!
//! Each event is filtered where it is raised: tracing keeps the filter's answer with every event of the source, and
//! asks again when the filter changes. So a filter that can be replaced costs a request nothing and takes no lock.

use crate::base::lock::Locked;
use std::{
    io,
    sync::{
        Arc, Condvar, Mutex, PoisonError, Weak,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    thread,
    time::{Duration, Instant, SystemTime},
};

use crate::config::parse_filter;
use arc_swap::ArcSwap;
use tracing::{
    Metadata, Subscriber, callsite,
    level_filters::LevelFilter,
    span::{Attributes, Id, Record},
    subscriber::Interest,
};
use tracing_subscriber::{EnvFilter, Layer, layer::Context};

/// The filter of the log: every copy is a handle to the same one. Whoever sets it last has his way, the configuration
/// that is read again included.
///
/// ```
/// use dateline_gateway::log::Filter;
///
/// let filter = Filter::new("info")?;
/// filter.set("warn,dateline::gateway=debug")?;
/// assert_eq!(filter.get().text, "warn,dateline::gateway=debug");
/// assert!(filter.set("dateline=loud").is_err());
/// # Ok::<(), dateline_gateway::log::FilterError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Filter(Arc<SharedFilter>);

/// A filter that is in force, and what comes after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CurrentFilter {
    /// tracing's filter syntax, as it was written.
    pub text: String,
    /// The filter that follows, if this one is temporary.
    pub then: Option<Then>,
}

/// The filter that follows after a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Then {
    /// The filter.
    pub text: String,
    /// The time at which it takes effect.
    pub at: SystemTime,
}

/// A reason why a filter was not changed.
#[derive(Debug, thiserror::Error)]
pub enum FilterError {
    /// The text is none. The text is for the operator.
    #[error("{text:?} is not a filter: {problem}; write one such as \"info\" or \"info,dateline=debug\"")]
    Text {
        /// The filter that was asked for.
        text: String,
        /// The fault in its text.
        problem: String,
    },
    /// The thread that would restore the filter later cannot be started.
    #[error("its thread cannot be started")]
    Thread(#[source] io::Error),
}

#[derive(Debug)]
struct SharedFilter {
    live: ArcSwap<EnvFilter>,
    /// True once a log uses this filter.
    asked: AtomicBool,
    /// Locked by who changes or shows it, and by no event.
    state: Mutex<FilterState>,
    changed: Condvar,
}

#[derive(Debug)]
struct FilterState {
    text: String,
    then: Option<(Then, Instant)>,
    /// True while a thread waits for the time of `then`.
    watched: bool,
    /// True if the environment has set the filter, which overrides the configuration.
    from_environment: bool,
}

impl Filter {
    /// A filter. It is the log's where [`init`](super::init) has made it.
    ///
    /// # Errors
    /// [`FilterError::Text`]
    pub fn new(text: &str) -> Result<Self, FilterError> {
        let live = ArcSwap::from_pointee(read(text)?);
        let state = Mutex::new(FilterState {
            text: text.to_owned(),
            then: None,
            watched: false,
            from_environment: false,
        });
        let (asked, changed) = (AtomicBool::new(false), Condvar::new());
        Ok(Filter(Arc::new(SharedFilter { live, asked, state, changed })))
    }

    /// The same, said by the environment.
    pub(super) fn by_environment(self) -> Self {
        self.0.state.locked().from_environment = true;
        self
    }

    /// Returns the filter in force.
    pub fn get(&self) -> CurrentFilter {
        let state = self.0.state.locked();
        CurrentFilter { text: state.text.clone(), then: state.then.as_ref().map(|(then, _)| then.clone()) }
    }

    /// Puts another filter in force, for all threads at once.
    ///
    /// # Errors
    /// [`FilterError::Text`], and nothing has changed.
    pub fn set(&self, text: &str) -> Result<(), FilterError> {
        let filter = read(text)?;
        self.0.replace(&mut self.0.state.locked(), text, filter, None);
        tracing::warn!(target: "dateline::log::filter", filter = text, "the log has another filter");
        Ok(())
    }

    /// Puts another filter in force for a time. After it the filter that was last set without a time is in force
    /// again, unless something is set until then.
    ///
    /// # Errors
    /// [`FilterError`], and nothing has changed.
    pub fn set_for(&self, text: &str, time: Duration) -> Result<(), FilterError> {
        let filter = read(text)?;
        let mut state = self.0.state.locked();
        if !state.watched {
            let shared = Arc::downgrade(&self.0);
            let thread = thread::Builder::new().name("log filter".to_owned());
            thread.spawn(move || watch(&shared)).map_err(FilterError::Thread)?;
            state.watched = true;
        }
        let lasting = state.then.as_ref().map_or(&state.text, |(then, _)| &then.text).clone();
        let then = Then { text: lasting, at: SystemTime::now() + time };
        self.0.replace(&mut state, text, filter, Some((then, Instant::now() + time)));
        drop(state);
        tracing::warn!(target: "dateline::log::filter", filter = text, seconds = time.as_secs(), "the log has another filter for a time");
        Ok(())
    }

    /// Puts the filter of a configuration in force, unless the environment has said another at the start; returns
    /// whether it is.
    pub(crate) fn configured(&self, text: &str) -> Result<bool, FilterError> {
        let from_environment = self.0.state.locked().from_environment;
        if from_environment {
            return Ok(false);
        }
        self.set(text).map(|()| true)
    }

    /// This filter as a layer.
    pub(super) fn layer(&self) -> Switched {
        self.0.asked.store(true, Relaxed);
        Switched(self.clone())
    }
}

fn read(text: &str) -> Result<EnvFilter, FilterError> {
    parse_filter(text).map_err(|problem| FilterError::Text { text: text.to_owned(), problem })
}

impl SharedFilter {
    fn replace(&self, state: &mut FilterState, text: &str, filter: EnvFilter, then: Option<(Then, Instant)>) {
        self.live.store(Arc::new(filter));
        text.clone_into(&mut state.text);
        state.then = then;
        if self.asked.load(Relaxed) {
            callsite::rebuild_interest_cache();
        }
        self.changed.notify_all();
    }
}

/// Takes back what is in force for a time. Ends with that, or with the filter.
fn watch(shared: &Weak<SharedFilter>) {
    /// A wait holds the filter, which is to be looked at for its end now and then.
    const LOOK: Duration = Duration::from_secs(60);
    while let Some(shared) = shared.upgrade() {
        let mut state = shared.state.locked();
        let left = match &state.then {
            None => {
                state.watched = false;
                return;
            }
            Some((_, at)) => at.saturating_duration_since(Instant::now()),
        };
        if left.is_zero() {
            let Some((Then { text, .. }, _)) = state.then.take() else { continue };
            // It has been in force before, so it parses.
            if let Ok(filter) = parse_filter(&text) {
                shared.replace(&mut state, &text, filter, None);
            }
            drop(state);
            tracing::warn!(target: "dateline::log::filter", filter = text, "the log has the filter again that it had");
        } else {
            let waited = shared.changed.wait_timeout(state, left.min(LOOK));
            drop(waited.unwrap_or_else(PoisonError::into_inner));
        }
    }
}

/// The filter as the layer that tracing asks.
#[derive(Debug)]
pub(super) struct Switched(Filter);

macro_rules! live {
    ($self:ident) => {
        &**$self.0.0.live.load()
    };
}

impl<S: Subscriber> Layer<S> for Switched {
    fn register_callsite(&self, about: &'static Metadata<'static>) -> Interest {
        Layer::<S>::register_callsite(live!(self), about)
    }

    fn enabled(&self, about: &Metadata<'_>, context: Context<'_, S>) -> bool {
        Layer::enabled(live!(self), about, context)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Layer::<S>::max_level_hint(live!(self))
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        Layer::on_new_span(live!(self), attributes, id, context);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        Layer::on_record(live!(self), id, values, context);
    }

    fn on_enter(&self, id: &Id, context: Context<'_, S>) {
        Layer::on_enter(live!(self), id, context);
    }

    fn on_exit(&self, id: &Id, context: Context<'_, S>) {
        Layer::on_exit(live!(self), id, context);
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        Layer::on_close(live!(self), id, context);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Waits until something holds.
    fn until(holds: impl Fn() -> bool) {
        let from = Instant::now();
        while !holds() {
            assert!(from.elapsed() < Duration::from_secs(15), "it never holds");
            thread::sleep(Duration::from_millis(2));
        }
    }

    #[test]
    fn what_is_no_filter_changes_nothing() {
        let filter = Filter::new("info").unwrap();
        for text in ["dateline=loud", "a=b=c", "info,é=debug"] {
            let error = filter.set(text).unwrap_err().to_string();
            assert!(error.contains("is not a filter: ") && error.contains("info,dateline=debug"), "{error}");
            assert!(filter.set_for(text, Duration::from_secs(9)).is_err());
        }
        assert_eq!(filter.get(), CurrentFilter { text: "info".to_owned(), then: None });
    }

    #[test]
    fn a_time_ends() {
        let filter = Filter::new("info").unwrap();
        filter.set_for("debug", Duration::from_secs(3600)).unwrap();
        filter.set_for("trace", Duration::from_millis(50)).unwrap();
        assert_eq!((filter.get().text.as_str(), filter.get().then.unwrap().text.as_str()), ("trace", "info"));
        until(|| filter.get() == CurrentFilter { text: "info".to_owned(), then: None });
        until(|| !filter.0.state.locked().watched);
        filter.set_for("error", Duration::from_millis(1)).unwrap();
        until(|| filter.get().text == "info");
    }

    #[test]
    fn the_last_one_set_has_its_way() {
        let filter = Filter::new("info").unwrap();
        filter.set_for("debug", Duration::from_secs(3600)).unwrap();
        assert!(filter.configured("warn").unwrap());
        assert_eq!(filter.get(), CurrentFilter { text: "warn".to_owned(), then: None });
        until(|| !filter.0.state.locked().watched);
    }

    #[test]
    fn the_environment_wins_over_the_configuration() {
        let filter = Filter::new("debug").unwrap().by_environment();
        assert!(!filter.configured("warn").unwrap());
        assert_eq!(filter.get().text, "debug");
        filter.set("error").unwrap();
        assert_eq!(filter.get().text, "error");
    }
}
