//! The kinds of steps: the reference in `transforms/README.md` is the one that their table makes, and the examples of
//! each kind are a pack that keeps the laws. `UPDATE=1 cargo test --test integration kinds` writes the reference anew.

use super::packs;
use dateline_core::{
    check::{Trials, check},
    compare::{Place, across::Crossing},
    pack::Part,
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

/// Each way the example of every kind is told field by field, and each loss of the translation is told with its field.
#[test]
fn what_every_kind_changes_is_told() {
    for kind in KINDS {
        let pack = packs::load(&packs::of_examples(kind)).unwrap();
        let (older, newer) = (pack.versions().next().unwrap(), pack.newest());
        for (number, example) in kind.examples.iter().enumerate() {
            let place = Place::new(pack.find(&format!("GET /r{number}")).unwrap(), Part::Response);
            for (from, to, document) in [(older, newer, example.old), (newer, older, example.new)] {
                let seen = Crossing::new(&pack, place, from, to).see(document).unwrap();
                assert!(!seen.changes.is_empty(), "{}: {document}", kind.key);
                let lost = seen.changes.iter().filter(|change| change.loss.is_some()).count();
                assert_eq!(lost, seen.losses.distinct().count(), "{}: {seen}", kind.key);
            }
        }
    }
}

#[test]
fn an_object_and_its_id_are_told_as_what_they_are() {
    let kind = KINDS.iter().find(|kind| kind.key == "ref").unwrap();
    let pack = packs::load(&packs::of_examples(kind)).unwrap();
    let place = Place::new(pack.find("GET /r0").unwrap(), Part::Response);
    let way = Crossing::new(&pack, place, pack.versions().next().unwrap(), pack.newest());
    let seen = way.see(r#"{"company":{"id":"biz_1","title":"T","z":1},"owner":"user_1"}"#).unwrap();
    let told: Vec<String> = seen.changes.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            r#"`company.title` "T" is gone, and the way back would not restore it"#,
            "`company.z` 1 is gone, and the way back would not restore it",
            r#"`company.id` "biz_1" stands in `company`"#,
            r#"`owner` "user_1" stands in `owner.id`"#,
            r#"`owner.object` "user" is new, here made up"#,
        ]
    );
}
