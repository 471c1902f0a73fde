//! The way down: an answer of the inner service as the client gets it.

use super::{
    Refused, Shared,
    body::{BoxError, TranslateBody, Unread, read_whole},
    up::SentRequest,
};
use crate::{
    exchange::{AnswerHead, Exchange, MovedAnswer, Refusal, StatedVersion, Treatment},
    fields::REQUEST,
    outcome::Answered,
};
use bytes::Bytes;
use dateline_core::{
    error_names::Words,
    plan::Plan,
    step::Losses,
    translate::{self, Translated},
};
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, request, response};
use http_body::Body;

/// The body of an answer as the client gets it, and what its head says of it.
struct Down<B> {
    body: TranslateBody<B>,
    treatment: Treatment,
    /// The length of the body where all of it is there.
    length: Option<usize>,
    /// The text of `Dateline-Loss`.
    losses: Option<String>,
    /// The status and the header fields, where values of the answer have moved from or to its body.
    moved: Option<(StatusCode, HeaderMap)>,
}

/// An answer of the inner service, before anything of its body is read.
struct ServiceAnswer<'a, B> {
    head: &'a response::Parts,
    body: B,
    /// The words of the client, if it is an error that is told in them.
    words: Option<Words>,
}

impl Shared {
    /// Makes the answer that the client gets.
    pub(super) async fn down<'e, B>(
        &'e self,
        exchange: Exchange<'e>,
        head: &request::Parts,
        sent: SentRequest,
        answer: Response<B>,
    ) -> Result<Response<TranslateBody<B>>, Refused>
    where
        B: Body<Data = Bytes>,
        B::Error: Into<BoxError>,
    {
        let (mut came, body) = answer.into_parts();
        if came.status.is_informational() {
            // Another protocol begins, such as a WebSocket's.
            return Ok(Response::from_parts(came, TranslateBody::passed(body)));
        }
        let is_untranslated = sent.is_untranslated;
        let refused = |refusal, came: &response::Parts| {
            let answered = Some(Answered::of(came.status, &came.headers));
            Refused { refusal, answered }
        };
        let words = exchange.words(head, sent.asked, &came);
        let answer = AnswerHead { head: &came, is_empty: body.is_end_stream() };
        let exchange = match self.as_answered(exchange, head, answer) {
            Ok(exchange) => exchange,
            Err(refusal) => return Err(refused(refusal, &came)),
        };
        let words = exchange.error_words(words, &came);
        let mut lost = sent.losses;
        let head_of_answer = (&mut came.status, &mut came.headers);
        match exchange.move_answer_head(&head.method, head_of_answer) {
            Ok(losses) => losses.into_iter().for_each(|losses| lost.extend(losses)),
            Err(refusal) => return Err(refused(refusal, &came)),
        }
        let answer = ServiceAnswer { head: &came, body, words };
        let down = self.body_down(&exchange, &head.method, answer, lost).await;
        let Down { body, treatment, length, losses, moved } = match down {
            Ok(down) => down,
            Err(refusal) => return Err(refused(refusal, &came)),
        };
        if let Some((status, headers)) = moved {
            (came.status, came.headers) = (status, headers);
        }
        let headers = std::mem::take(&mut came.headers);
        came.headers =
            exchange.response_headers(headers, came.status, treatment, length, None, losses.as_deref());
        if is_untranslated {
            came.headers.insert(REQUEST, HeaderValue::from_static("untranslated"));
        }
        Ok(Response::from_parts(came, body))
    }

    /// Returns the exchange as the inner service has answered it: it may say that it has spoken another version.
    fn as_answered<'e>(
        &'e self,
        exchange: Exchange<'e>,
        head: &request::Parts,
        came: AnswerHead<'_>,
    ) -> Result<Exchange<'e>, Refusal> {
        match exchange.stated(&came.head.headers, false) {
            StatedVersion::AsAsked => Ok(exchange),
            stated => self.exchanges.as_answered(exchange, head, came, stated, true),
        }
    }

    async fn body_down<B>(
        &self,
        exchange: &Exchange<'_>,
        method: &Method,
        ServiceAnswer { head: came, body, words }: ServiceAnswer<'_, B>,
        mut lost: Losses,
    ) -> Result<Down<B>, Refusal>
    where
        B: Body<Data = Bytes>,
        B::Error: Into<BoxError>,
    {
        let is_empty = body.is_end_stream();
        let treatment = exchange.treatment(method, came.status, &came.headers, is_empty)?;
        let (mut possible, mut length, mut moved) = (None, None, None);
        let (body, treatment) = match (treatment, exchange.plan, words) {
            (Treatment::Move, ..) => {
                let body = self.read_answer(body).await?;
                let (mut status, mut headers) = (came.status, came.headers.clone());
                let MovedAnswer { body, losses } = exchange.move_answer(&mut status, &mut headers, &body)?;
                if exchange.refuses_misplaced(method) {
                    exchange.judge_answer(&losses)?;
                }
                lost.extend(losses);
                let is_sized = *method != Method::HEAD && status != StatusCode::NO_CONTENT;
                length = is_sized.then_some(body.len());
                moved = Some((status, headers));
                let body = match *method == Method::HEAD {
                    true => TranslateBody::headless(),
                    false => TranslateBody::whole(body),
                };
                (body, treatment)
            }
            (Treatment::Translate, Some(plan), _) => {
                let (whole, losses) = self.translate_answer(exchange, method, plan, body).await?;
                lost.extend(losses);
                length = Some(whole.len());
                (TranslateBody::whole(whole), treatment)
            }
            (Treatment::HeadOnly, Some(plan), _) => {
                possible = Some(plan.possible_response_losses());
                (TranslateBody::headless(), treatment)
            }
            // Whatever `GET` would say, it may be of another length.
            (_, _, Some(_)) if *method == Method::HEAD => (TranslateBody::headless(), Treatment::Reword),
            (_, _, Some(words)) if !is_empty => {
                let (body, told) = self.reword(body, &words, (&mut length, &mut lost)).await?;
                (body, if told { Treatment::Reword } else { treatment })
            }
            _ => (TranslateBody::passed(body), treatment),
        };
        let losses = exchange.loss_text(&lost, possible);
        Ok(Down { body, treatment, length, losses, moved })
    }

    async fn read_answer<B>(&self, body: B) -> Result<Bytes, Refusal>
    where
        B: Body<Data = Bytes>,
        B::Error: Into<BoxError>,
    {
        let limit = self.limits.response_bytes;
        read_whole(body, limit).await.map_err(|unread| match unread {
            Unread::TooLarge(_) => Refusal::ResponseTooLarge { limit },
            Unread::Broken(cause) => Refusal::ResponseTruncated(cause),
        })
    }

    /// Reads an answer whole and translates it.
    async fn translate_answer<B>(
        &self,
        exchange: &Exchange<'_>,
        method: &Method,
        plan: &Plan,
        body: B,
    ) -> Result<(Bytes, Losses), Refusal>
    where
        B: Body<Data = Bytes>,
        B::Error: Into<BoxError>,
    {
        let body = self.read_answer(body).await?;
        let translated = translate::response_body(plan, &body);
        let Translated { output, losses } = translated.map_err(Refusal::ResponseUntranslatable)?;
        // All of it is here, so what is lost is known, and nothing has to be foreseen.
        if exchange.refuses_misplaced(method) {
            exchange.judge_answer(&losses)?;
        }
        Ok((output.into(), losses))
    }

    /// Tells an error of the inner service's in the client's names; says whether it did. An error that is larger than such
    /// errors are passes.
    async fn reword<B>(
        &self,
        body: B,
        words: &Words,
        (length, lost): (&mut Option<usize>, &mut Losses),
    ) -> Result<(TranslateBody<B>, bool), Refusal>
    where
        B: Body<Data = Bytes>,
        B::Error: Into<BoxError>,
    {
        let whole = match read_whole(body, self.limits.error_bytes).await {
            Ok(whole) => whole,
            Err(Unread::TooLarge(body)) => return Ok((body, false)),
            Err(Unread::Broken(cause)) => return Err(Refusal::ResponseTruncated(cause)),
        };
        let reworded = words.reword(&whole);
        let told = reworded.is_some();
        let whole = reworded.map_or(whole, |reworded| {
            lost.extend(reworded.losses);
            reworded.body.into()
        });
        *length = Some(whole.len());
        Ok((TranslateBody::whole(whole), told))
    }
}
