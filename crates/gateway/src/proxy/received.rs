//! The body of a request, which notes when all of it was read: before that, nothing else can follow on an HTTP/1
//! connection.

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use std::{
    fmt::Debug,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

/// A connection, as the bodies of its requests know it.
pub(crate) trait ClientConnection: Debug + Send + Sync {
    /// Notes that a request has a body, of which something is to come.
    fn body_begins(&self);

    /// Notes that all of a request's body was read.
    fn body_ends(&self);
}

/// A body from a client's connection.
#[derive(Debug)]
pub(crate) struct Received {
    inner: Incoming,
    /// The connection that the body belongs to, until the end of the body was seen.
    unread: Option<Arc<dyn ClientConnection>>,
}

impl Received {
    /// Begins to read a body of a request on a connection.
    pub(crate) fn new<C: ClientConnection + 'static>(inner: Incoming, connection: &Arc<C>) -> Self {
        let unread = (!inner.is_end_stream()).then(|| Arc::clone(connection) as Arc<dyn ClientConnection>);
        if let Some(connection) = &unread {
            connection.body_begins();
        }
        Received { inner, unread }
    }
}

impl Body for Received {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.inner).poll_frame(cx);
        let ended = match &polled {
            Poll::Ready(None) => true,
            Poll::Ready(Some(Ok(_))) => this.inner.is_end_stream(),
            Poll::Ready(Some(Err(_))) | Poll::Pending => false,
        };
        if ended && let Some(connection) = this.unread.take() {
            connection.body_ends();
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
