//! `docs/losses.md`: what translations can lose, committed, so that a change of it is seen and reviewed.
//! `UPDATE=1 cargo test --test integration losses` writes it anew.

use super::run::{pack, pairs, version};
use crate::common::files::is_generated;
use dateline_core::{
    json::Hop,
    pack::{Change, OperationId, Part},
    plan::explain,
    step::{Direction, LossKind, PossibleLoss},
};
use std::{collections::BTreeSet, fmt::Write};

const FILE: &str = "docs/losses.md";
const PARTS: [Part; 3] = [Part::Query, Part::Body, Part::Response];

const HEAD: &str = "\
# What translations can lose

Generated from the pack by `UPDATE=1 cargo test --test integration losses`; a test compares it. Do not edit.

Each version has a section. It lists what a translation between this version and the one before it can lose, in requests and
in responses. *Up* means from the older version to the newer one, *down* means back. Between two versions that are further
apart, a translation can lose what is listed for the versions in between, and nothing else. Each line names the step that
causes the loss. The title above it says which change of the API's changelog the step belongs to. Sources: Whop's published
changelog and reference pages.

- **made-up**: the other version has no such value, so Dateline wrote one.
- **dropped**: Dateline left a value out, and the way back would not restore it.
- **unconverted**: a value kept its text, although the other version expects another form.

One more loss is possible everywhere: a document has a list or a scalar where an object is expected. Dateline leaves it as it
is, and reports it as `unconverted` under its path, once for each change that would be made there.

If an operation or a part is not listed, it loses nothing between any two versions.
";

/// A loss as it is listed: where, which way, what.
type Listed = (String, usize, bool, LossKind, String);

#[test]
fn the_list_of_losses_is_the_committed_one() {
    is_generated(FILE, &render());
}

/// The plan between any two versions declares exactly the losses that the versions between them list, in each
/// direction.
#[test]
fn the_list_is_complete_for_every_pair() {
    let listed: BTreeSet<Listed> = (1..super::run::VERSIONS.len()).flat_map(listed).collect();
    for id in pack().operation_ids() {
        for part in PARTS {
            for (from, to) in pairs() {
                let explained = explain(pack(), id, &[part], version(from), version(to));
                let declared: BTreeSet<_> = explained
                    .places
                    .iter()
                    .flat_map(|place| &place.losses)
                    .map(|(_, loss)| (loss.kind, loss.field.to_string()))
                    .collect();
                let crossed = from.min(to) + 1..=from.max(to);
                let expected: BTreeSet<_> = listed
                    .iter()
                    .filter(|(place, number, up, ..)| {
                        *place == name(id, part) && crossed.contains(number) && *up == (from < to)
                    })
                    .map(|(.., kind, field)| (*kind, field.clone()))
                    .collect();
                assert_eq!(declared, expected, "{} {from} -> {to}", name(id, part));
            }
        }
    }
}

fn listed(number: usize) -> Vec<Listed> {
    let mut listed = Vec::new();
    for change in &pack().modules[number].changes {
        for (place, _) in places(change) {
            for (up, _, loss) in losses(change) {
                listed.push((place.clone(), number, up, loss.kind, loss.field.to_string()));
            }
        }
    }
    listed
}

fn render() -> String {
    let mut text = String::from(HEAD);
    for module in pack().modules.iter().skip(1) {
        write!(text, "\n## {}: {}\n", module.version, module.title).unwrap();
        for change in &module.changes {
            write!(text, "\n### {}\n{}\n\n", change.name, change.why).unwrap();
            let places = places(change);
            for (place, path) in places {
                let at = if path.is_empty() { String::new() } else { format!(" at `{path}`") };
                writeln!(text, "- {place}{at}").unwrap();
            }
            let losses = losses(change);
            if losses.is_empty() {
                text.push_str("\nNothing is lost.\n");
                continue;
            }
            text.push_str("\n| way | field | loss | when | step |\n|---|---|---|---|---|\n");
            for (up, step, PossibleLoss { kind, field, when }) in losses {
                let way = if up { "up" } else { "down" };
                writeln!(text, "| {way} | `{field}` | {kind} | {when} | {step} |").unwrap();
            }
        }
    }
    text
}

/// Returns the places of a change's resource.
fn places(change: &Change) -> Vec<(String, String)> {
    let found = &pack().resources[change.resource].found;
    let path = |part, path: &[Hop]| if part == Part::Query { String::new() } else { Hop::display(path) };
    found.iter().map(|found| (name(found.operation, found.part), path(found.part, &found.path))).collect()
}

fn name(id: OperationId, part: Part) -> String {
    format!("`{}`, {part}", pack().operation(id))
}

/// Lists the losses of a change in the order in which its steps run: whether the direction is up, the step in words,
/// and the loss.
fn losses(change: &Change) -> Vec<(bool, String, PossibleLoss)> {
    let way = |direction| {
        let mut steps: Vec<_> = change.steps.iter().map(|authored| &authored.step).collect();
        if direction == Direction::Down {
            steps.reverse();
        }
        steps
            .into_iter()
            .flat_map(move |step| step.losses(direction).into_iter().map(move |loss| (step, loss)))
            .map(move |(step, loss)| (direction == Direction::Up, step.describe(direction), loss))
    };
    way(Direction::Up).chain(way(Direction::Down)).collect()
}
