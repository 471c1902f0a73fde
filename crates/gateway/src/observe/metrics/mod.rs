//! `/metrics`: what the stats have counted, and how the gateway is, for Prometheus.
//!
//! Nothing is counted here. A scrape reads the stats, adds up what metrics do not tell apart (clients without a
//! configured name are one), and writes that in the text format.
//!
//! | file | is |
//! |---|---|
//! | `definitions` | every metric |
//! | `family` | a metric with its values, as the library has them |
//! | `process` | what the system says of the process |

mod definitions;
mod family;
mod process;

use super::telemetry::Exporter;
use crate::{
    base::budget::Budget,
    log,
    observe::{
        built,
        stats::{Client, NotCaptured, ReloadResults, Snapshot, Stats},
        usage_writer::Usage,
    },
};
use dateline_core::{Version, pack::Pack};
use definitions as define;
use family::Family;
use prometheus::TextEncoder;
use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

/// The media type of the text (Prometheus' exposition formats, text format 0.0.4).
pub(crate) const MEDIA: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The label of all clients without a configured name.
const UNNAMED: &str = "unnamed";

/// The state of the gateway at one moment.
#[derive(Debug)]
pub(crate) struct Readings<'g> {
    pub(crate) stats: &'g Stats,
    pub(crate) budget: &'g Budget,
    /// The usage file; `None` if none is configured.
    pub(crate) usage: Option<&'g Usage>,
    /// The queue of spans; `None` if no collector is configured.
    pub(crate) exporter: Option<&'g Exporter>,
    /// The results of reloads.
    pub(crate) reloads: ReloadResults,
    /// The time when the configuration was put in force, in seconds since 1970.
    pub(crate) in_force_since: u64,
    /// The pack in force.
    pub(crate) pack: &'g Pack,
    /// The number of exchanges that are under way.
    pub(crate) in_flight: usize,
    /// The number of connections to the upstream that wait for a request.
    pub(crate) idle_connections: usize,
    /// The time when the certificate expires, in seconds since 1970.
    pub(crate) certificate_expiry: Option<u64>,
    pub(crate) verification: VerificationCounts,
}

