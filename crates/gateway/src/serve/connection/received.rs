//! The body of a request, which notes when all of it was read: before that, nothing else can follow on an HTTP/1
//! connection.

use super::activity::Activity;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

/// A body from a client's connection.
#[derive(Debug)]
pub(crate) struct Received {
    inner: Incoming,
    /// The connection that the body belongs to, until the end of the body was seen.
    unread: Option<Arc<Activity>>,
}

impl Received {
    /// Begins to read a body of a request on a connection.
    pub(super) fn new(inner: Incoming, activity: &Arc<Activity>) -> Self {
        let unread = (!inner.is_end_stream()).then(|| Arc::clone(activity));
        if let Some(activity) = &unread {
            activity.body_begins();
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
        if ended && let Some(activity) = this.unread.take() {
            activity.body_ends();
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
