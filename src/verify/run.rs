//! Asks for every request at every pin, so many at once and so many a second.

use std::{
    collections::HashMap,
    io,
    net::Ipv4Addr,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use http::HeaderMap;
use tokio::{net::TcpListener, runtime, task::JoinSet, time::sleep_until};

use super::{
    list::Asked,
    progress::Progress,
    report::{About, VerifyReport},
};
use crate::Failure;
use dateline_core::{
    Version,
    compare::Ignored,
    pack::{OperationId, Pack},
    plan::Plans,
    route::Routes,
    translate,
};
use dateline_gateway::{
    Config, stop_signal,
    verify::{Failure as CheckFailure, Options, Outcome, Verdict, Verifier},
};
use dateline_sandbox::Sandbox;

/// The number of failures without any result after which the run stops.
const HOPELESS: u64 = 20;

/// The most attempts for a request that the upstream answers with 429, and the longest pause between them.
const ATTEMPTS: u32 = 3;
const LONGEST_PEACE: Duration = Duration::from_secs(60);
/// The pause if the upstream does not say how long.
const PEACE: Duration = Duration::from_secs(2);

/// The first pause before both ways are read again. The sandbox has no data that moves.
const PAUSE: Duration = Duration::from_millis(25);
const SANDBOX_PAUSE: Duration = Duration::from_millis(1);

/// The least number of readings: one of each way.
const READINGS: u32 = 2;

/// The largest response that is compared.
const LARGEST: u64 = 16 << 20;

/// The parameters of a run.
pub(super) struct Plan {
    pub(super) config: Config,
    pub(super) pack: Arc<Pack>,
    /// Ask the sandbox.
    pub(super) sandbox: bool,
    /// The requests, each with the number of its operation.
    pub(super) requests: Vec<(usize, Arc<Asked>)>,
    pub(super) pins: Vec<Version>,
    /// The version of requests that name none.
    pub(super) written_for: Option<Version>,
    pub(super) credentials: HeaderMap,
    pub(super) ignored: Ignored,
    pub(super) concurrency: usize,
    /// Requests to the upstream a second.
    pub(super) rate: Option<u32>,
}

/// One request at one pin.
#[derive(Clone)]
struct Job {
    operation: usize,
    asked: Arc<Asked>,
    pin: Version,
}

/// The state that all jobs share.
struct Bench {
    verifier: Verifier,
    plans: Plans,
    routes: Routes,
    written_for: Option<Version>,
    credentials: HeaderMap,
    pace: Pace,
}

/// Does it, with a runtime of its own.
///
/// # Errors
/// A [`Failure`] that stands in the way of the whole run.
pub(super) fn run(plan: Plan, about: About) -> Result<VerifyReport, Failure> {
    let failed = |problem: io::Error| Failure::Usage(format!("cannot start: {problem}"));
    let runtime = runtime::Builder::new_multi_thread().enable_all().build().map_err(failed)?;
    runtime.block_on(async {
        let stop = stop_signal().map_err(failed)?;
        run_until(plan, VerifyReport::new(about), stop).await
    })
}

async fn run_until(
    plan: Plan,
    mut report: VerifyReport,
    stop: impl Future<Output = ()>,
) -> Result<VerifyReport, Failure> {
    let Plan {
        mut config,
        pack,
        sandbox,
        requests,
        pins,
        written_for,
        mut credentials,
        ignored,
        concurrency,
        rate,
    } = plan;
    if sandbox {
        config.upstream.url = Some(start_sandbox().await?);
        // It answers whoever shows something.
        let any = http::HeaderValue::from_static("Bearer sandbox");
        credentials.entry(http::header::AUTHORIZATION).or_insert(any);
    }
    let pause = if sandbox { SANDBOX_PAUSE } else { PAUSE };
    let options = Options { pause, bytes: LARGEST, ignored, ..Options::default() };
    let verifier = Verifier::new(&config, Arc::clone(&pack), options);
    let bench = Arc::new(Bench {
        verifier: verifier.map_err(|problem| Failure::Usage(problem.to_string()))?,
        routes: Routes::new(&pack),
        plans: Plans::new(pack),
        written_for,
        credentials,
        pace: Pace::new(rate),
    });
    let jobs = requests.len() * pins.len();
    let jobs_of = |(operation, asked): (usize, Arc<Asked>)| {
        let job = move |pin: &Version| Job { operation, asked: Arc::clone(&asked), pin: *pin };
        pins.iter().map(job).collect::<Vec<_>>()
    };
    let mut waiting = requests.into_iter().flat_map(jobs_of);
    let mut progress = Progress::new(jobs);
    let (mut under_way, mut tasks) = (HashMap::new(), JoinSet::new());
    let mut stop = std::pin::pin!(stop);
    let mut stopped = false;
    loop {
        while !stopped && tasks.len() < concurrency {
            let Some(job) = waiting.next() else { break };
            let (bench, own) = (Arc::clone(&bench), job.clone());
            let id = tasks.spawn(async move { bench.ask(&own).await }).id();
            under_way.insert(id, job);
        }
        let done = tokio::select! {
            biased;
            () = &mut stop, if !stopped => {
                stopped = true;
                continue;
            }
            done = tasks.join_next_with_id() => done,
        };
        let (id, outcome) = match done {
            None => break,
            Some(Ok(done)) => done,
            Some(Err(broken)) => (broken.id(), Outcome::Failed(CheckFailure::BrokenOff)),
        };
        let Some(Job { operation, asked, pin }) = under_way.remove(&id) else { continue };
        let failed = matches!(&outcome, Outcome::Failed(failure) if !failure.is_about_the_request());
        progress.step(matches!(outcome, Outcome::Differed { .. }), failed);
        report.add(operation, pin, &asked.target, outcome);
        stopped |= report.is_hopeless(HOPELESS);
    }
    progress.end();
    report.not_asked = waiting.count() as u64;
    Ok(report)
}

/// Starts the sandbox and returns its origin. The sandbox ends with the runtime.
async fn start_sandbox() -> Result<String, Failure> {
    let failed =
        |problem: &dyn std::fmt::Display| Failure::Usage(format!("the sandbox cannot run: {problem}"));
    let sandbox = Sandbox::new(None).map_err(|problem| failed(&problem))?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(|problem| failed(&problem))?;
    let address = listener.local_addr().map_err(|problem| failed(&problem))?;
    tokio::spawn(sandbox.serve(listener, std::future::pending()));
    Ok(format!("http://{address}"))
}

impl Bench {
    async fn ask(&self, job: &Job) -> Outcome {
        let target = self.target(job);
        let mut headers = self.credentials.clone();
        for (name, value) in &job.asked.headers {
            // What was asked for on the command line wins.
            if !self.credentials.contains_key(name) {
                headers.append(name, value.clone());
            }
        }
        let mut attempt = 1;
        loop {
            self.pace.turn(READINGS).await;
            let verdict = self.verifier.verify(&target, &headers, Some(job.pin)).await;
            self.pace.owe(verdict.requests.saturating_sub(READINGS));
            match peace(&verdict) {
                Some(peace) if attempt < ATTEMPTS => {
                    self.pace.hold(peace);
                    attempt += 1;
                }
                _ => return verdict.outcome,
            }
        }
    }

    /// The target in the words of the pin: its address, and its parameters.
    fn target(&self, Job { operation, asked, pin }: &Job) -> String {
        let target = asked.target.clone();
        let Some(from) = asked.written_for.or(self.written_for) else { return target };
        let (path, query) = match target.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (&*target, None),
        };
        let operation = OperationId(*operation);
        let moved = self.moved(operation, path, from, *pin);
        let plan = self.plans.get(operation, from, *pin).filter(|plan| plan.translates_query());
        let query = match plan {
            Some(plan) => translate::optional_query(plan, query).output,
            None => query.map(str::to_owned),
        };
        let path = moved.as_deref().unwrap_or(path);
        match query {
            Some(query) => format!("{path}?{query}"),
            None => path.to_owned(),
        }
    }

    /// The path of an operation at another version, if it has another address there.
    fn moved(&self, operation: OperationId, path: &str, from: Version, to: Version) -> Option<String> {
        let pack = self.plans.pack();
        let (from, to) = (pack.address(operation, from)?, pack.address(operation, to)?);
        let moves = from.segments != to.segments;
        moves.then(|| self.routes.parameters(from, path)?.render(to)).flatten()
    }
}

