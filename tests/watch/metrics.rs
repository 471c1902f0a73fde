//! `/metrics`: what traffic comes to, in exact figures; bounded, whatever clients make up; and without anything of theirs.

use super::support::{Ask, Gateway, Upstream, answer, ask, get, json, known_client, within};
use dateline_gateway::observe::built;
use dateline_http::policy::{Client, Match, UnknownPin, bearer_sha256};
use std::collections::BTreeMap;

const PLAN: &str = "/api/v1/plans/plan_x";
const NEW: &str = r#"{"id":"plan_x","account":null}"#;

/// The values by name and labels, as written.
struct Metrics(BTreeMap<String, f64>);

impl Metrics {
    async fn of(gateway: &Gateway) -> Self {
        Metrics::read(&Metrics::text(gateway).await)
    }

    async fn text(gateway: &Gateway) -> String {
        let answer = gateway.admin("/metrics").await;
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.field("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
        answer.text().to_owned()
    }

    fn read(text: &str) -> Self {
        let samples = text.lines().filter(|line| !line.starts_with('#'));
        let value = |line: &str| {
            let (name, value) = line.rsplit_once(' ').expect("a value");
            (name.to_owned(), value.parse().expect("a number"))
        };
        Metrics(samples.map(value).collect())
    }

    /// Waits until so many requests are over, and no other is under way: a client has its answer before.
    async fn after(requests: u64, gateway: &Gateway) -> Self {
        within("requests are counted", async {
            loop {
                let metrics = Metrics::of(gateway).await;
                let over = metrics.get("dateline_in_flight") == Some(0.0);
                if over && metrics.sum("dateline_requests_total{") >= requests as f64 {
                    return metrics;
                }
                tokio::time::sleep(std::time::Duration::from_millis(2)).await;
            }
        })
        .await
    }

    fn get(&self, name: &str) -> Option<f64> {
        self.0.get(name).copied()
    }

    fn of_name<'m>(&'m self, start: &'m str) -> impl Iterator<Item = (&'m str, f64)> {
        let samples = self.0.iter().filter(move |(name, _)| name.starts_with(start));
        samples.map(|(name, value)| (name.as_str(), *value))
    }

    fn sum(&self, start: &str) -> f64 {
        self.of_name(start).map(|(_, value)| value).sum()
    }
}

fn client(name: &str, key: &str) -> Client {
    known_client(name, Some("2025-01-01"), Match::Bearer(bearer_sha256(key.as_bytes())))
}

