//! OpenTelemetry spans of a finished request.
//!
//! Names are those of the semantic conventions for HTTP; our own begin with `dateline.`. Attributes that may hold a
//! secret are left out although the conventions ask for them: path, query, and all header values.

use super::{context::span_id, trace::Marks};
use crate::observe::stats::Translation;
use dateline_core::{Version, step::Losses};
use dateline_http::{
    origin::Origin,
    outcome::Outcome,
    pin::{Pinned, Source},
};
use http::StatusCode;
use opentelemetry::{
    InstrumentationScope, KeyValue, SpanId, TraceFlags, Value,
    trace::{SpanContext, SpanKind, Status, TraceState},
};
use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanLinks};
use std::{
    sync::Arc,
    time::{Instant, SystemTime},
};

/// The values that are the same for all requests.
#[derive(Debug)]
pub(crate) struct SpanDefaults {
    /// The scheme of the listener.
    scheme: &'static str,
    /// The path that precedes the templates of operations.
    base_path: String,
    upstream: Origin,
}

impl SpanDefaults {
    pub(crate) fn new(tls: bool, base_path: &str, upstream: Origin) -> Self {
        SpanDefaults { scheme: if tls { "https" } else { "http" }, base_path: base_path.to_owned(), upstream }
    }
}

/// A recorded request that is over.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(super) marks: Box<Marks>,
    pub(super) ended: Instant,
    pub(super) facts: Facts,
}

/// The facts that the log's event has as well.
#[derive(Debug)]
pub(crate) struct Facts {
    pub(crate) method: &'static str,
    pub(crate) operation: Option<Arc<str>>,
    pub(crate) pinned: Option<(Pinned, Source, Version)>,
    pub(crate) client: Option<String>,
    pub(crate) steps: usize,
    pub(crate) response: Option<&'static str>,
    pub(crate) losses: Losses,
    pub(crate) status: Option<StatusCode>,
    pub(crate) upstream_status: Option<StatusCode>,
    pub(crate) request_bytes: u64,
    pub(crate) response_bytes: u64,
    pub(crate) outcome: Outcome,
    pub(crate) error: Option<(&'static str, Option<String>)>,
    pub(crate) broken_off: bool,
    pub(crate) complete: bool,
    pub(crate) request_translation: Option<Translation>,
    pub(crate) response_translation: Option<Translation>,
}

impl Finished {
    /// Returns the number of spans of the request.
    pub(super) fn count(&self) -> usize {
        let phases = [
            self.marks.decided.is_some(),
            self.marks.sent.is_some(),
            self.facts.request_translation.is_some(),
            self.facts.response_translation.is_some(),
        ];
        1 + phases.into_iter().filter(|phase| *phase).count()
    }

