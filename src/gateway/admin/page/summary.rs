//! What can be seen at a glance.

use super::{
    super::{
        recent::{MINUTES, Minute},
        view::{Verdict, VersionView, View},
    },
    format::{ago, counted, number, span, stamp},
    mark, scrolling, version,
};
use crate::gateway::ledger::Spoken;
use maud::{Markup, html};
use std::collections::BTreeMap;

/// For less than this nobody believes that a version is not used.
const LONG: u64 = 7 * 86_400;

/// How high the chart is, in its own units.
const HEIGHT: u64 = 1_000;

pub(super) fn section(view: &View) -> Markup {
    let quiet = view.totals.requests == 0;
    html! {
        section #summary .summary data-live aria-labelledby="headline" {
            h1 #headline { (headline(view)) }
            p.lead { (lead(view)) }
            dl.tiles {
                (tile("requests", "Requests", &number(view.totals.requests), &format!("{} in the last minute", number(view.totals.last_minute))))
                (tile("clients-seen", "Clients seen", &number(seen(view)), &in_use(view)))
                (tile("errors", "Errors", &number(view.totals.refused + view.totals.failed), &format!("4xx: {}, 5xx: {}", number(view.totals.refused), number(view.totals.failed))))
                (tile("values-lost", "Values lost", &number(view.totals.losses), "on the way between versions"))
            }
            @if quiet { (empty(view)) } @else { (chart(view)) }
        }
    }
}

fn headline(view: &View) -> String {
    let with = |verdict| view.versions.iter().filter(move |version| version.verdict == verdict);
    let free: Vec<String> = with(Verdict::Free).map(|version| version.version.to_string()).collect();
    match (view.totals.requests, &*free) {
        (0, _) => "Nothing has been asked yet".to_owned(),
        (_, []) => {
            let spoken = view.versions.iter().filter(|version| version.requests > 0).count();
            format!("{} in use, none to retire today", counted(spoken as u64, "version is", "versions are"))
        }
        (_, [one]) => format!("{one} could be retired today"),
        (_, [first @ .., last]) => format!("{} and {last} could be retired today", first.join(", ")),
    }
}

fn lead(view: &View) -> Markup {
    let watched = view.now.saturating_sub(view.since);
    let free = view.versions.iter().filter(|version| version.verdict == Verdict::Free).count();
    let it = if free == 1 { "it" } else { "them" };
    let old = view.versions.iter().rev().find(|version| version.verdict == Verdict::Blocked);
    html! {
        @if view.totals.requests > 0 && free > 0 {
            "Nobody has spoken " (it) " since the gateway began to count, "
            (ago(view.now, view.since)) ", and the configuration does not name " (it) ". "
            @if watched < LONG { "That is a short time: jobs that run once a week have not come by yet. " }
        } @else if view.totals.requests > 0 {
            "Counted since the gateway began, " (ago(view.now, view.since)) ". "
        }
        @if let Some(VersionView { version: oldest, speakers, .. }) = old {
            "The oldest in use is " (version(view, Spoken::Version(*oldest))) ", by "
            (counted(speakers.len() as u64, "client", "clients")) "."
        }
    }
}

fn tile(id: &str, name: &str, figure: &str, more: &str) -> Markup {
    html! {
        div.tile {
            dt { (name) }
            dd { span.figure id=(id) { (figure) } span.more { (more) } }
        }
    }
}

fn seen(view: &View) -> u64 {
    view.clients.iter().filter(|client| client.last_seen.is_some()).count() as u64
}

fn in_use(view: &View) -> String {
    let spoken = view.versions.iter().filter(|version| version.requests > 0).count();
    format!("at {} of {}", number(spoken as u64), counted(view.versions.len() as u64, "version", "versions"))
}

fn empty(view: &View) -> Markup {
    html! {
        div.empty {
            p { "Send a request through the gateway, and this page fills. A client of today says which version it speaks:" }
            pre { code { "curl http://127.0.0.1:8080" (view.pack.base_path) "/… -H '" (view.pack.header) ": " (view.upstream) "'" } }
            p { "One that sends no header is known by its key: write a " code { "[[client]]" } " with its pin." }
        }
    }
}

/// Requests a minute by version, of the last hour, as bars; and the same as a table.
fn chart(view: &View) -> Markup {
    let last = view.now / 60;
    let first = (last + 1).saturating_sub(MINUTES);
    let mut spoken: Vec<Spoken> =
        view.minutes.iter().flat_map(|minute| minute.requests.keys().copied()).collect();
    spoken.sort();
    spoken.dedup();
    let sum = |requests: &BTreeMap<Spoken, u64>| requests.values().sum::<u64>();
    let most = view.minutes.iter().map(|minute| sum(&minute.requests)).max().unwrap_or(0).max(1);
    let total = |pin: &Spoken| view.minutes.iter().filter_map(|minute| minute.requests.get(pin)).sum::<u64>();
    html! {
        figure.chart {
            figcaption { "Requests a minute, by version, in the last hour" }
            div.plot {
                span.most { (number(most)) }
                svg viewBox={ "0 0 " (MINUTES * 10) " " (HEIGHT) } preserveAspectRatio="none" aria-hidden="true" focusable="false" {
                    @for minute in view.minutes.iter().filter(|minute| minute.number >= first) {
                        @for (pin, top, height) in stack(minute, most) {
                            rect class=(mark(view, pin)) x=((minute.number - first) * 10 + 1) y=(top) width="8" height=(height) {}
                        }
                    }
                }
            }
            p.axis aria-hidden="true" { span { "60 min ago" } span { "30 min ago" } span { "now" } }
            ul.legend {
                @for pin in &spoken { li { (version(view, *pin)) " " span.quiet { (number(total(pin))) } } }
            }
            details #chart-table {
                summary { "The chart as a table" }
                (scrolling("Requests a minute, by version", html! {
                    table {
                        caption.hidden { "Requests a minute, by version, in the last hour" }
                        thead { tr { th scope="col" { "Minute" } @for pin in &spoken { th.number scope="col" { (pin) } } } }
                        tbody {
                            @for minute in view.minutes.iter().rev() {
                                tr {
                                    th scope="row" {
                                        time datetime=(stamp(minute.number * 60)) {
                                            @match last.saturating_sub(minute.number) * 60 {
                                                0 => "now",
                                                seconds => { (span(seconds)) " ago" }
                                            }
                                        }
                                    }
                                    @for pin in &spoken { td.number { (number(minute.requests.get(pin).copied().unwrap_or(0))) } }
                                }
                            }
                        }
                    }
                }))
            }
        }
    }
}

/// The bars of a minute, one on another: what was spoken, how far from the top, how high. None is too low to be seen.
fn stack(minute: &Minute, most: u64) -> Vec<(Spoken, u64, u64)> {
    let mut top = HEIGHT;
    let bar = |(pin, requests): (&Spoken, &u64)| {
        let height = (requests * HEIGHT / most).max(8).min(top);
        top -= height;
        (*pin, top, height)
    };
    minute.requests.iter().map(bar).collect()
}
