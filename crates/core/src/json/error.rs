//! Errors of a text that is not JSON, or that is JSON which cannot be translated.

use std::fmt;

/// A fault in a document, with its position.
///
/// It names offsets and names that a pack declares, never a piece of the document itself.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind} at byte {offset}")]
pub struct Fault {
    /// Bytes from the start of the document.
    pub offset: usize,
    /// The kind of fault.
    pub kind: FaultKind,
}

/// The kinds of [`Fault`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FaultKind {
    /// The document ends in the middle of a value.
    Truncated,
    /// The byte is not allowed here by RFC 8259; the text names what was expected.
    Expected(&'static str),
    /// The bytes are not UTF-8 (RFC 8259, section 8.1).
    NotUtf8,
    /// Arrays and objects are nested more than [`MAX_DEPTH`](super::MAX_DEPTH) deep.
    TooDeep,
    /// One object has this key twice, and a translation names it.
    Repeated(String),
    /// One object, or one key on the way to it, is larger than the walk may keep.
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },
}

impl Fault {
    /// The same fault in a document in which `bytes` more precede it.
    #[must_use]
    pub(super) fn behind(self, bytes: usize) -> Fault {
        Fault { offset: self.offset + bytes, ..self }
    }
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FaultKind::Truncated => f.write_str("the document is cut short"),
            FaultKind::Expected(what) => write!(f, "expected {what}"),
            FaultKind::NotUtf8 => f.write_str("not UTF-8"),
            FaultKind::TooDeep => write!(f, "nested more than {} deep", super::MAX_DEPTH),
            FaultKind::Repeated(name) => write!(f, "the key `{name}` occurs twice in one object"),
            FaultKind::TooLarge { limit } => write!(f, "one object is over the limit of {limit} bytes"),
        }
    }
}
