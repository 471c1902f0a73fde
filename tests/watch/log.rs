//! The line of a request in the log: whose it is, what it wanted, how grave it is, where its time went.

use super::support::{Ask, End, Endpoint, Process, Upstream, answer, ask, get, json};
use serde_json::Value;
use std::time::Duration;

const PLAN: &str = "/api/v1/plans/plan_x";
const NEW: &str = r#"{"id":"plan_x","account":null}"#;
/// A key that the upstream of these tests accepts.
const KEY: &str = "Bearer sk_live_good";
/// The pause of the upstream between the head and the body of an answer.
const PAUSE: Duration = Duration::from_millis(60);

/// Accepts one key, and answers everybody else with a 401, and one path with a 404.
async fn picky() -> Upstream {
    Upstream::scripted(|mut connection| async move {
        loop {
            let request = connection.next().await?;
            let is_good = request.field("authorization") == Some(KEY);
            let answer = match (is_good, request.start.contains("plan_none")) {
                (false, _) => answer("401 Unauthorized", &[], ""),
                (true, true) => answer("404 Not Found", &[], ""),
                (true, false) => json(NEW),
            };
            connection.send(&answer).await;
        }
    })
    .await
}

/// A process with a usage file, a configured client and an operator's listener.
async fn started(upstream: &Upstream, folder: &tempfile::TempDir, more: &str) -> (Process, Endpoint) {
    let file = folder.path().join("dateline.toml");
    let usage = folder.path().join("usage.redb");
    let text = format!(
        "{more}\n[usage]\nfile = {usage:?}\nflush = \"20ms\"\n[[client]]\nname = \"cron\"\nhost = \"cron.test\"\n\
         [[client]]\nname = \"legacy\"\npath_prefix = \"/legacy\"\n"
    );
    std::fs::write(&file, text).unwrap();
    Process::with_operator(upstream, &["--config", file.to_str().unwrap()]).await
}

/// Lines in the order of their request ids: the line of an answer may come after its client has it.
fn by_id(mut events: Vec<Value>) -> Vec<Value> {
    events.sort_by_key(|event| event["request_id"].as_str().and_then(|id| id.parse::<usize>().ok()));
    events
}

