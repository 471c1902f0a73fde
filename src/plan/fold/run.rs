//! Running a fold on the text of an object.

use super::{
    Fate, Fill, Fold, Group, Item, Leave, Level, Loss, Slot, Unless, keys::Found, value::both_money,
};
use crate::{
    json::{MAX_DEPTH, Scanner, same},
    step::Losses,
};

/// More named members than this in one object, or inside of its members, are not ordinary.
const MOST: usize = 32;

/// A named member, as the object has it.
#[derive(Clone, Copy)]
struct Named {
    slot: Slot,
    /// Where its key begins.
    at: u32,
    /// Where its value begins.
    value: u32,
    /// Behind its value.
    end: u32,
    /// Its own named members, where it was entered: they follow each other in the list.
    first: u8,
    count: u8,
    /// How many members it has in all.
    members: u8,
}

impl Named {
    const NONE: Named = Named { slot: 0, at: 0, value: 0, end: 0, first: 0, count: 0, members: 0 };
}

/// What was read of an object: its named members in their order, and those inside of them.
struct Reading<'t> {
    text: &'t [u8],
    own: List,
    inner: List,
}

/// Named members.
struct List {
    named: [Named; MOST],
    count: usize,
}

impl List {
    fn new() -> Self {
        List { named: [Named::NONE; MOST], count: 0 }
    }
}

/// The named members of one level, by slot.
struct Slots<'r, 't> {
    text: &'t [u8],
    named: &'r [Named],
    by_slot: [u8; MOST],
}

impl Fold {
    /// Rewrites the object that `text` begins with; returns its length. `None`, and nothing is written or reported,
    /// where the object is not ordinary.
    pub(crate) fn rewrite(
        &self,
        text: &[u8],
        depth: u32,
        out: &mut Vec<u8>,
        losses: &mut Losses,
    ) -> Option<usize> {
        let start = out.len();
        let mut reading = Reading { text, own: List::new(), inner: List::new() };
        let mut scanner = Scanner::inside(text, depth);
        let length = reading.object(&self.level, &mut scanner)?;
        let mut lost = Lost::default();
        let mut write = Write { fold: self, reading: &reading, out, lost: &mut lost };
        if write.object(&self.level, &reading.own.named[..reading.own.count], 0, length).is_none() {
            out.truncate(start);
            return None;
        }
        lost.losses[..lost.count].iter().flatten().for_each(|(kind, field)| losses.report(*kind, field));
        Some(length)
    }
}

/// The losses of one object, until it is known that they count.
#[derive(Default)]
struct Lost<'f> {
    losses: [Option<&'f Loss>; 16],
    count: usize,
}

impl<'f> Lost<'f> {
    fn push(&mut self, loss: &'f Loss) -> Option<()> {
        *self.losses.get_mut(self.count)? = Some(loss);
        self.count += 1;
        Some(())
    }
}

impl<'t> Reading<'t> {
    /// Reads the object that the text begins with; returns its length.
    fn object(&mut self, level: &Level, scanner: &mut Scanner<'t>) -> Option<usize> {
        let (text, inner) = (self.text, &mut self.inner);
        let (_, end) = members(text, level, scanner, 0, &mut self.own, |level, scanner, named| {
            let first = inner.count;
            let (members, end) = members(text, level, scanner, named.value as usize, inner, |_, _, _| None)?;
            (named.first, named.count, named.members) = (first as u8, (inner.count - first) as u8, members);
            Some(end)
        })?;
        Some(end)
    }

    /// The members inside of this one, by slot.
    fn inside(&self, of: Named) -> Slots<'_, 't> {
        let first = usize::from(of.first);
        Slots::new(self.text, &self.inner.named[first..first + usize::from(of.count)])
    }
}

