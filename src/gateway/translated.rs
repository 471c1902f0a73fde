//! A translated answer: begun while an error can still be told in its place, then passed on as it comes.

use super::body::{BodyError, CollectError, Timed};
use crate::{step::Losses, translate::ResponseStream};
use bytes::Bytes;
use http_body::{Body, Frame};
use std::{
    collections::VecDeque,
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::time::{Sleep, sleep};

/// How long the head waits for the end of a body of unknown length, from its first byte.
const PATIENCE: Duration = Duration::from_millis(10);

/// A body that is translated on its way. It never ends but where the upstream's has, whole and translated.
#[derive(Debug)]
pub(crate) struct Translated<B> {
    inner: Timed<B>,
    stream: ResponseStream,
    /// Translated, and not yet taken.
    ready: VecDeque<Bytes>,
    /// Bytes of the upstream's body so far.
    read: u64,
    /// What was lost, once that is known: at the end.
    losses: Option<Losses>,
}

/// What an answer begins with.
#[derive(Debug)]
pub(crate) enum Begun<B> {
    /// All of it, and what it lost.
    Whole(Bytes, Losses),
    /// The rest of it is to come.
    Stream(Box<Translated<B>>),
}

/// How much of an answer is read before its head is sent.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Until {
    /// All, up to so many bytes: the client cannot tell a body that is broken off from a whole one.
    End {
        /// In bytes of the upstream's body.
        limit: u64,
    },
    /// So many bytes, or as much as comes within [`PATIENCE`]; all where its length is known and not above that.
    Bytes(u64),
}

impl<B> Translated<B>
where
    Timed<B>: Body<Data = Bytes, Error = BodyError> + Unpin,
{
    pub(crate) fn new(inner: Timed<B>, stream: ResponseStream) -> Self {
        Translated { inner, stream, ready: VecDeque::new(), read: 0, losses: None }
    }

    /// Reads the beginning, or all.
    ///
    /// # Errors
    /// What has come cannot be translated, or is over the limit.
    pub(crate) async fn begin(mut self, until: Until) -> Result<Begun<B>, CollectError> {
        let length = self.inner.size_hint();
        let patient = match until {
            Until::End { limit } if length.lower() > limit => return Err(CollectError::TooLarge(limit)),
            Until::End { .. } => true,
            Until::Bytes(enough) => length.exact().is_some_and(|length| length <= enough),
        };
        let mut pause: Option<Pin<Box<Sleep>>> = None;
        poll_fn(|cx| {
            loop {
                match self.poll_more(cx)? {
                    Poll::Ready(false) => return Poll::Ready(Ok(())),
                    Poll::Ready(true) => match until {
                        Until::End { limit } if self.read > limit => {
                            return Poll::Ready(Err(CollectError::TooLarge(limit)));
                        }
                        Until::Bytes(enough) if self.read > enough => return Poll::Ready(Ok(())),
                        _ => {}
                    },
                    Poll::Pending if patient || self.read == 0 => return Poll::Pending,
                    Poll::Pending => {
                        ready!(pause.get_or_insert_with(|| Box::pin(sleep(PATIENCE))).as_mut().poll(cx));
                        return Poll::Ready(Ok(()));
                    }
                }
            }
        })
        .await?;
        Ok(match self.losses.take() {
            Some(losses) => Begun::Whole(joined(self.ready), losses),
            None => Begun::Stream(Box::new(self)),
        })
    }

    /// Reads and translates the next chunk; `false` at the end.
    fn poll_more(&mut self, cx: &mut Context<'_>) -> Poll<Result<bool, BodyError>> {
        if self.losses.is_some() {
            return Poll::Ready(Ok(false));
        }
        Poll::Ready(match ready!(Pin::new(&mut self.inner).poll_frame(cx)) {
            Some(frame) => {
                if let Ok(data) = frame?.into_data() {
                    self.read += data.len() as u64;
                    self.ready.extend(self.stream.feed(&data)?);
                }
                Ok(true)
            }
            None => {
                self.losses = Some(self.stream.finish()?);
                Ok(false)
            }
        })
    }

    /// What was lost; nothing before the end, and once only.
    pub(crate) fn take_losses(&mut self) -> Option<Losses> {
        self.losses.as_mut().map(std::mem::take)
    }
}

impl<B> Body for Translated<B>
where
    Timed<B>: Body<Data = Bytes, Error = BodyError> + Unpin,
{
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = self.get_mut();
        loop {
            if let Some(piece) = this.ready.pop_front() {
                return Poll::Ready(Some(Ok(Frame::data(piece))));
            }
            match ready!(this.poll_more(cx)) {
                Ok(true) => {}
                Ok(false) => return Poll::Ready(None),
                Err(error) => return Poll::Ready(Some(Err(error))),
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.losses.is_some() && self.ready.is_empty()
    }
}

/// The pieces as one; most answers are one.
fn joined(pieces: VecDeque<Bytes>) -> Bytes {
    match <[Bytes; 1]>::try_from(Vec::from(pieces)) {
        Ok([piece]) => piece,
        Err(pieces) => pieces.concat().into(),
    }
}

#[cfg(test)]
mod tests;
