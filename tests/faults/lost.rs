//! Losses that are told: what was there and is gone, or stayed in a form that its version does not know.

use super::support::{Ask, Gateway, Upstream, ask, get, json, pack_of, v};
use dateline::{
    Config,
    config::{Client, Match, OnLoss},
    pack::Pack,
};
use std::sync::Arc;

const REFERRAL: &str = "/api/v1/referrals/businesses/bref_x";

fn refusing(config: &mut Config) {
    config.clients.push(Client {
        name: "strict".to_owned(),
        pin: None,
        matcher: Match::Host("strict.test".to_owned()),
        upstream_version: None,
        losses: OnLoss::Refuse,
    });
}

/// As the client that refuses.
fn strict(ask: Ask) -> Ask {
    ask.host("strict.test")
}

/// The newer version has no fee in the body of an order, and a tax beside its total.
fn shop() -> Arc<Pack> {
    pack_of(&[
        (
            "api.toml",
            "name = \"shop\"\ntitle = \"The shop\"\nheader = \"Shop-Version\"\nunversioned = \"2025-01-01\"\n\
             base_path = \"/v1\"\noperations = [\"POST /orders\"]\n\
             [resource.Order]\nfound = [{ in = \"POST /orders\", part = \"body\", at = \"$\" }]\n",
        ),
        ("2025-01-01.toml", "version = \"2025-01-01\"\ntitle = \"Original\"\n"),
        (
            "2026-01-01.toml",
            "version = \"2026-01-01\"\ntitle = \"Less is said\"\n\
             [[change]]\nname = \"Drop the fee\"\nwhy = \"w\"\nresource = \"Order\"\n\
             steps = [{ drop = \"fee\", restore = '0', known_by = \"k\" }, \
             { add = \"tax\", value = '\"0.00\"', beside = \"total\" }]\n",
        ),
    ])
}

#[tokio::test]
async fn row_14_1l_a_client_that_sends_nothing_loses_nothing() {
    let order =
        |version: &str, body: &str| ask("POST", "/v1/orders").with("shop-version", version).json(body);
    for (upstream_is_at, client_is_at, nothing, sent, something, loss) in [
        ("2026-01-01", "2025-01-01", r#"{"id":1}"#, r#"{"id":1}"#, r#"{"id":1,"fee":5}"#, "fee"),
        (
            "2025-01-01",
            "2026-01-01",
            r#"{"total":1}"#,
            r#"{"total":1,"fee":0}"#,
            r#"{"total":1,"tax":"2"}"#,
            "tax",
        ),
    ] {
        let mut upstream = Upstream::answers(json("{}")).await;
        upstream.version = v(upstream_is_at);
        let gateway = Gateway::of_pack(shop(), &upstream, refusing).await;
        for ask in [order(client_is_at, nothing), strict(order(client_is_at, nothing))] {
            let answer = gateway.send(ask).await;
            assert_eq!((answer.status(), answer.field("dateline-loss")), (200, None), "{}", answer.text());
        }
        assert!(upstream.requests().iter().all(|request| request.text() == sent), "{sent}");
        let seen = upstream.count();

        let told = gateway.send(order(client_is_at, something)).await;
        assert_eq!(told.field("dateline-loss"), Some(format!("{loss}=dropped").as_str()));
        let refused = gateway.send(strict(order(client_is_at, something))).await;
        assert_eq!((refused.status(), upstream.count()), (400, seen + 1), "{}", refused.text());
        let text = refused.error_message();
        let advice = format!("{loss} would be dropped. Nothing was sent. Leave out what would be lost");
        assert!(text.contains(&advice), "{text}");
    }
    // An answer in which a field never stood has not lost it, either.
    let mut upstream = Upstream::answers(json(r#"{"id":"bref_x","referred_by_account_id":null}"#)).await;
    upstream.version = v("2025-01-01");
    let gateway = Gateway::before(&upstream).await;
    let answer = gateway.send(get(REFERRAL).pin("2026-07-01")).await;
    assert_eq!(
        (answer.status(), answer.text(), answer.field("dateline-loss")),
        (200, r#"{"id":"bref_x"}"#, None)
    );
}
