//! An upstream that asks to be left alone, or fails, is left alone by verification: for longer each time.

use std::{
    sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed},
    time::{Duration, Instant},
};

/// The backoff after the first answer that asks for one.
const FIRST: Duration = Duration::from_secs(10);

/// The longest backoff, whatever the upstream asks for.
const LONGEST: Duration = Duration::from_secs(600);

/// The backoff during which nothing is verified.
#[derive(Debug)]
pub(super) struct Backoff {
    begun: Instant,
    /// The end of the backoff, in milliseconds from `begun`.
    until: AtomicU64,
    /// The number of such answers in a row.
    asked: AtomicU32,
}

impl Backoff {
    pub(super) fn new(begun: Instant) -> Self {
        Backoff { begun, until: AtomicU64::new(0), asked: AtomicU32::new(0) }
    }

    /// Tells whether the backoff holds now.
    pub(super) fn holds(&self, now: Instant) -> bool {
        self.millis(now) < self.until.load(Relaxed)
    }

    /// The upstream has asked for it, for a time of its own or for ours. Returns for how long.
    pub(super) fn keep(&self, asked_for: Option<Duration>, now: Instant) -> Duration {
        let asked = self.asked.fetch_add(1, Relaxed).min(10);
        let own = FIRST.saturating_mul(1 << asked);
        let pause = own.max(asked_for.unwrap_or_default()).min(LONGEST);
        self.until.fetch_max(self.millis(now + pause), Relaxed);
        pause
    }

    /// The upstream has answered.
    pub(super) fn end(&self) {
        self.asked.store(0, Relaxed);
    }

    fn millis(&self, now: Instant) -> u64 {
        u64::try_from(now.saturating_duration_since(self.begun).as_millis()).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lasts_longer_each_time_and_as_long_as_is_asked_for() {
        let begun = Instant::now();
        let backoff = Backoff::new(begun);
        assert!(!backoff.holds(begun));
        assert_eq!(backoff.keep(None, begun), FIRST);
        assert!(backoff.holds(begun + FIRST / 2) && !backoff.holds(begun + FIRST));
        assert_eq!(backoff.keep(None, begun), FIRST * 2);
        assert_eq!(backoff.keep(Some(Duration::from_secs(120)), begun), Duration::from_secs(120));
        assert_eq!(backoff.keep(Some(Duration::MAX), begun), LONGEST);
        backoff.end();
        assert_eq!(backoff.keep(None, begun), FIRST);
        assert!(backoff.holds(begun + LONGEST / 2), "what was asked for holds");
    }
}
