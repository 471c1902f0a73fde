//! The bodies of the layer: passed on as they come, or read whole and replaced.

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use pin_project_lite::pin_project;
use std::{
    collections::VecDeque,
    error::Error,
    pin::Pin,
    task::{Context, Poll},
};

/// An error of a body.
pub(super) type BoxError = Box<dyn Error + Send + Sync>;

pin_project! {
    /// A body behind the layer: that of a request as the inner service gets it, or that of an answer as the client does.
    ///
    /// A body that nothing translates passes as it comes, trailers and errors included. A body that is translated was
    /// read whole, so its length is known.
    #[derive(Debug)]
    pub struct TranslateBody<B> {
        #[pin]
        kind: Kind<B>,
    }
}

pin_project! {
    #[derive(Debug)]
    #[project = Projected]
    enum Kind<B> {
        Whole { bytes: Option<Bytes> },
        Passed { #[pin] body: B },
        // What was read of it already comes before the rest.
        Resumed { read: VecDeque<Bytes>, rest: Pin<Box<B>> },
    }
}

impl<B> TranslateBody<B> {
    pub(super) fn whole(bytes: Bytes) -> Self {
        let bytes = Some(bytes).filter(|bytes| !bytes.is_empty());
        TranslateBody { kind: Kind::Whole { bytes } }
    }

    pub(super) fn passed(body: B) -> Self {
        TranslateBody { kind: Kind::Passed { body } }
    }
}

impl<B: Body<Data = Bytes>> Body for TranslateBody<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        match self.project().kind.project() {
            Projected::Whole { bytes } => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            Projected::Passed { body } => body.poll_frame(cx),
            Projected::Resumed { read, rest } => match read.pop_front() {
                Some(bytes) => Poll::Ready(Some(Ok(Frame::data(bytes)))),
                None => rest.as_mut().poll_frame(cx),
            },
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.kind {
            Kind::Whole { bytes } => bytes.is_none(),
            Kind::Passed { body } => body.is_end_stream(),
            Kind::Resumed { read, rest } => read.is_empty() && rest.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.kind {
            Kind::Whole { bytes } => SizeHint::with_exact(bytes.as_ref().map_or(0, Bytes::len) as u64),
            Kind::Passed { body } => body.size_hint(),
            Kind::Resumed { read, rest } => {
                let (known, rest) =
                    (read.iter().map(|bytes| bytes.len() as u64).sum::<u64>(), rest.size_hint());
                let mut hint = SizeHint::new();
                hint.set_lower(rest.lower().saturating_add(known));
                if let Some(upper) = rest.upper() {
                    hint.set_upper(upper.saturating_add(known));
                }
                hint
            }
        }
    }
}

/// The reason why a body was not read whole.
pub(super) enum Unread<B> {
    /// The body is over the limit. It can still be passed on.
    TooLarge(TranslateBody<B>),
    /// The body broke off. The text is for the operator.
    Broken(String),
}

/// Reads a body whole, up to a limit in bytes. Trailers are left out: they are about the bytes that came.
pub(super) async fn read_whole<B>(body: B, limit: u64) -> Result<Bytes, Unread<B>>
where
    B: Body<Data = Bytes>,
    B::Error: Into<BoxError>,
{
    if body.size_hint().lower() > limit {
        return Err(Unread::TooLarge(TranslateBody::passed(body)));
    }
    let mut rest = Box::pin(body);
    let (mut read, mut length) = (VecDeque::new(), 0);
    while let Some(frame) = rest.frame().await {
        let frame = frame.map_err(|error| Unread::Broken(error.into().to_string()))?;
        let Ok(data) = frame.into_data() else { continue };
        length += data.len() as u64;
        read.push_back(data);
        if length > limit {
            return Err(Unread::TooLarge(TranslateBody { kind: Kind::Resumed { read, rest } }));
        }
    }
    // Most bodies are one piece.
    Ok(match <[Bytes; 1]>::try_from(Vec::from(read)) {
        Ok([whole]) => whole,
        Err(pieces) => pieces.concat().into(),
    })
}
