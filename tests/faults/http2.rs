//! Rows 13, 22 and 23: HTTP/2 that is malformed, and floods of it.

use super::support::{
    Fate, Frames, Gateway, Process, Upstream,
    frames::{DATA, END_HEADERS, END_STREAM, GOAWAY, HEADERS, RST_STREAM, SETTINGS, block},
    get, json, until,
};
use std::time::Duration;

const PLAN: &str = "/api/v1/plans/plan_x";
const PING: u8 = 6;
const WINDOW_UPDATE: u8 = 8;
const CONTINUATION: u8 = 9;
/// RFC 9113, 7.
const CALM: u32 = 11;

fn fields(method: &str) -> Vec<(&str, &str)> {
    vec![
        (":method", method),
        (":scheme", "http"),
        (":authority", "x"),
        (":path", PLAN),
        ("authorization", "Bearer t"),
    ]
}

fn with<'a>(more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    [fields("GET"), more.to_vec()].concat()
}

#[tokio::test]
async fn row_13_a_malformed_head_is_reset() {
    let upstream = Upstream::answers(json("{}")).await;
    let gateway = Gateway::before(&upstream).await;
    let without =
        |name: &str| fields("GET").into_iter().filter(|(known, _)| *known != name).collect::<Vec<_>>();
    let mut late = without(":path");
    late.push((":path", PLAN));
    for (what, head) in [
        ("an upper-case name", with(&[("X-Upper", "1")])),
        ("a field of one connection", with(&[("connection", "close")])),
        ("a transfer coding", with(&[("transfer-encoding", "chunked")])),
        ("te other than trailers", with(&[("te", "gzip")])),
        ("no method", without(":method")),
        ("no path", without(":path")),
        ("no scheme", without(":scheme")),
        ("a pseudo-field after a field", late),
        ("a pseudo-field twice", with(&[(":method", "GET")])),
        ("an unknown pseudo-field", with(&[(":x", "1")])),
        ("a pseudo-field of answers", with(&[(":status", "200")])),
        ("a length that is none", with(&[("content-length", "x")])),
    ] {
        let mut client = Frames::to(&gateway).await;
        client.head(1, &head, true).await;
        let fate = client.fate(1).await;
        assert!(matches!(fate, Fate::Reset(1) | Fate::Away(1)), "{what}: {fate:?}");
    }
    // A body that is not as long as was said.
    for body in ["{", "{}{}"] {
        let mut client = Frames::to(&gateway).await;
        let head =
            [fields("POST"), vec![("content-length", "2"), ("content-type", "application/json")]].concat();
        client.head(1, &head, false).await;
        client.send(DATA, END_STREAM, 1, body).await;
        assert_eq!(client.fate(1).await, Fate::Reset(1), "{body}");
    }
    assert_eq!(upstream.count(), 0);
    assert_eq!(gateway.send_h2(get(PLAN)).await.status(), 200);
}

