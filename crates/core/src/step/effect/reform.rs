//! Values that get another form.

use super::{Meaning, ValueForm, WordMap};
use crate::{
    form::{self, Pairs, Parts},
    json::{Field, Object, Scanner, Shape, Value, elements, quoted, repeats_a_key, unescape},
    step::{Conversion, LossKind, Losses, Scalar},
};
use std::{borrow::Cow, sync::Arc};

/// The value that a form gives, and what became of it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Reformed<'a> {
    /// The new text; `None` where the value keeps its own.
    pub(crate) text: Option<Cow<'a, [u8]>>,
    /// True if the value, or a part of it, has no other form and stays.
    pub(crate) is_odd: bool,
    /// True if the way back would not restore the value.
    pub(crate) is_lost: bool,
    /// True if a request must not be sent with what became of it.
    pub(crate) is_refused: bool,
}

/// Gives the value of a field another form.
///
/// The second of the fields is the name that a loss is told by.
pub(super) fn run<'a>(
    (field, told): (&Field, &Field),
    form: &'a ValueForm,
    object: &mut Object<'a>,
    losses: &mut Losses,
) {
    let Some(member) = object.at(field) else { return };
    let reformed = match &member.value {
        Value::Text(text) => form.reform(text),
        Value::Object(_) => form.reform(&Cow::Owned(member.value.to_text().into_owned())),
    };
    member.unconverted |= reformed.is_odd && form.conversion().is_some();
    reformed.report(told, losses);
    if let Some(text) = reformed.text {
        member.value = Value::Text(text);
    }
}

impl Reformed<'_> {
    fn report(&self, told: &Field, losses: &mut Losses) {
        let mut report = |kind| match self.is_refused {
            true => losses.report_refused(kind, told),
            false => losses.report(kind, told),
        };
        if self.is_odd {
            report(LossKind::Unconverted);
        }
        if self.is_lost {
            report(LossKind::Dropped);
        }
    }

    /// Tells whether the way back gives the value again.
    pub(crate) fn comes_back(&self) -> bool {
        !self.is_odd && !self.is_lost
    }

    /// Takes in what became of another part of the same value.
    fn take_in(&mut self, other: &Reformed<'_>) {
        self.is_odd |= other.is_odd;
        self.is_lost |= other.is_lost;
        self.is_refused |= other.is_refused;
    }

    /// A value that has no other form and stays.
    fn odd() -> Self {
        Reformed { is_odd: true, ..Reformed::default() }
    }
}

impl ValueForm {
    /// Gives a JSON text this form.
    pub(crate) fn reform<'a>(&'a self, text: &Cow<'a, [u8]>) -> Reformed<'a> {
        match self {
            ValueForm::Converted(_) if **text == *b"null" => Reformed::default(),
            ValueForm::Converted(conversion) => convert(*conversion, text),
            ValueForm::Mapped { words, parts } if parts.is_whole() => map(words, text),
            ValueForm::Mapped { words, parts } => map_parts(words, *parts, text),
            ValueForm::Each(form) => each(form, text),
            ValueForm::Text(form) => form.reform_texts(text),
            ValueForm::Listed { empty } => listed(empty.as_ref(), text),
            ValueForm::Single { empty, first } => single(empty.as_ref(), *first, text),
        }
    }

    /// The conversion of the value, or of each of its elements.
    pub(crate) fn conversion(&self) -> Option<Conversion> {
        match self {
            ValueForm::Converted(conversion) => Some(*conversion),
            ValueForm::Mapped { .. } => None,
            ValueForm::Each(form) | ValueForm::Text(form) => form.conversion(),
            ValueForm::Listed { .. } | ValueForm::Single { .. } => None,
        }
    }

    /// The words that parameters of this form have, and the way in which they stand in a text.
    pub(crate) fn words(&self) -> Option<(&WordMap, Parts)> {
        match self {
            ValueForm::Converted(_) => None,
            ValueForm::Mapped { words, parts } => Some((words, *parts)),
            ValueForm::Each(form) | ValueForm::Text(form) => form.words(),
            ValueForm::Listed { .. } | ValueForm::Single { .. } => None,
        }
    }

    /// Tells whether the way back may not restore a value.
    pub(super) fn can_lose(&self) -> bool {
        match self {
            ValueForm::Converted(conversion) => conversion.can_lose(),
            ValueForm::Mapped { words, .. } => words.can_lose(),
            ValueForm::Each(form) | ValueForm::Text(form) => form.can_lose(),
            ValueForm::Listed { .. } => false,
            ValueForm::Single { first, .. } => *first,
        }
    }

    /// Tells whether parameters get this form one by one.
    pub(super) fn is_flat(&self) -> bool {
        match self {
            ValueForm::Converted(_) | ValueForm::Mapped { .. } => self.fits_parameters(),
            ValueForm::Each(form) | ValueForm::Text(form) => form.is_flat(),
            ValueForm::Listed { .. } | ValueForm::Single { .. } => false,
        }
    }

