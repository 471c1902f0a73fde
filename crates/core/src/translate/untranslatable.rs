//! Reasons why a body cannot be translated.

use super::{Malformed, NoPatch};
use crate::{
    json::{Fault, FaultKind, Field},
    pack::PATH,
    step::{LossKind, Losses},
};

/// The text does not fit the plan. `Display` is for people and quotes nothing but names of the pack.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Untranslatable {
    /// The body is not JSON, is nested too deep, or repeats a key that matters.
    #[error("the body cannot be translated: {0}")]
    Json(#[from] Fault),
    /// A list or a scalar is in place of an object that must be translated, and must not pass.
    #[error("a value is in place of an object that must be translated: {0}")]
    Misplaced(Losses),
    /// A list has several values, or none, in place of one; or a value has no form in the upstream's version, and must not
    /// be taken for another.
    #[error(
        "a value of the request has no form in the upstream's version, or it takes one value where several were sent: {0}"
    )]
    Several(Losses),
    /// A value of a request has no form in the place to which it moves, or stands there several times.
    #[error("a value cannot be moved to its place in the upstream's version: {0}")]
    Unmovable(Losses),
    /// A document is no whole message.
    #[error("the document is no message with places: {0}")]
    NoMessage(&'static str),
    /// Neither JSON nor said to be anything that can be read.
    #[error(
        "the body is not JSON, and its Content-Type is none that can be translated: send application/json, \
         application/x-www-form-urlencoded, multipart/form-data or application/json-patch+json"
    )]
    Media,
    /// The form is not UTF-8 text.
    #[error("the form is not UTF-8 text")]
    FormNotText,
    /// A form has no null and nothing empty, and the plan needs them.
    #[error("this operation's body is translated as JSON only; a form cannot say what changes")]
    FormNotTranslatable,
    /// The multipart form is none that every server reads in the same way.
    #[error("the multipart form cannot be read: {0}")]
    Multipart(#[from] Malformed),
    /// A part is an object of its own.
    #[error(
        "a part of the form is JSON with fields that change; send them as fields of the form, or JSON alone"
    )]
    JsonPart,
    /// No JSON Patch.
    #[error("the JSON Patch cannot be read: {0}")]
    Patch(#[from] NoPatch),
    /// The plan is more than names.
    #[error(
        "the JSON Patch changes what this operation's translation does more to than rename; send the fields as JSON"
    )]
    PatchNotTranslatable,
}

impl Untranslatable {
    /// A parameter of the path that the upstream's version needs, and the request does not have.
    pub fn without_parameter(name: &str) -> Self {
        Untranslatable::unmovable(&Field::new([PATH, name]))
    }

    /// A value that has no form in the place of a field.
    pub(super) fn unmovable(field: &Field) -> Self {
        let mut losses = Losses::default();
        losses.report_refused(LossKind::Unconverted, field);
        Untranslatable::Unmovable(losses)
    }

    /// The machine-readable code, one word for each kind.
    pub fn code(&self) -> &'static str {
        match self {
            Untranslatable::Json(Fault { kind: FaultKind::TooDeep, .. }) => "json_depth",
            Untranslatable::Json(Fault { kind: FaultKind::Repeated(_), .. }) => "duplicate_key",
            Untranslatable::Json(Fault { kind: FaultKind::TooLarge { .. }, .. }) => "object_too_large",
            Untranslatable::Json(_) => "json_invalid",
            Untranslatable::Misplaced(_) | Untranslatable::Several(_) | Untranslatable::Unmovable(_) => {
                "translation_would_lose"
            }
            Untranslatable::NoMessage(_) => "json_invalid",
            Untranslatable::Media => "unsupported_media_type",
            Untranslatable::FormNotText => "form_invalid",
            Untranslatable::FormNotTranslatable | Untranslatable::JsonPart => "form_unsupported",
            Untranslatable::Multipart(_) => "multipart_invalid",
            Untranslatable::Patch(_) => "patch_invalid",
            Untranslatable::PatchNotTranslatable => "patch_unsupported",
        }
    }

    /// The limit that one object of the body is over, in bytes, where that is what is wrong.
    pub fn too_large(&self) -> Option<usize> {
        match self {
            Untranslatable::Json(Fault { kind: FaultKind::TooLarge { limit }, .. }) => Some(*limit),
            _ => None,
        }
    }

    /// Tells whether the body is well-formed by its own format, so that only the plan does not fit it.
    pub fn is_well_formed(&self) -> bool {
        match self {
            Untranslatable::Misplaced(_)
            | Untranslatable::Several(_)
            | Untranslatable::Unmovable(_)
            | Untranslatable::Media
            | Untranslatable::FormNotTranslatable
            | Untranslatable::JsonPart
            | Untranslatable::PatchNotTranslatable => true,
            Untranslatable::Json(_)
            | Untranslatable::NoMessage(_)
            | Untranslatable::FormNotText
            | Untranslatable::Multipart(_)
            | Untranslatable::Patch(_) => false,
        }
    }
}
