//! The body of a request: JSON, whatever it is labelled as, a form, or a patch.
//!
//! A body in which the plan's places cannot be is an error, never one in which nothing matched: it would go up as if it
//! were at the upstream's version. Only where JSON has a list or a scalar in place of an object is that for the
//! caller to judge: [`Losses::misplaced`] tells such places.

use super::{Media, Multipart, Translated, Untranslatable, json_body, json_patch};
use crate::{
    form::{self, Pairs},
    json::{Fault, FaultKind, Scanner},
    pack::BodyGuard,
    plan::{FormProgram, Plan},
    step::Losses,
};
use std::borrow::Cow;

/// Translates the whole body of a request. An empty body stays empty.
///
/// A list or a scalar in the place of an object is not translated: [`Losses::misplaced`] tells such places apart from
/// values that are odd.
///
/// JSON is read as JSON under a wrong label and without one, and as the only name of a form, as `curl -d` sends it. The
/// label is not looked at otherwise, and is the caller's to keep.
///
/// ```
/// use dateline_core::{pack::Pack, plan::Plan, translate};
///
/// let pack = Pack::embedded()?;
/// let create = pack.find("POST /plans").unwrap();
/// let plan = Plan::compile(&pack, create, "2025-01-01".parse()?, "2026-07-01".parse()?);
/// let body = br#"{ "company_id": "biz_x", "initial_price": 6.90 }"#;
/// let translated = translate::request_body(&plan, translate::Media::Json, body)?;
/// assert_eq!(translated.output, br#"{ "account_id": "biz_x", "initial_price": 6.90 }"#);
/// let list = translate::request_body(&plan, translate::Media::Other, b"[1]")?;
/// assert_eq!(list.losses.misplaced().count(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// The client's body does not fit.
pub fn request_body(plan: &Plan, media: Media, body: &[u8]) -> Result<Translated<Vec<u8>>, Untranslatable> {
    let Some(paths) = plan.body.as_ref().filter(|_| !body.is_empty()) else {
        return Ok(Translated { output: body.to_vec(), losses: Losses::default() });
    };
    match media {
        Media::Json => json_body(paths, body),
        Media::JsonPatch => json_patch::translate(paths, body),
        Media::Other => json_body(paths, body).map_err(|error| match error {
            Untranslatable::Json(Fault {
                kind: FaultKind::Expected(_) | FaultKind::Truncated | FaultKind::NotUtf8,
                ..
            }) => Untranslatable::Media,
            other => other,
        }),
        Media::Form => match FormBody::read(body)? {
            FormBody::Json => json_body(paths, body),
            FormBody::EncodedJson { text, end } => {
                let translated = json_body(paths, text.as_bytes())?;
                if translated.output == text.as_bytes() {
                    return Ok(Translated { output: body.to_vec(), ..translated });
                }
                let text = String::from_utf8_lossy(&translated.output);
                Ok(Translated { output: [&form::encode(&text), end].concat().into_bytes(), ..translated })
            }
            FormBody::Pairs(text) => {
                let (program, mut losses) = (of_fields(plan)?, Losses::default());
                let mut pairs = Pairs::parse(text);
                program.run(&mut pairs, &mut losses).map_err(no_text)?;
                Ok(Translated { output: pairs.to_string().into_bytes(), losses })
            }
        },
        Media::Multipart(boundary) => {
            let form = Multipart::read(boundary, body)?;
            let (program, mut losses) = (of_fields(plan)?, Losses::default());
            let output = form.translate(program, &mut losses)?;
            Ok(Translated { output, losses })
        }
    }
}

/// Every value of the fields with this name, in a form of either kind; none in any other body.
///
/// # Errors
/// The body is no form that every server reads in the same way.
pub fn form_values(media: Media, body: &[u8], name: &'static str) -> Result<Vec<String>, Untranslatable> {
    match media {
        Media::Form => match str::from_utf8(body) {
            Ok(text) => Ok(form::values_of(text, name).collect()),
            Err(_) => Err(Untranslatable::FormNotText),
        },
        Media::Multipart(boundary) => {
            let form = Multipart::read(boundary, body)?;
            let named =
                form.pairs().iter().filter(|(own, _)| own == name).filter_map(|(_, value)| value).collect();
            Ok(named)
        }
        Media::Json | Media::JsonPatch | Media::Other => Ok(Vec::new()),
    }
}

