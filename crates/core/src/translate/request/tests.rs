use super::*;
use crate::{pack::Pack, translate::Boundary};
use proptest::{collection::vec, prelude::*, sample::select};
use std::sync::LazyLock;

/// Renames `company_id` to `account_id`.
static PLAN: LazyLock<Plan> = LazyLock::new(|| {
    let pack = Pack::embedded().unwrap();
    let create = pack.find("POST /plans").unwrap();
    Plan::compile(&pack, create, "2025-01-01".parse().unwrap(), "2026-07-01".parse().unwrap())
});

fn run(media: Media, body: &str) -> Result<String, &'static str> {
    match request_body(&PLAN, media, body.as_bytes()) {
        Ok(translated) if translated.losses.misplaced().next().is_some() => Err("misplaced"),
        Ok(translated) => Ok(String::from_utf8(translated.output).unwrap()),
        Err(error) => Err(error.code()),
    }
}

const OLD: &str = r#" { "company_id" : "a=1&b=%20+%7B" , "x": 1.10 } "#;
const NEW: &str = r#" { "account_id" : "a=1&b=%20+%7B" , "x": 1.10 } "#;

#[test]
fn row_14_1c_json_is_json_under_any_label() {
    for media in [Media::Json, Media::Other, Media::Form] {
        assert_eq!(run(media, OLD).as_deref(), Ok(NEW), "{media:?}");
        assert_eq!(run(media, ""), Ok(String::new()), "{media:?}");
    }
    let same = r#"{"x":"%20+&=","y":[ ]}"#;
    for media in [Media::Json, Media::Other, Media::Form] {
        assert_eq!(run(media, same).as_deref(), Ok(same));
    }
}

#[test]
fn row_14_1c_a_name_that_is_json_encoded_is_json() {
    for (old, new) in [
        ("%7B%22company_id%22%3A%22a+b%2B%22%7D", "%7B%22account_id%22%3A%22a%20b%2B%22%7D"),
        ("%7b%22company_id%22:1%7d=", "%7B%22account_id%22%3A1%7D="),
        ("{\"company_id\":1}=", "%7B%22account_id%22%3A1%7D="),
    ] {
        assert_eq!(run(Media::Form, old).as_deref(), Ok(new), "{old}");
    }
    for same in ["%7B%22x%22%3A%22a+b%22%7D=", "{\"x\":1}=", "+%7b%7d"] {
        assert_eq!(run(Media::Form, same).as_deref(), Ok(same), "nothing in it changes");
    }
}

#[test]
fn row_14_1c_forms_stay_forms() {
    assert_eq!(
        run(Media::Form, "company_id=%7B%22a%22%3A1%7D&x=+").as_deref(),
        Ok("account_id=%7B%22a%22%3A1%7D&x=+")
    );
    for same in ["x={\"company_id\":1}", "1", "\"company_id\"", "null", "&", "[company_id]=1"] {
        assert_eq!(run(Media::Form, same).as_deref(), Ok(same));
    }
    for odd in
        ["{\"company_id\":1", "{\"company_id\":1}&x=1", "{'company_id':1}", "%7Bcompany_id", "\u{feff}{}"]
    {
        assert_eq!(run(Media::Form, odd), Err("json_invalid"), "{odd}");
    }
    assert_eq!(run(Media::Form, "[{\"company_id\":1}]"), Err("misplaced"));
}

#[test]
fn row_14_1c_a_body_that_has_no_place_for_what_changes_is_refused() {
    for media in [Media::Json, Media::Other] {
        for body in ["[]", "[{\"company_id\":1}]", "1", "\"company_id\"", " true"] {
            assert_eq!(run(media, body), Err("misplaced"), "{body}");
        }
        assert_eq!(run(media, "null").as_deref(), Ok("null"), "it says nothing");
    }
    for body in [
        "company_id,x\n1,2\n",
        "<x company_id=\"1\"/>",
        "\n\u{12}company_id",
        "{\"company_id\":1}{}",
        "company_id=1",
    ] {
        assert_eq!(run(Media::Other, body), Err("unsupported_media_type"), "{body}");
    }
    assert_eq!(run(Media::Other, "{\"company_id\":1,\"company_id\":2}"), Err("duplicate_key"));
    assert_eq!(run(Media::Other, &"[".repeat(100)), Err("json_depth"));
    assert_eq!(run(Media::Json, "{\"company_id\":1"), Err("json_invalid"));
}

#[test]
fn row_14_1g_a_method_is_found_in_forms_of_either_kind() {
    let found = |media, body: &str| form_values(media, body.as_bytes(), "_method").unwrap();
    assert_eq!(found(Media::Form, "a=1&%5fmethod=del%45te&_method=put"), ["delEte", "put"]);
    let parts = "--b\r\nContent-Disposition: form-data; name=\"_method\"\r\n\r\npatch\r\n--b--";
    assert_eq!(found(Media::Multipart(Boundary::new(b"b")), parts), ["patch"]);
    assert!(found(Media::Json, "{\"_method\":\"put\"}").is_empty());
}

/// A form says with an empty value that there is nothing: no item, and no buyer.
#[test]
fn an_empty_value_in_place_of_what_is_held_passes() {
    let api = "name = 'shop'\ntitle = 'Shop'\nheader = 'Shop-Version'\ndefault_version = '2025-01-01'\nbase_path = ''\n\
        operations = ['POST /orders']\n\
        [resource.Order]\nfound = [{ in = 'POST /orders', part = 'body', at = '$' }]\n\
        holds = { 'items[*]' = 'Item', 'buyer' = 'Item' }\n[resource.Item]\n";
    let second = "version = '2025-02-01'\ntitle = 'Second'\n[[change]]\nname = 'Rename'\nwhy = 'So.'\nresource = 'Item'\n\
        steps = [{ move = 'price', to = 'cost' }]\n[[change.example]]\nold = '{\"price\":1}'\nnew = '{\"cost\":1}'\n";
    let oldest = ("2025-01-01.toml", "version = '2025-01-01'\ntitle = 'First'\n");
    let pack = crate::pack::test::read(&[("api.toml", api), oldest, ("2025-02-01.toml", second)]).unwrap();
    let create = pack.find("POST /orders").unwrap();
    let plan = Plan::compile(&pack, create, "2025-01-01".parse().unwrap(), "2025-02-01".parse().unwrap());
    for (body, sent, misplaced) in [
        ("items[0][price]=1&buyer[price]=2", "items[0][cost]=1&buyer[cost]=2", 0),
        ("items=&buyer=", "items=&buyer=", 0),
        ("items=x", "items=x", 1),
    ] {
        let translated = request_body(&plan, Media::Form, body.as_bytes()).unwrap();
        assert_eq!(String::from_utf8_lossy(&translated.output), sent);
        assert_eq!(translated.losses.misplaced().count(), misplaced, "{body}");
    }
    let json = request_body(&plan, Media::Json, br#"{"items":""}"#).unwrap();
    assert_eq!(json.losses.misplaced().count(), 1, "JSON has a list without elements");
}

proptest! {
    #[test]
    fn row_14_1c_a_form_of_anything_is_answered_and_what_nothing_names_stays(
        text in vec(select(vec!["{", "}", "[", "]", "\"", ":", "%7B", "%7d", "%22", "=", "&", "company_id", "x", "+", "1", "é", " "]), 0..12)
    ) {
        let text = text.concat();
        for media in [Media::Form, Media::Other, Media::Json, Media::JsonPatch] {
            if let Ok(output) = run(media, &text) {
                prop_assert!(output == text || text.contains("company_id"), "{text} {output}");
            }
        }
    }
}
