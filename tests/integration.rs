//! The integration tests: server -> proxy -> client.

#[cfg(feature = "serve")]
mod wire;
