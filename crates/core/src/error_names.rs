//! Errors of the upstream, rewritten with the names that the client used: if a parameter was renamed on the way up, the
//! error names it as the client did.
//!
//! If the pack says that errors change, the body is first translated to the client's version.
//!
//! Only names and values that this very request had renamed are replaced, and only if they are used as names. A
//! sentence that happens to contain such a word stays as it is.

mod boundary;
mod text;

use crate::{
    form::Pairs,
    json::{Field, Name, Object, Paths, Scanner, Shape, Value, Walk, quoted},
    pack::{ErrorObject, ErrorPlaces},
    plan::Plan,
    step::{Losses, Renamed, RenamedField},
    translate::{self, Media, Message, Multipart, Translated},
};
use std::{borrow::Cow, sync::Arc};

/// A name of the upstream and the client's name for it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Word {
    upstream: String,
    client: String,
    /// True for a field: more names may follow it, as in `account.id`.
    is_field: bool,
}

/// The client's words for what one request had renamed, and the plan by which the error itself is translated.
#[derive(Debug, Clone, Default)]
pub struct Words {
    words: Vec<Word>,
    places: Arc<ErrorPlaces>,
    /// The plan of the exchange and the status of the error, if the plan translates such errors.
    translation: Option<(Arc<Plan>, u16)>,
}

/// An error in the client's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reworded {
    /// The body.
    pub body: Vec<u8>,
    /// The replacements, `account_id -> company_id`: names and values of the pack, never anything that somebody sent.
    pub changed: String,
    /// The losses of the error's translation.
    pub losses: Losses,
}

