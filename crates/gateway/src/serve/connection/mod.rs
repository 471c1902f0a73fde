//! A client's connection: TLS if configured, HTTP, and its end.
//!
//! | file | is |
//! |---|---|
//! | `activity` | what has happened on it, and until when it may stay as it is |
//! | `resting` | HTTP/1 without buffers between two requests |
//! | `servers` | hyper, with our limits |
//! | `socket` | the socket, which notes the data that passes |
//! | `streams` | HTTP/2 streams that end if a client reads nothing |
//! | `answered` | the body of an answer, with the exchange that it ends |
//! | `flushes` | a wait until everything has been written |

mod activity;
mod answered;
mod flushes;
mod resting;
mod servers;
mod socket;
mod streams;

use crate::{
    proxy::{
        body::BoxError,
        error::chain,
        incoming::IncomingBody,
        layers,
        loops::{Looped, SocketPair},
        received::Received,
    },
    state::Current,
};
use activity::{Activity, CloseReason, ConnectionLimits, NextAction};
use answered::{AnsweredBody, Ongoing};
use bytes::Bytes;
use dateline_http::exchange::hop::Peer;
use flushes::Unflushed;
use http::{HeaderValue, Request, Response, Version, header};
use http_body::Body;
use hyper::{
    body::Incoming,
    service::{Service, service_fn},
};
use servers::{Servers, Serving};
use socket::{Protocol, Socket};
use std::{
    convert::Infallible,
    future::poll_fn,
    net::SocketAddr,
    pin::{Pin, pin},
    sync::{Arc, OnceLock},
    task::{Poll, ready},
};
use tokio::{
    net::TcpStream,
    time::{Instant, sleep, sleep_until, timeout},
};
use tokio_rustls::TlsAcceptor;

/// A handle that tells a connection to end.
#[derive(Debug, Clone)]
pub(crate) struct Connection(Arc<Activity>);

impl Connection {
    pub(crate) fn new() -> Self {
        Connection(Activity::new())
    }

    /// Tells it to finish what is under way, and then to end.
    pub(crate) fn close(&self) {
        self.0.tell_to_close();
    }

    /// Serves a client until its connection ends. Where it is `refused`, every request is answered with a `503`, of
    /// which there will be few.
    pub(crate) async fn serve(
        self,
        stream: TcpStream,
        peer: SocketAddr,
        current: Arc<Current>,
        refused: bool,
    ) {
        let Connection(activity) = self;
        poll_fn(|cx| {
            activity.served_by(cx.waker());
            Poll::Ready(())
        })
        .await;
        let (generation, budget) = (current.generation(), Arc::clone(&current.process.budget));
        let mut bounds = ConnectionLimits::new(&generation.config.limits, &generation.config.timeouts);
        if refused {
            bounds = bounds.of_refused();
        }
        let servers = Servers::new(&generation.config.limits, &bounds);
        let ends = stream.local_addr().ok().map(|own| SocketPair::new(peer, own));
        let mut socket = Socket::new(stream, Arc::clone(&activity), bounds.linger);
        let peer = Peer { address: peer.ip(), tls: generation.tls.is_some() };
        let service = service(current, peer, ends, Arc::clone(&activity), bounds, refused);
        let Some(tls) = &generation.tls else {
            return match until_told(&activity, timeout(bounds.first_byte, socket.protocol())).await {
                Some(Ok(Ok(Protocol::Http1))) => {
                    drive(servers.http1(socket, service, &activity), &activity, &bounds).await
                }
                Some(Ok(Ok(Protocol::Http2))) => {
                    let _counted = budget.http2();
                    // Apart: it is large, and most connections are not of this kind.
                    Box::pin(drive(servers.http2(socket, service), &activity, &bounds)).await
                }
                Some(_) | None => tracing::debug!(target: "dateline::gateway::connection", "no request"),
            };
        };
        let handshake = Box::pin(TlsAcceptor::from(tls.config()).accept(socket));
        let stream = match until_told(&activity, timeout(bounds.first_byte, handshake)).await {
            Some(Ok(Ok(stream))) => stream,
            Some(Ok(Err(error))) => {
                return tracing::debug!(target: "dateline::gateway::connection", error = %error, "no TLS");
            }
            Some(Err(_)) | None => {
                return tracing::debug!(target: "dateline::gateway::connection", "no TLS in time");
            }
        };
        activity.handshaken();
        // HTTP/2 inside TLS is agreed on, never guessed (RFC 9113, 3.2).
        match stream.get_ref().1.alpn_protocol() {
            Some(b"h2") => {
                let _counted = budget.http2();
                Box::pin(drive(servers.http2(stream, service), &activity, &bounds)).await
            }
            Some(_) | None => {
                Box::pin(drive(servers.http1(stream, service, &activity), &activity, &bounds)).await
            }
        }
    }
}

