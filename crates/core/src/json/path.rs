//! Paths to the objects of a document that have to be opened.

use super::Name;

/// One hop of a path through a document.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Hop {
    /// A step into the member with this name.
    Member(Name),
    /// A step into every element of an array.
    Elements,
}

impl Hop {
    /// Tells whether a token of a JSON Pointer (RFC 6901) is this hop.
    pub fn leads_to(&self, token: &str) -> bool {
        match self {
            Hop::Member(name) => name.text() == token,
            Hop::Elements => {
                token == "-" || (!token.is_empty() && token.bytes().all(|byte| byte.is_ascii_digit()))
            }
        }
    }

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
    /// The document's own node first.
    nodes: Vec<Node<T>>,
    /// True if an empty text may stand for anything: forms have no other way to say that there is nothing.
    takes_empty_texts: bool,
}

/// A node of [`Paths`]: what a reader keeps of a path between two chunks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NodeId(usize);

#[derive(Debug, Clone)]
struct Node<T> {
    target: Option<T>,
    members: Vec<(Name, NodeId)>,
    elements: Option<NodeId>,
    /// An object, or an array, may stand here although no path of the set leads into it.
    may_be: Kinds,
}

#[derive(Debug, Clone, Copy, Default)]
struct Kinds {
    object: bool,
    array: bool,
    scalar: bool,
}

/// A part of [`Paths`]: one place, and all that is behind it.
#[derive(Debug)]
pub(crate) struct Branch<'p, T> {
    paths: &'p Paths<T>,
    place: NodeId,
}

impl<'p, T> Branch<'p, T> {
    fn node(&self) -> &'p Node<T> {
        &self.paths.nodes[self.place.0]
    }

    /// The target of the place.
    pub(crate) fn target(&self) -> Option<&'p T> {
        self.node().target.as_ref()
    }

    /// The members of an object here that paths lead into.
    pub(crate) fn members(&self) -> impl Iterator<Item = (&'p Name, Branch<'p, T>)> {
        let paths = self.paths;
        self.node().members.iter().map(move |(name, place)| (name, Branch { paths, place: *place }))
    }

    /// The elements of a list here, if paths lead into them.
    pub(crate) fn elements(&self) -> Option<Branch<'p, T>> {
        self.node().elements.map(|place| Branch { paths: self.paths, place })
    }

    /// Tells whether a scalar may stand in the place of an object.
    pub(crate) fn may_be_scalar(&self) -> bool {
        self.node().may_be.scalar
    }
}

impl<T> Node<T> {
    const NEW: Self = Node {
        target: None,
        members: Vec::new(),
        elements: None,
        may_be: Kinds { object: false, array: false, scalar: false },
    };
}

impl<T> Default for Paths<T> {
    fn default() -> Self {
        Paths { nodes: vec![Node::NEW], takes_empty_texts: false }
    }
}

impl<T> Paths<T> {
    /// The document itself.
    pub(super) const ROOT: NodeId = NodeId(0);

    /// The target at the end of this path, to set or change; the path is added where it is new.
    pub fn entry(&mut self, path: &[Hop]) -> &mut Option<T> {
        let NodeId(end) = path.iter().fold(Self::ROOT, |place, hop| self.hop(place, hop));
        &mut self.nodes[end].target
    }

    fn hop(&mut self, NodeId(from): NodeId, hop: &Hop) -> NodeId {
        let new = NodeId(self.nodes.len());
        let node = &mut self.nodes[from];
        let place = match hop {
            Hop::Elements => *node.elements.get_or_insert(new),
            Hop::Member(name) => match node.members.iter().find(|(known, _)| known == name) {
                Some((_, place)) => *place,
                None => {
                    node.members.push((name.clone(), new));
                    new
                }
            },
        };
        if place == new {
            self.nodes.push(Node::NEW);
        }
        place
    }

    /// Returns the target of the document's root.
    pub fn target(&self) -> Option<&T> {
        self.target_at(Self::ROOT)
    }

    /// Every target, in the order in which the paths were added.
    pub fn targets(&self) -> impl Iterator<Item = &T> {
        self.nodes.iter().filter_map(|node| node.target.as_ref())
    }

