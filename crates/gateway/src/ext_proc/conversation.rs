//! One stream of Envoy's: a request, its answer, and their bodies.
//!
//! Three things go on at once, in one task: the handler, for which Envoy is the upstream (`backend`); what Envoy says, which
//! feeds the handler's bodies; and what it is answered, in the order of the protocol.

use super::{
    direction::{BodyFate, Direction},
    half::{Half, changes, with_body},
    heads::{self, AnswerHead},
    modes::{Mode, Modes},
    proto::{
        self, CommonResponse, HttpBody, HttpHeaders, HttpStatus, ImmediateResponse, Mutation, Part,
        ProcessingMode, ProcessingRequest, ProcessingResponse, Reply, StreamedBodyResponse,
    },
};
use crate::proxy::{
    cors::asking_origin,
    error::chain,
    handler::Handler,
    incoming::{Fed, Feed, IncomingBody, fed},
    layers::{Panicked, caught, request_id},
    request_log::LoggedBody,
};
use bytes::Bytes;
use dateline_http::{exchange::hop::Peer, fields::REQUEST_ID};
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, Uri, response};
use http_body::Body;
use http_body_util::BodyExt;
use std::{
    pin::pin,
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};
use tokio::sync::{mpsc, oneshot};
use tonic::{Status, Streaming};

/// The most bytes of a body that are sent at once, as the protocol recommends.
const PIECE: usize = 64 << 10;

/// One stream.
pub(super) struct Conversation {
    handler: Arc<Handler>,
    replies: mpsc::Sender<ProcessingResponse>,
    pub(super) modes: Modes,
    /// True if the fields that tell the way stay as Envoy has them.
    pub(super) keeps_the_way: bool,
    /// The request as Envoy has it.
    pub(super) request: (Method, Uri, HeaderMap),
    /// True if no body comes behind the head of the request.
    pub(super) has_no_body: bool,
    pub(super) up: Direction,
    down: Direction,
    /// True if the answer is to be translated.
    pub(super) translated: AtomicBool,
    /// The source of the answer, until it is awaited.
    pub(super) answer: Mutex<Option<oneshot::Receiver<(AnswerHead, Fed)>>>,
    /// The answer as Envoy has it.
    pub(super) came: OnceLock<CameHead>,
}

/// The head of an answer as Envoy has it.
pub(super) struct CameHead {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    /// True if no body comes behind it.
    pub(super) ends: bool,
}

impl Conversation {
    /// Holds a conversation to its end.
    ///
    /// # Errors
    /// An error if something is left to be done, so that Envoy must not go on without it.
    pub(super) async fn hold(
        handler: Arc<Handler>,
        envoy: Peer,
        mut said: Streaming<ProcessingRequest>,
        replies: mpsc::Sender<ProcessingResponse>,
    ) -> Result<(), Status> {
        let Some(first) = said.message().await? else { return Ok(()) };
        if first.observability_mode {
            return Err(unfit("observability_mode must be off"));
        }
        let Some(Part::RequestHeaders(head)) = first.request else {
            return Err(unfit("request_header_mode must be SEND"));
        };
        let modes = Modes::of(first.protocol_config).map_err(unfit)?;
        let (feed, mut request, id) =
            begun(head).map_err(|problem| Status::invalid_argument(problem.to_string()))?;
        if handler.needs_peer() {
            request.extensions_mut().insert(envoy);
        }
        let (sender, receiver) = oneshot::channel();
        let talk = Conversation {
            replies,
            modes,
            keeps_the_way: handler.exchanges.sends_forwarding(),
            request: (request.method().clone(), request.uri().clone(), request.headers().clone()),
            has_no_body: feed.is_none(),
            up: Direction::new(),
            down: Direction::new(),
            translated: AtomicBool::new(false),
            answer: Mutex::new(Some(receiver)),
            came: OnceLock::new(),
            handler,
        };
        let mut exchange = pin!(talk.exchange(request, id));
        let mut reading = pin!(talk.read(&mut said, feed, sender));
        let mut ending = pin!(talk.handler.lifecycle.ending());
        tokio::select! {
            biased;
            answered = exchange.as_mut() => answered?,
            // What waits for more of it sees that there is none.
            () = reading.as_mut() => return exchange.await,
            () = ending.as_mut() => return Err(unavailable()),
        }
        tokio::select! {
            biased;
            () = reading => Ok(()),
            () = ending => match (talk.modes.request, talk.modes.answer) {
                // A body that passes through here may not be at its end.
                (Mode::Duplex, _) | (_, Mode::Duplex) => Err(unavailable()),
                _ => Ok(()),
            },
        }
    }

