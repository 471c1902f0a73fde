//! What is seen differently, for people.

use super::changes::{Cause, FieldChange, Kind, Seen, Source};
use crate::step::LossKind;
use serde_json::Value;
use std::fmt;

/// Characters of a value that are shown.
const SHOWN: usize = 72;

/// `` `processing_volume` 11050.00 becomes `volume_usd.attributed` "11050.00" ``: one line, values shortened.
impl fmt::Display for FieldChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (old, new) = (Shown(self.values.0.as_ref()), Shown(self.values.1.as_ref()));
        let (before, after) = (Named(self.before.as_deref()), Named(self.after.as_deref()));
        let has_moved = self.before != self.after;
        match self.kind {
            Kind::Renamed => write!(f, "{before} {old} is called {after}")?,
            Kind::Moved => write!(f, "{before} {old} stands in {after}")?,
            Kind::Converted | Kind::Mapped if has_moved => write!(f, "{before} {old} becomes {after} {new}")?,
            Kind::Converted | Kind::Mapped => write!(f, "{before} {old} becomes {new}")?,
            Kind::Unconverted if self.values.0 != self.values.1 => {
                write!(f, "{before} {old} becomes {after} {new}, in part: the rest has no other form")?;
            }
            Kind::Unconverted if has_moved => {
                write!(f, "{before} {old} stands in {after} as it is: it has no other form")?;
            }
            Kind::Unconverted => write!(f, "{before} {old} stays as it is: it has no other form")?,
            Kind::Tagged => write!(f, "{after} {new} is new: it says which kind of object this is")?,
            Kind::Added => {
                write!(f, "{after} {new} is new{}", if self.loss.is_some() { ", made up" } else { "" })?;
                match &self.source {
                    Some(Source::CopyOf(names)) => write!(f, ": a copy of {}", Named(Some(names)))?,
                    Some(Source::Known(why)) => write!(f, ", known by {why}")?,
                    Some(Source::Pack) | None => {}
                }
            }
            Kind::Gone if self.after.is_some() => {
                write!(f, "{before} {old} is null: such a value has no form there")?;
            }
            Kind::Gone if self.loss == Some(LossKind::Dropped) => {
                write!(f, "{before} {old} is gone, and nothing brings it back")?;
            }
            Kind::Gone => write!(f, "{before} {old} is gone")?,
        }
        match self.places {
            0 | 1 => Ok(()),
            places => write!(f, " ({places} times)"),
        }
    }
}

/// Every change under those of the pack that do it, and a line that sums up.
impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (by, changes) in self.by_cause() {
            for Cause { version, name, why } in by.iter().map(AsRef::as_ref) {
                writeln!(f, "{version}: {name}. {why}")?;
            }
            for change in changes {
                writeln!(f, "  {change}")?;
            }
        }
        writeln!(f, "{}", self.summary())
    }
}

impl Seen {
    /// The changes by those of the pack that do them.
    pub fn by_cause(&self) -> Vec<(&[std::sync::Arc<Cause>], Vec<&FieldChange>)> {
        let mut causes: Vec<(&[std::sync::Arc<Cause>], Vec<&FieldChange>)> = Vec::new();
        for change in &self.changes {
            match causes.iter_mut().find(|(by, _)| *by == change.by) {
                Some((_, changes)) => changes.push(change),
                None => causes.push((&change.by, vec![change])),
            }
        }
        causes
    }

    /// `9 fields differ: 4 converted, 3 new (2 made up), 2 gone. 12 values stay as they are.`
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
        let differ = match self.changes.len() {
            1 => "1 field differs".to_owned(),
            count => format!("{count} fields differ"),
        };
        format!("{differ}: {}; {stay}.", counts.join(", "))
    }
}

/// A field by its names, `` `volume_usd.settled` ``.
struct Named<'n>(Option<&'n [String]>);

impl fmt::Display for Named<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.0.unwrap_or_default().join("."))
    }
}

/// A value as JSON, cut where it is long.
struct Shown<'v>(Option<&'v Value>);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0.map(Value::to_string).unwrap_or_default();
        match text.char_indices().nth(SHOWN) {
            Some((end, _)) => write!(f, "{}…", &text[..end]),
            None => f.write_str(&text),
        }
    }
}
