//! Changes of fields as JSON. The names are stable: `docs/diff.md` describes them.

use super::changes::{FieldChange, Seen, Source};
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

impl Serialize for FieldChange {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let source = self.source.as_ref().map(|source| match source {
            Source::Pack => json!({ "kind": "pack" }),
            Source::CopyOf(names) => json!({ "kind": "copy", "of": self.path(names) }),
            Source::Known(why) => json!({ "kind": "known", "by": why }),
        });
        json!({
            "kind": self.kind,
            "before": self.path_before(),
            "after": self.path_after(),
            "old": self.values.0,
            "new": self.values.1,
            "places": self.places,
            "by": self.by,
            "loss": self.loss,
            "source": source,
        })
        .serialize(serializer)
    }
}

/// The document itself is not in it.
impl Serialize for Seen {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let in_words = |change: &FieldChange| {
            let mut told = json!(change);
            told["words"] = change.to_string().into();
            told
        };
        let losses = self
            .losses
            .iter()
            .map(|lost| json!({ "field": lost.field, "kind": lost.kind, "count": lost.count }));
        json!({
            "changes": self.changes.iter().map(in_words).collect::<Vec<_>>(),
            "unchanged": self.unchanged,
            "losses": losses.collect::<Value>(),
            "summary": self.summary(),
        })
        .serialize(serializer)
    }
}
