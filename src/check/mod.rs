//! Is a pack sound? Its examples are translated both ways, and the laws are tried on them. No network.
//!
//! A pack that loads says nothing that contradicts itself; whether it says what the API does, its examples tell.
//! [`check`] reports all that does not come out as it is written, and [`Laws`] are the laws themselves, for documents
//! from anywhere.

mod compare;
mod documents;
mod examples;
mod excuse;
mod law;
mod laws;
mod odd;
mod sweep;
#[cfg(test)]
mod tests;

pub use law::{Broken, Law, Place};
pub use laws::{Held, Laws};

use crate::pack::{Change, Diagnostics, Pack};
use std::{fmt, sync::Arc};

/// What a check came to. Displays as one line that sums up.
#[derive(Debug)]
pub struct Report {
    /// Every mistake; `None` for a sound pack.
    pub mistakes: Option<Diagnostics>,
    name: String,
    versions: usize,
    operations: usize,
    changes: usize,
    examples: usize,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Report { mistakes, name, versions, operations, changes, examples } = self;
        let counted =
            |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
        let mistakes = match mistakes.as_ref().map_or(0, Diagnostics::count) {
            0 => "no mistakes".into(),
            count => counted(count, "mistake"),
        };
        let (of, pairs) = (counted(*operations, "operation"), counted(versions * versions, "pair"));
        let (versions, changes) = (counted(*versions, "version"), counted(*changes, "change"));
        let examples = counted(*examples, "example");
        write!(f, "{name}: {versions}, {of}, {changes}, {examples}, {pairs} x {of}: {mistakes}")
    }
}

/// Checks a pack: every example in both directions, then the laws.
///
/// The laws are tried on the examples' documents: taken to every version, joined into full documents of their
/// resource, put at every place where the resource stands, between every two versions. With one value after the other
/// replaced or left out they are tried once for each two versions between which the resource changes. Of what breaks
/// one law for one resource, the first is reported.
///
/// ```
/// use dateline::{check::check, pack::Pack};
/// use std::sync::Arc;
///
/// let report = check(&Arc::new(Pack::embedded()?));
/// assert!(report.mistakes.is_none(), "{report}");
/// # Ok::<(), dateline::pack::Diagnostics>(())
/// ```
pub fn check(pack: &Arc<Pack>) -> Report {
    let laws = Laws::new(pack.clone());
    let mut notes = Vec::new();
    examples::check(&laws, &mut notes);
    sweep::check(&laws, &mut notes);
    let changes = || pack.modules.iter().flat_map(|module| &module.changes);
    Report {
        mistakes: Diagnostics::new(notes),
        name: pack.name.clone(),
        versions: pack.modules.len(),
        operations: pack.operations.len(),
        changes: changes().count(),
        examples: changes().map(|change: &Change| change.examples.len()).sum(),
    }
}
