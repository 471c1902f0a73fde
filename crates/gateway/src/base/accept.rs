//! The next connection of a listener.

use std::{io, net::SocketAddr, time::Duration};
use tokio::{
    net::{TcpListener, TcpStream},
    time::sleep,
};

/// Waits for the next connection. Running out of file descriptors passes, so it waits a moment and tries again.
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
                tracing::warn!(target: "dateline::gateway::accept", error = %error, "accept failed");
                sleep(Duration::from_millis(100)).await;
            }
        }
    }
}
