//! The report for programs.

use serde_json::{Value, json};

use super::{About, Counts, Report, Verdict};

/// The report as one JSON object; values stand in it where they were asked for.
pub(in super::super) fn json(report: &Report, about: &About) -> Value {
    let operation = |number: &usize| about.operation(*number);
    let results: Vec<Value> = report
        .counts
        .iter()
        .map(|((number, pin), counts)| {
            let mut object = self::counts(*counts);
            object["operation"] = operation(number).into();
            object["pin"] = pin.to_string().into();
            object
        })
        .collect();
    let differences: Vec<Value> = report
        .differences
        .iter()
        .map(|((number, pin, kind), group)| {
            let mut object = json!({
                "operation": operation(number),
                "pin": pin.to_string(),
                "path": kind.pattern,
                "native": kind.native,
                "translated": kind.translated,
                "fields": group.fields,
                "requests": group.requests,
                "example": { "request": format!("GET {}", group.target) },
            });
            if let Some(example) = &group.example {
                object["example"]["path"] = example.path.to_string().into();
                for (side, value) in [("native", &example.expected), ("translated", &example.got)] {
                    if let (Some(value), true) = (value, about.values) {
                        object["example"][side] = value.clone();
                    }
                }
            }
            object
        })
        .collect();
    let failures: Vec<Value> = report
        .failures
        .iter()
        .map(|(why, failure)| {
            json!({
                "why": why,
                "requests": failure.requests,
                "example": { "request": format!("GET {}", failure.target), "pin": failure.pin.to_string() },
            })
        })
        .collect();
    let excused: Vec<Value> = report
        .excused
        .iter()
        .map(|((number, pin, pattern), count)| {
            json!({ "operation": operation(number), "pin": pin.to_string(), "path": pattern, "fields": count })
        })
        .collect();
    json!({
        "result": match report.verdict() {
            Verdict::Agrees => "agreed",
            Verdict::Differs => "differed",
            Verdict::Unknown => "failed",
            Verdict::Nothing => "nothing_compared",
        },
        "source": about.source,
        "requests": about.requests,
        "upstream": about.upstream,
        "upstream_version": about.upstream_version.to_string(),
        "total": counts(report.total()),
        "results": results,
        "differences": differences,
        "failures": failures,
        "excused": excused,
        "not_told": report.more,
        "not_asked": report.not_asked,
    })
}

fn counts(counts: Counts) -> Value {
    let Counts { agreed, refused, differed, unsettled, failed, passed } = counts;
    json!({
        "agreed": agreed,
        "differed": differed,
        "failed": failed,
        "refused": refused,
        "unsettled": unsettled,
        "passed": passed,
    })
}
