//! The body of an answer on its way down.

use super::BodyError;
use crate::{
    observe::stats::Translation,
    proxy::{passthrough::Passed, translated::Translated, upstream::Answer},
};
use bytes::Bytes;
use dateline_core::step::Losses;
use http_body::{Body, Frame, SizeHint};
use http_body_util::Full;
use std::{
    pin::Pin,
    task::{Context, Poll},
};

/// The body of an answer as the client gets it.
///
/// It is moved with its answer a dozen times, so what is large stands in a box.
#[derive(Debug)]
pub(crate) enum DownBody {
    /// All of it is here; it may be empty.
    Whole(Full<Bytes>),
    /// The body goes down as it comes from the upstream.
    Passed(Box<Passed>),
    /// The body goes down in the client's version, translated as it comes from the upstream.
    Translated(Box<Translated<Answer>>),
}

impl DownBody {
    /// A body that is all here.
    pub(crate) fn whole(bytes: impl Into<Bytes>) -> Self {
        DownBody::Whole(Full::new(bytes.into()))
    }

    /// The losses of a translation that goes on while the body does; nothing before its end, and once only.
    pub(crate) fn take_losses(&mut self) -> Option<Losses> {
        match self {
            DownBody::Translated(body) => body.take_losses(),
            DownBody::Whole(_) | DownBody::Passed(_) => None,
        }
    }

    /// The cost of a translation that goes on while the body does, up to now.
    pub(crate) fn translation(&self) -> Option<Translation> {
        match self {
            DownBody::Translated(body) => Some(body.translation()),
            DownBody::Whole(_) | DownBody::Passed(_) => None,
        }
    }
}

impl Body for DownBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        match self.get_mut() {
            DownBody::Whole(body) => Pin::new(body).poll_frame(cx).map_err(|never| match never {}),
            DownBody::Passed(body) => Pin::new(body).poll_frame(cx),
            DownBody::Translated(body) => Pin::new(body).poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            DownBody::Whole(body) => body.is_end_stream(),
            DownBody::Passed(body) => body.is_end_stream(),
            DownBody::Translated(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            DownBody::Whole(body) => body.size_hint(),
            DownBody::Passed(body) => body.size_hint(),
            DownBody::Translated(body) => body.size_hint(),
        }
    }
}
