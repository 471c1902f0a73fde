//! Results of live verification: translated answers compared with the upstream's own.

use super::{
    super::view::{PlaceView, Verification, View},
    columns,
    format::{ago, counted, number},
    live, operation, scrolling, version,
};
use crate::{observe::stats::VersionLabel, verify::Pair};
use maud::{Markup, html};

/// Rows at most: the rest is under `/api/verify`.
const ROWS: usize = 50;

const RESULTS: [&str; 4] = ["agreed", "differed", "unsettled", "failed"];

pub(super) fn section(view: &View) -> Markup {
    let verification = &view.verification;
    live(
        "verification",
        "Is it right?",
        html! {
            @if verification.pairs.is_empty() && verification.last.is_none() {
                p.empty { (nothing(verification)) }
            } @else {
                p.verdict { (verdict(verification)) }
                @if !verification.places.is_empty() { (scrolling("Places that differ", places(view))) }
                (scrolling("Checks by operation and versions", checks(view)))
                (note(verification))
            }
        },
    )
}

fn nothing(verification: &Verification) -> Markup {
    html! {
        @match verification.sample {
            Some(sample) => { "Nothing has been verified yet. The sample is " (sample) " of all translated GETs." }
            None => {
                "Nothing is verified. " code { "[verify] sample = 0.01" }
                " verifies one in a hundred of the translated GETs: it is also read at its client's version, and the two are compared."
            }
        }
    }
}

fn verdict(verification: &Verification) -> Markup {
    let agreed = verification.count("agreed");
    html! {
        @match verification.count("differed") {
            0 if agreed > 0 => {
                span.tag.is-good { "✓ agrees" } " " (counted(agreed, "response was", "responses were"))
                " what the upstream answers at its client's version."
            }
            0 => { span.tag.is-quiet { "not known" } " No check has come to a result yet." }
            differed => {
                span.tag.is-bad { "✗ differs" } " " (counted(differed, "response was", "responses were"))
                " not what the upstream answers at its client's version; " (number(agreed)) " agreed."
            }
        }
        @if let Some(sample) = verification.sample { " Verified: " (sample) " of the translated GETs." }
    }
}

fn places(view: &View) -> Markup {
    html! {
        table {
            caption.hidden { "Places where a translated response differs from the upstream's native one" }
            thead { (columns(&["Operation", "Speaks", "Place", "Natively", "Translated"], &["Responses", "Last"])) }
            tbody {
                @for PlaceView { operation: of, pin, path, seen } in view.verification.places.iter().take(ROWS) {
                    tr {
                        th scope="row" { (operation(Some(of))) }
                        td { (version(view, VersionLabel::Version(*pin))) }
                        td { code { (path) } }
                        td { (seen.native) } td { (seen.translated) }
                        td.number { (number(seen.answers)) }
                        td.number { (ago(view.now, seen.last)) }
                    }
                }
            }
        }
    }
}

fn checks(view: &View) -> Markup {
    html! {
        table {
            caption.hidden { "Results of checks, by operation, client's version and upstream's version" }
            thead { (columns(&["Operation", "Speaks", "Upstream"], &RESULTS)) }
            tbody {
                @for (Pair { operation: of, pin, upstream }, checks) in view.verification.pairs.iter().take(ROWS) {
                    tr {
                        th scope="row" { (operation(Some(of))) }
                        td { (version(view, VersionLabel::Version(pin.0))) }
                        td { (version(view, VersionLabel::Version(upstream.0))) }
                        @for result in RESULTS {
                            td.number {
                                @match checks.get(result) { Some(count) => (number(*count)), None => span.quiet { "–" } }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn note(verification: &Verification) -> Markup {
    let told: Vec<String> = verification
        .skipped
        .iter()
        .filter(|(_, count)| **count > 0)
        .map(|(reason, count)| format!("{reason} {}", number(*count)))
        .collect();
    html! {
        p.note {
            strong { "unsettled" } " is data that changed while it was compared. "
            strong { "failed" } " could not be compared"
            @if !verification.failures.is_empty() {
                ": " (verification.failures.iter().map(|(why, count)| format!("{why} {}", number(*count))).collect::<Vec<_>>().join(", "))
            }
            ". The upstream was sent " (counted(verification.requests, "request", "requests")) " for it."
            @if !told.is_empty() { " Sampled but not checked: " (told.join(", ")) "." }
            " All of it: " a href="/api/verify" { "/api/verify" } "."
        }
    }
}
