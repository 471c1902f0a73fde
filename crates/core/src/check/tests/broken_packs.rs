//! Tests of the examples of a pack.

use super::*;

#[test]
fn a_scale_that_is_off_by_ten() {
    let (mistakes, line) = report("2026-06-20.toml", "number * 0.01", "number * 0.1");
    insta::assert_snapshot!(mistakes, @r#"
    error[P14]: an example of "Express earnings in US dollars" does not go up to 2026-06-20 as it is written
      --> whop/2026-06-20.toml:63:7
       |
    63 | old = '{"id":"bre_x","amount":0.60,"base_amount":20.00,"currency":"usd","payout_percentage":12.5,"receipt":{"id":"rcpt_x","currency":"usd"}}'
       |       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ payout_percentage: expected 0.125, got 1.25
       |
       = help: payout_percentage is named by `convert payout_percentage: number * 0.1`
               input    {"id":"bre_x","amount":0.60,"base_amount":20.00,"currency":"usd","payout_percentage":12.5,"receipt":{"id":"rcpt_x","currency":"usd"}}
               expected {"id":"bre_x","commission_amount_usd":"0.60","transaction_amount_usd":"20.00","payout_percentage":0.125,"receipt":{"id":"rcpt_x","currency":"usd"}}
               got      {"id":"bre_x","commission_amount_usd":"0.60","transaction_amount_usd":"20.00","payout_percentage":1.25,"receipt":{"id":"rcpt_x","currency":"usd"}}
               in GET /referrals/businesses/earnings, response

    error[P14]: an example of "Express earnings in US dollars" does not come down to 2026-06-09 as it is written
      --> whop/2026-06-20.toml:63:7
       |
    63 | old = '{"id":"bre_x","amount":0.60,"base_amount":20.00,"currency":"usd","payout_percentage":12.5,"receipt":{"id":"rcpt_x","currency":"usd"}}'
       |       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ payout_percentage: expected 12.5, got 1.25
       |
       = help: payout_percentage is named by `convert payout_percentage: number * 0.1`
               input    {"id":"bre_x","commission_amount_usd":"0.60","transaction_amount_usd":"20.00","payout_percentage":0.125,"receipt":{"id":"rcpt_x","currency":"usd"}}
               expected {"id":"bre_x","amount":0.60,"base_amount":20.00,"currency":"usd","payout_percentage":12.5,"receipt":{"id":"rcpt_x","currency":"usd"}}
               got      {"id":"bre_x","amount":0.60,"base_amount":20.00,"payout_percentage":1.25,"receipt":{"id":"rcpt_x","currency":"usd"},"currency":"usd"}
               in GET /referrals/businesses/earnings, response
    "#);
    assert_eq!(
        line,
        "whop: 5 versions, 16 operations, 8 changes, 19 examples, 25 pairs x 16 operations, 30 generated documents (seed 1): 2 mistakes"
    );
}

#[test]
fn a_swapped_field() {
    check_broken(
        "2026-06-20.toml",
        "{ move = \"total_earnings\", to = \"earnings_usd.total\", as = \"number -> decimal\" },\n  \
         { move = \"pending_payout\", to = \"earnings_usd.pending\", as",
        "{ move = \"total_earnings\", to = \"earnings_usd.pending\", as = \"number -> decimal\" },\n  \
         { move = \"pending_payout\", to = \"earnings_usd.total\", as",
        &[
            "earnings_usd.total: expected \"165.75\", got \"45.25\"",
            "`move pending_payout to earnings_usd.total`",
        ],
    );
}

#[test]
fn a_step_that_is_missing() {
    check_broken(
        "2026-06-20.toml",
        "  { drop = \"referred_by_account_id\", restore = 'null' },\n",
        "",
        &[
            "referred_by_account_id: expected nothing, got null",
            "no step of 2026-06-20 names referred_by_account_id",
        ],
    );
    check_broken(
        "2026-07-01.toml",
        "  { tag = \"resource\", with = \"object\", value = \"receipt\" },\n",
        "",
        &["resource.object: expected \"receipt\", got nothing", "`move receipt to resource`"],
    );
}

#[test]
fn a_value_that_is_made_up_wrongly() {
    check_broken(
        "2026-06-20.toml",
        "value = '\"0.00\"'",
        "value = '\"1.00\"'",
        &["volume_usd.awaiting_settlement: expected \"0.00\", got \"1.00\"", "does not go up to 2026-06-20"],
    );
    check_broken(
        "2026-07-01.toml",
        "restore = '[]'",
        "restore = 'null'",
        &["loses something else going up", "expected \"\", got \"receipt.receipt_fees=dropped\""],
    );
}

#[test]
fn a_parameter_with_another_name() {
    check_broken(
        "2026-06-08.toml",
        "{ move = \"company_id\", to = \"account_id\" }",
        "{ move = \"company_id\", to = \"accounts_id\" }",
        &["account_id: expected \"account_id=biz_x\", got \"accounts_id=biz_x\"", "in GET /users, query"],
    );
    check_broken(
        "2026-06-20.toml",
        "total_earnings = \"earnings_usd\" }",
        "total_earning = \"earnings_usd\" }",
        &["order: expected \"order=earnings_usd\", got \"order=total_earnings\"", "`map values of order:"],
    );
}

#[test]
fn an_example_that_is_wrong_itself() {
    let rename = "old = 'company_id=biz_x'\n";
    check_broken(
        "2026-06-08.toml",
        rename,
        "old = '{\"company_id\":\"biz_x\"}'\n",
        &["one side is JSON, the other is not"],
    );
    let body = "old = '{\"name\":\"Ada\",\"company_id\":\"biz_x\"}'";
    check_broken("2026-06-08.toml", body, "old = '{\"name\":\"Ada\",}'", &["`old` is not JSON: "]);
    let twice = "old = '{\"name\":\"Ada\",\"company_id\":1,\"company_id\":\"biz_x\"}'";
    check_broken("2026-06-08.toml", body, twice, &["the key `company_id` occurs twice"]);
    let plan = "old = '{\"id\":\"plan_x\",\"company\":null}'\nnew = '{\"id\":\"plan_x\",\"account\":null}'";
    check_broken(
        "2026-06-09.toml",
        plan,
        "old = 'company=1'\nnew = 'account=1'",
        &["it is a query, and `Plan` stands in bodies only"],
    );
}

#[test]
fn a_change_without_an_example() {
    let (file, text) = (
        "2026-06-20.toml",
        "[[change.example]]\nin = \"GET /referrals/businesses\"\nold = 'order=processing_volume&direction=desc'\nnew = 'order=volume_usd&direction=desc'\n[[change.example]]\nold = 'order=total_earnings'\nnew = 'order=earnings_usd'\n",
    );
    check_broken(file, text, "", &["error[P03]: the change \"Sort referrals by the groups\" has no example"]);
}

/// The laws of a resource wait for its examples: what a wrong one breaks follows from it.
#[test]
fn a_law_that_a_wrong_example_breaks_is_not_told() {
    let text = "old = '{\"id\":\"plan_x\",\"company\":null}'\nnew = '{\"id\":\"plan_x\",\"account\":null}'";
    let replacement =
        "old = '{\"id\":\"plan_x\",\"account\":null}'\nnew = '{\"id\":\"plan_x\",\"account\":null}'";
    let (mistakes, _) = report("2026-06-09.toml", text, replacement);
    assert!(
        mistakes.contains("error[P14]: an example of \"Rename company to account\" does not come down"),
        "{mistakes}"
    );
    assert!(!mistakes.contains("error[P15]"), "{mistakes}");
}

/// A name that an older version has given away breaks a law of that version's step, which is sound.
#[test]
fn an_outdated_name_is_the_fault_of_the_example_and_not_of_the_older_file() {
    let text = "old = '{\"id\":\"bre_x\",\"access_pass\":null}'\nnew = '{\"id\":\"bre_x\",\"product\":null}'";
    let replacement = "old = '{\"amount\":1,\"access_pass\":null}'\nnew = '{\"amount\":1,\"product\":null}'";
    let (mistakes, _) = report("2026-07-01.toml", text, replacement);
    assert!(mistakes.contains("error[P15]: law 4"), "{mistakes}");
    let label = "`old` is of 2026-06-20 and shows `amount`, which is `commission_amount_usd` by 2026-06-20";
    assert!(mistakes.contains("whop/2026-07-01.toml:") && mistakes.contains(label), "{mistakes}");
    assert!(!mistakes.contains("whop/2026-06-20.toml:"), "{mistakes}");
}

#[test]
fn a_whole_body_shows_where_its_resource_stands() {
    let place = |path: &str| format!("GET /plans\", part = \"response\", at = \"{path}\" }},");
    let list = "$.data[*].account: expected {\"id\":\"biz_x\"}, got nothing";
    for (wrong, said) in
        [("$.items[*]", "found at $.items[*], says api.toml"), ("$", "found at $, says api.toml")]
    {
        let (mistakes, _) = report("api.toml", &place("$.data[*]"), &place(wrong));
        assert!(mistakes.contains(list) && mistakes.contains(said), "{mistakes}");
    }
    let gone = format!("  {{ in = \"{}\n", place("$.data[*]"));
    let (mistakes, _) = report("api.toml", &gone, "");
    assert!(
        mistakes.contains(list) && mistakes.contains("`Plan` is found nowhere, says api.toml"),
        "{mistakes}"
    );
}

/// A place where the resource is not changes what is there by the same name, and no example of the others tells.
#[test]
fn a_place_that_no_example_shows_is_a_mistake() {
    let referrals = "found = [{ in = \"GET /referrals/businesses\", part = \"query\" }";
    let plans = "  { in = \"GET /plans/{id}\", part = \"response\", at = \"$\" },\n";
    for (right, wrong, said) in [
        (
            referrals,
            ", { in = \"GET /plans\", part = \"query\" }",
            "`BusinessReferralParameters` is found in GET /plans (query), says api.toml",
        ),
        (
            plans,
            "  { in = \"GET /users\", part = \"response\", at = \"$.data[*]\" },\n",
            "`Plan` is found in GET /users (response at $.data[*]), says api.toml",
        ),
    ] {
        let (mistakes, _) = report("api.toml", right, &format!("{right}{wrong}"));
        assert!(mistakes.contains(said) && mistakes.contains("no example shows it there"), "{mistakes}");
    }
}

#[test]
fn what_an_example_says_is_lost_is_lost() {
    let known = ", implied_by = \"the _usd suffix of the amounts\" },\n]\n[[change.example]]\nup_loses";
    check_broken(
        "2026-06-20.toml",
        known,
        " },\n]\n[[change.example]]\nup_loses",
        &["loses something else going down", "expected \"\", got \"currency=made-up\""],
    );
    check_broken(
        "2026-06-09.toml",
        "to = \"account\" }",
        "to = \"account\", as = \"number * 10\" }",
        &["is not converted going up", "account has another form than a step expects"],
    );
}
