//! The place of a document in an API.

use crate::{
    pack::{OperationId, Part},
    translate::Media,
};

/// The place of a document: the operation, the part of the exchange, and the media type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The operation.
    pub operation: OperationId,
    /// The part of it.
    pub part: Part,
    /// The media type of a request's body. A query is always pairs, a response always JSON.
    pub media: Media,
}

impl Place {
    /// A part of an operation; a request's body is JSON.
    pub fn new(operation: OperationId, part: Part) -> Self {
        Place { operation, part, media: Media::Json }
    }

    /// The form-encoded body of an operation's request.
    pub fn form(operation: OperationId) -> Self {
        Place { operation, part: Part::Body, media: Media::Form }
    }

    /// Tells whether documents here are `name=value` pairs rather than JSON.
    pub fn is_pairs(self) -> bool {
        match self.part {
            Part::Query => true,
            Part::Body => self.media == Media::Form,
            Part::Response | Part::Request | Part::Answer | Part::Errors(_) => false,
        }
    }
}
