//! Resources inside resources: a shop whose orders hold items, a buyer and notes with replies.

use crate::common::pack::of_versions;
use bytes::Bytes;
use dateline_core::{
    Version,
    check::{Trials, check},
    compare::{Place, across::Crossing},
    pack::{Pack, Part},
    plan::{Plan, explain},
    translate::{Media, ResponseStream, request_body, response_body},
};
use std::sync::Arc;

const API: &str = r#"
name = "shop"
title = "The shop's API"
header = "Shop-Version"
default_version = "2025-01-01"
base_path = "/v1"
operations = ["GET /orders", "GET /orders/{id}", "POST /orders"]

[resource.Order]
found = [
  { in = "GET /orders", part = "response", at = "$.data[*]" },
  { in = "GET /orders/{id}", part = "response", at = "$" },
  { in = "POST /orders", part = "body", at = "$" },
  { in = "POST /orders", part = "response", at = "$" },
]
holds = { "items[*]" = "Item", "customer" = "Person", "notes[*]" = "Note" }

[resource.Item]
holds = { "taxes[*]" = "Tax" }

[resource.Tax]

[resource.Person]

[resource.Note]
holds = { "replies[*]" = "Note" }
"#;

const VERSIONS: [(&str, &str); 5] = [
    ("2025-01-01", ""),
    (
        "2025-02-01",
        r#"
        [[change]]
        name = "Write prices as decimals"
        why = "Amounts reconcile."
        resource = "Item"
        steps = [{ move = "price", to = "amounts.price", as = "number -> decimal" }]
        [[change.example]]
        old = '{"sku":"a","price":12.5}'
        new = '{"sku":"a","amounts":{"price":"12.50"}}'

        [[change]]
        name = "Rename the name of a person"
        why = "It is a full name."
        resource = "Person"
        steps = [{ move = "name", to = "full_name" }]
        [[change.example]]
        old = '{"number":"p","name":"Ada"}'
        new = '{"number":"p","full_name":"Ada"}'

        [[change]]
        name = "Rename the text of a note"
        why = "It is a body."
        resource = "Note"
        steps = [{ move = "text", to = "body" }]
        [[change.example]]
        old = '{"text":"a","replies":[{"text":"b","replies":[]}]}'
        new = '{"body":"a","replies":[{"body":"b","replies":[]}]}'
        "#,
    ),
    (
        "2025-03-01",
        r#"
        [[change]]
        name = "Call the buyer a customer"
        why = "As everywhere."
        resource = "Order"
        steps = [{ move = "buyer", to = "customer" }, { move = "total", to = "sum" }]
        [[change.example]]
        in = "GET /orders/{id}"
        old = '{"id":"o","buyer":{"number":"p","full_name":"Ada"},"total":1}'
        new = '{"id":"o","customer":{"number":"p","full_name":"Ada"},"sum":1}'
        [[change.example]]
        in = "GET /orders"
        old = '{"data":[{"id":"o","buyer":null,"total":1}]}'
        new = '{"data":[{"id":"o","customer":null,"sum":1}]}'
        [[change.example]]
        in = "POST /orders"
        part = "body"
        old = '{"buyer":{"number":"p"}}'
        new = '{"customer":{"number":"p"}}'
        [[change.example]]
        in = "POST /orders"
        old = '{"id":"o","buyer":{"number":"p"},"total":1}'
        new = '{"id":"o","customer":{"number":"p"},"sum":1}'
        "#,
    ),
    (
        "2025-04-01",
        r#"
        [[change]]
        name = "Say the rate of a tax in percent"
        why = "It is read by people."
        resource = "Tax"
        steps = [{ move = "rate", to = "percent", as = "number * 100" }]
        [[change.example]]
        old = '{"rate":0.19}'
        new = '{"percent":19}'

        [[change]]
        name = "Rename the number of a person"
        why = "Numbers say what they are of."
        resource = "Person"
        steps = [{ move = "number", to = "person_number" }]
        [[change.example]]
        old = '{"number":"p"}'
        new = '{"person_number":"p"}'
        "#,
    ),
    (
        "2025-05-01",
        r#"
        [[change]]
        name = "Drop the colour of an item"
        why = "Nobody used it."
        resource = "Item"
        steps = [{ drop = "colour", restore = 'null' }]
        [[change.example]]
        old = '{"sku":"a","colour":null}'
        new = '{"sku":"a"}'
        "#,
    ),
];

