//! Live verification: for a share of the `GET`s of clients, what they got is held to what the upstream says natively.
//!
//! A check begins where the client has its answer, whole, and not before; nobody waits for it. What it needs of the
//! request is kept until then and for the seconds that the check takes: the head, with the client's credentials, which
//! are sent to the upstream and nowhere else. Where anything is short (requests, room, the upstream's patience), it is
//! the check that does not happen.

use super::{
    Failure, Options, Outcome, Parts, Verdict, Verifier, Way,
    read_paths::{Head, Read},
    report::{self, Reports},
    results::{Pair, Results, Skipped},
};
use crate::{
    base::{budget::Budget, lifecycle::Lifecycle, random::random},
    config::{self, Config, Sample},
    observe::metrics::{VerdictCount, VerificationCounts},
    proxy::{
        body::BodyError,
        coding::Codings,
        copy::BodyCopy,
        observer::{End, Observer, RequestFacts, Watch},
    },
    verify::{
        backoff::Backoff,
        confirm,
        rate_limit::{RateLimit, Reserved},
    },
};
use bytes::Bytes;
use dateline_core::pack::Pack;
use dateline_http::exchange::{Exchange, is_only_a_reading};
use http::{HeaderMap, Method, StatusCode, request};
use http_body::Frame;
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    task::Poll,
    time::{Duration, Instant},
};
use tokio::time::timeout;

/// The time limit of a check. The client's credentials are kept no longer.
const CHECK: Duration = Duration::from_secs(60);

// What is configured is enough for one difference.
const _: () = assert!(confirm::MOST == config::Verify::LEAST);

/// The number of answers that may be copied at once for each check that may run: most copies live for a moment.
const COPIES: usize = 8;

/// The state that is kept over reloads: requests sent, checks in progress, and results.
#[derive(Debug)]
pub(crate) struct LiveState {
    rate_limit: Arc<RateLimit>,
    backoff: Backoff,
    /// Answers that are copied, and checks that run.
    copies: Arc<AtomicUsize>,
    checks: Arc<AtomicUsize>,
    pub(crate) results: Results,
    reports: Reports,
}

impl LiveState {
    pub(crate) fn new() -> Arc<Self> {
        let begun = Instant::now();
        Arc::new(LiveState {
            rate_limit: RateLimit::new(begun),
            backoff: Backoff::new(begun),
            copies: Arc::default(),
            checks: Arc::default(),
            results: Results::default(),
            reports: Reports::default(),
        })
    }

    /// The results so far, for metrics.
    pub(crate) fn counts(&self) -> VerificationCounts {
        let verdicts = self.results.so_far().verdicts.into_iter().map(|((pair, result), count)| {
            let Pair { operation, pin, upstream } = pair;
            VerdictCount { operation, pin: pin.0, upstream: upstream.0, result, count }
        });
        VerificationCounts {
            verdicts: verdicts.collect(),
            skipped: self.results.skipped().collect(),
            requests: self.requests(),
            unwritten_lines: self.reports.unwritten_lines(),
        }
    }

    /// Returns the number of requests sent to the upstream for all checks so far.
    pub(crate) fn requests(&self) -> u64 {
        self.rate_limit.sent()
    }
}

/// Live verification as it is configured.
#[derive(Debug)]
pub(crate) struct Live {
    sample: Sample,
    config: config::Verify,
    verifier: Verifier,
    budget: Arc<Budget>,
    lifecycle: Arc<Lifecycle>,
    state: Arc<LiveState>,
}

/// One of at most so many.
#[derive(Debug)]
pub(super) struct Permit(Arc<AtomicUsize>);

impl Permit {
    pub(super) fn of(count: &Arc<AtomicUsize>, limit: usize) -> Option<Self> {
        let before = count.fetch_add(1, Relaxed);
        let permit = Permit(Arc::clone(count));
        // Where it is dropped, it is counted off again.
        (before < limit).then_some(permit)
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}

/// An answer as its client has got it.
#[derive(Debug)]
struct SentAnswer {
    status: StatusCode,
    codings: Codings,
    body: Bytes,
}

impl Live {
    /// Live verification as configured; `None` if nothing is verified.
    pub(crate) fn new(
        config: &Config,
        pack: &Arc<Pack>,
        parts: Parts,
        lifecycle: &Arc<Lifecycle>,
        state: &Arc<LiveState>,
    ) -> Option<Arc<Self>> {
        let verify = &config.verify;
        if verify.sample == Sample::NONE {
            return None;
        }
        let options =
            Options { bytes: verify.body_bytes, ignored: verify.ignore.clone(), ..Options::default() };
        Some(Arc::new(Live {
            sample: verify.sample,
            config: verify.clone(),
            budget: Arc::clone(&parts.budget),
            verifier: Verifier::through(config, Arc::clone(pack), parts, options),
            lifecycle: Arc::clone(lifecycle),
            state: Arc::clone(state),
        }))
    }

