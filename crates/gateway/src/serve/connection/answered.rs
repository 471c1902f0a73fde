//! The body of an answer, with the exchange that it ends.

use super::{
    activity::{Activity, ConnectionLimits},
    flushes::Flushed,
    streams::{BodyPoll, say},
};
use crate::proxy::body::BoxError;
use bytes::Bytes;
use http::{Method, Request, Version};
use http_body::{Body, Frame, SizeHint};
use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

/// The most of a body that is given at once to an HTTP/2 stream: what has been given is kept until the client opens
/// its window for it.
const PIECE: usize = 16 << 10;

/// An exchange on a connection, under way until this is dropped.
#[derive(Debug)]
pub(super) struct Ongoing {
    activity: Arc<Activity>,
    multiplexed: bool,
    /// True once the answer has ended, or has failed through no fault of the client.
    answered: bool,
}

impl Ongoing {
    /// Begins an exchange. Returns `true` if it is the last one on its connection.
    pub(super) fn begin<B>(
        activity: &Arc<Activity>,
        bounds: &ConnectionLimits,
        request: &Request<B>,
    ) -> (Self, bool) {
        let last = activity.begin(request.version(), bounds);
        let ongoing = Ongoing {
            activity: Arc::clone(activity),
            multiplexed: request.version() == Version::HTTP_2,
            // Its body, if there is one, is not asked for.
            answered: request.method() == Method::HEAD,
        };
        (ongoing, last)
    }
}

impl Drop for Ongoing {
    fn drop(&mut self) {
        self.activity.end(self.answered || !self.multiplexed);
    }
}

/// The body of an answer.
#[derive(Debug)]
pub(super) struct AnsweredBody<B> {
    inner: B,
    /// The rest of a frame that was larger than one piece.
    rest: Bytes,
    /// True if the end of the connection ends the body. A body that is broken off must not look complete, and a body
    /// without a byte must not get a length.
    is_open: bool,
    /// The error that ends the answer. It is reported once all data before it has been written.
    failed: Option<Failed>,
    ongoing: Ongoing,
}

/// The error of a body, which waits for what came before it.
#[derive(Debug)]
struct Failed {
    error: BoxError,
    flushed: Flushed,
}

impl<B: Body> AnsweredBody<B> {
    pub(super) fn new(inner: B, ends_with_connection: bool, mut ongoing: Ongoing) -> Self {
        ongoing.answered |= inner.is_end_stream();
        // Until it has ended: the connection may be dropped at any time, and before this.
        ongoing.activity.set_worthless(ends_with_connection);
        AnsweredBody { inner, rest: Bytes::new(), is_open: ends_with_connection, failed: None, ongoing }
    }
}

impl<B: Body<Data = Bytes, Error: Into<BoxError>> + Unpin> AnsweredBody<B> {
    fn poll_inner(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        if self.failed.is_none() {
            match ready!(Pin::new(&mut self.inner).poll_frame(cx)) {
                Some(Err(error)) => {
                    let flushed = self.ongoing.activity.flushed();
                    self.failed = Some(Failed { error: error.into(), flushed });
                }
                Some(Ok(frame)) => return Poll::Ready(Some(Ok(frame))),
                None => return Poll::Ready(None),
            }
        }
        if let Some(Failed { flushed, .. }) = &mut self.failed {
            // Told, or gone with the connection: either way there is nothing to wait for.
            let _ = ready!(Pin::new(flushed).poll(cx));
        }
        Poll::Ready(self.failed.take().map(|failed| Err(failed.error)))
    }
}

