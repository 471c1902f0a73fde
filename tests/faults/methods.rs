//! Methods and what they carry: a body of no length, a target of no path.

use super::{
    headers::{before_nobody, e400},
    support::{Fate, Frames, Protocol, Upstream, ask, json},
};

#[tokio::test]
async fn row_14_1i_a_write_without_a_body_says_so() {
    let (upstream, gateway) = before_nobody().await;
    // One that is translated, one that is not, and one that nobody knows.
    for path in ["/api/v1/plans", "/api/v1/plans/plan_x", "/api/v1/orders/1/capture"] {
        for method in ["POST", "PUT", "PATCH"] {
            for protocol in Protocol::ALL {
                for sent in [ask(method, path), ask(method, path).with("content-type", "application/json")] {
                    let answer = gateway.receive(protocol, &sent).await.expect("an answer");
                    assert_eq!(answer.status(), 200, "{method} {path} {protocol:?}");
                    let request = upstream.requests().pop().unwrap();
                    assert_eq!(request.field("content-length"), Some("0"), "{method} {path} {protocol:?}");
                    assert_eq!(request.field("transfer-encoding"), None);
                }
            }
        }
    }
    for method in ["GET", "DELETE"] {
        for protocol in Protocol::ALL {
            gateway.receive(protocol, &ask(method, "/api/v1/plans/plan_x")).await.expect("an answer");
            let request = upstream.requests().pop().unwrap();
            assert_eq!(request.field("content-length"), None, "{method} {protocol:?}");
        }
    }
}

#[tokio::test]
async fn row_14_1i_chunks_of_nothing_are_no_body_where_they_are_read() {
    let (upstream, gateway) = before_nobody().await;
    let head = "POST /api/v1/plans HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n";
    let answer = gateway.send_raw(format!("{head}transfer-encoding: chunked\r\n\r\n0\r\n\r\n")).await;
    let request = upstream.only();
    assert_eq!((answer.status(), request.field("content-length")), (200, Some("0")));
    assert_eq!(request.field("transfer-encoding"), None);
}

#[tokio::test]
async fn row_14_1j_a_target_that_does_not_begin_with_a_path_is_none() {
    let upstream = Upstream::answers(json("{}")).await;
    let gateway = super::support::Gateway::before(&upstream).await;
    for path in ["#", "#x", "#/api/v1/plans", "?", "?x", "?company_id=x#y"] {
        for method in ["GET", "POST"] {
            let fields =
                [(":method", method), (":scheme", "http"), (":path", path), (":authority", "gateway.test")];
            let mut client = Frames::to(&gateway).await;
            client.head(1, &fields, true).await;
            assert_eq!(client.fate(1).await, Fate::Answered, "{path}");
            let told = gateway.admin("/metrics").await;
            let counted = |line: &&str| line.contains("type=\"invalid_target\"") && line.contains("not_sent");
            assert!(told.text().lines().any(|line| counted(&line)), "{path}");
        }
        let answer = gateway.send_raw(format!("GET {path} HTTP/1.1\r\nhost: gateway.test\r\n\r\n")).await;
        assert_eq!(answer.status(), 400, "{path}");
    }
    assert_eq!(upstream.connections(), 0);
    let whole = gateway.send_raw("OPTIONS * HTTP/1.1\r\nhost: gateway.test\r\n\r\n").await;
    assert_eq!(whole.error(), e400("invalid_target"));
    // Where HTTP/1 names a whole URL, its path may be empty (RFC 9112, 3.2.2).
    gateway.send_raw("GET http://gateway.test?x HTTP/1.1\r\nhost: gateway.test\r\n\r\n").await;
    assert!(upstream.only().start.starts_with("GET /?x HTTP/1.1"));
}
