//! Forms and queries with brackets, in the manner of an API that takes nothing else.

use crate::common::pack::of_versions;
use dateline_core::{
    Version,
    check::{Trials, check},
    compare::{Place, across::Crossing},
    error_names::Words,
    pack::{Pack, Part},
    plan::Plan,
    step::LossKind,
    translate::{Media, Translated, Untranslatable, optional_query, request_body},
};
use std::sync::Arc;

const API: &str = r#"
name = "pay"
title = "The payments API"
header = "Pay-Version"
default_version = "2025-01-01"
base_path = "/v1"
operations = ["POST /subscriptions", "GET /subscriptions", "POST /refunds"]

[resource.Subscription]
found = [{ in = "POST /subscriptions", part = "body", at = "$" }]
holds = { "lines[*]" = "Item" }

[resource.Item]

[resource.Filter]

[resource.Listing]
found = [{ in = "GET /subscriptions", part = "query" }]
holds = { "filter" = "Filter" }

[resource.Refund]
found = [{ in = "POST /refunds", part = "body", at = "$" }]
"#;

const VERSIONS: [(&str, &str); 4] = [
    ("2025-01-01", ""),
    (
        "2025-02-01",
        r#"
        [[change]]
        name = "Call plans prices"
        why = "A plan is a price."
        resource = "Item"
        steps = [{ move = "plan", to = "price" }, { move = "amount", to = "amount_decimal", as = "number -> decimal" }]
        [[change.example]]
        old = 'plan=p_1&quantity=2&amount=12.5'
        new = 'price=p_1&quantity=2&amount_decimal=12.50'

        [[change]]
        name = "Take several discounts"
        why = "Coupons are one kind of them."
        resource = "Subscription"
        steps = [{ move = "coupon", to = "discounts.coupon" }, { as_list = "discounts" }]
        [[change.example]]
        old = 'customer=c_1&items[0][plan]=p_1&items[0][quantity]=2&coupon=SPRING'
        new = 'customer=c_1&items[0][price]=p_1&items[0][quantity]=2&discounts[0][coupon]=SPRING'
        "#,
    ),
    (
        "2025-03-01",
        r#"
        [[change]]
        name = "Call items lines"
        why = "As everywhere."
        resource = "Subscription"
        steps = [
          { move = "items", to = "lines" },
          { move = "trial_days", to = "trial.days" },
          { map = "expand", values = { "latest_invoice.charge" = "latest_invoice.payment" } },
          { default = "collection", value = '"automatic"' },
        ]
        [[change.example]]
        old = 'items[][price]=p_1&items[][price]=p_2&expand[]=latest_invoice.charge&trial_days=7&collection=manual'
        new = 'lines[][price]=p_1&lines[][price]=p_2&expand[]=latest_invoice.payment&trial[days]=7&collection=manual'

        [[change]]
        name = "Filter by state"
        why = "As everywhere."
        resource = "Filter"
        steps = [{ move = "status", to = "state" }, { map = "state", values = { canceled = "ended" } }]
        [[change.example]]
        old = 'status=canceled'
        new = 'state=ended'

        [[change]]
        name = "Call the size of a page so"
        why = "As everywhere."
        resource = "Listing"
        steps = [{ move = "limit", to = "page.size" }]
        [[change.example]]
        old = 'limit=3&filter[created][gte]=1'
        new = 'page[size]=3&filter[created][gte]=1'
        "#,
    ),
    (
        "2025-04-01",
        r#"
        [[change]]
        name = "Drop the quantity"
        why = "Nobody used it."
        resource = "Item"
        steps = [{ drop = "quantity", restore = '1', implied_by = "there is one of each" }]
        [[change.example]]
        old = 'price=p_1&quantity=1'
        new = 'price=p_1'

        [[change]]
        name = "Refund a payment"
        why = "Charges are payments."
        resource = "Refund"
        steps = [
          { ref = "charge", from = "id", members = '{"object":"charge","note":null}' },
          { drop = "hint", restore = 'null' },
        ]
        [[change.example]]
        way = "up"
        old = 'charge=ch_1'
        new = 'charge[id]=ch_1&charge[object]=charge'
        up_loses = "charge.object=made-up"
        "#,
    ),
];

fn pack() -> Arc<Pack> {
    of_versions(API, VERSIONS).unwrap_or_else(|mistakes| panic!("{mistakes}"))
}

