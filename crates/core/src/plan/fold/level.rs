//! A level of the object while the steps are followed: which names are in it by now, and what they are.

use super::{
    Fate, Fill, Form, Item, Leave, Level, Slot,
    keys::{Found, Keys},
};
use crate::{
    json::{Name, Shape},
    step::Conversion,
};

/// The most slots on one level. An object that needs more is translated step by step.
const MOST: usize = 32;

/// The member with a name while the steps are followed.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Here {
    /// The member of this slot.
    Slot(Slot),
    /// The member of the second slot, hoisted out of the container in the first.
    Hoisted(Slot, Slot),
    Group(usize),
    /// A fill has added it, unless the member was there.
    Filled,
}

/// A level, and which names are in it by now.
#[derive(Default)]
pub(super) struct LevelDraft {
    pub(super) slots: Vec<SlotDraft>,
    pub(super) here: Vec<(Name, Here)>,
    pub(super) aliens: Vec<Name>,
    pub(super) fills: Vec<Fill>,
    /// Anchors, and the conversion that must succeed on each: then it is known what they would come back as.
    pub(super) expected: Vec<(Slot, Conversion)>,
}

pub(super) struct SlotDraft {
    name: Name,
    pub(super) fate: Fate,
    /// The names of the member's own members.
    pub(super) inside: Option<LevelDraft>,
    /// The module that has hoisted members out of it.
    pub(super) spread_by: Option<usize>,
    /// True if the member is hoisted out of its container.
    pub(super) hoisted: bool,
}

impl LevelDraft {
    pub(super) fn find(&self, name: &Name) -> Option<Here> {
        self.here.iter().find(|(known, _)| known == name).map(|(_, here)| *here)
    }

    /// Tells whether a member of the object was moved elsewhere or removed.
    pub(super) fn is_gone(&self, name: &Name) -> bool {
        self.slots.iter().any(|slot| slot.name == *name) && self.find(name).is_none()
    }

    /// Returns the member with a name: the object's own one unless a step has made another.
    pub(super) fn stands(&mut self, name: &Name) -> Option<Here> {
        if let Some(here) = self.find(name) {
            return Some(here);
        }
        if self.aliens.contains(name) || self.is_gone(name) {
            return None;
        }
        let slot = self.source(name)?;
        self.here.push((name.clone(), Here::Slot(slot)));
        Some(Here::Slot(slot))
    }

    /// A member of the object that no step has touched but to rename it.
    pub(super) fn plain(&mut self, name: &Name) -> Option<Slot> {
        let Here::Slot(slot) = self.stands(name)? else { return None };
        let SlotDraft { fate, inside, .. } = &self.slots[usize::from(slot)];
        (matches!(fate, Fate::Stay { form: Form::Same, .. }) && inside.is_none()).then_some(slot)
    }

    pub(super) fn source(&mut self, name: &Name) -> Option<Slot> {
        let slot = Slot::try_from(self.slots.len()).ok().filter(|slot| usize::from(*slot) < MOST)?;
        let fate = Fate::Stay { key: None, form: Form::Same };
        self.slots.push(SlotDraft {
            name: name.clone(),
            fate,
            inside: None,
            spread_by: None,
            hoisted: false,
        });
        Some(slot)
    }

    pub(super) fn depart(&mut self, name: &Name) {
        self.here.retain(|(known, _)| known != name);
    }

    pub(super) fn arrive(&mut self, name: &Name, here: Here) -> Option<()> {
        if self.find(name).is_some() {
            return None;
        }
        if !self.slots.iter().any(|slot| slot.name == *name) && !self.aliens.contains(name) {
            self.aliens.push(name.clone());
        }
        self.here.push((name.clone(), here));
        Some(())
    }

    pub(super) fn leave(&mut self, slot: Slot, leave: Leave) -> Option<()> {
        self.here.retain(|(_, here)| *here != Here::Slot(slot));
        self.slots[usize::from(slot)].fate = Fate::Leave(leave);
        Some(())
    }

