//! Row 14.1f: the head of an answer that is not as it should be. What was answered is told, and no odd field loses it.

use super::support::{
    Connection, End, Gateway, Message, Process, Protocol, Upstream, answer, ask, get, json, until,
};
use std::time::Duration;

const PLAN: &str = "/api/v1/plans/plan_x";
const BODY: &str = r#"{"id":"plan_x","account":null}"#;

/// The head of an answer with these lines, and a body.
fn came(status: &str, lines: &str) -> String {
    let length = BODY.len();
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\nx-request-id: req_1\r\n{lines}content-length: {length}\r\n\r\n{BODY}"
    )
}

/// The answer to a write, whichever way the client speaks.
async fn each(
    upstream: &Upstream,
    change: impl Fn(&mut dateline_gateway::Config),
    check: impl Fn(&Message, Protocol),
) {
    let gateway = Gateway::configured(upstream, change).await;
    for protocol in Protocol::ALL {
        let write = ask("POST", "/api/v1/plans").json("{}");
        let got = gateway.receive(protocol, &write).await.expect("an answer");
        check(&got, protocol);
    }
}

fn is_told(got: &Message, (code, status): (&str, u16), case: &str) {
    assert_eq!(got.error(), (502, code.to_owned()), "{case}: {}", got.text());
    assert_eq!(got.field("dateline-outcome"), Some("responded"), "{case}");
    let told = got.error_message();
    assert!(told.contains(&format!("The upstream answered {status}")), "{case}: {told}");
    assert!(told.ends_with("; its request id is req_1"), "{case}: {told}");
    assert_eq!(got.field("dateline-upstream-request-id"), Some("req_1"), "{case}");
}

