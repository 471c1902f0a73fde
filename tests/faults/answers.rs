//! Answers that go wrong: an error in their place as long as that can be told, and never a connection without a head.

use super::{
    codings::{CODINGS, coded},
    support::{
        Ask, Authority, End, Endpoint, Gateway, Message, Process, Protocol, Upstream, ask, chunk,
        frames::{DATA, END_STREAM, Frames, HEADERS, RST_STREAM},
        get,
    },
};
use dateline_gateway::Config;
use std::str::from_utf8;

const PLANS: &str = "/api/v1/plans";
const PLAN: &str = "/api/v1/plans/plan_x";
const OLD: &str = "2025-01-01";
const NEW: &str = "2026-07-01";
const HEAD: &str = "HTTP/1.1 201 Created\r\ncontent-type: application/json\r\nx-request-id: req_up\r\n";

/// The framing that ends the body of an answer.
#[derive(Debug, Clone, Copy)]
enum Framing {
    Length,
    Chunks,
    Connection,
}

const FRAMINGS: [Framing; 3] = [Framing::Length, Framing::Chunks, Framing::Connection];

/// An answer in a coding, or in none; `end` bytes of its body are sent, and the last chunk only with all of them.
fn answer(framing: Framing, coding: &str, body: &[u8], end: usize) -> Vec<u8> {
    let mut answer = HEAD.as_bytes().to_vec();
    if !coding.is_empty() {
        answer.extend(format!("content-encoding: {coding}\r\n").bytes());
    }
    let sent = &body[..end];
    match framing {
        Framing::Length => answer.extend(format!("content-length: {}\r\n\r\n", body.len()).bytes()),
        Framing::Chunks => answer.extend(b"transfer-encoding: chunked\r\n\r\n"),
        Framing::Connection => answer.extend(b"\r\n"),
    }
    match framing {
        Framing::Chunks => {
            sent.chunks(9000).for_each(|part| answer.extend(chunk(part)));
            if end == body.len() {
                answer.extend(b"0\r\n\r\n");
            }
        }
        Framing::Length | Framing::Connection => answer.extend_from_slice(sent),
    }
    answer
}

/// An upstream that gives each request the answer of this number, and then ends the connection.
async fn numbered(answers: Vec<Vec<u8>>) -> Upstream {
    Upstream::scripted_with(answers, move |mut connection, answers| async move {
        let request = connection.next().await?;
        let number: usize = request.field("x-answer").and_then(|at| at.parse().ok()).expect("which one");
        connection.send(&answers[number]).await;
        connection.end(End::Close).await
    })
    .await
}

/// Text that no coding makes small, of this length.
fn noise(length: usize) -> String {
    let mut state = 1u64;
    let letter = |_| {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        char::from(b'a' + u8::try_from(state >> 59).unwrap() % 26)
    };
    (0..length).map(letter).collect()
}

