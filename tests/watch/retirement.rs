//! A version on its way out: what its clients are told, and its end.

use super::support::{Gateway, Message, Upstream, answer, ask, get, json, known_client, v};
use dateline_core::{day::Day, pack::Pack};
use dateline_gateway::{Clock, config::Config};
use dateline_http::policy::{AfterSunset, DefaultPin, Match, Retirement};

const PLAN: &str = "/api/v1/plans/plan_x";
const NEW: &str = r#"{"id":"plan_x","account":null}"#;
const PAGE: &str = "https://example.com/changes";
const LINK: &str = "<https://example.com/changes>; rel=\"deprecation\"; type=\"text/html\"";

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

/// The pack's default is deprecated on 2026-12-01, and its sunset is on 2027-06-01.
fn retiring(after_sunset: AfterSunset) -> impl FnOnce(&mut Config) {
    move |config| {
        config.versions = vec![Retirement {
            pin: v("2025-01-01"),
            deprecated: Some(day("2026-12-01")),
            sunset: Some(day("2027-06-01")),
            link: Some(PAGE.to_owned()),
            after_sunset,
        }];
    }
}

fn told(answer: &Message) -> [Vec<&str>; 3] {
    [answer.all("deprecation"), answer.all("sunset"), answer.all("link")]
}

const ALL: [&[&str]; 3] = [&["@1796083200"], &["Tue, 01 Jun 2027 00:00:00 GMT"], &[LINK]];
const NOTHING: [&[&str]; 3] = [&[], &[], &[]];

#[tokio::test]
async fn who_speaks_a_deprecated_version_is_told_on_every_answer() {
    let upstream = Upstream::answers(json(NEW)).await;
    let gateway = Gateway::configured(&upstream, retiring(AfterSunset::Serve)).await;
    assert_eq!(told(&gateway.send(get(PLAN)).await), ALL, "by default, translated");
    assert_eq!(told(&gateway.send_h2(get(PLAN).pin("2025-01-01")).await), ALL, "by header");
    assert_eq!(told(&gateway.send(get("/api/v1/other")).await), ALL, "nothing is translated");
    let broken = gateway.send(ask("POST", "/api/v1/plans").json("{")).await;
    assert_eq!(
        (broken.status(), told(&broken)),
        (400, ALL.map(<[&str]>::to_vec)),
        "an error of the gateway's own"
    );
    assert_eq!(told(&gateway.send(get(PLAN).pin("2026-06-09")).await), NOTHING);
    assert_eq!(told(&gateway.send(get(PLAN).pin("2026-01-01")).await), NOTHING, "no version of the pack");
}

#[tokio::test]
async fn an_upstream_that_does_not_answer_keeps_nobody_from_being_told() {
    let gateway = Gateway::configured(&Upstream::absent().await, retiring(AfterSunset::Serve)).await;
    let answer = gateway.send(get(PLAN)).await;
    assert_eq!((answer.status(), told(&answer)), (502, ALL.map(<[&str]>::to_vec)));
}

#[tokio::test]
async fn what_the_upstream_says_of_its_own_end_is_kept_where_it_is_earlier() {
    let fields = [
        "content-type: application/json",
        "link: </api/v1/plans?after=x>; rel=\"next\"",
        "deprecation: @1700000000",
        "sunset: Fri, 31 Dec 2027 23:59:59 GMT",
    ];
    let upstream = Upstream::answers(answer("200 OK", &fields, NEW)).await;
    let gateway = Gateway::configured(&upstream, |config| {
        retiring(AfterSunset::Serve)(config);
        config.clients =
            vec![known_client("legacy", Some("2025-01-01"), Match::PathPrefix("/legacy".to_owned()))];
    })
    .await;
    let answer = gateway.send(get(&format!("/legacy{PLAN}"))).await;
    let next = "</legacy/api/v1/plans?after=x>; rel=\"next\"";
    let expected: [&[&str]; 3] = [&["@1700000000"], ALL[1], &[next, LINK]];
    assert_eq!(told(&answer), expected);
    let answer = gateway.send(get(PLAN).pin("2026-07-01")).await;
    assert_eq!(answer.field("sunset"), Some("Fri, 31 Dec 2027 23:59:59 GMT"), "nothing of ours to say");
}