    /// Tells whether values of this form are written in parameters, which have no null and nothing empty.
    pub(super) fn fits_parameters(&self) -> bool {
        match self {
            ValueForm::Converted(_) => true,
            ValueForm::Mapped { words, .. } => {
                !words.scalars().any(|word| word.is_null() || word.is_empty_container())
            }
            ValueForm::Each(form) | ValueForm::Text(form) => form.fits_parameters(),
            ValueForm::Listed { .. } | ValueForm::Single { .. } => true,
        }
    }

    /// The JSON texts that it puts into documents.
    pub(crate) fn texts(&self) -> Vec<Arc<[u8]>> {
        match self {
            ValueForm::Converted(_) => Vec::new(),
            ValueForm::Mapped { words, .. } => words.targets().map(|word| word.json().into()).collect(),
            ValueForm::Each(form) | ValueForm::Text(form) => form.texts(),
            ValueForm::Listed { .. } => Vec::new(),
            ValueForm::Single { empty, .. } => empty.iter().map(|empty| empty.json().into()).collect(),
        }
    }

    /// Gives the plain text of a parameter this form; the new text, where it gets another. Every element of a list is a
    /// parameter of its own.
    pub(super) fn reform_parameters(
        &self,
        (field, told): (&Field, &Field),
        pairs: &mut Pairs<'_>,
        losses: &mut Losses,
    ) {
        let Some((_, name)) = field.split() else { return };
        match self {
            ValueForm::Converted(conversion) => {
                for value in pairs.own_values(name) {
                    let Some(value) = value else {
                        Reformed::odd().report(told, losses);
                        continue;
                    };
                    value.replace(Parts::default(), |text| {
                        let reformed = convert_parameter(*conversion, text)?;
                        reformed.1.report(told, losses);
                        reformed.0
                    });
                }
            }
            ValueForm::Mapped { words, parts } => {
                for value in pairs.own_values(name) {
                    let mut reformed = Reformed::default();
                    match value {
                        Some(value) => value.replace(*parts, |text| mapped(words, text, &mut reformed)),
                        None => reformed.is_odd = true,
                    }
                    reformed.report(told, losses);
                }
            }
            ValueForm::Each(form) | ValueForm::Text(form) => {
                form.reform_parameters((field, told), pairs, losses);
            }
            // What becomes a list, or was one, is looked at in the document of the pairs.
            ValueForm::Listed { .. } | ValueForm::Single { .. } => {}
        }
    }

    /// Gives the text that a form's document has there this form, or each text of a list. Null is a name without a text.
    fn reform_texts<'a>(&self, json: &[u8]) -> Reformed<'a> {
        let text = match json.first() {
            Some(b'"') => unescape(json),
            Some(b'[') => return each_with(json, |element| self.reform_texts(element)),
            Some(b'{') => return self.reform_members(json),
            _ => None,
        };
        let Some(text) = text else { return Reformed::default() };
        let mut reformed = Reformed::default();
        let new = match self {
            ValueForm::Converted(conversion) => match convert_parameter(*conversion, &text) {
                Some((new, converted)) => {
                    reformed = converted;
                    new
                }
                None => None,
            },
            ValueForm::Mapped { words, parts } => {
                parts.replaced(&text, false, |value| mapped(words, value, &mut reformed))
            }
            ValueForm::Each(form) | ValueForm::Text(form) => return form.reform_texts(json),
            ValueForm::Listed { .. } | ValueForm::Single { .. } => None,
        };
        reformed.text = new.map(|new| Cow::Owned(quoted(&new).into_bytes()));
        reformed
    }

    /// Gives the texts in an object this form that are values of the parameter itself: elements, and those that it is
    /// compared with. What stands in a field inside it stays, and is told.
    fn reform_members<'a>(&self, json: &[u8]) -> Reformed<'a> {
        let mut all = Reformed::default();
        let Ok(mut object) = Object::read(&mut Scanner::new(json), Shape::none()) else { return all };
        let mut is_changed = false;
        for member in &mut object.members {
            let text = member.value.to_text();
            let one = match std::str::from_utf8(member.name()).is_ok_and(form::is_own_member) {
                true => self.reform_texts(&text),
                false if member.value.is_null() => Reformed::default(),
                false => Reformed::odd(),
            };
            all.take_in(&one);
            if let Some(text) = one.text {
                (member.value, is_changed) = (Value::Text(text), true);
            }
        }
        if is_changed {
            let mut out = Vec::with_capacity(json.len());
            object.write(&mut out);
            all.text = Some(Cow::Owned(out));
        }
        all
    }
}

fn convert<'a>(conversion: Conversion, text: &Cow<'a, [u8]>) -> Reformed<'a> {
    match conversion.apply(text) {
        Some(converted) => {
            let is_lost = conversion.loses(text);
            Reformed { text: Some(converted), is_lost, ..Reformed::default() }
        }
        None => Reformed::odd(),
    }
}

/// The new text of a parameter, where it has another, and what became of it. `None` for a parameter without text, which
/// has no value.
fn convert_parameter(conversion: Conversion, text: &str) -> Option<(Option<String>, Reformed<'static>)> {
    if text.is_empty() {
        return None;
    }
    let converted = conversion.apply_to_parameter(text);
    let is_lost = converted.is_some() && conversion.loses_of_parameter(text);
    let reformed = Reformed { is_odd: converted.is_none(), is_lost, ..Reformed::default() };
    Some((converted.filter(|converted| converted != text), reformed))
}

