//! The statuses of error responses that a resource is found in: `"4xx"`, `"402"`.

use super::{Found, Pack, Part, Resource};
use crate::authored::{Code, Diagnostic, Table};
use std::{collections::BTreeSet, fmt};

/// A range of statuses of errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ErrorStatuses {
    /// The first one.
    pub first: u16,
    /// The last one.
    pub last: u16,
}

impl ErrorStatuses {
    /// Every status of an error.
    pub const ALL: ErrorStatuses = ErrorStatuses { first: 400, last: 599 };

    /// Tells whether a status is one of them.
    pub fn contains(self, status: u16) -> bool {
        self.first <= status && status <= self.last
    }

    /// Reads `4xx` or `402`.
    fn parse(text: &str) -> Option<Self> {
        let class = text.strip_suffix("xx").and_then(|class| class.parse::<u16>().ok());
        let (first, last) = match class {
            Some(class) => (class * 100, class * 100 + 99),
            None => (text.parse().ok()?, text.parse().ok()?),
        };
        let range = ErrorStatuses { first, last };
        let is_one = text.len() == 3 && Self::ALL.contains(first) && Self::ALL.contains(last);
        is_one.then_some(range)
    }
}

/// `402`, `4xx`, `403 to 499`.
impl fmt::Display for ErrorStatuses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.first, self.last) {
            (first, last) if first == last => write!(f, "{first}"),
            (first, last) if first % 100 == 0 && last == first + 99 => write!(f, "{}xx", first / 100),
            (first, last) => write!(f, "{first} to {last}"),
        }
    }
}

/// Reads the statuses of a place of errors; all of them where it has none.
pub(super) fn read(
    table: &mut Table<'_>,
    part: Option<Part>,
    notes: &mut Vec<Diagnostic>,
) -> Vec<ErrorStatuses> {
    let listed = table.strings("status", notes);
    if let (Some(text), Some(part)) = (listed.first(), part.filter(|part| part.errors().is_none())) {
        let message = format!("a place of the {} has no status", part.name());
        let note = Diagnostic::new(Code::Contradiction, &text.at, message).label("not of errors");
        notes.push(note.hint("leave it out, or write `part = \"errors\"`"));
    }
    let mut statuses = Vec::new();
    for text in &listed {
        match ErrorStatuses::parse(text.text) {
            Some(range) => statuses.push(range),
            None => {
                let message = format!("`{}` is no status of an error", text.text);
                let hint = "write a class, `\"4xx\"` or `\"5xx\"`, or a status, `\"402\"`";
                notes.push(Diagnostic::new(Code::BadValue, &text.at, message).label("no status").hint(hint));
            }
        }
    }
    if listed.is_empty() { vec![ErrorStatuses::ALL] } else { statuses }
}

/// Cuts the statuses of all resources into ranges that do not overlap, so that each answer has one range of them.
pub(super) fn cut(resources: &mut [Resource]) {
    let ranges =
        resources.iter().flat_map(|resource| &resource.found).filter_map(|found| found.part.errors());
    let edges: BTreeSet<u16> = ranges.flat_map(|range| [range.first, range.last + 1]).collect();
    if edges.len() < 3 {
        return;
    }
    for resource in resources {
        let pieces = |found: &Found| -> Vec<Found> {
            let Some(range) = found.part.errors() else { return vec![found.clone()] };
            let inside: Vec<u16> = edges
                .iter()
                .copied()
                .filter(|edge| range.first <= *edge && *edge <= range.last + 1)
                .collect();
            let pieces = inside.windows(2).map(|pair| ErrorStatuses { first: pair[0], last: pair[1] - 1 });
            pieces.map(|piece| Found { part: Part::Errors(piece), ..found.clone() }).collect()
        };
        let mut cut: Vec<Found> = Vec::new();
        for piece in resource.found.iter().flat_map(pieces) {
            if !cut.contains(&piece) {
                cut.push(piece);
            }
        }
        resource.found = cut;
    }
}

impl Pack {
    /// The errors of an operation that the pack names, one part for each range of statuses.
    pub fn error_parts(&self, operation: super::OperationId) -> Vec<Part> {
        let places = self.resources.iter().flat_map(|resource| &resource.found);
        let ranges =
            places.filter(|found| found.operation == operation).filter_map(|found| found.part.errors());
        let ranges: BTreeSet<ErrorStatuses> = ranges.collect();
        ranges.into_iter().map(Part::Errors).collect()
    }

    /// Every part of an operation's exchange: those of [`Part::ALL`], and its errors.
    pub fn parts(&self, operation: super::OperationId) -> Vec<Part> {
        Part::ALL.into_iter().chain(self.error_parts(operation)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pack::{OperationId, test::of_changes};

    #[test]
    fn ranges_are_cut_so_that_a_status_is_in_one() {
        let place = |status: &str| format!("{{ in = '*', part = 'errors', {status} at = '$' }}");
        let resources = format!(
            "resource.All.found = [{}]\nresource.Card.found = [{}]\nresource.Client.found = [{}]",
            place(""),
            place("status = ['402', '404'],"),
            place("status = '4xx',")
        );
        let pack = of_changes(&resources, &[""]);
        let parts: Vec<String> = pack.error_parts(OperationId(0)).iter().map(ToString::to_string).collect();
        assert_eq!(
            parts,
            ["400 to 401", "402", "403", "404", "405 to 499", "5xx"].map(|s| format!("error {s}"))
        );
        let found = |resource: usize| pack.resources[resource].found.len();
        assert_eq!([found(0), found(1), found(2)], [6, 2, 5]);
    }

    #[test]
    fn what_is_no_status_is_none() {
        for text in ["200", "2xx", "600", "4x", "40", "4xxx", "x", "", "0402", "+40"] {
            assert_eq!(ErrorStatuses::parse(text), None, "{text}");
        }
        assert_eq!(ErrorStatuses::parse("5xx"), Some(ErrorStatuses { first: 500, last: 599 }));
    }
}