fn shop() -> Arc<Pack> {
    read(API, &VERSIONS).unwrap_or_else(|mistakes| panic!("{mistakes}"))
}

fn read(api: &str, versions: &[(&str, &str)]) -> Result<Arc<Pack>, String> {
    of_versions(api, versions.iter().copied()).map_err(|mistakes| mistakes.to_string())
}

fn v(text: &str) -> Version {
    text.parse().unwrap()
}

fn plan(pack: &Pack, operation: &str, client: &str, upstream: &str) -> Arc<Plan> {
    Arc::new(Plan::compile(pack, pack.find(operation).unwrap(), v(client), v(upstream)))
}

const OLD: &str = r#"{"id":"o","items":[ {"sku":"a","price":12.50,"taxes":[{"rate":0.19},{"rate":0.07}],"colour":null},{"price":1.00,"colour":null} ],"buyer":{"number":"p","name":"Ada"},"total":1.10,"notes":[{"text":"x","replies":[{"text":"y","replies":[{"text":"z"}]}]}]}"#;
const NEW: &str = r#"{"id":"o","items":[ {"sku":"a","amounts":{"price":"12.50"},"taxes":[{"percent":19},{"percent":7}]},{"amounts":{"price":"1.00"}} ],"customer":{"person_number":"p","full_name":"Ada"},"sum":1.10,"notes":[{"body":"x","replies":[{"body":"y","replies":[{"body":"z"}]}]}]}"#;

