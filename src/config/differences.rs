//! Which keys two configurations differ in, by name: values may be secrets.

use super::usable::Config;
use std::fmt::Debug;

/// Whether a key has the same value in both.
type Same = fn(&Config, &Config) -> bool;

macro_rules! compared {
    ($($table:ident { $($field:ident),* $(,)? })*) => {
        &[$($((
            concat!(stringify!($table), ".", stringify!($field)),
            (|one: &Config, other: &Config| one.$table.$field == other.$table.$field) as Same,
        ),)*)*]
    };
}

/// Every key but the lists of tables; a test holds it to `keys.rs`.
const COMPARED: &[(&str, Same)] = compared! {
    listen { address, tls_cert, tls_key, client_ca, public_url, trusted_peers }
    admin { address, token_sha256 }
    upstream { url, version, ca_file, client_cert, client_key, other_version, forwarded, method_override }
    transforms { path }
    pins { default, unknown }
    limits {
        request_bytes, buffer_bytes, object_bytes, upstream_idle_connections, head_bytes, headers,
        response_head_bytes, response_headers, uri_bytes,
        connections, connection_requests, exchanges, streams, stream_window, connection_window, memory_bytes,
        decoded_ratio,
    }
    timeouts {
        connect, upstream_first_byte, upstream_idle, upstream_max_age, idle, handshake, request_head,
        request_body_idle, request_body, response_write, keep_alive, shutdown_delay, drain,
    }
    requests { untranslatable }
    responses { loss_header, error_names, cors_origins, cors_expose }
    reload { watch }
    log { filter, format, fields }
    usage { file, flush, verdict_after }
    record { folder, sample, redact, max_exchanges, max_bytes }
    telemetry {
        otlp_endpoint, otlp_protocol, otlp_headers_file, otlp_ca_file, service_name, sample, propagate,
    }
    verify { sample, requests_per_minute, concurrency, body_bytes, ignore, file, values }
};

/// Keys that are called otherwise in the file.
const CALLED: [(&str, &str); 1] = [("timeouts.upstream_first_byte", "timeouts.first_byte")];

impl Config {
    /// The keys in which `other` differs, in the order of the file; a client by its name, `client.billing-cron`,
    /// a version by its date.
    pub fn differing(&self, other: &Config) -> Vec<String> {
        let keys = COMPARED.iter().filter(|(_, same)| !same(self, other));
        let keys = keys.map(|(key, _)| called(key).to_owned());
        let clients = differing("client", &self.clients, &other.clients, |client| client.name.clone());
        let versions =
            differing("version", &self.versions, &other.versions, |version| version.pin.to_string());
        keys.chain(clients).chain(versions).collect()
    }
}

fn called(key: &'static str) -> &'static str {
    CALLED.into_iter().find(|(field, _)| *field == key).map_or(key, |(_, called)| called)
}

/// Items that one list has not, or has otherwise, by name.
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
    use super::super::keys::KEYS;
    use super::*;
    use crate::policy::{Client, Match};

    #[test]
    fn every_key_is_compared() {
        let mut compared: Vec<&str> = COMPARED.iter().map(|(key, _)| called(key)).collect();
        let mut keys: Vec<&str> = KEYS.iter().map(|key| key.name).collect();
        compared.sort_unstable();
        keys.sort_unstable();
        assert_eq!(compared, keys, "one that `keys.rs` has, or has not");
    }

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
        other.timeouts.upstream_first_byte *= 2;
        other.admin.token_sha256 = Some([7; 32]);
        other.clients = vec![client("a", "a"), client("b", "other"), client("d", "d")];
        let keys = ["admin.token_sha256", "timeouts.first_byte", "client.b", "client.c", "client.d"];
        assert_eq!(one.differing(&other), keys);
        let mut turned = one.clone();
        turned.clients.reverse();
        assert_eq!(one.differing(&turned), ["client (their order)"]);
    }
}
