//! Row 14.1h: an answer in another version than was asked for is told as what it is.

use super::support::{
    Ask, Gateway, Message, Process, Protocol, Upstream, answer, ask, get, known_client, respond, v,
};
use dateline_core::pack::Pack;
use dateline_gateway::Config;
use dateline_http::policy::{Client, Match, OnLoss, OtherVersion, bearer_sha256};
use dateline_sandbox::Sandbox;

const PLAN: &str = "/api/v1/plans/plan_pro";
const REFERRAL: &str = "/api/v1/referrals/businesses/bref_pickaxe";
const EARNINGS: &str = "/api/v1/referrals/businesses/bref_pickaxe/earnings";
const JSON: &str = "content-type: application/json";
const NEW: &str = "2026-07-01";
const OLD: &str = "2025-01-01";

/// Returns the answer of the API itself at a version.
fn native(version: &str, sent: &Ask) -> Message {
    let sandbox = Sandbox::new(None).expect("all of its versions");
    respond(&sandbox, &sent.clone().pin(version))
}

/// An upstream that answers in a version whatever it is asked for.
async fn in_version(version: &str, sent: &Ask) -> Upstream {
    let body = native(version, sent);
    let stated = format!("api-version-date: {version}");
    Upstream::answers(answer("200 OK", &[JSON, "etag: \"e\"", &stated], body.text())).await
}

/// An upstream whose answers say something of their version.
async fn saying(lines: &[&str], body: &str) -> Upstream {
    Upstream::answers(answer("200 OK", &[&[JSON], lines].concat(), body)).await
}

fn versions() -> Vec<String> {
    Pack::embedded().unwrap().versions().map(|version| version.to_string()).collect()
}

fn labels(got: &Message) -> (Option<&str>, Option<&str>) {
    (got.field("api-version-date"), got.field("dateline-upstream-version"))
}

#[tokio::test]
async fn row_14_1h_an_answer_is_translated_from_the_version_that_it_is_in() {
    for target in [PLAN, REFERRAL, EARNINGS] {
        for stated in versions() {
            let upstream = in_version(&stated, &get(target)).await;
            let gateway = Gateway::before(&upstream).await;
            let asked =
                Gateway::configured(&upstream, |config| config.upstream.version = Some(v(&stated))).await;
            for pin in versions() {
                let case = format!("{target} at {pin}, answered at {stated}");
                let got = gateway.send(get(target).pin(&pin)).await;
                assert_eq!(
                    upstream.requests().last().unwrap().field("api-version-date"),
                    Some(NEW),
                    "{case}"
                );
                let expected = asked.send(get(target).pin(&pin)).await;
                assert_eq!((got.status(), got.text()), (200, expected.text()), "{case}");
                for name in ["etag", "dateline-loss", "content-length"] {
                    assert_eq!(got.field(name), expected.field(name), "{case}: {name}");
                }
                assert_eq!(labels(&got), (Some(pin.as_str()), Some(stated.as_str())), "{case}");
                if pin == stated {
                    assert_eq!(got.text(), native(&pin, &get(target)).text(), "{case}: byte for byte");
                    assert_eq!(got.field("etag"), Some("\"e\""), "{case}");
                }
            }
        }
    }
}

#[tokio::test]
async fn row_14_1h_the_same_holds_over_every_protocol_and_for_writes() {
    let sent = ask("PATCH", PLAN).json("{}");
    let upstream = in_version("2026-06-08", &get(PLAN)).await;
    let gateway = Gateway::before(&upstream).await;
    for protocol in Protocol::ALL {
        for sent in [&sent, &get(PLAN), &ask("HEAD", PLAN)] {
            let got = gateway.receive(protocol, sent).await.expect("an answer");
            assert_eq!((got.status(), labels(&got)), (200, (Some(OLD), Some("2026-06-08"))), "{protocol:?}");
            if sent.method != "HEAD" {
                assert_eq!(got.json(), native(OLD, &get(PLAN)).json(), "{protocol:?}");
            }
        }
    }
}

