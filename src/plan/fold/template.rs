//! Templates: the text of an object with its values left out.
//!
//! The elements of a list are alike: between their values stands the same text, keys and punctuation. Once one object
//! has been read in full, the next is compared with what stood between its values. Where that is the same, the object
//! is JSON, has the same members in the same order, and is written by the same [pieces](Piece).

use super::{Loss, pieces::Piece, read::Reading};
use crate::json::{Known, MAX_DEPTH, Scanner};

/// The text of an object with its values left out, and how such an object is written.
#[derive(Debug)]
pub(super) struct Template {
    gaps: Vec<Gap>,
    /// What stands behind the last value.
    tail: Known,
    /// How many levels it nests, itself included.
    deep: u32,
    pub(super) pieces: Vec<Piece>,
    /// The text of the pieces that have one; [`super::pieces::PADDING`] bytes longer.
    pub(super) text: Vec<u8>,
    /// What objects of this template can lose.
    pub(super) losses: Vec<Loss>,
}

/// What stands before a value.
#[derive(Debug)]
struct Gap {
    text: Known,
    /// In how many arrays and objects the value stands, the template's own included.
    depth: u32,
    /// Only `null` may follow: what the value had inside would be named.
    null: bool,
}

impl Template {
    /// The template of an object that was read; `nulls` are the values that must be null.
    pub(super) fn new(
        reading: &Reading<'_>,
        nulls: &[usize],
        pieces: Vec<Piece>,
        text: Vec<u8>,
        losses: Vec<Loss>,
    ) -> Self {
        let mut from = 0;
        let gap = |(index, value): (usize, &super::read::ValueSpan)| {
            let text = Known::new(&reading.text[from..value.span.start]);
            from = value.span.end;
            Gap { text, depth: value.depth, null: nulls.contains(&index) }
        };
        let gaps = reading.values.iter().enumerate().map(gap).collect();
        let tail = Known::new(&reading.text[from..]);
        Template { gaps, tail, deep: reading.deep, pieces, text, losses }
    }

    /// Whether `text` begins with an object like this, `depth` levels deep: its length then, and `ends` says where its
    /// values end: the nth at n, counted from 1.
    #[inline]
    pub(super) fn fits(&self, text: &[u8], depth: u32, ends: &mut Vec<usize>) -> Option<usize> {
        if depth + self.deep > MAX_DEPTH {
            return None;
        }
        if ends.len() <= self.gaps.len() {
            ends.resize(self.gaps.len() + 1, 0);
        }
        let mut at = 0;
        let (_, ends) = ends.split_first_mut()?;
        for (gap, end) in self.gaps.iter().zip(ends) {
            let value = gap.text.end_at(text, at)?;
            at = Scanner::value_at(text, value, depth + gap.depth)?;
            if gap.null && text[value..at] != *b"null" {
                return None;
            }
            *end = at;
        }
        self.tail.end_at(text, at)
    }

    /// Bytes of the text between its values.
    pub(super) fn size(&self) -> usize {
        self.gaps.iter().map(|gap| gap.text.len()).sum::<usize>() + self.tail.len()
    }
}