#[tokio::test]
async fn row_13_malformed_frames_end_the_connection_and_nothing_goes_up() {
    type Sent = (u8, u8, u32, Vec<u8>);
    let upstream = Upstream::answers(json("{}")).await;
    let gateway = Gateway::before(&upstream).await;
    let head = |stream| (HEADERS, END_HEADERS, stream, block(&fields("POST")));
    // Error codes as RFC 9113 says: 1 protocol, 3 flow control, 6 frame size, 9 compression; 5 is a closed stream. h2
    // says 1 for a frame of fixed size that has another, and for an index of nothing.
    let cases: Vec<(&str, Vec<Sent>, &[u32])> = vec![
        ("data before a head", vec![(DATA, 0, 1, b"x".to_vec())], &[1]),
        ("a stream of even number", vec![head(2)], &[1]),
        ("a head on no stream", vec![head(0)], &[1]),
        ("streams in falling order", vec![head(5), head(3)], &[1, 5]),
        ("a frame that is too large", vec![(DATA, 0, 1, vec![0; 16_385])], &[6]),
        ("a ping of seven bytes", vec![(PING, 0, 0, vec![0; 7])], &[1, 6]),
        ("a ping on a stream", vec![(PING, 0, 1, vec![0; 8])], &[1]),
        ("settings on a stream", vec![(SETTINGS, 0, 1, vec![])], &[1]),
        ("settings of five bytes", vec![(SETTINGS, 0, 0, vec![0; 5])], &[1, 6]),
        (
            "a window over the largest",
            vec![(WINDOW_UPDATE, 0, 0, 0x7fff_ffff_u32.to_be_bytes().to_vec())],
            &[3],
        ),
        ("no more window", vec![(WINDOW_UPDATE, 0, 0, vec![0; 4])], &[1]),
        ("a continuation of nothing", vec![(CONTINUATION, END_HEADERS, 1, vec![])], &[1]),
        ("a head within a head", vec![(HEADERS, 0, 1, vec![]), head(3)], &[1]),
        (
            "an index of nothing",
            vec![(HEADERS, END_HEADERS | END_STREAM, 1, vec![0xff, 0xff, 0x7f])],
            &[1, 9],
        ),
        ("a reset before a head", vec![(RST_STREAM, 0, 1, vec![0; 4])], &[1]),
        ("a promise by a client", vec![(5, END_HEADERS, 1, vec![0, 0, 0, 2])], &[1]),
        ("padding over the frame", vec![(HEADERS, END_HEADERS | 8, 1, vec![9, 0])], &[1]),
    ];
    let mut wrong = Vec::new();
    for (what, frames, codes) in cases {
        let mut client = Frames::to(&gateway).await;
        for (kind, flags, stream, payload) in frames {
            client.send(kind, flags, stream, payload).await;
        }
        let mut away = None;
        while let Some(frame) = client.next().await {
            assert_ne!((frame.kind, frame.stream != 0), (HEADERS, true), "{what}: answered");
            if frame.kind == GOAWAY {
                away = Some(u32::from_be_bytes(frame.payload[4..8].try_into().unwrap()));
            }
        }
        if !away.is_some_and(|code| codes.contains(&code)) {
            wrong.push((what, away));
        }
    }
    assert_eq!(wrong, []);
    assert_eq!(upstream.count(), 0);
    assert_eq!(gateway.send_h2(get(PLAN)).await.status(), 200);
}

/// A gateway as a process before an upstream that never answers but one path, and how much memory it takes.
struct Flooded {
    upstream: Upstream,
    gateway: Process,
    before: usize,
}

impl Flooded {
    async fn new() -> Self {
        let upstream = Upstream::scripted(|mut connection| async move {
            loop {
                if connection.next().await?.start.contains("plan_y") {
                    connection.send(json("{}")).await;
                } else {
                    connection.ended().await;
                    return None;
                }
            }
        })
        .await;
        let gateway = Process::before(&upstream, &[("DATELINE_TIMEOUTS__RESPONSE_WRITE", "1s")]).await;
        let flooded = Flooded { upstream, gateway, before: 0 };
        flooded.others_are_served().await;
        Flooded { before: flooded.gateway.resident(), ..flooded }
    }

    async fn others_are_served(&self) {
        assert_eq!(self.gateway.send(get("/api/v1/plans/plan_y")).await.status(), 200);
    }

    /// The connection comes to its end, with GOAWAY and one of these codes where it says any.
    async fn ends(&self, mut client: Frames, codes: &[u32]) {
        let mut away = None;
        while let Some(frame) = client.next().await {
            if frame.kind == GOAWAY {
                away = Some(u32::from_be_bytes(frame.payload[4..8].try_into().unwrap()));
            }
        }
        // What it has not read at its end may turn into a reset, which overtakes its last words.
        assert!(away.is_none_or(|code| codes.contains(&code)), "{away:?}");
        self.others_are_served().await;
        let grown = self.gateway.resident().saturating_sub(self.before);
        assert!(grown < 48 << 20, "{grown} bytes more");
    }
}

#[tokio::test]
async fn row_22_rapid_reset_ends_the_connection() {
    let flooded = Flooded::new().await;
    let mut client = Frames::to(&flooded.gateway).await;
    let reset = |stream: u32| {
        let head = frame(HEADERS, END_HEADERS | END_STREAM, stream, &block(&fields("GET")));
        [head, frame(RST_STREAM, 0, stream, &8_u32.to_be_bytes())].concat()
    };
    for stream in (1..10_001).step_by(2) {
        client.raw(reset(stream)).await;
    }
    flooded.ends(client, &[0, CALM]).await;
    until("nothing is under way", || flooded.upstream.count() < 500).await;
}

