//! What the operator sees, the admin listener and what it tells; and what clients are told of their version's end.

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
