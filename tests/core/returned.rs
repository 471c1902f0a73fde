//! The comparison of a document with its copy that went to another version and back: equal except for reported losses.

use super::{
    facts::{Fact, Form, Kind},
    run::Lost,
    value::Json,
};
use dateline_core::step::LossKind;

/// A document that went out and came back, with the losses of both ways.
pub(super) struct Journey<'j> {
    pub(super) kind: Kind,
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) lost: &'j Lost,
}

impl Journey<'_> {
    /// Tells whether this loss was reported on the way.
    fn lost(&self, kind: LossKind, field: &str) -> bool {
        !field.is_empty() && self.lost.contains_key(&(kind, field.to_owned()))
    }

    fn facts(&self) -> impl Iterator<Item = &'static Fact> {
        self.kind.facts_between(self.from, self.to)
    }

    /// Compares one resource with itself.
    ///
    /// # Errors
    /// The field that changed although nothing that was reported allows it.
    pub(super) fn check(&self, before: &Json<'_>, after: &Json<'_>) -> Result<(), String> {
        let (Some(_), Some(_)) = (before.members(), after.members()) else {
            return verdict(before.raw == after.raw, "the resource itself");
        };
        self.facts().try_for_each(|fact| self.field(fact, before, after))?;
        self.groups().into_iter().try_for_each(|group| self.group(group, before, after))?;
        verdict(unnamed(before, &self.names("")) == unnamed(after, &self.names("")), "what no step names")
    }

    fn field(&self, fact: &Fact, before: &Json<'_>, after: &Json<'_>) -> Result<(), String> {
        let (own, other) = fact.names(self.from);
        if !other.is_empty() && other != own {
            let (group, had, has) =
                (other.split('.').next().unwrap_or(other), before.at(other), after.at(other));
            let gone = self.lost(LossKind::Dropped, other) || self.lost(LossKind::Dropped, group);
            let outer = |json: &Json<'_>| json.at(group).map(|value| value.raw.to_owned());
            let same = had.map(|json| json.raw) == has.map(|json| json.raw)
                && (group == other || outer(before) == outer(after));
            // The group of the other version is compared as one value: here it is gone, or it is what it was.
            verdict(same || (gone && has.is_none()), other)?;
        }
        if own.is_empty() || self.is_group(own) {
            return Ok(());
        }
        let (had, has) = (before.at(own), after.at(own));
        let unconverted =
            self.lost(LossKind::Unconverted, fact.old) || self.lost(LossKind::Unconverted, fact.new);
        let fine = match (had, has) {
            (None, None) => true,
            (Some(had), Some(has)) if self.equal(fact, had, has) => true,
            (None, Some(has)) if has.is_null() && self.was_null(own, before) => true,
            (Some(had), Some(has)) if unconverted => {
                let (had, has) = (had.decimal(), has.decimal());
                had.is_some() && (had == has || fact.form == Form::Fraction && by_hundred(had, has))
            }
            (_, has) => match fact.form {
                // Absence is no loss: where the other version implies the value, the way back fills it in.
                Form::Gone(restored) => {
                    let kind = if had.is_some() { LossKind::Dropped } else { LossKind::MadeUp };
                    (self.lost(kind, fact.old) || had.is_none() && own == "currency")
                        && has.is_some_and(|has| has.same(&Json::read(restored)))
                        || self.container_is_gone(own, after)
                }
                Form::Added => self.added(fact, own, (had, has), after),
                Form::Same | Form::Decimal | Form::Fraction | Form::Sorting => {
                    self.container_is_gone(own, after)
                }
            },
        };
        verdict(fine, own)
    }

    fn equal(&self, fact: &Fact, had: &Json<'_>, has: &Json<'_>) -> bool {
        let decimals = matches!(fact.form, Form::Decimal | Form::Added);
        match (decimals, had.decimal(), has.decimal()) {
            (true, Some(one), Some(other)) => {
                one == other && had.raw.starts_with('"') == has.raw.starts_with('"')
            }
            _ if fact.form == Form::Same => had.raw == has.raw,
            _ => had.same(has),
        }
    }

    /// A field that an older version does not have is made up again, in the way that was promised.
    fn added(
        &self,
        fact: &Fact,
        own: &str,
        (had, has): (Option<&Json<'_>>, Option<&Json<'_>>),
        after: &Json<'_>,
    ) -> bool {
        if self.container_is_gone(own, after) {
            return true;
        }
        let is_null = had.is_none() && has.is_some_and(Json::is_null);
        let reported =
            is_null || self.lost(LossKind::Dropped, fact.new) || self.lost(LossKind::MadeUp, fact.new);
        let Some(anchor) = after.at("volume_usd.attributed") else { return reported && has.is_none() };
        let copied = has.is_some_and(|has| has.raw == anchor.raw);
        let promised = match own {
            "volume_usd.settled" => copied,
            "volume_usd.awaiting_settlement" if anchor.is_null() => copied,
            "volume_usd.awaiting_settlement" => {
                let odd = self.lost(LossKind::Unconverted, "volume_usd.attributed");
                has.is_some_and(|has| has.raw == "\"0.00\"") || odd && copied
            }
            _ => false,
        };
        reported && promised
    }

    /// A receipt of another kind has no older form, and says so.
    fn container_is_gone(&self, own: &str, after: &Json<'_>) -> bool {
        let Some((group, _)) = own.split_once('.') else { return false };
        self.lost(LossKind::Dropped, group) && after.at(group).is_some_and(Json::is_null)
    }

    /// A group that was null comes back with what it would have, all of it null, and says so.
    fn was_null(&self, own: &str, before: &Json<'_>) -> bool {
        let Some((group, _)) = own.split_once('.') else { return false };
        self.lost(LossKind::Dropped, group) && before.at(group).is_some_and(Json::is_null)
    }

    /// Tells whether the field holds other fields that change: its own value is compared by [`Journey::group`].
    fn is_group(&self, name: &str) -> bool {
        self.groups().contains(&name)
    }

    fn groups(&self) -> Vec<&'static str> {
        let own = self.facts().map(|fact| fact.names(self.from).0);
        let mut groups: Vec<_> =
            own.filter_map(|name| name.split_once('.')).map(|(group, _)| group).collect();
        // The receipt is one under both its names.
        groups.extend(self.facts().filter(|fact| fact.old == "receipt").map(|fact| fact.names(self.from).0));
        groups.sort_unstable();
        groups.dedup();
        groups
    }

    fn group(&self, group: &str, before: &Json<'_>, after: &Json<'_>) -> Result<(), String> {
        let (had, has) = (before.at(group), after.at(group));
        let names = self.names(group);
        let fine = match (had, has) {
            (None, None) => true,
            (Some(had), Some(has)) if had.members().is_some() && has.members().is_some() => {
                unnamed(had, &names) == unnamed(has, &names)
            }
            (Some(had), Some(has)) if had.raw == has.raw => true,
            (Some(had), Some(has)) if had.is_null() && self.lost(LossKind::Dropped, group) => {
                has.members().is_some_and(|members| members.iter().all(|member| member.value.is_null()))
            }
            (Some(_), Some(has)) => self.lost(LossKind::Dropped, group) && has.is_null(),
            // Every member is gone, each reported; one that stood empty stays.
            (Some(had), None) => {
                unnamed(had, &names).is_empty() && had.members().is_some_and(|members| !members.is_empty())
            }
            (None, Some(_)) => false,
        };
        verdict(fine, group)
    }

    /// The names that some step on the way names, at the top or inside a group.
    fn names(&self, group: &str) -> Vec<&'static str> {
        let receipt = ["receipt", "resource"];
        let groups = if receipt.contains(&group) { &receipt[..] } else { &[group] };
        let all = self.facts().flat_map(|fact| [fact.old, fact.new]);
        let names = all.filter_map(|name| match group {
            "" => name.split('.').next(),
            _ => name.split_once('.').filter(|(outer, _)| groups.contains(outer)).map(|(_, inner)| inner),
        });
        names.filter(|name| !name.is_empty()).collect()
    }
}

/// The texts of the members that have none of these names, in order.
pub(super) fn unnamed<'a>(object: &Json<'a>, names: &[&str]) -> Vec<&'a str> {
    let members = object.members().unwrap_or_default().iter();
    members.filter(|member| !names.contains(&member.name.as_str())).map(|member| member.raw).collect()
}

fn by_hundred(one: Option<super::value::Decimal>, other: Option<super::value::Decimal>) -> bool {
    one.clone().map(|one| one.times(2)) == other || one == other.map(|other| other.times(2))
}

fn verdict(fine: bool, what: &str) -> Result<(), String> {
    if fine { Ok(()) } else { Err(format!("{what} did not come back as it was")) }
}
