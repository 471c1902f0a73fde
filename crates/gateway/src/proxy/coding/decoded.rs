//! A body that is decoded on its way.

use super::{Codings, decode::Decoder};
use crate::proxy::body::BodyError;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

/// A body without its codings.
#[derive(Debug)]
pub(crate) struct Decoded<B> {
    inner: B,
    decoder: Decoder,
}

impl<B> Decoded<B>
where
    B: Body<Data = Bytes, Error = BodyError> + Unpin,
{
    fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        loop {
            match self.decoder.next() {
                Ok(Some(piece)) => return Poll::Ready(Some(Ok(Frame::data(piece)))),
                Ok(None) => {}
                Err(error) => return Poll::Ready(Some(Err(error.into()))),
            }
            match ready!(Pin::new(&mut self.inner).poll_frame(cx)?) {
                Some(frame) => {
                    if let Ok(chunk) = frame.into_data() {
                        self.decoder.give(chunk);
                    }
                }
                None => return Poll::Ready(self.decoder.finish().err().map(|error| Err(error.into()))),
            }
        }
    }
}

/// A body as its media type says, whether it came so or not.
#[derive(Debug)]
pub(crate) enum Source<B> {
    /// The body as it arrives.
    Plain(B),
    /// The body without its content codings.
    Decoded(Box<Decoded<B>>),
}

impl<B: Body> Source<B> {
    /// A body in these codings, which may grow by `ratio` at most when they are undone.
    pub(crate) fn new(inner: B, codings: Codings, ratio: u64) -> Self {
        match codings.is_plain() {
            true => Source::Plain(inner),
            false => Source::Decoded(Box::new(Decoded { inner, decoder: Decoder::new(codings, ratio) })),
        }
    }

    /// Returns the announced length of the body on the wire.
    pub(crate) fn announced(&self) -> SizeHint {
        match self {
            Source::Plain(body) => body.size_hint(),
            Source::Decoded(body) => body.inner.size_hint(),
        }
    }

    /// Returns roughly the number of bytes that decoding keeps.
    pub(crate) fn kept(&self) -> usize {
        match self {
            Source::Plain(_) => 0,
            Source::Decoded(body) => body.decoder.kept(),
        }
    }
}

impl<B> Body for Source<B>
where
    B: Body<Data = Bytes, Error = BodyError> + Unpin,
{
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        match self.get_mut() {
            Source::Plain(body) => Pin::new(body).poll_frame(cx),
            Source::Decoded(body) => body.poll_piece(cx),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Source::Plain(body) => body.size_hint(),
            Source::Decoded(_) => SizeHint::default(),
        }
    }
}
