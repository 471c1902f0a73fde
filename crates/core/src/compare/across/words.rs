//! The differences as text for people.

use super::changes::{Cause, FieldChange, Kind, Seen, Source};
use crate::{
    compare::report::{counted, shown},
    step::LossKind,
};
use serde_json::Value;
use std::{fmt, sync::Arc};

/// `` `processing_volume` 11050.00 becomes `volume_usd.attributed` "11050.00" ``: one line, values shortened.
impl fmt::Display for FieldChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = |value: &Option<Value>| value.as_ref().map(shown).unwrap_or_default();
        let (old, new) = (value(&self.values.0), value(&self.values.1));
        let named = |names: &Option<Vec<String>>| name(names.as_deref().unwrap_or_default());
        let (before, after) = (named(&self.before), named(&self.after));
        match self.kind {
            Kind::Renamed => write!(f, "{before} {old} is called {after}")?,
            Kind::Moved => write!(f, "{before} {old} stands in {after}")?,
            Kind::Converted | Kind::Mapped => {
                let other = if self.before == self.after { String::new() } else { format!("{after} ") };
                let lost = if self.loss.is_some() { ", and the way back would not restore it" } else { "" };
                write!(f, "{before} {old} becomes {other}{new}{lost}")?;
            }
            Kind::Unconverted if self.values.0 != self.values.1 => {
                write!(f, "{before} {old} becomes {after} {new}: {}", self.note())?;
            }
            Kind::Unconverted if self.before != self.after => {
                write!(f, "{before} {old} stands in {after} {}", self.note())?;
            }
            Kind::Unconverted => write!(f, "{before} {old} stays {}", self.note())?,
            Kind::Tagged | Kind::Added => write!(f, "{after} {new} is {}", self.note())?,
            Kind::Gone => write!(f, "{before} {old} is {}", self.note())?,
        }
        match self.places {
            0 | 1 => Ok(()),
            places => write!(f, " ({places} times)"),
        }
    }
}

impl FieldChange {
    /// Describes the change without its names and values: `another name`, `gone`.
    pub fn note(&self) -> String {
        let made_up = match self.loss {
            Some(LossKind::MadeUp) => ", here made up",
            _ => "",
        };
        let lost = match self.loss {
            Some(LossKind::Dropped) => ", and the way back would not restore it",
            _ => "",
        };
        match (self.kind, &self.source) {
            (Kind::Renamed, _) => "another name".into(),
            (Kind::Moved, _) => "another place".into(),
            (Kind::Converted, _) => format!("another form{lost}"),
            (Kind::Mapped, _) => format!("another value{lost}"),
            (Kind::Unconverted, _) if self.values.0 != self.values.1 => {
                "in part, since the rest has no other form".into()
            }
            (Kind::Unconverted, _) => "as it is, since it has no other form".into(),
            (Kind::Tagged, _) => "new: it says which kind of object this is".into(),
            (Kind::Added, Some(Source::CopyOf(names))) => {
                format!("new{made_up}: a copy of {}", name(names))
            }
            (Kind::Added, Some(Source::Known(why))) => format!("new, known by {why}"),
            (Kind::Added, _) => format!("new{made_up}"),
            (Kind::Gone, _) if self.after.is_some() => "null, since such a value has no form there".into(),
            (Kind::Gone, _) => format!("gone{lost}"),
        }
    }
}

/// Every change under those of the pack that do it, and a line that sums up.
impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Group { object, by, changes } in self.groups() {
            let place = object.filter(|object| *object != "$").map(|object| format!(", in {object}"));
            for (index, Cause { version, name, why }) in by.iter().map(AsRef::as_ref).enumerate() {
                let place = place.as_deref().filter(|_| index == 0).unwrap_or_default();
                writeln!(f, "{version}: {name}{place}")?;
                writeln!(f, "  {why}")?;
            }
            changes.iter().try_for_each(|change| writeln!(f, "    {change}"))?;
        }
        writeln!(f, "{}", self.summary())
    }
}

/// The changes of one object that the same changes of the pack make.
#[derive(Debug)]
pub struct Group<'s> {
    /// The path of the object, `$.data[*]`, or `None` for parameters.
    pub object: Option<&'s str>,
    /// The changes of the pack.
    pub by: &'s [Arc<Cause>],
    /// The changes of fields.
    pub changes: Vec<&'s FieldChange>,
}

impl Seen {
    /// Groups the changes by the changes of the pack that make them.
    pub fn groups(&self) -> Vec<Group<'_>> {
        let mut groups: Vec<Group<'_>> = Vec::new();
        for change in &self.changes {
            let object = change.object.as_deref();
            match groups.iter_mut().find(|group| group.object == object && *group.by == *change.by) {
                Some(group) => group.changes.push(change),
                None => groups.push(Group { object, by: &change.by, changes: vec![change] }),
            }
        }
        groups
    }

    /// `9 differences: 4 converted, 3 new (2 made up), 2 gone; 12 values stay as they are.`
    pub fn summary(&self) -> String {
        let stay = match self.unchanged {
            1 => "1 value stays as it is".to_owned(),
            count => format!("{count} values stay as they are"),
        };
        if self.changes.is_empty() {
            return format!("Nothing differs: {stay}.");
        }
        let mut counts: Vec<String> = Vec::new();
        for kind in Kind::ALL {
            let of = self.changes.iter().filter(|change| change.kind == kind);
            let lost = of.clone().filter(|change| change.loss.is_some()).count();
            let word = match kind {
                Kind::Added => "new",
                other => other.as_str(),
            };
            let lost = match kind {
                Kind::Added if lost > 0 => format!(" ({lost} made up)"),
                Kind::Gone if lost > 0 => format!(" ({lost} lost)"),
                _ => String::new(),
            };
            match of.count() {
                0 => {}
                count => counts.push(format!("{count} {word}{lost}")),
            }
        }
        let differences = counted(self.changes.len() as u64, "difference");
        format!("{differences}: {}; {stay}.", counts.join(", "))
    }
}

/// A field by its names, `` `volume_usd.settled` ``.
fn name(names: &[String]) -> String {
    format!("`{}`", names.join("."))
}
