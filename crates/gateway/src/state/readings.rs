//! The state of the gateway at one moment, for metrics.

use super::Current;
use crate::{
    base::lock::Locked,
    observe::metrics::{self, Readings},
};
use dateline_http::clock::unix;

impl Current {
    /// The text of `/metrics`. Takes a lock and a millisecond or more: not for a thread that serves.
    ///
    /// # Errors
    /// Fails as [`metrics::text`] does.
    pub(crate) fn metrics(&self) -> Result<String, prometheus::Error> {
        let (process, generation) = (&self.process, self.generation());
        metrics::text(&Readings {
            stats: &process.stats,
            budget: &process.budget,
            usage: process.usage.as_deref(),
            exporter: process.exporter.as_deref(),
            reloads: self.reload_results.locked().clone(),
            in_force_since: unix(generation.since),
            pack: &generation.pack,
            in_flight: process.lifecycle.in_flight(),
            idle_connections: generation.handler.upstream.idle(),
            certificate_expiry: generation.tls.as_ref().and_then(|tls| tls.expires()),
            verification: process.verified.counts(),
        })
    }
}
