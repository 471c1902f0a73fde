//! Whatever the body: no panic, what comes out is JSON, what needs no change comes out as it went in, and a body that
//! comes in pieces comes out as one that comes whole, losses included.

#![no_main]

use bytes::Bytes;
use dateline_core::{
    Version,
    json::Scanner,
    pack::Pack,
    plan::Plan,
    step::Losses,
    translate::{self, Media, ResponseStream, Untranslatable},
};
use libfuzzer_sys::fuzz_target;
use std::sync::{Arc, LazyLock};

/// Every plan of the built-in pack, both ways.
static PLANS: LazyLock<Vec<Arc<Plan>>> = LazyLock::new(|| {
    let pack = Pack::embedded().expect("the built-in pack has no mistakes");
    let versions: Vec<Version> = pack.versions().collect();
    let pairs = versions.iter().flat_map(|from| versions.iter().map(move |to| (*from, *to)));
    let plans = pairs.flat_map(|(client, upstream)| {
        let pack = &pack;
        pack.operation_ids().map(move |operation| Arc::new(Plan::compile(pack, operation, client, upstream)))
    });
    plans.collect()
});

// The first byte chooses the plan, the second the length of the pieces, the rest is the body.
fuzz_target!(|input: &[u8]| {
    let [choice, length, body @ ..] = input else { return };
    let plan = &PLANS[usize::from(*choice) * PLANS.len() / 256];
    let whole = translate::response_body(plan, body);
    match (&whole, in_pieces(plan, body, 1 + usize::from(*length))) {
        (Ok(whole), Ok((output, losses))) => assert!(whole.output == output && whole.losses == losses),
        (Err(_), Err(_)) => {}
        (whole, pieces) => panic!("whole: {whole:?}, in pieces: {pieces:?}"),
    }
    if let Ok(translated) = whole {
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

fn in_pieces(plan: &Arc<Plan>, body: &[u8], length: usize) -> Result<(Vec<u8>, Losses), Untranslatable> {
    let mut stream = ResponseStream::new(Arc::clone(plan), 1 << 20);
    let mut output = Vec::new();
    for chunk in body.chunks(length) {
        stream.feed(&Bytes::copy_from_slice(chunk))?.iter().for_each(|piece| output.extend_from_slice(piece));
    }
    Ok((output, stream.finish()?))
}

fn still_json(body: &[u8], output: &[u8]) {
    if is_json(body) {
        assert!(is_json(output), "JSON went in, something else came out");
    }
}

fn is_json(text: &[u8]) -> bool {
    let mut scanner = Scanner::new(text);
    scanner.value().is_ok() && scanner.end().is_ok()
}
