//! Refusals of the sandbox, and their JSON.

use hyper::StatusCode;

use super::{MAX_BODY, json::Object};

/// A refused request. The message goes to the client; it names parameters, never their values.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refusal {
    #[error("The version in Api-Version-Date is not supported. Supported versions: {known}.")]
    UnknownVersion { known: String },
    #[error("Send Api-Version-Date once.")]
    RepeatedVersion,
    #[error("Send a credential: Authorization: Bearer <key>.")]
    NoCredential,
    #[error("The credential lacks the scope that this operation needs.")]
    MissingScope,
    #[error("There is no such operation at version {version}.")]
    NoSuchOperation { version: &'static str },
    #[error("The path exists, but not with this method. Allowed: {allow}.")]
    NoSuchMethod { allow: &'static str },
    #[error("There is no {0} with this id.")]
    NotFound(&'static str),
    #[error("Unknown parameter: `{0}`.")]
    UnknownParameter(String),
    #[error("Missing parameter: `{0}`.")]
    MissingParameter(&'static str),
    #[error("Invalid parameter: `{name}` must be {wanted}.")]
    InvalidParameter { name: String, wanted: String },
    #[error("The request body must be {0}.")]
    InvalidBody(&'static str),
    #[error("Send application/json or application/x-www-form-urlencoded, without a content coding.")]
    UnsupportedMediaType,
    #[error("The request body is larger than {MAX_BODY} bytes.")]
    BodyTooLarge,
    #[error("Idempotency-Key must be 1 to 255 visible ASCII characters.")]
    InvalidIdempotencyKey,
    #[error("This Idempotency-Key was used for a different request.")]
    IdempotencyConflict,
}

impl Refusal {
    pub(super) fn status(&self) -> StatusCode {
        match self {
            Self::UnknownVersion { .. }
            | Self::RepeatedVersion
            | Self::UnknownParameter(_)
            | Self::MissingParameter(_)
            | Self::InvalidParameter { .. }
            | Self::InvalidBody(_)
            | Self::InvalidIdempotencyKey => StatusCode::BAD_REQUEST,
            Self::NoCredential => StatusCode::UNAUTHORIZED,
            Self::MissingScope => StatusCode::FORBIDDEN,
            Self::NoSuchOperation { .. } | Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::NoSuchMethod { .. } => StatusCode::METHOD_NOT_ALLOWED,
            Self::IdempotencyConflict => StatusCode::CONFLICT,
            Self::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        }
    }

    /// The machine-readable `type`.
    fn kind(&self) -> &'static str {
        match self {
            Self::UnknownVersion { .. } | Self::RepeatedVersion => "invalid_api_version",
            Self::NoCredential => "unauthorized",
            Self::MissingScope => "forbidden",
            Self::NoSuchOperation { .. } | Self::NotFound(_) => "not_found",
            Self::NoSuchMethod { .. } => "method_not_allowed",
            Self::UnknownParameter(_) => "unknown_parameter",
            Self::MissingParameter(_) => "missing_parameter",
            Self::InvalidParameter { .. } => "invalid_parameter",
            Self::InvalidBody(_) => "invalid_body",
            Self::UnsupportedMediaType => "unsupported_media_type",
            Self::BodyTooLarge => "body_too_large",
            Self::InvalidIdempotencyKey => "invalid_idempotency_key",
            Self::IdempotencyConflict => "idempotency_conflict",
        }
    }

    /// `{"error":{"type":...,"message":...}}`.
    pub(super) fn body(&self) -> String {
        let error = Object::new().text("type", self.kind()).text("message", &self.to_string()).finish();
        Object::new().raw("error", error).finish()
    }
}
