//! The errors of an exchange whose body failed.

use super::{
    body::{BodyError, CollectError},
    coding::DecodeError,
    error::{Error, chain},
};
use crate::base::budget::Exhausted;
use dateline_http::{exchange::Refusal, outcome::Outcome};

/// Returns the error for a body that has no room.
pub(crate) fn overloaded(full: Exhausted, outcome: Outcome) -> Error {
    Error::Overloaded { cause: full.to_string(), outcome }
}

/// Returns the refusal of a request whose body failed. None of it was sent.
pub(crate) fn refuse_request(error: CollectError) -> Error {
    let outcome = Outcome::NotSent;
    match error {
        CollectError::TooLarge(limit) => Refusal::RequestTooLarge { limit }.into(),
        CollectError::Body(BodyError::Idle(_) | BodyError::Slow(_)) => Error::RequestStalled { outcome },
        CollectError::Body(BodyError::Undecodable(DecodeError::Inflated(ratio))) => {
            Error::RequestInflated { ratio }
        }
        CollectError::Body(BodyError::Exhausted(full)) => overloaded(full, outcome),
        CollectError::Body(error) => Refusal::RequestBody { cause: chain(&error), outcome }.into(),
    }
}

/// Returns the error for an answer whose body failed before its head was sent.
pub(crate) fn refuse_response(error: CollectError) -> Error {
    match error {
        CollectError::TooLarge(limit) => Refusal::ResponseTooLarge { limit }.into(),
        CollectError::Body(BodyError::Idle(_)) => Error::ResponseStalled,
        CollectError::Body(BodyError::Undecodable(error)) => match error {
            DecodeError::Inflated(ratio) => Error::ResponseInflated { ratio },
            DecodeError::Truncated(_) => Refusal::ResponseTruncated(chain(&error)).into(),
            DecodeError::Corrupt(_) => Error::ResponseUndecodable(chain(&error)),
        },
        CollectError::Body(BodyError::Exhausted(full)) => overloaded(full, Outcome::Responded),
        CollectError::Body(error @ BodyError::Unencodable(_)) => Refusal::Internal(chain(&error)).into(),
        CollectError::Body(BodyError::Untranslatable(error)) => match error.too_large() {
            Some(limit) => Refusal::ResponseTooLarge { limit: limit as u64 }.into(),
            None => Refusal::ResponseUntranslatable(error).into(),
        },
        CollectError::Body(error) => Refusal::ResponseTruncated(chain(&error)).into(),
    }
}
