//! Versions that are named in other ways than by dates: what a client sends, what the upstream is sent, what the client
//! is told.

use super::support::{Gateway, Message, Upstream, get, json, known_client, v};
use crate::common::pack::of_versions;
use dateline_core::pack::Pack;
use dateline_gateway::config::Config;
use dateline_http::policy::{DefaultPin, Match, ServedVersions, UnknownPin};
use std::sync::Arc;

const NEW: &str = r#"{"id":"o_1","sum":7}"#;
const OLD: &str = r#"{"id":"o_1","total":7}"#;
const FIRST: &str = r#"{"id":"o_1","amount":7}"#;

/// A pack with these lines in `[versions]`. `amount` becomes `total` in its second version and `sum` in its third one. Nobody
/// knows what changed in the version `opaque`.
fn pack(versions: &str, labels: [&str; 3], opaque: Option<&str>) -> Arc<Pack> {
    let api = format!(
        "name = 'shop'\ntitle = 'Shop'\nheader = 'Shop-Version'\nbase_path = ''\ndefault_version = '{}'\n\
         operations = ['GET /orders/{{id}}']\n\
         resource.Order.found = [{{ in = 'GET /orders/{{id}}', part = 'response', at = '$' }}]\n[versions]\n{versions}\n",
        labels[0]
    );
    let change = |from: &str, to: &str| {
        format!(
            "[[change]]\nname = 'Rename'\nwhy = 'w'\nresource = 'Order'\nsteps = [{{ move = '{from}', to = '{to}' }}]\n"
        )
    };
    let changes = [String::new(), change("amount", "total"), change("total", "sum")];
    let opaque = opaque.map(|label| (label, "unknown = true\n".to_owned()));
    of_versions(&api, labels.into_iter().zip(changes).chain(opaque))
        .unwrap_or_else(|mistakes| panic!("{mistakes}"))
}

/// A gateway before an upstream at this version.
async fn gateway(
    pack: Arc<Pack>,
    upstream: &Upstream,
    at: &str,
    change: impl FnOnce(&mut Config),
) -> Gateway {
    Gateway::of_pack(pack, upstream, |config| {
        config.upstream.version = Some(v(at));
        change(config);
    })
    .await
}

/// The answer at a version, if it is sent one: its text and its version, and the version that the upstream was asked in.
async fn spoken(gateway: &Gateway, upstream: &Upstream, sent: Option<&str>) -> [String; 3] {
    let ask = get("/orders/o_1");
    let answer = gateway.send(match sent {
        Some(sent) => ask.with("shop-version", sent),
        None => ask,
    });
    let answer = answer.await;
    let asked = upstream.requests().pop().expect("a request");
    let version = |field: Option<&str>| field.unwrap_or_default().to_owned();
    [answer.text().to_owned(), version(answer.field("shop-version")), version(asked.field("shop-version"))]
}

/// The status and the type of the gateway's own answer.
fn error(answer: &Message) -> (u16, String) {
    assert!(answer.field("shop-version").is_some() && answer.field("dateline-outcome").is_some());
    (answer.status(), answer.json()["error"]["type"].as_str().unwrap_or_default().to_owned())
}

