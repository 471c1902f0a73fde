//! The refusal of an exchange: typed, with a text for the client apart from what is for the log.

use super::{
    Absence, Half, HeadError, MissingOperation, NoOperation, OpaqueUpstream, Retired, StatedVersion,
    UNEXPECTED_SHAPE, UnsaidChange, WouldLose,
};
use crate::{
    coding::Coding,
    outcome::Outcome,
    pin::{PinError, Source},
    policy::list,
};
use dateline_core::{
    Version,
    pack::{ErrorFacts, ErrorShape},
    translate::Untranslatable,
};
use http::{HeaderName, HeaderValue, StatusCode, header};
use std::fmt::Write;

/// The reason why a client does not get an answer of the upstream's, as far as no transport has a part in it.
///
/// `Display` is for the client: whose fault it is and what to do. [`Refusal::cause`] is for the log.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The version cannot be served.
    #[error(transparent)]
    Pin(#[from] PinError),
    /// The head can be read in two ways.
    #[error(transparent)]
    Head(#[from] HeadError),
    /// The version is retired.
    #[error("{}", retired_text(.retired, *.said_by, .place, .supported))]
    Retired {
        /// The version, and since when.
        retired: Retired,
        /// The place that says that the request is at this version.
        said_by: Source,
        /// The place where a request says its version, as the object of a sentence.
        place: String,
        /// The versions that are served, oldest first.
        supported: Vec<Version>,
    },
    /// A change that cannot be translated lies between the client's version and the upstream's.
    #[error("{0}")]
    Unsaid(Box<UnsaidChange>),
    /// It is not known what changed in the upstream's version.
    #[error("{0}")]
    Opaque(Box<OpaqueUpstream>),
    /// One of the versions does not have the operation.
    #[error("{0}")]
    Missing(Box<MissingOperation>),
    /// The body is for none of the operations at the address.
    #[error("{0}")]
    NoOperation(Box<NoOperation>),
    /// The request is a `HEAD` of an operation that the upstream's version asks with another method than `GET`.
    #[error(
        "At the upstream's version this operation is not asked with GET, so there is no HEAD of it. Send GET"
    )]
    NoHead,
    /// The target has no path.
    #[error("The request target must be a path. Send the path of an operation")]
    Target,
    /// The method is `CONNECT`.
    #[error("This is a gateway to one API, not a tunnel. Send requests to it directly")]
    Tunnel,
    /// The body of the request is too large to be read whole.
    #[error(
        "The request body is over the limit of {limit} bytes for bodies that are read whole. Send less at once"
    )]
    RequestTooLarge {
        /// The limit in bytes.
        limit: u64,
    },
    /// The body of the request has a content coding that cannot be decoded.
    #[error(
        "The request body has a Content-Encoding that cannot be translated. Send it in gzip, br or zstd, or without"
    )]
    RequestCoding,
    /// The body of the request has a content coding, and the caller decodes none.
    #[error("The request body has a Content-Encoding, which is not read here. Send it without")]
    RequestCoded,
    /// The body of the request does not fit its plan.
    #[error("The request body cannot be translated to the upstream's version: {0}")]
    RequestUntranslatable(#[source] Untranslatable),
    /// The body of the request is broken.
    #[error("The request body ended early or is malformed. Send it again, whole")]
    RequestBody {
        /// The cause, for the log.
        cause: String,
        /// The outcome: the upstream may have seen some of it.
        outcome: Outcome,
    },
    /// The body of the answer is broken.
    #[error("The upstream's response ended early")]
    ResponseTruncated(String),
    /// The body of the answer, or one object in it, is too large.
    #[error("The upstream's response, or one object in it, is over the limit of {limit} bytes. Ask for less")]
    ResponseTooLarge {
        /// The limit in bytes.
        limit: u64,
    },
    /// The body of the answer has a content coding that cannot be decoded.
    #[error(
        "The upstream's response has a Content-Encoding that cannot be translated to the client's version"
    )]
    ResponseCoding,
    /// The body of the answer does not fit its plan.
    #[error("The upstream's response cannot be translated to the client's version: {0}")]
    ResponseUntranslatable(#[source] Untranslatable),
    /// The translation would lose something, and the client has losses refused.
    #[error("{0}")]
    WouldLose(Box<WouldLose>),
    /// The answer is a part (206) that was not asked for.
    #[error("The upstream answered with a part that was not asked for, which cannot be translated")]
    UnexpectedPart,
    /// The answer is in another version than was asked for.
    #[error(
        "The upstream answered at another version than it was asked for, from which the response cannot be translated"
    )]
    OtherVersion(StatedVersion),
    /// The upstream has switched to another protocol.
    #[error("The upstream switched to another protocol, which was not asked for")]
    UnexpectedUpgrade,
    /// The program has failed.
    #[error("The gateway failed. This is not the client's fault; report the request id")]
    Internal(String),
}

