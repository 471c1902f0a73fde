//! Guards: the values that other fields must have for a step to run.
//!
//! `when = { type = "card", "plan.kind" = ["a", "b"] }` holds for an object in which every named field has one of the
//! values. A guard reads the object as it stands where its step runs: going up before the step, coming down before the
//! step is taken back. It never guesses: a field that is missing, or that has a value of another type, is none of the
//! values.
//!
//! | file | holds |
//! |---|---|
//! | `read` | the guard as a pack writes it |
//! | `follow` | the same guard on the other side of a step: the proof that both directions decide alike |
//! | `overlap` | guards that can never hold, and those that can hold for one object |

mod follow;
mod overlap;
mod read;

pub(super) use follow::follow;
pub(crate) use read::{WrittenGuard, read};

use super::Scalar;
use crate::{
    form::Pairs,
    json::{Field, Object, Value, number, unescape},
};
use std::fmt;

/// A guard: conditions that must hold together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guard {
    /// The conditions, ordered by their fields.
    conditions: Vec<Condition>,
}

/// A field and the values that it may have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Condition {
    pub(crate) field: Field,
    pub(crate) accepts: Vec<Accepted>,
    /// True if the field must be there and have none of the values.
    pub(crate) is_negated: bool,
}

/// A value that a field may have, or a kind of values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Accepted {
    /// A string, a number or a boolean.
    Value(Scalar),
    /// The text of a string, a number or a boolean, as a form has it.
    Text(Scalar),
    /// Any value of a type.
    Type(JsonType),
    /// Nothing: the field is not there.
    Absent,
}

/// A type of JSON values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum JsonType {
    Null,
    Boolean,
    Number,
    String,
    List,
    Object,
}

/// The verdict of a guard on parameters.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict<'g> {
    /// Every condition holds.
    Holds,
    /// A condition does not hold.
    HoldsNot,
    /// A parameter stands several times or as a list: the guard cannot say which of the values is meant.
    Several(&'g Field),
}

impl JsonType {
    /// Every type, with the word that a pack has for it.
    pub(crate) const ALL: [(JsonType, &'static str); 6] = [
        (JsonType::Null, "null"),
        (JsonType::Boolean, "boolean"),
        (JsonType::Number, "number"),
        (JsonType::String, "string"),
        (JsonType::List, "list"),
        (JsonType::Object, "object"),
    ];

    /// The type of a JSON text.
    fn of(text: &[u8]) -> Option<JsonType> {
        match text.first()? {
            b'n' => Some(JsonType::Null),
            b't' | b'f' => Some(JsonType::Boolean),
            b'"' => Some(JsonType::String),
            b'[' => Some(JsonType::List),
            b'{' => Some(JsonType::Object),
            b'-' | b'0'..=b'9' => Some(JsonType::Number),
            _ => None,
        }
    }

    /// The byte that stands for the type in a fingerprint.
    pub(crate) fn code(self) -> u8 {
        match self {
            JsonType::Null => b'n',
            JsonType::Boolean => b'b',
            JsonType::Number => b'1',
            JsonType::String => b's',
            JsonType::List => b'l',
            JsonType::Object => b'o',
        }
    }

    fn word(self) -> &'static str {
        JsonType::ALL.into_iter().find(|(own, _)| *own == self).map_or("", |(_, word)| word)
    }
}

impl Accepted {
    /// Tells whether a JSON text is this value: a string however it is written, a number by its value, so that `1.0` is `1`.
    pub(crate) fn is(&self, text: &[u8]) -> bool {
        match self {
            Accepted::Value(scalar) => {
                scalar.is(text) || (!scalar.is_string() && number::equal(scalar.json(), text))
            }
            Accepted::Text(_) => unescape(text).is_some_and(|text| self.is_parameter(&text)),
            Accepted::Type(own) => JsonType::of(text) == Some(*own),
            Accepted::Absent => false,
        }
    }

    /// Tells whether a parameter with this text has the value.
    fn is_parameter(&self, text: &str) -> bool {
        match self {
            Accepted::Value(scalar) | Accepted::Text(scalar) => {
                scalar.text() == text
                    || (!scalar.is_string() && number::equal(scalar.json(), text.as_bytes()))
            }
            Accepted::Type(_) | Accepted::Absent => false,
        }
    }
}

impl Condition {
    /// Tells whether the condition holds for a value; `None` where the field is not there.
    fn accepts(&self, text: Option<&[u8]>) -> bool {
        match text {
            Some(text) => self.accepts.iter().any(|accepted| accepted.is(text)) != self.is_negated,
            None => self.accepts_absent(),
        }
    }

    pub(crate) fn accepts_absent(&self) -> bool {
        !self.is_negated && self.accepts.contains(&Accepted::Absent)
    }

    fn holds(&self, object: &mut Object<'_>) -> bool {
        let Some((containers, name)) = self.field.split() else { return false };
        match object.descend(containers).and_then(|level| level.get(name)).map(|member| &member.value) {
            None => self.accepts(None),
            Some(Value::Text(text)) => self.accepts(Some(text)),
            // The type is all that counts of an object.
            Some(Value::Object(_)) => self.accepts(Some(b"{}")),
        }
    }

    fn of_parameter(&self, pairs: &Pairs<'_>) -> Verdict<'_> {
        let Some((_, name)) = self.field.split() else { return Verdict::HoldsNot };
        let mut brackets = pairs.brackets(name);
        let holds = match (brackets.next(), brackets.next()) {
            (None, _) => self.accepts_absent(),
            (Some(""), None) => {
                let text = pairs.values_of(name).next().flatten().unwrap_or_default();
                self.accepts.iter().any(|accepted| accepted.is_parameter(&text)) != self.is_negated
            }
            (Some(_), _) => return Verdict::Several(&self.field),
        };
        if holds { Verdict::Holds } else { Verdict::HoldsNot }
    }
}

impl Guard {
    pub(crate) fn new(mut conditions: Vec<Condition>) -> Guard {
        conditions.sort_by(|one, other| one.field.cmp(&other.field));
        Guard { conditions }
    }

