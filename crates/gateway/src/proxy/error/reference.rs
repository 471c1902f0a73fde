//! The reference of errors, `docs/errors.md`: every `error.type`, with the statuses and outcomes that it really has.

use super::*;
use crate::base::generated::is_generated;
use dateline_core::{
    json::{Fault as JsonFault, FaultKind},
    step::Losses,
    translate::{Malformed, NoPatch, Untranslatable},
};
use dateline_http::{
    exchange::{
        Absence, Half, HeadError, MissingOperation, NoOperation, OpaqueUpstream, Retired, StatedVersion,
        UnsaidChange, WouldLose,
    },
    pin::{PinError, Source},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
};

const FILE: &str = "docs/errors.md";

const HEAD: &str = r#"# Errors

Generated from the code by `UPDATE=1 cargo test --lib error_reference`; a test compares it. Do not edit.

An error of Dateline's own is JSON:

```json
{"error":{"type":"ambiguous_path","message":"…","request_id":"…"}}
```

`message` says whose fault it is and what to do. It never repeats what a client sent. With a template, a pack can give these errors the shape
of its API's own errors ([`[errors]` in api.toml](../transforms/README.md#apitoml)). Then the type is where the template has `{type}`. The
built-in pack has no template, since Whop's errors have the shape above.

Each such response also has `Dateline-Outcome`, `X-Request-Id` and `Cache-Control: no-store`. The
[access log](access-log.md) has the type in `error`, and `dateline_errors_total` counts it.

## Outcomes

`Dateline-Outcome` says what the upstream can have done with the request. The access log says the same in `outcome`.

| outcome | the upstream | what a client may do |
|---|---|---|
| `not_sent` | has seen nothing of it | send it again |
| `unknown` | may have carried it out: Dateline has sent at least a part of it, and no response came | look up what became of it, or send it again with the same `Idempotency-Key` |
| `responded` | has answered, and the client cannot have that response. The message names the upstream's status and request id | look up what became of it. Send a write again only with its `Idempotency-Key` |

