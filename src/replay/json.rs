//! What was found, for programs. Names here are stable; `docs/record.md` tells them.

use super::{Finding, Report, What};
use crate::pack::Part;
use serde_json::{Value, json};

impl Report {
    /// As JSON; values where they are asked for.
    pub fn to_json(&self, values: bool) -> Value {
        let clients = self.clients.iter().map(|((name, pin), client)| {
            let operations = client.operations.iter().map(|(name, operation)| {
                let findings = operation.findings.iter().map(|finding| self.finding(finding, values));
                json!({
                    "operation": name,
                    "exchanges": operation.exchanges,
                    "found_in": operation.found_in,
                    "example": operation.example,
                    "findings": findings.collect::<Vec<_>>(),
                })
            });
            json!({ "client": name, "pin": pin.to_string(), "operations": operations.collect::<Vec<_>>() })
        });
        let passed_over = self.passed_over.iter().map(
            |(why, passed)| json!({ "why": why, "exchanges": passed.exchanges, "example": passed.example }),
        );
        let unread = self.unread.iter().map(|(file, why)| json!({ "file": file, "why": why }));
        json!({
            "to": self.to.map(|to| to.to_string()),
            "pack": self.pack.as_ref().map(|(name, digest)| json!({ "name": name, "digest": digest })),
            "exchanges": self.exchanges(),
            "found_in": self.found_in(),
            "clients": clients.collect::<Vec<_>>(),
            "passed_over": passed_over.collect::<Vec<_>>(),
            "not_read": unread.collect::<Vec<_>>(),
            "summary": self.summary(),
        })
    }

    fn finding(&self, finding: &Finding, values: bool) -> Value {
        let part = match finding.part {
            Part::Query => "query",
            Part::Body => "body",
            Part::Response => "answer",
        };
        let mut told = json!({
            "part": part,
            "words": self.words(finding, values),
            "exchanges": finding.exchanges,
            "example": finding.example,
        });
        let more = match &finding.what {
            What::Field(change) => {
                let mut change = change.clone();
                if !values {
                    change.values = (None, None);
                }
                let mut field = change.to_json();
                if let Some(members) = field.as_object_mut() {
                    members.remove("words");
                }
                json!({ "what": "field", "field": field })
            }
            What::Value { path, old, new } if values => {
                json!({ "what": "value", "path": path, "old": old, "new": new })
            }
            What::Value { path, .. } => json!({ "what": "value", "path": path }),
            What::Bytes => json!({ "what": "bytes" }),
            What::Loss { field, kind, before, after } => json!({
                "what": "loss", "field": **field, "kind": kind.to_string(), "before": before, "after": after,
            }),
            What::Fails { before, after } => json!({ "what": "failure", "before": before, "after": after }),
        };
        if let (Some(told), Value::Object(more)) = (told.as_object_mut(), more) {
            told.extend(more);
        }
        told
    }
}
