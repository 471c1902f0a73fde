//! Law 2 on a pack that is made to be hard: groups that move, split and meet over many versions.

use super::{
    documents::{object, scalar, spaces},
    laws::{agree, cases, sum},
    run::{Carried, Side, carry_by},
};
use crate::common::pack::of_versions;
use dateline_core::{Version, pack::OperationId, plan::Plans, translate::Untranslatable};
use proptest::{prelude::*, sample::select};
use std::{iter, sync::LazyLock};

const API: &str = r#"
name = "things"
title = "Things"
header = "Version"
default_version = "2026-01-01"
base_path = ""
operations = ["GET /things"]
[resource.Thing]
found = [{ in = "GET /things", part = "response", at = "$" }]
"#;

/// The steps of each version after the first.
const STEPS: [&str; 6] = [
    r#"{ move = "a", to = "g.x" }, { move = "b", to = "g.y", as = "number -> decimal" }"#,
    r#"{ add = "g.z", copy = "g.y" }, { add = "g.v", value = '"0.00"', beside = "g.y" }, { move = "c", to = "g.w" }"#,
    r#"{ drop = "d", restore = '1' }, { move = "g", to = "h" }, { tag = "h", with = "kind", value = "thing" }"#,
    r#"{ move = "h.x", to = "p" }, { move = "h.y", to = "k" }, { move = "h.w", to = "q.r" }, { convert = "e", as = "number * 0.01" }"#,
    r#"{ move = "q", to = "s.t" }, { move = "p", to = "s.u" }, { drop = "h.kind", restore = '"thing"' }"#,
    r#"{ map = "f", values = { one = "two", three = "four" } }, { add = "i", copy = "e" }, { move = "s.t.r", to = "r" }"#,
];

static PLANS: LazyLock<Plans> = LazyLock::new(|| {
    let change = |steps: &str| {
        let head = "[[change]]\nname = \"N\"\nwhy = \"W\"\nresource = \"Thing\"\n";
        format!("{head}steps = [{}]\n", steps.replace(" }, {", " },\n  {"))
    };
    let changes = iter::once(String::new()).chain(STEPS.iter().map(|steps| change(steps)));
    let versions = changes.enumerate().map(|(number, changes)| (version(number), changes));
    Plans::new(of_versions(API, versions).unwrap_or_else(|mistakes| panic!("{mistakes}")))
});

fn version(number: usize) -> Version {
    format!("2026-01-{:02}", number + 1).parse().unwrap()
}

fn go(from: usize, to: usize, text: &[u8]) -> Result<Carried, Untranslatable> {
    let plan = PLANS.get(OperationId(0), version(to), version(from)).unwrap();
    carry_by(plan, Side::Response, text)
}

/// Objects in which any name of any version may stand, in any order and with any value; no key is repeated.
fn things(depth: u32) -> BoxedStrategy<String> {
    let names: &[&str] = match depth {
        0 => &["a", "b", "c", "d", "e", "f", "g", "h", "i", "k", "p", "q", "r", "s", "o"],
        _ => &["x", "y", "z", "v", "w", "r", "t", "u", "kind", "o"],
    };
    let plain = select(vec![
        "null",
        "1",
        "0.5",
        "\"1\"",
        "\"1.00\"",
        "\"0.00\"",
        "\"thing\"",
        "\"one\"",
        "{}",
        "\"x\"",
    ]);
    let leaf = prop_oneof![8 => plain.prop_map(String::from), 1 => scalar()].boxed();
    let inner = if depth < 2 { things(depth + 1) } else { leaf.clone() };
    let member = prop_oneof![3 => leaf, 2 => inner];
    let names = prop::sample::subsequence(names.to_vec(), 0..=names.len()).prop_shuffle();
    (names, prop::collection::vec(member, 15), spaces())
        .prop_map(|(names, values, spaces)| {
            let keys = names.into_iter().map(|name| format!("\"{name}\""));
            object(&keys.zip(values).collect::<Vec<_>>(), &spaces)
        })
        .boxed()
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn a_chain_gives_what_its_links_give(text in things(0), from in 0..=STEPS.len()) {
        for to in 0..=STEPS.len() {
            let direct = go(from, to, text.as_bytes());
            for between in from.min(to) + 1..from.max(to) {
                let both = go(from, between, text.as_bytes()).and_then(|first| {
                    let second = go(between, to, &first.output)?;
                    Ok(Carried { output: second.output, lost: sum(&first.lost, &second.lost) })
                });
                agree(&direct, &both, &format!("{from} -> {between} -> {to}"))?;
            }
        }
    }
}
