//! Bodies at the edges: read whole up to a limit, or passed on frame by frame under an idle timeout.
//!
//! | file | is |
//! |---|---|
//! | `up` | the body of a request on its way up |
//! | `down` | the body of an answer on its way down |
//! | `pieces` | pieces of a body that wait |

pub(crate) mod down;
pub(crate) mod pieces;
pub(crate) mod up;

use super::{
    coding::{DecodeError, Source},
    copy::Tap,
    end_check::NotWhole,
};
use crate::base::budget::{Exhausted, Reservation};
use bytes::Bytes;
use dateline_core::translate::Untranslatable;
use dateline_http::joined::Joined;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::time::{Instant, Sleep, sleep_until};

/// The type of all errors of a transport's body.
pub(crate) type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// A reason why a body ended too early.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BodyError {
    #[error("no data for {0:?}")]
    Idle(Duration),
    #[error("{0:?} of waiting, and not at its end")]
    Slow(Duration),
    #[error("the body ended early or is malformed")]
    Broken(#[source] BoxError),
    #[error(transparent)]
    Untranslatable(#[from] Untranslatable),
    #[error(transparent)]
    Undecodable(#[from] DecodeError),
    #[error(transparent)]
    Exhausted(#[from] Exhausted),
    #[error("the response could not be coded")]
    Unencodable(#[source] std::io::Error),
    #[error(transparent)]
    NotWhole(#[from] NotWhole),
}

/// A reason why a body could not be read whole.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CollectError {
    #[error("over {0} bytes")]
    TooLarge(u64),
    #[error(transparent)]
    Body(#[from] BodyError),
}

/// The bytes that passed through a body so far, and how long its last one took where that is measured.
#[derive(Debug, Clone, Default)]
pub(crate) struct Count {
    counted: Arc<Counted>,
    /// The time since which the last byte is awaited.
    since: Option<std::time::Instant>,
}

#[derive(Debug, Default)]
struct Counted {
    bytes: AtomicU64,
    /// Microseconds to the last byte, and one more; 0 while that has not come.
    whole_after: AtomicU64,
}

impl Count {
    /// A count that also measures how long after `since` the last byte comes.
    pub(crate) fn since(since: Option<std::time::Instant>) -> Self {
        Count { since, ..Count::default() }
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.counted.bytes.load(Ordering::Relaxed)
    }

    /// Returns the time that the last byte took, or `None` if it has not come or is not measured.
    pub(crate) fn whole_after(&self) -> Option<Duration> {
        self.counted.whole_after.load(Ordering::Relaxed).checked_sub(1).map(Duration::from_micros)
    }

    fn add(&self, bytes: usize) {
        self.counted.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// Says that the last byte has come.
    fn end(&self) {
        if let Some(since) = self.since.filter(|_| self.whole_after().is_none()) {
            let micros = u64::try_from(since.elapsed().as_micros()).unwrap_or(u64::MAX - 1);
            self.counted.whole_after.store(micros.saturating_add(1), Ordering::Relaxed);
        }
    }
}

/// A body that fails where it pauses for longer than a limit, or where its pauses come to more than another.
///
/// Counts the bytes that it yields and ends at the trailers: trailer fields are nobody's business here, and merged
/// into a head they would be dangerous (RFC 9110, 6.5.1).
#[derive(Debug)]
pub(crate) struct IdleTimeout<B> {
    inner: B,
    idle: Duration,
    /// The limit for all pauses, and what is left of it.
    total: Option<(Duration, Duration)>,
    /// Kept from pause to pause.
    timer: Option<Pin<Box<Sleep>>>,
    /// The time of the first poll that found nothing.
    paused: Option<Instant>,
    count: Count,
    tap: Tap,
}

impl<B> IdleTimeout<B> {
    pub(crate) fn new(inner: B, idle: Duration, count: Count) -> Self
    where
        B: Body,
    {
        // Nobody polls a body that is empty from the start.
        if count.since.is_some() && inner.is_end_stream() {
            count.end();
        }
        IdleTimeout { inner, idle, total: None, timer: None, paused: None, count, tap: Tap::default() }
    }

    /// Has a copy made of what passes.
    pub(crate) fn tap(&mut self, mut tap: Tap)
    where
        B: Body,
    {
        if self.inner.is_end_stream() {
            tap.end();
        }
        self.tap = tap;
    }

    /// Sets a limit on all of its pauses together. Time in which nobody asks for more is not the sender's.
    pub(crate) fn limit_pauses(&mut self, total: Duration) {
        self.total = Some((total, total));
    }

    /// Notes that no data is ready. Returns an error if that has lasted too long.
    fn pause(&mut self, cx: &mut Context<'_>) -> Poll<BodyError> {
        let limit = self.total.map_or(self.idle, |(_, left)| left.min(self.idle));
        let until = *self.paused.get_or_insert_with(Instant::now) + limit;
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(until)));
        if timer.deadline() != until {
            timer.as_mut().reset(until);
        }
        ready!(timer.as_mut().poll(cx));
        Poll::Ready(match self.total {
            Some((total, left)) if left < self.idle => BodyError::Slow(total),
            _ => BodyError::Idle(self.idle),
        })
    }

    /// Notes that data is ready.
    fn go_on(&mut self) {
        if let (Some(since), Some((_, left))) = (self.paused.take(), &mut self.total) {
            *left = left.saturating_sub(since.elapsed());
        }
    }
}

impl<B> Body for IdleTimeout<B>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<BoxError>,
{
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = self.get_mut();
        let Poll::Ready(frame) = Pin::new(&mut this.inner).poll_frame(cx) else {
            return this.pause(cx).map(|error| Some(Err(error)));
        };
        this.go_on();
        let frame = Poll::Ready(match frame {
            Some(Ok(frame)) => frame.into_data().ok().map(|data| {
                this.count.add(data.len());
                Ok(Frame::data(data))
            }),
            Some(Err(error)) => Some(Err(BodyError::Broken(error.into()))),
            None => None,
        });
        let inner = &this.inner;
        // One of known length is not asked whether it has ended.
        let has_ended = || match &frame {
            Poll::Ready(Some(Ok(_))) => inner.is_end_stream(),
            Poll::Ready(None) => true,
            Poll::Ready(Some(Err(_))) | Poll::Pending => false,
        };
        if this.count.since.is_some() && has_ended() {
            this.count.end();
        }
        this.tap.saw(&frame, || inner.is_end_stream());
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// Reads a body whole. `share` covers it.
///
/// # Errors
/// A [`CollectError`] if the body is over `limit` bytes, which its announced length may tell already, if it ends early,
/// or if so many bytes are kept that there is no room.
pub(crate) async fn collect<B>(
    mut body: Source<B>,
    limit: u64,
    share: &mut Reservation,
) -> Result<Bytes, CollectError>
where
    B: Body<Data = Bytes, Error = BodyError> + Unpin,
{
    if body.size_hint().lower() > limit {
        return Err(CollectError::TooLarge(limit));
    }
    share.keep(body.kept()).map_err(BodyError::from)?;
    let mut whole = Joined::default();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame?.into_data() else { continue };
        let length = whole.bytes() + data.len();
        if length as u64 > limit {
            return Err(CollectError::TooLarge(limit));
        }
        share.keep(length + body.kept()).map_err(BodyError::from)?;
        whole.push(data);
    }
    Ok(whole.into_bytes())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::base::budget::Budget;
    use http_body_util::Full;
    use tokio::sync::mpsc;

    pub(crate) type Sent = Result<Frame<Bytes>, std::io::Error>;

    /// A body that is fed by a test.
    #[derive(Debug)]
    pub(crate) struct Fed(mpsc::UnboundedReceiver<Sent>);

    impl Body for Fed {
        type Data = Bytes;
        type Error = std::io::Error;

        fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Sent>> {
            self.0.poll_recv(cx)
        }
    }

    pub(crate) fn fed(
        frames: Vec<Sent>,
        idle: Duration,
    ) -> (mpsc::UnboundedSender<Sent>, IdleTimeout<Fed>, Count) {
        let (sender, receiver) = mpsc::unbounded_channel();
        frames.into_iter().for_each(|frame| sender.send(frame).unwrap());
        let count = Count::default();
        (sender, IdleTimeout::new(Fed(receiver), idle, count.clone()), count)
    }

    const IDLE: Duration = Duration::from_millis(20);

    pub(crate) fn data(text: &'static str) -> Sent {
        Ok(Frame::data(Bytes::from_static(text.as_bytes())))
    }

    #[tokio::test]
    async fn reads_whole_bodies_up_to_the_limit() {
        let read = |frames: Vec<Sent>, limit| async move {
            let (sender, body, _) = fed(frames, IDLE);
            drop(sender);
            collect(Source::Plain(body), limit, &mut Budget::new(1 << 20).share()).await
        };
        assert_eq!(read(vec![], 0).await.unwrap(), "");
        assert_eq!(read(vec![data("abc")], 3).await.unwrap(), "abc");
        assert_eq!(read(vec![data("ab"), data(""), data("c"), data("d")], 4).await.unwrap(), "abcd");
        assert!(matches!(read(vec![data("ab"), data("cd")], 3).await, Err(CollectError::TooLarge(3))));
    }

    #[tokio::test]
    async fn an_announced_length_over_the_limit_is_not_read() {
        let count = Count::default();
        let body =
            IdleTimeout::new(Full::new(Bytes::from_static(b"abcd")), Duration::from_secs(1), count.clone());
        assert!(matches!(
            collect(Source::Plain(body), 3, &mut Budget::new(0).share()).await,
            Err(CollectError::TooLarge(3))
        ));
        assert_eq!(count.bytes(), 0);
    }

    #[tokio::test]
    async fn a_pause_over_the_limit_is_an_error() {
        let (_sender, body, count) = fed(vec![data("ab")], IDLE);
        let error = collect(Source::Plain(body), 10, &mut Budget::new(0).share()).await.unwrap_err();
        assert!(matches!(error, CollectError::Body(BodyError::Idle(_))), "{error:?}");
        assert_eq!(count.bytes(), 2);
    }

    #[tokio::test]
    async fn pauses_add_up() {
        let (sender, mut body, count) = fed(Vec::new(), IDLE * 10);
        body.limit_pauses(IDLE * 3);
        let drips = tokio::spawn(async move {
            while sender.send(data("a")).is_ok() {
                tokio::time::sleep(IDLE).await;
            }
        });
        let error = collect(Source::Plain(body), 100, &mut Budget::new(0).share()).await.unwrap_err();
        assert!(matches!(error, CollectError::Body(BodyError::Slow(_))), "{error:?}");
        assert!((1..=4).contains(&count.bytes()), "{}", count.bytes());
        drips.await.unwrap();
    }

    #[tokio::test]
    async fn a_broken_body_is_not_a_short_one() {
        let (_sender, body, _) = fed(vec![data("ab"), Err(std::io::Error::other("reset"))], IDLE);
        let error = collect(Source::Plain(body), 10, &mut Budget::new(0).share()).await.unwrap_err();
        assert!(matches!(error, CollectError::Body(BodyError::Broken(_))), "{error:?}");
    }

    #[tokio::test]
    async fn trailers_end_a_body_and_go_nowhere() {
        let trailers = Frame::trailers(http::HeaderMap::new());
        let (_sender, mut body, _) = fed(vec![data("ab"), Ok(trailers)], IDLE);
        assert!(body.frame().await.unwrap().unwrap().is_data());
        assert!(body.frame().await.is_none());
    }
}
