//! Packs with changes of whole messages keep the laws.

use super::*;
use crate::{
    compare::Place,
    pack::{Part, test::read},
};

const API: &str = "name = 'shop'\ntitle = 'Shop'\nheader = 'Shop-Version'\ndefault_version = '2025-01-01'\nbase_path = ''\n\
    operations = ['GET /refunds', 'POST /refunds', 'DELETE /refunds/{id}']\n\
    [resource.Refund]\n\
    found = [{ in = 'POST /refunds', part = 'body', at = '$' }, { in = 'POST /refunds', part = 'response', at = '$' }]\n\
    [resource.Parameters]\nfound = [{ in = 'POST /refunds', part = 'query' }]\n";

const OLDEST: &str = "version = '2025-01-01'\ntitle = 'First'\n";

/// Names change before values move, and between the two versions that move them.
const SECOND: &str = r#"
version = "2025-02-01"
title = "Second"
[[change]]
name = "Rename the parameter"
why = "Accounts."
resource = "Parameters"
steps = [{ move = "company", to = "account_id" }, { move = "page", to = "limit" }]
[[change.example]]
old = 'company=biz_1&page=2'
new = 'account_id=biz_1&limit=2'
[[change]]
name = "Rename the amount"
why = "Totals."
resource = "Refund"
steps = [{ move = "amount", to = "total" }]
[[change.example]]
old = '{"amount":1}'
new = '{"total":1}'
[[change.example]]
in = "POST /refunds"
part = "body"
old = '{"amount":1}'
new = '{"total":1}'
[[change.example]]
in = "POST /refunds"
old = '{"amount":1}'
new = '{"total":1}'
[[change]]
name = "Take the account from the query into the body"
why = "Bodies are for content."
operation = "POST /refunds"
part = "request"
steps = [
  { move = "query.account_id", to = "body.account_id" },
  { move = "query.limit", to = "body.limit", as = "string -> number" },
  { move = "header.X-Company", to = "header.X-Account" },
  { move = "body.key", to = "header.Idempotency-Key" },
]
[[change.example]]
old = '{"query":{"company":"biz_1","page":"7","expand":"all"},"header":{"X-Company":"a"},"body":{"amount":1,"key":"k"}}'
new = '{"query":{"expand":"all"},"header":{"x-account":"a","Idempotency-Key":"k"},"body":{"total":1,"account_id":"biz_1","limit":7}}'
[[change.example]]
old = '{"query":{"company":"biz_1"}}'
new = '{"body":{"account_id":"biz_1"}}'
"#;

const THIRD: &str = r#"
version = "2025-03-01"
title = "Third"
[[change]]
name = "Call the account an owner"
why = "Owners."
resource = "Refund"
steps = [{ move = "account_id", to = "owner" }]
[[change.example]]
old = '{"account_id":"biz_1"}'
new = '{"owner":"biz_1"}'
[[change.example]]
in = "POST /refunds"
part = "body"
old = '{"account_id":"biz_1"}'
new = '{"owner":"biz_1"}'
[[change.example]]
in = "POST /refunds"
old = '{"account_id":"biz_1"}'
new = '{"owner":"biz_1"}'
[[change]]
name = "Take the owner out of the body"
why = "Heads are for routing."
operation = "POST /refunds"
part = "request"
steps = [{ move = "body.owner", to = "header.X-Owner" }, { add = "query.mode", value = '"live"' }]
[[change.example]]
up_loses = "query.mode=made-up"
old = '{"body":{"account_id":"biz_1","total":2}}'
new = '{"query":{"mode":"live"},"header":{"X-Owner":"biz_1"},"body":{"total":2}}'
[[change]]
name = "Answer a created refund as created"
why = "It is."
operation = "POST /refunds"
part = "response"
steps = [
  { map = "status", values = [['200', '201']] },
  { move = "body.request", to = "header.X-Request" },
  { move = "header.X-Count", to = "body.count", as = "string -> number" },
]
[[change.example]]
old = '{"status":200,"header":{"X-Count":"3"},"body":{"request":"r_1","total":1}}'
new = '{"status":201,"header":{"X-Request":"r_1"},"body":{"total":1,"count":3}}'
[[change]]
name = "Answer a deleted refund with nothing"
why = "Nothing is left."
operation = "DELETE /refunds/{id}"
part = "response"
steps = [
  { map = "status", values = [['200', '204']] },
  { drop = "body", restore = '{"deleted":true}', implied_by = "it is deleted" },
]
[[change.example]]
old = '{"status":200,"body":{"deleted":true}}'
new = '{"status":204}'
"#;

const FOURTH: &str = r#"
version = "2025-04-01"
title = "Fourth"
[[change]]
name = "Repeat the id of the path"
why = "Bodies stand alone."
operation = "DELETE /refunds/{id}"
part = "request"
steps = [{ add = "header.X-Refund", copy = "path.id" }, { add = "body.id", copy = "path.id" }]
[[change.example]]
old = '{"path":{"id":"r_1"},"body":{"reason":"x"}}'
new = '{"path":{"id":"r_1"},"header":{"X-Refund":"r_1"},"body":{"reason":"x","id":"r_1"}}'
up_loses = "body.id=made-up, header.X-Refund=made-up"
[[change]]
name = "List the refunds of one account"
why = "Accounts."
operation = ["GET /refunds", "POST /refunds"]
part = "request"
steps = [{ move = "header.X-Account", to = "query.account" }]
[[change.example]]
old = '{"query":{"mode":"live"},"header":{"X-Account":"a b&c"}}'
new = '{"query":{"mode":"live","account":"a b&c"}}'
"#;

fn pack() -> Pack {
    let files = [
        ("api.toml", API),
        ("2025-01-01.toml", OLDEST),
        ("2025-02-01.toml", SECOND),
        ("2025-03-01.toml", THIRD),
        ("2025-04-01.toml", FOURTH),
    ];
    read(&files).unwrap_or_else(|mistakes| panic!("{mistakes}"))
}

#[test]
fn whole_messages_keep_the_laws() {
    let pack = Arc::new(pack());
    for seed in 1..4 {
        let report = check(&pack, Trials { cases: 1500, seed });
        assert!(report.mistakes.is_none(), "{}", report.mistakes.unwrap());
    }
}

#[test]
fn changes_inside_a_message_come_before_those_of_the_whole() {
    let pack = Arc::new(pack());
    let place = Place::new(pack.find("POST /refunds").unwrap(), Part::Request);
    let laws = Laws::new(pack);
    let version = |text: &str| text.parse().unwrap();
    let translate = |from: &str, to: &str, text: &str| {
        laws.translations()
            .translate(place, version(from), version(to), text)
            .map(|translated| translated.output)
    };
    let old = r#"{"query":{"company":"biz_1","a":"b"},"header":{"X-Company":"c"},"body":{"amount":1.10}}"#;
    let new = r#"{"query":{"a":"b","mode":"live","account":"c"},"header":{"X-Owner":"biz_1"},"body":{"total":1.10}}"#;
    assert_eq!(translate("2025-01-01", "2025-04-01", old).unwrap(), new);
    let back = translate("2025-04-01", "2025-01-01", new).unwrap();
    assert_eq!(
        back,
        r#"{"query":{"a":"b","company":"biz_1"},"header":{"X-Company":"c"},"body":{"amount":1.10}}"#
    );
}
