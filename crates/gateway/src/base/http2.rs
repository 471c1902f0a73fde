//! The settings of HTTP/2 servers.

use crate::config::Limits;
use hyper::server::conn::http2;

/// The most bytes that are read from a connection, or written to it, at once.
pub(crate) const BUFFER: usize = 128 << 10;

/// The most streams of a connection that may be reset because of what the client does on them (CVE-2025-8671).
const WRONGED: usize = 256;

/// An HTTP/2 server within these limits, for clients and for Envoy.
pub(crate) fn http2<E>(executor: E, limits: &Limits) -> http2::Builder<E> {
    let mut http2 = http2::Builder::new(executor);
    http2
        .max_concurrent_streams(limits.streams)
        .initial_stream_window_size(limits.stream_window)
        .initial_connection_window_size(limits.connection_window)
        .max_local_error_reset_streams(WRONGED)
        .max_send_buf_size(BUFFER);
    http2
}
