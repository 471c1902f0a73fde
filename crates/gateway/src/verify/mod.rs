//! Is the translation right? The upstream still serves the versions of its clients itself, so it is asked: one `GET`
//! is read both ways, translated and natively, and the two answers are compared.
//!
//! Both readings go through the gateway's own parts, so that what is judged is what clients get. Nothing but `GET` is
//! ever sent. See `docs/verify.md`. [`Verifier`] does it for whoever has requests (`dateline verify`); `live` does it for a share of the
//! requests of clients, once they have their answers.
//!
//! | file | is |
//! |---|---|
//! | `read_paths` | one `GET`, read both ways |
//! | `confirm` | whether a difference stands, on data that may move |
//! | `verdict` | what it came to |
//! | `live` | which requests of clients are verified, and when not |
//! | `rate_limit` | how many requests that may take in a minute |
//! | `backoff` | an upstream that asks to be left alone is |
//! | `results` | what it came to so far, for the operator |
//! | `report` | the log event and the file of a check |

mod backoff;
mod confirm;
mod live;
mod rate_limit;
mod read_paths;
mod report;
mod results;
mod verdict;

pub(crate) use live::{Live, LiveState};
pub(crate) use results::{Pair, PlaceCounts};
pub use verdict::{Failure, Outcome, Verdict, Way};

pub use dateline_core::compare::{Comparison, Difference, Ignored, Path};

use crate::{
    base::budget::Budget,
    config::{Config, ConfigError, report},
    proxy::{
        handler::exchanges,
        upstream::{Upstream, UpstreamError},
    },
};
use confirm::Subject;
use dateline_core::{
    Version,
    compare::{self, Translations},
    pack::{OperationId, Pack},
};
use dateline_http::{
    clock::Clock,
    exchange::{Exchange, Exchanges, is_only_a_reading},
    policy::PolicyError,
};
use http::{HeaderMap, Method, Request, Uri, header};
use rate_limit::Reserved;
use read_paths::{Head, Read, ReadPaths};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
    time::Duration,
};

/// The settings of verification.
#[derive(Debug, Clone)]
pub struct Options {
    /// The first pause before both are read again; the later ones are longer, up to 32 times as long.
    pub pause: Duration,
    /// The time limit for one reading.
    pub timeout: Duration,
    /// The largest answer that is compared.
    pub bytes: u64,
    /// Fields that are not compared.
    pub ignored: Ignored,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            pause: Duration::from_millis(25),
            timeout: Duration::from_secs(10),
            bytes: 1 << 20,
            ignored: Ignored::default(),
        }
    }
}

/// The reason why requests cannot be verified as configured.
#[derive(Debug, thiserror::Error)]
pub enum VerifierError {
    /// The configuration has mistakes beside the pack.
    #[error("{}", report(.0))]
    Config(Vec<ConfigError>),
    /// The policy of the configuration does not fit the pack.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// The upstream cannot be used as configured.
    #[error(transparent)]
    Upstream(#[from] UpstreamError),
}

/// Verifies requests against an upstream, for a pack and a configuration.
///
/// ```no_run
/// # async fn run(config: dateline_gateway::Config, pack: dateline_core::pack::Pack) -> Result<(), Box<dyn std::error::Error>> {
/// use dateline_gateway::verify::{Options, Outcome, Verifier};
/// use std::sync::Arc;
///
/// let verifier = Verifier::new(&config, Arc::new(pack), Options::default())?;
/// let mut headers = http::HeaderMap::new();
/// headers.insert("authorization", "Bearer key".parse()?);
/// let verdict = verifier.verify("/api/v1/plans?first=5", &headers, Some("2025-01-01".parse()?)).await;
/// if let Outcome::Differed { differences } = &verdict.outcome {
///     differences.iter().for_each(|found| println!("{}", found.show(&found.path.to_string())));
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Verifier {
    paths: ReadPaths,
    comparing: Arc<Comparing>,
    pause: Duration,
}

/// The parts of a gateway that answers are read through.
#[derive(Debug)]
pub(crate) struct Parts {
    pub(crate) exchanges: Arc<Exchanges>,
    pub(crate) upstream: Arc<Upstream>,
    pub(crate) budget: Arc<Budget>,
}

#[derive(Debug)]
struct Comparing {
    translations: Translations,
    ignored: Ignored,
}

impl Verifier {
    /// A verifier with an upstream of its own, as the configuration says.
    ///
    /// # Errors
    /// [`VerifierError`]
    pub fn new(config: &Config, pack: Arc<Pack>, options: Options) -> Result<Self, VerifierError> {
        let url = config.upstream_url(&pack).ok_or(UpstreamError::Unset)?;
        let origin = url.parse().map_err(UpstreamError::from)?;
        let mistakes = config.check_versions(&pack);
        if !mistakes.is_empty() {
            return Err(VerifierError::Config(mistakes));
        }
        let exchanges = exchanges(config, Arc::clone(&pack), &origin, Clock::system())?;
        let upstream = Upstream::new(config, &origin, Arc::default())?;
        let budget = Budget::new(config.limits.memory_bytes);
        let parts = Parts { exchanges: Arc::new(exchanges), upstream: Arc::new(upstream), budget };
        Ok(Self::through(config, pack, parts, options))
    }

