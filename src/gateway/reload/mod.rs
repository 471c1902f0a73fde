//! What requests are handled with, replaced while the gateway serves.
//!
//! Configuration and pack are replaced as one: whatever is wrong with either leaves both as they were. A request loads
//! the [`Handler`] at its beginning and keeps it to its end, so that none sees half of a change. What counts what is
//! under way ([`Life`]), what it keeps ([`Budget`]) and what has been ([`Ledger`]) is the same in every handler; so is
//! the upstream, connections and all, unless it is to be reached in another way.

mod changes;
mod disk;
mod writes;

pub(crate) use disk::{Difference, Disk, OnDisk};

use changes::needs_restart;

use super::{
    GatewayError, UpstreamError,
    budget::Budget,
    clock::Clock,
    descriptors,
    exchange::Exchanges,
    fitting,
    handler::Handler,
    ledger::Ledger,
    life::Life,
    loops::Outgoing,
    record::Access,
    recorder::{Recorder, RecorderError},
    telemetry::{Exporter, Site, Tracing},
    tls::Tls,
    upstream::Upstream,
    usage::Usage,
    verify,
};
use crate::{
    config::{Config, ConfigError, Limits, Timeouts},
    log::Filter,
    pack::Pack,
};
use arc_swap::ArcSwap;
use serde_json::{Value, json};
use std::{
    fmt::Display,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, atomic::Ordering::Relaxed},
    time::{SystemTime, UNIX_EPOCH},
};

/// What requests are handled with from now on, and what it was made of.
#[derive(Debug)]
pub(crate) struct Current {
    handler: ArcSwap<Handler>,
    pub(crate) clock: Clock,
    /// Where what the ledger counts is kept, if anywhere.
    pub(crate) usage: Option<Arc<Usage>>,
    /// Locked by reloads and for the operator, by no request.
    made_of: Mutex<MadeOf>,
    /// Where whoever set up the log has told it.
    log_filter: OnceLock<Filter>,
    /// Where whoever loaded them has told it.
    disk: OnceLock<Disk>,
}

#[derive(Debug)]
struct MadeOf {
    config: Arc<Config>,
    pack: Arc<Pack>,
    reached: Reached,
    since: SystemTime,
    /// When the last reload failed, and why, where it was the last one.
    failure: Option<(u64, String)>,
}

/// For the operator: what is in force, and how it came to be. Times are seconds since 1970.
#[derive(Debug)]
pub(crate) struct InForce {
    pub(crate) config: Arc<Config>,
    pub(crate) pack: Arc<Pack>,
    pub(crate) since: u64,
    pub(crate) reloads: u64,
    pub(crate) failed_reloads: u64,
    /// When the last reload failed, and why, where it was the last one.
    pub(crate) failure: Option<(u64, String)>,
}

/// How an upstream is reached: where two are equal, its connections can be kept.
#[derive(Debug, PartialEq, Eq)]
struct Reached {
    url: String,
    /// As far as it is about connections. An upstream is made from this, so that no other key can matter to it.
    config: Config,
    /// What the files say that the configuration names.
    files: Vec<Option<Vec<u8>>>,
}

impl Reached {
    fn new(config: &Config, pack: &Pack) -> Result<Self, UpstreamError> {
        let url = config.upstream.url.as_ref().or(pack.origin.as_ref()).ok_or(UpstreamError::Unset)?.clone();
        let files = config.upstream.files().map(|file| std::fs::read(file).ok()).collect();
        let defaults = Config::default();
        let mut about = Config {
            upstream: config.upstream.clone(),
            limits: Limits {
                upstream_idle_connections: config.limits.upstream_idle_connections,
                response_head_bytes: config.limits.response_head_bytes,
                response_headers: config.limits.response_headers,
                ..defaults.limits
            },
            timeouts: Timeouts {
                connect: config.timeouts.connect,
                upstream_first_byte: config.timeouts.upstream_first_byte,
                upstream_idle: config.timeouts.upstream_idle,
                upstream_max_age: config.timeouts.upstream_max_age,
                ..defaults.timeouts
            },
            ..Config::default()
        };
        (about.upstream.version, about.upstream.forwarded) = (None, false);
        Ok(Reached { url, config: about, files })
    }
}

