//! The gateway under test.

use super::{Ask, Message, Upstream, Wire, within};
use bytes::Bytes;
use dateline::{Config, gateway, pack::Pack};
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::{body::Incoming, client::conn::http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use std::{
    io,
    net::SocketAddr,
    sync::{Arc, LazyLock},
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::oneshot,
    task::JoinHandle,
};

/// The built-in pack.
pub(crate) fn pack() -> Arc<Pack> {
    static PACK: LazyLock<Arc<Pack>> = LazyLock::new(|| Arc::new(Pack::embedded().expect("it loads")));
    Arc::clone(&PACK)
}

/// A gateway that serves until it is stopped, or the test is over.
pub(crate) struct Gateway {
    pub(crate) address: SocketAddr,
    pub(crate) admin: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    served: JoinHandle<io::Result<()>>,
}

impl Gateway {
    /// A gateway with the defaults in front of an upstream.
    pub(crate) async fn before(upstream: &Upstream) -> Self {
        Gateway::configured(upstream, |_| {}).await
    }

    /// A gateway with another configuration in front of an upstream.
    pub(crate) async fn configured(upstream: &Upstream, change: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config::default();
        config.upstream.url.clone_from(&upstream.url);
        config.upstream.version = upstream.version;
        change(&mut config);
        let gateway = gateway::Gateway::new(Arc::new(config), pack()).expect("a usable configuration");
        let bind = async || TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let (listener, admin) = (bind().await, bind().await);
        let address = listener.local_addr().expect("an address");
        let admin_address = admin.local_addr().expect("an address");
        let (stop, stopped) = oneshot::channel();
        let shutdown = async {
            let _ = stopped.await;
        };
        let served = tokio::spawn(gateway.serve(listener, Some(admin), shutdown));
        Gateway { address, admin: admin_address, stop: Some(stop), served }
    }

    /// A raw connection.
    pub(crate) async fn connect(&self) -> Wire {
        connect(self.address).await
    }

    /// Sends a request over a connection of its own and reads the answer.
    pub(crate) async fn send(&self, ask: Ask) -> Message {
        self.send_bytes(ask.bytes(), &ask).await
    }

    /// The same with other bytes than the request's own.
    async fn send_bytes(&self, bytes: Vec<u8>, ask: &Ask) -> Message {
        let mut client = self.connect().await;
        client.send(bytes).await;
        let answer = client.message(ask.answer_kind()).await;
        answer.expect("a whole answer")
    }

    /// Sends bytes over a connection of its own and reads the answer.
    pub(crate) async fn send_raw(&self, bytes: impl AsRef<[u8]>) -> Message {
        let mut client = self.connect().await;
        client.send(bytes).await;
        client.answer().await
    }

    /// Sends a request over HTTP/2 and reads the answer.
    pub(crate) async fn send_h2(&self, ask: Ask) -> Message {
        let (head, body) = self.h2().await.ask(ask.request()).await.into_parts();
        let body = within("the whole body", body.collect()).await.expect("a whole body").to_bytes();
        Message::of_parts(Response::from_parts(head, body))
    }

    /// A connection with HTTP/2.
    pub(crate) async fn h2(&self) -> Http2 {
        let stream = TcpStream::connect(self.address).await.expect("a connection");
        let shake = http2::handshake(TokioExecutor::new(), TokioIo::new(stream));
        let (sender, connection) = within("HTTP/2", shake).await.expect("HTTP/2");
        tokio::spawn(connection);
        Http2(sender)
    }

    /// What the operator's listener answers.
    pub(crate) async fn admin(&self, path: &str) -> Message {
        let mut operator = connect(self.admin).await;
        operator.send(format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")).await;
        operator.answer().await
    }

    /// Tells the gateway to stop, as `SIGTERM` does.
    pub(crate) fn stop(&mut self) {
        self.stop.take().expect("not stopped before").send(()).expect("it serves");
    }

    /// Waits for the end of serving.
    pub(crate) async fn stopped(self) {
        within("the gateway stops", self.served).await.expect("no panic").expect("no error");
    }
}

async fn connect(address: SocketAddr) -> Wire {
    Wire::new(TcpStream::connect(address).await.expect("a connection"))
}

/// A client's end of an HTTP/2 connection.
pub(crate) struct Http2(http2::SendRequest<Full<Bytes>>);

impl Http2 {
    /// Sends a request and waits for the head of its answer.
    pub(crate) async fn ask(&mut self, request: Request<Full<Bytes>>) -> Response<Incoming> {
        within("an answer over HTTP/2", self.0.send_request(request)).await.expect("an answer")
    }
}
