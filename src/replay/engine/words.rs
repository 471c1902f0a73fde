//! The report of a replay as text.

use super::{Finding, ReplayReport, ReplayedClient, ReplayedOperation, What, findings::Values};
use dateline_core::{
    compare::{
        across::FieldChange,
        report::{counted, shown},
    },
    pack::Part,
    step::LossKind,
    version::ByLabel,
};
use serde::{Serialize, Serializer};
use std::{collections::BTreeSet, fmt};

impl fmt::Display for ReplayReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for ((name, ByLabel(pin)), client) in &self.clients {
            let to = self.to.map(|to| format!(" -> {to}")).unwrap_or_default();
            writeln!(f, "{name}, {pin}{to}")?;
            self.client(f, client)?;
            writeln!(f)?;
        }
        for (why, passed) in &self.passed_over {
            let exchanges = counted(passed.exchanges, "exchange");
            writeln!(f, "passed over: {exchanges}, {why} ({})", passed.example)?;
        }
        for (file, why) in &self.unread {
            writeln!(f, "not read: {file}: {why}")?;
        }
        writeln!(f, "{}", self.summary())
    }
}

impl ReplayReport {
    fn client(&self, f: &mut fmt::Formatter<'_>, client: &ReplayedClient) -> fmt::Result {
        for (name, operation) in &client.operations {
            let ReplayedOperation { exchanges, findings, example, .. } = operation;
            write!(f, "  {name}: {}, ", counted(*exchanges, "exchange"))?;
            if findings.is_empty() {
                writeln!(f, "{}", self.nothing())?;
                continue;
            }
            writeln!(f, "{example}")?;
            let mut part = None;
            for finding in findings.iter() {
                if part.replace(finding.part) != Some(finding.part) {
                    writeln!(f, "    {}", word(finding.part))?;
                }
                let in_all = finding.exchanges == *exchanges && finding.example == *example;
                let of = match in_all {
                    true => String::new(),
                    false => format!(" ({} of {exchanges}, {})", finding.exchanges, finding.example),
                };
                writeln!(f, "      {}{of}", finding.what)?;
            }
        }
        Ok(())
    }

    /// The words for an operation in which nothing was found.
    fn nothing(&self) -> &'static str {
        match (self.to, &self.pack) {
            (None, None) => "translated without a loss",
            _ => "nothing changes",
        }
    }

    /// `120 exchanges of 3 clients: 12 differ.`
    pub(crate) fn summary(&self) -> String {
        let clients = self.clients.keys().map(|(name, _)| name).collect::<BTreeSet<_>>().len() as u64;
        let found = match (self.to, &self.pack, self.found_in()) {
            (None, None, 0) => "all translate without a loss".to_owned(),
            (None, None, found) => format!("{found} with losses or failures"),
            (_, _, 0) => "nothing changes".to_owned(),
            (Some(_), _, found) => format!("{found} would be different"),
            (None, Some(_), found) => format!("{found} differ"),
        };
        format!("{} of {}: {found}.", counted(self.exchanges(), "exchange"), counted(clients, "client"))
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            What::Field { field, note } => write_field(f, field, note.as_deref()),
            What::Value { path, kinds, values } => write_value(f, path, *kinds, values.as_ref()),
            What::Bytes => {
                f.write_str("the same values in other bytes: a write that is sent again is not recognised")
            }
            What::Loss { field, kind, before, after, compared } => {
                let what = match kind {
                    LossKind::MadeUp => "made up",
                    LossKind::Dropped => "dropped",
                    LossKind::Unconverted => "left unconverted",
                    LossKind::Unsaid => "not translated",
                };
                match (before, after) {
                    _ if !compared => write!(f, "`{field}` is {what}"),
                    (true, true) => write!(f, "`{field}` is {what} now, and would be then"),
                    (false, _) => write!(f, "`{field}` would be {what} then, and is not now"),
                    (true, false) => write!(f, "`{field}` is {what} now, and would not be then"),
                }
            }
            What::Fails { before: None, after: Some(why) } => write!(f, "would fail: {why}"),
            What::Fails { before: Some(why), after: None } => {
                write!(f, "fails now, and would not then: {why}")
            }
            What::Fails { before, after } => {
                write!(f, "fails: {}", after.as_ref().or(before.as_ref()).map_or("", String::as_str))
            }
        }
    }
}

impl Serialize for Finding {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct InWords<'f> {
            part: &'static str,
            words: String,
            exchanges: u64,
            example: &'f str,
            #[serde(flatten)]
            what: &'f What,
        }
        let Finding { part, what, exchanges, example } = self;
        InWords { part: word(*part), words: what.to_string(), exchanges: *exchanges, example, what }
            .serialize(serializer)
    }
}

/// Writes what happens to a field: with an example of its values, or with its names only.
fn write_field(f: &mut fmt::Formatter<'_>, change: &FieldChange, note: Option<&str>) -> fmt::Result {
    if let Some(object) = change.object.as_deref().filter(|object| *object != "$") {
        write!(f, "{object}: ")?;
    }
    let Some(note) = note else {
        // Places add up over exchanges, whose number is written already.
        return write!(f, "{}", FieldChange { places: 1, ..change.clone() });
    };
    let name = |names: &Vec<String>| format!("`{}`", names.join("."));
    let names = match (&change.before, &change.after) {
        (Some(before), Some(after)) if before != after => format!("{} -> {}", name(before), name(after)),
        (Some(one), _) | (None, Some(one)) => name(one),
        (None, None) => String::new(),
    };
    write!(f, "{names}: {note}")
}

/// Writes what happens to a value with another pack: with the values, or with their types only.
fn write_value(
    f: &mut fmt::Formatter<'_>,
    path: &str,
    (old, new): (&'static str, &'static str),
    values: Option<&Values>,
) -> fmt::Result {
    let (was, is) = values.map_or((None, None), |values| (values.old.as_ref(), values.new.as_ref()));
    let (was, is) = (was.map_or(old.to_owned(), shown), is.map_or(new.to_owned(), shown));
    match (old, new) {
        ("nothing", _) => write!(f, "{path}: {is} is new"),
        (_, "nothing") => write!(f, "{path}: {was} is gone"),
        _ if values.is_none() && old == new => write!(f, "{path}: another {old}"),
        _ => write!(f, "{path}: {was} becomes {is}"),
    }
}

/// The word for a part of an exchange.
fn word(part: Part) -> &'static str {
    match part {
        Part::Query => "query",
        Part::Body => "body",
        Part::Response => "response",
        Part::Request => "whole request",
        Part::Answer => "whole response",
        Part::Errors(_) => "error",
    }
}
