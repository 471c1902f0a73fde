//! Traces: spans as a collector gets them, and `traceparent` on its way.

use super::{
    collector::{Collector, attribute, attributes, hex},
    support::{Gateway, Message, Process, Upstream, ask, get, json, until, within},
};
use crate::faults::secrets;
use dateline_gateway::{
    Config,
    config::{OtlpProtocol, Propagate, Sample},
};
use opentelemetry_proto::tonic::trace::v1::{Span, span::SpanKind, status::StatusCode};
use std::time::{Duration, Instant};

const PLAN: &str = "/api/v1/plans/plan_x";
const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/// A gateway that sends its traces to this collector.
async fn traced(upstream: &Upstream, collector: &Collector, change: impl FnOnce(&mut Config)) -> Gateway {
    let endpoint = collector.url.clone();
    Gateway::configured(upstream, |config| {
        config.telemetry.otlp_endpoint = Some(endpoint);
        change(config);
    })
    .await
}

/// Returns all spans that the collector gets. The gateway is stopped, since waiting spans are sent then.
async fn all(mut gateway: Gateway, collector: &Collector) -> Vec<Span> {
    gateway.stop();
    gateway.stopped().await;
    collector.spans()
}

fn named<'s>(spans: &'s [Span], name: &str) -> &'s Span {
    let mut found = spans.iter().filter(|span| span.name == name);
    let span = found.next().unwrap_or_else(|| panic!("no span {name:?} in {spans:#?}"));
    assert!(found.next().is_none(), "two spans {name:?}");
    span
}

fn status(span: &Span) -> StatusCode {
    span.status.as_ref().map_or(StatusCode::Unset, |status| status.code())
}

/// The spans of a trace as a tree: kind, name and attributes.
fn tree(spans: &[Span]) -> String {
    let mut text = String::new();
    let root = spans.iter().find(|span| spans.iter().all(|other| other.span_id != span.parent_span_id));
    let mut open = vec![(0, root.expect("a root"))];
    while let Some((depth, span)) = open.pop() {
        let kind = format!("{:?}", span.kind()).to_lowercase();
        let indent = "  ".repeat(depth);
        text.push_str(&format!("{indent}{kind} {:?} {:?}\n", span.name, status(span)));
        for (name, value) in attributes(&span.attributes) {
            let varies = name == "server.port" || name == "dateline.translation.cpu_us";
            let value = if varies {
                "..."
            } else if value.starts_with("key-") {
                "key-..."
            } else {
                &value
            };
            text.push_str(&format!("{indent}    {name} = {value}\n"));
        }
        let mut below: Vec<_> = spans.iter().filter(|other| other.parent_span_id == span.span_id).collect();
        below.sort_by_key(|span| std::cmp::Reverse((span.start_time_unix_nano, span.end_time_unix_nano)));
        open.extend(below.into_iter().map(|span| (depth + 1, span)));
    }
    text
}

