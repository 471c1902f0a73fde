//! A rate limit on the requests that verification sends.

use crate::base::lock::Locked;
use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

/// The window of the limit. It may begin at any time.
const MINUTE: Duration = Duration::from_secs(60);

/// The requests of the last minute, and the room for more.
#[derive(Debug)]
pub(super) struct RateLimit {
    begun: Instant,
    /// The time, in milliseconds from `begun`, before which there is no room.
    full_until: AtomicU64,
    /// The number of requests sent since the start.
    sent: AtomicU64,
    spent: Mutex<Spent>,
}

#[derive(Debug, Default)]
struct Spent {
    /// The time at which each request of the last minute ended, oldest first.
    over: VecDeque<Instant>,
    /// Reserved or under way.
    held: usize,
}

impl RateLimit {
    pub(super) fn new(begun: Instant) -> Arc<Self> {
        Arc::new(RateLimit {
            begun,
            full_until: AtomicU64::new(0),
            sent: AtomicU64::new(0),
            spent: Mutex::default(),
        })
    }

    /// Tells whether there may be room. It takes no lock.
    pub(super) fn may_have_room(&self, now: Instant) -> bool {
        self.millis(now) >= self.full_until.load(Relaxed)
    }

    /// Room for so many requests, where there is any: what is begun must be able to come to its end, or a difference
    /// would hardly ever be proven beside many checks that agree.
    pub(super) fn reserve(self: &Arc<Self>, requests: u32, limit: u32, now: Instant) -> Option<Reserved> {
        let (requests, limit) = (requests as usize, limit as usize);
        let mut spent = self.spent.locked();
        while spent.over.front().is_some_and(|over| now.duration_since(*over) >= MINUTE) {
            spent.over.pop_front();
        }
        let wanted = spent.held + requests;
        if wanted + spent.over.len() > limit {
            // So many have to grow old first. What is held may be given back before that.
            let old = (wanted + spent.over.len() - limit).checked_sub(1).filter(|_| spent.held == 0);
            if let Some(over) = old.and_then(|old| spent.over.get(old)) {
                self.full_until.store(self.millis(*over + MINUTE), Relaxed);
            }
            return None;
        }
        spent.held += requests;
        drop(spent);
        Some(Reserved { rate_limit: Arc::clone(self), left: Mutex::new(requests) })
    }

    /// Returns the number of requests sent so far.
    pub(super) fn sent(&self) -> u64 {
        self.sent.load(Relaxed)
    }

    fn millis(&self, now: Instant) -> u64 {
        u64::try_from(now.saturating_duration_since(self.begun).as_millis()).unwrap_or(u64::MAX)
    }
}

/// Room for requests; what is not used is given back when it is dropped.
#[derive(Debug)]
pub(super) struct Reserved {
    rate_limit: Arc<RateLimit>,
    left: Mutex<usize>,
}

/// One request: counted from now until a minute after its end.
#[derive(Debug)]
pub(super) struct Request(Arc<RateLimit>);

impl Reserved {
    /// One of the requests, where there is one left.
    pub(super) fn take(&self) -> Option<Request> {
        let mut left = self.left.locked();
        *left = left.checked_sub(1)?;
        self.rate_limit.sent.fetch_add(1, Relaxed);
        Some(Request(Arc::clone(&self.rate_limit)))
    }
}

impl Drop for Reserved {
    fn drop(&mut self) {
        let left = self.left.get_mut().unwrap_or_else(PoisonError::into_inner);
        self.rate_limit.spent.locked().held -= *left;
    }
}

impl Drop for Request {
    fn drop(&mut self) {
        let mut spent = self.0.spent.locked();
        spent.held -= 1;
        spent.over.push_back(Instant::now());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn no_minute_has_more_than_the_limit() {
        let begun = Instant::now();
        let limit = RateLimit::new(begun);
        let reserved = limit.reserve(3, 5, begun).unwrap();
        assert!(limit.reserve(3, 5, begun).is_none(), "room is kept for what is begun");
        let (one, two) = (reserved.take().unwrap(), reserved.take().unwrap());
        drop((one, reserved));
        // One is over, one under way, one was not needed.
        assert!(limit.reserve(4, 5, begun).is_none());
        drop(limit.reserve(3, 5, begun).unwrap());
        drop(two);
        let over = Instant::now();
        assert!(limit.reserve(4, 5, over + 59 * SECOND).is_none());
        assert!(!limit.may_have_room(over) && limit.may_have_room(over + 61 * SECOND));
        assert!(limit.reserve(5, 5, over + 60 * SECOND).is_some());
        assert!(limit.reserve(6, 5, over + 600 * SECOND).is_none(), "more than there ever is");
    }

    #[test]
    fn no_more_is_taken_than_was_reserved() {
        let limit = RateLimit::new(Instant::now());
        let reserved = limit.reserve(1, 1, Instant::now()).unwrap();
        let taken = reserved.take();
        assert!(taken.is_some() && reserved.take().is_none());
        drop((taken, reserved));
        assert!(limit.reserve(1, 1, Instant::now()).is_none());
    }
}
