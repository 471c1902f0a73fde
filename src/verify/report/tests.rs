use insta::assert_snapshot;
use serde_json::{Value, json, to_value};

use super::*;
use dateline_core::{
    compare::{At, Path},
    json::Name,
};
use dateline_gateway::verify::Failure;

fn about(values: bool) -> About {
    About {
        source: "access.log".to_owned(),
        requests: 3,
        upstream: "https://api.example.com".to_owned(),
        upstream_version: "2026-07-01".parse().unwrap(),
        operations: ["GET /plans", "GET /plans/{id}"].map(str::to_owned).to_vec(),
        values,
    }
}

fn pin(text: &str) -> Version {
    text.parse().unwrap()
}

/// `$.data[index].name`
fn path(index: usize, name: &str) -> Path {
    [At::Member(Name::new("data")), At::Element(index), At::Member(Name::new(name))].into_iter().collect()
}

fn differed(indices: impl IntoIterator<Item = usize>, native: Value, translated: Option<Value>) -> Outcome {
    let difference = |index| Difference {
        path: path(index, "company"),
        expected: Some(native.clone()),
        got: translated.clone(),
    };
    Outcome::Differed { differences: indices.into_iter().map(difference).collect() }
}

/// The field `fee`, twice or once.
fn excused(times: usize) -> Outcome {
    let path: Path = [At::Member(Name::new("fee"))].into_iter().collect();
    Outcome::Agreed { excused: vec![path; times], ignored: 0 }
}

fn report(values: bool) -> VerifyReport {
    let (old, newer) = (pin("2025-01-01"), pin("2026-06-08"));
    let mut report = VerifyReport::new(about(values));
    report.add(0, old, "/plans", differed(0..20, json!({"id": 1}), None));
    report.add(0, newer, "/plans", differed(0..20, json!({"id": 1}), None));
    report.add(0, old, "/plans?first=2", differed(0..2, json!({"id": 1}), None));
    report.add(0, old, "/plans?\u{1b}[31m", differed([7], json!("x".repeat(200)), Some(json!("\u{1b}"))));
    report.add(1, old, "/plans/a", Outcome::Statuses { native: 200, translated: 400 });
    report.add(1, old, "/plans/b", excused(2));
    report.add(1, newer, "/plans/b", excused(1));
    report.add(1, newer, "/plans/c", Outcome::Failed(Failure::Status(404)));
    report.add(1, newer, "/plans/d", Outcome::Unsettled { paths: Vec::new() });
    report.add(1, newer, "/plans/e", Outcome::Failed(Failure::Status(401)));
    report.add(1, newer, "/plans/f", Outcome::Failed(Failure::Status(401)));
    report
}