    /// Tells whether the value of a slot's member was put into an object.
    pub(super) fn is_wrapped(&self, slot: Slot) -> bool {
        matches!(self.slots[usize::from(slot)].fate, Fate::Wrap(_))
    }

    /// The level inside a slot's member, which is an object then.
    pub(super) fn enter(&mut self, slot: Slot) -> Option<&mut LevelDraft> {
        let SlotDraft { fate, inside, .. } = &mut self.slots[usize::from(slot)];
        matches!(fate, Fate::Stay { form: Form::Same, .. }).then(|| inside.get_or_insert_default())
    }

    pub(super) fn finish(self) -> Option<Level> {
        let own = self.slots.iter().enumerate().map(|(slot, draft)| (&draft.name, Found::Slot(slot as Slot)));
        let aliens = self.aliens.iter().map(|name| (name, Found::Alien));
        let names = own.chain(aliens).map(|(name, found)| (name.text().as_bytes().into(), found)).collect();
        let fates = self.slots.into_iter().map(SlotDraft::finish).collect::<Option<Vec<Fate>>>()?;
        for (anchor, conversion) in self.expected {
            let Fate::Stay { form: Form::Converted(converted), .. } = &fates[usize::from(anchor)] else {
                return None;
            };
            if *converted != conversion {
                return None;
            }
        }
        Some(Level { keys: Keys::new(names), fates, fills: self.fills, ..Level::default() })
    }
}

impl Level {
    /// The levels of nesting that are added to an object, or more.
    pub(super) fn deepens(&self) -> u32 {
        let brackets = |text: &[u8]| text.iter().filter(|byte| matches!(byte, b'{' | b'[')).count() as u32;
        let fills = self.fills.iter().map(|fill| brackets(&fill.text));
        let items = self.groups.iter().flat_map(|group| &group.items).map(|item| match item {
            Item::Moved { .. } => 1,
            Item::Added { value, .. } => 1 + value.as_deref().map_or(0, brackets),
        });
        let inside = self.fates.iter().map(|fate| match fate {
            Fate::Enter { level, .. } | Fate::Spread { level } => level.deepens(),
            // The elements see to it themselves.
            Fate::Each { .. } => 0,
            Fate::Wrap(wrap) => 1 + wrap.texts().map(brackets).max().unwrap_or(0),
            Fate::Unwrap(_) => 0,
            Fate::Stay { .. } | Fate::Leave(_) | Fate::Join { .. } | Fate::Untag(_) => 0,
        });
        fills.chain(items).chain(inside).max().unwrap_or(0)
    }

    /// Tells whether this level looks for every key that must not be repeated.
    pub(super) fn covers(&self, shape: &Shape) -> bool {
        shape.members().all(|(name, inside)| match self.keys.find(name.text().as_bytes()) {
            Found::Unnamed => false,
            Found::Alien => true,
            Found::Slot(slot) => match &self.fates[usize::from(slot)] {
                Fate::Enter { level, .. } | Fate::Spread { level } => level.covers(inside),
                Fate::Unwrap(unwrap) => unwrap.level.covers(inside),
                // An object there goes to the steps.
                Fate::Wrap(_) => true,
                _ => inside.is_empty(),
            },
        })
    }
}

impl SlotDraft {
    pub(super) fn finish(self) -> Option<Fate> {
        let Some(inside) = self.inside else { return Some(self.fate) };
        let Fate::Stay { key, form: Form::Same } = self.fate else { return None };
        if self.spread_by.is_none() {
            return Some(Fate::Enter { key, level: Box::new(inside.finish()?) });
        }
        // What stayed in the container would keep it: then hoisting is not all that happens.
        let goes = |draft: &SlotDraft| {
            draft.hoisted || matches!(draft.fate, Fate::Leave(Leave { prunes: true, .. }))
        };
        if key.is_some() || !inside.fills.is_empty() || !inside.slots.iter().all(goes) {
            return None;
        }
        Some(Fate::Spread { level: Box::new(inside.finish()?) })
    }
}
