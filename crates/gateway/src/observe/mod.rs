//! Counters, metrics, traces and usage: what operators see of the traffic.

pub mod built;
pub(crate) mod metrics;
pub(crate) mod stats;
pub(crate) mod telemetry;
pub mod usage;
pub(crate) mod usage_writer;