fn message(answer: &Message) -> String {
    answer.json()["error"]["message"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn every_scheme_is_spoken_in_its_own_order() {
    for (versions, labels) in [
        ("scheme = 'date'", ["2025-12-31", "2026-07-08-2", "2026-07-08-10"]),
        ("scheme = 'month'", ["2024-10", "2025-01", "2025-10"]),
        ("scheme = 'number'", ["v9", "v68", "v100"]),
        ("scheme = 'number'", ["2.9", "2.14", "10"]),
        (
            "scheme = 'listed'\nlist = ['2025-03-31.basil', '2024-09-30.acacia', 'next']",
            ["2025-03-31.basil", "2024-09-30.acacia", "next"],
        ),
    ] {
        let upstream = Upstream::answers(json(NEW)).await;
        let gateway = gateway(pack(versions, labels, None), &upstream, labels[2], |_| {}).await;
        for (sent, text) in [(labels[0], FIRST), (labels[1], OLD), (labels[2], NEW)] {
            assert_eq!(spoken(&gateway, &upstream, Some(sent)).await, [text, sent, labels[2]], "{versions}");
        }
        assert_eq!(spoken(&gateway, &upstream, None).await, [FIRST, labels[0], labels[2]]);
        let refused = gateway.send(get("/orders/o_1").with("shop-version", "sk_live_1")).await;
        assert_eq!((refused.status(), refused.text().contains("sk_live_1")), (400, false));
        assert!(refused.text().contains(&labels.join(", ")), "oldest first: {}", refused.text());
    }
}

#[tokio::test]
async fn a_newer_client_is_spoken_to_from_an_older_upstream() {
    let labels = ["v9", "v68", "v100"];
    let upstream = Upstream::answers(json(FIRST)).await;
    let gateway = gateway(pack("scheme = 'number'", labels, None), &upstream, "v9", |_| {}).await;
    assert_eq!(spoken(&gateway, &upstream, Some("v100")).await, [NEW, "v100", "v9"]);
}

#[tokio::test]
async fn an_alias_is_its_version_wherever_it_stands() {
    let labels = ["2024-10", "2025-01", "2025-10"];
    let aliases = "scheme = 'month'\naliases = { stable = '2025-01', latest = '2025-10' }";
    let upstream = Upstream::answers(json(NEW)).await;
    let gateway = gateway(pack(aliases, labels, None), &upstream, "latest", |config| {
        config.pins.default = DefaultPin::Version(v("stable"));
        config.clients = vec![known_client("new", Some("latest"), Match::Host("new.test".to_owned()))];
    })
    .await;
    assert_eq!(spoken(&gateway, &upstream, Some("stable")).await, [OLD, "2025-01", "2025-10"]);
    assert_eq!(spoken(&gateway, &upstream, Some("latest")).await, [NEW, "2025-10", "2025-10"]);
    assert_eq!(spoken(&gateway, &upstream, None).await, [OLD, "2025-01", "2025-10"]);
    let client = gateway.send(get("/orders/o_1").host("new.test")).await;
    assert_eq!((client.text(), client.field("shop-version")), (NEW, Some("2025-10")));
}

#[tokio::test]
async fn a_label_that_is_not_known_gets_what_the_pack_or_the_configuration_says() {
    let labels = ["2024-10", "2025-01", "2025-10"];
    let older = pack("scheme = 'month'\nunknown = 'older'", labels, None);
    let upstream = Upstream::answers(json(NEW)).await;
    let by_pack = gateway(older.clone(), &upstream, "2025-10", |_| {}).await;
    for (sent, text, version) in
        [("2024-12", FIRST, "2024-10"), ("2025-09", OLD, "2025-01"), ("2031-01", NEW, "2025-10")]
    {
        assert_eq!(spoken(&by_pack, &upstream, Some(sent)).await, [text, version, "2025-10"], "{sent}");
    }
    for sent in ["2024-09", "2025-13", "unstable", "2025-01-01", ""] {
        let refused = by_pack.send(get("/orders/o_1").with("shop-version", sent)).await;
        assert_eq!(error(&refused), (400, "unsupported_api_version".to_owned()), "{sent}");
    }
    let refuse = |config: &mut Config| config.pins.unknown = Some(UnknownPin::Refuse);
    let refusing = gateway(older.clone(), &upstream, "2025-10", refuse).await;
    let refused = refusing.send(get("/orders/o_1").with("shop-version", "2024-12")).await;
    assert_eq!(refused.status(), 400, "the configuration wins");
    let pass = |config: &mut Config| config.pins.unknown = Some(UnknownPin::Pass);
    let passing = gateway(older, &upstream, "2025-10", pass).await;
    assert_eq!(spoken(&passing, &upstream, Some("2031-01")).await, [NEW, "2031-01", "2031-01"]);
    assert_eq!(spoken(&passing, &upstream, Some("unstable")).await[2], "unstable");
}

#[tokio::test]
async fn a_version_of_which_nothing_is_known_is_spoken_natively_or_refused() {
    let labels = ["v1", "v2", "v4"];
    let with_third = || pack("scheme = 'number'", labels, Some("v3"));
    let upstream = Upstream::answers(json(NEW)).await;
    let serving = gateway(with_third(), &upstream, "v4", |config| {
        config.upstream.serves = ServedVersions::Listed(vec![v("v3")]);
    })
    .await;
    assert_eq!(spoken(&serving, &upstream, Some("v3")).await, [NEW, "v3", "v3"]);
    assert_eq!(spoken(&serving, &upstream, Some("v1")).await, [FIRST, "v1", "v4"], "it is stepped over");
    let count = upstream.requests().len();
    let others = gateway(with_third(), &upstream, "v4", |_| {}).await;
    let refused = others.send(get("/orders/o_1").with("shop-version", "v3")).await;
    assert_eq!(error(&refused), (400, "unsupported_api_version".to_owned()));
    assert!(
        refused
            .error_message()
            .starts_with("Version v3 cannot be translated, since it is not known what changed"),
        "{}",
        message(&refused)
    );
    assert!(message(&refused).ends_with("Supported versions: v1, v2, v4"));
    assert_eq!(upstream.requests().len(), count, "nothing was sent");
}

#[tokio::test]
async fn an_upstream_at_a_version_of_which_nothing_is_known_is_spoken_natively() {
    let labels = ["v1", "v2", "v4"];
    let upstream = Upstream::answers(json(NEW)).await;
    let serving = gateway(pack("scheme = 'number'", labels, Some("v3")), &upstream, "v3", |config| {
        config.upstream.serves = ServedVersions::Listed(vec![v("v1")]);
    })
    .await;
    assert_eq!(spoken(&serving, &upstream, Some("v3")).await, [NEW, "v3", "v3"]);
    assert_eq!(
        spoken(&serving, &upstream, Some("v1")).await,
        [NEW, "v1", "v1"],
        "natively: nothing is translated"
    );
    for path in ["/orders/o_1", "/elsewhere"] {
        let refused = serving.send(get(path).with("shop-version", "v2")).await;
        assert_eq!(error(&refused), (400, "change_untranslatable".to_owned()), "{path}");
        assert!(message(&refused).ends_with("Send version v3"), "{}", message(&refused));
    }
}
