//! The one log event of a request, written when its answer is finished or dropped.
//!
//! It holds no header value but the request id, no query, no body, and no path: only the template of a known
//! operation. What `log.fields` adds goes through the rules of recordings first, see `access`; the version that a
//! refused request wanted is written only where it looks like one, see `wanted`.

mod access;
mod body;
mod event;
mod wanted;

pub(crate) use access::Access;
pub(crate) use body::LoggedBody;

use super::{
    body::{BodyError, Count},
    coding::DecodeError,
    error::Error,
    observer::{End, Watches},
    upstream::LeftOut,
};
use crate::{
    base::lifecycle::InFlight,
    observe::{
        stats::{Credential, LoggedClient, RequestSample, Stats, Translation, more},
        telemetry::{Facts, Trace},
    },
};
use access::AccessFields;
use dateline_core::{Version, step::Losses, translate::Untranslatable};
use dateline_http::{
    exchange::{Exchange, Refusal, StatedVersion, Treatment},
    outcome::Outcome,
    pin::{Pinned, Source},
    policy::Client,
};
use http::{HeaderMap, Method, StatusCode};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

/// The target of the event.
const TARGET: &str = "dateline::request";

/// The facts about a request so far. Dropping it writes the event.
#[derive(Debug)]
pub(crate) struct RequestLog {
    started: Instant,
    request_id: String,
    method: &'static str,
    operation: Option<Arc<str>>,
    pinned: Option<(Pinned, Source, Version)>,
    client: Option<String>,
    credential: Option<Credential>,
    /// The version that a refused request wanted, as far as it may be written.
    wanted: Option<String>,
    /// The optional fields of the access log.
    seen: Option<Box<AccessFields>>,
    steps: usize,
    response: Option<&'static str>,
    losses: Losses,
    status: Option<StatusCode>,
    /// The count of the request's body, once it is read. Most requests have none.
    request_bytes: Option<Count>,
    response_bytes: u64,
    /// The time at which the upstream was asked.
    sent: Option<Instant>,
    upstream: Option<Duration>,
    /// The body of the upstream's answer: when its last byte was there.
    answer: Option<Count>,
    /// The possible effect on the upstream so far.
    outcome: Outcome,
    error: Option<(&'static str, Option<String>)>,
    /// The words of the upstream's error that were replaced.
    error_names: Option<String>,
    /// The reason why the request's body went up unchanged although it has a plan.
    untranslated: Option<&'static str>,
    /// The fields that vouched for a rewritten body, in either direction. They were removed.
    unsigned: Option<String>,
    /// The upstream's status of an answer that the client did not get.
    upstream_status: Option<StatusCode>,
    /// The version of the answer, where that is not the one that was asked for.
    stated: Option<StatedVersion>,
    /// The fields of the answer that could not be read.
    left_out: Option<Arc<LeftOut>>,
    request_translation: Option<Translation>,
    response_translation: Option<Translation>,
    complete: bool,
    /// The client has got a head, and not what it promised.
    broken_off: bool,
    trace: Trace,
    /// The watches of the exchange.
    watches: Watches,
    stats: Arc<Stats>,
    _in_flight: Option<InFlight>,
}

impl RequestLog {
    pub(crate) fn new(
        request_id: &str,
        method: &Method,
        in_flight: Option<InFlight>,
        stats: Arc<Stats>,
    ) -> Box<Self> {
        // In one place from its beginning to its end: moving it with the answer costs more than the box.
        Box::new(RequestLog {
            started: Instant::now(),
            request_id: request_id.to_owned(),
            method: known(method),
            operation: None,
            pinned: None,
            client: None,
            credential: None,
            wanted: None,
            seen: None,
            steps: 0,
            response: None,
            losses: Losses::default(),
            status: None,
            request_bytes: None,
            response_bytes: 0,
            sent: None,
            upstream: None,
            answer: None,
            outcome: Outcome::NotSent,
            error: None,
            error_names: None,
            untranslated: None,
            unsigned: None,
            upstream_status: None,
            stated: None,
            left_out: None,
            request_translation: None,
            response_translation: None,
            complete: false,
            broken_off: false,
            trace: Trace::default(),
            watches: Watches::default(),
            stats,
            _in_flight: in_flight,
        })
    }

    /// Counts the bytes of the request's body.
    pub(crate) fn request_bytes(&mut self) -> Count {
        self.request_bytes.get_or_insert_default().clone()
    }

    /// The bytes of the request's body so far.
    fn received(&self) -> u64 {
        self.request_bytes.as_ref().map_or(0, Count::bytes)
    }

    /// Measures when the last byte of the upstream's answer is there.
    pub(crate) fn answer(&mut self) -> Count {
        let count = Count::since(self.sent);
        self.answer = Some(count.clone());
        count
    }

    pub(crate) fn request_id(&self) -> &str {
        &self.request_id
    }

