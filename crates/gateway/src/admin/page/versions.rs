//! Versions that could be retired, clients that still use them, and the history of the pack.

use super::{
    super::view::{RetirementVerdict, VersionView, View},
    clients::name,
    columns,
    format::{ago, counted, number},
    live, operation, scrolling, version,
};
use crate::observe::stats::VersionLabel;
use dateline_core::{
    pack::{Change, Module, Pack, Unsaid},
    step::Direction,
};
use dateline_http::policy::AfterSunset;
use maud::{Markup, html};

/// The number of remaining clients that are listed by name.
const NAMES: usize = 5;

pub(super) fn retirement(view: &View) -> Markup {
    live(
        "retirement",
        "What could be retired",
        html! {
            (scrolling("Versions, and who is in the way of retiring them", html! {
                table.versions {
                    caption.hidden { "Whether each version could be retired today, and who is in the way" }
                    thead { (columns(&["Version", "Today", "Clients", "Announced to clients"], &["Requests since the start", "Last used"])) }
                    tbody { @for one in &view.versions { (row(view, one)) } }
                }
            }))
        },
    )
}

fn row(view: &View, one: &VersionView) -> Markup {
    html! {
        tr {
            th scope="row" { (version(view, VersionLabel::Version(one.version))) span.more { (one.title) } }
            td { (verdict(one.verdict)) }
            td.wide { (in_the_way(view, one)) }
            td { (told(one)) }
            td.number { (number(one.requests)) @if one.last_minute > 0 { span.more { (number(one.last_minute)) " / min" } } }
            td.number { @match one.last_seen { Some(then) => (ago(view.now, then)), None => span.quiet { "never" } } }
        }
    }
}

fn verdict(verdict: RetirementVerdict) -> Markup {
    let (class, sign, word) = match verdict {
        RetirementVerdict::Current => ("is-quiet", "", "current"),
        RetirementVerdict::Blocked => ("is-warm", "", "in use"),
        RetirementVerdict::Configured => ("is-warm", "", "configured"),
        RetirementVerdict::Free => ("is-good", "✓ ", "could go"),
        RetirementVerdict::Undecided => ("is-quiet", "", "too early to say"),
        RetirementVerdict::Retired => ("is-quiet", "", "retired: 410"),
    };
    html! { span class={ "tag " (class) } { (sign) (word) } }
}

fn in_the_way(view: &View, one: &VersionView) -> Markup {
    html! {
        @if !one.speakers.is_empty() {
            ul.names {
                @for speaker in one.speakers.iter().take(NAMES) {
                    li { (name(&speaker.client)) " " span.quiet { (number(speaker.requests)) ", " (ago(view.now, speaker.last_seen)) } }
                }
                @if one.speakers.len() > NAMES {
                    li.quiet { "and " (counted((one.speakers.len() - NAMES) as u64, "other", "others")) }
                }
            }
        }
        @if !one.named_by.is_empty() { p.more { "Named by the configuration: " (one.named_by.join("; ")) } }
        @if one.speakers.is_empty() && one.named_by.is_empty() {
            span.quiet {
                @match one.verdict {
                    RetirementVerdict::Free => "nobody",
                    RetirementVerdict::Undecided => "nobody so far",
                    _ => "–",
                }
            }
        }
    }
}

/// Shows the dates of its retirement that the configuration announces to clients.
fn told(one: &VersionView) -> Markup {
    let Some(retirement) = &one.retirement else { return html! { span.quiet { "–" } } };
    html! {
        @if let Some(day) = retirement.deprecated { span.dated { "deprecated " time { (day) } } }
        @if let Some(day) = retirement.sunset {
            span.dated { "sunset " time { (day) } @if retirement.after_sunset == AfterSunset::Refuse { ", then 410" } }
        }
        @if let Some(link) = &retirement.link { a.more href=(link) rel="noreferrer" { "what they are pointed to" } }
    }
}

pub(super) fn history(view: &View) -> Markup {
    let pack = &view.pack;
    let place = pack.version_places.first().map(|place| place.to_string()).unwrap_or_default();
    html! {
        section #history aria-labelledby="history-title" {
            h2 #history-title { "The history" }
            p.note { (counted(pack.modules.len() as u64, "version", "versions")) " in the pack " code { (pack.name) } ", newest first. " code { (place) } " names the version; without it a request speaks " (pack.default_version) "." }
            ol.history {
                @for module in pack.modules.iter().rev() {
                    li { (entry(view, module)) }
                }
            }
        }
    }
}

fn entry(view: &View, module: &Module) -> Markup {
    let title = html! {
        h3 { (version(view, VersionLabel::Version(module.version))) " " (module.title) }
    };
    html! {
        @if module.changes.is_empty() && module.unsaid.is_empty() {
            div.first { (title) p.quiet { "Where the history begins: no changes." } }
        } @else {
            details id={ "history-" (module.version) } {
                summary { (title) span.quiet { (counted((module.changes.len() + module.unsaid.len()) as u64, "change", "changes")) } }
                @for change in &module.changes { (change_entry(&view.pack, change)) }
                @for unsaid in &module.unsaid { (unsaid_entry(&view.pack, unsaid)) }
            }
        }
    }
}

/// A change that no step can say.
fn unsaid_entry(pack: &Pack, unsaid: &Unsaid) -> Markup {
    let operations = unsaid.operations.iter().map(|id| pack.operation(*id).to_string());
    let concerns = unsaid.scope.to_string();
    html! {
        div.change {
            h4 { (unsaid.name) " " span.quiet { "cannot be translated: " (unsaid.then.as_str()) } }
            p { (unsaid.why) }
            @if !concerns.is_empty() { p { "It concerns only: " (concerns) "." } }
            p.more { "In " @for (at, name) in operations.enumerate() { @if at > 0 { ", " } (operation(Some(&name))) } }
        }
    }
}

fn change_entry(pack: &Pack, change: &Change) -> Markup {
    let mut operations: Vec<String> = Vec::new();
    for found in pack.resources.get(change.resource).iter().flat_map(|resource| resource.places()) {
        let name = pack.operation(found.operation).to_string();
        if !operations.contains(&name) {
            operations.push(name);
        }
    }
    html! {
        div.change {
            h4 { (change.name) }
            p { (change.why) }
            ul.steps { @for authored in &change.steps { li { code { (authored.step.describe(Direction::Up)) } } } }
            p.more { "In " @for (at, name) in operations.iter().enumerate() { @if at > 0 { ", " } (operation(Some(name))) } }
        }
    }
}
