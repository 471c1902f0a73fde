//! The plans in use: compiled at first need, kept for good, found without a lock.

use super::Plan;
use crate::{
    pack::{OperationId, Pack},
    version::Version,
};
use std::sync::{Arc, OnceLock};

/// Every plan of a pack.
///
/// Upstream versions are few, so the plans of each are made room for when it is first asked for.
#[derive(Debug)]
pub struct Plans {
    pack: Arc<Pack>,
    versions: Vec<Version>,
    /// The plans by upstream version, then by operation and client version.
    plans: Box<[OnceLock<Room>]>,
}

/// The plans to one upstream version.
type Room = Box<[OnceLock<Arc<Plan>>]>;

impl Plans {
    /// Room for the plans of a pack.
    pub fn new(pack: Arc<Pack>) -> Plans {
        let versions: Vec<Version> = pack.versions().collect();
        let plans = versions.iter().map(|_| OnceLock::new()).collect();
        Plans { pack, versions, plans }
    }

    /// The pack that they are plans of.
    pub fn pack(&self) -> &Pack {
        &self.pack
    }

    /// The plan of an operation; `None` if a version is not the pack's.
    pub fn get(&self, operation: OperationId, client: Version, upstream: Version) -> Option<&Arc<Plan>> {
        let client_at = self.versions.binary_search(&client).ok()?;
        let upstream_at = self.versions.binary_search(&upstream).ok()?;
        let room = self.plans[upstream_at].get_or_init(|| {
            let count = self.pack.operations.len() * self.versions.len();
            (0..count).map(|_| OnceLock::new()).collect()
        });
        let slot = room.get(operation.0 * self.versions.len() + client_at)?;
        Some(slot.get_or_init(|| Arc::new(Plan::compile(&self.pack, operation, client, upstream))))
    }
}
