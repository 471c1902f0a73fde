//! Envoy's part of the protocol, and a processor to speak with.

use dateline_core::pack::Pack;
use dateline_gateway::{Config, Gateway};
pub(super) use envoy_types::pb::envoy::{
    extensions::filters::http::ext_proc::v3::processing_mode::{BodySendMode, HeaderSendMode},
    service::ext_proc::v3::{
        body_mutation::Mutation, processing_request::Request as Part, processing_response::Response as Reply,
    },
};
use envoy_types::pb::{
    envoy::{
        config::core::v3::{HeaderMap, HeaderValue},
        service::ext_proc::v3::{
            HeaderMutation, HttpBody, HttpHeaders, HttpTrailers, ImmediateResponse, ProcessingRequest,
            ProcessingResponse, ProtocolConfiguration, StreamedBodyResponse,
            external_processor_client::ExternalProcessorClient,
        },
    },
    google::protobuf::{Struct, Value, value::Kind},
};
use std::{
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};
use tokio::{
    net::TcpListener,
    sync::{mpsc, oneshot},
    task::JoinHandle,
    time::timeout,
};
use tonic::{
    Status, Streaming,
    transport::{Channel, Endpoint},
};

/// A processor that serves until it is stopped, or the test is over.
pub(super) struct Processor {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    served: JoinHandle<()>,
}

impl Processor {
    pub(super) async fn new(change: impl FnOnce(&mut Config)) -> Self {
        Processor::of_pack(Pack::embedded().unwrap(), change).await
    }

    /// The same for the API of another pack.
    pub(super) async fn of_pack(pack: Pack, change: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config::default();
        config.upstream.url = Some("http://api.example.com".to_owned());
        config.upstream.version = Some("2026-07-01".parse().unwrap());
        change(&mut config);
        let gateway = Gateway::new(Arc::new(config), Arc::new(pack)).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let served = tokio::spawn(async move {
            let told = async {
                let _ = stopped.await;
            };
            gateway.serve_ext_proc(listener, None, told).await.unwrap();
        });
        Processor { address, stop: Some(stop), served }
    }

    /// Tells it to drain.
    pub(super) fn stop(&mut self) {
        drop(self.stop.take());
    }

    pub(super) async fn ended(self) {
        timeout(LONG, self.served).await.expect("it ends").unwrap();
    }

    /// A stream, as Envoy opens one for each request.
    pub(super) async fn stream(&self) -> Result<Stream, Status> {
        Stream::to(self.address).await
    }
}

async fn client(address: SocketAddr) -> ExternalProcessorClient<Channel> {
    let address = Endpoint::from_shared(format!("http://{address}")).unwrap();
    ExternalProcessorClient::new(address.connect().await.unwrap())
}

const LONG: Duration = Duration::from_secs(20);

/// The messages that Envoy sends, as a stream.
struct Said(mpsc::Receiver<ProcessingRequest>);

impl futures_core::Stream for Said {
    type Item = ProcessingRequest;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<ProcessingRequest>> {
        self.0.poll_recv(cx)
    }
}

/// A stream, from Envoy's side.
pub(super) struct Stream {
    say: Option<mpsc::Sender<ProcessingRequest>>,
    replies: Streaming<ProcessingResponse>,
    mode: BodySendMode,
}

impl Stream {
    /// A stream to the processor at an address.
    pub(super) async fn to(address: SocketAddr) -> Result<Stream, Status> {
        let (say, said) = mpsc::channel(16);
        let replies = client(address).await.process(Said(said)).await?.into_inner();
        Ok(Stream { say: Some(say), replies, mode: BodySendMode::None })
    }

    /// Sets how the filter is configured to send bodies.
    pub(super) fn with(self, mode: BodySendMode) -> Self {
        Stream { mode, ..self }
    }

    pub(super) async fn say(&mut self, part: Part) {
        self.say_with(part, &[]).await;
    }

    pub(super) async fn say_with(&mut self, part: Part, attributes: &[(&str, &str)]) {
        let value = |text: &str| Value { kind: Some(Kind::StringValue(text.to_owned())) };
        let fields = attributes.iter().map(|(name, text)| ((*name).to_owned(), value(text))).collect();
        let mut config = ProtocolConfiguration::default();
        config.set_request_body_mode(self.mode);
        config.set_response_body_mode(self.mode);
        let said = ProcessingRequest {
            request: Some(part),
            attributes: [("envoy.filters.http.ext_proc".to_owned(), Struct { fields })].into(),
            protocol_config: Some(config),
            ..ProcessingRequest::default()
        };
        self.say.as_ref().expect("it is open").send(said).await.expect("it is read");
    }

