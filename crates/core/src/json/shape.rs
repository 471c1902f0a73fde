//! The shape of a resource: the members to open and the keys to look for.

use super::{Field, Name};

/// The names that a set of fields touches, level by level.
///
/// Only objects that a shape names further names inside of are opened; and only the keys that it names must not be
/// repeated. Everything else stays text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shape {
    members: Vec<(Name, Shape)>,
}

impl Shape {
    /// Returns the shape that names nothing.
    pub(crate) fn none() -> &'static Shape {
        static NONE: Shape = Shape { members: Vec::new() };
        &NONE
    }

    /// Adds a field and the containers that lead to it.
    pub fn insert(&mut self, field: &Field) {
        let mut level = self;
        for name in field.names() {
            level = level.entry(name);
        }
    }

    /// Returns the shape inside the member with this plain text as its key, or `None` if the shape does not name the
    /// key.
    pub fn get(&self, key: &[u8]) -> Option<&Shape> {
        self.members.iter().find(|(name, _)| name.text().as_bytes() == key).map(|(_, inside)| inside)
    }

    /// The names, each with what is named inside of it.
    pub fn members(&self) -> impl Iterator<Item = (&Name, &Shape)> {
        self.members.iter().map(|(name, inside)| (name, inside))
    }

    /// Tells whether the shape names nothing: such a value is not opened.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    fn entry(&mut self, name: &Name) -> &mut Shape {
        let index = match self.members.iter().position(|(known, _)| known == name) {
            Some(index) => index,
            None => {
                self.members.push((name.clone(), Shape::default()));
                self.members.len() - 1
            }
        };
        &mut self.members[index].1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_share_their_containers() {
        let mut shape = Shape::default();
        shape.insert(&Field::new(["receipt", "fees"]));
        shape.insert(&Field::new(["receipt", "object"]));
        let inside = shape.get(b"receipt").unwrap();
        assert!(inside.get(b"fees").is_some_and(Shape::is_empty) && inside.get(b"object").is_some());
        assert_eq!((inside.get(b"id"), shape.get(b"fees")), (None, None));
    }
}
