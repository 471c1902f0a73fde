//! One translated HTTP exchange, without a transport: which version the client speaks, what its request becomes, and
//! what its response becomes. No socket, no async and no configuration file is in here.

pub mod clock;
pub mod coding;
pub mod exchange;
pub mod fields;
pub mod origin;
pub mod outcome;
pub mod pin;
pub mod policy;
