//! The body of an answer on its way to the client: it tells the log of its request how far it came, and when it is
//! over.

use super::{
    super::body::{BodyError, down::DownBody},
    RequestLog,
};
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use std::{
    pin::Pin,
    task::{Context, Poll},
};

/// The body of an answer, with the log of its request.
#[derive(Debug)]
pub(crate) struct LoggedBody {
    inner: DownBody,
    /// The log of the request; nothing if the request was not handled.
    log: Option<Box<RequestLog>>,
    /// True while the body waits for a connection that may be gone.
    waits: bool,
}

impl LoggedBody {
    pub(crate) fn new(inner: DownBody, log: Box<RequestLog>) -> Self {
        LoggedBody { inner, log: Some(log), waits: false }
    }

    /// The body of an answer to a request that was not handled, and leaves no event.
    pub(crate) fn unlogged(inner: DownBody) -> Self {
        LoggedBody { inner, log: None, waits: false }
    }

    /// Says that the answer waits for its client's connection: where it is dropped before [`Self::taken`], nothing of it
    /// has left, even where there is nothing in it.
    pub(crate) fn wait(&mut self) {
        self.waits = true;
    }

    /// Says that the client's connection has the answer.
    pub(crate) fn taken(&mut self) {
        self.waits = false;
    }

    /// Marks the answer complete: its body passes elsewhere unchanged.
    pub(crate) fn passes(mut self) {
        if let Some(log) = &mut self.log {
            log.complete = true;
        }
    }

    /// Tells whether the gateway itself answers in place of the upstream.
    pub(crate) fn is_refusal(&self) -> bool {
        self.log.as_ref().is_none_or(|log| log.error.is_some())
    }
}

impl Body for LoggedBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let LoggedBody { inner, log, .. } = &mut *self;
        let polled = Pin::new(&mut *inner).poll_frame(cx);
        let Some(log) = log else { return polled };
        match &polled {
            Poll::Ready(Some(Ok(frame))) => {
                log.response_bytes += frame.data_ref().map_or(0, Bytes::len) as u64;
            }
            Poll::Ready(Some(Err(error))) => log.body_failed(error),
            Poll::Ready(None) | Poll::Pending => {}
        }
        if let Some(losses) = inner.take_losses() {
            log.lost(losses);
        }
        log.watches.saw(&polled, || inner.is_end_stream());
        // A server does not ask a body of known length whether it has ended.
        log.complete = matches!(polled, Poll::Ready(None)) || inner.is_end_stream();
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

impl Drop for LoggedBody {
    fn drop(&mut self) {
        let LoggedBody { inner, log, waits } = self;
        let Some(log) = log else { return };
        if let Some(translation) = inner.translation() {
            log.response_translated(translation);
        }
        // Nor does it poll one that is empty from the start.
        log.complete |= !*waits && log.error.is_none() && inner.is_end_stream();
    }
}
