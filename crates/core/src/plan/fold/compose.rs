//! Making the template of an object that was read: its pieces, as the fold says.

use super::{
    Fate, Fill, Fold, Form, Group, Item, Leave, Level, Loss, Slot, Standing, Unless, Unwrap, Wrap,
    pieces::{EachPiece, PADDING, Piece, Place, Restored, UnwrapPiece, Value, WrapPiece},
    read::{Named, Reading},
    template::Template,
};
use std::ops::Range;

/// The most losses in one object. An object that could have more is translated step by step.
const MOST_LOSSES: usize = 64;

impl Fold {
    /// The template of the object that `text` begins with, the object's length, and where its values end; `None` where
    /// it is not ordinary.
    pub(super) fn learn(
        &self,
        text: &[u8],
        depth: u32,
        outlines: bool,
        ends: &mut Vec<usize>,
    ) -> Option<(Template, usize)> {
        let reading = Reading::new(&self.level, text, depth, outlines)?;
        let (pieces, text, losses) = (Vec::new(), Vec::new(), Vec::new());
        let mut composer = Composer { reading: &reading, pieces, text, losses, own: 0, objects: 1 };
        composer.object(&self.level, &reading.own, 0..reading.text.len())?;
        let Composer { pieces, mut text, losses, .. } = composer;
        let losses: Vec<Loss> = losses.into_iter().map(|(_, loss)| loss).collect();
        if losses.len() > MOST_LOSSES {
            return None;
        }
        text.resize(text.len() + PADDING, 0);
        ends.clear();
        ends.extend([0].into_iter().chain(reading.values.iter().map(|value| value.span.end)));
        let template = Template::new(&reading, pieces, text, losses);
        Some((template, reading.text.len()))
    }
}

struct Composer<'r, 't> {
    reading: &'r Reading<'t>,
    pieces: Vec<Piece>,
    text: Vec<u8>,
    /// The losses, each with the number of the object whose it is.
    losses: Vec<(usize, Loss)>,
    /// The number of the object that is written.
    own: usize,
    /// The number of objects with losses of their own so far.
    objects: usize,
}

impl Composer<'_, '_> {
    /// The object that is at `span` and has these named members.
    fn object(&mut self, level: &Level, named: &[Named], span: Range<usize>) -> Option<()> {
        self.leaves(level, named)?;
        self.put(b"{");
        let mut cursor = span.start + 1;
        let mut empty = true;
        for member in named {
            if member.at > cursor {
                self.comma(&mut empty);
                self.own(cursor..member.at - 1)?;
            }
            self.member(level, named, member, &mut empty)?;
            cursor = member.value.end + 1;
        }
        if cursor + 1 < span.end {
            self.comma(&mut empty);
            self.own(cursor..span.end - 1)?;
        }
        for Fill { slot, text, loss } in &level.fills {
            if slot.is_none_or(|slot| find(named, slot).is_none()) {
                self.comma(&mut empty);
                self.put(text);
                if let Some(loss) = loss {
                    let loss = self.loss(loss);
                    self.pieces.push(Piece::Lost(loss));
                }
            }
        }
        self.put(b"}");
        Some(())
    }

    fn comma(&mut self, empty: &mut bool) {
        if !std::mem::take(empty) {
            self.put(b",");
        }
    }

    fn member(&mut self, level: &Level, named: &[Named], member: &Named, empty: &mut bool) -> Option<()> {
        let own_key = member.at..member.value.start;
        match &level.fates[usize::from(member.slot)] {
            Fate::Stay { key, form } => {
                self.comma(empty);
                self.key(key.as_deref(), own_key)?;
                let value = self.value(member)?;
                match form {
                    Form::Same => self.own(member.value.clone())?,
                    form => self.pieces.push(Piece::Form(value, form.clone())),
                }
                Some(())
            }
            Fate::Leave(_) => Some(()),
            Fate::Untag(tag) => {
                let value = self.value(member)?;
                self.pieces.push(Piece::Tag(value, tag.clone()));
                Some(())
            }
            Fate::Join { group } => {
                let group = &level.groups[*group];
                let leader = group.slots().find(|slot| find(named, *slot).is_some());
                if leader != Some(member.slot) {
                    return Some(());
                }
                self.comma(empty);
                self.group(group, named)
            }
            Fate::Enter { key, level } => {
                self.comma(empty);
                self.key(key.as_deref(), own_key)?;
                match member.members {
                    Some(members) => self.enter(level, member, members),
                    None => self.own(member.value.clone()),
                }
            }
            Fate::Spread { level } => {
                // What is not hoisted would stay in the container; an empty one stays as it is.
                let inside = &member.inside;
                if member.members != Some(inside.len()) || inside.is_empty() {
                    return None;
                }
                self.leaves(level, inside)?;
                inside.iter().try_for_each(|inner| self.member(level, inside, inner, empty))
            }
            Fate::Wrap(wrap) => {
                self.comma(empty);
                self.key(wrap.key.as_deref(), own_key)?;
                self.wrap(wrap, member)
            }
            Fate::Unwrap(unwrap) => {
                self.comma(empty);
                self.key(unwrap.key.as_deref(), own_key)?;
                match member.members {
                    Some(members) => self.unwrap(unwrap, &member.inside, members),
                    None => self.own(member.value.clone()),
                }
            }
            Fate::Each { key, elements } => {
                self.comma(empty);
                self.key(key.as_deref(), own_key)?;
                let list = self.value(member)?;
                let depth = self.reading.values[list.start.value].depth;
                self.pieces.push(Piece::Each(Box::new(EachPiece {
                    list,
                    depth,
                    elements: elements.clone(),
                })));
                Some(())
            }
        }
    }

