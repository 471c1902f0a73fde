//! The kinds of steps: the reference in `transforms/README.md` is the one that their table makes, and the examples of
//! each kind are a pack that keeps the laws. `UPDATE=1 cargo test --test integration kinds` writes the reference anew.

use super::packs;
use dateline_core::{
    check::{Trials, check},
    step::{KINDS, reference},
};
use std::{fs, path::Path};

const FILE: &str = "transforms/README.md";

#[test]
fn the_reference_is_the_committed_one() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(FILE);
    let committed = fs::read_to_string(&file).unwrap();
    let (before, rest) = committed.split_once("<!-- kinds: ").unwrap();
    let (how, rest) = rest.split_once("\n").unwrap();
    let (_, after) = rest.split_once("<!-- end of kinds -->").unwrap();
    let text = format!("{before}<!-- kinds: {how}\n\n{}\n<!-- end of kinds -->{after}", reference());
    if std::env::var_os("UPDATE").is_some_and(|update| update == "1") {
        fs::write(&file, &text).unwrap();
    }
    let committed = fs::read_to_string(&file).unwrap();
    assert_eq!(committed, text, "{FILE} is out of date: review the change, then run with UPDATE=1");
}

#[test]
fn the_examples_of_every_kind_keep_the_laws() {
    for kind in KINDS {
        let pack = packs::load(&packs::of_examples(kind));
        let pack = pack.unwrap_or_else(|mistakes| panic!("{}: {mistakes}", kind.key));
        if let Some(mistakes) = check(&pack, Trials { cases: 400, seed: 1 }).mistakes {
            panic!("{}: {mistakes}", kind.key);
        }
    }
}

#[test]
fn the_examples_of_every_kind_have_every_key_of_it() {
    for kind in KINDS {
        assert!(kind.keys().any(|key| key.name == kind.key));
        for key in kind.keys() {
            let shown = format!("{} = ", key.name);
            let mut examples = kind.examples.iter();
            assert!(examples.any(|example| example.steps.contains(&shown)), "{}: {}", kind.key, key.name);
        }
    }
}
