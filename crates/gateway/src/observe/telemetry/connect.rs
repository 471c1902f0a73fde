//! The connection to the collector, by gRPC and by HTTP, with the same libraries as the rest of the gateway.

use super::TelemetryError;
use crate::{
    base::pem::PemFile,
    config::{OtlpProtocol, Telemetry, fields},
};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response};
use http_body_util::{BodyExt, Full, Limited};
use hyper_rustls::HttpsConnector;
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use opentelemetry_http::{HttpClient, HttpError};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig, WithHttpConfig, WithTonicConfig};
use rustls::{ClientConfig, RootCertStore, crypto::ring};
use std::{collections::HashMap, fmt, path::Path, pin::Pin, sync::Arc, time::Duration};
use tonic::{metadata::MetadataMap, transport::Endpoint};

/// The time limit to send one batch, including all attempts.
pub(super) const EXPORT: Duration = Duration::from_secs(10);

/// The time limit to connect.
const CONNECT: Duration = Duration::from_secs(5);

/// The most bytes of an answer from the collector.
const ANSWER: usize = 64 << 10;

/// The path that OTLP over HTTP sends traces to (OTLP 1.9, "OTLP/HTTP Request").
const PATH: &str = "/v1/traces";

/// Creates the exporter of batches for the current runtime. Headers come from the configuration, or else from the
/// environment (`OTEL_EXPORTER_OTLP_HEADERS`).
pub(super) fn exporter(config: &Telemetry, endpoint: &str) -> Result<SpanExporter, TelemetryError> {
    let headers = match &config.otlp_headers_file {
        Some(path) => headers(path)?,
        None => HeaderMap::new(),
    };
    let connector = connector(config)?;
    let unusable = |problem: String| TelemetryError::Endpoint(problem);
    let built = match config.otlp_protocol {
        OtlpProtocol::Grpc => {
            let channel = Endpoint::from_shared(endpoint.to_owned())
                .map_err(|error| unusable(error.to_string()))?
                .connect_with_connector_lazy(connector);
            SpanExporter::builder()
                .with_tonic()
                .with_channel(channel)
                .with_metadata(MetadataMap::from_headers(headers))
                .with_timeout(EXPORT)
                .build()
        }
        OtlpProtocol::Http => {
            let text = |value: &HeaderValue| value.to_str().unwrap_or_default().to_owned();
            let headers: HashMap<_, _> =
                headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect();
            let base = endpoint.trim_end_matches('/');
            let url = if base.ends_with(PATH) { base.to_owned() } else { format!("{base}{PATH}") };
            SpanExporter::builder()
                .with_http()
                .with_protocol(Protocol::HttpBinary)
                .with_http_client(Http(Client::builder(TokioExecutor::new()).build(connector)))
                .with_endpoint(url)
                .with_headers(headers)
                .with_timeout(EXPORT)
                .build()
        }
    };
    built.map_err(|error| unusable(error.to_string()))
}

/// Reads what the configuration names for the way to a collector, if there is one.
///
/// # Errors
/// An error if it cannot be used.
pub(crate) fn usable(config: &Telemetry) -> Result<(), TelemetryError> {
    let Some(endpoint) = &config.otlp_endpoint else { return Ok(()) };
    Endpoint::from_shared(endpoint.clone()).map_err(|error| TelemetryError::Endpoint(error.to_string()))?;
    config.otlp_headers_file.as_deref().map(headers).transpose()?;
    connector(config).map(drop)
}

fn connector(config: &Telemetry) -> Result<HttpsConnector<HttpConnector>, TelemetryError> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    if let Some(path) = &config.otlp_ca_file {
        let file = PemFile::read("telemetry.otlp_ca_file", path)?;
        for certificate in file.certificates()? {
            roots.add(certificate).map_err(|error| file.wrong(error))?;
        }
    }
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let mut tls =
        builder.with_safe_default_protocol_versions()?.with_root_certificates(roots).with_no_client_auth();
    tls.alpn_protocols = match config.otlp_protocol {
        OtlpProtocol::Grpc => vec![b"h2".to_vec()],
        OtlpProtocol::Http => vec![b"http/1.1".to_vec()],
    };
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    tcp.set_connect_timeout(Some(CONNECT));
    Ok(HttpsConnector::from((tcp, tls)))
}

/// The lines of a file, each `name: value`.
fn headers(path: &Path) -> Result<HeaderMap, TelemetryError> {
    let file = PemFile::read("telemetry.otlp_headers_file", path)?;
    Ok(fields(&file.bytes).map_err(|error| file.wrong(error))?)
}

/// A client with the connections of ours.
struct Http(Client<HttpsConnector<HttpConnector>, Full<Bytes>>);

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Http")
    }
}

impl HttpClient for Http {
    fn send_bytes<'s, 'f>(
        &'s self,
        request: Request<Bytes>,
    ) -> Pin<Box<dyn Future<Output = Result<Response<Bytes>, HttpError>> + Send + 'f>>
    where
        's: 'f,
        Self: 'f,
    {
        Box::pin(async move {
            let (head, body) = self.0.request(request.map(Full::new)).await?.into_parts();
            let body = Limited::new(body, ANSWER).collect().await?.to_bytes();
            Ok(Response::from_parts(head, body))
        })
    }
}
