//! The integration tests: server -> proxy -> client.
