//! Observers of exchanges: they see what a sampled exchange was, and change nothing of it.
//!
//! The request path knows this interface only. Live verification and the capture of exchanges implement it. An exchange
//! that nobody samples costs one comparison at each place where it could be watched.

use super::{body::BodyError, copy::Tap};
use crate::observe::stats::Client;
use bytes::Bytes;
use dateline_core::Version;
use dateline_http::{
    exchange::Exchange,
    pin::{Pinned, Source},
};
use http::{HeaderMap, StatusCode, request, response};
use http_body::Frame;
use std::{fmt::Debug, task::Poll};

/// Samples exchanges.
pub(crate) trait Observer: Debug + Send + Sync {
    /// Begins to watch an exchange, if it is one that is sampled.
    fn begin(
        &self,
        head: &request::Parts,
        exchange: &Exchange<'_>,
        request: RequestFacts<'_>,
    ) -> Option<Box<dyn Watch>>;
}

/// The facts about a request that neither its head nor its exchange tells.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RequestFacts<'r> {
    pub(crate) request_id: &'r str,
    pub(crate) has_body: bool,
}

/// Watches one exchange, from its decision to its end.
pub(crate) trait Watch: Debug + Send {
    /// Returns what copies the request's body, if a copy is wanted.
    fn request(&mut self) -> Option<Tap> {
        None
    }

    /// Sees the head of the upstream's answer; returns what copies its body, if a copy is wanted.
    fn answer(&mut self, _head: &response::Parts) -> Option<Tap> {
        None
    }

    /// Sees that the answer is in another version than was asked for. Returns false if the exchange is not to be
    /// watched any longer.
    fn other_version(&mut self) -> bool {
        true
    }

    /// Sees the head of the client's answer.
    fn answered(&mut self, _status: StatusCode, _headers: &HeaderMap) {}

    /// Sees what a poll of the body of the client's answer has returned; `ended` tells that nothing follows it.
    fn saw(&mut self, _polled: &Poll<Option<Result<Frame<Bytes>, BodyError>>>, _ended: bool) {}

    /// Sees the end of the exchange.
    fn end(self: Box<Self>, end: &End);
}

/// The end of an exchange.
#[derive(Debug)]
pub(crate) struct End {
    pub(crate) client: Client,
    /// The client's version, its source, and the version that the upstream has answered in.
    pub(crate) pinned: (Pinned, Source, Version),
    /// True if the client has got all of an answer that is not an error of the gateway's.
    pub(crate) is_whole: bool,
}

/// The watchers of one exchange; mostly none.
#[derive(Debug, Default)]
pub(crate) struct Watches(Vec<Box<dyn Watch>>);

impl Watches {
    /// Asks each observer whether it samples an exchange.
    pub(crate) fn begin(
        observers: &[Box<dyn Observer>],
        head: &request::Parts,
        exchange: &Exchange<'_>,
        request: RequestFacts<'_>,
    ) -> Self {
        Watches(observers.iter().filter_map(|observer| observer.begin(head, exchange, request)).collect())
    }

    /// Returns true if nobody watches.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns what copies the body of the request for those who want it.
    pub(crate) fn request(&mut self) -> Tap {
        self.0.iter_mut().filter_map(|watch| watch.request()).collect()
    }

    /// Shows the head of the upstream's answer, and returns what copies its body for those who want it.
    pub(crate) fn answer(&mut self, head: &response::Parts) -> Tap {
        self.0.iter_mut().filter_map(|watch| watch.answer(head)).collect()
    }

    /// Tells that the answer is in another version than was asked for.
    pub(crate) fn other_version(&mut self) {
        self.0.retain_mut(|watch| watch.other_version());
    }

    /// Shows the head of the client's answer.
    pub(crate) fn answered(&mut self, status: StatusCode, headers: &HeaderMap) {
        self.0.iter_mut().for_each(|watch| watch.answered(status, headers));
    }

    /// Shows what a poll of the body of the client's answer has returned. `ended` is asked only if somebody watches.
    pub(crate) fn saw(
        &mut self,
        polled: &Poll<Option<Result<Frame<Bytes>, BodyError>>>,
        ended: impl FnOnce() -> bool,
    ) {
        if !self.0.is_empty() {
            let ended = ended();
            self.0.iter_mut().for_each(|watch| watch.saw(polled, ended));
        }
    }

    /// Tells the end of the exchange.
    pub(crate) fn end(self, end: &End) {
        self.0.into_iter().for_each(|watch| watch.end(end));
    }
}