impl Current {
    pub(crate) fn new(config: Arc<Config>, pack: Arc<Pack>, clock: Clock) -> Result<Self, GatewayError> {
        must_be_none(fitting::mistakes(&config, &pack))?;
        let reached = Reached::new(&config, &pack)?;
        let ledger = Ledger::new();
        let pool = Arc::clone(&ledger.pool);
        let exporter = config.telemetry.otlp_endpoint.as_deref();
        let exporter = exporter.map(|endpoint| Exporter::start(&config.telemetry, endpoint)).transpose()?;
        let exchanges = Arc::new(Exchanges::new(&config, Arc::clone(&pack), &reached.url, clock.clone())?);
        let outgoing = Arc::new(Outgoing::default());
        let upstream = Upstream::new(&reached.config, &reached.url, pool)?.noted_in(&outgoing);
        let upstream = Arc::new(upstream);
        ledger.knows(exchanges.templates());
        let (life, budget) = (Life::new(descriptors::half()), Budget::new(config.limits.memory_bytes));
        let verified = verify::Site::new();
        let parts = ((&exchanges, &upstream), (&budget, &life));
        let recorder = Recorder::new(&config, None, (&ledger.recordings, &budget), &clock)?;
        let handler = Handler {
            recorder,
            access: Access::new(config.log.fields, None).map_err(RecorderError::from)?,
            verify: verify::Live::new(&config, &pack, parts.0, parts.1, &verified),
            verified,
            exchanges,
            upstream,
            outgoing,
            life,
            tls: Tls::load(&config.listen, None)?,
            budget,
            ledger,
            admin_token: config.admin.token_sha256,
            tracing: tracing(exporter, &config, &pack, &reached.url),
            limits: config.limits.clone(),
            timeouts: config.timeouts.clone(),
        };
        let usage = Usage::new(&config.usage, Arc::clone(&handler.ledger), clock.clone());
        let since = SystemTime::now();
        let made_of = MadeOf { config, pack, reached, since, failure: None };
        Ok(Current {
            handler: ArcSwap::from_pointee(handler),
            clock,
            usage,
            made_of: Mutex::new(made_of),
            log_filter: OnceLock::new(),
            disk: OnceLock::new(),
        })
    }

    /// Says by what the log's filter is changed; the first one that is said stays.
    pub(super) fn tell_log_filter(&self, filter: Filter) {
        let _ = self.log_filter.set(filter);
    }

    /// By what the log's filter is changed, where it can be.
    pub(crate) fn log_filter(&self) -> Option<&Filter> {
        self.log_filter.get()
    }

    /// What a request that begins now is handled with.
    pub(crate) fn handler(&self) -> Arc<Handler> {
        self.handler.load_full()
    }

    /// Says where configuration and pack are read from; what is said first stays.
    pub(super) fn tell_disk(&self, disk: Disk) {
        let _ = self.disk.set(disk);
    }

    /// Where configuration and pack are read from, where that is known.
    pub(crate) fn disk(&self) -> Option<&Disk> {
        self.disk.get()
    }

    /// For the operator: what is in force. Waits for a reload that is under way.
    pub(crate) fn in_force(&self) -> InForce {
        let handler = self.handler();
        let reloads = &handler.ledger.reloads;
        let made_of = self.made_of();
        InForce {
            config: Arc::clone(&made_of.config),
            pack: Arc::clone(&made_of.pack),
            since: unix(made_of.since),
            reloads: reloads.succeeded.load(Relaxed),
            failed_reloads: reloads.failed.load(Relaxed),
            failure: made_of.failure.clone(),
        }
    }

    /// For the operator: what is in force since when, and how reloads went.
    pub(crate) fn status(&self) -> Value {
        let handler = self.handler();
        let reloads = &handler.ledger.reloads;
        let made_of = self.made_of();
        json!({
            "reloads": {
                "succeeded": reloads.succeeded.load(Relaxed),
                "failed": reloads.failed.load(Relaxed),
                "last_failed": reloads.last_failed.load(Relaxed),
            },
            "in_force_since": unix(made_of.since),
            "pack": {
                "name": made_of.pack.name,
                "digest": made_of.pack.digest,
                "newest": made_of.pack.newest().to_string(),
            },
        })
    }

