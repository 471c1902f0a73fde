//! A copy of a body, made as it passes: for what is done with it once the exchange is over.
//!
//! Nothing waits for a copy and no byte is copied: it holds the frames by reference ([`Bytes`]), up to a limit and as
//! far as the budget of memory has room, and is given up silently where either is not enough. It is worth something only
//! where it is whole ([`BodyCopy::whole`]).
//!
//! There are two ways to make one:
//! * Who polls a body anyway (as [`LoggedBody`](crate::proxy::request_log::LoggedBody) does with what the client gets) keeps a
//!   [`BodyCopy`] beside it and calls [`BodyCopy::saw`] with what the poll returned.
//! * A body that is handed on for good (a request's, an upstream's answer: both are [`IdleTimeout`](super::body::IdleTimeout)) takes
//!   a [`Tap`]. Its [`Copied`] yields the copy when that body has been dropped. The bytes are
//!   those that came, in the codings that they came in.
//!
//! ```text
//! let (tap, copied) = tap(limit, handler.budget.share());
//! let mut body = IdleTimeout::new(answer, idle, count);
//! body.tap(tap);
//! ...                                       // passed on, translated, cut short, whatever becomes of it
//! let bytes = copied.take().and_then(BodyCopy::whole);
//! ```
//!
//! Without a copy the cost is one comparison a frame.

use super::body::pieces::Pieces;
use crate::base::budget::Reservation;
use bytes::Bytes;
use http_body::Frame;
use std::task::Poll;
use tokio::sync::oneshot;

/// A copy of a body.
#[derive(Debug)]
pub(crate) struct BodyCopy {
    frames: Pieces,
    limit: u64,
    share: Reservation,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Growing,
    Whole,
    /// The copy was given up: the body is too large, there is no room, or the body has failed.
    GivenUp,
}

impl BodyCopy {
    /// A copy of at most `limit` bytes, covered by a share of the budget.
    pub(crate) fn new(limit: u64, share: Reservation) -> Self {
        BodyCopy { frames: Pieces::default(), limit, share, state: State::Growing }
    }

    /// Takes in what a poll of the body has returned; `ended` where the body says now that it is at its end.
    pub(crate) fn saw<E>(&mut self, polled: &Poll<Option<Result<Frame<Bytes>, E>>>, ended: bool) {
        match polled {
            Poll::Ready(Some(Ok(frame))) => {
                if let Some(data) = frame.data_ref() {
                    self.add(data);
                }
                if ended {
                    self.end();
                }
            }
            Poll::Ready(Some(Err(_))) => self.give_up(),
            Poll::Ready(None) => self.end(),
            Poll::Pending => {}
        }
    }

    fn add(&mut self, data: &Bytes) {
        if self.state == State::GivenUp || data.is_empty() {
            return;
        }
        let bytes = self.frames.bytes() + data.len();
        if bytes as u64 > self.limit || self.share.keep(bytes).is_err() {
            return self.give_up();
        }
        self.frames.push(data.clone());
    }

    /// The body is at its end. For one that nobody polls, because it is empty from the start.
    pub(crate) fn end(&mut self) {
        if self.state == State::Growing {
            self.state = State::Whole;
        }
    }

    fn give_up(&mut self) {
        self.state = State::GivenUp;
        self.frames = Pieces::default();
        // Less is always granted.
        let _ = self.share.keep(0);
    }

    /// All of the body, counted in the budget for as long as anybody has it; nothing where the copy is not whole.
    pub(crate) fn whole(mut self) -> Option<Bytes> {
        if self.state != State::Whole {
            return None;
        }
        let bytes = self.frames.bytes();
        if !self.frames.is_one() {
            // There are two of it while it is put together.
            self.share.keep(bytes.saturating_mul(2)).ok()?;
        }
        let body = self.frames.into_bytes();
        self.share.keep(bytes).ok()?;
        Some(self.share.bind(body))
    }
}

/// Makes a copy of the body that it is put in, and hands it over when it is dropped with that.
#[derive(Debug, Default)]
pub(crate) struct Tap(Option<Box<Tapped>>);

