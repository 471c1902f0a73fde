//! The layer in process, held to the gateway: the same service behind both gives a client the same status, the same
//! body, and the same values of all fields that both set.

use super::{
    pairs::{PLANS, VERSIONS, is_there, session},
    support::{Ask, Gateway, Message, Upstream, answer, ask, get, pack, v},
};
use bytes::Bytes;
use dateline_core::day::Day;
use dateline_gateway::Config;
use dateline_http::{
    Limits, TranslateBody, TranslateLayer,
    policy::{AfterSunset, Client, Match, OnLoss, Retirement, bearer_sha256},
};
use dateline_sandbox::Sandbox;
use http::{HeaderName, Request, Response};
use http_body_util::{BodyExt, Full};
use std::{collections::BTreeSet, convert::Infallible, sync::Arc};
use tower::{Layer, ServiceExt, service_fn};

/// The fields that only the gateway sets: those of a server, of a hop, and the id that it makes.
const OF_THE_GATEWAY: [&str; 4] = ["connection", "content-length", "date", "x-request-id"];

/// The same service twice: behind the gateway, and with the layer around it.
struct Both {
    gateway: Gateway,
    layer: TranslateLayer,
    service: Arc<dyn Fn(Request<Bytes>) -> Response<Bytes> + Send + Sync>,
}

impl Both {
    async fn new(
        upstream: &Upstream,
        change: impl Fn(&mut Config),
        service: impl Fn(Request<Bytes>) -> Response<Bytes> + Send + Sync + 'static,
    ) -> Self {
        let mut config = Config::default();
        config.upstream.version = Some(upstream.version);
        change(&mut config);
        let limits = Limits { request_bytes: config.limits.request_bytes, ..Limits::default() };
        let layer = TranslateLayer::new(pack(), &config.policy()).expect("they fit").with_limits(limits);
        Both { gateway: Gateway::configured(upstream, change).await, layer, service: Arc::new(service) }
    }

    /// Before a sandbox of this version, and before another one.
    async fn sandboxes(version: &str, change: impl Fn(&mut Config)) -> Self {
        let sandbox = Sandbox::new(Some(v(version))).expect("one of its versions");
        let upstream = Upstream::sandbox(version).await;
        Both::new(&upstream, change, move |request| sandbox.respond(request)).await
    }

    /// Before a service that has one answer.
    async fn answering(fields: &[(&str, &str)], status: &str, body: &str) -> Self {
        let lines: Vec<_> = fields.iter().map(|(name, value)| format!("{name}: {value}")).collect();
        let lines: Vec<_> = lines.iter().map(String::as_str).collect();
        let upstream = Upstream::answers(answer(status, &lines, body)).await;
        let mut response = Response::new(Bytes::from(body.to_owned()));
        *response.status_mut() = status[..3].parse().expect("a status");
        for (name, value) in fields {
            let name: HeaderName = name.parse().expect("a name");
            response.headers_mut().append(name, value.parse().expect("a value"));
        }
        response.headers_mut().insert("content-length", body.len().into());
        Both::new(&upstream, |_| {}, move |_| response.clone()).await
    }

    async fn in_process(&self, ask: &Ask) -> Message {
        let service = Arc::clone(&self.service);
        let inner = service_fn(move |request: Request<TranslateBody<Full<Bytes>>>| {
            let service = Arc::clone(&service);
            async move {
                let (head, body) = request.into_parts();
                let body = body.collect().await.expect("nothing breaks off").to_bytes();
                Ok::<_, Infallible>(service(Request::from_parts(head, body)).map(Full::new))
            }
        });
        let answer = self.layer.layer(inner).oneshot(ask.request()).await.expect("no error");
        let (head, body) = answer.into_parts();
        let body = body.collect().await.expect("nothing breaks off").to_bytes();
        Message::of_parts(Response::from_parts(head, body))
    }