#[tokio::test]
async fn row_14_1h_a_version_that_the_pack_does_not_have_is_refused_where_it_would_be_translated() {
    let body = native(NEW, &get(PLAN));
    let upstream = saying(&["api-version-date: 2027-01-01", "x-request-id: req_1"], body.text()).await;
    let gateway = Gateway::before(&upstream).await;
    for sent in [get(PLAN), ask("PATCH", PLAN).json("{}")] {
        for protocol in Protocol::ALL {
            let got = gateway.receive(protocol, &sent).await.expect("an answer");
            assert_eq!(got.error(), (502, "upstream_version".to_owned()), "{protocol:?}");
            assert_eq!(got.field("dateline-outcome"), Some("responded"));
            let told = got.error_message();
            assert!(told.ends_with("The upstream answered 200; its request id is req_1"), "{told}");
        }
    }
    assert_eq!(gateway.send(ask("HEAD", PLAN)).await.status(), 502, "as GET");
    // Where nothing would be translated, it passes, and says what it is.
    for sent in [get(PLAN).pin(NEW), get("/api/v1/unknown")] {
        let got = gateway.send(sent).await;
        assert_eq!((got.status(), got.text()), (200, body.text()));
        assert_eq!(labels(&got), (Some("2027-01-01"), Some("2027-01-01")));
    }
}

#[tokio::test]
async fn row_14_1h_it_passes_labelled_where_that_is_configured() {
    let body = native(NEW, &get(PLAN));
    let upstream = saying(&["api-version-date: 2027-01-01", "etag: \"e\""], body.text()).await;
    let pass = |config: &mut Config| config.upstream.other_version = OtherVersion::Pass;
    let gateway = Gateway::configured(&upstream, pass).await;
    for sent in [get(PLAN), ask("PATCH", PLAN).json("{}")] {
        let got = gateway.send(sent).await;
        assert_eq!((got.status(), got.text(), got.field("etag")), (200, body.text(), Some("\"e\"")));
        assert_eq!(labels(&got), (Some("2027-01-01"), Some("2027-01-01")));
        assert_eq!(got.field("dateline-loss"), None);
    }
}

#[tokio::test]
async fn row_14_1h_what_is_no_version_is_none() {
    let body = native(NEW, &get(PLAN));
    for lines in [
        &["api-version-date: v2"][..],
        &["api-version-date: \"2026-07-01\""],
        &["api-version-date: 2026-07-01", "api-version-date: 2026-06-08"],
        &["api-version-date: 2026-07-01, 2026-06-08"],
        &["api-version-date: 2026-07-01\u{1}"],
    ] {
        let upstream = saying(lines, body.text()).await;
        let gateway = Gateway::before(&upstream).await;
        assert_eq!(gateway.send(get(PLAN)).await.error(), (502, "upstream_version".to_owned()), "{lines:?}");
        let native = gateway.send(get(PLAN).pin(NEW)).await;
        assert_eq!((native.status(), native.field("dateline-upstream-version")), (200, None), "{lines:?}");
        assert_eq!(native.text(), body.text());
    }
    for lines in [
        &[][..],
        &["api-version-date:"],
        &["api-version-date: 2026-07-01"],
        &["api-version-date: 2026-07-01", "Api-Version-Date: 2026-07-01"],
        &["api-version-date: 2026-07-01,, 2026-07-01"],
    ] {
        let upstream = saying(lines, body.text()).await;
        let gateway = Gateway::before(&upstream).await;
        let got = gateway.send(get(PLAN)).await;
        assert_eq!(got.json(), native(OLD, &get(PLAN)).json(), "{lines:?}");
        assert_eq!(labels(&got), (Some(OLD), Some(NEW)), "{lines:?}");
    }
}

