//! The report as JSON. The names are stable: `docs/verify.md` describes them.

use super::{Differing, Failed, VerifyReport};
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

/// Values stand in it where they were asked for.
impl Serialize for VerifyReport {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let results = self.results.iter().map(|((number, pin), counts)| {
            let mut object = json!(counts);
            object["operation"] = self.operation(*number).into();
            object["pin"] = json!(pin);
            object
        });
        let differences = self.differences.iter().map(|((number, pin, place), found)| {
            let Differing { fields, requests, target, example } = found;
            let mut object = json!({
                "operation": self.operation(*number),
                "pin": pin,
                "path": place.path,
                "native": place.expected,
                "translated": place.got,
                "fields": fields,
                "requests": requests,
                "example": { "request": format!("GET {target}") },
            });
            if let Some(example) = example {
                object["example"]["path"] = example.path.to_string().into();
                for (side, value) in [("native", &example.expected), ("translated", &example.got)] {
                    if let (Some(value), true) = (value, self.about.values) {
                        object["example"][side] = value.clone();
                    }
                }
            }
            object
        });
        let failures = self.failures.iter().map(|(why, Failed { requests, target, pin })| {
            let example = json!({ "request": format!("GET {target}"), "pin": pin });
            json!({ "why": why, "requests": requests, "example": example })
        });
        let excused = self.excused.iter().map(|((number, pin, path), fields)| {
            json!({ "operation": self.operation(*number), "pin": pin, "path": path, "fields": fields })
        });
        json!({
            "result": self.result(),
            "source": self.about.source,
            "requests": self.about.requests,
            "upstream": self.about.upstream,
            "upstream_version": self.about.upstream_version,
            "total": self.total(),
            "results": results.collect::<Value>(),
            "differences": differences.collect::<Value>(),
            "failures": failures.collect::<Value>(),
            "excused": excused.collect::<Value>(),
            "not_told": self.left_out(),
            "not_asked": self.not_asked,
        })
        .serialize(serializer)
    }
}
