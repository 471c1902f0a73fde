use std::{path::Path, process::ExitCode};

use insta::assert_snapshot;
use tempfile::TempDir;

use crate::test::{Outcome, run};
use dateline_core::day::Day;
use dateline_gateway::observe::usage::{Batch, BatchId, Count, File, Owner, Pending, Use};

/// A file with a year's end of three clients, and somebody without a key.
fn kept(folder: &TempDir) -> String {
    let day = |text: &str| text.parse::<Day>().unwrap();
    let cron = Owner::Named("billing-cron".to_owned());
    let (key, other) = (Owner::Unnamed(0x3f9a_5b0c_11d2), Owner::Unnamed(0x0001_0203_0405));
    let mut pending = Pending::default();
    for (date, owner, version, operation, requests) in [
        ("2026-11-01", &cron, "2025-01-01", "GET /plans", 40),
        ("2026-11-02", &cron, "2025-01-01", "GET /plans", 2),
        ("2026-11-02", &cron, "2025-01-01", "POST /plans", 1),
        ("2026-11-02", &key, "2025-01-01", "GET /plans", 9),
        ("2026-11-02", &other, "2026-07-01", "GET /users", 1000),
        ("2026-03-04", &key, "2026-06-08", "GET /users", 5),
        ("2026-11-02", &Owner::Anonymous, "2026-06-09", "other", 3),
        ("2026-11-02", &Owner::Anonymous, "none", "other", 7),
        ("2026-11-02", &Owner::Others, "2025-01-01", "GET /plans", 8),
        ("2026-11-02", &Owner::Named("a, \"b\"".to_owned()), "2025-01-01", "GET /plans", 1),
    ] {
        let used = Use {
            day: day(date),
            owner: owner.clone(),
            version: version.into(),
            operation: operation.into(),
        };
        pending.add(used, Count { requests, last_seen: day(date).start() });
    }
    let path = folder.path().join("usage.redb");
    let batch: Batch = pending.freeze(BatchId { writer: 1, number: 1 }).unwrap();
    File::open(&path, None).unwrap().add(&batch, day("2026-11-02")).unwrap();
    path.to_str().unwrap().to_owned()
}

fn usage(file: &str, arguments: &[&str]) -> Outcome {
    let words = [&["usage", file, "--since", "2026-10-01"], arguments].concat();
    let mut outcome = run(&words, b"");
    assert_eq!(outcome.code, ExitCode::SUCCESS, "{}", outcome.notes);
    assert_eq!(outcome.notes, format!("read from {file}\n"));
    // The last day of a report is today.
    let text = outcome.output().to_owned();
    let today =
        text.split_once(" (UTC)").and_then(|(before, _)| before.rsplit(' ').next()).map(str::to_owned);
    if let Some(today) = today {
        outcome.output = text.replacen(&today, "<today>", 1).into_bytes();
    }
    outcome
}

