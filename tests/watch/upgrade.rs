//! An upgrade, simulated for a client that was seen: on the page and under `/api/diff`.

use super::page::{HOSTILE, asked, counted, words};
use serde_json::Value;

/// The changes of every part, as words.
fn told(upgrade: &Value) -> Vec<String> {
    let parts = upgrade["parts"].as_array().unwrap().iter();
    let changes = parts.flat_map(|part| part["changes"].as_array().unwrap());
    changes.map(|change| change["words"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_client_is_told_of_what_it_asks_for_and_of_nothing_else() {
    let gateway = asked().await;
    counted(&gateway, 9).await;
    let answer = gateway.admin("/api/diff?client=cron&to=2026-07-01").await;
    assert!(!answer.text().contains("pickaxe"), "values are the pack's examples: {}", answer.text());
    let upgrades = answer.json()["upgrades"].as_array().unwrap().clone();
    assert_eq!(upgrades.len(), 1, "{upgrades:#?}");
    assert_eq!(
        (&upgrades[0]["operation"], &upgrades[0]["from"], &upgrades[0]["requests"]),
        (&"GET /referrals/businesses/{id}".into(), &"2025-01-01".into(), &3.into())
    );
    let changes = told(&upgrades[0]);
    let expected = "`processing_volume` 11050.00 becomes `volume_usd.attributed` \"11050.00\"";
    assert!(changes.iter().any(|change| change == expected), "{changes:#?}");
    let path = "/api/diff?operation=GET+/referrals/businesses/%7Bid%7D&from=2025-01-01&to=2026-07-01";
    assert_eq!(told(&gateway.admin(path).await.json()), changes);

    let page = gateway.admin("/").await;
    let link = "/?client=cron&amp;to=2026-07-01#upgrade";
    assert!(page.text().contains(&format!("<a href=\"{link}\"")), "{}", page.text());
    let page = gateway.admin("/?client=cron&to=2026-07-01").await;
    let text = words(page.text());
    for said in [
        "GET /referrals/businesses/{id} 2025-01-01 → 2026-07-01, 3 requests",
        "response 2026-06-20: Group referral volume and earnings. Volume and earnings are",
        "processing_volume 11050.00 volume_usd.attributed &quot;11050.00&quot; converted – volume_usd.settled",
        "– volume_usd.awaiting_settlement &quot;0.00&quot; added new, here made up total_earnings",
        "currency &quot;usd&quot; – gone referred_by_account_id null – gone",
    ] {
        assert!(text.contains(said), "{said} in {text}");
    }
}

#[tokio::test]
async fn a_client_is_called_by_its_name_whatever_that_is() {
    let gateway = asked().await;
    counted(&gateway, 9).await;
    let encoded: String = HOSTILE.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let of = async |to: &str| gateway.admin(&format!("/?client={encoded}&to={to}")).await;
    let page = of("2026-07-01").await;
    assert_eq!(page.text().matches("<script").count(), 1, "its own");
    assert!(
        words(page.text()).contains("Nothing: what it asks for is the same at 2026-07-01"),
        "{}",
        page.text()
    );
    let page = of("2026-06-09").await;
    assert!(words(page.text()).contains("It speaks 2026-06-09 already"), "{}", page.text());
    let down = gateway.admin(&format!("/api/diff?client={encoded}&to=2025-01-01")).await.json();
    assert_eq!(down["upgrades"][0]["operation"], "GET /plans");
    assert!(
        told(&down["upgrades"][0]).contains(&"`account_id` \"biz_x\" is called `company_id`".to_owned()),
        "{down}"
    );
    assert_eq!(down["upgrades"].as_array().unwrap().len(), 1, "a path that the pack has not is no operation");
}

#[tokio::test]
async fn what_is_unknown_is_refused() {
    let gateway = asked().await;
    counted(&gateway, 9).await;
    for (query, problem) in [
        ("", "write ?operation="),
        ("?operation=GET+/plans&from=2025-01-01", "write ?operation="),
        ("?operation=GET+/x&from=2025-01-01&to=2026-07-01", "no such operation"),
        ("?operation=GET+/plans&from=2025-01-02&to=2026-07-01", "no such version"),
        ("?client=nobody&to=2026-07-01", "no client of this name"),
        ("?client=cron&to=2026-07-02", "no such version"),
    ] {
        let refused = gateway.admin(&format!("/api/diff{query}")).await;
        assert_eq!(refused.status(), 400, "{query}");
        assert!(refused.json()["error"].as_str().unwrap().contains(problem), "{}", refused.text());
    }
    let page = words(gateway.admin("/?client=nobody&to=2026-07-01").await.text());
    assert!(page.contains("no client of this name has asked for anything"), "{page}");
}
