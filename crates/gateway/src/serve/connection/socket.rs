//! A client's socket. It notes the data that passes, and checks whether the client is still there while it waits for
//! its answer.
//!
//! A client that has finished sending may still read (RFC 9112, 9.6), so hyper is configured for that and does not read
//! during an answer over HTTP/1. After a reset, no one reads any more. Resets are detected here.

use super::activity::Activity;
use bytes::{Bytes, BytesMut};
use std::{
    io::{self, IoSlice},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::{Instant, Sleep, sleep},
};

/// The interval at which a socket with unread data is checked for a reset: the system does not report one then.
const LOOK: Duration = Duration::from_secs(1);

/// The longest time that a closing connection is read for, however much its client still sends.
const LINGER: Duration = Duration::from_secs(30);

/// The TCP socket below TLS. It sees the client's progress as the kernel does.
#[derive(Debug)]
pub(super) struct Socket {
    inner: TcpStream,
    activity: Arc<Activity>,
    /// Read ahead.
    ahead: Bytes,
    behind: Behind,
    /// The time that a client may be silent while the socket lingers.
    pause: Duration,
    closing: Closing,
}

/// The steps in which a socket closes.
///
/// A socket that is closed with bytes unread resets its connection, and a reset can destroy the response before its client
/// has read it (RFC 9112, 9.6). So the gateway ends its own side first, and reads and drops what the client still sends.
#[derive(Debug)]
enum Closing {
    Open,
    /// Nothing is sent any more. The rest of what the client sends is dropped.
    Lingers {
        until: Instant,
        timer: Pin<Box<Sleep>>,
    },
    Closed,
}

/// The bytes, or the end, that follow the request that is being answered.
#[derive(Debug, Default)]
struct Behind {
    /// True while there is data that stays unread until the answer is complete.
    seen: bool,
    /// Runs while it is.
    look: Option<Pin<Box<Sleep>>>,
}

/// The protocol that a client speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Protocol {
    Http1,
    Http2,
}

/// The connection preface of HTTP/2 (RFC 9113, 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

impl Socket {
    /// Wraps a client's socket. Once it closes, a client may be silent for `pause` before the rest of its request is
    /// given up.
    pub(super) fn new(inner: TcpStream, activity: Arc<Activity>, pause: Duration) -> Self {
        let (ahead, behind) = (Bytes::new(), Behind::default());
        Socket { inner, activity, ahead, behind, pause, closing: Closing::Open }
    }

    /// Reads the first bytes to tell which protocol a client without ALPN speaks.
    pub(super) async fn protocol(&mut self) -> io::Result<Protocol> {
        let mut first = BytesMut::with_capacity(1024);
        let protocol = loop {
            let read = self.read_buf(&mut first).await?;
            let known = first.len().min(PREFACE.len());
            if read == 0 || first[..known] != PREFACE[..known] {
                break Protocol::Http1;
            }
            if known == PREFACE.len() {
                break Protocol::Http2;
            }
        };
        self.ahead = first.freeze();
        Ok(protocol)
    }

    /// Returns an error once the client has reset the connection while it is owed an answer over HTTP/1. All other
    /// data, and the end of its sending, stays unread.
    fn poll_reset(&mut self, cx: &mut Context<'_>) -> Poll<io::Error> {
        if !self.behind.seen {
            let mut byte = [0];
            if let Err(error) = ready!(self.inner.poll_peek(cx, &mut ReadBuf::new(&mut byte))) {
                return Poll::Ready(error);
            }
            self.behind.seen = true;
            match &mut self.behind.look {
                Some(look) => look.as_mut().reset(Instant::now() + LOOK),
                look => *look = Some(Box::pin(sleep(LOOK))),
            }
        }
        let Some(look) = &mut self.behind.look else { return Poll::Pending };
        loop {
            ready!(look.as_mut().poll(cx));
            match self.inner.take_error() {
                Ok(None) => look.as_mut().reset(Instant::now() + LOOK),
                Ok(Some(error)) | Err(error) => return Poll::Ready(error),
            }
        }
    }

    /// Reads and drops what the client still sends, until its end, a silence of `pause`, or [`LINGER`] in all.
    fn poll_linger(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Closing::Lingers { until, timer } = &mut self.closing else { return Poll::Ready(()) };
        let mut dropped = [0; 4096];
        loop {
            let mut buf = ReadBuf::new(&mut dropped);
            match Pin::new(&mut self.inner).poll_read(cx, &mut buf) {
                Poll::Ready(Ok(())) if !buf.filled().is_empty() => {
                    self.activity.lingers();
                    timer.as_mut().reset((Instant::now() + self.pause).min(*until));
                    if *until <= Instant::now() {
                        return Poll::Ready(());
                    }
                }
                // Its end, or a reset: it hears nothing more.
                Poll::Ready(_) => return Poll::Ready(()),
                Poll::Pending if self.activity.owes_bytes() => return timer.as_mut().poll(cx),
                Poll::Pending => return Poll::Ready(()),
            }
        }
    }

    fn note(&self, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        match &written {
            Poll::Ready(Ok(_)) => self.activity.went(),
            Poll::Ready(Err(_)) => {}
            Poll::Pending => self.activity.stalled(),
        }
        written
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        if self.activity.is_worthless() {
            // A reset: what a client does not take is not kept for it by the kernel, and can never look complete.
            let _ = self.inner.set_zero_linger();
        }
    }
}

impl AsyncRead for Socket {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if !this.ahead.is_empty() {
            let ahead = this.ahead.split_to(buf.remaining().min(this.ahead.len()));
            buf.put_slice(&ahead);
            return Poll::Ready(Ok(()));
        }
        // Whatever was there is read now.
        this.behind.seen = false;
        let before = buf.filled().len();
        let polled = Pin::new(&mut this.inner).poll_read(cx, buf);
        match &polled {
            Poll::Ready(Ok(())) if buf.filled().len() > before => this.activity.came(),
            Poll::Ready(_) => {}
            Poll::Pending => this.activity.awaited(),
        }
        polled
    }
}

impl AsyncWrite for Socket {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.inner).poll_write(cx, buf);
        this.note(written)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.inner).poll_write_vectored(cx, bufs);
        this.note(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        // hyper flushes whenever it is polled, and so does TLS above this.
        if this.activity.is_owed_an_answer() {
            if let Poll::Ready(error) = this.poll_reset(cx) {
                return Poll::Ready(Err(error));
            }
        } else if this.behind.look.is_some() {
            this.behind = Behind::default();
        }
        Pin::new(&mut this.inner).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if let Closing::Open = this.closing {
            ready!(Pin::new(&mut this.inner).poll_shutdown(cx))?;
            let now = Instant::now();
            let timer = Box::pin(sleep(this.pause));
            this.closing = Closing::Lingers { until: now + LINGER, timer };
        }
        ready!(this.poll_linger(cx));
        this.closing = Closing::Closed;
        Poll::Ready(Ok(()))
    }
}
