//! The fold of an object and of those that it holds gives what their steps give, or nothing.

use crate::{
    json::{FaultKind, Hop, Name, Paths},
    pack::{
        OperationId,
        test::{change, of_changes},
    },
    plan::{
        Plan,
        fold::tests::caused,
        pass::Pass,
        program::{Maker, Program, ProgramLeg},
        random::{documents, step},
        rewriter::Rewriter,
    },
    step::{Direction, Losses, Step},
};
use proptest::prelude::*;

/// The text of an object and its losses, or the kind of fault.
type Outcome = Result<(String, Losses), FaultKind>;

/// The modules of a resource, each a list of changes with their steps.
type Modules = Vec<Vec<Vec<Step>>>;

fn rewrite(program: &Program, texts: &[String]) -> Vec<Outcome> {
    let mut rewriter = Rewriter::default();
    let mut one = |text: &String| {
        // Something stands before and behind it.
        let (text, mut out) = (format!("{text}, \""), b"before".to_vec());
        let length = rewriter.rewrite(program, text.as_bytes(), 1, &mut out);
        length.map_err(|fault| fault.kind)?;
        Ok((String::from_utf8(out).unwrap(), Losses::default()))
    };
    let mut outcomes: Vec<Outcome> = texts.iter().map(&mut one).collect();
    outcomes.push(Ok((String::new(), rewriter.losses())));
    outcomes
}

/// A program of the outer object's steps and of those of the objects that it holds at each path, with folds or without.
fn program(own: &[Vec<Vec<Step>>], held: &[(&[Hop], Modules)], up: bool, folds: bool) -> Program {
    let direction = if up { Direction::Up } else { Direction::Down };
    let mut maker = Maker { found: Vec::new(), passes: 0, folds, is_of_form: false };
    let mut pass = |modules: &[Vec<Vec<Step>>]| {
        maker.passes += 1;
        let each = |steps: &Vec<Vec<Step>>| {
            caused(direction, steps.iter().map(|step| (step.clone(), None)).collect())
        };
        Pass::numbered(modules.iter().map(each).collect(), maker.passes - 1, folds)
    };
    let mut paths = Paths::default();
    for (path, modules) in held {
        let legs = vec![ProgramLeg::Own(pass(modules))];
        *paths.entry(path) = Some(Program { path: path.to_vec(), legs, whole: None });
        paths.allow_scalar(path);
    }
    let mut legs = vec![ProgramLeg::Inside(paths)];
    legs.extend((!own.is_empty()).then(|| ProgramLeg::Own(pass(own))));
    let whole = if folds { maker.whole(&legs) } else { None };
    Program { path: Vec::new(), legs, whole }
}

/// Tells whether a step by itself is folded in both directions.
fn folds(step: &[Step]) -> bool {
    let is_folded = |direction| Pass::of(vec![caused(direction, vec![(step.to_vec(), None)])]).fold.is_some();
    is_folded(Direction::Up) && is_folded(Direction::Down)
}

/// Modules of a few steps, most of which are folded.
fn modules() -> impl Strategy<Value = Modules> {
    let folded = step().prop_filter("most are folded", |step| folds(step));
    let step = prop_oneof![9 => folded, 1 => step()];
    prop::collection::vec(prop::collection::vec(step, 1..2), 1..3)
}

/// The paths of an object, of a list's elements, and of an object inside another that is not held itself.
fn paths(names: [&str; 4]) -> [Vec<Hop>; 3] {
    let member = |name: &str| Hop::Member(Name::new(name));
    [vec![member(names[0])], vec![member(names[1]), Hop::Elements], vec![member(names[2]), member(names[3])]]
}

/// An outer object with what it holds at these names, before or behind its other members.
fn outer(names: [&str; 4], own: &str, held: &[String], form: usize) -> String {
    let [one, two, three] = [0, 1, 2].map(|at| &held[(form + at) % held.len()]);
    let object = match form % 7 {
        0 => "null",
        1 => "\"id\"",
        2 => "[]",
        _ => one,
    };
    let list = match form % 5 {
        0 => "[]".to_owned(),
        1 => format!("[{two}]"),
        2 => format!("[{one},{three},{two},{one}]"),
        3 => format!("[{two}, {three}]"),
        _ => "null".to_owned(),
    };
    let inside =
        if form.is_multiple_of(3) { "{}".to_owned() } else { format!("{{\"{}\":{three}}}", names[3]) };
    let members = format!("\"{}\":{object},\"{}\":{list},\"{}\":{inside}", names[0], names[1], names[2]);
    let own = own.trim_start_matches('{').trim_end_matches('}');
    match (own.trim().is_empty(), form % 2) {
        (true, _) => format!("{{{members}}}"),
        (_, 0) => format!("{{{members},{own}}}"),
        _ => format!("{{{own},{members}}}"),
    }
}

fn names() -> impl Strategy<Value = [&'static str; 4]> {
    prop::sample::select(
        &[["p", "q", "r", "s"], ["p", "c", "g", "h"], ["a", "q", "r", "b"], ["g", "h", "r", "s"]][..],
    )
}

