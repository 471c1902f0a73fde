//! Running programs on the objects of one document, and on the objects inside those.
//!
//! A program with one leg is a pass, which writes from the document's text to the output. Several legs are one fold where
//! they can be, for ordinary objects. Otherwise each but the last writes to a buffer that is used again for the next
//! object, and each byte of an object is read once by each leg.

use super::{
    fold::{NumberedFold, Templates},
    program::{Program, ProgramLeg},
};
use crate::{
    json::{Fault, Hop, Met, Paths, Scanner, rewrite_inside},
    step::Losses,
};

/// A buffer that has grown beyond this is given back when it is empty.
const KEPT: usize = 64 << 10;

/// The rewriter of the objects of one document. It adds up losses and remembers the objects that came before.
#[derive(Debug, Default)]
pub(crate) struct Rewriter {
    losses: Losses,
    templates: Templates,
    /// Empty buffers.
    spare: Vec<Vec<u8>>,
    /// The objects that were given to folds of several legs.
    whole: Tries,
}

/// The fortune of folds with the objects of one document.
#[derive(Debug, Default)]
struct Tries {
    tried: usize,
    /// The objects that were not ordinary, or had to be read in full.
    slow: usize,
}

impl Tries {
    /// Tells whether to go on: most objects are like one before, or few have come so far.
    fn are_worth_it(&self) -> bool {
        self.slow <= 16 + self.tried / 4
    }
}

/// The text that a leg runs on, and the nesting of its object in the document.
pub(super) struct LegText<'t> {
    pub(super) text: &'t [u8],
    pub(super) depth: u32,
    /// True if the text is the document's own.
    is_first: bool,
}

impl<'t> LegText<'t> {
    /// The document's own text, or what another leg has written instead.
    pub(super) fn new(own: &'t [u8], written: Option<&'t [u8]>, depth: u32) -> Self {
        LegText { text: written.unwrap_or(own), depth, is_first: written.is_none() }
    }

    /// Returns a result whose fault has a place in the document. In a text that nobody sent there is none.
    pub(super) fn fault<T>(&self, result: Result<T, Fault>) -> Result<T, Fault> {
        match self.is_first {
            true => result,
            false => result.map_err(|fault| Fault { offset: 0, ..fault }),
        }
    }
}

impl Rewriter {
    /// Rewrites the object that `text` begins with and that stands `depth` levels deep in its document, by a program
    /// of the document's plan; returns its length.
    ///
    /// # Errors
    /// It is not JSON, or repeats a key that a step names. What was written to `out` is then of no use.
    pub(crate) fn rewrite(
        &mut self,
        program: &Program,
        text: &[u8],
        depth: u32,
        out: &mut Vec<u8>,
    ) -> Result<usize, Fault> {
        match &program.legs[..] {
            [ProgramLeg::Own(pass)] => pass.rewrite(&mut self.templates, text, depth, out, &mut self.losses),
            _ => self.rewrite_all(program, text, depth, out),
        }
    }

    /// Rewrites an object and those inside it, and counts their losses if all of that is done: where a chunk ends within
    /// the object, it comes again.
    #[inline(never)]
    fn rewrite_all(
        &mut self,
        program: &Program,
        text: &[u8],
        depth: u32,
        out: &mut Vec<u8>,
    ) -> Result<usize, Fault> {
        if let Some(length) = self.whole(program, text, depth, out) {
            return Ok(length);
        }
        let before = std::mem::take(&mut self.losses);
        self.templates.defer();
        let rewritten = self.several_legs(program, text, depth, out);
        let lost = std::mem::replace(&mut self.losses, before);
        self.templates.decide(rewritten.is_ok());
        if rewritten.is_ok() && !lost.is_empty() {
            self.losses.extend(lost);
        }
        rewritten
    }

    /// Rewrites an object by the fold of all legs; `None`, and nothing is written, where there is none or the object is
    /// not ordinary.
    #[inline]
    fn whole(&mut self, program: &Program, text: &[u8], depth: u32, out: &mut Vec<u8>) -> Option<usize> {
        let NumberedFold { number, fold } = program.whole.as_ref()?;
        if !self.whole.are_worth_it() {
            return None;
        }
        let learned = self.templates.learned();
        let length = self.templates.rewrite((*number, fold), text, depth, out);
        self.whole.tried += 1;
        self.whole.slow += usize::from(length.is_none() || learned != self.templates.learned());
        length
    }

