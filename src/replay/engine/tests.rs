use super::*;
use dateline_gateway::capture::format::Body;
use insta::assert_snapshot;
use std::path::Path;

fn pack() -> Arc<Pack> {
    Arc::new(Pack::embedded().unwrap())
}

/// The built-in pack with something else in one of its files.
fn altered(file: &str, from: &str, to: &str) -> Arc<Pack> {
    let folder = tempfile::tempdir().unwrap();
    let built_in = Path::new(env!("CARGO_MANIFEST_DIR")).join("transforms/whop");
    for entry in std::fs::read_dir(built_in).unwrap().map(Result::unwrap) {
        let text = std::fs::read_to_string(entry.path()).unwrap();
        let is_it = entry.file_name() == *file;
        assert!(!is_it || text.contains(from), "{file} has no {from}");
        let text = if is_it { text.replace(from, to) } else { text };
        std::fs::write(folder.path().join(entry.file_name()), text).unwrap();
    }
    Arc::new(Pack::load(folder.path()).unwrap_or_else(|problem| panic!("{}", problem.render(false))))
}

fn exchange(client: &str, pin: &str, operation: &str, answer: &str) -> Exchange {
    Exchange {
        day: "2026-11-24".parse().unwrap(),
        client: client.into(),
        pin: pin.parse().ok(),
        pin_source: "header".into(),
        upstream: "2026-07-01".parse().ok(),
        operation: operation.into(),
        method: operation.split(' ').next().unwrap_or_default().into(),
        path: "/api/v1/x".into(),
        query: None,
        request_fields: Vec::new(),
        request: Body::Empty,
        status: 200,
        answer_fields: Vec::new(),
        answer: Body::Json(answer.into()),
    }
}

/// The report with values and without.
fn replayed(pack: &Arc<Pack>, question: Question, exchanges: &[Exchange]) -> [ReplayReport; 2] {
    [true, false].map(|values| {
        let mut replay = Replay::new(pack, question.clone(), values);
        for (index, exchange) in exchanges.iter().enumerate() {
            replay.add(CaptureFile { name: format!("{index}.json"), exchange: Ok(exchange.clone()) });
        }
        replay.finish()
    })
}

const OLD: &str = "2025-01-01";
const REFERRAL: &str = r#"{"id":"bref_x","volume_usd":{"attributed":"11050.00","settled":"10800.00","awaiting_settlement":"250.00"}}"#;

