//! A plan in words.

use super::collect::{Lowered, Place, places};
use crate::{
    json::Hop,
    pack::{ErrorStatuses, OperationId, Pack, Part, Presence, Then, Unsaid},
    step::PossibleLoss,
    version::Version,
};
use std::fmt;

/// The changes of an operation in one direction between two versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// The places in the order of the pack.
    pub places: Vec<PlaceExplanation>,
}

/// The changes at one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaceExplanation {
    /// The part of the exchange.
    pub part: Part,
    /// The path in it, `$.data[*]`; empty in a query.
    pub path: String,
    /// The changes, in the order in which they are made.
    pub changes: Vec<ChangeExplanation>,
    /// The possible losses, without repetition, with the version that loses each.
    pub losses: Vec<(Version, PossibleLoss)>,
}

/// The steps of one change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeExplanation {
    /// The version that the change belongs to.
    pub version: Version,
    /// The name of the change in the changelog.
    pub name: String,
    /// The steps in words, in the order in which they run.
    pub steps: Vec<String>,
}

/// A change that no step can say, and what becomes of an exchange that would cross it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnsaidExplanation {
    /// The version that brought the change.
    pub version: Version,
    /// The name of the change in the changelog.
    pub name: String,
    /// The reason why it cannot be translated.
    pub why: String,
    /// The exchanges that it concerns, `requests with query.status = draft`; empty for all.
    pub concerns: String,
    /// The treatment of the exchange.
    pub then: Then,
}

impl UnsaidExplanation {
    /// The treatment of the exchange, in a sentence.
    pub fn meaning(&self) -> &'static str {
        meaning(self.then)
    }
}

/// A plan in words, as `dateline explain` prints it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    /// The operation as the pack names it.
    pub operation: String,
    /// The version that the client speaks.
    pub client: Version,
    /// The version that the upstream is spoken to at.
    pub upstream: Version,
    /// The address at each of the two versions, in a sentence, if the operation's address is dated.
    pub address: Option<String>,
    /// True if both versions have the operation.
    pub is_there: bool,
    /// The versions between the two of which nobody knows what changed in them, oldest first.
    pub opaque: Vec<Version>,
    /// The changes between the two versions that no step can say, oldest first.
    pub unsaid: Vec<UnsaidExplanation>,
    /// The changes from the client's version to the upstream's: query and body.
    pub request: Explanation,
    /// The changes from the upstream's version to the client's.
    pub response: Explanation,
}

impl Words {
    /// Puts the plan of an operation in words. Both versions should be the pack's.
    pub fn new(pack: &Pack, operation: OperationId, client: Version, upstream: Version) -> Words {
        let answers = [vec![Part::Response, Part::Answer], pack.error_parts(operation)].concat();
        Words {
            operation: pack.operation(operation).to_string(),
            client,
            upstream,
            address: address(pack, operation, client, upstream),
            is_there: [client, upstream].iter().all(|version| pack.address(operation, *version).is_some()),
            opaque: pack.opaque_between(client, upstream),
            unsaid: unsaid(pack, operation, client, upstream),
            request: explain(pack, operation, &[Part::Query, Part::Body, Part::Request], client, upstream),
            response: explain(pack, operation, &answers, upstream, client),
        }
    }
}

impl fmt::Display for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Words { operation, client, upstream, address, is_there, opaque, unsaid, .. } = self;
        writeln!(f, "{operation}, client at {client}, upstream at {upstream}")?;
        if let Some(address) = address {
            writeln!(f, "\n{address}")?;
        }
        if !is_there {
            return writeln!(
                f,
                "\nA request is refused, and nothing is sent; or the upstream is asked at the client's version if it serves \
                 that (upstream.serves)."
            );
        }
        let same = if address.is_some() {
            "no document changes"
        } else {
            "nothing changes, it passes byte for byte"
        };
        for version in opaque {
            writeln!(
                f,
                "\n{version} lies between, and what changed in it is not known: the next version is taken to say that, too."
            )?;
        }
        if !unsaid.is_empty() {
            writeln!(f, "\nChanges that cannot be translated:")?;
        }
        for UnsaidExplanation { version, name, why, concerns, then } in unsaid {
            writeln!(f, "  {version}: {name}\n    {why}")?;
            if !concerns.is_empty() {
                writeln!(f, "    it concerns only: {concerns}")?;
            }
            writeln!(f, "    {}", meaning(*then))?;
        }
        half(f, &format!("The request goes from {client} to {upstream}"), same, &self.request)?;
        half(f, &format!("The response comes back from {upstream} to {client}"), same, &self.response)
    }
}

