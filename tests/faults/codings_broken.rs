//! Coded answers that are broken, cut short or blown up never look whole.

use super::{
    codings::{CODINGS, NEW, OLD, PLANS, answered, coded, receive},
    support::{Gateway, Protocol, Upstream, ask, get},
};

#[tokio::test]
async fn row_34_a_bomb_is_stopped() {
    for coding in CODINGS {
        let bomb =
            |what: &str| coded(coding, format!(r#"{{"data":["{}"]}}"#, what.repeat(8 << 20)).as_bytes());
        let upstream = Upstream::answers(answered(coding, &bomb("0"), Some(4000))).await;
        for sent in ["gzip, br, zstd", ""] {
            let ask = get(PLANS).with("accept-encoding", sent);
            // All of it is read before the head is sent, or nearly nothing.
            let whole = |config: &mut dateline_gateway::Config| {
                (config.limits.buffer_bytes, config.limits.object_bytes) = (1 << 30, 1 << 30);
            };
            let gateway = Gateway::configured(&upstream, whole).await;
            for protocol in Protocol::ALL {
                let answer = receive(&gateway, protocol, &ask).await;
                assert_eq!(answer.error(), (502, "response_too_large".to_owned()));
                assert_eq!(answer.field("dateline-outcome"), Some("responded"));
            }
            let gateway = Gateway::before(&upstream).await;
            for protocol in [Protocol::Http11, Protocol::Http2] {
                assert!(gateway.receive(protocol, &ask).await.is_none(), "{protocol:?} {coding}");
            }
            let answer = receive(&gateway, Protocol::Http10, &ask).await;
            assert_eq!(answer.error(), (502, "response_too_large".to_owned()));
        }
        let generous =
            |config: &mut dateline_gateway::Config| config.limits.max_decompression_ratio = 1 << 40;
        let gateway = Gateway::configured(&upstream, generous).await;
        assert_eq!(receive(&gateway, Protocol::Http11, &get(PLANS)).await.body.len(), (8 << 20) + 13);
    }
}

#[tokio::test]
async fn row_34_an_object_is_limited_as_it_is_decoded() {
    for coding in CODINGS {
        let body = format!(r#"{{"data":[{{"id":"{}"}}]}}"#, "x".repeat(100_000));
        let upstream = Upstream::answers(answered(coding, &coded(coding, body.as_bytes()), None)).await;
        let gateway = Gateway::configured(&upstream, |config| {
            (config.limits.buffer_bytes, config.limits.object_bytes) = (1 << 20, 50_000);
        })
        .await;
        let answer = gateway.send(get(PLANS)).await;
        assert_eq!(answer.error(), (502, "response_too_large".to_owned()));
    }
}

/// Checks that a client never gets a complete answer, whether it is finished before its head is sent or streamed.
async fn never_whole(codings: &str, body: &[u8]) {
    for size in [None, Some(11)] {
        let upstream = Upstream::answers(answered(codings, body, size)).await;
        for buffer in [64 << 10, 1] {
            let gateway = Gateway::configured(&upstream, |config| config.limits.buffer_bytes = buffer).await;
            for protocol in Protocol::ALL {
                for accepted in ["gzip, br, zstd", ""] {
                    let ask = get(PLANS).with("accept-encoding", accepted);
                    let Some(answer) = gateway.receive(protocol, &ask).await else { continue };
                    let (status, code) = answer.error();
                    let known = ["response_untranslatable", "upstream_truncated"].contains(&code.as_str());
                    assert!(status == 502 && known, "{codings} {status} {code}");
                    assert_eq!(answer.field("dateline-outcome"), Some("responded"));
                }
            }
        }
    }
}

#[tokio::test]
async fn row_34_a_coding_that_is_cut_short_is_never_whole() {
    for codings in ["gzip", "br", "zstd", "gzip, br"] {
        let body = coded(codings, NEW.as_bytes());
        // Some are enough here: the decoder's own tests cut at every byte.
        for end in [1, 2, 9, body.len() / 2, body.len() - 8, body.len() - 2, body.len() - 1] {
            never_whole(codings, &body[..end]).await;
        }
    }
}

#[tokio::test]
async fn row_34_what_is_not_what_its_coding_says_is_never_whole() {
    for coding in CODINGS {
        let body = coded(coding, NEW.as_bytes());
        let mut odd = body.clone();
        odd[0] ^= 0x55;
        let behind = |garbage: &[u8]| [&body[..], garbage].concat();
        for wrong in [odd, behind(b"x"), behind(b"\0\0x"), NEW.as_bytes().to_vec()] {
            never_whole(coding, &wrong).await;
        }
        never_whole("deflate", &body).await;
        never_whole("gzip, x", &body).await;
        // Whole, and no JSON.
        never_whole(coding, &coded(coding, &NEW.as_bytes()[..NEW.len() - 1])).await;
        never_whole(coding, &coded(coding, format!("{NEW}{{}}").as_bytes())).await;
    }
}

#[tokio::test]
async fn row_14_1k_zeros_behind_gzip_are_padding_both_ways() {
    let padded = |text: &str, zeros: usize| [coded("gzip", text.as_bytes()), vec![0; zeros]].concat();
    let too_many = (64 << 10) + 1;
    for (zeros, fits) in [(1, true), (10_240, true), (too_many, false)] {
        for size in [None, Some(11)] {
            let upstream = Upstream::answers(answered("gzip", &padded(NEW, zeros), size)).await;
            let gateway = Gateway::before(&upstream).await;
            for protocol in Protocol::ALL {
                let sent = padded(r#"{"company_id":"biz_x"}"#, zeros);
                let write = ask("POST", PLANS).json("").with("content-encoding", "gzip").body(sent);
                let answer = receive(&gateway, protocol, &write).await;
                match fits {
                    true => assert_eq!(answer.status(), 200, "{zeros} {protocol:?}: {}", answer.text()),
                    false => assert_eq!(answer.error(), (400, "bad_body".to_owned())),
                }
                let up = upstream.requests().pop().filter(|request| request.start.starts_with("POST"));
                let up = up.map(|request| request.text().to_owned());
                assert_eq!(
                    up.as_deref(),
                    fits.then_some(r#"{"account_id":"biz_x"}"#),
                    "{zeros} {protocol:?}"
                );
                let read = receive(&gateway, protocol, &get(PLANS)).await;
                match fits {
                    true => assert_eq!(read.text(), OLD, "{zeros} {protocol:?}"),
                    false => assert_eq!(read.error(), (502, "response_untranslatable".to_owned())),
                }
            }
        }
    }
}
