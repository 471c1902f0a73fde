//! The check that an answer is complete if only the end of its connection ends it, so that a cut looks the same.
//!
//! JSON and content codings tell by themselves where they end. What passes is read beside its way to the client, byte
//! for byte as it came: its codings are undone, its JSON is checked, and nothing is kept of either.

use super::{
    body::{BodyError, IdleTimeout},
    coding::{Codings, Decoder},
};
use crate::{base::budget::Reservation, config::Limits};
use bytes::Bytes;
use dateline_core::{
    plan::Plan,
    translate::{ResponseStream, Untranslatable},
};
use dateline_http::exchange::is_json;
use http::{HeaderMap, StatusCode};
use http_body::{Body, Frame, SizeHint};
use std::{
    pin::Pin,
    sync::{Arc, LazyLock},
    task::{Context, Poll, ready},
};

/// Changes nothing, and sees whether JSON is whole.
static READING: LazyLock<Arc<Plan>> = LazyLock::new(|| Arc::new(Plan::reading()));

/// A reason why a body cannot be complete, though its connection ended in order.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotWhole {
    /// The body is empty, which is neither JSON nor in any content coding.
    #[error("the connection ended before the first byte of the body")]
    Empty,
    /// The body is not JSON, or its JSON has not ended.
    #[error("what came until the connection ended is not whole JSON")]
    Json(#[source] Untranslatable),
}

/// The check of one body.
#[derive(Debug)]
pub(crate) struct EndCheck {
    /// The decoder, or `None` if the body has no content coding.
    decoder: Option<Decoder>,
    /// The JSON check, or `None` if the body is not JSON.
    json: Option<ResponseStream>,
    is_empty: bool,
    /// Covers what the decoder keeps.
    share: Reservation,
}

impl EndCheck {
    /// A check of an answer with this head. Nothing where it has none that could tell: neither JSON nor a coding that
    /// can be undone, or a part of something (RFC 9110, 15.3.7).
    pub(crate) fn of(
        status: StatusCode,
        headers: &HeaderMap,
        limits: &Limits,
        share: Reservation,
    ) -> Option<Box<Self>> {
        let codings = Codings::of(headers)?;
        let is_json = is_json(headers);
        if status == StatusCode::PARTIAL_CONTENT || (codings.is_plain() && !is_json) {
            return None;
        }
        let object_bytes = usize::try_from(limits.object_bytes).unwrap_or(usize::MAX);
        Some(Box::new(EndCheck {
            decoder: (!codings.is_plain()).then(|| Decoder::new(codings, limits.max_decompression_ratio)),
            json: is_json.then(|| ResponseStream::new(Arc::clone(&READING), object_bytes)),
            is_empty: true,
            share,
        }))
    }

    /// Tells whether a body that passes the check is certainly complete. JSON is. Content codings may follow each
    /// other, so that a cut between two of them looks complete.
    pub(crate) fn is_sure(&self) -> bool {
        self.json.is_some()
    }

    /// Reads a piece of the body.
    fn saw(&mut self, piece: &Bytes) -> Result<(), BodyError> {
        let EndCheck { decoder, json, is_empty, share } = self;
        let Some(decoder) = decoder else {
            *is_empty &= piece.is_empty();
            return read(json, piece);
        };
        // A coding of nothing is one, but it is no JSON.
        *is_empty &= piece.is_empty() || json.is_some();
        decoder.give(piece.clone());
        while let Some(decoded) = decoder.next()? {
            *is_empty &= decoded.is_empty();
            read(json, &decoded)?;
        }
        share.keep(decoder.kept())?;
        Ok(())
    }

    /// The connection has ended.
    fn end(&mut self) -> Result<(), BodyError> {
        if let Some(decoder) = &self.decoder {
            decoder.finish()?;
        }
        if self.is_empty {
            return Err(NotWhole::Empty.into());
        }
        if let Some(json) = &mut self.json {
            json.finish().map_err(NotWhole::Json)?;
        }
        Ok(())
    }
}

