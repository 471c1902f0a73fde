//! Content codings (RFC 9110, 8.4) on translated operations: asked for, undone, made again.
//!
//! The client gets the coding that it asked for. The upstream is asked for what the client accepts and the gateway can
//! undo; a coded body is decoded as it comes, translated, and coded again as the upstream had it. Bodies that pass keep
//! their coding, and `Accept-Encoding` stays as the client sent it.
//!
//! | file | is |
//! |---|---|
//! | `negotiate` | which codings there are; `Accept-Encoding` and `Content-Encoding` |
//! | `decode` | a coding undone, piece by piece, within limits |
//! | `decoded` | a body that is decoded on its way |
//! | `encode` | a coding made, piece by piece |

mod decode;
mod decoded;
mod encode;

pub(crate) use dateline_http::coding::negotiate::{Coding, Codings};
pub(crate) use decode::{DecodeError, Decoder, decoded};
pub(crate) use decoded::Source;
pub(crate) use encode::{Encoder, encoded};

#[cfg(test)]
mod tests;
