//! A sound pack with one mistake in it, many times: the first thing that is told must lead to the fix.
//!
//! `snapshots/` has the texts of all of them in one file, to be read as an author would.

use super::*;
use crate::pack::{Code, Diagnostic, Location};
use std::fmt::Write;

/// The files of the sound pack.
const SOUND: [(&str, &str); 4] = [
    (
        "api.toml",
        r#"name = "shop"
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
]
[operation.pay]
'2025-01-01' = 'POST /orders/{id}/pay'
'2026-02-03' = 'PUT /orders/{id}'
[operation.refund]
'2026-02-03' = 'POST /orders/{id}/pay'
[operation.report]
'2025-01-01' = 'GET /ad_reports'
'2026-02-03' = { gone = 'Ask /stats instead.' }
[resource.OrderParameters]
found = [{ in = "GET /orders", part = "query" }]
"#,
    ),
    ("2025-01-01.toml", "version = \"2025-01-01\"\ntitle = \"Original\"\n"),
    (
        "2025-07-01.toml",
        r#"version = "2025-07-01"
title = "Accounts"

[[change]]
name = "Call companies accounts"
why = "Companies are called accounts."
resource = "Order"
steps = [{ move = "company", to = "account" }]
[[change.example]]
in = "GET /orders/{id}"
old = '{"id":"o_1","company":"biz_1"}'
new = '{"id":"o_1","account":"biz_1"}'
[[change.example]]
in = "GET /orders"
old = '{"data":[{"id":"o_1","company":"biz_1"}]}'
new = '{"data":[{"id":"o_1","account":"biz_1"}]}'
[[change.example]]
in = "POST /orders"
part = "body"
old = '{"company":"biz_1"}'
new = '{"account":"biz_1"}'

[[change]]
name = "Filter by account"
why = "Companies are called accounts."
resource = "OrderParameters"
steps = [
  { move = "company_id", to = "account_id" },
  { map = "status", values = { canceled = "cancelled" } },
]
[[change.example]]
in = "GET /orders"
old = 'company_id=biz_1&status=canceled'
new = 'account_id=biz_1&status=cancelled'
"#,
    ),
    (
        "2026-02-03.toml",
        r#"version = "2026-02-03"
title = "Amounts"

[[change]]
name = "Group the amounts"
why = "Amounts reconcile."
resource = "Order"
steps = [
  { move = "total", to = "amounts.total", as = "number -> decimal" },
  { add = "amounts.tax", value = '"0.00"', beside = "amounts.total" },
  { drop = "note", restore = 'null' },
  { convert = "percentage", as = "number * 0.01" },
]
[[change.example]]
up_loses = "amounts.tax=made-up"
down_loses = "note=made-up"
old = '{"id":"o_1","note":null,"percentage":30,"total":12.5}'
new = '{"id":"o_1","percentage":0.3,"amounts":{"total":"12.50","tax":"0.00"}}'
"#,
    ),
];

/// One mistake, and what must be told first.
struct Altered {
    /// The mistake, in words.
    mistake: &'static str,
    file: &'static str,
    /// The text that is replaced; an empty one for the end of the file.
    text: &'static str,
    replacement: &'static str,
    code: &'static str,
    /// The text that is pointed to; a beginning of it is enough.
    points: &'static str,
    /// The words that lead to the fix: in the message, the label or the hint.
    fix: &'static str,
}

