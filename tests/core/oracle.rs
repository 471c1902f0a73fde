//! The sandbox as an oracle: an answer that is translated is what a native upstream of the client's version answers,
//! but for what the translation reports, and there exactly what was promised.

use super::{
    exchange::{Call, FORM, JSON, sandbox},
    promise::agree,
    run::{Lost, pairs},
    value::Json,
};
use dateline_core::step::LossKind;

/// A GET between every two versions.
#[track_caller]
fn get(template: &str, path: &str, query: &str) -> usize {
    let call = Call { template, path, query, body: (JSON, "") };
    pairs()
        .map(|(client, upstream)| {
            let got = call.translated(&sandbox(upstream), client, upstream);
            let excused = agree(&call, client, upstream, &got, &call.native(&sandbox(client), client));
            assert!(client != upstream || (excused == 0 && got.lost.is_empty()));
            excused
        })
        .sum()
}

/// The ids in the first page of a list.
fn ids(template: &str) -> Vec<String> {
    let path = template.split_once(' ').unwrap().1;
    let call = Call { template, path, query: "", body: (JSON, "") };
    let list = call.native(&sandbox(0), 0).body;
    let list = Json::read(&list);
    let ids = list.at("data").and_then(Json::elements).unwrap().iter();
    ids.map(|element| element.at("id").unwrap().raw.trim_matches('"').to_owned()).collect()
}

#[test]
fn lists_are_what_a_native_upstream_answers() {
    let lists: [(&str, &[&str]); 4] = [
        (
            "GET /plans",
            &[
                "",
                "{plans}=biz_pickaxe",
                "{plans}=biz_none",
                "{plans}[]=biz_pickaxe&{plans}%5B%5D=biz_x&plan_types[]=one_time&plan_types[]=renewal",
                "order=id&direction=asc&visibilities[]=not_hidden",
                "last=2",
            ],
        ),
        ("GET /users", &["", "{users}=biz_pickaxe", "query=ada&first=1"]),
        (
            "GET /referrals/businesses",
            &[
                "",
                "order={volume}",
                "order={earnings}&direction=asc",
                "order=created_at&status=active",
                "has_earnings=true",
            ],
        ),
        ("GET /referrals/businesses/earnings", &["", "status=pending", "status=canceled"]),
    ];
    for (template, queries) in lists {
        let path = template.split_once(' ').unwrap().1;
        assert!(ids(template).len() >= 3);
        for query in queries {
            get(template, path, query);
        }
    }
}

#[test]
fn pages_go_on_with_the_clients_cursors() {
    for (template, size) in
        [("GET /plans", 2), ("GET /referrals/businesses", 4), ("GET /referrals/businesses/earnings", 5)]
    {
        let path = template.split_once(' ').unwrap().1;
        let all = ids(template).len();
        for (client, upstream) in pairs() {
            let (mut after, mut seen) = (String::new(), 0);
            loop {
                let query = format!("first={size}{after}");
                let call = Call { template, path, query: &query, body: (JSON, "") };
                let got = call.translated(&sandbox(upstream), client, upstream);
                agree(&call, client, upstream, &got, &call.native(&sandbox(client), client));
                let page = Json::read(&got.body);
                seen += page.at("data").and_then(Json::elements).unwrap().len();
                if page.at("page_info.has_next_page").unwrap().raw == "false" {
                    break;
                }
                after = format!("&after={}", page.at("page_info.end_cursor").unwrap().raw.trim_matches('"'));
            }
            assert_eq!(seen, all);
        }
    }
}

#[test]
fn single_resources_are_what_a_native_upstream_answers() {
    for id in ids("GET /plans").iter().map(String::as_str).chain(["plan_none", "pl%C3%A4n"]) {
        get("GET /plans/{id}", &format!("/plans/{id}"), "");
    }
    for id in ids("GET /users").iter().map(String::as_str).chain(["me", "bo-customer", "user_none"]) {
        for query in ["", "{users}=biz_pickaxe", "account=x"] {
            get("GET /users/{id}", &format!("/users/{id}"), query);
        }
        for resource in ["biz_pickaxe", "prod_analytics", "prod_none"] {
            let path = format!("/users/{id}/access/{resource}");
            get("GET /users/{id}/access/{resource_id}", &path, "{users}=biz_pickaxe");
        }
    }
    let (mut single, mut earnings) =
        (0, get("GET /referrals/businesses/earnings", "/referrals/businesses/earnings", ""));
    for id in ids("GET /referrals/businesses").iter().map(String::as_str).chain(["bref_none"]) {
        single += get("GET /referrals/businesses/{id}", &format!("/referrals/businesses/{id}"), "");
        let path = format!("/referrals/businesses/{id}/earnings");
        earnings -= get("GET /referrals/businesses/{id}/earnings", &path, "");
    }
    assert!(single > 0, "the fixtures show what cannot be translated");
    assert_eq!(earnings, 0, "every earning belongs to one referral");
}