#[tokio::test]
async fn a_sunset_comes_at_midnight_without_a_reload() {
    let upstream = Upstream::answers(json(NEW)).await;
    let clock = Clock::set_to(day("2027-06-01").start() - 1);
    let gateway = Gateway::by_clock(&upstream, clock.clone(), retiring(AfterSunset::Refuse)).await;
    assert_eq!(gateway.send(get(PLAN)).await.status(), 200, "the last second");
    clock.set(day("2027-06-01").start());
    let answer = gateway.send(get(PLAN)).await;
    assert_eq!(answer.error(), (410, "version_retired".to_owned()));
    assert_eq!(told(&answer), ALL);
    assert_eq!(answer.field("dateline-outcome"), Some("not_sent"));
    assert_eq!(answer.field("cache-control"), Some("no-store"));
    assert_eq!(answer.field("api-version-date"), Some("2025-01-01"));
    insta::assert_snapshot!(answer.error_message(), @"Version 2025-01-01, which a request without Api-Version-Date speaks, was retired on 2027-06-01. Send Api-Version-Date with one that is supported: 2026-06-08, 2026-06-09, 2026-06-20, 2026-07-01. What to change: https://example.com/changes");
    let answer = gateway.send(ask("POST", "/api/v1/plans").json("{}").pin("2025-01-01")).await;
    assert_eq!(answer.error(), (410, "version_retired".to_owned()));
    insta::assert_snapshot!(answer.error_message(), @"Version 2025-01-01 was retired on 2027-06-01. Send Api-Version-Date with one that is supported: 2026-06-08, 2026-06-09, 2026-06-20, 2026-07-01. What to change: https://example.com/changes");
    assert_eq!(upstream.count(), 1, "nothing was sent since");
    assert_eq!(gateway.send(get(PLAN).pin("2026-06-09")).await.status(), 200, "another version");
}

#[tokio::test]
async fn a_retired_version_is_offered_to_nobody() {
    let upstream = Upstream::answers(json(NEW)).await;
    let clock = Clock::set_to(day("2027-05-31").start());
    let gateway = Gateway::by_clock(&upstream, clock.clone(), retiring(AfterSunset::Refuse)).await;
    let refused = async || gateway.send(get(PLAN).pin("2026-01-01")).await;
    assert!(refused().await.error_message().contains("2025-01-01, 2026-06-08"));
    clock.set(day("2027-06-02").start());
    let answer = refused().await;
    assert_eq!(answer.error(), (400, "unsupported_api_version".to_owned()));
    assert!(
        answer.error_message().contains("Supported versions: 2026-06-08, "),
        "{}",
        answer.error_message()
    );
}

#[tokio::test]
async fn a_version_that_is_served_on_after_its_sunset_is_only_told_of() {
    let upstream = Upstream::answers(json(NEW)).await;
    let clock = Clock::set_to(day("2030-01-01").start());
    let gateway = Gateway::by_clock(&upstream, clock, retiring(AfterSunset::Serve)).await;
    let answer = gateway.send(get(PLAN)).await;
    assert_eq!((answer.status(), told(&answer)), (200, ALL.map(<[&str]>::to_vec)));
}

#[tokio::test]
async fn a_client_that_is_configured_at_a_retired_version_is_told_whose_that_is() {
    let upstream = Upstream::answers(json(NEW)).await;
    let clock = Clock::set_to(day("2027-06-01").start());
    let gateway = Gateway::by_clock(&upstream, clock, |config| {
        retiring(AfterSunset::Refuse)(config);
        config.pins.default = DefaultPin::Version(v("2026-07-01"));
        config.clients =
            vec![known_client("legacy", Some("2025-01-01"), Match::Host("legacy.example.com".to_owned()))];
    })
    .await;
    let answer = gateway.send(get(PLAN).host("legacy.example.com")).await;
    assert_eq!(answer.error(), (410, "version_retired".to_owned()));
    insta::assert_snapshot!(answer.error_message(), @"Version 2025-01-01, which this client speaks where it does not send Api-Version-Date, was retired on 2027-06-01. Send Api-Version-Date with one that is supported: 2026-06-08, 2026-06-09, 2026-06-20, 2026-07-01. What to change: https://example.com/changes");
    assert_eq!(gateway.send(get(PLAN)).await.status(), 200, "everyone else");
}

#[tokio::test]
async fn a_reload_puts_another_end_in_force() {
    let upstream = Upstream::answers(json(NEW)).await;
    let mut config = Config::default();
    let gateway = Gateway::configured(&upstream, |defaults| config.clone_from(defaults)).await;
    assert_eq!(told(&gateway.send(get(PLAN)).await), NOTHING);
    retiring(AfterSunset::Serve)(&mut config);
    config.upstream.url = Some(upstream.url.clone());
    let pack = Pack::embedded().unwrap();
    assert!(gateway.reloads().reload(Ok::<_, &str>((config, pack))).is_some());
    assert_eq!(told(&gateway.send(get(PLAN)).await), ALL);
}
