//! A worker thread behind a bounded queue, for work that no request waits for: the log, traces, captures, usage.
//!
//! - Handing over never waits: where there is no room, the item comes back and whoever has it counts it as dropped.
//! - Waiting for the worker always has a deadline: a disk or a reader that hangs holds no end of the process up.
//! - A worker that panics has ended: nobody waits for it any more.

use std::{
    io,
    sync::{
        Arc,
        atomic::{
            AtomicBool, AtomicU64, AtomicUsize,
            Ordering::{Acquire, Relaxed, Release},
        },
        mpsc::{self, Receiver, RecvTimeoutError, SyncSender, TryRecvError, TrySendError},
    },
    thread::{self, Thread},
    time::{Duration, Instant},
};

/// A worker thread. It ends after [`Worker::ask_to_end`], or when this is dropped.
#[derive(Debug)]
pub(crate) struct Worker<T> {
    queue: SyncSender<Option<T>>,
    capacity: usize,
    thread: Thread,
    pub(crate) load: Arc<Load>,
}

/// The worker's end of the queue.
#[derive(Debug)]
pub(crate) struct Inbox<T> {
    queue: Receiver<Option<T>>,
    pub(crate) load: Arc<Load>,
    /// Dropped last: once the worker has ended, nothing is put in the queue.
    _end: EndSignal,
}

/// The next item of an inbox.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Next<T> {
    /// The oldest item.
    Item(T),
    /// The time has passed without a message.
    Nothing,
    /// The queue is empty, and nothing will come any more.
    End,
}

/// The counters of a worker, as both ends see them.
#[derive(Debug, Default)]
pub(crate) struct Load {
    /// Items in the queue, and items that are about to be put in it.
    queued: AtomicUsize,
    offered: AtomicU64,
    taken: AtomicU64,
    /// Items that the worker is done with.
    done: AtomicU64,
    dropped: AtomicU64,
    ending: AtomicBool,
    ended: AtomicBool,
}

impl Load {
    /// The number of items that wait.
    pub(crate) fn queued(&self) -> usize {
        self.queued.load(Relaxed)
    }

    /// Counts what was dropped because of this worker. Whoever has an item knows how much it is.
    pub(crate) fn count_dropped(&self, dropped: u64) {
        self.dropped.fetch_add(dropped, Relaxed);
    }

    /// Returns the number of messages dropped so far.
    pub(crate) fn dropped(&self) -> u64 {
        self.dropped.load(Relaxed)
    }

    /// Tells whether the worker was asked to end.
    pub(crate) fn is_ending(&self) -> bool {
        self.ending.load(Acquire)
    }

    fn has_ended(&self) -> bool {
        self.ended.load(Acquire)
    }
}

#[derive(Debug)]
struct EndSignal(Arc<Load>);

impl Drop for EndSignal {
    fn drop(&mut self) {
        self.0.ended.store(true, Release);
    }
}

impl<T: Send + 'static> Worker<T> {
    /// The interval between looks at the progress of the worker that someone waits for.
    const LOOK: Duration = Duration::from_millis(2);

    /// Starts a thread of this name. It runs `work` with the inbox, and ends with it.
    ///
    /// # Errors
    /// There can be no thread.
    pub(crate) fn start(
        name: &str,
        capacity: usize,
        work: impl FnOnce(Inbox<T>) + Send + 'static,
    ) -> io::Result<Self> {
        let (queue, receiver) = mpsc::sync_channel(capacity);
        let load = Arc::new(Load::default());
        let inbox = Inbox { queue: receiver, load: Arc::clone(&load), _end: EndSignal(Arc::clone(&load)) };
        let thread = thread::Builder::new().name(name.to_owned()).spawn(move || work(inbox))?;
        Ok(Worker { queue, capacity, thread: thread.thread().clone(), load })
    }

    /// Hands an item over, or gives it back where there is no room.
    ///
    /// # Errors
    /// The item: the queue is full, or the worker has ended.
    pub(crate) fn offer(&self, item: T) -> Result<(), T> {
        if self.reserve(self.capacity) { self.put(item) } else { Err(item) }
    }

    /// Makes and hands over an item where fewer than `limit` wait: the rest of the queue is kept for others. Returns whether
    /// there was room.
    pub(crate) fn offer_below(&self, limit: usize, item: impl FnOnce() -> T) -> bool {
        self.reserve(limit) && self.put(item()).is_ok()
    }

    fn reserve(&self, limit: usize) -> bool {
        let has_room = self.load.queued.fetch_add(1, Relaxed) < limit;
        if !has_room {
            self.load.queued.fetch_sub(1, Relaxed);
        }
        has_room
    }

    fn put(&self, item: T) -> Result<(), T> {
        match self.queue.try_send(Some(item)) {
            Ok(()) => {
                self.load.offered.fetch_add(1, Relaxed);
                Ok(())
            }
            Err(TrySendError::Full(item) | TrySendError::Disconnected(item)) => {
                self.load.queued.fetch_sub(1, Relaxed);
                item.map_or(Ok(()), Err)
            }
        }
    }

    /// Wakes the worker from [`thread::park`].
    pub(crate) fn unpark(&self) {
        self.thread.unpark();
    }

    /// Asks the worker to end once the queue is empty. It does not wait for that.
    pub(crate) fn ask_to_end(&self) {
        self.load.ending.store(true, Release);
        // Wakes a worker that waits for an item. One that does not has items, and sees the end after them.
        let _ = self.queue.try_send(None);
        self.unpark();
    }

    /// Asks the worker to end and waits for that until the deadline. Returns whether it has ended.
    pub(crate) fn end(&self, deadline: Duration) -> bool {
        self.ask_to_end();
        let begun = Instant::now();
        while !self.load.has_ended() && begun.elapsed() < deadline {
            thread::sleep(Self::LOOK);
        }
        self.load.has_ended()
    }

    /// The same as [`Worker::end`], for a task.
    pub(crate) async fn end_async(&self, deadline: Duration) -> bool {
        self.ask_to_end();
        self.wait(deadline, Load::has_ended).await
    }

    /// Waits until the worker is done with everything that was handed over before. Returns whether it was in time.
    pub(crate) async fn flush(&self, deadline: Duration) -> bool {
        let offered = self.load.offered.load(Relaxed);
        self.wait(deadline, |load| load.has_ended() || load.done.load(Acquire) >= offered).await
    }

    /// No thread of the runtime waits here: where a disk hangs, the runtime would wait for that thread at its own end.
    async fn wait(&self, deadline: Duration, is_there: impl Fn(&Load) -> bool) -> bool {
        let there = async {
            while !is_there(&self.load) {
                tokio::time::sleep(Self::LOOK).await;
            }
        };
        tokio::time::timeout(deadline, there).await.is_ok()
    }
}

