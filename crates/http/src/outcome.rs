//! The outcome of a request that is answered in the upstream's place: whether the upstream has acted on it.

use crate::fields::{REQUEST_ID, fit_request_id};
use http::{HeaderMap, HeaderValue, StatusCode};

/// The answer to whether the upstream has acted, as far as it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// The upstream has seen nothing: sending the request again is safe.
    NotSent,
    /// The upstream may have carried out the request.
    Unknown,
    /// The upstream has answered.
    Responded,
}

impl Outcome {
    /// Returns the value of `Dateline-Outcome`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Outcome::NotSent => "not_sent",
            Outcome::Unknown => "unknown",
            Outcome::Responded => "responded",
        }
    }
}

/// The upstream's answer to a request, as far as it is told when something goes wrong afterwards. A client whose write
/// went through has to find it.
#[derive(Debug, thiserror::Error)]
#[error("The upstream answered {}{}", .status.as_u16(), self.id_text())]
pub struct Answered {
    /// The upstream's status.
    pub status: StatusCode,
    /// The upstream's own id of the request, where it is fit to be told.
    pub request_id: Option<HeaderValue>,
}

impl Answered {
    /// Takes status and request id from the head of an answer.
    #[must_use]
    pub fn of(status: StatusCode, headers: &HeaderMap) -> Self {
        Answered { status, request_id: headers.get(REQUEST_ID).filter(|id| fit_request_id(id)).cloned() }
    }

    fn id_text(&self) -> String {
        let id = self.request_id.as_ref().and_then(|id| id.to_str().ok());
        id.map(|id| format!("; its request id is {id}")).unwrap_or_default()
    }
}
