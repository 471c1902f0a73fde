//! An operation between two versions, in words and by example.

use super::{
    super::view::{
        View,
        plan::{self, PlanView},
    },
    Choice,
};
use crate::observe::stats::VersionLabel;
use dateline_core::{
    Version,
    pack::{Change, Example},
    plan::{Explanation, PlaceExplanation, UnsaidExplanation},
};
use maud::{Markup, html};

pub(super) fn section(view: &View, choice: &Choice) -> Markup {
    html! {
        section #plan aria-labelledby="plan-title" {
            h2 #plan-title { "Plan of an operation" }
            (form(view, choice))
            div #plan-result {
                @if choice.operation.is_empty() {
                    p.empty { "Choose an operation and its client's version: the plan shows what changes on the way to the API and back, and what can be lost." }
                } @else {
                    @match plan::view(&view.pack, &choice.operation, &choice.pin, view.upstream) {
                        Ok(plan) => (words(view, &plan)),
                        Err(problem) => p.alert role="alert" { (problem) },
                    }
                }
            }
        }
    }
}

fn form(view: &View, choice: &Choice) -> Markup {
    // The oldest version shows most.
    let pin = if choice.pin.is_empty() { view.pack.default_version.to_string() } else { choice.pin.clone() };
    html! {
        form.choose method="get" action="/#plan" {
            label { "Operation"
                select #operation name="operation" {
                    @for operation in view.pack.operations.iter().map(ToString::to_string) {
                        option value=(operation) selected[operation == choice.operation] { (operation) }
                    }
                }
            }
            label { "Client's version"
                select #pin name="pin" {
                    @for version in view.pack.versions().map(|version| version.to_string()) {
                        option value=(version) selected[version == pin] { (version) }
                    }
                }
            }
            @if !choice.only.is_empty() { input type="hidden" name="only" value=(choice.only); }
            button type="submit" { "Explain" }
        }
    }
}

fn words(view: &View, plan: &PlanView<'_>) -> Markup {
    let words = &plan.words;
    html! {
        @if let Some(address) = &words.address {
            @for line in address.lines() { p.place { (line) } }
        }
        @for unsaid in &words.unsaid { (unsaid_words(unsaid)) }
        @if words.is_there {
            div.ways {
                (way("The request", words.client, words.upstream, words.address.is_some(), &words.request))
                (way("The response", words.upstream, words.client, words.address.is_some(), &words.response))
            }
        } @else { p.empty { "A request is refused, unless the upstream serves the client's version." } }
        @if !plan.changes.is_empty() {
            h3 { "By example" }
            @for (version, change) in &plan.changes {
                @for example in change.examples.iter().take(1) { (compared(view, *version, change, example)) }
            }
        }
    }
}

/// A change that cannot be translated, and what becomes of an exchange that would cross it.
fn unsaid_words(unsaid: &UnsaidExplanation) -> Markup {
    html! {
        div.change {
            p.named { span.quiet { (unsaid.version) } " " (unsaid.name) " " strong { "cannot be translated" } }
            p { (unsaid.why) }
            @if !unsaid.concerns.is_empty() { p { "It concerns only: " (unsaid.concerns) "." } }
            p.quiet { "Then: " (unsaid.meaning()) "." }
        }
    }
}

fn way(what: &str, from: Version, to: Version, is_dated: bool, explanation: &Explanation) -> Markup {
    html! {
        div.way {
            h3 { (what) " " span.quiet { (from) " → " (to) } }
            @if explanation.places.is_empty() {
                p.empty { (if is_dated { "No document changes." } else { "Nothing changes: it passes byte for byte." }) }
            }
            @for place in &explanation.places { (place_words(place)) }
        }
    }
}

fn place_words(place: &PlaceExplanation) -> Markup {
    html! {
        p.place { (place.part) @if !place.path.is_empty() { " " code { (place.path) } } }
        @for change in &place.changes {
            p.named { span.quiet { (change.version) } " " (change.name) }
            ul.steps { @for step in &change.steps { li { code { (step) } } } }
        }
        @if !place.losses.is_empty() {
            p.named { "Can be lost" }
            ul.steps {
                @for (_, loss) in &place.losses {
                    li { code { (loss.field) } " " strong { (loss.kind) } span.quiet { ", " (loss.when) } }
                }
            }
        }
    }
}

/// An example as a client at each of the two versions has it, what differs marked.
fn compared(view: &View, version: Version, change: &Change, example: &Example) -> Markup {
    let before = view.pack.versions().rfind(|known| view.pack.is_older(*known, version));
    let resource = view.pack.resources.get(change.resource).map_or("", |resource| &resource.name);
    html! {
        div.example {
            h4 { (change.name) " " span.quiet { (resource) } }
            div.sides {
                (side(view, before, &example.old, &example.new, "−", "del"))
                (side(view, Some(version), &example.new, &example.old, "+", "ins"))
            }
        }
    }
}

fn side(view: &View, version: Option<Version>, text: &str, other: &str, sign: &str, class: &str) -> Markup {
    html! {
        figure.side {
            figcaption { @if let Some(version) = version { (super::version(view, VersionLabel::Version(version))) } }
            pre tabindex="0" {
                @for (line, same) in plan::lines(text, other) {
                    @if same { span.line { "  " (line) "\n" } } @else { span class={ "line " (class) } { (sign) " " (line) "\n" } }
                }
            }
        }
    }
}
