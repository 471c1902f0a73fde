//! A secret in every place where one can stand never reaches the log, an error or a panic's text (row 45).
//!
//! Every process here logs all it can: its filter is `trace`.

use super::support::{Ask, Frames, Message, Process, Upstream, answer, ask, get, json, within};
use crate::common::program::{Ran, dateline, ran};
use std::process::Command;

/// Eight bytes, so that it fits where HTTP/2 has no room for more.
pub(crate) const CANARY: &str = "canary_7";

const PLANS: &str = "/api/v1/plans";

/// A gateway that lets unknown versions pass, so that more of it is reached.
async fn tracing(upstream: &Upstream) -> Process {
    let environment = [
        ("DATELINE_LOG__FILTER", "trace,h2=trace,hyper=trace,rustls=trace"),
        ("DATELINE_PINS__UNKNOWN", "pass"),
        ("DATELINE_TIMEOUTS__REQUEST_HEAD", "500ms"),
        ("DATELINE_TIMEOUTS__RESPONSE_HEADER", "1s"),
        ("DATELINE_TIMEOUTS__RESPONSE_BODY_IDLE", "200ms"),
        ("DATELINE_TIMEOUTS__REQUEST_BODY_IDLE", "200ms"),
        ("DATELINE_TIMEOUTS__KEEP_ALIVE", "500ms"),
    ];
    Process::before(upstream, &environment).await
}

/// Checks that the process has written nothing that holds the secret.
async fn nothing_written(gateway: &Process) {
    // What is written comes in order.
    // It is refused, so that the upstream has no part in it.
    let last = gateway.send(get(PLANS).pin("none, none").with("x-request-id", "the-last")).await;
    assert_eq!(last.status(), 400);
    gateway.events(1, |event| event["request_id"] == "the-last").await;
    discreet(&gateway.written());
}

fn discreet(text: &str) {
    let found: Vec<&str> = text.lines().filter(|line| line.contains(CANARY)).collect();
    assert!(found.is_empty(), "{found:#?}");
}

/// Checks that an answer of the gateway itself does not repeat the secret, neither in its body nor in its head.
fn not_told(answer: &Message) {
    if answer.field("dateline-outcome").is_some() {
        discreet(&format!("{}{}", answer.head_text(), String::from_utf8_lossy(&answer.body)));
    }
}

