//! What is known of a client's connection, and until when it may stay as it is.
//!
//! hyper has no deadline for a connection that says nothing, for one between two requests, and for a client that takes
//! nothing of its answer. What passes through is noted here, by the socket and by exchanges, and looked at when the one
//! timer of the connection has run out: a request costs it one look at the clock, at its end.

use super::flushes::{Flushed, Flushes};
use crate::config::{Limits, Timeouts};
use http::Version;
use std::{
    sync::{
        Arc, OnceLock,
        atomic::{
            AtomicBool, AtomicU32, AtomicU64,
            Ordering::{Relaxed, SeqCst},
        },
    },
    task::Waker,
    time::{Duration, Instant},
};

/// How long a connection that is being closed may move nothing: what was answered may still be on its way.
const CLOSING: Duration = Duration::from_secs(5);

/// The same where nothing was ever asked.
const CLOSING_UNUSED: Duration = Duration::from_millis(100);

/// How long after it has connected a client is about to ask. Told to end, a connection on which nothing was asked ends at
/// once if it is older: one that is not has its first request on the way, and at a restart every client is one of these.
const ABOUT_TO_ASK: Duration = Duration::from_secs(1);

/// How long a client is waited for that will be refused.
const REFUSING: Duration = Duration::from_secs(1);

/// Exchanges that a client may abandon on a connection before it is asked how many it has not.
const ABANDONED: u32 = 100;

/// How long a connection may stay as it is, and how much it may ask for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    pub(super) first_byte: Duration,
    head: Duration,
    pub(super) write: Duration,
    keep_alive: Duration,
    requests: u32,
    streams: u32,
}

impl Bounds {
    pub(super) fn new(limits: &Limits, timeouts: &Timeouts) -> Self {
        Bounds {
            first_byte: timeouts.handshake,
            head: timeouts.request_head,
            write: timeouts.response_write,
            keep_alive: timeouts.keep_alive,
            requests: limits.connection_requests,
            streams: limits.streams,
        }
    }
}

impl Bounds {
    /// Those of a connection on which there is nothing to be had.
    pub(super) fn of_refused(self) -> Self {
        let short = REFUSING.min(self.head);
        Bounds { first_byte: short, head: short, write: short, keep_alive: short, requests: 1, streams: 1 }
    }
}

/// What has happened on a connection. Times are in milliseconds since it began, and none is 0.
#[derive(Debug)]
pub(super) struct Activity {
    began: Instant,
    /// Exchanges under way.
    exchanges: AtomicU32,
    /// Requests so far.
    requests: AtomicU32,
    /// Exchanges that ended before their answers did.
    abandoned: AtomicU32,
    multiplexed: AtomicBool,
    /// Bodies of requests whose end was not seen.
    unread: AtomicU32,
    /// The last thing that was done was to wait for bytes.
    waits: AtomicBool,
    /// The end of the last exchange.
    quiet_since: AtomicU64,
    /// The first wait for more of a head that has begun; 0: there is none, [`BEGUN`]: it has not been waited for.
    head_since: AtomicU64,
    /// The first write that could not be made, and none since; 0: there is none.
    stalled_since: AtomicU64,
    /// Bytes have gone either way.
    moved: AtomicBool,
    /// A time was noted that may be due before the timer is.
    noted: AtomicBool,
    /// The gateway drains.
    told: AtomicBool,
    /// What is in the socket's buffers is worth nothing.
    worthless: AtomicBool,
    waker: OnceLock<Waker>,
    pub(super) flushes: Flushes,
}

const BEGUN: u64 = u64::MAX;

/// What is to become of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Nothing before then.
    Wait(Instant),
    /// It is to end as soon as what is under way has.
    Close,
    /// It is to be broken off.
    BreakOff(Why),
}

/// Why a connection was broken off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    /// The client takes nothing of what is there for it.
    SlowReader,
    /// It was asked to end, and nothing moves.
    Unmoved,
    /// It was asked to end, and goes on and on.
    Unending,
    /// The client begins exchanges to abandon them (CVE-2023-44487).
    Abandoned,
}

