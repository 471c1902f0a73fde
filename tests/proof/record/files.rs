//! Tests of which exchanges are kept, and which parts of them.

use super::*;
use std::io::Write;

#[tokio::test]
async fn a_request_is_kept_as_it_was_sent_and_its_answer_as_it_came() {
    let came = r#"{"id":"plan_x","account":{"id":"biz_x"},"price":1E+2,"u":"\u00e9"}"#;
    let upstream = Upstream::answers(answer(
        "200 OK",
        &["content-type: application/json", "set-cookie: s=cookie_secret"],
        came,
    ))
    .await;
    let temporary = tempfile::tempdir().unwrap();
    let folder = nowhere(&temporary);
    let gateway = recording(&upstream, &folder, |_| {}).await;
    let sent = ask("POST", "/api/v1/plans?company_id=biz%5Fx&x=1")
        .pin(OLD)
        .json(r#"{ "company_id": "biz_x", "initial_price": 6.90 }"#);
    let translated = gateway.send(sent.with("x-other", "1")).await;
    assert!(translated.text().contains(r#""company":{"id":"biz_x"},"price":1E+2"#), "{}", translated.text());
    let (name, exchange) = kept(&folder, 1).await.remove(0);
    assert_eq!(name, "post-plans-000001.json");
    let body = |json: &str| json.split_whitespace().collect::<String>();
    let (Body::Json(request), Body::Json(answer)) = (&exchange.request, &exchange.answer) else {
        panic!("{exchange:?}")
    };
    assert_eq!(
        (body(request).as_str(), body(answer).as_str()),
        (r#"{"company_id":"biz_x","initial_price":6.90}"#, came)
    );
    let expected = Exchange {
        day: exchange.day,
        client: exchange.client.clone(),
        pin: OLD.parse().ok(),
        pin_source: "header".into(),
        upstream: NEW.parse().ok(),
        operation: "POST /plans".into(),
        method: "POST".into(),
        path: "/api/v1/plans".into(),
        query: Some("company_id=biz%5Fx&x=1".into()),
        request_fields: vec![("content-type".into(), "application/json".into())],
        request: exchange.request.clone(),
        status: 200,
        answer_fields: vec![("content-type".into(), "application/json".into())],
        answer: exchange.answer.clone(),
    };
    assert_eq!(exchange, expected);
    assert!(exchange.client.starts_with("key-") && exchange.client.len() == 16, "{}", exchange.client);
    let text = everything(&folder);
    assert!(!text.contains("test\"") && !text.contains("cookie_secret"), "{text}");
}

#[tokio::test]
async fn what_passes_is_kept_too_and_codings_are_undone() {
    let body = br#"{"data":[{"id":"user_x"}]}"#;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(body).unwrap();
    let coded = encoder.finish().unwrap();
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n",
        coded.len()
    );
    let upstream = Upstream::answers([head.as_bytes(), &coded].concat()).await;
    let temporary = tempfile::tempdir().unwrap();
    let folder = nowhere(&temporary);
    let gateway = recording(&upstream, &folder, |_| {}).await;
    // Nothing is translated at the upstream's version.
    let sent = ask("POST", "/api/v1/plans")
        .pin(NEW)
        .with("content-encoding", "gzip")
        .with("accept-encoding", "gzip")
        .form("");
    let got = gateway.send(sent.body(coded.clone())).await;
    assert_eq!(got.body, coded);
    gateway.send(get(PLAN).pin(OLD).with("accept-encoding", "gzip")).await;
    let kept = kept(&folder, 2).await;
    let [(_, got), (_, posted)] = kept.as_slice() else { panic!("{kept:?}") };
    // It is JSON, whatever its label says.
    assert!(matches!(&posted.request, Body::Json(json) if json.contains("user_x")), "{posted:?}");
    for exchange in [got, posted] {
        assert!(matches!(&exchange.answer, Body::Json(json) if json.contains("user_x")), "{exchange:?}");
    }
    assert_eq!(got.request, Body::Empty);
}

#[tokio::test]
async fn errors_and_empty_answers_are_kept_and_what_is_no_json_is_counted() {
    let upstream = Upstream::scripted(|mut connection| async move {
        loop {
            let sent = connection.next().await?;
            let (status, kind, body) = match sent.start.split(' ').nth(1).unwrap_or_default() {
                "/api/v1/plans/none" => {
                    ("404 Not Found", "application/json", r#"{"error":{"message":"none"}}"#)
                }
                "/api/v1/plans/html" => ("502 Bad Gateway", "text/html", "<html>"),
                "/api/v1/plans/odd" => ("200 OK", "application/json", r#"{"a":"#),
                _ => ("200 OK", "application/json", ""),
            };
            connection.send(answer(status, &[&format!("content-type: {kind}")], body)).await;
        }
    })
    .await;
    let temporary = tempfile::tempdir().unwrap();
    let folder = nowhere(&temporary);
    let gateway = recording(&upstream, &folder, |_| {}).await;
    for path in ["none", "empty", "html", "odd"] {
        gateway.send(get(&format!("/api/v1/plans/{path}")).pin(NEW)).await;
    }
    // Of no operation of the pack, and answered by the gateway itself.
    gateway.send(get("/api/v1/unknown")).await;
    gateway.send(get(PLAN).pin("none")).await;
    let kept = kept(&folder, 2).await;
    let statuses: Vec<u16> = kept.iter().map(|(_, exchange)| exchange.status).collect();
    assert_eq!(statuses, [404, 200]);
    assert_eq!(kept[1].1.answer, Body::Empty);
    until_counted(&gateway, &unrecorded("unfit"), 2).await;
    until_counted(&gateway, "dateline_recorded_exchanges_total", 2).await;
}

#[tokio::test]
async fn a_body_that_is_too_large_or_cut_short_is_not_kept_and_passes_all_the_same() {
    let long = format!(r#"{{"x":"{}"}}"#, "a".repeat(5000));
    let upstream = Upstream::answers(json(&long)).await;
    let temporary = tempfile::tempdir().unwrap();
    let folder = nowhere(&temporary);
    let gateway = recording(&upstream, &folder, |config| config.limits.object_bytes = 4000).await;
    assert_eq!(gateway.send(get(PLAN).pin(NEW)).await.text(), long);
    until_counted(&gateway, &unrecorded("incomplete"), 1).await;
    let short = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{\"a\":";
    let upstream = Upstream::answers_and_closes(short).await;
    let gateway = recording(&upstream, &format!("{folder}-2"), |_| {}).await;
    let mut client = gateway.connect().await;
    client.send(get(PLAN).pin(NEW).with("connection", "close").bytes()).await;
    client.rest().await;
    until_counted(&gateway, &unrecorded("incomplete"), 1).await;
    assert_eq!(everything(&folder) + &everything(&format!("{folder}-2")), "");
}