    /// Handles the request and answers it.
    async fn exchange(&self, request: Request<IncomingBody>, id: HeaderValue) -> Result<(), Status> {
        let (text, origin) = (id.to_str().unwrap_or_default(), asking_origin(request.headers()));
        let (mut asked, body) = request.into_parts();
        let handled = caught(pin!(self.handler.handle(self, &mut asked, body, text, origin.as_ref()))).await;
        let answer = handled.unwrap_or_else(|Panicked| self.handler.broken(text, origin.as_ref()));
        let (mut head, body) = answer.into_parts();
        // The upstream's own has another name by now.
        head.headers.insert(REQUEST_ID, id);
        match self.came.get() {
            Some(came) if !body.is_refusal() => self.reply(came, &head, body).await,
            Some(_) | None => self.reply_instead(&head, body).await,
        }
    }

    /// Tells Envoy what becomes of its answer.
    async fn reply(
        &self,
        came: &CameHead,
        head: &response::Parts,
        mut body: LoggedBody,
    ) -> Result<(), Status> {
        let mutation = heads::answer_mutation((came.status, &came.headers), head);
        if came.ends && !body.is_end_stream() {
            // A body that the newer version has no more.
            let whole = body.collect().await.map_err(|error| broken_off(&error))?.to_bytes();
            self.say(Half::Answer.head(with_body(mutation, whole)), None).await;
            self.down.is(BodyFate::Passes);
            return Ok(());
        }
        if self.down.fate() != BodyFate::Read {
            self.say(Half::Answer.head(changes(Some(mutation), None)), None).await;
            self.down.is(BodyFate::Passes);
            body.passes();
            return Ok(());
        }
        if self.modes.answer == Mode::Whole {
            let whole = body.collect().await.map_err(|error| broken_off(&error))?.to_bytes();
            self.say(Half::Answer.body(changes(Some(mutation), Some(Mutation::Body(whole)))), None).await;
            return Ok(());
        }
        self.say(Half::Answer.head(changes(Some(mutation), None)), None).await;
        let mut ended = false;
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|error| broken_off(&error))?;
            if let Ok(bytes) = frame.into_data() {
                ended = body.is_end_stream() && self.down.trailers.get().is_none();
                self.say_pieces(Half::Answer, bytes, ended).await;
            }
        }
        if !ended {
            self.say_end(Half::Answer).await;
        }
        Ok(())
    }

    /// An answer of the gateway's own in the place of Envoy's.
    async fn reply_instead<B>(&self, head: &response::Parts, body: B) -> Result<(), Status>
    where
        B: Body<Data = Bytes, Error: std::error::Error + 'static>,
    {
        let body = body.collect().await.map_err(|error| broken_off(&error))?.to_bytes();
        let answer = ImmediateResponse {
            status: Some(HttpStatus { code: head.status.as_u16().into() }),
            headers: Some(heads::all(&head.headers)),
            body,
            details: "dateline".to_owned(),
        };
        self.say(Reply::ImmediateResponse(answer), None).await;
        Ok(())
    }

    /// Reads what Envoy says, until it has no more to say.
    async fn read(
        &self,
        said: &mut Streaming<ProcessingRequest>,
        mut up: Option<Feed>,
        answer: oneshot::Sender<(AnswerHead, Fed)>,
    ) {
        let (mut down, mut answer) = (None::<Feed>, Some(answer));
        loop {
            let said = tokio::select! {
                biased;
                () = asked(&up), if self.up.fate() == BodyFate::Open => {
                    self.read_request().await;
                    continue;
                }
                said = said.message() => said,
            };
            // Where the stream is broken, nobody is there to be told.
            let Ok(Some(ProcessingRequest { request: Some(part), attributes, .. })) = said else {
                return;
            };
            match part {
                Part::RequestBody(body) => {
                    tokio::select! {
                        biased;
                        () = asked(&up), if self.up.fate() == BodyFate::Open => self.read_request().await,
                        () = self.up.settled() => {}
                    }
                    self.take(Half::Request, up.as_ref(), body).await;
                }
                Part::RequestTrailers(trailers) => {
                    self.end(Half::Request, up.as_ref(), trailers.trailers).await
                }
                Part::ResponseHeaders(head) => {
                    // A request that is not whole now will never be.
                    up = None;
                    let Ok(head) = heads::answer(head, attributes.into_values()) else { return };
                    let Some(answer) = answer.take() else { return };
                    let body;
                    (down, body) = body_behind(&head.headers, head.ends);
                    if self.translated.load(Relaxed) && !head.ends {
                        self.down.is(BodyFate::Read);
                        if self.modes.answer == Mode::Whole {
                            // Its head can still change when its body is there.
                            self.say(Half::Answer.head(CommonResponse::default()), None).await;
                        }
                    }
                    // Whoever waited for it may have left.
                    let _ = answer.send((head, body));
                }
                Part::ResponseBody(body) => {
                    self.down.settled().await;
                    self.take(Half::Answer, down.as_ref(), body).await;
                }
                Part::ResponseTrailers(trailers) => {
                    self.down.settled().await;
                    self.end(Half::Answer, down.as_ref(), trailers.trailers).await;
                }
                Part::RequestHeaders(_) => return,
            }
        }
    }

    /// The request's body is to be read before anything is answered.
    async fn read_request(&self) {
        self.up.is(BodyFate::Read);
        match self.modes.request {
            Mode::OnDemand => {
                self.send(None, self.modes.told(true, false)).await;
            }
            Mode::Duplex => {}
            // Its head can still change when its body is there.
            Mode::Whole => self.say(Half::Request.head(CommonResponse::default()), None).await,
        }
    }

    /// Takes a piece of a body.
    async fn take(&self, half: Half, feed: Option<&Feed>, HttpBody { body, end_of_stream }: HttpBody) {
        let (direction, mode) = self.direction(half);
        match (direction.fate(), feed) {
            (BodyFate::Read, Some(feed)) => feed.give(body, end_of_stream || mode == Mode::Whole).await,
            (BodyFate::Read, None) => {}
            (_, _) if mode == Mode::Whole => self.say(half.body(CommonResponse::default()), None).await,
            (_, _) => self.say_pieces(half, body, end_of_stream).await,
        }
    }

    /// A body has ended with trailers.
    async fn end(&self, half: Half, feed: Option<&Feed>, trailers: Option<proto::HeaderMap>) {
        let (direction, _) = self.direction(half);
        match (direction.fate(), feed) {
            (BodyFate::Read, Some(feed)) => {
                let _ = direction.trailers.set(trailers);
                feed.give(Bytes::new(), true).await;
            }
            (BodyFate::Read, None) => {}
            (_, _) => self.say(half.trailers(None), None).await,
        }
    }

    fn direction(&self, half: Half) -> (&Direction, Mode) {
        match half {
            Half::Request => (&self.up, self.modes.request),
            Half::Answer => (&self.down, self.modes.answer),
        }
    }

    /// The rest of a body that has been read: its end.
    pub(super) async fn say_end(&self, half: Half) {
        match self.direction(half).0.trailers.get() {
            // Trailer fields are nobody's business.
            Some(trailers) => self.say(half.trailers(Some(heads::no_trailers(trailers.clone()))), None).await,
            None => self.say_pieces(half, Bytes::new(), true).await,
        }
    }

    pub(super) async fn say_pieces(&self, half: Half, mut bytes: Bytes, end_of_stream: bool) {
        loop {
            let body = bytes.split_to(bytes.len().min(PIECE));
            let piece = StreamedBodyResponse { body, end_of_stream: end_of_stream && bytes.is_empty() };
            self.say(half.body(changes(None, Some(Mutation::StreamedResponse(piece)))), None).await;
            if bytes.is_empty() {
                return;
            }
        }
    }

    pub(super) async fn say(&self, reply: Reply, mode_override: Option<ProcessingMode>) {
        self.send(Some(reply), mode_override).await;
    }

    async fn send(&self, response: Option<Reply>, mode_override: Option<ProcessingMode>) {
        let reply = ProcessingResponse { response, mode_override };
        // Where nobody takes them, this is dropped with them.
        let _ = self.replies.send(reply).await;
    }
}

