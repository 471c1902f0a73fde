//! One generation: a configuration, a pack, and what requests are handled with because of them.

use super::{GatewayError, Process};
use crate::{
    base::tls::Tls,
    capture::{Capture, CaptureError},
    config::Config,
    observe::telemetry::{SpanDefaults, Tracing},
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
    /// The capture of exchanges; `None` if none are captured.
    pub(crate) capture: Option<Arc<Capture>>,
    /// The time when it was built.
    pub(crate) since: SystemTime,
    pool: PoolSettings,
}

/// The settings of the pool of connections to the upstream. A reload keeps the pool if they are the same.
#[derive(Debug, PartialEq, Eq)]
struct PoolSettings {
    origin: Origin,
    /// The keys that decide about connections. An upstream is made from these, so that no other key can.
    config: Config,
    /// The contents of the files that the configuration names.
    files: Vec<Option<Vec<u8>>>,
}

impl Generation {
    /// Builds a generation. Connections to the upstream, the capture's thread, stand-ins and a certificate that is the
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
        let pool = PoolSettings::new(&config, &pack)?;
        let clock = &process.clock;
        let exchanges = Arc::new(exchanges(&config, Arc::clone(&pack), &pool.origin, clock.clone())?);
        let upstream = match previous.filter(|previous| previous.pool == pool) {
            Some(previous) => Arc::clone(&previous.handler.upstream),
            None => Arc::new(pool.upstream(process)?),
        };
        let tls = Tls::load(&config.listen, previous.and_then(|previous| previous.tls.as_ref()))?;
        let capture = Capture::new(
            &config,
            previous.and_then(|previous| previous.capture.as_ref()),
            &process.stats.captures,
            &process.budget,
            clock,
        )?;
        let access = previous.and_then(|previous| previous.handler.access.as_ref());
        let access = Access::new(config.log.fields, access).map_err(CaptureError::from)?;
        let parts = verify::Parts {
            exchanges: Arc::clone(&exchanges),
            upstream: Arc::clone(&upstream),
            budget: Arc::clone(&process.budget),
        };
        let span_defaults = SpanDefaults::new(tls.is_some(), &pack.base_path, pool.origin.clone());
        let mut observers: Vec<Box<dyn Observer>> = Vec::new();
        if let Some(live) = verify::Live::new(&config, &pack, parts, &process.lifecycle, &process.verified) {
            observers.push(Box::new(live));
        }
        if let Some(capture) = &capture {
            observers.push(Box::new(Arc::clone(capture)));
        }
        let handler = Handler {
            exchanges,
            upstream,
            lifecycle: Arc::clone(&process.lifecycle),
            budget: Arc::clone(&process.budget),
            stats: Arc::clone(&process.stats),
            tracing: Tracing::new(process.exporter.clone(), &config.telemetry, span_defaults),
            observers,
            access,
            limits: config.limits.clone(),
            timeouts: config.timeouts.clone(),
        };
        let since = SystemTime::now();
        Ok(Generation { config, pack, handler: Arc::new(handler), tls, capture, since, pool })
    }
}

impl PoolSettings {
    fn new(config: &Config, pack: &Pack) -> Result<Self, UpstreamError> {
        let url = config.upstream_url(pack).ok_or(UpstreamError::Unset)?;
        let origin = url.parse()?;
        let files = config.upstream.files().map(|file| std::fs::read(file).ok()).collect();
        Ok(PoolSettings { origin, config: config.pool_keys(), files })
    }

    /// An upstream without connections.
    fn upstream(&self, process: &Process) -> Result<Upstream, UpstreamError> {
        let counts = Arc::clone(&process.stats.pool);
        Ok(Upstream::new(&self.config, &self.origin, counts)?.noted_in(&process.outgoing))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::tests::with_every_key;
    use dateline_http::clock::Clock;
    use tempfile::TempDir;

    /// A reload with a new value of any one key, and a look at whether it keeps the pool.
    #[tokio::test]
    async fn a_reload_begins_a_new_pool_for_those_keys_that_say_so() {
        let folder = TempDir::new().unwrap();
        let pem = folder.path().join("ca.pem");
        let certified = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        std::fs::write(&pem, certified.cert.pem() + &certified.signing_key.serialize_pem()).unwrap();
        let mut other = with_every_key(folder.path(), &pem);
        other.record.folder = Some(folder.path().join("recording"));
        other.verify.file = Some(folder.path().join("verify.jsonl"));

        let (config, pack) = (Arc::new(Config::default()), Arc::new(Pack::embedded().unwrap()));
        let process = Process::start(&config, Clock::system()).unwrap();
        let build = |config: &Arc<Config>, previous: Option<&Generation>| {
            Generation::build(&process, Arc::clone(config), Arc::clone(&pack), previous).unwrap()
        };
        let running = build(&config, None);
        let keeps_pool = |config: Config| {
            let next = build(&Arc::new(config), Some(&running));
            Arc::ptr_eq(&next.handler.upstream, &running.handler.upstream)
        };
        assert!(keeps_pool(Config::default()));
        for (key, begins_new_pool, altered) in config.altered(&other) {
            assert_eq!(keeps_pool(altered), !begins_new_pool, "{key}");
        }
        assert!(keeps_pool(Config { clients: other.clients.clone(), ..Config::default() }), "client");
        assert!(keeps_pool(Config { versions: other.versions.clone(), ..Config::default() }), "version");
    }
}
