//! The operator's own listener: is the gateway alive, who speaks which version, what does it cost?
//!
//! It is a socket of its own, so no client of the gateway reaches it. Everything but liveness and readiness is for
//! operators: see `guard`. What takes time is worked out one at a time, off the threads that serve.
//!
//! | file | is |
//! |---|---|
//! | `routes` | which path answers what |
//! | `guard` | who may ask, and what may change something |
//! | `asked` | the request, once it is admitted |
//! | `answer` | an answer, with what keeps a browser from harm |
//! | `health` | what load balancers ask |
//! | `log_filter` | what is logged, changed |
//! | `view` | what an operator sees, as plain values |
//! | `recent` | the requests of the last hour, sampled |
//! | `page`, `api` | the view as a page, and as JSON |

mod answer;
mod api;
mod asked;
mod guard;
mod health;
mod log_filter;
mod page;
mod recent;
mod routes;
mod usage;
mod view;

use crate::{
    base::accept::accept,
    base::lock::Locked,
    state::{Current, OnDisk},
};
use dateline_core::day::Day;
use guard::Peer;
use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use recent::Recent;
use std::{
    convert::Infallible,
    pin::pin,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    task::{JoinSet, spawn_blocking},
    time::{MissedTickBehavior, interval, sleep, timeout},
};
use view::{GatewayState, Sources, Verification, View};

/// Connections at once; another waits until one has ended, which none puts off for longer than `CONNECTION`.
const AT_ONCE: usize = 16;

/// The lifetime of a connection. The answer that runs then gets as much time again, so that a client that reads nothing
/// cannot keep it forever.
const CONNECTION: Duration = Duration::from_secs(60);

/// The sources of all answers here.
#[derive(Debug)]
pub(crate) struct Admin {
    current: Arc<Current>,
    /// The permit for slow work. There is one, so that requests to this listener never use more than one processor.
    desk: Semaphore,
    recent: Mutex<Recent>,
}

impl Admin {
    pub(crate) fn new(current: Arc<Current>) -> Arc<Self> {
        Arc::new(Admin { current, desk: Semaphore::new(1), recent: Mutex::default() })
    }

    /// Answers until it is dropped.
    pub(crate) async fn serve(self: Arc<Self>, listener: TcpListener) {
        let mut connections = JoinSet::new();
        let mut samples = JoinSet::new();
        samples.spawn(Arc::clone(&self).sample());
        loop {
            let (stream, peer) = accept(&listener).await;
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

impl Admin {
    /// Looks at the stats from time to time, for as long as it is polled.
    async fn sample(self: Arc<Self>) {
        let mut every = interval(recent::EVERY);
        every.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            every.tick().await;
            let admin = Arc::clone(&self);
            // Where it panics, the log says so, and the next look may do.
            let _ =
                spawn_blocking(move || admin.recent.locked().note(&admin.current.process.stats.snapshot()))
                    .await;
        }
    }

    /// Returns all that an operator can see at this moment. It reads files, so it must not run on a thread that serves.
    fn view(&self) -> View {
        let (process, in_force) = (&self.current.process, self.current.in_force());
        let state = GatewayState {
            ready: process.lifecycle.is_ready(),
            in_force_since: in_force.since,
            on_disk: self.current.disk().map_or(OnDisk::Unknown, |disk| disk.compare(&in_force)),
            reloads: in_force.reloads,
        };
        // Before the snapshot: whatever is in it is then in that, too.
        let usage = process.usage.as_ref().map(|usage| {
            let after = in_force.config.usage.verdict_after.as_secs();
            let from = if after == 0 { 0 } else { process.clock.now().saturating_sub(after) };
            usage.recent(Day::of(from))
        });
        let snapshot = process.stats.snapshot();
        let mut recent = self.recent.locked();
        recent.note(&snapshot);
        View::new(Sources {
            snapshot: &snapshot,
            recent: &recent,
            usage: usage.as_ref(),
            config: &in_force.config,
            pack: in_force.pack,
            verification: Verification::of(&process.verified, &in_force.config),
            state,
        })
    }
}

async fn connection(admin: Arc<Admin>, stream: TcpStream, peer: Peer) {
    let request_head = admin.current.generation().config.timeouts.request_head;
    let mut server = http1::Builder::new();
    // Who sends no more may still read (RFC 9112, 9.6).
    server.half_close(true).timer(TokioTimer::new()).header_read_timeout(request_head);
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