    /// Runs a check, if there is room for one.
    fn run(self: Arc<Self>, head: Head, sent: SentAnswer, request_id: String) {
        let state = &self.state;
        let Some(running) = Permit::of(&state.checks, self.config.concurrency as usize) else {
            return state.results.skip(Skipped::Busy);
        };
        let limit = self.config.requests_per_minute;
        let Some(reserved) = state.rate_limit.reserve(confirm::MOST, limit, Instant::now()) else {
            return state.results.skip(Skipped::RateLimit);
        };
        // Where there is no runtime any more, nobody waits for the result either.
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        runtime.spawn(async move {
            let checked = self.check(head, sent, reserved, &request_id);
            tokio::select! {
                () = checked => {}
                // The process is to end, and this is no client's business.
                () = self.lifecycle.draining() => {}
            }
            drop(running);
        });
    }

    async fn check(&self, head: Head, sent: SentAnswer, reserved: Reserved, request_id: &str) {
        let SentAnswer { status, codings, body } = sent;
        let paths = &self.verifier.paths;
        let verdict = match paths.decoded(body, codings, Way::Translated).await {
            Ok(body) => {
                let sent = Some(Read { status, body });
                let checked = self.verifier.check(&head, sent, Some(&reserved));
                timeout(CHECK, checked).await.unwrap_or_else(|_| overdue())
            }
            Err(_) => return self.state.results.skip(Skipped::TooLarge),
        };
        drop((head, reserved));
        let state = &self.state;
        match verdict.asks_for_a_pause() {
            Some(asked_for) => {
                let pause = state.backoff.keep(asked_for, Instant::now());
                report::pause(&verdict, pause);
            }
            None => state.backoff.end(),
        }
        state.results.add(&verdict);
        report::log(&verdict, request_id);
        if let Some(file) = &self.config.file {
            state.reports.write(file, &verdict, request_id, self.config.values).await;
        }
    }
}

impl Observer for Arc<Live> {
    fn begin(
        &self,
        head: &request::Parts,
        exchange: &Exchange<'_>,
        request: RequestFacts<'_>,
    ) -> Option<Box<dyn Watch>> {
        // Both ways are one where there is no plan. An operation that is no GET at the upstream's version may write.
        let is_read = head.method == Method::GET
            && matches!(exchange.method(&head.method), Ok(Method::GET))
            && !request.has_body
            && exchange.plan.is_some();
        if !is_read || !self.sample.draws(random()) || !is_only_a_reading(&head.uri, &head.headers) {
            return None;
        }
        let (state, now) = (&self.state, Instant::now());
        let skipped = if state.backoff.holds(now) {
            Skipped::Backoff
        } else if !state.rate_limit.may_have_room(now) {
            Skipped::RateLimit
        } else if let Some(copying) = Permit::of(&state.copies, COPIES * self.config.concurrency as usize) {
            return Some(Box::new(Sampled {
                live: Arc::clone(self),
                head: Head::of(head),
                copy: BodyCopy::new(self.config.body_bytes, self.budget.share()),
                answer: None,
                request_id: request.request_id.to_owned(),
                _copying: copying,
            }));
        } else {
            Skipped::Busy
        };
        state.results.skip(skipped);
        None
    }
}

fn overdue() -> Verdict {
    let outcome = Outcome::Failed(Failure::Overdue(Way::Native));
    Verdict { operation: None, pin: None, upstream: None, outcome, requests: 0 }
}

/// A request that is to be verified once its client has the answer. If that never comes, it is forgotten.
#[derive(Debug)]
struct Sampled {
    live: Arc<Live>,
    head: Head,
    copy: BodyCopy,
    /// The status and the codings of the client's answer, if it is one to be verified.
    answer: Option<(StatusCode, Codings)>,
    request_id: String,
    _copying: Permit,
}

impl Watch for Sampled {
    fn other_version(&mut self) -> bool {
        // What would be compared is not what was asked for.
        self.live.state.results.skip(Skipped::OtherVersion);
        false
    }

    fn answered(&mut self, status: StatusCode, headers: &HeaderMap) {
        let is_whole = status.is_success() && status != StatusCode::PARTIAL_CONTENT;
        self.answer = Codings::of(headers).filter(|_| is_whole).map(|codings| (status, codings));
    }

    fn saw(&mut self, polled: &Poll<Option<Result<Frame<Bytes>, BodyError>>>, ended: bool) {
        if self.answer.is_some() {
            self.copy.saw(polled, ended);
        }
    }

    fn end(self: Box<Self>, end: &End) {
        let Sampled { live, head, mut copy, answer, request_id, _copying } = *self;
        let Some((status, codings)) = answer.filter(|_| end.is_whole) else { return };
        copy.end();
        match copy.whole() {
            Some(body) => live.run(head, SentAnswer { status, codings, body }, request_id),
            None => live.state.results.skip(Skipped::TooLarge),
        }
    }
}
