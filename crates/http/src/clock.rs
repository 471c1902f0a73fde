//! The clock: the time of day, or a time that a test sets.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{SystemTime, UNIX_EPOCH},
};

/// A time as seconds since 1970, which is the earliest there is.
#[must_use]
pub fn unix(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

/// Tells seconds since 1970: the system's, or those that a test has set. Its clones tell the same.
#[derive(Debug, Clone, Default)]
pub struct Clock(Option<Arc<AtomicU64>>);

impl Clock {
    /// The clock of the system.
    #[must_use]
    pub fn system() -> Self {
        Clock(None)
    }

    /// A clock that stands still until it is set again.
    #[must_use]
    pub fn set_to(seconds: u64) -> Self {
        Clock(Some(Arc::new(AtomicU64::new(seconds))))
    }

    /// Sets a clock that was made by [`Clock::set_to`], and all clones of it; the system's goes on as it does.
    pub fn set(&self, seconds: u64) {
        if let Some(set) = &self.0 {
            set.store(seconds, Relaxed);
        }
    }

    /// Seconds since 1970.
    #[must_use]
    pub fn now(&self) -> u64 {
        match &self.0 {
            None => unix(SystemTime::now()),
            Some(set) => set.load(Relaxed),
        }
    }
}
