//! The reasons why a configuration and a pack make no gateway.

use crate::{
    base::pem::TlsError,
    capture::CaptureError,
    config::{ConfigError, report},
    observe::telemetry::TelemetryError,
    proxy::upstream::UpstreamError,
};
use dateline_http::policy::PolicyError;

/// The reason why a configuration and a pack make no gateway.
#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    /// The configuration has mistakes, in itself, in what it names, or beside the pack or what is in force.
    #[error("{}", report(.0))]
    Config(Vec<ConfigError>),
    /// The policy of the configuration does not fit the pack.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// The upstream cannot be used as configured.
    #[error(transparent)]
    Upstream(#[from] UpstreamError),
    /// The listener's TLS cannot be had as configured.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// Exchanges cannot be captured.
    #[error(transparent)]
    Capture(#[from] CaptureError),
    /// Traces cannot be sent as configured.
    #[error(transparent)]
    Telemetry(#[from] TelemetryError),
}
