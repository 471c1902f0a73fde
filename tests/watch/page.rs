//! The page and `/api/`: the same figures twice, and nothing that breaks out of them.

use super::support::{Gateway, Message, Process, Upstream, ask, get, json, known_client};
use dateline_gateway::config::Config;
use dateline_http::policy::{Match, bearer_sha256};
use serde_json::Value;
use std::{fs, time::Duration};

pub(super) const HOSTILE: &str = "<script>alert(1)</script>\"'&";

fn configure(config: &mut Config) {
    let client = |name: &str, pin: &str, key: &str| {
        known_client(name, Some(pin), Match::Bearer(bearer_sha256(key.as_bytes())))
    };
    config.usage.verdict_after = Duration::ZERO;
    config.clients =
        vec![client("cron", "2025-01-01", "sk_cron"), client(HOSTILE, "2026-06-09", "sk_hostile")];
}

/// A gateway that was asked nine times.
pub(super) async fn asked() -> Gateway {
    let upstream = Upstream::sandbox("2026-07-01").await;
    let gateway = Gateway::configured(&upstream, configure).await;
    let keyed = |path: &str, key: &str| {
        get(path).without("authorization").with("authorization", &format!("Bearer {key}"))
    };
    let referral = "/api/v1/referrals/businesses/bref_pickaxe";
    for _ in 0..3 {
        gateway.send(keyed(referral, "sk_cron")).await;
    }
    gateway.send(keyed("/api/v1/plans", "sk_hostile")).await;
    gateway.send(keyed("/api/v1/elsewhere/%3Cscript%3Ealert(2)", "sk_hostile")).await;
    gateway.send(keyed("/api/v1/plans?account_id=biz_pickaxe", "sk_unnamed").pin("2026-07-01")).await;
    gateway.send(keyed("/api/v1/plans", "sk_unnamed").pin("2031-01-01")).await;
    gateway.send(get("/api/v1/plans").without("authorization")).await;
    gateway.send(ask("DELETE", "/api/v1/plans/plan_none").pin("2026-07-01")).await;
    gateway
}

async fn list(gateway: &Gateway, name: &str) -> Vec<Value> {
    gateway.admin(&format!("/api/{name}")).await.json()[name].as_array().unwrap().clone()
}

