//! Packs that are sound, whatever their names are, must pass.

use super::*;

const OLDEST: &str = "version = '2025-01-01'\ntitle = 'First'\n";

/// A pack in which one resource changes once: its place, the steps, and the two sides of each example.
fn changed(found: &str, steps: &str, examples: &[(&str, &str, &str)]) -> Arc<Pack> {
    let api = format!(
        "name = 'shop'\ntitle = 'Shop'\nheader = 'Shop-Version'\ndefault_version = '2025-01-01'\nbase_path = ''\n\
         operations = ['GET /', 'GET /orders', 'POST /orders']\n[resource.Order]\nfound = [{found}]\n"
    );
    let mut newest = format!(
        "version = '2026-01-01'\ntitle = 'Second'\n[[change]]\nname = 'Change it'\nwhy = 'Why.'\n\
         resource = 'Order'\nsteps = [{steps}]\n"
    );
    for (keys, old, new) in examples {
        newest.push_str(&format!("[[change.example]]\n{keys}\nold = '{old}'\nnew = '{new}'\n"));
    }
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [("api", api.as_str()), ("2025-01-01", OLDEST), ("2026-01-01", &newest)] {
        fs::write(folder.path().join(format!("{name}.toml")), text).unwrap();
    }
    Arc::new(Pack::load(folder.path()).unwrap_or_else(|mistakes| panic!("{mistakes}")))
}

const QUERY: &str = "{ in = 'GET /orders', part = 'query' }";
const FORM: &str = "{ in = 'POST /orders', part = 'body', at = '$' }";
const BODY: &str = "{ in = 'GET /orders', part = 'response', at = '$' }";
const LIST: &str = "{ in = 'GET /orders', part = 'response', at = '$[*]' }";
const ROOT: &str = "{ in = 'GET /', part = 'response', at = '$' }";

#[track_caller]
fn check_sound(found: &str, steps: &str, examples: &[(&str, &str, &str)]) {
    for seed in 1..4 {
        let report = check(&changed(found, steps, examples), Trials { cases: 200, seed });
        assert!(report.mistakes.is_none(), "{steps}: {}", report.mistakes.unwrap());
    }
}

#[test]
fn no_name_of_a_pack_is_taken_for_an_unknown_one() {
    let names = ["x", "first", "meta data", "é", "a.b", "id", "unknown", "odd-0 /", "a", "page"];
    for name in names {
        let other = format!("{name}_new");
        let step = format!("{{ move = \"['{name}']\", to = \"['{other}']\" }}");
        let (old, new) = (format!("{{\"{name}\":1}}"), format!("{{\"{other}\":1}}"));
        check_sound(BODY, &step, &[("", &old, &new)]);
        let step = format!("{{ move = \"group['{name}']\", to = \"group['{other}']\" }}");
        let group = |member: &str| format!("{{\"group\":{{\"{member}\":1}},\"name\":\"a\"}}");
        check_sound(BODY, &step, &[("", &group(name), &group(&other))]);
    }
    for name in ["x", "first", "a", "é", "unknown", "x_odd0", "odd"] {
        let other = format!("{name}_new");
        let step = format!("{{ move = \"['{name}']\", to = \"['{other}']\" }}");
        let examples = [("", &*format!("{name}=1&limit=2"), &*format!("{other}=1&limit=2"))];
        check_sound(QUERY, &step, &examples);
        check_sound(FORM, &step, &examples);
    }
}