#[test]
fn equal_differences_are_told_once() {
    assert_snapshot!(report(false), @"
    3 requests of access.log, at https://api.example.com, which is spoken to at 2026-07-01

    OPERATION        PIN         AGREED  DIFFERED  FAILED  REFUSED  UNSETTLED
    GET /plans       2025-01-01       0         3       0        0          0
    GET /plans       2026-06-08       0         1       0        0          0
    GET /plans/{id}  2025-01-01       1         1       0        0          0
    GET /plans/{id}  2026-06-08       1         0       2        1          1
    total                             2         5       2        1          1

    Differs, native against translated:
      GET /plans
        $.data[*].company: object, nothing; 42 in 3 requests, at 2025-01-01, 2026-06-08
          for example $.data[0].company of GET /plans at 2025-01-01
        $.data[*].company: one string, another string; 1 in 1 request, at 2025-01-01
          for example $.data[7].company of GET /plans??[31m at 2025-01-01
      GET /plans/{id}
        status: 200, 400; 1 in 1 request, at 2025-01-01
          for example GET /plans/a at 2025-01-01

    Failed:
      2 requests: both responses are 401
          for example GET /plans/e at 2026-06-08

    Excused: a declared loss covers it, and it holds what that loss promises:
      GET /plans/{id}
        $.fee: 3 fields, at 2025-01-01, 2026-06-08

    5 translated responses are not what the upstream answers natively; 2 agreed, 2 failed.
    ");
}

#[test]
fn values_are_shown_where_they_are_asked_for() {
    let (shown, hidden) = (report(true).to_string(), report(false).to_string());
    assert!(
        shown.contains("for example $.data[0].company of GET /plans at 2025-01-01: {\"id\":1}, nothing\n"),
        "{shown}"
    );
    assert!(shown.contains("xxx…, \"\\u001b\"\n"), "{shown}");
    assert!(!hidden.contains("xxx") && !hidden.contains("\"id\""), "{hidden}");
    assert!(!shown.contains('\u{1b}') && shown.contains("/plans??[31m"), "{shown}");
    let (shown, hidden) = (to_value(report(true)).unwrap(), to_value(report(false)).unwrap());
    assert_eq!(shown["differences"][0]["example"]["native"], json!({"id": 1}));
    assert!(!hidden.to_string().contains("xxx"), "{hidden}");
}

#[test]
fn programs_get_all_of_it() {
    let report = to_value(report(false)).unwrap();
    assert_eq!(report["result"], "differed");
    assert_eq!(
        report["total"],
        json!({"agreed": 2, "differed": 5, "failed": 2, "refused": 1, "unsettled": 1, "passed": 0})
    );
    assert_eq!(
        report["differences"][0],
        json!({
            "operation": "GET /plans", "pin": "2025-01-01", "path": "$.data[*].company", "native": "object",
            "translated": "nothing", "fields": 22, "requests": 2,
            "example": {"request": "GET /plans", "path": "$.data[0].company"},
        })
    );
    assert_eq!(report["differences"].as_array().map(Vec::len), Some(4));
    assert_eq!(
        report["failures"],
        json!([{"why": "both responses are 401", "requests": 2, "example": {"request": "GET /plans/e", "pin": "2026-06-08"}}])
    );
    assert_eq!(
        report["excused"][0],
        json!({"operation": "GET /plans/{id}", "pin": "2025-01-01", "path": "$.fee", "fields": 2})
    );
}

#[test]
fn only_what_was_compared_can_agree() {
    let verdict = |outcomes: &[fn() -> Outcome]| {
        let mut report = VerifyReport::new(about(false));
        outcomes.iter().for_each(|outcome| report.add(0, pin("2025-01-01"), "/", outcome()));
        (report.result(), report.to_string().lines().last().unwrap_or_default().to_owned())
    };
    let agreed: fn() -> Outcome = || excused(0);
    let refused: fn() -> Outcome = || Outcome::Failed(Failure::Status(404));
    let failed: fn() -> Outcome = || Outcome::Failed(Failure::Comparison);
    let statuses: fn() -> Outcome = || Outcome::Statuses { native: 404, translated: 200 };
    for (outcomes, wanted, line) in [
        (
            &[agreed, refused][..],
            RunResult::Agreed,
            "1 translated response is what the upstream answers natively. 1 request is refused both ways, with the same status.",
        ),
        (
            &[agreed, || Outcome::Unsettled { paths: Vec::new() }],
            RunResult::Agreed,
            "1 translated response is what the upstream answers natively.",
        ),
        (&[agreed, failed], RunResult::Failed, "Nothing differs, but 1 check is without a result; 1 agreed."),
        (
            &[agreed, failed, statuses],
            RunResult::Differed,
            "1 translated response is not what the upstream answers natively; 1 agreed, 1 failed.",
        ),
        (
            &[refused, || Outcome::Untranslated],
            RunResult::NothingCompared,
            "Nothing was compared: no response of a translated operation succeeded both ways.",
        ),
        (
            &[],
            RunResult::NothingCompared,
            "Nothing was compared: no response of a translated operation succeeded both ways.",
        ),
    ] {
        assert_eq!(verdict(outcomes), (wanted, line.to_owned()));
    }
    let mut stopped = VerifyReport::new(about(false));
    stopped.add(0, pin("2025-01-01"), "/", agreed());
    stopped.not_asked = 3;
    assert_eq!(stopped.result(), RunResult::Failed);
    assert!(stopped.to_string().ends_with(" Stopped: 3 requests are not asked.\n"));
}

#[test]
fn what_is_kept_is_bounded() {
    let mut report = VerifyReport::new(about(false));
    let most = KEPT;
    for number in 0..most + 5 {
        let name = format!("f{number}");
        let difference = Difference { path: path(0, &name), expected: None, got: Some(Value::Null) };
        report.add(0, pin("2025-01-01"), "/", Outcome::Differed { differences: vec![difference] });
        let code: &'static str = Box::leak(name.into_boxed_str());
        report.add(0, pin("2025-01-01"), "/", Outcome::Failed(Failure::Refused(code)));
    }
    let kept = (report.differences.iter().len(), report.failures.iter().len());
    assert_eq!((kept, report.left_out()), ((most, most), 10));
    assert_eq!(report.total().differed, most as u64 + 5);
    assert!(report.to_string().contains("and 10 more, which are counted above only"));
}

#[test]
fn a_run_that_only_fails_is_hopeless() {
    let mut report = VerifyReport::new(about(false));
    report.add(0, pin("2025-01-01"), "/", Outcome::Failed(Failure::Comparison));
    assert!(report.is_hopeless(1) && !report.is_hopeless(2));
    report.add(0, pin("2025-01-01"), "/", Outcome::Failed(Failure::Status(404)));
    assert!(!report.is_hopeless(1));
}
