//! JSON as text: a validating scanner, spans of the parts that change, and a writer.
//!
//! A body is not parsed into a tree of values. A [`Walk`] takes it in any number of chunks and validates all of it. It
//! hands the text of the objects that a path leads to to the caller, who may open each as an [`Object`] of spans, and
//! passes everything else on unchanged. Text that no step names keeps its bytes: numbers, escapes, key order, white
//! space.
//!
//! There is one grammar: `State` reads tokens, and `token` can stop at any byte. [`Scanner`] is both, on a whole text.
//! Frequent texts (plain strings, short numbers, expected keys) are examined in blocks: see `simd`, which uses AVX2 if
//! the machine has it.

pub(crate) mod digits;
mod elements;
mod error;
mod inside;
pub mod instant;
mod kept;
mod known;
mod name;
pub mod number;
mod object;
mod output;
mod path;
mod same;
mod scan;
mod shape;
pub(crate) mod simd;
mod state;
pub mod text;
mod token;
mod walk;

pub(crate) use elements::{Span, elements, members};
pub use error::{Fault, FaultKind};
pub(crate) use inside::{Met, rewrite_inside};
pub(crate) use kept::KeptTexts;
pub(crate) use known::Known;
pub use name::{Field, Name, quoted};
pub(crate) use object::repeats_a_key;
pub use object::{Layout, Member, Object, Value};
pub use output::Output;
pub(crate) use path::Branch;
pub use path::{Hop, Paths};
pub use same::same;
pub use same::unescape;
pub use scan::{MAX_DEPTH, Scanner};
pub use shape::Shape;
pub use walk::Walk;
