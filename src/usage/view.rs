//! Usage as a table for people, or as CSV or JSON.

use std::{collections::BTreeMap, io::Write, time::Duration};

use clap::ValueEnum;
use serde_json::{Map, Value, json};

use crate::Failure;
use dateline_core::{
    compare::report::{counted, printable},
    day::Day,
};
use dateline_gateway::observe::usage::{Line, Owner, Report};

/// A key that requests can be grouped by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum By {
    Version,
    Client,
    Operation,
}

/// The form of the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    Table,
    Csv,
    Json,
}

impl std::fmt::Display for Format {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.to_possible_value().map_or(Ok(()), |value| f.write_str(value.get_name()))
    }
}

impl By {
    fn name(self) -> &'static str {
        match self {
            By::Version => "version",
            By::Client => "client",
            By::Operation => "operation",
        }
    }

    fn of(self, line: &Line) -> String {
        match self {
            By::Version => line.version.clone(),
            By::Client => line.owner.to_string(),
            By::Operation => line.operation.clone(),
        }
    }
}

/// Lines that are told together.
#[derive(Debug)]
struct UsageGroup {
    /// One a column.
    cells: Vec<String>,
    requests: u64,
    first: Day,
    last: Day,
}

/// Names of clients in a cell; the others are counted.
const NAMES: usize = 3;

/// Writes a report; `versions` are those of the pack, and a verdict on one takes so long.
pub(super) fn write(
    out: &mut dyn Write,
    report: &Report,
    (versions, verdict_after): (&[String], Duration),
    by: &[By],
    format: Format,
) -> Result<(), Failure> {
    let all = [By::Client, By::Version, By::Operation];
    match (format, by) {
        (Format::Table, []) => {
            by_version(out, report, versions)?;
            unused(out, report, versions, verdict_after)
        }
        (Format::Table, by) => table(out, report, by),
        (Format::Csv, []) => csv(out, report, &all),
        (Format::Csv, by) => csv(out, report, by),
        (Format::Json, []) => json(out, report, &all),
        (Format::Json, by) => json(out, report, by),
    }
}

/// Groups the requests of the report, the largest group first.
fn groups(report: &Report, by: &[By]) -> Vec<UsageGroup> {
    let mut groups: BTreeMap<Vec<String>, UsageGroup> = BTreeMap::new();
    for line in report.lines.iter().filter(|line| line.requests > 0) {
        let cells: Vec<String> = by.iter().map(|by| by.of(line)).collect();
        let group = groups.entry(cells.clone()).or_insert_with(|| UsageGroup {
            cells,
            requests: 0,
            first: line.first,
            last: line.last,
        });
        group.requests = group.requests.saturating_add(line.requests);
        group.first = group.first.min(line.first);
        group.last = group.last.max(line.last);
    }
    let mut groups: Vec<UsageGroup> = groups.into_values().collect();
    // A stable sort: those of equal use stay in the order of their names.
    groups.sort_by_key(|group| std::cmp::Reverse(group.requests));
    groups
}

fn total(report: &Report) -> u64 {
    report.lines.iter().fold(0, |sum, line| sum.saturating_add(line.requests))
}

fn heading(out: &mut dyn Write, report: &Report) -> Result<(), Failure> {
    let Report { since, until, kept_since, .. } = report;
    match report.gateways {
        1 => writeln!(out, "Usage from {since} to {until} (UTC)")?,
        several => writeln!(out, "Usage from {since} to {until} (UTC), of {several} gateways")?,
    }
    match kept_since {
        None if report.gateways > 1 => writeln!(out, "One of them has kept nothing yet.")?,
        None => writeln!(out, "Nothing is kept yet.")?,
        Some(kept) if kept > since && report.gateways > 1 => {
            writeln!(out, "Not all of them have kept the days before {kept}.")?
        }
        Some(kept) if kept > since => writeln!(out, "Nothing is kept of the days before {kept}.")?,
        Some(_) => {}
    }
    Ok(writeln!(out)?)
}

fn table(out: &mut dyn Write, report: &Report, by: &[By]) -> Result<(), Failure> {
    heading(out, report)?;
    let titles = by.iter().map(|by| by.name()).chain(["requests", "first", "last"]);
    let mut rows = vec![titles.map(str::to_uppercase).collect::<Vec<_>>()];
    for UsageGroup { mut cells, requests, first, last } in groups(report, by) {
        cells.extend([requests.to_string(), first.to_string(), last.to_string()]);
        rows.push(cells);
    }
    let mut sum = vec![String::new(); by.len() + 3];
    sum[0] = "total".to_owned();
    sum[by.len()] = total(report).to_string();
    rows.push(sum);
    columns(out, &rows, by.len())
}

/// Every version of the pack, used or not: which could go, and who keeps the others?
fn by_version(out: &mut dyn Write, report: &Report, versions: &[String]) -> Result<(), Failure> {
    heading(out, report)?;
    let titles = ["VERSION", "REQUESTS", "CLIENTS", "FIRST", "LAST"];
    let mut rows = vec![titles.map(str::to_owned).to_vec()];
    let used = report.lines.iter().filter(|line| line.requests > 0).map(|line| &line.version);
    let mut others: Vec<&String> = used.filter(|version| !versions.contains(version)).collect();
    others.sort();
    others.dedup();
    for version in versions.iter().chain(others) {
        let lines = || report.lines.iter().filter(|line| line.version == *version);
        let requests: u64 = lines().map(|line| line.requests).sum();
        let day = |day: Option<Day>| day.map_or("-".to_owned(), |day| day.to_string());
        let (first, last) = (lines().map(|line| line.first).min(), lines().map(|line| line.last).max());
        rows.push(vec![version.clone(), requests.to_string(), clients(lines()), day(first), day(last)]);
    }
    let sum = total(report).to_string();
    rows.push(["total", &sum, "", "", ""].map(str::to_owned).to_vec());
    columns(out, &rows, 1)
}