/// Programs that no fold can take would show nothing.
#[test]
fn many_programs_are_one_fold() {
    use proptest::{strategy::ValueTree, test_runner::TestRunner};
    let mut runner = TestRunner::deterministic();
    let drawn =
        (prop::option::weighted(0.8, modules()), prop::collection::vec(modules(), 3), names(), any::<bool>());
    let is_one = |_| {
        let (own, held, names, up) = drawn.new_tree(&mut runner).unwrap().current();
        let paths = paths(names);
        let held: Vec<(&[Hop], _)> = paths.iter().map(|path| &path[..]).zip(held).collect();
        program(&own.unwrap_or_default(), &held, up, true).whole.is_some()
    };
    let folded = (0..400).map(is_one).filter(|is_one| *is_one).count();
    assert!(folded > 60, "{folded} of 400");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, max_global_rejects: 100_000, ..ProptestConfig::default() })]

    #[test]
    fn objects_and_what_they_hold(
        own in prop::option::weighted(0.8, modules()),
        mut held in prop::collection::vec(modules(), 3),
        is_held_twice in any::<bool>(),
        names in names(),
        up in any::<bool>(),
        (own_documents, held_documents) in (documents(), documents()),
        forms in prop::collection::vec(0..210_usize, 6),
    ) {
        if is_held_twice {
            // Both objects are of one resource, and report the same losses.
            held[2] = held[0].clone();
        }
        let paths = paths(names);
        let held: Vec<(&[Hop], _)> = paths.iter().map(|path| &path[..]).zip(held).collect();
        let own = own.unwrap_or_default();
        // Each object comes again, and so do those of its kind.
        let texts: Vec<String> = (0..24)
            .map(|at| outer(names, &own_documents[at / 2 % own_documents.len()], &held_documents, forms[at % 6]))
            .collect();
        let folded = rewrite(&program(&own, &held, up, true), &texts);
        prop_assert_eq!(folded, rewrite(&program(&own, &held, up, false), &texts));
    }
}

/// A pack of payments that hold money, a user and refunds.
fn payments() -> Plan {
    let found = "[resource.Payment]\nfound = [{ in = 'GET /a', part = 'response', at = '$.data[*]' }]\n\
        holds = { user = 'User', 'refunds[*]' = 'Refund', total = 'Money', 'fees.own' = 'Money' }\n\
        [resource.User]\n[resource.Refund]\n[resource.Money]";
    let changes = [
        change("One", "Payment", "{ move = 'status', to = 'state' }"),
        change("Two", "User", "{ drop = 'nick', restore = '\"\"' }"),
        change("Three", "Refund", "{ move = 'reason', to = 'cause' }"),
        change(
            "Four",
            "Money",
            "{ move = 'amount', to = 'value', as = 'number -> decimal' }, { drop = 'per', restore = '1' }",
        ),
    ];
    let pack = of_changes(found, &["", &changes.concat()]);
    Plan::compile(&pack, OperationId(0), pack.versions().next().unwrap(), pack.newest())
}

#[test]
fn an_object_and_what_it_holds_are_one_fold() {
    let plan = payments();
    let programs = plan.response.as_ref().unwrap();
    let program = programs.targets().next().unwrap();
    assert!(program.whole.is_some(), "{:?}", program.legs);
    let new = r#"{"state":"paid","user":{"id":"u"},"refunds":[{"cause":"x"},{"id":1,"cause":"y"}],"total":{"value":"1.50"},"fees":{"own":{"value":"2.00"}}}"#;
    let old = r#"{"status":"paid","user":{"id":"u","nick":""},"refunds":[{"reason":"x"},{"id":1,"reason":"y"}],"total":{"amount":1.50,"per":1},"fees":{"own":{"amount":2.00,"per":1}}}"#;
    let mut rewriter = Rewriter::default();
    let mut out = Vec::new();
    for _ in 0..3 {
        rewriter.rewrite(program, new.as_bytes(), 2, &mut out).unwrap();
    }
    assert_eq!(String::from_utf8(out).unwrap(), old.repeat(3));
    let losses = rewriter.losses();
    let mut counts: Vec<_> = losses.iter().map(|lost| (&*lost.field, lost.count)).collect();
    counts.sort_unstable();
    assert_eq!(counts, [("nick", 3), ("per", 6)], "each amount of money is one loss");
    assert_eq!(rewriter.learned(), 1 + 2, "one payment and two refunds are read in full");
}

/// The id of an object that is held may stand in its place: an object that comes later is changed nevertheless.
#[test]
fn an_id_in_the_place_of_an_object_is_of_another_kind() {
    let plan = payments();
    let program = plan.response.as_ref().unwrap().targets().next().unwrap();
    for text in
        [r#"{"user":"u"}"#, r#"{"user":"a longer id, of more than one block of bytes"}"#, r#"{"user":null}"#]
    {
        let (mut rewriter, mut out) = (Rewriter::default(), Vec::new());
        for text in [text, r#"{"user":{"id":"u"}}"#, text] {
            rewriter.rewrite(program, text.as_bytes(), 2, &mut out).unwrap();
        }
        assert_eq!(
            String::from_utf8(out).unwrap(),
            format!(r#"{text}{{"user":{{"id":"u","nick":""}}}}{text}"#)
        );
    }
}
