//! One connection to the upstream. It has no task of its own: whoever waits for an answer, and then reads it, drives
//! it, so that at every moment it is known what has been written and whether the connection is fit for another
//! request.

use super::{
    dial::UpstreamStream,
    head::HeadLimits,
    noted::Noted,
    turn::{Cut, Progress, TrackedBody, Turn},
};
use crate::proxy::{body::up::UpBody, loops::NotedPair};
use http::{Request, Response, Version};
use hyper::{
    body::Incoming,
    client::conn::{TrySendError, http1},
};
use hyper_util::rt::TokioIo;
use std::{
    future::poll_fn,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll, Waker},
    time::{Duration, Instant},
};
use tokio::time::{Sleep, sleep_until};

/// Bytes of the trailers of an answer at most.
const TRAILER_BYTES: usize = 64 << 10;

/// Bytes that are read at once at most: what a translation of them takes is held besides.
const BUFFER_BYTES: usize = 64 << 10;

/// The bytes of a connection, in the types of the client library on both sides of what notes them.
type Bytes = TokioIo<Noted<TokioIo<UpstreamStream>>>;

/// A connection that is driven by its user.
#[derive(Debug)]
pub(super) struct Connection {
    sender: http1::SendRequest<TrackedBody<UpBody>>,
    /// Gone once the connection has ended.
    driver: Option<http1::Connection<Bytes, TrackedBody<UpBody>>>,
    progress: Arc<Progress>,
    alarm: DeadlineTimer,
    /// The registration of the connection as ours, in case a request comes back over it.
    ends: Option<NotedPair>,
    opened: Instant,
    /// The time at which the last exchange finished, or `None` if one broke off.
    pub(super) parked: Option<Instant>,
    /// Speaks HTTP/1.1. What speaks 1.0 would be sent other bytes the second time.
    modern: bool,
}

/// A reason why there is no answer.
#[derive(Debug)]
pub(super) enum Failure {
    /// The connection had ended. Nothing of the request was written, and this is it: the library gives a request back
    /// only from its queue, before it makes bytes of it, and reads before it takes one from there, so that an end
    /// that has come is seen first.
    Unsent(Box<Request<UpBody>>, hyper::Error),
    /// The exchange failed: whether anything of the request was written, and how the answer begins.
    Failed { wrote: bool, error: hyper::Error, cut: Option<Box<Cut>> },
    /// The head of the answer is not to be had, or it came before the request was sent.
    Refused(Option<Box<Cut>>),
    /// The upstream took too long; the start of the answer, if any.
    Overdue(Option<Box<Cut>>),
}

impl Connection {
    /// HTTP/1.1 over a connection that stands.
    ///
    /// # Errors
    /// None in practice: HTTP/1.1 begins without a handshake.
    pub(super) async fn new(
        stream: UpstreamStream,
        ends: Option<NotedPair>,
        opened: Instant,
        limits: HeadLimits,
    ) -> hyper::Result<Self> {
        let progress = Arc::new(Progress::default());
        let stream = TokioIo::new(Noted::new(TokioIo::new(stream), Arc::clone(&progress), limits));
        let mut builder = http1::Builder::new();
        builder.max_header_size(TRAILER_BYTES).max_buf_size(BUFFER_BYTES);
        // What it leaves out is seen by the number of fields.
        builder.allow_spaces_after_header_name_in_responses(true).ignore_invalid_headers_in_responses(true);
        let (sender, driver) = builder.handshake(stream).await?;
        Ok(Connection {
            sender,
            driver: Some(driver),
            progress,
            alarm: DeadlineTimer(None),
            ends,
            opened,
            parked: None,
            modern: true,
        })
    }

    /// Sends a request and waits for the head of its answer, for at most `limit` while it is the upstream's turn.
    pub(super) fn exchange(
        &mut self,
        request: Request<UpBody>,
        limit: Duration,
    ) -> impl Future<Output = Result<Response<Incoming>, Failure>> {
        let Connection { sender, driver, progress, alarm, modern, .. } = self;
        progress.begin();
        let answer =
            sender.try_send_request(request.map(|body| TrackedBody::new(body, Arc::clone(progress))));
        // Not an `async fn`: that would keep the request.
        async move {
            let mut answer = pin!(answer);
            let mut said = progress.said();
            let mut since = Instant::now();
            poll_fn(|cx| {
                drive(driver, cx);
                if let Poll::Ready(answer) = answer.as_mut().poll(cx) {
                    // Here: what the library returns has room for a request, and is not moved on.
                    return Poll::Ready(came(answer, progress, modern));
                }
                if progress.said() != said {
                    said = progress.said();
                    since = Instant::now();
                }
                match said.turn() {
                    Turn::Client => Poll::Pending,
                    Turn::Upstream | Turn::Answer => {
                        alarm.poll(cx, since + limit).map(|()| Err(Failure::Overdue(progress.cut())))
                    }
                }
            })
            .await
        }
    }

