use super::{super::recent::Recent, *};
use crate::{
    observe::{
        stats::{Client, LossRow, PinSource, ReloadResults, Row, SeriesKey},
        usage::{Line, Owner},
    },
    state::OnDisk,
};
use dateline_core::step::LossKind;
use dateline_http::policy::{AfterSunset, Client as Configured, Match, Retirement};
use std::time::Duration;

const NOW: u64 = 1_795_551_513;

fn v(text: &str) -> Version {
    text.parse().unwrap()
}

fn named(name: &str) -> Client {
    Client::Named(name.into())
}

fn row(client: Client, pin: &str, status: u16, count: u64, last_seen: u64) -> Row {
    let key = SeriesKey {
        operation: Some("GET /plans".into()),
        pin: VersionLabel::Version(v(pin)),
        source: PinSource::Header,
        upstream: VersionLabel::Version(v("2026-07-01")),
        status: Status::Code(status),
    };
    Row { client, key, count, last_seen }
}

fn snapshot(at: u64, requests: Vec<Row>) -> Snapshot {
    let losses = vec![LossRow {
        client: named("cron"),
        operation: Some("GET /plans".into()),
        pin: VersionLabel::Version(v("2025-01-01")),
        field: "currency".into(),
        kind: LossKind::Dropped,
        cause: None,
        count: 7,
    }];
    Snapshot { at, since: NOW - 3600, requests, losses, operations: Vec::new(), errors: Vec::new() }
}

fn view(snapshot: &Snapshot, config: &Config) -> View {
    let mut config = config.clone();
    config.usage.verdict_after = Duration::from_secs(3600);
    viewed(snapshot, &config, None)
}

fn viewed(snapshot: &Snapshot, config: &Config, usage: Option<&RecentUse>) -> View {
    let mut recent = Recent::default();
    recent.note(snapshot);
    let state = GatewayState {
        ready: true,
        in_force_since: NOW,
        reloads: ReloadResults::default(),
        on_disk: OnDisk::Same,
    };
    let pack = Arc::new(Pack::embedded().unwrap());
    View::new(Sources {
        snapshot,
        recent: &recent,
        usage,
        config,
        pack,
        verification: Verification::default(),
        state,
    })
}

fn verdicts(view: &View) -> Vec<(String, RetirementVerdict)> {
    view.versions.iter().map(|version| (version.version.to_string(), version.verdict)).collect()
}

#[test]
fn a_version_is_in_use_where_anybody_is_answered_at_it() {
    let mut config = Config::default();
    let cron = |pin| Configured {
        name: "cron".to_owned(),
        pin: Some(v(pin)),
        matcher: Match::Host("cron".to_owned()),
        upstream_version: None,
        losses: Default::default(),
    };
    config.clients = vec![cron("2026-06-20")];
    let rows = vec![
        row(Client::Unnamed(7), "2026-06-09", 404, 2, NOW - 5),
        row(Client::Anonymous, "2026-06-08", 401, 100, NOW),
    ];
    let told = view(&snapshot(NOW, rows), &config);
    let expected = [
        ("2026-07-01", RetirementVerdict::Current),
        ("2026-06-20", RetirementVerdict::Configured),
        ("2026-06-09", RetirementVerdict::Blocked),
        ("2026-06-08", RetirementVerdict::Free),
        ("2025-01-01", RetirementVerdict::Configured),
    ];
    assert_eq!(verdicts(&told), expected.map(|(version, verdict)| (version.to_owned(), verdict)));
    let blocked = &told.versions[2];
    assert_eq!((&blocked.speakers[0].client, blocked.speakers[0].requests), (&Client::Unnamed(7), 2));
    assert_eq!(told.versions[1].named_by, ["pin of cron"]);
    assert_eq!(told.versions[3].requests, 100, "what is not answered is seen all the same");

    let answered = vec![row(Client::Anonymous, "2026-06-08", 200, 1, NOW)];
    assert_eq!(verdicts(&view(&snapshot(NOW, answered), &config))[3].1, RetirementVerdict::Blocked);
}

