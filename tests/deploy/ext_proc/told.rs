//! Tests inside Envoy of the headers for clients: an answer in another version, and CORS.

use super::{
    NEW, OLD,
    envoy::{Part, Processor, body, changes, of_head},
};

#[tokio::test]
async fn row_14_1h_inside_envoy_an_answer_is_told_as_what_it_is() {
    let processor = Processor::new(|_| {}).await;
    let plan = "/api/v1/plans/plan_x";
    let mut stream = processor.stream().await.unwrap();
    stream.request("GET", plan, &[OLD], true).await;
    stream.reply().await;
    // The client's own version.
    stream.answer("200", &[OLD], false).await;
    stream.say(Part::ResponseBody(body(r#"{"company":null}"#, true))).await;
    let down = of_head(&stream.reply().await);
    assert!(down.iter().any(|change| change == "dateline-upstream-version: 2025-01-01"), "{down:?}");
    assert!(!down.iter().any(|change| change.starts_with("api-version-date")), "it stays: {down:?}");
    assert_eq!(stream.pieces().await, r#"{"company":null}"#);

    for (asked, answered) in [(OLD, "2027-01-01"), (NEW, "2025-01-01")] {
        let mut stream = processor.stream().await.unwrap();
        stream.request("GET", plan, &[asked], true).await;
        stream.reply().await;
        stream.answer("200", &[("api-version-date", answered)], false).await;
        let refused = stream.immediate().await;
        assert_eq!(
            refused.status.unwrap().code,
            502,
            "{answered}: its body is not to be had, or not to be read"
        );
        let text = String::from_utf8_lossy(&refused.body).into_owned();
        assert!(
            text.contains("\"upstream_version\"") && text.contains("The upstream answered 200"),
            "{text}"
        );
    }
}

#[tokio::test]
async fn row_14_1k_inside_envoy_an_origin_reads_errors_as_it_reads_answers() {
    let processor = Processor::new(|_| {}).await;
    let (origin, allow) =
        (("origin", "https://app.example"), ("access-control-allow-origin", "https://app.example"));
    let readable = async || {
        let mut stream = processor.stream().await.unwrap();
        stream.request("GET", "/api/v1/plans", &[("api-version-date", "1999-01-01"), origin], true).await;
        let refused = stream.immediate().await;
        changes(refused.headers.as_ref()).contains(&format!("{}: {}", allow.0, allow.1))
    };
    assert!(!readable().await);
    let mut stream = processor.stream().await.unwrap();
    stream.request("GET", "/api/v1/plans", &[NEW, origin], true).await;
    stream.reply().await;
    stream.answer("200", &[NEW, allow], true).await;
    stream.reply().await;
    assert!(readable().await);
}