    /// Asks both the same and compares what they say.
    async fn ask(&self, ask: Ask) -> Message {
        let ask = ask.with("x-request-id", "req-1");
        let case = format!("{} {} {:?}", ask.method, ask.target, ask.fields);
        let (theirs, ours) = (self.gateway.send(ask.clone()).await, self.in_process(&ask).await);
        assert_eq!(ours.status(), theirs.status(), "{case}: {} {}", ours.text(), theirs.text());
        assert_eq!(ours.text(), theirs.text(), "{case}");
        for name in names(&ours) {
            let mut values = theirs.all(name);
            if name == "vary" {
                // Another layer makes codings in process.
                values.retain(|value| *value != "accept-encoding");
            }
            assert_eq!(ours.all(name), values, "{case}: {name}");
        }
        let only: Vec<_> = names(&theirs).difference(&names(&ours)).copied().collect();
        assert!(only.iter().all(|name| OF_THE_GATEWAY.contains(name)), "{case}: {only:?}");
        ours
    }
}

fn names(message: &Message) -> BTreeSet<&str> {
    message.fields.iter().map(|(name, _)| name.as_str()).collect()
}

#[tokio::test]
async fn every_operation_between_every_two_versions_is_as_through_the_gateway() {
    for version in VERSIONS {
        for pin in VERSIONS {
            let both = Both::sandboxes(version, |_| {}).await;
            for ask in session(pin).into_iter().filter(|ask| is_there(ask, version)) {
                both.ask(ask).await;
            }
        }
    }
}

#[tokio::test]
async fn validators_and_heads_are_as_through_the_gateway() {
    let both = Both::sandboxes("2026-07-01", |_| {}).await;
    for pin in VERSIONS {
        let read = || get("/api/v1/plans/plan_pro").pin(pin);
        let first = both.ask(read()).await;
        let tag = first.field("etag").expect("the sandbox tags what it answers");
        assert_eq!(tag.contains(".dl-"), pin < PLANS, "{pin}: {tag}");
        assert_eq!(both.ask(read().with("if-none-match", tag)).await.status(), 304);
        assert_eq!(both.ask(read().with("if-none-match", "\"another\"")).await.status(), 200);
        both.ask(ask("HEAD", "/api/v1/referrals/businesses").pin(pin)).await;
    }
}

#[tokio::test]
async fn refusals_are_as_through_the_gateway() {
    let both = Both::sandboxes("2026-07-01", |config| config.limits.request_bytes = 1000).await;
    let create = || ask("POST", "/api/v1/plans");
    for (ask, status, code) in [
        (get("/api/v1/plans").pin("2024-01-01"), 400, "unsupported_api_version"),
        (get("/api/v1/plans").pin("2026-07-01").pin("2026-07-01"), 400, "duplicate_header"),
        (get("/api/v1/users/../plans"), 400, "ambiguous_path"),
        (get("/api/v1/plans").with("idempotency_key", "1"), 400, "ambiguous_header"),
        (create().with("x-http-method-override", "PATCH").json("{}"), 400, "ambiguous_method"),
        (create().json("{"), 400, "json_invalid"),
        (create().json("[]"), 400, "unexpected_shape"),
        (create().with("content-type", "text/csv").body("a,b"), 415, "unsupported_media_type"),
        (create().json(&format!("{{\"title\":\"{}\"}}", "x".repeat(1000))), 413, "request_too_large"),
    ] {
        assert_eq!(both.ask(ask).await.error(), (status, code.to_owned()));
    }
}

