//! Layers around the handler that do not depend on versions: the request id, panics, and the task of a write.

use super::{cors::asking_origin, handler::Handler};
use crate::{
    base::random::random,
    proxy::{incoming::IncomingBody, request_log::LoggedBody},
};
use dateline_http::{
    exchange::hop::Peer,
    fields::{REQUEST_ID, kept_request_id},
};
use http::{HeaderMap, HeaderValue, Response, request};
use std::{
    future::poll_fn,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::{Pin, pin},
    sync::Arc,
    task::Poll,
};
use uuid::{Builder, Uuid};

/// Every request has an id: the client's own where that is fit, which then goes up with its other fields, or a new
/// one. The answer carries it. Where the connection is `refused`, nothing is handled.
#[expect(clippy::manual_async_fn, reason = "an async fn keeps what it is given twice, and a head is large")]
pub(crate) fn answer(
    handler: Arc<Handler>,
    peer: Peer,
    mut head: request::Parts,
    body: IncomingBody,
    refused: bool,
) -> impl Future<Output = Response<LoggedBody>> {
    async move {
        let id = request_id(&mut head.headers);
        if handler.needs_peer() {
            head.extensions.insert(peer);
        }
        let (text, origin) = (id.to_str().unwrap_or_default(), asking_origin(&head.headers));
        let origin = origin.as_ref();
        let answered = match refused {
            true => Ok(handler.refused(text, origin)),
            false if head.method.is_safe() => {
                caught(pin!(handler.handle(&*handler.upstream, &mut head, body, text, origin))).await
            }
            false => write(&handler, head, body, text, origin).await,
        };
        let mut answer = match answered {
            Ok(answer) => answer,
            Err(Panicked) => handler.broken(text, origin),
        };
        // The upstream's own has another name by now.
        answer.headers_mut().insert(REQUEST_ID, id);
        answer
    }
}

/// The id of a request. A client's that is not fit is taken out.
pub(crate) fn request_id(headers: &mut HeaderMap) -> HeaderValue {
    match headers.get(REQUEST_ID) {
        Some(id) if kept_request_id(headers).is_some() => return id.clone(),
        Some(_) => {
            // `HeaderMap::remove` would put the last field in its place.
            let fields = std::mem::take(headers);
            let kept = fields.iter().filter(|(name, _)| *name != REQUEST_ID);
            *headers = kept.map(|(name, value)| (name.clone(), value.clone())).collect();
        }
        None => {}
    }
    new_id()
}

/// A random UUID (RFC 9562, 5.4).
fn new_id() -> HeaderValue {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&random().to_ne_bytes());
    bytes[8..].copy_from_slice(&random().to_ne_bytes());
    let mut text = Uuid::encode_buffer();
    let text = Builder::from_random_bytes(bytes).into_uuid().hyphenated().encode_lower(&mut text);
    HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static("none"))
}

/// Handles a write in a task of its own, which a client that leaves does not cancel: half a write is worse than an answer
/// that nobody waits for.
fn write(
    handler: &Arc<Handler>,
    mut head: request::Parts,
    body: IncomingBody,
    id: &str,
    origin: Option<&HeaderValue>,
) -> impl Future<Output = Result<Response<LoggedBody>, Panicked>> + use<> {
    let (handler, id, origin) = (Arc::clone(handler), id.to_owned(), origin.cloned());
    let write = tokio::spawn(async move {
        tokio::select! {
            mut answer = handler.handle(&*handler.upstream, &mut head, body, &id, origin.as_ref()) => {
                answer.body_mut().wait();
                Some(answer)
            }
            () = handler.lifecycle.ending() => None,
        }
    });
    async move {
        match write.await {
            Ok(Some(mut answer)) => {
                answer.body_mut().taken();
                Ok(answer)
            }
            Ok(None) | Err(_) => Err(Panicked),
        }
    }
}

/// An error: the handler has panicked or was cancelled, so there is no answer.
#[derive(Debug)]
pub(crate) struct Panicked;

/// Runs a future and catches its panic. After a panic the future is not polled again, and the event of its request is
/// written when it is dropped.
pub(crate) async fn caught<T>(mut future: Pin<&mut impl Future<Output = T>>) -> Result<T, Panicked> {
    poll_fn(|cx| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx))) {
        Ok(polled) => polled.map(Ok),
        Err(_) => Poll::Ready(Err(Panicked)),
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    fn kept(ids: &[&'static str]) -> Option<HeaderValue> {
        let mut headers: HeaderMap =
            ids.iter().map(|id| (REQUEST_ID, HeaderValue::from_static(id))).collect();
        let id = request_id(&mut headers);
        assert!(headers.get_all(REQUEST_ID).iter().eq(headers.get(REQUEST_ID)));
        headers.remove(REQUEST_ID).inspect(|kept| assert_eq!(*kept, id))
    }

    #[test]
    fn a_fit_request_id_is_kept_and_any_other_dropped() {
        assert_eq!(kept(&["req_1"]).unwrap(), "req_1");
        let long = "x".repeat(129).leak();
        assert!(kept(&[&long[1..]]).is_some());
        for unfit in [vec![], vec![""], vec!["a b"], vec!["a", "a"], vec![long]] {
            assert_eq!(kept(&unfit), None, "{unfit:?}");
        }
    }

    #[test]
    fn taking_an_id_out_keeps_the_order() {
        let fields = ["a", "x-request-id", "b", "c"]
            .map(|name| (http::HeaderName::from_static(name), HeaderValue::from_static("not fit")));
        let mut headers: HeaderMap = fields.into_iter().collect();
        request_id(&mut headers);
        assert!(headers.keys().eq(["a", "b", "c"].map(http::HeaderName::from_static).iter()));
    }

    #[test]
    fn new_ids_are_random_uuids() {
        let ids: HashSet<String> = (0..1000).map(|_| new_id().to_str().unwrap().to_owned()).collect();
        assert_eq!(ids.len(), 1000);
        for id in &ids {
            let groups: Vec<&str> = id.split('-').collect();
            assert_eq!(groups.iter().map(|group| group.len()).collect::<Vec<_>>(), [8, 4, 4, 4, 12], "{id}");
            assert!(id.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit()), "{id}");
            assert!(groups[2].starts_with('4') && groups[3].starts_with(['8', '9', 'a', 'b']), "{id}");
        }
    }

    #[tokio::test]
    async fn a_panic_is_caught() {
        assert_eq!(caught(pin!(async { 1 })).await.unwrap(), 1);
        let panics = async {
            tokio::task::yield_now().await;
            std::hint::black_box(Vec::<u8>::new())[0]
        };
        assert!(caught(pin!(panics)).await.is_err());
    }
}
