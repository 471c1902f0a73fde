//! Folding an object together with those that it holds.
//!
//! Where the steps on an object are about none of the objects inside it, it makes no difference which run first: all of
//! them are one fold then. Objects in a list have a fold of their own, since lists are of any length.

use super::{
    Fate, Fold, Form, Key, Level, NumberedFold, Slot, Standing,
    keys::{Found, Keys},
};
use crate::json::{Branch, Name};
use std::sync::Arc;

/// The most members with a fate on one level: reading has a bit for each.
const MOST: usize = 64;

impl Fold {
    /// The fold of an object with its own steps, if it has some, and with the folds of those that it holds, which
    /// `fold_of` returns; `numbers` counts the folds of the plan. `None` where they are not independent, or one is not
    /// folded.
    pub(in crate::plan) fn holding<T>(
        own: Option<&Fold>,
        held: &Branch<'_, T>,
        fold_of: &impl Fn(&T) -> Option<NumberedFold>,
        numbers: &mut usize,
    ) -> Option<Fold> {
        let mut level = own.map(|own| own.level.clone()).unwrap_or_default();
        level.hold(held, fold_of, numbers)?;
        Some(Fold::of(level))
    }
}

impl Level {
    /// Has the members that the branch leads into changed as well.
    fn hold<T>(
        &mut self,
        held: &Branch<'_, T>,
        fold_of: &impl Fn(&T) -> Option<NumberedFold>,
        numbers: &mut usize,
    ) -> Option<()> {
        for (name, inside) in held.members() {
            let (slot, key) = self.slot_to_hold(name)?;
            let is_opened = matches!(self.fates[usize::from(slot)], Fate::Enter { .. });
            let fate = match (inside.target(), inside.elements(), inside.members().next().is_some()) {
                (Some(target), None, false) if !is_opened => {
                    let standing = Standing::Held { may_be_string: inside.may_be_scalar() };
                    let level = Level { standing, ..fold_of(target)?.fold.level.clone() };
                    Fate::Enter { key, level: Box::new(level) }
                }
                (None, Some(elements), false) if !is_opened => {
                    Fate::Each { key, elements: each(&elements, fold_of, numbers)? }
                }
                (None, None, true) => {
                    let mut level = self.opened(slot)?;
                    level.hold(&inside, fold_of, numbers)?;
                    Fate::Enter { key, level }
                }
                _ => return None,
            };
            self.fates[usize::from(slot)] = fate;
        }
        Some(())
    }

    /// The slot of a member that its own object's steps do not open, and the key that it gets; a new slot where they do
    /// not name it.
    fn slot_to_hold(&mut self, name: &Name) -> Option<(Slot, Option<Key>)> {
        match self.keys.find(name.text().as_bytes()) {
            Found::Alien => None,
            Found::Slot(slot) => match &self.fates[usize::from(slot)] {
                Fate::Stay { key, form: Form::Same } => Some((slot, key.clone())),
                Fate::Enter { key, level } if level.standing == Standing::Own => Some((slot, key.clone())),
                _ => None,
            },
            Found::Unnamed => {
                let slot = Slot::try_from(self.fates.len()).ok().filter(|slot| usize::from(*slot) < MOST)?;
                self.fates.push(Fate::Stay { key: None, form: Form::Same });
                let new = (name.text().as_bytes().into(), Found::Slot(slot));
                self.keys = Keys::new(self.keys.names().chain([new]).collect());
                Some((slot, None))
            }
        }
    }

    /// The level inside a member that is no held object itself: as its own object's steps have it, or a new one.
    fn opened(&self, slot: Slot) -> Option<Box<Level>> {
        match &self.fates[usize::from(slot)] {
            Fate::Stay { .. } => Some(Box::default()),
            Fate::Enter { level, .. } => Some(level.clone()),
            _ => None,
        }
    }
}

/// The fold of a list's elements: objects that are held, or that have some inside.
fn each<T>(
    elements: &Branch<'_, T>,
    fold_of: &impl Fn(&T) -> Option<NumberedFold>,
    numbers: &mut usize,
) -> Option<NumberedFold> {
    match (elements.target(), elements.elements()) {
        (Some(target), None) if elements.members().next().is_none() => fold_of(target),
        (None, None) => {
            let fold = Arc::new(Fold::holding(None, elements, fold_of, numbers)?);
            *numbers += 1;
            Some(NumberedFold { number: *numbers - 1, fold })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests;