/// Requests that carry the secret wherever a client can put one.
pub(crate) fn requests() -> Vec<Ask> {
    let target = format!("{PLANS}?company_id={CANARY}&{CANARY}=1&first={CANARY}");
    let plain = ask("POST", &target).json(&format!(r#"{{"company_id":"{CANARY}","{CANARY}":1}}"#));
    let mut requests = Vec::new();
    for scheme in ["Bearer ", "bearer  ", "Basic ", "Digest username=", "Token token=", "ApiKey ", ""] {
        let authorization = format!("{scheme}{CANARY}");
        requests.push(plain.clone().without("authorization").with("authorization", &authorization));
    }
    for name in [
        "authorization",
        "proxy-authorization",
        "cookie",
        "idempotency-key",
        "x-api-key",
        "x-other",
        "referer",
        "origin",
        "if-none-match",
        "if-match",
        "range",
        "accept",
        "accept-encoding",
        "content-encoding",
        "content-language",
        "expect",
        "te",
        "upgrade",
        "connection",
        "forwarded",
        "x-forwarded-for",
        "x_underscored",
        "api-version-date",
    ] {
        requests.push(plain.clone().with(name, CANARY));
        requests.push(plain.clone().with(name, CANARY).with(name, CANARY));
    }
    requests.push(plain.clone().with(CANARY, "1"));
    // An id that is not fit; one that is is told on purpose.
    requests.push(plain.clone().with("x-request-id", &format!("{CANARY} {CANARY}")));
    requests.push(plain.clone().host(&format!("{CANARY}.example.com")));
    requests.push(plain.clone().host(&format!("{CANARY}@example.com")));
    for body in [
        format!("{{{CANARY}"),
        format!(r#"{{"company_id":"{CANARY}","company_id":"{CANARY}"}}"#),
        format!(r#"{{"company_id":{CANARY}}}"#),
        format!("\"{CANARY}\\u00\""),
        format!("{}\"{CANARY}\"", "[".repeat(70)),
    ] {
        requests.push(ask("POST", &target).json(&body));
    }
    requests.push(ask("POST", &target).form(&format!("company_id={CANARY}&%{CANARY}=%ff")));
    requests.push(ask("POST", &target).with("content-type", CANARY).body(CANARY));
    let plans = format!("{PLANS}/{CANARY}");
    for target in [
        &plans,
        &format!("/{CANARY}"),
        &format!("{PLANS}/%2e%2e/{CANARY}"),
        &format!("//{CANARY}"),
        &format!("/api/v1/users/{CANARY}/access/{CANARY}"),
    ] {
        requests.push(get(target));
        requests.push(ask(CANARY, target));
    }
    requests
}

#[tokio::test]
async fn row_45_a_secret_in_a_request_is_never_told() {
    let fields = ["content-type: application/json", "set-cookie: canary_7", "x-other: canary_7"];
    let broken = answer("200 OK", &fields, r#"{"account":"canary_7","x":canary_7}"#);
    let upstream = Upstream::answers(broken).await;
    let gateway = tracing(&upstream).await;
    for request in requests() {
        for pinned in [request.clone(), request.pin("2026-07-01"), get(PLANS).pin("2027-01-01")] {
            not_told(&gateway.send(pinned.clone()).await);
            if let Some(answer) = gateway.h2().await.try_whole(&pinned).await {
                not_told(&answer);
            }
        }
    }
    nothing_written(&gateway).await;
}

#[tokio::test]
async fn row_45_a_secret_in_a_malformed_head_is_never_told() {
    let upstream = Upstream::answers(json("{}")).await;
    let gateway = tracing(&upstream).await;
    for head in [
        "GET /api/v1/plans?canary_7 canary_7 HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET http://canary_7@[/canary_7 HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET http://u:canary_7@example.com/ HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET canary_7 HTTP/1.1\r\nHost: x\r\n\r\n",
        "CONNECT canary_7:443 HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET / HTTP/canary_7\r\nHost: x\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nAuthorization: canary_7\u{1}\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nAuthorization: canary_7\r\n canary_7\r\n\r\n",
        "GET / HTTP/1.1\r\ncanary_7 : x\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nAuthorization canary_7\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: canary_7\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: canary_7\r\n\r\n",
        "POST /api/v1/plans HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\
            Transfer-Encoding: chunked\r\n\r\ncanary_7\r\n",
        "POST /api/v1/plans HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\
            Transfer-Encoding: chunked\r\n\r\n2\r\n{}canary_7\r\n",
        "POST /api/v1/plans HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\
            Transfer-Encoding: chunked\r\n\r\n2;canary_7=1\r\n{}\r\n0\r\nAuthorization: canary_7\r\n\r\n",
        "canary_7\r\n\r\n",
    ] {
        let mut client = gateway.connect().await;
        client.send(head).await;
        discreet(&String::from_utf8_lossy(&client.rest().await));
    }
    let mut client = gateway.connect().await;
    client.send(b"GET / HTTP/1.1\r\nHost: x\r\nAuthorization: canary_7\xff\xfe\r\n\r\n").await;
    not_told(&client.answer().await);
    nothing_written(&gateway).await;
    assert!(gateway.written().contains("\"level\":\"DEBUG\""), "the filter lets all through");
}

#[tokio::test]
async fn row_45_a_secret_in_malformed_http2_is_never_told() {
    const DATA: u8 = 0;
    const PING: u8 = 6;
    const GOAWAY: u8 = 7;
    const ACK: u8 = 1;
    let upstream = Upstream::answers(json("{}")).await;
    let gateway = tracing(&upstream).await;
    for fields in [
        [(":method", "GET"), (":scheme", "http"), (":authority", "x"), (":path", "/a b?canary_7")],
        [(":method", "GET"), (":scheme", "http"), (":authority", "canary_7@["), (":path", "/")],
        [(":method", "GET"), (":scheme", "canary_7!"), (":authority", "x"), (":path", "/")],
        [(":method", "canary_7 "), (":scheme", "http"), (":authority", "x"), (":path", "/")],
        [(":canary_7", "GET"), (":scheme", "http"), (":authority", "x"), (":path", "/")],
    ] {
        let mut client = Frames::to(&gateway).await;
        client.head(1, &fields, true).await;
        client.fate(1).await;
    }
    // Debug data, and a ping's answer that nobody asked for; then the connection ends in the middle of a body.
    let mut clients = Vec::new();
    let whole = [(":method", "POST"), (":scheme", "http"), (":authority", "x"), (":path", PLANS)];
    for (code, kind) in [(0, "application/json"), (1, "text/plain"), (11, "application/json")] {
        let mut client = Frames::to(&gateway).await;
        client.head(1, &[whole.as_slice(), &[("content-type", kind)]].concat(), false).await;
        client.send(PING, ACK, 0, CANARY).await;
        client.send(DATA, 0, 1, format!("{{\"{CANARY}")).await;
        let away = [&[0, 0, 0, 0, 0, 0, 0, code], CANARY.as_bytes()].concat();
        client.send(GOAWAY, 0, 0, away).await;
        clients.push(client);
    }
    gateway.events(3, |event| event["request_bytes"].as_u64() > Some(0)).await;
    nothing_written(&gateway).await;
}

#[tokio::test]
async fn row_45_a_secret_in_an_answer_is_never_told() {
    for wire in [
        "HTTP/1.1 200 canary_7\r\ncanary_7: canary_7\r\ncontent-length: canary_7\r\n\r\n",
        "HTTP/canary_7 200 OK\r\n\r\n",
        "canary_7",
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\ncanary_7\r\n",
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: canary_7\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-encoding: canary_7\r\ncontent-length: 2\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 13\r\n\r\n{\"a\":canary_7",
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 999\r\n\r\n{\"a\":\"canary_7",
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\
            content-length: 37\r\n\r\n{\"account\":\"canary_7\",\"account\":null}1",
        "HTTP/1.1 206 OK\r\ncontent-type: application/json\r\ncontent-range: canary_7\r\ncontent-length: 2\r\n\r\n{}",
        "HTTP/1.1 101 canary_7\r\nupgrade: canary_7\r\nconnection: upgrade\r\n\r\ncanary_7",
        "HTTP/1.1 500 canary_7\r\nlocation: http://canary_7/\r\ncontent-length: 8\r\n\r\ncanary_7",
        "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}canary_7 and more",
    ] {
        let upstream = Upstream::scripted(move |mut connection| async move {
            connection.next().await?;
            connection.send(wire).await;
            None
        })
        .await;
        let gateway = tracing(&upstream).await;
        for request in [get(&format!("{PLANS}/plan_x")), ask("POST", PLANS).json("{}")] {
            let mut client = gateway.connect().await;
            client.send(request.with("connection", "close").bytes()).await;
            let text = String::from_utf8_lossy(&client.rest().await).into_owned();
            if text.to_ascii_lowercase().contains("dateline-outcome") {
                discreet(&text);
            }
        }
        nothing_written(&gateway).await;
    }
}

#[test]
fn row_45_a_secret_in_the_configuration_is_never_told() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("dateline.toml");
    let started = |text: &str, variables: &[(&str, &str)]| {
        std::fs::write(&file, text).unwrap();
        let mut serve = dateline(&["serve", "--config", file.to_str().unwrap()]);
        serve.envs([("DATELINE_LISTEN__ADDRESS", "127.0.0.1:0"), ("DATELINE_ADMIN__ADDRESS", "off")]);
        let Ran { code, output, notes } = ran(serve.envs(variables.iter().copied()));
        assert_eq!(code, Some(2), "{text} {variables:?}");
        discreet(&(output + &notes));
    };
    for text in [
        "[upstream]\nurl = \"https://me:canary_7@api.example.com\"",
        "[upstream]\nurl = \"https://api.example.com/canary_7?key=canary_7\"",
        "[upstream]\nurl = \"canary_7\"",
        "[upstream]\nurl = [\"canary_7\"]",
        "[upstream]\nurl = \"https://me:canary_7@api.example.com",
        "[upstream]\nurl = https://me:canary_7@api.example.com",
        "[[client]]\nname = \"a\"\nbearer_sha256 = \"canary_7\"",
        "[[client]]\nname = \"a\"\nbearer_sha256 = canary_7",
    ] {
        started(text, &[]);
    }
    started("", &[("DATELINE_UPSTREAM__URL", "https://me:canary_7@api.example.com")]);
    started("", &[("DATELINE_UPSTREAM__URI", "https://me:canary_7@api.example.com")]);
    started("", &[("DATELINE_CLIENT__BEARER_SHA256", "canary_7")]);
    started("", &[("HTTPS_PROXY", "socks5://me:canary_7@127.0.0.1:1")]);
}

#[tokio::test]
async fn row_45_a_secret_of_a_proxy_is_never_told() {
    let mut upstream = Upstream::absent().await;
    upstream.url = "https://api.example.com".to_owned();
    let refusing =
        Upstream::answers(answer("407 canary_7", &["proxy-authenticate: canary_7"], "canary_7")).await;
    let silent = Upstream::absent().await;
    for proxy in [&refusing, &silent] {
        let proxy = proxy.url.replace("://", "://me:canary_7@");
        let environment = [("DATELINE_LOG__FILTER", "trace"), ("HTTPS_PROXY", proxy.as_str())];
        let gateway = Process::before(&upstream, &environment).await;
        let answer = gateway.send(get(PLANS)).await;
        assert_eq!(answer.error(), (502, "upstream_unreachable".to_owned()));
        not_told(&answer);
        gateway.requests(1).await;
        discreet(&gateway.written());
    }
    assert_eq!(refusing.count(), 1, "the proxy was asked");
}

/// Set in the process that panics on purpose.
const CHILD: &str = "DATELINE_TEST_PANICS";

/// Slicing a `str` quotes all of it in the panic's text, so the process that has a log is another one.
#[tokio::test]
async fn row_45_a_secret_in_a_panic_is_never_told() {
    if std::env::var_os(CHILD).is_some() {
        let log = dateline_gateway::Config::default().log;
        let (_flush, _) = dateline_gateway::log::init(&log).expect("a log");
        let text = format!("é{CANARY}");
        let _ = tokio::spawn(async move { text[1..].len() }).await.expect_err("it panics");
        let _ = tokio::spawn(async { panic!("a text of the source") }).await.expect_err("it panics");
        return;
    }
    let name = "faults::secrets::row_45_a_secret_in_a_panic_is_never_told";
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", name, "--nocapture"]).env(CHILD, "1").env("RUST_BACKTRACE", "1");
    let child = tokio::task::spawn_blocking(move || child.output().unwrap());
    let output = within("the process that panics", child).await.unwrap();
    let written = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success(), "{written}");
    discreet(&written);
    let events: Vec<&str> = written.lines().filter(|line| line.contains("\"a thread panicked\"")).collect();
    assert_eq!(events.len(), 2, "{written}");
    assert!(events.iter().all(|event| event.contains("tests/faults/secrets.rs:")), "{events:?}");
    assert!(events[1].contains("a text of the source"), "{events:?}");
}