#[test]
fn what_an_object_holds_is_translated_with_it_both_ways() {
    let pack = shop();
    let (oldest, newest) = ("2025-01-01", "2025-05-01");
    let list = |order: &str| format!(r#"{{"data":[{order}, {order}],"more":false}}"#);
    for (operation, old, new) in
        [("GET /orders/{id}", OLD.to_owned(), NEW.to_owned()), ("GET /orders", list(OLD), list(NEW))]
    {
        let down = response_body(&plan(&pack, operation, oldest, newest), new.as_bytes()).unwrap();
        assert_eq!(String::from_utf8(down.output).unwrap(), old);
        assert_eq!(down.losses.to_string(), "colour=made-up");
        let up = response_body(&plan(&pack, operation, newest, oldest), old.as_bytes()).unwrap();
        assert_eq!((String::from_utf8(up.output).unwrap(), up.losses.to_string()), (new, String::new()));
    }
    let create = plan(&pack, "POST /orders", oldest, newest);
    let up = request_body(&create, Media::Json, OLD.as_bytes()).unwrap();
    assert_eq!(String::from_utf8(up.output).unwrap(), NEW);
}

#[test]
fn every_chunking_gives_the_same() {
    let pack = shop();
    let plan = plan(&pack, "GET /orders", "2025-01-01", "2025-05-01");
    let body = Bytes::from(format!(r#"{{"data":[{NEW}]}}"#));
    let whole = response_body(&plan, &body).unwrap();
    for cut in 0..=body.len() {
        let mut stream = ResponseStream::new(Arc::clone(&plan), 1 << 20);
        let first = stream.feed(&body.slice(..cut)).unwrap();
        let second = stream.feed(&body.slice(cut..)).unwrap();
        assert_eq!([first, second].concat().concat(), whole.output, "{cut}");
        assert_eq!(stream.finish().unwrap(), whole.losses);
    }
}

#[test]
fn the_laws_hold_for_what_is_held() {
    let report = check(&shop(), Trials { cases: 600, seed: 7 });
    assert!(report.mistakes.is_none(), "{}", report.mistakes.unwrap());
    // The composition as well: whole orders, over every pair of versions, directly and by way of any between.
    let pack = shop();
    let versions: Vec<Version> = pack.versions().collect();
    let operation = pack.find("GET /orders/{id}").unwrap();
    let carry = |from: Version, to: Version, body: &[u8]| {
        let carried = response_body(&Plan::compile(&pack, operation, to, from), body).unwrap();
        (
            carried.output,
            carried.losses.iter().map(|lost| (lost.field.clone(), lost.count)).collect::<Vec<_>>(),
        )
    };
    for (from, text) in [(versions[0], OLD), (versions[4], NEW)] {
        for to in &versions {
            let direct = carry(from, *to, text.as_bytes());
            let is_between = |via| {
                [(from, *to), (*to, from)]
                    .iter()
                    .any(|(one, other)| pack.is_older(*one, via) && pack.is_older(via, *other))
            };
            for via in versions.iter().filter(|via| is_between(**via)) {
                let (first, mut lost) = carry(from, *via, text.as_bytes());
                let (second, more) = carry(*via, *to, &first);
                lost.extend(more);
                assert_eq!(
                    (String::from_utf8(second), lost),
                    (String::from_utf8(direct.0.clone()), direct.1.clone()),
                    "{from} {via} {to}"
                );
            }
            let back = carry(*to, from, &direct.0).0;
            let value = |text: &[u8]| serde_json::from_slice::<serde_json::Value>(text).unwrap();
            assert_eq!(value(&back), value(text.as_bytes()), "{from} {to}");
        }
    }
}

#[test]
fn an_id_may_stand_where_an_object_is_held_and_a_list_may_not() {
    let pack = shop();
    let plan = plan(&pack, "GET /orders/{id}", "2025-01-01", "2025-05-01");
    let misplaced = |body: &str| {
        let translated = response_body(&plan, body.as_bytes()).unwrap();
        translated.losses.misplaced().map(|lost| lost.field.to_string()).collect::<Vec<_>>()
    };
    for body in [r#"{"customer":"p_1"}"#, r#"{"customer":null,"items":["i_1",null]}"#, r#"{"items":[]}"#] {
        assert!(misplaced(body).is_empty(), "{body}");
    }
    assert_eq!(misplaced(r#"{"items":{"sku":"a"}}"#)[0], "$.items[*]");
    assert_eq!(misplaced(r#"{"items":[{"taxes":{}}]}"#)[0], "$.items[*].taxes[*]");
    // The person's changes before and behind the one that moved it are each told where they would have been made.
    assert_eq!(misplaced(r#"{"customer":[1]}"#), ["$.buyer", "$.customer"]);
}

#[test]
fn a_plan_says_where_the_held_ones_change() {
    let pack = shop();
    let operation = pack.find("GET /orders").unwrap();
    let told = explain(&pack, operation, &[Part::Response], v("2025-05-01"), v("2025-02-01")).to_string();
    for place in
        ["response $.data[*]\n", "response $.data[*].items[*].taxes[*]\n", "response $.data[*].customer\n"]
    {
        assert!(told.contains(place), "{place}: {told}");
    }
    // Below the version that moved it, the person has its older place.
    let older = explain(&pack, operation, &[Part::Response], v("2025-02-01"), v("2025-01-01")).to_string();
    assert!(older.contains("response $.data[*].buyer\n") && !older.contains(".customer"), "{older}");
}

#[test]
fn a_resource_may_hold_itself_but_not_without_an_end() {
    let deep = (0..20)
        .fold(r#"{"text":"end"}"#.to_owned(), |inner, _| format!(r#"{{"text":"x","replies":[{inner}]}}"#));
    let order = format!(r#"{{"notes":[{deep}]}}"#);
    let pack = shop();
    let up = response_body(&plan(&pack, "GET /orders/{id}", "2025-05-01", "2025-01-01"), order.as_bytes())
        .unwrap();
    assert_eq!(String::from_utf8(up.output).unwrap(), order.replace("\"text\"", "\"body\""));
    let endless = API.replace(
        r#""replies[*]" = "Note""#,
        r#""replies[*]" = "Note", "parents[*]" = "Note", "all[*]" = "Note""#,
    );
    let mistakes = read(&endless, &VERSIONS).unwrap_err();
    assert!(mistakes.contains("`Note` holds itself in more than"), "{mistakes}");
}

#[test]
fn mistakes_in_what_is_held_are_told_at_their_place() {
    let broken = |from: &str, to: &str| read(&API.replace(from, to), &VERSIONS).unwrap_err();
    assert!(broken(r#""Tax" }"#, r#""Tex" }"#).contains("did you mean `Tax`?"));
    assert!(
        broken("taxes[*]", "taxes[0]").contains("P13")
            || broken("taxes[*]", "taxes[0]").contains("cannot be compiled")
    );
    let nowhere = broken(r#"holds = { "taxes[*]" = "Tax" }"#, "");
    assert!(
        nowhere.contains("the resource `Tax` is found nowhere") && nowhere.contains("holds ="),
        "{nowhere}"
    );
}

#[test]
fn what_a_client_sees_differently_is_told_at_its_place() {
    let pack = shop();
    let place = Place::new(pack.find("GET /orders/{id}").unwrap(), Part::Response);
    for (from, to, text) in [("2025-01-01", "2025-05-01", OLD), ("2025-05-01", "2025-01-01", NEW)] {
        let seen = Crossing::new(&pack, place, v(from), v(to)).see(text).unwrap();
        let output: serde_json::Value = serde_json::from_str(&seen.output).unwrap();
        let expected =
            serde_json::from_str::<serde_json::Value>(if text == OLD { NEW } else { OLD }).unwrap();
        assert_eq!(output, expected);
        let told: Vec<String> =
            seen.changes.iter().map(|change| format!("{:?} {change}", change.object)).collect();
        let at =
            |object: &str, words: &str| told.iter().any(|line| line.contains(object) && line.contains(words));
        assert!(at("$.items[*].taxes[*]", "percent") && at("$.notes[*].replies[*]", "body"), "{told:#?}");
        assert!(
            at("\"$\"", "customer") && at("buyer", "full_name") && at("customer", "person_number"),
            "{told:#?}"
        );
    }
}

/// The shop with one version more, and with other paths in `holds`.
fn shop_with(holds: (&str, &str), change: &str) -> Result<Arc<Pack>, String> {
    let mut versions = VERSIONS.to_vec();
    let step = format!("[[change]]\nname = 'Change it'\nwhy = 'So.'\nresource = 'Order'\nsteps = [{change}]");
    versions.push(("2025-06-01", &step));
    read(&API.replace(holds.0, holds.1), &versions)
}

/// A list moves into an object, or out of one, as any other value does: what is in it is found behind the move.
#[test]
fn a_list_that_is_put_into_an_object_keeps_what_it_holds() {
    let wrapped = ("\"items[*]\"", "\"items.data[*]\"");
    let pack = shop_with(wrapped, "{ move = 'items', to = 'items.data' }").unwrap();
    let old = r#"{"items":[{"price":12.50,"colour":null}]}"#;
    let new = r#"{"items":{"data":[{"amounts":{"price":"12.50"}}]}}"#;
    let (oldest, newest) = ("2025-01-01", "2025-06-01");
    let up = response_body(&plan(&pack, "GET /orders/{id}", newest, oldest), old.as_bytes()).unwrap();
    assert_eq!(String::from_utf8(up.output).unwrap(), new);
    let down = response_body(&plan(&pack, "GET /orders/{id}", oldest, newest), new.as_bytes()).unwrap();
    assert_eq!(String::from_utf8(down.output).unwrap(), old);
    // And out of one.
    let pack = shop_with(("", ""), "{ move = 'items.data', to = 'items' }").unwrap();
    let (old, new) = (
        new.replace(r#"{"amounts":{"price":"12.50"}}"#, r#"{"price":12.50,"colour":null}"#),
        r#"{"items":[{"amounts":{"price":"12.50"}}]}"#,
    );
    let up = response_body(&plan(&pack, "GET /orders/{id}", newest, oldest), old.as_bytes()).unwrap();
    assert_eq!(String::from_utf8(up.output).unwrap(), new);
    let down = response_body(&plan(&pack, "GET /orders/{id}", oldest, newest), new.as_bytes()).unwrap();
    assert_eq!(String::from_utf8(down.output).unwrap(), old);
}

#[test]
fn holds_names_what_the_newest_version_has() {
    let older = ("\"customer\"", "\"buyer\"");
    let mistakes = shop_with(older, "{ move = 'note', to = 'remark' }").unwrap_err();
    assert!(mistakes.contains("P09") && mistakes.contains("buyer can match nothing"), "{mistakes}");
    let mistakes = shop_with(("", ""), "{ drop = 'items', restore = 'null' }").unwrap_err();
    assert!(mistakes.contains("items can match nothing: items is dropped by 2025-06-01"), "{mistakes}");
    let mistakes =
        shop_with(("\"items[*]\"", "\"$.items[*]\""), "{ move = 'note', to = 'remark' }").unwrap_err();
    assert!(
        mistakes.contains("P07") && mistakes.contains(r#"holds = { "items[*]" = "Item" }"#),
        "{mistakes}"
    );
}

/// The losses that a streamed response can have are told before it: also what stands in the place of a held object.
#[test]
fn a_misplaced_value_inside_an_object_is_announced() {
    let pack = shop();
    let plan = plan(&pack, "GET /orders/{id}", "2025-01-01", "2025-05-01");
    let announced: Vec<String> =
        plan.possible_response_losses().misplaced().map(|lost| lost.field.to_string()).collect();
    for place in ["$", "$.items[*]", "$.items[*].taxes[*]", "$.buyer", "$.customer", "$.notes[*].replies[*]"]
    {
        assert!(announced.iter().any(|known| known == place), "{place}: {announced:?}");
    }
    assert!(announced.len() < 12, "a resource that holds itself is announced once: {announced:?}");
}

/// A form has no null, and a pointer no name for a whole object: both are refused, never half translated.
#[test]
fn a_form_that_needs_null_and_a_patch_of_a_whole_held_object_are_refused() {
    let pack = shop();
    let create = plan(&pack, "POST /orders", "2025-01-01", "2025-05-01");
    let refused =
        |media: Media, body: &str| request_body(&create, media, body.as_bytes()).unwrap_err().code();
    let form = Media::of(Some(b"application/x-www-form-urlencoded"));
    let multipart = Media::of(Some(b"multipart/form-data; boundary=b"));
    let parts = "--b\r\nContent-Disposition: form-data; name=\"total\"\r\n\r\n1\r\n--b--";
    let up = request_body(&create, form, b"items[0][price]=1&buyer[name]=Ada&items[0][colour]=red").unwrap();
    let text = String::from_utf8(up.output).unwrap();
    assert_eq!(text, "items[0][amounts][price]=1.00&customer[full_name]=Ada");
    assert_eq!(up.losses.to_string(), "colour=dropped");
    let down = plan(&pack, "POST /orders", "2025-05-01", "2025-01-01");
    for (media, body) in [(form, "items[0][amounts][price]=1"), (multipart, parts)] {
        assert_eq!(request_body(&down, media, body.as_bytes()).unwrap_err().code(), "form_unsupported");
    }
    let patch = |operation: &str| format!("[{operation}]");
    for operation in [
        r#"{"op":"add","path":"/items/-","value":{"price":1}}"#,
        r#"{"op":"replace","path":"/buyer","value":{"name":"Ada"}}"#,
    ] {
        assert_eq!(refused(Media::JsonPatch, &patch(operation)), "patch_unsupported", "{operation}");
    }
    // Into what is held, it is followed, and behind what has moved.
    for (old, new) in
        [("/buyer/name", "/customer/full_name"), ("/notes/0/replies/1/text", "/notes/0/replies/1/body")]
    {
        let told = |path: &str| patch(&format!(r#"{{"op":"replace","path":"{path}","value":"x"}}"#));
        let translated = request_body(&create, Media::JsonPatch, told(old).as_bytes()).unwrap();
        assert_eq!(String::from_utf8(translated.output).unwrap(), told(new));
    }
}

/// An object that becomes a list of one, or a list that becomes what is in it, takes what it holds along.
#[test]
fn an_object_that_becomes_a_list_keeps_what_it_holds() {
    let pack = shop_with(("\"customer\"", "\"customer[*]\""), "{ as_list = 'customer' }").unwrap();
    let old = r#"{"buyer":{"number":"p","name":"Ada"}}"#;
    let new = r#"{"customer":[{"person_number":"p","full_name":"Ada"}]}"#;
    let carry = |client: &str, upstream: &str, body: &str| {
        let carried =
            response_body(&plan(&pack, "GET /orders/{id}", client, upstream), body.as_bytes()).unwrap();
        (String::from_utf8(carried.output).unwrap(), carried.losses.to_string())
    };
    assert_eq!(carry("2025-06-01", "2025-01-01", old), (new.to_owned(), String::new()));
    assert_eq!(carry("2025-01-01", "2025-06-01", new), (old.to_owned(), String::new()));
    let pack = shop_with(("\"items[*]\"", "\"items\""), "{ as_list = 'items', in = 'older' }").unwrap();
    let (old, new) = (r#"{"items":[{"price":12.50}]}"#, r#"{"items":{"amounts":{"price":"12.50"}}}"#);
    let up =
        response_body(&plan(&pack, "GET /orders/{id}", "2025-06-01", "2025-01-01"), old.as_bytes()).unwrap();
    assert_eq!(
        (String::from_utf8(up.output).unwrap(), up.losses.to_string()),
        (new.to_owned(), String::new())
    );
}
