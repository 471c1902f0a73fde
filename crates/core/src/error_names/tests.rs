//! Names of one request, put back into what the upstream says of it.

use super::*;
use crate::{
    pack::Pack,
    step::{Effect, Losses, shape},
};
use proptest::prelude::*;

fn words(fields: &[(&str, &str)], values: &[(&str, &str)]) -> Words {
    let field = |client: &str, upstream: &str| {
        let [client, upstream] = [client, upstream].map(|path| Field::new(path.split('.')));
        let is_wrapped = upstream.is_inside(&client);
        RenamedField { client, upstream, is_wrapped }
    };
    let renamed = Renamed {
        fields: fields.iter().map(|(client, upstream)| field(client, upstream)).collect(),
        values: values.iter().map(|(client, upstream)| (Name::new(client), Name::new(upstream))).collect(),
        own: Vec::new(),
    };
    Words::new(&renamed, Arc::default())
}

fn told(words: &Words, message: &str) -> String {
    let body = serde_json::json!({ "error": { "type": "t", "message": message } }).to_string();
    match words.reword(body.as_bytes()) {
        Some(reworded) => {
            let body: serde_json::Value = serde_json::from_slice(&reworded.body).unwrap();
            body["error"]["message"].as_str().unwrap().to_owned()
        }
        None => message.to_owned(),
    }
}

#[test]
fn whole_names_are_put_back_and_nothing_else() {
    let words = words(&[("company_id", "account_id")], &[]);
    for (upstream, client) in [
        ("Unknown parameter: `account_id`.", "Unknown parameter: `company_id`."),
        ("account_id is required", "company_id is required"),
        ("'account_id', \"account_id\" and account_id.", "'company_id', \"company_id\" and company_id."),
        ("Parameters: [account_id, first]", "Parameters: [company_id, first]"),
        ("(account_id)", "(company_id)"),
        ("$.account_id: wrong", "$.company_id: wrong"),
        ("account_id[0] is wrong", "company_id[0] is wrong"),
        ("In ?account_id=biz_x&first=2", "In ?company_id=biz_x&first=2"),
        ("Größe of account_id", "Größe of company_id"),
    ] {
        assert_eq!(told(&words, upstream), client);
    }
    for same in [
        "account_ids, my_account_id, account_id2, account_id_x, Account_id, ACCOUNT_ID, äaccount_id",
        "account-id, x-account_id, account_id-x",
        "metadata.account_id and metadata[account_id] and a[0][account_id]",
        "See https://docs.example.com/account_id?account_id=1, /account_id, account_id/x",
        "Write to account_id@example.com or x@account_id",
        "Your account is not an account",
        "",
    ] {
        assert_eq!(told(&words, same), same);
    }
}

#[test]
fn the_id_of_a_wrapped_value_is_told_by_its_path_alone() {
    let words = words(&[("plan", "plan.id")], &[]);
    assert_eq!(told(&words, "`plan.id` must be a string"), "`plan` must be a string");
    assert_eq!(told(&words, "`id` is already taken"), "`id` is already taken");
}

