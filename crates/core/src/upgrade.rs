//! An upgrade, simulated: what a client of an operation would send and see differently at another version.
//!
//! The way back is no less of one: a downgrade is an upgrade between the same versions the other way round.

use crate::{
    check::Examples,
    compare::{
        Place,
        across::{Crossing, Seen, Unseen},
        report::counted,
    },
    pack::{OperationId, Pack, Part},
    plan::Plan,
    version::Version,
};
use serde::{Serialize, Serializer};
use serde_json::json;
use std::fmt;

/// The changes that a client of an operation sees when it moves from one version to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upgrade {
    /// The operation as the pack names it.
    pub operation: String,
    /// The version that the client speaks.
    pub from: Version,
    /// The version that it would speak.
    pub to: Version,
    /// The source of the documents that show the changes.
    pub shown_by: ShownBy,
    /// Each part of the exchange in which the pack changes anything between the versions.
    pub parts: Vec<PartOf>,
}

/// A source of documents that show an upgrade.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ShownBy {
    /// The pack's examples.
    Examples,
    /// A document that was given.
    Document,
}

/// The changes in one part of an exchange.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartOf {
    /// The part.
    pub part: Part,
    /// The differences for a client, or `None` if the pack has no example of this part.
    pub seen: Option<Seen>,
}

impl Upgrade {
    /// Compares the given parts of an operation by the pack's examples.
    pub fn by_examples(
        examples: &Examples,
        operation: OperationId,
        parts: &[Part],
        from: Version,
        to: Version,
    ) -> Self {
        let pack = examples.pack();
        let mut upgrade = Self::new(pack, operation, from, to, ShownBy::Examples);
        let plan = Plan::compile(pack, operation, from, to);
        let back = Plan::compile(pack, operation, to, from);
        // A whole message that changes shows what changes inside it, too.
        let is_shown = |part: Part| match part {
            Part::Query | Part::Body => !plan.moves(Part::Request),
            Part::Request => plan.moves(Part::Request),
            Part::Response => !back.moves(Part::Answer),
            Part::Answer => back.moves(Part::Answer),
            Part::Errors(_) => true,
        };
        for part in parts.iter().filter(|part| is_shown(**part)) {
            let place = Place::new(operation, *part);
            let way = Crossing::new(pack, place, from, to);
            if !way.changes() {
                continue;
            }
            let mut seen: Option<Seen> = None;
            // An example that does not fit is the pack author's to mend, and `dateline check` tells it.
            for shown in examples.at(place, from).iter().filter_map(|document| way.see(document).ok()) {
                seen.get_or_insert_default().add(shown);
            }
            upgrade.parts.push(PartOf { part: *part, seen });
        }
        upgrade
    }

    /// Compares a document of the version `from` with its form at another version.
    ///
    /// # Errors
    /// It does not fit its place.
    pub fn of_document(
        pack: &Pack,
        place: Place,
        from: Version,
        to: Version,
        document: &str,
    ) -> Result<Self, Unseen> {
        let mut upgrade = Self::new(pack, place.operation, from, to, ShownBy::Document);
        let seen = Crossing::new(pack, place, from, to).see(document)?;
        upgrade.parts.push(PartOf { part: place.part, seen: Some(seen) });
        Ok(upgrade)
    }

    fn new(pack: &Pack, operation: OperationId, from: Version, to: Version, shown_by: ShownBy) -> Self {
        let operation = pack.operation(operation).to_string();
        Upgrade { operation, from, to, shown_by, parts: Vec::new() }
    }

    /// Returns the number of differences in all parts.
    pub fn count(&self) -> usize {
        self.parts.iter().filter_map(|part| part.seen.as_ref()).map(|seen| seen.changes.len()).sum()
    }

    /// Tells whether a client may notice anything. A part without an example counts as different.
    pub fn differs(&self) -> bool {
        self.parts.iter().any(|part| part.seen.as_ref().is_none_or(|seen| !seen.changes.is_empty()))
    }

    /// `11 differences: 1 in the query, 10 in the response.`
    pub fn summary(&self) -> String {
        let mut shown = Vec::new();
        for PartOf { part, seen } in &self.parts {
            match seen.as_ref().map(|seen| seen.changes.len()) {
                Some(0) => {}
                Some(count) => shown.push(format!("{count} in the {part}")),
                None => shown.push(format!("an unknown number in the {part}")),
            }
        }
        match shown.is_empty() {
            true => "Nothing differs.".to_owned(),
            false => format!("{}: {}.", counted(self.count() as u64, "difference"), shown.join(", ")),
        }
    }
}

/// The names are stable: `docs/diff.md` describes them.
impl Serialize for Upgrade {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        json!({
            "operation": self.operation,
            "from": self.from,
            "to": self.to,
            "shown_by": self.shown_by,
            "differs": self.differs(),
            "parts": self.parts,
            "summary": self.summary(),
        })
        .serialize(serializer)
    }
}

impl Serialize for PartOf {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut part = self.seen.as_ref().map_or_else(|| json!({ "changes": null }), |seen| json!(seen));
        part["part"] = json!(self.part);
        part.serialize(serializer)
    }
}

/// Prints the changes of every part, and a summary line.
impl fmt::Display for Upgrade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Upgrade { operation, from, to, shown_by, parts } = self;
        let shown = match shown_by {
            ShownBy::Examples => ", shown by the pack's examples",
            ShownBy::Document => "",
        };
        writeln!(f, "{operation}, from {from} to {to}{shown}")?;
        for PartOf { part, seen } in parts {
            writeln!(f, "\nThe {part}:")?;
            match seen {
                Some(seen) => seen.to_string().lines().try_for_each(|line| writeln!(f, "  {line}"))?,
                None => {
                    writeln!(f, "  The pack has no example at {from}: `dateline explain` tells the steps.")?
                }
            }
        }
        writeln!(f, "\n{}", self.summary())
    }
}
