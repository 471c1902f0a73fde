//! The laws that every pack obeys by name and number, and how a break of one is told.

use crate::{pack::Part, version::Version};
use std::fmt;

/// A law by what it asks for; its number is the one that people call it by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Law {
    /// 1: between equal versions, and where nothing changes, the bytes come out as they went in.
    EqualVersions = 1,
    /// 2: a way through other versions gives what the straight one gives, byte for byte and losses included.
    PathIndependence = 2,
    /// 3: old -> new -> old is the identity of values, except for declared losses.
    OldNewOld = 3,
    /// 4: new -> old -> new is, in the same sense.
    NewOldNew = 4,
    /// 5: what no step names survives byte for byte, in its order.
    Untouched = 5,
    /// 6: decimal text never becomes a binary floating point number.
    Decimal = 6,
    /// 7: whatever the document, nothing panics.
    Total = 7,
}

impl Law {
    /// Returns the law's number.
    pub fn number(self) -> u8 {
        self as u8
    }
}

impl fmt::Display for Law {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Law::EqualVersions => "where nothing changes the bytes stay as they are",
            Law::PathIndependence => "a way through other versions gives what the straight one gives",
            Law::OldNewOld => "old -> new -> old gives the document back, except for declared losses",
            Law::NewOldNew => "new -> old -> new gives the document back, except for declared losses",
            Law::Untouched => "what no step names survives byte for byte",
            Law::Decimal => "no digits come out that nobody put in",
            Law::Total => "whatever the document, nothing panics",
        };
        write!(f, "law {}, {text}", self.number())
    }
}

/// A document for which a law does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// The law that is broken.
    pub law: Law,
    /// The operation, as authored.
    pub operation: String,
    /// The part of it.
    pub part: Part,
    /// The version of the document.
    pub from: Version,
    /// The version that it was translated to.
    pub to: Version,
    /// The document.
    pub input: String,
    /// The result that the law demands.
    pub expected: String,
    /// The result that came out.
    pub got: String,
    /// The first difference, where one can be told.
    pub difference: Option<String>,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Broken { law, operation, part, from, to, input, expected, got, difference } = self;
        writeln!(f, "{law}: broken by {operation} ({part}) between {from} and {to}")?;
        difference.iter().try_for_each(|difference| writeln!(f, "{difference}"))?;
        write!(f, "input    {input}\nexpected {expected}\ngot      {got}")
    }
}

impl std::error::Error for Broken {}