/// Runs what comes before HTTP. If the connection is told to end, it ends without a request, unless its client is about
/// to send one.
async fn until_told<T>(activity: &Activity, future: impl Future<Output = T>) -> Option<T> {
    let (mut future, mut about_to_ask) = (pin!(future), pin!(sleep_until(activity.about_to_ask().into())));
    poll_fn(|cx| match future.as_mut().poll(cx) {
        Poll::Ready(value) => Poll::Ready(Some(value)),
        // The timer is polled only once the connection was told to close.
        Poll::Pending if activity.is_told_to_close() => about_to_ask.as_mut().poll(cx).map(|()| None),
        Poll::Pending => Poll::Pending,
    })
    .await
}

/// The service of one connection.
fn service(
    current: Arc<Current>,
    peer: Peer,
    ends: Option<SocketPair>,
    activity: Arc<Activity>,
    bounds: ConnectionLimits,
    refused: bool,
) -> impl Service<
    Request<Incoming>,
    Response = Response<impl Body<Data = Bytes, Error = BoxError> + Send + 'static>,
    Error = Infallible,
    Future: Send + 'static,
> + Send
+ Unpin
+ 'static {
    // Computed at the first request. Until then the connection may not be registered yet, if it is the gateway's own.
    let came_back = OnceLock::new();
    service_fn(move |mut request: Request<Incoming>| {
        let (ongoing, last) = Ongoing::begin(&activity, &bounds, &request);
        let process = &current.process;
        if *came_back.get_or_init(|| ends.is_some_and(|ends| process.outgoing.came_back(&ends))) {
            request.extensions_mut().insert(Looped);
        }
        // Over HTTP/2 it is announced without a race, once it drains: by GOAWAY, which names the last request.
        let last = (last || process.lifecycle.is_leaving()) && request.version() < Version::HTTP_2;
        let (head, body) = request.into_parts();
        let body = IncomingBody::Client(Received::new(body, &activity));
        // In one place from its beginning to its end: it is large, and futures around it would move it.
        let answering = Box::pin(layers::answer(current.handler(), peer, head, body, refused));
        async move {
            let mut answer = answering.await;
            if last {
                answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
            }
            let ends_with_connection = answer.version() == Version::HTTP_10;
            Ok(answer.map(|body| AnsweredBody::new(body, ends_with_connection, ongoing)))
        }
    })
}

/// Serves HTTP until the connection ends, or is to.
async fn drive(connection: impl Serving, activity: &Activity, bounds: &ConnectionLimits) {
    let mut connection = pin!(connection);
    // Set rarely: only when it has run out, or when something is due earlier.
    let mut timer = pin!(sleep(bounds.first_byte.min(resting::QUIET)));
    let mut closing = false;
    let mut unflushed = Unflushed::default();
    let ended = poll_fn(|cx| {
        loop {
            activity.flushes.before_poll(&mut unflushed);
            if let Poll::Ready(ended) = connection.as_mut().poll(cx) {
                return Poll::Ready(ended.map_err(Ended::Broken));
            }
            unflushed.after_poll(|| activity.has_stalled());
            if !closing && activity.is_last(bounds) {
                closing = true;
                activity.closing();
                connection.as_mut().finish();
                timer.as_mut().reset(Instant::now());
                continue;
            }
            if let Some(why) = activity.is_abused(bounds) {
                return Poll::Ready(Err(Ended::BrokenOff(why)));
            }
            if activity.noted()
                && let NextAction::Wait(until) = activity.verdict(closing, bounds)
            {
                let until = look(connection.as_mut(), closing, until);
                if until < timer.deadline().into_std() {
                    timer.as_mut().reset(until.into());
                }
                // Where it rests now, it has yet to wait for bytes.
                continue;
            }
            ready!(timer.as_mut().poll(cx));
            match activity.verdict(closing, bounds) {
                NextAction::Wait(until) => {
                    timer.as_mut().reset(look(connection.as_mut(), closing, until).into());
                }
                NextAction::Close => {
                    closing = true;
                    activity.closing();
                    connection.as_mut().finish();
                }
                NextAction::BreakOff(why) => return Poll::Ready(Err(Ended::BrokenOff(why))),
            }
        }
    })
    .await;
    match ended {
        Ok(()) => {}
        Err(Ended::Broken(error)) => {
            tracing::debug!(target: "dateline::gateway::connection", error = chain(&error), "connection ended")
        }
        Err(Ended::BrokenOff(why)) => {
            tracing::debug!(target: "dateline::gateway::connection", why = ?why, under_way = activity.exchanges(), "connection broken off");
            if why == CloseReason::SlowReader {
                activity.set_worthless(true);
            } else {
                // Tells the client, as far as it hears.
                connection.as_mut().finish();
                poll_fn(|cx| Poll::Ready(connection.as_mut().poll(cx).is_ready())).await;
            }
        }
    }
}

/// Lets a connection rest, if it is quiet; when it is to be looked at again, and at `until` at the latest.
fn look(connection: Pin<&mut impl Serving>, closing: bool, until: std::time::Instant) -> std::time::Instant {
    let again = if closing { None } else { connection.rest() };
    again.map_or(until, |again| again.min(until))
}

/// A reason why a connection did not end in order.
enum Ended {
    Broken(hyper::Error),
    BrokenOff(CloseReason),
}
