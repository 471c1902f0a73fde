//! Tests of how a difference is reported: with its place, and no value.

use super::*;
use serde_json::json;

const CANARY: &str = "canary_7";

#[tokio::test]
async fn the_operator_sees_what_differs() {
    let upstream =
        upstream_of(r#"{"company":null,"<b>":"secret","price":1}"#, r#"{"account":null,"price":"1"}"#).await;
    let gateway = Gateway::configured(&upstream, everything).await;
    let quiet = gateway.admin("/").await.text().to_owned();
    assert!(
        quiet.contains("Nothing has been verified yet. The sample is 1 of all translated GETs"),
        "{quiet}"
    );
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