/// A request as it has begun, what feeds its body where it has one, and its id.
fn begun(head: HttpHeaders) -> Result<(Option<Feed>, Request<IncomingBody>, HeaderValue), heads::NoHead> {
    let ends = head.end_of_stream;
    let mut request = heads::request(head)?;
    let (feed, body) = body_behind(request.headers(), ends);
    let id = request_id(request.headers_mut());
    Ok((feed, request.map(|()| IncomingBody::Fed(body)), id))
}

/// The body that comes behind a head, and what feeds it, where the stream does not end with that.
fn body_behind(head: &HeaderMap, ends: bool) -> (Option<Feed>, Fed) {
    if ends {
        return (None, Fed::empty());
    }
    let (feed, body) = fed(heads::length(head));
    (Some(feed), body)
}

/// Returns when the body is asked for; never where there is none.
async fn asked(feed: &Option<Feed>) {
    match feed {
        Some(feed) => feed.asked().await,
        None => std::future::pending().await,
    }
}

/// The filter is configured in a way in which nothing can be translated.
fn unfit(problem: impl std::fmt::Display) -> Status {
    tracing::error!(target: "dateline::gateway::ext_proc", error = %problem, "Envoy's filter is not configured for this");
    Status::failed_precondition(problem.to_string())
}

/// The gateway ends before this has.
fn unavailable() -> Status {
    Status::unavailable("the gateway ends")
}

/// An answer was broken off: Envoy is to break it off as well.
fn broken_off(error: &(dyn std::error::Error + 'static)) -> Status {
    Status::data_loss(chain(error))
}
