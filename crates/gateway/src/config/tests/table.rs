//! The table of keys: the files that are made of it, its old names and its secrets.

use super::{
    key::Key,
    keys::{CLIENT_ABOUT, CLIENT_KEYS, ClientItem, KEYS, TABLES, VERSION_ABOUT, VERSION_KEYS, VersionItem},
    *,
};
use crate::base::generated::{file, is_generated};
use figment::value::Value;
use insta::assert_snapshot;
use proptest::prelude::*;
use std::fmt::Write as _;

/// Wraps a text into comments.
fn comment(out: &mut String, text: &str) {
    let mut line = "#".to_owned();
    for word in text.replace('`', "").split_whitespace() {
        if line.len() + 1 + word.len() > 100 {
            writeln!(out, "{line}").unwrap();
            line = "#".to_owned();
        }
        line = format!("{line} {word}");
    }
    writeln!(out, "{line}").unwrap();
}

/// The text of a table, as one paragraph.
fn about(lines: &[&str]) -> String {
    lines.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ")
}

fn example<T>(out: &mut String, key: &Key<T>, in_item: bool) {
    let name = key.name.rsplit('.').next().unwrap();
    if !out.ends_with("]\n") {
        out.push('\n');
    }
    comment(out, &key.paragraphs()[0]);
    match ((key.default)(), key.example) {
        (Some(default), None) if !in_item => writeln!(out, "{name} = {default}").unwrap(),
        (_, Some(example)) => writeln!(out, "#{name} = {example:?}").unwrap(),
        (_, None) => panic!("{} has neither a default nor an example", key.name),
    }
}

/// `config/dateline.toml`.
fn example_file() -> String {
    let mut out = String::new();
    comment(
        &mut out,
        "Every key with its default. A line such as #url = \"...\" has no default and shows an example. \
         docs/configuration.md says more about each key, and so does dateline explain KEY.",
    );
    comment(
        &mut out,
        "The environment wins: DATELINE_UPSTREAM__URL is upstream.url. A list is written there as here, or as a,b with \
         commas. Paths are relative to the working directory.",
    );
    for (table, lines) in TABLES {
        out.push('\n');
        comment(&mut out, &about(lines));
        writeln!(out, "[{table}]").unwrap();
        for key in KEYS.iter().filter(|key| key.name.starts_with(&format!("{table}."))) {
            example(&mut out, key, false);
        }
    }
    out.push('\n');
    comment(&mut out, &about(CLIENT_ABOUT));
    out.push_str("#[[client]]\n");
    CLIENT_KEYS.iter().for_each(|key| example(&mut out, key, true));
    out.push('\n');
    comment(&mut out, &about(VERSION_ABOUT));
    out.push_str("#[[version]]\n");
    VERSION_KEYS.iter().for_each(|key| example(&mut out, key, true));
    out
}

fn row<T>(out: &mut String, key: &Key<T>) {
    let name = key.name.rsplit('.').next().unwrap();
    let default = (key.default)().map_or_else(|| "none".to_owned(), |default| format!("`{default}`"));
    let mut text = key.paragraphs().join(" ");
    if let Some(old) = key.was {
        write!(text, " Its old name is `{old}`.").unwrap();
    }
    if key.restart {
        text.push_str(" A new value takes a restart.");
    }
    if key.new_pool {
        text.push_str(" A new value begins a new pool of connections to the upstream.");
    }
    let cell = |text: &str| text.replace('|', "\\|");
    writeln!(out, "| `{name}` | {default} | {} | {} |", cell(&(key.wanted)()), cell(&text)).unwrap();
}

