//! Envoy's External Processing: the gateway as a filter inside Envoy, which keeps connections, routes and the upstream.
//!
//! A request of Envoy's is handled by the same handler as one that came over HTTP. What differs is where it comes from
//! and where it goes up to: both are the one gRPC stream that Envoy opens for each of its requests.
//!
//! | file | is |
//! |---|---|
//! | `proto` | the messages |
//! | `heads` | heads as Envoy has them, and what changes in them |
//! | `modes` | how bodies come |
//! | `conversation` | one stream: a request, its answer, and their bodies |
//! | `direction`, `half` | a body and its fate; which way it goes |
//! | `backend` | Envoy as the handler's upstream |
//! | `blame` | what Envoy's own answers mean |
//! | `replies` | what Envoy is sent, and how the stream ends |
//!
//! A stream ends cleanly where nothing is left to be done and in an error everywhere else: Envoy goes on without a filter
//! that has taken its leave, and that would be an answer in the wrong version.

mod backend;
mod blame;
mod conversation;
mod direction;
mod half;
mod heads;
mod modes;
mod proto;
mod replies;

use crate::{base::http2::http2, state::Current};
use conversation::Conversation;
use dateline_http::exchange::hop::Peer;
use http::{Request, Response};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo};
use proto::{PROCESS, ProcessingRequest, ProcessingResponse};
use replies::Replies;
use std::{
    convert::Infallible,
    future::{Ready, ready},
    net::IpAddr,
    pin::pin,
    sync::Arc,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::TlsAcceptor;
use tonic::{
    Status, Streaming,
    server::{Grpc, StreamingService},
};
use tonic_prost::ProstCodec;

/// The most bytes that a message has beside a body.
const BESIDE: usize = 1 << 20;

/// Serves Envoy on one connection, until it ends or the gateway drains.
pub(crate) async fn serve(stream: TcpStream, envoy: IpAddr, current: Arc<Current>) {
    let generation = current.generation();
    let envoy = Peer { address: envoy, tls: generation.tls.is_some() };
    let Some(tls) = &generation.tls else { return drive(stream, envoy, current).await };
    let handshake = TlsAcceptor::from(tls.config()).accept(stream);
    match timeout(generation.config.timeouts.handshake, handshake).await {
        Ok(Ok(stream)) => drive(stream, envoy, current).await,
        Ok(Err(error)) => tracing::debug!(target: "dateline::gateway::ext_proc", error = %error, "no TLS"),
        Err(_) => tracing::debug!(target: "dateline::gateway::ext_proc", "no TLS in time"),
    }
}

async fn drive(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    envoy: Peer,
    current: Arc<Current>,
) {
    let lifecycle = Arc::clone(&current.process.lifecycle);
    let server = http2(TokioExecutor::new(), &current.generation().config.limits);
    let service = service_fn(move |request| answer(Arc::clone(&current), envoy, request));
    let mut connection = pin!(server.serve_connection(TokioIo::new(stream), service));
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = lifecycle.draining() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(target: "dateline::gateway::ext_proc", error = crate::proxy::error::chain(&error), "connection ended");
    }
}

/// Answers a call, whose messages may be as large as the largest body that is held.
async fn answer(
    current: Arc<Current>,
    envoy: Peer,
    request: Request<Incoming>,
) -> Result<Response<tonic::body::Body>, Infallible> {
    let limits = &current.generation().config.limits;
    let body = limits.request_bytes.max(limits.object_bytes).max(limits.buffer_bytes);
    let largest = usize::try_from(body).unwrap_or(usize::MAX).saturating_add(BESIDE);
    if request.uri().path() != PROCESS {
        return Ok(Status::unimplemented("the only call is Process of ExternalProcessor").into_http());
    }
    let codec = ProstCodec::<ProcessingResponse, ProcessingRequest>::default();
    let mut calls = Grpc::new(codec).apply_max_message_size_config(Some(largest), None);
    Ok(calls.streaming(Processor(current, envoy), request).await)
}

/// The service, for the Envoy at the other end of a connection.
struct Processor(Arc<Current>, Peer);

impl StreamingService<ProcessingRequest> for Processor {
    type Response = ProcessingResponse;
    type ResponseStream = Replies;
    type Future = Ready<Result<tonic::Response<Replies>, Status>>;

    fn call(&mut self, request: tonic::Request<Streaming<ProcessingRequest>>) -> Self::Future {
        let (handler, said, envoy) = (self.0.handler(), request.into_inner(), self.1);
        let replies = Replies::of(|replies| Conversation::hold(handler, envoy, said, replies));
        ready(Ok(tonic::Response::new(replies)))
    }
}