fn keyed(path: &str, key: &str) -> Ask {
    get(path).without("authorization").with("authorization", key)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_14_2g_a_client_has_one_name_in_log_page_api_and_usage() {
    let upstream = picky().await;
    let folder = tempfile::tempdir().unwrap();
    let (gateway, operator) = started(&upstream, &folder, "").await;
    let broken = keyed(PLAN, "Bearer sk_live_broken");
    let requests = [
        // Before anything has shown that the key is good; the first good answer; and after it.
        keyed("/api/v1/plans/plan_none", KEY),
        keyed(PLAN, KEY),
        keyed(PLAN, KEY).pin("2031-01-01"),
        keyed("/api/v1/plans/plan_none", KEY),
        broken.clone(),
        broken.clone().pin("2031-01-01"),
        keyed(PLAN, KEY).host("cron.test").pin("2031-01-01"),
        keyed("/legacy/api/v1/plans/plan_x", KEY).pin("2031-01-01"),
        get(PLAN).without("authorization"),
    ];
    for (number, request) in requests.into_iter().enumerate() {
        gateway.send(request.with("x-request-id", &number.to_string())).await;
    }
    gateway.h2().await.whole(keyed(PLAN, KEY).with("x-request-id", "9")).await;
    let events = by_id(gateway.requests(10).await);
    let clients = operator.ask_operator("/api/clients").await.json();
    let named = clients["clients"].as_array().unwrap().iter().filter(|client| client["kind"] == "unnamed");
    let names: Vec<&Value> = named.map(|client| &client["client"]).collect();
    assert_eq!(names.len(), 1, "the key that was accepted: {clients:#}");
    let usage = operator.ask_operator("/api/usage").await.json();
    let kept = usage["usage"]["lines"].as_array().unwrap().iter();
    assert!(kept.filter(|line| line["client_kind"] == "unnamed").all(|line| line["client"] == *names[0]));
    let of = |at: usize| (events[at]["client"].clone(), events[at].get("client_accepted").cloned());
    for (at, accepted) in [(0, Some(false.into())), (1, None), (2, None), (3, None), (9, None)] {
        assert_eq!(of(at), (names[0].clone(), accepted), "{at}: {:#}", events[at]);
    }
    let (stranger, accepted) = of(4);
    assert!(stranger.as_str().unwrap().starts_with("key-") && stranger != *names[0], "{stranger}");
    assert_eq!((of(5), accepted), ((stranger, Some(false.into())), Some(false.into())));
    assert_eq!(
        (of(6), of(7)),
        (("cron".into(), None), ("legacy".into(), None)),
        "a refused version keeps its name"
    );
    assert_eq!(of(8), (Value::Null, None), "no credential, no name");
    assert!(!gateway.written().contains("sk_live"), "{}", gateway.written());
}

#[tokio::test]
async fn row_14_2g_the_version_that_was_wanted_is_told_and_a_key_in_its_place_is_not() {
    let upstream = Upstream::answers(json(NEW)).await;
    let gateway = Process::before(&upstream, &[("DATELINE_LOG__FILTER", "trace")]).await;
    let sent = [
        ("2031-01-01", "2031-01-01"),
        ("2026-07-01T00:00:00Z", "2026-07-01\u{2026}"),
        ("latest", "latest"),
        ("sk_live_51H8", "not a version (12 bytes)"),
        ("2026-07-01sk_live_51H8", "not a version (22 bytes)"),
        ("jane@example.org", "not a version (16 bytes)"),
    ];
    let mut requests: Vec<Ask> = sent.iter().map(|(version, _)| get(PLAN).pin(version)).collect();
    requests.extend([get(PLAN).pin("2031-01-01").pin("2031-01-01"), get(PLAN)]);
    for (number, request) in requests.into_iter().enumerate() {
        gateway.send(request.with("x-request-id", &number.to_string())).await;
    }
    let events = by_id(gateway.requests(sent.len() + 2).await);
    for ((version, told), event) in sent.iter().zip(&events) {
        assert_eq!(
            (&event["wanted_version"], &event["error"]),
            (&(*told).into(), &"unsupported_api_version".into()),
            "{version}"
        );
    }
    assert!(events[sent.len()..].iter().all(|event| event.get("wanted_version").is_none()), "{events:#?}");
    assert!(!gateway.written().contains("sk_live") && !gateway.written().contains("jane"));
}

#[tokio::test]
async fn row_14_2g_an_error_has_the_level_of_what_went_wrong() {
    let broken = Upstream::scripted(|mut connection| async move {
        loop {
            let request = connection.next().await?;
            let of_length = |length: usize, body: &str| {
                format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}")
            };
            match request.start.split(' ').nth(1)?.rsplit('/').next()? {
                "untranslatable" => connection.send(json("{\"account\":x}")).await,
                "failing" => connection.send(answer("503 Service Unavailable", &[], "")).await,
                "gone" => return connection.end(End::Rst).await,
                _ => {
                    connection.send(of_length(200_000, &"x".repeat(100_000))).await;
                    return connection.end(End::Close).await;
                }
            }
        }
    })
    .await;
    let absent = Upstream::absent().await;
    let gateway = Process::before(&broken, &[]).await;
    let of = |name: &str| get(&format!("/api/v1/plans/{name}"));
    let unreachable = Process::before(&absent, &[]).await;
    unreachable.send(of("x")).await;
    let levels = |events: &[Value]| {
        let told = events.iter().map(|event| {
            (event["level"].as_str().unwrap().to_owned(), event["error"].as_str().unwrap_or("-").to_owned())
        });
        told.collect::<Vec<_>>()
    };
    let pair = |level: &str, error: &str| (level.to_owned(), error.to_owned());
    assert_eq!(levels(&unreachable.requests(1).await), [pair("WARN", "upstream_unreachable")]);
    let requests = [
        of("untranslatable"),
        of("gone"),
        of("failing"),
        of("x").pin("2031-01-01"),
        ask("POST", "/api/v1/plans").json("{"),
        of("cut").pin("2026-07-01"),
    ];
    for (number, request) in requests.into_iter().enumerate() {
        let mut client = gateway.connect().await;
        let request = request.with("x-request-id", &number.to_string()).with("connection", "close");
        client.send(request.bytes()).await;
        client.rest().await;
    }
    let expected = [
        pair("ERROR", "response_untranslatable"),
        pair("WARN", "upstream_failed"),
        pair("INFO", "-"),
        pair("INFO", "unsupported_api_version"),
        pair("INFO", "json_invalid"),
        pair("ERROR", "upstream_truncated"),
    ];
    assert_eq!(levels(&by_id(gateway.requests(6).await)), expected);
}

