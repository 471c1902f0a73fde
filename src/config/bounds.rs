//! Tables `limits` and `timeouts`: how much there may be, and how long it may take.

use std::time::Duration;

/// Table `limits`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a translated request body; over it the client gets a 413.
    pub request_bytes: u64,
    /// Bytes of a translated response that are read before its head is sent; a response of known length up to this
    /// is finished first, and so is one of unknown length that comes within 10 ms.
    pub buffer_bytes: u64,
    /// Bytes of one translated object of a response, and of a response of unknown length to a client with HTTP/1.0;
    /// over it the client gets a 502, or a transfer that is broken off.
    pub object_bytes: u64,
    /// Connections to the upstream that are kept while no request uses them.
    pub upstream_idle_connections: u64,
    /// Bytes of a request's head, and of the field list of an HTTP/2 request as RFC 9113, 6.5.2 counts it; over it the
    /// client gets a 431.
    pub head_bytes: u64,
    /// Fields of a request; over it the client gets a 431.
    pub headers: u32,
    /// Bytes of the head of an answer of the upstream's; over it the client gets a 502.
    pub response_head_bytes: u64,
    /// Fields of an answer of the upstream's; over it the client gets a 502.
    pub response_headers: u32,
    /// Bytes of a request's path and query; over it the client gets a 414.
    pub uri_bytes: u64,
    /// Connections of clients; never more than half of the file descriptors. Over it a client gets a 503, and the
    /// connection is closed.
    pub connections: u32,
    /// Requests on one connection: it ends with the answer to the last one.
    pub connection_requests: u32,
    /// Exchanges under way, all clients together, to the last byte of their answers; never more than half of the file
    /// descriptors, since each may hold a connection to the upstream. Over it a client gets a 503.
    pub exchanges: u32,
    /// Streams at once on an HTTP/2 connection.
    pub streams: u32,
    /// Bytes of a request body that an HTTP/2 client may send ahead of its being read.
    pub stream_window: u32,
    /// The same for all streams of a connection.
    pub connection_window: u32,
    /// Bytes of bodies that are kept at once, all clients together, and 8 to 64 KiB for each connection of a client; over it a request gets a 503, and an answer that
    /// would need more a 502, or a transfer that is broken off.
    pub memory_bytes: u64,
    /// How many times its size a compressed body may grow when it is decoded, beyond its first mebibyte; over it a
    /// request gets a 413, and an answer a 502, or a transfer that is broken off.
    pub decoded_ratio: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            request_bytes: 1 << 20,
            buffer_bytes: 64 << 10,
            object_bytes: 1 << 20,
            upstream_idle_connections: 256,
            head_bytes: 32 << 10,
            headers: 100,
            response_head_bytes: 256 << 10,
            response_headers: 1000,
            uri_bytes: 8 << 10,
            connections: 10_000,
            connection_requests: 1000,
            exchanges: 4096,
            streams: 100,
            stream_window: 64 << 10,
            connection_window: 1 << 20,
            memory_bytes: 256 << 20,
            decoded_ratio: 100,
        }
    }
}

/// Table `timeouts`. None is zero, none is over a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timeouts {
    /// Until the connection to the upstream stands, TLS included.
    pub connect: Duration,
    /// From the request sent to the first byte of the upstream's answer (`timeouts.first_byte`).
    pub upstream_first_byte: Duration,
    /// How long a connection to the upstream is kept while no request uses it. Less than servers keep theirs, so that
    /// few are found ended.
    pub upstream_idle: Duration,
    /// How long a connection to the upstream is used, from its opening. The next one asks the name service again.
    pub upstream_max_age: Duration,
    /// Between two pieces of an answer of the upstream's.
    pub idle: Duration,
    /// From the beginning of a client's connection to its first byte, TLS handshake included, which has as long again.
    pub handshake: Duration,
    /// From the first byte of a request's head to its end.
    pub request_head: Duration,
    /// Between two pieces of a request's body.
    pub request_body_idle: Duration,
    /// For all of a request's body: what the gateway spends waiting for it.
    pub request_body: Duration,
    /// While a client takes nothing of an answer that is there for it.
    pub response_write: Duration,
    /// From the end of the last exchange on a client's connection to the end of that.
    pub keep_alive: Duration,
    /// From SIGTERM to draining, where it does not drain at once: requests are served, and whoever asks is told that it is
    /// not ready.
    pub shutdown_delay: Option<Duration>,
    /// From then on to the end of the last exchange.
    pub drain: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Timeouts {
            connect: Duration::from_secs(5),
            upstream_first_byte: Duration::from_secs(60),
            upstream_idle: Duration::from_secs(30),
            upstream_max_age: Duration::from_secs(300),
            idle: Duration::from_secs(300),
            handshake: Duration::from_secs(10),
            request_head: Duration::from_secs(10),
            request_body_idle: Duration::from_secs(30),
            request_body: Duration::from_secs(120),
            response_write: Duration::from_secs(60),
            keep_alive: Duration::from_secs(75),
            shutdown_delay: None,
            drain: Duration::from_secs(65),
        }
    }
}
