//! The reasons why a rule does not go with earlier ones, in words.

use crate::{
    authored::Code,
    json::{Field, Name},
    step::{Conversion, Scaling},
    version::Version,
};

/// A contradiction between a rule and earlier ones, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::pack) struct Conflict {
    pub(in crate::pack) code: Code,
    pub(in crate::pack) message: String,
    /// The words under the rule.
    pub(in crate::pack) label: &'static str,
    /// The advice how to fix it.
    pub(in crate::pack) hint: &'static str,
}

const TWO_NAMES: &str = "leave one of the two out, or move the value that is there to another name first";
const TWO_FORMS: &str =
    "a value is converted once, and keeps its form in all later versions: leave one of the two out";
const TWO_UNITS: &str = "an amount is given one unit, and keeps it in all later versions: leave one of the two out; or give \
    the amount a new name and leave the old one to the older versions";
const NO_OBJECT: &str =
    "a field is a value or an object in one version: mend the step that takes it for the other";

/// Names the rule of a version in a sentence: `a rule of 2026-07-01`.
fn rule(by: Option<Version>) -> String {
    by.map(|version| format!("a rule of {version}")).unwrap_or_else(|| "another rule".into())
}

impl Conflict {
    fn nothing(field: &Field, why: &str) -> Conflict {
        let message = format!("{field} can match nothing: {why}");
        let hint = "leave this step out, or write it before the one that takes the field away";
        Conflict { code: Code::MatchesNothing, message, label: "this step", hint }
    }

    fn contradiction(message: String, label: &'static str, hint: &'static str) -> Conflict {
        Conflict { code: Code::Contradiction, message, label, hint }
    }

    /// The field, or a container of it that is so many levels deep, is gone.
    pub(super) fn gone(field: &Field, levels: usize, how: &str, by: Option<Version>) -> Conflict {
        let since = by.map(|version| format!(" by {version}")).unwrap_or_default();
        Conflict::nothing(field, &format!("{} is {how}{since}", field.outer(levels)))
    }

    /// The container that is so many levels deep has no such member.
    pub(super) fn no_member(field: &Field, levels: usize, by: Option<Version>) -> Conflict {
        let name = field.names().get(levels).map(Name::text).unwrap_or_default();
        let why = match levels {
            0 => format!("{} has taken its place", rule(by)),
            _ => format!("{} has no `{name}`, says {}", field.outer(levels), rule(by)),
        };
        Conflict::nothing(field, &why)
    }

    /// The container that is so many levels deep is no object.
    pub(super) fn no_object(field: &Field, levels: usize, by: Option<Version>) -> Conflict {
        Conflict::nothing(field, &format!("{} is no object, says {}", field.outer(levels), rule(by)))
    }

    /// The container that a field is put into is no object.
    pub(super) fn no_place(to: &Field, levels: usize, by: Option<Version>) -> Conflict {
        let outer = to.outer(levels);
        let message = format!("{to} has no place: {outer} is no object, says {}", rule(by));
        Conflict::contradiction(message, "an object is needed there", NO_OBJECT)
    }

    /// A value is needed, and the field is an object.
    pub(super) fn object(field: &Field, by: Option<Version>) -> Conflict {
        let message = format!("{field} is an object: {} names what is in it", rule(by));
        Conflict::contradiction(message, "only a value can do this", NO_OBJECT)
    }

    /// Another field stands there.
    pub(super) fn there(field: &Field, by: Option<Version>) -> Conflict {
        let message = format!("{field} is there already: {} names it", rule(by));
        Conflict::contradiction(message, "two rules on one field", TWO_NAMES)
    }

    /// The value does not have the form for a conversion, after another one.
    pub(super) fn converted(field: &Field, conversion: Conversion, before: Conversion) -> Conflict {
        let message = format!("{field} is converted `{conversion}` after `{before}`");
        Conflict::contradiction(message, "it does not have that form any more", TWO_FORMS)
    }

    /// The amount may have kept its unit in a rule of another version, and would look like one that has this rule's.
    pub(super) fn scaled(field: &Field, now: &dyn std::fmt::Display, before: Scaling) -> Conflict {
        let message = format!(
            "{field} is given another unit by `{now}` after `{before}`: an amount whose unit the first does not know stays, and the \
             second would take it for one that has changed"
        );
        Conflict::contradiction(message, "this amount may have the unit of before", TWO_UNITS)
    }

    /// The value that a rule writes has no form in the newer version.
    pub(super) fn constant(field: &Field, text: &[u8]) -> Conflict {
        let message =
            format!("{field} has no other form: a rule writes {} there", String::from_utf8_lossy(text));
        Conflict::contradiction(message, "it does not have that form", TWO_FORMS)
    }

    /// A copy of the value has another form.
    pub(super) fn copied(field: &Field, conversion: Conversion) -> Conflict {
        let message = format!("{field} is converted `{conversion}`, and a copy of it from another form");
        Conflict::contradiction(message, "it cannot have both forms", TWO_FORMS)
    }
}