    /// The same through the parts of a gateway.
    fn through(config: &Config, pack: Arc<Pack>, parts: Parts, options: Options) -> Self {
        let Parts { exchanges, upstream, budget } = parts;
        let Options { pause, timeout, bytes, ignored } = options;
        let paths = ReadPaths {
            exchanges,
            upstream,
            budget,
            timeouts: config.timeouts.clone(),
            bytes,
            object_bytes: config.limits.object_bytes,
            decoded_ratio: config.limits.max_decompression_ratio,
            patience: timeout,
        };
        let comparing = Comparing { translations: Translations::new(pack), ignored };
        Verifier { paths, comparing: Arc::new(comparing), pause }
    }

    /// Verifies a `GET` of a path with its query, base path and all, as a client sends it. Where there is no `pin`, the
    /// request itself says what the client speaks, or its configuration.
    ///
    /// `headers` go to the upstream but for what belongs to one request only: conditions, ranges, `Idempotency-Key`,
    /// ids and traces. Nothing of them is kept.
    pub async fn verify(&self, target: &str, headers: &HeaderMap, pin: Option<Version>) -> Verdict {
        let Ok(head) = self.head(target, headers, pin) else {
            return refused("invalid_target");
        };
        let asked = head.parts();
        if !is_only_a_reading(&asked.uri, &asked.headers) {
            return refused("not_only_read");
        }
        self.check(&head, None, None).await
    }

    fn head(&self, target: &str, headers: &HeaderMap, pin: Option<Version>) -> Result<Head, http::Error> {
        let (mut head, ()) = Request::new(()).into_parts();
        head.uri = Uri::try_from(target)?;
        head.headers = headers.clone();
        let exchanges = &self.paths.exchanges;
        if let Some(pin) = pin {
            exchanges.say(&mut head, pin)?;
        }
        head.headers.entry(header::HOST).or_insert_with(|| self.paths.upstream.origin().authority().clone());
        Ok(Head::of(&head))
    }

    /// Verifies an answer that a client has got, or one that is read here.
    async fn check(&self, head: &Head, sent: Option<Read>, reserved: Option<&Reserved>) -> Verdict {
        let exchange = match self.paths.exchanges.decide(head.parts()) {
            Ok(exchange) => exchange,
            Err(error) => return refused(error.verdict().code),
        };
        let between = exchange.pin.between();
        let operation = exchange.operation.cloned();
        let mut verdict = Verdict {
            pin: between.map(|(pin, _)| pin),
            upstream: between.map(|(_, upstream)| upstream),
            operation: operation.clone(),
            outcome: Outcome::Untranslated,
            requests: 0,
        };
        // An operation that is no GET at the upstream's version may write.
        let is_read = matches!(exchange.method(&Method::GET), Ok(Method::GET));
        let Some(between) = between.filter(|_| is_read && !exchange.crosses_unsaid()) else { return verdict };
        let operation = operation.and_then(|template| self.paths.exchanges.operation(&template));
        let subject =
            Checked { verifier: self, exchange, head, operation, between, reserved, sent: AtomicU32::new(0) };
        verdict.outcome = match sent {
            Some(sent) => confirm::judge(&subject, sent, self.pause).await,
            None => match subject.read(Way::Translated).await {
                Ok(read) => confirm::judge(&subject, read, self.pause).await,
                Err(failure) => Outcome::Failed(failure),
            },
        };
        verdict.requests = subject.sent.load(Relaxed);
        verdict
    }
}

fn refused(code: &'static str) -> Verdict {
    let outcome = Outcome::Failed(Failure::Refused(code));
    Verdict { operation: None, pin: None, upstream: None, outcome, requests: 0 }
}

/// One `GET` under verification.
struct Checked<'c> {
    verifier: &'c Verifier,
    exchange: Exchange<'c>,
    head: &'c Head,
    operation: Option<OperationId>,
    /// The client's version and the upstream's.
    between: (Version, Version),
    /// The rate limit that requests are counted against.
    reserved: Option<&'c Reserved>,
    sent: AtomicU32,
}

impl Subject for Checked<'_> {
    async fn read(&self, way: Way) -> Result<Read, Failure> {
        let _request = match self.reserved {
            Some(reserved) => Some(reserved.take().ok_or(Failure::RateLimit)?),
            None => None,
        };
        self.sent.fetch_add(1, Relaxed);
        self.verifier.paths.read(&self.exchange, self.head, way).await
    }

    async fn compare(&self, native: Read, translated: Read) -> Result<Comparison, Failure> {
        let (comparing, operation) = (Arc::clone(&self.verifier.comparing), self.operation);
        let (client, upstream) = self.between;
        // Long documents would keep a thread from those that serve clients.
        let compared = tokio::task::spawn_blocking(move || {
            comparing.compare(operation, client, upstream, &native.body, &translated.body)
        });
        compared.await.map_err(|_| Failure::Comparison)?
    }
}

impl Comparing {
    fn compare(
        &self,
        operation: Option<OperationId>,
        client: Version,
        upstream: Version,
        native: &[u8],
        translated: &[u8],
    ) -> Result<Comparison, Failure> {
        let text = |body, way| str::from_utf8(body).map_err(|_| Failure::NotJson(way));
        let (native, translated) = (text(native, Way::Native)?, text(translated, Way::Translated)?);
        let Some(operation) = operation else {
            let read = |text, way| serde_json::from_str(text).map_err(|_| Failure::NotJson(way));
            let (native, translated) = (read(native, Way::Native)?, read(translated, Way::Translated)?);
            return Ok(compare::documents(&native, &translated, &self.ignored));
        };
        let compared =
            self.translations.against_native(operation, client, upstream, native, translated, &self.ignored);
        compared.map_err(Failure::from)
    }
}
