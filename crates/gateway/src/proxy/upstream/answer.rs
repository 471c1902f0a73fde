//! The body of an upstream's answer, which drives its connection and gives it back.

use super::{connection::Connection, pool::Pool};
use crate::proxy::{
    body::BoxError,
    incoming::{Fed, IncomingBody},
};
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

/// The body of an answer. Its connection can be used again once it has been read to its end, and is closed where it
/// is dropped before.
#[derive(Debug)]
pub(crate) struct Answer {
    inner: IncomingBody,
    /// The connection, until it is returned to the pool or continues on its own.
    connection: Option<(Box<Connection>, Arc<Pool>)>,
    ends_with_connection: bool,
}

/// The body of an answer ended before its length.
#[derive(Debug, thiserror::Error)]
#[error("the connection ended before the body did")]
struct EndedEarly;

impl Answer {
    pub(super) fn new(
        inner: Incoming,
        connection: Box<Connection>,
        pool: &Arc<Pool>,
        ends_with_connection: bool,
    ) -> Self {
        let connection = match connection.has_sent() {
            true => Some((connection, Arc::clone(pool))),
            // The client is still sending: that must go on even while nobody reads the answer.
            false => {
                connection.detach();
                None
            }
        };
        let mut answer = Answer { inner: IncomingBody::Http(inner), connection, ends_with_connection };
        if answer.is_end_stream() {
            answer.give_back();
        }
        answer
    }

    /// An answer after which the connection is no longer one for requests.
    pub(super) fn last(inner: Incoming, connection: Box<Connection>) -> Self {
        drop(connection);
        Answer { inner: IncomingBody::Http(inner), connection: None, ends_with_connection: false }
    }

    /// An answer that came over no connection of ours.
    pub(crate) fn fed(inner: Fed) -> Self {
        Answer { inner: IncomingBody::Fed(inner), connection: None, ends_with_connection: false }
    }

    /// Tells whether only the end of the connection ends the body. Such a body cannot be distinguished from one that
    /// was cut short.
    pub(crate) fn ends_with_connection(&self) -> bool {
        self.ends_with_connection
    }

    fn give_back(&mut self) {
        if let Some((connection, pool)) = self.connection.take() {
            pool.park(connection);
        }
    }
}

impl Body for Answer {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = self.get_mut();
        let mut polled = Pin::new(&mut this.inner).poll_frame(cx);
        if let (Poll::Pending, Some((connection, _))) = (&polled, &mut this.connection) {
            connection.drive(cx);
            polled = Pin::new(&mut this.inner).poll_frame(cx);
        }
        Poll::Ready(match polled {
            Poll::Pending => return Poll::Pending,
            Poll::Ready(Some(Ok(frame))) => {
                // Nobody asks for the end of a body of known length, nor for what is behind the trailers.
                if this.inner.is_end_stream() || frame.is_trailers() {
                    this.give_back();
                }
                Some(Ok(frame))
            }
            Poll::Ready(Some(Err(error))) => {
                this.connection = None;
                Some(Err(error))
            }
            Poll::Ready(None) if this.inner.size_hint().exact().is_some_and(|left| left > 0) => {
                this.connection = None;
                Some(Err(EndedEarly.into()))
            }
            Poll::Ready(None) => {
                this.give_back();
                None
            }
        })
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
