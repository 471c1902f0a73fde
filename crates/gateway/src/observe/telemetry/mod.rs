//! Traces: the phases of a request as spans, sent to a collector by OTLP.
//!
//! While a request is handled, a [`Trace`] keeps the times at which its phases end, and nothing else. Without a
//! collector it keeps not even that. The spans are made on a separate thread, with the facts of the log's event.
//!
//! | file | is |
//! |---|---|
//! | `context` | `traceparent` |
//! | `trace` | the trace of one request |
//! | `spans` | a request that is over, as spans |
//! | `export` | the queue, the thread, and what is dropped |
//! | `connect` | the way to the collector |

mod connect;
mod context;
mod export;
mod spans;
mod trace;

pub(crate) use connect::usable;
pub(crate) use export::Exporter;
pub(crate) use spans::{Facts, SpanDefaults};
pub(crate) use trace::{Trace, Tracing};

use crate::base::pem::TlsError;

/// A reason why traces cannot be sent as configured. The text is for the operator.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The endpoint cannot be used.
    #[error("telemetry.otlp_endpoint: {0}")]
    Endpoint(String),
    /// A file cannot be used.
    #[error(transparent)]
    File(#[from] TlsError),
    /// The TLS library refused its own defaults.
    #[error("TLS: {0}")]
    Tls(#[from] rustls::Error),
    /// The thread for traces cannot be started.
    #[error("the thread of traces does not start")]
    Thread(#[source] std::io::Error),
}