#[tokio::test]
async fn row_14_1f_an_answer_of_many_fields_is_an_answer() {
    let links =
        |count: usize| (0..count).map(|n| format!("link: </p/{n}>; rel=preload\r\n")).collect::<String>();
    let upstream = Upstream::answers(came("201 Created", &links(150))).await;
    each(
        &upstream,
        |_| {},
        |got, protocol| {
            assert_eq!((got.status(), got.all("link").len()), (201, 150), "{protocol:?}");
            assert_eq!(
                (got.all("link")[149], got.text()),
                ("</p/149>; rel=preload", r#"{"id":"plan_x","company":null}"#)
            );
        },
    )
    .await;
    for lines in [links(900), format!("x-long: {}\r\n", "v".repeat(200 << 10))] {
        let upstream = Upstream::answers(came("201 Created", &lines)).await;
        let gateway = Gateway::before(&upstream).await;
        let got = gateway.send(ask("POST", "/api/v1/plans").json("{}")).await;
        let lengths = (got.all("link").len(), got.field("x-long").map_or(0, str::len));
        assert!(got.status() == 201 && [(900, 0), (0, 200 << 10)].contains(&lengths), "{lengths:?}");
    }
}

#[tokio::test]
async fn row_14_1f_a_head_over_the_limits_is_told_with_what_was_answered() {
    let upstream = Upstream::answers(came("201 Created", &"x: y\r\n".repeat(20))).await;
    each(
        &upstream,
        |config| config.limits.response_headers = 22,
        |got, protocol| {
            is_told(got, ("upstream_head", 201), &format!("{protocol:?}"));
        },
    )
    .await;
    each(&upstream, |config| config.limits.response_headers = 23, |got, _| assert_eq!(got.status(), 201))
        .await;
    let upstream = Upstream::answers(came("201 Created", &format!("x: {}\r\n", "v".repeat(2000)))).await;
    each(
        &upstream,
        |config| config.limits.response_head_bytes = 1024,
        |got, protocol| {
            is_told(got, ("upstream_head", 201), &format!("{protocol:?}"));
        },
    )
    .await;
    // Of one that never ends, no more is kept.
    let upstream = Upstream::answers(format!(
        "HTTP/1.1 202 Accepted\r\nx-request-id: req_1\r\n{}",
        "x: y\r\n".repeat(9000)
    ))
    .await;
    each(
        &upstream,
        |config| config.limits.response_head_bytes = 1024,
        |got, protocol| {
            is_told(got, ("upstream_head", 202), &format!("{protocol:?}"));
        },
    )
    .await;
}

#[tokio::test]
async fn row_14_1f_what_can_be_mended_is() {
    for (lines, name, value) in [
        ("X-Powered-By : shop\r\n", "x-powered-by", Some("shop")),
        ("X-Powered-By\t: shop\r\n", "x-powered-by", Some("shop")),
        ("X-Folded: a\r\n  b\r\n\tc\r\n", "x-folded", Some("a b c")),
        ("X-Odd: a\u{1}b\r\n", "x-odd", None),
        ("X-Odd: a\u{0}b\r\n", "x-odd", None),
        ("X-Odd: a\rSet-Cookie: b\r\n", "set-cookie", None),
        ("X Odd: a\r\n", "x", None),
        ("no field at all\r\n", "no field at all", None),
        ("X-Line: feed\n", "x-line", Some("feed")),
    ] {
        let upstream = Upstream::answers(came("201 Created", lines)).await;
        each(
            &upstream,
            |_| {},
            |got, protocol| {
                assert_eq!(
                    (got.status(), got.text()),
                    (201, r#"{"id":"plan_x","company":null}"#),
                    "{lines:?} {protocol:?}"
                );
                assert_eq!(got.field(name), value, "{lines:?} {protocol:?}");
                assert_eq!(got.field("dateline-upstream-request-id"), Some("req_1"), "{lines:?}");
            },
        )
        .await;
    }
}

#[tokio::test]
async fn row_14_1f_what_is_left_out_is_told_by_name_and_counted() {
    let upstream =
        Upstream::answers(came("200 OK", "X-Odd: sk_live_1\u{1}\r\nsk_live_2 is no field\r\n")).await;
    let gateway = Process::before(&upstream, &[]).await;
    assert_eq!(gateway.send(get(PLAN)).await.status(), 200);
    let events = gateway.requests(1).await;
    assert_eq!(events[0]["left_out"], "x-odd, and 1 more", "{}", events[0]);
    assert!(!gateway.written().contains("sk_live"), "no value is logged");

    let gateway = Gateway::before(&upstream).await;
    gateway.send(get(PLAN)).await;
    let metrics = gateway.admin("/metrics").await;
    assert!(metrics.text().contains("\ndateline_response_fields_left_out_total 2\n"), "{}", metrics.text());
}

#[tokio::test]
async fn row_14_1f_framing_is_never_lost_or_changed() {
    let head = |version: &str, lines: &str| {
        format!(
            "HTTP/{version} 201 Created\r\ncontent-type: application/json\r\nx-request-id: req_1\r\n{lines}\r\n\r\n"
        )
    };
    let chunked = format!("{:x}\r\n{BODY}\r\n0\r\n\r\n", BODY.len());
    let length = BODY.len();
    for (version, lines, body) in [
        ("1.1", format!("Content-Length : {length}"), BODY),
        ("1.1", format!("Content-Length: {length}\r\nContent-Length: {length}"), BODY),
        ("1.1", "Transfer-Encoding : chunked".to_owned(), &chunked),
        ("1.1", "transfer-encoding: Chunked".to_owned(), &chunked),
    ] {
        let upstream = Upstream::answers(head(version, &lines) + body).await;
        let gateway = Gateway::before(&upstream).await;
        for _ in 0..2 {
            let got = gateway.send(ask("POST", "/api/v1/plans").json("{}")).await;
            assert_eq!((got.status(), got.text()), (201, r#"{"id":"plan_x","company":null}"#), "{lines}");
        }
        assert_eq!(upstream.connections(), 1, "{lines}: it is known where the answer ends");
    }
    for (version, lines) in [
        ("1.1", "Transfer-Encoding:\r\n chunked"),
        ("1.1", "Transfer-Encoding: chunked\u{1}"),
        ("1.1", "Transfer-Encoding\u{b}: chunked"),
        ("1.1", "Transfer Encoding: chunked"),
        ("1.1", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"),
        ("1.1", "Transfer-Encoding: gzip, chunked"),
        ("1.1", "Transfer-Encoding : chunked\r\nContent-Length: 2"),
        ("1.0", "Transfer-Encoding: chunked"),
        ("1.1", "Content-Length: 2\r\nContent-Length: 3"),
        ("1.1", "Content-Length: +2"),
        ("1.1", "Content-Length: 2\u{0}"),
        ("1.1", "Content-Length: 2\r\n 3"),
        ("1.1", "Content-Length 2"),
        ("1.1", "Content-Length: 18446744073709551616"),
    ] {
        // The next answer on that connection would be a smuggled one.
        let upstream =
            Upstream::answers(head(version, lines) + &chunked + &came("200 OK", "x-smuggled: 1\r\n")).await;
        each(
            &upstream,
            |_| {},
            |got, protocol| {
                is_told(got, ("upstream_framing", 201), &format!("{lines:?} {protocol:?}"));
            },
        )
        .await;
        assert_eq!(upstream.connections(), 3, "{lines:?}: none is used again");
    }
}

#[tokio::test]
async fn row_14_1f_what_says_what_an_answer_is_is_never_left_out() {
    for line in
        ["Content-Type: a\u{1}", "Content-Encoding: gzip\u{1}", "Cache-Control: private\u{1}", "Vary\u{1}: *"]
    {
        let upstream = Upstream::answers(came("201 Created", &format!("{line}\r\n"))).await;
        each(
            &upstream,
            |_| {},
            |got, protocol| {
                is_told(got, ("upstream_head", 201), &format!("{line:?} {protocol:?}"));
            },
        )
        .await;
    }
}

#[tokio::test]
async fn row_14_1f_an_answer_that_breaks_off_in_its_head_was_one() {
    let whole = came("201 Created", "x: y\r\n");
    for end in [End::Fin, End::Rst] {
        for (at, outcome) in
            [(5, "unknown"), (21, "unknown"), (22, "responded"), (60, "responded"), (90, "responded")]
        {
            let upstream = Upstream::scripted_with(whole.clone(), move |mut connection, text| async move {
                connection.next().await?;
                connection.cut(text, at, end).await
            })
            .await;
            each(
                &upstream,
                |_| {},
                |got, protocol| {
                    assert_eq!(got.field("dateline-outcome"), Some(outcome), "{end:?} {at} {protocol:?}");
                    let code = if outcome == "unknown" { "upstream_failed" } else { "upstream_truncated" };
                    assert_eq!(got.error(), (502, code.to_owned()), "{end:?} {at}");
                    let is_told = got.error_message().contains("The upstream answered 201");
                    assert_eq!(is_told, outcome == "responded", "{}", got.error_message());
                },
            )
            .await;
        }
    }
    let upstream = Upstream::answers("HTTP/1.1 201 Created\r\nx: y\r\n").await;
    let gateway = Gateway::configured(&upstream, |config| {
        config.timeouts.response_header = Duration::from_millis(300);
    })
    .await;
    let got = gateway.send(ask("POST", "/api/v1/plans").json("{}")).await;
    assert_eq!(got.error(), (504, "upstream_timeout".to_owned()));
    assert_eq!(got.field("dateline-outcome"), Some("responded"));
    assert!(got.error_message().ends_with("The upstream answered 201"), "{}", got.error_message());
}

#[tokio::test]
async fn row_14_1f_promises_and_answers_without_a_body_are_read_so_too() {
    let odd = "HTTP/1.1 103 Early Hints\r\nlink : a\r\n x\r\n\u{1}\r\nTransfer-Encoding: \u{1}\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n";
    let upstream = Upstream::scripted(move |mut connection: Connection| async move {
        loop {
            connection.next().await?;
            connection.send_in_pieces(format!("{odd}{}", came("200 OK", "x : y\r\n")), 3).await;
        }
    })
    .await;
    let gateway = Gateway::before(&upstream).await;
    for _ in 0..2 {
        let got = gateway.send(get(PLAN)).await;
        assert_eq!((got.status(), got.field("x"), got.field("link")), (200, Some("y"), None));
        assert_eq!(got.text(), r#"{"id":"plan_x","company":null}"#);
    }
    for (method, line, length) in
        [("HEAD", "200 OK", None), ("GET", "304 Not Modified", None), ("DELETE", "204 No Content", None)]
    {
        let head = format!(
            "HTTP/1.1 {line}\r\ncontent-type: application/json\r\nx : y\r\nx-odd: \u{1}\r\ncontent-length: 7\r\n\r\n"
        );
        let upstream = Upstream::answers(head).await;
        let gateway = Gateway::before(&upstream).await;
        for _ in 0..2 {
            let got = gateway.send(ask(method, PLAN)).await;
            assert_eq!((got.start.contains(&line[..3]), got.field("x")), (true, Some("y")), "{line}");
            assert_eq!((got.field("content-length"), got.field("x-odd")), (length, None), "{line}");
        }
        assert_eq!(upstream.connections(), 1, "{line}");
    }
    // Whoever speaks HTTP/1.0 is understood, and asked on another connection the next time.
    let upstream =
        Upstream::answers_and_closes(came("200 OK", "x : y\r\n").replace("HTTP/1.1", "HTTP/1.0")).await;
    let gateway = Gateway::before(&upstream).await;
    let got = gateway.send(get(PLAN)).await;
    assert_eq!(
        (got.status(), got.field("x"), got.text()),
        (200, Some("y"), r#"{"id":"plan_x","company":null}"#)
    );
}

#[tokio::test]
async fn row_14_1f_what_comes_before_a_request_is_no_answer_to_it() {
    let upstream = Upstream::scripted(|mut connection: Connection| async move {
        connection.next().await?;
        connection.send([json("{}"), answer("408 Request Timeout", &[], "")].concat()).await;
        connection.ended().await;
        Some(())
    })
    .await;
    let gateway = Gateway::before(&upstream).await;
    for number in 1..=3 {
        assert_eq!(gateway.send(get(PLAN)).await.text(), "{}");
        until("the connection is given up", || upstream.connections() == number).await;
    }
}
