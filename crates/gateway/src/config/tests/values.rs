//! Every key sets its own field, and later layers win.

use super::*;
use crate::config::Paths;
use dateline_core::compare::Ignored;
use dateline_http::policy::{
    AfterSunset, Client, DefaultPin, Match, MethodOverride, OnLoss, OtherVersion, Retirement, ServedVersions,
    UnknownPin, UntranslatableBody, bearer_sha256,
};
use insta::assert_snapshot;
use std::{net::SocketAddr, time::Duration};

#[test]
fn without_anything_the_defaults_hold() {
    let (config, warnings) = Config::load_from(None, [("PATH", "/bin")]).unwrap();
    assert_eq!((config, warnings), (Config::default(), Vec::new()));
}

#[test]
fn every_key_sets_its_own_value() {
    let folder = TempDir::new().unwrap();
    let ca_file = folder.path().join("ca.pem");
    fs::write(&ca_file, "").unwrap();
    let config = with_every_key(folder.path(), &ca_file);
    let file = ca_file.clone();
    let expected = Config {
        listen: Listen {
            address: "[::]:80".parse().unwrap(),
            tls_cert: Some(ca_file.clone()),
            tls_key: Some(ca_file.clone()),
            client_ca: Some(ca_file.clone()),
            public_url: Some("https://gateway.example.com".into()),
            trusted_proxies: vec!["10.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()],
        },
        admin: Admin { address: None, token_sha256: Some(bearer_sha256(b"abc")) },
        upstream: Upstream {
            url: Some("http://api.example.com:8080".into()),
            version: Some(v("2025-01-01")),
            serves: ServedVersions::Listed(vec![v("2025-01-01")]),
            ca_file: Some(ca_file.clone()),
            client_cert: Some(ca_file.clone()),
            client_key: Some(ca_file),
            other_version: OtherVersion::Pass,
            forwarded: true,
            method_override: MethodOverride::Ignored,
        },
        transforms: Transforms { path: Some(folder.path().into()) },
        pins: Pins { default: DefaultPin::Upstream, unknown: Some(UnknownPin::Pass) },
        limits: limits(),
        timeouts: timeouts(),
        requests: Requests { untranslatable: UntranslatableBody::Pass },
        responses: Responses {
            cors_origins: vec!["https://app.example.com".to_owned()],
            cors_expose: true,
            loss_header: false,
            error_names: false,
        },
        reload: Reload { watch: None },
        log: Log {
            filter: "debug,hyper=off".into(),
            format: LogFormat::Json,
            fields: LogFields { peer: true, path: false, user_agent: true },
        },
        usage: Usage {
            file: Some("usage.redb".into()),
            flush: Duration::from_millis(250),
            verdict_after: Duration::from_secs(36 * 3600),
        },
        record: Record {
            folder: Some("recording".into()),
            sample: Sample::parse("0.5").unwrap(),
            redact: Paths::parse(&["$.a", "$..b"]).unwrap(),
            max_exchanges: 7,
            max_bytes: 8 << 20,
        },
        telemetry: Telemetry {
            otlp_endpoint: Some("https://otlp.example.com/otlp".into()),
            otlp_protocol: OtlpProtocol::Http,
            otlp_headers_file: Some(file.clone()),
            otlp_ca_file: Some(file),
            service_name: "gateway".into(),
            sample: Sample::parse("0.25").unwrap(),
            propagate: Propagate::Never,
        },
        verify: verify(),
        clients: clients(),
        versions: versions(),
        origins: Origins::default(),
    };
    assert_eq!(config, expected);
}

fn limits() -> Limits {
    Limits {
        request_bytes: 100,
        buffer_bytes: 2048,
        object_bytes: 300,
        upstream_idle_connections: 4,
        head_bytes: 2048,
        headers: 5,
        response_head_bytes: 3072,
        response_headers: 6,
        uri_bytes: 6,
        connections: 7,
        connection_requests: 8,
        max_concurrent_requests: 9,
        streams: 10,
        stream_window: 128 << 10,
        connection_window: 2 << 20,
        memory_bytes: 4 << 30,
        max_decompression_ratio: 7,
    }
}

fn timeouts() -> Timeouts {
    Timeouts {
        connect: Duration::from_millis(1),
        response_header: Duration::from_secs(2),
        upstream_idle: Duration::from_secs(5),
        upstream_max_age: Duration::from_secs(6),
        response_body_idle: Duration::from_secs(180),
        handshake: Duration::from_secs(5),
        request_head: Duration::from_secs(4),
        request_body_idle: Duration::from_secs(6),
        request_body: Duration::from_secs(7),
        response_write: Duration::from_secs(8),
        keep_alive: Duration::from_secs(9),
        shutdown_delay: Some(Duration::from_secs(10)),
        drain: Duration::from_secs(86400),
    }
}

fn verify() -> Verify {
    Verify {
        sample: Sample::parse("0.01").unwrap(),
        requests_per_minute: 30,
        concurrency: 3,
        body_bytes: 2 << 20,
        ignore: Ignored::parse(&["$.data[*].updated_at"]).unwrap(),
        file: Some("verify.jsonl".into()),
        values: true,
    }
}

fn versions() -> Vec<Retirement> {
    vec![
        Retirement {
            pin: v("2025-01-01"),
            deprecated: Some("2026-12-01".parse().unwrap()),
            sunset: Some("2027-06-01".parse().unwrap()),
            link: Some("https://example.com/changes?v=1#2025".into()),
            after_sunset: AfterSunset::Refuse,
        },
        Retirement {
            pin: v("2026-06-09"),
            deprecated: None,
            sunset: Some("2027-06-01".parse().unwrap()),
            link: None,
            after_sunset: AfterSunset::Serve,
        },
    ]
}

fn clients() -> Vec<Client> {
    let client = |name: &str, pin: Option<&str>, matcher, upstream: Option<&str>| Client {
        name: name.into(),
        pin: pin.map(v),
        matcher,
        upstream_version: upstream.map(v),
        losses: OnLoss::Report,
    };
    vec![
        client("cron", Some("2026-06-09"), Match::Bearer(bearer_sha256(b"abc")), None),
        client("old", None, Match::Host("legacy.example.com".into()), Some("2026-06-20")),
        Client {
            losses: OnLoss::Refuse,
            ..client("older", None, Match::PathPrefix("/legacy/v1".into()), None)
        },
    ]
}

/// Returns a configuration in which every key has another value than its default. `folder` and `ca_file` must exist.
pub(crate) fn with_every_key(folder: &std::path::Path, ca_file: &std::path::Path) -> Config {
    let mut config = usable(&every_key(folder, ca_file));
    config.origins = Origins::default();
    config
}

fn every_key(folder: &std::path::Path, ca_file: &std::path::Path) -> String {
    format!(
        r#"
listen = {{ address = "[::]:80", tls_cert = {ca_file:?}, tls_key = {ca_file:?}, client_ca = {ca_file:?}, public_url = "https://Gateway.example.com", trusted_proxies = ["10.0.0.0/8", "::1"] }}
admin = {{ address = "off", token_sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" }}
upstream = {{ url = "HTTP://Api.Example.com:8080/", version = 2025-01-01, serves = ["2025-01-01"], ca_file = {ca_file:?}, client_cert = {ca_file:?}, client_key = {ca_file:?}, other_version = "pass", forwarded = true, method_override = "ignored" }}
transforms.path = {:?}
pins = {{ default = "upstream", unknown = "pass" }}
limits = {{ request_bytes = 100, buffer_bytes = "2 KiB", object_bytes = 300, memory_bytes = "4GiB", max_decompression_ratio = 7, upstream_idle_connections = 4, head_bytes = "2KiB", headers = 5, response_head_bytes = "3KiB", response_headers = 6, uri_bytes = 6, connections = 7, connection_requests = 8, max_concurrent_requests = 9, streams = 10, stream_window = "128KiB", connection_window = "2MiB" }}
timeouts = {{ connect = "1ms", response_header = "2s", upstream_idle = "5s", upstream_max_age = "6s", response_body_idle = "3m", request_head = "4s", handshake = "5s", request_body_idle = "6s", request_body = "7s", response_write = "8s", keep_alive = "9s", shutdown_delay = "10s", drain = "24h" }}
requests = {{ untranslatable = "pass" }}
responses = {{ loss_header = false, error_names = false, cors_origins = ["https://App.example.com/"], cors_expose = true }}
reload = {{ watch = "off" }}
log = {{ filter = "debug,hyper=off", format = "json", fields = ["peer", "user_agent"] }}
usage = {{ file = "usage.redb", flush = "250ms", verdict_after = "36h" }}
record = {{ folder = "recording", sample = 0.5, redact = ["$.a", "$..b"], max_exchanges = 7, max_bytes = "8MiB" }}
telemetry = {{ otlp_endpoint = "https://otlp.example.com/otlp", otlp_protocol = "http", otlp_headers_file = {ca_file:?}, otlp_ca_file = {ca_file:?}, service_name = "gateway", sample = 0.25, propagate = "never" }}
verify = {{ sample = 0.01, requests_per_minute = 30, concurrency = 3, body_bytes = "2MiB", ignore = ["$.data[*].updated_at"], file = "verify.jsonl", values = true }}

[[client]]
name = "cron"
pin = "2026-06-09"
bearer_sha256 = "BA7816BF8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
[[client]]
name = "old"
host = "Legacy.example.com"
upstream_version = "2026-06-20"
[[client]]
name = "older"
path_prefix = "/legacy/v1"
losses = "refuse"

[[version]]
pin = "2025-01-01"
deprecated = 2026-12-01
sunset = "2027-06-01"
link = "https://example.com/changes?v=1#2025"
after_sunset = "refuse"
[[version]]
pin = "2026-06-09"
sunset = "2027-06-01"
"#,
        folder
    )
}

#[test]
fn the_environment_wins_over_the_file_and_the_file_over_the_defaults() {
    let text = "[listen]\naddress = \"127.0.0.1:1\"\n[admin]\naddress = \"127.0.0.1:2\"\n[upstream]\nforwarded = true";
    let variables = [
        ("DATELINE_LISTEN__ADDRESS", "127.0.0.1:3"),
        ("DATELINE_UPSTREAM__FORWARDED", "false"),
        ("DATELINE_LIMITS__REQUEST_BYTES", "12"),
        ("DATELINE_PINS__DEFAULT", "2026-06-09"),
    ];
    let config = load(text, &variables).unwrap().0;
    let local = |port| SocketAddr::from(([127, 0, 0, 1], port));
    assert_eq!((config.listen.address, config.admin.address), (local(3), Some(local(2))));
    assert_eq!((config.upstream.forwarded, config.limits.request_bytes), (false, 12));
    assert_eq!(config.pins.default, DefaultPin::Version(v("2026-06-09")));
    assert_eq!(config.log, Config::default().log);
    assert_eq!(config.origins.of("listen.address"), Origin::Variable("DATELINE_LISTEN__ADDRESS".into()));
    assert!(matches!(config.origins.of("admin.address"), Origin::File { line: Some(4), .. }));
    assert_eq!(config.origins.of("upstream.url"), Origin::Default);
}

#[test]
fn warns_of_variables_that_only_look_like_ours() {
    let variables = [
        ("DATELINE_PORT", "tcp://10.0.0.1"),
        ("DATELINE_UPSTREAM_URL", "x"),
        ("DATELINER__X", "1"),
        ("URL", ""),
    ];
    let warnings = load("", &variables).unwrap().1;
    let told = warnings.iter().map(Warning::to_string).collect::<Vec<_>>().join("\n");
    assert_snapshot!(told, @r#"
    DATELINE_PORT in the environment: ignored: variables of Dateline have `__` between levels
    DATELINE_UPSTREAM_URL in the environment: ignored: variables of Dateline have `__` between levels; did you mean DATELINE_UPSTREAM__URL?
    "#);
}
