//! Pieces: what an object is written from, in order.

use super::{Form, NumberedFold, template::Template, value::is_money};
use crate::{json::same, step::is_member_made};
use std::{ops::Range, sync::Arc};

/// Runs up to this length are copied as a block of it, and what is too much is cut off: that is cheaper than a call.
pub(super) const PADDING: usize = 32;

/// A place in any object of a template: so many bytes behind the end of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    /// Values are counted from 1; 0 is the object's start.
    pub(super) value: usize,
    pub(super) behind: usize,
}

/// A value of any object of a template: what stands between a place and the end of the value behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Value {
    pub(super) start: Place,
}

/// A piece of an object in the other version, or something to note while it is written.
///
/// It has a tag of its own: one that is kept in an unused value of a [`Form`] takes more instructions to read, once for each
/// piece of each object.
#[derive(Debug)]
#[repr(u8)]
pub(super) enum Piece {
    /// The object's own text.
    Own(Place, Place),
    /// Text of the template.
    Text(Range<usize>),
    /// A value in a form.
    Form(Value, Form),
    /// A value that must have this text; it is not written.
    Tag(Value, Arc<[u8]>),
    /// A value that is made up beside another: null or the other in a form where that is null or nothing is given.
    MadeUp { beside: Value, form: Form, value: Option<Arc<[u8]>>, loss: usize },
    /// A loss, whatever the values.
    Lost(usize),
    /// A value that goes is a loss unless it is this.
    LostUnless(Value, Restored, usize),
    /// A value that goes is a loss unless it is what would be made up again beside another.
    LostUnlessMadeUp { value: Value, beside: Value, made: Option<Restored>, loss: usize },
    /// A value that goes with its object is a loss unless it is this member, as the way back makes it.
    LostUnlessMember(Value, Arc<[u8]>, usize),
    /// A value that is put into an object.
    Wrap(Box<WrapPiece>),
    /// A value that takes the place of its object.
    Unwrap(Box<UnwrapPiece>),
    /// A list whose elements are rewritten.
    Each(Box<EachPiece>),
}

/// A value that is put into an object, unless it is null. An object is not ordinary.
#[derive(Debug)]
pub(super) struct WrapPiece {
    pub(super) value: Value,
    pub(super) form: Form,
    pub(super) before: Vec<u8>,
    pub(super) behind: Vec<u8>,
    /// A bit for each loss.
    pub(super) losses: u64,
}

/// A value that takes the place of its object. An object is not ordinary.
#[derive(Debug)]
pub(super) struct UnwrapPiece {
    pub(super) value: Value,
    pub(super) form: Form,
    /// True if the object has other members than those that the way back makes.
    pub(super) is_lost: bool,
    pub(super) loss: usize,
}

impl WrapPiece {
    /// Writes the object; what it loses, a bit each.
    #[inline(never)]
    fn write(&self, text: &[u8], span: Range<usize>, out: &mut Vec<u8>) -> Option<u64> {
        match text[span.start] {
            b'{' => None,
            b'n' => {
                copy(text, span, out);
                Some(0)
            }
            _ => {
                out.extend_from_slice(&self.before);
                self.form.write(text, span, out)?;
                out.extend_from_slice(&self.behind);
                Some(self.losses)
            }
        }
    }
}

impl UnwrapPiece {
    /// Writes the value; what it loses, as a bit.
    #[inline(never)]
    fn write(&self, text: &[u8], span: Range<usize>, out: &mut Vec<u8>) -> Option<u64> {
        let first = text[span.start];
        if first == b'{' {
            return None;
        }
        self.form.write(text, span, out)?;
        // The way back makes no object of null.
        Some(u64::from(self.is_lost || first == b'n') << self.loss)
    }
}

/// A list of objects that have a fold of their own.
#[derive(Debug)]
pub(super) struct EachPiece {
    pub(super) list: Value,
    /// The number of arrays and objects around the list, including the object that is read.
    pub(super) depth: u32,
    pub(super) elements: NumberedFold,
}

/// The value that a removed member would be restored with.
#[derive(Debug)]
pub(super) struct Restored {
    text: Arc<[u8]>,
    is_money: bool,
}

impl Restored {
    pub(super) fn new(text: &Arc<[u8]>) -> Self {
        // Something follows a value.
        let behind = [&**text, b","].concat();
        Restored { text: text.clone(), is_money: is_money(&behind, 0..text.len()) }
    }
}

/// Writes the list between two places of an object, whose elements are rewritten.
type WriteList<'w> = &'w mut dyn FnMut(&EachPiece, Range<usize>, &mut Vec<u8>) -> Option<()>;

