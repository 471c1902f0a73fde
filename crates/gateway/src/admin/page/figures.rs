//! Losses and operations.

use super::{
    super::view::{Durations, OperationView, View},
    Choice,
    clients::name,
    columns,
    format::{bytes, counted, duration, number},
    live, operation, scrolling, version,
};
use crate::observe::stats::LossRow;
use dateline_core::step::LossKind;
use maud::{Markup, html};

/// Rows at most: the rest is under `/api/`.
const ROWS: usize = 50;

pub(super) fn losses(view: &View, choice: &Choice) -> Markup {
    let only = choice.only.to_lowercase();
    let found: Vec<&LossRow> =
        view.losses.iter().filter(|loss| loss.client.to_string().to_lowercase().contains(&only)).collect();
    live(
        "losses",
        "What was lost",
        html! {
            @if found.is_empty() {
                p.empty {
                    "Nothing was lost "
                    @if only.is_empty() { "so far" } @else { "by these clients" }
                    ": every value had a place in the other version."
                }
            } @else {
                (scrolling("Lost values", html! {
                    table {
                        caption.hidden { "Values that were lost, by client, operation and field" }
                        thead { (columns(&["Client", "Speaks", "Operation", "Field", "What happened", "Because of"], &["Values"])) }
                        tbody {
                            @for loss in found.iter().take(ROWS) {
                                tr {
                                    th scope="row" { (name(&loss.client)) }
                                    td { (version(view, loss.pin)) }
                                    td { (operation(loss.operation.as_deref())) }
                                    td { code { (loss.field) } }
                                    td { (kind(loss.kind)) }
                                    td {
                                        @if let Some(cause) = &loss.cause {
                                            (cause.version) ": " (cause.change)
                                        } @else {
                                            span.quiet { "all others" }
                                        }
                                    }
                                    td.number { (number(loss.count)) }
                                }
                            }
                        }
                    }
                }))
                @if found.len() > ROWS {
                    p.note { "The " (ROWS) " most frequent of " (number(found.len() as u64)) "; all under " a href="/api/losses" { "/api/losses" } "." }
                }
                dl.terms {
                    dt { (kind(LossKind::Dropped)) } dd { "left out, since the other version has no place for it" }
                    dt { (kind(LossKind::MadeUp)) } dd { "invented, since the other version does not have it" }
                    dt { (kind(LossKind::Unconverted)) } dd { "kept unchanged, in a form that the other version does not know" }
                }
            }
        },
    )
}

fn kind(kind: LossKind) -> Markup {
    let class = match kind {
        LossKind::Dropped => "is-quiet",
        LossKind::MadeUp | LossKind::Unconverted | LossKind::Unsaid => "is-warm",
    };
    html! { span class={ "tag " (class) } { (kind) } }
}

pub(super) fn operations(view: &View) -> Markup {
    live(
        "operations",
        "How long operations take",
        html! {
            @if view.operations.is_empty() {
                p.empty { "No request has ended yet." }
            } @else {
                (scrolling("Times of operations", times(view)))
                p.note {
                    "The slowest first. p50 and p99 are the bounds of the histogram that half of the requests, and 99 in a hundred, stay within. "
                    "Upstream: to the head of its response. Translation: of one body, there or back."
                }
            }
        },
    )
}

fn times(view: &View) -> Markup {
    html! {
        table.times {
            caption.hidden { "Upstream time and translation time of each operation" }
            thead {
                tr {
                    th scope="col" rowspan="2" { "Operation" }
                    th.number scope="col" rowspan="2" { "Requests" }
                    th.group scope="colgroup" colspan="3" { "Upstream" }
                    th.group scope="colgroup" colspan="4" { "Translation" }
                    th.number scope="col" rowspan="2" { "Bytes out" }
                }
                tr {
                    th.number scope="col" { "mean" } th.number scope="col" { "p50" } th.number scope="col" { "p99" }
                    th.number scope="col" { "bodies" } th.number scope="col" { "mean" } th.number scope="col" { "p50" } th.number scope="col" { "p99" }
                }
            }
            tbody {
                @for one in &view.operations { (row(one)) }
            }
        }
    }
}

fn row(one: &OperationView) -> Markup {
    html! {
        tr {
            th scope="row" { (operation(one.operation.as_deref())) }
            td.number { (number(one.requests)) }
            (share(&one.upstream))
            td.number { @if one.translation.count > 0 { (number(one.translation.count)) } @else { span.quiet { "–" } } }
            (share(&one.translation))
            td.number { span title=(counted(one.response_bytes, "byte", "bytes")) { (bytes(one.response_bytes)) } }
        }
    }
}

fn share(share: &Durations) -> Markup {
    let bound = |bound: Option<std::time::Duration>| match bound {
        Some(bound) => format!("≤ {}", duration(bound)),
        None => "over a minute".to_owned(),
    };
    html! {
        @if share.count == 0 {
            td.number { span.quiet { "–" } } td.number { span.quiet { "–" } } td.number { span.quiet { "–" } }
        } @else {
            td.number { @if let Some(mean) = share.mean { (duration(mean)) } }
            td.number { (bound(share.p50)) }
            td.number { (bound(share.p99)) }
        }
    }
}
