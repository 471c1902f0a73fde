//! Every metric: its name, its type, its labels, what it means. `docs/metrics.md` is made from this.

use prometheus::proto::MetricType;

/// The type of a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Only grows, from 0 at the start of the process.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Counters of observations by size, with their sum.
    Histogram,
}

impl Kind {
    pub(super) fn as_proto(self) -> MetricType {
        match self {
            Kind::Counter => MetricType::COUNTER,
            Kind::Gauge => MetricType::GAUGE,
            Kind::Histogram => MetricType::HISTOGRAM,
        }
    }
}

/// A metric.
#[derive(Debug)]
pub(super) struct Definition {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    /// The unit: what is counted or measured, in the plural.
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "names say it to Prometheus; the documentation has it")
    )]
    pub(super) unit: &'static str,
    /// The labels in the order in which they are written.
    pub(super) labels: &'static [&'static str],
    /// One or two sentences, without a stop at the end.
    pub(super) help: &'static str,
}

/// The values of each label, for the documentation.
#[cfg(test)]
pub(super) const LABELS: &[(&str, &str)] = &[
    (
        "operation",
        "the template of an operation of the pack, such as `GET /plans/{id}`; `other` for every path that the pack does not name",
    ),
    (
        "pin",
        "what the client speaks: a version of the pack; `unknown` for any version that the pack does not have (`pins.unknown = \"pass\"`); `upstream` if the upstream decides (`pins.default = \"upstream\"`); `none` if the request was refused before that was known",
    ),
    (
        "pin_source",
        "where the pin comes from: `header`, `path`, `query` or `media_type` of the request, `client` (the configuration), `default`; `none` if it is not known",
    ),
    (
        "upstream_version",
        "the version that the upstream was asked for, with the values of `pin`; `none` if it was sent no version",
    ),
    ("client", "the name of a configured `[[client]]`; `unnamed` for everybody else"),
    (
        "status",
        "the status that the client got; an unregistered code by its class, such as `2xx`; `none` if the client left before its response",
    ),
    ("body", "`request` or `response`"),
    (
        "field",
        "a field of the pack, such as `volume_usd.settled`, as the version that has it names it; see docs/losses.md for the step that loses it. A path, such as `$.data[*]`, is a place where no object stands that could be translated",
    ),
    ("module", "the version whose change loses the field: the module of the pack that has the step"),
    ("change", "that change, as the pack calls it: the title of a section of docs/losses.md"),
    ("kind", "`made-up`, `dropped`, `unconverted` or `unsaid`: see docs/losses.md"),
    ("type", "the `error.type` that the client and the access log see: see docs/errors.md"),
    (
        "outcome",
        "what the upstream can have done: `not_sent`, `unknown`, `responded`, as in `Dateline-Outcome`",
    ),
    (
        "how",
        "`answered`: over `limits.connections`, every request gets a `503`; `closed`: far over it, closed without a response",
    ),
    (
        "result",
        "of a reload: `success` or `failure`; of a check: `agreed`, `differed`, `unsettled` (the data was moving) or `failed` (there was nothing to judge by): see docs/verify.md; of a response in another version: `translated` (from the version that it said), `passed` or `refused` (`upstream.other_version`)",
    ),
    (
        "reason",
        "of a check: `budget`: `verify.requests_per_minute` is used up; `busy`: `verify.concurrency` checks run; `backoff`: the upstream has asked to be left alone, or fails; `too_large`: the response is over `verify.body_bytes`, or memory is short; `other_version`: the response was in another version than was asked for. Of a recording: `full`: the folder is; `behind`: the disk is slower than requests come; `disk`: it could not be written; `incomplete`: a body was cut short, or over its limit; `unfit`: a body is neither JSON nor a form",
    ),
    ("version", "the version of Dateline"),
    (
        "commit",
        "the first 12 digits of the commit, with `-modified` behind them if the sources were not the commit's; or `unknown`",
    ),
    ("date", "the commit's day in UTC, or `unknown`; see docs/release.md"),
    ("pack", "the pack's name"),
    ("digest", "a digest of the pack's files, as the log shows it at a reload"),
    ("newest", "the pack's newest version"),
];

const fn counter(
    name: &'static str,
    unit: &'static str,
    labels: &'static [&'static str],
    help: &'static str,
) -> Definition {
    Definition { name, kind: Kind::Counter, unit, labels, help }
}

const fn gauge(
    name: &'static str,
    unit: &'static str,
    labels: &'static [&'static str],
    help: &'static str,
) -> Definition {
    Definition { name, kind: Kind::Gauge, unit, labels, help }
}

