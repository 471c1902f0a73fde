//! No secret is in the files.

use super::*;

/// Requests with a secret wherever one can stand.
fn canaries() -> Vec<Ask> {
    let mut asks = Vec::new();
    for secret in
        ["canary@canary.test", "can%61ry%40canary.test", "apik_canary", "whsec_canary", "own_canary_key"]
    {
        let target = format!("/api/v1/plans?email={secret}&{secret}=1&api_key=canary");
        asks.push(ask("POST", &target).json(&format!(
            r#"{{"x":["{secret}"],"{secret}":{{"password":"canary"}},"c\u0061nary\u0040b.test":1}}"#
        )));
        asks.push(ask("POST", &target).form(&format!("a[{secret}]={secret}&password=canary&name=canary")));
        asks.push(
            get(&format!("/api/v1/plans/{secret}")).with("x-other", "canary").with("user-agent", "canary"),
        );
        asks.push(get(&format!("/api/v1/users/{secret}")).with("accept", "canary@canary.test"));
    }
    for (name, value) in [
        ("authorization", "Bearer own_canary_key"),
        ("x-api-key", "own_canary_key"),
        ("cookie", "a=own_canary_key"),
    ] {
        asks = asks.into_iter().map(|ask| ask.without(name).with(name, value)).collect();
    }
    asks
}

#[tokio::test]
async fn row_45_no_secret_of_a_request_or_an_answer_is_in_the_files() {
    let body = r#"{"data":[{"email":"canary@canary.test","token":"canary","name":"canary","x":"own_canary_key","y":"sk_live_canary","n":{"canary@b.test":"Bearer canary"}}]}"#;
    let upstream =
        Upstream::answers(answer("200 OK", &["content-type: application/json", "x-canary: canary"], body))
            .await;
    let temporary = tempfile::tempdir().unwrap();
    let folder = nowhere(&temporary);
    let gateway =
        recording(&upstream, &folder, |config| config.record.redact = Paths::parse(&["$..name"]).unwrap())
            .await;
    let canaries = canaries();
    for ask in &canaries {
        gateway.send(ask.clone().pin(OLD)).await;
    }
    kept(&folder, canaries.len()).await;
    let text = everything(&folder);
    let found: Vec<&str> = text
        .lines()
        .filter(|line| line.contains("canary") || line.contains("can%61ry") || line.contains("c\\u0061nary"))
        .collect();
    assert!(found.is_empty(), "{found:#?}");
    assert!(text.contains("redacted-"));
}

#[tokio::test]
async fn the_same_value_has_the_same_stand_in_all_over_a_recording() {
    let upstream = Upstream::answers(json(r#"{"email":"jane@b.test","id":"plan_x"}"#)).await;
    let temporary = tempfile::tempdir().unwrap();
    let folder = nowhere(&temporary);
    let gateway = recording(&upstream, &folder, |_| {}).await;
    gateway.send(get("/api/v1/plans?query=jane%40b.test").pin(NEW)).await;
    gateway.send(get(PLAN).pin(NEW)).await;
    let kept = kept(&folder, 2).await;
    let [(_, list), (_, plan)] = kept.as_slice() else { panic!("{kept:?}") };
    let Body::Json(answer) = &plan.answer else { panic!("{plan:?}") };
    let address = list.query.as_deref().unwrap().strip_prefix("query=").unwrap();
    assert!(address.ends_with("@example.com") && answer.contains(address), "{address} {answer}");
}
