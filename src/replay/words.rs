//! What was found, for people.

use super::{
    Finding, Report, What,
    report::{Client, Operation},
};
use crate::{
    compare::{
        across::{FieldChange, shown},
        kind,
    },
    pack::Part,
    step::LossKind,
};
use serde_json::Value;
use std::{
    collections::BTreeSet,
    fmt::{self, Write},
};

impl Report {
    /// The report as text, a line each; values where they are asked for.
    ///
    /// # Errors
    /// None of its own: those of the writer.
    pub fn write(&self, out: &mut impl Write, values: bool) -> fmt::Result {
        for ((name, pin), client) in &self.clients {
            let to = self.to.map(|to| format!(" -> {to}")).unwrap_or_default();
            writeln!(out, "{name}, {pin}{to}")?;
            self.client(out, client, values)?;
            writeln!(out)?;
        }
        for (why, passed) in &self.passed_over {
            writeln!(out, "passed over: {}, {why} ({})", counted(passed.exchanges), passed.example)?;
        }
        for (name, why) in &self.unread {
            writeln!(out, "not read: {name}: {why}")?;
        }
        writeln!(out, "{}", self.summary())
    }

    fn client(&self, out: &mut impl Write, client: &Client, values: bool) -> fmt::Result {
        for (name, operation) in &client.operations {
            let Operation { exchanges, findings, example, .. } = operation;
            if findings.is_empty() {
                writeln!(out, "  {name}: {}, {}", counted(*exchanges), self.nothing())?;
                continue;
            }
            writeln!(out, "  {name}: {}, {example}", counted(*exchanges))?;
            let mut part = None;
            for finding in findings.iter() {
                if part.replace(finding.part) != Some(finding.part) {
                    writeln!(out, "    {}", named(finding.part))?;
                }
                let in_all = finding.exchanges == *exchanges && finding.example == *example;
                let of = match in_all {
                    true => String::new(),
                    false => format!(" ({} of {exchanges}, {})", finding.exchanges, finding.example),
                };
                writeln!(out, "      {}{of}", self.words(finding, values))?;
            }
        }
        Ok(())
    }

    /// What is said where nothing was found.
    fn nothing(&self) -> &'static str {
        match (self.to, &self.pack) {
            (None, None) => "translated without a loss",
            _ => "nothing changes",
        }
    }

    /// One finding in words.
    pub(super) fn words(&self, finding: &Finding, values: bool) -> String {
        match &finding.what {
            What::Field(change) => field(change, values),
            What::Value { path, old, new } => differs(path, old.as_ref(), new.as_ref(), values),
            What::Bytes => {
                "the same values in other bytes: a write that is sent again is not recognised".to_owned()
            }
            What::Loss { field, kind, before, after } => {
                let what = match kind {
                    LossKind::MadeUp => "made up",
                    LossKind::Dropped => "dropped",
                    LossKind::Unconverted => "left unconverted",
                };
                match (before, after, self.to.is_some(), self.pack.is_some()) {
                    (_, _, false, false) => format!("`{field}` is {what}"),
                    (true, true, ..) => format!("`{field}` is {what} now, and would be then"),
                    (false, ..) => format!("`{field}` would be {what} then, and is not now"),
                    (true, false, ..) => format!("`{field}` is {what} now, and would not be then"),
                }
            }
            What::Fails { before: None, after: Some(why) } => format!("would fail: {why}"),
            What::Fails { before: Some(why), after: None } => {
                format!("fails now, and would not then: {why}")
            }
            What::Fails { before, after } => {
                format!("fails: {}", after.as_ref().or(before.as_ref()).map_or("", String::as_str))
            }
        }
    }

    /// `120 exchanges of 3 clients: 12 differ.`
    pub fn summary(&self) -> String {
        let clients = self.clients.keys().map(|(name, _)| name).collect::<BTreeSet<_>>().len();
        let clients = format!("{clients} client{}", if clients == 1 { "" } else { "s" });
        let found = match (self.to, &self.pack, self.found_in()) {
            (None, None, 0) => "all translate without a loss".to_owned(),
            (None, None, found) => format!("{found} with losses or failures"),
            (_, _, 0) => "nothing changes".to_owned(),
            (Some(_), _, found) => format!("{found} would be different"),
            (None, Some(_), found) => format!("{found} differ"),
        };
        format!("{} of {clients}: {found}.", counted(self.exchanges()))
    }
}

/// What happens to a field: with an example of its values, or with its names only.
fn field(change: &FieldChange, values: bool) -> String {
    let object = change.object.as_deref().filter(|object| *object != "$");
    let at = object.map(|object| format!("{object}: ")).unwrap_or_default();
    if values {
        // Places add up over exchanges, which are told already.
        return format!("{at}{}", FieldChange { places: 1, ..change.clone() });
    }
    let name = |names: &Vec<String>| format!("`{}`", names.join("."));
    let names = match (&change.before, &change.after) {
        (Some(before), Some(after)) if before != after => format!("{} -> {}", name(before), name(after)),
        (Some(one), _) | (None, Some(one)) => name(one),
        (None, None) => String::new(),
    };
    format!("{at}{names}: {}", change.note())
}

fn differs(path: &str, old: Option<&Value>, new: Option<&Value>, values: bool) -> String {
    let shown = |value: Option<&Value>| match value.filter(|_| values) {
        Some(value) => shown(value),
        None => kind(value).to_owned(),
    };
    match (old, new) {
        (None, _) => format!("{path}: {} is new", shown(new)),
        (_, None) => format!("{path}: {} is gone", shown(old)),
        _ if !values && kind(old) == kind(new) => format!("{path}: another {}", kind(old)),
        _ => format!("{path}: {} becomes {}", shown(old), shown(new)),
    }
}

/// What a part is called.
fn named(part: Part) -> &'static str {
    match part {
        Part::Query => "query",
        Part::Body => "body",
        Part::Response => "answer",
    }
}

fn counted(exchanges: u64) -> String {
    format!("{exchanges} exchange{}", if exchanges == 1 { "" } else { "s" })
}