#[derive(Debug)]
struct Tapped {
    copy: BodyCopy,
    to: oneshot::Sender<BodyCopy>,
    /// The next tap of the same body.
    next: Tap,
}

/// The receiver of the copy that a [`Tap`] makes.
#[derive(Debug)]
pub(crate) struct Copied(oneshot::Receiver<BodyCopy>);

/// A tap, and where its copy comes out. `limit` and `share` as in [`BodyCopy::new`].
pub(crate) fn tap(limit: u64, share: Reservation) -> (Tap, Copied) {
    let (to, copied) = oneshot::channel();
    (
        Tap(Some(Box::new(Tapped { copy: BodyCopy::new(limit, share), to, next: Tap::default() }))),
        Copied(copied),
    )
}

/// Collects taps of the same body into one that feeds all of them.
impl FromIterator<Tap> for Tap {
    fn from_iter<I: IntoIterator<Item = Tap>>(taps: I) -> Self {
        taps.into_iter().fold(Tap::default(), |all, tap| tap.beside(all))
    }
}

impl Tap {
    /// Puts another tap of the same body beside this one.
    fn beside(mut self, other: Tap) -> Tap {
        match &mut self.0 {
            Some(tapped) => {
                tapped.next = std::mem::take(&mut tapped.next).beside(other);
                self
            }
            None => other,
        }
    }

    /// Does what [`BodyCopy::saw`] does. `ended` is called only if a copy is made.
    pub(crate) fn saw<E>(
        &mut self,
        polled: &Poll<Option<Result<Frame<Bytes>, E>>>,
        ended: impl FnOnce() -> bool,
    ) {
        if self.0.is_some() {
            self.follow(polled, ended());
        }
    }

    /// Does what [`BodyCopy::end`] does.
    pub(crate) fn end(&mut self) {
        if let Some(tapped) = &mut self.0 {
            tapped.copy.end();
            tapped.next.end();
        }
    }

    /// Shows the same to the next tap.
    fn follow<E>(&mut self, polled: &Poll<Option<Result<Frame<Bytes>, E>>>, ended: bool) {
        if let Some(tapped) = &mut self.0 {
            tapped.copy.saw(polled, ended);
            tapped.next.follow(polled, ended);
        }
    }
}

impl Drop for Tap {
    fn drop(&mut self) {
        if let Some(tapped) = self.0.take() {
            // Nobody has to want it any more.
            let _ = tapped.to.send(tapped.copy);
        }
    }
}

impl Copied {
    /// The copy, where the body has been dropped; one that is not whole, too.
    pub(crate) fn take(mut self) -> Option<BodyCopy> {
        self.0.try_recv().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        base::budget::Budget,
        proxy::body::{
            IdleTimeout,
            tests::{data, fed},
        },
    };
    use http_body::Body;
    use http_body_util::{BodyExt, Full};
    use std::{convert::Infallible, sync::Arc, time::Duration};

    const LONG: Duration = Duration::from_secs(9);

