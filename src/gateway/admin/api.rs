//! `/api/`: what the page shows, as JSON. Names here are stable; `docs/admin.md` tells them. Times are seconds since 1970.

use super::{
    Admin,
    answer::Answer,
    asked::Asked,
    view::{Kept, OperationView, Share, View, plan, upgrade},
};
use crate::{
    gateway::reload::{Difference, OnDisk},
    pack::{Pack, Resource},
    plan::{Explanation, PlaceExplanation},
    policy::AfterSunset,
    step::Direction,
};
use http::StatusCode;
use serde_json::{Number, Value, json};
use std::time::Duration;

/// `/api/`
pub(super) fn index(_: &Admin, _: &Asked) -> Answer {
    let paths: Vec<&str> =
        super::routes::paths().filter(|path| path.starts_with("/api/") && *path != "/api/").collect();
    Answer::json(&json!({ "dateline": env!("CARGO_PKG_VERSION"), "paths": paths }))
}

/// `/api/clients`: who speaks which version.
pub(super) fn clients(admin: &Admin, _: &Asked) -> Answer {
    let view = admin.view();
    let clients = view.clients.iter().map(|client| {
        let cells = client.cells.iter().map(|cell| {
            json!({
                "pin": cell.pin.to_string(),
                "requests": cell.requests,
                "answered": cell.answered,
                "last_minute": cell.last_minute,
                "last_seen": cell.last_seen,
                "sources": cell.sources.iter().map(|source| source.as_str()).collect::<Vec<_>>(),
            })
        });
        json!({
            "client": client.client.to_string(),
            "kind": client.client.kind(),
            "requests": client.requests,
            "refused": client.refused,
            "failed": client.failed,
            "losses": client.losses,
            "last_minute": client.last_minute,
            "last_seen": client.last_seen,
            "versions": cells.collect::<Vec<_>>(),
        })
    });
    told(&view, "clients", clients.collect())
}

/// `/api/versions`: which could be retired, and who is in the way.
pub(super) fn versions(admin: &Admin, _: &Asked) -> Answer {
    let view = admin.view();
    let versions = view.versions.iter().map(|version| {
        let speakers = version.speakers.iter().map(|speaker| {
            json!({
                "client": speaker.client.to_string(),
                "kind": speaker.client.kind(),
                "requests": speaker.requests,
                "last_seen": speaker.last_seen,
            })
        });
        json!({
            "version": version.version.to_string(),
            "title": version.title,
            "verdict": version.verdict.as_str(),
            "clients": speakers.collect::<Vec<_>>(),
            "named_by": version.named_by,
            "deprecated": version.retirement.as_ref().and_then(|it| it.deprecated).map(|day| day.to_string()),
            "sunset": version.retirement.as_ref().and_then(|it| it.sunset).map(|day| day.to_string()),
            "after_sunset": version.retirement.as_ref().map(|it| match it.after_sunset {
                AfterSunset::Serve => "serve",
                AfterSunset::Refuse => "refuse",
            }),
            "link": version.retirement.as_ref().and_then(|it| it.link.as_deref()),
            "requests": version.requests,
            "last_minute": version.last_minute,
            "last_seen": version.last_seen,
        })
    });
    let watch = &view.watch;
    let (file, problem) = match &watch.file {
        Kept::Off => ("off", None),
        Kept::Read => ("read", None),
        Kept::Unread(problem) => ("unread", Some(problem)),
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
        "versions": versions.collect::<Vec<_>>(),
    }))
}

/// `/api/losses`: what was lost.
pub(super) fn losses(admin: &Admin, _: &Asked) -> Answer {
    let view = admin.view();
    let losses = view.losses.iter().map(|loss| {
        json!({
            "client": loss.client.to_string(),
            "operation": loss.operation.as_deref(),
            "pin": loss.pin.to_string(),
            "field": &*loss.field,
            "kind": loss.kind.to_string(),
            "module": loss.cause.as_ref().map(|cause| cause.version.to_string()),
            "change": loss.cause.as_ref().map(|cause| &*cause.change),
            "count": loss.count,
        })
    });
    told(&view, "losses", losses.collect())
}

/// `/api/operations`: how long they take.
pub(super) fn operations(admin: &Admin, _: &Asked) -> Answer {
    let view = admin.view();
    told(&view, "operations", view.operations.iter().map(operation).collect())
}

fn operation(operation: &OperationView) -> Value {
    json!({
        "operation": operation.operation.as_deref(),
        "requests": operation.requests,
        "upstream": share(&operation.upstream),
        "translation": share(&operation.translation),
        "request_bytes": operation.request_bytes,
        "response_bytes": operation.response_bytes,
    })
}

fn share(share: &Share) -> Value {
    let us = |duration: Option<Duration>| {
        duration.map(|duration| u64::try_from(duration.as_micros()).unwrap_or(u64::MAX))
    };
    json!({ "count": share.count, "mean_us": us(share.mean), "p50_us": us(share.p50), "p99_us": us(share.p99) })
}

