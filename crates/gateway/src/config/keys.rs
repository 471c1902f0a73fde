//! Every key of the configuration, said once.
//!
//! The tables below make the structs, their defaults, the reader, the environment variables, the comparison of two
//! generations, `config/dateline.toml`, `docs/configuration.md` and `dateline explain KEY`. A doc comment is the text that
//! operators read: its first paragraph stands in the example file, all of it in the reference.
//!
//! To add a key, write it here and use the field. Then `UPDATE=1 cargo test --lib config` writes the two files again.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

use ipnet::IpNet;

use super::{
    form::{
        ADDRESS, COLLECTOR, DAY, Days, FILE, FILTER, FOLDER, Form, Fraction, HOST, IGNORED, LINK, LOG_FIELDS,
        NAME, NETWORKS, NEW_FILE, NEW_FOLDER, ORIGIN, ORIGINS, OneOf, OrAll, OrOff, PATH_PREFIX, PEM_FILE,
        PIN, REDACTED, SHA256, Size, Switch, Time, VERSION, VERSIONS, Whole, Write,
    },
    key::{Key, items, key, tables, unset, written},
    paths::Paths,
    types::{LogFields, LogFormat, Origins, OtlpProtocol, Propagate, Sample},
};
use dateline_core::{Version, compare::Ignored, day::Day};
use dateline_http::policy::{
    AfterSunset, Client, DefaultPin, MethodOverride, OnLoss, OtherVersion, Retirement, ServedVersions,
    UnknownPin, UntranslatableBody,
};

const fn local(port: u16) -> SocketAddr {
    SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), port)
}

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;

