//! The reasons why a configuration and a pack make no gateway.

use crate::{
    config::{ConfigError, report},
    gateway::{pem::TlsError, recorder::RecorderError, telemetry::TelemetryError, upstream::UpstreamError},
};

/// The reason why a configuration and a pack make no gateway.
#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    /// The configuration has mistakes, in itself, in what it names, or beside the pack or what is in force.
    #[error("{}", report(.0))]
    Config(Vec<ConfigError>),
    /// The pack's version header is no field name.
    #[error("the pack's header {0:?} is not a field name (RFC 9110, 5.1)")]
    Header(String),
    /// The upstream cannot be used as configured.
    #[error(transparent)]
    Upstream(#[from] UpstreamError),
    /// The listener's TLS cannot be had as configured.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// Exchanges cannot be recorded.
    #[error(transparent)]
    Recorder(#[from] RecorderError),
    /// Traces cannot be sent as configured.
    #[error(transparent)]
    Telemetry(#[from] TelemetryError),
}
