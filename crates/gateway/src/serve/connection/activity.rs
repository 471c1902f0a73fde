//! The activity on a client's connection, and the deadlines that follow from it.
//!
//! hyper has no deadline for a connection that says nothing, for one between two requests, and for a client that takes
//! nothing of its answer. What passes through is noted here, by the socket and by exchanges, and looked at when the one
//! timer of the connection has run out: a request costs it one look at the clock, at its end.

use super::flushes::{Flushed, Flushes};
use crate::{
    config::{Limits, Timeouts},
    proxy::received::ClientConnection,
};
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

/// The time that a closing connection may go without progress: the last answer may still be on its way.
const CLOSING: Duration = Duration::from_secs(5);

/// The same time for a connection that has never had a request, and for one whose client took too long over a head.
const CLOSING_UNUSED: Duration = Duration::from_millis(100);

/// The time after connecting in which a client is expected to send its first request. An older connection without a
/// request closes at once on shutdown. A younger one has its request on the way, and at a restart every client has just
/// connected.
const ABOUT_TO_ASK: Duration = Duration::from_secs(1);

/// The time that a client is waited for if its request will be refused.
const REFUSING: Duration = Duration::from_secs(1);

/// Exchanges that a client may abandon on a connection before it is asked how many it has not.
const ABANDONED: u32 = 100;

/// The limits of a connection: its deadlines, and the number of requests.
#[derive(Debug, Clone, Copy)]
pub(super) struct ConnectionLimits {
    pub(super) first_byte: Duration,
    head: Duration,
    pub(super) write: Duration,
    /// The time that a client may be silent while its connection closes with a request half sent.
    pub(super) linger: Duration,
    keep_alive: Duration,
    requests: u32,
    streams: u32,
}

impl ConnectionLimits {
    pub(super) fn new(limits: &Limits, timeouts: &Timeouts) -> Self {
        ConnectionLimits {
            first_byte: timeouts.handshake,
            head: timeouts.request_head,
            write: timeouts.response_write,
            linger: CLOSING.min(timeouts.response_write),
            keep_alive: timeouts.keep_alive,
            requests: limits.connection_requests,
            streams: limits.streams,
        }
    }
}

impl ConnectionLimits {
    /// Returns the limits of a connection on which every request is refused.
    pub(super) fn of_refused(self) -> Self {
        let short = REFUSING.min(self.head);
        ConnectionLimits {
            first_byte: short,
            head: short,
            write: short,
            linger: short,
            keep_alive: short,
            requests: 1,
            streams: 1,
        }
    }
}

/// The events on a connection. Times are in milliseconds since it began, and none is 0.
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
    /// The start of the wait for the rest of a head. 0 means that no head has begun, [`BEGUN`] that it has not been
    /// waited for yet.
    head_since: AtomicU64,
    /// The time of the first write that was blocked, with none since. 0 means that writing is not blocked.
    stalled_since: AtomicU64,
    /// Bytes have gone to the client.
    sent: AtomicBool,
    /// Bytes have come from the client.
    received: AtomicBool,
    /// A time was noted that may be due before the timer is.
    noted: AtomicBool,
    /// The gateway drains.
    told: AtomicBool,
    /// True if unsent data may be discarded when the connection closes.
    worthless: AtomicBool,
    waker: OnceLock<Waker>,
    pub(super) flushes: Flushes,
}

const BEGUN: u64 = u64::MAX;

/// The next action on a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NextAction {
    /// Wait until this time.
    Wait(Instant),
    /// Close the connection after the current exchange.
    Close,
    /// Break the connection off.
    BreakOff(CloseReason),
}