    /// Returns the version that the client speaks, as far as it is known.
    pub(crate) fn pinned(&self) -> Option<Pinned> {
        self.pinned.map(|(pinned, ..)| pinned)
    }

    /// Has the request belong to a trace.
    pub(crate) fn traced(&mut self, trace: Trace) {
        self.trace = trace;
    }

    /// The trace that the request belongs to.
    pub(crate) fn trace(&self) -> &Trace {
        &self.trace
    }

    /// Has the exchange watched to its end.
    pub(crate) fn watch(&mut self, watches: Watches) {
        self.watches = watches;
    }

    /// Returns the watches of the exchange.
    pub(crate) fn watches(&mut self) -> &mut Watches {
        &mut self.watches
    }

    /// Remembers the credential that the request carried.
    pub(crate) fn shows(&mut self, credential: Option<Credential>) {
        self.credential = credential;
    }

    /// Adds the optional fields of the access log.
    pub(crate) fn saw(&mut self, seen: Option<Box<AccessFields>>) {
        self.seen = seen;
    }

    /// The request is refused before its version was known: whose it is, where it is a configured client's, and which
    /// version it sent.
    pub(crate) fn undecided(&mut self, client: Option<&Client>, sent: Option<&[u8]>) {
        self.client = client.map(|client| client.name.clone());
        self.wanted = sent.map(wanted::shown);
    }

    pub(crate) fn decided(&mut self, exchange: &Exchange<'_>) {
        let pin = &exchange.pin;
        self.operation = exchange.operation.cloned();
        self.pinned = Some((pin.pinned, pin.source, pin.upstream));
        self.client = pin.client.map(|client| client.name.clone());
        self.steps = exchange.plan.map_or(0, |plan| plan.steps());
        self.trace.decided();
    }

    /// The request's body was translated, or could not be.
    pub(crate) fn request_translated(&mut self, translation: Translation) {
        self.request_translation = Some(translation);
    }

    /// The answer's body was translated, as far as it came. What is only read on its way is not translated.
    pub(crate) fn response_translated(&mut self, translation: Translation) {
        if self.response == Some(Treatment::Translate.as_str()) {
            self.response_translation = Some(translation);
        }
    }

    /// Notes that the upstream may get the request from now on. Unless more is noted, it is unknown whether it did.
    pub(crate) fn sending(&mut self) {
        self.outcome = Outcome::Unknown;
        self.trace.sending();
        self.sent = Some(Instant::now());
    }

    /// The head of the upstream's answer is there, or never will be.
    pub(crate) fn upstream_took(&mut self) {
        self.upstream = self.sent.map(|sent| sent.elapsed());
        self.trace.responded();
    }

    pub(crate) fn responded(&mut self) {
        self.outcome = Outcome::Responded;
    }

    /// The upstream has answered at another version than it was asked for; whether it is not known what that is, or
    /// why the answer is not told.
    pub(crate) fn stated(&mut self, stated: StatedVersion, unclear: Result<bool, &Error>) {
        self.stated = Some(stated);
        self.watches.other_version();
        let others = &self.stats.other_versions;
        more(match unclear {
            Ok(false) => &others.translated,
            Ok(true) => &others.passed,
            Err(_) => &others.refused,
        });
    }

    /// Fields of the upstream's answer were left out.
    pub(crate) fn left_out(&mut self, left_out: Option<Arc<LeftOut>>) {
        self.left_out = left_out;
    }

    /// The head of the answer, as the client gets it.
    pub(crate) fn answered(&mut self, status: StatusCode, headers: &HeaderMap) {
        self.status = Some(status);
        self.watches.answered(status, headers);
    }

    pub(crate) fn treated(&mut self, treatment: Treatment) {
        self.response = Some(treatment.as_str());
    }

    /// The upstream's error is told in the client's words; `names` has words of the pack only.
    pub(crate) fn reworded(&mut self, names: String) {
        self.treated(Treatment::Reword);
        self.error_names = Some(names).filter(|names| !names.is_empty());
    }

    /// The request's body goes up as it came, although it has a plan.
    pub(crate) fn untranslated(&mut self, why: &'static str) {
        self.untranslated = Some(why);
        more(&self.stats.untranslated);
    }

    /// Tells whether the body went up untranslated.
    pub(crate) fn is_untranslated(&self) -> bool {
        self.untranslated.is_some()
    }

    /// Fields that vouch for a body that was rewritten are left out: by their names.
    pub(crate) fn unsigned(&mut self, names: Option<String>) {
        self.unsigned = match (self.unsigned.take(), names) {
            (Some(up), Some(down)) if up != down => Some(format!("{up}, {down}")),
            (up, down) => up.or(down),
        };
    }

    /// Adds what a part of the exchange has lost.
    pub(crate) fn lost(&mut self, losses: Losses) {
        self.losses.extend(losses);
    }