/// `docs/configuration.md`.
fn reference_page() -> String {
    let mut out = "\
# Configuration

Generated from `crates/gateway/src/config/keys.rs` by `UPDATE=1 cargo test --lib config`; a test compares it. Do not edit.

Later layers win: the defaults, then the file, then the environment. A variable is `DATELINE_` and the key in capitals, with
`__` for the point: `DATELINE_UPSTREAM__URL` is `upstream.url`. A list is written there as in the file, or as `a,b` with commas. A
file names its keys in tables, `[upstream]` and then `url = \"…\"`. Paths are relative to the working directory.

[config/dateline.toml](../config/dateline.toml) is a file with every key and its default, `dateline explain KEY` says what stands
here, and `dateline check --config FILE` tests a file and all that it names without starting anything. Every mistake is reported
at once, with its key and its place. A changed file is taken by a [reload](../deploy/README.md#reloading); a key whose new value
takes a restart says so.

`dateline schema config > dateline.schema.json` writes a JSON Schema of the file. With the first line
`#:schema ./dateline.schema.json`, an editor completes keys, explains them and marks mistakes: VS Code with the extension *Tombi* or *Even
Better TOML*, and others with [tombi](https://tombi-toml.github.io/tombi) or [taplo](https://taplo.tamasfe.dev). `dateline check --config`
finds more mistakes.

| table | |
|---|---|
"
    .to_owned();
    let first = |text: &str| text.split(". ").next().unwrap_or_default().trim_end_matches('.').to_owned();
    for (table, lines) in TABLES {
        writeln!(out, "| [`{table}`](#{table}) | {} |", first(&about(lines))).unwrap();
    }
    for (table, lines) in [("client", CLIENT_ABOUT), ("version", VERSION_ABOUT)] {
        writeln!(out, "| [`[[{table}]]`](#{table}) | {} |", first(&about(lines))).unwrap();
    }
    let head = |out: &mut String, table: &str, text: &str| {
        let columns = "| key | default | values | |\n|---|---|---|---|\n";
        writeln!(out, "\n## {table}\n\n{text}\n\n{columns}").unwrap();
        out.pop();
    };
    for (table, lines) in TABLES {
        head(&mut out, table, &about(lines));
        KEYS.iter()
            .filter(|key| key.name.starts_with(&format!("{table}.")))
            .for_each(|key| row(&mut out, key));
    }
    head(&mut out, "client", &about(CLIENT_ABOUT));
    CLIENT_KEYS.iter().for_each(|key| row(&mut out, key));
    head(&mut out, "version", &about(VERSION_ABOUT));
    VERSION_KEYS.iter().for_each(|key| row(&mut out, key));
    out
}

#[test]
fn the_example_file_and_the_reference_page_are_up_to_date() {
    is_generated("config/dateline.toml", &example_file(), "config");
    is_generated("docs/configuration.md", &reference_page(), "config");
}

#[test]
fn the_example_file_loads_as_the_defaults() {
    let (mut config, warnings) =
        Config::load_from(Some(&file("config/dateline.toml")), [("HOME", "/")]).unwrap();
    let mut written: Vec<String> = config.origins.0.keys().cloned().collect();
    config.origins = Origins::default();
    assert_eq!((config, warnings), (Config::default(), Vec::new()));
    let mut with_default: Vec<&str> =
        KEYS.iter().filter(|key| (key.default)().is_some()).map(|key| key.name).collect();
    with_default.sort_unstable();
    written.sort_unstable();
    assert_eq!(written, with_default);
}

#[test]
fn every_example_is_a_value_or_a_file_that_is_not_there() {
    for key in KEYS.iter().filter(|key| key.example.is_some_and(|example| example != "...")) {
        let value = Value::from(key.example.unwrap());
        let read = (key.read)(&mut Config::default(), &form::Raw { value: &value, untyped: false });
        assert!(
            read.is_ok() || read.as_ref().is_err_and(|problem| problem.starts_with("there is no")),
            "{read:?}"
        );
    }
}

#[test]
fn an_old_name_is_read_with_a_warning_in_file_and_environment() {
    let text = "[limits]\nexchanges = 7\n[listen]\ntrusted_peers = [\"10.0.0.0/8\"]";
    let variables = [("DATELINE_TIMEOUTS__FIRST_BYTE", "7s"), ("DATELINE_LIMITS__DECODED_RATIO", "7")];
    let (config, warnings) = load(text, &variables).unwrap();
    assert_eq!((config.limits.max_concurrent_requests, config.limits.max_decompression_ratio), (7, 7));
    assert_eq!(config.timeouts.response_header, std::time::Duration::from_secs(7));
    assert_eq!(config.listen.trusted_proxies.len(), 1);
    assert!(matches!(
        config.origins.of("limits.max_concurrent_requests"),
        Origin::File { line: Some(2), .. }
    ));
    let told: Vec<String> = warnings.iter().map(Warning::to_string).collect();
    let told = told.join("\n");
    let told: Vec<&str> = told.lines().map(|line| line.rsplit('/').next().unwrap()).collect();
    assert_snapshot!(told.join("\n"), @"
    dateline.toml:4: listen.trusted_peers: an old name, which a later release will not read: write listen.trusted_proxies
    dateline.toml:2: limits.exchanges: an old name, which a later release will not read: write limits.max_concurrent_requests
    DATELINE_TIMEOUTS__FIRST_BYTE in the environment: timeouts.first_byte: an old name, which a later release will not read: write DATELINE_TIMEOUTS__RESPONSE_HEADER
    DATELINE_LIMITS__DECODED_RATIO in the environment: limits.decoded_ratio: an old name, which a later release will not read: write DATELINE_LIMITS__MAX_DECOMPRESSION_RATIO
    ");
}

#[test]
fn an_old_name_beside_the_new_one_is_a_mistake() {
    let text = "[timeouts]\nidle = \"1s\"\nresponse_body_idle = \"2s\"";
    let variables = [("DATELINE_LIMITS__EXCHANGES", "7"), ("DATELINE_LIMITS__MAX_CONCURRENT_REQUESTS", "8")];
    assert_snapshot!(told(text, &variables), @"
    the configuration has 2 mistakes:
      dateline.toml:2: timeouts.idle: the old name of timeouts.response_body_idle, which is written too: write only timeouts.response_body_idle
      DATELINE_LIMITS__EXCHANGES in the environment: limits.exchanges: the old name of limits.max_concurrent_requests, which is written too: write only limits.max_concurrent_requests
    ");
}

#[test]
fn a_misspelled_old_name_means_the_key() {
    let text = "[timeouts]\nidl = \"1s\"\n[limits]\nexchangs = 1\n[log]\nexchanges = 2";
    assert_snapshot!(told(text, &[("DATELINE_LIMITS__EXCHANGS", "3")]), @"
    the configuration has 4 mistakes:
      dateline.toml:2: timeouts.idl: no such key; did you mean timeouts.response_body_idle?
      dateline.toml:4: limits.exchangs: no such key; did you mean limits.max_concurrent_requests?
      dateline.toml:6: log.exchanges: no such key; did you mean limits.max_concurrent_requests?
      DATELINE_LIMITS__EXCHANGS in the environment: limits.exchangs: no such key; did you mean DATELINE_LIMITS__MAX_CONCURRENT_REQUESTS?
    ");
}

#[test]
fn the_environment_wins_over_the_file_by_either_name() {
    let one = load("limits.exchanges = 7", &[("DATELINE_LIMITS__MAX_CONCURRENT_REQUESTS", "8")]).unwrap();
    assert_eq!((one.0.limits.max_concurrent_requests, one.1.len()), (8, 1));
    let other = load("limits.max_concurrent_requests = 7", &[("DATELINE_LIMITS__EXCHANGES", "8")]).unwrap();
    assert_eq!((other.0.limits.max_concurrent_requests, other.1.len()), (8, 1));
}

#[test]
fn a_key_is_explained_by_every_name_that_it_has() {
    let explained = |name: &str| name.parse::<Reference>().map(|reference| reference.to_string());
    assert_snapshot!(explained("timeouts.response_header").unwrap(), @r#"
    timeouts.response_header

    The time from the request sent to the head of the upstream's response.

    It runs only while it is the upstream's turn. Interim responses (`1xx`) do not extend it.

      default      "60s"
      values       text such as "250ms", "5s", "2m" or "1h", at most 24h
      variable     DATELINE_TIMEOUTS__RESPONSE_HEADER
      new value    takes a reload, which begins a new pool of connections to the upstream
      old name     timeouts.first_byte, still read with a warning
    "#);
    for name in ["timeouts.first_byte", "DATELINE_TIMEOUTS__RESPONSE_HEADER"] {
        assert_eq!(explained(name), explained("timeouts.response_header"), "{name}");
    }
    assert!(explained("client.pin").unwrap().starts_with("[[client]] pin\n\n"));
    let table = explained("client").unwrap();
    assert!(table.starts_with("The keys of client. `dateline explain client.name` says more"), "{table}");
    assert!(explained("limits").unwrap().contains("\n  limits.max_concurrent_requests "));
    let unknown = explained("timeout.drain").unwrap_err();
    assert_eq!(unknown.meant.as_deref(), Some("timeouts.drain"));
}

proptest! {
    #[test]
    fn every_key_takes_or_refuses_any_text_and_secrets_are_not_told(
        text in "\\PC*|[-0-9a-zA-Z:/.@\\[\\]=,]{0,40}",
        secret in "[g-z]{12}(://[g-z]{12})?",
        untyped: bool,
    ) {
        fn all<T: Default>(keys: &[Key<T>], text: &str, secret: &str, untyped: bool) {
            for key in keys {
                for text in [text, secret] {
                    let value = Value::from(text);
                    let read = (key.read)(&mut T::default(), &form::Raw { value: &value, untyped });
                    let told = read.err().unwrap_or_default();
                    assert!(!key.secret || !told.contains(secret), "{}: {told}", key.name);
                }
            }
        }
        all::<Config>(KEYS, &text, &secret, untyped);
        all::<ClientItem>(CLIENT_KEYS, &text, &secret, untyped);
        all::<VersionItem>(VERSION_KEYS, &text, &secret, untyped);
    }
}