#[tokio::test]
async fn row_14_2g_the_upstreams_time_has_its_last_byte_in_it() {
    let upstream = Upstream::scripted(|mut connection| async move {
        let request = connection.next().await?;
        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 30\r\n\r\n";
        connection.send(head).await;
        tokio::time::sleep(PAUSE).await;
        if !request.start.contains("plan_cut") {
            connection.send(NEW).await;
        }
        connection.end(End::Close).await
    })
    .await;
    let gateway = Process::before(&upstream, &[]).await;
    let cut = "/api/v1/plans/plan_cut";
    for (id, path, pin) in [("0", PLAN, "2025-01-01"), ("1", PLAN, "2026-07-01"), ("2", cut, "2026-07-01")] {
        let mut client = gateway.connect().await;
        client.send(get(path).pin(pin).with("x-request-id", id).with("connection", "close").bytes()).await;
        client.rest().await;
    }
    let events = by_id(gateway.requests(3).await);
    for event in &events[..2] {
        let of = |name: &str| event[name].as_u64().unwrap_or_else(|| panic!("{name}: {event}"));
        let pause = u64::try_from(PAUSE.as_micros()).unwrap();
        assert!(of("upstream_total_us") >= pause && of("total_us") >= of("upstream_total_us"), "{event}");
        assert!(of("upstream_total_us") >= of("upstream_us"), "{event}");
    }
    assert!(events[2].get("upstream_total_us").is_none(), "its last byte never came: {}", events[2]);
}

#[tokio::test]
async fn row_14_2g_address_path_and_agent_are_written_where_they_are_asked_for_without_secrets() {
    let upstream = Upstream::answers(json(NEW)).await;
    let request = get("/api/v1/plans/sk_live_path/jane@example.org/own%2Dkey?token=sk_live_query")
        .without("authorization")
        .with("authorization", "Bearer own-key")
        .with("user-agent", "shop/1.0 (own-key; admin@example.org)")
        .with("x-forwarded-for", "203.0.113.7, 198.51.100.1");
    let plain = Process::before(&upstream, &[]).await;
    plain.send(request.clone()).await;
    let event = &plain.requests(1).await[0];
    for field in ["peer", "path", "user_agent"] {
        assert!(event.get(field).is_none(), "{event}");
    }
    let environment = [("DATELINE_LOG__FIELDS", "peer,path,user_agent")];
    let gateway = Process::before(&upstream, &environment).await;
    gateway.send(request.clone()).await;
    let event = &gateway.requests(1).await[0];
    assert_eq!(event["peer"], "127.0.0.1", "a stranger says nothing of its address: {event}");
    let path = event["path"].as_str().unwrap();
    let segments: Vec<&str> = path.split('/').collect();
    assert_eq!((segments.len(), &segments[..4]), (7, &["", "api", "v1", "plans"][..]), "{path}");
    assert!(segments[4].starts_with("redacted-") && segments[6].starts_with("redacted-"), "{path}");
    assert!(segments[5].starts_with("redacted-") && segments[5].ends_with("@example.com"), "{path}");
    let agent = event["user_agent"].as_str().unwrap();
    assert!(agent.starts_with("shop/1.0 (redacted-") && agent.ends_with("@example.com)"), "{agent}");
    let written = gateway.written();
    for secret in ["sk_live", "own-key", "own%2D", "jane", "admin@", "token="] {
        assert!(!written.contains(secret), "{secret}: {written}");
    }
    let believing = [environment[0], ("DATELINE_LISTEN__TRUSTED_PROXIES", "127.0.0.0/8")];
    let gateway = Process::before(&upstream, &believing).await;
    gateway.send(request.clone()).await;
    gateway.h2().await.whole(request.with("x-request-id", "h2")).await;
    let events = gateway.requests(2).await;
    assert!(events.iter().all(|event| event["peer"] == "198.51.100.1"), "{events:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_14_2g_more_fields_and_another_time_for_a_verdict_take_a_reload_only() {
    let upstream = picky().await;
    let folder = tempfile::tempdir().unwrap();
    let (gateway, operator) = started(&upstream, &folder, "").await;
    gateway.send(keyed(PLAN, KEY)).await;
    assert_eq!(operator.ask_operator("/api/versions").await.json()["watched"]["verdict_after"], 30 * 86_400);
    let file = folder.path().join("dateline.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    let text = text.replace("flush =", "verdict_after = \"36h\"\nflush =");
    std::fs::write(&file, format!("[log]\nfields = [\"path\"]\n{text}")).unwrap();
    gateway.hang_up();
    gateway.events(1, |event| event["message"] == "reloaded").await;
    gateway.send(keyed(PLAN, KEY)).await;
    let events = gateway.requests(2).await;
    assert_eq!((events[0].get("path"), &events[1]["path"]), (None, &PLAN.into()), "{events:#?}");
    assert_eq!(events[0]["client"], events[1]["client"], "a reload changes no name");
    assert_eq!(operator.ask_operator("/api/versions").await.json()["watched"]["verdict_after"], 36 * 3_600);
    let restart =
        |event: &Value| event["message"].as_str().is_some_and(|text| text.contains("takes a restart"));
    assert!(gateway.events(0, restart).await.is_empty());
}