    /// Reads and writes what can be read and written.
    pub(super) fn drive(&mut self, cx: &mut Context<'_>) {
        drive(&mut self.driver, cx);
    }

    /// Tells whether the other end of the connection is this gateway.
    pub(super) fn came_back(&self) -> bool {
        self.ends.as_ref().is_some_and(NotedPair::came_back)
    }

    /// Tells whether the whole request has been sent.
    pub(super) fn has_sent(&self) -> bool {
        self.progress.said().turn() == Turn::Answer
    }

    /// Goes on by itself until the request is sent and the answer taken, or either is broken off.
    pub(super) fn detach(self) {
        let Connection { driver, ends, .. } = self;
        if let Some(driver) = driver {
            tokio::spawn(async move {
                let _ends = ends;
                if let Err(error) = driver.await {
                    tracing::debug!(target: "dateline::gateway::upstream", error = %error, "upstream connection ended");
                }
            });
        }
    }

    /// Tells whether another request may be sent: the last exchange is over, and the upstream has neither closed the
    /// connection nor sent a byte more.
    pub(super) fn is_idle(&mut self) -> bool {
        if !self.sender.is_ready() {
            // Where the last read was the end of the answer, the connection has yet to see that it is over.
            self.drive(&mut Context::from_waker(Waker::noop()));
        }
        self.modern && self.driver.is_some() && self.sender.is_ready()
    }

    /// Tells whether the connection is open, as far as has been noticed.
    pub(super) fn is_open(&mut self) -> bool {
        self.drive(&mut Context::from_waker(Waker::noop()));
        self.driver.is_some()
    }

    /// Returns the age of the connection.
    pub(super) fn age(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.opened)
    }
}

/// The answer as the library gives it, with all of its fields; whether it is in HTTP/1.1.
fn came(
    answer: Result<Response<Incoming>, TrySendError<Request<TrackedBody<UpBody>>>>,
    progress: &Progress,
    modern: &mut bool,
) -> Result<Response<Incoming>, Failure> {
    match answer {
        Ok(mut answer) => {
            *modern = answer.version() == Version::HTTP_11;
            let left_out = progress.take_head(answer.headers_mut()).map_err(Failure::Refused)?;
            if left_out.count() > 0 {
                answer.extensions_mut().insert(Arc::new(left_out));
            }
            Ok(answer)
        }
        Err(mut error) => Err(match error.take_message() {
            Some(request) => {
                Failure::Unsent(Box::new(request.map(TrackedBody::into_inner)), error.into_error())
            }
            None => {
                Failure::Failed { wrote: progress.wrote(), error: error.into_error(), cut: progress.cut() }
            }
        }),
    }
}

/// Polls the driver, which is gone once it has ended; how it did shows in the answer.
fn drive(driver: &mut Option<http1::Connection<Bytes, TrackedBody<UpBody>>>, cx: &mut Context<'_>) {
    if driver.as_mut().is_some_and(|driver| Pin::new(driver).poll(cx).is_ready()) {
        *driver = None;
    }
}

/// One timer for all deadlines of a connection. Deadlines only move on, so it is set anew when it has gone off too
/// early, which is at most once a limit, not once a request.
#[derive(Debug)]
struct DeadlineTimer(Option<Pin<Box<Sleep>>>);

impl DeadlineTimer {
    fn poll(&mut self, cx: &mut Context<'_>, deadline: Instant) -> Poll<()> {
        let sleep = self.0.get_or_insert_with(|| Box::pin(sleep_until(deadline.into())));
        while sleep.as_mut().poll(cx).is_ready() {
            if sleep.deadline() >= deadline.into() {
                return Poll::Ready(());
            }
            sleep.as_mut().reset(deadline.into());
        }
        Poll::Pending
    }
}
