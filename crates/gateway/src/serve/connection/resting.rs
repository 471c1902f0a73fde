//! An HTTP/1 connection that costs little between two requests.
//!
//! hyper keeps its buffers, of at least 16 KiB, for as long as a connection lasts. So one that waits for its next request is
//! taken apart and kept as what it is then, a socket; when bytes come, a server is made for it again. That is done where
//! nothing of a request is left for sure: see [`Activity::may_rest`](super::activity::Activity::may_rest).

use super::{activity::Activity, servers::Serving};
use crate::proxy::body::BoxError;
use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use hyper::{body::Incoming, server::conn::http1, service::Service};
use hyper_util::rt::TokioIo;
use std::{
    io::{self, IoSlice},
    mem,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::{Duration, Instant},
};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// The time after which an idle connection gives up its buffers. It is short, since allocators rarely return memory to
/// the system after many connections have needed it at once.
pub(super) const QUIET: Duration = Duration::from_millis(250);

/// The interval between looks at a busy connection.
const BUSY: Duration = Duration::from_secs(3);

/// The number of bytes that are read of the next request before the server is set up again.
const FIRST: usize = 1024;

/// An HTTP/1 connection, as a server or at rest.
pub(super) struct RestingHttp1<I, S, B>
where
    I: AsyncRead + AsyncWrite + Unpin + 'static,
    S: Service<Request<Incoming>, Response = Response<B>, Error: Into<BoxError>>,
    B: Body<Data = Bytes, Error: Into<BoxError>> + 'static,
{
    server: http1::Builder,
    activity: Arc<Activity>,
    state: RestState<I, S, B>,
}

enum RestState<I, S, B>
where
    I: AsyncRead + AsyncWrite + Unpin + 'static,
    S: Service<Request<Incoming>, Response = Response<B>, Error: Into<BoxError>>,
    B: Body<Data = Bytes, Error: Into<BoxError>> + 'static,
{
    Serving(Box<http1::Connection<TokioIo<ReadAhead<I>>, S>>),
    Resting(I, S),
    /// The connection tells its client that it ends.
    Ending(I),
    Ended,
}

impl<I, S, B> RestingHttp1<I, S, B>
where
    I: AsyncRead + AsyncWrite + Unpin + 'static,
    S: Service<Request<Incoming>, Response = Response<B>, Error: Into<BoxError>>,
    B: Body<Data = Bytes, Error: Into<BoxError>> + 'static,
{
    pub(super) fn new(server: &http1::Builder, stream: I, service: S, activity: Arc<Activity>) -> Self {
        let mut connection = RestingHttp1 { server: server.clone(), activity, state: RestState::Ended };
        connection.wake(stream, service, Bytes::new());
        connection
    }

    /// Serves on what comes on the stream, after what was read of it.
    fn wake(&mut self, stream: I, service: S, ahead: Bytes) {
        let stream = TokioIo::new(ReadAhead { inner: stream, ahead });
        self.state = RestState::Serving(Box::new(self.server.serve_connection(stream, service)));
    }

    fn lie_down(&mut self) {
        let RestState::Serving(connection) = mem::replace(&mut self.state, RestState::Ended) else { return };
        let parts = connection.into_parts();
        let ReadAhead { inner, ahead } = parts.io.into_inner();
        if parts.read_buf.is_empty() && ahead.is_empty() {
            self.state = RestState::Resting(inner, parts.service);
        } else {
            // The beginning of a head came with the last request.
            let both = [&parts.read_buf[..], &ahead[..]].concat();
            self.wake(inner, parts.service, both.into());
        }
    }
}

impl<I, S, B> Future for RestingHttp1<I, S, B>
where
    I: AsyncRead + AsyncWrite + Unpin + 'static,
    S: Service<Request<Incoming>, Response = Response<B>, Error: Into<BoxError>> + Unpin,
    B: Body<Data = Bytes, Error: Into<BoxError>> + 'static,
{
    type Output = hyper::Result<()>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<hyper::Result<()>> {
        let this = self.get_mut();
        loop {
            match &mut this.state {
                RestState::Serving(connection) => return Pin::new(connection.as_mut()).poll(cx),
                RestState::Resting(stream, _) => {
                    let mut first = [0; FIRST];
                    let mut first = ReadBuf::new(&mut first);
                    let read = ready!(Pin::new(stream).poll_read(cx, &mut first));
                    let came = read.map(|()| Bytes::copy_from_slice(first.filled()));
                    let RestState::Resting(stream, service) = mem::replace(&mut this.state, RestState::Ended)
                    else {
                        return Poll::Ready(Ok(()));
                    };
                    match came {
                        Ok(came) if came.is_empty() => this.state = RestState::Ending(stream),
                        Ok(came) => {
                            this.wake(stream, service, came);
                            this.activity.wakes();
                        }
                        // Between two requests it takes nothing along.
                        Err(error) => {
                            tracing::debug!(target: "dateline::gateway::connection", error = %error, "connection ended")
                        }
                    }
                }
                RestState::Ending(stream) => {
                    // Whoever has left hears nothing.
                    let _ = ready!(Pin::new(stream).poll_shutdown(cx));
                    this.state = RestState::Ended;
                }
                RestState::Ended => return Poll::Ready(Ok(())),
            }
        }
    }
}

impl<I, S, B> Serving for RestingHttp1<I, S, B>
where
    I: AsyncRead + AsyncWrite + Unpin + 'static,
    S: Service<Request<Incoming>, Response = Response<B>, Error: Into<BoxError>> + Unpin,
    B: Body<Data = Bytes, Error: Into<BoxError>> + 'static,
{
    fn finish(self: Pin<&mut Self>) {
        let this = self.get_mut();
        match &mut this.state {
            RestState::Serving(connection) => Pin::new(connection.as_mut()).graceful_shutdown(),
            RestState::Resting(..) => {
                if let RestState::Resting(stream, _) = mem::replace(&mut this.state, RestState::Ended) {
                    this.state = RestState::Ending(stream);
                }
            }
            RestState::Ending(_) | RestState::Ended => {}
        }
    }

    fn rest(self: Pin<&mut Self>) -> Option<Instant> {
        let this = self.get_mut();
        if !matches!(this.state, RestState::Serving(_)) {
            return None;
        }
        let now = Instant::now();
        let Some(since) = this.activity.may_rest() else { return Some(now + BUSY) };
        if now < since + QUIET {
            return Some(since + QUIET);
        }
        this.lie_down();
        // Where it could not, it is looked at again.
        matches!(this.state, RestState::Serving(_)).then_some(now + BUSY)
    }
}

/// A stream of which some bytes were read before.
#[derive(Debug)]
struct ReadAhead<I> {
    inner: I,
    ahead: Bytes,
}

impl<I: AsyncRead + Unpin> AsyncRead for ReadAhead<I> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.ahead.is_empty() {
            return Pin::new(&mut this.inner).poll_read(cx, buf);
        }
        buf.put_slice(&this.ahead.split_to(buf.remaining().min(this.ahead.len())));
        if this.ahead.is_empty() {
            // Lets go of the memory.
            this.ahead = Bytes::new();
        }
        Poll::Ready(Ok(()))
    }
}

impl<I: AsyncWrite + Unpin> AsyncWrite for ReadAhead<I> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().inner).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().inner).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_shutdown(cx)
    }
}
