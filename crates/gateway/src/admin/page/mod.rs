//! The page: one document, rendered here, that stands by itself. It loads nothing, and works without its script, which
//! only keeps the figures fresh.
//!
//! | file | is |
//! |---|---|
//! | `summary` | what can be seen at a glance: the headline, the sums, the chart |
//! | `clients` | the matrix of clients and versions |
//! | `versions` | what could be retired, and who is in the way; the history |
//! | `figures` | losses and operations |
//! | `verification` | whether what clients get is what the upstream says natively |
//! | `upgrade` | what a client would see differently at another version |
//! | `plan` | an operation between two versions, in words and by example |
//! | `state` | configuration, pack and reloads |
//! | `format` | figures and times as people read them |

mod clients;
mod figures;
mod format;
mod plan;
mod state;
mod summary;
mod upgrade;
mod verification;
mod versions;

use super::{Admin, answer::Answer, asked::AdminRequest, view::View};
use crate::observe::stats::VersionLabel;
use base64::{Engine, prelude::BASE64_STANDARD};
use http::HeaderValue;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};
use std::sync::LazyLock;

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");
const ICON: &str = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Cpath \
                    d='M2 8h12M8 2v12' stroke='%233b4cca' stroke-width='2.5' stroke-linecap='round'/%3E%3C/svg%3E";

/// The page's Content-Security-Policy: only its own styles and scripts, known by their hashes, and requests to this
/// listener only.
static POLICY: LazyLock<Option<HeaderValue>> = LazyLock::new(|| {
    let hash = |text: &str| format!("'sha256-{}'", BASE64_STANDARD.encode(Sha256::digest(text)));
    let policy = format!(
        "default-src 'none'; style-src {}; script-src {}; img-src data:; connect-src 'self'; form-action 'self'; base-uri 'none'; \
         frame-ancestors 'none'",
        hash(STYLE),
        hash(SCRIPT),
    );
    HeaderValue::try_from(policy).ok()
});

/// The part of the figures that the query asks for.
#[derive(Debug, Default)]
struct Choice {
    /// A part of a client's or an operation's name.
    only: String,
    /// The operation whose plan is shown.
    operation: String,
    pin: String,
    /// The client whose upgrade is shown: what it would see differently at version `to`.
    client: String,
    to: String,
}

/// `/`
pub(super) fn page(admin: &Admin, asked: &AdminRequest) -> Answer {
    let choose = |name| asked.parameter(name).unwrap_or_default();
    let choice = Choice {
        only: choose("only"),
        operation: choose("operation"),
        pin: choose("pin"),
        client: choose("client"),
        to: choose("to"),
    };
    let answer = Answer::html(document(&admin.view(), &choice).into_string());
    match &*POLICY {
        Some(policy) => answer.allowing(policy.clone()),
        None => answer,
    }
}

fn document(view: &View, choice: &Choice) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { "Dateline: " (view.pack.title) }
                link rel="icon" href=(PreEscaped(ICON));
                style { (PreEscaped(STYLE)) }
            }
            body {
                a.skip href="#main" { "Skip to the figures" }
                header.top {
                    p.brand { "Dateline" }
                    p.about {
                        (view.pack.title) ", spoken to at " strong { (view.upstream) }
                    }
                    div.refresh {
                        p #as-of data-live {
                            "As of " time datetime=(format::stamp(view.now)) title=(format::stamp(view.now)) {
                                (clock(view.now)) " UTC"
                            }
                        }
                        button #pause type="button" aria-pressed="false" hidden { "Pause" }
                    }
                    p #connection .alert role="status" {}
                    nav aria-label="Sections" {
                        @for (id, name) in SECTIONS { a href={ "#" (id) } { (name) } }
                    }
                }
                main #main tabindex="-1" {
                    (summary::section(view))
                    (clients::section(view, choice))
                    (versions::retirement(view))
                    (figures::losses(view, choice))
                    (figures::operations(view))
                    (verification::section(view))
                    (upgrade::section(view, choice))
                    (plan::section(view, choice))
                    (versions::history(view))
                    (state::section(view))
                }
                footer {
                    p {
                        "Dateline " (env!("CARGO_PKG_VERSION")) ". The same figures as JSON: " a href="/api/" { "/api/" }
                        ". For Prometheus: " a href="/metrics" { "/metrics" } "."
                    }
                    noscript { p { "Without its script the page does not refresh by itself: load it again." } }
                }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    }
}

const SECTIONS: [(&str, &str); 9] = [
    ("clients", "Clients"),
    ("retirement", "Retirement"),
    ("losses", "Losses"),
    ("operations", "Operations"),
    ("verification", "Verification"),
    ("upgrade", "Upgrade"),
    ("plan", "Plan"),
    ("history", "History"),
    ("configuration", "Configuration"),
];

/// `20:18:33`.
fn clock(seconds: u64) -> String {
    format::stamp(seconds).get(11..19).unwrap_or_default().to_owned()
}

/// A version with the mark of its age; anything else that is spoken by its name.
fn version(view: &View, pin: VersionLabel) -> Markup {
    html! { span.pin { span class={ "mark " (mark(view, pin)) } aria-hidden="true" {} (pin) } }
}

/// The class of a version's age, by which it has its colour: `a0` for the newest.
fn mark(view: &View, pin: VersionLabel) -> String {
    match view.age(pin) {
        Some(age) => format!("a{}", age.min(5)),
        None => "other".to_owned(),
    }
}

/// A section of the page that refreshes by itself.
fn live(id: &str, title: &str, content: Markup) -> Markup {
    html! {
        section id=(id) aria-labelledby={ (id) "-title" } {
            h2 id={ (id) "-title" } { (title) }
            div id={ (id) "-live" } data-live { (content) }
        }
    }
}

/// The head of a table: columns of text, then columns of numbers.
fn columns(text: &[&str], numbers: &[&str]) -> Markup {
    html! {
        tr {
            @for name in text { th scope="col" { (name) } }
            @for name in numbers { th.number scope="col" { (name) } }
        }
    }
}

/// A table that may be wider than the screen: it scrolls by itself, with the keyboard too.
fn scrolling(label: &str, table: Markup) -> Markup {
    html! { div.scroll role="region" tabindex="0" aria-label=(label) { (table) } }
}

/// Names of what is told apart: of an operation, what the pack has not is one.
fn operation(name: Option<&str>) -> Markup {
    match name {
        Some(name) => {
            let (method, path) = name.split_once(' ').unwrap_or(("", name));
            html! { code { span.method { (method) } " " (path) } }
        }
        None => html! { span.quiet { "not in the pack" } },
    }
}
