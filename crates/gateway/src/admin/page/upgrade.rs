//! The differences that a client would see at another version.

use super::{
    super::view::{
        ClientView, View,
        upgrade::{self, UpgradeView},
    },
    Choice,
    format::counted,
    operation, scrolling, version,
};
use crate::observe::stats::VersionLabel;
use dateline_core::{
    compare::{
        across::{FieldChange, Group, Kind, Source},
        report::shown,
    },
    pack::Part,
    step::LossKind,
    upgrade::{PartOf, Upgrade},
};
use maud::{Markup, html};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

/// Clients to choose from: any other is reached from its row, or by its name in the address.
const CLIENTS: usize = 50;

pub(super) fn section(view: &View, choice: &Choice) -> Markup {
    html! {
        section #upgrade aria-labelledby="upgrade-title" {
            h2 #upgrade-title { "What another version would change for a client" }
            @if view.clients.iter().all(|client| client.used.is_empty()) {
                p.empty { "No client has asked for an operation of the pack yet." }
            } @else {
                (form(view, choice))
                div #upgrade-result {
                    @if choice.client.is_empty() {
                        p.empty { "Choose a client and a version: for every operation that it uses, this shows what it would have to send differently, and what it would see. The values are those of the pack's examples, never its own." }
                    } @else {
                        @match upgrade::of_client(view, &choice.client, &choice.to) {
                            Ok(told) => (changes(view, &told)),
                            Err(problem) => p.alert role="alert" { (problem) },
                        }
                    }
                }
            }
        }
    }
}

/// Returns a link to the page's section on the client's upgrade to the newest version, unless it speaks only that.
pub(super) fn link(view: &View, client: &ClientView) -> Option<String> {
    let newest = view.pack.newest();
    let name = client.client.to_string();
    let name = utf8_percent_encode(&name, NON_ALPHANUMERIC);
    let speaks_another = client.used.iter().any(|used| used.pin != newest);
    speaks_another.then(|| format!("/?client={name}&to={newest}#upgrade"))
}

fn form(view: &View, choice: &Choice) -> Markup {
    let to = if choice.to.is_empty() { view.pack.newest().to_string() } else { choice.to.clone() };
    let seen = view.clients.iter().filter(|client| !client.used.is_empty());
    let mut clients: Vec<String> = seen.take(CLIENTS).map(|client| client.client.to_string()).collect();
    if !choice.client.is_empty() && !clients.contains(&choice.client) {
        clients.push(choice.client.clone());
    }
    html! {
        form.choose method="get" action="/#upgrade" {
            label { "Client"
                select #client name="client" {
                    @for client in &clients { option value=(client) selected[*client == choice.client] { (client) } }
                }
            }
            label { "Other version"
                select #to name="to" {
                    @for version in view.pack.versions().rev().map(|version| version.to_string()) {
                        option value=(version) selected[version == to] { (version) }
                    }
                }
            }
            @if !choice.only.is_empty() { input type="hidden" name="only" value=(choice.only); }
            button type="submit" { "Simulate" }
        }
    }
}

fn changes(view: &View, told: &UpgradeView<'_>) -> Markup {
    let (differ, same): (Vec<_>, Vec<_>) = told.operations.iter().partition(|(_, upgrade)| upgrade.differs());
    let to = version(view, VersionLabel::Version(told.to));
    html! {
        @if told.operations.is_empty() {
            p.empty { "It speaks " (to) " already, in all that it asks for." }
        } @else if differ.is_empty() {
            p.empty { "Nothing: what it asks for is the same at " (to) "." }
        }
        @for (used, upgrade) in &differ {
            h3 {
                (operation(Some(&used.operation))) " "
                span.quiet { (upgrade.from) " → " (upgrade.to) ", " (counted(used.requests, "request", "requests")) }
                span.more { (upgrade.summary()) }
            }
            (fields(upgrade))
        }
        @if !same.is_empty() && !differ.is_empty() {
            p.note {
                "The same at " (to) ": "
                @for (index, (used, _)) in same.iter().enumerate() { @if index > 0 { ", " } (operation(Some(&used.operation))) }
                "."
            }
        }
        @if told.left_out > 0 {
            p.note { (counted(told.left_out as u64, "operation that it asks for less is", "operations that it asks for less are")) " not told here." }
        }
    }
}

fn fields(upgrade: &Upgrade) -> Markup {
    let label = format!("Fields of {} that differ", upgrade.operation);
    let table = html! {
        table.fields {
            caption.hidden { (label) " between " (upgrade.from) " and " (upgrade.to) }
            thead {
                tr {
                    th scope="col" { "At " (upgrade.from) }
                    th scope="col" { "At " (upgrade.to) }
                    th scope="col" { "What happens" }
                }
            }
            @for PartOf { part, seen } in &upgrade.parts {
                @match seen {
                    Some(seen) => @for group in seen.groups() { (rows(*part, &group)) },
                    None => tbody { tr { th colspan="3" scope="rowgroup" { (part) span.more { "The pack has no example to show it by: the plan tells the steps." } } } },
                }
            }
        }
    };
    scrolling(&label, table)
}

/// Shows the fields that the same changes of the pack affect.
fn rows(part: Part, group: &Group<'_>) -> Markup {
    let place = group.object.filter(|object| *object != "$");
    html! {
        tbody {
            tr {
                th.by colspan="3" scope="rowgroup" {
                    (part) @if let Some(place) = place { " " code { (place) } }
                    @for cause in group.by { span.more { (cause.version) ": " (cause.name) ". " (cause.why) } }
                }
            }
            @for change in &group.changes {
                tr {
                    th scope="row" { (side(change.before.as_deref(), change.values.0.as_ref())) }
                    td { (side(change.after.as_deref(), change.values.1.as_ref())) }
                    td {
                        span class={ "tag " (tint(change)) } { (change.kind.as_str()) }
                        @if says_more(change) { span.more { (change.note()) } }
                    }
                }
            }
        }
    }
}

fn side(names: Option<&[String]>, value: Option<&Value>) -> Markup {
    html! {
        @match names {
            Some(names) => { code { (names.join(".")) } @if let Some(value) = value { span.more { code { (shown(value)) } } } },
            None => span.quiet { "–" },
        }
    }
}

/// Tells whether the note of a change says more than its kind.
fn says_more(change: &FieldChange) -> bool {
    match change.kind {
        Kind::Renamed | Kind::Moved | Kind::Converted | Kind::Mapped => false,
        Kind::Unconverted | Kind::Tagged => true,
        Kind::Added => change.loss.is_some() || change.source.as_ref().is_some_and(|it| *it != Source::Pack),
        Kind::Gone => change.loss.is_some(),
    }
}

/// Returns a warm tint for changes that nobody should overlook: a lost field, or a value that does not come from the
/// API.
fn tint(change: &FieldChange) -> &'static str {
    match (change.loss, change.kind) {
        (Some(LossKind::MadeUp | LossKind::Unconverted | LossKind::Unsaid), _) | (_, Kind::Gone) => "is-warm",
        _ => "is-quiet",
    }
}
