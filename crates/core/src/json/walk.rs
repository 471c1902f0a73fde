//! The walk: one pass over a document in chunks, objects rewritten where paths lead, all else passed on.

use super::{
    Fault, FaultKind, Hop, Output, Paths, Scanner, path::NodeId, same::unescape, scan::Levels, state::State,
};
use std::borrow::Cow;

/// A buffer that has grown beyond this is given back when it is empty.
const KEPT: usize = 64 << 10;

/// A walk over one document, which comes in any number of chunks.
///
/// Every chunk is validated as far as it goes. Text that no path leads to leaves with its chunk, byte for byte. A
/// matched object that is whole in its chunk is rewritten in place; one that a chunk cuts is gathered first. Each byte
/// is examined once, or twice in a chunk that cuts an object, and at most `limit` bytes of the document are kept.
/// Output and verdict do not depend on where the chunks end.
///
/// Paths and `edit` must be the same in every call; they are passed, not kept, so that a walk borrows nothing. `edit`
/// gets the target, the text that begins with the object, and the nesting of that object. It writes the new text and
/// returns the length of the old one. If the text ends too early, it returns a fault of kind [`FaultKind::Truncated`].
/// A target that is not an object stays unchanged, and is [reported](Walk::misplaced) unless it is null.
#[derive(Debug)]
pub struct Walk {
    state: State,
    levels: Levels,
    /// The arrays and objects that are open on a path, outermost first. A value that no path leads into is above them.
    path: Vec<NodeId>,
    /// The place that the last key leads to.
    named: Option<NodeId>,
    /// The place of the matched object that is being gathered.
    gathering: Option<NodeId>,
    /// The offset of that object in the document.
    start: usize,
    /// The bytes of that object, or of a key on a path, from earlier chunks.
    gathered: Vec<u8>,
    /// The places that hold a value which no path can enter, with their number.
    misplaced: Vec<(NodeId, u64)>,
    /// Bytes of the document before the next chunk.
    position: usize,
    limit: usize,
}

/// A chunk on its way through a walk.
struct Chunk<'c, 'o, T, E> {
    text: &'c [u8],
    scanner: Scanner<'c>,
    /// The end of the text that has been put out.
    passed: usize,
    paths: &'c Paths<T>,
    edit: E,
    out: &'o mut Output,
}

impl Walk {
    /// A walk that takes matched objects, and keys on a path, up to `limit` bytes.
    pub fn new(limit: usize) -> Self {
        Walk {
            state: State::Value,
            levels: Levels::default(),
            path: Vec::new(),
            named: None,
            gathering: None,
            start: 0,
            gathered: Vec::new(),
            misplaced: Vec::new(),
            position: 0,
            limit,
        }
    }

    /// Rewrites a whole document: a walk of one chunk and without a limit.
    ///
    /// # Errors
    /// The errors are those of [`feed`](Walk::feed) and of [`finish`](Walk::finish).
    pub fn whole<T>(
        document: &[u8],
        paths: &Paths<T>,
        mut edit: impl FnMut(&T, &[u8], u32, &mut Vec<u8>) -> Result<usize, Fault>,
    ) -> Result<Vec<u8>, Fault> {
        let (mut walk, mut out) = (Walk::new(usize::MAX), Output::default());
        walk.feed(document, paths, &mut edit, &mut out)?;
        walk.finish(paths, edit)?;
        Ok(out.into_text())
    }

    /// Walks the next chunk of the document.
    ///
    /// # Errors
    /// The document is not JSON, an object or a key is over the limit, or `edit` says that an object does not fit. The
    /// first fault of the document counts. There is nothing to go on with then.
    pub fn feed<T>(
        &mut self,
        chunk: &[u8],
        paths: &Paths<T>,
        edit: impl FnMut(&T, &[u8], u32, &mut Vec<u8>) -> Result<usize, Fault>,
        out: &mut Output,
    ) -> Result<(), Fault> {
        out.expect(chunk.len());
        let scanner = Scanner::resume(chunk, self.position, self.levels);
        let mut chunk = Chunk { text: chunk, scanner, passed: 0, paths, edit, out };
        while self.step(&mut chunk)? {}
        if self.gathering.is_none() {
            chunk.pass(chunk.text.len());
        }
        self.position += chunk.text.len();
        self.levels = chunk.scanner.levels();
        Ok(())
    }

    /// Ends the document.
    ///
    /// # Errors
    /// It is cut short, or what has come of an object does not fit.
    pub fn finish<T>(
        &self,
        paths: &Paths<T>,
        edit: impl FnMut(&T, &[u8], u32, &mut Vec<u8>) -> Result<usize, Fault>,
    ) -> Result<(), Fault> {
        let truncated = Fault { offset: self.position, kind: FaultKind::Truncated };
        match self.gathering {
            Some(place) => Err(self.first_fault(place, paths, edit, truncated)),
            None if self.levels.depth == 0 && self.state.may_end() => Ok(()),
            None => Err(truncated),
        }
    }

