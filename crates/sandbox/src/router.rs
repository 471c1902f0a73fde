//! Method and path -> operation.

use std::borrow::Cow;

use bytes::Bytes;
use hyper::{Method, Request};
use percent_encoding::percent_decode_str;

use super::{
    data::Store, earnings, error::Refusal, params, partners, plans, referrals, users, versions::ApiVersion,
};

/// Runs the operation that the request names and gives the JSON text of its answer.
///
/// Segments are matched decoded, a trailing slash makes no difference, and HEAD reads as GET does.
pub(super) fn dispatch(
    store: &mut Store,
    version: ApiVersion,
    request: &Request<Bytes>,
) -> Result<String, Refusal> {
    let no_such_operation = Refusal::NoSuchOperation { version: version.date() };
    let Some(path) = request.uri().path().strip_prefix("/api/v1/") else { return Err(no_such_operation) };
    let segments: Vec<Cow<'_, str>> = path
        .strip_suffix('/')
        .unwrap_or(path)
        .split('/')
        .map(|segment| percent_decode_str(segment).decode_utf8_lossy())
        .collect();
    let segments: Vec<&str> = segments.iter().map(AsRef::as_ref).collect();
    if segments.contains(&"") {
        return Err(no_such_operation);
    }
    let method = match *request.method() {
        Method::HEAD => "GET",
        ref method => method.as_str(),
    };
    let params = params::read(request);
    match (method, segments.as_slice()) {
        ("GET", ["plans"]) => plans::list(store, version, &params?),
        ("POST", ["plans"]) => plans::create(store, version, &params?),
        (_, ["plans"]) => Err(Refusal::NoSuchMethod { allow: "GET, HEAD, POST" }),
        ("GET", ["plans", id]) => plans::retrieve(store, version, id, &params?),
        ("PATCH", ["plans", id]) => plans::update(store, version, id, &params?),
        ("DELETE", ["plans", id]) => plans::delete(store, id, &params?),
        (_, ["plans", _]) => Err(Refusal::NoSuchMethod { allow: "GET, HEAD, PATCH, DELETE" }),
        (method, ["plans", id, "calculate_tax"]) if version >= ApiVersion::Plans => match method {
            "POST" => plans::calculate_tax(store, id, &params?),
            _ => Err(Refusal::NoSuchMethod { allow: "POST" }),
        },

        ("GET", ["users"]) => users::list(store, version, &params?),
        (_, ["users"]) => Err(Refusal::NoSuchMethod { allow: "GET, HEAD" }),
        ("GET", ["users", id]) => users::retrieve(store, version, id, &params?),
        ("PATCH", ["users", id]) => users::update(store, version, id, &params?),
        (_, ["users", _]) => Err(Refusal::NoSuchMethod { allow: "GET, HEAD, PATCH" }),
        ("GET", ["users", id, "access", resource]) => users::access(store, version, id, resource, &params?),
        (_, ["users", _, "access", _]) => Err(Refusal::NoSuchMethod { allow: "GET, HEAD" }),

        ("GET", ["referrals", "businesses"]) => referrals::list(store, version, &params?),
        ("GET", ["referrals", "businesses", "earnings"]) => earnings::list(store, version, None, &params?),
        ("GET", ["referrals", "businesses", id]) => referrals::retrieve(store, version, id, &params?),
        ("GET", ["referrals", "businesses", id, "earnings"]) => {
            earnings::list(store, version, Some(id), &params?)
        }
        (
            _,
            ["referrals", "businesses"]
            | ["referrals", "businesses", _]
            | ["referrals", "businesses", _, "earnings"],
        ) => Err(Refusal::NoSuchMethod { allow: "GET, HEAD" }),
        ("POST", ["referrals", "partners"]) => partners::enrol(store, &params?),
        (_, ["referrals", "partners"]) => Err(Refusal::NoSuchMethod { allow: "POST" }),
        _ => Err(no_such_operation),
    }
}
