//! Amounts in major and in minor units, by the decimals that another field says: `"12.50"` and `1250` of `usd`.

use crate::{
    form::{Pairs, Parts},
    json::{Field, Name, Object, Value, number, quoted},
    step::{LookupRows, LossKind, Losses, PossibleLoss, Scaling, When},
};
use std::borrow::Cow;

/// An amount in one direction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Scaled {
    /// The field that has the amount, in brackets for those who ask for a list.
    pub(crate) field: [Field; 1],
    /// The field that says how many decimals it has.
    pub(crate) by: [Field; 1],
    /// The decimals for each value of that field.
    pub(crate) decimals: LookupRows,
    /// The forms before and after.
    pub(crate) scaling: Scaling,
    /// True if the fields are parameters, whose values are texts: a request with an amount that stays may not be sent.
    pub(crate) is_of_parameters: bool,
}

impl Scaled {
    pub(super) fn losses(&self) -> Vec<PossibleLoss> {
        self.field.iter().map(|field| PossibleLoss::new(LossKind::Unconverted, field, When::Odd)).collect()
    }

    pub(super) fn fits_parameters(&self) -> bool {
        self.field.iter().chain(&self.by).all(|field| field.names().len() == 1)
    }

    /// The same for a form, in which every value is a text.
    pub(super) fn for_forms(&self) -> Scaled {
        Scaled { decimals: self.decimals.for_forms(), is_of_parameters: true, ..self.clone() }
    }

    /// The amount in its other form; `None` where it has none: it is no number, or has more digits than the unit.
    fn scaled(&self, text: &[u8], decimals: u32) -> Option<Vec<u8>> {
        if self.is_of_parameters {
            let inner = text.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
            return Some(quoted(&self.scaled_number(inner, decimals)?).into_bytes());
        }
        let inner = match self.scaling {
            Scaling::DecimalToMinor => text.strip_prefix(b"\"")?.strip_suffix(b"\"")?,
            Scaling::MinorToDecimal | Scaling::NumberToMinor | Scaling::MinorToNumber => text,
        };
        let new = self.scaled_number(inner, decimals)?.into_bytes();
        Some(match self.scaling {
            Scaling::MinorToDecimal => [b"\"", &*new, b"\""].concat(),
            Scaling::DecimalToMinor | Scaling::NumberToMinor | Scaling::MinorToNumber => new,
        })
    }

    fn scaled_number(&self, number: &[u8], decimals: u32) -> Option<String> {
        match self.scaling {
            Scaling::DecimalToMinor | Scaling::NumberToMinor => number::to_minor(number, decimals),
            Scaling::MinorToDecimal => number::to_major(number, decimals),
            Scaling::MinorToNumber => {
                number::to_major(number, decimals).and_then(|major| number::scale(major.as_bytes(), 0))
            }
        }
    }
}

/// Gives an amount its other form. An amount that has none stays, and so does one whose decimals nobody knows: a request with
/// one may not be sent, since it would be read in the other unit.
pub(super) fn run<'a>(scaled: &'a Scaled, object: &mut Object<'a>, losses: &mut Losses) {
    let ([field], [by]) = (&scaled.field, &scaled.by);
    let unit = object.at(by).and_then(|member| scaled.decimals.get(&member.value.to_text()));
    let decimals = unit.and_then(|decimals| decimals.text().parse().ok());
    let Some(member) = object.at(field) else { return };
    if member.value.is_null() {
        return;
    }
    // An amount that could not be changed may have another unit than this one is for.
    let decimals = decimals.filter(|_| !member.unconverted);
    match decimals.and_then(|decimals: u32| scaled.scaled(&member.value.to_text(), decimals)) {
        Some(text) => member.value = Value::Text(Cow::Owned(text)),
        None => {
            member.unconverted = true;
            losses.report_refused(LossKind::Unconverted, field);
        }
    }
}

/// Gives a parameter its other form. One that has none is refused: the amount would be another one.
pub(super) fn run_on_pairs(scaled: &Scaled, pairs: &mut Pairs<'_>, losses: &mut Losses) {
    let ([field], [by]) = (&scaled.field, &scaled.by);
    let (Some(name), Some(by)) = (field.names().last(), by.names().last()) else { return };
    if !pairs.contains(name) {
        return;
    }
    let one = |name: &Name| -> Option<String> {
        if pairs.brackets(name).any(|brackets| !brackets.is_empty()) {
            return None;
        }
        let values: Vec<Option<String>> = pairs.values_of(name).collect();
        <[Option<String>; 1]>::try_from(values).ok().and_then(|[value]| value)
    };
    let decimals = one(by).and_then(|key| scaled.decimals.get_text(&key)?.text().parse().ok());
    let new = one(name)
        .zip(decimals)
        .and_then(|(text, decimals): (String, u32)| scaled.scaled_number(text.as_bytes(), decimals));
    match new {
        Some(new) => pairs.values(name).for_each(|value| {
            value.replace(Parts::default(), |text| (text != new).then(|| new.clone()));
        }),
        None => losses.report_refused(LossKind::Unconverted, field),
    }
}
