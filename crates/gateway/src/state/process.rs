//! The parts of the gateway that live as long as its process.

use super::GatewayError;
use crate::{
    base::{budget::Budget, descriptors, lifecycle::Lifecycle},
    config::Config,
    observe::{stats::Stats, telemetry::Exporter, usage_writer::Usage},
    proxy::loops::Outgoing,
    verify,
};
use dateline_http::clock::Clock;
use std::sync::Arc;

/// The parts that a reload leaves as they are: counts, what is under way, and what was learned.
#[derive(Debug)]
pub(crate) struct Process {
    pub(crate) lifecycle: Arc<Lifecycle>,
    pub(crate) budget: Arc<Budget>,
    pub(crate) stats: Arc<Stats>,
    pub(crate) clock: Clock,
    /// The usage file; `None` if none is configured.
    pub(crate) usage: Option<Arc<Usage>>,
    /// The queue of spans; `None` if no collector is configured.
    pub(crate) exporter: Option<Arc<Exporter>>,
    /// The connections that this gateway has opened.
    pub(crate) outgoing: Arc<Outgoing>,
    /// The results of live verification.
    pub(crate) verified: Arc<verify::LiveState>,
}

impl Process {
    /// Starts what the process has once.
    ///
    /// # Errors
    /// Traces cannot be sent as configured.
    pub(super) fn start(config: &Config, clock: Clock) -> Result<Self, GatewayError> {
        let stats = Stats::new();
        let endpoint = config.telemetry.otlp_endpoint.as_deref();
        Ok(Process {
            lifecycle: Lifecycle::new(descriptors::half()),
            budget: Budget::new(config.limits.memory_bytes),
            usage: Usage::new(&config.usage, Arc::clone(&stats), clock.clone()),
            exporter: endpoint.map(|endpoint| Exporter::start(&config.telemetry, endpoint)).transpose()?,
            outgoing: Arc::default(),
            verified: verify::LiveState::new(),
            stats,
            clock,
        })
    }
}
