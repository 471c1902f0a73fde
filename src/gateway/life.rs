//! The gateway's own life: serving, draining, breaking off; and how many exchanges are under way.

use std::sync::Arc;
use tokio::sync::watch;

/// What the gateway is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd)]
enum Phase {
    Serving,
    /// Takes no new connections; finishes what is under way.
    Draining,
    /// What is under way is broken off.
    Ending,
}

/// The phase, seen from everywhere.
#[derive(Debug)]
pub(crate) struct Life {
    phase: watch::Sender<Phase>,
    under_way: watch::Sender<usize>,
}

/// An exchange that is under way as long as this lives.
#[derive(Debug)]
pub(crate) struct UnderWay(Arc<Life>);

impl Life {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Life { phase: watch::Sender::new(Phase::Serving), under_way: watch::Sender::new(0) })
    }

    /// Whether new requests are welcome.
    pub(crate) fn is_ready(&self) -> bool {
        *self.phase.borrow() == Phase::Serving
    }

    pub(crate) fn drain(&self) {
        self.phase.send_replace(Phase::Draining);
    }

    pub(crate) fn end(&self) {
        self.phase.send_replace(Phase::Ending);
    }

    /// Returns when what is under way is to be broken off.
    pub(crate) async fn ending(&self) {
        // The sender is in `self`, so there is no error to wait for.
        let _ = self.phase.subscribe().wait_for(|phase| *phase == Phase::Ending).await;
    }

    /// One more exchange is under way.
    pub(crate) fn begin(self: &Arc<Self>) -> UnderWay {
        self.under_way.send_modify(|count| *count += 1);
        UnderWay(Arc::clone(self))
    }

    pub(crate) fn under_way(&self) -> usize {
        *self.under_way.borrow()
    }

    /// Returns when no exchange is under way.
    pub(crate) async fn idle(&self) {
        let _ = self.under_way.subscribe().wait_for(|count| *count == 0).await;
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.under_way.send_modify(|count| *count -= 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use tokio::time::timeout;

    #[tokio::test]
    async fn idle_waits_for_the_last_exchange() {
        let life = Life::new();
        let (one, two) = (life.begin(), life.begin());
        assert_eq!(life.under_way(), 2);
        drop(one);
        assert!(timeout(Duration::from_millis(10), life.idle()).await.is_err());
        drop(two);
        life.idle().await;
    }

    #[tokio::test]
    async fn draining_is_not_ending() {
        let life = Life::new();
        assert!(life.is_ready());
        life.drain();
        assert!(!life.is_ready());
        assert!(timeout(Duration::from_millis(10), life.ending()).await.is_err());
        life.end();
        life.ending().await;
    }
}
