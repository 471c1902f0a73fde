//! What the gateway itself answers when an exchange cannot be had: typed, with a text for the client.

use super::exchange::{
    Half, HeadError, REQUEST_ID, Retired, Stated, UNEXPECTED_SHAPE, WouldLose, fit_request_id,
};
use crate::{
    Version,
    pack::{ErrorFacts, ErrorShape},
    pin::{self, PinError, Source},
    translate::Untranslatable,
};
use http::{HeaderMap, HeaderValue, StatusCode};
use std::fmt::Write;

/// Why a request gets no answer of the upstream's. `Display` is for the client: whose fault it is and what to do,
/// nothing of the inside. [`Error::cause`] is for the log.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(transparent)]
    Pin(#[from] PinError),
    #[error(transparent)]
    Head(#[from] HeadError),
    #[error("{}", retired_text(.retired, *.said_by, .header, .supported))]
    Retired {
        retired: Retired,
        /// Who said that the request is at this version.
        said_by: Source,
        /// The version header's name.
        header: String,
        /// Oldest first.
        supported: Vec<Version>,
    },
    #[error("The request target must be a path. Send the path of an operation")]
    Target,
    #[error("This is a gateway to one API, not a tunnel. Send requests to it directly")]
    Tunnel,
    #[error(
        "The request body is over the limit of {limit} bytes for bodies that are read whole. Send less at once"
    )]
    RequestTooLarge { limit: u64 },
    #[error(
        "The request body has a Content-Encoding that cannot be translated. Send it in gzip, br or zstd, or without"
    )]
    RequestCoding,
    #[error("The request body is over {ratio} times its size without its Content-Encoding. Send it without")]
    RequestInflated { ratio: u64 },
    #[error("The request body cannot be translated to the upstream's version: {0}")]
    RequestUntranslatable(#[source] Untranslatable),
    #[error("The request body ended early or is malformed. Send it again, whole")]
    RequestBody { cause: String, outcome: Outcome },
    #[error("The request body stopped arriving. Send it again, without pauses")]
    RequestStalled { outcome: Outcome },
    #[error("The upstream could not be reached. Nothing was sent; try again later")]
    Unreachable(String),
    #[error("The upstream broke off before it answered. Whether it carried out the request is unknown")]
    UpstreamFailed(String),
    #[error("The upstream did not answer in time. Whether it carried out the request is unknown")]
    UpstreamTimeout,
    #[error("The upstream's answer stopped arriving")]
    ResponseStalled,
    #[error("The upstream's answer ended early")]
    ResponseTruncated(String),
    #[error("The upstream's answer, or one object in it, is over the limit of {limit} bytes. Ask for less")]
    ResponseTooLarge { limit: u64 },
    #[error("The upstream's answer has a Content-Encoding that cannot be translated to the client's version")]
    ResponseCoding,
    #[error(
        "The upstream's answer is over {ratio} times its size without its Content-Encoding. Ask for less"
    )]
    ResponseInflated { ratio: u64 },
    #[error(
        "The upstream's answer is not what its Content-Encoding says. The upstream has carried out the request"
    )]
    ResponseUndecodable(String),
    #[error("The upstream's answer cannot be translated to the client's version: {0}")]
    ResponseUntranslatable(#[source] Untranslatable),
    #[error("{0}")]
    WouldLose(Box<WouldLose>),
    #[error("The upstream answered with a part that was not asked for, which cannot be translated")]
    UnexpectedPart,
    #[error("The upstream's answer does not say clearly where it ends")]
    ResponseMisframed(String),
    #[error(
        "The head of the upstream's answer cannot be taken: it is too large, or garbled where that matters"
    )]
    ResponseHead(String),
    #[error(
        "The upstream answered at another version than it was asked for, from which the answer cannot be translated"
    )]
    OtherVersion(Stated),
    #[error("The upstream switched to another protocol, which was not asked for")]
    UnexpectedUpgrade,
    /// What went wrong once the upstream's head was there. A client whose write went through has to find it.
    #[error("{error}. {answered}")]
    Answered { error: Box<Error>, answered: Answered },
    #[error("The path and query of the request are over the limit of {limit} bytes. Send less in them")]
    UriTooLong { limit: u64 },
    #[error("The request has more header fields than the limit of {limit}. Send fewer")]
    TooManyFields { limit: u32 },
    #[error(
        "The request has come back: the gateway's upstream leads back to the gateway. This is not the client's fault"
    )]
    CameBack,
    #[error("The gateway has more to do than it may at once. Nothing was sent; try again later")]
    Busy,
    #[error("The gateway keeps as many bytes as it may. {}", match .outcome {
        Outcome::Responded => "The upstream has carried out the request",
        _ => "Nothing was sent; try again later",
    })]
    Overloaded { cause: String, outcome: Outcome },
    #[error("The gateway failed. This is not the client's fault; report the request id")]
    Internal(String),
}

