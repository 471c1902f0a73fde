//! The names and the words that versions have given away: hints say what has taken their place.

use super::{Authored, Pack, history::changes};
use crate::{
    json::Field,
    step::{Conversion, Direction, Effect, GuardedEffects, Scalar, ValueForm, WordMap},
    version::Version,
};
use std::collections::BTreeMap;

/// The names and words of a document that have become others so far.
#[derive(Debug, Default)]
pub(super) struct GivenAway {
    /// The field, its newer name and the version, in the order in which they were moved.
    names: Vec<(Field, Field, Version)>,
    /// The values of each field.
    values: BTreeMap<Field, Values>,
}

/// The values of a field, as far as rules have changed them.
#[derive(Debug, Clone, Default)]
struct Values {
    /// The last conversion.
    conversion: Option<Conversion>,
    /// The older word, the newer one and the version.
    words: Vec<(Scalar, Scalar, Version)>,
}

impl GivenAway {
    /// The name that a field has now, if it was moved.
    pub(super) fn now(&self, field: &Field) -> Option<Field> {
        let mut now = None;
        for (from, to, _) in &self.names {
            let moved = now.as_ref().unwrap_or(field).before(to, from);
            now = moved.or(now);
        }
        now
    }

    /// Follows one effect. Returns the words of it that can match nothing: a message and a hint for each.
    pub(super) fn follow(&mut self, version: Version, effect: &Effect) -> Vec<(String, String)> {
        match effect {
            Effect::Relocate { from, to } | Effect::Narrow { from, to, .. } => {
                self.is_back(to);
                // A value that is put into an object in its own place leaves the name to the object.
                self.names.extend((!to.is_inside(from)).then(|| (from.clone(), to.clone(), version)));
                let moved: Vec<Field> = self.values.keys().filter(|field| *field == from).cloned().collect();
                for field in moved {
                    let values = self.values.remove(&field);
                    self.values.extend(values.map(|values| (to.clone(), values)));
                }
            }
            Effect::Widen { to: field, .. } | Effect::Make { field, .. } => self.is_back(field),
            Effect::Tag(tag) => self.is_back(&tag.holder.member(&tag.name)),
            Effect::Remove { field, .. } => {
                self.names.retain(|(_, to, _)| to != field && !to.is_inside(field));
                self.values.remove(field);
            }
            Effect::Reform { field, form: ValueForm::Mapped { words, .. }, .. } => {
                return self.values.entry(field.clone()).or_default().map(field, words, version);
            }
            // The elements of lists are not followed.
            Effect::Reform {
                form:
                    ValueForm::Each(_) | ValueForm::Text(_) | ValueForm::Listed { .. } | ValueForm::Single { .. },
                ..
            } => {}
            Effect::Reform { field, form: ValueForm::Converted(conversion), .. } => {
                let values = Values { conversion: Some(*conversion), words: Vec::new() };
                self.values.insert(field.clone(), values);
            }
            Effect::Untag(_) => {}
            Effect::Joint(joint) => {
                joint.coming().for_each(|field| self.is_back(field));
                for field in joint.sources() {
                    self.values.remove(field);
                }
                let to = joint.coming().last().or(joint.targets().first());
                let going = joint.going().zip(joint.coming().map(Some).chain(std::iter::repeat(to)));
                self.names.extend(going.filter_map(|(from, to)| Some((from.clone(), to?.clone(), version))));
            }
            Effect::Guarded(guarded) => return self.follow_guarded(version, guarded),
            Effect::Elements(each) => {
                return each.effects.iter().flat_map(|effect| self.follow(version, effect)).collect();
            }
        }
        Vec::new()
    }

    /// Looks at effects that run on some objects only. What those do is given away by some, and kept by others.
    fn follow_guarded(&self, version: Version, guarded: &GuardedEffects) -> Vec<(String, String)> {
        let mut nothing = Vec::new();
        for (field, word) in guarded.guard.words() {
            let became = self.values.get(field).and_then(|values| values.became(word));
            if let Some((now, since)) = became {
                let message = format!("`{word}` of {field} can match nothing: it is `{now}` by {since}");
                nothing.push((message, format!("write the value that it has by then: {field} = \"{now}\"")));
            }
        }
        let mut inside = GivenAway { names: Vec::new(), values: self.values.clone() };
        nothing.extend(guarded.effects.iter().flat_map(|effect| inside.follow(version, effect)));
        nothing
    }

    /// A name that was given away is used again, and so is the group that it is in.
    fn is_back(&mut self, field: &Field) {
        self.names.retain(|(from, ..)| from != field && !field.is_inside(from));
    }
}

impl Values {
    /// The word that a word has become, and the version.
    fn became(&self, word: &Scalar) -> Option<(&Scalar, Version)> {
        self.words.iter().find(|(older, ..)| older == word).map(|(_, now, since)| (now, *since))
    }

    /// Maps words, and returns those that can match nothing.
    fn map(&mut self, field: &Field, words: &WordMap, version: Version) -> Vec<(String, String)> {
        let (pairs, mut nothing) = (&words.pairs, Vec::new());
        let names_words = pairs.iter().all(|(older, _)| older.is_string());
        if words.is_empty() {
            let message = format!("a map of {field} without values changes nothing");
            nothing.push((message, "write values = { older = \"newer\" }".to_owned()));
        }
        if let Some(conversion) =
            self.conversion.filter(|conversion| names_words && !pairs.is_empty() && !conversion.gives_words())
        {
            let message =
                format!("the values of {field} can match nothing: they are converted `{conversion}`");
            nothing.push((message, "leave the map out, or write it before the conversion".to_owned()));
        }
        for (older, newer) in pairs {
            let (older, newer) = (older.text(), newer.text());
            let became = self.words.iter().find(|(word, ..)| word.text() == older);
            if let Some((_, now, since)) = became {
                let now = now.text();
                let message = format!("`{older}` of {field} can match nothing: it is `{now}` by {since}");
                let hint = format!("write the value that it has by then: `{now} = \"{newer}\"`");
                nothing.push((message, hint));
            }
        }
        let is_made = |word: &Scalar| pairs.iter().any(|(_, newer)| newer == word);
        self.words.retain(|(older, ..)| !is_made(older));
        let became = pairs.iter().filter(|(older, _)| !is_made(older));
        self.words.extend(became.map(|(older, newer)| (older.clone(), newer.clone(), version)));
        nothing
    }
}

/// The fields of a resource that have another name at a version, each with what became of it.
pub(crate) fn renamed_by(pack: &Pack, resource: usize, version: Version) -> Vec<(Field, String)> {
    let mut given_away = GivenAway::default();
    for (at, change) in changes(pack, &[resource]).take_while(|(at, _)| !pack.is_older(version, *at)) {
        for Authored { step, .. } in &change.steps {
            step.effects(Direction::Up).iter().for_each(|effect| _ = given_away.follow(at, effect));
        }
    }
    let renamed = given_away.names.into_iter();
    renamed.map(|(from, to, since)| (from, format!("`{to}` by {since}"))).collect()
}
