//! The progress of a request: whose turn it is, whether any of it has been written, and how much of the answer's head
//! has arrived. A timeout on the upstream must not run while the client still sends; a request must not be sent again
//! once a byte of it was written; and an upstream that has sent a status has answered.

use super::head::{self, Head, HeadFault, HeadStart, LeftOut, id_of};
use crate::base::lock::Locked;
use crate::proxy::body::BodyError;
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use http_body::{Body, Frame, SizeHint};
use std::{
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU32, Ordering::Relaxed},
    },
    task::{Context, Poll},
};

/// The side that a request waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    /// The client must send more of its body, which has its own timeout.
    Client,
    /// The upstream's: to take more of the body.
    Upstream,
    /// The upstream's: to answer. The body is gone, so all of it has been sent.
    Answer,
}

/// The progress of a request on a connection. The connection, the body in it and the waiting task share it. All three
/// are in one task at a time, so no ordering between threads is needed.
#[derive(Debug, Default)]
pub(super) struct Progress {
    /// A [`Turn`] in the two lowest bits; above it, how often one was said.
    said: AtomicU32,
    wrote: AtomicBool,
    /// The status of the answer, once its line has come, and [`WHOLE`] or [`NONE`] once no more of a head is expected.
    answer: AtomicU32,
    heads: Mutex<Heads>,
}

/// The head of an answer, as far as it is known.
#[derive(Debug, Default)]
struct Heads {
    /// The head, until it has been taken.
    came: Option<Head>,
    fault: Option<HeadFault>,
    /// The upstream's id of the request, where the head is not to be had.
    id: HeaderMap,
    /// A plain head, which the client library reads.
    plain: Vec<u8>,
    /// The number of fields so far, and the most that are allowed.
    fields: usize,
    most: usize,
}

/// An answer that begins, and is not to be had.
#[derive(Debug)]
pub(super) struct Cut {
    pub(super) status: StatusCode,
    /// The fields that could be read.
    pub(super) headers: HeaderMap,
    /// The fault in the head, if that is the reason.
    pub(super) fault: Option<HeadFault>,
}

/// Bytes of a plain head that room is kept for.
const PLAIN_BYTES: usize = 2 << 10;

/// The head of the answer has come.
const WHOLE: u32 = 1 << 16;
/// A state: the bytes that came are not an answer.
const NONE: u32 = 1 << 17;
/// The head of the answer is plain.
const PLAIN: u32 = 1 << 18;

/// A turn, and how often one was said until then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TurnMark(u32);

const TURN: u32 = 0b11;

impl Progress {
    /// A new request begins.
    pub(super) fn begin(&self) {
        self.wrote.store(false, Relaxed);
        self.answer.store(0, Relaxed);
        self.say(Turn::Upstream);
    }

    /// Tells whether any byte of the request may have left.
    pub(super) fn wrote(&self) -> bool {
        self.wrote.load(Relaxed)
    }

    /// A byte of the request may have left.
    pub(super) fn written(&self) {
        self.wrote.store(true, Relaxed);
    }

    /// Tells whether the next bytes are the head of an answer. Before a byte of the request was written they are not.
    pub(super) fn expects_head(&self) -> bool {
        self.wrote() && self.answer.load(Relaxed) & (WHOLE | NONE) == 0
    }

    /// The status line of the answer has come.
    pub(super) fn begins(&self, status: StatusCode) {
        self.answer.store(status.as_u16().into(), Relaxed);
    }

    /// Notes that the bytes that came are not an answer.
    pub(super) fn gave_up(&self) {
        self.answer.store(NONE, Relaxed);
    }

    /// The head of the answer has come.
    pub(super) fn came(&self, head: Head) {
        self.answer.store(WHOLE | u32::from(head.status.as_u16()), Relaxed);
        self.heads.locked().came = Some(head);
    }

    /// The head of the answer has come, or too much of it, and is not to be had.
    pub(super) fn refuse(&self, fault: HeadFault, id: HeaderMap) {
        self.answer.fetch_or(WHOLE, Relaxed);
        let mut heads = self.heads.locked();
        (heads.fault, heads.id) = (Some(fault), id);
    }

