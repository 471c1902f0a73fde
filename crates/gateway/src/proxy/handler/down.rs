//! The way down: the body of an answer as the client gets it.
//!
//! [`route`] decides once, before anything of the body is read, and each route is one function.

use super::{
    super::{
        body::{BodyError, IdleTimeout, collect, down::DownBody},
        coding::{Coding, Codings, Source},
        end_check::{EndCheck, EndChecked},
        error::Error,
        translated::{ReadUntil, Translated, TranslatedStart},
        upstream::Answer,
    },
    Handler,
};
use crate::{
    config::Limits,
    observe::stats::Translation,
    proxy::{
        backend::Backend,
        body_error::{overloaded, refuse_response},
        error_rewrite::{self, ErrorReading, Rewritten},
        passthrough::{Passed, PassedStart},
        request_log::RequestLog,
    },
};
use bytes::Bytes;
use dateline_core::{error_names::Words, plan::Plan, translate::ResponseStream};
use dateline_http::{
    exchange::{Exchange, MovedAnswer, Refusal, Treatment},
    outcome::Outcome,
};
use http::{HeaderMap, Method, StatusCode, Version, request, response};
use http_body::Body;
use std::{sync::Arc, time::Instant};

/// The body of an answer as the client gets it, and what its head says of it.
pub(super) struct Down {
    pub(super) body: DownBody,
    pub(super) treatment: Treatment,
    /// The length, if the whole body is known.
    pub(super) length: Option<usize>,
    /// The content coding of a translated body.
    pub(super) coding: Option<Coding>,
    pub(super) losses: Option<String>,
    /// The status and the header fields, where values of the answer have moved from or to its body.
    pub(super) moved: Option<Box<(StatusCode, HeaderMap)>>,
    /// The end of the connection is all that ends it.
    pub(super) ends_with_connection: bool,
}

/// An answer of the upstream, before anything of its body is read.
pub(super) struct UpstreamAnswer<'a> {
    pub(super) head: &'a response::Parts,
    pub(super) body: Answer,
    /// The words of the client, if it is an error that is told in them.
    pub(super) words: Option<Words>,
}

/// The way in which the body of an answer goes down.
#[derive(Debug)]
enum Route<'p> {
    /// Read whole, since values move from or to it.
    Move,
    /// Translated by a plan.
    Translate(&'p Arc<Plan>),
    /// Read as far as an error of the API's is long, and told in the client's words.
    Reword(Words),
    /// Read whole, up to so many bytes: the client has to be told a length.
    Read { limit: u64 },
    /// Passed on as it comes.
    Pass,
}

/// The facts that are known about a body before it is read.
#[derive(Debug, Clone, Copy)]
struct Known {
    is_empty: bool,
    has_length: bool,
    /// The end of the connection is all that ends it, for the client as well.
    ends_with_connection: bool,
}

/// Chooses the way for the body of an answer.
fn route<'p>(plan: Option<&'p Arc<Plan>>, words: Option<Words>, until: ReadUntil, known: Known) -> Route<'p> {
    let Known { is_empty, has_length, ends_with_connection } = known;
    match (plan, words, until) {
        (Some(plan), _, _) => Route::Translate(plan),
        (None, Some(words), _) if !ends_with_connection && !is_empty => Route::Reword(words),
        (None, _, ReadUntil::End { limit }) if !ends_with_connection && !has_length => Route::Read { limit },
        (None, _, _) => Route::Pass,
    }
}

/// A body that is translated, and the way in which it is.
struct TranslatedBody<'p> {
    plan: &'p Arc<Plan>,
    body: Source<IdleTimeout<Answer>>,
    /// True if only the end of the connection ends it.
    unsure: bool,
    /// The coding of the client's body.
    coding: Option<Coding>,
}

/// A body that goes down, and what is known of it by then.
struct ClientBody {
    body: DownBody,
    length: Option<usize>,
    moved: Option<Box<(StatusCode, HeaderMap)>>,
}

