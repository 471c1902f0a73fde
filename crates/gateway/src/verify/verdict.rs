//! The result of verifying one answer.

use crate::proxy::error::Error;
use dateline_core::{
    Version,
    compare::{Difference, NotComparable, Path},
};
use http::StatusCode;
use std::{fmt, sync::Arc, time::Duration};

/// The result of verifying one answer, and what it was about.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// The template of the operation, where the pack names it.
    pub operation: Option<Arc<str>>,
    /// The client's version, if it is one of the pack's.
    pub pin: Option<Version>,
    /// The version that the upstream is sent for it.
    pub upstream: Option<Version>,
    /// The result.
    pub outcome: Outcome,
    /// The number of requests that the upstream was sent for it.
    pub requests: u32,
}

/// The result of verifying one answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// The translated answer says what the native one says.
    Agreed {
        /// Fields that differ as a declared loss promises.
        excused: Vec<Path>,
        /// The number of fields that differ and are ignored.
        ignored: u64,
    },
    /// The answers differ, in every reading, both ways.
    Differed {
        /// The differences, in the order of the documents. The native value is the expected one.
        differences: Vec<Difference>,
    },
    /// The two differed, and not alike from one reading to the next: the data was moving.
    Unsettled {
        /// The paths of the values that differed at first.
        paths: Vec<Path>,
    },
    /// The two statuses differ, and that stands.
    Statuses {
        /// The status of the native answer.
        native: u16,
        /// The status of the translated answer.
        translated: u16,
    },
    /// Nothing is translated: the client has the upstream's version, or none.
    Untranslated,
    /// The answers could not be compared.
    Failed(Failure),
}

impl Verdict {
    /// Returns the pause that the upstream asks for, if it is better left alone for a while.
    pub(super) fn asks_for_a_pause(&self) -> Option<Option<Duration>> {
        match &self.outcome {
            Outcome::Failed(failure) => failure.asks_for_a_pause(),
            _ => None,
        }
    }
}

impl Outcome {
    /// The word for metrics and reports: `agreed`, `differed`, `unsettled`, `untranslated`, `failed`.
    pub fn as_str(&self) -> &'static str {
        match self {
            Outcome::Agreed { .. } => "agreed",
            Outcome::Differed { .. } | Outcome::Statuses { .. } => "differed",
            Outcome::Unsettled { .. } => "unsettled",
            Outcome::Untranslated => "untranslated",
            Outcome::Failed(_) => "failed",
        }
    }
}

/// The way that an answer is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// The answer at the client's version, from an upstream that still serves it.
    Native,
    /// The answer at the upstream's version, translated.
    Translated,
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Way::Native => "native",
            Way::Translated => "translated",
        })
    }
}

/// The reason why answers could not be compared. `Display` quotes nothing of what a client or the upstream has sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The gateway does not take such a request.
    #[error("the request is refused: {0}")]
    Refused(&'static str),
    /// The gateway has no answer for the client: by its `error.type`.
    #[error("the {way} response cannot be had: {code}")]
    NoAnswer {
        /// The reading that was it.
        way: Way,
        /// The `error.type` that a client would see.
        code: &'static str,
    },
    /// The upstream refuses the key or the version as a whole, asks to be left alone, or fails.
    #[error("the upstream answered {status} to the {way} request")]
    Upstream {
        /// The reading whose request it was.
        way: Way,
        /// 401, 403, 407, 410, 429, or 500 and more.
        status: u16,
        /// The time after which to come again, if the upstream says one.
        retry_after: Option<Duration>,
    },
    /// The status of both answers says that there is no document to compare.
    #[error("both responses are {0}")]
    Status(u16),
    /// An answer is too large to be compared.
    #[error("the {0} response is too large")]
    TooLarge(Way),
    /// An answer is no JSON, or in a coding that cannot be undone.
    #[error("the {0} response is not JSON")]
    NotJson(Way),
    /// A reading took too long.
    #[error("the {0} response did not come in time")]
    Overdue(Way),
    /// The rate limit leaves no room for requests in this minute.
    #[error("there was no room for more requests")]
    RateLimit,
    /// The comparison itself failed.
    #[error("the comparison failed")]
    Comparison,
    /// The check ended without an outcome.
    #[error("the check itself broke off")]
    BrokenOff,
}

impl Failure {
    pub(super) fn of(error: &Error, way: Way) -> Self {
        match error.code() {
            "response_too_large" => Failure::TooLarge(way),
            "upstream_timeout" => Failure::Overdue(way),
            code => Failure::NoAnswer { way, code },
        }
    }

    /// One word, for reports.
    pub fn code(&self) -> &'static str {
        match self {
            Failure::Refused(code) | Failure::NoAnswer { code, .. } => code,
            Failure::Upstream { .. } => "upstream_status",
            Failure::Status(_) => "status",
            Failure::TooLarge(_) => "too_large",
            Failure::NotJson(_) => "not_json",
            Failure::Overdue(_) => "overdue",
            Failure::RateLimit => "allowance",
            Failure::Comparison => "comparison",
            Failure::BrokenOff => "broken_off",
        }
    }

    /// Tells whether both ways were refused because of the request itself, such as for a missing plan. A status about
    /// the credential or the moment says nothing about the translation.
    pub fn is_about_the_request(&self) -> bool {
        const OTHERS: [StatusCode; 6] = [
            StatusCode::UNAUTHORIZED,
            StatusCode::PAYMENT_REQUIRED,
            StatusCode::FORBIDDEN,
            StatusCode::PROXY_AUTHENTICATION_REQUIRED,
            StatusCode::REQUEST_TIMEOUT,
            StatusCode::TOO_MANY_REQUESTS,
        ];
        let Failure::Status(status) = self else { return false };
        (400..500).contains(status) && OTHERS.iter().all(|other| other.as_u16() != *status)
    }

    fn asks_for_a_pause(&self) -> Option<Option<Duration>> {
        match self {
            Failure::Upstream { status: 429 | 500.., retry_after, .. } => Some(*retry_after),
            Failure::Overdue(_)
            | Failure::NoAnswer { code: "upstream_unreachable" | "upstream_failed", .. } => Some(None),
            _ => None,
        }
    }
}

impl From<NotComparable> for Failure {
    fn from(error: NotComparable) -> Self {
        match error {
            NotComparable::NativeNotJson => Failure::NotJson(Way::Native),
            NotComparable::TranslatedNotJson => Failure::NotJson(Way::Translated),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_status_about_the_request_says_something() {
        for (status, says) in
            [(400, true), (404, true), (422, true), (401, false), (403, false), (429, false), (304, false)]
        {
            assert_eq!(Failure::Status(status).is_about_the_request(), says, "{status}");
        }
        assert!(!Failure::Comparison.is_about_the_request());
    }
}
