//! Is a pack sound? Its examples are translated both ways, and the laws are tried on them. No network.
//!
//! A pack that loads says nothing that contradicts itself; whether it says what the API does, its examples tell.
//! [`check`] reports all that does not come out as it is written, and [`Laws`] are the laws themselves, for documents
//! from anywhere.

mod blame;
mod digits;
mod documents;
mod draft;
mod examples;
mod findings;
mod generate;
mod generated;
mod law;
mod laws;
mod odd;
mod outdated;
mod same;
mod shape;
mod shown;
mod shrink;
mod sweep;
#[cfg(test)]
mod tests;
mod unknown;
mod values;

#[cfg(test)]
pub(crate) use generated::made_up;
pub use law::{Broken, Law};
pub use laws::{Held, Laws};
pub use shown::Examples;

use crate::pack::{Change, Diagnostics, Pack};
use findings::Findings;

use std::{fmt, sync::Arc};

/// The documents that are made up to try the laws on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trials {
    /// The number of documents.
    pub cases: usize,
    /// The seed. The same seed makes the same documents of the same pack.
    pub seed: u64,
}

/// The result of a check. It displays as one line.
#[derive(Debug)]
pub struct Report {
    /// Every mistake; `None` for a sound pack.
    pub mistakes: Option<Diagnostics>,
    name: String,
    versions: usize,
    operations: usize,
    changes: usize,
    examples: usize,
    trials: Trials,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Report { mistakes, name, versions, operations, changes, examples, trials } = self;
        let counted =
            |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
        let mistakes = match mistakes.as_ref().map_or(0, Diagnostics::count) {
            0 => "no mistakes".into(),
            count => counted(count, "mistake"),
        };
        let (of, pairs) = (counted(*operations, "operation"), counted(versions * versions, "pair"));
        let (versions, changes) = (counted(*versions, "version"), counted(*changes, "change"));
        let examples = counted(*examples, "example");
        let Trials { cases, seed } = trials;
        let generated = format!("{} (seed {seed})", counted(*cases, "generated document"));
        write!(f, "{name}: {versions}, {of}, {changes}, {examples}, {pairs} x {of}, {generated}: {mistakes}")
    }
}

/// The examples of a pack that do not come out as they are written, and the changes that have none. It is what
/// [`check`] begins with.
pub fn check_examples(pack: &Arc<Pack>) -> Option<Diagnostics> {
    let mut notes = Vec::new();
    examples::check(&Laws::new(pack.clone()), &mut notes);
    Diagnostics::new(notes)
}

/// Checks a pack: every example in both directions, then the laws.
///
/// The laws are tried on the examples' documents: taken to every version, joined into full documents of their
/// resource, put at every place where the resource is, between every two versions. With one value after the other
/// replaced or left out they are tried once for each two versions between which the resource changes. Then they are
/// tried on documents that are made up in the examples' shapes. Of what breaks one law for one resource, the first is
/// reported: made as small as can be, with the step to blame. A resource with an example that is wrong waits for the laws
/// until that is mended.
///
/// ```
/// use dateline_core::{check::{Trials, check}, pack::Pack};
/// use std::sync::Arc;
///
/// let report = check(&Arc::new(Pack::embedded()?), Trials { cases: 20, seed: 1 });
/// assert!(report.mistakes.is_none(), "{report}");
/// # Ok::<(), dateline_core::pack::Diagnostics>(())
/// ```
pub fn check(pack: &Arc<Pack>, trials: Trials) -> Report {
    let laws = Laws::new(pack.clone());
    let mut notes = Vec::new();
    let mistaken = examples::check(&laws, &mut notes);
    let mut findings = Findings::new(&laws, mistaken);
    sweep::check(&laws, &mut findings);
    generated::check(&laws, trials, &mut findings);
    notes.extend(findings.into_notes());
    let changes = || pack.modules.iter().flat_map(|module| &module.changes);
    Report {
        mistakes: Diagnostics::new(notes),
        name: pack.name.clone(),
        versions: pack.modules.len(),
        operations: pack.operations.len(),
        changes: changes().count(),
        examples: changes().map(|change: &Change| change.examples.len()).sum(),
        trials,
    }
}