/// `/api/verify`: what live verification came to.
pub(super) fn verify(admin: &Admin, _: &Asked) -> Answer {
    let view = admin.view();
    let verification = &view.verification;
    let checks = verification.pairs.iter().flat_map(|(pair, checks)| {
        checks.iter().map(move |(result, count)| {
            json!({
                "operation": &*pair.operation,
                "pin": pair.pin.to_string(),
                "upstream_version": pair.upstream.to_string(),
                "result": result,
                "count": count,
            })
        })
    });
    let differences = verification.places.iter().map(|place| {
        json!({
            "operation": &*place.operation,
            "pin": place.pin.to_string(),
            "path": place.path,
            "native": place.seen.native,
            "translated": place.seen.translated,
            "answers": place.seen.answers,
            "first": place.seen.first,
            "last": place.seen.last,
        })
    });
    let sample = verification.sample.and_then(|sample| sample.to_string().parse::<Number>().ok());
    Answer::json(&json!({
        "now": view.now,
        "since": view.since,
        "sample": sample.map_or(json!(0), Value::Number),
        "checks": checks.collect::<Vec<_>>(),
        "differences": differences.collect::<Vec<_>>(),
        "failures": verification.failures,
        "skipped": verification.skipped,
        "requests": verification.requests,
        "last": verification.last,
    }))
}

/// `/api/minutes`: requests of the last hour by minute and version.
pub(super) fn minutes(admin: &Admin, _: &Asked) -> Answer {
    let view = admin.view();
    let minutes = view.minutes.iter().map(|minute| {
        let requests = minute.requests.iter().map(|(pin, requests)| (pin.to_string(), json!(requests)));
        json!({ "minute": minute.number * 60, "requests": requests.collect::<serde_json::Map<_, _>>() })
    });
    told(&view, "minutes", minutes.collect())
}

/// `/api/history`: the pack's versions and what changed in each.
pub(super) fn history(admin: &Admin, _: &Asked) -> Answer {
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
        json!({ "version": module.version.to_string(), "title": module.title, "changes": changes.collect::<Vec<_>>() })
    });
    Answer::json(&json!({
        "pack": pack.name,
        "title": pack.title,
        "header": pack.header,
        "unversioned": pack.unversioned.to_string(),
        "operations": pack.operations.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "versions": versions.collect::<Vec<_>>(),
    }))
}

fn operations_of(pack: &Pack, resource: &Resource) -> Vec<String> {
    let mut operations: Vec<String> =
        resource.found.iter().map(|found| pack.operation(found.operation).to_string()).collect();
    operations.dedup();
    operations
}

/// `/api/plan?operation=GET%20/plans&pin=2025-01-01`, with `&upstream=` for another version there.
pub(super) fn plan(admin: &Admin, asked: &Asked) -> Answer {
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
            json!({ "version": version.to_string(), "change": change.name, "old": example.old, "new": example.new })
        })
    });
    let words = &plan.words;
    Answer::json(&json!({
        "operation": words.operation,
        "pin": words.client.to_string(),
        "upstream": words.upstream.to_string(),
        "words": words.to_string(),
        "request": way(&words.request),
        "response": way(&words.response),
        "examples": examples.collect::<Vec<_>>(),
    }))
}

fn way(explanation: &Explanation) -> Value {
    let place = |place: &PlaceExplanation| {
        let changes = place.changes.iter().map(|change| {
            json!({ "version": change.version.to_string(), "name": change.name, "steps": change.steps })
        });
        let losses = place.losses.iter().map(|(version, loss)| {
            json!({
                "version": version.to_string(),
                "field": loss.field.to_string(),
                "kind": loss.kind.to_string(),
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
pub(super) fn diff(admin: &Admin, asked: &Asked) -> Answer {
    let usage = "write ?operation=GET%20/plans&from=2025-01-01&to=2026-07-01, or ?client=NAME&to=2026-07-01";
    let Some(to) = asked.parameter("to") else { return refuse(usage) };
    if let Some(client) = asked.parameter("client") {
        let view = admin.view();
        let told = match upgrade::of_client(&view, &client, &to) {
            Ok(told) => told,
            Err(problem) => return refuse(&problem.to_string()),
        };
        let upgrades = told.operations.iter().map(|(used, upgrade)| {
            let mut upgrade = upgrade.to_json();
            upgrade["requests"] = json!(used.requests);
            upgrade
        });
        return Answer::json(&json!({
            "client": told.client.client.to_string(),
            "to": told.to.to_string(),
            "upgrades": upgrades.collect::<Vec<_>>(),
            "left_out": told.left_out,
        }));
    }
    let (Some(operation), Some(from)) = (asked.parameter("operation"), asked.parameter("from")) else {
        return refuse(usage);
    };
    match upgrade::of_operation(&admin.current.in_force().pack, &operation, &from, &to) {
        Ok(upgrade) => Answer::json(&upgrade.to_json()),
        Err(problem) => refuse(&problem.to_string()),
    }
}

/// `/api/config`: whether what is in force is what is on the disk. Keys, never their values.
pub(super) fn config(admin: &Admin, _: &Asked) -> Answer {
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
            "succeeded": state.reloads,
            "failed": state.failed_reloads,
            "failure": state.failure.map(|(at, report)| json!({ "at": at, "report": report })),
        },
    }))
}

/// A list, with the moment and the time that it is about.
fn told(view: &View, name: &str, list: Vec<Value>) -> Answer {
    Answer::json(&json!({ "now": view.now, "since": view.since, name: list }))
}

fn refuse(problem: &str) -> Answer {
    Answer::json(&json!({ "error": problem })).at(StatusCode::BAD_REQUEST)
}
