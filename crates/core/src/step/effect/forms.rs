//! Effects on a form, or on a query with brackets: its values are texts, and it has no null and nothing empty.

use super::{Computed, Derived, Effect, GuardedEffects, Joint, Made, MadeMember, Parted, ValueForm};
use crate::step::Lookup;
use serde_json::Value;
use std::sync::Arc;

impl Effect {
    /// The effect on a form's document, whose values are texts; `None` where it has no meaning there.
    pub(crate) fn for_forms(&self) -> Option<Effect> {
        Some(match self {
            Effect::Relocate { .. } | Effect::Tag(_) | Effect::Untag(_) => self.clone(),
            Effect::Reform { field, form, told } => {
                Effect::Reform { field: field.clone(), form: form.for_forms()?, told: told.clone() }
            }
            Effect::Joint(joint) => Effect::Joint(Box::new(joint.for_forms()?)),
            Effect::Guarded(guarded) => Effect::Guarded(Box::new(GuardedEffects {
                guard: guarded.guard.for_forms()?,
                back: match &guarded.back {
                    Some(back) => Some(back.for_forms()?),
                    None => None,
                },
                effects: guarded.effects.iter().map(Effect::for_forms).collect::<Option<_>>()?,
            })),
            Effect::Elements(each) => {
                let effects = each.effects.iter().map(Effect::for_forms).collect::<Option<_>>()?;
                Effect::Elements(Box::new(each.with(effects)))
            }
            Effect::Make { field, made } => Effect::Make { field: field.clone(), made: made.for_forms()? },
            // What would come back as null does not come back.
            Effect::Remove { field, made } => {
                Effect::Remove { field: field.clone(), made: made.for_forms().unwrap_or(Made::Nothing) }
            }
            Effect::Widen { from, to, members } => {
                Effect::Widen { from: from.clone(), to: to.clone(), members: made_members(members) }
            }
            Effect::Narrow { from, to, members } => {
                Effect::Narrow { from: from.clone(), to: to.clone(), members: made_members(members) }
            }
        })
    }
}

impl Joint {
    fn for_forms(&self) -> Option<Joint> {
        match self {
            Joint::Tuples(map) => Some(Joint::Tuples(map.for_forms()?)),
            Joint::Scaled(scaled) => Some(Joint::Scaled(scaled.for_forms())),
            Joint::Parted(parted) => {
                Some(Joint::Parted(Parted { others: texts(&parted.others)?, ..parted.clone() }))
            }
        }
    }
}

impl ValueForm {
    fn for_forms(&self) -> Option<ValueForm> {
        match self {
            ValueForm::Converted(_) | ValueForm::Mapped { .. } => {
                self.fits_parameters().then(|| ValueForm::Text(Box::new(self.clone())))
            }
            // Every element of a list is a text of its own.
            ValueForm::Each(form) => form.for_forms(),
            ValueForm::Text(_) => Some(self.clone()),
            ValueForm::Listed { .. } => Some(ValueForm::Listed { empty: None }),
            ValueForm::Single { first, .. } => Some(ValueForm::Single { empty: None, first: *first }),
        }
    }
}

impl Made {
    fn for_forms(&self) -> Option<Made> {
        Some(match self {
            Made::Nothing => Made::Nothing,
            Made::Constant { text, implied_by } => {
                Made::Constant { text: texts(text)?, implied_by: implied_by.clone() }
            }
            Made::Default { text } => Made::Default { text: texts(text)? },
            Made::Derived(derived) => Made::Derived(Box::new(Derived {
                lookup: derived.lookup.as_ref().map(Lookup::for_forms),
                anchor_form: match &derived.anchor_form {
                    Some(form) => Some(form.for_forms()?),
                    None => None,
                },
                ..(**derived).clone()
            })),
            Made::Computed(computed) => Made::Computed(Box::new(Computed {
                // A form has no empty list.
                empty: None,
                rest: match &computed.rest {
                    Some(rest) => Some(texts(rest)?),
                    None => None,
                },
                forms: computed
                    .forms
                    .iter()
                    .map(|(field, form)| Some((field.clone(), form.for_forms()?)))
                    .collect::<Option<_>>()?,
                ..(**computed).clone()
            })),
            Made::Beside { anchor, text, anchor_form } => Made::Beside {
                anchor: anchor.clone(),
                text: match text {
                    Some(text) => Some(texts(text)?),
                    None => None,
                },
                anchor_form: match anchor_form {
                    Some(form) => Some(Box::new(form.for_forms()?)),
                    None => None,
                },
            },
        })
    }
}

/// The members that an object gets in a form: one that is null, or empty, is not there.
fn made_members(members: &[MadeMember]) -> Vec<MadeMember> {
    let made = |member: &MadeMember| Some(MadeMember { text: texts(&member.text)?, ..member.clone() });
    members.iter().filter_map(made).collect()
}

/// A JSON text with every scalar as a string; `None` where something in it has no form: null, `[]` or `{}`.
fn texts(json: &[u8]) -> Option<Arc<[u8]>> {
    let value = as_texts(serde_json::from_slice(json).ok()?)?;
    Some(value.to_string().into_bytes().into())
}

fn as_texts(value: Value) -> Option<Value> {
    Some(match value {
        Value::Null => return None,
        Value::Bool(_) | Value::Number(_) => Value::String(value.to_string()),
        Value::String(_) => value,
        Value::Array(elements) if !elements.is_empty() => {
            Value::Array(elements.into_iter().map(as_texts).collect::<Option<_>>()?)
        }
        Value::Object(members) if !members.is_empty() => {
            let members = members.into_iter().map(|(name, value)| Some((name, as_texts(value)?)));
            Value::Object(members.collect::<Option<_>>()?)
        }
        Value::Array(_) | Value::Object(_) => return None,
    })
}
