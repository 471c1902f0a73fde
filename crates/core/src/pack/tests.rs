//! The pack's diagnostics are part of its interface: they are compared word for word.

use super::{source::Sources, *};
use crate::{
    authored::Source,
    check::{Trials, check},
};
use insta::assert_snapshot;
use std::sync::Arc;

const API: &str = r#"name = "shop"
title = "A shop"
header = "Shop-Version"
default_version = "2025-01-01"
base_path = "/v1"
operations = ["GET /orders", "GET /orders/{id}"]
[resource.Order]
found = [
  { in = "GET /orders", part = "response", at = "$.data[*]" },
  { in = "GET /orders/{id}", part = "response", at = "$" },
]
[resource.OrderParameters]
found = [{ in = "GET /orders", part = "query" }]
"#;

const OLDEST: &str = "version = \"2025-01-01\"\ntitle = \"Original\"\n";

/// A pack from texts: api.toml, the oldest version, and the version 2026-02-03 with these changes.
fn read(api: &str, changes: &str) -> Result<Pack, String> {
    let newest = format!("version = \"2026-02-03\"\ntitle = \"Newest\"\n{changes}");
    read_files(&[("api.toml", api), ("2025-01-01.toml", OLDEST), ("2026-02-03.toml", &newest)])
}

fn read_files(files: &[(&str, &str)]) -> Result<Pack, String> {
    test::read(files).map_err(|diagnostics| diagnostics.to_string())
}

/// The mistakes of a change of the orders with these steps.
fn mistakes(steps: &str) -> String {
    let change =
        format!("[[change]]\nname = \"n\"\nwhy = \"w\"\nresource = \"Order\"\nsteps = [\n{steps}\n]\n");
    read(API, &change).map(drop).expect_err("there are mistakes")
}

#[test]
fn the_embedded_pack_has_no_mistakes() {
    if let Err(diagnostics) = Pack::embedded() {
        panic!("{diagnostics}");
    }
}

#[test]
fn every_mistake_is_reported_not_only_the_first() {
    let api = API.replace("\"GET /orders/{id}\"]", "\"get /orders\"]").replace("title =", "titel =");
    let changes = r#"
[[change]]
name = "Rename total"
why = "It is a sum."
resource = "Ordr"
steps = [{ move = "total", to = "sum", as = "number -> money" }]
[[change]]
name = "Drop note"
resource = "Order"
steps = [{ drop = "note", restore = "none" }, { mvoe = "a", to = "b" }]
[[change.exmple]]
"#;
    assert_snapshot!(read(&api, changes).map(drop).expect_err("there are mistakes"));
}

#[test]
fn toml_that_is_none_is_shown_at_its_place() {
    assert_snapshot!(mistakes("{ move = \"a\" to = \"b\" },"));
}

#[test]
fn rules_that_match_nothing() {
    assert_snapshot!(mistakes("{ move = \"a\", to = \"b\" },\n{ drop = \"a.x\", restore = 'null' },"));
}

#[test]
fn rules_that_contradict() {
    let steps = "{ move = \"a\", to = \"b\", as = \"number -> decimal\" },\n{ convert = \"b\", as = \"number * 100\" },\n{ move = \"c\", to = \"b\" },";
    assert_snapshot!(mistakes(steps));
}

#[test]
fn paths_that_cannot_be_compiled() {
    assert_snapshot!(mistakes(
        "{ move = \"items[0].a\", to = \"b\" },\n{ drop = \"a..b\", restore = '1' },\n{ drop = \"]\", restore = '1' },"
    ));
}

#[test]
fn a_query_has_no_null() {
    let change = "[[change]]\nname = \"n\"\nwhy = \"w\"\nresource = \"OrderParameters\"\nsteps = [{ drop = \"a\", restore = 'null' }]\n";
    assert_snapshot!(read(API, change).map(drop).expect_err("a mistake"));
}

#[test]
fn versions_must_make_a_history() {
    let api = API.replace("2025-01-01", "2025-01-02");
    let files = [("api.toml", &*api), ("2025-01-01.toml", OLDEST), ("2025-01-03.toml", OLDEST)];
    assert_snapshot!(read_files(&files).map(drop).expect_err("mistakes"));
    assert_snapshot!(read_files(&[]).map(drop).expect_err("mistakes"));
}

