//! Whose turn it is while a request is under way, and whether any of it has been written: a timeout on the upstream
//! must not run while the client is still sending, and nothing may be sent again of which a byte was written.

use crate::gateway::body::BodyError;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::rt::{Read, ReadBufCursor, Write};
use std::{
    io::{self, IoSlice},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering::Relaxed},
    },
    task::{Context, Poll, ready},
};

/// What a request waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    /// More of the client's body, which has a timeout of its own.
    Client,
    /// The upstream's: to take more of the body.
    Upstream,
    /// The upstream's: to answer. The body is gone, so all of it has been sent.
    Answer,
}

/// How far the request on a connection is. The connection, the body in it and whoever waits for the answer share it;
/// all three are in one task at a time, so there is no order between threads to keep.
#[derive(Debug, Default)]
pub(super) struct Progress {
    /// A [`Turn`] in the two lowest bits; above it, how often one was said.
    said: AtomicU32,
    wrote: AtomicBool,
}

/// A turn, and how often one was said until then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Said(u32);

const TURN: u32 = 0b11;

impl Progress {
    /// A new request begins.
    pub(super) fn begin(&self) {
        self.wrote.store(false, Relaxed);
        self.say(Turn::Upstream);
    }

    /// Whether any byte of the request may have left.
    pub(super) fn wrote(&self) -> bool {
        self.wrote.load(Relaxed)
    }

    pub(super) fn said(&self) -> Said {
        Said(self.said.load(Relaxed))
    }

    fn say(&self, turn: Turn) {
        let said = self.said.load(Relaxed);
        self.said.store((said & !TURN).wrapping_add(TURN + 1) | turn as u32, Relaxed);
    }
}

impl Said {
    pub(super) fn turn(self) -> Turn {
        const CLIENT: u32 = Turn::Client as u32;
        const UPSTREAM: u32 = Turn::Upstream as u32;
        match self.0 & TURN {
            CLIENT => Turn::Client,
            UPSTREAM => Turn::Upstream,
            _ => Turn::Answer,
        }
    }
}

/// A request body that says whose turn it is.
#[derive(Debug)]
pub(super) struct Told<B> {
    inner: B,
    gone: Gone,
}

/// Says that a body is gone.
#[derive(Debug)]
struct Gone(Arc<Progress>);

impl Drop for Gone {
    fn drop(&mut self) {
        self.0.say(Turn::Answer);
    }
}

impl<B> Told<B> {
    pub(super) fn new(inner: B, progress: Arc<Progress>) -> Self {
        Told { inner, gone: Gone(progress) }
    }

    pub(super) fn into_inner(self) -> B {
        self.inner
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
        self.gone.0.say(if polled.is_pending() { Turn::Client } else { Turn::Upstream });
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// A connection's bytes, and whether any were written. With TLS these are those that it took to encrypt, which is
/// more than have left: the safe side.
#[derive(Debug)]
pub(super) struct Noted<S> {
    inner: S,
    progress: Arc<Progress>,
}

impl<S> Noted<S> {
    pub(super) fn new(inner: S, progress: Arc<Progress>) -> Self {
        Noted { inner, progress }
    }

    fn note(&self, written: io::Result<usize>) -> Poll<io::Result<usize>> {
        if matches!(written, Ok(1..)) {
            self.progress.wrote.store(true, Relaxed);
        }
        Poll::Ready(written)
    }
}

impl<S: Read + Unpin> Read for Noted<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(cx, buffer)
    }
}

impl<S: Write + Unpin> Write for Noted<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.inner).poll_write(cx, bytes));
        self.note(written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.inner).poll_write_vectored(cx, bytes));
        self.note(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::body::{
        Timed,
        tests::{data, fed},
    };
    use http_body_util::BodyExt;
    use hyper_util::rt::TokioIo;
    use std::time::Duration;
    use tokio::io::AsyncWriteExt;

    #[tokio::test]
    async fn a_body_says_whose_turn_it_is() {
        let progress = Arc::new(Progress::default());
        progress.begin();
        assert_eq!(
            progress.said().turn(),
            Turn::Upstream,
            "a connection that takes nothing is the upstream's"
        );
        let (sender, body, _) = fed(Vec::new(), Duration::from_secs(9));
        let mut body = Told::new(body, Arc::clone(&progress));
        let mut frame = std::pin::pin!(body.frame());
        assert!(std::future::poll_fn(|cx| Poll::Ready(frame.as_mut().poll(cx).is_pending())).await);
        assert_eq!(progress.said().turn(), Turn::Client);
        let before = progress.said();
        sender.send(data("x")).unwrap();
        frame.await.unwrap().unwrap();
        assert_eq!(progress.said().turn(), Turn::Upstream);
        assert_ne!(progress.said(), before);
        let again = progress.said();
        progress.say(Turn::Upstream);
        assert_ne!(progress.said(), again, "said twice is said again");
        drop(body);
        assert_eq!(progress.said().turn(), Turn::Answer);
    }

    #[tokio::test]
    async fn a_body_that_is_taken_back_keeps_its_frames() {
        let progress = Arc::new(Progress::default());
        let (sender, body, _) = fed(vec![data("ab")], Duration::from_secs(9));
        drop(sender);
        let mut body: Timed<_> = Told::new(body, progress).into_inner();
        assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "ab");
    }

    #[tokio::test]
    async fn row_40_the_first_byte_that_is_taken_is_noted() {
        let progress = Arc::new(Progress::default());
        let (ours, theirs) = tokio::io::duplex(1);
        let mut ours = TokioIo::new(Noted::new(TokioIo::new(ours), Arc::clone(&progress)));
        progress.begin();
        assert!(ours.write(b"").await.is_ok() && !progress.wrote());
        assert_eq!((ours.write(b"POST").await.unwrap(), progress.wrote()), (1, true));
        progress.begin();
        assert!(!progress.wrote(), "another request");
        drop(theirs);
        assert!(ours.write(b"POST").await.is_err() && !progress.wrote());
    }
}
