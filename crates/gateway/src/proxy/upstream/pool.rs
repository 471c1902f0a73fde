//! Connections that wait for their next request.

use super::connection::Connection;
use crate::base::lock::Locked;
use std::{
    sync::{Arc, Mutex, Weak},
    time::{Duration, Instant},
};

/// The limits on reusing a connection.
#[derive(Debug, Clone, Copy)]
pub(super) struct ReuseLimits {
    /// Idle connections at most.
    pub(super) count: usize,
    /// Idle for at most so long.
    pub(super) idle: Duration,
    /// The age at which a connection is no longer used, so that new ones ask the name service again.
    pub(super) age: Duration,
}

/// The idle connections to one upstream.
#[derive(Debug)]
pub(super) struct Pool {
    bounds: ReuseLimits,
    idle: Mutex<Idle>,
}

#[derive(Debug, Default)]
struct Idle {
    /// The one that was used last is at the end, and used next: so the others can age.
    #[expect(
        clippy::vec_box,
        reason = "a connection is large, and its box goes with it from exchange to exchange"
    )]
    connections: Vec<Box<Connection>>,
    /// True while a task closes connections that were idle for too long.
    watched: bool,
}

impl Pool {
    pub(super) fn new(bounds: ReuseLimits) -> Arc<Self> {
        Arc::new(Pool { bounds, idle: Mutex::default() })
    }

    /// A connection to use. Whether the upstream has ended it in this moment shows when it is used.
    pub(super) fn take(&self, now: Instant) -> Option<Box<Connection>> {
        loop {
            let connection = self.idle.locked().connections.pop()?;
            if self.is_fresh(&connection, now) {
                return Some(connection);
            }
        }
    }

    /// Keeps a connection whose exchange is over for the next one, where it is fit for that; else it is closed.
    pub(super) fn park(self: &Arc<Self>, mut connection: Box<Connection>) {
        let now = Instant::now();
        if !connection.is_idle() || connection.age(now) >= self.bounds.age {
            return;
        }
        connection.parked = Some(now);
        let mut idle = self.idle.locked();
        if idle.connections.len() >= self.bounds.count {
            drop(idle);
            return;
        }
        idle.connections.push(connection);
        let unwatched = !std::mem::replace(&mut idle.watched, true);
        drop(idle);
        if unwatched {
            tokio::spawn(watch(Arc::downgrade(self), self.bounds.idle));
        }
    }

    /// Returns the number of idle connections.
    pub(super) fn len(&self) -> usize {
        self.idle.locked().connections.len()
    }

    fn is_fresh(&self, connection: &Connection, now: Instant) -> bool {
        let idle = connection.parked.map_or(Duration::ZERO, |parked| now.saturating_duration_since(parked));
        idle < self.bounds.idle && connection.age(now) < self.bounds.age
    }

    /// Closes what has been idle for too long, is too old, or was ended by the upstream. Whether any is left.
    fn sweep(&self) -> bool {
        let now = Instant::now();
        let mut idle = self.idle.locked();
        let unfit =
            |connection: &mut Box<Connection>| !self.is_fresh(connection, now) || !connection.is_open();
        let closed: Vec<_> = idle.connections.extract_if(.., unfit).collect();
        idle.watched = !idle.connections.is_empty();
        let left = idle.watched;
        drop(idle);
        drop(closed);
        left
    }
}

/// Sweeps a pool until it is empty or gone.
async fn watch(pool: Weak<Pool>, idle: Duration) {
    let pause = (idle / 8).clamp(Duration::from_millis(10), Duration::from_secs(1));
    loop {
        tokio::time::sleep(pause).await;
        let Some(pool) = pool.upgrade() else { return };
        if !pool.sweep() {
            return;
        }
    }
}
