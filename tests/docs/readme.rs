//! The README's first example: a piece of a module beside a body before and after.

use super::blocks;
use dateline_core::{Version, pack::Pack, plan::Plan, translate};
use serde_json::Value;

const README: &str = include_str!("../../README.md");
const MODULE: &str = include_str!("../../transforms/whop/2026-06-20.toml");

#[test]
fn the_readme_shows_a_piece_of_a_module_that_there_is() {
    let shown = &blocks(README, "toml")[0];
    assert!(shown.lines().count() > 2);
    assert!(MODULE.contains(shown.as_str()), "2026-06-20.toml does not have\n{shown}");
}

#[test]
fn the_readmes_bodies_become_each_other() {
    let bodies = blocks(README, "json");
    let [before, after] = &bodies[..2] else { panic!("two bodies") };
    let pack = Pack::embedded().unwrap();
    let operation = pack.find("GET /referrals/businesses/{id}").unwrap();
    let version = |text: &str| text.parse::<Version>().unwrap();
    let (older, newer) = (version("2026-06-09"), version("2026-06-20"));
    for (client, upstream, came, expected) in [(newer, older, before, after), (older, newer, after, before)] {
        let plan = Plan::compile(&pack, operation, client, upstream);
        let told = translate::response_body(&plan, came.as_bytes()).unwrap().output;
        let mut told: Value = serde_json::from_slice(&told).unwrap();
        // Both versions have a field that the other one has not; the example shows neither.
        told.as_object_mut().unwrap().retain(|name, _| name != "referred_by_account_id");
        assert_eq!(told, serde_json::from_str::<Value>(expected).unwrap(), "{client} from {upstream}");
    }
}
