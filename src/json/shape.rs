//! Which members of a resource are opened, and which keys are looked for.

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
    /// Adds a field and the containers that lead to it.
    pub fn insert(&mut self, field: &Field) {
        let mut level = self;
        for name in field.names() {
            level = level.entry(name);
        }
    }

    /// Lets two fields that hold the same value at different times share what is named inside of them.
    pub fn alias(&mut self, one: &Field, other: &Field) {
        let mut inside = self.at(one);
        inside.merge(&self.at(other));
        for field in [one, other] {
            let mut level = &mut *self;
            for name in field.names() {
                level = level.entry(name);
            }
            level.merge(&inside);
        }
    }

    /// What is named inside of a key with this plain text; `None` where the key is not named.
    pub fn get(&self, key: &[u8]) -> Option<&Shape> {
        self.members.iter().find(|(name, _)| name.text().as_bytes() == key).map(|(_, inside)| inside)
    }

    /// Whether nothing is named: such a value is not opened.
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

    fn at(&self, field: &Field) -> Shape {
        let mut level = self;
        for name in field.names() {
            match level.get(name.text().as_bytes()) {
                Some(inside) => level = inside,
                None => return Shape::default(),
            }
        }
        level.clone()
    }

    fn merge(&mut self, other: &Shape) {
        for (name, inside) in &other.members {
            self.entry(name).merge(inside);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moved_container_is_opened_under_both_names() {
        let (receipt, resource) = (Field::new(["receipt"]), Field::new(["resource"]));
        let mut shape = Shape::default();
        shape.insert(&Field::new(["receipt", "fees"]));
        shape.insert(&Field::new(["resource", "object"]));
        shape.alias(&receipt, &resource);
        for key in ["receipt", "resource"] {
            let inside = shape.get(key.as_bytes()).unwrap();
            assert!(
                inside.get(b"fees").is_some()
                    && inside.get(b"object").is_some()
                    && inside.get(b"id").is_none()
            );
        }
    }
}
