//! A node of the tree of fields, and how it is reached.

use super::{Conflict, oldest::Oldest};
use crate::{
    json::{Field, Name},
    step::{Conversion, Scaling},
    version::Version,
};
use serde_json::Value;
use std::{collections::BTreeMap, sync::Arc};

/// A field, as far as rules tell.
#[derive(Debug, Clone)]
pub(super) struct FieldNode {
    /// The names of the field in the oldest version; `None` if a rule has made it.
    pub(super) origin: Option<Vec<Name>>,
    /// The version whose rule has said what is known.
    pub(super) by: Option<Version>,
    pub(super) state: FieldState,
}

#[derive(Debug, Clone)]
pub(super) enum FieldState {
    /// The field is not there, and the reason.
    Gone(String),
    /// The field is there, and may be anything.
    Any,
    /// The field is there, and is no object.
    Value(KnownValue),
    /// The field is an object.
    Object(KnownObject),
}

/// An object, as far as rules tell.
#[derive(Debug, Clone, Default)]
pub(super) struct KnownObject {
    pub(super) members: BTreeMap<Name, FieldNode>,
    /// True if it may have other members.
    pub(super) is_open: bool,
    /// True if it is there even without members: a rule has dropped one of them, and its container stays.
    pub(super) stays: bool,
}

/// A value, as far as rules tell.
#[derive(Debug, Clone, Default)]
pub(super) struct KnownValue {
    /// The JSON text, if a rule has written it.
    pub(super) text: Option<Arc<[u8]>>,
    /// The last conversion.
    pub(super) last: Option<Conversion>,
    /// The units that it has been given, each with its version.
    pub(super) scaled: Vec<(Option<Version>, Scaling)>,
    /// What is known of each element, if it is a list.
    pub(super) element: Option<Box<FieldNode>>,
}

impl FieldState {
    /// The state of a field that a rule writes.
    pub(super) fn constant(text: &[u8]) -> FieldState {
        match serde_json::from_slice(text) {
            Ok(value) => FieldState::of(&value),
            Err(_) => FieldState::Value(KnownValue { text: Some(text.into()), ..KnownValue::default() }),
        }
    }

    fn of(value: &Value) -> FieldState {
        match value {
            Value::Object(members) => FieldState::closed(
                members.iter().map(|(name, value)| (Name::new(name), FieldNode::made(FieldState::of(value)))),
            ),
            other => {
                let text = Some(other.to_string().into_bytes().into());
                FieldState::Value(KnownValue { text, ..KnownValue::default() })
            }
        }
    }

    /// The state of an object with these members and no others.
    pub(super) fn closed(members: impl IntoIterator<Item = (Name, FieldNode)>) -> FieldState {
        let members = members.into_iter().collect();
        FieldState::Object(KnownObject { members, ..KnownObject::default() })
    }

    /// The state of an object of which nothing is known.
    fn open() -> FieldState {
        FieldState::Object(KnownObject { is_open: true, ..KnownObject::default() })
    }
}

impl FieldNode {
    /// The document itself, at the oldest version.
    pub(super) fn root() -> FieldNode {
        FieldNode { origin: Some(Vec::new()), by: None, state: FieldState::open() }
    }

    /// A node that a rule makes.
    pub(super) fn made(state: FieldState) -> FieldNode {
        FieldNode { origin: None, by: None, state }
    }

    /// Takes what is known of each element of a list out of its node.
    pub(super) fn take_element(&mut self) -> FieldNode {
        let known = match &mut self.state {
            FieldState::Value(value) => value.element.take(),
            FieldState::Gone(_) | FieldState::Any | FieldState::Object(_) => None,
        };
        let origin = self.origin.as_ref().map(|origin| inside(origin, &Name::new("[*]")));
        known.map_or_else(|| FieldNode { origin, by: None, state: FieldState::Any }, |known| *known)
    }

    /// Tells whether members that no rule has named may be inside.
    pub(super) fn is_open(&self) -> bool {
        match &self.state {
            FieldState::Any => true,
            FieldState::Object(object) => object.is_open,
            FieldState::Gone(_) | FieldState::Value(_) => false,
        }
    }

    /// Tells whether the field is there for certain: an open object is if it has a member.
    pub(super) fn is_there(&self) -> bool {
        match &self.state {
            FieldState::Gone(_) => false,
            FieldState::Any | FieldState::Value(_) => true,
            FieldState::Object(object) => object.stays || object.members.values().any(FieldNode::is_there),
        }
    }

