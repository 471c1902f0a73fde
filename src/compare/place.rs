//! Where a document stands in an API.

use crate::{
    pack::{OperationId, Part},
    translate::Media,
};

/// Where a document stands: in which part of which operation, and how it is written there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The operation.
    pub operation: OperationId,
    /// The part of it.
    pub part: Part,
    /// How a request's body is written. A query is always pairs, a response always JSON.
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

    /// Whether documents here are `name=value` pairs rather than JSON.
    pub fn is_pairs(self) -> bool {
        match self.part {
            Part::Query => true,
            Part::Body => self.media == Media::Form,
            Part::Response => false,
        }
    }
}
