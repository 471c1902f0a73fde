//! A budget for the bytes of bodies that the gateway keeps at once: requests that are read whole, objects that are
//! gathered, answers that are complete before their head is sent, and the buffers of content codings.
//!
//! Clients' connections are counted, too, at what one takes that waits for its next request. What passes is not counted: it
//! waits nowhere but in the buffers of connections, which are bounded by themselves.

use bytes::Bytes;
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::Relaxed},
};

/// The bytes that a body may keep without being counted, so that most requests touch nothing shared. A connection
/// itself takes more.
const UNCOUNTED: usize = 8 << 10;

/// The unit of counting, so that a growing body counts in few steps.
const BLOCK: u64 = 16 << 10;

/// The size that a client connection is counted at. An idle one over HTTP/1 takes less, as measured in
/// `docs/performance.md`.
const CONNECTION: u64 = 8 << 10;

/// The additional sizes for TLS, and for HTTP/2, which keeps its buffers.
const TLS: u64 = 16 << 10;
const HTTP2: u64 = 40 << 10;

/// The number of connections that are allowed however small the budget is.
const CONNECTIONS: u64 = 64;

/// The bytes that may be kept, all bodies together, and connections that wait.
#[derive(Debug)]
pub(crate) struct Budget {
    used: AtomicU64,
    limit: AtomicU64,
}

/// The budget is used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the bodies under way and the connections are over the limit of {0} bytes together")]
pub(crate) struct Exhausted(u64);

impl Budget {
    pub(crate) fn new(limit: u64) -> Arc<Self> {
        Arc::new(Budget { used: AtomicU64::new(0), limit: AtomicU64::new(limit) })
    }

    /// Returns the bytes in use, in whole blocks, and the limit.
    pub(crate) fn used_and_limit(&self) -> (u64, u64) {
        (self.used.load(Relaxed), self.limit.load(Relaxed))
    }

    /// Sets another limit. It does not affect reservations that exist.
    pub(crate) fn set_limit(&self, limit: u64) {
        self.limit.store(limit, Relaxed);
    }

    /// A share of it, empty for now.
    pub(crate) fn share(self: &Arc<Self>) -> Reservation {
        Reservation { budget: Arc::clone(self), bytes: 0 }
    }

    /// Reserves the size of a connection even if there is no room: the number of connections is limited elsewhere.
    pub(crate) fn connection(self: &Arc<Self>, inside_tls: bool) -> Reservation {
        self.taken(if inside_tls { CONNECTION + TLS } else { CONNECTION })
    }

    /// Reserves the additional size of a connection that speaks HTTP/2.
    pub(crate) fn http2(self: &Arc<Self>) -> Reservation {
        self.taken(HTTP2)
    }

    fn taken(self: &Arc<Self>, bytes: u64) -> Reservation {
        self.used.fetch_add(bytes, Relaxed);
        Reservation { budget: Arc::clone(self), bytes }
    }

    /// Returns the number of HTTP/1 connections without TLS that leave half of the budget for bodies.
    pub(crate) fn connections(&self) -> usize {
        let half = self.limit.load(Relaxed) / 2;
        usize::try_from((half / CONNECTION).max(CONNECTIONS)).unwrap_or(usize::MAX)
    }

    fn take(&self, bytes: u64) -> Result<(), Exhausted> {
        let before = self.used.fetch_add(bytes, Relaxed);
        let limit = self.limit.load(Relaxed);
        if before.saturating_add(bytes) > limit {
            self.used.fetch_sub(bytes, Relaxed);
            return Err(Exhausted(limit));
        }
        Ok(())
    }
}

/// The bytes that one body has reserved. They are given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Reservation {
    budget: Arc<Budget>,
    bytes: u64,
}

impl Reservation {
    /// Says how many bytes are kept now.
    ///
    /// # Errors
    /// There are not so many left. What was held stays.
    pub(crate) fn keep(&mut self, bytes: usize) -> Result<(), Exhausted> {
        let wanted = match bytes {
            0..=UNCOUNTED => 0,
            more => (more as u64).div_ceil(BLOCK).saturating_mul(BLOCK),
        };
        if wanted > self.bytes {
            self.budget.take(wanted - self.bytes)?;
            self.bytes = wanted;
        } else if wanted <= self.bytes / 2 {
            self.budget.used.fetch_sub(self.bytes - wanted, Relaxed);
            self.bytes = wanted;
        }
        Ok(())
    }