/// Reads the members of the object at `at` into the list; how many there are, named or not, and where the object ends.
/// `enter` reads the object that a member with a level of its own has for a value.
#[inline(always)]
fn members<'t>(
    text: &'t [u8],
    level: &Level,
    scanner: &mut Scanner<'t>,
    at: usize,
    list: &mut List,
    mut enter: impl FnMut(&Level, &mut Scanner<'t>, &mut Named) -> Option<usize>,
) -> Option<(u8, usize)> {
    let depth = scanner.depth() + 1;
    if depth > MAX_DEPTH {
        return None;
    }
    let mut at = at + 1;
    if text.get(at) == Some(&b'}') {
        return Some((0, at + 1));
    }
    let (mut seen, mut count) = (0u64, 0u8);
    loop {
        let key = scanner.key_at(at)?;
        let value = key + 1;
        let (Some(b':'), Some(first)) = (text.get(key), text.get(value)) else { return None };
        if *first <= b' ' {
            return None;
        }
        let found = level.keys.find(&text[at + 1..key - 1]);
        scanner.set_depth(depth);
        let end = match found {
            Found::Unnamed if *first == b'"' => scanner.string_at(value)?,
            Found::Unnamed => scanner.value_at(value)?,
            Found::Alien => return None,
            Found::Slot(slot) => {
                if seen & (1 << slot) != 0 {
                    return None;
                }
                seen |= 1 << slot;
                let mut named = Named { slot, at: at as u32, value: value as u32, ..Named::NONE };
                let end = match (&level.fates[usize::from(slot)], first) {
                    (_, b'"') => scanner.string_at(value)?,
                    (Fate::Enter { level, .. } | Fate::Spread { level }, b'{') => {
                        enter(level, scanner, &mut named)?
                    }
                    _ => scanner.value_at(value)?,
                };
                named.end = end as u32;
                *list.named.get_mut(list.count)? = named;
                list.count += 1;
                end
            }
        };
        count = count.checked_add(1)?;
        at = end + 1;
        match text.get(end) {
            Some(b',') => {}
            Some(b'}') => return Some((count, at)),
            _ => return None,
        }
    }
}

impl<'r, 't> Slots<'r, 't> {
    fn new(text: &'t [u8], named: &'r [Named]) -> Self {
        let mut by_slot = [u8::MAX; MOST];
        named.iter().enumerate().for_each(|(index, member)| by_slot[usize::from(member.slot)] = index as u8);
        Slots { text, named, by_slot }
    }

    /// The value in a slot.
    fn value(&self, slot: Slot) -> Option<&'t [u8]> {
        let member = self.named.get(usize::from(self.by_slot[usize::from(slot)]))?;
        Some(&self.text[member.value as usize..member.end as usize])
    }
}

struct Write<'f, 'r, 't, 'o, 'l> {
    fold: &'f Fold,
    reading: &'r Reading<'t>,
    out: &'o mut Vec<u8>,
    lost: &'l mut Lost<'f>,
}

impl<'f> Write<'f, '_, '_, '_, '_> {
    /// Writes the object from `start` up to `end`, which has these named members.
    fn object(&mut self, level: &'f Level, named: &[Named], start: usize, end: usize) -> Option<()> {
        let slots = Slots::new(self.reading.text, named);
        self.leaves(level, &slots)?;
        self.out.push(b'{');
        let mut cursor = start + 1;
        let mut empty = true;
        for member in slots.named {
            let at = member.at as usize;
            if at > cursor {
                self.comma(&mut empty);
                self.out.extend_from_slice(&self.reading.text[cursor..at - 1]);
            }
            self.member(level, &slots, *member, &mut empty)?;
            cursor = member.end as usize + 1;
        }
        if cursor + 1 < end {
            self.comma(&mut empty);
            self.out.extend_from_slice(&self.reading.text[cursor..end - 1]);
        }
        for Fill { slot, text, loss } in &level.fills {
            if slot.is_none_or(|slot| slots.value(slot).is_none()) {
                self.comma(&mut empty);
                self.out.extend_from_slice(text);
                loss.as_ref().map_or(Some(()), |loss| self.lost.push(loss))?;
            }
        }
        self.out.push(b'}');
        Some(())
    }

    #[inline]
    fn comma(&mut self, empty: &mut bool) {
        if !std::mem::take(empty) {
            self.out.push(b',');
        }
    }

