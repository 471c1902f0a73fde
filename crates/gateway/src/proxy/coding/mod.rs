//! Content codings (RFC 9110, 8.4) on translated operations: decoded and made again.
//!
//! The client gets the coding that it asked for. The upstream is asked for what the client accepts and the gateway can
//! decode; a coded body is decoded as it comes, translated, and coded again as the upstream had it. Bodies that pass keep
//! their coding, and `Accept-Encoding` stays as the client sent it. `dateline_http::coding` reads both fields.
//!
//! | file | is |
//! |---|---|
//! | `decode` | a body decoded piece by piece, within limits |
//! | `decoded` | a body that is decoded on its way |
//! | `encode` | a coding made, piece by piece |

mod decode;
mod decoded;
mod encode;

pub(crate) use dateline_http::coding::{Coding, Codings};
pub(crate) use decode::{DecodeError, Decoder, decoded};
pub(crate) use decoded::Source;
pub(crate) use encode::{Encoder, encoded};

#[cfg(test)]
mod tests;