    /// Takes the node for an object. `Err` if it is none.
    pub(super) fn open(&mut self, oldest: &mut Oldest, by: Option<Version>) -> Result<(), ()> {
        match &self.state {
            FieldState::Object(_) => Ok(()),
            FieldState::Any if oldest.is_object(self.origin.as_deref()) => {
                self.state = FieldState::open();
                self.by = by;
                Ok(())
            }
            FieldState::Any | FieldState::Gone(_) | FieldState::Value(_) => Err(()),
        }
    }

    /// Takes the node for a value that is no object. `Err` if it is one, or is not there.
    pub(super) fn close(&mut self, oldest: &mut Oldest, by: Option<Version>) -> Result<(), ()> {
        match &self.state {
            FieldState::Value(_) => Ok(()),
            FieldState::Any if oldest.is_value(self.origin.as_deref(), None) => {
                self.state = FieldState::Value(KnownValue::default());
                self.by = by;
                Ok(())
            }
            FieldState::Any | FieldState::Gone(_) | FieldState::Object(_) => Err(()),
        }
    }

    /// The node of a field inside this one, which is there.
    pub(super) fn reach(
        &mut self,
        field: &Field,
        oldest: &mut Oldest,
        by: Option<Version>,
    ) -> Result<&mut FieldNode, Conflict> {
        let mut node = self;
        for (level, name) in field.names().iter().enumerate() {
            let said_by = node.by;
            node.open(oldest, by).map_err(|()| Conflict::no_object(field, level, said_by))?;
            let origin = node.origin.as_ref().map(|origin| inside(origin, name));
            let FieldState::Object(KnownObject { members, is_open, .. }) = &mut node.state else {
                return Err(Conflict::no_object(field, level, said_by));
            };
            if *is_open && !members.contains_key(name) && oldest.is_there(origin.as_deref()) {
                members.insert(name.clone(), FieldNode { origin, by, state: FieldState::Any });
            }
            let missing = Conflict::no_member(field, level, said_by);
            node = members.get_mut(name).ok_or(missing)?;
            if let FieldState::Gone(how) = &node.state {
                return Err(Conflict::gone(field, level + 1, how, node.by));
            }
        }
        Ok(node)
    }

    /// Puts a node where a field inside this one is to be. Containers that are not there are made, if they may be.
    pub(super) fn put(
        &mut self,
        to: &Field,
        new: FieldNode,
        oldest: &mut Oldest,
        by: Option<Version>,
    ) -> Result<(), Conflict> {
        let Some((containers, name)) = to.split() else { return Ok(()) };
        let mut node = self;
        for (level, name) in containers.iter().enumerate() {
            node = node.container(name, oldest, by).map_err(|by| Conflict::no_place(to, level, by))?;
        }
        let origin = node.origin.as_ref().map(|origin| inside(origin, name));
        let level = containers.len();
        node.open(oldest, by).map_err(|()| Conflict::no_place(to, level, node.by))?;
        let FieldState::Object(KnownObject { members, is_open, .. }) = &mut node.state else { return Ok(()) };
        let known = members.insert(name.clone(), new);
        match known {
            Some(known) if known.is_there() => Err(Conflict::there(to, known.by)),
            None if *is_open && !oldest.is_absent(origin.as_deref()) => Err(Conflict::there(to, None)),
            Some(_) | None => Ok(()),
        }
    }

    /// The container with this name inside the node; made where it is not there. `Err` if the node is no object, with the
    /// version that says so.
    fn container(
        &mut self,
        name: &Name,
        oldest: &mut Oldest,
        by: Option<Version>,
    ) -> Result<&mut FieldNode, Option<Version>> {
        let said_by = self.by;
        self.open(oldest, by).map_err(|()| said_by)?;
        let origin = self.origin.as_ref().map(|origin| inside(origin, name));
        let FieldState::Object(KnownObject { members, is_open, .. }) = &mut self.state else {
            return Err(said_by);
        };
        // Nobody knows whether it is there, and what is in it.
        let is_open = *is_open && !oldest.is_known(origin.as_deref());
        let new = |is_open| {
            let state = FieldState::Object(KnownObject { is_open, ..KnownObject::default() });
            FieldNode { origin: origin.clone().filter(|_| is_open), by, state }
        };
        let node = members.entry(name.clone()).or_insert_with(|| new(is_open));
        if matches!(node.state, FieldState::Gone(_)) {
            *node = new(false);
        }
        Ok(node)
    }
}

fn inside(origin: &[Name], name: &Name) -> Vec<Name> {
    origin.iter().chain([name]).cloned().collect()
}