    /// Nothing is done with the lock held that leaves it half done.
    fn made_of(&self) -> MutexGuard<'_, MadeOf> {
        self.made_of.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn replace(
        &self,
        made_of: &mut MadeOf,
        config: Config,
        pack: Pack,
    ) -> Result<changes::Changes, GatewayError> {
        must_be_none(made_of.config.lost_by(&config))?;
        must_be_none(fitting::mistakes(&config, &pack))?;
        let (old, pack) = (self.handler(), Arc::new(pack));
        let exporter = old.tracing.exporter().cloned();
        let reached = Reached::new(&config, &pack)?;
        let upstream = match reached == made_of.reached {
            true => Arc::clone(&old.upstream),
            false => {
                let upstream = Upstream::new(&reached.config, &reached.url, Arc::clone(&old.ledger.pool))?;
                Arc::new(upstream.noted_in(&old.outgoing))
            }
        };
        let exchanges =
            Arc::new(Exchanges::new(&config, Arc::clone(&pack), &reached.url, self.clock.clone())?);
        let parts = ((&exchanges, &upstream), (&old.budget, &old.life));
        let counted = (&old.ledger.recordings, &old.budget);
        let handler = Handler {
            recorder: Recorder::new(&config, old.recorder.as_ref(), counted, &self.clock)?,
            access: Access::new(config.log.fields, old.access.as_ref()).map_err(RecorderError::from)?,
            verify: verify::Live::new(&config, &pack, parts.0, parts.1, &old.verified),
            verified: Arc::clone(&old.verified),
            exchanges,
            upstream,
            outgoing: Arc::clone(&old.outgoing),
            life: Arc::clone(&old.life),
            tls: Tls::load(&config.listen, old.tls.as_ref())?,
            budget: Arc::clone(&old.budget),
            ledger: Arc::clone(&old.ledger),
            admin_token: config.admin.token_sha256,
            tracing: tracing(exporter, &config, &pack, &reached.url),
            limits: config.limits.clone(),
            timeouts: config.timeouts.clone(),
        };
        let in_force = (made_of.config.as_ref(), made_of.pack.as_ref());
        let (config, changes) = changes::between(in_force, config, &pack, self.log_filter());
        handler.budget.set_limit(handler.limits.memory_bytes);
        handler.ledger.knows(handler.exchanges.templates());
        self.handler.store(Arc::new(handler));
        let since = SystemTime::now();
        *made_of = MadeOf { config: Arc::new(config), pack, reached, since, failure: None };
        Ok(changes)
    }
}

fn must_be_none(mistakes: Vec<ConfigError>) -> Result<(), GatewayError> {
    if mistakes.is_empty() { Ok(()) } else { Err(GatewayError::Config(mistakes)) }
}

fn tracing(exporter: Option<Arc<Exporter>>, config: &Config, pack: &Pack, upstream: &str) -> Tracing {
    let site = Site::new(config.listen.tls_cert.is_some(), &pack.base_path, upstream);
    Tracing::new(exporter, &config.telemetry, site)
}

/// By which another configuration and pack are put in place while a gateway serves.
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
    /// Where they could not be loaded, or do not fit, the old ones stay, both of them. Either is logged in full, and
    /// counted. Returns the configuration that is in force now, where it was replaced.
    ///
    /// Compares plans, and may read files: not to be called on a thread that serves.
    pub fn reload<E: Display>(&self, loaded: Result<(Config, Pack), E>) -> Option<Arc<Config>> {
        let mut made_of = self.0.made_of();
        let replaced = loaded.map_err(|error| error.to_string()).and_then(|(config, pack)| {
            self.0.replace(&mut made_of, config, pack).map_err(|error| error.to_string())
        });
        self.0.handler().ledger.reloads.add(replaced.is_ok());
        match replaced {
            Ok(changes) => {
                changes.log(&made_of.pack);
                Some(Arc::clone(&made_of.config))
            }
            Err(report) => {
                tracing::error!(
                    error = report,
                    "reload failed: the configuration and the pack stay as they were"
                );
                made_of.failure = Some((unix(SystemTime::now()), report));
                None
            }
        }
    }
}

/// Seconds since 1970.
fn unix(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}
