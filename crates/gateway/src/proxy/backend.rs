//! Where requests go up, and their answers come from: the upstream itself, or whoever speaks with it.

use super::{
    body::up::UpBody,
    error::Error,
    upstream::{Answer, Upstream},
};
use http::{Response, request};

/// Where requests go up, and their answers come from.
pub(crate) trait Way: Sync {
    /// Sends a request, whose target has neither scheme nor authority, and waits for the head of its answer.
    /// `translated` where a plan is to translate that answer.
    fn send(
        &self,
        head: request::Parts,
        body: UpBody,
        translated: bool,
    ) -> impl Future<Output = Result<Response<Answer>, Error>> + Send;

    /// Whether the body of an answer can be read. `translated` is what was said when the request was sent.
    fn reads(&self, _translated: bool) -> bool {
        true
    }

    /// Whether the head of this answer waits in any case until all of the body is there.
    fn holds_heads(&self) -> bool {
        false
    }
}

impl Way for Upstream {
    fn send(
        &self,
        head: request::Parts,
        body: UpBody,
        _: bool,
    ) -> impl Future<Output = Result<Response<Answer>, Error>> + Send {
        Upstream::send(self, head, body)
    }
}
