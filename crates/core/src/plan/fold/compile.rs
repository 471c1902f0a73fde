//! Making a fold: the steps are followed on an object of which only the names are known.
//!
//! Each name that a step asks for and that no step has made is a member of the object as it comes: it gets a slot.
//! Each name that a step makes must not be there already: it is alien. `None` everywhere means: not foreseen.

use super::{
    Fate, Fill, Fold, Form, Group, Item, Key, Leave, Level, Loss, Unless,
    level::{Here, LevelDraft, SlotDraft},
    templates::Common,
};
use crate::{
    json::{Field, Name, Shape},
    plan::pass::Caused,
    step::{Cause, Discriminator, Effect, LossKind, Made, ValueForm},
};
use std::sync::Arc;

impl Fold {
    /// Folds the steps of all modules, each list in the order in which it runs; `shape` is what they open.
    pub(in crate::plan) fn new(modules: &[Vec<Caused>], shape: &Shape) -> Option<Fold> {
        let mut draft = Draft::default();
        for (module, changes) in modules.iter().enumerate() {
            draft.module = module;
            for Caused { cause, effects, .. } in changes {
                draft.cause.clone_from(cause);
                effects.iter().try_for_each(|effect| draft.effect(effect))?;
            }
        }
        let level = Level { groups: draft.groups, ..draft.level.finish()? };
        level.covers(shape).then(|| Fold::of(level))
    }
}

impl Fold {
    pub(super) fn of(level: Level) -> Fold {
        Fold { deepens: level.deepens(), level, common: Common::default() }
    }
}

#[derive(Default)]
pub(super) struct Draft {
    level: LevelDraft,
    groups: Vec<Group>,
    module: usize,
    /// The change whose steps are followed.
    cause: Option<Arc<Cause>>,
}

impl Draft {
    pub(super) fn loss(&self, kind: LossKind, field: &Field) -> Loss {
        Loss { kind, field: field.clone(), cause: self.cause.clone() }
    }

    fn effect(&mut self, effect: &Effect) -> Option<()> {
        match effect {
            Effect::Relocate { from, to } => self.relocate(from, to),
            Effect::Reform { field, form: ValueForm::Converted(conversion), .. } => {
                self.reform(field, Form::Converted(*conversion))
            }
            // What stands behind a sign or in a list is looked at by the effects.
            Effect::Reform { form: ValueForm::Mapped { parts, .. }, .. } if !parts.is_whole() => None,
            Effect::Reform { field, form: ValueForm::Mapped { words, .. }, .. } => {
                self.reform(field, Form::Mapped(Arc::new(words.clone())))
            }
            // Lists are looked at by the effects.
            Effect::Reform {
                form:
                    ValueForm::Each(_) | ValueForm::Text(_) | ValueForm::Listed { .. } | ValueForm::Single { .. },
                ..
            } => None,
            Effect::Make { made: Made::Nothing, .. } => Some(()),
            Effect::Make { field, made: Made::Default { text } } => self.make(field, text, false),
            // An anchor in another object is not foreseen.
            Effect::Make { field, made: Made::Beside { anchor, .. } }
            | Effect::Remove { field, made: Made::Beside { anchor, .. } }
                if !field.is_beside(anchor) =>
            {
                None
            }
            Effect::Make { field, made: Made::Beside { anchor, text, .. } } => {
                self.make_beside(field, anchor, text.as_ref())
            }
            Effect::Make { field, made: Made::Constant { text, implied_by } } => {
                self.make(field, text, implied_by.is_none())
            }
            Effect::Remove { field, made: Made::Beside { anchor, text, anchor_form } } => {
                self.remove_beside(field, anchor, text.as_ref(), anchor_form.as_deref())
            }
            Effect::Remove { field, made: Made::Nothing | Made::Default { .. } } => {
                self.remove(field, Unless::Never)
            }
            Effect::Remove { field, made: Made::Constant { text, .. } } => {
                self.remove(field, Unless::Is(text.clone()))
            }
            // Not foreseen: the effects themselves run.
            Effect::Joint(_) => None,
            Effect::Widen { from, to, members } => self.wrap(from, to, members),
            Effect::Narrow { from, to, members } => self.unwrap(from, to, members),
            // Guards are asked by the effects.
            Effect::Guarded(_) | Effect::Elements(_) => None,
            Effect::Make { made: Made::Derived(_) | Made::Computed(_), .. }
            | Effect::Remove { made: Made::Derived(_) | Made::Computed(_), .. } => None,
            Effect::Tag(Discriminator { holder, name, value }) => {
                let level = self.inside(holder)?;
                level.arrive(name, Here::Filled)?;
                level.fills.push(Fill { slot: None, text: member(name, value.quoted()), loss: None });
                Some(())
            }
            Effect::Untag(Discriminator { holder, name, value }) => {
                let level = self.inside(holder)?;
                let slot = level.plain(name)?;
                level.depart(name);
                level.slots[usize::from(slot)].fate = Fate::Untag(value.quoted().into());
                Some(())
            }
        }
    }