#[tokio::test]
async fn row_22_resets_that_the_server_is_made_to_send_end_the_connection() {
    let flooded = Flooded::new().await;
    // CVE-2025-8671: no more window; more window than there may be; a body longer than was said.
    let post = [fields("POST"), vec![("content-type", "application/json"), ("content-length", "1")]].concat();
    for wrong in [
        |stream| frame(WINDOW_UPDATE, 0, stream, &[0; 4]),
        |stream| frame(WINDOW_UPDATE, 0, stream, &0x7fff_ffff_u32.to_be_bytes()),
        |stream| frame(DATA, 0, stream, b"xxx"),
    ] {
        let mut client = Frames::to(&flooded.gateway).await;
        for stream in (1..10_001).step_by(2) {
            let head = frame(HEADERS, END_HEADERS, stream, &block(&post));
            client.raw([head, wrong(stream)].concat()).await;
        }
        flooded.ends(client, &[0, 1, CALM]).await;
    }
    assert!(flooded.upstream.count() < 500, "{}", flooded.upstream.count());
}

#[tokio::test]
async fn row_23_floods_of_continuations_end_the_connection() {
    let flooded = Flooded::new().await;
    for piece in [Vec::new(), block(&[("x", "y")]).repeat(1000)] {
        let mut client = Frames::to(&flooded.gateway).await;
        client.send(HEADERS, 0, 1, block(&fields("GET"))).await;
        let frames = frame(CONTINUATION, 0, 1, &piece).repeat(100);
        for _ in 0..100 {
            client.raw(&frames).await;
        }
        flooded.ends(client, &[1, CALM]).await;
    }
}

#[tokio::test]
async fn row_23_a_field_that_is_repeated_by_index_takes_no_memory() {
    let flooded = Flooded::new().await;
    let mut client = Frames::to(&flooded.gateway).await;
    // A field of 3 KiB is put into the table (RFC 7541, 6.2.1), and named sixteen thousand times: 48 MiB.
    let long = [&[0x40, 1, b'x', 0x7f, 0x81, 0x17][..], &[b'v'; 3072]].concat();
    let head = [block(&fields("GET")), long].concat();
    client.send(HEADERS, END_STREAM, 1, head).await;
    client.send(CONTINUATION, END_HEADERS, 1, vec![0xbe; 16_000]).await;
    assert_ne!(client.fate(1).await, Fate::Closed);
    assert_eq!(
        flooded.upstream.requests().iter().filter(|request| request.start.contains("plan_x")).count(),
        0
    );
    flooded.others_are_served().await;
    assert!(flooded.gateway.resident().saturating_sub(flooded.before) < 48 << 20);
}

#[tokio::test]
async fn row_23_floods_of_empty_data_end_the_connection() {
    let flooded = Flooded::new().await;
    for (piece, flags) in [(Vec::new(), 0), (vec![0], 8)] {
        let mut client = Frames::to(&flooded.gateway).await;
        client.head(1, &[fields("POST"), vec![("content-type", "text/plain")]].concat(), false).await;
        let frames = frame(DATA, flags, 1, &piece).repeat(1000);
        for _ in 0..100 {
            client.raw(&frames).await;
        }
        flooded.ends(client, &[1, CALM]).await;
    }
}

#[tokio::test]
async fn row_23_floods_that_want_answers_which_are_not_read_end_the_connection() {
    let flooded = Flooded::new().await;
    for (kind, payload) in [(PING, vec![0; 8]), (SETTINGS, vec![0, 4, 0, 1, 0, 0])] {
        let mut client = Frames::to(&flooded.gateway).await;
        let frames = frame(kind, 0, 0, &payload).repeat(10_000);
        // Written until the other side takes no more.
        while tokio::time::timeout(Duration::from_secs(5), client.try_raw(&frames))
            .await
            .is_ok_and(|sent| sent)
        {}
        flooded.ends(client, &[0, 1, CALM]).await;
    }
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}
