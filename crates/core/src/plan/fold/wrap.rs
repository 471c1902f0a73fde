//! Values that become objects in their own place, and objects that become the value of one of their members.

use super::{
    Fate, Form, Key, Level, Loss, Slot,
    compile::{Draft, key, member},
    level::{Here, LevelDraft, SlotDraft},
};
use crate::{
    json::{Field, Name},
    step::{LossKind, MadeMember},
};
use std::sync::Arc;

/// A value that is put into an object. Null stays null.
#[derive(Debug, Clone)]
pub(super) struct Wrap {
    pub(super) key: Option<Key>,
    pub(super) form: Form,
    /// The name of the value in the object.
    name: Name,
    /// The other members of the object.
    members: Vec<MadeMember>,
    /// The losses of those that are made up.
    pub(super) losses: Vec<Loss>,
}

/// An object that the value of one of its members takes the place of. Null stays null.
#[derive(Debug, Clone)]
pub(super) struct Unwrap {
    pub(super) key: Option<Key>,
    pub(super) form: Form,
    /// The members of the object: none of them changes.
    pub(super) level: Level,
    /// The member whose value is kept.
    pub(super) kept: Slot,
    /// The members that the way back makes, with these texts.
    pub(super) made: Vec<(Slot, Arc<[u8]>, Loss)>,
    /// The loss of any other member, and of an object whose kept value is null.
    pub(super) loss: Loss,
}

impl Wrap {
    /// The text before the value, and the text behind it.
    pub(super) fn around(&self) -> (Vec<u8>, Vec<u8>) {
        let members = self.members.iter().map(|made| [b",", &*member(&made.name, &made.text)].concat());
        let behind = members.chain([b"}".to_vec()]).collect::<Vec<_>>().concat();
        ([b"{", &*key(&self.name)].concat(), behind)
    }

    /// The text that the object gets beside the value.
    pub(super) fn texts(&self) -> impl Iterator<Item = &[u8]> {
        self.members.iter().map(|made| &*made.text)
    }

    /// Gives the value another name in the object; `None` where it has not this name, or a member has the other.
    pub(super) fn rename(&mut self, from: &Name, to: &Name) -> Option<()> {
        let is_free = self.members.iter().all(|made| made.name != *to);
        (self.name == *from && is_free).then(|| self.name = to.clone())
    }

    /// The form of the value, if that is its name in the object.
    pub(super) fn form_of(&mut self, name: &Name) -> Option<&mut Form> {
        (self.name == *name).then_some(&mut self.form)
    }
}

impl Draft {
    pub(super) fn wrap(&mut self, from: &Field, to: &Field, members: &[MadeMember]) -> Option<()> {
        let [name] = to.names().get(from.names().len()..)? else { return None };
        if members.iter().any(|made| made.name == *name) {
            return None;
        }
        let made_up = members.iter().filter(|made| made.implied_by.is_none());
        let losses = made_up.map(|made| self.loss(LossKind::MadeUp, &from.member(&made.name))).collect();
        let draft = self.draft_of(from)?;
        let (Fate::Stay { key, form }, None) = (&draft.fate, &draft.inside) else { return None };
        let (key, form) = (key.clone(), form.clone());
        let wrap = Wrap { key, form, name: name.clone(), members: members.to_vec(), losses };
        draft.fate = Fate::Wrap(Box::new(wrap));
        Some(())
    }

    pub(super) fn unwrap(&mut self, from: &Field, to: &Field, members: &[MadeMember]) -> Option<()> {
        let [name] = from.names().get(to.names().len()..)? else { return None };
        let loss = self.loss(LossKind::Dropped, to);
        let losses = members.iter().map(|made| self.loss(LossKind::Dropped, &to.member(&made.name)));
        let losses: Vec<Loss> = losses.collect();
        let draft = self.draft_of(to)?;
        let Fate::Stay { key, form: Form::Same } = &draft.fate else { return None };
        let key = key.clone();
        let mut inside = draft.inside.take().unwrap_or_default();
        let kept = inside.slot_of(name)?;
        let mut made = Vec::new();
        for (member, loss) in members.iter().zip(losses) {
            made.push((inside.slot_of(&member.name)?, member.text.clone(), loss));
        }
        let form = inside.take_form(kept)?;
        if !inside.only_stays() || made.iter().any(|(slot, ..)| *slot == kept) {
            return None;
        }
        let level = inside.finish()?;
        draft.fate = Fate::Unwrap(Box::new(Unwrap { key, form, level, kept, made, loss }));
        Some(())
    }
}

impl LevelDraft {
    fn slot_of(&mut self, name: &Name) -> Option<Slot> {
        match self.stands(name)? {
            Here::Slot(slot) => Some(slot),
            _ => None,
        }
    }

    /// Takes the form that the member in a slot gets.
    fn take_form(&mut self, slot: Slot) -> Option<Form> {
        let draft = &mut self.slots[usize::from(slot)];
        match &mut draft.fate {
            Fate::Stay { form, .. } if draft.inside.is_none() => Some(std::mem::replace(form, Form::Same)),
            _ => None,
        }
    }

    /// Tells whether members get other names at most.
    fn only_stays(&self) -> bool {
        let stays = |draft: &SlotDraft| {
            draft.inside.is_none() && matches!(draft.fate, Fate::Stay { form: Form::Same, .. })
        };
        self.fills.is_empty() && self.expected.is_empty() && self.slots.iter().all(stays)
    }
}

#[cfg(test)]
mod tests;
