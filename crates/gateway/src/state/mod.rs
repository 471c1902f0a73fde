//! The state that requests are handled with. It can be replaced while the gateway serves.
//!
//! Configuration and pack are replaced as one: whatever is wrong with either leaves both as they were. A request loads
//! the handler of the [`Generation`] in force at its beginning and keeps it to its end, so that none sees half of a
//! change. What a reload leaves as it is stands in [`Process`]; the upstream, connections and all, is taken over by the
//! next generation unless it is to be reached in another way.
//!
//! | file | is |
//! |---|---|
//! | `process` | the parts that live as long as the process |
//! | `generation` | the parts that a reload replaces, built in one place |
//! | `changes`, `writes` | what a reload has changed, for the log |
//! | `disk` | the comparison of what is in force with what is on disk |
//! | `error` | the reasons why a configuration and a pack make no gateway |
//! | `readings` | the state of the gateway, for metrics |

pub(crate) mod fitting;

mod changes;
mod disk;
mod error;
mod generation;
mod process;
mod readings;
mod writes;

pub(crate) use disk::{Difference, Disk, OnDisk};
pub use error::GatewayError;
pub(crate) use generation::Generation;
pub(crate) use process::Process;

use crate::{
    base::lock::Locked,
    config::{Config, ConfigError, Timeouts},
    log::Filter,
    observe::stats::ReloadResults,
    proxy::handler::Handler,
};
use arc_swap::ArcSwap;
use changes::Changes;
use dateline_core::pack::Pack;
use dateline_http::clock::{Clock, unix};
use serde_json::{Value, json};
use std::{
    fmt::Display,
    sync::{Arc, Mutex, OnceLock},
    time::SystemTime,
};

/// The process and the generation in force.
#[derive(Debug)]
pub(crate) struct Current {
    pub(crate) process: Process,
    generation: ArcSwap<Generation>,
    /// Locked while a reload is under way.
    reloading: Mutex<()>,
    /// Locked for a moment only, and by no request.
    reload_results: Mutex<ReloadResults>,
    /// The filter of the log, if whoever set up the log has handed it over.
    log_filter: OnceLock<Filter>,
    /// The source of configuration and pack, if whoever loaded them has handed it over.
    disk: OnceLock<Disk>,
}

/// The configuration and the pack in force and how they came to be, for the operator. Times are seconds since 1970.
#[derive(Debug)]
pub(crate) struct InForce {
    pub(crate) config: Arc<Config>,
    pub(crate) pack: Arc<Pack>,
    pub(crate) since: u64,
    pub(crate) reloads: ReloadResults,
}

impl Current {
    pub(crate) fn new(config: Arc<Config>, pack: Arc<Pack>, clock: Clock) -> Result<Self, GatewayError> {
        must_be_none(fitting::mistakes(&config, &pack))?;
        let config = if pack.aliases.is_empty() { config } else { Arc::new(config.resolved(&pack)) };
        let process = Process::start(&config, clock)?;
        let generation = Generation::build(&process, config, pack, None)?;
        process.stats.set_operations(generation.handler.exchanges.templates());
        Ok(Current {
            process,
            generation: ArcSwap::from_pointee(generation),
            reloading: Mutex::new(()),
            reload_results: Mutex::default(),
            log_filter: OnceLock::new(),
            disk: OnceLock::new(),
        })
    }

    /// Hands over the filter of the log. The first one stays.
    pub(super) fn tell_log_filter(&self, filter: Filter) {
        let _ = self.log_filter.set(filter);
    }

    /// The filter of the log, if it can be changed.
    pub(crate) fn log_filter(&self) -> Option<&Filter> {
        self.log_filter.get()
    }

    /// The handler of requests that begin now.
    pub(crate) fn handler(&self) -> Arc<Handler> {
        Arc::clone(&self.generation.load().handler)
    }

    /// The generation in force.
    pub(crate) fn generation(&self) -> Arc<Generation> {
        self.generation.load_full()
    }

