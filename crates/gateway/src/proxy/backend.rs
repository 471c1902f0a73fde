//! The backend of a request: the upstream itself, or Envoy, which talks to it.

use super::{
    body::up::UpBody,
    error::Error,
    upstream::{Answer, Upstream},
};
use http::{Response, request};

/// The backend that requests are sent to and answers come from.
pub(crate) trait Backend: Sync {
    /// Sends a request, whose target has neither scheme nor authority, and waits for the head of its answer.
    /// `translated` where a plan is to translate that answer.
    fn send(
        &self,
        head: request::Parts,
        body: UpBody,
        translated: bool,
    ) -> impl Future<Output = Result<Response<Answer>, Error>> + Send;

    /// Tells whether the body of an answer can be read. `translated` is the value that was given when the request was
    /// sent.
    fn reads(&self, _translated: bool) -> bool {
        true
    }

    /// Tells whether the head of this answer always waits until the whole body is there.
    fn holds_heads(&self) -> bool {
        false
    }
}

impl Backend for Upstream {
    fn send(
        &self,
        head: request::Parts,
        body: UpBody,
        _: bool,
    ) -> impl Future<Output = Result<Response<Answer>, Error>> + Send {
        Upstream::send(self, head, body)
    }
}
