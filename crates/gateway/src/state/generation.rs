//! One generation: a configuration, a pack, and what requests are handled with because of them.

use super::{GatewayError, Process};
use crate::{
    base::tls::Tls,
    capture::{Recorder, RecorderError},
    config::{Config, Limits, Timeouts},
    observe::telemetry::{Site, Tracing},
    proxy::{
        handler::{Handler, exchanges},
        observer::Observer,
        request_log::Access,
        upstream::{Upstream, UpstreamError},
    },
    verify,
};
use dateline_core::pack::Pack;
use dateline_http::origin::Origin;
use std::{sync::Arc, time::SystemTime};

/// The parts that a reload replaces as one. A request keeps the generation that it began with to its end.
#[derive(Debug)]
pub(crate) struct Generation {
    pub(crate) config: Arc<Config>,
    pub(crate) pack: Arc<Pack>,
    /// The handler of requests.
    pub(crate) handler: Arc<Handler>,
    /// The TLS configuration of new connections.
    pub(crate) tls: Option<Arc<Tls>>,
    /// The recorder of exchanges; `None` if none are recorded.
    pub(crate) recorder: Option<Arc<Recorder>>,
    /// The time when it was built.
    pub(crate) since: SystemTime,
    reached: Reached,
}

/// The address of the upstream and all that matters to its connections. If two of these are equal, connections are kept.
#[derive(Debug, PartialEq, Eq)]
struct Reached {
    origin: Origin,
    /// The keys that matter to connections. An upstream is made from these, so that no other key can matter to it.
    config: Config,
    /// The contents of the files that the configuration names.
    files: Vec<Option<Vec<u8>>>,
}

impl Generation {
    /// Builds a generation. Connections to the upstream, the recorder's thread, stand-ins and a certificate that is the
    /// same are taken over from the previous one.
    ///
    /// # Errors
    /// [`GatewayError`]: the configuration and the pack have been checked, so it is what the system refuses.
    pub(super) fn build(
        process: &Process,
        config: Arc<Config>,
        pack: Arc<Pack>,
        previous: Option<&Generation>,
    ) -> Result<Self, GatewayError> {
        let reached = Reached::new(&config, &pack)?;
        let clock = &process.clock;
        let exchanges = Arc::new(exchanges(&config, Arc::clone(&pack), &reached.origin, clock.clone())?);
        let upstream = match previous.filter(|previous| previous.reached == reached) {
            Some(previous) => Arc::clone(&previous.handler.upstream),
            None => Arc::new(reached.upstream(process)?),
        };
        let tls = Tls::load(&config.listen, previous.and_then(|previous| previous.tls.as_ref()))?;
        let recorder = Recorder::new(
            &config,
            previous.and_then(|previous| previous.recorder.as_ref()),
            &process.ledger.recordings,
            &process.budget,
            clock,
        )?;
        let access = previous.and_then(|previous| previous.handler.access.as_ref());
        let access = Access::new(config.log.fields, access).map_err(RecorderError::from)?;
        let parts = verify::Parts {
            exchanges: Arc::clone(&exchanges),
            upstream: Arc::clone(&upstream),
            budget: Arc::clone(&process.budget),
        };
        let site = Site::new(tls.is_some(), &pack.base_path, reached.origin.clone());
        let mut observers: Vec<Box<dyn Observer>> = Vec::new();
        if let Some(live) = verify::Live::new(&config, &pack, parts, &process.life, &process.verified) {
            observers.push(Box::new(live));
        }
        if let Some(recorder) = &recorder {
            observers.push(Box::new(Arc::clone(recorder)));
        }
        let handler = Handler {
            exchanges,
            upstream,
            life: Arc::clone(&process.life),
            budget: Arc::clone(&process.budget),
            ledger: Arc::clone(&process.ledger),
            tracing: Tracing::new(process.exporter.clone(), &config.telemetry, site),
            observers,
            access,
            limits: config.limits.clone(),
            timeouts: config.timeouts.clone(),
        };
        let since = SystemTime::now();
        Ok(Generation { config, pack, handler: Arc::new(handler), tls, recorder, since, reached })
    }
}

impl Reached {
    fn new(config: &Config, pack: &Pack) -> Result<Self, UpstreamError> {
        let url = config.upstream_url(pack).ok_or(UpstreamError::Unset)?;
        let origin = url.parse()?;
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
                response_header: config.timeouts.response_header,
                upstream_idle: config.timeouts.upstream_idle,
                upstream_max_age: config.timeouts.upstream_max_age,
                ..defaults.timeouts
            },
            ..Config::default()
        };
        (about.upstream.version, about.upstream.forwarded) = (None, false);
        Ok(Reached { origin, config: about, files })
    }

    /// An upstream without connections.
    fn upstream(&self, process: &Process) -> Result<Upstream, UpstreamError> {
        let counts = Arc::clone(&process.ledger.pool);
        Ok(Upstream::new(&self.config, &self.origin, counts)?.noted_in(&process.outgoing))
    }
}