/// The text for the client of a retired version. A client that sends no version has to learn that it speaks one, and
/// what changes that.
fn retired_text(retired: &Retired, said_by: Source, place: &str, supported: &[Version]) -> String {
    let Retired { pin, since, page } = retired;
    let whose = match said_by {
        Source::Header | Source::Path | Source::Query | Source::MediaType => String::new(),
        Source::Client => format!(", which this client speaks where it does not send {place},"),
        Source::Default => format!(", which a request without {place} speaks,"),
    };
    let mut text = format!(
        "Version {pin}{whose} was retired on {since}. Send {place} with one that is supported: {}",
        list(supported)
    );
    if let Some(page) = page {
        // Writing to a string does not fail.
        let _ = write!(text, ". What to change: {page}");
    }
    text
}

/// The status, the `error.type` and the outcome of an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    /// The status of the answer.
    pub status: StatusCode,
    /// The `error.type` that the client and the log see.
    pub code: &'static str,
    /// The outcome: it says whether the upstream has acted.
    pub outcome: Outcome,
}

impl From<(StatusCode, &'static str, Outcome)> for Verdict {
    fn from((status, code, outcome): (StatusCode, &'static str, Outcome)) -> Self {
        Verdict { status, code, outcome }
    }
}

impl Refusal {
    /// Returns the status, the code and the outcome of this refusal.
    pub fn verdict(&self) -> Verdict {
        use Outcome::{NotSent, Responded, Unknown};
        const BAD_REQUEST: StatusCode = StatusCode::BAD_REQUEST;
        const BAD_GATEWAY: StatusCode = StatusCode::BAD_GATEWAY;
        let facts = match self {
            Refusal::Pin(error) => (BAD_REQUEST, error.code(), NotSent),
            Refusal::Head(error) => (error.status(), error.code(), NotSent),
            Refusal::Retired { .. } => (StatusCode::GONE, "version_retired", NotSent),
            Refusal::Unsaid(_) | Refusal::Opaque(_) => (BAD_REQUEST, "change_untranslatable", NotSent),
            Refusal::Missing(missing) => match missing.absence {
                Absence::Gone { .. } => (StatusCode::GONE, "operation_gone", NotSent),
                Absence::NotYet { .. } => (StatusCode::NOT_FOUND, "operation_not_yet", NotSent),
                Absence::Elsewhere { .. } => (StatusCode::NOT_FOUND, "operation_moved", NotSent),
            },
            Refusal::NoOperation(_) => (BAD_REQUEST, "operation_unclear", NotSent),
            Refusal::NoHead => (StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", NotSent),
            Refusal::Target => (BAD_REQUEST, "invalid_target", NotSent),
            Refusal::Tunnel => (StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", NotSent),
            Refusal::RequestTooLarge { .. } => (StatusCode::PAYLOAD_TOO_LARGE, "request_too_large", NotSent),
            Refusal::RequestCoding | Refusal::RequestCoded => {
                (StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_content_encoding", NotSent)
            }
            Refusal::RequestUntranslatable(error @ Untranslatable::Media) => {
                (StatusCode::UNSUPPORTED_MEDIA_TYPE, error.code(), NotSent)
            }
            Refusal::RequestUntranslatable(
                Untranslatable::Misplaced(_) | Untranslatable::Several(_) | Untranslatable::Unmovable(_),
            ) => (BAD_REQUEST, UNEXPECTED_SHAPE, NotSent),
            Refusal::RequestUntranslatable(error) => (BAD_REQUEST, error.code(), NotSent),
            Refusal::RequestBody { outcome, .. } => (BAD_REQUEST, "bad_body", *outcome),
            Refusal::ResponseTruncated(_) => (BAD_GATEWAY, "upstream_truncated", Responded),
            Refusal::ResponseTooLarge { .. } => (BAD_GATEWAY, "response_too_large", Responded),
            Refusal::OtherVersion(_) => (BAD_GATEWAY, "upstream_version", Responded),
            Refusal::ResponseCoding | Refusal::ResponseUntranslatable(_) | Refusal::UnexpectedPart => {
                (BAD_GATEWAY, "response_untranslatable", Responded)
            }
            Refusal::WouldLose(error) => match error.half {
                Half::Request | Half::AnyAnswer => (BAD_REQUEST, "translation_would_lose", NotSent),
                Half::Answer => (BAD_GATEWAY, "translation_would_lose", Responded),
            },
            Refusal::UnexpectedUpgrade => (BAD_GATEWAY, "upstream_failed", Responded),
            Refusal::Internal(_) => (StatusCode::INTERNAL_SERVER_ERROR, "internal_error", Unknown),
        };
        facts.into()
    }

    /// Returns what an operator needs beyond the code. It holds nothing that a client sent.
    pub fn cause(&self) -> Option<String> {
        match self {
            Refusal::RequestBody { cause, .. }
            | Refusal::ResponseTruncated(cause)
            | Refusal::Internal(cause) => Some(cause.clone()),
            Refusal::ResponseUntranslatable(error) | Refusal::RequestUntranslatable(error) => {
                Some(error.to_string())
            }
            Refusal::OtherVersion(stated) => Some(format!("it says {stated}")),
            Refusal::WouldLose(error) => Some(error.losses.to_string()),
            Refusal::Missing(missing) => {
                Some(format!("{} is not in version {}", missing.name, missing.version))
            }
            Refusal::Unsaid(change) => Some(format!("{}: {}", change.version, change.name)),
            _ => None,
        }
    }

    /// Returns whether an HTTP/1 connection ends with this: what follows on it cannot be told for certain, or must not
    /// be served.
    pub fn closes(&self) -> bool {
        match self {
            Refusal::Head(error) => error.closes(),
            Refusal::Tunnel | Refusal::RequestBody { .. } => true,
            _ => false,
        }
    }

    /// Returns a field of the answer that says what the client can do.
    pub fn advice(&self) -> Option<(HeaderName, HeaderValue)> {
        match self {
            // RFC 9110, 15.5.16.
            Refusal::RequestCoding => {
                Some((header::ACCEPT_ENCODING, HeaderValue::from_static(Coding::ACCEPTED)))
            }
            // RFC 9110, 15.5.6.
            Refusal::NoHead => Some((header::ALLOW, HeaderValue::from_static("GET"))),
            Refusal::RequestCoded => Some((header::ACCEPT_ENCODING, HeaderValue::from_static("identity"))),
            _ => None,
        }
    }
}

/// An answer that is made here, in place of the upstream's: everything that the client is told of an error.
#[derive(Debug)]
pub struct OwnAnswer<'e> {
    /// The status, the code and the outcome.
    pub verdict: Verdict,
    /// The text for the client.
    pub message: String,
    /// The upstream's id of the request, where it has told one.
    pub upstream_request_id: Option<&'e HeaderValue>,
    /// A field that says what the client can do.
    pub advice: Option<(HeaderName, HeaderValue)>,
}

impl OwnAnswer<'_> {
    /// Returns the JSON that the client gets, in the shape of the API's own errors where its pack has one.
    pub fn body(&self, request_id: &str, shape: Option<&ErrorShape>) -> Vec<u8> {
        let Verdict { status, code: kind, outcome } = self.verdict;
        let message = &self.message;
        let Some(shape) = shape else {
            let error = serde_json::json!({ "type": kind, "message": message, "request_id": request_id });
            return serde_json::json!({ "error": error }).to_string().into_bytes();
        };
        let (status, outcome) = (status.as_u16(), outcome.as_str());
        shape.render(&ErrorFacts { kind, message, request_id, status, outcome })
    }
}