    /// Writes an object with this number of members.
    fn enter(&mut self, level: &Level, member: &Named, members: usize) -> Option<()> {
        let inside = &member.inside;
        if level.lacks_tag(inside) {
            return None;
        }
        let outer = self.own;
        if let Standing::Held { .. } = level.standing {
            self.own = self.objects;
            self.objects += 1;
        }
        self.object(level, inside, member.value.clone())?;
        self.own = outer;
        let emptied = members > 0 && level.leaves_nothing(inside, members);
        (!emptied || !level.prunes()).then_some(())
    }

    /// Writes a value as an object that has it as a member.
    fn wrap(&mut self, wrap: &Wrap, member: &Named) -> Option<()> {
        let (before, behind) = wrap.around();
        let losses = wrap.losses.iter().map(|loss| 1u64.checked_shl(self.loss(loss) as u32));
        let losses = losses.sum::<Option<u64>>()?;
        let (value, form) = (self.value(member)?, wrap.form.clone());
        self.pieces.push(Piece::Wrap(Box::new(WrapPiece { value, form, before, behind, losses })));
        Some(())
    }

    /// Writes the kept value of an object with this number of members.
    fn unwrap(&mut self, unwrap: &Unwrap, named: &[Named], members: usize) -> Option<()> {
        let kept = find(named, unwrap.kept)?;
        let mut others = members - 1;
        for (slot, made, loss) in &unwrap.made {
            let Some(member) = find(named, *slot) else { continue };
            others -= 1;
            let (value, loss) = (self.value(member)?, self.loss(loss));
            self.pieces.push(Piece::LostUnlessMember(value, made.clone(), loss));
        }
        let (value, form, loss) = (self.value(kept)?, unwrap.form.clone(), self.loss(&unwrap.loss));
        let is_lost = others > 0;
        self.pieces.push(Piece::Unwrap(Box::new(UnwrapPiece { value, form, is_lost, loss })));
        Some(())
    }

    fn group(&mut self, group: &Group, named: &[Named]) -> Option<()> {
        self.put(&group.key);
        self.put(b"{");
        let mut empty = true;
        for item in &group.items {
            match item {
                Item::Moved { slot, key, form, .. } => {
                    let Some(member) = find(named, *slot) else { continue };
                    self.comma(&mut empty);
                    self.put(key);
                    let value = self.value(member)?;
                    self.pieces.push(Piece::Form(value, form.clone()));
                }
                Item::Added { anchor, form, key, value, loss, .. } => {
                    let Some(member) = find(named, *anchor) else { continue };
                    self.comma(&mut empty);
                    self.put(key);
                    let (beside, loss) = (self.value(member)?, self.loss(loss));
                    let (form, value) = (form.clone(), value.clone());
                    self.pieces.push(Piece::MadeUp { beside, form, value, loss });
                }
            }
        }
        self.put(b"}");
        Some(())
    }