#[test]
fn what_neither_version_can_know_is_reported_for_every_element() {
    let call = Call {
        template: "GET /referrals/businesses",
        path: "/referrals/businesses",
        query: "",
        body: (JSON, ""),
    };
    let up = call.translated(&sandbox(0), 4, 0).lost;
    let down = call.translated(&sandbox(4), 0, 4).lost;
    let count = |lost: &Lost, kind, field: &str| lost.get(&(kind, field.to_owned())).copied().unwrap_or(0);
    // Six referrals, one of which has no amounts at all; one was referred by somebody.
    assert_eq!(count(&up, LossKind::MadeUp, "volume_usd.settled"), 5);
    assert_eq!(count(&up, LossKind::MadeUp, "volume_usd.awaiting_settlement"), 5);
    assert_eq!(count(&up, LossKind::Dropped, "referred_by_account_id"), 1);
    assert_eq!(up.len(), 3);
    assert_eq!(count(&down, LossKind::MadeUp, "referred_by_account_id"), 6);
    assert_eq!(count(&down, LossKind::Dropped, "volume_usd.settled"), 4);
    assert_eq!(count(&down, LossKind::Dropped, "volume_usd.awaiting_settlement"), 4);
    assert_eq!(down.len(), 3);
}

/// Writes, each of which names the account where its operation takes one.
fn writes() -> Vec<Call<'static>> {
    let call = |template, path, query, body| Call { template, path, query, body };
    let json = r#"{ "title":"a & b","{plans}" : "biz_forge", "initial_price":6.90,"metadata":{"company_id":"kept","n":1.10} }"#;
    let user = r#"{"name":"\u0042o","{users}":"biz_forge"}"#;
    vec![
        call("POST /plans", "/plans", "", (JSON, json)),
        call("POST /plans", "/plans", "", (FORM, "title=a+b%26c&{plans}=biz_forge&initial_price=1e1")),
        call("POST /plans", "/plans", "", (JSON, r#"{"title":"nobody's"}"#)),
        call("PATCH /plans/{id}", "/plans/plan_pro", "", (JSON, r#"{"title":"T","stock":null}"#)),
        call("PATCH /plans/{id}", "/plans/plan_pro", "", (FORM, "stock=7&unlimited_stock=false")),
        call("PATCH /plans/{id}", "/plans/plan_none", "", (JSON, "{}")),
        call("DELETE /plans/{id}", "/plans/plan_pro", "", (JSON, "")),
        call("PATCH /users/{id}", "/users/user_bo", "", (JSON, user)),
        call("PATCH /users/{id}", "/users/bo-customer", "", (FORM, "{users}=biz_forge&name=B%6F")),
        call("PATCH /users/{id}", "/users/user_bo", "{users}=biz_forge", (JSON, r#"{"name":null}"#)),
        call("PATCH /users/me", "/users/me", "", (JSON, user)),
        call("PATCH /users/me", "/users/me", "", (FORM, "bio=x&{users}=biz_forge")),
        call("PATCH /users/me", "/users/me", "{users}=biz_forge", (JSON, r#"{"username":"ada2"}"#)),
        call("POST /referrals/partners", "/referrals/partners", "", (JSON, "")),
    ]
}

#[test]
fn writes_reach_the_other_version() {
    for call in writes() {
        for (client, upstream) in pairs() {
            let (to, native) = (sandbox(upstream), sandbox(client));
            let wanted = call.native(&native, client);
            let got = call.translated(&to, client, upstream);
            if wanted.status == 400 {
                // The upstream words its refusals in its own names, and they pass as they are.
                assert_eq!((got.status, &got.body), (400, &got.untranslated));
                assert!(call.body.1.contains("nobody"), "{}", wanted.body);
                continue;
            }
            assert_eq!(agree(&call, client, upstream, &got, &wanted), 0);
            assert!(got.lost.is_empty(), "{:?}", got.lost);
            let again = call.translated(&to, client, upstream);
            assert!(again.replayed || got.status != 200, "the same bytes went upstream twice");
            // What was written is what the other version reads.
            for (template, path, query) in [
                ("GET /plans", "/plans", "order=id"),
                ("GET /users", "/users", "{users}=biz_forge"),
                ("GET /users/{id}", "/users/me", ""),
            ] {
                let read = Call { template, path, query, body: (JSON, "") };
                let got = read.translated(&to, client, upstream);
                assert_eq!(agree(&read, client, upstream, &got, &read.native(&native, client)), 0);
            }
        }
    }
}

#[test]
fn both_names_are_settled_before_the_upstream_sees_them() {
    let body = r#"{"company_id":"biz_forge","account_id":"biz_lumen"}"#;
    for (client, upstream, wins) in [(0, 4, "biz_forge"), (4, 0, "biz_lumen")] {
        let call = Call { template: "POST /plans", path: "/plans", query: "", body: (JSON, body) };
        let got = call.translated(&sandbox(upstream), client, upstream);
        assert_eq!(got.status, 200, "{}", got.body);
        assert!(got.untranslated.contains(wins) && got.lost.len() == 1);
    }
}

#[test]
fn enrolment_passes_byte_for_byte() {
    let call = Call {
        template: "POST /referrals/partners",
        path: "/referrals/partners",
        query: "",
        body: (JSON, ""),
    };
    for (client, upstream) in pairs() {
        let got = call.translated(&sandbox(upstream), client, upstream);
        assert_eq!(got.body, got.untranslated);
        assert_eq!(got.body, call.native(&sandbox(client), client).body);
    }
}

#[test]
fn tax_is_the_same_wherever_it_is_calculated() {
    let (template, body) = ("POST /plans/{id}/calculate_tax", r#"{"address":{"company":"x"}}"#);
    let call = Call { template, path: "/plans/plan_pro/calculate_tax", query: "", body: (JSON, body) };
    for (client, upstream) in pairs().filter(|(client, upstream)| *client.min(upstream) >= 2) {
        let got = call.translated(&sandbox(upstream), client, upstream);
        assert_eq!((got.status, &got.body), (200, &call.native(&sandbox(client), client).body));
    }
}
