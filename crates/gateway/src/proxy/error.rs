//! The errors that the gateway itself answers: typed, with a text for the client.

use dateline_http::{
    exchange::{OwnAnswer, Refusal, Verdict},
    outcome::{Answered, Outcome},
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use std::fmt::Write;

/// The value of `Retry-After` for a request that was refused under load, in seconds. Memory is free again when the
/// bodies in progress end.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("1");

/// A reason why a request does not get the upstream's answer. `Display` is for the client: whose fault it is and what
/// to do, without internals. [`Error::cause`] is for the log.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The exchange itself is refused.
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error("The request body is over {ratio} times its size without its Content-Encoding. Send it without")]
    RequestInflated { ratio: u64 },
    #[error("The request body stopped arriving. Send it again, without pauses")]
    RequestStalled { outcome: Outcome },
    #[error("The upstream could not be reached. Nothing was sent; try again later")]
    Unreachable(String),
    #[error(
        "The upstream closed the connection before it answered. Whether it carried out the request is unknown"
    )]
    UpstreamFailed(String),
    #[error("The upstream did not answer in time. Whether it carried out the request is unknown")]
    UpstreamTimeout,
    #[error("The upstream's response stopped arriving")]
    ResponseStalled,
    #[error(
        "The upstream's response is over {ratio} times its size without its Content-Encoding. Ask for less"
    )]
    ResponseInflated { ratio: u64 },
    #[error(
        "The upstream's response is not what its Content-Encoding says. The upstream has carried out the request"
    )]
    ResponseUndecodable(String),
    #[error("The upstream's response does not say clearly where it ends")]
    ResponseMisframed(String),
    #[error(
        "The head of the upstream's response is refused: it is too large, or a field that matters is malformed"
    )]
    ResponseHead(String),
    /// An error after the upstream's head has arrived. A client must be able to find out that its write was carried
    /// out.
    #[error("{error}. {answered}")]
    Answered { error: Box<Error>, answered: Answered },
    #[error("The path and query of the request are over the limit of {limit} bytes. Send less in them")]
    UriTooLong { limit: u64 },
    #[error("The request has more header fields than the limit of {limit}. Send fewer")]
    TooManyFields { limit: u32 },
    #[error(
        "The request has come back: the gateway's upstream leads back to the gateway. This is not the client's fault"
    )]
    Looped,
    #[error("The gateway is at its limit of concurrent work. Nothing was sent; try again later")]
    Busy,
    #[error("The gateway has no memory left for bodies. {}", match .outcome {
        Outcome::Responded => "The upstream has carried out the request",
        _ => "Nothing was sent; try again later",
    })]
    Overloaded { cause: String, outcome: Outcome },
}

impl Error {
    pub(crate) fn status(&self) -> StatusCode {
        self.verdict().status
    }

