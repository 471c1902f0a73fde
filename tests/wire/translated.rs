//! Translated answers on their way: small ones are finished first, long ones stream, and none is cut short unseen.

use super::support::{Gateway, HEAD, MOMENT, Process, Upstream, ask, get, within};
use dateline_gateway::Config;
use http_body_util::BodyExt;
use std::time::{Duration, Instant};

const PLANS: &str = "/api/v1/plans";
const BUSINESSES: &str = "/api/v1/referrals/businesses";

/// An upstream that sends a head, and pieces of a body with pauses between them, and closes the connection.
async fn in_pieces(framing: &str, pieces: &[&str], pause: Duration) -> Upstream {
    let head = format!("{HEAD}{framing}\r\n\r\n");
    let pieces: Vec<String> = pieces.iter().map(|piece| (*piece).to_owned()).collect();
    Upstream::scripted_with((head, pieces), move |mut connection, (head, pieces)| async move {
        connection.next().await?;
        connection.send(&head).await;
        for (index, piece) in pieces.iter().enumerate() {
            if index > 0 {
                tokio::time::sleep(pause).await;
            }
            connection.send(piece).await;
        }
        None
    })
    .await
}

fn chunk(text: &str) -> String {
    format!("{:x}\r\n{text}\r\n", text.len())
}

const CHUNKED: &str = "transfer-encoding: chunked";
const END: &str = "0\r\n\r\n";

fn small(config: &mut Config) {
    (config.limits.buffer_bytes, config.limits.object_bytes) = (100, 200);
}