An error without `Dateline-Outcome` is the upstream's own, or one that the HTTP library sends itself, because it cannot parse the head
([requests.md](requests.md#what-the-http-library-answers)).
"#;

/// The one who can do something about an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fault {
    Client,
    Upstream,
    Gateway,
}

impl Fault {
    const ALL: [(Fault, &str, &str); 3] = [
        (
            Fault::Client,
            "The request",
            "The request itself is the reason for the error. The client has to change it. If the status is marked with *, Dateline \
             closes an HTTP/1 connection behind the response, since nobody can say for certain where the next request begins.",
        ),
        (
            Fault::Upstream,
            "The upstream",
            "The upstream could not be reached, did not answer, or answered with something that the client cannot have. Once \
             its status line has come, the outcome is `responded`.",
        ),
        (Fault::Gateway, "The gateway", "The gateway is overloaded, configured wrongly, or failed itself."),
    ];
}

/// The meaning of an `error.type`: the type, whose fault it is, when it happens, and what to do.
type Meaning = (&'static str, Fault, &'static str, &'static str);

const MEANINGS: &[Meaning] = &[
    (
        "unsupported_api_version",
        Fault::Client,
        "What stands at the version's place (a header, the path, the query, or a media type, as the pack says) is not a version of the pack.",
        "Send one of the versions that the message lists.",
    ),
    (
        "version_retired",
        Fault::Client,
        "The version's sunset has come, and the configuration refuses it from then on ([retiring.md](retiring.md)).",
        "Move to a version that the message lists.",
    ),
    (
        "change_untranslatable",
        Fault::Client,
        "A change that no translation can make lies between the client's version and the upstream's, says the pack (`[[unsaid]]`), and the upstream does not serve the client's version (`upstream.serves`).",
        "Do what the message says, or move to the version that it names.",
    ),
    (
        "duplicate_header",
        Fault::Client,
        "A field that decides something occurs twice: the version header, `Authorization`, `Idempotency-Key`, `Content-Type` (row 19), or over HTTP/2 `Content-Length`, even with the same value (row 3).",
        "Send it once.",
    ),
    (
        "operation_gone",
        Fault::Client,
        "The operation is gone at the upstream's version, or at the client's ([more](../transforms/README.md#operations-that-move)).",
        "Do what the message says. Operators: serve the client's version natively with `upstream.serves`.",
    ),
    (
        "operation_not_yet",
        Fault::Client,
        "The operation came with a version that the client, or the upstream, does not speak yet.",
        "Move to that version; or wait for the upstream.",
    ),
    (
        "operation_moved",
        Fault::Client,
        "The client's version has no operation with this method and path, and the upstream's version has one.",
        "Use the address that the message names.",
    ),
    (
        "operation_unclear",
        Fault::Client,
        "Several operations have this method and path, and the body says which one is meant: it is none that the client's version has for one of them, or it makes the request another operation at the upstream's version.",
        "Send exactly the body that the operation takes.",
    ),
    (
        "ambiguous_version",
        Fault::Client,
        "The request says its version twice and not the same, in two of the places that the pack names or in two media types; or its query parameter is there twice or in another spelling.",
        "Say one version.",
    ),
    (
        "nominated_header",
        Fault::Client,
        "`Connection` names a field that the upstream must see: `Authorization`, `Idempotency-Key`, the version header, `Content-*`, or a condition such as `If-Match` (row 14).",
        "Take it out of `Connection`.",
    ),
    (
        "ambiguous_header",
        Fault::Client,
        "A field has the name of one of those but with underscores, such as `Content_Length` (row 18). `x_custom` passes.",
        "Write the name with hyphens.",
    ),
    (
        "ambiguous_framing",
        Fault::Client,
        "`Transfer-Encoding` is something other than one `chunked` (row 2).",
        "Send a `Content-Length`, or chunks alone.",
    ),
    (
        "ambiguous_method",
        Fault::Client,
        "`X-HTTP-Method-Override`, a relative of it, or `_method` asks for another method, and the two are translated differently ([when](requests.md#another-method), row 1g).",
        "Send the request with that method.",
    ),
    (
        "ambiguous_path",
        Fault::Client,
        "Another server could read the path as another operation ([when](laws.md#which-operation-a-path-is), row 20), or the upstream's version has another operation at it.",
        "Send it without `//`, dot segments, `\\`, `%2F` and the like.",
    ),
    (
        "invalid_host",
        Fault::Client,
        "The request names no host, two hosts, or a host with user information or an escape in it (row 15).",
        "Name one host.",
    ),
    (
        "invalid_target",
        Fault::Client,
        "The target is `*`, has a scheme other than http and https (row 16), or over HTTP/2 begins with `?` or `#` (row 1j).",
        "Send the path of an operation.",
    ),
    (
        "method_not_allowed",
        Fault::Client,
        "The method is `CONNECT` (row 16); or it is `HEAD`, and the upstream's version asks the operation with another method than `GET`.",
        "Send requests to the gateway, not through it; or send `GET`.",
    ),
    (
        "expectation_failed",
        Fault::Client,
        "`Expect` is something other than `100-continue` (row 12).",
        "Leave the field out.",
    ),
    (
        "bad_body",
        Fault::Client,
        "The body ended early, or its chunks are malformed (row 6).",
        "Send it again, whole.",
    ),
    (
        "request_timeout",
        Fault::Client,
        "The body stopped arriving (`timeouts.request_body_idle`, `timeouts.request_body`).",
        "Send it without pauses.",
    ),
    (
        "request_too_large",
        Fault::Client,
        "A body that has to be read whole is over `limits.request_bytes`, or decodes to more than `limits.max_decompression_ratio` times its size.",
        "Send less at once.",
    ),
    ("uri_too_long", Fault::Client, "Path and query are over `limits.uri_bytes`.", "Send less in them."),
    ("too_many_headers", Fault::Client, "There are more header fields than `limits.headers`.", "Send fewer."),
    (
        "unsupported_content_encoding",
        Fault::Client,
        "The body has to be translated, and its coding is not gzip, br or zstd.",
        "Send it in one of these, or plain.",
    ),
    (
        "unsupported_media_type",
        Fault::Client,
        "The body has to be translated, and it is neither JSON nor labelled as a form or a patch ([which are read](requests.md#which-bodies-are-read), row 1c).",
        "Send JSON.",
    ),
    (
        "unexpected_shape",
        Fault::Client,
        "The body is a list or a single value where the pack has an object, or the reverse; or a list has several values, or none, where the upstream's version takes one.",
        "Send the shape that the API documents.",
    ),
    ("json_invalid", Fault::Client, "The body has to be translated and is not valid JSON.", "Mend the body."),
    ("json_depth", Fault::Client, "The JSON is nested more than 64 levels deep.", "Send it flatter."),
    (
        "duplicate_key",
        Fault::Client,
        "A key that the translation needs occurs twice in one object.",
        "Send it once.",
    ),
    ("form_invalid", Fault::Client, "The form is not UTF-8 text.", "Send UTF-8."),
    (
        "form_unsupported",
        Fault::Client,
        "The body is a form, and the translation would put null or something empty there, which a form cannot say.",
        "Send JSON.",
    ),
    (
        "multipart_invalid",
        Fault::Client,
        "Two servers could read the multipart form in two ways.",
        "Mend what the message names.",
    ),
    (
        "patch_invalid",
        Fault::Client,
        "The body is labelled as a JSON Patch and is none.",
        "Mend what the message names.",
    ),
    (
        "patch_unsupported",
        Fault::Client,
        "The JSON Patch changes a field that the translation does more to than rename.",
        "Send the fields as JSON.",
    ),
    (
        "translation_would_lose",
        Fault::Client,
        "The client has `losses = \"refuse\"`, and the translation would lose a value: in the request or in any response to a write (`not_sent`), or in the response to a read (`responded`). [refusing.md](refusing.md)",
        "Leave the value out, or speak the upstream's version.",
    ),
    (
        "upstream_unreachable",
        Fault::Upstream,
        "The upstream's name, connection or TLS failed, or the proxy on the way to it.",
        "Send it again later.",
    ),
    (
        "upstream_failed",
        Fault::Upstream,
        "The upstream closed the connection before it answered (`unknown`), or switched protocols unasked (`responded`).",
        "Act by the outcome.",
    ),
    (
        "upstream_timeout",
        Fault::Upstream,
        "The upstream did not begin to answer within `timeouts.response_header` (`unknown`), or paused for longer than `timeouts.response_body_idle` in its response (`responded`).",
        "Act by the outcome.",
    ),
    (
        "upstream_truncated",
        Fault::Upstream,
        "The response ended before it was whole (row 35).",
        "Act by the outcome.",
    ),
    (
        "upstream_framing",
        Fault::Upstream,
        "The response does not say clearly where it ends: a length beside chunks, an unknown transfer coding, a framing field that cannot be read (rows 36 and 1f).",
        "Act by the outcome.",
    ),
    (
        "upstream_head",
        Fault::Upstream,
        "The head of the response is over `limits.response_headers` or `limits.response_head_bytes`, or a field in it that matters cannot be read ([which](upstream.md#the-head-of-a-response), row 1f).",
        "Act by the outcome.",
    ),
    (
        "upstream_version",
        Fault::Upstream,
        "The response says a version that it cannot be translated from ([when](upstream.md#the-version-of-a-response), row 1h).",
        "Act by the outcome. Operators: `upstream.version`, `upstream.other_version`.",
    ),
    (
        "response_untranslatable",
        Fault::Upstream,
        "The response is not what the pack describes: not valid JSON, in a coding that is unknown or broken, a part (`206`) that nobody asked for (rows 43 and 44).",
        "Act by the outcome. Operators: `cause` in the log names step and path.",
    ),
    (
        "response_too_large",
        Fault::Upstream,
        "One object in the response is over `limits.object_bytes`, or a response that must be whole is over its limit, or it decodes to more than `limits.max_decompression_ratio` times its size.",
        "Ask for less at once.",
    ),
    (
        "overloaded",
        Fault::Gateway,
        "A limit on concurrent work is reached: `limits.max_concurrent_requests`, `limits.connections` or `limits.memory_bytes`. `503` with `Retry-After` before anything was sent; `502` if there is no room for the response, since a `503` would invite clients to repeat a request that ran.",
        "Wait, then send it again if the outcome is `not_sent`.",
    ),
    (
        "loop_detected",
        Fault::Gateway,
        "The request came back: `upstream.url` leads to this gateway itself ([more](upstream.md#an-upstream-that-is-the-gateway-itself)).",
        "Operators: set `upstream.url` to the API.",
    ),
    (
        "internal_error",
        Fault::Gateway,
        "The gateway failed. This is a bug.",
        "Act by the outcome, and report the request id.",
    ),
];

/// Lists the variants of an enum, and names the variant of a value: a variant that is forgotten here does not compile.
macro_rules! variants {
    ($names:ident, $name:ident, $enum:ident: $($variant:ident)*) => {
        const $names: &[&str] = &[$(stringify!($variant)),*];

        fn $name(value: &$enum) -> &'static str {
            match value {
                $($enum::$variant { .. } => stringify!($variant),)*
            }
        }
    };
}

variants!(ERRORS, error_name, Error:
    Refused RequestInflated RequestStalled Unreachable UpstreamFailed UpstreamTimeout ResponseStalled ResponseInflated
    ResponseUndecodable ResponseMisframed ResponseHead Answered UriTooLong TooManyFields Looped Busy Overloaded);
variants!(REFUSALS, refusal_name, Refusal:
    Pin Head Retired Unsaid Opaque Missing NoOperation NoHead Target Tunnel RequestTooLarge RequestCoding RequestCoded RequestUntranslatable RequestBody ResponseTruncated
    ResponseTooLarge ResponseCoding ResponseUntranslatable WouldLose UnexpectedPart OtherVersion UnexpectedUpgrade Internal);
variants!(HEADS, head_name, HeadError: Framing Host Repeated ConnectionOption Underscore Expectation Path Method);
variants!(PINS, pin_name, PinError: Unsupported Opaque Repeated RepeatedParameter Contradiction);
variants!(BODIES, body_name, Untranslatable:
    Json Misplaced Several Unmovable NoMessage Media FormNotText FormNotTranslatable Multipart JsonPart Patch PatchNotTranslatable);

/// One of each pin error.
fn pins() -> Vec<PinError> {
    let header = || "Api-Version-Date".to_owned();
    vec![
        PinError::Unsupported { said: header(), supported: Vec::new() },
        PinError::Opaque { version: "2025-01-01".parse().unwrap(), supported: Vec::new() },
        PinError::Repeated { header: header() },
        PinError::RepeatedParameter { name: "api-version".to_owned() },
        PinError::Contradiction { first: header(), other: header() },
    ]
}

/// One of each error of a head.
fn heads() -> Vec<HeadError> {
    let name = || header::CONTENT_TYPE;
    vec![
        HeadError::Framing,
        HeadError::Host,
        HeadError::Repeated(name()),
        HeadError::ConnectionOption(name()),
        HeadError::Underscore(name()),
        HeadError::Expectation,
        HeadError::Path,
        HeadError::Method,
    ]
}

/// One of each reason why a body cannot be translated. A request is read under another limit than that of one object.
fn bodies() -> Vec<Untranslatable> {
    let json = |kind| Untranslatable::Json(JsonFault { offset: 0, kind });
    vec![
        json(FaultKind::Truncated),
        json(FaultKind::TooDeep),
        json(FaultKind::Repeated("id".to_owned())),
        Untranslatable::Misplaced(Losses::default()),
        Untranslatable::Several(Losses::default()),
        Untranslatable::Unmovable(Losses::default()),
        Untranslatable::NoMessage("it is no object"),
        Untranslatable::Media,
        Untranslatable::FormNotText,
        Untranslatable::FormNotTranslatable,
        Untranslatable::Multipart(Malformed::Parts),
        Untranslatable::JsonPart,
        Untranslatable::Patch(NoPatch::List),
        Untranslatable::PatchNotTranslatable,
    ]
}

/// A refusal of one half of an exchange.
fn would_lose(half: Half) -> WouldLose {
    let version = |text: &str| text.parse().unwrap();
    let (pin, upstream) = (version("2025-01-01"), version("2026-07-01"));
    WouldLose {
        half,
        losses: Losses::default(),
        pin,
        upstream,
        instead: "Api-Version-Date: 2026-07-01".to_owned(),
    }
}

/// A change that no step says.
fn unsaid() -> UnsaidChange {
    let WouldLose { pin, upstream, .. } = would_lose(Half::Request);
    UnsaidChange {
        version: upstream,
        name: String::new(),
        why: String::new(),
        instead: None,
        concerns: String::new(),
        pin,
        is_older: true,
        upstream,
    }
}

/// One of each operation that a version does not have.
fn missing() -> [MissingOperation; 3] {
    let WouldLose { pin, upstream, .. } = would_lose(Half::Request);
    let absences = [
        Absence::Gone { since: upstream, instead: String::new() },
        Absence::NotYet { since: upstream },
        Absence::Elsewhere { address: String::new() },
    ];
    absences.map(|absence| MissingOperation {
        name: String::new(),
        address: String::new(),
        absence,
        version: upstream,
        pin,
    })
}

/// One of each error that a client can get, with every outcome that it can have.
fn errors() -> Vec<Error> {
    let text = String::new;
    let retired =
        Retired { pin: "2025-01-01".parse().unwrap(), since: "2027-06-01".parse().unwrap(), page: None };
    let mut errors = vec![
        Refusal::Retired { retired, said_by: Source::Default, place: text(), supported: Vec::new() }.into(),
        Refusal::Unsaid(Box::new(unsaid())).into(),
        Refusal::Opaque(Box::new(OpaqueUpstream { pin: unsaid().pin, upstream: unsaid().upstream })).into(),
        Refusal::NoHead.into(),
        Refusal::Target.into(),
        Refusal::Tunnel.into(),
        Refusal::RequestTooLarge { limit: 0 }.into(),
        Refusal::RequestCoding.into(),
        Refusal::RequestCoded.into(),
        Error::RequestInflated { ratio: 0 },
        Refusal::RequestBody { cause: text(), outcome: Outcome::NotSent }.into(),
        Refusal::RequestBody { cause: text(), outcome: Outcome::Unknown }.into(),
        Error::RequestStalled { outcome: Outcome::NotSent },
        Error::RequestStalled { outcome: Outcome::Unknown },
        Error::Unreachable(text()),
        Error::UpstreamFailed(text()),
        Error::UpstreamTimeout,
        Error::ResponseStalled,
        Refusal::ResponseTruncated(text()).into(),
        Refusal::ResponseTooLarge { limit: 0 }.into(),
        Refusal::ResponseCoding.into(),
        Error::ResponseInflated { ratio: 0 },
        Error::ResponseUndecodable(text()),
        Refusal::ResponseUntranslatable(Untranslatable::Media).into(),
        Refusal::UnexpectedPart.into(),
        Error::ResponseMisframed(text()),
        Error::ResponseHead(text()),
        Refusal::OtherVersion(StatedVersion::Unclear(None)).into(),
        Refusal::UnexpectedUpgrade.into(),
        Error::UriTooLong { limit: 0 },
        Error::TooManyFields { limit: 0 },
        Error::Looped,
        Error::Busy,
        Error::Overloaded { cause: text(), outcome: Outcome::NotSent },
        Error::Overloaded { cause: text(), outcome: Outcome::Responded },
        Refusal::Internal(text()).into(),
        Error::from(Refusal::Internal(text())).after(StatusCode::OK, &HeaderMap::new()),
    ];
    errors.extend(pins().into_iter().map(|error| Refusal::Pin(error).into()));
    errors.extend(heads().into_iter().map(|error| Refusal::Head(error).into()));
    errors.extend(bodies().into_iter().map(|error| Refusal::RequestUntranslatable(error).into()));
    errors.extend(missing().map(|operation| Refusal::Missing(Box::new(operation)).into()));
    let version = would_lose(Half::Request).pin;
    let none = NoOperation { address: String::new(), version, taken_for: None };
    errors.push(Refusal::NoOperation(Box::new(none)).into());
    let halves = [Half::Request, Half::AnyAnswer, Half::Answer];
    errors.extend(halves.map(|half| Refusal::WouldLose(Box::new(would_lose(half))).into()));
    errors
}

/// The statuses and outcomes of each type, as the page has them.
fn facts() -> BTreeMap<&'static str, (Vec<String>, Vec<String>)> {
    let mut facts: BTreeMap<_, (Vec<String>, Vec<String>)> = BTreeMap::new();
    for error in errors() {
        let closes = if error.closes() { "*" } else { "" };
        let (statuses, outcomes) = facts.entry(error.code()).or_default();
        for (all, one) in [
            (statuses, format!("{}{closes}", error.status().as_u16())),
            (outcomes, format!("`{}`", error.outcome().as_str())),
        ] {
            if !all.contains(&one) {
                all.push(one);
            }
        }
    }
    facts
}

