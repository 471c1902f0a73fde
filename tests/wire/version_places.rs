//! Where a request says its version, and where the upstream is told its own: a header, the path, the query, a media
//! type, or several of them.

use super::support::{Ask, Gateway, Message, Protocol, Upstream, answer, ask, get, json, known_client, v};
use crate::common::pack::{SUM, shop_at};
use dateline_gateway::config::Config;
use dateline_http::{
    clock::Clock,
    coding::Decoding,
    exchange::Exchanges,
    policy::{Match, Policy, ServedVersions, UnknownPin},
};
use http::Request;

const API: &str = r#"
operations = ["GET /orders", "GET /orders/{id}", "POST /orders"]
[resource.Order]
found = [
  { in = "GET /orders", part = "response", at = "$.data[*]" },
  { in = "GET /orders/{id}", part = "response", at = "$" },
  { in = "POST /orders", part = "body", at = "$" },
  { in = "POST /orders", part = "response", at = "$" },
]
[resource.OrderParameters]
found = [{ in = "GET /orders", part = "query" }]
"#;

const PATH: &str = "{ path = '/admin/api/{version}' }";
const QUERY: &str = "{ query = 'api-version' }";
const MEDIA: &str = "{ media_type = 'application/vnd.shop.{version}+json' }";
const HEADER: &str = "{ header = 'Shop-Version' }";

const OLD: &str = "2025-01-01";
const NEW: &str = "2026-07-01";
const SUMMED: &str = r#"{"id":"o_1","sum":7}"#;
const TOTALLED: &str = r#"{"id":"o_1","total":7}"#;

/// A gateway for the shop whose requests say their version at these places.
async fn gateway(places: &str, upstream: &Upstream, change: impl FnOnce(&mut Config)) -> Gateway {
    let filter = "[[change]]\nname = 'Filter by buyer'\nwhy = 'w'\nresource = 'OrderParameters'\n\
                  steps = [{ move = 'customer', to = 'buyer' }]\n";
    let changes = format!("{}{filter}", SUM.1);
    let pack = shop_at(&format!("versions.in = [{places}]"), "/admin/api", API, (SUM.0, &changes));
    Gateway::of_pack(pack, upstream, |config| {
        config.upstream.version = Some(v(NEW));
        change(config);
    })
    .await
}

async fn send(gateway: &Gateway, protocol: Protocol, ask: &Ask) -> Message {
    gateway.receive(protocol, ask).await.expect("an answer")
}

/// What the upstream was asked: the first line, and these fields.
fn asked(upstream: &Upstream, names: &[&str]) -> Vec<String> {
    let request = upstream.requests().pop().expect("a request");
    let target = request.start.split(' ').nth(1).unwrap_or_default().to_owned();
    let fields = names.iter().filter_map(|name| Some(format!("{name}: {}", request.field(name)?)));
    [target].into_iter().chain(fields).collect()
}

/// The status and the type of an error. It has a version in its head where a header is a place of it.
fn error(answer: &Message) -> (u16, String) {
    assert!(answer.field("dateline-outcome").is_some(), "the gateway's own");
    let code = answer.json()["error"]["type"].as_str().unwrap_or_default().to_owned();
    (answer.status(), code)
}

fn message(answer: &Message) -> String {
    answer.json()["error"]["message"].as_str().unwrap_or_default().to_owned()
}

const BOTH: [Protocol; 2] = [Protocol::Http11, Protocol::Http2];

