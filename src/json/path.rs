//! Where in a document the objects to open are found.

use super::Name;

/// One hop of a path through a document.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Hop {
    /// Into the member with this name.
    Member(Name),
    /// Into every element of an array.
    Elements,
}

impl Hop {
    /// A path as RFC 9535 writes it, `$.data[*]`.
    pub fn display(path: &[Hop]) -> String {
        let mut text = String::from("$");
        for hop in path {
            match hop {
                Hop::Elements => text.push_str("[*]"),
                Hop::Member(name)
                    if name.text().bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') =>
                {
                    text.extend([".", name.text()]);
                }
                Hop::Member(name) => text.extend(["[", &String::from_utf8_lossy(name.quoted()), "]"]),
            }
        }
        text
    }
}

/// A set of paths, each with what waits at its end, as one automaton: a document is walked once for all of them.
#[derive(Debug, Clone)]
pub struct Paths<T> {
    target: Option<T>,
    members: Vec<(Name, Paths<T>)>,
    elements: Option<Box<Paths<T>>>,
}

impl<T> Default for Paths<T> {
    fn default() -> Self {
        Paths { target: None, members: Vec::new(), elements: None }
    }
}

impl<T> Paths<T> {
    /// The target at the end of this path, to set or change; the path is added where it is new.
    pub fn entry(&mut self, path: &[Hop]) -> &mut Option<T> {
        let mut node = self;
        for hop in path {
            node = match hop {
                Hop::Elements => &mut **node.elements.get_or_insert_default(),
                Hop::Member(name) => {
                    let index = match node.members.iter().position(|(known, _)| known == name) {
                        Some(index) => index,
                        None => {
                            node.members.push((name.clone(), Paths::default()));
                            node.members.len() - 1
                        }
                    };
                    &mut node.members[index].1
                }
            };
        }
        &mut node.target
    }

    /// What waits here.
    pub fn target(&self) -> Option<&T> {
        self.target.as_ref()
    }

    /// Where the member with this plain text leads.
    pub fn member(&self, key: &[u8]) -> Option<&Paths<T>> {
        self.members.iter().find(|(name, _)| name.text().as_bytes() == key).map(|(_, next)| next)
    }

    /// Where array elements lead.
    pub fn elements(&self) -> Option<&Paths<T>> {
        self.elements.as_deref()
    }

    /// Whether any path leads into an object's members from here.
    pub fn has_members(&self) -> bool {
        !self.members.is_empty()
    }

    /// Every target, in the order in which the paths were added.
    pub fn targets(&self) -> Vec<&T> {
        let inner = self.members.iter().map(|(_, next)| next).chain(self.elements.as_deref());
        self.target.iter().chain(inner.flat_map(Paths::targets)).collect()
    }
}