fn render() -> String {
    let facts = facts();
    let mut text = HEAD.to_owned();
    for (fault, title, words) in Fault::ALL {
        write!(text, "\n## {title}\n\n{words}\n\n| type | status | outcome | when | what to do |\n|---|---|---|---|---|\n").unwrap();
        for (code, _, when, advice) in MEANINGS.iter().filter(|meaning| meaning.1 == fault) {
            let (statuses, outcomes) = &facts[code];
            let (statuses, outcomes) = (statuses.join(", "), outcomes.join(", "));
            writeln!(text, "| `{code}` | {statuses} | {outcomes} | {when} | {advice} |").unwrap();
        }
    }
    text
}

#[test]
fn error_reference_has_every_error_and_no_other() {
    fn seen<E>(all: &[E], name: fn(&E) -> &'static str) -> BTreeSet<&'static str> {
        all.iter().map(name).collect()
    }
    assert_eq!(seen(&errors(), error_name), ERRORS.iter().copied().collect());
    let refusals = errors().into_iter().filter_map(|error| match error {
        Error::Refused(refusal) => Some(refusal),
        _ => None,
    });
    assert_eq!(seen(&refusals.collect::<Vec<_>>(), refusal_name), REFUSALS.iter().copied().collect());
    assert_eq!(seen(&heads(), head_name), HEADS.iter().copied().collect());
    assert_eq!(seen(&pins(), pin_name), PINS.iter().copied().collect());
    assert_eq!(seen(&bodies(), body_name), BODIES.iter().copied().collect());
    let explained: BTreeSet<&str> = MEANINGS.iter().map(|(code, ..)| *code).collect();
    assert_eq!(explained.len(), MEANINGS.len(), "a type is explained twice");
    assert_eq!(facts().into_keys().collect::<BTreeSet<_>>(), explained);
}

#[test]
fn error_reference_is_that_of_the_code() {
    is_generated(FILE, &render(), "error_reference");
}
