//! Tests of mistakes in a configuration, as the operator reads them.

use super::*;
use dateline_core::pack::Pack;
use insta::assert_snapshot;
use std::path::Path;

#[test]
fn reports_every_mistake_with_its_key_and_place() {
    let text = r#"
[listen]
address = "localhost"

[upstream]
url = "https://me:secret@api.example.com"
versoin = "2026-07-01"

[timeouts]
response_body_idle = 300

[[client]]
name = "billing-cron"
pin = "2026/02/30"

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
      dateline.toml:10: timeouts.response_body_idle: found a number: write text such as "250ms", "5s", "2m" or "1h", at most 24h
      dateline.toml:12: client[0]: recognised by nothing: write one of bearer_sha256, host, path_prefix
      dateline.toml:14: client[0].pin: "2026/02/30" is not a version: a version is 1 to 31 letters, digits, `.`, `-` and `_`, and begins with a letter or a digit
      dateline.toml:16: client[1]: recognised by more than one thing: write one of bearer_sha256, host, path_prefix
      dateline.toml:21: limit: no such key; did you mean limits?
      DATELINE_LOG__FROMAT in the environment: log.fromat: no such key; did you mean DATELINE_LOG__FORMAT?
      DATELINE_PINS__UNKNOWN in the environment: pins.unknown: "maybe" is not "refuse" or "pass" or "older"
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
pin = "b c"
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
      dateline.toml:10: client[2].pin: "b c" is not a version: a version is 1 to 31 letters, digits, `.`, `-` and `_`, and begins with a letter or a digit
      dateline.toml:11: client[3]: recognised by nothing: write one of bearer_sha256, host, path_prefix
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
      dateline.toml:13: version[3]: without a day: write deprecated, sunset or both
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
fn checks_versions_against_the_pack() {
    let text = "pins.default = \"2025-01-01\"\n[[client]]\nname = \"a\"\nhost = \"a\"\npin = \"2026-06-10\"\n\
        upstream_version = \"2026-06-09\"\n[[client]]\nname = \"b\"\nhost = \"b\"\nupstream_version = \"2027-01-01\"\n\
        [[version]]\npin = \"2026-06-11\"\ndeprecated = \"2026-12-01\"";
    let config = usable(text);
    let pack = Pack::embedded().unwrap();
    let mut mistakes = config.check_versions(&pack);
    for mistake in &mut mistakes {
        if let Origin::File { path, .. } = &mut mistake.origin {
            *path = "dateline.toml".into();
        }
    }
    assert_snapshot!(report(&mistakes), @r#"
    the configuration has 3 mistakes:
      dateline.toml:5: client[0].pin: the pack has no version 2026-06-10; it has 2025-01-01, 2026-06-08, 2026-06-09, 2026-06-20, 2026-07-01; did you mean 2026-06-20?
      dateline.toml:10: client[1].upstream_version: the pack has no version 2027-01-01; it has 2025-01-01, 2026-06-08, 2026-06-09, 2026-06-20, 2026-07-01; did you mean 2025-01-01?
      dateline.toml:12: version[0].pin: the pack has no version 2026-06-11; it has 2025-01-01, 2026-06-08, 2026-06-09, 2026-06-20, 2026-07-01; did you mean 2026-06-08?
    "#);
    assert_eq!(usable("pins.default = \"2025-01-01\"").check_versions(&pack), []);
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
