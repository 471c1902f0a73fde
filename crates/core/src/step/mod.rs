//! The closed list of steps: what a change can do to a resource or to parameters.
//!
//! A step is written once, from the older version to the newer, and runs in both directions. Each kind is a file with
//! its syntax, its reader, its two directions, its losses, its words in the reference, examples and tests; the table of
//! [`KINDS`] lists it.

mod add;
mod convert;
mod drop;
mod kind;
mod loss;
mod map;
mod moving;
mod pointer;
mod read;
mod reference;
mod renamed;
mod tag;

pub use add::Fill;
pub use convert::Conversion;
pub use kind::{Holds, Key, KindExample, KindFacts, Usage};
pub use loss::{Cause, LossKind, Losses, Lost, PossibleLoss, When};
pub(crate) use read::read;
pub use reference::reference;
pub(crate) use renamed::Renamed;

use crate::{
    form::Pairs,
    json::{Field, Name, Object, Shape},
};
use kind::Kind;

/// The direction in which a step runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// The direction from the older version to the newer, as steps are written.
    Up,
    /// The direction from the newer version to the older.
    Down,
}

kind::kinds! {
    moving::Move,
    convert::Convert,
    add::Add,
    drop::Drop,
    tag::Tag,
    map::Map,
}

/// Calls the same method on whichever step it is.
macro_rules! each {
    ($step:expr, $it:ident => $call:expr) => {
        match $step {
            Step::Move($it) => $call,
            Step::Convert($it) => $call,
            Step::Add($it) => $call,
            Step::Drop($it) => $call,
            Step::Tag($it) => $call,
            Step::Map($it) => $call,
        }
    };
}

impl Step {
    /// Runs the step on a resource.
    pub fn run<'a>(&'a self, direction: Direction, object: &mut Object<'a>, losses: &mut Losses) {
        each!(self, step => step.run(direction, object, losses));
    }

    /// Runs the step on a query or a form; a step that does not [fit parameters](Step::fits_parameters) does nothing.
    pub fn run_on_pairs<'a>(&'a self, direction: Direction, pairs: &mut Pairs<'a>, losses: &mut Losses) {
        match self {
            Step::Move(step) => step.run_on_pairs(direction, pairs, losses),
            Step::Map(step) => step.run_on_pairs(direction, pairs, losses),
            Step::Convert(_) | Step::Add(_) | Step::Drop(_) | Step::Tag(_) => {}
        }
    }

    /// Tells whether the step works on `name=value` pairs, which have no levels and no types.
    pub fn fits_parameters(&self) -> bool {
        let flat = |field: &Field| field.names().len() == 1;
        match self {
            Step::Move(step) => flat(&step.from) && flat(&step.to),
            Step::Map(step) => flat(&step.field),
            Step::Convert(_) | Step::Add(_) | Step::Drop(_) | Step::Tag(_) => false,
        }
    }

    /// The losses that the step can cause in this direction, in the order in which it would report them.
    pub fn losses(&self, direction: Direction) -> Vec<PossibleLoss> {
        each!(self, step => step.losses(direction))
    }

    /// Every field that the step names.
    pub fn fields(&self) -> Vec<Field> {
        match self {
            Step::Move(Move { from, to }) => vec![from.clone(), to.clone()],
            Step::Add(Add { field, anchor, .. }) => vec![field.clone(), anchor.clone()],
            Step::Convert(Convert { field, .. })
            | Step::Drop(Drop { field, .. })
            | Step::Map(Map { field, .. }) => {
                vec![field.clone()]
            }
            Step::Tag(Tag { field, name, .. }) => vec![field.clone(), field.member(name)],
        }
    }

    /// Every name that a document has where the step's fields are: of members, and of parameters.
    pub fn names(&self) -> Vec<&str> {
        let fields = match self {
            Step::Move(Move { from, to }) => vec![from, to],
            Step::Add(Add { field, anchor, .. }) => vec![field, anchor],
            Step::Convert(Convert { field, .. })
            | Step::Drop(Drop { field, .. })
            | Step::Map(Map { field, .. })
            | Step::Tag(Tag { field, .. }) => vec![field],
        };
        let tag = match self {
            Step::Tag(Tag { name, .. }) => Some(name.text()),
            _ => None,
        };
        fields.into_iter().flat_map(|field| field.names().iter().map(Name::text)).chain(tag).collect()
    }

    /// The field that stands where the step has run and stood elsewhere, or nowhere, before.
    pub(crate) fn makes(&self, direction: Direction) -> Option<&Field> {
        match (self, direction) {
            (Step::Move(step), _) => Some(step.ends(direction).1),
            (Step::Add(Add { field, .. }), Direction::Up)
            | (Step::Drop(Drop { field, .. }), Direction::Down) => Some(field),
            (Step::Tag(Tag { field, .. }), Direction::Up) => Some(field),
            _ => None,
        }
    }

    /// The field that a step moves, and where to.
    fn moves(&self, direction: Direction) -> Option<(&Field, &Field)> {
        match self {
            Step::Move(step) => Some(step.ends(direction)),
            _ => None,
        }
    }
}

/// Returns the shape to which an object is opened for steps that run one after another: every field that one of them
/// names, as the object has it before any of them has run. A move may find nothing to move, so a field may also be
/// where it is named.
pub fn shape<'s>(direction: Direction, steps: impl IntoIterator<Item = &'s Step>) -> Shape {
    let mut shape = Shape::default();
    let mut moves: Vec<(&Field, &Field)> = Vec::new();
    for step in steps {
        for field in step.fields() {
            let mut fields = vec![field];
            for (from, to) in moves.iter().rev() {
                for before in fields.iter().filter_map(|field| field.before(from, to)).collect::<Vec<_>>() {
                    if !fields.contains(&before) {
                        fields.push(before);
                    }
                }
            }
            fields.iter().for_each(|field| shape.insert(field));
        }
        moves.extend(step.moves(direction));
    }
    shape
}

/// Support for the tests of the steps.
#[cfg(test)]
pub(crate) mod test {
    use super::*;
    use crate::json::{Paths, Scanner, Walk};

    /// Runs steps on a document as one module does; the result and the losses as text.
    pub(crate) fn run(steps: &[Step], direction: Direction, document: &str) -> (String, String) {
        let run: Vec<&Step> = match direction {
            Direction::Up => steps.iter().collect(),
            Direction::Down => steps.iter().rev().collect(),
        };
        let shape = shape(direction, run.iter().copied());
        let mut paths = Paths::default();
        *paths.entry(&[]) = Some(shape);
        let mut losses = Losses::default();
        let out = Walk::whole(document.as_bytes(), &paths, |shape, text, depth, out| {
            let mut scanner = Scanner::inside(text, depth);
            let mut object = Object::read(&mut scanner, shape)?;
            object.settle();
            run.iter().for_each(|step| step.run(direction, &mut object, &mut losses));
            object.write(out);
            Ok(scanner.position())
        });
        for lost in losses.iter() {
            let declared = steps.iter().flat_map(|step| step.losses(direction));
            assert!(
                declared
                    .into_iter()
                    .any(|loss| loss.kind == lost.kind && loss.field.to_string() == *lost.field),
                "{lost:?} is not declared"
            );
        }
        (String::from_utf8(out.unwrap()).unwrap(), losses.to_string())
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