/// The results of live verification, counted.
#[derive(Debug)]
pub(crate) struct VerificationCounts {
    pub(crate) verdicts: Vec<VerdictCount>,
    /// The answers that were sampled and not verified, by reason.
    pub(crate) skipped: Vec<(&'static str, u64)>,
    /// The requests that the upstream was sent.
    pub(crate) requests: u64,
    /// The lines that did not get into `verify.file`.
    pub(crate) unwritten_lines: u64,
}

/// The number of checks of one operation and pair of versions that came to one result.
#[derive(Debug)]
pub(crate) struct VerdictCount {
    pub(crate) operation: Arc<str>,
    pub(crate) pin: Version,
    pub(crate) upstream: Version,
    pub(crate) result: &'static str,
    pub(crate) count: u64,
}

/// The text of `/metrics`. Takes a lock and a millisecond or more: not for a thread that serves.
///
/// # Errors
/// None in practice: the library refuses families without values, which are left out.
pub(crate) fn text(readings: &Readings<'_>) -> Result<String, prometheus::Error> {
    let snapshot = readings.stats.snapshot();
    let mut families = counted(&snapshot);
    families.extend(measured(readings, &snapshot));
    families.extend(verified(&readings.verification));
    if let Some((up, unwritten)) = readings.usage.map(Usage::health) {
        families.push(Family::one(&define::USAGE_UP, u64::from(up)));
        families.push(Family::one(&define::USAGE_UNWRITTEN, unwritten as u64));
    }
    let order = |family: &Family| define::ALL.iter().position(|known| known.name == family.name());
    families.sort_by_key(order);
    let families: Vec<_> = families.into_iter().filter_map(Family::into_proto).collect();
    TextEncoder::new().encode_to_string(&families)
}

/// Returns the metrics of requests.
fn counted(snapshot: &Snapshot) -> Vec<Family> {
    let mut requests = BTreeMap::new();
    for row in &snapshot.requests {
        *requests.entry((&row.key, of(&row.client))).or_insert(0) += row.count;
    }
    let mut losses = BTreeMap::new();
    for row in &snapshot.losses {
        let cause = row.cause.as_deref();
        let labels = (&row.operation, row.pin, of(&row.client), cause, &row.field, row.kind);
        *losses.entry(labels).or_insert(0) += row.count;
    }

    let mut of_requests = Family::new(&define::REQUESTS);
    for ((key, client), count) in requests {
        let (pin, upstream) = (key.pin.to_string(), key.upstream.to_string());
        let status = key.status.to_string();
        of_requests.count(&[key.operation(), &pin, key.source.as_str(), &upstream, client, &status], count);
    }
    let mut of_losses = Family::new(&define::LOSSES);
    for ((operation, pin, client, cause, field, kind), count) in losses {
        let module = cause.map_or_else(|| named(None).to_owned(), |cause| cause.version.to_string());
        let change = cause.map_or(named(None), |cause| &*cause.change);
        let (pin, kind) = (pin.to_string(), kind.to_string());
        of_losses.count(&[named(operation.as_deref()), &pin, client, &module, change, field, &kind], count);
    }
    let mut errors = Family::new(&define::ERRORS);
    for row in &snapshot.errors {
        errors.count(&[row.code, row.outcome.as_str()], row.count);
    }
    let mut families = vec![of_requests, of_losses, errors];
    families.extend(by_operation(snapshot));
    families
}

/// The name that metrics have for a client.
fn of(client: &Client) -> &str {
    match client {
        Client::Named(name) => name,
        Client::Unnamed(_) | Client::Anonymous | Client::Others => UNNAMED,
    }
}

/// The metrics of time and bytes by operation.
fn by_operation(snapshot: &Snapshot) -> [Family; 7] {
    let mut took = Family::new(&define::REQUEST_SECONDS);
    let mut upstream = Family::new(&define::UPSTREAM_SECONDS);
    let mut upstream_total = Family::new(&define::UPSTREAM_TOTAL_SECONDS);
    let mut request_bytes = Family::new(&define::REQUEST_BYTES);
    let mut response_bytes = Family::new(&define::RESPONSE_BYTES);
    let mut time = Family::new(&define::TRANSLATE_SECONDS);
    let mut bytes = Family::new(&define::TRANSLATE_BYTES);
    for row in &snapshot.operations {
        let operation = named(row.operation.as_deref());
        took.observed(&[operation], &row.took);
        if row.upstream.count > 0 {
            upstream.observed(&[operation], &row.upstream);
        }
        if row.upstream_total.count > 0 {
            upstream_total.observed(&[operation], &row.upstream_total);
        }
        request_bytes.count(&[operation], row.request_bytes);
        response_bytes.count(&[operation], row.response_bytes);
        for (body, work) in [("request", &row.request), ("response", &row.response)] {
            if work.time.count > 0 {
                time.observed(&[operation, body], &work.time);
                bytes.count(&[operation, body], work.bytes);
            }
        }
    }
    [took, upstream, upstream_total, request_bytes, response_bytes, time, bytes]
}

/// Returns the gauges of the gateway, and the counts of everything but requests.
fn measured(readings: &Readings<'_>, snapshot: &Snapshot) -> Vec<Family> {
    let stats = readings.stats;
    let read = |count: &AtomicU64| count.load(Relaxed);
    let (connections, pool, reloads) = (&stats.connections, &stats.pool, &readings.reloads);
    let (kept, limit) = readings.budget.used_and_limit();
    let (unnamed, series) = stats.sizes();
    let (exported, dropped) = readings.exporter.map(Exporter::counts).unwrap_or_default();

    let mut refused = Family::new(&define::CONNECTIONS_REFUSED);
    refused.count(&["answered"], read(&connections.refused));
    refused.count(&["closed"], read(&connections.closed));
    let mut others = Family::new(&define::OTHER_VERSIONS);
    others.count(&["translated"], read(&stats.other_versions.translated));
    others.count(&["passed"], read(&stats.other_versions.passed));
    others.count(&["refused"], read(&stats.other_versions.refused));
    let mut reloaded = Family::new(&define::RELOADS);
    reloaded.count(&["success"], reloads.succeeded);
    reloaded.count(&["failure"], reloads.failed);
    let mut unrecorded = Family::new(&define::NOT_RECORDED);
    for why in NotCaptured::ALL {
        unrecorded.count(&[why.as_str()], stats.captures.dropped(why));
    }
    let mut build = Family::new(&define::BUILD_INFO);
    build.gauge(&[built::VERSION, built::COMMIT, built::DATE], 1);
    let pack = readings.pack;
    let mut pack_info = Family::new(&define::PACK_INFO);
    pack_info.gauge(&[&pack.name, &pack.digest.to_string(), &pack.newest().to_string()], 1);

    let one = |definition, value: u64| Family::one(definition, value);
    let mut families = vec![
        one(&define::UNTRANSLATED, read(&stats.untranslated)),
        one(&define::IN_FLIGHT, readings.in_flight as u64),
        one(&define::CONNECTIONS, read(&connections.open)),
        one(&define::CONNECTIONS_ACCEPTED, read(&connections.accepted)),
        refused,
        one(&define::POOL_IDLE, readings.idle_connections as u64),
        one(&define::POOL_OPENED, read(&pool.opened)),
        one(&define::POOL_FAILED, read(&pool.failed)),
        one(&define::POOL_REUSED, read(&pool.reused)),
        one(&define::POOL_RETRIED, read(&pool.retried)),
        others,
        one(&define::FIELDS_LEFT_OUT, read(&pool.left_out)),
        one(&define::MEMORY_KEPT, kept),
        one(&define::MEMORY_LIMIT, limit),
        one(&define::UNNAMED_CLIENTS, unnamed as u64),
        one(&define::SERIES, series as u64),
        one(&define::UNUSED_OPERATIONS, stats.unused_operations() as u64),
        reloaded,
        one(&define::RELOAD_SUCCESSFUL, u64::from(reloads.last_failure.is_none())),
        one(&define::RELOAD_TIMESTAMP, readings.in_force_since),
        one(&define::LOG_DROPPED, log::dropped_lines()),
        one(&define::SPANS_EXPORTED, exported),
        one(&define::SPANS_DROPPED, dropped),
        one(&define::RECORDED, stats.captures.kept()),
        unrecorded,
        build,
        pack_info,
        one(&define::START, snapshot.since),
    ];
    families.extend(readings.certificate_expiry.map(|expiry| one(&define::CERTIFICATE_EXPIRY, expiry)));
    families.extend(process::resident_bytes().map(|bytes| one(&define::RESIDENT, bytes)));
    families
}

/// Returns the metrics of live verification.
fn verified(counts: &VerificationCounts) -> [Family; 4] {
    let mut verdicts = Family::new(&define::VERIFY);
    for VerdictCount { operation, pin, upstream, result, count } in &counts.verdicts {
        verdicts.count(&[operation, &pin.to_string(), &upstream.to_string(), result], *count);
    }
    let mut skipped = Family::new(&define::VERIFY_SKIPPED);
    counts.skipped.iter().for_each(|(reason, count)| skipped.count(&[reason], *count));
    let requests = Family::one(&define::VERIFY_REQUESTS, counts.requests);
    [verdicts, skipped, requests, Family::one(&define::VERIFY_UNWRITTEN, counts.unwritten_lines)]
}

fn named(operation: Option<&str>) -> &str {
    operation.unwrap_or(crate::observe::stats::OTHER)
}

#[cfg(test)]
mod tests;