#[test]
fn a_version_that_is_refused_is_retired_from_its_sunset_on() {
    let retirement = |sunset: &str, after_sunset| Retirement {
        pin: v("2026-06-09"),
        deprecated: None,
        sunset: Some(sunset.parse().unwrap()),
        link: None,
        after_sunset,
    };
    let rows = || vec![row(named("cron"), "2026-06-09", 410, 3, NOW)];
    for (sunset, after, verdict) in [
        ("2026-11-24", AfterSunset::Refuse, RetirementVerdict::Retired),
        ("2026-11-25", AfterSunset::Refuse, RetirementVerdict::Blocked),
        ("2026-11-24", AfterSunset::Serve, RetirementVerdict::Blocked),
    ] {
        let config = Config { versions: vec![retirement(sunset, after)], ..Config::default() };
        assert_eq!(verdicts(&view(&snapshot(NOW, rows()), &config))[2].1, verdict, "{sunset} {after:?}");
    }
}

/// Makes the contents of a usage file that began some days ago and has a client's requests to a version.
fn kept(first: u64, lines: &[(Owner, &str, u64)]) -> RecentUse {
    const DAY: u64 = 86_400;
    let line = |(owner, version, days): &(Owner, &str, u64)| Line {
        owner: owner.clone(),
        version: (*version).to_owned(),
        operation: "GET /plans".to_owned(),
        requests: 5,
        first: dateline_core::day::Day::of(NOW - days * DAY),
        last: dateline_core::day::Day::of(NOW - days * DAY),
        last_seen: NOW - days * DAY,
    };
    RecentUse { lines: lines.iter().map(line).collect(), first_seen: Some(NOW - first * DAY), problem: None }
}

#[test]
fn row_14_2a_a_verdict_is_drawn_from_all_that_is_known_once_it_was_watched_for_long() {
    let config = Config::default();
    let rows = || vec![row(Client::Unnamed(7), "2026-06-09", 200, 2, NOW - 5)];
    let names = ["2026-07-01", "2026-06-20", "2026-06-09", "2026-06-08", "2025-01-01"];
    let told = |usage: Option<&RecentUse>, config: &Config| {
        let told = viewed(&snapshot(NOW, rows()), config, usage);
        assert_eq!(verdicts(&told).iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), names);
        let watch = (told.watch.since, told.watch.missing() / 86_400);
        (verdicts(&told).into_iter().map(|(_, verdict)| verdict).collect::<Vec<_>>(), watch)
    };
    use RetirementVerdict::{Blocked, Configured, Current, Free, Undecided};
    let (verdicts, watch) = told(None, &config);
    assert_eq!(verdicts, [Current, Undecided, Blocked, Undecided, Configured]);
    assert_eq!(watch, (NOW - 3600, 29), "this process alone");

    let used = [(Owner::Unnamed(9), "2026-06-08", 2), (Owner::Named("old".into()), "2026-06-20", 29)];
    let (verdicts, watch) = told(Some(&kept(3, &used)), &config);
    assert_eq!(verdicts, [Current, Blocked, Blocked, Blocked, Configured], "the file knows who");
    assert_eq!(watch, (NOW - 3 * 86_400, 27));

    let used = [(Owner::Unnamed(9), "2026-06-08", 2), (Owner::Named("old".into()), "2026-06-20", 31)];
    let (verdicts, watch) = told(Some(&kept(40, &used)), &config);
    assert_eq!(verdicts, [Current, Free, Blocked, Blocked, Configured], "who came before is gone");
    assert_eq!(watch.1, 0);

    let unread = RecentUse { lines: Vec::new(), first_seen: None, problem: Some("full".to_owned()) };
    assert_eq!(told(Some(&unread), &config).0[1], Undecided, "what cannot be read says nothing");

    let mut at_once = config.clone();
    at_once.usage.verdict_after = Duration::ZERO;
    assert_eq!(told(None, &at_once).0, [Current, Free, Blocked, Free, Configured]);
}

#[test]
fn row_14_2a_requests_without_a_credential_before_this_process_may_have_been_answered() {
    let mut config = Config::default();
    config.usage.verdict_after = Duration::from_secs(7 * 86_400);
    let anonymous = [(Owner::Anonymous, "2026-06-08", 0)];
    let verdict = |refused: u64| {
        let rows = vec![row(Client::Anonymous, "2026-06-08", 401, refused, NOW)];
        verdicts(&viewed(&snapshot(NOW, rows), &config, Some(&kept(40, &anonymous))))[3].1
    };
    assert_eq!(verdict(5), RetirementVerdict::Free, "all of the file's are known to have been refused");
    assert_eq!(verdict(4), RetirementVerdict::Blocked, "nobody knows of one of them");
}

