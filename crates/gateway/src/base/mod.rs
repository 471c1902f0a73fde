//! Ground for the other rooms: memory budget, lifecycle, TLS, workers.

pub(crate) mod accept;
pub(crate) mod budget;
pub(crate) mod descriptors;
#[cfg(test)]
pub(crate) mod generated;
pub(crate) mod http2;
pub(crate) mod lifecycle;
pub(crate) mod lock;
pub(crate) mod pem;
pub(crate) mod random;
pub mod redact;
pub(crate) mod tls;
pub(crate) mod worker;