    fn remove(&mut self, field: &Field, unless: Unless) -> Option<()> {
        let loss = self.loss(LossKind::Dropped, field);
        let (level, name) = self.level_of(field)?;
        let slot = level.plain(name)?;
        level.leave(slot, Leave { loss, unless, prunes: false })
    }

    fn make(&mut self, field: &Field, text: &[u8], is_loss: bool) -> Option<()> {
        let loss = is_loss.then(|| self.loss(LossKind::MadeUp, field));
        let (level, name) = self.level_of(field)?;
        if level.find(name).is_some() || level.aliens.contains(name) || level.is_gone(name) {
            return None;
        }
        let slot = level.source(name)?;
        level.here.push((name.clone(), Here::Filled));
        level.fills.push(Fill { slot: Some(slot), text: member(name, text), loss });
        Some(())
    }

    fn relocate(&mut self, from: &Field, to: &Field) -> Option<()> {
        match (from.names(), to.names()) {
            ([from], [to]) => {
                let here = self.level.stands(from)?;
                self.level.depart(from);
                self.level.arrive(to, here)?;
                self.rekey(here, to)
            }
            ([from], [group, to]) => self.gather(from, group, to),
            ([container, from], [to]) => self.hoist(container, from, to),
            ([one, from], [other, to]) if one == other => {
                let Here::Slot(slot) = self.level.stands(one)? else { return None };
                if let Fate::Wrap(wrap) = &mut self.level.slots[usize::from(slot)].fate {
                    return wrap.rename(from, to);
                }
                let level = self.level.enter(slot)?;
                let here = level.stands(from)?;
                level.depart(from);
                level.arrive(to, here)?;
                let Here::Slot(inner) = here else { return None };
                set_key(&mut level.slots[usize::from(inner)].fate, to)
            }
            _ => None,
        }
    }

    fn rekey(&mut self, here: Here, to: &Name) -> Option<()> {
        match here {
            Here::Slot(slot) => set_key(&mut self.level.slots[usize::from(slot)].fate, to),
            Here::Hoisted(slot, inner) => {
                let level = self.level.slots[usize::from(slot)].inside.as_mut()?;
                set_key(&mut level.slots[usize::from(inner)].fate, to)
            }
            Here::Group(group) => {
                self.groups[group].key = key(to);
                Some(())
            }
            Here::Filled => None,
        }
    }

    fn gather(&mut self, from: &Name, group: &Name, to: &Name) -> Option<()> {
        let Here::Slot(slot) = self.level.stands(from)? else { return None };
        let index = match self.level.find(group) {
            Some(Here::Group(index)) => index,
            Some(_) => return None,
            None => {
                self.groups.push(Group { key: key(group), items: Vec::new() });
                let index = self.groups.len() - 1;
                self.level.depart(from);
                self.level.arrive(group, Here::Group(index))?;
                index
            }
        };
        let draft = &mut self.level.slots[usize::from(slot)];
        let (Fate::Stay { form, .. }, None) = (&draft.fate, &draft.inside) else { return None };
        let form = form.clone();
        draft.fate = Fate::Join { group: index };
        self.level.depart(from);
        let items = &mut self.groups[index].items;
        if items.iter().any(|item| item.name() == to.text()) {
            return None;
        }
        items.push(Item::Moved { slot, name: to.text().into(), key: key(to), form });
        Some(())
    }

    fn hoist(&mut self, container: &Name, from: &Name, to: &Name) -> Option<()> {
        let Here::Slot(slot) = self.level.stands(container)? else { return None };
        let module = self.module;
        let draft = &mut self.level.slots[usize::from(slot)];
        if draft.spread_by.is_some_and(|by| by != module) {
            return None;
        }
        draft.spread_by = Some(module);
        let level = self.level.enter(slot)?;
        let Here::Slot(inner) = level.stands(from)? else { return None };
        level.depart(from);
        level.slots[usize::from(inner)].hoisted = true;
        set_key(&mut level.slots[usize::from(inner)].fate, to)?;
        self.level.arrive(to, Here::Hoisted(slot, inner))
    }

