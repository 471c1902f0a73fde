//! Tests of what clients see at each version, and of the sandbox as a server.

mod earnings;
mod plans;
mod protocol;
mod referrals;
mod users;
mod wire;

use bytes::Bytes;
use hyper::{Method, Request, Response, StatusCode};
use serde_json::Value;

use super::{Sandbox, versions::ApiVersion};

const BEFORE_REFERRALS: [ApiVersion; 3] = [ApiVersion::Original, ApiVersion::Users, ApiVersion::Plans];
const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

/// A request below `/api/v1`, with a credential.
fn request(method: Method, version: ApiVersion, path: &str, body: (&str, &str)) -> Request<Bytes> {
    Request::builder()
        .method(method)
        .uri(format!("/api/v1{path}"))
        .header("authorization", "Bearer test")
        .header("api-version-date", version.date())
        .header("content-type", body.0)
        .body(Bytes::from(body.1.to_owned()))
        .unwrap()
}

fn get_request(version: ApiVersion, path: &str) -> Request<Bytes> {
    request(Method::GET, version, path, (JSON, ""))
}

/// The text of a 200 in the version asked for.
fn ok(sandbox: &Sandbox, request: Request<Bytes>) -> String {
    let version = request.headers()["api-version-date"].clone();
    let response = sandbox.respond(request);
    let text = text(&response);
    assert_eq!(response.status(), StatusCode::OK, "{text}");
    assert_eq!(response.headers()["api-version-date"], version);
    assert_eq!(response.headers()["content-type"], "application/json");
    text
}

/// A GET of fresh data, as text and as a value.
fn get_text(version: ApiVersion, path: &str) -> String {
    ok(&Sandbox::new(None).unwrap(), get_request(version, path))
}

fn get(version: ApiVersion, path: &str) -> Value {
    value(&get_text(version, path))
}

fn send(sandbox: &Sandbox, method: Method, version: ApiVersion, path: &str, body: (&str, &str)) -> Value {
    value(&ok(sandbox, request(method, version, path, body)))
}

/// The status, type and message of a refusal.
fn refused(sandbox: &Sandbox, request: Request<Bytes>) -> (u16, String, String) {
    let response = sandbox.respond(request);
    let body = value(&text(&response));
    let part = |name: &str| body["error"][name].as_str().unwrap().to_owned();
    assert_eq!(body["error"].as_object().unwrap().len(), 2);
    (response.status().as_u16(), part("type"), part("message"))
}

fn unknown(sandbox: &Sandbox, request: Request<Bytes>, name: &str) {
    let expected = (400, "unknown_parameter".to_owned(), format!("Unknown parameter: `{name}`."));
    assert_eq!(refused(sandbox, request), expected);
}

fn text(response: &Response<Bytes>) -> String {
    String::from_utf8(response.body().to_vec()).unwrap()
}

fn value(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn ids(list: &Value) -> Vec<&str> {
    list["data"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap()).collect()
}