const fn histogram(name: &'static str, labels: &'static [&'static str], help: &'static str) -> Definition {
    Definition { name, kind: Kind::Histogram, unit: "seconds", labels, help }
}

/// Names metrics, and lists them all in the order in which they are written.
macro_rules! definitions {
    ($($name:ident = $definition:expr;)*) => {
        $(pub(super) const $name: Definition = $definition;)*
        pub(super) const ALL: &[&Definition] = &[$(&$name),*];
    };
}

definitions! {
    REQUESTS = counter(
        "dateline_requests_total",
        "requests",
        &["operation", "pin", "pin_source", "upstream_version", "client", "status"],
        "Finished requests, whatever their end",
    );
    REQUEST_SECONDS = histogram(
        "dateline_request_seconds",
        &["operation"],
        "Time from the head of a request to the end of its response, as fast as the client read it",
    );
    UPSTREAM_SECONDS = histogram(
        "dateline_upstream_seconds",
        &["operation"],
        "Time from when a request was ready to be sent to the head of the upstream's response, or to its failure; connecting and the client's sending are included",
    );
    UPSTREAM_TOTAL_SECONDS = histogram(
        "dateline_upstream_total_seconds",
        &["operation"],
        "Time from when a request was ready to be sent to the last byte of the upstream's response; a response without an end is not observed, and a slow client is included",
    );
    REQUEST_BYTES = counter(
        "dateline_request_bytes_total",
        "bytes",
        &["operation"],
        "Bytes of request bodies, as clients sent them",
    );
    RESPONSE_BYTES = counter(
        "dateline_response_bytes_total",
        "bytes",
        &["operation"],
        "Bytes of response bodies, as clients got them",
    );
    TRANSLATE_SECONDS = histogram(
        "dateline_translate_seconds",
        &["operation", "body"],
        "Processor time of translating one body; a passthrough is not observed",
    );
    TRANSLATE_BYTES = counter(
        "dateline_translate_bytes_total",
        "bytes",
        &["operation", "body"],
        "Bytes of bodies that were translated, before the translation and decoded",
    );
    LOSSES = counter(
        "dateline_losses_total",
        "values",
        &["operation", "pin", "client", "module", "change", "field", "kind"],
        "Values that translations could not keep, counted in each object",
    );
    ERRORS = counter(
        "dateline_errors_total",
        "requests",
        &["type", "outcome"],
        "Requests that Dateline answered with an error of its own, or whose response it broke off",
    );
    UNTRANSLATED = counter(
        "dateline_untranslated_requests_total",
        "requests",
        &[],
        "Requests whose body did not fit its plan and went up as it came (requests.untranslatable)",
    );
    IN_FLIGHT = gauge(
        "dateline_in_flight",
        "requests",
        &[],
        "Requests under way; limits.max_concurrent_requests bounds them",
    );
    CONNECTIONS = gauge(
        "dateline_connections",
        "connections",
        &[],
        "Open client connections; limits.connections bounds them",
    );
    CONNECTIONS_ACCEPTED = counter(
        "dateline_connections_accepted_total",
        "connections",
        &[],
        "Client connections that were accepted, refused ones included",
    );
    CONNECTIONS_REFUSED = counter(
        "dateline_connections_refused_total",
        "connections",
        &["how"],
        "Client connections over the limit",
    );
    POOL_IDLE = gauge(
        "dateline_pool_idle_connections",
        "connections",
        &[],
        "Idle connections to the upstream; limits.upstream_idle_connections bounds them",
    );
    POOL_OPENED = counter("dateline_pool_opened_total", "connections", &[], "Connections to the upstream that were made");
    POOL_FAILED = counter(
        "dateline_pool_failed_total",
        "connections",
        &[],
        "Connections to the upstream that could not be made",
    );
    POOL_REUSED = counter(
        "dateline_pool_reused_total",
        "requests",
        &[],
        "Requests on a connection to the upstream that had been used before",
    );
    POOL_RETRIED = counter(
        "dateline_pool_retried_total",
        "requests",
        &[],
        "Requests that moved to another connection, since the upstream had closed theirs before a byte was written",
    );
    OTHER_VERSIONS = counter(
        "dateline_other_version_answers_total",
        "responses",
        &["result"],
        "Responses that said another version than the upstream was asked for",
    );
    FIELDS_LEFT_OUT = counter(
        "dateline_response_fields_left_out_total",
        "fields",
        &[],
        "Header fields of the upstream's responses that could not be read and were left out",
    );
    MEMORY_KEPT = gauge(
        "dateline_memory_kept_bytes",
        "bytes",
        &[],
        "Bytes of bodies in memory, in blocks of 16 KiB, without small ones; plus 8 KiB for each client connection, 16 KiB more inside TLS, 40 KiB more over HTTP/2",
    );
    MEMORY_LIMIT = gauge(
        "dateline_memory_limit_bytes",
        "bytes",
        &[],
        "The limit of dateline_memory_kept_bytes: limits.memory_bytes",
    );
    UNNAMED_CLIENTS = gauge(
        "dateline_unnamed_clients",
        "clients",
        &[],
        "Clients without a configured name that the admin page has; 1,000 at most",
    );
    SERIES = gauge(
        "dateline_series",
        "series",
        &[],
        "Combinations of client, operation, pin and status that are counted; 20,000 at most, and one more for each client",
    );
    UNUSED_OPERATIONS = gauge(
        "dateline_unasked_operations",
        "operations",
        &[],
        "Operations of the pack that nobody has asked for since the start; 0 until a request of no operation of the pack was answered with success",
    );
    RELOADS = counter(
        "dateline_reloads_total",
        "reloads",
        &["result"],
        "Attempts to reload configuration and pack; a failure leaves both as they were",
    );
    RELOAD_SUCCESSFUL = gauge(
        "dateline_reload_last_successful",
        "boolean",
        &[],
        "1 if the last reload succeeded, or there was none; 0 if it failed",
    );
    RELOAD_TIMESTAMP = gauge(
        "dateline_reload_success_timestamp_seconds",
        "seconds",
        &[],
        "Time since when configuration and pack are in force, as Unix time",
    );
    CERTIFICATE_EXPIRY = gauge(
        "dateline_certificate_expiry_timestamp_seconds",
        "seconds",
        &[],
        "Time when the first certificate in listen.tls_cert expires, as Unix time; absent without TLS",
    );
    USAGE_UP = gauge(
        "dateline_usage_up",
        "boolean",
        &[],
        "1 if usage.file can be written; 0 if counts wait in memory for it; absent without usage.file",
    );
    USAGE_UNWRITTEN = gauge(
        "dateline_usage_unwritten_rows",
        "rows",
        &[],
        "Counts by client, version, operation and day that are not in usage.file yet; absent without it",
    );
    LOG_DROPPED = counter(
        "dateline_log_lines_dropped_total",
        "lines",
        &[],
        "Log lines that were not read in time, or could not be written; the log says how many once there is room again",
    );
    SPANS_EXPORTED = counter(
        "dateline_spans_exported_total",
        "spans",
        &[],
        "Spans that the collector has accepted; 0 without telemetry.otlp_endpoint",
    );
    SPANS_DROPPED = counter(
        "dateline_spans_dropped_total",
        "spans",
        &[],
        "Spans that did not reach the collector: it did not answer, refused them, or was too slow",
    );
    VERIFY = counter(
        "dateline_verify_total",
        "checks",
        &["operation", "pin", "upstream_version", "result"],
        "Responses that clients had got and that were compared with the upstream's native one, at the client's version",
    );
    VERIFY_SKIPPED = counter(
        "dateline_verify_skipped_total",
        "checks",
        &["reason"],
        "Responses that verify.sample selected and that were not verified",
    );
    VERIFY_REQUESTS = counter(
        "dateline_verify_upstream_requests_total",
        "requests",
        &[],
        "Requests that verification sent to the upstream; no other count of requests has them",
    );
    VERIFY_UNWRITTEN = counter(
        "dateline_verify_lines_dropped_total",
        "lines",
        &[],
        "Lines that could not be written to verify.file in time; the log has what they said",
    );
    RECORDED = counter(
        "dateline_recorded_exchanges_total",
        "exchanges",
        &[],
        "Exchanges that were kept as files; 0 without record.folder",
    );
    NOT_RECORDED = counter(
        "dateline_unrecorded_exchanges_total",
        "exchanges",
        &["reason"],
        "Exchanges that were selected for recording and not kept",
    );
    BUILD_INFO = gauge(
        "dateline_build_info",
        "constant",
        &["version", "commit", "date"],
        "Always 1; the labels say what the program was built from, as `dateline --version` does",
    );
    PACK_INFO = gauge(
        "dateline_pack_info",
        "constant",
        &["pack", "digest", "newest"],
        "Always 1; the labels name the pack that is in force",
    );
    RESIDENT = gauge(
        "process_resident_memory_bytes",
        "bytes",
        &[],
        "Resident memory of the process; absent if the system does not say it",
    );
    START = gauge("process_start_time_seconds", "seconds", &[], "Time when the process began to count, as Unix time");
}
