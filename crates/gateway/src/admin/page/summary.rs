//! The summary at the top of the page.

use super::{
    super::{
        recent::{MINUTES, Minute},
        view::{RetirementVerdict, UsageFile, VersionView, View},
    },
    format::{ago, at_least, counted, number, span, stamp},
    mark, scrolling, version,
};
use crate::observe::stats::VersionLabel;
use maud::{Markup, html};
use std::collections::BTreeMap;

/// The number of lines of a failed reload's report that are shown.
const SHOWN: usize = 6;

/// The height of the chart, in its own units.
const HEIGHT: u64 = 1_000;

pub(super) fn section(view: &View) -> Markup {
    let quiet = is_quiet(view);
    html! {
        section #summary .summary data-live aria-labelledby="headline" {
            h1 #headline { (headline(view)) }
            (failure(view))
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

/// The versions with a verdict, newest first.
fn with(view: &View, verdict: RetirementVerdict) -> Vec<String> {
    let versions = view.versions.iter().filter(|version| version.verdict == verdict);
    versions.map(|version| version.version.to_string()).collect()
}

/// `a`, `a and b`, `a, b and c`.
fn listed(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// Tells whether no request has come yet, as far as is known.
fn is_quiet(view: &View) -> bool {
    view.totals.requests == 0 && view.versions.iter().all(|version| version.speakers.is_empty())
}

fn headline(view: &View) -> String {
    let (free, undecided) = (with(view, RetirementVerdict::Free), with(view, RetirementVerdict::Undecided));
    if is_quiet(view) {
        return "No requests yet".to_owned();
    }
    match (&*free, &*undecided) {
        ([], []) => {
            let is_spoken = |version: &&VersionView| version.requests > 0 || !version.speakers.is_empty();
            let spoken = view.versions.iter().filter(is_spoken).count();
            format!("{} in use, none to retire today", counted(spoken as u64, "version is", "versions are"))
        }
        ([], _) => "Too early to say what could be retired".to_owned(),
        (free, _) => format!("{} could be retired today, by all that this gateway knows", listed(free)),
    }
}

fn lead(view: &View) -> Markup {
    let (free, undecided) = (with(view, RetirementVerdict::Free), with(view, RetirementVerdict::Undecided));
    let old = view.versions.iter().rev().find(|version| version.verdict == RetirementVerdict::Blocked);
    let watch = &view.watch;
    html! {
        @if !is_quiet(view) {
            "Counted since " (ago(view.now, watch.since)) ", by one replica: this process"
            @match &watch.file {
                UsageFile::Off => ", since it began. ",
                UsageFile::Read => " and its usage file. ",
                UsageFile::Unread(problem) => { ". Its usage file is not included: " (problem) ". " }
            }
            @if !undecided.is_empty() {
                "A verdict takes " (span(watch.after)) " of counting (" code { "usage.verdict_after" } "): "
                strong { "still missing: " (at_least(watch.missing())) } ". Not asked for so far: " (listed(&undecided)) ". "
            }
            @if !free.is_empty() {
                "No client has used " (listed(&free)) " "
                @if watch.after == 0 { "in that time" } @else { "in the last " (span(watch.after)) }
                ", and the configuration does not name " @if free.len() == 1 { "it" } @else { "them" } ". "
            }
            @if !free.is_empty() || !undecided.is_empty() {
                "If other replicas serve the same clients, each knows only its own requests: "
                code { "dateline usage FILE FILE" } " adds them up. "
            }
        }
        @if let Some(VersionView { version: oldest, speakers, .. }) = old {
            "The oldest in use is " (version(view, VersionLabel::Version(*oldest))) ", by "
            (counted(speakers.len() as u64, "client", "clients")) "."
        }
    }
}

/// Shows why the last reload failed, if it did. The text is short, so that it is seen at a glance.
fn failure(view: &View) -> Markup {
    let Some((at, report)) = &view.state.reloads.last_failure else { return html! {} };
    let mut lines: Vec<&str> = report.lines().take(SHOWN).collect();
    if report.lines().count() > SHOWN {
        lines.push("\u{2026}");
    }
    html! {
        div #reload-failed .problem {
            p.alert {
                strong { "The last reload failed " (ago(view.now, *at)) "." }
                " The previous settings stay in force. " a href="#configuration" { "All of it" }
            }
            pre tabindex="0" { (lines.join("\n")) }
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
            p { "Send a request through the gateway, and this page fills. A client names its version:" }
            pre { code { (curl(view)) } }
            p { "A client that names none is identified by its key: add a " code { "[[client]]" } " with its pin." }
        }
    }
}

/// A request that names the version.
fn curl(view: &View) -> String {
    let pack = &view.pack;
    let first = pack.version_places.first();
    let (target, field) =
        first.map(|place| place.request(&pack.base_path, "/…", view.upstream)).unwrap_or_default();
    let field = field.map(|field| format!(" -H '{field}'")).unwrap_or_default();
    format!("curl '{}{target}'{field}", view.address)
}

/// Requests a minute by version, of the last hour, as bars; and the same as a table.
fn chart(view: &View) -> Markup {
    let last = view.now / 60;
    let first = (last + 1).saturating_sub(MINUTES);
    let mut spoken: Vec<VersionLabel> =
        view.minutes.iter().flat_map(|minute| minute.requests.keys().copied()).collect();
    spoken.sort();
    spoken.dedup();
    let sum = |requests: &BTreeMap<VersionLabel, u64>| requests.values().sum::<u64>();
    let most = view.minutes.iter().map(|minute| sum(&minute.requests)).max().unwrap_or(0).max(1);
    let total =
        |pin: &VersionLabel| view.minutes.iter().filter_map(|minute| minute.requests.get(pin)).sum::<u64>();
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
fn stack(minute: &Minute, most: u64) -> Vec<(VersionLabel, u64, u64)> {
    let mut top = HEIGHT;
    let bar = |(pin, requests): (&VersionLabel, &u64)| {
        let height = (requests * HEIGHT / most).max(8).min(top);
        top -= height;
        (*pin, top, height)
    };
    minute.requests.iter().map(bar).collect()
}