/// The address of an operation at both versions, or `None` if it has one at all versions.
fn address(pack: &Pack, operation: OperationId, client: Version, upstream: Version) -> Option<String> {
    let at = |version: Version| match pack.presence(operation, version) {
        Presence::At(address) => format!("at {address}"),
        Presence::NotYet { since } => format!("not there yet: it comes with {since}"),
        Presence::Gone { since, instead } => format!("gone since {since}: {instead}"),
    };
    let (of_client, of_upstream) = (at(client), at(upstream));
    (!pack.operation(operation).dates().is_empty()).then(|| match of_client == of_upstream {
        true => format!("At both versions it is {of_client}"),
        false => format!(
            "At the client's version it is {of_client}\nAt the upstream's version it is {of_upstream}"
        ),
    })
}

fn unsaid(pack: &Pack, operation: OperationId, client: Version, upstream: Version) -> Vec<UnsaidExplanation> {
    let explained = |(version, unsaid): (Version, &Unsaid)| UnsaidExplanation {
        version,
        name: unsaid.name.clone(),
        why: unsaid.why.clone(),
        concerns: unsaid.scope.to_string(),
        then: unsaid.then,
    };
    pack.unsaid(operation, client, upstream).map(explained).collect()
}

fn meaning(then: Then) -> &'static str {
    match then {
        Then::Native => {
            "the upstream is asked at the client's version if it serves that (upstream.serves); if not, the request is refused"
        }
        Then::Refuse => "the request is refused",
        Then::Tell => {
            "the exchange is translated as far as the steps go, and Dateline-Loss names this change"
        }
    }
}

fn half(f: &mut fmt::Formatter<'_>, title: &str, same: &str, explanation: &Explanation) -> fmt::Result {
    if explanation.places.is_empty() {
        return writeln!(f, "\n{title}: {same}.");
    }
    writeln!(f, "\n{title}:")?;
    explanation.to_string().lines().try_for_each(|line| writeln!(f, "  {line}"))
}

/// Explains what happens to the given parts of an operation on the way from one version to another.
pub fn explain(
    pack: &Pack,
    operation: OperationId,
    parts: &[Part],
    from: Version,
    to: Version,
) -> Explanation {
    let explained = parts.iter().flat_map(|part| {
        let places = places(pack, operation, *part, from, to);
        // What stands inside a whole message is explained by itself.
        let own = places.iter().filter(|(path, _)| path.is_empty() || !part.is_whole());
        own.map(|place| place_explanation(*part, place)).collect::<Vec<_>>()
    });
    Explanation { places: explained.collect() }
}

fn place_explanation(part: Part, (path, runs): &Place<'_>) -> PlaceExplanation {
    let mut losses: Vec<(Version, PossibleLoss)> = Vec::new();
    for run in runs {
        for loss in
            run.changes.iter().flat_map(|change| &change.steps).flat_map(|step| step.losses(run.direction))
        {
            if !losses.iter().any(|(_, known)| *known == loss) {
                losses.push((run.version, loss));
            }
        }
    }
    let changes = runs.iter().flat_map(|run| {
        run.changes.iter().map(|Lowered { change, steps, .. }| ChangeExplanation {
            version: run.version,
            name: change.name.clone(),
            steps: steps.iter().map(|step| step.describe(run.direction)).collect(),
        })
    });
    let has_path = !part.is_whole() && (part != Part::Query || !path.is_empty());
    let path = if has_path { Hop::display(path) } else { String::new() };
    PlaceExplanation { part, path, changes: changes.collect(), losses }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Part::Errors(statuses) = self {
            return f.pad(&match *statuses {
                ErrorStatuses::ALL => "error".to_owned(),
                statuses => format!("error {statuses}"),
            });
        }
        f.pad(match self {
            Part::Query => "query",
            Part::Body => "request body",
            Part::Response => "response",
            Part::Request => "whole request",
            Part::Answer => "whole response",
            Part::Errors(_) => "error",
        })
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for place in &self.places {
            let space = if place.path.is_empty() { "" } else { " " };
            writeln!(f, "{}{space}{}", place.part, place.path)?;
            for ChangeExplanation { version, name, steps } in &place.changes {
                writeln!(f, "  {version}: {name}")?;
                steps.iter().try_for_each(|step| writeln!(f, "    {step}"))?;
            }
            if !place.losses.is_empty() {
                writeln!(f, "  can be lost:")?;
            }
            for (_, PossibleLoss { kind, field, when }) in &place.losses {
                writeln!(f, "    {field} {kind}, {when}")?;
            }
        }
        Ok(())
    }
}
