//! One pass over an object that is whole in memory: the objects inside it that paths lead to, and all else copied.

use super::{Fault, Hop, Paths, Scanner, path::NodeId, walk::plain};

/// A value at the end of a path, or on one.
pub(crate) enum Met<'m, T> {
    /// An object to be rewritten: its target, the text that begins with it, and its nesting in the text that is walked.
    Object(&'m T, &'m [u8], u32),
    /// A value in a place where none of these targets can be.
    Misplaced(Vec<(Vec<Hop>, &'m T)>),
}

/// Copies the object that `text` begins with to `out`, but for the objects inside it that paths lead to: `edit` writes
/// those, and returns the length of the old text. Returns the length of the object.
///
/// It does what a [`Walk`](super::Walk) does, for an object that no chunk cuts.
///
/// # Errors
/// It is not JSON, or is cut short, or `edit` says that an object does not fit.
pub(crate) fn rewrite_inside<T>(
    text: &[u8],
    depth: u32,
    paths: &Paths<T>,
    out: &mut Vec<u8>,
    edit: impl FnMut(Met<'_, T>, &mut Vec<u8>) -> Result<usize, Fault>,
) -> Result<usize, Fault> {
    let scanner = Scanner::inside(text, depth);
    let mut inside = Inside { text, scanner, copied: 0, paths, out, edit };
    inside.value(Paths::<T>::ROOT)?;
    let end = inside.scanner.position();
    inside.copy(end);
    Ok(end)
}

/// An object on its way.
struct Inside<'i, T, E> {
    text: &'i [u8],
    scanner: Scanner<'i>,
    /// The end of the text that has been copied.
    copied: usize,
    paths: &'i Paths<T>,
    out: &'i mut Vec<u8>,
    edit: E,
}

impl<T, E> Inside<'_, T, E>
where
    E: FnMut(Met<'_, T>, &mut Vec<u8>) -> Result<usize, Fault>,
{
    /// Copies what was not copied up to `end`.
    fn copy(&mut self, end: usize) {
        self.out.extend_from_slice(&self.text[self.copied..end]);
        self.copied = end;
    }

    fn value(&mut self, place: NodeId) -> Result<(), Fault> {
        let first = self.scanner.peek();
        let (target, elements) = (self.paths.target_at(place), self.paths.elements(place));
        match (first, target, elements) {
            (b'{', Some(target), _) => self.object(target),
            (b'{', None, _) if self.paths.has_members(place) => self.members(place),
            (b'[', _, Some(elements)) => self.elements(elements),
            _ => {
                if !self.paths.fits(place, first) && !self.paths.is_nothing(self.scanner.rest()) {
                    self.misplaced(place)?;
                }
                self.scanner.value().map(drop)
            }
        }
    }

    fn object(&mut self, target: &T) -> Result<(), Fault> {
        let start = self.scanner.position();
        self.copy(start);
        let met = Met::Object(target, &self.text[start..], self.scanner.depth());
        let length = (self.edit)(met, self.out).map_err(|fault| fault.behind(start))?;
        self.scanner.skip(length);
        self.copied = start + length;
        Ok(())
    }

    #[cold]
    fn misplaced(&mut self, place: NodeId) -> Result<(), Fault> {
        let targets = self.paths.below(place).collect();
        (self.edit)(Met::Misplaced(targets), self.out).map(drop)
    }

    fn members(&mut self, place: NodeId) -> Result<(), Fault> {
        self.scanner.open()?;
        self.scanner.space();
        if self.scanner.close_empty() {
            return Ok(());
        }
        loop {
            let key = self.scanner.key()?;
            let member = self.paths.member(place, &plain(&key[1..key.len() - 1]));
            self.scanner.colon()?;
            match member {
                Some(member) => self.value(member)?,
                None => drop(self.scanner.value()?),
            }
            self.scanner.space();
            if !self.scanner.more()? {
                return Ok(());
            }
            self.scanner.space();
        }
    }

    fn elements(&mut self, place: NodeId) -> Result<(), Fault> {
        self.scanner.open()?;
        self.scanner.space();
        if self.scanner.close_empty() {
            return Ok(());
        }
        loop {
            self.value(place)?;
            self.scanner.space();
            if !self.scanner.more()? {
                return Ok(());
            }
            self.scanner.space();
        }
    }
}
