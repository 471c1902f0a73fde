use crate::{
    plan::{
        fold::tests::{agrees, caused},
        pass::Pass,
    },
    step::{Direction, Step, test::parse},
};

/// The pass of modules, each of these steps, from the oldest version to the newest or back.
fn pass(modules: &[&[&str]], direction: Direction) -> Pass {
    let module = |steps: &&[&str]| {
        let steps: Vec<Vec<Step>> = steps.iter().map(|step| parse(step).unwrap()).collect();
        caused(direction, steps.into_iter().map(|step| (step, None)).collect())
    };
    let mut modules: Vec<_> = modules.iter().map(module).collect();
    if direction == Direction::Down {
        modules.reverse();
        modules.iter_mut().for_each(|changes| changes.reverse());
    }
    Pass::of(modules)
}

/// Tells for each text whether the fold answers, which it must do as the steps do.
fn answers(modules: &[&[&str]], direction: Direction, texts: &[&str]) -> Vec<bool> {
    agrees(&pass(modules, direction), texts).unwrap()
}

#[test]
fn values_are_put_into_objects_and_taken_out() {
    let texts = [
        r#"{"id":1,"total":12.5,"of":"x"}"#,
        r#"{"id":1,"total":null,"of":"x"}"#,
        r#"{"id":1,"total":3,"of":"x"}"#,
        r#"{"id":1,"of":"x"}"#,
    ];
    let wrap = ["move = 'total'\nto = 'total.amount'\nas = 'number -> decimal'"];
    assert_eq!(answers(&[&wrap], Direction::Up, &texts), [true; 4]);
    let wrapped = [
        r#"{"id":1,"total":{"amount":"12.50"}}"#,
        r#"{"id":1,"total":null}"#,
        r#"{"id":1,"total":{"amount":"1.00","currency":"usd"}}"#,
        r#"{"id":1,"total":{"amount":null}}"#,
        r#"{"id":1}"#,
    ];
    assert_eq!(answers(&[&wrap], Direction::Down, &wrapped), [true; 5]);
    let odd = [r#"{"total":{"amount":{}}}"#, r#"{"total":{}}"#, r#"{"total":"1.00"}"#];
    assert_eq!(answers(&[&wrap], Direction::Down, &odd), [false; 3]);
    assert_eq!(answers(&[&wrap], Direction::Up, &[r#"{"total":{"amount":1}}"#]), [false]);
}

#[test]
fn objects_become_their_ids() {
    let refer = ["ref = 'company'\nto = 'id'\nmembers = '{\"title\":\"1.10\",\"n\":null}'"];
    let ids = [r#"{"company":"c_1","a":1}"#, r#"{"company":null,"a":1}"#, r#"{"company":"c_2","a":1}"#];
    assert_eq!(answers(&[&refer], Direction::Down, &ids), [true; 3]);
    let objects = [
        r#"{"company":{"id":"c_1","title":"1.10","n":null}}"#,
        r#"{"company":{"id":"c_1","title":"1.1","n":null}}"#,
        r#"{"company":{"id":"c_1","title":"1.\u0031\u0030","n":0}}"#,
        r#"{"company":{"id":null,"title":1.10,"other":{"z":1}}}"#,
        r#"{"company":{"id":null,"title":1.10,"other":{"z":2}}}"#,
        r#"{"company":null}"#,
    ];
    assert_eq!(answers(&[&refer], Direction::Up, &objects), [true; 6]);
    // Two members with the name that is kept are for the steps to refuse, and so is an object where a value must be.
    assert_eq!(answers(&[&refer], Direction::Up, &[r#"{"company":{"id":{},"title":""}}"#]), [false]);
}

/// A value that was wrapped keeps its fold while later versions rename it.
#[test]
fn a_wrap_that_is_renamed_later_is_one_fold() {
    let modules: [&[&str]; 4] = [
        &["move = 'total'\nto = 'total.amount'"],
        &["move = 'total.amount'\nto = 'total.value'", "ref = 'user'\nto = 'id'"],
        &["convert = 'total.value'\nas = 'number -> decimal'"],
        &["move = 'total'\nto = 'sum'", "move = 'user'\nto = 'owner'"],
    ];
    let old = r#"{"total":1.5,"user":{"id":"u"}}"#;
    assert_eq!(answers(&modules, Direction::Up, &[old, old]), [true; 2]);
    let new = r#"{"sum":{"value":"1.50"},"owner":"u"}"#;
    assert_eq!(answers(&modules, Direction::Down, &[new, new]), [true; 2]);
}
