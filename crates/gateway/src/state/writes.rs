//! Writes that reach the upstream in another form after a reload.
//!
//! An upstream that replays its answer by `Idempotency-Key` compares method, path, query, body and version. A client
//! that sends a write again across a reload counts on all of them.

use crate::config::Config;
use dateline_core::{
    Version,
    pack::{Address, OperationId, Pack, Part},
    plan,
};
use dateline_http::policy::DefaultPin;
use http::Method;
use std::{collections::BTreeMap, fmt::Write};

/// A write whose requests have another form.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ChangedWrite {
    /// The operation as the pack names it.
    pub(super) operation: String,
    /// The senders: versions, names of configured clients, `the default`.
    pub(super) clients: Vec<String>,
}

/// A configuration and its pack.
#[derive(Debug, Clone, Copy)]
pub(super) struct Setup<'s> {
    pub(super) config: &'s Config,
    pub(super) pack: &'s Pack,
}

/// The writes that both have clients for, and that differ.
pub(super) fn changed(old: Setup<'_>, new: Setup<'_>) -> Vec<ChangedWrite> {
    let (old_senders, new_senders) = (senders(old), senders(new));
    let (old_writes, new_writes) = (writes(old.pack), writes(new.pack));
    let mut operations: Vec<&String> = old_writes.keys().chain(new_writes.keys()).collect();
    operations.sort();
    operations.dedup();
    let changed = operations.into_iter().filter_map(|operation| {
        let form = |pack, writes: &BTreeMap<String, OperationId>, sender: &Sender| {
            form(pack, writes.get(operation).copied(), *sender)
        };
        let clients: Vec<String> = old_senders
            .iter()
            .filter_map(|(name, sender)| Some((name, sender, new_senders.get(name)?)))
            .filter(|(_, old_sender, new_sender)| {
                form(old.pack, &old_writes, old_sender) != form(new.pack, &new_writes, new_sender)
            })
            .map(|(name, ..)| name.clone())
            .collect();
        (!clients.is_empty()).then(|| ChangedWrite { operation: operation.clone(), clients })
    });
    changed.collect()
}

/// Versions of a request: what its client speaks, and the upstream; nothing where no version is sent.
type Sender = Option<(Version, Version)>;

/// Returns everyone who can send, by name.
fn senders(Setup { config, pack }: Setup<'_>) -> BTreeMap<String, Sender> {
    let upstream = config.upstream.version.unwrap_or(pack.newest());
    let default = match config.pins.default {
        DefaultPin::Pack => Some(pack.default_version),
        DefaultPin::Version(version) => Some(version),
        DefaultPin::Upstream => None,
    };
    let mut senders: BTreeMap<String, Sender> =
        pack.versions().map(|version| (version.to_string(), Some((version, upstream)))).collect();
    senders.insert("the default".to_owned(), default.map(|version| (version, upstream)));
    for client in &config.clients {
        let upstream = client.upstream_version.unwrap_or(upstream);
        senders.insert(client.name.clone(), client.pin.or(default).map(|pin| (pin, upstream)));
    }
    senders
}

/// The operations that have an effect at some version.
fn writes(pack: &Pack) -> BTreeMap<String, OperationId> {
    let has_effect = |address: &Address| {
        Method::from_bytes(address.method.as_bytes()).is_ok_and(|method| !method.is_safe())
    };
    let is_write = |id: &OperationId| pack.operation(*id).addresses().any(has_effect);
    pack.operation_ids().filter(is_write).map(|id| (pack.operation(id).to_string(), id)).collect()
}

/// Describes how a request is translated, as text that differs if the translation does.
fn form(pack: &Pack, operation: Option<OperationId>, sender: Sender) -> String {
    let Some((client, upstream)) = sender else { return String::new() };
    let mut form: String =
        pack.version_places.iter().map(|place| format!("{}\n", place.with(upstream))).collect();
    let Some(operation) = operation else { return form };
    if let Some(address) = pack.address(operation, upstream) {
        // Writing to a string does not fail.
        let _ = writeln!(form, "{address}");
    }
    let parts = [Part::Query, Part::Body, Part::Request];
    for place in plan::explain(pack, operation, &parts, client, upstream).places {
        let _ = writeln!(form, "{} {} {}", pack.base_path, place.part, place.path);
        let steps = place.changes.iter().flat_map(|change| &change.steps);
        steps.for_each(|step| _ = writeln!(form, "{step}"));
    }
    form
}

