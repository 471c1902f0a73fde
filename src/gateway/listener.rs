//! Connections: accepted, served, and finished when the gateway is told to stop.

use super::{admin, exchange::hop::Peer, handler::Handler, layers, reload::Current};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto, graceful::GracefulShutdown},
};
use std::{io, net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
    time::timeout,
};
use tokio_rustls::TlsAcceptor;

/// How long what is broken off may take to come down.
const COMING_DOWN: Duration = Duration::from_secs(1);

/// Serves until `shutdown`, then finishes what is under way for at most `timeouts.drain`.
pub(crate) async fn serve(
    current: Arc<Current>,
    listener: TcpListener,
    admin: Option<TcpListener>,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    // Dropped, and with it ended, when this returns: readiness is asked for while draining, too.
    let mut operators = JoinSet::new();
    if let Some(admin) = admin {
        operators.spawn(admin::serve(admin, Arc::clone(&current)));
    }
    let graceful = GracefulShutdown::new();
    let mut connections = JoinSet::new();
    tokio::pin!(shutdown);
    loop {
        tokio::select! {
            (stream, peer) = accept(&listener) => {
                let handler = current.handler();
                let server = server(&handler);
                let peer = Peer { address: peer.ip(), tls: handler.tls.is_some() };
                let service = layers::service(Arc::clone(&current), peer);
                let watcher = graceful.watcher();
                connections.spawn(async move {
                    let ended = match &handler.tls {
                        None => {
                            let connection = server.serve_connection(TokioIo::new(stream), service);
                            watcher.watch(connection).await
                        }
                        Some(tls) => {
                            let accepting = TlsAcceptor::from(tls.config()).accept(stream);
                            let Ok(Ok(stream)) = timeout(handler.timeouts.request_head, accepting).await else {
                                return;
                            };
                            let server = match stream.get_ref().1.alpn_protocol() {
                                Some(b"h2") => server.http2_only(),
                                Some(_) => server.http1_only(),
                                None => server,
                            };
                            let connection = server.serve_connection(TokioIo::new(stream), service);
                            watcher.watch(connection).await
                        }
                    };
                    if let Err(error) = ended {
                        tracing::debug!(error = %error, "connection ended");
                    }
                });
            }
            Some(_) = connections.join_next() => {}
            () = &mut shutdown => break,
        }
    }
    drop(listener);
    drain(&current.handler(), graceful, connections).await;
    Ok(())
}

async fn drain(handler: &Handler, graceful: GracefulShutdown, mut connections: JoinSet<()>) {
    let life = &handler.life;
    tracing::info!(under_way = life.under_way(), connections = connections.len(), "draining");
    life.drain();
    let finished = async {
        graceful.shutdown().await;
        // A write goes on when its client has left.
        life.idle().await;
    };
    if timeout(handler.timeouts.drain, finished).await.is_ok() {
        tracing::info!("drained");
        return;
    }
    while connections.try_join_next().is_some() {}
    tracing::warn!(
        broken_off = life.under_way(),
        connections = connections.len(),
        "not drained in time: breaking off"
    );
    life.end();
    connections.shutdown().await;
    // Writes see the end by themselves.
    let _ = timeout(COMING_DOWN, life.idle()).await;
}

fn server(handler: &Handler) -> auto::Builder<TokioExecutor> {
    let mut server = auto::Builder::new(TokioExecutor::new());
    server.http1().timer(TokioTimer::new()).header_read_timeout(handler.timeouts.request_head);
    server.http2().timer(TokioTimer::new());
    server
}

/// The next connection. Running out of file descriptors passes; spinning would not help.
pub(crate) async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                // Frames are written whole, so there is nothing to wait for. An error shows at the first read.
                let _ = stream.set_nodelay(true);
                return (stream, peer);
            }
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
            Err(error) => {
                tracing::warn!(error = %error, "accept failed");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}
