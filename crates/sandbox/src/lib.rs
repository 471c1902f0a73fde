//! A small stand-in for the Whop API, native at any of its first five dated versions.
//!
//! It is written from Whop's published changelog, reference pages and SDK types, and from no transform:
//! in tests it is an independent oracle for what a version looks like, and offline it is a place to try a
//! legacy client. Domain values are kept once, free of any version; each resource renders them with code of
//! its own per version, as a server that serializes natively does.
//!
//! # What it answers
//! Base path `/api/v1`, JSON only, every operation behind `Authorization: Bearer <anything>`:
//!
//! | operation | file |
//! |---|---|
//! | `GET`, `POST /plans`; `GET`, `PATCH`, `DELETE /plans/{id}`; `POST /plans/{id}/calculate_tax` (from 2026-06-09) | `plans.rs` |
//! | `GET /users`; `GET`, `PATCH /users/{id}` (`me` too); `GET /users/{id}/access/{resource_id}` | `users.rs` |
//! | `GET /referrals/businesses`, `GET /referrals/businesses/{id}` | `referrals.rs` |
//! | `GET /referrals/businesses/earnings`, `GET /referrals/businesses/{id}/earnings` | `earnings.rs` |
//! | `POST /referrals/partners` | `partners.rs` |
//!
//! # Choices where Whop's documentation is silent
//! - A fixed sandbox ([`Sandbox::new`] with a version) answers everything in that version and refuses a header
//!   that names another one with 400, as an upstream that knows only that version would. A free one follows the
//!   header; without a header it speaks 2025-01-01. A header that is empty, unknown or repeated is a 400.
//! - A parameter that the version does not know, in the query or in a JSON or form body, is a 400
//!   `unknown_parameter` that names it: a translation that failed to rename shows up at once.
//! - The bearer token `restricted` lacks every scope: 403.
//! - There is no clock and no randomness: created plans are `plan_new1`, `plan_new2`, ...; times are constants.
//! - `Idempotency-Key` on a write: the same request again (method, path, query, body and version, byte for byte)
//!   gets the stored 2xx answer with `Idempotent-Replayed: true`; another request under the same key and
//!   credential is a 409 `idempotency_conflict`. The last 1,000 keys are kept.
//! - Bodies over [`MAX_BODY`] are a 413.

mod data;
mod decimal;
mod earnings;
mod error;
mod idempotency;
mod json;
mod page;
mod params;
mod partners;
mod plan_params;
mod plans;
mod received;
mod referrals;
mod reply;
mod router;
mod serve;
#[cfg(test)]
mod tests;
mod users;
mod versions;

use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;
use hyper::{HeaderMap, Method, Request, Response, header};

pub use self::received::Received;
use self::{data::Store, error::Refusal, idempotency::Replays, reply::Answer, versions::ApiVersion};
use dateline_core::Version;

/// The largest request body, in bytes, that the sandbox takes.
pub const MAX_BODY: usize = 1 << 20;

/// The number of requests that [`Sandbox::received`] remembers.
pub const MAX_RECEIVED: usize = 100;

/// The header in which a request names its version and an answer the version it is in.
const VERSION_HEADER: &str = "api-version-date";

/// A handle to one stand-in; clones share its data.
///
/// ```
/// use bytes::Bytes;
/// use dateline_sandbox::Sandbox;
/// use hyper::Request;
///
/// let sandbox = Sandbox::new(None)?;
/// let request = Request::get("/api/v1/plans/plan_pro")
///     .header("authorization", "Bearer any")
///     .header("api-version-date", "2026-06-09")
///     .body(Bytes::new())?;
/// let response = sandbox.respond(request);
/// assert_eq!(response.status(), 200);
/// assert_eq!(response.headers()["api-version-date"], "2026-06-09");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Sandbox {
    fixed: Option<ApiVersion>,
    state: Arc<Mutex<State>>,
}

/// The sandbox cannot be fixed at a version that it does not know.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the sandbox knows no version {asked}; fix it at one of {}", ApiVersion::known())]
pub struct UnknownVersion {
    /// The version asked for.
    pub asked: Version,
}

struct State {
    store: Store,
    replays: Replays,
    received: VecDeque<Received>,
}

