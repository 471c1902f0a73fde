//! Amounts that are one sum in the other version.

use super::computed::sum;
use crate::{
    json::{Field, Object, Value, same},
    step::{LossKind, Losses, PossibleLoss, When},
};
use std::sync::Arc;

/// Some amounts and their sum, in one direction. All of them stand in one object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Parted {
    /// The amounts. The first gets the whole.
    pub(crate) parts: Vec<Field>,
    /// The field that has the sum, in brackets for those who ask for a list.
    pub(crate) whole: [Field; 1],
    /// True if the amounts become their sum, false for the way back.
    pub(crate) adds: bool,
    /// The JSON text of the zero that the other amounts get.
    pub(crate) others: Arc<[u8]>,
}

impl Parted {
    pub(super) fn sources(&self) -> &[Field] {
        if self.adds { &self.parts } else { &self.whole }
    }

    pub(super) fn targets(&self) -> &[Field] {
        if self.adds { &self.whole } else { &self.parts }
    }

    pub(super) fn losses(&self) -> Vec<PossibleLoss> {
        let odd =
            self.sources().iter().map(|field| PossibleLoss::new(LossKind::Unconverted, field, When::Odd));
        let is_new = |field: &&Field| !self.sources().contains(field);
        let in_the_way = self.targets().iter().filter(is_new);
        let in_the_way =
            in_the_way.map(|field| PossibleLoss::new(LossKind::Unconverted, field, When::BothStand));
        let odd = odd.chain(in_the_way);
        let dropped = |field| PossibleLoss::new(LossKind::Dropped, field, When::Differs);
        let made_up = |field| PossibleLoss::new(LossKind::MadeUp, field, When::Always);
        match self.adds {
            true => odd.chain(self.parts.iter().map(dropped)).collect(),
            false => odd.chain(self.parts.iter().skip(1).map(made_up)).collect(),
        }
    }
}

/// Adds the amounts up, or puts the sum into the first of them. Where one is no number, or a field of the other version
/// stands in the way, all stay as they are: a request may not be sent then, since it would be read as another amount.
pub(super) fn run<'a>(parted: &'a Parted, object: &mut Object<'a>, losses: &mut Losses) {
    let Some((containers, _)) = parted.whole[0].split() else { return };
    let Some(level) = object.descend(containers) else { return };
    let is_there =
        |level: &Object<'_>, field: &Field| field.split().is_some_and(|(_, name)| level.get(name).is_some());
    if !parted.sources().iter().any(|field| is_there(level, field)) {
        return;
    }
    let is_new = |field: &&Field| !parted.sources().contains(field);
    let is_free = !parted.targets().iter().filter(is_new).any(|field| is_there(level, field));
    let is_done =
        is_free && if parted.adds { add(parted, level, losses) } else { part(parted, level, losses) };
    if !is_done {
        let all = parted.sources().iter().chain(parted.targets().iter().filter(is_new));
        for field in all.filter(|field| is_there(level, field)) {
            losses.report_refused(LossKind::Unconverted, field);
        }
    }
}

/// Puts the sum in the place of the first amount; `false` if there is none.
fn add<'a>(parted: &'a Parted, level: &mut Object<'a>, losses: &mut Losses) -> bool {
    let names = parted.parts.iter().filter_map(|field| Some(field.split()?.1)).collect::<Vec<_>>();
    let texts: Option<Vec<Vec<u8>>> =
        names.iter().map(|name| Some(level.get(name)?.value.to_text().into_owned())).collect();
    let Some(texts) = texts else { return false };
    let is_null = texts.iter().all(|text| text == b"null");
    let whole = match is_null {
        true => Some(b"null".to_vec()),
        false => sum(&texts.iter().map(Vec::as_slice).collect::<Vec<_>>()),
    };
    let (Some(whole), Some((_, own))) = (whole, parted.whole[0].split()) else { return false };
    for (index, (field, text)) in parted.parts.iter().zip(&texts).enumerate() {
        let restored: &[u8] = if index == 0 || is_null { &whole } else { &parted.others };
        if !same(restored, text) {
            losses.report(LossKind::Dropped, field);
        }
    }
    for name in names.iter().skip(1) {
        level.take(name);
    }
    if let Some(first) = names.first().and_then(|name| level.get_mut(name)) {
        first.rename(own);
        first.value = Value::Text(whole.into());
    }
    true
}

/// Puts the sum into the first amount, and a zero into the others; `false` if it is no number of the zero's kind.
fn part<'a>(parted: &'a Parted, level: &mut Object<'a>, losses: &mut Losses) -> bool {
    let Some((_, own)) = parted.whole[0].split() else { return false };
    let Some(whole) = level.get_mut(own) else { return false };
    let text = whole.value.to_text().into_owned();
    let is_null = text == b"null";
    if !is_null && sum(&[&text, &parted.others]).is_none() {
        return false;
    }
    for (index, field) in parted.parts.iter().enumerate() {
        let Some((_, name)) = field.split() else { continue };
        if index == 0 {
            if let Some(whole) = level.get_mut(own) {
                whole.rename(name);
            }
        } else if is_null {
            level.push(name, Value::text(b"null"));
        } else {
            losses.report(LossKind::MadeUp, field);
            level.push(name, Value::text(&parted.others));
        }
    }
    true
}