#[tokio::test]
async fn row_14_1a_an_object_that_fails_is_told_in_the_place_of_its_head() {
    let object = |length: usize| format!(r#"{{"account":{{"id":"biz_x"}},"pad":"{}"}}"#, noise(length));
    let (fits, large) = (object(150_000), object(250_000));
    let spoilt = format!("{},}}", &fits[..fits.len() - 1]);
    let mut cases = Vec::new();
    for framing in FRAMINGS {
        for coding in ["", CODINGS[0], CODINGS[1], CODINGS[2]] {
            let coded = |text: &str| coded(coding, text.as_bytes());
            let (fits, large, spoilt) = (coded(&fits), coded(&large), coded(&spoilt));
            cases.push((answer(framing, coding, &large, large.len()), "response_too_large"));
            cases.push((answer(framing, coding, &fits, fits.len() / 2), "upstream_truncated"));
            let code = match framing {
                Framing::Connection => "upstream_truncated",
                Framing::Length | Framing::Chunks => "response_untranslatable",
            };
            cases.push((answer(framing, coding, &spoilt, spoilt.len()), code));
        }
    }
    let upstream = numbered(cases.iter().map(|(answer, _)| answer.clone()).collect()).await;
    let gateway = Gateway::configured(&upstream, |config| config.limits.object_bytes = 200_000).await;
    for (number, (_, code)) in cases.iter().enumerate() {
        for protocol in Protocol::ALL {
            let key = format!("{number} {protocol:?}");
            let write = ask("POST", PLANS)
                .pin(OLD)
                .json("{}")
                .with("x-answer", &number.to_string())
                .with("idempotency-key", &key)
                .with("accept-encoding", "gzip, br, zstd");
            let told = gateway.receive(protocol, &write).await.unwrap_or_else(|| panic!("nothing: {key}"));
            assert_eq!(told.error(), (502, (*code).to_owned()), "{key}");
            assert_eq!(told.field("dateline-outcome"), Some("responded"), "{key}");
            assert_eq!(told.field("dateline-upstream-request-id"), Some("req_up"), "{key}");
            assert_eq!(upstream.executions(&key), 1, "{key}");
        }
    }
}

/// The result of reading an answer.
#[derive(Debug)]
enum Got {
    /// All of it.
    Whole(Message),
    /// A head with this status and so many bytes behind it, visibly broken off.
    BrokenOff(u16, usize),
    /// The connection or the stream ended without a head.
    Nothing,
}

/// Asks and reads what comes, byte for byte or frame by frame.
async fn got(gateway: &Endpoint, protocol: Protocol, ask: &Ask) -> Got {
    let bytes = match protocol {
        Protocol::Http10 => ask.bytes10(),
        Protocol::Http11 => ask.bytes(),
        Protocol::Http2 => return got_frames(Frames::to(gateway).await, ask).await,
    };
    let mut client = gateway.connect().await;
    client.send(bytes).await;
    match client.message(ask.answer_kind()).await {
        Some(whole) => Got::Whole(whole),
        None => begun(&client.rest().await),
    }
}

/// Reads the start of an HTTP/1 answer.
fn begun(bytes: &[u8]) -> Got {
    let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { return Got::Nothing };
    let status = from_utf8(&bytes[9..12]).ok().and_then(|status| status.parse().ok());
    Got::BrokenOff(status.expect("a status line"), bytes.len() - end - 4)
}

async fn got_frames(mut client: Frames, ask: &Ask) -> Got {
    let mut fields =
        vec![(":method", &ask.method[..]), (":scheme", "http"), (":path", &ask.target), (":authority", "x")];
    fields.extend(ask.fields.iter().map(|(name, value)| (&name[..], &value[..])));
    client.head(1, &fields, true).await;
    let (mut has_head, mut data) = (false, Vec::new());
    while let Some(frame) = client.next().await {
        match frame.kind {
            HEADERS => has_head = true,
            DATA => data.extend_from_slice(&frame.payload),
            RST_STREAM if has_head => return Got::BrokenOff(200, data.len()),
            RST_STREAM => return Got::Nothing,
            _ => continue,
        }
        if frame.kind != RST_STREAM && frame.flags & END_STREAM != 0 {
            let start = "HTTP/2.0 ?".to_owned();
            return Got::Whole(Message { start, body: data, ..Message::default() });
        }
    }
    Got::Nothing
}

/// Lists that fail in their second piece, which is there at once with the first: the head is decided, nothing of it is
/// written, and the body fails.
fn failing_at_once() -> Vec<(&'static str, Vec<u8>)> {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";
    let first = r#"{"data":[{"account":1},"#;
    let chunks = |pieces: &[&[u8]], coding: &str, end: &str| {
        let coding =
            if coding.is_empty() { String::new() } else { format!("content-encoding: {coding}\r\n") };
        let mut answer = format!("{head}{coding}transfer-encoding: chunked\r\n\r\n").into_bytes();
        pieces.iter().for_each(|piece| answer.extend(chunk(piece)));
        answer.extend(end.bytes());
        answer
    };
    let mut failing = vec![
        (OLD, chunks(&[first.as_bytes(), b"nope]}"], "", "0\r\n\r\n")),
        (OLD, chunks(&[first.as_bytes()], "", "nope\r\n")),
        (NEW, chunks(&[first.as_bytes()], "", "nope\r\n")),
        (OLD, format!("{head}content-length: 5000\r\n\r\n{first}").into_bytes()),
        (NEW, format!("{head}content-length: 5000\r\n\r\n{first}").into_bytes()),
    ];
    for coding in CODINGS {
        // Long enough for a decoder to let something out before the end, and not for the window of HTTP/2.
        let list = format!(r#"{{"data":[{{"account":"{}"}},{{"account":1}}]}}"#, noise(60_000));
        let body = coded(coding, list.as_bytes());
        let pieces: Vec<&[u8]> = body.chunks(1000).collect();
        let (most, _) = pieces.split_at(pieces.len() - 1);
        failing.push((OLD, chunks(most, coding, "nope\r\n")));
        failing.push((NEW, chunks(most, coding, "nope\r\n")));
    }
    failing
}

#[tokio::test]
async fn row_14_1a_what_fails_later_is_broken_off_behind_a_head_that_arrived() {
    let failing = failing_at_once();
    let upstream = numbered(failing.iter().map(|(_, answer)| answer.clone()).collect()).await;
    let gateway = Gateway::configured(&upstream, |config| config.limits.buffer_bytes = 1).await;
    let mut broken_off = 0;
    for _ in 0..3 {
        for (number, (pin, _)) in failing.iter().enumerate() {
            for protocol in Protocol::ALL {
                let ask = get(PLANS)
                    .pin(pin)
                    .with("x-answer", &number.to_string())
                    .with("accept-encoding", "gzip, br, zstd");
                let case = format!("{number} {pin} {protocol:?}");
                match got(&gateway, protocol, &ask).await {
                    Got::Whole(told) if protocol == Protocol::Http2 => {
                        assert!(told.text().starts_with(r#"{"error":{"type":"#), "{case}: {}", told.text());
                    }
                    Got::Whole(told) => assert_eq!(told.error().0, 502, "{case}"),
                    Got::BrokenOff(status, bytes) => {
                        assert!(status == 200 && bytes > 0, "{case}: {status}, {bytes} bytes");
                        broken_off += 1;
                    }
                    Got::Nothing => panic!("not a byte: {case}"),
                }
            }
        }
    }
    assert!(broken_off > failing.len(), "{broken_off}: it is about these");
}

#[tokio::test]
async fn row_14_1a_the_same_inside_tls() {
    let (_, answer) = failing_at_once().swap_remove(0);
    let upstream = Upstream::answers_and_closes(answer).await;
    let authority = Authority::new();
    let (cert, key) = authority.files("localhost");
    let gateway = Gateway::configured(&upstream, |config: &mut Config| {
        config.limits.buffer_bytes = 1;
        (config.listen.tls_cert, config.listen.tls_key) = (Some(cert), Some(key));
    })
    .await;
    let mut client = gateway.tls(&authority.client(&["http/1.1"], None)).await.unwrap();
    client.send(get(PLANS).pin(OLD).bytes()).await;
    let got = begun(&client.rest().await);
    assert!(matches!(got, Got::BrokenOff(200, 1..)), "{got:?}");
}

#[tokio::test]
async fn row_14_1a_the_log_says_what_the_client_got() {
    let failing = failing_at_once();
    let upstream = numbered(failing.into_iter().map(|(_, answer)| answer).collect()).await;
    let streamed = Process::before(&upstream, &[("DATELINE_LIMITS__BUFFER_BYTES", "1")]).await;
    let ask = get(PLANS).pin(OLD).with("x-answer", "0");
    let Got::BrokenOff(200, bytes) = got(&streamed, Protocol::Http11, &ask).await else { panic!("no head") };
    let event = streamed.requests(1).await.pop().unwrap();
    let said = |name: &str| event[name].clone();
    assert_eq!((said("status"), said("complete")), (200.into(), false.into()), "{event}");
    assert_eq!((said("error"), said("outcome")), ("response_untranslatable".into(), "responded".into()));
    // The one piece in its chunk: its size in two digits and two ends of lines more.
    assert_eq!(said("response_bytes"), bytes - 6, "{event}");

    let held = Process::before(&upstream, &[]).await;
    let Got::Whole(told) = got(&held, Protocol::Http11, &ask).await else { panic!("no error") };
    let event = held.requests(1).await.pop().unwrap();
    let said = |name: &str| event[name].clone();
    assert_eq!((told.status(), said("status"), said("complete")), (502, 502.into(), true.into()), "{event}");
    assert_eq!((said("upstream_status"), said("outcome")), (200.into(), "responded".into()), "{event}");
    assert_eq!(said("response_bytes"), told.body.len(), "{event}");
}

#[tokio::test]
async fn row_14_1a_a_head_waits_for_what_follows_it() {
    let (go, gate) = tokio::sync::watch::channel(false);
    let upstream = Upstream::scripted_with(gate, move |mut connection, mut gate| async move {
        connection.next().await?;
        let object = r#"{"account":{"id":"biz_x"},"title":"Gold"}"#;
        let (one, two) = object.split_at(20);
        connection.send(format!("{HEAD}transfer-encoding: chunked\r\n\r\n14\r\n{one}\r\n")).await;
        gate.wait_for(|go| *go).await.ok()?;
        connection.send(format!("{:x}\r\n{two}\r\n", two.len())).await;
        connection.end(End::Fin).await
    })
    .await;
    let gateway = Gateway::before(&upstream).await;
    let ask = get(PLAN).pin(OLD);
    let client = gateway.receive(Protocol::Http11, &ask);
    let release = async {
        super::support::until("the request has arrived", || upstream.count() == 1).await;
        // Longer than a head waits once something can follow it.
        tokio::time::sleep(super::support::MOMENT).await;
        go.send(true).unwrap();
    };
    let (told, ()) = tokio::join!(client, release);
    assert_eq!(told.expect("an error").error(), (502, "upstream_truncated".to_owned()));
}

#[tokio::test]
async fn row_14_1a_what_is_cut_right_behind_its_head_has_one() {
    let fields = ["content-length: 5000", "transfer-encoding: chunked", "x-ends: with the connection"];
    let (go, gate) = tokio::sync::watch::channel(false);
    let upstream = Upstream::scripted_with(gate, move |mut connection, mut gate| async move {
        let request = connection.next().await?;
        let number: usize = request.field("x-answer").and_then(|at| at.parse().ok()).expect("which one");
        let head = HEAD.replace("201 Created", "200 OK");
        connection.send(format!("{head}{}\r\n\r\n", fields[number % 3])).await;
        if request.field("x-waits").is_some() {
            gate.wait_for(|go| *go).await.ok()?;
        }
        connection.end(if number < 3 { End::Fin } else { End::Rst }).await
    })
    .await;
    let gateway = Gateway::before(&upstream).await;
    let with = async |pin: &str, protocol, number: usize, waits: bool| {
        let mut ask = get(PLANS).pin(pin).with("x-answer", &number.to_string());
        if waits {
            ask = ask.with("x-waits", "1");
        }
        match got(&gateway, protocol, &ask).await {
            Got::Whole(told) => assert!(told.text().starts_with(r#"{"error":"#), "{}", told.text()),
            Got::BrokenOff(status, bytes) => assert_eq!((status, bytes), (200, 0)),
            Got::Nothing => panic!("not a byte: {pin} {protocol:?} {number} {waits}"),
        }
    };
    for pin in [OLD, NEW] {
        for protocol in Protocol::ALL {
            for number in 0..6 {
                for _ in 0..3 {
                    with(pin, protocol, number, false).await;
                }
            }
        }
    }
    let held = async {
        let asks = [OLD, NEW].into_iter().flat_map(|pin| Protocol::ALL.map(|protocol| (pin, protocol)));
        let all: Vec<_> =
            asks.flat_map(|(pin, protocol)| (0..6).map(move |number| (pin, protocol, number))).collect();
        let mut all: Vec<_> =
            all.into_iter().map(|(pin, protocol, n)| Box::pin(with(pin, protocol, n, true))).collect();
        std::future::poll_fn(|cx| {
            all.retain_mut(|one| one.as_mut().poll(cx).is_pending());
            if all.is_empty() { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
        })
        .await;
    };
    let release = async {
        super::support::until("all have been asked", || upstream.count() >= 36 * 3 + 36).await;
        go.send(true).unwrap();
    };
    tokio::join!(held, release);
}