/// Returns the pause that the upstream asks for.
fn peace(verdict: &Verdict) -> Option<Duration> {
    match &verdict.outcome {
        Outcome::Failed(CheckFailure::Upstream { status: 429, retry_after, .. }) => {
            Some(retry_after.unwrap_or(PEACE).min(LONGEST_PEACE))
        }
        _ => None,
    }
}

/// A limit on the average number of requests a second. If more are sent than planned, the next ones wait.
struct Pace {
    /// The gap between two requests, which is zero without a limit.
    gap: Duration,
    /// The time at which the next request may be sent.
    next: Mutex<Instant>,
}

impl Pace {
    fn new(rate: Option<u32>) -> Self {
        let gap = rate.map_or(Duration::ZERO, |rate| Duration::from_secs(1) / rate.max(1));
        Pace { gap, next: Mutex::new(Instant::now()) }
    }

    /// Ready when so many requests may be sent.
    async fn turn(&self, requests: u32) {
        let turn = self.shift(|next| {
            let turn = (*next).max(Instant::now());
            *next = turn + self.gap * requests;
            turn
        });
        sleep_until(turn.into()).await;
    }

    /// Notes that more requests were sent.
    fn owe(&self, requests: u32) {
        self.shift(|next| *next = (*next).max(Instant::now()) + self.gap * requests);
    }

    /// Pauses all requests for a time.
    fn hold(&self, peace: Duration) {
        self.shift(|next| *next = (*next).max(Instant::now() + peace));
    }

    fn shift<T>(&self, change: impl FnOnce(&mut Instant) -> T) -> T {
        change(&mut self.next.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn requests_are_paced_on_average() {
        let pace = Pace::new(Some(100));
        let begun = Instant::now();
        pace.turn(2).await;
        pace.owe(3);
        pace.turn(2).await;
        let second = begun.elapsed();
        assert!(second >= Duration::from_millis(50), "{second:?}");
        pace.hold(Duration::from_millis(80));
        pace.turn(2).await;
        let held = begun.elapsed() - second;
        assert!(held >= Duration::from_millis(80), "{held:?}");
    }

    #[tokio::test]
    async fn without_a_rate_nobody_waits() {
        let pace = Pace::new(None);
        let begun = Instant::now();
        for _ in 0..1000 {
            pace.turn(2).await;
            pace.owe(18);
        }
        assert!(begun.elapsed() < Duration::from_secs(5));
    }
}