    /// The guard that holds where the field is absent.
    pub(super) fn absent(field: Field) -> Guard {
        Guard::new(vec![Condition { field, accepts: vec![Accepted::Absent], is_negated: false }])
    }

    /// The guard that holds where both hold.
    pub(super) fn and(&self, other: &Guard) -> Guard {
        let mut conditions = self.conditions.clone();
        conditions.extend(other.conditions.iter().filter(|new| !self.conditions.contains(new)).cloned());
        Guard::new(conditions)
    }

    pub(crate) fn conditions(&self) -> &[Condition] {
        &self.conditions
    }

    /// The fields that the guard reads.
    pub fn fields(&self) -> impl Iterator<Item = &Field> {
        self.conditions.iter().map(|condition| &condition.field)
    }

    /// The fields that must be there for the guard to hold.
    pub(crate) fn needs(&self) -> impl Iterator<Item = &Field> {
        self.conditions
            .iter()
            .filter(|condition| !condition.accepts_absent())
            .map(|condition| &condition.field)
    }

    /// The values that fields may have, without those that are types.
    pub(crate) fn words(&self) -> impl Iterator<Item = (&Field, &Scalar)> {
        let wanted = self.conditions.iter().filter(|condition| !condition.is_negated);
        wanted.flat_map(|Condition { field, accepts, .. }| {
            accepts.iter().filter_map(move |accepted| match accepted {
                Accepted::Value(scalar) | Accepted::Text(scalar) => Some((field, scalar)),
                Accepted::Type(_) | Accepted::Absent => None,
            })
        })
    }

    /// Tells whether the guard holds for an object.
    pub(crate) fn holds(&self, object: &mut Object<'_>) -> bool {
        self.conditions.iter().all(|condition| condition.holds(object))
    }

    /// The guard on a form's document, whose values are texts; `None` where it asks for a type that no text has.
    pub(crate) fn for_forms(&self) -> Option<Guard> {
        let accepted = |accepted: &Accepted| match accepted {
            Accepted::Value(scalar) | Accepted::Text(scalar) => Some(Accepted::Text(scalar.clone())),
            Accepted::Type(JsonType::Object) | Accepted::Absent => Some(accepted.clone()),
            Accepted::Type(_) => None,
        };
        let condition = |condition: &Condition| {
            let accepts = condition.accepts.iter().map(accepted).collect::<Option<_>>()?;
            Some(Condition { accepts, ..condition.clone() })
        };
        Some(Guard { conditions: self.conditions.iter().map(condition).collect::<Option<_>>()? })
    }

    /// The field of a form that has a list where the guard asks for a text: it decides nothing.
    pub(crate) fn several(&self, object: &mut Object<'_>) -> Option<&Field> {
        let is_text = |accepted: &Accepted| matches!(accepted, Accepted::Text(_));
        let asks = |condition: &&Condition| condition.accepts.iter().any(is_text);
        let mut asked = self.conditions.iter().filter(asks).map(|condition| &condition.field);
        asked.find(|field| {
            let Some((containers, name)) = field.split() else { return false };
            let member = object.descend(containers).and_then(|level| level.get(name));
            member.is_some_and(|member| matches!(&member.value, Value::Text(text) if text.starts_with(b"[")))
        })
    }

    /// The verdict on parameters. A parameter that stands several times decides nothing, whatever the others are.
    pub(crate) fn of_parameters(&self, pairs: &Pairs<'_>) -> Verdict<'_> {
        let mut all = Verdict::Holds;
        for condition in &self.conditions {
            match condition.of_parameter(pairs) {
                Verdict::Holds => {}
                Verdict::HoldsNot => all = Verdict::HoldsNot,
                several @ Verdict::Several(_) => return several,
            }
        }
        all
    }

    /// Tells whether the guard can read parameters, which have no levels and no types.
    pub(crate) fn fits_parameters(&self) -> bool {
        self.conditions.iter().all(|Condition { field, accepts, .. }| {
            field.names().len() == 1 && accepts.iter().all(|accepted| !matches!(accepted, Accepted::Type(_)))
        })
    }
}

/// `"card"`, `1`, `a list`, `absent`.
impl fmt::Display for Accepted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Accepted::Value(scalar) | Accepted::Text(scalar) => {
                f.write_str(&String::from_utf8_lossy(scalar.json()))
            }
            Accepted::Type(JsonType::Null) => f.write_str("null"),
            Accepted::Type(JsonType::Object) => f.write_str("an object"),
            Accepted::Type(other) => write!(f, "a {}", other.word()),
            Accepted::Absent => f.write_str("absent"),
        }
    }
}

/// `type is "card" or "bank"`.
impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Condition { field, accepts, is_negated } = self;
        let (is, or) = if *is_negated { ("is not", "nor") } else { ("is", "or") };
        let accepts: Vec<String> = accepts.iter().map(Accepted::to_string).collect();
        write!(f, "{field} {is} {}", accepts.join(&format!(" {or} ")))
    }
}

/// `type is "card" and live is true`.
impl fmt::Display for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let conditions: Vec<String> = self.conditions.iter().map(Condition::to_string).collect();
        f.write_str(&conditions.join(" and "))
    }
}

#[cfg(test)]
mod tests;
