//! Every pair of versions through the gateway, against what the sandbox says natively at the client's version.

use super::support::{Ask, Gateway, Message, Upstream, ask, get, respond, v};
use dateline_sandbox::Sandbox;
use serde_json::{Value, json};

pub(super) const VERSIONS: [&str; 5] = ["2025-01-01", "2026-06-08", "2026-06-09", "2026-06-20", "2026-07-01"];

/// The versions in which names and forms change.
const USERS: &str = "2026-06-08";
pub(super) const PLANS: &str = "2026-06-09";
const REFERRALS: &str = "2026-06-20";
const EARNINGS: &str = "2026-07-01";

/// Returns the requests of a client at a version, in this order: every operation, with reads that show each write.
pub(super) fn session(pin: &str) -> Vec<Ask> {
    let users = if pin < USERS { "company_id" } else { "account_id" };
    let plans = if pin < PLANS { "company_id" } else { "account_id" };
    let (volume, earnings) = match pin < REFERRALS {
        true => ("processing_volume", "total_earnings"),
        false => ("volume_usd", "earnings_usd"),
    };
    let create = format!(
        r#"{{"{plans}":"biz_forge","title":"Größe \"L\"","initial_price":6.90,"metadata":{{"company_id":1,"account":2}}}}"#
    );
    let mut session = vec![
        get(&format!(
            "/api/v1/plans?{plans}=biz_pickaxe&plan_types[]=renewal&plan_types%5B%5D=one_time&first=3"
        )),
        get("/api/v1/plans/plan_invoice"),
        ask("POST", "/api/v1/plans").json(&create),
        ask("POST", "/api/v1/plans").form(&format!("title=a+b&{plans}=biz%5Fpickaxe&initial_price=1.50")),
        ask("PATCH", "/api/v1/plans/plan_new1").json(r#"{"title":null,"internal_notes":"company_id"}"#),
        get("/api/v1/plans/plan_new1/"),
        ask("DELETE", "/api/v1/plans/plan_new2"),
        get("/api/v1/plans/plan_new2"),
        get(&format!("/api/v1/users?query=a&{users}=biz_pickaxe")),
        ask("PATCH", "/api/v1/users/me").json(&format!(r#"{{"name":"Ada P.","{users}":"biz_pickaxe"}}"#)),
        ask("PATCH", &format!("/api/v1/users/user_bo?{users}=biz_forge")).form("name=Bo+F."),
        get(&format!("/api/v1/users/user_ada?{users}=biz_pickaxe")),
        get(&format!("/api/v1/users/bo-customer/access/prod_analytics?{users}=biz_pickaxe")),
        get(&format!("/api/v1/referrals/businesses?order={volume}&direction=asc")),
        get(&format!("/api/v1/referrals/businesses?order={earnings}&has_earnings=true&first=2")),
        get("/api/v1/referrals/businesses/bref_giant"),
        get("/api/v1/referrals/businesses/bref_fresh"),
        get("/api/v1/referrals/businesses/earnings"),
        get("/api/v1/referrals/businesses/bref%5Fpickaxe/earnings?first=1&after=bre_sample"),
        get("/api/v1/referrals/businesses/bref_nobody"),
        ask("POST", "/api/v1/referrals/partners"),
    ];
    if pin >= PLANS {
        let tax = ask("POST", "/api/v1/plans/plan_pro/calculate_tax");
        session.push(tax.json(r#"{"address":{"country":"DE","company":"x"}}"#));
    }
    session.into_iter().map(|ask| ask.pin(pin)).collect()
}

/// An old upstream has no such operation.
pub(super) fn is_there(ask: &Ask, upstream: &str) -> bool {
    upstream >= PLANS || !ask.target.ends_with("/calculate_tax")
}

/// Replaces the values of the native answer that the upstream's version cannot express by the promised ones.
fn promise(native: &mut Value, pin: &str, upstream: &str) {
    let crosses = |version: &str| (pin < version) != (upstream < version);
    match native {
        Value::Array(elements) => elements.iter_mut().for_each(|element| promise(element, pin, upstream)),
        Value::Object(object) => {
            if crosses(REFERRALS) && object.contains_key("referred_by_account_id") {
                object["referred_by_account_id"] = Value::Null;
            }
            if let Some(volume) = object.get_mut("volume_usd").filter(|_| crosses(REFERRALS)) {
                let attributed = volume["attributed"].clone();
                volume["awaiting_settlement"] =
                    if attributed.is_null() { Value::Null } else { "0.00".into() };
                volume["settled"] = attributed;
            }
            if crosses(EARNINGS) && object.contains_key("amount_after_fees") {
                object["amount_after_fees"] = Value::Null;
                object["receipt_fees"] = json!([]);
            }
            if crosses(EARNINGS) && object.get("resource").is_some_and(|it| it["object"] != "receipt") {
                object["resource"] = Value::Null;
            }
            object.values_mut().for_each(|value| promise(value, pin, upstream));
        }
        _ => {}
    }
}

/// Numbers and decimal strings by value: without the zeros that do not count.
fn by_value(value: &mut Value) {
    let shortest = |text: &str| match text.split_once('.') {
        Some((whole, fraction)) => match fraction.trim_end_matches('0') {
            "" => whole.to_owned(),
            fraction => format!("{whole}.{fraction}"),
        },
        None => text.to_owned(),
    };
    match value {
        Value::Array(elements) => elements.iter_mut().for_each(by_value),
        Value::Object(object) => object.values_mut().for_each(by_value),
        Value::Number(number) => *value = json!({ "number": shortest(&number.to_string()) }),
        Value::String(text) if text.parse::<f64>().is_ok() => *value = json!({ "text": shortest(text) }),
        _ => {}
    }
}

fn comparable(message: &Message) -> Value {
    let mut value = message.json();
    by_value(&mut value);
    value
}

async fn compare(pin: &str, version: &str) {
    let upstream = Upstream::sandbox(version).await;
    let gateway = Gateway::before(&upstream).await;
    let oracle = Sandbox::new(Some(v(pin))).unwrap();
    for ask in session(pin).into_iter().filter(|ask| is_there(ask, version)) {
        let case = format!("{} {} from {pin} at {version}", ask.method, ask.target);
        let mut native = respond(&oracle, &ask);
        let mut expected = native.json();
        promise(&mut expected, pin, version);
        native.body = expected.to_string().into_bytes();
        let answer = gateway.send(ask).await;
        assert_eq!(answer.status(), native.status(), "{case}: {}", answer.text());
        assert_eq!(comparable(&answer), comparable(&native), "{case}");
        assert_eq!(answer.field("api-version-date"), Some(pin), "{case}");
        assert_eq!(answer.field("content-length"), Some(answer.body.len().to_string().as_str()), "{case}");
        if pin == version {
            let direct = respond(&oracle, &get("/api/v1/plans/plan_pro"));
            assert_eq!(gateway.send(get("/api/v1/plans/plan_pro").pin(pin)).await.body, direct.body);
        }
    }
}

#[tokio::test]
async fn every_operation_between_every_two_versions_is_as_native() {
    for pin in VERSIONS {
        for version in VERSIONS {
            compare(pin, version).await;
        }
    }
}

#[tokio::test]
async fn losses_are_told() {
    let upstream = Upstream::sandbox("2025-01-01").await;
    let gateway = Gateway::before(&upstream).await;
    let answer = gateway.send(get("/api/v1/referrals/businesses/bref_forge").pin("2026-07-01")).await;
    assert_eq!(
        answer.field("dateline-loss"),
        Some(
            "referred_by_account_id=dropped, volume_usd.awaiting_settlement=made-up, volume_usd.settled=made-up"
        ),
        "{}",
        answer.text()
    );
    let answer = gateway.send(get("/api/v1/plans/plan_pro").pin("2026-07-01")).await;
    assert_eq!(answer.field("dateline-loss"), None);
}
