//! The closed list of effects: what the kinds of steps come down to.
//!
//! A kind only says which effects a step has in each direction ([`Step::effects`](super::Step::effects)). Everything
//! that must know what a step means matches on effects, and on every one of them, so that a new kind needs no word
//! elsewhere and a new effect is asked for everywhere by the compiler:
//!
//! | asks | where |
//! |---|---|
//! | what it does to an object, to parameters, to a pointer | [`Effect::run`], [`Effect::run_on_pairs`], `step::pointer` |
//! | what it can lose, and which fields it names | `losses`, `fields` |
//! | what an error of the upstream must be told with | `step::renamed` |
//! | how it is done in one pass | `plan::fold` |
//! | whether a loss is certain, and what an ETag is made of | `plan::program`, `encode` |
//! | whether the versions contradict each other | `pack::history` |
//! | what a client sees differently | `compare::across` |
//! | what a round trip may change, and which digits are the pack's | `compare::excuse`, `check::laws` |

mod computed;
mod derive;
mod elements;
mod encode;
mod fields;
mod forms;
mod guarded;
mod joint;
mod losses;
mod lower;
mod make;
mod pairs;
mod parted;
mod reform;
mod relocate;
mod reshape;
mod scaled;
mod tag;
mod tuples;
mod words;

pub(crate) use computed::Computed;
pub(crate) use derive::Derived;
pub(crate) use elements::ElementEffects;
pub(crate) use fields::{leave_requests_out, shape};
pub(crate) use guarded::GuardedEffects;
pub(crate) use joint::Joint;
pub(crate) use lower::lower;
pub(crate) use parted::Parted;
pub(crate) use reshape::is_member_made;
pub(crate) use scaled::Scaled;
pub(crate) use tuples::{TupleMap, TupleRow};
pub(crate) use words::{Meaning, WordMap};

use super::{Conversion, Losses, Scalar};
use crate::{
    form::Parts,
    json::{Field, Name, Object},
};
use std::sync::Arc;

/// An effect on an object, or on parameters, in one direction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Effect {
    /// A value goes to another place, neither inside the other: it is renamed, nested into a group or hoisted out.
    Relocate {
        /// The place that it leaves.
        from: Field,
        /// The place that it gets.
        to: Field,
    },
    /// A value gets another form and stays where it is.
    Reform {
        /// The field that has it.
        field: Field,
        /// The form that it gets.
        form: ValueForm,
        /// The name of the field where its value has no other form: that which it has once it has moved.
        told: Field,
    },
    /// A field that the other version has is made where it is absent and its container is there.
    Make {
        /// The new field.
        field: Field,
        /// The value that it gets.
        made: Made,
    },
    /// A field that the other version does not have goes. That is a loss unless the way back makes the same value.
    Remove {
        /// The field that goes.
        field: Field,
        /// The value that the way back makes in its place.
        made: Made,
    },
    /// A value becomes an object in its own place, which has it as a member: `"x"` becomes `{"id":"x"}`.
    Widen {
        /// The field that has the value.
        from: Field,
        /// The field inside it that the value gets.
        to: Field,
        /// Other members of the new object.
        members: Vec<MadeMember>,
    },
    /// An object becomes the value of one of its members: `{"id":"x"}` becomes `"x"`. The other members go.
    Narrow {
        /// The member that is kept.
        from: Field,
        /// The field that has the object.
        to: Field,
        /// Other members that the way back makes.
        members: Vec<MadeMember>,
    },
    /// An object gets a member that says which kind of object it is.
    Tag(Discriminator),
    /// An object loses the member that says which kind it is; an object of another kind becomes null.
    Untag(Discriminator),
    /// Several fields change together: what becomes of one depends on the others. It is rare, and large.
    Joint(Box<Joint>),
    /// Effects run only where other fields have certain values.
    Guarded(Box<GuardedEffects>),
    /// Effects run on each element of a list, or on each member of an object whose keys are data.
    Elements(Box<ElementEffects>),
}

/// The form that a value gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ValueForm {
    /// The same value, written in another way.
    Converted(Conversion),
    /// The value of an enumeration by another name.
    Mapped {
        /// The words, and those that they become.
        words: WordMap,
        /// The way in which words stand in a text.
        parts: Parts,
    },
    /// A list whose elements get another form.
    Each(Box<ValueForm>),
    /// A text that gets the form as a parameter does, or a list of such texts: what a form has.
    Text(Box<ValueForm>),
    /// A list that has the value as its only element.
    Listed {
        /// The value that becomes an empty list.
        empty: Option<Scalar>,
    },
    /// The only element of a list.
    Single {
        /// The value that an empty list becomes.
        empty: Option<Scalar>,
        /// True if the first element stands for a list of several, and null for an empty one.
        first: bool,
    },
}

/// The value of a field that is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Made {
    /// Nothing is made: the field is absent.
    Nothing,
    /// The same JSON text, whatever else the object says.
    Constant {
        /// The JSON text.
        text: Arc<[u8]>,
        /// The reason why the version that has no such field means this value. Without one the value is made up.
        implied_by: Option<String>,
    },
    /// The same JSON text in requests, where it is what a request without the field means in the version that it comes
    /// from. Both versions have the field.
    Default {
        /// The JSON text.
        text: Arc<[u8]>,
    },
    /// A value that is made up beside another field of the same object, and only where that is there. Beside null, and
    /// beside a value that could not be converted, it is a copy of that.
    Beside {
        /// The field beside which it is made.
        anchor: Field,
        /// The JSON text; `None` for a copy of the anchor.
        text: Option<Arc<[u8]>>,
        /// The form that the same change gives the anchor afterwards, where the field is removed.
        anchor_form: Option<Box<ValueForm>>,
    },
    /// A value that follows from another field, in whichever object of the resource that stands. It is rare, and large.
    Derived(Box<Derived>),
    /// A value that is computed of others. It is rare, and large.
    Computed(Box<Computed>),
}

/// A member that an object gets where a value becomes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MadeMember {
    /// The member's name.
    pub name: Name,
    /// The JSON text that it gets.
    pub text: Arc<[u8]>,
    /// The reason why the value alone means this text. Without one the text is made up.
    pub implied_by: Option<String>,
}

/// A member that says which kind of object it stands in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Discriminator {
    /// The field that has the object.
    pub(crate) holder: Field,
    /// The member's name, `object`.
    pub(crate) name: Name,
    /// The value of the tag, `receipt`.
    pub(crate) value: Name,
}

impl Effect {
    /// Runs the effect on a resource.
    pub(crate) fn run<'a>(&'a self, object: &mut Object<'a>, losses: &mut Losses) {
        match self {
            Effect::Relocate { from, to } => relocate::run(from, to, object, losses),
            Effect::Reform { field, form, told } => reform::run((field, told), form, object, losses),
            Effect::Make { field, made } => make::make(field, made, object, losses),
            Effect::Remove { field, made } => make::remove(field, made, object, losses),
            Effect::Widen { from, to, members } => reshape::widen(from, to, members, object, losses),
            Effect::Narrow { from, to, members } => reshape::narrow(from, to, members, object, losses),
            Effect::Tag(tag) => tag::tag(tag, object, losses),
            Effect::Untag(tag) => tag::untag(tag, object, losses),
            Effect::Joint(joint) => joint.run(object, losses),
            Effect::Guarded(guarded) => guarded::run(guarded, object, losses),
            Effect::Elements(each) => elements::run(each, object, losses),
        }
    }
}
