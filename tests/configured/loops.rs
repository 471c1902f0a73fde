//! An upstream that is the gateway itself, where no address tells it beforehand.

use super::support::{Endpoint, Protocol, Upstream, ask, get, json, within};
use dateline_core::pack::Pack;
use dateline_gateway::{Config, Gateway};
use std::sync::Arc;
use tokio::{net::TcpListener, sync::oneshot};

/// A gateway, its operator's listener and its end.
struct Served {
    clients: Endpoint,
    operator: Endpoint,
    stop: oneshot::Sender<()>,
    served: tokio::task::JoinHandle<std::io::Result<()>>,
}

/// A gateway on free ports, which its configuration does not know; `upstream` says where it sends requests.
async fn served(upstream: impl FnOnce(Endpoint) -> String) -> Served {
    let bind = async || TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (listener, admin) = (bind().await, bind().await);
    let at = |listener: &TcpListener| Endpoint(listener.local_addr().unwrap());
    let upstream = upstream(at(&listener));
    serving(listener, admin, upstream)
}

/// The same on listeners that are there.
fn serving(listener: TcpListener, admin: TcpListener, upstream: String) -> Served {
    let at = |listener: &TcpListener| Endpoint(listener.local_addr().unwrap());
    let (clients, operator) = (at(&listener), at(&admin));
    let mut config = Config::default();
    config.upstream.url = Some(upstream);
    config.limits.max_concurrent_requests = 40;
    let gateway = Gateway::new(Arc::new(config), Arc::new(Pack::embedded().unwrap())).unwrap();
    let (stop, stopped) = oneshot::channel();
    let shutdown = async {
        let _ = stopped.await;
    };
    let served = tokio::spawn(gateway.serve(listener, Some(admin), shutdown));
    Served { clients, operator, stop, served }
}

const COUNTED: &str = r#"dateline_errors_total{type="loop_detected",outcome="not_sent"}"#;

#[tokio::test]
async fn row_14_2e_a_request_that_comes_back_is_answered_508_and_goes_round_once() {
    let gateway = served(|itself| format!("http://{}", itself.0)).await;
    let requests = [get("/api/v1/plans/plan_x"), get("/elsewhere"), ask("POST", "/api/v1/plans").json("{}")];
    let mut count = 0;
    for request in &requests {
        for protocol in Protocol::ALL {
            let answer = gateway.clients.receive(protocol, request).await.expect("a whole answer");
            assert_eq!(answer.error(), (508, "loop_detected".to_owned()), "{protocol:?} {request:?}");
            assert_eq!(answer.field("dateline-outcome"), Some("not_sent"));
            count += 1;
            assert_eq!(gateway.operator.metric(COUNTED).await, Some(2 * count), "going and coming back");
        }
    }
    let opened = gateway.operator.metric("dateline_connections_accepted_total").await;
    assert!(opened.is_none_or(|opened| opened < 4 * count), "nothing multiplies");
    gateway.stop.send(()).unwrap();
    within("the end", gateway.served).await.unwrap().unwrap();
}

#[tokio::test]
async fn row_14_2e_gateways_one_behind_the_other_are_no_loop() {
    let upstream = Upstream::answers(json(r#"{"account":null}"#)).await;
    let inner = served(|_| upstream.url.clone()).await;
    let outer = served(|_| format!("http://{}", inner.clients.0)).await;
    for protocol in Protocol::ALL {
        let answer = outer.clients.receive(protocol, &get("/api/v1/plans/plan_x")).await.unwrap();
        assert_eq!((answer.status(), answer.text()), (200, r#"{"company":null}"#));
    }
    for gateway in [outer, inner] {
        assert_eq!(gateway.operator.metric(COUNTED).await, None);
        gateway.stop.send(()).unwrap();
        within("the end", gateway.served).await.unwrap().unwrap();
    }
    // Nobody is told anything for it.
    for sent in upstream.requests() {
        let names: Vec<&str> = sent.fields.iter().map(|(name, _)| name.as_str()).collect();
        let own = |name: &&&str| {
            ["via", "cdn-loop", "max-forwards"].contains(name) || name.starts_with("x-forwarded")
        };
        assert_eq!(names.iter().find(own), None, "{names:?}");
    }
}

#[tokio::test]
async fn row_14_2e_a_round_of_gateways_is_ended_once_by_a_limit_and_then_known() {
    // Each is the upstream of the other, and neither address says so.
    let bind = async || TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (one, other) = (bind().await, bind().await);
    let at = |listener: &TcpListener| Endpoint(listener.local_addr().unwrap());
    let (to_one, to_other) = (at(&one), at(&other));
    let one = serving(one, bind().await, format!("http://{}", to_other.0));
    let other = serving(other, bind().await, format!("http://{}", to_one.0));
    let first = to_one.send(get("/api/v1/plans/plan_x")).await;
    assert_eq!(first.status(), 503, "as many as there may be: {}", first.text());
    let of = async |gateway: &Served| {
        let metric = gateway.operator.metric("dateline_connections_accepted_total").await;
        (metric.unwrap(), gateway.operator.metric(COUNTED).await)
    };
    let before = (of(&one).await.0, of(&other).await.0);
    for protocol in Protocol::ALL {
        for request in [get("/api/v1/plans/plan_x"), ask("POST", "/api/v1/plans").json("{}")] {
            let answer = to_one.receive(protocol, &request).await.expect("a whole answer");
            assert_eq!(answer.status(), 508, "{}", answer.text());
            assert!(answer.text().contains("loop_detected"), "{}", answer.text());
            assert_eq!(answer.field("dateline-outcome"), Some("not_sent"));
        }
    }
    let after = (of(&one).await, of(&other).await);
    assert_eq!((after.0.1, after.1.1), (Some(6), None), "where each came back");
    // The test's own six, and the first that found the pool's connections ended.
    assert!(after.0.0 - before.0 <= 12 && after.1.0 - before.1 <= 6, "{before:?} {after:?}");
    for gateway in [one, other] {
        gateway.stop.send(()).unwrap();
        within("the end", gateway.served).await.unwrap().unwrap();
    }
}
