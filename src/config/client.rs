//! `[[client]]`: as written -> as usable, and the checks across clients.

use std::{collections::HashMap, hash::Hash};

use figment::value::Dict;

use crate::{
    Version,
    policy::{Client, Match, OnLoss},
};

/// A client as written, each value checked on its own.
#[derive(Default)]
pub(super) struct Written {
    pub(super) name: Option<String>,
    pub(super) pin: Option<Version>,
    pub(super) bearer_sha256: Option<[u8; 32]>,
    pub(super) host: Option<String>,
    pub(super) path_prefix: Option<String>,
    pub(super) upstream_version: Option<Version>,
    pub(super) losses: OnLoss,
}

impl Written {
    /// The client; `None` where it lacks something or a value of it was refused.
    pub(super) fn usable(self) -> Option<Client> {
        let Written { name, pin, bearer_sha256, host, path_prefix, upstream_version, losses } = self;
        let matcher = match (bearer_sha256, host, path_prefix) {
            (Some(hash), None, None) => Match::Bearer(hash),
            (None, Some(host), None) => Match::Host(host),
            (None, None, Some(prefix)) => Match::PathPrefix(prefix),
            _ => return None,
        };
        Some(Client { name: name?, pin, matcher, upstream_version, losses })
    }
}

/// What a client lacks, by the keys that are there, whatever their values.
pub(super) fn lacking(keys: &Dict) -> Vec<String> {
    let mut problems = Vec::new();
    if !keys.contains_key("name") {
        problems.push("without a name: write one such as name = \"billing-cron\"".to_owned());
    }
    let matchers = ["bearer_sha256", "host", "path_prefix"];
    match matchers.into_iter().filter(|key| keys.contains_key(*key)).count() {
        0 => problems.push(format!("known by nothing: write one of {}", matchers.join(", "))),
        1 => {}
        _ => problems.push(format!("known by more than one thing: write one of {}", matchers.join(", "))),
    }
    problems
}

/// Names and selectors that an earlier client has too: the key at fault, and what is wrong.
pub(super) fn repeated(clients: &[Written]) -> Vec<(String, String)> {
    [
        repeated_key("name", clients, |client| client.name.as_ref()),
        repeated_key("bearer_sha256", clients, |client| client.bearer_sha256.as_ref()),
        repeated_key("host", clients, |client| client.host.as_ref()),
        repeated_key("path_prefix", clients, |client| client.path_prefix.as_ref()),
    ]
    .concat()
}

fn repeated_key<V: Eq + Hash>(
    key: &str,
    clients: &[Written],
    value: fn(&Written) -> Option<&V>,
) -> Vec<(String, String)> {
    let mut first = HashMap::new();
    let mut problems = Vec::new();
    for (index, value) in
        clients.iter().enumerate().filter_map(|(index, client)| Some((index, value(client)?)))
    {
        let earlier = *first.entry(value).or_insert(index);
        if earlier != index {
            problems.push((format!("client[{index}].{key}"), format!("the same as client[{earlier}].{key}")));
        }
    }
    problems
}
