//! The gateway under test.

use super::{Endpoint, Message, Upstream, within};
use dateline_core::pack::Pack;
use dateline_gateway::Config;
use std::{
    io,
    ops::Deref,
    sync::{Arc, LazyLock},
};
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};

/// The built-in pack.
pub(crate) fn pack() -> Arc<Pack> {
    static PACK: LazyLock<Arc<Pack>> = LazyLock::new(|| Arc::new(Pack::embedded().expect("it loads")));
    Arc::clone(&PACK)
}

/// A gateway that serves until it is stopped, or the test is over.
pub(crate) struct Gateway {
    clients: Endpoint,
    admin: Endpoint,
    reloads: dateline_gateway::Reloads,
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
        Gateway::reached_at("127.0.0.1:0", upstream, change).await
    }

    /// The same with the operator's listener on another address.
    pub(crate) async fn reached_at(
        admin: &str,
        upstream: &Upstream,
        change: impl FnOnce(&mut Config),
    ) -> Self {
        Gateway::started(admin, upstream, dateline_gateway::Clock::system(), change).await
    }

    /// The same by another clock.
    pub(crate) async fn by_clock(
        upstream: &Upstream,
        clock: dateline_gateway::Clock,
        change: impl FnOnce(&mut Config),
    ) -> Self {
        Gateway::started("127.0.0.1:0", upstream, clock, change).await
    }

    /// The same with the defaults, for the API of another pack.
    pub(crate) async fn of_pack(
        pack: Arc<Pack>,
        upstream: &Upstream,
        change: impl FnOnce(&mut Config),
    ) -> Self {
        Gateway::made("127.0.0.1:0", upstream, (dateline_gateway::Clock::system(), pack), change).await
    }

    async fn started(
        admin: &str,
        upstream: &Upstream,
        clock: dateline_gateway::Clock,
        change: impl FnOnce(&mut Config),
    ) -> Self {
        Gateway::made(admin, upstream, (clock, pack()), change).await
    }

    async fn made(
        admin: &str,
        upstream: &Upstream,
        (clock, pack): (dateline_gateway::Clock, Arc<Pack>),
        change: impl FnOnce(&mut Config),
    ) -> Self {
        let mut config = Config::default();
        config.upstream.url = Some(upstream.url.clone());
        config.upstream.version = Some(upstream.version);
        change(&mut config);
        let gateway = dateline_gateway::Gateway::with_clock(Arc::new(config), pack, clock)
            .expect("a usable configuration");
        let bind = async |address: &str| TcpListener::bind(address).await.expect("a port");
        let (listener, admin) = (bind("127.0.0.1:0").await, bind(admin).await);
        let at = |listener: &TcpListener| Endpoint(listener.local_addr().expect("an address"));
        let (clients, operator) = (at(&listener), at(&admin));
        let (stop, stopped) = oneshot::channel();
        let shutdown = async {
            let _ = stopped.await;
        };
        let reloads = gateway.reloads();
        let served = tokio::spawn(gateway.serve(listener, Some(admin), shutdown));
        Gateway { clients, admin: operator, reloads, stop: Some(stop), served }
    }

    /// Returns the answer of the admin listener.
    pub(crate) async fn admin(&self, path: &str) -> Message {
        self.admin.ask_operator(path).await
    }

    /// Returns the address of the admin listener.
    pub(crate) fn operator(&self) -> Endpoint {
        self.admin
    }

    /// Returns the handle that reloads the configuration.
    pub(crate) fn reloads(&self) -> &dateline_gateway::Reloads {
        &self.reloads
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

impl Deref for Gateway {
    type Target = Endpoint;

    fn deref(&self) -> &Endpoint {
        &self.clients
    }
}