impl ClientBody {
    /// All of it is there.
    fn whole(body: Bytes) -> Self {
        ClientBody { length: Some(body.len()), ..ClientBody::on(DownBody::whole(body)) }
    }

    /// Makes an answer whose body knows its length, or is streamed.
    fn on(body: DownBody) -> Self {
        ClientBody { body, length: None, moved: None }
    }
}

impl Handler {
    /// Has the body of an answer go down.
    ///
    /// # Errors
    /// An error if the client cannot have the answer, as far as that shows before its head is sent.
    pub(super) async fn down(
        &self,
        exchange: &Exchange<'_>,
        head: &request::Parts,
        UpstreamAnswer { head: came, body, words }: UpstreamAnswer<'_>,
        until: ReadUntil,
        log: &mut RequestLog,
    ) -> Result<Down, Error> {
        let mut treatment =
            exchange.treatment(&head.method, came.status, &came.headers, body.is_end_stream())?;
        log.treated(treatment);
        let unsure = body.ends_with_connection();
        let plan = exchange.plan.filter(|_| treatment == Treatment::Translate);
        let check = match unsure && plan.is_none() {
            true => EndCheck::of(came.status, &came.headers, &self.limits, self.budget.share()),
            false => None,
        };
        // What only the end of the connection ends is passed on so, unless it tells by itself that it is whole.
        let ends_with_connection =
            unsure && plan.is_none() && !check.as_ref().is_some_and(|check| check.is_sure());
        let mut body = IdleTimeout::new(body, self.timeouts.response_body_idle, log.answer());
        body.tap(log.watches().answer(came));
        let is_read = words.is_some() || !matches!(treatment, Treatment::Pass | Treatment::Foreign);
        let (codings, coding) = match is_read {
            true => exchange.codings(&came.headers),
            false => Default::default(),
        };
        if words.is_some() && head.method == Method::HEAD {
            // Whatever `GET` would say, it may be of another length.
            treatment = Treatment::Reword;
        }
        let known = Known {
            is_empty: body.is_end_stream(),
            has_length: body.size_hint().exact().is_some(),
            ends_with_connection,
        };
        let way = match treatment == Treatment::Move {
            true => Route::Move,
            false => route(plan, words, until, known),
        };
        let ClientBody { body, length, moved } = match way {
            Route::Move => {
                let body = Source::new(body, codings, self.limits.max_decompression_ratio);
                Box::pin(self.move_answer(exchange, head, came, body, log)).await?
            }
            Route::Translate(plan) => {
                let body = Source::new(body, codings, self.limits.max_decompression_ratio);
                let body = TranslatedBody { plan, body, unsure, coding };
                self.translate(exchange, &head.method, body, until, log).await?
            }
            Route::Reword(words) => {
                let body = EndChecked::new(body, check);
                let (ready, reworded) = self.reword(body, &words, codings, until, log).await?;
                if reworded {
                    treatment = Treatment::Reword;
                }
                ready
            }
            Route::Read { limit } => self.read_whole(EndChecked::new(body, check), limit).await?,
            Route::Pass => self.pass(EndChecked::new(body, check), unsure).await?,
        };
        // What goes on after the head, or would for `GET`, may lose what no one knows yet.
        let is_open = matches!(body, DownBody::Translated(_)) || treatment == Treatment::HeadOnly;
        let possible = exchange.plan.filter(|_| is_open).map(|plan| plan.possible_response_losses());
        // Nothing is not coded.
        let coding = coding.filter(|_| treatment != Treatment::Translate || length != Some(0));
        let coding = coding.filter(|_| treatment != Treatment::Move);
        let losses = exchange.loss_text(log.losses(), possible);
        Ok(Down { body, treatment, length, coding, losses, moved, ends_with_connection })
    }

