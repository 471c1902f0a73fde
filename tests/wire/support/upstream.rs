//! The server at the end of the line.

use super::{Ask, End, Message, Wire, v};
use bytes::Bytes;
use dateline_core::Version;
use dateline_sandbox::Sandbox;
use http::Request;
use std::{
    ops::{Deref, DerefMut},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};
use tokio::{net::TcpListener, sync::Notify};
use tokio_rustls::TlsAcceptor;

/// An upstream and what it was sent.
pub(crate) struct Upstream {
    /// The origin of the upstream.
    pub(crate) url: String,
    /// The version that the upstream is spoken to at.
    pub(crate) version: Version,
    seen: Seen,
    connections: Arc<AtomicUsize>,
    sandbox: Option<Sandbox>,
}

type Seen = Arc<Mutex<Vec<Message>>>;

impl Upstream {
    /// The sandbox, fixed at a version.
    pub(crate) async fn sandbox(version: &str) -> Self {
        let sandbox = Sandbox::new(Some(v(version))).expect("one of the sandbox's versions");
        let (listener, mut upstream) = Upstream::listening().await;
        tokio::spawn(sandbox.clone().serve(listener, std::future::pending()));
        upstream.version = v(version);
        upstream.sandbox = Some(sandbox);
        upstream
    }

    /// Gives every request the same answer.
    pub(crate) async fn answers(answer: impl Into<Vec<u8>>) -> Self {
        let answer = answer.into();
        Upstream::scripted_with(answer, move |mut connection, answer| async move {
            loop {
                connection.next().await?;
                connection.send(&answer).await;
            }
        })
        .await
    }

    /// Gives every request the same answer, each once it is told to go on.
    pub(crate) async fn gated(answer: impl Into<Vec<u8>>) -> (Self, Arc<Notify>) {
        let (answer, go_on) = (answer.into(), Arc::new(Notify::new()));
        let upstream = Upstream::scripted_with(
            (answer, Arc::clone(&go_on)),
            move |mut connection, (answer, gate)| async move {
                loop {
                    connection.next().await?;
                    gate.notified().await;
                    connection.send(&answer).await;
                }
            },
        );
        (upstream.await, go_on)
    }

    /// Gives every request the same answer and ends the connection in order.
    pub(crate) async fn answers_and_closes(answer: impl Into<Vec<u8>>) -> Self {
        let answer = answer.into();
        Upstream::scripted_with(answer, move |mut connection, answer| async move {
            connection.next().await?;
            connection.send(&answer).await;
            connection.end(End::Close).await
        })
        .await
    }

    /// Sends as many bytes of an answer as the request says, then ends the connection.
    pub(crate) async fn cutting(answer: impl Into<Vec<u8>>, end: End) -> Self {
        Upstream::scripted_with(answer.into(), move |mut connection, answer| async move {
            let request = connection.next().await?;
            let at = request.field("x-cut").and_then(|at| at.parse().ok()).expect("where to cut");
            connection.cut(answer, at, end).await
        })
        .await
    }

    /// Runs a script on every connection, which is closed at its end.
    pub(crate) async fn scripted<R>(script: impl Fn(Connection) -> R + Send + Sync + 'static) -> Self
    where
        R: Future<Output = Option<()>> + Send + 'static,
    {
        Upstream::start(None, script).await
    }

    /// The same with a value, of which each connection has a clone.
    pub(crate) async fn scripted_with<T, R>(
        shared: T,
        script: impl Fn(Connection, T) -> R + Send + Sync + 'static,
    ) -> Self
    where
        T: Clone + Send + Sync + 'static,
        R: Future<Output = Option<()>> + Send + 'static,
    {
        Upstream::scripted(move |connection| script(connection, shared.clone())).await
    }

    /// The same behind TLS, at `https://<host>:<port>`.
    pub(crate) async fn scripted_tls<R>(
        host: &str,
        tls: TlsAcceptor,
        script: impl Fn(Connection) -> R + Send + Sync + 'static,
    ) -> Self
    where
        R: Future<Output = Option<()>> + Send + 'static,
    {
        let mut upstream = Upstream::start(Some(tls), script).await;
        upstream.url = upstream.url.replace("http://127.0.0.1", &format!("https://{host}"));
        upstream
    }

    /// Creates an upstream at an address where no server listens.
    pub(crate) async fn absent() -> Self {
        Upstream::listening().await.1
    }

    async fn listening() -> (TcpListener, Self) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let upstream = Upstream {
            url,
            version: v("2026-07-01"),
            seen: Seen::default(),
            connections: Arc::default(),
            sandbox: None,
        };
        (listener, upstream)
    }

