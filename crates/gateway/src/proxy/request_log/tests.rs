use super::*;
use crate::{base::lifecycle::Lifecycle, proxy::body::down::DownBody};
use http_body_util::BodyExt;
use std::sync::Mutex;
use tracing_subscriber::fmt::MakeWriter;

/// A log that a test can read.
#[derive(Debug, Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'w> MakeWriter<'w> for Lines {
    type Writer = Lines;

    fn make_writer(&'w self) -> Lines {
        self.clone()
    }
}

/// The events that `act` writes.
fn logged(act: impl AsyncFnOnce(Box<RequestLog>)) -> Vec<serde_json::Value> {
    let lines = Lines::default();
    let subscriber = tracing_subscriber::fmt().json().with_writer(lines.clone()).finish();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    tracing::subscriber::with_default(subscriber, || {
        let log = RequestLog::new("req_1", &Method::GET, Lifecycle::new(9).begin(9), Stats::new());
        runtime.block_on(act(log));
    });
    let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_finished_answer_is_one_event() {
    let events = logged(async |mut log| {
        log.answered(StatusCode::OK, &HeaderMap::new());
        let body = LoggedBody::new(DownBody::whole("abc"), log);
        assert_eq!(body.collect().await.unwrap().to_bytes(), "abc");
    });
    assert_eq!(events.len(), 1);
    let fields = &events[0]["fields"];
    assert_eq!(events[0]["target"], "dateline::request");
    assert_eq!((&fields["method"], &fields["operation"]), (&"GET".into(), &"other".into()));
    assert_eq!((&fields["status"], &fields["response_bytes"]), (&200.into(), &3.into()));
    assert_eq!((&fields["complete"], &fields["request_id"]), (&true.into(), &"req_1".into()));
}

#[test]
fn an_empty_answer_is_complete_unpolled_and_a_dropped_one_is_not() {
    let complete = |body: &'static str| {
        let events = logged(async |log| drop(LoggedBody::new(DownBody::whole(body), log)));
        events[0]["fields"]["complete"].clone()
    };
    assert_eq!(complete(""), true);
    assert_eq!(complete("abc"), false);
}

#[test]
fn a_request_without_answer_leaves_an_event() {
    let events = logged(async |log| drop(log));
    assert_eq!(events[0]["fields"]["complete"], false);
    assert!(events[0]["fields"].get("status").is_none());
}

#[test]
fn an_error_is_named() {
    let events = logged(async |mut log| log.failed(&Error::Unreachable("refused".to_owned())));
    let fields = &events[0]["fields"];
    assert_eq!((&fields["error"], &fields["cause"]), (&"upstream_unreachable".into(), &"refused".into()));
    assert_eq!(fields["status"], 502);
}

#[test]
fn an_error_has_the_level_of_what_went_wrong() {
    let level = |error: Error| {
        let events = logged(async |mut log| log.failed(&error));
        events[0]["level"].as_str().unwrap().to_owned()
    };
    let none = String::new;
    assert_eq!(level(Error::Unreachable(none())), "WARN");
    assert_eq!(level(Error::UpstreamTimeout), "WARN");
    assert_eq!(level(Error::Busy), "WARN");
    assert_eq!(level(Refusal::Internal(none()).into()), "ERROR");
    assert_eq!(level(Error::from(Refusal::ResponseCoding).after(StatusCode::OK, &HeaderMap::new())), "ERROR");
    assert_eq!(level(Refusal::RequestTooLarge { limit: 1 }.into()), "INFO");
    assert_eq!(level(Error::RequestStalled { outcome: Outcome::Unknown }), "INFO");
}

#[test]
fn made_up_methods_have_one_name() {
    assert_eq!(known(&Method::from_bytes(b"SECRET").unwrap()), "other");
    assert_eq!(known(&Method::PATCH), "PATCH");
}
