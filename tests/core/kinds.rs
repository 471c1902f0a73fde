//! The kinds of steps: the tables in `transforms/README.md` are those that the code makes, and the examples and recipes of
//! each kind are packs that keep the laws. `UPDATE=1 cargo test --test integration kinds` writes the tables anew.

use super::packs;
use crate::common::files::{is_generated, text};
use dateline_core::{
    check::{Trials, check},
    compare::{Place, across::Crossing},
    pack::Part,
    step::{
        Direction::{Down, Up},
        GUARDED, KINDS, KindFacts, Recipe, Topic, WITHOUT_STEP, When, changes, reference,
    },
};
use std::collections::BTreeSet;

const FILE: &str = "transforms/README.md";

/// Every kind of step, and what every step may have besides.
fn kinds() -> impl Iterator<Item = &'static KindFacts> {
    KINDS.iter().chain([&GUARDED])
}

#[test]
fn the_tables_are_the_committed_ones() {
    let text = with_table(&with_table(&text(FILE), "kinds", &reference()), "changes", &changes());
    is_generated(FILE, &text);
}

/// The page with this table between the marks of its name.
fn with_table(page: &str, name: &str, table: &str) -> String {
    let (begin, end) = (format!("<!-- {name}: "), format!("<!-- end of {name} -->"));
    let (before, rest) = page.split_once(&begin).unwrap();
    let (how, rest) = rest.split_once("\n").unwrap();
    let (_, after) = rest.split_once(&end).unwrap();
    format!("{before}{begin}{how}\n\n{table}\n{end}{after}")
}

#[test]
fn the_examples_of_every_kind_keep_the_laws() {
    for kind in kinds() {
        let pack = packs::load(&packs::of_examples(kind));
        let pack = pack.unwrap_or_else(|mistakes| panic!("{}: {mistakes}", kind.key));
        if let Some(mistakes) = check(&pack, Trials { cases: 400, seed: 1 }).mistakes {
            panic!("{}: {mistakes}", kind.key);
        }
    }
}

#[test]
fn the_examples_of_every_kind_have_every_key_of_it() {
    for kind in kinds() {
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
    for kind in kinds() {
        let pack = packs::load(&packs::of_examples(kind)).unwrap();
        let (older, newer) = (pack.versions().next().unwrap(), pack.newest());
        for (number, example) in kind.examples.iter().enumerate() {
            let (method, part) = match kind.is_of_requests {
                true => ("POST", Part::Body),
                false => ("GET", Part::Response),
            };
            let place = Place::new(pack.find(&format!("{method} /r{number}")).unwrap(), part);
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

/// Every recipe with the pack that it makes.
fn recipes() -> impl Iterator<Item = &'static Recipe> {
    kinds().flat_map(|kind| kind.recipes)
}

#[test]
fn every_recipe_is_read_and_translates_its_documents() {
    for recipe in recipes() {
        let pack = packs::load(&packs::of_recipe(recipe));
        let pack = pack.unwrap_or_else(|mistakes| panic!("{}: {mistakes}", recipe.change));
        if let Some(mistakes) = check(&pack, Trials { cases: 100, seed: 1 }).mistakes {
            panic!("{}: {mistakes}", recipe.change);
        }
    }
}

/// A recipe names each loss that its own documents have, and each that its steps declare for documented values.
#[test]
fn every_recipe_says_what_is_lost() {
    for recipe in recipes() {
        let pack = packs::load(&packs::of_recipe(recipe)).unwrap();
        let (older, newer) = (pack.versions().next().unwrap(), pack.newest());
        let steps = pack.modules.iter().flat_map(|module| &module.changes).flat_map(|change| &change.steps);
        let losses = steps.flat_map(|step| [Up, Down].map(|way| step.step.losses(way))).flatten();
        for loss in losses.filter(|loss| !matches!(loss.when, When::Odd | When::BothStand)) {
            let named = recipe.loses.contains(&format!("`{}`", loss.kind));
            assert!(named, "{}: {} {}, {}", recipe.change, loss.field, loss.kind, loss.when);
            let is_told = loss.when != When::Null || recipe.loses.contains("null");
            assert!(is_told, "{}: {}, {}", recipe.change, loss.field, loss.when);
        }
        let operation = pack.find("GET /things").unwrap();
        let is_object = recipe.old.starts_with('{');
        let place = Place::new(operation, if is_object { Part::Response } else { Part::Query });
        for (from, to, document) in [(older, newer, recipe.old), (newer, older, recipe.new)] {
            let seen = Crossing::new(&pack, place, from, to).see(document).unwrap();
            for lost in seen.losses.distinct() {
                let (change, kind) = (recipe.change, lost.kind.to_string());
                assert!(recipe.loses.contains(&format!("`{kind}`")), "{change}: {kind} of {}", lost.field);
            }
        }
    }
}

#[test]
fn every_kind_has_a_recipe_and_no_change_stands_twice() {
    for kind in kinds() {
        assert!(!kind.recipes.is_empty(), "{}: which change does it say?", kind.key);
        for recipe in kind.recipes {
            let key = format!(" {} = ", kind.key);
            let is_of_kind = |step: &&str| step.starts_with(&format!("{{{key}")) || kind.key == "when";
            let names = |step: &&str| is_of_kind(step) && step.contains(&key);
            assert!(recipe.steps.iter().any(names), "{}: {}", kind.key, recipe.change);
        }
    }
    let said = recipes().map(|recipe| (recipe.topic, recipe.change, recipe.loses));
    let unsaid = WITHOUT_STEP.iter().map(|change| (change.topic, change.change, change.then));
    let mut known = BTreeSet::new();
    for (topic, change, then) in said.chain(unsaid) {
        assert!(Topic::ALL.contains(&topic) && !change.is_empty() && !then.is_empty(), "{change}");
        assert!(known.insert(change), "two rows say: {change}");
    }
    // A bar would end the cell of a table.
    assert!(changes().lines().all(|row| row.matches('|').count() == 4));
}
