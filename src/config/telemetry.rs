//! Table `telemetry`, and how its values are read.

use super::value::{Raw, one_of, text};
use figment::value::Value;
use http::Uri;
use std::{fmt, path::PathBuf};

/// Table `telemetry`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Telemetry {
    /// An OpenTelemetry collector: an origin, and a path where the protocol is HTTP; `None` for no traces.
    pub otlp_endpoint: Option<String>,
    /// How it is spoken to.
    pub otlp_protocol: OtlpProtocol,
    /// A file with header fields for it, `name: value` each on a line: its keys.
    pub otlp_headers_file: Option<PathBuf>,
    /// PEM file with more roots than Mozilla's for it.
    pub otlp_ca_file: Option<PathBuf>,
    /// What the gateway is called there.
    pub service_name: String,
    /// How many of the traces that begin here are recorded.
    pub sample: Sample,
    /// Whether the upstream is told of our spans.
    pub propagate: Propagate,
}

/// How a collector is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OtlpProtocol {
    /// gRPC.
    Grpc,
    /// Protocol buffers in HTTP/1.1.
    Http,
}

/// Whether the upstream, a third party, is told of our spans by `traceparent`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Propagate {
    /// Where the client has sent a trace's context: its trace goes on, with our span above what the upstream does.
    Continue,
    /// Always, also of traces that begin here.
    Always,
    /// Never: what the client has sent goes up as it came.
    Never,
}

/// A part of all traces, or requests, in millionths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sample(u32);

impl Sample {
    /// Every one.
    pub const ALL: Sample = Sample(1_000_000);
    /// None.
    pub const NONE: Sample = Sample(0);

    /// The part that decimal digits from 0 to 1 say, six behind the point at most.
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

    /// Whether a drawn number takes this one.
    pub fn draws(self, random: u64) -> bool {
        random % u64::from(Sample::ALL.0) < u64::from(self.0)
    }

    /// Whether the trace with this id is one of them. Whoever samples by id decides alike
    /// (OpenTelemetry's `TraceIdRatioBased`).
    pub fn takes(self, trace: [u8; 16]) -> bool {
        let [.., a, b, c, d, e, f, g, h] = trace;
        let random = u64::from_be_bytes([a, b, c, d, e, f, g, h]) >> 1;
        random < (1 << 63) / 1_000_000 * u64::from(self.0) || self == Sample::ALL
    }
}

/// As it is written: `0.01`.
impl fmt::Display for Sample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, fraction) = (self.0 / Sample::ALL.0, self.0 % Sample::ALL.0);
        match fraction {
            0 => write!(f, "{whole}"),
            _ => f.write_str(format!("{whole}.{fraction:06}").trim_end_matches('0')),
        }
    }
}

/// A collector: an origin, and a path behind it. The text may hold a password, so it is never repeated.
pub(super) fn endpoint(raw: &Raw<'_>) -> Result<String, String> {
    let wanted = "a collector's URL such as \"http://127.0.0.1:4317\"";
    let text = text(raw, wanted)?;
    let url: Uri = text.parse().map_err(|_| format!("not a URL: write {wanted}"))?;
    let (Some("http" | "https"), Some(authority)) = (url.scheme_str(), url.authority()) else {
        return Err(format!("neither http:// nor https://: write {wanted}"));
    };
    if authority.as_str().contains('@') {
        return Err(format!(
            "with a user or a password: write {wanted}; its key stands in telemetry.otlp_headers_file"
        ));
    }
    if url.query().is_some() || text.contains('#') {
        return Err(format!("with a query: write {wanted}"));
    }
    Ok(text.to_owned())
}

pub(super) fn otlp_protocol(raw: &Raw<'_>) -> Result<OtlpProtocol, String> {
    one_of(raw, &[("grpc", OtlpProtocol::Grpc), ("http", OtlpProtocol::Http)])
}

pub(super) fn propagate(raw: &Raw<'_>) -> Result<Propagate, String> {
    let choices =
        [("continue", Propagate::Continue), ("always", Propagate::Always), ("never", Propagate::Never)];
    one_of(raw, &choices)
}

/// A part of all, as a number or as text.
pub(super) fn sample(raw: &Raw<'_>) -> Result<Sample, String> {
    let text = match raw.value {
        Value::Num(_, number) => match number.to_f64() {
            Some(number) => Some(number.to_string()),
            None => number.to_i128().map(|number| number.to_string()),
        },
        Value::String(_, text) => Some(text.clone()),
        _ => None,
    };
    let sample = text.and_then(|text| Sample::parse(&text));
    sample.ok_or_else(|| "not a part: write a number from 0 to 1 such as 0.01".to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::value::tests::read;
    use super::*;

    #[test]
    fn takes_only_collectors() {
        for text in ["http://127.0.0.1:4317", "https://otlp.example.com/otlp"] {
            assert_eq!(read(endpoint, text).as_deref(), Some(text));
        }
        for text in
            ["", "127.0.0.1:4317", "/v1", "http://me:key@a", "http://a?key=b", "http://a#b", "ftp://a"]
        {
            assert_eq!(read(endpoint, text), None, "{text:?}");
        }
    }

    #[test]
    fn takes_only_parts() {
        let mut last = 0;
        for (text, percent) in [("0", 0), ("0.0", 0), ("0.01", 1), ("0.5", 50), ("1", 100), ("1.0", 100)] {
            let sample = read(sample, text).unwrap();
            let taken = (0..=255u8).filter(|first| {
                let mut trace = [0; 16];
                trace[8] = *first;
                sample.takes(trace)
            });
            let taken = taken.count();
            assert!(taken >= last && taken.abs_diff(percent * 256 / 100) <= 1, "{text}: {taken}");
            last = taken;
        }
        for text in ["0", "0.01", "0.000001", "1"] {
            assert_eq!(Sample::parse(text).unwrap().to_string(), text);
        }
        for text in ["", ".5", "1.", "1.000001", "2", "-1", "0.0000001", "50%", "1e-2", "NaN"] {
            assert_eq!(read(sample, text), None, "{text:?}");
        }
        let number = Value::from(0.25);
        assert_eq!(sample(&Raw { value: &number, untyped: false }).ok(), Sample::parse("0.25"));
    }
}
