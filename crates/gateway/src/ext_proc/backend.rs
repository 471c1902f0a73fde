//! Envoy as the handler's upstream.

use super::{
    blame,
    conversation::{CameHead, Conversation},
    direction::BodyFate,
    half::{Half, changes, with_body},
    heads::{self, AnswerHead},
    modes::Mode,
    proto::Mutation,
};
use crate::base::lock::Locked;
use crate::proxy::{
    backend::Backend,
    body::up::UpBody,
    error::{Error, chain},
    upstream::Answer,
};
use dateline_http::exchange::Refusal;
use http::{Response, request};
use http_body::Body;
use http_body_util::BodyExt;
use std::sync::atomic::Ordering::Relaxed;

impl Backend for Conversation {
    /// Has Envoy send the request on. It is Envoy that says how long an answer may take.
    async fn send(
        &self,
        head: request::Parts,
        body: UpBody,
        translated: bool,
    ) -> Result<Response<Answer>, Error> {
        let mutation = heads::request_mutation(&self.request, &head, self.keeps_the_way);
        self.translated.store(translated, Relaxed);
        if self.has_no_body && !body.is_end_stream() {
            // A body that the client's version does not have.
            let body = body.collect().await.map_err(|error| Refusal::Internal(chain(&error)))?.to_bytes();
            self.say(Half::Request.head(with_body(mutation, body)), self.modes.told(false, translated)).await;
            self.up.is(BodyFate::Passes);
        } else if self.up.fate() == BodyFate::Read {
            let body = body.collect().await.map_err(|error| Refusal::Internal(chain(&error)))?.to_bytes();
            if self.modes.request == Mode::Whole {
                self.say(Half::Request.body(changes(Some(mutation), Some(Mutation::Body(body)))), None).await;
            } else {
                let told = self.modes.told(true, translated);
                self.say(Half::Request.head(changes(Some(mutation), None)), told).await;
                let has_trailers = self.up.trailers.get().is_some();
                if !has_trailers || !body.is_empty() {
                    self.say_pieces(Half::Request, body, !has_trailers).await;
                }
                if has_trailers {
                    self.say_end(Half::Request).await;
                }
            }
        } else {
            self.say(Half::Request.head(changes(Some(mutation), None)), self.modes.told(false, translated))
                .await;
            self.up.is(BodyFate::Passes);
        }
        let answer = self.answer.locked().take();
        let came = match answer {
            Some(answer) => answer.await.ok(),
            None => None,
        };
        let Some((AnswerHead { status, headers, details, ends }, body)) = came else {
            return Err(Error::UpstreamFailed("Envoy has ended the request without a response".to_owned()));
        };
        if let Some(error) = details.as_deref().and_then(blame::error) {
            return Err(error);
        }
        let _ = self.came.set(CameHead { status, headers: headers.clone(), ends });
        let mut answer = Response::new(Answer::fed(body));
        *answer.status_mut() = status;
        *answer.headers_mut() = headers;
        Ok(answer)
    }

    /// Envoy was told before the answer came whether its body is wanted.
    fn reads(&self, translated: bool) -> bool {
        translated
    }

    /// Envoy holds the head where it sends a body whole: an error can be told until all of that has been translated.
    fn holds_heads(&self) -> bool {
        self.modes.answer == Mode::Whole && self.translated.load(Relaxed)
    }
}
