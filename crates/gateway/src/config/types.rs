//! The types of values that have only a few forms, and what the structs of `keys.rs` can do.

use std::{
    collections::BTreeMap,
    fmt,
    path::{Path, PathBuf},
};

use super::{Admin, Config, Listen, Origin, Upstream};

impl Config {
    /// Every file that is named here, those of the pack and of the collector aside.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        self.listen.files().chain(self.upstream.files())
    }
}

impl Listen {
    /// Every file that is named here.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        [&self.tls_cert, &self.tls_key, &self.client_ca].into_iter().flatten().map(PathBuf::as_path)
    }
}

impl Upstream {
    /// Every file that is named here.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        [&self.ca_file, &self.client_cert, &self.client_key].into_iter().flatten().map(PathBuf::as_path)
    }
}

impl Admin {
    /// Tells whether other machines can connect but have no token to show, so that none of them is answered.
    pub fn is_half_open(&self) -> bool {
        self.token_sha256.is_none() && self.address.is_some_and(|address| !address.ip().is_loopback())
    }
}

/// The fields that an access log line has on request.
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
    /// One short line per event, for people.
    Pretty,
    /// One JSON object per event, for programs.
    Json,
}

/// The protocol of an OpenTelemetry collector.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OtlpProtocol {
    /// gRPC.
    Grpc,
    /// Protocol buffers in HTTP/1.1.
    Http,
}

/// The requests in which the upstream, a third party, gets the gateway's `traceparent`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Propagate {
    /// Traces whose client sent a context: the trace continues, with the gateway's span above the upstream's.
    Continue,
    /// All, also where the trace begins here.
    Always,
    /// No traces: the client's context goes up as it came.
    Never,
}

/// A share of requests or traces, in millionths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sample(u32);

impl Sample {
    /// All of them.
    pub const ALL: Sample = Sample(1_000_000);
    /// No requests at all.
    pub const NONE: Sample = Sample(0);

    /// Reads decimal digits from 0 to 1, with at most six behind the point.
    pub fn parse(text: &str) -> Option<Self> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
        let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if !is_digits(whole) || !is_digits(fraction) || fraction.len() > 6 {
            return None;
        }
        let millionths: u32 = format!("{fraction:0<6}").parse().ok()?;
        let sample = whole.parse::<u32>().ok()?.checked_mul(1_000_000)?.checked_add(millionths)?;
        (sample <= Sample::ALL.0).then_some(Sample(sample))
    }

    /// Tells whether a random number is within the share.
    pub fn draws(self, random: u64) -> bool {
        random % u64::from(Sample::ALL.0) < u64::from(self.0)
    }

    /// Tells whether the trace with this id is within the share. Whoever samples by id decides alike
    /// (OpenTelemetry's `TraceIdRatioBased`).
    pub fn takes(self, trace: [u8; 16]) -> bool {
        let [.., a, b, c, d, e, f, g, h] = trace;
        let random = u64::from_be_bytes([a, b, c, d, e, f, g, h]) >> 1;
        random < (1 << 63) / 1_000_000 * u64::from(self.0) || self == Sample::ALL
    }
}

/// Writes it as it is read: `0.01`.
impl fmt::Display for Sample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, fraction) = (self.0 / Sample::ALL.0, self.0 % Sample::ALL.0);
        match fraction {
            0 => write!(f, "{whole}"),
            _ => f.write_str(format!("{whole}.{fraction:06}").trim_end_matches('0')),
        }
    }
}

/// The places where keys were written, by full name: `upstream.version` or `client[0].pin`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origins(pub(super) BTreeMap<String, Origin>);

impl Origins {
    /// The place where `key` was written; [`Origin::Default`] if it was not.
    pub fn of(&self, key: &str) -> Origin {
        self.0.get(key).cloned().unwrap_or(Origin::Default)
    }
}