/// A client that sends no version has to learn that it speaks one, and which header changes that.
fn retired_text(retired: &Retired, said_by: Source, header: &str, supported: &[Version]) -> String {
    let Retired { pin, since, page } = retired;
    let whose = match said_by {
        Source::Header => String::new(),
        Source::Client => format!(", which this client speaks where it sends no {header},"),
        Source::Default => format!(", which a request without {header} speaks,"),
    };
    let mut text = format!(
        "Version {pin}{whose} was retired on {since}. Send {header} with one that is supported: {}",
        pin::list(supported)
    );
    if let Some(page) = page {
        // Writing to a string does not fail.
        let _ = write!(text, ". What to change: {page}");
    }
    text
}

/// What is known of the upstream when the gateway answers in its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Outcome {
    /// The upstream has seen nothing: sending the request again is safe.
    NotSent,
    /// The upstream may have carried out the request.
    Unknown,
    /// The upstream has answered.
    Responded,
}

/// What the upstream answered before something went wrong.
#[derive(Debug, thiserror::Error)]
#[error("The upstream answered {}{}", .status.as_u16(), self.id_text())]
pub(crate) struct Answered {
    pub(crate) status: StatusCode,
    /// Its own, where that is fit to be told.
    pub(crate) request_id: Option<HeaderValue>,
}

impl Answered {
    pub(crate) fn of(status: StatusCode, headers: &HeaderMap) -> Self {
        Answered { status, request_id: headers.get(REQUEST_ID).filter(|id| fit_request_id(id)).cloned() }
    }

    fn id_text(&self) -> String {
        let id = self.request_id.as_ref().and_then(|id| id.to_str().ok());
        id.map(|id| format!("; its request id is {id}")).unwrap_or_default()
    }
}

impl Outcome {
    /// The value of `Dateline-Outcome`.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Outcome::NotSent => "not_sent",
            Outcome::Unknown => "unknown",
            Outcome::Responded => "responded",
        }
    }
}

impl Error {
    pub(crate) fn status(&self) -> StatusCode {
        self.facts().0
    }

