//! The losses of a configuration against the one before it. They tell a file that was emptied, cut short or written by a
//! broken template from one that was changed.

use super::{Config, ConfigError, Origin, Problem};
use dateline_http::policy::{AfterSunset, Client, OnLoss};

/// The things that a configuration no longer says, by name, since values may be secrets.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Removals {
    /// Keys that are no longer written and whose defaults are other values.
    pub keys: Vec<String>,
    /// Names of clients that are no longer there.
    pub clients: Vec<String>,
    /// Names of clients that have lost their pin, their upstream version or `losses = "refuse"`.
    pub loosened: Vec<String>,
    /// Versions that are no longer refused after their sunset.
    pub served: Vec<String>,
}

impl Config {
    /// Lists what `next` has lost and must not lose while a gateway runs with this configuration: the upstream, the pack,
    /// all clients, TLS for clients, the authorities of their certificates, or the whole file. Each mistake says what to
    /// do if the loss is meant.
    pub fn lost_by(&self, next: &Config) -> Vec<ConfigError> {
        if let (Some(file), false) = (self.file(), next.file().is_some()) {
            let problem = "it has no keys any more, and a running gateway does not go back to the defaults: restart it if that \
                           is meant";
            return vec![ConfigError {
                key: None,
                origin: file,
                problem: Problem::Value(problem.to_owned()),
            }];
        }
        let restart = |lost: &str| format!("no longer set: {lost}; restart the gateway if that is meant");
        let lost = [
            (
                "upstream.url",
                self.upstream.url.is_some() && next.upstream.url.is_none(),
                "no longer set: requests, and the keys in them, would go to the pack's origin; write that origin if it is \
                 meant"
                    .to_owned(),
            ),
            (
                "transforms.path",
                self.transforms.path.is_some() && next.transforms.path.is_none(),
                restart("the pack in the binary would take its place"),
            ),
            (
                "client",
                !self.clients.is_empty() && next.clients.is_empty() && next.origins.of("client") == Origin::Default,
                "no client is configured any more: their pins and their refusals of losses would be lost; write \
                 client = [] if that is meant"
                    .to_owned(),
            ),
            (
                "listen.tls_cert",
                self.listen.tls_cert.is_some() && next.listen.tls_cert.is_none(),
                restart("clients would be served in cleartext"),
            ),
            (
                "listen.client_ca",
                self.listen.client_ca.is_some() && next.listen.client_ca.is_none(),
                restart("clients would not have to show a certificate"),
            ),
        ];
        let mistake = |(key, _, problem): (&str, bool, String)| ConfigError {
            key: Some(key.to_owned()),
            origin: self.place_of(key),
            problem: Problem::Value(problem),
        };
        lost.into_iter().filter(|(_, lost, _)| *lost).map(mistake).collect()
    }

    /// Lists what `next` has lost and may lose.
    pub fn gone_in(&self, next: &Config) -> Removals {
        let is_written = |config: &Config, key: &str| matches!(config.origins.of(key), Origin::File { .. });
        let mut keys = self.differing(next);
        keys.retain(|key| is_written(self, key) && next.origins.of(key) == Origin::Default);
        let same = |client: &Client| next.clients.iter().find(|other| other.name == client.name);
        let is_loosened = |client: &&Client| {
            same(client).is_some_and(|next| {
                client.pin.is_some() && next.pin.is_none()
                    || client.upstream_version.is_some() && next.upstream_version.is_none()
                    || client.losses == OnLoss::Refuse && next.losses == OnLoss::Report
            })
        };
        let name = |client: &Client| client.name.clone();
        let refused = |config: &Config| {
            let refused =
                config.versions.iter().filter(|version| version.after_sunset == AfterSunset::Refuse);
            refused.map(|version| version.pin.to_string()).collect::<Vec<_>>()
        };
        let still = refused(next);
        Removals {
            keys,
            clients: self.clients.iter().filter(|client| same(client).is_none()).map(name).collect(),
            loosened: self.clients.iter().filter(is_loosened).map(name).collect(),
            served: refused(self).into_iter().filter(|version| !still.contains(version)).collect(),
        }
    }

    /// The file, if anything is written in it.
    fn file(&self) -> Option<Origin> {
        self.origins.0.values().find_map(whole)
    }

    /// The variable or the file in which `key` was written. There is no line, since the file has changed.
    fn place_of(&self, key: &str) -> Origin {
        let origin = match key {
            "client" => return self.file().unwrap_or(Origin::Default),
            key => self.origins.of(key),
        };
        whole(&origin).unwrap_or(origin)
    }
}

/// The file as a whole, of a place in it.
fn whole(origin: &Origin) -> Option<Origin> {
    match origin {
        Origin::File { path, .. } => Some(Origin::File { path: path.clone(), line: None, column: None }),
        Origin::Variable(_) | Origin::Default => None,
    }
}
