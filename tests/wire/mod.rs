//! Tests of the gateway on the wire: a server, the gateway, a client, all on loopback.

mod addresses;
mod answers;
mod bytes;
mod connections;
mod error_bodies;
mod error_names;
mod forms;
mod guards;
mod heads;
mod https;
mod in_process;
mod logs;
mod losing;
mod messages;
mod pairs;
mod paths;
mod pins;
mod places;
mod refused;
mod shared_addresses;
mod steps;
mod streams;
pub(crate) mod support;
mod translated;
mod unsaid;
mod version_places;
mod version_schemes;
