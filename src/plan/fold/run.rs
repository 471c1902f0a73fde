//! Running a fold on the text of an object.

use super::{
    Fate, Fill, Fold, Group, Item, Leave, Level, Loss, Slot, Unless, keys::Found, value::both_money,
};
use crate::{
    json::{MAX_DEPTH, Scanner, same},
    step::Losses,
};

/// More named members than this in one object are not ordinary.
const MOST: usize = 32;

/// A named member, as the object has it.
#[derive(Clone, Copy, Default)]
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

/// What was read of an object: its named members in their order.
struct Reading<'t> {
    text: &'t [u8],
    named: [Named; MOST],
    count: usize,
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
        let mut reading = Reading { text, named: [Named::default(); MOST], count: 0 };
        let mut scanner = Scanner::inside(text, depth);
        let (top, length) = reading.object(&self.level, &mut scanner, 0)?;
        let mut lost = Lost::default();
        let mut write = Write { fold: self, reading: &reading, out, lost: &mut lost };
        if write.object(&self.level, top, 0, length).is_none() {
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
    /// Reads the object at `at`, with its named members; they, and where it ends.
    fn object(&mut self, level: &Level, scanner: &mut Scanner<'t>, at: usize) -> Option<(Named, usize)> {
        let depth = scanner.depth() + 1;
        if depth > MAX_DEPTH {
            return None;
        }
        let mut seen = 0u64;
        let mut own = [Named::default(); MOST];
        let (mut count, mut members) = (0, 0u8);
        let mut at = at + 1;
        if self.text.get(at) == Some(&b'}') {
            return Some((Named { first: self.count as u8, ..Named::default() }, at + 1));
        }
        loop {
            let key = scanner.key_at(at)?;
            let name = &self.text[at + 1..key - 1];
            if self.text.get(key) != Some(&b':') {
                return None;
            }
            let value = key + 1;
            let found = level.keys.find(name);
            let mut named = Named { at: at as u32, value: value as u32, ..Named::default() };
            scanner.set_depth(depth);
            let end = match found {
                Found::Unnamed => scanner.value_at(value)?,
                Found::Alien => return None,
                Found::Slot(slot) => {
                    if seen & (1 << slot) != 0 {
                        return None;
                    }
                    seen |= 1 << slot;
                    named.slot = slot;
                    match (&level.fates[usize::from(slot)], self.text.get(value)) {
                        (Fate::Enter { level, .. } | Fate::Spread { level }, Some(b'{')) => {
                            let (inner, end) = self.object(level, scanner, value)?;
                            (named.first, named.count, named.members) =
                                (inner.first, inner.count, inner.members);
                            end
                        }
                        _ => scanner.value_at(value)?,
                    }
                }
            };
            if let Found::Slot(_) = found {
                named.end = end as u32;
                *own.get_mut(count)? = named;
                count += 1;
            }
            members = members.saturating_add(1);
            at = end + 1;
            match self.text.get(end) {
                Some(b',') => {}
                Some(b'}') => break,
                _ => return None,
            }
        }
        let first = self.count;
        self.named.get_mut(first..first + count)?.copy_from_slice(&own[..count]);
        self.count += count;
        Some((Named { first: first as u8, count: count as u8, members, ..Named::default() }, at))
    }

    /// The members that belong to this one, by slot.
    fn slots(&self, of: Named) -> Slots<'_, 't> {
        let named = &self.named[usize::from(of.first)..usize::from(of.first) + usize::from(of.count)];
        let mut by_slot = [u8::MAX; MOST];
        named.iter().enumerate().for_each(|(index, member)| by_slot[usize::from(member.slot)] = index as u8);
        Slots { text: self.text, named, by_slot }
    }
}

impl<'t> Slots<'_, 't> {
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
    /// Writes the object from `start` up to `end`, whose named members belong to `of`.
    fn object(&mut self, level: &'f Level, of: Named, start: usize, end: usize) -> Option<()> {
        let slots = self.reading.slots(of);
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
                if value[0] != b'{' || level.lacks_tag(&self.reading.slots(member)) {
                    return None;
                }
                let before = self.out.len();
                self.object(level, member, member.value as usize, member.end as usize)?;
                let emptied = member.members > 0 && self.out.len() == before + 2;
                (!emptied || !level.prunes()).then_some(())
            }
            Fate::Spread { level } => {
                // What is not hoisted would stay in the container; an empty one stays as it is.
                if value[0] != b'{' || member.count != member.members || member.members == 0 {
                    return None;
                }
                let slots = self.reading.slots(member);
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
