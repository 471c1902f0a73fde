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

/// The TCP socket below TLS. It sees the client's progress as the kernel does.
#[derive(Debug)]
pub(super) struct Socket {
    inner: TcpStream,
    activity: Arc<Activity>,
    /// Read ahead.
    ahead: Bytes,
    behind: Behind,
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
    pub(super) fn new(inner: TcpStream, activity: Arc<Activity>) -> Self {
        Socket { inner, activity, ahead: Bytes::new(), behind: Behind::default() }
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
        Pin::new(&mut self.get_mut().inner).poll_shutdown(cx)
    }
}
