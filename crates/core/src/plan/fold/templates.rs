//! The templates that objects are compared with: those of their own document, and those that all documents begin with.

use super::{
    Fold, Loss,
    template::{Rewritten, Template},
};
use crate::step::Losses;
use std::sync::{Arc, OnceLock};

/// The number of templates that a document keeps. Objects with different sets of members need one each.
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
    /// The one that has fitted last comes first.
    kept: Vec<Kept>,
    /// The ends of the values of the current object.
    ends: Vec<usize>,
}

#[derive(Debug)]
struct Kept {
    /// The program of the plan that the template belongs to.
    program: usize,
    template: Arc<Template>,
    /// The number of objects with each of the template's losses.
    counts: Vec<u64>,
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
            let kept = &mut self.kept[index];
            if kept.program != program {
                continue;
            }
            match kept.template.rewrite(text, depth, &mut self.ends, out) {
                Rewritten::Done { length, lost } => {
                    kept.count(lost);
                    if index > 0 {
                        self.kept[..=index].rotate_right(1);
                    }
                    return Some(length);
                }
                Rewritten::Odd => return None,
                Rewritten::Unlike => {}
            }
        }
        self.meet((program, fold), text, depth, out, losses)
    }

    /// Rewrites an object that is like none before in this document.
    #[inline(never)]
    fn meet(
        &mut self,
        (program, fold): (usize, &Fold),
        text: &[u8],
        depth: u32,
        out: &mut Vec<u8>,
        losses: &mut Losses,
    ) -> Option<usize> {
        for template in fold.common.iter() {
            if self.kept.iter().any(|kept| Arc::ptr_eq(&kept.template, template)) {
                continue;
            }
            match template.rewrite(text, depth, &mut self.ends, out) {
                Rewritten::Done { length, lost } => {
                    self.keep(program, template.clone(), lost, losses);
                    return Some(length);
                }
                Rewritten::Odd => return None,
                Rewritten::Unlike => {}
            }
        }
        let is_first = self.kept.iter().all(|kept| kept.program != program);
        let outlines = is_first && fold.common.iter().count() < OUTLINED;
        let (template, length) = fold.learn(text, depth, outlines, &mut self.ends)?;
        let template = Arc::new(template);
        let lost = template.write(text, &self.ends, out)?;
        fold.common.offer(&template);
        self.keep(program, template, lost, losses);
        Some(length)
    }

    fn keep(&mut self, program: usize, template: Arc<Template>, lost: u64, losses: &mut Losses) {
        if self.kept.len() == KEPT {
            self.kept.pop().into_iter().for_each(|kept| kept.report(losses));
        }
        let mut kept = Kept { program, counts: vec![0; template.losses.len()], template };
        kept.count(lost);
        self.kept.insert(0, kept);
    }

    /// Adds what was lost. Nothing is kept.
    pub(in crate::plan) fn report(&mut self, losses: &mut Losses) {
        self.kept.drain(..).for_each(|kept| kept.report(losses));
    }
}

impl Kept {
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
