//! Tests of which answers are verified, independent of how they reached their client.

use super::*;
use dateline_http::policy::MethodOverride;
use dateline_sandbox::Sandbox;
use std::io::Write;
use tokio::net::TcpListener;

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

/// Answers over any protocol, with or without coding, whole or streamed, are verified.
#[tokio::test]
async fn every_way_to_a_client_is_verified() {
    let list = |account: &str| {
        let plan = format!(r#"{{"id":"plan_x","{account}":{{"id":"biz_x"}},"x":"{}"}}"#, "y".repeat(80));
        format!(r#"{{"data":[{}]}}"#, vec![plan; 1000].join(","))
    };
    let (old, new) = (list("company"), list("account"));
    let length = new.len();
    let upstream = Upstream::scripted_with((old, new), move |mut connection, (old, new)| async move {
        loop {
            let request = connection.next().await?;
            let text = if request.field("api-version-date") == Some(OLD) { &old } else { &new };
            let coded = request.field("accept-encoding") == Some("gzip");
            let body = if coded { gzipped(text) } else { text.clone().into_bytes() };
            let coding = if coded { "content-encoding: gzip\r\n" } else { "" };
            let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n";
            connection.send(format!("{head}{coding}\r\n")).await;
            for piece in body.chunks(body.len().div_ceil(5)) {
                connection.send(format!("{:x}\r\n", piece.len())).await;
                connection.send(piece).await;
                connection.send("\r\n").await;
            }
            connection.send("0\r\n\r\n").await;
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
    let gateway = Gateway::configured(&upstream, |config| {
        everything(config);
        config.upstream.method_override = MethodOverride::Ignored;
    })
    .await;
    gateway.send(get(PLAN).pin(OLD).with("x-http-method-override", "DELETE")).await;
    gateway.send(get(&format!("{PLAN}?_method=delete")).pin(OLD)).await;
    gateway.send(get(PLAN).pin(OLD)).await;
    let told = checked(&gateway, 1).await;
    assert_eq!((results(&told), upstream.count()), (vec![("GET /plans/{id}", "agreed", 1)], 4));
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
    let pack = dateline_core::pack::Pack::embedded().unwrap();
    assert!(gateway.reloads().reload(Ok::<_, String>((config, pack))).is_some());
    gateway.send(get(PLAN).pin(OLD)).await;
    let told = checked(&gateway, 1).await;
    assert_eq!(results(&told), [("GET /plans/{id}", "agreed", 1)]);
    assert_eq!(upstream.count(), 3);
}
