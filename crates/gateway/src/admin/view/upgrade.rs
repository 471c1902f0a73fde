//! The differences that a client would see at another version: for every operation that it used, at the version that it
//! spoke then, shown by the pack's examples. Of traffic it holds only names.

use super::{
    View,
    clients::{ClientView, Used},
};
use dateline_core::{
    Version,
    check::Examples,
    pack::{OperationId, Pack},
    upgrade::Upgrade,
};
use std::sync::Arc;

/// Operations of a client that are told: each is tried on the pack's examples.
const OPERATIONS: usize = 40;

/// An upgrade of a client.
#[derive(Debug)]
pub(in super::super) struct UpgradeView<'v> {
    pub(in super::super) client: &'v ClientView,
    pub(in super::super) to: Version,
    /// The operations that change, the most used first. Versions that the client would leave anyway are included.
    pub(in super::super) operations: Vec<(&'v Used, Upgrade)>,
    /// The number of further operations.
    pub(in super::super) left_out: usize,
}

/// A reason why there is no upgrade to show. The text is for the operator, and repeats nothing of the question.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(in super::super) enum NoUpgrade {
    #[error("the pack has no such operation: /api/history lists them")]
    Operation,
    #[error("the pack has no such version: /api/history lists them")]
    Version,
    #[error("no client of this name has asked for anything: /api/clients lists them")]
    Client,
}

/// Compares the versions that a known client speaks with another version.
///
/// # Errors
/// There is no such client or version.
pub(in super::super) fn of_client<'v>(
    view: &'v View,
    client: &str,
    to: &str,
) -> Result<UpgradeView<'v>, NoUpgrade> {
    let client =
        view.clients.iter().find(|known| known.client.to_string() == client && !known.used.is_empty());
    let client = client.ok_or(NoUpgrade::Client)?;
    let to = version(&view.pack, to)?;
    let examples = Examples::new(Arc::clone(&view.pack));
    // What it asks for at that version already is as it would be.
    let elsewhere: Vec<&Used> = client.used.iter().filter(|used| used.pin != to).collect();
    let left_out = elsewhere.len().saturating_sub(OPERATIONS);
    let simulated = elsewhere.into_iter().take(OPERATIONS).filter_map(|used| {
        // Under a pack that was loaded since, it may be gone.
        let operation = view.pack.find(&used.operation).filter(|_| view.pack.supports(used.pin))?;
        Some((used, simulated(&examples, operation, used.pin, to)))
    });
    Ok(UpgradeView { client, to, operations: simulated.collect(), left_out })
}

/// Compares two versions of an operation.
///
/// # Errors
/// The pack has no such operation or version.
pub(in super::super) fn of_operation(
    pack: &Arc<Pack>,
    operation: &str,
    from: &str,
    to: &str,
) -> Result<Upgrade, NoUpgrade> {
    let operation = pack.find(operation).ok_or(NoUpgrade::Operation)?;
    let (from, to) = (version(pack, from)?, version(pack, to)?);
    Ok(simulated(&Examples::new(Arc::clone(pack)), operation, from, to))
}

fn simulated(examples: &Examples, operation: OperationId, from: Version, to: Version) -> Upgrade {
    Upgrade::by_examples(examples, operation, &examples.pack().parts(operation), from, to)
}

fn version(pack: &Pack, text: &str) -> Result<Version, NoUpgrade> {
    let version = text.parse().map_err(|_| NoUpgrade::Version)?;
    if pack.supports(version) { Ok(version) } else { Err(NoUpgrade::Version) }
}
