//! Templates: the text of an object with its values left out.
//!
//! The elements of a list are alike: between their values stands the same text, keys and punctuation. Once one object
//! has been read in full, the next is compared with what stood between its values. Where that is the same, the object
//! is JSON, has the same members in the same order, and is written by the same [pieces](Piece).

use super::{Fold, Loss, pieces::Piece, read::Reading};
use crate::{
    json::{Known, MAX_DEPTH, Scanner},
    step::Losses,
};

/// How many templates are kept at a time. Objects that differ in which members they have need one each.
const KEPT: usize = 4;

/// The text of an object with its values left out, and how such an object is written.
#[derive(Debug)]
pub(super) struct Template {
    /// Of which of the plan's programs.
    program: usize,
    gaps: Vec<Gap>,
    /// What stands behind the last value.
    tail: Known,
    /// How many levels it nests, itself included.
    deep: u32,
    pub(super) pieces: Vec<Piece>,
    /// The text of the pieces that have one; [`super::pieces::PADDING`] bytes longer.
    pub(super) text: Vec<u8>,
    /// What objects of this template have lost, and how many of them.
    pub(super) lost: Vec<(Loss, u64)>,
}

/// What stands before a value.
#[derive(Debug)]
pub(super) struct Gap {
    text: Known,
    /// In how many arrays and objects the value stands, the template's own included.
    depth: u32,
    /// Only `null` may follow: what the value had inside would be named.
    null: bool,
}

/// The templates of the objects that were rewritten last.
#[derive(Debug, Default)]
pub(crate) struct Templates {
    /// The one that has fitted last comes first.
    kept: Vec<Template>,
    /// Where the values of the object end that is rewritten now: the end of the nth at n, counted from 1.
    ends: Vec<usize>,
}

impl Template {
    /// The template of an object that was read, without its pieces; `nulls` are the values that must be null.
    pub(super) fn new(program: usize, reading: &Reading<'_>, nulls: &[usize]) -> Self {
        let mut from = 0;
        let gap = |(index, value): (usize, &super::read::ValueSpan)| {
            let text = Known::new(&reading.text[from..value.span.start]);
            from = value.span.end;
            Gap { text, depth: value.depth, null: nulls.contains(&index) }
        };
        let gaps = reading.values.iter().enumerate().map(gap).collect();
        Template {
            program,
            gaps,
            tail: Known::new(&reading.text[from..]),
            deep: reading.deep,
            pieces: Vec::new(),
            text: Vec::new(),
            lost: Vec::new(),
        }
    }

    /// Whether `text` begins with an object like this; notes where its values end and returns its length.
    #[inline]
    fn fits(&self, text: &[u8], depth: u32, ends: &mut [usize]) -> Option<usize> {
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
}

impl Templates {
    /// Rewrites the object that `text` begins with as the fold says; returns its length. `None`, and nothing is
    /// written, where the object is not ordinary.
    pub(in crate::plan) fn rewrite(
        &mut self,
        (program, fold): (usize, &Fold),
        text: &[u8],
        depth: u32,
        out: &mut Vec<u8>,
        losses: &mut Losses,
    ) -> Option<usize> {
        for index in 0..self.kept.len() {
            let template = &mut self.kept[index];
            if template.program != program || depth + template.deep > MAX_DEPTH {
                continue;
            }
            if self.ends.len() <= template.gaps.len() {
                self.ends.resize(template.gaps.len() + 1, 0);
            }
            if let Some(length) = template.fits(text, depth, &mut self.ends) {
                template.write(text, length, &self.ends, out)?;
                self.kept[..=index].rotate_right(1);
                return Some(length);
            }
        }
        self.learn((program, fold), text, depth, out, losses)
    }

    /// Rewrites an object that is like none before.
    #[inline(never)]
    fn learn(
        &mut self,
        (program, fold): (usize, &Fold),
        text: &[u8],
        depth: u32,
        out: &mut Vec<u8>,
        losses: &mut Losses,
    ) -> Option<usize> {
        // Where objects differ, what differs may stand inside of members that nobody names: those are values then.
        let is_first = self.kept.iter().all(|template| template.program != program);
        let reading = Reading::new(&fold.level, text, depth, is_first)?;
        let mut template = fold.template(program, &reading)?;
        self.ends.clear();
        self.ends.extend([0].into_iter().chain(reading.values.iter().map(|value| value.span.end)));
        let length = reading.text.len();
        template.write(text, length, &self.ends, out)?;
        if self.kept.len() == KEPT {
            self.kept.pop().into_iter().for_each(|template| template.report(losses));
        }
        self.kept.insert(0, template);
        Some(length)
    }

    /// Adds what was lost. Nothing is kept.
    pub(in crate::plan) fn report(&mut self, losses: &mut Losses) {
        self.kept.drain(..).for_each(|template| template.report(losses));
    }
}

impl Template {
    fn report(self, losses: &mut Losses) {
        let counted = self.lost.into_iter().filter(|(_, count)| *count > 0);
        counted.for_each(|((kind, field), count)| losses.report_times(kind, &field, count));
    }
}
