//! Content codings: which are accepted, and which a body has.

pub mod negotiate;