    /// A value gets another form, wherever it is by now.
    fn reform(&mut self, field: &Field, new: Form) -> Option<()> {
        let form = match field.names() {
            [name] => match self.level.stands(name)? {
                Here::Slot(slot) => form_of(&mut self.level.slots[usize::from(slot)])?,
                Here::Hoisted(slot, inner) => {
                    let level = self.level.slots[usize::from(slot)].inside.as_mut()?;
                    form_of(&mut level.slots[usize::from(inner)])?
                }
                Here::Group(_) | Here::Filled => return None,
            },
            [container, name] => match self.level.stands(container)? {
                Here::Group(group) => self.groups[group].items.iter_mut().find_map(|item| match item {
                    Item::Moved { name: own, form, .. } if **own == *name.text() => Some(form),
                    Item::Moved { .. } | Item::Added { .. } => None,
                })?,
                Here::Slot(slot) if self.level.is_wrapped(slot) => {
                    let Fate::Wrap(wrap) = &mut self.level.slots[usize::from(slot)].fate else { return None };
                    wrap.form_of(name)?
                }
                Here::Slot(slot) => {
                    let level = self.level.enter(slot)?;
                    let Here::Slot(inner) = level.stands(name)? else { return None };
                    form_of(&mut level.slots[usize::from(inner)])?
                }
                Here::Hoisted(..) | Here::Filled => return None,
            },
            _ => return None,
        };
        matches!(form, Form::Same).then(|| *form = new)
    }

    fn make_beside(&mut self, field: &Field, anchor: &Field, text: Option<&Arc<[u8]>>) -> Option<()> {
        let ([container, name], [_, anchor]) = (field.names(), anchor.names()) else { return None };
        let Here::Group(group) = self.level.stands(container)? else { return None };
        let loss = self.loss(LossKind::MadeUp, field);
        let items = &mut self.groups[group].items;
        if items.iter().any(|item| item.name() == name.text()) {
            return None;
        }
        let (slot, form) = items.iter().find_map(|item| match item {
            Item::Moved { slot, name, form, .. } if **name == *anchor.text() => Some((*slot, form.clone())),
            Item::Moved { .. } | Item::Added { .. } => None,
        })?;
        let value = text.cloned();
        items.push(Item::Added { anchor: slot, form, name: name.text().into(), key: key(name), value, loss });
        Some(())
    }

    fn remove_beside(
        &mut self,
        field: &Field,
        anchor: &Field,
        text: Option<&Arc<[u8]>>,
        anchor_form: Option<&ValueForm>,
    ) -> Option<()> {
        let (_, anchor) = anchor.split()?;
        let loss = self.loss(LossKind::Dropped, field);
        let (level, name) = self.level_of(field)?;
        let beside = level.plain(anchor)?;
        let slot = level.plain(name)?;
        let value = text.cloned();
        let unless = Unless::MadeUp { anchor: beside, value };
        match anchor_form {
            Some(ValueForm::Converted(conversion)) => level.expected.push((beside, *conversion)),
            Some(_) => return None,
            None => {}
        }
        level.leave(slot, Leave { loss, unless, prunes: field.names().len() > 1 })
    }

    /// The slot that a field has.
    pub(super) fn draft_of(&mut self, field: &Field) -> Option<&mut SlotDraft> {
        let (level, name) = self.level_of(field)?;
        let Here::Slot(slot) = level.stands(name)? else { return None };
        Some(&mut level.slots[usize::from(slot)])
    }

    /// The level that the field's own name is in.
    fn level_of<'n>(&mut self, field: &'n Field) -> Option<(&mut LevelDraft, &'n Name)> {
        match field.names() {
            [name] => Some((&mut self.level, name)),
            [container, name] => {
                let Here::Slot(slot) = self.level.stands(container)? else { return None };
                Some((self.level.enter(slot)?, name))
            }
            _ => None,
        }
    }

    /// The level inside the field.
    fn inside(&mut self, field: &Field) -> Option<&mut LevelDraft> {
        let [name] = field.names() else { return None };
        let Here::Slot(slot) = self.level.stands(name)? else { return None };
        self.level.enter(slot)
    }
}

impl Item {
    fn name(&self) -> &str {
        match self {
            Item::Moved { name, .. } | Item::Added { name, .. } => name,
        }
    }
}

fn form_of(draft: &mut SlotDraft) -> Option<&mut Form> {
    match &mut draft.fate {
        Fate::Stay { form, .. } if draft.inside.is_none() => Some(form),
        Fate::Unwrap(unwrap) => Some(&mut unwrap.form),
        _ => None,
    }
}

fn set_key(fate: &mut Fate, to: &Name) -> Option<()> {
    match fate {
        Fate::Stay { key, .. } => *key = Some(self::key(to)),
        Fate::Wrap(wrap) => wrap.key = Some(key(to)),
        Fate::Unwrap(unwrap) => unwrap.key = Some(key(to)),
        _ => return None,
    }
    Some(())
}

pub(super) fn key(name: &Name) -> Key {
    [name.quoted(), b":"].concat().into()
}

pub(super) fn member(name: &Name, value: &[u8]) -> Box<[u8]> {
    [name.quoted(), b":", value].concat().into()
}
