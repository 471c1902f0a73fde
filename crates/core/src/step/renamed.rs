//! The names that effects change in one request: looked for where the upstream has refused it, and only then.

use super::{Effect, Losses, Scalar, ValueForm, WordMap};
use crate::{
    form::Pairs,
    json::{Field, Name, Object, elements},
};

/// The fields and values that a request had under other names than it went up with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Renamed {
    pub(crate) fields: Vec<RenamedField>,
    pub(crate) values: Vec<(Name, Name)>,
    /// The fields that the client itself named as the upstream does.
    pub(crate) own: Vec<Field>,
}

/// A field that the upstream got under another name than the client's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RenamedField {
    /// The field as the client wrote it.
    pub(crate) client: Field,
    /// The field as the upstream got it.
    pub(crate) upstream: Field,
    /// True if the last name of the upstream's is only that which a value has in the object that was made of it: `id`.
    pub(crate) is_wrapped: bool,
}

impl Renamed {
    /// Notes what the effect, which is to run next, renames in these parameters.
    pub(crate) fn note_pairs<'a>(&mut self, effect: &'a Effect, pairs: &mut Pairs<'a>) {
        match effect {
            Effect::Relocate { from, to } => {
                self.moved((from, to), has_pair(pairs, from), has_pair(pairs, to), false);
            }
            Effect::Reform { field, form, .. } => {
                let (Some((_, name)), Some((words, parts))) = (field.split(), form.words()) else { return };
                for value in pairs.own_values(name).flatten() {
                    for text in value.parts(parts) {
                        self.mapped(words, |source| source.text() == text);
                    }
                }
            }
            Effect::Guarded(guarded) => {
                let mut pairs = pairs.clone();
                match guarded.enter_pairs(&pairs, &mut Losses::default()) {
                    true => guarded.effects.iter().for_each(|effect| {
                        self.note_pairs(effect, &mut pairs);
                        effect.run_on_pairs(&mut pairs, &mut Losses::default());
                    }),
                    false => self.unmoved(effect, |field| has_pair(&pairs, field)),
                }
            }
            Effect::Make { .. }
            | Effect::Remove { .. }
            | Effect::Widen { .. }
            | Effect::Narrow { .. }
            | Effect::Tag(_)
            | Effect::Untag(_)
            | Effect::Elements(_) => {}
            Effect::Joint(joint) => {
                if let Some((from, to)) = joint.one_for_one() {
                    self.moved((from, to), has_pair(pairs, from), has_pair(pairs, to), false);
                }
            }
        }
    }

    /// Notes what the effect, which is to run next, renames in this object.
    pub(crate) fn note<'a>(&mut self, effect: &'a Effect, object: &mut Object<'a>) {
        match effect {
            Effect::Relocate { from, to } => {
                let (has_from, has_to) = (value(object, from).is_some(), value(object, to).is_some());
                self.moved((from, to), has_from, has_to, false);
            }
            // Null stays where it is, and so does an object that is in the place of a value.
            Effect::Widen { from, to, .. } | Effect::Narrow { from, to, .. } => {
                let moves =
                    |text: Vec<u8>| !text.starts_with(b"{") && (text != b"null" || from.is_inside(to));
                let has_from = value(object, from).is_some_and(moves);
                let has_to = value(object, to).is_some();
                self.moved((from, to), has_from, has_to, to.is_inside(from));
            }
            Effect::Reform { field, form, .. } => {
                if let Some(text) = value(object, field) {
                    self.reformed(form, &text);
                }
            }
            Effect::Guarded(guarded) => {
                let mut object = object.clone();
                match guarded.enter(&mut object, &mut Losses::default()) {
                    true => guarded.effects.iter().for_each(|effect| {
                        self.note(effect, &mut object);
                        effect.run(&mut object, &mut Losses::default());
                    }),
                    false => self.unmoved(effect, |field| value(&mut object, field).is_some()),
                }
            }
            Effect::Elements(each) => {
                let Some(list) = value(object, each.list()) else { return };
                each.each(object, &list, &mut Losses::default(), &mut |_, element, lost| {
                    for effect in &each.effects {
                        self.note(effect, element);
                        effect.run(element, lost);
                    }
                });
            }
            Effect::Make { .. } | Effect::Remove { .. } | Effect::Tag(_) | Effect::Untag(_) => {}
            Effect::Joint(joint) => {
                if let Some((from, to)) = joint.one_for_one() {
                    let (has_from, has_to) = (value(object, from).is_some(), value(object, to).is_some());
                    self.moved((from, to), has_from, has_to, false);
                }
            }
        }
    }

    /// Notes the names that the effect would give and that the client has given itself, since the effect does not run.
    fn unmoved(&mut self, effect: &Effect, mut has: impl FnMut(&Field) -> bool) {
        for (from, to) in effect.flat().into_iter().filter_map(|(effect, _)| effect.moves()) {
            let has_to = has(to);
            self.moved((from, to), false, has_to, false);
        }
    }

    fn moved(&mut self, (from, to): (&Field, &Field), has_from: bool, has_to: bool, is_wrapped: bool) {
        if !has_from {
            let is_at_or_in = |field: &RenamedField| field.upstream == *to || field.upstream.is_inside(to);
            if has_to && !self.fields.iter().any(is_at_or_in) {
                self.own.push(to.clone());
            }
            return;
        }
        self.went_on(RenamedField { client: from.clone(), upstream: to.clone(), is_wrapped });
    }

    /// Adds a field that gets another name. One that an earlier step has made, or put there, goes on under its third name.
    fn went_on(&mut self, new: RenamedField) {
        let mut is_ours = false;
        for field in &mut self.fields {
            if let Some(next) = field.upstream.before(&new.upstream, &new.client) {
                // What moves inside its container keeps its own name.
                if field.upstream == new.client {
                    field.is_wrapped = new.is_wrapped;
                }
                (field.upstream, is_ours) = (next, true);
            }
        }
        if !is_ours && !self.fields.contains(&new) {
            self.fields.push(new);
        }
    }

    /// Notes the words that a JSON text has, and those that they become.
    fn reformed(&mut self, form: &ValueForm, text: &[u8]) {
        match form {
            ValueForm::Converted(_) | ValueForm::Listed { .. } | ValueForm::Single { .. } => {}
            ValueForm::Mapped { words, parts } if parts.is_whole() => {
                self.mapped(words, |source| source.is(text));
            }
            ValueForm::Mapped { .. } => self.texts(form, text),
            ValueForm::Text(form) => match text.first() {
                Some(b'[') => {
                    let spans = elements(text).unwrap_or_default();
                    spans.into_iter().for_each(|span| self.texts(form, &text[span]));
                }
                _ => self.texts(form, text),
            },
            ValueForm::Each(form) => {
                let spans = elements(text).unwrap_or_default();
                spans.into_iter().for_each(|span| self.reformed(form, &text[span]));
            }
        }
    }

    /// Notes the words in a text of a form.
    fn texts(&mut self, form: &ValueForm, text: &[u8]) {
        let (Some((words, parts)), Ok(text)) = (form.words(), serde_json::from_slice::<String>(text)) else {
            return;
        };
        for range in parts.ranges(&text, false) {
            self.mapped(words, |source| source.text() == &text[range.clone()]);
        }
    }

    fn mapped(&mut self, words: &WordMap, is: impl Fn(&Scalar) -> bool) {
        let named = words.pairs.iter().chain(&words.one_way);
        // An error of the upstream quotes words; any other value is not told from a number or a word of its sentence.
        let mut strings = named.filter(|(source, target)| source.is_string() && target.is_string());
        let Some((source, target)) = strings.find(|(source, _)| is(source)) else { return };
        let (source, target) = (Name::new(source.text()), Name::new(target.text()));
        if let Some((_, upstream)) = self.values.iter_mut().find(|(_, upstream)| *upstream == source) {
            *upstream = target;
        } else if !self.values.iter().any(|(_, upstream)| *upstream == target) {
            self.values.push((source, target));
        }
    }

    /// Notes those of the upstream's names that the client has used itself in another part of the request.
    pub(crate) fn note_own(&mut self, others: &Renamed, has: impl Fn(&Name) -> bool) {
        for RenamedField { upstream, .. } in &others.fields {
            if let [name] = upstream.names()
                && has(name)
                && !self.fields.iter().any(|renamed| renamed.upstream == *upstream)
            {
                self.own.push(upstream.clone());
            }
        }
    }

    /// Adds what later steps have renamed: what has another name by then goes on under its third one.
    pub(crate) fn follow(&mut self, later: Renamed) {
        later.fields.into_iter().for_each(|new| self.went_on(new));
        for (source, target) in later.values {
            match self.values.iter_mut().find(|(_, upstream)| *upstream == source) {
                Some((_, upstream)) => *upstream = target,
                None => self.values.push((source, target)),
            }
        }
        self.own.extend(later.own);
    }

    /// Adds what another part of the request had renamed.
    pub(crate) fn extend(&mut self, other: Renamed) {
        self.fields.extend(other.fields);
        self.values.extend(other.values);
        self.own.extend(other.own);
    }
}

