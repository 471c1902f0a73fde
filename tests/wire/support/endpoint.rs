//! The addresses that clients connect to.

use super::{Ask, Message, Wire, within};
use bytes::Bytes;
use http::{Request, Response, response};
use http_body_util::{BodyExt, Full};
use hyper::{body::Incoming, client::conn::http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls_pki_types::ServerName;
use std::net::SocketAddr;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

/// The protocol of a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protocol {
    Http10,
    Http11,
    Http2,
}

impl Protocol {
    /// Every one.
    pub(crate) const ALL: [Protocol; 3] = [Protocol::Http10, Protocol::Http11, Protocol::Http2];
}

/// A listener's address, and what clients do there.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Endpoint(pub(crate) SocketAddr);

impl Endpoint {
    /// A raw connection.
    pub(crate) async fn connect(&self) -> Wire {
        Wire::new(self.try_connect().await.expect("a connection"))
    }

    /// A connection, where one is accepted.
    pub(crate) async fn try_connect(&self) -> std::io::Result<TcpStream> {
        let stream = within("a connection", TcpStream::connect(self.0)).await?;
        // Written pieces go out as they are, and none waits for the acknowledgement of the one before.
        let _ = stream.set_nodelay(true);
        Ok(stream)
    }

    /// Sends a request over a connection of its own and reads the answer.
    pub(crate) async fn send(&self, ask: Ask) -> Message {
        let mut client = self.connect().await;
        client.send(ask.bytes()).await;
        client.message(ask.answer_kind()).await.expect("a whole answer")
    }

    /// Sends bytes over a connection of its own and reads the answer.
    pub(crate) async fn send_raw(&self, bytes: impl AsRef<[u8]>) -> Message {
        let mut client = self.connect().await;
        client.send(bytes).await;
        client.answer().await
    }

    /// Asks an operator's listener.
    pub(crate) async fn ask_operator(&self, path: &str) -> Message {
        self.send_raw(format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")).await
    }

    /// The value of a series, by its name and labels as they are written, that an operator's listener tells.
    pub(crate) async fn metric(&self, series: &str) -> Option<u64> {
        let metrics = self.ask_operator("/metrics").await;
        let value = metrics.text().lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
        value.map(|value| value.parse().expect("a number"))
    }

    /// Sends a request over HTTP/2 and reads the answer.
    pub(crate) async fn send_h2(&self, ask: Ask) -> Message {
        let (head, body) = self.h2().await.whole(ask).await;
        Message::of_parts(Response::from_parts(head, body))
    }

    /// Sends a request and reads what a client with this protocol takes for a whole answer, or nothing if the
    /// answer was broken off.
    pub(crate) async fn receive(&self, protocol: Protocol, ask: &Ask) -> Option<Message> {
        let bytes = match protocol {
            Protocol::Http10 => ask.bytes10(),
            Protocol::Http11 => ask.bytes(),
            Protocol::Http2 => return self.h2().await.try_whole(ask).await,
        };
        let mut client = self.connect().await;
        client.send(bytes).await;
        client.message(ask.answer_kind()).await
    }

    /// A raw connection inside TLS, to `localhost`, where the handshake succeeds.
    pub(crate) async fn tls(&self, tls: &TlsConnector) -> std::io::Result<Wire> {
        Ok(Wire::new(self.tls_stream(tls).await?))
    }

    /// A TLS stream to `localhost`, where the handshake succeeds.
    pub(crate) async fn tls_stream(&self, tls: &TlsConnector) -> std::io::Result<TlsStream<TcpStream>> {
        let stream = self.try_connect().await?;
        let name = ServerName::try_from("localhost").expect("a name");
        within("a TLS handshake", tls.connect(name, stream)).await
    }

    /// A connection with HTTP/2.
    pub(crate) async fn h2(&self) -> Http2 {
        let stream = self.try_connect().await.expect("a connection");
        Http2::over(stream).await
    }
}

impl Http2 {
    /// HTTP/2 over a stream that stands.
    pub(crate) async fn over(stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static) -> Self {
        let shake = http2::handshake(TokioExecutor::new(), TokioIo::new(stream));
        let (sender, connection) = within("HTTP/2", shake).await.expect("HTTP/2");
        tokio::spawn(connection);
        Http2(sender)
    }
}

/// A client's end of an HTTP/2 connection.
#[derive(Clone)]
pub(crate) struct Http2(http2::SendRequest<Full<Bytes>>);

impl Http2 {
    /// Sends a request and waits for the head of its answer.
    pub(crate) async fn ask(&mut self, request: Request<Full<Bytes>>) -> Response<Incoming> {
        within("an answer over HTTP/2", self.0.send_request(request)).await.expect("an answer")
    }

    /// Sends a request and reads the answer, or nothing if its stream was reset.
    pub(crate) async fn try_whole(&mut self, ask: &Ask) -> Option<Message> {
        let answer = within("an answer over HTTP/2", self.0.send_request(ask.request())).await.ok()?;
        let (head, body) = answer.into_parts();
        let body = within("the end of the body", body.collect()).await.ok()?;
        Some(Message::of_parts(Response::from_parts(head, body.to_bytes())))
    }

    /// Sends a request and reads the whole answer.
    pub(crate) async fn whole(&mut self, ask: Ask) -> (response::Parts, Bytes) {
        let (head, body) = self.ask(ask.request()).await.into_parts();
        let body = within("the whole body", body.collect()).await.expect("a whole body");
        (head, body.to_bytes())
    }
}
