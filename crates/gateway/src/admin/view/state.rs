//! The state of the gateway, as an operator sees it.

use crate::state::OnDisk;

/// The state of the gateway: whether it is ready, and with which configuration and pack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct GatewayState {
    /// True while it takes new connections.
    pub(in super::super) ready: bool,
    /// The time when configuration and pack were put in force, in seconds since 1970.
    pub(in super::super) in_force_since: u64,
    pub(in super::super) reloads: u64,
    pub(in super::super) failed_reloads: u64,
    /// The time and the reason of the last reload, if it failed.
    pub(in super::super) failure: Option<(u64, String)>,
    pub(in super::super) on_disk: OnDisk,
}
