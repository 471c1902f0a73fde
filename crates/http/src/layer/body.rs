//! The bodies of the layer: passed on as they come, or read whole and replaced.

use crate::joined::Joined;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use pin_project_lite::pin_project;
use std::{
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
        Resumed { read: Option<Bytes>, rest: Pin<Box<B>> },
        // No bytes, of a response to HEAD: nobody knows how long the one to GET would be.
        Headless,
    }
}

impl<B> TranslateBody<B> {
    pub(super) fn whole(bytes: Bytes) -> Self {
        let bytes = Some(bytes).filter(|bytes| !bytes.is_empty());
        TranslateBody { kind: Kind::Whole { bytes } }
    }

    /// The body of a response to HEAD whose GET would be translated. It has no length, so that no layer or server around
    /// this one says one.
    pub(super) fn headless() -> Self {
        TranslateBody { kind: Kind::Headless }
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
            Projected::Headless => Poll::Ready(None),
            Projected::Resumed { read, rest } => match read.take() {
                Some(bytes) => Poll::Ready(Some(Ok(Frame::data(bytes)))),
                None => rest.as_mut().poll_frame(cx),
            },
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.kind {
            Kind::Whole { bytes } => bytes.is_none(),
            Kind::Passed { body } => body.is_end_stream(),
            Kind::Resumed { read, rest } => read.is_none() && rest.is_end_stream(),
            Kind::Headless => true,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.kind {
            Kind::Whole { bytes } => SizeHint::with_exact(bytes.as_ref().map_or(0, Bytes::len) as u64),
            Kind::Passed { body } => body.size_hint(),
            Kind::Resumed { read, rest } => {
                let (known, rest) = (read.as_ref().map_or(0, Bytes::len) as u64, rest.size_hint());
                let mut hint = SizeHint::new();
                hint.set_lower(rest.lower().saturating_add(known));
                if let Some(upper) = rest.upper() {
                    hint.set_upper(upper.saturating_add(known));
                }
                hint
            }
            Kind::Headless => SizeHint::new(),
        }
    }
}

/// The body of a request: as it comes, or read whole before.
pub(super) enum RequestBody<B> {
    Unread(B),
    Read(Bytes),
}

impl<B: Body> RequestBody<B> {
    pub(super) fn is_end_stream(&self) -> bool {
        match self {
            RequestBody::Unread(body) => body.is_end_stream(),
            RequestBody::Read(bytes) => bytes.is_empty(),
        }
    }

    /// The body for the inner service, where nothing of it changes.
    pub(super) fn passed(self) -> TranslateBody<B> {
        match self {
            RequestBody::Unread(body) => TranslateBody::passed(body),
            RequestBody::Read(bytes) => TranslateBody::whole(bytes),
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
    let mut read = Joined::default();
    while let Some(frame) = rest.frame().await {
        let frame = frame.map_err(|error| Unread::Broken(error.into().to_string()))?;
        let Ok(data) = frame.into_data() else { continue };
        read.push(data);
        if read.bytes() as u64 > limit {
            let read = Some(read.into_bytes());
            return Err(Unread::TooLarge(TranslateBody { kind: Kind::Resumed { read, rest } }));
        }
    }
    Ok(read.into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::{Full, StreamBody};
    use std::convert::Infallible;

    fn in_pieces(pieces: &'static [&'static str]) -> impl Body<Data = Bytes, Error = Infallible> {
        let frame = |piece: &&'static str| Ok(Frame::data(Bytes::from_static(piece.as_bytes())));
        StreamBody::new(Frames(pieces.iter().map(frame).collect::<Vec<_>>().into_iter()))
    }

    struct Frames(std::vec::IntoIter<Result<Frame<Bytes>, Infallible>>);

    impl futures_core::Stream for Frames {
        type Item = Result<Frame<Bytes>, Infallible>;

        fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
            Poll::Ready(self.0.next())
        }
    }

    #[tokio::test]
    async fn pieces_become_one_body_and_one_piece_is_not_copied() {
        let whole = read_whole(in_pieces(&["a", "", "bc", "d"]), 4).await.ok().unwrap();
        assert_eq!(whole, "abcd");
        let one = Bytes::from(vec![b'x'; 10]);
        let whole = read_whole(Full::new(one.clone()), 10).await.ok().unwrap();
        assert_eq!(whole.as_ptr(), one.as_ptr());
    }

    #[tokio::test]
    async fn a_body_over_the_limit_can_be_passed_on_whole() {
        let read = read_whole(in_pieces(&["ab", "cd", "ef"]), 3).await;
        let Err(Unread::TooLarge(body)) = read else { panic!("it is too large") };
        assert_eq!(body.collect().await.unwrap().to_bytes(), "abcdef");
    }

    #[test]
    fn a_response_to_head_has_no_length() {
        let body = TranslateBody::<Full<Bytes>>::headless();
        assert!(body.is_end_stream());
        assert_eq!(body.size_hint().exact(), None);
    }
}
