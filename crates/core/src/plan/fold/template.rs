//! Templates: the text of an object with its values left out.
//!
//! The elements of a list are alike: the text between their values, keys and punctuation, is the same. Once one object
//! has been read in full, the next one is compared with the text between the values. If that is equal, the object is
//! valid JSON with the same members in the same order, and the same [pieces](Piece) write it.

use super::{
    Loss,
    pieces::Piece,
    read::{Reading, ValueSpan},
};
use crate::json::{
    Known, MAX_DEPTH, Scanner,
    simd::{self, Act, Lanes},
};

/// The text of an object with its values left out, and how such an object is written.
#[derive(Debug)]
pub(super) struct Template {
    gaps: Vec<Gap>,
    /// The text after the last value.
    tail: Known,
    /// The nesting of the template, its own level included.
    deep: u32,
    pub(super) pieces: Vec<Piece>,
    /// The text of the pieces that have one; [`super::pieces::PADDING`] bytes longer.
    pub(super) text: Vec<u8>,
    /// The losses that objects of this template can have.
    pub(super) losses: Vec<Loss>,
    /// True if it has lists whose elements are rewritten.
    pub(super) has_lists: bool,
}

/// The text before a value.
#[derive(Debug)]
struct Gap {
    text: Known,
    /// The same with the quote behind it, where the value was a string.
    quoted: Option<Known>,
    /// True if the value must be a string.
    is_string: bool,
    /// The number of arrays and objects around the value, the template's own included.
    depth: u32,
}

/// The result of comparing an object with a template.
pub(super) enum Rewritten {
    /// The object fits and was written. Each bit stands for a loss.
    Done { length: usize, lost: u64 },
    /// The object fits, and has lists whose elements are to be rewritten. Nothing was written.
    Lists { length: usize },
    /// The object fits, but a value is not ordinary. Nothing was written.
    Odd,
    /// The object does not fit.
    Unlike,
}

impl Template {
    /// The template of an object that was read.
    pub(super) fn new(reading: &Reading<'_>, pieces: Vec<Piece>, text: Vec<u8>, losses: Vec<Loss>) -> Self {
        let mut from = 0;
        let gap = |value: &ValueSpan| {
            let start = value.span.start;
            let text = Known::new(&reading.text[from..start]);
            let is_string = reading.text[start] == b'"';
            let quoted = is_string.then(|| Known::new(&reading.text[from..=start]));
            from = value.span.end;
            Gap { text, quoted, is_string: value.is_string, depth: value.depth }
        };
        let gaps = reading.values.iter().map(gap).collect();
        let tail = Known::new(&reading.text[from..]);
        let has_lists = pieces.iter().any(|piece| matches!(piece, Piece::Each(_)));
        Template { gaps, tail, deep: reading.deep, pieces, text, losses, has_lists }
    }

    /// Rewrites the object that `text` begins with, `depth` levels deep, where it is like this. `ends` is room for where
    /// its values end.
    #[inline]
    pub(super) fn rewrite(
        &self,
        text: &[u8],
        depth: u32,
        ends: &mut Vec<usize>,
        out: &mut Vec<u8>,
    ) -> Rewritten {
        if depth + self.deep > MAX_DEPTH {
            return Rewritten::Unlike;
        }
        if ends.len() <= self.gaps.len() {
            ends.resize(self.gaps.len() + 1, 0);
        }
        simd::best(Rewrite { template: self, text, depth, ends, out })
    }

    /// Tells whether `text` begins with an object like this. If so, it returns the length and stores the end of the nth
    /// value in `ends[n]`, from 1.
    #[inline(always)]
    fn fits(&self, lanes: impl Lanes, text: &[u8], depth: u32, ends: &mut [usize]) -> Option<usize> {
        let mut rest = text;
        let (_, ends) = ends.split_first_mut()?;
        for (gap, end) in self.gaps.iter().zip(ends) {
            let short = match &gap.quoted {
                Some(quoted) => quoted.behind_string(lanes, rest),
                None => None,
            };
            rest = match short {
                Some(rest) => rest,
                None => gap.behind_value(lanes, rest, depth)?,
            };
            *end = text.len() - rest.len();
        }
        self.tail.behind(lanes, rest).map(|rest| text.len() - rest.len())
    }

    /// Bytes of the text between its values.
    pub(super) fn size(&self) -> usize {
        self.gaps.iter().map(|gap| gap.text.len()).sum::<usize>() + self.tail.len()
    }
}

impl Gap {
    /// Returns the text after the gap and the value behind it.
    #[inline(always)]
    fn behind_value<'t>(&self, lanes: impl Lanes, text: &'t [u8], depth: u32) -> Option<&'t [u8]> {
        let value = self.text.behind(lanes, text)?;
        if self.is_string && value.first() != Some(&b'"') {
            return None;
        }
        behind_value(lanes, value, depth + self.depth)
    }
}

/// Returns the text after the value that `text` begins with.
#[inline(never)]
fn behind_value(lanes: impl Lanes, text: &[u8], depth: u32) -> Option<&[u8]> {
    Scanner::value_at(lanes, text, 0, depth).map(|end| &text[end..])
}

/// An object that is compared with a template and rewritten.
struct Rewrite<'r> {
    template: &'r Template,
    text: &'r [u8],
    depth: u32,
    ends: &'r mut [usize],
    out: &'r mut Vec<u8>,
}

impl Act for Rewrite<'_> {
    type Output = Rewritten;

    #[inline(always)]
    fn by(self, lanes: impl Lanes) -> Rewritten {
        let Rewrite { template, text, depth, ends, out } = self;
        let Some(length) = template.fits(lanes, text, depth, ends) else { return Rewritten::Unlike };
        if template.has_lists {
            return Rewritten::Lists { length };
        }
        let lost = template.write(text, ends, out, &mut |_, _, _| None);
        lost.map_or(Rewritten::Odd, |lost| Rewritten::Done { length, lost })
    }
}
