//! The configuration as the rest of the program uses it: every value checked and typed.

use std::{
    collections::BTreeMap,
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    time::Duration,
};

use ipnet::IpNet;

use super::{
    ConfigError, Limits, Origin, OtlpProtocol, Problem, Propagate, Record, Sample, Telemetry, Timeouts,
    Verify,
};
use crate::{
    Version,
    day::Day,
    policy::{Client, DefaultPin, MethodOverride, OtherVersion, Retirement, UnknownPin, UntranslatableBody},
};

/// The configuration, checked and ready to use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Where clients connect.
    pub listen: Listen,
    /// Where the operator looks.
    pub admin: Admin,
    /// The API behind the gateway.
    pub upstream: Upstream,
    /// Which pack of version modules is used.
    pub transforms: Transforms,
    /// What requests speak that do not say.
    pub pins: Pins,
    /// How much of a body is held in memory.
    pub limits: Limits,
    /// How long the gateway waits.
    pub timeouts: Timeouts,
    /// What becomes of requests that cannot be translated.
    pub requests: Requests,
    /// What clients are told beside what the upstream answers.
    pub responses: Responses,
    /// When the configuration and the pack are read again.
    pub reload: Reload,
    /// What is logged and how.
    pub log: Log,
    /// What is kept of who used what.
    pub usage: Usage,
    /// Which exchanges are kept as files.
    pub record: Record,
    /// Where traces go.
    pub telemetry: Telemetry,
    /// Which answers are held to what the upstream says natively.
    pub verify: Verify,
    /// Clients that cannot send the version header, in the order of the file.
    pub clients: Vec<Client>,
    /// Versions that are on their way out, in the order of the file.
    pub versions: Vec<Retirement>,
    /// Where the keys were written, for errors found later.
    pub origins: Origins,
}

/// Table `listen`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listen {
    /// IP address and port; port 0 lets the system choose.
    pub address: SocketAddr,
    /// PEM file with the certificate, then its chain; `None` for cleartext. Stands where `tls_key` does.
    pub tls_cert: Option<PathBuf>,
    /// PEM file with the key of the certificate: PKCS #8, PKCS #1 or SEC 1, not encrypted.
    pub tls_key: Option<PathBuf>,
    /// PEM file with the authorities of client certificates; where it is set, a client has to show one. Stands only
    /// beside `tls_cert`.
    pub client_ca: Option<PathBuf>,
    /// The origin that clients know the gateway by, in the form of `upstream.url`. Where it is set, `Location`,
    /// `Content-Location` and `Link` that point at the upstream's origin point there.
    pub public_url: Option<String>,
    /// Proxies in front of the gateway: what they say in `X-Forwarded-*` and `Via` is passed on where
    /// `upstream.forwarded` is set; nobody else is believed.
    pub trusted_peers: Vec<IpNet>,
}

impl Listen {
    /// Every file that is named here.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        [&self.tls_cert, &self.tls_key, &self.client_ca].into_iter().flatten().map(PathBuf::as_path)
    }
}

/// Table `admin`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admin {
    /// `None` where it is switched off.
    pub address: Option<SocketAddr>,
    /// SHA-256 of the token that operators show, as [`bearer_sha256`](crate::policy::bearer_sha256) makes it. Without it only
    /// those on this machine are answered.
    pub token_sha256: Option<[u8; 32]>,
}

impl Admin {
    /// Whether other machines can connect, and have nothing to show that would let them in.
    pub fn is_half_open(&self) -> bool {
        self.token_sha256.is_none() && self.address.is_some_and(|address| !address.ip().is_loopback())
    }
}

/// Table `upstream`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upstream {
    /// An origin: `http` or `https` and an authority, in lower case, without a trailing slash; `None` for the pack's.
    pub url: Option<String>,
    /// The version that the upstream is spoken to at; `None` for the pack's newest.
    pub version: Option<Version>,
    /// PEM file with more roots than Mozilla's.
    pub ca_file: Option<PathBuf>,
    /// PEM file with the certificate that the upstream knows the gateway by, then its chain. Stands where `client_key`
    /// does.
    pub client_cert: Option<PathBuf>,
    /// PEM file with the key of `client_cert`.
    pub client_key: Option<PathBuf>,
    /// What becomes of an answer in a version that it was not asked for, and that the pack does not have.
    pub other_version: OtherVersion,
    /// Add `Via` and `X-Forwarded-*`: off unless configured, since the upstream is a third party.
    pub forwarded: bool,
    /// Whether the upstream may take a request for another method than its own.
    pub method_override: MethodOverride,
}

impl Upstream {
    /// Every file that is named here.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        [&self.ca_file, &self.client_cert, &self.client_key].into_iter().flatten().map(PathBuf::as_path)
    }
}

/// Table `transforms`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transforms {
    /// The folder of the pack; `None` for the pack in the binary.
    pub path: Option<PathBuf>,
}

/// Table `pins`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pins {
    /// What a request without a header and without a client's pin speaks.
    pub default: DefaultPin,
    /// What becomes of a request at a version that the pack does not know.
    pub unknown: UnknownPin,
}

/// Table `requests`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requests {
    /// What becomes of a body that a plan is to translate and cannot read.
    pub untranslatable: UntranslatableBody,
}

