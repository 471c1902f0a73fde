//! The matrix of clients and versions.

use super::{
    super::view::{Cell, ClientView, View},
    Choice,
    format::{ago, counted, number},
    scrolling, upgrade, version,
};
use crate::observe::stats::{Client, PinSource, VersionLabel};
use maud::{Markup, html};

/// Rows at most: the rest is found by name.
const ROWS: usize = 50;

/// Columns for versions that nobody speaks, where there are no more than this.
const COLUMNS: usize = 8;

pub(super) fn section(view: &View, choice: &Choice) -> Markup {
    let only = choice.only.to_lowercase();
    let found: Vec<&ClientView> = view
        .clients
        .iter()
        .filter(|client| client.client.to_string().to_lowercase().contains(&only))
        .collect();
    let columns = columns(view);
    html! {
        section #clients aria-labelledby="clients-title" {
            div.heading {
                h2 #clients-title { "Clients by version" }
                (filter(choice))
            }
            div #clients-live data-live {
                @if view.clients.is_empty() {
                    p.empty { "No client has been seen yet. Configured ones are listed from the beginning: add a " code { "[[client]]" } "." }
                } @else if found.is_empty() {
                    p.empty { "No client's name contains this. " a href="/#clients" { "Show all " (number(view.clients.len() as u64)) } }
                } @else {
                    (scrolling("Requests by client and version", matrix(view, &columns, &found)))
                    @if found.len() > ROWS {
                        p.note { "The " (ROWS) " busiest of " (counted(found.len() as u64, "client", "clients")) ". Find others by name, or all under " a href="/api/clients" { "/api/clients" } "." }
                    }
                    p.note {
                        code { "key-…" } " stands for a client that no " code { "[[client]]" } " names: a keyed hash of its credential, from which the credential cannot be found. "
                        strong { "anonymous" } " showed no credential, or none that the API accepted."
                    }
                }
            }
        }
    }
}

fn filter(choice: &Choice) -> Markup {
    html! {
        form.filter method="get" action="/#clients" role="search" {
            label for="only" { "Only clients with" }
            input #only name="only" type="search" value=(choice.only) autocomplete="off" spellcheck="false";
            @if !choice.operation.is_empty() {
                input type="hidden" name="operation" value=(choice.operation);
                input type="hidden" name="pin" value=(choice.pin);
            }
            @if !choice.client.is_empty() {
                input type="hidden" name="client" value=(choice.client);
                input type="hidden" name="to" value=(choice.to);
            }
            button type="submit" { "Show" }
        }
    }
}

fn columns(view: &View) -> Vec<VersionLabel> {
    let mut columns = view.columns();
    if columns.len() > COLUMNS {
        let spoken = |pin: &VersionLabel| view.clients.iter().any(|client| client.at(*pin).is_some());
        columns.retain(|pin| spoken(pin) || *pin == VersionLabel::Version(view.upstream));
    }
    columns
}

fn matrix(view: &View, columns: &[VersionLabel], clients: &[&ClientView]) -> Markup {
    html! {
        table.matrix {
            caption.hidden { "Requests of each client at each version, in the last minute, and when the last of them came" }
            thead {
                tr {
                    th scope="col" { "Client" }
                    @for pin in columns {
                        th.number scope="col" { (version(view, *pin)) span.more { (note(view, *pin)) } }
                    }
                    th.number scope="col" { "All" }
                    th.number scope="col" { "Errors" }
                    th.number scope="col" { "Last seen" }
                }
            }
            tbody {
                @for client in clients.iter().take(ROWS) {
                    tr {
                        th scope="row" {
                            (name(&client.client))
                            @if let Some(source) = source(client) { span.more { (source) } }
                            @if let Some(link) = upgrade::link(view, client) {
                                span.more { a href=(link) aria-label={ "Simulate an upgrade of " (client.client) } { "Simulate an upgrade" } }
                            }
                        }
                        @for pin in columns { (cell(view, client.at(*pin), client.requests)) }
                        td.number { (number(client.requests)) @if client.last_minute > 0 { span.more { (number(client.last_minute)) " / min" } } }
                        td.number { @if client.refused + client.failed > 0 { (number(client.refused + client.failed)) } @else { span.quiet { "0" } } }
                        td.number { @match client.last_seen { Some(then) => (ago(view.now, then)), None => span.quiet { "never" } } }
                    }
                }
            }
        }
    }
}

fn note(view: &View, pin: VersionLabel) -> &'static str {
    match pin {
        VersionLabel::Version(version) if version == view.upstream => "upstream",
        VersionLabel::Version(version) if version == view.pack.default_version => "without a header",
        VersionLabel::Version(_) => "",
        VersionLabel::Unknown => "not in the pack",
        VersionLabel::Upstream => "not translated",
        VersionLabel::None => "refused before",
        VersionLabel::Other => "all others",
    }
}

/// Requests, with a tint that grows with their share of the client's.
fn cell(view: &View, cell: Option<&Cell>, of: u64) -> Markup {
    let Some(cell) = cell else { return html! { td.number { span.quiet { "–" } } } };
    let tint = match cell.requests * 4 / of.max(1) {
        0 => "t1",
        1 | 2 => "t2",
        _ => "t3",
    };
    html! {
        td class={ "number " (tint) } {
            (number(cell.requests))
            span.more {
                @if cell.last_minute > 0 { (number(cell.last_minute)) " / min" } @else { (ago(view.now, cell.last_seen)) }
            }
        }
    }
}

pub(super) fn name(client: &Client) -> Markup {
    match client {
        Client::Named(name) => html! { span.client { (name) } },
        Client::Unnamed(_) => html! { code.client { (client) } },
        Client::Anonymous | Client::Others => html! { span.client.quiet { (client) } },
    }
}

/// Lists the sources from which the versions of a client's requests are known.
fn source(client: &ClientView) -> Option<String> {
    let mut sources: Vec<PinSource> =
        client.cells.iter().flat_map(|cell| cell.sources.iter().copied()).collect();
    sources.sort();
    sources.dedup();
    let word = |source: &PinSource| match source {
        PinSource::Header => "header",
        PinSource::Path => "path",
        PinSource::Query => "query",
        PinSource::MediaType => "media type",
        PinSource::Client => "configured pin",
        PinSource::Default => "default",
        PinSource::None | PinSource::Other => "",
    };
    let words: Vec<&str> = sources.iter().map(word).filter(|word| !word.is_empty()).collect();
    (!words.is_empty()).then(|| format!("by {}", words.join(", ")))
}