#[test]
fn a_name_that_comes_back_is_no_contradiction() {
    let step = |from: &str, to: &str| {
        format!(
            "[[change]]\nname = \"Move {from}\"\nwhy = \"w\"\nresource = \"Order\"\nsteps = [{{ move = \"{from}\", to = \"{to}\" }}]\n"
        )
    };
    assert!(read(API, &(step("a", "b") + &step("b", "a"))).is_ok());
    let twice = step("a", "b") + &step("a", "c").replace("Move a", "Move it again");
    assert!(read(API, &twice).unwrap_err().contains("a can match nothing: a is moved to b"));
}

#[test]
fn the_pack_in_the_documentation_is_one() {
    let text = include_str!("../../../../transforms/README.md");
    let blocks: Vec<&str> =
        text.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    let [api, places, nested, moves, shared, version] = blocks[..] else {
        panic!("two files, places of the version, other resources and operations that move are shown")
    };
    let files = [("api.toml", api), ("2025-01-01.toml", OLDEST), ("2026-02-03.toml", version)];
    let pack = read_files(&files).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    assert_eq!((pack.newest().to_string().as_str(), pack.operations.len()), ("2026-02-03", 3));
    assert_eq!(pack.modules[1].changes[0].steps.len(), 3, "a move that converts is two steps");
    let moving = format!("{api}\n{moves}");
    let pack = read_files(&[("api.toml", &*moving), files[1], files[2]])
        .unwrap_or_else(|mistakes| panic!("{mistakes}"));
    assert_eq!(pack.find("PATCH /disputes/{id}"), pack.find("update_evidence"));
    let sharing = format!("{api}\n{shared}");
    let pack = read_files(&[("api.toml", &*sharing), files[1], files[2]])
        .unwrap_or_else(|mistakes| panic!("{mistakes}"));
    let guarded = pack.find("uncancel").and_then(|id| pack.guard(id, pack.newest())).unwrap();
    assert_eq!(guarded.to_string(), r#"{"cancel_at_period_end":false}"#);
    let (base_path, versions) = places.split_once("\n[versions]").unwrap();
    let is_other = |line: &&str| !line.starts_with("header =") && !line.starts_with("base_path =");
    let others: Vec<&str> = api.lines().filter(is_other).collect();
    let elsewhere = format!("{base_path}\n{}\n[versions]{versions}", others.join("\n"));
    let pack = read_files(&[("api.toml", &*elsewhere), files[1], files[2]])
        .unwrap_or_else(|mistakes| panic!("{mistakes}"));
    let kinds: Vec<&str> = pack.version_places.iter().map(|place| place.kind()).collect();
    assert_eq!(kinds, ["header", "path", "query", "media_type"]);
    // The other resources take the place of the first ones.
    let head = api.split("[resource.").next().unwrap_or_default();
    let api = head.to_owned() + nested;
    let files = [("api.toml", &*api), ("2025-01-01.toml", OLDEST), ("2026-02-03.toml", version)];
    let pack = read_files(&files).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    let places = |name: &str| {
        let resource = pack.resources.iter().find(|resource| resource.name == name).unwrap();
        resource.places().map(|found| Hop::display(&found.path)).collect::<Vec<_>>()
    };
    assert_eq!(
        (places("Tax"), places("Person")),
        (vec!["$.items[*].taxes[*]".into()], vec!["$.customer".into()])
    );
    assert_eq!(places("Note").len(), 31, "two levels each");
}

#[test]
fn row_14_2d_an_operation_that_repeats_the_base_path_is_a_mistake() {
    let api = API.replace(
        "/v1\"\noperations = [\"GET /orders\"",
        "/v1\"\noperations = [\"GET /v1/orders\", \"GET /v1\"",
    );
    assert_snapshot!(read(&api, "").expect_err("two mistakes"));
    let api =
        API.replace("in = \"GET /orders\", part = \"query\"", "in = \"GET /v1/orders\", part = \"query\"");
    let mistakes = read(&api, "").expect_err("a mistake");
    assert!(mistakes.contains("`base_path` is put before it: write `GET /orders`"), "{mistakes}");
    // What only looks like it is none.
    for operations in ["\"GET /v10/orders\"", "\"GET /orders/v1\"", "\"GET /{v1}/orders\""] {
        let api = API.replace("operations = [", &format!("operations = [{operations}, "));
        let mistakes = read(&api, "").err();
        assert!(!mistakes.as_deref().unwrap_or_default().contains("base path"), "{mistakes:?}");
    }
    let api = API.replace("base_path = \"/v1\"", "base_path = \"\"").replace("GET /orders", "GET /v1/orders");
    assert!(!read(&api, "").err().unwrap_or_default().contains("base path"));
}

#[test]
fn row_14_1m_a_shape_of_errors_that_is_none_is_a_mistake() {
    let with = |errors: &str| {
        read(&API.replace("[resource.Order]", &format!("[errors]\n{errors}\n[resource.Order]")), "")
    };
    assert_snapshot!(
        [
            "body = '{\"status\":{status}}'",
            "body = '{\"m\":\"{mesage}\"}'\ncontent = \"x\"",
            "content_type = \"text/plain\""
        ]
        .map(|errors| with(errors).expect_err("a mistake"))
        .join("\n")
    );
    let shape = "body = '{\"m\":\"{message}\"}'\ncontent_type = \"application/problem+json; charset=utf-8\"";
    let mistakes = with(shape).err().unwrap_or_default();
    assert!(!mistakes.contains("errors") && !mistakes.contains("media type"), "{mistakes}");
}

/// The examples in a text: what follows `toml` on the first line, and the file.
fn blocks(text: &str) -> Vec<(&str, &str)> {
    let rest = text.split("\n```toml ").skip(1);
    rest.filter_map(|rest| rest.split("\n```").next()?.split_once('\n')).collect()
}

/// The codes that a pack with this file is told, in the place of one of the same name.
fn codes(base: &[(&str, &str)], name: &str, text: &str) -> Vec<Code> {
    let rest = base.iter().filter(|(known, _)| *known != name);
    let files = rest.copied().chain([(name, text)]);
    let source = |(name, text): (&str, &str)| Source { name: (*name).into(), text: format!("{text}\n") };
    let told = |mistakes: &Diagnostics| mistakes.iter().map(|mistake| mistake.code).collect();
    match Pack::read(Sources::new(files.map(source).collect(), "shop")) {
        Err(mistakes) => told(&mistakes),
        Ok(pack) => {
            let warned: Vec<Code> = pack.warnings.iter().map(|warning| warning.code).collect();
            let report = check(&Arc::new(pack), Trials { cases: 20, seed: 1 });
            warned.into_iter().chain(report.mistakes.iter().flat_map(told)).collect()
        }
    }
}

#[test]
fn every_code_is_explained_by_an_example_that_has_it_and_one_that_has_not() {
    let (intro, _) = include_str!("../../../../docs/diagnostics.md").split_once("\n## ").unwrap();
    let base = blocks(intro);
    assert_eq!(
        base.iter().map(|(name, _)| *name).collect::<Vec<_>>(),
        ["api.toml", "2025-01-01.toml", "2025-07-01.toml"]
    );
    for code in Code::ALL {
        let [(wrong, bad), (right, good)] = blocks(code.explanation())[..] else {
            panic!("{code}: two examples are shown")
        };
        let (wrong, right) = (wrong.strip_prefix("wrong ").unwrap(), right.strip_prefix("right ").unwrap());
        let (bad, good) = (codes(&base, wrong, bad), codes(&base, right, good));
        assert!(bad.contains(&code), "{code}: wrong is told {bad:?}");
        assert!(!good.contains(&code), "{code}: right is told {good:?}");
    }
}

#[test]
fn an_old_name_of_a_key_is_worth_a_warning_and_beside_the_new_one_a_mistake() {
    let (intro, _) = include_str!("../../../../docs/diagnostics.md").split_once("\n## ").unwrap();
    let base = blocks(intro);
    let api = base[0].1;
    let old = api.replace("default_version", "unversioned");
    // The pack has more resources than change.
    let codes = |name: &str, text: &str| {
        let codes = codes(&base, name, text);
        codes.into_iter().filter(|code| *code != Code::Unused).collect::<Vec<_>>()
    };
    assert_eq!(codes("api.toml", &old), [Code::OldName]);
    let both = format!("unversioned = \"2025-01-01\"\n{api}");
    assert_eq!(codes("api.toml", &both), [Code::Repeated]);
    let module = |key: &str| {
        format!(
            "version = \"2026-02-03\"\ntitle = \"Newest\"\n[[change]]\nname = \"Drop kind\"\nwhy = \"Why.\"\n\
             resource = \"Order\"\nsteps = [{{ drop = \"kind\", restore = '\"a\"', {key} = \"why\" }}]\n\
             [[change.example]]\nold = '{{\"kind\":\"a\"}}'\nnew = '{{}}'\n"
        )
    };
    assert_eq!(codes("2026-02-03.toml", &module("known_by")), [Code::OldName]);
    assert_eq!(codes("2026-02-03.toml", &module("implied_by")), [] as [Code; 0]);
}
