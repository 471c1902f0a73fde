//! The bytes of a connection on their way to and from the client library: whether any were written, and the head of
//! the answer, which is read here.

use super::{
    head::{self, HeadFault, HeadLimits, HeadStart, id_of},
    plain::{Plain, plain},
    turn::Progress,
};
use http::StatusCode;
use memchr::memrchr;
use std::{
    io::{self, IoSlice},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A connection's bytes, and whether any were written. With TLS these are those that it took to encrypt, which is
/// more than have left: the safe side.
#[derive(Debug)]
pub(super) struct Noted<S> {
    inner: S,
    progress: Arc<Progress>,
    limits: HeadLimits,
    /// The bytes of a head that is not complete.
    held: Vec<u8>,
    /// The length that has been searched for the end of the head.
    searched: usize,
    /// The bytes for the library. It has taken those before `given`.
    ready: Vec<u8>,
    given: usize,
}

impl<S> Noted<S> {
    pub(super) fn new(inner: S, progress: Arc<Progress>, limits: HeadLimits) -> Self {
        Noted { inner, progress, limits, held: Vec::new(), searched: 0, ready: Vec::new(), given: 0 }
    }

    fn note(&self, written: io::Result<usize>) -> Poll<io::Result<usize>> {
        if matches!(written, Ok(1..)) {
            self.progress.written();
        }
        Poll::Ready(written)
    }

    /// Gives the library as much as it takes of what is ready for it.
    fn give(&mut self, buffer: &mut ReadBuf<'_>) {
        let left = &self.ready[self.given..];
        let taken = left.len().min(buffer.remaining());
        buffer.put_slice(&left[..taken]);
        self.given += taken;
        if self.given == self.ready.len() {
            self.given = 0;
            // Longer ones are rare, and a connection may be idle for a while.
            if self.ready.capacity() > 1024 {
                self.ready = Vec::new();
            }
            self.ready.clear();
        }
    }

    /// Takes what has come, and gives the library what is ready for it then, where anything is.
    fn take(&mut self, came: &[u8], buffer: &mut ReadBuf<'_>) -> io::Result<bool> {
        if self.held.is_empty() {
            let Judged { done, is_ready } = self.judge(came)?;
            let rest = &came[done..];
            if !is_ready {
                self.held = rest.to_vec();
            } else if self.ready.len() + rest.len() <= buffer.remaining() {
                // Nearly always: what is behind the head is copied once.
                self.give(buffer);
                buffer.put_slice(rest);
            } else {
                self.ready.extend_from_slice(rest);
                self.give(buffer);
            }
            return Ok(is_ready);
        }
        let mut held = std::mem::take(&mut self.held);
        held.extend_from_slice(came);
        let Judged { done, is_ready } = self.judge(&held)?;
        if is_ready {
            self.ready.extend_from_slice(&held[done..]);
            self.give(buffer);
        } else {
            held.drain(..done);
            self.held = held;
        }
        Ok(is_ready)
    }

    /// Reads the heads in `bytes` up to that of an answer; promises (1xx) are read over.
    fn judge(&mut self, bytes: &[u8]) -> io::Result<Judged> {
        let mut done = 0;
        loop {
            let rest = &bytes[done..];
            let (status, modern, line) = match head::start(rest) {
                HeadStart::Line { status, modern, end } => (status, modern, end),
                HeadStart::Partial => return Ok(Judged { done, is_ready: false }),
                // No answer: the library says so.
                HeadStart::Other => {
                    self.progress.gave_up();
                    return Ok(Judged { done, is_ready: true });
                }
            };
            let is_promise = status.is_informational() && status != StatusCode::SWITCHING_PROTOCOLS;
            if !is_promise {
                self.progress.begins(status);
            }
            let end = head::end(rest, line.max(self.searched));
            let most = self.limits.bytes;
            if end.unwrap_or(rest.len()) > most {
                return Err(self.refuse(HeadFault::Bytes(most), &rest[..most.min(rest.len())]));
            }
            let Some(end) = end else {
                // The last line is to be searched again: its end has not come.
                self.searched = memrchr(b'\n', rest).map_or(0, |at| at + 1);
                return Ok(Judged { done, is_ready: false });
            };
            self.searched = 0;
            done += end;
            if is_promise {
                continue;
            }
            let (head, start) = (&rest[..end], (status, modern, line));
            match head::read(head, start, self.limits.fields, &mut self.ready) {
                Ok(read) => self.progress.came(read),
                Err(fault) => return Err(self.refuse(fault, head)),
            }
            return Ok(Judged { done, is_ready: true });
        }
    }

    fn refuse(&self, fault: HeadFault, head: &[u8]) -> io::Error {
        let error = io::Error::new(io::ErrorKind::InvalidData, fault.to_string());
        self.progress.refuse(fault, id_of(head));
        error
    }
}

/// The number of bytes that are finished, and whether an answer is ready, which begins with the rest.
struct Judged {
    done: usize,
    is_ready: bool,
}

impl<S: AsyncRead + Unpin> Noted<S> {
    /// Reads until the head of an answer is whole. A plain head stays where the library reads it, and what is behind it
    /// as well; all else is taken out of there, and given once it is read.
    fn poll_head(&mut self, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        loop {
            let read = ready!(Pin::new(&mut self.inner).poll_read(cx, buffer));
            let came = &buffer.filled()[before..];
            if read.is_err() || came.is_empty() {
                self.progress.broke_off(id_of(&self.held));
                return Poll::Ready(read);
            }
            if self.held.is_empty()
                && let Some(Plain { status, begins, ends, fields }) = plain(came, self.limits.fields)
                && ends - begins <= self.limits.bytes
            {
                self.progress.came_plain(status, &came[begins..ends], fields, self.limits.fields);
                return Poll::Ready(Ok(()));
            }
            let came = came.to_vec();
            buffer.set_filled(before);
            if self.take(&came, buffer)? {
                return Poll::Ready(Ok(()));
            }
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Noted<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if !this.ready.is_empty() {
            this.give(buffer);
            return Poll::Ready(Ok(()));
        }
        match this.progress.expects_head() {
            true => this.poll_head(cx, buffer),
            false => Pin::new(&mut this.inner).poll_read(cx, buffer),
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Noted<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.inner).poll_write(cx, bytes));
        self.note(written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.inner).poll_write_vectored(cx, bytes));
        self.note(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncWriteExt;

    const LIMITS: HeadLimits = HeadLimits { fields: 4, bytes: 200 };

    #[tokio::test]
    async fn row_40_the_first_byte_that_is_taken_is_noted() {
        let progress = Arc::new(Progress::default());
        let (ours, theirs) = tokio::io::duplex(1);
        let mut ours = Noted::new(ours, Arc::clone(&progress), LIMITS);
        progress.begin();
        assert!(ours.write(b"").await.is_ok() && !progress.wrote());
        assert_eq!((ours.write(b"POST").await.unwrap(), progress.wrote()), (1, true));
        progress.begin();
        assert!(!progress.wrote(), "another request");
        drop(theirs);
        assert!(ours.write(b"POST").await.is_err() && !progress.wrote());
    }
}