/// Table `responses`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Responses {
    /// Whether `Dateline-Loss` says what a translation has lost, or may lose.
    pub loss_header: bool,
    /// Origins, in lower case, whose pages may read the gateway's own errors before the upstream has said so.
    pub cors_origins: Vec<String>,
    /// Whether pages that may read an answer may read the fields that the gateway adds.
    pub cors_expose: bool,
    /// Whether an error of the upstream's names parameters as the client did, where this request had them renamed.
    pub error_names: bool,
}

/// Table `reload`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reload {
    /// How often the files are looked at; `None` where they are not, and only `SIGHUP` has them read again.
    pub watch: Option<Duration>,
}

/// Table `log`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    /// tracing's filter syntax, known to parse. `RUST_LOG` wins where it is set.
    pub filter: String,
    /// The form of a line.
    pub format: LogFormat,
    /// What the line of a request has beside what it always has.
    pub fields: LogFields,
}

/// What the line of a request has beside what it always has; nothing unless it is asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LogFields {
    /// The client's address.
    pub peer: bool,
    /// The path as it was sent, without keys and e-mail addresses.
    pub path: bool,
    /// `User-Agent`, without keys and e-mail addresses.
    pub user_agent: bool,
}

/// The form of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// Pretty on a terminal, JSON otherwise.
    Auto,
    /// For people: one short line an event.
    Pretty,
    /// For machines: one JSON object an event.
    Json,
}

/// Table `usage`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Usage {
    /// Where a year of usage is kept; `None` where nothing is.
    pub file: Option<PathBuf>,
    /// How often it is written to.
    pub flush: Duration,
    /// For how long has to be watched before it is said that a version could be retired, and for how long nobody may
    /// have spoken it then; zero for no limit.
    pub verdict_after: Duration,
}

/// Where the keys were written: by full name, `upstream.version` or `client[0].pin`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origins(pub(super) BTreeMap<String, Origin>);

impl Origins {
    /// Where `key` was written; [`Origin::Default`] where it was not.
    pub fn of(&self, key: &str) -> Origin {
        self.0.get(key).cloned().unwrap_or(Origin::Default)
    }
}

impl Default for Config {
    fn default() -> Self {
        let local = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        Config {
            listen: Listen {
                address: local(8080),
                tls_cert: None,
                tls_key: None,
                client_ca: None,
                public_url: None,
                trusted_peers: Vec::new(),
            },
            admin: Admin { address: Some(local(9090)), token_sha256: None },
            upstream: Upstream {
                url: None,
                version: None,
                ca_file: None,
                client_cert: None,
                client_key: None,
                other_version: OtherVersion::Refuse,
                forwarded: false,
                method_override: MethodOverride::Refuse,
            },
            transforms: Transforms { path: None },
            pins: Pins { default: DefaultPin::Pack, unknown: UnknownPin::Refuse },
            limits: Limits::default(),
            timeouts: Timeouts::default(),
            requests: Requests { untranslatable: UntranslatableBody::Refuse },
            responses: Responses {
                loss_header: true,
                error_names: true,
                cors_origins: Vec::new(),
                cors_expose: false,
            },
            reload: Reload { watch: Some(Duration::from_secs(1)) },
            log: Log { filter: "info".into(), format: LogFormat::Auto, fields: LogFields::default() },
            usage: Usage {
                file: None,
                flush: Duration::from_secs(5),
                verdict_after: Duration::from_secs(30 * Day::SECONDS),
            },
            record: Record::default(),
            telemetry: Telemetry {
                otlp_endpoint: None,
                otlp_protocol: OtlpProtocol::Grpc,
                otlp_headers_file: None,
                otlp_ca_file: None,
                service_name: "dateline".into(),
                sample: Sample::ALL,
                propagate: Propagate::Continue,
            },
            verify: Verify::default(),
            clients: Vec::new(),
            versions: Vec::new(),
            origins: Origins::default(),
        }
    }
}

impl Config {
    /// Every file that is named here, the pack's aside.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        self.listen.files().chain(self.upstream.files())
    }

    /// Every configured version that is not one of `supported`, the versions of the pack from the oldest on, and every
    /// refusal of one that could not be meant.
    ///
    /// Apart from [`Config::load`], because the pack is loaded from where the configuration says.
    pub fn check_versions(&self, supported: &[Version]) -> Vec<ConfigError> {
        let mut used = Vec::new();
        used.extend(self.upstream.version.map(|version| ("upstream.version".to_owned(), version)));
        if let DefaultPin::Version(version) = self.pins.default {
            used.push(("pins.default".to_owned(), version));
        }
        for (index, client) in self.clients.iter().enumerate() {
            used.extend(client.pin.map(|pin| (format!("client[{index}].pin"), pin)));
            let upstream = client.upstream_version;
            used.extend(upstream.map(|version| (format!("client[{index}].upstream_version"), version)));
        }
        let retired = self.versions.iter().enumerate();
        used.extend(retired.map(|(index, retired)| (format!("version[{index}].pin"), retired.pin)));
        let mut mistakes: Vec<_> = used
            .into_iter()
            .filter(|(_, version)| !supported.contains(version))
            .map(|(key, version)| ConfigError {
                origin: self.origins.of(&key),
                key: Some(key),
                problem: Problem::UnknownVersion { version, supported: supported.to_vec() },
            })
            .collect();
        mistakes.extend(self.refusals_at_fault(supported));
        mistakes.sort_by(|a, b| a.origin.cmp(&b.origin));
        mistakes
    }
}
