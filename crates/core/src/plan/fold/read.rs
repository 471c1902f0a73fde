//! Reading an object to make a template of it: which of its members are named, and where its values stand.

use super::{Fate, Level, Slot, Standing, keys::Found};
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
    /// Its own named members, if it was entered.
    pub(super) inside: Vec<Named>,
    /// The number of all its members, if it was entered.
    pub(super) members: Option<usize>,
}

/// The position of a value.
pub(super) struct ValueSpan {
    pub(super) span: Range<usize>,
    /// The number of arrays and objects around the value, including the object that is read.
    pub(super) depth: u32,
    /// True if an object that is alike has a string here.
    pub(super) is_string: bool,
}

/// The members of an object.
struct Members {
    named: Vec<Named>,
    /// The number of all of them, named or not.
    count: usize,
    /// The position behind the object.
    end: usize,
}

impl<'t> Reading<'t> {
    /// Reads the object that `text` begins with and that stands `depth` levels deep; `None` if it is not ordinary.
    pub(super) fn new(level: &Level, text: &'t [u8], depth: u32, outlines: bool) -> Option<Self> {
        let (own, values) = (Vec::new(), Vec::new());
        let mut reading = Reading { text, own, values, deep: 0, outlines, depth };
        let members = reading.members(level, 0, 0)?;
        reading.own = members.named;
        reading.text = &text[..members.end];
        Some(reading)
    }

    /// Reads the members of the object at `at`.
    fn members(&mut self, level: &Level, at: usize, outside: u32) -> Option<Members> {
        let depth = outside + 1;
        if self.depth + depth > MAX_DEPTH {
            return None;
        }
        self.deep = self.deep.max(depth);
        let mut at = at + 1;
        if self.text.get(at) == Some(&b'}') {
            return Some(Members { named: Vec::new(), count: 0, end: at + 1 });
        }
        let (mut named, mut seen, mut count) = (Vec::new(), 0u64, 0);
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
                    let (inside, members, end) = self.named(&level.fates[usize::from(slot)], value, depth)?;
                    named.push(Named { slot, at, value: value..end, inside, members });
                    end
                }
            };
            count += 1;
            at = end + 1;
            match self.text.get(end) {
                Some(b',') => {}
                Some(b'}') => return Some(Members { named, count, end: at }),
                _ => return None,
            }
        }
    }

    /// Reads the value of a named member: its own named members and the number of all, if it is entered, and its end.
    fn named(&mut self, fate: &Fate, at: usize, depth: u32) -> Option<(Vec<Named>, Option<usize>, usize)> {
        let level = match fate {
            Fate::Enter { level, .. } | Fate::Spread { level } => level,
            Fate::Unwrap(unwrap) => &unwrap.level,
            _ => return Some((Vec::new(), None, self.value(at, depth)?)),
        };
        if self.text.get(at) == Some(&b'{') {
            let Members { named, count, end } = self.members(level, at, depth)?;
            return Some((named, Some(count), end));
        }
        if self.text[at..].starts_with(b"null") {
            // What it would have inside is named, so in an object that is alike it is null, too.
            return Some((Vec::new(), None, at + 4));
        }
        let may_be_string = level.standing == Standing::Held { may_be_string: true };
        if !may_be_string || self.text[at] != b'"' {
            return None;
        }
        let end = self.value(at, depth)?;
        self.values.last_mut()?.is_string = true;
        Some((Vec::new(), None, end))
    }

    /// Reads an object that no step names: member by member where it has some and they are written as the object's own
    /// are, else as a value.
    fn outline(&mut self, at: usize, depth: u32) -> Option<usize> {
        if self.outlines && depth < OUTLINED && self.text.get(at + 1) != Some(&b'}') {
            let (values, deep) = (self.values.len(), self.deep);
            if let Some(Members { end, .. }) = self.members(&NOBODY, at, depth) {
                return Some(end);
            }
            self.values.truncate(values);
            self.deep = deep;
        }
        self.value(at, depth)
    }

    fn value(&mut self, at: usize, depth: u32) -> Option<usize> {
        let end = Scanner::value_at(Portable, self.text, at, self.depth + depth)?;
        self.values.push(ValueSpan { span: at..end, depth, is_string: false });
        Some(end)
    }
}
