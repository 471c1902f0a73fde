//! The contract of a kind of step, and what its file says about it for people and for tests.

use super::{Direction, Effect, Lookups, Step, recipe::Recipe};
use crate::authored::{Diagnostic, Location, Table};

/// The contract of a kind: all that is known about it stands in its file.
pub(crate) trait Kind: Sized {
    /// The key that a step of this kind begins with.
    const KEY: &'static str;

    /// The ways in which a step of this kind is written.
    const USAGES: &'static [Usage];

    /// Steps of this kind with a document before and after each.
    ///
    /// They are the pack on which the tests try the laws and the mutants, so they show all that the kind does.
    const EXAMPLES: &'static [KindExample];

    /// The changes that an author looks for and this kind says: rows of the table of changes in `transforms/README.md`.
    ///
    /// A change that was said by no kind leaves [`WITHOUT_STEP`](super::WITHOUT_STEP).
    const RECIPES: &'static [Recipe];

    /// More documents of the examples' steps, each of which goes one way only.
    const ONE_WAY: &'static [OneWay] = &[];

    /// Says that steps of this kind do something in requests only.
    const IS_OF_REQUESTS: bool = false;

    /// Reads a step that begins with the key. Each mistake is noted; `None` where there is one.
    ///
    /// A step that is written as one may stand for several, in the order in which they run going up.
    fn read(table: &mut Table<'_>, notes: &mut Vec<Diagnostic>) -> Option<Vec<Step>>;

    /// Says which effects the step has in this direction, in the order in which they run.
    fn effects(&self, direction: Direction) -> Vec<Effect>;

    /// Describes in words what the step does in this direction.
    fn describe(&self, direction: Direction) -> String;

    /// Finds what the step names in `api.toml`; what is not there is noted.
    fn resolve(&mut self, _lookups: &Lookups, _at: &Location, _notes: &mut Vec<Diagnostic>) {}
}

/// A row of the reference: keys of a step, and what they mean.
#[derive(Debug, Clone, Copy)]
pub struct Usage {
    /// The keys in the order in which they are written.
    pub keys: &'static [Key],
    /// Says that the keys may be left out of the usage before this one.
    pub is_option: bool,
    /// The effect from the older version to the newer.
    pub up: &'static str,
    /// The effect on the way back.
    pub down: &'static str,
    /// The losses that can happen, and when.
    pub loses: &'static str,
}

/// A key of a step, and what stands behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    /// The name.
    pub name: &'static str,
    /// The kind of value.
    pub holds: Holds,
    /// The name that the key had before. It is still read, with a warning.
    pub was: Option<&'static str>,
}

impl Key {
    /// The key with the name that it had before.
    pub(super) const fn was(self, name: &'static str) -> Key {
        Key { was: Some(name), ..self }
    }
}

/// The kinds of values that keys have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Holds {
    /// A field, `volume_usd.settled`.
    Field,
    /// A conversion, `number -> decimal`.
    Conversion,
    /// A JSON text, `'"usd"'`.
    Json,
    /// The name of one member.
    Name,
    /// Plain text that a document has as a string.
    Text,
    /// A reason, for people.
    Why,
    /// A table of older values and newer ones.
    Words,
    /// `older` or `newer`.
    Side,
    /// `true` or `false`.
    Flag,
    /// The character between the values of a list.
    Separator,
    /// Fields, in brackets.
    Fields,
    /// Rows of a table, each with the values before and those after.
    Rows,
    /// The values of some fields, JSON with commas between them.
    Tuple,
    /// Fields and the values that they must have.
    Guard,
    /// The name of a lookup table of `api.toml`.
    Lookup,
    /// The forms of an amount before and after.
    Scaling,
    /// The places of some values: a path through lists, or fields in brackets.
    Sources,
    /// The way in which one value is made of several.
    Aggregate,
}

/// A step and a document before and after it.
#[derive(Debug, Clone, Copy)]
pub struct KindExample {
    /// The steps as a pack has them: inline tables with commas between them.
    pub steps: &'static str,
    /// The document in the older version.
    pub old: &'static str,
    /// The document in the newer version.
    pub new: &'static str,
    /// The losses going up and coming down, as in `Dateline-Loss`; an empty text for nothing.
    pub loses: (&'static str, &'static str),
}