impl Sandbox {
    /// A stand-in with fresh data: at the version each request's header names, or fixed at one.
    ///
    /// # Errors
    /// [`UnknownVersion`] where `fixed` is not one of [`Sandbox::versions`].
    pub fn new(fixed: Option<Version>) -> Result<Self, UnknownVersion> {
        let fixed = match fixed {
            None => None,
            Some(asked) => {
                Some(ApiVersion::find(asked.to_string().as_bytes()).ok_or(UnknownVersion { asked })?)
            }
        };
        let state = State { store: Store::new(), replays: Replays::default(), received: VecDeque::default() };
        Ok(Self { fixed, state: Arc::new(Mutex::new(state)) })
    }

    /// The versions it can speak, oldest first.
    #[must_use]
    pub fn versions() -> &'static [Version] {
        versions::all()
    }

    /// Requests to try it with: a `GET` a line, comments between them, in the words of its first version.
    #[must_use]
    pub fn requests() -> &'static str {
        include_str!("requests.txt")
    }

    /// Answers one request. Nothing but the sandbox's own data goes into the answer: no clock, no network.
    #[must_use]
    pub fn respond(&self, request: Request<Bytes>) -> Response<Bytes> {
        let mut state = self.state();
        state.note(Received::of(&request));
        let version = self.version(request.headers());
        let answer = match &version {
            Ok(version) => state.answer(*version, &request),
            Err(refusal) => refusal.into(),
        };
        self.label(answer, version.ok(), request.method(), request.headers())
    }

    /// The last requests that arrived, [`MAX_RECEIVED`] at most, oldest first.
    #[must_use]
    pub fn received(&self) -> Vec<Received> {
        self.state().received.iter().cloned().collect()
    }

    /// Answers a request whose body was too large to be read; it counts as received, with an empty body.
    fn respond_too_large(&self, request: &Request<Bytes>) -> Response<Bytes> {
        self.state().note(Received::of(request));
        let version = self.version(request.headers()).ok();
        self.label((&Refusal::BodyTooLarge).into(), version, request.method(), request.headers())
    }

    /// The version that this request is served at.
    fn version(&self, headers: &HeaderMap) -> Result<ApiVersion, Refusal> {
        let mut named = headers.get_all(VERSION_HEADER).iter();
        let version = match (named.next(), named.next(), self.fixed) {
            (_, Some(_), _) => return Err(Refusal::RepeatedVersion),
            (None, _, fixed) => return Ok(fixed.unwrap_or(ApiVersion::Original)),
            (Some(value), None, fixed) => {
                ApiVersion::find(value.as_bytes()).filter(|named| fixed.is_none_or(|fixed| fixed == *named))
            }
        };
        version.ok_or_else(|| Refusal::UnknownVersion {
            known: self.fixed.map_or_else(ApiVersion::known, |fixed| fixed.date().to_owned()),
        })
    }

    fn label(
        &self,
        answer: Answer,
        version: Option<ApiVersion>,
        method: &Method,
        headers: &HeaderMap,
    ) -> Response<Bytes> {
        let version = version.or(self.fixed).unwrap_or(ApiVersion::Original);
        let mut response = answer.into_response(version, method, headers);
        if self.fixed.is_none() {
            response.headers_mut().insert(header::VARY, header::HeaderValue::from_static(VERSION_HEADER));
        }
        response
    }

    /// A panic in another thread leaves the data usable: every handler changes it in one go, last.
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sandbox").field("fixed", &self.fixed).finish_non_exhaustive()
    }
}

impl State {
    fn note(&mut self, received: Received) {
        while self.received.len() >= MAX_RECEIVED {
            self.received.pop_front();
        }
        self.received.push_back(received);
    }

    /// Credential, size, replay, then the operation itself.
    fn answer(&mut self, version: ApiVersion, request: &Request<Bytes>) -> Answer {
        let token = match bearer(request.headers()) {
            Some("restricted") => return (&Refusal::MissingScope).into(),
            Some(token) => token,
            None => return (&Refusal::NoCredential).into(),
        };
        if request.body().len() > MAX_BODY {
            return (&Refusal::BodyTooLarge).into();
        }
        let attempt = match self.replays.attempt(version, token, request) {
            Ok(attempt) => attempt,
            Err(refusal) => return (&refusal).into(),
        };
        if let Some(stored) = self.replays.stored(attempt.as_ref()) {
            return stored;
        }
        match router::dispatch(&mut self.store, version, request) {
            Ok(body) => {
                let answer = Answer::ok(body);
                self.replays.keep(attempt, &answer);
                answer
            }
            Err(refusal) => (&refusal).into(),
        }
    }
}

/// The token of `Authorization: Bearer <token>` (RFC 6750, section 2.1); the scheme's case does not count.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}
