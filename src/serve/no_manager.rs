//! A replacement for `manager` on systems without service managers.

use std::{net::SocketAddr, time::Duration};

/// A service manager that is told nothing.
#[derive(Debug, Clone)]
pub(super) struct Manager;

impl Manager {
    pub(super) fn new(_: SocketAddr) -> Self {
        Manager
    }

    pub(super) async fn until(self, stop: impl Future<Output = ()>, _: impl FnOnce() -> Duration) {
        stop.await;
    }

    pub(super) fn reloading(&self) {}

    pub(super) fn reloaded(&self, _: bool, _: bool) {}
}