    /// The `error.type` that the client and the log see.
    pub(crate) fn code(&self) -> &'static str {
        self.verdict().code
    }

    pub(crate) fn outcome(&self) -> Outcome {
        self.verdict().outcome
    }

    fn verdict(&self) -> Verdict {
        use Outcome::{NotSent, Responded, Unknown};
        const BAD_GATEWAY: StatusCode = StatusCode::BAD_GATEWAY;
        let facts = match self {
            Error::Refused(refusal) => return refusal.verdict(),
            Error::RequestInflated { .. } => (StatusCode::PAYLOAD_TOO_LARGE, "request_too_large", NotSent),
            Error::RequestStalled { outcome } => (StatusCode::REQUEST_TIMEOUT, "request_timeout", *outcome),
            Error::Unreachable(_) => (BAD_GATEWAY, "upstream_unreachable", NotSent),
            Error::UpstreamFailed(_) => (BAD_GATEWAY, "upstream_failed", Unknown),
            Error::UpstreamTimeout => (StatusCode::GATEWAY_TIMEOUT, "upstream_timeout", Unknown),
            Error::ResponseStalled => (StatusCode::GATEWAY_TIMEOUT, "upstream_timeout", Responded),
            Error::ResponseInflated { .. } => (BAD_GATEWAY, "response_too_large", Responded),
            Error::ResponseMisframed(_) => (BAD_GATEWAY, "upstream_framing", Responded),
            Error::ResponseHead(_) => (BAD_GATEWAY, "upstream_head", Responded),
            Error::ResponseUndecodable(_) => (BAD_GATEWAY, "response_untranslatable", Responded),
            // A 503 asks for the request again, and this one has been carried out.
            Error::Overloaded { outcome: Responded, .. } => (BAD_GATEWAY, "overloaded", Responded),
            Error::Overloaded { outcome, .. } => (StatusCode::SERVICE_UNAVAILABLE, "overloaded", *outcome),
            // Whatever went wrong then, the upstream has answered.
            Error::Answered { error, .. } => (error.status(), error.code(), Responded),
            Error::UriTooLong { .. } => (StatusCode::URI_TOO_LONG, "uri_too_long", NotSent),
            Error::TooManyFields { .. } => {
                (StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "too_many_headers", NotSent)
            }
            Error::Looped => (StatusCode::LOOP_DETECTED, "loop_detected", NotSent),
            Error::Busy => (StatusCode::SERVICE_UNAVAILABLE, "overloaded", NotSent),
        };
        facts.into()
    }

    /// This error as the client is told of it.
    pub(crate) fn answer(&self) -> OwnAnswer<'_> {
        OwnAnswer {
            verdict: self.verdict(),
            message: self.to_string(),
            upstream_request_id: self.upstream_request_id(),
            advice: self.advice(),
        }
    }

    /// A field that says what the client can do.
    fn advice(&self) -> Option<(HeaderName, HeaderValue)> {
        match self {
            Error::Refused(refusal) => refusal.advice(),
            Error::Busy | Error::Overloaded { outcome: Outcome::NotSent, .. } => {
                Some((header::RETRY_AFTER, RETRY_AFTER))
            }
            _ => None,
        }
    }

    /// This error, where the upstream's head was there already.
    pub(crate) fn after(self, status: StatusCode, headers: &HeaderMap) -> Self {
        Error::Answered { error: Box::new(self), answered: Answered::of(status, headers) }
    }

    /// Turns an error about incomplete JSON into a truncation if only the end of the connection ends the body.
    pub(crate) fn of_unknown_length(self, unknown: bool) -> Self {
        match self {
            Error::Refused(Refusal::ResponseUntranslatable(error)) if unknown => {
                Refusal::ResponseTruncated(chain(&error)).into()
            }
            other => other,
        }
    }

    /// Returns the status that the upstream answered, if it has.
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

    /// Tells whether an HTTP/1 connection must end with this error: what follows on it is uncertain, or must not be
    /// served.
    pub(crate) fn closes(&self) -> bool {
        match self {
            Error::Refused(refusal) => refusal.closes(),
            Error::RequestStalled { .. } => true,
            _ => false,
        }
    }

    /// Returns the details for the operator. They contain nothing that a client sent.
    pub(crate) fn cause(&self) -> Option<String> {
        match self {
            Error::Refused(refusal) => refusal.cause(),
            Error::Unreachable(cause)
            | Error::UpstreamFailed(cause)
            | Error::ResponseMisframed(cause)
            | Error::ResponseHead(cause)
            | Error::ResponseUndecodable(cause)
            | Error::Overloaded { cause, .. } => Some(cause.clone()),
            Error::Answered { error, .. } => error.cause(),
            Error::Looped => Some("upstream.url leads back to this gateway".to_owned()),
            _ => None,
        }
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
    use dateline_http::{fields::REQUEST_ID, pin::PinError};

    #[test]
    fn a_body_has_the_form_of_the_apis_own_errors() {
        let body = Error::from(Refusal::RequestTooLarge { limit: 1024 }).answer().body("id-1", None);
        assert_eq!(
            String::from_utf8(body).unwrap(),
            r#"{"error":{"type":"request_too_large","message":"The request body is over the limit of 1024 bytes for bodies that are read whole. Send less at once","request_id":"id-1"}}"#
        );
    }

    #[test]
    fn what_is_inside_stays_inside() {
        let error = Error::Unreachable("tcp connect error: 10.1.2.3:443: Connection refused".to_owned());
        let body = String::from_utf8(error.answer().body("id-1", None)).unwrap();
        assert!(!body.contains("10.1.2.3"), "{body}");
        assert!(error.cause().is_some_and(|cause| cause.contains("10.1.2.3")));
    }

    #[test]
    fn what_a_client_sent_is_no_cause() {
        let error =
            Error::from(Refusal::Pin(PinError::Unsupported { said: "V".to_owned(), supported: Vec::new() }));
        assert_eq!((error.status(), error.code()), (StatusCode::BAD_REQUEST, "unsupported_api_version"));
        assert_eq!(error.cause(), None);
    }

    #[test]
    fn an_outcome_says_whether_to_send_again() {
        let of = |error: Error| (error.status().as_u16(), error.outcome().as_str());
        assert_eq!(of(Error::Unreachable(String::new())), (502, "not_sent"));
        assert_eq!(of(Error::UpstreamTimeout), (504, "unknown"));
        assert_eq!(of(Error::UpstreamFailed(String::new())), (502, "unknown"));
        assert_eq!(of(Error::from(Refusal::ResponseTooLarge { limit: 1 })), (502, "responded"));
        assert_eq!(of(Error::from(Refusal::RequestCoding)), (415, "not_sent"));
    }

    #[test]
    fn a_write_that_went_through_can_be_found() {
        let headers = HeaderMap::from_iter([(REQUEST_ID, HeaderValue::from_static("req_up"))]);
        let error = Error::from(Refusal::ResponseCoding).after(StatusCode::CREATED, &headers);
        assert_eq!((error.status().as_u16(), error.code()), (502, "response_untranslatable"));
        assert_eq!(error.outcome(), Outcome::Responded);
        let internal = Error::from(Refusal::Internal(String::new())).after(StatusCode::OK, &headers);
        assert_eq!((internal.status().as_u16(), internal.outcome()), (500, Outcome::Responded));
        let text = error.to_string();
        assert!(text.ends_with(". The upstream answered 201; its request id is req_up"), "{text}");
        let unfit = HeaderMap::from_iter([(REQUEST_ID, HeaderValue::from_static("a b"))]);
        let text = Error::from(Refusal::ResponseCoding).after(StatusCode::OK, &unfit).to_string();
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
