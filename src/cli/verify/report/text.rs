//! The report for people.

use std::{collections::BTreeMap, fmt::Write};

use super::{About, Counts, Group, Kind, Report, Verdict, counted};
use crate::{
    Version,
    compare::{Difference, kind},
};

/// How long a value is shown.
const SHOWN: usize = 120;

/// The report as text: a table by operation and pin, what differs, what failed, what was excused, and a line that sums
/// up.
pub(in super::super) fn text(report: &Report, about: &About) -> String {
    let mut out = String::new();
    // Writing to a string does not fail.
    let _ = write(&mut out, report, about);
    out
}

fn write(out: &mut String, report: &Report, about: &About) -> std::fmt::Result {
    let About { source, requests, upstream, upstream_version, .. } = about;
    let requests = counted(*requests as u64, "request");
    writeln!(out, "{requests} of {source}, at {upstream}, which is spoken to at {upstream_version}\n")?;
    table(out, report, about)?;
    differences(out, report, about)?;
    failures(out, report)?;
    excused(out, report, about)?;
    let Counts { agreed, refused, differed, failed, .. } = report.total();
    let left = match report.not_asked {
        0 => String::new(),
        left => format!(" Stopped: {} not asked.", counted_are(left, "request")),
    };
    match report.verdict() {
        Verdict::Agrees => {
            let both = match refused {
                0 => String::new(),
                refused => {
                    format!(" {} refused both ways, with the same status.", counted_are(refused, "request"))
                }
            };
            let each = counted_are(agreed, "translated answer");
            writeln!(out, "\n{each} what the upstream answers natively.{both}")
        }
        Verdict::Differs => writeln!(
            out,
            "\n{} not what the upstream answers natively; {agreed} agreed, {failed} failed.{left}",
            counted_are(differed, "translated answer")
        ),
        Verdict::Unknown => {
            writeln!(
                out,
                "\nNothing differs, but {} without a result; {agreed} agreed.{left}",
                counted_are(failed, "check")
            )
        }
        Verdict::Nothing => {
            writeln!(out, "\nNothing was compared: no answer of a translated operation succeeded both ways.")
        }
    }
}

