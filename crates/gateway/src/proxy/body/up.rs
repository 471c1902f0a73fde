//! The body of a request on its way up.

use super::{BodyError, IdleTimeout};
use crate::proxy::incoming::IncomingBody;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::Full;
use std::{
    pin::Pin,
    task::{Context, Poll},
};

/// The body of a request as the upstream gets it.
///
/// It is moved with its request a dozen times. So what is large stands in a box, and a request without a body needs none.
#[derive(Debug)]
pub(crate) enum UpBody {
    /// All of it is here; it may be empty.
    Whole(Full<Bytes>),
    /// The body goes up as it comes from the client.
    Stream(Box<IdleTimeout<IncomingBody>>),
}

impl UpBody {
    /// A body that is all here.
    pub(crate) fn whole(bytes: Bytes) -> Self {
        UpBody::Whole(Full::new(bytes))
    }

    /// The body of a request that has none.
    pub(crate) fn empty() -> Self {
        UpBody::Whole(Full::default())
    }
}

impl Body for UpBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        match self.get_mut() {
            UpBody::Whole(body) => Pin::new(body).poll_frame(cx).map_err(|never| match never {}),
            UpBody::Stream(body) => Pin::new(body).poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            UpBody::Whole(body) => body.is_end_stream(),
            UpBody::Stream(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            UpBody::Whole(body) => body.size_hint(),
            UpBody::Stream(body) => body.size_hint(),
        }
    }
}