#[tokio::test]
async fn row_14_1h_errors_and_empty_answers_are_labelled_with_what_they_are() {
    for (status, stated, expected) in [
        ("404 Not Found", "2026-06-08", (Some(OLD), Some("2026-06-08"))),
        ("404 Not Found", "2027-01-01", (Some("2027-01-01"), Some("2027-01-01"))),
        ("500 Oops", "2027-01-01", (Some("2027-01-01"), Some("2027-01-01"))),
    ] {
        let stated = format!("api-version-date: {stated}");
        let upstream = Upstream::answers(answer(status, &[JSON, &stated], r#"{"error":{}}"#)).await;
        let got = Gateway::before(&upstream).await.send(get(PLAN)).await;
        assert_eq!((got.start.contains(&status[..3]), got.text()), (true, r#"{"error":{}}"#));
        assert_eq!(labels(&got), expected, "{status} {stated}");
    }
    let upstream = Upstream::answers("HTTP/1.1 204 No Content\r\napi-version-date: 2027-01-01\r\n\r\n").await;
    let got = Gateway::before(&upstream).await.send(ask("DELETE", PLAN)).await;
    assert_eq!((got.status(), labels(&got)), (204, (Some("2027-01-01"), Some("2027-01-01"))));
}

#[tokio::test]
async fn row_14_1h_tags_are_those_of_the_translation_that_was_made() {
    let tag = async |stated: &str| {
        let upstream = in_version(stated, &get(EARNINGS)).await;
        let gateway = Gateway::before(&upstream).await;
        gateway.send(get(EARNINGS)).await.field("etag").unwrap().to_owned()
    };
    let (asked, other) = (tag(NEW).await, tag("2026-06-20").await);
    assert!(asked.contains(".dl-2025-01-01-") && other.contains(".dl-2025-01-01-"), "{asked} {other}");
    assert_ne!(asked, other);
    // Of another translation's tag nothing goes up; what a client has is told by the tag that it has.
    let upstream =
        Upstream::answers("HTTP/1.1 304 Not Modified\r\napi-version-date: 2026-06-20\r\netag: \"e\"\r\n\r\n")
            .await;
    let gateway = Gateway::before(&upstream).await;
    let got = gateway.send(get(EARNINGS).with("if-none-match", &asked)).await;
    assert_eq!((got.status(), got.field("etag")), (304, Some(asked.as_str())));
    gateway.send(get(EARNINGS).with("if-none-match", &other)).await;
    let sent: Vec<Option<String>> =
        upstream.requests().iter().map(|request| request.field("if-none-match").map(str::to_owned)).collect();
    assert_eq!(sent, [Some("\"e\"".to_owned()), None]);
}

#[tokio::test]
async fn row_14_1h_losses_are_judged_by_the_version_that_the_answer_is_in() {
    let refusing = |config: &mut Config| {
        config.clients = vec![Client {
            losses: OnLoss::Refuse,
            ..known_client("strict", Some(OLD), Match::Bearer(bearer_sha256(b"test")))
        }];
    };
    for (stated, status) in [(NEW, 502), (OLD, 200)] {
        let upstream = in_version(stated, &get(REFERRAL)).await;
        let gateway = Gateway::configured(&upstream, refusing).await;
        let got = gateway.send(get(REFERRAL)).await;
        assert_eq!(got.status(), status, "{stated}");
        if status == 502 {
            assert_eq!(got.error().1, "translation_would_lose");
        }
    }
}

#[tokio::test]
async fn row_14_1h_it_is_logged_and_counted() {
    let upstream = in_version("2026-06-08", &get(PLAN)).await;
    let gateway = Process::before(&upstream, &[]).await;
    gateway.send(get(PLAN)).await;
    let events = gateway.requests(1).await;
    assert_eq!((&events[0]["level"], &events[0]["answered_version"]), (&"WARN".into(), &"2026-06-08".into()));
    assert_eq!(events[0]["upstream_version"], NEW, "{}", events[0]);
    let secret = saying(&["api-version-date: sk_live_1"], "{}").await;
    let gateway = Process::before(&secret, &[]).await;
    gateway.send(get(PLAN).pin(NEW)).await;
    let events = gateway.requests(1).await;
    assert_eq!(events[0]["answered_version"], "unreadable", "{}", events[0]);
    assert!(!gateway.written().contains("sk_live"));

    let upstream = saying(&["api-version-date: 2027-01-01"], "{}").await;
    let gateway = Gateway::before(&upstream).await;
    gateway.send(get(PLAN)).await;
    gateway.send(get(PLAN).pin(NEW)).await;
    let metrics = gateway.admin("/metrics").await;
    for line in ["result=\"translated\"} 0", "result=\"passed\"} 1", "result=\"refused\"} 1"] {
        let line = format!("\ndateline_other_version_answers_total{{{line}\n");
        assert!(metrics.text().contains(&line), "{line}");
    }
}
