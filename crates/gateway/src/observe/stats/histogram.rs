//! Durations in buckets, in whole nanoseconds.

use super::Times;
use std::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};

/// The most bounds that a histogram can have. One more bucket holds the durations above them.
const BOUNDS: usize = 16;

const US: u64 = 1_000;
const MS: u64 = 1_000 * US;
const S: u64 = 1_000 * MS;

/// The bounds for exchanges.
pub(super) const EXCHANGE: [u64; BOUNDS] = [
    MS / 2,
    MS,
    MS * 5 / 2,
    5 * MS,
    10 * MS,
    25 * MS,
    50 * MS,
    100 * MS,
    250 * MS,
    500 * MS,
    S,
    S * 5 / 2,
    5 * S,
    10 * S,
    30 * S,
    60 * S,
];

/// The bounds for translations.
pub(super) const TRANSLATION: [u64; BOUNDS] = [
    US,
    US * 5 / 2,
    5 * US,
    10 * US,
    25 * US,
    50 * US,
    100 * US,
    250 * US,
    500 * US,
    MS,
    MS * 5 / 2,
    5 * MS,
    10 * MS,
    25 * MS,
    100 * MS,
    S,
];

/// The number of durations of each size, and their sum.
#[derive(Debug)]
pub(super) struct Histogram {
    /// The bounds in nanoseconds, in ascending order.
    bounds: &'static [u64; BOUNDS],
    /// Each bucket holds the durations above the previous bound, up to its own.
    buckets: [AtomicU64; BOUNDS + 1],
    nanoseconds: AtomicU64,
}

impl Histogram {
    pub(super) const fn new(bounds: &'static [u64; BOUNDS]) -> Self {
        Histogram {
            bounds,
            buckets: [const { AtomicU64::new(0) }; BOUNDS + 1],
            nanoseconds: AtomicU64::new(0),
        }
    }

    pub(super) fn add(&self, duration: Duration) {
        let nanoseconds = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        let at = self.bounds.partition_point(|bound| *bound < nanoseconds);
        if let Some(bucket) = self.buckets.get(at) {
            bucket.fetch_add(1, Relaxed);
        }
        self.nanoseconds.fetch_add(nanoseconds, Relaxed);
    }

    pub(super) fn read(&self) -> Times {
        let counts: Vec<u64> = self.buckets.iter().map(|bucket| bucket.load(Relaxed)).collect();
        Times {
            count: counts.iter().sum(),
            sum: Duration::from_nanos(self.nanoseconds.load(Relaxed)),
            buckets: self.bounds.iter().copied().map(Duration::from_nanos).zip(counts).collect(),
        }
    }
}

impl Times {
    /// Returns a bound that this share of the durations, in per mille, does not exceed. It is `None` if there are no
    /// durations, or if they are above all bounds.
    pub(crate) fn within(&self, per_mille: u64) -> Option<Duration> {
        let wanted = (self.count.saturating_mul(per_mille)).div_ceil(1000).max(1);
        let mut so_far = 0;
        let bucket = self.buckets.iter().find(|(_, count)| {
            so_far += count;
            so_far >= wanted
        });
        bucket.map(|(bound, _)| *bound).filter(|_| self.count > 0)
    }

    /// Returns the mean, or `None` if there are no durations.
    pub(crate) fn mean(&self) -> Option<Duration> {
        let nanoseconds = u64::try_from(self.sum.as_nanos()).unwrap_or(u64::MAX);
        nanoseconds.checked_div(self.count).map(Duration::from_nanos)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_in_the_first_bucket_that_holds_it() {
        let histogram = Histogram::new(&EXCHANGE);
        for milliseconds in [1, 1, 2, 60_000, 60_001] {
            histogram.add(Duration::from_millis(milliseconds));
        }
        let times = histogram.read();
        let filled: Vec<_> = times.buckets.iter().filter(|(_, count)| *count > 0).copied().collect();
        let ms = Duration::from_millis;
        assert_eq!(filled, [(ms(1), 2), (Duration::from_micros(2500), 1), (ms(60_000), 1)]);
        assert_eq!((times.count, times.sum), (5, ms(120_005)));
        assert_eq!((times.within(400), times.within(500)), (Some(ms(1)), Some(Duration::from_micros(2500))));
        assert_eq!((times.within(1000), times.mean()), (None, Some(ms(24_001))));
        let nothing = Histogram::new(&TRANSLATION).read();
        assert_eq!((nothing.within(500), nothing.mean()), (None, None));
    }

    #[test]
    fn bounds_ascend() {
        assert!(EXCHANGE.is_sorted() && TRANSLATION.is_sorted());
    }
}