fn plan(operation: &str, from: &str, to: &str) -> Plan {
    let pack = pack();
    let version = |text: &str| text.parse::<Version>().unwrap();
    Plan::compile(&pack, pack.find(operation).unwrap(), version(from), version(to))
}

fn form(operation: &str, from: &str, to: &str, body: &str) -> Result<(String, String), Untranslatable> {
    let Translated { output, losses } =
        request_body(&plan(operation, from, to), Media::Form, body.as_bytes())?;
    Ok((String::from_utf8(output).unwrap(), losses.to_string()))
}

fn told(text: &str, losses: &str) -> (String, String) {
    (text.to_owned(), losses.to_owned())
}

const OLDEST: &str = "2025-01-01";
const NEWEST: &str = "2025-04-01";

#[test]
fn a_pack_of_forms_keeps_the_laws() {
    let report = check(&pack(), Trials { cases: 300, seed: 7 });
    assert!(report.mistakes.is_none(), "{:#?}", report.mistakes);
}

#[test]
fn nested_names_go_up_and_come_down() {
    let old = "customer=c%5F1&items[0][plan]=p%5F1&metadata[k]=a+b&items[0][quantity]=1&items[5][plan]=p_2&\
               coupon=SPRING&expand[]=customer&expand[]=latest_invoice.charge&trial_days=07&collection=manual";
    let new = "customer=c%5F1&lines[0][price]=p%5F1&metadata[k]=a+b&lines[5][price]=p_2&discounts[0][coupon]=SPRING&\
               expand[]=customer&expand[]=latest_invoice.payment&trial[days]=07&collection=manual";
    assert_eq!(form("POST /subscriptions", OLDEST, NEWEST, old).unwrap(), told(new, ""));
    let back = "customer=c%5F1&items[0][plan]=p%5F1&items[0][quantity]=1&metadata[k]=a+b&items[5][plan]=p_2&\
                items[5][quantity]=1&coupon=SPRING&expand[]=customer&expand[]=latest_invoice.charge&trial_days=07&\
                collection=manual";
    assert_eq!(form("POST /subscriptions", NEWEST, OLDEST, new).unwrap(), told(back, ""));
}

#[test]
fn texts_are_converted_and_what_is_odd_is_told() {
    let up = |body: &str| form("POST /subscriptions", OLDEST, "2025-02-01", body).unwrap();
    assert_eq!(up("items[0][amount]=12.5"), told("items[0][amount_decimal]=12.50", ""));
    assert_eq!(up("items[0][amount]="), told("items[0][amount_decimal]=", ""));
    assert_eq!(up("items[0][amount]=x"), told("items[0][amount_decimal]=x", "amount_decimal=unconverted"));
    assert_eq!(
        up("items[][amount]=1&items[][amount]=2"),
        told("items[][amount_decimal]=1.00&items[][amount_decimal]=2.00", "")
    );
    assert_eq!(up("items=none&x=1"), told("items=none&x=1", "$.items[*]=unconverted"), "no list");
    assert_eq!(up("items%5B0%5D%5Bplan%5D=p"), told("items%5B0%5D%5Bprice%5D=p", ""));
    assert_eq!(up("coupon=a&discounts[0][coupon]=b"), told("discounts[0][coupon]=a", "discounts=dropped"));
    let added = form("POST /subscriptions", "2025-02-01", "2025-03-01", "items[0][price]=p").unwrap();
    assert_eq!(added, told("lines[0][price]=p&collection=automatic", ""));
}

#[test]
fn what_goes_with_its_last_field_is_told() {
    let up = |body: &str| form("POST /subscriptions", "2025-03-01", NEWEST, body).unwrap();
    assert_eq!(up("lines[0][quantity]=1&x=1"), told("x=1", "quantity=dropped"));
    assert_eq!(up("lines[0][quantity]=1&lines[0][price]=p"), told("lines[0][price]=p", ""));
}

#[test]
fn several_in_place_of_one_are_refused() {
    let down = plan("POST /subscriptions", "2025-02-01", OLDEST);
    let body = b"discounts[0][coupon]=a&discounts[1][coupon]=b";
    let losses = request_body(&down, Media::Form, body).unwrap().losses;
    assert_eq!(losses.refused().map(|lost| lost.kind).collect::<Vec<_>>(), [LossKind::Unconverted]);
}

