//! Bodies as a transport brings them: from a connection of HTTP, or piece by piece from whoever speaks it in our place.

use super::body::BoxError;
use crate::proxy::received::Received;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::Full;
use hyper::body::Incoming;
use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};
use tokio::sync::{Notify, mpsc};

/// A body, of a request or of an answer.
#[derive(Debug)]
pub(crate) enum IncomingBody {
    /// The body comes from a client's connection.
    Client(Received),
    /// The body comes from a connection to the upstream.
    Http(Incoming),
    /// The body comes from a [`Feed`].
    Fed(Fed),
    /// The body was read before, whole.
    Whole(Full<Bytes>),
}

/// A body that another task feeds. It has ended where its feed has said so, and is broken where that was dropped before.
#[derive(Debug)]
pub(crate) struct Fed {
    pieces: mpsc::Receiver<Piece>,
    asked: Arc<Notify>,
    is_asked: bool,
    ended: bool,
    /// The number of bytes that are still to come, if the length was announced.
    left: Option<u64>,
}

/// The sending side of a body that this process feeds.
#[derive(Debug)]
pub(crate) struct Feed {
    pieces: mpsc::Sender<Piece>,
    asked: Arc<Notify>,
}

/// A part of such a body.
#[derive(Debug)]
struct Piece {
    bytes: Bytes,
    last: bool,
}

/// An error: the sender of a body was dropped before its end.
#[derive(Debug, thiserror::Error)]
#[error("the stream that carried the body ended before it did")]
struct FeedEnded;

/// The number of pieces that may wait for their reader.
const WAITING: usize = 4;

/// A body that is fed, and what feeds it. `length` is what was announced of it.
pub(crate) fn fed(length: Option<u64>) -> (Feed, Fed) {
    let (sender, pieces) = mpsc::channel(WAITING);
    let asked = Arc::new(Notify::new());
    let feed = Feed { pieces: sender, asked: Arc::clone(&asked) };
    (feed, Fed { pieces, asked, is_asked: false, ended: false, left: length })
}

impl Feed {
    /// Returns when somebody has asked for the body, once.
    pub(crate) async fn asked(&self) {
        self.asked.notified().await;
    }

    /// Feeds a piece, when there is room for it; `last` where nothing follows. Where nobody reads the body any more,
    /// it is forgotten.
    pub(crate) async fn give(&self, bytes: Bytes, last: bool) {
        let _ = self.pieces.send(Piece { bytes, last }).await;
    }
}

impl Fed {
    /// A body that has ended already.
    pub(crate) fn empty() -> Self {
        let (_, mut empty) = fed(Some(0));
        empty.ended = true;
        empty
    }
}

impl Body for Fed {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        if !self.is_asked {
            self.is_asked = true;
            self.asked.notify_one();
        }
        loop {
            if self.ended {
                return Poll::Ready(None);
            }
            return Poll::Ready(match std::task::ready!(self.pieces.poll_recv(cx)) {
                Some(Piece { bytes, last }) => {
                    self.ended = last;
                    self.left = self.left.map(|left| left.saturating_sub(bytes.len() as u64));
                    if bytes.is_empty() {
                        continue;
                    }
                    Some(Ok(Frame::data(bytes)))
                }
                None => {
                    self.ended = true;
                    Some(Err(FeedEnded.into()))
                }
            });
        }
    }

    fn is_end_stream(&self) -> bool {
        self.ended
    }

    fn size_hint(&self) -> SizeHint {
        match self.left {
            _ if self.ended => SizeHint::with_exact(0),
            Some(left) => SizeHint::with_exact(left),
            None => SizeHint::default(),
        }
    }
}

impl Body for IncomingBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        match self.get_mut() {
            IncomingBody::Client(body) => Pin::new(body).poll_frame(cx).map_err(BoxError::from),
            IncomingBody::Http(body) => Pin::new(body).poll_frame(cx).map_err(BoxError::from),
            IncomingBody::Fed(body) => Pin::new(body).poll_frame(cx),
            IncomingBody::Whole(body) => Pin::new(body).poll_frame(cx).map_err(|never| match never {}),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            IncomingBody::Client(body) => body.is_end_stream(),
            IncomingBody::Http(body) => body.is_end_stream(),
            IncomingBody::Fed(body) => body.is_end_stream(),
            IncomingBody::Whole(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            IncomingBody::Client(body) => body.size_hint(),
            IncomingBody::Http(body) => body.size_hint(),
            IncomingBody::Fed(body) => body.size_hint(),
            IncomingBody::Whole(body) => body.size_hint(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::BodyExt;

    #[tokio::test]
    async fn ends_where_its_feed_says_so() {
        let (feed, mut body) = fed(Some(3));
        let feeding = tokio::spawn(async move {
            feed.asked().await;
            feed.give(Bytes::from_static(b"ab"), false).await;
            feed.give(Bytes::new(), false).await;
            feed.give(Bytes::from_static(b"c"), true).await;
        });
        assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "ab");
        assert_eq!((body.size_hint().exact(), body.is_end_stream()), (Some(1), false));
        assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "c");
        assert!(body.is_end_stream() && body.frame().await.is_none());
        feeding.await.unwrap();
        assert!(Fed::empty().frame().await.is_none());
    }

    #[tokio::test]
    async fn is_broken_where_its_feed_is_dropped() {
        let (feed, mut body) = fed(None);
        feed.give(Bytes::from_static(b"ab"), false).await;
        drop(feed);
        assert!(body.frame().await.unwrap().is_ok());
        assert!(body.frame().await.unwrap().is_err());
        assert!(body.frame().await.is_none());
    }
}