/// An object that fits a template.
struct Fitting<'t> {
    text: &'t [u8],
    ends: &'t [usize],
}

impl<'t> Fitting<'t> {
    #[inline(always)]
    fn at(&self, place: Place) -> usize {
        self.ends[place.value] + place.behind
    }

    #[inline(always)]
    fn span(&self, Value { start }: Value) -> Range<usize> {
        self.at(start)..self.ends[start.value + 1]
    }

    #[inline(always)]
    fn value(&self, value: Value) -> &'t [u8] {
        &self.text[self.span(value)]
    }

    #[inline(always)]
    fn is_money(&self, value: Value) -> bool {
        is_money(self.text, self.span(value))
    }

    /// Tells whether a value is equal to the restored one. Money in its canonical form must be equal byte for byte.
    #[inline(always)]
    fn is(&self, value: Value, restored: &Restored) -> bool {
        let own = self.value(value);
        *own == *restored.text || (!(restored.is_money && self.is_money(value)) && same(own, &restored.text))
    }

    #[inline(always)]
    fn are_same(&self, one: Value, other: Value) -> bool {
        let (own, others) = (self.value(one), self.value(other));
        own == others || (!(self.is_money(one) && self.is_money(other)) && same(own, others))
    }
}

impl Template {
    /// Writes an object that fits; what it loses, a bit each. `None`, and nothing is written, where a value is not
    /// ordinary. `each` writes the lists whose elements are rewritten.
    ///
    /// It is a function of its own, so that the compiler takes its loop for often run, and copies short runs in place.
    #[inline(never)]
    pub(super) fn write(
        &self,
        text: &[u8],
        ends: &[usize],
        out: &mut Vec<u8>,
        each: WriteList<'_>,
    ) -> Option<u64> {
        let start = out.len();
        let mut lost = 0u64;
        let written = self.put(&Fitting { text, ends }, out, &mut lost, each);
        if written.is_none() {
            out.truncate(start);
        }
        written.map(|()| lost)
    }

    /// Writes the pieces; `lost` gets a bit for each loss.
    #[inline(always)]
    fn put(
        &self,
        fitting: &Fitting<'_>,
        out: &mut Vec<u8>,
        lost: &mut u64,
        each: WriteList<'_>,
    ) -> Option<()> {
        for piece in &self.pieces {
            match piece {
                Piece::Own(from, to) => copy(fitting.text, fitting.at(*from)..fitting.at(*to), out),
                Piece::Text(range) => copy(&self.text, range.clone(), out),
                Piece::Form(value, form) => form.write(fitting.text, fitting.span(*value), out)?,
                Piece::Tag(value, tag) => {
                    if *fitting.value(*value) != **tag {
                        return None;
                    }
                }
                Piece::MadeUp { beside, form, value, loss } => {
                    let is_null = fitting.value(*beside) == b"null";
                    match value {
                        Some(value) if !is_null => out.extend_from_slice(value),
                        _ => form.write(fitting.text, fitting.span(*beside), out)?,
                    }
                    let is_loss = !is_null && value.as_deref() != Some(b"null");
                    *lost |= u64::from(is_loss) << loss;
                }
                Piece::Lost(loss) => *lost |= 1 << loss,
                Piece::LostUnless(value, restored, loss) => {
                    *lost |= u64::from(!fitting.is(*value, restored)) << loss;
                }
                Piece::LostUnlessMadeUp { value, beside, made, loss } => {
                    let is_same = match made {
                        Some(made) if fitting.value(*beside) != b"null" => fitting.is(*value, made),
                        _ => fitting.are_same(*value, *beside),
                    };
                    *lost |= u64::from(!is_same) << loss;
                }
                Piece::LostUnlessMember(value, made, loss) => {
                    let own = fitting.value(*value);
                    *lost |= u64::from(*own != **made && !is_member_made(own, made)) << loss;
                }
                Piece::Wrap(wrap) => *lost |= wrap.write(fitting.text, fitting.span(wrap.value), out)?,
                Piece::Unwrap(unwrap) => {
                    *lost |= unwrap.write(fitting.text, fitting.span(unwrap.value), out)?
                }
                Piece::Each(list) => each(list, fitting.span(list.list), out)?,
            }
        }
        Some(())
    }
}

/// Copies a run of a text.
#[inline(always)]
pub(super) fn copy(text: &[u8], run: Range<usize>, out: &mut Vec<u8>) {
    let length = run.len();
    match text.get(run.start..).and_then(<[u8]>::first_chunk::<PADDING>) {
        Some(block) if length <= PADDING => {
            let end = out.len() + length;
            out.extend_from_slice(block);
            out.truncate(end);
        }
        _ => out.extend_from_slice(&text[run]),
    }
}
