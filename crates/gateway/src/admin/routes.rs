//! The routes of the admin listener.

use super::{
    Admin, answer::Answer, api, asked::AdminRequest, guard, guard::Peer, health, log_filter, page, usage,
};
use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header, request::Parts};
use http_body::Body;
use http_body_util::{BodyExt, Full, Limited};
use std::{fmt::Display, sync::Arc, time::Duration};
use tokio::time::timeout;

/// Bytes of a body that something is changed to.
const BODY: usize = 16 << 10;

/// The time limit for such a body.
const SENDING: Duration = Duration::from_secs(10);

/// Answers a request. Runs where it may block: takes locks, reads files.
type Work = fn(&Admin, &AdminRequest) -> Answer;

/// A path and what it answers.
struct Route {
    path: &'static str,
    /// True if everyone may ask. Such a route must reveal nothing and wait for nothing.
    open: bool,
    get: Work,
    put: Option<Work>,
}

/// Makes a route for everyone.
const fn open(path: &'static str, get: Work) -> Route {
    Route { path, open: true, get, put: None }
}

/// Makes a route for operators. `Route { put: Some(work), ..read(path, get) }` makes one that can be changed.
const fn read(path: &'static str, get: Work) -> Route {
    Route { path, open: false, get, put: None }
}

/// All routes.
const ROUTES: &[Route] = &[
    open("/healthz", health::alive),
    open("/readyz", health::ready),
    read("/metrics", health::metrics),
    read("/reloads", health::reloads),
    read("/", page::page),
    read("/api/", api::index),
    read("/api/clients", api::clients),
    read("/api/versions", api::versions),
    read("/api/losses", api::losses),
    read("/api/operations", api::operations),
    read("/api/verify", api::verify),
    read("/api/minutes", api::minutes),
    read("/api/history", api::history),
    read("/api/plan", api::plan),
    read("/api/diff", api::diff),
    read("/api/config", api::config),
    Route { put: Some(log_filter::change), ..read("/api/log-filter", log_filter::show) },
    read("/api/usage", usage::usage),
];

/// Every path, in order.
pub(super) fn paths() -> impl Iterator<Item = &'static str> {
    ROUTES.iter().map(|route| route.path)
}

/// Answers a request of anybody's.
pub(super) async fn answer<B>(admin: Arc<Admin>, peer: Peer, request: Request<B>) -> Response<Full<Bytes>>
where
    B: Body<Data = Bytes, Error: Into<Box<dyn std::error::Error + Send + Sync>>>,
{
    let (head, body) = request.into_parts();
    let answer = match decide(&admin, peer, &head) {
        Ok(Decided::Now(answer)) => answer,
        Ok(Decided::Work { work, takes_body }) => match read_body(takes_body, body).await {
            Ok(body) => {
                let query = head.uri.query().unwrap_or_default().to_owned();
                at_the_desk(admin, work, AdminRequest { query, body }).await
            }
            Err(refusal) => refusal,
        },
        Err(refusal) => refusal,
    };
    answer.into_response()
}

/// The decision about a request.
enum Decided {
    Now(Answer),
    Work { work: Work, takes_body: bool },
}

fn decide(admin: &Admin, peer: Peer, head: &Parts) -> Result<Decided, Answer> {
    let route = ROUTES.iter().find(|route| route.path == head.uri.path());
    let reads = matches!(head.method, Method::GET | Method::HEAD);
    if let Some(Route { open: true, get, .. }) = route
        && reads
    {
        return Ok(Decided::Now(get(admin, &AdminRequest { query: String::new(), body: Bytes::new() })));
    }
    guard::admit(head, peer, admin.current.generation().config.admin.token_sha256)
        .map_err(guard::Refusal::answer)?;
    let Some(route) = route else { return Err(Answer::text(StatusCode::NOT_FOUND, "not found\n")) };
    match route.put {
        _ if reads => Ok(Decided::Work { work: route.get, takes_body: false }),
        Some(put) if head.method == Method::PUT => {
            guard::may_change(head).map_err(guard::Refusal::answer)?;
            Ok(Decided::Work { work: put, takes_body: true })
        }
        put => {
            let allowed = if put.is_some() { "GET, HEAD, PUT" } else { "GET, HEAD" };
            let answer = Answer::text(StatusCode::METHOD_NOT_ALLOWED, format!("this takes {allowed}\n"));
            Err(answer.with(header::ALLOW, allowed))
        }
    }
}

async fn read_body<B>(takes: bool, body: B) -> Result<Bytes, Answer>
where
    B: Body<Data = Bytes, Error: Into<Box<dyn std::error::Error + Send + Sync>>>,
{
    if !takes {
        return Ok(Bytes::new());
    }
    let refuse = |status, text: &dyn Display| Err(Answer::text(status, format!("{text}\n")));
    match timeout(SENDING, Limited::new(body, BODY).collect()).await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => {
            refuse(StatusCode::PAYLOAD_TOO_LARGE, &format_args!("over {BODY} bytes"))
        }
        Ok(Err(_)) => refuse(StatusCode::BAD_REQUEST, &"the body was broken off"),
        Err(_) => refuse(StatusCode::REQUEST_TIMEOUT, &"the body did not come in time"),
    }
}

/// Has something worked out where that keeps no request of the gateway's clients waiting.
async fn at_the_desk(admin: Arc<Admin>, work: Work, asked: AdminRequest) -> Answer {
    // It is never closed.
    let _place = admin.desk.acquire().await;
    let its_admin = Arc::clone(&admin);
    match tokio::task::spawn_blocking(move || work(&its_admin, &asked)).await {
        Ok(answer) => answer,
        // It panicked, which is in the log; or the process ends.
        Err(_) => Answer::text(StatusCode::INTERNAL_SERVER_ERROR, "this cannot be worked out: see the log\n"),
    }
}
