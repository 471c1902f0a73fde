//! Locks that outlive a panic.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// A lock that can be had also after a thread has panicked with it.
pub(crate) trait Locked<T> {
    /// Locks. No thread of the gateway leaves what it has locked half changed, so a poisoned lock is used as it is.
    fn locked(&self) -> MutexGuard<'_, T>;
}

impl<T> Locked<T> for Mutex<T> {
    fn locked(&self) -> MutexGuard<'_, T> {
        self.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