    /// Says that a document may be as this path has it, whose end is no target of the set.
    pub fn allow(&mut self, path: &[Hop]) {
        let mut place = Self::ROOT;
        for hop in path {
            let node = &mut self.nodes[place.0];
            let next = match hop {
                Hop::Elements => {
                    node.may_be.array = true;
                    node.elements
                }
                Hop::Member(name) => {
                    node.may_be.object = true;
                    node.members.iter().find(|(known, _)| known == name).map(|(_, next)| *next)
                }
            };
            let Some(next) = next else { return };
            place = next;
        }
        self.nodes[place.0].may_be.object = true;
    }

    /// Says that an empty text may stand anywhere, for nothing.
    pub(crate) fn take_empty_texts(&mut self) {
        self.takes_empty_texts = true;
    }

    /// Tells whether the value that is next is one that stands for nothing.
    pub(super) fn is_nothing(&self, rest: &[u8]) -> bool {
        self.takes_empty_texts && rest.starts_with(b"\"\"")
    }

    /// Says that a scalar may stand at the end of this path, in place of an object.
    pub fn allow_scalar(&mut self, path: &[Hop]) {
        let mut place = Self::ROOT;
        for hop in path {
            let node = &self.nodes[place.0];
            let next = match hop {
                Hop::Elements => node.elements,
                Hop::Member(name) => {
                    node.members.iter().find(|(known, _)| known == name).map(|(_, next)| *next)
                }
            };
            let Some(next) = next else { return };
            place = next;
        }
        self.nodes[place.0].may_be.scalar = true;
    }

    /// Every target with its path.
    pub fn each(&self) -> impl Iterator<Item = (Vec<Hop>, &T)> {
        self.below(Self::ROOT)
    }

    /// Every target here and behind this place, with its whole path.
    pub(super) fn below(&self, place: NodeId) -> impl Iterator<Item = (Vec<Hop>, &T)> {
        let mut open = vec![(Self::ROOT, Vec::new(), place == Self::ROOT)];
        let mut found = Vec::new();
        while let Some((NodeId(at), path, is_below)) = open.pop() {
            let node = &self.nodes[at];
            let on = |hop: Hop, next: NodeId| {
                let path = path.iter().cloned().chain([hop]).collect();
                (next, path, is_below || next == place)
            };
            // The last is taken first.
            open.extend(node.elements.map(|next| on(Hop::Elements, next)));
            open.extend(node.members.iter().rev().map(|(name, next)| on(Hop::Member(name.clone()), *next)));
            found.extend(node.target.as_ref().filter(|_| is_below).map(|target| (path, target)));
        }
        found.into_iter()
    }

    /// Tells whether a value that begins with this byte may be here. Null may, and so may text that is not JSON:
    /// another check reports it.
    #[cold]
    pub(super) fn fits(&self, place: NodeId, first: u8) -> bool {
        let Node { target, members, elements, may_be } = &self.nodes[place.0];
        let object = may_be.object || target.is_some() || !members.is_empty();
        let array = may_be.array || elements.is_some();
        match first {
            b'{' => object || !array,
            b'[' => array || !object,
            b'"' | b'-' | b'0'..=b'9' | b't' | b'f' => may_be.scalar || !(object || array),
            _ => true,
        }
    }

    /// The whole set, seen from the document's root.
    pub(crate) fn branch(&self) -> Branch<'_, T> {
        Branch { paths: self, place: Self::ROOT }
    }

    /// Returns the target of this place.
    pub(super) fn target_at(&self, place: NodeId) -> Option<&T> {
        self.nodes[place.0].target.as_ref()
    }

    /// Returns the place of the member with this plain text as its key.
    pub(super) fn member(&self, place: NodeId, key: &[u8]) -> Option<NodeId> {
        let mut members = self.nodes[place.0].members.iter();
        members.find(|(name, _)| name.text().as_bytes() == key).map(|(_, next)| *next)
    }

    /// Returns the place of an array's elements.
    pub(super) fn elements(&self, place: NodeId) -> Option<NodeId> {
        self.nodes[place.0].elements
    }

    /// Tells whether any path leads into an object's members from here.
    pub(super) fn has_members(&self, place: NodeId) -> bool {
        !self.nodes[place.0].members.is_empty()
    }
}