    /// The `error.type` that the client and the log see.
    pub(crate) fn code(&self) -> &'static str {
        self.facts().1
    }

    pub(crate) fn outcome(&self) -> Outcome {
        self.facts().2
    }

    fn facts(&self) -> (StatusCode, &'static str, Outcome) {
        use Outcome::{NotSent, Responded, Unknown};
        const BAD_REQUEST: StatusCode = StatusCode::BAD_REQUEST;
        const BAD_GATEWAY: StatusCode = StatusCode::BAD_GATEWAY;
        match self {
            Error::Pin(error) => (BAD_REQUEST, error.code(), NotSent),
            Error::Head(error) => (error.status(), error.code(), NotSent),
            Error::Retired { .. } => (StatusCode::GONE, "version_retired", NotSent),
            Error::Target => (BAD_REQUEST, "invalid_target", NotSent),
            Error::Tunnel => (StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", NotSent),
            Error::RequestTooLarge { .. } | Error::RequestInflated { .. } => {
                (StatusCode::PAYLOAD_TOO_LARGE, "request_too_large", NotSent)
            }
            Error::RequestCoding => {
                (StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_content_encoding", NotSent)
            }
            Error::RequestUntranslatable(error @ Untranslatable::Media) => {
                (StatusCode::UNSUPPORTED_MEDIA_TYPE, error.code(), NotSent)
            }
            Error::RequestUntranslatable(Untranslatable::Misplaced(_)) => {
                (BAD_REQUEST, UNEXPECTED_SHAPE, NotSent)
            }
            Error::RequestUntranslatable(error) => (BAD_REQUEST, error.code(), NotSent),
            Error::RequestBody { outcome, .. } => (BAD_REQUEST, "bad_body", *outcome),
            Error::RequestStalled { outcome } => (StatusCode::REQUEST_TIMEOUT, "request_timeout", *outcome),
            Error::Unreachable(_) => (BAD_GATEWAY, "upstream_unreachable", NotSent),
            Error::UpstreamFailed(_) => (BAD_GATEWAY, "upstream_failed", Unknown),
            Error::UpstreamTimeout => (StatusCode::GATEWAY_TIMEOUT, "upstream_timeout", Unknown),
            Error::ResponseStalled => (StatusCode::GATEWAY_TIMEOUT, "upstream_timeout", Responded),
            Error::ResponseTruncated(_) => (BAD_GATEWAY, "upstream_truncated", Responded),
            Error::ResponseTooLarge { .. } | Error::ResponseInflated { .. } => {
                (BAD_GATEWAY, "response_too_large", Responded)
            }
            Error::ResponseMisframed(_) => (BAD_GATEWAY, "upstream_framing", Responded),
            Error::OtherVersion(_) => (BAD_GATEWAY, "upstream_version", Responded),
            Error::ResponseHead(_) => (BAD_GATEWAY, "upstream_head", Responded),
            Error::ResponseCoding
            | Error::ResponseUndecodable(_)
            | Error::ResponseUntranslatable(_)
            | Error::UnexpectedPart => (BAD_GATEWAY, "response_untranslatable", Responded),
            Error::WouldLose(error) => match error.half {
                Half::Request | Half::AnyAnswer => (BAD_REQUEST, "translation_would_lose", NotSent),
                Half::Answer => (BAD_GATEWAY, "translation_would_lose", Responded),
            },
            // A 503 asks for the request again, and this one has been carried out.
            Error::Overloaded { outcome: Responded, .. } => (BAD_GATEWAY, "overloaded", Responded),
            Error::Overloaded { outcome, .. } => (StatusCode::SERVICE_UNAVAILABLE, "overloaded", *outcome),
            Error::UnexpectedUpgrade => (BAD_GATEWAY, "upstream_failed", Responded),
            // Whatever went wrong then, the upstream has answered.
            Error::Answered { error, .. } => (error.status(), error.code(), Responded),
            Error::UriTooLong { .. } => (StatusCode::URI_TOO_LONG, "uri_too_long", NotSent),
            Error::TooManyFields { .. } => {
                (StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "too_many_headers", NotSent)
            }
            Error::CameBack => (StatusCode::LOOP_DETECTED, "loop_detected", NotSent),
            Error::Busy => (StatusCode::SERVICE_UNAVAILABLE, "overloaded", NotSent),
            Error::Internal(_) => (StatusCode::INTERNAL_SERVER_ERROR, "internal_error", Unknown),
        }
    }

    /// This error, where the upstream's head was there already.
    pub(crate) fn after(self, status: StatusCode, headers: &HeaderMap) -> Self {
        Error::Answered { error: Box::new(self), answered: Answered::of(status, headers) }
    }

    /// What JSON that is not whole means where nothing but the end of the connection said where it ends.
    pub(crate) fn of_unknown_length(self, unknown: bool) -> Self {
        match self {
            Error::ResponseUntranslatable(error) if unknown => Error::ResponseTruncated(chain(&error)),
            other => other,
        }
    }

    /// What the upstream answered, where it has.
    pub(crate) fn upstream_status(&self) -> Option<StatusCode> {
        match self {
            Error::Answered { answered, .. } => Some(answered.status),
            _ => None,
        }
    }

    /// The upstream's id of the request, where it has told one.
    pub(crate) fn upstream_request_id(&self) -> Option<&HeaderValue> {
        match self {
            Error::Answered { answered, .. } => answered.request_id.as_ref(),
            _ => None,
        }
    }

    /// Whether an HTTP/1 connection ends with this: what follows on it cannot be told for certain, or must not be
    /// served.
    pub(crate) fn closes(&self) -> bool {
        match self {
            Error::Head(error) => error.closes(),
            Error::Tunnel | Error::RequestStalled { .. } | Error::RequestBody { .. } => true,
            _ => false,
        }
    }

    /// What an operator needs beyond the code. Holds nothing that a client sent.
    pub(crate) fn cause(&self) -> Option<String> {
        match self {
            Error::RequestBody { cause, .. }
            | Error::Unreachable(cause)
            | Error::UpstreamFailed(cause)
            | Error::ResponseTruncated(cause)
            | Error::ResponseMisframed(cause)
            | Error::ResponseHead(cause)
            | Error::ResponseUndecodable(cause)
            | Error::Overloaded { cause, .. }
            | Error::Internal(cause) => Some(cause.clone()),
            Error::ResponseUntranslatable(error) | Error::RequestUntranslatable(error) => {
                Some(error.to_string())
            }
            Error::OtherVersion(stated) => Some(format!("it says {stated}")),
            Error::WouldLose(error) => Some(error.losses.to_string()),
            Error::Answered { error, .. } => error.cause(),
            Error::CameBack => Some("upstream.url leads back to this gateway".to_owned()),
            _ => None,
        }
    }

    /// The JSON that the client gets, in the shape of the API's own errors where its pack says one.
    pub(crate) fn body(&self, request_id: &str, shape: Option<&ErrorShape>) -> Vec<u8> {
        let (kind, message) = (self.code(), self.to_string());
        let Some(shape) = shape else {
            let error = serde_json::json!({ "type": kind, "message": message, "request_id": request_id });
            return serde_json::json!({ "error": error }).to_string().into_bytes();
        };
        let (status, outcome) = (self.status().as_u16(), self.outcome().as_str());
        shape.render(&ErrorFacts { kind, message: &message, request_id, status, outcome })
    }
}

/// An error with its sources, on one line, without what the other side of a connection put into it.
pub(crate) fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = String::new();
    let mut next = Some(error);
    while let Some(error) = next {
        if !text.is_empty() {
            text.push_str(": ");
        }
        // Writing to a string does not fail.
        let _ = match error.downcast_ref::<h2::Error>() {
            None => write!(text, "{error}"),
            // It quotes the debug data of a GOAWAY (RFC 9113, 6.8).
            Some(h2) => match (h2.reason(), h2.get_io()) {
                (Some(reason), _) => write!(text, "{reason}"),
                (None, Some(io)) => write!(text, "{io}"),
                (None, None) => write!(text, "broken off"),
            },
        };
        next = error.source();
    }
    text
}