/// Tells whether a parameter is there.
fn has_pair(pairs: &Pairs<'_>, field: &Field) -> bool {
    field.split().is_some_and(|(_, name)| pairs.contains(name))
}

/// The text of a field's value.
fn value(object: &mut Object<'_>, field: &Field) -> Option<Vec<u8>> {
    Some(object.at(field)?.value.to_text().into_owned())
}

#[cfg(test)]
mod tests {
    use super::super::{shape, test::field};
    use super::*;
    use crate::json::Scanner;

    fn moves(pairs: &[(&str, &str)]) -> Vec<Effect> {
        pairs.iter().map(|(from, to)| Effect::Relocate { from: field(from), to: field(to) }).collect()
    }

    fn text(renamed: &Renamed) -> (Vec<String>, Vec<String>) {
        let fields = renamed.fields.iter();
        let fields = fields.map(|field| format!("{}->{}", field.client, field.upstream));
        (fields.collect(), renamed.own.iter().map(Field::to_string).collect())
    }

    fn noted(effects: &[Effect], document: &str) -> (Vec<String>, Vec<String>) {
        let shape = shape(effects);
        let mut object = Object::read(&mut Scanner::new(document.as_bytes()), &shape).unwrap();
        object.settle();
        let (mut renamed, mut losses) = (Renamed::default(), Losses::default());
        for effect in effects {
            renamed.note(effect, &mut object);
            effect.run(&mut object, &mut losses);
        }
        text(&renamed)
    }