#[tokio::test]
async fn a_trickle_is_translated_as_it_comes() {
    let first = chunk(r#"{"data":[{"account":1},"#);
    let upstream = in_pieces(CHUNKED, &[&first, &chunk(r#"{"account":2}]}"#), END], 4 * MOMENT).await;
    let gateway = Gateway::before(&upstream).await;
    let mut client = gateway.connect().await;
    client.send(get(PLANS).bytes()).await;
    let began = Instant::now();
    let head = client.through(r#"{"company":1},"#).await;
    assert!(began.elapsed() < 3 * MOMENT, "{:?}", began.elapsed());
    assert!(head.contains("transfer-encoding: chunked") && !head.contains("content-length"), "{head}");
    assert!(client.through(END).await.contains(r#"{"company":2}]}"#));
}

#[tokio::test]
async fn a_short_answer_is_finished_first_however_slowly_it_comes() {
    let body = r#"{"data":[{"account":1}]}"#;
    let (one, two) = body.split_at(12);
    let length = format!("content-length: {}", body.len());
    let upstream = in_pieces(&length, &[one, two], MOMENT).await;
    let gateway = Gateway::configured(&upstream, small).await;
    let answer = gateway.send(get(PLANS)).await;
    assert_eq!((answer.text(), answer.field("content-length")), (r#"{"data":[{"company":1}]}"#, Some("24")));

    let upstream = in_pieces(&length, &[one, &two.replace('1', "x")], MOMENT).await;
    let answer = Gateway::configured(&upstream, small).await.send(get(PLANS)).await;
    assert_eq!(answer.error(), (502, "response_untranslatable".to_owned()));
}

#[tokio::test]
async fn a_head_that_is_sent_first_lists_what_may_be_lost() {
    let body = format!(r#"{{"page":"{}","data":[]}}"#, "x".repeat(150));
    let upstream = in_pieces(&format!("content-length: {}", body.len()), &[&body], MOMENT).await;
    let gateway = Gateway::configured(&upstream, small).await;
    let answer = gateway.send(get(BUSINESSES)).await;
    assert_eq!((answer.text(), answer.field("content-length")), (body.as_str(), None));
    let losses = answer.field("dateline-loss").unwrap();
    assert!(losses.contains("volume_usd.settled=dropped;possible"), "{losses}");
    assert!(losses.split(", ").all(|loss| loss.ends_with(";possible")), "{losses}");
    let answer = Gateway::before(&upstream).await.send(get(BUSINESSES)).await;
    assert_eq!((answer.text(), answer.field("dateline-loss")), (body.as_str(), None));
    assert_eq!(answer.field("content-length"), Some(body.len().to_string().as_str()));
}

/// Bodies that go wrong behind an element that is translated, each as chunks.
fn broken() -> Vec<[String; 3]> {
    let list = chunk(&format!(r#"{{"page":"{}","data":[{{"account":1}},"#, "x".repeat(100)));
    let object = chunk(&format!(r#"{{"id":"{}"}}]}}"#, "x".repeat(200)));
    [
        [chunk(r#"{"account":"#), String::new()],
        [chunk(r#"{"account":"#), END.to_owned()],
        [chunk("nope]}"), END.to_owned()],
        [chunk("1]}1"), END.to_owned()],
        [chunk(r#"{"account":1,"account":2}]}"#), END.to_owned()],
        [object, END.to_owned()],
    ]
    .map(|[piece, end]| [list.clone(), piece, end])
    .to_vec()
}

#[tokio::test]
async fn what_breaks_off_never_looks_whole() {
    for pieces in broken() {
        let pieces: Vec<&str> = pieces.iter().map(String::as_str).collect();
        let upstream = in_pieces(CHUNKED, &pieces, MOMENT).await;
        let gateway = Gateway::configured(&upstream, small).await;
        let mut client = gateway.connect().await;
        client.send(get(PLANS).bytes()).await;
        let got = String::from_utf8(client.rest().await).unwrap();
        assert!(got.starts_with("HTTP/1.1 200") && got.contains(r#"{"company":1},"#), "{got}");
        assert!(!got.ends_with(END), "{got}");

        let mut client = gateway.h2().await;
        let answer = client.ask(get(PLANS).request()).await;
        assert_eq!(answer.status(), 200);
        let error = within("the stream is reset", answer.into_body().collect()).await.unwrap_err();
        assert!(format!("{error:?}").contains("Reset"), "{error:?}");
        let again = client.ask(get("/api/v1/none").request()).await;
        assert_eq!(again.status(), 200, "the connection is of use");
    }
}

#[tokio::test]
async fn an_object_over_the_limit_is_an_error_where_nothing_was_sent() {
    let body = format!(r#"{{"data":[{{"id":"{}"}}]}}"#, "x".repeat(200));
    let upstream = in_pieces(&format!("content-length: {}", body.len()), &[&body], MOMENT).await;
    let gateway = Gateway::configured(&upstream, |config| config.limits.object_bytes = 200).await;
    let answer = gateway.send(ask("GET", PLANS)).await;
    assert_eq!(answer.error(), (502, "response_too_large".to_owned()));
    assert_eq!(answer.field("dateline-outcome"), Some("responded"));
    assert_eq!(gateway.send(get(PLANS).pin("2026-07-01")).await.text(), body, "it passes");
}

#[tokio::test]
async fn a_client_with_http_1_0_gets_a_length_or_an_error() {
    let ask = |pin: &str, keep: &str| {
        format!("GET {PLANS} HTTP/1.0\r\nhost: x\r\napi-version-date: {pin}\r\n{keep}\r\n")
    };
    let body = r#"{"data":[{"account":1},{"account":2}]}"#;
    let (one, two) = body.split_at(30);
    for (pin, expected) in
        [("2025-01-01", body.replace("account", "company")), ("2026-07-01", body.to_owned())]
    {
        let upstream = in_pieces(CHUNKED, &[&chunk(one), &chunk(two), END], MOMENT).await;
        let answer = Gateway::before(&upstream).await.send_raw(ask(pin, "")).await;
        assert_eq!(answer.text(), expected);
        assert_eq!(answer.field("content-length"), Some("38"));
        assert_eq!(answer.field("transfer-encoding"), None);
        let long = chunk(&format!(r#"{{"data":["{}"]}}"#, "x".repeat(300)));
        let upstream = in_pieces(CHUNKED, &[&long, END], MOMENT).await;
        let answer = Gateway::configured(&upstream, small).await.send_raw(ask(pin, "")).await;
        assert_eq!(answer.error(), (502, "response_too_large".to_owned()), "{pin}");
        let upstream = in_pieces(CHUNKED, &[&chunk(one)], MOMENT).await;
        let answer = Gateway::before(&upstream).await.send_raw(ask(pin, "connection: keep-alive\r\n")).await;
        assert_eq!(answer.error(), (502, "upstream_truncated".to_owned()), "{pin}");
    }
}

#[tokio::test]
async fn the_event_says_what_was_lost_and_what_went_wrong() {
    let head = chunk(&format!(r#"{{"page":"{}","data":["#, "x".repeat(100)));
    let element = chunk(r#"{"volume_usd":{"attributed":"1.00","settled":"7.00"},"currency":"usd"}"#);
    let process = async |end: &str| {
        let upstream = in_pieces(CHUNKED, &[&head, &element, end], MOMENT).await;
        let gateway = Process::before(&upstream, &[("DATELINE_LIMITS__BUFFER_BYTES", "100")]).await;
        let mut client = gateway.connect().await;
        client.send(get(BUSINESSES).with("connection", "close").bytes()).await;
        client.rest().await;
        gateway.requests(1).await.remove(0)
    };
    let event = process(&format!("{}{END}", chunk("]}"))).await;
    let losses = event["losses"].as_str().unwrap();
    assert!(losses.contains("volume_usd.settled=dropped") && !losses.contains("possible"), "{event}");
    assert_eq!((&event["complete"], &event["level"]), (&true.into(), &"INFO".into()), "{event}");
    let event = process(END).await;
    assert_eq!((&event["complete"], &event["level"]), (&false.into(), &"ERROR".into()), "{event}");
    assert_eq!(
        (&event["error"], &event["status"]),
        (&"response_untranslatable".into(), &200.into()),
        "{event}"
    );
}
