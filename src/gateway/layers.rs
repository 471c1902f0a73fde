//! What surrounds the handler and knows nothing of versions: the request id, panics, and the task of a write.

use super::{
    body::BoxError,
    exchange::{REQUEST_ID, keeps_request_id},
    handler::{Handler, Peer},
    record::Recorded,
    upstream::is_safe,
};
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{Either, Full};
use hyper::body::Incoming;
use std::{any::Any, convert::Infallible, net::IpAddr, sync::Arc};
use tower::{Service, ServiceBuilder};
use tower_http::{
    catch_panic::{CatchPanicLayer, ResponseForPanic},
    request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer},
};

/// The service of one connection.
pub(crate) fn service(
    handler: Arc<Handler>,
    peer: IpAddr,
) -> impl Service<
    Request<Incoming>,
    Response = Response<impl http_body::Body<Data = Bytes, Error = BoxError> + Send + 'static>,
    Error = Infallible,
    Future: Send + 'static,
> + Clone
+ Send
+ 'static {
    ServiceBuilder::new()
        .map_request(move |request| arrive(request, peer))
        .layer(SetRequestIdLayer::x_request_id(MakeRequestUuid))
        .layer(PropagateRequestIdLayer::x_request_id())
        .layer(CatchPanicLayer::custom(Panicked(Arc::clone(&handler))))
        .service_fn(move |request| run(Arc::clone(&handler), request))
}

/// The request id is the client's own, which goes up with its other fields.
#[derive(Debug, Clone, Copy)]
struct ClientsId;

fn arrive<B>(mut request: Request<B>, peer: IpAddr) -> Request<B> {
    request.extensions_mut().insert(Peer(peer));
    if keeps_request_id(request.headers()) {
        request.extensions_mut().insert(ClientsId);
    } else if request.headers().contains_key(REQUEST_ID) {
        // `HeaderMap::remove` would put the last field in its place.
        let fields = std::mem::take(request.headers_mut());
        let kept = fields.iter().filter(|(name, _)| *name != REQUEST_ID);
        *request.headers_mut() = kept.map(|(name, value)| (name.clone(), value.clone())).collect();
    }
    request
}

type RunBody = Either<Recorded, Full<Bytes>>;

/// Runs the handler; for a write in a task of its own, which a client that leaves does not cancel: half a write is
/// worse than an answer that nobody waits for.
async fn run(handler: Arc<Handler>, mut request: Request<Incoming>) -> Result<Response<RunBody>, Infallible> {
    let id = request.headers().get(REQUEST_ID).and_then(|id| id.to_str().ok()).unwrap_or_default().to_owned();
    if request.extensions().get::<ClientsId>().is_none() {
        request.headers_mut().remove(REQUEST_ID);
    }
    if is_safe(request.method()) {
        return Ok(handler.handle(request, &id).await.map(Either::Left));
    }
    let (its_handler, its_id) = (Arc::clone(&handler), id.clone());
    let write = tokio::spawn(async move {
        tokio::select! {
            answer = its_handler.handle(request, &its_id) => Some(answer),
            () = its_handler.life.ending() => None,
        }
    });
    Ok(match write.await {
        Ok(Some(answer)) => answer.map(Either::Left),
        Ok(None) | Err(_) => handler.broken(Some(&id)).map(Either::Right),
    })
}

#[derive(Debug, Clone)]
struct Panicked(Arc<Handler>);

impl ResponseForPanic for Panicked {
    type ResponseBody = Full<Bytes>;

    fn response_for_panic(&mut self, _: Box<dyn Any + Send + 'static>) -> Response<Self::ResponseBody> {
        self.0.broken(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PEER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    fn arrived(ids: &[&str]) -> (Option<String>, bool) {
        let request = ids.iter().fold(Request::builder(), |request, id| request.header(REQUEST_ID, *id));
        let request = arrive(request.body(()).unwrap(), PEER);
        let id = request.headers().get(REQUEST_ID).map(|id| id.to_str().unwrap().to_owned());
        (id, request.extensions().get::<ClientsId>().is_some())
    }

    #[test]
    fn a_fit_request_id_is_kept_and_any_other_dropped() {
        assert_eq!(arrived(&["req_1"]), (Some("req_1".to_owned()), true));
        assert!(arrived(&[&"x".repeat(128)]).1);
        for unfit in [vec![], vec![""], vec!["a b"], vec!["a", "a"]] {
            assert_eq!(arrived(&unfit), (None, false), "{unfit:?}");
        }
        assert_eq!(arrived(&[&"x".repeat(129)]), (None, false));
    }

    #[tokio::test]
    async fn an_answer_carries_the_id() {
        let mut service = ServiceBuilder::new()
            .map_request(|request| arrive(request, PEER))
            .layer(SetRequestIdLayer::x_request_id(MakeRequestUuid))
            .layer(PropagateRequestIdLayer::x_request_id())
            .service_fn(|_: Request<()>| async { Ok::<_, Infallible>(Response::new(())) });
        let request = Request::builder().header(REQUEST_ID, "mine").body(()).unwrap();
        assert_eq!(service.call(request).await.unwrap().headers()[REQUEST_ID], "mine");
        let made = service.call(Request::new(())).await.unwrap();
        assert_eq!(made.headers()[REQUEST_ID].len(), 36);
    }
}
