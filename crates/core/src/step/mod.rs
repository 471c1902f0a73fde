//! The closed list of steps: what a change can do to a resource or to parameters.
//!
//! A step is written once, from the older version to the newer, and runs in both directions. Each kind is a file with
//! its syntax, its reader, its effects in both directions, its words in the reference, examples and tests; the
//! table of [`KINDS`] lists it. To add a kind, write its file, declare it and add a line to that table.
//!
//! | file | holds |
//! |---|---|
//! | `moving`, `convert`, `add` and so on, as the table lists them | a kind each |
//! | `kind`, `read`, `reference` | the contract of a kind, the reader of a step, the tables for people |
//! | `elements` | steps on the elements of a list |
//! | `guard`, `guarded` | the values that other fields must have for a step to run, and the steps that have such a guard |
//! | `schema` | the JSON Schema of a step |
//! | `recipe` | the changes that an author looks for, those that no step says among them |
//! | `effect/` | the closed list of effects, and what each does |
//! | `cell` | the values of a table, and words for what is no value |
//! | `conversion`, `loss` | forms of a value; what a translation loses |
//! | `pointer`, `renamed` | effects on JSON Pointers, and in the upstream's errors |

mod add;
mod add_up;
mod cell;
mod compute;
mod conversion;
mod convert;
mod default;
mod drop;
mod effect;
mod elements;
mod filling;
mod guard;
mod guarded;
mod kind;
mod list;
mod lookup;
mod loss;
mod map;
mod moving;
mod pointer;
mod read;
mod recipe;
mod refer;
mod reference;
mod renamed;
mod scalar;
mod scale;
mod schema;
mod tag;
mod tuples;

pub use cell::Cell;
pub use compute::{Aggregate, ValueSource};
pub use conversion::{CONVERSIONS, Conversion, ConversionFacts};
pub use effect::MadeMember;
pub(crate) use effect::{
    Computed, Derived, Discriminator, Effect, ElementEffects, GuardedEffects, Joint, Made, Meaning, Parted,
    Scaled, TupleMap, TupleRow, ValueForm, WordMap, is_member_made, shape,
};
pub(crate) use effect::{leave_requests_out, lower};
pub use elements::Elements;
pub(crate) use elements::with_brackets;
pub use filling::Filling;
pub use guard::Guard;
pub(crate) use guard::read as read_guard;
pub(crate) use guarded::guard_all;
pub use guarded::{GUARDED, Guarded};
pub use kind::{Holds, Key, KindExample, KindFacts, OneWay, Usage};
pub use lookup::{Lookup, LookupRows, Lookups};
pub use loss::{Cause, LossKind, Losses, Lost, PossibleLoss, When};
pub(crate) use read::{TABLE, read};
pub use recipe::{How, Recipe, Topic, WITHOUT_STEP, WithoutStep};
pub use reference::{changes, reference};
pub(crate) use renamed::{Renamed, RenamedField};
pub use scalar::Scalar;
pub use scale::Scaling;
pub(crate) use schema::{guard_schema, schema, words as words_schema};

use crate::{
    authored::{Diagnostic, Location},
    json::Field,
};
use kind::Kind;
use std::collections::BTreeSet;

/// The direction in which a step runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// The direction from the older version to the newer, as steps are written.
    Up,
    /// The direction from the newer version to the older.
    Down,
}

impl Direction {
    /// The other direction.
    #[must_use]
    pub fn back(self) -> Self {
        match self {
            Direction::Up => Direction::Down,
            Direction::Down => Direction::Up,
        }
    }
}

kind::kinds! {
    moving::Move,
    convert::Convert,
    add::Add,
    drop::Drop,
    tag::Tag,
    map::Map,
    list::List,
    default::Default,
    refer::Refer,
    tuples::Tuples,
    scale::Scale,
    compute::Compute,
    add_up::AddUp,
}

impl Step {
    /// The losses that the step can cause in this direction, in the order in which it would report them.
    pub fn losses(&self, direction: Direction) -> Vec<PossibleLoss> {
        self.effects(direction).iter().flat_map(Effect::losses).collect()
    }

    /// Tells whether the step has a meaning in a query or a form, whose values are texts.
    pub fn fits_parameters(&self) -> bool {
        let effects = [Direction::Up, Direction::Down].map(|direction| self.effects(direction));
        effects.iter().flatten().all(|effect| effect.is_flat() || effect.for_forms().is_some())
    }