    /// Notes what is lost with the members that go.
    fn leaves(&mut self, level: &Level, named: &[Named]) -> Option<()> {
        for (slot, fate) in level.fates.iter().enumerate() {
            let Fate::Leave(Leave { loss, unless, .. }) = fate else { continue };
            let Some(member) = find(named, slot as Slot) else { continue };
            let piece = match unless {
                Unless::Never => Piece::Lost(self.loss(loss)),
                Unless::Is(restore) => {
                    Piece::LostUnless(self.value(member)?, Restored::new(restore), self.loss(loss))
                }
                Unless::MadeUp { anchor, value: made } => match find(named, *anchor) {
                    Some(beside) => {
                        let (value, beside) = (self.value(member)?, self.value(beside)?);
                        let loss = self.loss(loss);
                        let made = made.as_ref().map(Restored::new);
                        Piece::LostUnlessMadeUp { value, beside, made, loss }
                    }
                    None => Piece::Lost(self.loss(loss)),
                },
            };
            self.pieces.push(piece);
        }
        Some(())
    }

    fn loss(&mut self, loss: &Loss) -> usize {
        let own = self.own;
        self.losses.iter().position(|(object, known)| *object == own && known == loss).unwrap_or_else(|| {
            self.losses.push((own, loss.clone()));
            self.losses.len() - 1
        })
    }

    /// The value of a member that was not entered.
    fn value(&self, member: &Named) -> Option<Value> {
        let index = self.reading.index_of(member)?;
        let start = self.reading.place(member.value.start)?;
        debug_assert_eq!(index, start.value, "a value's start stands behind the value before it");
        Some(Value { start })
    }

    fn key(&mut self, key: Option<&[u8]>, own: Range<usize>) -> Option<()> {
        match key {
            Some(key) => {
                self.put(key);
                Some(())
            }
            None => self.own(own),
        }
    }

    /// Writes a run of the object's own text.
    fn own(&mut self, run: Range<usize>) -> Option<()> {
        let (from, to) = (self.reading.place(run.start)?, self.reading.place(run.end)?);
        match self.pieces.last_mut() {
            Some(Piece::Own(_, last)) if *last == from => *last = to,
            Some(Piece::Text(text)) if self.reading.stands_before(&self.text[text.clone()], run.start) => {
                let length = text.len();
                let from = Place { behind: from.behind - length, ..from };
                self.text.truncate(text.start);
                self.pieces.pop();
                match self.pieces.last_mut() {
                    Some(Piece::Own(_, last)) if *last == from => *last = to,
                    _ => self.pieces.push(Piece::Own(from, to)),
                }
            }
            _ => self.pieces.push(Piece::Own(from, to)),
        }
        Some(())
    }

    /// Writes text.
    fn put(&mut self, text: &[u8]) {
        let start = self.text.len();
        self.text.extend_from_slice(text);
        match self.pieces.last_mut() {
            Some(Piece::Text(last)) => last.end = self.text.len(),
            _ => self.pieces.push(Piece::Text(start..self.text.len())),
        }
    }
}

impl Reading<'_> {
    /// Returns the index of the value of a member that was not entered.
    fn index_of(&self, member: &Named) -> Option<usize> {
        let index = self.values.partition_point(|value| value.span.start < member.value.start);
        self.values.get(index).filter(|value| value.span == member.value).map(|_| index)
    }

    /// A position between two values, or at the end of one.
    fn place(&self, at: usize) -> Option<Place> {
        let value = self.values.partition_point(|value| value.span.end <= at);
        let end = value.checked_sub(1).map_or(0, |last| self.values[last].span.end);
        let is_between = self.values.get(value).is_none_or(|next| at <= next.span.start);
        is_between.then_some(Place { value, behind: at - end })
    }

    /// Tells whether this text directly precedes a position of the object, with no value in it.
    fn stands_before(&self, text: &[u8], at: usize) -> bool {
        let is_between = self.place(at).is_some_and(|place| place.behind >= text.len());
        is_between && self.text[..at].ends_with(text)
    }
}

/// The member in a slot.
fn find(named: &[Named], slot: Slot) -> Option<&Named> {
    named.iter().find(|member| member.slot == slot)
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

    fn lacks_tag(&self, named: &[Named]) -> bool {
        let lacks = |(slot, fate): (usize, &Fate)| {
            matches!(fate, Fate::Untag(_)) && find(named, slot as Slot).is_none()
        };
        self.fates.iter().enumerate().any(lacks)
    }

    /// Tells whether an object with this many members, these among them, loses all of them.
    fn leaves_nothing(&self, named: &[Named], members: usize) -> bool {
        let goes =
            |member: &Named| matches!(self.fates[usize::from(member.slot)], Fate::Leave(_) | Fate::Untag(_));
        let fills = self.fills.iter().any(|fill| fill.slot.is_none_or(|slot| find(named, slot).is_none()));
        !fills && members == named.len() && named.iter().all(goes)
    }
}
