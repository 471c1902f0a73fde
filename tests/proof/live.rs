//! Live verification: a share of what clients get is held to what the upstream says natively, and nobody notices.

use super::support::{
    Connection, Gateway, Message, Process, Protocol, Upstream, answer, ask, get, json, until, within,
};
use dateline::{
    config::{Config, Sample, Verify},
    sandbox::Sandbox,
};
use serde_json::{Value, json};
use std::{
    io::Write,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};
use tokio::{net::TcpListener, sync::Notify};

const CANARY: &str = "canary_7";
const PLAN: &str = "/api/v1/plans/plan_x";
const OLD: &str = "2025-01-01";

fn everything(config: &mut Config) {
    config.verify = Verify { sample: Sample::ALL, concurrency: 64, ..Verify::default() };
}

/// Whether a request was sent by a check.
fn is_a_checks(request: &Message) -> bool {
    request.field("x-request-id").is_some_and(|id| id.starts_with("dateline-verify-"))
}

/// Answers in the version that is asked for: natively in the old one, `new` in the newest.
async fn natively(mut connection: Connection, old: Vec<u8>, new: Vec<u8>) -> Option<()> {
    loop {
        let request = connection.next().await?;
        let is_old = request.field("api-version-date") == Some(OLD);
        connection.send(if is_old { &old } else { &new }).await;
    }
}

async fn upstream_of(old: &str, new: &str) -> Upstream {
    let (old, new) = (json(old), json(new));
    Upstream::scripted(move |connection| natively(connection, old.clone(), new.clone())).await
}

async fn told(gateway: &Gateway) -> Value {
    gateway.admin("/api/verify").await.json()
}

