//! The admin listener of a gateway on this machine, as commands ask it.

use std::{
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use http::{Request, StatusCode, header};
use http_body_util::{BodyExt, Empty, Limited};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// Returns the address at which a listener can be reached from this machine: loopback, if it listens on every address.
pub(super) fn reachable(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(match address {
            SocketAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            SocketAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    address
}

/// A request to an admin listener.
#[derive(Debug)]
pub(super) struct AdminRequest<'a> {
    pub(super) address: SocketAddr,
    /// Path and query.
    pub(super) path: &'a str,
    /// The token of the admin listener, where there is one.
    pub(super) token: Option<&'a str>,
    /// The time limit for the whole response.
    pub(super) limit: Duration,
    /// Bytes of its body at most.
    pub(super) longest: usize,
}

impl AdminRequest<'_> {
    /// The response's status and body, on a runtime of its own; or why there is none.
    pub(super) fn ask(&self) -> Result<(StatusCode, Vec<u8>), String> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|problem| problem.to_string())?;
        let asked = runtime.block_on(async { tokio::time::timeout(self.limit, self.get()).await });
        asked.map_err(|_| "it takes too long".to_owned())?.map_err(|error| error.to_string())
    }

    async fn get(&self) -> Result<(StatusCode, Vec<u8>), Failed> {
        let stream = TcpStream::connect(self.address).await?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        let mut request = Request::get(self.path).header(header::HOST, self.address.to_string());
        if let Some(token) = self.token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        let request = request.body(Empty::<bytes::Bytes>::new())?;
        let asked = async {
            let (head, body) = sender.send_request(request).await?.into_parts();
            Ok((head.status, Limited::new(body, self.longest).collect().await?.to_bytes().to_vec()))
        };
        tokio::select! {
            answer = asked => answer,
            ended = connection => Err(ended.err().map_or("it broke off".into(), Failed::from)),
        }
    }
}

type Failed = Box<dyn std::error::Error + Send + Sync>;

/// The text of a response that is not JSON, for one line of a terminal.
pub(super) fn line(body: &[u8]) -> String {
    String::from_utf8_lossy(body).trim().chars().filter(|char| !char.is_control()).collect()
}
