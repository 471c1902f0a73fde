//! The upstream's errors in the client's words, through the gateway.

use super::support::{Ask, Gateway, Message, Process, Protocol, Upstream, answer, ask, get, respond, v};
use crate::common::pack;
use dateline_gateway::Config;
use dateline_sandbox::Sandbox;
use std::io::Write;

const VERSIONS: [&str; 5] = ["2025-01-01", "2026-06-08", "2026-06-09", "2026-06-20", "2026-07-01"];
const PLANS: &str = "/api/v1/plans?company_id=biz_x";
const JSON: &str = "content-type: application/json";
const CAME: &str = r#"{"error":{"type":"invalid_parameter","message":"Invalid parameter: `account_id` must be an id.","param":"account_id"},"account_id":1}"#;
const TOLD: &str = r#"{"error":{"type":"invalid_parameter","message":"Invalid parameter: `company_id` must be an id.","param":"company_id"},"account_id":1}"#;

fn length(answer: &Message) -> Option<usize> {
    answer.field("content-length").map(|length| length.parse().expect("a number"))
}

/// Requests at a version that the sandbox refuses because of a parameter that has another name elsewhere.
fn refused(pin: &str) -> Vec<Ask> {
    let users = if pin < "2026-06-08" { "company_id" } else { "account_id" };
    let plans = if pin < "2026-06-09" { "company_id" } else { "account_id" };
    let order = if pin < "2026-06-20" { "processing_volume" } else { "volume_usd" };
    let json = |name: &str| format!(r#"{{"title":"t","{name}":{{"id":"account_id"}}}}"#);
    [
        get(&format!("/api/v1/plans?{plans}[x]=1&first=2")),
        get(&format!("/api/v1/plans?{plans}=biz_pickaxe&first=none")),
        ask("POST", "/api/v1/plans").json(&json(plans)),
        ask("POST", "/api/v1/plans").form(&format!("title=t&{plans}[]=biz_x")),
        get(&format!("/api/v1/users?{users}[]=x")),
        get(&format!("/api/v1/users/user_ada?{users}[a]=x")),
        get(&format!("/api/v1/users/user_ada?{users}=biz_pickaxe&nope=1")),
        get(&format!("/api/v1/users/user_ada/access/prod_analytics?{users}[]=x")),
        ask("PATCH", "/api/v1/users/me").json(&format!(r#"{{"{users}":7}}"#)),
        ask("PATCH", "/api/v1/users/me").form(&format!("{users}[a]=7")),
        ask("PATCH", &format!("/api/v1/users/user_bo?{users}[]=7")).json(r#"{"name":"Bo"}"#),
        get(&format!("/api/v1/referrals/businesses?order[]={order}")),
        get(&format!("/api/v1/referrals/businesses?order={order}&nope=1")),
        ask("DELETE", &format!("/api/v1/plans/plan_pro?{plans}=biz_x")),
    ]
    .map(|ask| ask.pin(pin))
    .into()
}

#[tokio::test]
async fn an_error_between_any_two_versions_is_as_native() {
    let mut named = 0;
    for version in VERSIONS {
        let upstream = Upstream::sandbox(version).await;
        let gateway = Gateway::before(&upstream).await;
        for pin in VERSIONS {
            let oracle = Sandbox::new(Some(v(pin))).unwrap();
            for ask in refused(pin) {
                let case = format!("{} {} from {pin} at {version}", ask.method, ask.target);
                let native = respond(&oracle, &ask);
                assert!((400..500).contains(&native.status()), "{case}: {}", native.text());
                let told = gateway.send(ask).await;
                assert_eq!((told.status(), told.text()), (native.status(), native.text()), "{case}");
                assert_eq!(length(&told), Some(told.body.len()), "{case}");
                let names = told.text().contains("company_id") || told.text().contains("`account_id");
                named += usize::from(names && pin != version);
            }
        }
    }
    assert!(named > 100, "{named} errors between two versions that name the parameter");
}

#[tokio::test]
async fn an_error_is_told_in_every_protocol_and_framing() {
    let chunked = format!(
        "HTTP/1.1 422 Unprocessable\r\n{JSON}\r\ntransfer-encoding: chunked\r\n\r\n{:x}\r\n{}\r\n{:x}\r\n{}\r\n0\r\n\r\n",
        70,
        &CAME[..70],
        CAME.len() - 70,
        &CAME[70..]
    );
    let ending = format!("HTTP/1.1 422 Unprocessable\r\n{JSON}\r\n\r\n{CAME}");
    for (closes, came) in [
        (false, answer("422 Unprocessable", &[JSON], CAME)),
        (false, answer("503 Service Unavailable", &["content-type: application/problem+json"], CAME)),
        (false, chunked.into_bytes()),
        (true, ending.into_bytes()),
    ] {
        let upstream = match closes {
            true => Upstream::answers_and_closes(came).await,
            false => Upstream::answers(came).await,
        };
        let gateway = Gateway::before(&upstream).await;
        for protocol in Protocol::ALL {
            let told = gateway.receive(protocol, &get(PLANS)).await.expect("whole");
            assert_eq!((told.text(), length(&told)), (TOLD, Some(TOLD.len())), "{protocol:?}");
            assert!(told.status() >= 400);
        }
    }
}

#[tokio::test]
async fn what_was_true_of_other_bytes_is_not_told() {
    let fields = [
        JSON,
        "etag: \"x\"",
        "content-digest: sha-256=:x:",
        "content-md5: x",
        "accept-ranges: bytes",
        "x-kept: 1",
    ];
    let upstream = Upstream::answers(answer("400 Bad Request", &fields, CAME)).await;
    let gateway = Gateway::before(&upstream).await;
    let told = gateway.send(get(PLANS)).await;
    for gone in ["etag", "content-digest", "content-md5", "accept-ranges"] {
        assert_eq!(told.field(gone), None, "{gone}");
    }
    assert_eq!((told.field("x-kept"), told.field("api-version-date")), (Some("1"), Some("2025-01-01")));

    let same = gateway.send(get("/api/v1/plans?first=1")).await;
    assert_eq!(
        (same.text(), same.field("content-md5"), same.field("etag")),
        (CAME, Some("x"), Some("\"x\""))
    );
}

#[tokio::test]
async fn a_compressed_error_is_told_in_its_coding() {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(CAME.as_bytes()).unwrap();
    let coded = encoder.finish().unwrap();
    let head = format!(
        "HTTP/1.1 400 Bad\r\n{JSON}\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n",
        coded.len()
    );
    let upstream = Upstream::answers([head.as_bytes(), &coded].concat()).await;
    let gateway = Gateway::before(&upstream).await;
    for path in [PLANS, "/api/v1/users?company_id=biz_x"] {
        let told = gateway.send(get(path).with("accept-encoding", "gzip")).await;
        assert_eq!((told.field("content-encoding"), length(&told)), (Some("gzip"), Some(told.body.len())));
        let mut text = String::new();
        std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(&told.body[..]), &mut text).unwrap();
        assert_eq!(text, TOLD, "{path}");
    }
    // What is not what its head says passes as it came.
    let broken = format!(
        "HTTP/1.1 400 Bad\r\n{JSON}\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n{CAME}",
        CAME.len()
    );
    let upstream = Upstream::answers(broken).await;
    let told = Gateway::before(&upstream).await.send(get(PLANS)).await;
    assert_eq!((told.status(), told.text(), told.field("content-encoding")), (400, CAME, Some("gzip")));
}

#[tokio::test]
async fn what_is_no_error_of_the_apis_passes_as_it_came() {
    for (status, field, body) in [
        ("200 OK", JSON, r#"{"error":{"message":"account_id"}}"#),
        ("302 Found", JSON, CAME),
        ("400 Bad Request", "content-type: text/html", CAME),
        ("400 Bad Request", JSON, r#"{"message":"account_id"}"#),
        ("400 Bad Request", JSON, r#"{"error":{"message":"account_id""#),
        ("400 Bad Request", JSON, "account_id"),
        ("400 Bad Request", JSON, ""),
        ("400 Bad Request", JSON, r#"{"error":{"message":"my_account_id, Account_id"}}"#),
    ] {
        let upstream = Upstream::answers(answer(status, &[field], body)).await;
        let gateway = Gateway::before(&upstream).await;
        let told = gateway.send(get("/api/v1/users?company_id=biz_x")).await;
        assert_eq!((told.text(), length(&told)), (body, Some(body.len())), "{status} {field}");
    }
    let upstream = Upstream::answers(answer("400 Bad Request", &[JSON], CAME)).await;
    let off = |config: &mut Config| config.responses.error_names = false;
    assert_eq!(Gateway::configured(&upstream, off).await.send(get(PLANS)).await.text(), CAME);
    let gateway = Gateway::before(&upstream).await;
    assert_eq!(gateway.send(get(PLANS).pin("2026-07-01")).await.text(), CAME, "nothing was renamed");
    let own = "/api/v1/plans?account_id=biz_x";
    assert_eq!(gateway.send(get(own)).await.text(), CAME, "the client's own word");
}

#[tokio::test]
async fn a_long_error_passes_as_it_comes() {
    let long = format!("{}{}", CAME, " ".repeat(200));
    let small = |config: &mut Config| config.limits.buffer_bytes = 200;
    let chunked = format!(
        "HTTP/1.1 400 Bad\r\n{JSON}\r\ntransfer-encoding: chunked\r\n\r\n{:x}\r\n{CAME}\r\nc8\r\n{}\r\n0\r\n\r\n",
        CAME.len(),
        " ".repeat(200)
    );
    for came in [answer("400 Bad", &[JSON], &long), chunked.into_bytes()] {
        let upstream = Upstream::answers(came).await;
        let gateway = Gateway::configured(&upstream, small).await;
        for protocol in Protocol::ALL {
            let told = gateway.receive(protocol, &get(PLANS)).await.expect("whole");
            assert_eq!((told.status(), told.text()), (400, long.as_str()), "{protocol:?}");
        }
    }
    // Of a body that is too large to be kept, names stay the upstream's.
    let upstream = Upstream::answers(answer("400 Bad", &[JSON], CAME)).await;
    let gateway = Gateway::configured(&upstream, small).await;
    let create = |title: &str| format!(r#"{{"company_id":1,"title":"{title}"}}"#);
    let ask = |title: &str| ask("POST", "/api/v1/plans").json(&create(title));
    assert_eq!(gateway.send(ask("short")).await.text(), TOLD);
    assert_eq!(gateway.send(ask(&"long".repeat(99))).await.text(), CAME);
}

#[tokio::test]
async fn a_head_without_a_body_has_no_length_that_may_be_wrong() {
    let head = format!("HTTP/1.1 400 Bad\r\n{JSON}\r\ncontent-length: {}\r\n\r\n", CAME.len());
    let upstream = Upstream::answers(head).await;
    let gateway = Gateway::before(&upstream).await;
    for (target, has_length) in [(PLANS, false), ("/api/v1/plans", true)] {
        let mut client = gateway.connect().await;
        client.send(ask("HEAD", target).bytes()).await;
        let head = client.through("\r\n\r\n").await;
        assert!(head.starts_with("HTTP/1.1 400"), "{head}");
        assert_eq!(head.contains("content-length"), has_length, "{head}");
    }
}

#[tokio::test]
async fn a_broken_error_never_looks_whole() {
    let upstream = Upstream::scripted(|mut connection| async move {
        connection.next().await?;
        let came = answer("400 Bad", &[JSON], CAME);
        let at = came.len() - 3;
        connection.cut(came, at, super::support::End::Close).await
    })
    .await;
    let told = Gateway::before(&upstream).await.send(get(PLANS)).await;
    assert_eq!(told.error(), (502, "upstream_truncated".to_owned()));
    assert_eq!(told.field("dateline-outcome"), Some("responded"));
}

#[tokio::test]
async fn row_45_the_event_has_the_names_and_nothing_that_was_sent() {
    let body = r#"{"error":{"type":"canary_7","message":"No `account_id` for canary_7 with key canary_7"}}"#;
    let upstream = Upstream::answers(answer("403 Forbidden", &[JSON], body)).await;
    let gateway = Process::before(&upstream, &[("DATELINE_LOG__FILTER", "trace")]).await;
    let sent = get("/api/v1/plans?company_id=canary_7")
        .without("authorization")
        .with("authorization", "Bearer canary_7");
    let told = gateway.send(sent).await;
    assert_eq!(told.text(), body.replace("account_id", "company_id"));
    gateway.send(get("/api/v1/plans?first=1")).await;
    let events = gateway.requests(2).await;
    assert_eq!(
        (&events[0]["error_names"], &events[0]["response"]),
        (&"account_id -> company_id".into(), &"reworded".into())
    );
    assert!(events[1].get("error_names").is_none(), "{}", events[1]);
    assert!(!events.iter().any(|event| event.to_string().contains("canary_7")), "{events:?}");
}

#[tokio::test]
async fn an_error_is_told_at_the_places_that_its_pack_names() {
    let api = r#"
operations = ["GET /orders"]
[errors]
body = '{"text":"{message}"}'
message = ["$.text", "$.errors[*].detail"]
param = "$.errors[*].field"
[resource.OrderFilter]
found = [{ in = "GET /orders", part = "query" }]
"#;
    let changes = "[[change]]\nname = \"Rename\"\nwhy = \"So.\"\nresource = \"OrderFilter\"\n\
                   steps = [{ move = \"company\", to = \"account\" }]\n";
    let came = r#"{"text":"`account` is no id","errors":[{"field":"account","detail":"See the field account."}],"error":{"param":"account"}}"#;
    let upstream = Upstream::answers(answer("422 Unprocessable", &[JSON], came)).await;
    let pack = pack::shop(api, ("2026-01-01", changes));
    let newest = |config: &mut Config| config.upstream.version = Some(v("2026-01-01"));
    let gateway = Gateway::of_pack(pack, &upstream, newest).await;
    let told = gateway.send(get("/v1/orders?company=x").with("shop-version", "2025-01-01")).await;
    assert_eq!(
        told.text(),
        r#"{"text":"`company` is no id","errors":[{"field":"company","detail":"See the field company."}],"error":{"param":"account"}}"#
    );
}