fn table(out: &mut String, report: &Report, about: &About) -> std::fmt::Result {
    let titles = ["OPERATION", "PIN", "AGREED", "DIFFERED", "FAILED", "REFUSED", "UNSETTLED", "PASSED"];
    let mut rows = vec![titles.map(str::to_owned)];
    let row = |name: &str, pin: String, counts: Counts| {
        let Counts { agreed, refused, differed, unsettled, failed, passed } = counts;
        let [agreed, differed, failed, refused, unsettled, passed] =
            [agreed, differed, failed, refused, unsettled, passed].map(|count| count.to_string());
        [name.to_owned(), pin, agreed, differed, failed, refused, unsettled, passed]
    };
    for ((operation, pin), counts) in &report.counts {
        rows.push(row(about.operation(*operation), pin.to_string(), *counts));
    }
    rows.push(row("total", String::new(), report.total()));
    // A column of nothing but zeros is left out, but for the first two.
    let shown: Vec<usize> =
        (0..titles.len()).filter(|at| *at < 4 || rows[1..].iter().any(|row| row[*at] != "0")).collect();
    let width = |at: usize| rows.iter().map(|row| row[at].chars().count()).max().unwrap_or(0);
    for row in &rows {
        let mut line = String::new();
        for at in &shown {
            let (cell, width) = (&row[*at], width(*at));
            line.push_str(&match *at < 2 {
                true => format!("{cell:<width$}  "),
                false => format!("{cell:>width$}  "),
            });
        }
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

fn differences(out: &mut String, report: &Report, about: &About) -> std::fmt::Result {
    // The same at several pins is told once.
    let mut told: BTreeMap<(usize, &Kind), Vec<(Version, &Group)>> = BTreeMap::new();
    for ((operation, pin, kind), group) in &report.differences {
        told.entry((*operation, kind)).or_default().push((*pin, group));
    }
    let mut heading = None;
    for ((operation, kind), groups) in told {
        if heading.is_none() {
            writeln!(out, "\nDiffers, native against translated:")?;
        }
        if heading.replace(operation) != Some(operation) {
            writeln!(out, "  {}", about.operation(operation))?;
        }
        let Kind { pattern, native, translated } = kind;
        let what = match native == translated {
            true => format!("one {native}, another {translated}"),
            false => format!("{native}, {translated}"),
        };
        let requests = counted(groups.iter().map(|(_, group)| group.requests).sum(), "request");
        let fields: u64 = groups.iter().map(|(_, group)| group.fields).sum();
        writeln!(
            out,
            "    {}: {what}; {fields} in {requests}, {}",
            clean(pattern),
            at(groups.iter().map(|(pin, _)| *pin))
        )?;
        if let Some((pin, Group { example, target, .. })) = groups.first() {
            let target = clean(target);
            match example {
                None => writeln!(out, "      for example GET {target} at {pin}")?,
                Some(example) => {
                    let path = clean(&example.path.to_string());
                    write!(out, "      for example {path} of GET {target} at {pin}")?;
                    match about.values {
                        true => writeln!(out, ": {}", values(example))?,
                        false => writeln!(out)?,
                    }
                }
            }
        }
    }
    match report.more {
        0 => Ok(()),
        more => writeln!(out, "  and {more} more, which are counted above only"),
    }
}

/// `at 2025-01-01, 2026-06-08`
fn at(pins: impl Iterator<Item = Version>) -> String {
    format!("at {}", pins.map(|pin| pin.to_string()).collect::<Vec<_>>().join(", "))
}

fn values(Difference { expected: native, got: translated, .. }: &Difference) -> String {
    let shown = |value: &Option<serde_json::Value>| match value {
        None => kind(None).to_owned(),
        Some(value) => {
            let text = clean(&value.to_string());
            match text.char_indices().nth(SHOWN) {
                Some((at, _)) => format!("{}…", &text[..at]),
                None => text,
            }
        }
    };
    format!("{}, {}", shown(native), shown(translated))
}

fn failures(out: &mut String, report: &Report) -> std::fmt::Result {
    if report.failures.is_empty() {
        return Ok(());
    }
    writeln!(out, "\nFailed:")?;
    for (why, failure) in &report.failures {
        writeln!(out, "  {}: {}", counted(failure.requests, "request"), clean(why))?;
        writeln!(out, "      for example GET {} at {}", clean(&failure.target), failure.pin)?;
    }
    Ok(())
}

fn excused(out: &mut String, report: &Report, about: &About) -> std::fmt::Result {
    let mut told: BTreeMap<(usize, &String), Vec<(Version, u64)>> = BTreeMap::new();
    for ((operation, pin, pattern), count) in &report.excused {
        told.entry((*operation, pattern)).or_default().push((*pin, *count));
    }
    let mut heading = None;
    for ((operation, pattern), counts) in told {
        if heading.is_none() {
            writeln!(out, "\nExcused: a declared loss covers it, and it holds what that loss promises:")?;
        }
        if heading.replace(operation) != Some(operation) {
            writeln!(out, "  {}", about.operation(operation))?;
        }
        let fields: u64 = counts.iter().map(|(_, count)| count).sum();
        let pins = at(counts.iter().map(|(pin, _)| *pin));
        writeln!(out, "    {}: {}, {pins}", clean(pattern), counted(fields, "field"))?;
    }
    Ok(())
}

/// Nothing that a terminal would obey.
fn clean(text: &str) -> String {
    text.chars().map(|char| if char.is_control() { '?' } else { char }).collect()
}

fn counted_are(count: u64, what: &str) -> String {
    format!("{} {}", counted(count, what), if count == 1 { "is" } else { "are" })
}
