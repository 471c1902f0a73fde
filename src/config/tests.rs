use std::{collections::HashSet, fs, net::SocketAddr, path::Path, time::Duration};

use insta::assert_snapshot;
use tempfile::TempDir;

use super::*;
use crate::{Version, compare::Ignored, recording::Paths};

/// Loads a file with `text`, and `variables` over it.
fn load(text: &str, variables: &[(&str, &str)]) -> Result<(Config, Vec<Warning>), Vec<ConfigError>> {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("dateline.toml");
    fs::write(&path, text).unwrap();
    Config::load_from(Some(&path), variables.iter().copied())
}

fn usable(text: &str) -> Config {
    load(text, &[]).unwrap_or_else(|mistakes| panic!("{}", report(&mistakes))).0
}

/// What the operator sees, with the file's name for its path.
fn told(text: &str, variables: &[(&str, &str)]) -> String {
    let mut mistakes = load(text, variables).unwrap_err();
    for mistake in &mut mistakes {
        if let Origin::File { path, .. } = &mut mistake.origin {
            *path = path.file_name().unwrap().into();
        }
    }
    report(&mistakes)
}

fn v(text: &str) -> Version {
    text.parse().unwrap()
}

#[test]
fn reports_every_mistake_with_its_key_and_place() {
    let text = r#"
[listen]
address = "localhost"

[upstream]
url = "https://me:secret@api.example.com"
versoin = "2026-07-01"

[timeouts]
idle = 300

[[client]]
name = "billing-cron"
pin = "2026-02-30"

[[client]]
name = "reports"
host = "reports.example.com"
path_prefix = "/reports"

[limit]
request_bytes = "8MiB"
"#;
    let variables = [
        ("DATELINE_PINS__UNKNOWN", "maybe"),
        ("DATELINE_LOG__FROMAT", "json"),
        ("DATELINE_PORT", "tcp://10.0.0.1"),
    ];
    assert_snapshot!(told(text, &variables), @r#"
    the configuration has 10 mistakes:
      dateline.toml:3: listen.address: "localhost" is not an IP address and a port, such as "127.0.0.1:8080"
      dateline.toml:6: upstream.url: with a user or a password: write an origin such as "https://api.example.com"; clients bring their own keys
      dateline.toml:7: upstream.versoin: no such key; did you mean upstream.version?
      dateline.toml:10: timeouts.idle: found a number: write text such as "250ms", "5s", "2m" or "1h", at most 24h
      dateline.toml:12: client[0]: known by nothing: write one of bearer_sha256, host, path_prefix
      dateline.toml:14: client[0].pin: "2026-02-30" is not a version: the calendar has no such day
      dateline.toml:16: client[1]: known by more than one thing: write one of bearer_sha256, host, path_prefix
      dateline.toml:21: limit: no such key; did you mean limits?
      DATELINE_LOG__FROMAT in the environment: log.fromat: no such key; did you mean DATELINE_LOG__FORMAT?
      DATELINE_PINS__UNKNOWN in the environment: pins.unknown: "maybe" is not "refuse" or "pass"
    "#);
}

#[test]
fn says_what_would_fit() {
    let text = r#"
url = "https://api.example.com"
"listen.address" = "127.0.0.1:1"
client = { name = "a" }
pins = "upstream"
[upstream]
ca_file = "no/such/ca.pem"
forwarded = "yes"
version = 20260701
[transforms]
path = ["a"]
[log]
filter = "info,dateline=loud"
format = "xml"
[limits]
request_bytes = 0
object_bytes = 99999999999999999999999999999999999999999
[timeouts]
connect = "0s"
drain = "25h"
"#;
    assert_snapshot!(told(text, &[]), @r#"
    the configuration has 14 mistakes:
      dateline.toml:2: url: no such key; did you mean upstream.url?
      dateline.toml:3: "listen.address": no such key; did you mean listen.address?
      dateline.toml:4: client: found a table: write [[client]], once for each client
      dateline.toml:5: pins: found text: write a table, [pins]
      dateline.toml:7: upstream.ca_file: there is no file "no/such/ca.pem"
      dateline.toml:8: upstream.forwarded: found text: write true or false
      dateline.toml:9: upstream.version: found a number: write a version such as "2026-07-01"
      dateline.toml:11: transforms.path: found an array: write the path of a folder
      dateline.toml:13: log.filter: "info,dateline=loud" is not a filter: error parsing level filter: expected one of "off", "error", "warn", "info", "debug", "trace", or a number 0-5
      dateline.toml:14: log.format: "xml" is not "auto" or "pretty" or "json"
      dateline.toml:16: limits.request_bytes: not a size: write a number of bytes from 1, or text such as "8MiB" (KiB, MiB, GiB)
      dateline.toml:17: limits.object_bytes: not a size: write a number of bytes from 1, or text such as "8MiB" (KiB, MiB, GiB)
      dateline.toml:19: timeouts.connect: "0s" is not a time: write text such as "250ms", "5s", "2m" or "1h", at most 24h
      dateline.toml:20: timeouts.drain: "25h" is not a time: write text such as "250ms", "5s", "2m" or "1h", at most 24h
    "#);
}

#[test]
fn tells_clients_apart() {
    let text = r#"
[[client]]
name = "a"
host = "A.example.com"
[[client]]
name = "a"
host = "a.EXAMPLE.com"
[[client]]
host = "b.example.com"
pin = "b"
[[client]]
name = "c"
[[client]]
name = "d"
path_prefix = "/legacy/"
[[client]]
name = "e"
bearer_sha256 = "apik_secret"
[[client]]
name = "f"
host = "f.example.com:80"
bearer = "apik_secret"
"#;
    let told = told(text, &[]);
    assert!(!told.contains("secret"));
    assert_snapshot!(told, @r#"
    the configuration has 9 mistakes:
      dateline.toml:6: client[1].name: the same as client[0].name
      dateline.toml:7: client[1].host: the same as client[0].host
      dateline.toml:8: client[2]: without a name: write one such as name = "billing-cron"
      dateline.toml:10: client[2].pin: "b" is not a version: a version is a date, YYYY-MM-DD, or a date and a counter from 1, YYYY-MM-DD-N
      dateline.toml:11: client[3]: known by nothing: write one of bearer_sha256, host, path_prefix
      dateline.toml:15: client[4].path_prefix: "/legacy/" ends with /: write a path such as "/legacy"
      dateline.toml:18: client[5].bearer_sha256: not 64 hexadecimal digits: `dateline hash-key` makes them from a key
      dateline.toml:21: client[6].host: not a host name such as "legacy.example.com", without scheme, port and path
      dateline.toml:22: client[6].bearer: no such key; did you mean bearer_sha256?
    "#);
}

#[test]
fn a_retirement_must_make_sense() {
    let text = r#"
[[version]]
pin = "2025-01-01"
deprecated = "2027-06-01"
sunset = "2026-12-01"
[[version]]
pin = "2025-01-01"
sunset = "2026-02-30"
link = "changes.html"
[[version]]
deprecated = "tomorrow"
after_sunset = "close"
[[version]]
pin = "2026-06-09"
removed = "2027-06-01"
[[version]]
pin = "2026-06-10"
deprecated = "2027-06-01"
link = "https://me:secret@example.com/"
[[version]]
pin = "2026-06-11"
deprecated = "2027-06-01"
link = "https://example.com/>; rel=next"
"#;
    let told_text = told(text, &[]);
    assert!(!told_text.contains("secret"));
    assert_snapshot!(told_text, @r#"
    the configuration has 12 mistakes:
      dateline.toml:5: version[0].sunset: before version[0].deprecated, 2027-06-01 (RFC 9745, 4)
      dateline.toml:7: version[1].pin: the same as version[0].pin
      dateline.toml:8: version[1].sunset: "2026-02-30" is not a day: the calendar has no such day from 1970 on
      dateline.toml:9: version[1].link: neither http nor https: write a URL such as "https://example.com/changes"
      dateline.toml:10: version[2]: without a pin: write one such as pin = "2025-01-01"
      dateline.toml:10: version[2]: after_sunset without a sunset: write both
      dateline.toml:11: version[2].deprecated: "tomorrow" is not a day: a day is written YYYY-MM-DD
      dateline.toml:12: version[2].after_sunset: "close" is not "serve" or "refuse"
      dateline.toml:13: version[3]: says nothing of its pin: write deprecated, sunset or both
      dateline.toml:15: version[3].removed: no such key
      dateline.toml:19: version[4].link: with a user or a password: write a URL such as "https://example.com/changes"
      dateline.toml:23: version[5].link: with more than a URL may hold (RFC 3986, 2): write a URL such as "https://example.com/changes"
    "#);
    assert_snapshot!(told("version = \"2025-01-01\"", &[]), @r#"
    the configuration has a mistake:
      dateline.toml:1: version: found text: write [[version]], once for each version
    "#);
}

#[test]
fn reports_all_that_is_not_toml_and_the_environment() {
    let text = "[listen]\naddress = \naddress = \"127.0.0.1:1\"\n[upstream\nurl = \"https://me:secret@a\n";
    let told =
        told(text, &[("DATELINE_UPSTREAM__URL", "ftp://me:secret@a"), ("DATELINE_UPSTREAM__URL__X", "")]);
    assert!(!told.contains("secret"));
    assert_snapshot!(told, @r#"
    the configuration has 5 mistakes:
      dateline.toml:2: not TOML: string values must be quoted, expected literal string
      dateline.toml:3: not TOML: duplicate key
      dateline.toml:4: not TOML: unclosed table, expected `]`
      DATELINE_UPSTREAM__URL in the environment: upstream.url: neither http nor https: write an origin such as "https://api.example.com"
      DATELINE_UPSTREAM__URL__X in the environment: upstream.url.x: no such key; did you mean DATELINE_UPSTREAM__URL?
    "#);
}

#[test]
fn names_a_file_that_is_not_there() {
    let mistakes = Config::load_from(Some(Path::new("no/such.toml")), [("DATELINE_A__B", "")]).unwrap_err();
    assert_snapshot!(report(&mistakes), @r#"
    the configuration has 2 mistakes:
      no/such.toml: cannot be read: No such file or directory (os error 2)
      DATELINE_A__B in the environment: a.b: no such key
    "#);
}

#[test]
fn the_commented_file_names_every_key_and_loads_as_the_defaults() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/dateline.toml");
    let (mut config, warnings) = Config::load_from(Some(&path), [("HOME", "/")]).unwrap();
    let written: HashSet<String> = config.origins.0.keys().cloned().collect();
    config.origins = Origins::default();
    assert_eq!((config, warnings), (Config::default(), Vec::new()));

    // With the `# ` before keys taken off: every key, each with a word on it, and nothing else.
    let text = fs::read_to_string(&path).unwrap();
    let mut table = String::new();
    let mut named = HashSet::new();
    for line in text.lines() {
        let entry = line.strip_prefix("# ").unwrap_or(line);
        if let Some(name) = entry.strip_prefix('[') {
            table = name.trim_matches(['[', ']']).to_owned();
        } else if let Some((key, value)) = entry.split_once(" = ").filter(|(key, _)| !key.contains(' ')) {
            assert!(value.contains(" # "), "without a word on it: {line}");
            let name = format!("{table}.{key}");
            assert_eq!(written.contains(&name), !line.starts_with('#'), "{line}");
            named.insert(name);
        }
    }
    let clients = keys::CLIENT_KEYS.iter().map(|key| format!("client.{}", key.name));
    let versions = keys::VERSION_KEYS.iter().map(|key| format!("version.{}", key.name));
    let keys = keys::KEYS.iter().map(|key| key.name.to_owned());
    let keys: HashSet<String> = keys.chain(clients).chain(versions).collect();
    assert_eq!(named, keys);
}

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
    let text = format!(
        r#"
listen = {{ address = "[::]:80", tls_cert = {ca_file:?}, tls_key = {ca_file:?}, client_ca = {ca_file:?}, public_url = "https://Gateway.example.com", trusted_peers = ["10.0.0.0/8", "::1"] }}
admin = {{ address = "off", token_sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" }}
upstream = {{ url = "HTTP://Api.Example.com:8080/", version = 2025-01-01, ca_file = {ca_file:?}, client_cert = {ca_file:?}, client_key = {ca_file:?}, forwarded = true }}
transforms.path = {:?}
pins = {{ default = "upstream", unknown = "pass" }}
limits = {{ request_bytes = 100, buffer_bytes = "2 KiB", object_bytes = 300, memory_bytes = "4GiB", decoded_ratio = 7, upstream_idle_connections = 4, head_bytes = "2KiB", headers = 5, uri_bytes = 6, connections = 7, connection_requests = 8, exchanges = 9, streams = 10, stream_window = "128KiB", connection_window = "2MiB" }}
timeouts = {{ connect = "1ms", first_byte = "2s", upstream_idle = "5s", upstream_max_age = "6s", idle = "3m", request_head = "4s", handshake = "5s", request_body_idle = "6s", request_body = "7s", response_write = "8s", keep_alive = "9s", shutdown_delay = "10s", drain = "24h" }}
responses = {{ loss_header = false, error_names = false }}
reload = {{ watch = "off" }}
log = {{ filter = "debug,hyper=off", format = "json" }}
usage = {{ file = "usage.redb", flush = "250ms" }}
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
        folder.path()
    );
    let mut config = usable(&text);
    config.origins = Origins::default();
    let file = ca_file.clone();
    let client = |name: &str, pin: Option<&str>, matcher, upstream: Option<&str>| Client {
        name: name.into(),
        pin: pin.map(v),
        matcher,
        upstream_version: upstream.map(v),
        losses: OnLoss::Report,
    };
    let expected = Config {
        listen: Listen {
            address: "[::]:80".parse().unwrap(),
            tls_cert: Some(ca_file.clone()),
            tls_key: Some(ca_file.clone()),
            client_ca: Some(ca_file.clone()),
            public_url: Some("https://gateway.example.com".into()),
            trusted_peers: vec!["10.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()],
        },
        admin: Admin { address: None, token_sha256: Some(bearer_sha256(b"abc")) },
        upstream: Upstream {
            url: Some("http://api.example.com:8080".into()),
            version: Some(v("2025-01-01")),
            ca_file: Some(ca_file.clone()),
            client_cert: Some(ca_file.clone()),
            client_key: Some(ca_file),
            forwarded: true,
        },
        transforms: Transforms { path: Some(folder.path().into()) },
        pins: Pins { default: DefaultPin::Upstream, unknown: UnknownPin::Pass },
        limits: Limits {
            request_bytes: 100,
            buffer_bytes: 2048,
            object_bytes: 300,
            upstream_idle_connections: 4,
            head_bytes: 2048,
            headers: 5,
            uri_bytes: 6,
            connections: 7,
            connection_requests: 8,
            exchanges: 9,
            streams: 10,
            stream_window: 128 << 10,
            connection_window: 2 << 20,
            memory_bytes: 4 << 30,
            decoded_ratio: 7,
        },
        timeouts: Timeouts {
            connect: Duration::from_millis(1),
            upstream_first_byte: Duration::from_secs(2),
            upstream_idle: Duration::from_secs(5),
            upstream_max_age: Duration::from_secs(6),
            idle: Duration::from_secs(180),
            handshake: Duration::from_secs(5),
            request_head: Duration::from_secs(4),
            request_body_idle: Duration::from_secs(6),
            request_body: Duration::from_secs(7),
            response_write: Duration::from_secs(8),
            keep_alive: Duration::from_secs(9),
            shutdown_delay: Some(Duration::from_secs(10)),
            drain: Duration::from_secs(86400),
        },
        responses: Responses { loss_header: false, error_names: false },
        reload: Reload { watch: None },
        log: Log { filter: "debug,hyper=off".into(), format: LogFormat::Json },
        usage: Usage { file: Some("usage.redb".into()), flush: Duration::from_millis(250) },
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
        verify: Verify {
            sample: Sample::parse("0.01").unwrap(),
            requests_per_minute: 30,
            concurrency: 3,
            body_bytes: 2 << 20,
            ignore: Ignored::parse(&["$.data[*].updated_at"]).unwrap(),
            file: Some("verify.jsonl".into()),
            values: true,
        },
        clients: vec![
            client("cron", Some("2026-06-09"), Match::Bearer(bearer_sha256(b"abc")), None),
            client("old", None, Match::Host("legacy.example.com".into()), Some("2026-06-20")),
            Client {
                losses: OnLoss::Refuse,
                ..client("older", None, Match::PathPrefix("/legacy/v1".into()), None)
            },
        ],
        versions: vec![
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
        ],
        origins: Origins::default(),
    };
    assert_eq!(config, expected);
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
    DATELINE_PORT in the environment is ignored: a variable of ours has `__` between levels
    DATELINE_UPSTREAM_URL in the environment is ignored: a variable of ours has `__` between levels; did you mean DATELINE_UPSTREAM__URL?
    "#);
}

#[test]
fn checks_versions_against_the_pack() {
    let text = "pins.default = \"2025-01-01\"\n[[client]]\nname = \"a\"\nhost = \"a\"\npin = \"2026-06-10\"\n\
        upstream_version = \"2026-06-09\"\n[[client]]\nname = \"b\"\nhost = \"b\"\nupstream_version = \"2027-01-01\"\n\
        [[version]]\npin = \"2026-06-11\"\ndeprecated = \"2026-12-01\"";
    let config = usable(text);
    let mut mistakes = config.check_versions(&[v("2025-01-01"), v("2026-06-09")]);
    for mistake in &mut mistakes {
        if let Origin::File { path, .. } = &mut mistake.origin {
            *path = "dateline.toml".into();
        }
    }
    assert_snapshot!(report(&mistakes), @r#"
    the configuration has 3 mistakes:
      dateline.toml:5: client[0].pin: the pack has no version 2026-06-10; it has 2025-01-01, 2026-06-09
      dateline.toml:10: client[1].upstream_version: the pack has no version 2027-01-01; it has 2025-01-01, 2026-06-09
      dateline.toml:12: version[0].pin: the pack has no version 2026-06-11; it has 2025-01-01, 2026-06-09
    "#);
    let all = ["2025-01-01", "2026-06-09", "2026-06-10", "2026-06-11", "2026-07-01", "2027-01-01"].map(v);
    assert_eq!(config.check_versions(&all), []);
}

#[test]
fn certificate_and_key_stand_together() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("file.pem");
    fs::write(&file, "").unwrap();
    let text =
        format!("[listen]\ntls_key = {file:?}\nclient_ca = {file:?}\n[upstream]\nclient_cert = {file:?}");
    assert_snapshot!(told(&text, &[]), @r#"
    the configuration has 3 mistakes:
      dateline.toml:2: listen.tls_key: without listen.tls_cert: write both
      dateline.toml:3: listen.client_ca: without listen.tls_cert: write both
      dateline.toml:5: upstream.client_cert: without upstream.client_key: write both
    "#);
}

#[test]
fn two_listeners_need_two_addresses() {
    let same = [("DATELINE_LISTEN__ADDRESS", "127.0.0.1:9090")];
    assert_snapshot!(report(&load("", &same).unwrap_err()), @r#"
    the configuration has a mistake:
      DATELINE_LISTEN__ADDRESS in the environment: listen.address: the same as admin.address
    "#);
    let chosen = [("DATELINE_LISTEN__ADDRESS", "127.0.0.1:0"), ("DATELINE_ADMIN__ADDRESS", "127.0.0.1:0")];
    assert!(load("", &chosen).is_ok());
}
