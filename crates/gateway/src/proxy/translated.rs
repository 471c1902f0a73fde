//! A translated answer: begun while an error can still be told in its place, then passed on as it comes.

use super::{
    body::{BodyError, CollectError, IdleTimeout, pieces::Pieces},
    coding::{Coding, Encoder, Source, encoded},
};
use crate::{base::budget::Reservation, observe::stats::Translation};
use bytes::Bytes;
use dateline_core::{step::Losses, translate::ResponseStream};
use http_body::{Body, Frame};
use std::{
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll, ready},
    time::{Duration, Instant},
};
use tokio::time::{Sleep, sleep};

/// The time that the head waits for the end of a body of unknown length, once data is ready to follow the head.
pub(crate) const PATIENCE: Duration = Duration::from_millis(10);

/// A body that is translated on its way. It never ends but where the upstream's has, whole and translated.
#[derive(Debug)]
pub(crate) struct Translated<B> {
    inner: Source<IdleTimeout<B>>,
    stream: ResponseStream,
    /// The content coding for the client.
    coding: Option<Coding>,
    /// The encoder of a body that is streamed with a content coding, until its end.
    encoder: Option<Encoder>,
    /// Covers what is kept here.
    share: Reservation,
    /// Translated, and not yet taken.
    ready: Pieces,
    /// The effort of the translation so far. Its bytes are those of the upstream's body, decoded.
    translation: Translation,
    /// The losses, which are known at the end.
    losses: Option<Losses>,
    /// The error that ends the body once the data before it is out.
    failed: Option<BodyError>,
}

/// The start of an answer that is translated.
#[derive(Debug)]
pub(crate) enum TranslatedStart<B> {
    /// All of it.
    Whole {
        /// The body, with its content coding unless it is empty.
        body: Bytes,
        losses: Losses,
        translation: Translation,
    },
    /// The rest of it is to come.
    Stream(Box<Translated<B>>),
}

/// The part of an answer that is read before its head is sent. In every case data is then ready to follow the head: a
/// head alone would be worthless to a client, and an error could no longer replace it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum ReadUntil {
    /// All, up to so many bytes: the client cannot tell a body that is broken off from a whole one.
    End {
        /// The limit in bytes of the upstream's body, decoded.
        limit: u64,
    },
    /// This many bytes, or as much as arrives within [`PATIENCE`]. The whole body if its length is known and not above
    /// that.
    Bytes(u64),
}

