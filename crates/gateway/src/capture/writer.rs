//! The thread that redacts and writes.

use super::{CaptureError, Settings};
use crate::{
    base::redact::Redaction,
    base::worker::{Inbox, Next, Worker},
    capture::format::{Body, Exchange, Folder, FolderError, Kept},
    observe::stats::{CaptureCounts, NotCaptured},
    proxy::coding::{Codings, decoded},
};
use bytes::Bytes;
use dateline_core::translate::{self, Media};
use std::{
    fmt,
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

/// Exchanges that wait for the thread, at most.
const QUEUE: usize = 256;

/// The pause before another attempt on a folder that cannot be used.
const TRY_AGAIN: Duration = Duration::from_secs(5);

/// An exchange to be kept.
pub(super) struct Job {
    /// The exchange without its bodies.
    pub(super) exchange: Exchange,
    pub(super) request: Text,
    pub(super) answer: Text,
    pub(super) decoded_ratio: u64,
    /// The credentials of the request, which are never written.
    pub(super) credentials: Vec<String>,
    pub(super) settings: Arc<Settings>,
}

/// A body as it came.
pub(super) struct Text {
    pub(super) body: Bytes,
    pub(super) media: Option<Media>,
    /// The content codings, or `None` if there is one that cannot be decoded.
    pub(super) codings: Option<Codings>,
    /// The most bytes of the decoded body.
    pub(super) limit: u64,
}

/// The thread. It ends with the last of these.
#[derive(Clone)]
pub(super) struct CaptureWriter(Arc<Worker<Box<Job>>>);

impl CaptureWriter {
    pub(super) fn start(folder: PathBuf, counts: Arc<CaptureCounts>) -> Result<Self, CaptureError> {
        let redaction = Redaction::new(Default::default())?;
        let mut state = WriterState {
            path: folder,
            folder: None,
            tried: None,
            problem: None,
            full: false,
            behind: 0,
            redaction,
            counts,
        };
        let worker = Worker::start("recording", QUEUE, move |mut jobs: Inbox<Box<Job>>| {
            while let Next::Item(job) = jobs.next(None) {
                state.keep(*job);
            }
        })?;
        Ok(CaptureWriter(Arc::new(worker)))
    }

    /// Queues a job, and tells whether there was room for it.
    pub(super) fn take(&self, job: Job) -> bool {
        self.0.offer(Box::new(job)).is_ok()
    }

    /// Waits until everything that was taken is done. Returns whether it was in time.
    pub(super) async fn finish(&self, deadline: Duration) -> bool {
        self.0.flush(deadline).await
    }
}

impl fmt::Debug for CaptureWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CaptureWriter").finish_non_exhaustive()
    }
}

/// The state of the writing thread.
struct WriterState {
    path: PathBuf,
    folder: Option<Folder>,
    /// The time at which the folder could last not be used.
    tried: Option<Instant>,
    /// The problem that was reported.
    problem: Option<String>,
    /// True once it was reported that the folder is full.
    full: bool,
    /// The number of jobs without room in the queue, at the last look.
    behind: u64,
    redaction: Redaction,
    counts: Arc<CaptureCounts>,
}

impl WriterState {
    fn keep(&mut self, job: Job) {
        self.tell_behind();
        let Job { mut exchange, request, answer, decoded_ratio, credentials, settings } = job;
        let bodies = (request.read(decoded_ratio), answer.read(decoded_ratio));
        let (Some(request), Some(answer)) = bodies else { return self.counts.miss(NotCaptured::Unfit) };
        (exchange.request, exchange.answer) = (request, answer);
        if matches!(exchange.answer, Body::Form(_)) {
            return self.counts.miss(NotCaptured::Unfit);
        }
        self.redaction.set_paths(&settings.redact);
        let Ok(text) = exchange.redacted(&self.redaction, &credentials) else {
            return self.counts.miss(NotCaptured::Unfit);
        };
        let kept = self.open().and_then(|folder| Ok(folder.keep(&exchange, &text, settings.bounds)?));
        match kept {
            Ok(Kept::As(_)) => {
                self.counts.keep();
                self.full = false;
                if self.problem.take().is_some() {
                    tracing::info!(target: "dateline::gateway::recorder", folder = %self.path.display(), "exchanges are recorded again");
                }
            }
            Ok(Kept::Full) => {
                self.counts.miss(NotCaptured::Full);
                if !std::mem::replace(&mut self.full, true) {
                    let size = self.folder.as_ref().map(Folder::size);
                    let (exchanges, bytes) = size.unwrap_or_default();
                    tracing::info!(target: "dateline::gateway::recorder",
                        folder = %self.path.display(), exchanges, bytes,
                        "the recording is full: only what it has less of is still taken in"
                    );
                }
            }
            Err(problem) => self.failed(&problem),
        }
    }

