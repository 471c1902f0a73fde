//! hyper, with our limits.

use super::{
    activity::{Activity, ConnectionLimits},
    resting::RestingHttp1,
    streams::Streams,
};
use crate::{
    base::http2::{BUFFER, http2},
    config::Limits,
    proxy::body::BoxError,
};
use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use hyper::{
    body::Incoming,
    rt::{Read, Write},
    server::conn::{http1, http2},
    service::Service,
};
use hyper_util::rt::TokioIo;
use std::{pin::Pin, sync::Arc, time::Instant};
use tokio::io::{AsyncRead, AsyncWrite};

/// One for each protocol.
pub(super) struct Servers {
    http1: http1::Builder,
    http2: http2::Builder<Streams>,
}

impl Servers {
    pub(super) fn new(limits: &Limits, bounds: &ConnectionLimits) -> Self {
        let head_bytes = usize::try_from(limits.head_bytes).unwrap_or(usize::MAX);
        let mut http1 = http1::Builder::new();
        // Who sends no more may still read: `socket` sees who does not.
        http1.half_close(true);
        http1.max_header_size(head_bytes).max_buf_size(BUFFER.max(head_bytes));
        // Its deadline for a head would run between requests, too: `activity` knows better.
        http1.header_read_timeout(None);
        if limits.headers != 100 {
            // To ask for the default costs an allocation a request.
            http1.max_headers(limits.headers as usize);
        }
        let mut http2 = http2(Streams { write: bounds.write }, limits);
        http2.max_header_list_size(u32::try_from(limits.head_bytes).unwrap_or(u32::MAX));
        Servers { http1, http2 }
    }

    pub(super) fn http1<I, S, B>(&self, stream: I, service: S, activity: &Arc<Activity>) -> impl Serving
    where
        I: AsyncRead + AsyncWrite + Unpin + 'static,
        S: Service<Request<Incoming>, Response = Response<B>, Error: Into<BoxError>> + Unpin,
        B: Body<Data = Bytes, Error: Into<BoxError>> + 'static,
    {
        RestingHttp1::new(&self.http1, stream, service, Arc::clone(activity))
    }

    pub(super) fn http2<I, S, B>(&self, stream: I, service: S) -> impl Serving
    where
        I: AsyncRead + AsyncWrite + Unpin + 'static,
        S: Service<Request<Incoming>, Response = Response<B>, Error: Into<BoxError>, Future: Send + 'static>,
        B: Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
    {
        self.http2.serve_connection(TokioIo::new(stream), service)
    }
}

/// A connection that is served while it is polled.
pub(super) trait Serving: Future<Output = hyper::Result<()>> {
    /// Finishes the current exchange, and takes no more.
    fn finish(self: Pin<&mut Self>);

    /// Frees the buffers of a quiet connection. Returns the time for another look, if one makes sense.
    fn rest(self: Pin<&mut Self>) -> Option<Instant> {
        None
    }
}

impl<I, S, B> Serving for http2::Connection<I, S, Streams>
where
    I: Read + Write + Unpin + 'static,
    S: Service<Request<Incoming>, Response = Response<B>, Error: Into<BoxError>, Future: Send + 'static>,
    B: Body<Data: Send, Error: Into<BoxError>> + Send + 'static,
{
    fn finish(self: Pin<&mut Self>) {
        self.graceful_shutdown();
    }
}
