//! `map`: values of an enumeration get other names.
//!
//! Values that are not listed pass as they are. In a body, a value that only the other version documents passes too,
//! but is reported, since it would come back as another one.

use super::{Direction, LossKind, Losses, PossibleLoss, When};
use crate::{
    form::Pairs,
    json::{Field, Name, Object, Value, same},
};

/// Renames values of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Map {
    /// The field, the same in both versions.
    pub field: Field,
    /// Older value, newer value; neither side repeats one.
    pub values: Vec<(Name, Name)>,
}

impl Map {
    /// The pairs as (source, target).
    pub(super) fn pairs(&self, direction: Direction) -> impl Iterator<Item = (&Name, &Name)> {
        self.values.iter().map(move |(older, newer)| match direction {
            Direction::Up => (older, newer),
            Direction::Down => (newer, older),
        })
    }

    pub(super) fn run<'a>(&'a self, direction: Direction, object: &mut Object<'a>, losses: &mut Losses) {
        let Some((containers, name)) = self.field.split() else { return };
        let Some(member) = object.descend(containers).and_then(|level| level.get_mut(name)) else { return };
        let text = member.value.to_text();
        if let Some((_, target)) = self.pairs(direction).find(|(source, _)| same(source.quoted(), &text)) {
            member.value = Value::text(target.quoted());
        } else if self.pairs(direction).any(|(_, target)| same(target.quoted(), &text)) {
            losses.report(LossKind::Unconverted, &self.field);
        }
    }

    pub(super) fn run_on_pairs<'a>(
        &'a self,
        direction: Direction,
        pairs: &mut Pairs<'a>,
        losses: &mut Losses,
    ) {
        let Some((_, name)) = self.field.split() else { return };
        for value in pairs.values(name) {
            let text = value.decoded();
            if let Some((_, target)) = self.pairs(direction).find(|(source, _)| source.text() == text) {
                value.set(target.text());
            } else if self.pairs(direction).any(|(_, target)| target.text() == text) {
                losses.report(LossKind::Unconverted, &self.field);
            }
        }
    }

    pub(super) fn losses(&self, _: Direction) -> Vec<PossibleLoss> {
        vec![PossibleLoss::new(LossKind::Unconverted, &self.field, When::Odd)]
    }

    pub(super) fn describe(&self, direction: Direction) -> String {
        let pairs =
            self.pairs(direction).map(|(source, target)| format!("{} -> {}", source.text(), target.text()));
        format!("map values of {}: {}", self.field, pairs.collect::<Vec<_>>().join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::{
            Step,
            test::{check, check_both, field},
        },
        *,
    };

    #[test]
    fn values_are_renamed_and_others_pass() {
        let values = vec![(Name::new("processing_volume"), Name::new("volume_usd"))];
        let steps = vec![Step::Map(Map { field: field("order"), values })];
        check_both(&steps, r#"{"order":"processing_volume"}"#, r#"{"order":"volume_usd"}"#);
        for other in ["\"created_at\"", "null", "1", "[\"processing_volume\"]"] {
            let document = format!("{{\"order\":{other}}}");
            check_both(&steps, &document, &document);
        }
        let newer = r#"{"order":"volume_usd"}"#;
        check(&steps, Direction::Up, newer, newer, "order=unconverted");
    }
}
