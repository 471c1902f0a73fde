//! A wait until a connection has written everything that it was given.
//!
//! hyper drops the connection or resets the stream as soon as the body of an answer fails, and forgets what it has
//! not written yet: pieces of the body, and even the head. A client would see a connection that closes without a byte,
//! and some clients then send their request again. So the error of a body waits here until everything before it has
//! been handed to the kernel.

use crate::base::lock::Locked;
use std::{
    mem::take,
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};
use tokio::sync::oneshot;

/// Resolves when everything that a connection was given before has been written, or when the connection is gone.
pub(super) type Flushed = oneshot::Receiver<()>;

/// The answers that wait for their connection to be flushed. Only a failed answer does.
#[derive(Debug, Default)]
pub(super) struct Flushes {
    is_asked: AtomicBool,
    asked: Mutex<Vec<oneshot::Sender<()>>>,
}

/// The waiting answers whose bytes were given to the connection, but are perhaps not written yet.
#[derive(Debug, Default)]
pub(super) struct Unflushed(Vec<oneshot::Sender<()>>);

impl Flushes {
    /// Asks for a notice. The task that polls the connection must be woken after this.
    pub(super) fn ask(&self) -> Flushed {
        let (sender, receiver) = oneshot::channel();
        self.asked.locked().push(sender);
        self.is_asked.store(true, Relaxed);
        receiver
    }

    /// Takes those who have asked before a poll of the connection: what they have given is written by that poll, as it
    /// always ends with a flush.
    pub(super) fn before_poll(&self, unflushed: &mut Unflushed) {
        if self.is_asked.load(Relaxed) && self.is_asked.swap(false, Relaxed) {
            unflushed.0.append(&mut take(&mut *self.asked.locked()));
        }
    }
}

impl Unflushed {
    /// Tells everybody after a poll, unless the socket has not taken all of it.
    pub(super) fn after_poll(&mut self, has_stalled: impl FnOnce() -> bool) {
        if !self.0.is_empty() && !has_stalled() {
            self.0.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::oneshot::error::TryRecvError;

    #[test]
    fn only_a_poll_that_began_later_and_has_not_stalled_counts() {
        let (flushes, mut unflushed) = (Flushes::default(), Unflushed::default());
        flushes.before_poll(&mut unflushed);
        let mut flushed = flushes.ask();
        unflushed.after_poll(|| false);
        assert_eq!(flushed.try_recv(), Err(TryRecvError::Empty), "the poll had begun before");
        flushes.before_poll(&mut unflushed);
        unflushed.after_poll(|| true);
        assert_eq!(flushed.try_recv(), Err(TryRecvError::Empty), "the socket is full");
        flushes.before_poll(&mut unflushed);
        unflushed.after_poll(|| false);
        assert_eq!(flushed.try_recv(), Err(TryRecvError::Closed));
        let mut gone = flushes.ask();
        drop(flushes);
        assert_eq!(gone.try_recv(), Err(TryRecvError::Closed), "nothing will be written any more");
    }
}
