//! The parts of an exchange that are copied for a capture.

use super::{
    Capture,
    writer::{Job, Text},
};
use crate::{
    base::redact::{
        self,
        rules::{ANSWER_FIELDS, REQUEST_FIELDS},
    },
    capture::format::{Body, Exchange},
    observe::stats::NotCaptured,
    proxy::{
        coding::Codings,
        copy::{BodyCopy, Copied, Tap, tap},
        observer::{End, Watch},
    },
};
use dateline_core::{day::Day, translate::Media};
use dateline_http::exchange::media;
use http::{HeaderMap, HeaderValue, StatusCode, Uri, request, response};
use std::{fmt, sync::Arc};

/// A request that is to be kept, as far as it has come.
pub(super) struct CaptureWatch {
    capture: Arc<Capture>,
    operation: Arc<str>,
    method: String,
    target: Uri,
    request: CapturedHalf,
    answer: Option<(StatusCode, CapturedHalf)>,
    /// Must not be in what is kept.
    credentials: Vec<String>,
}

/// A request or an answer.
#[derive(Debug)]
struct CapturedHalf {
    /// The header fields that are kept.
    fields: Vec<(String, String)>,
    media: Option<Media>,
    codings: Option<Codings>,
    body: Option<Copied>,
}

impl CaptureWatch {
    pub(super) fn new(capture: Arc<Capture>, operation: &Arc<str>, head: &request::Parts) -> Self {
        CaptureWatch {
            capture,
            operation: Arc::clone(operation),
            method: head.method.to_string(),
            target: head.uri.clone(),
            request: CapturedHalf::of(&head.headers, REQUEST_FIELDS),
            answer: None,
            credentials: redact::of_request(&head.headers),
        }
    }
}

impl Watch for CaptureWatch {
    fn request(&mut self) -> Option<Tap> {
        let (tap, copied) = tap(self.capture.request_bytes, self.capture.budget.share());
        self.request.body = Some(copied);
        Some(tap)
    }

    fn answer(&mut self, head: &response::Parts) -> Option<Tap> {
        let (tap, copied) = tap(self.capture.answer_bytes, self.capture.budget.share());
        let mut half = CapturedHalf { body: Some(copied), ..CapturedHalf::of(&head.headers, ANSWER_FIELDS) };
        half.media = match half.media {
            // What does not say that it is JSON is not read as that in an answer.
            Some(Media::Other | Media::Multipart(_)) => None,
            Some(Media::JsonPatch) => Some(Media::Json),
            other => other,
        };
        self.answer = Some((head.status, half));
        self.credentials.extend(redact::of_answer(&head.headers));
        Some(tap)
    }

    /// Has the exchange captured. Without an answer of the upstream's there is nothing to capture.
    fn end(self: Box<Self>, end: &End) {
        let CaptureWatch { capture, operation, method, target, mut request, answer, credentials } = *self;
        let Some((status, mut answer)) = answer else { return };
        let (Some(request_text), Some(answer_text)) =
            (request.text(capture.request_bytes), answer.text(capture.answer_bytes))
        else {
            return capture.counts.miss(NotCaptured::Incomplete);
        };
        let (pinned, source, upstream) = end.pinned;
        let versions = pinned.versions(upstream);
        let exchange = Exchange {
            day: Day::of(capture.clock.now()),
            client: end.client.to_string(),
            pin: versions.client,
            pin_source: source.as_str().to_owned(),
            upstream: versions.upstream,
            operation: operation.to_string(),
            method,
            path: target.path().to_owned(),
            query: target.query().map(str::to_owned),
            request_fields: request.fields,
            request: Body::Empty,
            status: status.as_u16(),
            answer_fields: answer.fields,
            answer: Body::Empty,
        };
        let settings = Arc::clone(&capture.settings);
        capture.hand_over(Job {
            exchange,
            request: request_text,
            answer: answer_text,
            decoded_ratio: capture.decoded_ratio,
            credentials,
            settings,
        });
    }
}

impl CapturedHalf {
    fn of(headers: &HeaderMap, kept: &[&str]) -> Self {
        let value = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let field = |name: &&str| {
            let values: Vec<String> = headers.get_all(*name).iter().map(value).collect();
            (!values.is_empty()).then(|| ((*name).to_owned(), values.join(", ")))
        };
        CapturedHalf {
            fields: kept.iter().filter_map(field).collect(),
            media: Some(media::of(headers)),
            codings: Codings::of(headers),
            body: None,
        }
    }

    /// The body, where it is whole; decoded, it may be as long as it may be as it came.
    fn text(&mut self, limit: u64) -> Option<Text> {
        let body = self.body.take()?.take().and_then(BodyCopy::whole)?;
        Some(Text { body, media: self.media, codings: self.codings, limit })
    }
}

/// Hides the contents, which include credentials.
impl fmt::Debug for CaptureWatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CaptureWatch").finish_non_exhaustive()
    }
}
