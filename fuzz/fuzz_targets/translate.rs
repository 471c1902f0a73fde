//! Whatever the body: no panic, what comes out is JSON, and what needs no change comes out as it went in.

#![no_main]

use dateline::{
    Version,
    json::Scanner,
    pack::Pack,
    plan::Plan,
    translate::{self, Media},
};
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

/// Every plan of the built-in pack, both ways.
static PLANS: LazyLock<Vec<Plan>> = LazyLock::new(|| {
    let pack = Pack::embedded().expect("the built-in pack has no mistakes");
    let versions: Vec<Version> = pack.versions().collect();
    let pairs = versions.iter().flat_map(|from| versions.iter().map(move |to| (*from, *to)));
    let plans = pairs.flat_map(|(client, upstream)| {
        let pack = &pack;
        pack.operation_ids().map(move |operation| Plan::compile(pack, operation, client, upstream))
    });
    plans.collect()
});

// The first byte chooses the plan, the rest is the body.
fuzz_target!(|input: &[u8]| {
    let Some((choice, body)) = input.split_first() else { return };
    let plan = &PLANS[usize::from(*choice) * PLANS.len() / 256];
    if let Ok(translated) = translate::response_body(plan, body) {
        still_json(body, &translated.output);
        if !plan.translates_response() {
            assert_eq!(translated.output, body);
        }
    }
    if let Ok(translated) = translate::request_body(plan, Media::Json, body) {
        still_json(body, &translated.output);
    }
    let _ = translate::request_body(plan, Media::Form, body);
    if let Ok(query) = std::str::from_utf8(body) {
        let _ = translate::query(plan, query);
    }
});

fn still_json(body: &[u8], output: &[u8]) {
    if is_json(body) {
        assert!(is_json(output), "JSON went in, something else came out");
    }
}

fn is_json(text: &[u8]) -> bool {
    let mut scanner = Scanner::new(text);
    scanner.value().is_ok() && scanner.end().is_ok()
}
