//! HTTP/2 streams, each a task that ends where its client takes nothing of its answer.
//!
//! A client that opens no window stalls a stream, not the socket, and hyper polls the body no more: so it is the body
//! that says, while its stream is polled, whether it waits for more or has given what waits for the client.

use pin_project_lite::pin_project;
use std::{
    cell::Cell,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::time::{Instant, Sleep, sleep};

thread_local! {
    static SAID: Cell<BodyPoll> = const { Cell::new(BodyPoll::Nothing) };
}

/// The last result of a body when its stream was polled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BodyPoll {
    Nothing,
    /// The body waits for more data.
    Waits,
    /// The body gave data.
    Gave,
}

/// Says something of the body of the stream that is polled on this thread.
pub(super) fn say(said: BodyPoll) {
    SAID.set(said);
}

/// Spawns streams.
#[derive(Debug, Clone)]
pub(super) struct Streams {
    /// The time for which a client may read nothing.
    pub(super) write: Duration,
}

impl<F> hyper::rt::Executor<F> for Streams
where
    F: Future<Output = ()> + Send + 'static,
{
    fn execute(&self, stream: F) {
        tokio::spawn(Stream { inner: stream, write: self.write, stalled: None });
    }
}

pin_project! {
    /// An HTTP/2 stream, which is reset if it ends before its answer does.
    struct Stream<F> {
        #[pin]
        inner: F,
        write: Duration,
        stalled: Option<Pin<Box<Sleep>>>,
    }
}

impl<F: Future<Output = ()>> Future for Stream<F> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.project();
        say(BodyPoll::Nothing);
        if this.inner.poll(cx).is_ready() {
            return Poll::Ready(());
        }
        match (SAID.get(), &mut *this.stalled) {
            (BodyPoll::Nothing, _) => {}
            (BodyPoll::Waits, stalled) => *stalled = None,
            (BodyPoll::Gave, Some(stalled)) => stalled.as_mut().reset(Instant::now() + *this.write),
            (BodyPoll::Gave, stalled) => *stalled = Some(Box::pin(sleep(*this.write))),
        }
        let Some(stalled) = this.stalled else { return Poll::Pending };
        ready!(stalled.as_mut().poll(cx));
        tracing::debug!(target: "dateline::gateway::connection", "a client takes nothing of its response: the stream is reset");
        Poll::Ready(())
    }
}