    #[test]
    fn what_becomes_no_object_is_not_noted() {
        let wrap = [Effect::Widen { from: field("plan"), to: field("plan.id"), members: Vec::new() }];
        let renamed = (vec!["plan->plan.id".to_owned()], vec![]);
        assert_eq!(noted(&wrap, r#"{"plan":"p"}"#), renamed);
        assert_eq!(noted(&wrap, r#"{"plan":null}"#), (vec![], vec![]));
        assert_eq!(noted(&wrap, r#"{"plan":{"id":7}}"#), (vec![], vec!["plan.id".to_owned()]));
        let unwrap = [Effect::Narrow { from: field("plan.id"), to: field("plan"), members: Vec::new() }];
        assert_eq!(noted(&unwrap, r#"{"plan":{"id":"p"}}"#).0, ["plan.id->plan"]);
        assert_eq!(noted(&unwrap, r#"{"plan":"p"}"#), (vec![], vec!["plan".to_owned()]));
    }

    #[test]
    fn only_what_is_there_is_noted() {
        let renames = moves(&[("a", "b")]);
        assert_eq!(noted(&renames, r#"{"a":1}"#), (vec!["a->b".to_owned()], vec![]));
        assert_eq!(noted(&renames, r#"{"b":1}"#), (vec![], vec!["b".to_owned()]));
        assert_eq!(noted(&renames, r#"{"a":1,"b":2}"#), (vec!["a->b".to_owned()], vec![]));
        assert_eq!(noted(&renames, r#"{"x":{"a":1}}"#), (vec![], vec![]));
    }

    #[test]
    fn names_are_followed_to_the_last() {
        let chain = moves(&[("a", "b"), ("b", "c.d"), ("c", "e")]);
        assert_eq!(noted(&chain, r#"{"a":1}"#), (vec!["a->e.d".to_owned()], vec![]));
        assert_eq!(noted(&chain, r#"{"c":{"x":1}}"#), (vec!["c->e".to_owned()], vec![]));
    }

    #[test]
    fn parameters_are_noted_decoded() {
        let renames = moves(&[("company_id", "account_id")]);
        let mut renamed = Renamed::default();
        renamed.note_pairs(&renames[0], &mut Pairs::parse("company%5Fid[]=1"));
        assert_eq!(text(&renamed), (vec!["company_id->account_id".to_owned()], vec![]));
        let (back, mut renamed) = (moves(&[("account_id", "company_id")]), Renamed::default());
        renamed.note_pairs(&back[0], &mut Pairs::parse("company_id=1"));
        assert_eq!(text(&renamed), (vec![], vec!["company_id".to_owned()]));
    }
}
