//! The differences of two configurations: which keys, by name only, since values may be secrets.

use std::fmt::Debug;

use super::{Config, keys::KEYS};

impl Config {
    /// Lists the keys in which `other` differs, in the order of the file: a client by its name, `client.billing-cron`, a
    /// version by its date.
    pub fn differing(&self, other: &Config) -> Vec<String> {
        let keys = KEYS.iter().filter(|key| !(key.same)(self, other)).map(|key| key.name.to_owned());
        let clients = differing("client", &self.clients, &other.clients, |client| client.name.clone());
        let versions =
            differing("version", &self.versions, &other.versions, |version| version.pin.to_string());
        keys.chain(clients).chain(versions).collect()
    }

    /// Gives every key that takes a restart its value in the running configuration, and names those that had another one.
    pub(crate) fn keep_until_restart(&mut self, running: &Config) -> Vec<&'static str> {
        let mut kept = Vec::new();
        for key in KEYS.iter().filter(|key| key.restart) {
            if !(key.same)(self, running) {
                (key.copy)(self, running);
                kept.push(key.name);
            }
        }
        kept
    }

    /// The keys that decide about connections to the upstream as they are here; all others have their defaults.
    pub(crate) fn pool_keys(&self) -> Config {
        let mut kept = Config::default();
        KEYS.iter().filter(|key| key.new_pool).for_each(|key| (key.copy)(&mut kept, self));
        kept
    }

    /// Returns, for every key, its name, whether a new value begins a new pool, and this configuration with the value of
    /// `other`.
    #[cfg(test)]
    pub(crate) fn altered(&self, other: &Config) -> impl Iterator<Item = (&'static str, bool, Config)> {
        KEYS.iter().map(|key| {
            let mut altered = self.clone();
            (key.copy)(&mut altered, other);
            assert!(!(key.same)(&altered, self), "{} has one value in both", key.name);
            (key.name, key.new_pool, altered)
        })
    }
}

/// Tells whether a new value of this key takes a restart.
pub(crate) fn needs_restart(name: &str) -> bool {
    KEYS.iter().any(|key| key.name == name && key.restart)
}

/// Lists items that one list lacks or has otherwise, by name.
fn differing<T: PartialEq + Debug>(
    table: &str,
    one: &[T],
    other: &[T],
    name: fn(&T) -> String,
) -> Vec<String> {
    let lacks = |list: &[T], item: &T| !list.contains(item);
    let changed =
        one.iter().filter(|item| lacks(other, item)).chain(other.iter().filter(|item| lacks(one, item)));
    let mut names: Vec<String> = changed.map(|item| format!("{table}.{}", name(item))).collect();
    names.sort();
    names.dedup();
    match names.is_empty() && one != other {
        // The order decides which of two path prefixes is looked at first.
        true => vec![format!("{table} (their order)")],
        false => names,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dateline_http::policy::{Client, Match};

    #[test]
    fn differences_are_told_by_name() {
        let client = |name: &str, host: &str| Client {
            name: name.to_owned(),
            pin: None,
            matcher: Match::Host(host.to_owned()),
            upstream_version: None,
            losses: Default::default(),
        };
        let mut one = Config::default();
        assert_eq!(one.differing(&Config::default()), [] as [&str; 0]);
        one.clients = vec![client("a", "a"), client("b", "b"), client("c", "c")];
        let mut other = one.clone();
        other.timeouts.response_header *= 2;
        other.admin.token_sha256 = Some([7; 32]);
        other.clients = vec![client("a", "a"), client("b", "other"), client("d", "d")];
        let keys = ["admin.token_sha256", "timeouts.response_header", "client.b", "client.c", "client.d"];
        assert_eq!(one.differing(&other), keys);
        let mut turned = one.clone();
        turned.clients.reverse();
        assert_eq!(one.differing(&turned), ["client (their order)"]);
    }
}
