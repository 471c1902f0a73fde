//! Content codings (RFC 9110, 8.4) on translated operations: asked for, undone, made again.
//!
//! The client gets the coding that it asked for. The upstream is asked for what the client accepts and the gateway can
//! undo; a coded body is decoded as it comes, translated, and coded again as the upstream had it. Bodies that pass keep
//! their coding, and `Accept-Encoding` stays as the client sent it.
//!
//! | file | is |
//! |---|---|
//! | `negotiate` | `Accept-Encoding` and `Content-Encoding` |
//! | `decode` | a coding undone, piece by piece, within limits |
//! | `decoded` | a body that is decoded on its way |
//! | `encode` | a coding made, piece by piece |

mod decode;
mod decoded;
mod encode;
mod negotiate;

pub(crate) use decode::{DecodeError, Decoder, decoded};
pub(crate) use decoded::Source;
pub(crate) use encode::{Encoder, encoded};
pub(crate) use negotiate::{Accepts, Codings};

/// A coding that can be undone and made.
///
/// `deflate` is not among them: half of its senders mean RFC 1950 by it and half RFC 1951.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Coding {
    /// RFC 1952.
    Gzip,
    /// RFC 7932.
    Brotli,
    /// RFC 8878, with the window of RFC 9659.
    Zstd,
}

impl Coding {
    pub(crate) const ALL: [Coding; 3] = [Coding::Gzip, Coding::Brotli, Coding::Zstd];

    /// All of them, as `Accept-Encoding` has them.
    pub(crate) const ACCEPTED: &str = "gzip, br, zstd";

    /// The name in IANA's registry.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Coding::Gzip => "gzip",
            Coding::Brotli => "br",
            Coding::Zstd => "zstd",
        }
    }

    /// The coding of a name in any case; `x-gzip` is `gzip` (RFC 9110, 8.4.1.3).
    fn named(name: &[u8]) -> Option<Coding> {
        let known =
            Coding::ALL.into_iter().find(|coding| name.eq_ignore_ascii_case(coding.name().as_bytes()));
        known.or_else(|| name.eq_ignore_ascii_case(b"x-gzip").then_some(Coding::Gzip))
    }
}

#[cfg(test)]
mod tests;
