//! Values that get another form.

use super::ValueForm;
use crate::{
    form::{Pairs, Parts},
    json::{Field, Name, Object, Value, quoted, same},
    step::{Conversion, LossKind, Losses},
};

/// Gives the value of a field another form.
///
/// The second of the fields is the name that a loss is told by.
pub(super) fn run<'a>(
    fields: (&Field, &Field),
    form: &'a ValueForm,
    object: &mut Object<'a>,
    losses: &mut Losses,
) {
    match form {
        ValueForm::Converted(conversion) => convert(fields, *conversion, object, losses),
        ValueForm::Mapped { pairs, parts } => map(fields, pairs, *parts, object, losses),
    }
}

fn convert(
    (field, told): (&Field, &Field),
    conversion: Conversion,
    object: &mut Object<'_>,
    losses: &mut Losses,
) {
    let Some((containers, name)) = field.split() else { return };
    let Some(member) = object.descend(containers).and_then(|level| level.get_mut(name)) else { return };
    if member.value.is_null() {
        return;
    }
    let converted = match &member.value {
        Value::Text(text) => conversion.apply(text),
        Value::Object(_) => None,
    };
    match converted {
        Some(text) => {
            if conversion.loses(&member.value.to_text()) {
                losses.report(LossKind::Dropped, told);
            }
            member.value = Value::Text(text);
        }
        None => {
            member.unconverted = true;
            losses.report(LossKind::Unconverted, told);
        }
    }
}

fn map<'a>(
    (field, told): (&Field, &Field),
    pairs: &'a [(Name, Name)],
    parts: Parts,
    object: &mut Object<'a>,
    losses: &mut Losses,
) {
    let Some((containers, name)) = field.split() else { return };
    let Some(member) = object.descend(containers).and_then(|level| level.get_mut(name)) else { return };
    let text = member.value.to_text();
    if !parts.is_whole() {
        let text = serde_json::from_slice::<String>(&text).ok();
        let mapped =
            text.and_then(|text| parts.replaced(&text, false, |value| mapped(told, pairs, value, losses)));
        if let Some(mapped) = mapped {
            member.value = Value::Text(quoted(&mapped).into_bytes().into());
        }
        return;
    }
    if let Some((_, target)) = pairs.iter().find(|(source, _)| same(source.quoted(), &text)) {
        member.value = Value::text(target.quoted());
    } else if pairs.iter().any(|(_, target)| same(target.quoted(), &text)) {
        losses.report(LossKind::Unconverted, told);
    }
}

/// Converts the values of a parameter. One without text has no value.
pub(super) fn convert_pairs(
    (field, told): (&Field, &Field),
    conversion: Conversion,
    pairs: &mut Pairs<'_>,
    losses: &mut Losses,
) {
    let Some((_, name)) = field.split() else { return };
    for value in pairs.values(name) {
        value.replace(Parts::default(), |text| {
            let converted = conversion.apply_to_parameter(text);
            if converted.is_none() && !text.is_empty() {
                losses.report(LossKind::Unconverted, told);
            } else if conversion.loses_of_parameter(text) {
                losses.report(LossKind::Dropped, told);
            }
            converted.filter(|converted| converted != text)
        });
    }
}

/// Gives the values of a parameter other names.
pub(super) fn map_pairs(
    (field, told): (&Field, &Field),
    names: &[(Name, Name)],
    parts: Parts,
    pairs: &mut Pairs<'_>,
    losses: &mut Losses,
) {
    let Some((_, name)) = field.split() else { return };
    for value in pairs.values(name) {
        value.replace(parts, |text| mapped(told, names, text, losses));
    }
}

/// The name that a value gets, where it gets another. One that only the other version has is reported.
fn mapped(field: &Field, pairs: &[(Name, Name)], text: &str, losses: &mut Losses) -> Option<String> {
    let known = pairs.iter().find(|(source, _)| source.text() == text);
    if known.is_none() && pairs.iter().any(|(_, target)| target.text() == text) {
        losses.report(LossKind::Unconverted, field);
    }
    known.map(|(_, target)| target.text().to_owned())
}
