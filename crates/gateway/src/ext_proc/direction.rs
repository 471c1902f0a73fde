//! The body of a request, or of an answer, and what becomes of it.

use super::proto;
use std::sync::OnceLock;
use tokio::sync::watch;

/// The body of a request, or of an answer.
pub(super) struct Direction {
    fate: watch::Sender<BodyFate>,
    /// The trailers that it has ended with.
    pub(super) trailers: OnceLock<Option<proto::HeaderMap>>,
}

/// The fate of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BodyFate {
    /// The fate is not known yet.
    Open,
    /// The body is read here.
    Read,
    /// The body passes unchanged.
    Passes,
}

impl Direction {
    pub(super) fn new() -> Self {
        Direction { fate: watch::Sender::new(BodyFate::Open), trailers: OnceLock::new() }
    }

    pub(super) fn fate(&self) -> BodyFate {
        *self.fate.borrow()
    }

    pub(super) fn is(&self, fate: BodyFate) {
        self.fate.send_replace(fate);
    }

    /// Waits until it is known.
    pub(super) async fn settled(&self) {
        // The sender is here: it is not gone.
        let _ = self.fate.subscribe().wait_for(|fate| *fate != BodyFate::Open).await;
    }
}