/// Waits until all requests are counted: that happens when the last byte of an answer has left, which its client may
/// see before.
pub(super) async fn counted(gateway: &Gateway, requests: u64) -> Vec<Value> {
    for _ in 0..500 {
        let clients = list(gateway, "clients").await;
        if clients.iter().map(|client| client["requests"].as_u64().unwrap()).sum::<u64>() == requests {
            return clients;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("not counted: {:?}", list(gateway, "clients").await);
}

/// The text of a page without its tags, words apart.
pub(super) fn words(page: &str) -> String {
    let body = page.split_once("</style>").unwrap().1;
    let text: String = body
        .split('<')
        .map(|part| part.split_once('>').map_or(part, |(_, text)| text))
        .collect::<Vec<_>>()
        .join(" ");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn the_page_says_what_the_api_says() {
    let gateway = asked().await;
    let clients = counted(&gateway, 9).await;
    let of = |name: &str| {
        clients
            .iter()
            .find(|client| client["client"] == name)
            .unwrap_or_else(|| panic!("{name}: {clients:#?}"))
    };
    let cell = |client: &Value, pin: &str| {
        let versions = client["versions"].as_array().unwrap();
        versions.iter().find(|cell| cell["pin"] == pin).map(|cell| cell["requests"].as_u64().unwrap())
    };
    assert_eq!(cell(of("cron"), "2025-01-01"), Some(3));
    assert_eq!(cell(of(HOSTILE), "2026-06-09"), Some(2));
    let unnamed: Vec<&Value> = clients.iter().filter(|client| client["kind"] == "unnamed").collect();
    assert_eq!(unnamed.len(), 1, "one that was never answered anything good is nobody: {clients:#?}");
    assert_eq!(cell(unnamed[0], "2026-07-01"), Some(1));
    let page = gateway.admin("/").await;
    assert_eq!(page.field("content-type"), Some("text/html; charset=utf-8"));
    let text = words(page.text());
    for client in &clients {
        let name = client["client"]
            .as_str()
            .unwrap()
            .replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;")
            .replace('"', "&quot;");
        assert!(text.contains(&name), "{name} in {text}");
    }
    shows_the_losses(&text, &list(&gateway, "losses").await);
    let versions = list(&gateway, "versions").await;
    let verdicts: Vec<_> = versions
        .iter()
        .map(|version| (version["version"].as_str().unwrap(), version["verdict"].as_str().unwrap()))
        .collect();
    let expected = [
        ("2026-07-01", "current"),
        ("2026-06-20", "free"),
        ("2026-06-09", "blocked"),
        ("2026-06-08", "free"),
        ("2025-01-01", "blocked"),
    ];
    assert_eq!(verdicts, expected);
    assert!(
        text.contains("2026-06-20 and 2026-06-08 could be retired today, by all that this gateway knows"),
        "{text}"
    );
    let operations = list(&gateway, "operations").await;
    let requests = |name: Value| {
        operations.iter().find(|operation| operation["operation"] == name).unwrap()["requests"].clone()
    };
    assert_eq!(
        (requests("GET /plans".into()), requests(Value::Null)),
        (3.into(), 2.into()),
        "{operations:#?}"
    );
    let minutes = list(&gateway, "minutes").await;
    let sum = minutes
        .iter()
        .flat_map(|minute| minute["requests"].as_object().unwrap().values())
        .map(|count| count.as_u64().unwrap())
        .sum::<u64>();
    assert_eq!(sum, 9);
}

/// Checks that the page has a row for each of the losses that the API lists.
fn shows_the_losses(text: &str, losses: &[Value]) {
    assert_eq!(losses.iter().map(|loss| loss["count"].as_u64().unwrap()).sum::<u64>(), 9, "{losses:#?}");
    for loss in losses {
        assert_eq!(
            (&loss["client"], &loss["operation"]),
            (&"cron".into(), &"GET /referrals/businesses/{id}".into())
        );
        let row = format!(
            "cron 2025-01-01 GET /referrals/businesses/{{id}} {} {} {}: {} 3",
            loss["field"].as_str().unwrap(),
            loss["kind"].as_str().unwrap(),
            loss["module"].as_str().unwrap(),
            loss["change"].as_str().unwrap()
        );
        assert!(text.contains(&row), "{row} in {text}");
    }
}

#[tokio::test]
async fn nothing_breaks_out_of_the_page_and_no_secret_is_in_it() {
    let gateway = asked().await;
    counted(&gateway, 9).await;
    let hostile = "?only=%3Cscript%3E%22&operation=%3Cscript%3E&pin=%22%3E%3Cscript%3E\
                   &client=%3Cscript%3E%22&to=%22%3E%3Cscript%3E&from=%3Cscript%3E";
    let mut answers: Vec<Message> =
        vec![gateway.admin("/").await, gateway.admin(&format!("/{hostile}")).await];
    let index = gateway.admin("/api/").await;
    for path in index.json()["paths"].as_array().unwrap() {
        answers.push(gateway.admin(&format!("{}{hostile}", path.as_str().unwrap())).await);
    }
    answers.push(index);
    for answer in &answers {
        let text = answer.text();
        for secret in ["sk_", "canary", "elsewhere"] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
        if answer.field("content-type") == Some("text/html; charset=utf-8") {
            assert_eq!(text.matches("<script").count(), 1, "its own");
            assert!(
                !text.contains("alert(2)") && !text.contains(" style=") && !text.contains(" onclick="),
                "{text}"
            );
            let policy = answer.field("content-security-policy").unwrap();
            assert!(policy.contains("script-src 'sha256-") && !policy.contains("unsafe"), "{policy}");
        } else {
            let media = answer.field("content-type").unwrap();
            assert!(["application/json", "text/plain; charset=utf-8"].contains(&media), "{media}");
        }
    }
}

#[tokio::test]
async fn a_plan_is_told_as_explain_tells_it() {
    let upstream = Upstream::answers(json("{}")).await;
    let gateway = Gateway::before(&upstream).await;
    let plan =
        gateway.admin("/api/plan?operation=GET+/plans&pin=2025-01-01&upstream=2026-07-01").await.json();
    assert_eq!(plan["operation"], "GET /plans");
    assert!(
        plan["words"]
            .as_str()
            .unwrap()
            .starts_with("GET /plans, client at 2025-01-01, upstream at 2026-07-01\n\nThe request goes")
    );
    assert_eq!(plan["request"][0]["changes"][0]["steps"][0], "move company_id to account_id");
    assert_eq!(plan["response"][0]["path"], "$.data[*]");
    assert!(!plan["examples"].as_array().unwrap().is_empty());
    let page = words(gateway.admin("/?operation=GET+%2Fplans&pin=2025-01-01").await.text());
    assert!(
        page.contains("move company_id to account_id") && page.contains("move account to company"),
        "{page}"
    );
    for (query, problem) in [
        ("", "write ?operation="),
        ("?operation=GET+/x&pin=2025-01-01", "no such operation"),
        ("?operation=GET+/plans&pin=2025-01-02", "no such version"),
        ("?operation=GET+/plans&pin=2025-01-01&upstream=x", "no such version"),
    ] {
        let refused = gateway.admin(&format!("/api/plan{query}")).await;
        assert_eq!(refused.status(), 400);
        assert!(refused.json()["error"].as_str().unwrap().contains(problem), "{}", refused.text());
    }
    let history = gateway.admin("/api/history").await.json();
    assert_eq!(
        (&history["header"], &history["versions"][4]["version"]),
        (&"Api-Version-Date".into(), &"2026-07-01".into())
    );
}

#[tokio::test]
async fn what_is_on_the_disk_is_compared_by_key_and_never_by_value() {
    let upstream = Upstream::answers(json("{}")).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("dateline.toml");
    let hash = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    let write = |text: &str| fs::write(&file, format!("[reload]\nwatch = \"off\"\n{text}")).unwrap();
    write("");
    let (gateway, admin) = Process::with_operator(&upstream, &["--config", file.to_str().unwrap()]).await;
    let config = async || admin.ask_operator("/api/config").await;
    assert_eq!(config().await.json()["on_disk"], "same");

    write(&format!(
        "[limits]\nrequest_bytes = \"2MiB\"\n[log]\nfilter = \"debug\"\n[[client]]\nname = \"cron\"\nbearer_sha256 = \"{hash}\"\n"
    ));
    let differs = config().await;
    let keys = serde_json::json!([
        { "key": "limits.request_bytes", "takes_restart": false },
        { "key": "log.filter", "takes_restart": false },
        { "key": "client.cron", "takes_restart": false },
    ]);
    assert_eq!((&differs.json()["on_disk"], &differs.json()["keys"]), (&"differs".into(), &keys));
    assert!(!differs.text().contains(hash) && !differs.text().contains("2097152"));

    write("[limits]\nrequest_bytes = \"many\"\n");
    let broken = config().await.json();
    assert_eq!(broken["on_disk"], "broken");
    assert!(broken["problem"].as_str().unwrap().contains("limits.request_bytes"), "{broken}");
    assert_eq!(broken["reloads"]["failure"], Value::Null);
    gateway.hang_up();
    gateway.events(1, |event| event["level"] == "ERROR").await;
    let failed = config().await.json();
    assert!(
        failed["reloads"]["failure"]["report"].as_str().unwrap().contains("limits.request_bytes"),
        "{failed}"
    );
    write("");
    gateway.hang_up();
    gateway.events(1, |event| event["message"] == "reloaded").await;
    let restored = config().await.json();
    assert_eq!((&restored["on_disk"], &restored["reloads"]["failure"]), (&"same".into(), &Value::Null));
}

#[tokio::test]
async fn only_its_own_pages_and_programs_change_the_log_filter() {
    let upstream = Upstream::answers(json("{}")).await;
    let (gateway, admin) = Process::with_operator(&upstream, &[]).await;
    let put = async |method: &str, fields: &[(&str, &str)], body: &str| {
        let fields: String = fields.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let length = body.len();
        admin.send_raw(format!("{method} /api/log-filter HTTP/1.1\r\n{fields}content-length: {length}\r\nconnection: close\r\n\r\n{body}")).await
    };
    let (own, origin) = (("host", "localhost:1"), ("origin", "http://localhost:1"));
    for (method, fields, status) in [
        ("PUT", &[own][..], 200),
        ("PUT", &[own, origin][..], 200),
        ("PUT", &[own, origin, ("sec-fetch-site", "same-origin")][..], 200),
        ("PUT", &[own, ("origin", "http://localhost:2")][..], 403),
        ("PUT", &[own, ("origin", "http://evil.example")][..], 403),
        ("PUT", &[own, ("origin", "null")][..], 403),
        ("PUT", &[own, origin, origin][..], 403),
        ("PUT", &[own, origin, ("sec-fetch-site", "same-site")][..], 403),
        ("PUT", &[own, ("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "cors")][..], 403),
        ("PUT", &[("host", "evil.example"), ("origin", "http://evil.example")][..], 403),
        ("POST", &[own, origin][..], 405),
        (
            "OPTIONS",
            &[own, ("origin", "http://evil.example"), ("access-control-request-method", "PUT")][..],
            405,
        ),
    ] {
        let answer = put(method, fields, "info,dateline=info").await;
        assert_eq!(answer.status(), status, "{method} {fields:?} {}", answer.text());
        assert_eq!(answer.field("access-control-allow-origin"), None);
    }
    assert_eq!(put("PUT", &[own], "dateline=loud").await.status(), 400);
    assert_eq!(put("PUT", &[own], &"x".repeat(20 << 10)).await.status(), 413);
    let answer = put("PUT", &[own], r#"{"filter":"info,dateline::request=debug","seconds":600}"#).await;
    assert_eq!(
        (&answer.json()["filter"], &answer.json()["then"]["filter"]),
        (&"info,dateline::request=debug".into(), &"info,dateline=info".into())
    );
    let told = gateway.events(4, |event| event["target"] == "dateline::log::filter").await;
    assert_eq!(told.last().unwrap()["seconds"], 600);
}