    /// The bytes, counted for as long as anybody has them.
    pub(crate) fn bind(self, bytes: Bytes) -> Bytes {
        match self.bytes {
            0 => bytes,
            _ => Bytes::from_owner(Bound { bytes, _share: self }),
        }
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        if self.bytes > 0 {
            self.budget.used.fetch_sub(self.bytes, Relaxed);
        }
    }
}

/// Bytes with their share.
struct Bound {
    bytes: Bytes,
    _share: Reservation,
}

impl AsRef<[u8]> for Bound {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn used(budget: &Budget) -> u64 {
        budget.used.load(Relaxed)
    }

    #[test]
    fn row_32_what_is_over_the_budget_is_refused_and_what_is_dropped_is_free_again() {
        let budget = Budget::new(4 * BLOCK);
        let (mut one, mut two) = (budget.share(), budget.share());
        one.keep(3 * 16384 - 1).unwrap();
        two.keep(16384).unwrap();
        assert_eq!(used(&budget), 4 * BLOCK);
        assert_eq!(two.keep(16385), Err(Exhausted(4 * BLOCK)));
        assert_eq!(used(&budget), 4 * BLOCK, "what was held stays");
        drop(one);
        two.keep(4 * 16384).unwrap();
        drop(two);
        assert_eq!(used(&budget), 0);
    }

    #[test]
    fn row_32_bytes_are_counted_as_long_as_anybody_has_them() {
        let budget = Budget::new(1 << 20);
        let mut share = budget.share();
        share.keep(20_000).unwrap();
        let bytes = share.bind(Bytes::from(vec![7; 20_000]));
        let slice = bytes.slice(19_999..);
        drop(bytes);
        assert_eq!(used(&budget), 2 * BLOCK);
        assert_eq!(slice, [7][..]);
        drop(slice);
        assert_eq!(used(&budget), 0);
    }

    #[test]
    fn row_14_2i_connections_are_counted_and_leave_half_for_bodies() {
        let budget = Budget::new(2 * CONNECTIONS * CONNECTION * 4);
        assert_eq!(budget.connections() as u64, CONNECTIONS * 4);
        let connections: Vec<_> = (0..budget.connections()).map(|_| budget.connection(false)).collect();
        assert_eq!(used(&budget), CONNECTIONS * CONNECTION * 4);
        budget.share().keep((CONNECTIONS * CONNECTION * 4) as usize).unwrap();
        assert!(budget.share().keep((CONNECTIONS * CONNECTION * 4) as usize + 1).is_err());
        drop(connections);
        assert_eq!(used(&budget), 0);
        let _both = (budget.connection(true), budget.http2());
        assert_eq!(used(&budget), CONNECTION + TLS + HTTP2);
        assert_eq!(Budget::new(0).connections() as u64, CONNECTIONS, "but some there are always");
    }

    #[test]
    fn little_is_not_counted() {
        let budget = Budget::new(0);
        let mut share = budget.share();
        share.keep(UNCOUNTED).unwrap();
        assert!(share.keep(UNCOUNTED + 1).is_err());
    }

    proptest! {
        #[test]
        fn row_32_a_share_covers_what_is_kept_and_leaves_nothing_behind(
            sizes in prop::collection::vec((0usize..4, 0usize..200_000), 0..50),
        ) {
            let budget = Budget::new(400_000);
            let mut shares: Vec<_> = (0..4).map(|_| budget.share()).collect();
            let mut kept = [0; 4];
            for (which, bytes) in sizes {
                if shares[which].keep(bytes).is_ok() {
                    kept[which] = if bytes > UNCOUNTED { bytes } else { 0 };
                }
                prop_assert!(used(&budget) <= 400_000 && used(&budget) >= kept.iter().sum::<usize>() as u64);
            }
            drop(shares);
            prop_assert_eq!(used(&budget), 0);
        }
    }
}