/// Tells whether the body of a request is the one that a guard of an address is. A form is read as its names and texts.
///
/// # Errors
/// The body is a patch, or a form that cannot be read.
pub fn is_guard(guard: &BodyGuard, media: Media, body: &[u8]) -> Result<bool, Untranslatable> {
    Ok(match media {
        _ if body.is_empty() => false,
        Media::Json | Media::Other => guard.is(body),
        Media::JsonPatch => return Err(Untranslatable::PatchNotTranslatable),
        Media::Form => match FormBody::read(body)? {
            FormBody::Json => guard.is(body),
            FormBody::EncodedJson { text, .. } => guard.is(text.as_bytes()),
            FormBody::Pairs(text) => {
                let pairs =
                    text.split('&').filter(|pair| !pair.is_empty()).map(|pair| match pair.split_once('=') {
                        Some((name, value)) => (form::decode(name), Some(form::decode(value))),
                        None => (form::decode(pair), None),
                    });
                let pairs: Vec<_> = pairs.collect();
                guard.is_form(pairs.iter().map(|(name, value)| (name.clone(), value.as_deref())))
            }
        },
        Media::Multipart(boundary) => {
            let form = Multipart::read(boundary, body)?;
            let pairs = form.pairs();
            let pairs: Vec<(String, Option<String>)> = pairs
                .iter()
                .map(|(name, value)| (name.to_string(), value.map(|value| value.to_string())))
                .collect();
            guard.is_form(pairs.iter().map(|(name, value)| (name.clone(), value.as_deref())))
        }
    })
}

/// The encoding that a form's body really has.
pub(crate) enum FormBody<'b> {
    /// The body is JSON.
    Json,
    /// The body has one name, and that is JSON, encoded.
    EncodedJson {
        /// The JSON.
        text: String,
        /// The text after the name.
        end: &'static str,
    },
    /// The body is a form.
    Pairs(&'b str),
}

impl<'b> FormBody<'b> {
    pub(crate) fn read(body: &'b [u8]) -> Result<Self, Untranslatable> {
        let text = str::from_utf8(body).map_err(|_| Untranslatable::FormNotText)?;
        let begin = text.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n', '+']);
        let encoded = |code: &str| begin.get(..3).is_some_and(|begin| begin.eq_ignore_ascii_case(code));
        let (is_object, is_list) =
            (begin.starts_with('{') || encoded("%7b"), begin.starts_with('[') || encoded("%5b"));
        if !is_object && !is_list {
            return Ok(FormBody::Pairs(text));
        }
        let fault = match whole(body) {
            Ok(()) => return Ok(FormBody::Json),
            Err(fault) => fault,
        };
        let (name, end) = text.strip_suffix('=').map_or((text, ""), |name| (name, "="));
        if !name.contains(['&', '=']) {
            let text = form::decode_text(name).filter(|text| whole(text.as_bytes()).is_ok());
            if let Some(text) = text {
                return Ok(FormBody::EncodedJson { text, end });
            }
        }
        // No name of a field begins like an object.
        if is_object { Err(fault.into()) } else { Ok(FormBody::Pairs(text)) }
    }
}

/// The program of a form, where all of the plan can be said of one.
fn of_fields(plan: &Plan) -> Result<&FormProgram, Untranslatable> {
    plan.form.as_ref().ok_or(Untranslatable::FormNotTranslatable)
}

/// The reason why a program cannot run on a form.
fn no_text(fault: Fault) -> Untranslatable {
    match fault.kind {
        FaultKind::NotUtf8 => Untranslatable::FormNotText,
        _ => fault.into(),
    }
}

/// Checks that a text is JSON from its first byte to its last.
fn whole(text: &[u8]) -> Result<(), Fault> {
    let mut scanner = Scanner::new(text);
    scanner.value()?;
    scanner.end()
}

/// The body as JSON, where it is read as JSON; the form's text otherwise.
pub fn as_json(media: Media, body: &[u8]) -> Option<Cow<'_, [u8]>> {
    match media {
        Media::Json | Media::Other => Some(Cow::Borrowed(body)),
        Media::Form => match FormBody::read(body).ok()? {
            FormBody::Json => Some(Cow::Borrowed(body)),
            FormBody::EncodedJson { text, .. } => Some(Cow::Owned(text.into_bytes())),
            FormBody::Pairs(_) => None,
        },
        Media::JsonPatch | Media::Multipart(_) => None,
    }
}

#[cfg(test)]
mod tests;