impl<B: Body<Data = Bytes, Error: Into<BoxError>> + Unpin> Body for AnsweredBody<B> {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = self.get_mut();
        let polled = match this.rest.is_empty() {
            true => this.poll_inner(cx),
            false => Poll::Ready(Some(Ok(Frame::data(std::mem::take(&mut this.rest))))),
        };
        if !this.ongoing.multiplexed {
            if this.is_open && matches!(polled, Poll::Ready(None)) {
                this.is_open = false;
                this.ongoing.activity.set_worthless(false);
            }
            return polled;
        }
        say(if polled.is_pending() { BodyPoll::Waits } else { BodyPoll::Gave });
        let polled = polled.map_ok(|frame| match frame.into_data() {
            Ok(mut data) => {
                if data.len() > PIECE {
                    this.rest = data.split_off(PIECE);
                }
                Frame::data(data)
            }
            Err(frame) => frame,
        });
        this.ongoing.answered = match &polled {
            Poll::Ready(Some(Ok(_))) => this.is_end_stream(),
            Poll::Ready(_) => true,
            Poll::Pending => false,
        };
        polled
    }

    fn is_end_stream(&self) -> bool {
        !self.is_open && self.rest.is_empty() && self.failed.is_none() && self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let hint = self.inner.size_hint();
        match self.rest.len() as u64 {
            0 if self.is_open => SizeHint::new(),
            0 => hint,
            rest => {
                let mut all = SizeHint::new();
                all.set_lower(hint.lower() + rest);
                if let Some(upper) = hint.upper() {
                    all.set_upper(upper + rest);
                }
                all
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::flushes::Unflushed;
    use super::*;
    use crate::{
        config::Config,
        proxy::body::tests::{data, fed},
    };
    use http_body_util::{BodyExt, Full};
    use std::{future::poll_fn, time::Duration};

    fn answered(version: Version, length: usize) -> (Arc<Activity>, AnsweredBody<Full<Bytes>>) {
        with_body(version, Full::new(vec![b'x'; length].into()))
    }

    fn with_body<B: Body>(version: Version, body: B) -> (Arc<Activity>, AnsweredBody<B>) {
        let defaults = Config::default();
        let bounds = ConnectionLimits::new(&defaults.limits, &defaults.timeouts);
        let activity = Activity::new();
        let request = Request::builder().version(version).body(()).unwrap();
        let (ongoing, last) = Ongoing::begin(&activity, &bounds, &request);
        assert!(!last);
        (activity, AnsweredBody::new(body, version == Version::HTTP_11, ongoing))
    }

    #[tokio::test]
    async fn a_stream_is_given_pieces() {
        let (_, mut body) = answered(Version::HTTP_2, 2 * PIECE + 1);
        for (length, left) in [(PIECE, PIECE + 1), (PIECE, 1), (1, 0)] {
            assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap().len(), length);
            assert_eq!((body.size_hint().exact(), body.is_end_stream()), (Some(left as u64), left == 0));
        }
        assert!(body.frame().await.is_none());
        let (_, mut body) = answered(Version::HTTP_11, 2 * PIECE + 1);
        assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap().len(), 2 * PIECE + 1);
    }

    #[tokio::test]
    async fn what_ends_with_its_connection_is_worth_nothing_before_its_end() {
        let (activity, mut body) = answered(Version::HTTP_11, 1);
        assert_eq!((activity.is_worthless(), activity.exchanges()), (true, 1));
        assert!(body.frame().await.unwrap().is_ok());
        assert!(activity.is_worthless() && !body.is_end_stream() && body.size_hint().exact().is_none());
        assert!(body.frame().await.is_none() && body.is_end_stream() && !activity.is_worthless());
        drop(body);
        assert_eq!(activity.exchanges(), 0);
    }

    #[tokio::test]
    async fn row_14_1a_an_error_waits_until_what_came_before_it_is_written() {
        for version in [Version::HTTP_11, Version::HTTP_2] {
            let frames = vec![data("x"), Err(std::io::Error::other("cut"))];
            let (_sender, body, _) = fed(frames, Duration::from_secs(9));
            let (activity, mut body) = with_body(version, body);
            let mut unflushed = Unflushed::default();
            assert!(body.frame().await.unwrap().is_ok());
            let mut error = std::pin::pin!(body.frame());
            for has_stalled in [true, false] {
                let waits = poll_fn(|cx| Poll::Ready(error.as_mut().poll(cx).is_pending())).await;
                assert!(waits, "{version:?}");
                activity.flushes.before_poll(&mut unflushed);
                unflushed.after_poll(|| has_stalled);
            }
            assert!(error.await.unwrap().is_err());
        }
    }
}