    /// The field that the step fills in with a value beside one of another object, and that other one.
    pub(crate) fn anchor_elsewhere(&self) -> Option<(Field, Field)> {
        let effects = [Direction::Up, Direction::Down].map(|direction| self.effects(direction));
        effects.iter().flatten().flat_map(Effect::flat).find_map(|(effect, _)| match effect {
            Effect::Make { field, made: Made::Beside { anchor, text: Some(_), .. } }
                if !field.is_beside(anchor) =>
            {
                Some((field.clone(), anchor.clone()))
            }
            _ => None,
        })
    }

    /// Every name that a document has where the step's fields are: of members, and of parameters.
    pub fn names(&self) -> BTreeSet<String> {
        let effects = [Direction::Up, Direction::Down].map(|direction| self.effects(direction));
        let fields = effects.iter().flatten().flat_map(Effect::fields);
        fields.flat_map(|field| field.names().to_vec()).map(|name| name.text().to_owned()).collect()
    }
}

/// Support for the tests of the steps.
#[cfg(test)]
pub(crate) mod test {
    use super::*;
    use crate::{
        authored::{Source, Table},
        form::Pairs,
        json::{Field, Object, Paths, Scanner, Walk},
    };
    use std::sync::Arc;
    use toml::de::DeTable;

    /// Runs the steps of a change on a document; the result and the losses as text.
    pub(crate) fn run(steps: &[Step], direction: Direction, document: &str) -> (String, String) {
        let steps: Vec<&Step> = match direction {
            Direction::Up => steps.iter().collect(),
            Direction::Down => steps.iter().rev().collect(),
        };
        let effects = lower(direction, &steps);
        let mut paths = Paths::default();
        *paths.entry(&[]) = Some(shape(&effects));
        let mut losses = Losses::default();
        let out = Walk::whole(document.as_bytes(), &paths, |shape, text, depth, out| {
            let mut scanner = Scanner::inside(text, depth);
            let mut object = Object::read(&mut scanner, shape)?;
            object.settle();
            effects.iter().for_each(|effect| effect.run(&mut object, &mut losses));
            object.write(out);
            Ok(scanner.position())
        });
        for lost in losses.iter() {
            let mut declared = effects.iter().flat_map(Effect::losses);
            assert!(
                declared.any(|loss| loss.kind == lost.kind && loss.field.to_string() == *lost.field),
                "{lost:?} is not declared"
            );
        }
        (String::from_utf8(out.unwrap()).unwrap(), losses.to_string())
    }

    /// Reads a step from its keys, each on a line; `None` where a pack refuses it.
    pub(crate) fn parse(text: &str) -> Option<Vec<Step>> {
        let source = Arc::new(Source { name: "a step".into(), text: text.into() });
        let root = DeTable::parse(text).unwrap();
        let (mut table, mut notes) = (Table::root(&source, &root, &TABLE), Vec::new());
        let mut step = read(&mut table, &mut notes);
        step.resolve(&Lookups::for_tests(), &mut notes);
        table.finish(|_| None, &mut notes);
        let steps = guard_all(None, vec![step], &mut notes);
        notes.is_empty().then(|| steps.into_iter().map(|(step, _)| step).collect())
    }

    /// Runs the steps of a change on a form, as its document: the result, the losses, and the number of those with which a
    /// request is refused.
    pub(crate) fn run_on_form(steps: &[Step], direction: Direction, text: &str) -> (String, String, usize) {
        let steps: Vec<&Step> = match direction {
            Direction::Up => steps.iter().collect(),
            Direction::Down => steps.iter().rev().collect(),
        };
        let effects = lower(direction, &steps);
        let effects: Vec<Effect> = effects.iter().map(|effect| effect.for_forms().unwrap()).collect();
        let (mut pairs, mut losses) = (Pairs::parse(text), Losses::default());
        let document = pairs.document();
        let mut object = Object::read(&mut Scanner::new(&document.json), &shape(&effects)).unwrap();
        object.settle();
        effects.iter().for_each(|effect| effect.run(&mut object, &mut losses));
        let mut json = Vec::new();
        object.write(&mut json);
        pairs.follow(&document, &json).unwrap();
        (pairs.to_string(), losses.to_string(), losses.refused().count())
    }

    pub(crate) fn field(text: &str) -> Field {
        Field::new(text.split('.'))
    }

    /// Asserts what comes out and what is lost: `""` for nothing.
    #[track_caller]
    pub(crate) fn check(steps: &[Step], direction: Direction, input: &str, output: &str, losses: &str) {
        assert_eq!(run(steps, direction, input), (output.to_owned(), losses.to_owned()), "{input}");
    }

    /// Asserts both directions, without losses.
    #[track_caller]
    pub(crate) fn check_both(steps: &[Step], old: &str, new: &str) {
        check(steps, Direction::Up, old, new, "");
        check(steps, Direction::Down, new, old, "");
    }
}
