//! Versions that could be retired, and the clients that still use them.

use super::{ClientView, Watch, clients::name_and_kind};
use crate::{
    config::Config,
    observe::{
        stats::{Client, VersionLabel},
        usage::{Line, Owner},
    },
};
use dateline_core::{Version, day::Day, pack::Pack};
use dateline_http::policy::{AfterSunset, DefaultPin, Retirement};
use serde::{Serialize, Serializer};
use serde_json::json;
use std::collections::BTreeMap;

/// One version of the pack, and who speaks it.
#[derive(Debug, Serialize)]
pub(in super::super) struct VersionView {
    pub(in super::super) version: Version,
    pub(in super::super) title: String,
    pub(in super::super) verdict: RetirementVerdict,
    /// The clients that spoke the version lately, the busiest first. Clients without a credential that were never
    /// answered are left out.
    #[serde(rename = "clients")]
    pub(in super::super) speakers: Vec<Speaker>,
    /// The places in the configuration that name the version: keys with their values.
    pub(in super::super) named_by: Vec<String>,
    /// The retirement that its clients are told about.
    #[serde(flatten, serialize_with = "end_of_life")]
    pub(in super::super) retirement: Option<Retirement>,
    pub(in super::super) requests: u64,
    pub(in super::super) last_minute: u64,
    pub(in super::super) last_seen: Option<u64>,
}

/// A client that speaks a version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(in super::super) struct Speaker {
    #[serde(flatten, serialize_with = "name_and_kind")]
    pub(in super::super) client: Client,
    /// The requests since the process began, or those of the usage file in the days that the verdict covers.
    pub(in super::super) requests: u64,
    pub(in super::super) last_seen: u64,
}

/// The verdict on retiring a version today.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(in super::super) enum RetirementVerdict {
    /// The upstream is spoken to at it, or it is the newest: there is nothing to retire.
    Current,
    /// A client speaks the version.
    Blocked,
    /// The version is not spoken, but the configuration names it.
    Configured,
    /// The version was not spoken, and it was observed long enough to be sure.
    Free,
    /// The version was not spoken so far, but the observation is too short.
    Undecided,
    /// The version's sunset has passed, and requests at it are refused.
    Retired,
}

/// Writes a retirement as members of its version. They are `null` where there is none.
fn end_of_life<S: Serializer>(retirement: &Option<Retirement>, serializer: S) -> Result<S::Ok, S::Error> {
    let retirement = retirement.as_ref();
    json!({
        "deprecated": retirement.and_then(|it| it.deprecated).map(|day| day.to_string()),
        "sunset": retirement.and_then(|it| it.sunset).map(|day| day.to_string()),
        "after_sunset": retirement.map(|it| match it.after_sunset {
            AfterSunset::Serve => "serve",
            AfterSunset::Refuse => "refuse",
        }),
        "link": retirement.and_then(|it| it.link.as_deref()),
    })
    .serialize(serializer)
}

/// `used` is what the usage file knows of the days that a verdict looks at.
pub(super) fn view(
    clients: &[ClientView],
    used: &[Line],
    config: &Config,
    pack: &Pack,
    watch: &Watch,
) -> Vec<VersionView> {
    let upstream = config.upstream.version.unwrap_or(pack.newest());
    let view = pack.modules.iter().rev().map(|module| {
        let version = module.version;
        let cells =
            || clients.iter().filter_map(|client| Some((client, client.at(VersionLabel::Version(version))?)));
        let speakers = speakers(version, clients, used, watch);
        let named_by = named_by(version, config, pack);
        let retirement = config.versions.iter().find(|retirement| retirement.pin == version).cloned();
        let current = version == upstream || version == pack.newest();
        let verdict = match (&*speakers, &*named_by) {
            _ if retirement.as_ref().is_some_and(|retirement| is_over(retirement, watch.now)) => {
                RetirementVerdict::Retired
            }
            _ if current => RetirementVerdict::Current,
            ([_, ..], _) => RetirementVerdict::Blocked,
            ([], [_, ..]) => RetirementVerdict::Configured,
            ([], []) if watch.is_long() => RetirementVerdict::Free,
            ([], []) => RetirementVerdict::Undecided,
        };
        VersionView {
            version,
            title: module.title.clone(),
            requests: cells().map(|(_, cell)| cell.requests).sum(),
            last_minute: cells().map(|(_, cell)| cell.last_minute).sum(),
            last_seen: cells()
                .map(|(_, cell)| cell.last_seen)
                .chain(speakers.iter().map(|speaker| speaker.last_seen))
                .max(),
            speakers,
            named_by,
            retirement,
            verdict,
        }
    });
    view.collect()
}

/// Returns the clients that spoke a version in the time that a verdict covers, by the counts of this process and of the
/// usage file.
fn speakers(version: Version, clients: &[ClientView], used: &[Line], watch: &Watch) -> Vec<Speaker> {
    let mut speakers: BTreeMap<Client, Speaker> = BTreeMap::new();
    let mut add = |client: Client, requests: u64, last_seen: u64| {
        let new = Speaker { client: client.clone(), requests: 0, last_seen: 0 };
        let speaker = speakers.entry(client).or_insert(new);
        speaker.requests = speaker.requests.max(requests);
        speaker.last_seen = speaker.last_seen.max(last_seen);
    };
    let mut nobodys = 0;
    for (client, cell) in
        clients.iter().filter_map(|client| Some((client, client.at(VersionLabel::Version(version))?)))
    {
        if client.client == Client::Anonymous {
            nobodys = cell.requests;
        }
        if watch.counts(cell.last_seen) && (client.client != Client::Anonymous || cell.answered > 0) {
            add(client.client.clone(), cell.requests, cell.last_seen);
        }
    }
    let text = version.to_string();
    let mut kept: BTreeMap<Client, (u64, u64)> = BTreeMap::new();
    for line in used.iter().filter(|line| line.version == text && watch.counts(line.last_seen)) {
        let sum = kept.entry(client(&line.owner)).or_default();
        *sum = (sum.0 + line.requests, sum.1.max(line.last_seen));
    }
    for (client, (requests, last_seen)) in kept {
        // The file does not say what became of a request: of those that nobody's credential came with, this process
        // knows it of its own, and those that came before may have been answered.
        if client != Client::Anonymous || requests > nobodys {
            add(client, requests, last_seen);
        }
    }
    let mut speakers: Vec<Speaker> = speakers.into_values().collect();
    speakers.sort_by(|one, other| other.requests.cmp(&one.requests).then(one.client.cmp(&other.client)));
    speakers
}

/// The client whose use it is.
fn client(owner: &Owner) -> Client {
    match owner {
        Owner::Named(name) => Client::Named(name.as_str().into()),
        Owner::Unnamed(hash) => Client::Unnamed(*hash),
        Owner::Anonymous => Client::Anonymous,
        Owner::Others => Client::Others,
    }
}

fn is_over(retirement: &Retirement, now: u64) -> bool {
    retirement.after_sunset == AfterSunset::Refuse && retirement.sunset.is_some_and(|day| day <= Day::of(now))
}

/// Lists the configuration keys that name a version as one that requests speak.
fn named_by(version: Version, config: &Config, pack: &Pack) -> Vec<String> {
    let mut named = Vec::new();
    match config.pins.default {
        DefaultPin::Version(default) if default == version => named.push("pins.default".to_owned()),
        DefaultPin::Pack if pack.default_version == version => {
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