impl<T> Inbox<T> {
    /// The next item. Waits for one, where `within` says so for no longer than that. Items taken before are done now.
    pub(crate) fn next(&mut self, within: Option<Duration>) -> Next<T> {
        self.load.done.store(self.load.taken.load(Relaxed), Release);
        if self.load.is_ending() {
            return self.try_next();
        }
        let received = match within {
            Some(within) => self.queue.recv_timeout(within),
            None => self.queue.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        match received {
            Ok(Some(item)) => Next::Item(self.took(item)),
            Ok(None) => self.try_next(),
            Err(RecvTimeoutError::Timeout) => Next::Nothing,
            Err(RecvTimeoutError::Disconnected) => Next::End,
        }
    }

    /// The next item that is in the queue already.
    pub(crate) fn try_next(&mut self) -> Next<T> {
        loop {
            match self.queue.try_recv() {
                Ok(Some(item)) => return Next::Item(self.took(item)),
                Ok(None) => {}
                Err(TryRecvError::Empty) if !self.load.is_ending() => return Next::Nothing,
                Err(TryRecvError::Empty | TryRecvError::Disconnected) => return Next::End,
            }
        }
    }

    fn took(&self, item: T) -> T {
        self.load.queued.fetch_sub(1, Relaxed);
        self.load.taken.fetch_add(1, Relaxed);
        item
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    const LONG: Duration = Duration::from_secs(30);

    /// A worker that waits for the gate before each item.
    fn gated(capacity: usize, gate: &Arc<Mutex<()>>) -> (Worker<u32>, Receiver<u32>) {
        let (sender, done) = mpsc::channel();
        let gate = Arc::clone(gate);
        let worker = Worker::start("test", capacity, move |mut inbox| {
            while let Next::Item(item) = inbox.next(None) {
                let _open = gate.lock().unwrap();
                sender.send(item).unwrap();
            }
        });
        (worker.unwrap(), done)
    }

    #[test]
    fn a_full_queue_gives_items_back_and_the_end_works_off_the_rest() {
        let gate = Arc::default();
        let (worker, done) = gated(2, &gate);
        let closed = gate.lock().unwrap();
        let mut refused = (0..10).filter_map(|item| worker.offer(item).err()).collect::<Vec<_>>();
        // The worker may have taken one.
        let accepted = 10 - refused.len();
        assert!((2..=3).contains(&accepted), "{refused:?}");
        refused.dedup();
        assert_eq!(refused, (accepted as u32..10).collect::<Vec<_>>(), "what is refused comes back");
        assert!(!worker.offer_below(1, || 99), "the rest is for others");
        assert!(!worker.end(Duration::from_millis(1)), "it hangs, and nobody waits for ever");
        drop(closed);
        assert!(worker.end(LONG));
        assert_eq!(done.iter().collect::<Vec<_>>(), (0..accepted as u32).collect::<Vec<_>>());
        assert_eq!((worker.offer(7), worker.load.queued()), (Err(7), 0), "it has ended");
    }

    #[test]
    fn a_worker_that_panics_has_ended() {
        let worker = Worker::<()>::start("test", 1, |_inbox| panic!("on purpose")).unwrap();
        assert!(worker.end(LONG));
    }

    #[test]
    fn a_worker_without_an_owner_ends_after_its_items() {
        let (worker, done) = gated(2, &Arc::default());
        worker.offer(1).unwrap();
        drop(worker);
        assert_eq!(done.iter().collect::<Vec<_>>(), [1]);
    }

    #[tokio::test]
    async fn a_flush_waits_for_what_was_handed_over_and_never_for_ever() {
        let gate = Arc::default();
        let (worker, done) = gated(2, &gate);
        assert!(worker.flush(LONG).await, "there was nothing");
        {
            let _closed = gate.lock().unwrap();
            worker.offer(1).unwrap();
        }
        assert!(worker.flush(LONG).await);
        assert_eq!(done.try_recv(), Ok(1));
        let hanging = Worker::start("test", 1, move |_inbox: Inbox<u32>| {
            let _ = done.recv();
        });
        let hanging = hanging.unwrap();
        hanging.offer(1).unwrap();
        assert!(!hanging.flush(Duration::from_millis(1)).await);
        assert!(!hanging.end_async(Duration::from_millis(1)).await);
    }
}
