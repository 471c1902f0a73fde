use super::*;
use crate::policy::UntranslatableBody;
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use std::{convert::Infallible, future::poll_fn, io, sync::Mutex};
use tower::{ServiceExt, service_fn};

const OLD: &str = r#"{"id":"plan_x","company":null}"#;
const NEW: &str = r#"{"id":"plan_x","account":null}"#;

/// A body of pieces.
#[derive(Debug)]
struct Pieces(std::vec::IntoIter<Result<Frame<Bytes>, io::Error>>);

impl futures_core::Stream for Pieces {
    type Item = Result<Frame<Bytes>, io::Error>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(self.0.next())
    }
}

type Streamed = StreamBody<Pieces>;

/// A body of these pieces, which breaks off behind them where `ends` is false.
fn pieces(pieces: &[&str], ends: bool) -> Streamed {
    let data = |piece: &&str| Ok(Frame::data(Bytes::from((*piece).to_owned())));
    let end = (!ends).then(|| Err(io::Error::other("broken off")));
    StreamBody::new(Pieces(pieces.iter().map(data).chain(end).collect::<Vec<_>>().into_iter()))
}

fn layer() -> TranslateLayer {
    TranslateLayer::new(Pack::embedded().unwrap(), &Policy::default()).unwrap()
}

fn request(method: Method, body: Streamed, fields: &[(&str, &str)]) -> Request<Streamed> {
    let mut request = Request::builder().method(method).uri("/api/v1/plans?first=1");
    for (name, value) in fields {
        request = request.header(*name, *value);
    }
    request.body(body).unwrap()
}

type Seen = Arc<Mutex<Vec<(http::request::Parts, Bytes)>>>;

/// Sends a request through a layer to a service that has one answer. Returns the answer, and what the service got.
async fn through(
    layer: TranslateLayer,
    request: Request<Streamed>,
    answer: Response<Streamed>,
) -> (Response<TranslateBody<Streamed>>, Seen) {
    let seen = Seen::default();
    let (noted, answer) = (Arc::clone(&seen), Arc::new(Mutex::new(Some(answer))));
    let service = service_fn(move |request: Request<TranslateBody<Streamed>>| {
        let (noted, answer) = (Arc::clone(&noted), Arc::clone(&answer));
        async move {
            let (head, body) = request.into_parts();
            let body = body.collect().await.map(|body| body.to_bytes()).unwrap_or_default();
            noted.lock().unwrap().push((head, body));
            Ok::<_, Infallible>(answer.lock().unwrap().take().unwrap())
        }
    });
    (layer.layer(service).oneshot(request).await.unwrap(), seen)
}

fn answered(status: u16, fields: &[(&str, &str)], body: Streamed) -> Response<Streamed> {
    let mut answer = Response::builder().status(status).header("content-type", "application/json");
    for (name, value) in fields {
        answer = answer.header(*name, *value);
    }
    answer.body(body).unwrap()
}