impl Activity {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Activity {
            began: Instant::now(),
            exchanges: AtomicU32::new(0),
            requests: AtomicU32::new(0),
            abandoned: AtomicU32::new(0),
            multiplexed: AtomicBool::new(false),
            unread: AtomicU32::new(0),
            waits: AtomicBool::new(false),
            quiet_since: AtomicU64::new(0),
            head_since: AtomicU64::new(0),
            stalled_since: AtomicU64::new(0),
            moved: AtomicBool::new(false),
            noted: AtomicBool::new(false),
            told: AtomicBool::new(false),
            worthless: AtomicBool::new(false),
            waker: OnceLock::new(),
            flushes: Flushes::default(),
        })
    }

    fn now(&self) -> u64 {
        let passed = self.began.elapsed().as_millis();
        u64::try_from(passed).unwrap_or(u64::MAX - 1).max(1)
    }

    fn at(&self, time: u64) -> Instant {
        self.began + Duration::from_millis(time)
    }

    /// TLS stands: what has gone to and fro was no part of a request.
    pub(super) fn handshaken(&self) {
        self.head_since.store(0, Relaxed);
        self.quiet_since.store(self.now(), Relaxed);
    }

    /// Bytes have come.
    pub(super) fn came(&self) {
        self.moved.store(true, Relaxed);
        self.waits.store(false, Relaxed);
        // On an HTTP/2 connection that has served, they may be of no request: pings and windows.
        let between = self.exchanges.load(Relaxed) == 0 && !self.multiplexed.load(Relaxed);
        if between && self.head_since.load(Relaxed) == 0 {
            self.head_since.store(BEGUN, Relaxed);
        }
    }

    /// No more bytes are there.
    pub(super) fn awaited(&self) {
        self.waits.store(true, Relaxed);
        if self.head_since.load(Relaxed) == BEGUN {
            self.head_since.store(self.now(), Relaxed);
            self.noted.store(true, Relaxed);
        }
    }

    /// Bytes have gone.
    pub(super) fn went(&self) {
        self.moved.store(true, Relaxed);
        self.waits.store(false, Relaxed);
        if self.stalled_since.load(Relaxed) != 0 {
            self.stalled_since.store(0, Relaxed);
        }
    }

    /// Bytes should have gone, and the client takes none.
    pub(super) fn stalled(&self) {
        self.waits.store(false, Relaxed);
        if self.stalled_since.load(Relaxed) == 0 {
            self.stalled_since.store(self.now(), Relaxed);
            self.noted.store(true, Relaxed);
        }
    }

    /// Another exchange; `true` where it is to be the last one on this connection.
    pub(super) fn begin(&self, version: Version, bounds: &Bounds) -> bool {
        if version == Version::HTTP_2 {
            self.multiplexed.store(true, Relaxed);
        }
        self.head_since.store(0, Relaxed);
        self.exchanges.fetch_add(1, SeqCst);
        self.requests.fetch_add(1, Relaxed) + 1 >= bounds.requests
    }

    /// An exchange has ended, and whether its answer had.
    pub(super) fn end(&self, answered: bool) {
        if !answered {
            self.abandoned.fetch_add(1, Relaxed);
        }
        self.quiet_since.store(self.now(), SeqCst);
        self.exchanges.fetch_sub(1, SeqCst);
    }

    /// Exchanges under way.
    pub(super) fn exchanges(&self) -> u32 {
        self.exchanges.load(SeqCst)
    }

    /// A request has a body, of which something is to come.
    pub(super) fn body_begins(&self) {
        self.unread.fetch_add(1, SeqCst);
    }

    /// All of a request's body was read.
    pub(super) fn body_ends(&self) {
        self.unread.fetch_sub(1, SeqCst);
    }

    /// Since when nothing at all is left of any request on an HTTP/1 connection that waits for the next, of which nothing
    /// has come. A body that was not read to its end is left for good: its rest must never be read as a request.
    pub(super) fn may_rest(&self) -> Option<Instant> {
        let is_between = self.exchanges() == 0 && self.requests.load(Relaxed) > 0;
        let is_clear = self.unread.load(SeqCst) == 0
            && self.head_since.load(Relaxed) == 0
            && self.stalled_since.load(Relaxed) == 0
            && self.waits.load(Relaxed)
            && !self.multiplexed.load(Relaxed)
            && !self.told.load(SeqCst);
        (is_between && is_clear).then(|| self.at(self.quiet_since.load(SeqCst)))
    }

    /// The connection does not rest any more.
    pub(super) fn wakes(&self) {
        self.noted.store(true, Relaxed);
    }

    /// Whether the client waits for an answer over HTTP/1, or is being given one.
    pub(super) fn is_owed_an_answer(&self) -> bool {
        self.exchanges() > 0 && !self.multiplexed.load(Relaxed)
    }

    /// The task that serves this connection; the first call counts, as a task's waker stays the same.
    pub(super) fn served_by(&self, waker: &Waker) {
        self.waker.get_or_init(|| waker.clone());
    }

    /// The gateway drains: what is under way is finished, and then it ends.
    pub(super) fn tell_to_close(&self) {
        self.told.store(true, SeqCst);
        self.noted.store(true, SeqCst);
        self.wake();
    }

    /// Resolves once everything that the connection was given before has been written.
    pub(super) fn flushed(&self) -> Flushed {
        let flushed = self.flushes.ask();
        self.wake();
        flushed
    }

    fn wake(&self) {
        if let Some(waker) = self.waker.get() {
            waker.wake_by_ref();
        }
    }

    /// Whether the client takes nothing of what is there for it now.
    pub(super) fn has_stalled(&self) -> bool {
        self.stalled_since.load(Relaxed) != 0
    }

    pub(super) fn is_told_to_close(&self) -> bool {
        self.told.load(SeqCst)
    }

    /// Until when a first request is waited for, whatever the connection is told.
    pub(super) fn about_to_ask(&self) -> Instant {
        self.began + ABOUT_TO_ASK
    }

    /// Whether what is under way is the last.
    pub(super) fn is_last(&self, bounds: &Bounds) -> bool {
        let requests = self.requests.load(Relaxed);
        requests >= bounds.requests
            || self.told.load(Relaxed) && (requests > 0 || self.about_to_ask() <= Instant::now())
    }

    /// Whether a time was noted since this was asked.
    pub(super) fn noted(&self) -> bool {
        self.noted.load(Relaxed) && self.noted.swap(false, Relaxed)
    }

    /// From now on the connection is being closed.
    pub(super) fn closing(&self) {
        self.moved.store(true, Relaxed);
    }

    /// Whether the connection, where it ends now, is to be reset: what is in its buffers is not sent any more.
    pub(super) fn set_worthless(&self, worthless: bool) {
        self.worthless.store(worthless, Relaxed);
    }

    pub(super) fn is_worthless(&self) -> bool {
        self.worthless.load(Relaxed)
    }

    /// Whether the client goes too far, whatever the time.
    pub(super) fn is_abused(&self, bounds: &Bounds) -> Option<Why> {
        let (abandoned, requests) = (self.abandoned.load(Relaxed), self.requests.load(Relaxed));
        if abandoned >= ABANDONED && abandoned > requests / 2 {
            return Some(Why::Abandoned);
        }
        // What it had begun before it could hear that it should not.
        let enough = bounds.requests.saturating_add(bounds.streams);
        (requests > enough).then_some(Why::Unending)
    }

    /// What is to become of the connection, where the timer has run out.
    pub(super) fn verdict(&self, closing: bool, bounds: &Bounds) -> Verdict {
        let now = Instant::now();
        let stalled = self.stalled_since.load(Relaxed);
        let written = match stalled {
            0 => now + bounds.write,
            since => self.at(since) + bounds.write,
        };
        if stalled != 0 && written <= now {
            return Verdict::BreakOff(Why::SlowReader);
        }
        if closing {
            return self.verdict_closing(now, written);
        }
        if self.exchanges() > 0 {
            return Verdict::Wait(written.min(now + bounds.keep_alive));
        }
        let unused = self.requests.load(Relaxed) == 0;
        let mut due = match self.head_since.load(Relaxed) {
            0 | BEGUN if unused => self.at(self.quiet_since.load(SeqCst)) + bounds.first_byte,
            0 | BEGUN => self.at(self.quiet_since.load(SeqCst)) + bounds.keep_alive,
            since => self.at(since) + bounds.head,
        };
        if unused && self.told.load(Relaxed) {
            due = due.min(self.about_to_ask());
        }
        match due <= now {
            true => Verdict::Close,
            false => Verdict::Wait(due.min(written)),
        }
    }

    fn verdict_closing(&self, now: Instant, written: Instant) -> Verdict {
        let pause = if self.requests.load(Relaxed) == 0 { CLOSING_UNUSED } else { CLOSING };
        let moved = self.moved.swap(false, Relaxed);
        match moved || self.exchanges() > 0 {
            true => Verdict::Wait(written.min(now + pause)),
            false => Verdict::BreakOff(Why::Unmoved),
        }
    }
}

#[cfg(test)]
mod tests;
