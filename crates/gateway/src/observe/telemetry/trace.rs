//! The trace of one request: whether it is recorded, and when its phases were over.

use super::{
    Exporter, Facts, SpanDefaults,
    context::{self, Context},
    spans::Finished,
};
use crate::config::{self, Propagate, Sample};
use dateline_http::fields::{TRACEPARENT, TRACESTATE};
use http::{HeaderMap, Version, request};
use opentelemetry::{SpanId, TraceId};
use std::{
    sync::Arc,
    time::{Instant, SystemTime},
};

/// The tracing settings for new requests.
#[derive(Debug)]
pub(crate) struct Tracing {
    /// The exporter, or `None` if telemetry is off.
    exporter: Option<Arc<Exporter>>,
    sample: Sample,
    propagate: Propagate,
    defaults: Arc<SpanDefaults>,
}

/// The trace that a request belongs to.
#[derive(Debug, Default)]
pub(crate) struct Trace {
    /// The trace id, if the client sent one or the request is recorded. Bytes, since they take no more room in a record
    /// than they have.
    id: Option<[u8; 16]>,
    /// The times of the phases, if the request is recorded or its context is passed on.
    marks: Option<Box<Marks>>,
}

/// The times at which the phases of a recorded request ended.
#[derive(Debug)]
pub(super) struct Marks {
    /// True if the request is recorded.
    sampled: bool,
    /// The context that goes up in place of the client's.
    up: Option<Context>,
    pub(super) trace: TraceId,
    /// The client's span.
    pub(super) parent: Option<SpanId>,
    /// The span of the request, and the one of what the upstream is asked.
    pub(super) own: SpanId,
    pub(super) upstream: SpanId,
    pub(super) wall: SystemTime,
    pub(super) begun: Instant,
    pub(super) decided: Option<Instant>,
    pub(super) sent: Option<Instant>,
    pub(super) responded: Option<Instant>,
    pub(super) version: Version,
    pub(super) defaults: Arc<SpanDefaults>,
    pub(super) exporter: Arc<Exporter>,
}

impl Tracing {
    pub(crate) fn new(
        exporter: Option<Arc<Exporter>>,
        config: &config::Telemetry,
        defaults: SpanDefaults,
    ) -> Self {
        let config::Telemetry { sample, propagate, .. } = *config;
        Tracing { exporter, sample, propagate, defaults: Arc::new(defaults) }
    }

    /// The trace of a request that begins now. A client's decision to record its trace, or not to, holds for our part
    /// of it.
    pub(crate) fn begin(&self, head: &request::Parts) -> Trace {
        let parent = Context::of(&head.headers);
        let Some(exporter) = &self.exporter else {
            return Trace { id: parent.map(|parent| parent.trace.to_bytes()), marks: None };
        };
        let trace = parent.map_or_else(context::trace_id, |parent| parent.trace);
        let sampled = parent.map_or_else(|| self.sample.takes(trace.to_bytes()), |parent| parent.sampled);
        let tells = match (self.propagate, parent) {
            (Propagate::Never, _) | (Propagate::Continue, None) => false,
            // What is not recorded here has the client's span above it.
            (Propagate::Continue | Propagate::Always, Some(_)) => sampled,
            (Propagate::Always, None) => true,
        };
        let id = (sampled || parent.is_some()).then_some(trace.to_bytes());
        if !sampled && !tells {
            return Trace { id, marks: None };
        }
        let upstream = context::span_id();
        let marks = Marks {
            sampled,
            up: tells.then_some(Context { trace, span: upstream, sampled }),
            trace,
            parent: parent.map(|parent| parent.span),
            own: context::span_id(),
            upstream,
            wall: SystemTime::now(),
            begun: Instant::now(),
            decided: None,
            sent: None,
            responded: None,
            version: head.version,
            defaults: Arc::clone(&self.defaults),
            exporter: Arc::clone(exporter),
        };
        Trace { id, marks: Some(Box::new(marks)) }
    }
}

impl Trace {
    /// Returns the trace id, if anyone else knows it.
    pub(crate) fn id(&self) -> Option<TraceId> {
        self.id.map(TraceId::from_bytes)
    }

    /// Pin, operation and plan are known.
    pub(crate) fn decided(&mut self) {
        if let Some(marks) = &mut self.marks {
            marks.decided = Some(Instant::now());
        }
    }

    /// The request is ready for the upstream.
    pub(crate) fn sending(&mut self) {
        if let Some(marks) = &mut self.marks {
            marks.sent = Some(Instant::now());
        }
    }

    /// The head of the upstream's answer is there, or never will be.
    pub(crate) fn responded(&mut self) {
        if let Some(marks) = &mut self.marks {
            marks.responded = Some(Instant::now());
        }
    }

    /// Makes our span the parent of the upstream's, if the upstream may know it. A `tracestate` stays with the context
    /// that it came with.
    pub(crate) fn tell(&self, headers: &mut HeaderMap) {
        let Some(marks) = &self.marks else { return };
        if let Some(value) = marks.up.and_then(Context::value) {
            headers.insert(TRACEPARENT, value);
            if marks.parent.is_none() {
                headers.remove(TRACESTATE);
            }
        }
    }

    /// Hands the request over, where it is recorded; `facts` are asked for only then.
    pub(crate) fn finish(&mut self, facts: impl FnOnce() -> Facts) {
        if let Some(marks) = self.marks.take().filter(|marks| marks.sampled) {
            let exporter = Arc::clone(&marks.exporter);
            exporter.take(Box::new(Finished { marks, ended: Instant::now(), facts: facts() }));
        }
    }
}