const fn altered(
    mistake: &'static str,
    [file, text, replacement]: [&'static str; 3],
    [code, points, fix]: [&'static str; 3],
) -> Altered {
    Altered { mistake, file, text, replacement, code, points, fix }
}

const API: &str = "api.toml";
const MIDDLE: &str = "2025-07-01.toml";
const NEWEST: &str = "2026-02-03.toml";

/// The subject and the steps of the first change: changes of whole messages take their place.
const SUBJECT: &str = "resource = \"Order\"\nsteps = [{ move = \"company\", to = \"account\" }]";

/// Mistakes in changes of whole messages.
const IN_MESSAGES: &[Altered] = &[
    altered(
        "a message of an operation that is not listed",
        [
            MIDDLE,
            SUBJECT,
            "operation = \"POST /order\"\npart = \"request\"\nsteps = [{ drop = \"query.a\" }]",
        ],
        ["P06", "\"POST /order\"", "did you mean `POST /orders`?"],
    ),
    altered(
        "a message that is of a resource, too",
        [
            MIDDLE,
            SUBJECT,
            "resource = \"Order\"\noperation = \"POST /orders\"\npart = \"request\"\nsteps = [{ drop = \"query.a\" }]",
        ],
        ["P05", "\"Order\"", "leave `resource` out"],
    ),
    altered(
        "an operation without a part",
        [MIDDLE, SUBJECT, "operation = \"POST /orders\"\nsteps = [{ drop = \"query.a\" }]"],
        ["P03", "", "`part = \"request\"`"],
    ),
    altered(
        "a part of a resource",
        [
            MIDDLE,
            SUBJECT,
            "resource = \"Order\"\npart = \"request\"\nsteps = [{ move = \"company\", to = \"account\" }]",
        ],
        ["P03", "\"request\"", "name the operation"],
    ),
    altered(
        "the query as a part",
        [MIDDLE, SUBJECT, "operation = \"POST /orders\"\npart = \"query\"\nsteps = [{ drop = \"a\" }]"],
        ["P05", "\"query\"", "write `request`"],
    ),
    altered(
        "a value beside a field of another object outside a whole message",
        [
            MIDDLE,
            SUBJECT,
            "resource = \"Order\"\nsteps = [{ move = \"company\", to = \"account\" }, { add = \"body.id\", value = '1', beside = \"path.id\" }]",
        ],
        ["P05", "{ add = \"body.id\", value = '1', beside = \"path.id\" }", "a container is never made"],
    ),
    altered(
        "a field without a place",
        [MIDDLE, SUBJECT, "operation = \"POST /orders\"\npart = \"request\"\nsteps = [{ drop = \"note\" }]"],
        ["P07", "{ drop = \"note\" }", "`body.note`"],
    ),
    altered(
        "a misspelt place",
        [
            MIDDLE,
            SUBJECT,
            "operation = \"POST /orders\"\npart = \"request\"\nsteps = [{ drop = \"qurey.a\" }]",
        ],
        ["P07", "{ drop = \"qurey.a\" }", "did you mean `query`?"],
    ),
    altered(
        "a response with a query",
        [
            MIDDLE,
            SUBJECT,
            "operation = \"POST /orders\"\npart = \"response\"\nsteps = [{ drop = \"query.a\" }]",
        ],
        ["P07", "{ drop = \"query.a\" }", "`status`, `header`, `body`"],
    ),
    altered(
        "a parameter with levels",
        [
            MIDDLE,
            SUBJECT,
            "operation = \"POST /orders\"\npart = \"request\"\nsteps = [{ drop = \"query.a.b\" }]",
        ],
        ["P07", "{ drop = \"query.a.b\" }", "one with brackets"],
    ),
    altered(
        "a header field with a meaning of its own",
        [
            MIDDLE,
            SUBJECT,
            "operation = \"POST /orders\"\npart = \"request\"\nsteps = [{ move = \"header.Authorization\", to = \"body.key\" }]",
        ],
        ["P05", "{ move = \"header.Authorization\", to = \"body.key\" }", "the API's own"],
    ),
    altered(
        "the version header",
        [
            MIDDLE,
            SUBJECT,
            "operation = \"POST /orders\"\npart = \"request\"\nsteps = [{ move = \"header.shop-version\", to = \"query.v\" }]",
        ],
        ["P05", "{ move = \"header.shop-version\", to = \"query.v\" }", "the API's own"],
    ),
    altered(
        "a header field in two spellings",
        [
            MIDDLE,
            SUBJECT,
            "operation = \"POST /orders\"\npart = \"request\"\nsteps = [{ move = \"query.a\", to = \"header.X-A\" }, { drop = \"header.x-a\" }]",
        ],
        ["P08", "{ drop = \"header.x-a\" }", "write `header.X-A`"],
    ),
    altered(
        "a parameter of the path that goes",
        [
            MIDDLE,
            SUBJECT,
            "operation = \"GET /orders/{id}\"\npart = \"request\"\nsteps = [{ drop = \"path.id\" }]",
        ],
        ["P13", "{ drop = \"path.id\" }", "`move` one out of the path"],
    ),
    altered(
        "a parameter of the path that moves in some requests",
        [
            MIDDLE,
            SUBJECT,
            "operation = \"GET /orders/{id}\"\npart = \"request\"\nsteps = [{ move = \"path.id\", to = \"query.id\", when = { \"query.a\" = \"b\" } }]",
        ],
        ["P13", "{ move = \"path.id\", to = \"query.id\", when", "a guard decides"],
    ),
    altered(
        "a parameter of the path that a response moves",
        [
            MIDDLE,
            SUBJECT,
            "operation = \"GET /orders/{id}\"\npart = \"response\"\nsteps = [{ move = \"path.id\", to = \"body.id\" }]",
        ],
        ["P13", "{ move = \"path.id\", to = \"body.id\" }", "copy = \"path.id\""],
    ),
    altered(
        "a parameter of the path that moves, and its address stays",
        [
            MIDDLE,
            "[[change]]\nname = \"Filter by account\"",
            "[[change]]\nname = \"Ask by query\"\nwhy = \"Once.\"\noperation = \"GET /orders/{id}\"\npart = \"request\"\n\
             steps = [{ move = \"path.id\", to = \"query.id\" }]\n[[change.example]]\nold = '{\"path\":{\"id\":\"o_1\"}}'\n\
             new = '{\"query\":{\"id\":\"o_1\"}}'\n[[change]]\nname = \"Filter by account\"",
        ],
        ["P08", "{ move = \"path.id\", to = \"query.id\" }", "still has it"],
    ),
    altered(
        "a parameter that moves into the path, and has no place there",
        [
            MIDDLE,
            "[[change]]\nname = \"Filter by account\"",
            "[[change]]\nname = \"Ask by path\"\nwhy = \"Once.\"\noperation = \"GET /orders/{id}\"\npart = \"request\"\n\
             steps = [{ move = \"path.id\", to = \"query.id\" }, { move = \"query.other\", to = \"path.id\" }, { move = \"query.more\", to = \"path.id\" }]\n\
             [[change]]\nname = \"Filter by account\"",
        ],
        ["P08", "{ move = \"query.more\", to = \"path.id\" }", "filled in twice"],
    ),
    altered(
        "a parameter that the path does not have",
        [
            MIDDLE,
            SUBJECT,
            "operation = \"GET /orders/{id}\"\npart = \"request\"\nsteps = [{ add = \"query.id\", copy = \"path.order\" }]",
        ],
        ["P06", "{ add = \"query.id\", copy = \"path.order\" }", "its parameters are id"],
    ),
    altered(
        "the body of a request that has none",
        [
            MIDDLE,
            SUBJECT,
            "operation = \"GET /orders\"\npart = \"request\"\nsteps = [{ move = \"query.a\", to = \"body.a\" }]",
        ],
        ["P09", "{ move = \"query.a\", to = \"body.a\" }", "whose requests have a body"],
    ),
    altered(
        "a number in a query",
        [
            MIDDLE,
            SUBJECT,
            "operation = \"GET /orders\"\npart = \"request\"\nsteps = [{ default = \"query.limit\", value = '20' }]",
        ],
        ["P05", "{ default = \"query.limit\", value = '20' }", "`'\"20\"'`"],
    ),
    altered(
        "a status that is none of success",
        [
            MIDDLE,
            SUBJECT,
            "operation = \"POST /orders\"\npart = \"response\"\nsteps = [{ map = \"status\", values = [['200', '302']] }]",
        ],
        ["P05", "{ map = \"status\", values = [['200', '302']] }", "from 200 to 299"],
    ),
    altered(
        "a status that moves",
        [
            MIDDLE,
            SUBJECT,
            "operation = \"POST /orders\"\npart = \"response\"\nsteps = [{ move = \"status\", to = \"body.status\" }]",
        ],
        ["P05", "{ move = \"status\", to = \"body.status\" }", "the older and the newer status"],
    ),
    altered(
        "a status without a body",
        [
            MIDDLE,
            SUBJECT,
            "operation = \"POST /orders\"\npart = \"response\"\nsteps = [{ map = \"status\", values = [['200', '204']] }]",
        ],
        ["P05", "{ map = \"status\", values = [['200', '204']] }", "{ drop = \"body\", restore"],
    ),
];

/// Mistakes in the places of the version: what stands in the place of `header`.
const IN_PLACES: &[Altered] = &[
    place(
        "an old form beside the new one",
        "header = \"V\"\nversions.in = [{ query = \"v\" }]",
        ["P08", "\"V\"", "leave `header` out"],
    ),
    place("no place", "versions.in = []", ["P03", "", "in = [{ header = "]),
    place("an empty entry", "versions.in = [{}]", ["P05", "{}", "a place has one key"]),
    place(
        "two places in one",
        "versions.in = [{ header = \"V\", query = \"v\" }]",
        ["P05", "{ header", "an entry for each"],
    ),
    place("a misspelt kind", "versions.in = [{ heder = \"V\" }]", ["P02", "heder", "did you mean `header`?"]),
    place("a text for a place", "versions.in = [\"V\"]", ["P04", "\"V\"", "{ header = "]),
    place(
        "one place without brackets",
        "versions.in = { header = \"V\" }",
        ["P04", "{ header", "in two brackets"],
    ),
    place(
        "a place twice",
        "versions.in = [{ header = \"V\" }, { header = \"v\" }]",
        ["P10", "{ header = \"v\"", "leave one of the two out"],
    ),
    place(
        "Accept as a header",
        "versions.in = [{ header = \"Accept\" }]",
        ["P05", "\"Accept\"", "media_type = "],
    ),
    place(
        "a path without a version",
        "versions.in = [{ path = \"/v1\" }]",
        ["P05", "\"/v1\"", "`/v1/{version}`"],
    ),
    place(
        "two versions in a path",
        "versions.in = [{ path = \"/v1/{version}/{version}\" }]",
        ["P05", "\"/v1/", "stands in it twice"],
    ),
    place(
        "a parameter in the path of the version",
        "versions.in = [{ path = \"/v1/{version}/{id}\" }]",
        ["P05", "\"/v1/", "the only placeholder"],
    ),
    place(
        "a path that is not the base path's",
        "versions.in = [{ path = \"/admin/{version}\" }]",
        ["P05", "\"/admin", "`base_path` is `/v1`"],
    ),
    place(
        "a path that goes on otherwise",
        "versions.in = [{ path = \"/v1/{version}/shop\" }]",
        ["P05", "\"/v1/", "write `base_path = \"/v1/shop\"`"],
    ),
    place(
        "two paths",
        "versions.in = [{ path = \"/v1/{version}\" }, { path = \"/{version}/v1\" }]",
        ["P08", "{ path = \"/{version}/v1\"", "keep one"],
    ),
    place(
        "a relative path",
        "versions.in = [{ path = \"v1/{version}\" }]",
        ["P05", "\"v1/", "begins with `/`"],
    ),
    place(
        "a query parameter that is none",
        "versions.in = [{ query = \"?v=\" }]",
        ["P05", "\"?v=\"", "write the name alone"],
    ),
    place(
        "a media type without a name before the version",
        "versions.in = [{ media_type = \"application/{version}+json\" }]",
        ["P05", "\"application", "a name of the API before"],
    ),
    place(
        "a media type that is not JSON",
        "versions.in = [{ media_type = \"application/vnd.shop.{version}\" }]",
        ["P05", "\"application", "end it with `+json`"],
    ),
    place(
        "a media type without a version",
        "versions.in = [{ media_type = \"application/json\" }]",
        ["P05", "\"application", "{version}"],
    ),
    place(
        "a parameter that a step names",
        "versions.in = [{ query = \"account_id\" }]",
        ["P08", "", "leave it out of the step"],
    ),
];

#[test]
fn a_message_does_not_name_the_parameter_of_the_version() {
    let message = "version = \"2025-07-01\"\ntitle = \"T\"\n[[change]]\nname = \"Drop v\"\nwhy = \"Why.\"\n\
                   operation = \"GET /orders\"\npart = \"request\"\nsteps = [{ drop = \"query.v\" }]\n";
    let mut files = files(API, "header = \"Shop-Version\"", "versions.in = [{ query = \"v\" }]");
    files.retain(|(name, _)| name != NEWEST);
    for (name, text) in &mut files {
        if name == MIDDLE {
            message.clone_into(text);
        }
    }
    let told = told(&files);
    let is_told =
        |note: &Diagnostic| note.code == Code::Contradiction && note.message.contains("carries the version");
    assert!(told.iter().any(is_told), "{told:#?}");
}

const fn place(mistake: &'static str, instead: &'static str, told: [&'static str; 3]) -> Altered {
    altered(mistake, [API, "header = \"Shop-Version\"", instead], told)
}

/// Mistakes in `api.toml`.
const IN_API: &[Altered] = &[
    altered("a misspelt key", [API, "title =", "titel ="], ["P02", "titel", "did you mean `title`?"]),
    altered(
        "misspelt operations",
        [API, "operations =", "operatoins ="],
        ["P02", "operatoins", "`operations`?"],
    ),
    altered(
        "a misspelt table",
        [API, "[resource.Order]", "[resources.Order]"],
        ["P02", "resources", "`resource`?"],
    ),
    altered(
        "a misspelt key of a place",
        [API, "{ in = \"GET /orders\", part = \"response\"", "{ in = \"GET /orders\", prat = \"response\""],
        ["P02", "prat", "did you mean `part`?"],
    ),
    altered(
        "a status of no error",
        [API, "part = \"body\", at = \"$\" }", "part = \"errors\", status = \"200\", at = \"$\" }"],
        ["P05", "\"200\"", "write a class, `\"4xx\"`"],
    ),
    altered(
        "a status of a body",
        [API, "part = \"body\", at = \"$\" }", "part = \"body\", status = \"4xx\", at = \"$\" }"],
        ["P08", "\"4xx\"", "write `part = \"errors\"`"],
    ),
    altered(
        "all operations of a response",
        [API, "{ in = \"GET /orders/{id}\",", "{ in = \"*\","],
        ["P06", "\"*\"", "errors"],
    ),
    altered(
        "a misspelt scheme of versions",
        [API, "base_path =", "versions.scheme = \"dates\"\nbase_path ="],
        ["P05", "\"dates\"", "did you mean `date`?"],
    ),
    altered(
        "dates, and the scheme of numbers",
        [API, "base_path =", "versions.scheme = \"number\"\nbase_path ="],
        ["P05", "\"2025-01-01\"", "needs `scheme = \"date\"`"],
    ),
    altered(
        "a list of versions without one that has a file",
        [
            API,
            "base_path =",
            "versions = { scheme = \"listed\", list = [\"2025-01-01\", \"2026-02-03\"] }\nbase_path =",
        ],
        ["P06", "\"2025-07-01\"", "add it to `list` in `[versions]`"],
    ),
    altered(
        "an alias that stands for no version",
        [API, "base_path =", "versions.aliases = { latest = \"2026-02-30\" }\nbase_path ="],
        ["P06", "\"2026-02-30\"", "did you mean `2026-02-03`?"],
    ),
    altered(
        "an alias with the name of a version",
        [API, "base_path =", "versions.aliases = { 2025-07-01 = \"2026-02-03\" }\nbase_path ="],
        ["P08", "\"2026-02-03\"", "choose a name that no version has"],
    ),
    altered(
        "a lookup table without rows",
        [API, "", "[lookup.decimals]\n"],
        ["P09", "decimals", "write a value for each key"],
    ),
    altered(
        "a fraction in a lookup table",
        [API, "", "[lookup.decimals]\nusd = 2.5\n"],
        ["P04", "2.5", "write pairs of JSON"],
    ),
    altered("no header", [API, "header = \"Shop-Version\"\n", ""], ["P03", "", "add `header`"]),
    altered("no base path", [API, "base_path = \"/v1\"\n", ""], ["P03", "", "add `base_path`"]),
    altered(
        "a date without quotes",
        [API, "default_version = \"2025-01-01\"", "default_version = 2025-01-01"],
        ["P04", "2025-01-01", "`'2025-01-01'`"],
    ),
    altered(
        "one operation without brackets",
        [
            API,
            "operations = [\"GET /orders\", \"GET /orders/{id}\", \"POST /orders\"]",
            "operations = \"GET /orders\"",
        ],
        ["P04", "\"GET /orders\"", "`operations = [\"GET /orders\"]`"],
    ),
    altered(
        "a place that is a text",
        [API, "[{ in = \"GET /orders\", part = \"query\" }]", "[\"GET /orders\"]"],
        ["P04", "\"GET /orders\"", "{ in = "],
    ),
    altered(
        "a key below a table",
        [
            API,
            "found = [{ in = \"GET /orders\", part = \"query\" }]",
            "found = [{ in = \"GET /orders\", part = \"query\" }]\norigin = \"https://x.example\"",
        ],
        ["P02", "origin", "above the first `[`"],
    ),
    altered(
        "a missing comma",
        [API, "\"GET /orders\", \"GET /orders/{id}\"", "\"GET /orders\" \"GET /orders/{id}\""],
        ["P01", "", "a comma"],
    ),
    altered(
        "a version header with a meaning of its own",
        [API, "Shop-Version", "Accept"],
        ["P05", "\"Accept\"", "in = [{ media_type = "],
    ),
    altered(
        "a version header that is none",
        [API, "Shop-Version", "Shop Version"],
        ["P05", "\"Shop Version\"", "letters, digits and hyphens"],
    ),
    altered(
        "a base path with a slash at its end",
        [API, "\"/v1\"", "\"/v1/\""],
        ["P05", "\"/v1/\"", "without a slash at its end"],
    ),
    altered("a base path of a slash", [API, "\"/v1\"", "\"/\""], ["P05", "\"/\"", "`\"\"` is the root"]),
    altered(
        "an operation that repeats the base path",
        [API, "\"POST /orders\"]", "\"POST /v1/orders\"]"],
        ["P05", "\"POST /v1/orders\"", "write `POST /orders`"],
    ),
    altered(
        "an operation twice",
        [API, "\"POST /orders\"]", "\"POST /orders\", \"GET /orders\"]"],
        ["P10", "\"GET /orders\"", "leave it out"],
    ),
    altered(
        "an operation twice under another name",
        [API, "\"POST /orders\"]", "\"POST /orders\", \"GET /orders/{order}\"]"],
        ["P10", "\"GET /orders/{order}\"", "`GET /orders/{id}` stands for both"],
    ),
    altered(
        "a method in small letters",
        [API, "\"GET /orders\", \"GET", "\"get /orders\", \"GET"],
        ["P05", "\"get /orders\"", "in capitals: `GET`"],
    ),
    altered(
        "a HEAD operation",
        [API, "\"POST /orders\"]", "\"POST /orders\", \"HEAD /orders\"]"],
        ["P05", "\"HEAD /orders\"", "name the GET operation"],
    ),
    altered(
        "an operation with a slash at its end",
        [API, "\"POST /orders\"]", "\"POST /orders/\"]"],
        ["P05", "\"POST /orders/\"", "leave out a slash at its end"],
    ),
    altered(
        "an operation with a query",
        [API, "\"POST /orders\"]", "\"POST /orders?a=1\"]"],
        ["P05", "\"POST /orders?a=1\"", "without `?`"],
    ),
    altered(
        "a parameter with a colon",
        [API, "\"GET /orders/{id}\", \"POST", "\"GET /orders/:id\", \"POST"],
        ["P05", "\"GET /orders/:id\"", "`{id}`"],
    ),
    altered(
        "a place in an operation that is not listed",
        [API, "in = \"POST /orders\"", "in = \"POST /order\""],
        ["P06", "\"POST /order\"", "did you mean `POST /orders`?"],
    ),
    altered(
        "a misspelt part",
        [API, "part = \"body\"", "part = \"bdoy\""],
        ["P05", "\"bdoy\"", "did you mean `body`?"],
    ),
    altered(
        "a path without `$`",
        [API, "\"$.data[*]\"", "\"data[*]\""],
        ["P07", "\"data[*]\"", "write `$.data[*]`"],
    ),
    altered(
        "a path to any depth",
        [API, "\"$.data[*]\"", "\"$..data\""],
        ["P07", "\"$..data\"", "`[*]` for each element"],
    ),
    altered(
        "a path to one element",
        [API, "\"$.data[*]\"", "\"$.data[0]\""],
        ["P07", "\"$.data[0]\"", "`[*]` for each element"],
    ),
    altered(
        "a path of a query",
        [API, "part = \"query\" }", "part = \"query\", at = \"filter\" }"],
        ["P07", "\"filter\"", "write `$.filter`"],
    ),
    altered(
        "no path of a body",
        [API, ", part = \"body\", at = \"$\"", ", part = \"body\""],
        ["P03", "{ in = \"POST /orders\"", "add `at`"],
    ),
    altered(
        "a resource without a place",
        [API, "found = [{ in = \"GET /orders\", part = \"query\" }]", "found = []"],
        ["P09", "OrderParameters", "found = [{ in = "],
    ),
    altered(
        "a place twice",
        [
            API,
            "at = \"$\" },\n]",
            "at = \"$\" },\n  { in = \"POST /orders\", part = \"body\", at = \"$\" },\n]",
        ],
        ["P10", "{ in = \"POST /orders\"", "leave one of the two out"],
    ),
    altered(
        "a shape of errors that is no JSON",
        [API, "[resource.Order]", "[errors]\nbody = '{type}'\n[resource.Order]"],
        ["P05", "'{type}'", "one JSON text"],
    ),
    altered(
        "a misspelt placeholder",
        [API, "[resource.Order]", "[errors]\nbody = '{\"m\":\"{mesage}\"}'\n[resource.Order]"],
        ["P05", "'{\"m\":\"{mesage}\"}'", "did you mean `message`?"],
    ),
    altered(
        "a default version without a file",
        [API, "default_version = \"2025-01-01\"", "default_version = \"2025-01-02\""],
        ["P06", "\"2025-01-02\"", "2025-01-01, 2025-07-01, 2026-02-03"],
    ),
    altered(
        "a default version that is no date",
        [API, "default_version = \"2025-01-01\"", "default_version = \"latest\""],
        ["P05", "\"latest\"", "`2026-02-03`"],
    ),
    altered(
        "an old name of a key",
        [API, "default_version", "unversioned"],
        ["P16", "unversioned", "write `default_version`"],
    ),
    altered(
        "a resource that no change names",
        [
            API,
            "[resource.OrderParameters]",
            "[resource.Refund]\nfound = [{ in = \"GET /orders/{id}\", part = \"response\", at = \"$.refund\" }]\n[resource.OrderParameters]",
        ],
        ["P17", "Refund", "leave it out until it changes"],
    ),
];

/// Mistakes in `[operation.NAME]`.
const IN_OPERATIONS: &[Altered] = &[
    altered(
        "a name that is a template",
        [API, "[operation.pay]", "[operation.'POST /orders/{id}/pay']"],
        ["P05", "'POST /orders/{id}/pay'", "letters, digits and `_`"],
    ),
    altered(
        "an address without its method",
        [API, "'PUT /orders/{id}'", "'/orders/{id}'"],
        ["P05", "'/orders/{id}'", "a method, a space and a path"],
    ),
    altered(
        "an address that repeats the base path",
        [API, "'PUT /orders/{id}'", "'PUT /v1/orders/{id}'"],
        ["P05", "'PUT /v1/orders/{id}'", "write `PUT /orders/{id}`"],
    ),
    altered(
        "a version without a file",
        [API, "'2026-02-03' = 'PUT", "'2026-02-04' = 'PUT"],
        ["P06", "'2026-02-04'", "did you mean `2026-02-03`?"],
    ),
    altered(
        "a version that is no date",
        [API, "'2026-02-03' = 'PUT", "'2026-2-3' = 'PUT"],
        ["P05", "'2026-2-3'", "with all its digits"],
    ),
    altered(
        "the newer version first",
        [
            API,
            "'2025-01-01' = 'POST /orders/{id}/pay'\n'2026-02-03' = 'PUT /orders/{id}'",
            "'2026-02-03' = 'PUT /orders/{id}'\n'2025-01-01' = 'POST /orders/{id}/pay'",
        ],
        ["P05", "'2025-01-01'", "the oldest version first"],
    ),
    altered(
        "the same address again",
        [API, "'PUT /orders/{id}'", "'POST /orders/{id}/pay'"],
        ["P10", "'2026-02-03'", "leave it out"],
    ),
    altered(
        "gone when it comes",
        [API, "'2025-01-01' = 'GET /ad_reports'", "'2026-02-03-1' = 'GET /ad_reports'"],
        ["P05", "'2026-02-03'", "each once"],
    ),
    altered(
        "gone, and never there",
        [API, "'2025-01-01' = 'GET /ad_reports'\n", ""],
        ["P09", "'2026-02-03'", "its first address"],
    ),
    altered(
        "no address at all",
        [API, "'2025-01-01' = 'POST /orders/{id}/pay'\n'2026-02-03' = 'PUT /orders/{id}'\n", ""],
        ["P03", "[operation.pay]", "the version that brings it"],
    ),
    altered("a misspelt end", [API, "{ gone =", "{ goen ="], ["P02", "goen", "did you mean `gone`?"]),
    altered(
        "an end without a sentence",
        [API, "{ gone = 'Ask /stats instead.' }", "{ gone = true }"],
        ["P04", "true", "a string"],
    ),
    altered(
        "an end that is no table",
        [API, "{ gone = 'Ask /stats instead.' }", "'gone'"],
        ["P05", "'gone'", "`{ gone = \"…\" }`"],
    ),
    altered(
        "an operation that is listed as well",
        [API, "\"POST /orders\"]", "\"POST /orders\", \"PUT /orders/{order}\"]"],
        ["P08", "'2026-02-03'", "leave it out of `operations`"],
    ),
    altered(
        "an address of two operations at a version",
        [API, "'2026-02-03' = 'POST /orders/{id}/pay'", "'2026-02-03' = 'PUT /orders/{id}'"],
        ["P08", "'2026-02-03'", "one operation's at a time"],
    ),
    altered(
        "a parameter of another name",
        [API, "'PUT /orders/{id}'", "'PUT /orders/{order_id}'"],
        ["P08", "'2026-02-03'", "write the same name in both"],
    ),
    altered(
        "a parameter that only one address has",
        [API, "'PUT /orders/{id}'", "'PUT /orders'"],
        ["P08", "'2026-02-03'", "move it in a change of the operation"],
    ),
    altered(
        "an address of two operations with the same body",
        [
            API,
            "'2026-02-03' = 'POST /orders/{id}/pay'",
            "'2026-02-03' = { at = 'POST /orders/{id}/pay', body = '{\"a\":1}' }\n[operation.again]\n'2026-02-03' = { at = 'POST /orders/{key}/pay', body = '{ \"a\": 1.0 }' }",
        ],
        ["P08", "'2026-02-03'", "by which body"],
    ),
    altered(
        "a guard that is no whole body",
        [
            API,
            "'2026-02-03' = 'POST /orders/{id}/pay'",
            "'2026-02-03' = { at = 'POST /orders/{id}/pay', body = '{\"a\":[1]}' }",
        ],
        ["P05", "'{\"a\":[1]}'", "the whole body"],
    ),
    altered(
        "a guard of requests without a body",
        [
            API,
            "'2026-02-03' = 'POST /orders/{id}/pay'",
            "'2026-02-03' = { at = 'GET /refunds/{id}', body = '{\"a\":1}' }",
        ],
        ["P09", "'{\"a\":1}'", "an address of a `GET`"],
    ),
    altered(
        "an address with a guard that is gone",
        [API, "{ gone = 'Ask /stats instead.' }", "{ gone = 'x', at = 'POST /a', body = '{\"a\":1}' }"],
        ["P08", "'x'", "leave `gone` out"],
    ),
    altered(
        "a parameter twice",
        [API, "'PUT /orders/{id}'", "'PUT /orders/{id}/{id}'"],
        ["P10", "'2026-02-03'", "its own name"],
    ),
    altered(
        "an address of several operations where one is meant",
        [API, "in = \"POST /orders\"", "in = \"POST /orders/{id}/pay\""],
        ["P06", "\"POST /orders/{id}/pay\"", "`pay` or `refund`"],
    ),
    altered(
        "a misspelt name of an operation",
        [API, "in = \"POST /orders\"", "in = \"refnd\""],
        ["P06", "\"refnd\"", "did you mean `refund`?"],
    ),
];

/// Mistakes in the files of versions, outside steps and examples.
const IN_VERSIONS: &[Altered] = &[
    altered(
        "a version under another's name",
        [MIDDLE, "version = \"2025-07-01\"", "version = \"2025-07-02\""],
        ["P11", "\"2025-07-02\"", "write `version = \"2025-07-01\"`"],
    ),
    altered(
        "a date without zeros",
        [MIDDLE, "version = \"2025-07-01\"", "version = \"2025-7-1\""],
        ["P05", "\"2025-7-1\"", "with all its digits"],
    ),
    altered(
        "a day that the calendar has not",
        [MIDDLE, "version = \"2025-07-01\"", "version = \"2025-06-31\""],
        ["P05", "\"2025-06-31\"", "no such day"],
    ),
    altered(
        "a version of months among days",
        [MIDDLE, "version = \"2025-07-01\"", "version = \"2025-07\""],
        ["P05", "\"2025-07\"", "needs `scheme = \"month\"` if all are such"],
    ),
    altered(
        "a version whose changes nobody knows, with changes",
        [MIDDLE, "title = \"Accounts\"", "title = \"Accounts\"\nunknown = true"],
        ["P08", "\"Order\"", "leave `unknown = true` out"],
    ),
    altered("no title", [MIDDLE, "title = \"Accounts\"\n", ""], ["P03", "", "add `title`"]),
    altered(
        "a quote that is not closed",
        [NEWEST, "title = \"Amounts\"", "title = \"Amounts"],
        ["P01", "", "a quote"],
    ),
    altered(
        "a key twice",
        [NEWEST, "why = \"Amounts reconcile.\"", "why = \"a\"\nwhy = \"b\""],
        ["P01", "", "a key stands twice"],
    ),
    altered(
        "a misspelt table of changes",
        [NEWEST, "[[change]]\nname = \"Group", "[[chnage]]\nname = \"Group"],
        ["P02", "chnage", "did you mean `change`?"],
    ),
    altered("a change in one bracket", [NEWEST, "[[change]]", "[change]"], ["P04", "", "`[[change]]`"]),
    altered(
        "an example outside its change",
        [
            MIDDLE,
            "[[change.example]]\nin = \"GET /orders\"\nold = 'company_id",
            "[[example]]\nin = \"GET /orders\"\nold = 'company_id",
        ],
        ["P02", "example", "write `[[change.example]]`"],
    ),
    altered(
        "a key of a change above it",
        [NEWEST, "title = \"Amounts\"", "title = \"Amounts\"\nwhy = \"Why.\""],
        ["P02", "why", "below `[[change]]`"],
    ),
    altered(
        "a step outside `steps`",
        [NEWEST, "resource = \"Order\"", "resource = \"Order\"\ndrop = \"kind\""],
        ["P02", "drop", "inside `steps = [ … ]`"],
    ),
    altered(
        "a misspelt key of a change",
        [NEWEST, "resource =", "resorce ="],
        ["P02", "resorce", "did you mean `resource`?"],
    ),
    altered(
        "a resource that is misspelt",
        [NEWEST, "resource = \"Order\"", "resource = \"Ordr\""],
        ["P06", "\"Ordr\"", "did you mean `Order`?"],
    ),
    altered(
        "a resource that is not there",
        [NEWEST, "resource = \"Order\"", "resource = \"Payment\""],
        ["P06", "\"Payment\"", "its resources are `Order`, `OrderParameters`"],
    ),
    altered(
        "a change without a reason",
        [NEWEST, "why = \"Amounts reconcile.\"\n", ""],
        ["P03", "[[change]]", "add `why`"],
    ),
    altered(
        "a change without steps",
        [MIDDLE, "steps = [{ move = \"company\", to = \"account\" }]\n", ""],
        ["P03", "[[change]]", "add `steps`"],
    ),
    altered(
        "no step in a change",
        [MIDDLE, "steps = [{ move = \"company\", to = \"account\" }]", "steps = []"],
        ["P09", "\"Order\"", "write its steps"],
    ),
    altered(
        "a change twice",
        [
            NEWEST,
            "",
            "\n[[change]]\nname = \"Group the amounts\"\nwhy = \"Amounts reconcile.\"\nresource = \"Order\"\nsteps = [{ move = \"a\", to = \"b\" }]\n[[change.example]]\nold = '{\"a\":1}'\nnew = '{\"b\":1}'\n",
        ],
        ["P10", "\"Order\"", "give it a name of its own"],
    ),
    altered(
        "a change in the oldest version",
        [
            "2025-01-01.toml",
            "",
            "[[change]]\nname = \"Rename a\"\nwhy = \"Why.\"\nresource = \"Order\"\nsteps = [{ move = \"a\", to = \"b\" }]\n",
        ],
        ["P09", "\"Order\"", "add a file for the version before it"],
    ),
];

/// Mistakes in steps.
const IN_STEPS: &[Altered] = &[
    altered(
        "a misspelt kind",
        [MIDDLE, "{ move = \"company\", to", "{ mvoe = \"company\", to"],
        ["P02", "mvoe", "did you mean `move`?"],
    ),
    altered(
        "another language's word",
        [MIDDLE, "{ move = \"company\", to", "{ rename = \"company\", to"],
        ["P02", "rename", "did you mean `move`?"],
    ),
    altered(
        "no kind",
        [MIDDLE, "{ move = \"company\", to", "{ from = \"company\", to"],
        ["P05", "{ from = ", "begin it with one of move, convert"],
    ),
    altered(
        "two kinds",
        [
            MIDDLE,
            "{ move = \"company\", to = \"account\" }",
            "{ move = \"company\", to = \"account\", drop = \"x\", restore = 'null' }",
        ],
        ["P05", "{ move = ", "write a step for each"],
    ),
    altered(
        "a step without a key",
        [MIDDLE, "{ move = \"company\", to = \"account\" }", "{ move = \"company\" }"],
        ["P03", "{ move = ", "`{ move = F, to = G }`"],
    ),
    altered(
        "a misspelt key of a step",
        [MIDDLE, "{ move = \"company\", to", "{ move = \"company\", into"],
        ["P02", "into", "did you mean `to`?"],
    ),
    altered(
        "a drop that copies itself",
        [NEWEST, "{ drop = \"note\", restore = 'null' }", "{ drop = \"note\", copy = \"note\" }"],
        ["P05", "{ drop = ", "beside another field"],
    ),
    altered("a number without quotes", [NEWEST, "restore = 'null'", "restore = 0"], ["P04", "0", "`'0'`"]),
    altered(
        "a word that is no JSON",
        [NEWEST, "restore = 'null'", "restore = 'none'"],
        ["P05", "'none'", "'\"none\"'"],
    ),
    altered(
        "a conversion that is none",
        [NEWEST, "number -> decimal", "number -> money"],
        ["P05", "\"number -> money\"", "`number -> decimal`"],
    ),
    altered(
        "a factor that is no power of ten",
        [NEWEST, "number * 0.01", "number * 0.02"],
        ["P05", "\"number * 0.02\"", "any power of ten"],
    ),
    altered(
        "a field that begins at the body",
        [MIDDLE, "move = \"company\"", "move = \"$.company\""],
        ["P07", "\"$.company\"", "write `company`"],
    ),
    altered(
        "a field that moves out of the elements of a list",
        [MIDDLE, "move = \"company\"", "move = \"items[*].company\""],
        ["P07", "{ move", "it may read what stands around the list, in `copy`"],
    ),
    altered(
        "a field of a list, beside one of its elements",
        [
            MIDDLE,
            "move = \"company\", to = \"account\"",
            "move = \"items[*].company\", to = \"items.account\"",
        ],
        ["P07", "\"items.account\"", "write `items[*].account`"],
    ),
    altered(
        "fields of the elements of two lists",
        [
            MIDDLE,
            "move = \"company\", to = \"account\"",
            "move = \"items[*].company\", to = \"lines[*].account\"",
        ],
        ["P07", "\"lines[*].account\"", "a step goes through one list"],
    ),
    altered(
        "members whose keys are data",
        [MIDDLE, "move = \"company\"", "move = \"prices.*.company\""],
        ["P07", "\"prices.*.company\"", "named one by one"],
    ),
    altered(
        "an element that is dropped",
        [MIDDLE, "move = \"company\", to = \"account\"", "drop = \"items[*]\", restore = 'null'"],
        ["P07", "{ drop", "name the list, `items`"],
    ),
    altered(
        "a field of one element",
        [MIDDLE, "move = \"company\"", "move = \"items[0].company\""],
        ["P07", "\"items[0].company\"", "`[*]` stands for every element"],
    ),
    altered(
        "a field that is no path",
        [MIDDLE, "move = \"company\"", "move = \"company-\""],
        ["P07", "\"company-\"", "`['any name']`"],
    ),
    altered("a move onto itself", [MIDDLE, "to = \"account\"", "to = \"company\""], ["P09", "{ move = ", ""]),
    altered(
        "two moves to one name",
        [MIDDLE, "to = \"account\" }]", "to = \"account\" }, { move = \"buyer\", to = \"account\" }]"],
        ["P08", "{ move = \"buyer\"", "leave one of the two out"],
    ),
    altered(
        "a name that an older version has given away",
        [NEWEST, "{ drop = \"note\"", "{ drop = \"company.note\""],
        ["P09", "{ drop = ", "write `account.note`"],
    ),
    altered(
        "a name that a step before has given away",
        [NEWEST, "{ drop = \"note\"", "{ drop = \"total\""],
        ["P09", "{ drop = ", "write `amounts.total`"],
    ),
    altered(
        "a conversion after a conversion",
        [
            NEWEST,
            "{ convert = \"percentage\", as = \"number * 0.01\" }",
            "{ convert = \"amounts.total\", as = \"number * 0.01\" }",
        ],
        ["P08", "{ convert = ", "leave one of the two out"],
    ),
    altered(
        "a field that is added beside one of another object",
        [NEWEST, "beside = \"amounts.total\"", "beside = \"id\""],
        ["P05", "{ add = ", "beside another"],
    ),
    altered(
        "two words that become one",
        [MIDDLE, "canceled = \"cancelled\" }", "canceled = \"cancelled\", void = \"cancelled\" }"],
        ["P08", "\"cancelled\"", "none could come back"],
    ),
    altered(
        "a word that becomes itself",
        [MIDDLE, "canceled = \"cancelled\" }", "canceled = \"canceled\" }"],
        ["P09", "{ map = ", "leave it out"],
    ),
    altered(
        "no words",
        [MIDDLE, "values = { canceled = \"cancelled\" }", "values = {}"],
        ["P09", "{ map = ", "older = \"newer\""],
    ),
    altered(
        "a word that is a fraction",
        [MIDDLE, "canceled = \"cancelled\" }", "canceled = 1.5 }"],
        ["P04", "1.5", "write pairs of JSON"],
    ),
    altered(
        "a word that an older version has given away",
        [
            NEWEST,
            "",
            "\n[[change]]\nname = \"Rename a status\"\nwhy = \"Why.\"\nresource = \"OrderParameters\"\nsteps = [{ map = \"status\", values = { canceled = \"void\" } }]\n[[change.example]]\nold = 'status=canceled'\nnew = 'status=void'\n",
        ],
        ["P09", "{ map = ", "`cancelled = \"void\"`"],
    ),
    altered(
        "words of a value that is converted",
        [
            NEWEST,
            "{ convert = \"percentage\", as = \"number * 0.01\" },",
            "{ convert = \"percentage\", as = \"number * 0.01\" },\n  { map = \"percentage\", values = { a = \"b\" } },",
        ],
        ["P09", "{ map = ", "leave the map out"],
    ),
    altered(
        "a parameter that is null",
        [
            MIDDLE,
            "to = \"account_id\" },",
            "to = \"account_id\" },\n  { drop = \"page\", restore = 'null' },",
        ],
        ["P12", "{ drop = ", "leave `restore` out"],
    ),
    altered(
        "a table that is no function",
        [
            NEWEST,
            "{ drop = \"note\", restore = 'null' }",
            "{ table = [\"note\"], to = [\"text\", \"draft\"], rows = [['1', '\"x\", true'], ['2', '\"x\", true']] }",
        ],
        ["P08", "['2', ", "under `up`"],
    ),
    altered(
        "a row with too few values",
        [
            NEWEST,
            "{ drop = \"note\", restore = 'null' }",
            "{ table = [\"note\"], to = [\"text\", \"draft\"], rows = [['1', '\"x\"']] }",
        ],
        ["P05", "['1', ", "`absent` for one that is not there"],
    ),
    altered(
        "a row with a word that is no JSON",
        [
            NEWEST,
            "{ drop = \"note\", restore = 'null' }",
            "{ table = [\"note\"], to = [\"text\"], rows = [['none', '\"x\"']] }",
        ],
        ["P05", "'none'", "write JSON with commas between"],
    ),
    altered(
        "a table across two objects",
        [
            NEWEST,
            "{ drop = \"note\", restore = 'null' }",
            "{ table = [\"note\"], to = [\"notes.text\"], rows = [['1', '\"x\"']] }",
        ],
        ["P05", "{ table = ", "with a `move` for each"],
    ),
    altered(
        "a table without rows",
        [NEWEST, "{ drop = \"note\", restore = 'null' }", "{ table = [\"note\"], to = [\"text\"] }"],
        ["P03", "{ table = ", "rows = [["],
    ),
    altered(
        "a table of a field that is a group",
        [
            NEWEST,
            "{ drop = \"note\", restore = 'null' }",
            "{ table = [\"amounts\"], to = [\"sums\"], rows = [['1', '\"x\"']] }",
        ],
        ["P08", "{ table = ", "a field is a value or an object"],
    ),
    altered(
        "a lookup table that is nowhere",
        [
            NEWEST,
            "{ drop = \"note\", restore = 'null' }",
            "{ add = \"decimals\", lookup = \"currency\", in = \"decimals\" }",
        ],
        ["P06", "{ add = ", "[lookup.decimals]"],
    ),
    altered(
        "a copy of a field that the same change has moved",
        [
            NEWEST,
            "{ drop = \"note\", restore = 'null' }",
            "{ add = \"amounts.due\", copy = \"total\", implied_by = \"nothing is paid\" }",
        ],
        ["P09", "{ add = ", "write `amounts.total`"],
    ),
    altered(
        "a copy of the object that it is put into",
        [NEWEST, "{ drop = \"note\", restore = 'null' }", "{ add = \"amounts.all\", copy = \"amounts\" }"],
        ["P05", "{ add = ", "stands by itself"],
    ),
    altered(
        "an amount without its currency",
        [
            NEWEST,
            "{ drop = \"note\", restore = 'null' }",
            "{ scale = \"fee\", as = \"decimal -> minor\", in = \"decimals\" }",
        ],
        ["P03", "{ scale = ", "by = G"],
    ),
    altered(
        "an amount in a form that is none",
        [
            NEWEST,
            "{ drop = \"note\", restore = 'null' }",
            "{ scale = \"fee\", as = \"number -> decimal\", by = \"currency\", in = \"decimals\" }",
        ],
        ["P05", "\"number -> decimal\"", "is a `convert`"],
    ),
    altered(
        "a value that is computed of one field",
        [
            NEWEST,
            "{ drop = \"note\", restore = 'null' }",
            "{ compute = \"note\", from = \"text\", as = \"first\", in = \"older\" }",
        ],
        ["P05", "{ compute = ", "the elements of a list"],
    ),
    altered(
        "a value that is computed of itself",
        [
            NEWEST,
            "{ drop = \"note\", restore = 'null' }",
            "{ compute = \"note\", from = \"note[*].text\", as = \"first\", in = \"older\" }",
        ],
        ["P05", "{ compute = ", "beside those that it is made of"],
    ),
    altered(
        "a computation that is none",
        [
            NEWEST,
            "{ drop = \"note\", restore = 'null' }",
            "{ compute = \"note\", from = \"notes[*].size\", as = \"average\", in = \"older\" }",
        ],
        ["P05", "\"average\"", "`min`, `max`, `sum`"],
    ),
    altered(
        "texts that are joined without saying how",
        [
            NEWEST,
            "{ drop = \"note\", restore = 'null' }",
            "{ compute = \"note\", from = \"notes[*].text\", as = \"join\", in = \"older\" }",
        ],
        ["P05", "\"join\"", "with = "],
    ),
    altered(
        "amounts whose others are no zero",
        [
            NEWEST,
            "{ drop = \"note\", restore = 'null' }",
            "{ add_up = [\"net\", \"tax\"], to = \"note\", others = 'null' }",
        ],
        ["P05", "'null'", "the others are '0'"],
    ),
    altered(
        "amounts that stand in other objects",
        [
            NEWEST,
            "{ drop = \"note\", restore = 'null' }",
            "{ add_up = [\"net\", \"fees.tax\"], to = \"note\", others = '0' }",
        ],
        ["P05", "{ add_up = ", "`move` it there first"],
    ),
    altered(
        "an old name of a step's key",
        [NEWEST, "restore = 'null' }", "restore = 'null', known_by = \"nobody wrote notes\" }"],
        ["P16", "known_by", "write `implied_by`"],
    ),
];

/// Mistakes in guards, and in the places of errors.
const IN_GUARDS: &[Altered] = &[
    altered(
        "an error's place that is no member",
        [
            API,
            "[resource.Order]",
            "[errors]\nbody = '{\"m\":\"{message}\"}'\nmessage = \"$.errors[*]\"\n[resource.Order]",
        ],
        ["P07", "\"$.errors[*]\"", "$.errors[*].field"],
    ),
    altered(
        "a nested field without quotes",
        [NEWEST, "{ drop = \"note\",", "{ when = { plan = { kind = \"a\" } }, drop = \"note\","],
        ["P05", "{ kind = \"a\" }", "\"plan.kind\""],
    ),
    altered(
        "a misspelt type",
        [NEWEST, "{ drop = \"note\",", "{ when = { id = { is = \"strin\" } }, drop = \"note\","],
        ["P05", "\"strin\"", "did you mean `string`?"],
    ),
    altered(
        "a change whose guard reads elements of a list",
        [NEWEST, "resource = \"Order\"", "resource = \"Order\"\nwhen = { \"items[*].kind\" = \"a\" }"],
        ["P07", "\"items[*].kind\"", "the guard of each step"],
    ),
    altered(
        "a misspelt guard",
        [NEWEST, "{ drop = \"note\",", "{ wen = { id = \"a\" }, drop = \"note\","],
        ["P02", "wen", "did you mean `when`?"],
    ),
    altered(
        "a step that drops what its guard reads",
        [NEWEST, "{ drop = \"note\",", "{ when = { note = \"a\" }, drop = \"note\","],
        ["P08", "{ when = { note", "let the guard read another field; or write in `when_new`"],
    ),
    altered(
        "a guard of the newer version that follows",
        [
            NEWEST,
            "{ drop = \"note\",",
            "{ when = { kind = \"a\" }, when_new = { kind = \"a\" }, drop = \"note\",",
        ],
        ["P05", "{ kind = \"a\" }", "leave it out"],
    ),
    altered(
        "a guard of the newer version alone",
        [NEWEST, "{ drop = \"note\",", "{ when_new = { kind = \"a\" }, drop = \"note\","],
        ["P05", "{ kind = \"a\" }", "write `when`"],
    ),
    altered(
        "a guard that nothing fulfils",
        [NEWEST, "{ drop = \"note\",", "{ when = { plan = \"a\", \"plan.id\" = \"b\" }, drop = \"note\","],
        ["P09", "{ plan = \"a\"", "leave a condition out"],
    ),
    altered(
        "two guards that both hold",
        [
            NEWEST,
            "{ drop = \"note\", restore = 'null' }",
            "{ when = { kind = \"a\" }, drop = \"note\", restore = 'null' }, { when = { type = \"b\" }, move = \"note\", to = \"remark\" }",
        ],
        ["P08", "{ when = { type", "want different values"],
    ),
    altered(
        "a guard of a name that is given away",
        [NEWEST, "{ drop = \"note\",", "{ when = { company = \"biz_1\" }, drop = \"note\","],
        ["P09", "{ when = { company", "write `account`"],
    ),
    altered(
        "a guard of a word that is given away",
        [
            NEWEST,
            "",
            "[[change]]\nname = \"Filter\"\nwhy = \"So.\"\nresource = \"OrderParameters\"\nsteps = [{ move = \"a\", to = \"b\", when = { status = \"canceled\" } }]\n",
        ],
        ["P09", "{ move = \"a\"", "status = \"cancelled\""],
    ),
    altered(
        "a type of a parameter",
        [
            NEWEST,
            "",
            "[[change]]\nname = \"Filter\"\nwhy = \"So.\"\nresource = \"OrderParameters\"\nsteps = [{ move = \"a\", to = \"b\", when = { c = { is = \"null\" } } }]\n",
        ],
        ["P12", "{ move = \"a\"", "a guard reads values"],
    ),
    altered(
        "a change that drops what its guard reads",
        [NEWEST, "resource = \"Order\"\n", "resource = \"Order\"\nwhen = { note = \"a\" }\n"],
        ["P08", "{ drop = \"note\"", "let the guard read another field"],
    ),
];

/// Mistakes in examples.
const IN_EXAMPLES: &[Altered] = &[
    altered(
        "a change without an example",
        [
            MIDDLE,
            "[[change.example]]\nin = \"GET /orders\"\nold = 'company_id=biz_1&status=canceled'\nnew = 'account_id=biz_1&status=cancelled'\n",
            "",
        ],
        ["P03", "\"OrderParameters\"", "[[change.example]]"],
    ),
    altered(
        "a misspelt key of an example",
        [NEWEST, "up_loses", "up_lose"],
        ["P02", "up_lose", "did you mean `up_loses`?"],
    ),
    altered(
        "an example of an operation that is not listed",
        [MIDDLE, "in = \"GET /orders/{id}\"", "in = \"GET /order/{id}\""],
        ["P06", "\"GET /order/{id}\"", "did you mean `GET /orders/{id}`?"],
    ),
    altered(
        "a wrong value",
        [NEWEST, "\"total\":\"12.50\"", "\"total\":\"12.00\""],
        ["P14", "'{\"id\"", "expected \"12.00\", got \"12.50\""],
    ),
    altered(
        "a value of another form",
        [NEWEST, "\"total\":\"12.50\"", "\"total\":\"12.5\""],
        ["P14", "'{\"id\"", "expected \"12.5\", got \"12.50\""],
    ),
    altered(
        "a number for a decimal",
        [NEWEST, "\"total\":\"12.50\"", "\"total\":12.50"],
        ["P14", "'{\"id\"", "expected 12.50, got \"12.50\""],
    ),
    altered(
        "a value in a form that is not converted",
        [NEWEST, "\"percentage\":30", "\"percentage\":\"30\""],
        ["P14", "'{\"id\"", "percentage"],
    ),
    altered(
        "two sides the wrong way round",
        [
            MIDDLE,
            "old = '{\"company\":\"biz_1\"}'\nnew = '{\"account\":\"biz_1\"}'",
            "old = '{\"account\":\"biz_1\"}'\nnew = '{\"company\":\"biz_1\"}'",
        ],
        ["P14", "'{\"account\"", "is named by `move company to account`"],
    ),
    altered(
        "an empty side",
        [MIDDLE, "new = '{\"account\":\"biz_1\"}'", "new = ''"],
        ["P14", "'{\"company\"", "`new` is empty"],
    ),
    altered(
        "a side that is no JSON",
        [MIDDLE, "new = '{\"account\":\"biz_1\"}'", "new = '{\"account\":biz_1}'"],
        ["P14", "'{\"company\"", "`new` is not JSON"],
    ),
    altered(
        "a query for a body",
        [
            NEWEST,
            "old = '{\"id\":\"o_1\",\"note\":null,\"percentage\":30,\"total\":12.5}'",
            "old = 'total=12.5'",
        ],
        ["P14", "'total", "one side is JSON, the other is not"],
    ),
    altered(
        "a list without its operation",
        [
            NEWEST,
            "old = '{\"id\":\"o_1\",\"note\":null,\"percentage\":30,\"total\":12.5}'",
            "old = '[{\"total\":12.5}]'",
        ],
        ["P14", "'[{", "say which operation"],
    ),
    altered(
        "a body that is shown as a response",
        [MIDDLE, "part = \"body\"\n", ""],
        ["P14", "'{\"company\"", "`part = \"body\"`"],
    ),
    altered(
        "the other losses",
        [NEWEST, "amounts.tax=made-up", "amounts.total=made-up"],
        ["P14", "'{\"id\"", "got \"amounts.tax=made-up\""],
    ),
    altered(
        "a name that an older version has given away",
        [
            NEWEST,
            "",
            "[[change.example]]\nold = '{\"company\":\"biz_1\",\"note\":null,\"total\":1}'\nnew = '{\"company\":\"biz_1\",\"amounts\":{\"total\":\"1.00\",\"tax\":\"0.00\"}}'\n",
        ],
        ["P15", "'{\"company\"", "`company`, which is `account` by 2025-07-01"],
    ),
    altered(
        "a place that no example shows",
        [
            MIDDLE,
            "[[change.example]]\nin = \"POST /orders\"\npart = \"body\"\nold = '{\"company\":\"biz_1\"}'\nnew = '{\"account\":\"biz_1\"}'\n",
            "",
        ],
        ["P14", "\"Order\"", "in = \"POST /orders\"\npart = \"body\""],
    ),
    altered(
        "a place in the wrong list",
        [API, "\"$.data[*]\"", "\"$.items[*]\""],
        ["P14", "'{\"data\"", "`Order` is found at $.items[*], says api.toml"],
    ),
];

/// The pack in its files, read and checked.
fn told(files: &[(String, String)]) -> Vec<Diagnostic> {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    match Pack::load(folder.path()) {
        Err(mistakes) => mistakes.iter().cloned().collect(),
        Ok(pack) => {
            let warnings = pack.warnings.clone();
            let report = check(&Arc::new(pack), Trials { cases: 40, seed: 1 });
            warnings.into_iter().chain(report.mistakes.iter().flat_map(Diagnostics::iter).cloned()).collect()
        }
    }
}

/// The sound pack with one text in one of its files replaced.
fn files(file: &str, text: &str, replacement: &str) -> Vec<(String, String)> {
    let files = SOUND.iter().map(|(name, sound)| {
        let new = match (*name == file, text.is_empty()) {
            (false, _) => (*sound).to_owned(),
            (true, true) => format!("{sound}{replacement}"),
            (true, false) => {
                assert!(sound.contains(text), "{file}: {text}");
                sound.replacen(text, replacement, 1)
            }
        };
        ((*name).to_owned(), new)
    });
    files.collect()
}

/// The name of a file without the folder, in any text.
fn shown(diagnostic: &Diagnostic) -> String {
    let plain = diagnostic.plain();
    let lines = plain.lines().map(|line| match line.trim_start().strip_prefix("--> ") {
        Some(place) => {
            format!("{}--> {}", &line[..line.find("--> ").unwrap()], place.rsplit('/').next().unwrap())
        }
        None => line.to_owned(),
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Asserts the first diagnostic of every altered pack, and shows them all.
#[track_caller]
fn trial(mistakes: &[Altered]) -> String {
    let mut all = String::new();
    let mut wrong = Vec::new();
    for Altered { mistake, file, text, replacement, code, points, fix } in mistakes {
        let told = told(&files(file, text, replacement));
        let _ = write!(all, "# {mistake}\n\n");
        for diagnostic in &told {
            let _ = write!(all, "{}\n\n", shown(diagnostic));
        }
        let Some(first) = told.first() else {
            wrong.push(format!("{mistake}: nothing is told"));
            continue;
        };
        let pointed = first.at.as_ref().map(Location::text).unwrap_or_default();
        let place = first.at.as_ref().is_some_and(|at| at.file().ends_with(file) || *file == API);
        let said =
            format!("{}\n{}\n{}", first.message, first.label, first.hint.as_deref().unwrap_or_default());
        let leads =
            first.code.to_string() == *code && place && pointed.starts_with(points) && said.contains(fix);
        if !leads || first.hint.is_none() && first.label.len() < 12 {
            wrong.push(format!("{mistake}: {code} at {points:?} with {fix:?}\n{}", shown(first)));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), mistakes.len(), wrong.join("\n\n"));
    all
}

#[test]
fn the_pack_is_sound_before_it_is_altered() {
    let told = told(&files(API, "name", "name"));
    assert!(told.is_empty(), "{told:#?}");
}

#[test]
fn a_mistake_in_api_toml_leads_to_its_fix() {
    insta::assert_snapshot!("api", trial(IN_API));
}

#[test]
fn a_mistake_in_an_address_leads_to_its_fix() {
    insta::assert_snapshot!("operations", trial(IN_OPERATIONS));
}

#[test]
fn a_mistake_in_a_place_of_the_version_leads_to_its_fix() {
    insta::assert_snapshot!("version_places", trial(IN_PLACES));
}

#[test]
fn a_mistake_in_a_version_leads_to_its_fix() {
    insta::assert_snapshot!("versions", trial(IN_VERSIONS));
}

#[test]
fn mistakes_in_changes_of_whole_messages_lead_to_their_fixes() {
    insta::assert_snapshot!("messages", trial(IN_MESSAGES));
}

#[test]
fn a_mistake_in_a_step_leads_to_its_fix() {
    insta::assert_snapshot!("steps", trial(IN_STEPS));
}

#[test]
fn a_mistake_in_a_guard_leads_to_its_fix() {
    insta::assert_snapshot!("guards", trial(IN_GUARDS));
}

#[test]
fn a_mistake_in_an_example_leads_to_its_fix() {
    insta::assert_snapshot!("examples", trial(IN_EXAMPLES));
}

/// A resource that is found inside another one that changes is held by it, and that is to be said.
#[test]
fn a_resource_inside_another_one_is_told_what_can_be_done() {
    let with = |at: &str| {
        let place = format!(
            "[resource.Inner]\nfound = [{{ in = \"GET /orders/{{id}}\", part = \"response\", at = \"{at}\" }}]\n"
        );
        let change = "[[change]]\nname = \"Rename a\"\nwhy = \"Why.\"\nresource = \"Inner\"\n\
                      steps = [{ move = \"a\", to = \"b\" }]\n[[change.example]]\nold = '{\"a\":1}'\nnew = '{\"b\":1}'\n";
        let with = |(name, text): (String, String)| match &*name {
            API => (name, text + &place),
            NEWEST => (name, text + change),
            _ => (name, text),
        };
        files(API, "name", "name").into_iter().map(with).collect::<Vec<_>>()
    };
    for (at, fix) in [
        ("$.seller", "`holds = { \"seller\" = \"Inner\" }`"),
        ("$.items[*]", "`holds = { \"items[*]\" = \"Inner\" }`"),
    ] {
        let told = told(&with(at));
        let [told] = &told[..] else { panic!("{told:#?}") };
        assert_eq!((told.code, told.at.as_ref().unwrap().text()), (Code::Unsupported, "\"Inner\""));
        assert!(told.hint.as_ref().unwrap().contains(fix), "{told:?}");
    }
    // Where the outer one never changes, nothing is in the way.
    let alone =
        |(name, text): (String, String)| {
            match &*name {
        API => (name, text),
        NEWEST => (name, text.split_once("[[change]]\nname = \"Rename a\"").map(|(_, change)| {
            format!("version = \"2026-02-03\"\ntitle = \"Items\"\n[[change]]\nname = \"Rename a\"{change}")
        }).unwrap()),
        _ => (name, text),
    }
        };
    let files: Vec<_> =
        with("$.items[*]").into_iter().filter(|(name, _)| name != MIDDLE).map(alone).collect();
    let told = told(&files);
    assert!(told.iter().all(|told| told.code == Code::Unused), "{told:#?}");
}

#[test]
fn files_that_are_missing_are_told_first() {
    let without = |gone: &[&str]| -> Vec<(String, String)> {
        files(API, "name", "name").into_iter().filter(|(name, _)| !gone.contains(&&**name)).collect()
    };
    let first = |gone: &[&str]| told(&without(gone)).into_iter().next().unwrap();
    let api = first(&["api.toml"]);
    assert_eq!((api.code, api.at.is_none()), (Code::File, true));
    assert!(api.hint.unwrap().contains("api.toml, which says where resources are found"));
    assert_eq!(told(&without(&["api.toml"])).len(), 1, "what follows from it is not told");
    let none = first(&["2025-01-01.toml", MIDDLE, NEWEST]);
    assert!(none.message.ends_with("has no versions") && none.hint.is_some(), "{none:?}");
    let default = first(&["2025-01-01.toml"]);
    assert_eq!(default.code, Code::UnknownName, "{default:?}");
}

/// Whatever is broken in `api.toml`, its own mistakes come first, and no file misses what it should have said.
#[test]
fn what_follows_from_a_broken_api_toml_is_not_told_again() {
    for (text, replacement) in [
        ("[resource.Order]", "[resource.Order"),
        ("[resource.Order]", "[resource.Orders]"),
        ("[resource.Order]", "[resorce.Order]"),
        ("operations = [", "operations = "),
        ("base_path = \"/v1\"", "base_path = 1"),
    ] {
        let told = told(&files(API, text, replacement));
        let is_own =
            |diagnostic: &Diagnostic| diagnostic.at.as_ref().is_some_and(|at| at.file().ends_with(API));
        let unknown = replacement == "[resource.Orders]";
        assert!(unknown || told.iter().all(is_own), "{replacement}: {told:#?}");
    }
    let both = files(API, "title =", "titel =");
    let both = both.into_iter().map(|(name, text)| match name == NEWEST {
        true => (name, text.replace("why =", "wyh =").replace("\"Order\"", "\"Ordr\"")),
        false => (name, text),
    });
    let codes: Vec<Code> = told(&both.collect::<Vec<_>>()).iter().map(|told| told.code).collect();
    assert_eq!(
        codes,
        [Code::UnknownKey, Code::UnknownKey],
        "a mistake that follows from none is told with it"
    );
}
