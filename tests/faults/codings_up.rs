//! Content codings of requests: a translated one goes up plain, and one that cannot be undone is refused.

use super::{
    codings::{CODINGS, NEW, PLANS, answered, coded, receive},
    support::{Ask, Gateway, Protocol, Upstream, ask, chunk, json},
};

#[tokio::test]
async fn row_33_a_compressed_request_is_translated_and_sent_plain() {
    let (sent, expected) = (r#"{"company_id":"biz_x","title":"a"}"#, r#"{"account_id":"biz_x","title":"a"}"#);
    let upstream = Upstream::answers(json("{}")).await;
    let gateway = Gateway::before(&upstream).await;
    for codings in
        ["gzip", "x-gzip", "br", "zstd", "gzip, br", "zstd,gzip", "gzip, identity, gzip", "identity", ""]
    {
        for (media, sent, expected) in [
            ("application/json", sent, expected),
            ("application/x-www-form-urlencoded", "company_id=biz_x&title=a", "account_id=biz_x&title=a"),
        ] {
            let body = coded(codings, sent.as_bytes());
            let ask = ask("POST", PLANS).with("content-type", media).with("content-encoding", codings);
            let ask = ask.with("digest", "d").body(body);
            for protocol in Protocol::ALL {
                let answer = receive(&gateway, protocol, &ask).await;
                assert_eq!(answer.status(), 200, "{codings}: {}", answer.text());
                let got = upstream.requests().pop().unwrap();
                assert_eq!((got.text(), got.field("content-encoding")), (expected, None), "{codings}");
                assert_eq!((got.field("digest"), got.all("transfer-encoding")), (None, vec![]), "{codings}");
            }
            let head = String::from_utf8(ask.clone().body("").bytes()).unwrap();
            let mut bytes = head.replace("\r\n\r\n", "\r\ntransfer-encoding: chunked\r\n\r\n").into_bytes();
            ask.body.chunks(3).for_each(|part| bytes.extend(chunk(part)));
            bytes.extend(b"0\r\n\r\n");
            assert_eq!(gateway.send_raw(bytes).await.status(), 200);
            assert_eq!(upstream.requests().pop().unwrap().text(), expected, "{codings} in chunks");
        }
    }
}

#[tokio::test]
async fn row_33_a_compressed_request_of_nothing_is_none() {
    let upstream = Upstream::answers(json("{}")).await;
    let gateway = Gateway::before(&upstream).await;
    for coding in CODINGS {
        let ask = ask("POST", PLANS).json("").with("content-encoding", coding).body(coded(coding, b""));
        assert_eq!(gateway.send(ask).await.status(), 200);
        let got = upstream.requests().pop().unwrap();
        assert_eq!(
            (got.body.len(), got.field("content-encoding"), got.field("content-length")),
            (0, None, Some("0"))
        );
    }
}

/// A request that is refused before anything is sent.
async fn refused(ask: &Ask, expected: (u16, &str)) {
    let upstream = Upstream::answers(json("{}")).await;
    let gateway = Gateway::configured(&upstream, |config| config.limits.request_bytes = 1000).await;
    for protocol in Protocol::ALL {
        let answer = receive(&gateway, protocol, ask).await;
        assert_eq!(answer.error(), (expected.0, expected.1.to_owned()), "{protocol:?}");
        assert_eq!(answer.field("dateline-outcome"), Some("not_sent"));
        if expected.0 == 415 {
            assert_eq!(answer.field("accept-encoding"), Some("gzip, br, zstd"), "RFC 9110, 15.5.16");
        }
    }
    assert_eq!(upstream.connections(), 0);
}

#[tokio::test]
async fn row_33_an_unknown_coding_is_refused() {
    for codings in
        ["deflate", "compress", "x", "gzip, x", "deflate, gzip", "gzip,gzip,gzip", "gzip;q=1", "dcb"]
    {
        let ask = ask("POST", PLANS).json("{}").with("content-encoding", codings);
        refused(&ask, (415, "unsupported_content_encoding")).await;
    }
}

#[tokio::test]
async fn row_33_a_request_that_is_not_what_its_coding_says_is_refused() {
    for coding in CODINGS {
        let body = coded(coding, br#"{"company_id":"biz_x"}"#);
        let other = if coding == "gzip" { "zstd" } else { "gzip" };
        for wrong in [
            &body[..body.len() - 1],
            &body[..1],
            &[&body[..], b"x"].concat(),
            &[&body[..], &[0; 512], b"x"].concat(),
            &coded(other, b"{}"),
            b"{}",
        ] {
            let ask = ask("POST", PLANS).json("").with("content-encoding", coding).body(wrong);
            refused(&ask, (400, "bad_body")).await;
        }
    }
}

#[tokio::test]
async fn row_33_the_limits_of_a_request_are_on_what_it_says() {
    let sized = |length: usize| format!(r#"{{"title":"{}"}}"#, "x".repeat(length - 12));
    let large = "0".repeat(8 << 20);
    for coding in CODINGS {
        let sent = |body: &str| {
            ask("POST", PLANS).json("").with("content-encoding", coding).body(coded(coding, body.as_bytes()))
        };
        for body in [&sized(1001), &sized(100_000), &large] {
            refused(&sent(body), (413, "request_too_large")).await;
        }
        let upstream = Upstream::answers(json("{}")).await;
        let gateway = Gateway::configured(&upstream, |config| config.limits.request_bytes = 1000).await;
        assert_eq!(gateway.send(sent(&sized(1000))).await.status(), 200);
        let unlimited = |config: &mut dateline_gateway::Config| config.limits.request_bytes = 1 << 30;
        let gateway = Gateway::configured(&upstream, unlimited).await;
        let answer = gateway.send(sent(&large)).await;
        assert_eq!(answer.error(), (413, "request_too_large".to_owned()), "it grows too much");
        assert!(answer.error_message().contains("over 100 times its size"), "{}", answer.error_message());
    }
}

#[tokio::test]
async fn row_33_what_passes_keeps_its_coding() {
    let odd = b"\x1f\x8bno gzip at all\xff";
    for (codings, body) in
        [("gzip", coded("gzip", NEW.as_bytes())), ("br", odd.to_vec()), ("x, deflate", odd.to_vec())]
    {
        let upstream = Upstream::answers(answered(codings, &body, None)).await;
        let gateway = Gateway::before(&upstream).await;
        for sent in [ask("POST", PLANS).pin("2026-07-01"), ask("POST", "/api/v2/none")] {
            let sent = sent.json("").body(body.clone()).with("content-encoding", codings);
            let answer = gateway.send(sent.with("accept-encoding", "x;q=0.1 ,gzip")).await;
            let got = upstream.requests().pop().unwrap();
            assert!(got.body == body && answer.body == body);
            assert_eq!(got.field("content-encoding"), Some(codings));
            assert_eq!(got.field("accept-encoding"), Some("x;q=0.1 ,gzip"));
            assert_eq!(answer.field("content-encoding"), Some(codings));
            assert_eq!(answer.field("vary"), Some("api-version-date"));
        }
    }
}
