//! An upstream that breaks off: what is not complete never looks complete.

use super::support::{Connection, End, Gateway, Protocol, Upstream, get};

const PLAN: &str = "/api/v1/plans/plan_x";
const BODY: &str = r#"{"id":"plan_x","account":{"id":"biz_x"},"title":"Gold"}"#;

/// The same answer with a length and with chunks.
fn framed() -> [Vec<u8>; 2] {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";
    let (first, second) = BODY.split_at(20);
    [
        format!("{head}content-length: {}\r\n\r\n{BODY}", BODY.len()).into_bytes(),
        format!(
            "{head}transfer-encoding: chunked\r\n\r\n{:x}\r\n{first}\r\n{:x}\r\n{second}\r\n0\r\n\r\n",
            first.len(),
            second.len()
        )
        .into_bytes(),
    ]
}

/// Every answer, cut before every byte of it, in both ways, for every protocol.
async fn cut_everywhere(pin: &str, ends: &[End]) {
    for answer in framed() {
        for &end in ends {
            let came = answer.clone();
            let upstream = Upstream::scripted(move |mut connection: Connection| {
                let came = came.clone();
                async move {
                    let request = connection.next().await?;
                    let at = request.field("x-cut").and_then(|at| at.parse().ok()).expect("where to cut");
                    connection.cut(came, at, end).await
                }
            })
            .await;
            let gateway = Gateway::before(&upstream).await;
            for protocol in Protocol::ALL {
                for at in 0..answer.len() {
                    let ask = get(PLAN).pin(pin).with("x-cut", &at.to_string());
                    let received = gateway.receive(protocol, &ask).await;
                    if let Some(received) = received {
                        let error = received.error();
                        assert_eq!(error.0, 502, "{protocol:?} {end:?} {at}");
                    }
                }
            }
        }
    }
}

#[tokio::test]
async fn row_35_what_passes_is_never_complete_when_it_was_cut() {
    cut_everywhere("2026-07-01", &[End::Fin, End::Rst]).await;
}

#[tokio::test]
async fn row_35_what_is_translated_is_never_complete_when_it_was_cut() {
    cut_everywhere("2025-01-01", &[End::Fin, End::Rst]).await;
}
