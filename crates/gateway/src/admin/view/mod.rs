//! Data for operators as plain values. The page and `/api/` are two renderings of it.
//!
//! | file | is |
//! |---|---|
//! | `clients` | who speaks which version |
//! | `versions` | which version could be retired, and who is in the way |
//! | `operations` | how long operations take |
//! | `state` | whether what is in force is what is on the disk |
//! | `verification` | whether what clients get is what the upstream says natively |
//! | `plan` | what happens to an operation between two versions |
//! | `watch` | what a verdict rests on: since when it is counted, and from where |
//! | `upgrade` | what a client would see differently at another version |

mod clients;
mod operations;
pub(super) mod plan;
mod state;
#[cfg(test)]
mod tests;
pub(super) mod upgrade;
mod verification;
mod versions;
mod watch;

pub(super) use clients::{Cell, ClientView};
pub(super) use operations::{Durations, OperationView};
pub(super) use state::GatewayState;
pub(super) use verification::{PlaceView, Verification};
pub(super) use versions::{RetirementVerdict, VersionView};
pub(super) use watch::{UsageFile, Watch};

use super::recent::{Minute, Recent};
use crate::{
    config::Config,
    observe::{
        stats::{LossRow, Snapshot, Status, VersionLabel},
        usage_writer::RecentUse,
    },
};
use dateline_core::{Version, pack::Pack};
use std::{cmp::Reverse, sync::Arc};

/// All that an operator can see, at one moment. Times are seconds since 1970.
#[derive(Debug)]
pub(super) struct View {
    pub(super) now: u64,
    /// The time at which this process began to count.
    pub(super) since: u64,
    pub(super) watch: Watch,
    /// The origin that clients connect to.
    pub(super) address: String,
    pub(super) pack: Arc<Pack>,
    /// The version that the upstream is spoken to at, unless a client has its own.
    pub(super) upstream: Version,
    pub(super) totals: Totals,
    /// The busiest first; configured ones that were never seen last.
    pub(super) clients: Vec<ClientView>,
    /// Newest first.
    pub(super) versions: Vec<VersionView>,
    /// The most frequent first.
    pub(super) losses: Vec<LossRow>,
    /// The slowest first.
    pub(super) operations: Vec<OperationView>,
    /// The minutes of the last hour in which requests came, oldest first.
    pub(super) minutes: Vec<Minute>,
    pub(super) verification: Verification,
    pub(super) state: GatewayState,
}

/// Sums over everything.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Totals {
    pub(super) requests: u64,
    /// Requests in the last minute.
    pub(super) last_minute: u64,
    /// Answered with a status from 400 to 499.
    pub(super) refused: u64,
    /// Answered with a status of 500 or more, or not at all.
    pub(super) failed: u64,
    /// Values that were lost.
    pub(super) losses: u64,
}

/// The sources that a view is made from.
pub(super) struct Sources<'s> {
    pub(super) snapshot: &'s Snapshot,
    pub(super) recent: &'s Recent,
    /// The contents of the usage file, if there is one.
    pub(super) usage: Option<&'s RecentUse>,
    pub(super) config: &'s Config,
    pub(super) pack: Arc<Pack>,
    pub(super) verification: Verification,
    pub(super) state: GatewayState,
}

impl View {
    pub(super) fn new(sources: Sources<'_>) -> View {
        let Sources { snapshot, recent, usage, config, pack, verification, state } = sources;
        let watch = Watch::new(snapshot, usage, &config.usage);
        let used = usage.map_or(&[][..], |usage| &usage.lines);
        let clients = clients::view(snapshot, recent, config);
        let upstream = config.upstream.version.unwrap_or(pack.newest());
        let mut totals = Totals::default();
        for row in &snapshot.requests {
            totals.requests += row.count;
            match fate(row.key.status) {
                AnswerClass::Answered => {}
                AnswerClass::Refused => totals.refused += row.count,
                AnswerClass::Failed => totals.failed += row.count,
            }
        }
        totals.last_minute = clients.iter().map(|client| client.last_minute).sum();
        totals.losses = snapshot.losses.iter().map(|row| row.count).sum();
        let mut losses = snapshot.losses.clone();
        losses.sort_by_key(|loss| Reverse(loss.count));
        View {
            now: snapshot.at,
            since: snapshot.since,
            upstream,
            totals,
            versions: versions::view(&clients, used, config, &pack, &watch),
            address: address(config),
            watch,
            clients,
            losses,
            operations: operations::view(snapshot),
            minutes: recent.minutes(),
            pack,
            verification,
            state,
        }
    }

    /// Returns the columns of the client table: the pack's versions, oldest first, then all others that are spoken.
    pub(super) fn columns(&self) -> Vec<VersionLabel> {
        let mut columns: Vec<VersionLabel> = self.pack.versions().map(VersionLabel::Version).collect();
        let mut others: Vec<VersionLabel> =
            self.clients.iter().flat_map(|client| &client.cells).map(|cell| cell.pin).collect();
        others.sort();
        others.dedup();
        others.retain(|pin| !columns.contains(pin));
        columns.extend(others);
        columns
    }

    /// Returns the age of a version: the number of newer versions.
    pub(super) fn age(&self, pin: VersionLabel) -> Option<usize> {
        self.pack.versions().rev().position(|version| VersionLabel::Version(version) == pin)
    }
}

/// Returns the address that clients connect to, as far as the configuration knows it.
fn address(config: &Config) -> String {
    let listen = &config.listen;
    let scheme = if listen.tls_cert.is_some() { "https" } else { "http" };
    listen.public_url.clone().unwrap_or_else(|| format!("{scheme}://{}", listen.address))
}

/// The result of a request, judged by its status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AnswerClass {
    Answered,
    /// The client's fault, as far as the status says.
    Refused,
    /// The request failed through no fault of the client.
    Failed,
}

pub(super) fn fate(status: Status) -> AnswerClass {
    match status {
        Status::Code(100..=399) | Status::Class(1..=3) | Status::Other => AnswerClass::Answered,
        Status::Code(400..=499) | Status::Class(4) => AnswerClass::Refused,
        Status::Code(_) | Status::Class(_) | Status::None => AnswerClass::Failed,
    }
}