    fn member(
        &mut self,
        level: &'f Level,
        slots: &Slots<'_, '_>,
        member: Named,
        empty: &mut bool,
    ) -> Option<()> {
        let text = self.reading.text;
        let value = &text[member.value as usize..member.end as usize];
        let own_key = &text[member.at as usize..member.value as usize];
        match &level.fates[usize::from(member.slot)] {
            Fate::Stay { key, form } => {
                self.comma(empty);
                self.out.extend_from_slice(key.as_deref().unwrap_or(own_key));
                form.write(value, self.out)
            }
            Fate::Leave(_) => Some(()),
            Fate::Untag(tag) => (**tag == *value).then_some(()),
            Fate::Join { group } => {
                let group = &self.fold.groups[*group];
                let leader = group.slots().find(|slot| slots.value(*slot).is_some());
                if leader != Some(member.slot) {
                    return Some(());
                }
                self.comma(empty);
                self.group(group, slots)
            }
            Fate::Enter { key, level } => {
                self.comma(empty);
                self.out.extend_from_slice(key.as_deref().unwrap_or(own_key));
                if value == b"null" {
                    self.out.extend_from_slice(value);
                    return Some(());
                }
                let inside = self.reading.inside(member);
                if value[0] != b'{' || level.lacks_tag(&inside) {
                    return None;
                }
                let before = self.out.len();
                self.object(level, inside.named, member.value as usize, member.end as usize)?;
                let emptied = member.members > 0 && self.out.len() == before + 2;
                (!emptied || !level.prunes()).then_some(())
            }
            Fate::Spread { level } => {
                // What is not hoisted would stay in the container; an empty one stays as it is.
                if value[0] != b'{' || member.count != member.members || member.members == 0 {
                    return None;
                }
                let slots = self.reading.inside(member);
                self.leaves(level, &slots)?;
                slots.named.iter().try_for_each(|inner| self.member(level, &slots, *inner, empty))
            }
        }
    }

    fn group(&mut self, group: &'f Group, slots: &Slots<'_, '_>) -> Option<()> {
        self.out.extend_from_slice(&group.key);
        self.out.push(b'{');
        let mut empty = true;
        for item in &group.items {
            match item {
                Item::Moved { slot, key, form, .. } => {
                    let Some(value) = slots.value(*slot) else { continue };
                    self.comma(&mut empty);
                    self.out.extend_from_slice(key);
                    form.write(value, self.out)?;
                }
                Item::Added { anchor, form, key, value, loss, .. } => {
                    let Some(beside) = slots.value(*anchor) else { continue };
                    self.comma(&mut empty);
                    self.out.extend_from_slice(key);
                    match value {
                        Some(value) if beside != b"null" => self.out.extend_from_slice(value),
                        _ => form.write(beside, self.out)?,
                    }
                    if beside != b"null" && value.as_deref() != Some(b"null") {
                        self.lost.push(loss)?;
                    }
                }
            }
        }
        self.out.push(b'}');
        Some(())
    }

    /// Notes what is lost with the members that go, and with those that are not there to go.
    fn leaves(&mut self, level: &'f Level, slots: &Slots<'_, '_>) -> Option<()> {
        for (slot, fate) in level.fates.iter().enumerate() {
            let Fate::Leave(Leave { loss, unless, .. }) = fate else { continue };
            let value = slots.value(slot as Slot);
            let restored = match unless {
                Unless::Is(restore) => value.is_some_and(|value| is_same(value, restore)),
                Unless::MadeUp { anchor, value: made } => match (value, slots.value(*anchor)) {
                    (None, None) => true,
                    (Some(value), Some(beside)) => match made {
                        Some(made) if beside != b"null" => is_same(value, made),
                        _ => is_same(value, beside),
                    },
                    _ => false,
                },
            };
            if !restored {
                self.lost.push(loss)?;
            }
        }
        Some(())
    }
}

impl Group {
    fn slots(&self) -> impl Iterator<Item = Slot> + '_ {
        self.items.iter().filter_map(|item| match item {
            Item::Moved { slot, .. } => Some(*slot),
            Item::Added { .. } => None,
        })
    }
}

impl Level {
    fn prunes(&self) -> bool {
        self.fates.iter().any(|fate| matches!(fate, Fate::Leave(Leave { prunes: true, .. })))
    }

    fn lacks_tag(&self, slots: &Slots<'_, '_>) -> bool {
        let lacks = |(slot, fate): (usize, &Fate)| {
            matches!(fate, Fate::Untag(_)) && slots.value(slot as Slot).is_none()
        };
        self.fates.iter().enumerate().any(lacks)
    }
}

#[inline]
fn is_same(one: &[u8], other: &[u8]) -> bool {
    one == other || (!both_money(one, other) && same(one, other))
}