#[test]
fn names_that_only_an_example_has_are_known_too() {
    let step = "{ move = 'total', to = 'sum' }";
    check_sound(BODY, step, &[("", r#"{"total":1,"x":2,"é":{"x":3}}"#, r#"{"sum":1,"x":2,"é":{"x":3}}"#)]);
    check_sound(QUERY, step, &[("", "total=1&first=2&x=3", "sum=1&first=2&x=3")]);
}

#[test]
fn a_query_or_a_form_may_be_empty() {
    let step = "{ move = 'total', to = 'sum' }";
    for found in [QUERY, FORM] {
        check_sound(found, step, &[("", "total=1", "sum=1"), ("", "", "")]);
        check_sound(found, step, &[("", "", "")]);
        check_sound(found, step, &[("", "total=1&&=&b", "sum=1&&=&b")]);
    }
    for (old, new) in [("total=1", ""), ("", "sum=1")] {
        let mistakes = check_examples(&changed(QUERY, step, &[("", old, new)])).unwrap().to_string();
        assert!(mistakes.contains("error[P14]: an example of \"Change it\" does not "), "{mistakes}");
    }
}

#[test]
fn the_root_of_an_example_may_be_a_list() {
    let (step, list) = ("{ move = 'total', to = 'sum' }", "in = 'GET /orders'");
    let whole = (list, r#"[{"total":1},{"total":2}]"#, r#"[{"sum":1},{"sum":2}]"#);
    check_sound(LIST, step, &[whole, ("", r#"{"total":null}"#, r#"{"sum":null}"#)]);
    let (form, body) =
        ("in = 'POST /orders'\npart = 'body'", "{ in = 'POST /orders', part = 'body', at = '$[*]' }");
    check_sound(body, step, &[(form, " [{\"total\":1}]", "[ {\"sum\":1}]")]);

    let alone = [("", r#"[{"total":1}]"#, r#"[{"sum":1}]"#)];
    let mistakes = check_examples(&changed(LIST, step, &alone)).unwrap().to_string();
    assert!(mistakes.contains("an example without `in` is the resource alone"), "{mistakes}");
}

#[test]
fn an_example_says_what_is_sent_digit_for_digit_in_strings() {
    let step = "{ convert = 'total', as = 'number -> decimal' }";
    check_sound(BODY, step, &[("", r#"{"total":7}"#, r#"{"total":"7.00"}"#)]);
    let mistakes = check_examples(&changed(BODY, step, &[("", r#"{"total":7}"#, r#"{"total":"7"}"#)]));
    let mistakes = mistakes.unwrap().to_string();
    assert!(mistakes.contains(r#"total: expected "7", got "7.00""#), "{mistakes}");
}

#[test]
fn the_root_of_an_api_is_an_operation() {
    let step = "{ move = 'total', to = 'sum' }";
    check_sound(ROOT, step, &[("in = 'GET /'", r#"{"total":1}"#, r#"{"sum":1}"#)]);
    let pack = changed(ROOT, step, &[("", r#"{"total":1}"#, r#"{"sum":1}"#)]);
    let root = pack.find("GET /").unwrap();
    assert_eq!(crate::route::Routes::new(&pack).find_at_any("GET", "/"), Some(root));
}

#[test]
fn what_an_object_loses_with_its_id_alone_is_excused_under_each_of_its_names() {
    let (old, new) = (r#"{"id":"m","plan":{"id":"p","note":null}}"#, r#"{"id":"m","plan_id":"p"}"#);
    let members = r#"members = '{"note":null}'"#;
    let moved_first =
        format!("{{ move = 'plan', to = 'plan_id' }}, {{ ref = 'plan_id', to = 'id', {members} }}");
    let moved_last = format!("{{ ref = 'plan', to = 'id', {members} }}, {{ move = 'plan', to = 'plan_id' }}");
    for steps in [moved_first, moved_last] {
        check_sound(BODY, &steps, &[("", old, new)]);
    }
}

#[test]
fn what_is_held_loses_fields_where_the_newest_documents_have_it() {
    let version = |date: &str, changes: &str| format!("version = '{date}'\ntitle = 'T'\n{changes}");
    let api = "name = 'shop'\ntitle = 'Shop'\nheader = 'Shop-Version'\ndefault_version = '2025-01-01'\nbase_path = ''\n\
               operations = ['GET /']\n[resource.Invoice]\nfound = [{ in = 'GET /', part = 'response', at = '$' }]\n\
               holds = { 'taxes[*]' = 'Tax' }\n[resource.Tax]\n";
    let change = |name: &str, resource: &str, step: &str, old: &str, new: &str| {
        format!(
            "[[change]]\nname = '{name}'\nwhy = 'Why.'\nresource = '{resource}'\nsteps = [{step}]\n\
             [[change.example]]\nold = '{old}'\nnew = '{new}'\n"
        )
    };
    let (old, new) = (r#"{"rate":"x"}"#, r#"{"details":{"rate":"x"}}"#);
    let changes = change(
        "Rename the list",
        "Invoice",
        "{ move = 'amounts', to = 'taxes' }",
        &format!("{{\"amounts\":[{old}]}}"),
        &format!("{{\"taxes\":[{new}]}}"),
    ) + &change("Group the rate", "Tax", "{ move = 'rate', to = 'details.rate' }", old, new);
    let folder = tempfile::tempdir().unwrap();
    let files = [
        ("api", api.to_owned()),
        ("2025-01-01", version("2025-01-01", "")),
        ("2026-01-01", version("2026-01-01", &changes)),
    ];
    for (name, text) in files {
        fs::write(folder.path().join(format!("{name}.toml")), text).unwrap();
    }
    let pack = Arc::new(Pack::load(folder.path()).unwrap_or_else(|mistakes| panic!("{mistakes}")));
    let report = check(&pack, Trials { cases: 200, seed: 1 });
    assert!(report.mistakes.is_none(), "{}", report.mistakes.unwrap());
}

#[test]
fn the_only_element_of_a_list_is_changed_by_a_later_step() {
    let steps = "{ ref = 'errors', from = 'reason', members = '{\"code\":null}' }, { as_list = 'errors', empty = 'null' }";
    let (old, new) = (r#"{"errors":"No."}"#, r#"{"errors":[{"reason":"No.","code":null}]}"#);
    check_sound(BODY, steps, &[("", old, new), ("", r#"{"errors":null}"#, r#"{"errors":[]}"#)]);
}