    fn frame(bytes: Bytes) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(Some(Ok(Frame::data(bytes))))
    }

    fn copy(frames: &[&'static [u8]], limit: u64, budget: &Arc<Budget>) -> BodyCopy {
        let mut copy = BodyCopy::new(limit, budget.share());
        frames.iter().for_each(|data| copy.saw(&frame(Bytes::from_static(data)), false));
        copy
    }

    #[test]
    fn is_worth_something_only_where_it_is_whole() {
        let budget = Budget::new(1 << 20);
        let mut whole = copy(&[b"ab", b"", b"c"], 3, &budget);
        whole.saw::<Infallible>(&Poll::Pending, false);
        whole.saw::<Infallible>(&Poll::Ready(None), true);
        assert_eq!(whole.whole().unwrap(), "abc");
        assert_eq!(copy(&[b"ab"], 3, &budget).whole(), None, "the end was not seen");
        let mut known = copy(&[], 3, &budget);
        known.saw(&frame(Bytes::from_static(b"abc")), true);
        assert_eq!(known.whole().unwrap(), "abc", "a body of known length is not asked for its end");
        let mut broken = copy(&[b"ab"], 3, &budget);
        broken.saw(&Poll::Ready(Some(Err("reset"))), true);
        broken.end();
        assert_eq!(broken.whole(), None);
        let mut large = copy(&[b"ab", b"cd", b"e"], 3, &budget);
        large.end();
        assert_eq!(large.whole(), None);
    }

    #[test]
    fn one_frame_is_not_copied() {
        let budget = Budget::new(0);
        let bytes = Bytes::from(vec![7; 100]);
        let mut copy = BodyCopy::new(100, budget.share());
        copy.saw(&frame(bytes.clone()), true);
        assert_eq!(copy.whole().unwrap().as_ptr(), bytes.as_ptr());
    }

    #[test]
    fn row_32_is_counted_in_the_budget_and_given_up_where_that_is_full() {
        let budget = Budget::new(64 << 10);
        let piece = Bytes::from(vec![7; 16 << 10]);
        let mut copy = BodyCopy::new(1 << 20, budget.share());
        copy.saw(&frame(piece.clone()), false);
        copy.saw(&frame(piece.clone()), true);
        assert_eq!(budget.used_and_limit().0, 32 << 10);
        let whole = copy.whole().unwrap();
        assert_eq!((whole.len(), budget.used_and_limit().0), (32 << 10, 32 << 10));
        let mut other = BodyCopy::new(1 << 20, budget.share());
        (0..3).for_each(|_| other.saw(&frame(piece.clone()), false));
        other.end();
        assert_eq!(budget.used_and_limit().0, 32 << 10, "nothing is kept of what is given up");
        assert_eq!(other.whole(), None);
        drop(whole);
        assert_eq!(budget.used_and_limit().0, 0);
    }

    #[tokio::test]
    async fn a_tapped_body_passes_as_ever_and_its_copy_comes_out_when_it_is_dropped() {
        let budget = Budget::new(1 << 20);
        let (sender, mut body, _) = fed(vec![data("ab"), data("c")], LONG);
        let (own, copied) = tap(9, budget.share());
        body.tap(own);
        drop(sender);
        assert_eq!((&mut body).collect().await.unwrap().to_bytes(), "abc");
        drop(body);
        assert_eq!(copied.take().and_then(BodyCopy::whole).unwrap(), "abc");

        let (_sender, mut body, _) = fed(vec![data("ab")], LONG);
        let (own, copied) = tap(9, budget.share());
        body.tap(own);
        body.frame().await.unwrap().unwrap();
        drop(body);
        assert_eq!(copied.take().and_then(BodyCopy::whole), None, "cut short");

        let (_sender, mut body, _) = fed(vec![], LONG);
        let (own, copied) = tap(9, budget.share());
        body.tap(own);
        assert!(copied.take().is_none(), "still under way");
    }

    #[tokio::test]
    async fn two_taps_of_one_body_have_a_copy_each() {
        let budget = Budget::new(1 << 20);
        let (sender, mut body, _) = fed(vec![data("ab"), data("c")], LONG);
        let ((one, first), (other, second)) = (tap(9, budget.share()), tap(2, budget.share()));
        body.tap([one, other].into_iter().collect());
        drop(sender);
        assert_eq!(body.collect().await.unwrap().to_bytes(), "abc");
        assert_eq!(first.take().and_then(BodyCopy::whole).unwrap(), "abc");
        assert_eq!(second.take().and_then(BodyCopy::whole), None, "over its own limit");
    }

    #[tokio::test]
    async fn a_body_that_is_not_asked_for_its_end_is_whole() {
        let budget = Budget::new(1 << 20);
        for text in ["abc", ""] {
            let (own, copied) = tap(9, budget.share());
            let mut body =
                IdleTimeout::new(Full::new(Bytes::from_static(text.as_bytes())), LONG, Default::default());
            body.tap(own);
            if !body.is_end_stream() {
                body.frame().await.unwrap().unwrap();
            }
            drop(body);
            assert_eq!(copied.take().and_then(BodyCopy::whole).unwrap(), text);
        }
    }
}