/// A version puts a value into an object, and a later one renames the object: its `id` is still no name of the client's.
#[test]
fn the_id_of_a_wrapped_value_is_told_by_its_path_wherever_the_object_goes() {
    let relocate = |from: &str, to: &str| {
        let [from, to] = [from, to].map(|path| Field::new(path.split('.')));
        match to.is_inside(&from) {
            true => Effect::Widen { from, to, members: Vec::new() },
            false => Effect::Relocate { from, to },
        }
    };
    let words = |effects: &[Effect]| {
        let shape = shape(effects);
        let mut object = Object::read(&mut Scanner::new(br#"{"plan":"p"}"#), &shape).unwrap();
        let mut renamed = Renamed::default();
        for effect in effects {
            renamed.note(effect, &mut object);
            effect.run(&mut object, &mut Losses::default());
        }
        Words::new(&renamed, Arc::default())
    };
    let wrap = relocate("plan", "plan.id");
    for to in ["offer", "billing.offer"] {
        let words = words(&[wrap.clone(), relocate("plan", to)]);
        let path = format!("`{to}.id` must be a string");
        assert_eq!(told(&words, &path), "`plan` must be a string");
        assert_eq!(told(&words, "`id` is already taken"), "`id` is already taken");
    }
    // A name of its own is the value's again.
    let words = words(&[wrap, relocate("plan.id", "billing.offer_id")]);
    assert_eq!(told(&words, "`offer_id` is already taken"), "`plan` is already taken");
}

#[test]
fn words_of_the_language_are_names_only_where_they_stand_as_such() {
    let words = words(&[("company", "account")], &[]);
    for (upstream, client) in [
        ("Unknown parameter: account.", "Unknown parameter: company."),
        ("The field account of your account", "The field company of your account"),
        ("`account` is not your account", "`company` is not your account"),
        ("account can't be blank", "company can't be blank"),
        ("The account parameter is wrong", "The company parameter is wrong"),
        ("account.id and account[id] are wrong", "company.id and company[id] are wrong"),
    ] {
        assert_eq!(told(&words, upstream), client);
    }
    for same in
        ["Your account is suspended", "No such account.", "The accounts, accounting", "Account closed"]
    {
        assert_eq!(told(&words, same), same);
    }
}

#[test]
fn nested_names_and_values_are_put_back_too() {
    let words = words(
        &[("processing_volume", "volume_usd.attributed"), ("billing.plan_name", "plan_label")],
        &[("processing_volume", "volume_usd")],
    );
    for (upstream, client) in [
        ("`volume_usd.attributed` must be a decimal", "`processing_volume` must be a decimal"),
        ("volume_usd[attributed] must be a decimal", "processing_volume must be a decimal"),
        ("`attributed` must be a decimal", "`processing_volume` must be a decimal"),
        ("It cannot be attributed", "It cannot be attributed"),
        ("Invalid value `volume_usd` for order", "Invalid value `processing_volume` for order"),
        ("plan_label is too long", "billing.plan_name is too long"),
    ] {
        assert_eq!(told(&words, upstream), client);
    }
}

#[test]
fn a_message_that_is_no_sentence_stays() {
    let words = words(&[("company_id", "account_id")], &[]);
    let many = "account_id,".repeat(300);
    assert_eq!(told(&words, &many), many.replace("account", "company"));
    let more = "account_id,".repeat(400);
    assert_eq!(told(&words, &more), more);
}

#[test]
fn names_may_change_places() {
    let swapped = words(&[("a_1", "b_1"), ("b_1", "a_1")], &[]);
    assert_eq!(told(&swapped, "a_1 before b_1"), "b_1 before a_1");
    let two = words(&[("a_1", "c_1"), ("b_1", "c_1")], &[]);
    assert!(two.is_empty(), "it could be either");
}

#[test]
fn all_else_keeps_its_bytes() {
    let words = words(&[("company_id", "account_id")], &[]);
    let reword = |body: &str| words.reword(body.as_bytes()).map(|told| String::from_utf8(told.body).unwrap());
    assert_eq!(
        reword(r#"{ "x":1.0, "error" : {"message" : "\u0060account_id\/\u00e9\n\"account\u005fid\"\ud83d\ude00 \ud800", "n":1e5 } , "message":"account_id"}"#).unwrap(),
        r#"{ "x":1.0, "error" : {"message" : "\u0060account_id\/\u00e9\n\"company_id\"\ud83d\ude00 \ud800", "n":1e5 } , "message":"account_id"}"#
    );
    assert_eq!(
        reword(r#"{"error":{"message":"\naccount_id","param":"account_id","code":"account_id"}}"#).unwrap(),
        r#"{"error":{"message":"\ncompany_id","param":"company_id","code":"account_id"}}"#
    );
    for same in [
        r#"{"error":{"message":"no","param":"account_id.x"}}"#,
        r#"{"error":{"message":{"text":"account_id"}}}"#,
        r#"{"error":{"message":["account_id"],"errors":[{"message":"account_id"}]}}"#,
        r#"{"error":"account_id"}"#,
        r#"{"message":"account_id"}"#,
        r#"[{"error":{"message":"account_id"}}]"#,
        r#"{"error":{"message":"account_id","message":"account_id"}}"#,
        r#"{"error":{"message":"account_id"}"#,
        r#"{"error":{"message":"account_id"}} x"#,
        "account_id",
        "",
    ] {
        assert_eq!(reword(same), None, "{same}");
    }
}

fn of(operation: &str, query: Option<&str>, body: Option<(Media, &str)>) -> Vec<String> {
    let pack = Pack::embedded().unwrap();
    let id = pack.find(operation).unwrap();
    let plan = Plan::compile(&pack, id, "2025-01-01".parse().unwrap(), "2026-07-01".parse().unwrap());
    let words = Words::of(&plan, query, body.map(|(media, body)| (media, body.as_bytes())));
    words.words.iter().map(Word::told).collect()
}

#[test]
fn only_what_this_request_had_renamed_has_another_name() {
    let (none, account): (&[&str], &[&str]) = (&[], &["account_id -> company_id"]);
    assert_eq!(of("GET /plans", None, None), none);
    assert_eq!(of("GET /plans", Some("first=2"), None), none);
    assert_eq!(of("GET /plans", Some("account_id=x"), None), none);
    assert_eq!(of("GET /plans", Some("first=2&company%5Fid=x"), None), account);
    assert_eq!(of("GET /plans", Some("company_id=x&account_id=y"), None), account);
    let order = "volume_usd -> processing_volume";
    assert_eq!(of("GET /referrals/businesses", Some("order=processing_volume"), None), [order]);
    assert_eq!(of("GET /referrals/businesses", Some("order=created_at"), None), none);
    let boundary = translate::Boundary::new(b"b");
    for (media, text) in [
        (Media::Json, r#"{"company_id":1}"#),
        (Media::Other, r#"{"company_id":1}"#),
        (Media::Form, r#"{"company_id":1}"#),
        (Media::Form, "company_id=1"),
        (
            Media::Multipart(boundary),
            "--b\r\nContent-Disposition: form-data; name=\"company_id\"\r\n\r\n1\r\n--b--",
        ),
    ] {
        let other = text.replace("company_id", "account_id");
        let body = |name: &str| (media, if name == "company_id" { text } else { other.as_str() });
        assert_eq!(of("PATCH /users/{id}", None, Some(body("company_id"))), account);
        assert_eq!(of("PATCH /users/{id}", None, Some(body("account_id"))), none);
        assert_eq!(of("PATCH /users/{id}", Some("company_id=1"), Some(body("company_id"))), account);
        // The client calls both by the upstream's name in one place: it could mean either.
        assert_eq!(of("PATCH /users/{id}", Some("company_id=1"), Some(body("account_id"))), none);
        assert_eq!(of("PATCH /users/{id}", Some("account_id=1"), Some(body("company_id"))), none);
        assert_eq!(of("POST /plans", Some("account_id=1"), Some(body("company_id"))), none);
    }
    assert_eq!(of("POST /plans", None, Some((Media::Json, r#"{"metadata":{"company_id":1}}"#))), none);
    assert_eq!(of("POST /plans", None, Some((Media::Json, "nonsense"))), none);
}

proptest! {
    #[test]
    fn any_message_comes_out_whole(message in "(account_id|company|[`'\". /\\[\\]é😀@a-z_]|\\PC){0,40}", names in any::<bool>()) {
        let words = if names { words(&[("company_id", "account_id")], &[]) } else { words(&[("b", "company")], &[]) };
        let text = told(&words, &message);
        let (from, to) = if names { ("account_id", "company_id") } else { ("company", "b") };
        // Whatever was put back was the name, and there was nothing else.
        let rest = |text: &str| text.replace(from, "\u{0}").replace(to, "\u{0}");
        prop_assert_eq!(rest(&text), rest(&message));
    }
}

/// A pack says where its errors name fields: in the root, in the objects of a list, and in several places.
#[test]
fn names_are_told_wherever_the_pack_says_that_they_stand() {
    let api = |errors: &str| {
        format!(
            "[errors]\nbody = '{{\"m\":\"{{message}}\"}}'\n{errors}\n\
             [resource.A]\nfound = [{{ in = 'GET /a', part = 'query' }}]\n"
        )
    };
    let told = |errors: &str, body: &str| {
        let change = crate::pack::test::change("Rename", "A", "{ move = 'company', to = 'account' }");
        let pack = crate::pack::test::of_changes(&api(errors), &["", &change]);
        let (older, newer) = (pack.versions().next().unwrap(), pack.newest());
        let plan = Plan::compile(&pack, pack.find("GET /a").unwrap(), older, newer);
        let words = Words::of(&plan, Some("company=1"), None);
        words.reword(body.as_bytes()).map(|reworded| String::from_utf8(reworded.body).unwrap())
    };
    let both = "message = ['$.message', '$.errors[*].detail']\nparam = '$.errors[*].field'";
    assert_eq!(
        told(
            both,
            r#"{"message":"`account` is no id","errors":[{"field":"account","detail":"Unknown parameter account"},{"field":"accounts"},1],"error":{"param":"account"}}"#
        )
        .as_deref(),
        Some(
            r#"{"message":"`company` is no id","errors":[{"field":"company","detail":"Unknown parameter company"},{"field":"accounts"},1],"error":{"param":"account"}}"#
        )
    );
    assert_eq!(told(both, r#"{"error":{"param":"account"}}"#), None);
    assert_eq!(told(both, r#"{"errors":"account"}"#), None);
    assert_eq!(told(both, "[]"), None);
    let default = told("", r#"{"error":{"param":"account"}}"#);
    assert_eq!(default.as_deref(), Some(r#"{"error":{"param":"company"}}"#), "where it does not say so");
}
