//! Losses of translations.

use crate::observe::stats::{Client, Snapshot, VersionLabel};
use dateline_core::step::{Cause, LossKind};
use serde::{Serialize, Serializer};
use serde_json::json;
use std::sync::Arc;

/// Values of one field that were lost for one client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(in super::super) struct LossView {
    pub(in super::super) client: Client,
    /// The path template, or `None` for a path that is not in the pack.
    pub(in super::super) operation: Option<Arc<str>>,
    pub(in super::super) pin: VersionLabel,
    pub(in super::super) field: Arc<str>,
    pub(in super::super) kind: LossKind,
    /// The change that loses it; nothing where there was no room to tell it.
    #[serde(flatten, serialize_with = "module_and_change")]
    pub(in super::super) cause: Option<Arc<Cause>>,
    /// The number of objects with this loss.
    pub(in super::super) count: u64,
}

/// Writes a cause as members of its loss. They are `null` where it is not known.
fn module_and_change<S: Serializer>(cause: &Option<Arc<Cause>>, serializer: S) -> Result<S::Ok, S::Error> {
    let cause = cause.as_ref();
    json!({ "module": cause.map(|it| it.version), "change": cause.map(|it| &*it.change) })
        .serialize(serializer)
}

pub(super) fn view(snapshot: &Snapshot) -> Vec<LossView> {
    let losses = snapshot.losses.iter().map(|row| LossView {
        client: row.client.clone(),
        operation: row.operation.clone(),
        pin: row.pin,
        field: Arc::clone(&row.field),
        kind: row.kind,
        cause: row.cause.clone(),
        count: row.count,
    });
    let mut losses: Vec<LossView> = losses.collect();
    losses.sort_by_key(|loss| std::cmp::Reverse(loss.count));
    losses
}
