//! `/api/`: what the page shows, as JSON. Names here are stable; `docs/admin.md` tells them. Times are seconds since 1970.

use super::{
    Admin,
    answer::Answer,
    asked::AdminRequest,
    view::{UsageFile, Verification, View, plan, upgrade},
};
use crate::state::{Difference, OnDisk};
use dateline_core::{
    pack::{Pack, Resource},
    plan::{Explanation, PlaceExplanation, UnsaidExplanation},
    step::Direction,
};
use http::StatusCode;
use serde::Serialize;
use serde_json::{Value, json};

/// `/api/`
pub(super) fn index(_: &Admin, _: &AdminRequest) -> Answer {
    let paths: Vec<&str> =
        super::routes::paths().filter(|path| path.starts_with("/api/") && *path != "/api/").collect();
    Answer::json(&json!({ "dateline": env!("CARGO_PKG_VERSION"), "paths": paths }))
}

/// `/api/clients`: who speaks which version.
pub(super) fn clients(admin: &Admin, _: &AdminRequest) -> Answer {
    let view = admin.view();
    list(&view, "clients", &view.clients)
}

/// `/api/versions`: which could be retired, and who is in the way.
pub(super) fn versions(admin: &Admin, _: &AdminRequest) -> Answer {
    let view = admin.view();
    let watch = &view.watch;
    let (file, problem) = match &watch.file {
        UsageFile::Off => ("off", None),
        UsageFile::Read => ("read", None),
        UsageFile::Unread(problem) => ("unread", Some(problem)),
    };
    Answer::json(&json!({
        "now": view.now,
        "since": view.since,
        "watched": {
            "since": watch.since,
            "replicas": 1,
            "usage_file": file,
            "problem": problem,
            "verdict_after": watch.after,
            "missing": watch.missing(),
        },
        "versions": view.versions,
    }))
}

/// `/api/losses`: what was lost.
pub(super) fn losses(admin: &Admin, _: &AdminRequest) -> Answer {
    let view = admin.view();
    list(&view, "losses", &view.losses)
}

/// `/api/operations`: how long they take.
pub(super) fn operations(admin: &Admin, _: &AdminRequest) -> Answer {
    let view = admin.view();
    list(&view, "operations", &view.operations)
}

/// `/api/verify`: what live verification came to.
pub(super) fn verify(admin: &Admin, _: &AdminRequest) -> Answer {
    #[derive(Serialize)]
    struct Verified<'v> {
        now: u64,
        since: u64,
        #[serde(flatten)]
        verification: &'v Verification,
    }
    let view = admin.view();
    Answer::json(&Verified { now: view.now, since: view.since, verification: &view.verification })
}

/// `/api/minutes`: requests of the last hour by minute and version.
pub(super) fn minutes(admin: &Admin, _: &AdminRequest) -> Answer {
    let view = admin.view();
    list(&view, "minutes", &view.minutes)
}

/// `/api/history`: the pack's versions and what changed in each.
pub(super) fn history(admin: &Admin, _: &AdminRequest) -> Answer {
    let pack = admin.current.in_force().pack;
    let versions = pack.modules.iter().map(|module| {
        let changes = module.changes.iter().map(|change| {
            let steps = change.steps.iter().map(|authored| authored.step.describe(Direction::Up));
            let examples = change.examples.iter().map(|example| json!({ "old": example.old, "new": example.new }));
            json!({
                "name": change.name,
                "why": change.why,
                "steps": steps.collect::<Vec<_>>(),
                "operations": pack.resources.get(change.resource).map(|resource| operations_of(&pack, resource)),
                "examples": examples.collect::<Vec<_>>(),
            })
        });
        let unsaid = module.unsaid.iter().map(|unsaid| {
            let operations = unsaid.operations.iter().map(|id| pack.operation(*id).to_string());
            json!({
                "name": unsaid.name,
                "why": unsaid.why,
                "concerns": unsaid.scope.to_string(),
                "then": unsaid.then,
                "operations": operations.collect::<Vec<_>>(),
            })
        });
        json!({
            "version": module.version,
            "title": module.title,
            "changes": changes.collect::<Vec<_>>(),
            "unsaid": unsaid.collect::<Vec<_>>(),
        })
    });
    let version_in = pack.version_places.iter().map(|place| json!({ place.kind(): place.written() }));
    Answer::json(&json!({
        "pack": pack.name,
        "title": pack.title,
        "header": pack.version_header(),
        "version_in": version_in.collect::<Vec<_>>(),
        "unversioned": pack.default_version,
        "operations": pack.operations.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "versions": versions.collect::<Vec<_>>(),
    }))
}

fn operations_of(pack: &Pack, resource: &Resource) -> Vec<String> {
    let mut operations: Vec<String> =
        resource.places().map(|found| pack.operation(found.operation).to_string()).collect();
    operations.dedup();
    operations
}