/// A document of an example's steps that goes one way only: the way back gives another one.
#[derive(Debug, Clone, Copy)]
pub struct OneWay {
    /// The number of the example.
    pub example: usize,
    /// The direction.
    pub direction: Direction,
    /// The document that is translated.
    pub from: &'static str,
    /// The document that comes out.
    pub to: &'static str,
    /// The losses, as in `Dateline-Loss`; an empty text for nothing.
    pub loses: &'static str,
}

/// A kind as the table of kinds lists it.
#[derive(Debug, Clone, Copy)]
pub struct KindFacts {
    /// The key that a step of this kind begins with.
    pub key: &'static str,
    /// The ways in which a step of this kind is written.
    pub usages: &'static [Usage],
    /// Steps of this kind with documents before and after them.
    pub examples: &'static [KindExample],
    /// More documents of the examples' steps, each of which goes one way only.
    pub one_way: &'static [OneWay],
    /// True if steps of this kind do something in requests only.
    pub is_of_requests: bool,
    /// The changes that steps of this kind say.
    pub recipes: &'static [Recipe],
    pub(super) read: fn(&mut Table<'_>, &mut Vec<Diagnostic>) -> Option<Vec<Step>>,
}

impl KindFacts {
    pub(super) const fn of<K: Kind>() -> KindFacts {
        let (usages, examples, recipes) = (K::USAGES, K::EXAMPLES, K::RECIPES);
        let (one_way, is_of_requests) = (K::ONE_WAY, K::IS_OF_REQUESTS);
        KindFacts { key: K::KEY, usages, examples, one_way, is_of_requests, recipes, read: K::read }
    }

    /// Every key that a step of this kind may have.
    pub fn keys(&self) -> impl Iterator<Item = Key> {
        self.usages.iter().flat_map(|usage| usage.keys).copied()
    }

    /// Tells whether steps of this kind give the elements of a list another form in their list: `languages[*]`.
    pub(super) fn changes_elements(&self) -> bool {
        ["convert", "map"].contains(&self.key)
    }
}

/// The characters that may stand between the values of a list.
pub(super) const SEPARATORS: [char; 4] = [',', ';', '|', ':'];

/// A key and what it holds, for the tables of usages.
pub(super) const fn key(name: &'static str, holds: Holds) -> Key {
    Key { name, holds, was: None }
}

/// Makes the type [`Step`], the list of the kinds and the calls to whichever kind a step is.
macro_rules! kinds {
    ($($file:ident::$kind:ident),+ $(,)?) => {
        $(pub use $file::$kind;)+

        /// One step of a change.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum Step {
            $(#[doc = concat!("The kind [`", stringify!($kind), "`](struct@", stringify!($kind), ").")] $kind($kind),)+
            /// Steps of any kinds with a guard.
            Guarded(Box<Guarded>),
            /// Steps of any kinds on the elements of a list.
            Elements(Box<Elements>),
        }

        /// Every kind of step, in the order of the reference.
        pub const KINDS: &[KindFacts] = &[$(KindFacts::of::<$kind>()),+];

        impl Step {
            /// The effects that the step has in this direction, in the order in which they run.
            pub(crate) fn effects(&self, direction: Direction) -> Vec<Effect> {
                match self {
                    $(Step::$kind(step) => Kind::effects(step, direction),)+
                    Step::Guarded(steps) => steps.effects(direction),
                    Step::Elements(steps) => steps.effects(direction),
                }
            }

            /// Describes in words what the step does in this direction.
            pub fn describe(&self, direction: Direction) -> String {
                match self {
                    $(Step::$kind(step) => Kind::describe(step, direction),)+
                    Step::Guarded(steps) => steps.describe(direction),
                    Step::Elements(steps) => steps.describe(direction),
                }
            }

            /// Finds what the step names in `api.toml`.
            pub(crate) fn resolve(&mut self, lookups: &Lookups, at: &Location, notes: &mut Vec<Diagnostic>) {
                match self {
                    $(Step::$kind(step) => Kind::resolve(step, lookups, at, notes),)+
                    Step::Guarded(steps) => steps.steps.iter_mut().for_each(|step| step.resolve(lookups, at, notes)),
                    Step::Elements(steps) => steps.steps.iter_mut().for_each(|step| step.resolve(lookups, at, notes)),
                }
            }
        }

        $(impl From<$kind> for Step {
            fn from(step: $kind) -> Step {
                Step::$kind(step)
            }
        })+
    };
}
pub(super) use kinds;
