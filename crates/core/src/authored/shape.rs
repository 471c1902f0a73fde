//! The keys that a table may have, said once: what its reader may ask for, what is told of an unknown key, and what the
//! schema of a pack lists.

/// A kind of table and its keys.
#[derive(Debug)]
pub(crate) struct TableShape {
    /// The kind of table, for messages: "a change".
    pub(crate) what: &'static str,
    /// The keys, in the order in which people write them. A step has none here: they follow from its kind.
    pub(crate) keys: &'static [TableKey],
}

/// A key of a table.
#[derive(Debug)]
pub(crate) struct TableKey {
    /// The name.
    pub(crate) name: &'static str,
    /// The values that it may have.
    pub(crate) holds: Content,
    /// The meaning of the key, for authors.
    pub(crate) doc: &'static str,
    /// Says that the table is a mistake without it.
    pub(crate) is_required: bool,
    /// The name that the key had before. It is still read, with a warning.
    pub(crate) was: Option<&'static str>,
}

impl TableKey {
    pub(crate) const fn required(self) -> Self {
        TableKey { is_required: true, ..self }
    }

    pub(crate) const fn was(self, name: &'static str) -> Self {
        TableKey { was: Some(name), ..self }
    }
}

/// A key that may be left out.
pub(crate) const fn key(name: &'static str, holds: Content, doc: &'static str) -> TableKey {
    TableKey { name, holds, doc, is_required: false, was: None }
}

/// The values that a key may have.
#[derive(Debug)]
pub(crate) enum Content {
    /// One text.
    Text(TextShape),
    /// A list of texts.
    Texts(TextShape),
    /// One text or a list of them.
    OneOrMoreTexts(TextShape),
    /// A table.
    Table(&'static TableShape),
    /// A list of tables.
    Tables(&'static TableShape),
    /// Tables under names that the author chooses.
    NamedTables(&'static TableShape),
    /// Texts under names that the author chooses.
    NamedTexts(TextShape),
    /// Tables of versions, under names that the author chooses. Each holds an address: a text or such a table.
    Addresses(&'static TableShape),
    /// `true` or `false`.
    Flag,
    /// Tables of words and values, under names that the author chooses.
    NamedLookups,
    /// The steps of a change.
    Steps,
    /// The guard of a change.
    Guard,
}

/// The texts that fit, as far as a regular expression can tell.
#[derive(Debug)]
pub(crate) enum TextShape {
    /// Any text.
    Any,
    /// Texts that the regular expression (ECMA 262) matches. It matches every text that the reader takes.
    Like(&'static str),
    /// One of a few words.
    Words(&'static [&'static str]),
}