/// The clients with requests, those with most of them first.
fn clients<'l>(lines: impl Iterator<Item = &'l Line>) -> String {
    let mut requests: BTreeMap<&Owner, u64> = BTreeMap::new();
    lines
        .filter(|line| line.requests > 0)
        .for_each(|line| *requests.entry(&line.owner).or_default() += line.requests);
    let mut clients: Vec<(&Owner, u64)> = requests.into_iter().collect();
    clients.sort_by_key(|(_, requests)| std::cmp::Reverse(*requests));
    let mut names: Vec<String> = clients.iter().take(NAMES).map(|(owner, _)| owner.to_string()).collect();
    if let more @ 1.. = clients.len().saturating_sub(NAMES) {
        names.push(format!("{more} more"));
    }
    if names.is_empty() { "-".to_owned() } else { names.join(", ") }
}

/// Lists the versions that could be retired. Requests without a credential that the upstream accepted do not count:
/// scanners send them too.
fn unused(
    out: &mut dyn Write,
    report: &Report,
    versions: &[String],
    verdict_after: Duration,
) -> Result<(), Failure> {
    // Of the days before, the file says nothing.
    let Some(from) = report.kept_since.map(|kept| kept.max(report.since)) else { return Ok(()) };
    let (mut nobodys, mut unknowns) = (Vec::new(), Vec::new());
    for version in versions {
        let lines = || report.lines.iter().filter(|line| line.version == *version);
        if lines().any(|line| line.requests > 0 && line.owner != Owner::Anonymous) {
            continue;
        }
        if lines().any(|line| line.requests > 0) {
            unknowns.push(version.clone());
        } else {
            let last = lines().map(|line| line.last).max();
            nobodys.push(match last {
                Some(last) => format!("{version} (last on {last})"),
                None => version.clone(),
            });
        }
    }
    if !nobodys.is_empty() {
        writeln!(out, "\nNo client has used {} since {from}.", nobodys.join(", "))?;
        let watched = report.until.start().saturating_sub(from.start()) / Day::SECONDS + 1;
        let wanted = verdict_after.as_secs().div_ceil(Day::SECONDS);
        if watched < wanted {
            let days = counted(watched, "day");
            writeln!(
                out,
                "That is {days} of {wanted} (usage.verdict_after): too early to say that one could be retired."
            )?;
        }
    }
    if !unknowns.is_empty() {
        writeln!(out, "\nOnly requests without an accepted key have used {}.", unknowns.join(", "))?;
    }
    Ok(())
}

/// Rows in columns, the one at `number` to the right.
fn columns(out: &mut dyn Write, rows: &[Vec<String>], number: usize) -> Result<(), Failure> {
    let rows: Vec<Vec<String>> =
        rows.iter().map(|row| row.iter().map(|cell| printable(cell)).collect()).collect();
    let width = |at: usize| rows.iter().filter_map(|row| row.get(at)).map(|cell| cell.chars().count()).max();
    for row in &rows {
        let mut line = String::new();
        for (at, cell) in row.iter().enumerate() {
            let width = width(at).unwrap_or(0);
            line.push_str(&match at == number {
                true => format!("{cell:>width$}  "),
                false => format!("{cell:<width$}  "),
            });
        }
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

/// RFC 4180, with lines as the system has them.
fn csv(out: &mut dyn Write, report: &Report, by: &[By]) -> Result<(), Failure> {
    let quoted = |cell: &str| match cell.contains([',', '"', '\r', '\n']) {
        true => format!("\"{}\"", cell.replace('"', "\"\"")),
        false => cell.to_owned(),
    };
    let titles: Vec<&str> = by.iter().map(|by| by.name()).chain(["requests", "first", "last"]).collect();
    writeln!(out, "{}", titles.join(","))?;
    for UsageGroup { cells, requests, first, last } in groups(report, by) {
        let cells: Vec<String> = cells.iter().map(|cell| quoted(cell)).collect();
        writeln!(out, "{},{requests},{first},{last}", cells.join(","))?;
    }
    Ok(())
}

fn json(out: &mut dyn Write, report: &Report, by: &[By]) -> Result<(), Failure> {
    let object = |UsageGroup { cells, requests, first, last }: UsageGroup| {
        let mut object: Map<String, Value> =
            by.iter().zip(cells).map(|(by, cell)| (by.name().to_owned(), cell.into())).collect();
        object.insert("requests".to_owned(), requests.into());
        object.insert("first".to_owned(), first.to_string().into());
        object.insert("last".to_owned(), last.to_string().into());
        Value::from(object)
    };
    let all = json!({
        "since": report.since.to_string(),
        "until": report.until.to_string(),
        "kept_since": report.kept_since.map(|day| day.to_string()),
        "requests": total(report),
        "usage": groups(report, by).into_iter().map(object).collect::<Vec<_>>(),
    });
    Ok(writeln!(out, "{all:#}")?)
}