#[tokio::test]
async fn traffic_comes_to_exact_figures() {
    let upstream = Upstream::answers(json(NEW)).await;
    let gateway =
        Gateway::configured(&upstream, |config| config.clients = vec![client("billing", "sk_billing")]).await;
    let billing = |ask: Ask| ask.without("authorization").with("authorization", "Bearer sk_billing");
    for _ in 0..3 {
        gateway.send(billing(get(PLAN))).await;
    }
    gateway.send(get(PLAN).pin("2026-07-01")).await;
    gateway.send(get("/nobody/knows/this")).await;
    gateway.send(get(PLAN).pin("nope")).await;
    let create = ask("POST", "/api/v1/plans").json(r#"{"company_id":"biz_x"}"#);
    gateway.send(billing(create)).await;

    let metrics = Metrics::after(7, &gateway).await;
    let requests: Vec<_> = metrics.of_name("dateline_requests_total{").collect();
    let expected = [
        (
            r#"operation="GET /plans/{id}",pin="2025-01-01",pin_source="client",upstream_version="2026-07-01",client="billing",status="200""#,
            3.0,
        ),
        (
            r#"operation="GET /plans/{id}",pin="2026-07-01",pin_source="header",upstream_version="2026-07-01",client="unnamed",status="200""#,
            1.0,
        ),
        (
            r#"operation="POST /plans",pin="2025-01-01",pin_source="client",upstream_version="2026-07-01",client="billing",status="200""#,
            1.0,
        ),
        (
            r#"operation="other",pin="2025-01-01",pin_source="default",upstream_version="2026-07-01",client="unnamed",status="200""#,
            1.0,
        ),
        (
            r#"operation="other",pin="none",pin_source="none",upstream_version="none",client="unnamed",status="400""#,
            1.0,
        ),
    ];
    let expected: Vec<_> =
        expected.map(|(labels, count)| (format!("dateline_requests_total{{{labels}}}"), count)).into();
    assert_eq!(requests, expected.iter().map(|(name, count)| (name.as_str(), *count)).collect::<Vec<_>>());

    let is = |name: &str, value: f64| assert_eq!(metrics.get(name), Some(value), "{name}");
    is(r#"dateline_errors_total{type="unsupported_api_version",outcome="not_sent"}"#, 1.0);
    is(r#"dateline_request_seconds_count{operation="GET /plans/{id}"}"#, 4.0);
    is(r#"dateline_request_seconds_bucket{operation="GET /plans/{id}",le="+Inf"}"#, 4.0);
    is(r#"dateline_upstream_seconds_count{operation="GET /plans/{id}"}"#, 4.0);
    is(r#"dateline_upstream_seconds_count{operation="other"}"#, 1.0);
    let old = NEW.replace("account", "company");
    assert_eq!(old.len(), NEW.len());
    is(r#"dateline_response_bytes_total{operation="GET /plans/{id}"}"#, 4.0 * NEW.len() as f64);
    is(r#"dateline_request_bytes_total{operation="POST /plans"}"#, 22.0);
    // What is passed is not translated.
    is(r#"dateline_translate_seconds_count{operation="GET /plans/{id}",body="response"}"#, 3.0);
    is(
        r#"dateline_translate_bytes_total{operation="GET /plans/{id}",body="response"}"#,
        3.0 * NEW.len() as f64,
    );
    is(r#"dateline_translate_bytes_total{operation="POST /plans",body="request"}"#, 22.0);
    is(r#"dateline_translate_seconds_count{operation="POST /plans",body="response"}"#, 1.0);
    assert_eq!(metrics.get(r#"dateline_translate_seconds_count{operation="other",body="response"}"#), None);
    is("dateline_in_flight", 0.0);
    is("dateline_connections_accepted_total", 7.0);
    is("dateline_pool_opened_total", 1.0);
    is("dateline_pool_reused_total", 5.0);
    is("dateline_pool_idle_connections", 1.0);
    is("dateline_unnamed_clients", 1.0);
    is("dateline_series", 5.0);
    let (version, commit, date) = (built::VERSION, built::COMMIT, built::DATE);
    is(&format!(r#"dateline_build_info{{version="{version}",commit="{commit}",date="{date}"}}"#), 1.0);
    assert!(metrics.get("dateline_certificate_expiry_timestamp_seconds").is_none());
}

#[tokio::test]
async fn losses_are_those_that_happened() {
    let upstream = Upstream::sandbox("2026-07-01").await;
    let gateway = Gateway::before(&upstream).await;
    let told = gateway.send(get("/api/v1/referrals/businesses/bref_pickaxe")).await;
    gateway.send(get("/api/v1/referrals/businesses/bref_pickaxe")).await;
    let metrics = Metrics::after(2, &gateway).await;
    let losses: Vec<_> = metrics.of_name("dateline_losses_total{").collect();
    let told = told.field("dateline-loss").expect("losses").to_owned();
    assert_eq!(losses.len(), told.split(", ").count(), "{losses:?}");
    for lost in told.split(", ") {
        let (field, kind) = lost.split_once('=').expect("a kind");
        let name = format!(
            r#"dateline_losses_total{{operation="GET /referrals/businesses/{{id}}",pin="2025-01-01",client="unnamed",module="2026-06-20",change="Group referral volume and earnings",field="{field}",kind="{kind}"}}"#
        );
        assert_eq!(metrics.get(&name), Some(2.0), "{name} {losses:?}");
    }
}

#[tokio::test]
async fn a_streamed_answer_counts_what_translating_it_took_even_where_it_breaks_off() {
    const PIECE: &str = r#"{"id":"plan_x","account":null},"#;
    let upstream = Upstream::scripted(|mut connection| async move {
        connection.next().await?;
        let pieces = PIECE.repeat(4000);
        let body = format!("{{\"data\":[{pieces}");
        let whole = answer("200 OK", &["content-type: application/json"], &format!("{body}{PIECE}"));
        let cut = whole.len() - PIECE.len();
        connection.cut(whole, cut, super::support::End::Close).await
    })
    .await;
    let gateway = Gateway::before(&upstream).await;
    let mut client = gateway.connect().await;
    client.send(get("/api/v1/plans").bytes()).await;
    client.rest().await;
    let metrics = Metrics::after(1, &gateway).await;
    let name = r#"dateline_translate_bytes_total{operation="GET /plans",body="response"}"#;
    assert_eq!(metrics.get(name), Some((4000 * PIECE.len() + 9) as f64));
    let seconds = metrics.get(r#"dateline_translate_seconds_sum{operation="GET /plans",body="response"}"#);
    assert!(seconds.is_some_and(|seconds| seconds > 0.000_01 && seconds < 60.0), "{seconds:?}");
    let error = r#"dateline_errors_total{type="upstream_truncated",outcome="responded"}"#;
    assert_eq!(metrics.get(error), Some(1.0));
}

#[tokio::test]
async fn what_goes_wrong_upstream_is_seen() {
    let upstream = Upstream::absent().await;
    let gateway = Gateway::before(&upstream).await;
    gateway.send(get(PLAN)).await;
    let metrics = Metrics::after(1, &gateway).await;
    let error = r#"dateline_errors_total{type="upstream_unreachable",outcome="not_sent"}"#;
    assert_eq!((metrics.get(error), metrics.get("dateline_pool_failed_total")), (Some(1.0), Some(1.0)));
    assert_eq!(metrics.get("dateline_pool_opened_total"), Some(0.0));
}

#[tokio::test]
async fn a_connection_that_the_upstream_had_ended_is_seen() {
    let upstream = Upstream::answers_and_closes(json(NEW)).await;
    let gateway = Gateway::before(&upstream).await;
    for _ in 0..3 {
        assert_eq!(gateway.send(get(PLAN)).await.status(), 200);
    }
    let metrics = Metrics::after(3, &gateway).await;
    let value = |name: &str| metrics.get(name).expect("a value");
    assert_eq!(value("dateline_pool_opened_total"), 3.0);
    // Whether an end is seen when it comes or when it is used is a matter of time.
    assert_eq!(value("dateline_pool_reused_total"), value("dateline_pool_retried_total"));
}

#[tokio::test]
async fn connections_that_are_one_too_many_are_seen() {
    let upstream = Upstream::answers(json(NEW)).await;
    let gateway = Gateway::configured(&upstream, |config| config.limits.connections = 1).await;
    let mut first = gateway.connect().await;
    first.send(get(PLAN).bytes()).await;
    first.answer().await;
    assert_eq!(gateway.send(get(PLAN)).await.status(), 503);
    let metrics = Metrics::after(1, &gateway).await;
    assert_eq!(metrics.get(r#"dateline_connections_refused_total{how="answered"}"#), Some(1.0));
    assert_eq!(metrics.get(r#"dateline_errors_total{type="overloaded",outcome="not_sent"}"#), Some(1.0));
    assert_eq!(metrics.get("dateline_connections_accepted_total"), Some(2.0));
    assert!(metrics.get("dateline_connections").is_some_and(|open| open >= 1.0));
}

#[tokio::test]
async fn counts_are_kept_over_reloads_which_are_counted() {
    let upstream = Upstream::answers(json(NEW)).await;
    let gateway = Gateway::before(&upstream).await;
    gateway.send(get(PLAN)).await;
    let before = Metrics::after(1, &gateway).await;
    gateway.reloads().reload(Err::<(dateline_gateway::Config, dateline_core::pack::Pack), _>("no such file"));
    let failed = Metrics::of(&gateway).await;
    assert_eq!(failed.get("dateline_reload_last_successful"), Some(0.0));
    let mut config = dateline_gateway::Config::default();
    config.upstream.url = Some(upstream.url.clone());
    // Another upstream, in effect: its connections are made anew.
    config.timeouts.connect *= 2;
    let loaded = (config, dateline_core::pack::Pack::embedded().expect("it loads"));
    gateway.reloads().reload(Ok::<_, std::convert::Infallible>(loaded)).expect("it fits");
    gateway.send(get(PLAN)).await;
    let after = Metrics::after(2, &gateway).await;
    for (name, value) in [
        (r#"dateline_reloads_total{result="success"}"#, 1.0),
        (r#"dateline_reloads_total{result="failure"}"#, 1.0),
        ("dateline_reload_last_successful", 1.0),
        ("dateline_pool_opened_total", 2.0),
    ] {
        assert_eq!(after.get(name), Some(value), "{name}");
    }
    let since = |metrics: &Metrics| metrics.get("dateline_reload_success_timestamp_seconds");
    assert!(since(&after) >= since(&before) && since(&before) > Some(1.7e9));
}

#[tokio::test]
async fn a_usage_file_that_takes_nothing_is_seen() {
    let upstream = Upstream::answers(json(NEW)).await;
    let folder = tempfile::tempdir().expect("a folder");
    for (file, written) in [("usage.redb", 1.0), ("no/such/folder/usage.redb", 0.0)] {
        let gateway =
            Gateway::configured(&upstream, |config| config.usage.file = Some(folder.path().join(file))).await;
        within("the file was tried", async {
            while Metrics::of(&gateway).await.get("dateline_usage_up") != Some(written) {
                tokio::time::sleep(std::time::Duration::from_millis(2)).await;
            }
        })
        .await;
        assert!(Metrics::of(&gateway).await.get("dateline_usage_unwritten_rows").is_some());
    }
    let gateway = Gateway::before(&upstream).await;
    assert_eq!(Metrics::of(&gateway).await.get("dateline_usage_up"), None);
}

/// One of each kind of thing that a client can make up, in every request, all of which the upstream accepts.
#[tokio::test]
async fn ten_thousand_made_up_paths_and_keys_are_a_handful_of_series() {
    const REQUESTS: usize = 10_000;
    const AT_ONCE: usize = 100;
    let upstream = Upstream::answers(json("{}")).await;
    let gateway = Gateway::configured(&upstream, |config| {
        config.pins.unknown = Some(UnknownPin::Pass);
        config.limits.connection_requests = u32::MAX;
    })
    .await;
    let mut client = gateway.connect().await;
    for batch in 0..REQUESTS / AT_ONCE {
        let asked = (0..AT_ONCE).flat_map(|number| {
            let number = batch * AT_ONCE + number;
            let version = format!("20{:02}-{:02}-{:02}", 27 + number % 70, 1 + number % 12, 1 + number % 28);
            get(&format!("/made-up-path-{number}"))
                .without("authorization")
                .with("authorization", &format!("Bearer made-up-key-{number}"))
                .with("made-up-header", &format!("made-up-value-{number}"))
                .pin(&version)
                .bytes()
        });
        client.send(asked.collect::<Vec<u8>>()).await;
        for _ in 0..AT_ONCE {
            assert_eq!(client.answer().await.status(), 200);
        }
    }
    Metrics::after(REQUESTS as u64, &gateway).await;
    let text = Metrics::text(&gateway).await;
    let metrics = Metrics::read(&text);
    let requests: Vec<_> = metrics.of_name("dateline_requests_total{").collect();
    let only = r#"dateline_requests_total{operation="other",pin="unknown",pin_source="header",upstream_version="unknown",client="unnamed",status="200"}"#;
    assert_eq!(requests, [(only, REQUESTS as f64)]);
    assert_eq!(metrics.get("dateline_unnamed_clients"), Some(1000.0));
    assert_eq!(metrics.get("dateline_series"), Some(1001.0), "a thousand clients, and the others");
    assert!(!text.contains("made-up"), "{text}");
    assert!(text.lines().count() < 250, "{}", text.lines().count());
}

#[tokio::test]
async fn metrics_name_nothing_of_a_clients() {
    let upstream =
        Upstream::answers(answer("418 I'm a teapot", &["content-type: text/plain"], "s3cret")).await;
    let gateway = Gateway::before(&upstream).await;
    gateway
        .send(
            ask("S3CRET", "/s3cret?s3cret=s3cret")
                .host("s3cret.example")
                .without("authorization")
                .with("authorization", "Bearer s3cret")
                .with("x-request-id", "s3cret")
                .body("s3cret"),
        )
        .await;
    Metrics::after(1, &gateway).await;
    let text = Metrics::text(&gateway).await;
    assert!(!text.to_lowercase().contains("s3cret") && text.contains(r#"status="418""#), "{text}");
}
