//! The body of an answer on its way to the client: it tells the record of its request how far it came, and when it is
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

/// The body of an answer, with the record of its request.
#[derive(Debug)]
pub(crate) struct RecordedBody {
    inner: DownBody,
    /// The record of the request; nothing if the request was not handled.
    record: Option<Box<RequestLog>>,
    /// True while the body waits for a connection that may be gone.
    waits: bool,
}

impl RecordedBody {
    pub(crate) fn new(inner: DownBody, record: Box<RequestLog>) -> Self {
        RecordedBody { inner, record: Some(record), waits: false }
    }

    /// The body of an answer to a request that was not handled, and leaves no event.
    pub(crate) fn unrecorded(inner: DownBody) -> Self {
        RecordedBody { inner, record: None, waits: false }
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
        if let Some(record) = &mut self.record {
            record.complete = true;
        }
    }

    /// Tells whether the gateway itself answers in place of the upstream.
    pub(crate) fn is_refusal(&self) -> bool {
        self.record.as_ref().is_none_or(|record| record.error.is_some())
    }
}

impl Body for RecordedBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let RecordedBody { inner, record, .. } = &mut *self;
        let polled = Pin::new(&mut *inner).poll_frame(cx);
        let Some(record) = record else { return polled };
        match &polled {
            Poll::Ready(Some(Ok(frame))) => {
                record.response_bytes += frame.data_ref().map_or(0, Bytes::len) as u64;
            }
            Poll::Ready(Some(Err(error))) => record.body_failed(error),
            Poll::Ready(None) | Poll::Pending => {}
        }
        if let Some(losses) = inner.take_losses() {
            record.lost(losses);
        }
        record.watches.saw(&polled, || inner.is_end_stream());
        // A server does not ask a body of known length whether it has ended.
        record.complete = matches!(polled, Poll::Ready(None)) || inner.is_end_stream();
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
        let RecordedBody { inner, record, waits } = self;
        let Some(record) = record else { return };
        if let Some(translation) = inner.translation() {
            record.response_translated(translation);
        }
        // Nor does it poll one that is empty from the start.
        record.complete |= !*waits && record.error.is_none() && inner.is_end_stream();
    }
}
