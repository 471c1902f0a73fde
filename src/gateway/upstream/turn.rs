//! Whose turn it is while a request is under way: a timeout on the upstream must not run while the client is
//! still sending.

use crate::gateway::body::BodyError;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};
use tokio::sync::Notify;

/// What a request waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum Turn {
    /// A connection, or more of the client's body: each has a timeout of its own.
    Others,
    /// The upstream's: to take more of the body.
    Upstream,
    /// The upstream's: to answer. The body is gone, so all of it has been sent.
    Answer,
}

/// Whose turn it is, and that it was said again.
#[derive(Debug)]
struct Shared {
    turn: AtomicU8,
    said: Notify,
}

impl Shared {
    fn say(&self, turn: Turn) {
        self.turn.store(turn as u8, Ordering::Release);
        self.said.notify_one();
    }

    fn is(&self, turn: Turn) -> bool {
        self.turn.load(Ordering::Acquire) == turn as u8
    }
}

/// A request body that says whose turn it is.
#[derive(Debug)]
pub(crate) struct Told<B> {
    inner: B,
    shared: Arc<Shared>,
}

/// Sees when an upstream takes too long.
#[derive(Debug)]
pub(crate) struct Watch {
    shared: Arc<Shared>,
}

/// A body and the watch on it.
pub(crate) fn told<B>(inner: B) -> (Told<B>, Watch) {
    let shared = Arc::new(Shared { turn: AtomicU8::new(Turn::Others as u8), said: Notify::new() });
    (Told { inner, shared: Arc::clone(&shared) }, Watch { shared })
}

impl Watch {
    /// Returns once it has been the upstream's turn for `limit`, without a frame taken; never otherwise.
    pub(crate) async fn overdue(self, limit: Duration) {
        let Shared { said, .. } = &*self.shared;
        while !self.shared.is(Turn::Answer) {
            if self.shared.is(Turn::Others) {
                said.notified().await;
            } else if tokio::time::timeout(limit, said.notified()).await.is_err() {
                return;
            }
        }
        tokio::time::sleep(limit).await;
    }
}

impl<B: Body<Data = Bytes, Error = BodyError> + Unpin> Body for Told<B> {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let polled = Pin::new(&mut self.inner).poll_frame(cx);
        self.shared.say(if polled.is_pending() { Turn::Others } else { Turn::Upstream });
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

impl<B> Drop for Told<B> {
    fn drop(&mut self) {
        self.shared.say(Turn::Answer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::body::{
        Timed,
        tests::{Fed, Sent, data, fed},
    };
    use http_body_util::BodyExt;
    use tokio::sync::mpsc::UnboundedSender;

    const LIMIT: Duration = Duration::from_millis(40);
    const LONGER: Duration = Duration::from_millis(120);

    fn body() -> (UnboundedSender<Sent>, Told<Timed<Fed>>, Watch) {
        let (sender, body, _) = fed(Vec::new(), Duration::from_secs(9));
        let (body, watch) = told(body);
        (sender, body, watch)
    }

    #[tokio::test]
    async fn connecting_and_a_slow_client_are_not_the_upstreams_fault() {
        let (_sender, mut body, watch) = body();
        let overdue = tokio::spawn(watch.overdue(LIMIT));
        tokio::time::sleep(LONGER).await;
        assert!(!overdue.is_finished(), "while connecting");
        assert!(tokio::time::timeout(LONGER, body.frame()).await.is_err());
        assert!(!overdue.is_finished(), "while the client sends nothing");
    }

    #[tokio::test]
    async fn an_upstream_that_takes_no_more_is_overdue() {
        let (sender, mut body, watch) = body();
        sender.send(data("x")).unwrap();
        let _frame = body.frame().await;
        tokio::time::timeout(LONGER * 10, watch.overdue(LIMIT)).await.unwrap();
        drop(body);
    }

    #[tokio::test]
    async fn the_answer_is_due_once_all_is_sent() {
        let (_sender, body, watch) = body();
        let overdue = tokio::spawn(watch.overdue(LIMIT));
        drop(body);
        tokio::time::timeout(LONGER * 10, overdue).await.unwrap().unwrap();
    }
}
