//! Every key: its name and what it sets. Its default is in `Config::default`, its line of help in
//! `config/dateline.toml`; a test keeps the three together.

use super::{client, record, retirement, telemetry, usable::Config, value, verify};

/// A key that sets something in a `T`.
pub(super) struct Key<T> {
    /// The full name: levels joined by dots.
    pub(super) name: &'static str,
    pub(super) set: Set<T>,
}

/// Reads a value into its place, or says what would fit.
pub(super) type Set<T> = fn(&mut T, &value::Raw<'_>) -> Result<(), String>;

const fn key<T>(name: &'static str, set: Set<T>) -> Key<T> {
    Key { name, set }
}

/// What a configuration consists of, clients and versions aside.
pub(super) const KEYS: &[Key<Config>] = &[
    key("listen.address", |config, raw| put(&mut config.listen.address, value::address(raw))),
    key("listen.tls_cert", |config, raw| put(&mut config.listen.tls_cert, some(value::file(raw)))),
    key("listen.tls_key", |config, raw| put(&mut config.listen.tls_key, some(value::file(raw)))),
    key("listen.client_ca", |config, raw| put(&mut config.listen.client_ca, some(value::file(raw)))),
    key("listen.public_url", |config, raw| put(&mut config.listen.public_url, some(value::origin(raw)))),
    key("listen.trusted_peers", |config, raw| put(&mut config.listen.trusted_peers, value::networks(raw))),
    key("admin.address", |config, raw| put(&mut config.admin.address, value::address_or_off(raw))),
    key("admin.token_sha256", |config, raw| put(&mut config.admin.token_sha256, some(value::sha256(raw)))),
    key("upstream.url", |config, raw| put(&mut config.upstream.url, some(value::origin(raw)))),
    key("upstream.version", |config, raw| put(&mut config.upstream.version, some(value::version(raw)))),
    key("upstream.ca_file", |config, raw| put(&mut config.upstream.ca_file, some(value::file(raw)))),
    key("upstream.client_cert", |config, raw| put(&mut config.upstream.client_cert, some(value::file(raw)))),
    key("upstream.client_key", |config, raw| put(&mut config.upstream.client_key, some(value::file(raw)))),
    key("upstream.other_version", |config, raw| {
        put(&mut config.upstream.other_version, value::other_version(raw))
    }),
    key("upstream.forwarded", |config, raw| put(&mut config.upstream.forwarded, value::boolean(raw))),
    key("upstream.method_override", |config, raw| {
        put(&mut config.upstream.method_override, value::method_override(raw))
    }),
    key("transforms.path", |config, raw| put(&mut config.transforms.path, some(value::folder(raw)))),
    key("pins.default", |config, raw| put(&mut config.pins.default, value::default_pin(raw))),
    key("pins.unknown", |config, raw| put(&mut config.pins.unknown, value::unknown_pin(raw))),
    key("limits.request_bytes", |config, raw| put(&mut config.limits.request_bytes, value::bytes(raw))),
    key("limits.buffer_bytes", |config, raw| put(&mut config.limits.buffer_bytes, value::bytes(raw))),
    key("limits.object_bytes", |config, raw| put(&mut config.limits.object_bytes, value::bytes(raw))),
    key("limits.upstream_idle_connections", |config, raw| {
        put(&mut config.limits.upstream_idle_connections, value::count(raw))
    }),
    key("limits.head_bytes", |config, raw| put(&mut config.limits.head_bytes, value::head_bytes(raw))),
    key("limits.headers", |config, raw| put(&mut config.limits.headers, value::headers(raw))),
    key("limits.response_head_bytes", |config, raw| {
        put(&mut config.limits.response_head_bytes, value::head_bytes(raw))
    }),
    key("limits.response_headers", |config, raw| {
        put(&mut config.limits.response_headers, value::response_headers(raw))
    }),
    key("limits.uri_bytes", |config, raw| put(&mut config.limits.uri_bytes, value::bytes(raw))),
    key("limits.connections", |config, raw| put(&mut config.limits.connections, value::number(raw))),
    key("limits.connection_requests", |config, raw| {
        put(&mut config.limits.connection_requests, value::number(raw))
    }),
    key("limits.exchanges", |config, raw| put(&mut config.limits.exchanges, value::number(raw))),
    key("limits.streams", |config, raw| put(&mut config.limits.streams, value::number(raw))),
    key("limits.stream_window", |config, raw| put(&mut config.limits.stream_window, value::window(raw))),
    key("limits.connection_window", |config, raw| {
        put(&mut config.limits.connection_window, value::window(raw))
    }),
    key("limits.memory_bytes", |config, raw| put(&mut config.limits.memory_bytes, value::bytes(raw))),
    key("limits.decoded_ratio", |config, raw| put(&mut config.limits.decoded_ratio, value::count(raw))),
    key("timeouts.connect", |config, raw| put(&mut config.timeouts.connect, value::duration(raw))),
    key("timeouts.first_byte", |config, raw| {
        put(&mut config.timeouts.upstream_first_byte, value::duration(raw))
    }),
    key("timeouts.upstream_idle", |config, raw| {
        put(&mut config.timeouts.upstream_idle, value::duration(raw))
    }),
    key("timeouts.upstream_max_age", |config, raw| {
        put(&mut config.timeouts.upstream_max_age, value::duration(raw))
    }),
    key("timeouts.idle", |config, raw| put(&mut config.timeouts.idle, value::duration(raw))),
    key("timeouts.handshake", |config, raw| put(&mut config.timeouts.handshake, value::duration(raw))),
    key("timeouts.request_head", |config, raw| put(&mut config.timeouts.request_head, value::duration(raw))),
    key("timeouts.request_body_idle", |config, raw| {
        put(&mut config.timeouts.request_body_idle, value::duration(raw))
    }),
    key("timeouts.request_body", |config, raw| put(&mut config.timeouts.request_body, value::duration(raw))),
    key("timeouts.response_write", |config, raw| {
        put(&mut config.timeouts.response_write, value::duration(raw))
    }),
    key("timeouts.keep_alive", |config, raw| put(&mut config.timeouts.keep_alive, value::duration(raw))),
    key("timeouts.shutdown_delay", |config, raw| {
        put(&mut config.timeouts.shutdown_delay, value::duration_or_off(raw))
    }),
    key("timeouts.drain", |config, raw| put(&mut config.timeouts.drain, value::duration(raw))),
    key("requests.untranslatable", |config, raw| {
        put(&mut config.requests.untranslatable, value::untranslatable(raw))
    }),
    key("responses.loss_header", |config, raw| put(&mut config.responses.loss_header, value::boolean(raw))),
    key("responses.cors_origins", |config, raw| put(&mut config.responses.cors_origins, value::origins(raw))),
    key("responses.cors_expose", |config, raw| put(&mut config.responses.cors_expose, value::boolean(raw))),
    key("responses.error_names", |config, raw| put(&mut config.responses.error_names, value::boolean(raw))),
    key("reload.watch", |config, raw| put(&mut config.reload.watch, value::duration_or_off(raw))),
    key("log.filter", |config, raw| put(&mut config.log.filter, value::filter(raw))),
    key("log.format", |config, raw| put(&mut config.log.format, value::format(raw))),
    key("log.fields", |config, raw| put(&mut config.log.fields, value::log_fields(raw))),
    key("usage.file", |config, raw| put(&mut config.usage.file, some(value::new_file(raw)))),
    key("usage.flush", |config, raw| put(&mut config.usage.flush, value::duration(raw))),
    key("usage.verdict_after", |config, raw| put(&mut config.usage.verdict_after, value::long_time(raw))),
    key("record.folder", |config, raw| put(&mut config.record.folder, some(value::new_folder(raw)))),
    key("record.sample", |config, raw| put(&mut config.record.sample, telemetry::sample(raw))),
    key("record.redact", |config, raw| put(&mut config.record.redact, record::paths(raw))),
    key("record.max_exchanges", |config, raw| put(&mut config.record.max_exchanges, value::number(raw))),
    key("record.max_bytes", |config, raw| put(&mut config.record.max_bytes, value::bytes(raw))),
    key("telemetry.otlp_endpoint", |config, raw| {
        put(&mut config.telemetry.otlp_endpoint, some(telemetry::endpoint(raw)))
    }),
    key("telemetry.otlp_protocol", |config, raw| {
        put(&mut config.telemetry.otlp_protocol, telemetry::otlp_protocol(raw))
    }),
    key("telemetry.otlp_headers_file", |config, raw| {
        put(&mut config.telemetry.otlp_headers_file, some(value::file(raw)))
    }),
    key("telemetry.otlp_ca_file", |config, raw| {
        put(&mut config.telemetry.otlp_ca_file, some(value::file(raw)))
    }),
    key("telemetry.service_name", |config, raw| put(&mut config.telemetry.service_name, value::name(raw))),
    key("telemetry.sample", |config, raw| put(&mut config.telemetry.sample, telemetry::sample(raw))),
    key("telemetry.propagate", |config, raw| put(&mut config.telemetry.propagate, telemetry::propagate(raw))),
    key("verify.sample", |config, raw| put(&mut config.verify.sample, telemetry::sample(raw))),
    key("verify.requests_per_minute", |config, raw| {
        put(&mut config.verify.requests_per_minute, verify::requests_per_minute(raw))
    }),
    key("verify.concurrency", |config, raw| put(&mut config.verify.concurrency, verify::concurrency(raw))),
    key("verify.body_bytes", |config, raw| put(&mut config.verify.body_bytes, value::bytes(raw))),
    key("verify.ignore", |config, raw| put(&mut config.verify.ignore, verify::paths(raw))),
    key("verify.file", |config, raw| put(&mut config.verify.file, some(value::new_file(raw)))),
    key("verify.values", |config, raw| put(&mut config.verify.values, value::boolean(raw))),
];

/// What a `[[client]]` consists of.
pub(super) const CLIENT_KEYS: &[Key<client::Written>] = &[
    key("name", |client, raw| put(&mut client.name, some(value::name(raw)))),
    key("pin", |client, raw| put(&mut client.pin, some(value::version(raw)))),
    key("bearer_sha256", |client, raw| put(&mut client.bearer_sha256, some(value::sha256(raw)))),
    key("host", |client, raw| put(&mut client.host, some(value::host(raw)))),
    key("path_prefix", |client, raw| put(&mut client.path_prefix, some(value::path_prefix(raw)))),
    key("upstream_version", |client, raw| put(&mut client.upstream_version, some(value::version(raw)))),
    key("losses", |client, raw| put(&mut client.losses, value::on_loss(raw))),
];

/// What a `[[version]]` consists of.
pub(super) const VERSION_KEYS: &[Key<retirement::Written>] = &[
    key("pin", |version, raw| put(&mut version.pin, some(value::version(raw)))),
    key("deprecated", |version, raw| put(&mut version.deprecated, some(value::day(raw)))),
    key("sunset", |version, raw| put(&mut version.sunset, some(value::day(raw)))),
    key("link", |version, raw| put(&mut version.link, some(value::link(raw)))),
    key("after_sunset", |version, raw| put(&mut version.after_sunset, some(value::after_sunset(raw)))),
];

fn put<V>(place: &mut V, value: Result<V, String>) -> Result<(), String> {
    *place = value?;
    Ok(())
}

fn some<V>(value: Result<V, String>) -> Result<Option<V>, String> {
    value.map(Some)
}

/// The candidate that was meant by `name`: it begins so, or differs by a slip in every third letter at most.
pub(super) fn closest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let slips = |candidate: &str| match name.len() > 2 && candidate.starts_with(name) {
        true => 1,
        false => strsim::damerau_levenshtein(name, candidate),
    };
    candidates
        .map(|candidate| (slips(candidate), candidate))
        .filter(|(slips, candidate)| *slips <= candidate.len().div_ceil(3))
        .min_by_key(|(slips, _)| *slips)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use figment::value::Value;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn looks_like_only_what_is_alike() {
        let like = |name| closest(name, ["listen.address", "upstream.url", "limits"].into_iter());
        assert_eq!(like("lisen.adress"), Some("listen.address"));
        assert_eq!(like("upstream.u"), Some("upstream.url"));
        assert_eq!(like("limist"), Some("limits"));
        assert_eq!(like("plugins"), None);
    }

    proptest! {
        #[test]
        fn every_key_takes_or_refuses_any_text(text in "\\PC*|[-0-9a-zA-Z:/.@\\[\\]=,]{0,40}", untyped: bool) {
            let value = Value::from(text);
            let raw = value::Raw { value: &value, untyped };
            for key in KEYS {
                let _ = (key.set)(&mut Config::default(), &raw);
            }
            for key in CLIENT_KEYS {
                let _ = (key.set)(&mut client::Written::default(), &raw);
            }
            for key in VERSION_KEYS {
                let _ = (key.set)(&mut retirement::Written::default(), &raw);
            }
        }
    }
}
