use super::*;
use crate::{
    pack::Pack,
    plan::Plan,
    translate::{Media, Translated, request_body},
};
use proptest::{collection::vec, prelude::*, sample::select};
use std::sync::LazyLock;

fn plan(from: &str, to: &str) -> Plan {
    let pack = Pack::embedded().unwrap();
    let create = pack.find("POST /plans").unwrap();
    Plan::compile(&pack, create, from.parse().unwrap(), to.parse().unwrap())
}

/// Renames `company_id` to `account_id`.
static UP: LazyLock<Plan> = LazyLock::new(|| plan("2025-01-01", "2026-07-01"));
static DOWN: LazyLock<Plan> = LazyLock::new(|| plan("2026-07-01", "2025-01-01"));

fn media(boundary: &str) -> Media {
    Media::Multipart(Boundary::new(boundary.as_bytes()))
}

fn translated(plan: &Plan, body: &[u8]) -> Result<Translated<Vec<u8>>, Untranslatable> {
    request_body(plan, media("b-1"), body)
}

fn up(body: &str) -> Result<String, &'static str> {
    match translated(&UP, body.as_bytes()) {
        Ok(translated) => Ok(String::from_utf8(translated.output).unwrap()),
        Err(error) => Err(error.code()),
    }
}

/// A form of these parts, each a head and a value.
fn form(parts: &[(&str, &str)]) -> String {
    let part = |(head, value): &(&str, &str)| format!("--b-1\r\n{head}\r\n\r\n{value}\r\n");
    format!("{}--b-1--\r\n", parts.iter().map(part).collect::<String>())
}

fn named(name: &str) -> String {
    format!("Content-Disposition: form-data; name={name}")
}

#[test]
fn row_14_1c_names_of_fields_change_and_nothing_else() {
    let body = "a preamble\r\n--b-1 \t\r\nContent-Disposition: form-data; name=\"company_id\"\r\n\r\nbiz_\u{e9}\r\n\
        --b-1\r\nX-Own: 1\r\ncontent-disposition:form-data ;NAME=company_id[0] ; x=\"company_id\"\r\n\r\n\r\n\
        --b-1\r\nContent-Disposition: form-data; filename=\"C:\\company_id.png\"; name=\"company_id\"\r\n\
        Content-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\nname=\"company_id\"\r\n\r\n--b-2\r\n\
        --b-1\r\nContent-Disposition: form-data; name=\"metadata[company_id]\"\r\n\r\ncompany_id\r\n--b-1--\r\nan epilogue";
    let wanted = body
        .replacen("name=\"company_id\"", "name=\"account_id\"", 1)
        .replacen("NAME=company_id[0]", "NAME=\"account_id[0]\"", 1)
        .replacen("png\"; name=\"company_id\"", "png\"; name=\"account_id\"", 1);
    assert_eq!(up(body).as_deref(), Ok(wanted.as_str()));
    let same = form(&[(&named("\"title\""), "x"), (&named("\"\""), "--b-2"), (&named("x"), "")]);
    assert_eq!(up(&same).as_deref(), Ok(same.as_str()));
    assert_eq!(up("--b-1--"), Ok("--b-1--".to_owned()));
}

#[test]
fn row_14_1c_the_source_versions_name_wins_and_the_other_is_told() {
    let both =
        form(&[(&named("\"account_id\""), "1"), (&named("\"x\""), "2"), (&named("\"company_id\""), "3")]);
    let translated = translated(&UP, both.as_bytes()).unwrap();
    let wanted = form(&[(&named("\"x\""), "2"), (&named("\"account_id\""), "3")]);
    assert_eq!(String::from_utf8(translated.output).unwrap(), wanted);
    assert_eq!(translated.losses.to_string(), "account_id=dropped");
}

#[test]
fn row_14_1c_bytes_that_are_no_text_pass() {
    let head = named("\"company_id\"; filename=x");
    let body = [&b"--b-1\r\n"[..], head.as_bytes(), b"\r\n\r\n\xff\x00\r\n-\r\n--b-1--"];
    let output = translated(&UP, &body.concat()).unwrap().output;
    assert!(output.ends_with(b"name=\"account_id\"; filename=x\r\n\r\n\xff\x00\r\n-\r\n--b-1--"));
}

