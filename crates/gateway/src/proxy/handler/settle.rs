//! Requests whose body decides what becomes of them: it is read before anything else is done.

use super::{
    super::{
        body::{Count, IdleTimeout, collect},
        coding::Source,
        error::Error,
    },
    Handler,
};
use crate::{
    config::Timeouts,
    proxy::{body_error::refuse_request, incoming::IncomingBody, request_log::RequestLog},
};
use bytes::Bytes;
use dateline_core::translate::Media;
use dateline_http::{
    coding::Codings,
    exchange::{BodyFormat, Exchange},
};
use http::request;
use http_body::Body;
use http_body_util::Full;

impl Handler {
    /// Reads the body of a request and decides by it which unsaid changes the request crosses. Returns the body as it came.
    #[cold]
    pub(super) async fn settle<'e>(
        &'e self,
        exchange: Exchange<'e>,
        head: &request::Parts,
        body: IncomingBody,
        log: &mut RequestLog,
    ) -> Result<(Exchange<'e>, IncomingBody), Error> {
        if body.is_end_stream() {
            let exchange = self.exchanges.settle(exchange, head, Media::Other, &[])?;
            log.decided(&exchange);
            return Ok((exchange, body));
        }
        let BodyFormat { media, codings } = exchange.awaited_format(&head.headers)?;
        let (limit, ratio) = (self.limits.request_bytes, self.limits.max_decompression_ratio);
        let mut share = self.budget.share();
        let Timeouts { request_body_idle, request_body, .. } = self.timeouts;
        // It is counted, and copied for those who watch, when it is read for the second time.
        let mut timed = IdleTimeout::new(body, request_body_idle, Count::default());
        timed.limit_pauses(request_body);
        let came = Source::new(timed, Codings::default(), ratio);
        let came = collect(came, limit, &mut share).await.map_err(refuse_request)?;
        let came = share.bind(came);
        let mut share = self.budget.share();
        let again = IdleTimeout::new(whole(came.clone()), request_body_idle, Count::default());
        let decoded = collect(Source::new(again, codings, ratio), limit, &mut share).await;
        let exchange = self.exchanges.settle(exchange, head, media, &decoded.map_err(refuse_request)?)?;
        log.decided(&exchange);
        Ok((exchange, whole(came)))
    }
}

fn whole(bytes: Bytes) -> IncomingBody {
    IncomingBody::Whole(Full::new(bytes))
}
