//! The process: listeners, the request path, reloads, the admin listener, verify, captures, and the filter for Envoy.
//!
//! A folder is a room. A room imports rooms below it in this list, never one above it or beside it:
//!
//! | room | is |
//! |---|---|
//! | `serve` | listeners and connections |
//! | `admin`, `ext_proc` | the admin listener; the filter for Envoy, by External Processing |
//! | `state` | what lives as long as the process, what lives as long as a configuration, and reloads |
//! | [`verify`], [`capture`] | observers of the request path |
//! | `proxy` | the request path |
//! | [`observe`] | stats, metrics, traces, usage |
//! | [`log`] | the log on standard output |
//! | `base` | the memory budget, the lifecycle, TLS, workers |
//! | [`config`] | the table of configuration keys |
//!
//! A request's life is the straight line in `proxy/handler.rs`. `dateline-http` says what an exchange is and how its heads
//! change; bodies, sockets and timeouts are here. `docs/architecture.md` has the map of all crates.

mod admin;
mod base;
pub mod capture;
pub mod config;
mod ext_proc;
pub mod log;
pub mod observe;
mod proxy;
mod serve;
mod state;
pub mod verify;

pub use base::descriptors::raise_descriptor_limit;
pub use base::pem::TlsError;
pub use capture::{CaptureError, CaptureTotals};
pub use config::Config;
pub use dateline_http::clock::Clock;
pub use observe::telemetry::TelemetryError;
pub use proxy::upstream::UpstreamError;
pub use state::{GatewayError, Reloads};

use crate::{
    config::{ConfigError, Warning},
    log::Filter,
    serve::listener::Frontend,
};
use dateline_core::pack::Pack;
use state::{Current, Disk};
use std::{io, sync::Arc};
use tokio::net::TcpListener;

/// A gateway, ready to serve.
///
/// ```no_run
/// # async fn run(config: dateline_gateway::config::Config, pack: dateline_core::pack::Pack) -> Result<(), Box<dyn std::error::Error>> {
/// use dateline_gateway::{Gateway, stop_signal};
/// use std::sync::Arc;
/// use tokio::net::TcpListener;
///
/// let listener = TcpListener::bind(config.listen.address).await?;
/// let gateway = Gateway::new(Arc::new(config), Arc::new(pack))?;
/// gateway.serve(listener, None, stop_signal()?).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Gateway {
    current: Arc<Current>,
}

impl Gateway {
    /// A gateway as configured, for the API that a pack describes.
    ///
    /// # Errors
    /// [`GatewayError`] where the two do not fit, or the upstream cannot be used as configured.
    pub fn new(config: Arc<Config>, pack: Arc<Pack>) -> Result<Self, GatewayError> {
        Gateway::with_clock(config, pack, Clock::system())
    }

    /// The same by another clock than the system's: a version is retired when this one says so.
    ///
    /// # Errors
    /// As [`Gateway::new`].
    pub fn with_clock(config: Arc<Config>, pack: Arc<Pack>, clock: Clock) -> Result<Self, GatewayError> {
        Ok(Gateway { current: Arc::new(Current::new(config, pack, clock)?) })
    }

    /// Every reason why a configuration and a pack make no gateway. Files are read that the configuration names; no
    /// port is opened and nobody is asked.
    pub fn mistakes(config: &Config, pack: &Pack) -> Vec<ConfigError> {
        state::fitting::mistakes(config, pack)
    }

    /// Returns warnings about what holds when these are in force, and may not be meant.
    pub fn warnings(config: &Config, pack: &Pack) -> Vec<Warning> {
        state::fitting::warnings(config, pack)
    }

    /// Returns warnings about files and folders that cannot be written. The gateway serves without them. Each is tried, and left as
    /// it is.
    pub fn unwritable(config: &Config) -> Vec<Warning> {
        state::fitting::unwritable(config)
    }

    /// Has reloads change the log's filter, and the operator see and change it.
    #[must_use]
    pub fn with_log_filter(self, filter: Filter) -> Self {
        self.current.tell_log_filter(filter);
        self
    }

    /// Says how configuration and pack are read, so that the operator sees whether what is in force is what is there.
    #[must_use]
    pub fn comparing(
        self,
        load: impl Fn() -> Result<(Config, Pack), String> + Send + Sync + 'static,
    ) -> Self {
        self.current.tell_disk(Disk::new(load));
        self
    }

    /// Returns a handle that puts another configuration and pack in force while the gateway serves.
    pub fn reloads(&self) -> Reloads {
        Reloads::new(Arc::clone(&self.current))
    }

    /// Returns the counts of exchanges that were captured so far, and of those that were not.
    pub fn captures(&self) -> CaptureTotals {
        CaptureTotals(Arc::clone(&self.current.process.stats.captures))
    }

    /// Serves until `shutdown` is ready, and on for `timeouts.shutdown_delay`, in which it says that it is not ready; then
    /// takes no new connections and finishes what is under way for at most `timeouts.drain`; what is left then is broken off and counted in the log. Traces that wait are sent then, for a
    /// few seconds at most.
    ///
    /// `admin` is the operator's listener, which goes on answering while the gateway drains.
    ///
    /// # Errors
    /// None for now: what goes wrong with one connection is that connection's.
    pub async fn serve(
        self,
        listener: TcpListener,
        admin: Option<TcpListener>,
        shutdown: impl Future<Output = ()>,
    ) -> io::Result<()> {
        self.serve_as(Frontend::Http, listener, admin, shutdown).await
    }

    /// The same for Envoy, by its External Processing protocol: Envoy has the connections of clients and
    /// of the upstream, and asks what is to become of every request and answer.
    ///
    /// # Errors
    /// As [`Gateway::serve`].
    pub async fn serve_ext_proc(
        self,
        listener: TcpListener,
        admin: Option<TcpListener>,
        shutdown: impl Future<Output = ()>,
    ) -> io::Result<()> {
        self.serve_as(Frontend::ExtProc, listener, admin, shutdown).await
    }

    async fn serve_as(
        self,
        front: Frontend,
        listener: TcpListener,
        admin: Option<TcpListener>,
        shutdown: impl Future<Output = ()>,
    ) -> io::Result<()> {
        let current = Arc::clone(&self.current);
        let served = serve::listener::serve(self.current, listener, front, admin, shutdown).await;
        if let Some(capture) = &current.generation().capture {
            capture.end().await;
        }
        if let Some(exporter) = &current.process.exporter {
            exporter.end().await;
        }
        served
    }
}

/// Ready at the first `SIGTERM` or `SIGINT` from now on.
///
/// # Errors
/// An error if the signals cannot be listened for.
pub fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    #[cfg(unix)]
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    Ok(async move {
        #[cfg(unix)]
        tokio::select! {
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
        #[cfg(not(unix))]
        let _ = tokio::signal::ctrl_c().await;
    })
}
