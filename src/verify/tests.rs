//! The command, before the sandbox and before upstreams that misbehave.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    net::TcpListener,
    process::ExitCode,
    thread,
};

use serde_json::Value;

use crate::test::{Outcome, run};

/// `dateline verify` of a list.
fn verify(list: &str, arguments: &[&str]) -> Outcome {
    run(&[&["verify", "--requests", "-"], arguments].concat(), list.as_bytes())
}

#[test]
fn the_sandbox_agrees_with_every_translation() {
    let outcome = run(&["verify", "--sandbox"], b"");
    assert_eq!(outcome.code, ExitCode::SUCCESS, "{}", outcome.output());
    assert_eq!(outcome.notes, "the sandbox's own list: 101 requests\n");
    let last = outcome.output().lines().last().unwrap();
    assert_eq!(
        last,
        "364 translated responses are what the upstream answers natively. 40 requests are refused both ways, with the \
         same status."
    );
}

#[test]
fn older_upstreams_agree_with_newer_clients() {
    let list = "/api/v1/referrals/businesses?order=total_earnings\n/api/v1/plans?company_id=biz_pickaxe\n";
    let outcome = verify(
        list,
        &[
            "--sandbox",
            "--upstream-version",
            "2025-01-01",
            "--written-for",
            "2025-01-01",
            "--pin",
            "all",
            "--json",
        ],
    );
    assert_eq!(outcome.code, ExitCode::SUCCESS, "{}{}", outcome.output(), outcome.notes);
    let report: Value = serde_json::from_slice(&outcome.output).unwrap();
    assert_eq!((&report["result"], &report["total"]["agreed"]), (&"agreed".into(), &8.into()));
    let excused: Vec<&str> = report["excused"]
        .as_array()
        .unwrap()
        .iter()
        .map(|excused| excused["path"].as_str().unwrap())
        .collect();
    assert!(excused.contains(&"$.data[*].volume_usd.settled"), "{excused:?}");
}

/// The version that a list is written for matters: the sandbox refuses a parameter that a version does not know.
#[test]
fn requests_are_in_the_words_of_the_pin_unless_it_is_said() {
    let list = "/api/v1/plans?company_id=biz_pickaxe";
    let at = |arguments: &[&str]| {
        let outcome = verify(list, &[arguments, &["--sandbox", "--json", "--pin", "2026-06-09"]].concat());
        let report: Value = serde_json::from_slice(&outcome.output).unwrap();
        (report["total"]["agreed"].clone(), report["total"]["refused"].clone())
    };
    assert_eq!(at(&[]), (0.into(), 1.into()));
    assert_eq!(at(&["--written-for", "2025-01-01"]), (1.into(), 0.into()));
    let har = r#"{"log":{"entries":[{"request":{"method":"GET","url":"/api/v1/plans?company_id=biz_pickaxe",
                 "headers":[{"name":"Api-Version-Date","value":"2026-06-08"}]}}]}}"#;
    let outcome = verify(har, &["--sandbox", "--json", "--written-for", "2026-07-01"]);
    let report: Value = serde_json::from_slice(&outcome.output).unwrap();
    assert_eq!(report["total"]["agreed"], 4, "a request says for itself: {report}");
}

#[test]
fn a_difference_is_told_and_is_1() {
    let folder = tempfile::tempdir().unwrap();
    let pack = folder.path().to_str().unwrap();
    for entry in fs::read_dir("transforms/whop").unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap().replace("number * 0.01", "number * 0.001");
        fs::write(folder.path().join(path.file_name().unwrap()), text).unwrap();
    }
    let list = "/api/v1/referrals/businesses/earnings\n/api/v1/referrals/businesses/earnings?first=2\n/api/v1/plans\n";
    let flags = ["--sandbox", "--pack", pack, "--pin", "2025-01-01,2026-06-20", "--values"];
    let outcome = verify(list, &flags);
    assert_eq!(outcome.code, ExitCode::from(1), "{}", outcome.notes);
    insta::assert_snapshot!(outcome.output(), @"
    3 requests of standard input, at the sandbox, which is spoken to at 2026-07-01

    OPERATION                           PIN         AGREED  DIFFERED
    GET /plans                          2025-01-01       1         0
    GET /plans                          2026-06-20       1         0
    GET /referrals/businesses/earnings  2025-01-01       0         2
    GET /referrals/businesses/earnings  2026-06-20       2         0
    total                                                4         2

    Differs, native against translated:
      GET /referrals/businesses/earnings
        $.data[*].payout_percentage: one number, another number; 5 in 2 requests, at 2025-01-01
          for example $.data[0].payout_percentage of GET /api/v1/referrals/businesses/earnings at 2025-01-01: 30, 300

    Excused: a declared loss covers it, and it holds what that loss promises:
      GET /referrals/businesses/earnings
        $.data[*].receipt.amount_after_fees: 3 fields, at 2026-06-20
        $.data[*].receipt.receipt_fees: 3 fields, at 2026-06-20

    2 translated responses are not what the upstream answers natively; 4 agreed, 0 failed.
    ");
    let ignored = verify(list, &[&flags[..], &["--ignore", "$.data[*].payout_percentage"]].concat());
    assert_eq!(ignored.code, ExitCode::SUCCESS, "{}", ignored.output());
}

#[test]
fn what_cannot_be_asked_is_no_agreement() {
    // Nobody listens there any more.
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let upstream = format!("http://{nobody}");
    let list: String = (0..50).map(|number| format!("/api/v1/plans/plan_{number}\n")).collect();
    let outcome = verify(&list, &["--upstream", &upstream, "--rate", "1000", "--pin", "2025-01-01"]);
    assert_eq!(outcome.code, ExitCode::from(1));
    let output = outcome.output();
    assert!(
        output.contains("requests: the translated response cannot be had: upstream_unreachable\n"),
        "{output}"
    );
    assert!(output.contains(" Stopped: "), "nobody waits for the rest: {output}");
}

