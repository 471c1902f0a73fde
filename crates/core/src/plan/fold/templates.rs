//! The templates that objects are compared with: those of their own document, and those that all documents begin with.

use super::{
    Fold, Loss, NumberedFold,
    pieces::EachPiece,
    template::{Rewritten, Template},
};
use crate::step::Losses;
use std::sync::{Arc, OnceLock};

/// The number of templates that a document keeps for a program. Objects with different sets of members need one each.
const KEPT: usize = 4;

/// A template with more text than this is its own document's only.
const COMMON_SIZE: usize = 8 << 10;

/// The number of common templates that read unnamed objects member by member. If objects differ further, they may
/// differ in those, which are values then.
const OUTLINED: usize = 2;

/// The templates of the first objects that a fold has met; never changed once they are there.
#[derive(Debug, Default)]
pub(super) struct Common([OnceLock<Arc<Template>>; KEPT]);

impl Common {
    fn iter(&self) -> impl Iterator<Item = &Arc<Template>> {
        self.0.iter().map_while(OnceLock::get)
    }

    /// Adds a template where there is room.
    fn offer(&self, template: &Arc<Template>) {
        if template.size() <= COMMON_SIZE {
            let _ =
                self.0.iter().find(|place| place.get().is_none()).map(|place| place.set(template.clone()));
        }
    }
}

/// The templates of one document's objects.
#[derive(Debug, Default)]
pub(crate) struct Templates {
    lists: Lists,
    /// The ends of the values of the current object.
    ends: Vec<usize>,
    /// Room for the ends of other objects, which have the current one in a list.
    spare: Vec<Vec<usize>>,
    /// The number of objects that were read in full.
    learned: usize,
    /// True if the losses of objects are not counted before [`decide`](Templates::decide).
    defers: bool,
    deferred: Vec<Deferred>,
    /// The losses of templates that are not kept any more.
    forgotten: Losses,
}

/// The templates of each program, by its number. Most documents need one.
#[derive(Debug, Default)]
struct Lists {
    first: Vec<Kept>,
    others: Vec<Vec<Kept>>,
}

#[derive(Debug)]
struct Kept {
    template: Arc<Template>,
    /// The number of objects with each of the template's losses.
    counts: Vec<u64>,
}

/// The losses of an object that may have to be rewritten again.
#[derive(Debug)]
struct Deferred {
    program: usize,
    template: Arc<Template>,
    lost: u64,
}

impl Lists {
    /// The templates of a program. The one that has fitted last comes first.
    #[inline(always)]
    fn of(&mut self, program: usize) -> &mut Vec<Kept> {
        match program.checked_sub(1) {
            None => &mut self.first,
            Some(other) => self.other(other),
        }
    }

    /// The templates of a program that is not the first. It is apart, to keep the loop over a flat list small.
    #[inline(never)]
    fn other(&mut self, number: usize) -> &mut Vec<Kept> {
        if self.others.len() <= number {
            self.others.resize_with(number + 1, Vec::new);
        }
        &mut self.others[number]
    }
}