    /// Reads an answer whole and moves its values from and to its body.
    async fn move_answer(
        &self,
        exchange: &Exchange<'_>,
        head: &request::Parts,
        came: &response::Parts,
        body: Source<IdleTimeout<Answer>>,
        log: &mut RequestLog,
    ) -> Result<ClientBody, Error> {
        let Limits { buffer_bytes, object_bytes, .. } = self.limits;
        let mut share = self.budget.share();
        let body =
            collect(body, object_bytes.max(buffer_bytes), &mut share).await.map_err(refuse_response)?;
        let (mut status, mut headers) = (came.status, came.headers.clone());
        let begun = Instant::now();
        let moved = exchange.move_answer(&mut status, &mut headers, &body);
        log.response_translated(Translation::since(begun, body.len()));
        let MovedAnswer { body, losses } = moved?;
        // All of it is here, so what is lost is known.
        if exchange.refuses_misplaced(&head.method) {
            exchange.judge_answer(&losses)?;
        }
        log.lost(losses);
        share.keep(body.len()).map_err(|full| overloaded(full, Outcome::Responded))?;
        let moved = Some(Box::new((status, headers)));
        let length = (!has_no_body(status)).then_some(body.len());
        let body = match head.method == Method::HEAD {
            true => DownBody::whole(Bytes::new()),
            false => DownBody::whole(share.bind(body)),
        };
        Ok(ClientBody { body, length: length.filter(|_| head.method != Method::HEAD), moved })
    }

    /// Translates a body, and waits with it until its head can be trusted.
    async fn translate(
        &self,
        exchange: &Exchange<'_>,
        method: &Method,
        TranslatedBody { plan, body, unsure, coding }: TranslatedBody<'_>,
        until: ReadUntil,
        log: &mut RequestLog,
    ) -> Result<ClientBody, Error> {
        let judged = exchange.judges_answer(method);
        let until = match until {
            ReadUntil::Bytes(_) if judged => self.to_the_end(),
            other => other,
        };
        let object_bytes = usize::try_from(self.limits.object_bytes).unwrap_or(usize::MAX);
        let mut stream = ResponseStream::new(Arc::clone(plan), object_bytes);
        if !judged && exchange.refuses_misplaced(method) {
            stream = stream.refusing_misplaced();
        }
        let begun = Translated::new(body, stream, coding, self.budget.share()).begin(until).await;
        let refused = |error| blamed(exchange, refuse_response(error)).of_unknown_length(unsure);
        match begun.map_err(refused)? {
            TranslatedStart::Whole { body, .. } if unsure && body.is_empty() => {
                Err(Refusal::ResponseTruncated("no JSON, and no length".to_owned()).into())
            }
            TranslatedStart::Whole { body, losses, translation } => {
                log.response_translated(translation);
                if judged {
                    exchange.judge_answer(&losses)?;
                }
                log.lost(losses);
                Ok(ClientBody::whole(body))
            }
            TranslatedStart::Stream(body) => Ok(ClientBody::on(DownBody::Translated(body))),
        }
    }

    /// Tells an error of the API's in the client's words, and says whether it did; one that is longer than such errors are
    /// passes.
    async fn reword(
        &self,
        body: EndChecked<Answer>,
        words: &Words,
        codings: Codings,
        until: ReadUntil,
        log: &mut RequestLog,
    ) -> Result<(ClientBody, bool), Error> {
        let Limits { buffer_bytes: limit, max_decompression_ratio: ratio, .. } = self.limits;
        let reading = ErrorReading { codings, limit, ratio };
        let told = error_rewrite::tell(body, words, reading, &self.budget).await;
        let ready = match (told.map_err(|error| refuse_response(error.into()))?, until) {
            (Rewritten::Reworded(body, names, losses), _) => {
                log.reworded(names);
                log.lost(losses);
                return Ok((ClientBody::whole(body), true));
            }
            (Rewritten::Same(body), _) => ClientBody::whole(body),
            (Rewritten::Longer(body), ReadUntil::End { limit }) if body.size_hint().exact().is_none() => {
                self.read_whole(*body, limit).await?
            }
            (Rewritten::Longer(body), _) => ClientBody::on(DownBody::Passed(body)),
        };
        Ok((ready, false))
    }

