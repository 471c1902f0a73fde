//! A byte stream that messages are written to and read from.

use super::{
    message::{Kind, Message},
    within,
};
use socket2::SockRef;
use std::{net::Shutdown, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, copy_bidirectional},
    net::TcpStream,
};
use tokio_rustls::{client, server};

/// TCP, or TLS over it.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {
    /// The socket at the bottom.
    fn tcp(&self) -> &TcpStream;
}

impl Stream for TcpStream {
    fn tcp(&self) -> &TcpStream {
        self
    }
}

impl Stream for server::TlsStream<TcpStream> {
    fn tcp(&self) -> &TcpStream {
        self.get_ref().0
    }
}

impl Stream for client::TlsStream<TcpStream> {
    fn tcp(&self) -> &TcpStream {
        self.get_ref().0
    }
}

/// The way in which a connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// An orderly end: first of TLS (`close_notify`), then of TCP (FIN).
    Close,
    /// FIN. TLS says nothing, as where somebody on the way cut it.
    Fin,
    /// RST. What has arrived can still be read on loopback, then there is an error.
    Rst,
}

/// One end of a connection.
pub(crate) struct Wire {
    stream: Box<dyn Stream>,
    /// Read, and not yet taken.
    buffer: Vec<u8>,
    closed: bool,
    /// True if the connection was reset, or if TLS did not announce its end: data before it is not complete.
    broken: bool,
}

impl Wire {
    pub(crate) fn new(stream: impl Stream + 'static) -> Self {
        Wire { stream: Box::new(stream), buffer: Vec::new(), closed: false, broken: false }
    }

    /// Writes bytes, as far as the other side takes them: a test sees at what it reads whether it did.
    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        let sent = async {
            self.stream.write_all(bytes.as_ref()).await?;
            self.stream.flush().await
        };
        let _ = within("the other side takes bytes", sent).await;
    }

    /// Writes bytes; whether the other side has taken them. May be left off.
    pub(crate) async fn try_send(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        self.stream.write_all(bytes.as_ref()).await.is_ok()
    }

    /// Reads more; whether there was any.
    async fn more(&mut self) -> bool {
        if !self.closed {
            let read = self.stream.read_buf(&mut self.buffer);
            let read = within("more bytes, or the end", read).await;
            self.broken = read.is_err();
            self.closed = !matches!(read, Ok(1..));
        }
        !self.closed
    }

    /// The next whole message, or nothing if the connection ends before.
    pub(crate) async fn message(&mut self, kind: Kind) -> Option<Message> {
        loop {
            if let Some(message) = Message::read(&self.buffer, kind, self.closed && !self.broken) {
                self.buffer.drain(..message.raw.len());
                return Some(message);
            }
            if self.closed {
                return None;
            }
            self.more().await;
        }
    }

    /// The next answer to a request with any method but `HEAD`.
    pub(crate) async fn answer(&mut self) -> Message {
        let answer = self.message(Kind::Answer).await;
        answer.unwrap_or_else(|| panic!("no whole answer: {}", self.buffer.escape_ascii()))
    }

    /// The next request.
    pub(crate) async fn request(&mut self) -> Option<Message> {
        self.message(Kind::Request).await
    }

    /// Reads until these bytes have come, and gives what came up to and with them.
    pub(crate) async fn through(&mut self, end: &str) -> String {
        loop {
            let found = self.buffer.windows(end.len()).position(|some| some == end.as_bytes());
            if let Some(at) = found {
                let taken: Vec<u8> = self.buffer.drain(..at + end.len()).collect();
                return String::from_utf8_lossy(&taken).into_owned();
            }
            assert!(self.more().await, "{end:?} never came: {}", self.buffer.escape_ascii());
        }
    }

    /// The next bytes, or nothing if the connection ends before.
    pub(crate) async fn take(&mut self, count: usize) -> Option<Vec<u8>> {
        while self.buffer.len() < count {
            if !self.more().await {
                return None;
            }
        }
        Some(self.buffer.drain(..count).collect())
    }

    /// Writes bytes in pieces of `size`, with a pause between that lets each arrive alone.
    pub(crate) async fn send_in_pieces(&mut self, bytes: impl AsRef<[u8]>, size: usize) {
        for piece in bytes.as_ref().chunks(size) {
            self.send(piece).await;
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    /// Ends what is sent, in order, and leaves what is read: `close_notify` inside TLS, then FIN.
    pub(crate) async fn finish_sending(&mut self) {
        within("the end is sent", self.stream.shutdown()).await.expect("a connection");
    }

    /// The same by FIN alone, whatever is inside.
    pub(crate) fn finish_sending_tcp(&self) {
        SockRef::from(self.stream.tcp()).shutdown(Shutdown::Write).expect("a connection");
    }

    /// Ends the connection.
    pub(crate) async fn end(mut self, end: End) {
        match end {
            End::Close => {
                let _ = within("the other side takes the end", self.stream.shutdown()).await;
            }
            End::Fin => {}
            End::Rst => self.stream.tcp().set_zero_linger().expect("a socket"),
        }
    }

    /// Carries bytes to and from another address until both ends are closed.
    pub(crate) async fn pipe(mut self, address: &str) {
        let mut other = TcpStream::connect(address).await.expect("a connection");
        let _ = other.write_all(&self.buffer).await;
        let _ = copy_bidirectional(&mut self.stream, &mut other).await;
    }

    /// Tells whether the connection was reset, or cut inside TLS, as far as it was read.
    pub(crate) fn is_broken(&self) -> bool {
        self.broken
    }

    /// Returns all bytes until the connection ends.
    pub(crate) async fn rest(&mut self) -> Vec<u8> {
        while self.more().await {}
        std::mem::take(&mut self.buffer)
    }
}