/// Notes the losses of an object that may come again.
#[inline(never)]
fn defer(deferred: &mut Vec<Deferred>, program: usize, template: &Arc<Template>, lost: u64) {
    if lost != 0 {
        deferred.push(Deferred { program, template: template.clone(), lost });
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
    ) -> Option<usize> {
        let depth = depth + fold.deepens;
        let list = self.lists.of(program);
        for index in 0..list.len() {
            let kept = &mut list[index];
            match kept.template.rewrite(text, depth, &mut self.ends, out) {
                Rewritten::Done { length, lost } => {
                    match self.defers {
                        true => defer(&mut self.deferred, program, &kept.template, lost),
                        false => kept.count(lost),
                    }
                    if index > 0 {
                        list[..=index].rotate_right(1);
                    }
                    return Some(length);
                }
                Rewritten::Lists { length } => {
                    return self.write_lists(program, index, text, depth, out).map(|()| length);
                }
                Rewritten::Odd => return None,
                Rewritten::Unlike => {}
            }
        }
        self.meet((program, fold), text, depth, out)
    }

    /// Writes the object that fits one of its program's templates, and has lists whose elements are rewritten.
    #[inline(never)]
    fn write_lists(
        &mut self,
        program: usize,
        index: usize,
        text: &[u8],
        depth: u32,
        out: &mut Vec<u8>,
    ) -> Option<()> {
        let template = self.lists.of(program)[index].template.clone();
        let lost = self.write(&template, text, depth, out)?;
        match self.defers {
            true => defer(&mut self.deferred, program, &template, lost),
            false => self.lists.of(program)[index].count(lost),
        }
        self.lists.of(program)[..=index].rotate_right(1);
        Some(())
    }

    /// Writes an object that fits a template and whose values end at the current ends; what it loses, a bit each. What
    /// the elements of its lists lose counts if all of them are written.
    fn write(&mut self, template: &Template, text: &[u8], depth: u32, out: &mut Vec<u8>) -> Option<u64> {
        if !template.has_lists {
            return template.write(text, &self.ends, out, &mut |_, _, _| None);
        }
        let ends = std::mem::replace(&mut self.ends, self.spare.pop().unwrap_or_default());
        let (defers, noted) = (std::mem::replace(&mut self.defers, true), self.deferred.len());
        let lost = template
            .write(text, &ends, out, &mut |each, list, out| self.each(each, &text[list.start..], depth, out));
        self.spare.push(std::mem::replace(&mut self.ends, ends));
        self.defers = defers;
        if lost.is_none() {
            self.deferred.truncate(noted);
        } else if !defers {
            self.decide(true);
        }
        lost
    }

    /// Rewrites the elements of the list that `text` begins with, of an object that is `depth` levels deep.
    fn each(&mut self, each: &EachPiece, text: &[u8], depth: u32, out: &mut Vec<u8>) -> Option<()> {
        let EachPiece { depth: inside, elements: NumberedFold { number, fold }, .. } = each;
        if text.starts_with(b"null") {
            out.extend_from_slice(b"null");
            return Some(());
        }
        if !text.starts_with(b"[") {
            return None;
        }
        out.push(b'[');
        let mut at = 1;
        if text.get(1) == Some(&b']') {
            out.push(b']');
            return Some(());
        }
        loop {
            at += self.rewrite((*number, fold), text.get(at..)?, depth + inside + 1, out)?;
            let behind = *text.get(at)?;
            out.push(behind);
            at += 1;
            match behind {
                b',' => {}
                b']' => return Some(()),
                _ => return None,
            }
        }
    }

    /// Rewrites an object that is like none before in this document.
    #[inline(never)]
    fn meet(
        &mut self,
        (program, fold): (usize, &Fold),
        text: &[u8],
        depth: u32,
        out: &mut Vec<u8>,
    ) -> Option<usize> {
        let list = self.lists.of(program);
        for template in fold.common.iter() {
            if list.iter().any(|kept| Arc::ptr_eq(&kept.template, template)) {
                continue;
            }
            match template.rewrite(text, depth, &mut self.ends, out) {
                Rewritten::Done { length, lost } => {
                    self.keep(program, template.clone(), lost);
                    return Some(length);
                }
                Rewritten::Lists { length } => {
                    let lost = self.write(template, text, depth, out)?;
                    self.keep(program, template.clone(), lost);
                    return Some(length);
                }
                Rewritten::Odd => return None,
                Rewritten::Unlike => {}
            }
        }
        let outlines = list.is_empty() && fold.common.iter().count() < OUTLINED;
        let (template, length) = fold.learn(text, depth, outlines, &mut self.ends)?;
        self.learned += 1;
        let template = Arc::new(template);
        let lost = self.write(&template, text, depth, out)?;
        fold.common.offer(&template);
        self.keep(program, template, lost);
        Some(length)
    }

    fn keep(&mut self, program: usize, template: Arc<Template>, lost: u64) {
        let list = self.lists.of(program);
        if list.len() == KEPT {
            list.pop().into_iter().for_each(|kept| kept.report(&mut self.forgotten));
        }
        let mut kept = Kept::new(template);
        match self.defers {
            true => defer(&mut self.deferred, program, &kept.template, lost),
            false => kept.count(lost),
        }
        list.insert(0, kept);
    }

    /// Returns the number of objects that were read in full, since they were like none before.
    pub(in crate::plan) fn learned(&self) -> usize {
        self.learned
    }

    /// Counts no losses until they are decided on.
    pub(in crate::plan) fn defer(&mut self) {
        self.defers = true;
    }

    /// Counts what was lost since they were deferred, or forgets it.
    pub(in crate::plan) fn decide(&mut self, counts: bool) {
        self.defers = false;
        for Deferred { program, template, lost } in self.deferred.drain(..) {
            if !counts {
                continue;
            }
            let list = self.lists.of(program);
            match list.iter_mut().find(|kept| Arc::ptr_eq(&kept.template, &template)) {
                Some(kept) => kept.count(lost),
                None => {
                    let mut kept = Kept::new(template);
                    kept.count(lost);
                    kept.report(&mut self.forgotten);
                }
            }
        }
    }

    /// Adds what was lost. Nothing is kept.
    pub(in crate::plan) fn report(&mut self, losses: &mut Losses) {
        losses.extend(std::mem::take(&mut self.forgotten));
        let Lists { first, others } = &mut self.lists;
        first.drain(..).chain(others.drain(..).flatten()).for_each(|kept| kept.report(losses));
    }
}

impl Kept {
    fn new(template: Arc<Template>) -> Self {
        Kept { counts: vec![0; template.losses.len()], template }
    }

    /// Counts an object's losses, a bit each.
    #[inline(always)]
    fn count(&mut self, mut lost: u64) {
        while lost != 0 {
            self.counts[lost.trailing_zeros() as usize] += 1;
            lost &= lost - 1;
        }
    }

    fn report(self, losses: &mut Losses) {
        let counted = self.template.losses.iter().zip(self.counts).filter(|(_, count)| *count > 0);
        for (Loss { kind, field, cause }, count) in counted {
            losses.report_times(*kind, field, cause.as_ref(), count);
        }
    }
}