    pub(super) async fn request(&mut self, method: &str, path: &str, fields: &[(&str, &str)], ends: bool) {
        let mut head =
            vec![(":method", method), (":path", path), (":authority", "localhost"), (":scheme", "http")];
        head.extend(fields);
        self.say(Part::RequestHeaders(self::head(&head, ends))).await;
    }

    pub(super) async fn answer(&mut self, status: &str, fields: &[(&str, &str)], ends: bool) {
        let mut head = vec![(":status", status), ("content-type", "application/json")];
        head.extend(fields);
        self.say(Part::ResponseHeaders(self::head(&head, ends))).await;
    }

    /// Envoy has no more to say.
    pub(super) fn close(&mut self) {
        self.say = None;
    }

    /// The next reply, or nothing if the stream has ended cleanly.
    pub(super) async fn next(&mut self) -> Result<Option<ProcessingResponse>, Status> {
        timeout(LONG, self.replies.message()).await.expect("a reply in time")
    }

    pub(super) async fn reply(&mut self) -> Reply {
        self.next().await.unwrap().expect("a reply").response.expect("one to a part")
    }

    pub(super) async fn immediate(&mut self) -> ImmediateResponse {
        match self.reply().await {
            Reply::ImmediateResponse(answer) => answer,
            other => panic!("{other:?}"),
        }
    }

    /// The pieces of a body up to its end, of the request or of the answer.
    pub(super) async fn pieces(&mut self) -> String {
        let mut all = Vec::new();
        loop {
            let (Reply::RequestBody(reply) | Reply::ResponseBody(reply)) = self.reply().await else {
                panic!("no body")
            };
            match reply.response.unwrap().body_mutation.unwrap().mutation.unwrap() {
                Mutation::StreamedResponse(StreamedBodyResponse { body, end_of_stream, .. }) => {
                    all.extend_from_slice(&body);
                    if end_of_stream {
                        return String::from_utf8(all).unwrap();
                    }
                }
                other => panic!("not a piece: {other:?}"),
            }
        }
    }
}

pub(super) fn head(fields: &[(&str, &str)], end_of_stream: bool) -> HttpHeaders {
    HttpHeaders { headers: Some(map(fields)), end_of_stream, ..HttpHeaders::default() }
}

fn map(fields: &[(&str, &str)]) -> HeaderMap {
    let field = |(key, value): &(&str, &str)| HeaderValue {
        key: (*key).to_owned(),
        value: String::new(),
        raw_value: value.as_bytes().to_vec(),
    };
    HeaderMap { headers: fields.iter().map(field).collect() }
}

pub(super) fn body(text: &str, end_of_stream: bool) -> HttpBody {
    HttpBody { body: text.as_bytes().to_vec(), end_of_stream, ..HttpBody::default() }
}

/// A piece of a body, as the processor says it.
pub(super) fn piece(text: &str, end_of_stream: bool) -> Mutation {
    let body = text.as_bytes().to_vec();
    Mutation::StreamedResponse(StreamedBodyResponse {
        body,
        end_of_stream,
        ..StreamedBodyResponse::default()
    })
}

pub(super) fn trailers(fields: &[(&str, &str)]) -> HttpTrailers {
    HttpTrailers { trailers: Some(map(fields)) }
}

/// Returns the headers that are set and removed, one a line.
pub(super) fn changes(mutation: Option<&HeaderMutation>) -> Vec<String> {
    let Some(mutation) = mutation else { return Vec::new() };
    let set = mutation.set_headers.iter().map(|set| {
        let field = set.header.as_ref().unwrap();
        format!("{}: {}", field.key, String::from_utf8_lossy(&field.raw_value))
    });
    set.chain(mutation.remove_headers.iter().map(|name| format!("-{name}"))).collect()
}

/// The changes of a head that a reply asks for.
pub(super) fn of_head(reply: &Reply) -> Vec<String> {
    match reply {
        Reply::RequestHeaders(reply) | Reply::ResponseHeaders(reply) => {
            changes(reply.response.as_ref().and_then(|reply| reply.header_mutation.as_ref()))
        }
        other => panic!("{other:?}"),
    }
}
