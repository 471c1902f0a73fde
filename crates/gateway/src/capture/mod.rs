//! Capture: exchanges kept as files, without secrets, for `dateline replay`.
//!
//! A request that is drawn has copies made of its body and of the upstream's answer, as they pass. Once it is over they
//! are put in a bounded queue, or dropped where that is full; a thread of its own redacts and writes them. So a disk that
//! is slow or full costs captures, and no request anything. Off, it is a few comparisons a request.
//!
//! | file | is |
//! |---|---|
//! | `watch` | what is copied of a request while it is under way |
//! | `writer` | the thread that redacts and writes |

pub mod format;

mod watch;
mod writer;

use crate::{
    base::redact::NoRandomness,
    base::{budget::Budget, random::random},
    capture::format::Bounds,
    config::Paths,
    config::{Config, Sample},
    observe::stats::{CaptureCounts, NotCaptured},
    proxy::observer::{Observer, RequestFacts, Watch},
};
use dateline_http::{clock::Clock, exchange::Exchange};
use http::request;
use std::{io, path::PathBuf, sync::Arc, time::Duration};
use watch::CaptureWatch;
use writer::{CaptureWriter, Job};

/// The time that the last captures may delay the end of the process.
const CLOSING: Duration = Duration::from_secs(5);

/// The capture of exchanges: it samples requests and collects the parts to keep.
#[derive(Debug)]
pub(crate) struct Capture {
    folder: PathBuf,
    writer: CaptureWriter,
    sample: Sample,
    settings: Arc<Settings>,
    /// Bytes of a body, as it comes and decoded.
    request_bytes: u64,
    answer_bytes: u64,
    decoded_ratio: u64,
    counts: Arc<CaptureCounts>,
    budget: Arc<Budget>,
    clock: Clock,
}

/// The number of exchanges that were captured since the gateway began.
#[derive(Debug, Clone)]
pub struct CaptureTotals(pub(super) Arc<CaptureCounts>);

impl CaptureTotals {
    /// Returns the number of exchanges that were written to files.
    pub fn kept(&self) -> u64 {
        self.0.kept()
    }

    /// Returns the number of sampled exchanges that were not kept, with the reason for each.
    pub fn dropped(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let dropped = NotCaptured::ALL.map(|why| (why.as_str(), self.0.dropped(why)));
        dropped.into_iter().filter(|(_, count)| *count > 0)
    }
}

/// The settings of a capture.
#[derive(Debug, PartialEq, Eq)]
struct Settings {
    redact: Paths,
    bounds: Bounds,
}

/// An error that prevents capturing.
#[derive(Debug, thiserror::Error)]
pub enum CaptureError {
    /// No thread.
    #[error("the thread that records cannot be started: {0}")]
    Thread(#[from] io::Error),
    /// Values cannot be replaced.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
}

impl Capture {
    /// Creates a capture as configured, or returns `None` if nothing is captured. `before` is the capture in force: if
    /// its folder stays the same, so do its thread and its stand-ins.
    ///
    /// # Errors
    /// [`CaptureError`].
    pub(crate) fn new(
        config: &Config,
        before: Option<&Arc<Capture>>,
        counts: &Arc<CaptureCounts>,
        budget: &Arc<Budget>,
        clock: &Clock,
    ) -> Result<Option<Arc<Self>>, CaptureError> {
        let Some(folder) = config.record.folder.clone() else { return Ok(None) };
        let writer = match before.filter(|before| before.folder == folder) {
            Some(before) => before.writer.clone(),
            None => CaptureWriter::start(folder.clone(), Arc::clone(counts))?,
        };
        let bounds = Bounds { exchanges: config.record.max_exchanges.into(), bytes: config.record.max_bytes };
        Ok(Some(Arc::new(Capture {
            folder,
            writer,
            sample: config.record.sample,
            settings: Arc::new(Settings { redact: config.record.redact.clone(), bounds }),
            request_bytes: config.limits.request_bytes,
            answer_bytes: config.limits.object_bytes,
            decoded_ratio: config.limits.max_decompression_ratio,
            counts: Arc::clone(counts),
            budget: Arc::clone(budget),
            clock: clock.clone(),
        })))
    }

    /// Hands over what is to be kept, where there is room in the queue.
    fn hand_over(&self, job: Job) {
        if !self.writer.take(job) {
            self.counts.miss(NotCaptured::Behind);
        }
    }

    /// Returns when all that was handed over is written, or that takes long.
    pub(crate) async fn end(&self) {
        if !self.writer.finish(CLOSING).await {
            tracing::warn!(target: "dateline::gateway::recorder", "the last recordings could not be written in time: they are lost");
        }
    }
}

impl Observer for Arc<Capture> {
    fn begin(
        &self,
        head: &request::Parts,
        exchange: &Exchange<'_>,
        _request: RequestFacts<'_>,
    ) -> Option<Box<dyn Watch>> {
        // An exchange of no operation of the pack is nothing to replay.
        let operation = exchange.operation?;
        let is_drawn = self.sample.draws(random());
        is_drawn.then(|| Box::new(CaptureWatch::new(Arc::clone(self), operation, head)) as Box<dyn Watch>)
    }
}
