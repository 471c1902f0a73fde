//! Requests that are none over HTTP/2 (RFC 9113, 8.1.1): their stream is reset, and the upstream hears nothing.

use super::{
    headers::{H2, PLAN, before_nobody},
    support::{
        Fate, Frames,
        frames::{DATA, END_STREAM},
    },
};

/// RFC 9113, 7.
const PROTOCOL_ERROR: u32 = 1;

#[tokio::test]
async fn row_13_a_malformed_request_is_reset() {
    let (upstream, gateway) = before_nobody().await;
    let path = (":path", PLAN);
    for fields in [
        [H2, &[("X-Upper", "1")]].concat(),
        [H2, &[(":method", "GET")]].concat(),
        [H2, &[(":status", "200")]].concat(),
        [H2, &[(":unknown", "1")]].concat(),
        [&[("x-a", "1")], H2].concat(),
        [H2, &[("connection", "close")]].concat(),
        [H2, &[("keep-alive", "1")]].concat(),
        [H2, &[("proxy-connection", "close")]].concat(),
        [H2, &[("upgrade", "h2c")]].concat(),
        [H2, &[("te", "trailers, deflate")]].concat(),
        [H2, &[("x-a", "a\r\nb: c")]].concat(),
        [H2, &[("x-a", "a\0b")]].concat(),
        [H2, &[("x a", "1")]].concat(),
        [H2, &[("", "1")]].concat(),
        vec![(":method", "GET"), (":scheme", "http"), (":authority", "gateway.test")],
        vec![(":method", "GET"), (":authority", "gateway.test"), path],
        vec![(":scheme", "http"), (":authority", "gateway.test"), path],
        vec![(":method", "GET"), (":scheme", "http"), (":authority", "gateway.test"), (":path", "")],
        vec![(":method", "G T"), (":scheme", "http"), (":authority", "gateway.test"), path],
    ] {
        let mut client = Frames::to(&gateway).await;
        client.head(1, &fields, true).await;
        let fate = client.fate(1).await;
        assert!(
            matches!(fate, Fate::Reset(PROTOCOL_ERROR) | Fate::Away(PROTOCOL_ERROR)),
            "{fields:?}: {fate:?}"
        );
    }
    assert_eq!(upstream.connections(), 0);
}

#[tokio::test]
async fn row_13_one_malformed_stream_does_no_harm_to_the_next() {
    let (upstream, gateway) = before_nobody().await;
    let mut client = Frames::to(&gateway).await;
    client.head(1, &[H2, &[("connection", "close")]].concat(), true).await;
    assert_eq!(client.fate(1).await, Fate::Reset(PROTOCOL_ERROR));
    client.head(3, H2, true).await;
    assert_eq!(client.fate(3).await, Fate::Answered);
    assert_eq!(upstream.count(), 1);
}

#[tokio::test]
async fn row_13_data_that_is_not_as_long_as_was_said_is_reset() {
    for (pin, length, data) in [
        ("2025-01-01", "3", "{}"),
        ("2025-01-01", "1", "{}"),
        ("2026-07-01", "3", "{}"),
        ("2026-07-01", "1", "{}"),
    ] {
        let (upstream, gateway) = before_nobody().await;
        let mut client = Frames::to(&gateway).await;
        let head = [
            (":method", "POST"),
            (":scheme", "http"),
            (":path", "/api/v1/plans"),
            (":authority", "gateway.test"),
            ("content-type", "application/json"),
            ("api-version-date", pin),
            ("content-length", length),
        ];
        client.head(1, &head, false).await;
        client.send(DATA, END_STREAM, 1, data).await;
        assert_eq!(client.fate(1).await, Fate::Reset(PROTOCOL_ERROR), "{pin} {length}");
        assert_eq!(upstream.count(), 0, "no whole request");
    }
}