/// Checks a piece of JSON, where it is JSON.
fn read(json: &mut Option<ResponseStream>, piece: &Bytes) -> Result<(), BodyError> {
    if let Some(json) = json {
        json.feed(piece).map_err(NotWhole::Json)?;
    }
    Ok(())
}

/// A body as it comes, which ends in an error where its check says that it is not whole.
#[derive(Debug)]
pub(crate) struct EndChecked<B> {
    inner: IdleTimeout<B>,
    check: Option<Box<EndCheck>>,
}

impl<B> EndChecked<B> {
    pub(crate) fn new(inner: IdleTimeout<B>, check: Option<Box<EndCheck>>) -> Self {
        EndChecked { inner, check }
    }

    /// Tells whether the end of the body is known from the check alone, and with certainty.
    pub(crate) fn is_sure(&self) -> bool {
        self.check.as_ref().is_some_and(|check| check.is_sure())
    }
}

impl<B> Body for EndChecked<B>
where
    IdleTimeout<B>: Body<Data = Bytes, Error = BodyError> + Unpin,
{
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let EndChecked { inner, check } = self.get_mut();
        let frame = ready!(Pin::new(inner).poll_frame(cx)?);
        if let Some(check) = check {
            match frame.as_ref().map(Frame::data_ref) {
                Some(Some(piece)) => check.saw(piece)?,
                Some(None) => {}
                None => check.end()?,
            }
        }
        Poll::Ready(frame.map(Ok))
    }

    fn is_end_stream(&self) -> bool {
        self.check.is_none() && self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Config,
        base::budget::Budget,
        proxy::{
            body::tests::fed,
            coding::{Coding, DecodeError, encoded},
        },
    };
    use http::{HeaderValue, header};
    use http_body_util::BodyExt;
    use std::time::Duration;

    fn check(media: &'static str, coding: &'static str, memory: u64) -> Option<Box<EndCheck>> {
        let headers = HeaderMap::from_iter([
            (header::CONTENT_TYPE, HeaderValue::from_static(media)),
            (header::CONTENT_ENCODING, HeaderValue::from_static(coding)),
        ]);
        EndCheck::of(StatusCode::OK, &headers, &Config::default().limits, Budget::new(memory).share())
    }

    async fn passed(check: Option<Box<EndCheck>>, body: Bytes) -> Result<Bytes, BodyError> {
        let (sender, inner, _) = fed(vec![Ok(Frame::data(body))], Duration::from_secs(9));
        drop(sender);
        Ok(EndChecked::new(inner, check).collect().await?.to_bytes())
    }

    #[test]
    fn only_json_is_sure() {
        let is_sure = |media, coding| check(media, coding, 0).map(|check| check.is_sure());
        for coding in ["", "identity", "gzip", "br, zstd"] {
            assert_eq!(is_sure("application/json; charset=utf-8", coding), Some(true), "{coding}");
        }
        assert_eq!(is_sure("text/csv", "gzip"), Some(false));
        assert_eq!((is_sure("text/csv", ""), is_sure("application/json", "deflate")), (None, None));
    }

    #[tokio::test]
    async fn row_14_1b_a_check_keeps_no_more_than_a_translation_may() {
        let text = format!("[{}1]", "1,".repeat(2 << 20));
        for coding in Coding::ALL {
            let bomb = encoded(coding, text.as_bytes()).unwrap();
            let check = |memory| check("application/json", coding.name(), memory);
            let error = passed(check(1 << 30), bomb.clone()).await.unwrap_err();
            assert!(matches!(error, BodyError::Undecodable(DecodeError::Inflated(100))), "{error:?}");
            let small = encoded(coding, b"[1]").unwrap();
            assert_eq!(passed(check(1 << 30), small.clone()).await.unwrap(), small, "byte for byte");
            assert!(matches!(passed(check(0), small).await, Err(BodyError::Exhausted(_))));
        }
    }
}
