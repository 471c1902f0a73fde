//! Tests of what operators can see, and of what clients are told about the end of their version.

mod admin;
mod collector;
mod documented;
mod log;
mod log_filter;
mod metrics;
mod page;
mod retirement;
mod traces;
mod upgrade;
mod usage;

use crate::wire::support;
