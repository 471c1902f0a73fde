//! Resources inside resources: a list of payments, each with a plan, a user, refunds and eight amounts of money.

use crate::{chain, documents::dollars, operation};
use dateline_core::{pack::Pack, plan::Plan};
use serde_json::{Map, Value};
use std::fmt::Write;

const LIST: &str = "GET /payments";
const PAYMENTS: u64 = 2000;
const AMOUNTS: [&str; 8] = ["total", "subtotal", "tax", "fee", "net", "tip", "discount", "refunded"];

/// The steps of each resource, as they run going up.
const CHANGES: [(&str, &str); 5] = [
    ("Payment", r#"{ move = "status", to = "state" }"#),
    ("Plan", r#"{ move = "company_id", to = "account_id" }"#),
    ("User", r#"{ move = "name", to = "full_name" }"#),
    ("Refund", r#"{ move = "reason", to = "cause" }"#),
    (
        "Money",
        r#"{ move = "amount", to = "value", as = "number -> decimal" }, { move = "unit", to = "currency" }"#,
    ),
];

/// The plans down from the newer version, and up to it.
pub(crate) fn plans() -> [Plan; 2] {
    let pack = pack();
    let (old, new) = (pack.versions().next().unwrap(), pack.newest());
    [(old, new), (new, old)].map(|(to, from)| Plan::compile(&pack, operation(&pack, LIST), to, from))
}

fn pack() -> Pack {
    let amounts = AMOUNTS.map(|name| format!("{name} = \"Money\"")).join(", ");
    let resources = format!(
        "[resource.Payment]\nfound = [{{ in = \"{LIST}\", part = \"response\", at = \"$.data[*]\" }}]\n\
         holds = {{ plan = \"Plan\", user = \"User\", \"refunds[*]\" = \"Refund\", {amounts} }}\n\
         [resource.Plan]\n[resource.User]\n[resource.Refund]\n[resource.Money]\n"
    );
    let changes = CHANGES.map(|(resource, steps)| chain::change(resource, &format!("  {steps},\n"))).concat();
    chain::write(&[LIST], &resources, &[(chain::version(1), changes)]).load()
}

/// The list as of the newer version, one megabyte.
pub(crate) fn new_list() -> Vec<u8> {
    let mut list = String::from(r#"{"data":["#);
    for index in 0..PAYMENTS {
        if index > 0 {
            list.push(',');
        }
        payment(&mut list, index);
    }
    list.push_str(r#"],"page_info":{"end_cursor":"c2","has_next_page":false}}"#);
    list.into_bytes()
}

fn payment(list: &mut String, index: u64) {
    write!(
        list,
        concat!(
            r#"{{"id":"pay_{0:06}","state":"paid","plan":{{"id":"plan_{0}","account_id":"biz_{0}"}},"#,
            r#""user":{{"id":"user_{0}","full_name":"Zoë {0}"}},"refunds":["#
        ),
        index
    )
    .unwrap();
    for refund in 0..index % 3 {
        let comma = if refund > 0 { "," } else { "" };
        write!(list, r#"{comma}{{"id":"re_{index}","cause":"fraud"}}"#).unwrap();
    }
    list.push(']');
    for (salt, name) in (1u64..).zip(AMOUNTS) {
        let value = dollars((index + salt).wrapping_mul(7_368_787) % 50_000);
        write!(list, r#","{name}":{{"value":"{value}","currency":"usd"}}"#).unwrap();
    }
    list.push('}');
}

/// The newer version's payment as the older one has it, by hand. Amounts stay text, which is exact, and faster than
/// floating point where `serde_json` reads numbers as text.
pub(crate) fn down(payment: &mut Map<String, Value>) {
    rename(payment, "state", "status");
    each(payment, ["plan"], |plan| rename(plan, "account_id", "company_id"));
    each(payment, ["user"], |user| rename(user, "full_name", "name"));
    refunds(payment, |refund| rename(refund, "cause", "reason"));
    each(payment, AMOUNTS, |money| {
        if let Some(Value::String(value)) = money.remove("value") {
            money.insert("amount".into(), Value::Number(value.parse().unwrap()));
        }
        rename(money, "currency", "unit");
    });
}

/// The older version's payment as the newer one has it.
pub(crate) fn up(payment: &mut Map<String, Value>) {
    rename(payment, "status", "state");
    each(payment, ["plan"], |plan| rename(plan, "company_id", "account_id"));
    each(payment, ["user"], |user| rename(user, "name", "full_name"));
    refunds(payment, |refund| rename(refund, "reason", "cause"));
    each(payment, AMOUNTS, |money| {
        if let Some(Value::Number(amount)) = money.remove("amount") {
            money.insert("value".into(), Value::String(amount.to_string()));
        }
        rename(money, "unit", "currency");
    });
}

fn rename(object: &mut Map<String, Value>, from: &str, to: &str) {
    if let Some(value) = object.remove(from) {
        object.insert(to.into(), value);
    }
}

fn each<const N: usize>(
    object: &mut Map<String, Value>,
    names: [&str; N],
    one: impl Fn(&mut Map<String, Value>),
) {
    for name in names {
        if let Some(Value::Object(inner)) = object.get_mut(name) {
            one(inner);
        }
    }
}

fn refunds(payment: &mut Map<String, Value>, one: impl Fn(&mut Map<String, Value>)) {
    if let Some(Value::Array(refunds)) = payment.get_mut("refunds") {
        refunds.iter_mut().filter_map(Value::as_object_mut).for_each(one);
    }
}