    /// The connection has ended within a head.
    pub(super) fn broke_off(&self, id: HeaderMap) {
        self.heads.locked().id = id;
    }

    /// The head of the answer has come, and the client library is to read it.
    pub(super) fn came_plain(&self, status: StatusCode, head: &[u8], fields: usize, most: usize) {
        self.answer.store(WHOLE | PLAIN | u32::from(status.as_u16()), Relaxed);
        let mut heads = self.heads.locked();
        heads.plain.clear();
        heads.plain.shrink_to(PLAIN_BYTES);
        heads.plain.extend_from_slice(head);
        (heads.fields, heads.most) = (fields, most);
    }

    /// Sees to it that the fields of an answer are all that came, where the client library has left some out. What
    /// cannot be read is given.
    ///
    /// # Errors
    /// An error if the answer is not to be had, though the library has read it.
    pub(super) fn take_head(&self, headers: &mut HeaderMap) -> Result<LeftOut, Option<Box<Cut>>> {
        let mut heads = self.heads.locked();
        if self.answer.load(Relaxed) & PLAIN == 0 {
            let head = heads.came.take().ok_or(None)?;
            *headers = head.headers;
            return Ok(head.left_out);
        }
        if headers.len() == heads.fields {
            return Ok(LeftOut::default());
        }
        let (plain, most) = (std::mem::take(&mut heads.plain), heads.most);
        drop(heads);
        let HeadStart::Line { status, modern, end } = head::start(&plain) else { return Err(None) };
        match head::read(&plain, (status, modern, end), most, &mut Vec::new()) {
            Ok(head) => {
                *headers = head.headers;
                Ok(head.left_out)
            }
            Err(fault) => Err(Some(Box::new(Cut { status, headers: id_of(&plain), fault: Some(fault) }))),
        }
    }

    /// Returns the known part of an answer that cannot be completed, if its status is known.
    pub(super) fn cut(&self) -> Option<Box<Cut>> {
        let answer = self.answer.load(Relaxed);
        let status = u16::try_from(answer & 0xffff).ok()?;
        let status = StatusCode::from_u16(status).ok()?;
        let mut heads = self.heads.locked();
        let id = match std::mem::take(&mut heads.id) {
            none if none.is_empty() && answer & PLAIN != 0 => id_of(&heads.plain),
            id => id,
        };
        let headers = heads.came.take().map_or(id, |head| head.headers);
        Some(Box::new(Cut { status, headers, fault: heads.fault.take() }))
    }

    pub(super) fn said(&self) -> TurnMark {
        TurnMark(self.said.load(Relaxed))
    }

    fn say(&self, turn: Turn) {
        let said = self.said.load(Relaxed);
        self.said.store((said & !TURN).wrapping_add(TURN + 1) | turn as u32, Relaxed);
    }
}

impl TurnMark {
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
pub(super) struct TrackedBody<B> {
    inner: B,
    gone: EndOfTurn,
}

/// Says that a body is gone.
#[derive(Debug)]
struct EndOfTurn(Arc<Progress>);

impl Drop for EndOfTurn {
    fn drop(&mut self) {
        self.0.say(Turn::Answer);
    }
}

impl<B> TrackedBody<B> {
    pub(super) fn new(inner: B, progress: Arc<Progress>) -> Self {
        TrackedBody { inner, gone: EndOfTurn(progress) }
    }

    pub(super) fn into_inner(self) -> B {
        self.inner
    }
}

impl<B: Body<Data = Bytes, Error = BodyError> + Unpin> Body for TrackedBody<B> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proxy::body::{
        IdleTimeout,
        tests::{data, fed},
    };
    use http_body_util::BodyExt;
    use std::time::Duration;

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
        let mut body = TrackedBody::new(body, Arc::clone(&progress));
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
        let mut body: IdleTimeout<_> = TrackedBody::new(body, progress).into_inner();
        assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "ab");
    }
}
