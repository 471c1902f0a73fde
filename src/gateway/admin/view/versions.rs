//! Which version could be retired, and who is in the way.

use super::ClientView;
use crate::{
    Version,
    config::{AfterSunset, Config, DefaultPin, Retirement},
    day::Day,
    gateway::ledger::{Client, Spoken},
    pack::Pack,
};

/// One version of the pack, and who speaks it.
#[derive(Debug)]
pub(in super::super) struct VersionView {
    pub(in super::super) version: Version,
    pub(in super::super) title: String,
    pub(in super::super) requests: u64,
    pub(in super::super) last_minute: u64,
    pub(in super::super) last_seen: Option<u64>,
    /// Who speaks it, the busiest first. Without those that show no credential and were answered nothing.
    pub(in super::super) speakers: Vec<Speaker>,
    /// Where the configuration names it: keys, and what they say.
    pub(in super::super) named_by: Vec<String>,
    /// What its clients are told of its end.
    pub(in super::super) retirement: Option<Retirement>,
    pub(in super::super) verdict: Verdict,
}

/// Somebody who speaks a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct Speaker {
    pub(in super::super) client: Client,
    pub(in super::super) requests: u64,
    pub(in super::super) last_seen: u64,
}

/// Whether a version could be retired today.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Verdict {
    /// The upstream is spoken to at it, or it is the newest: there is nothing to retire.
    Current,
    /// Somebody speaks it.
    Blocked,
    /// Nobody has spoken it, but the configuration names it.
    Configured,
    /// Nobody has spoken it.
    Free,
    /// Its sunset has come, and requests at it are refused.
    Retired,
}

impl Verdict {
    /// One word, for JSON.
    pub(in super::super) fn as_str(self) -> &'static str {
        match self {
            Verdict::Current => "current",
            Verdict::Blocked => "blocked",
            Verdict::Configured => "configured",
            Verdict::Free => "free",
            Verdict::Retired => "retired",
        }
    }
}

pub(super) fn view(clients: &[ClientView], config: &Config, pack: &Pack, now: u64) -> Vec<VersionView> {
    let upstream = config.upstream.version.unwrap_or(pack.newest());
    let view = pack.modules.iter().rev().map(|module| {
        let version = module.version;
        let cells =
            || clients.iter().filter_map(|client| Some((client, client.at(Spoken::Version(version))?)));
        let mut speakers: Vec<Speaker> = cells()
            .filter(|(client, cell)| client.client != Client::Anonymous || cell.answered > 0)
            .map(|(client, cell)| Speaker {
                client: client.client.clone(),
                requests: cell.requests,
                last_seen: cell.last_seen,
            })
            .collect();
        speakers.sort_by(|one, other| other.requests.cmp(&one.requests).then(one.client.cmp(&other.client)));
        let named_by = named_by(version, config, pack);
        let retirement = config.versions.iter().find(|retirement| retirement.pin == version).cloned();
        let current = version == upstream || version == pack.newest();
        let verdict = match (&*speakers, &*named_by) {
            _ if retirement.as_ref().is_some_and(|retirement| is_over(retirement, now)) => Verdict::Retired,
            _ if current => Verdict::Current,
            ([_, ..], _) => Verdict::Blocked,
            ([], [_, ..]) => Verdict::Configured,
            ([], []) => Verdict::Free,
        };
        VersionView {
            version,
            title: module.title.clone(),
            requests: cells().map(|(_, cell)| cell.requests).sum(),
            last_minute: cells().map(|(_, cell)| cell.last_minute).sum(),
            last_seen: cells().map(|(_, cell)| cell.last_seen).max(),
            speakers,
            named_by,
            retirement,
            verdict,
        }
    });
    view.collect()
}

fn is_over(retirement: &Retirement, now: u64) -> bool {
    retirement.after_sunset == AfterSunset::Refuse && retirement.sunset.is_some_and(|day| day <= Day::of(now))
}

/// Where the configuration names a version as one that requests speak.
fn named_by(version: Version, config: &Config, pack: &Pack) -> Vec<String> {
    let mut named = Vec::new();
    match config.pins.default {
        DefaultPin::Version(default) if default == version => named.push("pins.default".to_owned()),
        DefaultPin::Pack if pack.unversioned == version => {
            named.push("the pack's version for requests without a header".to_owned());
        }
        DefaultPin::Version(_) | DefaultPin::Pack | DefaultPin::Upstream => {}
    }
    for client in &config.clients {
        if client.pin == Some(version) {
            named.push(format!("pin of {}", client.name));
        }
        if client.upstream_version == Some(version) {
            named.push(format!("upstream_version of {}", client.name));
        }
    }
    named
}