#[test]
fn clients_are_summed_and_configured_ones_stand_there_from_the_beginning() {
    let mut config = Config::default();
    for name in ["cron", "quiet"] {
        let (pin, matcher, upstream_version) = (None, Match::Host(name.to_owned()), None);
        config.clients.push(Configured {
            name: name.to_owned(),
            pin,
            matcher,
            upstream_version,
            losses: Default::default(),
        });
    }
    let rows = vec![
        row(named("cron"), "2025-01-01", 200, 3, NOW - 9),
        row(named("cron"), "2025-01-01", 404, 2, NOW - 4),
        row(named("cron"), "2026-06-09", 502, 1, NOW - 6),
        row(Client::Unnamed(1), "2026-07-01", 200, 40, NOW),
    ];
    let view = view(&snapshot(NOW, rows), &config);
    let names: Vec<String> = view.clients.iter().map(|client| client.client.to_string()).collect();
    assert_eq!(names, ["key-000000000001", "cron", "quiet"]);
    let cron = &view.clients[1];
    assert_eq!((cron.requests, cron.refused, cron.failed, cron.losses), (6, 2, 1, 7));
    assert_eq!(cron.last_seen, Some(NOW - 4));
    let cell = cron.at(VersionLabel::Version(v("2025-01-01"))).unwrap();
    assert_eq!((cell.requests, cell.answered, cell.last_seen), (5, 3, NOW - 4));
    assert_eq!(view.clients[2].last_seen, None);
    assert_eq!(view.totals, Totals { requests: 46, last_minute: 46, refused: 2, failed: 1, losses: 7 });
}

#[test]
fn the_last_minute_is_the_last_minute() {
    let pin = VersionLabel::Version(v("2026-07-01"));
    let mut recent = Recent::default();
    let total = |at: u64| (at - NOW) * 2;
    for at in (NOW..=NOW + 200).step_by(5) {
        recent.note(&snapshot(at, vec![row(named("cron"), "2026-07-01", 200, total(at), at)]));
        let last = recent.last_minute(&named("cron"), pin, total(at), at);
        let whole = 120.min(total(at));
        assert!((whole..=whole + 20).contains(&last), "{last} of {whole} at {at}");
    }
    let minutes = recent.minutes();
    assert_eq!(minutes.iter().map(|minute| minute.requests[&pin]).sum::<u64>(), 400, "each counted once");
    assert!(minutes.windows(2).all(|two| two[0].number + 1 == two[1].number));
    recent.note(&snapshot(NOW + 7200, vec![row(named("cron"), "2026-07-01", 200, 401, NOW + 7200)]));
    let kept: Vec<u64> = recent.minutes().iter().map(|minute| minute.requests[&pin]).collect();
    assert_eq!(kept, [1], "an hour is kept");
}

#[test]
fn a_plan_is_of_the_pack_and_shows_what_touches_the_operation() {
    let pack = Pack::embedded().unwrap();
    let upstream = v("2026-07-01");
    let plan = plan::view(&pack, "GET /plans", "2025-01-01", upstream).unwrap();
    let names: Vec<&str> = plan.changes.iter().map(|(_, change)| change.name.as_str()).collect();
    assert_eq!(names, ["Rename company_id to account_id", "Rename company to account"]);
    assert!(plan::view(&pack, "GET /plans", "2026-06-09", upstream).unwrap().changes.is_empty());
    assert_eq!(
        plan::view(&pack, "GET /<script>", "2026-06-09", upstream).err(),
        Some(plan::NoPlan::Operation)
    );
    assert_eq!(plan::view(&pack, "GET /plans", "2026-06-10", upstream).err(), Some(plan::NoPlan::Version));
    let lines = plan::lines(r#"{"a":1,"b":2}"#, r#"{"a":1,"c":2}"#);
    let marked: Vec<&str> = lines.iter().filter(|(_, same)| !same).map(|(line, _)| line.trim()).collect();
    assert_eq!(marked, ["\"b\": 2"]);
}
