//! The usage report: JSON for the admin listener, and the data of `dateline usage`.

use super::{Count, Owner, Use};
use dateline_core::day::Day;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Usage over some days, by client, version and operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The first day that is counted.
    pub since: Day,
    /// The last one.
    pub until: Day,
    /// The first day of which anything is kept; of several gateways, the first of which all have something.
    pub kept_since: Option<Day>,
    /// The number of gateways that the report covers.
    pub gateways: usize,
    /// The marks of the secrets under which unnamed clients are named. A client has another name under each secret.
    pub names: BTreeSet<String>,
    /// The usage of the last year, ordered by client, version and operation.
    pub lines: Vec<Line>,
}

/// The usage of one client at one version and operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The client.
    pub owner: Owner,
    /// The version, or what stands for it.
    pub version: String,
    /// The operation, or `other`.
    pub operation: String,
    /// Requests in the days of the report, or none if there were some before only.
    pub requests: u64,
    /// The first and the last day with a request, of all that is kept.
    pub first: Day,
    /// See `first`.
    pub last: Day,
    /// The time at which the last request ended, in Unix seconds.
    pub last_seen: u64,
}

impl Line {
    fn add(&mut self, more: &Line) {
        self.requests = self.requests.saturating_add(more.requests);
        self.first = self.first.min(more.first);
        self.last = self.last.max(more.last);
        self.last_seen = self.last_seen.max(more.last_seen);
    }
}

impl Report {
    /// The report on rows, which may come in any order and repeat.
    #[must_use]
    pub fn new(rows: impl IntoIterator<Item = (Use, Count)>, since: Day, until: Day) -> Self {
        let mut lines: BTreeMap<(Owner, String, String), Line> = BTreeMap::new();
        let mut kept_since: Option<Day> = None;
        for (Use { day, owner, version, operation }, Count { requests, last_seen }) in rows {
            kept_since = Some(kept_since.map_or(day, |first| first.min(day)));
            let (version, operation) = (version.into_owned(), operation.into_owned());
            let place = (owner.clone(), version.clone(), operation.clone());
            let line = lines.entry(place).or_insert_with(|| Line {
                owner,
                version,
                operation,
                requests: 0,
                first: day,
                last: day,
                last_seen,
            });
            if (since..=until).contains(&day) {
                line.requests = line.requests.saturating_add(requests);
            }
            line.first = line.first.min(day);
            line.last = line.last.max(day);
            line.last_seen = line.last_seen.max(last_seen);
        }
        let (lines, names) = (lines.into_values().collect(), BTreeSet::new());
        Report { since, until, kept_since, gateways: 1, names, lines }
    }

    /// The same, with unnamed clients named under the secret that these names are told apart by.
    #[must_use]
    pub fn named_by(mut self, names: Option<String>) -> Self {
        self.names.extend(names);
        self
    }

    /// Adds up the reports of several gateways from the same day on. Versions, operations and configured clients are
    /// summed. Unnamed clients are summed if their names were made with the same secret.
    #[must_use]
    pub fn merged(self, other: Report) -> Report {
        let mut lines: BTreeMap<(Owner, String, String), Line> = BTreeMap::new();
        for line in self.lines.into_iter().chain(other.lines) {
            let place = (line.owner.clone(), line.version.clone(), line.operation.clone());
            match lines.get_mut(&place) {
                Some(sum) => sum.add(&line),
                None => {
                    lines.insert(place, line);
                }
            }
        }
        Report {
            since: self.since.max(other.since),
            until: self.until.max(other.until),
            // What only some have watched is not watched.
            kept_since: self.kept_since.zip(other.kept_since).map(|(one, other)| one.max(other)),
            gateways: self.gateways + other.gateways,
            names: self.names.into_iter().chain(other.names).collect(),
            lines: lines.into_values().collect(),
        }
    }

    /// Returns the JSON of `/api/usage`.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let line = |line: &Line| {
            json!({
                "client": line.owner.to_string(),
                "client_kind": line.owner.kind(),
                "version": line.version,
                "operation": line.operation,
                "requests": line.requests,
                "first": line.first.to_string(),
                "last": line.last.to_string(),
                "last_seen": line.last_seen,
            })
        };
        json!({
            "since": self.since.to_string(),
            "until": self.until.to_string(),
            "kept_since": self.kept_since.map(|day| day.to_string()),
            "names": self.names,
            "lines": self.lines.iter().map(line).collect::<Vec<_>>(),
        })
    }

    /// Reads the JSON of `/api/usage`, or returns `None` if the value is something else.
    #[must_use]
    pub fn from_json(value: &Value) -> Option<Report> {
        let day = |value: &Value| value.as_str()?.parse::<Day>().ok();
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let line = |line: &Value| {
            Some(Line {
                owner: Owner::parse(line["client_kind"].as_str()?, line["client"].as_str()?)?,
                version: text(&line["version"])?,
                operation: text(&line["operation"])?,
                requests: line["requests"].as_u64()?,
                first: day(&line["first"])?,
                last: day(&line["last"])?,
                last_seen: line["last_seen"].as_u64()?,
            })
        };
        Some(Report {
            since: day(&value["since"])?,
            until: day(&value["until"])?,
            kept_since: day(&value["kept_since"]),
            gateways: 1,
            names: value["names"].as_array().into_iter().flatten().filter_map(text).collect(),
            lines: value["lines"].as_array()?.iter().map(line).collect::<Option<Vec<_>>>()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_comes_back_from_its_json() {
        let day = |text: &str| text.parse::<Day>().unwrap();
        let used = |date: &str, owner: &Owner| Use {
            day: day(date),
            owner: owner.clone(),
            version: "2025-01-01".into(),
            operation: "GET /plans".into(),
        };
        let all =
            [Owner::Named("cron".into()), Owner::Unnamed(0x3f9a_0000_0001), Owner::Anonymous, Owner::Others];
        let days = [("2026-11-01", 1), ("2026-11-24", 2), ("2026-10-01", 4)];
        let rows = all.iter().flat_map(|owner| {
            days.map(|(date, requests)| (used(date, owner), Count { requests, last_seen: 7 + requests }))
        });
        let report = Report::new(rows, day("2026-10-26"), day("2026-11-24"));
        let report = report.named_by(Some("0a1b2c3d4e5f".to_owned()));
        assert_eq!(report.kept_since, Some(day("2026-10-01")));
        assert_eq!(report.lines.len(), 4);
        for line in &report.lines {
            assert_eq!((line.requests, line.last_seen), (3, 11), "in the days of the report; ever");
            assert_eq!((line.first, line.last), (day("2026-10-01"), day("2026-11-24")));
        }
        assert_eq!(Report::from_json(&report.to_json()), Some(report.clone()));
        let mut later = report.clone();
        later.kept_since = Some(day("2026-11-20"));
        let both = report.clone().merged(later);
        assert!(both.lines.iter().all(|line| line.requests == 6) && both.lines.len() == 4, "summed");
        assert_eq!((both.kept_since, both.gateways, both.names.len()), (Some(day("2026-11-20")), 2, 1));
        let empty = Report::new([], day("2026-10-26"), day("2026-11-24"));
        assert_eq!(report.merged(empty).kept_since, None, "one of them has watched nothing");
        assert_eq!(Report::from_json(&json!({"since": "2026-10-26"})), None);
    }
}
