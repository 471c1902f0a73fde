//! Connections: accepted, served, and finished when the gateway is told to stop.

use super::connection::Connection;
use crate::{
    admin::Admin,
    base::{accept::accept, budget::Reservation, descriptors},
    ext_proc,
    observe::{stats::more, usage_writer::UsageThread},
    state::Current,
};
use socket2::{SockRef, TcpKeepalive};
use std::{
    collections::HashMap,
    io,
    net::SocketAddr,
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Duration,
};
use tokio::{
    net::{TcpListener, TcpStream},
    task::{Id, JoinSet},
    time::{sleep, timeout},
};

/// The time that broken-off connections get to close.
const COMING_DOWN: Duration = Duration::from_secs(1);

/// Connections over the limit that are told so at once; any more are closed without a word.
const REFUSED: usize = 64;

/// The kind of client that connects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Frontend {
    /// Clients, HTTP.
    Http,
    /// Envoy, for its clients: External Processing.
    ExtProc,
}

/// Serves until `shutdown` and for `timeouts.shutdown_delay` after it, then finishes what is under way for at most
/// `timeouts.drain`.
pub(crate) async fn serve(
    current: Arc<Current>,
    listener: TcpListener,
    front: Frontend,
    admin: Option<TcpListener>,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    // First: it names clients.
    let usage = match &current.process.usage {
        Some(usage) => Some(UsageThread::start(Arc::clone(usage)).await?),
        None => None,
    };
    // Dropped, and with it ended, when this returns: readiness is asked for while draining, too.
    let mut operators = JoinSet::new();
    if let Some(listener) = admin {
        operators.spawn(Admin::new(Arc::clone(&current)).serve(listener));
    }
    notice_the_dead(&listener, current.generation().config.timeouts.response_write);
    let mut connections = Connections::new(front);
    connections.accept(&listener, &current, shutdown).await;
    if let Some(delay) = current.generation().config.timeouts.shutdown_delay {
        tracing::info!(target: "dateline::gateway::listener",
            seconds = delay.as_secs_f64(),
            "leaving: not ready any more, requests are still served"
        );
        current.process.lifecycle.leave();
        connections.accept(&listener, &current, sleep(delay)).await;
    }
    drop(listener);
    drain(&current, connections).await;
    if let Some(usage) = usage {
        usage.stop().await;
    }
    Ok(())
}

/// The connections of clients.
struct Connections {
    front: Frontend,
    tasks: JoinSet<()>,
    /// The open connections, each with its reservation.
    served: HashMap<Id, (Connection, Reservation)>,
    /// The most connections, whatever the configuration allows.
    room: usize,
    /// True if the current excess of connections was reported.
    told: bool,
}

impl Connections {
    fn new(front: Frontend) -> Self {
        let room = descriptors::half();
        Connections { front, tasks: JoinSet::new(), served: HashMap::new(), room, told: false }
    }

    /// Serves whoever connects, until something else is ready.
    async fn accept(
        &mut self,
        listener: &TcpListener,
        current: &Arc<Current>,
        until: impl Future<Output = ()>,
    ) {
        tokio::pin!(until);
        loop {
            tokio::select! {
                (stream, peer) = accept(listener) => self.serve(stream, peer, current),
                () = self.ended(current) => {}
                () = &mut until => return,
            }
        }
    }

    fn serve(&mut self, stream: TcpStream, peer: SocketAddr, current: &Arc<Current>) {
        let (process, generation) = (&current.process, current.generation());
        let counts = &process.stats.connections;
        let limit = generation.config.limits.connections as usize;
        let limit = self.room.min(limit).min(process.budget.connections());
        let over = self.served.len() >= limit;
        if over && !self.told {
            tracing::warn!(target: "dateline::gateway::listener", limit, "too many connections: more are refused");
            self.told = true;
        } else if self.told && self.served.len() < limit - limit / 10 {
            tracing::info!(target: "dateline::gateway::listener", limit, "connections are accepted again");
            self.told = false;
        }
        more(&counts.accepted);
        if self.served.len() >= limit + REFUSED {
            return more(&counts.closed);
        }
        if over {
            more(&counts.refused);
        }
        let connection = Connection::new();
        let task = match self.front {
            Frontend::Http => {
                self.tasks.spawn(connection.clone().serve(stream, peer, Arc::clone(current), over))
            }
            // It sees by itself that the gateway drains.
            Frontend::ExtProc if !over => {
                self.tasks.spawn(ext_proc::serve(stream, peer.ip(), Arc::clone(current)))
            }
            Frontend::ExtProc => return more(&counts.closed),
        };
        let inside_tls = self.front == Frontend::Http && generation.tls.is_some();
        self.served.insert(task.id(), (connection, process.budget.connection(inside_tls)));
        counts.open.store(self.served.len() as u64, Relaxed);
    }

    /// Returns when one has ended; never if there is none.
    async fn ended(&mut self, current: &Current) {
        let id = match self.tasks.join_next_with_id().await {
            Some(Ok((id, ()))) => id,
            Some(Err(error)) => error.id(),
            None => return std::future::pending().await,
        };
        self.served.remove(&id);
        current.process.stats.connections.open.store(self.served.len() as u64, Relaxed);
    }

    /// Returns when all have ended, which they are told to.
    async fn finish(&mut self, current: &Current) {
        self.served.values().for_each(|(connection, _)| connection.close());
        while !self.served.is_empty() {
            self.ended(current).await;
        }
    }
}

async fn drain(current: &Current, mut connections: Connections) {
    let lifecycle = &current.process.lifecycle;
    tracing::info!(target: "dateline::gateway::listener", under_way = lifecycle.in_flight(), connections = connections.served.len(), "draining");
    lifecycle.drain();
    let finished = async {
        connections.finish(current).await;
        // A write goes on when its client has left.
        lifecycle.idle().await;
    };
    if timeout(current.generation().config.timeouts.drain, finished).await.is_ok() {
        tracing::info!(target: "dateline::gateway::listener", "drained");
        return;
    }
    tracing::warn!(target: "dateline::gateway::listener",
        broken_off = lifecycle.in_flight(),
        connections = connections.served.len(),
        "not drained in time: breaking off"
    );
    lifecycle.end();
    // A task that computes on is left behind.
    let _ = timeout(COMING_DOWN, connections.tasks.shutdown()).await;
    // Writes see the end by themselves.
    let _ = timeout(COMING_DOWN, lifecycle.idle()).await;
}

/// Lets the kernel end connections whose other end is gone: one that is idle after probes, one that is owed bytes as
/// a slow reader. Accepted sockets inherit it.
fn notice_the_dead(listener: &TcpListener, response_write: Duration) {
    let socket = SockRef::from(listener);
    let probes =
        TcpKeepalive::new().with_time(Duration::from_secs(60)).with_interval(Duration::from_secs(10));
    let mut set = socket.set_tcp_keepalive(&probes);
    #[cfg(target_os = "linux")]
    {
        set = set.and(socket.set_tcp_user_timeout(Some(response_write)));
    }
    if let Err(error) = set {
        tracing::warn!(target: "dateline::gateway::listener", error = %error, "a client that is gone will be noticed late");
    }
}