#[tokio::test]
async fn answers_of_every_kind_are_as_through_the_gateway() {
    const JSON: (&str, &str) = ("content-type", "application/json");
    const VERSION: &str = "api-version-date";
    const PLAN: &str = r#"{"id":"plan_x","account":null}"#;
    for (status, fields, body) in [
        ("200 OK", &[JSON, ("content-digest", "sha-256=:YQ==:"), ("vary", "Origin")][..], PLAN),
        ("200 OK", &[JSON, ("etag", "W/\"a\""), ("accept-ranges", "bytes"), ("last-modified", "then")], PLAN),
        ("200 OK", &[JSON, (VERSION, "2026-06-09")], PLAN),
        ("200 OK", &[JSON, (VERSION, "2030-01-01")], PLAN),
        ("200 OK", &[JSON, (VERSION, "2026-06-09"), (VERSION, "2026-07-01")], PLAN),
        ("200 OK", &[JSON], ""),
        ("200 OK", &[JSON], "{\"id\":"),
        ("200 OK", &[JSON], "[1]"),
        ("200 OK", &[("content-type", "text/csv")], "a,b"),
        ("206 Partial Content", &[JSON, ("content-range", "bytes 0-1/9")], PLAN),
        ("302 Found", &[("location", "/api/v1/plans/plan_y")], ""),
        ("404 Not Found", &[JSON], r#"{"error":{"message":"no account_id"}}"#),
        (
            "422 Unprocessable",
            &[JSON, ("x-signature", "a")],
            r#"{"error":{"message":"account_id","param":"account_id"}}"#,
        ),
    ] {
        let both = Both::answering(fields, status, body).await;
        both.ask(get("/api/v1/plans/plan_x").pin("2025-01-01")).await;
        both.ask(get("/api/v1/plans?company_id=x").pin("2025-01-01")).await;
        both.ask(ask("POST", "/api/v1/plans").pin("2025-01-01").json(r#"{"company_id":"x"}"#)).await;
        both.ask(get("/api/v1/other").pin("2025-01-01")).await;
    }
}

#[tokio::test]
async fn clients_losses_and_retirements_are_as_through_the_gateway() {
    let client = |name: &str, pin: &str, matcher, losses| Client {
        name: name.to_owned(),
        pin: Some(v(pin)),
        matcher,
        upstream_version: None,
        losses,
    };
    let both = Both::sandboxes("2026-07-01", |config| {
        config.clients = vec![
            client("strict", "2025-01-01", Match::Host("strict.test".to_owned()), OnLoss::Refuse),
            client("cron", "2026-06-08", Match::Bearer(bearer_sha256(b"cron")), OnLoss::Report),
            client("old", "2026-06-09", Match::PathPrefix("/old".to_owned()), OnLoss::Report),
        ];
        let day = |text: &str| text.parse::<Day>().ok();
        let retired = |pin: &str, sunset: &str| Retirement {
            pin: v(pin),
            deprecated: day("2020-01-01"),
            sunset: day(sunset),
            link: Some("https://api.example.com/changes".to_owned()),
            after_sunset: AfterSunset::Refuse,
        };
        config.versions = vec![retired("2026-06-08", "2999-01-01"), retired("2026-06-20", "2021-01-01")];
    })
    .await;
    let referral = "/api/v1/referrals/businesses/bref_pickaxe";
    let lost = both.ask(get(referral).pin("2025-01-01")).await;
    assert!(lost.field("dateline-loss").is_some(), "{}", lost.head_text());
    let refused = both.ask(get(referral).host("strict.test")).await;
    assert_eq!(refused.error(), (502, "translation_would_lose".to_owned()));
    assert_eq!(refused.field("dateline-outcome"), Some("responded"));
    let cron = both.ask(get(referral).without("authorization").with("authorization", "Bearer cron")).await;
    assert_eq!(cron.field("api-version-date"), Some("2026-06-08"));
    assert_eq!(cron.field("deprecation"), Some("@1577836800"));
    let old = both.ask(get(&format!("/old{referral}"))).await;
    assert_eq!((old.status(), old.field("api-version-date")), (200, Some("2026-06-09")));
    let retired = both.ask(get(referral).pin("2026-06-20")).await;
    assert_eq!(retired.error(), (410, "version_retired".to_owned()));
}
