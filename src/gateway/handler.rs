//! The life of a request, as a straight line.

use super::{
    arriving::Arriving,
    body::{Carried, Timed, collect},
    broken::{overloaded, refuse_request, refuse_response},
    budget::Budget,
    coding::{Coding, Codings, Source},
    cors::asking_origin,
    end_check::{EndCheck, EndChecked},
    error::{Error, Outcome},
    exchange::{
        Asked, Exchange, Exchanges, REQUEST, RequestText, Stated, Treatment,
        hop::{self, Arrival},
        seals_of,
    },
    ledger::{Credential, Ledger, Translation},
    life::Life,
    loops::{CameBack, HOPS, Outgoing},
    passed::{Beginning, Passed},
    record::{Access, Record, RecordedBody},
    recorder::Recorder,
    reworded::{self, Reading, Told},
    telemetry::Tracing,
    tls::Tls,
    translated::{Begun, Translated, Until},
    upstream::{Answer, LeftOut, Upstream},
    verify,
    way::Way,
};
use crate::{
    config::{Limits, Timeouts},
    pin::PinError,
    step::Losses,
    translate::{Media, ResponseStream},
    words::Words,
};
use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, Version, header, request, response};
use http_body::Body;
use http_body_util::Full;
use std::{sync::Arc, time::Instant};

/// What a request is handled with, from its beginning to its end.
#[derive(Debug)]
pub(crate) struct Handler {
    pub(crate) exchanges: Arc<Exchanges>,
    pub(crate) upstream: Arc<Upstream>,
    /// The connections that this gateway has opened.
    pub(crate) outgoing: Arc<Outgoing>,
    pub(crate) life: Arc<Life>,
    /// For the connections that begin now.
    pub(crate) tls: Option<Arc<Tls>>,
    pub(crate) budget: Arc<Budget>,
    pub(crate) ledger: Arc<Ledger>,
    /// Of what operators show (`admin.token_sha256`).
    pub(crate) admin_token: Option<[u8; 32]>,
    pub(crate) tracing: Tracing,
    /// Which answers are verified; nothing where none are.
    pub(crate) verify: Option<Arc<verify::Live>>,
    /// What verification came to.
    pub(crate) verified: Arc<verify::Site>,
    /// What the log has of requests beside what it always has.
    pub(crate) access: Option<Access>,
    /// Where exchanges are recorded.
    pub(crate) recorder: Option<Arc<Recorder>>,
    pub(crate) limits: Limits,
    pub(crate) timeouts: Timeouts,
}

/// The body of an answer as the client gets it, and what its head says of it.
struct Down {
    body: Carried,
    treatment: Treatment,
    /// Where all of the body is there.
    length: Option<usize>,
    /// Of a translated body.
    coding: Option<Coding>,
    losses: Option<String>,
    /// The end of the connection is all that ends it.
    ends_with_connection: bool,
}