/// An upstream that answers so many requests with a status: where it is, and the heads that it gets, in lower case.
fn upstream(status: &'static str, requests: usize) -> (String, thread::JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let served = thread::spawn(move || {
        let mut heads = Vec::new();
        for _ in 0..requests {
            let (stream, _) = listener.accept().unwrap();
            let lines = BufReader::new(stream.try_clone().unwrap()).lines();
            let head: Vec<String> = lines.map_while(Result::ok).take_while(|line| !line.is_empty()).collect();
            heads.push(head.join("\n").to_ascii_lowercase());
            let fields = "content-length: 2\r\ncontent-type: application/json\r\nconnection: close";
            write!(&stream, "HTTP/1.1 {status}\r\n{fields}\r\n\r\n{{}}").unwrap();
        }
        heads
    });
    (url, served)
}

#[test]
fn a_refused_credential_is_no_agreement() {
    let (url, served) = upstream("401 Unauthorized", 1);
    let outcome = verify("/api/v1/plans", &["--upstream", &url, "--pin", "2025-01-01"]);
    assert_eq!(outcome.code, ExitCode::from(1));
    let output = outcome.output();
    assert!(output.contains("1 request: the upstream answered 401 to the translated request\n"), "{output}");
    served.join().unwrap();
}

#[test]
fn both_ways_go_up_with_the_key_and_in_their_own_words() {
    let (url, served) = upstream("404 Not Found", 2);
    let folder = tempfile::tempdir().unwrap();
    let token = folder.path().join("token");
    fs::write(&token, "canary\n").unwrap();
    let flags = ["--upstream", &url, "--pin", "2025-01-01", "--token-file", token.to_str().unwrap()];
    let outcome = verify("/api/v1/plans?company_id=biz_x", &flags);
    assert_eq!(outcome.code, ExitCode::from(1), "refused both ways: nothing was compared");
    assert!(!format!("{}{}", outcome.output(), outcome.notes).contains("canary"));
    let heads = served.join().unwrap();
    assert!(heads.iter().all(|head| head.contains("authorization: bearer canary")), "{heads:?}");
    let asked: Vec<bool> = heads.iter().map(|head| head.contains("?account_id=biz_x")).collect();
    assert_eq!(asked, [true, false], "translated and natively");
    let versions = ["api-version-date: 2026-07-01", "api-version-date: 2025-01-01"];
    assert!(heads.iter().zip(versions).all(|(head, version)| head.contains(version)), "{heads:?}");
}

#[test]
fn what_is_wrong_with_a_list_is_told() {
    let outcome = verify("# none\nPOST /api/v1/plans\n", &["--sandbox"]);
    assert_eq!(outcome.code, ExitCode::from(2));
    let told = "dateline: standard input: holds no GET of an operation that the pack has; left out: 1 of another method \
                than GET\n";
    assert_eq!(outcome.notes, told);
    let har = r#"{"log":{"entries":[{"request":{"method":"GET","url":"https://x.test/api/v1/plans",
                 "headers":[{"name":"Authorization","value":"canary"}]}}]}}"#;
    let outcome = verify(har, &["--sandbox", "--pin", "2026-06-20", "--har-credentials"]);
    assert_eq!(outcome.code, ExitCode::SUCCESS, "{}", outcome.output());
    insta::assert_snapshot!(outcome.notes, @"
    standard input: taken for requests to the API, by their paths: those to x.test (1)
    standard input: credentials for other hosts than the API are not sent: 1
    standard input: 1 request
    ");
    let outcome = verify("junk\n/api/v1/plans\n/api/v1/plans\n", &["--sandbox", "--pin", "2026-06-20"]);
    insta::assert_snapshot!(outcome.notes, @"
    standard input:1: neither a path, `GET /path?query`, a URL, nor a line of an access log
    standard input: 1 request; left out: 1 more than once, 1 that cannot be read
    ");
    assert_eq!(run(&["verify", "--sandbox", "--requests", "no/such/file"], b"").code, ExitCode::from(2));
}

#[test]
fn usage_is_2() {
    for (flags, told) in [
        (&["--pin", "2024-01-01"][..], "has no version 2024-01-01"),
        (&["--written-for", "2024-01-01"], "has no version 2024-01-01"),
        (&["--upstream-version", "2024-01-01"], "has no version 2024-01-01"),
        (&["--ignore", "$..id"], "--ignore: "),
        (&["--token-file", "no/such/file"], "no/such/file: "),
        (&["--config", "no/such/file"], "no/such/file"),
    ] {
        let outcome = verify("/api/v1/plans", &[&["--sandbox"], flags].concat());
        assert_eq!((outcome.code, outcome.output()), (ExitCode::from(2), ""), "{flags:?}");
        assert!(outcome.notes.contains(told), "{flags:?}: {}", outcome.notes);
    }
    let outcome = verify("/api/v1/plans", &["--upstream", "https://user:canary@api.test"]);
    assert_eq!(outcome.code, ExitCode::from(2));
    assert!(
        outcome.notes.contains("--upstream: with a user or a password") && !outcome.notes.contains("canary")
    );
}

#[test]
fn a_pin_that_the_upstream_speaks_compares_nothing() {
    let outcome = verify("/api/v1/plans", &["--sandbox", "--pin", "2026-07-01"]);
    assert_eq!(outcome.code, ExitCode::from(1));
    assert!(
        outcome
            .output()
            .ends_with("Nothing was compared: no response of a translated operation succeeded both ways.\n")
    );
}
