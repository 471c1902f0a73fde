//! Tests with programs that run a gateway and watch it: health checks, service managers.

mod ext_proc;
mod healthcheck;
#[cfg(unix)]
mod manager;
#[cfg(unix)]
mod passed;
mod release;
mod units;