    /// Hands over the source of configuration and pack. The first one stays.
    pub(super) fn tell_disk(&self, disk: Disk) {
        let _ = self.disk.set(disk);
    }

    /// The source of configuration and pack, if it is known.
    pub(crate) fn disk(&self) -> Option<&Disk> {
        self.disk.get()
    }

    /// The configuration and the pack in force, for the operator. Waits for a reload that is under way.
    pub(crate) fn in_force(&self) -> InForce {
        let _reload = self.reloading.locked();
        let generation = self.generation();
        InForce {
            config: Arc::clone(&generation.config),
            pack: Arc::clone(&generation.pack),
            since: unix(generation.since),
            reloads: self.reload_results.locked().clone(),
        }
    }

    /// The pack in force and how reloads went, as JSON for the operator. Waits for a reload that is under way.
    pub(crate) fn status(&self) -> Value {
        let InForce { pack, since, reloads, .. } = self.in_force();
        json!({
            "reloads": {
                "succeeded": reloads.succeeded,
                "failed": reloads.failed,
                "last_failed": reloads.last_failure.is_some(),
            },
            "in_force_since": since,
            "pack": {
                "name": pack.name,
                "digest": pack.digest,
                "newest": pack.newest().to_string(),
            },
        })
    }

    /// Puts another generation in force. Called with `reloading` locked.
    fn replace(&self, mut config: Config, pack: Pack) -> Result<(Arc<Generation>, Changes), GatewayError> {
        let old = self.generation();
        must_be_none(fitting::mistakes(&config, &pack))?;
        config = config.resolved(&pack);
        must_be_none(old.config.lost_by(&config))?;
        let restart = config.keep_until_restart(&old.config);
        let new = Generation::build(&self.process, Arc::new(config), Arc::new(pack), Some(&old))?;
        let new = Arc::new(new);
        changes::change_filter(&old.config, &new.config, self.log_filter());
        let changes = Changes::between(&old, &new, restart);
        self.process.budget.set_limit(new.config.limits.memory_bytes);
        self.process.stats.set_operations(new.handler.exchanges.templates());
        self.generation.store(Arc::clone(&new));
        Ok((new, changes))
    }
}

fn must_be_none(mistakes: Vec<ConfigError>) -> Result<(), GatewayError> {
    if mistakes.is_empty() { Ok(()) } else { Err(GatewayError::Config(mistakes)) }
}

/// A handle that puts another configuration and pack in force while a gateway serves.
#[derive(Debug, Clone)]
pub struct Reloads(Arc<Current>);

impl Reloads {
    pub(super) fn new(current: Arc<Current>) -> Self {
        Reloads(current)
    }

    /// The timeouts that are in force.
    pub fn timeouts(&self) -> Timeouts {
        self.0.handler().timeouts.clone()
    }

    /// Puts a configuration and a pack in the place of those in force, for every request that begins from now on.
    /// The old ones stay, both of them, if the new ones could not be loaded or do not fit. Either is logged in full, and
    /// counted. Returns the configuration that is in force now, where it was replaced.
    ///
    /// Compares plans, and may read files: not to be called on a thread that serves.
    pub fn reload<E: Display>(&self, loaded: Result<(Config, Pack), E>) -> Option<Arc<Config>> {
        let _reload = self.0.reloading.locked();
        let replaced = loaded
            .map_err(|error| error.to_string())
            .and_then(|(config, pack)| self.0.replace(config, pack).map_err(|error| error.to_string()));
        match replaced {
            Ok((generation, changes)) => {
                changes.log(&generation.pack);
                let mut results = self.0.reload_results.locked();
                results.succeeded += 1;
                results.last_failure = None;
                Some(Arc::clone(&generation.config))
            }
            Err(report) => {
                tracing::error!(target: "dateline::gateway::reload",
                    error = report,
                    "reload failed: the configuration and the pack stay as they were"
                );
                let mut results = self.0.reload_results.locked();
                results.failed += 1;
                results.last_failure = Some((unix(SystemTime::now()), report));
                None
            }
        }
    }
}
