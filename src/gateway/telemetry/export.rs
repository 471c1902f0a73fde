//! Recorded requests on their way to the collector: through a bounded queue to a thread of its own, with a runtime of
//! its own, so that nothing that happens there is felt where requests are served.

use super::{TelemetryError, connect, spans::Finished};
use crate::config::Telemetry;
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_otlp::SpanExporter;
use opentelemetry_sdk::{Resource, trace::SpanExporter as _};
use std::{
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
        mpsc as blocking,
    },
    thread,
    time::Duration,
};
use tokio::{
    sync::{Notify, mpsc, watch},
    time::{sleep, timeout},
};

/// Requests that wait: half a second of ten thousand a second, some 4 MiB.
const WAITING: usize = 8192;

/// Requests that are sent at once, with up to five spans each: about half a megabyte, of the four that collectors take.
const BATCH: usize = 256;

/// The time in which spans gather for one batch, unless the queue is half full before.
const GATHER: Duration = Duration::from_secs(1);

/// The longest wait for the collector when the gateway ends.
const FLUSH: Duration = Duration::from_secs(3);

/// The queue and the thread that send recorded requests to the collector.
#[derive(Debug)]
pub(crate) struct Exporter {
    queue: mpsc::Sender<Box<Finished>>,
    shared: Arc<Shared>,
    /// Closed when the thread has ended.
    ended: watch::Receiver<()>,
}

#[derive(Debug, Default)]
struct Shared {
    exported: AtomicU64,
    dropped: AtomicU64,
    half_full: Notify,
    ending: Notify,
}

impl Exporter {
    /// Starts the thread.
    ///
    /// # Errors
    /// Where what the configuration says cannot be used. That nobody is there is no error: the log tells it.
    pub(crate) fn start(config: &Telemetry, endpoint: &str) -> Result<Arc<Self>, TelemetryError> {
        let (queue, waiting) = mpsc::channel(WAITING);
        let (end, ended) = watch::channel(());
        let (say, built) = blocking::sync_channel(1);
        let shared = Arc::new(Shared::default());
        let (its_shared, config, endpoint) = (Arc::clone(&shared), config.clone(), endpoint.to_owned());
        let run = move || {
            let _end = end;
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let runtime = match runtime {
                Ok(runtime) => runtime,
                Err(error) => return drop(say.send(Err(TelemetryError::Thread(error)))),
            };
            runtime.block_on(async {
                match connect::exporter(&config, &endpoint) {
                    Ok(mut exporter) => {
                        exporter.set_resource(&resource(&config.service_name));
                        let _ = say.send(Ok(()));
                        Export::new(exporter, its_shared).run(waiting).await;
                    }
                    Err(error) => drop(say.send(Err(error))),
                }
            });
            // What still resolves a name is not waited for.
            runtime.shutdown_background();
        };
        thread::Builder::new().name("traces".to_owned()).spawn(run).map_err(TelemetryError::Thread)?;
        built.recv().unwrap_or_else(|_| Err(TelemetryError::Endpoint("its thread has ended".to_owned())))?;
        Ok(Arc::new(Exporter { queue, shared, ended }))
    }

    /// Takes a request that is over, or drops it where too many wait: nobody waits here.
    pub(super) fn take(&self, finished: Box<Finished>) {
        if let Err(full) = self.queue.try_send(finished) {
            self.shared.count_dropped(full.into_inner().count());
        }
        if self.queue.capacity() < WAITING / 2 {
            self.shared.half_full.notify_one();
        }
    }

    /// Spans that the collector has taken, and spans that were dropped before.
    pub(crate) fn counts(&self) -> (u64, u64) {
        (self.shared.exported.load(Relaxed), self.shared.dropped.load(Relaxed))
    }

    /// Sends what waits, for at most [`FLUSH`] and a bit, and ends.
    pub(crate) async fn end(&self) {
        self.shared.ending.notify_one();
        let mut ended = self.ended.clone();
        // An error is the end.
        let _ = timeout(FLUSH + Duration::from_secs(1), ended.changed()).await;
    }
}