/// A reason to break a connection off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CloseReason {
    /// The client takes nothing of what is there for it.
    SlowReader,
    /// The connection was told to end, and makes no progress.
    Unmoved,
    /// The connection was told to end, and does not.
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
            sent: AtomicBool::new(false),
            received: AtomicBool::new(false),
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

    /// Notes that the TLS handshake is complete. Its bytes were not part of a request.
    pub(super) fn handshaken(&self) {
        self.head_since.store(0, Relaxed);
        self.quiet_since.store(self.now(), Relaxed);
    }

    /// Bytes have come.
    pub(super) fn came(&self) {
        self.received.store(true, Relaxed);
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
        self.sent.store(true, Relaxed);
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

    /// Notes the start of an exchange. Returns `true` if it has to be the last one on this connection.
    pub(super) fn begin(&self, version: Version, bounds: &ConnectionLimits) -> bool {
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

    /// Returns the time since which an HTTP/1 connection is idle: no request has begun, and nothing is left of the one
    /// before. A connection with an unread body is never idle, since the rest of that body must not be read as a
    /// request.
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

    /// Tells whether the client waits for an answer over HTTP/1, or is receiving one.
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

    /// Tells whether the client currently reads nothing of the data that is ready for it.
    pub(super) fn has_stalled(&self) -> bool {
        self.stalled_since.load(Relaxed) != 0
    }

    pub(super) fn is_told_to_close(&self) -> bool {
        self.told.load(SeqCst)
    }

    /// Returns the time until which a first request is waited for, even on shutdown.
    pub(super) fn about_to_ask(&self) -> Instant {
        self.began + ABOUT_TO_ASK
    }

    /// Tells whether the current exchange is the last one.
    pub(super) fn is_last(&self, bounds: &ConnectionLimits) -> bool {
        let requests = self.requests.load(Relaxed);
        requests >= bounds.requests
            || self.told.load(Relaxed) && (requests > 0 || self.about_to_ask() <= Instant::now())
    }

    /// Tells whether a time was noted since the last call.
    pub(super) fn noted(&self) -> bool {
        self.noted.load(Relaxed) && self.noted.swap(false, Relaxed)
    }

    /// Notes that the connection is being closed.
    pub(super) fn closing(&self) {
        self.sent.store(true, Relaxed);
    }

    /// Notes that the client still sends on a connection that is being closed.
    pub(super) fn lingers(&self) {
        self.received.store(true, Relaxed);
    }

    /// Tells whether an HTTP/1 client has begun a request that was not read to its end.
    pub(super) fn owes_bytes(&self) -> bool {
        let has_begun = self.unread.load(SeqCst) > 0 || self.head_since.load(Relaxed) != 0;
        has_begun && !self.multiplexed.load(Relaxed)
    }

    /// Sets whether the connection is reset when it ends, so that the data in its buffers is not sent.
    pub(super) fn set_worthless(&self, worthless: bool) {
        self.worthless.store(worthless, Relaxed);
    }

    pub(super) fn is_worthless(&self) -> bool {
        self.worthless.load(Relaxed)
    }

    /// Tells whether the client exceeds a limit that does not depend on time.
    pub(super) fn is_abused(&self, bounds: &ConnectionLimits) -> Option<CloseReason> {
        let (abandoned, requests) = (self.abandoned.load(Relaxed), self.requests.load(Relaxed));
        if abandoned >= ABANDONED && abandoned > requests / 2 {
            return Some(CloseReason::Abandoned);
        }
        // What it had begun before it could hear that it should not.
        let enough = bounds.requests.saturating_add(bounds.streams);
        (requests > enough).then_some(CloseReason::Unending)
    }

    /// Decides the next action when the timer has run out.
    pub(super) fn verdict(&self, closing: bool, bounds: &ConnectionLimits) -> NextAction {
        let now = Instant::now();
        let stalled = self.stalled_since.load(Relaxed);
        let written = match stalled {
            0 => now + bounds.write,
            since => self.at(since) + bounds.write,
        };
        if stalled != 0 && written <= now {
            return NextAction::BreakOff(CloseReason::SlowReader);
        }
        if closing {
            return self.verdict_closing(now, written, bounds);
        }
        if self.exchanges() > 0 {
            return NextAction::Wait(written.min(now + bounds.keep_alive));
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
            true => NextAction::Close,
            false => NextAction::Wait(due.min(written)),
        }
    }

    fn verdict_closing(&self, now: Instant, written: Instant, bounds: &ConnectionLimits) -> NextAction {
        let late = self.is_head_late(now, bounds);
        let pause = if late || self.requests.load(Relaxed) == 0 { CLOSING_UNUSED } else { CLOSING };
        let (sent, received) = (self.sent.swap(false, Relaxed), self.received.swap(false, Relaxed));
        // A client that sends a head byte by byte would keep the connection for as long as it likes.
        match sent || (received && !late) || self.exchanges() > 0 {
            true => NextAction::Wait(written.min(now + pause)),
            false => NextAction::BreakOff(CloseReason::Unmoved),
        }
    }

    /// Tells whether the head of the next request has taken too long, and the answer before it has been taken.
    fn is_head_late(&self, now: Instant, bounds: &ConnectionLimits) -> bool {
        let since = self.head_since.load(Relaxed);
        let begun = since != 0 && since != BEGUN && self.exchanges() == 0;
        begun && !self.has_stalled() && self.at(since) + bounds.head <= now
    }
}

impl ClientConnection for Activity {
    fn body_begins(&self) {
        self.unread.fetch_add(1, SeqCst);
    }

    fn body_ends(&self) {
        self.unread.fetch_sub(1, SeqCst);
    }
}

#[cfg(test)]
mod tests;