#[tokio::test]
async fn a_path_says_it_and_the_upstream_sees_its_own_there() {
    for protocol in BOTH {
        let upstream = Upstream::answers(json(SUMMED)).await;
        let gateway = gateway(PATH, &upstream, |_| {}).await;
        let old = send(&gateway, protocol, &get("/admin/api/2025-01-01/orders/o%201?customer=a")).await;
        assert_eq!((old.status(), old.text()), (200, TOTALLED));
        assert_eq!(asked(&upstream, &["shop-version"]), ["/admin/api/2026-07-01/orders/o%201?customer=a"]);
        assert_eq!(old.field("dateline-upstream-version"), Some(NEW));
        assert_eq!(old.all("vary"), ["accept-encoding"], "the URL says it");
        assert_eq!(old.field("shop-version"), None);
        let new = send(&gateway, protocol, &get("/admin/api/2026%2D07-01/orders/o_1")).await;
        assert_eq!((new.text(), &*asked(&upstream, &[])[0]), (SUMMED, "/admin/api/2026-07-01/orders/o_1"));

        let made = ask("POST", "/admin/api/2025-01-01/orders/").json(r#"{"total":7}"#);
        assert_eq!(send(&gateway, protocol, &made).await.text(), TOTALLED);
        assert_eq!(upstream.requests().pop().unwrap().text(), r#"{"sum":7}"#);
        assert_eq!(asked(&upstream, &[]), ["/admin/api/2026-07-01/orders/"]);
        let listed = get("/admin/api/2025-01-01/orders?customer=a");
        send(&gateway, protocol, &listed).await;
        assert_eq!(asked(&upstream, &[]), ["/admin/api/2026-07-01/orders?buyer=a"]);
    }
}

#[tokio::test]
async fn a_path_without_a_version_is_the_clients_or_the_defaults() {
    let upstream = Upstream::answers(json(SUMMED)).await;
    let gateway = gateway(PATH, &upstream, |config| {
        let host = Match::Host("new.test".to_owned());
        let prefix = Match::PathPrefix("/legacy".to_owned());
        config.clients =
            vec![known_client("new", Some(NEW), host), known_client("prefix", Some(NEW), prefix)];
    })
    .await;
    assert_eq!(gateway.send(get("/admin/api/orders/o_1")).await.text(), TOTALLED);
    assert_eq!(asked(&upstream, &[]), ["/admin/api/2026-07-01/orders/o_1"]);
    assert_eq!(gateway.send(get("/admin/api/orders/o_1").host("new.test")).await.text(), SUMMED);
    assert_eq!(gateway.send(get("/legacy/admin/api/orders/o_1")).await.text(), SUMMED);
    assert_eq!(gateway.send(get("/legacy/admin/api/2025-01-01/orders/o_1")).await.text(), TOTALLED);
    assert_eq!(asked(&upstream, &[]), ["/admin/api/2026-07-01/orders/o_1"]);
    // A preflight names no version but in its path.
    gateway.send(ask("OPTIONS", "/admin/api/2025-01-01/orders")).await;
    assert_eq!(asked(&upstream, &[]), ["/admin/api/2026-07-01/orders"]);
    gateway.send(ask("OPTIONS", "/admin/api/orders")).await;
    assert_eq!(asked(&upstream, &[]), ["/admin/api/2026-07-01/orders"]);
    gateway.send(get("/oauth/token")).await;
    assert_eq!(asked(&upstream, &[]), ["/oauth/token"], "outside the API");
}

#[tokio::test]
async fn what_is_no_version_of_the_path_is_refused_and_not_repeated() {
    let upstream = Upstream::answers(json(SUMMED)).await;
    let gateway = gateway(PATH, &upstream, |_| {}).await;
    for path in [
        "/admin/api/2025-01-02/orders",
        "/admin/api/sk_live_canary/orders",
        "/admin/api/products",
        "/admin/api/2025-01-01x/orders",
        "/admin/api/2025-01-01;v=1/orders",
        "/Admin/api/2025-01-01/orders",
        "/admin/API/orders.json",
    ] {
        let refused = gateway.send(get(path)).await;
        assert_eq!(error(&refused), (400, "unsupported_api_version".to_owned()), "{path}");
        assert_eq!(
            message(&refused),
            "The version in the path (/admin/api/{version}) is not a supported version. Supported versions: 2025-01-01, \
             2026-07-01"
        );
    }
    for path in [
        "/admin//api/2025-01-01/orders",
        "/admin/api/2025-01-01/../2026-07-01/orders",
        "/admin/api/2025-01-01%2Forders",
        "/admin/api%2f2026-07-01/orders",
        "/admin/./api/2026-07-01/orders",
        "/admin;x/api/2026-07-01/orders",
        "/admin\\api/2026-07-01/orders",
        "//admin/api/2026-07-01/orders",
    ] {
        let refused = gateway.send(get(path)).await;
        assert_eq!(refused.status(), 400, "{path}");
        assert!(!refused.raw_text().contains("canary"));
    }
    assert_eq!(upstream.count(), 0);
}

#[tokio::test]
async fn an_unknown_version_of_a_path_passes_as_it_came_where_that_is_configured() {
    let upstream = Upstream::answers(json(SUMMED)).await;
    let gateway = gateway(PATH, &upstream, |config| config.pins.unknown = Some(UnknownPin::Pass)).await;
    for path in ["/admin/api/2030-01/orders?x", "/admin/api/unstable/orders/%6F"] {
        assert_eq!(gateway.send(get(path)).await.text(), SUMMED);
        assert_eq!(asked(&upstream, &[]), [path]);
    }
    let odd = gateway.send(get("/admin/api/x/../2025-01-01/orders")).await;
    assert_eq!(error(&odd), (400, "ambiguous_path".to_owned()));
}

#[tokio::test]
async fn a_query_says_it_once() {
    for protocol in BOTH {
        let upstream = Upstream::answers(json(SUMMED)).await;
        let gateway = gateway(QUERY, &upstream, |_| {}).await;
        let old = get("/admin/api/orders?a=%20&api%2Dversion=2025-01-01&customer=c");
        let answer = send(&gateway, protocol, &old).await;
        assert_eq!(answer.status(), 200);
        assert_eq!(
            asked(&upstream, &["shop-version"]),
            ["/admin/api/orders?a=%20&api%2Dversion=2026-07-01&buyer=c"]
        );
        assert_eq!(answer.all("vary"), ["accept-encoding"]);
        assert_eq!(send(&gateway, protocol, &get("/admin/api/orders/o_1")).await.text(), TOTALLED);
        assert_eq!(
            asked(&upstream, &[]),
            ["/admin/api/orders/o_1?api-version=2026-07-01"],
            "told at the place"
        );
        let count = upstream.count();
        for odd in [
            "api-version=2025-01-01&api-version=2025-01-01",
            "api-version=2025-01-01&API-Version=2026-07-01",
            "Api-Version=2025-01-01",
            "a=1;api-version=2025-01-01",
            "api-version[]=2025-01-01",
        ] {
            let refused = send(&gateway, protocol, &get(&format!("/admin/api/orders?{odd}"))).await;
            assert_eq!(error(&refused), (400, "ambiguous_version".to_owned()), "{odd}");
        }
        for none in ["api-version=canary", "api-version=", "api-version"] {
            let refused = send(&gateway, protocol, &get(&format!("/admin/api/orders?{none}"))).await;
            assert_eq!(error(&refused), (400, "unsupported_api_version".to_owned()), "{none}");
            assert!(message(&refused).starts_with("The query parameter api-version is not"));
            assert!(!refused.text().contains("canary"));
        }
        assert_eq!(upstream.count(), count);
    }
}

#[tokio::test]
async fn a_media_type_says_it_in_both_fields() {
    const TYPE: &str = "content-type: application/vnd.shop.2026-07-01+json; charset=utf-8";
    for protocol in BOTH {
        let upstream = Upstream::answers(answer("200 OK", &[TYPE], SUMMED)).await;
        let gateway = gateway(MEDIA, &upstream, |_| {}).await;
        let made = ask("POST", "/admin/api/orders")
            .with("accept", "application/vnd.shop.2025-01-01+json;q=0.9, */*;q=0.1")
            .with("content-type", "application/vnd.shop.2025-01-01+json")
            .body(r#"{"total":7}"#);
        let answer = send(&gateway, protocol, &made).await;
        assert_eq!((answer.status(), answer.text()), (200, TOTALLED));
        assert_eq!(answer.field("content-type"), Some("application/vnd.shop.2025-01-01+json; charset=utf-8"));
        assert_eq!(answer.all("vary"), ["accept", "accept-encoding"]);
        assert_eq!(
            asked(&upstream, &["accept", "content-type"]),
            [
                "/admin/api/orders",
                "accept: application/vnd.shop.2026-07-01+json;q=0.9, */*;q=0.1",
                "content-type: application/vnd.shop.2026-07-01+json"
            ]
        );
        assert_eq!(upstream.requests()[0].text(), r#"{"sum":7}"#);
        let silent = send(&gateway, protocol, &get("/admin/api/orders/o_1").with("accept", "*/*")).await;
        assert_eq!(silent.text(), TOTALLED);
        assert_eq!(asked(&upstream, &["accept"])[1], "accept: application/vnd.shop.2026-07-01+json, */*");
        let count = upstream.count();
        let two = "application/vnd.shop.2025-01-01+json, application/vnd.shop.2026-07-01+json";
        let refused = send(&gateway, protocol, &get("/admin/api/orders").with("accept", two)).await;
        assert_eq!(error(&refused), (400, "ambiguous_version".to_owned()));
        let key = "application/vnd.shop.canary+json";
        let refused = send(&gateway, protocol, &get("/admin/api/orders").with("accept", key)).await;
        assert_eq!(error(&refused), (400, "unsupported_api_version".to_owned()));
        assert!(!refused.text().contains("canary"));
        let stripped = get("/admin/api/orders").with("accept", "*/*").with("connection", "accept");
        if protocol == Protocol::Http11 {
            assert_eq!(
                error(&send(&gateway, protocol, &stripped).await),
                (400, "nominated_header".to_owned())
            );
        }
        assert_eq!(upstream.count(), count);
    }
}

#[tokio::test]
async fn an_answer_says_its_version_in_its_media_type() {
    let stated = |version: &str| {
        let media = format!("content-type: application/vnd.shop.{version}+json");
        answer("200 OK", &[&media], SUMMED)
    };
    let upstream = Upstream::answers(stated(OLD)).await;
    let old = gateway(MEDIA, &upstream, |_| {}).await;
    let accept = |version: &str| {
        get("/admin/api/orders/o_1").with("accept", &format!("application/vnd.shop.{version}+json"))
    };
    let passed = old.send(accept(OLD)).await;
    assert_eq!((passed.text(), passed.field("dateline-upstream-version")), (SUMMED, Some(OLD)));
    let upstream = Upstream::answers(stated("2030-01-01")).await;
    let unknown = gateway(MEDIA, &upstream, |_| {}).await;
    assert_eq!(error(&unknown.send(accept(OLD)).await), (502, "upstream_version".to_owned()));
}

#[tokio::test]
async fn of_several_places_the_first_that_is_there_wins() {
    let places = [HEADER, PATH, QUERY].join(", ");
    for protocol in BOTH {
        let upstream = Upstream::answers(json(SUMMED)).await;
        let gateway = gateway(&places, &upstream, |_| {}).await;
        let names = ["shop-version"];
        let told = async |ask: Ask| {
            let answer = send(&gateway, protocol, &ask).await;
            assert_eq!(answer.text(), TOTALLED);
            // The first header is told in any case.
            assert_eq!(answer.field("shop-version"), Some(OLD));
            assert_eq!(answer.all("vary"), ["shop-version", "accept-encoding"]);
            asked(&upstream, &names)
        };
        let header = told(get("/admin/api/orders/o_1").with("shop-version", OLD)).await;
        assert_eq!(header, ["/admin/api/orders/o_1", "shop-version: 2026-07-01"]);
        assert_eq!(told(get("/admin/api/2025-01-01/orders/o_1")).await, ["/admin/api/2026-07-01/orders/o_1"]);
        let query = told(get("/admin/api/orders/o_1?api-version=2025-01-01")).await;
        assert_eq!(query, ["/admin/api/orders/o_1?api-version=2026-07-01"]);
        let silent = told(get("/admin/api/orders/o_1")).await;
        assert_eq!(silent, ["/admin/api/orders/o_1", "shop-version: 2026-07-01"], "at the first place");
        let all = get("/admin/api/2025-01-01/orders/o_1?api-version=2025-01-01").with("shop-version", OLD);
        assert_eq!(
            told(all).await,
            ["/admin/api/2026-07-01/orders/o_1?api-version=2026-07-01", "shop-version: 2026-07-01"]
        );
        let count = upstream.count();
        for contradiction in [
            get("/admin/api/2025-01-01/orders/o_1").with("shop-version", NEW),
            get("/admin/api/2025-01-01/orders/o_1?api-version=2026-07-01"),
            get("/admin/api/orders/o_1?api-version=2026-07-01").with("shop-version", OLD),
        ] {
            let refused = send(&gateway, protocol, &contradiction).await;
            assert_eq!(error(&refused), (400, "ambiguous_version".to_owned()), "{contradiction:?}");
            assert!(message(&refused).contains(" says another one than "));
        }
        assert_eq!(upstream.count(), count);
    }
}

#[tokio::test]
async fn links_name_the_clients_version() {
    let upstream = Upstream::scripted(|mut connection| async move {
        loop {
            let own = format!("http://{}", connection.next().await?.field("host")?);
            let fields = [
                "content-type: application/json".to_owned(),
                format!("location: {own}/admin/api/2026-07-01/orders/o_1?api-version=2026-07-01&a#b"),
                "content-location: /admin/api/2026-07-01/orders/o_1".to_owned(),
                "link: </admin/api/2026-07-01/orders?after=x>; rel=next, <?api-version=2026-07-01>; rel=self, \
                 <https://docs.test/admin/api/2026-07-01/x>; rel=help, </admin/api/2025-04-01/x>; rel=other"
                    .to_owned(),
            ];
            connection.send(answer("201 Created", &fields.each_ref().map(String::as_str), SUMMED)).await;
        }
    })
    .await;
    let public = "https://gateway.test";
    for (public, origin) in [(None, upstream.url.as_str()), (Some(public), public)] {
        let gateway = gateway(&[PATH, QUERY].join(","), &upstream, |config| {
            config.listen.public_url = public.map(str::to_owned);
        })
        .await;
        let made = ask("POST", "/admin/api/2025-01-01/orders").json("{}");
        for protocol in BOTH {
            let answer = send(&gateway, protocol, &made).await;
            let location = format!("{origin}/admin/api/2025-01-01/orders/o_1?api-version=2025-01-01&a#b");
            assert_eq!(answer.field("location"), Some(&*location));
            assert_eq!(answer.field("content-location"), Some("/admin/api/2025-01-01/orders/o_1"));
            assert_eq!(
                answer.field("link"),
                Some(
                    "</admin/api/2025-01-01/orders?after=x>; rel=next, <?api-version=2025-01-01>; rel=self, \
                     <https://docs.test/admin/api/2026-07-01/x>; rel=help, </admin/api/2025-04-01/x>; rel=other"
                )
            );
        }
        let same = gateway.send(ask("POST", "/admin/api/2026-07-01/orders").json("{}")).await;
        assert_eq!(same.field("content-location"), Some("/admin/api/2026-07-01/orders/o_1"));
    }
}

#[tokio::test]
async fn the_version_of_the_clients_own_answers_and_tags_is_kept_apart() {
    let etag = ["content-type: application/json", "etag: \"1\""];
    let upstream = Upstream::answers(answer("200 OK", &etag, SUMMED)).await;
    let gateway = gateway(PATH, &upstream, |_| {}).await;
    let old = gateway.send(get("/admin/api/2025-01-01/orders/o_1")).await;
    let tag = old.field("etag").unwrap().to_owned();
    assert!(tag.starts_with("W/\"1.dl-2025-01-01-"), "{tag}");
    gateway.send(get("/admin/api/2025-01-01/orders/o_1").with("if-none-match", &tag)).await;
    assert_eq!(asked(&upstream, &["if-none-match"])[1], "if-none-match: \"1\"");
    let new = gateway.send(get("/admin/api/2026-07-01/orders/o_1").with("if-none-match", &tag)).await;
    assert_eq!(
        (new.field("etag"), &*asked(&upstream, &["if-none-match"])[1]),
        (Some("\"1\""), &*format!("if-none-match: {tag}"))
    );
}

#[tokio::test]
async fn a_native_exchange_says_the_clients_version_at_its_place() {
    let unsaid = "[[unsaid]]\nname = 'Split orders'\nwhy = 'Nobody knows.'\nin = 'GET /orders/{id}'\n";
    let upstream = Upstream::answers(json(SUMMED)).await;
    let pack = shop_at(
        &format!("versions.in = [{PATH}]"),
        "/admin/api",
        API,
        (SUM.0, &format!("{}{unsaid}", SUM.1)),
    );
    let gateway = Gateway::of_pack(pack, &upstream, |config| {
        config.upstream.version = Some(v(NEW));
        config.upstream.serves = ServedVersions::All;
    })
    .await;
    for target in ["/admin/api/2025-01-01/orders/o_1", "/admin/api/orders/o_1"] {
        assert_eq!(gateway.send(get(target)).await.text(), SUMMED);
        assert_eq!(asked(&upstream, &[]), ["/admin/api/2025-01-01/orders/o_1"]);
    }
}

/// What stands at the place of a version may be a key: a path with one is in no log.
#[test]
fn a_path_is_written_to_the_log_only_where_its_version_is_one() {
    let pack = shop_at(&format!("versions.in = [{PATH}]"), "/admin/api", API, SUM);
    let policy = Policy { unknown: Some(UnknownPin::Pass), ..Policy::default() };
    let exchanges = Exchanges::new(pack, &policy, Decoding::Supported, None, Clock::system()).unwrap();
    let is_clear =
        |path: &str| exchanges.has_clear_path(&Request::get(path).body(()).unwrap().into_parts().0);
    for clear in
        ["/admin/api/2025-01-01/orders", "/admin/api/2027-01-01/orders", "/admin/api/orders", "/other/sk_1"]
    {
        assert!(is_clear(clear), "{clear}");
    }
    for key in
        ["/admin/api/sk_live_1/orders", "/admin/api//sk_live_1/orders", "/admin/api/./sk_live_1/orders"]
    {
        assert!(!is_clear(key), "{key}");
    }
}