/// `/api/plan?operation=GET%20/plans&pin=2025-01-01`, with `&upstream=` for another version there.
pub(super) fn plan(admin: &Admin, asked: &AdminRequest) -> Answer {
    let in_force = admin.current.in_force();
    let pack = &in_force.pack;
    let (Some(operation), Some(pin)) = (asked.parameter("operation"), asked.parameter("pin")) else {
        return refuse("write ?operation=GET%20/plans&pin=2025-01-01");
    };
    let upstream = match asked.parameter("upstream").map(|upstream| upstream.parse()) {
        None => in_force.config.upstream.version.unwrap_or(pack.newest()),
        Some(Ok(upstream)) => upstream,
        Some(Err(_)) => return refuse(&plan::NoPlan::Version.to_string()),
    };
    let plan = match plan::view(pack, &operation, &pin, upstream) {
        Ok(plan) => plan,
        Err(problem) => return refuse(&problem.to_string()),
    };
    let examples = plan.changes.iter().flat_map(|(version, change)| {
        change.examples.iter().map(move |example| {
            json!({ "version": version, "change": change.name, "old": example.old, "new": example.new })
        })
    });
    let words = &plan.words;
    Answer::json(&json!({
        "operation": words.operation,
        "pin": words.client,
        "upstream": words.upstream,
        "words": words.to_string(),
        "unsaid": words.unsaid.iter().map(unsaid_plan).collect::<Vec<_>>(),
        "request": way(&words.request),
        "response": way(&words.response),
        "examples": examples.collect::<Vec<_>>(),
    }))
}

/// A change that cannot be translated.
fn unsaid_plan(unsaid: &UnsaidExplanation) -> Value {
    let UnsaidExplanation { version, name, why, concerns, then } = unsaid;
    json!({ "version": version, "name": name, "why": why, "concerns": concerns, "then": then })
}

fn way(explanation: &Explanation) -> Value {
    let place = |place: &PlaceExplanation| {
        let changes = place
            .changes
            .iter()
            .map(|change| json!({ "version": change.version, "name": change.name, "steps": change.steps }));
        let losses = place.losses.iter().map(|(version, loss)| {
            json!({
                "version": version,
                "field": loss.field.to_string(),
                "kind": loss.kind,
                "when": loss.when.to_string(),
            })
        });
        json!({
            "part": place.part.to_string(),
            "path": place.path,
            "changes": changes.collect::<Vec<_>>(),
            "losses": losses.collect::<Vec<_>>(),
        })
    };
    explanation.places.iter().map(place).collect()
}

/// `/api/diff?operation=GET%20/plans&from=2025-01-01&to=2026-07-01`: what an upgrade changes, by the pack's examples. With
/// `?client=billing-cron&to=2026-07-01`, in all that a client asked for.
pub(super) fn diff(admin: &Admin, asked: &AdminRequest) -> Answer {
    let usage = "write ?operation=GET%20/plans&from=2025-01-01&to=2026-07-01, or ?client=NAME&to=2026-07-01";
    let Some(to) = asked.parameter("to") else { return refuse(usage) };
    if let Some(client) = asked.parameter("client") {
        let view = admin.view();
        let told = match upgrade::of_client(&view, &client, &to) {
            Ok(told) => told,
            Err(problem) => return refuse(&problem.to_string()),
        };
        let upgrades = told.operations.iter().map(|(used, upgrade)| {
            let mut upgrade = json!(upgrade);
            upgrade["requests"] = json!(used.requests);
            upgrade
        });
        return Answer::json(&json!({
            "client": told.client.client,
            "to": told.to,
            "upgrades": upgrades.collect::<Vec<_>>(),
            "left_out": told.left_out,
        }));
    }
    let (Some(operation), Some(from)) = (asked.parameter("operation"), asked.parameter("from")) else {
        return refuse(usage);
    };
    match upgrade::of_operation(&admin.current.in_force().pack, &operation, &from, &to) {
        Ok(upgrade) => Answer::json(&upgrade),
        Err(problem) => refuse(&problem.to_string()),
    }
}

/// `/api/config`: whether what is in force is what is on the disk. Keys, never their values.
pub(super) fn config(admin: &Admin, _: &AdminRequest) -> Answer {
    let state = admin.view().state;
    let (on_disk, keys, pack, problem) = match &state.on_disk {
        OnDisk::Same => ("same", Vec::new(), false, None),
        OnDisk::Unknown => ("unknown", Vec::new(), false, None),
        OnDisk::Broken(report) => ("broken", Vec::new(), false, Some(report)),
        OnDisk::Differs { keys, pack } => {
            let key = |key: &Difference| json!({ "key": key.key, "takes_restart": key.takes_restart });
            ("differs", keys.iter().map(key).collect(), *pack, None)
        }
    };
    Answer::json(&json!({
        "in_force_since": state.in_force_since,
        "on_disk": on_disk,
        "keys": keys,
        "pack_differs": pack,
        "problem": problem,
        "reloads": {
            "succeeded": state.reloads.succeeded,
            "failed": state.reloads.failed,
            "failure": state.reloads.last_failure.map(|(at, report)| json!({ "at": at, "report": report })),
        },
    }))
}

/// A list, with the moment that it was made and the moment since which it counts.
fn list(view: &View, name: &str, list: &[impl Serialize]) -> Answer {
    Answer::json(&json!({ "now": view.now, "since": view.since, name: list }))
}

fn refuse(problem: &str) -> Answer {
    Answer::json(&json!({ "error": problem })).at(StatusCode::BAD_REQUEST)
}