/// What `/api/verify` says, once so many checks are over.
async fn checked(gateway: &Gateway, checks: u64) -> Value {
    within("checks are over", async {
        loop {
            let told = told(gateway).await;
            if over(&told) >= checks {
                return told;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await
}

fn over(told: &Value) -> u64 {
    let checks = told["checks"].as_array().unwrap();
    checks.iter().map(|check| check["count"].as_u64().unwrap()).sum()
}

fn results(told: &Value) -> Vec<(&str, &str, u64)> {
    let row = |check: &'_ Value| -> (String, String, u64) {
        let text = |name: &str| check[name].as_str().unwrap().to_owned();
        (text("operation"), text("result"), check["count"].as_u64().unwrap())
    };
    let rows = told["checks"].as_array().unwrap().iter().map(row);
    rows.map(|(operation, result, count)| (&*operation.leak(), &*result.leak(), count)).collect()
}

async fn metric(gateway: &Gateway, start: &str) -> f64 {
    let text = gateway.admin("/metrics").await.text().to_owned();
    let of_it = text.lines().filter(|line| line.starts_with(start));
    of_it.map(|line| line.rsplit_once(' ').unwrap().1.parse::<f64>().unwrap()).sum()
}

#[tokio::test]
async fn what_clients_get_is_verified_and_agrees() {
    let sandbox = Sandbox::new(None).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(sandbox.clone().serve(listener, std::future::pending()));
    let gateway = Gateway::configured(&Upstream::absent().await, |config| {
        everything(config);
        config.upstream.url = Some(url);
        config.verify.requests_per_minute = 1000;
    })
    .await;
    let asked = [
        ("/api/v1/plans?company_id=biz_pickaxe&first=2", OLD),
        ("/api/v1/plans/plan_pro", OLD),
        ("/api/v1/referrals/businesses", OLD),
        ("/api/v1/referrals/businesses/bref_pickaxe", "2026-06-09"),
        ("/api/v1/referrals/businesses/earnings", OLD),
    ];
    for (path, pin) in asked {
        let conditional = get(path).pin(pin).with("if-none-match", "\"x\"").with("accept-encoding", "gzip");
        let answer = gateway.send(conditional.with("idempotency-key", "key-1")).await;
        assert_eq!(answer.status(), 200, "{path}");
    }
    // Not read, not there, or not translated: nothing to verify.
    gateway.send(ask("POST", "/api/v1/plans").pin(OLD).json(r#"{"company_id":"biz_pickaxe"}"#)).await;
    gateway.send(ask("HEAD", "/api/v1/plans/plan_pro").pin(OLD)).await;
    gateway.send(get("/api/v1/plans/plan_none").pin(OLD)).await;
    gateway.send(get("/api/v1/plans/plan_pro").pin("2026-07-01")).await;

    let told = checked(&gateway, asked.len() as u64).await;
    assert!(results(&told).iter().all(|(_, result, _)| *result == "agreed"), "{told:#}");
    assert_eq!(over(&told), asked.len() as u64);
    let received = sandbox.received();
    let (checks, asked): (Vec<_>, Vec<_>) = received.iter().partition(|request| {
        request.headers.get("x-request-id").is_some_and(|id| id.as_bytes().starts_with(b"dateline-verify-"))
    });
    assert_eq!((checks.len(), asked.len()), (5, 9));
    for check in &checks {
        assert_eq!(check.method, "GET");
        let field = |name: &str| check.headers.get(name).map(|value| value.to_str().unwrap());
        assert!(field("if-none-match").or(field("idempotency-key")).is_none());
        assert!([Some(OLD), Some("2026-06-09")].contains(&field("api-version-date")));
        assert_eq!(field("authorization"), Some("Bearer test"));
    }
    assert_eq!(metric(&gateway, "dateline_requests_total{").await, 9.0, "checks are no requests of clients");
    assert_eq!(metric(&gateway, "dateline_verify_upstream_requests_total").await, 5.0);
    assert_eq!(metric(&gateway, "dateline_verify_total{").await, 5.0);
}

fn gzipped(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

/// However an answer came to its client: over any protocol, coded or not, whole or in pieces of a stream.
#[tokio::test]
async fn every_way_to_a_client_is_verified() {
    let list = |account: &str| {
        let plan = format!(r#"{{"id":"plan_x","{account}":{{"id":"biz_x"}},"x":"{}"}}"#, "y".repeat(80));
        format!(r#"{{"data":[{}]}}"#, vec![plan; 1000].join(","))
    };
    let (old, new) = (list("company"), list("account"));
    let length = new.len();
    let upstream = Upstream::scripted(move |mut connection| {
        let (old, new) = (old.clone(), new.clone());
        async move {
            loop {
                let request = connection.next().await?;
                let text = if request.field("api-version-date") == Some(OLD) { &old } else { &new };
                let coded = request.field("accept-encoding") == Some("gzip");
                let body = if coded { gzipped(text) } else { text.clone().into_bytes() };
                let coding = if coded { "content-encoding: gzip\r\n" } else { "" };
                let head =
                    "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n";
                connection.send(format!("{head}{coding}\r\n")).await;
                for piece in body.chunks(body.len().div_ceil(5)) {
                    connection.send(format!("{:x}\r\n", piece.len())).await;
                    connection.send(piece).await;
                    connection.send("\r\n").await;
                }
                connection.send("0\r\n\r\n").await;
            }
        }
    })
    .await;
    let gateway = Gateway::configured(&upstream, |config| {
        everything(config);
        config.verify.requests_per_minute = 1000;
    })
    .await;
    let mut asked = 0;
    for protocol in Protocol::ALL {
        for ask in [get("/api/v1/plans"), get("/api/v1/plans").with("accept-encoding", "gzip")] {
            let is_coded = ask.fields.iter().any(|(name, _)| name == "accept-encoding");
            let answer = gateway.receive(protocol, &ask.pin(OLD)).await.expect("a whole answer");
            assert_eq!(answer.body.len() == length, !is_coded, "{protocol:?}");
            asked += 1;
            let told = checked(&gateway, asked).await;
            assert_eq!(results(&told), [("GET /plans", "agreed", asked)], "{protocol:?}");
        }
    }
}

#[tokio::test]
async fn what_asks_for_another_method_is_not_sent_again() {
    let upstream = upstream_of(r#"{"company":null}"#, r#"{"account":null}"#).await;
    let gateway = Gateway::configured(&upstream, everything).await;
    gateway.send(get(PLAN).pin(OLD).with("x-http-method-override", "DELETE")).await;
    gateway.send(get(&format!("{PLAN}?_method=delete")).pin(OLD)).await;
    gateway.send(get(PLAN).pin(OLD)).await;
    let told = checked(&gateway, 1).await;
    assert_eq!((results(&told), upstream.count()), (vec![("GET /plans/{id}", "agreed", 1)], 4));
}

#[tokio::test]
async fn the_operator_sees_what_differs() {
    let upstream =
        upstream_of(r#"{"company":null,"<b>":"secret","price":1}"#, r#"{"account":null,"price":"1"}"#).await;
    let gateway = Gateway::configured(&upstream, everything).await;
    let quiet = gateway.admin("/").await.text().to_owned();
    assert!(quiet.contains("Nothing has been verified yet, of the 1 of all translated GETs"), "{quiet}");
    gateway.send(get(PLAN).pin(OLD)).await;
    let told = checked(&gateway, 1).await;
    assert_eq!(results(&told), [("GET /plans/{id}", "differed", 1)]);
    let place =
        |place: &Value| ["path", "native", "translated"].map(|name| place[name].as_str().unwrap().to_owned());
    let mut places: Vec<_> = told["differences"].as_array().unwrap().iter().map(place).collect();
    places.sort();
    let expected = [["$.price", "number", "string"], [r#"$["?"]"#, "string", "nothing"]];
    assert_eq!(places, expected.map(|place| place.map(str::to_owned)));
    let page = gateway.admin("/").await.text().to_owned();
    assert!(page.contains("✗ differs") && page.contains("<code>$.price</code>"), "{page}");
    let metrics = gateway.admin("/metrics").await.text().to_owned();
    let differed = r#"dateline_verify_total{operation="GET /plans/{id}",pin="2025-01-01",upstream_version="2026-07-01",result="differed"} 1"#;
    assert!(metrics.contains(differed), "{metrics}");
    for text in [page, metrics, told.to_string()] {
        assert!(!text.contains("secret") && !text.contains("<b>"), "{text}");
    }
}

#[tokio::test]
async fn a_wrong_translation_is_told_with_its_place_and_no_value() {
    let old = format!(r#"{{"id":"plan_x","company":null,"price":"{CANARY}","m":{{"{CANARY}@x.io":1}}}}"#);
    let new = r#"{"id":"plan_x","account":null,"price":6.90,"m":{}}"#;
    let upstream = upstream_of(&old, new).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("verify.jsonl");
    let environment = [
        ("DATELINE_LOG__FILTER", "trace"),
        ("DATELINE_VERIFY__SAMPLE", "1"),
        ("DATELINE_VERIFY__FILE", file.to_str().unwrap()),
    ];
    let gateway = Process::before(&upstream, &environment).await;
    let canary = get(&format!("{PLAN}?x={CANARY}")).without("authorization");
    let canary =
        canary.with("authorization", &format!("Bearer {CANARY}")).pin(OLD).with("x-request-id", "req-1");
    assert_eq!(gateway.send(canary).await.status(), 200);
    let is_a_warning = |event: &Value| event["target"] == "dateline::verify" && event["level"] == "WARN";
    let event = gateway.events(1, is_a_warning).await.remove(0);
    assert_eq!(event["operation"], "GET /plans/{id}");
    assert_eq!((&event["pin"], &event["upstream_version"]), (&json!(OLD), &json!("2026-07-01")));
    assert_eq!(event["request_id"], "req-1");
    let differences = event["differences"].as_str().unwrap();
    assert!(differences.contains("$.price (native string, translated number)"), "{differences}");
    until("a line is written", || std::fs::read_to_string(&file).is_ok_and(|text| text.ends_with('\n')))
        .await;
    let line = std::fs::read_to_string(&file).unwrap();
    let told: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(told["result"], "differed");
    assert_eq!(told["differences"][0]["path"], "$.price");
    assert!(!gateway.written().contains(CANARY) && !line.contains(CANARY), "{line}");
    assert!(upstream.requests().iter().all(|request| request.start.starts_with("GET ")));
}

#[tokio::test]
async fn no_minute_has_more_requests_than_the_budget() {
    let upstream = upstream_of(r#"{"company":null}"#, r#"{"account":null}"#).await;
    let gateway = Gateway::configured(&upstream, |config| {
        everything(config);
        config.verify.requests_per_minute = 30;
    })
    .await;
    for _ in 0..60 {
        assert_eq!(gateway.send(get(PLAN).pin(OLD)).await.status(), 200);
        // A check keeps room for all that it may need while it runs.
        until("no check runs", || upstream.requests().iter().filter(|sent| is_a_checks(sent)).count() <= 30)
            .await;
    }
    within("all are told", async {
        while over(&told(&gateway).await) as f64 + metric(&gateway, "dateline_verify_skipped_total{").await
            < 60.0
        {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
    let checks = upstream.requests().iter().filter(|sent| is_a_checks(sent)).count();
    assert!((1..=30).contains(&checks), "{checks}");
    let skipped = metric(&gateway, "dateline_verify_skipped_total{reason=\"budget\"}").await;
    assert_eq!(skipped as usize + checks, 60);
}

#[tokio::test]
async fn no_more_checks_run_at_once_than_may_and_no_client_waits_for_one() {
    let (waiting, go_on) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
    let (its_waiting, its_go_on) = (Arc::clone(&waiting), Arc::clone(&go_on));
    let upstream = Upstream::scripted(move |mut connection| {
        let (waiting, go_on) = (Arc::clone(&its_waiting), Arc::clone(&its_go_on));
        async move {
            loop {
                let request = connection.next().await?;
                if is_a_checks(&request) {
                    waiting.fetch_add(1, SeqCst);
                    go_on.notified().await;
                }
                connection.send(json(r#"{"account":null}"#)).await;
            }
        }
    })
    .await;
    let mut gateway = Gateway::configured(&upstream, |config| {
        everything(config);
        (config.verify.concurrency, config.verify.requests_per_minute) = (3, 1000);
    })
    .await;
    for _ in 0..10 {
        assert_eq!(gateway.send(get(PLAN).pin(OLD)).await.status(), 200);
    }
    let busy = "dateline_verify_skipped_total{reason=\"busy\"}";
    within("the others are skipped", async {
        while metric(&gateway, busy).await < 7.0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
    assert_eq!(waiting.load(SeqCst), 3);
    // They never get an answer, and the gateway does not wait for that.
    gateway.stop();
    let begun = std::time::Instant::now();
    gateway.stopped().await;
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    drop(go_on);
}

#[tokio::test]
async fn an_upstream_that_asks_to_be_left_alone_is() {
    let upstream = Upstream::scripted(|mut connection| async move {
        loop {
            let request = connection.next().await?;
            let refused = answer("429 Too Many Requests", &["retry-after: 30"], "");
            let answer = if is_a_checks(&request) { refused } else { json(r#"{"account":null}"#) };
            connection.send(answer).await;
        }
    })
    .await;
    let gateway = Gateway::configured(&upstream, everything).await;
    gateway.send(get(PLAN).pin(OLD)).await;
    let told = checked(&gateway, 1).await;
    assert_eq!(results(&told), [("GET /plans/{id}", "failed", 1)]);
    for _ in 0..5 {
        assert_eq!(gateway.send(get(PLAN).pin(OLD)).await.status(), 200);
    }
    assert_eq!(upstream.requests().iter().filter(|sent| is_a_checks(sent)).count(), 1);
    assert_eq!(metric(&gateway, "dateline_verify_skipped_total{reason=\"backoff\"}").await, 5.0);
}

/// What a client has not got whole, and what is too large, is not verified.
#[tokio::test]
async fn what_is_not_whole_or_too_large_is_not_verified() {
    let long = format!(r#"{{"account":null,"x":"{}"}}"#, "y".repeat(5000));
    let (answers, cut) = (json(&long), json(&long));
    let upstream = Upstream::scripted(move |mut connection| {
        let (answers, cut) = (answers.clone(), cut.clone());
        async move {
            loop {
                let request = connection.next().await?;
                if request.start.contains("cut") {
                    return connection.cut(&cut, 3000, super::support::End::Close).await;
                }
                connection.send(&answers).await;
            }
        }
    })
    .await;
    let gateway = Gateway::configured(&upstream, |config| {
        everything(config);
        config.verify.body_bytes = 4096;
    })
    .await;
    gateway.send(get(PLAN).pin(OLD)).await;
    let cut = gateway.send(get("/api/v1/plans/cut").pin(OLD)).await;
    assert_ne!(cut.status(), 200);
    within("it is told", async {
        while metric(&gateway, "dateline_verify_skipped_total{reason=\"too_large\"}").await < 1.0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
    assert_eq!(metric(&gateway, "dateline_verify_skipped_total{").await, 1.0);
    assert!(!upstream.requests().iter().any(is_a_checks));
    assert_eq!(over(&told(&gateway).await), 0);
}

#[tokio::test]
async fn off_is_off_and_a_reload_turns_it_on() {
    let upstream = upstream_of(r#"{"company":null}"#, r#"{"account":null}"#).await;
    let gateway = Gateway::before(&upstream).await;
    gateway.send(get(PLAN).pin(OLD)).await;
    let mut config = Config::default();
    config.upstream.url = Some(upstream.url.clone());
    config.upstream.version = Some(upstream.version);
    everything(&mut config);
    let pack = dateline::pack::Pack::embedded().unwrap();
    assert!(gateway.reloads().reload(Ok::<_, String>((config, pack))).is_some());
    gateway.send(get(PLAN).pin(OLD)).await;
    let told = checked(&gateway, 1).await;
    assert_eq!(results(&told), [("GET /plans/{id}", "agreed", 1)]);
    assert_eq!(upstream.count(), 3);
}
