//! Sockets that a service manager has opened before the process was started: sd_listen_fds(3), socket activation.
//!
//! They outlive the process, so that nobody is refused while it is started again.

use std::net::{SocketAddr, TcpListener};

use listenfd::ListenFd;

use super::{Failure, usage};
use dateline_gateway::Config;

/// The name of the admin listener's socket (`FileDescriptorName=`). Sockets with any other name are for clients, since
/// a single socket has a name of the manager's choice.
const ADMIN: &str = "admin";

/// The sockets that were passed, by what they are for.
#[derive(Debug, Default)]
pub(super) struct Passed {
    pub(super) clients: Option<TcpListener>,
    pub(super) admin: Option<TcpListener>,
}

impl Passed {
    /// Takes them out of the environment (`LISTEN_FDS`), which is changed by it: to be called while there is one thread.
    ///
    /// # Errors
    /// A socket that nothing here listens on, or two for the same.
    pub(super) fn take() -> Result<Self, Failure> {
        let names = std::env::var("LISTEN_FDNAMES").unwrap_or_default();
        let mut names = names.split(':');
        let mut sockets = ListenFd::from_env();
        let mut passed = Passed::default();
        for index in 0..sockets.len() {
            let name = names.next().unwrap_or_default();
            let socket =
                sockets.take_tcp_listener(index).map_err(usage)?.ok_or_else(|| usage("a socket is gone"))?;
            listens(&socket, name)?;
            let (place, key) = match name {
                ADMIN => (&mut passed.admin, "admin.address"),
                _ => (&mut passed.clients, "listen.address"),
            };
            if place.replace(socket).is_some() {
                return Err(usage(format!(
                    "two sockets were passed in place of {key}: pass one, with BindIPv6Only=both for all addresses, \
                     and FileDescriptorName={ADMIN} for that of admin.address"
                )));
            }
        }
        Ok(passed)
    }

    /// # Errors
    /// The system does not say where one listens.
    pub(super) fn addresses(&self) -> Result<Addresses, Failure> {
        let address = |socket: &Option<TcpListener>| {
            socket.as_ref().map(TcpListener::local_addr).transpose().map_err(usage)
        };
        Ok(Addresses { clients: address(&self.clients)?, admin: address(&self.admin)? })
    }
}

/// The addresses of the sockets that were passed to the process. They stay for its lifetime and override the
/// configuration.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Addresses {
    clients: Option<SocketAddr>,
    admin: Option<SocketAddr>,
}

impl Addresses {
    pub(super) fn replace(self, config: &mut Config) {
        config.listen.address = self.clients.unwrap_or(config.listen.address);
        config.admin.address = self.admin.or(config.admin.address);
    }
}

/// # Errors
/// It is a connection, as `Accept=yes` passes them.
fn listens(socket: &TcpListener, name: &str) -> Result<(), Failure> {
    #[cfg(target_os = "linux")]
    if !socket2::SockRef::from(socket).is_listener().map_err(usage)? {
        return Err(usage(format!("the socket {name:?} that was passed does not listen: set Accept=no")));
    }
    #[cfg(not(target_os = "linux"))]
    let _ = (socket, name);
    Ok(())
}