impl Handler {
    /// Answers a request: with the upstream's answer in the client's version, or with an error.
    pub(crate) async fn handle(
        &self,
        way: &impl Way,
        request: Request<Arriving>,
        request_id: &str,
    ) -> Response<RecordedBody> {
        let under_way = self.life.begin(self.limits.exchanges);
        let has_room = under_way.is_some();
        // In one place from its beginning to its end: moving it with the answer costs more than the box.
        let record = Record::new(request_id, request.method(), under_way, Arc::clone(&self.ledger));
        let mut record = Box::new(record);
        record.traced(self.tracing.begin(&request));
        record.shows(Credential::of(request.headers()));
        if let Some(access) = &self.access {
            let head = (request.uri(), request.headers());
            record.saw(Some(access.see(&self.exchanges, head, request.extensions().get().copied())));
        }
        let (version, origin) = (request.version(), asking_origin(request.headers()));
        let answer = match has_room {
            true => self.exchange(way, request, origin.as_ref(), &mut record).await,
            false => {
                record.undecided(self.exchanges.client(request.uri(), request.headers()), None);
                Err(Error::Busy)
            }
        };
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) => {
                record.failed(&error);
                self.refuse(&error, version, origin.as_ref(), &record)
            }
        };
        record.answered(answer.status(), answer.headers());
        answer.map(|body| RecordedBody::new(body, record))
    }

    async fn exchange(
        &self,
        way: &impl Way,
        request: Request<Arriving>,
        origin: Option<&HeaderValue>,
        record: &mut Record,
    ) -> Result<Response<Carried>, Error> {
        let (mut head, body) = request.into_parts();
        let hops = match head.extensions.get::<CameBack>() {
            Some(CameBack) => Err(Error::CameBack),
            None => self.upstream.beyond().hops(&head.headers),
        };
        let decided = hops.and_then(|hops| {
            self.measure(&head)?;
            Ok((hops, self.exchanges.decide(&head)?))
        });
        let (hops, exchange) = decided.inspect_err(|error| self.undecided(error, &head, record))?;
        record.decided(&exchange);
        self.exchanges.admit(&exchange.pin)?;
        if let Some(live) = &self.verify {
            record.verify(live.sample(&head, &exchange, body.is_end_stream(), record.request_id()));
        }
        if let Some(recorder) = &self.recorder {
            record.keep(recorder.begin(&head, &exchange));
        }

        let mut losses = Losses::default();
        let mut asked = None;
        let (mut up, body) = self.up(&exchange, &mut head, body, record, (&mut losses, &mut asked)).await?;
        exchange.judge_request(&head.method, &losses)?;
        record.lost(losses);
        record.trace().tell(&mut up.headers);
        if let Some(hops) = hops {
            up.headers.insert(HOPS, hops);
        }

        record.sending();
        let answer = way.send(up, body, exchange.translates_answers()).await;
        record.upstream_took();

        let (came, body) = answer?.into_parts();
        record.responded();
        if let Some(origin) = origin {
            self.upstream.origins().learn(origin, &head.method, came.status, &came.headers);
        }
        let left_out: Option<&Arc<LeftOut>> = came.extensions.get();
        record.left_out(left_out.cloned());
        let words = exchange.words(&head, asked, &came);
        let stated = exchange.stated(&came.headers, left_out.map(|left_out| &**left_out));
        let exchange = match stated {
            Stated::AsAsked => exchange,
            other => {
                let reads = way.reads(exchange.translates_answers());
                let came_empty = (&came, body.is_end_stream());
                let turned = self.exchanges.as_answered(exchange, &head, came_empty, other, reads);
                record.stated(other, turned.as_ref().map(Exchange::is_unclear));
                turned.map_err(|error| error.after(came.status, &came.headers))?
            }
        };
        let until = self.until(way, &head);
        let down = self.down(&exchange, &head, &came, (body, words), until, record).await;
        let response::Parts { status, headers, .. } = came;
        let Down { body, treatment, length, coding, losses, ends_with_connection } =
            down.map_err(|error| error.after(status, &headers))?;
        if exchange.is_changed(status, treatment) {
            record.unsigned(seals_of(&headers));
        }
        let mut answer = Response::new(body);
        *answer.status_mut() = status;
        *answer.headers_mut() =
            exchange.response_headers(headers, status, treatment, length, coding, losses.as_deref());
        if record.is_untranslated() {
            answer.headers_mut().insert(REQUEST, HeaderValue::from_static("untranslated"));
        }
        if ends_with_connection && head.version < Version::HTTP_2 {
            // The server ends an answer with the connection in this version only. In chunks, its end would look
            // surer than it is.
            *answer.version_mut() = Version::HTTP_10;
            answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        Ok(answer)
    }

    /// What the log has of a request that is refused before anything of it was decided.
    fn undecided(&self, error: &Error, head: &request::Parts, record: &mut Record) {
        let is_unsupported = matches!(error, Error::Pin(PinError::Unsupported { .. }));
        let wanted = head.headers.get(self.exchanges.version_header()).filter(|_| is_unsupported);
        let client = self.exchanges.client(&head.uri, &head.headers);
        record.undecided(client, wanted.map(HeaderValue::as_bytes));
    }

    /// Whether what a request is handled with needs the address of its connection.
    pub(crate) fn needs_peer(&self) -> bool {
        self.exchanges.tell_the_way() || self.access.as_ref().is_some_and(Access::needs_peer)
    }

    /// What the server has let pass: HTTP/1 heads are measured there, fields of HTTP/2 are not counted, and a URI is
    /// measured nowhere.
    fn measure(&self, head: &request::Parts) -> Result<(), Error> {
        let Limits { uri_bytes, headers, .. } = self.limits;
        let length = head.uri.path_and_query().map_or(0, |target| target.as_str().len());
        if length as u64 > uri_bytes {
            return Err(Error::UriTooLong { limit: uri_bytes });
        }
        match head.headers.len() > headers as usize {
            true => Err(Error::TooManyFields { limit: headers }),
            false => Ok(()),
        }
    }

    /// The request as the upstream gets it.
    async fn up(
        &self,
        exchange: &Exchange<'_>,
        head: &mut request::Parts,
        body: Arriving,
        record: &mut Record,
        (losses, asked): (&mut Losses, &mut Option<Asked>),
    ) -> Result<(request::Parts, Carried), Error> {
        let (target, lost) = exchange.target(&head.uri)?;
        losses.extend(lost);
        let empty = body.is_end_stream();
        let media = exchange.request_body(&head.headers, empty)?;
        let Timeouts { request_body_idle, request_body, .. } = self.timeouts;
        let mut body = Timed::new(body, request_body_idle, record.request_bytes()).within(request_body);
        if let Some(taken) = record.taken() {
            body = body.tapped(taken.request());
        }
        let (body, length) = match media {
            Some(kind) => self.read(exchange, kind, body, record, (losses, asked)).await?,
            None if empty => (Carried::empty(), None),
            None => (Carried::Stream(body), None),
        };
        if length.is_some() {
            record.unsigned(seals_of(&head.headers));
        }
        let arrival = Arrival {
            peer: head.extensions.get().copied(),
            host: hop::asked_host(&head.uri, &head.headers),
            version: head.version,
        };
        let (mut up, ()) = Request::new(()).into_parts();
        up.method = head.method.clone();
        up.uri = target.into();
        up.headers = exchange.request_headers(std::mem::take(&mut head.headers), arrival, length);
        if body.is_end_stream() && defines_a_body(&up.method) {
            // The client library says no length of nothing, and some servers answer 411 then.
            up.headers.entry(header::CONTENT_LENGTH).or_insert(HeaderValue::from_static("0"));
        }
        Ok((up, body))
    }

    /// The body of a request that is read whole, as the upstream gets it, and its length where it is another one than
    /// the client sent.
    async fn read(
        &self,
        exchange: &Exchange<'_>,
        (media, codings): (Media, Codings),
        body: Timed<Arriving>,
        record: &mut Record,
        (losses, asked): (&mut Losses, &mut Option<Asked>),
    ) -> Result<(Carried, Option<usize>), Error> {
        let mut share = self.budget.share();
        let body = Source::new(body, codings, self.limits.decoded_ratio);
        let body = collect(body, self.limits.request_bytes, &mut share).await.map_err(refuse_request)?;
        let decoded = (!codings.is_plain()).then_some(body.len());
        if body.is_empty() {
            return Ok((Carried::whole(body), decoded));
        }
        let begun = Instant::now();
        let text = exchange.request_text(media, &body);
        if exchange.translates_requests() {
            record.request_translated(Translation::since(begun, body.len()));
        }
        let output = match text? {
            RequestText::Translated(output, lost) => {
                losses.extend(lost);
                *asked = self.kept(media, body.clone());
                output
            }
            RequestText::Untranslated(why, output, lost) => {
                record.untranslated(why);
                losses.extend(lost);
                output
            }
            RequestText::Same => None,
        };
        let Some(output) = output else { return Ok((Carried::whole(share.bind(body)), decoded)) };
        let length = output.len();
        share.keep(length).map_err(|full| overloaded(full, Outcome::NotSent))?;
        Ok((Carried::whole(share.bind(output.into())), Some(length)))
    }

    /// What becomes of the answer's body.
    async fn down(
        &self,
        exchange: &Exchange<'_>,
        head: &request::Parts,
        came: &response::Parts,
        (body, words): (Answer, Option<Words>),
        until: Until,
        record: &mut Record,
    ) -> Result<Down, Error> {
        let mut treatment =
            exchange.treatment(&head.method, came.status, &came.headers, body.is_end_stream())?;
        record.treated(treatment);
        let unsure = body.ends_with_connection();
        let plan = exchange.plan.filter(|_| treatment == Treatment::Translate);
        let check = match unsure && plan.is_none() {
            true => EndCheck::of(came.status, &came.headers, &self.limits, self.budget.share()),
            false => None,
        };
        // What only the end of the connection ends is passed on so, unless it tells by itself that it is whole.
        let ends_with_connection =
            unsure && plan.is_none() && !check.as_ref().is_some_and(|check| check.is_sure());
        let mut body = Timed::new(body, self.timeouts.idle, record.answer());
        if let Some(taken) = record.taken() {
            body = body.tapped(taken.answer(came));
        }
        let (mut length, mut possible) = (None, Losses::default());
        let (codings, mut coding) = exchange.codings(&came.headers);
        let mut whole = |body: Bytes| {
            length = Some(body.len());
            Carried::whole(body)
        };
        if words.is_some() && head.method == Method::HEAD {
            // Whatever `GET` would say, it may be of another length.
            treatment = Treatment::Reword;
        }
        let judged = treatment == Treatment::Translate && exchange.judges_answer(&head.method);
        let body = match (plan, until) {
            (Some(plan), until) => {
                let until = match until {
                    Until::Bytes(_) if judged => self.to_the_end(),
                    other => other,
                };
                let object_bytes = usize::try_from(self.limits.object_bytes).unwrap_or(usize::MAX);
                let mut stream = ResponseStream::new(Arc::clone(plan), object_bytes);
                if !judged && exchange.refuses_misplaced(&head.method) {
                    stream = stream.refusing_misplaced();
                }
                let body = Source::new(body, codings, self.limits.decoded_ratio);
                let begun = Translated::new(body, stream, coding, self.budget.share()).begin(until).await;
                let refused = |error| exchange.judged(refuse_response(error)).of_unknown_length(unsure);
                match begun.map_err(refused)? {
                    Begun::Whole { body, .. } if unsure && body.is_empty() => {
                        return Err(Error::ResponseTruncated("no JSON, and no length".to_owned()));
                    }
                    Begun::Whole { body, losses, translation } => {
                        record.response_translated(translation);
                        if judged {
                            exchange.judge_answer(&losses)?;
                        }
                        record.lost(losses);
                        coding = coding.filter(|_| !body.is_empty());
                        whole(body)
                    }
                    Begun::Stream(body) => {
                        possible = plan.possible_response_losses();
                        Carried::Translated(body)
                    }
                }
            }
            (None, until) if words.is_some() && !ends_with_connection && !body.is_end_stream() => {
                let body = EndChecked::new(body, check);
                let Limits { buffer_bytes: limit, decoded_ratio: ratio, .. } = self.limits;
                let reading = Reading { codings, limit, ratio };
                let told = reworded::tell(body, &words.unwrap_or_default(), reading, &self.budget).await;
                match (told.map_err(|error| refuse_response(error.into()))?, until) {
                    (Told::Reworded(body, names), _) => {
                        treatment = Treatment::Reword;
                        record.reworded(names);
                        whole(body)
                    }
                    (Told::Same(body), _) => whole(body),
                    (Told::Longer(body), Until::End { limit }) if body.size_hint().exact().is_none() => {
                        let mut share = self.budget.share();
                        let body = collect(Source::Plain(*body), limit, &mut share).await;
                        whole(share.bind(body.map_err(refuse_response)?))
                    }
                    (Told::Longer(body), _) => Carried::Passed(body),
                }
            }
            (None, Until::End { limit }) if !ends_with_connection && body.size_hint().exact().is_none() => {
                let mut share = self.budget.share();
                let body = collect(Source::Plain(EndChecked::new(body, check)), limit, &mut share).await;
                whole(share.bind(body.map_err(refuse_response)?))
            }
            (None, _) => {
                let begun = Passed::begin(EndChecked::new(body, check), self.limits.buffer_bytes).await;
                match begun.map_err(|error| refuse_response(error.into()))? {
                    Beginning::Whole(body) if unsure => whole(body),
                    Beginning::Whole(body) => Carried::whole(body),
                    Beginning::Stream(body) => Carried::Passed(body),
                }
            }
        };
        if let (Some(plan), Treatment::HeadOnly) = (exchange.plan, treatment) {
            possible = plan.possible_response_losses();
        }
        let losses = exchange.loss_text(record.losses(), &possible);
        Ok(Down { body, treatment, length, coding, losses, ends_with_connection })
    }

    /// The client's own body, kept until the upstream has answered: its errors are told in the client's words then. What
    /// is large, or finds no room, is not kept.
    fn kept(&self, media: Media, body: Bytes) -> Option<Asked> {
        if !self.exchanges.tells_in_own_words() || body.len() as u64 > self.limits.buffer_bytes {
            return None;
        }
        let mut share = self.budget.share();
        share.keep(body.len()).ok()?;
        Some((media, share.bind(body)))
    }

    /// How much of an answer is read before its head is sent. A client with HTTP/1.0 takes the end of the connection
    /// for the end of a body without a length, so it gets a length wherever the upstream said where the body ends.
    fn until(&self, way: &impl Way, head: &request::Parts) -> Until {
        match head.version < Version::HTTP_11 {
            true => self.to_the_end(),
            // It is all there already.
            false if way.holds_heads() => Until::End { limit: u64::MAX },
            false => Until::Bytes(self.limits.buffer_bytes),
        }
    }

    /// All of an answer, up to a limit.
    fn to_the_end(&self) -> Until {
        let Limits { buffer_bytes, object_bytes, .. } = self.limits;
        Until::End { limit: object_bytes.max(buffer_bytes) }
    }

    fn refuse(
        &self,
        error: &Error,
        version: Version,
        origin: Option<&HeaderValue>,
        record: &Record,
    ) -> Response<Carried> {
        let mut answer = Response::new(Carried::whole(self.exchanges.error_body(error, record.request_id())));
        *answer.status_mut() = error.status();
        *answer.headers_mut() = self.exchanges.refusal(error, record.pinned());
        self.exchanges.let_read(answer.headers_mut(), origin, self.upstream.origins());
        if error.closes() && version < Version::HTTP_2 {
            answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        answer
    }

    /// The answer of a handler that has panicked, or was broken off.
    pub(crate) fn broken(&self, request_id: &str, origin: Option<&HeaderValue>) -> Response<Full<Bytes>> {
        self.unhandled(&Error::Internal(String::new()), request_id, origin)
    }

    /// The answer where there are too many connections.
    pub(crate) fn refused(&self, request_id: &str, origin: Option<&HeaderValue>) -> Response<Full<Bytes>> {
        self.ledger.fail(Error::Busy.code(), Error::Busy.outcome());
        self.unhandled(&Error::Busy, request_id, origin)
    }

    fn unhandled(
        &self,
        error: &Error,
        request_id: &str,
        origin: Option<&HeaderValue>,
    ) -> Response<Full<Bytes>> {
        let mut answer = Response::new(Full::new(self.exchanges.error_body(error, request_id).into()));
        *answer.status_mut() = error.status();
        *answer.headers_mut() = self.exchanges.refusal(error, None);
        self.exchanges.let_read(answer.headers_mut(), origin, self.upstream.origins());
        answer
    }
}

/// Whether a method gives its body a meaning, so that a request without one says that it has none (RFC 9110, 8.6).
fn defines_a_body(method: &Method) -> bool {
    matches!(*method, Method::POST | Method::PUT | Method::PATCH)
}