#[test]
fn row_14_1c_a_form_that_can_be_read_in_two_ways_is_refused() {
    let part = named("\"company_id\"");
    for body in [
        "",
        "company_id=1",
        "--b-1",
        "--b-1\r\n",
        &form(&[(&part, "1")]).replace("--b-1--\r\n", ""),
        &form(&[(&part, "1")]).replace("\r\n", "\n"),
        &form(&[(&part, "1\n--b-1\n")]),
        &form(&[(&part, "a --b-1 b")]),
        &form(&[(&part, "1")]).replace("--b-1--", "--b-1--x"),
        &(form(&[(&part, "1")]) + "--b-1\r\n"),
        &form(&[(&part, "1")]).replacen("--b-1\r\n", "--b-1x\r\n", 1),
        &form(&[("Content-Type: text/plain", "1")]),
        &form(&[("", "1")]),
        &format!("--b-1\r\n{part}\r\n--b-1--"),
        &form(&[(&format!("{part}\r\n{part}"), "1")]),
        &form(&[(&part.replacen(':', " :", 1), "1")]),
        &form(&[(&part.replacen(';', ";\r\n ", 1), "1")]),
        &form(&[("Content-Disposition: attachment; name=\"company_id\"", "1")]),
        &form(&[("Content-Disposition: form-data", "1")]),
        &form(&[("Content-Disposition: form-data; filename=x", "1")]),
        &form(&[(&named("\"company_id\"; name=\"x\""), "1")]),
        &form(&[(&named("\"company\\_id\""), "1")]),
        &form(&[(&named("\"company_id"), "1")]),
        &form(&[(&named("company_id x"), "1")]),
        &form(&[("Content-Disposition: form-data; name*=UTF-8''company_id", "1")]),
        &form(&[("Content-Disposition: form-data; name*0=company; name*1=_id", "1")]),
        &form(&[(&format!("{part}\r\nContent-Transfer-Encoding: base64"), "MQ==")]),
        &form(&[(&format!("{part}\r\nX-Odd: \0"), "1")]),
        &form(&[(&format!("{part}\r\nno field"), "1")]),
    ] {
        if body.is_empty() {
            continue;
        }
        assert_eq!(up(body), Err("multipart_invalid"), "{body:?}");
    }
    let code = |media| request_body(&UP, media, form(&[(&part, "1")]).as_bytes()).unwrap_err().code();
    assert_eq!(code(Media::Multipart(None)), "multipart_invalid");
    assert_eq!(code(media("b-2")), "multipart_invalid");
}

#[test]
fn row_14_1c_json_in_a_part_is_the_value_of_its_field() {
    let json = |text| form(&[(&format!("{}\r\nContent-Type: application/json", named("\"x\"")), text)]);
    let same = json("{\"x\":{\"company_id\":1}}");
    assert_eq!(up(&same), Ok(same));
    assert_eq!(up(&json("{\"company_id\":1}")), Err("form_unsupported"), "nothing says what it is");
}

/// Parts whose values are anything.
fn parts() -> impl Strategy<Value = Vec<(String, Vec<u8>)>> {
    let names =
        select(vec!["company_id", "company_ids", "x", "company_id[]", "metadata[company_id]", "\u{e9}"]);
    let file = select(vec!["", "; filename=\"a b.png\"", "; filename*=UTF-8''a"]);
    let value = prop_oneof![
        vec(any::<u8>(), 0..20),
        vec(select(b"\r\n-b1 ".to_vec()), 0..20),
        Just(b"company_id".to_vec()),
    ];
    vec(((names, file).prop_map(|(name, file)| named(&format!("\"{name}\"{file}"))), value), 0..5)
}

proptest! {
    #[test]
    fn row_14_1c_a_form_goes_there_and_back(parts in parts()) {
        let mut body = Vec::new();
        for (head, value) in &parts {
            body.extend([&b"--b-1\r\n"[..], head.as_bytes(), b"\r\n\r\n", value, b"\r\n"].concat());
        }
        body.extend(b"--b-1--\r\n");
        match translated(&UP, &body) {
            Ok(there) => {
                let back = translated(&DOWN, &there.output).unwrap();
                prop_assert_eq!(back.output, body);
                prop_assert!(there.losses.is_empty() && back.losses.is_empty());
            }
            // A value has the boundary in it.
            Err(error) => {
                prop_assert_eq!(error.code(), "multipart_invalid");
                prop_assert!(parts.iter().any(|(_, value)| value.windows(5).any(|five| five == b"--b-1")));
            }
        }
    }

    #[test]
    fn row_14_1c_any_bytes_are_answered(body in vec(select(b"-b1\r\n\":;= namecotpsi[]d\\f".to_vec()), 0..80)) {
        let body = [&b"--b-1\r\nContent-Disposition: form-data; "[..], &body, b"\r\n--b-1--"].concat();
        if let Ok(translated) = translated(&UP, &body) {
            prop_assert!(translated.output == body || body.windows(10).any(|ten| ten == b"company_id"));
        }
    }
}
