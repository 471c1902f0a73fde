//! Folding: a program as one pass over an object's members, instead of one pass a step.
//!
//! A fold knows the fate of each named member of an ordinary object, and writes the object in one go. It leaves all
//! other objects to the steps, which define what a program means: objects with a key of the other version, a value of
//! an unexpected form, a repeated key, or white space between members. Programs in which a step meets the result of an
//! earlier one in an unforeseen way go to the steps as well. So a fold never decides anything: if it answers at all, it
//! gives byte for byte what the steps give, losses included.
//!
//! An object is [read](read::Reading) and [composed](compose) into a [template](template::Template). Objects that are
//! like it are only compared with the template, and written from its [pieces](pieces::Piece).
//!
//! An object and those that it [holds](held) are one fold where the steps on the one are not about the others: a list of
//! payments with money in them is then compared with one template a payment.

mod compile;
mod compose;
mod held;
mod keys;
mod level;
mod pieces;
mod read;
mod template;
mod templates;
mod value;
mod wrap;

use crate::{
    json::Field,
    step::{Cause, Conversion, LossKind, WordMap},
};
use keys::Keys;
use std::sync::Arc;
use templates::Common;

use wrap::{Unwrap, Wrap};

pub(super) use templates::Templates;

/// A folded program.
#[derive(Debug)]
pub(super) struct Fold {
    level: Level,
    /// The levels of nesting that it may add, or more: what is written is no deeper than a document may be.
    deepens: u32,
    /// The templates of the most common objects.
    common: Common,
}

/// A fold of a plan, with its number there.
#[derive(Debug, Clone)]
pub(super) struct NumberedFold {
    pub(super) number: usize,
    pub(super) fold: Arc<Fold>,
}

/// The named members of an object, and what becomes of them.
#[derive(Debug, Default, Clone)]
struct Level {
    keys: Keys,
    /// The fates by slot, as [`Keys`] finds it.
    fates: Vec<Fate>,
    /// The members that are added at the end, in order.
    fills: Vec<Fill>,
    groups: Vec<Group>,
    /// The place of the level's object in what it is read with.
    standing: Standing,
}

/// The place of an object in what it is read with.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// It is the object that was asked for, or one that its own steps open.
    #[default]
    Own,
    /// It is an object that another one holds, with losses of its own.
    Held {
        /// True if a string may stand in its place.
        may_be_string: bool,
    },
}

/// A slot's number. An object has few.
type Slot = u8;

/// The fate of a member.
#[derive(Debug, Clone)]
enum Fate {
    /// The member keeps its place, under its own key or another, in this form.
    Stay { key: Option<Key>, form: Form },
    /// The member is left out.
    Leave(Leave),
    /// The member goes into a group, which takes the place of its first member.
    Join { group: usize },
    /// The member is an object whose members change.
    Enter { key: Option<Key>, level: Box<Level> },
    /// The member is an object whose members are hoisted: they stay, in its place.
    Spread { level: Box<Level> },
    /// The member must have this text, and is left out.
    Untag(Arc<[u8]>),
    /// The member's value is put into an object in its own place.
    Wrap(Box<Wrap>),
    /// The member is an object, and the value of one of its members takes its place.
    Unwrap(Box<Unwrap>),
    /// The member is a list of objects, each of which changes.
    Each { key: Option<Key>, elements: NumberedFold },
}

/// A key as it is written, colon included.
type Key = Box<[u8]>;

/// The form in which a value is written. It has a tag of its own, as a [`Piece`](pieces::Piece) has.
#[derive(Debug, Clone)]
#[repr(u8)]
enum Form {
    Same,
    Converted(Conversion),
    Mapped(Arc<WordMap>),
}

/// A member that goes, and when that is a loss.
#[derive(Debug, Clone)]
struct Leave {
    loss: Loss,
    unless: Unless,
    /// True if the container is removed when this was its last member.
    prunes: bool,
}

/// A condition under which leaving a member out is no loss.
#[derive(Debug, Clone)]
enum Unless {
    /// No condition: it always is one.
    Never,
    /// The member has this value.
    Is(Arc<[u8]>),
    /// The member is equal to the one that would be made up again beside the member in this slot: this value, or a
    /// copy.
    MadeUp { anchor: Slot, value: Option<Arc<[u8]>> },
}

/// A member that is added where its slot is empty; without a slot, always.
#[derive(Debug, Clone)]
struct Fill {
    slot: Option<Slot>,
    /// Key and value.
    text: Box<[u8]>,
    loss: Option<Loss>,
}

/// Members that become an object of their own.
#[derive(Debug, Clone)]
struct Group {
    key: Key,
    items: Vec<Item>,
}

/// A member of a group.
#[derive(Debug, Clone)]
enum Item {
    /// The member in this slot.
    Moved { slot: Slot, name: Box<str>, key: Key, form: Form },
    /// Made up beside the member from this slot: with this value, or as a copy of what it became.
    Added { anchor: Slot, form: Form, name: Box<str>, key: Key, value: Option<Arc<[u8]>>, loss: Loss },
}

/// A loss to report.
#[derive(Debug, Clone, PartialEq)]
struct Loss {
    kind: LossKind,
    field: Field,
    cause: Option<Arc<Cause>>,
}

impl Level {
    /// A level in which nothing is named.
    const NONE: Level = Level {
        keys: Keys::NONE,
        fates: Vec::new(),
        fills: Vec::new(),
        groups: Vec::new(),
        standing: Standing::Own,
    };
}

#[cfg(test)]
mod tests;