    async fn start<R>(
        tls: Option<TlsAcceptor>,
        script: impl Fn(Connection) -> R + Send + Sync + 'static,
    ) -> Self
    where
        R: Future<Output = Option<()>> + Send + 'static,
    {
        let (listener, upstream) = Upstream::listening().await;
        let (seen, connections) = (Arc::clone(&upstream.seen), Arc::clone(&upstream.connections));
        let script = Arc::new(script);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let number = connections.fetch_add(1, Ordering::Relaxed) + 1;
                let seen = Arc::clone(&seen);
                // Written pieces are to arrive as they are.
                let _ = stream.set_nodelay(true);
                let Some(tls) = tls.clone() else {
                    tokio::spawn(script(Connection { wire: Wire::new(stream), number, seen }));
                    continue;
                };
                let script = Arc::clone(&script);
                tokio::spawn(async move {
                    let wire = Wire::new(tls.accept(stream).await.ok()?);
                    let script = script(Connection { wire, number, seen });
                    script.await
                });
            }
        });
        upstream
    }

    /// The requests that a script has read, in order.
    pub(crate) fn requests(&self) -> Vec<Message> {
        self.seen.lock().expect("no panic").clone()
    }

    /// Returns the number of requests that have arrived.
    pub(crate) fn count(&self) -> usize {
        match &self.sandbox {
            Some(sandbox) => sandbox.received().len(),
            None => self.seen.lock().expect("no panic").len(),
        }
    }

    /// Returns the number of requests with this `Idempotency-Key` that a script has read whole: each may have moved
    /// money.
    pub(crate) fn executions(&self, key: &str) -> usize {
        let requests = self.requests();
        requests.iter().filter(|request| request.field("idempotency-key") == Some(key)).count()
    }

    /// Returns the number of connections on which a script has run.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }

    /// The one request that has arrived.
    pub(crate) fn only(&self) -> Message {
        let requests = self.requests();
        assert_eq!(requests.len(), 1, "requests");
        requests.into_iter().next().expect("one")
    }
}

/// One connection of a scripted upstream.
pub(crate) struct Connection {
    wire: Wire,
    /// The first is 1.
    pub(crate) number: usize,
    seen: Seen,
}

impl Connection {
    /// Reads the next request whole and keeps it, or nothing if the connection ends.
    pub(crate) async fn next(&mut self) -> Option<Message> {
        let request = self.wire.request().await?;
        self.seen.lock().expect("no panic").push(request.clone());
        Some(request)
    }

    /// Sends no more than the first `at` bytes of an answer, then ends the connection and the script.
    pub(crate) async fn cut(mut self, answer: impl AsRef<[u8]>, at: usize, end: End) -> Option<()> {
        self.send(&answer.as_ref()[..at]).await;
        self.end(end).await
    }

    /// Ends the connection and the script.
    pub(crate) async fn end(self, end: End) -> Option<()> {
        self.wire.end(end).await;
        None
    }

    /// Waits for the other side to end the connection, and gives what else came.
    pub(crate) async fn ended(&mut self) -> Vec<u8> {
        self.wire.rest().await
    }

    /// The bytes without the script, which ends with this.
    pub(crate) fn into_wire(self) -> Wire {
        self.wire
    }
}

impl Deref for Connection {
    type Target = Wire;

    fn deref(&self) -> &Wire {
        &self.wire
    }
}

impl DerefMut for Connection {
    fn deref_mut(&mut self) -> &mut Wire {
        &mut self.wire
    }
}

/// A `200` with a JSON body.
pub(crate) fn json(body: &str) -> Vec<u8> {
    answer("200 OK", &["content-type: application/json"], body)
}

/// An answer with these fields and a length.
pub(crate) fn answer(status: &str, fields: &[&str], body: &str) -> Vec<u8> {
    let fields: String = fields.iter().map(|field| format!("{field}\r\n")).collect();
    format!("HTTP/1.1 {status}\r\n{fields}content-length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

/// Returns the answer of a sandbox without a gateway and without a network.
pub(crate) fn respond(sandbox: &Sandbox, ask: &Ask) -> Message {
    let mut request = Request::builder().method(ask.method.as_str()).uri(&ask.target);
    for (name, value) in &ask.fields {
        request = request.header(name, value);
    }
    let request = request.body(Bytes::from(ask.body.clone())).expect("a request");
    Message::of_parts(sandbox.respond(request))
}

/// The head of an answer in JSON, up to its framing.
pub(crate) const HEAD: &str = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";

/// An answer with this head, in chunks.
pub(crate) fn chunked<P: AsRef<[u8]>>(head: &str, pieces: impl IntoIterator<Item = P>) -> Vec<u8> {
    let chunks: Vec<u8> = pieces.into_iter().flat_map(chunk).collect();
    [head.as_bytes(), b"transfer-encoding: chunked\r\n\r\n", &chunks, b"0\r\n\r\n"].concat()
}

/// One chunk of a body.
pub(crate) fn chunk(bytes: impl AsRef<[u8]>) -> Vec<u8> {
    let bytes = bytes.as_ref();
    [format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat()
}
