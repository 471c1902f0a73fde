//! Reading an object to make a template of it: which of its members are named, and where its values stand.

use super::{Fate, Level, Slot, keys::Found};
use crate::json::{MAX_DEPTH, Scanner, simd::Portable};
use std::ops::Range;

/// Objects that no step names are read as long as they are nested no deeper than this; below, they are values.
const OUTLINED: u32 = 4;

/// The level of an object that no step names: it names nothing.
static NOBODY: Level = Level::NONE;

/// The members of an object as they were read. Positions are bytes from its start.
pub(super) struct Reading<'t> {
    pub(super) text: &'t [u8],
    /// The named members, in their order.
    pub(super) own: Vec<Named>,
    /// The named members of the members that were entered; those of one follow each other.
    pub(super) inner: Vec<Named>,
    /// Every value whose members were not read, in order.
    pub(super) values: Vec<ValueSpan>,
    /// The nesting of the object, its own level included.
    pub(super) deep: u32,
    /// True if objects that no step names are read member by member, too.
    outlines: bool,
    depth: u32,
}

/// A named member, as the object has it.
#[derive(Debug, Clone)]
pub(super) struct Named {
    pub(super) slot: Slot,
    /// The start of the key.
    pub(super) at: usize,
    pub(super) value: Range<usize>,
    /// The range of its own named members, if it was entered.
    pub(super) inside: Range<usize>,
    /// The number of all its members, if it was entered.
    pub(super) members: Option<usize>,
}

/// The position of a value.
pub(super) struct ValueSpan {
    pub(super) span: Range<usize>,
    /// The number of arrays and objects around the value, including the object that is read.
    pub(super) depth: u32,
}

/// The list that named members are added to.
#[derive(Clone, Copy, PartialEq)]
enum List {
    Own,
    Inner,
}

impl<'t> Reading<'t> {
    /// Reads the object that `text` begins with and that stands `depth` levels deep; `None` if it is not ordinary.
    pub(super) fn new(level: &Level, text: &'t [u8], depth: u32, outlines: bool) -> Option<Self> {
        let (own, inner, values) = (Vec::new(), Vec::new(), Vec::new());
        let mut reading = Reading { text, own, inner, values, deep: 0, outlines, depth };
        let (_, end) = reading.members(level, 0, 0, List::Own)?;
        reading.text = &text[..end];
        Some(reading)
    }

    /// Reads the members of the object at `at`; how many there are, named or not, and where the object ends.
    fn members(&mut self, level: &Level, at: usize, outside: u32, list: List) -> Option<(usize, usize)> {
        let depth = outside + 1;
        if self.depth + depth > MAX_DEPTH {
            return None;
        }
        self.deep = self.deep.max(depth);
        let mut at = at + 1;
        if self.text.get(at) == Some(&b'}') {
            return Some((0, at + 1));
        }
        let (mut seen, mut count) = (0u64, 0);
        loop {
            let key = Scanner::key_at(self.text, at)?;
            let value = key + 1;
            let (Some(b':'), Some(first)) = (self.text.get(key), self.text.get(value)) else { return None };
            if *first <= b' ' {
                return None;
            }
            let is_object = *first == b'{';
            let end = match level.keys.find(&self.text[at + 1..key - 1]) {
                Found::Alien => return None,
                Found::Unnamed if is_object => self.outline(value, depth)?,
                Found::Unnamed => self.value(value, depth)?,
                Found::Slot(slot) => {
                    if seen & (1 << slot) != 0 {
                        return None;
                    }
                    seen |= 1 << slot;
                    let first = self.inner.len();
                    let (members, end) = match &level.fates[usize::from(slot)] {
                        Fate::Enter { level, .. } | Fate::Spread { level } if is_object => {
                            if list == List::Inner {
                                return None;
                            }
                            let (members, end) = self.members(level, value, depth, List::Inner)?;
                            (Some(members), end)
                        }
                        // What it would have inside is named, so in an object that is alike it is null, too.
                        Fate::Enter { .. } | Fate::Spread { .. } => {
                            let is_null = self.text[value..].starts_with(b"null");
                            (None, is_null.then_some(value + 4)?)
                        }
                        _ => (None, self.value(value, depth)?),
                    };
                    let inside = first..self.inner.len();
                    let named = Named { slot, at, value: value..end, inside, members };
                    match list {
                        List::Own => self.own.push(named),
                        List::Inner => self.inner.push(named),
                    }
                    end
                }
            };
            count += 1;
            at = end + 1;
            match self.text.get(end) {
                Some(b',') => {}
                Some(b'}') => return Some((count, at)),
                _ => return None,
            }
        }
    }

    /// Reads an object that no step names: member by member where it has some and they are written as the object's own
    /// are, else as a value.
    fn outline(&mut self, at: usize, depth: u32) -> Option<usize> {
        if self.outlines && depth < OUTLINED && self.text.get(at + 1) != Some(&b'}') {
            let (values, deep) = (self.values.len(), self.deep);
            if let Some((_, end)) = self.members(&NOBODY, at, depth, List::Inner) {
                return Some(end);
            }
            self.values.truncate(values);
            self.deep = deep;
        }
        self.value(at, depth)
    }

    fn value(&mut self, at: usize, depth: u32) -> Option<usize> {
        let end = Scanner::value_at(Portable, self.text, at, self.depth + depth)?;
        self.values.push(ValueSpan { span: at..end, depth });
        Some(end)
    }
}
