//! `[[client]]` and `[[version]]`: checks within one and across all of them, and what they become.

use std::{collections::HashMap, hash::Hash};

use figment::value::Dict;

use super::keys::{ClientItem, VersionItem};
use dateline_http::policy::{AfterSunset, Client, Match, Retirement};

impl ClientItem {
    /// Lists what a client lacks, by the keys that are written, whatever their values.
    pub(super) fn lacking(keys: &Dict) -> Vec<String> {
        let mut problems = Vec::new();
        if !keys.contains_key("name") {
            problems.push("without a name: write one such as name = \"billing-cron\"".to_owned());
        }
        let matchers = ["bearer_sha256", "host", "path_prefix"];
        match matchers.into_iter().filter(|key| keys.contains_key(*key)).count() {
            0 => problems.push(format!("recognised by nothing: write one of {}", matchers.join(", "))),
            1 => {}
            _ => problems
                .push(format!("recognised by more than one thing: write one of {}", matchers.join(", "))),
        }
        problems
    }

    /// Lists names and marks that an earlier client has too.
    pub(super) fn repeated(clients: &[ClientItem]) -> Vec<(String, String)> {
        [
            repeated("client", "name", clients, |client| client.name.as_ref()),
            repeated("client", "bearer_sha256", clients, |client| client.bearer_sha256.as_ref()),
            repeated("client", "host", clients, |client| client.host.as_ref()),
            repeated("client", "path_prefix", clients, |client| client.path_prefix.as_ref()),
        ]
        .concat()
    }

    /// The client; `None` if a key is missing or its value was refused.
    pub(super) fn usable(self) -> Option<Client> {
        let ClientItem { name, pin, bearer_sha256, host, path_prefix, upstream_version, losses } = self;
        let matcher = match (bearer_sha256, host, path_prefix) {
            (Some(hash), None, None) => Match::Bearer(hash),
            (None, Some(host), None) => Match::Host(host),
            (None, None, Some(prefix)) => Match::PathPrefix(prefix),
            _ => return None,
        };
        Some(Client { name: name?, pin, matcher, upstream_version, losses })
    }
}

impl VersionItem {
    /// Lists what a retirement lacks, by the keys that are written, whatever their values.
    pub(super) fn lacking(keys: &Dict) -> Vec<String> {
        let mut problems = Vec::new();
        if !keys.contains_key("pin") {
            problems.push("without a pin: write one such as pin = \"2025-01-01\"".to_owned());
        }
        if !keys.contains_key("deprecated") && !keys.contains_key("sunset") {
            problems.push("without a day: write deprecated, sunset or both".to_owned());
        }
        if keys.contains_key("after_sunset") && !keys.contains_key("sunset") {
            problems.push("after_sunset without a sunset: write both".to_owned());
        }
        problems
    }

    /// Lists days in the wrong order, and versions that stand twice.
    pub(super) fn contradictions(versions: &[VersionItem]) -> Vec<(String, String)> {
        let is_early = |(index, version): (usize, &VersionItem)| {
            let (deprecated, sunset) = (version.deprecated?, version.sunset?);
            let problem = format!("before version[{index}].deprecated, {deprecated} (RFC 9745, 4)");
            (sunset < deprecated).then(|| (format!("version[{index}].sunset"), problem))
        };
        let mut faults: Vec<(String, String)> = versions.iter().enumerate().filter_map(is_early).collect();
        faults.extend(repeated("version", "pin", versions, |version| version.pin.as_ref()));
        faults
    }

    /// The retirement; `None` if its version is missing or was refused.
    pub(super) fn usable(self) -> Option<Retirement> {
        let VersionItem { pin, deprecated, sunset, link, after_sunset } = self;
        let after_sunset = after_sunset.unwrap_or(AfterSunset::Serve);
        Some(Retirement { pin: pin?, deprecated, sunset, link, after_sunset })
    }
}

/// Lists values of a key that an earlier item has too.
fn repeated<T, V: Eq + Hash>(
    table: &str,
    key: &str,
    items: &[T],
    value: fn(&T) -> Option<&V>,
) -> Vec<(String, String)> {
    let mut first = HashMap::new();
    let mut faults = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let Some(value) = value(item) else { continue };
        let earlier = *first.entry(value).or_insert(index);
        if earlier != index {
            faults.push((format!("{table}[{index}].{key}"), format!("the same as {table}[{earlier}].{key}")));
        }
    }
    faults
}
