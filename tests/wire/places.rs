//! Places that an answer names: at the gateway where they were at the upstream.

use super::support::{Gateway, Message, Protocol, Upstream, answer, ask, get, known_client};
use dateline_http::policy::Match;

const PUBLIC: &str = "https://gateway.example.com";

/// Returns the answer for a client whose upstream redirects within itself, with links.
async fn placed(public: Option<&str>, target: &str, protocol: Protocol) -> (Message, String) {
    // The upstream learns its own origin from what it is asked.
    let upstream = Upstream::scripted(|mut connection| async move {
        loop {
            let own = format!("http://{}", connection.next().await?.field("host")?);
            let fields = [
                "content-type: application/json".to_owned(),
                format!("location: {own}/api/v1/plans/plan_x?a=b"),
                "content-location: /api/v1/plans/plan_x".to_owned(),
                format!(
                    "link: <{own}/api/v1/plans?after=x>; rel=\"next\", <https://docs.example.com>; rel=help"
                ),
                "link: </api/v1/plans>; rel=first".to_owned(),
            ];
            connection.send(answer("201 Created", &fields.each_ref().map(String::as_str), "{}")).await;
        }
    })
    .await;
    let gateway = Gateway::configured(&upstream, |config| {
        config.listen.public_url = public.map(str::to_owned);
        let matcher = Match::PathPrefix("/legacy".to_owned());
        config.clients = vec![known_client("c", None, matcher)];
    })
    .await;
    let sent = ask("POST", target).json("{}").host("client.says.test");
    let answer = gateway.receive(protocol, &sent).await.expect("an answer");
    assert!(!answer.head_text().contains("client.says.test"), "{}", answer.head_text());
    (answer, upstream.url)
}

#[tokio::test]
async fn the_upstreams_origin_becomes_the_public_one() {
    for protocol in Protocol::ALL {
        for target in ["/api/v1/plans", "/api/v1/anything"] {
            let (answer, _) = placed(Some(PUBLIC), target, protocol).await;
            assert_eq!(answer.field("location"), Some("https://gateway.example.com/api/v1/plans/plan_x?a=b"));
            assert_eq!(answer.field("content-location"), Some("/api/v1/plans/plan_x"));
            assert_eq!(
                answer.all("link"),
                [
                    "<https://gateway.example.com/api/v1/plans?after=x>; rel=\"next\", <https://docs.example.com>; rel=help",
                    "</api/v1/plans>; rel=first",
                ]
            );
        }
    }
}

#[tokio::test]
async fn a_prefix_that_was_stripped_is_put_back() {
    let (answer, _) = placed(Some(PUBLIC), "/legacy/api/v1/plans", Protocol::Http11).await;
    assert_eq!(answer.field("location"), Some("https://gateway.example.com/legacy/api/v1/plans/plan_x?a=b"));
    assert_eq!(answer.field("content-location"), Some("/legacy/api/v1/plans/plan_x"));
    assert_eq!(
        answer.all("link"),
        [
            "<https://gateway.example.com/legacy/api/v1/plans?after=x>; rel=\"next\", <https://docs.example.com>; rel=help",
            "</legacy/api/v1/plans>; rel=first",
        ]
    );
}

#[tokio::test]
async fn without_a_public_origin_an_absolute_place_is_the_upstreams() {
    let (answer, upstream) = placed(None, "/legacy/api/v1/plans", Protocol::Http2).await;
    let location = format!("{upstream}/api/v1/plans/plan_x?a=b");
    assert_eq!(answer.field("location"), Some(location.as_str()));
    assert_eq!(answer.field("content-location"), Some("/legacy/api/v1/plans/plan_x"));
}

#[tokio::test]
async fn a_redirect_is_followed_to_the_gateway() {
    let fields = ["location: /api/v1/plans/plan_y"];
    let upstream = Upstream::answers(answer("307 Temporary Redirect", &fields, "")).await;
    let gateway = Gateway::before(&upstream).await;
    let answer = gateway.send(get("/api/v1/plans/plan_x")).await;
    assert_eq!((answer.status(), answer.field("location")), (307, Some("/api/v1/plans/plan_y")));
}
