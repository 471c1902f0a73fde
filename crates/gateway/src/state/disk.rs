//! The comparison of what is in force with what is on disk.

use super::InForce;
use crate::config::{Config, needs_restart, report};
use dateline_core::pack::Pack;
use std::{fmt, sync::Arc};

/// The configuration and the pack on disk, compared with those in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum OnDisk {
    /// The files are those in force.
    Same,
    /// Some keys have other values, or the pack is another one.
    Differs { keys: Vec<Difference>, pack: bool },
    /// The files cannot be put in force; the text says why.
    Broken(String),
    /// The gateway was not told how to read them.
    Unknown,
}

/// A key that has another value on the disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Difference {
    pub(crate) key: String,
    /// True if only a restart puts the new value in force.
    pub(crate) takes_restart: bool,
}

/// A function that reads the configuration and the pack again.
type Load = dyn Fn() -> Result<(Config, Pack), String> + Send + Sync;

/// The source that configuration and pack are read from.
#[derive(Clone)]
pub(crate) struct Disk(Arc<Load>);

impl Disk {
    /// Creates the source from a function that reads both.
    pub(crate) fn new(load: impl Fn() -> Result<(Config, Pack), String> + Send + Sync + 'static) -> Self {
        Disk(Arc::new(load))
    }

    /// Reads configuration and pack again and compares them with those in force.
    pub(crate) fn compare(&self, in_force: &InForce) -> OnDisk {
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
