//! The plans in use: compiled at first need, kept for good, found without a lock.

use super::Plan;
use crate::{
    pack::{OperationId, Pack},
    version::{Version, VersionMap},
};
use std::sync::{Arc, OnceLock};

/// Every plan of a pack.
///
/// Upstream versions are few, so the plans of each are made room for when it is first asked for.
#[derive(Debug)]
pub struct Plans {
    pack: Arc<Pack>,
    /// Each version's place among the pack's.
    positions: VersionMap<usize>,
    /// The plans by upstream version, then by operation and client version.
    plans: Box<[OnceLock<Room>]>,
}

/// The plans to one upstream version.
type Room = Box<[OnceLock<Arc<Plan>>]>;

impl Plans {
    /// Room for the plans of a pack.
    pub fn new(pack: Arc<Pack>) -> Plans {
        let positions = pack.versions().zip(0..).collect();
        let plans = pack.versions().map(|_| OnceLock::new()).collect();
        Plans { pack, positions, plans }
    }

    /// The pack that they are plans of.
    pub fn pack(&self) -> &Pack {
        &self.pack
    }

    /// The plan of an operation; `None` if a version is not the pack's.
    pub fn get(&self, operation: OperationId, client: Version, upstream: Version) -> Option<&Arc<Plan>> {
        let client_at = *self.positions.get(client)?;
        let upstream_at = *self.positions.get(upstream)?;
        let room = self.plans.get(upstream_at)?.get_or_init(|| {
            let count = self.pack.operations.len() * self.plans.len();
            (0..count).map(|_| OnceLock::new()).collect()
        });
        let slot = room.get(operation.0 * self.plans.len() + client_at)?;
        Some(slot.get_or_init(|| Arc::new(Plan::compile(&self.pack, operation, client, upstream))))
    }
}
