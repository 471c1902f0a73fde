use super::*;
use crate::pack::test::read;

const API: &str = "name = 'shop'\ntitle = 'Shop'\nheader = 'Shop-Version'\ndefault_version = '2025-01-01'\n\
    base_path = ''\noperations = ['POST /refunds']\n";

const SECOND: &str = r#"
version = "2025-02-01"
title = "Second"
[[change]]
name = "Take the key out of the body"
why = "Heads are for routing."
operation = "POST /refunds"
part = "request"
steps = [{ move = "body.key", to = "header.Idempotency-Key" }]
[[change.example]]
old = '{"body":{"a":1,"key":"k"}}'
new = '{"header":{"Idempotency-Key":"k"},"body":{"a":1}}'
"#;

/// The steps run on a document that is made of the message: a client knows its body alone.
#[test]
fn a_fault_is_told_by_its_place_in_the_body() {
    let oldest = ("2025-01-01.toml", "version = '2025-01-01'\ntitle = 'First'\n");
    let pack = read(&[("api.toml", API), oldest, ("2025-02-01.toml", SECOND)]).unwrap();
    let create = pack.find("POST /refunds").unwrap();
    let plan = Plan::compile(&pack, create, "2025-01-01".parse().unwrap(), "2025-02-01".parse().unwrap());
    let twice = r#"{"key":"k","key":"l"}"#;
    for (body, query) in [(twice.to_owned(), "a=b"), (format!("\r\n {twice}\n"), "a=b&c=d")] {
        let message = Message {
            query: Some(query.into()),
            body: Some(body.clone().into_bytes()),
            ..Message::default()
        };
        let fault = match super::message(&plan, Part::Request, message) {
            Err(Untranslatable::Json(fault)) => fault,
            other => panic!("{other:?}"),
        };
        assert!(matches!(fault.kind, FaultKind::Repeated(_)), "{fault:?}");
        assert_eq!(&body[fault.offset..fault.offset + 9], r#""key":"l""#, "{fault:?}");
    }
}
