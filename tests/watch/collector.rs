//! A collector of traces, by gRPC and by HTTP, built on OpenTelemetry's own types.

use super::support::until;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::{
    body::Incoming,
    server::conn::{http1, http2},
    service::service_fn,
};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    service::TowerToHyperService,
};
use opentelemetry_proto::tonic::{
    collector::trace::v1::{
        ExportTraceServiceRequest, ExportTraceServiceResponse,
        trace_service_server::{TraceService, TraceServiceServer},
    },
    common::v1::{AnyValue, KeyValue, any_value::Value},
    trace::v1::Span,
};
use prost::Message;
use std::{
    collections::BTreeMap,
    convert::Infallible,
    pin::Pin,
    sync::{Arc, Mutex},
};
use tokio::net::TcpListener;

/// A collector and what it was sent.
pub(crate) struct Collector {
    /// The value for `otlp_endpoint`.
    pub(crate) url: String,
    received: Received,
}

#[derive(Debug, Clone, Default)]
struct Received(Arc<Mutex<Vec<Export>>>);

/// One batch.
#[derive(Debug, Clone)]
pub(crate) struct Export {
    /// The fields of the request that it came with.
    pub(crate) fields: http::HeaderMap,
    pub(crate) message: ExportTraceServiceRequest,
}

impl Collector {
    pub(crate) async fn grpc() -> Self {
        let (listener, collector) = Collector::listening().await;
        let service = TowerToHyperService::new(TraceServiceServer::new(collector.received.clone()));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let server = http2::Builder::new(TokioExecutor::new());
                tokio::spawn(server.serve_connection(TokioIo::new(stream), service.clone()));
            }
        });
        collector
    }

    pub(crate) async fn http() -> Self {
        let (listener, collector) = Collector::listening().await;
        let received = collector.received.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let received = received.clone();
                let service = service_fn(move |request| by_http(received.clone(), request));
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
            }
        });
        collector
    }

    /// Takes connections and everything on them, and never says a word.
    pub(crate) async fn silent() -> Self {
        let (listener, collector) = Collector::listening().await;
        tokio::spawn(async move {
            let mut kept = Vec::new();
            while let Ok(connection) = listener.accept().await {
                kept.push(connection);
            }
        });
        collector
    }

    async fn listening() -> (TcpListener, Self) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        (listener, Collector { url, received: Received::default() })
    }

    pub(crate) fn exports(&self) -> Vec<Export> {
        self.received.0.lock().unwrap().clone()
    }

    /// All spans that have come, in order.
    pub(crate) fn spans(&self) -> Vec<Span> {
        let resources = self.exports().into_iter().flat_map(|export| export.message.resource_spans);
        resources.flat_map(|resource| resource.scope_spans).flat_map(|scope| scope.spans).collect()
    }

    /// The same, as soon as there are so many.
    pub(crate) async fn spans_of(&self, count: usize) -> Vec<Span> {
        until("spans", || self.spans().len() >= count).await;
        self.spans()
    }
}

async fn by_http(
    received: Received,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    assert_eq!((head.method.as_str(), head.uri.path()), ("POST", "/v1/traces"));
    assert_eq!(head.headers["content-type"], "application/x-protobuf");
    let message = ExportTraceServiceRequest::decode(body.collect().await.unwrap().to_bytes()).unwrap();
    received.0.lock().unwrap().push(Export { fields: head.headers, message });
    let answer = ExportTraceServiceResponse::default().encode_to_vec();
    Ok(Response::builder().header("content-type", "application/x-protobuf").body(answer.into()).unwrap())
}

type Answer = Result<tonic::Response<ExportTraceServiceResponse>, tonic::Status>;

impl TraceService for Received {
    fn export<'s, 'f>(
        &'s self,
        request: tonic::Request<ExportTraceServiceRequest>,
    ) -> Pin<Box<dyn Future<Output = Answer> + Send + 'f>>
    where
        's: 'f,
        Self: 'f,
    {
        let (metadata, _, message) = request.into_parts();
        self.0.lock().unwrap().push(Export { fields: metadata.into_headers(), message });
        Box::pin(async { Ok(tonic::Response::new(ExportTraceServiceResponse::default())) })
    }
}

/// Attributes by name, as text.
pub(crate) fn attributes(attributes: &[KeyValue]) -> BTreeMap<String, String> {
    let text = |value: &Option<AnyValue>| match value.as_ref().and_then(|value| value.value.as_ref()) {
        Some(Value::StringValue(text)) => text.clone(),
        Some(Value::IntValue(number)) => number.to_string(),
        Some(Value::BoolValue(truth)) => truth.to_string(),
        other => panic!("an attribute of another kind: {other:?}"),
    };
    attributes.iter().map(|attribute| (attribute.key.clone(), text(&attribute.value))).collect()
}

/// The value of an attribute.
pub(crate) fn attribute(span: &Span, name: &str) -> Option<String> {
    attributes(&span.attributes).remove(name)
}

/// An id as `traceparent` has it.
pub(crate) fn hex(id: &[u8]) -> String {
    id.iter().map(|byte| format!("{byte:02x}")).collect()
}
