//! The state of the gateway, as an operator sees it.

use crate::{observe::stats::ReloadResults, state::OnDisk};

/// The state of the gateway: whether it is ready, and with which configuration and pack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct GatewayState {
    /// True while it takes new connections.
    pub(in super::super) ready: bool,
    /// The time when configuration and pack were put in force, in seconds since 1970.
    pub(in super::super) in_force_since: u64,
    pub(in super::super) reloads: ReloadResults,
    pub(in super::super) on_disk: OnDisk,
}
