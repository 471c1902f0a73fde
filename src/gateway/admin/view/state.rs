//! Whether what is in force is what is on the disk.

use crate::{
    config::{Config, report},
    gateway::reload::{InForce, needs_restart},
    pack::Pack,
};
use std::{fmt, sync::Arc};

/// What the gateway does, and with what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct State {
    /// Whether it takes new connections.
    pub(in super::super) ready: bool,
    /// Since when configuration and pack are in force, as seconds since 1970.
    pub(in super::super) in_force_since: u64,
    pub(in super::super) reloads: u64,
    pub(in super::super) failed_reloads: u64,
    /// When the last reload failed, and why, where it was the last one.
    pub(in super::super) failure: Option<(u64, String)>,
    pub(in super::super) on_disk: OnDisk,
}

/// What the disk holds, compared with what is in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) enum OnDisk {
    /// The same.
    Same,
    /// Something else; keys by name, and whether the pack is another.
    Differs { keys: Vec<Difference>, pack: bool },
    /// What could not be put in force.
    Broken(String),
    /// Nobody has said where to look.
    Unknown,
}

/// A key that has another value on the disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct Difference {
    pub(in super::super) key: String,
    /// Whether a reload leaves it as it is.
    pub(in super::super) takes_restart: bool,
}

/// Reads what would be put in force now.
type Load = dyn Fn() -> Result<(Config, Pack), String> + Send + Sync;

/// Where configuration and pack are read from.
#[derive(Clone)]
pub(crate) struct Disk(Arc<Load>);

impl Disk {
    pub(crate) fn new(load: impl Fn() -> Result<(Config, Pack), String> + Send + Sync + 'static) -> Self {
        Disk(Arc::new(load))
    }

    /// Compares what it holds with what is in force.
    pub(in super::super) fn compare(&self, in_force: &InForce) -> OnDisk {
        let (config, pack) = match (self.0)() {
            Ok(loaded) => loaded,
            Err(problem) => return OnDisk::Broken(problem),
        };
        match in_force.config.lost_by(&config) {
            lost if lost.is_empty() => {}
            lost => return OnDisk::Broken(report(&lost)),
        }
        let keys = in_force.config.differing(&config).into_iter();
        let keys = keys.map(|key| Difference { takes_restart: needs_restart(&key), key });
        match (keys.collect::<Vec<_>>(), pack.digest != in_force.pack.digest) {
            (keys, false) if keys.is_empty() => OnDisk::Same,
            (keys, pack) => OnDisk::Differs { keys, pack },
        }
    }
}

impl fmt::Debug for Disk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Disk")
    }
}