    /// The folder, opened where it is not, or not there any more.
    fn open(&mut self) -> Result<&mut Folder, FolderError> {
        let in_use = self.folder.take().filter(Folder::is_in_place);
        let folder = match in_use {
            Some(folder) => folder,
            None if self.tried.is_some_and(|tried| tried.elapsed() < TRY_AGAIN) => {
                return Err(FolderError::Held);
            }
            None => Folder::open(&self.path)?,
        };
        self.tried = None;
        Ok(self.folder.insert(folder))
    }

    fn failed(&mut self, problem: &FolderError) {
        self.counts.miss(NotCaptured::Disk);
        self.folder = None;
        if self.tried.is_some_and(|tried| tried.elapsed() < TRY_AGAIN) {
            return;
        }
        self.tried = Some(Instant::now());
        let text = problem.to_string();
        // Once for each thing that is wrong.
        if self.problem.as_ref() != Some(&text) {
            tracing::error!(target: "dateline::gateway::recorder", folder = %self.path.display(), error = text, "exchanges are not recorded until the folder can be used");
            self.problem = Some(text);
        }
    }

    fn tell_behind(&mut self) {
        let behind = self.counts.dropped(NotCaptured::Behind);
        if self.behind == 0 && behind > 0 {
            tracing::warn!(target: "dateline::gateway::recorder",
                dropped = behind,
                "exchanges come faster than they can be recorded: some are not; `record.sample` takes fewer"
            );
        }
        self.behind = behind;
    }
}

impl Text {
    /// The body as what its head says it is, or nothing if it is something else.
    fn read(self, ratio: u64) -> Option<Body> {
        if self.body.is_empty() {
            return Some(Body::Empty);
        }
        let (media, codings) = (self.media?, self.codings?);
        let body = match codings.is_plain() {
            true => self.body,
            false => decoded(self.body, codings, ratio, self.limit)?,
        };
        if body.is_empty() {
            return Some(Body::Empty);
        }
        let text = |text: &[u8]| str::from_utf8(text).ok().map(str::to_owned);
        match (translate::as_json(media, &body), media) {
            // Whatever it is labelled as: one that is none is not written.
            (Some(json), _) => text(&json).map(Body::Json),
            (None, Media::Form) => text(&body).map(Body::Form),
            (None, _) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::format::Bounds;
    use std::sync::mpsc;

    const LONG: Duration = Duration::from_secs(30);

    fn job(media: Option<Media>, body: &'static str) -> Job {
        let text = |body: &'static str| Text {
            body: Bytes::from_static(body.as_bytes()),
            media,
            codings: Some(Codings::default()),
            limit: 100,
        };
        Job {
            exchange: Exchange {
                day: "2026-11-24".parse().unwrap(),
                client: "a".into(),
                pin: None,
                pin_source: "default".into(),
                upstream: None,
                operation: "GET /plans".into(),
                method: "GET".into(),
                path: "/".into(),
                query: None,
                request_fields: Vec::new(),
                request: Body::Empty,
                status: 200,
                answer_fields: Vec::new(),
                answer: Body::Empty,
            },
            request: text(""),
            answer: text(body),
            decoded_ratio: 100,
            credentials: Vec::new(),
            settings: Arc::new(Settings {
                redact: Default::default(),
                bounds: Bounds { exchanges: 9, bytes: 9000 },
            }),
        }
    }

    #[tokio::test]
    async fn row_14_2c_a_recording_that_cannot_be_written_holds_no_end_up() {
        let (open, gate) = mpsc::channel::<()>();
        // The thread hangs in the disk.
        let worker = Worker::start("recording", 1, move |mut jobs: Inbox<Box<Job>>| {
            let _ = gate.recv();
            while let Next::Item(_) = jobs.next(None) {}
        });
        let writer = CaptureWriter(Arc::new(worker.unwrap()));
        assert!(writer.take(job(None, "")));
        assert!(!writer.take(job(None, "")), "a full queue takes no more, and no request waits for it");
        assert!(!writer.finish(Duration::from_millis(1)).await, "the end is given up");
        drop(open);
        assert!(writer.finish(LONG).await);
    }

    #[tokio::test]
    async fn what_is_no_document_is_counted_and_a_folder_that_goes_is_made_again() {
        let temporary = tempfile::tempdir().unwrap();
        let (path, counts) = (temporary.path().join("r"), Arc::new(CaptureCounts::default()));
        let writer = CaptureWriter::start(path.clone(), Arc::clone(&counts)).unwrap();
        for (media, body) in [
            (None, "x"),
            (Some(Media::Json), "{"),
            (Some(Media::Form), "a=1"),
            (Some(Media::Json), "{}"),
            (None, ""),
        ] {
            assert!(writer.take(job(media, body)));
        }
        assert!(writer.finish(LONG).await);
        assert_eq!((counts.kept(), counts.dropped(NotCaptured::Unfit)), (2, 3));
        std::fs::remove_dir_all(&path).unwrap();
        assert!(writer.take(job(None, "")));
        assert!(writer.finish(LONG).await);
        assert_eq!((counts.kept(), counts.dropped(NotCaptured::Disk)), (3, 0));
        assert!(path.join("get-plans-000001.json").exists());
    }
}