impl<B> Translated<B>
where
    IdleTimeout<B>: Body<Data = Bytes, Error = BodyError> + Unpin,
{
    /// A translation for a client that gets it in a coding, or in none.
    pub(crate) fn new(
        inner: Source<IdleTimeout<B>>,
        stream: ResponseStream,
        coding: Option<Coding>,
        share: Reservation,
    ) -> Self {
        Translated {
            inner,
            stream,
            coding,
            encoder: None,
            share,
            ready: Pieces::default(),
            translation: Translation::default(),
            losses: None,
            failed: None,
        }
    }

    /// Reads the beginning, or all.
    ///
    /// # Errors
    /// A [`CollectError`] if what has come cannot be translated, is over the limit, or finds no room.
    pub(crate) async fn begin(mut self, until: ReadUntil) -> Result<TranslatedStart<B>, CollectError> {
        self.share.keep(self.inner.kept()).map_err(BodyError::from)?;
        let length = self.inner.announced();
        let (patient, enough) = match until {
            ReadUntil::End { limit } if length.lower() > limit => return Err(CollectError::TooLarge(limit)),
            ReadUntil::End { limit } => (true, limit),
            ReadUntil::Bytes(enough) => (length.exact().is_some_and(|length| length <= enough), enough),
        };
        let mut pause: Option<Pin<Box<Sleep>>> = None;
        poll_fn(|cx| {
            loop {
                match self.poll_more(cx)? {
                    Poll::Ready(false) => return Poll::Ready(Ok(())),
                    Poll::Ready(true) => match until {
                        ReadUntil::End { limit } if self.translation.bytes > limit => {
                            return Poll::Ready(Err(CollectError::TooLarge(limit)));
                        }
                        ReadUntil::Bytes(enough)
                            if self.translation.bytes > enough && self.has_begun(enough) =>
                        {
                            return Poll::Ready(Ok(()));
                        }
                        _ => {}
                    },
                    Poll::Pending if patient || !self.has_begun(enough) => return Poll::Pending,
                    Poll::Pending => {
                        ready!(pause.get_or_insert_with(|| Box::pin(sleep(PATIENCE))).as_mut().poll(cx));
                        return Poll::Ready(Ok(()));
                    }
                }
            }
        })
        .await?;
        let Some(losses) = self.losses.take() else {
            let encoder = self.coding.map(|coding| Encoder::new(coding, None)).transpose();
            self.encoder = encoder.map_err(BodyError::Unencodable)?;
            // While an error can still be told.
            let kept = self.kept();
            self.share.keep(kept).map_err(BodyError::from)?;
            return Ok(TranslatedStart::Stream(Box::new(self)));
        };
        let mut body = self.ready.into_bytes();
        if let Some(coding) = self.coding.filter(|_| !body.is_empty()) {
            body = encoded(coding, &body).map_err(BodyError::Unencodable)?;
        }
        self.share.keep(body.len()).map_err(BodyError::from)?;
        Ok(TranslatedStart::Whole { body: self.share.bind(body), losses, translation: self.translation })
    }

    /// Tells whether the data that is ready is worth sending a head: more than the text before the first object that is
    /// translated, or more than `enough` bytes of that text.
    fn has_begun(&self, enough: u64) -> bool {
        !self.ready.is_empty() && (!self.stream.gathers_first() || self.ready.bytes() as u64 > enough)
    }

    /// Reads and translates the next chunk; `false` at the end.
    fn poll_more(&mut self, cx: &mut Context<'_>) -> Poll<Result<bool, BodyError>> {
        if self.losses.is_some() {
            return Poll::Ready(Ok(false));
        }
        Poll::Ready(match ready!(Pin::new(&mut self.inner).poll_frame(cx)) {
            Some(frame) => {
                if let Ok(data) = frame?.into_data() {
                    let begun = Instant::now();
                    let pieces = self.stream.feed(&data);
                    self.translation.add(Translation::since(begun, data.len()));
                    let pieces = pieces?;
                    pieces.into_iter().for_each(|piece| self.ready.push(piece));
                    let kept = self.kept();
                    self.share.keep(kept)?;
                }
                Ok(true)
            }
            None => {
                self.losses = Some(self.stream.finish()?);
                Ok(false)
            }
        })
    }

    /// Returns the bytes that wait in the encoder.
    fn flush(&mut self) -> Result<Option<Bytes>, BodyError> {
        let held = self.encoder.as_mut().map(Encoder::flush).transpose();
        Ok(held.map_err(BodyError::Unencodable)?.flatten())
    }

    /// Returns roughly the number of bytes that are kept here.
    fn kept(&self) -> usize {
        let encoder = self.encoder.as_ref().map_or(0, Encoder::kept);
        self.ready.bytes() + self.stream.kept() + self.inner.kept() + encoder
    }

    /// Returns the losses at the end of the body, once.
    pub(crate) fn take_losses(&mut self) -> Option<Losses> {
        self.losses.as_mut().map(std::mem::take)
    }

    /// Returns the effort of the translation so far.
    pub(crate) fn translation(&self) -> Translation {
        self.translation
    }
}

impl<B> Body for Translated<B>
where
    IdleTimeout<B>: Body<Data = Bytes, Error = BodyError> + Unpin,
{
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = self.get_mut();
        loop {
            if let Some(piece) = this.ready.pop() {
                let Some(encoder) = &mut this.encoder else {
                    return Poll::Ready(Some(Ok(Frame::data(piece))));
                };
                encoder.put(&piece).map_err(BodyError::Unencodable)?;
                match encoder.take() {
                    Some(coded) => return Poll::Ready(Some(Ok(Frame::data(coded)))),
                    None => continue,
                }
            }
            if let Some(error) = this.failed.take() {
                return Poll::Ready(Some(Err(error)));
            }
            match this.poll_more(cx) {
                Poll::Ready(Ok(true)) => {}
                Poll::Ready(Ok(false)) => {
                    let last = this.encoder.take().map(Encoder::finish).transpose();
                    let last = last.map_err(BodyError::Unencodable)?;
                    return Poll::Ready(last.map(|coded| Ok(Frame::data(coded))));
                }
                // What came before goes out: to the client it is worth what it is.
                Poll::Ready(Err(error)) => match this.flush()? {
                    Some(coded) => {
                        this.failed = Some(error);
                        return Poll::Ready(Some(Ok(Frame::data(coded))));
                    }
                    None => return Poll::Ready(Some(Err(error))),
                },
                // What is not followed at once does not wait for what is.
                Poll::Pending => match this.flush()? {
                    Some(coded) => return Poll::Ready(Some(Ok(Frame::data(coded)))),
                    None => return Poll::Pending,
                },
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.losses.is_some() && self.ready.is_empty() && self.encoder.is_none()
    }
}

#[cfg(test)]
mod tests;