fn map<'a>(words: &'a WordMap, text: &[u8]) -> Reformed<'a> {
    reformed(words.meaning_of(text))
}

/// Maps the words in a string; what is no string has none.
fn map_parts<'a>(words: &'a WordMap, parts: Parts, text: &[u8]) -> Reformed<'a> {
    let mut all = Reformed::default();
    let Ok(text) = serde_json::from_slice::<String>(text) else { return all };
    let new = parts.replaced(&text, false, |value| mapped(words, value, &mut all));
    all.text = new.map(|new| Cow::Owned(quoted(&new).into_bytes()));
    all
}

/// The word that a plain text becomes, where it becomes another one.
fn mapped(words: &WordMap, text: &str, all: &mut Reformed<'_>) -> Option<String> {
    let meaning = words.meaning(!text.is_empty(), |word| word.text() == text);
    all.take_in(&reformed(meaning));
    match meaning {
        Meaning::Word(word) | Meaning::InPlace(word) => Some(word.text().to_owned()),
        Meaning::Same | Meaning::Alien => None,
    }
}

fn reformed<'a>(meaning: Meaning<'a>) -> Reformed<'a> {
    let text = |word: &'a Scalar| Some(Cow::Borrowed(word.json()));
    match meaning {
        Meaning::Word(word) => Reformed { text: text(word), ..Reformed::default() },
        Meaning::InPlace(word) => Reformed { text: text(word), is_lost: true, ..Reformed::default() },
        Meaning::Same => Reformed::default(),
        Meaning::Alien => Reformed::odd(),
    }
}

/// Gives every element of a list another form; what is between them stays. What is no list stays, too.
fn each<'a>(form: &ValueForm, text: &[u8]) -> Reformed<'a> {
    if *text == *b"null" {
        return Reformed::default();
    }
    each_with(text, |element| form.reform(&Cow::Borrowed(element)))
}

/// Gives every element of a list another form.
fn each_with<'t, 'a>(text: &'t [u8], reform: impl Fn(&'t [u8]) -> Reformed<'t>) -> Reformed<'a> {
    let Some(spans) = elements(text) else { return Reformed::odd() };
    let (mut all, mut new, mut from) = (Reformed::default(), Vec::with_capacity(text.len()), 0);
    for span in spans {
        let one = reform(&text[span.clone()]);
        all.take_in(&one);
        if let Some(element) = one.text {
            new.extend_from_slice(&text[from..span.start]);
            new.extend_from_slice(&element);
            from = span.end;
        }
    }
    if from > 0 {
        new.extend_from_slice(&text[from..]);
        all.text = Some(Cow::Owned(new));
    }
    all
}

/// A list of one.
fn listed<'a>(empty: Option<&Scalar>, text: &[u8]) -> Reformed<'a> {
    let list = match text {
        _ if empty.is_some_and(|empty| empty.is(text)) => b"[]".to_vec(),
        b"null" => return Reformed::default(),
        [b'[', ..] => return Reformed::odd(),
        _ => [b"[", text, b"]"].concat(),
    };
    Reformed { text: Some(Cow::Owned(list)), ..Reformed::default() }
}

/// The only element of a list, or the first where it stands for all. What the way back would not make a list again stays.
fn single<'a>(empty: Option<&'a Scalar>, first: bool, text: &Cow<'a, [u8]>) -> Reformed<'a> {
    let is_empty = |value: &[u8]| empty.is_some_and(|empty| empty.is(value));
    let Some(spans) = elements(text) else {
        // Null is null in both versions, unless it says there what an empty list says here.
        let is_same = **text == *b"null" && !is_empty(text);
        return if is_same { Reformed::default() } else { Reformed::odd() };
    };
    let is_refused = spans.len() != 1;
    match (&spans[..], empty) {
        ([], Some(empty)) => Reformed { text: Some(Cow::Borrowed(empty.json())), ..Reformed::default() },
        ([], None) if first => {
            let text = Some(Cow::Borrowed(b"null".as_slice()));
            Reformed { text, is_lost: true, is_refused, is_odd: false }
        }
        ([one, rest @ ..], _) if rest.is_empty() || first => {
            // An element of the document stays a part of it, so that a later step can look into it if its keys are clear.
            let one = match text {
                Cow::Borrowed(text) if !repeats_a_key(&text[one.clone()]) => {
                    Cow::Borrowed(&text[one.clone()])
                }
                Cow::Borrowed(text) => Cow::Owned(text[one.clone()].to_vec()),
                Cow::Owned(text) => Cow::Owned(text[one.clone()].to_vec()),
            };
            if one.starts_with(b"[") || *one == *b"null" || is_empty(&one) {
                return Reformed { is_refused, ..Reformed::odd() };
            }
            Reformed { text: Some(one), is_lost: is_refused, is_refused, is_odd: false }
        }
        _ => Reformed { is_refused, ..Reformed::odd() },
    }
}
