//! Member names and the fields that they lead to.

use std::{fmt, sync::Arc};

/// The name of an object member: its plain text and its JSON text.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name {
    text: Arc<str>,
    quoted: Arc<[u8]>,
}

/// A text as a JSON string.
pub fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

impl Name {
    /// The name with this plain text.
    pub fn new(text: &str) -> Name {
        Name { text: text.into(), quoted: quoted(text).into_bytes().into() }
    }

    /// The plain text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text as it is in a document, quotes included.
    pub fn quoted(&self) -> &[u8] {
        &self.quoted
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, f)
    }
}

/// A field of a resource: the names that lead to it from the resource's own object.
///
/// ```
/// use dateline_core::json::Field;
///
/// let field = Field::new(["volume_usd", "settled"]);
/// assert_eq!(field.to_string(), "volume_usd.settled");
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Field {
    names: Vec<Name>,
    text: Arc<str>,
}

impl Field {
    /// The field that these names lead to; there must be at least one.
    pub fn new<'a>(names: impl IntoIterator<Item = &'a str>) -> Field {
        let names: Vec<Name> = names.into_iter().map(Name::new).collect();
        debug_assert!(!names.is_empty(), "a field has a name");
        let text = names.iter().map(|name| &*name.text).collect::<Vec<_>>().join(".");
        Field { names, text: text.into() }
    }

    /// All names, outermost first.
    pub fn names(&self) -> &[Name] {
        &self.names
    }

    /// The names of the containers, and the field's own name; `None` for a field without names.
    pub fn split(&self) -> Option<(&[Name], &Name)> {
        self.names.split_last().map(|(own, containers)| (containers, own))
    }

    /// Tells whether this field is inside `other`, at any depth.
    pub fn is_inside(&self, other: &Field) -> bool {
        self.names.len() > other.names.len() && self.names.starts_with(&other.names)
    }

    /// Tells whether this field is `other`, or inside it.
    pub(crate) fn is_at_or_inside(&self, other: &Field) -> bool {
        self.names.starts_with(&other.names)
    }

    /// Tells whether one of the two fields is the other, or inside it.
    pub(crate) fn overlaps(&self, other: &Field) -> bool {
        self.is_at_or_inside(other) || other.is_at_or_inside(self)
    }

    /// Tells whether both fields are members of one object.
    pub fn is_beside(&self, other: &Field) -> bool {
        let container = |field: &Field| field.names.len().saturating_sub(1);
        self.names[..container(self)] == other.names[..container(other)]
    }

    /// Returns the path of this field before `from` was renamed to `to`, or `None` if the renaming does not touch it.
    #[must_use]
    pub fn before(&self, from: &Field, to: &Field) -> Option<Field> {
        let rest = self.names.strip_prefix(&*to.names)?;
        Some(Field::new(from.names.iter().chain(rest).map(Name::text)))
    }

    /// The field that is under `name` inside this one.
    #[must_use]
    pub fn member(&self, name: &Name) -> Field {
        Field::new(self.names.iter().chain([name]).map(Name::text))
    }

    /// The container of this field that is so many levels deep, or itself; there must be at least one level.
    #[must_use]
    pub fn outer(&self, levels: usize) -> Field {
        Field::new(self.names.iter().take(levels).map(Name::text))
    }

    /// `volume_usd.settled`, shared.
    pub fn shared_text(&self) -> Arc<str> {
        self.text.clone()
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl fmt::Debug for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, f)
    }
}
