//! JSON that is hard to read, over the wire and both ways: what no step names passes byte for byte, what is no JSON is
//! refused before anything is sent, or breaks the answer.

use super::support::{Gateway, HEAD, Protocol, Upstream, answer, ask, chunked, get, json, v};

const PLANS: &str = "/api/v1/plans";
const EARNINGS: &str = "/api/v1/referrals/businesses/earnings";
const JSON: &str = "content-type: application/json";

/// A gateway before an upstream, which reads all of an answer before its head is sent, or next to nothing.
async fn gateway(upstream: &Upstream, buffered: bool) -> Gateway {
    let size = if buffered { 64 << 20 } else { 1 };
    Gateway::configured(upstream, |config| {
        config.limits.buffer_bytes = size;
        config.limits.request_bytes = 64 << 20;
        config.limits.object_bytes = 64 << 20;
    })
    .await
}

fn with_length(body: &[u8]) -> Vec<u8> {
    let head = format!("{HEAD}content-length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

/// Sends a write with this body; nothing reaches the upstream, whatever the client speaks.
async fn request_is_refused(body: &[u8], code: &str) {
    let upstream = Upstream::answers(json("{}")).await;
    let gateway = gateway(&upstream, true).await;
    for protocol in Protocol::ALL {
        let ask = ask("POST", PLANS).json("").body(body);
        let answer = gateway.receive(protocol, &ask).await.unwrap();
        assert_eq!(answer.error(), (400, code.to_owned()), "{protocol:?}");
        assert_eq!(answer.field("dateline-outcome"), Some("not_sent"));
    }
    assert_eq!(upstream.connections(), 0);
}

/// Gets this body from the upstream: an error where it is read before the head is sent; otherwise never whole.
async fn answer_is_refused(body: &[u8]) {
    for came in [with_length(body), chunked(HEAD, body.chunks(16 << 10))] {
        let upstream = Upstream::answers(came).await;
        let whole = gateway(&upstream, true).await;
        for protocol in Protocol::ALL {
            let answer = whole.receive(protocol, &get(PLANS)).await.unwrap();
            assert_eq!(answer.error(), (502, "response_untranslatable".to_owned()), "{protocol:?}");
            assert_eq!(answer.field("dateline-outcome"), Some("responded"));
        }
        let streamed = gateway(&upstream, false).await;
        for protocol in [Protocol::Http11, Protocol::Http2] {
            if let Some(answer) = streamed.receive(protocol, &get(PLANS)).await {
                assert_eq!(answer.error(), (502, "response_untranslatable".to_owned()), "{protocol:?}");
            }
        }
    }
}

/// Sends and gets bodies that go through: what comes out, by what went in.
async fn passes(request: (&[u8], &[u8]), response: (&[u8], &[u8])) {
    for came in [
        with_length(response.0),
        chunked(HEAD, response.0.chunks(16 << 10)),
        chunked(HEAD, response.0.chunks(1 << 20)),
    ] {
        let upstream = Upstream::answers(came).await;
        for buffered in [true, false] {
            let gateway = gateway(&upstream, buffered).await;
            let answer = gateway.receive(Protocol::Http11, &get(PLANS)).await.expect("a whole answer");
            assert!(answer.status() == 200 && answer.body == response.1, "{}", answer.body.escape_ascii());
            let ask = ask("POST", PLANS).json("").body(request.0);
            gateway.receive(Protocol::Http2, &ask).await;
            let sent = upstream.requests().pop().unwrap();
            assert!(sent.body == request.1, "{}", sent.body.escape_ascii());
        }
    }
}

/// A field of a plan with this text as its value, up and down, and beside what is translated.
async fn field_passes(value: &str) {
    let sent = |name: &str| format!(r#"{{"{name}":1,"x":{value},"k":0}}"#);
    let came = |name: &str| format!(r#"{{"y" : {value},"data":[{{"{name}":null,"x":{value}}}, {value}]}}"#);
    passes(
        (sent("company_id").as_bytes(), sent("account_id").as_bytes()),
        (came("account").as_bytes(), came("company").as_bytes()),
    )
    .await;
}

#[tokio::test]
async fn row_26_nesting_a_hundred_thousand_deep() {
    const DEPTH: usize = 100_000;
    let arrays = [vec![b'['; DEPTH], vec![b']'; DEPTH]].concat();
    let objects = [br#"{"a":"#.repeat(DEPTH), b"1".to_vec(), vec![b'}'; DEPTH]].concat();
    for deep in [&arrays, &objects] {
        for inside in [&b"{\"x\":@}"[..], b"{\"company_id\":1,\"metadata\":@}", b"@"] {
            let at = inside.iter().position(|byte| *byte == b'@').unwrap();
            let body = [&inside[..at], deep, &inside[at + 1..]].concat();
            request_is_refused(&body, "json_depth").await;
        }
        answer_is_refused(deep).await;
        answer_is_refused(&[br#"{"data":[{"account":1},{"x":"#, &deep[..], b"}]}"].concat()).await;
        answer_is_refused(&[br#"{"data":[{"account":1}],"x":"#, &deep[..], b"}"].concat()).await;
    }
    // Opened only.
    request_is_refused(&arrays[..DEPTH], "json_depth").await;
    answer_is_refused(&arrays[..DEPTH]).await;
    let deepest = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    field_passes(&deepest(60)).await;
}

#[tokio::test]
async fn row_27_numbers_keep_their_text() {
    let numbers = [
        "1.10",
        "9007199254740993",
        "123456789012345678901234567890",
        "1e5",
        "1E400",
        "-0",
        "-0.0",
        "0e0",
        "1e-400",
        "1e999999999",
        "-1E+999999999999999999999",
        "0.1000000000000000055511151231257827",
    ];
    for number in numbers {
        field_passes(number).await;
    }
    field_passes(&format!("[{}]", numbers.join(" , "))).await;
    for odd in ["01", "+1", "1.", ".5", "1e", "0x1", "1_000", "--1", "1e+", "Infinity"] {
        request_is_refused(format!(r#"{{"company_id":1,"x":{odd}}}"#).as_bytes(), "json_invalid").await;
        answer_is_refused(format!(r#"{{"data":[{{"account":1,"x":{odd}}}]}}"#).as_bytes()).await;
    }
}

#[tokio::test]
async fn row_27_ten_megabytes_of_digits_pass() {
    let digits = "7".repeat(10 << 20);
    let (sent, came) =
        (format!(r#"{{"company_id":1,"x":{digits}}}"#), format!(r#"{{"data":[{{"account":{digits}}}]}}"#));
    let upstream = Upstream::answers(with_length(came.as_bytes())).await;
    for buffered in [true, false] {
        let gateway = gateway(&upstream, buffered).await;
        let answer = gateway.receive(Protocol::Http11, &ask("POST", PLANS).json(&sent)).await;
        assert!(answer.is_some_and(|answer| answer.text() == came), "another operation's field");
        assert!(upstream.requests().pop().unwrap().text() == sent.replace("company", "account"));
        let answer = gateway.receive(Protocol::Http11, &get(PLANS)).await;
        assert!(answer.is_some_and(|answer| answer.text() == came.replace("account", "company")));
    }
}

#[tokio::test]
async fn row_27_a_number_that_cannot_be_converted_keeps_its_text_and_is_told() {
    let long = "3".repeat(1 << 20);
    for number in ["1e999999999", "1E-999999999", "1e99999999999999999999999", long.as_str()] {
        let body = format!(r#"{{"data":[{{"id":"bre_x","amount":{number}}}]}}"#);
        let mut upstream = Upstream::answers(json(&body)).await;
        upstream.version = v("2025-01-01");
        for buffered in [true, false] {
            let gateway = gateway(&upstream, buffered).await;
            for protocol in [Protocol::Http11, Protocol::Http2] {
                let answer = gateway.receive(protocol, &get(EARNINGS).pin("2026-07-01")).await.unwrap();
                assert!(
                    answer.text() == body.replace("amount", "commission_amount_usd"),
                    "{:.200}",
                    answer.text()
                );
                let losses = answer.field("dateline-loss").unwrap();
                assert!(losses.contains("commission_amount_usd=unconverted"), "{losses}");
            }
        }
    }
}

#[tokio::test]
async fn row_28_a_key_that_matters_stands_there_once() {
    for keys in [r#""company_id":1,"company_id":2"#, r#""company_id":1,"x":0,"com\u0070any_id":1"#] {
        request_is_refused(format!("{{{keys}}}").as_bytes(), "duplicate_key").await;
    }
    for keys in [r#""account":1,"account":1"#, r#""\u0061ccount":1,"account":2"#] {
        answer_is_refused(format!(r#"{{"data":[{{{keys}}}]}}"#).as_bytes()).await;
    }
}

#[tokio::test]
async fn row_28_other_keys_may_stand_there_twice() {
    field_passes(r#"{"a":1,"a":2,"":3,"":4,"m":{"company_id":5,"company_id":6,"account":7,"account":8}}"#)
        .await;
    let body = |name: &str| format!(r#"{{"x":1,"{name}":0,"x":2,"\u0078":3}}"#);
    passes(
        (body("company_id").as_bytes(), body("account_id").as_bytes()),
        (
            format!(r#"{{"data":[{}],"z":1,"z":2}}"#, body("account")).as_bytes(),
            format!(r#"{{"data":[{}],"z":1,"z":2}}"#, body("company")).as_bytes(),
        ),
    )
    .await;
}

#[tokio::test]
async fn row_29_keys_of_a_librarys_own_are_keys_like_others() {
    for key in ["$serde_json::private::Number", "$serde_json::private::RawValue"] {
        for value in [r#""12""#, r#""{\"a\":1}""#, "12", "null"] {
            field_passes(&format!(r#"{{"{key}":{value}}}"#)).await;
            // As the value that is moved, and as the object that is translated.
            let moved = |name: &str| format!(r#"{{"{name}":{{"{key}":{value}}},"{key}":{value}}}"#);
            passes(
                (moved("company_id").as_bytes(), moved("account_id").as_bytes()),
                (
                    format!(r#"{{"data":[{},{{"{key}":{value}}}]}}"#, moved("account")).as_bytes(),
                    format!(r#"{{"data":[{},{{"{key}":{value}}}]}}"#, moved("company")).as_bytes(),
                ),
            )
            .await;
        }
    }
}

#[tokio::test]
async fn row_30_escapes_and_lone_surrogates_stay_as_they_are() {
    for text in [
        r"\ud800",
        r"\udc00\ud800",
        r"\uD834\udd1e",
        r"a\u0041\/\b\f\n\r\t\\\u0000",
        r"\u0022",
        r"\ufffe\uFEFF",
        "\u{1d11e}\u{e9}\u{2028}\u{7f}",
    ] {
        field_passes(&format!(r#""{text}""#)).await;
        field_passes(&format!(r#"{{"{text}":"{text}"}}"#)).await;
    }
}

#[tokio::test]
async fn row_30_an_escaped_key_matches_its_rule() {
    passes(
        (br#"{"\u0063ompany\u005fid":"\u0041"}"#, br#"{"account_id":"\u0041"}"#),
        (br#"{"d\u0061ta":[{"acc\u006Funt":"\/"}]}"#, br#"{"d\u0061ta":[{"company":"\/"}]}"#),
    )
    .await;
    for odd in [r#""\x""#, r#""\u12""#, r#""\u12G4""#, r#""\U0041""#, "\"\t\"", "\"\n\"", r#""\""#, "'a'"] {
        request_is_refused(format!(r#"{{"company_id":{odd}}}"#).as_bytes(), "json_invalid").await;
        answer_is_refused(format!(r#"{{"data":[{{"account":{odd}}}]}}"#).as_bytes()).await;
    }
}

#[tokio::test]
async fn row_31_what_is_no_json_is_refused() {
    let bad: [&[u8]; 22] = [
        b"\xef\xbb\xbf{}",
        b"{\"x\":\"\xff\"}",
        b"{\"x\":\"\xc0\x80\"}",
        b"{\"x\":\"\xed\xa0\x80\"}",
        b"{\"x\":\"\xf4\x90\x80\x80\"}",
        b"{\"x\":\"\xe2\x82\"}",
        b"{\"\xff\":1}",
        b"\xff\xfe{\0}\0",
        b"{}{}",
        b"{} x",
        b"{}\0",
        b"{}]",
        b"{\"x\":NaN}",
        b"{\"x\":Infinity}",
        b"{\"x\":undefined}",
        b"{/**/}",
        b"{} // end",
        b"{\"x\":1,}",
        b"{x:1}",
        b"{\"x\" 1}",
        b" \n",
        b"<html>",
    ];
    for body in bad {
        request_is_refused(body, "json_invalid").await;
        answer_is_refused(body).await;
    }
    for body in bad.iter().filter(|body| body.starts_with(b"{\"x\"")) {
        let inside = [b"{\"data\":[{\"account\":1},", *body, b"]}"].concat();
        answer_is_refused(&inside).await;
    }
}

#[tokio::test]
async fn row_31_what_is_no_json_passes_where_nothing_is_translated() {
    for body in ["{} x", "<html>", "{\"x\":NaN}"] {
        let upstream = Upstream::answers(answer("200 OK", &[JSON], body)).await;
        let gateway = Gateway::before(&upstream).await;
        let got = gateway.send(ask("POST", PLANS).pin("2026-07-01").json(body)).await;
        assert_eq!((got.text(), upstream.only().text()), (body, body));
    }
}
