//! Tests of the gateway on the wire: a server, the gateway, a client, all on loopback.

mod bytes;
mod heads;
mod pairs;
mod pins;
mod support;
