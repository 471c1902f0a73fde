//! What is seen differently, for programs. Names here are stable; `docs/diff.md` tells them.

use super::changes::{FieldChange, Seen, Source};
use serde_json::{Value, json};

impl FieldChange {
    /// As JSON.
    pub fn to_json(&self) -> Value {
        let by = self.by.iter().map(
            |cause| json!({ "version": cause.version.to_string(), "change": cause.name, "why": cause.why }),
        );
        let source = self.source.as_ref().map(|source| match source {
            Source::Pack => json!({ "kind": "pack" }),
            Source::CopyOf(names) => json!({ "kind": "copy", "of": self.path(names) }),
            Source::Known(why) => json!({ "kind": "known", "by": why }),
        });
        json!({
            "kind": self.kind.as_str(),
            "before": self.path_before(),
            "after": self.path_after(),
            "old": self.values.0,
            "new": self.values.1,
            "places": self.places,
            "by": by.collect::<Vec<_>>(),
            "loss": self.loss.map(|loss| loss.to_string()),
            "source": source,
            "words": self.to_string(),
        })
    }
}

impl Seen {
    /// As JSON, without the document itself.
    pub fn to_json(&self) -> Value {
        let losses = self
            .losses
            .iter()
            .map(|lost| json!({ "field": *lost.field, "kind": lost.kind.to_string(), "count": lost.count }));
        json!({
            "changes": self.changes.iter().map(FieldChange::to_json).collect::<Vec<_>>(),
            "unchanged": self.unchanged,
            "losses": losses.collect::<Vec<_>>(),
            "summary": self.summary(),
        })
    }
}