    /// Returns the losses so far.
    pub(crate) fn losses(&self) -> &Losses {
        &self.losses
    }

    pub(crate) fn failed(&mut self, error: &Error) {
        self.status = Some(error.status());
        self.outcome = error.outcome();
        self.error = Some((error.code(), error.cause()));
        self.upstream_status = error.upstream_status();
    }

    fn body_failed(&mut self, error: &BodyError) {
        let code = match error {
            BodyError::Idle(_) | BodyError::Slow(_) => "upstream_timeout",
            BodyError::Broken(_)
            | BodyError::NotWhole(_)
            | BodyError::Undecodable(DecodeError::Truncated(_)) => "upstream_truncated",
            BodyError::Untranslatable(Untranslatable::Misplaced(_)) => "translation_would_lose",
            BodyError::Untranslatable(error) if error.too_large().is_some() => "response_too_large",
            BodyError::Undecodable(DecodeError::Inflated(_)) => "response_too_large",
            BodyError::Untranslatable(_) | BodyError::Undecodable(_) => "response_untranslatable",
            BodyError::Exhausted(_) => "overloaded",
            BodyError::Unencodable(_) => "internal_error",
        };
        self.error = Some((code, Some(super::error::chain(error))));
        self.broken_off = true;
    }

    fn trace_ends(&mut self, called: Option<LoggedClient>) {
        let mut trace = std::mem::take(&mut self.trace);
        trace.finish(|| Facts {
            method: self.method,
            operation: self.operation.clone(),
            pinned: self.pinned,
            client: self.client.clone().or_else(|| called.map(|called| called.name().as_str().to_owned())),
            steps: self.steps,
            response: self.response,
            losses: self.losses.clone(),
            status: self.status,
            upstream_status: self.upstream_status,
            request_bytes: self.received(),
            response_bytes: self.response_bytes,
            outcome: self.outcome,
            error: self.error.clone(),
            broken_off: self.broken_off,
            complete: self.complete,
            request_translation: self.request_translation,
            response_translation: self.response_translation,
        });
    }

    /// Has the request counted; what it was counted for is what the log calls its client.
    fn tell(&self, took: Duration) -> Option<LoggedClient> {
        let answered = self.outcome == Outcome::Responded;
        let told = RequestSample {
            client: self.client.as_deref(),
            credential: self.credential.as_ref(),
            operation: self.operation.clone(),
            pinned: self.pinned,
            status: self.status,
            upstream_status: self.upstream_status.or(self.status.filter(|_| answered)),
            error: self.error.as_ref().map(|(code, _)| (*code, self.outcome)),
            losses: &self.losses,
            took,
            upstream: self.upstream,
            upstream_total: self.upstream_total(),
            request_bytes: self.received(),
            response_bytes: self.response_bytes,
            request: self.request_translation,
            response: self.response_translation,
        };
        self.tell_unused(&told);
        self.stats.count_request(told)
    }

    /// Says in the log, now and then, that a pack's operations are not those that are asked for.
    fn tell_unused(&self, told: &RequestSample<'_>) {
        if let Some(unused) = self.stats.count_outside(told) {
            tracing::warn!(target: "dateline::gateway::record",
                answered = unused.answered,
                never_asked = unused.operations.len(),
                of = unused.of,
                operations = unused.some(),
                "requests of no operation of the pack are answered, untranslated, and operations that it has were never \
                 asked for: compare base_path and operations in api.toml with the paths of the API"
            );
        }
    }

    /// Returns the time from asking the upstream to the last byte of its answer, or `None` if that did not come.
    fn upstream_total(&self) -> Option<Duration> {
        self.answer.as_ref().and_then(Count::whole_after)
    }

    /// Tells those who watch that the exchange is over.
    fn watches_end(&mut self) {
        let watches = std::mem::take(&mut self.watches);
        let Some((pinned, source, upstream)) = self.pinned.filter(|_| !watches.is_empty()) else { return };
        // A replay translates the answer from the version that it is in, or, where that is not known, not at all.
        let pinned = match self.stated {
            None | Some(StatedVersion::AsAsked) => (pinned, source, upstream),
            Some(StatedVersion::Other(version)) => (pinned, source, version),
            Some(StatedVersion::Unclear(_)) => (Pinned::Upstream, source, upstream),
        };
        let client = self.stats.client_of(self.client.as_deref(), self.credential.as_ref());
        let is_whole = self.complete && self.error.is_none();
        watches.end(&End { client, pinned, is_whole });
    }
}

impl Drop for RequestLog {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.failed(&Refusal::Internal("a panic".to_owned()).into());
        }
        let took = self.started.elapsed();
        // First: whoever is counted for the first time gets a name by it.
        let called = self.tell(took);
        self.write(took, called);
        self.trace_ends(called);
        self.watches_end();
    }
}

/// A client can make up any number of methods.
fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

#[cfg(test)]
mod reference;
#[cfg(test)]
mod tests;
