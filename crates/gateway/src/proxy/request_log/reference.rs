//! The reference of the access log, `docs/access-log.md`: the fields that an event really has, in order, each explained.

use super::*;
use crate::base::{generated::is_generated, lifecycle::Lifecycle};
use std::sync::{Arc, Mutex};
use tracing::{Event, Metadata, Subscriber, span};

const FILE: &str = "docs/access-log.md";

const HEAD: &str = "\
# The access log

Generated from the code by `UPDATE=1 cargo test --lib access_log`; a test compares it. Do not edit.

Dateline writes one event for each request, when its response is finished or broken off. Its target is `dateline::request`.
In JSON (`log.format = \"json\"`, or a standard output that is no terminal) it is one line, which also has `timestamp`,
`level` and `target`. [operations.md](operations.md#read-the-log) has an example, what the levels mean, and how to find one
client's requests.

A field that has nothing to say is left out. No field ever holds a header value (except the request id), a query, a body
or a key.

| field | is there if | says |
|---|---|---|
";

/// A field of the event, when it is there, and what it says.
type Field = (&'static str, &'static str, &'static str);

/// The fields in the order in which they are written.
const FIELDS: &[Field] = &[
    ("method", ALWAYS, "The request's method; `other` for one that HTTP's registry does not have."),
    (
        "operation",
        ALWAYS,
        "The template of the pack's operation, such as `GET /plans/{id}`; `other` for a path that the pack does not name.",
    ),
    (
        "pin",
        "the version is known",
        "The version that the client speaks. A name that does not fit the pack's scheme is not logged.",
    ),
    ("pin_known", "the version is known", "`false` if the pack does not have that version (`pins.unknown`)."),
    (
        "pin_source",
        "the version is known",
        "Where the pin comes from: `header`, `path`, `query` or `media_type` of the request, `client` (the configuration) or `default`.",
    ),
    ("upstream_version", "the version is known", "The version that the upstream was asked for."),
    (
        "client",
        "the request has a credential, or is a configured client's",
        "The name of a `[[client]]`, or `key-` and twelve digits: a keyed hash of the credential. The admin page, `/api/` and `dateline usage` use the same name.",
    ),
    (
        "client_accepted",
        "nothing has shown that the upstream accepts the credential",
        "Always `false`: a new client, or one whose requests all fail. The admin page counts these requests as `anonymous`.",
    ),
    (
        "peer",
        "`log.fields` has `peer`",
        "The client's address. Behind a proxy in `listen.trusted_proxies`, the last address in `X-Forwarded-For` that is not trusted.",
    ),
    (
        "path",
        "`log.fields` has `path`",
        "The path as it was sent, without the query. Keys, credentials and e-mail addresses are replaced by stand-ins.",
    ),
    ("user_agent", "`log.fields` has `user_agent`", "The `User-Agent`, with the same stand-ins."),
    (
        "wanted_version",
        "the error is `unsupported_api_version`",
        "The version that the client asked for, cut to 32 characters; `not a version (… bytes)` if it does not look like one.",
    ),
    ("steps", ALWAYS, "How many steps of the pack the plan has; 0 if nothing is translated."),
    (
        "response",
        "the upstream has answered",
        "What happened to the response's body: `translated`, `passed`, `reworded` (an error in the client's words), `foreign` (not JSON, so not translated) or `head` (the response to `HEAD`).",
    ),
    ("losses", "something was lost", "What the translations lost, as in `Dateline-Loss`."),
    ("status", "the client got a response", "The status that the client got."),
    ("upstream_status", "the client got another one", "The status that the upstream had answered."),
    ("request_bytes", ALWAYS, "Bytes of the request's body, as the client sent it."),
    ("response_bytes", ALWAYS, "Bytes of the response's body that were given to the client's connection."),
    (
        "outcome",
        ALWAYS,
        "What the upstream can have done: `not_sent`, `unknown` or `responded` ([errors.md](errors.md#outcomes)).",
    ),
    (
        "upstream_us",
        "the upstream was asked",
        "Microseconds from when the request was ready to be sent to the head of the upstream's response.",
    ),
    (
        "upstream_total_us",
        "the upstream's last byte came",
        "Microseconds to the last byte of the upstream's response. A client that reads a large response slowly is in it.",
    ),
    (
        "total_us",
        ALWAYS,
        "Microseconds from the request's head to the end of its response. Less `upstream_total_us`, it is about what Dateline took.",
    ),
    ("request_id", ALWAYS, "The id in `X-Request-Id`: the client's own, or a new one."),
    ("trace_id", "the request belongs to a trace", "The id of the trace ([tracing.md](tracing.md))."),
    (
        "error_names",
        "an error of the upstream's was reworded",
        "Which names were replaced, such as `account_id -> company_id` ([error-names.md](error-names.md)).",
    ),
    (
        "answered_version",
        "the upstream answered in another version",
        "The version that the response says, or that it says none of the pack's ([upstream.md](upstream.md#the-version-of-a-response)).",
    ),
    (
        "left_out",
        "header fields of the response could not be read",
        "Names of the fields that were left out, without their values.",
    ),
    (
        "untranslated",
        "the body went up as it came",
        "Why the plan did not fit the request's body (`requests.untranslatable = \"pass\"`).",
    ),
    (
        "unsigned",
        "a body with a digest or a signature was rewritten",
        "Which digests and signatures were left out, since they are no longer true.",
    ),
    (
        "complete",
        ALWAYS,
        "Whether the client's connection was given the whole response. TCP does not tell whether the client read it.",
    ),
    (
        "error",
        "Dateline answered itself, or broke the response off",
        "The `error.type` ([errors.md](errors.md)).",
    ),
    (
        "cause",
        "there is more to say about the error",
        "What an operator needs beyond the type. It never quotes what a client sent.",
    ),
];

const ALWAYS: &str = "always";

/// A subscriber that keeps the names of an event's fields, those that have no value too.
#[derive(Clone, Default)]
struct Names(Arc<Mutex<Vec<&'static str>>>);

impl Subscriber for Names {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &Event<'_>) {
        if event.metadata().target() == TARGET {
            self.0.lock().unwrap().extend(event.metadata().fields().iter().map(|field| field.name()));
        }
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

#[test]
fn access_log_fields_are_all_explained_in_order() {
    let names = Names::default();
    tracing::subscriber::with_default(names.clone(), || {
        let mut log = RequestLog::new("req_1", &Method::GET, Lifecycle::new(9).begin(9), Stats::new());
        log.failed(&Error::Unreachable("refused".to_owned()));
    });
    let explained: Vec<&str> = FIELDS.iter().map(|(name, ..)| *name).collect();
    assert_eq!(*names.0.lock().unwrap(), explained);
}

#[test]
fn access_log_page_is_that_of_the_code() {
    let rows: String = FIELDS
        .iter()
        .map(|(name, there, says)| format!("| `{name}` | {there} | {} |\n", says.replace('|', "\\|")))
        .collect();
    is_generated(FILE, &format!("{HEAD}{rows}"), "access_log");
}