impl Shared {
    fn count_dropped(&self, spans: usize) {
        self.dropped.fetch_add(spans as u64, Relaxed);
    }
}

/// Returns the OpenTelemetry resource: the service that these spans belong to.
fn resource(service_name: &str) -> Resource {
    // OTEL_RESOURCE_ATTRIBUTES is read there.
    let version = KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
    Resource::builder().with_service_name(service_name.to_owned()).with_attribute(version).build()
}

/// The thread's own.
struct Export {
    exporter: SpanExporter,
    scope: InstrumentationScope,
    shared: Arc<Shared>,
    /// The number of dropped spans at the last look, and whether the current loss was reported.
    dropped: u64,
    told: bool,
}

impl Export {
    fn new(exporter: SpanExporter, shared: Arc<Shared>) -> Self {
        let scope = InstrumentationScope::builder("dateline").with_version(env!("CARGO_PKG_VERSION")).build();
        Export { exporter, scope, shared, dropped: 0, told: false }
    }

    async fn run(mut self, mut waiting: mpsc::Receiver<Box<Finished>>) {
        let shared = Arc::clone(&self.shared);
        let mut ending = pin!(shared.ending.notified());
        let mut over = false;
        while !(over || waiting.is_closed() && waiting.is_empty()) {
            over = tokio::select! {
                () = sleep(GATHER) => false,
                () = shared.half_full.notified() => false,
                () = &mut ending => true,
            };
            let mut drained = pin!(self.drain(&mut waiting));
            if !over {
                over = tokio::select! {
                    () = &mut drained => continue,
                    () = &mut ending => true,
                };
            }
            // A batch that is under way then is counted when it is dropped.
            let _ = timeout(FLUSH, drained).await;
        }
        waiting.close();
        while let Ok(finished) = waiting.try_recv() {
            self.shared.count_dropped(finished.count());
        }
        self.tell(None);
    }

    /// Sends what waits.
    async fn drain(&mut self, waiting: &mut mpsc::Receiver<Box<Finished>>) {
        loop {
            let mut spans = Vec::new();
            for _ in 0..BATCH {
                let Ok(finished) = waiting.try_recv() else { break };
                spans.extend(finished.spans(&self.scope));
            }
            if spans.is_empty() {
                return self.tell(None);
            }
            let batch = Batch { left: spans.len(), shared: Arc::clone(&self.shared) };
            let sent = timeout(connect::EXPORT, self.exporter.export(spans)).await;
            match sent {
                Ok(Ok(())) => {
                    batch.sent();
                    self.tell(None);
                }
                Ok(Err(error)) => {
                    drop(batch);
                    self.tell(Some(error.to_string()));
                }
                Err(_) => {
                    drop(batch);
                    self.tell(Some(format!("no answer within {} s", connect::EXPORT.as_secs())));
                }
            }
        }
    }

    /// Says once that spans are dropped, and once that they are not any more.
    fn tell(&mut self, error: Option<String>) {
        let dropped = self.shared.dropped.load(Relaxed);
        let lost = dropped > self.dropped;
        self.dropped = dropped;
        if lost && !self.told {
            self.told = true;
            let error = error.as_deref().unwrap_or("more come than the collector takes");
            tracing::warn!(error, "traces do not get to the collector: they are dropped while that is so");
        } else if !lost && self.told && error.is_none() {
            self.told = false;
            tracing::info!(dropped, "traces get to the collector again");
        }
    }
}

/// Spans under way: those that nobody took are counted, whatever ended it.
struct Batch {
    left: usize,
    shared: Arc<Shared>,
}

impl Batch {
    fn sent(mut self) {
        self.shared.exported.fetch_add(self.left as u64, Relaxed);
        self.left = 0;
    }
}

impl Drop for Batch {
    fn drop(&mut self) {
        self.shared.count_dropped(self.left);
    }
}