    /// Runs a program on an object that another one holds.
    fn legs(
        &mut self,
        program: &Program,
        text: &[u8],
        depth: u32,
        out: &mut Vec<u8>,
    ) -> Result<usize, Fault> {
        if let [ProgramLeg::Own(pass)] = &program.legs[..] {
            return pass.rewrite(&mut self.templates, text, depth, out, &mut self.losses);
        }
        match self.whole(program, text, depth, out) {
            Some(length) => Ok(length),
            None => self.several_legs(program, text, depth, out),
        }
    }

    /// Has each leg run on what the one before it wrote.
    fn several_legs(
        &mut self,
        program: &Program,
        text: &[u8],
        depth: u32,
        out: &mut Vec<u8>,
    ) -> Result<usize, Fault> {
        let rewritten = self.each_leg(program, text, depth, out);
        if rewritten.is_err() {
            // That it is no JSON counts first, and that it is cut short.
            Scanner::inside(text, depth).value()?;
        }
        rewritten
    }

    fn each_leg(
        &mut self,
        program: &Program,
        text: &[u8],
        depth: u32,
        out: &mut Vec<u8>,
    ) -> Result<usize, Fault> {
        let Some((last, others)) = program.legs.split_last() else { return Ok(0) };
        let (mut length, mut current) = (None, None);
        for leg in others {
            let own = LegText::new(text, current.as_deref(), depth);
            let mut next = self.spare.pop().unwrap_or_default();
            let read = own.fault(self.leg(program, leg, &own, &mut next))?;
            length = length.or(Some(read));
            self.reuse(current.replace(next));
        }
        let own = LegText::new(text, current.as_deref(), depth);
        let read = own.fault(self.leg(program, last, &own, out))?;
        self.reuse(current);
        Ok(length.unwrap_or(read))
    }

    fn reuse(&mut self, buffer: Option<Vec<u8>>) {
        if let Some(mut buffer) = buffer
            && buffer.capacity() <= KEPT
        {
            buffer.clear();
            self.spare.push(buffer);
        }
    }

    /// Runs one leg of a program; returns the length of the object that it has read.
    pub(super) fn leg(
        &mut self,
        program: &Program,
        leg: &ProgramLeg,
        own: &LegText<'_>,
        out: &mut Vec<u8>,
    ) -> Result<usize, Fault> {
        match leg {
            ProgramLeg::Own(pass) => {
                pass.rewrite(&mut self.templates, own.text, own.depth, out, &mut self.losses)
            }
            ProgramLeg::Inside(paths) => self.inside(program, paths, own, out),
        }
    }

    fn inside(
        &mut self,
        program: &Program,
        paths: &Paths<Program>,
        &LegText { text, depth, is_first }: &LegText<'_>,
        out: &mut Vec<u8>,
    ) -> Result<usize, Fault> {
        // What another leg has written is not too deep before its own objects are.
        let (outside, added) = if is_first { (depth, 0) } else { (0, depth) };
        rewrite_inside(text, outside, paths, out, |met, out| match met {
            Met::Object(held, text, depth) => self.legs(held, text, added + depth, out),
            Met::Misplaced(targets) => {
                for (path, held) in targets {
                    self.report_misplaced(program, &path, held);
                }
                Ok(0)
            }
        })
    }

    #[cold]
    fn report_misplaced(&mut self, program: &Program, path: &[Hop], held: &Program) {
        held.report_misplaced(&[&*program.path, path].concat(), 1, &mut self.losses);
    }

    /// Returns the number of objects that were read in full, since they were like none before.
    #[cfg(test)]
    pub(super) fn learned(&self) -> usize {
        self.templates.learned()
    }

    /// Returns the losses and resets them.
    pub(crate) fn losses(&mut self) -> Losses {
        self.templates.report(&mut self.losses);
        std::mem::take(&mut self.losses)
    }
}
