//! The half of an exchange that a reply belongs to.

use super::proto::{
    BodyMutation, BodyResponse, CommonResponse, HeaderMutation, HeadersResponse, Mutation, Reply,
    ReplyStatus, TrailersResponse,
};
use bytes::Bytes;

/// The direction of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Half {
    Request,
    Answer,
}

impl Half {
    pub(super) fn head(self, changes: CommonResponse) -> Reply {
        let reply = HeadersResponse { response: Some(changes) };
        match self {
            Half::Request => Reply::RequestHeaders(reply),
            Half::Answer => Reply::ResponseHeaders(reply),
        }
    }

    pub(super) fn body(self, changes: CommonResponse) -> Reply {
        let reply = BodyResponse { response: Some(changes) };
        match self {
            Half::Request => Reply::RequestBody(reply),
            Half::Answer => Reply::ResponseBody(reply),
        }
    }

    pub(super) fn trailers(self, header_mutation: Option<HeaderMutation>) -> Reply {
        let reply = TrailersResponse { header_mutation };
        match self {
            Half::Request => Reply::RequestTrailers(reply),
            Half::Answer => Reply::ResponseTrailers(reply),
        }
    }
}

/// Changes of a head and of a body.
pub(super) fn changes(head: Option<HeaderMutation>, body: Option<Mutation>) -> CommonResponse {
    let header_mutation = head.filter(|head| *head != HeaderMutation::default());
    let body_mutation = body.map(|mutation| BodyMutation { mutation: Some(mutation) });
    CommonResponse { status: ReplyStatus::Continue.into(), header_mutation, body_mutation }
}

/// Changes of a head behind which no body comes, and the body that it gets.
pub(super) fn with_body(head: HeaderMutation, body: Bytes) -> CommonResponse {
    let status = ReplyStatus::ContinueAndReplace.into();
    CommonResponse { status, ..changes(Some(head), Some(Mutation::Body(body))) }
}
