//! The event of a request as it is written: its fields, and its level.

use super::{RequestLog, TARGET};
use crate::observe::stats::LoggedClient;
use dateline_http::pin::Pinned;
use std::time::Duration;

impl RequestLog {
    /// Writes the event. `reference` explains each field.
    pub(super) fn write(&self, took: Duration, called: Option<LoggedClient>) {
        let versions = self.pinned.map(|(pinned, _, upstream)| pinned.versions(upstream)).unwrap_or_default();
        let losses = (!self.losses.is_empty()).then_some(&self.losses);
        let name = called.as_ref().map(LoggedClient::name);
        // Whoever has a configured name is known whether the upstream accepts its key or not.
        let accepted = called.filter(|called| !called.accepted).map(|_| false);
        let seen = self.seen.as_deref();
        // The level of an event is a constant, and one with a field named `error` finds room in the log where others do not.
        macro_rules! event {
            ($level:ident, $($error:tt)*) => {
                tracing::event!(
                    target: TARGET,
                    tracing::Level::$level,
                    method = self.method,
                    operation = self.operation.as_deref().unwrap_or("other"),
                    pin = versions.client.map(tracing::field::display),
                    pin_known = self.pinned().map(|pinned| matches!(pinned, Pinned::Known(_))),
                    pin_source = self.pinned.map(|(_, source, _)| source.as_str()),
                    upstream_version = versions.upstream.map(tracing::field::display),
                    client = self.client.as_deref().or(name.as_ref().map(|name| name.as_str())),
                    client_accepted = accepted,
                    peer = seen.and_then(|seen| seen.peer).map(tracing::field::display),
                    path = seen.and_then(|seen| seen.path.as_deref()),
                    user_agent = seen.and_then(|seen| seen.user_agent.as_deref()),
                    wanted_version = self.wanted.as_deref(),
                    steps = self.steps,
                    response = self.response,
                    losses = losses.map(tracing::field::display),
                    status = self.status.map(|status| status.as_u16()),
                    upstream_status = self.upstream_status.map(|status| status.as_u16()),
                    request_bytes = self.received(),
                    response_bytes = self.response_bytes,
                    outcome = self.outcome.as_str(),
                    upstream_us = self.upstream.map(micros),
                    upstream_total_us = self.upstream_total().map(micros),
                    total_us = micros(took),
                    request_id = self.request_id.as_str(),
                    trace_id = self.trace.id().map(tracing::field::display),
                    error_names = self.error_names.as_deref(),
                    answered_version = self.stated.map(tracing::field::display),
                    left_out = self.left_out.as_deref().map(tracing::field::display),
                    untranslated = self.untranslated,
                    unsigned = self.unsigned.as_deref(),
                    complete = self.complete,
                    $($error)*
                )
            };
        }
        match (&self.error, self.gravity()) {
            (None, _) if self.stated.is_some() || self.untranslated.is_some() => event!(WARN,),
            (None, _) => event!(INFO,),
            (Some((code, cause)), Gravity::Broken) => {
                event!(ERROR, error = *code, cause = cause.as_deref(),)
            }
            (Some((code, cause)), Gravity::Unserved) => {
                event!(WARN, error = *code, cause = cause.as_deref(),)
            }
            (Some((code, cause)), Gravity::Mistaken) => {
                event!(INFO, error = *code, cause = cause.as_deref(),)
            }
        }
    }

    /// Returns the gravity of an error that the gateway itself answered.
    fn gravity(&self) -> Gravity {
        let is_internal = self.error.as_ref().is_some_and(|(code, _)| *code == "internal_error");
        if self.broken_off || self.upstream_status.is_some() || is_internal {
            return Gravity::Broken;
        }
        match self.status.is_some_and(|status| status.is_server_error()) {
            true => Gravity::Unserved,
            false => Gravity::Mistaken,
        }
    }
}

/// The gravity of an error that the gateway itself answered. Each has its level in the log, as `docs/operations.md`
/// lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Gravity {
    /// The upstream has answered and its client did not get that, or the gateway itself failed: `ERROR`.
    Broken,
    /// Overload, or an upstream that does not answer: `WARN`.
    Unserved,
    /// The request was refused for what it is: `INFO`.
    Mistaken,
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}