async fn text(answer: Response<TranslateBody<Streamed>>) -> String {
    String::from_utf8(answer.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap()
}

fn is_refused(answer: &Response<TranslateBody<Streamed>>, status: u16, outcome: &str) -> bool {
    answer.status() == status
        && answer.headers()["dateline-outcome"] == outcome
        && answer.headers().contains_key("x-request-id")
        && answer.extensions().get::<Arc<Refusal>>().is_some()
}

#[tokio::test]
async fn bodies_are_translated_wherever_they_are_cut() {
    let (sent, came) = (["{\"company", "_id\":\"biz_x\"}"], ["{\"id\":\"plan_x\",\"acc", "ount\":null}"]);
    let request = request(Method::POST, pieces(&sent, true), &[("content-type", "application/json")]);
    let (answer, seen) = through(layer(), request, answered(201, &[], pieces(&came, true))).await;
    assert_eq!((answer.status().as_u16(), answer.headers()["content-length"].to_str().unwrap()), (201, "30"));
    assert_eq!(text(answer).await, OLD);
    let (head, body) = seen.lock().unwrap().remove(0);
    assert_eq!(body, r#"{"account_id":"biz_x"}"#);
    assert_eq!(head.headers["api-version-date"], "2026-07-01");
    assert_eq!(head.headers["content-length"], "22");
    assert_eq!(head.headers["accept-encoding"], "identity", "codings are another layer's");
}

#[tokio::test]
async fn a_request_over_the_limit_does_not_reach_the_service() {
    let limits = Limits { request_bytes: 10, ..Limits::default() };
    let json = [("content-type", "application/json")];
    for sent in [&["{\"company_id\":1}"][..], &["{\"comp", "any_id\":1}"]] {
        let request = request(Method::POST, pieces(sent, true), &json);
        let (answer, seen) =
            through(layer().with_limits(limits), request, answered(200, &[], pieces(&[], true))).await;
        assert!(is_refused(&answer, 413, "not_sent"), "{answer:?}");
        assert!(seen.lock().unwrap().is_empty());
    }
    let request = request(Method::POST, pieces(&["{\"comp"], false), &json);
    let (answer, seen) = through(layer(), request, answered(200, &[], pieces(&[], true))).await;
    assert!(is_refused(&answer, 400, "not_sent"), "{answer:?}");
    assert!(seen.lock().unwrap().is_empty(), "a body that broke off is no body");
}

#[tokio::test]
async fn an_answer_that_cannot_be_read_is_refused_and_can_be_found() {
    let limits = Limits { response_bytes: 10, ..Limits::default() };
    let tagged = [("x-request-id", "req_inner")];
    for (body, code) in
        [(pieces(&[NEW], true), "response_too_large"), (pieces(&["{\"id\":"], false), "upstream_truncated")]
    {
        let request = request(Method::GET, pieces(&[], true), &[("x-request-id", "req_client")]);
        let (answer, _) = through(layer().with_limits(limits), request, answered(200, &tagged, body)).await;
        assert!(is_refused(&answer, 502, "responded"), "{answer:?}");
        assert_eq!(answer.headers()["x-request-id"], "req_client");
        assert_eq!(answer.headers()["dateline-upstream-request-id"], "req_inner");
        let text = text(answer).await;
        assert!(text.contains(code) && text.contains("answered 200; its request id is req_inner"), "{text}");
    }
}

#[tokio::test]
async fn a_coding_is_refused_where_a_body_is_translated_and_passes_elsewhere() {
    let coded = [("content-encoding", "gzip"), ("content-type", "application/json")];
    let create = || request(Method::POST, pieces(&["..."], true), &coded);
    let (answer, seen) = through(layer(), create(), answered(200, &[], pieces(&[], true))).await;
    assert!(is_refused(&answer, 415, "not_sent"), "{answer:?}");
    assert_eq!(answer.headers()["accept-encoding"], "identity");
    assert!(seen.lock().unwrap().is_empty());

    let list = request(Method::GET, pieces(&[], true), &[]);
    let (answer, _) = through(layer(), list, answered(200, &coded[..1], pieces(&["..."], true))).await;
    assert!(is_refused(&answer, 502, "responded"), "{answer:?}");

    let newest = [&coded[..], &[("api-version-date", "2026-07-01")]].concat();
    let create = request(Method::POST, pieces(&["...", "."], true), &newest);
    let (answer, seen) = through(layer(), create, answered(200, &coded[..1], pieces(&["..."], true))).await;
    assert_eq!((answer.status().as_u16(), text(answer).await), (200, "...".to_owned()));
    assert_eq!(seen.lock().unwrap()[0].1, "....");
}

#[tokio::test]
async fn an_error_over_the_limit_passes_as_it_comes() {
    let error = r#"{"error":{"message":"account_id is wrong"}}"#;
    let ask = || {
        let mut request = request(Method::GET, pieces(&[], true), &[]);
        *request.uri_mut() = "/api/v1/plans?company_id=x".parse().unwrap();
        request
    };
    let (answer, _) = through(layer(), ask(), answered(400, &[], pieces(&[error], true))).await;
    assert_eq!(text(answer).await, error.replace("account_id", "company_id"));
    let limits = Limits { error_bytes: 40, ..Limits::default() };
    let (first, second) = error.split_at(30);
    let answer = answered(400, &[], pieces(&[first, second, " "], true));
    let (answer, _) = through(layer().with_limits(limits), ask(), answer).await;
    assert_eq!(text(answer).await, format!("{error} "));
}

#[tokio::test]
async fn what_is_no_operation_of_the_pack_passes_with_its_extensions_and_its_trailers() {
    let mut trailers = http::HeaderMap::new();
    trailers.insert("x-sum", HeaderValue::from_static("1"));
    let frames = vec![Ok(Frame::data(Bytes::from_static(b"a"))), Ok(Frame::trailers(trailers.clone()))];
    let mut request =
        request(Method::PUT, StreamBody::new(Pieces(frames.into_iter())), &[("te", "trailers")]);
    *request.uri_mut() = "http://api.test/other".parse().unwrap();
    request.extensions_mut().insert(7_u8);
    let inner = service_fn(|request: Request<TranslateBody<Streamed>>| async move {
        assert_eq!(request.uri(), "http://api.test/other");
        assert_eq!(request.extensions().get::<u8>(), Some(&7));
        assert_eq!(request.headers()["te"], "trailers", "the layer is no hop");
        Ok::<_, Infallible>(Response::new(request.into_body()))
    });
    let answer = layer().layer(inner).oneshot(request).await.unwrap();
    let body = answer.into_body().collect().await.unwrap();
    assert_eq!(body.trailers(), Some(&trailers));
}

#[tokio::test]
async fn another_protocol_and_a_tunnel_pass() {
    let switch =
        request(Method::GET, pieces(&[], true), &[("connection", "upgrade"), ("upgrade", "websocket")]);
    let (answer, seen) = through(layer(), switch, answered(101, &[], pieces(&[], true))).await;
    assert_eq!(answer.status(), 101);
    assert_eq!(seen.lock().unwrap()[0].0.headers["upgrade"], "websocket");
    let mut tunnel = request(Method::CONNECT, pieces(&["x"], true), &[]);
    *tunnel.uri_mut() = "api.test:443".parse().unwrap();
    let (answer, _) = through(layer(), tunnel, answered(200, &[], pieces(&["y"], true))).await;
    assert_eq!(text(answer).await, "y");
}

#[tokio::test]
async fn a_body_that_does_not_fit_can_be_let_through() {
    let policy = Policy { untranslatable: UntranslatableBody::Pass, ..Policy::default() };
    let layer = TranslateLayer::new(Pack::embedded().unwrap(), &policy).unwrap();
    let create = request(Method::POST, pieces(&["a,b"], true), &[("content-type", "text/csv")]);
    let (answer, seen) = through(layer, create, answered(200, &[], pieces(&[NEW], true))).await;
    assert_eq!(answer.headers()["dateline-request"], "untranslated");
    assert_eq!(seen.lock().unwrap()[0].1, "a,b");
    assert_eq!(text(answer).await, OLD);
}

#[tokio::test]
async fn the_service_that_is_ready_is_the_one_that_is_called() {
    /// A service that must be ready before it is called.
    #[derive(Default)]
    struct Once(bool);
    impl Clone for Once {
        fn clone(&self) -> Self {
            Once(false)
        }
    }
    impl Service<Request<TranslateBody<Streamed>>> for Once {
        type Response = Response<Streamed>;
        type Error = Infallible;
        type Future = std::future::Ready<Result<Self::Response, Infallible>>;
        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
            self.0 = true;
            Poll::Ready(Ok(()))
        }
        fn call(&mut self, _: Request<TranslateBody<Streamed>>) -> Self::Future {
            assert!(self.0, "ready before it is called");
            std::future::ready(Ok(answered(200, &[], pieces(&[NEW], true))))
        }
    }
    let mut service = layer().layer(Once::default());
    poll_fn(|cx| Service::<Request<Streamed>>::poll_ready(&mut service, cx)).await.unwrap();
    let answer = service.call(request(Method::GET, pieces(&[], true), &[])).await.unwrap();
    assert_eq!(answer.status(), 200);
}

#[test]
fn a_policy_must_fit_the_pack() {
    let policy = Policy { upstream: Some("2030-01-01".parse().unwrap()), ..Policy::default() };
    let error = TranslateLayer::new(Pack::embedded().unwrap(), &policy).unwrap_err();
    assert!(matches!(error, PolicyError::UnknownVersions { .. }), "{error}");
}

#[tokio::test]
async fn a_response_to_head_says_no_length_of_another_body() {
    let request = request(Method::HEAD, pieces(&[], true), &[]);
    let inner = answered(200, &[("content-length", "30")], pieces(&[NEW], true));
    let (answer, _) = through(layer(), request, inner).await;
    assert!(!answer.headers().contains_key("content-length"), "{answer:?}");
    // A server or a layer around this one writes the length that it is told.
    assert_eq!(answer.body().size_hint().exact(), None);
    assert_eq!(text(answer).await, "");
}

#[tokio::test]
async fn a_connection_is_closed_whose_request_has_no_certain_end() {
    let coded = [("transfer-encoding", "gzip, chunked")];
    for (version, connection) in [(Version::HTTP_11, Some("close")), (Version::HTTP_2, None)] {
        let mut request = request(Method::POST, pieces(&["x"], true), &coded);
        *request.version_mut() = version;
        let (answer, seen) = through(layer(), request, answered(200, &[], pieces(&[], true))).await;
        assert!(is_refused(&answer, 400, "not_sent"), "{answer:?}");
        assert_eq!(answer.headers().get("connection").map(|value| value.to_str().unwrap()), connection);
        assert!(seen.lock().unwrap().is_empty());
    }
}

#[test]
fn a_path_prefix_that_is_no_path_is_refused() {
    for (prefix, fits) in [("legacy", false), ("", false), ("/", false), ("//a", false), ("/legacy", true)] {
        let client = crate::policy::Client {
            name: "c".to_owned(),
            pin: None,
            matcher: crate::policy::Match::PathPrefix(prefix.to_owned()),
            upstream_version: None,
            losses: crate::policy::OnLoss::default(),
        };
        let policy = Policy { clients: vec![client], ..Policy::default() };
        let layer = TranslateLayer::new(Pack::embedded().unwrap(), &policy);
        assert_eq!(layer.is_ok(), fits, "{prefix:?}: {:?}", layer.err());
    }
}