    /// The span of the request, and those of its phases below it.
    pub(super) fn spans(self, scope: &InstrumentationScope) -> Vec<SpanData> {
        let Finished { marks, ended, facts } = &self;
        let mut spans = Vec::with_capacity(5);
        let at = |time: Option<Instant>| marks.at(time.unwrap_or(*ended));
        let mut add = |kind, name: String, id, (start, end), (attributes, status)| {
            let parent = if id == marks.own { marks.parent } else { Some(marks.own) };
            spans.push(SpanData {
                span_context: SpanContext::new(marks.trace, id, TraceFlags::SAMPLED, false, TraceState::NONE),
                parent_span_id: parent.unwrap_or(SpanId::INVALID),
                parent_span_is_remote: id == marks.own && marks.parent.is_some(),
                span_kind: kind,
                name: name.into(),
                start_time: start,
                end_time: end,
                attributes,
                dropped_attributes_count: 0,
                events: SpanEvents::default(),
                links: SpanLinks::default(),
                status,
                instrumentation_scope: scope.clone(),
            });
        };
        let whole = (at(Some(marks.begun)), at(None));
        add(SpanKind::Server, facts.name(&marks.defaults), marks.own, whole, facts.server(marks));
        if let Some(decided) = marks.decided {
            let time = (whole.0, at(Some(decided)));
            add(SpanKind::Internal, "decide".to_owned(), span_id(), time, (Vec::new(), Status::Unset));
        }
        if let Some(translation) = &facts.request_translation {
            let (time, about) = ((at(marks.decided), at(marks.sent)), translated(translation));
            add(SpanKind::Internal, "translate request".to_owned(), span_id(), time, about);
        }
        if marks.sent.is_some() {
            let time = (at(marks.sent), at(marks.responded));
            add(SpanKind::Client, facts.method.to_owned(), marks.upstream, time, facts.client(marks));
        }
        if let Some(translation) = &facts.response_translation {
            let (time, about) = ((at(marks.responded), at(None)), translated(translation));
            add(SpanKind::Internal, "translate response".to_owned(), span_id(), time, about);
        }
        spans
    }
}

impl Marks {
    /// Converts a time of the monotonic clock to one of the wall clock.
    fn at(&self, time: Instant) -> SystemTime {
        self.wall + time.saturating_duration_since(self.begun)
    }
}

fn translated(translation: &Translation) -> (Vec<KeyValue>, Status) {
    let micros = i64::try_from(translation.time().as_micros()).unwrap_or(i64::MAX);
    let attributes = vec![
        KeyValue::new("dateline.translation.bytes", size(translation.bytes)),
        KeyValue::new("dateline.translation.cpu_us", micros),
    ];
    (attributes, Status::Unset)
}

fn size(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

impl Facts {
    fn route(&self, defaults: &SpanDefaults) -> Option<String> {
        let (_, path) = self.operation.as_deref()?.split_once(' ')?;
        Some(format!("{}{path}", defaults.base_path))
    }

    /// Names the span by the semantic conventions: method and route, or the method alone.
    fn name(&self, defaults: &SpanDefaults) -> String {
        match self.route(defaults) {
            Some(route) => format!("{} {route}", self.method()),
            None => self.method().to_owned(),
        }
    }

    /// A method that is not known is `HTTP` in a name, and `_OTHER` as a value.
    fn method(&self) -> &'static str {
        if self.method == "other" { "HTTP" } else { self.method }
    }

    fn common(&self) -> Vec<KeyValue> {
        let method = if self.method == "other" { "_OTHER" } else { self.method };
        let mut attributes = Vec::with_capacity(20);
        attributes.push(KeyValue::new("http.request.method", method));
        if let Some((pinned, _, upstream)) = self.pinned {
            let version = match pinned {
                Pinned::Known(_) => Some(upstream),
                Pinned::Unknown(_) | Pinned::Upstream => None,
            };
            put(&mut attributes, "dateline.upstream_version", version.map(|version| version.to_string()));
        }
        attributes
    }

    fn server(&self, marks: &Marks) -> (Vec<KeyValue>, Status) {
        let mut attributes = self.common();
        let put = |attributes: &mut Vec<KeyValue>, name, value: Option<Value>| put(attributes, name, value);
        let add = &mut attributes;
        add.push(KeyValue::new("url.scheme", marks.defaults.scheme));
        add.push(KeyValue::new(
            "network.protocol.version",
            match marks.version {
                http::Version::HTTP_10 => "1.0",
                http::Version::HTTP_2 => "2",
                _ => "1.1",
            },
        ));
        put(add, "http.route", self.route(&marks.defaults).map(Value::from));
        put(add, "http.response.status_code", self.status.map(code));
        add.push(KeyValue::new("http.request.body.size", size(self.request_bytes)));
        add.push(KeyValue::new("http.response.body.size", size(self.response_bytes)));
        let operation =
            self.operation.as_ref().map_or(Value::from("other"), |text| Value::from(Arc::clone(text)));
        add.push(KeyValue::new("dateline.operation", operation));
        if let Some((pinned, source, _)) = self.pinned {
            add.push(KeyValue::new(
                "dateline.pin",
                match pinned {
                    Pinned::Known(version) => Value::from(version.to_string()),
                    // The client chose this method freely.
                    Pinned::Unknown(_) => Value::from("unknown"),
                    Pinned::Upstream => Value::from("upstream"),
                },
            ));
            add.push(KeyValue::new("dateline.pin_source", source.as_str()));
        }
        put(add, "dateline.client", self.client.clone().map(Value::from));
        add.push(KeyValue::new("dateline.steps", i64::try_from(self.steps).unwrap_or(i64::MAX)));
        put(add, "dateline.response", self.response.map(Value::from));
        let losses = (!self.losses.is_empty()).then(|| Value::from(self.losses.to_string()));
        put(add, "dateline.losses", losses);
        add.push(KeyValue::new("dateline.outcome", self.outcome.as_str()));
        add.push(KeyValue::new("dateline.complete", self.complete));
        let failed = self.status.is_some_and(|status| status.is_server_error());
        match &self.error {
            Some((name, cause)) => {
                add.push(KeyValue::new("error.type", *name));
                let status = match failed || self.broken_off {
                    true => Status::error(cause.clone().unwrap_or_default()),
                    // The client's own mistake is none of the server's.
                    false => Status::Unset,
                };
                (attributes, status)
            }
            None if failed => {
                put(add, "error.type", self.status.map(|status| Value::from(status.as_str().to_owned())));
                (attributes, Status::error(""))
            }
            None => (attributes, Status::Unset),
        }
    }

    fn client(&self, marks: &Marks) -> (Vec<KeyValue>, Status) {
        let mut attributes = self.common();
        let upstream = &marks.defaults.upstream;
        attributes.push(KeyValue::new("server.address", upstream.host().to_owned()));
        attributes.push(KeyValue::new("server.port", i64::from(upstream.port())));
        attributes.push(KeyValue::new("url.scheme", upstream.scheme()));
        let answered = self.outcome == Outcome::Responded;
        let status = self.upstream_status.or(self.status).filter(|_| answered);
        put(&mut attributes, "http.response.status_code", status.map(code));
        let failure = match (status, &self.error) {
            (Some(status), _) if status.as_u16() >= 400 => Some((status.as_str().to_owned(), None)),
            (None, Some((name, cause))) => Some(((*name).to_owned(), cause.clone())),
            (None, None) => Some(("_OTHER".to_owned(), None)),
            (Some(_), _) => None,
        };
        match failure {
            Some((name, cause)) => {
                attributes.push(KeyValue::new("error.type", name));
                (attributes, Status::error(cause.unwrap_or_default()))
            }
            None => (attributes, Status::Unset),
        }
    }
}

fn code(status: StatusCode) -> Value {
    Value::from(i64::from(status.as_u16()))
}

fn put(attributes: &mut Vec<KeyValue>, name: &'static str, value: Option<impl Into<Value>>) {
    attributes.extend(value.map(|value| KeyValue::new(name, value)));
}