#[tokio::test]
async fn a_request_is_a_tree_of_spans_by_grpc() {
    let upstream = Upstream::answers(json(r#"{"id":"plan_x","account":null}"#)).await;
    let collector = Collector::grpc().await;
    let gateway = traced(&upstream, &collector, |_| {}).await;
    let asked = get(&format!("{PLAN}?secret=1")).with("traceparent", PARENT).with("tracestate", "a=1,b=2");
    assert_eq!(gateway.send(asked).await.text(), r#"{"id":"plan_x","company":null}"#);
    let spans = all(gateway, &collector).await;
    insta::assert_snapshot!(tree(&spans), @r#"
    server "GET /api/v1/plans/{id}" Unset
        dateline.client = key-...
        dateline.complete = true
        dateline.operation = GET /plans/{id}
        dateline.outcome = responded
        dateline.pin = 2025-01-01
        dateline.pin_source = default
        dateline.response = translated
        dateline.steps = 1
        dateline.upstream_version = 2026-07-01
        http.request.body.size = 0
        http.request.method = GET
        http.response.body.size = 30
        http.response.status_code = 200
        http.route = /api/v1/plans/{id}
        network.protocol.version = 1.1
        url.scheme = http
      internal "decide" Unset
      client "GET" Unset
          dateline.upstream_version = 2026-07-01
          http.request.method = GET
          http.response.status_code = 200
          server.address = 127.0.0.1
          server.port = ...
          url.scheme = http
      internal "translate response" Unset
          dateline.translation.bytes = 30
          dateline.translation.cpu_us = ...
    "#);
    assert!(spans.iter().all(|span| hex(&span.trace_id) == TRACE), "{spans:#?}");
    let (root, client) = (named(&spans, "GET /api/v1/plans/{id}"), named(&spans, "GET"));
    assert_eq!(hex(&root.parent_span_id), "b7ad6b7169203331");
    let up = upstream.only();
    let below = format!("00-{TRACE}-{}-01", hex(&client.span_id));
    assert_eq!(up.field("traceparent"), Some(below.as_str()));
    assert_eq!(up.field("tracestate"), Some("a=1,b=2"));
    for span in &spans {
        let within = root.start_time_unix_nano..=root.end_time_unix_nano;
        assert!(within.contains(&span.start_time_unix_nano) && within.contains(&span.end_time_unix_nano));
    }
    let resource = collector.exports()[0].message.resource_spans[0].resource.clone().unwrap();
    let resource = attributes(&resource.attributes);
    assert_eq!(resource["service.name"], "dateline");
    assert_eq!(resource["service.version"], env!("CARGO_PKG_VERSION"));
}

#[tokio::test]
async fn a_write_is_a_tree_of_spans_by_http() {
    let folder = tempfile::tempdir().unwrap();
    let headers = folder.path().join("headers");
    std::fs::write(&headers, "# of the collector\nX-Api-Key: k3y\n\nx-team: pay\n").unwrap();
    let upstream = Upstream::answers(json(r#"{"id":"plan_x","account":null}"#)).await;
    let collector = Collector::http().await;
    let gateway = traced(&upstream, &collector, |config| {
        config.telemetry.otlp_protocol = OtlpProtocol::Http;
        config.telemetry.otlp_headers_file = Some(headers);
        config.telemetry.service_name = "gateway-eu".to_owned();
    })
    .await;
    let write = ask("POST", "/api/v1/plans").json(r#"{"company_id":"biz_x"}"#);
    assert_eq!(gateway.send(write).await.status(), 200);
    let spans = all(gateway, &collector).await;
    insta::assert_snapshot!(tree(&spans), @r#"
    server "POST /api/v1/plans" Unset
        dateline.client = key-...
        dateline.complete = true
        dateline.operation = POST /plans
        dateline.outcome = responded
        dateline.pin = 2025-01-01
        dateline.pin_source = default
        dateline.response = translated
        dateline.steps = 2
        dateline.upstream_version = 2026-07-01
        http.request.body.size = 22
        http.request.method = POST
        http.response.body.size = 30
        http.response.status_code = 200
        http.route = /api/v1/plans
        network.protocol.version = 1.1
        url.scheme = http
      internal "decide" Unset
      internal "translate request" Unset
          dateline.translation.bytes = 22
          dateline.translation.cpu_us = ...
      client "POST" Unset
          dateline.upstream_version = 2026-07-01
          http.request.method = POST
          http.response.status_code = 200
          server.address = 127.0.0.1
          server.port = ...
          url.scheme = http
      internal "translate response" Unset
          dateline.translation.bytes = 30
          dateline.translation.cpu_us = ...
    "#);
    assert_eq!(upstream.only().field("traceparent"), None, "a trace that begins here stays here");
    let export = &collector.exports()[0];
    assert!(export.fields["x-api-key"] == "k3y" && export.fields["x-team"] == "pay", "{:?}", export.fields);
}

#[tokio::test]
async fn spans_are_sent_while_the_gateway_serves() {
    let upstream = Upstream::answers(json("{}")).await;
    let collector = Collector::grpc().await;
    let gateway = traced(&upstream, &collector, |_| {}).await;
    gateway.send(get("/nothing/known")).await;
    let spans = collector.spans_of(3).await;
    let root = spans.iter().find(|span| span.kind() == SpanKind::Server).unwrap();
    assert_eq!((root.name.as_str(), attribute(root, "http.route")), ("GET", None));
    assert_eq!(attribute(root, "dateline.operation").as_deref(), Some("other"));
    counted(&gateway, "dateline_spans_exported_total 3").await;
}

/// Waits for this line among the metrics.
async fn counted(gateway: &Gateway, line: &str) {
    within(line, async {
        while !gateway.admin("/metrics").await.text().lines().any(|told| told == line) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
}

#[tokio::test]
async fn what_is_dropped_is_counted() {
    let upstream = Upstream::answers(json("{}")).await;
    let absent = Upstream::absent().await;
    let gateway = Gateway::configured(&upstream, |config| {
        config.telemetry.otlp_endpoint = Some(absent.url.clone());
        config.telemetry.otlp_protocol = OtlpProtocol::Http;
    })
    .await;
    gateway.send(get("/nothing/known")).await;
    counted(&gateway, "dateline_spans_dropped_total 3").await;
    counted(&gateway, "dateline_spans_exported_total 0").await;
}

#[tokio::test]
async fn whose_fault_it_is_shows() {
    let collector = Collector::grpc().await;
    let gateway = traced(&Upstream::absent().await, &collector, |_| {}).await;
    assert_eq!(gateway.send(get(PLAN)).await.status(), 502);
    let spans = all(gateway, &collector).await;
    for name in ["GET /api/v1/plans/{id}", "GET"] {
        let span = named(&spans, name);
        assert_eq!(status(span), StatusCode::Error);
        assert_eq!(attribute(span, "error.type").as_deref(), Some("upstream_unreachable"));
        assert!(span.status.as_ref().unwrap().message.contains("refused"), "{span:#?}");
    }
    assert_eq!(attribute(named(&spans, "GET"), "http.response.status_code"), None);

    let collector = Collector::grpc().await;
    let upstream = Upstream::answers(super::support::answer("404 Not Found", &[], "")).await;
    let gateway = traced(&upstream, &collector, |_| {}).await;
    assert_eq!(gateway.send(get(PLAN)).await.status(), 404);
    let spans = all(gateway, &collector).await;
    let (root, client) = (named(&spans, "GET /api/v1/plans/{id}"), named(&spans, "GET"));
    assert_eq!((status(root), status(client)), (StatusCode::Unset, StatusCode::Error));
    assert_eq!(attribute(client, "error.type").as_deref(), Some("404"));

    let collector = Collector::grpc().await;
    let gateway = traced(&upstream, &collector, |_| {}).await;
    assert_eq!(gateway.send(get(PLAN).pin("2031-01-01")).await.status(), 400);
    let spans = all(gateway, &collector).await;
    assert_eq!((spans.len(), status(&spans[0])), (1, StatusCode::Unset));
    assert_eq!(attribute(&spans[0], "error.type").as_deref(), Some("unsupported_api_version"));
    assert!(!format!("{spans:?}").contains("2031"));
}

/// Returns the request that the upstream gets.
async fn passed_on(upstream: &Upstream, gateway: &Gateway, fields: &[(&str, &str)]) -> Message {
    let asked = fields.iter().fold(get(PLAN), |asked, (name, value)| asked.with(name, value));
    gateway.send(asked).await;
    upstream.requests().pop().unwrap()
}

#[tokio::test]
async fn the_upstream_is_told_as_configured() {
    let upstream = Upstream::answers(json("{}")).await;
    let collector = Collector::grpc().await;
    let with = [("traceparent", PARENT), ("tracestate", "a=1")];
    let bad = [("traceparent", "00-bad"), ("tracestate", "a=1")];

    let off = Gateway::before(&upstream).await;
    assert_eq!(passed_on(&upstream, &off, &[]).await.field("traceparent"), None);
    for fields in [with, bad] {
        let up = passed_on(&upstream, &off, &fields).await;
        assert_eq!((up.field("traceparent"), up.field("tracestate")), (Some(fields[0].1), Some("a=1")));
    }

    let propagate = async |propagate| {
        traced(&upstream, &collector, |config| config.telemetry.propagate = propagate).await
    };
    let never = propagate(Propagate::Never).await;
    assert_eq!(passed_on(&upstream, &never, &[]).await.field("traceparent"), None);
    assert_eq!(passed_on(&upstream, &never, &with).await.field("traceparent"), Some(PARENT));

    let always = propagate(Propagate::Always).await;
    let up = passed_on(&upstream, &always, &[]).await;
    assert!(up.field("traceparent").unwrap().ends_with("-01"));
    let up = passed_on(&upstream, &always, &bad).await;
    assert!(up.field("traceparent").unwrap().starts_with("00-") && up.field("traceparent") != Some("00-bad"));
    assert_eq!(up.field("tracestate"), None, "it belongs to another trace");
}

#[tokio::test]
async fn who_begins_a_trace_decides_whether_it_is_recorded() {
    let upstream = Upstream::answers(json("{}")).await;
    let collector = Collector::grpc().await;
    let none = traced(&upstream, &collector, |config| {
        config.telemetry.sample = Sample::parse("0").unwrap();
    })
    .await;
    let unsampled = PARENT.replace("-01", "-00");
    for _ in 0..20 {
        assert_eq!(passed_on(&upstream, &none, &[]).await.field("traceparent"), None);
    }
    let up = passed_on(&upstream, &none, &[("traceparent", &unsampled)]).await;
    assert_eq!(up.field("traceparent"), Some(unsampled.as_str()), "the client's span is above");
    passed_on(&upstream, &none, &[("traceparent", PARENT)]).await;
    let spans = all(none, &collector).await;
    assert!(!spans.is_empty() && spans.iter().all(|span| hex(&span.trace_id) == TRACE), "{spans:#?}");

    let collector = Collector::grpc().await;
    let half = traced(&upstream, &collector, |config| {
        config.telemetry.sample = Sample::parse("0.5").unwrap();
    })
    .await;
    for _ in 0..60 {
        passed_on(&upstream, &half, &[]).await;
    }
    let spans = all(half, &collector).await;
    let count = spans.iter().filter(|span| span.kind() == SpanKind::Server).count();
    assert!((10..=50).contains(&count), "{count} of 60 at a half");
}

#[tokio::test]
async fn a_secret_is_in_no_span() {
    let answer = json(r#"{"account":"canary_7","x":canary_7}"#);
    let upstream = Upstream::answers(answer).await;
    let collector = Collector::grpc().await;
    let gateway = traced(&upstream, &collector, |_| {}).await;
    let requests = secrets::requests();
    let count = requests.len();
    for request in requests {
        let request = request.with("tracestate", &format!("a={}", secrets::CANARY));
        gateway.send(request.clone()).await;
        gateway.send(request.pin("2026-07-01")).await;
    }
    let spans = all(gateway, &collector).await;
    let roots = spans.iter().filter(|span| span.kind() == SpanKind::Server).count();
    assert!(roots > count, "{roots} of {count} requests, each twice");
    let told = format!("{:?}", collector.exports());
    assert!(!told.contains(secrets::CANARY), "{told}");
}

#[tokio::test]
async fn a_collector_that_hangs_holds_nothing_up() {
    let upstream = Upstream::answers(json("{}")).await;
    let collector = Collector::silent().await;
    let gateway = traced(&upstream, &collector, |_| {}).await;
    for _ in 0..20 {
        assert_eq!(gateway.send(get(PLAN)).await.status(), 200);
    }
    let mut gateway = gateway;
    let stopped = Instant::now();
    gateway.stop();
    gateway.stopped().await;
    assert!(stopped.elapsed() < Duration::from_secs(8), "{:?}", stopped.elapsed());
}

#[cfg(unix)]
#[tokio::test]
async fn a_collector_that_is_not_there_is_told_of_once() {
    let upstream = Upstream::answers(json("{}")).await;
    let absent = Upstream::absent().await;
    let environment = [
        ("DATELINE_TELEMETRY__OTLP_ENDPOINT", absent.url.as_str()),
        ("DATELINE_TELEMETRY__OTLP_PROTOCOL", "http"),
    ];
    let gateway = Process::before(&upstream, &environment).await;
    let told = |text: &str| text.matches("traces do not get to the collector").count();
    assert_eq!(gateway.send(get(PLAN).with("traceparent", PARENT)).await.status(), 200);
    until("it is told", || told(&gateway.written()) == 1).await;
    assert_eq!(gateway.send(get(PLAN)).await.status(), 200);
    let events = gateway.requests(2).await;
    assert_eq!(events[0]["trace_id"], TRACE);
    assert!(events[1]["trace_id"].as_str().is_some_and(|id| id.len() == 32 && id != TRACE), "{}", events[1]);
    gateway.terminate();
    until("it has drained", || gateway.written().contains("drained")).await;
    let written = gateway.written();
    assert!(gateway.ended().await.success());
    assert_eq!(told(&written), 1, "{written}");
}

#[tokio::test]
async fn the_log_tells_a_clients_trace_without_a_collector() {
    let upstream = Upstream::answers(json("{}")).await;
    let gateway = Process::before(&upstream, &[]).await;
    gateway.send(get(PLAN).with("traceparent", PARENT)).await;
    gateway.send(get(PLAN).with("traceparent", "00-bad")).await;
    let events = gateway.requests(2).await;
    assert_eq!(events[0]["trace_id"], TRACE);
    assert!(events[1].get("trace_id").is_none() && events[0].get("span").is_none(), "{events:#?}");
}