tables! {
    /// The listener for clients. It speaks HTTP/1.1 and HTTP/2.
    listen: Listen {
        /// The address and port on which clients connect. Port 0 lets the system choose one.
        address: SocketAddr = local(8080), ADDRESS, restart();
        /// PEM file with the certificate and then its chain. With it, clients connect over TLS.
        ///
        /// Stands beside `listen.tls_key`. A changed file is taken at a reload.
        tls_cert: Option<PathBuf>, PEM_FILE, like("cert.pem");
        /// PEM file with the key of the certificate: PKCS #8, PKCS #1 or SEC 1, not encrypted.
        tls_key: Option<PathBuf>, PEM_FILE, like("key.pem");
        /// PEM file with the authorities of client certificates. With it, a client must show a certificate.
        ///
        /// Needs `listen.tls_cert`.
        client_ca: Option<PathBuf>, PEM_FILE, like("clients.pem");
        /// The origin that clients reach the gateway by. `Location`, `Content-Location` and `Link` that name the
        /// upstream's origin are changed to this one.
        public_url: Option<String>, ORIGIN, like("https://gateway.example.com"), secret();
        /// Networks of trusted proxies in front, such as `["10.0.0.0/8"]`. `X-Forwarded-*` and `Via` are ignored from
        /// anyone else.
        trusted_proxies: Vec<IpNet> = Vec::new(), NETWORKS, was("trusted_peers");
    }

    /// The listener for operators: the admin page, `/api/`, `/metrics`, `/healthz` and `/readyz`.
    admin: Admin {
        /// The address and port, or `"off"` for no such listener.
        address: Option<SocketAddr> = Some(local(9090)), OrOff(ADDRESS), restart();
        /// SHA-256 of the token that operators send. `dateline hash-key` makes it from a long random token.
        ///
        /// Without it, only requests from this machine are answered. With it, everyone must send the token.
        token_sha256: Option<[u8; 32]>, SHA256, like("..."), secret();
    }

    /// The API behind the gateway.
    upstream: Upstream {
        /// The origin of the API. The default is the pack's.
        ///
        /// The path is forwarded as the client sent it.
        url: Option<String>, ORIGIN, like("https://api.whop.com"), secret(), new_pool();
        /// The version in which the upstream is asked, whatever the client speaks. The default is the pack's newest.
        version: Option<Version>, VERSION, like("2026-07-01");
        /// The versions that the upstream serves as well, or `"all"`. Where a change cannot be translated, says the pack, the
        /// upstream is asked in the client's own version if it is one of these. Otherwise the request is refused.
        serves: ServedVersions = ServedVersions::default(), OrAll(VERSIONS);
        /// PEM file with certificate authorities to trust in addition to Mozilla's.
        ca_file: Option<PathBuf>, PEM_FILE, like("ca.pem"), new_pool();
        /// PEM file with the certificate, and then its chain, that the gateway shows to the upstream.
        ///
        /// Stands beside `upstream.client_key`.
        client_cert: Option<PathBuf>, PEM_FILE, like("client.pem"), new_pool();
        /// PEM file with the key of that certificate.
        client_key: Option<PathBuf>, PEM_FILE, like("client-key.pem"), new_pool();
        /// A response in a version that was not asked for and that the pack does not have: `"refuse"` answers with
        /// `502` if it would have to be translated, `"pass"` forwards it with the version that it names.
        other_version: OtherVersion = OtherVersion::Refuse,
            OneOf(&[("refuse", OtherVersion::Refuse), ("pass", OtherVersion::Pass)]);
        /// `true` sends `Via` and `X-Forwarded-*` to the upstream.
        ///
        /// Off by default: they tell a third party about your network.
        forwarded: bool = false, Switch;
        /// A request that asks for another method, with `X-HTTP-Method-Override` or `_method`: `"refuse"` answers with
        /// `400` if that method is translated differently, `"ignored"` says that the upstream is known to ignore such
        /// requests.
        method_override: MethodOverride = MethodOverride::Refuse,
            OneOf(&[("refuse", MethodOverride::Refuse), ("ignored", MethodOverride::Ignored)]);
    }

    /// The pack of version modules.
    transforms: Transforms {
        /// The folder of the pack. The default is the pack in the binary.
        path: Option<PathBuf>, FOLDER, like("transforms/whop");
    }

    /// The versions of requests that name none, or one that the pack does not have.
    pins: Pins {
        /// The version of a request without a version header and without a pin of its client. The default is the pack's.
        /// The value `"upstream"` says that such requests are not translated.
        default: DefaultPin, PIN, like("2025-01-01");
        /// A request in a version that the pack does not have: `"refuse"` answers with `400`, `"pass"` forwards it
        /// untouched, whatever its name: `2030-01-01`, `latest`. `"older"` takes it for one in the closest older version of
        /// the pack, unless that lists its versions. The default is the pack's, which is `"refuse"` unless it says so.
        unknown: Option<UnknownPin>,
            OneOf(&[("refuse", UnknownPin::Refuse), ("pass", UnknownPin::Pass), ("older", UnknownPin::Older)]),
            like("refuse");
    }

    /// The largest sizes and numbers. Beyond one of them, a request or a response fails; memory does not grow.
    limits: Limits {
        /// The largest body of a request that is translated. A larger one is answered with `413`.
        ///
        /// Such a body is read whole, and counted after decompression. Other bodies stream and have no limit.
        request_bytes: u64 = MIB, Size::ANY;
        /// The part of a translated response that is read before its head is sent.
        ///
        /// A response of known length up to this is finished first, and so is one of unknown length that ends within 10
        /// ms of its first translated bytes. Errors in it are answered with `502`. The head of a longer response waits
        /// until translated bytes are ready to follow it.
        buffer_bytes: u64 = 64 * KIB, Size::ANY;
        /// The largest single object of a response that is translated. A larger one is answered with `502`, or the
        /// transfer is broken off if the head has been sent.
        ///
        /// Also the largest response of unknown length to a client with HTTP/1.0, if it is more than `limits.buffer_bytes`.
        object_bytes: u64 = MIB, Size::ANY;
        /// The largest number of unused connections to the upstream that are kept open.
        upstream_idle_connections: u64 = 256, Whole(1, u64::MAX), new_pool();
        /// The largest head of a request. A larger one is answered with `431`.
        ///
        /// The head of an HTTP/2 request is measured as its field list (RFC 9113, 6.5.2).
        head_bytes: u64 = 32 * KIB, Size::HEAD;
        /// The largest number of header fields of a request. More are answered with `431`.
        headers: u32 = 100, Whole(1u32, 1000);
        /// The largest head of a response of the upstream. A larger one is answered with `502`, which tells the
        /// upstream's status.
        response_head_bytes: u64 = 256 * KIB, Size::HEAD, new_pool();
        /// The largest number of header fields of a response of the upstream. More are answered with `502`.
        response_headers: u32 = 1000, Whole(1u32, 10_000), new_pool();
        /// The largest path and query of a request. A longer one is answered with `414`.
        uri_bytes: u64 = 8 * KIB, Size::ANY;
        /// The largest number of connections of clients. The next one is answered with `503` and `Retry-After` and
        /// closed.
        ///
        /// Never more than half of the file descriptors, nor more than fit into half of `limits.memory_bytes` at 8 KiB
        /// each. From 64 such connections at once on, further ones are closed without a response.
        connections: u32 = 10_000, Whole(1u32, 1_000_000);
        /// The largest number of requests on one connection of a client.
        ///
        /// The last response has `Connection: close`, or there is a GOAWAY. A client that continues is disconnected.
        connection_requests: u32 = 1000, Whole(1u32, 1_000_000);
        /// The largest number of requests at the same time, of all clients together. The next one is answered with
        /// `503` and `Retry-After`.
        ///
        /// A request counts until the last byte of its response. Never more than half of the file descriptors, since each
        /// may hold a connection to the upstream.
        max_concurrent_requests: u32 = 4096, Whole(1u32, 1_000_000), was("exchanges");
        /// The largest number of streams at the same time on an HTTP/2 connection. The next one is refused
        /// (`REFUSED_STREAM`).
        streams: u32 = 100, Whole(1u32, 1_000_000);
        /// The part of a request body that an HTTP/2 client may send before it is read (flow control).
        stream_window: u32 = 64 << 10, Size::WINDOW;
        /// The same for all streams of a connection together.
        connection_window: u32 = 1 << 20, Size::WINDOW;
        /// The most memory for bodies that are held at the same time, of all clients together. Beyond it a request is
        /// answered with `503` and `Retry-After`, and a response that needs more becomes a `502`.
        ///
        /// Each connection of a client counts with 8 to 64 KiB. A response is not answered with `503`, which would
        /// invite the client to repeat a request that was carried out.
        memory_bytes: u64 = 256 * MIB, Size::ANY;
        /// The largest growth of a compressed body, in times its size and beyond its first MiB. More is answered with
        /// `413` for a request and `502` for a response.
        max_decompression_ratio: u64 = 100, Whole(1, u64::MAX), was("decoded_ratio");
    }

    /// The longest times. None is zero and none is over a day.
    timeouts: Timeouts {
        /// The time to connect to the upstream: name, TCP, proxy and TLS together.
        connect: Duration = seconds(5), Time, new_pool();
        /// The time from the request sent to the head of the upstream's response.
        ///
        /// It runs only while it is the upstream's turn. Interim responses (`1xx`) do not extend it.
        response_header: Duration = seconds(60), Time, was("first_byte"), new_pool();
        /// The time after which an unused connection to the upstream is closed.
        ///
        /// Choose it shorter than the upstream's own, so that few requests meet a connection that is being closed.
        upstream_idle: Duration = seconds(30), Time, new_pool();
        /// The age at which a connection to the upstream is replaced, so that its name is resolved again.
        ///
        /// An older connection is closed when its exchange is over.
        upstream_max_age: Duration = seconds(300), Time, new_pool();
        /// The time between two reads of the upstream's response body.
        response_body_idle: Duration = seconds(300), Time, was("idle");
        /// The time from the start of a client's connection to its first byte, and the same again for a TLS handshake. Beyond
        /// it the connection is closed.
        handshake: Duration = seconds(10), Time;
        /// The time from the first byte of a request's head to its end. Beyond it the connection is closed.
        ///
        /// The time of an HTTP/2 connection runs from its preface to its first request.
        request_head: Duration = seconds(10), Time;
        /// The time between two reads of a request body. Beyond it the response is `408`.
        request_body_idle: Duration = seconds(30), Time;
        /// The total time spent waiting for a request body. Beyond it the response is `408`.
        ///
        /// The time that the upstream takes does not count.
        request_body: Duration = seconds(120), Time;
        /// The time in which a client reads nothing of a response that is ready. Beyond it the connection is reset.
        ///
        /// It never looks like a complete response. The connection to the upstream is closed.
        response_write: Duration = seconds(60), Time;
        /// The time after which a client's connection without a request is closed.
        ///
        /// It runs from the end of the last exchange. Pings do not extend it.
        keep_alive: Duration = seconds(75), Time;
        /// The time after SIGTERM in which requests are still served while `/readyz` answers with `503`, such as
        /// `"10s"`. Load balancers use it to send requests elsewhere. Then the gateway drains.
        ///
        /// Each HTTP/1 response in this time announces the end of its connection.
        shutdown_delay: Option<Duration> = None, OrOff(Time);
        /// The longest time that draining may take, from then to the end of the last exchange.
        ///
        /// A client that connected less than a second ago may still send a request. What is left at the end is broken off
        /// and counted in the log.
        drain: Duration = seconds(65), Time;
    }

    /// Requests that cannot be translated.
    requests: Requests {
        /// A body that has to be translated and cannot be read: `"refuse"` answers with `415` or `400`, `"pass"`
        /// forwards it as it came and says so in the response, the log and the metrics.
        untranslatable: UntranslatableBody = UntranslatableBody::Refuse,
            OneOf(&[("refuse", UntranslatableBody::Refuse), ("pass", UntranslatableBody::Pass)]);
    }

    /// The parts of responses that the gateway adds to what the upstream says.
    responses: Responses {
        /// `true` adds `Dateline-Loss` to responses, which lists what a translation has lost or may lose.
        loss_header: bool = true, Switch;
        /// Origins whose pages may read the gateway's own errors at any time, such as `["https://app.example.com"]`. Other
        /// origins may read them once the upstream has allowed them to read a response.
        ///
        /// This is without credentials: a page that sends them (`credentials: "include"`) reads an error only if the
        /// upstream has allowed credentials.
        cors_origins: Vec<String> = Vec::new(), ORIGINS, secret();
        /// `true` lets pages that may read a response also read the fields that the gateway adds, such as `Dateline-Outcome`,
        /// `Dateline-Loss` and `X-Request-Id`.
        ///
        /// They are added to `Access-Control-Expose-Headers`.
        cors_expose: bool = false, Switch;
        /// `true` has an error of the upstream name a parameter as the client did, if the request had it renamed.
        error_names: bool = true, Switch;
    }

    /// The reload of the configuration, the pack and certificates.
    reload: Reload {
        /// The interval at which the files are checked for changes, or `"off"` to reload on SIGHUP only.
        watch: Option<Duration> = Some(seconds(1)), OrOff(Time), restart();
    }

    /// The log on standard output.
    log: Log {
        /// The events that are written, in the filter syntax of `tracing`. `RUST_LOG` wins.
        ///
        /// It chooses among the gateway's own events; those of libraries are never written.
        filter: String = "info".to_owned(), FILTER;
        /// The form of a line: `"pretty"` for people, `"json"` for programs, `"auto"` for pretty on a terminal and JSON
        /// elsewhere.
        format: LogFormat = LogFormat::Auto,
            OneOf(&[("auto", LogFormat::Auto), ("pretty", LogFormat::Pretty), ("json", LogFormat::Json)]), restart();
        /// The optional fields of the access log: `"peer"`, `"path"`, `"user_agent"`. Keys, e-mail addresses and queries are
        /// left out of them.
        fields: LogFields = LogFields::default(), LOG_FIELDS;
    }

    /// Counts of who used which version for what.
    usage: Usage {
        /// A file that keeps these counts for a year, for `dateline usage`. The default is to keep none.
        file: Option<PathBuf>, NEW_FILE, like("usage.redb"), restart();
        /// The interval at which the file is written. A crash loses at most this much.
        flush: Duration = seconds(5), Time, restart();
        /// The time for which requests must be counted, and a version be unused, before it is reported as free to retire.
        /// Whole hours or days; `"0h"` for at once.
        verdict_after: Duration = seconds(30 * 86_400), Days;
    }

    /// Recording of exchanges as files, for `dateline replay`.
    record: Record {
        /// A folder that exchanges are recorded in, without secrets. The default is to record none.
        folder: Option<PathBuf>, NEW_FOLDER, like("recording");
        /// The share of exchanges that is recorded.
        sample: Sample = Sample::ALL, Fraction;
        /// JSONPaths of values to remove from recorded bodies, such as `["$.data[*].name", "$..phone"]`. Keys and e-mail
        /// addresses are always removed.
        redact: Paths = Paths::default(), REDACTED;
        /// The largest number of files. When the folder is full, a new exchange replaces the oldest one of the client,
        /// version and operation with the most files, or is dropped if its own has as many.
        max_exchanges: u32 = 1000, Whole(1u32, 1_000_000);
        /// The largest size of all files together.
        max_bytes: u64 = 64 * MIB, Size::ANY;
    }

    /// Traces, sent to an OpenTelemetry collector.
    telemetry: Telemetry {
        /// The collector's URL. The default is to make no traces.
        ///
        /// An origin; with a path only if `telemetry.otlp_protocol` is `"http"`.
        otlp_endpoint: Option<String>, COLLECTOR, like("http://127.0.0.1:4317"), restart(), secret();
        /// `"grpc"`, or `"http"` for protocol buffers sent to `/v1/traces` below the endpoint.
        otlp_protocol: OtlpProtocol = OtlpProtocol::Grpc,
            OneOf(&[("grpc", OtlpProtocol::Grpc), ("http", OtlpProtocol::Http)]), restart();
        /// File with header fields for the collector, such as its key: `name: value`, one on each line.
        ///
        /// `OTEL_EXPORTER_OTLP_HEADERS` works too.
        otlp_headers_file: Option<PathBuf>, FILE, like("otlp-headers"), restart();
        /// PEM file with certificate authorities to trust for the collector in addition to Mozilla's.
        otlp_ca_file: Option<PathBuf>, PEM_FILE, like("ca.pem"), restart();
        /// The name of this service in traces.
        service_name: String = "dateline".to_owned(), NAME, restart();
        /// The share of traces that is recorded, of those that begin here. A client's decision about its own trace holds.
        sample: Sample = Sample::ALL, Fraction;
        /// The gateway's `traceparent` is sent to the upstream `"always"`, `"never"`, which forwards what the client
        /// sent, or with `"continue"` if the client sent one.
        propagate: Propagate = Propagate::Continue,
            OneOf(&[("continue", Propagate::Continue), ("always", Propagate::Always), ("never", Propagate::Never)]);
    }

    /// Live verification: some translated responses are compared with the upstream's own in the client's version.
    verify: Verify {
        /// The share of translated `GET` requests that is verified.
        sample: Sample = Sample::NONE, Fraction;
        /// The largest number of requests per minute that the upstream gets for it, repetitions included.
        ///
        /// At least 21, which it takes to prove one difference.
        requests_per_minute: u32 = 60, Whole(Verify::LEAST, 1_000_000);
        /// The largest number of verifications at the same time.
        concurrency: u32 = 2, Whole(1u32, 64);
        /// The largest response that is verified.
        body_bytes: u64 = MIB, Size::ANY;
        /// Fields that are not compared, such as `["$.data[*].updated_at"]`.
        ///
        /// Paths have names and `[*]`.
        ignore: Ignored = Ignored::default(), IGNORED;
        /// A file that gets a line of JSON, with paths and types, for each verification that did not agree. The default is
        /// none.
        file: Option<PathBuf>, NEW_FILE, like("verify.jsonl");
        /// `true` writes the values into the file, too.
        values: bool = false, Switch;
    }
}