#[test]
fn what_a_form_cannot_say_is_refused_on_the_way_that_needs_it() {
    assert_eq!(
        form("POST /refunds", "2025-03-01", NEWEST, "charge=ch_1&hint=x").unwrap(),
        told("charge[id]=ch_1&charge[object]=charge", "charge.object=made-up, hint=dropped")
    );
    let down = form("POST /refunds", NEWEST, "2025-03-01", "charge[id]=ch_1");
    assert_eq!(down.unwrap_err().code(), "form_unsupported");
}

#[test]
fn a_query_has_levels() {
    let query = |from, to, query: &str| {
        let Translated { output, losses } =
            optional_query(&plan("GET /subscriptions", from, to), Some(query));
        (output.unwrap_or_default(), losses.to_string())
    };
    let (old, new) = ("filter[status]=canceled&limit=3&x[y]=z", "filter[state]=ended&page[size]=3&x[y]=z");
    assert_eq!(query(OLDEST, NEWEST, old), told(new, ""));
    assert_eq!(query(NEWEST, OLDEST, new), told(old, ""));
    assert_eq!(query(OLDEST, NEWEST, "filter=x&status=canceled"), told("filter=x&status=canceled", ""));
}

#[test]
fn multipart_fields_have_levels_and_files_stay() {
    let part =
        |head: &str, value: &str| format!("--b\r\nContent-Disposition: form-data; {head}\r\n\r\n{value}\r\n");
    let body = part("name=\"items[0][plan]\"", "p_1")
        + &part("name=\"items[0][photo]\"; filename=\"plan.png\"", "\u{0}plan=1")
        + &part("name=\"coupon\"", "A b")
        + "--b--\r\n";
    let plan = plan("POST /subscriptions", OLDEST, "2025-03-01");
    let media = Media::of(Some(b"multipart/form-data; boundary=b"));
    let output = request_body(&plan, media, body.as_bytes()).unwrap().output;
    let wanted = part("name=\"lines[0][price]\"", "p_1")
        + &part("name=\"lines[0][photo]\"; filename=\"plan.png\"", "\u{0}plan=1")
        + &part("name=\"discounts[0][coupon]\"", "A b")
        + &part("name=\"collection\"", "automatic")
        + "--b--\r\n";
    assert_eq!(String::from_utf8(output).unwrap(), wanted);
    let json = "--b\r\nContent-Disposition: form-data; name=\"items[0]\"\r\nContent-Type: application/json\r\n\r\n\
                {\"plan\":\"p_1\"}\r\n--b--\r\n";
    assert_eq!(request_body(&plan, media, json.as_bytes()).unwrap_err().code(), "form_unsupported");
}

#[test]
fn errors_and_a_simulated_upgrade_name_what_the_client_wrote() {
    let plan = plan("POST /subscriptions", OLDEST, NEWEST);
    let words = Words::of(&plan, None, Some((Media::Form, b"items[0][plan]=p&trial_days=x")));
    let error = br#"{"error":{"message":"Invalid `price`, and `trial[days]`.","param":"trial.days"}}"#;
    let reworded = words.reword(error).expect("names of the client");
    assert_eq!(
        String::from_utf8(reworded.body).unwrap(),
        r#"{"error":{"message":"Invalid `plan`, and `trial_days`.","param":"trial_days"}}"#
    );
    let pack = pack();
    let place = Place::form(pack.find("POST /subscriptions").unwrap());
    let crossing = Crossing::new(&pack, place, OLDEST.parse().unwrap(), NEWEST.parse().unwrap());
    let seen = crossing
        .see("items[0][plan]=p&items[0][quantity]=2&trial_days=7&expand[]=latest_invoice.charge")
        .unwrap();
    assert_eq!(
        seen.output,
        "lines[0][price]=p&trial[days]=7&expand[]=latest_invoice.payment&collection=automatic"
    );
    let query = Place::new(pack.find("GET /subscriptions").unwrap(), Part::Query);
    let crossing = Crossing::new(&pack, query, OLDEST.parse().unwrap(), NEWEST.parse().unwrap());
    assert_eq!(crossing.see("filter[status]=canceled").unwrap().output, "filter[state]=ended");
}