    /// Returns the targets that cannot be where they are looked for, so far: a list, or a scalar that is not null, in
    /// place of an object, or an object in place of a list. Each has its path and its number.
    pub fn misplaced<'p, T>(&self, paths: &'p Paths<T>) -> impl Iterator<Item = (Vec<Hop>, &'p T, u64)> {
        self.misplaced
            .iter()
            .flat_map(|(place, count)| paths.below(*place).map(|(path, target)| (path, target, *count)))
    }

    /// Tells whether every target found so far can be where it is looked for.
    pub fn all_in_place(&self) -> bool {
        self.misplaced.is_empty()
    }

    /// Returns the number of bytes of the document that are kept.
    pub fn kept(&self) -> usize {
        self.gathered.len()
    }

    /// Goes on in the chunk; `false` if it is used up.
    fn step<T, E>(&mut self, chunk: &mut Chunk<'_, '_, T, E>) -> Result<bool, Fault>
    where
        E: FnMut(&T, &[u8], u32, &mut Vec<u8>) -> Result<usize, Fault>,
    {
        if let Some(place) = self.gathering {
            return self.gather(place, chunk);
        }
        let floor = self.path.len() as u32;
        if chunk.scanner.depth() > floor {
            return self.state.run(&mut chunk.scanner, floor);
        }
        match self.state {
            State::Value => self.value(chunk),
            State::Key(_) => self.key(chunk),
            _ => {
                let advanced = self.state.advance(&mut chunk.scanner)?;
                self.path.truncate(chunk.scanner.depth() as usize);
                Ok(advanced)
            }
        }
    }

    /// Returns the place of the next value, if it is on a path.
    fn place<T, E>(&self, chunk: &Chunk<'_, '_, T, E>) -> Option<NodeId> {
        match self.path.last() {
            None => Some(Paths::<T>::ROOT),
            Some(_) if chunk.scanner.is_in_object() => self.named,
            Some(array) => chunk.paths.elements(*array),
        }
    }

    fn value<T, E>(&mut self, chunk: &mut Chunk<'_, '_, T, E>) -> Result<bool, Fault>
    where
        E: FnMut(&T, &[u8], u32, &mut Vec<u8>) -> Result<usize, Fault>,
    {
        chunk.scanner.space();
        if let Some(place) = self.place(chunk) {
            match chunk.scanner.peek() {
                b'{' if chunk.paths.target_at(place).is_some() => return self.object(place, chunk),
                b'{' if chunk.paths.has_members(place) => self.path.push(place),
                b'[' if chunk.paths.elements(place).is_some() => self.path.push(place),
                first if !chunk.paths.fits(place, first) && !chunk.paths.is_nothing(chunk.scanner.rest()) => {
                    self.note_misplaced(place);
                }
                _ => {}
            }
        }
        self.state.advance(&mut chunk.scanner)
    }

    #[cold]
    fn note_misplaced(&mut self, place: NodeId) {
        match self.misplaced.iter_mut().find(|(known, _)| *known == place) {
            Some((_, count)) => *count += 1,
            None => self.misplaced.push((place, 1)),
        }
    }

    /// Rewrites the matched object that begins here and those that follow it in its array, or begins to gather one.
    fn object<T, E>(&mut self, place: NodeId, chunk: &mut Chunk<'_, '_, T, E>) -> Result<bool, Fault>
    where
        E: FnMut(&T, &[u8], u32, &mut Vec<u8>) -> Result<usize, Fault>,
    {
        let is_element = !self.path.is_empty() && !chunk.scanner.is_in_object();
        loop {
            let start = chunk.scanner.position();
            chunk.pass(start);
            let text = chunk.scanner.narrowed(self.limit).rest();
            match chunk.edit(place, text) {
                Ok(length) => {
                    chunk.scanner.skip(length);
                    chunk.passed = start + length;
                }
                Err(Fault { kind: FaultKind::Truncated, .. }) => {
                    (self.gathering, self.start) = (Some(place), chunk.scanner.offset());
                    return self.gather(place, chunk);
                }
                Err(fault) => return Err(fault.behind(chunk.scanner.offset())),
            }
            if !is_element || !chunk.scanner.rest().starts_with(b",{") {
                self.state = State::behind(&chunk.scanner);
                return Ok(true);
            }
            chunk.scanner.skip(1);
        }
    }

    /// Reads on in the matched object that is gathered, and rewrites it where it ends.
    fn gather<T, E>(&mut self, place: NodeId, chunk: &mut Chunk<'_, '_, T, E>) -> Result<bool, Fault>
    where
        E: FnMut(&T, &[u8], u32, &mut Vec<u8>) -> Result<usize, Fault>,
    {
        let room = self.limit - self.gathered.len();
        let mut scanner = chunk.scanner.narrowed(room);
        let text = scanner.rest();
        let ended = match self.state.run(&mut scanner, self.path.len() as u32) {
            Ok(ended) => ended,
            Err(fault) => {
                self.keep(text);
                return Err(self.first_fault(place, chunk.paths, &mut chunk.edit, fault));
            }
        };
        self.keep(&text[..text.len() - scanner.rest().len()]);
        chunk.scanner.follow(&scanner);
        chunk.passed = chunk.scanner.position();
        if !ended && self.gathered.len() == self.limit {
            let fault = self.too_large(chunk.scanner.offset());
            return Err(self.first_fault(place, chunk.paths, &mut chunk.edit, fault));
        }
        if !ended {
            return Ok(false);
        }
        let object = std::mem::take(&mut self.gathered);
        chunk.edit(place, &object).map_err(|fault| fault.behind(self.start))?;
        self.gathering = None;
        self.reuse(object);
        Ok(true)
    }

    /// Reads a key on a path, and where it leads.
    fn key<T, E>(&mut self, chunk: &mut Chunk<'_, '_, T, E>) -> Result<bool, Fault> {
        // The closing quote is no part of the name.
        let room = (self.limit - self.gathered.len()).saturating_add(1);
        let mut scanner = chunk.scanner.narrowed(room);
        let text = scanner.rest();
        let ended = self.state.advance(&mut scanner)?;
        let text = &text[..text.len() - scanner.rest().len()];
        chunk.scanner.follow(&scanner);
        if !ended {
            if text.len() == room {
                return Err(self.too_large(chunk.scanner.offset()));
            }
            self.keep(text);
            return Ok(false);
        }
        let text = &text[..text.len() - 1];
        let mut kept = std::mem::take(&mut self.gathered);
        let key = match kept.is_empty() {
            true => text,
            false => {
                kept.extend_from_slice(text);
                &kept
            }
        };
        let object = self.path.last();
        self.named = object.and_then(|object| chunk.paths.member(*object, &plain(key)));
        self.reuse(kept);
        Ok(true)
    }

    /// Keeps text of an object or a key, in a buffer that is never larger than the limit.
    fn keep(&mut self, text: &[u8]) {
        let length = self.gathered.len() + text.len();
        if length > self.gathered.capacity() {
            let room = length.max(self.gathered.capacity().saturating_mul(2)).min(self.limit.max(length));
            self.gathered.reserve_exact(room - self.gathered.len());
        }
        self.gathered.extend_from_slice(text);
    }

    fn reuse(&mut self, mut buffer: Vec<u8>) {
        if buffer.capacity() <= KEPT {
            buffer.clear();
            self.gathered = buffer;
        }
    }

    #[cold]
    fn too_large(&self, offset: usize) -> Fault {
        Fault { offset, kind: FaultKind::TooLarge { limit: self.limit } }
    }

    /// The first fault in the object that is gathered: what `edit` finds may precede `fault`.
    #[cold]
    fn first_fault<T>(
        &self,
        place: NodeId,
        paths: &Paths<T>,
        mut edit: impl FnMut(&T, &[u8], u32, &mut Vec<u8>) -> Result<usize, Fault>,
        fault: Fault,
    ) -> Fault {
        let target = paths.target_at(place);
        let found =
            target.map(|target| edit(target, &self.gathered, self.path.len() as u32, &mut Vec::new()));
        match found {
            Some(Err(found @ Fault { kind: FaultKind::Repeated(_), .. })) => found.behind(self.start),
            _ => fault,
        }
    }
}

impl<T, E> Chunk<'_, '_, T, E> {
    /// Puts out what was not put out up to `end`.
    fn pass(&mut self, end: usize) {
        self.out.pass(&self.text[self.passed..end]);
        self.passed = end;
    }
}

impl<T, E> Chunk<'_, '_, T, E>
where
    E: FnMut(&T, &[u8], u32, &mut Vec<u8>) -> Result<usize, Fault>,
{
    fn edit(&mut self, place: NodeId, text: &[u8]) -> Result<usize, Fault> {
        let Some(target) = self.paths.target_at(place) else { return Ok(0) };
        let out = self.out.text();
        let before = out.len();
        let edited = (self.edit)(target, text, self.scanner.depth(), out);
        if edited.is_err() {
            out.truncate(before);
        }
        edited
    }
}

/// A key without its escapes; as it is where one of them stands for no character.
pub(super) fn plain(key: &[u8]) -> Cow<'_, [u8]> {
    let unescaped = match key.contains(&b'\\') {
        true => unescape(&[b"\"", key, b"\""].concat()),
        false => None,
    };
    unescaped.map_or(Cow::Borrowed(key), |text| Cow::Owned(text.into_bytes()))
}

#[cfg(test)]
mod tests;
