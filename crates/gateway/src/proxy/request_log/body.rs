//! The body of an answer on its way to the client: it tells the record of its request how far it came, and when it is
//! over.

use super::{
    super::body::{BodyError, Carried},
    Record,
};
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use std::{
    pin::Pin,
    task::{Context, Poll},
};

/// The body of an answer, with the record of its request.
#[derive(Debug)]
pub(crate) struct RecordedBody {
    inner: Carried,
    record: Box<Record>,
    /// True while the body waits for a connection that may be gone.
    waits: bool,
}

impl RecordedBody {
    pub(crate) fn new(inner: Carried, record: Box<Record>) -> Self {
        RecordedBody { inner, record, waits: false }
    }

    /// Says that the answer waits for its client's connection: where it is dropped before [`Self::taken`], nothing of it
    /// has left, even where there is nothing in it.
    pub(crate) fn waiting(mut self) -> Self {
        self.waits = true;
        self
    }

    /// Says that the client's connection has the answer.
    pub(crate) fn taken(mut self) -> Self {
        self.waits = false;
        self
    }

    /// Marks the answer complete: its body passes elsewhere unchanged.
    pub(crate) fn passes(mut self) {
        self.record.complete = true;
    }

    /// Tells whether the gateway itself answers in place of the upstream.
    pub(crate) fn is_refusal(&self) -> bool {
        self.record.error.is_some()
    }
}

impl Body for RecordedBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let polled = Pin::new(&mut self.inner).poll_frame(cx);
        match &polled {
            Poll::Ready(Some(Ok(frame))) => {
                self.record.response_bytes += frame.data_ref().map_or(0, Bytes::len) as u64;
            }
            Poll::Ready(Some(Err(error))) => self.record.body_failed(error),
            Poll::Ready(None) | Poll::Pending => {}
        }
        if let Some(losses) = self.inner.take_losses() {
            self.record.lost(losses);
        }
        let RecordedBody { inner, record, .. } = &mut *self;
        record.watches.saw(&polled, || inner.is_end_stream());
        // A server does not ask a body of known length whether it has ended.
        self.record.complete = matches!(polled, Poll::Ready(None)) || self.inner.is_end_stream();
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

impl Drop for RecordedBody {
    fn drop(&mut self) {
        if let Some(translation) = self.inner.translation() {
            self.record.response_translated(translation);
        }
        // Nor does it poll one that is empty from the start.
        self.record.complete |= !self.waits && self.record.error.is_none() && self.inner.is_end_stream();
    }
}