    /// Reads a body whole for a client that has to be told its length.
    async fn read_whole<B>(&self, body: B, limit: u64) -> Result<ClientBody, Error>
    where
        B: Body<Data = Bytes, Error = BodyError> + Unpin,
    {
        let mut share = self.budget.share();
        let body = collect(Source::Plain(body), limit, &mut share).await.map_err(refuse_response)?;
        Ok(ClientBody::whole(share.bind(body)))
    }

    /// Passes a body on as it comes.
    async fn pass(&self, body: EndChecked<Answer>, unsure: bool) -> Result<ClientBody, Error> {
        let begun = Passed::begin(body, self.limits.buffer_bytes).await;
        Ok(match begun.map_err(|error| refuse_response(error.into()))? {
            PassedStart::Whole(body) if unsure => ClientBody::whole(body),
            PassedStart::Whole(body) => ClientBody::on(DownBody::whole(body)),
            PassedStart::Stream(body) => ClientBody::on(DownBody::Passed(body)),
        })
    }

    /// Returns how much of an answer is read before its head is sent. An HTTP/1.0 client takes the end of the
    /// connection for the end of a body without a length, so it gets a length whenever the upstream announced the end.
    pub(super) fn until(&self, backend: &impl Backend, head: &request::Parts) -> ReadUntil {
        match head.version < Version::HTTP_11 {
            true => self.to_the_end(),
            // It is all there already.
            false if backend.holds_heads() => ReadUntil::End { limit: u64::MAX },
            false => ReadUntil::Bytes(self.limits.buffer_bytes),
        }
    }

    /// All of an answer, up to a limit.
    fn to_the_end(&self) -> ReadUntil {
        let Limits { buffer_bytes, object_bytes, .. } = self.limits;
        ReadUntil::End { limit: object_bytes.max(buffer_bytes) }
    }
}

/// The error of an answer that was refused as it came, told as one that was judged.
fn blamed(exchange: &Exchange<'_>, error: Error) -> Error {
    match error {
        Error::Refused(refusal) => exchange.judged(refusal).into(),
        other => other,
    }
}

/// Tells whether a response with this status has neither a body nor a length (RFC 9110, sections 8.6 and 15.3.5).
fn has_no_body(status: StatusCode) -> bool {
    status == StatusCode::NO_CONTENT
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_is_decided_by_what_is_known_of_the_body() {
        let plan = Arc::new(Plan::reading());
        let (end, some) = (ReadUntil::End { limit: 9 }, ReadUntil::Bytes(9));
        let known = Known { is_empty: false, has_length: false, ends_with_connection: false };
        let of = |plan, words: bool, until, known| match route(plan, words.then(Words::default), until, known)
        {
            Route::Move => "move",
            Route::Translate(_) => "translate",
            Route::Reword(_) => "reword",
            Route::Read { limit: 9 } => "read",
            Route::Read { .. } => "another limit",
            Route::Pass => "pass",
        };
        assert_eq!(of(Some(&plan), true, end, known), "translate");
        assert_eq!(of(None, true, end, known), "reword");
        assert_eq!(of(None, true, some, Known { is_empty: true, ..known }), "pass");
        assert_eq!(of(None, false, end, known), "read");
        assert_eq!(of(None, false, end, Known { has_length: true, ..known }), "pass");
        assert_eq!(of(None, false, some, known), "pass");
        for words in [true, false] {
            let ends = Known { ends_with_connection: true, ..known };
            assert_eq!(of(None, words, end, ends), "pass", "nobody can tell its length");
        }
    }
}
