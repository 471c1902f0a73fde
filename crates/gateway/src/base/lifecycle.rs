//! The gateway's own life: serving, leaving, draining, breaking off; and how many exchanges are under way.

use std::sync::{
    Arc,
    atomic::{
        AtomicBool, AtomicUsize,
        Ordering::{Relaxed, SeqCst},
    },
};
use tokio::sync::{Notify, watch};

/// The phase of the gateway's lifecycle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd)]
enum Phase {
    Serving,
    /// Serves, and says that it is about to stop.
    Leaving,
    /// Takes no new connections; finishes what is under way.
    Draining,
    /// The gateway breaks off requests that still run.
    Ending,
}

/// The phase, seen from everywhere.
#[derive(Debug)]
pub(crate) struct Lifecycle {
    phase: watch::Sender<Phase>,
    /// The same as a phase after `Serving`, for every request to read.
    leaving: AtomicBool,
    room: usize,
    in_flight: AtomicUsize,
    /// True while someone waits for the last exchange. Until then an exchange only counts.
    awaited: AtomicBool,
    none: Notify,
}

/// An exchange that is under way as long as this lives.
#[derive(Debug)]
pub(crate) struct InFlight(Arc<Lifecycle>);

impl Lifecycle {
    /// `room` bounds what can be under way, whatever the configuration says.
    pub(crate) fn new(room: usize) -> Arc<Self> {
        Arc::new(Lifecycle {
            room,
            phase: watch::Sender::new(Phase::Serving),
            leaving: AtomicBool::new(false),
            in_flight: AtomicUsize::new(0),
            awaited: AtomicBool::new(false),
            none: Notify::new(),
        })
    }

    /// Tells whether the gateway takes new requests.
    pub(crate) fn is_ready(&self) -> bool {
        *self.phase.borrow() == Phase::Serving
    }

    /// Tells whether connections must end with their next answer, so that no client waits on one that is about to
    /// close.
    pub(crate) fn is_leaving(&self) -> bool {
        self.leaving.load(Relaxed)
    }

    pub(crate) fn leave(&self) {
        self.leaving.store(true, Relaxed);
        self.phase.send_replace(Phase::Leaving);
    }

    pub(crate) fn drain(&self) {
        self.leaving.store(true, Relaxed);
        self.phase.send_replace(Phase::Draining);
    }

    pub(crate) fn end(&self) {
        self.phase.send_replace(Phase::Ending);
    }

    /// Returns when new requests are not welcome any more.
    pub(crate) async fn draining(&self) {
        let _ = self.phase.subscribe().wait_for(|phase| *phase != Phase::Serving).await;
    }

    /// Returns when what is under way is to be broken off.
    pub(crate) async fn ending(&self) {
        // The sender is in `self`, so there is no error to wait for.
        let _ = self.phase.subscribe().wait_for(|phase| *phase == Phase::Ending).await;
    }

    /// One more exchange is under way, unless there are `limit` already.
    pub(crate) fn begin(self: &Arc<Self>, limit: u32) -> Option<InFlight> {
        let limit = self.room.min(limit as usize);
        let before = self.in_flight.fetch_add(1, SeqCst);
        let in_flight = InFlight(Arc::clone(self));
        // Where it is dropped, it is counted off again.
        (before < limit).then_some(in_flight)
    }

    pub(crate) fn in_flight(&self) -> usize {
        self.in_flight.load(SeqCst)
    }

    /// Returns when no exchange is under way.
    pub(crate) async fn idle(&self) {
        self.awaited.store(true, SeqCst);
        loop {
            // Before the count is read, or the last exchange could end between the two.
            let none = self.none.notified();
            if self.in_flight() == 0 {
                return;
            }
            none.await;
        }
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        let lifecycle = &self.0;
        if lifecycle.in_flight.fetch_sub(1, SeqCst) == 1 && lifecycle.awaited.load(SeqCst) {
            lifecycle.none.notify_waiters();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use tokio::time::timeout;

    #[tokio::test]
    async fn idle_waits_for_the_last_exchange() {
        let lifecycle = Lifecycle::new(2);
        let (one, two) = (lifecycle.begin(9).unwrap(), lifecycle.begin(9).unwrap());
        assert!(lifecycle.begin(9).is_none(), "there is no room");
        assert_eq!(lifecycle.in_flight(), 2);
        drop(one);
        assert!(timeout(Duration::from_millis(10), lifecycle.idle()).await.is_err());
        drop(two);
        lifecycle.idle().await;
    }

    #[tokio::test]
    async fn draining_is_not_ending() {
        let lifecycle = Lifecycle::new(2);
        assert!(lifecycle.is_ready() && !lifecycle.is_leaving());
        lifecycle.leave();
        assert!(!lifecycle.is_ready() && lifecycle.is_leaving());
        lifecycle.draining().await;
        lifecycle.drain();
        assert!(!lifecycle.is_ready() && lifecycle.is_leaving());
        assert!(timeout(Duration::from_millis(10), lifecycle.ending()).await.is_err());
        lifecycle.end();
        lifecycle.ending().await;
    }
}