impl Verify {
    /// The number of requests that it takes to prove one difference.
    pub const LEAST: u32 = 21;
}

items! {
    /// A client that cannot send the version header; there may be many. It is recognised by exactly one of
    /// `bearer_sha256`, `host` and `path_prefix`. To remove the last client from a running gateway, write `client = []` at
    /// the top of the file.
    CLIENT_KEYS, CLIENT_ABOUT: ClientItem {
        /// A unique name for logs and metrics.
        name: Option<String>, NAME, like("billing-cron");
        /// The version of its requests without a version header.
        pin: Option<Version>, VERSION, like("2026-06-09");
        /// SHA-256 of its bearer token, made by `dateline hash-key`.
        bearer_sha256: Option<[u8; 32]>, SHA256, like("..."), secret();
        /// The client's `Host` header, without the port.
        host: Option<String>, HOST, like("legacy.example.com");
        /// The prefix of its paths, which is removed before forwarding.
        path_prefix: Option<String>, PATH_PREFIX, like("/legacy");
        /// The version in which the upstream is asked for this client, in place of `upstream.version`. If it is the client's
        /// own version, nothing is translated.
        upstream_version: Option<Version>, VERSION, like("2026-07-01");
        /// A translation for it that is not exact: `"report"` tells and counts the losses, `"refuse"` answers with an error.
        /// The default is `"report"`.
        losses: OnLoss, OneOf(&[("report", OnLoss::Report), ("refuse", OnLoss::Refuse)]), like("refuse");
    }
}

items! {
    /// A version of the API that is being retired; there may be many. Every response to its clients says so.
    VERSION_KEYS, VERSION_ABOUT: VersionItem {
        /// The version, one of the pack's.
        pin: Option<Version>, VERSION, like("2025-01-01");
        /// The day in UTC from which it is deprecated, for the `Deprecation` header (RFC 9745). May be in the future.
        deprecated: Option<Day>, DAY, like("2026-12-01");
        /// The day in UTC from which it may be gone, for the `Sunset` header (RFC 8594). Not before `deprecated`.
        sunset: Option<Day>, DAY, like("2027-06-01");
        /// A page that says what to do, for a `Link` header with `rel="deprecation"`.
        link: Option<String>, LINK, like("https://example.com/changes"), secret();
        /// A request in this version after its sunset: `"serve"` answers it as before, `"refuse"` answers with `410`.
        /// The default is `"serve"`.
        after_sunset: Option<AfterSunset>, OneOf(&[("serve", AfterSunset::Serve), ("refuse", AfterSunset::Refuse)]),
            like("refuse");
    }
}
