//! The operator's own listener: is the gateway alive, who speaks which version, what does it cost?
//!
//! It is a socket of its own, so no client of the gateway reaches it. Everything but liveness and readiness is for
//! operators: see `guard`. What takes time is worked out one at a time, off the threads that serve.
//!
//! | file | is |
//! |---|---|
//! | `routes` | which path answers what |
//! | `guard` | who may ask, and what may change something |
//! | `answer` | an answer, with what keeps a browser from harm |

mod answer;
mod guard;
mod health;
mod routes;
mod usage;

use super::{listener, reload::Current};
use guard::Peer;
use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::{convert::Infallible, pin::pin, sync::Arc, time::Duration};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    task::JoinSet,
    time::{sleep, timeout},
};

/// Connections at once; another waits until one has ended, which none puts off for longer than `CONNECTION`.
const AT_ONCE: usize = 16;

/// How long a connection is used, from its opening; then as long again for the answer under way, which somebody who
/// takes nothing of it would put off for good.
const CONNECTION: Duration = Duration::from_secs(60);

/// What everything here is answered from.
#[derive(Debug)]
pub(crate) struct Admin {
    current: Arc<Current>,
    /// For what takes time: one at a time, so that however much is asked here, it takes one processor at most.
    desk: Semaphore,
}

impl Admin {
    pub(crate) fn new(current: Arc<Current>) -> Arc<Self> {
        Arc::new(Admin { current, desk: Semaphore::new(1) })
    }

    /// Answers until it is dropped.
    pub(crate) async fn serve(self: Arc<Self>, listener: TcpListener) {
        let mut connections = JoinSet::new();
        loop {
            let (stream, peer) = listener::accept(&listener).await;
            while connections.try_join_next().is_some() {}
            if connections.len() >= AT_ONCE {
                connections.join_next().await;
            }
            let Ok(reached) = stream.local_addr() else { continue };
            let peer = Peer::new(peer.ip(), reached.ip());
            connections.spawn(connection(Arc::clone(&self), stream, peer));
        }
    }
}

async fn connection(admin: Arc<Admin>, stream: TcpStream, peer: Peer) {
    let timeouts = admin.current.handler().timeouts.clone();
    let mut server = http1::Builder::new();
    server.timer(TokioTimer::new()).header_read_timeout(timeouts.request_head);
    let answer = |request| {
        let answer = routes::answer(Arc::clone(&admin), peer, request);
        async { Ok::<_, Infallible>(answer.await) }
    };
    let mut served = pin!(server.serve_connection(TokioIo::new(stream), service_fn(answer)));
    let served = async {
        tokio::select! {
            _ = served.as_mut() => return,
            () = sleep(CONNECTION) => served.as_mut().graceful_shutdown(),
        }
        // Whoever asked has left; there is nobody to tell.
        let _ = served.await;
    };
    let _ = timeout(2 * CONNECTION, served).await;
}
