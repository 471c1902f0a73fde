//! `docs/security.md` against the tests: every row has some, and those that it names are there.

use std::{collections::BTreeMap, fs, path::Path};

/// The rows, as the documentation numbers them.
fn rows() -> Vec<String> {
    let mut rows: Vec<String> = (1..=48).map(|row| row.to_string()).collect();
    rows.insert(47, "47a".to_owned());
    rows
}

/// The number in a test's name: `07` of `row_07_chunk_extensions_end_here` is `7`.
fn row(name: &str) -> Option<String> {
    let number = name.strip_prefix("row_")?.split('_').next()?;
    Some(number.trim_start_matches('0').to_owned())
}

/// The tests beside this file that show a row's number, by row.
fn tests() -> BTreeMap<String, Vec<String>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/faults");
    let mut tests: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for file in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        let text = fs::read_to_string(&file).unwrap();
        let after_test = text.split("#[test]").chain(text.split("#[tokio::test")).skip(1);
        for name in after_test.filter_map(|rest| rest.split("fn ").nth(1)?.split('(').next()) {
            if let Some(row) = row(name) {
                tests.entry(row).or_default().push(name.to_owned());
            }
        }
    }
    tests
}

/// Rows and their last cell.
fn documented() -> Vec<(String, String)> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/security.md");
    let text = fs::read_to_string(file).unwrap();
    let (_, table) = text.split_once("\n## Row by row\n").expect("the table's section");
    let lines = table.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |"));
    let cells = lines.map(|line| {
        let first = line.split(" | ").next().unwrap_or_default();
        let last = line.rsplit(" | ").next().unwrap_or_default();
        (first.to_owned(), last.to_owned())
    });
    cells.filter(|(row, _)| row.starts_with(|first: char| first.is_ascii_digit())).collect()
}

/// What is wrong with a row's last cell.
fn wrong(row: &str, cell: &str, tests: &[String]) -> Vec<String> {
    if let Some(why) = cell.strip_prefix("not tested: ") {
        let mut wrong = Vec::new();
        if why.len() < 20 {
            wrong.push(format!("row {row} does not say why it is not tested"));
        }
        if !tests.is_empty() {
            wrong.push(format!("row {row} has tests: {tests:?}"));
        }
        return wrong;
    }
    let named: Vec<&str> = cell.split("<br>").map(|name| name.trim().trim_matches('`')).collect();
    let missing = named.iter().filter(|name| !tests.iter().any(|test| test == *name));
    missing
        .map(|name| format!("row {row} names {name:?}, which is no test of that row in tests/faults"))
        .collect()
}

#[test]
fn every_row_of_the_documentation_names_tests_that_exist() {
    let (tests, documented) = (tests(), documented());
    let numbers: Vec<&String> = documented.iter().map(|(row, _)| row).collect();
    assert_eq!(numbers, rows().iter().collect::<Vec<_>>(), "every row once, in order");
    let none = Vec::new();
    let wrong: Vec<String> =
        documented.iter().flat_map(|(row, cell)| wrong(row, cell, tests.get(row).unwrap_or(&none))).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let strays: Vec<_> = tests.keys().filter(|row| !rows().contains(row)).collect();
    assert!(strays.is_empty(), "tests of rows that there are not: {strays:?}");
}

#[test]
fn a_row_without_a_test_does_not_pass() {
    let tests = ["row_07_a".to_owned()];
    assert_eq!(wrong("7", "`row_07_a`", &tests), [] as [&str; 0]);
    assert_eq!(wrong("7", "not tested: nobody has found a way to do that", &[]), [] as [&str; 0]);
    for (cell, tests) in [
        ("", &[][..]),
        ("not tested: ", &[]),
        ("not tested: nobody has found a way to do that", &tests),
        ("`row_07_a`<br>`row_07_b`", &tests),
        ("`row_08_a`", &tests),
        ("row 7 is fine", &tests),
    ] {
        assert_eq!(wrong("7", cell, tests).len(), 1, "{cell}");
    }
}
