//! Time and bytes by operation.

use super::{
    OperationRow, RequestSample, WorkRow,
    histogram::{EXCHANGE, Histogram, TRANSLATION},
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

/// The effort to translate one body.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Translation {
    /// The processor time in nanoseconds, without waiting.
    nanoseconds: u64,
    /// The size of the body before its translation, without content coding.
    pub(crate) bytes: u64,
}

impl Translation {
    /// Measures a translation that began at `begun` and ends now.
    pub(crate) fn since(begun: Instant, bytes: usize) -> Self {
        Translation::of(begun.elapsed(), bytes as u64)
    }

    pub(super) fn of(time: Duration, bytes: u64) -> Self {
        Translation { nanoseconds: u64::try_from(time.as_nanos()).unwrap_or(u64::MAX), bytes }
    }

    /// Returns the processor time.
    pub(crate) fn time(&self) -> Duration {
        Duration::from_nanos(self.nanoseconds)
    }

    /// Adds a part of the same body.
    pub(crate) fn add(&mut self, part: Translation) {
        self.nanoseconds = self.nanoseconds.saturating_add(part.nanoseconds);
        self.bytes += part.bytes;
    }
}

/// The totals of one operation.
#[derive(Debug)]
pub(super) struct Operation {
    /// The path template, or `None` for all paths that are not in the pack.
    template: Option<Arc<str>>,
    took: Histogram,
    upstream: Histogram,
    upstream_total: Histogram,
    request_bytes: AtomicU64,
    response_bytes: AtomicU64,
    request: TranslationTotals,
    response: TranslationTotals,
}

/// The bodies that were translated.
#[derive(Debug)]
struct TranslationTotals {
    time: Histogram,
    bytes: AtomicU64,
}

impl TranslationTotals {
    const fn new() -> Self {
        TranslationTotals { time: Histogram::new(&TRANSLATION), bytes: AtomicU64::new(0) }
    }

    fn add(&self, translation: Translation) {
        self.time.add(Duration::from_nanos(translation.nanoseconds));
        self.bytes.fetch_add(translation.bytes, Relaxed);
    }

    fn read(&self) -> WorkRow {
        WorkRow { time: self.time.read(), bytes: self.bytes.load(Relaxed) }
    }
}

impl Operation {
    pub(super) fn new(template: Option<Arc<str>>) -> Self {
        Operation {
            template,
            took: Histogram::new(&EXCHANGE),
            upstream: Histogram::new(&EXCHANGE),
            upstream_total: Histogram::new(&EXCHANGE),
            request_bytes: AtomicU64::new(0),
            response_bytes: AtomicU64::new(0),
            request: TranslationTotals::new(),
            response: TranslationTotals::new(),
        }
    }

    pub(super) fn add(&self, sample: &RequestSample<'_>) {
        self.took.add(sample.took);
        if let Some(time) = sample.upstream {
            self.upstream.add(time);
        }
        if let Some(time) = sample.upstream_total {
            self.upstream_total.add(time);
        }
        if sample.request_bytes > 0 {
            self.request_bytes.fetch_add(sample.request_bytes, Relaxed);
        }
        self.response_bytes.fetch_add(sample.response_bytes, Relaxed);
        if let Some(translation) = sample.request {
            self.request.add(translation);
        }
        if let Some(translation) = sample.response {
            self.response.add(translation);
        }
    }

    pub(super) fn read(&self) -> OperationRow {
        OperationRow {
            operation: self.template.clone(),
            took: self.took.read(),
            upstream: self.upstream.read(),
            upstream_total: self.upstream_total.read(),
            request_bytes: self.request_bytes.load(Relaxed),
            response_bytes: self.response_bytes.load(Relaxed),
            request: self.request.read(),
            response: self.response.read(),
        }
    }
}
