//! The same by the command itself: what it prints, and its exit codes.

use super::broken::BREAKS;
use crate::common::program::{self, Ran, ran};
use std::fs;

fn dateline(arguments: &[&str]) -> Ran {
    ran(&mut program::dateline(arguments))
}

#[test]
fn a_broken_pack_is_told_with_its_path_and_exit_code_1() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let list = path("list.txt");
    fs::write(&list, "GET /api/v1/plans?company_id=biz_pickaxe\nGET /api/v1/referrals/businesses/earnings\n")
        .unwrap();
    for (name, told) in [
        ("a scale off by ten", "    $.data[*].payout_percentage: one number, another number; "),
        ("the path of a list wrong", "    $.data[*].company: object, nothing; "),
        ("a parameter not renamed", "    status: 200, 400; 1 in 1 request, at 2025-01-01\n"),
    ] {
        let pack = path(name);
        fs::create_dir(&pack).unwrap();
        let broken = BREAKS.iter().find(|broken| broken.name == name).unwrap();
        broken.write(pack.as_ref());
        let verified =
            dateline(&["verify", "--sandbox", "--requests", &list, "--pin", "2025-01-01", "--pack", &pack]);
        assert!(verified.output.contains(told), "{name}: {}", verified.output);
        assert_eq!(verified.code, Some(1), "{name}");
        let checked = dateline(&["check", &pack, "--cases", "1", "--seed", "1"]);
        assert!(checked.output.contains(broken.check), "{name}: {}", checked.output);
        assert_eq!(checked.code, Some(1), "{name}");
    }
}

#[test]
fn a_sound_pack_is_exit_code_0() {
    let folder = tempfile::tempdir().unwrap();
    let list = folder.path().join("list.har");
    let har = r#"{"log":{"entries":[{"request":{"method":"GET","url":"https://api.whop.com/api/v1/referrals/businesses"}}]}}"#;
    fs::write(&list, har).unwrap();
    let verified = dateline(&["verify", "--sandbox", "--requests", list.to_str().unwrap()]);
    insta::assert_snapshot!(verified.output.replace(list.to_str().unwrap(), "list.har"), @"
    1 request of list.har, at the sandbox, which is spoken to at 2026-07-01

    OPERATION                  PIN         AGREED  DIFFERED
    GET /referrals/businesses  2025-01-01       1         0
    GET /referrals/businesses  2026-06-08       1         0
    GET /referrals/businesses  2026-06-09       1         0
    GET /referrals/businesses  2026-06-20       1         0
    total                                       4         0

    Excused: a declared loss covers it, and it holds what that loss promises:
      GET /referrals/businesses
        $.data[*].referred_by_account_id: 3 fields, at 2025-01-01, 2026-06-08, 2026-06-09

    4 translated responses are what the upstream answers natively.
    ");
    assert_eq!((verified.code, verified.notes.lines().count()), (Some(0), 1));
    let usage = dateline(&["verify", "--requests", "no/such/file"]);
    assert_eq!((usage.code, usage.output.as_str()), (Some(2), ""));
}
