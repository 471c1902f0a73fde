//! Messages to the service manager: sd_notify(3), as datagrams to `NOTIFY_SOCKET`. Without that variable nothing is
//! sent.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use sd_notify::NotifyState;
use tokio::time::{MissedTickBehavior, interval};

/// The service manager that started the process, such as systemd.
#[derive(Debug, Clone)]
pub(super) struct Manager(Option<Arc<Listening>>);

#[derive(Debug)]
struct Listening {
    /// The address that the gateway serves.
    address: SocketAddr,
    /// True once the manager was told that the gateway stops. After that nothing is sent: a reload that ends later
    /// would report that the gateway serves.
    stopping: Mutex<bool>,
}

impl Manager {
    pub(super) fn new(address: SocketAddr) -> Self {
        let listens = std::env::var_os("NOTIFY_SOCKET").is_some();
        Manager(listens.then(|| Arc::new(Listening { address, stopping: Mutex::new(false) })))
    }

    /// `stop`, with the manager told before that the gateway serves, and after that it stops, which may take as long
    /// as `most` says then.
    ///
    /// It is polled where connections are accepted: the first poll says that it has come so far, and while it is not
    /// polled, no sign of life is given. After it, they come from the threads that serve alone.
    pub(super) async fn until(self, stop: impl Future<Output = ()>, most: impl FnOnce() -> Duration) {
        let Some(manager) = self.0 else {
            return stop.await;
        };
        let serving = format!("Serving on {}", manager.address);
        manager.tell(&[NotifyState::Ready, NotifyState::Status(&serving)]);
        tokio::select! {
            () = stop => {}
            () = Listening::show_life() => {}
        }
        let most = u32::try_from(most().as_micros()).unwrap_or(u32::MAX);
        let draining = NotifyState::Status("Stopping: what is under way is finished");
        manager.stop(&[NotifyState::Stopping, draining, NotifyState::ExtendTimeoutUsec(most)]);
        // It ends with the process, which has to end by itself.
        tokio::spawn(Listening::show_life());
    }

    /// Tells the manager that a reload begins.
    pub(super) fn reloading(&self) {
        let Some(manager) = &self.0 else { return };
        match NotifyState::monotonic_usec_now() {
            Ok(now) => manager.tell(&[NotifyState::Reloading, now]),
            Err(error) => {
                tracing::warn!(target: "dateline::cli", error = %error, "the clock cannot be read: the service manager is not told of the reload")
            }
        }
    }

    /// A reload has come to its end; `asked`, where [`Manager::reloading`] was told before.
    pub(super) fn reloaded(&self, asked: bool, replaced: bool) {
        let Some(manager) = &self.0 else { return };
        let with = match replaced {
            true => "with what was reloaded",
            false => "as before: the last reload failed, and the log says why",
        };
        let status = format!("Serving on {}, {with}", manager.address);
        let status = NotifyState::Status(&status);
        match asked {
            true => manager.tell(&[NotifyState::Ready, status]),
            false => manager.tell(&[status]),
        }
    }
}

impl Listening {
    /// Gives the signs of life that are wanted (`WATCHDOG_USEC`). Never returns.
    async fn show_life() {
        match sd_notify::watchdog_enabled().filter(|limit| !limit.is_zero()) {
            Some(limit) => show_life(limit / 2, || send(&[NotifyState::Watchdog])).await,
            None => std::future::pending().await,
        }
    }

    /// Tells it, unless it was told that the gateway stops.
    fn tell(&self, states: &[NotifyState<'_>]) {
        let stopping = self.stopping.lock().unwrap_or_else(PoisonError::into_inner);
        if !*stopping {
            send(states);
        }
    }

    fn stop(&self, states: &[NotifyState<'_>]) {
        *self.stopping.lock().unwrap_or_else(PoisonError::into_inner) = true;
        send(states);
    }
}

fn send(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::warn!(target: "dateline::cli", error = %error, "the service manager cannot be notified");
    }
}

/// Gives a sign of life every so often, for as long as this is polled and the threads that serve do what they are given.
async fn show_life(every: Duration, sign: impl Fn() + Clone + Send + 'static) {
    let mut every = interval(every);
    every.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        every.tick().await;
        // The threads that serve might all hang where this one does not.
        if tokio::spawn(async {}).await.is_ok() {
            // By none of them: a manager that does not read must not hold the gateway up.
            let _ = tokio::task::spawn_blocking(sign.clone()).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    #[test]
    fn threads_that_hang_give_no_sign_of_life() {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let (sign, signs) = mpsc::channel();
        let showing = show_life(Duration::from_millis(5), move || sign.send(()).unwrap());
        let (go_on, hang) = mpsc::channel::<()>();
        let limit = Duration::from_secs(15);
        let test = std::thread::spawn(move || {
            (0..3).for_each(|_| signs.recv_timeout(limit).unwrap());
            move || {
                // What was under way when the thread began to hang.
                while signs.recv_timeout(Duration::from_millis(100)).is_ok() {}
                assert!(signs.recv_timeout(Duration::from_millis(200)).is_err());
                go_on.send(()).unwrap();
                (0..3).for_each(|_| signs.recv_timeout(limit).unwrap());
            }
        });
        runtime.block_on(async {
            let test = async {
                let then = tokio::task::spawn_blocking(|| test.join().unwrap()).await.unwrap();
                tokio::spawn(async move { hang.recv().unwrap() });
                tokio::task::spawn_blocking(then).await.unwrap();
            };
            tokio::select! {
                () = test => {}
                () = showing => {}
            }
        });
    }
}