#[cfg(test)]
mod reference;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_has_the_form_of_the_apis_own_errors() {
        let body = Error::RequestTooLarge { limit: 1024 }.body("id-1", None);
        assert_eq!(
            String::from_utf8(body).unwrap(),
            r#"{"error":{"type":"request_too_large","message":"The request body is over the limit of 1024 bytes for bodies that are read whole. Send less at once","request_id":"id-1"}}"#
        );
    }

    #[test]
    fn what_is_inside_stays_inside() {
        let error = Error::Unreachable("tcp connect error: 10.1.2.3:443: Connection refused".to_owned());
        let body = String::from_utf8(error.body("id-1", None)).unwrap();
        assert!(!body.contains("10.1.2.3"), "{body}");
        assert!(error.cause().is_some_and(|cause| cause.contains("10.1.2.3")));
    }

    #[test]
    fn what_a_client_sent_is_no_cause() {
        let error = Error::Pin(PinError::Unsupported { header: "V".to_owned(), supported: Vec::new() });
        assert_eq!((error.status(), error.code()), (StatusCode::BAD_REQUEST, "unsupported_api_version"));
        assert_eq!(error.cause(), None);
    }

    #[test]
    fn an_outcome_says_whether_to_send_again() {
        let of = |error: Error| (error.status().as_u16(), error.outcome().as_str());
        assert_eq!(of(Error::Unreachable(String::new())), (502, "not_sent"));
        assert_eq!(of(Error::UpstreamTimeout), (504, "unknown"));
        assert_eq!(of(Error::UpstreamFailed(String::new())), (502, "unknown"));
        assert_eq!(of(Error::ResponseTooLarge { limit: 1 }), (502, "responded"));
        assert_eq!(of(Error::RequestCoding), (415, "not_sent"));
    }

    #[test]
    fn a_write_that_went_through_can_be_found() {
        let headers = HeaderMap::from_iter([(REQUEST_ID, HeaderValue::from_static("req_up"))]);
        let error = Error::ResponseCoding.after(StatusCode::CREATED, &headers);
        assert_eq!((error.status().as_u16(), error.code()), (502, "response_untranslatable"));
        assert_eq!(error.outcome(), Outcome::Responded);
        let internal = Error::Internal(String::new()).after(StatusCode::OK, &headers);
        assert_eq!((internal.status().as_u16(), internal.outcome()), (500, Outcome::Responded));
        let text = error.to_string();
        assert!(text.ends_with(". The upstream answered 201; its request id is req_up"), "{text}");
        let unfit = HeaderMap::from_iter([(REQUEST_ID, HeaderValue::from_static("a b"))]);
        let text = Error::ResponseCoding.after(StatusCode::OK, &unfit).to_string();
        assert!(text.ends_with(". The upstream answered 200"), "{text}");
    }

    #[test]
    fn a_chain_names_every_source() {
        #[derive(Debug, thiserror::Error)]
        #[error("outer")]
        struct Outer(#[source] std::io::Error);
        assert_eq!(chain(&Outer(std::io::Error::other("inner"))), "outer: inner");
    }
}