impl Words {
    /// The words for a request, as its client sent it: its query without `?`, and its body where that was translated.
    ///
    /// ```
    /// use dateline_core::{pack::Pack, plan::Plan, error_names::Words};
    ///
    /// let pack = Pack::embedded()?;
    /// let list = pack.find("GET /plans").unwrap();
    /// let plan = Plan::compile(&pack, list, "2025-01-01".parse()?, "2026-07-01".parse()?);
    /// let words = Words::of(&plan, Some("company_id=biz_x"), None);
    /// let error = br#"{"error":{"type":"invalid_parameter","message":"Invalid parameter: `account_id` must be an id."}}"#;
    /// let reworded = words.reword(error).expect("it names the parameter");
    /// assert_eq!(
    ///     reworded.body,
    ///     br#"{"error":{"type":"invalid_parameter","message":"Invalid parameter: `company_id` must be an id."}}"#
    /// );
    /// assert_eq!(reworded.changed, "account_id -> company_id");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn of(plan: &Plan, query: Option<&str>, body: Option<(Media, &[u8])>) -> Words {
        let pairs = query.map(Pairs::parse);
        let mut of_query = match (&plan.query, &pairs) {
            (Some(program), Some(pairs)) => program.renamed(pairs, &Renamed::default()),
            _ => Renamed::default(),
        };
        let of_body = body.map(|(media, body)| of_body(plan, media, body, &of_query)).unwrap_or_default();
        if let Some(pairs) = pairs {
            of_query.note_own(&of_body, |name| pairs.contains(name));
        }
        of_query.extend(of_body);
        Words::new(&of_query, plan.error_places.clone())
    }

    /// The words for a request whose plan [moves](Plan::moves) values, as its client sent it: its query without `?`, and
    /// its body where that was translated.
    pub fn of_message(plan: &Plan, query: Option<&str>, body: Option<(Media, &[u8])>) -> Words {
        let json = body.and_then(|(media, body)| translate::as_json(media, body));
        let message = Message {
            query: query.map(str::to_owned),
            body: json.filter(|json| !json.is_empty()).map(Cow::into_owned),
            ..Message::default()
        };
        Words::new(&translate::renamed_message(plan, message), plan.error_places.clone())
    }

    fn new(renamed: &Renamed, places: Arc<ErrorPlaces>) -> Words {
        let mut words = Words { places, ..Words::default() };
        renamed.fields.iter().for_each(|field| words.field(field));
        for (client, upstream) in &renamed.values {
            words.add(upstream.text(), client.text(), false);
        }
        // What the client has called so itself, or what could be two things, stays as it is.
        let said = |word: &Word| renamed.own.iter().any(|own| own.to_string() == word.upstream);
        let is_clear = |word: &Word| {
            words.words.iter().all(|other| other.upstream != word.upstream || other.client == word.client)
        };
        let mut clear: Vec<Word> =
            words.words.iter().filter(|word| !said(word) && is_clear(word)).cloned().collect();
        // The longest first: `volume_usd.settled` before `volume_usd`.
        clear.sort_by(|one, other| {
            (other.upstream.len(), &other.upstream).cmp(&(one.upstream.len(), &one.upstream))
        });
        clear.dedup();
        Words { words: clear, ..words }
    }

    /// A field by its path, with dots or with brackets, and by its own name.
    fn field(&mut self, RenamedField { client, upstream, is_wrapped }: &RenamedField) {
        let bracketed = |field: &Field| {
            let mut names = field.names().iter().map(Name::text);
            let first = names.next().unwrap_or_default().to_owned();
            names.fold(first, |path, name| format!("{path}[{name}]"))
        };
        self.add(&upstream.to_string(), &client.to_string(), true);
        if upstream.names().len() > 1 {
            self.add(&bracketed(upstream), &bracketed(client), true);
        }
        // A value that the upstream has in an object in its own place is called `id` there, as others are.
        if let (Some((_, client)), Some((containers, upstream))) = (client.split(), upstream.split())
            && !containers.is_empty()
            && !is_wrapped
        {
            self.add(upstream.text(), client.text(), true);
        }
    }

    fn add(&mut self, upstream: &str, client: &str, is_field: bool) {
        if upstream != client && !upstream.is_empty() {
            self.words.push(Word { upstream: upstream.to_owned(), client: client.to_owned(), is_field });
        }
    }

    /// Tells whether nothing was renamed and nothing is translated.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty() && self.translation.is_none()
    }

    /// The same words for an error with this status whose body the plan translates.
    #[must_use]
    pub fn translating(self, plan: Arc<Plan>, status: u16) -> Words {
        let places = plan.error_places.clone();
        Words { places, translation: Some((plan, status)), ..self }
    }

    /// Rewrites an error of the upstream: in the client's version, with these words. Returns `None` if nothing changes, or
    /// if the body is not an error in the format of the API.
    pub fn reword(&self, body: &[u8]) -> Option<Reworded> {
        let translated = self.translation.as_ref().and_then(|(plan, status)| {
            // What is no JSON is no error of this API.
            translate::error_body(plan, *status, body).ok()
        });
        let Some(Translated { output, losses }) = translated else { return self.renamed(body) };
        let renamed = self.renamed(&output);
        match renamed {
            Some(renamed) => Some(Reworded { losses, ..renamed }),
            None if output == body && losses.is_empty() => None,
            None => Some(Reworded { body: output, changed: String::new(), losses }),
        }
    }

    /// The error with the client's names for what was renamed.
    fn renamed(&self, body: &[u8]) -> Option<Reworded> {
        if self.words.is_empty() {
            return None;
        }
        let (mut changed, mut told) = (Vec::new(), None::<Vec<u8>>);
        for place in &self.places.objects {
            let current = told.as_deref().unwrap_or(body);
            told = Some(self.reword_at(place, current, &mut changed)?);
        }
        let body = told?;
        changed.sort_unstable();
        changed.dedup();
        let losses = Losses::default();
        (!changed.is_empty()).then(|| Reworded { body, changed: changed.join(", "), losses })
    }

    /// Rewrites the members of some objects of an error.
    fn reword_at(&self, place: &ErrorObject, body: &[u8], changed: &mut Vec<String>) -> Option<Vec<u8>> {
        let ErrorObject { path, messages, params } = place;
        let mut shape = Shape::default();
        messages.iter().chain(params).for_each(|name| shape.insert(&Field::new([name.text()])));
        let mut paths = Paths::default();
        *paths.entry(path) = Some(shape);
        let edit = |shape: &Shape, text: &[u8], depth: u32, out: &mut Vec<u8>| {
            let mut scanner = Scanner::inside(text, depth);
            let mut object = Object::read(&mut scanner, shape)?;
            for (name, is_param) in
                messages.iter().map(|name| (name, false)).chain(params.iter().map(|name| (name, true)))
            {
                let Some(member) = object.get_mut(name) else { continue };
                let told = match is_param {
                    true => self.exactly(&member.value.to_text(), changed),
                    false => self.in_string(&member.value.to_text(), changed),
                };
                if let Some(told) = told {
                    member.value = Value::Text(Cow::Owned(told));
                }
            }
            object.write(out);
            Ok(scanner.position())
        };
        Walk::whole(body, &paths, edit).ok()
    }

    /// A JSON string that is one of the words and nothing else.
    fn exactly(&self, string: &[u8], changed: &mut Vec<String>) -> Option<Vec<u8>> {
        let text: String = serde_json::from_slice(string).ok()?;
        let word = self.words.iter().find(|word| word.is_field && word.upstream == text)?;
        changed.push(word.told());
        Some(quoted(&word.client).into_bytes())
    }
}

impl Word {
    fn told(&self) -> String {
        format!("{} -> {}", self.upstream, self.client)
    }
}

fn of_body(plan: &Plan, media: Media, body: &[u8], others: &Renamed) -> Renamed {
    let Some(paths) = &plan.body else { return Renamed::default() };
    let mut all = Renamed::default();
    // It was translated, so it is what its kind says.
    if let Some(json) = translate::as_json(media, body) {
        let note = |program: &crate::plan::Program, text: &[u8], depth: u32, _: &mut Vec<u8>| {
            let (renamed, length) = program.renamed(text, depth, others)?;
            all.extend(renamed);
            Ok(length)
        };
        let noted = Walk::whole(&json, paths, note);
        return if noted.is_ok() { all } else { Renamed::default() };
    }
    let mut of_pairs = |pairs: Pairs<'_>| {
        if let Some(program) = &plan.form {
            all = program.renamed(&pairs, others);
            all.note_own(others, |name| pairs.contains(name));
        }
    };
    match media {
        Media::Form => {
            if let Ok(form) = str::from_utf8(body) {
                of_pairs(Pairs::parse(form));
            }
        }
        Media::Multipart(boundary) => {
            if let Ok(form) = Multipart::read(boundary, body) {
                of_pairs(form.pairs());
            }
        }
        // A patch is refused by its pointers, not by names.
        Media::Json | Media::JsonPatch | Media::Other => {}
    }
    all
}

#[cfg(test)]
mod tests;
