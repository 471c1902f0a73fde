//! Configuration, pack and reloads.

use super::{
    super::view::View,
    format::{ago, counted},
    live,
};
use crate::state::OnDisk;
use maud::{Markup, html};

pub(super) fn section(view: &View) -> Markup {
    let state = &view.state;
    live(
        "configuration",
        "Configuration",
        html! {
            (on_disk(&state.on_disk))
            @if let Some((at, report)) = &state.reloads.last_failure {
                div.problem {
                    p { strong { "The last reload failed " (ago(view.now, *at)) "." } " The previous settings stay in force." }
                    pre tabindex="0" { (report) }
                }
            }
            dl.facts {
                dt { "In force since" } dd { (ago(view.now, state.in_force_since)) }
                dt { "Pack" } dd { (view.pack.name) " " code { (view.pack.digest) } ", newest " (view.pack.newest()) }
                dt { "Reloads" } dd { (counted(state.reloads.succeeded, "success", "successes")) ", " (counted(state.reloads.failed, "failure", "failures")) }
                dt { "Gateway" } dd { @if state.ready { "serving" } @else { "draining: it takes no new connections" } ", for " (super::format::span(view.now.saturating_sub(view.since))) }
                dt { "Counted since" } dd { (ago(view.now, view.since)) ", " (counted(view.totals.requests, "request", "requests")) }
            }
        },
    )
}

fn on_disk(on_disk: &OnDisk) -> Markup {
    html! {
        @match on_disk {
            OnDisk::Same => p.verdict { span.tag.is-good { "✓ in force" } " The files on disk are in force." },
            OnDisk::Unknown => p.verdict { span.tag.is-quiet { "not compared" } " It is not known where configuration and pack are read from." },
            OnDisk::Differs { keys, pack } => {
                p.verdict { span.tag.is-warm { "differs" } " The files on disk are not in force: reload (SIGHUP), or restart where noted." }
                ul.steps {
                    @if *pack { li { "the pack" } }
                    @for key in keys { li { code { (key.key) } @if key.takes_restart { " " span.quiet { "takes a restart" } } } }
                }
            }
            OnDisk::Broken(report) => {
                div.problem {
                    p { span.tag.is-bad { "✗ broken" } " The files on disk cannot be put in force, and a gateway would not start with them." }
                    pre tabindex="0" { (report) }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_cannot_break_out() {
        let page = on_disk(&OnDisk::Broken("a.toml:1: <script>alert(1)</script>".to_owned())).into_string();
        assert!(page.contains("&lt;script&gt;") && !page.contains("<script"), "{page}");
    }
}
