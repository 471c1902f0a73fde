//! Recorded requests on their way to the collector: through a bounded queue to a thread of its own, with a runtime of
//! its own, so that nothing that happens there is felt where requests are served.

use super::{TelemetryError, connect, spans::Finished};
use crate::{
    base::worker::{Inbox, Next, Worker},
    config::Telemetry,
};
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_otlp::SpanExporter;
use opentelemetry_sdk::{Resource, trace::SpanExporter as _};
use std::{
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::{
    runtime::{Builder, Runtime},
    sync::Notify,
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

/// The worker that sends recorded requests to the collector.
#[derive(Debug)]
pub(crate) struct Exporter {
    worker: Worker<Box<Finished>>,
    signals: Arc<Signals>,
}

#[derive(Debug, Default)]
struct Signals {
    exported: AtomicU64,
    half_full: Notify,
    ending: Notify,
}

impl Exporter {
    /// Starts the thread.
    ///
    /// # Errors
    /// An error if the configuration cannot be used. A collector that is not there is no error: the log tells it.
    pub(crate) fn start(config: &Telemetry, endpoint: &str) -> Result<Arc<Self>, TelemetryError> {
        let runtime = Builder::new_current_thread().enable_all().build().map_err(TelemetryError::Thread)?;
        let runtime = OwnRuntime(Some(runtime));
        let mut exporter = {
            let _entered = runtime.0.as_ref().map(Runtime::enter);
            connect::exporter(config, endpoint)?
        };
        exporter.set_resource(&resource(&config.service_name));
        let signals = Arc::new(Signals::default());
        let its_signals = Arc::clone(&signals);
        let worker = Worker::start("traces", WAITING, move |waiting| {
            if let Some(runtime) = &runtime.0 {
                runtime.block_on(Export::new(exporter, waiting, its_signals).run());
            }
        });
        Ok(Arc::new(Exporter { worker: worker.map_err(TelemetryError::Thread)?, signals }))
    }

    /// Takes a request that is over, or drops it where too many wait: nobody waits here.
    pub(super) fn take(&self, finished: Box<Finished>) {
        if let Err(finished) = self.worker.offer(finished) {
            self.worker.load.count_dropped(finished.count() as u64);
        }
        if self.worker.load.queued() > WAITING / 2 {
            self.signals.half_full.notify_one();
        }
    }

    /// Spans that the collector has taken, and spans that were dropped before.
    pub(crate) fn counts(&self) -> (u64, u64) {
        (self.signals.exported.load(Relaxed), self.worker.load.dropped())
    }

    /// Sends what waits, for at most [`FLUSH`] and a bit, and ends.
    pub(crate) async fn end(&self) {
        self.worker.ask_to_end();
        self.signals.ending.notify_one();
        // What is not sent by then is counted as dropped.
        self.worker.end_async(FLUSH + Duration::from_secs(1)).await;
    }
}

/// The thread's runtime. Its end is not waited for: something may still resolve a name.
struct OwnRuntime(Option<Runtime>);

impl Drop for OwnRuntime {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

/// Returns the OpenTelemetry resource: the service that these spans belong to.
fn resource(service_name: &str) -> Resource {
    // OTEL_RESOURCE_ATTRIBUTES is read there.
    let version = KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
    Resource::builder().with_service_name(service_name.to_owned()).with_attribute(version).build()
}

/// The state of the thread.
struct Export {
    exporter: SpanExporter,
    scope: InstrumentationScope,
    waiting: Inbox<Box<Finished>>,
    signals: Arc<Signals>,
    /// The number of dropped spans at the last look, and whether the current loss was reported.
    dropped: u64,
    told: bool,
}

impl Export {
    fn new(exporter: SpanExporter, waiting: Inbox<Box<Finished>>, signals: Arc<Signals>) -> Self {
        let scope = InstrumentationScope::builder("dateline").with_version(env!("CARGO_PKG_VERSION")).build();
        Export { exporter, scope, waiting, signals, dropped: 0, told: false }
    }

    async fn run(mut self) {
        let signals = Arc::clone(&self.signals);
        let mut ending = pin!(signals.ending.notified());
        let mut over = false;
        while !over {
            over = tokio::select! {
                () = sleep(GATHER) => false,
                () = signals.half_full.notified() => false,
                () = &mut ending => true,
            };
            let mut drained = pin!(self.drain());
            if !over {
                let orphaned = tokio::select! {
                    orphaned = &mut drained => orphaned,
                    () = &mut ending => {
                        over = true;
                        false
                    }
                };
                if !over {
                    over = orphaned;
                    continue;
                }
            }
            // A batch that is under way then is counted when it is dropped.
            let _ = timeout(FLUSH, drained).await;
        }
        while let Next::Item(finished) = self.waiting.try_next() {
            self.waiting.load.count_dropped(finished.count() as u64);
        }
        self.tell(None);
    }

    /// Sends what waits. Returns whether nothing will come any more.
    async fn drain(&mut self) -> bool {
        loop {
            let mut spans = Vec::new();
            let mut over = false;
            for _ in 0..BATCH {
                match self.waiting.try_next() {
                    Next::Item(finished) => spans.extend(finished.spans(&self.scope)),
                    Next::Nothing => break,
                    Next::End => {
                        over = true;
                        break;
                    }
                }
            }
            if spans.is_empty() {
                self.tell(None);
                return over;
            }
            let batch = Batch { left: spans.len(), waiting: &self.waiting, signals: &self.signals };
            let sent = timeout(connect::EXPORT, self.exporter.export(spans)).await;
            let error = match sent {
                Ok(Ok(())) => {
                    batch.sent();
                    None
                }
                Ok(Err(error)) => {
                    drop(batch);
                    Some(error.to_string())
                }
                Err(_) => {
                    drop(batch);
                    Some(format!("no response within {} s", connect::EXPORT.as_secs()))
                }
            };
            self.tell(error);
        }
    }

    /// Says once that spans are dropped, and once that they are not any more.
    fn tell(&mut self, error: Option<String>) {
        let dropped = self.waiting.load.dropped();
        let lost = dropped > self.dropped;
        self.dropped = dropped;
        if lost && !self.told {
            self.told = true;
            let error = error.as_deref().unwrap_or("more come than the collector takes");
            tracing::warn!(target: "dateline::gateway::telemetry", error, "traces do not get to the collector: they are dropped while that is so");
        } else if !lost && self.told && error.is_none() {
            self.told = false;
            tracing::info!(target: "dateline::gateway::telemetry", dropped, "traces get to the collector again");
        }
    }
}

/// Spans under way: those that nobody took are counted, whatever ended it.
struct Batch<'e> {
    left: usize,
    waiting: &'e Inbox<Box<Finished>>,
    signals: &'e Signals,
}

impl Batch<'_> {
    fn sent(mut self) {
        self.signals.exported.fetch_add(self.left as u64, Relaxed);
        self.left = 0;
    }
}

impl Drop for Batch<'_> {
    fn drop(&mut self) {
        self.waiting.load.count_dropped(self.left as u64);
    }
}
