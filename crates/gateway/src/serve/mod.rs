//! Listeners and connections.

pub(crate) mod connection;
pub(crate) mod listener;