#[test]
fn an_upgrade_says_what_a_client_would_send_and_get() {
    let mut list = exchange(
        "cron",
        OLD,
        "GET /plans",
        r#"{"data":[{"id":"a","account":null},{"id":"b","account":{"id":"biz_x"}}]}"#,
    );
    list.query = Some("company_id=biz_x&first=2".into());
    let mut same = list.clone();
    same.query = Some("first=2".into());
    let mut create = exchange("cron", OLD, "POST /plans", r#"{"id":"a","account":null}"#);
    create.request = Body::Json(r#"{"company_id":"biz_x","initial_price":6.90}"#.into());
    let mut form = create.clone();
    (form.request, form.client) = (Body::Form("company_id=biz_x".into()), "other".into());
    let there = exchange("other", "2026-07-01", "GET /plans/{id}", r#"{"account":null}"#);
    let question = Question::Upgrade("2026-07-01".parse().unwrap());
    let [report, _] = replayed(&pack(), question, &[list, same, create, form, there]);
    assert!(!report.fails());
    assert_snapshot!(report, @r#"
    cron, 2025-01-01 -> 2026-07-01
      GET /plans: 2 exchanges, 0.json
        query
          `company_id` "biz_x" is called `account_id` (1 of 2, 0.json)
        response
          $.data[*]: `company` {"id":"biz_x"} is called `account`
      POST /plans: 1 exchange, 2.json
        body
          `company_id` "biz_x" is called `account_id`
        response
          `company` null is called `account`

    other, 2025-01-01 -> 2026-07-01
      POST /plans: 1 exchange, 3.json
        body
          `company_id` "biz_x" is called `account_id`
        response
          `company` null is called `account`

    other, 2026-07-01 -> 2026-07-01
      GET /plans/{id}: 1 exchange, nothing changes

    5 exchanges of 2 clients: 4 would be different.
    "#);
}

#[test]
fn what_an_upgrade_brings_is_the_upstreams_and_not_made_up() {
    let question = Question::Upgrade("2026-07-01".parse().unwrap());
    let referral = exchange("cron", OLD, "GET /referrals/businesses/{id}", REFERRAL);
    let [report, bare] = replayed(&pack(), question, &[referral]);
    assert_snapshot!(report, @r#"
    cron, 2025-01-01 -> 2026-07-01
      GET /referrals/businesses/{id}: 1 exchange, 0.json
        response
          `processing_volume` 11050.00 becomes `volume_usd.attributed` "11050.00"
          `volume_usd.settled` "10800.00" is new
          `volume_usd.awaiting_settlement` "250.00" is new
          `currency` "usd" is gone
          `referred_by_account_id` null is gone
          `referred_by_account_id` is made up now, and would not be then
          `volume_usd.awaiting_settlement` is dropped now, and would not be then
          `volume_usd.settled` is dropped now, and would not be then

    1 exchange of 1 client: 1 would be different.
    "#);
    assert_snapshot!(bare, @r#"
    cron, 2025-01-01 -> 2026-07-01
      GET /referrals/businesses/{id}: 1 exchange, 0.json
        response
          `processing_volume` -> `volume_usd.attributed`: another form
          `volume_usd.settled`: new
          `volume_usd.awaiting_settlement`: new
          `currency`: gone
          `referred_by_account_id`: gone
          `referred_by_account_id` is made up now, and would not be then
          `volume_usd.awaiting_settlement` is dropped now, and would not be then
          `volume_usd.settled` is dropped now, and would not be then

    1 exchange of 1 client: 1 would be different.
    "#);
}

#[test]
fn a_recording_holds_with_its_losses_or_does_not() {
    let [_, report] = replayed(
        &pack(),
        Question::Holds,
        &[
            exchange("cron", OLD, "GET /referrals/businesses/{id}", REFERRAL),
            exchange("cron", OLD, "GET /plans/{id}", r#"{"account":null}"#),
            exchange("odd", OLD, "GET /plans/{id}", r#"{"account":1,"account":2}"#),
        ],
    );
    assert!(report.fails());
    assert_snapshot!(report, @r#"
    cron, 2025-01-01
      GET /plans/{id}: 1 exchange, translated without a loss
      GET /referrals/businesses/{id}: 1 exchange, 0.json
        response
          `referred_by_account_id` is made up
          `volume_usd.awaiting_settlement` is dropped
          `volume_usd.settled` is dropped

    odd, 2025-01-01
      GET /plans/{id}: 1 exchange, 2.json
        response
          fails: the body cannot be translated: the key `account` occurs twice in one object at byte 13

    3 exchanges of 2 clients: 2 with losses or failures.
    "#);
}

#[test]
fn another_pack_differs_where_what_it_gives_does() {
    let mut list = exchange("cron", OLD, "GET /plans", r#"{"data":[{"account":{"id":"biz_x"}}]}"#);
    list.query = Some("company_id=biz_x".into());
    let plan = exchange("cron", OLD, "GET /plans/{id}", r#"{"account":{"id":"biz_x"}}"#);
    let mut create = exchange("cron", OLD, "POST /plans", r#"{"account":null}"#);
    create.request = Body::Json(r#"{"company_id":"biz_x","initial_price":6.90}"#.into());
    let referral = exchange("cron", OLD, "GET /referrals/businesses/{id}", REFERRAL);
    let all = vec![list, plan, create, referral];
    let [same, _] = replayed(&pack(), Question::Pack(pack()), &all);
    assert_eq!((same.found_in(), same.exchanges()), (0, 4));
    let other = altered("2026-06-09.toml", r#"move = "company""#, r#"move = "firm""#);
    let [differs, bare] = replayed(&pack(), Question::Pack(other), &all);
    assert_snapshot!(differs, @r#"
    cron, 2025-01-01
      GET /plans: 1 exchange, 0.json
        response
          $.data[*].company: {"id":"biz_x"} is gone
          $.data[*].firm: {"id":"biz_x"} is new
      GET /plans/{id}: 1 exchange, 1.json
        response
          $.company: {"id":"biz_x"} is gone
          $.firm: {"id":"biz_x"} is new
      GET /referrals/businesses/{id}: 1 exchange, nothing changes
      POST /plans: 1 exchange, 2.json
        response
          $.company: null is gone
          $.firm: null is new

    4 exchanges of 1 client: 3 differ.
    "#);
    assert_snapshot!(bare, @r#"
    cron, 2025-01-01
      GET /plans: 1 exchange, 0.json
        response
          $.data[*].company: object is gone
          $.data[*].firm: object is new
      GET /plans/{id}: 1 exchange, 1.json
        response
          $.company: object is gone
          $.firm: object is new
      GET /referrals/businesses/{id}: 1 exchange, nothing changes
      POST /plans: 1 exchange, 2.json
        response
          $.company: null is gone
          $.firm: null is new

    4 exchanges of 1 client: 3 differ.
    "#);
}

#[test]
fn what_says_nothing_is_told() {
    let mut unpinned = exchange("a", OLD, "GET /plans/{id}", "{}");
    unpinned.pin = None;
    let unknown = exchange("a", "2020-01-01", "GET /plans/{id}", "{}");
    let other = exchange("a", OLD, "GET /elsewhere", "{}");
    let mut error = exchange("a", OLD, "GET /plans/{plan}", r#"{"account":null}"#);
    error.status = 404;
    let mut replay =
        Replay::new(Box::leak(Box::new(pack())), Question::Upgrade("2026-07-01".parse().unwrap()), false);
    for (index, exchange) in [unpinned, unknown, other, error].into_iter().enumerate() {
        replay.add(CaptureFile { name: format!("{index}.json"), exchange: Ok(exchange) });
    }
    let exchange = Exchange::read(b"{}").map_err(Into::into);
    replay.add(CaptureFile { name: "odd.json".into(), exchange });
    let report = replay.finish();
    assert_snapshot!(report, @r#"
    a, 2025-01-01 -> 2026-07-01
      GET /plans/{plan}: 1 exchange, nothing changes

    passed over: 1 exchange, the pack has no operation `GET /elsewhere` (2.json)
    passed over: 1 exchange, the pack has no version 2020-01-01 (1.json)
    passed over: 1 exchange, the upstream was to decide on the version (0.json)
    not read: odd.json: `dateline_recording` is missing or is not what it should be
    1 exchange of 1 client: nothing changes.
    "#);
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["not_read"][0]["file"], "odd.json");
    assert_eq!(json["passed_over"].as_array().map(Vec::len), Some(3));
}

#[test]
fn json_has_the_same_and_values_only_where_asked_for() {
    let mut create = exchange("cron", OLD, "POST /plans", r#"{"account":{"id":"biz_x"}}"#);
    create.request = Body::Json(r#"{"company_id":"biz_x"}"#.into());
    let question = || Question::Upgrade("2026-07-01".parse().unwrap());
    let json = |report: &ReplayReport| serde_json::to_value(report).unwrap();
    let create = [create];
    let [with_values, bare] = replayed(&pack(), question(), &create).each_ref().map(json);
    let found = &bare["clients"][0]["operations"][0]["findings"];
    assert_eq!(
        (&found[0]["part"], &found[0]["field"]["before"], &found[0]["field"]["after"]),
        (&"body".into(), &"$.company_id".into(), &"$.account_id".into())
    );
    assert!(!bare.to_string().contains("biz_x"), "{bare:#}");
    assert!(with_values.to_string().contains("biz_x"));
    let other = altered("2026-06-09.toml", r#"move = "company""#, r#"move = "firm""#);
    let [with_values, bare] = replayed(&pack(), Question::Pack(other), &create).each_ref().map(json);
    assert!(!bare.to_string().contains("biz_x"));
    assert!(with_values.to_string().contains("biz_x"));
}