#[test]
fn the_versions_are_told_used_or_not() {
    let folder = TempDir::new().unwrap();
    let file = kept(&folder);
    assert_snapshot!(usage(&file, &[]).output(), @r#"
    Usage from 2026-10-01 to <today> (UTC)

    VERSION     REQUESTS  CLIENTS                                         FIRST       LAST
    2025-01-01        61  billing-cron, key-3f9a5b0c11d2, others, 1 more  2026-11-01  2026-11-02
    2026-06-08         0  -                                               2026-03-04  2026-03-04
    2026-06-09         3  anonymous                                       2026-11-02  2026-11-02
    2026-06-20         0  -                                               -           -
    2026-07-01      1000  key-000102030405                                2026-11-02  2026-11-02
    none               7  anonymous                                       2026-11-02  2026-11-02
    total           1071

    No client has used 2026-06-08 (last on 2026-03-04), 2026-06-20 since 2026-10-01.

    Only requests without an accepted key have used 2026-06-09.
    "#);
}

#[test]
fn everything_can_be_told_apart() {
    let folder = TempDir::new().unwrap();
    let file = kept(&folder);
    assert_snapshot!(usage(&file, &["--by", "client,version,operation"]).output(), @r#"
    Usage from 2026-10-01 to <today> (UTC)

    CLIENT            VERSION     OPERATION    REQUESTS  FIRST       LAST
    key-000102030405  2026-07-01  GET /users       1000  2026-11-02  2026-11-02
    billing-cron      2025-01-01  GET /plans         42  2026-11-01  2026-11-02
    key-3f9a5b0c11d2  2025-01-01  GET /plans          9  2026-11-02  2026-11-02
    others            2025-01-01  GET /plans          8  2026-11-02  2026-11-02
    anonymous         none        other               7  2026-11-02  2026-11-02
    anonymous         2026-06-09  other               3  2026-11-02  2026-11-02
    a, "b"            2025-01-01  GET /plans          1  2026-11-02  2026-11-02
    billing-cron      2025-01-01  POST /plans         1  2026-11-02  2026-11-02
    total                                          1071
    "#);
    assert_snapshot!(usage(&file, &["--by", "operation"]).output(), @r#"
    Usage from 2026-10-01 to <today> (UTC)

    OPERATION    REQUESTS  FIRST       LAST
    GET /users       1000  2026-11-02  2026-11-02
    GET /plans         60  2026-11-01  2026-11-02
    other              10  2026-11-02  2026-11-02
    POST /plans         1  2026-11-02  2026-11-02
    total            1071
    "#);
    assert_snapshot!(usage(&file, &["--format", "csv"]).output(), @r#"
    client,version,operation,requests,first,last
    key-000102030405,2026-07-01,GET /users,1000,2026-11-02,2026-11-02
    billing-cron,2025-01-01,GET /plans,42,2026-11-01,2026-11-02
    key-3f9a5b0c11d2,2025-01-01,GET /plans,9,2026-11-02,2026-11-02
    others,2025-01-01,GET /plans,8,2026-11-02,2026-11-02
    anonymous,none,other,7,2026-11-02,2026-11-02
    anonymous,2026-06-09,other,3,2026-11-02,2026-11-02
    "a, ""b""",2025-01-01,GET /plans,1,2026-11-02,2026-11-02
    billing-cron,2025-01-01,POST /plans,1,2026-11-02,2026-11-02
    "#);
    let json = usage(&file, &["--format", "json", "--by", "version"]);
    let mut json: serde_json::Value = serde_json::from_slice(&json.output).unwrap();
    json["until"] = "<today>".into();
    assert_snapshot!(format!("{json:#}"), @r#"
    {
      "since": "2026-10-01",
      "until": "<today>",
      "kept_since": "2026-03-04",
      "requests": 1071,
      "usage": [
        {
          "version": "2026-07-01",
          "requests": 1000,
          "first": "2026-11-02",
          "last": "2026-11-02"
        },
        {
          "version": "2025-01-01",
          "requests": 61,
          "first": "2026-11-01",
          "last": "2026-11-02"
        },
        {
          "version": "none",
          "requests": 7,
          "first": "2026-11-02",
          "last": "2026-11-02"
        },
        {
          "version": "2026-06-09",
          "requests": 3,
          "first": "2026-11-02",
          "last": "2026-11-02"
        }
      ]
    }
    "#);
}

#[test]
fn a_file_that_says_nothing_of_the_first_days_says_so() {
    let folder = TempDir::new().unwrap();
    let file = kept(&folder);
    let outcome = run(&["usage", &file, "--since", "2026-01-01"], b"");
    assert!(outcome.output().contains("\nNo client has used 2026-06-20 since 2026-03-04.\n"));
    assert!(
        outcome.output().contains("\nNothing is kept of the days before 2026-03-04.\n"),
        "{}",
        outcome.output()
    );
}

#[test]
fn what_is_wrong_is_told() {
    let folder = TempDir::new().unwrap();
    let told = |words: &[&str]| {
        let outcome = run(words, b"");
        let notes = outcome.notes.replace(folder.path().to_str().unwrap(), "<folder>");
        (outcome.code, notes)
    };
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let no_usage = told(&["usage", "--since", "2026-01-01"]);
    assert_eq!(no_usage.0, ExitCode::from(2));
    assert_snapshot!(no_usage.1, @r#"dateline: no usage is kept: write [usage] file = "usage.redb" in the configuration, or name a file"#);
    assert_snapshot!(told(&["usage", &at("none.redb")]).1, @"dateline: <folder>/none.redb: No such file or directory (os error 2)");
    assert!(!Path::new(&at("none.redb")).exists(), "reading makes no file");
    std::fs::write(at("text.redb"), "this is no usage file").unwrap();
    let damaged = told(&["usage", &at("text.redb")]);
    assert_eq!(damaged.0, ExitCode::from(1));
    assert_snapshot!(damaged.1, @"dateline: <folder>/text.redb: it is damaged, or no usage file: Not a redb database: magic number mismatch");
    let file = kept(&folder);
    let _held = File::open(Path::new(&file), None).unwrap();
    assert_snapshot!(told(&["usage", &file]).1, @"dateline: <folder>/usage.redb: another process holds it; without a file named, the gateway is asked; of several, save what each answers at /api/usage");
    assert_snapshot!(told(&["usage", &file, "--since", "2999-01-01"]).1.split(", 20").next().unwrap(), @"dateline: --since: 2999-01-01 is after today");
}
