//! An answer that passes as it came. What has come by then is read before its head is sent, so that what goes wrong
//! at once can still be told in its place.

use super::{
    body::{BodyError, IdleTimeout, pieces::Pieces},
    end_check::EndChecked,
    translated::PATIENCE,
    upstream::Answer,
};
use crate::base::budget::Reservation;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use std::{
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll, ready},
};
use tokio::time::{Sleep, sleep};

/// A body that has begun.
#[derive(Debug)]
pub(crate) struct Passed<B = Answer> {
    /// The data that was read and has not gone on.
    ready: Pieces,
    inner: EndChecked<B>,
    /// True once all data has been read.
    ended: bool,
}

/// The start of an answer that passes.
#[derive(Debug)]
pub(crate) enum PassedStart<B = Answer> {
    /// All of it, in one piece.
    Whole(Bytes),
    /// The rest of it is to come.
    Stream(Box<Passed<B>>),
}

impl<B> Passed<B>
where
    IdleTimeout<B>: Body<Data = Bytes, Error = BodyError> + Unpin,
{
    /// Reads all, up to `limit` bytes and as far as there is room: what is longer goes on as it comes. `share` covers
    /// what is whole.
    ///
    /// # Errors
    /// The body is broken, or stands still.
    pub(crate) async fn whole(
        mut inner: EndChecked<B>,
        limit: u64,
        mut share: Reservation,
    ) -> Result<PassedStart<B>, BodyError> {
        let mut ready = Pieces::default();
        if inner.size_hint().lower() <= limit {
            loop {
                let Some(frame) = inner.frame().await.transpose()? else {
                    return Ok(PassedStart::Whole(share.bind(ready.into_bytes())));
                };
                let Ok(data) = frame.into_data() else { continue };
                ready.push(data);
                if ready.bytes() as u64 > limit || share.keep(ready.bytes()).is_err() {
                    break;
                }
            }
        }
        let ended = inner.is_end_stream();
        Ok(PassedStart::Stream(Box::new(Passed { ready, inner, ended })))
    }

    /// Reads what is there, without waiting, until it is more than `enough` bytes. Only where the body tells by itself
    /// whether it is whole, its first byte is waited for and, for a little while, its end.
    ///
    /// # Errors
    /// The body is broken.
    pub(crate) async fn begin(mut inner: EndChecked<B>, enough: u64) -> Result<PassedStart<B>, BodyError> {
        let mut ready = Pieces::default();
        let mut pause: Option<Pin<Box<Sleep>>> = None;
        let ended = poll_fn(|cx| {
            while ready.bytes() as u64 <= enough && !inner.is_end_stream() {
                let Poll::Ready(frame) = Pin::new(&mut inner).poll_frame(cx) else {
                    if inner.is_sure() {
                        ready!(wait(&mut pause, !ready.is_empty(), cx));
                    }
                    return Poll::Ready(Ok::<_, BodyError>(false));
                };
                let Some(frame) = frame.transpose()? else { return Poll::Ready(Ok(true)) };
                if let Ok(data) = frame.into_data() {
                    ready.push(data);
                }
            }
            Poll::Ready(Ok(inner.is_end_stream()))
        });
        let ended = ended.await?;
        let is_whole = ended && (inner.is_sure() || (ready.is_one() && inner.size_hint().exact().is_some()));
        Ok(match is_whole {
            true => PassedStart::Whole(ready.into_bytes()),
            false => PassedStart::Stream(Box::new(Passed { ready, inner, ended })),
        })
    }
}

/// Waits for as long as a head does, from the first byte on.
fn wait(pause: &mut Option<Pin<Box<Sleep>>>, has_begun: bool, cx: &mut Context<'_>) -> Poll<()> {
    match has_begun {
        true => pause.get_or_insert_with(|| Box::pin(sleep(PATIENCE))).as_mut().poll(cx),
        false => Poll::Pending,
    }
}

impl<B> Body for Passed<B>
where
    IdleTimeout<B>: Body<Data = Bytes, Error = BodyError> + Unpin,
{
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        if let Some(piece) = self.ready.pop() {
            return Poll::Ready(Some(Ok(Frame::data(piece))));
        }
        if self.ended {
            return Poll::Ready(None);
        }
        Pin::new(&mut self.inner).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.ready.is_empty() && (self.ended || self.inner.is_end_stream())
    }

    fn size_hint(&self) -> SizeHint {
        let ready = self.ready.bytes() as u64;
        let mut hint = self.inner.size_hint();
        if let Some(upper) = hint.upper() {
            hint.set_upper(upper + ready);
        }
        hint.set_lower(hint.lower() + ready);
        hint
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proxy::body::{
        Count,
        tests::{Fed, data, fed},
    };
    use http_body_util::Full;
    use std::time::Duration;

    const IDLE: Duration = Duration::from_secs(9);

    fn stream<B: std::fmt::Debug>(begun: PassedStart<B>) -> Box<Passed<B>> {
        match begun {
            PassedStart::Stream(body) => body,
            PassedStart::Whole(_) => panic!("{begun:?}"),
        }
    }

    fn unchecked<B>(body: IdleTimeout<B>) -> EndChecked<B> {
        EndChecked::new(body, None)
    }

    #[tokio::test]
    async fn one_piece_of_known_length_is_whole() {
        let body = unchecked(IdleTimeout::new(Full::new(Bytes::from_static(b"abc")), IDLE, Count::default()));
        assert!(matches!(Passed::begin(body, 9).await.unwrap(), PassedStart::Whole(body) if body == "abc"));
    }

    #[tokio::test]
    async fn what_is_there_is_read_and_the_rest_is_not_waited_for() {
        let (sender, body, count) = fed(vec![data("ab"), data("c")], IDLE);
        let mut body = stream(Passed::begin(unchecked(body), 9).await.unwrap());
        assert_eq!((count.bytes(), body.size_hint().lower()), (3, 3));
        sender.send(data("d")).unwrap();
        drop(sender);
        assert!(!body.is_end_stream());
        assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "ab");
        assert_eq!(body.collect().await.unwrap().to_bytes(), "cd");
    }

    #[tokio::test]
    async fn no_more_is_read_than_is_enough() {
        let (_sender, body, count) = fed(vec![data("ab"), data("c"), data("d")], IDLE);
        stream(Passed::begin(unchecked(body), 2).await.unwrap());
        assert_eq!(count.bytes(), 3);
    }

    #[tokio::test]
    async fn an_end_that_has_been_seen_is_not_asked_for_again() {
        let (sender, body, _) = fed(vec![data("ab")], IDLE);
        drop(sender);
        let mut body: Box<Passed<Fed>> = stream(Passed::begin(unchecked(body), 9).await.unwrap());
        assert!(body.frame().await.unwrap().is_ok());
        assert!(body.is_end_stream() && body.frame().await.is_none());
    }

    #[tokio::test]
    async fn row_37_what_is_broken_at_once_is_an_error() {
        let (_sender, body, _) = fed(vec![data("ab"), Err(std::io::Error::other("reset"))], IDLE);
        assert!(matches!(Passed::begin(unchecked(body), 9).await, Err(BodyError::Broken(_))));
    }
}
