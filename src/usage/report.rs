//! What is told of usage: to the operator's listener as JSON, and to `dateline usage`.

use super::{Count, Use, Whose};
use crate::day::Day;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Usage over some days, by client, version and operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The first day that is counted.
    pub since: Day,
    /// The last one.
    pub until: Day,
    /// The first day of which anything is kept.
    pub kept_since: Option<Day>,
    /// Everything that was used in the year that is kept: ordered by client, version, operation.
    pub lines: Vec<Line>,
}

/// What a client has used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The client.
    pub whose: Whose,
    /// The version, or what stands for it.
    pub version: String,
    /// The operation, or `other`.
    pub operation: String,
    /// Requests in the days of the report; none where there were some before only.
    pub requests: u64,
    /// The first and the last day with a request, of all that is kept.
    pub first: Day,
    /// See `first`.
    pub last: Day,
    /// When the last request was over, as Unix time in seconds.
    pub last_seen: u64,
}

impl Report {
    /// The report on rows, which may come in any order and repeat.
    #[must_use]
    pub fn new(rows: impl IntoIterator<Item = (Use, Count)>, since: Day, until: Day) -> Self {
        let mut lines: BTreeMap<(Whose, String, String), Line> = BTreeMap::new();
        let mut kept_since: Option<Day> = None;
        for (Use { day, whose, version, operation }, Count { requests, last_seen }) in rows {
            kept_since = Some(kept_since.map_or(day, |first| first.min(day)));
            let (version, operation) = (version.into_owned(), operation.into_owned());
            let place = (whose.clone(), version.clone(), operation.clone());
            let line = lines.entry(place).or_insert_with(|| Line {
                whose,
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
        Report { since, until, kept_since, lines: lines.into_values().collect() }
    }

    /// As `/api/usage` answers it.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let line = |line: &Line| {
            json!({
                "client": line.whose.to_string(),
                "client_kind": line.whose.kind(),
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
            "lines": self.lines.iter().map(line).collect::<Vec<_>>(),
        })
    }

    /// From what `/api/usage` answered; nothing where it is none.
    #[must_use]
    pub fn from_json(value: &Value) -> Option<Report> {
        let day = |value: &Value| value.as_str()?.parse::<Day>().ok();
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let line = |line: &Value| {
            Some(Line {
                whose: Whose::parse(line["client_kind"].as_str()?, line["client"].as_str()?)?,
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
        let used = |date: &str, whose: &Whose| Use {
            day: day(date),
            whose: whose.clone(),
            version: "2025-01-01".into(),
            operation: "GET /plans".into(),
        };
        let all =
            [Whose::Named("cron".into()), Whose::Unnamed(0x3f9a_0000_0001), Whose::Anonymous, Whose::Others];
        let days = [("2026-11-01", 1), ("2026-11-24", 2), ("2026-10-01", 4)];
        let rows = all.iter().flat_map(|whose| {
            days.map(|(date, requests)| (used(date, whose), Count { requests, last_seen: 7 + requests }))
        });
        let report = Report::new(rows, day("2026-10-26"), day("2026-11-24"));
        assert_eq!(report.kept_since, Some(day("2026-10-01")));
        assert_eq!(report.lines.len(), 4);
        for line in &report.lines {
            assert_eq!((line.requests, line.last_seen), (3, 11), "in the days of the report; ever");
            assert_eq!((line.first, line.last), (day("2026-10-01"), day("2026-11-24")));
        }
        assert_eq!(Report::from_json(&report.to_json()), Some(report));
        assert_eq!(Report::from_json(&json!({"since": "2026-10-26"})), None);
    }
}
