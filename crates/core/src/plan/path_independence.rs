//! Law 2 on modules of every kind of step: whatever stands between, the straight way gives what the steps on it give,
//! byte for byte, losses and refusals included.

use super::{
    pass::Caused,
    program::Program,
    random::{documents, step},
    rewriter::Rewriter,
};
use crate::{
    json::FaultKind,
    step::{Cause, Direction, Losses, Step, lower, test::parse},
};
use proptest::prelude::*;
use std::sync::Arc;

/// The outcome for a document: its text and what it lost, or the kind of its refusal.
type Outcome = Result<(Vec<u8>, Losses), &'static str>;

/// Takes a document through one program after another.
fn along(way: &[Program], document: &str) -> Outcome {
    let (mut text, mut losses) = (document.as_bytes().to_vec(), Losses::default());
    for program in way {
        let (mut rewriter, mut out) = (Rewriter::default(), Vec::new());
        match rewriter.rewrite(program, &text, 0, &mut out) {
            Ok(_) => losses.extend(rewriter.losses()),
            Err(fault) if matches!(fault.kind, FaultKind::Repeated(_)) => return Err("a key stands twice"),
            Err(fault) => panic!("{fault}: {}", String::from_utf8_lossy(&text)),
        }
        text = out;
    }
    Ok((text, losses))
}

/// The changes of a module in the order in which they run.
fn changes(direction: Direction, module: &[Vec<Step>], number: usize) -> Vec<Caused> {
    let change = |(index, steps): (usize, &Vec<Step>)| {
        let version = format!("2026-01-{:02}", number + 1).parse().unwrap();
        let cause = Cause { version, change: format!("change {index}").into() };
        let mut steps: Vec<&Step> = steps.iter().collect();
        if direction == Direction::Down {
            steps.reverse();
        }
        Caused { cause: Some(Arc::new(cause)), effects: lower(direction, &steps), steps: steps.len() }
    };
    module.iter().enumerate().map(change).collect()
}

/// The straight way through modules of these steps, and the way through each version.
fn ways(modules: &[&str]) -> [Vec<Program>; 2] {
    let modules: Vec<Vec<Vec<Step>>> =
        modules.iter().map(|text| vec![parse(text).unwrap_or_else(|| panic!("{text}"))]).collect();
    let changes = |number: usize| changes(Direction::Up, &modules[number], number);
    [
        vec![Program::of((0..modules.len()).map(changes).collect())],
        (0..modules.len()).map(|number| Program::of(vec![changes(number)])).collect(),
    ]
}

/// A member that an earlier module leaves out may stand twice: no later one sees it. What a later one sees may not.
#[test]
fn a_key_stands_once_in_what_the_module_that_names_it_gets() {
    let refused = Err("a key stands twice");
    let narrow = ["ref = 'c'\nto = 'id'", "drop = 'c.z'\nrestore = '1'"];
    let wrap = ["ref = 'c'\nto = 'id'", "ref = 'c'\nfrom = 'z'"];
    let copy = ["add = 'd'\ncopy = 'c'", "drop = 'd.z'\nrestore = '1'"];
    let moved = ["move = 'c'\nto = 'd'", "move = 'd.z'\nto = 'e'"];
    for (modules, passes) in [(narrow, true), (wrap, true), (copy, false), (moved, false)] {
        let document = r#"{"c":{"id":"x","z":1,"\u007a":2}}"#;
        let outcomes = ways(&modules).map(|way| along(&way, document));
        assert_eq!(outcomes[0], outcomes[1], "{modules:?}");
        assert_eq!(outcomes[0] != refused, passes, "{modules:?}: {outcomes:?}");
    }
}

/// An object that a module took out of a list of its own making is one for the next module, whose keys count.
#[test]
fn a_module_looks_into_what_the_one_before_it_wrote() {
    let listed = "as_list = 'c'";
    let single = "as_list = 'c'\nin = 'older'";
    let wrapped = "ref = 'c'\nfrom = 'z'";
    let read = [listed, single, "move = 'c.id'\nto = 'd'"];
    let twice = [listed, single, "drop = 'c.z'\nrestore = '1'"];
    let deep = [wrapped, listed, single, "move = 'c.z'\nto = 'd'"];
    let written = |text: &str| Ok((text.as_bytes().to_vec(), String::new()));
    let outcomes = |modules: &[&str]| {
        let text = |(text, losses): (Vec<u8>, Losses)| (text, losses.to_string());
        ways(modules).map(|way| along(&way, r#"{"c":{"id":"x","z":1,"\u007a":2}}"#).map(text))
    };
    assert_eq!(outcomes(&read), [(); 2].map(|()| written(r#"{"d":"x","c":{"z":1,"\u007a":2}}"#)));
    assert_eq!(outcomes(&twice), [(); 2].map(|()| Err("a key stands twice")));
    let [straight, by_versions] = outcomes(&deep);
    assert_eq!(straight, by_versions);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, max_global_rejects: 100_000, ..ProptestConfig::default() })]

    #[test]
    fn the_straight_way_is_the_way_through_each_version(
        modules in prop::collection::vec(
            prop::collection::vec(prop::collection::vec(step(), 1..3).prop_map(|steps| steps.concat()), 1..3),
            2..5,
        ),
        up in any::<bool>(),
        documents in documents(),
    ) {
        let direction = if up { Direction::Up } else { Direction::Down };
        let run = |numbers: std::ops::Range<usize>| {
            Program::of(numbers.map(|number| changes(direction, &modules[number], number)).collect())
        };
        let straight = [run(0..modules.len())];
        let mut ways = vec![(0..modules.len()).map(|number| run(number..number + 1)).collect::<Vec<_>>()];
        ways.extend((2..modules.len()).map(|via| vec![run(0..via), run(via..modules.len())]));
        for document in &documents {
            let expected = along(&straight, document);
            for way in &ways {
                prop_assert_eq!(&along(way, document), &expected, "{} in {} programs", document, way.len());
            }
        }
    }
}
