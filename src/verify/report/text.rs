//! The report as text.

use std::{
    collections::BTreeMap,
    fmt::{Display, Formatter, Result},
};

use super::{Counts, Differing, DifferingPlace, Failed, RunResult, VerifyReport};
use dateline_core::{
    Version,
    compare::report::{counted, printable, shown},
    version::ByLabel,
};
use serde_json::Value;

/// A table by operation and pin, then what differs, what failed and what was excused, and a line that sums up.
impl Display for VerifyReport {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let about = &self.about;
        let requests = counted(about.requests as u64, "request");
        writeln!(
            f,
            "{requests} of {}, at {}, which is spoken to at {}\n",
            about.source, about.upstream, about.upstream_version
        )?;
        self.table(f)?;
        self.differences(f)?;
        self.failures(f)?;
        self.excused(f)?;
        writeln!(f, "\n{}", self.summary())
    }
}

impl VerifyReport {
    fn summary(&self) -> String {
        let Counts { agreed, refused, differed, failed, .. } = self.total();
        let left = match self.not_asked {
            0 => String::new(),
            left => format!(" Stopped: {} not asked.", counted_are(left, "request")),
        };
        match self.result() {
            RunResult::Agreed => {
                let each = counted_are(agreed, "translated response");
                let both = match refused {
                    0 => String::new(),
                    _ => format!(
                        " {} refused both ways, with the same status.",
                        counted_are(refused, "request")
                    ),
                };
                format!("{each} what the upstream answers natively.{both}")
            }
            RunResult::Differed => {
                let each = counted_are(differed, "translated response");
                format!(
                    "{each} not what the upstream answers natively; {agreed} agreed, {failed} failed.{left}"
                )
            }
            RunResult::Failed => {
                let each = counted_are(failed, "check");
                format!("Nothing differs, but {each} without a result; {agreed} agreed.{left}")
            }
            RunResult::NothingCompared => {
                "Nothing was compared: no response of a translated operation succeeded both ways.".to_owned()
            }
        }
    }

    fn table(&self, f: &mut Formatter<'_>) -> Result {
        let titles = ["OPERATION", "PIN", "AGREED", "DIFFERED", "FAILED", "REFUSED", "UNSETTLED", "PASSED"];
        let mut rows = vec![titles.map(str::to_owned)];
        let row = |name: &str, pin: String, counts: Counts| {
            let Counts { agreed, differed, failed, refused, unsettled, passed } = counts;
            let [agreed, differed, failed, refused, unsettled, passed] =
                [agreed, differed, failed, refused, unsettled, passed].map(|count| count.to_string());
            [name.to_owned(), pin, agreed, differed, failed, refused, unsettled, passed]
        };
        for ((operation, pin), counts) in &self.results {
            rows.push(row(self.operation(*operation), pin.0.to_string(), *counts));
        }
        rows.push(row("total", String::new(), self.total()));
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
            writeln!(f, "{}", line.trim_end())?;
        }
        Ok(())
    }

    fn differences(&self, f: &mut Formatter<'_>) -> Result {
        let title = "\nDiffers, native against translated:";
        self.by_operation(f, title, self.differences.iter(), |f, place, found| {
            let DifferingPlace { path, expected, got } = place;
            let what = match expected == got {
                true => format!("one {expected}, another {got}"),
                false => format!("{expected}, {got}"),
            };
            let fields: u64 = found.iter().map(|(_, group)| group.fields).sum();
            let requests = counted(found.iter().map(|(_, group)| group.requests).sum(), "request");
            writeln!(f, "    {}: {what}; {fields} in {requests}, {}", printable(path), pins(found))?;
            found.first().map_or(Ok(()), |(pin, example)| self.example(f, *pin, example))
        })?;
        match self.left_out() {
            0 => Ok(()),
            more => writeln!(f, "  and {more} more, which are counted above only"),
        }
    }

    fn example(&self, f: &mut Formatter<'_>, pin: Version, found: &Differing) -> Result {
        let request = format!("GET {} at {pin}", printable(&found.target));
        let Some(example) = &found.example else { return writeln!(f, "      for example {request}") };
        write!(f, "      for example {} of {request}", printable(&example.path.to_string()))?;
        if self.about.values {
            let value = |value: &Option<Value>| value.as_ref().map_or("nothing".to_owned(), shown);
            write!(f, ": {}, {}", value(&example.expected), value(&example.got))?;
        }
        writeln!(f)
    }

    fn failures(&self, f: &mut Formatter<'_>) -> Result {
        for (at, (why, Failed { requests, target, pin })) in self.failures.iter().enumerate() {
            if at == 0 {
                writeln!(f, "\nFailed:")?;
            }
            writeln!(f, "  {}: {}", counted(*requests, "request"), printable(why))?;
            writeln!(f, "      for example GET {} at {pin}", printable(target))?;
        }
        Ok(())
    }

    fn excused(&self, f: &mut Formatter<'_>) -> Result {
        let title = "\nExcused: a declared loss covers it, and it holds what that loss promises:";
        self.by_operation(f, title, self.excused.iter(), |f, path, found| {
            let fields = counted(found.iter().map(|(_, fields)| **fields).sum(), "field");
            writeln!(f, "    {}: {fields}, {}", printable(path), pins(found))
        })
    }

    /// Writes what was found under its operation, and once for all pins at which it is the same.
    fn by_operation<'r, W: Ord + 'r, V: 'r>(
        &self,
        f: &mut Formatter<'_>,
        title: &str,
        groups: impl Iterator<Item = (&'r (usize, ByLabel, W), &'r V)>,
        line: impl Fn(&mut Formatter<'_>, &W, &[(Version, &V)]) -> Result,
    ) -> Result {
        let mut found: BTreeMap<(usize, &W), Vec<(Version, &V)>> = BTreeMap::new();
        for ((operation, pin, what), group) in groups {
            found.entry((*operation, what)).or_default().push((pin.0, group));
        }
        let mut heading = None;
        for ((operation, what), groups) in found {
            if heading.is_none() {
                writeln!(f, "{title}")?;
            }
            if heading.replace(operation) != Some(operation) {
                writeln!(f, "  {}", self.operation(operation))?;
            }
            line(f, what, &groups)?;
        }
        Ok(())
    }
}

/// `at 2025-01-01, 2026-06-08`
fn pins<V>(found: &[(Version, V)]) -> String {
    format!("at {}", found.iter().map(|(pin, _)| pin.to_string()).collect::<Vec<_>>().join(", "))
}

fn counted_are(count: u64, what: &str) -> String {
    format!("{} {}", counted(count, what), if count == 1 { "is" } else { "are" })
}