#[cfg(test)]
mod tests {
    use super::*;
    use dateline_http::policy::{Client, Match};

    const POST_PLANS: &str = "POST /plans";

    fn names(changed: &[ChangedWrite], operation: &str) -> Vec<String> {
        let changed = changed.iter().find(|write| write.operation == operation);
        changed.map(|write| write.clients.clone()).unwrap_or_default()
    }

    #[test]
    fn nothing_changes_by_loading_again() {
        let (config, pack) = (Config::default(), Pack::embedded().unwrap());
        let again = Pack::embedded().unwrap();
        assert_eq!(
            changed(Setup { config: &config, pack: &pack }, Setup { config: &config, pack: &again }),
            []
        );
    }

    #[test]
    fn another_upstream_version_changes_every_write_for_all() {
        let pack = Pack::embedded().unwrap();
        let mut older = Config::default();
        older.upstream.version = Some("2026-06-09".parse().unwrap());
        let changed =
            changed(Setup { config: &Config::default(), pack: &pack }, Setup { config: &older, pack: &pack });
        assert_eq!(changed.len(), writes(&pack).len());
        assert_eq!(names(&changed, POST_PLANS).len(), pack.versions().count() + 1);
    }

    #[test]
    fn another_place_of_a_value_changes_the_write() {
        let pack = |place: &str| {
            let api = "name = 'x'\ntitle = 'X'\nheader = 'V'\nbase_path = ''\ndefault_version = '2025-01-01'\n\
                       operations = ['POST /a']\n";
            let newer = format!(
                "version = '2026-01-01'\ntitle = 'Second'\n[[change]]\nname = 'Move it'\nwhy = 'w'\n\
                 operation = 'POST /a'\npart = 'request'\nsteps = [{{ move = 'query.key', to = '{place}' }}]\n"
            );
            let folder = tempfile::tempdir().unwrap();
            for (name, text) in [
                ("api", api),
                ("2025-01-01", "version = '2025-01-01'\ntitle = 'First'\n"),
                ("2026-01-01", &newer),
            ] {
                std::fs::write(folder.path().join(format!("{name}.toml")), text).unwrap();
            }
            Pack::load(folder.path()).unwrap_or_else(|mistakes| panic!("{mistakes}"))
        };
        let (old, new) = (pack("header.X-Key"), pack("header.X-Other"));
        let config = Config::default();
        let changed = changed(Setup { config: &config, pack: &old }, Setup { config: &config, pack: &new });
        assert_eq!(names(&changed, "POST /a"), ["2025-01-01", "the default"]);
    }

    #[test]
    fn another_pin_changes_what_it_translates_for_whom_it_is() {
        let pack = Pack::embedded().unwrap();
        let pinned = |pin: &str| {
            let (name, matcher) = ("cron".to_owned(), Match::Host("cron.example.com".to_owned()));
            let pin = Some(pin.parse().unwrap());
            Config {
                clients: vec![Client {
                    name,
                    pin,
                    matcher,
                    upstream_version: None,
                    losses: Default::default(),
                }],
                ..Config::default()
            }
        };
        let (old, new) = (pinned("2025-01-01"), pinned("2026-07-01"));
        let changed_writes =
            changed(Setup { config: &old, pack: &pack }, Setup { config: &new, pack: &pack });
        assert_eq!(names(&changed_writes, POST_PLANS), ["cron"]);
        let same_for_plans = pinned("2026-06-08");
        let none =
            changed(Setup { config: &old, pack: &pack }, Setup { config: &same_for_plans, pack: &pack });
        assert_eq!(names(&none, POST_PLANS), [] as [&str; 0]);
    }
}
