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

/// A body and a header are text. What is none stays where bytes may stand, or is refused.
#[test]
fn bytes_that_are_no_text_leave_the_target_as_they_are_or_not_at_all() {
    let second = r#"
version = "2025-02-01"
title = "Second"
[[change]]
name = "Take the account out of the query"
why = "Bodies are for content."
operation = "POST /refunds"
part = "request"
steps = [
  { move = "query.account", to = "body.account" },
  { move = "query.old", to = "query.new" },
  { map = "query.kind", values = { a = "b" } },
  { add = "query.copy", copy = "query.kind", when = { "query.copies" = "yes" } },
]
"#;
    let oldest = ("2025-01-01.toml", "version = '2025-01-01'\ntitle = 'First'\n");
    let pack = read(&[("api.toml", API), oldest, ("2025-02-01.toml", second)]).unwrap();
    let create = pack.find("POST /refunds").unwrap();
    let plan = Plan::compile(&pack, create, "2025-01-01".parse().unwrap(), "2025-02-01".parse().unwrap());
    let run = |query: &str| {
        let message = Message { query: Some(query.into()), body: Some(b"{}".into()), ..Message::default() };
        match super::message(&plan, Part::Request, message) {
            Ok(Translated { output, .. }) => Ok(output.query.unwrap_or_default()),
            Err(Untranslatable::Unmovable(losses)) => Err(losses.to_string()),
            Err(other) => panic!("{other:?}"),
        }
    };
    for (query, sent) in [
        ("x=%FF&kind=%ff", Ok("x=%FF&kind=%ff")),
        ("x=%FF&kind=a", Ok("x=%FF&kind=b")),
        ("account=%EF%BF%BD", Ok("")),
        ("account=%ff", Err("query.account=unconverted")),
        ("old=%fe", Err("query.old=unconverted")),
        ("kind=%ff&copies=yes", Err("query.kind=unconverted")),
    ] {
        assert_eq!(run(query), sent.map(str::to_owned).map_err(str::to_owned), "{query}");
    }
}
